/*
 * SVE: what is done to each element by itself, sums across a vector, comparisons of integers,
 * counts.
 *
 * Reference: DDI 0487, C8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "target/arm/fpu.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/sve.h"

/* Lanes' functions note saturation, as Advanced SIMD does; SVE doesn't. */
void helper_arm_sve(CPUARMState *env, void *fn, void *lane, uint32_t insn)
{
    uint64_t saturated = env->fpsr & FPSR_QC;

    ((ARMSveFunc *)fn)(env, insn, (ARMLane *)lane);
    env->fpsr = (env->fpsr & ~(uint64_t)FPSR_QC) | saturated;
}

/* ---- Patterns ---- */

/* Operands and destination of one instruction, and which elements it is about. */
typedef struct Operands {
    unsigned rd, size;
    uint64_t active;
    SveReg n, m, d;
} Operands;

static void apply(CPUARMState *env, ARMLane *lane, Operands *o)
{
    for (unsigned i = 0; i < sve_elements(env, o->size); i++) {
        if (sve_active(o->active, i, o->size)) {
            sve_put(&o->d, i, o->size,
                    lane(env, sve_get(&o->n, i, o->size), sve_get(&o->m, i, o->size),
                         sve_get(&o->d, i, o->size), o->size));
        }
    }
    sve_write(env, o->rd, &o->d);
}

/* zd, then two sources by number. */
static Operands operands(CPUARMState *env, uint32_t insn, uint64_t active, unsigned n, unsigned m)
{
    return (Operands){
        .rd = sve_rd(insn), .size = sve_size(insn), .active = active,
        .n = sve_read(env, n), .m = sve_read(env, m), .d = sve_read(env, sve_rd(insn)),
    };
}

void arm_sve_binary(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    Operands o = operands(env, insn, UINT64_MAX, sve_rn(insn), sve_rm(insn));

    apply(env, lane, &o);
}

void arm_sve_binary_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    Operands o = operands(env, insn, sve_pg(env, insn), sve_rd(insn), sve_rn(insn));

    apply(env, lane, &o);
}

void arm_sve_binary_r_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    Operands o = operands(env, insn, sve_pg(env, insn), sve_rn(insn), sve_rd(insn));

    apply(env, lane, &o);
}

void arm_sve_unary(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    Operands o = operands(env, insn, UINT64_MAX, sve_rn(insn), sve_rn(insn));

    apply(env, lane, &o);
}

void arm_sve_unary_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    Operands o = operands(env, insn, sve_pg(env, insn), sve_rn(insn), sve_rn(insn));

    apply(env, lane, &o);
}

void arm_sve_muladd_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    Operands o = operands(env, insn, sve_pg(env, insn), sve_rn(insn), sve_rm(insn));

    apply(env, lane, &o);
}

/* The destination is a factor; the numbers of the other one and of the addend. */
static void muladd_r_p(CPUARMState *env, uint32_t insn, ARMLane *lane, unsigned m, unsigned a)
{
    Operands o = operands(env, insn, sve_pg(env, insn), sve_rd(insn), m);
    SveReg addend = sve_read(env, a);

    for (unsigned i = 0; i < sve_elements(env, o.size); i++) {
        if (sve_active(o.active, i, o.size)) {
            sve_put(&o.d, i, o.size, lane(env, sve_get(&o.n, i, o.size), sve_get(&o.m, i, o.size),
                                          sve_get(&addend, i, o.size), o.size));
        }
    }
    sve_write(env, o.rd, &o.d);
}

/* MAD, MSB */
void arm_sve_muladd_r_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    muladd_r_p(env, insn, lane, sve_rm(insn), sve_rn(insn));
}

/* FMAD and its kin have them the other way round. */
void arm_sve_fmuladd_r_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    muladd_r_p(env, insn, lane, sve_rn(insn), sve_rm(insn));
}

/* The second operand is an element of each quadword, its index above the register's number: sizes
 * H (bit 23 clear; bit 22 is the index' highest bit), S and D. */
void arm_sve_element(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = extract32(insn, 23, 1) ? sve_size(insn) : MO_16;
    unsigned number_bits = size == MO_64 ? 4 : 3;
    unsigned index = extract32(insn, 16 + number_bits, 5 - number_bits) |
                     (size == MO_16 ? extract32(insn, 22, 1) << 2 : 0);
    Operands o = operands(env, insn, UINT64_MAX, sve_rn(insn), sve_rn(insn));

    o.size = size;
    o.m = sve_spread(env, extract32(insn, 16, number_bits), index, size);
    apply(env, lane, &o);
}

