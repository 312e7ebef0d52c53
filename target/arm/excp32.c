/*
 * AArch32 at EL1 and above: modes and their registers, exceptions taken to them, returns.
 *
 * A mode's own r13 and r14 (FIQ: r8 to r14) lie in x[16] to x[30], where AArch64 sees them, while
 * it isn't the current one. While it is, the user's are there: entering and leaving are an
 * exchange.
 *
 * An exception's target is 1 for the modes that both security states have (in secure state they are
 * EL3), 2 for Hyp mode, 3 for Monitor mode.
 *
 * Reference: DDI 0487, G1.11 (modes, registers), G1.12 to G1.17 (exceptions), D1.9.1 (which x
 * register is which), G8.2 (DFSR, IFSR, HSR).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "system/cpus.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/mmu-walk32.h"

/* ---- Banked registers ---- */

/* Where r13 of each mode is, and r14, as doublewords of env, whose first ones are x[]; 0: the
 * user's. */
static const struct {
    uint16_t sp, lr;
} banked[CPSR_M + 1] = {
    [MODE_IRQ] = { 17, 16 }, [MODE_SVC] = { 19, 18 }, [MODE_ABT] = { 21, 20 },
    [MODE_UND] = { 23, 22 }, [MODE_FIQ] = { 29, 30 }, [MODE_HYP] = { 15, 0 },
    [MODE_MON] = { offsetof(CPUARMState, sp_mon) / 8, offsetof(CPUARMState, lr_mon) / 8 },
};
QEMU_BUILD_BUG_ON(offsetof(CPUARMState, x) != 0);

static uint64_t *place(CPUARMState *env, unsigned n)
{
    return (uint64_t *)env + n;
}

static void exchange(CPUARMState *env, unsigned a, unsigned b)
{
    uint64_t kept = *place(env, a);

    *place(env, a) = *place(env, b);
    *place(env, b) = kept;
}

void arm_exchange_banked(CPUARMState *env, unsigned mode)
{
    if (!banked[mode].sp) {
        return;
    }
    exchange(env, 13, banked[mode].sp);
    if (banked[mode].lr) {
        exchange(env, 14, banked[mode].lr);
    }
    for (unsigned r = 8; mode == MODE_FIQ && r <= 12; r++) {
        exchange(env, r, 24 + r - 8);
    }
}

/* Where the mode's own one is while it isn't the current one; 0: it has none. */
static unsigned own_place(unsigned mode, unsigned r)
{
    return r == 13 ? banked[mode].sp : r == 14 ? banked[mode].lr : mode == MODE_FIQ ? r + 16 : 0;
}

/* A mode's register, wherever it is now: the user's is where the current mode's own would be. */
static uint64_t *mode_register(CPUARMState *env, unsigned mode, unsigned r)
{
    unsigned current = env->pstate & CPSR_M, own = own_place(mode, r),
             users = own_place(current, r);

    return place(env, mode == current ? r : own ? own : users ? users : r);
}

/* NULL: user and system mode have none. */
static uint64_t *mode_spsr(CPUARMState *env, unsigned mode)
{
    switch (mode) {
    case MODE_SVC:
        return &env->spsr_el[1];
    case MODE_ABT:
        return &env->spsr_abt;
    case MODE_UND:
        return &env->spsr_und;
    case MODE_IRQ:
        return &env->spsr_irq;
    case MODE_FIQ:
        return &env->spsr_fiq;
    case MODE_HYP:
        return &env->spsr_el[2];
    case MODE_MON:
        return &env->spsr_el[3];
    default:
        return NULL;
    }
}

uint32_t helper_arm_read_user_reg(CPUARMState *env, uint32_t r)
{
    return *mode_register(env, MODE_USR, r);
}

void helper_arm_write_user_reg(CPUARMState *env, uint32_t r, uint32_t value)
{
    *mode_register(env, MODE_USR, r) = value;
}

uint32_t helper_arm_read_mode_sp(CPUARMState *env, uint32_t mode)
{
    return *mode_register(env, mode, 13);
}

void helper_arm_write_mode_sp(CPUARMState *env, uint32_t mode, uint32_t value)
{
    *mode_register(env, mode, 13) = value;
}

