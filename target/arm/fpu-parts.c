/*
 * Arm floating point: what needs no more than fpu.h: halves and BFloat16 as parts of singles, conversion
 * modulo 2^32, the estimates' tables.
 *
 * Reference: DDI 0487, J1.3, "shared/functions/float".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "target/arm/fpu.h"

/* ---- Halves and BFloat16 ---- */

uint32_t arm_fp_widened_half(const CPUARMState *env, uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 0x1f;
    uint32_t fraction = half & 0x3ff;
    unsigned zeros;

    if (exponent == 0x1f) {
        return sign | 0x7f800000 | fraction << 13;
    }
    if (exponent) {
        return sign | (exponent + 127 - 15) << 23 | fraction << 13;
    }
    if (!fraction || (env->fpcr & FPCR_FZ16)) {
        return sign;
    }
    zeros = clz32(fraction) - 21; /* the leading one becomes bit 10 */
    return sign | (127 - 14 - zeros) << 23 | (fraction << (13 + zeros) & 0x7fffff);
}

enum { SINGLE_INFINITY = 0x7f800000, SINGLE_QUIET = 0x00400000, SINGLE_LEAST = 0x00800000 };

/* How much what is cut off, `lost` of 0x10000, adds to a magnitude. */
static uint32_t rounded_up(ARMRounding rounding, bool sign, bool odd, uint32_t lost)
{
    switch (rounding) {
    case ARM_ROUND_NEAREST:
        return lost > 0x8000 || (lost == 0x8000 && odd);
    case ARM_ROUND_UP:
        return !sign && lost;
    case ARM_ROUND_DOWN:
        return sign && lost;
    default:
        return 0;
    }
}

/* FPConvertBF(): exponents are those of singles. */
uint16_t arm_fp_to_bfloat(CPUARMState *env, uint32_t a)
{
    bool sign = a >> 31;
    uint16_t signed_zero = a >> 16 & 0x8000;
    uint32_t magnitude = a & 0x7fffffff, lost = a & 0xffff, least = 0x7f80;
    ARMRounding rounding = arm_rounding(env);

    if (magnitude > SINGLE_INFINITY) {
        env->fpsr |= magnitude & SINGLE_QUIET ? 0 : FPSR_IOC;
        return env->fpcr & FPCR_DN ? 0x7fc0 : (a | SINGLE_QUIET) >> 16;
    }
    if (magnitude == SINGLE_INFINITY || !magnitude) {
        return a >> 16;
    }
    if (magnitude < SINGLE_LEAST && (env->fpcr & FPCR_FZ)) {
        env->fpsr |= FPSR_IDC;
        return signed_zero;
    }
    env->fpsr |= lost ? FPSR_IXC | (magnitude < SINGLE_LEAST ? FPSR_UFC : 0) : 0;
    magnitude >>= 16;
    magnitude += rounded_up(rounding, sign, magnitude & 1, lost);
    if (magnitude >= least) {
        bool to_infinity = rounding == ARM_ROUND_NEAREST ||
                           rounding == (sign ? ARM_ROUND_DOWN : ARM_ROUND_UP);

        env->fpsr |= FPSR_OFC | FPSR_IXC;
        magnitude = to_infinity ? least : least - 1;
    }
    return signed_zero | magnitude;
}

static uint64_t bfloat(uint32_t pair, unsigned which)
{
    return which ? pair & 0xffff0000 : pair << 16;
}

/* Sums of products that fit into a single: default NaNs, no denormals, rounded to odd. */
uint32_t arm_fp_bfloat_dot(CPUARMState *env, uint32_t acc, uint32_t n, uint32_t m)
{
    uint64_t fpcr = env->fpcr, fpsr = env->fpsr, sum;

    env->fpcr = FPCR_ODD | FPCR_FZ | FPCR_DN;
    sum = arm_fp_add(env, MO_32, arm_fp_mul(env, MO_32, bfloat(n, 0), bfloat(m, 0)),
                     arm_fp_mul(env, MO_32, bfloat(n, 1), bfloat(m, 1)));
    sum = arm_fp_add(env, MO_32, acc, sum);
    env->fpcr = fpcr;
    env->fpsr = fpsr;
    return sum;
}

/* ---- Modulo 2^32 ---- */

/* FPToFixedJS() */
uint32_t arm_fp_to_int_modulo(CPUARMState *env, uint64_t a, bool *exact)
{
    uint64_t fraction = a & MAKE_64BIT_MASK(0, 52), value = 0;
    int exponent = (int)(a >> 52 & 0x7ff) - 1023;
    bool sign = a >> 63, inexact = false, too_large = exponent > 52;

    *exact = a == 0;
    if (exponent == -1023 && (!fraction || (env->fpcr & FPCR_FZ))) {
        env->fpsr |= fraction ? FPSR_IDC : 0;
        return 0;
    }
    fraction |= 1ull << 52;
    if (exponent < 0) {
        inexact = true;
    } else if (exponent <= 52) {
        value = fraction >> (52 - exponent);
        inexact = value << (52 - exponent) != fraction;
    } else if (exponent <= 52 + 31) {
        value = (uint32_t)(fraction << (exponent - 52));
    }
    too_large |= value > 0x7fffffffu + sign;
    env->fpsr |= too_large ? FPSR_IOC : inexact ? FPSR_IXC : 0;
    *exact = !too_large && !inexact;
    return sign ? -value : value;
}

/* ---- Constants ---- */

uint64_t arm_fp_expand_immediate(unsigned size, unsigned imm)
{
    static const uint8_t fractions[] = { [MO_16] = 10, [MO_32] = 23, [MO_64] = 52 };
    unsigned fraction = fractions[size], exponent_bits = (8u << size) - 1 - fraction;
    uint64_t middle = 1ull << (exponent_bits - 1);
    uint64_t exponent = (imm & 0x40 ? middle - 4 : middle) + (imm >> 4 & 3);

    return (imm & 0x80 ? arm_fp_sign_bit(size) : 0) | exponent << fraction |
           (uint64_t)(imm & 0xf) << (fraction - 4);
}

/* ---- Estimates ---- */

/* RecipEstimate(): of a / 512 in [0.5, 1), in units of 1/256 */
unsigned arm_recip_estimate(unsigned a)
{
    return ((1u << 19) / (2 * a + 1) + 1) / 2;
}

/* RecipSqrtEstimate() */
unsigned arm_rsqrt_estimate(unsigned a)
{
    unsigned b = 512;

    a = a < 256 ? 2 * a + 1 : ((a >> 1 << 1) + 1) * 2;
    while ((uint64_t)a * (b + 1) * (b + 1) < 1u << 28) {
        b++;
    }
    return (b + 1) / 2;
}
