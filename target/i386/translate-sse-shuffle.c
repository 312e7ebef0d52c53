/*
 * x86 translator: elements of vectors put into other places, narrowed, widened and chosen.
 *
 * Reference: SDM volume 1, chapters 9 to 12; volume 2, each instruction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "target/i386/translate-sse.h"
#include "x86-opcodes.h"

/* ---- Shuffles ---- */

static TCGv_vec constant_bytes(TCGType type, const uint8_t *bytes)
{
    uint64_t low = ldq_le_p(bytes);

    return type == TCG_TYPE_V64 ? tcg_constant_v64(low)
                                : tcg_constant_v128(low, ldq_le_p(bytes + 8));
}

void x86_gen_shuffle(TCGType type, TCGv_vec r, TCGv_vec a, TCGv_vec b, const uint8_t index[16])
{
    unsigned size = x86_lane_bytes(type), used[2] = { 0, 0 };
    TCGv_vec source[2] = { a, b }, part[2];
    uint8_t from[2][16];

    for (unsigned i = 0; i < size; i++) {
        unsigned which = index[i] != X86_ZERO_BYTE && index[i] >= size;

        from[which][i] = index[i] == X86_ZERO_BYTE ? X86_ZERO_BYTE : index[i] - which * size;
        from[!which][i] = X86_ZERO_BYTE;
        used[which] += index[i] != X86_ZERO_BYTE;
    }
    if (!used[0] && used[1]) {
        tcg_gen_tbl_vec(r, b, constant_bytes(type, from[1]));
        return;
    }
    for (unsigned i = 0; i <= (used[1] != 0); i++) {
        part[i] = x86_new_lane(type);
        tcg_gen_tbl_vec(part[i], source[i], constant_bytes(type, from[i]));
    }
    if (used[1]) {
        tcg_gen_or_vec(r, part[0], part[1]);
    } else {
        tcg_gen_mov_vec(r, part[0]);
    }
}

/* By elements of 1 << vece bytes. */
static void shuffle_elements(const X86Lane *l, TCGv_vec r, TCGv_vec a, TCGv_vec b, unsigned vece,
                             const uint8_t *element)
{
    uint8_t index[16];

    for (unsigned i = 0; i < x86_lane_bytes(l->type); i++) {
        index[i] = (element[i >> vece] << vece) + (i & ((1u << vece) - 1));
    }
    x86_gen_shuffle(l->type, r, a, b, index);
}

void x86_gen_every_other(TCGType type, unsigned vece, TCGv_vec r, TCGv_vec a, TCGv_vec b, bool odd)
{
    X86Lane l = { .type = type };
    uint8_t element[16];

    for (unsigned i = 0; i < x86_lane_bytes(type) >> vece; i++) {
        element[i] = 2 * i + odd;
    }
    shuffle_elements(&l, r, a, b, vece, element);
}

static void whole_lane_right(const X86Lane *l, TCGv_vec a, TCGv_vec above, unsigned bytes)
{
    unsigned size = x86_lane_bytes(l->type), end = above ? 2 * size : size;
    uint8_t index[16];

    for (unsigned i = 0; i < size; i++) {
        index[i] = i + bytes < end ? i + bytes : X86_ZERO_BYTE;
    }
    x86_gen_shuffle(l->type, l->r, a, above, index);
}

static void palignr(const X86Lane *l)
{
    whole_lane_right(l, l->b, l->a, l->imm);
}

static void psrldq(const X86Lane *l)
{
    whole_lane_right(l, l->a, NULL, l->imm);
}

static void pslldq(const X86Lane *l)
{
    uint8_t index[16];

    for (unsigned i = 0; i < 16; i++) {
        index[i] = i >= l->imm ? i - l->imm : X86_ZERO_BYTE;
    }
    x86_gen_shuffle(l->type, l->r, l->a, NULL, index);
}

/* Four elements, by two bits of the immediate each. */
static void shuffle_by_imm(const X86Lane *l)
{
    uint8_t element[4];

    for (unsigned i = 0; i < 4; i++) {
        element[i] = l->imm >> 2 * i & 3;
    }
    shuffle_elements(l, l->r, l->a, NULL, l->vece, element);
}

