/*
 * A Linux program of loops that compilers make SVE2 of: prints a checksum of each. Built once for plain
 * Armv8.0 and once for SVE2, it must say the same.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>
#include <stdio.h>

enum { N = 517 };

static uint64_t state = 1;

static uint64_t next(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 17;
}

#define FILL(array)                                                                                \
    for (int at = 0; at < N; at++) {                                                               \
        array[at] = next();                                                                        \
    }

static uint64_t checksum(const void *data, unsigned bytes)
{
    const uint8_t *p = data;
    uint64_t sum = 14695981039346656037u;

    for (unsigned i = 0; i < bytes; i++) {
        sum = (sum ^ p[i]) * 1099511628211u;
    }
    return sum;
}

#define SHOW(name, array)                                                                          \
    printf("%s %016llx\n", name, (unsigned long long)checksum(array, sizeof(array)))

/* One loop over two operands of a type, to a result of another. */
#define LOOP(name, from, to, expression)                                                           \
    __attribute__((noinline)) static void name(to *restrict d, const from *restrict n,            \
                                               const from *restrict m, int count)                  \
    {                                                                                              \
        for (int i = 0; i < count; i++) {                                                          \
            d[i] = expression;                                                                     \
        }                                                                                          \
    }                                                                                              \
    static void run_##name(void)                                                                   \
    {                                                                                              \
        from n[N], m[N];                                                                           \
        to d[N];                                                                                   \
                                                                                                   \
        FILL(n)                                                                                    \
        FILL(m)                                                                                    \
        FILL(d)                                                                                    \
        name(d, n, m, N);                                                                          \
        SHOW(#name, d);                                                                            \
    }

LOOP(widening_product, int16_t, int32_t, (int32_t)n[i] * m[i])
LOOP(widening_unsigned_product, uint8_t, uint16_t, (uint16_t)(n[i] * m[i]))
LOOP(widening_sum, int8_t, int16_t, (int16_t)(n[i] + m[i]))
LOOP(accumulated_product, uint16_t, uint32_t, d[i] + (uint32_t)n[i] * m[i])
LOOP(subtracted_product, int32_t, int64_t, d[i] - (int64_t)n[i] * m[i])
LOOP(averages, uint8_t, uint8_t, (n[i] + m[i]) >> 1)
LOOP(rounded_averages, int16_t, int16_t, (n[i] + m[i] + 1) >> 1)
LOOP(high_product, int32_t, int32_t, ((int64_t)n[i] * m[i]) >> 32)
LOOP(high_product_of_halves, uint16_t, uint16_t, ((uint32_t)n[i] * m[i]) >> 16)
LOOP(rounded_high_product, int16_t, int16_t, (((n[i] * m[i]) >> 14) + 1) >> 1)
LOOP(high_narrowing, uint32_t, uint16_t, (n[i] + m[i]) >> 16)
LOOP(rounded_shift, uint16_t, uint16_t, (n[i] + 16) >> 5 ^ m[i])
LOOP(shift_and_add, uint32_t, uint32_t, m[i] + (n[i] >> 7))
LOOP(differences, uint8_t, uint8_t, n[i] > m[i] ? n[i] - m[i] : m[i] - n[i])
LOOP(added_differences, int16_t, int16_t, d[i] + (n[i] > m[i] ? n[i] - m[i] : m[i] - n[i]))
LOOP(selected_bits, uint64_t, uint64_t, (n[i] & 0xff00ff00ff00ff00) | (m[i] & ~0xff00ff00ff00ff00))
LOOP(three_way_xor, uint32_t, uint32_t, d[i] ^ n[i] ^ m[i])
LOOP(cleared_and_xored, uint64_t, uint64_t, d[i] ^ (n[i] & ~m[i]))
LOOP(xor_and_rotated, uint64_t, uint64_t, (n[i] ^ m[i]) >> 13 | (n[i] ^ m[i]) << 51)
LOOP(products_of_doublewords, int64_t, int64_t, n[i] * m[i] + 3)
LOOP(floats_to_halves, float, _Float16, n[i] * 0.001f + m[i])
LOOP(doubles_to_floats, double, float, n[i] / 3.0 - m[i])
LOOP(floats_to_doubles, float, double, (double)n[i] * m[i])

typedef struct Complex {
    int16_t real, imaginary;
} Complex;

__attribute__((noinline)) static void complex_products(Complex *restrict d, const Complex *n,
                                                       const Complex *m)
{
    for (int i = 0; i < N; i++) {
        d[i].real += n[i].real * m[i].real - n[i].imaginary * m[i].imaginary;
        d[i].imaginary += n[i].real * m[i].imaginary + n[i].imaginary * m[i].real;
    }
}

__attribute__((noinline)) static void complex_turns(Complex *restrict d, const Complex *n,
                                                    const Complex *m)
{
    for (int i = 0; i < N; i++) {
        d[i].real = n[i].real - m[i].imaginary;
        d[i].imaginary = n[i].imaginary + m[i].real;
    }
}

/* Pointers that may overlap: how far is known at run time only. */
__attribute__((noinline)) static void overlapping(uint16_t *d, uint16_t *n, int count)
{
    for (int i = 0; i < count; i++) {
        d[i] = n[i] * 3 + 1;
    }
}

__attribute__((noinline)) static void scattered(uint32_t *restrict d, const uint32_t *restrict n,
                                                const uint32_t *restrict index)
{
    for (int i = N - 1; i >= 0; i--) {
        d[i] += n[index[i] % N];
    }
}

__attribute__((noinline)) static uint64_t sums(const uint8_t *n, const int8_t *m)
{
    uint64_t sum = 0;
    int32_t product = 0;

    for (int i = 0; i < N; i++) {
        sum += n[i] > 100 ? n[i] : 0;
        product += n[i] * m[i];
    }
    return sum << 32 | (uint32_t)product;
}

int main(void)
{
    Complex n[N], m[N], d[N];
    uint16_t line[2 * N];
    uint32_t words[3][N];
    uint8_t bytes[N];
    int8_t signs[N];
    uint64_t total;

    run_widening_product();
    run_widening_unsigned_product();
    run_widening_sum();
    run_accumulated_product();
    run_subtracted_product();
    run_averages();
    run_rounded_averages();
    run_high_product();
    run_high_product_of_halves();
    run_rounded_high_product();
    run_high_narrowing();
    run_rounded_shift();
    run_shift_and_add();
    run_differences();
    run_added_differences();
    run_selected_bits();
    run_three_way_xor();
    run_cleared_and_xored();
    run_xor_and_rotated();
    run_products_of_doublewords();
    run_floats_to_halves();
    run_doubles_to_floats();
    run_floats_to_doubles();
    for (int i = 0; i < N; i++) {
        n[i] = (Complex){ next(), next() };
        m[i] = (Complex){ next(), next() };
        d[i] = (Complex){ next(), next() };
    }
    complex_products(d, n, m);
    SHOW("complex_products", d);
    complex_turns(d, n, m);
    SHOW("complex_turns", d);
    for (int distance = 0; distance < 40; distance++) {
        for (int i = 0; i < 2 * N; i++) {
            line[i] = i;
        }
        overlapping(line + distance, line, N);
        overlapping(line, line + distance, N);
        SHOW("overlapping", line);
    }
    for (int i = 0; i < 3; i++) {
        FILL(words[i])
    }
    scattered(words[0], words[1], words[2]);
    SHOW("scattered", words[0]);
    FILL(bytes)
    FILL(signs)
    total = sums(bytes, signs);
    printf("sums %016llx\n", (unsigned long long)total);
    return 0;
}
