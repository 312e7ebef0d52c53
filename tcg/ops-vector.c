/*
 * What the IR's vector and floating-point operations compute: the reference for constant folding,
 * the interpreter and the tests.
 *
 * Floating point is done by C's operators in whatever rounding mode the thread is in; only NaNs are
 * chosen by hand, since C doesn't say which of two operands' survives.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <fenv.h>
#include <math.h>
#include "tcg-internal.h"

#define COMPUTE(name)                                                                              \
    static void compute_##name(const TCGOp *op, const TCGVector *in, TCGVector *out)

/* ---- Elements ---- */

static unsigned element_bits(const TCGOp *op)
{
    return 8u << op->vec.vece;
}

static unsigned vector_bytes(const TCGOp *op)
{
    return type_size(op->type);
}

static uint64_t get(const TCGOp *op, const TCGVector *v, unsigned n)
{
    uint64_t e = 0;

    memcpy(&e, (const uint8_t *)v + (n << op->vec.vece), 1u << op->vec.vece);
    return e;
}

static void set(const TCGOp *op, TCGVector *v, unsigned n, uint64_t e)
{
    memcpy((uint8_t *)v + (n << op->vec.vece), &e, 1u << op->vec.vece);
}

static int64_t sign(const TCGOp *op, uint64_t e)
{
    unsigned unused = 64 - element_bits(op);

    return (int64_t)(e << unused) >> unused;
}

static unsigned nb_elements(const TCGOp *op)
{
    return vector_bytes(op) >> op->vec.vece;
}

/* a, b: zero-extended elements; sa, sb: sign-extended; w: their width */
#define ELEMENTWISE(name, expr)                                                                    \
    COMPUTE(name)                                                                                  \
    {                                                                                              \
        for (unsigned i = 0; i < nb_elements(op); i++) {                                           \
            uint64_t a = get(op, &in[0], i), b = get(op, &in[1], i);                               \
            int64_t sa = sign(op, a), sb = sign(op, b);                                            \
            unsigned w = element_bits(op);                                                         \
                                                                                                   \
            (void)a, (void)b, (void)sa, (void)sb, (void)w;                                         \
            set(op, out, i, expr);                                                                 \
        }                                                                                          \
    }

/* Into the range of a signed or unsigned element. */
static uint64_t saturate_signed(__int128 v, unsigned w)
{
    __int128 max = ((__int128)1 << (w - 1)) - 1;

    return v > max ? max : v < -max - 1 ? -max - 1 : v;
}

static uint64_t saturate_unsigned(__int128 v, unsigned w)
{
    __int128 max = ((__int128)1 << w) - 1;

    return v > max ? max : v < 0 ? 0 : v;
}

ELEMENTWISE(vadd, a + b)
ELEMENTWISE(vsub, a - b)
ELEMENTWISE(vmul, a * b)
ELEMENTWISE(vssadd, saturate_signed((__int128)sa + sb, w))
ELEMENTWISE(vusadd, saturate_unsigned((__int128)a + b, w))
ELEMENTWISE(vsssub, saturate_signed((__int128)sa - sb, w))
ELEMENTWISE(vussub, saturate_unsigned((__int128)a - b, w))
ELEMENTWISE(vsmin, sa < sb ? a : b)
ELEMENTWISE(vsmax, sa > sb ? a : b)
ELEMENTWISE(vumin, a < b ? a : b)
ELEMENTWISE(vumax, a > b ? a : b)
ELEMENTWISE(vcmpeq, a == b ? UINT64_MAX : 0)
ELEMENTWISE(vcmpgt, sa > sb ? UINT64_MAX : 0)
ELEMENTWISE(vshli, a << op->vec.imm)
ELEMENTWISE(vshri, a >> op->vec.imm)
ELEMENTWISE(vsari, sa >> op->vec.imm)
ELEMENTWISE(vshlv, b < w ? a << b : 0)
ELEMENTWISE(vshrv, b < w ? a >> b : 0)
ELEMENTWISE(vsarv, sa >> (b < w ? b : w - 1))

/* Elements from the lower or upper halves of both operands, in turn. */
static void zip(const TCGOp *op, const TCGVector *in, TCGVector *out, unsigned first)
{
    for (unsigned i = 0; i < nb_elements(op); i++) {
        set(op, out, i, get(op, &in[i & 1], first + i / 2));
    }
}

