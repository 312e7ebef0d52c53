/*
 * Arm translator: floating point by the host's operations. For blocks with ARM_HF_FP_INLINE.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_TRANSLATE_FLOAT_H
#define TARGET_ARM_TRANSLATE_FLOAT_H

#include "tcg/tcg-op.h"
#include "target/arm/cpu.h"

/* The host's operation, what makes its result unusual, and who computes it then. */
typedef struct ARMInlineFloat {
    unsigned guard;
    void (*gen64)(TCGv_f64 ret, TCGv_f64 a, TCGv_f64 b, TCGv_f64 c);
    void (*gen32)(TCGv_f32 ret, TCGv_f32 a, TCGv_f32 b, TCGv_f32 c);
    TCGGuardHelper *help64, *help32;
} ARMInlineFloat;

/* muladd: a * b + c */
extern const ARMInlineFloat arm_inline_add, arm_inline_sub, arm_inline_mul, arm_inline_div,
    arm_inline_sqrt, arm_inline_muladd;

/* On bits, zero-extended; size MO_32 or MO_64. b and c: NULL where there are fewer operands. */
TCGv_i64 arm_gen_inline_float(const ARMInlineFloat *op, int size, TCGv_i64 a, TCGv_i64 b,
                              TCGv_i64 c);

TCGv_f64 arm_as_double(TCGv_i64 bits);

#endif
