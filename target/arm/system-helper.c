/*
 * Helpers of system instructions: PSTATE, system registers, waiting, caches.
 *
 * Reference: DDI 0487, C5, C6.2 and D1.6 (WFI, WFE).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/mte.h"
#include "target/arm/sysreg.h"

/* ---- PSTATE ---- */

/* MSR DAIFSet and DAIFClr at EL0: the encoding is that of a register access (C5.2.2). */
static void check_user_mask(CPUARMState *env, bool set, uint32_t bits, uintptr_t ra)
{
    if (arm_current_el(env) == 0 && !(env->sctlr_el[arm_regime_el(env)] & SCTLR_UMA)) {
        arm_raise(env,
                  arm_esr(EC_SYSREG, arm_sysreg_iss(0, 3, 4, bits >> 6, set ? 6 : 7, 31, false)),
                  ra);
    }
}

void helper_arm_daif_set(CPUARMState *env, uint32_t bits)
{
    check_user_mask(env, true, bits, GETPC());
    env->pstate |= bits;
    arm_update_hflags(env);
}

void helper_arm_daif_clear(CPUARMState *env, uint32_t bits)
{
    check_user_mask(env, false, bits, GETPC());
    env->pstate &= ~bits;
    arm_update_hflags(env);
}

void helper_arm_spsel(CPUARMState *env, uint32_t value)
{
    arm_write_pstate(env, (arm_read_pstate(env) & ~PSTATE_SP) | value);
}

void helper_arm_change_pstate(CPUARMState *env, uint32_t mask, uint32_t value)
{
    env->pstate = (env->pstate & ~mask) | value;
    arm_update_hflags(env);
}

/* ---- Branch targets ---- */

enum { BTYPE_FROM_GUARDED = 3, BTYPE_FROM_ELSEWHERE = 1 };

static void set_btype(CPUARMState *env, unsigned type)
{
    env->pstate = (env->pstate & ~PSTATE_BTYPE) | type << PSTATE_BTYPE_SHIFT;
    arm_update_hflags(env);
}

/* A jump by another register than x16 or x17 is one like these where the page isn't guarded. */
void helper_arm_set_btype(CPUARMState *env, uint64_t pc, uint32_t type)
{
    if (type == BTYPE_FROM_GUARDED && !arm_page_is_guarded(env, pc)) {
        type = BTYPE_FROM_ELSEWHERE;
    }
    set_btype(env, type);
}

static bool may_land(CPUARMState *env, uint32_t landing)
{
    uint64_t bt = arm_current_el(env) ? SCTLR_BT1 : SCTLR_BT0;

    return landing == ARM_LANDING_PAD ||
           (landing == ARM_LANDING_BY_BT && !(env->sctlr_el[arm_regime_el(env)] & bt));
}

void helper_arm_check_btype(CPUARMState *env, uint64_t pc, uint32_t landing)
{
    uint32_t type = (env->pstate & PSTATE_BTYPE) >> PSTATE_BTYPE_SHIFT;

    if (!may_land(env, landing) && arm_page_is_guarded(env, pc)) {
        arm_raise(env, arm_esr(EC_BRANCH_TARGET, type), GETPC());
    }
    set_btype(env, 0);
}

/* ---- Flags ---- */

enum { FLAG_V = 1 << 28, FLAG_C = 1 << 29, FLAG_Z = 1 << 30 };
#define FLAG_N (1u << 31)

uint64_t helper_arm_convert_flags(uint64_t flags, uint32_t to_arm)
{
    bool z = flags & FLAG_Z, c = flags & FLAG_C, v = flags & FLAG_V;

    if (to_arm) {
        return (!c && !z ? FLAG_N : 0) | (z && c ? FLAG_Z : 0) | (c || z ? FLAG_C : 0) |
               (!c && z ? FLAG_V : 0);
    }
    return (z || v ? FLAG_Z : 0) | (c && !v ? FLAG_C : 0);
}

/* ---- System registers ---- */

static void check_allowed(CPUARMState *env, const ARMSysReg *reg, bool write, uint32_t iss,
                          uintptr_t ra)
{
    if (reg->allowed && !reg->allowed(env, reg, write)) {
        arm_raise(env, arm_esr(EC_SYSREG, iss), ra);
    }
}

/* The ISS says whether it is a read. What EL1 doesn't let EL0 do goes to EL1, whoever else would take it. */
void helper_arm_sysreg_check(CPUARMState *env, void *reg, uint32_t iss)
{
    int level = arm_sysreg_trap_level(env, reg, !(iss & 1));

    if (level == ARM_SYSREG_UNDEFINED) {
        arm_raise(env, arm_esr(EC_UNKNOWN, 0), GETPC());
    } else if (level) {
        check_allowed(env, reg, !(iss & 1), iss, GETPC());
        arm_raise_to(env, level, arm_esr(EC_SYSREG, iss), GETPC());
    }
}

uint64_t helper_arm_sysreg_read(CPUARMState *env, void *reg, uint32_t iss)
{
    check_allowed(env, reg, false, iss, GETPC());
    return arm_sysreg_read(env, reg);
}

void helper_arm_sysreg_write(CPUARMState *env, void *reg, uint64_t value, uint32_t iss)
{
    check_allowed(env, reg, true, iss, GETPC());
    env->access_ra = GETPC();
    arm_sysreg_write(env, reg, value);
}

/* ---- Waiting ---- */

void arm_halt(CPUARMState *env, bool off)
{
    CPUState *cs = arm_env_cpu(env);

    {
        BQL_LOCK_GUARD();
        env->powered_off = off;
        cs->halted = 1;
    }
    cs->exception_index = EXCP_HLT;
    cpu_loop_exit(cs);
}

