/*
 * Which accesses of system registers EL2 and EL3 have trapped: by class of register.
 *
 * A register's class follows from where it lies among the encodings, so that new rows of the tables
 * have theirs. Generated code asks only where a level above has set any trap (ARM_HF_TRAPS).
 *
 * Reference: DDI 0487, D1.3.7 (traps to each level), D19.2 (HCR_EL2, MDCR_EL2, CPTR_EL2, CNTHCTL_EL2 and
 * their like of EL3); IHI 0069, 12.2 (accessibility of the GIC's registers).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/internal.h"
#include "target/arm/sysreg32.h"

typedef enum TrapClass {
    TRAP_NONE,
    TRAP_TRANSLATION, /* what controls EL1's translation */
    TRAP_IMPLEMENTATION, /* REVIDR, AIDR */
    TRAP_CACHE_ID,
    TRAP_FEATURE_ID,
    TRAP_AUXILIARY,
    TRAP_SET_WAY,
    TRAP_COHERENCY,
    TRAP_UNIFICATION,
    TRAP_TLB,
    TRAP_ZERO,
    TRAP_IMPDEF,
    TRAP_ERRORS,   /* RAS: error records */
    TRAP_ORDERING, /* limited ordering */
    TRAP_KEYS,
    TRAP_TAGS,
    TRAP_TAG_ID,
    TRAP_CPACR,
    TRAP_CPTR, /* CPTR_EL2 */
    TRAP_DEBUG,
    TRAP_OS_LOCK,
    TRAP_DEBUG_ROM,
    TRAP_PMU,
    TRAP_PMCR,
    TRAP_COUNT,
    TRAP_TIMER,
    TRAP_SECURE_TIMER,
    TRAP_SGI,
    TRAP_JAZELLE,
    TRAP_GIC, /* registers for both groups, then for one each */
    TRAP_GIC_DIR, /* for both, too */
    TRAP_GIC0,
    TRAP_GIC1,
} TrapClass;

#define ANY 0xff

