/*
 * 64-bit arithmetic on a 32-bit machine: carries, shifts by any number, products, comparisons.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(43000000);

static NOINLINE uint64_t stir(uint64_t x, unsigned by)
{
    x ^= x >> by;
    x *= 0x9fb21c651e98df25;
    x ^= x << (by + 7);
    return x + (x >> 28);
}

uint32_t bench(uint32_t rounds)
{
    uint64_t a = 0x0123456789abcdef, b = 0xfedcba9876543210, smaller = 0;
    int64_t difference = 0;

    while (rounds--) {
        a = stir(a, rounds & 31);
        b += a ^ (b << 13 | b >> 51);
        difference += (int64_t)(a - b) >> 17;
        smaller += a < b;
        if ((int64_t)a > difference) {
            difference -= 3;
        }
    }
    return mix(mix(a >> 32, b >> 32), mix(smaller, difference >> 16));
}