/*
 * Monitor mode's are for secure state's other modes, Hyp mode's for Monitor mode; but ELR_hyp,
 * which is no mode's r14, Hyp mode accesses like that.
 */
enum { ELR_HYP = 0x1e };

static uint64_t *banked_of_levels(CPUARMState *env, unsigned sysm, bool spsr)
{
    unsigned current = env->pstate & CPSR_M, mode = sysm < ELR_HYP ? MODE_MON : MODE_HYP;
    bool may = mode == MODE_MON ? arm_current_el(env) == 3 && current != MODE_MON
               : current == MODE_MON || (current == MODE_HYP && sysm == ELR_HYP && !spsr);

    if (!may || (mode == MODE_HYP && !env->has_el2) || (spsr && (sysm & 1))) {
        return NULL;
    }
    return spsr              ? mode_spsr(env, mode)
           : sysm == ELR_HYP ? &env->elr_el[2]
                             : mode_register(env, mode, sysm & 1 ? 13 : 14);
}

/* MRS and MSR of banked registers: SYSm and R. NULL: none, or not there (F5.1, table "Banked
 * register access"). */
static uint64_t *banked_by_number(CPUARMState *env, uint32_t which)
{
    static const uint8_t modes[] = { MODE_IRQ, MODE_SVC, MODE_ABT, MODE_UND };
    unsigned sysm = which & 0x1f, r = sysm & 7;

    if (sysm >= 0x1c) {
        return banked_of_levels(env, sysm, which & 0x20);
    }
    if (which & 0x20) {
        return sysm == 0xe    ? &env->spsr_fiq
               : sysm == 0x10 ? &env->spsr_irq
               : sysm == 0x12 ? &env->spsr_el[1]
               : sysm == 0x14 ? &env->spsr_abt
               : sysm == 0x16 ? &env->spsr_und
                              : NULL;
    }
    if (sysm < 0x10) {
        return r == 7 ? NULL : mode_register(env, sysm & 8 ? MODE_FIQ : MODE_USR, 8 + r);
    }
    return sysm < 0x18 ? mode_register(env, modes[r >> 1], r & 1 ? 13 : 14) : NULL;
}

uint32_t helper_arm_read_banked(CPUARMState *env, uint32_t which)
{
    uint64_t *reg = banked_by_number(env, which);

    if (!reg) {
        arm_raise(env, arm_esr(EC_UNKNOWN, 0), GETPC());
    }
    return *reg;
}

void helper_arm_write_banked(CPUARMState *env, uint32_t which, uint32_t value)
{
    uint64_t *reg = banked_by_number(env, which);

    if (!reg) {
        arm_raise(env, arm_esr(EC_UNKNOWN, 0), GETPC());
    }
    *reg = value;
}

/* ---- CPSR and SPSR ---- */

/* Hyp mode is entered and left by exceptions and returns alone, Monitor mode is secure state's. */
static bool mode_is_legal(const CPUARMState *env, unsigned mode, bool returns)
{
    unsigned el = arm_current_el(env);

    if (!arm_el1_is_aarch32(env)) {
        return false;
    }
    switch (mode) {
    case MODE_MON:
        return el == 3;
    case MODE_HYP:
        return env->has_el2 && (el == 2 || (returns && el == 3 && (env->scr & SCR_NS)));
    default:
        return arm_mode_is_known(mode) && (returns || el != 2) &&
               !(returns && (arm_hcr(env) & HCR_TGE) && arm_el_of_mode(env, mode) == 1);
    }
}

/* A mode that isn't there: IL, and the mode stays (G1.11.3). */
static uint32_t with_legal_mode(const CPUARMState *env, uint32_t value, bool returns)
{
    if (mode_is_legal(env, value & CPSR_M, returns)) {
        return value;
    }
    return (value & ~CPSR_M) | (env->pstate & CPSR_M) | PSTATE_IL;
}

void helper_arm_write_cpsr(CPUARMState *env, uint32_t value, uint32_t mask)
{
    uint32_t old = arm_read_pstate(env), new = (old & ~mask) | (value & mask);

    arm_write_pstate(env, mask & CPSR_M && (old ^ new) & CPSR_M ? with_legal_mode(env, new, false)
                                                                : new);
}