/* Neighbours in zd give an even element, those in the other operand an odd one. */
void arm_sve_pairs_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    Operands o = operands(env, insn, sve_pg(env, insn), sve_rd(insn), sve_rn(insn));

    for (unsigned i = 0; i < sve_elements(env, o.size); i++) {
        const SveReg *from = i % 2 ? &o.m : &o.n;

        if (sve_active(o.active, i, o.size)) {
            sve_put(&o.d, i, o.size, lane(env, sve_get(from, i & ~1u, o.size),
                                          sve_get(from, i | 1, o.size), 0, o.size));
        }
    }
    sve_write(env, o.rd, &o.d);
}

/* ---- Immediates ---- */

static void binary_with(CPUARMState *env, uint32_t insn, ARMLane *lane, uint64_t value,
                        bool reversed)
{
    Operands o = operands(env, insn, UINT64_MAX, sve_rd(insn), sve_rd(insn));

    sve_fill(reversed ? &o.n : &o.m, o.size, value);
    apply(env, lane, &o);
}

static uint64_t shifted_immediate(uint32_t insn)
{
    return (uint64_t)extract32(insn, 5, 8) << (extract32(insn, 13, 1) ? 8 : 0);
}

static int64_t signed_immediate(uint32_t insn)
{
    return sextract64(insn, 5, 8);
}

void arm_sve_binary_i(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    binary_with(env, insn, lane, shifted_immediate(insn), false);
}

void arm_sve_binary_r_i(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    binary_with(env, insn, lane, shifted_immediate(insn), true);
}

void arm_sve_binary_si(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    binary_with(env, insn, lane, signed_immediate(insn), false);
}

static uint64_t element_immediate(uint32_t insn)
{
    return (uint64_t)signed_immediate(insn) << (extract32(insn, 13, 1) ? 8 : 0);
}

void arm_sve_copy_where(CPUARMState *env, uint32_t insn, uint64_t pg, uint64_t value, bool merge)
{
    unsigned size = sve_size(insn);
    SveReg d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        if (sve_active(pg, i, size)) {
            sve_put(&d, i, size, value);
        } else if (!merge) {
            sve_put(&d, i, size, 0);
        }
    }
    sve_write(env, sve_rd(insn), &d);
}

/* The predicate is in bits 19 to 16. */
void arm_sve_cpy_i(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    arm_sve_copy_where(env, insn, env->preg[extract32(insn, 16, 4)], element_immediate(insn),
                       extract32(insn, 14, 1));
}

void arm_sve_fcpy(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    arm_sve_copy_where(env, insn, env->preg[extract32(insn, 16, 4)],
                       arm_fp_expand_immediate(sve_size(insn), extract32(insn, 5, 8)), true);
}

/* Base and step are immediates, or registers where bits 11 and 10 say so. */
void arm_sve_index(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    uint64_t value = extract32(insn, 10, 1) ? sve_read_x(env, sve_rn(insn))
                                            : (uint64_t)sextract64(insn, 5, 5);
    uint64_t step = extract32(insn, 11, 1) ? sve_read_x(env, sve_rm(insn))
                                           : (uint64_t)sextract64(insn, 16, 5);
    SveReg d;

    for (unsigned i = 0; i < sve_elements(env, size); i++, value += step) {
        sve_put(&d, i, size, value);
    }
    sve_write(env, sve_rd(insn), &d);
}

/* ADR: bits 23 and 22: signed words, unsigned words, elements of 32 or 64 bits. */
void arm_sve_address(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned how = sve_size(insn), size = how == 2 ? MO_32 : MO_64, shift = extract32(insn, 10, 2);
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)), d;

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        uint64_t offset = sve_get(&m, i, size);

        offset = how == 0 ? (uint64_t)(int32_t)offset : how == 1 ? (uint32_t)offset : offset;
        sve_put(&d, i, size, sve_get(&n, i, size) + (offset << shift));
    }
    sve_write(env, sve_rd(insn), &d);
}

/* ---- Shifts ---- */

