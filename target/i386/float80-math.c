/*
 * The x87's transcendental functions, by those of the host.
 *
 * The SDM (volume 1, 8.3.10) asks for an error below one unit in the last place, not for certain
 * bits. Where the host's long double has 64 bits of precision, results are within about two units;
 * on other hosts they are as good as its long double, at least a double's 53 bits.
 *
 * Special operands are answered as the tables of the instructions in volume 2 say.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <float.h>
#include <math.h>
#include "qemu/host-utils.h"
#include "target/i386/float80.h"
#include "target/i386/sse.h"
#include "target/i386/sse-host.h"

typedef long double Real;

/* Where long double is the x87's own format. */
#if LDBL_MANT_DIG == 64 && defined(__x86_64__)
#define REAL_IS_FLOAT80 1
#else
#define REAL_IS_FLOAT80 0
#endif

typedef union RealBits {
    Real value;
    X86Float80 bits;
} RealBits;

/* 2^63: from there on sine and its kin have no result. */
#define TRIGONOMETRIC_LIMIT (FLOAT80_BIAS + 63)

static bool is_negative(X86Float80 a)
{
    return a.sign_exponent & FLOAT80_SIGN;
}

static unsigned biased_exponent(X86Float80 a)
{
    return a.sign_exponent & FLOAT80_EXPONENT;
}

static X86Float80 with_sign(X86Float80 a, bool negative)
{
    a.sign_exponent = biased_exponent(a) | (negative ? FLOAT80_SIGN : 0);
    return a;
}

static X86Float80 signed_infinity(bool negative)
{
    return with_sign((X86Float80){ 1ull << 63, FLOAT80_EXPONENT }, negative);
}

/* Not of a NaN. */
static Real to_real(X86Float80 a)
{
    int exponent = MAX((int)biased_exponent(a), 1) - FLOAT80_BIAS - 63;
    Real magnitude;

    if (REAL_IS_FLOAT80) {
        a.sign_exponent |= !biased_exponent(a) && a.significand >> 63; /* a pseudo-denormal */
        return (RealBits){ .bits = a }.value;
    }
    magnitude = float80_class(a) == X87_INFINITY ? INFINITY : ldexpl((Real)a.significand, exponent);
    return is_negative(a) ? -magnitude : magnitude;
}

/* significand / 2^63 * 2^exponent, the top bit set: beyond any format's exponents. */
typedef struct Parts {
    bool negative;
    int exponent;
    uint64_t significand;
} Parts;

static const Parts ln_2 = { false, -1, 0xb17217f7d1cf79ac },
                   log2_e = { false, 0, 0xb8aa3b295c17f0bc };

static Parts parts_of(X86Float80 a)
{
    unsigned zeros = clz64(a.significand);

    return (Parts){ is_negative(a), MAX((int)biased_exponent(a), 1) - FLOAT80_BIAS - (int)zeros,
                    a.significand << zeros };
}

static Parts parts_of_real(Real value)
{
    int exponent;
    Real fraction;

    if (REAL_IS_FLOAT80 && value) {
        return parts_of((RealBits){ .value = value }.bits);
    }
    fraction = frexpl(fabsl(value), &exponent);
    return (Parts){ signbit(value), exponent - 1, (uint64_t)ldexpl(fraction, 64) };
}

/* All results here are inexact: something follows behind the last bit. */
static X86Float80 from_parts(X87Status *s, Parts a)
{
    return float80_round(s, a.negative, a.exponent, (unsigned __int128)a.significand << 64 | 1, 64);
}

/* The same, from just below. */
static X86Float80 from_parts_below(X87Status *s, Parts a)
{
    return float80_round(s, a.negative, a.exponent, ((unsigned __int128)a.significand << 64) - 1,
                         64);
}

static X86Float80 from_real(X87Status *s, Real value)
{
    return fabsl(value) == 1 ? from_parts_below(s, parts_of_real(value))
                             : from_parts(s, parts_of_real(value));
}