/* First to match. `last` is CRm's end where it is a range. */
static const struct {
    uint8_t op0, op1, crn, crm, last, op2, class;
} classes[] = {
    { 3, 0, 0, 0, 0, 6, TRAP_IMPLEMENTATION },
    { 3, 1, 0, 0, 0, 7, TRAP_IMPLEMENTATION },
    { 3, 0, 0, 1, 7, ANY, TRAP_FEATURE_ID },
    { 3, 1, 0, 0, 0, 4, TRAP_TAG_ID },
    { 3, 1, 0, 0, 0, ANY, TRAP_CACHE_ID },
    { 3, 2, 0, 0, 0, 0, TRAP_CACHE_ID },
    { 3, 3, 0, 0, 0, 1, TRAP_CACHE_ID },
    { 3, 0, 1, 0, 0, 0, TRAP_TRANSLATION },
    { 3, 0, 1, 0, 0, 1, TRAP_AUXILIARY },
    { 3, 0, 1, 0, 0, 2, TRAP_CPACR },
    { 3, 0, 1, 0, 0, 5, TRAP_TAGS },
    { 3, 0, 1, 0, 0, 6, TRAP_TAGS },
    { 3, ANY, 5, 6, 6, ANY, TRAP_TAGS },
    { 3, 0, 2, 0, 0, ANY, TRAP_TRANSLATION },
    { 3, 0, 2, 1, 3, ANY, TRAP_KEYS },
    { 3, 0, 5, 1, 2, ANY, TRAP_TRANSLATION },
    { 3, 0, 5, 3, 5, ANY, TRAP_ERRORS },
    { 3, 0, 6, 0, 0, 0, TRAP_TRANSLATION },
    { 3, 0, 10, 2, 3, 0, TRAP_TRANSLATION },
    { 3, 0, 10, 4, 4, ANY, TRAP_ORDERING },
    { 3, 0, 13, 0, 0, 1, TRAP_TRANSLATION },
    { 3, 3, 9, 12, 12, 0, TRAP_PMCR },
    { 3, 0, 9, 12, 14, ANY, TRAP_PMU },
    { 3, 3, 9, 12, 14, ANY, TRAP_PMU },
    { 3, 3, 14, 8, 15, ANY, TRAP_PMU },
    { 3, 3, 14, 0, 0, 1, TRAP_COUNT },
    { 3, 3, 14, 2, 2, ANY, TRAP_TIMER },
    { 3, 7, 14, 2, 2, ANY, TRAP_SECURE_TIMER },
    { 3, 4, 1, 1, 1, 2, TRAP_CPTR },
    { 3, 0, 4, 6, 6, 0, TRAP_GIC },
    { 3, 0, 12, 8, 8, ANY, TRAP_GIC0 },
    { 3, 0, 12, 9, 9, ANY, TRAP_GIC1 },
    { 3, 0, 12, 11, 11, 1, TRAP_GIC_DIR },
    { 3, 0, 12, 11, 11, 3, TRAP_GIC },
    { 3, 0, 12, 11, 11, ANY, TRAP_SGI },
    { 3, 0, 12, 12, 12, 4, TRAP_GIC },
    { 3, 0, 12, 12, 12, 5, TRAP_NONE },
    { 3, 0, 12, 12, 12, 6, TRAP_GIC0 },
    { 3, 0, 12, 12, 12, ANY, TRAP_GIC1 },
    { 3, 1, 11, 0, 15, ANY, TRAP_IMPDEF },
    { 3, 1, 15, 0, 15, ANY, TRAP_IMPDEF },
    { 3, 0, 15, 0, 15, ANY, TRAP_IMPDEF },
    { 2, 0, 1, 0, 0, 0, TRAP_DEBUG_ROM },
    { 2, 0, 1, 0, 4, 4, TRAP_OS_LOCK },
    { 2, ANY, ANY, 0, 15, ANY, TRAP_DEBUG },
    { 1, 3, 7, 4, 4, ANY, TRAP_ZERO },
    { 1, 0, 7, 6, 6, 2, TRAP_SET_WAY },
    { 1, 0, 7, 6, 6, 4, TRAP_SET_WAY },
    { 1, 0, 7, 6, 6, 6, TRAP_SET_WAY },
    { 1, 0, 7, 10, 10, ANY, TRAP_SET_WAY },
    { 1, 0, 7, 14, 14, ANY, TRAP_SET_WAY },
    { 1, 0, 7, 6, 6, ANY, TRAP_COHERENCY },
    { 1, 3, 7, 10, 10, ANY, TRAP_COHERENCY },
    { 1, 3, 7, 12, 14, ANY, TRAP_COHERENCY },
    { 1, 0, 7, 1, 5, ANY, TRAP_UNIFICATION },
    { 1, 3, 7, 5, 5, ANY, TRAP_UNIFICATION },
    { 1, 3, 7, 11, 11, ANY, TRAP_UNIFICATION },
    { 1, 0, 8, 0, 15, ANY, TRAP_TLB },
    { 1, 0, 9, 0, 15, ANY, TRAP_TLB },
};

static bool fits(uint8_t pattern, uint8_t value)
{
    return pattern == ANY || pattern == value;
}

uint8_t arm_sysreg_trap_class(const ARMSysReg *reg)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (classes[i].op0 == reg->op0 && fits(classes[i].op1, reg->op1) &&
            fits(classes[i].crn, reg->crn) && reg->crm >= classes[i].crm &&
            reg->crm <= classes[i].last && fits(classes[i].op2, reg->op2)) {
            return classes[i].class;
        }
    }
    return TRAP_NONE;
}

