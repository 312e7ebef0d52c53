/*
 * SIMD integer instructions, lane by lane.
 *
 * Reference: DDI 0487, C7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/crypto-steps.h"
#include "qemu/host-utils.h"
#include "target/arm/fpu.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/vector.h"

/* ---- Lanes ---- */

static uint64_t get(const ARMVector *v, unsigned i, unsigned size)
{
    switch (size) {
    case MO_8:
        return ((const uint8_t *)v)[i];
    case MO_16:
        return ((const uint16_t *)v)[i];
    case MO_32:
        return ((const uint32_t *)v)[i];
    default:
        return v->d[i];
    }
}

static void put(ARMVector *v, unsigned i, unsigned size, uint64_t value)
{
    switch (size) {
    case MO_8:
        ((uint8_t *)v)[i] = value;
        break;
    case MO_16:
        ((uint16_t *)v)[i] = value;
        break;
    case MO_32:
        ((uint32_t *)v)[i] = value;
        break;
    default:
        v->d[i] = value;
    }
}

typedef struct Operands {
    CPUARMState *env;
    ARMLane *fn;
    ARMLaneDesc desc;
    ARMVector n, m, d; /* as they were */
    ARMVector result;
} Operands;

static uint64_t operand(const Operands *o, unsigned i, unsigned size)
{
    switch (o->desc.source) {
    case ARM_OPERAND_ELEMENT:
        return get(&o->m, o->desc.operand, size);
    case ARM_OPERAND_CONSTANT:
        return o->desc.operand;
    default:
        return get(&o->m, i, size);
    }
}

static unsigned lanes(const Operands *o, unsigned size)
{
    return o->desc.scalar ? 1 : (o->desc.q ? 16 : 8) >> size;
}

static void do_same(Operands *o)
{
    unsigned size = o->desc.size;

    for (unsigned i = 0; i < lanes(o, size); i++) {
        put(&o->result, i, size, o->fn(o->env, get(&o->n, i, size), operand(o, i, size),
                                       get(&o->d, i, size), size));
    }
}

/* Scalar: the two lanes of n. */
static void do_pairs(Operands *o)
{
    unsigned size = o->desc.size, nb = lanes(o, size), half = nb / 2;

    for (unsigned i = 0; i < nb; i++) {
        const ARMVector *source = i < half || o->desc.scalar ? &o->n : &o->m;
        unsigned at = 2 * (i < half || o->desc.scalar ? i : i - half);

        put(&o->result, i, size,
            o->fn(o->env, get(source, at, size), get(source, at + 1, size), 0, size));
    }
}

static void do_long(Operands *o)
{
    unsigned size = o->desc.size, nb = o->desc.scalar ? 1 : 8 >> size, first = o->desc.q ? nb : 0;

    for (unsigned i = 0; i < nb; i++) {
        put(&o->result, i, size + 1,
            o->fn(o->env, get(&o->n, first + i, size), operand(o, first + i, size),
                  get(&o->d, i, size + 1), size));
    }
}

static void do_wide(Operands *o)
{
    unsigned size = o->desc.size, nb = 8 >> size, first = o->desc.q ? nb : 0;

    for (unsigned i = 0; i < nb; i++) {
        put(&o->result, i, size + 1, o->fn(o->env, get(&o->n, i, size + 1),
                                           operand(o, first + i, size), 0, size));
    }
}

static void do_narrow(Operands *o)
{
    unsigned size = o->desc.size, nb = o->desc.scalar ? 1 : 8 >> size;
    bool upper = o->desc.q && !o->desc.scalar;

    o->result.d[0] = upper ? o->d.d[0] : 0;
    for (unsigned i = 0; i < nb; i++) {
        put(&o->result, (upper ? nb : 0) + i, size,
            o->fn(o->env, get(&o->n, i, size + 1), operand(o, i, size + 1), 0, size));
    }
}

static void do_adjacent(Operands *o)
{
    unsigned size = o->desc.size;

    for (unsigned i = 0; i < lanes(o, size) / 2; i++) {
        put(&o->result, i, size + 1,
            o->fn(o->env, get(&o->n, 2 * i, size), get(&o->n, 2 * i + 1, size),
                  get(&o->d, i, size + 1), size));
    }
}

