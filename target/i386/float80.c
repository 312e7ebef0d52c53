/*
 * Arithmetic of the x87 in integers.
 *
 * Each operation unpacks its operands, answers NaNs and infinities, computes an exact result (or
 * one of 128 bits whose last bit says that something follows), and leaves the rounding, with
 * everything that depends on it, to float80_round().
 *
 * Reference: SDM volume 1, tables 4-3 (encodings), 4-7 (NaNs), 4.9.1.5 (underflow: tininess is
 * detected after rounding), 8.5 (the exceptions and their unmasked responses).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "target/i386/float80.h"

typedef unsigned __int128 Wide;

#define INTEGER_BIT   (1ull << 63)
#define QUIET_BIT     (1ull << 62)
#define WIDE_TOP      ((Wide)1 << 127)
#define MAX_EXPONENT  16383
#define MIN_EXPONENT  (-16382)
/* An unmasked overflow or underflow delivers a result whose exponent is off by this. */
#define UNMASKED_BIAS 24576

/* ---- Unpacking ---- */

typedef enum Kind { ZERO, FINITE, INFINITE, QUIET, SIGNALING, UNSUPPORTED } Kind;

/* FINITE: significand / 2^63 * 2^exponent, the integer bit set. */
typedef struct Number {
    Kind kind;
    bool negative;
    bool denormal;
    int exponent;
    uint64_t significand;
    X86Float80 packed;
} Number;

static Number unpack(X86Float80 a)
{
    unsigned exponent = a.sign_exponent & FLOAT80_EXPONENT;
    Number n = { .negative = a.sign_exponent & FLOAT80_SIGN,
                 .significand = a.significand,
                 .packed = a };

    if (!exponent) {
        n.kind = a.significand ? FINITE : ZERO;
        n.denormal = a.significand != 0;
        if (n.denormal) {
            unsigned zeros = clz64(a.significand);

            n.significand <<= zeros;
            n.exponent = MIN_EXPONENT - (int)zeros;
        }
    } else if (!(a.significand & INTEGER_BIT)) {
        n.kind = UNSUPPORTED;
    } else if (exponent == FLOAT80_EXPONENT) {
        n.kind = !(a.significand << 1) ? INFINITE : a.significand & QUIET_BIT ? QUIET : SIGNALING;
    } else {
        n.kind = FINITE;
        n.exponent = (int)exponent - FLOAT80_BIAS;
    }
    return n;
}

X87Class float80_class(X86Float80 a)
{
    static const uint8_t classes[] = {
        [ZERO] = X87_ZERO, [FINITE] = X87_NORMAL, [INFINITE] = X87_INFINITY,
        [QUIET] = X87_NAN, [SIGNALING] = X87_NAN, [UNSUPPORTED] = X87_UNSUPPORTED,
    };
    Number n = unpack(a);

    return n.denormal ? X87_DENORMAL : classes[n.kind];
}

static X86Float80 pack(bool negative, unsigned biased, uint64_t significand)
{
    return (X86Float80){ significand, biased | (negative ? FLOAT80_SIGN : 0) };
}

static X86Float80 zero(bool negative)
{
    return pack(negative, 0, 0);
}

static X86Float80 infinity(bool negative)
{
    return pack(negative, FLOAT80_EXPONENT, INTEGER_BIT);
}

/* A result that is the operand: a pseudo-denormal as the normal number that it is. */
static X86Float80 unchanged(const Number *n)
{
    return n->denormal && (n->packed.significand & INTEGER_BIT)
               ? pack(n->negative, 1, n->packed.significand)
               : n->packed;
}

X86Float80 float80_invalid(X87Status *s)
{
    s->exceptions = (s->exceptions & ~FPSW_DE) | FPSW_IE;
    return FLOAT80_INDEFINITE;
}

/* ---- NaNs ---- */

/* Of two NaNs the one with the larger significand, of equal ones the positive one. */
static const Number *larger_nan(const Number *a, const Number *b)
{
    if (a->significand != b->significand) {
        return a->significand > b->significand ? a : b;
    }
    return a->negative ? b : a;
}

