/*
 * Arm translator, AArch32: the rows of neon.decode.
 *
 * What isn't bitwise or a move is done lane by lane, as AArch64's instructions are: by vector
 * operations (translate-lanes.c) or a call (vector.h). To the IR registers are quadwords.
 *
 * Reference: DDI 0487, F6.1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/translate-lanes.h"
#include "target/arm/translate32.h"
#include "target/arm/neon-decode.h"

static bool has_neon(const DisasContext *ctx)
{
    return ctx->id->mvfr[1] & 0xf00;
}

bool aa32_translate_neon(DisasContext *ctx, uint32_t insn)
{
    int row = neon_decode(insn);

    if (row < 0 || !has_neon(ctx)) {
        return false;
    }
    if (!(ctx->hflags & ARM_HF_FP)) {
        aa32_exception(ctx, arm_esr(EC_FP_ACCESS, ARM_ISS_COND_ALWAYS));
        return true;
    }
    return neon_insns[row].translate(ctx, insn);
}

/* ---- Registers ---- */

static TCGv_i64 new_i64(void)
{
    return tcg_temp_new_i64();
}

static unsigned reg(unsigned four, unsigned one)
{
    return one << 4 | four;
}

#define VD(a) reg((a)->vd, (a)->d)
#define VN(a) reg((a)->vn, (a)->n)
#define VM(a) reg((a)->vm, (a)->m)

static TCGv_i64 read_d(unsigned n)
{
    TCGv_i64 t = new_i64();

    tcg_gen_extract_vec(MO_64, t, cpu_vreg[n / 2], n % 2);
    return t;
}

static void write_d(unsigned n, TCGv_i64 value)
{
    tcg_gen_insert_vec(MO_64, cpu_vreg[n / 2], cpu_vreg[n / 2], value, n % 2);
}

static TCGv_vec new_vector(void)
{
    return tcg_temp_new_vec(TCG_TYPE_V128);
}

/* A doubleword is the lower half, with anything above it. */
static TCGv_vec read_vector(unsigned n, bool quad)
{
    TCGv_vec t;

    if (quad || n % 2 == 0) {
        return cpu_vreg[n / 2];
    }
    t = new_vector();
    tcg_gen_ziph_vec(MO_64, t, cpu_vreg[n / 2], cpu_vreg[n / 2]);
    return t;
}

static void write_vector(unsigned n, bool quad, TCGv_vec value)
{
    TCGv_vec v = cpu_vreg[n / 2];

    if (quad) {
        tcg_gen_mov_vec(v, value);
    } else if (n % 2) {
        tcg_gen_zipl_vec(MO_64, v, v, value);
    } else {
        tcg_gen_bitsel_vec(v, tcg_constant_v128(UINT64_MAX, 0), value, v);
    }
}

/* ---- Lane by lane ---- */

/* Sizes that there are: bit n for elements of 8 << n bits. */
enum { B = 1, H = 2, S = 4, D = 8, BH = B | H, BHS = BH | S, HS = H | S, BHSD = BHS | D };

/* Which operands are quadwords; what else the call has to know. */
enum { QD = ARM_NEON_QUAD_D, QN = ARM_NEON_QUAD_N, QM = ARM_NEON_QUAD_M,
       FLOAT = ARM_NEON_FLOAT, ALL = QD | QN | QM };

static bool odd_quad(unsigned how, const ARMLaneDesc *x)
{
    return ((how & QD) && (x->vd & 1)) || ((how & QN) && (x->vn & 1)) ||
           ((how & QM) && x->source == ARM_OPERAND_VECTOR && (x->vm & 1));
}

static bool gen_inline(ARMLane *fn, unsigned how, ARMLaneDesc x)
{
    TCGv_vec m = read_vector(x.vm, how & QM), t;

    if (x.source == ARM_OPERAND_ELEMENT) {
        m = cpu_vreg[x.vm / 2];
        x.operand += x.vm % 2 ? 8 >> x.size : 0;
    }
    t = arm_gen_lanes_inline(fn, &x, read_vector(x.vn, how & QN), m, read_vector(x.vd, how & QD));
    if (t) {
        write_vector(x.vd, how & QD, t);
    }
    return t;
}

static bool gen_lanes(unsigned sizes, ARMLane *fn, unsigned how, ARMLaneDesc x)
{
    if (!(sizes >> x.size & 1) || odd_quad(how, &x)) {
        return false;
    }
    if (gen_inline(fn, how, x)) {
        return true;
    }
    gen_helper_arm_neon_lanes(tcg_env, tcg_constant_ptr(fn),
                              tcg_constant_i64(arm_lane_desc_pack(&x) |
                                               (uint64_t)how << ARM_NEON_HOW_SHIFT));
    return true;
}

static unsigned quads(unsigned q)
{
    return q ? ALL : 0;
}

/* ---- Three registers of one kind ---- */

#define SAME(name, sizes, signed_lane, unsigned_lane)                                              \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return gen_lanes(sizes, a->u ? arm_lane_##unsigned_lane : arm_lane_##signed_lane,          \
                         quads(a->q),                                                              \
                         (ARMLaneDesc){ .vd = VD(a), .vn = VN(a), .vm = VM(a), .size = a->size,    \
                                        .q = a->q });                                              \
    }
SAME(VHADD, BHS, shadd, uhadd)
SAME(VQADD, BHSD, sqadd, uqadd)
SAME(VRHADD, BHS, srhadd, urhadd)
SAME(VHSUB, BHS, shsub, uhsub)
SAME(VQSUB, BHSD, sqsub, uqsub)
SAME(VCGT, BHS, cmgt, cmhi)
SAME(VCGE, BHS, cmge, cmhs)
SAME(VMAX, BHS, smax, umax)
SAME(VMIN, BHS, smin, umin)
SAME(VABD, BHS, sabd, uabd)
SAME(VABA, BHS, saba, uaba)

