/*
 * Integrals by chance: points in a circle, and a sum of quotients.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(2000);

enum { POINTS = 2000 };

static NOINLINE double sample(uint32_t *seed, int32_t *inside)
{
    double sum = 0;

    for (int i = 0; i < POINTS; i++) {
        double x = next_random_double(seed), y = next_random_double(seed), square = x * x + y * y;

        *inside += square < 1;
        sum += 1 / (1 + square);
    }
    return sum * (1.0 / POINTS);
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 29, sum = 0;
    int32_t inside = 0;

    while (rounds--) {
        sum = mix_double(sum, sample(&seed, &inside));
    }
    return mix(sum, inside);
}