/* Table 4-7. False if neither is a NaN, and then denormal operands have been said. */
static bool answer_nans(X87Status *s, const Number *a, const Number *b, X86Float80 *result)
{
    const Number *chosen;

    if (a->kind < QUIET && b->kind < QUIET) {
        return false;
    }
    if (a->kind == UNSUPPORTED || b->kind == UNSUPPORTED) {
        *result = float80_invalid(s);
        return true;
    }
    if (a->kind == SIGNALING || b->kind == SIGNALING) {
        s->exceptions |= FPSW_IE;
    }
    if (a->kind < QUIET || b->kind < QUIET) {
        chosen = a->kind < QUIET ? b : a;
    } else if (a->kind != b->kind) {
        chosen = a->kind == QUIET ? a : b;
    } else {
        chosen = larger_nan(a, b);
    }
    *result = chosen->packed;
    result->significand |= QUIET_BIT;
    return true;
}

static void say_denormals(X87Status *s, const Number *a, const Number *b)
{
    if (a->denormal || b->denormal) {
        s->exceptions |= FPSW_DE;
    }
}

bool float80_nan_operand(X87Status *s, X86Float80 a, X86Float80 b, X86Float80 *result)
{
    Number x = unpack(a), y = unpack(b);

    if (answer_nans(s, &x, &y, result)) {
        return true;
    }
    say_denormals(s, &x, &y);
    return false;
}

/* ---- Rounding ---- */

static X87Rounding rounding(const X87Status *s)
{
    return s->control >> FPCW_ROUNDING_SHIFT & 3;
}

/* What the four basic operations and the root are rounded to. */
static unsigned precision(const X87Status *s)
{
    static const uint8_t bits[] = { 24, 64, 53, 64 };

    return bits[s->control >> FPCW_PRECISION_SHIFT & 3];
}

static Wide shifted_right(Wide a, unsigned count)
{
    if (count >= 128) {
        return a != 0;
    }
    return count ? a >> count | ((a << (128 - count)) != 0) : a;
}

static unsigned leading_zeros(Wide a)
{
    return a >> 64 ? clz64(a >> 64) : 64 + clz64(a);
}

typedef struct Rounded {
    Wide value; /* with the bits behind the last one clear */
    bool carry; /* it is 2^128 more */
    bool inexact, up;
} Rounded;

/* Keeps the topmost `bits` bits: 1 to 127. */
static Rounded round_bits(X87Rounding mode, bool negative, Wide a, unsigned bits)
{
    Wide last = (Wide)1 << (128 - bits), rest = a & (last - 1), half = last >> 1;
    Rounded r = { .value = a - rest, .inexact = rest != 0 };

    switch (mode) {
    case X87_NEAREST:
        r.up = rest > half || (rest == half && (a & last));
        break;
    case X87_DOWN:
        r.up = rest && negative;
        break;
    case X87_UP:
        r.up = rest && !negative;
        break;
    case X87_TO_ZERO:
        break;
    }
    if (r.up) {
        r.value += last;
        r.carry = !r.value;
    }
    return r;
}

static void say_inexact(X87Status *s, const Rounded *r)
{
    s->exceptions |= r->inexact ? FPSW_PE : 0;
    s->rounded_up = r->up;
}

/* Masked: infinity, or the largest number where the rounding leads away from that. */
static bool overflows_to_infinity(const X87Status *s, bool negative)
{
    X87Rounding mode = rounding(s);

    return mode == X87_NEAREST || mode == (negative ? X87_DOWN : X87_UP);
}

