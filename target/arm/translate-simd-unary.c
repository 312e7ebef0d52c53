/*
 * Arm translator: Advanced SIMD, what takes one register: element by element, across lanes, scalar
 * pairs, shifts by a constant.
 *
 * Reference: DDI 0487, C4.1.96 (encodings), C7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/translate-simd.h"

/* ---- Two registers ---- */

/* The lane's m is a constant 0, for comparisons with that. */
static bool gen_two(const arg_ABS_V *a, unsigned sizes, unsigned shape, ARMLane *fn)
{
    return has_vector(sizes, a->size, a->q || shape != ARM_SHAPE_SAME) &&
           gen_lanes(fn, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = a->size, .q = a->q,
                                        .shape = shape, .source = ARM_OPERAND_CONSTANT });
}

static bool gen_two_scalar(const arg_ABS_S *a, unsigned sizes, unsigned shape, ARMLane *fn)
{
    return (sizes >> a->size & 1) &&
           gen_lanes(fn, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = a->size, .scalar = true,
                                        .shape = shape, .source = ARM_OPERAND_CONSTANT });
}

#define TWO(name, lane, shape, sizes)                                                              \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return gen_two(a, sizes, shape, arm_lane_##lane);                                          \
    }
#define TWO_SCALAR(name, lane, shape, sizes)                                                       \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return gen_two_scalar(a, sizes, shape, arm_lane_##lane);                                   \
    }
#define TWO_BOTH(name, lane, shape, sizes, scalar_sizes)                                           \
    TWO(name, lane, shape, sizes)                                                                  \
    TWO_SCALAR(name, lane, shape, scalar_sizes)

/* Comparisons with zero, and what else the IR has. */
#define TWO_INLINE(name, lane, sizes, emit)                                                        \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        TCGv_vec n = cpu_vreg[a->vn], t = new_vector();                                            \
                                                                                                   \
        if (!has_vector(sizes, a->size, a->q)) {                                                   \
            return false;                                                                          \
        }                                                                                          \
        emit;                                                                                      \
        write_vector(a->vd, t, a->q);                                                              \
        return true;                                                                               \
    }                                                                                              \
    TWO_SCALAR(name, lane, ARM_SHAPE_SAME, D)
#define ZERO tcg_constant_v128(0, 0)
TWO_INLINE(CMGT0, cmgt, BHSD, tcg_gen_cmp_vec(TCG_COND_GT, a->size, t, n, ZERO))
TWO_INLINE(CMGE0, cmge, BHSD, tcg_gen_cmp_vec(TCG_COND_GE, a->size, t, n, ZERO))
TWO_INLINE(CMEQ0, cmeq, BHSD, tcg_gen_cmp_vec(TCG_COND_EQ, a->size, t, n, ZERO))
TWO_INLINE(CMLE0, cmle, BHSD, tcg_gen_cmp_vec(TCG_COND_LE, a->size, t, n, ZERO))
TWO_INLINE(CMLT0, cmlt, BHSD, tcg_gen_cmp_vec(TCG_COND_LT, a->size, t, n, ZERO))
TWO_INLINE(ABS, abs, BHSD, tcg_gen_abs_vec(a->size, t, n))
TWO_INLINE(NEG, neg, BHSD, tcg_gen_neg_vec(a->size, t, n))

TWO(SADDLP, saddlp, ARM_SHAPE_ADJACENT, BHS)
TWO(UADDLP, uaddlp, ARM_SHAPE_ADJACENT, BHS)
TWO(SADALP, sadalp, ARM_SHAPE_ADJACENT, BHS)
TWO(UADALP, uadalp, ARM_SHAPE_ADJACENT, BHS)
TWO_BOTH(SUQADD, suqadd, ARM_SHAPE_SAME, BHSD, BHSD)
TWO_BOTH(USQADD, usqadd, ARM_SHAPE_SAME, BHSD, BHSD)
TWO(CLS, cls, ARM_SHAPE_SAME, BHS)
TWO(CLZ, clz, ARM_SHAPE_SAME, BHS)
TWO(CNT, cnt, ARM_SHAPE_SAME, B)
TWO_BOTH(SQABS, sqabs, ARM_SHAPE_SAME, BHSD, BHSD)
TWO_BOTH(SQNEG, sqneg, ARM_SHAPE_SAME, BHSD, BHSD)
TWO(XTN, xtn, ARM_SHAPE_NARROW, BHS)
TWO_BOTH(SQXTUN, sqxtun, ARM_SHAPE_NARROW, BHS, BHS)
TWO(SHLL, shll, ARM_SHAPE_LONG, BHS)
TWO_BOTH(SQXTN, sqxtn, ARM_SHAPE_NARROW, BHS, BHS)
TWO_BOTH(UQXTN, uqxtn, ARM_SHAPE_NARROW, BHS, BHS)

