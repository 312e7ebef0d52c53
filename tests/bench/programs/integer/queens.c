/*
 * Queens on a board, by recursion with bit masks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(680);

static NOINLINE uint32_t solutions(uint32_t all, uint32_t columns, uint32_t left, uint32_t right)
{
    uint32_t free = all & ~(columns | left | right), nb = 0;

    if (columns == all) {
        return 1;
    }
    while (free) {
        uint32_t queen = free & -free;

        free ^= queen;
        nb += solutions(all, columns | queen, (left | queen) << 1, (right | queen) >> 1);
    }
    return nb;
}

uint32_t bench(uint32_t rounds)
{
    static const uint32_t known[] = { 92, 352, 724 };
    uint32_t sum = 0;

    while (rounds--) {
        for (uint32_t size = 8; size < 8 + ARRAY_SIZE(known); size++) {
            uint32_t nb = solutions((1u << size) - 1, 0, 0, 0);

            if (nb != known[size - 8]) {
                bench_fail("wrong number of solutions");
            }
            sum = mix(sum, nb);
        }
    }
    return sum;
}
