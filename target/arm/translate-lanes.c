/*
 * Arm translator: SIMD instructions by lanes without a call.
 *
 * A lane's function (vector.h) has a row here if vector operations do the same, on operands that
 * the instruction's shape has brought to one width: those of a "long" one are extended, a "narrow"
 * one is computed wide and loses its upper halves. Nothing here has exceptions or sets flags, so
 * lanes that don't count may be computed, too.
 *
 * Reference: DDI 0487, C7.2 and F6.1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/sve.h"
#include "target/arm/translate-lanes.h"

/* Elements of 8 << vece bits; ret is none of the operands. */
typedef struct Lanes {
    unsigned vece;
    TCGv_vec ret, n, m, d;
    unsigned count; /* constant operand */
} Lanes;

static TCGv_vec new_vector(void)
{
    return tcg_temp_new_vec(TCG_TYPE_V128);
}

static TCGv_vec constant(unsigned vece, uint64_t element)
{
    return tcg_constant_vec(TCG_TYPE_V128, vece, element);
}

static unsigned width(unsigned vece)
{
    return 8u << vece;
}

/* ---- Moving bytes ---- */

enum { ZERO_BYTE = 0x80 };

static TCGv_vec shuffle(TCGv_vec v, const uint8_t index[16])
{
    TCGv_vec t = new_vector();
    uint64_t halves[2];

    memcpy(halves, index, sizeof(halves));
    tcg_gen_tbl_vec(t, v, tcg_constant_v128(halves[0], halves[1]));
    return t;
}

/* The upper half, in both halves. */
static TCGv_vec upper_half(TCGv_vec v)
{
    TCGv_vec t = new_vector();

    tcg_gen_ziph_vec(MO_64, t, v, v);
    return t;
}

/* Every other element, in the lower or the upper half; zeros in the other one. */
static TCGv_vec every_other(unsigned size, TCGv_vec v, bool odd, bool to_upper)
{
    uint8_t index[16];

    for (unsigned i = 0; i < 16; i++) {
        unsigned at = i & 7, element = 2 * (at >> size) + odd;

        index[i] = i / 8 == to_upper ? (element << size) + (at & ((1u << size) - 1)) : ZERO_BYTE;
    }
    return shuffle(v, index);
}

TCGv_vec arm_gen_unzip(unsigned size, TCGv_vec low, TCGv_vec high, bool odd)
{
    TCGv_vec t = new_vector();

    if (size == MO_64) {
        (odd ? tcg_gen_ziph_vec : tcg_gen_zipl_vec)(MO_64, t, low, high);
    } else {
        tcg_gen_or_vec(t, every_other(size, low, odd, false), every_other(size, high, odd, true));
    }
    return t;
}

TCGv_vec arm_gen_transpose(unsigned size, TCGv_vec even, TCGv_vec odd, bool of_odd)
{
    TCGv_vec t = new_vector(), moved = new_vector(), lower;

    if (size == MO_64) {
        (of_odd ? tcg_gen_ziph_vec : tcg_gen_zipl_vec)(MO_64, t, even, odd);
        return t;
    }
    lower = constant(size + 1, MAKE_64BIT_MASK(0, width(size)));
    if (of_odd) {
        tcg_gen_shri_vec(size + 1, moved, even, width(size));
        tcg_gen_bitsel_vec(t, lower, moved, odd);
    } else {
        tcg_gen_shli_vec(size + 1, moved, odd, width(size));
        tcg_gen_bitsel_vec(t, lower, even, moved);
    }
    return t;
}

TCGv_vec arm_gen_reverse(unsigned size, unsigned container, TCGv_vec v)
{
    uint8_t index[16];

    for (unsigned i = 0; i < 16; i++) {
        index[i] = i ^ ((1u << container) - (1u << size));
    }
    return shuffle(v, index);
}

