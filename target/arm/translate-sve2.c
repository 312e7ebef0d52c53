/*
 * Arm translator: SVE2: the rows of sve.decode that it has added.
 *
 * What the IR has as vectors (translate-lanes.c) is generated quadword by quadword, the rest are
 * calls that do the whole instruction (sve.h).
 *
 * Reference: DDI 0487, C8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/translate-sve.h"

/* ---- Two sizes ---- */

/* `size` is the wide one. */
static bool gen_two_sizes(DisasContext *ctx, const sve_arg_SADDL *a, ARMLane *lane, unsigned shape,
                          ARMSveFunc *fn)
{
    const ARMLaneDesc desc = {
        .vd = a->zd, .vn = a->zn, .vm = a->zm, .size = a->size - 1, .q = a->t, .shape = shape
    };

    return a->size != MO_8 && gen_quadword_lanes(ctx, lane, &desc, fn);
}

#define TWO_SIZES(name, lane, shape, fn)                                                           \
    ROW(name)                                                                                      \
    {                                                                                              \
        return gen_two_sizes(ctx, a, arm_lane_##lane, ARM_SHAPE_##shape##_OTHER, arm_sve_##fn);    \
    }
#define LONG(name, lane)   TWO_SIZES(name, lane, LONG, long)
#define WIDE(name, lane)   TWO_SIZES(name, lane, WIDE, add_wide)
#define NARROW(name, lane) TWO_SIZES(name, lane, NARROW, narrow)
LONG(SMLAL, smlal)
LONG(UMLAL, umlal)
LONG(SMLSL, smlsl)
LONG(UMLSL, umlsl)
LONG(SQDMLAL, sqdmlal)
LONG(SQDMLSL, sqdmlsl)
LONG(SADDL, saddl)
LONG(UADDL, uaddl)
LONG(SSUBL, ssubl)
LONG(USUBL, usubl)
LONG(SABDL, sabdl)
LONG(UABDL, uabdl)
LONG(SQDMULL, sqdmull)
LONG(SMULL, smull)
LONG(UMULL, umull)
LONG(SABAL, sabal)
LONG(UABAL, uabal)
WIDE(SADDW, saddw)
WIDE(UADDW, uaddw)
WIDE(SSUBW, ssubw)
WIDE(USUBW, usubw)
NARROW(ADDHN, addhn)
NARROW(RADDHN, raddhn)
NARROW(SUBHN, subhn)
NARROW(RSUBHN, rsubhn)
CALL(SQDMLALBT, HSD, long_bt, arm_lane_sqdmlal)
CALL(SQDMLSLBT, HSD, long_bt, arm_lane_sqdmlsl)
CALL(SADDLBT, HSD, long_bt, arm_lane_saddl)
CALL(SSUBLBT, HSD, long_bt, arm_lane_ssubl)
CALL(SSUBLTB, HSD, long_tb, arm_lane_ssubl)

static bool gen_adjacent(DisasContext *ctx, const sve_arg_SADALP_P *a, ARMLane *lane)
{
    const ARMLaneDesc desc = { .vd = a->zd,
                               .vn = a->zn,
                               .vm = a->zn,
                               .size = a->size - 1,
                               .q = true,
                               .shape = ARM_SHAPE_ADJACENT };

    return a->size != MO_8 && gen_predicated_lanes(ctx, HSD, lane, &desc, arm_sve_adjacent_p);
}

ROW(SADALP_P)
{
    return gen_adjacent(ctx, a, arm_lane_sadalp);
}

ROW(UADALP_P)
{
    return gen_adjacent(ctx, a, arm_lane_uadalp);
}

/* Doublewords' products belong to another extension. */
ROW(PMULL)
{
    if (a->size == 0) {
        return arm_sve_feature(ctx->id, ARM_ZFR0_AES) >= 2 &&
               gen_call(ctx, B, arm_sve_long_quadwords, NULL);
    }
    return gen_call(ctx, H | D, arm_sve_long, arm_lane_pmull);
}

/* The narrow size is the highest bit set among three. */
static bool gen_shift_between(DisasContext *ctx, const sve_arg_SSHLL *a, ARMLane *lane, bool left,
                              ARMSveFunc *fn)
{
    ARMLaneDesc desc = { .vd = a->zd,
                         .vn = a->zn,
                         .vm = a->zn,
                         .q = a->t,
                         .shape = left ? ARM_SHAPE_LONG_OTHER : ARM_SHAPE_NARROW_OTHER,
                         .source = ARM_OPERAND_CONSTANT };
    SveShift shift;

    if (!a->tszh && !a->tszl) {
        return false;
    }
    shift = arm_sve_shift_immediate(ctx->insn, 19, 16);
    desc.size = shift.size;
    desc.operand = left ? shift.left : shift.right;
    return gen_quadword_lanes(ctx, lane, &desc, fn);
}

#define SHIFT_LONG(name, lane)                                                                     \
    ROW(name)                                                                                      \
    {                                                                                              \
        return gen_shift_between(ctx, a, arm_lane_##lane, true, arm_sve_long_i);                   \
    }
#define SHIFT_NARROW(name, lane)                                                                   \
    ROW(name)                                                                                      \
    {                                                                                              \
        return gen_shift_between(ctx, a, arm_lane_##lane, false, arm_sve_narrow_i);                \
    }
SHIFT_LONG(SSHLL, sshll)
SHIFT_LONG(USHLL, ushll)
SHIFT_NARROW(SQSHRUN, sqshrun)
SHIFT_NARROW(SQRSHRUN, sqrshrun)
SHIFT_NARROW(SHRN, shrn)
SHIFT_NARROW(RSHRN, rshrn)
SHIFT_NARROW(SQSHRN, sqshrn)
SHIFT_NARROW(SQRSHRN, sqrshrn)
SHIFT_NARROW(UQSHRN, uqshrn)
SHIFT_NARROW(UQRSHRN, uqrshrn)

/* Extraction: just one of those bits is set. */
#define EXTRACT(name, lane)                                                                        \
    ROW(name)                                                                                      \
    {                                                                                              \
        return is_power_of_2(a->tszh << 2 | a->tszl) &&                                            \
               gen_call(ctx, BHSD, arm_sve_narrow_i, arm_lane_##lane);                             \
    }
EXTRACT(SQXTN, sqxtn)
EXTRACT(UQXTN, uqxtn)
EXTRACT(SQXTUN, sqxtun)

/* ---- One size ---- */

static bool gen_same(DisasContext *ctx, const sve_arg_MUL *a, ARMLane *lane)
{
    const ARMLaneDesc desc = { .vd = a->zd, .vn = a->zn, .vm = a->zm, .size = a->size, .q = true };

    return gen_quadword_lanes(ctx, lane, &desc, arm_sve_binary);
}

#define SAME(name, lane)                                                                           \
    ROW(name)                                                                                      \
    {                                                                                              \
        return gen_same(ctx, a, arm_lane_##lane);                                                  \
    }
SAME(MUL, mul)
SAME(SQDMULH, sqdmulh)
SAME(SQRDMULH, sqrdmulh)
SAME(SQRDMLAH, sqrdmlah)
SAME(SQRDMLSH, sqrdmlsh)
SAME(SABA, saba)
SAME(UABA, uaba)
CALL(PMUL, BHSD, binary, arm_lane_pmul)
CALL(SMULH, BHSD, binary, arm_sve_smulh)
CALL(UMULH, BHSD, binary, arm_sve_umulh)
SHIFT_INLINE(SSRA, right, arm_lane_ssra)
SHIFT_INLINE(USRA, right, arm_lane_usra)
SHIFT_INLINE(SRSRA, right, arm_lane_srsra)
SHIFT_INLINE(URSRA, right, arm_lane_ursra)
SHIFT_INLINE(SRI, right, arm_lane_sri)
SHIFT_INLINE(SLI, left, arm_lane_sli)
SHIFT(XAR, xar, NULL)
CALL(ADCL, BHSD, add_carry, NULL)
CALL(SBCL, BHSD, add_carry, NULL)
CALL(EORBT, BHSD, eor_other, NULL)
CALL(EORTB, BHSD, eor_other, NULL)
CALL(BEXT, BHSD, binary, arm_sve_bext)
CALL(BDEP, BHSD, binary, arm_sve_bdep)
CALL(BGRP, BHSD, binary, arm_sve_bgrp)
CALL(MATCH, BH, match, NULL)
CALL(NMATCH, BH, match, NULL)
CALL(HISTCNT, SD, histcnt, NULL)
CALL(HISTSEG, B, histseg, NULL)

/* Three operands, bit by bit; the result goes to the first one's register. */
typedef void BitwiseOp(TCGv_vec ret, TCGv_vec d, TCGv_vec m, TCGv_vec k);

static bool gen_bitwise(DisasContext *ctx, const sve_arg_EOR3 *a, BitwiseOp *op)
{
    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        TCGv_vec t = new_vector();

        op(t, read_quadword(a->zd, i), read_quadword(a->zm, i), read_quadword(a->zk, i));
        write_quadword(a->zd, i, t);
    }
    return true;
}

static TCGv_vec inverse(TCGv_vec v)
{
    TCGv_vec t = new_vector();

    tcg_gen_xor_vec(t, v, tcg_constant_v128(UINT64_MAX, UINT64_MAX));
    return t;
}

static void bitwise_eor3(TCGv_vec ret, TCGv_vec d, TCGv_vec m, TCGv_vec k)
{
    tcg_gen_xor_vec(ret, d, m);
    tcg_gen_xor_vec(ret, ret, k);
}

static void bitwise_bcax(TCGv_vec ret, TCGv_vec d, TCGv_vec m, TCGv_vec k)
{
    tcg_gen_andc_vec(ret, m, k);
    tcg_gen_xor_vec(ret, ret, d);
}

static void bitwise_bsl(TCGv_vec ret, TCGv_vec d, TCGv_vec m, TCGv_vec k)
{
    tcg_gen_bitsel_vec(ret, k, d, m);
}

static void bitwise_bsl1n(TCGv_vec ret, TCGv_vec d, TCGv_vec m, TCGv_vec k)
{
    tcg_gen_bitsel_vec(ret, k, inverse(d), m);
}

static void bitwise_bsl2n(TCGv_vec ret, TCGv_vec d, TCGv_vec m, TCGv_vec k)
{
    tcg_gen_bitsel_vec(ret, k, d, inverse(m));
}

static void bitwise_nbsl(TCGv_vec ret, TCGv_vec d, TCGv_vec m, TCGv_vec k)
{
    tcg_gen_bitsel_vec(ret, k, d, m);
    tcg_gen_mov_vec(ret, inverse(ret));
}

#define BITWISE(name, op)                                                                          \
    ROW(name)                                                                                      \
    {                                                                                              \
        return gen_bitwise(ctx, a, bitwise_##op);                                                  \
    }
BITWISE(EOR3, eor3)
BITWISE(BCAX, bcax)
BITWISE(BSL, bsl)
BITWISE(BSL1N, bsl1n)
BITWISE(BSL2N, bsl2n)
BITWISE(NBSL, nbsl)

/* ---- Complex numbers ---- */

CALL(CADD, BHSD, cadd, arm_lane_add)
CALL(SQCADD, BHSD, cadd, arm_lane_sqadd)
CALL(CDOT, SD, cdot, NULL)
CALL(CMLA, BHSD, cmla, arm_lane_mla)
CALL(SQRDCMLAH, BHSD, cmla, arm_lane_sqrdmlah)
CALL(CDOT_X, SD, cdot_element, NULL)
CALL(CMLA_X, SD, cmla_element, arm_lane_mla)
CALL(SQRDCMLAH_X, SD, cmla_element, arm_lane_sqrdmlah)

/* ---- By an element ---- */

/* index: what lies above the register's number, and another bit. */
static bool gen_element(DisasContext *ctx, unsigned size, ARMLane *lane, unsigned number_bits,
                        unsigned index, unsigned shape, ARMSveFunc *fn)
{
    const ARMLaneDesc desc = { .vd = sve_rd(ctx->insn),
                               .vn = sve_rn(ctx->insn),
                               .vm = extract32(ctx->insn, 16, number_bits),
                               .size = size,
                               .q = shape == ARM_SHAPE_SAME || extract32(ctx->insn, 10, 1),
                               .shape = shape,
                               .source = ARM_OPERAND_ELEMENT,
                               .operand = index };

    return gen_quadword_lanes(ctx, lane, &desc, fn);
}

static bool gen_same_element(DisasContext *ctx, unsigned size, unsigned top_bit, ARMLane *lane)
{
    unsigned bits = size == MO_64 ? 4 : 3;
    unsigned index = extract32(ctx->insn, 16 + bits, 5 - bits) | top_bit << 2;

    return gen_element(ctx, size, lane, bits, index, ARM_SHAPE_SAME, arm_sve_element);
}

static bool gen_long_element(DisasContext *ctx, unsigned wide, ARMLane *lane)
{
    unsigned bits = wide == MO_64 ? 4 : 3;
    unsigned index = extract32(ctx->insn, 16 + bits, 5 - bits) << 1 | extract32(ctx->insn, 11, 1);

    return gen_element(ctx, wide - 1, lane, bits, index, ARM_SHAPE_LONG_OTHER,
                       arm_sve_long_element);
}

/* Halfwords have a row of their own. */
#define ELEMENT(name, lane)                                                                        \
    ROW(name##_XH)                                                                                 \
    {                                                                                              \
        return gen_same_element(ctx, MO_16, a->ih, arm_lane_##lane);                               \
    }                                                                                              \
    ROW(name##_X)                                                                                  \
    {                                                                                              \
        return gen_same_element(ctx, MO_32 + a->size, 0, arm_lane_##lane);                         \
    }
#define LONG_ELEMENT(name, lane)                                                                   \
    ROW(name##_X)                                                                                  \
    {                                                                                              \
        return gen_long_element(ctx, MO_32 + a->size, arm_lane_##lane);                            \
    }
ELEMENT(MLA, mla)
ELEMENT(MLS, mls)
ELEMENT(SQRDMLAH, sqrdmlah)
ELEMENT(SQRDMLSH, sqrdmlsh)
ELEMENT(SQDMULH, sqdmulh)
ELEMENT(SQRDMULH, sqrdmulh)
ELEMENT(MUL, mul)
LONG_ELEMENT(SQDMLAL, sqdmlal)
LONG_ELEMENT(SQDMLSL, sqdmlsl)
LONG_ELEMENT(SMLAL, smlal)
LONG_ELEMENT(UMLAL, umlal)
LONG_ELEMENT(SMLSL, smlsl)
LONG_ELEMENT(UMLSL, umlsl)
LONG_ELEMENT(SMULL, smull)
LONG_ELEMENT(UMULL, umull)
LONG_ELEMENT(SQDMULL, sqdmull)

/* ---- Under a predicate ---- */

CALL(URECPE_P, S, unary_p, arm_lane_urecpe)
CALL(URSQRTE_P, S, unary_p, arm_lane_ursqrte)
CALL(SQABS_P, BHSD, unary_p, arm_lane_sqabs)
CALL(SQNEG_P, BHSD, unary_p, arm_lane_sqneg)
CALL(SRSHL_P, BHSD, shift_p, arm_lane_srshl)
CALL(URSHL_P, BHSD, shift_p, arm_lane_urshl)
CALL(SRSHLR_P, BHSD, shift_r_p, arm_lane_srshl)
CALL(URSHLR_P, BHSD, shift_r_p, arm_lane_urshl)
CALL(SQSHL_P, BHSD, shift_p, arm_lane_sqshl)
CALL(UQSHL_P, BHSD, shift_p, arm_lane_uqshl)
CALL(SQRSHL_P, BHSD, shift_p, arm_lane_sqrshl)
CALL(UQRSHL_P, BHSD, shift_p, arm_lane_uqrshl)
CALL(SQSHLR_P, BHSD, shift_r_p, arm_lane_sqshl)
CALL(UQSHLR_P, BHSD, shift_r_p, arm_lane_uqshl)
CALL(SQRSHLR_P, BHSD, shift_r_p, arm_lane_sqrshl)
CALL(UQRSHLR_P, BHSD, shift_r_p, arm_lane_uqrshl)
BINARY_P(SHADD_P, arm_lane_shadd)
BINARY_P(UHADD_P, arm_lane_uhadd)
CALL(SHSUB_P, BHSD, binary_p, arm_lane_shsub)
CALL(UHSUB_P, BHSD, binary_p, arm_lane_uhsub)
BINARY_P(SRHADD_P, arm_lane_srhadd)
BINARY_P(URHADD_P, arm_lane_urhadd)
CALL(SHSUBR_P, BHSD, binary_r_p, arm_lane_shsub)
CALL(UHSUBR_P, BHSD, binary_r_p, arm_lane_uhsub)
CALL(SQADD_P, BHSD, binary_p, arm_lane_sqadd)
CALL(UQADD_P, BHSD, binary_p, arm_lane_uqadd)
CALL(SQSUB_P, BHSD, binary_p, arm_lane_sqsub)
CALL(UQSUB_P, BHSD, binary_p, arm_lane_uqsub)
/* Lanes' functions have what is added to in the destination. */
CALL(SUQADD_P, BHSD, unary_p, arm_lane_suqadd)
CALL(USQADD_P, BHSD, unary_p, arm_lane_usqadd)
CALL(SQSUBR_P, BHSD, binary_r_p, arm_lane_sqsub)
CALL(UQSUBR_P, BHSD, binary_r_p, arm_lane_uqsub)
CALL(ADDP_P, BHSD, pairs_p, arm_lane_add)
CALL(SMAXP_P, BHSD, pairs_p, arm_lane_smax)
CALL(UMAXP_P, BHSD, pairs_p, arm_lane_umax)
CALL(SMINP_P, BHSD, pairs_p, arm_lane_smin)
CALL(UMINP_P, BHSD, pairs_p, arm_lane_umin)
SHIFT(SQSHL_PI, shift_left_pi, arm_lane_sqshl_i)
SHIFT(UQSHL_PI, shift_left_pi, arm_lane_uqshl_i)
SHIFT_P(SRSHR_PI, right, arm_lane_srshr)
SHIFT_P(URSHR_PI, right, arm_lane_urshr)
SHIFT(SQSHLU_PI, shift_left_pi, arm_lane_sqshlu)

/* ---- Cryptography ---- */

CALL(AESMC, BHSD, aes_mix, NULL)
CALL(AESIMC, BHSD, aes_mix, NULL)
CALL(AESE, BHSD, aes_round, NULL)
CALL(AESD, BHSD, aes_round, NULL)
CALL(SM4E, BHSD, sm4e, NULL)
CALL(SM4EKEY, BHSD, sm4ekey, NULL)
CALL(RAX1, BHSD, rax1, NULL)

/* ---- Permutations ---- */

/* Pairs of quadwords need longer vectors. */
static bool has_pairs(const DisasContext *ctx)
{
    return arm_vq(ctx->hflags) >= 2;
}

#define CALL_WITH_PAIRS(name, pattern)                                                             \
    ROW(name)                                                                                      \
    {                                                                                              \
        return has_pairs(ctx) && gen_call(ctx, BHSD, arm_sve_##pattern, NULL);                     \
    }
CALL(EXT_C, BHSD, ext_pair, NULL)
CALL(SPLICE_C, BHSD, splice_pair, NULL)
CALL(TBL2, BHSD, tbl_pair, NULL)
CALL(TBX, BHSD, tbx, NULL)
CALL_WITH_PAIRS(ZIP1_Q, zip_quadwords)
CALL_WITH_PAIRS(ZIP2_Q, zip_quadwords)
CALL_WITH_PAIRS(UZP1_Q, uzp_quadwords)
CALL_WITH_PAIRS(UZP2_Q, uzp_quadwords)
CALL_WITH_PAIRS(TRN1_Q, trn_quadwords)
CALL_WITH_PAIRS(TRN2_Q, trn_quadwords)

/* ---- Loops ---- */

CALL(WHILEGT, BHSD, while_down, NULL)
CALL(WHILEHI, BHSD, while_down, NULL)
CALL(WHILEWR, BHSD, while_conflict, NULL)

/* ---- Floating point ---- */

CALL(FADDP_P, HSD, pairs_p, arm_lane_fadd)
CALL(FMAXNMP_P, HSD, pairs_p, arm_lane_fmaxnm)
CALL(FMINNMP_P, HSD, pairs_p, arm_lane_fminnm)
CALL(FMAXP_P, HSD, pairs_p, arm_lane_fmax)
CALL(FMINP_P, HSD, pairs_p, arm_lane_fmin)
CALL(FCVTXNT, BHSD, narrow_float_top_p, arm_lane_fcvtxn)
CALL(FCVTNT_SH, BHSD, narrow_float_top_p, arm_lane_fcvtn)
CALL(FCVTLT_HS, BHSD, widen_float_p, arm_lane_fcvtl)
CALL(FCVTNT_DS, BHSD, narrow_float_top_p, arm_lane_fcvtn)
CALL(FCVTLT_SD, BHSD, widen_float_p, arm_lane_fcvtl)
CALL(FCVTX, BHSD, narrow_float_p, arm_lane_fcvtxn)
CALL(FMLAL, BHSD, long, arm_sve_fmlal)
CALL(FMLSL, BHSD, long, arm_sve_fmlsl)
CALL(FMLAL_X, BHSD, long_element, arm_sve_fmlal)
CALL(FMLSL_X, BHSD, long_element, arm_sve_fmlsl)
CALL(FMMLA_S, BHSD, fmmla, NULL)
CALL_WITH_PAIRS(FMMLA_D, fmmla)

ROW(FLOGB)
{
    return a->size != MO_8 && gen_call(ctx, BHSD, arm_sve_flogb, NULL);
}

/* ---- Memory ---- */

/* There is a sign only where memory has less than the element. */
static bool is_gather(unsigned msz, bool without_sign, unsigned element)
{
    return msz < element || (msz == element && without_sign);
}

ROW(LD1_ZR32)
{
    return is_gather(a->msz, a->u, MO_32) && gen_access(ctx, a64_x(a->rm), arm_sve_gather_pair);
}

ROW(LD1_ZR64)
{
    return is_gather(a->msz, a->u, MO_64) && gen_access(ctx, a64_x(a->rm), arm_sve_gather_pair);
}

ROW(ST1_ZR64)
{
    return gen_access(ctx, a64_x(a->rm), arm_sve_scatter_pair);
}

ROW(ST1_ZR32)
{
    return a->msz <= MO_32 && gen_access(ctx, a64_x(a->rm), arm_sve_scatter_pair);
}

ROW(LD1RO_O)
{
    return has_pairs(ctx) && a->rm != 31 &&
           gen_indexed(ctx, a->rns, a->rm, a->msz, arm_sve_load_octaword);
}

ROW(LD1RO_I)
{
    return has_pairs(ctx) && gen_displaced(ctx, a->rns, a->imm * 32, arm_sve_load_octaword);
}
