/*
 * SVE: floating point.
 *
 * Reference: DDI 0487, C8.2; J1.3, "shared/functions/float".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/sve.h"

#define LANE(name)                                                                                 \
    uint64_t arm_sve_##name(CPUARMState *env, uint64_t n, uint64_t m, uint64_t d, unsigned size)

static const uint64_t infinities[] = { 0, 0x7c00, 0x7f800000, 0x7ff0000000000000 };

static uint64_t negated(uint64_t value, unsigned size)
{
    return value ^ arm_fp_sign_bit(size);
}

/* ---- Elements ---- */

LANE(fscale)
{
    return arm_fp_scale(env, size, n, sve_extend(m, size));
}

/* Halves, added to singles */
LANE(fmlal)
{
    return arm_fp_muladd(env, MO_32, d, arm_fp_widened_half(env, n), arm_fp_widened_half(env, m));
}

LANE(fmlsl)
{
    return arm_sve_fmlal(env, negated(n, MO_16), m, d, size);
}

/* ---- Constants ---- */

/* Of which bit 5 chooses one, by the operation in bits 18 to 16. */
void arm_sve_float_constant(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    enum { HALF = 0x60, ONE = 0x70, TWO = 0x00 }; /* as FMOV has them */
    unsigned size = sve_size(insn), op = extract32(insn, 16, 3), which = extract32(insn, 5, 1);
    unsigned coded = which ? (op == 2 ? TWO : ONE) : HALF;
    uint64_t value = op >= 4 && !which ? 0 : arm_fp_expand_immediate(size, coded);
    uint64_t pg = sve_pg(env, insn);
    bool reversed = op == 3; /* FSUBR */
    SveReg d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        if (sve_active(pg, i, size)) {
            uint64_t a = sve_get(&d, i, size);

            sve_put(&d, i, size, lane(env, reversed ? value : a, reversed ? a : value, 0, size));
        }
    }
    sve_write(env, sve_rd(insn), &d);
}

/* ---- Across the vector ---- */

static uint64_t identity(ARMLane *lane, unsigned size)
{
    static const uint64_t default_nans[] = { 0, 0x7e00, 0x7fc00000, 0x7ff8000000000000 };

    return lane == arm_lane_fmax                               ? negated(infinities[size], size)
           : lane == arm_lane_fmin                             ? infinities[size]
           : lane == arm_lane_fmaxnm || lane == arm_lane_fminnm ? default_nans[size]
                                                               : 0;
}

/* Reduce(): the halves first. */
static uint64_t reduced(CPUARMState *env, ARMLane *lane, const SveReg *n, unsigned first,
                        unsigned nb, unsigned size)
{
    if (nb == 1) {
        return sve_get(n, first, size);
    }
    return lane(env, reduced(env, lane, n, first, nb / 2, size),
                reduced(env, lane, n, first + nb / 2, nb / 2, size), 0, size);
}

void arm_sve_float_reduce(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), all = sve_elements(env, size), power = 1;
    uint64_t pg = sve_pg(env, insn);
    SveReg n = sve_read(env, sve_rn(insn));

    while (power < all) {
        power *= 2;
    }
    for (unsigned i = 0; i < power; i++) {
        if (i >= all || !sve_active(pg, i, size)) {
            sve_put(&n, i, size, identity(lane, size));
        }
    }
    sve_write_scalar(env, sve_rd(insn), reduced(env, lane, &n, 0, power, size));
}

