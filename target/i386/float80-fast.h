/*
 * The x87's arithmetic for ordinary operands, to be expanded where it is used.
 *
 * Ordinary is what has a normal exponent, and the integer bit; most functions know zero, too. Each
 * function answers true if it has done all of it: the result is the one of float80.c, bit for bit,
 * in every rounding and precision, with all that there is to be said: FPSW_PE and FPSW_C1 (rounded
 * up in magnitude) in *flags. False: nothing is known, float80.c's functions have to be asked. That
 * is what happens near and beyond the ends of a format's exponents.
 *
 * All in integers: the host's own x87 is no faster as long as each operation loads, stores, and
 * reads its status word, and it would have to be cleared for each guest.
 *
 * Reference: SDM volume 1, 4.2.2 (formats), 4.8.4 (rounding), 8.5.6 (inexact results).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_FLOAT80_FAST_H
#define TARGET_I386_FLOAT80_FAST_H

#include <float.h>
#include <math.h>
#include "qemu/host-utils.h"
#include "target/i386/float80.h"

#define FAST_INTEGER_BIT (1ull << 63)
#define FAST_HALF        (1ull << 63) /* of what is behind a significand */

static inline unsigned float80_biased(X86Float80 a)
{
    return a.sign_exponent & FLOAT80_EXPONENT;
}

/* Exponents 0 and 7fff, as one comparison, and the integer bit. */
static inline bool float80_is_ordinary(X86Float80 a)
{
    return ((a.sign_exponent + 1u) & FLOAT80_EXPONENT) > 1 && (a.significand & FAST_INTEGER_BIT);
}

static inline bool float80_is_zero(X86Float80 a)
{
    return !(float80_biased(a) | a.significand);
}

static inline unsigned fast_rounding(unsigned control)
{
    return control >> FPCW_ROUNDING_SHIFT & 3;
}

/*
 * Whether a value is rounded away from 0, of which `odd` says whether the last bit that stays is
 * set, and `rest` what follows that: FAST_HALF is half of it, its last bit gathers all further ones.
 */
static inline bool fast_rounds_up(unsigned mode, unsigned sign, bool odd, uint64_t rest)
{
    if (__builtin_expect(mode == X87_NEAREST, true)) {
        return rest > FAST_HALF || (rest == FAST_HALF && odd);
    }
    return rest && mode == (sign ? X87_DOWN : X87_UP);
}

static inline unsigned fast_flags(uint64_t rest, bool up)
{
    return (rest ? FPSW_PE : 0) | (up ? FPSW_C1 : 0);
}

/* The last `bits` (1 to 63) bits of `a`, as what is behind the rest of it, `below` after them. */
static inline uint64_t fast_rest(uint64_t a, uint64_t below, unsigned bits)
{
    return a << (64 - bits) | (below != 0);
}

/*
 * significand / 2^63 * 2^(exponent - bias), and `rest` behind that, in the precision that the
 * control word wants. The integer bit is set. sign: 0 or FLOAT80_SIGN.
 */
static inline bool fast_round(unsigned control, unsigned sign, int exponent, uint64_t significand,
                              uint64_t rest, X86Float80 *result, unsigned *flags)
{
    static const uint8_t dropped[] = { 40, 0, 11, 0 };
    unsigned drop = dropped[control >> FPCW_PRECISION_SHIFT & 3];
    bool up;

    if (__builtin_expect(drop, 0)) {
        rest = fast_rest(significand, rest, drop);
        significand >>= drop;
    }
    up = fast_rounds_up(fast_rounding(control), sign, significand & 1, rest);
    significand = (significand + up) << drop;
    if (!(significand & FAST_INTEGER_BIT)) {
        significand = FAST_INTEGER_BIT; /* it was all ones */
        exponent++;
    }
    *result = (X86Float80){ significand, (uint16_t)(sign | (unsigned)exponent) };
    *flags = fast_flags(rest, up);
    return (unsigned)(exponent - 1) < FLOAT80_EXPONENT - 1;
}

/* ---- Addition ---- */

/* `small`, whose exponent is `distance` less: its bits below `large`'s last one. */
static inline uint64_t fast_aligned(uint64_t small, unsigned distance, uint64_t *rest)
{
    if (distance < 64) {
        *rest = distance ? small << (64 - distance) : 0;
        return small >> distance;
    }
    if (distance > 127) {
        *rest = 1;
    } else {
        *rest = small >> (distance - 64) | (distance > 64 && small << (128 - distance));
    }
    return 0;
}

