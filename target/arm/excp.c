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

/* ---- Raising ---- */

void arm_raise(CPUARMState *env, uint32_t esr, uintptr_t ra)
{
    CPUState *cs = arm_env_cpu(env);

    env->exception.esr = esr;
    env->exception.has_far = false;
    cs->exception_index = ARM_EXCP_SYNC;
    cpu_loop_exit_restore(cs, ra);
}

void arm_raise_with_far(CPUARMState *env, uint32_t esr, uint64_t far, uintptr_t ra)
{
    CPUState *cs = arm_env_cpu(env);

    env->exception.esr = esr;
    env->exception.far = far;
    env->exception.has_far = true;
    cs->exception_index = ARM_EXCP_SYNC;
    cpu_loop_exit_restore(cs, ra);
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
    return MAX(arm_current_el(env), 1);
}

void arm_raise_abort(CPUARMState *env, uint64_t addr, MMUAccessType access, uint32_t iss,
                     unsigned domain, uintptr_t ra)
{
    bool lower = arm_current_el(env) < arm_target_el(env);
    unsigned ec = access == MMU_INST_FETCH ? (lower ? EC_IABORT_LOWER : EC_IABORT)
                                           : (lower ? EC_DABORT_LOWER : EC_DABORT);

    iss |= access == MMU_DATA_STORE ? ESR_WNR : 0;
    env->exception.domain = domain;
    arm_raise_with_far(env, arm_esr(ec, iss), addr, ra);
}

void arm_do_unaligned_access(CPUState *cs, vaddr addr, MMUAccessType access, int mmu_idx,
                             uintptr_t ra)
{
    arm_raise_abort(&ARM_CPU(cs)->env, addr, access, FSC_ALIGNMENT, 0, ra);
}

/* Nothing answers there, or with an error: a synchronous external abort. */
void arm_do_transaction_failed(CPUState *cs, hwaddr physaddr, vaddr addr, unsigned size,
                               MMUAccessType access, int mmu_idx, MemTxAttrs attrs,
                               MemTxResult result, uintptr_t ra)
{
    qemu_log_mask(CPU_LOG_INT, "external abort at physical %010" HWADDR_PRIx "\n", physaddr);
    arm_raise_abort(&ARM_CPU(cs)->env, addr, access, FSC_EXTERNAL, 0, ra);
}

/* ---- Taking ---- */

static const char *const kind_names[] = {
    [ARM_EXCP_SYNC] = "synchronous",
    [ARM_EXCP_IRQ] = "IRQ",
    [ARM_EXCP_FIQ] = "FIQ",
    [ARM_EXCP_SERROR] = "SError",
};

enum {
    VECTOR_SIZE = 0x80,
    VECTORS_SP_X = 0x200,
    VECTORS_LOWER = 0x400,
    VECTORS_LOWER_32 = 0x600,
};

enum { ID_PAN = 20, ID_UAO = 4, ID_DIT = 48, ID_SSBS = 4, ID_BT = 0 };

uint32_t arm_pstate_known(const CPUARMState *env)
{
    const ARMIdRegs *id = &env->id;

    return PSTATE_NZCV | PSTATE_SS | PSTATE_IL | PSTATE_DAIF | PSTATE_EL | PSTATE_SP |
           (id->mmfr1 >> ID_PAN & 0xf ? PSTATE_PAN : 0) |
           (id->mmfr2 >> ID_UAO & 0xf ? PSTATE_UAO : 0) |
           (id->pfr0 >> ID_DIT & 0xf ? PSTATE_DIT : 0) |
           (id->pfr1 >> ID_SSBS & 0xf ? PSTATE_SSBS : 0) |
           (id->pfr1 >> ID_BT & 0xf ? PSTATE_BTYPE : 0);
}