/* In order. */
void arm_sve_fadda(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    uint64_t pg = sve_pg(env, insn), sum = sve_truncate(env->vreg[sve_rd(insn)].d[0], size);
    SveReg m = sve_read(env, sve_rn(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        if (sve_active(pg, i, size)) {
            sum = arm_fp_add(env, size, sum, sve_get(&m, i, size));
        }
    }
    sve_write_scalar(env, sve_rd(insn), sum);
}

/* ---- Trigonometry and exponentials ---- */

/* FPTrigSMul(): a square with the sign that the second operand's lowest bit says. */
LANE(ftsmul)
{
    uint64_t square = arm_fp_mul(env, size, n, n), sign = arm_fp_sign_bit(size);

    if ((square & (sign - 1)) > infinities[size]) {
        return square;
    }
    return (square & (sign - 1)) | (m & 1 ? sign : 0);
}

/* FPTrigSSel(): one or the operand, and which sign. */
LANE(ftssel)
{
    enum { ONE = 0x70 };
    uint64_t value = m & 1 ? arm_fp_expand_immediate(size, ONE) : n;

    return m & 2 ? negated(value, size) : value;
}

/* FPTrigMAddCoefficient: sine's, then cosine's. */
static const uint64_t trig_coefficients[3][16] = {
    { 0x3c00, 0xb155, 0x2030, 0, 0, 0, 0, 0, 0x3c00, 0xb800, 0x293a, 0, 0, 0, 0, 0 },
    { 0x3f800000, 0xbe2aaaab, 0x3c088886, 0xb95008b9, 0x36369d6d, 0, 0, 0,
      0x3f800000, 0xbf000000, 0x3d2aaaa6, 0xbab60705, 0x37cd37cc, 0, 0, 0 },
    { 0x3ff0000000000000, 0xbfc5555555555543, 0x3f8111111110f30c, 0xbf2a01a019b92fc6,
      0x3ec71de351f3d22b, 0xbe5ae5e2b60f7b91, 0x3de5d8408868552f, 0,
      0x3ff0000000000000, 0xbfe0000000000000, 0x3fa5555555555536, 0xbf56c16c16c13a0b,
      0x3efa01a019b1e8d8, 0xbe927e4f7282f468, 0x3e21ee96d2641b13, 0xbda8f76380fbb401 },
};

/* The coefficient's number is an immediate, and whether it is the cosine's the second operand's
 * sign. */
void arm_sve_ftmad(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), number = extract32(insn, 16, 3);
    uint64_t sign = arm_fp_sign_bit(size);
    SveReg d = sve_read(env, sve_rd(insn)), m = sve_read(env, sve_rn(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        uint64_t b = sve_get(&m, i, size);
        uint64_t coefficient = trig_coefficients[size - 1][number + (b & sign ? 8 : 0)];

        sve_put(&d, i, size,
                arm_fp_muladd(env, size, coefficient, sve_get(&d, i, size), b & ~sign));
    }
    sve_write(env, sve_rd(insn), &d);
}

/* The fraction of 2^(i / 64), rounded to 52 bits. */
static const uint64_t exponential_fractions[64] = {
    0x0000000000000, 0x02c9a3e778061, 0x059b0d3158574, 0x0874518759bc8,
    0x0b5586cf9890f, 0x0e3ec32d3d1a2, 0x11301d0125b51, 0x1429aaea92de0,
    0x172b83c7d517b, 0x1a35beb6fcb75, 0x1d4873168b9aa, 0x2063b88628cd6,
    0x2387a6e756238, 0x26b4565e27cdd, 0x29e9df51fdee1, 0x2d285a6e4030b,
    0x306fe0a31b715, 0x33c08b26416ff, 0x371a7373aa9cb, 0x3a7db34e59ff7,
    0x3dea64c123422, 0x4160a21f72e2a, 0x44e086061892d, 0x486a2b5c13cd0,
    0x4bfdad5362a27, 0x4f9b2769d2ca7, 0x5342b569d4f82, 0x56f4736b527da,
    0x5ab07dd485429, 0x5e76f15ad2148, 0x6247eb03a5585, 0x6623882552225,
    0x6a09e667f3bcd, 0x6dfb23c651a2f, 0x71f75e8ec5f74, 0x75feb564267c9,
    0x7a11473eb0187, 0x7e2f336cf4e62, 0x82589994cce13, 0x868d99b4492ed,
    0x8ace5422aa0db, 0x8f1ae99157736, 0x93737b0cdc5e5, 0x97d829fde4e50,
    0x9c49182a3f090, 0xa0c667b5de565, 0xa5503b23e255d, 0xa9e6b5579fdbf,
    0xae89f995ad3ad, 0xb33a2b84f15fb, 0xb7f76f2fb5e47, 0xbcc1e904bc1d2,
    0xc199bdd85529c, 0xc67f12e57d14b, 0xcb720dcef9069, 0xd072d4a07897c,
    0xd5818dcfba487, 0xda9e603db3285, 0xdfc97337b9b5f, 0xe502ee78b3ff6,
    0xea4afa2a490da, 0xefa1bee615a27, 0xf50765b6e4540, 0xfa7c1819e90d8,
};

/* FPExpA(): a power of two by its exponent and the number of the fraction. */
LANE(fexpa)
{
    static const struct {
        uint8_t fraction, exponent, index;
    } formats[] = { [MO_16] = { 10, 5, 5 }, [MO_32] = { 23, 8, 6 }, [MO_64] = { 52, 11, 6 } };
    unsigned fraction_bits = formats[size].fraction, index_bits = formats[size].index;
    uint64_t fraction = exponential_fractions[extract64(n, 0, index_bits) << (6 - index_bits)];
    unsigned drop = 52 - fraction_bits;

    fraction = drop ? (fraction + (1ull << (drop - 1))) >> drop : fraction;
    return extract64(n, index_bits, formats[size].exponent) << fraction_bits | fraction;
}

/* ---- Comparisons ---- */

#define COMPARISON(name, signaling, condition)                                                     \
    LANE(name)                                                                                     \
    {                                                                                              \
        int r = arm_fp_compare(env, size, n, m, signaling);                                        \
                                                                                                   \
        return condition;                                                                          \
    }
COMPARISON(fcmeq, false, r == 0)
COMPARISON(fcmne, false, r != 0)
COMPARISON(fcmuo, false, r == ARM_FP_UNORDERED)
COMPARISON(fcmge, true, r == 0 || r == 1)
COMPARISON(fcmgt, true, r == 1)
COMPARISON(fcmle, true, r == 0 || r == -1)
COMPARISON(fcmlt, true, r == -1)

static void compare(CPUARMState *env, uint32_t insn, ARMLane *lane, const SveReg *m)
{
    unsigned size = sve_size(insn);
    uint64_t pg = sve_pg(env, insn), result = 0;
    SveReg n = sve_read(env, sve_rn(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        if (sve_active(pg, i, size) &&
            (lane(env, sve_get(&n, i, size), sve_get(m, i, size), 0, size) & 1)) {
            result |= 1ull << (i << size);
        }
    }
    env->preg[extract32(insn, 0, 4)] = result;
}

void arm_sve_float_compare(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m = sve_read(env, sve_rm(insn));

    compare(env, insn, lane, &m);
}

void arm_sve_float_compare_zero(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    const SveReg zero = { .d = { 0 } };

    compare(env, insn, lane, &zero);
}

/* ---- Conversions. An element has the larger size of the two. ---- */

const ARMSveConversion arm_sve_conversions[4][4] = {
    [1] = { [1] = { MO_16, MO_16 }, [2] = { MO_16, MO_32 }, [3] = { MO_16, MO_64 } },
    [2] = { [2] = { MO_32, MO_32 } },
    [3] = { [0] = { MO_64, MO_32 }, [2] = { MO_32, MO_64 }, [3] = { MO_64, MO_64 } },
};

/* SCVTF, UCVTF, FCVTZS (bit 19), FCVTZU; bit 16: unsigned. */
void arm_sve_convert(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    ARMSveConversion c = arm_sve_conversions[sve_size(insn)][extract32(insn, 17, 2)];
    unsigned size = MAX(c.floating, c.integer);
    bool is_signed = !extract32(insn, 16, 1), to_integer = extract32(insn, 19, 1);
    uint64_t pg = sve_pg(env, insn);
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        uint64_t value = sve_get(&n, i, size);

        if (!sve_active(pg, i, size)) {
            continue;
        }
        if (to_integer) {
            value = arm_fp_to_fixed(env, c.floating, sve_truncate(value, c.floating),
                                    8 << c.integer, 0, is_signed, ARM_ROUND_ZERO);
            value = is_signed ? (uint64_t)sve_extend(value, c.integer) : value;
        } else {
            value = is_signed ? (uint64_t)sve_extend(value, c.integer)
                              : sve_truncate(value, c.integer);
            value = arm_fp_from_fixed(env, c.floating, value, 0, is_signed);
        }
        sve_put(&d, i, size, value);
    }
    sve_write(env, sve_rd(insn), &d);
}

/* From one format to another, by bits 23, 22, 17 and 16. Halves are IEEE's, whatever FPCR.AHP says
 * (FPConvertSVE()). */
void arm_sve_fcvt(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    static const uint8_t wide[4][4] = { [2] = { MO_32, MO_32 },
                                        [3] = { MO_64, MO_64, MO_64, MO_64 } };
    static const uint8_t narrow[4][4] = { [2] = { MO_16, MO_16 },
                                          [3] = { MO_16, MO_16, MO_32, MO_32 } };
    unsigned opc = sve_size(insn), opc2 = extract32(insn, 16, 2);
    unsigned size = wide[opc][opc2], other = narrow[opc][opc2];
    unsigned from = opc2 & 1 ? other : size, to = opc2 & 1 ? size : other;
    uint64_t pg = sve_pg(env, insn), fpcr = env->fpcr;
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    env->fpcr &= ~(uint64_t)FPCR_AHP;

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        if (sve_active(pg, i, size)) {
            sve_put(&d, i, size, arm_fp_convert(env, to, from,
                                                sve_truncate(sve_get(&n, i, size), from),
                                                arm_rounding(env)));
        }
    }
    env->fpcr = fpcr;
    sve_write(env, sve_rd(insn), &d);
}