/* Which bits trap a class, where it is as simple as that. */
static const struct {
    uint64_t hcr_read, hcr_write, mdcr; /* MDCR_EL2's bits, and MDCR_EL3's */
} simple[] = {
    [TRAP_TRANSLATION] = { HCR_TRVM, HCR_TVM },
    [TRAP_IMPLEMENTATION] = { HCR_TID1, 0 },
    [TRAP_CACHE_ID] = { HCR_TID2, HCR_TID2 },
    [TRAP_TAG_ID] = { HCR_TID5, 0 },
    [TRAP_FEATURE_ID] = { HCR_TID3, 0 },
    [TRAP_AUXILIARY] = { HCR_TACR, HCR_TACR },
    [TRAP_SET_WAY] = { 0, HCR_TSW },
    [TRAP_COHERENCY] = { 0, HCR_TPC },
    [TRAP_UNIFICATION] = { 0, HCR_TPU },
    [TRAP_TLB] = { 0, HCR_TTLB },
    [TRAP_ZERO] = { 0, HCR_TDZ },
    [TRAP_IMPDEF] = { HCR_TIDCP, HCR_TIDCP },
    [TRAP_ERRORS] = { HCR_TERR, HCR_TERR },
    [TRAP_ORDERING] = { HCR_TLOR, HCR_TLOR },
    [TRAP_DEBUG] = { 0, 0, MDCR_TDA },
    [TRAP_OS_LOCK] = { 0, 0, MDCR_TDOSA },
    [TRAP_DEBUG_ROM] = { 0, 0, MDCR_TDRA },
    [TRAP_PMU] = { 0, 0, MDCR_TPM },
    [TRAP_PMCR] = { 0, 0, MDCR_TPM | MDCR_TPMCR },
    [TRAP_JAZELLE] = { HCR_TID0, HCR_TID0 },
    [TRAP_GIC1] = { 0, 0, 0 },
};

#define HCR_REGISTER_TRAPS                                                                         \
    (HCR_TRVM | HCR_TVM | HCR_TID1 | HCR_TID2 | HCR_TID3 | HCR_TACR | HCR_TSW | HCR_TPC | HCR_TPU | \
     HCR_TID0 | HCR_TTLB | HCR_TDZ | HCR_TID5 | HCR_TIDCP | HCR_TLOR | HCR_TERR | HCR_IMO | HCR_FMO)
#define MDCR_REGISTER_TRAPS (MDCR_TDA | MDCR_TDOSA | MDCR_TDRA | MDCR_TPM | MDCR_TPMCR |        \
                             MDCR_TDE)

/* CNTHCTL_EL2: what EL1 and EL0 may, with VHE further up. */
static uint64_t count_allowed(const CPUARMState *env)
{
    return env->hcr & HCR_E2H ? 1ull << 10 : 1ull << 0;
}

static uint64_t timer_allowed(const CPUARMState *env)
{
    return env->hcr & HCR_E2H ? 1ull << 11 : 1ull << 1;
}

static bool has_keys(const CPUARMState *env)
{
    return arm_has_pauth(&env->id);
}

/* EL2's say at what is below it. */
static bool el2_traps(const CPUARMState *env, TrapClass class, bool write)
{
    uint64_t mdcr = env->mdcr_el[2];

    switch (class) {
    case TRAP_CPACR:
        return env->cptr_el[2] & CPTR_TCPAC;
    case TRAP_COUNT:
        return !(env->cnthctl & count_allowed(env));
    case TRAP_TIMER:
        return !(env->cnthctl & timer_allowed(env));
    case TRAP_KEYS:
        return has_keys(env) && !(env->hcr & HCR_APK);
    case TRAP_TAGS:
        return !(env->hcr & HCR_ATA);
    case TRAP_SGI:
        return (write && (env->hcr & (HCR_IMO | HCR_FMO))) || (env->ich_traps & ICH_HCR_TC);
    case TRAP_GIC:
        return env->ich_traps & ICH_HCR_TC;
    case TRAP_GIC_DIR:
        return env->ich_traps & (ICH_HCR_TC | ICH_HCR_TDIR);
    case TRAP_GIC0:
        return env->ich_traps & ICH_HCR_TALL0;
    case TRAP_GIC1:
        return env->ich_traps & ICH_HCR_TALL1;
    default:
        /* EL2 that has debug exceptions has the registers, too */
        mdcr |= mdcr & MDCR_TDE ? MDCR_TDA | MDCR_TDOSA | MDCR_TDRA : 0;
        return (env->hcr & (write ? simple[class].hcr_write : simple[class].hcr_read)) ||
               (mdcr & simple[class].mdcr);
    }
}