/* A significand of 0: the same as 0. */
X86Float80 float80_round(X87Status *s, bool negative, int exponent, Wide significand, unsigned bits)
{
    unsigned zeros;
    Rounded r;
    int final;

    if (!significand) {
        return zero(negative);
    }
    zeros = leading_zeros(significand);
    significand <<= zeros;
    exponent -= (int)zeros;
    r = round_bits(rounding(s), negative, significand, bits);
    final = exponent + r.carry;
    if (r.carry) {
        r.value = WIDE_TOP;
    }
    if (final < MIN_EXPONENT) {
        if (s->control & FPSW_UE) {
            r = round_bits(rounding(s), negative,
                           shifted_right(significand, (unsigned)(MIN_EXPONENT - exponent)), bits);
            s->exceptions |= r.inexact ? FPSW_UE : 0;
            say_inexact(s, &r);
            return pack(negative, r.value >= WIDE_TOP, r.value >> 64);
        }
        s->exceptions |= FPSW_UE;
        final += UNMASKED_BIAS;
        if (final < MIN_EXPONENT) {
            s->exceptions |= FPSW_PE;
            return zero(negative);
        }
    } else if (final > MAX_EXPONENT) {
        s->exceptions |= FPSW_OE;
        if (s->control & FPSW_OE) {
            s->exceptions |= FPSW_PE;
            s->rounded_up = overflows_to_infinity(s, negative);
            return s->rounded_up ? infinity(negative)
                                 : pack(negative, FLOAT80_EXPONENT - 1, ~0ull << (64 - bits));
        }
        final -= UNMASKED_BIAS;
        if (final > MAX_EXPONENT) {
            s->exceptions |= FPSW_PE;
            s->rounded_up = true;
            return infinity(negative);
        }
    }
    say_inexact(s, &r);
    return pack(negative, (unsigned)(final + FLOAT80_BIAS), r.value >> 64);
}

/* ---- Addition ---- */

/* Of finite numbers other than 0. */
static X86Float80 add_finite(X87Status *s, const Number *a, const Number *b)
{
    const Number *large = a, *small = b;
    Wide x, y;

    if (b->exponent > a->exponent ||
        (b->exponent == a->exponent && b->significand > a->significand)) {
        large = b;
        small = a;
    }
    /* One bit above for the carry. */
    x = (Wide)large->significand << 63;
    y = shifted_right((Wide)small->significand << 63,
                      (unsigned)(large->exponent - small->exponent));
    x = large->negative == small->negative ? x + y : x - y;
    if (!x) {
        return zero(rounding(s) == X87_DOWN);
    }
    return float80_round(s, large->negative, large->exponent + 1, x, precision(s));
}

static X86Float80 add(X87Status *s, X86Float80 a, X86Float80 b, bool subtract)
{
    Number x = unpack(a), y = unpack(b);
    X86Float80 result;

    if (answer_nans(s, &x, &y, &result)) {
        return result;
    }
    y.negative ^= subtract;
    if (x.kind == INFINITE && y.kind == INFINITE && x.negative != y.negative) {
        return float80_invalid(s);
    }
    say_denormals(s, &x, &y);
    if (x.kind == INFINITE || y.kind == INFINITE) {
        return infinity(x.kind == INFINITE ? x.negative : y.negative);
    }
    if (x.kind == ZERO && y.kind == ZERO) {
        return zero(x.negative == y.negative ? x.negative : rounding(s) == X87_DOWN);
    }
    if (x.kind == ZERO || y.kind == ZERO) {
        const Number *n = x.kind == ZERO ? &y : &x;

        return float80_round(s, n->negative, n->exponent, (Wide)n->significand << 64, precision(s));
    }
    return add_finite(s, &x, &y);
}

X86Float80 float80_add(X87Status *s, X86Float80 a, X86Float80 b)
{
    return add(s, a, b, false);
}

X86Float80 float80_sub(X87Status *s, X86Float80 a, X86Float80 b)
{
    return add(s, a, b, true);
}

/* ---- Multiplication, division, root ---- */

X86Float80 float80_mul(X87Status *s, X86Float80 a, X86Float80 b)
{
    Number x = unpack(a), y = unpack(b);
    bool negative = x.negative ^ y.negative;
    X86Float80 result;

    if (answer_nans(s, &x, &y, &result)) {
        return result;
    }
    if ((x.kind == INFINITE && y.kind == ZERO) || (x.kind == ZERO && y.kind == INFINITE)) {
        return float80_invalid(s);
    }
    say_denormals(s, &x, &y);
    if (x.kind == INFINITE || y.kind == INFINITE) {
        return infinity(negative);
    }
    if (x.kind == ZERO || y.kind == ZERO) {
        return zero(negative);
    }
    return float80_round(s, negative, x.exponent + y.exponent + 1,
                         (Wide)x.significand * y.significand, precision(s));
}

