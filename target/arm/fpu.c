/*
 * Arm floating point in integers: exact for every operand, mode and flag; and by the host's
 * arithmetic where that gives the same.
 *
 * Reference: DDI 0487, J1.3, "shared/functions/float": the names of its functions are in the
 * comments.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "target/arm/fpu.h"
#include "target/arm/fpu-host.h"

typedef __uint128_t Wide;

/* ---- Formats ---- */

typedef struct Format {
    unsigned fraction; /* bits */
    unsigned exponent;
} Format;

static const Format formats[] = {
    [MO_16] = { 10, 5 },
    [MO_32] = { 23, 8 },
    [MO_64] = { 52, 11 },
};

static int bias(const Format *f)
{
    return (1 << (f->exponent - 1)) - 1;
}

static uint64_t exponent_mask(const Format *f)
{
    return (1ull << f->exponent) - 1;
}

static uint64_t fraction_mask(const Format *f)
{
    return (1ull << f->fraction) - 1;
}

static uint64_t with_sign(unsigned size, bool sign, uint64_t bits)
{
    return bits | (sign ? arm_fp_sign_bit(size) : 0);
}

static uint64_t infinity(unsigned size, bool sign)
{
    return with_sign(size, sign, exponent_mask(&formats[size]) << formats[size].fraction);
}

static uint64_t largest(unsigned size, bool sign)
{
    return infinity(size, sign) - 1;
}

static uint64_t default_nan(unsigned size)
{
    return infinity(size, false) | 1ull << (formats[size].fraction - 1);
}

/* A power of two times 1 or 1.5. */
static uint64_t constant(unsigned size, bool sign, int exponent, bool half)
{
    const Format *f = &formats[size];

    return with_sign(size, sign, (uint64_t)(bias(f) + exponent) << f->fraction |
                                     (uint64_t)half << (f->fraction - 1));
}

/* ---- Unpacking ---- */

typedef enum Kind { ZERO, FINITE, INFINITE, QUIET, SIGNALING } Kind;

/* FINITE: fraction / 2^63 * 2^exponent, the fraction's bit 63 set. */
typedef struct Unpacked {
    Kind kind;
    bool sign;
    int exponent;
    uint64_t fraction;
} Unpacked;

static bool is_nan(const Unpacked *u)
{
    return u->kind >= QUIET;
}

/* Halves have a mode of their own, but where they are only converted. */
static bool flushes(const CPUARMState *env, unsigned size)
{
    return size != MO_16 ? env->fpcr & FPCR_FZ
                         : (env->fpcr & (FPCR_FZ16 | FPCR_CONVERTING)) == FPCR_FZ16;
}

static bool is_alternative_half(const CPUARMState *env, unsigned size)
{
    return size == MO_16 &&
           (env->fpcr & (FPCR_AHP | FPCR_CONVERTING)) == (FPCR_AHP | FPCR_CONVERTING);
}

/* FPUnpack() */
static Unpacked unpack(CPUARMState *env, unsigned size, uint64_t bits)
{
    const Format *f = &formats[size];
    uint64_t fraction = bits & fraction_mask(f), exponent = bits >> f->fraction & exponent_mask(f);
    Unpacked u = { .kind = FINITE, .sign = (bits & arm_fp_sign_bit(size)) != 0 };

    if (exponent == exponent_mask(f) && !is_alternative_half(env, size)) {
        u.kind = !fraction ? INFINITE : fraction >> (f->fraction - 1) ? QUIET : SIGNALING;
        u.fraction = fraction;
    } else if (exponent) {
        u.fraction = 1ull << 63 | fraction << (63 - f->fraction);
        u.exponent = (int)exponent - bias(f);
    } else if (fraction && !flushes(env, size)) {
        unsigned zeros = clz64(fraction);

        u.fraction = fraction << zeros;
        u.exponent = 1 - bias(f) - (int)f->fraction + 63 - (int)zeros;
    } else {
        u.kind = ZERO;
        env->fpsr |= fraction && size != MO_16 ? FPSR_IDC : 0;
    }
    return u;
}

/* FPProcessNaN() */
static uint64_t process_nan(CPUARMState *env, unsigned size, const Unpacked *u, uint64_t bits)
{
    uint64_t mask = arm_fp_sign_bit(size) | (arm_fp_sign_bit(size) - 1);

    env->fpsr |= u->kind == SIGNALING ? FPSR_IOC : 0;
    return env->fpcr & FPCR_DN ? default_nan(size)
                               : (bits & mask) | 1ull << (formats[size].fraction - 1);
}

