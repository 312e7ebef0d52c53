/*
 * Arm translator, AArch32: saturation, parallel addition and subtraction, packing, bit fields.
 *
 * Register 15 is unpredictable in all of them: UNDEFINED here.
 *
 * Reference: DDI 0487, F5.1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/translate32.h"

static TCGv_i32 new_i32(void)
{
    return tcg_temp_new_i32();
}

static TCGv_i64 signed_wide(TCGv_i32 a)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_ext_i32_i64(t, a);
    return t;
}

/* ---- Saturation ---- */

/* rd = the value, kept between the limits; Q where that changed it. */
static TCGv_i32 gen_clamp(TCGv_i64 value, int64_t low, int64_t high)
{
    TCGv_i64 clamped = tcg_temp_new_i64(), q = tcg_temp_new_i64();
    TCGv_i32 result = new_i32(), pstate = new_i32(), bit = new_i32();

    tcg_gen_smax_i64(clamped, value, tcg_constant_i64(low));
    tcg_gen_smin_i64(clamped, clamped, tcg_constant_i64(high));
    tcg_gen_setcond_i64(TCG_COND_NE, q, clamped, value);
    tcg_gen_extrl_i64_i32(bit, q);
    tcg_gen_shli_i32(bit, bit, CPSR_Q_SHIFT);
    tcg_gen_ld_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
    tcg_gen_or_i32(pstate, pstate, bit);
    tcg_gen_st_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
    tcg_gen_extrl_i64_i32(result, clamped);
    return result;
}

bool aa32_qadd(DisasContext *ctx, unsigned rd, unsigned rm, unsigned rn, bool subtract, bool twice)
{
    TCGv_i64 n, t = tcg_temp_new_i64();

    if (rd == REG_PC || rm == REG_PC || rn == REG_PC) {
        return false;
    }
    n = signed_wide(cpu_r[rn]);
    if (twice) {
        tcg_gen_add_i64(n, n, n);
        n = signed_wide(gen_clamp(n, INT32_MIN, INT32_MAX));
    }
    (subtract ? tcg_gen_sub_i64 : tcg_gen_add_i64)(t, signed_wide(cpu_r[rm]), n);
    tcg_gen_mov_i32(cpu_r[rd], gen_clamp(t, INT32_MIN, INT32_MAX));
    return true;
}

bool aa32_saturate(DisasContext *ctx, unsigned rd, unsigned rn, unsigned bits, unsigned imm, bool sh,
                   bool is_signed)
{
    AA32Operand shifted;
    int64_t high = (1ll << (is_signed ? bits - 1 : bits)) - 1;

    if (rd == REG_PC || rn == REG_PC) {
        return false;
    }
    shifted = aa32_shifted(ctx, rn, sh ? SHIFT_ASR : SHIFT_LSL, imm);
    tcg_gen_mov_i32(cpu_r[rd],
                    gen_clamp(signed_wide(shifted.value), is_signed ? -high - 1 : 0, high));
    return true;
}

bool aa32_saturate16(DisasContext *ctx, unsigned rd, unsigned rn, unsigned bits, bool is_signed)
{
    int64_t high = (1ll << (is_signed ? bits - 1 : bits)) - 1, low = is_signed ? -high - 1 : 0;
    TCGv_i32 part[2];

    if (rd == REG_PC || rn == REG_PC) {
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        TCGv_i32 t = new_i32();

        tcg_gen_sextract_i32(t, cpu_r[rn], 16 * i, 16);
        part[i] = gen_clamp(signed_wide(t), low, high);
    }
    tcg_gen_ext16u_i32(part[0], part[0]);
    tcg_gen_deposit_i32(cpu_r[rd], part[0], part[1], 16, 16);
    return true;
}

/* ---- Parallel ---- */

bool aa32_parallel(DisasContext *ctx, unsigned how, unsigned op, unsigned rd, unsigned rn,
                   unsigned rm)
{
    if ((how & 3) == 0 || op == 5 || op == 6 || rd == REG_PC || rn == REG_PC || rm == REG_PC) {
        return false;
    }
    gen_helper_arm_parallel(cpu_r[rd], tcg_env, cpu_r[rn], cpu_r[rm],
                            tcg_constant_i32(how << 3 | op));
    return true;
}

/* The bytes of rn where GE is set, of rm elsewhere. */
bool aa32_sel(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm)
{
    TCGv_i32 mask = new_i32(), other = new_i32(), ge = new_i32();

    if (rd == REG_PC || rn == REG_PC || rm == REG_PC) {
        return false;
    }
    tcg_gen_ld_i32(ge, tcg_env, offsetof(CPUARMState, pstate));
    tcg_gen_extract_i32(ge, ge, CPSR_GE_SHIFT, 4);
    /* bit i goes to bit 8 * i, and each of these fills its byte */
    tcg_gen_muli_i32(ge, ge, 0x00204081);
    tcg_gen_andi_i32(ge, ge, 0x01010101);
    tcg_gen_muli_i32(mask, ge, 0xff);
    tcg_gen_andc_i32(other, cpu_r[rm], mask);
    tcg_gen_and_i32(mask, cpu_r[rn], mask);
    tcg_gen_or_i32(cpu_r[rd], mask, other);
    return true;
}