X86Float80 float80_div(X87Status *s, X86Float80 a, X86Float80 b)
{
    Number x = unpack(a), y = unpack(b);
    bool negative = x.negative ^ y.negative, below_one;
    Wide dividend, quotient, rest;
    X86Float80 result;

    if (answer_nans(s, &x, &y, &result)) {
        return result;
    }
    if (x.kind == y.kind && x.kind != FINITE) {
        return float80_invalid(s);
    }
    if (y.kind == ZERO && x.kind == FINITE) {
        s->exceptions |= FPSW_ZE;
        return infinity(negative);
    }
    say_denormals(s, &x, &y);
    if (x.kind == INFINITE || y.kind == ZERO) {
        return infinity(negative);
    }
    if (x.kind == ZERO || y.kind == INFINITE) {
        return zero(negative);
    }
    below_one = x.significand < y.significand;
    dividend = (Wide)x.significand << (63 + below_one);
    /* 64 bits, 64 more, and whether anything is left. */
    quotient = dividend / y.significand << 64;
    rest = dividend % y.significand << 64;
    quotient |= rest / y.significand | (rest % y.significand != 0);
    return float80_round(s, negative, x.exponent - y.exponent - below_one, quotient, precision(s));
}

/* The integer part, of 64 bits if `a` is 2^126 or more. */
static uint64_t integer_root(Wide a)
{
    uint64_t root = 0;

    for (int bit = 63; bit >= 0; bit--) {
        uint64_t candidate = root | 1ull << bit;

        if ((Wide)candidate * candidate <= a) {
            root = candidate;
        }
    }
    return root;
}

X86Float80 float80_sqrt(X87Status *s, X86Float80 a)
{
    Number x = unpack(a);
    X86Float80 result;
    Wide square, rest, root;

    if (answer_nans(s, &x, &x, &result)) {
        return result;
    }
    if (x.negative && x.kind != ZERO) {
        return float80_invalid(s);
    }
    say_denormals(s, &x, &x);
    if (x.kind != FINITE) {
        return a;
    }
    square = (Wide)x.significand << (63 + (x.exponent & 1));
    root = integer_root(square);
    rest = square - root * root;
    /* It is never just between two numbers. */
    root = root << 64 | (Wide)(rest > root) << 63 | (rest != 0);
    return float80_round(s, false, (x.exponent - (x.exponent & 1)) / 2, root, precision(s));
}

/* ---- Integers ---- */

/* The magnitude as an integer, below 2^64 and rounded; false: it is more. */
static bool to_integer(X87Status *s, const Number *n, X87Rounding mode, uint64_t *magnitude)
{
    Rounded r;

    if (n->kind == ZERO) {
        *magnitude = 0;
        return true;
    }
    if (n->exponent > 63) {
        return false;
    }
    /* The integer's bits end where 64 bits begin. */
    r = round_bits(mode, n->negative,
                   shifted_right((Wide)n->significand << 64, (unsigned)(63 - n->exponent)), 64);
    if (r.carry) {
        return false;
    }
    *magnitude = r.value >> 64;
    say_inexact(s, &r);
    return true;
}

X86Float80 float80_rint(X87Status *s, X86Float80 a)
{
    Number x = unpack(a);
    X86Float80 result;
    uint64_t magnitude;

    if (answer_nans(s, &x, &x, &result)) {
        return result;
    }
    say_denormals(s, &x, &x);
    if (x.kind != FINITE || x.exponent >= 63 || !to_integer(s, &x, rounding(s), &magnitude)) {
        return a;
    }
    return magnitude ? pack(x.negative, (unsigned)(63 - clz64(magnitude)) + FLOAT80_BIAS,
                            magnitude << clz64(magnitude))
                     : zero(x.negative);
}

X86Float80 float80_from_int(int64_t a)
{
    uint64_t magnitude = a < 0 ? -(uint64_t)a : (uint64_t)a;
    unsigned zeros = clz64(magnitude);

    return a ? pack(a < 0, 63 - zeros + FLOAT80_BIAS, magnitude << zeros) : zero(false);
}

