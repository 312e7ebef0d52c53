/*
 * Arm exceptions and interrupts: raising, taking, what the registers get; returning.
 *
 * Reference: DDI 0487, D1.3 (exceptions), D1.3.6 (routing and masking), D1.4 (returns).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "qemu/atomic.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/mte.h"

/* ---- Raising ---- */

/* Trapped by whom: of the classes that have no level of their own, the usual one. */
static unsigned target_of_class(const CPUARMState *env, uint32_t esr)
{
    switch (esr >> ESR_EC_SHIFT) {
    case EC_FP_ACCESS:
        return MAX(arm_fp_trap_level(env), arm_target_el(env));
    case EC_BREAKPOINT_LOWER:
    case EC_BREAKPOINT:
    case EC_STEP_LOWER:
    case EC_STEP:
    case EC_WATCHPOINT_LOWER:
    case EC_WATCHPOINT:
    case EC_BKPT32:
    case EC_BRK64:
        return MAX(arm_debug_target(env), arm_target_el(env));
    case EC_IABORT: /* AArch32's breakpoints and watchpoints */
    case EC_DABORT:
        return (esr & 0x3f) == FSC_DEBUG ? MAX(arm_debug_target(env), arm_target_el(env))
                                         : arm_target_el(env);
    default:
        return arm_target_el(env);
    }
}

/* CPACR_EL1's trap is nothing that a host knows of (D1.3, TGE). */
static uint32_t syndrome_for(const CPUARMState *env, uint32_t esr, unsigned target)
{
    bool hosted = target == 2 && arm_current_el(env) == 0 && (arm_hcr(env) & HCR_TGE);

    return hosted && esr >> ESR_EC_SHIFT == EC_FP_ACCESS && arm_fp_trap_level(env) == 1
               ? arm_esr(EC_UNKNOWN, 0)
               : esr;
}

static void set_exception(CPUARMState *env, unsigned target, uint32_t esr)
{
    env->exception.esr = syndrome_for(env, esr, target);
    env->exception.target = target;
    env->exception.has_far = env->exception.has_ipa = env->exception.wants_access = false;
    arm_env_cpu(env)->exception_index = ARM_EXCP_SYNC;
}

void arm_raise_to(CPUARMState *env, unsigned target, uint32_t esr, uintptr_t ra)
{
    set_exception(env, target, esr);
    cpu_loop_exit_restore(arm_env_cpu(env), ra);
}

void arm_raise(CPUARMState *env, uint32_t esr, uintptr_t ra)
{
    arm_raise_to(env, target_of_class(env, esr), esr, ra);
}

void arm_raise_with_far(CPUARMState *env, uint32_t esr, uint64_t far, uintptr_t ra)
{
    set_exception(env, target_of_class(env, esr), esr);
    env->exception.far = far;
    env->exception.has_far = true;
    cpu_loop_exit_restore(arm_env_cpu(env), ra);
}

void helper_arm_raise(CPUARMState *env, uint32_t esr)
{
    arm_raise(env, esr, GETPC());
}

void helper_arm_raise_with_far(CPUARMState *env, uint32_t esr, uint64_t far)
{
    arm_raise_with_far(env, esr, far, GETPC());
}

void helper_arm_raise_after(CPUARMState *env, uint32_t esr)
{
    arm_raise(env, esr, 0);
}

void helper_arm_raise_debug(CPUARMState *env)
{
    CPUState *cs = arm_env_cpu(env);

    cs->exception_index = EXCP_DEBUG;
    cpu_loop_exit(cs);
}

void helper_arm_step_done(CPUARMState *env)
{
    env->pstate &= ~PSTATE_SS;
    arm_update_hflags(env);
}

unsigned arm_target_el(const CPUARMState *env)
{
    unsigned el = arm_current_el(env);

    if (arm_has_only_aarch32(env) && el == 3) {
        return 1; /* the modes that EL1 has, too: 3 stands for Monitor mode (excp32.c) */
    }
    return el ? el : arm_hcr(env) & HCR_TGE ? 2 : 1;
}

unsigned arm_debug_target(const CPUARMState *env)
{
    bool to_el2 = arm_el2_enabled(env) &&
                  ((env->mdcr_el[2] & MDCR_TDE) || (env->hcr & HCR_TGE));

    return to_el2 ? 2 : 1;
}