/* In user and system mode unpredictable: reads as zero. */
uint32_t helper_arm_read_spsr(CPUARMState *env)
{
    uint64_t *spsr = mode_spsr(env, env->pstate & CPSR_M);

    return spsr ? *spsr : 0;
}

void helper_arm_write_spsr(CPUARMState *env, uint32_t value, uint32_t mask)
{
    uint64_t *spsr = mode_spsr(env, env->pstate & CPSR_M);

    if (spsr) {
        *spsr = (*spsr & ~(uint64_t)mask) | (value & mask);
    }
}

#define CPSR_RETURNED                                                                              \
    (PSTATE_NZCV | CPSR_Q | CPSR_IT | CPSR_GE | CPSR_E | CPSR_AIF | CPSR_T | CPSR_M | PSTATE_IL)

void helper_arm_return32(CPUARMState *env, uint32_t pc, uint32_t cpsr)
{
    if (unlikely(env->pmu.active)) {
        arm_pmu_count(env, ARM_PMU_EXC_RETURN);
    }
    qatomic_set(&env->event, true);
    env->exclusive_address = ARM_NO_ADDRESS;
    arm_write_pstate(env, with_legal_mode(env, cpsr & CPSR_RETURNED, true));
    env->pc = pc & (env->pstate & CPSR_T ? ~1u : ~3u);
}

/* ---- Exceptions ---- */

/*
 * The status registers. Long descriptors have the codes of ESR_ELx; short ones their own: by code
 * without the level, for what level 1 and level 2 reports.
 */
enum { FSR_LPAE = 1 << 9, FSR_WNR = 1 << 11, FSR_CM = 1 << 13 };
/* An SError's. */
enum { FSR_ASYNCHRONOUS = 0x406, FSR_LPAE_ASYNCHRONOUS = FSR_LPAE | 0x11 };

static uint32_t short_status(unsigned fsc)
{
    static const struct {
        uint8_t fsc, level1, level2;
    } codes[] = {
        { FSC_TRANSLATION, 0x05, 0x07 }, { FSC_ACCESS_FLAG, 0x03, 0x06 },
        { FSC_DOMAIN, 0x09, 0x0b },      { FSC_PERMISSION, 0x0d, 0x0f },
        { FSC_EXTERNAL_ON_WALK, 0x0c, 0x0e },
    };

    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        if ((fsc & ~3u) == codes[i].fsc) {
            return (fsc & 3) < 2 ? codes[i].level1 : codes[i].level2;
        }
    }
    return fsc == FSC_ALIGNMENT ? 0x01 : fsc == FSC_DEBUG ? 0x02 : 0x08 /* external */;
}

uint32_t arm_fault_status(const CPUARMState *env, uint32_t iss, bool by_long_descriptors)
{
    uint32_t access = (iss & ESR_WNR ? FSR_WNR : 0) | (iss & ESR_CM ? FSR_CM : 0), code;

    if (by_long_descriptors) {
        return FSR_LPAE | (iss & 0x3f) | access;
    }
    code = short_status(iss & 0x3f);
    return (code & 0xf) | (code & 0x10) << 6 | (uint32_t)env->exception.domain << 4 | access;
}

/* Where it goes, and how far behind the address that it returns to r14 is. */
typedef struct Vector {
    const char *name;
    uint8_t mode, offset, lr_a32, lr_t32;
    uint32_t masks; /* besides I */
} Vector;

enum { V_UNDEFINED, V_SVC, V_PREFETCH, V_DATA, V_IRQ, V_FIQ, V_SMC };

static const Vector vectors[] = {
    [V_UNDEFINED] = { "undefined instruction", MODE_UND, 0x04, 4, 2, 0 },
    [V_SVC] = { "supervisor call", MODE_SVC, 0x08, 0, 0, 0 },
    [V_PREFETCH] = { "prefetch abort", MODE_ABT, 0x0c, 4, 4, PSTATE_A },
    [V_DATA] = { "data abort", MODE_ABT, 0x10, 8, 8, PSTATE_A },
    [V_IRQ] = { "IRQ", MODE_IRQ, 0x18, 4, 4, PSTATE_A },
    [V_FIQ] = { "FIQ", MODE_FIQ, 0x1c, 4, 4, PSTATE_A | PSTATE_F },
    [V_SMC] = { "secure monitor call", MODE_MON, 0x08, 0, 0, 0 },
};

