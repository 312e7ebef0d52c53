/*
 * The table of coprocessor registers (cp14, cp15), and what they do.
 *
 * With EL3 many exist twice, for each security state (rows with BANKED). Then there are two rows
 * that differ in the place in env, so hooks reach their register by that alone, and the block key
 * says which row an access is to (ARM_HF_SECURE_BANK). EL3's own registers and Hyp mode's are rows
 * of the same table.
 *
 * Reference: DDI 0487, G8 (registers; "Configuration" says which AArch64 register is the same) and
 * G7.4 (index by coprocessor); Cortex-A15 (DDI 0438) and Cortex-A7 (DDI 0464) Technical Reference
 * Manuals, chapter 4, for what is implementation defined.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/atomic.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/mmu-walk32.h"
#include "target/arm/sysreg32.h"

static uint64_t *field_of(CPUARMState *env, const ARMSysReg32 *reg)
{
    return (uint64_t *)env + reg->offset;
}

/* ---- Control ---- */

/* What there is, and what always reads as one (the Cortex-A15's and A7's reset value). */
#define SCTLR32_RES1  0x00c50058u
#define SCTLR32_KNOWN                                                                              \
    (SCTLR_M | SCTLR_A | SCTLR_C | SCTLR_CP15BEN | SCTLR_I | SCTLR_V | SCTLR_WXN | SCTLR_UWXN |     \
     SCTLR_EE | SCTLR_AFE | SCTLR_TE | 1u << 11 /* Z */ | 1u << 28 /* TRE */)

static void write_control(CPUARMState *env, const ARMSysReg32 *reg, uint64_t new)
{
    uint64_t changed = *field_of(env, reg) ^ new;

    *field_of(env, reg) = new;
    if (changed & (SCTLR_M | SCTLR_WXN | SCTLR_UWXN | SCTLR_AFE)) {
        arm_tlb_flush(env);
    }
    arm_update_hflags(env);
}

static void write_sctlr(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    write_control(env, reg, SCTLR32_RES1 | (value & SCTLR32_KNOWN));
}

/* Hyp mode's (the Cortex-A15's reset value). */
#define HSCTLR_RES1  0x30c50858u
#define HSCTLR_KNOWN                                                                               \
    (SCTLR_M | SCTLR_A | SCTLR_C | SCTLR_CP15BEN | SCTLR_I | SCTLR_WXN | SCTLR_EE | SCTLR_TE)

static void write_hsctlr(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    write_control(env, reg, HSCTLR_RES1 | (value & HSCTLR_KNOWN));
}

#define CPACR_CP10_11 0x00f00000u

static void write_cpacr(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    env->cpacr = value & CPACR_CP10_11;
    arm_update_hflags(env);
}

/* ---- Translation ---- */

static void write_context(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    uint64_t *field = field_of(env, reg);

    if (*field != value) {
        *field = value;
        tlb_context_changed(arm_env_cpu(env));
    }
}

static void write_ttbcr(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    if (*field_of(env, reg) != value) {
        *field_of(env, reg) = value;
        arm_tlb_flush(env);
    }
}

/*
 * The context has the register as a whole; global pages don't belong to one. So those of a domain
 * whose rights change have to go. Secure state has none.
 */
static void write_dacr(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    uint64_t *dacr = field_of(env, reg), changed = *dacr ^ value;

    *dacr = value;
    for (unsigned domain = 0; domain < 16 && dacr == &env->dacr; domain++) {
        if ((changed >> (2 * domain) & 3) && (env->global_domains >> domain & 1)) {
            arm_tlb_flush(env);
            return;
        }
    }
    if (changed) {
        tlb_context_changed(arm_env_cpu(env));
    }
}

enum { AT_WRITE = 1, AT_USER = 2, AT_BOTH = 4, AT_HYP = 8 };

/* PAR's upper half belongs to long descriptors; it is written whole by them. */
static void write_address_translation(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    bool secure = env->has_el3 && arm_is_secure(env) && !(reg->index & AT_BOTH);
    int mode = reg->index & AT_HYP    ? ARM_MMU_EL2
               : reg->index & AT_USER ? (secure ? ARM_MMU_SECURE_EL0 : ARM_MMU_EL0)
                                      : (secure ? ARM_MMU_EL3 : ARM_MMU_EL1);

    arm_address_translate(env, value, reg->index & AT_WRITE ? MMU_DATA_STORE : MMU_DATA_LOAD, mode,
                          reg->index & AT_BOTH);
}

/* ---- The level of caches that CSSELR names ---- */

static uint64_t read_ccsidr(CPUARMState *env, const ARMSysReg32 *reg)
{
    uint64_t level = arm_has_secure_bank(env) ? env->csselr_s : env->csselr;

    return level < ARRAY_SIZE(env->id.ccsidr) ? env->id.ccsidr[level] : 0;
}

/* ---- EL3 ---- */

#define SCR32_KNOWN                                                                                \
    (SCR_NS | SCR_IRQ | SCR_FIQ | SCR_EA | SCR_FW | SCR_AW | SCR_NET | SCR_SMD /* SCD */ |         \
     SCR_HCE | SCR_SIF)

static void write_scr(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    uint64_t known = SCR32_KNOWN & ~(env->has_el2 ? 0u : (uint32_t)(SCR_HCE | SCR_SMD));
    uint64_t new = value & known, changed = env->scr ^ new;

    env->scr = new;
    if (changed & (SCR_NS | SCR_SIF)) {
        tlb_context_changed(arm_env_cpu(env));
    }
    arm_update_hflags(env);
}

