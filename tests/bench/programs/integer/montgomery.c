/*
 * Modular exponentiation of 512-bit numbers by Montgomery multiplication: 32 x 32 -> 64 bit
 * products and long carry chains.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(4100);

enum { WORDS = 16, EXPONENT_BITS = 64 };

typedef uint32_t Number[WORDS]; /* least significant word first */

/* The inverse of -odd modulo 2^32: each step doubles the bits that are right. */
static uint32_t negative_inverse(uint32_t odd)
{
    uint32_t x = odd;

    for (int i = 0; i < 5; i++) {
        x *= 2 - odd * x;
    }
    return -x;
}

/* product = a * b / 2^512 modulo m, where a and b are less than m. */
static NOINLINE void multiply(Number product, const Number a, const Number b, const Number m,
                              uint32_t inverse)
{
    uint32_t t[WORDS + 2] = { 0 };
    uint32_t borrow = 0;

    for (int i = 0; i < WORDS; i++) {
        uint64_t carry = 0, reduced;
        uint32_t factor;

        for (int j = 0; j < WORDS; j++) {
            carry += (uint64_t)a[i] * b[j] + t[j];
            t[j] = (uint32_t)carry;
            carry >>= 32;
        }
        carry += t[WORDS];
        t[WORDS] = (uint32_t)carry;
        t[WORDS + 1] = carry >> 32;

        factor = t[0] * inverse;
        reduced = ((uint64_t)factor * m[0] + t[0]) >> 32;
        for (int j = 1; j < WORDS; j++) {
            reduced += (uint64_t)factor * m[j] + t[j];
            t[j - 1] = (uint32_t)reduced;
            reduced >>= 32;
        }
        reduced += t[WORDS];
        t[WORDS - 1] = (uint32_t)reduced;
        t[WORDS] = t[WORDS + 1] + (uint32_t)(reduced >> 32);
    }

    for (int i = 0; i < WORDS; i++) {
        uint64_t difference = (uint64_t)t[i] - m[i] - borrow;

        product[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
    if (borrow > t[WORDS]) { /* was less than m before */
        for (int i = 0; i < WORDS; i++) {
            product[i] = t[i];
        }
    }
}

static void power(Number result, const Number base, uint64_t exponent, const Number m,
                  uint32_t inverse)
{
    Number x;

    for (int i = 0; i < WORDS; i++) {
        x[i] = result[i] = base[i];
    }
    for (int bit = EXPONENT_BITS - 2; bit >= 0; bit--) {
        multiply(x, x, x, m, inverse);
        if (exponent >> bit & 1) {
            multiply(x, x, base, m, inverse);
        }
    }
    for (int i = 0; i < WORDS; i++) {
        result[i] = x[i];
    }
}

uint32_t bench(uint32_t rounds)
{
    Number m, base, result;
    uint32_t seed = 23, sum = 0;

    for (int i = 0; i < WORDS; i++) {
        m[i] = next_random(&seed);
        base[i] = next_random(&seed);
    }
    m[0] |= 1;
    m[WORDS - 1] |= 0x80000000;
    base[WORDS - 1] &= 0x7fffffff;
    while (rounds--) {
        power(result, base, 0xb504f333f9de6485, m, negative_inverse(m[0]));
        for (int i = 0; i < WORDS; i++) {
            base[i] = result[i];
            sum = mix(sum, result[i]);
        }
    }
    return sum;
}
