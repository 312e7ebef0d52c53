/*
 * The table of system registers at EL1 and EL0, and what they do; finding rows of all tables.
 *
 * Reference: DDI 0487, D19 (registers); Cortex-A57 MPCore TRM (DDI 0488),
 * chapter 4, for what is implementation defined.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/random.h>
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "target/arm/fpu.h"
#include "target/arm/internal.h"
#include "target/arm/mte.h"
#include "target/arm/pauth.h"
#include "target/arm/sysreg.h"

/* ---- Who may, where other registers say so ---- */

static bool user_may_read_ctr(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return arm_sctlr_allows(env, SCTLR_UCT);
}

static bool user_may_mask(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return arm_sctlr_allows(env, SCTLR_UMA);
}

enum {
    CNTKCTL_EL0PCTEN = 1 << 0,
    CNTKCTL_EL0VCTEN = 1 << 1,
    CNTKCTL_EL0VTEN = 1 << 8,
    CNTKCTL_EL0PTEN = 1 << 9,
};

static bool user_may_by_cntkctl(CPUARMState *env, uint64_t bits)
{
    return arm_current_el(env) > 0 ||
           ((arm_el0_is_hosted(env) ? env->cnthctl : env->cntkctl) & bits);
}

static bool user_may_read_frequency(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return user_may_by_cntkctl(env, CNTKCTL_EL0PCTEN | CNTKCTL_EL0VCTEN);
}

static bool user_may_read_count(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return user_may_by_cntkctl(env, reg->index == ARM_TIMER_VIRT ? CNTKCTL_EL0VCTEN
                                                                 : CNTKCTL_EL0PCTEN);
}

static bool user_may_use_timer(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return user_may_by_cntkctl(env,
                               reg->index == ARM_TIMER_VIRT ? CNTKCTL_EL0VTEN : CNTKCTL_EL0PTEN);
}

/* ---- Identification that EL2 may change for EL1 ---- */

static bool is_guest(const CPUARMState *env)
{
    return arm_current_el(env) < 2 && arm_el2_enabled(env);
}

static uint64_t read_midr(CPUARMState *env, const ARMSysReg *reg)
{
    return is_guest(env) ? env->vpidr : env->id.midr;
}

static uint64_t read_mpidr(CPUARMState *env, const ARMSysReg *reg)
{
    return is_guest(env) ? env->vmpidr : env->id.mpidr;
}

/* ---- PSTATE ---- */

static uint64_t read_current_el(CPUARMState *env, const ARMSysReg *reg)
{
    return env->pstate & PSTATE_EL;
}

static uint64_t read_spsel(CPUARMState *env, const ARMSysReg *reg)
{
    return env->pstate & PSTATE_SP;
}

static void write_spsel(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    arm_write_pstate(env, (arm_read_pstate(env) & ~PSTATE_SP) | (value & PSTATE_SP));
}

static uint64_t read_daif(CPUARMState *env, const ARMSysReg *reg)
{
    return env->pstate & PSTATE_DAIF;
}

static void write_daif(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    env->pstate = (env->pstate & ~PSTATE_DAIF) | (value & PSTATE_DAIF);
    arm_update_hflags(env);
}

/* One bit, or the field, that the row's mask names; which the block key may have. */
static uint64_t read_pstate_field(CPUARMState *env, const ARMSysReg *reg)
{
    return env->pstate & reg->mask;
}

static void write_pstate_field(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    env->pstate = (env->pstate & ~reg->mask) | (value & reg->mask);
    arm_update_hflags(env);
}

/* RNDR, RNDRRS: flags say that there was a number. */
static uint64_t read_random(CPUARMState *env, const ARMSysReg *reg)
{
    uint64_t value;

    if (getentropy(&value, sizeof(value)) != 0) {
        arm_write_nzcv(env, 1u << 30); /* there is none now */
        return 0;
    }
    arm_write_nzcv(env, 0);
    return value;
}

static uint64_t read_nzcv(CPUARMState *env, const ARMSysReg *reg)
{
    return arm_read_nzcv(env);
}

static void write_nzcv(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    arm_write_nzcv(env, value);
}

/* SP_EL0 by its name, while it isn't the stack pointer in use. */
static uint64_t read_sp_el0(CPUARMState *env, const ARMSysReg *reg)
{
    return *arm_stack_pointer(env, 0);
}

static void write_sp_el0(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    *arm_stack_pointer(env, 0) = value;
}

/* ISR_EL1: what waits, masked or not; virtual ones where EL2 has the others. */
static uint64_t read_isr(CPUARMState *env, const ARMSysReg *reg)
{
    uint32_t waiting = arm_waiting_interrupts(env);
    uint64_t hcr = arm_current_el(env) < 2 ? arm_hcr(env) : 0;
    bool irq = waiting >> (hcr & HCR_IMO ? ARM_EXCP_VIRQ : ARM_EXCP_IRQ) & 1;
    bool fiq = waiting >> (hcr & HCR_FMO ? ARM_EXCP_VFIQ : ARM_EXCP_FIQ) & 1;
    bool serror = waiting >> (hcr & HCR_AMO ? ARM_EXCP_VSERROR : ARM_EXCP_SERROR) & 1;

    return irq << 7 | fiq << 6 | serror << 8;
}

/* ---- Control, translation ---- */

