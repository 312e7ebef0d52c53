/*
 * Products of matrices of doubles, by fused multiplications and additions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(35);

enum { SIZE = 96 };

typedef double Matrix[SIZE][SIZE];

static Matrix a, b, c;

static NOINLINE void multiply(Matrix out, Matrix x, Matrix y)
{
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++) {
            double sum = 0;

            for (int k = 0; k < SIZE; k++) {
                sum = __builtin_fma(x[i][k], y[k][j], sum);
            }
            out[i][j] = sum;
        }
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 2, sum = 0;

    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++) {
            a[i][j] = next_random_double(&seed) - 0.5;
            b[i][j] = next_random_double(&seed) - 0.5;
        }
    }
    while (rounds--) {
        multiply(c, a, b);
        for (int i = 0; i < SIZE; i++) {
            for (int j = 0; j < SIZE; j++) {
                a[i][j] = c[i][j] * 0.25 + b[j][i];
            }
        }
        sum = mix_double(sum, c[rounds % SIZE][7]);
    }
    return sum;
}
