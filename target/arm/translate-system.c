/*
 * Arm translator: system registers, system instructions, hints and barriers.
 *
 * Reference: DDI 0487, C5 and C6.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/arm/sysreg.h"
#include "target/arm/translate.h"

/* ---- Hints and barriers ---- */

enum { HINT_YIELD = 1, HINT_WFE, HINT_WFI, HINT_SEV, HINT_SEVL,
       HINT_PAUTH_FIRST = 0x07, HINT_PAUTH_LAST = 0x1f };

/* ISS of a trapped WFI or WFE: COND as always, TI in bit 0. */
#define ISS_WFI (1u << 24 | 0xeu << 20)
#define ISS_WFE (ISS_WFI | 1)

/* Every other number is a NOP here, or belongs to an extension that is one where it lacks. */
bool a64_HINT(DisasContext *ctx, const arg_HINT *a)
{
    if (a->imm >= HINT_PAUTH_FIRST && a->imm <= HINT_PAUTH_LAST && a64_pauth_hint(ctx, a->imm)) {
        return true;
    }
    switch (a->imm) {
    case HINT_WFI:
        a64_store_next_pc(ctx);
        gen_helper_arm_wfi(tcg_env, tcg_constant_i32(ISS_WFI));
        ctx->base.is_jmp = DISAS_LOOP;
        break;
    case HINT_WFE:
        a64_store_next_pc(ctx);
        gen_helper_arm_wfe(tcg_env, tcg_constant_i32(ISS_WFE));
        ctx->base.is_jmp = DISAS_LOOP;
        break;
    case HINT_SEV:
        gen_helper_arm_sev(tcg_env);
        break;
    case HINT_SEVL:
        gen_helper_arm_sevl(tcg_env);
        break;
    case HINT_YIELD:
        gen_helper_arm_yield(tcg_env);
        break;
    }
    return true;
}

bool a64_DSB(DisasContext *ctx, const arg_DSB *a)
{
    tcg_gen_mb(TCG_MO_ALL | TCG_BAR_SC);
    return true;
}

/* CRm's low bits: 1 loads, 2 stores, 3 both. */
bool a64_DMB(DisasContext *ctx, const arg_DMB *a)
{
    static const unsigned orders[] = {
        TCG_MO_ALL, TCG_MO_LD_LD | TCG_MO_LD_ST, TCG_MO_ST_ST, TCG_MO_ALL,
    };

    tcg_gen_mb(orders[a->crm & 3] | TCG_BAR_SC);
    return true;
}

/* Code that was changed, and what MSR changed, is seen behind it. */
bool a64_ISB(DisasContext *ctx, const arg_ISB *a)
{
    ctx->base.is_jmp = DISAS_LOOKUP;
    return true;
}

/* Nothing is done speculatively. */
bool a64_SB(DisasContext *ctx, const arg_SB *a)
{
    return true;
}

/* ---- PSTATE ---- */

enum {
    FIELD_UAO = 0 << 3 | 3,
    FIELD_PAN = 0 << 3 | 4,
    FIELD_SPSEL = 0 << 3 | 5,
    FIELD_SSBS = 3 << 3 | 1,
    FIELD_DIT = 3 << 3 | 2,
    FIELD_TCO = 3 << 3 | 4,
    FIELD_DAIF_SET = 3 << 3 | 6,
    FIELD_DAIF_CLEAR = 3 << 3 | 7,
};

/* Bits that an extension has added, and which of env->pstate they are. */
static const struct PstateField {
    uint8_t field;
    bool at_el0;
    bool ends; /* the block key has it */
    uint32_t bit;
} pstate_fields[] = {
    { FIELD_UAO, false, true, PSTATE_UAO },
    { FIELD_PAN, false, true, PSTATE_PAN },
    { FIELD_SSBS, true, false, PSTATE_SSBS },
    { FIELD_DIT, true, false, PSTATE_DIT },
    { FIELD_TCO, true, true, PSTATE_TCO },
};