/* The pc is that of the instruction behind; the trap is taken at the instruction. */
static void check_wait(CPUARMState *env, uint64_t allowed, uint64_t hcr, uint64_t scr, uint32_t iss,
                       uintptr_t ra)
{
    unsigned el = arm_current_el(env);

    if (el == 0 && !(env->sctlr_el[arm_regime_el(env)] & allowed)) {
        arm_raise(env, arm_esr(EC_WFX, iss), ra);
    }
    if (el < 2 && (arm_hcr(env) & hcr) && !(el == 0 && arm_el0_is_hosted(env))) {
        arm_raise_to(env, 2, arm_esr(EC_WFX, iss), ra);
    }
    if (el < 3 && env->has_el3 && (env->scr & scr)) {
        arm_raise_to(env, 3, arm_esr(EC_WFX, iss), ra);
    }
}

void helper_arm_wfi(CPUARMState *env, uint32_t iss)
{
    if (arm_interrupt_waits(env)) {
        return;
    }
    check_wait(env, SCTLR_NTWI, HCR_TWI, SCR_TWI, iss, GETPC());
    arm_halt(env, false);
}

/*
 * Another CPU's store to what this one has loaded exclusively is an event, which nobody notices
 * here: so WFE never sleeps, but lets others run.
 */
void helper_arm_wfe(CPUARMState *env, uint32_t iss)
{
    if (qatomic_xchg(&env->event, false)) {
        return;
    }
    check_wait(env, SCTLR_NTWE, HCR_TWE, SCR_TWE, iss, GETPC());
    sched_yield();
}

void helper_arm_sev(CPUARMState *env)
{
    CPUState *cs;

    CPU_FOREACH (cs) {
        qatomic_set(&ARM_CPU(cs)->env.event, true);
    }
}

void helper_arm_sevl(CPUARMState *env)
{
    qatomic_set(&env->event, true);
}

void helper_arm_yield(CPUARMState *env)
{
    if (cpus_are_several()) {
        sched_yield();
    }
}

void helper_arm_call_firmware(CPUARMState *env)
{
    arm_psci_call(env);
}

static bool hvc_is_there(const CPUARMState *env)
{
    unsigned el = arm_current_el(env);

    if (arm_has_only_aarch32(env) && arm_is_secure(env)) {
        return false; /* not from Monitor mode either */
    }
    return env->has_el2 && (el > 1 || arm_el2_enabled(env)) &&
           (env->has_el3 ? env->scr & SCR_HCE : !(env->hcr & HCR_HCD));
}

static bool is_hvc(uint32_t esr)
{
    return esr >> ESR_EC_SHIFT == EC_HVC64 || esr >> ESR_EC_SHIFT == EC_HVC32;
}

/* That instruction calls firmware, which we are. */
static bool calls_firmware(CPUARMState *env, uint32_t esr)
{
    return arm_env_archcpu(env)->psci_conduit ==
           (is_hvc(esr) ? ARM_PSCI_HVC : ARM_PSCI_SMC);
}

void helper_arm_check_call(CPUARMState *env, uint32_t esr)
{
    bool hvc = is_hvc(esr);

    if (!hvc && arm_current_el(env) == 1 && (arm_hcr(env) & HCR_TSC)) {
        arm_raise_to(env, 2, esr, GETPC());
    }
    if (!calls_firmware(env, esr) &&
        !(hvc ? hvc_is_there(env) : env->has_el3 && !(env->scr & SCR_SMD))) {
        arm_raise(env, arm_esr(EC_UNKNOWN, 0), GETPC());
    }
}

void helper_arm_call_higher(CPUARMState *env, uint32_t esr)
{
    if (calls_firmware(env, esr)) {
        arm_psci_call(env);
    } else {
        arm_raise_to(env, is_hvc(esr) ? MAX(arm_current_el(env), 2) : 3, esr, 0);
    }
}

/* ---- Caches ---- */

void arm_zero(CPUARMState *env, uint64_t addr, unsigned size, int mmu_idx, uintptr_t ra)
{
    void *host = probe_access(env, addr, size, MMU_DATA_STORE, mmu_idx, ra);

    if (host) {
        memset(host, 0, size);
        return;
    }
    for (unsigned i = 0; i < size; i += 8) {
        cpu_st_mmu(env, addr + i, 0, make_memop_idx(MO_LEUQ, mmu_idx), ra);
    }
}

void helper_arm_dc_zva(CPUARMState *env, uint64_t addr, uint32_t mmu_idx)
{
    unsigned size = 4u << (env->id.dczid & 15);
    uint64_t start = addr & -(uint64_t)size;

    /* FAR is the address that the instruction had. */
    probe_access_rights(env, addr, 1, MMU_DATA_STORE, mmu_idx, GETPC());
    if (env->hflags & ARM_HF_TAG_CHECK) {
        start = arm_check_tag(env, start, arm_tag_desc(env->hflags, mmu_idx, true, 0, size), GETPC());
    }
    arm_zero(env, start, size, mmu_idx, GETPC());
}

/* The access only has to be possible as EL0's, where that executes it; for others there has to be a
 * page (mmu.c, needs_no_rights()). */
void helper_arm_cache_by_address(CPUARMState *env, uint64_t addr, uint32_t writes)
{
    int mmu_idx = arm_mmu_index(env->hflags);

    env->cache_op_iss = ESR_CM | ESR_WNR;
    probe_access_rights(env, addr, 1, writes ? MMU_DATA_STORE : MMU_DATA_LOAD, mmu_idx, GETPC());
    env->cache_op_iss = 0;
}
