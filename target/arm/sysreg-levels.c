/*
 * System registers and system instructions of EL2 and EL3; what EL2 with VHE has by EL1's names.
 *
 * Reference: DDI 0487, D19 (registers), C5 (system instructions), D8.9 (VHE: "Accessing System
 * registers").
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "target/arm/internal.h"
#include "target/arm/sysreg.h"

static bool has_vhe(const CPUARMState *env)
{
    return env->id.mmfr1 >> 8 & 0xf;
}

static uint64_t *field_of(CPUARMState *env, const ARMSysReg *reg)
{
    return (uint64_t *)env + reg->offset;
}

/* ---- Configuration ---- */

#define HCR_V8_0   0x3ffffffffull
#define HCR_ADDED(env, field, shift, bits) ((env)->id.field >> (shift) & 0xf ? (bits) : 0)

/* What of HCR_EL2 there is, by what the CPU has. */
static uint64_t hcr_known(const CPUARMState *env)
{
    return HCR_V8_0 | (has_vhe(env) ? HCR_E2H : 0) |
           HCR_ADDED(env, mmfr1, 16, HCR_TLOR) |
           HCR_ADDED(env, pfr0, 28, HCR_TERR | HCR_TEA) |
           (arm_has_pauth(&env->id) ? HCR_APK | HCR_API : 0) |
           (arm_has_tags(&env->id) ? HCR_ATA | HCR_DCT | HCR_TID5 : 0);
}

/* Where EL1 has AArch64 alone it is said to use that (RW). */
static uint64_t always_wide(const CPUARMState *env, uint64_t rw)
{
    return arm_el1_has_both(env) ? 0 : rw;
}

/* Translation depends on some of it (the key of its contexts has that); regimes on E2H. */
static void write_hcr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    uint64_t new = (value & hcr_known(env)) | always_wide(env, HCR_RW), changed = env->hcr ^ new;

    env->hcr = new;
    if (changed & HCR_E2H) {
        arm_tlb_flush(env);
    } else if (changed & (HCR_VM | HCR_DC | HCR_DCT | HCR_TGE | HCR_PTW | HCR_RW)) {
        tlb_context_changed(arm_env_cpu(env));
    }
    if (changed & (HCR_VI | HCR_VF | HCR_VSE)) {
        arm_virtual_interrupts_changed(env);
    }
    arm_update_hflags(env);
}

#define SCR_RES1  0x30u
#define SCR_KNOWN (SCR_NS | SCR_IRQ | SCR_FIQ | SCR_EA | SCR_SMD | SCR_HCE | SCR_SIF | SCR_RW |     \
                   SCR_ST | SCR_TWI | SCR_TWE)

static void write_scr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    uint64_t added = (arm_has_pauth(&env->id) ? SCR_APK | SCR_API : 0) |
                     (arm_has_tags(&env->id) ? SCR_ATA : 0);
    uint64_t new = (value & (SCR_KNOWN | added)) | SCR_RES1 | always_wide(env, SCR_RW);
    uint64_t changed = env->scr ^ new;

    env->scr = new;
    if (changed & (SCR_NS | SCR_SIF | SCR_RW)) {
        tlb_context_changed(arm_env_cpu(env));
    }
    arm_update_hflags(env);
}

/* HSTR, CNTHCTL, ZCR, and part of MDCR: what traps, and how long vectors are, is in the block key. */
static void write_traps(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    *field_of(env, reg) = (*field_of(env, reg) & ~reg->mask) | (value & reg->mask);
    arm_update_hflags(env);
}

/* It says which counters are whose, too. */
static void write_mdcr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    arm_pmu_fold(env);
    write_traps(env, reg, value);
    arm_pmu_restart(env);
}

/* With VHE it has CPACR_EL1's fields. */
static void write_cptr_el2(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    uint64_t sve = arm_has_sve(&env->id) ? CPTR_TZ : 0;

    env->cptr_el[2] = env->hcr & HCR_E2H
                          ? value & (sve ? 0x91330000u : 0x91300000u)
                          : (value & (0x80100400u | sve)) | (0x33ffu & ~sve);
    arm_update_hflags(env);
}

static void write_cptr_el3(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    env->cptr_el[3] = value & (0x80100400u | (arm_has_sve(&env->id) ? CPTR_TZ : 0));
    arm_update_hflags(env);
}

/* ---- Control and translation ---- */