/* The value is the last operand, the counts are the first one. */
#define SHIFT(name, signed_lane, unsigned_lane)                                                    \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return gen_lanes(BHSD, a->u ? arm_lane_##unsigned_lane : arm_lane_##signed_lane,           \
                         quads(a->q),                                                              \
                         (ARMLaneDesc){ .vd = VD(a), .vn = VM(a), .vm = VN(a), .size = a->size,    \
                                        .q = a->q });                                              \
    }
SHIFT(VSHL, sshl, ushl)
SHIFT(VQSHL, sqshl, uqshl)
SHIFT(VRSHL, srshl, urshl)
SHIFT(VQRSHL, sqrshl, uqrshl)

#define SIGNLESS(name, sizes, lane, shape_, may_be_quad)                                           \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return (may_be_quad || !a->q) &&                                                           \
               gen_lanes(sizes, arm_lane_##lane, quads(a->q),                                      \
                         (ARMLaneDesc){ .vd = VD(a), .vn = VN(a), .vm = VM(a), .size = a->size,    \
                                        .q = a->q, .shape = shape_ });                             \
    }
SIGNLESS(VADD, BHSD, add, ARM_SHAPE_SAME, true)
SIGNLESS(VSUB, BHSD, sub, ARM_SHAPE_SAME, true)
SIGNLESS(VTST, BHS, cmtst, ARM_SHAPE_SAME, true)
SIGNLESS(VCEQ, BHS, cmeq, ARM_SHAPE_SAME, true)
SIGNLESS(VMLA, BHS, mla, ARM_SHAPE_SAME, true)
SIGNLESS(VMLS, BHS, mls, ARM_SHAPE_SAME, true)
SIGNLESS(VMUL, BHS, mul, ARM_SHAPE_SAME, true)
SIGNLESS(VMUL_P, B, pmul, ARM_SHAPE_SAME, true)
SIGNLESS(VQDMULH, HS, sqdmulh, ARM_SHAPE_SAME, true)
SIGNLESS(VQRDMULH, HS, sqrdmulh, ARM_SHAPE_SAME, true)
SIGNLESS(VPADD, BHS, add, ARM_SHAPE_PAIRS, false)

#define PAIRS(name, signed_lane, unsigned_lane)                                                    \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return !a->q &&                                                                            \
               gen_lanes(BHS, a->u ? arm_lane_##unsigned_lane : arm_lane_##signed_lane, 0,         \
                         (ARMLaneDesc){ .vd = VD(a), .vn = VN(a), .vm = VM(a), .size = a->size,    \
                                        .shape = ARM_SHAPE_PAIRS });                               \
    }
PAIRS(VPMAX, smax, umax)
PAIRS(VPMIN, smin, umin)

#define BITWISE(name, emit)                                                                        \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        TCGv_vec n, m, d, t;                                                                       \
                                                                                                   \
        if (a->q && ((a->vd | a->vn | a->vm) & 1)) {                                               \
            return false;                                                                          \
        }                                                                                          \
        n = read_vector(VN(a), a->q);                                                              \
        m = read_vector(VM(a), a->q);                                                              \
        d = read_vector(VD(a), a->q);                                                              \
        t = new_vector();                                                                          \
        (void)d;                                                                                   \
        emit;                                                                                      \
        write_vector(VD(a), a->q, t);                                                              \
        return true;                                                                               \
    }
BITWISE(VAND, tcg_gen_and_vec(t, n, m))
BITWISE(VBIC, tcg_gen_andc_vec(t, n, m))
BITWISE(VORR, tcg_gen_or_vec(t, n, m))
BITWISE(VORN, tcg_gen_not_vec(t, m); tcg_gen_or_vec(t, t, n))
BITWISE(VEOR, tcg_gen_xor_vec(t, n, m))
BITWISE(VBSL, tcg_gen_bitsel_vec(t, d, n, m))
BITWISE(VBIT, tcg_gen_bitsel_vec(t, m, n, d))
BITWISE(VBIF, tcg_gen_bitsel_vec(t, m, d, n))

#define FLOAT_SAME(name, lane, shape_)                                                             \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return (shape_ == ARM_SHAPE_SAME || !a->q) &&                                              \
               gen_lanes(S, arm_lane_##lane, quads(a->q) | FLOAT,                                  \
                         (ARMLaneDesc){ .vd = VD(a), .vn = VN(a), .vm = VM(a), .size = MO_32,      \
                                        .q = a->q, .shape = shape_ });                             \
    }
FLOAT_SAME(VADD_F, fadd, ARM_SHAPE_SAME)
FLOAT_SAME(VSUB_F, fsub, ARM_SHAPE_SAME)
FLOAT_SAME(VPADD_F, fadd, ARM_SHAPE_PAIRS)
FLOAT_SAME(VABD_F, fabd, ARM_SHAPE_SAME)
FLOAT_SAME(VMLA_F, chained_fmla, ARM_SHAPE_SAME)
FLOAT_SAME(VMLS_F, chained_fmls, ARM_SHAPE_SAME)
FLOAT_SAME(VFMA_F, fmla, ARM_SHAPE_SAME)
FLOAT_SAME(VFMS_F, fmls, ARM_SHAPE_SAME)
FLOAT_SAME(VMUL_F, fmul, ARM_SHAPE_SAME)
FLOAT_SAME(VCEQ_F, fcmeq, ARM_SHAPE_SAME)
FLOAT_SAME(VCGE_F, fcmge, ARM_SHAPE_SAME)
FLOAT_SAME(VCGT_F, fcmgt, ARM_SHAPE_SAME)
FLOAT_SAME(VACGE_F, facge, ARM_SHAPE_SAME)
FLOAT_SAME(VACGT_F, facgt, ARM_SHAPE_SAME)
FLOAT_SAME(VMAX_F, fmax, ARM_SHAPE_SAME)
FLOAT_SAME(VMIN_F, fmin, ARM_SHAPE_SAME)
FLOAT_SAME(VPMAX_F, fmax, ARM_SHAPE_PAIRS)
FLOAT_SAME(VPMIN_F, fmin, ARM_SHAPE_PAIRS)
FLOAT_SAME(VRECPS_F, chained_frecps, ARM_SHAPE_SAME)
FLOAT_SAME(VRSQRTS_F, chained_frsqrts, ARM_SHAPE_SAME)

