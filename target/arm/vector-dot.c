/*
 * SIMD instructions that combine lanes with their neighbours: matrices, complex numbers, products
 * of halves and BFloat16 added to singles.
 *
 * Reference: DDI 0487, C7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/helper.h"
#include "target/arm/vector.h"

typedef union Lanes {
    ARMVector v;
    uint8_t b[16];
    uint16_t h[8];
    uint32_t s[4];
} Lanes;

static unsigned field(uint32_t insn, unsigned low, unsigned count)
{
    return insn >> low & ((1u << count) - 1);
}

static Lanes lanes_of(CPUARMState *env, uint32_t insn, unsigned low)
{
    return (Lanes){ .v = env->vreg[field(insn, low, 5)] };
}

static void set_result(CPUARMState *env, uint32_t insn, const Lanes *d)
{
    env->vreg[field(insn, 0, 5)] = d->v;
}

/* ---- Matrices: of two rows; the second operand's rows are columns ---- */

/* SMMLA, UMMLA, USMMLA: bit 29 no signs, bit 11 none of the first operand. */
void arm_vector_smmla(CPUARMState *env, uint32_t insn)
{
    bool m_signed = !field(insn, 29, 1), n_signed = m_signed && !field(insn, 11, 1);
    Lanes n = lanes_of(env, insn, 5), m = lanes_of(env, insn, 16), d = lanes_of(env, insn, 0);

    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = 0; k < 8; k++) {
            uint8_t x = n.b[(i >> 1) * 8 + k], y = m.b[(i & 1) * 8 + k];

            d.s[i] += (n_signed ? (int8_t)x : x) * (m_signed ? (int8_t)y : y);
        }
    }
    set_result(env, insn, &d);
}

void arm_vector_bfmmla(CPUARMState *env, uint32_t insn)
{
    Lanes n = lanes_of(env, insn, 5), m = lanes_of(env, insn, 16), d = lanes_of(env, insn, 0);

    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = 0; k < 2; k++) {
            d.s[i] = arm_fp_bfloat_dot(env, d.s[i], n.s[(i & 2) + k], m.s[(i & 1) * 2 + k]);
        }
    }
    set_result(env, insn, &d);
}

/* ---- Halves and BFloat16 added to singles ---- */

/* H, L and M: an index among eight, of the first 16 registers. */
static uint16_t indexed_half(CPUARMState *env, uint32_t insn)
{
    Lanes m = { .v = env->vreg[field(insn, 16, 4)] };

    return m.h[field(insn, 11, 1) << 2 | field(insn, 20, 2)];
}

/* Q: of the odd lanes. element: NULL, or for all lanes. */
static void bfmlal(CPUARMState *env, uint32_t insn, const uint16_t *element)
{
    unsigned odd = field(insn, 30, 1);
    Lanes n = lanes_of(env, insn, 5), m = lanes_of(env, insn, 16), d = lanes_of(env, insn, 0);

    for (unsigned i = 0; i < 4; i++) {
        uint32_t y = element ? *element : m.h[2 * i + odd];

        d.s[i] = arm_fp_muladd(env, MO_32, d.s[i], (uint32_t)n.h[2 * i + odd] << 16, y << 16);
    }
    set_result(env, insn, &d);
}

void arm_vector_bfmlal(CPUARMState *env, uint32_t insn)
{
    bfmlal(env, insn, NULL);
}

void arm_vector_bfmlal_element(CPUARMState *env, uint32_t insn)
{
    uint16_t element = indexed_half(env, insn);

    bfmlal(env, insn, &element);
}

/* The second half of the lanes is bit 29's, where both forms have it. */
static void fmlal(CPUARMState *env, uint32_t insn, bool subtract, const uint16_t *element)
{
    unsigned nb = field(insn, 30, 1) ? 4 : 2, first = field(insn, 29, 1) ? nb : 0;
    Lanes n = lanes_of(env, insn, 5), m = lanes_of(env, insn, 16), d = lanes_of(env, insn, 0);
    Lanes result = { .s = { 0 } };

    for (unsigned i = 0; i < nb; i++) {
        uint16_t x = n.h[first + i] ^ (subtract ? 0x8000 : 0);

        result.s[i] = arm_fp_muladd(env, MO_32, d.s[i], arm_fp_widened_half(env, x),
                                    arm_fp_widened_half(env, element ? *element : m.h[first + i]));
    }
    set_result(env, insn, &result);
}