/* What FPEN's and ZEN's values trap: 0 and 2 everything, 1 EL0. */
static bool field_traps(uint64_t control, unsigned shift, bool user)
{
    unsigned enabled = control >> shift & 3;

    return !(enabled & 1) || (enabled == 1 && user);
}

/* NSACR comes before HCPTR (G1.21.1). */
static unsigned fp_trap_level32(const CPUARMState *env)
{
    unsigned el = arm_current_el(env);

    if (el != 2 && field_traps(env->cpacr, CPTR_FPEN_SHIFT, el == 0)) {
        return 1;
    }
    if (env->has_el3 && !arm_is_secure(env) && !(env->nsacr & NSACR_CP10_11)) {
        return MAX(el, 1);
    }
    return el < 3 && arm_el2_enabled(env) && (env->cptr_el[2] & CPTR_TFP) ? 2 : 0;
}

unsigned arm_fp_trap_level(const CPUARMState *env)
{
    unsigned el = arm_current_el(env);
    bool hosted = arm_el0_is_hosted(env);

    if (arm_has_only_aarch32(env)) {
        return fp_trap_level32(env);
    }
    if (el < 2 && !hosted && field_traps(env->cpacr, CPTR_FPEN_SHIFT, el == 0)) {
        return 1;
    }
    if (el < 3 && arm_el2_enabled(env) &&
        (env->hcr & HCR_E2H ? field_traps(env->cptr_el[2], CPTR_FPEN_SHIFT, el == 0 && hosted)
                            : (env->cptr_el[2] & CPTR_TFP) != 0)) {
        return 2;
    }
    return env->has_el3 && (env->cptr_el[3] & CPTR_TFP) ? 3 : 0;
}

/* What SVE's own controls trap it to. */
static unsigned sve_control_level(const CPUARMState *env)
{
    unsigned el = arm_current_el(env);
    bool hosted = arm_el0_is_hosted(env);

    if (el < 2 && !hosted && field_traps(env->cpacr, CPTR_ZEN_SHIFT, el == 0)) {
        return 1;
    }
    if (el < 3 && arm_el2_enabled(env) &&
        (env->hcr & HCR_E2H ? field_traps(env->cptr_el[2], CPTR_ZEN_SHIFT, el == 0 && hosted)
                            : (env->cptr_el[2] & CPTR_TZ) != 0)) {
        return 2;
    }
    return env->has_el3 && !(env->cptr_el[3] & CPTR_TZ) ? 3 : 0;
}

/* CheckNormalSVEEnabled(): at each level SVE's own control comes before that of floating point. */
unsigned arm_sve_trap_level(const CPUARMState *env, uint32_t *class)
{
    unsigned fp_level = arm_fp_trap_level(env), level = sve_control_level(env);

    *class = EC_SVE_ACCESS;
    if (fp_level && (!level || fp_level < level)) {
        *class = EC_FP_ACCESS;
        level = fp_level;
    }
    return level;
}

void helper_arm_sve_trap(CPUARMState *env)
{
    uint32_t class;
    unsigned level = arm_sve_trap_level(env, &class);

    arm_raise_to(env, MAX(level, arm_target_el(env)),
                 arm_esr(class, class == EC_FP_ACCESS ? ARM_ISS_COND_ALWAYS : 0), GETPC());
}

/* Whether floating point is on matters to instructions only. */
void helper_arm_sve_check(CPUARMState *env)
{
    unsigned level = sve_control_level(env);

    if (level) {
        arm_raise_to(env, MAX(level, arm_target_el(env)), arm_esr(EC_SVE_ACCESS, 0), GETPC());
    }
}

void helper_arm_sve_begin(CPUARMState *env)
{
    env->z_high_used = true;
    arm_update_hflags(env);
}

static uint32_t abort_syndrome(MMUAccessType access, uint32_t iss)
{
    return access == MMU_INST_FETCH
               ? arm_esr(EC_IABORT, iss)
               : arm_esr(EC_DABORT, iss | (access == MMU_DATA_STORE ? ESR_WNR : 0));
}

