/*
 * Arm translator: scalar floating point.
 *
 * Reference: DDI 0487, C4.1.97 and C7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/translate-simd.h"

/* The field `type`: size of the format; -1 for what isn't one. */
static int format_size(unsigned type)
{
    static const int8_t sizes[] = { MO_32, MO_64, -1, MO_16 };

    return sizes[type];
}

/* The same where the part may do no more with halves than convert them. */
static int arithmetic_size(const DisasContext *ctx, unsigned type)
{
    return type == 3 && (ctx->lacking & A64_FLAG_HALF) ? -1 : format_size(type);
}

/* ---- One and two operands ---- */

static bool gen_one(DisasContext *ctx, unsigned type, unsigned vd, unsigned vn, ARMLane *fn)
{
    TCGv_i64 t;
    int size = arithmetic_size(ctx, type);

    if (size < 0) {
        return false;
    }
    if (gen_float_scalar(ctx, fn, size, vd, vn, vn, vn)) {
        return true;
    }
    t = a64_read_scalar(vn, size);
    gen_helper_arm_fp1(t, tcg_env, tcg_constant_ptr(fn), t, tcg_constant_i32(size));
    a64_write_scalar(vd, t);
    return true;
}

#define ONE(name, lane)                                                                            \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return gen_one(ctx, a->type, a->vd, a->vn, arm_lane_##lane);                               \
    }
ONE(FSQRT, fsqrt)
ONE(FRINTN, frintn)
ONE(FRINTP, frintp)
ONE(FRINTM, frintm)
ONE(FRINTZ, frintz)
ONE(FRINTA, frinta)
ONE(FRINTX, frintx)
ONE(FRINTI, frinti)

/* There are none of halves. */
#define ONE_WHOLE(name, lane)                                                                      \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return a->type < 2 && gen_one(ctx, a->type, a->vd, a->vn, arm_lane_##lane);                \
    }
ONE_WHOLE(FRINT32Z, frint32z)
ONE_WHOLE(FRINT32X, frint32x)
ONE_WHOLE(FRINT64Z, frint64z)
ONE_WHOLE(FRINT64X, frint64x)

bool a64_BFCVT(DisasContext *ctx, const arg_BFCVT *a)
{
    TCGv_i64 t = a64_read_scalar(a->vn, MO_32);

    gen_helper_arm_fp1(t, tcg_env, tcg_constant_ptr(arm_lane_bfcvt), t, tcg_constant_i32(MO_16));
    a64_write_scalar(a->vd, t);
    return true;
}

static bool gen_two_operands(DisasContext *ctx, const arg_FADD_S *a, ARMLane *fn)
{
    int size = arithmetic_size(ctx, a->type);
    TCGv_i64 t, m;

    if (size < 0) {
        return false;
    }
    if (gen_float_scalar(ctx, fn, size, a->vd, a->vn, a->vm, a->vn)) {
        return true;
    }
    t = a64_read_scalar(a->vn, size);
    m = a64_read_scalar(a->vm, size);
    gen_helper_arm_fp2(t, tcg_env, tcg_constant_ptr(fn), t, m, tcg_constant_i32(size));
    a64_write_scalar(a->vd, t);
    return true;
}

