/*
 * A chain of pointers in 8 KiB, which any first-level cache holds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chase.h"

BENCH_ROUNDS(2700);

static Link links[256];

uint32_t bench(uint32_t rounds)
{
    return chase_rounds(links, sizeof(links) / sizeof(links[0]), rounds);
}
