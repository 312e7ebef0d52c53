/*
 * FPSCR instructions and FP compares.
 *
 * Reference: PEM 2.1.4, 3.3.6, chapter 8.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/fpu.h"
#include "target/ppc/helper.h"

/* Bits that mcrfs clears when it copies them. */
#define FPSCR_STICKY                                                                               \
    (FPSCR_FX | FPSCR_OX | FPSCR_UX | FPSCR_ZX | FPSCR_XX | FPSCR_VX_ALL)

void ppc_store_fpscr(CPUPPCState *env, uint32_t value, uint32_t mask)
{
    mask &= ~(uint32_t)(FPSCR_FEX | FPSCR_VX | FPSCR_RESERVED);
    env->fpscr = ppc_fpscr_summary((env->fpscr & ~mask) | (value & mask));
    if (mask & FPSCR_MODES) {
        ppc_update_hflags(env);
    }
}

void helper_ppc_mtfsf(CPUPPCState *env, uint32_t value, uint32_t mask)
{
    ppc_store_fpscr(env, value, mask);
}

void helper_ppc_mtfsb(CPUPPCState *env, uint32_t bit, uint32_t value)
{
    uint32_t mask = 0x80000000u >> bit;

    if (value && (mask & FPSCR_STICKY) && !(env->fpscr & mask)) {
        ppc_store_fpscr(env, ~0u, mask | FPSCR_FX);
    } else {
        ppc_store_fpscr(env, value ? ~0u : 0, mask);
    }
}

uint64_t helper_ppc_mcrfs(CPUPPCState *env, uint32_t field)
{
    unsigned shift = 28 - 4 * field;
    unsigned bits = env->fpscr >> shift & 15;

    ppc_store_fpscr(env, 0, (15u << shift) & FPSCR_STICKY);
    return ppc_crf_pack(bits);
}

uint64_t helper_ppc_cr1_from_fpscr(CPUPPCState *env)
{
    return ppc_crf_pack(env->fpscr >> 28);
}

/* The four bits < > = ? of a comparison. */
static unsigned compare(uint64_t a, uint64_t b)
{
    double x, y;

    if (f64_is_nan(a) || f64_is_nan(b)) {
        return PPC_CRF_SO;
    }
    memcpy(&x, &a, sizeof(x));
    memcpy(&y, &b, sizeof(y));
    return x < y ? PPC_CRF_LT : x > y ? PPC_CRF_GT : PPC_CRF_EQ;
}

static uint64_t do_compare(CPUPPCState *env, uint64_t a, uint64_t b, bool ordered)
{
    bool ni = env->fpscr & FPSCR_NI;
    unsigned bits = compare(ni ? ppc_fp_without_denormals(a) : a,
                            ni ? ppc_fp_without_denormals(b) : b);

    env->fpscr = (env->fpscr & ~(uint32_t)FPSCR_FPCC) | bits << 12;
    if (unlikely(bits == PPC_CRF_SO)) {
        bool signalling = f64_is_snan(a) || f64_is_snan(b);
        uint32_t cause = signalling ? FPSCR_VXSNAN : 0;

        if (ordered && !(signalling && (env->fpscr & FPSCR_VE))) {
            cause |= FPSCR_VXVC;
        }
        if (cause) {
            ppc_fp_raise(env, cause);
        }
    }
    return ppc_crf_pack(bits);
}

uint64_t helper_ppc_fcmpu(CPUPPCState *env, uint64_t a, uint64_t b)
{
    return do_compare(env, a, b, false);
}

uint64_t helper_ppc_fcmpo(CPUPPCState *env, uint64_t a, uint64_t b)
{
    return do_compare(env, a, b, true);
}
