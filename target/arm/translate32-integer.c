/*
 * Arm translator, AArch32: data processing, multiplication and division.
 *
 * Reference: DDI 0487, F5.1; the pseudocode functions Shift_C(), A32ExpandImm_C(),
 * T32ExpandImm_C() and AddWithCarry() in J1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "target/arm/translate32.h"

static TCGv_i32 new_i32(void)
{
    return tcg_temp_new_i32();
}

static TCGv_i64 widened(TCGv_i32 a, bool is_signed)
{
    TCGv_i64 t = tcg_temp_new_i64();

    (is_signed ? tcg_gen_ext_i32_i64 : tcg_gen_extu_i32_i64)(t, a);
    return t;
}

static TCGv_i32 low_word(TCGv_i64 a)
{
    TCGv_i32 t = new_i32();

    tcg_gen_extrl_i64_i32(t, a);
    return t;
}

/* ---- Second operands ---- */

AA32Operand aa32_constant(uint32_t value)
{
    return (AA32Operand){ tcg_constant_i32(value), NULL };
}

static AA32Operand constant_with_carry(uint32_t value)
{
    return (AA32Operand){ tcg_constant_i32(value), tcg_constant_i32(value >> 31) };
}

AA32Operand aa32_rotated(uint32_t imm, unsigned rotate)
{
    return rotate ? constant_with_carry(ror32(imm, 2 * rotate)) : aa32_constant(imm);
}

AA32Operand aa32_expanded(unsigned imm12)
{
    uint32_t byte = imm12 & 0xff;

    switch (imm12 >> 8) {
    case 0:
        return aa32_constant(byte);
    case 1:
        return aa32_constant(byte << 16 | byte);
    case 2:
        return aa32_constant(byte << 24 | byte << 8);
    case 3:
        return aa32_constant(byte * 0x01010101u);
    default:
        return constant_with_carry(ror32(0x80 | (imm12 & 0x7f), imm12 >> 7));
    }
}

/* RRX: C goes in above, bit 0 comes out. */
static AA32Operand rotated_with_extend(TCGv_i32 value)
{
    TCGv_i32 t = new_i32(), carry = new_i32(), top = new_i32();

    tcg_gen_andi_i32(carry, value, 1);
    tcg_gen_shri_i32(t, value, 1);
    tcg_gen_shli_i32(top, cpu_cf, 31);
    tcg_gen_or_i32(t, t, top);
    return (AA32Operand){ t, carry };
}

AA32Operand aa32_shifted(DisasContext *ctx, unsigned rm, unsigned type, unsigned imm)
{
    TCGv_i32 value = aa32_reg(ctx, rm), t = new_i32(), carry = new_i32();

    if (imm == 0) {
        switch (type) {
        case SHIFT_LSL:
            return (AA32Operand){ value, NULL };
        case SHIFT_LSR: /* by 32 */
            tcg_gen_shri_i32(carry, value, 31);
            return (AA32Operand){ tcg_constant_i32(0), carry };
        case SHIFT_ASR:
            tcg_gen_shri_i32(carry, value, 31);
            tcg_gen_sari_i32(t, value, 31);
            return (AA32Operand){ t, carry };
        default:
            return rotated_with_extend(value);
        }
    }
    tcg_gen_extract_i32(carry, value, type == SHIFT_LSL ? 32 - imm : imm - 1, 1);
    switch (type) {
    case SHIFT_LSL:
        tcg_gen_shli_i32(t, value, imm);
        break;
    case SHIFT_LSR:
        tcg_gen_shri_i32(t, value, imm);
        break;
    case SHIFT_ASR:
        tcg_gen_sari_i32(t, value, imm);
        break;
    default:
        tcg_gen_rotri_i32(t, value, imm);
    }
    return (AA32Operand){ t, carry };
}

