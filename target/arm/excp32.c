/*
 * AArch32 alone: modes and their registers, exceptions taken to them, returns.
 *
 * A mode's own r13 and r14 (FIQ: r8 to r14) lie in x[16] to x[30], where AArch64 sees them, while
 * it isn't the current one. While it is, the user's are there: entering and leaving are an
 * exchange.
 *
 * Reference: DDI 0487, G1.11 (modes, registers), G1.12 to G1.17 (exceptions), D1.9.1 (which x
 * register is which), G8.2 (DFSR, IFSR).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/log.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/mmu-walk32.h"

/* ---- Banked registers ---- */

/* Where r13 of each mode is, and r14; 0: the user's. */
static const struct {
    uint8_t sp, lr;
} banked[CPSR_M + 1] = {
    [MODE_IRQ] = { 17, 16 }, [MODE_SVC] = { 19, 18 }, [MODE_ABT] = { 21, 20 },
    [MODE_UND] = { 23, 22 }, [MODE_FIQ] = { 29, 30 },
};

static void exchange(CPUARMState *env, unsigned a, unsigned b)
{
    uint64_t kept = env->x[a];

    env->x[a] = env->x[b];
    env->x[b] = kept;
}

void arm_exchange_banked(CPUARMState *env, unsigned mode)
{
    if (!banked[mode].sp) {
        return;
    }
    exchange(env, 13, banked[mode].sp);
    exchange(env, 14, banked[mode].lr);
    for (unsigned r = 8; mode == MODE_FIQ && r <= 12; r++) {
        exchange(env, r, 24 + r - 8);
    }
}

