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
#include "target/arm/sysreg.h"

/* ---- PSTATE ---- */

/* MSR DAIFSet and DAIFClr at EL0: the encoding is that of a register access (C5.2.2). */
static void check_user_mask(CPUARMState *env, bool set, uint32_t bits, uintptr_t ra)
{
    if (arm_current_el(env) == 0 && !(env->sctlr_el[1] & SCTLR_UMA)) {
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

/* ---- System registers ---- */

static void check_allowed(CPUARMState *env, const ARMSysReg *reg, bool write, uint32_t iss,
                          uintptr_t ra)
{
    if (reg->allowed && !reg->allowed(env, reg, write)) {
        arm_raise(env, arm_esr(EC_SYSREG, iss), ra);
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
static void check_user_wait(CPUARMState *env, uint64_t allowed, uint32_t iss, uintptr_t ra)
{
    if (arm_current_el(env) == 0 && !(env->sctlr_el[1] & allowed)) {
        arm_raise(env, arm_esr(EC_WFX, iss), ra);
    }
}

void helper_arm_wfi(CPUARMState *env, uint32_t iss)
{
    if (qatomic_read(&env->pending_lines)) {
        return;
    }
    check_user_wait(env, SCTLR_NTWI, iss, GETPC());
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
    check_user_wait(env, SCTLR_NTWE, iss, GETPC());
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

/* ---- Caches ---- */

void helper_arm_dc_zva(CPUARMState *env, uint64_t addr, uint32_t mmu_idx)
{
    unsigned size = 4u << (env->id.dczid & 15);
    uint64_t start = addr & -(uint64_t)size;
    /* FAR is the address that the instruction had. */
    void *host;

    probe_access_rights(env, addr, 1, MMU_DATA_STORE, mmu_idx, GETPC());
    host = probe_access(env, start, size, MMU_DATA_STORE, mmu_idx, GETPC());
    if (host) {
        memset(host, 0, size);
        return;
    }
    for (unsigned i = 0; i < size; i += 8) {
        cpu_st_mmu(env, start + i, 0, make_memop_idx(MO_LEUQ, mmu_idx), GETPC());
    }
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