/* A checked access is done without its address' tag, which FAR has. */
static uint64_t far_of_access(const CPUARMState *env, uint64_t addr, MMUAccessType access)
{
    return access == MMU_INST_FETCH ? addr : arm_address_as_accessed(env, addr);
}

void arm_raise_abort(CPUARMState *env, uint64_t addr, MMUAccessType access, uint32_t iss,
                     unsigned domain, uintptr_t ra)
{
    env->exception.domain = domain;
    arm_raise_with_far(env, abort_syndrome(access, iss), far_of_access(env, addr, access), ra);
}

/* Who looks after external aborts (D1.3.6): EL3, EL2, or the usual level. */
static unsigned external_abort_target(const CPUARMState *env)
{
    unsigned usual = arm_target_el(env);

    return env->has_el3 && (env->scr & SCR_EA)             ? 3
           : (arm_hcr(env) & HCR_TEA) && usual < 2         ? 2
                                                           : usual;
}

void arm_raise_fault(CPUARMState *env, uint64_t addr, MMUAccessType access, const ARMFault *fault,
                     uintptr_t ra)
{
    uint32_t iss = fault->code | (fault->on_walk ? ESR_S1PTW : 0);
    bool external = (fault->code & 0x3c) == FSC_EXTERNAL_ON_WALK;

    set_exception(env, fault->stage2 ? 2 : external ? external_abort_target(env) : arm_target_el(env),
                  abort_syndrome(access, iss));
    env->exception.domain = fault->domain;
    env->exception.far = far_of_access(env, addr, access);
    env->exception.has_far = true;
    if (fault->stage2) {
        env->exception.ipa = fault->ipa;
        env->exception.has_ipa = true;
        env->exception.wants_access = access != MMU_INST_FETCH && !fault->on_walk &&
                                      !(fault->code & ESR_CM);
    }
    cpu_loop_exit_restore(arm_env_cpu(env), ra);
}

/* FEAT_LSE2, where SCTLR.A asks for nothing: what has to be aligned then is ordered, exclusive or
 * atomic (B2.8). */
bool arm_tolerates_unaligned(CPUState *cs, vaddr addr, unsigned size)
{
    const CPUARMState *env = &ARM_CPU(cs)->env;

    return arm_has_lse2(&env->id) && !(env->hflags & (ARM_HF_A32 | ARM_HF_ALIGN)) &&
           (addr & 15) + size <= 16;
}

void arm_do_unaligned_access(CPUState *cs, vaddr addr, MMUAccessType access, int mmu_idx,
                             uintptr_t ra)
{
    arm_raise_abort(&ARM_CPU(cs)->env, addr, access, FSC_ALIGNMENT, 0, ra);
}

void helper_arm_unaligned(CPUARMState *env, uint64_t address, uint32_t store)
{
    arm_raise_abort(env, address, store ? MMU_DATA_STORE : MMU_DATA_LOAD, FSC_ALIGNMENT, 0,
                    GETPC());
}

/* Nothing answers there, or with an error: a synchronous external abort. */
void arm_do_transaction_failed(CPUState *cs, hwaddr physaddr, vaddr addr, unsigned size,
                               MMUAccessType access, int mmu_idx, MemTxAttrs attrs,
                               MemTxResult result, uintptr_t ra)
{
    CPUARMState *env = &ARM_CPU(cs)->env;

    qemu_log_mask(CPU_LOG_INT, "external abort at physical %010" HWADDR_PRIx "\n", physaddr);
    set_exception(env, external_abort_target(env), abort_syndrome(access, FSC_EXTERNAL));
    env->exception.domain = 0;
    env->exception.far = far_of_access(env, addr, access);
    env->exception.has_far = true;
    cpu_loop_exit_restore(cs, ra);
}

/* ---- Taking ---- */

static const char *const kind_names[] = {
    [ARM_EXCP_SYNC] = "synchronous",
    [ARM_EXCP_IRQ] = "IRQ",
    [ARM_EXCP_FIQ] = "FIQ",
    [ARM_EXCP_SERROR] = "SError",
    [ARM_EXCP_VIRQ] = "virtual IRQ",
    [ARM_EXCP_VFIQ] = "virtual FIQ",
    [ARM_EXCP_VSERROR] = "virtual SError",
};

