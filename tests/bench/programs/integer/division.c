/*
 * Greatest common divisors, remainders and 64-bit quotients.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(830000);

static NOINLINE uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

static NOINLINE uint32_t signed_ones(int32_t a, int32_t b)
{
    return a / b * 3 + a % b;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 31, sum = 0;

    while (rounds--) {
        uint32_t a = next_random(&seed), b = next_random(&seed) >> (a & 15);
        uint64_t wide = (uint64_t)a << 32 | b;

        for (uint32_t i = 1; i < 9; i++) {
            sum += common_divisor(a + i, b);
            sum = mix(sum, signed_ones(a, (int32_t)b >> (i + 9) | 1));
        }
        sum = mix(sum, wide / (b | 1)) ^ (uint32_t)(wide % (a | 3));
    }
    return sum;
}
