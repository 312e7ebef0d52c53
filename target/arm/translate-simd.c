/*
 * Arm translator: Advanced SIMD.
 *
 * What the IR has as a vector operation is generated as one, everything else is a call that does it
 * lane by lane (vector.h). Vectors of 64 bits are computed as ones of 128 whose upper half is
 * cleared then.
 *
 * Reference: DDI 0487, C4.1.96 (encodings), C7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/translate.h"
#include "target/arm/vector.h"

/* ---- Registers ---- */

static TCGv_vec new_vector(void)
{
    return tcg_temp_new_vec(TCG_TYPE_V128);
}

/* All of it, or the lower half with zeros above. */
static void write_vector(unsigned vd, TCGv_vec value, bool q)
{
    if (q) {
        tcg_gen_mov_vec(cpu_vreg[vd], value);
    } else {
        tcg_gen_and_vec(cpu_vreg[vd], value, tcg_constant_v128(UINT64_MAX, 0));
    }
}

static void write_constant(unsigned vd, uint64_t half, bool q)
{
    tcg_gen_mov_vec(cpu_vreg[vd], tcg_constant_v128(half, q ? half : 0));
}

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

static bool gen_lanes(ARMLane *fn, ARMLaneDesc desc)
{
    gen_helper_arm_lanes(tcg_env, tcg_constant_ptr(fn),
                         tcg_constant_i64(arm_lane_desc_pack(&desc)));
    return true;
}

static bool gen_whole(DisasContext *ctx, ARMVectorFunc *fn)
{
    gen_helper_arm_vector(tcg_env, tcg_constant_ptr(fn), tcg_constant_i32(ctx->insn));
    return true;
}

/* ---- Sizes that an instruction has: bit n for elements of 8 << n bits ---- */

enum { B = 1, H = 2, S = 4, D = 8, BHS = B | H | S, BHSD = BHS | D, HS = H | S };

/* There is no vector of a single doubleword. */
static bool has_vector(unsigned sizes, unsigned size, bool q)
{
    return (sizes >> size & 1) && (size != MO_64 || q);
}

/* ---- Three registers of one kind ---- */

typedef void VectorOp(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b);

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

static bool gen_float_three(const arg_FADD_V *a, unsigned shape, ARMLane *fn)
{
    return (!a->sz || a->q) && gen_lanes(fn, (ARMLaneDesc){ .vd = a->vd,
                                                            .vn = a->vn,
                                                            .vm = a->vm,
                                                            .size = MO_32 + a->sz,
                                                            .q = a->q,
                                                            .shape = shape });
}

#define FLOAT_THREE(name, lane, shape)                                                             \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return gen_float_three(a, shape, arm_lane_##lane);                                         \
    }
#define FLOAT_THREE_SCALAR(name, lane)                                                             \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .vm = a->vm,    \
                                                         .size = MO_32 + a->sz, .scalar = true }); \
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

/* ---- Cryptography: where the identification register says so ---- */

enum { ISAR0_AES = 4, ISAR0_SHA1 = 8, ISAR0_SHA256 = 12 };

/* `level`: AES is there from 1 on, PMULL of doublewords from 2. */
static bool gen_crypto(DisasContext *ctx, unsigned field, unsigned level, unsigned function)
{
    return (ctx->id->isar0 >> field & 15) >= level &&
           gen_whole(ctx, arm_crypto_functions[function]);
}

bool a64_PMULL_V(DisasContext *ctx, const arg_PMULL_V *a)
{
    if (a->size == MO_64) {
        return gen_crypto(ctx, ISAR0_AES, 2, ARM_CRYPTO_PMULL64);
    }
    return a->size == MO_8 && gen_lanes(arm_lane_pmull, (ARMLaneDesc){ .vd = a->vd,
                                                                       .vn = a->vn,
                                                                       .vm = a->vm,
                                                                       .size = MO_8,
                                                                       .q = a->q,
                                                                       .shape = ARM_SHAPE_LONG });
}

#define CRYPTO(name, field)                                                                        \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return gen_crypto(ctx, field, 1, ARM_CRYPTO_##name);                                       \
    }