/* By halves, as the manual's Reduce() does: for floating point that makes a difference. */
static uint64_t reduce(Operands *o, unsigned first, unsigned nb, unsigned size)
{
    if (nb == 1) {
        return get(&o->n, first, size);
    }
    return o->fn(o->env, reduce(o, first, nb / 2, size), reduce(o, first + nb / 2, nb / 2, size), 0,
                 size);
}

static void do_across(Operands *o)
{
    put(&o->result, 0, o->desc.size, reduce(o, 0, lanes(o, o->desc.size), o->desc.size));
}

static void do_across_long(Operands *o)
{
    unsigned size = o->desc.size;
    uint64_t sum = 0;

    for (unsigned i = 0; i < lanes(o, size); i++) {
        sum = o->fn(o->env, get(&o->n, i, size), 0, sum, size);
    }
    put(&o->result, 0, size + 1, sum);
}

ARMVector arm_apply_lanes(CPUARMState *env, ARMLane *fn, const ARMLaneDesc *desc,
                          const ARMVector *n, const ARMVector *m, const ARMVector *d)
{
    static void (*const shapes[])(Operands *o) = {
        [ARM_SHAPE_SAME] = do_same,         [ARM_SHAPE_PAIRS] = do_pairs,
        [ARM_SHAPE_LONG] = do_long,         [ARM_SHAPE_WIDE] = do_wide,
        [ARM_SHAPE_NARROW] = do_narrow,     [ARM_SHAPE_ADJACENT] = do_adjacent,
        [ARM_SHAPE_ACROSS] = do_across,     [ARM_SHAPE_ACROSS_LONG] = do_across_long,
    };
    Operands o = { .env = env, .fn = fn, .desc = *desc, .n = *n, .m = *m, .d = *d };

    shapes[desc->shape](&o);
    return o.result;
}

void helper_arm_lanes(CPUARMState *env, void *fn, uint64_t word)
{
    ARMLaneDesc desc = arm_lane_desc_unpack(word);

    env->vreg[desc.vd] = arm_apply_lanes(env, fn, &desc, &env->vreg[desc.vn], &env->vreg[desc.vm],
                                         &env->vreg[desc.vd]);
    arm_fp_notice(env);
}

void helper_arm_vector(CPUARMState *env, void *fn, uint32_t insn)
{
    ((ARMVectorFunc *)fn)(env, insn);
}

/* ---- Arithmetic ---- */

#define LANE(name)                                                                                 \
    uint64_t arm_lane_##name(CPUARMState *env, uint64_t n, uint64_t m, uint64_t d, unsigned size)

typedef __int128_t Signed;
typedef __uint128_t Unsigned;

static unsigned bits_of(unsigned size)
{
    return 8u << size;
}

static int64_t sx(uint64_t value, unsigned size)
{
    unsigned up = 64 - bits_of(size);

    return (int64_t)(value << up) >> up;
}

static uint64_t zx(uint64_t value, unsigned size)
{
    unsigned up = 64 - bits_of(size);

    return value << up >> up;
}

static uint64_t mask(bool condition)
{
    return condition ? UINT64_MAX : 0;
}

static uint64_t saturate_signed(CPUARMState *env, Signed value, unsigned size)
{
    Signed most = ((Signed)1 << (bits_of(size) - 1)) - 1, least = -most - 1;

    if (value > most || value < least) {
        env->fpsr |= FPSR_QC;
        return value > most ? most : least;
    }
    return value;
}

static uint64_t saturate_unsigned(CPUARMState *env, Signed value, unsigned size)
{
    Signed most = ((Signed)1 << bits_of(size)) - 1;

    if (value > most || value < 0) {
        env->fpsr |= FPSR_QC;
        return value > most ? most : 0;
    }
    return value;
}

/* Lanes that are one expression. */
#define SIMPLE_LANE(name, expression)                                                              \
    LANE(name)                                                                                     \
    {                                                                                              \
        return expression;                                                                         \
    }