static bool gen_change_field(DisasContext *ctx, unsigned field, bool set)
{
    for (size_t i = 0; i < ARRAY_SIZE(pstate_fields); i++) {
        const struct PstateField *f = &pstate_fields[i];

        if (f->field == field && (ctx->el > 0 || f->at_el0) && (ctx->pstate_known & f->bit)) {
            gen_helper_arm_change_pstate(tcg_env, tcg_constant_i32(f->bit),
                                         tcg_constant_i32(set ? f->bit : 0));
            ctx->base.is_jmp = f->ends ? DISAS_LOOP : ctx->base.is_jmp;
            return true;
        }
    }
    return false;
}

static void gen_change_daif(DisasContext *ctx, unsigned bits, bool set)
{
    TCGv_i32 mask = tcg_constant_i32(bits << 6);

    if (set) {
        gen_helper_arm_daif_set(tcg_env, mask);
    } else {
        gen_helper_arm_daif_clear(tcg_env, mask);
    }
}

/* At EL1 a word of env changes; PSTATE.D can change what the block key says. */
static void gen_change_interrupt_masks(DisasContext *ctx, unsigned bits, bool set)
{
    TCGv_i32 pstate = tcg_temp_new_i32();

    tcg_gen_ld_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
    if (set) {
        tcg_gen_ori_i32(pstate, pstate, bits << 6);
    } else {
        tcg_gen_andi_i32(pstate, pstate, ~(bits << 6));
    }
    tcg_gen_st_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
}

bool a64_MSR_I(DisasContext *ctx, const arg_MSR_I *a)
{
    unsigned field = a->op1 << 3 | a->op2;
    bool set = field == FIELD_DAIF_SET;

    if (field == FIELD_SPSEL && ctx->el > 0) {
        gen_helper_arm_spsel(tcg_env, tcg_constant_i32(a->crm & 1));
        return true;
    }
    if (field != FIELD_DAIF_SET && field != FIELD_DAIF_CLEAR) {
        return gen_change_field(ctx, field, a->crm & 1);
    }
    if (ctx->el == 0 || (a->crm & 8)) {
        gen_change_daif(ctx, a->crm, set);
        ctx->base.is_jmp = DISAS_LOOP;
    } else {
        gen_change_interrupt_masks(ctx, a->crm, set);
        if (!set) {
            a64_look_for_interrupts(ctx);
        }
    }
    return true;
}

/* ---- System registers ---- */

static bool may_access(DisasContext *ctx, const ARMSysReg *reg, bool write)
{
    if (((reg->flags & SYSREG_GIC) && !ctx->has_gic_registers) ||
        ((reg->flags & (SYSREG_VHE | SYSREG_E2H)) && !ctx->has_vhe) ||
        ((reg->flags & SYSREG_E2H) && ctx->el == 2 && !(ctx->hflags & ARM_HF_E2H))) {
        return false;
    }
    return arm_sysreg_may_access(reg, ctx->el, write);
}

/* EL2 with VHE has its own registers by EL1's names. */
static const ARMSysReg *find_register(DisasContext *ctx, unsigned op0, unsigned op1, unsigned crn,
                                      unsigned crm, unsigned op2)
{
    const ARMSysReg *reg = arm_sysreg_find(op0, op1, crn, crm, op2);

    if (!reg || !arm_sysreg_is_there(ctx->id, reg)) {
        return NULL;
    }
    return reg->hosts && (ctx->hflags & ARM_HF_E2H) ? reg->hosts : reg;
}

/* A trap to a higher level, with priority over nothing but what makes an access UNDEFINED. */
static void gen_check_traps(DisasContext *ctx, const ARMSysReg *reg, uint32_t iss)
{
    if (reg->trap && ((ctx->hflags & ARM_HF_TRAPS) || (reg->flags & SYSREG_CHECKED))) {
        gen_helper_arm_sysreg_check(tcg_env, tcg_constant_ptr(reg), tcg_constant_i32(iss));
    }
}

