/*
 * PowerPC translator: integer arithmetic, logical, compare, rotate and shift instructions.
 *
 * Reference: Programming Environments Manual for 32-Bit Implementations, sections 4.2.1 and 8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/translate.h"

/* --- Overflow and the common end of arithmetic */

/* The end of an instruction: its result in rt, `ov` if OE is set (else it is NULL), CR0 if Rc is. */
static void finish(DisasContext *ctx, unsigned rt, TCGv_i32 result, TCGv_i32 ov, bool rc)
{
    tcg_gen_mov_i32(cpu_gpr[rt], result);
    gen_rc(ctx, rc, cpu_gpr[rt]);
    if (ov) {
        tcg_gen_mov_i32(cpu_ov, ov);
        if (!ctx->so) {
            gen_change_so_if(ctx, TCG_COND_NE, ov, rc);
        }
    }
}

/* Overflow of sum = a + b (+ carry): both operands differ in sign from the sum. */
static TCGv_i32 gen_add_overflow(TCGv_i32 sum, TCGv_i32 a, TCGv_i32 b)
{
    TCGv_i32 ov = tcg_temp_new_i32();
    TCGv_i32 t = tcg_temp_new_i32();

    tcg_gen_xor_i32(ov, sum, a);
    tcg_gen_xor_i32(t, sum, b);
    tcg_gen_and_i32(ov, ov, t);
    tcg_gen_shri_i32(ov, ov, 31);
    return ov;
}

/* rt = sum; OE as given by the operands of the addition; Rc. */
static void finish_add(DisasContext *ctx, unsigned rt, TCGv_i32 sum, TCGv_i32 a, TCGv_i32 b,
                       bool oe, bool rc)
{
    finish(ctx, rt, sum, oe ? gen_add_overflow(sum, a, b) : NULL, rc);
}

/* --- Additions. A subtraction is the addition of the complement. */

static TCGv_i32 gpr_or_zero(unsigned n)
{
    return n ? cpu_gpr[n] : tcg_constant_i32(0);
}

bool trans_ADDI(DisasContext *ctx, const arg_ADDI *a)
{
    tcg_gen_addi_i32(cpu_gpr[a->rt], gpr_or_zero(a->ra), a->si);
    return true;
}

bool trans_ADDIS(DisasContext *ctx, const arg_ADDIS *a)
{
    tcg_gen_addi_i32(cpu_gpr[a->rt], gpr_or_zero(a->ra), (uint32_t)a->si << 16);
    return true;
}

static void gen_addic(DisasContext *ctx, const arg_ADDIC *a, bool rc)
{
    TCGv_i32 sum = tcg_temp_new_i32();

    tcg_gen_addi_i32(sum, cpu_gpr[a->ra], a->si);
    tcg_gen_setcondi_i32(TCG_COND_LTU, cpu_ca, sum, a->si);
    tcg_gen_mov_i32(cpu_gpr[a->rt], sum);
    gen_rc(ctx, rc, cpu_gpr[a->rt]);
}

bool trans_ADDIC(DisasContext *ctx, const arg_ADDIC *a)
{
    gen_addic(ctx, a, false);
    return true;
}

bool trans_ADDIC_(DisasContext *ctx, const arg_ADDIC_ *a)
{
    gen_addic(ctx, a, true);
    return true;
}

bool trans_SUBFIC(DisasContext *ctx, const arg_SUBFIC *a)
{
    TCGv_i32 ra = gen_copy(cpu_gpr[a->ra]);

    tcg_gen_setcondi_i32(TCG_COND_LEU, cpu_ca, ra, a->si);
    tcg_gen_subfi_i32(cpu_gpr[a->rt], a->si, ra);
    return true;
}

bool trans_MULLI(DisasContext *ctx, const arg_MULLI *a)
{
    tcg_gen_muli_i32(cpu_gpr[a->rt], cpu_gpr[a->ra], a->si);
    return true;
}