bool a64_RBIT_V(DisasContext *ctx, const arg_RBIT_V *a)
{
    return gen_lanes(arm_lane_rbit,
                     (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = MO_8, .q = a->q });
}

#define REVERSE(name, container)                                                                   \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        if (a->size >= (container)) {                                                              \
            return false;                                                                          \
        }                                                                                          \
        write_vector(a->vd, arm_gen_reverse(a->size, container, cpu_vreg[a->vn]), a->q);           \
        return true;                                                                               \
    }
REVERSE(REV64, MO_64)
REVERSE(REV32, MO_32)
REVERSE(REV16, MO_16)

/* sz: the float's, or the wide float's of the two. */
static bool gen_float_one(DisasContext *ctx, unsigned vd, unsigned vn, MemOp size, bool q,
                          ARMLane *fn)
{
    return (size < MO_64 || q) &&
           gen_float_lanes(ctx, fn, (ARMLaneDesc){ .vd = vd, .vn = vn, .size = size, .q = q,
                                                   .source = ARM_OPERAND_CONSTANT });
}

static bool gen_float_two(DisasContext *ctx, const arg_FABS_V *a, ARMLane *fn)
{
    return gen_float_one(ctx, a->vd, a->vn, MO_32 + a->sz, a->q, fn);
}

#define FLOAT_TWO_WHOLE(name, lane)                                                                \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return gen_float_two(ctx, a, arm_lane_##lane);                                             \
    }
/* _H, _HS: of halves, too */
#define FLOAT_TWO(name, lane)                                                                      \
    FLOAT_TWO_WHOLE(name, lane)                                                                    \
    bool a64_##name##_H(DisasContext *ctx, const arg_##name##_H *a)                                \
    {                                                                                              \
        return gen_float_one(ctx, a->vd, a->vn, MO_16, a->q, arm_lane_##lane);                     \
    }
#define FLOAT_TWO_SCALAR(name, lane)                                                               \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return gen_float_lanes(ctx, arm_lane_##lane,                                               \
                               (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = MO_32 + a->sz,     \
                                              .scalar = true, .source = ARM_OPERAND_CONSTANT });   \
    }                                                                                              \
    bool a64_##name##_HS(DisasContext *ctx, const arg_##name##_HS *a)                              \
    {                                                                                              \
        return gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = MO_16,  \
                                                         .scalar = true,                           \
                                                         .source = ARM_OPERAND_CONSTANT });        \
    }
#define FLOAT_TWO_BOTH(name, lane)                                                                 \
    FLOAT_TWO(name, lane)                                                                          \
    FLOAT_TWO_SCALAR(name, lane)