/* Those that are reserved trap as the others do. */
static void gen_check_reserved_id(DisasContext *ctx, uint32_t iss)
{
    gen_check_traps(ctx, arm_sysreg_find(3, 0, 0, 4, 0), iss);
}

/* Registers that these CPUs have and we don't, or that they don't have: UNDEFINED either way. */
static bool refuse_unknown(DisasContext *ctx, unsigned op0, unsigned op1, unsigned crn,
                           unsigned crm, unsigned op2)
{
    if (ctx->el > 0) {
        qemu_log_mask(LOG_UNIMP, "system register or instruction s%u_%u_c%u_c%u_%u isn't known: "
                      "UNDEFINED\n", op0, op1, crn, crm, op2);
    }
    return false;
}

/* FPCR and FPSR, where FP is off: true if the trap has been emitted. ZCR_ELx is checked where SVE, or
 * FP, is off. */
static bool fp_is_off(DisasContext *ctx, const ARMSysReg *reg)
{
    if ((reg->flags & SYSREG_SVE) && !arm_vq(ctx->hflags)) {
        gen_helper_arm_sve_check(tcg_env);
    }
    if (!(reg->flags & SYSREG_FP) || (ctx->hflags & ARM_HF_FP)) {
        return false;
    }
    a64_exception(ctx, arm_esr(EC_FP_ACCESS, ARM_ISS_COND_ALWAYS));
    return true;
}

/* NZCV live in globals, and everything without hooks is a word of env. */
static void gen_read(DisasContext *ctx, const ARMSysReg *reg, unsigned rt, uint32_t iss)
{
    TCGv_i64 value = tcg_temp_new_i64();

    if (reg == arm_sysreg_find(3, 3, 4, 2, 0)) {
        value = a64_read_nzcv();
    } else if (reg->read || (reg->allowed && ctx->el == 0)) {
        gen_helper_arm_sysreg_read(value, tcg_env, tcg_constant_ptr(reg), tcg_constant_i32(iss));
        ctx->flags.kind = FLAGS_UNKNOWN; /* RNDR sets them */
        if ((reg->flags & SYSREG_COUNT) ||
            ((reg->flags & SYSREG_CLOCK) && (ctx->base.tb->cflags & CF_ICOUNT))) {
            ctx->base.is_jmp = DISAS_LOOKUP;
        }
    } else if (!reg->offset || (reg->flags & SYSREG_NOTHING)) {
        tcg_gen_movi_i64(value, reg->reset);
    } else {
        tcg_gen_ld_i64(value, tcg_env, reg->offset * 8);
    }
    a64_write_x(rt, value, true);
}

bool a64_MRS(DisasContext *ctx, const arg_MRS *a)
{
    unsigned op0 = 2 + a->o0;
    const ARMSysReg *reg = find_register(ctx, op0, a->op1, a->crn, a->crm, a->op2);
    uint32_t iss = arm_sysreg_iss(op0, a->op1, a->crn, a->crm, a->op2, a->rt, true);

    if (!reg && ctx->el > 0 && arm_sysreg_is_reserved_id(op0, a->op1, a->crn, a->crm)) {
        gen_check_reserved_id(ctx, iss);
        a64_write_x(a->rt, tcg_constant_i64(0), true);
        return true;
    }
    if (!reg) {
        return refuse_unknown(ctx, op0, a->op1, a->crn, a->crm, a->op2);
    }
    if (!may_access(ctx, reg, false)) {
        return false;
    }
    if (fp_is_off(ctx, reg)) {
        return true;
    }
    gen_check_traps(ctx, reg, iss);
    gen_read(ctx, reg, a->rt, iss);
    return true;
}

