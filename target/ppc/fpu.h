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
#include "tcg/tcg-op.h"

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

/*
 * The record of the last operation that generated code did itself. FPRF, FR and FI are worked out
 * from it when somebody reads the FPSCR; the other bits of env->fpscr are always right, because
 * whatever changes one of them is done by a helper.
 *
 * env->fp_record: an operation (PPCFPOp), whether a conversion to integer (of operand D: it sets FR
 * and FI) and a comparison (its CR field's value is env->fp_compared: FPCC) came after it, and for
 * each operand where it is: in an FPR, or (PPC_FP_SAVED) in env->fp_saved[]. 0: none of all that.
 * Generated code leaves operands in their FPRs while it knows that nothing overwrites them, and
 * moves what is left of them to fp_saved[] at the end of a block.
 */
typedef enum PPCFPOp {
    PPC_FP_NONE,
    PPC_FP_ADD, PPC_FP_ADDS, PPC_FP_SUB, PPC_FP_SUBS, PPC_FP_MUL, PPC_FP_MULS, PPC_FP_DIV,
    PPC_FP_DIVS, PPC_FP_MADD, PPC_FP_MADDS, PPC_FP_MSUB, PPC_FP_MSUBS, PPC_FP_NMADD, PPC_FP_NMADDS,
    PPC_FP_NMSUB, PPC_FP_NMSUBS, PPC_FP_RSP, PPC_FP_CTIW, PPC_FP_CTIWZ,
    NB_PPC_FP_OPS,
} PPCFPOp;

#define PPC_FP_OP       0x1fu
#define PPC_FP_COMPARED 0x20u
#define PPC_FP_ROUNDED  0x40u /* converted to an integer */
#define PPC_FP_CUT_OFF  0x80u /* the same, without rounding */
#define PPC_FP_SAVED    32u
#define PPC_FP_CONVERTED (PPC_FP_ROUNDED | PPC_FP_CUT_OFF)
#define PPC_FP_OPERAND_SHIFT(n) (8 + 6 * (n))
#define PPC_FP_OPERAND(n, where) ((uint32_t)(where) << PPC_FP_OPERAND_SHIFT(n))
#define PPC_FP_ALL_SAVED                                                                           \
    (PPC_FP_OPERAND(0, PPC_FP_SAVED) | PPC_FP_OPERAND(1, PPC_FP_SAVED) |                           \
     PPC_FP_OPERAND(2, PPC_FP_SAVED) | PPC_FP_OPERAND(3, PPC_FP_SAVED))
#define PPC_FP_CONVERTED_OPERAND 3 /* D; the others are 0 to 2, in the order of a helper's */

static inline unsigned ppc_fp_operand(uint32_t record, unsigned n)
{
    return record >> PPC_FP_OPERAND_SHIFT(n) & 63;
}

/* The operations with FPRs' bits as operands, as guards call them (fcmpu: a CR field's value). */
extern TCGGuardHelper *const ppc_fp_functions[NB_PPC_FP_OPS];
TCGGuardHelper ppc_guard_fcmpu, ppc_guard_fcmpo, ppc_guard_todouble, ppc_guard_tosingle;

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
