/*
 * Eight address spaces in turn, as with eight processes: a segment register is changed, and sixteen
 * pages are used.
 *
 * SPDX-License-Identifier: MIT
 */
#include "paging.h"

BENCH_ROUNDS(230000);

enum { SPACES = 8, PAGES = 16 };

uint32_t bench(uint32_t rounds)
{
    volatile uint32_t *pages = (volatile uint32_t *)PAGES_AT;
    uint32_t sum = 0;

    start_paging();
    for (uint32_t space = 0; space < SPACES; space++) {
        for (uint32_t page = 0; page < PAGES; page++) {
            uint32_t physical = MEMORY + (space * PAGES + page) * PAGE;

            map_page(100 + space * 16, page, physical);
            *(volatile uint32_t *)physical = space << 8 | page;
        }
    }
    for (uint32_t i = 0; i < rounds; i++) {
        set_segment(1, 100 + i % SPACES * 16);
        for (uint32_t page = 0; page < PAGES; page++) {
            sum = mix(sum, pages[page * (PAGE / 4)]++);
        }
    }
    return sum;
}
