/*
 * Cosine transforms of blocks of 8 x 8 in fixed point, there and back: multiplications and shifts
 * by constants.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(23000);

enum { BLOCKS = 16, ONE = 1 << 11, HALF = ONE / 2 };

static int32_t blocks[BLOCKS][64];

/* cos(n pi / 16) */
enum { C1 = 2009, C2 = 1892, C3 = 1703, C4 = 1448, C5 = 1138, C6 = 784, C7 = 400 };

static void forward(int32_t *v, int by)
{
    int32_t s07 = v[0] + v[7 * by], d07 = v[0] - v[7 * by], s16 = v[by] + v[6 * by],
            d16 = v[by] - v[6 * by];
    int32_t s25 = v[2 * by] + v[5 * by], d25 = v[2 * by] - v[5 * by], s34 = v[3 * by] + v[4 * by],
            d34 = v[3 * by] - v[4 * by];
    int32_t a = s07 + s34, b = s16 + s25, c = s07 - s34, d = s16 - s25;

    v[0] = ((a + b) * C4 + HALF) >> 12;
    v[4 * by] = ((a - b) * C4 + HALF) >> 12;
    v[2 * by] = (c * C2 + d * C6 + HALF) >> 12;
    v[6 * by] = (c * C6 - d * C2 + HALF) >> 12;
    v[by] = (d07 * C1 + d16 * C3 + d25 * C5 + d34 * C7 + HALF) >> 12;
    v[3 * by] = (d07 * C3 - d16 * C7 - d25 * C1 - d34 * C5 + HALF) >> 12;
    v[5 * by] = (d07 * C5 - d16 * C1 + d25 * C7 + d34 * C3 + HALF) >> 12;
    v[7 * by] = (d07 * C7 - d16 * C5 + d25 * C3 - d34 * C1 + HALF) >> 12;
}

static void backward(int32_t *v, int by)
{
    int32_t a = (v[0] + v[4 * by]) * C4, b = (v[0] - v[4 * by]) * C4;
    int32_t c = v[2 * by] * C2 + v[6 * by] * C6, d = v[2 * by] * C6 - v[6 * by] * C2;
    int32_t e = v[by] * C1 + v[3 * by] * C3 + v[5 * by] * C5 + v[7 * by] * C7;
    int32_t f = v[by] * C3 - v[3 * by] * C7 - v[5 * by] * C1 - v[7 * by] * C5;
    int32_t g = v[by] * C5 - v[3 * by] * C1 + v[5 * by] * C7 + v[7 * by] * C3;
    int32_t h = v[by] * C7 - v[3 * by] * C5 + v[5 * by] * C3 - v[7 * by] * C1;

    v[0] = (a + c + e + HALF) >> 11;
    v[7 * by] = (a + c - e + HALF) >> 11;
    v[by] = (b + d + f + HALF) >> 11;
    v[6 * by] = (b + d - f + HALF) >> 11;
    v[2 * by] = (b - d + g + HALF) >> 11;
    v[5 * by] = (b - d - g + HALF) >> 11;
    v[3 * by] = (a - c + h + HALF) >> 11;
    v[4 * by] = (a - c - h + HALF) >> 11;
}

static NOINLINE void transform(int32_t block[64])
{
    for (int i = 0; i < 8; i++) {
        forward(block + 8 * i, 1);
    }
    for (int i = 0; i < 8; i++) {
        forward(block + i, 8);
    }
    for (int i = 0; i < 64; i++) {
        block[i] = block[i] / (1 + i / 8) * (1 + i / 8);
    }
    for (int i = 0; i < 8; i++) {
        backward(block + i, 8);
    }
    for (int i = 0; i < 8; i++) {
        backward(block + 8 * i, 1);
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 127, sum = 0;

    for (int i = 0; i < BLOCKS; i++) {
        for (int j = 0; j < 64; j++) {
            blocks[i][j] = next_random(&seed) & 255;
        }
    }
    while (rounds--) {
        for (int i = 0; i < BLOCKS; i++) {
            transform(blocks[i]);
            for (int j = 0; j < 64; j++) {
                sum = mix(sum, blocks[i][j]);
                blocks[i][j] &= 255;
            }
        }
    }
    return sum;
}
