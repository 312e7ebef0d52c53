/*
 * Arm translator: SVE: the rows of sve.decode.
 *
 * Most are calls that do the whole instruction (sve.h); what is bitwise, a sum or a move is generated
 * quadword by quadword, the vector length being part of the block key.
 *
 * Reference: DDI 0487, C8.2; B1.2 (the vector length).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/translate-sve.h"

/* ---- Access ---- */

/* What the rows' flags say about ID_AA64ZFR0: the field's lowest bit. */
static bool is_lacking(const DisasContext *ctx, unsigned flags)
{
    static const struct {
        unsigned flag;
        uint8_t shift;
    } extensions[] = {
        { SVE_FLAG_SVE2, ARM_ZFR0_SVEVER }, { SVE_FLAG_AES, ARM_ZFR0_AES },
        { SVE_FLAG_BITPERM, ARM_ZFR0_BITPERM }, { SVE_FLAG_BF16, ARM_ZFR0_BF16 },
        { SVE_FLAG_SHA3, ARM_ZFR0_SHA3 }, { SVE_FLAG_SM4, ARM_ZFR0_SM4 },
        { SVE_FLAG_I8MM, ARM_ZFR0_I8MM }, { SVE_FLAG_F32MM, ARM_ZFR0_F32MM },
        { SVE_FLAG_F64MM, ARM_ZFR0_F64MM },
    };

    for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
        if ((flags & extensions[i].flag) && !arm_sve_feature(ctx->id, extensions[i].shift)) {
            return true;
        }
    }
    return false;
}

static bool writes(int row, unsigned item)
{
    return sve_insns[row].writes >> item & 1;
}

/* What isn't allocated is UNDEFINED all the same: asks the row, whose code is never reached, with the
 * longest vectors, as an instruction that needs them traps first. */
static bool gen_trap(DisasContext *ctx, int row)
{
    TCGLabel *trap = gen_new_label();
    bool valid;

    tcg_gen_br(trap);
    ctx->hflags |= (uint64_t)ARM_MAX_VQ << ARM_HF_VQ_SHIFT;
    valid = sve_insns[row].translate(ctx, ctx->insn);
    ctx->hflags &= ~(7ull << ARM_HF_VQ_SHIFT);
    gen_set_label(trap);
    if (valid) {
        gen_helper_arm_sve_trap(tcg_env);
        ctx->base.is_jmp = DISAS_NORETURN;
    }
    return valid;
}

bool a64_translate_sve(DisasContext *ctx)
{
    int row = sve_decode(ctx->insn);
    bool begins;

    if (row < 0 || !arm_has_sve(ctx->id) || is_lacking(ctx, sve_insns[row].flags)) {
        return false;
    }
    if (!arm_vq(ctx->hflags)) {
        return gen_trap(ctx, row);
    }
    begins = writes(row, SVE_ITEM_ZD) && arm_vq(ctx->hflags) > 1 &&
             !(ctx->hflags & ARM_HF_Z_HIGH);
    if (begins) {
        gen_helper_arm_sve_begin(tcg_env);
    }
    if (!sve_insns[row].translate(ctx, ctx->insn)) {
        return false;
    }
    if (writes(row, SVE_ITEM_NZCV)) {
        ctx->flags.kind = FLAGS_UNKNOWN;
    }
    if (begins && ctx->base.is_jmp == DISAS_NEXT) {
        ctx->base.is_jmp = DISAS_LOOP; /* the key has changed */
    }
    return true;
}

/* ---- Registers ---- */

void a64_clear_above(DisasContext *ctx, unsigned v)
{
    for (unsigned i = 1; i < arm_vq(ctx->hflags); i++) {
        write_quadword(v, i, tcg_constant_v128(0, 0));
    }
}

/* ---- Integers under a predicate ---- */

BINARY_P(ADD_P, arm_lane_add)
BINARY_P(SUB_P, arm_lane_sub)
BINARY_R_P(SUBR_P, arm_lane_sub)
BINARY_P(SMAX_P, arm_lane_smax)
BINARY_P(UMAX_P, arm_lane_umax)
BINARY_P(SMIN_P, arm_lane_smin)
BINARY_P(UMIN_P, arm_lane_umin)
BINARY_P(SABD_P, arm_lane_sabd)
BINARY_P(UABD_P, arm_lane_uabd)
BINARY_P(MUL_P, arm_lane_mul)
CALL(SMULH_P, BHSD, binary_p, arm_sve_smulh)
CALL(UMULH_P, BHSD, binary_p, arm_sve_umulh)
CALL(SDIV_P, SD, binary_p, arm_sve_sdiv)
CALL(UDIV_P, SD, binary_p, arm_sve_udiv)
CALL(SDIVR_P, SD, binary_r_p, arm_sve_sdiv)
CALL(UDIVR_P, SD, binary_r_p, arm_sve_udiv)
BINARY_P(ORR_P, arm_sve_orr)
BINARY_P(EOR_P, arm_sve_eor)
BINARY_P(AND_P, arm_sve_and)
BINARY_P(BIC_P, arm_sve_bic)
CALL(SADDV, BHS, add_across, NULL)
CALL(UADDV, BHSD, add_across, NULL)
CALL(SMAXV, BHSD, reduce, arm_lane_smax)
CALL(UMAXV, BHSD, reduce, arm_lane_umax)
CALL(SMINV, BHSD, reduce, arm_lane_smin)
CALL(UMINV, BHSD, reduce, arm_lane_umin)