#define SCTLR_HIGH_RES1  0x30c50830ull
#define SCTLR_HIGH_KNOWN (SCTLR_M | SCTLR_A | SCTLR_C | SCTLR_SA | SCTLR_I | SCTLR_WXN | SCTLR_EE)
/* With VHE SCTLR_EL2 says what EL0 may, as SCTLR_EL1 does. */
#define SCTLR_HOST_RES1  0x30d00800ull
#define SCTLR_HOST_KNOWN (SCTLR_HIGH_KNOWN | SCTLR_SA0 | SCTLR_UMA | SCTLR_DZE | SCTLR_UCT |        \
                          SCTLR_NTWI | SCTLR_NTWE | SCTLR_E0E | SCTLR_UCI | 0x1a0u)

/* Bits of extensions that are about EL0, or entries from it. */
#define SCTLR_OF_EL0 (SCTLR_SPAN | SCTLR_TCF0 | SCTLR_ATA0)

static void write_sctlr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    bool host = reg->index == 2 && (env->hcr & HCR_HOST) == HCR_HOST;
    uint64_t added = arm_sctlr_of_extensions(&env->id);
    uint64_t new = host ? (value & (SCTLR_HOST_KNOWN | added)) | (SCTLR_HOST_RES1 & ~added)
                        : (value & (SCTLR_HIGH_KNOWN | (added & ~SCTLR_OF_EL0))) | SCTLR_HIGH_RES1;
    uint64_t changed = env->sctlr_el[reg->index] ^ new;

    env->sctlr_el[reg->index] = new;
    if (changed & (SCTLR_M | SCTLR_WXN)) {
        arm_tlb_flush(env);
    }
    arm_update_hflags(env);
}

static void write_table(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    if (*field_of(env, reg) != value) {
        *field_of(env, reg) = value;
        tlb_context_changed(arm_env_cpu(env));
    }
}

static void write_tcr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    if (*field_of(env, reg) != value) {
        *field_of(env, reg) = value;
        arm_tlb_flush(env);
        arm_update_hflags(env);
    }
}

/* ---- Stack pointers ---- */

static uint64_t read_stack_pointer(CPUARMState *env, const ARMSysReg *reg)
{
    return *arm_stack_pointer(env, reg->index);
}

static void write_stack_pointer(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    *arm_stack_pointer(env, reg->index) = value;
}

/* ---- Address translation, TLB maintenance ---- */

enum { AT_WRITE = 1, AT_USER = 2, AT_BOTH = 4, AT_EL2 = 8, AT_EL3 = 16 };

static void write_at(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    int mode = reg->index & AT_EL3    ? ARM_MMU_EL3
               : reg->index & AT_EL2  ? ARM_MMU_EL2
               : reg->index & AT_USER ? ARM_MMU_EL0
                                      : ARM_MMU_EL1;

    arm_address_translate(env, value, reg->index & AT_WRITE ? MMU_DATA_STORE : MMU_DATA_LOAD, mode,
                          reg->index & AT_BOTH);
}

/* To all CPUs: CRm 0 (stage 2) and 3. */
static bool is_for_all(const ARMSysReg *reg)
{
    return reg->crm == 0 || reg->crm == 3;
}

static void write_tlbi_all(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    arm_tlb_invalidate(env, is_for_all(reg), false, 0);
}

static void write_tlbi_address(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    arm_tlb_invalidate(env, is_for_all(reg), true, value);
}

/* ---- Timers ---- */

static void write_offset(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    env->cntvoff = value;
    arm_timer_update(env);
}

/* ---- The table ---- */