/* ---- Of different widths ---- */

#define DIFFERENT(name, sizes, lane, shape_, how)                                                  \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return gen_lanes(sizes, lane, how,                                                         \
                         (ARMLaneDesc){ .vd = VD(a), .vn = VN(a), .vm = VM(a), .size = a->size,    \
                                        .shape = shape_ });                                        \
    }
#define EITHER(s, u_) (a->u ? arm_lane_##u_ : arm_lane_##s)
DIFFERENT(VADDL, BHS, EITHER(saddl, uaddl), ARM_SHAPE_LONG, QD)
DIFFERENT(VSUBL, BHS, EITHER(ssubl, usubl), ARM_SHAPE_LONG, QD)
DIFFERENT(VADDW, BHS, EITHER(saddw, uaddw), ARM_SHAPE_WIDE, QD | QN)
DIFFERENT(VSUBW, BHS, EITHER(ssubw, usubw), ARM_SHAPE_WIDE, QD | QN)
DIFFERENT(VADDHN, BHS, arm_lane_addhn, ARM_SHAPE_NARROW, QN | QM)
DIFFERENT(VRADDHN, BHS, arm_lane_raddhn, ARM_SHAPE_NARROW, QN | QM)
DIFFERENT(VSUBHN, BHS, arm_lane_subhn, ARM_SHAPE_NARROW, QN | QM)
DIFFERENT(VRSUBHN, BHS, arm_lane_rsubhn, ARM_SHAPE_NARROW, QN | QM)
DIFFERENT(VABAL, BHS, EITHER(sabal, uabal), ARM_SHAPE_LONG, QD)
DIFFERENT(VABDL, BHS, EITHER(sabdl, uabdl), ARM_SHAPE_LONG, QD)
DIFFERENT(VMLAL, BHS, EITHER(smlal, umlal), ARM_SHAPE_LONG, QD)
DIFFERENT(VMLSL, BHS, EITHER(smlsl, umlsl), ARM_SHAPE_LONG, QD)
DIFFERENT(VMULL, BHS, EITHER(smull, umull), ARM_SHAPE_LONG, QD)
DIFFERENT(VQDMLAL, HS, arm_lane_sqdmlal, ARM_SHAPE_LONG, QD)
DIFFERENT(VQDMLSL, HS, arm_lane_sqdmlsl, ARM_SHAPE_LONG, QD)
DIFFERENT(VQDMULL, HS, arm_lane_sqdmull, ARM_SHAPE_LONG, QD)

/* ---- Cryptography ---- */

enum { ISAR5_AES = 4, ISAR5_SHA1 = 8, ISAR5_SHA2 = 12 };

static bool has_crypto(const DisasContext *ctx, unsigned field, unsigned least)
{
    return (ctx->id->a32_isar[5] >> field & 0xf) >= least;
}

/* AArch64's functions find quadwords where its instructions have them. */
static bool gen_crypto(DisasContext *ctx, unsigned field, unsigned function, unsigned vd,
                       unsigned vn, unsigned vm)
{
    if (!has_crypto(ctx, field, 1) || ((vd | vn | vm) & 1)) {
        return false;
    }
    gen_helper_arm_vector(tcg_env, tcg_constant_ptr(arm_crypto_functions[function]),
                          tcg_constant_i32(vd / 2 | vn / 2 << 5 | vm / 2 << 16));
    return true;
}

#define CRYPTO_TWO(name, field)                                                                    \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return gen_crypto(ctx, field, ARM_CRYPTO_##name, VD(a), VM(a), 0);                         \
    }
#define CRYPTO_THREE(name, field)                                                                  \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return gen_crypto(ctx, field, ARM_CRYPTO_##name, VD(a), VN(a), VM(a));                     \
    }
CRYPTO_TWO(AESE, ISAR5_AES)
CRYPTO_TWO(AESD, ISAR5_AES)
CRYPTO_TWO(AESMC, ISAR5_AES)
CRYPTO_TWO(AESIMC, ISAR5_AES)
CRYPTO_TWO(SHA1H, ISAR5_SHA1)
CRYPTO_TWO(SHA1SU1, ISAR5_SHA1)
CRYPTO_TWO(SHA256SU0, ISAR5_SHA2)
CRYPTO_THREE(SHA1C, ISAR5_SHA1)
CRYPTO_THREE(SHA1P, ISAR5_SHA1)
CRYPTO_THREE(SHA1M, ISAR5_SHA1)
CRYPTO_THREE(SHA1SU0, ISAR5_SHA1)
CRYPTO_THREE(SHA256H, ISAR5_SHA2)
CRYPTO_THREE(SHA256H2, ISAR5_SHA2)
CRYPTO_THREE(SHA256SU1, ISAR5_SHA2)

