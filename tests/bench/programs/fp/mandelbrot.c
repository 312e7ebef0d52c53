/*
 * The Mandelbrot set: a short loop of additions, multiplications and a comparison.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(28);

enum { WIDTH = 64, HEIGHT = 48, PATIENCE = 200 };

static NOINLINE int steps(double x, double y)
{
    double re = 0, im = 0;
    int n = 0;

    for (; n < PATIENCE; n++) {
        double re2 = re * re, im2 = im * im;

        if (re2 + im2 > 4) {
            break;
        }
        im = 2 * re * im + y;
        re = re2 - im2 + x;
    }
    return n;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t sum = 0;

    while (rounds--) {
        double shift = (double)(int32_t)(rounds & 15) * 0.01;

        for (int row = 0; row < HEIGHT; row++) {
            for (int column = 0; column < WIDTH; column++) {
                sum = mix(sum, steps(column * (3.0 / WIDTH) - 2 - shift, row * (2.0 / HEIGHT) - 1));
            }
        }
    }
    return sum;
}