static void gen_write_masked(const ARMSysReg *reg, TCGv_i64 value)
{
    TCGv_i64 old = tcg_temp_new_i64(), t = tcg_temp_new_i64();

    if (reg->mask != UINT64_MAX) {
        tcg_gen_ld_i64(old, tcg_env, reg->offset * 8);
        tcg_gen_andi_i64(old, old, ~reg->mask);
        tcg_gen_andi_i64(t, value, reg->mask);
        tcg_gen_or_i64(t, t, old);
        value = t;
    }
    tcg_gen_st_i64(value, tcg_env, reg->offset * 8);
}

static void gen_write(DisasContext *ctx, const ARMSysReg *reg, unsigned rt, uint32_t iss)
{
    if (reg == arm_sysreg_find(3, 3, 4, 2, 0)) {
        a64_write_nzcv(ctx, a64_x(rt));
    } else if (reg->write || (reg->allowed && ctx->el == 0)) {
        gen_helper_arm_sysreg_write(tcg_env, tcg_constant_ptr(reg), a64_x(rt),
                                    tcg_constant_i32(iss));
        if ((reg->flags & SYSREG_ENDS) ||
            ((reg->flags & SYSREG_CLOCK) && (ctx->base.tb->cflags & CF_ICOUNT))) {
            ctx->base.is_jmp = DISAS_LOOP;
        }
    } else if (reg->offset && reg->mask) {
        gen_write_masked(reg, a64_x(rt));
    }
}

bool a64_MSR(DisasContext *ctx, const arg_MSR *a)
{
    unsigned op0 = 2 + a->o0;
    const ARMSysReg *reg = find_register(ctx, op0, a->op1, a->crn, a->crm, a->op2);
    uint32_t iss = arm_sysreg_iss(op0, a->op1, a->crn, a->crm, a->op2, a->rt, false);

    if (!reg) {
        return refuse_unknown(ctx, op0, a->op1, a->crn, a->crm, a->op2);
    }
    if (!may_access(ctx, reg, true)) {
        return false;
    }
    if (fp_is_off(ctx, reg)) {
        return true;
    }
    gen_check_traps(ctx, reg, iss);
    gen_write(ctx, reg, a->rt, iss);
    return true;
}

/* ---- System instructions ---- */

enum { CRM_RESTRICT = 3, CRM_ZVA = 4, CRM_IVAC = 6, CRM_AT = 8, CRM_AT_PAN = 9 };
enum { OP2_DATA = 1, OP2_TAGS = 3, OP2_TAGS_AND_DATA = 5, OP2_ZVA_TAGS_AND_DATA = 4 };

/* By virtual address: C7, with translation and its faults; for data, tags, or both. */
static bool is_by_address(const arg_SYS *a)
{
    bool form = a->op2 == OP2_DATA || a->op2 == OP2_TAGS ||
                a->op2 == (a->crm == CRM_ZVA ? OP2_ZVA_TAGS_AND_DATA : OP2_TAGS_AND_DATA);

    return a->crn == 7 && (a->op1 == 3 || a->crm == CRM_IVAC) && form &&
           a->crm != CRM_RESTRICT && a->crm != CRM_AT && a->crm != CRM_AT_PAN;
}

/* ---- Flags (FEAT_FlagM, FEAT_FlagM2) ---- */

bool a64_CFINV(DisasContext *ctx, const arg_CFINV *a)
{
    tcg_gen_xori_i64(cpu_c, cpu_c, 1);
    ctx->flags.kind = FLAGS_UNKNOWN;
    return true;
}

/* From the flags of a comparison of floats to those that x86 has, and back. */
static bool gen_flags_by_helper(DisasContext *ctx, bool to_arm)
{
    TCGv_i64 flags = a64_read_nzcv();

    gen_helper_arm_convert_flags(flags, flags, tcg_constant_i32(to_arm));
    a64_write_nzcv(ctx, flags);
    return true;
}

bool a64_XAFLAG(DisasContext *ctx, const arg_XAFLAG *a)
{
    return gen_flags_by_helper(ctx, true);
}

