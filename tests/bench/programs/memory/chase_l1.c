/*
 * A chain of pointers in 8 KiB, which any first-level cache holds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chase.h"

BENCH_ROUNDS(2700);

enum { LINKS = 256, STEPS = 100000 };

static Link links[LINKS];

uint32_t bench(uint32_t rounds)
{
    uint32_t sum = 0;

    make_chain(links, LINKS);
    for (uint32_t i = 0; i < rounds; i++) {
        sum = mix(sum, chase(&links[sum % LINKS], STEPS + (i & 63)));
    }
    return sum;
}
