/*
 * Copy, scale, sum and triad of arrays of words that fit no first-level cache.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(90);

enum { SIZE = 1 << 17 };

static uint32_t a[SIZE], b[SIZE], c[SIZE];

static NOINLINE void copy(void)
{
    for (int i = 0; i < SIZE; i++) {
        c[i] = a[i];
    }
}

static NOINLINE void scale(uint32_t factor)
{
    for (int i = 0; i < SIZE; i++) {
        b[i] = factor * c[i];
    }
}

static NOINLINE void add(void)
{
    for (int i = 0; i < SIZE; i++) {
        c[i] = a[i] + b[i];
    }
}

static NOINLINE void triad(uint32_t factor)
{
    for (int i = 0; i < SIZE; i++) {
        a[i] = b[i] + factor * c[i];
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 2, sum = 0;

    for (int i = 0; i < SIZE; i++) {
        a[i] = next_random(&seed);
    }
    while (rounds--) {
        copy();
        scale(3);
        add();
        triad(rounds);
    }
    for (int i = 0; i < SIZE; i++) {
        sum = mix(sum, a[i] + 3 * b[i]);
    }
    return sum;
}