FLOAT_TWO(FRINTN, frintn)
FLOAT_TWO(FRINTM, frintm)
FLOAT_TWO(FRINTP, frintp)
FLOAT_TWO(FRINTZ, frintz)
FLOAT_TWO(FRINTA, frinta)
FLOAT_TWO(FRINTX, frintx)
FLOAT_TWO(FRINTI, frinti)
FLOAT_TWO(FABS, fabs)
FLOAT_TWO(FNEG, fneg)
FLOAT_TWO(FSQRT, fsqrt)
FLOAT_TWO_BOTH(FCVTNS, fcvtns)
FLOAT_TWO_BOTH(FCVTMS, fcvtms)
FLOAT_TWO_BOTH(FCVTPS, fcvtps)
FLOAT_TWO_BOTH(FCVTZS, fcvtzs)
FLOAT_TWO_BOTH(FCVTAS, fcvtas)
FLOAT_TWO_BOTH(FCVTNU, fcvtnu)
FLOAT_TWO_BOTH(FCVTMU, fcvtmu)
FLOAT_TWO_BOTH(FCVTPU, fcvtpu)
FLOAT_TWO_BOTH(FCVTZU, fcvtzu)
FLOAT_TWO_BOTH(FCVTAU, fcvtau)
FLOAT_TWO_BOTH(SCVTF, scvtf)
FLOAT_TWO_BOTH(UCVTF, ucvtf)
FLOAT_TWO_BOTH(FCMGT0, fcmgt)
FLOAT_TWO_BOTH(FCMEQ0, fcmeq)
FLOAT_TWO_BOTH(FCMLT0, fcmlt)
FLOAT_TWO_BOTH(FCMGE0, fcmge)
FLOAT_TWO_BOTH(FCMLE0, fcmle)
FLOAT_TWO_BOTH(FRECPE, frecpe)
FLOAT_TWO_BOTH(FRSQRTE, frsqrte)
FLOAT_TWO_SCALAR(FRECPX, frecpx)
FLOAT_TWO_WHOLE(FRINT32Z, frint32z)
FLOAT_TWO_WHOLE(FRINT32X, frint32x)
FLOAT_TWO_WHOLE(FRINT64Z, frint64z)
FLOAT_TWO_WHOLE(FRINT64X, frint64x)

/* Of words only. */
#define ESTIMATE(name, lane)                                                                       \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return !a->sz && gen_float_two(ctx, a, arm_lane_##lane);                                   \
    }
ESTIMATE(URECPE, urecpe)
ESTIMATE(URSQRTE, ursqrte)

static bool gen_float_size(DisasContext *ctx, unsigned vd, unsigned vn, unsigned size, bool q,
                           bool scalar, unsigned shape, ARMLane *fn)
{
    return gen_float_lanes(ctx, fn, (ARMLaneDesc){ .vd = vd, .vn = vn, .size = size, .q = q,
                                                   .scalar = scalar, .shape = shape,
                                                   .source = ARM_OPERAND_CONSTANT });
}

bool a64_FCVTN_V(DisasContext *ctx, const arg_FCVTN_V *a)
{
    return gen_float_size(ctx, a->vd, a->vn, MO_16 + a->sz, a->q, false, ARM_SHAPE_NARROW,
                          arm_lane_fcvtn);
}

bool a64_BFCVTN_V(DisasContext *ctx, const arg_BFCVTN_V *a)
{
    return gen_float_size(ctx, a->vd, a->vn, MO_16, a->q, false, ARM_SHAPE_NARROW, arm_lane_bfcvt);
}

bool a64_FCVTL_V(DisasContext *ctx, const arg_FCVTL_V *a)
{
    return gen_float_size(ctx, a->vd, a->vn, MO_16 + a->sz, a->q, false, ARM_SHAPE_LONG,
                          arm_lane_fcvtl);
}

bool a64_FCVTXN_V(DisasContext *ctx, const arg_FCVTXN_V *a)
{
    return a->sz &&
           gen_float_size(ctx, a->vd, a->vn, MO_32, a->q, false, ARM_SHAPE_NARROW, arm_lane_fcvtxn);
}

bool a64_FCVTXN_S(DisasContext *ctx, const arg_FCVTXN_S *a)
{
    return a->sz &&
           gen_float_size(ctx, a->vd, a->vn, MO_32, false, true, ARM_SHAPE_NARROW, arm_lane_fcvtxn);
}

/* ---- Across lanes, scalar pairs ---- */

/* No words of half a register, no doublewords. */
#define ACROSS(name, lane, shape_)                                                                 \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return a->size < MO_64 && (a->size < MO_32 || a->q) &&                                     \
               gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn,                 \
                                                         .size = a->size, .q = a->q,               \
                                                         .shape = shape_ });                       \
    }
ACROSS(SADDLV, saddlv, ARM_SHAPE_ACROSS_LONG)
ACROSS(UADDLV, uaddlv, ARM_SHAPE_ACROSS_LONG)
ACROSS(SMAXV, smax, ARM_SHAPE_ACROSS)
ACROSS(UMAXV, umax, ARM_SHAPE_ACROSS)
ACROSS(SMINV, smin, ARM_SHAPE_ACROSS)
ACROSS(UMINV, umin, ARM_SHAPE_ACROSS)
ACROSS(ADDV, add, ARM_SHAPE_ACROSS)