#define FIELD(member) (offsetof(CPUARMState, member) / 8)
#define WORD UINT32_MAX
#define ALL  UINT64_MAX
#define REG(level, name_, crn_, crm_, op2_, member, mask_, ...)                                    \
    { .name = name_, .op0 = 3, .op1 = (level) == 2 ? 4 : 6, .crn = crn_, .crm = crm_,              \
      .op2 = op2_, .access = (level) == 2 ? SYSREG_RW2 : SYSREG_RW3, .offset = FIELD(member),      \
      .mask = mask_, ##__VA_ARGS__ }
#define NOTHING(level, name_, crn_, crm_, op2_)                                                    \
    { .name = name_, .op0 = 3, .op1 = (level) == 2 ? 4 : 6, .crn = crn_, .crm = crm_,              \
      .op2 = op2_, .access = (level) == 2 ? SYSREG_RW2 : SYSREG_RW3, .flags = SYSREG_NOTHING }
#define ENDS(hook) .flags = SYSREG_ENDS, .write = hook
#define STACK(name_, op1_, n)                                                                      \
    { .name = name_, .op0 = 3, .op1 = op1_, .crn = 4, .crm = 1,                                    \
      .access = (n) == 1 ? SYSREG_RW2 : SYSREG_RW3, .read = read_stack_pointer,                    \
      .write = write_stack_pointer, .index = n }
#define AT(name_, op1_, op2_, how)                                                                 \
    { .name = "AT " name_, .op0 = 1, .op1 = op1_, .crn = 7, .crm = 8, .op2 = op2_,                 \
      .access = (op1_) == 4 ? SYSREG_W2 : SYSREG_W3, .write = write_at, .index = how }
#define TLBI(name_, op1_, crm_, op2_, hook)                                                        \
    { .name = "TLBI " name_, .op0 = 1, .op1 = op1_, .crn = 8, .crm = crm_, .op2 = op2_,            \
      .access = (op1_) == 4 ? SYSREG_W2 : SYSREG_W3, .flags = SYSREG_ENDS, .write = hook }
#define TLBI_PAIR(name, op1, op2, hook)                                                            \
    TLBI(name "IS", op1, 3, op2, hook), TLBI(name, op1, 7, op2, hook)
#define TIMER(prefix, suffix, op1_, crm_, access_, flags_, timer)                                  \
    { .name = prefix "_TVAL" suffix, .op0 = 3, .op1 = op1_, .crn = 14, .crm = crm_, .op2 = 0,      \
      .access = access_, .flags = SYSREG_CLOCK | flags_, .read = arm_read_timer_value,             \
      .write = arm_write_timer_value, .index = timer },                                            \
    { .name = prefix "_CTL" suffix, .op0 = 3, .op1 = op1_, .crn = 14, .crm = crm_, .op2 = 1,       \
      .access = access_, .flags = SYSREG_CLOCK | flags_, .read = arm_read_timer_control,           \
      .write = arm_write_timer_control, .index = timer },                                          \
    { .name = prefix "_CVAL" suffix, .op0 = 3, .op1 = op1_, .crn = 14, .crm = crm_, .op2 = 2,      \
      .access = access_, .flags = SYSREG_CLOCK | flags_, .read = arm_read_timer_compare,           \
      .write = arm_write_timer_compare, .index = timer }
#define GIC(name_, op1_, crm_, op2_, access_, reg_)                                                \
    { .name = name_, .op0 = 3, .op1 = op1_, .crn = 12, .crm = crm_, .op2 = op2_,                   \
      .access = access_, .flags = SYSREG_CLOCK | SYSREG_GIC, .read = arm_read_icc,                 \
      .write = arm_write_icc, .index = reg_ }
#define LIST(crm, n)                                                                               \
    GIC("ICH_LR" #n "_EL2", 4, crm, (n) % 8, SYSREG_RW2, ICH_LR0 + (n))

const ARMSysReg arm_sysregs_of_levels[] = {
    /* EL2: identification for EL1, configuration */
    REG(2, "VPIDR_EL2", 0, 0, 0, vpidr, WORD),
    REG(2, "VMPIDR_EL2", 0, 0, 5, vmpidr, ALL),
    REG(2, "HCR_EL2", 1, 1, 0, hcr, 0, ENDS(write_hcr), .reset = HCR_RW),
    REG(2, "MDCR_EL2", 1, 1, 1, mdcr_el[2], 0x20fff, ENDS(write_mdcr)),
    REG(2, "CPTR_EL2", 1, 1, 2, cptr_el[2], 0, ENDS(write_cptr_el2), .reset = 0x33ff),
    REG(2, "ZCR_EL2", 1, 2, 0, zcr_el[2], 0xf, .flags = SYSREG_ENDS | SYSREG_SVE,
        .write = write_traps, SYSREG_OF(pfr0, 32, 1)),
    REG(2, "HSTR_EL2", 1, 1, 3, hstr, 0xffff, ENDS(write_traps)),
    REG(2, "HACR_EL2", 1, 1, 7, hacr, 0),

    /* EL2: control, translation, exceptions */
    REG(2, "SCTLR_EL2", 1, 0, 0, sctlr_el[2], 0, ENDS(write_sctlr), .index = 2,
        .reset = SCTLR_HIGH_RES1),
    REG(2, "ACTLR_EL2", 1, 0, 1, actlr_el[2], 0),
    REG(2, "TTBR0_EL2", 2, 0, 0, ttbr0_el[2], 0, ENDS(write_table)),
    REG(2, "TTBR1_EL2", 2, 0, 1, ttbr1_el[2], 0, .flags = SYSREG_ENDS | SYSREG_VHE,
        .write = write_table),
    REG(2, "TCR_EL2", 2, 0, 2, tcr_el[2], 0, ENDS(write_tcr)),
    REG(2, "VTTBR_EL2", 2, 1, 0, vttbr, 0, ENDS(write_table)),
    REG(2, "VTCR_EL2", 2, 1, 2, vtcr, 0, ENDS(write_table)),
    REG(2, "DACR32_EL2", 3, 0, 0, dacr, WORD),
    REG(2, "SPSR_EL2", 4, 0, 0, spsr_el[2], WORD),
    REG(2, "ELR_EL2", 4, 0, 1, elr_el[2], ALL),
    STACK("SP_EL1", 4, 1),
    REG(2, "SPSR_irq", 4, 3, 0, spsr_irq, WORD),
    REG(2, "SPSR_abt", 4, 3, 1, spsr_abt, WORD),
    REG(2, "SPSR_und", 4, 3, 2, spsr_und, WORD),
    REG(2, "SPSR_fiq", 4, 3, 3, spsr_fiq, WORD),
    REG(2, "IFSR32_EL2", 5, 0, 1, ifsr, WORD),
    REG(2, "AFSR0_EL2", 5, 1, 0, afsr0_el[2], 0),
    REG(2, "AFSR1_EL2", 5, 1, 1, afsr1_el[2], 0),
    REG(2, "TFSR_EL2", 5, 6, 0, tfsr_el[2], 3, SYSREG_OF(pfr1, 8, 2)),
    REG(2, "ESR_EL2", 5, 2, 0, esr_el[2], WORD),
    REG(2, "VSESR_EL2", 5, 2, 3, vsesr, 0x1ffffff, SYSREG_OF(pfr0, 28, 1)),
    REG(2, "VDISR_EL2", 12, 1, 1, vdisr, 0x81ffffff, SYSREG_OF(pfr0, 28, 1)),
    REG(2, "FPEXC32_EL2", 5, 3, 0, fpexc, WORD),
    REG(2, "FAR_EL2", 6, 0, 0, far_el[2], ALL),
    REG(2, "HPFAR_EL2", 6, 0, 4, hpfar, 0xfffffffff0ull),
    REG(2, "MAIR_EL2", 10, 2, 0, mair_el[2], ALL),
    REG(2, "AMAIR_EL2", 10, 3, 0, amair_el[2], 0),
    REG(2, "VBAR_EL2", 12, 0, 0, vbar_el[2], ~0x7ffull),
    NOTHING(2, "RVBAR_EL2", 12, 0, 1),
    REG(2, "CONTEXTIDR_EL2", 13, 0, 1, contextidr_el2, WORD, .flags = SYSREG_VHE),
    REG(2, "TPIDR_EL2", 13, 0, 2, tpidr_el[2], ALL),
    { .name = "DBGVCR32_EL2", .op0 = 2, .op1 = 4, .crm = 7, .access = SYSREG_RW2,
      .flags = SYSREG_NOTHING },

    /* EL2: timers */
    { .name = "CNTVOFF_EL2", .op0 = 3, .op1 = 4, .crn = 14, .op2 = 3, .access = SYSREG_RW2,
      .flags = SYSREG_CLOCK, .offset = FIELD(cntvoff), .write = write_offset },
    REG(2, "CNTHCTL_EL2", 14, 1, 0, cnthctl, 0xfff, ENDS(write_traps), .reset = 3),
    TIMER("CNTHP", "_EL2", 4, 2, SYSREG_RW2, 0, ARM_TIMER_HYP),
    TIMER("CNTHV", "_EL2", 4, 3, SYSREG_RW2, SYSREG_VHE, ARM_TIMER_HYPVIRT),

    /* EL2: instructions */
    AT("S1E2R", 4, 0, AT_EL2),
    AT("S1E2W", 4, 1, AT_EL2 | AT_WRITE),
    AT("S12E1R", 4, 4, AT_BOTH),
    AT("S12E1W", 4, 5, AT_BOTH | AT_WRITE),
    AT("S12E0R", 4, 6, AT_BOTH | AT_USER),
    AT("S12E0W", 4, 7, AT_BOTH | AT_USER | AT_WRITE),
    TLBI("IPAS2E1IS", 4, 0, 1, write_tlbi_all),
    TLBI("IPAS2LE1IS", 4, 0, 5, write_tlbi_all),
    TLBI("IPAS2E1", 4, 4, 1, write_tlbi_all),
    TLBI("IPAS2LE1", 4, 4, 5, write_tlbi_all),
    TLBI_PAIR("ALLE2", 4, 0, write_tlbi_all),
    TLBI_PAIR("VAE2", 4, 1, write_tlbi_address),
    TLBI_PAIR("ALLE1", 4, 4, write_tlbi_all),
    TLBI_PAIR("VALE2", 4, 5, write_tlbi_address),
    TLBI_PAIR("VMALLS12E1", 4, 6, write_tlbi_all),

    /* EL2: the GIC */
    GIC("ICH_AP0R0_EL2", 4, 8, 0, SYSREG_RW2, ICH_AP0R0),
    GIC("ICH_AP1R0_EL2", 4, 9, 0, SYSREG_RW2, ICH_AP1R0),
    { .name = "ICC_SRE_EL2", .op0 = 3, .op1 = 4, .crn = 12, .crm = 9, .op2 = 5,
      .access = SYSREG_RW2, .flags = SYSREG_NOTHING | SYSREG_GIC, .reset = 0xf },
    GIC("ICH_HCR_EL2", 4, 11, 0, SYSREG_RW2, ICH_HCR),
    GIC("ICH_VTR_EL2", 4, 11, 1, SYSREG_R2, ICH_VTR),
    GIC("ICH_MISR_EL2", 4, 11, 2, SYSREG_R2, ICH_MISR),
    GIC("ICH_EISR_EL2", 4, 11, 3, SYSREG_R2, ICH_EISR),
    GIC("ICH_ELRSR_EL2", 4, 11, 5, SYSREG_R2, ICH_ELRSR),
    GIC("ICH_VMCR_EL2", 4, 11, 7, SYSREG_RW2, ICH_VMCR),
    LIST(12, 0), LIST(12, 1), LIST(12, 2), LIST(12, 3),

    /* EL3 */
    REG(3, "SCTLR_EL3", 1, 0, 0, sctlr_el[3], 0, ENDS(write_sctlr), .index = 3,
        .reset = SCTLR_HIGH_RES1),
    REG(3, "ACTLR_EL3", 1, 0, 1, actlr_el[3], 0),
    REG(3, "SCR_EL3", 1, 1, 0, scr, 0, ENDS(write_scr), .reset = SCR_RES1 | SCR_RW),
    REG(3, "SDER32_EL3", 1, 1, 1, sder, 3),
    REG(3, "CPTR_EL3", 1, 1, 2, cptr_el[3], 0, ENDS(write_cptr_el3)),
    REG(3, "ZCR_EL3", 1, 2, 0, zcr_el[3], 0xf, .flags = SYSREG_ENDS | SYSREG_SVE,
        .write = write_traps, SYSREG_OF(pfr0, 32, 1)),
    REG(3, "MDCR_EL3", 1, 3, 1, mdcr_el[3], 0x7f8640, ENDS(write_mdcr)),
    REG(3, "TTBR0_EL3", 2, 0, 0, ttbr0_el[3], 0, ENDS(write_table)),
    REG(3, "TCR_EL3", 2, 0, 2, tcr_el[3], 0, ENDS(write_tcr)),
    REG(3, "SPSR_EL3", 4, 0, 0, spsr_el[3], WORD),
    REG(3, "ELR_EL3", 4, 0, 1, elr_el[3], ALL),
    STACK("SP_EL2", 6, 2),
    REG(3, "AFSR0_EL3", 5, 1, 0, afsr0_el[3], 0),
    REG(3, "AFSR1_EL3", 5, 1, 1, afsr1_el[3], 0),
    REG(3, "TFSR_EL3", 5, 6, 0, tfsr_el[3], 1, SYSREG_OF(pfr1, 8, 2)),
    REG(3, "ESR_EL3", 5, 2, 0, esr_el[3], WORD),
    REG(3, "FAR_EL3", 6, 0, 0, far_el[3], ALL),
    REG(3, "MAIR_EL3", 10, 2, 0, mair_el[3], ALL),
    REG(3, "AMAIR_EL3", 10, 3, 0, amair_el[3], 0),
    REG(3, "VBAR_EL3", 12, 0, 0, vbar_el[3], ~0x7ffull),
    NOTHING(3, "RVBAR_EL3", 12, 0, 1),
    NOTHING(3, "RMR_EL3", 12, 0, 2),
    REG(3, "TPIDR_EL3", 13, 0, 2, tpidr_el[3], ALL),
    TIMER("CNTPS", "_EL1", 7, 2, SYSREG_RW1, SYSREG_CHECKED, ARM_TIMER_SECURE),
    AT("S1E3R", 6, 0, AT_EL3),
    AT("S1E3W", 6, 1, AT_EL3 | AT_WRITE),
    TLBI_PAIR("ALLE3", 6, 0, write_tlbi_all),
    TLBI_PAIR("VAE3", 6, 1, write_tlbi_address),
    TLBI_PAIR("VALE3", 6, 5, write_tlbi_address),
    GIC("ICC_CTLR_EL3", 6, 12, 4, SYSREG_RW3, ICC_CTLR_EL3),
    { .name = "ICC_SRE_EL3", .op0 = 3, .op1 = 6, .crn = 12, .crm = 12, .op2 = 5,
      .access = SYSREG_RW3, .flags = SYSREG_NOTHING | SYSREG_GIC, .reset = 0xf },
    GIC("ICC_IGRPEN1_EL3", 6, 12, 7, SYSREG_RW3, ICC_IGRPEN1_EL3),
};

const size_t arm_num_sysregs_of_levels = G_N_ELEMENTS(arm_sysregs_of_levels);

/* ---- VHE ---- */

/* EL1's registers, and what EL2 with E2H gets by their names; EL1's own are NAME_EL12 and NAME_EL02. */
static const struct {
    const char *name, *hosts;
} hosted[] = {
    { "SCTLR_EL1", "SCTLR_EL2" },           { "CPACR_EL1", "CPTR_EL2" },
    { "ZCR_EL1", "ZCR_EL2" },
    { "TTBR0_EL1", "TTBR0_EL2" },           { "TTBR1_EL1", "TTBR1_EL2" },
    { "TCR_EL1", "TCR_EL2" },               { "SPSR_EL1", "SPSR_EL2" },
    { "ELR_EL1", "ELR_EL2" },               { "AFSR0_EL1", "AFSR0_EL2" },
    { "AFSR1_EL1", "AFSR1_EL2" },           { "ESR_EL1", "ESR_EL2" },
    { "TFSR_EL1", "TFSR_EL2" },
    { "FAR_EL1", "FAR_EL2" },               { "MAIR_EL1", "MAIR_EL2" },
    { "AMAIR_EL1", "AMAIR_EL2" },           { "VBAR_EL1", "VBAR_EL2" },
    { "CONTEXTIDR_EL1", "CONTEXTIDR_EL2" }, { "CNTKCTL_EL1", "CNTHCTL_EL2" },
    { "CNTP_TVAL_EL0", "CNTHP_TVAL_EL2" },  { "CNTP_CTL_EL0", "CNTHP_CTL_EL2" },
    { "CNTP_CVAL_EL0", "CNTHP_CVAL_EL2" },  { "CNTV_TVAL_EL0", "CNTHV_TVAL_EL2" },
    { "CNTV_CTL_EL0", "CNTHV_CTL_EL2" },    { "CNTV_CVAL_EL0", "CNTHV_CVAL_EL2" },
};

const char *arm_sysreg_hosts_name(const ARMSysReg *reg)
{
    for (size_t i = 0; i < ARRAY_SIZE(hosted); i++) {
        if (!strcmp(hosted[i].name, reg->name)) {
            return hosted[i].hosts;
        }
    }
    return NULL;
}

/* By another name: op1 is 5 for all of them. */
void arm_sysregs_for_hosts(void (*add)(const ARMSysReg *row))
{
    size_t nb;
    const ARMSysReg *rows = arm_sysreg_rows(&nb);
    g_autofree ARMSysReg *copies = g_memdup2(rows, nb * sizeof(*rows));

    for (size_t i = 0; i < nb; i++) {
        if (arm_sysreg_hosts_name(&copies[i])) {
            copies[i].name = g_strconcat(copies[i].name, "2", NULL); /* …_EL12, …_EL02 */
            copies[i].op1 = 5;
            copies[i].access = SYSREG_RW2;
            copies[i].flags |= SYSREG_E2H;
            copies[i].count = 0;
            copies[i].reset = 0;
            add(&copies[i]);
        }
    }
}