COMPUTE(vzipl) { zip(op, in, out, 0); }
COMPUTE(vziph) { zip(op, in, out, nb_elements(op) / 2); }

COMPUTE(vdup)
{
    for (unsigned i = 0; i < nb_elements(op); i++) {
        set(op, out, i, in[0].half[0]);
    }
}

COMPUTE(vextract)
{
    out->half[0] = get(op, &in[0], op->vec.imm);
}

COMPUTE(vinsert)
{
    *out = in[0];
    set(op, out, op->vec.imm, in[1].half[0]);
}

/* ---- Whole vectors ---- */

#define BITWISE(name, expr)                                                                        \
    COMPUTE(name)                                                                                  \
    {                                                                                              \
        for (unsigned i = 0; i < 2; i++) {                                                         \
            uint64_t a = in[0].half[i], b = in[1].half[i], c = in[2].half[i];                      \
                                                                                                   \
            (void)c;                                                                               \
            out->half[i] = expr;                                                                   \
        }                                                                                          \
    }

BITWISE(vand, a & b)
BITWISE(vor, a | b)
BITWISE(vxor, a ^ b)
BITWISE(vandc, a & ~b)
BITWISE(vbitsel, (a & b) | (~a & c))

COMPUTE(vtbl)
{
    const uint8_t *table = (const uint8_t *)&in[0], *index = (const uint8_t *)&in[1];

    for (unsigned i = 0; i < vector_bytes(op); i++) {
        ((uint8_t *)out)[i] = index[i] < vector_bytes(op) ? table[index[i]] : 0;
    }
}

COMPUTE(vdup_lane)
{
    for (unsigned i = 0; i < nb_elements(op); i++) {
        set(op, out, i, get(op, &in[0], op->vec.imm));
    }
}

COMPUTE(vunzip)
{
    unsigned half = nb_elements(op) / 2;

    for (unsigned i = 0; i < 2 * half; i++) {
        set(op, out, i, get(op, &in[i / half], 2 * (i % half) + op->vec.imm));
    }
}

COMPUTE(vlow)
{
    set(op, out, 0, get(op, &in[0], 0));
}

COMPUTE(vlow_int) { out->half[0] = in[0].half[0]; }

COMPUTE(vconcat)
{
    out->half[0] = in[0].half[0];
    out->half[1] = in[1].half[0];
}

/* ---- Floating point ---- */

#define QUIET_F32   0x00400000u
#define QUIET_F64   (1ull << 51)
#define DEFAULT_F32 0xffc00000u
#define DEFAULT_F64 0xfff8000000000000ull

/*
 * One function for each width and number of operands: chooses the NaN, else computes. Operating on
 * a NaN makes the host raise `invalid` if it is a signaling one.
 */
#define FLOAT_TYPE(F, U, W, fma_w, sqrt_w)                                                         \
    static F from_##F(uint64_t bits)                                                               \
    {                                                                                              \
        U u = bits;                                                                                \
        F f;                                                                                       \
                                                                                                   \
        memcpy(&f, &u, sizeof(f));                                                                 \
        return f;                                                                                  \
    }                                                                                              \
    static U to_##F(F f)                                                                           \
    {                                                                                              \
        U u;                                                                                       \
                                                                                                   \
        memcpy(&u, &f, sizeof(u));                                                                 \
        return u;                                                                                  \
    }                                                                                              \
    static bool nan_##F(uint64_t bits)                                                             \
    {                                                                                              \
        return ((U)bits & ~((U)1 << (W - 1))) > to_##F((F)INFINITY);                               \
    }                                                                                              \
    static U compute_##F(unsigned opc, const uint64_t *v, unsigned n)                              \
    {                                                                                              \
        volatile F result;                                                                         \
        F a = from_##F(v[0]), b = n > 1 ? from_##F(v[1]) : 0, c = n > 2 ? from_##F(v[2]) : 0;      \
                                                                                                   \
        result = opc == OP_fadd ? a + b : opc == OP_fsub ? a - b : opc == OP_fmul ? a * b :        \
                 opc == OP_fdiv ? a / b : opc == OP_fsqrt ? sqrt_w(a) : fma_w(a, b, c);            \
        for (unsigned i = 0; i < n; i++) {                                                         \
            if (nan_##F(v[i])) {                                                                   \
                return v[i] | QUIET_F##W;                                                          \
            }                                                                                      \
        }                                                                                          \
        return nan_##F(to_##F(result)) ? DEFAULT_F##W : to_##F(result);                            \
    }                                                                                              \
    static bool compare_##F(unsigned what, uint64_t x, uint64_t y)                                 \
    {                                                                                              \
        F a = from_##F(x), b = from_##F(y);                                                        \
        bool signaling = what & FCMP_SIGNALING;                                                    \
                                                                                                   \
        switch (what & ~FCMP_SIGNALING) {                                                          \
        case TCG_FCOND_EQ:                                                                         \
            return signaling ? a <= b && a >= b : a == b;                                          \
        case TCG_FCOND_LT:                                                                         \
            return signaling ? a < b : isless(a, b);                                               \
        case TCG_FCOND_LE:                                                                         \
            return signaling ? a <= b : islessequal(a, b);                                         \
        default:                                                                                   \
            return signaling ? !(a <= b) && !(a > b) : isunordered(a, b);                          \
        }                                                                                          \
    }