void arm_vector_fmlal(CPUARMState *env, uint32_t insn)
{
    fmlal(env, insn, field(insn, 23, 1), NULL);
}

void arm_vector_fmlal_element(CPUARMState *env, uint32_t insn)
{
    uint16_t element = indexed_half(env, insn);

    fmlal(env, insn, field(insn, 14, 1), &element);
}

/* ---- Complex numbers ---- */

static uint64_t get(const Lanes *v, unsigned i, unsigned size)
{
    return size == MO_16 ? v->h[i] : size == MO_32 ? v->s[i] : v->v.d[i];
}

static void put(Lanes *v, unsigned i, unsigned size, uint64_t value)
{
    if (size == MO_16) {
        v->h[i] = value;
    } else if (size == MO_32) {
        v->s[i] = value;
    } else {
        v->v.d[i] = value;
    }
}

static uint64_t negated_if(bool negate, uint64_t value, unsigned size)
{
    return negate ? value ^ arm_fp_sign_bit(size) : value;
}

/*
 * Adds one part of n times m, turned by a quarter for each step of rot: the real part's product for
 * an even one, the imaginary part's for an odd one. element: -1, or the pair of m for all.
 */
static void fcmla(CPUARMState *env, uint32_t insn, unsigned rot, int element)
{
    unsigned size = field(insn, 22, 2), nb = (field(insn, 30, 1) ? 16 : 8) >> size;
    bool odd = rot & 1, negate_real = rot == 1 || rot == 2, negate_imaginary = rot >= 2;
    Lanes n = lanes_of(env, insn, 5), m = lanes_of(env, insn, 16), d = lanes_of(env, insn, 0);
    Lanes result = { .s = { 0 } };

    for (unsigned i = 0; i < nb; i += 2) {
        unsigned at = element < 0 ? i : 2 * element;
        uint64_t factor = get(&n, i + odd, size);
        uint64_t real = negated_if(negate_real, get(&m, at + odd, size), size);
        uint64_t imaginary = negated_if(negate_imaginary, get(&m, at + !odd, size), size);

        put(&result, i, size, arm_fp_muladd(env, size, get(&d, i, size), factor, real));
        put(&result, i + 1, size,
            arm_fp_muladd(env, size, get(&d, i + 1, size), factor, imaginary));
    }
    set_result(env, insn, &result);
}

void arm_vector_fcmla(CPUARMState *env, uint32_t insn)
{
    fcmla(env, insn, field(insn, 11, 2), -1);
}

void arm_vector_fcmla_element(CPUARMState *env, uint32_t insn)
{
    unsigned h = field(insn, 11, 1), l = field(insn, 21, 1);

    fcmla(env, insn, field(insn, 13, 2), field(insn, 22, 2) == MO_16 ? h << 1 | l : h);
}

void arm_vector_fcadd(CPUARMState *env, uint32_t insn)
{
    unsigned size = field(insn, 22, 2), nb = (field(insn, 30, 1) ? 16 : 8) >> size;
    bool three_quarters = field(insn, 12, 1);
    Lanes n = lanes_of(env, insn, 5), m = lanes_of(env, insn, 16), result = { .s = { 0 } };

    for (unsigned i = 0; i < nb; i += 2) {
        uint64_t real = negated_if(!three_quarters, get(&m, i + 1, size), size);
        uint64_t imaginary = negated_if(three_quarters, get(&m, i, size), size);

        put(&result, i, size, arm_fp_add(env, size, get(&n, i, size), real));
        put(&result, i + 1, size, arm_fp_add(env, size, get(&n, i + 1, size), imaginary));
    }
    set_result(env, insn, &result);
}