/* FPProcessNaNs(), and the one for three: signaling ones first, in the operands' order. */
static bool process_nans(CPUARMState *env, unsigned size, const Unpacked *u, const uint64_t *bits,
                         unsigned nb, uint64_t *result)
{
    for (int kind = SIGNALING; kind >= QUIET; kind--) {
        for (unsigned i = 0; i < nb; i++) {
            if (u[i].kind == (Kind)kind) {
                *result = process_nan(env, size, &u[i], bits[i]);
                return true;
            }
        }
    }
    return false;
}

static uint64_t invalid(CPUARMState *env, unsigned size)
{
    env->fpsr |= FPSR_IOC;
    return default_nan(size);
}

/* ---- Rounding ---- */

/* Whether what is cut off, `lost` of `one`, rounds the magnitude up. */
static bool rounds_up(ARMRounding rounding, bool sign, bool odd, uint64_t lost, uint64_t one,
                      bool sticky)
{
    uint64_t half = one >> 1;

    switch (rounding) {
    case ARM_ROUND_NEAREST:
        return lost > half || (lost == half && (sticky || odd) && one > 1);
    case ARM_ROUND_AWAY:
        return lost >= half && one > 1;
    case ARM_ROUND_UP:
        return !sign && (lost || sticky);
    case ARM_ROUND_DOWN:
        return sign && (lost || sticky);
    default:
        return false;
    }
}

static uint64_t overflow(CPUARMState *env, unsigned size, bool sign, ARMRounding rounding)
{
    bool to_infinity = rounding == ARM_ROUND_NEAREST || rounding == ARM_ROUND_AWAY ||
                       rounding == (sign ? ARM_ROUND_DOWN : ARM_ROUND_UP) ||
                       (env->fpcr & FPCR_ODD);

    if (is_alternative_half(
            env, size)) { /* there is no infinity, and nothing that is inexact about it */
        env->fpsr |= FPSR_IOC;
        return with_sign(size, sign, arm_fp_sign_bit(size) - 1);
    }
    env->fpsr |= FPSR_OFC | FPSR_IXC;
    return to_infinity ? infinity(size, sign) : largest(size, sign);
}

/* FPRound(): fraction / 2^63 * 2^exponent, a little more if `sticky`; bit 63 is set. */
static uint64_t round_and_pack(CPUARMState *env, unsigned size, bool sign, int exponent,
                               uint64_t fraction, bool sticky, ARMRounding rounding)
{
    const Format *f = &formats[size];
    unsigned drop = 63 - f->fraction;
    int biased = exponent + bias(f);
    uint64_t one = 1ull << drop, lost, magnitude, limit = exponent_mask(f);
    bool inexact;

    if (biased <= 0 && flushes(env, size)) {
        env->fpsr |= FPSR_UFC;
        return with_sign(size, sign, 0);
    }
    if (biased <= 0) { /* denormal */
        unsigned shift = MIN(1 - biased, 64);

        sticky |= shift == 64 || (fraction & ((1ull << shift) - 1));
        fraction = shift == 64 ? 0 : fraction >> shift;
        biased = 0;
    }
    lost = fraction & (one - 1);
    magnitude = fraction >> drop;
    inexact = lost || sticky;
    if (rounding == ARM_ROUND_ODD) {
        magnitude |= inexact;
    } else {
        magnitude += rounds_up(rounding, sign, magnitude & 1, lost, one, sticky);
    }
    env->fpsr |= biased == 0 && inexact ? FPSR_UFC : 0;
    /* a normal number's magnitude brings its leading one, which counts up the exponent */
    magnitude += biased ? (uint64_t)(biased - 1) << f->fraction : 0;
    limit += is_alternative_half(env, size);
    if (magnitude >> f->fraction >= limit) {
        return overflow(env, size, sign, rounding);
    }
    env->fpsr |= inexact ? FPSR_IXC : 0;
    return with_sign(size, sign, magnitude);
}

/* Any number other than 0 of 128 bits: value / 2^point * 2^exponent. */
static uint64_t round_wide(CPUARMState *env, unsigned size, bool sign, int exponent, Wide value,
                           unsigned point)
{
    unsigned zeros = (uint64_t)(value >> 64) ? clz64(value >> 64) : 64 + clz64(value);

    value <<= zeros;
    return round_and_pack(env, size, sign, exponent + 127 - (int)zeros - (int)point, value >> 64,
                          (uint64_t)value != 0, arm_rounding(env));
}

static Wide shift_right_sticky(Wide value, unsigned count)
{
    if (count == 0) {
        return value;
    }
    return count > 127 ? value != 0 : value >> count | ((value << (128 - count)) != 0);
}

