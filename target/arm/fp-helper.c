/*
 * Helpers of floating point: scalars, and lanes of vectors.
 *
 * Reference: DDI 0487, C7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/cpus.h"
#include "target/arm/fpu.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/vector.h"

/* ---- Scalars ---- */

void arm_fp_notice(CPUARMState *env)
{
    if (unlikely(arm_fp_is_plain(env) && !(env->hflags & ARM_HF_FP_INLINE) && tcg_float_inline)) {
        arm_update_hflags(env);
        qemu_cpu_kick(arm_env_cpu(env));
    }
}

static uint64_t noticed(CPUARMState *env, uint64_t result)
{
    arm_fp_notice(env);
    return result;
}

uint64_t helper_arm_fp1(CPUARMState *env, void *fn, uint64_t a, uint32_t size)
{
    return noticed(env, ((ARMLane *)fn)(env, a, 0, 0, size));
}

uint64_t helper_arm_fp2(CPUARMState *env, void *fn, uint64_t a, uint64_t b, uint32_t size)
{
    return noticed(env, ((ARMLane *)fn)(env, a, b, 0, size));
}

uint64_t helper_arm_fp3(CPUARMState *env, void *fn, uint64_t a, uint64_t b, uint64_t c,
                        uint32_t size)
{
    return noticed(env, ((ARMLane *)fn)(env, a, b, c, size));
}

uint64_t helper_arm_fp_compare(CPUARMState *env, uint64_t a, uint64_t b, uint32_t desc)
{
    static const uint8_t nzcv[] = { 0x8, 0x6, 0x2, 0x3 }; /* less, equal, greater, unordered */

    return (uint64_t)nzcv[arm_fp_compare(env, desc & 3, a, b, desc & 4) + 1] << 28;
}

static ARMRounding described_rounding(const CPUARMState *env, uint32_t desc)
{
    return desc & ARM_CONVERT_FPCR ? arm_rounding(env) : desc >> ARM_CONVERT_ROUNDING_SHIFT & 7;
}

uint64_t helper_arm_fp_to_int(CPUARMState *env, uint64_t a, uint32_t desc)
{
    return arm_fp_to_fixed(env, desc & 3, a, desc & ARM_CONVERT_WIDE ? 64 : 32,
                           desc >> ARM_CONVERT_FRACTION_SHIFT, desc & ARM_CONVERT_SIGNED,
                           described_rounding(env, desc));
}

uint64_t helper_arm_fp_from_int(CPUARMState *env, uint64_t a, uint32_t desc)
{
    if (!(desc & ARM_CONVERT_WIDE)) {
        a = desc & ARM_CONVERT_SIGNED ? (uint64_t)(int32_t)a : (uint32_t)a;
    }
    return arm_fp_from_fixed(env, desc & 3, a, desc >> ARM_CONVERT_FRACTION_SHIFT,
                             desc & ARM_CONVERT_SIGNED);
}

uint64_t helper_arm_fp_convert(CPUARMState *env, uint64_t a, uint32_t desc)
{
    return arm_fp_convert(env, desc & 3, desc >> 2, a, arm_rounding(env));
}

/* The flags above the result: Z where nothing got lost. */
uint64_t helper_arm_fjcvtzs(CPUARMState *env, uint64_t a)
{
    bool exact;
    uint32_t result = arm_fp_to_int_modulo(env, a, &exact);

    return result | (uint64_t)exact << 62;
}

/* ---- Lanes ---- */

#define LANE(name, expression)                                                                     \
    uint64_t arm_lane_##name(CPUARMState *env, uint64_t n, uint64_t m, uint64_t d, unsigned size)  \
    {                                                                                              \
        return expression;                                                                         \
    }

static uint64_t magnitude(uint64_t a, unsigned size)
{
    return a & ~arm_fp_sign_bit(size);
}

static uint64_t negated(uint64_t a, unsigned size)
{
    return a ^ arm_fp_sign_bit(size);
}

