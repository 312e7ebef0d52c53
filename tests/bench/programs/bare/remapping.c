/*
 * Page table entries change, and the TLB has to forget what it knew.
 *
 * SPDX-License-Identifier: MIT
 */
#include "paging.h"

BENCH_ROUNDS(440000);

enum { PAGES = 64 };

uint32_t bench(uint32_t rounds)
{
    volatile uint32_t *pages = (volatile uint32_t *)PAGES_AT;
    PageEntry *entries[PAGES];
    uint32_t seed = 3, sum = 0;

    start_paging();
    set_segment(1, 5);
    for (uint32_t page = 0; page < PAGES; page++) {
        entries[page] = map_page(5, page, MEMORY + page * PAGE);
        *(volatile uint32_t *)(MEMORY + page * PAGE) = page;
    }
    while (rounds--) {
        uint32_t dice = next_random(&seed), page = dice % PAGES;

        entries[page]->low = (MEMORY + (dice >> 8) % PAGES * PAGE) | 0x192;
        forget_page(PAGES_AT + page * PAGE);
        sum = mix(sum, pages[page * (PAGE / 4)]++);
        sum += pages[(dice >> 16) % PAGES * (PAGE / 4)];
    }
    return sum;
}