FLOAT_TYPE(float, uint32_t, 32, fmaf, sqrtf)
FLOAT_TYPE(double, uint64_t, 64, fma, sqrt)

static void scalar(const TCGOp *op, const TCGVector *in, TCGVector *out, unsigned n)
{
    uint64_t v[3] = { in[0].half[0], n > 1 ? in[1].half[0] : 0, n > 2 ? in[2].half[0] : 0 };

    out->half[0] = op->type == TCG_TYPE_F32 ? compute_float(op->opc, v, n)
                                            : compute_double(op->opc, v, n);
}

COMPUTE(fadd) { scalar(op, in, out, 2); }
COMPUTE(fsub) { scalar(op, in, out, 2); }
COMPUTE(fmul) { scalar(op, in, out, 2); }
COMPUTE(fdiv) { scalar(op, in, out, 2); }
COMPUTE(fsqrt) { scalar(op, in, out, 1); }

/* NaNs are left as they are. */
#define SOFT_FMA(F, U, T)                                                                          \
    U tcg_soft_fma_##T(U a, U b, U c, uint32_t negate)                                             \
    {                                                                                              \
        const U sign = (U)1 << (8 * sizeof(U) - 1);                                                \
        uint64_t v[3] = { a, b, c };                                                               \
                                                                                                   \
        v[0] ^= (negate & TCG_NEGATE_PRODUCT) && !nan_##F(a) ? sign : 0;                           \
        v[2] ^= (negate & TCG_NEGATE_ADDEND) && !nan_##F(c) ? sign : 0;                            \
        return compute_##F(OP_fma, v, 3);                                                          \
    }
SOFT_FMA(float, uint32_t, f32)
SOFT_FMA(double, uint64_t, f64)

COMPUTE(fma)
{
    uint64_t a = in[0].half[0], b = in[1].half[0], c = in[2].half[0];

    out->half[0] = op->type == TCG_TYPE_F32 ? tcg_soft_fma_f32(a, b, c, op->vec.imm)
                                            : tcg_soft_fma_f64(a, b, c, op->vec.imm);
}

/* Elements that are computed; the others are those of `rest`. */
static unsigned nb_computed(const TCGOp *op, const TCGVector *rest, TCGVector *out)
{
    *out = *rest;
    return op->vec.imm & VFLOAT_LOWEST ? 1 : nb_elements(op);
}

static void packed(const TCGOp *op, const TCGVector *in, TCGVector *out, unsigned opc, unsigned nb)
{
    unsigned computed = nb_computed(op, &in[0], out);

    for (unsigned i = 0; i < computed; i++) {
        uint64_t v[2] = { get(op, &in[0], i), get(op, &in[1], i) };

        set(op, out, i, op->vec.vece == MO_32 ? compute_float(opc, v, nb)
                                              : compute_double(opc, v, nb));
    }
}

