/*
 * Arm translator: Advanced SIMD, what combines registers (of one kind, of different ones, with an
 * element).
 *
 * Reference: DDI 0487, C4.1.96 (encodings), C7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/translate-simd.h"

/* ---- Scalars ---- */

void a64_write_scalar(unsigned vd, TCGv_i64 value)
{
    tcg_gen_concat_i64_vec(cpu_vreg[vd], value, tcg_constant_i64(0));
}

TCGv_i64 a64_read_scalar(unsigned vn, unsigned size)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extract_vec(size, t, cpu_vreg[vn], 0);
    return t;
}

/* ---- Three registers of one kind ---- */

static bool gen_three(const arg_ADD_V *a, unsigned sizes, unsigned shape, ARMLane *fn, VectorOp *op)
{
    if (!has_vector(sizes, a->size, a->q)) {
        return false;
    }
    if (op) {
        TCGv_vec t = new_vector();

        op(a->size, t, cpu_vreg[a->vn], cpu_vreg[a->vm]);
        write_vector(a->vd, t, a->q);
        return true;
    }
    return gen_lanes(
        fn,
        (ARMLaneDesc){
            .vd = a->vd, .vn = a->vn, .vm = a->vm, .size = a->size, .q = a->q, .shape = shape });
}

static bool gen_three_scalar(const arg_ADD_S *a, unsigned sizes, ARMLane *fn)
{
    return (sizes >> a->size & 1) &&
           gen_lanes(fn, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .vm = a->vm, .size = a->size,
                                        .scalar = true });
}

#define THREE(name, lane, sizes, op)                                                               \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return gen_three(a, sizes, ARM_SHAPE_SAME, arm_lane_##lane, op);                           \
    }
#define THREE_PAIRS(name, lane, sizes)                                                             \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return gen_three(a, sizes, ARM_SHAPE_PAIRS, arm_lane_##lane, NULL);                        \
    }
#define THREE_SCALAR(name, lane, sizes)                                                            \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return gen_three_scalar(a, sizes, arm_lane_##lane);                                        \
    }

#define COMPARISON(name, condition)                                                                \
    static void gen_##name(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)                    \
    {                                                                                              \
        tcg_gen_cmp_vec(condition, vece, ret, a, b);                                               \
    }
COMPARISON(cmgt, TCG_COND_GT)
COMPARISON(cmhi, TCG_COND_GTU)
COMPARISON(cmge, TCG_COND_GE)
COMPARISON(cmhs, TCG_COND_GEU)
COMPARISON(cmeq, TCG_COND_EQ)

static void gen_cmtst(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    TCGv_vec t = new_vector();

    tcg_gen_and_vec(t, a, b);
    tcg_gen_cmp_vec(TCG_COND_EQ, vece, t, t, tcg_constant_v128(0, 0));
    tcg_gen_not_vec(ret, t);
}

