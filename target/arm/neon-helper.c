/*
 * Helpers of AArch32's Advanced SIMD: doubleword registers, the standard floating-point modes.
 *
 * Reference: DDI 0487, F6.1; StandardFPSCRValue() in J1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/crypto-steps.h"
#include "target/arm/fpu.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/vector.h"

static uint64_t *doubleword(CPUARMState *env, unsigned n)
{
    return &env->vreg[n / 2].d[n % 2];
}

static ARMVector operand(CPUARMState *env, unsigned n, bool quad)
{
    return (ARMVector){ { *doubleword(env, n), quad ? *doubleword(env, n + 1) : 0 } };
}

/* Flushed to zero, default NaNs, to nearest, whatever FPSCR says; AHP stays. */
static uint64_t set_standard_modes(CPUARMState *env)
{
    uint64_t modes = env->fpcr;

    env->fpcr = FPCR_FZ | FPCR_DN | (modes & FPCR_AHP);
    return modes;
}

void helper_arm_neon_lanes(CPUARMState *env, void *fn, uint64_t word)
{
    unsigned how = word >> ARM_NEON_HOW_SHIFT;
    ARMLaneDesc desc = arm_lane_desc_unpack(word & ((1ull << ARM_NEON_HOW_SHIFT) - 1));
    bool quad = how & ARM_NEON_QUAD_D;
    ARMVector n = operand(env, desc.vn, how & ARM_NEON_QUAD_N);
    ARMVector m = operand(env, desc.vm, how & ARM_NEON_QUAD_M);
    ARMVector d = operand(env, desc.vd, quad), result;
    uint64_t modes = 0;

    if (how & ARM_NEON_FLOAT) {
        modes = set_standard_modes(env);
    }
    result = arm_apply_lanes(env, fn, &desc, &n, &m, &d);
    if (how & ARM_NEON_FLOAT) {
        env->fpcr = modes;
    }
    *doubleword(env, desc.vd) = result.d[0];
    if (quad) {
        *doubleword(env, desc.vd + 1) = result.d[1];
    }
}

/* ---- Floating point with two roundings ---- */

#define LANE(name)                                                                                 \
    uint64_t arm_lane_##name(CPUARMState *env, uint64_t n, uint64_t m, uint64_t d, unsigned size)

LANE(chained_fmla)
{
    return arm_fp_add(env, size, d, arm_fp_mul(env, size, n, m));
}

LANE(chained_fmls)
{
    return arm_fp_add(env, size, d, arm_fp_mul(env, size, n, m) ^ arm_fp_sign_bit(size));
}

/* Infinity by zero counts as 0; denormals are flushed, which is noted. */
static bool is_infinity_by_zero(CPUARMState *env, uint64_t n, uint64_t m)
{
    uint32_t a = n & 0x7fffffff, b = m & 0x7fffffff, infinity = 0x7f800000, normal = 0x00800000;

    if (!((a == infinity && b < normal) || (b == infinity && a < normal))) {
        return false;
    }
    env->fpsr |= MIN(a, b) ? FPSR_IDC : 0;
    return true;
}

#define SINGLE_TWO        0x40000000u
#define SINGLE_ONE_A_HALF 0x3fc00000u
#define SINGLE_THREE      0x40400000u
#define SINGLE_HALF       0x3f000000u

LANE(chained_frecps)
{
    if (is_infinity_by_zero(env, n, m)) {
        return SINGLE_TWO;
    }
    return arm_fp_sub(env, size, SINGLE_TWO, arm_fp_mul(env, size, n, m));
}

LANE(chained_frsqrts)
{
    uint64_t t;

    if (is_infinity_by_zero(env, n, m)) {
        return SINGLE_ONE_A_HALF;
    }
    t = arm_fp_sub(env, size, SINGLE_THREE, arm_fp_mul(env, size, n, m));
    return arm_fp_mul(env, size, t, SINGLE_HALF);
}

/* ---- Moves ---- */

typedef struct Move {
    unsigned what, size, bytes, operand, vd, vn, vm;
    uint8_t d[16], m[16], n[32]; /* n: for VTBL up to four registers */
} Move;

static void load_bytes(CPUARMState *env, uint8_t *bytes, unsigned n, unsigned registers)
{
    for (unsigned i = 0; i < registers; i++) {
        memcpy(bytes + 8 * i, doubleword(env, (n + i) % 32), 8);
    }
}

static void store_bytes(CPUARMState *env, const uint8_t *bytes, unsigned n, unsigned registers)
{
    for (unsigned i = 0; i < registers; i++) {
        memcpy(doubleword(env, n + i), bytes + 8 * i, 8);
    }
}

static void extract(Move *x)
{
    for (unsigned i = 0; i < x->bytes; i++) {
        unsigned from = i + x->operand;

        x->d[i] = from < x->bytes ? x->n[from] : x->m[from - x->bytes];
    }
}

static void look_up(Move *x)
{
    unsigned length = 8 * (x->operand + 1);

    for (unsigned i = 0; i < 8; i++) {
        if (x->m[i] < length) {
            x->d[i] = x->n[x->m[i]];
        } else if (x->what == ARM_NEON_TBL) {
            x->d[i] = 0;
        }
    }
}

void helper_arm_neon_move(CPUARMState *env, uint32_t desc)
{
    bool quad = desc >> 6 & 1;
    Move x = { .what = desc & 15, .size = desc >> 4 & 3, .bytes = quad ? 16 : 8,
               .operand = desc >> 7 & 31, .vd = desc >> 12 & 31, .vn = desc >> 17 & 31,
               .vm = desc >> 22 & 31 };

    load_bytes(env, x.d, x.vd, 1 + quad);
    load_bytes(env, x.m, x.vm, 1 + quad);
    load_bytes(env, x.n, x.vn, 4);
    if (x.what == ARM_NEON_EXT) {
        extract(&x);
    } else {
        look_up(&x);
    }
    store_bytes(env, x.d, x.vd, 1 + quad);
}

void helper_arm_neon_unaligned(CPUARMState *env, uint32_t addr, uint32_t store)
{
    arm_raise_abort(env, addr, store ? MMU_DATA_STORE : MMU_DATA_LOAD, FSC_ALIGNMENT, 0, GETPC());
}

/* VMULL.P64: the numbers of two doublewords, and of the first of the result's two. */
void arm_vector_pmull_doublewords(CPUARMState *env, uint32_t numbers)
{
    CryptoBlock product = polynomial_product(*doubleword(env, numbers >> 5 & 31),
                                             *doubleword(env, numbers >> 16 & 31));

    *doubleword(env, numbers & 31) = product.half[0];
    *doubleword(env, (numbers & 31) + 1) = product.half[1];
}
