/*
 * Square roots for a processor that has no instruction for them.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <stdint.h>

/* 1 / sqrt(x) for normal x > 0: a first guess by halving the exponent, then Newton's method. */
static inline double inverse_root(double x)
{
    union { double number; uint64_t bits; } guess = { .number = x };
    double half = 0.5 * x, y;

    guess.bits = 0x5fe6eb50c7b537a9 - (guess.bits >> 1);
    y = guess.number;
    for (int i = 0; i < 4; i++) {
        y = y * __builtin_fma(-half * y, y, 1.5);
    }
    return y;
}