SIMPLE_LANE(add, n + m)
SIMPLE_LANE(sub, n - m)
SIMPLE_LANE(mul, n *m)
SIMPLE_LANE(mla, d + n * m)
SIMPLE_LANE(mls, d - n * m)
SIMPLE_LANE(shadd, ((Signed)sx(n, size) + sx(m, size)) >> 1)
SIMPLE_LANE(uhadd, ((Unsigned)n + m) >> 1)
SIMPLE_LANE(srhadd, ((Signed)sx(n, size) + sx(m, size) + 1) >> 1)
SIMPLE_LANE(urhadd, ((Unsigned)n + m + 1) >> 1)
SIMPLE_LANE(shsub, ((Signed)sx(n, size) - sx(m, size)) >> 1)
SIMPLE_LANE(uhsub, ((Signed)n - m) >> 1)
SIMPLE_LANE(sqadd, saturate_signed(env, (Signed)sx(n, size) + sx(m, size), size))
SIMPLE_LANE(uqadd, saturate_unsigned(env, (Signed)n + m, size))
SIMPLE_LANE(sqsub, saturate_signed(env, (Signed)sx(n, size) - sx(m, size), size))
SIMPLE_LANE(uqsub, saturate_unsigned(env, (Signed)n - m, size))
SIMPLE_LANE(cmgt, mask(sx(n, size) > sx(m, size)))
SIMPLE_LANE(cmhi, mask(n > m))
SIMPLE_LANE(cmge, mask(sx(n, size) >= sx(m, size)))
SIMPLE_LANE(cmhs, mask(n >= m))
SIMPLE_LANE(cmle, mask(sx(n, size) <= sx(m, size)))
SIMPLE_LANE(cmlt, mask(sx(n, size) < sx(m, size)))
SIMPLE_LANE(cmeq, mask(n == m))
SIMPLE_LANE(cmtst, mask(n &m))
SIMPLE_LANE(smax, sx(n, size) > sx(m, size) ? n : m)
SIMPLE_LANE(umax, MAX(n, m))
SIMPLE_LANE(smin, sx(n, size) < sx(m, size) ? n : m)
SIMPLE_LANE(umin, MIN(n, m))
SIMPLE_LANE(sabd, sx(n, size) > sx(m, size) ? n - m : m - n)
SIMPLE_LANE(uabd, n > m ? n - m : m - n)
SIMPLE_LANE(saba, d + (sx(n, size) > sx(m, size) ? n - m : m - n))
SIMPLE_LANE(uaba, d + (n > m ? n - m : m - n))
SIMPLE_LANE(abs, sx(n, size) < 0 ? -n : n)
SIMPLE_LANE(neg, -n)
SIMPLE_LANE(sqabs, saturate_signed(env, sx(n, size) < 0 ? -(Signed)sx(n, size) : n, size))
SIMPLE_LANE(sqneg, saturate_signed(env, -(Signed)sx(n, size), size))
SIMPLE_LANE(suqadd, saturate_signed(env, (Signed)sx(d, size) + n, size))
SIMPLE_LANE(usqadd, saturate_unsigned(env, (Signed)d + sx(n, size), size))
SIMPLE_LANE(clz, n ? clz64(n) - (64 - bits_of(size)) : bits_of(size))
SIMPLE_LANE(cls, clz64((uint64_t)(sx(n, size) ^ sx(n, size) >> 1)) - (64 - bits_of(size)) - 1)
SIMPLE_LANE(cnt, __builtin_popcountll(n))
SIMPLE_LANE(rbit, helper_arm_rbit64(n) >> 56)
SIMPLE_LANE(urecpe, n >> 31 ? (uint64_t)arm_recip_estimate(n >> 23) << 23 : UINT32_MAX)
SIMPLE_LANE(ursqrte, n >> 30 ? (uint64_t)arm_rsqrt_estimate(n >> 23) << 23 : UINT32_MAX)

SIMPLE_LANE(pmul, polynomial_product(n, m).half[0])
SIMPLE_LANE(pmull, polynomial_product(n, m).half[0])

/* Half of what is to be doubled, so that doublewords' products don't overflow. */
static uint64_t doubled_high(CPUARMState *env, uint64_t n, uint64_t m, unsigned size, bool round)
{
    Signed product = (Signed)sx(n, size) * sx(m, size);

    product += round ? (Signed)1 << (bits_of(size) - 2) : 0;
    return saturate_signed(env, product >> (bits_of(size) - 1), size);
}

