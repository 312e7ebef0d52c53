/*
 * Arm translator: SIMD instructions by lanes (vector.h) without a call, for both instruction sets.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_TRANSLATE_LANES_H
#define TARGET_ARM_TRANSLATE_LANES_H

#include "tcg/tcg-op.h"
#include "target/arm/vector.h"

/*
 * What `fn` computes of the registers n, m (with an element, the register that has it) and d, the
 * old destination, whose lanes start at bit 0; a new temporary. Narrow results are zero-extended,
 * or above d's lower half; one across lanes is zero-extended; above other results of 64 bits and of
 * scalars is garbage. NULL if the IR hasn't what is needed: then it is the helper's.
 */
TCGv_vec arm_gen_lanes_inline(ARMLane *fn, const ARMLaneDesc *desc, TCGv_vec n, TCGv_vec m,
                              TCGv_vec d);

/* The even or the odd elements of low, then those of high. */
TCGv_vec arm_gen_unzip(unsigned size, TCGv_vec low, TCGv_vec high, bool odd);
/* The even or the odd elements of even and odd, in turn. */
TCGv_vec arm_gen_transpose(unsigned size, TCGv_vec even, TCGv_vec odd, bool of_odd);
/* Elements of 8 << size bits in the opposite order within each 8 << container bits. */
TCGv_vec arm_gen_reverse(unsigned size, unsigned container, TCGv_vec v);

#endif