bool aa32_usada8(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned ra)
{
    if (rd == REG_PC || rn == REG_PC || rm == REG_PC) {
        return false;
    }
    gen_helper_arm_usada8(cpu_r[rd], cpu_r[rn], cpu_r[rm],
                          ra == REG_PC ? tcg_constant_i32(0) : cpu_r[ra]);
    return true;
}

/* ---- Packing and extending ---- */

bool aa32_pkh(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned imm, bool tb)
{
    TCGv_i32 m;

    if (rd == REG_PC || rn == REG_PC || rm == REG_PC) {
        return false;
    }
    m = aa32_shifted(ctx, rm, tb ? SHIFT_ASR : SHIFT_LSL, imm).value;
    if (tb) {
        tcg_gen_deposit_i32(cpu_r[rd], cpu_r[rn], m, 0, 16);
    } else {
        tcg_gen_deposit_i32(cpu_r[rd], m, cpu_r[rn], 0, 16);
    }
    return true;
}

static TCGv_i32 rotated(unsigned rm, unsigned rot)
{
    TCGv_i32 t = new_i32();

    tcg_gen_rotri_i32(t, cpu_r[rm], 8 * rot);
    return t;
}

/* Two bytes, each extended to a halfword, and added to those of rn. */
static void gen_extend_halves(TCGv_i32 ret, TCGv_i32 value, unsigned rn, bool is_signed)
{
    TCGv_i32 part[2];

    for (unsigned i = 0; i < 2; i++) {
        part[i] = new_i32();
        (is_signed ? tcg_gen_sextract_i32 : tcg_gen_extract_i32)(part[i], value, 16 * i, 8);
        if (rn != REG_PC) {
            TCGv_i32 n = new_i32();

            tcg_gen_extract_i32(n, cpu_r[rn], 16 * i, 16);
            tcg_gen_add_i32(part[i], part[i], n);
        }
    }
    tcg_gen_ext16u_i32(part[0], part[0]);
    tcg_gen_deposit_i32(ret, part[0], part[1], 16, 16);
}

bool aa32_extend(DisasContext *ctx, unsigned rd, unsigned rn, unsigned rm, unsigned rot,
                 AA32Extend what, bool is_signed)
{
    TCGv_i32 t;

    if (rd == REG_PC || rm == REG_PC) {
        return false;
    }
    t = rotated(rm, rot);
    if (what == AA32_B16) {
        gen_extend_halves(cpu_r[rd], t, rn, is_signed);
        return true;
    }
    (is_signed ? tcg_gen_sextract_i32 : tcg_gen_extract_i32)(t, t, 0, what == AA32_B ? 8 : 16);
    if (rn != REG_PC) {
        tcg_gen_add_i32(t, t, cpu_r[rn]);
    }
    tcg_gen_mov_i32(cpu_r[rd], t);
    return true;
}

/* ---- Bits ---- */

bool aa32_rev(DisasContext *ctx, unsigned rd, unsigned rm)
{
    if (rd == REG_PC || rm == REG_PC) {
        return false;
    }
    tcg_gen_bswap32_i32(cpu_r[rd], cpu_r[rm]);
    return true;
}

bool aa32_rev16(DisasContext *ctx, unsigned rd, unsigned rm)
{
    if (rd == REG_PC || rm == REG_PC) {
        return false;
    }
    tcg_gen_bswap32_i32(cpu_r[rd], cpu_r[rm]);
    tcg_gen_rotri_i32(cpu_r[rd], cpu_r[rd], 16);
    return true;
}

bool aa32_revsh(DisasContext *ctx, unsigned rd, unsigned rm)
{
    if (rd == REG_PC || rm == REG_PC) {
        return false;
    }
    tcg_gen_bswap16_i32(cpu_r[rd], cpu_r[rm]);
    tcg_gen_ext16s_i32(cpu_r[rd], cpu_r[rd]);
    return true;
}

bool aa32_rbit(DisasContext *ctx, unsigned rd, unsigned rm)
{
    TCGv_i64 t = tcg_temp_new_i64();

    if (rd == REG_PC || rm == REG_PC) {
        return false;
    }
    tcg_gen_extu_i32_i64(t, cpu_r[rm]);
    gen_helper_arm_rbit64(t, t);
    tcg_gen_extrh_i64_i32(cpu_r[rd], t);
    return true;
}

bool aa32_clz(DisasContext *ctx, unsigned rd, unsigned rm)
{
    if (rd == REG_PC || rm == REG_PC) {
        return false;
    }
    tcg_gen_clzi_i32(cpu_r[rd], cpu_r[rm], 32);
    return true;
}

bool aa32_bitfield_extract(DisasContext *ctx, unsigned rd, unsigned rn, unsigned lsb,
                           unsigned width_minus_1, bool is_signed)
{
    if (rd == REG_PC || rn == REG_PC || lsb + width_minus_1 > 31) {
        return false;
    }
    (is_signed ? tcg_gen_sextract_i32 : tcg_gen_extract_i32)(cpu_r[rd], cpu_r[rn], lsb,
                                                             width_minus_1 + 1);
    return true;
}

/* rn 15: BFC. */
bool aa32_bitfield_insert(DisasContext *ctx, unsigned rd, unsigned rn, unsigned lsb, unsigned msb)
{
    if (rd == REG_PC || msb < lsb) {
        return false;
    }
    tcg_gen_deposit_i32(cpu_r[rd], cpu_r[rd], rn == REG_PC ? tcg_constant_i32(0) : cpu_r[rn], lsb,
                        msb - lsb + 1);
    return true;
}
