/*
 * A filter on a picture of bytes: a 3 x 3 kernel with saturation, and a histogram.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(2100);

enum { WIDTH = 192, HEIGHT = 128 };

static uint8_t picture[2][HEIGHT][WIDTH];
static uint32_t histogram[256];

static int clamp(int value)
{
    return value < 0 ? 0 : value > 255 ? 255 : value;
}

static NOINLINE void sharpen(uint8_t to[HEIGHT][WIDTH], uint8_t from[HEIGHT][WIDTH])
{
    for (int y = 1; y < HEIGHT - 1; y++) {
        for (int x = 1; x < WIDTH - 1; x++) {
            int around = from[y - 1][x] + from[y + 1][x] + from[y][x - 1] + from[y][x + 1];
            int corners =
                from[y - 1][x - 1] + from[y - 1][x + 1] + from[y + 1][x - 1] + from[y + 1][x + 1];

            to[y][x] = clamp((from[y][x] * 21 - around * 2 + corners * 1) >> 4);
        }
    }
}

static NOINLINE void count(uint8_t rows[HEIGHT][WIDTH])
{
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            histogram[rows[y][x]]++;
        }
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 113, sum = 0;

    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            picture[0][y][x] = picture[1][y][x] = next_random(&seed);
        }
    }
    for (uint32_t round = 0; round < rounds; round++) {
        sharpen(picture[~round & 1], picture[round & 1]);
        count(picture[~round & 1]);
    }
    for (int i = 0; i < 256; i++) {
        sum = mix(sum, histogram[i]);
    }
    return sum;
}