THREE(SHADD, shadd, BHS, NULL)
THREE(UHADD, uhadd, BHS, NULL)
THREE(SQADD, sqadd, BHSD, NULL)
THREE(UQADD, uqadd, BHSD, NULL)
THREE(SRHADD, srhadd, BHS, NULL)
THREE(URHADD, urhadd, BHS, NULL)
THREE(SHSUB, shsub, BHS, NULL)
THREE(UHSUB, uhsub, BHS, NULL)
THREE(SQSUB, sqsub, BHSD, NULL)
THREE(UQSUB, uqsub, BHSD, NULL)
THREE(CMGT, cmgt, BHSD, gen_cmgt)
THREE(CMHI, cmhi, BHSD, gen_cmhi)
THREE(CMGE, cmge, BHSD, gen_cmge)
THREE(CMHS, cmhs, BHSD, gen_cmhs)
THREE(CMEQ, cmeq, BHSD, gen_cmeq)
THREE(CMTST, cmtst, BHSD, gen_cmtst)
THREE(SSHL, sshl, BHSD, NULL)
THREE(USHL, ushl, BHSD, NULL)
THREE(SQSHL, sqshl, BHSD, NULL)
THREE(UQSHL, uqshl, BHSD, NULL)
THREE(SRSHL, srshl, BHSD, NULL)
THREE(URSHL, urshl, BHSD, NULL)
THREE(SQRSHL, sqrshl, BHSD, NULL)
THREE(UQRSHL, uqrshl, BHSD, NULL)
THREE(SMAX, smax, BHS, tcg_gen_smax_vec)
THREE(UMAX, umax, BHS, tcg_gen_umax_vec)
THREE(SMIN, smin, BHS, tcg_gen_smin_vec)
THREE(UMIN, umin, BHS, tcg_gen_umin_vec)
THREE(SABD, sabd, BHS, NULL)
THREE(UABD, uabd, BHS, NULL)
THREE(SABA, saba, BHS, NULL)
THREE(UABA, uaba, BHS, NULL)
THREE(ADD, add, BHSD, tcg_gen_add_vec)
THREE(SUB, sub, BHSD, tcg_gen_sub_vec)
THREE(MLA, mla, BHS, NULL)
THREE(MLS, mls, BHS, NULL)
THREE(MUL, mul, BHS, tcg_gen_mul_vec)
THREE(PMUL, pmul, B, NULL)
THREE(SQDMULH, sqdmulh, HS, NULL)
THREE(SQRDMULH, sqrdmulh, HS, NULL)
THREE(SQRDMLAH, sqrdmlah, HS, NULL)
THREE(SQRDMLSH, sqrdmlsh, HS, NULL)
THREE_PAIRS(SMAXP, smax, BHS)
THREE_PAIRS(UMAXP, umax, BHS)
THREE_PAIRS(SMINP, smin, BHS)
THREE_PAIRS(UMINP, umin, BHS)
THREE_PAIRS(ADDP, add, BHSD)
THREE_SCALAR(SQADD, sqadd, BHSD)
THREE_SCALAR(UQADD, uqadd, BHSD)
THREE_SCALAR(SQSUB, sqsub, BHSD)
THREE_SCALAR(UQSUB, uqsub, BHSD)
THREE_SCALAR(CMGT, cmgt, D)
THREE_SCALAR(CMHI, cmhi, D)
THREE_SCALAR(CMGE, cmge, D)
THREE_SCALAR(CMHS, cmhs, D)
THREE_SCALAR(CMEQ, cmeq, D)
THREE_SCALAR(CMTST, cmtst, D)
THREE_SCALAR(SSHL, sshl, D)
THREE_SCALAR(USHL, ushl, D)
THREE_SCALAR(SQSHL, sqshl, BHSD)
THREE_SCALAR(UQSHL, uqshl, BHSD)
THREE_SCALAR(SRSHL, srshl, D)
THREE_SCALAR(URSHL, urshl, D)
THREE_SCALAR(SQRSHL, sqrshl, BHSD)
THREE_SCALAR(UQRSHL, uqrshl, BHSD)
THREE_SCALAR(ADD, add, D)
THREE_SCALAR(SUB, sub, D)
THREE_SCALAR(SQDMULH, sqdmulh, HS)
THREE_SCALAR(SQRDMULH, sqrdmulh, HS)
THREE_SCALAR(SQRDMLAH, sqrdmlah, HS)
THREE_SCALAR(SQRDMLSH, sqrdmlsh, HS)

/* ---- Bitwise ---- */

#define BITWISE(name, emit)                                                                        \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        TCGv_vec n = cpu_vreg[a->vn], m = cpu_vreg[a->vm], d = cpu_vreg[a->vd], t = new_vector();  \
                                                                                                   \
        (void)d;                                                                                   \
        emit;                                                                                      \
        write_vector(a->vd, t, a->q);                                                              \
        return true;                                                                               \
    }
BITWISE(AND, tcg_gen_and_vec(t, n, m))
BITWISE(BIC, tcg_gen_andc_vec(t, n, m))
BITWISE(ORR, tcg_gen_or_vec(t, n, m))
BITWISE(ORN, tcg_gen_not_vec(t, m); tcg_gen_or_vec(t, t, n))
BITWISE(EOR, tcg_gen_xor_vec(t, n, m))
BITWISE(BSL, tcg_gen_bitsel_vec(t, d, n, m))
BITWISE(BIT, tcg_gen_bitsel_vec(t, m, n, d))
BITWISE(BIF, tcg_gen_bitsel_vec(t, m, d, n))

bool a64_NOT_V(DisasContext *ctx, const arg_NOT_V *a)
{
    TCGv_vec t = new_vector();

    tcg_gen_not_vec(t, cpu_vreg[a->vn]);
    write_vector(a->vd, t, a->q);
    return true;
}

/* ---- Floating point, three registers ---- */

static bool gen_float_three(DisasContext *ctx, const arg_FADD_H *a, MemOp size, unsigned shape,
                            ARMLane *fn)
{
    return (size < MO_64 || a->q) &&
           gen_float_lanes(ctx, fn, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .vm = a->vm,
                                                   .size = size, .q = a->q, .shape = shape });
}

static bool gen_float_three_scalar(DisasContext *ctx, const arg_FABD_HS *a, MemOp size, ARMLane *fn)
{
    return gen_float_lanes(ctx, fn, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .vm = a->vm,
                                                   .size = size, .scalar = true });
}