#define SCTLR_RES1   0x30d00800ull /* 29 28 23 22 20 11 */
#define SCTLR_KNOWN  (SCTLR_M | SCTLR_A | SCTLR_C | SCTLR_SA | SCTLR_SA0 | SCTLR_UMA | SCTLR_I |   \
                      SCTLR_DZE | SCTLR_UCT | SCTLR_NTWI | SCTLR_NTWE | SCTLR_WXN | SCTLR_E0E |    \
                      SCTLR_EE | SCTLR_UCI | SCTLR_CP15BEN | SCTLR_ITD | SCTLR_SED)

/* What is AArch32's SCTLR where EL1 uses that: kept, whatever it is for AArch64 (RES1). TRE and
 * what AArch32 has as RES1 have no names. */
#define SCTLR_AARCH32 (SCTLR_V | SCTLR_UWXN | SCTLR_AFE | SCTLR_TE | 0x10c00858u)

/* Bits that extensions have added, and ones that are RES1 without them. */
uint64_t arm_sctlr_of_extensions(const ARMIdRegs *id)
{
    return (arm_has_pauth(id) ? SCTLR_ENIA | SCTLR_ENIB | SCTLR_ENDA | SCTLR_ENDB : 0) |
           (arm_has_bti(id) ? SCTLR_BT0 | SCTLR_BT1 : 0) |
           (id->pfr1 >> 4 & 0xf ? SCTLR_DSSBS : 0) |
           (arm_has_tags(id) ? SCTLR_ITFSB | SCTLR_TCF0 | SCTLR_TCF | SCTLR_ATA0 | SCTLR_ATA : 0) |
           (id->isar1 >> 40 & 0xf ? SCTLR_ENRCTX : 0) | (id->mmfr1 >> 20 & 0xf ? SCTLR_SPAN : 0) |
           (id->mmfr2 >> 12 & 0xf ? SCTLR_IESB : 0) | (arm_has_lse2(id) ? SCTLR_NAA : 0);
}

static void write_sctlr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    uint64_t added = arm_sctlr_of_extensions(&env->id) |
                     (arm_el1_has_both(env) ? SCTLR_AARCH32 : 0);
    uint64_t new = (SCTLR_RES1 & ~added) | (value & (SCTLR_KNOWN | added));
    uint64_t changed = env->sctlr_el[1] ^ new;

    env->sctlr_el[1] = new;
    if (changed & (SCTLR_M | SCTLR_WXN)) {
        arm_tlb_flush(env);
    }
    arm_update_hflags(env);
}

enum { CPACR_ZEN = 3 << CPTR_ZEN_SHIFT, CPACR_FPEN = 3 << CPTR_FPEN_SHIFT, CPACR_TTA = 1 << 28 };

static void write_cpacr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    env->cpacr = value & (CPACR_FPEN | CPACR_TTA | (arm_has_sve(&env->id) ? CPACR_ZEN : 0));
    arm_update_hflags(env);
}

static void write_zcr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    env->zcr_el[1] = value & 0xf;
    arm_update_hflags(env);
}

/* ASID and table: entries of another context stay, as the ASID tells them apart. */
static void write_ttbr0(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    if (env->ttbr0_el[1] != value) {
        env->ttbr0_el[1] = value;
        tlb_context_changed(arm_env_cpu(env));
    }
}

static void write_ttbr1(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    if (env->ttbr1_el[1] != value) {
        env->ttbr1_el[1] = value;
        tlb_context_changed(arm_env_cpu(env));
    }
}

#define TCR_HA   (1ull << 39)
#define TCR_HD   (1ull << 40)
#define TCR_HPD  (3ull << 41)
#define TCR_TBID (3ull << 51) /* tags of data only */
#define TCR_E0PD (3ull << 55)
#define TCR_TCMA (3ull << 57) /* which tags are unchecked */
#define TCR_DS   (1ull << 59)

static uint64_t tcr_of_extensions(const ARMIdRegs *id)
{
    return (arm_has_pauth(id) ? TCR_TBID : 0) | (id->mmfr1 & 0xf ? TCR_HA | TCR_HD : 0) |
           (id->mmfr1 >> 12 & 0xf ? TCR_HPD : 0) | (id->mmfr2 >> 60 & 0xf ? TCR_E0PD : 0) |
           (arm_has_tags(id) ? TCR_TCMA : 0) | (arm_has_lpa2(id) ? TCR_DS : 0);
}

static void write_tcr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    value &= reg->mask | tcr_of_extensions(&env->id);
    if (env->tcr_el[1] != value) {
        env->tcr_el[1] = value;
        arm_tlb_flush(env);
        arm_update_hflags(env); /* whether addresses have tags */
    }
}

static uint64_t read_ccsidr(CPUARMState *env, const ARMSysReg *reg)
{
    return env->csselr < ARRAY_SIZE(env->id.ccsidr) ? env->id.ccsidr[env->csselr] : 0;
}

/* DZP: DC ZVA can't be used at this level. */
static uint64_t read_dczid(CPUARMState *env, const ARMSysReg *reg)
{
    bool trapped = is_guest(env) && !arm_el0_is_hosted(env) && (env->hcr & HCR_TDZ);

    return env->id.dczid | (trapped || !arm_sctlr_allows(env, SCTLR_DZE) ? 1 << 4 : 0);
}

/* ---- Timers ---- */