#define TWO(name, lane)                                                                            \
    bool a64_##name##_S(DisasContext *ctx, const arg_##name##_S *a)                                \
    {                                                                                              \
        return gen_two_operands(ctx, a, arm_lane_##lane);                                          \
    }
TWO(FMUL, fmul)
TWO(FDIV, fdiv)
TWO(FADD, fadd)
TWO(FSUB, fsub)
TWO(FMAX, fmax)
TWO(FMIN, fmin)
TWO(FMAXNM, fmaxnm)
TWO(FMINNM, fminnm)
TWO(FNMUL, fnmul)

/* Signs are changed before the one rounding: even a NaN's. */
static bool gen_multiply_add(DisasContext *ctx, const arg_FMADD *a, ARMLane *fn)
{
    int size = arithmetic_size(ctx, a->type);
    TCGv_i64 n;

    if (size < 0) {
        return false;
    }
    if (gen_float_scalar(ctx, fn, size, a->vd, a->vn, a->vm, a->va)) {
        return true;
    }
    n = a64_read_scalar(a->vn, size);
    gen_helper_arm_fp3(n, tcg_env, tcg_constant_ptr(fn), n, a64_read_scalar(a->vm, size),
                       a64_read_scalar(a->va, size), tcg_constant_i32(size));
    a64_write_scalar(a->vd, n);
    return true;
}

#define THREE(name, lane)                                                                          \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return gen_multiply_add(ctx, a, arm_lane_##lane);                                          \
    }
THREE(FMADD, fmla)
THREE(FMSUB, fmls)
THREE(FNMADD, fnmla)
THREE(FNMSUB, fnmls)

/* ---- Moves ---- */

/* Nothing but bits: NaNs and denormals go through as they are. */
bool a64_FMOV_R(DisasContext *ctx, const arg_FMOV_R *a)
{
    int size = arithmetic_size(ctx, a->type);

    if (size < 0) {
        return false;
    }
    if (size >= MO_32) {
        tcg_gen_low_vec(size, cpu_vreg[a->vd], cpu_vreg[a->vn]);
    } else {
        a64_write_scalar(a->vd, a64_read_scalar(a->vn, size));
    }
    return true;
}

/* A change of the sign alone, which halves have no operation for. */
static bool gen_sign(unsigned size, unsigned vd, unsigned vn,
                     void (*emit)(unsigned vece, TCGv_vec ret, TCGv_vec a))
{
    TCGv_vec t = new_vector();

    if (size >= MO_32) {
        emit(size, t, cpu_vreg[vn]);
        tcg_gen_low_vec(size, cpu_vreg[vd], t);
    }
    return size >= MO_32;
}

bool a64_FABS_S(DisasContext *ctx, const arg_FABS_S *a)
{
    int size = arithmetic_size(ctx, a->type);
    TCGv_i64 t;

    if (size < 0) {
        return false;
    }
    if (gen_sign(size, a->vd, a->vn, tcg_gen_packed_abs)) {
        return true;
    }
    t = a64_read_scalar(a->vn, size);
    tcg_gen_andi_i64(t, t, arm_fp_sign_bit(size) - 1);
    a64_write_scalar(a->vd, t);
    return true;
}

bool a64_FNEG_S(DisasContext *ctx, const arg_FNEG_S *a)
{
    int size = arithmetic_size(ctx, a->type);
    TCGv_i64 t;

    if (size < 0) {
        return false;
    }
    if (gen_sign(size, a->vd, a->vn, tcg_gen_packed_neg)) {
        return true;
    }
    t = a64_read_scalar(a->vn, size);
    tcg_gen_xori_i64(t, t, arm_fp_sign_bit(size));
    a64_write_scalar(a->vd, t);
    return true;
}

bool a64_FMOV_I(DisasContext *ctx, const arg_FMOV_I *a)
{
    int size = arithmetic_size(ctx, a->type);

    if (size < 0) {
        return false;
    }
    tcg_gen_mov_vec(cpu_vreg[a->vd], tcg_constant_v128(arm_fp_expand_immediate(size, a->imm), 0));
    return true;
}

bool a64_FCSEL(DisasContext *ctx, const arg_FCSEL *a)
{
    int size = arithmetic_size(ctx, a->type);
    ARMCondition c;
    TCGv_i64 t;

    if (size < 0) {
        return false;
    }
    c = a64_condition(ctx, a->cond);
    t = a64_read_scalar(a->vn, size);
    if (c.cond == TCG_COND_NEVER) {
        t = a64_read_scalar(a->vm, size);
    } else if (c.cond != TCG_COND_ALWAYS) {
        tcg_gen_movcond_i64(c.cond, t, c.a, c.b, t, a64_read_scalar(a->vm, size));
    }
    a64_write_scalar(a->vd, t);
    return true;
}