CRYPTO(AESE, ISAR0_AES)
CRYPTO(AESD, ISAR0_AES)
CRYPTO(AESMC, ISAR0_AES)
CRYPTO(AESIMC, ISAR0_AES)
CRYPTO(SHA1C, ISAR0_SHA1)
CRYPTO(SHA1P, ISAR0_SHA1)
CRYPTO(SHA1M, ISAR0_SHA1)
CRYPTO(SHA1SU0, ISAR0_SHA1)
CRYPTO(SHA1H, ISAR0_SHA1)
CRYPTO(SHA1SU1, ISAR0_SHA1)
CRYPTO(SHA256H, ISAR0_SHA256)
CRYPTO(SHA256H2, ISAR0_SHA256)
CRYPTO(SHA256SU0, ISAR0_SHA256)
CRYPTO(SHA256SU1, ISAR0_SHA256)

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
ELEMENT(FMLA, fmla, ARM_SHAPE_SAME, S | D)
ELEMENT(FMLS, fmls, ARM_SHAPE_SAME, S | D)
ELEMENT(FMUL, fmul, ARM_SHAPE_SAME, S | D)
ELEMENT(FMULX, fmulx, ARM_SHAPE_SAME, S | D)
ELEMENT_SCALAR(SQDMLAL, sqdmlal, ARM_SHAPE_LONG, HS)
ELEMENT_SCALAR(SQDMLSL, sqdmlsl, ARM_SHAPE_LONG, HS)
ELEMENT_SCALAR(SQDMULL, sqdmull, ARM_SHAPE_LONG, HS)
ELEMENT_SCALAR(SQDMULH, sqdmulh, ARM_SHAPE_SAME, HS)
ELEMENT_SCALAR(SQRDMULH, sqrdmulh, ARM_SHAPE_SAME, HS)
ELEMENT_SCALAR(FMLA, fmla, ARM_SHAPE_SAME, S | D)
ELEMENT_SCALAR(FMLS, fmls, ARM_SHAPE_SAME, S | D)
ELEMENT_SCALAR(FMUL, fmul, ARM_SHAPE_SAME, S | D)
ELEMENT_SCALAR(FMULX, fmulx, ARM_SHAPE_SAME, S | D)

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

#define REVERSE(name, sizes)                                                                       \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return ((sizes) >> a->size & 1) && gen_whole(ctx, arm_vector_rev);                         \
    }
REVERSE(REV64, BHS)
REVERSE(REV32, B | H)
REVERSE(REV16, B)

/* sz: the float's, or the wide float's of the two. */
static bool gen_float_two(const arg_FABS_V *a, ARMLane *fn)
{
    return (!a->sz || a->q) &&
           gen_lanes(fn, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = MO_32 + a->sz, .q = a->q,
                                        .source = ARM_OPERAND_CONSTANT });
}

#define FLOAT_TWO(name, lane)                                                                      \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return gen_float_two(a, arm_lane_##lane);                                                  \
    }
#define FLOAT_TWO_SCALAR(name, lane)                                                               \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn,                 \
                                                         .size = MO_32 + a->sz, .scalar = true,    \
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

/* Of words only. */
#define ESTIMATE(name, lane)                                                                       \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return !a->sz && gen_float_two(a, arm_lane_##lane);                                        \
    }
ESTIMATE(URECPE, urecpe)
ESTIMATE(URSQRTE, ursqrte)

static bool gen_float_size(unsigned vd, unsigned vn, unsigned size, bool q, bool scalar,
                           unsigned shape, ARMLane *fn)
{
    return gen_lanes(fn, (ARMLaneDesc){ .vd = vd, .vn = vn, .size = size, .q = q, .scalar = scalar,
                                        .shape = shape, .source = ARM_OPERAND_CONSTANT });
}

bool a64_FCVTN_V(DisasContext *ctx, const arg_FCVTN_V *a)
{
    return gen_float_size(a->vd, a->vn, MO_16 + a->sz, a->q, false, ARM_SHAPE_NARROW,
                          arm_lane_fcvtn);
}

bool a64_FCVTL_V(DisasContext *ctx, const arg_FCVTL_V *a)
{
    return gen_float_size(a->vd, a->vn, MO_16 + a->sz, a->q, false, ARM_SHAPE_LONG, arm_lane_fcvtl);
}

bool a64_FCVTXN_V(DisasContext *ctx, const arg_FCVTXN_V *a)
{
    return a->sz &&
           gen_float_size(a->vd, a->vn, MO_32, a->q, false, ARM_SHAPE_NARROW, arm_lane_fcvtxn);
}