/* m: inactive elements stay, else they become zero. */
ROW(MOVPRFX_P)
{
    TCGv_vec p = gen_read_predicate(a->pg);

    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        TCGv_vec t = new_vector(), active = gen_active_bytes(p, a->size, i);

        if (a->m) {
            tcg_gen_bitsel_vec(t, active, read_quadword(a->zn, i), read_quadword(a->zd, i));
        } else {
            tcg_gen_and_vec(t, active, read_quadword(a->zn, i));
        }
        write_quadword(a->zd, i, t);
    }
    return true;
}

CALL(ORV, BHSD, reduce, arm_sve_orr)
CALL(EORV, BHSD, reduce, arm_sve_eor)
CALL(ANDV, BHSD, reduce, arm_sve_and)

SHIFT_P(ASR_PI, right, arm_lane_sshr)
SHIFT_P(LSR_PI, right, arm_lane_ushr)
SHIFT_P(LSL_PI, left, arm_lane_shl)
SHIFT(ASRD_PI, shift_right_pi, arm_sve_asrd)
SHIFT_INLINE(ASR_I, right, arm_lane_sshr)
SHIFT_INLINE(LSR_I, right, arm_lane_ushr)
SHIFT_INLINE(LSL_I, left, arm_lane_shl)
CALL(ASR_P, BHSD, binary_p, arm_sve_asr)
CALL(LSR_P, BHSD, binary_p, arm_sve_lsr)
CALL(LSL_P, BHSD, binary_p, arm_sve_lsl)
CALL(ASRR_P, BHSD, binary_r_p, arm_sve_asr)
CALL(LSRR_P, BHSD, binary_r_p, arm_sve_lsr)
CALL(LSLR_P, BHSD, binary_r_p, arm_sve_lsl)
CALL(ASR_PW, BHS, wide_p, arm_sve_asr)
CALL(LSR_PW, BHS, wide_p, arm_sve_lsr)
CALL(LSL_PW, BHS, wide_p, arm_sve_lsl)
CALL(ASR_W, BHS, wide, arm_sve_asr)
CALL(LSR_W, BHS, wide, arm_sve_lsr)
CALL(LSL_W, BHS, wide, arm_sve_lsl)

CALL(SXTB_P, HSD, unary_p, arm_sve_sxtb)
CALL(UXTB_P, HSD, unary_p, arm_sve_uxtb)
CALL(SXTH_P, SD, unary_p, arm_sve_sxth)
CALL(UXTH_P, SD, unary_p, arm_sve_uxth)
CALL(SXTW_P, D, unary_p, arm_sve_sxtw)
CALL(UXTW_P, D, unary_p, arm_sve_uxtw)
UNARY_P(ABS_P, BHSD, arm_lane_abs)
UNARY_P(NEG_P, BHSD, arm_lane_neg)
UNARY_P(CLS_P, BHSD, arm_lane_cls)
UNARY_P(CLZ_P, BHSD, arm_lane_clz)
UNARY_P(CNT_P, BHSD, arm_lane_cnt)
CALL(CNOT_P, BHSD, unary_p, arm_sve_cnot)
UNARY_P(FABS_P, HSD, arm_lane_fabs)
UNARY_P(FNEG_P, HSD, arm_lane_fneg)
UNARY_P(NOT_P, BHSD, arm_sve_not)
PREDICATED(MLA_P, BHSD, rn, rm, rd, muladd_p, arm_lane_mla)
PREDICATED(MLS_P, BHSD, rn, rm, rd, muladd_p, arm_lane_mls)
PREDICATED(MAD_P, BHSD, rd, rm, rn, muladd_r_p, arm_lane_mla)
PREDICATED(MSB_P, BHSD, rd, rm, rn, muladd_r_p, arm_lane_mls)

/* ---- All elements ---- */

static bool gen_quadwords(DisasContext *ctx, unsigned size, VectorOp *op)
{
    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        TCGv_vec t = tcg_temp_new_vec(TCG_TYPE_V128);

        op(size, t, read_quadword(sve_rn(ctx->insn), i), read_quadword(sve_rm(ctx->insn), i));
        write_quadword(sve_rd(ctx->insn), i, t);
    }
    return true;
}

static bool gen_constant(DisasContext *ctx, unsigned zd, uint64_t value)
{
    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        write_quadword(zd, i, tcg_constant_v128(value, value));
    }
    return true;
}

static void gen_and(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    tcg_gen_and_vec(ret, a, b);
}

static void gen_or(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    tcg_gen_or_vec(ret, a, b);
}