static X86Float80 from_product(X87Status *s, Parts a, Parts b)
{
    return float80_round(s, a.negative ^ b.negative, a.exponent + b.exponent + 1,
                         (unsigned __int128)a.significand * b.significand | 1, 64);
}

static Parts times(Parts a, Parts b)
{
    unsigned __int128 product = (unsigned __int128)a.significand * b.significand;
    bool carry = product >> 127;

    return (Parts){ a.negative ^ b.negative, a.exponent + b.exponent + carry,
                    (uint64_t)(product >> (63 + carry)) };
}

/* So small that a function is its first term. */
static bool is_tiny(X86Float80 a)
{
    return biased_exponent(a) < FLOAT80_BIAS - 68;
}

/*
 * The guest's SSE works with the host's floating-point modes and flags, which none of this may
 * touch; x86_host_leave() ends it. On x86 that is MXCSR: the host's x87 has the modes that a process
 * starts with, and nobody asks for its flags.
 */
static X86HostMode enter_host_math(void)
{
    return x86_host_enter(MXCSR_MASKS);
}

static X86Float80 inexact(X87Status *s, X86Float80 a)
{
    s->exceptions |= FPSW_PE;
    return a;
}

X86Float80 float80_2xm1(X87Status *s, X86Float80 x)
{
    X86Float80 result;
    X86HostMode guest;
    Real value;

    if (float80_nan_operand(s, x, x, &result)) {
        return result;
    }
    switch (float80_class(x)) {
    case X87_ZERO:
        return x;
    case X87_INFINITY:
        return is_negative(x) ? with_sign(FLOAT80_ONE, true) : x;
    default:
        break;
    }
    if (biased_exponent(x) == FLOAT80_BIAS && x.significand == 1ull << 63) {
        /* 1 is 1, -1 is -0.5. */
        return is_negative(x) ? (X86Float80){ 1ull << 63, FLOAT80_SIGN | (FLOAT80_BIAS - 1) } : x;
    }
    if (biased_exponent(x) >= FLOAT80_BIAS) {
        return inexact(s, x); /* undefined beyond -1 to 1 */
    }
    if (is_tiny(x)) {
        return from_product(s, parts_of(x), ln_2);
    }
    guest = enter_host_math();
    value = expm1l(to_real(x) * M_LN2l);
    x86_host_leave(guest);
    return from_real(s, value);
}

/* A product with a logarithm: what is the same for x and 1 + x. `log_sign`: -1, 0, 1. */
static bool special_product(X87Status *s, X86Float80 y, bool log_infinite, int log_sign,
                            X86Float80 *result)
{
    X87Class class = float80_class(y);
    bool negative = is_negative(y) ^ (log_sign < 0);

    if ((class == X87_INFINITY && !log_sign) || (class == X87_ZERO && log_infinite)) {
        *result = float80_invalid(s);
    } else if (class == X87_INFINITY || log_infinite) {
        *result = signed_infinity(negative);
    } else if (class == X87_ZERO || !log_sign) {
        *result = with_sign(FLOAT80_ZERO, negative);
    } else {
        return false;
    }
    return true;
}

X86Float80 float80_ylog2x(X87Status *s, X86Float80 y, X86Float80 x)
{
    X87Class class = float80_class(x);
    bool is_one = biased_exponent(x) == FLOAT80_BIAS && x.significand == 1ull << 63;
    X86Float80 result;
    X86HostMode guest;
    Real value;

    if (float80_nan_operand(s, y, x, &result)) {
        return result;
    }
    if (is_negative(x) && class != X87_ZERO) {
        return float80_invalid(s);
    }
    if (class == X87_ZERO) {
        if (float80_class(y) == X87_ZERO) {
            return float80_invalid(s);
        }
        /* A division by zero comes before a denormal operand. */
        if (float80_class(y) != X87_INFINITY) {
            s->exceptions = (s->exceptions & ~FPSW_DE) | FPSW_ZE;
        }
        return signed_infinity(!is_negative(y));
    }
    if (special_product(s, y, class == X87_INFINITY,
                        is_one                              ? 0
                        : biased_exponent(x) < FLOAT80_BIAS ? -1
                                                            : 1,
                        &result)) {
        return result;
    }
    if (x.significand == 1ull << 63 && class == X87_NORMAL) {
        /* The logarithm is an integer, and the product maybe exact. */
        X87Status whole = { .control = s->control | 3 << FPCW_PRECISION_SHIFT };

        result = float80_mul(&whole, y, float80_from_int((int)biased_exponent(x) - FLOAT80_BIAS));
        s->exceptions |= whole.exceptions;
        s->rounded_up = whole.rounded_up;
        return result;
    }
    guest = enter_host_math();
    value = log2l(to_real(x));
    x86_host_leave(guest);
    return from_product(s, parts_of(y), parts_of_real(value));
}