static bool el3_traps(const CPUARMState *env, TrapClass class)
{
    switch (class) {
    case TRAP_CPACR:
    case TRAP_CPTR:
        return env->cptr_el[3] & CPTR_TCPAC;
    case TRAP_KEYS:
        return has_keys(env) && !(env->scr & SCR_APK);
    case TRAP_TAGS:
        return !(env->scr & SCR_ATA);
    case TRAP_SGI:
    case TRAP_GIC:
    case TRAP_GIC_DIR:
        return (env->scr & (SCR_IRQ | SCR_FIQ)) == (SCR_IRQ | SCR_FIQ);
    case TRAP_GIC0:
        return env->scr & SCR_FIQ;
    case TRAP_GIC1:
        return env->scr & SCR_IRQ;
    case TRAP_SECURE_TIMER:
        return !(env->scr & SCR_ST);
    default:
        return env->mdcr_el[3] & (class == TRAP_DEBUG_ROM ? MDCR_TDA : simple[class].mdcr);
    }
}

static bool is_below_el2(const CPUARMState *env)
{
    unsigned el = arm_current_el(env);

    return el < 2 && arm_el2_enabled(env) && !(el == 0 && arm_el0_is_hosted(env));
}

int arm_sysreg_trap_level(const CPUARMState *env, const ARMSysReg *reg, bool write)
{
    unsigned el = arm_current_el(env);

    if (reg->trap == TRAP_SECURE_TIMER && el < 3 && !(el == 1 && arm_is_secure(env))) {
        return ARM_SYSREG_UNDEFINED;
    }
    if (is_below_el2(env) && el2_traps(env, reg->trap, write)) {
        return 2;
    }
    return el < 3 && env->has_el3 && el3_traps(env, reg->trap) ? 3 : 0;
}

/* AArch32 in secure state asks for what belongs to EL3, which uses AArch64. */
static bool el3_wants_its_registers(const CPUARMState *env)
{
    return arm_is_below_aarch32(env) && arm_current_el(env) == 1 && !arm_has_only_aarch32(env) &&
           arm_is_secure(env);
}

bool arm_sysregs_may_trap(const CPUARMState *env)
{
    if (is_below_el2(env) &&
        ((env->hcr & HCR_REGISTER_TRAPS) || (env->mdcr_el[2] & MDCR_REGISTER_TRAPS) ||
         (env->cptr_el[2] & CPTR_TCPAC) || env->ich_traps || (env->hstr && arm_in_aarch32(env)) ||
         !(env->cnthctl & count_allowed(env)) ||
         !(env->cnthctl & timer_allowed(env)) || (has_keys(env) && !(env->hcr & HCR_APK)) ||
         (arm_has_tags(&env->id) && !(env->hcr & HCR_ATA)))) {
        return true;
    }
    if (env->has_el3 && el3_wants_its_registers(env)) {
        return true;
    }
    return env->has_el3 && arm_current_el(env) < 3 && !arm_has_only_aarch32(env) &&
           ((env->cptr_el[3] & CPTR_TCPAC) || (env->mdcr_el[3] & MDCR_REGISTER_TRAPS) ||
            (env->scr & (SCR_IRQ | SCR_FIQ)) || (has_keys(env) && !(env->scr & SCR_APK)) ||
            (arm_has_tags(&env->id) && !(env->scr & SCR_ATA)));
}