static void gen_xor(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    tcg_gen_xor_vec(ret, a, b);
}

static void gen_andc(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b)
{
    tcg_gen_andc_vec(ret, a, b);
}

#define QUADWORDS(name, op)                                                                        \
    ROW(name)                                                                                      \
    {                                                                                              \
        return gen_quadwords(ctx, sve_size(ctx->insn), op);                                        \
    }
QUADWORDS(ADD, tcg_gen_add_vec)
QUADWORDS(SUB, tcg_gen_sub_vec)
QUADWORDS(AND, gen_and)
QUADWORDS(ORR, gen_or)
QUADWORDS(EOR, gen_xor)
QUADWORDS(BIC, gen_andc)

ROW(MOVPRFX)
{
    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        write_quadword(a->zd, i, read_quadword(a->zn, i));
    }
    return true;
}

CALL(SQADD, BHSD, binary, arm_lane_sqadd)
CALL(UQADD, BHSD, binary, arm_lane_uqadd)
CALL(SQSUB, BHSD, binary, arm_lane_sqsub)
CALL(UQSUB, BHSD, binary, arm_lane_uqsub)
CALL(INDEX_II, BHSD, index, NULL)
CALL(INDEX_RI, BHSD, index, NULL)
CALL(INDEX_IR, BHSD, index, NULL)
CALL(INDEX_RR, BHSD, index, NULL)
CALL(ADR, BHSD, address, NULL)
CALL(FTSSEL, HSD, binary, arm_sve_ftssel)
CALL(FEXPA, HSD, unary, arm_sve_fexpa)
CALL(SDOT, SD, binary, arm_lane_sdot)
CALL(UDOT, SD, binary, arm_lane_udot)
CALL(USDOT, BHSD, binary, arm_lane_usdot)
CALL(SDOT_X, SD, element, arm_lane_sdot)
CALL(UDOT_X, SD, element, arm_lane_udot)
CALL(USDOT_X, BHSD, element, arm_lane_usdot)
CALL(SUDOT_X, BHSD, element, arm_lane_sudot)
CALL(SMMLA, BHSD, matrix, NULL)
CALL(USMMLA, BHSD, matrix, NULL)
CALL(UMMLA, BHSD, matrix, NULL)

/* ---- The vector length, counts ---- */

static bool gen_add_constant(unsigned rd, TCGv_i64 base, int64_t value)
{
    tcg_gen_addi_i64(cpu_x[rd], base, value);
    return true;
}

ROW(ADDVL)
{
    return gen_add_constant(a->rds, cpu_x[a->rns], a->imm * (int)vector_bytes(ctx));
}

ROW(ADDPL)
{
    return gen_add_constant(a->rds, cpu_x[a->rns], a->imm * (int)vector_bytes(ctx) / 8);
}

ROW(RDVL)
{
    a64_write_x(a->rd, tcg_constant_i64(a->imm * (int)vector_bytes(ctx)), true);
    return true;
}

static int64_t counted(const DisasContext *ctx, const sve_arg_CNT_G *a)
{
    return arm_sve_count(vector_bytes(ctx), a->size, a->pat) * (a->imm + 1);
}

ROW(CNT_G)
{
    a64_write_x(a->rd, tcg_constant_i64(counted(ctx, a)), true);
    return true;
}

ROW(INC_G)
{
    return a->rd == 31 || gen_add_constant(a->rd, cpu_x[a->rd], counted(ctx, a));
}

ROW(DEC_G)
{
    return a->rd == 31 || gen_add_constant(a->rd, cpu_x[a->rd], -counted(ctx, a));
}

CALL(SQINC_G, BHSD, count_scalar, arm_lane_sqadd)
CALL(UQINC_G, BHSD, count_scalar, arm_lane_uqadd)
CALL(SQDEC_G, BHSD, count_scalar, arm_lane_sqsub)
CALL(UQDEC_G, BHSD, count_scalar, arm_lane_uqsub)
CALL(SQINC, HSD, count_vector, arm_lane_sqadd)
CALL(UQINC, HSD, count_vector, arm_lane_uqadd)
CALL(SQDEC, HSD, count_vector, arm_lane_sqsub)
CALL(UQDEC, HSD, count_vector, arm_lane_uqsub)
CALL(INC, HSD, count_vector, arm_lane_add)
CALL(DEC, HSD, count_vector, arm_lane_sub)

/* ---- Immediates ---- */

/* imm: N, immr and imms, as in A64's logical immediates. */
static bool decode_mask(unsigned imm, uint64_t *mask)
{
    return a64_decode_bit_mask(true, imm >> 12, imm >> 6 & 0x3f, imm & 0x3f, mask);
}

static bool gen_bitwise_immediate(DisasContext *ctx, const sve_arg_ORR_I *a, VectorOp *op)
{
    uint64_t mask;

    if (!decode_mask(a->imm, &mask)) {
        return false;
    }
    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        TCGv_vec t = tcg_temp_new_vec(TCG_TYPE_V128);

        op(MO_64, t, read_quadword(a->zd, i), tcg_constant_v128(mask, mask));
        write_quadword(a->zd, i, t);
    }
    return true;
}