LANE(fadd, arm_fp_add(env, size, n, m))
LANE(fsub, arm_fp_sub(env, size, n, m))
LANE(fmul, arm_fp_mul(env, size, n, m))
LANE(fmulx, arm_fp_mulx(env, size, n, m))
LANE(fdiv, arm_fp_div(env, size, n, m))
LANE(fmax, arm_fp_max(env, size, n, m, false))
LANE(fmin, arm_fp_min(env, size, n, m, false))
LANE(fmaxnm, arm_fp_max(env, size, n, m, true))
LANE(fminnm, arm_fp_min(env, size, n, m, true))
LANE(fmla, arm_fp_muladd(env, size, d, n, m))
LANE(fmls, arm_fp_muladd(env, size, d, negated(n, size), m))
/* FNMUL, FNMADD, FNMSUB are scalar only; SVE has the latter as FNMLA, FNMLS. */
LANE(fnmul, negated(arm_fp_mul(env, size, n, m), size))
LANE(fnmla, arm_fp_muladd(env, size, negated(d, size), negated(n, size), m))
LANE(fnmls, arm_fp_muladd(env, size, negated(d, size), n, m))
LANE(fabd, magnitude(arm_fp_sub(env, size, n, m), size))
LANE(frecps, arm_fp_recip_step(env, size, n, m))
LANE(frsqrts, arm_fp_rsqrt_step(env, size, n, m))
LANE(fabs, magnitude(n, size))
LANE(fneg, negated(n, size))
LANE(fsqrt, arm_fp_sqrt(env, size, n))
LANE(frecpe, arm_fp_recip_estimate(env, size, n))
LANE(frsqrte, arm_fp_rsqrt_estimate(env, size, n))
LANE(frecpx, arm_fp_recip_exponent(env, size, n))

/* Equality takes quiet NaNs; what orders doesn't. */
static uint64_t comparison(CPUARMState *env, unsigned size, uint64_t a, uint64_t b, bool equal,
                           bool greater)
{
    int order = arm_fp_compare(env, size, a, b, greater);

    return (order == 0 && equal) || (order == 1 && greater) ? UINT64_MAX : 0;
}

LANE(fcmeq, comparison(env, size, n, m, true, false))
LANE(fcmge, comparison(env, size, n, m, true, true))
LANE(fcmgt, comparison(env, size, n, m, false, true))
LANE(fcmle, comparison(env, size, m, n, true, true))
LANE(fcmlt, comparison(env, size, m, n, false, true))
LANE(facge, comparison(env, size, magnitude(n, size), magnitude(m, size), true, true))
LANE(facgt, comparison(env, size, magnitude(n, size), magnitude(m, size), false, true))

#define ROUND_LANE(name, rounding, exact)                                                          \
    LANE(frint##name, arm_fp_round_to_integral(env, size, n, rounding, exact))
ROUND_LANE(n, ARM_ROUND_NEAREST, false)
ROUND_LANE(p, ARM_ROUND_UP, false)
ROUND_LANE(m, ARM_ROUND_DOWN, false)
ROUND_LANE(z, ARM_ROUND_ZERO, false)
ROUND_LANE(a, ARM_ROUND_AWAY, false)
ROUND_LANE(x, arm_rounding(env), true)
ROUND_LANE(i, arm_rounding(env), false)

/* m: bits behind the point, where it is a constant. */
#define TO_INTEGER_LANES(name, rounding)                                                           \
    LANE(fcvt##name##s, arm_fp_to_fixed(env, size, n, 8 << size, m, true, rounding))               \
    LANE(fcvt##name##u, arm_fp_to_fixed(env, size, n, 8 << size, m, false, rounding))
TO_INTEGER_LANES(n, ARM_ROUND_NEAREST)
TO_INTEGER_LANES(p, ARM_ROUND_UP)
TO_INTEGER_LANES(m, ARM_ROUND_DOWN)
TO_INTEGER_LANES(z, ARM_ROUND_ZERO)
TO_INTEGER_LANES(a, ARM_ROUND_AWAY)

static uint64_t extended(uint64_t n, unsigned size)
{
    unsigned up = 64 - (8u << size);

    return (int64_t)(n << up) >> up;
}

LANE(scvtf, arm_fp_from_fixed(env, size, extended(n, size), m, true))
LANE(ucvtf, arm_fp_from_fixed(env, size, n, m, false))

/* From or to the next larger format; `size` is the narrow one. */
LANE(fcvtn, arm_fp_convert(env, size, size + 1, n, arm_rounding(env)))
LANE(fcvtxn, arm_fp_convert(env, size, size + 1, n, ARM_ROUND_ODD))
LANE(fcvtl, arm_fp_convert(env, size + 1, size, n, arm_rounding(env)))
LANE(bfcvt, arm_fp_to_bfloat(env, n))
LANE(bfdot, arm_fp_bfloat_dot(env, d, n, m))

LANE(frint32z, arm_fp_round_to_range(env, size, n, ARM_ROUND_ZERO, 32))
LANE(frint32x, arm_fp_round_to_range(env, size, n, arm_rounding(env), 32))
LANE(frint64z, arm_fp_round_to_range(env, size, n, ARM_ROUND_ZERO, 64))
LANE(frint64x, arm_fp_round_to_range(env, size, n, arm_rounding(env), 64))
