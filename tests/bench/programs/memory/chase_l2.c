/*
 * A chain of pointers in 512 KiB, which a second-level cache holds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chase.h"

BENCH_ROUNDS(1300);

static Link links[16384];

uint32_t bench(uint32_t rounds)
{
    return chase_rounds(links, sizeof(links) / sizeof(links[0]), rounds);
}