/* The count is a byte, up to 255: what is beyond a word comes out of a shift of 64 bits. */
AA32Operand aa32_shifted_by(DisasContext *ctx, unsigned rm, unsigned type, unsigned rs)
{
    TCGv_i32 count = new_i32(), result = new_i32(), carry = new_i32();
    TCGv_i64 value = widened(aa32_reg(ctx, rm), type == SHIFT_ASR), n;

    tcg_gen_ext8u_i32(count, aa32_reg(ctx, rs));
    n = widened(count, false);
    if (type == SHIFT_ROR) {
        TCGv_i32 modulo = new_i32();

        tcg_gen_andi_i32(modulo, count, 31);
        tcg_gen_rotr_i32(result, aa32_reg(ctx, rm), modulo);
        tcg_gen_shri_i32(carry, result, 31);
    } else {
        tcg_gen_umin_i64(n, n, tcg_constant_i64(type == SHIFT_ASR ? 32 : 33));
        if (type == SHIFT_LSL) {
            tcg_gen_shl_i64(value, value, n);
            tcg_gen_extrl_i64_i32(result, value);
            tcg_gen_extract_i64(value, value, 32, 1);
        } else { /* bit 0 is the one that comes out last */
            TCGv_i64 shifted = tcg_temp_new_i64();

            tcg_gen_shli_i64(value, value, 1);
            (type == SHIFT_LSR ? tcg_gen_shr_i64 : tcg_gen_sar_i64)(value, value, n);
            tcg_gen_shri_i64(shifted, value, 1);
            tcg_gen_extrl_i64_i32(result, shifted);
            tcg_gen_andi_i64(value, value, 1);
        }
        tcg_gen_extrl_i64_i32(carry, value);
    }
    tcg_gen_movcond_i32(TCG_COND_EQ, carry, count, tcg_constant_i32(0), cpu_cf, carry);
    return (AA32Operand){ result, carry };
}

/* ---- Flags ---- */

static void flags_change(DisasContext *ctx)
{
    ctx->flags_written = true;
    ctx->compared_a = NULL;
}

static void set_nz(TCGv_i32 result)
{
    tcg_gen_mov_i32(cpu_nf, result);
    tcg_gen_mov_i32(cpu_zf, result);
}

static void set_logical_flags(DisasContext *ctx, TCGv_i32 result, TCGv_i32 carry)
{
    flags_change(ctx);
    set_nz(result);
    if (carry) {
        tcg_gen_mov_i32(cpu_cf, carry);
    }
}

/* V of result = a + b: both have one sign, and the result has the other. */
static void set_overflow(TCGv_i32 result, TCGv_i32 a, TCGv_i32 b, bool subtracted)
{
    TCGv_i32 t = new_i32();

    tcg_gen_xor_i32(t, a, b);
    tcg_gen_xor_i32(cpu_vf, a, result);
    (subtracted ? tcg_gen_and_i32 : tcg_gen_andc_i32)(cpu_vf, cpu_vf, t);
}

static void gen_add(DisasContext *ctx, bool flags, TCGv_i32 result, TCGv_i32 a, TCGv_i32 b)
{
    tcg_gen_add_i32(result, a, b);
    if (flags) {
        flags_change(ctx);
        tcg_gen_setcond_i32(TCG_COND_LTU, cpu_cf, result, a);
        set_overflow(result, a, b, false);
        set_nz(result);
    }
}

static void gen_sub(DisasContext *ctx, bool flags, TCGv_i32 result, TCGv_i32 a, TCGv_i32 b)
{
    if (flags) {
        flags_change(ctx);
        a = ctx->compared_a = aa32_copy(a);
        b = ctx->compared_b = aa32_copy(b);
    }
    tcg_gen_sub_i32(result, a, b);
    if (flags) {
        tcg_gen_setcond_i32(TCG_COND_GEU, cpu_cf, a, b);
        set_overflow(result, a, b, true);
        set_nz(result);
    }
}

static void gen_add_carry(DisasContext *ctx, bool flags, TCGv_i32 result, TCGv_i32 a, TCGv_i32 b)
{
    TCGv_i32 carry = new_i32();

    tcg_gen_addcio_i32(result, carry, a, b, cpu_cf);
    if (flags) {
        flags_change(ctx);
        tcg_gen_mov_i32(cpu_cf, carry);
        set_overflow(result, a, b, false);
        set_nz(result);
    }
}

static TCGv_i32 inverted(TCGv_i32 a)
{
    TCGv_i32 t = new_i32();

    tcg_gen_not_i32(t, a);
    return t;
}