static const uint8_t asynchronous[] = {
    [ARM_EXCP_IRQ] = V_IRQ,   [ARM_EXCP_FIQ] = V_FIQ,   [ARM_EXCP_SERROR] = V_DATA,
    [ARM_EXCP_VIRQ] = V_IRQ,  [ARM_EXCP_VFIQ] = V_FIQ,  [ARM_EXCP_VSERROR] = V_DATA,
};

/* Of a synchronous exception by its class; what traps is undefined there. */
static unsigned vector_of_syndrome(const CPUARMState *env)
{
    switch (env->exception.esr >> ESR_EC_SHIFT) {
    case EC_SVC32:
        return V_SVC;
    case EC_SMC32:
        return V_SMC;
    case EC_IABORT:
    case EC_IABORT_LOWER:
    case EC_BKPT32:
        return V_PREFETCH;
    case EC_DABORT:
    case EC_DABORT_LOWER:
        return V_DATA;
    default:
        return V_UNDEFINED;
    }
}

/* DFAR and IFAR are the halves of what AArch64 has; so are Hyp mode's. */
static void write_fault_address(CPUARMState *env, unsigned bank, bool of_fetch)
{
    uint64_t *far = &env->far_el[bank];

    *far = of_fetch ? (uint32_t)*far | env->exception.far << 32
                    : (*far >> 32 << 32) | (uint32_t)env->exception.far;
}

/* DBGDSCR.MOE: why there was the last debug exception. */
enum { MOE_SHIFT = 2, MOE_BREAKPOINT = 1, MOE_BKPT = 3, MOE_WATCHPOINT = 10 };

/* What an abort leaves in the registers of Abort mode's security state, or Monitor mode's. */
static void write_fault_registers(CPUARMState *env, unsigned bank, unsigned vector)
{
    bool by_long = env->tcr_el[bank] & TTBCR_EAE;
    uint32_t esr = env->exception.esr;
    bool bkpt = esr >> ESR_EC_SHIFT == EC_BKPT32;

    if (bkpt) {
        env->exception.domain = 0;
    }
    if (vector == V_PREFETCH) {
        *(bank == 3 ? &env->ifsr_s : &env->ifsr) =
            arm_fault_status(env, bkpt ? FSC_DEBUG : esr & ~(uint32_t)ESR_WNR, by_long);
    } else {
        env->esr_el[bank] = arm_fault_status(env, esr, by_long);
    }
    if (env->exception.has_far) {
        write_fault_address(env, bank, vector == V_PREFETCH);
    }
    if (bkpt || (esr & 0x3f) == FSC_DEBUG) {
        env->mdscr = deposit64(env->mdscr, MOE_SHIFT, 4, bkpt                   ? MOE_BKPT
                                                         : vector == V_PREFETCH ? MOE_BREAKPOINT
                                                                                : MOE_WATCHPOINT);
    }
}

/* Another exception than Hyp mode's, taken from Monitor mode, is to secure state. */
static void leave_monitor_mode(CPUARMState *env)
{
    if ((env->pstate & CPSR_M) == MODE_MON && (env->scr & SCR_NS)) {
        env->scr &= ~(uint64_t)SCR_NS;
        tlb_context_changed(arm_env_cpu(env));
    }
}

/* CPSR, as an exception to the mode leaves it, with the masks; the instruction set and byte order
 * are SCTLR's. */
static uint32_t cpsr_of_exception(uint32_t saved, unsigned mode, uint32_t masks, uint64_t sctlr)
{
    return (saved & ~(CPSR_M | CPSR_T | CPSR_E | CPSR_IT | PSTATE_IL | PSTATE_SS)) | mode | masks |
           (sctlr & SCTLR_TE ? CPSR_T : 0) | (sctlr & SCTLR_EE ? CPSR_E : 0);
}