#define BITWISE_IMMEDIATE(name, op)                                                                \
    ROW(name)                                                                                      \
    {                                                                                              \
        return gen_bitwise_immediate(ctx, a, op);                                                  \
    }
BITWISE_IMMEDIATE(ORR_I, gen_or)
BITWISE_IMMEDIATE(EOR_I, gen_xor)
BITWISE_IMMEDIATE(AND_I, gen_and)

ROW(DUPM)
{
    uint64_t mask;

    return decode_mask(a->imm, &mask) && gen_constant(ctx, a->zd, mask);
}

static uint64_t replicated(uint64_t value, unsigned size)
{
    static const uint64_t ones[] = { 0x0101010101010101, 0x0001000100010001, 0x0000000100000001,
                                     1 };

    return sve_truncate(value, size) * ones[size];
}

ROW(DUP_I)
{
    return !(a->size == MO_8 && a->sh) &&
           gen_constant(ctx, a->zd, replicated((uint64_t)(int64_t)a->imm << 8 * a->sh, a->size));
}

ROW(FDUP)
{
    return a->size != MO_8 &&
           gen_constant(ctx, a->zd,
                        replicated(arm_fp_expand_immediate(a->size, a->imm), a->size));
}

/* Bytes have no shifted immediates. */
#define IMMEDIATE(name, pattern, lane)                                                             \
    ROW(name)                                                                                      \
    {                                                                                              \
        return !(a->size == MO_8 && a->sh) && gen_call(ctx, BHSD, arm_sve_##pattern, lane);        \
    }
IMMEDIATE(ADD_I, binary_i, arm_lane_add)
IMMEDIATE(SUB_I, binary_i, arm_lane_sub)
IMMEDIATE(SUBR_I, binary_r_i, arm_lane_sub)
IMMEDIATE(SQADD_I, binary_i, arm_sve_sqadd_i)
IMMEDIATE(UQADD_I, binary_i, arm_lane_uqadd)
IMMEDIATE(SQSUB_I, binary_i, arm_sve_sqsub_i)
IMMEDIATE(UQSUB_I, binary_i, arm_lane_uqsub)
IMMEDIATE(CPY_I, cpy_i, NULL)
CALL(FCPY, HSD, fcpy, NULL)
CALL(SMAX_I, BHSD, binary_si, arm_lane_smax)
CALL(UMAX_I, BHSD, binary_i, arm_lane_umax)
CALL(SMIN_I, BHSD, binary_si, arm_lane_smin)
CALL(UMIN_I, BHSD, binary_i, arm_lane_umin)
CALL(MUL_I, BHSD, binary_si, arm_lane_mul)

/* ---- Permutations ---- */

CALL(EXT, BHSD, ext, NULL)
CALL(DUP_S, BHSD, dup, NULL)

ROW(DUP_X)
{
    return a->tsz && gen_call(ctx, BHSD, arm_sve_dup_element, NULL);
}

CALL(INSR_S, BHSD, insr, NULL)
CALL(INSR_N, BHSD, insr_scalar, NULL)
CALL(REV, BHSD, reverse, NULL)
CALL(SUNPKLO, HSD, unpack, NULL)
CALL(SUNPKHI, HSD, unpack, NULL)
CALL(UUNPKLO, HSD, unpack, NULL)
CALL(UUNPKHI, HSD, unpack, NULL)
CALL(TBL, BHSD, tbl, NULL)
CALL(ZIP1, BHSD, zip, NULL)
CALL(ZIP2, BHSD, zip, NULL)
CALL(UZP1, BHSD, uzp, NULL)
CALL(UZP2, BHSD, uzp, NULL)
CALL(TRN1, BHSD, trn, NULL)
CALL(TRN2, BHSD, trn, NULL)
CALL(ZIP1_B, BHSD, permute_predicates, NULL)
CALL(ZIP2_B, BHSD, permute_predicates, NULL)
CALL(UZP1_B, BHSD, permute_predicates, NULL)
CALL(UZP2_B, BHSD, permute_predicates, NULL)
CALL(TRN1_B, BHSD, permute_predicates, NULL)
CALL(TRN2_B, BHSD, permute_predicates, NULL)
CALL(REV_B, BHSD, reverse_predicate, NULL)
CALL(PUNPKLO, BHSD, unpack_predicate, NULL)
CALL(PUNPKHI, BHSD, unpack_predicate, NULL)
CALL(COMPACT, SD, compact, NULL)
CALL(CPY_N, BHSD, cpy_scalar, NULL)
CALL(CPY_S, BHSD, cpy, NULL)
CALL(LASTA_S, BHSD, last, NULL)
CALL(LASTB_S, BHSD, last, NULL)
CALL(LASTA_N, BHSD, last_scalar, NULL)
CALL(LASTB_N, BHSD, last_scalar, NULL)
CALL(CLASTA, BHSD, clast, NULL)
CALL(CLASTB, BHSD, clast, NULL)
CALL(CLASTA_N, BHSD, clast_scalar, NULL)
CALL(CLASTB_N, BHSD, clast_scalar, NULL)
CALL(CLASTA_S, BHSD, clast_general, NULL)
CALL(CLASTB_S, BHSD, clast_general, NULL)
CALL(REVB_P, HSD, unary_p, arm_sve_revb)
CALL(REVH_P, SD, unary_p, arm_sve_revh)
CALL(REVW_P, D, unary_p, arm_sve_revw)
CALL(RBIT_P, BHSD, unary_p, arm_sve_rbit)
CALL(SPLICE, BHSD, splice, NULL)

ROW(SEL)
{
    TCGv_vec p = gen_read_predicate(a->pg);

    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        TCGv_vec t = new_vector();

        tcg_gen_bitsel_vec(t, gen_active_bytes(p, a->size, i), read_quadword(a->zn, i),
                           read_quadword(a->zm, i));
        write_quadword(a->zd, i, t);
    }
    return true;
}