/* For a host (VHE) there is no virtual time. */
static uint64_t read_count(CPUARMState *env, const ARMSysReg *reg)
{
    unsigned el = arm_current_el(env);
    bool host = el == 2 ? (env->hcr & HCR_E2H) : el == 0 && arm_el0_is_hosted(env);

    return arm_timer_count(env, host ? ARM_TIMER_PHYS : reg->index);
}

/* EL0 below a host has the host's timers by the names of EL1's. */
static unsigned timer_of(const CPUARMState *env, const ARMSysReg *reg)
{
    static const uint8_t hosts[ARM_NB_TIMERS] = {
        [ARM_TIMER_PHYS] = ARM_TIMER_HYP, [ARM_TIMER_VIRT] = ARM_TIMER_HYPVIRT,
    };

    return arm_current_el(env) == 0 && arm_el0_is_hosted(env) ? hosts[reg->index] : reg->index;
}

uint64_t arm_read_timer_control(CPUARMState *env, const ARMSysReg *reg)
{
    return arm_timer_control(env, timer_of(env, reg));
}

void arm_write_timer_control(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    arm_timer_set_control(env, timer_of(env, reg), value);
}

uint64_t arm_read_timer_compare(CPUARMState *env, const ARMSysReg *reg)
{
    return env->timers[timer_of(env, reg)].compare;
}

void arm_write_timer_compare(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    arm_timer_set_compare(env, timer_of(env, reg), value);
}

/* CNTx_TVAL: what is left, signed and 32 bits wide. */
uint64_t arm_read_timer_value(CPUARMState *env, const ARMSysReg *reg)
{
    unsigned timer = timer_of(env, reg);

    return (uint32_t)(env->timers[timer].compare - arm_timer_count(env, timer));
}

void arm_write_timer_value(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    unsigned timer = timer_of(env, reg);

    arm_timer_set_compare(env, timer, arm_timer_count(env, timer) + (int32_t)value);
}

/* ---- The GIC's CPU interface ---- */

/* EL2 that has physical interrupts of a group leaves EL1 the virtual ones (IHI 0069, 4.6). */
static bool icc_is_virtual(const CPUARMState *env, unsigned index)
{
    static const uint64_t routed[] = {
        [ICC_IAR0] = HCR_FMO,   [ICC_EOIR0] = HCR_FMO, [ICC_HPPIR0] = HCR_FMO,
        [ICC_BPR0] = HCR_FMO,   [ICC_AP0R0] = HCR_FMO, [ICC_IGRPEN0] = HCR_FMO,
        [ICC_IAR1] = HCR_IMO,   [ICC_EOIR1] = HCR_IMO, [ICC_HPPIR1] = HCR_IMO,
        [ICC_BPR1] = HCR_IMO,   [ICC_AP1R0] = HCR_IMO, [ICC_IGRPEN1] = HCR_IMO,
        [ICC_PMR] = HCR_IMO | HCR_FMO, [ICC_CTLR] = HCR_IMO | HCR_FMO,
        [ICC_RPR] = HCR_IMO | HCR_FMO, [ICC_DIR] = HCR_IMO | HCR_FMO,
    };

    return arm_current_el(env) == 1 && index < ARRAY_SIZE(routed) && (arm_hcr(env) & routed[index]);
}

static ARMGICAccess icc_access(const CPUARMState *env, const ARMSysReg *reg)
{
    return (ARMGICAccess){ .reg = reg->index, .el = arm_current_el(env),
                           .secure = arm_is_secure(env),
                           .secure_below_el3 = arm_is_secure_below_el3(env),
                           .fiq_to_el3 = env->has_el3 && (env->scr & SCR_FIQ),
                           .is_virtual = icc_is_virtual(env, reg->index) };
}

uint64_t arm_read_icc(CPUARMState *env, const ARMSysReg *reg)
{
    ARMCPU *cpu = arm_env_archcpu(env);
    ARMGICAccess access = icc_access(env, reg);

    BQL_LOCK_GUARD();
    return cpu->gic_ops ? cpu->gic_ops->read(cpu->gic, cpu->gic_number, &access) : 0;
}

void arm_write_icc(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    ARMCPU *cpu = arm_env_archcpu(env);
    ARMGICAccess access = icc_access(env, reg);

    BQL_LOCK_GUARD();
    if (!cpu->gic_ops) {
        return;
    }
    cpu->gic_ops->write(cpu->gic, cpu->gic_number, &access, value);
    if (reg->index == ICH_HCR) {
        env->ich_traps = value & ICH_HCR_TRAPS;
        arm_update_hflags(env);
    }
}

static uint64_t *indexed_field(CPUARMState *env, const ARMSysReg *reg)
{
    return (uint64_t *)env + reg->offset;
}

/* FPCR, FPSR: how floating point is translated depends on them. */
static void write_fp_register(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    uint64_t mask = reg->mask & ~(arm_has_half(&env->id) ? 0 : (uint64_t)FPCR_FZ16);

    *indexed_field(env, reg) = value & mask;
    arm_update_hflags(env);
}

static void write_fpsr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    env->fpsr = value & reg->mask;
    arm_update_hflags(env);
}

/* ---- The table ---- */

#define FIELD(member) (offsetof(CPUARMState, member) / 8)
#define ID(name_, crm_, op2_, member)                                                              \
    { .name = name_, .op0 = 3, .crm = crm_, .op2 = op2_, .access = SYSREG_R1,                      \
      .offset = FIELD(id.member) }
