/*
 * Integer arithmetic that C lacks: bit counts with defined results for zero, wide multiplication
 * and division, powers of two.
 *
 *     clz32(x), clz64(x)    leading zeros: 32 or 64 for zero
 *     ctz32(x), ctz64(x)    trailing zeros: 32 or 64 for zero
 *     clo32 … cto64         leading and trailing ones
 *     ctpop8 … ctpop64      ones
 *     mulu64, muls64(&low, &high, a, b)    the 128-bit product
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_HOST_UTILS_H
#define QEMU_HOST_UTILS_H

#include "qemu/osdep.h"

/* `suffix`: that of the compiler's builtins for a type of so many bits. */
#define DEFINE_ZEROS_AND_ONES(bits, suffix)                                                        \
    static inline int clz##bits(uint##bits##_t x)                                                  \
    {                                                                                              \
        return !x ? bits : __builtin_clz##suffix(x);                                               \
    }                                                                                              \
    static inline int clo##bits(uint##bits##_t x)                                                  \
    {                                                                                              \
        return clz##bits(~x);                                                                      \
    }                                                                                              \
    static inline int ctz##bits(uint##bits##_t x)                                                  \
    {                                                                                              \
        return !x ? bits : __builtin_ctz##suffix(x);                                               \
    }                                                                                              \
    static inline int cto##bits(uint##bits##_t x)                                                  \
    {                                                                                              \
        return ctz##bits(~x);                                                                      \
    }

#define DEFINE_POPULATION(bits, suffix)                                                            \
    static inline int ctpop##bits(uint##bits##_t x)                                                \
    {                                                                                              \
        return __builtin_popcount##suffix(x);                                                      \
    }

#define DEFINE_WIDE_PRODUCT(name, narrow, wide)                                                    \
    static inline void name(uint64_t *low, uint64_t *high, narrow a, narrow b)                     \
    {                                                                                              \
        wide product = (wide)a * b;                                                                \
                                                                                                   \
        *high = (uint64_t)(product >> 64);                                                         \
        *low = (uint64_t)product;                                                                  \
    }

DEFINE_ZEROS_AND_ONES(32, )
DEFINE_ZEROS_AND_ONES(64, ll)
DEFINE_POPULATION(8, )
DEFINE_POPULATION(16, )
DEFINE_POPULATION(32, )
DEFINE_POPULATION(64, ll)
DEFINE_WIDE_PRODUCT(mulu64, uint64_t, unsigned __int128)
DEFINE_WIDE_PRODUCT(muls64, int64_t, __int128)

#undef DEFINE_ZEROS_AND_ONES
#undef DEFINE_POPULATION
#undef DEFINE_WIDE_PRODUCT

/*
 * value ^ (value - 1) is the lowest one and everything below it: more than value - 1 only where no
 * one stands above.
 */
static inline bool is_power_of_2(uint64_t value)
{
    uint64_t less = value - 1;

    return (value ^ less) > less;
}

/* The largest power of two not above value; 0 for 0. */
static inline uint64_t pow2floor(uint64_t value)
{
    return value ? UINT64_C(1) << (63 - clz64(value)) : 0;
}

/* The smallest power of two not below value; 1 for 0, 0 where it doesn't fit. */
static inline uint64_t pow2ceil(uint64_t value)
{
    return value < 2 ? 1 : pow2floor(value - 1) << 1;
}

/* a * b / c with a 96-bit intermediate, rounded down; the result is truncated to 64 bits. */
static inline uint64_t muldiv64(uint64_t a, uint32_t b, uint32_t c)
{
    unsigned __int128 product = (unsigned __int128)b * a;

    return product / c;
}

static inline uint64_t muldiv64_round_up(uint64_t a, uint32_t b, uint32_t c)
{
    unsigned __int128 product = (unsigned __int128)b * a;

    return (product + (c - 1)) / c;
}

#endif