/* a + b, with b's sign flipped where `flip` is FLOAT80_SIGN. */
static inline bool float80_fast_add(unsigned control, X86Float80 a, X86Float80 b, unsigned flip,
                                    X86Float80 *result, unsigned *flags)
{
    uint64_t rest, significand, aligned;
    X86Float80 large = a, small = b;
    unsigned sign;
    int exponent;

    small.sign_exponent ^= flip;
    if (!float80_is_ordinary(a) || !float80_is_ordinary(b)) {
        if (float80_is_zero(a)) {
            large = small;
            small = a;
        }
        /* Two zeros have rules of their own. */
        return float80_is_zero(small) && float80_is_ordinary(large) &&
               fast_round(control, large.sign_exponent & FLOAT80_SIGN, (int)float80_biased(large),
                          large.significand, 0, result, flags);
    }
    if (float80_biased(small) > float80_biased(large) ||
        (float80_biased(small) == float80_biased(large) && small.significand > large.significand)) {
        X86Float80 swapped = large;

        large = small;
        small = swapped;
    }
    sign = large.sign_exponent & FLOAT80_SIGN;
    exponent = (int)float80_biased(large);
    aligned = fast_aligned(small.significand,
                           float80_biased(large) - float80_biased(small), &rest);
    if (!((large.sign_exponent ^ small.sign_exponent) & FLOAT80_SIGN)) {
        significand = large.significand + aligned;
        if (significand < aligned) {
            rest = rest >> 1 | (rest & 1) | significand << 63;
            significand = significand >> 1 | FAST_INTEGER_BIT;
            exponent++;
        }
    } else {
        significand = large.significand - aligned - (rest != 0);
        rest = -rest;
        if (!significand) {
            if (!rest) {
                *result = (X86Float80){ 0, fast_rounding(control) == X87_DOWN ? FLOAT80_SIGN : 0 };
                *flags = 0;
                return true;
            }
            significand = rest;
            rest = 0;
            exponent -= 64;
        }
        if (!(significand & FAST_INTEGER_BIT)) {
            unsigned zeros = clz64(significand);

            significand = significand << zeros | rest >> (64 - zeros);
            rest <<= zeros;
            exponent -= (int)zeros;
        }
    }
    return fast_round(control, sign, exponent, significand, rest, result, flags);
}

/* ---- Multiplication, division, root ---- */

static inline bool float80_fast_mul(unsigned control, X86Float80 a, X86Float80 b,
                                    X86Float80 *result, unsigned *flags)
{
    int exponent = (int)(float80_biased(a) + float80_biased(b)) - FLOAT80_BIAS + 1;
    unsigned sign = (a.sign_exponent ^ b.sign_exponent) & FLOAT80_SIGN;
    unsigned __int128 product = (unsigned __int128)a.significand * b.significand;

    if (!float80_is_ordinary(a) || !float80_is_ordinary(b)) {
        *result = (X86Float80){ 0, (uint16_t)sign };
        *flags = 0;
        return (float80_is_zero(a) && (float80_is_ordinary(b) || float80_is_zero(b))) ||
               (float80_is_zero(b) && float80_is_ordinary(a));
    }
    if (!(product >> 127)) {
        product <<= 1;
        exponent--;
    }
    return fast_round(control, sign, exponent, (uint64_t)(product >> 64), (uint64_t)product, result,
                      flags);
}

/* high < divisor */
static inline uint64_t fast_divide(uint64_t high, uint64_t low, uint64_t divisor, uint64_t *rest)
{
#ifdef __x86_64__
    uint64_t quotient;

    asm("divq %4" : "=a"(quotient), "=d"(*rest) : "0"(low), "1"(high), "r"(divisor) : "cc");
    return quotient;
#else
    unsigned __int128 dividend = (unsigned __int128)high << 64 | low;

    *rest = (uint64_t)(dividend % divisor);
    return (uint64_t)(dividend / divisor);
#endif
}

