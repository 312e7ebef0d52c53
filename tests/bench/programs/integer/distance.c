/*
 * How many changes lead from one word to another, by a table of two rows: minima, in two nested
 * loops.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(510);

enum { LENGTH = 400 };

static uint8_t a[LENGTH], b[LENGTH];

static uint32_t least(uint32_t x, uint32_t y)
{
    return x < y ? x : y;
}

static NOINLINE uint32_t distance(void)
{
    static uint16_t row[LENGTH + 1];

    for (int j = 0; j <= LENGTH; j++) {
        row[j] = j;
    }
    for (int i = 0; i < LENGTH; i++) {
        uint32_t diagonal = row[0], left = row[0] = i + 1;

        for (int j = 0; j < LENGTH; j++) {
            uint32_t above = row[j + 1];

            left = least(least(above, left) + 1, diagonal + (a[i] != b[j]));
            row[j + 1] = left;
            diagonal = above;
        }
    }
    return row[LENGTH];
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 109, sum = 0;

    for (int i = 0; i < LENGTH; i++) {
        a[i] = next_random(&seed) >> 7 & 7;
        b[i] = next_random(&seed) >> 7 & 7;
    }
    while (rounds--) {
        sum = mix(sum, distance());
        a[sum % LENGTH] = b[(sum >> 12) % LENGTH];
    }
    return sum;
}