/* Virtual ones are taken as what they stand for. */
static unsigned vector_kind(unsigned kind)
{
    return kind >= ARM_EXCP_VIRQ ? kind - ARM_EXCP_VIRQ + ARM_EXCP_IRQ : kind;
}

/* Some classes have two numbers, the even one where the exception comes from a lower level. */
static uint32_t with_origin(uint32_t esr, bool lower)
{
    switch (esr >> ESR_EC_SHIFT & ~1u) {
    case EC_IABORT_LOWER:
    case EC_DABORT_LOWER:
    case EC_BREAKPOINT_LOWER:
    case EC_STEP_LOWER:
    case EC_WATCHPOINT_LOWER:
        return (esr & ~(1u << ESR_EC_SHIFT)) | (uint32_t)!lower << ESR_EC_SHIFT;
    default:
        return esr;
    }
}

/* ESR, FAR and HPFAR of a synchronous exception. */
static void set_syndrome(CPUARMState *env, unsigned to, bool lower)
{
    const ARMException *e = &env->exception;
    uint32_t insn;

    env->esr_el[to] = with_origin(e->esr, lower);
    if (arm_in_aarch32(env)) {
        env->esr_el[to] = arm_syndrome_of_aarch32(env, env->esr_el[to]);
    } else if (e->wants_access && arm_look_at_instruction(env, &insn)) {
        env->esr_el[to] |= arm_access_syndrome(insn);
    }
    if (e->has_far) {
        env->far_el[to] = e->far;
    }
    if (e->has_ipa) {
        env->hpfar = e->ipa >> 12 << 4;
    }
}

enum {
    VECTOR_SIZE = 0x80,
    VECTORS_SP_X = 0x200,
    VECTORS_LOWER = 0x400,
    VECTORS_LOWER_32 = 0x600,
};

enum { ID_PAN = 20, ID_UAO = 4, ID_DIT = 48, ID_SSBS = 4, ID_BT = 0, ID_MTE = 8 };

uint32_t arm_pstate_known(const CPUARMState *env)
{
    const ARMIdRegs *id = &env->id;

    return PSTATE_NZCV | PSTATE_SS | PSTATE_IL | PSTATE_DAIF | PSTATE_EL | PSTATE_SP |
           (id->mmfr1 >> ID_PAN & 0xf ? PSTATE_PAN : 0) |
           (id->mmfr2 >> ID_UAO & 0xf ? PSTATE_UAO : 0) |
           (id->pfr0 >> ID_DIT & 0xf ? PSTATE_DIT : 0) |
           (id->pfr1 >> ID_SSBS & 0xf ? PSTATE_SSBS : 0) |
           (id->pfr1 >> ID_BT & 0xf ? PSTATE_BTYPE : 0) |
           (id->pfr1 >> ID_MTE & 0xf ? PSTATE_TCO : 0);
}

uint32_t arm_pstate_of_exception(const CPUARMState *env, uint32_t saved, unsigned to)
{
    uint32_t pstate = (saved & PSTATE_NZCV) | PSTATE_DAIF | to << PSTATE_EL_SHIFT | PSTATE_SP |
                      (saved & (PSTATE_PAN | PSTATE_DIT)) | PSTATE_TCO;

    if ((to == 1 || (to == 2 && arm_el0_is_hosted(env))) && !(env->sctlr_el[to] & SCTLR_SPAN)) {
        pstate |= PSTATE_PAN;
    }
    pstate |= env->sctlr_el[to] & SCTLR_DSSBS ? PSTATE_SSBS : 0;
    return pstate & arm_pstate_known(env);
}

/* What counts is the level right below the one that takes it (D1.3.5), which for a host is EL0. */
static bool lower_is_aarch32(const CPUARMState *env, unsigned to)
{
    if (to == 1 || (to == 2 && arm_el0_is_hosted(env))) {
        return arm_in_aarch32(env);
    }
    return (to == 2 || !arm_el2_enabled(env)) && arm_el1_is_aarch32(env);
}