int64_t float80_to_int(X87Status *s, X86Float80 a, unsigned bits, bool cut_off)
{
    int64_t smallest = (int64_t)(~0ull << (bits - 1));
    X87Status before = *s;
    Number x = unpack(a);
    uint64_t magnitude;

    if (x.kind >= INFINITE || !to_integer(s, &x, cut_off ? X87_TO_ZERO : rounding(s), &magnitude) ||
        magnitude > ~(uint64_t)smallest + x.negative) {
        *s = before;
        s->exceptions |= FPSW_IE;
        return smallest;
    }
    return (int64_t)(x.negative ? -magnitude : magnitude);
}

#define BCD_DIGITS 18

X86Float80 float80_from_bcd(uint64_t low, uint16_t high)
{
    uint64_t value = (high >> 4 & 15) * 10 + (high & 15);
    X86Float80 result;

    for (int shift = 60; shift >= 0; shift -= 4) {
        value = value * 10 + (low >> shift & 15);
    }
    result = float80_from_int((int64_t)value);
    result.sign_exponent |= high & FLOAT80_SIGN;
    return result;
}

uint64_t float80_to_bcd(X87Status *s, X86Float80 a, uint16_t *high)
{
    const uint64_t limit = 1000000000000000000;
    X87Status before = *s;
    Number x = unpack(a);
    uint64_t value, low = 0;

    if (x.kind >= INFINITE || !to_integer(s, &x, rounding(s), &value) || value >= limit) {
        *s = before;
        s->exceptions |= FPSW_IE;
        *high = 0xffff;
        return 0xc000000000000000;
    }
    for (unsigned digit = 0; digit < 16; digit++) {
        low |= value % 10 << (4 * digit);
        value /= 10;
    }
    *high = value % 10 | value / 10 << 4 | (x.negative ? FLOAT80_SIGN : 0);
    return low;
}

/* ---- Shorter formats ---- */

typedef struct Format {
    unsigned bits; /* of the significand, the integer bit included */
    unsigned width;
    int max_exponent;
} Format;

static const Format single_format = { 24, 32, 127 }, double_format = { 53, 64, 1023 };

static X86Float80 from_short(X87Status *s, const Format *f, uint64_t a)
{
    unsigned fraction_bits = f->bits - 1, max = 2 * (unsigned)f->max_exponent + 1;
    uint64_t fraction = a << (64 - fraction_bits) >> 1;
    unsigned exponent = a >> fraction_bits & max;
    bool negative = a >> (f->width - 1) & 1;

    if (exponent == max) {
        if (fraction && !(fraction & QUIET_BIT)) {
            s->exceptions |= FPSW_IE;
            fraction |= QUIET_BIT;
        }
        return pack(negative, FLOAT80_EXPONENT, INTEGER_BIT | fraction);
    }
    if (exponent) {
        return pack(negative, exponent - (unsigned)f->max_exponent + FLOAT80_BIAS,
                    INTEGER_BIT | fraction);
    }
    if (!fraction) {
        return zero(negative);
    }
    s->exceptions |= FPSW_DE;
    return pack(negative, 1 - (unsigned)f->max_exponent + FLOAT80_BIAS - (unsigned)clz64(fraction),
                fraction << clz64(fraction));
}

X86Float80 float80_from_float32(X87Status *s, uint32_t a)
{
    return from_short(s, &single_format, a);
}

X86Float80 float80_from_float64(X87Status *s, uint64_t a)
{
    return from_short(s, &double_format, a);
}

/* `significand` as in a Number; its integer bit clear: a denormal (exponent ignored). */
static uint64_t pack_short(const Format *f, bool negative, int exponent, uint64_t significand)
{
    unsigned fraction_bits = f->bits - 1;
    uint64_t biased = significand >> 63 ? (uint64_t)(exponent + f->max_exponent) : 0;

    return (uint64_t)negative << (f->width - 1) | biased << fraction_bits |
           significand << 1 >> (64 - fraction_bits);
}