/* Of doublewords it belongs to AES. */
bool neon_VMULL_P(DisasContext *ctx, const arg_VMULL_P *a)
{
    if (a->size == MO_32) {
        if (!has_crypto(ctx, ISAR5_AES, 2) || (VD(a) & 1)) {
            return false;
        }
        gen_helper_arm_vector(tcg_env, tcg_constant_ptr(arm_vector_pmull_doublewords),
                              tcg_constant_i32(VD(a) | VN(a) << 5 | VM(a) << 16));
        return true;
    }
    return gen_lanes(B, arm_lane_pmull, QD,
                     (ARMLaneDesc){ .vd = VD(a), .vn = VN(a), .vm = VM(a), .size = a->size,
                                    .shape = ARM_SHAPE_LONG });
}

/* ---- By a scalar: halfwords of d0 to d7, words of d0 to d15 ---- */

static ARMLaneDesc with_scalar(unsigned vd, unsigned vn, unsigned vm, unsigned m, unsigned size)
{
    return (ARMLaneDesc){ .vd = vd, .vn = vn, .vm = size == MO_16 ? vm & 7 : vm, .size = size,
                          .source = ARM_OPERAND_ELEMENT,
                          .operand = size == MO_16 ? m << 1 | vm >> 3 : m };
}

static bool gen_by_scalar(unsigned sizes, ARMLane *fn, unsigned how, ARMLaneDesc x, bool q)
{
    x.q = q;
    return gen_lanes(sizes, fn, (q ? QD | QN : 0) | how, x);
}

#define BY_SCALAR(name, sizes, lane, how)                                                          \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return gen_by_scalar(sizes, arm_lane_##lane, how,                                          \
                             with_scalar(VD(a), VN(a), a->vm, a->m, a->size), a->q);               \
    }
BY_SCALAR(VMLA_S, HS, mla, 0)
BY_SCALAR(VMLS_S, HS, mls, 0)
BY_SCALAR(VMUL_S, HS, mul, 0)
BY_SCALAR(VQDMULH_S, HS, sqdmulh, 0)
BY_SCALAR(VQRDMULH_S, HS, sqrdmulh, 0)
BY_SCALAR(VMLA_FS, S, chained_fmla, FLOAT)
BY_SCALAR(VMLS_FS, S, chained_fmls, FLOAT)
BY_SCALAR(VMUL_FS, S, fmul, FLOAT)

#define LONG_BY_SCALAR(name, lane)                                                                 \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        ARMLaneDesc x = with_scalar(VD(a), VN(a), a->vm, a->m, a->size);                           \
                                                                                                   \
        x.shape = ARM_SHAPE_LONG;                                                                  \
        return gen_by_scalar(HS, lane, QD, x, false);                                              \
    }
LONG_BY_SCALAR(VMLAL_S, EITHER(smlal, umlal))
LONG_BY_SCALAR(VMLSL_S, EITHER(smlsl, umlsl))
LONG_BY_SCALAR(VMULL_S, EITHER(smull, umull))
LONG_BY_SCALAR(VQDMLAL_S, arm_lane_sqdmlal)
LONG_BY_SCALAR(VQDMLSL_S, arm_lane_sqdmlsl)
LONG_BY_SCALAR(VQDMULL_S, arm_lane_sqdmull)

/* ---- Two registers ---- */

/* The operand is vm. */
static bool gen_two(unsigned sizes, ARMLane *fn, unsigned how, ARMLaneDesc x)
{
    x.source = ARM_OPERAND_CONSTANT;
    return gen_lanes(sizes, fn, how, x);
}

#define TWO(name, sizes, lane, shape_)                                                             \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return gen_two(sizes, lane, a->q ? QD | QN : 0,                                            \
                       (ARMLaneDesc){ .vd = VD(a), .vn = VM(a), .size = a->size, .q = a->q,        \
                                      .shape = shape_ });                                          \
    }
TWO(VPADDL, BHS, EITHER(saddlp, uaddlp), ARM_SHAPE_ADJACENT)
TWO(VPADAL, BHS, EITHER(sadalp, uadalp), ARM_SHAPE_ADJACENT)
TWO(VCLS, BHS, arm_lane_cls, ARM_SHAPE_SAME)
TWO(VCLZ, BHS, arm_lane_clz, ARM_SHAPE_SAME)
TWO(VCNT, B, arm_lane_cnt, ARM_SHAPE_SAME)
TWO(VQABS, BHS, arm_lane_sqabs, ARM_SHAPE_SAME)
TWO(VQNEG, BHS, arm_lane_sqneg, ARM_SHAPE_SAME)

#define TWO_FLOAT(name, lane, float_lane)                                                          \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return gen_two(a->f ? S : BHS, a->f ? arm_lane_##float_lane : arm_lane_##lane,             \
                       (a->q ? QD | QN : 0) | (a->f ? FLOAT : 0),                                  \
                       (ARMLaneDesc){ .vd = VD(a), .vn = VM(a), .size = a->size, .q = a->q });     \
    }
TWO_FLOAT(VCGT_Z, cmgt, fcmgt)
TWO_FLOAT(VCGE_Z, cmge, fcmge)
TWO_FLOAT(VCEQ_Z, cmeq, fcmeq)
TWO_FLOAT(VCLE_Z, cmle, fcmle)
TWO_FLOAT(VCLT_Z, cmlt, fcmlt)
TWO_FLOAT(VABS, abs, fabs)
TWO_FLOAT(VNEG, neg, fneg)

#define ESTIMATE(name, lane, float_lane)                                                           \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return gen_two(S, a->f ? arm_lane_##float_lane : arm_lane_##lane,                          \
                       (a->q ? QD | QN : 0) | (a->f ? FLOAT : 0),                                  \
                       (ARMLaneDesc){ .vd = VD(a), .vn = VM(a), .size = a->size, .q = a->q });     \
    }
ESTIMATE(VRECPE, urecpe, frecpe)
ESTIMATE(VRSQRTE, ursqrte, frsqrte)