COMPUTE(vfadd) { packed(op, in, out, OP_fadd, 2); }
COMPUTE(vfsub) { packed(op, in, out, OP_fsub, 2); }
COMPUTE(vfmul) { packed(op, in, out, OP_fmul, 2); }
COMPUTE(vfdiv) { packed(op, in, out, OP_fdiv, 2); }
COMPUTE(vfsqrt) { packed(op, in, out, OP_fsqrt, 1); }

static bool compare(const TCGOp *op, unsigned what, uint64_t a, uint64_t b)
{
    return op->vec.vece == MO_32 ? compare_float(what, a, b) : compare_double(what, a, b);
}

/* The same where a quiet NaN is invalid, too; said by hand, as compilers may take the quiet form. */
static bool compare_signaling(const TCGOp *op, unsigned what, uint64_t a, uint64_t b)
{
    if (compare(op, TCG_FCOND_UNORDERED, a, b)) {
        feraiseexcept(FE_INVALID);
    }
    return compare(op, what, a, b);
}

/* b's element unless a's is certainly better. */
static void better(const TCGOp *op, const TCGVector *in, TCGVector *out, bool greater)
{
    unsigned computed = nb_computed(op, &in[0], out);

    for (unsigned i = 0; i < computed; i++) {
        uint64_t a = get(op, &in[0], i), b = get(op, &in[1], i);

        set(op, out, i, compare_signaling(op, TCG_FCOND_LT, greater ? b : a, greater ? a : b)
                            ? a : b);
    }
}

COMPUTE(vfmin) { better(op, in, out, false); }
COMPUTE(vfmax) { better(op, in, out, true); }

COMPUTE(vfcmp)
{
    unsigned computed = nb_computed(op, &in[0], out), what = op->vec.imm & ~VFLOAT_LOWEST;

    bool quiet = what == TCG_FCOND_EQ || what == TCG_FCOND_UNORDERED;

    for (unsigned i = 0; i < computed; i++) {
        bool holds = (quiet ? compare : compare_signaling)(op, what, get(op, &in[0], i),
                                                           get(op, &in[1], i));

        set(op, out, i, holds ? UINT64_MAX : 0);
    }
}

COMPUTE(vfma)
{
    unsigned computed = nb_computed(op, &in[1], out), negate = op->vec.imm & ~VFLOAT_LOWEST;

    for (unsigned i = 0; i < computed; i++) {
        uint64_t a = get(op, &in[0], i), b = get(op, &in[1], i), c = get(op, &in[2], i);

        set(op, out, i, op->vec.vece == MO_32 ? tcg_soft_fma_f32(a, b, c, negate)
                                              : tcg_soft_fma_f64(a, b, c, negate));
    }
}

COMPUTE(vfround)
{
    static double (*const modes[])(double) = {
        [TCG_ROUND_NEAREST] = nearbyint, [TCG_ROUND_DOWN] = floor,
        [TCG_ROUND_UP] = ceil,           [TCG_ROUND_ZERO] = trunc,
    };
    unsigned computed = nb_computed(op, &in[0], out), mode = op->vec.imm & 3;
    bool narrow = op->vec.vece == MO_32;
    int host = fegetround();

    fesetround(FE_TONEAREST);
    for (unsigned i = 0; i < computed; i++) {
        uint64_t v = get(op, &in[0], i);
        bool is_nan = narrow ? nan_float(v) : nan_double(v);

        if (is_nan) {
            v |= narrow ? QUIET_F32 : QUIET_F64;
        } else {
            v = narrow ? to_float(modes[mode](from_float(v)))
                       : to_double(modes[mode](from_double(v)));
        }
        set(op, out, i, v);
    }
    fesetround(host);
}

COMPUTE(vfcvt_int)
{
    const TCGOp words = { .vec = { .vece = MO_32 } };

    for (unsigned i = 0; i < nb_elements(op); i++) {
        int32_t v = get(&words, &in[0], i);

        set(op, out, i, op->vec.vece == MO_32 ? to_float(v) : to_double(v));
    }
}

COMPUTE(vfneg)
{
    for (unsigned i = 0; i < nb_elements(op); i++) {
        set(op, out, i, get(op, &in[0], i) ^ 1ull << (element_bits(op) - 1));
    }
}

COMPUTE(vfabs)
{
    for (unsigned i = 0; i < nb_elements(op); i++) {
        set(op, out, i, get(op, &in[0], i) & ~(1ull << (element_bits(op) - 1)));
    }
}