/* ---- Data processing ---- */

static bool has_result(AA32Op op)
{
    return op < AA32_TST || op > AA32_CMN;
}

/* What the operation computes; a logical one sets flags here, too. */
static void gen_operation(DisasContext *ctx, AA32Op op, bool flags, TCGv_i32 t, TCGv_i32 a,
                          AA32Operand b)
{
    switch (op) {
    case AA32_SUB:
    case AA32_CMP:
        gen_sub(ctx, flags, t, a, b.value);
        return;
    case AA32_RSB:
        gen_sub(ctx, flags, t, b.value, a);
        return;
    case AA32_ADD:
    case AA32_CMN:
        gen_add(ctx, flags, t, a, b.value);
        return;
    case AA32_ADC:
        gen_add_carry(ctx, flags, t, a, b.value);
        return;
    case AA32_SBC:
        gen_add_carry(ctx, flags, t, a, inverted(b.value));
        return;
    case AA32_RSC:
        gen_add_carry(ctx, flags, t, b.value, inverted(a));
        return;
    case AA32_AND:
    case AA32_TST:
        tcg_gen_and_i32(t, a, b.value);
        break;
    case AA32_EOR:
    case AA32_TEQ:
        tcg_gen_xor_i32(t, a, b.value);
        break;
    case AA32_ORR:
        tcg_gen_or_i32(t, a, b.value);
        break;
    case AA32_BIC:
        tcg_gen_andc_i32(t, a, b.value);
        break;
    case AA32_ORN:
        tcg_gen_orc_i32(t, a, b.value);
        break;
    case AA32_MVN:
        tcg_gen_not_i32(t, b.value);
        break;
    case AA32_MOV:
        tcg_gen_mov_i32(t, b.value);
        break;
    }
    if (flags) {
        set_logical_flags(ctx, t, b.carry);
    }
}

bool aa32_data(DisasContext *ctx, AA32Op op, bool flags, unsigned rd, unsigned rn, AA32Operand b)
{
    TCGv_i32 t = new_i32(), a = aa32_reg(ctx, rn);

    if (!has_result(op)) {
        gen_operation(ctx, op, true, t, a, b);
    } else if (rd == REG_PC && flags) {
        if (ctx->el == 0 || ctx->el == 2) {
            return false; /* unpredictable: there is no SPSR; Hyp mode returns by ERET alone */
        }
        gen_operation(ctx, op, false, t, a, b);
        return aa32_exception_return(ctx, t);
    } else {
        gen_operation(ctx, op, flags, t, a, b);
        aa32_write_reg(ctx, rd, t);
    }
    return true;
}

bool aa32_movt(DisasContext *ctx, unsigned rd, uint32_t imm)
{
    if (rd == REG_PC) {
        return false;
    }
    tcg_gen_deposit_i32(cpu_r[rd], cpu_r[rd], tcg_constant_i32(imm), 16, 16);
    return true;
}

/* ---- Multiplication ---- */

/* Register 15 is unpredictable in all of these: UNDEFINED. */
static bool any_pc(unsigned a, unsigned b, unsigned c)
{
    return a == REG_PC || b == REG_PC || c == REG_PC;
}

bool aa32_multiply(DisasContext *ctx, bool flags, unsigned rd, unsigned rn, unsigned rm, int ra,
                   bool subtract)
{
    TCGv_i32 t = new_i32();

    if (any_pc(rd, rn, rm) || ra == REG_PC) {
        return false;
    }
    tcg_gen_mul_i32(t, cpu_r[rn], cpu_r[rm]);
    if (ra >= 0) {
        if (subtract) {
            tcg_gen_sub_i32(t, cpu_r[ra], t);
        } else {
            tcg_gen_add_i32(t, cpu_r[ra], t);
        }
    }
    if (flags) { /* C and V stay */
        set_logical_flags(ctx, t, NULL);
    }
    tcg_gen_mov_i32(cpu_r[rd], t);
    return true;
}

static TCGv_i64 pair(unsigned rdlo, unsigned rdhi)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_concat_i32_i64(t, cpu_r[rdlo], cpu_r[rdhi]);
    return t;
}