/* FLOGB: the size is in bits 18 and 17. */
void arm_sve_flogb(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = extract32(insn, 17, 2);
    uint64_t pg = sve_pg(env, insn);
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        if (sve_active(pg, i, size)) {
            sve_put(&d, i, size, arm_fp_exponent(env, size, sve_get(&n, i, size)));
        }
    }
    sve_write(env, sve_rd(insn), &d);
}

/* BFCVT to the lower half of an element, which the rest is cleared of; BFCVTNT (bit 24 clear) to
 * the upper one. */
void arm_sve_bfcvt(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    bool top = !extract32(insn, 24, 1);
    uint64_t pg = sve_pg(env, insn);
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, MO_32); i++) {
        if (sve_active(pg, i, MO_32)) {
            uint32_t value = arm_fp_to_bfloat(env, n.s[i]);

            d.s[i] = top ? (d.s[i] & 0xffff) | value << 16 : value;
        }
    }
    sve_write(env, sve_rd(insn), &d);
}

/* ---- Complex numbers: pairs of elements ---- */

/* m turned by a quarter, or by three (bit 16), is added. */
void arm_sve_fcadd(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    bool three_quarters = extract32(insn, 16, 1);
    uint64_t pg = sve_pg(env, insn);
    SveReg d = sve_read(env, sve_rd(insn)), m = sve_read(env, sve_rn(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i += 2) {
        uint64_t real = sve_get(&m, i + 1, size), imaginary = sve_get(&m, i, size);

        real = three_quarters ? real : negated(real, size);
        imaginary = three_quarters ? negated(imaginary, size) : imaginary;
        if (sve_active(pg, i, size)) {
            sve_put(&d, i, size, arm_fp_add(env, size, sve_get(&d, i, size), real));
        }
        if (sve_active(pg, i + 1, size)) {
            sve_put(&d, i + 1, size, arm_fp_add(env, size, sve_get(&d, i + 1, size), imaginary));
        }
    }
    sve_write(env, sve_rd(insn), &d);
}

/* One part of n times m, turned by so many quarters, is added; m: the pair for each. */
static void fcmla(CPUARMState *env, uint32_t insn, unsigned size, unsigned rot, uint64_t pg,
                  const SveReg *m)
{
    bool odd = rot & 1, negate_real = rot == 1 || rot == 2, negate_imaginary = rot >= 2;
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i += 2) {
        uint64_t factor = sve_get(&n, i + odd, size);
        uint64_t real = sve_get(m, i + odd, size), imaginary = sve_get(m, i + !odd, size);

        real = negate_real ? negated(real, size) : real;
        imaginary = negate_imaginary ? negated(imaginary, size) : imaginary;
        if (sve_active(pg, i, size)) {
            sve_put(&d, i, size, arm_fp_muladd(env, size, sve_get(&d, i, size), factor, real));
        }
        if (sve_active(pg, i + 1, size)) {
            sve_put(&d, i + 1, size,
                    arm_fp_muladd(env, size, sve_get(&d, i + 1, size), factor, imaginary));
        }
    }
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_fcmla(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m = sve_read(env, sve_rm(insn));

    fcmla(env, insn, sve_size(insn), extract32(insn, 13, 2), sve_pg(env, insn), &m);
}

/* Halves (bit 22 clear) or singles; the pair's number lies above the register's. */
void arm_sve_fcmla_element(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = extract32(insn, 22, 1) ? MO_32 : MO_16, bits = size == MO_16 ? 3 : 4;
    SveReg m = sve_spread(env, extract32(insn, 16, bits), extract32(insn, 16 + bits, 5 - bits),
                          size + 1);

    fcmla(env, insn, size, extract32(insn, 10, 2), UINT64_MAX, &m);
}

/* ---- Matrices ---- */

/* FMMLA: of two rows, the second operand's being columns; each step is rounded. Of doublewords a
 * quadword without a pair becomes zero. */
void arm_sve_fmmla(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), matrices = sve_elements(env, size) / 4;
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)),
           d = sve_read(env, sve_rd(insn)), result = { .d = { 0 } };

    for (unsigned i = 0; i < 4 * matrices; i++) {
        unsigned row = i & ~1u, column = (i & ~3u) + 2 * (i & 1);
        uint64_t first = arm_fp_mul(env, size, sve_get(&n, row, size), sve_get(&m, column, size));
        uint64_t second = arm_fp_mul(env, size, sve_get(&n, row + 1, size),
                                     sve_get(&m, column + 1, size));

        sve_put(&result, i, size, arm_fp_add(env, size, sve_get(&d, i, size),
                                             arm_fp_add(env, size, first, second)));
    }
    sve_write(env, sve_rd(insn), &result);
}