static void log_exception(CPUState *cs, const char *name, const char *to, uint32_t saved,
                          uint32_t vector)
{
    const CPUARMState *env = &ARM_CPU(cs)->env;

    if (qemu_loglevel_mask(CPU_LOG_INT)) {
        qemu_log_mask(CPU_LOG_INT,
                      "CPU %d: %s at %08x, CPSR %08x: syndrome %08x address %08x -> %s%08x\n",
                      cs->cpu_index, name, (uint32_t)env->pc, saved,
                      cs->exception_index == ARM_EXCP_SYNC ? env->exception.esr : 0,
                      cs->exception_index == ARM_EXCP_SYNC && env->exception.has_far
                          ? (uint32_t)env->exception.far : 0,
                      to, vector);
    }
}

/* ---- Hyp mode ---- */

enum { HYP_CALL = 0x08, HYP_TRAP = 0x14 };

/* A load or store of one register, which who emulates it needn't look at. Halfwords at a page's end
 * may be only the first of an instruction. */
static uint32_t with_access(CPUARMState *env, uint32_t esr, uint32_t saved)
{
    bool thumb = saved & CPSR_T, is_wide;
    uint32_t insn;

    if (!env->exception.wants_access || !arm_look_at_instruction(env, &insn)) {
        return esr;
    }
    if (!thumb) {
        return esr | arm_access_syndrome_a32(insn);
    }
    is_wide = (insn & 0xffff) >= 0xe800;
    if (is_wide && (env->pc & ~TARGET_PAGE_MASK) == TARGET_PAGE_SIZE - 2) {
        return esr;
    }
    return is_wide ? esr | arm_access_syndrome_t32(insn << 16 | insn >> 16)
                   : (esr & ~(uint32_t)ESR_IL) | arm_access_syndrome_t16(insn & 0xffff);
}

/* Armv7 has a length only where it says something about the instruction (DDI 0406, B3.13.6). */
static uint32_t with_length(const CPUARMState *env, uint32_t esr)
{
    unsigned class = esr >> ESR_EC_SHIFT;
    bool says_nothing = class == EC_UNKNOWN || (class == EC_IABORT && (esr & 0x3f) != FSC_DEBUG) ||
                        (class == EC_DABORT && !(esr & ESR_VALID));

    return says_nothing && !arm_is_armv8(env) ? esr & ~(uint32_t)ESR_IL : esr;
}

/* HSR, HDFAR or HIFAR, HPFAR. BKPT is a prefetch abort here. */
static void write_hyp_syndrome(CPUARMState *env, uint32_t saved, bool from_below)
{
    const ARMException *e = &env->exception;
    uint32_t esr = e->esr, class = esr >> ESR_EC_SHIFT;
    bool aborts = class == EC_IABORT || class == EC_DABORT;

    if (class == EC_BKPT32) {
        esr = arm_esr(EC_IABORT, FSC_DEBUG);
        aborts = true;
    } else if (class == EC_DABORT) {
        esr = with_access(env, esr, saved);
    } else if (class == EC_FP_ACCESS) {
        esr |= 10; /* the coprocessor's number */
    }
    esr = with_length(env, esr);
    env->esr_el[2] = aborts && from_below ? esr & ~(1u << ESR_EC_SHIFT) : esr;
    if (e->has_far) {
        write_fault_address(env, 2, class == EC_IABORT);
    }
    if (e->has_ipa) {
        env->hpfar = e->ipa >> 12 << 4;
    }
}

/* Interrupts that Monitor mode takes aren't masked (AArch32.EnterHypMode()). */
static uint32_t hyp_masks(const CPUARMState *env)
{
    uint64_t scr = env->has_el3 ? env->scr : 0;

    return (scr & SCR_EA ? 0 : PSTATE_A) | (scr & SCR_IRQ ? 0 : PSTATE_I) |
           (scr & SCR_FIQ ? 0 : PSTATE_F);
}

