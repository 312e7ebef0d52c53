/*
 * PowerPC floating point arithmetic, exact, on 64-bit patterns.
 *
 * ppc_soft_*() handle everything: NaNs, infinities, denormals, all rounding modes, enabled
 * exceptions. The helpers try the host's arithmetic first (fpu-helper.c).
 *
 * Reference: PEM chapter 3.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_PPC_FPU_H
#define TARGET_PPC_FPU_H

#include "target/ppc/cpu.h"

#define F64_SIGN      0x8000000000000000ull
#define F64_INF       0x7ff0000000000000ull
#define F64_FRAC      0x000fffffffffffffull
#define F64_QUIET     0x0008000000000000ull
#define F64_QNAN      0x7ff8000000000000ull
#define F64_EXP_SHIFT 52

/*
 * Significant bits of the estimates. The architecture asks for a relative error of at most 1/256
 * (fres) and 1/32 (frsqrte); the part's table isn't published. 13 bits are below 1/4096.
 */
#define PPC_ESTIMATE_BITS 13

/* FPRF values (C < > = ?) in place */
enum {
    FPRF_QNAN = 0x11000,
    FPRF_NEG_INF = 0x09000,
    FPRF_NEG_NORMAL = 0x08000,
    FPRF_NEG_DENORMAL = 0x18000,
    FPRF_NEG_ZERO = 0x12000,
    FPRF_POS_ZERO = 0x02000,
    FPRF_POS_DENORMAL = 0x14000,
    FPRF_POS_NORMAL = 0x04000,
    FPRF_POS_INF = 0x05000,
};

static inline bool f64_is_nan(uint64_t v)
{
    return (v & ~F64_SIGN) > F64_INF;
}

static inline bool f64_is_snan(uint64_t v)
{
    return f64_is_nan(v) && !(v & F64_QUIET);
}

static inline bool f64_is_zero(uint64_t v)
{
    return (v << 1) == 0;
}

static inline bool f64_is_inf(uint64_t v)
{
    return (v & ~F64_SIGN) == F64_INF;
}

/* With FPSCR[NI], what denormalized operands are taken for. */
static inline uint64_t ppc_fp_without_denormals(uint64_t v)
{
    return v & F64_INF ? v : v & F64_SIGN;
}

/* FPRF of a result; `single`: denormal means a single-precision denormal. */
uint32_t ppc_fprf(uint64_t v, bool single);

/* Sets exception bits, and with them FX, VX and FEX. */
void ppc_fp_raise(CPUPPCState *env, uint32_t bits);
/* Works VX and FEX out of the other bits. */
uint32_t ppc_fpscr_summary(uint32_t fpscr);

uint64_t ppc_soft_add(CPUPPCState *env, uint64_t a, uint64_t b, bool subtract, bool single);
uint64_t ppc_soft_mul(CPUPPCState *env, uint64_t a, uint64_t b, bool single);
uint64_t ppc_soft_div(CPUPPCState *env, uint64_t a, uint64_t b, bool single);
/* +-(a * c +- b) */
uint64_t ppc_soft_fma(CPUPPCState *env, uint64_t a, uint64_t c, uint64_t b, bool subtract,
                      bool negate, bool single);
uint64_t ppc_soft_sqrt(CPUPPCState *env, uint64_t b, bool single);
uint64_t ppc_soft_frsp(CPUPPCState *env, uint64_t b);
uint64_t ppc_soft_fctiw(CPUPPCState *env, uint64_t b, bool truncate);
uint64_t ppc_soft_fres(CPUPPCState *env, uint64_t b);
uint64_t ppc_soft_frsqrte(CPUPPCState *env, uint64_t b);

#endif
