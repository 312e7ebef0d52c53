/*
 * Arm translator: floating point by the host's operations, where FPCR and FPSR.IXC allow it
 * (ARM_HF_FP_INLINE).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/translate-float.h"

/*
 * The host's operation and a guard: what isn't an ordinary result is done again by a helper. A sum
 * that is denormal is exact; a product that is, or is zero without a factor being, isn't.
 */
enum {
    GUARD_SUM = TCG_GUARD_FINITE,
    GUARD_PRODUCT = TCG_GUARD_NORMAL | TCG_GUARD_ZERO_OK,
    GUARD_OTHER = TCG_GUARD_NORMAL,
};

#define INLINE_OP(name, guard_, emit64, emit32, call)                                              \
    static void gen_##name##_64(TCGv_f64 ret, TCGv_f64 a, TCGv_f64 b, TCGv_f64 c)                  \
    {                                                                                              \
        emit64;                                                                                    \
    }                                                                                              \
    static void gen_##name##_32(TCGv_f32 ret, TCGv_f32 a, TCGv_f32 b, TCGv_f32 c)                  \
    {                                                                                              \
        emit32;                                                                                    \
    }                                                                                              \
    static uint64_t help_##name##_64(CPUARMState *env, uint64_t a, uint64_t b, uint64_t c)         \
    {                                                                                              \
        const unsigned size = MO_64;                                                               \
                                                                                                   \
        return call;                                                                               \
    }                                                                                              \
    static uint64_t help_##name##_32(CPUARMState *env, uint64_t a, uint64_t b, uint64_t c)         \
    {                                                                                              \
        const unsigned size = MO_32;                                                               \
                                                                                                   \
        return call;                                                                               \
    }                                                                                              \
    const ARMInlineFloat arm_inline_##name = { guard_, gen_##name##_64, gen_##name##_32,              \
                                            help_##name##_64, help_##name##_32 };
INLINE_OP(add, GUARD_SUM, tcg_gen_add_f64(ret, a, b), tcg_gen_add_f32(ret, a, b),
          arm_fp_add(env, size, a, b))
INLINE_OP(sub, GUARD_SUM, tcg_gen_sub_f64(ret, a, b), tcg_gen_sub_f32(ret, a, b),
          arm_fp_sub(env, size, a, b))
INLINE_OP(mul, GUARD_PRODUCT, tcg_gen_mul_f64(ret, a, b), tcg_gen_mul_f32(ret, a, b),
          arm_fp_mul(env, size, a, b))
INLINE_OP(div, GUARD_OTHER, tcg_gen_div_f64(ret, a, b), tcg_gen_div_f32(ret, a, b),
          arm_fp_div(env, size, a, b))
INLINE_OP(sqrt, GUARD_OTHER, tcg_gen_sqrt_f64(ret, a), tcg_gen_sqrt_f32(ret, a),
          arm_fp_sqrt(env, size, a))
INLINE_OP(muladd, GUARD_OTHER, tcg_gen_fma_f64(ret, a, b, c), tcg_gen_fma_f32(ret, a, b, c),
          arm_fp_muladd(env, size, c, a, b))

TCGv_f64 arm_as_double(TCGv_i64 bits)
{
    TCGv_f64 t = tcg_temp_new_f64();

    tcg_gen_bits_i64_f64(t, bits);
    return t;
}

static TCGv_f32 as_single(TCGv_i64 bits)
{
    TCGv_i32 word = tcg_temp_new_i32();
    TCGv_f32 t = tcg_temp_new_f32();

    tcg_gen_extrl_i64_i32(word, bits);
    tcg_gen_bits_i32_f32(t, word);
    return t;
}

TCGv_i64 arm_gen_inline_float(const ARMInlineFloat *op, int size, TCGv_i64 a, TCGv_i64 b, TCGv_i64 c)
{
    TCGv_i64 result = tcg_temp_new_i64();
    TCGGuard guard = { .kind = op->guard, .narrow = size == MO_32,
                       .func = size == MO_32 ? op->help32 : op->help64 };

    if (size == MO_64) {
        TCGv_f64 x = arm_as_double(a), y = b ? arm_as_double(b) : NULL, z = c ? arm_as_double(c) : NULL;
        TCGv_f64 r = tcg_temp_new_f64();

        op->gen64(r, x, y, z);
        guard.checked = r;
        guard.args[0] = x;
        guard.args[1] = y;
        guard.args[2] = z;
        tcg_gen_guard_f64(r, r, &guard);
        tcg_gen_bits_f64_i64(result, r);
    } else {
        TCGv_f32 x = as_single(a), y = b ? as_single(b) : NULL, z = c ? as_single(c) : NULL;
        TCGv_f32 r = tcg_temp_new_f32();
        TCGv_i32 bits = tcg_temp_new_i32();

        op->gen32(r, x, y, z);
        tcg_gen_bits_f32_i32(bits, r);
        guard.checked = r;
        guard.args[0] = x;
        guard.args[1] = y;
        guard.args[2] = z;
        tcg_gen_guard_i32(bits, bits, &guard);
        tcg_gen_extu_i32_i64(result, bits);
    }
    return result;
}