/* The fraction rest / divisor, as far as rounding asks: below, at or above one half. */
static inline uint64_t fast_fraction(uint64_t rest, uint64_t divisor)
{
    uint64_t other = divisor - rest;

    return !rest ? 0 : rest < other ? 1 : rest == other ? FAST_HALF : FAST_HALF | 1;
}

static inline bool float80_fast_div(unsigned control, X86Float80 a, X86Float80 b,
                                    X86Float80 *result, unsigned *flags)
{
    int exponent = (int)float80_biased(a) - (int)float80_biased(b) + FLOAT80_BIAS;
    unsigned sign = (a.sign_exponent ^ b.sign_exponent) & FLOAT80_SIGN;
    uint64_t high = a.significand, low = 0, quotient, rest;

    if (!float80_is_ordinary(b) || !float80_is_ordinary(a)) {
        *result = (X86Float80){ 0, (uint16_t)sign };
        *flags = 0;
        return float80_is_zero(a) && float80_is_ordinary(b);
    }
    if (a.significand < b.significand) {
        exponent--;
    } else {
        low = high << 63;
        high >>= 1;
    }
    quotient = fast_divide(high, low, b.significand, &rest);
    return fast_round(control, sign, exponent, quotient, fast_fraction(rest, b.significand), result,
                      flags);
}

static inline bool float80_fast_sqrt(unsigned control, X86Float80 a, X86Float80 *result,
                                     unsigned *flags)
{
#if LDBL_MANT_DIG >= 64
    int exponent = (int)float80_biased(a) - FLOAT80_BIAS;
    unsigned __int128 square, rest;
    long double estimate;
    uint64_t root;

    if (!float80_is_ordinary(a) || (a.sign_exponent & FLOAT80_SIGN)) {
        return false;
    }
    square = (unsigned __int128)a.significand << (63 + (exponent & 1));
    /* Right but for the last bit, and maybe rounded up to 2^64. */
    estimate = sqrtl((long double)a.significand * (exponent & 1 ? 0x1p64L : 0x1p63L));
    root = estimate >= 0x1p64L ? UINT64_MAX : (uint64_t)estimate;
    while ((unsigned __int128)root * root > square) {
        root--;
    }
    rest = square - (unsigned __int128)root * root;
    if (rest > 2 * (unsigned __int128)root) {
        rest -= 2 * (unsigned __int128)root + 1;
        root++;
    }
    /* It is never just between two numbers. */
    return fast_round(control, 0, ((exponent - (exponent & 1)) >> 1) + FLOAT80_BIAS, root,
                      !rest         ? 0
                      : rest > root ? FAST_HALF | 1
                                    : 1,
                      result, flags);
#else
    return false;
#endif
}

/* ---- Comparison ---- */

static inline bool float80_fast_compare(X86Float80 a, X86Float80 b, X87Relation *relation)
{
    bool a_zero = float80_is_zero(a), b_zero = float80_is_zero(b), less;

    if ((!a_zero && !float80_is_ordinary(a)) || (!b_zero && !float80_is_ordinary(b))) {
        return false;
    }
    if (a_zero && b_zero) {
        *relation = X87_EQUAL;
        return true;
    }
    if ((a.sign_exponent ^ b.sign_exponent) & FLOAT80_SIGN) {
        less = a.sign_exponent & FLOAT80_SIGN;
    } else if (a.sign_exponent == b.sign_exponent && a.significand == b.significand) {
        *relation = X87_EQUAL;
        return true;
    } else {
        less = a.sign_exponent == b.sign_exponent ? a.significand < b.significand
                                                  : a.sign_exponent < b.sign_exponent;
        less ^= a.sign_exponent >> 15;
    }
    *relation = less ? X87_LESS : X87_GREATER;
    return true;
}

/* ---- Integers ---- */

/* The magnitude of a number below 2^63, and what is behind it. */
static inline uint64_t fast_integer(X86Float80 a, uint64_t *rest)
{
    unsigned biased = float80_biased(a);

    if (biased >= FLOAT80_BIAS) {
        unsigned exponent = biased - FLOAT80_BIAS;

        *rest = a.significand << 1 << exponent;
        return a.significand >> (63 - exponent);
    }
    fast_aligned(a.significand, FLOAT80_BIAS + 63 - biased, rest);
    return 0;
}