/* With general registers; top: the upper half of a vector. */
enum { TYPE_TOP = 2 };

static bool bad_general_move(const DisasContext *ctx, unsigned sf, unsigned type, unsigned top)
{
    if (type == 3) {
        return arithmetic_size(ctx, type) < 0 || top;
    }
    return !(sf ? (type == 1 && !top) || (type == TYPE_TOP && top) : type == 0 && !top);
}

static MemOp general_move_size(unsigned sf, unsigned type)
{
    return type == 3 ? MO_16 : sf ? MO_64 : MO_32;
}

bool a64_FMOV_FG(DisasContext *ctx, const arg_FMOV_FG *a)
{
    TCGv_i64 t = tcg_temp_new_i64();

    if (bad_general_move(ctx, a->sf, a->type, a->top)) {
        return false;
    }
    tcg_gen_extract_vec(general_move_size(a->sf, a->type), t, cpu_vreg[a->vn], a->top);
    a64_write_x(a->rd, t, true);
    return true;
}

bool a64_FMOV_GF(DisasContext *ctx, const arg_FMOV_GF *a)
{
    if (bad_general_move(ctx, a->sf, a->type, a->top)) {
        return false;
    }
    if (a->top) {
        tcg_gen_insert_vec(MO_64, cpu_vreg[a->vd], cpu_vreg[a->vd], a64_x(a->rn), 1);
    } else {
        TCGv_i64 t = a64_copy(a64_x(a->rn));

        tcg_gen_extract_i64(t, t, 0, 8 << general_move_size(a->sf, a->type));
        a64_write_scalar(a->vd, t);
    }
    return true;
}

/* ---- Comparison ---- */

static TCGv_i64 gen_comparison(int size, unsigned vn, TCGv_i64 b, bool signaling)
{
    TCGv_i64 t = tcg_temp_new_i64();

    gen_helper_arm_fp_compare(t, tcg_env, a64_read_scalar(vn, size), b,
                              tcg_constant_i32(size | signaling << 2));
    return t;
}

/* Less, equal, greater, unordered as -1, 0, 1, 2. */
static void gen_inline_comparison(DisasContext *ctx, unsigned size, TCGv_vec a, TCGv_vec b,
                                  bool signaling)
{
    TCGv_i64 order = arm_gen_float_order(size, a, b, signaling);

    tcg_gen_mov_i64(cpu_n, order);
    tcg_gen_mov_i64(cpu_z, order);
    tcg_gen_setcondi_i64(TCG_COND_GE, cpu_c, order, 0);
    tcg_gen_negsetcond_i64(TCG_COND_GT, cpu_v, order, tcg_constant_i64(1));
    ctx->flags = (KnownFlags){ FLAGS_ORDER, true, order, NULL };
}

bool a64_FCMP(DisasContext *ctx, const arg_FCMP *a)
{
    int size = arithmetic_size(ctx, a->type);

    if (size < 0) {
        return false;
    }
    if (size >= MO_32 && (ctx->hflags & ARM_HF_FP_INLINE)) {
        gen_inline_comparison(ctx, size, cpu_vreg[a->vn],
                              a->z ? tcg_constant_v128(0, 0) : cpu_vreg[a->vm], a->e);
        return true;
    }
    a64_write_nzcv(ctx, gen_comparison(size, a->vn, a->z ? tcg_constant_i64(0)
                                                         : a64_read_scalar(a->vm, size), a->e));
    return true;
}