SIMPLE_LANE(sqdmulh, doubled_high(env, n, m, size, false))
SIMPLE_LANE(sqrdmulh, doubled_high(env, n, m, size, true))

/* The accumulator is added before the one rounding. */
static uint64_t doubled_accumulated(CPUARMState *env, uint64_t n, uint64_t m, uint64_t d,
                                    unsigned size, int sign)
{
    Signed product = (Signed)sx(n, size) * sx(m, size) * sign;

    product += ((Signed)sx(d, size) << (bits_of(size) - 1)) + ((Signed)1 << (bits_of(size) - 2));
    return saturate_signed(env, product >> (bits_of(size) - 1), size);
}

SIMPLE_LANE(sqrdmlah, doubled_accumulated(env, n, m, d, size, 1))
SIMPLE_LANE(sqrdmlsh, doubled_accumulated(env, n, m, d, size, -1))

/* Four products of parts of a lane; which operand has a sign. */
static uint64_t dot(uint64_t n, uint64_t m, uint64_t d, unsigned size, bool n_signed, bool m_signed)
{
    unsigned part = size - 2;

    for (unsigned i = 0; i < 4; i++) {
        unsigned at = i * bits_of(part);
        int64_t x = n_signed ? sx(n >> at, part) : (int64_t)zx(n >> at, part);
        int64_t y = m_signed ? sx(m >> at, part) : (int64_t)zx(m >> at, part);

        d += x * y;
    }
    return d;
}

SIMPLE_LANE(sdot, dot(n, m, d, size, true, true))
SIMPLE_LANE(udot, dot(n, m, d, size, false, false))
SIMPLE_LANE(usdot, dot(n, m, d, size, false, true))
SIMPLE_LANE(sudot, dot(n, m, d, size, true, false))

/* ---- Two sizes ---- */

SIMPLE_LANE(saddl, sx(n, size) + sx(m, size))
SIMPLE_LANE(uaddl, n + m)
SIMPLE_LANE(ssubl, sx(n, size) - sx(m, size))
SIMPLE_LANE(usubl, n - m)
SIMPLE_LANE(saddw, n + sx(m, size))
SIMPLE_LANE(uaddw, n + m)
SIMPLE_LANE(ssubw, n - sx(m, size))
SIMPLE_LANE(usubw, n - m)
SIMPLE_LANE(addhn, (n + m) >> bits_of(size))
SIMPLE_LANE(raddhn, (n + m + (1ull << (bits_of(size) - 1))) >> bits_of(size))
SIMPLE_LANE(subhn, (n - m) >> bits_of(size))
SIMPLE_LANE(rsubhn, (n - m + (1ull << (bits_of(size) - 1))) >> bits_of(size))
SIMPLE_LANE(sabdl,
            sx(n, size) > sx(m, size) ? sx(n, size) - sx(m, size) : sx(m, size) - sx(n, size))
SIMPLE_LANE(uabdl, n > m ? n - m : m - n)
SIMPLE_LANE(sabal, d + arm_lane_sabdl(env, n, m, 0, size))
SIMPLE_LANE(uabal, d + arm_lane_uabdl(env, n, m, 0, size))
SIMPLE_LANE(smull, sx(n, size) * sx(m, size))
SIMPLE_LANE(umull, n *m)
SIMPLE_LANE(smlal, d + sx(n, size) * sx(m, size))
SIMPLE_LANE(umlal, d + n * m)
SIMPLE_LANE(smlsl, d - sx(n, size) * sx(m, size))
SIMPLE_LANE(umlsl, d - n * m)
SIMPLE_LANE(sqdmull, saturate_signed(env, (Signed)sx(n, size) * sx(m, size) * 2, size + 1))
SIMPLE_LANE(sqdmlal, saturate_signed(env, (Signed)sx(d, size + 1) +
                     (int64_t)sx(arm_lane_sqdmull(env, n, m, 0, size), size + 1), size + 1))
SIMPLE_LANE(sqdmlsl, saturate_signed(env, (Signed)sx(d, size + 1) -
                     (int64_t)sx(arm_lane_sqdmull(env, n, m, 0, size), size + 1), size + 1))