static void do_interrupt64(CPUState *cs)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    unsigned kind = cs->exception_index, from = arm_current_el(env), to = env->exception.target;
    uint32_t saved = arm_read_pstate(env);
    uint64_t vector = env->vbar_el[to] + vector_kind(kind) * VECTOR_SIZE;

    vector += from < to && lower_is_aarch32(env, to) ? VECTORS_LOWER_32
              : from < to         ? VECTORS_LOWER
              : saved & PSTATE_SP ? VECTORS_SP_X
                                  : 0;
    if (kind == ARM_EXCP_SYNC) {
        set_syndrome(env, to, from < to);
    } else if (vector_kind(kind) == ARM_EXCP_SERROR) {
        bool by_hypervisor = kind == ARM_EXCP_VSERROR; /* which says what it is */

        env->hcr &= by_hypervisor ? ~HCR_VSE : UINT64_MAX;
        env->esr_el[to] = arm_esr(EC_SERROR, by_hypervisor ? env->vsesr : 0);
    }
    if (qemu_loglevel_mask(CPU_LOG_INT)) {
        qemu_log_mask(CPU_LOG_INT,
                      "CPU %d: %s exception from EL%u to EL%u: ESR %08x FAR %016" PRIx64
                      " ELR %016" PRIx64 " -> %016" PRIx64 "\n",
                      cs->cpu_index, kind_names[kind], from, to, (uint32_t)env->esr_el[to],
                      env->far_el[to], env->pc, vector);
    }
    env->spsr_el[to] = saved;
    env->elr_el[to] = env->pc;
    arm_write_pstate(env, arm_pstate_of_exception(env, saved, to));
    env->pc = vector;
}

void arm_do_interrupt(CPUState *cs)
{
    CPUARMState *env = &ARM_CPU(cs)->env;

    if (unlikely(env->pmu.active)) {
        arm_pmu_count(env, ARM_PMU_EXC_TAKEN);
    }
    if (arm_has_only_aarch32(env) || (env->exception.target == 1 && arm_el1_is_aarch32(env))) {
        arm_do_interrupt32(cs);
    } else {
        do_interrupt64(cs);
    }
}

/* ---- Returning ---- */

/* Where SPSR says that a return goes: false if it can't. */
static bool is_legal_return(const CPUARMState *env, uint32_t spsr)
{
    unsigned el = (spsr & PSTATE_EL) >> PSTATE_EL_SHIFT;

    if (spsr & PSTATE_NRW) {
        return (spsr & CPSR_M) == MODE_USR ||
               (arm_mode_is_known(spsr & CPSR_M) && arm_el1_is_aarch32(env) &&
                arm_current_el(env) > 1 && !(arm_hcr(env) & HCR_TGE));
    }
    if (el < 2 && arm_el1_is_aarch32(env)) {
        return false;
    }
    if ((spsr & 2) || el > arm_current_el(env) || (el == 2 && !arm_el2_enabled(env)) ||
        (el == 1 && (arm_hcr(env) & HCR_TGE))) {
        return false;
    }
    return el > 0 || !(spsr & PSTATE_SP);
}

#define CPSR_RETURNED                                                                              \
    (PSTATE_NZCV | CPSR_Q | CPSR_IT | PSTATE_SS | PSTATE_IL | CPSR_GE | CPSR_E | CPSR_AIF |        \
     CPSR_T | CPSR_M)

void helper_arm_eret(CPUARMState *env)
{
    unsigned el = arm_current_el(env);
    uint32_t spsr = env->spsr_el[el];
    uint64_t pc = env->elr_el[el];

    if (unlikely(env->pmu.active)) {
        arm_pmu_count(env, ARM_PMU_EXC_RETURN);
    }
    qatomic_set(&env->event, true);
    env->exclusive_address = ARM_NO_ADDRESS;
    if (is_legal_return(env, spsr)) {
        bool stepping = env->mdscr & 1, to32 = spsr & PSTATE_NRW;

        spsr &= to32 ? CPSR_RETURNED : arm_pstate_known(env);
        arm_write_pstate(env, spsr & ~(stepping ? 0 : PSTATE_SS));
        pc = to32 ? (uint32_t)pc & (spsr & CPSR_T ? ~1u : ~3u) : pc;
    } else { /* an illegal return: PSTATE.IL, and the mode stays (D1.4.3) */
        uint32_t kept = arm_read_pstate(env) & (PSTATE_EL | PSTATE_SP);

        arm_write_pstate(env, (spsr & (PSTATE_NZCV | PSTATE_DAIF)) | kept | PSTATE_IL);
    }
    env->pc = pc;
}

