/*
 * Loads from pages that are not there: the handler puts them into the page table, and takes another
 * one out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "paging.h"

BENCH_ROUNDS(240000);

enum { PAGES = 512, PRESENT = 32, VSID = 9, SPR_DAR = 19, DATA_STORAGE = 0x300 };

static PageEntry *present[PRESENT];
static uint32_t addresses[PRESENT], faults;

void interrupt(uint32_t vector)
{
    uint32_t address = mfspr(SPR_DAR) & ~(PAGE - 1u), page = (address - PAGES_AT) / PAGE,
             slot = faults++ % PRESENT;

    if (vector != DATA_STORAGE || page >= PAGES) {
        bench_fail("not a fault of one of the pages");
    }
    if (present[slot]) {
        present[slot]->high = 0;
        forget_page(addresses[slot]);
    }
    addresses[slot] = address;
    present[slot] = map_page(VSID, page, MEMORY + page * PAGE);
}

uint32_t bench(uint32_t rounds)
{
    volatile uint32_t *pages = (volatile uint32_t *)PAGES_AT;
    uint32_t seed = 11, sum = 0;

    start_paging();
    set_segment(1, VSID);
    for (uint32_t page = 0; page < PAGES; page++) {
        *(volatile uint32_t *)(MEMORY + page * PAGE) = page;
    }
    while (rounds--) {
        sum = mix(sum, pages[next_random(&seed) % PAGES * (PAGE / 4)]++);
    }
    return mix(sum, faults);
}