bool trans_ADD(DisasContext *ctx, const arg_ADD *a)
{
    TCGv_i32 sum = tcg_temp_new_i32();

    tcg_gen_add_i32(sum, cpu_gpr[a->ra], cpu_gpr[a->rb]);
    finish_add(ctx, a->rt, sum, cpu_gpr[a->ra], cpu_gpr[a->rb], a->oe, a->rc);
    return true;
}

bool trans_ADDC(DisasContext *ctx, const arg_ADDC *a)
{
    TCGv_i32 sum = tcg_temp_new_i32();

    /* one operation, since an adde is likely to follow: the carry stays in the host's flags */
    tcg_gen_addcio_i32(sum, cpu_ca, cpu_gpr[a->ra], cpu_gpr[a->rb], tcg_constant_i32(0));
    finish_add(ctx, a->rt, sum, cpu_gpr[a->ra], cpu_gpr[a->rb], a->oe, a->rc);
    return true;
}

/* rt = a + b + CA */
static void gen_add_extended(DisasContext *ctx, unsigned rt, TCGv_i32 a, TCGv_i32 b, bool oe,
                             bool rc)
{
    TCGv_i32 sum = tcg_temp_new_i32();

    tcg_gen_addcio_i32(sum, cpu_ca, a, b, cpu_ca);
    finish_add(ctx, rt, sum, a, b, oe, rc);
}

static TCGv_i32 gen_complement(TCGv_i32 a)
{
    TCGv_i32 t = tcg_temp_new_i32();

    tcg_gen_not_i32(t, a);
    return t;
}

bool trans_ADDE(DisasContext *ctx, const arg_ADDE *a)
{
    gen_add_extended(ctx, a->rt, cpu_gpr[a->ra], cpu_gpr[a->rb], a->oe, a->rc);
    return true;
}

bool trans_ADDME(DisasContext *ctx, const arg_ADDME *a)
{
    gen_add_extended(ctx, a->rt, cpu_gpr[a->ra], tcg_constant_i32(-1), a->oe, a->rc);
    return true;
}

bool trans_ADDZE(DisasContext *ctx, const arg_ADDZE *a)
{
    gen_add_extended(ctx, a->rt, cpu_gpr[a->ra], tcg_constant_i32(0), a->oe, a->rc);
    return true;
}

bool trans_SUBFE(DisasContext *ctx, const arg_SUBFE *a)
{
    gen_add_extended(ctx, a->rt, gen_complement(cpu_gpr[a->ra]), cpu_gpr[a->rb], a->oe, a->rc);
    return true;
}

bool trans_SUBFME(DisasContext *ctx, const arg_SUBFME *a)
{
    gen_add_extended(ctx, a->rt, gen_complement(cpu_gpr[a->ra]), tcg_constant_i32(-1), a->oe,
                     a->rc);
    return true;
}

bool trans_SUBFZE(DisasContext *ctx, const arg_SUBFZE *a)
{
    gen_add_extended(ctx, a->rt, gen_complement(cpu_gpr[a->ra]), tcg_constant_i32(0), a->oe, a->rc);
    return true;
}

/* rt = b - a; with `carry`, CA is the complement of the borrow. */
static void gen_sub(DisasContext *ctx, const arg_SUBF *a, bool carry)
{
    TCGv_i32 ra = cpu_gpr[a->ra], rb = cpu_gpr[a->rb];
    TCGv_i32 difference = tcg_temp_new_i32();

    tcg_gen_sub_i32(difference, rb, ra);
    if (carry) {
        tcg_gen_setcond_i32(TCG_COND_GEU, cpu_ca, rb, ra);
    }
    finish_add(ctx, a->rt, difference, a->oe ? gen_complement(ra) : ra, rb, a->oe, a->rc);
}

bool trans_SUBF(DisasContext *ctx, const arg_SUBF *a)
{
    gen_sub(ctx, a, false);
    return true;
}

bool trans_SUBFC(DisasContext *ctx, const arg_SUBFC *a)
{
    gen_sub(ctx, a, true);
    return true;
}