static TCGv_vec broadcast(unsigned size, TCGv_vec v, unsigned element)
{
    uint8_t index[16];

    for (unsigned i = 0; i < 16; i++) {
        index[i] = (element << size) + (i & ((1u << size) - 1));
    }
    return shuffle(v, index);
}

/* ---- Widths ---- */

/* Lanes of the lower or upper half, extended to 8 << (size + 1) bits. */
static TCGv_vec extended(unsigned size, TCGv_vec v, bool is_signed, bool upper)
{
    void (*zip)(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b) =
        upper ? tcg_gen_ziph_vec : tcg_gen_zipl_vec;
    TCGv_vec t = new_vector();

    if (is_signed) {
        zip(size, t, v, v);
        tcg_gen_sari_vec(size + 1, t, t, width(size));
    } else {
        zip(size, t, v, constant(MO_64, 0));
    }
    return t;
}

static TCGv_vec extended_even(unsigned size, TCGv_vec v, bool is_signed)
{
    TCGv_vec t = new_vector();

    if (is_signed) {
        tcg_gen_shli_vec(size + 1, t, v, width(size));
        tcg_gen_sari_vec(size + 1, t, t, width(size));
    } else {
        tcg_gen_and_vec(t, v, constant(size + 1, MAKE_64BIT_MASK(0, width(size))));
    }
    return t;
}

static TCGv_vec extended_odd(unsigned size, TCGv_vec v, bool is_signed)
{
    TCGv_vec t = new_vector();

    (is_signed ? tcg_gen_sari_vec : tcg_gen_shri_vec)(size + 1, t, v, width(size));
    return t;
}

static TCGv_vec extended_other(unsigned size, TCGv_vec v, bool is_signed, bool odd)
{
    return (odd ? extended_odd : extended_even)(size, v, is_signed);
}

/* ---- What lanes compute ---- */

#define EMIT(name) static void emit_##name(const Lanes *x)

#define BINARY(name)                                                                               \
    EMIT(name)                                                                                     \
    {                                                                                              \
        tcg_gen_##name##_vec(x->vece, x->ret, x->n, x->m);                                         \
    }
BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(smax)
BINARY(umax)
BINARY(smin)
BINARY(umin)

#define BITWISE(name, op)                                                                          \
    EMIT(name)                                                                                     \
    {                                                                                              \
        tcg_gen_##op##_vec(x->ret, x->n, x->m);                                                    \
    }
BITWISE(orr, or)
BITWISE(eor, xor)
BITWISE(and, and)
BITWISE(bic, andc)

EMIT(not)
{
    tcg_gen_xor_vec(x->ret, x->n, constant(MO_64, UINT64_MAX));
}