/* ---- BFloat16 ---- */

static void bfdot(CPUARMState *env, uint32_t insn, const SveReg *m)
{
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, MO_32); i++) {
        d.s[i] = arm_fp_bfloat_dot(env, d.s[i], n.s[i], m->s[i]);
    }
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_bfdot(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m = sve_read(env, sve_rm(insn));

    bfdot(env, insn, &m);
}

void arm_sve_bfdot_element(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m = sve_spread(env, extract32(insn, 16, 3), extract32(insn, 19, 2), MO_32);

    bfdot(env, insn, &m);
}

/* Matrices of two rows of four in each quadword. */
void arm_sve_bfmmla(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)),
           d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, MO_32); i++) {
        unsigned quadword = i & ~3u;

        for (unsigned k = 0; k < 2; k++) {
            d.s[i] = arm_fp_bfloat_dot(env, d.s[i], n.s[quadword + (i & 2) + k],
                                       m.s[quadword + (i & 1) * 2 + k]);
        }
    }
    sve_write(env, sve_rd(insn), &d);
}

/* Bit 10: of the odd elements. */
static void bfmlal(CPUARMState *env, uint32_t insn, const SveReg *m)
{
    unsigned odd = extract32(insn, 10, 1);
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, MO_32); i++) {
        d.s[i] = arm_fp_muladd(env, MO_32, d.s[i], (uint32_t)n.h[2 * i + odd] << 16,
                               (uint32_t)m->h[2 * i + odd] << 16);
    }
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_bfmlal(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m = sve_read(env, sve_rm(insn));

    bfmlal(env, insn, &m);
}

void arm_sve_bfmlal_element(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned index = extract32(insn, 19, 2) << 1 | extract32(insn, 11, 1);
    SveReg m = sve_spread(env, extract32(insn, 16, 3), index, MO_16);

    bfmlal(env, insn, &m);
}