bool trans_NEG(DisasContext *ctx, const arg_NEG *a)
{
    TCGv_i32 result = tcg_temp_new_i32(), ov = NULL;

    if (a->oe) {
        ov = tcg_temp_new_i32();
        tcg_gen_setcondi_i32(TCG_COND_EQ, ov, cpu_gpr[a->ra], INT32_MIN);
    }
    tcg_gen_neg_i32(result, cpu_gpr[a->ra]);
    finish(ctx, a->rt, result, ov, a->rc);
    return true;
}

/* --- Multiplication and division */

bool trans_MULLW(DisasContext *ctx, const arg_MULLW *a)
{
    TCGv_i32 low = tcg_temp_new_i32(), ov = NULL;

    if (a->oe) {
        TCGv_i32 high = tcg_temp_new_i32();

        ov = tcg_temp_new_i32();
        tcg_gen_muls2_i32(low, high, cpu_gpr[a->ra], cpu_gpr[a->rb]);
        tcg_gen_sari_i32(ov, low, 31);
        tcg_gen_setcond_i32(TCG_COND_NE, ov, ov, high);
    } else {
        tcg_gen_mul_i32(low, cpu_gpr[a->ra], cpu_gpr[a->rb]);
    }
    finish(ctx, a->rt, low, ov, a->rc);
    return true;
}

bool trans_MULHW(DisasContext *ctx, const arg_MULHW *a)
{
    tcg_gen_mulsh_i32(cpu_gpr[a->rt], cpu_gpr[a->ra], cpu_gpr[a->rb]);
    gen_rc(ctx, a->rc, cpu_gpr[a->rt]);
    return true;
}

bool trans_MULHWU(DisasContext *ctx, const arg_MULHWU *a)
{
    tcg_gen_muluh_i32(cpu_gpr[a->rt], cpu_gpr[a->ra], cpu_gpr[a->rb]);
    gen_rc(ctx, a->rc, cpu_gpr[a->rt]);
    return true;
}

/* Where the quotient doesn't exist, the result is the dividend's sign (divwu: 0); the manual leaves
 * it open. */
static void finish_divide(DisasContext *ctx, const arg_DIVW *a, TCGv_i32 quotient,
                          TCGv_i32 undefined, TCGv_i32 substitute)
{
    TCGv_i32 result = tcg_temp_new_i32();

    tcg_gen_movcond_i32(TCG_COND_NE, result, undefined, tcg_constant_i32(0), substitute, quotient);
    finish(ctx, a->rt, result, a->oe ? undefined : NULL, a->rc);
}

bool trans_DIVW(DisasContext *ctx, const arg_DIVW *a)
{
    TCGv_i32 ra = cpu_gpr[a->ra], rb = cpu_gpr[a->rb];
    TCGv_i32 undefined = tcg_temp_new_i32(), t = tcg_temp_new_i32(), divisor = tcg_temp_new_i32();
    TCGv_i32 sign = tcg_temp_new_i32();

    tcg_gen_setcondi_i32(TCG_COND_EQ, undefined, ra, INT32_MIN);
    tcg_gen_setcondi_i32(TCG_COND_EQ, t, rb, -1);
    tcg_gen_and_i32(undefined, undefined, t);
    tcg_gen_setcondi_i32(TCG_COND_EQ, t, rb, 0);
    tcg_gen_or_i32(undefined, undefined, t);
    tcg_gen_movcond_i32(TCG_COND_NE, divisor, undefined, tcg_constant_i32(0), tcg_constant_i32(1),
                        rb);
    tcg_gen_sari_i32(sign, ra, 31);
    tcg_gen_divs_i32(t, ra, divisor);
    finish_divide(ctx, a, t, undefined, sign);
    return true;
}

bool trans_DIVWU(DisasContext *ctx, const arg_DIVWU *a)
{
    TCGv_i32 undefined = tcg_temp_new_i32(), quotient = tcg_temp_new_i32();
    TCGv_i32 divisor = tcg_temp_new_i32();

    tcg_gen_setcondi_i32(TCG_COND_EQ, undefined, cpu_gpr[a->rb], 0);
    tcg_gen_or_i32(divisor, cpu_gpr[a->rb], undefined);
    tcg_gen_divu_i32(quotient, cpu_gpr[a->ra], divisor);
    finish_divide(ctx, a, quotient, undefined, tcg_constant_i32(0));
    return true;
}

