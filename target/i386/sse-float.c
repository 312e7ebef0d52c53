/*
 * Floating point of SSE, element by element: under every MXCSR, with its exceptions.
 *
 * C's operators compute, in the guest's rounding mode on the host's arithmetic, and the host's
 * flags say what was exceptional; NaNs, and whatever goes to integers, are done on bits. Hosts other
 * than x86 know no DAZ, FTZ and flag for denormal operands: there these are done on bits, too.
 *
 * Reference: SDM volume 1, 11.5 (exceptions, table 11-1: results), 4.8.3.5 (NaNs), appendix E.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <math.h>
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"
#include "target/i386/sse.h"
#include "target/i386/sse-host.h"

/* One instruction's work. */
typedef struct Run {
    uint32_t mxcsr;
    uint32_t flags; /* beyond those of the host */
    X86FloatOp op;
    unsigned imm;
    bool is_double;
} Run;

/* ---- Formats ---- */

typedef struct Format {
    unsigned width, fraction; /* bits */
    int bias;
    uint64_t infinity, default_nan, quiet;
} Format;

static const Format formats[] = {
    { 32, 23, 127, 0x7f800000, 0xffc00000, 1 << 22 },
    { 64, 52, 1023, 0x7ff0000000000000, 0xfff8000000000000, 1ull << 51 },
};

static const Format *format_of(bool is_double)
{
    return &formats[is_double];
}

static uint64_t sign_of(const Format *f, uint64_t bits)
{
    return bits & 1ull << (f->width - 1);
}

static uint64_t magnitude_of(const Format *f, uint64_t bits)
{
    return bits & ~(1ull << (f->width - 1));
}

static bool is_nan(const Format *f, uint64_t bits)
{
    return magnitude_of(f, bits) > f->infinity;
}

static bool is_denormal(const Format *f, uint64_t bits)
{
    uint64_t magnitude = magnitude_of(f, bits);

    return magnitude && magnitude >> f->fraction == 0;
}

static uint64_t without_denormal(const Run *run, uint64_t bits)
{
    const Format *f = format_of(run->is_double);

    return (run->mxcsr & MXCSR_DAZ) && is_denormal(f, bits) ? sign_of(f, bits) : bits;
}

/* ---- The host's arithmetic ---- */

/* Of volatile operands: the compiler mustn't move it out of where the guest's modes are set. */
#define ARITHMETIC(F, U)                                                                           \
    static F F##_of(uint64_t bits)                                                                 \
    {                                                                                              \
        U u = bits;                                                                                \
        F f;                                                                                       \
                                                                                                   \
        memcpy(&f, &u, sizeof(f));                                                                 \
        return f;                                                                                  \
    }                                                                                              \
    static uint64_t bits_of_##F(F f)                                                               \
    {                                                                                              \
        U u;                                                                                       \
                                                                                                   \
        memcpy(&u, &f, sizeof(u));                                                                 \
        return u;                                                                                  \
    }                                                                                              \
    static uint64_t compute_##F(X86FloatOp op, uint64_t a, uint64_t b)                             \
    {                                                                                              \
        volatile F x = F##_of(a), y = F##_of(b), r;                                                \
                                                                                                   \
        switch (op) {                                                                              \
        case X86_FLOAT_ADD:                                                                        \
            r = x + y;                                                                             \
            break;                                                                                 \
        case X86_FLOAT_SUB:                                                                        \
            r = x - y;                                                                             \
            break;                                                                                 \
        case X86_FLOAT_MUL:                                                                        \
            r = x * y;                                                                             \
            break;                                                                                 \
        case X86_FLOAT_DIV:                                                                        \
            r = x / y;                                                                             \
            break;                                                                                 \
        default:                                                                                   \
            r = __builtin_choose_expr(sizeof(F) == 4, sqrtf(y), sqrt(y));                          \
        }                                                                                          \
        return bits_of_##F(r);                                                                     \
    }                                                                                              \
    /* -1, 0, 1; 2: unordered. `signaling`: quiet NaNs are invalid. */                             \
    static int order_##F(uint64_t a, uint64_t b, bool signaling)                                   \
    {                                                                                              \
        volatile F x = F##_of(a), y = F##_of(b);                                                   \
        volatile bool less = signaling ? x < y : isless(x, y);                                     \
                                                                                                   \
        return less ? -1 : isunordered(x, y) ? 2 : x == y ? 0 : 1;                                 \
    }                                                                                              \
    static uint64_t F##_from_int(int64_t value)                                                    \
    {                                                                                              \
        volatile int64_t n = value;                                                                \
        volatile F r = n;                                                                          \
                                                                                                   \
        return bits_of_##F(r);                                                                     \
    }
