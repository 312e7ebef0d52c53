/*
 * Copies that reverse the bytes of words and half-words, as drivers do for devices of the other
 * byte order.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(8000);

enum { SIZE = 1 << 14 };

static uint32_t a[SIZE], b[SIZE];
static uint16_t c[SIZE], d[SIZE];

static NOINLINE void reverse_words(uint32_t *to, const uint32_t *from)
{
    for (int i = 0; i < SIZE; i++) {
        to[i] = __builtin_bswap32(from[i]);
    }
}

static NOINLINE void reverse_halves(uint16_t *to, const uint16_t *from)
{
    for (int i = 0; i < SIZE; i++) {
        to[i] = __builtin_bswap16(from[i]);
    }
}

/* The values are made up, so that it is the stores that reverse. */
static NOINLINE void store_reversed(uint32_t *words, uint16_t *halves, uint32_t value)
{
    for (int i = 0; i < SIZE; i++) {
        words[i] = __builtin_bswap32(value);
        halves[i] = __builtin_bswap16(value >> 3);
        value += 0x01010507;
    }
}

static NOINLINE uint32_t sum_reversed(const uint32_t *from)
{
    uint32_t sum = 0;

    for (int i = 0; i < SIZE; i++) {
        sum += __builtin_bswap32(from[i]);
    }
    return sum;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 29, sum = 0;

    for (int i = 0; i < SIZE; i++) {
        a[i] = next_random(&seed);
        c[i] = next_random(&seed);
    }
    while (rounds--) {
        reverse_words(b, a);
        reverse_halves(d, c);
        sum = mix(sum, sum_reversed(b) + d[sum % SIZE]);
        store_reversed(b, d, sum);
        sum = mix(sum, b[sum % SIZE] ^ d[sum % SIZE]);
        a[sum % SIZE] += sum;
        c[sum % SIZE] ^= sum;
    }
    return sum;
}