/* ---- Comparisons ---- */

CALL(CMPHS, BHSD, compare, arm_lane_cmhs)
CALL(CMPHI, BHSD, compare, arm_lane_cmhi)
CALL(CMPGE, BHSD, compare, arm_lane_cmge)
CALL(CMPGT, BHSD, compare, arm_lane_cmgt)
CALL(CMPEQ, BHSD, compare, arm_lane_cmeq)
CALL(CMPNE, BHSD, compare, arm_sve_ne)
CALL(CMPEQ_W, BHS, compare_w, arm_lane_cmeq)
CALL(CMPNE_W, BHS, compare_w, arm_sve_ne)
CALL(CMPGE_W, BHS, compare_w, arm_lane_cmge)
CALL(CMPGT_W, BHS, compare_w, arm_lane_cmgt)
CALL(CMPLT_W, BHS, compare_w, arm_lane_cmlt)
CALL(CMPLE_W, BHS, compare_w, arm_lane_cmle)
CALL(CMPHS_W, BHS, compare_w, arm_lane_cmhs)
CALL(CMPHI_W, BHS, compare_w, arm_lane_cmhi)
CALL(CMPLO_W, BHS, compare_w, arm_sve_lo)
CALL(CMPLS_W, BHS, compare_w, arm_sve_ls)
CALL(CMPHS_I, BHSD, compare_ui, arm_lane_cmhs)
CALL(CMPHI_I, BHSD, compare_ui, arm_lane_cmhi)
CALL(CMPLO_I, BHSD, compare_ui, arm_sve_lo)
CALL(CMPLS_I, BHSD, compare_ui, arm_sve_ls)
CALL(CMPGE_I, BHSD, compare_i, arm_lane_cmge)
CALL(CMPGT_I, BHSD, compare_i, arm_lane_cmgt)
CALL(CMPLT_I, BHSD, compare_i, arm_lane_cmlt)
CALL(CMPLE_I, BHSD, compare_i, arm_lane_cmle)
CALL(CMPEQ_I, BHSD, compare_i, arm_lane_cmeq)
CALL(CMPNE_I, BHSD, compare_i, arm_sve_ne)

/* ---- Predicates ---- */

CALL(AND_B, BHSD, logical, NULL)
CALL(BIC_B, BHSD, logical, NULL)
CALL(EOR_B, BHSD, logical, NULL)
CALL(SEL_B, BHSD, logical, NULL)
CALL(ORR_B, BHSD, logical, NULL)
CALL(ORN_B, BHSD, logical, NULL)
CALL(NOR_B, BHSD, logical, NULL)
CALL(NAND_B, BHSD, logical, NULL)
CALL(BRKPA, BHSD, brkp, NULL)
CALL(BRKPB, BHSD, brkp, NULL)

/* What sets the flags clears inactive elements. */
ROW(BRKA)
{
    return !(a->s && a->m) && gen_call(ctx, BHSD, arm_sve_brk, NULL);
}

ROW(BRKB)
{
    return !(a->s && a->m) && gen_call(ctx, BHSD, arm_sve_brk, NULL);
}

CALL(BRKN, BHSD, brkn, NULL)
CALL(PTEST, BHSD, ptest, NULL)
CALL(PFIRST, BHSD, pfirst, NULL)
CALL(PTRUE, BHSD, ptrue, NULL)
CALL(PFALSE, BHSD, pfalse, NULL)
CALL(RDFFR_P, BHSD, rdffr, NULL)
CALL(RDFFR, BHSD, rdffr, NULL)
CALL(PNEXT, BHSD, pnext, NULL)
CALL(WRFFR, BHSD, wrffr, NULL)
CALL(SETFFR, BHSD, setffr, NULL)
CALL(WHILELT, BHSD, while, NULL)
CALL(WHILELO, BHSD, while, NULL)
CALL(CTERM, BHSD, cterm, NULL)
CALL(CNTP, BHSD, cntp, NULL)
CALL(SQINCP, HSD, incp_vector, arm_lane_sqadd)
CALL(UQINCP, HSD, incp_vector, arm_lane_uqadd)
CALL(SQDECP, HSD, incp_vector, arm_lane_sqsub)
CALL(UQDECP, HSD, incp_vector, arm_lane_uqsub)
CALL(INCP, HSD, incp_vector, arm_lane_add)
CALL(DECP, HSD, incp_vector, arm_lane_sub)
CALL(SQINCP_G, BHSD, incp, arm_lane_sqadd)
CALL(UQINCP_G, BHSD, incp, arm_lane_uqadd)
CALL(SQDECP_G, BHSD, incp, arm_lane_sqsub)
CALL(UQDECP_G, BHSD, incp, arm_lane_uqsub)
CALL(INCP_G, BHSD, incp, arm_lane_add)
CALL(DECP_G, BHSD, incp, arm_lane_sub)