#define LANE(name)                                                                                 \
    uint64_t arm_sve_##name(CPUARMState *env, uint64_t n, uint64_t m, uint64_t d, unsigned size)
#define SIMPLE_LANE(name, expression)                                                              \
    LANE(name)                                                                                     \
    {                                                                                              \
        return expression;                                                                         \
    }

static unsigned bits_of(unsigned size)
{
    return 8u << size;
}

SIMPLE_LANE(asr, sve_extend(n, size) >> MIN(m, bits_of(size) - 1))
SIMPLE_LANE(lsr, m < bits_of(size) ? n >> m : 0)
SIMPLE_LANE(lsl, m < bits_of(size) ? n << m : 0)

/* Divides by a power of two, towards zero. */
LANE(asrd)
{
    __int128_t value = sve_extend(n, size);

    return (value < 0 ? value + (((__int128_t)1 << m) - 1) : value) >> m;
}

SveShift arm_sve_shift_immediate(uint32_t insn, unsigned low, unsigned imm)
{
    unsigned value = extract32(insn, 22, 2) << 5 | extract32(insn, low, 2) << 3 |
                     extract32(insn, imm, 3);
    unsigned size = 28 - clz32(value);

    return (SveShift){ size, 2 * bits_of(size) - value, value - bits_of(size) };
}

static void shift_by(CPUARMState *env, uint32_t insn, ARMLane *lane, const SveShift *shift,
                     unsigned count, unsigned n, uint64_t active)
{
    Operands o = operands(env, insn, active, n, n);

    o.size = shift->size;
    sve_fill(&o.m, o.size, count);
    apply(env, lane, &o);
}

void arm_sve_shift_right_i(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveShift shift = arm_sve_shift_immediate(insn, 19, 16);

    shift_by(env, insn, lane, &shift, shift.right, sve_rn(insn), UINT64_MAX);
}

void arm_sve_shift_left_i(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveShift shift = arm_sve_shift_immediate(insn, 19, 16);

    shift_by(env, insn, lane, &shift, shift.left, sve_rn(insn), UINT64_MAX);
}

void arm_sve_shift_right_pi(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveShift shift = arm_sve_shift_immediate(insn, 8, 5);

    shift_by(env, insn, lane, &shift, shift.right, sve_rd(insn), sve_pg(env, insn));
}

void arm_sve_shift_left_pi(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveShift shift = arm_sve_shift_immediate(insn, 8, 5);

    shift_by(env, insn, lane, &shift, shift.left, sve_rd(insn), sve_pg(env, insn));
}

/* XAR: zd and the operand, turned to the right. */
static uint64_t exclusive_or_rotated(CPUARMState *env, uint64_t n, uint64_t m, uint64_t count,
                                     unsigned size)
{
    uint64_t value = n ^ m;

    return count == bits_of(size) ? value : value >> count | value << (bits_of(size) - count);
}

void arm_sve_xar(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveShift shift = arm_sve_shift_immediate(insn, 19, 16);
    Operands o = operands(env, insn, UINT64_MAX, sve_rd(insn), sve_rn(insn));

    o.size = shift.size;
    sve_fill(&o.d, o.size, shift.right);
    apply(env, exclusive_or_rotated, &o);
}

/* Counts have the whole element, signed, where Advanced SIMD has their lowest byte (ShiftSat()). */
static void shift_by_elements(CPUARMState *env, ARMLane *lane, Operands *o)
{
    int64_t most = bits_of(o->size) + 1;

    for (unsigned i = 0; i < sve_elements(env, o->size); i++) {
        int64_t count = sve_extend(sve_get(&o->m, i, o->size), o->size);

        sve_put(&o->m, i, o->size, MAX(-most, MIN(count, most)));
    }
    apply(env, lane, o);
}

void arm_sve_shift_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    Operands o = operands(env, insn, sve_pg(env, insn), sve_rd(insn), sve_rn(insn));

    shift_by_elements(env, lane, &o);
}

void arm_sve_shift_r_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    Operands o = operands(env, insn, sve_pg(env, insn), sve_rn(insn), sve_rd(insn));

    shift_by_elements(env, lane, &o);
}

