/*
 * Arm translator: floating point by the host's operations, where FPCR and FPSR.IXC allow it
 * (ARM_HF_FP_INLINE).
 *
 * A lane's function (vector.h) has a row here if packed operations of the host give the same for
 * ordinary numbers. What their results, or operands, look like if they aren't, is the row's guard:
 * then the lanes' function computes the instruction again, with all flags. Scalars are the lowest
 * elements of vectors, for which the host has instructions that leave the others alone.
 *
 * What is ordinary: a sum that is finite has no flag but IXC, as denormal ones are exact; nor has
 * anything away from both ends of the exponent's range. A product that is zero without a factor
 * being zero has become too small. A root is never too small or too large.
 *
 * Reference: DDI 0487, C7.2; J1.3, "shared/functions/float".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/translate-float.h"
#include "target/arm/translate-lanes.h"

/* ---- The helper ---- */

typedef struct FloatGuard {
    TCGVectorGuard base;
    ARMLane *fn;
    uint8_t from, to, lanes; /* elements of 8 << from bits become ones of 8 << to */
} FloatGuard;

static uint64_t element(const JitVector *v, unsigned size, unsigned n)
{
    return size == MO_64 ? v->half[n] : ((const uint32_t *)v)[n];
}

/* n, m and d of the lanes that count. */
static void compute_lanes(CPUARMState *env, JitVector *args, const TCGVectorGuard *base)
{
    const FloatGuard *g = container_of(base, FloatGuard, base);
    JitVector result = { { 0 } };

    for (unsigned i = 0; i < g->lanes; i++) {
        uint64_t lane = g->fn(env, element(&args[0], g->from, i), element(&args[1], g->from, i),
                              element(&args[2], g->to, i), MIN(g->from, g->to));

        if (g->to == MO_64) {
            result.half[i] = lane;
        } else {
            ((uint32_t *)&result)[i] = lane;
        }
    }
    args[0] = result;
}

/* ---- What lanes compute ---- */

/* Elements of 8 << vece bits, or the lowest one alone; ret is none of the operands. */
typedef struct Floats {
    unsigned vece;
    bool lowest;
    TCGv_vec ret, n, m, d;
    unsigned count; /* constant operand */
} Floats;

static TCGv_vec new_vector(void)
{
    return tcg_temp_new_vec(TCG_TYPE_V128);
}

static TCGv_vec constant(unsigned vece, uint64_t element)
{
    return tcg_constant_vec(TCG_TYPE_V128, vece, element);
}

static TCGv_vec number(const Floats *x, double value)
{
    float narrow = value;
    uint32_t word;
    uint64_t doubleword;

    memcpy(&word, &narrow, sizeof(word));
    memcpy(&doubleword, &value, sizeof(doubleword));
    return constant(x->vece, x->vece == MO_64 ? doubleword : word);
}

static TCGv_vec sign_bits(const Floats *x)
{
    return constant(x->vece, 1ull << ((8u << x->vece) - 1));
}

#define EMIT(name) static void emit_##name(const Floats *x)

#define BINARY(name)                                                                               \
    EMIT(f##name)                                                                                  \
    {                                                                                              \
        tcg_gen_packed_##name(x->vece, x->lowest, x->ret, x->n, x->m);                             \
    }
BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)

EMIT(fsqrt)
{
    tcg_gen_packed_sqrt(x->vece, x->lowest, x->ret, x->n);
}

/* The host's gives the second of two zeros: both ways they have both signs. */
EMIT(fmax)
{
    TCGv_vec t = new_vector();

    tcg_gen_packed_max(x->vece, x->lowest, t, x->n, x->m);
    tcg_gen_packed_max(x->vece, x->lowest, x->ret, x->m, x->n);
    tcg_gen_and_vec(x->ret, x->ret, t);
}

EMIT(fmin)
{
    TCGv_vec t = new_vector();

    tcg_gen_packed_min(x->vece, x->lowest, t, x->n, x->m);
    tcg_gen_packed_min(x->vece, x->lowest, x->ret, x->m, x->n);
    tcg_gen_or_vec(x->ret, x->ret, t);
}

#define FUSED(name, negate)                                                                        \
    EMIT(name)                                                                                     \
    {                                                                                              \
        tcg_gen_packed_muladd(x->vece, x->lowest, x->ret, x->m, x->n, x->d, negate);               \
    }
