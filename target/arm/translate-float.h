/*
 * Arm translator: floating point by the host's operations. For blocks with ARM_HF_FP_INLINE.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_TRANSLATE_FLOAT_H
#define TARGET_ARM_TRANSLATE_FLOAT_H

#include "tcg/tcg-op.h"
#include "target/arm/vector.h"

/*
 * What `fn` computes of the registers n, m (with an element, the register that has it) and d, whose
 * lanes start at bit 0; a new temporary. Only lanes that count have flags. A scalar is the lowest
 * element, a result of 64 bits the lower half, a narrow one is zero-extended; above them is garbage.
 * NULL if the host can't do it: then it is the helper's.
 */
TCGv_vec arm_gen_float_inline(ARMLane *fn, const ARMLaneDesc *desc, TCGv_vec n, TCGv_vec m,
                              TCGv_vec d);

/* The same of scalars as bits, zero-extended; size MO_32 or MO_64. b and c: NULL if there are less. */
TCGv_i64 arm_gen_inline_float(ARMLane *fn, unsigned size, TCGv_i64 a, TCGv_i64 b, TCGv_i64 c);

/* -1, 0, 1 or ARM_FP_UNORDERED of the lowest elements. */
TCGv_i64 arm_gen_float_order(unsigned size, TCGv_vec a, TCGv_vec b, bool signaling);

/*
 * The lowest element as an integer of 64 or 32 bits, zero-extended; `rounding`: ARMRounding. NULL as
 * above.
 */
TCGv_i64 arm_gen_float_to_int(unsigned size, TCGv_vec v, bool wide, bool is_signed,
                              unsigned rounding);

#endif