COMPUTE(fcmp)
{
    bool narrow = op->vec.vece == MO_32;

    out->half[0] = narrow ? compare_float(op->vec.imm, in[0].half[0], in[1].half[0])
                          : compare_double(op->vec.imm, in[0].half[0], in[1].half[0]);
}

/* A NaN keeps its sign and as many fraction bits as fit, and becomes quiet. */
COMPUTE(fcvt)
{
    uint64_t v = in[0].half[0];
    volatile float f;
    volatile double d;

    if (op->type == TCG_TYPE_F64) {
        d = from_float(v);
        out->half[0] = !nan_float(v) ? to_double(d) : QUIET_F64 | (v & 0x80000000) << 32 |
                           0x7ff0000000000000 | (v & 0x7fffff) << 29;
    } else {
        f = from_double(v);
        out->half[0] = !nan_double(v) ? to_float(f) : QUIET_F32 | (v >> 32 & 0x80000000) |
                           0x7f800000 | (v >> 29 & 0x7fffff);
    }
}

/* Elements `from` bits wide to others of `to`. */
static void convert_elements(unsigned from, unsigned to, const TCGVector *in, TCGVector *out)
{
    const TCGOp read = { .vec = { .vece = from } }, write = { .vec = { .vece = to } };
    const TCGOp one = { .type = to == MO_64 ? TCG_TYPE_F64 : TCG_TYPE_F32 };

    for (unsigned i = 0; i < 2; i++) {
        TCGVector v = { { get(&read, in, i) } }, r = { { 0 } };

        compute_fcvt(&one, &v, &r);
        set(&write, out, i, r.half[0]);
    }
}

COMPUTE(vfwiden) { convert_elements(MO_32, MO_64, &in[0], out); }
COMPUTE(vfnarrow) { convert_elements(MO_64, MO_32, &in[0], out); }

static uint64_t sign_bit(const TCGOp *op)
{
    return op->type == TCG_TYPE_F32 ? 1ull << 31 : 1ull << 63;
}

COMPUTE(fneg) { out->half[0] = in[0].half[0] ^ sign_bit(op); }
COMPUTE(fabs) { out->half[0] = in[0].half[0] & ~sign_bit(op); }

COMPUTE(fcmp3)
{
    uint64_t a = in[0].half[0], b = in[1].half[0];
    bool narrow = op->vec.vece == MO_32;
    bool (*compare)(unsigned, uint64_t, uint64_t) = narrow ? compare_float : compare_double;

    out->half[0] = compare(TCG_FCOND_LT, b, a) ? 1 : compare(TCG_FCOND_EQ, a, b) ? 0 : -1;
}

COMPUTE(fnarrow)
{
    uint64_t v = in[0].half[0];
    volatile float f = from_double(v);
    volatile double back = f;

    out->half[0] = back == from_double(v) ? to_float(f) : UINT32_MAX;
}

COMPUTE(fcvt_int)
{
    int64_t v = op->vec.vece == MO_32 ? (int32_t)in[0].half[0] : (int64_t)in[0].half[0];

    out->half[0] = op->type == TCG_TYPE_F32 ? to_float(v) : to_double(v);
}

COMPUTE(vlow_cvt)
{
    const TCGOp one = { .type = op->vec.imm == MO_64 ? TCG_TYPE_F64 : TCG_TYPE_F32,
                        .vec = { .vece = op->vec.vece } };

    compute_fcvt_int(&one, in, out);
}

/* By arithmetic: the C library may set the flag of another of the host's units. */
static void raise_inexact(void)
{
    volatile double tiny = 0x1p-60;
    volatile double sum = 1 + tiny;

    (void)sum;
}

/*
 * A denormal number becomes the smallest that is none: rounded to an integer they are the same, and
 * conversions to integers don't raise the host's flag for denormal operands, as reckoning would.
 */
static uint64_t without_denormal(const TCGOp *op, uint64_t v)
{
    uint64_t smallest = op->vec.vece == MO_32 ? 1ull << 23 : 1ull << 52;
    uint64_t sign = op->vec.vece == MO_32 ? 1ull << 31 : 1ull << 63;
    uint64_t magnitude = v & (sign - 1);

    return magnitude && magnitude < smallest ? (v & sign) | smallest : v;
}