/* `bits`: 16, 32, 64. */
static inline bool float80_fast_to_int(unsigned mode, X86Float80 a, unsigned bits, int64_t *result,
                                       unsigned *flags)
{
    uint64_t magnitude, rest;
    bool negative = a.sign_exponent & FLOAT80_SIGN, up;

    if (!float80_is_ordinary(a) || float80_biased(a) >= FLOAT80_BIAS + 63) {
        *result = 0;
        *flags = 0;
        return float80_is_zero(a);
    }
    magnitude = fast_integer(a, &rest);
    up = fast_rounds_up(mode, negative, magnitude & 1, rest);
    magnitude += up;
    *flags = fast_flags(rest, up);
    *result = (int64_t)(negative ? -magnitude : magnitude);
    return magnitude < 1ull << (bits - 1);
}

static inline bool float80_fast_rint(unsigned control, X86Float80 a, X86Float80 *result,
                                     unsigned *flags)
{
    unsigned sign = a.sign_exponent & FLOAT80_SIGN;
    uint64_t magnitude, rest;
    bool up;

    if (!float80_is_ordinary(a) || float80_biased(a) >= FLOAT80_BIAS + 63) {
        *result = a;
        *flags = 0;
        return float80_is_ordinary(a) || float80_is_zero(a);
    }
    magnitude = fast_integer(a, &rest);
    up = fast_rounds_up(fast_rounding(control), sign, magnitude & 1, rest);
    magnitude += up;
    *flags = fast_flags(rest, up);
    *result = (X86Float80){ 0, (uint16_t)sign };
    if (magnitude) {
        unsigned zeros = clz64(magnitude);

        *result = (X86Float80){ magnitude << zeros,
                                (uint16_t)(sign | (63 - zeros + FLOAT80_BIAS)) };
    }
    return true;
}

/* ---- Shorter formats ---- */

/* A format of `fraction` bits behind the integer bit. Normal numbers only, and zero. */
static inline bool fast_from_short(uint64_t a, unsigned fraction, unsigned width,
                                   X86Float80 *result)
{
    unsigned max = (1u << (width - 1 - fraction)) - 1, biased = a >> fraction & max;
    uint16_t sign = (uint16_t)(a >> (width - 1) << 15);

    if (biased - 1 >= max - 1) {
        *result = (X86Float80){ 0, sign };
        return !(a << 1 << (64 - width));
    }
    *result = (X86Float80){ FAST_INTEGER_BIT | a << (63 - fraction),
                            (uint16_t)(sign | (biased + FLOAT80_BIAS - max / 2)) };
    return true;
}

static inline bool float80_fast_from_float32(uint32_t a, X86Float80 *result)
{
    return fast_from_short(a, 23, 32, result);
}

static inline bool float80_fast_from_float64(uint64_t a, X86Float80 *result)
{
    return fast_from_short(a, 52, 64, result);
}

static inline bool fast_to_short(unsigned control, X86Float80 a, unsigned fraction, unsigned width,
                                 uint64_t *result, unsigned *flags)
{
    int max = (1 << (width - 1 - fraction)) - 1;
    int exponent = (int)float80_biased(a) - FLOAT80_BIAS + max / 2;
    unsigned drop = 63 - fraction;
    uint64_t sign = (uint64_t)(a.sign_exponent >> 15) << (width - 1), rest;
    bool up;

    if (!float80_is_ordinary(a) || exponent < 1 || exponent > max - 1) {
        *result = sign;
        *flags = 0;
        return float80_is_zero(a);
    }
    rest = a.significand << (64 - drop);
    up = fast_rounds_up(fast_rounding(control), a.sign_exponent & FLOAT80_SIGN,
                        a.significand >> drop & 1, rest);
    /* The integer bit, and what a carry leaves of it, go into the exponent. */
    *result = sign | (((uint64_t)(exponent - 1) << fraction) + (a.significand >> drop) + up);
    *flags = fast_flags(rest, up);
    return exponent < max - 1 || !up || (*result & ((1ull << fraction) - 1));
}

static inline bool float80_fast_to_float32(unsigned control, X86Float80 a, uint64_t *result,
                                           unsigned *flags)
{
    return fast_to_short(control, a, 23, 32, result, flags);
}

static inline bool float80_fast_to_float64(unsigned control, X86Float80 a, uint64_t *result,
                                           unsigned *flags)
{
    return fast_to_short(control, a, 52, 64, result, flags);
}

#endif