#define FLOAT_ACROSS(name, lane)                                                                   \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return a->q && !a->sz &&                                                                   \
               gen_float_lanes(ctx, arm_lane_##lane,                                               \
                               (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = MO_32, .q = true,  \
                                              .shape = ARM_SHAPE_ACROSS });                        \
    }                                                                                              \
    bool a64_##name##_H(DisasContext *ctx, const arg_##name##_H *a)                                \
    {                                                                                              \
        return gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = MO_16,  \
                                                         .q = a->q, .shape = ARM_SHAPE_ACROSS });  \
    }
FLOAT_ACROSS(FMAXNMV, fmaxnm)
FLOAT_ACROSS(FMINNMV, fminnm)
FLOAT_ACROSS(FMAXV, fmax)
FLOAT_ACROSS(FMINV, fmin)

bool a64_ADDP_S(DisasContext *ctx, const arg_ADDP_S *a)
{
    return a->size == MO_64 &&
           gen_lanes(arm_lane_add, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = MO_64,
                                                  .scalar = true, .shape = ARM_SHAPE_PAIRS });
}

#define FLOAT_PAIR(name, lane)                                                                     \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return gen_float_lanes(ctx, arm_lane_##lane,                                               \
                               (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = MO_32 + a->sz,     \
                                              .scalar = true, .shape = ARM_SHAPE_PAIRS });         \
    }                                                                                              \
    bool a64_##name##_HS(DisasContext *ctx, const arg_##name##_HS *a)                              \
    {                                                                                              \
        return gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = MO_16,  \
                                                         .scalar = true,                           \
                                                         .shape = ARM_SHAPE_PAIRS });              \
    }
FLOAT_PAIR(FMAXNMP, fmaxnm)
FLOAT_PAIR(FMINNMP, fminnm)
FLOAT_PAIR(FADDP, fadd)
FLOAT_PAIR(FMAXP, fmax)
FLOAT_PAIR(FMINP, fmin)

/* ---- Shifts by a constant ---- */

enum { RIGHT = 1, NARROW = 2, LONG = 4, SCALAR = 8 };

/* imm has the element's size as its highest bit; counts to the right count from twice that down. */
static bool decode_shift(unsigned imm, bool q, unsigned sizes, int how, ARMLaneDesc *desc)
{
    unsigned size, bits;

    if (imm < 8) {
        return false;
    }
    size = 28 - __builtin_clz(imm);
    bits = 8u << size;
    if (!(sizes >> size & 1) || (size == MO_64 && !q && !(how & SCALAR))) {
        return false;
    }
    desc->q = q;
    desc->scalar = how & SCALAR;
    desc->source = ARM_OPERAND_CONSTANT;
    desc->size = size;
    desc->operand = how & RIGHT ? 2 * bits - imm : imm - bits;
    desc->shape = how & NARROW ? ARM_SHAPE_NARROW : how & LONG ? ARM_SHAPE_LONG : ARM_SHAPE_SAME;
    return true;
}

static bool gen_shift(unsigned imm, unsigned vd, unsigned vn, bool q, unsigned sizes, int how,
                      ARMLane *fn)
{
    ARMLaneDesc desc = { .vd = vd, .vn = vn };

    return decode_shift(imm, q, sizes, how, &desc) && gen_lanes(fn, desc);
}

#define SHIFT(name, lane, sizes, how)                                                              \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return gen_shift(a->imm, a->vd, a->vn, a->q, sizes, how, arm_lane_##lane);                 \
    }
#define SHIFT_SCALAR(name, lane, sizes, how)                                                       \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return gen_shift(a->imm, a->vd, a->vn, false, sizes, (how) | SCALAR, arm_lane_##lane);     \
    }
#define SHIFT_BOTH(name, lane, sizes, scalar_sizes, how)                                           \
    SHIFT(name, lane, sizes, how)                                                                  \
    SHIFT_SCALAR(name, lane, scalar_sizes, how)