static bool write_pair(unsigned rdlo, unsigned rdhi, TCGv_i64 value)
{
    tcg_gen_extr_i64_i32(cpu_r[rdlo], cpu_r[rdhi], value);
    return true;
}

static bool bad_long(unsigned rdlo, unsigned rdhi, unsigned rn, unsigned rm)
{
    return any_pc(rdlo, rn, rm) || rdhi == REG_PC || rdlo == rdhi;
}

static TCGv_i64 product(TCGv_i64 a, TCGv_i64 b)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_mul_i64(t, a, b);
    return t;
}

bool aa32_multiply_long(DisasContext *ctx, bool flags, unsigned rdlo, unsigned rdhi, unsigned rn,
                        unsigned rm, bool is_signed, bool accumulate)
{
    TCGv_i64 t;

    if (bad_long(rdlo, rdhi, rn, rm)) {
        return false;
    }
    t = product(widened(cpu_r[rn], is_signed), widened(cpu_r[rm], is_signed));
    if (accumulate) {
        tcg_gen_add_i64(t, t, pair(rdlo, rdhi));
    }
    write_pair(rdlo, rdhi, t);
    if (flags) {
        flags_change(ctx);
        tcg_gen_mov_i32(cpu_nf, cpu_r[rdhi]);
        tcg_gen_or_i32(cpu_zf, cpu_r[rdlo], cpu_r[rdhi]);
    }
    return true;
}

bool aa32_umaal(DisasContext *ctx, unsigned rdlo, unsigned rdhi, unsigned rn, unsigned rm)
{
    TCGv_i64 t;

    if (bad_long(rdlo, rdhi, rn, rm)) {
        return false;
    }
    t = product(widened(cpu_r[rn], false), widened(cpu_r[rm], false));
    tcg_gen_add_i64(t, t, widened(cpu_r[rdlo], false));
    tcg_gen_add_i64(t, t, widened(cpu_r[rdhi], false));
    return write_pair(rdlo, rdhi, t);
}

/* A signed halfword of a register. */
static TCGv_i32 half(unsigned r, bool top)
{
    TCGv_i32 t = new_i32();

    tcg_gen_sextract_i32(t, cpu_r[r], top ? 16 : 0, 16);
    return t;
}

/* rd = the sum of 64 bits, and Q if that doesn't fit a word. */
static void write_with_q(unsigned rd, TCGv_i64 sum)
{
    TCGv_i32 result = low_word(sum), q = new_i32(), pstate = new_i32();
    TCGv_i64 lost = widened(result, true);

    tcg_gen_setcond_i64(TCG_COND_NE, lost, lost, sum);
    tcg_gen_extrl_i64_i32(q, lost);
    tcg_gen_shli_i32(q, q, CPSR_Q_SHIFT);
    tcg_gen_ld_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
    tcg_gen_or_i32(pstate, pstate, q);
    tcg_gen_st_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
    tcg_gen_mov_i32(cpu_r[rd], result);
}

static bool accumulate_with_q(unsigned rd, unsigned ra, TCGv_i64 sum)
{
    if (ra != REG_PC) {
        tcg_gen_add_i64(sum, sum, widened(cpu_r[ra], true));
    }
    write_with_q(rd, sum);
    return true;
}

bool aa32_smlaxy(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned ra, bool x,
                 bool y)
{
    TCGv_i32 t = new_i32();

    if (any_pc(rd, rn, rm)) {
        return false;
    }
    tcg_gen_mul_i32(t, half(rn, x), half(rm, y));
    if (ra == REG_PC) {
        tcg_gen_mov_i32(cpu_r[rd], t);
        return true;
    }
    return accumulate_with_q(rd, ra, widened(t, true));
}

bool aa32_smlawy(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned ra, bool y)
{
    TCGv_i64 t;

    if (any_pc(rd, rn, rm)) {
        return false;
    }
    t = product(widened(cpu_r[rn], true), widened(half(rm, y), true));
    tcg_gen_sari_i64(t, t, 16);
    if (ra == REG_PC) {
        tcg_gen_extrl_i64_i32(cpu_r[rd], t);
        return true;
    }
    return accumulate_with_q(rd, ra, t);
}

