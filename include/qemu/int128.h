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

/* One row is one function: result, name, arguments, what it computes. */
#define INT128_(result, name, arguments, ...)                                                      \
    static inline result int128_##name arguments                                                   \
    {                                                                                              \
        return __VA_ARGS__;                                                                        \
    }
#define INT128_OPERATOR_(result, name, operator)                                                   \
    INT128_(result, name, (Int128 a, Int128 b), a operator b)

INT128_(Int128, zero, (void), 0)
INT128_(Int128, one, (void), 1)
INT128_(Int128, 2_64, (void), (Int128)UINT64_MAX + 1)
INT128_(Int128, make64, (uint64_t a), a)
INT128_(Int128, makes64, (int64_t a), a)
INT128_(Int128, make128, (uint64_t lo, uint64_t hi), (Int128)((unsigned __int128)hi << 64 | lo))
INT128_(uint64_t, getlo, (Int128 a), a)
INT128_(int64_t, gethi, (Int128 a), a >> 64)
/* `a` must fit. */
INT128_(uint64_t, get64, (Int128 a),
        (assert(a >> 64 == 0 && "a size of 2^64 or more as 64 bits"), a))

INT128_(bool, nz, (Int128 a), a != 0)
INT128_(bool, nonneg, (Int128 a), a >= 0)
INT128_(Int128, neg, (Int128 a), -a)
INT128_(Int128, lshift, (Int128 a, int n), (Int128)((unsigned __int128)a << n))
INT128_(Int128, rshift, (Int128 a, int n), a >> n)
INT128_(Int128, min, (Int128 a, Int128 b), b < a ? b : a)
INT128_(Int128, max, (Int128 a, Int128 b), a < b ? b : a)
INT128_(void, addto, (Int128 *a, Int128 b), (void)(*a += b))
INT128_(void, subfrom, (Int128 *a, Int128 b), (void)(*a -= b))

INT128_OPERATOR_(Int128, add, +)
INT128_OPERATOR_(Int128, sub, -)
INT128_OPERATOR_(Int128, and, &)
INT128_OPERATOR_(Int128, or, |)
INT128_OPERATOR_(bool, eq, ==)
INT128_OPERATOR_(bool, ne, !=)
INT128_OPERATOR_(bool, lt, <)
INT128_OPERATOR_(bool, le, <=)
INT128_OPERATOR_(bool, gt, >)
INT128_OPERATOR_(bool, ge, >=)

#undef INT128_
#undef INT128_OPERATOR_

#endif