bool a64_FCVTXN_S(DisasContext *ctx, const arg_FCVTXN_S *a)
{
    return a->sz &&
           gen_float_size(a->vd, a->vn, MO_32, false, true, ARM_SHAPE_NARROW, arm_lane_fcvtxn);
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
               gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = MO_32,  \
                                                         .q = true, .shape = ARM_SHAPE_ACROSS });  \
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
        return gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn,                 \
                                                         .size = MO_32 + a->sz, .scalar = true,    \
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
static bool gen_shift(unsigned imm, unsigned vd, unsigned vn, bool q, unsigned sizes, int how,
                      ARMLane *fn)
{
    unsigned size, bits;
    ARMLaneDesc desc = { .vd = vd, .vn = vn, .q = q, .scalar = how & SCALAR,
                         .source = ARM_OPERAND_CONSTANT };

    if (imm < 8) {
        return false;
    }
    size = 28 - __builtin_clz(imm);
    bits = 8u << size;
    if (!(sizes >> size & 1) || (size == MO_64 && !q && !(how & SCALAR))) {
        return false;
    }
    desc.size = size;
    desc.operand = how & RIGHT ? 2 * bits - imm : imm - bits;
    desc.shape = how & NARROW ? ARM_SHAPE_NARROW : how & LONG ? ARM_SHAPE_LONG : ARM_SHAPE_SAME;
    return gen_lanes(fn, desc);
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
SHIFT_BOTH(SCVTF_I, scvtf, S | D, S | D, RIGHT)
SHIFT_BOTH(UCVTF_I, ucvtf, S | D, S | D, RIGHT)
SHIFT_BOTH(FCVTZS_I, fcvtzs, S | D, S | D, RIGHT)
SHIFT_BOTH(FCVTZU_I, fcvtzu, S | D, S | D, RIGHT)

/* ---- Copies ---- */

/* imm5: the lowest bit that is set says the size, what is above it the index. */
static bool decode_imm5(unsigned imm, unsigned *size, unsigned *index)
{
    if (!(imm & 15)) {
        return false;
    }
    *size = __builtin_ctz(imm);
    *index = imm >> (*size + 1);
    return true;
}

static TCGv_i64 gen_element(unsigned vn, unsigned size, unsigned index)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extract_vec(size, t, cpu_vreg[vn], index);
    return t;
}

static void gen_duplicate(unsigned vd, TCGv_i64 value, unsigned size, bool q)
{
    TCGv_vec t = new_vector();

    tcg_gen_dup_i64_vec(size, t, value);
    write_vector(vd, t, q);
}

bool a64_DUP_E(DisasContext *ctx, const arg_DUP_E *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index) || (size == MO_64 && !a->q)) {
        return false;
    }
    gen_duplicate(a->vd, gen_element(a->vn, size, index), size, a->q);
    return true;
}

bool a64_DUP_G(DisasContext *ctx, const arg_DUP_G *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index) || (size == MO_64 && !a->q)) {
        return false;
    }
    gen_duplicate(a->vd, a64_x(a->rn), size, a->q);
    return true;
}

bool a64_DUP_S(DisasContext *ctx, const arg_DUP_S *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index)) {
        return false;
    }
    a64_write_scalar(a->vd, gen_element(a->vn, size, index));
    return true;
}

bool a64_UMOV(DisasContext *ctx, const arg_UMOV *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index) || (size == MO_64) != a->q) {
        return false;
    }
    a64_write_x(a->rd, gen_element(a->vn, size, index), true);
    return true;
}

bool a64_SMOV(DisasContext *ctx, const arg_SMOV *a)
{
    unsigned size, index;
    TCGv_i64 t;

    if (!decode_imm5(a->imm, &size, &index) || size > (a->q ? MO_32 : MO_16)) {
        return false;
    }
    t = gen_element(a->vn, size, index);
    tcg_gen_sextract_i64(t, t, 0, 8 << size);
    a64_write_x(a->rd, t, a->q);
    return true;
}

bool a64_INS_G(DisasContext *ctx, const arg_INS_G *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index)) {
        return false;
    }
    tcg_gen_insert_vec(size, cpu_vreg[a->vd], cpu_vreg[a->vd], a64_x(a->rn), index);
    return true;
}

bool a64_INS_E(DisasContext *ctx, const arg_INS_E *a)
{
    unsigned size, index;

    if (!decode_imm5(a->imm, &size, &index)) {
        return false;
    }
    tcg_gen_insert_vec(size, cpu_vreg[a->vd], cpu_vreg[a->vd],
                       gen_element(a->vn, size, a->imm4 >> size), index);
    return true;
}

/* ---- Permutations ---- */

#define PERMUTATION(name)                                                                          \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return has_vector(BHSD, a->size, a->q) && gen_whole(ctx, arm_vector_permute);              \
    }
PERMUTATION(UZP1)
PERMUTATION(UZP2)
PERMUTATION(TRN1)
PERMUTATION(TRN2)

static bool gen_zip(DisasContext *ctx, const arg_ZIP1 *a, VectorOp *op)
{
    TCGv_vec t = new_vector();

    if (!has_vector(BHSD, a->size, a->q)) {
        return false;
    }
    if (!a->q) {
        return gen_whole(ctx, arm_vector_permute);
    }
    op(a->size, t, cpu_vreg[a->vn], cpu_vreg[a->vm]);
    write_vector(a->vd, t, true);
    return true;
}