/* ---- Floating point ---- */

CALL(FCADD_P, HSD, fcadd, NULL)
CALL(FCMLA_P, HSD, fcmla, NULL)
CALL(FCMLA_XH, BHSD, fcmla_element, NULL)
CALL(FCMLA_XS, BHSD, fcmla_element, NULL)
CALL(FMLA_XH, BHSD, element, arm_lane_fmla)
CALL(FMLA_XS, BHSD, element, arm_lane_fmla)
CALL(FMLA_XD, BHSD, element, arm_lane_fmla)
CALL(FMLS_XH, BHSD, element, arm_lane_fmls)
CALL(FMLS_XS, BHSD, element, arm_lane_fmls)
CALL(FMLS_XD, BHSD, element, arm_lane_fmls)
CALL(FMUL_XH, BHSD, element, arm_lane_fmul)
CALL(FMUL_XS, BHSD, element, arm_lane_fmul)
CALL(FMUL_XD, BHSD, element, arm_lane_fmul)
CALL(BFDOT, BHSD, bfdot, NULL)
CALL(BFDOT_X, BHSD, bfdot_element, NULL)
CALL(BFMMLA, BHSD, bfmmla, NULL)
CALL(BFMLAL, BHSD, bfmlal, NULL)
CALL(BFMLAL_X, BHSD, bfmlal_element, NULL)
CALL(BFCVTNT, BHSD, bfcvt, NULL)
CALL(BFCVT, BHSD, bfcvt, NULL)
CALL(FADD, HSD, binary, arm_lane_fadd)
CALL(FSUB, HSD, binary, arm_lane_fsub)
CALL(FMUL, HSD, binary, arm_lane_fmul)
CALL(FTSMUL, HSD, binary, arm_sve_ftsmul)
CALL(FRECPS, HSD, binary, arm_lane_frecps)
CALL(FRSQRTS, HSD, binary, arm_lane_frsqrts)
CALL(FADDV, HSD, float_reduce, arm_lane_fadd)
CALL(FMAXNMV, HSD, float_reduce, arm_lane_fmaxnm)
CALL(FMINNMV, HSD, float_reduce, arm_lane_fminnm)
CALL(FMAXV, HSD, float_reduce, arm_lane_fmax)
CALL(FMINV, HSD, float_reduce, arm_lane_fmin)
CALL(FRECPE, HSD, unary, arm_lane_frecpe)
CALL(FRSQRTE, HSD, unary, arm_lane_frsqrte)
CALL(FCMGE_Z, HSD, float_compare_zero, arm_sve_fcmge)
CALL(FCMGT_Z, HSD, float_compare_zero, arm_sve_fcmgt)
CALL(FCMLT_Z, HSD, float_compare_zero, arm_sve_fcmlt)
CALL(FCMLE_Z, HSD, float_compare_zero, arm_sve_fcmle)
CALL(FCMEQ_Z, HSD, float_compare_zero, arm_sve_fcmeq)
CALL(FCMNE_Z, HSD, float_compare_zero, arm_sve_fcmne)
CALL(FADDA, HSD, fadda, NULL)
CALL(FCMGE, HSD, float_compare, arm_sve_fcmge)
CALL(FCMGT, HSD, float_compare, arm_sve_fcmgt)
CALL(FCMEQ, HSD, float_compare, arm_sve_fcmeq)
CALL(FCMNE, HSD, float_compare, arm_sve_fcmne)
CALL(FCMUO, HSD, float_compare, arm_sve_fcmuo)
CALL(FACGE, HSD, float_compare, arm_lane_facge)
CALL(FACGT, HSD, float_compare, arm_lane_facgt)
CALL(FADD_P, HSD, binary_p, arm_lane_fadd)
CALL(FSUB_P, HSD, binary_p, arm_lane_fsub)
CALL(FMUL_P, HSD, binary_p, arm_lane_fmul)
CALL(FSUBR_P, HSD, binary_r_p, arm_lane_fsub)
CALL(FMAXNM_P, HSD, binary_p, arm_lane_fmaxnm)
CALL(FMINNM_P, HSD, binary_p, arm_lane_fminnm)
CALL(FMAX_P, HSD, binary_p, arm_lane_fmax)
CALL(FMIN_P, HSD, binary_p, arm_lane_fmin)
CALL(FABD_P, HSD, binary_p, arm_lane_fabd)
CALL(FSCALE_P, HSD, binary_p, arm_sve_fscale)
CALL(FMULX_P, HSD, binary_p, arm_lane_fmulx)
CALL(FDIVR_P, HSD, binary_r_p, arm_lane_fdiv)
CALL(FDIV_P, HSD, binary_p, arm_lane_fdiv)
CALL(FTMAD, HSD, ftmad, NULL)
CALL(FADD_PI, HSD, float_constant, arm_lane_fadd)
CALL(FSUB_PI, HSD, float_constant, arm_lane_fsub)
CALL(FMUL_PI, HSD, float_constant, arm_lane_fmul)
CALL(FSUBR_PI, HSD, float_constant, arm_lane_fsub)
CALL(FMAXNM_PI, HSD, float_constant, arm_lane_fmaxnm)
CALL(FMINNM_PI, HSD, float_constant, arm_lane_fminnm)
CALL(FMAX_PI, HSD, float_constant, arm_lane_fmax)
CALL(FMIN_PI, HSD, float_constant, arm_lane_fmin)
CALL(FRINTN_P, HSD, unary_p, arm_lane_frintn)
CALL(FRINTP_P, HSD, unary_p, arm_lane_frintp)
CALL(FRINTM_P, HSD, unary_p, arm_lane_frintm)
CALL(FRINTZ_P, HSD, unary_p, arm_lane_frintz)
CALL(FRINTA_P, HSD, unary_p, arm_lane_frinta)
CALL(FRINTX_P, HSD, unary_p, arm_lane_frintx)
CALL(FRINTI_P, HSD, unary_p, arm_lane_frinti)
CALL(FCVT_HS, BHSD, fcvt, NULL)
CALL(FCVT_SH, BHSD, fcvt, NULL)
CALL(FCVT_HD, BHSD, fcvt, NULL)
CALL(FCVT_DH, BHSD, fcvt, NULL)
CALL(FCVT_SD, BHSD, fcvt, NULL)
CALL(FCVT_DS, BHSD, fcvt, NULL)
CALL(FRECPX_P, HSD, unary_p, arm_lane_frecpx)
CALL(FSQRT_P, HSD, unary_p, arm_lane_fsqrt)

