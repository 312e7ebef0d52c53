/*
 * Linear equations by elimination with pivots, column by column: sums of a multiple of one vector
 * to another.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(66);

enum { SIZE = 100 };

static double columns[SIZE][SIZE], right[SIZE], x[SIZE];
static int pivots[SIZE];

static NOINLINE void add_multiple(int nb, double factor, const double *from, double *to)
{
    for (int i = 0; i < nb; i++) {
        to[i] = __builtin_fma(factor, from[i], to[i]);
    }
}

static NOINLINE int largest(int nb, const double *v)
{
    int best = 0;

    for (int i = 1; i < nb; i++) {
        if (__builtin_fabs(v[i]) > __builtin_fabs(v[best])) {
            best = i;
        }
    }
    return best;
}

static void exchange(double *a, double *b)
{
    double other = *a;

    *a = *b;
    *b = other;
}

static void factor(void)
{
    for (int k = 0; k < SIZE; k++) {
        double *column = columns[k], inverse;
        int pivot = pivots[k] = k + largest(SIZE - k, column + k);

        exchange(&column[k], &column[pivot]);
        inverse = -1 / column[k];
        for (int i = k + 1; i < SIZE; i++) {
            column[i] *= inverse;
        }
        for (int j = k + 1; j < SIZE; j++) {
            exchange(&columns[j][k], &columns[j][pivot]);
            add_multiple(SIZE - k - 1, columns[j][k], column + k + 1, columns[j] + k + 1);
        }
    }
}

static void solve(void)
{
    for (int k = 0; k < SIZE; k++) {
        exchange(&right[k], &right[pivots[k]]);
        add_multiple(SIZE - k - 1, right[k], columns[k] + k + 1, right + k + 1);
    }
    for (int k = SIZE - 1; k >= 0; k--) {
        x[k] = right[k] / columns[k][k];
        add_multiple(k, -x[k], columns[k], right);
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 17, sum = 0;

    while (rounds--) {
        for (int i = 0; i < SIZE; i++) {
            right[i] = 0;
        }
        for (int j = 0; j < SIZE; j++) {
            for (int i = 0; i < SIZE; i++) {
                columns[j][i] = next_random_double(&seed) - 0.5;
                right[i] += columns[j][i];
            }
        }
        factor();
        solve(); /* each x is about 1 */
        for (int i = 0; i < SIZE; i++) {
            if (!(__builtin_fabs(x[i] - 1) < 1e-6)) {
                bench_fail("wrong solution");
            }
            sum = mix_double(sum, x[i]);
        }
    }
    return sum;
}