ARITHMETIC(float, uint32_t)
ARITHMETIC(double, uint64_t)

/* What the host hasn't noticed of an operand that is denormal. */
static void note_operand(Run *run, uint64_t bits)
{
    if (!X86_HOST_IS_X86 && is_denormal(format_of(run->is_double), bits)) {
        run->flags |= MXCSR_DE;
    }
}

/* A tiny result: one that is exact is exceptional where underflow is unmasked; FTZ. */
static uint64_t note_tiny(Run *run, const Format *f, uint64_t result)
{
    bool masked = run->mxcsr & MXCSR_UE << MXCSR_MASKS_SHIFT;

    if (!is_denormal(f, result)) {
        return result;
    }
    if (!masked) {
        run->flags |= MXCSR_UE;
    } else if (!X86_HOST_IS_X86 && (run->mxcsr & MXCSR_FTZ)) {
        run->flags |= MXCSR_UE | MXCSR_PE;
        return sign_of(f, result);
    }
    return result;
}

/* ---- Elements: x is the first operand's, y the second's or the only one's ---- */

typedef uint64_t ElementFunc(Run *run, uint64_t x, uint64_t y, unsigned n);

static uint64_t arithmetic(Run *run, X86FloatOp op, uint64_t x, uint64_t y)
{
    const Format *f = format_of(run->is_double);
    uint64_t r;

    x = without_denormal(run, x);
    y = without_denormal(run, y);
    r = run->is_double ? compute_double(op, x, y) : compute_float(op, x, y);
    if (is_nan(f, x)) {
        return x | f->quiet;
    }
    if (is_nan(f, y)) {
        return y | f->quiet;
    }
    if (is_nan(f, r)) {
        return f->default_nan;
    }
    note_operand(run, x);
    note_operand(run, y);
    return note_tiny(run, f, r);
}

static uint64_t element_arithmetic(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    return arithmetic(run, run->op, x, y);
}

/* What C's sqrt() would make an error of is decided here. */
static uint64_t element_sqrt(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    const Format *f = format_of(run->is_double);

    y = without_denormal(run, y);
    if (is_nan(f, y)) {
        run->flags |= y & f->quiet ? 0 : MXCSR_IE;
        return y | f->quiet;
    }
    if (sign_of(f, y) && magnitude_of(f, y)) {
        run->flags |= MXCSR_IE;
        return f->default_nan;
    }
    return arithmetic(run, X86_FLOAT_SQRT, y, y);
}

static uint64_t element_addsub(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    return arithmetic(run, n & 1 ? X86_FLOAT_ADD : X86_FLOAT_SUB, x, y);
}

static int order(Run *run, uint64_t x, uint64_t y, bool signaling)
{
    int result = run->is_double ? order_double(x, y, signaling) : order_float(x, y, signaling);

    if (result != 2) {
        note_operand(run, x);
        note_operand(run, y);
    }
    return result;
}

/* The second operand, unless the first one is certainly better. */
static uint64_t element_min_max(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    x = without_denormal(run, x);
    y = without_denormal(run, y);
    return order(run, x, y, true) == (run->op == X86_FLOAT_MIN ? -1 : 1) ? x : y;
}

/* Predicates: a bit for each of less, equal, greater, unordered. From 16 on they signal where these
 * don't, and the other way round. */
static uint64_t element_compare(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    enum { L = 1, E = 2, G = 4, U = 8, SIGNALING = 16 };
    static const uint8_t predicates[16] = {
        E, L | SIGNALING, L | E | SIGNALING, U,
        L | G | U, E | G | U | SIGNALING, G | U | SIGNALING, L | E | G,
        E | U, L | U | SIGNALING, L | E | U | SIGNALING, 0,
        L | G, E | G | SIGNALING, G | SIGNALING, L | E | G | U,
    };
    unsigned predicate = predicates[run->imm & 15] ^ (run->imm & 16);
    int result = order(run, without_denormal(run, x), without_denormal(run, y),
                       predicate & SIGNALING);

    return predicate >> (result + 1) & 1 ? UINT64_MAX : 0;
}

/* ---- To integers: SDM volume 1, 4.8.4 ---- */