static bool gen_convert(DisasContext *ctx, unsigned opc, unsigned opc2)
{
    return arm_sve_conversions[opc][opc2].floating &&
           gen_call(ctx, BHSD, arm_sve_convert, NULL);
}

ROW(CVTF_P)
{
    return gen_convert(ctx, a->opc, a->opc2);
}

ROW(FCVTZ_P)
{
    return gen_convert(ctx, a->opc, a->opc2);
}

CALL(FMLA_P, HSD, muladd_p, arm_lane_fmla)
CALL(FMLS_P, HSD, muladd_p, arm_lane_fmls)
CALL(FNMLA_P, HSD, muladd_p, arm_lane_fnmla)
CALL(FNMLS_P, HSD, muladd_p, arm_lane_fnmls)
CALL(FMAD_P, HSD, fmuladd_r_p, arm_lane_fmla)
CALL(FMSB_P, HSD, fmuladd_r_p, arm_lane_fmls)
CALL(FNMAD_P, HSD, fmuladd_r_p, arm_lane_fnmla)
CALL(FNMSB_P, HSD, fmuladd_r_p, arm_lane_fnmls)

/* ---- Memory ---- */

static bool gen_register_access(DisasContext *ctx, const sve_arg_LDR_Z *a, unsigned unit,
                      ARMSveMemoryFunc *fn)
{
    return gen_displaced(ctx, a->rns, (a->immh * 8 + (int)a->imml) * (int64_t)unit, fn);
}

ROW(LDR_Z)
{
    return gen_register_access(ctx, a, vector_bytes(ctx), arm_sve_load_register);
}

ROW(STR_Z)
{
    return gen_register_access(ctx, a, vector_bytes(ctx), arm_sve_store_register);
}

ROW(LDR_B)
{
    return gen_displaced(ctx, a->rns, (a->immh * 8 + (int)a->imml) * (int)(vector_bytes(ctx) / 8),
                         arm_sve_load_predicate);
}

ROW(STR_B)
{
    return gen_displaced(ctx, a->rns, (a->immh * 8 + (int)a->imml) * (int)(vector_bytes(ctx) / 8),
                         arm_sve_store_predicate);
}

#define PREFETCH(name, condition)                                                                  \
    ROW(name)                                                                                      \
    {                                                                                              \
        return condition;                                                                          \
    }
PREFETCH(PRF_I, true)
PREFETCH(PRF_O, a->rm != 31)
PREFETCH(PRF_ZO32, true)
PREFETCH(PRF_ZI32, true)
PREFETCH(PRF_ZOX, true)
PREFETCH(PRF_ZO64, true)
PREFETCH(PRF_ZI64, true)