/* Truncation may raise `inexact`, so what doesn't fit is found before it. */
static uint64_t to_integer(const TCGOp *op, uint64_t v, bool truncate)
{
    bool wide = op->type == TCG_TYPE_I64, is_nan = op->vec.vece == MO_32 ? nan_float(v)
                                                                         : nan_double(v);
    double limit = wide ? 0x1p63 : 0x1p31;
    double d, rounded;

    v = without_denormal(op, v);
    d = is_nan ? 0 : op->vec.vece == MO_32 ? from_float(v) : from_double(v);
    rounded = truncate ? d : nearbyint(d);
    if (is_nan || rounded >= limit ||
        !(truncate && !wide ? rounded > -limit - 1 : rounded >= -limit)) {
        feraiseexcept(FE_INVALID);
        return wide ? 1ull << 63 : 1ull << 31;
    }
    if (truncate) {
        rounded = trunc(d);
    }
    if (rounded != d) {
        raise_inexact();
    }
    return (int64_t)rounded;
}

COMPUTE(fround) { out->half[0] = to_integer(op, in[0].half[0], false); }
COMPUTE(ftrunc) { out->half[0] = to_integer(op, in[0].half[0], true); }

COMPUTE(vftrunc)
{
    const TCGOp one = { .type = TCG_TYPE_I32, .vec = { .vece = MO_32 } };

    for (unsigned i = 0; i < 4; i++) {
        set(&one, out, i, to_integer(&one, get(&one, &in[0], i), true));
    }
}

bool tcg_guard_fails(const TCGOp *op, const uint64_t *in)
{
    bool narrow = op->guard.vece == MO_32;
    uint64_t v = in[1], magnitude = narrow ? v & INT32_MAX : v & INT64_MAX;
    uint64_t infinity = narrow ? 0x7f800000 : 0x7ff0000000000000;
    uint64_t one_exponent = narrow ? 0x00800000 : 0x0010000000000000;
    const uint64_t *arg = in + op->guard.first_arg;
    bool fails = false;

    switch (op->guard.imm & ~(TCG_GUARD_INEXACT | TCG_GUARD_ZERO_OK)) {
    case TCG_GUARD_NAN:
        fails = magnitude > infinity;
        break;
    case TCG_GUARD_FINITE:
        fails = magnitude >= infinity;
        break;
    case TCG_GUARD_NORMAL:
        fails = magnitude >= infinity - 3 * one_exponent || magnitude < 4 * one_exponent;
        if ((op->guard.imm & TCG_GUARD_ZERO_OK) && !magnitude) {
            return arg[0] << 1 && (op->nb_in - op->guard.first_arg < 2 || arg[1] << 1);
        }
        break;
    case TCG_GUARD_ORDERED:
        fails = narrow ? nan_float(arg[0]) || nan_float(arg[1])
                       : nan_double(arg[0]) || nan_double(arg[1]);
        break;
    case TCG_GUARD_NEGATIVE:
        fails = v >> (narrow ? 31 : 63) & 1;
        break;
    case TCG_GUARD_INT_MIN:
        fails = v == (narrow ? 1ull << 31 : 1ull << 63);
        break;
    }
    return fails || ((op->guard.imm & TCG_GUARD_INEXACT) && fetestexcept(FE_INEXACT));
}

/* What is zero without having become too small to be anything else. */
static bool is_exact_zero(const TCGOp *op, const uint64_t *args, unsigned nb_args)
{
    bool narrow = op->guard.vece == MO_32;
    uint64_t sign = narrow ? 1ull << 31 : 1ull << 63;
    uint64_t large = narrow ? GUARD_LARGE_F32 : GUARD_LARGE_F64;
    bool factor = !(args[0] & ~sign) || (nb_args > 1 && !(args[1] & ~sign));

    if (op->guard.imm & TCG_GUARD_ZERO_SUM_OK) {
        return (args[2] & ~sign) >= large || (factor && !(args[2] & ~sign));
    }
    return (op->guard.imm & TCG_GUARD_ZERO_OK) && factor;
}