#define COMPARISON(name, cond, with)                                                               \
    EMIT(name)                                                                                     \
    {                                                                                              \
        tcg_gen_cmp_vec(TCG_COND_##cond, x->vece, x->ret, x->n, with);                             \
    }
COMPARISON(cmhi, GTU, x->m)
COMPARISON(cmhs, GEU, x->m)
/* These compare with a constant 0, too. */
COMPARISON(cmgt, GT, x->m)
COMPARISON(cmge, GE, x->m)
COMPARISON(cmeq, EQ, x->m)
COMPARISON(cmle, LE, x->m)
COMPARISON(cmlt, LT, x->m)

EMIT(cmtst)
{
    TCGv_vec t = new_vector();

    tcg_gen_and_vec(t, x->n, x->m);
    tcg_gen_cmp_vec(TCG_COND_EQ, x->vece, t, t, constant(MO_64, 0));
    tcg_gen_not_vec(x->ret, t);
}

EMIT(copy)
{
    tcg_gen_mov_vec(x->ret, x->n);
}

EMIT(neg)
{
    tcg_gen_neg_vec(x->vece, x->ret, x->n);
}

EMIT(abs)
{
    tcg_gen_abs_vec(x->vece, x->ret, x->n);
}

EMIT(fabs)
{
    tcg_gen_and_vec(x->ret, x->n, constant(x->vece, MAKE_64BIT_MASK(0, width(x->vece) - 1)));
}

EMIT(fneg)
{
    tcg_gen_xor_vec(x->ret, x->n, constant(x->vece, 1ull << (width(x->vece) - 1)));
}

EMIT(sabd)
{
    TCGv_vec least = new_vector();

    tcg_gen_smin_vec(x->vece, least, x->n, x->m);
    tcg_gen_smax_vec(x->vece, x->ret, x->n, x->m);
    tcg_gen_sub_vec(x->vece, x->ret, x->ret, least);
}

EMIT(uabd)
{
    TCGv_vec least = new_vector();

    tcg_gen_umin_vec(x->vece, least, x->n, x->m);
    tcg_gen_umax_vec(x->vece, x->ret, x->n, x->m);
    tcg_gen_sub_vec(x->vece, x->ret, x->ret, least);
}

/* What is added to the destination or taken from it. */
#define ACCUMULATE(name, what, how)                                                                \
    EMIT(name)                                                                                     \
    {                                                                                              \
        emit_##what(x);                                                                            \
        tcg_gen_##how##_vec(x->vece, x->ret, x->d, x->ret);                                        \
    }
ACCUMULATE(mla, mul, add)
ACCUMULATE(mls, mul, sub)
ACCUMULATE(saba, sabd, add)
ACCUMULATE(uaba, uabd, add)
ACCUMULATE(add_to, add, add)

/* ---- Halving: without the bit that the sum doesn't have room for ---- */

static void halving(const Lanes *x, bool is_signed, bool rounded)
{
    TCGv_vec t = new_vector();

    tcg_gen_xor_vec(t, x->n, x->m);
    (is_signed ? tcg_gen_sari_vec : tcg_gen_shri_vec)(x->vece, t, t, 1);
    if (rounded) {
        tcg_gen_or_vec(x->ret, x->n, x->m);
        tcg_gen_sub_vec(x->vece, x->ret, x->ret, t);
    } else {
        tcg_gen_and_vec(x->ret, x->n, x->m);
        tcg_gen_add_vec(x->vece, x->ret, x->ret, t);
    }
}

EMIT(shadd)
{
    halving(x, true, false);
}

EMIT(uhadd)
{
    halving(x, false, false);
}

EMIT(srhadd)
{
    halving(x, true, true);
}

EMIT(urhadd)
{
    halving(x, false, true);
}

/* The upper halves of sums and differences of wide lanes. */
static void upper_of(const Lanes *x, bool rounded)
{
    unsigned half = width(x->vece) / 2;

    if (rounded) {
        tcg_gen_add_vec(x->vece, x->ret, x->ret, constant(x->vece, 1ull << (half - 1)));
    }
    tcg_gen_shri_vec(x->vece, x->ret, x->ret, half);
}

EMIT(addhn)
{
    emit_add(x);
    upper_of(x, false);
}

EMIT(raddhn)
{
    emit_add(x);
    upper_of(x, true);
}

EMIT(subhn)
{
    emit_sub(x);
    upper_of(x, false);
}

EMIT(rsubhn)
{
    emit_sub(x);
    upper_of(x, true);
}

/* ---- Shifts ---- */

static void shift_right(const Lanes *x, bool is_signed, unsigned count)
{
    unsigned bits = width(x->vece);

    if (is_signed) {
        tcg_gen_sari_vec(x->vece, x->ret, x->n, MIN(count, bits - 1));
    } else if (count < bits) {
        tcg_gen_shri_vec(x->vece, x->ret, x->n, count);
    } else {
        tcg_gen_mov_vec(x->ret, constant(MO_64, 0));
    }
}

EMIT(sshr)
{
    shift_right(x, true, x->count);
}

EMIT(ushr)
{
    shift_right(x, false, x->count);
}

/* The last bit that is shifted out is added. */
static void round_up(const Lanes *x)
{
    TCGv_vec last = new_vector();

    tcg_gen_shri_vec(x->vece, last, x->n, x->count - 1);
    tcg_gen_and_vec(last, last, constant(x->vece, 1));
    tcg_gen_add_vec(x->vece, x->ret, x->ret, last);
}

EMIT(srshr)
{
    emit_sshr(x);
    round_up(x);
}

EMIT(urshr)
{
    emit_ushr(x);
    round_up(x);
}

ACCUMULATE(ssra, sshr, add)
ACCUMULATE(usra, ushr, add)
ACCUMULATE(srsra, srshr, add)
ACCUMULATE(ursra, urshr, add)

EMIT(shl)
{
    tcg_gen_shli_vec(x->vece, x->ret, x->n, x->count);
}

EMIT(shll)
{
    tcg_gen_shli_vec(x->vece, x->ret, x->n, width(x->vece) / 2);
}

/* Bits that nothing is shifted into stay. */
EMIT(sri)
{
    unsigned bits = width(x->vece);

    emit_ushr(x);
    if (x->count < bits) {
        tcg_gen_bitsel_vec(x->ret, constant(x->vece, MAKE_64BIT_MASK(0, bits - x->count)), x->ret,
                           x->d);
    } else {
        tcg_gen_mov_vec(x->ret, x->d);
    }
}

EMIT(sli)
{
    unsigned bits = width(x->vece);

    emit_shl(x);
    tcg_gen_bitsel_vec(x->ret, constant(x->vece, MAKE_64BIT_MASK(0, bits) << x->count), x->ret,
                       x->d);
}

/*
 * Counts are the signed lowest bytes of m, to the right where negative. One that is negative is too
 * far in the other direction.
 */
static void shift_by_vector(const Lanes *x, bool is_signed)
{
    TCGv_vec left = new_vector(), count = new_vector(), opposite = new_vector();

    tcg_gen_shli_vec(x->vece, count, x->m, width(x->vece) - 8);
    tcg_gen_sari_vec(x->vece, count, count, width(x->vece) - 8);
    tcg_gen_neg_vec(x->vece, opposite, count);
    tcg_gen_shlv_vec(x->vece, left, x->n, count);
    if (is_signed) {
        tcg_gen_sarv_vec(x->vece, x->ret, x->n, opposite);
        tcg_gen_sari_vec(x->vece, count, count, width(x->vece) - 1);
        tcg_gen_bitsel_vec(x->ret, count, x->ret, left);
    } else {
        tcg_gen_shrv_vec(x->vece, x->ret, x->n, opposite);
        tcg_gen_or_vec(x->ret, x->ret, left);
    }
}

EMIT(sshl)
{
    shift_by_vector(x, true);
}

EMIT(ushl)
{
    shift_by_vector(x, false);
}

/* ---- Bits, from tables of what half a byte has ---- */

static void look_up_halves(TCGv_vec v, TCGv_vec low, TCGv_vec high, const uint8_t of_low[16],
                           const uint8_t of_high[16])
{
    uint64_t table[2][2];

    memcpy(table[0], of_low, 16);
    memcpy(table[1], of_high, 16);
    tcg_gen_and_vec(low, v, constant(MO_8, 15));
    tcg_gen_tbl_vec(low, tcg_constant_v128(table[0][0], table[0][1]), low);
    tcg_gen_shri_vec(MO_8, high, v, 4);
    tcg_gen_tbl_vec(high, tcg_constant_v128(table[1][0], table[1][1]), high);
}

EMIT(cnt)
{
    static const uint8_t ones[16] = { 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4 };
    TCGv_vec high = new_vector();

    look_up_halves(x->n, x->ret, high, ones, ones);
    tcg_gen_add_vec(MO_8, x->ret, x->ret, high);
}

EMIT(rbit)
{
    TCGv_vec high = new_vector();
    uint8_t of_low[16], of_high[16];

    for (unsigned i = 0; i < 16; i++) {
        of_high[i] = (i & 1) << 3 | (i & 2) << 1 | (i & 4) >> 1 | i >> 3;
        of_low[i] = of_high[i] << 4;
    }
    look_up_halves(x->n, x->ret, high, of_low, of_high);
    tcg_gen_or_vec(x->ret, x->ret, high);
}

/* ret = zeros at the top of a whole: `high` half's, and if that has only zeros, the `low` one's. */
static void join_zeros(unsigned vece, TCGv_vec ret, TCGv_vec high, TCGv_vec low, unsigned all)
{
    TCGv_vec t = new_vector();

    tcg_gen_cmp_vec(TCG_COND_EQ, vece, t, high, constant(vece, all));
    tcg_gen_and_vec(t, t, low);
    tcg_gen_add_vec(vece, ret, high, t);
}

static void count_zeros(const Lanes *x, TCGv_vec v)
{
    static const uint8_t zeros[16] = { 4, 3, 2, 2, 1, 1, 1, 1 };
    TCGv_vec low = new_vector(), high = new_vector();

    look_up_halves(v, low, high, zeros, zeros);
    join_zeros(MO_8, x->ret, high, low, 4);
    for (unsigned size = MO_8; size < x->vece; size++) {
        tcg_gen_shri_vec(size + 1, high, x->ret, width(size));
        tcg_gen_and_vec(low, x->ret, constant(size + 1, MAKE_64BIT_MASK(0, width(size))));
        join_zeros(size + 1, x->ret, high, low, width(size));
    }
}

EMIT(clz)
{
    count_zeros(x, x->n);
}

/* Where a bit differs from the one above it. */
EMIT(cls)
{
    TCGv_vec t = new_vector();

    tcg_gen_sari_vec(x->vece, t, x->n, 1);
    tcg_gen_xor_vec(t, t, x->n);
    count_zeros(x, t);
    tcg_gen_sub_vec(x->vece, x->ret, x->ret, constant(x->vece, 1));
}

/* ---- Which function is which ---- */

/* sizes: of lanes, the narrow ones of two kinds, bit n for 8 << n bits. */
enum { S_AND_D = 12, BYTES = 1, WORDS = 4, SOME = 7, EVERY = 15, FLOATS = 14 };

typedef struct InlineLane {
    ARMLane *fn;
    void (*emit)(const Lanes *x);
    uint8_t sizes;
    bool is_signed; /* how narrow operands are extended */
} InlineLane;

#define ROW(lane, what, sizes_) { arm_lane_##lane, emit_##what, sizes_, false }
#define SVE_ROW(lane) { arm_sve_##lane, emit_##lane, EVERY, false }
#define SIGNED_ROW(lane, what) { arm_lane_##lane, emit_##what, SOME, true }

static const InlineLane inline_lanes[] = {
    ROW(add, add, EVERY), ROW(sub, sub, EVERY), ROW(mul, mul, SOME), ROW(mla, mla, SOME),
    ROW(mls, mls, SOME), ROW(smax, smax, SOME), ROW(umax, umax, SOME), ROW(smin, smin, SOME),
    ROW(umin, umin, SOME), ROW(sabd, sabd, SOME), ROW(uabd, uabd, SOME), ROW(saba, saba, SOME),
    ROW(uaba, uaba, SOME), ROW(shadd, shadd, SOME), ROW(uhadd, uhadd, SOME),
    ROW(srhadd, srhadd, SOME), ROW(urhadd, urhadd, SOME),

    ROW(cmgt, cmgt, EVERY), ROW(cmhi, cmhi, EVERY), ROW(cmge, cmge, EVERY),
    ROW(cmhs, cmhs, EVERY), ROW(cmeq, cmeq, EVERY), ROW(cmle, cmle, EVERY),
    ROW(cmlt, cmlt, EVERY), ROW(cmtst, cmtst, EVERY),

    ROW(abs, abs, EVERY), ROW(neg, neg, EVERY), ROW(fabs, fabs, FLOATS), ROW(fneg, fneg, FLOATS),
    ROW(cnt, cnt, BYTES), ROW(rbit, rbit, BYTES), ROW(clz, clz, SOME), ROW(cls, cls, SOME),

    ROW(sshr, sshr, EVERY), ROW(ushr, ushr, EVERY), ROW(srshr, srshr, EVERY),
    ROW(urshr, urshr, EVERY), ROW(ssra, ssra, EVERY), ROW(usra, usra, EVERY),
    ROW(srsra, srsra, EVERY), ROW(ursra, ursra, EVERY), ROW(shl, shl, EVERY),
    ROW(sri, sri, EVERY), ROW(sli, sli, EVERY), ROW(sshl, sshl, WORDS), ROW(ushl, ushl, S_AND_D),

    SIGNED_ROW(saddl, add), ROW(uaddl, add, SOME), SIGNED_ROW(ssubl, sub), ROW(usubl, sub, SOME),
    SIGNED_ROW(saddw, add), ROW(uaddw, add, SOME), SIGNED_ROW(ssubw, sub), ROW(usubw, sub, SOME),
    SIGNED_ROW(smull, mul), ROW(umull, mul, SOME), SIGNED_ROW(smlal, mla), ROW(umlal, mla, SOME),
    SIGNED_ROW(smlsl, mls), ROW(umlsl, mls, SOME), SIGNED_ROW(sabdl, sabd), ROW(uabdl, uabd, SOME),
    SIGNED_ROW(sabal, saba), ROW(uabal, uaba, SOME), SIGNED_ROW(sshll, shl), ROW(ushll, shl, SOME),
    ROW(shll, shll, SOME), SIGNED_ROW(saddlp, add), ROW(uaddlp, add, SOME),
    SIGNED_ROW(sadalp, add_to), ROW(uadalp, add_to, SOME), SIGNED_ROW(saddlv, add),
    ROW(uaddlv, add, SOME),

    ROW(xtn, copy, SOME), ROW(shrn, ushr, SOME), ROW(rshrn, urshr, SOME), ROW(addhn, addhn, SOME),
    ROW(raddhn, raddhn, SOME), ROW(subhn, subhn, SOME), ROW(rsubhn, rsubhn, SOME),

    SVE_ROW(orr), SVE_ROW(eor), SVE_ROW(and), SVE_ROW(bic), SVE_ROW(not),
};

static const InlineLane *find_lane(ARMLane *fn, unsigned size)
{
    for (size_t i = 0; i < ARRAY_SIZE(inline_lanes); i++) {
        if (inline_lanes[i].fn == fn) {
            return inline_lanes[i].sizes >> size & 1 ? &inline_lanes[i] : NULL;
        }
    }
    return NULL;
}

/* ---- Shapes ---- */

static void gen_narrow(const InlineLane *lane, Lanes *x, bool to_upper)
{
    TCGv_vec wide = x->ret;

    lane->emit(x);
    x->ret = every_other(x->vece - 1, wide, false, to_upper);
    if (to_upper) {
        TCGv_vec lower = new_vector();

        tcg_gen_and_vec(lower, x->d, tcg_constant_v128(UINT64_MAX, 0));
        tcg_gen_or_vec(x->ret, x->ret, lower);
    }
}

static void gen_narrow_other(const InlineLane *lane, Lanes *x, bool odd)
{
    TCGv_vec wide = x->ret, lower = constant(x->vece, MAKE_64BIT_MASK(0, width(x->vece) / 2));

    lane->emit(x);
    x->ret = new_vector();
    if (odd) {
        tcg_gen_shli_vec(x->vece, wide, wide, width(x->vece) / 2);
        tcg_gen_bitsel_vec(x->ret, lower, x->d, wide);
    } else {
        tcg_gen_and_vec(x->ret, wide, lower);
    }
}

/* By halves; lanes above those that are still of interest hold anything. */
static void gen_across(const InlineLane *lane, Lanes *x, bool q)
{
    for (unsigned bytes = q ? 8 : 4; bytes >= 1u << x->vece; bytes /= 2) {
        if (bytes == 8) {
            x->m = upper_half(x->n);
        } else {
            x->m = new_vector();
            tcg_gen_shri_vec(MO_64, x->m, x->n, 8 * bytes);
        }
        x->ret = new_vector();
        lane->emit(x);
        x->n = x->ret;
    }
    x->ret = new_vector();
    tcg_gen_and_vec(x->ret, x->n, tcg_constant_v128(MAKE_64BIT_MASK(0, width(x->vece)), 0));
}

static void gen_pairs(const InlineLane *lane, Lanes *x, const ARMLaneDesc *desc)
{
    TCGv_vec low = x->n, high = desc->scalar ? x->n : x->m;

    if (!desc->q && !desc->scalar) {
        low = high = new_vector();
        tcg_gen_zipl_vec(MO_64, low, x->n, x->m);
    }
    x->n = arm_gen_unzip(x->vece, low, high, false);
    x->m = arm_gen_unzip(x->vece, low, high, true);
    lane->emit(x);
}

static void split(const InlineLane *lane, Lanes *x)
{
    TCGv_vec whole = x->n;

    x->n = extended_even(x->vece, whole, lane->is_signed);
    x->m = extended_odd(x->vece, whole, lane->is_signed);
    x->vece++;
}

TCGv_vec arm_gen_lanes_inline(ARMLane *fn, const ARMLaneDesc *desc, TCGv_vec n, TCGv_vec m,
                              TCGv_vec d)
{
    const InlineLane *lane = find_lane(fn, desc->size);
    Lanes x = { desc->size, NULL, n, m, d, desc->operand };
    bool vectors = desc->source != ARM_OPERAND_CONSTANT;

    if (!lane) {
        return NULL;
    }
    x.ret = new_vector();
    if (!vectors) {
        x.m = constant(desc->size, desc->operand);
    } else if (desc->source == ARM_OPERAND_ELEMENT) {
        x.m = broadcast(desc->size, m, desc->operand);
    }
    switch (desc->shape) {
    case ARM_SHAPE_PAIRS:
        gen_pairs(lane, &x, desc);
        break;
    case ARM_SHAPE_LONG:
        x.n = extended(desc->size, x.n, lane->is_signed, desc->q);
        /* fall through */
    case ARM_SHAPE_WIDE:
        if (vectors) {
            x.m = extended(desc->size, x.m, lane->is_signed, desc->q);
        }
        x.vece++;
        lane->emit(&x);
        break;
    case ARM_SHAPE_NARROW:
        x.vece++;
        gen_narrow(lane, &x, desc->q);
        break;
    case ARM_SHAPE_LONG_OTHER:
        x.n = extended_other(desc->size, x.n, lane->is_signed, desc->q);
        /* fall through */
    case ARM_SHAPE_WIDE_OTHER:
        if (vectors) {
            x.m = extended_other(desc->size, x.m, lane->is_signed, desc->q);
        }
        x.vece++;
        lane->emit(&x);
        break;
    case ARM_SHAPE_NARROW_OTHER:
        x.vece++;
        gen_narrow_other(lane, &x, desc->q);
        break;
    case ARM_SHAPE_ADJACENT:
        split(lane, &x);
        lane->emit(&x);
        break;
    case ARM_SHAPE_ACROSS_LONG:
        split(lane, &x);
        lane->emit(&x);
        x.n = x.ret;
        /* fall through */
    case ARM_SHAPE_ACROSS:
        gen_across(lane, &x, desc->q);
        break;
    default:
        lane->emit(&x);
    }
    return x.ret;
}