FUSED(fmla, 0)
FUSED(fmls, TCG_NEGATE_PRODUCT)
FUSED(fnmla, TCG_NEGATE_PRODUCT | TCG_NEGATE_ADDEND)
FUSED(fnmls, TCG_NEGATE_ADDEND)

/* 2 - n * m; (3 - n * m) / 2: d is the number. */
EMIT(frsqrts)
{
    emit_fmls(x);
    tcg_gen_packed_mul(x->vece, x->lowest, x->ret, x->ret, number(x, 0.5));
}

#define COMPARISON(name, cond, a, b)                                                               \
    EMIT(name)                                                                                     \
    {                                                                                              \
        tcg_gen_packed_cmp(TCG_FCOND_##cond, x->vece, x->lowest, x->ret, a, b);                    \
    }
COMPARISON(fcmeq, EQ, x->n, x->m)
COMPARISON(fcmge, LE, x->m, x->n)
COMPARISON(fcmgt, LT, x->m, x->n)
COMPARISON(fcmle, LE, x->n, x->m)
COMPARISON(fcmlt, LT, x->n, x->m)

static void compare_magnitudes(const Floats *x, TCGFloatCond cond)
{
    TCGv_vec n = new_vector(), m = new_vector();

    tcg_gen_packed_abs(x->vece, n, x->n);
    tcg_gen_packed_abs(x->vece, m, x->m);
    tcg_gen_packed_cmp(cond, x->vece, x->lowest, x->ret, m, n);
}

EMIT(facge)
{
    compare_magnitudes(x, TCG_FCOND_LE);
}

EMIT(facgt)
{
    compare_magnitudes(x, TCG_FCOND_LT);
}

/* ---- Integers ---- */

/*
 * To integers. Away from zero: what lies between the largest number below a half and a half itself
 * doesn't exist, so with that added everything from a half on, and nothing else, gets across.
 */
static void round_to_integral(const Floats *x, TCGv_vec ret, TCGv_vec v, ARMRounding rounding)
{
    static const uint8_t modes[] = {
        [ARM_ROUND_NEAREST] = TCG_ROUND_NEAREST, [ARM_ROUND_UP] = TCG_ROUND_UP,
        [ARM_ROUND_DOWN] = TCG_ROUND_DOWN,       [ARM_ROUND_ZERO] = TCG_ROUND_ZERO,
        [ARM_ROUND_AWAY] = TCG_ROUND_ZERO,
    };

    if (rounding == ARM_ROUND_AWAY) {
        TCGv_vec half = new_vector(), t = new_vector();

        tcg_gen_and_vec(half, v, sign_bits(x));
        tcg_gen_or_vec(half, half,
                       constant(x->vece, x->vece == MO_64 ? 0x3fdfffffffffffff : 0x3effffff));
        tcg_gen_packed_add(x->vece, x->lowest, t, v, half);
        v = t;
    }
    tcg_gen_packed_round(modes[rounding], x->vece, x->lowest, ret, v);
}

#define ROUND(name, rounding)                                                                      \
    EMIT(frint##name)                                                                              \
    {                                                                                              \
        round_to_integral(x, x->ret, x->n, rounding);                                              \
    }
ROUND(n, ARM_ROUND_NEAREST)
ROUND(p, ARM_ROUND_UP)
ROUND(m, ARM_ROUND_DOWN)
ROUND(z, ARM_ROUND_ZERO)
ROUND(a, ARM_ROUND_AWAY)

static TCGv_i64 doubleword_of(TCGv_vec v, unsigned n)
{
    TCGv_vec moved = v;
    TCGv_f64 f = tcg_temp_new_f64();
    TCGv_i64 t = tcg_temp_new_i64();

    if (n) {
        moved = new_vector();
        tcg_gen_dup_lane_vec(MO_64, moved, v, n);
    }
    tcg_gen_low_f64(f, moved);
    tcg_gen_trunc_f64_i64(t, f);
    return t;
}

/* With `count` bits behind the point, then cut off; what doesn't fit gives the smallest number. */
static void to_integers(const Floats *x, ARMRounding rounding)
{
    TCGv_vec v = x->n;

    if (x->count) {
        TCGv_vec t = new_vector();

        tcg_gen_packed_mul(x->vece, x->lowest, t, v,
                           number(x, (double)(1ull << (x->count - 1)) * 2));
        v = t;
    }
    if (rounding != ARM_ROUND_ZERO) {
        TCGv_vec t = new_vector();

        round_to_integral(x, t, v, rounding);
        v = t;
    }
    if (x->vece == MO_32) {
        tcg_gen_packed_trunc_i32(x->ret, v);
    } else {
        tcg_gen_concat_i64_vec(x->ret, doubleword_of(v, 0),
                               x->lowest ? tcg_constant_i64(0) : doubleword_of(v, 1));
    }
}

#define TO_INTEGERS(name, rounding)                                                                \
    EMIT(fcvt##name)                                                                               \
    {                                                                                              \
        to_integers(x, rounding);                                                                  \
    }
TO_INTEGERS(n_integers, ARM_ROUND_NEAREST)
TO_INTEGERS(p, ARM_ROUND_UP)
TO_INTEGERS(m, ARM_ROUND_DOWN)
TO_INTEGERS(z, ARM_ROUND_ZERO)
TO_INTEGERS(a, ARM_ROUND_AWAY)

/* Behind the point: exact, as no result is near the exponent's end. */
static void scale_down(const Floats *x)
{
    if (x->count) {
        double unit = 0.5 / (double)(1ull << (x->count - 1));

        tcg_gen_packed_mul(x->vece, x->lowest, x->ret, x->ret, number(x, unit));
    }
}

/*
 * A doubleword as two doubles, whose lower 32 bits of fraction are each half of it: 2^52 + low, and
 * 2^84 + high * 2^32, where a signed number has been made unsigned by adding 2^63. The difference of
 * the upper one and what was added is exact, so that the sum is rounded once.
 */
static void from_doublewords(const Floats *x, bool is_signed)
{
    TCGv_vec low = new_vector(), high = new_vector();

    tcg_gen_and_vec(low, x->n, constant(MO_64, UINT32_MAX));
    tcg_gen_or_vec(low, low, constant(MO_64, 0x4330000000000000));
    tcg_gen_shri_vec(MO_64, high, x->n, 32);
    tcg_gen_xor_vec(high, high, constant(MO_64, is_signed ? 0x4530000080000000
                                                          : 0x4530000000000000));
    tcg_gen_packed_sub(MO_64, x->lowest, high, high,
                       number(x, is_signed ? 0x1p84 + 0x1p63 + 0x1p52 : 0x1p84 + 0x1p52));
    tcg_gen_packed_add(MO_64, x->lowest, x->ret, high, low);
}

EMIT(scvtf)
{
    if (x->vece == MO_32) {
        tcg_gen_packed_cvt_i32(MO_32, x->ret, x->n);
    } else if (x->lowest) {
        TCGv_i64 t = tcg_temp_new_i64();

        tcg_gen_extract_vec(MO_64, t, x->n, 0);
        tcg_gen_packed_cvt_i64(MO_64, x->ret, t);
    } else {
        from_doublewords(x, true);
    }
    scale_down(x);
}

/* The halves of a word are exact, and so is the upper one's product: one rounding. */
EMIT(ucvtf)
{
    if (x->vece == MO_32) {
        TCGv_vec low = new_vector(), high = new_vector();

        tcg_gen_and_vec(low, x->n, constant(MO_32, 0xffff));
        tcg_gen_shri_vec(MO_32, high, x->n, 16);
        tcg_gen_packed_cvt_i32(MO_32, low, low);
        tcg_gen_packed_cvt_i32(MO_32, high, high);
        tcg_gen_packed_mul(MO_32, false, high, high, number(x, 65536));
        tcg_gen_packed_add(MO_32, false, x->ret, high, low);
    } else {
        from_doublewords(x, false);
    }
    scale_down(x);
}

/* ---- Other precisions ---- */

EMIT(fcvtl)
{
    tcg_gen_packed_widen(x->ret, x->n);
}

EMIT(fcvtn)
{
    tcg_gen_packed_narrow(x->ret, x->n);
}

/* ---- Which function is which ---- */

enum {
    SUM = TCG_GUARD_FINITE,
    ROOT = TCG_GUARD_FINITE,
    PRODUCT = TCG_GUARD_NORMAL | TCG_GUARD_ZERO_OK,
    FUSED = TCG_GUARD_NORMAL | TCG_GUARD_ZERO_SUM_OK,
    NARROWED = TCG_GUARD_NORMAL | TCG_GUARD_ZERO_OK | TCG_GUARD_WIDE_ARGUMENT,
    NAN_RESULT = TCG_GUARD_NAN,
    NAN_OPERAND = TCG_GUARD_ORDERED,
    TOO_LARGE = TCG_GUARD_INT_MIN,
    NEGATIVE = TCG_GUARD_NEGATIVE,
    NO_GUARD = 0xff,
};

enum { N = 1, M = 2, D = 3 }; /* the last operand */
typedef enum Finish { AS_IT_IS, MAGNITUDE, NEGATED } Finish; /* behind the guard */

typedef struct FloatLane {
    ARMLane *fn;
    void (*emit)(const Floats *x);
    uint8_t guard, nb_args;
    Finish finish;
    bool fused;
    float addend; /* what d is, if not 0 */
    FloatGuard guards[7];
} FloatLane;

#define GUARD(fn, from, to, lanes) { { compute_lanes }, fn, from, to, lanes }
/* Of singles, of doubles; to doubles, to singles. */
#define GUARDS(fn)                                                                                 \
    {                                                                                              \
        GUARD(fn, MO_32, MO_32, 1), GUARD(fn, MO_32, MO_32, 2), GUARD(fn, MO_32, MO_32, 4),        \
            GUARD(fn, MO_64, MO_64, 1), GUARD(fn, MO_64, MO_64, 2), { { NULL } }, { { NULL } },    \
    }
#define CONVERSION_GUARDS(fn, from, to)                                                            \
    {                                                                                              \
        { { NULL } }, { { NULL } }, { { NULL } }, { { NULL } }, { { NULL } },                      \
            GUARD(fn, from, to, 1), GUARD(fn, from, to, 2),                                        \
    }
#define ROW(lane, what, guard_, last)                                                              \
    { .fn = arm_lane_##lane, .emit = emit_##what, .guard = guard_, .nb_args = last,                \
      .guards = GUARDS(arm_lane_##lane) }
#define FINISHED_ROW(lane, what, guard_, last, finish_, guarded)                                   \
    { .fn = arm_lane_##lane, .emit = emit_##what, .guard = guard_, .nb_args = last,                \
      .finish = finish_, .guards = GUARDS(arm_lane_##guarded) }
#define FUSED_ROW(lane, what, guard_, addend_)                                                     \
    { .fn = arm_lane_##lane, .emit = emit_##what, .guard = guard_, .nb_args = D, .fused = true,    \
      .addend = addend_, .guards = GUARDS(arm_lane_##lane) }
#define CONVERSION_ROW(lane, what, guard_, from, to)                                               \
    { .fn = arm_lane_##lane, .emit = emit_##what, .guard = guard_, .nb_args = N,                   \
      .guards = CONVERSION_GUARDS(arm_lane_##lane, from, to) }

static const FloatLane float_lanes[] = {
    ROW(fadd, fadd, SUM, M),
    ROW(fsub, fsub, SUM, M),
    ROW(fmul, fmul, PRODUCT, M),
    ROW(fmulx, fmul, PRODUCT, M),
    ROW(fdiv, fdiv, PRODUCT, M),
    ROW(fsqrt, fsqrt, ROOT, N),
    FINISHED_ROW(fabd, fsub, SUM, M, MAGNITUDE, fabd),
    FINISHED_ROW(fnmul, fmul, PRODUCT, M, NEGATED, fmul),
    FUSED_ROW(fmla, fmla, FUSED, 0),
    FUSED_ROW(fmls, fmls, FUSED, 0),
    FUSED_ROW(fnmla, fnmla, FUSED, 0),
    FUSED_ROW(fnmls, fnmls, FUSED, 0),
    FUSED_ROW(frecps, fmls, FUSED, 2),
    FUSED_ROW(frsqrts, frsqrts, FUSED, 3),
    ROW(fmax, fmax, NAN_OPERAND, M),
    ROW(fmin, fmin, NAN_OPERAND, M),
    ROW(fmaxnm, fmax, NAN_OPERAND, M),
    ROW(fminnm, fmin, NAN_OPERAND, M),
    ROW(fcmeq, fcmeq, NAN_OPERAND, M),
    ROW(fcmge, fcmge, NAN_OPERAND, M),
    ROW(fcmgt, fcmgt, NAN_OPERAND, M),
    ROW(fcmle, fcmle, NAN_OPERAND, M),
    ROW(fcmlt, fcmlt, NAN_OPERAND, M),
    ROW(facge, facge, NAN_OPERAND, M),
    ROW(facgt, facgt, NAN_OPERAND, M),
    ROW(frintn, frintn, NAN_RESULT, N),
    ROW(frintp, frintp, NAN_RESULT, N),
    ROW(frintm, frintm, NAN_RESULT, N),
    ROW(frintz, frintz, NAN_RESULT, N),
    ROW(frinta, frinta, NAN_RESULT, N),
    ROW(frintx, frintn, NAN_RESULT, N),
    ROW(frinti, frintn, NAN_RESULT, N),
    ROW(fcvtns, fcvtn_integers, TOO_LARGE, M),
    ROW(fcvtps, fcvtp, TOO_LARGE, M),
    ROW(fcvtms, fcvtm, TOO_LARGE, M),
    ROW(fcvtzs, fcvtz, TOO_LARGE, M),
    ROW(fcvtas, fcvta, TOO_LARGE, M),
    ROW(fcvtnu, fcvtn_integers, NEGATIVE, M),
    ROW(fcvtpu, fcvtp, NEGATIVE, M),
    ROW(fcvtmu, fcvtm, NEGATIVE, M),
    ROW(fcvtzu, fcvtz, NEGATIVE, M),
    ROW(fcvtau, fcvta, NEGATIVE, M),
    ROW(scvtf, scvtf, NO_GUARD, N),
    ROW(ucvtf, ucvtf, NO_GUARD, N),
    CONVERSION_ROW(fcvtl, fcvtl, NAN_RESULT, MO_32, MO_64),
    CONVERSION_ROW(fcvtn, fcvtn, NARROWED, MO_64, MO_32),
};

static const FloatLane *find_lane(ARMLane *fn)
{
    for (size_t i = 0; i < ARRAY_SIZE(float_lanes); i++) {
        if (float_lanes[i].fn == fn) {
            return !float_lanes[i].fused || tcg_has_packed_muladd() ? &float_lanes[i] : NULL;
        }
    }
    return NULL;
}

/* ---- An operation with its guard ---- */

static const FloatGuard *guard_of(const FloatLane *lane, unsigned from, unsigned to, unsigned lanes)
{
    for (size_t i = 0; i < ARRAY_SIZE(lane->guards); i++) {
        const FloatGuard *g = &lane->guards[i];

        if (g->fn && g->from == from && g->to == to && g->lanes == lanes) {
            return g;
        }
    }
    g_assert_not_reached();
}

/* Of `lanes` elements, from 8 << from bits to 8 << to. */
static void gen_guarded(const FloatLane *lane, Floats *x, unsigned from, unsigned to,
                        unsigned lanes)
{
    TCGv_vec args[TCG_GUARD_ARGS] = { x->n, lane->nb_args >= M ? x->m : NULL,
                                      lane->nb_args >= D ? x->d : NULL };

    x->ret = new_vector();
    lane->emit(x);
    if (lane->guard != NO_GUARD) {
        TCGv_vec t = new_vector();

        tcg_gen_guard_vec(lane->guard, to, lanes << to, t, x->ret,
                          &guard_of(lane, from, to, lanes)->base, args);
        x->ret = t;
    }
    if (lane->finish != AS_IT_IS) {
        TCGv_vec t = new_vector();

        (lane->finish == MAGNITUDE ? tcg_gen_packed_abs : tcg_gen_packed_neg)(to, t, x->ret);
        x->ret = t;
    }
}

/* ---- Shapes ---- */

static TCGv_vec unzipped(unsigned size, TCGv_vec low, TCGv_vec high, bool odd)
{
    TCGv_vec t = new_vector();

    if (size == MO_64) {
        return arm_gen_unzip(size, low, high, odd);
    }
    tcg_gen_unzip_words_vec(t, low, high, odd);
    return t;
}

static void gen_pairs(const FloatLane *lane, Floats *x, const ARMLaneDesc *desc, unsigned lanes)
{
    TCGv_vec low = x->n, high = desc->scalar ? x->n : x->m;

    if (!desc->q && !desc->scalar) {
        low = high = new_vector();
        tcg_gen_zipl_vec(MO_64, low, x->n, x->m);
    }
    x->n = unzipped(x->vece, low, high, false);
    x->m = unzipped(x->vece, low, high, true);
    gen_guarded(lane, x, x->vece, x->vece, lanes);
}

/* Four singles, by halves. */
static void gen_across(const FloatLane *lane, Floats *x)
{
    for (unsigned lanes = 2; lanes; lanes /= 2) {
        TCGv_vec whole = lanes == 2 ? x->n : x->ret;

        x->n = unzipped(x->vece, whole, whole, false);
        x->m = unzipped(x->vece, whole, whole, true);
        x->lowest = lanes == 1;
        gen_guarded(lane, x, x->vece, x->vece, lanes);
    }
    x->n = x->ret;
    x->ret = new_vector();
    tcg_gen_low_vec(x->vece, x->ret, x->n);
}

static TCGv_vec upper_half(TCGv_vec v)
{
    TCGv_vec t = new_vector();

    tcg_gen_dup_lane_vec(MO_64, t, v, 1);
    return t;
}

/* Singles to doubles and back. */
static void gen_conversion(const FloatLane *lane, Floats *x, const ARMLaneDesc *desc)
{
    bool longer = desc->shape == ARM_SHAPE_LONG;
    unsigned lanes = desc->scalar ? 1 : 2;

    if (longer && desc->q) {
        x->n = upper_half(x->n);
    }
    gen_guarded(lane, x, longer ? MO_32 : MO_64, longer ? MO_64 : MO_32, lanes);
    if (!longer && desc->q && !desc->scalar) {
        TCGv_vec lower = x->ret;

        x->ret = new_vector();
        tcg_gen_zipl_vec(MO_64, x->ret, x->d, lower);
    }
}

TCGv_vec arm_gen_float_inline(ARMLane *fn, const ARMLaneDesc *desc, TCGv_vec n, TCGv_vec m,
                              TCGv_vec d)
{
    const FloatLane *lane = desc->size < MO_32 ? NULL : find_lane(fn);
    Floats x = { desc->size, desc->scalar, NULL, n, m, d, desc->operand };
    unsigned lanes = desc->scalar ? 1 : (desc->q ? 16 : 8) >> desc->size;

    if (!lane) {
        return NULL;
    }
    if (lane->addend) {
        x.d = number(&x, (double)lane->addend);
    }
    if (desc->source == ARM_OPERAND_CONSTANT) {
        x.m = constant(desc->size, desc->operand);
    } else if (desc->source == ARM_OPERAND_ELEMENT) {
        x.m = new_vector();
        tcg_gen_dup_lane_vec(desc->size, x.m, m, desc->operand);
        x.count = 0;
    }
    switch (desc->shape) {
    case ARM_SHAPE_PAIRS:
        gen_pairs(lane, &x, desc, lanes);
        break;
    case ARM_SHAPE_ACROSS:
        gen_across(lane, &x);
        break;
    case ARM_SHAPE_LONG:
    case ARM_SHAPE_NARROW:
        gen_conversion(lane, &x, desc);
        break;
    default:
        gen_guarded(lane, &x, desc->size, desc->size, lanes);
    }
    return x.ret;
}

/* ---- Scalars as bits ---- */

static TCGv_vec as_vector(TCGv_i64 bits)
{
    TCGv_vec t = new_vector();

    if (!bits) {
        return NULL;
    }
    tcg_gen_concat_i64_vec(t, bits, tcg_constant_i64(0));
    return t;
}

TCGv_i64 arm_gen_inline_float(ARMLane *fn, unsigned size, TCGv_i64 a, TCGv_i64 b, TCGv_i64 c)
{
    const ARMLaneDesc desc = { .size = size, .scalar = true };
    TCGv_vec r = arm_gen_float_inline(fn, &desc, as_vector(a), as_vector(b), as_vector(c));
    TCGv_i64 t = tcg_temp_new_i64();

    if (!r) {
        return NULL;
    }
    tcg_gen_extract_vec(size, t, r, 0);
    return t;
}

/* ---- Results in general registers ---- */

#define HELP_ORDER(size, signaling)                                                                \
    static uint64_t help_order_##size##_##signaling(CPUARMState *env, uint64_t a, uint64_t b,      \
                                                    uint64_t c)                                    \
    {                                                                                              \
        return arm_fp_compare(env, MO_##size, a, b, signaling);                                    \
    }
HELP_ORDER(32, false)
HELP_ORDER(32, true)
HELP_ORDER(64, false)
HELP_ORDER(64, true)

TCGv_i64 arm_gen_float_order(unsigned size, TCGv_vec a, TCGv_vec b, bool signaling)
{
    TCGv_i64 order = tcg_temp_new_i64();
    TCGGuard guard = { .kind = TCG_GUARD_ORDERED, .narrow = size == MO_32 };

    if (size == MO_64) {
        TCGv_f64 x = tcg_temp_new_f64(), y = tcg_temp_new_f64();

        tcg_gen_low_f64(x, a);
        tcg_gen_low_f64(y, b);
        tcg_gen_cmp3_f64(order, x, y);
        guard.args[0] = x;
        guard.args[1] = y;
        guard.func = signaling ? help_order_64_true : help_order_64_false;
    } else {
        TCGv_f32 x = tcg_temp_new_f32(), y = tcg_temp_new_f32();

        tcg_gen_low_f32(x, a);
        tcg_gen_low_f32(y, b);
        tcg_gen_cmp3_f32(order, x, y);
        guard.args[0] = x;
        guard.args[1] = y;
        guard.func = signaling ? help_order_32_true : help_order_32_false;
    }
    tcg_gen_guard_i64(order, order, &guard);
    return order;
}

/* b: a word of vector.h's ARM_CONVERT_* */
static uint64_t help_to_int(CPUARMState *env, uint64_t a, uint64_t b, uint64_t c)
{
    return arm_fp_to_fixed(env, b & 3, a, b & ARM_CONVERT_WIDE ? 64 : 32, 0, b & ARM_CONVERT_SIGNED,
                           b >> ARM_CONVERT_ROUNDING_SHIFT & 7);
}

TCGv_i64 arm_gen_float_to_int(unsigned size, TCGv_vec v, bool wide, bool is_signed,
                              unsigned rounding)
{
    uint32_t desc = size | (wide ? ARM_CONVERT_WIDE : 0) | (is_signed ? ARM_CONVERT_SIGNED : 0) |
                    rounding << ARM_CONVERT_ROUNDING_SHIFT;
    TCGGuard guard = { .kind = is_signed ? TCG_GUARD_INT_MIN : TCG_GUARD_NEGATIVE, .narrow = !wide,
                       .func = help_to_int };
    const Floats x = { .vece = size, .lowest = true };
    TCGv_vec rounded = v;
    TCGv_f64 d = tcg_temp_new_f64();
    TCGv_f32 f = tcg_temp_new_f32();
    TCGv_i64 t = tcg_temp_new_i64();
    TCGv_i32 word = tcg_temp_new_i32();

    if (rounding != ARM_ROUND_ZERO) {
        rounded = new_vector();
        round_to_integral(&x, rounded, v, rounding);
    }
    if (size == MO_64) {
        tcg_gen_low_f64(d, rounded);
        wide ? tcg_gen_trunc_f64_i64(t, d) : tcg_gen_trunc_f64_i32(word, d);
    } else {
        tcg_gen_low_f32(f, rounded);
        wide ? tcg_gen_trunc_f32_i64(t, f) : tcg_gen_trunc_f32_i32(word, f);
    }
    guard.checked = wide ? (void *)t : (void *)word;
    guard.args[0] = v;
    guard.args[1] = tcg_constant_i32(desc);
    if (wide) {
        tcg_gen_guard_i64(t, t, &guard);
    } else {
        tcg_gen_guard_i32(word, word, &guard);
        tcg_gen_extu_i32_i64(t, word);
    }
    return t;
}