/* _H, _HS: of halves. */
#define FLOAT_THREE(name, lane, shape)                                                             \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        const arg_FADD_H operands = { .q = a->q, .vm = a->vm, .vn = a->vn, .vd = a->vd };          \
                                                                                                   \
        return gen_float_three(ctx, &operands, MO_32 + a->sz, shape, arm_lane_##lane);             \
    }                                                                                              \
    bool a64_##name##_H(DisasContext *ctx, const arg_##name##_H *a)                                \
    {                                                                                              \
        return gen_float_three(ctx, a, MO_16, shape, arm_lane_##lane);                             \
    }
#define FLOAT_THREE_SCALAR(name, lane)                                                             \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        const arg_FABD_HS operands = { .vm = a->vm, .vn = a->vn, .vd = a->vd };                    \
                                                                                                   \
        return gen_float_three_scalar(ctx, &operands, MO_32 + a->sz, arm_lane_##lane);             \
    }                                                                                              \
    bool a64_##name##_HS(DisasContext *ctx, const arg_##name##_HS *a)                              \
    {                                                                                              \
        return gen_float_three_scalar(ctx, a, MO_16, arm_lane_##lane);                             \
    }

FLOAT_THREE(FMAXNM, fmaxnm, ARM_SHAPE_SAME)
FLOAT_THREE(FMINNM, fminnm, ARM_SHAPE_SAME)
FLOAT_THREE(FMAXNMP, fmaxnm, ARM_SHAPE_PAIRS)
FLOAT_THREE(FMINNMP, fminnm, ARM_SHAPE_PAIRS)
FLOAT_THREE(FMLA, fmla, ARM_SHAPE_SAME)
FLOAT_THREE(FMLS, fmls, ARM_SHAPE_SAME)
FLOAT_THREE(FADD, fadd, ARM_SHAPE_SAME)
FLOAT_THREE(FSUB, fsub, ARM_SHAPE_SAME)
FLOAT_THREE(FADDP, fadd, ARM_SHAPE_PAIRS)
FLOAT_THREE(FABD, fabd, ARM_SHAPE_SAME)
FLOAT_THREE(FMULX, fmulx, ARM_SHAPE_SAME)
FLOAT_THREE(FMUL, fmul, ARM_SHAPE_SAME)
FLOAT_THREE(FCMEQ, fcmeq, ARM_SHAPE_SAME)
FLOAT_THREE(FCMGE, fcmge, ARM_SHAPE_SAME)
FLOAT_THREE(FCMGT, fcmgt, ARM_SHAPE_SAME)
FLOAT_THREE(FACGE, facge, ARM_SHAPE_SAME)
FLOAT_THREE(FACGT, facgt, ARM_SHAPE_SAME)
FLOAT_THREE(FMAX, fmax, ARM_SHAPE_SAME)
FLOAT_THREE(FMIN, fmin, ARM_SHAPE_SAME)
FLOAT_THREE(FMAXP, fmax, ARM_SHAPE_PAIRS)
FLOAT_THREE(FMINP, fmin, ARM_SHAPE_PAIRS)
FLOAT_THREE(FRECPS, frecps, ARM_SHAPE_SAME)
FLOAT_THREE(FRSQRTS, frsqrts, ARM_SHAPE_SAME)
FLOAT_THREE(FDIV, fdiv, ARM_SHAPE_SAME)
FLOAT_THREE_SCALAR(FABD, fabd)
FLOAT_THREE_SCALAR(FMULX, fmulx)
FLOAT_THREE_SCALAR(FCMEQ, fcmeq)
FLOAT_THREE_SCALAR(FCMGE, fcmge)
FLOAT_THREE_SCALAR(FCMGT, fcmgt)
FLOAT_THREE_SCALAR(FACGE, facge)
FLOAT_THREE_SCALAR(FACGT, facgt)
FLOAT_THREE_SCALAR(FRECPS, frecps)
FLOAT_THREE_SCALAR(FRSQRTS, frsqrts)

/* ---- Three registers of different kinds ---- */

#define DIFFERENT(name, lane, shape_, sizes)                                                       \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return ((sizes) >> a->size & 1) &&                                                         \
               gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd,                              \
                                                         .vn = a->vn,                              \
                                                         .vm = a->vm,                              \
                                                         .size = a->size,                          \
                                                         .q = a->q,                                \
                                                         .shape = shape_ });                       \
    }