static uint64_t to_short(X87Status *s, const Format *f, X86Float80 a)
{
    int above = f->max_exponent + 1, min_exponent = 1 - f->max_exponent, exponent;
    Number x = unpack(a);
    X86Float80 nan;
    Rounded r;
    Wide wide;

    if (answer_nans(s, &x, &x, &nan)) {
        return pack_short(f, nan.sign_exponent & FLOAT80_SIGN, above, nan.significand);
    }
    if (x.kind != FINITE) {
        return pack_short(f, x.negative, above, x.kind == INFINITE ? INTEGER_BIT : 0);
    }
    wide = (Wide)x.significand << 64;
    r = round_bits(rounding(s), x.negative, wide, f->bits);
    exponent = x.exponent + r.carry;
    if (exponent > f->max_exponent) {
        s->exceptions |= FPSW_OE | (s->control & FPSW_OE ? FPSW_PE : 0);
        s->rounded_up = overflows_to_infinity(s, x.negative);
        return s->rounded_up ? pack_short(f, x.negative, above, INTEGER_BIT)
                             : pack_short(f, x.negative, f->max_exponent, ~0ull);
    }
    if (exponent < min_exponent) {
        r = round_bits(rounding(s), x.negative,
                       shifted_right(wide, (unsigned)(min_exponent - x.exponent)), f->bits);
        s->exceptions |= r.inexact || !(s->control & FPSW_UE) ? FPSW_UE : 0;
        exponent = min_exponent;
    }
    if (!X87_UNMASKED(s, FPSW_UE)) {
        say_inexact(s, &r);
    }
    return pack_short(f, x.negative, exponent, r.carry ? INTEGER_BIT : r.value >> 64);
}

uint32_t float80_to_float32(X87Status *s, X86Float80 a)
{
    return (uint32_t)to_short(s, &single_format, a);
}

uint64_t float80_to_float64(X87Status *s, X86Float80 a)
{
    return to_short(s, &double_format, a);
}

/* ---- Comparison ---- */

static X87Relation compare_magnitudes(const Number *a, const Number *b)
{
    if (a->kind != b->kind) {
        /* Zero, finite, infinite. */
        return a->kind < b->kind ? X87_LESS : X87_GREATER;
    }
    if (a->kind == FINITE && a->exponent != b->exponent) {
        return a->exponent < b->exponent ? X87_LESS : X87_GREATER;
    }
    return a->significand < b->significand   ? X87_LESS
           : a->significand > b->significand ? X87_GREATER
                                             : X87_EQUAL;
}

X87Relation float80_compare(X87Status *s, X86Float80 a, X86Float80 b, bool quiet)
{
    Number x = unpack(a), y = unpack(b);
    X87Relation relation;
    X86Float80 nan;

    if (answer_nans(s, &x, &y, &nan)) {
        s->exceptions |= quiet ? 0 : FPSW_IE;
        return X87_UNORDERED;
    }
    say_denormals(s, &x, &y);
    if (x.kind == ZERO && y.kind == ZERO) {
        return X87_EQUAL;
    }
    if (x.negative != y.negative) {
        return x.negative ? X87_LESS : X87_GREATER;
    }
    relation = compare_magnitudes(&x, &y);
    return x.negative && relation != X87_EQUAL ? X87_GREATER - relation : relation;
}

/* ---- Parts of numbers ---- */

/* Beyond what any scale can need, so that sums don't overflow. */
#define FAR_EXPONENT 100000

X86Float80 float80_scale(X87Status *s, X86Float80 a, X86Float80 b)
{
    Number x = unpack(a), y = unpack(b);
    X86Float80 result;
    int shift;

    if (answer_nans(s, &x, &y, &result)) {
        return result;
    }
    if (y.kind == INFINITE && (y.negative ? x.kind == INFINITE : x.kind == ZERO)) {
        return float80_invalid(s);
    }
    say_denormals(s, &x, &y);
    if (x.kind != FINITE || y.kind == ZERO) {
        return unchanged(&x);
    }
    if (y.kind == INFINITE) {
        return y.negative ? zero(x.negative) : infinity(x.negative);
    }
    if (y.exponent < 0) {
        shift = 0;
    } else {
        shift = y.exponent > 16 ? FAR_EXPONENT : (int)(y.significand >> (63 - y.exponent));
    }
    return float80_round(s, x.negative, x.exponent + (y.negative ? -shift : shift),
                         (Wide)x.significand << 64, 64);
}