bool aa32_smlalxy(DisasContext *ctx, unsigned rdlo, unsigned rdhi, unsigned rn, unsigned rm, bool x,
                  bool y)
{
    TCGv_i32 t = new_i32();
    TCGv_i64 sum;

    if (bad_long(rdlo, rdhi, rn, rm)) {
        return false;
    }
    tcg_gen_mul_i32(t, half(rn, x), half(rm, y));
    sum = widened(t, true);
    tcg_gen_add_i64(sum, sum, pair(rdlo, rdhi));
    return write_pair(rdlo, rdhi, sum);
}

/* The products of both halves, added or subtracted; x: the second operand's are exchanged. */
static TCGv_i64 dual_product(unsigned rn, unsigned rm, bool x, bool subtract)
{
    TCGv_i64 low = product(widened(half(rn, false), true), widened(half(rm, x), true));
    TCGv_i64 high = product(widened(half(rn, true), true), widened(half(rm, !x), true));

    (subtract ? tcg_gen_sub_i64 : tcg_gen_add_i64)(low, low, high);
    return low;
}

bool aa32_smlad(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned ra, bool x,
                bool subtract)
{
    if (any_pc(rd, rn, rm)) {
        return false;
    }
    return accumulate_with_q(rd, ra, dual_product(rn, rm, x, subtract));
}

bool aa32_smlald(DisasContext *ctx, unsigned rdlo, unsigned rdhi, unsigned rn, unsigned rm, bool x,
                 bool subtract)
{
    TCGv_i64 t;

    if (bad_long(rdlo, rdhi, rn, rm)) {
        return false;
    }
    t = dual_product(rn, rm, x, subtract);
    tcg_gen_add_i64(t, t, pair(rdlo, rdhi));
    return write_pair(rdlo, rdhi, t);
}

bool aa32_smmla(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned ra, bool round,
                bool subtract)
{
    TCGv_i64 t, sum = tcg_temp_new_i64();

    if (any_pc(rd, rn, rm) || (ra == REG_PC && subtract)) {
        return false;
    }
    t = product(widened(cpu_r[rn], true), widened(cpu_r[rm], true));
    tcg_gen_movi_i64(sum, 0);
    if (ra != REG_PC) {
        tcg_gen_shli_i64(sum, widened(cpu_r[ra], false), 32);
    }
    (subtract ? tcg_gen_sub_i64 : tcg_gen_add_i64)(sum, sum, t);
    if (round) {
        tcg_gen_addi_i64(sum, sum, 0x80000000);
    }
    tcg_gen_extrh_i64_i32(cpu_r[rd], sum);
    return true;
}

/*
 * By zero: zero. In 64 bits the smallest word by -1 is no overflow, and what is cut off is right.
 */
bool aa32_divide(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, bool is_signed)
{
    TCGv_i64 n, m, zero = tcg_constant_i64(0), divisor = tcg_temp_new_i64(), t;

    if (any_pc(rd, rn, rm)) {
        return false;
    }
    n = widened(cpu_r[rn], is_signed);
    m = widened(cpu_r[rm], is_signed);
    t = tcg_temp_new_i64();
    tcg_gen_movcond_i64(TCG_COND_EQ, divisor, m, zero, tcg_constant_i64(1), m);
    (is_signed ? tcg_gen_divs_i64 : tcg_gen_divu_i64)(t, n, divisor);
    tcg_gen_movcond_i64(TCG_COND_EQ, t, m, zero, zero, t);
    tcg_gen_extrl_i64_i32(cpu_r[rd], t);
    return true;
}

/* The parts before Armv8 have none, and sz 3 is no size here. */
bool aa32_crc32(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned sz, bool c)
{
    TCGv_i64 t = tcg_temp_new_i64();

    if (!extract64(ctx->id->a32_isar[5], 16, 4) || sz == 3 || any_pc(rd, rn, rm)) {
        return false;
    }
    (c ? gen_helper_arm_crc32c : gen_helper_arm_crc32)(t, widened(cpu_r[rn], false),
                                                      widened(cpu_r[rm], false),
                                                      tcg_constant_i32(1 << sz));
    tcg_gen_extrl_i64_i32(cpu_r[rd], t);
    return true;
}