static unsigned rounding_of(uint32_t mxcsr)
{
    return (mxcsr & MXCSR_RC) >> MXCSR_RC_SHIFT;
}

enum { TO_NEAREST, DOWN, UP, CUT_OFF };

/* Whether what was cut off, of `unit` if it is all ones and one more, makes the rest one larger. */
static bool rounds_away(unsigned rounding, bool negative, bool odd, uint64_t cut, uint64_t unit)
{
    switch (rounding) {
    case TO_NEAREST:
        return cut > unit / 2 || (cut == unit / 2 && odd);
    case DOWN:
        return negative;
    case UP:
        return !negative;
    default:
        return false;
    }
}

/* To an integer in the same format; not for NaNs. */
static uint64_t round_to_integral(const Format *f, uint64_t bits, unsigned rounding, bool *inexact)
{
    uint64_t sign = sign_of(f, bits), magnitude = bits ^ sign;
    int exponent = (int)(magnitude >> f->fraction) - f->bias;
    uint64_t one = (uint64_t)f->bias << f->fraction, unit, cut;

    *inexact = false;
    if (magnitude == 0 || exponent >= (int)f->fraction) {
        return bits;
    }
    if (exponent < 0) { /* below 1: of four parts of 1 what is cut off is none, one, two or three */
        cut = exponent < -1 ? 1 : magnitude & (MAKE_64BIT_MASK(0, f->fraction)) ? 3 : 2;
        *inexact = true;
        return sign | (rounds_away(rounding, sign, false, cut, 4) ? one : 0);
    }
    unit = 1ull << (f->fraction - exponent);
    cut = magnitude & (unit - 1);
    magnitude -= cut;
    *inexact = cut != 0;
    /* a carry goes into the exponent, as it should; 1 is odd because the bias is */
    if (cut && rounds_away(rounding, sign, magnitude & unit, cut, unit)) {
        magnitude += unit;
    }
    return sign | magnitude;
}

static uint64_t element_round(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    const Format *f = format_of(run->is_double);
    bool inexact;

    y = without_denormal(run, y);
    if (is_nan(f, y)) {
        run->flags |= y & f->quiet ? 0 : MXCSR_IE;
        return y | f->quiet;
    }
    y = round_to_integral(f, y, run->imm & X86_ROUND_MXCSR ? rounding_of(run->mxcsr) : run->imm & 3,
                          &inexact);
    run->flags |= inexact && !(run->imm & X86_ROUND_INEXACT_OK) ? MXCSR_PE : 0;
    return y;
}

/* What doesn't fit, and NaNs, give the most negative number. */
static uint64_t to_integer(Run *run, uint64_t y, unsigned width)
{
    const Format *f = format_of(run->is_double);
    double limit = width == 64 ? 0x1p63 : 0x1p31, value;
    bool inexact = false;

    y = without_denormal(run, y);
    if (!is_nan(f, y)) {
        y = round_to_integral(f, y, run->imm & 1 ? CUT_OFF : rounding_of(run->mxcsr), &inexact);
        value = run->is_double ? double_of(y) : float_of(y);
        if (value >= -limit && value < limit) {
            run->flags |= inexact ? MXCSR_PE : 0;
            return (int64_t)value;
        }
    }
    run->flags |= MXCSR_IE;
    return 1ull << (width - 1);
}

static uint64_t element_to_int32(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    return to_integer(run, y, 32);
}

static uint64_t element_to_int64(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    return to_integer(run, y, 64);
}

/* ---- Other conversions ---- */

static uint64_t element_from_int32(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    return run->is_double ? double_from_int((int32_t)y) : float_from_int((int32_t)y);
}

static uint64_t element_from_int64(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    return run->is_double ? double_from_int(y) : float_from_int(y);
}

/* A NaN keeps its sign and as many upper bits of its fraction as fit. */
static uint64_t element_to_float(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    const Format *from = format_of(run->is_double), *to = format_of(!run->is_double);
    uint64_t sign = sign_of(from, y) ? 1ull << (to->width - 1) : 0, fraction;
    volatile double d;
    volatile float s;

    y = without_denormal(run, y);
    if (is_nan(from, y)) {
        run->flags |= y & from->quiet ? 0 : MXCSR_IE;
        fraction = y & MAKE_64BIT_MASK(0, from->fraction);
        fraction = run->is_double ? fraction >> (from->fraction - to->fraction)
                                  : fraction << (to->fraction - from->fraction);
        return sign | to->infinity | to->quiet | fraction;
    }
    note_operand(run, y);
    if (run->is_double) {
        d = double_of(y);
        s = d;
        return note_tiny(run, to, bits_of_float(s));
    }
    s = float_of(y);
    d = s;
    return bits_of_double(d);
}