bool a64_ZIP1(DisasContext *ctx, const arg_ZIP1 *a)
{
    return gen_zip(ctx, a, tcg_gen_zipl_vec);
}

bool a64_ZIP2(DisasContext *ctx, const arg_ZIP2 *a)
{
    return gen_zip(ctx, a, tcg_gen_ziph_vec);
}

/* A table of one register is a shuffle. Its index of 16 and more gives 0 here as well. */
bool a64_TBL(DisasContext *ctx, const arg_TBL *a)
{
    TCGv_vec t = new_vector();

    if (a->len) {
        return gen_whole(ctx, arm_vector_tbl);
    }
    tcg_gen_tbl_vec(t, cpu_vreg[a->vn], cpu_vreg[a->vm]);
    write_vector(a->vd, t, a->q);
    return true;
}

bool a64_TBX(DisasContext *ctx, const arg_TBX *a)
{
    return gen_whole(ctx, arm_vector_tbl);
}

/* Bytes imm to imm + 15 of both registers: two shuffles that leave zeros where the other's bytes
 * are. */
static TCGv_vec gen_bytes_from(TCGv_vec v, int first)
{
    TCGv_vec t = new_vector();
    uint8_t index[16];
    uint64_t halves[2];

    for (int i = 0; i < 16; i++) {
        index[i] = first + i >= 0 && first + i < 16 ? first + i : 0x80;
    }
    memcpy(halves, index, sizeof(halves));
    tcg_gen_tbl_vec(t, v, tcg_constant_v128(halves[0], halves[1]));
    return t;
}

bool a64_EXT(DisasContext *ctx, const arg_EXT *a)
{
    TCGv_vec t = new_vector();
    TCGv_i64 low, high;

    if (a->q) {
        tcg_gen_or_vec(t, gen_bytes_from(cpu_vreg[a->vn], a->imm),
                       gen_bytes_from(cpu_vreg[a->vm], (int)a->imm - 16));
        write_vector(a->vd, t, true);
        return true;
    }
    if (a->imm >= 8) {
        return false;
    }
    low = a64_read_scalar(a->vn, MO_64);
    high = a64_read_scalar(a->vm, MO_64);
    if (a->imm) {
        tcg_gen_shri_i64(low, low, 8 * a->imm);
        tcg_gen_shli_i64(high, high, 64 - 8 * a->imm);
        tcg_gen_or_i64(low, low, high);
    }
    a64_write_scalar(a->vd, low);
    return true;
}

/* ---- Immediates ---- */

/* AdvSIMDExpandImm(): the number that the eight bits stand for, as 64 bits. */
static uint64_t expand_immediate(unsigned op, unsigned cmode, uint64_t imm)
{
    static const uint64_t of_words = 0x0000000100000001ull, of_halfwords = 0x0001000100010001ull;
    uint64_t result = 0;

    switch (cmode >> 1) {
    case 0:
    case 1:
    case 2:
    case 3:
        return (imm << (8 * (cmode >> 1))) * of_words;
    case 4:
        return imm * of_halfwords;
    case 5:
        return (imm << 8) * of_halfwords;
    case 6:
        return (cmode & 1 ? imm << 16 | 0xffff : imm << 8 | 0xff) * of_words;
    }
    if (cmode & 1) {
        return op ? arm_fp_expand_immediate(MO_64, imm)
                  : arm_fp_expand_immediate(MO_32, imm) * of_words;
    }
    if (!op) {
        return imm * 0x0101010101010101ull;
    }
    for (unsigned i = 0; i < 8; i++) {
        result |= imm >> i & 1 ? 0xffull << (8 * i) : 0;
    }
    return result;
}

/* MOVI, MVNI, ORR, BIC and FMOV of constants. */
bool a64_MOVI(DisasContext *ctx, const arg_MOVI *a)
{
    uint64_t value = expand_immediate(a->op, a->cmode, a->abc << 5 | a->defgh);
    TCGv_vec t = new_vector();

    if (a->cmode == 15 && a->op && !a->q) {
        return false;
    }
    if (a->cmode < 12 && (a->cmode & 1)) {
        TCGv_vec constant = tcg_constant_v128(value, value);

        (a->op ? tcg_gen_andc_vec : tcg_gen_or_vec)(t, cpu_vreg[a->vd], constant);
        write_vector(a->vd, t, a->q);
    } else {
        write_constant(a->vd, a->op && a->cmode < 14 ? ~value : value, a->q);
    }
    return true;
}