static uint64_t zero_sum(CPUARMState *env, unsigned size)
{
    return with_sign(size, arm_rounding(env) == ARM_ROUND_DOWN, 0);
}

/* ---- By the host ---- */

/* Returns from the function that it stands in if the host may and its result is an ordinary one. */
#define TRY_HOST(env, size, a, b, operation)                                                       \
    do {                                                                                           \
        if (arm_fp_is_plain(env) && (size) == MO_64) {                                             \
            double x_ = as_64(a), y_ = as_64(b), r_ = x_ operation y_;                             \
            if (ordinary_64(x_) && ordinary_64(y_) && ordinary_64(r_)) {                           \
                return bits_64(r_);                                                                \
            }                                                                                      \
        } else if (arm_fp_is_plain(env) && (size) == MO_32) {                                      \
            float x_ = as_32(a), y_ = as_32(b), r_ = x_ operation y_;                              \
            if (ordinary_32(x_) && ordinary_32(y_) && ordinary_32(r_)) {                           \
                return bits_32(r_);                                                                \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* ---- Sums ---- */

/* Both finite; neither zero. The leading ones stand at bit 125. */
static uint64_t add_finite(CPUARMState *env, unsigned size, const Unpacked *a, const Unpacked *b)
{
    bool swapped = a->exponent < b->exponent ||
                   (a->exponent == b->exponent && a->fraction < b->fraction);
    const Unpacked *big = swapped ? b : a, *small = swapped ? a : b;
    Wide x = (Wide)big->fraction << 62;
    Wide y = shift_right_sticky((Wide)small->fraction << 62, big->exponent - small->exponent);
    Wide sum = a->sign == b->sign ? x + y : x - y;

    return sum ? round_wide(env, size, big->sign, big->exponent, sum, 125) : zero_sum(env, size);
}

static uint64_t repack(CPUARMState *env, unsigned size, const Unpacked *u)
{
    return round_and_pack(env, size, u->sign, u->exponent, u->fraction, false, arm_rounding(env));
}

/* FPAdd(), and FPSub() with the second operand's sign inverted behind the search for NaNs. */
static uint64_t sum(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool subtract)
{
    const uint64_t bits[] = { a, b };
    Unpacked u[] = { unpack(env, size, a), unpack(env, size, b) };
    uint64_t result;

    if (process_nans(env, size, u, bits, 2, &result)) {
        return result;
    }
    u[1].sign ^= subtract;
    if (u[0].kind == INFINITE || u[1].kind == INFINITE) {
        bool opposed = u[0].kind == u[1].kind && u[0].sign != u[1].sign;

        return opposed ? invalid(env, size)
                       : infinity(size, u[0].kind == INFINITE ? u[0].sign : u[1].sign);
    }
    if (u[0].kind == ZERO && u[1].kind == ZERO) {
        return u[0].sign == u[1].sign ? with_sign(size, u[0].sign, 0) : zero_sum(env, size);
    }
    if (u[0].kind == ZERO || u[1].kind == ZERO) {
        return repack(env, size, u[0].kind == ZERO ? &u[1] : &u[0]);
    }
    return add_finite(env, size, &u[0], &u[1]);
}

uint64_t arm_fp_add(CPUARMState *env, unsigned size, uint64_t a, uint64_t b)
{
    TRY_HOST(env, size, a, b, +);
    return sum(env, size, a, b, false);
}

uint64_t arm_fp_sub(CPUARMState *env, unsigned size, uint64_t a, uint64_t b)
{
    TRY_HOST(env, size, a, b, -);
    return sum(env, size, a, b, true);
}

/* ---- Products and quotients ---- */

static uint64_t product(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool extended)
{
    const uint64_t bits[] = { a, b };
    Unpacked u[] = { unpack(env, size, a), unpack(env, size, b) };
    bool sign = u[0].sign != u[1].sign;
    uint64_t result;

    if (process_nans(env, size, u, bits, 2, &result)) {
        return result;
    }
    if (u[0].kind == INFINITE || u[1].kind == INFINITE) {
        if (u[0].kind == ZERO || u[1].kind == ZERO) {
            return extended ? constant(size, sign, 1, false) : invalid(env, size);
        }
        return infinity(size, sign);
    }
    if (u[0].kind == ZERO || u[1].kind == ZERO) {
        return with_sign(size, sign, 0);
    }
    return round_wide(env, size, sign, u[0].exponent + u[1].exponent,
                      (Wide)u[0].fraction * u[1].fraction, 126);
}

uint64_t arm_fp_mul(CPUARMState *env, unsigned size, uint64_t a, uint64_t b)
{
    TRY_HOST(env, size, a, b, *);
    return product(env, size, a, b, false);
}

uint64_t arm_fp_mulx(CPUARMState *env, unsigned size, uint64_t a, uint64_t b)
{
    return product(env, size, a, b, true);
}

/* FPScale() */
uint64_t arm_fp_scale(CPUARMState *env, unsigned size, uint64_t a, int64_t exponent)
{
    Unpacked u = unpack(env, size, a);

    if (is_nan(&u)) {
        return process_nan(env, size, &u, a);
    }
    if (u.kind != FINITE) {
        return u.kind == ZERO ? with_sign(size, u.sign, 0) : infinity(size, u.sign);
    }
    /* what is further away is as much too large or too small; either fits into a result's exponent */
    u.exponent = CLAMP(u.exponent + CLAMP(exponent, -10000, 10000), -3000, 1500);
    return repack(env, size, &u);
}

/* FPDiv() */
uint64_t arm_fp_div(CPUARMState *env, unsigned size, uint64_t a, uint64_t b)
{
    const uint64_t bits[] = { a, b };
    Unpacked u[2];
    uint64_t result;
    bool sign, less;
    Wide dividend, quotient;

    TRY_HOST(env, size, a, b, /);
    u[0] = unpack(env, size, a);
    u[1] = unpack(env, size, b);
    sign = u[0].sign != u[1].sign;
    if (process_nans(env, size, u, bits, 2, &result)) {
        return result;
    }
    if (u[0].kind == u[1].kind && u[0].kind != FINITE) {
        return invalid(env, size); /* 0 / 0, infinity / infinity */
    }
    if (u[0].kind == INFINITE || u[1].kind == ZERO) {
        env->fpsr |= u[0].kind == INFINITE ? 0 : FPSR_DZC;
        return infinity(size, sign);
    }
    if (u[0].kind == ZERO || u[1].kind == INFINITE) {
        return with_sign(size, sign, 0);
    }
    less = u[0].fraction < u[1].fraction;
    dividend = (Wide)u[0].fraction << (less ? 64 : 63);
    quotient = dividend / u[1].fraction;
    return round_and_pack(env, size, sign, u[0].exponent - u[1].exponent - less, quotient,
                          quotient * u[1].fraction != dividend, arm_rounding(env));
}

/* The integer part of the root of a number of 126 to 128 bits, by digits. */
static uint64_t integer_root(Wide value)
{
    uint64_t root = 0;

    for (int bit = 63; bit >= 0; bit--) {
        uint64_t candidate = root | 1ull << bit;

        if ((Wide)candidate * candidate <= value) {
            root = candidate;
        }
    }
    return root;
}

/* FPSqrt() */
uint64_t arm_fp_sqrt(CPUARMState *env, unsigned size, uint64_t a)
{
    Unpacked u;
    uint64_t root;
    Wide value;

    if (arm_fp_is_plain(env) && size == MO_64 && ordinary_64(as_64(a)) && as_64(a) > 0) {
        return bits_64(__builtin_sqrt(as_64(a)));
    }
    if (arm_fp_is_plain(env) && size == MO_32 && ordinary_32(as_32(a)) && as_32(a) > 0) {
        return bits_32(__builtin_sqrtf(as_32(a)));
    }
    u = unpack(env, size, a);
    if (is_nan(&u)) {
        return process_nan(env, size, &u, a);
    }
    if (u.kind == ZERO) {
        return with_sign(size, u.sign, 0);
    }
    if (u.sign) {
        return invalid(env, size);
    }
    if (u.kind == INFINITE) {
        return infinity(size, false);
    }
    value = (Wide)u.fraction << (63 + (u.exponent & 1));
    root = integer_root(value);
    return round_and_pack(env, size, false, (u.exponent - (u.exponent & 1)) / 2, root,
                          (Wide)root * root != value, arm_rounding(env));
}

/* ---- Multiply and add ---- */

/* Fractions have 53 bits at most, so a product loses nothing when it moves two places down. */
static uint64_t muladd_finite(CPUARMState *env, unsigned size, const Unpacked *c, const Unpacked *a,
                              const Unpacked *b)
{
    bool sign = a->sign != b->sign;
    Wide p = (Wide)a->fraction * b->fraction >> 2, q = (Wide)c->fraction << 61;
    int exponent = a->exponent + b->exponent, difference = exponent - c->exponent;
    Wide total;

    /* both in units of 2^(exponent - 124) from here on: p has its leading one at bit 124 or 125 */
    if (difference >= 0) {
        q = shift_right_sticky(q, difference);
    } else {
        p = shift_right_sticky(p, -difference);
        exponent = c->exponent;
    }
    if (sign == c->sign) {
        total = p + q;
    } else if (p >= q) {
        total = p - q;
    } else {
        total = q - p;
        sign = c->sign;
    }
    return total ? round_wide(env, size, sign, exponent, total, 124) : zero_sum(env, size);
}

static bool host_muladd(const CPUARMState *env, unsigned size, uint64_t c, uint64_t a, uint64_t b,
                        uint64_t *result)
{
    if (!arm_fp_is_plain(env)) {
        return false;
    }
    if (size == MO_64) {
        double r = __builtin_fma(as_64(a), as_64(b), as_64(c));

        *result = bits_64(r);
        return ordinary_64(as_64(a)) && ordinary_64(as_64(b)) && ordinary_64(as_64(c)) &&
               ordinary_64(r);
    }
    if (size == MO_32) {
        float r = __builtin_fmaf(as_32(a), as_32(b), as_32(c));

        *result = bits_32(r);
        return ordinary_32(as_32(a)) && ordinary_32(as_32(b)) && ordinary_32(as_32(c)) &&
               ordinary_32(r);
    }
    return false;
}

/* FPMulAdd() */
uint64_t arm_fp_muladd(CPUARMState *env, unsigned size, uint64_t addend, uint64_t a, uint64_t b)
{
    const uint64_t bits[] = { addend, a, b };
    Unpacked u[3];
    uint64_t result;
    bool sign, times_zero, no_product;

    if (host_muladd(env, size, addend, a, b, &result)) {
        return result;
    }
    for (unsigned i = 0; i < 3; i++) {
        u[i] = unpack(env, size, bits[i]);
    }
    sign = u[1].sign != u[2].sign;
    times_zero = (u[1].kind == INFINITE && u[2].kind == ZERO) ||
                 (u[1].kind == ZERO && u[2].kind == INFINITE);
    no_product = times_zero && u[0].kind == QUIET;
    if (!no_product && process_nans(env, size, u, bits, 3, &result)) {
        return result;
    }
    if (no_product || times_zero) {
        return invalid(env, size);
    }
    if (u[1].kind == INFINITE || u[2].kind == INFINITE) {
        return u[0].kind == INFINITE && u[0].sign != sign ? invalid(env, size)
                                                          : infinity(size, sign);
    }
    if (u[0].kind == INFINITE) {
        return infinity(size, u[0].sign);
    }
    if (u[1].kind == ZERO || u[2].kind == ZERO) {
        if (u[0].kind == ZERO) {
            return u[0].sign == sign ? with_sign(size, sign, 0) : zero_sum(env, size);
        }
        return repack(env, size, &u[0]);
    }
    if (u[0].kind == ZERO) {
        return round_wide(env, size, sign, u[1].exponent + u[2].exponent,
                          (Wide)u[1].fraction * u[2].fraction, 126);
    }
    return muladd_finite(env, size, &u[0], &u[1], &u[2]);
}

/* ---- Comparison, minimum, maximum ---- */

/* Neither is a NaN. */
static int compare(const Unpacked *a, const Unpacked *b)
{
    int magnitude;

    if (a->kind == ZERO && b->kind == ZERO) {
        return 0;
    }
    if (a->kind == ZERO) {
        return b->sign ? 1 : -1;
    }
    if (b->kind == ZERO || a->sign != b->sign) {
        return a->sign ? -1 : 1;
    }
    if (a->kind != b->kind) {
        magnitude = a->kind == INFINITE ? 1 : -1;
    } else if (a->kind == INFINITE) {
        magnitude = 0;
    } else if (a->exponent != b->exponent) {
        magnitude = a->exponent > b->exponent ? 1 : -1;
    } else {
        magnitude = (a->fraction > b->fraction) - (a->fraction < b->fraction);
    }
    return a->sign ? -magnitude : magnitude;
}

int arm_fp_compare(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool signaling)
{
    Unpacked x = unpack(env, size, a), y = unpack(env, size, b);

    if (is_nan(&x) || is_nan(&y)) {
        env->fpsr |= signaling || x.kind == SIGNALING || y.kind == SIGNALING ? FPSR_IOC : 0;
        return ARM_FP_UNORDERED;
    }
    return compare(&x, &y);
}

/* FPMax() and FPMin(); of zeros the positive one is larger. */
static uint64_t extreme(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool max)
{
    const uint64_t bits[] = { a, b };
    Unpacked u[] = { unpack(env, size, a), unpack(env, size, b) };
    const Unpacked *chosen;
    uint64_t result;

    if (process_nans(env, size, u, bits, 2, &result)) {
        return result;
    }
    chosen = (compare(&u[0], &u[1]) > 0) == max ? &u[0] : &u[1];
    switch (chosen->kind) {
    case INFINITE:
        return infinity(size, chosen->sign);
    case ZERO:
        if (u[0].kind == u[1].kind) {
            return with_sign(size, max ? u[0].sign && u[1].sign : u[0].sign || u[1].sign, 0);
        }
        return with_sign(size, chosen->sign, 0);
    default:
        return repack(env, size, chosen);
    }
}

/* The NaN of FPMaxNum() and FPMinNum(): a quiet one beside a number gives way. */
static uint64_t replaced(CPUARMState *env, unsigned size, uint64_t a, uint64_t other, bool max)
{
    uint64_t flags = env->fpsr;
    Unpacked x = unpack(env, size, a), y = unpack(env, size, other);

    env->fpsr = flags;
    return x.kind == QUIET && !is_nan(&y) ? infinity(size, max) : a;
}

static uint64_t extreme_number(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool max,
                               bool numeric)
{
    return numeric ? extreme(env, size, replaced(env, size, a, b, max),
                             replaced(env, size, b, a, max), max)
                   : extreme(env, size, a, b, max);
}

uint64_t arm_fp_max(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool numeric)
{
    return extreme_number(env, size, a, b, true, numeric);
}

uint64_t arm_fp_min(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool numeric)
{
    return extreme_number(env, size, a, b, false, numeric);
}

/* ---- Conversions ---- */

/*
 * The magnitude of a finite number times 2^fraction as an integer, rounded; *inexact. Numbers of
 * more than 64 bits give all ones and *too_large.
 */
static uint64_t to_integer(const Unpacked *u, unsigned fraction, ARMRounding rounding,
                           bool *inexact, bool *too_large)
{
    int exponent = u->exponent + (int)fraction;
    unsigned drop;
    uint64_t value, lost;
    bool sticky = false;

    *inexact = false;
    *too_large = exponent > 63;
    if (*too_large) {
        return UINT64_MAX;
    }
    if (exponent == 63) {
        return u->fraction;
    }
    if (exponent < -1) { /* less than a half: the rounding sees only that there is something */
        *inexact = true;
        return rounds_up(rounding, u->sign, false, 0, 2, true);
    }
    drop = 63 - exponent; /* 1 to 64 */
    value = drop == 64 ? 0 : u->fraction >> drop;
    lost = drop == 64 ? u->fraction : u->fraction & ((1ull << drop) - 1);
    *inexact = lost != 0;
    if (drop == 64) { /* the unit doesn't fit: in halves of it */
        sticky = lost & 1;
        lost >>= 1;
        drop = 63;
    }
    value += rounds_up(rounding, u->sign, value & 1, lost, 1ull << drop, sticky);
    return value;
}

/* FPToFixed() */
uint64_t arm_fp_to_fixed(CPUARMState *env, unsigned size, uint64_t a, unsigned bits,
                         unsigned fraction, bool is_signed, ARMRounding rounding)
{
    Unpacked u = unpack(env, size, a);
    uint64_t all = bits == 64 ? UINT64_MAX : (1ull << bits) - 1, half = 1ull << (bits - 1);
    uint64_t limit, value = 0;
    bool inexact = false, too_large = u.kind == INFINITE;

    if (is_nan(&u)) {
        env->fpsr |= FPSR_IOC;
        return 0;
    }
    if (u.kind == FINITE) {
        value = to_integer(&u, fraction, rounding, &inexact, &too_large);
    }
    limit = is_signed ? (u.sign ? half : half - 1) : u.sign ? 0 : all;
    if (too_large || value > limit) {
        env->fpsr |= FPSR_IOC;
        value = limit;
    } else {
        env->fpsr |= inexact ? FPSR_IXC : 0;
    }
    return (u.sign ? -value : value) & all;
}

/* FixedToFP() */
uint64_t arm_fp_from_fixed(CPUARMState *env, unsigned size, uint64_t value, unsigned fraction,
                           bool is_signed)
{
    bool sign = is_signed && (int64_t)value < 0;
    uint64_t magnitude = sign ? -value : value;
    unsigned zeros;

    if (!magnitude) {
        return 0;
    }
    zeros = clz64(magnitude);
    return round_and_pack(env, size, sign, 63 - (int)zeros - (int)fraction, magnitude << zeros,
                          false, arm_rounding(env));
}

/* FPRoundInt() */
uint64_t arm_fp_round_to_integral(CPUARMState *env, unsigned size, uint64_t a, ARMRounding rounding,
                                  bool exact)
{
    Unpacked u = unpack(env, size, a);
    bool inexact, too_large;
    unsigned zeros;
    uint64_t value;

    if (is_nan(&u)) {
        return process_nan(env, size, &u, a);
    }
    if (u.kind == INFINITE) {
        return infinity(size, u.sign);
    }
    if (u.kind == ZERO) {
        return with_sign(size, u.sign, 0);
    }
    if (u.exponent >= (int)formats[size].fraction) {
        return repack(env, size, &u); /* it is one */
    }
    value = to_integer(&u, 0, rounding, &inexact, &too_large);
    env->fpsr |= exact && inexact ? FPSR_IXC : 0;
    if (!value) {
        return with_sign(size, u.sign, 0);
    }
    zeros = clz64(value);
    return round_and_pack(env, size, u.sign, 63 - (int)zeros, value << zeros, false, rounding);
}

/* FPConvertNaN(): the topmost bits of the payload. */
static uint64_t convert_nan(CPUARMState *env, unsigned to, unsigned from, const Unpacked *u)
{
    const Format *t = &formats[to], *f = &formats[from];
    uint64_t payload = u->fraction << (64 - f->fraction) >> (64 - t->fraction);

    env->fpsr |= u->kind == SIGNALING ? FPSR_IOC : 0;
    if (is_alternative_half(env, to)) {
        env->fpsr |= FPSR_IOC;
        return with_sign(to, u->sign, 0);
    }
    if (env->fpcr & FPCR_DN) {
        return default_nan(to);
    }
    return with_sign(to, u->sign, default_nan(to) | payload);
}

static uint64_t convert(CPUARMState *env, unsigned to, unsigned from, uint64_t a,
                        ARMRounding rounding)
{
    Unpacked u = unpack(env, from, a);

    if (is_nan(&u)) {
        return convert_nan(env, to, from, &u);
    }
    if (u.kind == INFINITE) {
        return is_alternative_half(env, to) ? overflow(env, to, u.sign, rounding)
                                            : infinity(to, u.sign);
    }
    if (u.kind == ZERO) {
        return with_sign(to, u.sign, 0);
    }
    return round_and_pack(env, to, u.sign, u.exponent, u.fraction, false, rounding);
}

/* FPConvert() */
uint64_t arm_fp_convert(CPUARMState *env, unsigned to, unsigned from, uint64_t a,
                        ARMRounding rounding)
{
    uint64_t result;

    env->fpcr |= FPCR_CONVERTING;
    result = convert(env, to, from, a, rounding);
    env->fpcr &= ~FPCR_CONVERTING;
    return result;
}

/* FPRoundIntN() */
uint64_t arm_fp_round_to_range(CPUARMState *env, unsigned size, uint64_t a, ARMRounding rounding,
                               unsigned bits)
{
    Unpacked u = unpack(env, size, a);
    uint64_t limit = 1ull << (bits - 1), value = 0;
    bool inexact = false, too_large = u.kind == INFINITE || is_nan(&u);
    unsigned zeros;

    if (u.kind == FINITE) {
        value = to_integer(&u, 0, rounding, &inexact, &too_large);
    }
    if (too_large || value > limit - !u.sign) {
        env->fpsr |= FPSR_IOC;
        return constant(size, true, bits - 1, false);
    }
    env->fpsr |= inexact ? FPSR_IXC : 0;
    if (!value) {
        return with_sign(size, u.sign, 0);
    }
    zeros = clz64(value);
    return round_and_pack(env, size, u.sign, 63 - (int)zeros, value << zeros, false, rounding);
}

/* ---- Estimates and steps ---- */

/* A number as the estimates look at it: 52 bits of fraction below the leading one, the biased
 * exponent. */
static void look_at(unsigned size, const Unpacked *u, uint64_t *fraction, int *exponent)
{
    *fraction = u->fraction << 1 >> 12;
    *exponent = u->exponent + bias(&formats[size]);
}

/* FPRecipEstimate() */
uint64_t arm_fp_recip_estimate(CPUARMState *env, unsigned size, uint64_t a)
{
    const Format *f = &formats[size];
    Unpacked u = unpack(env, size, a);
    uint64_t fraction;
    int exponent, result;

    if (is_nan(&u)) {
        return process_nan(env, size, &u, a);
    }
    if (u.kind == INFINITE) {
        return with_sign(size, u.sign, 0);
    }
    if (u.kind == ZERO) {
        env->fpsr |= FPSR_DZC;
        return infinity(size, u.sign);
    }
    look_at(size, &u, &fraction, &exponent);
    if (u.exponent < -bias(f) - 1) {
        return overflow(env, size, u.sign, arm_rounding(env));
    }
    result = 2 * bias(f) - 1 - exponent;
    if (flushes(env, size) && u.exponent >= bias(f) - 1) {
        env->fpsr |= FPSR_UFC;
        return with_sign(size, u.sign, 0);
    }
    fraction = (uint64_t)(arm_recip_estimate(0x100 | fraction >> 44) & 0xff) << 44;
    if (result == 0) { /* a denormal: the leading one is part of the fraction */
        fraction = 1ull << 51 | fraction >> 1;
    } else if (result < 0) {
        fraction = 1ull << 50 | fraction >> 2;
        result = 0;
    }
    return with_sign(size, u.sign,
                     (uint64_t)result << f->fraction | fraction >> (52 - f->fraction));
}

/* FPRSqrtEstimate() */
uint64_t arm_fp_rsqrt_estimate(CPUARMState *env, unsigned size, uint64_t a)
{
    const Format *f = &formats[size];
    Unpacked u = unpack(env, size, a);
    uint64_t fraction;
    int exponent;
    unsigned scaled;

    if (is_nan(&u)) {
        return process_nan(env, size, &u, a);
    }
    if (u.kind == ZERO) {
        env->fpsr |= FPSR_DZC;
        return infinity(size, u.sign);
    }
    if (u.sign) {
        return invalid(env, size);
    }
    if (u.kind == INFINITE) {
        return 0;
    }
    look_at(size, &u, &fraction, &exponent);
    scaled = exponent & 1 ? 0x80 | fraction >> 45 : 0x100 | fraction >> 44;
    exponent = (3 * bias(f) - 1 - exponent) >> 1;
    return (uint64_t)exponent << f->fraction |
           (uint64_t)(arm_rsqrt_estimate(scaled) & 0xff) << (f->fraction - 8);
}

/* FPRecipStepFused(), FPRSqrtStepFused(): `c` - a * b, halved for the second. */
static uint64_t step(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool root)
{
    uint64_t negated = a ^ arm_fp_sign_bit(size), c = constant(size, false, 1, root), result;
    const uint64_t bits[] = { negated, b };
    Unpacked u[] = { unpack(env, size, negated), unpack(env, size, b) };
    Unpacked three = unpack(env, size, c);
    bool sign = u[0].sign != u[1].sign;

    if (process_nans(env, size, u, bits, 2, &result)) {
        return result;
    }
    if (u[0].kind == INFINITE || u[1].kind == INFINITE) {
        if (u[0].kind == ZERO || u[1].kind == ZERO) {
            return constant(size, false, root ? 0 : 1, root);
        }
        return infinity(size, sign);
    }
    if (u[0].kind == ZERO || u[1].kind == ZERO) {
        return constant(size, false, root ? 0 : 1, root);
    }
    if (root) { /* (3 - a * b) / 2, rounded once: everything is halved before */
        three.exponent--;
        u[0].exponent--;
    }
    return muladd_finite(env, size, &three, &u[0], &u[1]);
}

uint64_t arm_fp_recip_step(CPUARMState *env, unsigned size, uint64_t a, uint64_t b)
{
    return step(env, size, a, b, false);
}

uint64_t arm_fp_rsqrt_step(CPUARMState *env, unsigned size, uint64_t a, uint64_t b)
{
    return step(env, size, a, b, true);
}

/* FPRecpX() */
uint64_t arm_fp_recip_exponent(CPUARMState *env, unsigned size, uint64_t a)
{
    const Format *f = &formats[size];
    Unpacked u = unpack(env, size, a);
    uint64_t exponent = a >> f->fraction & exponent_mask(f);

    if (is_nan(&u)) {
        return process_nan(env, size, &u, a);
    }
    if (exponent == 0) {
        return with_sign(size, u.sign, (exponent_mask(f) - 1) << f->fraction);
    }
    return with_sign(size, u.sign, (~exponent & exponent_mask(f)) << f->fraction);
}

/* FPLogB() */
int64_t arm_fp_exponent(CPUARMState *env, unsigned size, uint64_t a)
{
    Unpacked u = unpack(env, size, a);
    int64_t most = arm_fp_sign_bit(size) - 1;

    if (u.kind == FINITE) {
        return u.exponent;
    }
    if (u.kind == INFINITE) {
        return most;
    }
    env->fpsr |= FPSR_IOC;
    return -most - 1;
}