#define CONVERT(name, lane)                                                                        \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return gen_two(S, lane, (a->q ? QD | QN : 0) | FLOAT,                                      \
                       (ARMLaneDesc){ .vd = VD(a), .vn = VM(a), .size = a->size, .q = a->q });     \
    }
CONVERT(VCVT_FI, EITHER(scvtf, ucvtf))
CONVERT(VCVT_IF, EITHER(fcvtzs, fcvtzu))

/* ---- Armv8: MVFR2.SIMDMisc ---- */

static bool has_v8_simd(const DisasContext *ctx)
{
    return (ctx->id->mvfr[2] & 0xf) >= 3;
}

#define ROUND(name, lane)                                                                          \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return has_v8_simd(ctx) &&                                                                 \
               gen_two(S, arm_lane_##lane, (a->q ? QD | QN : 0) | FLOAT,                           \
                       (ARMLaneDesc){ .vd = VD(a), .vn = VM(a), .size = MO_32, .q = a->q });     \
    }
ROUND(VRINTN, frintn)
ROUND(VRINTX, frintx)
ROUND(VRINTA, frinta)
ROUND(VRINTZ, frintz)
ROUND(VRINTM, frintm)
ROUND(VRINTP, frintp)

bool neon_VCVT_D(DisasContext *ctx, const arg_VCVT_D *a)
{
    static ARMLane *const lanes[4][2] = { { arm_lane_fcvtas, arm_lane_fcvtau },
                                          { arm_lane_fcvtns, arm_lane_fcvtnu },
                                          { arm_lane_fcvtps, arm_lane_fcvtpu },
                                          { arm_lane_fcvtms, arm_lane_fcvtmu } };

    return has_v8_simd(ctx) &&
           gen_two(S, lanes[a->rm][a->u], (a->q ? QD | QN : 0) | FLOAT,
                   (ARMLaneDesc){ .vd = VD(a), .vn = VM(a), .size = MO_32, .q = a->q });
}

#define NUMERIC(name, lane)                                                                        \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return has_v8_simd(ctx) &&                                                                 \
               gen_lanes(S, arm_lane_##lane, quads(a->q) | FLOAT,                                  \
                         (ARMLaneDesc){ .vd = VD(a), .vn = VN(a), .vm = VM(a), .size = MO_32,      \
                                        .q = a->q });                                              \
    }
NUMERIC(VMAXNM_F, fmaxnm)
NUMERIC(VMINNM_F, fminnm)

#define NARROW(name, lane)                                                                         \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        return gen_two(BHS, lane, QN,                                                              \
                       (ARMLaneDesc){ .vd = VD(a), .vn = VM(a), .size = a->size,                   \
                                      .shape = ARM_SHAPE_NARROW });                                \
    }
NARROW(VMOVN, arm_lane_xtn)
NARROW(VQMOVUN, arm_lane_sqxtun)
NARROW(VQMOVN, EITHER(sqxtn, uqxtn))

bool neon_VSHLL_MAX(DisasContext *ctx, const arg_VSHLL_MAX *a)
{
    return gen_two(BHS, arm_lane_shll, QD,
                   (ARMLaneDesc){ .vd = VD(a), .vn = VM(a), .size = a->size,
                                  .operand = 8 << a->size, .shape = ARM_SHAPE_LONG });
}

bool neon_VCVT_HF(DisasContext *ctx, const arg_VCVT_HF *a)
{
    return gen_two(H, arm_lane_fcvtn, QN | FLOAT,
                   (ARMLaneDesc){ .vd = VD(a), .vn = VM(a), .size = MO_16,
                                  .shape = ARM_SHAPE_NARROW });
}

bool neon_VCVT_FH(DisasContext *ctx, const arg_VCVT_FH *a)
{
    return gen_two(H, arm_lane_fcvtl, QD | FLOAT,
                   (ARMLaneDesc){ .vd = VD(a), .vn = VM(a), .size = MO_16,
                                  .shape = ARM_SHAPE_LONG });
}

bool neon_VMVN(DisasContext *ctx, const arg_VMVN *a)
{
    TCGv_vec t;

    if (a->size || (a->q && ((a->vd | a->vm) & 1))) {
        return false;
    }
    t = new_vector();
    tcg_gen_not_vec(t, read_vector(VM(a), a->q));
    write_vector(VD(a), a->q, t);
    return true;
}

static bool can_move(unsigned sizes, unsigned size, unsigned q, unsigned vd, unsigned vm)
{
    return (sizes >> size & 1) && !(q && ((vd | vm) & 1));
}

/* What finds bytes in several registers: by a function for the whole instruction. */
static bool gen_move(unsigned sizes, unsigned what, unsigned size, unsigned q, unsigned vd,
                     unsigned vn, unsigned vm, unsigned operand)
{
    if (!can_move(sizes, size, q, vd, vm)) {
        return false;
    }
    gen_helper_arm_neon_move(tcg_env,
                             tcg_constant_i32(what | size << 4 | q << 6 | operand << 7 | vd << 12 |
                                              vn << 17 | vm << 22));
    return true;
}

#define REVERSE(name, sizes, container)                                                            \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        if (!can_move(sizes, a->size, a->q, a->vd, a->vm)) {                                       \
            return false;                                                                          \
        }                                                                                          \
        write_vector(VD(a), a->q,                                                                  \
                     arm_gen_reverse(a->size, container, read_vector(VM(a), a->q)));               \
        return true;                                                                               \
    }
REVERSE(VREV64, BHS, MO_64)
REVERSE(VREV32, BH, MO_32)
REVERSE(VREV16, B, MO_16)