/* Each element with the doubleword of m that it lies in. */
static void wide(CPUARMState *env, ARMLane *lane, Operands *o)
{
    for (unsigned i = 0; i < sve_elements(env, o->size); i++) {
        if (sve_active(o->active, i, o->size)) {
            sve_put(&o->d, i, o->size, lane(env, sve_get(&o->n, i, o->size),
                                            o->m.d[i << o->size >> MO_64], 0, o->size));
        }
    }
    sve_write(env, o->rd, &o->d);
}

void arm_sve_wide(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    Operands o = operands(env, insn, UINT64_MAX, sve_rn(insn), sve_rm(insn));

    wide(env, lane, &o);
}

void arm_sve_wide_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    Operands o = operands(env, insn, sve_pg(env, insn), sve_rd(insn), sve_rn(insn));

    wide(env, lane, &o);
}

/* ---- Elements ---- */

SIMPLE_LANE(orr, n | m)
SIMPLE_LANE(eor, n ^ m)
SIMPLE_LANE(and, n &m)
SIMPLE_LANE(bic, n & ~m)
SIMPLE_LANE(not, ~n)
SIMPLE_LANE(cnot, n == 0)
SIMPLE_LANE(sxtb, (int8_t)n)
SIMPLE_LANE(uxtb, (uint8_t)n)
SIMPLE_LANE(sxth, (int16_t)n)
SIMPLE_LANE(uxth, (uint16_t)n)
SIMPLE_LANE(sxtw, (int32_t)n)
SIMPLE_LANE(uxtw, (uint32_t)n)
SIMPLE_LANE(smulh, ((__int128_t)sve_extend(n, size) * sve_extend(m, size)) >> bits_of(size))
SIMPLE_LANE(umulh, ((__uint128_t)n * m) >> bits_of(size))
SIMPLE_LANE(udiv, m ? n / m : 0)
SIMPLE_LANE(revb, bswap64(n) >> (64 - bits_of(size)))
SIMPLE_LANE(revh, size == MO_32 ? ror32(n, 16)
                                : (uint64_t)ror32(n, 16) << 32 | ror32(n >> 32, 16))
SIMPLE_LANE(revw, ror64(n, 32))
SIMPLE_LANE(rbit, helper_arm_rbit64(n) >> (64 - bits_of(size)))

/* The most negative number by -1 is itself. */
LANE(sdiv)
{
    int64_t dividend = sve_extend(n, size), divisor = sve_extend(m, size);

    return divisor == 0 ? 0 : divisor == -1 ? -(uint64_t)dividend : (uint64_t)(dividend / divisor);
}

/* The immediate has no sign. */
static uint64_t saturated(__int128_t value, unsigned size)
{
    __int128_t most = ((__int128_t)1 << (bits_of(size) - 1)) - 1;

    return value > most ? most : value < -most - 1 ? -most - 1 : value;
}

SIMPLE_LANE(sqadd_i, saturated((__int128_t)sve_extend(n, size) + m, size))
SIMPLE_LANE(sqsub_i, saturated((__int128_t)sve_extend(n, size) - m, size))

/* ---- Across the vector ---- */

/* SADDV, UADDV: a sum of 64 bits; bit 16: unsigned. */
void arm_sve_add_across(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    uint64_t pg = sve_pg(env, insn), sum = 0;
    SveReg n = sve_read(env, sve_rn(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        if (sve_active(pg, i, size)) {
            uint64_t value = sve_get(&n, i, size);

            sum += extract32(insn, 16, 1) ? value : (uint64_t)sve_extend(value, size);
        }
    }
    sve_write_scalar(env, sve_rd(insn), sum);
}

/* What leaves the other operand as it is. */
static uint64_t identity(ARMLane *lane, unsigned size)
{
    uint64_t most = MAKE_64BIT_MASK(0, bits_of(size) - 1);

    return lane == arm_lane_smax                             ? most + 1
           : lane == arm_lane_smin                           ? most
           : lane == arm_lane_umin || lane == arm_sve_and    ? most << 1 | 1
                                                             : 0;
}

void arm_sve_reduce(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    uint64_t pg = sve_pg(env, insn), result = identity(lane, size);
    SveReg n = sve_read(env, sve_rn(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        if (sve_active(pg, i, size)) {
            result = lane(env, result, sve_get(&n, i, size), 0, size);
        }
    }
    sve_write_scalar(env, sve_rd(insn), sve_truncate(result, size));
}

/* ---- Matrices ---- */

/* SMMLA, USMMLA, UMMLA: two rows and columns of eight bytes in each quadword; bits 23 and 22:
 * the first, the second operand is unsigned. */
void arm_sve_matrix(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    bool n_unsigned = extract32(insn, 23, 1), m_unsigned = extract32(insn, 22, 1);
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)),
           d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, MO_32); i++) {
        const uint8_t *row = &n.b[i / 4 * 16 + (i & 2) * 4];
        const uint8_t *column = &m.b[i / 4 * 16 + (i & 1) * 8];

        for (unsigned k = 0; k < 8; k++) {
            d.s[i] += (n_unsigned ? row[k] : (int8_t)row[k]) *
                      (m_unsigned ? column[k] : (int8_t)column[k]);
        }
    }
    sve_write(env, sve_rd(insn), &d);
}

