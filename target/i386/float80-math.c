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
#include <fenv.h>
#include <float.h>
#include <math.h>
#include "qemu/host-utils.h"
#include "target/i386/float80.h"

typedef long double Real;

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

/* A finite number. */
static Real to_real(X86Float80 a)
{
    int exponent = MAX((int)biased_exponent(a), 1) - FLOAT80_BIAS - 63;
    Real magnitude = ldexpl((Real)a.significand, exponent);

    return is_negative(a) ? -magnitude : magnitude;
}

/* Says what every such result is: inexact, and maybe too large or too small. */
static X86Float80 from_real(X87Status *s, Real value)
{
    int exponent;
    Real fraction = frexpl(fabsl(value), &exponent);
    unsigned __int128 significand;

    if (isinf(value)) {
        exponent = 2 * FLOAT80_BIAS;
        fraction = 0.5l;
    }
    /* What long doubles have beyond 64 bits, and a bit that says that something follows. */
    significand = (unsigned __int128)(uint64_t)ldexpl(fraction, 64) << 64 | 1;
    return float80_round(s, signbit(value), exponent - 1, significand, 64);
}

/* The guest's SSE works with the host's floating-point environment, which none of this may touch.
 */
static void enter_host_math(fenv_t *guest)
{
    feholdexcept(guest);
    fesetround(FE_TONEAREST);
}

static X86Float80 inexact(X87Status *s, X86Float80 a)
{
    s->exceptions |= FPSW_PE;
    return a;
}

X86Float80 float80_2xm1(X87Status *s, X86Float80 x)
{
    X86Float80 result;
    fenv_t guest;
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
    enter_host_math(&guest);
    value = expm1l(to_real(x) * M_LN2l);
    fesetenv(&guest);
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
    fenv_t guest;
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
        s->exceptions |= float80_class(y) == X87_INFINITY ? 0 : FPSW_ZE;
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
    enter_host_math(&guest);
    value = to_real(y) * log2l(to_real(x));
    fesetenv(&guest);
    return from_real(s, value);
}

X86Float80 float80_ylog2xp1(X87Status *s, X86Float80 y, X86Float80 x)
{
    X87Class class = float80_class(x);
    X86Float80 result;
    fenv_t guest;
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
    enter_host_math(&guest);
    value = to_real(y) * (log1pl(to_real(x)) * M_LOG2El);
    fesetenv(&guest);
    return from_real(s, value);
}

X86Float80 float80_atan2(X87Status *s, X86Float80 y, X86Float80 x)
{
    X86Float80 result;
    fenv_t guest;
    Real value;

    if (float80_nan_operand(s, y, x, &result)) {
        return result;
    }
    if (float80_class(y) == X87_ZERO && !is_negative(x)) {
        return y;
    }
    enter_host_math(&guest);
    value = atan2l(
        float80_class(y) == X87_INFINITY ? (is_negative(y) ? -INFINITY : INFINITY) : to_real(y),
        float80_class(x) == X87_INFINITY ? (is_negative(x) ? -INFINITY : INFINITY) : to_real(x));
    fesetenv(&guest);
    return value ? from_real(s, value) : with_sign(FLOAT80_ZERO, is_negative(y));
}

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

bool float80_sincos(X87Status *s, X86Float80 x, X86Float80 *sine, X86Float80 *cosine)
{
    X86Float80 result, ignored;
    Real sine_value, cosine_value;
    fenv_t guest;

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
    enter_host_math(&guest);
    sine_value = sinl(to_real(x));
    cosine_value = cosl(to_real(x));
    fesetenv(&guest);
    if (cosine != &ignored) {
        *cosine = from_real(s, cosine_value);
    }
    if (sine != &ignored) {
        *sine = from_real(s, sine_value);
    }
    return true;
}

bool float80_tan(X87Status *s, X86Float80 x, X86Float80 *tangent)
{
    fenv_t guest;
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
    enter_host_math(&guest);
    value = tanl(to_real(x));
    fesetenv(&guest);
    *tangent = from_real(s, value);
    return true;
}