ROW(LD1R)
{
    return gen_displaced(ctx, a->rns,
                         (int64_t)a->imm << arm_sve_loads[a->dth << 2 | a->dtl].memory,
                         arm_sve_load_replicate);
}

ROW(LD1_O)
{
    return a->rm != 31 &&
           gen_indexed(ctx, a->rns, a->rm, arm_sve_loads[a->dt].memory, arm_sve_load);
}

ROW(LDFF1_O)
{
    return gen_indexed(ctx, a->rns, a->rm, arm_sve_loads[a->dt].memory, arm_sve_load_first_fault);
}

/* Units of the immediate: all elements' memory. */
static int64_t offset_of(const DisasContext *ctx, int imm, unsigned element, unsigned memory)
{
    return (int64_t)imm * (vector_bytes(ctx) >> element << memory);
}

static bool gen_load_immediate(DisasContext *ctx, const sve_arg_LD1_I *a, ARMSveMemoryFunc *fn)
{
    ARMSveLoad form = arm_sve_loads[a->dt];

    return gen_displaced(ctx, a->rns, offset_of(ctx, a->imm, form.element, form.memory), fn);
}

ROW(LD1_I)
{
    return gen_load_immediate(ctx, a, arm_sve_load);
}

ROW(LDNF1_I)
{
    return gen_load_immediate(ctx, a, arm_sve_load_no_fault);
}

ROW(LDN_O)
{
    return a->rm != 31 && gen_indexed(ctx, a->rns, a->rm, a->msz, arm_sve_load_structures);
}

ROW(STN_O)
{
    return a->rm != 31 && gen_indexed(ctx, a->rns, a->rm, a->msz, arm_sve_store_structures);
}

static int64_t structures_offset(const DisasContext *ctx, const sve_arg_LDN_I *a)
{
    return (int64_t)a->imm * (int)(a->nb + 1) * (int)vector_bytes(ctx);
}

ROW(LDN_I)
{
    return gen_displaced(ctx, a->rns, structures_offset(ctx, a), arm_sve_load_structures);
}

ROW(STN_I)
{
    return gen_displaced(ctx, a->rns, structures_offset(ctx, a), arm_sve_store_structures);
}

ROW(LD1RQ_O)
{
    return a->rm != 31 && gen_indexed(ctx, a->rns, a->rm, a->msz, arm_sve_load_quadword);
}

ROW(LD1RQ_I)
{
    return gen_displaced(ctx, a->rns, a->imm * 16, arm_sve_load_quadword);
}

ROW(ST1_O)
{
    return a->rm != 31 && a->size >= a->msz &&
           gen_indexed(ctx, a->rns, a->rm, a->msz, arm_sve_store);
}

ROW(ST1_I)
{
    return a->size >= a->msz &&
           gen_displaced(ctx, a->rns, offset_of(ctx, a->imm, a->size, a->msz), arm_sve_store);
}

/* There is a sign only where memory has less than the element. Bytes can't be scaled. */
static bool is_gather(unsigned msz, bool without_sign, bool scaled, unsigned element)
{
    return (msz || !scaled) && (msz < element || (msz == element && without_sign));
}

ROW(LD1_ZO32)
{
    return is_gather(a->msz, a->u, a->sc, MO_32) && gen_displaced(ctx, a->rns, 0, arm_sve_gather);
}

ROW(LD1_ZI32)
{
    return is_gather(a->msz, a->u, false, MO_32) &&
           gen_access(ctx, tcg_constant_i64(0), arm_sve_gather);
}

ROW(LD1_ZOX)
{
    return is_gather(a->msz, a->u, a->sc, MO_64) && gen_displaced(ctx, a->rns, 0, arm_sve_gather);
}

ROW(LD1_ZO64)
{
    return is_gather(a->msz, a->u, a->sc, MO_64) && gen_displaced(ctx, a->rns, 0, arm_sve_gather);
}

ROW(LD1_ZI64)
{
    return is_gather(a->msz, a->u, false, MO_64) &&
           gen_access(ctx, tcg_constant_i64(0), arm_sve_gather);
}

static bool gen_scatter(DisasContext *ctx, unsigned rns, unsigned msz, bool scaled)
{
    return (msz || !scaled) && gen_displaced(ctx, rns, 0, arm_sve_scatter);
}

ROW(ST1_ZO32)
{
    return a->msz <= MO_32 && gen_scatter(ctx, a->rns, a->msz, a->sc);
}

ROW(ST1_ZOX)
{
    return gen_scatter(ctx, a->rns, a->msz, a->sc);
}

ROW(ST1_ZO64)
{
    return gen_scatter(ctx, a->rns, a->msz, a->sc);
}

ROW(ST1_ZI64)
{
    return gen_access(ctx, tcg_constant_i64(0), arm_sve_scatter);
}

ROW(ST1_ZI32)
{
    return a->msz <= MO_32 && gen_access(ctx, tcg_constant_i64(0), arm_sve_scatter);
}