/* Where EL3 doesn't use AArch32, others see that it forbids nothing. */
static uint64_t read_nsacr(CPUARMState *env, const ARMSysReg32 *reg)
{
    return arm_has_only_aarch32(env) ? env->nsacr : NSACR_CP10_11;
}

#define NSACR_KNOWN (NSACR_CP10_11 | 1u << 14 /* NSD32DIS */ | 1u << 15 /* NSASEDIS */)

static void write_nsacr(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    env->nsacr = value & NSACR_KNOWN;
    arm_update_hflags(env);
}

/* ---- Hyp mode ---- */

#define HCR32_V7 0x0fffffffu
#define HCR32_V8 (HCR32_V7 | HCR_HCD | HCR_TRVM)

static void write_hcr(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    uint64_t new = value & (arm_is_armv8(env) ? HCR32_V8 : HCR32_V7), changed = env->hcr ^ new;

    env->hcr = new;
    if (changed & (HCR_VM | HCR_DC | HCR_TGE | HCR_PTW)) {
        tlb_context_changed(arm_env_cpu(env));
    }
    if (changed & (HCR_VI | HCR_VF | HCR_VSE)) {
        arm_virtual_interrupts_changed(env);
    }
    arm_update_hflags(env);
}

/* TCP0 to TCP9, 12 and 13 are of coprocessors that aren't there. */
#define HCPTR_RES1  0x33ffu
#define HCPTR_KNOWN (CPTR_TCPAC | CPTR_TFP | 1u << 11)

static void write_hcptr(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    env->cptr_el[2] = (value & HCPTR_KNOWN) | HCPTR_RES1;
    arm_update_hflags(env);
}

/* Whoever is highest sets the frequency. */
static bool frequency_is_ours(CPUARMState *env, const ARMSysReg32 *reg, bool write)
{
    return !write || arm_current_el(env) >= (env->has_el3 ? 3 : env->has_el2 ? 2 : 1);
}

/* ---- Maintenance ---- */

/* To all CPUs, also because Hyp mode has it so (HCR.FB). */
static bool is_for_all(const CPUARMState *env, const ARMSysReg32 *reg)
{
    return reg->crm == 3 || (arm_current_el(env) == 1 && (arm_hcr(env) & HCR_FB));
}

static void write_tlbi_all(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    arm_tlb_invalidate(env, is_for_all(env, reg), false, 0);
}

static void write_tlbi_address(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    arm_tlb_invalidate(env, is_for_all(env, reg), true, value >> TARGET_PAGE_BITS);
}

/* The barriers as coprocessor operations, which SCTLR can take away. */
static bool barriers_are_on(CPUARMState *env, const ARMSysReg32 *reg, bool write)
{
    return env->sctlr_el[arm_regime_el(env)] & SCTLR_CP15BEN;
}

static void write_barrier(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    smp_mb();
}

/* ---- Debug ---- */

/* How many breakpoints and watchpoints there are, as ID_AA64DFR0 would say it; the architecture's
 * version is ID_DFR0's. Bits 14 and 12: there is security. */
static uint64_t read_dbgdidr(CPUARMState *env, const ARMSysReg32 *reg)
{
    uint64_t dfr0 = env->id.dfr0;

    return extract64(dfr0, 20, 4) << 28 | extract64(dfr0, 12, 4) << 24 |
           extract64(dfr0, 28, 4) << 20 | (env->id.a32_dfr0 & 0xf) << 16 | 0x8000 |
           (env->has_el3 ? 0x5000 : 0);
}

/* MOE, UDCCdis and MDBGen of DBGDSCR are fields of MDSCR; there is no software step. */
#define DBGDSCR_KNOWN 0x903cu

static uint64_t read_dbgdscr(CPUARMState *env, const ARMSysReg32 *reg)
{
    return env->mdscr & DBGDSCR_KNOWN;
}

static void write_dbgdscr(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    env->mdscr = value & DBGDSCR_KNOWN;
    arm_debug_changed(env);
}

static void write_dbgvcr(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    if (value) {
        qemu_log_mask(LOG_UNIMP, "DBGVCR: vectors aren't caught, and it reads as 0\n");
    }
}

/* ---- The table ---- */