/* ---- Interrupts ---- */

typedef struct Interrupt {
    uint8_t kind, virtual_kind;
    uint16_t mask; /* PSTATE */
    uint16_t scr;  /* which bit of SCR_EL3 has EL3 take it */
    uint64_t hcr;  /* of HCR_EL2, EL2; then EL1 has the virtual one */
} Interrupt;

/* Most urgent first. */
static const Interrupt interrupts[] = {
    { ARM_EXCP_SERROR, ARM_EXCP_VSERROR, PSTATE_A, SCR_EA, HCR_AMO },
    { ARM_EXCP_FIQ, ARM_EXCP_VFIQ, PSTATE_F, SCR_FIQ, HCR_FMO },
    { ARM_EXCP_IRQ, ARM_EXCP_VIRQ, PSTATE_I, SCR_IRQ, HCR_IMO },
};

/* Group 1 is an IRQ for its own security state below EL3, and else a FIQ (IHI 0069, 4.6.2). */
static uint32_t group1_interrupts(const CPUARMState *env, uint32_t lines)
{
    bool el3 = arm_current_el(env) == 3, secure = arm_is_secure(env);
    bool irq = lines >> (secure ? ARM_LINE_GROUP1_SECURE : ARM_LINE_GROUP1) & 1;
    bool fiq = lines >> (secure ? ARM_LINE_GROUP1 : ARM_LINE_GROUP1_SECURE) & 1;

    return (irq && !el3 ? 1u << ARM_EXCP_IRQ : 0) |
           (fiq || (irq && el3) ? 1u << ARM_EXCP_FIQ : 0);
}

uint32_t arm_waiting_interrupts(const CPUARMState *env)
{
    uint32_t lines = qatomic_read(&env->pending_lines);

    return lines | (lines >> ARM_LINE_GROUP1 ? group1_interrupts(env, lines) : 0) |
           (env->hcr & HCR_VI ? 1u << ARM_EXCP_VIRQ : 0) |
           (env->hcr & HCR_VF ? 1u << ARM_EXCP_VFIQ : 0) |
           (env->hcr & HCR_VSE ? 1u << ARM_EXCP_VSERROR : 0);
}

/* Which level a physical one goes to (D1.3.6). */
static unsigned interrupt_target(const CPUARMState *env, const Interrupt *i)
{
    if (arm_has_only_aarch32(env)) { /* with Hyp mode's own, whatever HCR says (G1.13.2) */
        return env->has_el3 && (env->scr & i->scr)                                       ? 3
               : arm_is_secure(env)                                                      ? 1
               : arm_current_el(env) == 2 || (arm_hcr(env) & (i->hcr | HCR_TGE)) ? 2
                                                                                         : 1;
    }
    return env->has_el3 && (env->scr & i->scr)      ? 3
           : arm_hcr(env) & (i->hcr | HCR_TGE)      ? 2
                                                    : 1;
}

/*
 * AArch32: the CPSR's masks count in secure state; of others' to Hyp mode they don't below that. To
 * Monitor mode they don't if HCR routes the interrupt, or SCR says so, which it can't of IRQs
 * (G1.13.3).
 */
static bool mask_counts32(const CPUARMState *env, const Interrupt *i, unsigned target)
{
    static const uint16_t kept_by[] = { [ARM_EXCP_SERROR] = SCR_AW, [ARM_EXCP_FIQ] = SCR_FW };

    if (arm_is_secure(env) || target == 1) {
        return true;
    }
    if (target == 2) {
        return arm_current_el(env) == 2;
    }
    return !(arm_hcr(env) & (i->hcr | HCR_TGE)) &&
           (i->kind == ARM_EXCP_IRQ || (env->scr & kept_by[i->kind]));
}

/* A higher level isn't kept from it by the masks of a lower one; a host (VHE) is by those of its EL0. */
static bool may_be_taken(const CPUARMState *env, const Interrupt *i, unsigned target)
{
    unsigned el = arm_current_el(env);
    bool aarch32 = arm_has_only_aarch32(env);
    bool masks_count = aarch32 ? mask_counts32(env, i, target)
                               : target <= MAX(el, 1) || (target == 2 && arm_el0_is_hosted(env));

    return (aarch32 || target >= el) && (!masks_count || !(env->pstate & i->mask));
}

