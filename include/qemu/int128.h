/*
 * Arithmetic on sizes up to 2^64 as code written for QEMU spells it: MemoryRegion's and
 * MemoryRegionSection's `size` take part directly. Our own code uses the operators.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_INT128_H
#define QEMU_INT128_H

#include "qemu/osdep.h"

typedef __int128 Int128;

static inline Int128 int128_make64(uint64_t a)
{
    return a;
}

static inline Int128 int128_makes64(int64_t a)
{
    return a;
}

static inline Int128 int128_make128(uint64_t lo, uint64_t hi)
{
    return (Int128)((unsigned __int128)hi << 64 | lo);
}

/* `a` must fit. */
static inline uint64_t int128_get64(Int128 a)
{
    assert((Int128)(uint64_t)a == a && "a size of 2^64 or more as 64 bits");
    return a;
}

static inline uint64_t int128_getlo(Int128 a)
{
    return a;
}

static inline int64_t int128_gethi(Int128 a)
{
    return a >> 64;
}

static inline Int128 int128_zero(void)
{
    return 0;
}

static inline Int128 int128_one(void)
{
    return 1;
}

static inline Int128 int128_2_64(void)
{
    return (Int128)1 << 64;
}

#define INT128_UNARY(type, name, expression)                                                       \
    static inline type int128_##name(Int128 a)                                                     \
    {                                                                                              \
        return expression;                                                                         \
    }
#define INT128_BINARY(type, name, operator)                                                        \
    static inline type int128_##name(Int128 a, Int128 b)                                           \
    {                                                                                              \
        return a operator b;                                                                       \
    }

INT128_UNARY(bool, nz, a != 0)
INT128_UNARY(bool, nonneg, a >= 0)
INT128_UNARY(Int128, neg, -a)
INT128_BINARY(Int128, add, +)
INT128_BINARY(Int128, sub, -)
INT128_BINARY(Int128, and, &)
INT128_BINARY(Int128, or, |)
INT128_BINARY(bool, eq, ==)
INT128_BINARY(bool, ne, !=)
INT128_BINARY(bool, lt, <)
INT128_BINARY(bool, le, <=)
INT128_BINARY(bool, gt, >)
INT128_BINARY(bool, ge, >=)

#undef INT128_UNARY
#undef INT128_BINARY

static inline Int128 int128_min(Int128 a, Int128 b)
{
    return MIN(a, b);
}

static inline Int128 int128_max(Int128 a, Int128 b)
{
    return MAX(a, b);
}

static inline Int128 int128_rshift(Int128 a, int n)
{
    return a >> n;
}

static inline Int128 int128_lshift(Int128 a, int n)
{
    return (Int128)((unsigned __int128)a << n);
}

static inline void int128_addto(Int128 *a, Int128 b)
{
    *a += b;
}

static inline void int128_subfrom(Int128 *a, Int128 b)
{
    *a -= b;
}

#endif