/* Both registers are written, from what both had. */
#define EXCHANGE(name, sizes, to_d, to_m)                                                          \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        TCGv_vec d, m, new_d, new_m;                                                               \
                                                                                                   \
        if (!can_move(sizes, a->size, a->q, a->vd, a->vm)) {                                       \
            return false;                                                                          \
        }                                                                                          \
        d = read_vector(VD(a), a->q);                                                              \
        m = read_vector(VM(a), a->q);                                                              \
        new_d = to_d;                                                                              \
        new_m = to_m;                                                                              \
        write_vector(VD(a), a->q, new_d);                                                          \
        write_vector(VM(a), a->q, new_m);                                                          \
        return true;                                                                               \
    }

static TCGv_vec copied(TCGv_vec v)
{
    TCGv_vec t = new_vector();

    tcg_gen_mov_vec(t, v);
    return t;
}

static TCGv_vec zipped_low(unsigned size, TCGv_vec d, TCGv_vec m)
{
    TCGv_vec t = new_vector();

    tcg_gen_zipl_vec(size, t, d, m);
    return t;
}

/* Of doublewords all of it is in one quadword. */
static TCGv_vec zipped_high(unsigned size, bool q, TCGv_vec d, TCGv_vec m)
{
    TCGv_vec t = q ? new_vector() : zipped_low(size, d, m);

    if (q) {
        tcg_gen_ziph_vec(size, t, d, m);
    } else {
        tcg_gen_ziph_vec(MO_64, t, t, t);
    }
    return t;
}

static TCGv_vec unzipped(unsigned size, bool q, TCGv_vec d, TCGv_vec m, bool odd)
{
    TCGv_vec both = q ? NULL : zipped_low(MO_64, d, m);

    return q ? arm_gen_unzip(size, d, m, odd) : arm_gen_unzip(size, both, both, odd);
}

/* Of doublewords there is no unzipping by words: that is VTRN. */
EXCHANGE(VSWP, B, copied(m), copied(d))
EXCHANGE(VTRN, BHS, arm_gen_transpose(a->size, d, m, false), arm_gen_transpose(a->size, d, m, true))
EXCHANGE(VZIP, a->q ? BHS : BH, zipped_low(a->size, d, m), zipped_high(a->size, a->q, d, m))
EXCHANGE(VUZP, a->q ? BHS : BH, unzipped(a->size, a->q, d, m, false),
         unzipped(a->size, a->q, d, m, true))

bool neon_VEXT(DisasContext *ctx, const arg_VEXT *a)
{
    if ((a->q && (a->vn & 1)) || (!a->q && a->imm >= 8)) {
        return false;
    }
    return gen_move(B, ARM_NEON_EXT, 0, a->q, VD(a), VN(a), VM(a), a->imm);
}

bool neon_VTBL(DisasContext *ctx, const arg_VTBL *a)
{
    if (VN(a) + a->len > 31) {
        return false;
    }
    return gen_move(B, a->x ? ARM_NEON_TBX : ARM_NEON_TBL, 0, 0, VD(a), VN(a), VM(a), a->len);
}

/* imm: the size's lowest set bit, and the index above it. */
bool neon_VDUP_S(DisasContext *ctx, const arg_VDUP_S *a)
{
    unsigned size = a->imm ? ctz32(a->imm) : MO_64, index = a->imm >> (size + 1);
    TCGv_i64 t = new_i64();

    if (size > MO_32 || (a->q && (a->vd & 1))) {
        return false;
    }
    tcg_gen_extract_vec(size, t, cpu_vreg[VM(a) / 2], index + (VM(a) & 1 ? 8 >> size : 0));
    tcg_gen_muli_i64(t, t, size == MO_8    ? 0x0101010101010101ll
                           : size == MO_16 ? 0x0001000100010001ll
                                           : 0x0000000100000001ll);
    for (unsigned i = 0; i <= a->q; i++) {
        write_d(VD(a) + i, t);
    }
    return true;
}

/* ---- Constants ---- */

bool neon_VMOV_I(DisasContext *ctx, const arg_VMOV_I *a)
{
    uint64_t value = arm_expand_modified_immediate(a->op, a->cmode,
                                                   a->i << 7 | a->imm3 << 4 | a->imm4);
    bool combines = a->cmode < 12 && (a->cmode & 1);

    if ((a->q && (a->vd & 1)) || (a->cmode == 15 && a->op)) {
        return false;
    }
    for (unsigned i = 0; i <= a->q; i++) {
        TCGv_i64 t = read_d(VD(a) + i);

        if (combines && a->op) {
            tcg_gen_andi_i64(t, t, ~value);
        } else if (combines) {
            tcg_gen_ori_i64(t, t, value);
        } else {
            tcg_gen_movi_i64(t, a->op && a->cmode < 14 ? ~value : value);
        }
        write_d(VD(a) + i, t);
    }
    return true;
}

/* ---- Shifts by a constant ---- */

enum { LEFT = 0, RIGHT = 1 };

/* l:imm is the count, behind a bit that says the size. */
static bool decode_shift(unsigned l, unsigned imm, bool right, ARMLaneDesc *x)
{
    unsigned both = l << 6 | imm;

    if (both < 8) {
        return false;
    }
    x->size = 28 - clz32(both);
    x->operand = right ? (16u << x->size) - both : both - (8u << x->size);
    x->source = ARM_OPERAND_CONSTANT;
    return true;
}

#define SHIFT_BY(name, direction, lane)                                                            \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        ARMLaneDesc x = { .vd = VD(a), .vn = VM(a), .q = a->q };                                   \
                                                                                                   \
        return decode_shift(a->l, a->imm, direction, &x) &&                                        \
               gen_lanes(BHSD, lane, a->q ? QD | QN : 0, x);                                       \
    }