#define ICC(name_, crm_, op2_, access_, reg_)                                                      \
    { .name = name_ "_EL1", .op0 = 3, .crn = 12, .crm = crm_, .op2 = op2_, .access = access_,      \
      .flags = SYSREG_CLOCK | SYSREG_GIC, .read = arm_read_icc, .write = arm_write_icc,            \
      .index = reg_ }
#define TIMER(prefix, crm_, timer)                                                                 \
    { .name = prefix "_TVAL_EL0", .op0 = 3, .op1 = 3, .crn = 14, .crm = crm_, .op2 = 0,            \
      .access = SYSREG_RW, .flags = SYSREG_CLOCK, .read = arm_read_timer_value,                    \
      .write = arm_write_timer_value, .allowed = user_may_use_timer, .index = timer },                 \
    { .name = prefix "_CTL_EL0", .op0 = 3, .op1 = 3, .crn = 14, .crm = crm_, .op2 = 1,             \
      .access = SYSREG_RW, .flags = SYSREG_CLOCK, .read = arm_read_timer_control,                  \
      .write = arm_write_timer_control, .allowed = user_may_use_timer, .index = timer },               \
    { .name = prefix "_CVAL_EL0", .op0 = 3, .op1 = 3, .crn = 14, .crm = crm_, .op2 = 2,            \
      .access = SYSREG_RW, .flags = SYSREG_CLOCK, .read = arm_read_timer_compare,                  \
      .write = arm_write_timer_compare, .allowed = user_may_use_timer, .index = timer }