/* A condition that reads the flags does so before they are written, either way. */
static void gen_inline_conditional(DisasContext *ctx, unsigned size, const arg_FCCMP *a)
{
    TCGLabel *compare = gen_new_label(), *done = gen_new_label();

    if (a->cond < 14) {
        a64_branch_if(ctx, a->cond, compare);
        a64_write_nzcv(ctx, tcg_constant_i64((uint64_t)a->nzcv << 28));
        tcg_gen_br(done);
        gen_set_label(compare);
    }
    gen_inline_comparison(ctx, size, cpu_vreg[a->vn], cpu_vreg[a->vm], a->e);
    if (a->cond < 14) {
        gen_set_label(done);
        ctx->flags.kind = FLAGS_UNKNOWN;
    }
}

bool a64_FCCMP(DisasContext *ctx, const arg_FCCMP *a)
{
    int size = arithmetic_size(ctx, a->type);
    TCGv_i64 flags = tcg_temp_new_i64();
    TCGLabel *done = gen_new_label();

    if (size < 0) {
        return false;
    }
    if (size >= MO_32 && (ctx->hflags & ARM_HF_FP_INLINE)) {
        gen_inline_conditional(ctx, size, a);
        return true;
    }
    tcg_gen_movi_i64(flags, (uint64_t)a->nzcv << 28);
    if (a->cond < 14) {
        a64_branch_if(ctx, a->cond ^ 1, done);
    }
    tcg_gen_mov_i64(flags, gen_comparison(size, a->vn, a64_read_scalar(a->vm, size), a->e));
    gen_set_label(done);
    a64_write_nzcv(ctx, flags);
    return true;
}

/* ---- Conversions ---- */

bool a64_FCVT(DisasContext *ctx, const arg_FCVT *a)
{
    int from = format_size(a->type), to = format_size(a->opc);
    TCGv_i64 t;

    if (from < 0 || to < 0 || from == to) {
        return false;
    }
    if (from >= MO_32 && to >= MO_32) {
        return gen_float_lanes(ctx, to > from ? arm_lane_fcvtl : arm_lane_fcvtn,
                               (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .size = MO_32,
                                              .scalar = true, .source = ARM_OPERAND_CONSTANT,
                                              .shape = to > from ? ARM_SHAPE_LONG
                                                                 : ARM_SHAPE_NARROW });
    }
    t = a64_read_scalar(a->vn, from);
    gen_helper_arm_fp_convert(t, tcg_env, t, tcg_constant_i32(to | from << 2));
    a64_write_scalar(a->vd, t);
    return true;
}

static bool gen_to_integer(DisasContext *ctx, const arg_FCVTNS_G *a, unsigned fraction,
                           ARMRounding rounding, bool is_signed)
{
    int size = arithmetic_size(ctx, a->type);
    uint32_t desc;
    TCGv_i64 t;

    if (size < 0) {
        return false;
    }
    if (size >= MO_32 && !fraction && (ctx->hflags & ARM_HF_FP_INLINE)) {
        a64_write_x(a->rd, arm_gen_float_to_int(size, cpu_vreg[a->vn], a->sf, is_signed, rounding),
                    true);
        return true;
    }
    desc = size | (a->sf ? ARM_CONVERT_WIDE : 0) | (is_signed ? ARM_CONVERT_SIGNED : 0) |
           rounding << ARM_CONVERT_ROUNDING_SHIFT | fraction << ARM_CONVERT_FRACTION_SHIFT;
    t = a64_read_scalar(a->vn, size);
    gen_helper_arm_fp_to_int(t, tcg_env, t, tcg_constant_i32(desc));
    a64_write_x(a->rd, t, a->sf);
    return true;
}

#define TO_INTEGER(name, rounding)                                                                 \
    bool a64_FCVT##name##S_G(DisasContext *ctx, const arg_FCVT##name##S_G *a)                      \
    {                                                                                              \
        return gen_to_integer(ctx, a, 0, rounding, true);                                          \
    }                                                                                              \
    bool a64_FCVT##name##U_G(DisasContext *ctx, const arg_FCVT##name##U_G *a)                      \
    {                                                                                              \
        return gen_to_integer(ctx, a, 0, rounding, false);                                         \
    }