uint32_t arm_pstate_of_exception(const CPUARMState *env, uint32_t saved, unsigned to)
{
    uint32_t pstate = (saved & PSTATE_NZCV) | PSTATE_DAIF | to << PSTATE_EL_SHIFT | PSTATE_SP |
                      (saved & (PSTATE_PAN | PSTATE_DIT));

    pstate |= env->sctlr_el[to] & SCTLR_SPAN ? 0 : PSTATE_PAN;
    pstate |= env->sctlr_el[to] & SCTLR_DSSBS ? PSTATE_SSBS : 0;
    return pstate & arm_pstate_known(env);
}

static void do_interrupt64(CPUState *cs)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    unsigned kind = cs->exception_index, from = arm_current_el(env), to = arm_target_el(env);
    uint32_t saved = arm_read_pstate(env);
    uint64_t vector = env->vbar_el[to] + kind * VECTOR_SIZE;

    vector += saved & PSTATE_NRW  ? VECTORS_LOWER_32
              : from < to         ? VECTORS_LOWER
              : saved & PSTATE_SP ? VECTORS_SP_X
                                  : 0;
    if (kind == ARM_EXCP_SYNC) {
        env->esr_el[to] = env->exception.esr;
        if (env->exception.has_far) {
            env->far_el[to] = env->exception.far;
        }
    } else if (kind == ARM_EXCP_SERROR) {
        env->esr_el[to] = arm_esr(EC_SERROR, 0);
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
    if (arm_el1_is_aarch32(&ARM_CPU(cs)->env)) {
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
        return (spsr & CPSR_M) == MODE_USR; /* AArch32 is at EL0 only */
    }
    if ((spsr & 2) || el > arm_current_el(env)) {
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

/* What may be taken now, most urgent first; -1: nothing. */
static int due_interrupt(CPUARMState *env)
{
    static const struct { uint8_t kind; uint16_t mask; } order[] = {
        { ARM_EXCP_SERROR, PSTATE_A },
        { ARM_EXCP_FIQ, PSTATE_F },
        { ARM_EXCP_IRQ, PSTATE_I },
    };
    uint32_t lines = qatomic_read(&env->pending_lines);

    for (size_t i = 0; lines && i < ARRAY_SIZE(order); i++) {
        if ((lines >> order[i].kind & 1) && !(env->pstate & order[i].mask)) {
            return order[i].kind;
        }
    }
    return -1;
}

bool arm_cpu_exec_interrupt(CPUState *cs, int request)
{
    CPUARMState *env = &ARM_CPU(cs)->env;
    int kind = request & CPU_INTERRUPT_HARD ? due_interrupt(env) : -1;

    if (kind < 0) {
        return false;
    }
    cs->exception_index = kind;
    arm_do_interrupt(cs);
    return true;
}

/* WFI ends with any interrupt that is asserted, masked or not (D1.6.2). */
bool arm_has_work(CPUState *cs)
{
    CPUARMState *env = &ARM_CPU(cs)->env;

    if (qatomic_read(&cs->interrupt_request) & (CPU_INTERRUPT_RESET | CPU_INTERRUPT_DEBUG)) {
        return true;
    }
    return !env->powered_off && qatomic_read(&env->pending_lines);
}

static void set_line(void *opaque, int n, int level)
{
    static const uint8_t kinds[] = { [ARM_CPU_IRQ] = ARM_EXCP_IRQ, [ARM_CPU_FIQ] = ARM_EXCP_FIQ };
    CPUARMState *env = &ARM_CPU(opaque)->env;
    CPUState *cs = CPU(opaque);
    uint32_t bit = 1u << kinds[n];

    if (level) {
        qatomic_or(&env->pending_lines, bit);
        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
    } else {
        qatomic_and(&env->pending_lines, ~bit);
        if (!qatomic_read(&env->pending_lines)) {
            cpu_reset_interrupt(cs, CPU_INTERRUPT_HARD);
        }
    }
}

void arm_init_gpios(ARMCPU *cpu)
{
    qdev_init_gpio_in(DEVICE(cpu), set_line, ARM_CPU_NB_INPUTS);
    qdev_init_gpio_out(DEVICE(cpu), cpu->timer_out, ARM_NB_TIMERS);
}
