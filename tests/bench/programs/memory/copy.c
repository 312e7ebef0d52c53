/*
 * Copies of all lengths and alignments: by bytes, by words, and by eight words at once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(8300);

enum { SIZE = 1 << 16 };

static uint32_t from[SIZE / 4 + 8], to[SIZE / 4 + 8];

static NOINLINE void copy_bytes(uint8_t *out, const uint8_t *in, size_t size)
{
    while (size--) {
        *out++ = *in++;
        __asm__ volatile("" ::: "memory"); /* stays a loop of bytes */
    }
}

static NOINLINE void copy_words(uint32_t *out, const uint32_t *in, size_t words)
{
    while (words--) {
        *out++ = *in++;
        __asm__ volatile("" ::: "memory");
    }
}

static NOINLINE void copy_lines(uint32_t *out, const uint32_t *in, size_t lines)
{
    for (; lines--; out += 8, in += 8) {
        uint32_t a = in[0], b = in[1], c = in[2], d = in[3], e = in[4], f = in[5], g = in[6],
                 h = in[7];

        out[0] = a;
        out[1] = b;
        out[2] = c;
        out[3] = d;
        out[4] = e;
        out[5] = f;
        out[6] = g;
        out[7] = h;
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 19, sum = 0;

    while (rounds--) {
        for (int i = 0; i < SIZE / 4; i += 61) {
            from[i] = next_random(&seed);
        }
        copy_lines(to, from, SIZE / 32);
        copy_words(from + 8, to, SIZE / 4);
        copy_bytes((uint8_t *)(to + 3), (uint8_t *)(from + 5), SIZE / 4);
        for (int length = 1; length < 64; length++) {
            copy_bytes((uint8_t *)(to + 5 * length), (uint8_t *)(from + 7 * length), 4 * length);
            copy_words(from + 11 * length, to + 2 * length, length);
        }
        sum = mix(sum, to[seed % (SIZE / 4)]);
    }
    for (int i = 0; i < SIZE / 4; i++) {
        sum = mix(sum, to[i] + from[i]);
    }
    return sum;
}