SIMPLE_LANE(saddlp, sx(n, size) + sx(m, size))
SIMPLE_LANE(uaddlp, n + m)
SIMPLE_LANE(sadalp, d + sx(n, size) + sx(m, size))
SIMPLE_LANE(uadalp, d + n + m)
SIMPLE_LANE(saddlv, d + sx(n, size))
SIMPLE_LANE(uaddlv, d + n)
SIMPLE_LANE(xtn, n)
SIMPLE_LANE(sqxtn, saturate_signed(env, sx(n, size + 1), size))
SIMPLE_LANE(sqxtun, saturate_unsigned(env, sx(n, size + 1), size))
SIMPLE_LANE(uqxtn, saturate_unsigned(env, n, size))
SIMPLE_LANE(shll, n << bits_of(size))
SIMPLE_LANE(sshll, (uint64_t)sx(n, size) << m)
SIMPLE_LANE(ushll, n << m)

/* ---- Shifts ---- */

/* By a signed count, to the right where it is negative; counts from -128 to 127. */
static Signed shifted(Signed value, int count, bool round)
{
    int right = MIN(-count, 100);

    if (count >= 0) {
        return value << count;
    }
    return (value + (round ? (Signed)1 << (right - 1) : 0)) >> right;
}

/* To the left a lane is empty after as many bits as it has. */
static uint64_t shift_lane(Signed value, uint64_t m, unsigned size, bool round)
{
    int count = (int8_t)m;

    return count >= (int)bits_of(size) ? 0 : shifted(value, count, round);
}

static uint64_t saturating_shift(CPUARMState *env, Signed value, int count, unsigned size,
                                 bool round, bool is_signed)
{
    if (value && count >= (int)bits_of(size)) {
        value = value < 0 ? -1 : 1;
        count = bits_of(size);
    }
    value = value ? shifted(value, count, round) : 0;
    return is_signed ? saturate_signed(env, value, size) : saturate_unsigned(env, value, size);
}

SIMPLE_LANE(sshl, shift_lane(sx(n, size), m, size, false))
SIMPLE_LANE(ushl, shift_lane(n, m, size, false))
SIMPLE_LANE(srshl, shift_lane(sx(n, size), m, size, true))
SIMPLE_LANE(urshl, shift_lane(n, m, size, true))
SIMPLE_LANE(sqshl, saturating_shift(env, sx(n, size), (int8_t)m, size, false, true))
SIMPLE_LANE(uqshl, saturating_shift(env, n, (int8_t)m, size, false, false))
SIMPLE_LANE(sqrshl, saturating_shift(env, sx(n, size), (int8_t)m, size, true, true))
SIMPLE_LANE(uqrshl, saturating_shift(env, n, (int8_t)m, size, true, false))

/* By a constant: 1 to the lane's bits to the right, less than these to the left. */
SIMPLE_LANE(sshr, shifted(sx(n, size), -(int)m, false))
SIMPLE_LANE(ushr, shifted(n, -(int)m, false))
SIMPLE_LANE(srshr, shifted(sx(n, size), -(int)m, true))
SIMPLE_LANE(urshr, shifted(n, -(int)m, true))
SIMPLE_LANE(ssra, d + shifted(sx(n, size), -(int)m, false))
SIMPLE_LANE(usra, d + shifted(n, -(int)m, false))
SIMPLE_LANE(srsra, d + shifted(sx(n, size), -(int)m, true))
SIMPLE_LANE(ursra, d + shifted(n, -(int)m, true))
SIMPLE_LANE(shl, n << m)
SIMPLE_LANE(sqshl_i, saturating_shift(env, sx(n, size), m, size, false, true))
SIMPLE_LANE(uqshl_i, saturating_shift(env, n, m, size, false, false))
SIMPLE_LANE(sqshlu, saturating_shift(env, sx(n, size), m, size, false, false))
SIMPLE_LANE(sli, n << m | (d & ((1ull << m) - 1)))

/* The bits that the shift would fill stay. */
LANE(sri)
{
    uint64_t inserted = m == 64 ? 0 : n >> m, taken = m == 64 ? 0 : zx(UINT64_MAX, size) >> m;

    return inserted | (d & ~taken);
}