X86Float80 float80_ylog2xp1(X87Status *s, X86Float80 y, X86Float80 x)
{
    X87Class class = float80_class(x);
    X86Float80 result;
    X86HostMode guest;
    Real value;

    if (float80_nan_operand(s, y, x, &result)) {
        return result;
    }
    if (is_negative(x) && class != X87_ZERO && biased_exponent(x) >= FLOAT80_BIAS) {
        /* Undefined from -1 on. */
        return class == X87_INFINITY ? float80_invalid(s) : inexact(s, x);
    }
    if (class == X87_ZERO) {
        return float80_class(y) == X87_INFINITY
                   ? float80_invalid(s)
                   : with_sign(FLOAT80_ZERO, is_negative(x) ^ is_negative(y));
    }
    if (special_product(s, y, class == X87_INFINITY, is_negative(x) ? -1 : 1, &result)) {
        return result;
    }
    if (is_tiny(x)) {
        return from_product(s, parts_of(y), times(parts_of(x), log2_e));
    }
    guest = enter_host_math();
    value = log1pl(to_real(x)) * M_LOG2El;
    x86_host_leave(guest);
    return from_product(s, parts_of(y), parts_of_real(value));
}

/* y / x, and a bit less; exact if x is infinite. */
static X86Float80 small_quotient(X87Status *s, X86Float80 y, X86Float80 x)
{
    X87Status whole = { .control = s->control | 3 << FPCW_PRECISION_SHIFT };
    X86Float80 result = float80_div(&whole, y, x);

    s->exceptions |= whole.exceptions | (float80_class(x) == X87_INFINITY ? 0 : FPSW_PE);
    s->rounded_up = whole.rounded_up;
    return result;
}

X86Float80 float80_atan2(X87Status *s, X86Float80 y, X86Float80 x)
{
    X86Float80 result;
    X86HostMode guest;
    Real value;

    if (float80_nan_operand(s, y, x, &result)) {
        return result;
    }
    if (float80_class(y) == X87_ZERO && !is_negative(x)) {
        return y;
    }
    if (float80_class(y) != X87_INFINITY && !is_negative(x) && float80_class(x) != X87_ZERO &&
        (int)biased_exponent(x) - (int)biased_exponent(y) > 68) {
        return small_quotient(s, y, x);
    }
    guest = enter_host_math();
    value = atan2l(
        float80_class(y) == X87_INFINITY ? (is_negative(y) ? -INFINITY : INFINITY) : to_real(y),
        float80_class(x) == X87_INFINITY ? (is_negative(x) ? -INFINITY : INFINITY) : to_real(x));
    x86_host_leave(guest);
    return value ? from_real(s, value) : with_sign(FLOAT80_ZERO, is_negative(y));
}

/* ---- Sine and its kin ---- */

/* What sine, cosine and tangent do alike; true: *result is the answer to all of them. */
static bool special_angle(X87Status *s, X86Float80 x, X86Float80 *result)
{
    if (float80_nan_operand(s, x, x, result)) {
        return true;
    }
    if (float80_class(x) == X87_INFINITY) {
        *result = float80_invalid(s);
        return true;
    }
    return false;
}