bool a64_AXFLAG(DisasContext *ctx, const arg_AXFLAG *a)
{
    return gen_flags_by_helper(ctx, false);
}

/* Bits 3 to 0 of the register, turned: those that the mask selects become N, Z, C and V. */
bool a64_RMIF(DisasContext *ctx, const arg_RMIF *a)
{
    TCGv_i64 flags = tcg_temp_new_i64(), old = a64_read_nzcv();
    uint64_t mask = (uint64_t)a->mask << 28;

    tcg_gen_rotri_i64(flags, a64_x(a->rn), a->imm);
    tcg_gen_shli_i64(flags, flags, 28);
    tcg_gen_andi_i64(flags, flags, mask);
    tcg_gen_andi_i64(old, old, ~mask & 0xf0000000u);
    tcg_gen_or_i64(flags, flags, old);
    a64_write_nzcv(ctx, flags);
    return true;
}

/* N and Z of the low bits, V where the bit above differs from their sign; C stays. */
static bool gen_set_flags(DisasContext *ctx, unsigned rn, unsigned bits)
{
    TCGv_i64 value = a64_x(rn), up = tcg_temp_new_i64(), v = tcg_temp_new_i64();

    tcg_gen_shli_i64(up, value, 64 - bits);
    tcg_gen_shli_i64(v, value, 63 - bits);
    tcg_gen_xor_i64(cpu_v, v, up);
    tcg_gen_mov_i64(cpu_n, up);
    tcg_gen_mov_i64(cpu_z, up);
    ctx->flags.kind = FLAGS_UNKNOWN;
    return true;
}

bool a64_SETF8(DisasContext *ctx, const arg_SETF8 *a)
{
    return gen_set_flags(ctx, a->rn, 8);
}

bool a64_SETF16(DisasContext *ctx, const arg_SETF16 *a)
{
    return gen_set_flags(ctx, a->rn, 16);
}

bool a64_SYS(DisasContext *ctx, const arg_SYS *a)
{
    const ARMSysReg *reg = find_register(ctx, 1, a->op1, a->crn, a->crm, a->op2);
    uint32_t syndrome = arm_sysreg_iss(1, a->op1, a->crn, a->crm, a->op2, a->rt, false);
    TCGv_i32 iss = tcg_constant_i32(syndrome);

    if (!reg || !may_access(ctx, reg, true)) {
        return reg ? false : refuse_unknown(ctx, 1, a->op1, a->crn, a->crm, a->op2);
    }
    if (reg->allowed && ctx->el == 0) {
        gen_helper_arm_sysreg_write(tcg_env, tcg_constant_ptr(reg), a64_x(a->rt), iss);
    }
    gen_check_traps(ctx, reg, syndrome);
    if (!is_by_address(a)) {
        if (reg->write) {
            gen_helper_arm_sysreg_write(tcg_env, tcg_constant_ptr(reg), a64_x(a->rt), iss);
        }
        ctx->base.is_jmp = reg->flags & SYSREG_ENDS ? DISAS_LOOP : ctx->base.is_jmp;
    } else if (a->crm == CRM_ZVA && a->op2 != OP2_DATA) {
        a64_gen_tag_block(ctx, a64_x(a->rt), a->op2 == OP2_ZVA_TAGS_AND_DATA);
    } else if (a->crm == CRM_ZVA) {
        gen_helper_arm_dc_zva(tcg_env, a64_x(a->rt), tcg_constant_i32(ctx->mmu_idx));
    } else {
        /* DC IVAC throws data away: for that one it has to be writable (D8.14.1). */
        gen_helper_arm_cache_by_address(tcg_env, a64_x(a->rt),
                                        tcg_constant_i32(a->crm == CRM_IVAC));
    }
    return true;
}

/* None of these CPUs has an instruction of this form. */
bool a64_SYSL(DisasContext *ctx, const arg_SYSL *a)
{
    return false;
}