bool tcg_vector_guard_fails(const TCGOp *op, const TCGVector *in)
{
    const TCGOp element = { .vec = { .vece = op->guard.vece } };
    unsigned kind = op->guard.imm &
                    ~(TCG_GUARD_ZERO_OK | TCG_GUARD_ZERO_SUM_OK | TCG_GUARD_WIDE_ARGUMENT);
    unsigned nb_args = op->nb_in - op->guard.first_arg;
    bool narrow = op->guard.vece == MO_32;

    for (unsigned i = 0; i < op->guard.bytes >> op->guard.vece; i++) {
        const TCGOp scalar = { .nb_in = 2, .guard = { .vece = op->guard.vece, .imm = kind,
                                                      .first_arg = 2 } };
        uint64_t v[2] = { 0, get(&element, &in[1], i) }, args[TCG_GUARD_ARGS] = { 0 };
        bool fails;

        for (unsigned n = 0; n < nb_args; n++) {
            args[n] = get(&element, &in[op->guard.first_arg + n], i);
        }
        if (kind == TCG_GUARD_ORDERED) {
            fails = narrow ? nan_float(args[0]) || (nb_args > 1 && nan_float(args[1]))
                           : nan_double(args[0]) || (nb_args > 1 && nan_double(args[1]));
        } else {
            fails = tcg_guard_fails(&scalar, v);
        }
        if (fails && !(v[1] << (narrow ? 33 : 1)) && kind == TCG_GUARD_NORMAL) {
            if (op->guard.imm & TCG_GUARD_WIDE_ARGUMENT) {
                fails = in[op->guard.first_arg].half[i] << 1 != 0;
            } else {
                fails = !is_exact_zero(op, args, nb_args);
            }
        }
        if (fails) {
            return true;
        }
    }
    return false;
}

COMPUTE(fbits) { out->half[0] = in[0].half[0]; }
COMPUTE(ffrombits) { out->half[0] = in[0].half[0]; }
COMPUTE(flow) { out->half[0] = in[0].half[0]; }

COMPUTE(vsetlow)
{
    *out = in[0];
    set(op, out, 0, in[1].half[0]);
}


#define ROW(name) [OP_##name] = compute_##name

static void (*const computes[NB_OPS])(const TCGOp *op, const TCGVector *in, TCGVector *out) = {
    ROW(vand), ROW(vor), ROW(vxor), ROW(vandc), ROW(vbitsel), ROW(vtbl), ROW(vadd), ROW(vsub),
    ROW(vmul), ROW(vssadd), ROW(vusadd), ROW(vsssub), ROW(vussub), ROW(vsmin), ROW(vsmax),
    ROW(vumin), ROW(vumax), ROW(vcmpeq), ROW(vcmpgt), ROW(vshli), ROW(vshri), ROW(vsari),
    ROW(vshlv), ROW(vshrv), ROW(vsarv), ROW(vzipl), ROW(vziph), ROW(vdup), ROW(vextract),
    ROW(vinsert), ROW(vconcat), ROW(vfadd), ROW(vfsub), ROW(vfmul), ROW(vfdiv), ROW(fadd),
    ROW(fsub), ROW(fmul), ROW(fdiv), ROW(fsqrt), ROW(fma), ROW(fcmp), ROW(fcvt), ROW(fcvt_int),
    ROW(fneg), ROW(fabs), ROW(fcmp3), ROW(fnarrow),
    ROW(fround), ROW(ftrunc), ROW(fbits), ROW(ffrombits),
    ROW(flow), ROW(vsetlow), ROW(vlow), ROW(vlow_int), ROW(vfmin), ROW(vfmax), ROW(vfcmp),
    ROW(vfsqrt), ROW(vfround), ROW(vfma), ROW(vfcvt_int), ROW(vftrunc), ROW(vfwiden),
    ROW(vdup_lane), ROW(vunzip), ROW(vlow_cvt), ROW(vfnarrow), ROW(vfneg), ROW(vfabs),
};

void tcg_op_compute_vector(const TCGOp *op, const TCGVector *in, TCGVector *out)
{
    *out = (TCGVector){ 0 };
    computes[op->opc](op, in, out);
    if (type_size(op->type) <= 8) {
        out->half[1] = 0;
    }
    if (type_size(op->type) == 4) {
        out->half[0] = (uint32_t)out->half[0];
    }
}