/* pi / 2 as the x87 has it, of 66 bits: in units of 2^-65 (SDM volume 1, 8.3.8). */
#define HALF_PI ((unsigned __int128)0xc90fdaa22168c234 << 2 | 3)

/*
 * The angle, which is finite, less *quadrant times pi / 2: at most pi / 4 in magnitude. Done in
 * integers with the x87's pi, so that large angles and multiples of pi give what programs know.
 */
static Real reduced_angle(X86Float80 x, unsigned *quadrant)
{
    unsigned __int128 rest = (unsigned __int128)x.significand << 1;
    int shift = (int)biased_exponent(x) - FLOAT80_BIAS + 1;
    uint64_t quotient = 0;
    Real reduced;

    *quadrant = 0;
    if (shift < 0) {
        return to_real(x); /* below 1/2 */
    }
    for (; shift > 0; shift--) {
        quotient = quotient << 1 | (rest >= HALF_PI);
        rest = (rest >= HALF_PI ? rest - HALF_PI : rest) << 1;
    }
    if (rest >= HALF_PI) {
        rest -= HALF_PI;
        quotient = quotient << 1 | 1;
    } else {
        quotient <<= 1;
    }
    if (rest > HALF_PI / 2) {
        quotient++;
        reduced = -(Real)(HALF_PI - rest);
    } else {
        reduced = (Real)rest;
    }
    *quadrant = (unsigned)(is_negative(x) ? -quotient : quotient) & 3;
    return ldexpl(is_negative(x) ? -reduced : reduced, -65);
}

bool float80_sincos(X87Status *s, X86Float80 x, X86Float80 *sine, X86Float80 *cosine)
{
    X86Float80 result, ignored;
    Real angle, values[2] = { 0 };
    unsigned quadrant;
    X86HostMode guest;

    sine = sine ? sine : &ignored;
    cosine = cosine ? cosine : &ignored;
    if (special_angle(s, x, &result)) {
        *sine = *cosine = result;
        return true;
    }
    if (biased_exponent(x) >= TRIGONOMETRIC_LIMIT) {
        return false;
    }
    if (float80_class(x) == X87_ZERO) {
        *sine = x;
        *cosine = FLOAT80_ONE;
        return true;
    }
    if (is_tiny(x)) {
        *cosine = cosine == &ignored ? x : from_real(s, 1);
        *sine = sine == &ignored ? x : from_parts_below(s, parts_of(x));
        return true;
    }
    guest = enter_host_math();
    angle = reduced_angle(x, &quadrant);
    if ((quadrant & 1 ? cosine : sine) != &ignored) {
        values[0] = sinl(angle);
    }
    if ((quadrant & 1 ? sine : cosine) != &ignored) {
        values[1] = cosl(angle);
    }
    x86_host_leave(guest);
    /* Each quadrant on, sine becomes cosine, and cosine the sine's negative. */
    if (cosine != &ignored) {
        Real value = values[~quadrant & 1];

        *cosine = from_real(s, quadrant == 1 || quadrant == 2 ? -value : value);
    }
    if (sine != &ignored) {
        Real value = values[quadrant & 1];

        *sine = from_real(s, quadrant >= 2 ? -value : value);
    }
    return true;
}

bool float80_tan(X87Status *s, X86Float80 x, X86Float80 *tangent)
{
    unsigned quadrant;
    X86HostMode guest;
    Real value;

    if (special_angle(s, x, tangent)) {
        return true;
    }
    if (biased_exponent(x) >= TRIGONOMETRIC_LIMIT) {
        return false;
    }
    if (float80_class(x) == X87_ZERO) {
        *tangent = x;
        return true;
    }
    if (is_tiny(x)) {
        *tangent = from_parts(s, parts_of(x));
        return true;
    }
    guest = enter_host_math();
    value = tanl(reduced_angle(x, &quadrant));
    value = quadrant & 1 ? -1 / value : value;
    x86_host_leave(guest);
    *tangent = from_real(s, value);
    return true;
}
