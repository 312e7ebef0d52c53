/*
 * What each program of the benchmark has, and what it may use. It runs without an operating system,
 * under Linux, and natively, and must come to the same checksum on all of them: whatever the byte
 * order, and with products and sums fused only where the program says fma().
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* So many rounds take QEMU one to two seconds; the runner reads the number from the source. */
#define BENCH_ROUNDS(n) enum { BENCH_DEFAULT_ROUNDS = (n) }

/* The program: does its work that often. The checksum depends on all of it. */
uint32_t bench(uint32_t rounds);

/* At least so many bytes that may be written and executed; once for each program. */
void *bench_code_memory(size_t size);

/* What was written there is to be executed. */
void bench_flush_code(void *start, size_t size);

/* Says what went wrong, and ends. */
void bench_fail(const char *why) __attribute__((noreturn));

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NOINLINE __attribute__((noinline))

static inline uint32_t rotate_left(uint32_t value, unsigned n)
{
    return value << (n & 31) | value >> (-n & 31);
}

/* A checksum with one more value in it. */
static inline uint32_t mix(uint32_t sum, uint32_t value)
{
    return (rotate_left(sum, 5) ^ value) * 0x9e3779b1;
}

/* The value itself, not only something near it. */
static inline uint32_t mix_double(uint32_t sum, double value)
{
    union { double number; uint64_t bits; } u = { .number = value };

    return mix(mix(sum, u.bits >> 32), (uint32_t)u.bits);
}

/* The next of 2^32 - 1 pseudo-random numbers; *state is not 0. */
static inline uint32_t next_random(uint32_t *state)
{
    uint32_t x = *state;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

/* At least 0, less than 1. */
static inline double next_random_double(uint32_t *state)
{
    return (int32_t)(next_random(state) >> 1) * (1.0 / 2147483648.0);
}