/* A mode's register, wherever it is now. */
static uint64_t *mode_register(CPUARMState *env, unsigned mode, unsigned r)
{
    unsigned current = env->pstate & CPSR_M;
    unsigned own = r == 13 ? banked[mode].sp : r == 14 ? banked[mode].lr : r + 16;
    unsigned users = r == 13 ? banked[current].sp : r == 14 ? banked[current].lr : r + 16;
    bool has_own = banked[mode].sp && (r >= 13 || mode == MODE_FIQ);
    bool current_has_own = banked[current].sp && (r >= 13 || current == MODE_FIQ);

    if (mode == current || (!has_own && !current_has_own)) {
        return &env->x[r];
    }
    return &env->x[has_own ? own : users];
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

/* MRS and MSR of banked registers: SYSm and R. NULL: none, or not there (F5.1, table "Banked
 * register access"). */
static uint64_t *banked_by_number(CPUARMState *env, uint32_t which)
{
    static const uint8_t modes[] = { MODE_IRQ, MODE_SVC, MODE_ABT, MODE_UND };
    unsigned sysm = which & 0x1f, r = sysm & 7;

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

/* A mode that isn't there: IL, and the mode stays (G1.11.3). */
static uint32_t with_legal_mode(const CPUARMState *env, uint32_t value)
{
    if (arm_mode_is_known(value & CPSR_M) && arm_el1_is_aarch32(env)) {
        return value;
    }
    return (value & ~CPSR_M) | (env->pstate & CPSR_M) | PSTATE_IL;
}

void helper_arm_write_cpsr(CPUARMState *env, uint32_t value, uint32_t mask)
{
    uint32_t old = arm_read_pstate(env), new = (old & ~mask) | (value & mask);

    arm_write_pstate(env, mask & CPSR_M && (old ^ new) & CPSR_M ? with_legal_mode(env, new) : new);
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
    arm_write_pstate(env, with_legal_mode(env, cpsr & CPSR_RETURNED));
    env->pc = pc & (env->pstate & CPSR_T ? ~1u : ~3u);
}

/* ---- Exceptions ---- */

/*
 * The status registers. Long descriptors have the codes of ESR_ELx; short ones their own: by code
 * without the level, for what level 1 and level 2 reports.
 */
enum { FSR_LPAE = 1 << 9, FSR_WNR = 1 << 11, FSR_CM = 1 << 13 };

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

uint32_t arm_fault_status(const CPUARMState *env, uint32_t iss)
{
    uint32_t access = (iss & ESR_WNR ? FSR_WNR : 0) | (iss & ESR_CM ? FSR_CM : 0), code;

    if (env->tcr_el[1] & TTBCR_EAE) {
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

enum { V_UNDEFINED, V_SVC, V_PREFETCH, V_DATA, V_IRQ, V_FIQ };

static const Vector vectors[] = {
    [V_UNDEFINED] = { "undefined instruction", MODE_UND, 0x04, 4, 2, 0 },
    [V_SVC] = { "supervisor call", MODE_SVC, 0x08, 0, 0, 0 },
    [V_PREFETCH] = { "prefetch abort", MODE_ABT, 0x0c, 4, 4, PSTATE_A },
    [V_DATA] = { "data abort", MODE_ABT, 0x10, 8, 8, PSTATE_A },
    [V_IRQ] = { "IRQ", MODE_IRQ, 0x18, 4, 4, PSTATE_A },
    [V_FIQ] = { "FIQ", MODE_FIQ, 0x1c, 4, 4, PSTATE_A | PSTATE_F },
};

/* Of a synchronous exception by its class; what traps here is undefined there. */
static unsigned vector_of_syndrome(CPUARMState *env)
{
    uint32_t esr = env->exception.esr;

    switch (esr >> ESR_EC_SHIFT) {
    case EC_SVC32:
        return V_SVC;
    case EC_IABORT:
    case EC_IABORT_LOWER:
        env->ifsr = arm_fault_status(env, esr & ~(uint32_t)ESR_WNR);
        env->far_el[1] = (uint32_t)env->far_el[1] | env->exception.far << 32;
        return V_PREFETCH;
    case EC_BKPT32:
        env->exception.domain = 0;
        env->ifsr = arm_fault_status(env, FSC_DEBUG);
        return V_PREFETCH;
    case EC_DABORT:
    case EC_DABORT_LOWER:
        env->esr_el[1] = arm_fault_status(env, esr);
        env->far_el[1] = (env->far_el[1] >> 32 << 32) | (uint32_t)env->exception.far;
        return V_DATA;
    default:
        return V_UNDEFINED;
    }
}

void arm_do_interrupt32(CPUState *cs)
{
    static const uint8_t asynchronous[] = {
        [ARM_EXCP_IRQ] = V_IRQ, [ARM_EXCP_FIQ] = V_FIQ, [ARM_EXCP_SERROR] = V_DATA,
    };
    CPUARMState *env = &ARM_CPU(cs)->env;
    unsigned kind = cs->exception_index;
    const Vector *v =
        &vectors[kind == ARM_EXCP_SYNC ? vector_of_syndrome(env) : asynchronous[kind]];
    uint32_t saved = arm_read_pstate(env), sctlr = env->sctlr_el[1];
    uint32_t new = saved & ~(CPSR_M | CPSR_T | CPSR_E | CPSR_IT | PSTATE_IL | PSTATE_SS);
    uint32_t base = sctlr & SCTLR_V ? 0xffff0000u : (uint32_t)env->vbar_el[1];

    new |= v->mode | PSTATE_I | v->masks;
    new |= (sctlr & SCTLR_TE ? CPSR_T : 0) | (sctlr & SCTLR_EE ? CPSR_E : 0);
    if (qemu_loglevel_mask(CPU_LOG_INT)) {
        qemu_log_mask(CPU_LOG_INT,
                      "CPU %d: %s at %08x, CPSR %08x: syndrome %08x DFSR %08x IFSR %08x DFAR %08x"
                      " IFAR %08x -> %08x\n",
                      cs->cpu_index, v->name, (uint32_t)env->pc, saved,
                      kind == ARM_EXCP_SYNC ? env->exception.esr : 0, (uint32_t)env->esr_el[1],
                      (uint32_t)env->ifsr, (uint32_t)env->far_el[1],
                      (uint32_t)(env->far_el[1] >> 32), base + v->offset);
    }
    arm_write_pstate(env, new);
    *mode_spsr(env, v->mode) = saved;
    env->x[14] = (uint32_t)(env->pc + (saved & CPSR_T ? v->lr_t32 : v->lr_a32));
    env->pc = base + v->offset;
}
