/*
 * A chain of pointers in 32 MiB.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chase.h"

BENCH_ROUNDS(38);

static Link links[1048576];

uint32_t bench(uint32_t rounds)
{
    return chase_rounds(links, sizeof(links) / sizeof(links[0]), rounds);
}