#define DIFFERENT_SCALAR(name, lane)                                                               \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return (HS >> a->size & 1) &&                                                              \
               gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .vm = a->vm,    \
                                                         .size = a->size, .scalar = true,          \
                                                         .shape = ARM_SHAPE_LONG });               \
    }
DIFFERENT(SADDL, saddl, ARM_SHAPE_LONG, BHS)
DIFFERENT(UADDL, uaddl, ARM_SHAPE_LONG, BHS)
DIFFERENT(SADDW, saddw, ARM_SHAPE_WIDE, BHS)
DIFFERENT(UADDW, uaddw, ARM_SHAPE_WIDE, BHS)
DIFFERENT(SSUBL, ssubl, ARM_SHAPE_LONG, BHS)
DIFFERENT(USUBL, usubl, ARM_SHAPE_LONG, BHS)
DIFFERENT(SSUBW, ssubw, ARM_SHAPE_WIDE, BHS)
DIFFERENT(USUBW, usubw, ARM_SHAPE_WIDE, BHS)
DIFFERENT(ADDHN, addhn, ARM_SHAPE_NARROW, BHS)
DIFFERENT(RADDHN, raddhn, ARM_SHAPE_NARROW, BHS)
DIFFERENT(SABAL, sabal, ARM_SHAPE_LONG, BHS)
DIFFERENT(UABAL, uabal, ARM_SHAPE_LONG, BHS)
DIFFERENT(SUBHN, subhn, ARM_SHAPE_NARROW, BHS)
DIFFERENT(RSUBHN, rsubhn, ARM_SHAPE_NARROW, BHS)
DIFFERENT(SABDL, sabdl, ARM_SHAPE_LONG, BHS)
DIFFERENT(UABDL, uabdl, ARM_SHAPE_LONG, BHS)
DIFFERENT(SMLAL, smlal, ARM_SHAPE_LONG, BHS)
DIFFERENT(UMLAL, umlal, ARM_SHAPE_LONG, BHS)
DIFFERENT(SQDMLAL, sqdmlal, ARM_SHAPE_LONG, HS)
DIFFERENT(SMLSL, smlsl, ARM_SHAPE_LONG, BHS)
DIFFERENT(UMLSL, umlsl, ARM_SHAPE_LONG, BHS)
DIFFERENT(SQDMLSL, sqdmlsl, ARM_SHAPE_LONG, HS)
DIFFERENT(SMULL, smull, ARM_SHAPE_LONG, BHS)
DIFFERENT(UMULL, umull, ARM_SHAPE_LONG, BHS)
DIFFERENT(SQDMULL, sqdmull, ARM_SHAPE_LONG, HS)
DIFFERENT_SCALAR(SQDMLAL, sqdmlal)
DIFFERENT_SCALAR(SQDMLSL, sqdmlsl)
DIFFERENT_SCALAR(SQDMULL, sqdmull)

/* ---- By element ---- */

/* Which register and index: halfwords have only 16 registers and a bit more of index. */
static bool decode_element(const arg_MUL_E *a, unsigned size, ARMLaneDesc *desc)
{
    desc->source = ARM_OPERAND_ELEMENT;
    desc->size = size;
    desc->vm = a->m << 4 | a->rm;
    switch (size) {
    case MO_16:
        desc->vm = a->rm;
        desc->operand = a->h << 2 | a->l << 1 | a->m;
        return true;
    case MO_32:
        desc->operand = a->h << 1 | a->l;
        return true;
    case MO_64:
        desc->operand = a->h;
        return !a->l;
    default:
        return false;
    }
}

/* Floating point has halves as size 0. */
static bool gen_float_by_element(DisasContext *ctx, const arg_MUL_E *a, ARMLaneDesc desc,
                                 ARMLane *fn)
{
    static const int8_t sizes[] = { MO_16, -1, MO_32, MO_64 };

    desc.vd = a->vd;
    desc.vn = a->vn;
    desc.q = a->q;
    return sizes[a->size] >= 0 && (a->size || !(ctx->lacking & A64_FLAG_HALF)) &&
           (a->size != MO_64 || a->q || desc.scalar) &&
           decode_element(a, sizes[a->size], &desc) && gen_float_lanes(ctx, fn, desc);
}

static bool gen_by_element(const arg_MUL_E *a, ARMLaneDesc desc, unsigned sizes, ARMLane *fn)
{
    desc.vd = a->vd;
    desc.vn = a->vn;
    desc.q = a->q;
    return (sizes >> a->size & 1) && (a->size != MO_64 || a->q || desc.scalar) &&
           decode_element(a, a->size, &desc) && gen_lanes(fn, desc);
}

