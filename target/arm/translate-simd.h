/*
 * Arm translator: what the files of Advanced SIMD share.
 *
 * What the IR has as vector operations is generated as such (here, or for lanes' functions in
 * translate-lanes.c), everything else is a call that does it lane by lane (vector.h). Vectors of 64 bits are computed as ones of 128 whose upper half is
 * cleared then.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_TRANSLATE_SIMD_H
#define TARGET_ARM_TRANSLATE_SIMD_H

#include "target/arm/translate.h"
#include "target/arm/translate-float.h"
#include "target/arm/translate-lanes.h"

typedef void VectorOp(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b);

/* Sizes that an instruction has: bit n for elements of 8 << n bits. */
enum { B = 1, H = 2, S = 4, D = 8, BHS = B | H | S, BHSD = BHS | D, HS = H | S };

/* Sizes that floating point has. */
static inline unsigned a64_float_sizes(const DisasContext *ctx)
{
    return S | D | (ctx->lacking & A64_FLAG_HALF ? 0 : H);
}

/* There is no vector of a single doubleword. */
static inline bool has_vector(unsigned sizes, unsigned size, bool q)
{
    return (sizes >> size & 1) && (size != MO_64 || q);
}

static inline TCGv_vec new_vector(void)
{
    return tcg_temp_new_vec(TCG_TYPE_V128);
}

/* All of it, or the lower half with zeros above. */
static inline void write_vector(unsigned vd, TCGv_vec value, bool q)
{
    if (q) {
        tcg_gen_mov_vec(cpu_vreg[vd], value);
    } else {
        tcg_gen_low_vec(MO_64, cpu_vreg[vd], value);
    }
}

/* `fn` for each lane, by a call if need be; scalars that don't need one are doublewords. */
static inline bool gen_lanes(ARMLane *fn, ARMLaneDesc desc)
{
    TCGv_vec t = arm_gen_lanes_inline(fn, &desc, cpu_vreg[desc.vn], cpu_vreg[desc.vm],
                                      cpu_vreg[desc.vd]);

    if (t) {
        bool shape_says_width = desc.shape != ARM_SHAPE_SAME && desc.shape != ARM_SHAPE_PAIRS &&
                                desc.shape != ARM_SHAPE_ADJACENT;

        write_vector(desc.vd, t, shape_says_width || (desc.q && !desc.scalar));
        return true;
    }
    gen_helper_arm_lanes(tcg_env, tcg_constant_ptr(fn),
                         tcg_constant_i64(arm_lane_desc_pack(&desc)));
    return true;
}

/* What `fn` computes inline of a scalar, whose size the result has, goes to vd; false: it can't. */
static inline bool gen_float_scalar(DisasContext *ctx, ARMLane *fn, unsigned size, unsigned vd,
                                    unsigned vn, unsigned vm, unsigned va)
{
    const ARMLaneDesc desc = { .size = size, .scalar = true };
    TCGv_vec t = ctx->hflags & ARM_HF_FP_INLINE
                     ? arm_gen_float_inline(fn, &desc, cpu_vreg[vn], cpu_vreg[vm], cpu_vreg[va])
                     : NULL;

    if (t) {
        tcg_gen_low_vec(size, cpu_vreg[vd], t);
    }
    return t;
}

/* As gen_lanes(), of floating point. */
static inline bool gen_float_lanes(DisasContext *ctx, ARMLane *fn, ARMLaneDesc desc)
{
    TCGv_vec t = ctx->hflags & ARM_HF_FP_INLINE
                     ? arm_gen_float_inline(fn, &desc, cpu_vreg[desc.vn], cpu_vreg[desc.vm],
                                            cpu_vreg[desc.vd])
                     : NULL;
    bool whole = desc.shape != ARM_SHAPE_SAME && desc.shape != ARM_SHAPE_PAIRS;

    if (!t) {
        return gen_lanes(fn, desc);
    }
    if (desc.scalar) {
        tcg_gen_low_vec(desc.size + (desc.shape == ARM_SHAPE_LONG), cpu_vreg[desc.vd], t);
    } else {
        write_vector(desc.vd, t, whole || desc.q);
    }
    return true;
}

/* A call of a function that does all of the instruction. */
static inline bool gen_whole(DisasContext *ctx, ARMVectorFunc *fn)
{
    gen_helper_arm_vector(tcg_env, tcg_constant_ptr(fn), tcg_constant_i32(ctx->insn));
    return true;
}

#endif