static bool is_virtualized(const CPUARMState *env, const Interrupt *i)
{
    return arm_current_el(env) < 2 && (arm_hcr(env) & (i->hcr | HCR_TGE)) == i->hcr;
}

/* What is to be taken now, -1: nothing; and by whom. */
static int due_interrupt(CPUARMState *env, uint8_t *target)
{
    uint32_t waiting = arm_waiting_interrupts(env);

    for (size_t n = 0; waiting && n < ARRAY_SIZE(interrupts); n++) {
        const Interrupt *i = &interrupts[n];

        *target = interrupt_target(env, i);
        if ((waiting >> i->kind & 1) && may_be_taken(env, i, *target)) {
            return i->kind;
        }
        if ((waiting >> i->virtual_kind & 1) && is_virtualized(env, i) &&
            !(env->pstate & i->mask)) {
            *target = 1;
            return i->virtual_kind;
        }
    }
    return -1;
}

bool arm_cpu_exec_interrupt(CPUState *cs, int request)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    int kind = request & CPU_INTERRUPT_HARD ? due_interrupt(env, &env->exception.target) : -1;

    if (kind < 0) {
        return false;
    }
    cs->exception_index = kind;
    arm_do_interrupt(cs);
    return true;
}

/* Virtual ones are nothing to EL2. */
bool arm_interrupt_waits(const CPUARMState *env)
{
    uint32_t waiting = arm_waiting_interrupts(env);

    for (size_t n = 0; waiting && n < ARRAY_SIZE(interrupts); n++) {
        const Interrupt *i = &interrupts[n];

        if ((waiting >> i->kind & 1) ||
            ((waiting >> i->virtual_kind & 1) && is_virtualized(env, i))) {
            return true;
        }
    }
    return false;
}

/* WFI ends with any interrupt that is asserted, masked or not (D1.6.2). */
bool arm_has_work(CPUState *cs)
{
    CPUARMState *env = &ARM_CPU(cs)->env;

    if (qatomic_read(&cs->interrupt_request) & (CPU_INTERRUPT_RESET | CPU_INTERRUPT_DEBUG)) {
        return true;
    }
    return !env->powered_off && arm_interrupt_waits(env);
}

void arm_virtual_interrupts_changed(CPUARMState *env)
{
    CPUState *cs = arm_env_cpu(env);

    BQL_LOCK_GUARD();
    if (arm_waiting_interrupts(env)) {
        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
    } else {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_HARD);
    }
}

static void set_line(void *opaque, int n, int level)
{
    static const uint8_t kinds[] = { [ARM_CPU_IRQ] = ARM_EXCP_IRQ, [ARM_CPU_FIQ] = ARM_EXCP_FIQ,
                                     [ARM_CPU_VIRQ] = ARM_EXCP_VIRQ,
                                     [ARM_CPU_VFIQ] = ARM_EXCP_VFIQ,
                                     [ARM_CPU_GROUP1] = ARM_LINE_GROUP1,
                                     [ARM_CPU_GROUP1_SECURE] = ARM_LINE_GROUP1_SECURE };
    CPUARMState *env = &ARM_CPU(opaque)->env;
    CPUState *cs = CPU(opaque);
    uint32_t bit = 1u << kinds[n];

    if (level) {
        qatomic_or(&env->pending_lines, bit);
        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
    } else {
        qatomic_and(&env->pending_lines, ~bit);
        if (!arm_waiting_interrupts(env)) {
            cpu_reset_interrupt(cs, CPU_INTERRUPT_HARD);
        }
    }
}

void arm_init_gpios(ARMCPU *cpu)
{
    qdev_init_gpio_in(DEVICE(cpu), set_line, ARM_CPU_NB_INPUTS);
    qdev_init_gpio_out(DEVICE(cpu), cpu->timer_out, ARM_NB_TIMERS);
    qdev_init_gpio_out_named(DEVICE(cpu), &cpu->pmu_out, ARM_CPU_PMU_OUT, 1);
}