/* Words of one half; `first`: of its first one. */
static void shuffle_half(const X86Lane *l, unsigned first)
{
    uint8_t element[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };

    for (unsigned i = 0; i < 4; i++) {
        element[first + i] = first + (l->imm >> 2 * i & 3);
    }
    shuffle_elements(l, l->r, l->a, NULL, MO_16, element);
}

static void pshuflw(const X86Lane *l)
{
    shuffle_half(l, 0);
}

static void pshufhw(const X86Lane *l)
{
    shuffle_half(l, 4);
}

static void shufps(const X86Lane *l)
{
    uint8_t element[4];

    for (unsigned i = 0; i < 4; i++) {
        element[i] = (l->imm >> 2 * i & 3) + (i < 2 ? 0 : 4);
    }
    shuffle_elements(l, l->r, l->a, l->b, MO_32, element);
}

/* The upper lane has two bits of the immediate of its own. */
static void shufpd(const X86Lane *l)
{
    unsigned imm = l->imm >> 2 * l->number;
    const uint8_t element[2] = { imm & 1, 2 + (imm >> 1 & 1) };

    shuffle_elements(l, l->r, l->a, l->b, MO_64, element);
}

/* An index whose top bit is set makes 0; else its low bits count. */
static void pshufb(const X86Lane *l)
{
    TCGv_vec index = x86_new_lane(l->type);

    tcg_gen_and_vec(index, l->b,
                    tcg_constant_vec(l->type, MO_8, 0x80 | (x86_lane_bytes(l->type) - 1)));
    tcg_gen_tbl_vec(l->r, l->a, index);
}

X86_LANES_OF_RM(PSLLDQ, pslldq, MO_8)
X86_LANES_OF_RM(PSRLDQ, psrldq, MO_8)
X86_LANES(PALIGNR, palignr, MO_8)
X86_LANES(PSHUFB, pshufb, MO_8)
X86_LANES(SHUFPS, shufps, MO_32)
X86_LANES(SHUFPD, shufpd, MO_64)
X86_LANES_UNARY(PSHUFD, shuffle_by_imm, MO_32)
X86_LANES_UNARY(PSHUFW, shuffle_by_imm, MO_16)
X86_LANES_UNARY(PSHUFLW, pshuflw, MO_16)
X86_LANES_UNARY(PSHUFHW, pshufhw, MO_16)

X86_VECTORS(PUNPCKLBW, tcg_gen_zipl_vec, MO_8)
X86_VECTORS(PUNPCKLWD, tcg_gen_zipl_vec, MO_16)
X86_VECTORS(PUNPCKLDQ, tcg_gen_zipl_vec, MO_32)
X86_VECTORS(PUNPCKLQDQ, tcg_gen_zipl_vec, MO_64)
X86_VECTORS(PUNPCKHBW, tcg_gen_ziph_vec, MO_8)
X86_VECTORS(PUNPCKHWD, tcg_gen_ziph_vec, MO_16)
X86_VECTORS(PUNPCKHDQ, tcg_gen_ziph_vec, MO_32)
X86_VECTORS(PUNPCKHQDQ, tcg_gen_ziph_vec, MO_64)

/* ---- Packing ---- */

/* The elements, of twice 8 << vece bits, limited to what fits into those; their lower halves. */
static void pack(const X86Lane *l, bool to_unsigned)
{
    unsigned wide = l->vece + 1, bits = 8u << l->vece;
    int64_t highest = (1ll << (to_unsigned ? bits : bits - 1)) - 1;
    int64_t lowest = to_unsigned ? 0 : -highest - 1;
    TCGv_vec source[2] = { l->a, l->b }, limited[2];

    for (unsigned i = 0; i < 2; i++) {
        limited[i] = x86_new_lane(l->type);
        tcg_gen_smin_vec(wide, limited[i], source[i], tcg_constant_vec(l->type, wide, highest));
        tcg_gen_smax_vec(wide, limited[i], limited[i], tcg_constant_vec(l->type, wide, lowest));
    }
    x86_gen_every_other(l->type, l->vece, l->r, limited[0], limited[1], false);
}