/* --- Compare. L is reserved in 32-bit implementations and ignored. */

bool trans_CMP(DisasContext *ctx, const arg_CMP *a)
{
    gen_compare(ctx, a->crfd, cpu_gpr[a->ra], cpu_gpr[a->rb], true);
    return true;
}

bool trans_CMPI(DisasContext *ctx, const arg_CMPI *a)
{
    gen_compare(ctx, a->crfd, cpu_gpr[a->ra], tcg_constant_i32(a->si), true);
    return true;
}

bool trans_CMPL(DisasContext *ctx, const arg_CMPL *a)
{
    gen_compare(ctx, a->crfd, cpu_gpr[a->ra], cpu_gpr[a->rb], false);
    return true;
}

bool trans_CMPLI(DisasContext *ctx, const arg_CMPLI *a)
{
    gen_compare(ctx, a->crfd, cpu_gpr[a->ra], tcg_constant_i32(a->ui), false);
    return true;
}

/* --- Logical */

bool trans_ANDI_(DisasContext *ctx, const arg_ANDI_ *a)
{
    tcg_gen_andi_i32(cpu_gpr[a->ra], cpu_gpr[a->rs], a->ui);
    gen_rc(ctx, true, cpu_gpr[a->ra]);
    return true;
}

bool trans_ANDIS_(DisasContext *ctx, const arg_ANDIS_ *a)
{
    tcg_gen_andi_i32(cpu_gpr[a->ra], cpu_gpr[a->rs], a->ui << 16);
    gen_rc(ctx, true, cpu_gpr[a->ra]);
    return true;
}

/* With the same register and 0 it is the preferred no-operation, which idle loops may have. */
bool trans_ORI(DisasContext *ctx, const arg_ORI *a)
{
    if (a->ra == a->rs && a->ui == 0) {
        return true;
    }
    tcg_gen_ori_i32(cpu_gpr[a->ra], cpu_gpr[a->rs], a->ui);
    return true;
}

bool trans_ORIS(DisasContext *ctx, const arg_ORIS *a)
{
    tcg_gen_ori_i32(cpu_gpr[a->ra], cpu_gpr[a->rs], a->ui << 16);
    return true;
}

bool trans_XORI(DisasContext *ctx, const arg_XORI *a)
{
    tcg_gen_xori_i32(cpu_gpr[a->ra], cpu_gpr[a->rs], a->ui);
    return true;
}

bool trans_XORIS(DisasContext *ctx, const arg_XORIS *a)
{
    tcg_gen_xori_i32(cpu_gpr[a->ra], cpu_gpr[a->rs], a->ui << 16);
    return true;
}

typedef void LogicalOp(TCGv_i32 ret, TCGv_i32 a, TCGv_i32 b);

static bool gen_logical(DisasContext *ctx, const arg_AND *a, LogicalOp *op)
{
    op(cpu_gpr[a->ra], cpu_gpr[a->rs], cpu_gpr[a->rb]);
    gen_rc(ctx, a->rc, cpu_gpr[a->ra]);
    return true;
}

bool trans_AND(DisasContext *ctx, const arg_AND *a)
{
    return gen_logical(ctx, a, tcg_gen_and_i32);
}

bool trans_ANDC(DisasContext *ctx, const arg_ANDC *a)
{
    return gen_logical(ctx, a, tcg_gen_andc_i32);
}

bool trans_OR(DisasContext *ctx, const arg_OR *a)
{
    if (a->rs == a->rb) { /* mr */
        tcg_gen_mov_i32(cpu_gpr[a->ra], cpu_gpr[a->rs]);
        gen_rc(ctx, a->rc, cpu_gpr[a->ra]);
        return true;
    }
    return gen_logical(ctx, a, tcg_gen_or_i32);
}

bool trans_ORC(DisasContext *ctx, const arg_ORC *a)
{
    return gen_logical(ctx, a, tcg_gen_orc_i32);
}