SHIFT_BY(VSHR, RIGHT, EITHER(sshr, ushr))
SHIFT_BY(VSRA, RIGHT, EITHER(ssra, usra))
SHIFT_BY(VRSHR, RIGHT, EITHER(srshr, urshr))
SHIFT_BY(VRSRA, RIGHT, EITHER(srsra, ursra))
SHIFT_BY(VSRI, RIGHT, arm_lane_sri)
SHIFT_BY(VSHL_I, LEFT, arm_lane_shl)
SHIFT_BY(VSLI, LEFT, arm_lane_sli)
SHIFT_BY(VQSHLU, LEFT, arm_lane_sqshlu)
SHIFT_BY(VQSHL_I, LEFT, EITHER(sqshl_i, uqshl_i))

#define SHIFT_NARROW(name, lane)                                                                   \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        ARMLaneDesc x = { .vd = VD(a), .vn = VM(a), .shape = ARM_SHAPE_NARROW };                   \
                                                                                                   \
        return decode_shift(0, a->imm, RIGHT, &x) && gen_lanes(BHS, lane, QN, x);                  \
    }
SHIFT_NARROW(VSHRN, arm_lane_shrn)
SHIFT_NARROW(VRSHRN, arm_lane_rshrn)
SHIFT_NARROW(VQSHRUN, arm_lane_sqshrun)
SHIFT_NARROW(VQRSHRUN, arm_lane_sqrshrun)
SHIFT_NARROW(VQSHRN, EITHER(sqshrn, uqshrn))
SHIFT_NARROW(VQRSHRN, EITHER(sqrshrn, uqrshrn))

bool neon_VSHLL(DisasContext *ctx, const arg_VSHLL *a)
{
    ARMLaneDesc x = { .vd = VD(a), .vn = VM(a), .shape = ARM_SHAPE_LONG };

    return decode_shift(0, a->imm, LEFT, &x) && gen_lanes(BHS, EITHER(sshll, ushll), QD, x);
}

/* Fixed point of 32 bits: how many lie behind the point. */
#define FIXED(name, lane)                                                                          \
    bool neon_##name(DisasContext *ctx, const arg_##name *a)                                       \
    {                                                                                              \
        ARMLaneDesc x = { .vd = VD(a), .vn = VM(a), .q = a->q };                                   \
                                                                                                   \
        return decode_shift(0, a->imm, RIGHT, &x) &&                                               \
               gen_lanes(S, lane, (a->q ? QD | QN : 0) | FLOAT, x);                                \
    }
FIXED(VCVT_FX, EITHER(scvtf, ucvtf))
FIXED(VCVT_XF, EITHER(fcvtzs, fcvtzu))

/* ---- Loads and stores of structures ---- */

/* Elements in the order of memory: which doubleword each belongs to, and where in it. */
typedef struct Element {
    uint8_t d, lane;
} Element;

typedef struct Transfer {
    Element elements[32];
    unsigned nb;
    unsigned size;
    unsigned align; /* the address is a multiple; 1: any */
    unsigned rn, rm;
    bool replicated; /* a load's element goes to all lanes */
} Transfer;

static void check_alignment(DisasContext *ctx, const Transfer *x, TCGv_i32 base, bool store)
{
    TCGLabel *aligned;

    if (x->align <= 1) {
        return;
    }
    aligned = gen_new_label();
    tcg_gen_brcond_i32(TCG_COND_TSTEQ, base, tcg_constant_i32(x->align - 1), aligned);
    gen_helper_arm_neon_unaligned(tcg_env, base, tcg_constant_i32(store));
    gen_set_label(aligned);
}

static TCGv_i32 address_of(TCGv_i32 base, const Transfer *x, unsigned i)
{
    TCGv_i32 t = tcg_temp_new_i32();

    tcg_gen_addi_i32(t, base, i << x->size);
    return t;
}

static void gen_element_writes(const Transfer *x, TCGv_i64 *values)
{
    static const uint64_t copies[] = { 0x0101010101010101ull, 0x0001000100010001ull,
                                       0x0000000100000001ull, 1 };

    for (unsigned i = 0; i < x->nb; i++) {
        unsigned d = x->elements[i].d;

        if (x->replicated) {
            tcg_gen_muli_i64(values[i], values[i], copies[x->size]);
            write_d(d, values[i]);
        } else {
            tcg_gen_insert_vec(x->size, cpu_vreg[d / 2], cpu_vreg[d / 2], values[i],
                               x->elements[i].lane + (d & 1 ? 8 >> x->size : 0));
        }
    }
}

static bool gen_transfer(DisasContext *ctx, const Transfer *x, bool load, unsigned registers)
{
    TCGv_i32 base;
    TCGv_i64 values[32];
    MemOp op = x->size | ctx->byte_order | (x->rn == REG_SP ? MO_STACK : 0);
    /* A doubleword is elements of 64 bits, which are aligned as words are (E2.8.2). */
    unsigned bytes = (x->replicated ? registers : x->nb) << x->size;

    if (x->rn == REG_PC) {
        return false;
    }
    base = aa32_copy(cpu_r[x->rn]);
    check_alignment(ctx, x, base, !load);
    for (unsigned i = 0; i < x->nb; i++) {
        unsigned d = x->elements[i].d;

        values[i] = new_i64();
        if (!load) {
            tcg_gen_extract_vec(x->size, values[i], cpu_vreg[d / 2],
                                x->elements[i].lane + (d & 1 ? 8 >> x->size : 0));
            tcg_gen_qemu_st_i64(values[i], address_of(base, x, i), ctx->mmu_idx, op);
        } else if (x->replicated && i >= registers) {
            tcg_gen_mov_i64(values[i], values[i - registers]);
        } else {
            tcg_gen_qemu_ld_i64(values[i], address_of(base, x, i), ctx->mmu_idx, op);
        }
    }
    if (load) {
        gen_element_writes(x, values);
    }
    if (x->rm == REG_SP) {
        tcg_gen_addi_i32(cpu_r[x->rn], base, bytes);
    } else if (x->rm != REG_PC) {
        tcg_gen_add_i32(cpu_r[x->rn], base, cpu_r[x->rm]);
    }
    return true;
}