/* ---- Half precision: F16C ---- */

enum { HALF_FRACTION = 10, HALF_BIAS = 15, HALF_INFINITY = 0x7c00, HALF_QUIET = 1 << 9 };

static uint64_t element_from_half(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    const Format *f = format_of(false);
    unsigned gap = f->fraction - HALF_FRACTION, magnitude = y & 0x7fff, shift;
    uint64_t sign = (y & 0x8000) << 16;

    if (magnitude > HALF_INFINITY) {
        run->flags |= magnitude & HALF_QUIET ? 0 : MXCSR_IE;
        return sign | f->infinity | f->quiet | (uint64_t)(magnitude & 0x3ff) << gap;
    }
    if (magnitude == HALF_INFINITY || magnitude == 0) {
        return sign | (magnitude ? f->infinity : 0);
    }
    if (magnitude >> HALF_FRACTION) {
        return sign | (((uint64_t)magnitude << gap) +
                       ((uint64_t)(f->bias - HALF_BIAS) << f->fraction));
    }
    shift = clz32(magnitude) - (31 - HALF_FRACTION); /* a denormal: its first one goes up */
    return sign | (uint64_t)(f->bias - HALF_BIAS + 1 - shift) << f->fraction |
           (uint64_t)((magnitude << shift) & 0x3ff) << gap;
}

/* `significand` without its low `drop` bits; what these were decides about a one more. */
static uint64_t rounded_off(uint64_t significand, unsigned drop, unsigned rounding, bool negative,
                            bool *inexact)
{
    uint64_t unit = 1ull << drop, cut = significand & (unit - 1), rest = significand >> drop;

    *inexact = cut != 0;
    return rest + (cut && rounds_away(rounding, negative, rest & 1, cut, unit));
}

/* FTZ doesn't count here. */
static uint64_t element_to_half(Run *run, uint64_t x, uint64_t y, unsigned n)
{
    const Format *f = format_of(false);
    unsigned gap = f->fraction - HALF_FRACTION, drop = gap;
    unsigned rounding = run->imm & X86_ROUND_MXCSR ? rounding_of(run->mxcsr) : run->imm & 3;
    uint64_t sign, significand, result;
    bool inexact, unused, tiny, masked = run->mxcsr & MXCSR_UE << MXCSR_MASKS_SHIFT;
    int exponent;

    y = without_denormal(run, y);
    sign = sign_of(f, y) >> 16;
    y = magnitude_of(f, y);
    if (y >= f->infinity) {
        run->flags |= y > f->infinity && !(y & f->quiet) ? MXCSR_IE : 0;
        return sign | HALF_INFINITY |
               (y > f->infinity ? HALF_QUIET | (y >> gap & 0x3ff) : 0);
    }
    run->flags |= is_denormal(f, y) ? MXCSR_DE : 0;
    exponent = MAX((int)(y >> f->fraction), 1) - f->bias + HALF_BIAS; /* as a half has it */
    significand = (y & MAKE_64BIT_MASK(0, f->fraction)) | (uint64_t)!is_denormal(f, y) * (y != 0)
                                                              << f->fraction;
    tiny = exponent < 1 && (exponent < 0 || rounded_off(significand, gap, rounding, sign, &unused) <
                                                2u << HALF_FRACTION);
    if (exponent < 1) {
        drop = MIN(gap + 1 - exponent, 40);
        exponent = 1;
    }
    result = rounded_off(significand, drop, rounding, sign, &inexact) +
             ((uint64_t)(exponent - 1) << HALF_FRACTION);
    if (result >= HALF_INFINITY) {
        run->flags |= MXCSR_OE | MXCSR_PE;
        return sign | (rounds_away(rounding, sign, false, 3, 4) ? HALF_INFINITY
                                                                : HALF_INFINITY - 1);
    }
    run->flags |= (inexact ? MXCSR_PE : 0) | (tiny && y && (inexact || !masked) ? MXCSR_UE : 0);
    return sign | result;
}

/* ---- Instructions ---- */

typedef enum Kind { SAME, OTHER, INT32, INT64, HALF } Kind; /* of what size elements are */

