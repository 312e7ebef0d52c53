/*
 * Heat in a plane: each point becomes the mean of its neighbours, until the largest change is
 * small.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(440);

enum { SIZE = 128 };

static double plane[2][SIZE][SIZE];

static NOINLINE double step(double to[SIZE][SIZE], double from[SIZE][SIZE])
{
    double largest = 0;

    for (int y = 1; y < SIZE - 1; y++) {
        for (int x = 1; x < SIZE - 1; x++) {
            double value =
                0.25 * (from[y - 1][x] + from[y + 1][x] + from[y][x - 1] + from[y][x + 1]);
            double change = __builtin_fabs(value - from[y][x]);

            to[y][x] = value;
            largest = change > largest ? change : largest;
        }
    }
    return largest;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 19, sum = 0;

    for (int i = 0; i < SIZE; i++) {
        for (int side = 0; side < 2; side++) {
            plane[side][0][i] = plane[side][SIZE - 1][i] = 100;
        }
    }
    for (uint32_t round = 0; round < rounds; round++) {
        double (*from)[SIZE] = plane[round & 1], (*to)[SIZE] = plane[~round & 1];
        int x = 1 + next_random(&seed) % (SIZE - 2), y = 1 + next_random(&seed) % (SIZE - 2);

        from[y][x] = next_random_double(&seed) * 50;
        sum = mix_double(sum, step(to, from));
    }
    return sum;
}
