/*
 * Arm floating point: operations on bit patterns of a format, with FPCR's modes and FPSR's flags.
 *
 * `size` is MO_16, MO_32 or MO_64. Bits above the format's are ignored in operands and zero in
 * results.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_FPU_H
#define TARGET_ARM_FPU_H

#include "target/arm/cpu.h"

enum {
    FPSR_IOC = 1 << 0,
    FPSR_DZC = 1 << 1,
    FPSR_OFC = 1 << 2,
    FPSR_UFC = 1 << 3,
    FPSR_IXC = 1 << 4,
    FPSR_IDC = 1 << 7,
    FPSR_QC = 1 << 27,
};
enum {
    FPCR_FZ16 = 1 << 19, /* where there is arithmetic on halves */
    FPCR_RMODE_SHIFT = 22,
    FPCR_FZ = 1 << 24,
    FPCR_DN = 1 << 25,
    FPCR_AHP = 1 << 26,
};

/* The first four as FPCR.RMode has them. */
typedef enum ARMRounding {
    ARM_ROUND_NEAREST,
    ARM_ROUND_UP,
    ARM_ROUND_DOWN,
    ARM_ROUND_ZERO,
    ARM_ROUND_AWAY, /* to nearest, ties away from zero */
    ARM_ROUND_ODD,
} ARMRounding;

/* Never seen by a program: what fpu.c has in FPCR while it computes. */
#define FPCR_CONVERTING (1ull << 62) /* from or to a half: AHP counts, FZ16 doesn't */
#define FPCR_ODD        (1ull << 63) /* rounds to odd, overflows to infinity */

static inline ARMRounding arm_rounding(const CPUARMState *env)
{
    return unlikely(env->fpcr & FPCR_ODD) ? ARM_ROUND_ODD : env->fpcr >> FPCR_RMODE_SHIFT & 3;
}

/*
 * Whether a result away from both ends of the exponent's range says everything: rounded to nearest,
 * and what may be inexact has been noted already. Then the host's arithmetic gives the same.
 */
static inline bool arm_fp_is_plain(const CPUARMState *env)
{
    return !env->fpcr && (env->fpsr & FPSR_IXC);
}

uint64_t arm_fp_add(CPUARMState *env, unsigned size, uint64_t a, uint64_t b);
uint64_t arm_fp_sub(CPUARMState *env, unsigned size, uint64_t a, uint64_t b);
uint64_t arm_fp_mul(CPUARMState *env, unsigned size, uint64_t a, uint64_t b);
/* FMULX: infinity by zero is 2. */
uint64_t arm_fp_mulx(CPUARMState *env, unsigned size, uint64_t a, uint64_t b);
/* a * 2^exponent */
uint64_t arm_fp_scale(CPUARMState *env, unsigned size, uint64_t a, int64_t exponent);
uint64_t arm_fp_div(CPUARMState *env, unsigned size, uint64_t a, uint64_t b);
uint64_t arm_fp_sqrt(CPUARMState *env, unsigned size, uint64_t a);
/* addend + a * b, rounded once. */
uint64_t arm_fp_muladd(CPUARMState *env, unsigned size, uint64_t addend, uint64_t a, uint64_t b);

/* numeric: FMAXNM and FMINNM, which prefer a number to a quiet NaN. */
uint64_t arm_fp_max(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool numeric);
uint64_t arm_fp_min(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool numeric);

/* -1, 0, 1; ARM_FP_UNORDERED. signaling: a quiet NaN is invalid, too. */
#define ARM_FP_UNORDERED 2
int arm_fp_compare(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool signaling);

/* Fixed point of `bits` (32 or 64) with `fraction` of them behind the point. */
uint64_t arm_fp_to_fixed(CPUARMState *env, unsigned size, uint64_t a, unsigned bits,
                         unsigned fraction, bool is_signed, ARMRounding rounding);
/* `value` has 64 bits, extended from what it was. */
uint64_t arm_fp_from_fixed(CPUARMState *env, unsigned size, uint64_t value, unsigned fraction,
                           bool is_signed);
/* exact: FRINTX, which reports what isn't. */
uint64_t arm_fp_round_to_integral(CPUARMState *env, unsigned size, uint64_t a, ARMRounding rounding,
                                  bool exact);
/* FRINT32, FRINT64: what a signed integer of `bits` can't hold becomes the smallest one. */
uint64_t arm_fp_round_to_range(CPUARMState *env, unsigned size, uint64_t a, ARMRounding rounding,
                               unsigned bits);
/* FJCVTZS: modulo 2^32; *exact: nothing got lost, not even the sign of zero. */
uint32_t arm_fp_to_int_modulo(CPUARMState *env, uint64_t a, bool *exact);
uint64_t arm_fp_convert(CPUARMState *env, unsigned to, unsigned from, uint64_t a,
                        ARMRounding rounding);

/* A half as an operand of an operation on singles: FZ16 counts, a signaling NaN stays one. */
uint32_t arm_fp_widened_half(const CPUARMState *env, uint16_t half);
/* From a single to BFloat16, as FPCR says. */
uint16_t arm_fp_to_bfloat(CPUARMState *env, uint32_t a);
/* sum + n1 * m1 + n0 * m0 of pairs of BFloat16: BFDOT's modes, no flags. */
uint32_t arm_fp_bfloat_dot(CPUARMState *env, uint32_t sum, uint32_t n, uint32_t m);

uint64_t arm_fp_recip_estimate(CPUARMState *env, unsigned size, uint64_t a);
uint64_t arm_fp_rsqrt_estimate(CPUARMState *env, unsigned size, uint64_t a);
/* 2 - a * b; (3 - a * b) / 2 */
uint64_t arm_fp_recip_step(CPUARMState *env, unsigned size, uint64_t a, uint64_t b);
uint64_t arm_fp_rsqrt_step(CPUARMState *env, unsigned size, uint64_t a, uint64_t b);
uint64_t arm_fp_recip_exponent(CPUARMState *env, unsigned size, uint64_t a);
/* FLOGB: the exponent as an integer of that size; its limits for infinities, and (invalid) for
 * zeros and NaNs. */
int64_t arm_fp_exponent(CPUARMState *env, unsigned size, uint64_t a);
/* The tables behind the estimates: of 9 bits, 256 to 511 and 128 to 511. */
unsigned arm_recip_estimate(unsigned a);
unsigned arm_rsqrt_estimate(unsigned a);

static inline uint64_t arm_fp_sign_bit(unsigned size)
{
    return 1ull << ((8u << size) - 1);
}

/* The constant of FMOV (immediate): VFPExpandImm(). */
uint64_t arm_fp_expand_immediate(unsigned size, unsigned imm);

#endif