SIMPLE_LANE(shrn, shifted(n, -(int)m, false))
SIMPLE_LANE(rshrn, shifted(n, -(int)m, true))
SIMPLE_LANE(sqshrn, saturate_signed(env, shifted(sx(n, size + 1), -(int)m, false), size))
SIMPLE_LANE(sqrshrn, saturate_signed(env, shifted(sx(n, size + 1), -(int)m, true), size))
SIMPLE_LANE(sqshrun, saturate_unsigned(env, shifted(sx(n, size + 1), -(int)m, false), size))
SIMPLE_LANE(sqrshrun, saturate_unsigned(env, shifted(sx(n, size + 1), -(int)m, true), size))
SIMPLE_LANE(uqshrn, saturate_unsigned(env, shifted(n, -(int)m, false), size))
SIMPLE_LANE(uqrshrn, saturate_unsigned(env, shifted(n, -(int)m, true), size))

/* ---- Permutations ---- */

static unsigned field(uint32_t insn, unsigned low, unsigned count)
{
    return insn >> low & ((1u << count) - 1);
}

/* TBL, TBX: up to four registers are one table of bytes. */
void arm_vector_tbl(CPUARMState *env, uint32_t insn)
{
    unsigned nb = field(insn, 30, 1) ? 16 : 8, tables = field(insn, 13, 2) + 1,
             vn = field(insn, 5, 5);
    bool keeps = field(insn, 12, 1);
    ARMVector result = { { 0 } }, index = env->vreg[field(insn, 16, 5)];
    ARMVector *d = &env->vreg[field(insn, 0, 5)];

    for (unsigned i = 0; i < nb; i++) {
        unsigned at = get(&index, i, MO_8);
        uint64_t value = keeps ? get(d, i, MO_8) : 0;

        if (at < 16 * tables) {
            value = get(&env->vreg[(vn + at / 16) % 32], at % 16, MO_8);
        }
        put(&result, i, MO_8, value);
    }
    *d = result;
}

/* ---- Structures in memory ---- */

typedef struct Structures {
    unsigned vt, size, nb, registers, elements;
    MemOpIdx oi;
} Structures;

/* As translate-simd-memory.c packs it. */
static Structures structures_of(uint32_t desc)
{
    unsigned size = desc >> 6 & 3;
    MemOp op = size | (desc >> 16 & 1 ? MO_BE : MO_LE) | (desc >> 21 & 1 ? MO_ALIGN : 0);

    return (Structures){
        .vt = desc & 31, .size = size, .nb = (desc >> 5 & 1 ? 16 : 8) >> size,
        .registers = desc >> 8 & 15, .elements = desc >> 12 & 15,
        .oi = make_memop_idx(op, desc >> 17 & 15),
    };
}

/* Which register and lane the n-th element in memory belongs to. */
static void locate(const Structures *s, unsigned n, unsigned *reg, unsigned *lane)
{
    if (s->elements == 1) {
        *reg = n / s->nb;
        *lane = n % s->nb;
    } else {
        *reg = n % s->elements;
        *lane = n / s->elements;
    }
}

void helper_arm_load_structures(CPUARMState *env, uint64_t addr, uint32_t desc)
{
    Structures s = structures_of(desc);
    ARMVector values[4] = { 0 };
    unsigned reg, lane;

    for (unsigned n = 0; n < s.registers * s.nb; n++) {
        locate(&s, n, &reg, &lane);
        put(&values[reg], lane, s.size, cpu_ld_mmu(env, addr + (n << s.size), s.oi, GETPC()));
    }
    for (unsigned i = 0; i < s.registers; i++) {
        env->vreg[(s.vt + i) % 32] = values[i];
    }
}

void helper_arm_store_structures(CPUARMState *env, uint64_t addr, uint32_t desc)
{
    Structures s = structures_of(desc);
    unsigned reg, lane;

    for (unsigned n = 0; n < s.registers * s.nb; n++) {
        locate(&s, n, &reg, &lane);
        cpu_st_mmu(env, addr + (n << s.size), get(&env->vreg[(s.vt + reg) % 32], lane, s.size),
                   s.oi, GETPC());
    }
}
