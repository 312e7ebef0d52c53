/*
 * Fourier transforms of 1024 complex numbers, there and back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(400);

enum { BITS = 10, SIZE = 1 << BITS };

typedef struct Complex {
    double re, im;
} Complex;

static Complex data[SIZE], roots[SIZE / 2];

/* Roots of unity, by halving the angle from a quarter of a turn on. */
static void make_roots(void)
{
    double cosine = 0, sine = 1; /* of a quarter */

    roots[0] = (Complex){ 1, 0 };
    for (int step = SIZE / 4; step; step /= 2) {
        for (int i = step; i < SIZE / 2; i += 2 * step) {
            Complex r = roots[i - step];

            roots[i] = (Complex){ r.re * cosine - r.im * sine, r.re * sine + r.im * cosine };
        }
        /* The square root of (1 + cosine) / 2, by Newton's method. */
        double square = (1 + cosine) * 0.5, root = 1;
        for (int i = 0; i < 7; i++) {
            root = 0.5 * (root + square / root);
        }
        sine = sine / (2 * root);
        cosine = root;
    }
}

static void reorder(void)
{
    for (int i = 0, j = 0; i < SIZE; i++) {
        int bit = SIZE / 2;

        if (i < j) {
            Complex other = data[i];

            data[i] = data[j];
            data[j] = other;
        }
        for (; j & bit; bit >>= 1) {
            j ^= bit;
        }
        j |= bit;
    }
}

/* direction: 1 or -1. */
static NOINLINE void transform(double direction)
{
    reorder();
    for (int half = 1; half < SIZE; half *= 2) {
        for (int k = 0; k < half; k++) {
            Complex root = roots[k * (SIZE / 2 / half)];

            root.im *= direction;
            for (int i = k; i < SIZE; i += 2 * half) {
                Complex a = data[i], b = data[i + half];
                double re = b.re * root.re - b.im * root.im, im = b.re * root.im + b.im * root.re;

                data[i] = (Complex){ a.re + re, a.im + im };
                data[i + half] = (Complex){ a.re - re, a.im - im };
            }
        }
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 3, sum = 0;

    make_roots();
    for (int i = 0; i < SIZE; i++) {
        data[i].re = next_random_double(&seed);
        data[i].im = next_random_double(&seed);
    }
    while (rounds--) {
        transform(1);
        transform(-1);
        for (int i = 0; i < SIZE; i++) {
            data[i].re *= 1.0 / SIZE;
            data[i].im *= 1.0 / SIZE;
        }
        sum = mix_double(sum, data[rounds % SIZE].re);
    }
    return sum;
}
