/*
 * A chain of pointers in 32 MiB.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chase.h"

BENCH_ROUNDS(38);

enum { LINKS = 1048576, STEPS = 100000 };

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
