/*
 * Arm translator, AArch32: status registers, exceptions, hints, barriers; coprocessor registers.
 *
 * Reference: DDI 0487, F5.1, F5.2 and G8.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/arm/sysreg32.h"
#include "target/arm/translate32.h"
#include "target/arm/vfp-decode.h"

/* ---- Exceptions ---- */

static uint32_t syndrome(const DisasContext *ctx, unsigned ec, uint32_t iss)
{
    return arm_esr(ec, iss) & ~(ctx->size == 2 ? (uint32_t)ESR_IL : 0);
}

bool aa32_svc(DisasContext *ctx, unsigned imm)
{
    aa32_store_next_state(ctx);
    gen_helper_arm_raise_after(tcg_env, tcg_constant_i32(syndrome(ctx, EC_SVC32, imm)));
    ctx->base.is_jmp = DISAS_NORETURN;
    return true;
}

bool aa32_bkpt(DisasContext *ctx, unsigned imm)
{
    aa32_exception(ctx, syndrome(ctx, EC_BKPT32, imm));
    return true;
}

/* HVC, SMC: to a higher level, or to firmware, which we are. */
static bool call_higher(DisasContext *ctx, unsigned conduit, uint32_t esr)
{
    TCGv_i32 syndrome = tcg_constant_i32(esr);

    if (ctx->el > 0 && (ctx->has_el2 || ctx->has_el3)) {
        gen_helper_arm_check_call(tcg_env, syndrome);
        aa32_store_next_state(ctx);
        gen_helper_arm_call_higher(tcg_env, syndrome);
        ctx->base.is_jmp = DISAS_LOOP;
        return true;
    }
    if (ctx->el == 0 || ctx->psci_conduit != conduit) {
        return false;
    }
    aa32_store_next_state(ctx);
    gen_helper_arm_call_firmware(tcg_env);
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

bool aa32_hvc(DisasContext *ctx, unsigned imm)
{
    return call_higher(ctx, ARM_PSCI_HVC, arm_esr(EC_HVC32, imm));
}

bool aa32_smc(DisasContext *ctx)
{
    return call_higher(ctx, ARM_PSCI_SMC, arm_esr(EC_SMC32, 0));
}

bool aa32_eret(DisasContext *ctx)
{
    TCGv_i32 target = cpu_r[REG_LR];

    if (ctx->el == 0) {
        return false;
    }
    if (ctx->el == 2) {
        target = tcg_temp_new_i32();
        tcg_gen_ld_i32(target, tcg_env, offsetof(CPUARMState, elr_el[2]));
    }
    return aa32_exception_return(ctx, target);
}

bool aa32_exception_return(DisasContext *ctx, TCGv_i32 target)
{
    TCGv_i32 spsr = tcg_temp_new_i32();

    gen_helper_arm_read_spsr(spsr, tcg_env);
    gen_helper_arm_return32(tcg_env, target, spsr);
    translator_exit_to_loop(&ctx->base);
    return true;
}

/* ---- Hints and barriers ---- */

enum { HINT_YIELD = 1, HINT_WFE, HINT_WFI, HINT_SEV, HINT_SEVL };

bool aa32_hint(DisasContext *ctx, unsigned op)
{
    const uint32_t always = 0xeu << 20, valid = 1u << 24;

    switch (op) {
    case HINT_WFI:
        aa32_store_next_state(ctx);
        gen_helper_arm_wfi(tcg_env, tcg_constant_i32(valid | always));
        ctx->base.is_jmp = DISAS_LOOP;
        break;
    case HINT_WFE:
        aa32_store_next_state(ctx);
        gen_helper_arm_wfe(tcg_env, tcg_constant_i32(valid | always | 1));
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

bool aa32_clrex(DisasContext *ctx)
{
    tcg_gen_movi_i64(cpu_exclusive_address, ARM_NO_ADDRESS);
    return true;
}

bool aa32_dsb(DisasContext *ctx)
{
    tcg_gen_mb(TCG_MO_ALL | TCG_BAR_SC);
    return true;
}

/* The option's low bits: 1 loads, 2 stores, 3 both. */
bool aa32_dmb(DisasContext *ctx, unsigned op)
{
    static const unsigned orders[] = {
        TCG_MO_ALL, TCG_MO_LD_LD | TCG_MO_LD_ST, TCG_MO_ST_ST, TCG_MO_ALL,
    };

    tcg_gen_mb(orders[op & 3] | TCG_BAR_SC);
    return true;
}

bool aa32_isb(DisasContext *ctx)
{
    ctx->base.is_jmp = DISAS_LOOKUP;
    return true;
}

/* ---- CPSR and SPSR ---- */

static void flags_unknown(DisasContext *ctx)
{
    ctx->compared_a = NULL;
    ctx->flags_written = true;
}

TCGv_i32 aa32_read_nzcv(void)
{
    TCGv_i32 value = tcg_temp_new_i32(), t = tcg_temp_new_i32();

    tcg_gen_andi_i32(value, cpu_nf, 1u << 31);
    tcg_gen_setcondi_i32(TCG_COND_EQ, t, cpu_zf, 0);
    tcg_gen_deposit_i32(value, value, t, 30, 1);
    tcg_gen_deposit_i32(value, value, cpu_cf, 29, 1);
    tcg_gen_shri_i32(t, cpu_vf, 31);
    tcg_gen_deposit_i32(value, value, t, 28, 1);
    return value;
}

void aa32_write_nzcv(DisasContext *ctx, TCGv_i32 value)
{
    value = aa32_copy(value);
    tcg_gen_mov_i32(cpu_nf, value);
    tcg_gen_andi_i32(cpu_zf, value, 1 << 30);
    tcg_gen_xori_i32(cpu_zf, cpu_zf, 1 << 30);
    tcg_gen_extract_i32(cpu_cf, value, 29, 1);
    tcg_gen_shli_i32(cpu_vf, value, 3);
    flags_unknown(ctx);
}

/* MRS reads neither IT nor T; at EL0, of the rest, what APSR has, and what isn't known there. */
bool aa32_mrs(DisasContext *ctx, bool spsr, unsigned rd)
{
    TCGv_i32 pstate = tcg_temp_new_i32();

    if (rd == REG_PC || (spsr && ctx->el == 0)) {
        return false;
    }
    if (spsr) {
        gen_helper_arm_read_spsr(cpu_r[rd], tcg_env);
        return true;
    }
    tcg_gen_ld_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
    tcg_gen_andi_i32(pstate, pstate, CPSR_MRS);
    tcg_gen_or_i32(cpu_r[rd], pstate, aa32_read_nzcv());
    return true;
}

/* Bytes: 1 control, 2 extension, 4 status, 8 flags. */
static uint32_t mask_of_bytes(unsigned mask)
{
    return (mask & 1 ? 0xff : 0) | (mask & 2 ? 0xff00 : 0) | (mask & 4 ? 0xff0000 : 0) |
           (mask & 8 ? 0xff000000u : 0);
}

static void gen_write_kept_flags(TCGv_i32 value, uint32_t bits)
{
    TCGv_i32 pstate = tcg_temp_new_i32(), t = tcg_temp_new_i32();

    tcg_gen_ld_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
    tcg_gen_andi_i32(pstate, pstate, ~bits);
    tcg_gen_andi_i32(t, value, bits);
    tcg_gen_or_i32(pstate, pstate, t);
    tcg_gen_st_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
}

bool aa32_msr(DisasContext *ctx, bool spsr, unsigned mask, TCGv_i32 value)
{
    uint32_t bytes = mask_of_bytes(mask), kept = bytes & (CPSR_Q | CPSR_GE);

    if (mask == 0 || (spsr && ctx->el == 0)) {
        return false;
    }
    if (spsr) {
        gen_helper_arm_write_spsr(tcg_env, value, tcg_constant_i32(bytes));
        return true;
    }
    value = aa32_copy(value);
    if (bytes & PSTATE_NZCV) {
        aa32_write_nzcv(ctx, value);
    }
    if (kept) {
        gen_write_kept_flags(value, kept);
    }
    bytes &= CPSR_MSR & (ctx->el ? UINT32_MAX : CPSR_E);
    if (bytes) {
        gen_helper_arm_write_cpsr(tcg_env, value, tcg_constant_i32(bytes));
        ctx->base.is_jmp = DISAS_LOOP;
    }
    return true;
}

bool aa32_mrs_banked(DisasContext *ctx, bool spsr, unsigned which, unsigned rd)
{
    if (rd == REG_PC || ctx->el == 0) {
        return false;
    }
    gen_helper_arm_read_banked(cpu_r[rd], tcg_env, tcg_constant_i32(which | spsr << 5));
    return true;
}

bool aa32_msr_banked(DisasContext *ctx, bool spsr, unsigned which, unsigned rn)
{
    if (rn == REG_PC || ctx->el == 0) {
        return false;
    }
    gen_helper_arm_write_banked(tcg_env, tcg_constant_i32(which | spsr << 5), cpu_r[rn]);
    return true;
}

/* A, I and F are a word of env; another mode has other registers. */
bool aa32_cps(DisasContext *ctx, unsigned imod, unsigned aif, int mode)
{
    TCGv_i32 pstate = tcg_temp_new_i32();

    if (ctx->el == 0) {
        return true; /* no operation */
    }
    if (imod & 2) {
        tcg_gen_ld_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
        if (imod & 1) {
            tcg_gen_ori_i32(pstate, pstate, aif << 6);
        } else {
            tcg_gen_andi_i32(pstate, pstate, ~(aif << 6));
        }
        tcg_gen_st_i32(pstate, tcg_env, offsetof(CPUARMState, pstate));
    }
    if (mode >= 0) {
        gen_helper_arm_write_cpsr(tcg_env, tcg_constant_i32(mode), tcg_constant_i32(CPSR_M));
        ctx->base.is_jmp = DISAS_LOOP;
    } else if (imod == 2) {
        aa32_look_for_interrupts(ctx);
    }
    return true;
}

bool aa32_setend(DisasContext *ctx, bool big)
{
    if (ctx->hflags & ARM_HF_SED) {
        return false;
    }
    gen_helper_arm_write_cpsr(tcg_env, tcg_constant_i32(big ? CPSR_E : 0),
                              tcg_constant_i32(CPSR_E));
    ctx->base.is_jmp = DISAS_LOOP;
    return true;
}

/* ---- Coprocessors ---- */

bool aa32_translate_coprocessor(DisasContext *ctx, uint32_t insn)
{
    int row = vfp_decode(insn);

    if (row < 0) {
        return false;
    }
    if ((vfp_insns[row].flags & VFP_FLAG_FP) && !(ctx->hflags & ARM_HF_FP)) {
        aa32_exception(ctx, arm_esr(EC_FP_ACCESS, ARM_ISS_COND_ALWAYS));
        return true;
    }
    return vfp_insns[row].translate(ctx, insn);
}

/* Which register, and the syndrome if the access traps to AArch64 (D19.2.37). */
typedef struct Access {
    const ARMSysReg32 *reg;
    uint32_t iss;
    unsigned ec;
} Access;

static bool refuse(DisasContext *ctx, const Access *a, const char *what)
{
    if (!a->reg && ctx->el > 0) {
        qemu_log_mask(LOG_UNIMP, "coprocessor register %s isn't known: UNDEFINED\n", what);
    }
    return false;
}

/* EL2's and EL3's own registers have that level's access bits. */
static bool is_there(const DisasContext *ctx, const ARMSysReg32 *reg)
{
    return !((reg->flags & SYSREG_PMU) && !arm_has_pmu(ctx->id)) &&
           !((reg->flags & SYSREG_GIC) && !ctx->has_gic_registers) &&
           (ctx->has_el2 || !(reg->access & SYSREG_RW2)) &&
           (ctx->has_el3 || !(reg->access & SYSREG_RW3) || (reg->access & SYSREG_R1));
}

/* Hyp mode may want to know of it first; of EL0's what EL0 may do. */
static bool may_access(DisasContext *ctx, const Access *a, bool write)
{
    const ARMSysReg32 *reg = a->reg;
    bool may = reg && is_there(ctx, reg) &&
               arm_sysreg32_may_access(reg, ctx->el, ctx->hflags & ARM_HF_SECURE_BANK, write);

    if ((ctx->hflags & ARM_HF_TRAPS) && (may || ctx->el > 0)) {
        gen_helper_arm_sysreg32_check(tcg_env, tcg_constant_ptr(reg),
                                      tcg_constant_i32(arm_esr(a->ec, a->iss)),
                                      tcg_constant_i32(write));
    }
    return may;
}

/* The one of the security state whose registers are accessed. */
static const ARMSysReg32 *banked(const DisasContext *ctx, const ARMSysReg32 *reg)
{
    return reg && reg->secure && (ctx->hflags & ARM_HF_SECURE_BANK) ? reg->secure : reg;
}

/* Clocks that are read or set, what changes the key or the translation: the block's last. */
static void after_access(DisasContext *ctx, const ARMSysReg32 *reg, bool write)
{
    if ((write && (reg->flags & SYSREG_ENDS)) || (reg->flags & SYSREG_COUNT) ||
        ((reg->flags & SYSREG_CLOCK) && (ctx->base.tb->cflags & CF_ICOUNT))) {
        ctx->base.is_jmp = DISAS_LOOP;
    }
}

static TCGv_i64 gen_read(DisasContext *ctx, const Access *a)
{
    TCGv_i64 value = tcg_temp_new_i64();
    size_t offset = arm_sysreg32_plain_offset(a->reg, ctx->el);

    if (offset) {
        tcg_gen_ld32u_i64(value, tcg_env, offset);
    } else {
        gen_helper_arm_sysreg32_read(value, tcg_env, tcg_constant_ptr(a->reg),
                                     tcg_constant_i32(arm_esr(a->ec, a->iss)));
        after_access(ctx, a->reg, false);
    }
    return value;
}

static void gen_write(DisasContext *ctx, const Access *a, TCGv_i64 value)
{
    if (a->reg->flags & SYSREG_BY_ADDRESS) { /* rights and faults are all that is left of it */
        gen_helper_arm_cache_by_address(tcg_env, value, tcg_constant_i32(a->reg->index));
        return;
    }
    gen_helper_arm_sysreg32_write(tcg_env, tcg_constant_ptr(a->reg), value,
                                  tcg_constant_i32(arm_esr(a->ec, a->iss)));
    after_access(ctx, a->reg, true);
}

static Access find_word(const DisasContext *ctx, const arg_MCR *a, bool read)
{
    return (Access){
        .reg = banked(ctx, arm_sysreg32_find(14 + a->cp, a->opc1, a->crn, a->crm, a->opc2)),
        .ec = a->cp ? EC_CP15_RT : EC_CP14_RT,
        .iss = ARM_ISS_COND_ALWAYS | a->opc2 << 17 | a->opc1 << 14 | a->crn << 10 | a->rt << 5 |
               a->crm << 1 | read,
    };
}

static bool refuse_word(DisasContext *ctx, const Access *access, const arg_MCR *a)
{
    g_autofree char *name =
        g_strdup_printf("p%u, %u, c%u, c%u, %u", 14 + a->cp, a->opc1, a->crn, a->crm, a->opc2);

    return refuse(ctx, access, name);
}

bool vfp_MCR(DisasContext *ctx, const arg_MCR *a)
{
    const Access access = find_word(ctx, a, false);
    TCGv_i64 value = tcg_temp_new_i64();

    if (!may_access(ctx, &access, true)) {
        return refuse_word(ctx, &access, a);
    }
    if (a->rt == REG_PC) {
        return false;
    }
    tcg_gen_extu_i32_i64(value, cpu_r[a->rt]);
    gen_write(ctx, &access, value);
    return true;
}

/* r15 stands for the flags. */
bool vfp_MRC(DisasContext *ctx, const arg_MRC *a)
{
    const Access access = find_word(ctx, a, true);
    TCGv_i32 value = tcg_temp_new_i32();

    if (!may_access(ctx, &access, false)) {
        return refuse_word(ctx, &access, a);
    }
    tcg_gen_extrl_i64_i32(value, gen_read(ctx, &access));
    if (a->rt == REG_PC) {
        aa32_write_nzcv(ctx, value);
    } else {
        tcg_gen_mov_i32(cpu_r[a->rt], value);
    }
    return true;
}

static Access find_doubleword(const DisasContext *ctx, const arg_MCRR *a, bool read)
{
    return (Access){
        .reg = banked(ctx, arm_sysreg32_find_wide(14 + a->cp, a->opc1, a->crm)),
        .ec = a->cp ? EC_CP15_RRT : EC_CP14_RRT,
        .iss = ARM_ISS_COND_ALWAYS | a->opc1 << 16 | a->rt2 << 10 | a->rt << 5 | a->crm << 1 | read,
    };
}

static bool refuse_doubleword(DisasContext *ctx, const Access *access, const arg_MCRR *a)
{
    g_autofree char *name = g_strdup_printf("p%u, %u, c%u of 64 bits", 14 + a->cp, a->opc1, a->crm);

    return refuse(ctx, access, name);
}

bool vfp_MCRR(DisasContext *ctx, const arg_MCRR *a)
{
    const Access access = find_doubleword(ctx, a, false);
    TCGv_i64 value = tcg_temp_new_i64();

    if (!may_access(ctx, &access, true)) {
        return refuse_doubleword(ctx, &access, a);
    }
    if (a->rt == REG_PC || a->rt2 == REG_PC) {
        return false;
    }
    tcg_gen_concat_i32_i64(value, cpu_r[a->rt], cpu_r[a->rt2]);
    gen_write(ctx, &access, value);
    return true;
}

bool vfp_MRRC(DisasContext *ctx, const arg_MRRC *a)
{
    const Access access = find_doubleword(ctx, a, true);

    if (!may_access(ctx, &access, false)) {
        return refuse_doubleword(ctx, &access, a);
    }
    if (a->rt == REG_PC || a->rt2 == REG_PC || a->rt == a->rt2) {
        return false;
    }
    tcg_gen_extr_i64_i32(cpu_r[a->rt], cpu_r[a->rt2], gen_read(ctx, &access));
    return true;
}
