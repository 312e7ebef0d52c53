/*
 * Fills with bytes, half-words, words and double-words, and sums of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(5200);

enum { SIZE = 1 << 15 };

static uint64_t memory[SIZE / 8];

#define FILL_AND_SUM(type, name) \
    static NOINLINE void fill_##name(type value) \
    { \
        type *to = (type *)memory; \
        \
        for (size_t i = 0; i < SIZE / sizeof(type); i++) { \
            to[i] = value; \
            value += 5; \
        } \
    } \
    \
    static NOINLINE type sum_##name(void) \
    { \
        const type *from = (const type *)memory; \
        type sum = 0; \
        \
        for (size_t i = 0; i < SIZE / sizeof(type); i++) { \
            sum = (sum << 1) ^ from[i]; \
        } \
        return sum; \
    }

FILL_AND_SUM(uint8_t, bytes)
FILL_AND_SUM(uint16_t, halves)
FILL_AND_SUM(uint32_t, words)
FILL_AND_SUM(uint64_t, doubles)

uint32_t bench(uint32_t rounds)
{
    uint32_t sum = 0;

    while (rounds--) {
        fill_bytes(sum);
        sum = mix(sum, sum_bytes());
        fill_halves(sum);
        sum = mix(sum, sum_halves());
        fill_words(sum);
        sum = mix(sum, sum_words());
        fill_doubles(sum);
        sum = mix(sum, sum_doubles() >> 13);
    }
    return sum;
}