TO_INTEGER(N, ARM_ROUND_NEAREST)
TO_INTEGER(P, ARM_ROUND_UP)
TO_INTEGER(M, ARM_ROUND_DOWN)
TO_INTEGER(Z, ARM_ROUND_ZERO)
TO_INTEGER(A, ARM_ROUND_AWAY)

/* Rounded to nearest; nothing but being inexact can happen. */
static void gen_integer_to_float(unsigned size, unsigned vd, unsigned rn, bool wide, bool is_signed)
{
    TCGv_i64 t = tcg_temp_new_i64();

    if (wide) {
        tcg_gen_mov_i64(t, a64_x(rn));
    } else {
        (is_signed ? tcg_gen_ext32s_i64 : tcg_gen_ext32u_i64)(t, a64_x(rn));
    }
    tcg_gen_packed_cvt_i64(size, cpu_vreg[vd], t);
}

static bool gen_from_integer(DisasContext *ctx, const arg_SCVTF_G *a, unsigned fraction,
                             bool is_signed)
{
    int size = arithmetic_size(ctx, a->type);
    TCGv_i64 t = tcg_temp_new_i64();
    uint32_t desc;

    if (size < 0) {
        return false;
    }
    if (size >= MO_32 && !fraction && (is_signed || !a->sf) && (ctx->hflags & ARM_HF_FP_INLINE)) {
        gen_integer_to_float(size, a->vd, a->rn, a->sf, is_signed);
        return true;
    }
    desc = size | (a->sf ? ARM_CONVERT_WIDE : 0) | (is_signed ? ARM_CONVERT_SIGNED : 0) |
           fraction << ARM_CONVERT_FRACTION_SHIFT;
    gen_helper_arm_fp_from_int(t, tcg_env, a64_x(a->rn), tcg_constant_i32(desc));
    a64_write_scalar(a->vd, t);
    return true;
}

bool a64_SCVTF_G(DisasContext *ctx, const arg_SCVTF_G *a)
{
    return gen_from_integer(ctx, a, 0, true);
}

bool a64_UCVTF_G(DisasContext *ctx, const arg_UCVTF_G *a)
{
    return gen_from_integer(ctx, a, 0, false);
}

/* As ECMAScript converts: modulo 2^32; Z says whether nothing got lost. */
bool a64_FJCVTZS(DisasContext *ctx, const arg_FJCVTZS *a)
{
    TCGv_i64 t = a64_read_scalar(a->vn, MO_64), flags = tcg_temp_new_i64();

    gen_helper_arm_fjcvtzs(t, tcg_env, t);
    tcg_gen_shri_i64(flags, t, 32);
    a64_write_x(a->rd, t, false);
    a64_write_nzcv(ctx, flags);
    return true;
}

/* scale: 64 less the bits behind the point; words have no more than 32 of these. */
static bool bad_scale(unsigned sf, unsigned scale)
{
    return !sf && scale < 32;
}

#define FROM_FIXED(name, is_signed)                                                                \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        const arg_SCVTF_G integer = { .sf = a->sf, .type = a->type, .rn = a->rn, .vd = a->vd };    \
                                                                                                   \
        return !bad_scale(a->sf, a->scale) &&                                                      \
               gen_from_integer(ctx, &integer, 64 - a->scale, is_signed);                          \
    }
FROM_FIXED(SCVTF_GX, true)
FROM_FIXED(UCVTF_GX, false)

#define TO_FIXED(name, is_signed)                                                                  \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        const arg_FCVTNS_G integer = { .sf = a->sf, .type = a->type, .vn = a->vn, .rd = a->rd };   \
                                                                                                   \
        return !bad_scale(a->sf, a->scale) &&                                                      \
               gen_to_integer(ctx, &integer, 64 - a->scale, ARM_ROUND_ZERO, is_signed);            \
    }
TO_FIXED(FCVTZS_GX, true)
TO_FIXED(FCVTZU_GX, false)
