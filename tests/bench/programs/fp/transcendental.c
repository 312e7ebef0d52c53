/*
 * Sines, exponentials, logarithms and arc tangents by polynomials, with the reductions that they
 * need.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(230000);

static double from_bits(uint64_t bits)
{
    union { uint64_t bits; double number; } u = { .bits = bits };

    return u.number;
}

static uint64_t to_bits(double number)
{
    union { double number; uint64_t bits; } u = { .number = number };

    return u.bits;
}

/* Horner's rule, with 1 / n! for every second n. */
static NOINLINE double sine(double x)
{
    int turns = (int)(x * 0.31830988618379067 + (x < 0 ? -0.5 : 0.5));
    double rest = __builtin_fma(-(double)turns, 3.1415926535897931, x), square = rest * rest;
    double sum = 1.6059043836821613e-10;

    sum = __builtin_fma(sum, square, -2.5052108385441720e-8);
    sum = __builtin_fma(sum, square, 2.7557319223985893e-6);
    sum = __builtin_fma(sum, square, -1.9841269841269841e-4);
    sum = __builtin_fma(sum, square, 8.3333333333333332e-3);
    sum = __builtin_fma(sum, square, -1.6666666666666666e-1);
    sum = __builtin_fma(sum * square, rest, rest);
    return turns & 1 ? -sum : sum;
}

static NOINLINE double exponential(double x)
{
    int power = (int)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
    double rest = __builtin_fma(-(double)power, 0.69314718055994531, x), sum = 1.0 / 3628800;

    for (int n = 9; n >= 0; n--) {
        static const double factorials[] = { 1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880 };

        sum = sum * rest + 1 / factorials[n];
    }
    return sum * from_bits((uint64_t)(power + 1023) << 52);
}

static NOINLINE double logarithm(double x)
{
    uint64_t bits = to_bits(x);
    int power = (int)(bits >> 52) - 1023;
    double mantissa = from_bits((bits & 0xfffffffffffff) | 0x3ff0000000000000);
    double t = (mantissa - 1.4142135623730951) / (mantissa + 1.4142135623730951), square = t * t,
           sum = 0;

    for (int n = 15; n >= 1; n -= 2) {
        sum = __builtin_fma(sum, square, 1.0 / n);
    }
    return 2 * t * sum + 0.34657359027997264 + (double)power * 0.69314718055994531;
}

static NOINLINE double arc_tangent(double x)
{
    double t = x < 0 ? -x : x, square, sum = 0;
    int is_inverted = t > 1;

    t = is_inverted ? 1 / t : t;
    t = t / (1 + 0.41421356237309503 * t) - 0.2; /* a shift that keeps it small */
    square = t * t;
    for (int n = 13; n >= 1; n -= 2) {
        sum = 1.0 / n - sum * square;
    }
    sum *= t;
    sum = is_inverted ? 1.5707963267948966 - sum : sum;
    return x < 0 ? -sum : sum;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 13, sum = 0;
    double total = 0;

    while (rounds--) {
        double x = next_random_double(&seed) * 8 - 4;

        total += sine(x * 5) + exponential(x) * 0.125 + logarithm(x * x + 0.001) + arc_tangent(x);
        sum = mix_double(sum, total);
    }
    return sum;
}