/* Those that the IR has, where the count is below the width. */
static bool gen_shift_inline(const arg_SHL_V *a, int how,
                             void (*op)(unsigned vece, TCGv_vec ret, TCGv_vec v, unsigned count))
{
    unsigned size = a->imm < 8 ? 0 : 28 - __builtin_clz(a->imm), bits = 8u << size;
    unsigned count = how & RIGHT ? 2 * bits - a->imm : a->imm - bits;
    TCGv_vec t;

    if (a->imm < 8 || (size == MO_64 && !a->q) || count >= bits) {
        return false;
    }
    t = new_vector();
    op(size, t, cpu_vreg[a->vn], count);
    write_vector(a->vd, t, a->q);
    return true;
}

#define SHIFT_INLINE(name, lane, op, how)                                                          \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return gen_shift_inline(a, how, op) ||                                                     \
               gen_shift(a->imm, a->vd, a->vn, a->q, BHSD, how, arm_lane_##lane);                  \
    }                                                                                              \
    SHIFT_SCALAR(name, lane, D, how)
SHIFT_INLINE(SSHR, sshr, tcg_gen_sari_vec, RIGHT)
SHIFT_INLINE(USHR, ushr, tcg_gen_shri_vec, RIGHT)
SHIFT_INLINE(SHL, shl, tcg_gen_shli_vec, 0)
SHIFT_BOTH(SSRA, ssra, BHSD, D, RIGHT)
SHIFT_BOTH(USRA, usra, BHSD, D, RIGHT)
SHIFT_BOTH(SRSHR, srshr, BHSD, D, RIGHT)
SHIFT_BOTH(URSHR, urshr, BHSD, D, RIGHT)
SHIFT_BOTH(SRSRA, srsra, BHSD, D, RIGHT)
SHIFT_BOTH(URSRA, ursra, BHSD, D, RIGHT)
SHIFT_BOTH(SRI, sri, BHSD, D, RIGHT)
SHIFT_BOTH(SLI, sli, BHSD, D, 0)
SHIFT_BOTH(SQSHLU, sqshlu, BHSD, BHSD, 0)
SHIFT_BOTH(SQSHL_I, sqshl_i, BHSD, BHSD, 0)
SHIFT_BOTH(UQSHL_I, uqshl_i, BHSD, BHSD, 0)
SHIFT(SHRN, shrn, BHS, RIGHT | NARROW)
SHIFT(RSHRN, rshrn, BHS, RIGHT | NARROW)
SHIFT_BOTH(SQSHRUN, sqshrun, BHS, BHS, RIGHT | NARROW)
SHIFT_BOTH(SQRSHRUN, sqrshrun, BHS, BHS, RIGHT | NARROW)
SHIFT_BOTH(SQSHRN, sqshrn, BHS, BHS, RIGHT | NARROW)
SHIFT_BOTH(UQSHRN, uqshrn, BHS, BHS, RIGHT | NARROW)
SHIFT_BOTH(SQRSHRN, sqrshrn, BHS, BHS, RIGHT | NARROW)
SHIFT_BOTH(UQRSHRN, uqrshrn, BHS, BHS, RIGHT | NARROW)
SHIFT(SSHLL, sshll, BHS, LONG)
SHIFT(USHLL, ushll, BHS, LONG)

/* Between integers and floats, with a point among the integer's bits. */
static bool gen_fixed_point(DisasContext *ctx, unsigned imm, unsigned vd, unsigned vn, bool q,
                            int how, ARMLane *fn)
{
    ARMLaneDesc desc = { .vd = vd, .vn = vn };

    return decode_shift(imm, q, a64_float_sizes(ctx), how, &desc) && gen_float_lanes(ctx, fn, desc);
}

#define FIXED_POINT(name, lane)                                                                    \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return gen_fixed_point(ctx, a->imm, a->vd, a->vn, a->q, RIGHT, arm_lane_##lane);           \
    }                                                                                              \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return gen_fixed_point(ctx, a->imm, a->vd, a->vn, false, RIGHT | SCALAR, arm_lane_##lane); \
    }
FIXED_POINT(SCVTF_I, scvtf)
FIXED_POINT(UCVTF_I, ucvtf)
FIXED_POINT(FCVTZS_I, fcvtzs)
FIXED_POINT(FCVTZU_I, fcvtzu)