/* ---- AArch32 ---- */

/* Coprocessor 15; first to match. The 64-bit registers have one of these encodings' classes. */
static const struct {
    uint8_t opc1, crn, crm, last, opc2, class;
} classes32[] = {
    { 0, 0, 0, 0, 1, TRAP_CACHE_ID },
    { 0, 0, 0, 0, 2, TRAP_IMPLEMENTATION },
    { 0, 0, 0, 0, 3, TRAP_IMPLEMENTATION },
    { 0, 0, 0, 0, 6, TRAP_IMPLEMENTATION },
    { 0, 0, 1, 7, ANY, TRAP_FEATURE_ID },
    { 1, 0, 0, 0, 7, TRAP_IMPLEMENTATION },
    { 1, 0, 0, 0, ANY, TRAP_CACHE_ID },
    { 2, 0, 0, 0, 0, TRAP_CACHE_ID },
    { 0, 1, 0, 0, 0, TRAP_TRANSLATION },
    { 0, 1, 0, 0, 1, TRAP_AUXILIARY },
    { 0, 1, 0, 0, 2, TRAP_CPACR },
    { 0, 2, 0, 0, ANY, TRAP_TRANSLATION },
    { 0, 3, 0, 0, 0, TRAP_TRANSLATION },
    { 0, 5, 0, 1, ANY, TRAP_TRANSLATION },
    { 0, 6, 0, 0, ANY, TRAP_TRANSLATION },
    { 0, 7, 6, 6, 2, TRAP_SET_WAY },
    { 0, 7, 10, 10, 2, TRAP_SET_WAY },
    { 0, 7, 14, 14, 2, TRAP_SET_WAY },
    { 0, 7, 6, 6, 1, TRAP_COHERENCY },
    { 0, 7, 10, 10, 1, TRAP_COHERENCY },
    { 0, 7, 14, 14, 1, TRAP_COHERENCY },
    { 0, 7, 1, 1, 0, TRAP_UNIFICATION },
    { 0, 7, 5, 5, 0, TRAP_UNIFICATION },
    { 0, 7, 5, 5, 1, TRAP_UNIFICATION },
    { 0, 7, 11, 11, 1, TRAP_UNIFICATION },
    { 0, 8, 0, 15, ANY, TRAP_TLB },
    { 0, 9, 12, 12, 0, TRAP_PMCR },
    { 0, 9, 12, 14, ANY, TRAP_PMU },
    { ANY, 9, 0, 2, ANY, TRAP_IMPDEF },
    { ANY, 9, 5, 8, ANY, TRAP_IMPDEF },
    { 0, 10, 2, 3, ANY, TRAP_TRANSLATION },
    { ANY, 10, 0, 1, ANY, TRAP_IMPDEF },
    { ANY, 10, 4, 4, ANY, TRAP_IMPDEF },
    { ANY, 10, 8, 8, ANY, TRAP_IMPDEF },
    { ANY, 11, 0, 8, ANY, TRAP_IMPDEF },
    { ANY, 11, 15, 15, ANY, TRAP_IMPDEF },
    { 0, 4, 6, 6, 0, TRAP_GIC },
    { 0, 12, 8, 8, ANY, TRAP_GIC0 },
    { 0, 12, 9, 9, ANY, TRAP_GIC1 },
    { 0, 12, 11, 11, 1, TRAP_GIC_DIR },
    { 0, 12, 11, 11, ANY, TRAP_GIC },
    { 0, 12, 12, 12, 4, TRAP_GIC },
    { 0, 12, 12, 12, 5, TRAP_NONE },
    { 0, 12, 12, 12, 6, TRAP_GIC0 },
    { 0, 12, 12, 12, ANY, TRAP_GIC1 },
    { 0, 13, 0, 0, 1, TRAP_TRANSLATION },
    { 0, 14, 2, 2, ANY, TRAP_TIMER },
    { 0, 14, 8, 15, ANY, TRAP_PMU },
};