/* ---- Counts ---- */

enum { POWER_OF_TWO = 0, BY_NUMBER = 13, MULTIPLE_OF_4 = 29, MULTIPLE_OF_3 = 30, ALL = 31 };

unsigned arm_sve_count(unsigned bytes, unsigned size, unsigned pattern)
{
    unsigned all = bytes >> size, wanted;

    switch (pattern) {
    case POWER_OF_TWO:
        return 1u << (31 - clz32(all));
    case MULTIPLE_OF_4:
        return all - all % 4;
    case MULTIPLE_OF_3:
        return all - all % 3;
    case ALL:
        return all;
    default:
        /* 1 to 8, then powers of two from 16 */
        wanted = pattern <= 8 ? pattern : pattern <= BY_NUMBER ? 16u << (pattern - 9) : 0;
        return wanted <= all ? wanted : 0;
    }
}

/* As a multiple that the instruction says. */
static unsigned counted(const CPUARMState *env, uint32_t insn)
{
    return arm_sve_count(sve_bytes(env), sve_size(insn), extract32(insn, 5, 5)) *
           (extract32(insn, 16, 4) + 1);
}

/* SQINCH and its kin of vectors. */
void arm_sve_count_vector(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    binary_with(env, insn, lane, counted(env, insn), false);
}

/* SQINCB and its kin of general registers: of 64 bits, or of 32 (bit 20: 0), which the result is
 * extended from as it was; bit 11: subtracts, bit 10: unsigned. */
void arm_sve_count_scalar(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = extract32(insn, 20, 1) ? MO_64 : MO_32;
    uint64_t value = lane(env, sve_truncate(sve_read_x(env, sve_rd(insn)), size),
                          counted(env, insn), 0, size);

    value = sve_truncate(value, size);
    sve_write_x(env, sve_rd(insn),
                extract32(insn, 10, 1) ? value : (uint64_t)sve_extend(value, size));
}

/* ---- Comparisons ---- */

SIMPLE_LANE(ne, n != m)
SIMPLE_LANE(lo, n < m)
SIMPLE_LANE(ls, n <= m)

void arm_sve_test(CPUARMState *env, uint64_t mask, uint64_t result, unsigned size)
{
    uint64_t active = mask & sve_all_true(env, size);
    bool first = active && (result & (active & -active));
    bool last = active && (result >> (63 - clz64(active)) & 1);

    arm_write_nzcv(env, (uint32_t)first << 31 | (uint32_t)!(result & active) << 30 |
                        (uint32_t)!last << 29);
}

/* The comparisons of elements of the same size, as one of two: whether they are equal, and whether n is
 * greater. */
typedef struct Comparison {
    ARMLane *lane;
    bool equal, is_unsigned, swapped, negated;
} Comparison;