#define ALL_BITS UINT64_MAX
#define WORD     0xffffffffull
#define EL1_REG(name_, crn_, crm_, op2_, member, mask_, ...)                                       \
    { .name = name_, .op0 = 3, .crn = crn_, .crm = crm_, .op2 = op2_, .access = SYSREG_RW1,        \
      .offset = FIELD(member), .mask = mask_, ##__VA_ARGS__ }
#define IMPDEF(name_, crn_, crm_, op2_, n, ...)                                                    \
    { .name = name_, .op0 = 3, .op1 = 1, .crn = crn_, .crm = crm_, .op2 = op2_,                    \
      .access = SYSREG_RW1, .offset = FIELD(impdef[n]), .mask = ALL_BITS, ##__VA_ARGS__ }

static const ARMSysReg sysregs[] = {
    /* Identification */
    { .name = "MIDR_EL1", .op0 = 3, .access = SYSREG_R1, .read = read_midr },
    { .name = "MPIDR_EL1", .op0 = 3, .op2 = 5, .access = SYSREG_R1, .read = read_mpidr },
    ID("REVIDR_EL1", 0, 6, revidr),
    ID("ID_PFR0_EL1", 1, 0, a32_pfr[0]),
    ID("ID_PFR1_EL1", 1, 1, a32_pfr[1]),
    ID("ID_DFR0_EL1", 1, 2, a32_dfr0),
    ID("ID_AFR0_EL1", 1, 3, a32_afr0),
    ID("ID_MMFR0_EL1", 1, 4, a32_mmfr[0]),
    ID("ID_MMFR1_EL1", 1, 5, a32_mmfr[1]),
    ID("ID_MMFR2_EL1", 1, 6, a32_mmfr[2]),
    ID("ID_MMFR3_EL1", 1, 7, a32_mmfr[3]),
    ID("ID_ISAR0_EL1", 2, 0, a32_isar[0]),
    ID("ID_ISAR1_EL1", 2, 1, a32_isar[1]),
    ID("ID_ISAR2_EL1", 2, 2, a32_isar[2]),
    ID("ID_ISAR3_EL1", 2, 3, a32_isar[3]),
    ID("ID_ISAR4_EL1", 2, 4, a32_isar[4]),
    ID("ID_ISAR5_EL1", 2, 5, a32_isar[5]),
    ID("ID_MMFR4_EL1", 2, 6, a32_mmfr[4]),
    ID("ID_ISAR6_EL1", 2, 7, a32_isar[6]),
    ID("ID_PFR2_EL1", 3, 4, a32_pfr[2]),
    ID("ID_MMFR5_EL1", 3, 6, a32_mmfr[5]),
    ID("MVFR0_EL1", 3, 0, mvfr[0]),
    ID("MVFR1_EL1", 3, 1, mvfr[1]),
    ID("MVFR2_EL1", 3, 2, mvfr[2]),
    ID("ID_AA64PFR0_EL1", 4, 0, pfr0),
    ID("ID_AA64PFR1_EL1", 4, 1, pfr1),
    ID("ID_AA64ZFR0_EL1", 4, 4, zfr0),
    ID("ID_AA64DFR0_EL1", 5, 0, dfr0),
    ID("ID_AA64DFR1_EL1", 5, 1, dfr1),
    ID("ID_AA64AFR0_EL1", 5, 4, afr0),
    ID("ID_AA64AFR1_EL1", 5, 5, afr1),
    ID("ID_AA64ISAR0_EL1", 6, 0, isar0),
    ID("ID_AA64ISAR1_EL1", 6, 1, isar1),
    ID("ID_AA64ISAR2_EL1", 6, 2, isar2),
    ID("ID_AA64MMFR0_EL1", 7, 0, mmfr0),
    ID("ID_AA64MMFR1_EL1", 7, 1, mmfr1),
    ID("ID_AA64MMFR2_EL1", 7, 2, mmfr2),
    { .name = "CCSIDR_EL1", .op0 = 3, .op1 = 1, .access = SYSREG_R1, .read = read_ccsidr },
    { .name = "CLIDR_EL1",
      .op0 = 3,
      .op1 = 1,
      .op2 = 1,
      .access = SYSREG_R1,
      .offset = FIELD(id.clidr) },
    { .name = "AIDR_EL1",
      .op0 = 3,
      .op1 = 1,
      .op2 = 7,
      .access = SYSREG_R1,
      .flags = SYSREG_NOTHING },
    { .name = "CSSELR_EL1",
      .op0 = 3,
      .op1 = 2,
      .access = SYSREG_RW1,
      .offset = FIELD(csselr),
      .mask = 0xf },
    { .name = "CTR_EL0",
      .op0 = 3,
      .op1 = 3,
      .op2 = 1,
      .access = SYSREG_R,
      .offset = FIELD(id.ctr),
      .allowed = user_may_read_ctr },
    { .name = "DCZID_EL0", .op0 = 3, .op1 = 3, .op2 = 7, .access = SYSREG_R, .read = read_dczid },

    /* PSTATE and stack pointers */
    { .name = "SPSel",
      .op0 = 3,
      .crn = 4,
      .crm = 2,
      .access = SYSREG_RW1,
      .flags = SYSREG_ENDS,
      .read = read_spsel,
      .write = write_spsel },
    { .name = "CurrentEL",
      .op0 = 3,
      .crn = 4,
      .crm = 2,
      .op2 = 2,
      .access = SYSREG_R1,
      .read = read_current_el },
    { .name = "NZCV",
      .op0 = 3,
      .op1 = 3,
      .crn = 4,
      .crm = 2,
      .access = SYSREG_RW,
      .read = read_nzcv,
      .write = write_nzcv },
    { .name = "DAIF",
      .op0 = 3,
      .op1 = 3,
      .crn = 4,
      .crm = 2,
      .op2 = 1,
      .access = SYSREG_RW,
      .flags = SYSREG_ENDS,
      .read = read_daif,
      .write = write_daif,
      .allowed = user_may_mask },
    { .name = "FPCR",
      .op0 = 3,
      .op1 = 3,
      .crn = 4,
      .crm = 4,
      .access = SYSREG_RW,
      .offset = FIELD(fpcr),
      .mask = 0x07c80000,
      .flags = SYSREG_FP | SYSREG_ENDS,
      .write = write_fp_register },
    { .name = "FPSR",
      .op0 = 3,
      .op1 = 3,
      .crn = 4,
      .crm = 4,
      .op2 = 1,
      .access = SYSREG_RW,
      .offset = FIELD(fpsr),
      .mask = 0xf800009f,
      .flags = SYSREG_FP | SYSREG_ENDS,
      .write = write_fpsr },
#define PSTATE_FIELD(name_, op1_, op2_, access_, mask_, ...)                                       \
    { .name = name_, .op0 = 3, .op1 = op1_, .crn = 4, .crm = 2, .op2 = op2_, .access = access_,    \
      .flags = SYSREG_ENDS, .mask = mask_, .read = read_pstate_field,                              \
      .write = write_pstate_field, __VA_ARGS__ }
    PSTATE_FIELD("PAN", 0, 3, SYSREG_RW1, PSTATE_PAN, SYSREG_OF(mmfr1, 20, 1)),
    PSTATE_FIELD("UAO", 0, 4, SYSREG_RW1, PSTATE_UAO, SYSREG_OF(mmfr2, 4, 1)),
    PSTATE_FIELD("DIT", 3, 5, SYSREG_RW, PSTATE_DIT, SYSREG_OF(pfr0, 48, 1)),
    PSTATE_FIELD("SSBS", 3, 6, SYSREG_RW, PSTATE_SSBS, SYSREG_OF(pfr1, 4, 2)),
    PSTATE_FIELD("TCO", 3, 7, SYSREG_RW, PSTATE_TCO, SYSREG_OF(pfr1, 8, 1)),
    { .name = "RNDR", .op0 = 3, .op1 = 3, .crn = 2, .crm = 4, .access = SYSREG_R,
      .flags = SYSREG_CLOCK, .read = read_random, SYSREG_OF(isar0, 60, 1) },
    { .name = "RNDRRS", .op0 = 3, .op1 = 3, .crn = 2, .crm = 4, .op2 = 1, .access = SYSREG_R,
      .flags = SYSREG_CLOCK, .read = read_random, SYSREG_OF(isar0, 60, 1) },

    /* Pointer authentication: keys */
#define PAC_KEY(name_, crm_, op2_, n)                                                              \
    { .name = "AP" name_ "KeyLo_EL1", .op0 = 3, .crn = 2, .crm = crm_, .op2 = op2_,                \
      .access = SYSREG_RW1, .offset = FIELD(pac_keys[n].low), .mask = ALL_BITS,                    \
      .flags = SYSREG_PAUTH },                                                                     \
    { .name = "AP" name_ "KeyHi_EL1", .op0 = 3, .crn = 2, .crm = crm_, .op2 = (op2_) + 1,          \
      .access = SYSREG_RW1, .offset = FIELD(pac_keys[n].high), .mask = ALL_BITS,                   \
      .flags = SYSREG_PAUTH }
    PAC_KEY("IA", 1, 0, ARM_PAC_IA),
    PAC_KEY("IB", 1, 2, ARM_PAC_IB),
    PAC_KEY("DA", 2, 0, ARM_PAC_DA),
    PAC_KEY("DB", 2, 2, ARM_PAC_DB),
    PAC_KEY("GA", 3, 0, ARM_PAC_GA),

    /* Memory tagging */
    EL1_REG("RGSR_EL1", 1, 0, 5, rgsr, 0xffff0f, SYSREG_OF(pfr1, 8, 2)),
    EL1_REG("GCR_EL1", 1, 0, 6, gcr, 0x1ffff, SYSREG_OF(pfr1, 8, 2)),
    EL1_REG("TFSR_EL1", 5, 6, 0, tfsr_el[1], 3, SYSREG_OF(pfr1, 8, 2)),
    EL1_REG("TFSRE0_EL1", 5, 6, 1, tfsr_el[0], 3, SYSREG_OF(pfr1, 8, 2)),
    { .name = "GMID_EL1", .op0 = 3, .op1 = 1, .op2 = 4, .access = SYSREG_R1,
      .flags = SYSREG_NOTHING, .reset = ARM_GMID, SYSREG_OF(pfr1, 8, 2) },
    /* Limited ordering: regions are kept; the accesses order everything */
    EL1_REG("LORSA_EL1", 10, 4, 0, lor[0], 0x000fffffffff0001ull, SYSREG_OF(mmfr1, 16, 1)),
    EL1_REG("LOREA_EL1", 10, 4, 1, lor[1], 0x000fffffffff0000ull, SYSREG_OF(mmfr1, 16, 1)),
    EL1_REG("LORN_EL1", 10, 4, 2, lor[2], 0xff, SYSREG_OF(mmfr1, 16, 1)),
    EL1_REG("LORC_EL1", 10, 4, 3, lor[3], 0x3fd, SYSREG_OF(mmfr1, 16, 1)),
    { .name = "LORID_EL1", .op0 = 3, .crn = 10, .crm = 4, .op2 = 7, .access = SYSREG_R1,
      .flags = SYSREG_NOTHING, SYSREG_OF(mmfr1, 16, 1) },

    /* RAS: there are no error records */
    EL1_REG("DISR_EL1", 12, 1, 1, disr, 0x81001fffull, SYSREG_OF(pfr0, 28, 1)),
    { .name = "ERRIDR_EL1", .op0 = 3, .crn = 5, .crm = 3, .access = SYSREG_R1,
      .flags = SYSREG_NOTHING, SYSREG_OF(pfr0, 28, 1) },
    EL1_REG("ERRSELR_EL1", 5, 3, 1, errselr, 0, SYSREG_OF(pfr0, 28, 1)),

    EL1_REG("SPSR_EL1", 4, 0, 0, spsr_el[1], WORD),
    EL1_REG("ELR_EL1", 4, 0, 1, elr_el[1], ALL_BITS),
    { .name = "SP_EL0",
      .op0 = 3,
      .crn = 4,
      .crm = 1,
      .access = SYSREG_RW1,
      .read = read_sp_el0,
      .write = write_sp_el0 },

    /* Control, translation, exceptions */
    EL1_REG("SCTLR_EL1", 1, 0, 0, sctlr_el[1], 0, .flags = SYSREG_ENDS, .write = write_sctlr,
            .reset = SCTLR_RES1),
    EL1_REG("ACTLR_EL1", 1, 0, 1, actlr_el[1], 0),
    EL1_REG("CPACR_EL1", 1, 0, 2, cpacr, 0, .flags = SYSREG_ENDS, .write = write_cpacr),
    EL1_REG("ZCR_EL1", 1, 2, 0, zcr_el[1], 0, .flags = SYSREG_ENDS | SYSREG_SVE,
            .write = write_zcr, SYSREG_OF(pfr0, 32, 1)),
    EL1_REG("TTBR0_EL1", 2, 0, 0, ttbr0_el[1], 0, .flags = SYSREG_ENDS, .write = write_ttbr0),
    EL1_REG("TTBR1_EL1", 2, 0, 1, ttbr1_el[1], 0, .flags = SYSREG_ENDS, .write = write_ttbr1),
    EL1_REG("TCR_EL1", 2, 0, 2, tcr_el[1], 0x7fffffffffull & ~(1ull << 35), .flags = SYSREG_ENDS,
            .write = write_tcr),
    EL1_REG("AFSR0_EL1", 5, 1, 0, afsr0_el[1], 0),
    EL1_REG("AFSR1_EL1", 5, 1, 1, afsr1_el[1], 0),
    EL1_REG("ESR_EL1", 5, 2, 0, esr_el[1], WORD),
    EL1_REG("FAR_EL1", 6, 0, 0, far_el[1], ALL_BITS),
    EL1_REG("PAR_EL1", 7, 4, 0, par, ALL_BITS),
    EL1_REG("MAIR_EL1", 10, 2, 0, mair_el[1], ALL_BITS),
    EL1_REG("AMAIR_EL1", 10, 3, 0, amair_el[1], 0),
    EL1_REG("VBAR_EL1", 12, 0, 0, vbar_el[1], ~0x7ffull),
    { .name = "RVBAR_EL1",
      .op0 = 3,
      .crn = 12,
      .op2 = 1,
      .access = SYSREG_R1,
      .flags = SYSREG_NOTHING },
    { .name = "ISR_EL1", .op0 = 3, .crn = 12, .crm = 1, .access = SYSREG_R1, .read = read_isr },
    EL1_REG("CONTEXTIDR_EL1", 13, 0, 1, contextidr, WORD),
    EL1_REG("TPIDR_EL1", 13, 0, 4, tpidr_el[1], ALL_BITS),
    { .name = "TPIDR_EL0",
      .op0 = 3,
      .op1 = 3,
      .crn = 13,
      .op2 = 2,
      .access = SYSREG_RW,
      .offset = FIELD(tpidr_el[0]),
      .mask = ALL_BITS },
    { .name = "TPIDRRO_EL0",
      .op0 = 3,
      .op1 = 3,
      .crn = 13,
      .op2 = 3,
      .access = SYSREG_RW1 | SYSREG_R0,
      .offset = FIELD(tpidrro_el0),
      .mask = ALL_BITS },

    /* Generic timer */
    EL1_REG("CNTKCTL_EL1", 14, 1, 0, cntkctl, 0x3ff),
    { .name = "CNTFRQ_EL0",
      .op0 = 3,
      .op1 = 3,
      .crn = 14,
      .access = SYSREG_RW1 | SYSREG_R0,
      .offset = FIELD(cntfrq),
      .mask = WORD,
      .allowed = user_may_read_frequency },
    { .name = "CNTPCT_EL0",
      .op0 = 3,
      .op1 = 3,
      .crn = 14,
      .op2 = 1,
      .access = SYSREG_R,
      .flags = SYSREG_CLOCK,
      .read = read_count,
      .allowed = user_may_read_count,
      .index = ARM_TIMER_PHYS },
    { .name = "ICC_PMR_EL1", .op0 = 3, .crn = 4, .crm = 6, .access = SYSREG_RW1,
      .flags = SYSREG_CLOCK | SYSREG_GIC, .read = arm_read_icc, .write = arm_write_icc,
      .index = ICC_PMR },
    ICC("ICC_IAR0", 8, 0, SYSREG_R1, ICC_IAR0),
    ICC("ICC_EOIR0", 8, 1, SYSREG_W1, ICC_EOIR0),
    ICC("ICC_HPPIR0", 8, 2, SYSREG_R1, ICC_HPPIR0),
    ICC("ICC_BPR0", 8, 3, SYSREG_RW1, ICC_BPR0),
    ICC("ICC_AP0R0", 8, 4, SYSREG_RW1, ICC_AP0R0),
    ICC("ICC_AP1R0", 9, 0, SYSREG_RW1, ICC_AP1R0),
    ICC("ICC_DIR", 11, 1, SYSREG_W1, ICC_DIR),
    ICC("ICC_RPR", 11, 3, SYSREG_R1, ICC_RPR),
    ICC("ICC_SGI1R", 11, 5, SYSREG_W1, ICC_SGI1R),
    ICC("ICC_ASGI1R", 11, 6, SYSREG_W1, ICC_ASGI1R),
    ICC("ICC_SGI0R", 11, 7, SYSREG_W1, ICC_SGI0R),
    ICC("ICC_IAR1", 12, 0, SYSREG_R1, ICC_IAR1),
    ICC("ICC_EOIR1", 12, 1, SYSREG_W1, ICC_EOIR1),
    ICC("ICC_HPPIR1", 12, 2, SYSREG_R1, ICC_HPPIR1),
    ICC("ICC_BPR1", 12, 3, SYSREG_RW1, ICC_BPR1),
    ICC("ICC_CTLR", 12, 4, SYSREG_RW1, ICC_CTLR),
    /* System registers are the only way: SRE, DFB and DIB read as one. */
    { .name = "ICC_SRE_EL1", .op0 = 3, .crn = 12, .crm = 12, .op2 = 5, .access = SYSREG_RW1,
      .flags = SYSREG_NOTHING | SYSREG_GIC, .reset = 7 },
    ICC("ICC_IGRPEN0", 12, 6, SYSREG_RW1, ICC_IGRPEN0),
    ICC("ICC_IGRPEN1", 12, 7, SYSREG_RW1, ICC_IGRPEN1),
    { .name = "CNTVCT_EL0",
      .op0 = 3,
      .op1 = 3,
      .crn = 14,
      .op2 = 2,
      .access = SYSREG_R,
      .flags = SYSREG_CLOCK,
      .read = read_count,
      .allowed = user_may_read_count,
      .index = ARM_TIMER_VIRT },
    TIMER("CNTP", 2, ARM_TIMER_PHYS),
    TIMER("CNTV", 3, ARM_TIMER_VIRT),

    /* Implementation defined on the Cortex-A53, A57 and A72: kept, and without effect */
    IMPDEF("L2CTLR_EL1", 11, 0, 2, 0),
    { .name = "L2ECTLR_EL1",
      .op0 = 3,
      .op1 = 1,
      .crn = 11,
      .op2 = 3,
      .access = SYSREG_RW1,
      .flags = SYSREG_NOTHING },
    { .name = "L2ACTLR_EL1",
      .op0 = 3,
      .op1 = 1,
      .crn = 15,
      .access = SYSREG_RW1,
      .flags = SYSREG_NOTHING },
    IMPDEF("CPUACTLR_EL1", 15, 2, 0, 1),
    IMPDEF("CPUECTLR_EL1", 15, 2, 1, 2),
    { .name = "CPUMERRSR_EL1",
      .op0 = 3,
      .op1 = 1,
      .crn = 15,
      .crm = 2,
      .op2 = 2,
      .access = SYSREG_RW1,
      .flags = SYSREG_NOTHING },
    { .name = "L2MERRSR_EL1",
      .op0 = 3,
      .op1 = 1,
      .crn = 15,
      .crm = 2,
      .op2 = 3,
      .access = SYSREG_RW1,
      .flags = SYSREG_NOTHING },
};

/* ---- Finding rows ---- */

/* The table with rows that stand for several written out, and where each encoding is in it. */
static GArray *all_rows;
static uint16_t row_of_encoding[1 << 16]; /* number + 1 */

static unsigned encoding(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
    return op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2;
}

const char *arm_numbered_name(const char *pattern, unsigned i)
{
    const char *n = strchr(pattern, 'n');

    return g_strdup_printf("%.*s%u%s", (int)(n - pattern), pattern, i, n + 1);
}

/* Of several registers alike the number goes on in CRm; there are as many as a field says, less
 * one. */
static void add_rows(const ARMSysReg *row)
{
    for (unsigned i = 0; i < MAX(row->count, 1); i++) {
        ARMSysReg copy = *row;
        unsigned at = encoding(row->op0, row->op1, row->crn, row->crm, row->op2);

        if (row->count) {
            at += i << 3;
            copy.name = arm_numbered_name(row->name, i);
            copy.index = i;
            copy.offset += i;
            copy.crm += i;
            copy.id_least += copy.id_field ? i : 0;
        }
        g_assert(!row_of_encoding[at]);
        g_array_append_val(all_rows, copy);
        row_of_encoding[at] = all_rows->len;
    }
}

static const ARMSysReg *find_by_name(const char *name)
{
    for (guint i = 0; name && i < all_rows->len; i++) {
        if (!strcmp(g_array_index(all_rows, ARMSysReg, i).name, name)) {
            return &g_array_index(all_rows, ARMSysReg, i);
        }
    }
    return NULL;
}

void arm_sysreg_init(void)
{
    if (all_rows) {
        return;
    }
    all_rows = g_array_new(false, false, sizeof(ARMSysReg));
    for (size_t i = 0; i < ARRAY_SIZE(sysregs); i++) {
        add_rows(&sysregs[i]);
    }
    for (size_t i = 0; i < arm_num_system_instructions; i++) {
        add_rows(&arm_system_instructions[i]);
    }
    for (size_t i = 0; i < arm_num_pmu_sysregs; i++) {
        add_rows(&arm_pmu_sysregs[i]);
    }
    for (size_t i = 0; i < arm_num_debug_sysregs; i++) {
        add_rows(&arm_debug_sysregs[i]);
    }
    for (size_t i = 0; i < arm_num_sysregs_of_levels; i++) {
        add_rows(&arm_sysregs_of_levels[i]);
    }
    arm_sysregs_for_hosts(add_rows);
    for (guint i = 0; i < all_rows->len; i++) {
        ARMSysReg *reg = &g_array_index(all_rows, ARMSysReg, i);

        reg->trap = arm_sysreg_trap_class(reg);
        reg->hosts = find_by_name(arm_sysreg_hosts_name(reg));
    }
}

const ARMSysReg *arm_sysreg_rows(size_t *nb)
{
    *nb = all_rows->len;
    return (const ARMSysReg *)all_rows->data;
}

const ARMSysReg *arm_sysreg_find(unsigned op0, unsigned op1, unsigned crn, unsigned crm,
                                 unsigned op2)
{
    unsigned row = row_of_encoding[encoding(op0, op1, crn, crm, op2)];

    return row ? &g_array_index(all_rows, ARMSysReg, row - 1) : NULL;
}

bool arm_sysreg_is_there(const ARMIdRegs *id, const ARMSysReg *reg)
{
    uint64_t value = ((const uint64_t *)id)[reg->id_field >> 8];

    if (reg->flags & SYSREG_PAUTH) {
        return arm_has_pauth(id);
    }
    if (reg->flags & SYSREG_PMU) {
        return arm_has_pmu(id);
    }
    return !reg->id_field || (value >> (reg->id_field & 0xff) & 0xf) >= reg->id_least;
}

bool arm_sysreg_is_reserved_id(unsigned op0, unsigned op1, unsigned crn, unsigned crm)
{
    return op0 == 3 && op1 == 0 && crn == 0 && crm >= 1 && crm <= 7;
}

/* ---- Accesses ---- */

uint64_t arm_sysreg_read(CPUARMState *env, const ARMSysReg *reg)
{
    return reg->read ? reg->read(env, reg)
                     : reg->flags & SYSREG_NOTHING || !reg->offset ? reg->reset
                                                                   : *indexed_field(env, reg);
}

void arm_sysreg_write(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    uint64_t *field = indexed_field(env, reg);

    if (reg->write) {
        reg->write(env, reg, value);
    } else if (reg->offset) {
        *field = (*field & ~reg->mask) | (value & reg->mask);
    }
}

void arm_sysreg_reset(CPUARMState *env)
{
    for (guint i = 0; i < all_rows->len; i++) {
        const ARMSysReg *reg = &g_array_index(all_rows, ARMSysReg, i);

        if (reg->offset && reg->reset) {
            *indexed_field(env, reg) = reg->reset;
        }
    }
}
