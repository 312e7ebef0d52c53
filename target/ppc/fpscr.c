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

static uint64_t recorded_operand(const CPUPPCState *env, unsigned n)
{
    unsigned where = ppc_fp_operand(env->fp_record, n);

    return where < PPC_FP_SAVED ? env->fpr[where] : env->fp_saved[n];
}

/* The FPSCR after `op` on the recorded operands from `first` on; only FPSCR_RESULT is of use. */
static uint32_t repeat(const CPUPPCState *env, PPCFPOp op, unsigned first)
{
    CPUPPCState scratch; /* of which operations look at three fields */

    scratch.fpscr = env->fpscr;
    scratch.fp_suppressed = 0;
    scratch.hflags = 0;
    ppc_fp_functions[op](&scratch, recorded_operand(env, first),
                         first ? 0 : recorded_operand(env, 1), first ? 0 : recorded_operand(env, 2));
    return scratch.fpscr;
}

static uint32_t replace_bits(uint32_t value, uint32_t by, uint32_t mask)
{
    return (value & ~mask) | (by & mask);
}

uint32_t ppc_read_fpscr(const CPUPPCState *env)
{
    uint32_t fpscr = env->fpscr, record = env->fp_record;
    PPCFPOp op = record & PPC_FP_OP;

    if (op) {
        fpscr = replace_bits(fpscr, repeat(env, op, 0), FPSCR_RESULT);
    }
    if (record & PPC_FP_CONVERTED) {
        op = record & PPC_FP_CUT_OFF ? PPC_FP_CTIWZ : PPC_FP_CTIW;
        fpscr = replace_bits(fpscr, repeat(env, op, PPC_FP_CONVERTED_OPERAND), FPSCR_FR | FPSCR_FI);
    }
    if (record & PPC_FP_COMPARED) {
        fpscr = replace_bits(fpscr, ppc_crf_unpack(env->fp_compared) << 12, FPSCR_FPCC);
    }
    return fpscr;
}

void ppc_settle_fpscr(CPUPPCState *env)
{
    env->fpscr = ppc_read_fpscr(env);
    env->fp_record = 0;
}

void ppc_detach_fp_record(CPUPPCState *env)
{
    if (!env->fp_record || (env->fp_record & PPC_FP_ALL_SAVED) == PPC_FP_ALL_SAVED) {
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(env->fp_saved); i++) {
        env->fp_saved[i] = recorded_operand(env, i);
    }
    env->fp_record = (env->fp_record & ~(PPC_FP_OPERAND(0, 63) | PPC_FP_OPERAND(1, 63) |
                                         PPC_FP_OPERAND(2, 63) | PPC_FP_OPERAND(3, 63))) |
                     PPC_FP_ALL_SAVED;
}

/* Generated code has settled before, if need be: env's record may be an old one. */
static void write_fpscr(CPUPPCState *env, uint32_t value, uint32_t mask)
{
    mask &= ~(uint32_t)(FPSCR_FEX | FPSCR_VX | FPSCR_RESERVED);
    env->fpscr = ppc_fpscr_summary((env->fpscr & ~mask) | (value & mask));
    if (mask & FPSCR_MODES) {
        ppc_update_hflags(env);
    }
}

void ppc_store_fpscr(CPUPPCState *env, uint32_t value, uint32_t mask)
{
    ppc_settle_fpscr(env);
    write_fpscr(env, value, mask);
}

void helper_ppc_settle_fpscr(CPUPPCState *env)
{
    ppc_settle_fpscr(env);
}

void helper_ppc_mtfsf(CPUPPCState *env, uint32_t value, uint32_t mask)
{
    write_fpscr(env, value, mask);
}

void helper_ppc_mtfsb(CPUPPCState *env, uint32_t bit, uint32_t value)
{
    uint32_t mask = 0x80000000u >> bit;

    if (value && (mask & FPSCR_STICKY) && !(env->fpscr & mask)) {
        write_fpscr(env, ~0u, mask | FPSCR_FX);
    } else {
        write_fpscr(env, value ? ~0u : 0, mask);
    }
}

uint64_t helper_ppc_mcrfs(CPUPPCState *env, uint32_t field)
{
    unsigned shift = 28 - 4 * field;
    unsigned bits = env->fpscr >> shift & 15;

    write_fpscr(env, 0, (15u << shift) & FPSCR_STICKY);
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

uint64_t ppc_guard_fcmpu(CPUPPCState *env, uint64_t a, uint64_t b, uint64_t c)
{
    return do_compare(env, a, b, false);
}

uint64_t ppc_guard_fcmpo(CPUPPCState *env, uint64_t a, uint64_t b, uint64_t c)
{
    return do_compare(env, a, b, true);
}