bool trans_XOR(DisasContext *ctx, const arg_XOR *a)
{
    return gen_logical(ctx, a, tcg_gen_xor_i32);
}

bool trans_NAND(DisasContext *ctx, const arg_NAND *a)
{
    return gen_logical(ctx, a, tcg_gen_nand_i32);
}

bool trans_NOR(DisasContext *ctx, const arg_NOR *a)
{
    if (a->rs == a->rb) { /* not */
        tcg_gen_not_i32(cpu_gpr[a->ra], cpu_gpr[a->rs]);
        gen_rc(ctx, a->rc, cpu_gpr[a->ra]);
        return true;
    }
    return gen_logical(ctx, a, tcg_gen_nor_i32);
}

bool trans_EQV(DisasContext *ctx, const arg_EQV *a)
{
    return gen_logical(ctx, a, tcg_gen_eqv_i32);
}

bool trans_EXTSB(DisasContext *ctx, const arg_EXTSB *a)
{
    tcg_gen_ext8s_i32(cpu_gpr[a->ra], cpu_gpr[a->rs]);
    gen_rc(ctx, a->rc, cpu_gpr[a->ra]);
    return true;
}

bool trans_EXTSH(DisasContext *ctx, const arg_EXTSH *a)
{
    tcg_gen_ext16s_i32(cpu_gpr[a->ra], cpu_gpr[a->rs]);
    gen_rc(ctx, a->rc, cpu_gpr[a->ra]);
    return true;
}

bool trans_CNTLZW(DisasContext *ctx, const arg_CNTLZW *a)
{
    tcg_gen_clzi_i32(cpu_gpr[a->ra], cpu_gpr[a->rs], 32);
    gen_rc(ctx, a->rc, cpu_gpr[a->ra]);
    return true;
}

/* --- Rotate and mask */

/* Bits mb to me (numbered from the most significant), wrapping around if mb > me. */
uint32_t rotate_mask(unsigned mb, unsigned me)
{
    uint32_t from = UINT32_MAX >> mb;
    uint32_t to = UINT32_MAX << (31 - me);

    return mb <= me ? from & to : from | to;
}

bool trans_RLWINM(DisasContext *ctx, const arg_RLWINM *a)
{
    TCGv_i32 ret = cpu_gpr[a->ra], rs = cpu_gpr[a->rs];
    unsigned low = 31 - a->me, length = a->me - a->mb + 1, source = (low - a->sh) & 31;
    uint32_t mask = rotate_mask(a->mb, a->me);

    if (mask == UINT32_MAX) {
        tcg_gen_rotli_i32(ret, rs, a->sh);
    } else if (a->sh == 0) {
        tcg_gen_andi_i32(ret, rs, mask);
    } else if (a->mb <= a->me && low == a->sh) {
        tcg_gen_deposit_z_i32(ret, rs, low, length);
    } else if (a->mb <= a->me && low == 0 && source + length <= 32) {
        tcg_gen_extract_i32(ret, rs, source, length);
    } else {
        tcg_gen_rotli_i32(ret, rs, a->sh);
        tcg_gen_andi_i32(ret, ret, mask);
    }
    gen_rc(ctx, a->rc, ret);
    return true;
}

bool trans_RLWIMI(DisasContext *ctx, const arg_RLWIMI *a)
{
    TCGv_i32 ret = cpu_gpr[a->ra], t = tcg_temp_new_i32();
    uint32_t mask = rotate_mask(a->mb, a->me);

    if (a->mb <= a->me) {
        unsigned low = 31 - a->me;

        tcg_gen_rotli_i32(t, cpu_gpr[a->rs], (a->sh - low) & 31);
        tcg_gen_deposit_i32(ret, ret, t, low, a->me - a->mb + 1);
    } else {
        TCGv_i32 kept = tcg_temp_new_i32();

        tcg_gen_rotli_i32(t, cpu_gpr[a->rs], a->sh);
        tcg_gen_andi_i32(t, t, mask);
        tcg_gen_andi_i32(kept, ret, ~mask);
        tcg_gen_or_i32(ret, kept, t);
    }
    gen_rc(ctx, a->rc, ret);
    return true;
}