X86_LANE(packss, pack(l, false))
X86_LANE(packus, pack(l, true))
X86_LANES(PACKSSWB, packss, MO_8)
X86_LANES(PACKSSDW, packss, MO_16)
X86_LANES(PACKUSWB, packus, MO_8)
X86_LANES(PACKUSDW, packus, MO_16)

/* ---- Widening ---- */

/* Each step zips elements with zeros: below them if they are to be extended with their sign. */
static TCGv_vec widen(TCGv_vec v, unsigned from, unsigned to, bool is_signed)
{
    TCGv_vec t = x86_new_lane(TCG_TYPE_V128), zero = x86_zero_lane(TCG_TYPE_V128);

    for (unsigned vece = from; vece < to; vece++) {
        tcg_gen_zipl_vec(vece, t, is_signed ? zero : v, is_signed ? v : zero);
        v = t;
    }
    if (is_signed) {
        tcg_gen_sari_vec(to, t, t, (8 << to) - (8 << from));
    }
    return t;
}

/* The upper lane is made of what follows in the source. */
static bool gen_widen(DisasContext *ctx, unsigned from, unsigned to, bool is_signed)
{
    TCGv_vec v = x86_read_xmm(ctx, 1, false), rest = x86_new_lane(TCG_TYPE_V128);
    X86Packed r = { TCG_TYPE_V128, ctx->insn.operands[0].bytes / 16,
                    { widen(v, from, to, is_signed) } };

    if (r.lanes == 2) {
        X86Lane l = { .type = TCG_TYPE_V128, .r = rest, .a = v };

        whole_lane_right(&l, v, NULL, 16 >> (to - from));
        r.lane[1] = widen(rest, from, to, is_signed);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

#define WIDEN(name, from, to)                                                                      \
    bool x86_PMOVSX##name(DisasContext *ctx)                                                       \
    {                                                                                              \
        return gen_widen(ctx, from, to, true);                                                     \
    }                                                                                              \
    bool x86_PMOVZX##name(DisasContext *ctx)                                                       \
    {                                                                                              \
        return gen_widen(ctx, from, to, false);                                                    \
    }
WIDEN(BW, MO_8, MO_16)
WIDEN(BD, MO_8, MO_32)
WIDEN(BQ, MO_8, MO_64)
WIDEN(WD, MO_16, MO_32)
WIDEN(WQ, MO_16, MO_64)
WIDEN(DQ, MO_32, MO_64)

/* ---- Choosing ---- */

/* b where the mask's element has its top bit set. */
static void choose(const X86Lane *l, TCGv_vec mask)
{
    TCGv_vec t = x86_new_lane(l->type);

    tcg_gen_cmp_vec(TCG_COND_LT, l->vece, t, mask, x86_zero_lane(l->type));
    tcg_gen_bitsel_vec(l->r, t, l->b, l->a);
}

X86_LANE(blend_by_xmm0, choose(l, cpu_xmm[0]))
X86_LANES(PBLENDVB, blend_by_xmm0, MO_8)
X86_LANES(BLENDVPS, blend_by_xmm0, MO_32)
X86_LANES(BLENDVPD, blend_by_xmm0, MO_64)

/* b where the immediate has a bit for the element; words of both lanes share theirs. */
static void blend_by_imm(const X86Lane *l)
{
    unsigned imm = l->vece == MO_16 ? l->imm : l->imm >> (l->number * (16 >> l->vece));
    uint8_t mask[16];

    for (unsigned i = 0; i < 16; i++) {
        mask[i] = imm >> (i >> l->vece) & 1 ? 0xff : 0;
    }
    tcg_gen_bitsel_vec(l->r, constant_bytes(l->type, mask), l->b, l->a);
}

X86_LANES(PBLENDW, blend_by_imm, MO_16)
X86_LANES(BLENDPS, blend_by_imm, MO_32)
X86_LANES(BLENDPD, blend_by_imm, MO_64)