static const struct {
    ElementFunc *fn;
    uint8_t from, to;
} operations[X86_NB_FLOAT_OPS] = {
    [X86_FLOAT_ADD] = { element_arithmetic },
    [X86_FLOAT_SUB] = { element_arithmetic },
    [X86_FLOAT_MUL] = { element_arithmetic },
    [X86_FLOAT_DIV] = { element_arithmetic },
    [X86_FLOAT_MIN] = { element_min_max },
    [X86_FLOAT_MAX] = { element_min_max },
    [X86_FLOAT_ADDSUB] = { element_addsub },
    [X86_FLOAT_COMPARE] = { element_compare },
    [X86_FLOAT_SQRT] = { element_sqrt },
    [X86_FLOAT_ROUND] = { element_round },
    [X86_FLOAT_TO_FLOAT] = { element_to_float, SAME, OTHER },
    [X86_FLOAT_FROM_INT32] = { element_from_int32, INT32, SAME },
    [X86_FLOAT_FROM_INT64] = { element_from_int64, INT64, SAME },
    [X86_FLOAT_TO_INT32] = { element_to_int32, SAME, INT32 },
    [X86_FLOAT_TO_INT64] = { element_to_int64, SAME, INT64 },
    [X86_FLOAT_FROM_HALF] = { element_from_half, HALF, SAME },
    [X86_FLOAT_TO_HALF] = { element_to_half, SAME, HALF },
};

/* In bits */
static unsigned width_of(Kind kind, bool is_double)
{
    return kind == HALF                                                   ? 16
           : kind == INT64 || (kind != INT32 && is_double ^ (kind == OTHER)) ? 64
                                                                          : 32;
}

static uint64_t get(const X86Vector *v, unsigned n, unsigned width)
{
    return extract64(v->half[n * width / 64], n * width % 64, width);
}

static void put(X86Vector *v, unsigned n, unsigned width, uint64_t value)
{
    uint64_t *half = &v->half[n * width / 64];

    *half = deposit64(*half, n * width % 64, width, value);
}

/* FTZ does nothing where underflow is unmasked. */
static X86HostMode enter(uint32_t mxcsr)
{
    return x86_host_enter(mxcsr & MXCSR_UE << MXCSR_MASKS_SHIFT ? mxcsr : mxcsr & ~MXCSR_FTZ);
}

uint32_t x86_float_compute(uint32_t mxcsr, uint32_t desc, const X86Vector *a, const X86Vector *b,
                           X86Vector *r)
{
    Run run = { .mxcsr = mxcsr, .op = desc & 0xff, .is_double = desc & X86_FLOAT_DOUBLE,
                .imm = desc >> X86_FLOAT_IMM_SHIFT };
    unsigned from = width_of(operations[run.op].from, run.is_double);
    unsigned to = width_of(operations[run.op].to, run.is_double);
    X86HostMode host = enter(mxcsr);
    X86Vector result = *a;

    for (unsigned i = 0; i < (desc >> X86_FLOAT_NB_SHIFT & 7); i++) {
        put(&result, i, to, operations[run.op].fn(&run, get(a, i, to), get(b, i, from), i));
    }
    *r = result;
    return run.flags | x86_host_leave(host);
}

uint64_t x86_float_compare(uint32_t mxcsr, uint32_t desc, uint64_t a, uint64_t b, uint32_t *flags)
{
    static const uint8_t eflags[] = { FLAG_CF, FLAG_ZF, 0, FLAG_ZF | FLAG_PF | FLAG_CF };
    Run run = { .mxcsr = mxcsr, .is_double = desc & 1 };
    X86HostMode host = enter(mxcsr);
    int result = order(&run, without_denormal(&run, a), without_denormal(&run, b), desc & 2);

    *flags = run.flags | x86_host_leave(host);
    return eflags[result + 1];
}

/*
 * Takes the flags of an instruction: they are sticky, or the exception is raised. What is found
 * before computing keeps what would be found behind from being noticed.
 */
static void take_flags(CPUX86State *env, uint32_t flags, uintptr_t ra)
{
    uint32_t unmasked = flags & ~(env->mxcsr >> MXCSR_MASKS_SHIFT);

    if (unmasked & (MXCSR_IE | MXCSR_DE | MXCSR_ZE)) {
        flags &= MXCSR_IE | MXCSR_DE | MXCSR_ZE;
    }
    env->mxcsr |= flags;
    if (unmasked) {
        x86_raise(env, env->cr4 & CR4_OSXMMEXCPT ? EXCP_XM : EXCP_UD, ra);
    }
}

