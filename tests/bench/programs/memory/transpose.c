/*
 * A matrix of 1 MiB turned over: loads along the rows, stores along the columns, each in another
 * page than the one before.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(130);

enum { SIZE = 512 };

static uint32_t a[SIZE][SIZE], b[SIZE][SIZE + 1];

static NOINLINE void transpose(void)
{
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            b[x][y] = a[y][x];
        }
    }
}

static NOINLINE void back(uint32_t add)
{
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            a[y][x] = b[y][x] + add;
        }
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 37, sum = 0;

    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            a[y][x] = next_random(&seed);
        }
    }
    while (rounds--) {
        transpose();
        back(rounds);
        sum = mix(sum, a[sum % SIZE][rounds % SIZE]);
    }
    return sum;
}
