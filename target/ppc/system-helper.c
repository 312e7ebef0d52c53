/*
 * Helpers of the privileged instructions: MSR, segment registers, TLB, time base; XER[SO].
 *
 * Reference: PEM chapter 8, MPC750UM chapter 2 and 4.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "target/ppc/helper.h"
#include "target/ppc/internal.h"

/* MSR bits that rfi takes from SRR1 (ILE and POW stay or are cleared). */
#define RFI_MSR_MASK 0x87c0ff77u

/* FEX stood before FE0 or FE1 was set: the exception is taken now, with SRR0 past the cause. */
static void check_late_fp_exception(CPUPPCState *env)
{
    if (ppc_fp_exception_due(env)) {
        ppc_raise_exception(env, PPC_EXCP_PROGRAM, PPC_PROGRAM_FP | PPC_PROGRAM_IMPRECISE, 0);
    }
}

/* Whether MSR[POW] saves power: one of HID0's modes is selected (MPC750UM 10.2), or the part has
 * one only (604). */
static bool power_saving_is_selected(CPUPPCState *env)
{
    return (env->spr[SPR_HID0] & (HID0_DOZE | HID0_NAP | HID0_SLEEP)) ||
           (ppc_family(env)->features & PPC_FEAT_NAP);
}

/* The CPU stops until an interrupt is taken. */
static void enter_power_saving(CPUPPCState *env)
{
    CPUState *cs = ppc_env_cpu(env);

    {
        BQL_LOCK_GUARD();
        cs->halted = 1;
        ppc_timebase_update(env);
    }
    cs->exception_index = EXCP_HLT;
    cpu_loop_exit(cs);
}

void helper_ppc_mtmsr(CPUPPCState *env, uint32_t value)
{
    ppc_store_msr(env, value);
    check_late_fp_exception(env);
    if ((value & MSR_POW) && power_saving_is_selected(env)) {
        enter_power_saving(env);
    }
}

void helper_ppc_rfi(CPUPPCState *env)
{
    uint32_t kept = env->msr & ~(RFI_MSR_MASK | MSR_TGPR);

    env->nip = env->spr[SPR_SRR0] & ~3u;
    ppc_store_msr(env, kept | (env->spr[SPR_SRR1] & RFI_MSR_MASK));
    check_late_fp_exception(env);
}

uint32_t helper_ppc_mftbl(CPUPPCState *env)
{
    return ppc_load_tb(env);
}

uint32_t helper_ppc_mftbu(CPUPPCState *env)
{
    return ppc_load_tb(env) >> 32;
}

void helper_ppc_mtsr(CPUPPCState *env, uint32_t n, uint32_t value)
{
    ppc_store_sr(env, n & 15, value);
}

uint32_t helper_ppc_mfsrin(CPUPPCState *env, uint32_t ea)
{
    return env->sr[ea >> 28];
}

void helper_ppc_change_so(CPUPPCState *env, uint32_t rc)
{
    env->xer_so = !env->xer_so;
    if (rc) {
        env->crf[0] = ppc_crf_pack((ppc_crf_unpack(env->crf[0]) & ~PPC_CRF_SO) | env->xer_so);
    }
    ppc_update_hflags(env);
}
