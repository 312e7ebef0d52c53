/*
 * More pages than a TLB holds, in turn and by chance.
 *
 * SPDX-License-Identifier: MIT
 */
#include "paging.h"

BENCH_ROUNDS(570);

enum { PAGES = 4096 };

uint32_t bench(uint32_t rounds)
{
    volatile uint32_t *pages = (volatile uint32_t *)PAGES_AT;
    uint32_t seed = 7, sum = 0;

    start_paging();
    set_segment(1, 77);
    for (uint32_t page = 0; page < PAGES; page++) {
        map_page(77, page, MEMORY + page * PAGE);
        *(volatile uint32_t *)(MEMORY + page * PAGE) = page * 5;
    }
    while (rounds--) {
        for (uint32_t page = 0; page < PAGES; page++) {
            sum += pages[page * (PAGE / 4)];
        }
        for (uint32_t i = 0; i < PAGES; i++) {
            sum = mix(sum, pages[next_random(&seed) % PAGES * (PAGE / 4)]++);
        }
    }
    return sum;
}