X86Float80 float80_extract(X87Status *s, X86Float80 a, X86Float80 *significand)
{
    Number x = unpack(a);
    X86Float80 result;

    if (answer_nans(s, &x, &x, &result)) {
        *significand = result;
        return result;
    }
    *significand = a;
    if (x.kind == ZERO) {
        s->exceptions |= FPSW_ZE;
        return infinity(true);
    }
    if (x.kind == INFINITE) {
        return infinity(false);
    }
    say_denormals(s, &x, &x);
    *significand = pack(x.negative, FLOAT80_BIAS, x.significand);
    return float80_from_int(x.exponent);
}

/* ---- Remainder ---- */

static uint16_t quotient_conditions(uint64_t quotient)
{
    return (quotient & 4 ? FPSW_C0 : 0) | (quotient & 2 ? FPSW_C3 : 0) |
           (quotient & 1 ? FPSW_C1 : 0);
}

/* Rounds the quotient of which `rest` / `divisor` is the fraction. */
static void round_quotient(uint64_t *quotient, Wide *rest, Wide divisor, bool *negative)
{
    Wide twice = *rest * 2;

    if (twice > divisor || (twice == divisor && (*quotient & 1))) {
        *rest = divisor - *rest;
        *negative = !*negative;
        ++*quotient;
    }
}

X86Float80 float80_remainder(X87Status *s, X86Float80 a, X86Float80 b, bool nearest,
                             uint16_t *conditions)
{
    Number x = unpack(a), y = unpack(b);
    bool negative = x.negative;
    uint64_t quotient = 0;
    X86Float80 result;
    int distance, unit;
    Wide rest, divisor;

    *conditions = 0;
    if (answer_nans(s, &x, &y, &result)) {
        return result;
    }
    if (x.kind == INFINITE || y.kind == ZERO) {
        return float80_invalid(s);
    }
    say_denormals(s, &x, &y);
    if (x.kind == ZERO || y.kind == INFINITE) {
        return unchanged(&x); /* all of it is left */
    }
    distance = x.exponent - y.exponent;
    if (distance < -1 || (distance == -1 && !nearest)) {
        return float80_round(s, negative, x.exponent, (Wide)x.significand << 64, 64);
    }
    if (distance > 63) {
        /* Any reduction by 32 to 63 bits is allowed. */
        unsigned reduced = 32 + (unsigned)distance % 32;

        *conditions = FPSW_C2;
        rest = ((Wide)x.significand << reduced) % y.significand;
        return float80_round(s, negative, x.exponent - (int)reduced + 64, rest, 64);
    }
    /* In units of the divisor's last bit, or half of that. */
    unit = y.exponent - (distance < 0);
    divisor = (Wide)y.significand << (distance < 0);
    rest = (Wide)x.significand << MAX(distance, 0);
    quotient = (uint64_t)(rest / divisor);
    rest %= divisor;
    if (nearest) {
        round_quotient(&quotient, &rest, divisor, &negative);
    }
    *conditions = quotient_conditions(quotient);
    return rest ? float80_round(s, negative, unit + 64, rest, 64) : zero(x.negative);
}

/* ---- Constants ---- */

X86Float80 float80_constant(const X87Status *s, unsigned number)
{
    /* `next`: the two bits behind the significand; 1 to 3 of them, something follows always. */
    static const struct {
        X86Float80 value;
        uint8_t next;
    } constants[] = {
        { { INTEGER_BIT, FLOAT80_BIAS }, 0 },            /* 1 */
        { { 0xd49a784bcd1b8afe, FLOAT80_BIAS + 1 }, 1 }, /* log2(10) */
        { { 0xb8aa3b295c17f0bb, FLOAT80_BIAS }, 2 },     /* log2(e) */
        { { 0xc90fdaa22168c234, FLOAT80_BIAS + 1 }, 3 }, /* pi */
        { { 0x9a209a84fbcff798, FLOAT80_BIAS - 2 }, 2 }, /* log10(2) */
        { { 0xb17217f7d1cf79ab, FLOAT80_BIAS - 1 }, 3 }, /* ln(2) */
        { { 0, 0 }, 0 },
    };
    X86Float80 result = constants[number].value;
    X87Rounding mode = rounding(s);

    result.significand += constants[number].next &&
                          (mode == X87_UP || (mode == X87_NEAREST && constants[number].next >= 2));
    return result;
}