static const Comparison *comparison_of(ARMLane *lane)
{
    static const Comparison comparisons[] = {
        { arm_lane_cmeq, .equal = true },
        { arm_sve_ne, .equal = true, .negated = true },
        { arm_lane_cmgt },
        { arm_lane_cmge, .swapped = true, .negated = true },
        { arm_lane_cmlt, .swapped = true },
        { arm_lane_cmle, .negated = true },
        { arm_lane_cmhi, .is_unsigned = true },
        { arm_lane_cmhs, .is_unsigned = true, .swapped = true, .negated = true },
        { arm_sve_lo, .is_unsigned = true, .swapped = true },
        { arm_sve_ls, .is_unsigned = true, .negated = true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(comparisons); i++) {
        if (comparisons[i].lane == lane) {
            return &comparisons[i];
        }
    }
    return NULL;
}

/* All bits of the elements for which it is true. */
#define DEFINE_COMPARE(bits)                                                                       \
    static ARMVector compare_##bits(ARMVector n, ARMVector m, bool equal)                          \
    {                                                                                              \
        typedef int##bits##_t Elements __attribute__((vector_size(16)));                           \
        Elements a, b, r;                                                                          \
                                                                                                   \
        memcpy(&a, &n, sizeof(a));                                                                 \
        memcpy(&b, &m, sizeof(b));                                                                 \
        r = equal ? a == b : a > b;                                                                \
        memcpy(&n, &r, sizeof(r));                                                                 \
        return n;                                                                                  \
    }
DEFINE_COMPARE(8)
DEFINE_COMPARE(16)
DEFINE_COMPARE(32)
DEFINE_COMPARE(64)

/* A bit for each byte that is all ones. */
static uint64_t bits_of_bytes(ARMVector v)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < 2; i++) {
        bits |= (v.d[i] & 0x0101010101010101) * 0x0102040810204080 >> 56 << 8 * i;
    }
    return bits;
}

static uint64_t compare_all(CPUARMState *env, const Comparison *c, const SveReg *n, const SveReg *m,
                            unsigned size)
{
    static ARMVector (*const functions[])(ARMVector n, ARMVector m, bool equal) = {
        compare_8, compare_16, compare_32, compare_64,
    };
    static const uint64_t signs[] = { 0x8080808080808080, 0x8000800080008000, 0x8000000080000000,
                                      0x8000000000000000 };
    uint64_t bias = c->is_unsigned ? signs[size] : 0, result = 0;

    for (unsigned i = 0; i < sve_bytes(env) / 16; i++) {
        ARMVector a = { { n->q[i].d[0] ^ bias, n->q[i].d[1] ^ bias } };
        ARMVector b = { { m->q[i].d[0] ^ bias, m->q[i].d[1] ^ bias } };
        ARMVector r = c->swapped ? functions[size](b, a, c->equal) : functions[size](a, b, c->equal);

        result |= bits_of_bytes(r) << 16 * i;
    }
    return (c->negated ? ~result : result) & sve_all_true(env, size);
}

/* m's elements: its own, those of doublewords, extended as the comparison is signed, or a
 * number. */
static void compare(CPUARMState *env, uint32_t insn, ARMLane *lane, const SveReg *m, bool wide,
                    bool is_signed)
{
    unsigned size = sve_size(insn);
    uint64_t pg = sve_pg(env, insn), result = 0;
    SveReg n = sve_read(env, sve_rn(insn));
    const Comparison *c = wide ? NULL : comparison_of(lane);

    if (c) {
        result = compare_all(env, c, &n, m, size) & pg;
    }
    for (unsigned i = 0; !c && i < sve_elements(env, size); i++) {
        uint64_t a = sve_get(&n, i, size), b = sve_get(m, i, size);

        if (wide) {
            a = is_signed ? (uint64_t)sve_extend(a, size) : a;
            b = m->d[i << size >> MO_64];
        }
        if (sve_active(pg, i, size) && (lane(env, a, b, 0, wide ? MO_64 : size) & 1)) {
            result |= 1ull << (i << size);
        }
    }
    env->preg[extract32(insn, 0, 4)] = result;
    arm_sve_test(env, pg, result, size);
}

void arm_sve_compare(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m = sve_read(env, sve_rm(insn));

    compare(env, insn, lane, &m, false, false);
}

/* CMPEQ and CMPNE extend with the sign, too. */
void arm_sve_compare_w(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m = sve_read(env, sve_rm(insn));
    bool is_unsigned = lane == arm_lane_cmhs || lane == arm_lane_cmhi || lane == arm_sve_lo ||
                       lane == arm_sve_ls;

    compare(env, insn, lane, &m, true, !is_unsigned);
}

void arm_sve_compare_i(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m;

    sve_fill(&m, sve_size(insn), (uint64_t)sextract64(insn, 16, 5));
    compare(env, insn, lane, &m, false, false);
}

void arm_sve_compare_ui(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m;

    sve_fill(&m, sve_size(insn), extract32(insn, 14, 7));
    compare(env, insn, lane, &m, false, false);
}