static void take_to_hyp(CPUState *cs)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    unsigned kind = cs->exception_index, offset, class = env->exception.esr >> ESR_EC_SHIFT;
    bool from_below = arm_current_el(env) < 2;
    const Vector *v =
        &vectors[kind == ARM_EXCP_SYNC ? vector_of_syndrome(env) : asynchronous[kind]];
    uint32_t saved = arm_read_pstate(env), vector;

    offset = kind != ARM_EXCP_SYNC && kind != ARM_EXCP_SERROR ? v->offset
             : from_below                                     ? HYP_TRAP
             : class == EC_HVC32 || class == EC_SVC32         ? HYP_CALL
                                                              : v->offset;
    vector = (uint32_t)env->vbar_el[2] + offset;
    if (kind == ARM_EXCP_SYNC) {
        write_hyp_syndrome(env, saved, from_below);
    }
    log_exception(cs, v->name, "Hyp mode, ", saved, vector);
    env->spsr_el[2] = saved;
    env->elr_el[2] = env->pc;
    arm_write_pstate(env, cpsr_of_exception(saved, MODE_HYP, hyp_masks(env), env->sctlr_el[2]));
    env->pc = vector;
}

/* ---- What a higher level that uses AArch64 is told ---- */

/* By which number AArch64 has the current mode's register (D1.9.1). */
static unsigned number_in_aarch64(const CPUARMState *env, unsigned r)
{
    unsigned own = r >= 8 ? own_place(env->pstate & CPSR_M, r) : 0;

    return own ? own : r == 15 ? 31 : r;
}

static uint32_t renumbered(const CPUARMState *env, uint32_t esr, unsigned shift)
{
    return deposit32(esr, shift, 5, number_in_aarch64(env, extract32(esr, shift, 5) & 0xf));
}

uint32_t arm_syndrome_of_aarch32(CPUARMState *env, uint32_t esr)
{
    enum { RT_SHIFT = 5, RT2_SHIFT = 10, SRT_SHIFT = 16 };

    switch (esr >> ESR_EC_SHIFT) {
    case EC_CP15_RT:
    case EC_CP14_RT:
    case EC_VMRS:
        return renumbered(env, esr, RT_SHIFT);
    case EC_CP15_RRT:
    case EC_CP14_RRT:
        return renumbered(env, renumbered(env, esr, RT_SHIFT), RT2_SHIFT);
    case EC_DABORT:
    case EC_DABORT_LOWER:
        esr = with_access(env, esr, arm_read_pstate(env));
        return esr & ESR_VALID ? renumbered(env, esr, SRT_SHIFT) : esr;
    default:
        return esr;
    }
}

/* ---- The other modes ---- */

void arm_do_interrupt32(CPUState *cs)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    unsigned kind = cs->exception_index, index, bank;
    bool to_monitor = env->exception.target == 3;
    uint32_t saved = arm_read_pstate(env), base;
    uint64_t sctlr;
    const Vector *v;

    if (env->exception.target == 2) {
        take_to_hyp(cs);
        return;
    }
    index = kind == ARM_EXCP_SYNC ? vector_of_syndrome(env) : asynchronous[kind];
    v = &vectors[index];
    bank = to_monitor || (arm_has_only_aarch32(env) && arm_is_secure(env)) ? 3 : 1;
    sctlr = env->sctlr_el[bank];
    base = to_monitor        ? (uint32_t)env->mvbar
           : sctlr & SCTLR_V ? 0xffff0000u
                             : (uint32_t)env->vbar_el[bank];
    if (kind == ARM_EXCP_SYNC && (index == V_PREFETCH || index == V_DATA)) {
        write_fault_registers(env, bank, index);
    }
    if (kind == ARM_EXCP_SERROR || kind == ARM_EXCP_VSERROR) {
        env->esr_el[bank] = env->tcr_el[bank] & TTBCR_EAE ? FSR_LPAE_ASYNCHRONOUS
                                                          : FSR_ASYNCHRONOUS;
    }
    env->hcr &= kind == ARM_EXCP_VSERROR ? ~HCR_VSE : UINT64_MAX;
    log_exception(cs, v->name, to_monitor ? "Monitor mode, " : "", saved, base + v->offset);
    leave_monitor_mode(env);
    arm_write_pstate(env, cpsr_of_exception(saved, to_monitor ? MODE_MON : v->mode,
                                            to_monitor ? CPSR_AIF : PSTATE_I | v->masks, sctlr));
    *mode_spsr(env, env->pstate & CPSR_M) = saved;
    env->x[14] = (uint32_t)(env->pc + (saved & CPSR_T ? v->lr_t32 : v->lr_a32));
    env->pc = base + v->offset;
}