#define FIELD(member) (offsetof(CPUARMState, member) / 8)
#define SAME(name_, opc1_, crn_, crm_, opc2_, same_, ...)                                          \
    { .name = name_, .cp = 15, .opc1 = opc1_, .crn = crn_, .crm = crm_, .opc2 = opc2_,             \
      .same = same_, ##__VA_ARGS__ }
#define WIDE(name_, opc1_, crm_, same_, ...)                                                       \
    { .name = name_, .cp = 15, .opc1 = opc1_, .crm = crm_, .wide = true, .part = PART_ALL,         \
      .same = same_, ##__VA_ARGS__ }
#define OWN(name_, opc1_, crn_, crm_, opc2_, ...)                                                  \
    { .name = name_, .cp = 15, .opc1 = opc1_, .crn = crn_, .crm = crm_, .opc2 = opc2_,             \
      ##__VA_ARGS__ }
/* Secure state's one is elsewhere. */
#define BANKED(member)       .secure_offset = FIELD(member)
#define BANKED_TIMER         .secure_timer = ARM_TIMER_SECURE
#define EL3(name_, crn_, crm_, opc2_, ...)                                                         \
    OWN(name_, 0, crn_, crm_, opc2_, .access = SYSREG_RW3, ##__VA_ARGS__)
#define HYP(name_, crn_, crm_, opc2_, same_, ...)                                                  \
    SAME(name_, 4, crn_, crm_, opc2_, same_, ##__VA_ARGS__)
#define HYP_OWN(name_, crn_, crm_, opc2_, member, hook, ...)                                       \
    OWN(name_, 4, crn_, crm_, opc2_, .access = SYSREG_RW2, .flags = SYSREG_ENDS,                   \
        .offset = FIELD(member), .write = hook, ##__VA_ARGS__)
/* The GIC's CPU interface, where it is in registers: AArch64's encodings; list registers are two.
 */
#define ICC(name_, crm_, opc2_) SAME(name_, 0, 12, crm_, opc2_, name_ "_EL1")
#define ICH(name_, crm_, opc2_) SAME(name_, 4, 12, crm_, opc2_, name_ "_EL2")
#define ICH_LIST(n)                                                                                \
    SAME("ICH_LR" #n, 4, 12, 12, n, "ICH_LR" #n "_EL2", .part = PART_LOW_KEEPING),                 \
    SAME("ICH_LRC" #n, 4, 12, 14, n, "ICH_LR" #n "_EL2", .part = PART_HIGH)
#define DEBUG(name_, opc1_, crn_, crm_, opc2_, ...)                                                \
    { .name = name_, .cp = 14, .opc1 = opc1_, .crn = crn_, .crm = crm_, .opc2 = opc2_,             \
      ##__VA_ARGS__ }
#define DEBUG_SAME(name_, opc1_, crn_, crm_, opc2_, same_, ...)                                    \
    DEBUG(name_, opc1_, crn_, crm_, opc2_, .same = same_, ##__VA_ARGS__)
#define ID(name, crm, opc2) SAME(name, 0, 0, crm, opc2, name "_EL1")
/* Reads as zero, writes are ignored. */
#define NOTHING .access = SYSREG_RW1
#define DONE    .access = SYSREG_W1
#define TLBI(name, crm, opc2, hook)                                                                \
    OWN(name, 0, 8, crm, opc2, .access = SYSREG_W1, .flags = SYSREG_ENDS, .write = hook)
#define BARRIER(name, crm, opc2, ...)                                                              \
    OWN(name, 0, 7, crm, opc2, .access = SYSREG_W, .write = write_barrier,                         \
        .allowed = barriers_are_on, ##__VA_ARGS__)
#define AT(name_, opc1_, opc2_, access_, how, ...)                                                 \
    OWN(name_, opc1_, 7, 8, opc2_, .access = access_, .write = write_address_translation,          \
        .index = how, ##__VA_ARGS__)
#define TLBI_HYP(name, crm, opc2, hook, ...)                                                       \
    OWN(name, 4, 8, crm, opc2, .access = SYSREG_W2, .flags = SYSREG_ENDS __VA_ARGS__, .write = hook)
#define CACHE_BY_ADDRESS(name, crm, opc2, ...)                                                     \
    OWN(name, 0, 7, crm, opc2, .access = SYSREG_W1, .flags = SYSREG_BY_ADDRESS, ##__VA_ARGS__)

static const ARMSysReg32 rows[] = {
    /* Identification */
    ID("MIDR", 0, 0),
    SAME("CTR", 0, 0, 0, 1, "CTR_EL0"),
    OWN("TCMTR", 0, 0, 0, 2, .access = SYSREG_R1),
    OWN("TLBTR", 0, 0, 0, 3, .access = SYSREG_R1),
    SAME("MIDR_4", 0, 0, 0, 4, "MIDR_EL1"),
    ID("MPIDR", 0, 5),
    ID("REVIDR", 0, 6),
    SAME("MIDR_7", 0, 0, 0, 7, "MIDR_EL1"),
    ID("ID_PFR0", 1, 0),
    ID("ID_PFR1", 1, 1),
    ID("ID_DFR0", 1, 2),
    ID("ID_AFR0", 1, 3),
    ID("ID_MMFR0", 1, 4),
    ID("ID_MMFR1", 1, 5),
    ID("ID_MMFR2", 1, 6),
    ID("ID_MMFR3", 1, 7),
    ID("ID_ISAR0", 2, 0),
    ID("ID_ISAR1", 2, 1),
    ID("ID_ISAR2", 2, 2),
    ID("ID_ISAR3", 2, 3),
    ID("ID_ISAR4", 2, 4),
    ID("ID_ISAR5", 2, 5),
    ID("ID_MMFR4", 2, 6),
    ID("ID_ISAR6", 2, 7),
    OWN("CCSIDR", 1, 0, 0, 0, .access = SYSREG_R1, .read = read_ccsidr),
    SAME("CLIDR", 1, 0, 0, 1, "CLIDR_EL1"),
    SAME("AIDR", 1, 0, 0, 7, "AIDR_EL1"),
    SAME("CSSELR", 2, 0, 0, 0, "CSSELR_EL1", BANKED(csselr_s)),

    /* Control, translation, faults */
    OWN("SCTLR", 0, 1, 0, 0, .access = SYSREG_RW1, .flags = SYSREG_ENDS,
        .offset = FIELD(sctlr_el[1]), .write = write_sctlr, .reset = SCTLR32_RES1 | SCTLR_CP15BEN,
        BANKED(sctlr_el[3])),
    SAME("ACTLR", 0, 1, 0, 1, "ACTLR_EL1"),
    OWN("CPACR", 0, 1, 0, 2, .access = SYSREG_RW1, .flags = SYSREG_ENDS, .offset = FIELD(cpacr),
        .write = write_cpacr),
    OWN("TTBR0", 0, 2, 0, 0, .access = SYSREG_RW1, .flags = SYSREG_ENDS,
        .offset = FIELD(ttbr0_el[1]), .write = write_context, BANKED(ttbr0_el[3])),
    OWN("TTBR1", 0, 2, 0, 1, .access = SYSREG_RW1, .flags = SYSREG_ENDS,
        .offset = FIELD(ttbr1_el[1]), .write = write_context, BANKED(ttbr1_el[3])),
    OWN("TTBCR", 0, 2, 0, 2, .access = SYSREG_RW1, .flags = SYSREG_ENDS, .offset = FIELD(tcr_el[1]),
        .write = write_ttbcr, BANKED(tcr_el[3])),
    OWN("DACR", 0, 3, 0, 0, .access = SYSREG_RW1, .flags = SYSREG_ENDS, .offset = FIELD(dacr),
        .write = write_dacr, BANKED(dacr_s)),
    SAME("DFSR", 0, 5, 0, 0, "ESR_EL1", BANKED(esr_el[3])),
    OWN("IFSR", 0, 5, 0, 1, .access = SYSREG_RW1, .offset = FIELD(ifsr), .mask = UINT32_MAX,
        BANKED(ifsr_s)),
    SAME("ADFSR", 0, 5, 1, 0, "AFSR0_EL1"),
    SAME("AIFSR", 0, 5, 1, 1, "AFSR1_EL1"),
    SAME("DFAR", 0, 6, 0, 0, "FAR_EL1", BANKED(far_el[3])),
    SAME("IFAR", 0, 6, 0, 2, "FAR_EL1", .part = PART_HIGH, BANKED(far_el[3])),
    SAME("PAR", 0, 7, 4, 0, "PAR_EL1", BANKED(par_s)),
    SAME("MAIR0", 0, 10, 2, 0, "MAIR_EL1", BANKED(mair_el[3])), /* PRRR, NMRR */
    SAME("MAIR1", 0, 10, 2, 1, "MAIR_EL1", .part = PART_HIGH, BANKED(mair_el[3])),
    SAME("AMAIR0", 0, 10, 3, 0, "AMAIR_EL1"),
    SAME("AMAIR1", 0, 10, 3, 1, "AMAIR_EL1", .part = PART_HIGH),
    OWN("VBAR", 0, 12, 0, 0, .access = SYSREG_RW1, .offset = FIELD(vbar_el[1]), .mask = ~0x1fu,
        BANKED(vbar_el[3])),
    SAME("ISR", 0, 12, 1, 0, "ISR_EL1"),
    OWN("FCSEIDR", 0, 13, 0, 0, NOTHING),
    OWN("CONTEXTIDR", 0, 13, 0, 1, .access = SYSREG_RW1, .flags = SYSREG_ENDS,
        .offset = FIELD(contextidr), .write = write_context, BANKED(contextidr_s)),
    SAME("TPIDRURW", 0, 13, 0, 2, "TPIDR_EL0", BANKED(tpidrurw_s)),
    SAME("TPIDRURO", 0, 13, 0, 3, "TPIDRRO_EL0", BANKED(tpidruro_s)),
    SAME("TPIDRPRW", 0, 13, 0, 4, "TPIDR_EL1", BANKED(tpidr_el[3])),
    { .name = "TTBR0_64", .cp = 15, .opc1 = 0, .crm = 2, .wide = true, .part = PART_ALL,
      .access = SYSREG_RW1, .flags = SYSREG_ENDS, .offset = FIELD(ttbr0_el[1]),
      .write = write_context, BANKED(ttbr0_el[3]) },
    { .name = "TTBR1_64", .cp = 15, .opc1 = 1, .crm = 2, .wide = true, .part = PART_ALL,
      .access = SYSREG_RW1, .flags = SYSREG_ENDS, .offset = FIELD(ttbr1_el[1]),
      .write = write_context, BANKED(ttbr1_el[3]) },
    WIDE("PAR_64", 0, 7, "PAR_EL1", BANKED(par_s)),

    /* Generic timer */
    SAME("CNTFRQ", 0, 14, 0, 0, "CNTFRQ_EL0", .allowed = frequency_is_ours),
    SAME("CNTKCTL", 0, 14, 1, 0, "CNTKCTL_EL1"),
    SAME("CNTP_TVAL", 0, 14, 2, 0, "CNTP_TVAL_EL0", BANKED_TIMER),
    SAME("CNTP_CTL", 0, 14, 2, 1, "CNTP_CTL_EL0", BANKED_TIMER),
    SAME("CNTV_TVAL", 0, 14, 3, 0, "CNTV_TVAL_EL0"),
    SAME("CNTV_CTL", 0, 14, 3, 1, "CNTV_CTL_EL0"),
    WIDE("CNTPCT", 0, 14, "CNTPCT_EL0"),
    WIDE("CNTVCT", 1, 14, "CNTVCT_EL0"),
    WIDE("CNTP_CVAL", 2, 14, "CNTP_CVAL_EL0", BANKED_TIMER),
    WIDE("CNTV_CVAL", 3, 14, "CNTV_CVAL_EL0"),

    /* Performance monitors */
#define PMU(name_, crm_, opc2_, same_) SAME(name_, 0, 9, crm_, opc2_, same_)
#define PMU_COUNTER(n)                                                                             \
    SAME("PMEVCNTR" #n, 0, 14, 8, n, "PMEVCNTR" #n "_EL0"),                                        \
    SAME("PMEVTYPER" #n, 0, 14, 12, n, "PMEVTYPER" #n "_EL0")
    PMU("PMCR", 12, 0, "PMCR_EL0"),
    PMU("PMCNTENSET", 12, 1, "PMCNTENSET_EL0"),
    PMU("PMCNTENCLR", 12, 2, "PMCNTENCLR_EL0"),
    PMU("PMOVSR", 12, 3, "PMOVSCLR_EL0"),
    PMU("PMSWINC", 12, 4, "PMSWINC_EL0"),
    PMU("PMSELR", 12, 5, "PMSELR_EL0"),
    PMU("PMCEID0", 12, 6, "PMCEID0_EL0"),
    PMU("PMCEID1", 12, 7, "PMCEID1_EL0"),
    PMU("PMCCNTR", 13, 0, "PMCCNTR_EL0"),
    PMU("PMXEVTYPER", 13, 1, "PMXEVTYPER_EL0"),
    PMU("PMXEVCNTR", 13, 2, "PMXEVCNTR_EL0"),
    PMU("PMUSERENR", 14, 0, "PMUSERENR_EL0"),
    PMU("PMINTENSET", 14, 1, "PMINTENSET_EL1"),
    PMU("PMINTENCLR", 14, 2, "PMINTENCLR_EL1"),
    PMU("PMOVSSET", 14, 3, "PMOVSSET_EL0"),
    SAME("PMCCFILTR", 0, 14, 15, 7, "PMCCFILTR_EL0"),
    WIDE("PMCCNTR_64", 0, 9, "PMCCNTR_EL0"),
    PMU_COUNTER(0), PMU_COUNTER(1), PMU_COUNTER(2), PMU_COUNTER(3), PMU_COUNTER(4), PMU_COUNTER(5),

    /* Implementation defined on the Cortex-A7 and A15: kept, and without effect */
    SAME("L2CTLR", 1, 9, 0, 2, "L2CTLR_EL1"),
    SAME("L2ECTLR", 1, 9, 0, 3, "L2ECTLR_EL1"),
    OWN("L2ACTLR", 1, 15, 0, 0, NOTHING),
    OWN("L2PFR", 1, 15, 0, 3, NOTHING),
    OWN("ACTLR2", 1, 15, 0, 4, NOTHING),
    OWN("CBAR", 4, 15, 0, 0, .access = SYSREG_R1),

    /* Caches: what is stored is seen at once */
    OWN("ICIALLUIS", 0, 7, 1, 0, DONE),
    OWN("BPIALLIS", 0, 7, 1, 6, DONE),
    OWN("ICIALLU", 0, 7, 5, 0, DONE),
    CACHE_BY_ADDRESS("ICIMVAU", 5, 1),
    OWN("BPIALL", 0, 7, 5, 6, DONE),
    OWN("BPIMVA", 0, 7, 5, 7, DONE),
    CACHE_BY_ADDRESS("DCIMVAC", 6, 1, .index = 1), /* throws data away: has to be writable */
    OWN("DCISW", 0, 7, 6, 2, DONE),
    CACHE_BY_ADDRESS("DCCMVAC", 10, 1),
    OWN("DCCSW", 0, 7, 10, 2, DONE),
    CACHE_BY_ADDRESS("DCCMVAU", 11, 1),
    CACHE_BY_ADDRESS("DCCIMVAC", 14, 1),
    OWN("DCCISW", 0, 7, 14, 2, DONE),
    BARRIER("CP15ISB", 5, 4, .flags = SYSREG_ENDS),
    BARRIER("CP15DSB", 10, 4),
    BARRIER("CP15DMB", 10, 5),
    AT("ATS1CPR", 0, 0, SYSREG_W1, 0),
    AT("ATS1CPW", 0, 1, SYSREG_W1, AT_WRITE),
    AT("ATS1CUR", 0, 2, SYSREG_W1, AT_USER),
    AT("ATS1CUW", 0, 3, SYSREG_W1, AT_USER | AT_WRITE),
    AT("ATS12NSOPR", 0, 4, SYSREG_W2, AT_BOTH, .flags = SYSREG_ANY_STATE),
    AT("ATS12NSOPW", 0, 5, SYSREG_W2, AT_BOTH | AT_WRITE, .flags = SYSREG_ANY_STATE),
    AT("ATS12NSOUR", 0, 6, SYSREG_W2, AT_BOTH | AT_USER, .flags = SYSREG_ANY_STATE),
    AT("ATS12NSOUW", 0, 7, SYSREG_W2, AT_BOTH | AT_USER | AT_WRITE, .flags = SYSREG_ANY_STATE),

    /* TLBs: one for everything */
    TLBI("TLBIALLIS", 3, 0, write_tlbi_all),
    TLBI("TLBIMVAIS", 3, 1, write_tlbi_address),
    TLBI("TLBIASIDIS", 3, 2, write_tlbi_all),
    TLBI("TLBIMVAAIS", 3, 3, write_tlbi_address),
    TLBI("ITLBIALL", 5, 0, write_tlbi_all),
    TLBI("ITLBIMVA", 5, 1, write_tlbi_address),
    TLBI("ITLBIASID", 5, 2, write_tlbi_all),
    TLBI("DTLBIALL", 6, 0, write_tlbi_all),
    TLBI("DTLBIMVA", 6, 1, write_tlbi_address),
    TLBI("DTLBIASID", 6, 2, write_tlbi_all),
    TLBI("TLBIALL", 7, 0, write_tlbi_all),
    TLBI("TLBIMVA", 7, 1, write_tlbi_address),
    TLBI("TLBIASID", 7, 2, write_tlbi_all),
    TLBI("TLBIMVAA", 7, 3, write_tlbi_address),

    /* EL3 */
    EL3("SCR", 1, 1, 0, .flags = SYSREG_ENDS, .offset = FIELD(scr), .write = write_scr),
    EL3("SDER", 1, 1, 1, .offset = FIELD(sder), .mask = 3),
    OWN("NSACR", 0, 1, 1, 2, .access = SYSREG_R1 | SYSREG_W3, .flags = SYSREG_ENDS,
        .offset = FIELD(nsacr), .read = read_nsacr, .write = write_nsacr),
    EL3("MVBAR", 12, 0, 1, .offset = FIELD(mvbar), .mask = ~0x1fu),

    /* Hyp mode */
    HYP("VPIDR", 0, 0, 0, "VPIDR_EL2"),
    HYP("VMPIDR", 0, 0, 5, "VMPIDR_EL2"),
    HYP_OWN("HSCTLR", 1, 0, 0, sctlr_el[2], write_hsctlr, .reset = HSCTLR_RES1 | SCTLR_CP15BEN),
    HYP("HACTLR", 1, 0, 1, "ACTLR_EL2"),
    HYP_OWN("HCR", 1, 1, 0, hcr, write_hcr),
    HYP("HDCR", 1, 1, 1, "MDCR_EL2"),
    HYP_OWN("HCPTR", 1, 1, 2, cptr_el[2], write_hcptr, .reset = HCPTR_RES1),
    HYP("HSTR", 1, 1, 3, "HSTR_EL2"),
    HYP("HACR", 1, 1, 7, "HACR_EL2"),
    HYP_OWN("HTCR", 2, 0, 2, tcr_el[2], write_ttbcr),
    HYP("VTCR", 2, 1, 2, "VTCR_EL2"),
    HYP("HADFSR", 5, 1, 0, "AFSR0_EL2"),
    HYP("HAIFSR", 5, 1, 1, "AFSR1_EL2"),
    HYP("HSR", 5, 2, 0, "ESR_EL2"),
    HYP("HDFAR", 6, 0, 0, "FAR_EL2"),
    HYP("HIFAR", 6, 0, 2, "FAR_EL2", .part = PART_HIGH),
    HYP("HPFAR", 6, 0, 4, "HPFAR_EL2"),
    HYP("HMAIR0", 10, 2, 0, "MAIR_EL2"),
    HYP("HMAIR1", 10, 2, 1, "MAIR_EL2", .part = PART_HIGH),
    HYP("HAMAIR0", 10, 3, 0, "AMAIR_EL2"),
    HYP("HAMAIR1", 10, 3, 1, "AMAIR_EL2", .part = PART_HIGH),
    OWN("HVBAR", 4, 12, 0, 0, .access = SYSREG_RW2, .offset = FIELD(vbar_el[2]), .mask = ~0x1fu),
    HYP("HTPIDR", 13, 0, 2, "TPIDR_EL2"),
    HYP("CNTHCTL", 14, 1, 0, "CNTHCTL_EL2"),
    HYP("CNTHP_TVAL", 14, 2, 0, "CNTHP_TVAL_EL2"),
    HYP("CNTHP_CTL", 14, 2, 1, "CNTHP_CTL_EL2"),
    WIDE("HTTBR", 4, 2, "TTBR0_EL2"),
    WIDE("VTTBR", 6, 2, "VTTBR_EL2"),
    WIDE("CNTVOFF", 4, 14, "CNTVOFF_EL2"),
    WIDE("CNTHP_CVAL", 6, 14, "CNTHP_CVAL_EL2"),
    AT("ATS1HR", 4, 0, SYSREG_W2, AT_HYP),
    AT("ATS1HW", 4, 1, SYSREG_W2, AT_HYP | AT_WRITE),
    TLBI_HYP("TLBIALLHIS", 3, 0, write_tlbi_all),
    TLBI_HYP("TLBIMVAHIS", 3, 1, write_tlbi_address),
    TLBI_HYP("TLBIALLNSNHIS", 3, 4, write_tlbi_all, | SYSREG_ANY_STATE),
    TLBI_HYP("TLBIALLH", 7, 0, write_tlbi_all),
    TLBI_HYP("TLBIMVAH", 7, 1, write_tlbi_address),
    TLBI_HYP("TLBIALLNSNH", 7, 4, write_tlbi_all, | SYSREG_ANY_STATE),

    /* The GIC's CPU interface */
    SAME("ICC_PMR", 0, 4, 6, 0, "ICC_PMR_EL1"),
    ICC("ICC_IAR0", 8, 0),
    ICC("ICC_EOIR0", 8, 1),
    ICC("ICC_HPPIR0", 8, 2),
    ICC("ICC_BPR0", 8, 3),
    ICC("ICC_AP0R0", 8, 4),
    ICC("ICC_AP1R0", 9, 0),
    ICC("ICC_DIR", 11, 1),
    ICC("ICC_RPR", 11, 3),
    ICC("ICC_IAR1", 12, 0),
    ICC("ICC_EOIR1", 12, 1),
    ICC("ICC_HPPIR1", 12, 2),
    ICC("ICC_BPR1", 12, 3),
    ICC("ICC_CTLR", 12, 4),
    ICC("ICC_SRE", 12, 5),
    ICC("ICC_IGRPEN0", 12, 6),
    ICC("ICC_IGRPEN1", 12, 7),
    WIDE("ICC_SGI1R", 0, 12, "ICC_SGI1R_EL1"),
    WIDE("ICC_ASGI1R", 1, 12, "ICC_ASGI1R_EL1"),
    WIDE("ICC_SGI0R", 2, 12, "ICC_SGI0R_EL1"),
    SAME("ICC_HSRE", 4, 12, 9, 5, "ICC_SRE_EL2"),
    SAME("ICC_MCTLR", 6, 12, 12, 4, "ICC_CTLR_EL3"),
    SAME("ICC_MSRE", 6, 12, 12, 5, "ICC_SRE_EL3"),
    SAME("ICC_MGRPEN1", 6, 12, 12, 7, "ICC_IGRPEN1_EL3"),
    ICH("ICH_AP0R0", 8, 0),
    ICH("ICH_AP1R0", 9, 0),
    ICH("ICH_HCR", 11, 0),
    ICH("ICH_VTR", 11, 1),
    ICH("ICH_MISR", 11, 2),
    ICH("ICH_EISR", 11, 3),
    ICH("ICH_ELRSR", 11, 5),
    ICH("ICH_VMCR", 11, 7),
    ICH_LIST(0), ICH_LIST(1), ICH_LIST(2), ICH_LIST(3),

    /* Debug: as many breakpoints and watchpoints as all parts without AArch64 have */
    DEBUG("DBGDIDR", 0, 0, 0, 0, .access = SYSREG_R, .read = read_dbgdidr),
    DEBUG("DBGDSCRint", 0, 0, 1, 0, .access = SYSREG_R, .read = read_dbgdscr),
    DEBUG("DBGDSCRext", 0, 0, 2, 2, .access = SYSREG_RW1, .flags = SYSREG_ENDS,
          .read = read_dbgdscr, .write = write_dbgdscr),
    DEBUG("DBGVCR", 0, 0, 7, 0, .access = SYSREG_RW1, .write = write_dbgvcr),
    DEBUG_SAME("DBGBVRn", 0, 0, 0, 4, "DBGBVRn_EL1", .count = 6),
    DEBUG_SAME("DBGBCRn", 0, 0, 0, 5, "DBGBCRn_EL1", .count = 6),
    DEBUG_SAME("DBGWVRn", 0, 0, 0, 6, "DBGWVRn_EL1", .count = 4),
    DEBUG_SAME("DBGWCRn", 0, 0, 0, 7, "DBGWCRn_EL1", .count = 4),
    DEBUG_SAME("DBGBXVR4", 0, 1, 4, 1, "DBGBVR4_EL1", .part = PART_HIGH),
    DEBUG_SAME("DBGBXVR5", 0, 1, 5, 1, "DBGBVR5_EL1", .part = PART_HIGH),
    DEBUG("DBGDRAR", 0, 1, 0, 0, .access = SYSREG_R),
    DEBUG("DBGDSAR", 0, 2, 0, 0, .access = SYSREG_R),
    DEBUG_SAME("DBGOSLAR", 0, 1, 0, 4, "OSLAR_EL1"),
    DEBUG_SAME("DBGOSLSR", 0, 1, 1, 4, "OSLSR_EL1"),
    DEBUG_SAME("DBGOSDLR", 0, 1, 3, 4, "OSDLR_EL1"),
    DEBUG("DBGPRCR", 0, 1, 4, 4, NOTHING),
    DEBUG_SAME("DBGCLAIMSET", 0, 7, 8, 6, "DBGCLAIMSET_EL1"),
    DEBUG_SAME("DBGCLAIMCLR", 0, 7, 9, 6, "DBGCLAIMCLR_EL1"),
    DEBUG("DBGAUTHSTATUS", 0, 7, 14, 6, .access = SYSREG_R1),
    DEBUG("JIDR", 7, 0, 0, 0, .access = SYSREG_R1),
    DEBUG("JOSCR", 7, 1, 0, 0, NOTHING),
    DEBUG("JMCR", 7, 2, 0, 0, NOTHING),
};

/* ---- Finding rows ---- */

static GArray *all_rows;
static uint16_t row_of_encoding[1 << 16], row_of_wide[1 << 9]; /* number + 1 */

static unsigned encoding(unsigned cp, unsigned opc1, unsigned crn, unsigned crm, unsigned opc2)
{
    return (cp & 1) << 14 | opc1 << 11 | crn << 7 | crm << 3 | opc2;
}

static unsigned wide_encoding(unsigned cp, unsigned opc1, unsigned crm)
{
    return (cp & 1) << 8 | opc1 << 4 | crm;
}

static const ARMSysReg *find_by_name(const char *name)
{
    size_t nb;
    const ARMSysReg *found = arm_sysreg_rows(&nb);

    for (size_t i = 0; i < nb; i++) {
        if (!strcmp(found[i].name, name)) {
            return &found[i];
        }
    }
    g_assert_not_reached(); /* a mistake in the table above */
}

/* What later architectures have put there says 0: none of it. */
static ARMSysReg32 reserved_identification = { .name = "ID_reserved", .cp = 15, .crm = 3,
                                               .access = SYSREG_R1 };

/* The same register of secure state. */
static const ARMSysReg32 *make_secure(const ARMSysReg32 *row)
{
    ARMSysReg32 *secure;
    ARMSysReg *same;

    if (!row->secure_offset && !row->secure_timer) {
        return NULL;
    }
    secure = g_memdup2(row, sizeof(*row));
    secure->offset = row->secure_offset;
    if (row->row) {
        same = g_memdup2(row->row, sizeof(*same));
        same->offset = row->secure_offset;
        same->index = row->secure_timer ? row->secure_timer : same->index;
        secure->row = same;
        secure->offset = 0;
    }
    return secure;
}

/* The n-th of several alike: the number is in its name, and in CRm. */
static void add_row(const ARMSysReg32 *first, unsigned n)
{
    ARMSysReg32 row = *first;
    uint16_t *place;

    row.crm += n;
    place = row.wide ? &row_of_wide[wide_encoding(row.cp, row.opc1, row.crm)]
                     : &row_of_encoding[encoding(row.cp, row.opc1, row.crn, row.crm, row.opc2)];
    if (row.count) {
        row.name = arm_numbered_name(row.name, n);
        row.same = arm_numbered_name(row.same, n);
    }
    if (row.same) {
        row.row = find_by_name(row.same);
        row.access = row.row->access;
        row.flags = row.row->flags;
    }
    row.trap = arm_sysreg32_trap_class(&row);
    row.secure = make_secure(&row);
    g_assert(!*place);
    g_array_append_val(all_rows, row);
    *place = all_rows->len;
}

void arm_sysreg32_init(void)
{
    if (all_rows) {
        return;
    }
    all_rows = g_array_new(false, false, sizeof(ARMSysReg32));
    reserved_identification.trap = arm_sysreg32_trap_class(&reserved_identification);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (unsigned n = 0; n < MAX(rows[i].count, 1); n++) {
            add_row(&rows[i], n);
        }
    }
}

const ARMSysReg32 *arm_sysreg32_rows(size_t *nb)
{
    *nb = all_rows->len;
    return (const ARMSysReg32 *)all_rows->data;
}

static const ARMSysReg32 *row_number(unsigned row)
{
    return row ? &g_array_index(all_rows, ARMSysReg32, row - 1) : NULL;
}

const ARMSysReg32 *arm_sysreg32_find(unsigned cp, unsigned opc1, unsigned crn, unsigned crm,
                                     unsigned opc2)
{
    const ARMSysReg32 *found;

    if (cp != 14 && cp != 15) {
        return NULL;
    }
    found = row_number(row_of_encoding[encoding(cp, opc1, crn, crm, opc2)]);
    return !found && cp == 15 && opc1 == 0 && crn == 0 && crm >= 3 && crm <= 7
               ? &reserved_identification
               : found;
}

const ARMSysReg32 *arm_sysreg32_find_wide(unsigned cp, unsigned opc1, unsigned crm)
{
    return cp == 14 || cp == 15 ? row_number(row_of_wide[wide_encoding(cp, opc1, crm)]) : NULL;
}

/* ---- Accesses ---- */

bool arm_sysreg32_may_access(const ARMSysReg32 *reg, unsigned el, bool secure_bank, bool write)
{
    bool without_hyp = el == 3 && secure_bank && !(reg->flags & SYSREG_ANY_STATE);

    return arm_level_may_access(reg->access & (without_hyp ? ~SYSREG_RW2 : ~0), el, write);
}

uint64_t arm_sysreg32_read(CPUARMState *env, const ARMSysReg32 *reg)
{
    uint64_t value = reg->row      ? arm_sysreg_read(env, reg->row)
                     : reg->read   ? reg->read(env, reg)
                     : reg->offset ? *field_of(env, reg)
                                   : reg->reset;

    value = reg->part == PART_HIGH ? value >> 32 : value;
    return reg->wide ? value : (uint32_t)value;
}

void arm_sysreg32_write(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value)
{
    if (reg->row) {
        if (reg->part != PART_ALL &&
            (reg->part != PART_LOW || !(reg->row->flags & SYSREG_CLOCK))) {
            uint64_t old = arm_sysreg_read(env, reg->row);

            value = reg->part == PART_HIGH ? (uint32_t)old | value << 32
                                           : (old >> 32 << 32) | (uint32_t)value;
        }
        arm_sysreg_write(env, reg->row, value);
    } else if (reg->write) {
        reg->write(env, reg, value);
    } else if (reg->offset) {
        *field_of(env, reg) = (*field_of(env, reg) & ~(uint64_t)reg->mask) | (value & reg->mask);
    }
}

/* What traps goes to EL1, if that uses AArch32 as undefined (excp32.c). */
static void check_allowed(CPUARMState *env, const ARMSysReg32 *reg, bool write, uint32_t esr,
                          uintptr_t ra)
{
    if (reg->allowed && !reg->allowed(env, reg, write)) {
        arm_raise(env, arm_esr(EC_UNKNOWN, 0), ra);
    }
    if (reg->row && reg->row->allowed && !reg->row->allowed(env, reg->row, write)) {
        arm_raise(env, esr, ra);
    }
}

uint64_t helper_arm_sysreg32_read(CPUARMState *env, void *reg, uint32_t esr)
{
    check_allowed(env, reg, false, esr, GETPC());
    return arm_sysreg32_read(env, reg);
}

void helper_arm_sysreg32_write(CPUARMState *env, void *reg, uint64_t value, uint32_t esr)
{
    check_allowed(env, reg, true, esr, GETPC());
    env->access_ra = GETPC();
    arm_sysreg32_write(env, reg, value);
}

size_t arm_sysreg32_plain_offset(const ARMSysReg32 *reg, unsigned el)
{
    const ARMSysReg *row = reg->row;
    size_t half = reg->part == PART_HIGH ? 4 : 0; /* hosts are little-endian */

    if (reg->wide || reg->read || reg->allowed) {
        return 0;
    }
    if (!row) {
        return reg->offset * 8 + half;
    }
    if (row->read || (row->allowed && el == 0) || (row->flags & SYSREG_NOTHING) || !row->offset) {
        return 0;
    }
    return row->offset * 8 + half;
}

void helper_arm_sysreg32_check(CPUARMState *env, void *reg, uint32_t esr, uint32_t write)
{
    unsigned level = arm_sysreg32_trap_level(env, reg, esr, write);

    if (!level) {
        return;
    }
    if (reg) { /* what EL1 doesn't let EL0 do goes to EL1 */
        check_allowed(env, reg, write, esr, GETPC());
    }
    arm_raise_to(env, level, esr, GETPC());
}

void arm_sysreg32_reset(CPUARMState *env)
{
    for (guint i = 0; arm_has_only_aarch32(env) && i < all_rows->len; i++) {
        const ARMSysReg32 *reg = &g_array_index(all_rows, ARMSysReg32, i);

        if (reg->offset) {
            *field_of(env, reg) = reg->reset;
        }
        if (reg->secure && reg->secure->offset) {
            *field_of(env, reg->secure) = reg->reset;
        }
    }
}