#define ELEMENT(name, lane, shape_, sizes)                                                         \
    bool a64_##name##_E(DisasContext *ctx, const arg_##name##_E *a)                                \
    {                                                                                              \
        return gen_by_element(a, (ARMLaneDesc){ .shape = shape_ }, sizes, arm_lane_##lane);        \
    }
#define ELEMENT_SCALAR(name, lane, shape_, sizes)                                                  \
    bool a64_##name##_SE(DisasContext *ctx, const arg_##name##_SE *a)                              \
    {                                                                                              \
        const arg_MUL_E as_vector = { .size = a->size, .l = a->l, .m = a->m, .rm = a->rm,          \
                                      .h = a->h, .vn = a->vn, .vd = a->vd };                       \
                                                                                                   \
        return gen_by_element(&as_vector, (ARMLaneDesc){ .shape = shape_, .scalar = true }, sizes, \
                              arm_lane_##lane);                                                    \
    }
#define FLOAT_ELEMENT(name, lane)                                                                  \
    bool a64_##name##_E(DisasContext *ctx, const arg_##name##_E *a)                                \
    {                                                                                              \
        return gen_float_by_element(ctx, a, (ARMLaneDesc){ 0 }, arm_lane_##lane);                  \
    }
#define FLOAT_ELEMENT_SCALAR(name, lane)                                                           \
    bool a64_##name##_SE(DisasContext *ctx, const arg_##name##_SE *a)                              \
    {                                                                                              \
        const arg_MUL_E as_vector = { .size = a->size, .l = a->l, .m = a->m, .rm = a->rm,          \
                                      .h = a->h, .vn = a->vn, .vd = a->vd };                       \
                                                                                                   \
        return gen_float_by_element(ctx, &as_vector, (ARMLaneDesc){ .scalar = true },              \
                                    arm_lane_##lane);                                              \
    }
ELEMENT(MLA, mla, ARM_SHAPE_SAME, HS)
ELEMENT(MLS, mls, ARM_SHAPE_SAME, HS)
ELEMENT(MUL, mul, ARM_SHAPE_SAME, HS)
ELEMENT(SMLAL, smlal, ARM_SHAPE_LONG, HS)
ELEMENT(UMLAL, umlal, ARM_SHAPE_LONG, HS)
ELEMENT(SMLSL, smlsl, ARM_SHAPE_LONG, HS)
ELEMENT(UMLSL, umlsl, ARM_SHAPE_LONG, HS)
ELEMENT(SMULL, smull, ARM_SHAPE_LONG, HS)
ELEMENT(UMULL, umull, ARM_SHAPE_LONG, HS)
ELEMENT(SQDMLAL, sqdmlal, ARM_SHAPE_LONG, HS)
ELEMENT(SQDMLSL, sqdmlsl, ARM_SHAPE_LONG, HS)
ELEMENT(SQDMULL, sqdmull, ARM_SHAPE_LONG, HS)
ELEMENT(SQDMULH, sqdmulh, ARM_SHAPE_SAME, HS)
ELEMENT(SQRDMULH, sqrdmulh, ARM_SHAPE_SAME, HS)
ELEMENT(SQRDMLAH, sqrdmlah, ARM_SHAPE_SAME, HS)
ELEMENT(SQRDMLSH, sqrdmlsh, ARM_SHAPE_SAME, HS)
FLOAT_ELEMENT(FMLA, fmla)
FLOAT_ELEMENT(FMLS, fmls)
FLOAT_ELEMENT(FMUL, fmul)
FLOAT_ELEMENT(FMULX, fmulx)
ELEMENT_SCALAR(SQDMLAL, sqdmlal, ARM_SHAPE_LONG, HS)
ELEMENT_SCALAR(SQDMLSL, sqdmlsl, ARM_SHAPE_LONG, HS)
ELEMENT_SCALAR(SQDMULL, sqdmull, ARM_SHAPE_LONG, HS)
ELEMENT_SCALAR(SQDMULH, sqdmulh, ARM_SHAPE_SAME, HS)
ELEMENT_SCALAR(SQRDMULH, sqrdmulh, ARM_SHAPE_SAME, HS)
ELEMENT_SCALAR(SQRDMLAH, sqrdmlah, ARM_SHAPE_SAME, HS)
ELEMENT_SCALAR(SQRDMLSH, sqrdmlsh, ARM_SHAPE_SAME, HS)
FLOAT_ELEMENT_SCALAR(FMLA, fmla)
FLOAT_ELEMENT_SCALAR(FMLS, fmls)
FLOAT_ELEMENT_SCALAR(FMUL, fmul)
FLOAT_ELEMENT_SCALAR(FMULX, fmulx)