static uint8_t class_of_word(unsigned opc1, unsigned crn, unsigned crm, unsigned opc2)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes32); i++) {
        if (fits(classes32[i].opc1, opc1) && classes32[i].crn == crn && crm >= classes32[i].crm &&
            crm <= classes32[i].last && fits(classes32[i].opc2, opc2)) {
            return classes32[i].class;
        }
    }
    return TRAP_NONE;
}

static uint8_t class_of_debug(const ARMSysReg32 *reg)
{
    return reg->opc1 == 7                                                    ? TRAP_JAZELLE
           : reg->opc1                                                       ? TRAP_NONE
           : (reg->crn == 1 || reg->crn == 2) && !reg->crm && reg->opc2 == 0 ? TRAP_DEBUG_ROM
           : reg->crn == 1                                                   ? TRAP_OS_LOCK
                                                                             : TRAP_DEBUG;
}

uint8_t arm_sysreg32_trap_class(const ARMSysReg32 *reg)
{
    enum { TABLES = 2, COUNTERS = 9, INTERRUPTS = 12, TIMERS = 14 };

    if (reg->cp == 14) {
        return class_of_debug(reg);
    }
    if (!reg->wide) {
        return class_of_word(reg->opc1, reg->crn, reg->crm, reg->opc2);
    }
    return reg->crm == TABLES                       ? TRAP_TRANSLATION
           : reg->crm == COUNTERS                   ? TRAP_PMU
           : reg->crm == INTERRUPTS                 ? TRAP_SGI
           : reg->crm == TIMERS && reg->opc1 == 0   ? TRAP_COUNT
           : reg->crm == TIMERS && reg->opc1 == 2   ? TRAP_TIMER
                                                    : TRAP_NONE;
}

/* HSTR: by the first of CRn and CRm that the instruction has; not debug registers and timers. */
static bool hstr_traps(const CPUARMState *env, uint32_t esr)
{
    unsigned class = esr >> ESR_EC_SHIFT;
    unsigned n = class == EC_CP15_RT ? esr >> 10 & 0xf : class == EC_CP15_RRT ? esr >> 1 & 0xf : 4;

    return n != 4 && n != 14 && (env->hstr >> n & 1);
}

/* EL3's registers, which secure state's EL1 asks for that EL3 doesn't let be one of its modes: SCR,
 * SDER, NSACR, MVBAR, ATS12NSOxx. */
static bool is_of_el3(const ARMSysReg32 *reg)
{
    return reg->cp == 15 && reg->opc1 == 0 && !reg->wide &&
           ((reg->crn == 1 && reg->crm == 1) ||
            (reg->crn == 12 && reg->crm == 0 && reg->opc2 == 1) ||
            (reg->crn == 7 && reg->crm == 8 && reg->opc2 >= 4));
}

unsigned arm_sysreg32_trap_level(const CPUARMState *env, const ARMSysReg32 *reg, uint32_t esr,
                                 bool write)
{
    TrapClass class =
        reg ? reg->trap
        : esr >> ESR_EC_SHIFT == EC_CP15_RT
            ? class_of_word(esr >> 14 & 7, esr >> 10 & 0xf, esr >> 1 & 0xf, esr >> 17 & 7)
            : TRAP_NONE;

    if (!reg && class != TRAP_IMPDEF && class != TRAP_FEATURE_ID) {
        class = TRAP_NONE; /* nothing else is trapped that isn't there */
    }
    if (is_below_el2(env) && (hstr_traps(env, esr) || el2_traps(env, class, write))) {
        return 2;
    }
    return !env->has_el3 || arm_has_only_aarch32(env)                                  ? 0
           : (reg && el3_wants_its_registers(env) && is_of_el3(reg)) || el3_traps(env, class) ? 3
                                                                                        : 0;
}