JitVector helper_x86_float(CPUX86State *env, uint32_t desc, uint64_t a_low, uint64_t a_high,
                           uint64_t b_low, uint64_t b_high)
{
    X86Vector a = { { a_low, a_high } }, b = { { b_low, b_high } }, r;

    take_flags(env, x86_float_compute(env->mxcsr, desc, &a, &b, &r), GETPC());
    return (JitVector){ { r.half[0], r.half[1] } };
}

uint64_t helper_x86_float_flags(CPUX86State *env, uint32_t desc, uint64_t a, uint64_t b)
{
    uint32_t flags;
    uint64_t eflags = x86_float_compare(env->mxcsr, desc, a, b, &flags);

    take_flags(env, flags, GETPC());
    return eflags;
}

/* ---- FMA ---- */

/* Of NaNs x's comes first, then y's, then z's. A product or addend is negated if it is a number. */
static uint64_t fused(Run *run, uint64_t x, uint64_t y, uint64_t z, unsigned negate)
{
    const Format *f = format_of(run->is_double);
    const uint64_t sign = 1ull << (f->width - 1);
    uint64_t operand[3] = { x, y, z }, r;

    for (unsigned i = 0; i < 3; i++) {
        operand[i] = without_denormal(run, operand[i]);
    }
    operand[0] ^= negate & TCG_NEGATE_PRODUCT && !is_nan(f, operand[0]) ? sign : 0;
    operand[2] ^= negate & TCG_NEGATE_ADDEND && !is_nan(f, operand[2]) ? sign : 0;
    if (run->is_double) {
        volatile double a = double_of(operand[0]), b = double_of(operand[1]);
        volatile double c = double_of(operand[2]), d = fma(a, b, c);

        r = bits_of_double(d);
    } else {
        volatile float a = float_of(operand[0]), b = float_of(operand[1]);
        volatile float c = float_of(operand[2]), d = fmaf(a, b, c);

        r = bits_of_float(d);
    }
    for (unsigned i = 0; i < 3; i++) {
        if (is_nan(f, operand[i])) {
            return operand[i] | f->quiet;
        }
    }
    if (is_nan(f, r)) {
        return f->default_nan;
    }
    for (unsigned i = 0; i < 3; i++) {
        note_operand(run, operand[i]);
    }
    return note_tiny(run, f, r);
}

uint64_t helper_x86_fma(CPUX86State *env, uint32_t desc, uint64_t x, uint64_t y, uint64_t z)
{
    Run run = { .mxcsr = env->mxcsr, .is_double = desc & 1 };
    X86HostMode host = enter(env->mxcsr);
    uint64_t r = fused(&run, x, y, z, desc >> 1);

    take_flags(env, run.flags | x86_host_leave(host), GETPC());
    return r;
}

/* ---- Approximations: errors of up to 1.5 / 2 ** 12, SDM volume 2, RCPPS, RSQRTPS ---- */

#if X86_HOST_IS_X86

/* The host's own: manufacturers' differ. */
uint64_t helper_x86_rcp(uint64_t a)
{
    return bits_of_float(_mm_cvtss_f32(_mm_rcp_ss(_mm_set_ss(float_of(a)))));
}

uint64_t helper_x86_rsqrt(uint64_t a)
{
    return bits_of_float(_mm_cvtss_f32(_mm_rsqrt_ss(_mm_set_ss(float_of(a)))));
}

#else

/* Denormals are zeros, as operands and as results; no flags. */
static uint64_t approximate(uint64_t a, bool root)
{
    const Format *f = format_of(false);
    uint64_t sign = sign_of(f, a), r;
    X86HostMode host;

    if (is_nan(f, a)) {
        return a | f->quiet;
    }
    if (magnitude_of(f, a) >> f->fraction == 0) {
        return sign | f->infinity;
    }
    if (root && sign) {
        return f->default_nan;
    }
    host = x86_host_enter(0);
    r = bits_of_float(root ? 1 / sqrt(float_of(a)) : 1 / (double)float_of(a));
    x86_host_leave(host);
    return is_denormal(f, r) ? sign : r & ~MAKE_64BIT_MASK(0, 11);
}

uint64_t helper_x86_rcp(uint64_t a)
{
    return approximate(a, false);
}

uint64_t helper_x86_rsqrt(uint64_t a)
{
    return approximate(a, true);
}

#endif