bool trans_RLWNM(DisasContext *ctx, const arg_RLWNM *a)
{
    TCGv_i32 count = tcg_temp_new_i32(), t = tcg_temp_new_i32();

    tcg_gen_andi_i32(count, cpu_gpr[a->rb], 31);
    tcg_gen_rotl_i32(t, cpu_gpr[a->rs], count);
    tcg_gen_andi_i32(cpu_gpr[a->ra], t, rotate_mask(a->mb, a->me));
    gen_rc(ctx, a->rc, cpu_gpr[a->ra]);
    return true;
}

/* --- Shifts. Counts go to 63; a 64-bit shift gives what is asked for. */

static TCGv_i64 gen_shift_count(unsigned rb)
{
    TCGv_i32 t = tcg_temp_new_i32();
    TCGv_i64 count = tcg_temp_new_i64();

    tcg_gen_andi_i32(t, cpu_gpr[rb], 63);
    tcg_gen_extu_i32_i64(count, t);
    return count;
}

bool trans_SLW(DisasContext *ctx, const arg_SLW *a)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extu_i32_i64(t, cpu_gpr[a->rs]);
    tcg_gen_shl_i64(t, t, gen_shift_count(a->rb));
    tcg_gen_extrl_i64_i32(cpu_gpr[a->ra], t);
    gen_rc(ctx, a->rc, cpu_gpr[a->ra]);
    return true;
}

bool trans_SRW(DisasContext *ctx, const arg_SRW *a)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extu_i32_i64(t, cpu_gpr[a->rs]);
    tcg_gen_shr_i64(t, t, gen_shift_count(a->rb));
    tcg_gen_extrl_i64_i32(cpu_gpr[a->ra], t);
    gen_rc(ctx, a->rc, cpu_gpr[a->ra]);
    return true;
}

/* CA: the operand is negative and a one was shifted out, so that shifting back doesn't restore it.
 */
bool trans_SRAW(DisasContext *ctx, const arg_SRAW *a)
{
    TCGv_i64 s = tcg_temp_new_i64(), shifted = tcg_temp_new_i64(), back = tcg_temp_new_i64();
    TCGv_i64 count = gen_shift_count(a->rb);
    TCGv_i32 sign = tcg_temp_new_i32();

    tcg_gen_ext_i32_i64(s, cpu_gpr[a->rs]);
    tcg_gen_sar_i64(shifted, s, count);
    tcg_gen_shl_i64(back, shifted, count);
    tcg_gen_setcond_i64(TCG_COND_NE, back, back, s);
    tcg_gen_extrl_i64_i32(cpu_ca, back);
    tcg_gen_shri_i32(sign, cpu_gpr[a->rs], 31);
    tcg_gen_and_i32(cpu_ca, cpu_ca, sign);
    tcg_gen_extrl_i64_i32(cpu_gpr[a->ra], shifted);
    gen_rc(ctx, a->rc, cpu_gpr[a->ra]);
    return true;
}

bool trans_SRAWI(DisasContext *ctx, const arg_SRAWI *a)
{
    if (a->sh == 0) {
        tcg_gen_movi_i32(cpu_ca, 0);
        tcg_gen_mov_i32(cpu_gpr[a->ra], cpu_gpr[a->rs]);
    } else {
        TCGv_i32 sign = tcg_temp_new_i32();

        tcg_gen_sari_i32(sign, cpu_gpr[a->rs], 31);
        tcg_gen_and_i32(sign, sign, cpu_gpr[a->rs]);
        tcg_gen_andi_i32(sign, sign, (1u << a->sh) - 1);
        tcg_gen_setcondi_i32(TCG_COND_NE, cpu_ca, sign, 0);
        tcg_gen_sari_i32(cpu_gpr[a->ra], cpu_gpr[a->rs], a->sh);
    }
    gen_rc(ctx, a->rc, cpu_gpr[a->ra]);
    return true;
}