/*
 * By `type`: structures of how many elements, registers for each of them, how far these are apart.
 */
static const struct {
    uint8_t elements, registers, spacing, aligns; /* bit n: align n there is */
} multiple[16] = {
    [0] = { 4, 1, 1, 0xf }, [1] = { 4, 1, 2, 0xf }, [2] = { 1, 4, 1, 0xf }, [3] = { 2, 2, 2, 0xf },
    [4] = { 3, 1, 1, 0x3 }, [5] = { 3, 1, 2, 0x3 }, [6] = { 1, 3, 1, 0x3 }, [7] = { 1, 1, 1, 0x3 },
    [8] = { 2, 1, 1, 0x7 }, [9] = { 2, 1, 2, 0x7 }, [10] = { 1, 2, 1, 0x7 },
};

static bool gen_multiple(DisasContext *ctx, const arg_VLD_M *a, bool load)
{
    unsigned n = multiple[a->type].elements, lanes = 8 >> a->size, first = VD(a);
    unsigned registers = multiple[a->type].registers, spacing = multiple[a->type].spacing;
    Transfer x = { .size = a->size, .rn = a->rn, .rm = a->rm, .align = a->align ? 4 << a->align : 1 };

    if (n == 0 || !(multiple[a->type].aligns >> a->align & 1) || (n > 1 && a->size == MO_64)) {
        return false;
    }
    if (first + (n - 1) * spacing + (registers - 1) > 31) {
        return false;
    }
    if (n == 1 && !(ctx->byte_order & (MO_BE | MO_ALIGN))) { /* the bytes as they are */
        x.size = MO_64;
        lanes = 1;
    }
    for (unsigned r = 0; r < registers; r++) {
        for (unsigned lane = 0; lane < lanes; lane++) {
            for (unsigned e = 0; e < n; e++) {
                x.elements[x.nb++] = (Element){ first + r + e * spacing, lane };
            }
        }
    }
    return gen_transfer(ctx, &x, load, x.nb);
}

bool neon_VLD_M(DisasContext *ctx, const arg_VLD_M *a)
{
    return gen_multiple(ctx, a, true);
}

bool neon_VST_M(DisasContext *ctx, const arg_VST_M *a)
{
    return gen_multiple(ctx, a, false);
}

/* All lanes: ia is size, spacing (VLD1: one register or two), alignment. */
static bool gen_all_lanes(DisasContext *ctx, const arg_VLD_1 *a)
{
    unsigned n = a->nn + 1, size = a->ia >> 2, t = a->ia >> 1 & 1, align = a->ia & 1;
    unsigned registers = n == 1 ? 1 + t : n, spacing = n == 1 ? 1 : 1 + t;
    Transfer x = { .rn = a->rn, .rm = a->rm, .replicated = true };

    if (size == 3 && !(n == 4 && align)) {
        return false;
    }
    if (align && (n == 3 || (n == 1 && size == 0))) {
        return false;
    }
    x.size = size == 3 ? MO_32 : size;
    x.align = !align ? 1 : size == 3 ? 16 : n == 4 && size == MO_32 ? 8 : n << size;
    if (VD(a) + (registers - 1) * spacing > 31) {
        return false;
    }
    for (unsigned i = 0; i < registers; i++) {
        x.elements[x.nb++] = (Element){ VD(a) + i * spacing, 0 };
    }
    return gen_transfer(ctx, &x, true, n);
}

/* One lane: ia is the index, then for halfwords and words the spacing, then the alignment. */
static bool gen_one_lane(DisasContext *ctx, const arg_VLD_1 *a, bool load)
{
    unsigned n = a->nn + 1, size = a->size, index = a->ia >> (size + 1);
    unsigned low = a->ia & ((2u << size) - 1), spacing = size && (a->ia >> size & 1) ? 2 : 1;
    unsigned align = size == MO_32 ? a->ia & 3 : a->ia & 1;
    Transfer x = { .size = size, .rn = a->rn, .rm = a->rm, .align = 1 };

    if (n == 1) {
        /* the bits below the index say that it is aligned, all or none */
        unsigned all = size == MO_8 ? 0 : size == MO_16 ? 1 : 3;

        if (low != 0 && (size == MO_8 || low != all)) {
            return false;
        }
        align = low != 0;
        spacing = 1;
        x.align = align ? 1 << size : 1;
    } else if (n == 2) {
        if (size == MO_32 && (align & 2)) {
            return false;
        }
        x.align = align ? 2 << size : 1;
    } else if (n == 3) {
        if (align) {
            return false;
        }
    } else {
        if (align == 3) {
            return false;
        }
        x.align = !align ? 1 : size == MO_32 ? 4 << align : 4 << size;
    }
    if (VD(a) + (n - 1) * spacing > 31) {
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        x.elements[x.nb++] = (Element){ VD(a) + i * spacing, index };
    }
    return gen_transfer(ctx, &x, load, n);
}

bool neon_VLD_1(DisasContext *ctx, const arg_VLD_1 *a)
{
    return a->size == 3 ? gen_all_lanes(ctx, a) : gen_one_lane(ctx, a, true);
}

bool neon_VST_1(DisasContext *ctx, const arg_VST_1 *a)
{
    return a->size != 3 && gen_one_lane(ctx, a, false);
}
