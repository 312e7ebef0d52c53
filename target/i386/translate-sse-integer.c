/*
 * x86 translator: packed integers of MMX and SSE.
 *
 * Reference: SDM volume 1, chapters 9 to 12; volume 2, each instruction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/sse.h"
#include "target/i386/translate-sse.h"
#include "x86-opcodes.h"

/* ---- Element by element ---- */

X86_VECTORS(PADDB, tcg_gen_add_vec, MO_8)
X86_VECTORS(PADDW, tcg_gen_add_vec, MO_16)
X86_VECTORS(PADDD, tcg_gen_add_vec, MO_32)
X86_VECTORS(PADDQ, tcg_gen_add_vec, MO_64)
X86_VECTORS(PSUBB, tcg_gen_sub_vec, MO_8)
X86_VECTORS(PSUBW, tcg_gen_sub_vec, MO_16)
X86_VECTORS(PSUBD, tcg_gen_sub_vec, MO_32)
X86_VECTORS(PSUBQ, tcg_gen_sub_vec, MO_64)
X86_VECTORS(PADDSB, tcg_gen_ssadd_vec, MO_8)
X86_VECTORS(PADDSW, tcg_gen_ssadd_vec, MO_16)
X86_VECTORS(PADDUSB, tcg_gen_usadd_vec, MO_8)
X86_VECTORS(PADDUSW, tcg_gen_usadd_vec, MO_16)
X86_VECTORS(PSUBSB, tcg_gen_sssub_vec, MO_8)
X86_VECTORS(PSUBSW, tcg_gen_sssub_vec, MO_16)
X86_VECTORS(PSUBUSB, tcg_gen_ussub_vec, MO_8)
X86_VECTORS(PSUBUSW, tcg_gen_ussub_vec, MO_16)
X86_VECTORS(PMULLW, tcg_gen_mul_vec, MO_16)
X86_VECTORS(PMULLD, tcg_gen_mul_vec, MO_32)
X86_VECTORS(PMINUB, tcg_gen_umin_vec, MO_8)
X86_VECTORS(PMINUW, tcg_gen_umin_vec, MO_16)
X86_VECTORS(PMINUD, tcg_gen_umin_vec, MO_32)
X86_VECTORS(PMINSB, tcg_gen_smin_vec, MO_8)
X86_VECTORS(PMINSW, tcg_gen_smin_vec, MO_16)
X86_VECTORS(PMINSD, tcg_gen_smin_vec, MO_32)
X86_VECTORS(PMAXUB, tcg_gen_umax_vec, MO_8)
X86_VECTORS(PMAXUW, tcg_gen_umax_vec, MO_16)
X86_VECTORS(PMAXUD, tcg_gen_umax_vec, MO_32)
X86_VECTORS(PMAXSB, tcg_gen_smax_vec, MO_8)
X86_VECTORS(PMAXSW, tcg_gen_smax_vec, MO_16)
X86_VECTORS(PMAXSD, tcg_gen_smax_vec, MO_32)

X86_LANE(pand, tcg_gen_and_vec(l->r, l->a, l->b))
X86_LANE(pandn, tcg_gen_andc_vec(l->r, l->b, l->a))
X86_LANE(por, tcg_gen_or_vec(l->r, l->a, l->b))
X86_LANE(pxor, tcg_gen_xor_vec(l->r, l->a, l->b))
X86_LANE(pcmpeq, tcg_gen_cmp_vec(TCG_COND_EQ, l->vece, l->r, l->a, l->b))
X86_LANE(pcmpgt, tcg_gen_cmp_vec(TCG_COND_GT, l->vece, l->r, l->a, l->b))
X86_LANE(pabs, tcg_gen_abs_vec(l->vece, l->r, l->a))
X86_LANES(PAND, pand, MO_64)
X86_LANES(PANDN, pandn, MO_64)
X86_LANES(POR, por, MO_64)
X86_LANES(PXOR, pxor, MO_64)
X86_LANES(PCMPEQB, pcmpeq, MO_8)
X86_LANES(PCMPEQW, pcmpeq, MO_16)
X86_LANES(PCMPEQD, pcmpeq, MO_32)
X86_LANES(PCMPEQQ, pcmpeq, MO_64)
X86_LANES(PCMPGTB, pcmpgt, MO_8)
X86_LANES(PCMPGTW, pcmpgt, MO_16)
X86_LANES(PCMPGTD, pcmpgt, MO_32)
X86_LANES(PCMPGTQ, pcmpgt, MO_64)
X86_LANES_UNARY(PABSB, pabs, MO_8)
X86_LANES_UNARY(PABSW, pabs, MO_16)
X86_LANES_UNARY(PABSD, pabs, MO_32)

/* (a + b + 1) / 2: what both have, or one has, less half of what only one has. */
static void pavg(const X86Lane *l)
{
    TCGv_vec t = x86_new_lane(l->type);

    tcg_gen_xor_vec(t, l->a, l->b);
    tcg_gen_shri_vec(l->vece, t, t, 1);
    tcg_gen_or_vec(l->r, l->a, l->b);
    tcg_gen_sub_vec(l->vece, l->r, l->r, t);
}

/* a, negated where b is negative, 0 where b is. */
static void psign(const X86Lane *l)
{
    TCGv_vec negative = x86_new_lane(l->type), is_zero = x86_new_lane(l->type);

    tcg_gen_cmp_vec(TCG_COND_LT, l->vece, negative, l->b, x86_zero_lane(l->type));
    tcg_gen_cmp_vec(TCG_COND_EQ, l->vece, is_zero, l->b, x86_zero_lane(l->type));
    tcg_gen_xor_vec(l->r, l->a, negative);
    tcg_gen_sub_vec(l->vece, l->r, l->r, negative);
    tcg_gen_andc_vec(l->r, l->r, is_zero);
}

X86_LANES(PAVGB, pavg, MO_8)
X86_LANES(PAVGW, pavg, MO_16)
X86_LANES(PSIGNB, psign, MO_8)
X86_LANES(PSIGNW, psign, MO_16)
X86_LANES(PSIGND, psign, MO_32)

/* ---- Multiplication ---- */

/* Words with even or odd numbers as doublewords. */
static TCGv_vec widened(const X86Lane *l, TCGv_vec v, bool odd, bool is_signed)
{
    TCGv_vec t = x86_new_lane(l->type);

    if (!odd && !is_signed) {
        tcg_gen_and_vec(t, v, tcg_constant_vec(l->type, MO_32, 0xffff));
        return t;
    }
    if (!odd) {
        tcg_gen_shli_vec(MO_32, t, v, 16);
        v = t;
    }
    if (is_signed) {
        tcg_gen_sari_vec(MO_32, t, v, 16);
    } else {
        tcg_gen_shri_vec(MO_32, t, v, 16);
    }
    return t;
}

static TCGv_vec word_products(const X86Lane *l, bool odd, bool is_signed)
{
    TCGv_vec t = x86_new_lane(l->type);

    tcg_gen_mul_vec(MO_32, t, widened(l, l->a, odd, is_signed), widened(l, l->b, odd, is_signed));
    return t;
}

/* Of doublewords, the upper words. */
static void join_upper_words(const X86Lane *l, TCGv_vec even, TCGv_vec odd)
{
    tcg_gen_shri_vec(MO_32, even, even, 16);
    tcg_gen_bitsel_vec(l->r, tcg_constant_vec(l->type, MO_32, 0xffff), even, odd);
}

static void pmulh(const X86Lane *l, bool is_signed)
{
    join_upper_words(l, word_products(l, false, is_signed), word_products(l, true, is_signed));
}

/* (a * b / 2 ** 14 + 1) / 2: what is above the bit that rounds, shifted to the upper word. */
static void pmulhrsw(const X86Lane *l)
{
    TCGv_vec p[2];

    for (unsigned i = 0; i < 2; i++) {
        p[i] = word_products(l, i, true);
        tcg_gen_sari_vec(MO_32, p[i], p[i], 14);
        tcg_gen_add_vec(MO_32, p[i], p[i], tcg_constant_vec(l->type, MO_32, 1));
        tcg_gen_shli_vec(MO_32, p[i], p[i], 15);
    }
    join_upper_words(l, p[0], p[1]);
}

static void pmaddwd(const X86Lane *l)
{
    tcg_gen_add_vec(MO_32, l->r, word_products(l, false, true), word_products(l, true, true));
}

/* a's bytes are unsigned, b's signed: a product fits into a word, the sum of two may not. */
static void pmaddubsw(const X86Lane *l)
{
    TCGv_vec x = x86_new_lane(l->type), y = x86_new_lane(l->type), even = x86_new_lane(l->type);

    tcg_gen_and_vec(x, l->a, tcg_constant_vec(l->type, MO_16, 0xff));
    tcg_gen_shli_vec(MO_16, y, l->b, 8);
    tcg_gen_sari_vec(MO_16, y, y, 8);
    tcg_gen_mul_vec(MO_16, even, x, y);
    tcg_gen_shri_vec(MO_16, x, l->a, 8);
    tcg_gen_sari_vec(MO_16, y, l->b, 8);
    tcg_gen_mul_vec(MO_16, x, x, y);
    tcg_gen_ssadd_vec(MO_16, l->r, even, x);
}

static TCGv_i64 long_product(const X86Lane *l, unsigned n, void (*extend)(TCGv_i64, TCGv_i64))
{
    TCGv_i64 x = x86_half(l->a, n), y = x86_half(l->b, n);

    extend(x, x);
    extend(y, y);
    tcg_gen_mul_i64(x, x, y);
    return x;
}

/* Doublewords with even numbers. */
static void long_products(const X86Lane *l, void (*extend)(TCGv_i64, TCGv_i64))
{
    TCGv_i64 low = long_product(l, 0, extend);

    if (l->type == TCG_TYPE_V64) {
        tcg_gen_dup_i64_vec(MO_64, l->r, low);
    } else {
        tcg_gen_concat_i64_vec(l->r, low, long_product(l, 1, extend));
    }
}

X86_LANE(pmulhw, pmulh(l, true))
X86_LANE(pmulhuw, pmulh(l, false))
X86_LANE(pmuludq, long_products(l, tcg_gen_ext32u_i64))
X86_LANE(pmuldq, long_products(l, tcg_gen_ext32s_i64))
X86_LANES(PMULHW, pmulhw, MO_16)
X86_LANES(PMULHUW, pmulhuw, MO_16)
X86_LANES(PMULHRSW, pmulhrsw, MO_16)
X86_LANES(PMADDWD, pmaddwd, MO_16)
X86_LANES(PMADDUBSW, pmaddubsw, MO_8)
X86_LANES(PMULUDQ, pmuludq, MO_32)
X86_LANES(PMULDQ, pmuldq, MO_32)

/* ---- Sums ---- */

/* Differences' magnitudes; those of eight bytes are added, as pairs, pairs of pairs, all. */
static void psadbw(const X86Lane *l)
{
    TCGv_vec t = x86_new_lane(l->type), sum = x86_new_lane(l->type);

    tcg_gen_umax_vec(MO_8, sum, l->a, l->b);
    tcg_gen_umin_vec(MO_8, t, l->a, l->b);
    tcg_gen_sub_vec(MO_8, sum, sum, t);
    tcg_gen_shri_vec(MO_16, t, sum, 8);
    tcg_gen_and_vec(sum, sum, tcg_constant_vec(l->type, MO_16, 0xff));
    tcg_gen_add_vec(MO_16, sum, sum, t);
    tcg_gen_shri_vec(MO_32, t, sum, 16);
    tcg_gen_add_vec(MO_16, sum, sum, t);
    tcg_gen_shri_vec(MO_64, t, sum, 32);
    tcg_gen_add_vec(MO_16, sum, sum, t);
    tcg_gen_and_vec(l->r, sum, tcg_constant_vec(l->type, MO_64, 0xffff));
}

static void horizontal(const X86Lane *l, X86VectorFunc *fn)
{
    TCGv_vec even = x86_new_lane(l->type), odd = x86_new_lane(l->type);

    x86_gen_every_other(l->type, l->vece, even, l->a, l->b, false);
    x86_gen_every_other(l->type, l->vece, odd, l->a, l->b, true);
    fn(l->vece, l->r, even, odd);
}

X86_LANE(phadd, horizontal(l, tcg_gen_add_vec))
X86_LANE(phsub, horizontal(l, tcg_gen_sub_vec))
X86_LANE(phaddsw, horizontal(l, tcg_gen_ssadd_vec))
X86_LANE(phsubsw, horizontal(l, tcg_gen_sssub_vec))
X86_LANES(PSADBW, psadbw, MO_8)
X86_LANES(PHADDW, phadd, MO_16)
X86_LANES(PHADDD, phadd, MO_32)
X86_LANES(PHADDSW, phaddsw, MO_16)
X86_LANES(PHSUBW, phsub, MO_16)
X86_LANES(PHSUBD, phsub, MO_32)
X86_LANES(PHSUBSW, phsubsw, MO_16)

/* ---- Shifts ---- */

typedef void ShiftImm(unsigned vece, TCGv_vec ret, TCGv_vec a, unsigned count);

static void shift_imm(const X86Lane *l, ShiftImm *shift)
{
    unsigned bits = 8u << l->vece;

    if (l->imm < bits) {
        shift(l->vece, l->r, l->a, l->imm);
    } else if (shift == tcg_gen_sari_vec) {
        shift(l->vece, l->r, l->a, bits - 1);
    } else {
        tcg_gen_mov_vec(l->r, x86_zero_lane(l->type));
    }
}

X86_LANE(psll_imm, shift_imm(l, tcg_gen_shli_vec))
X86_LANE(psrl_imm, shift_imm(l, tcg_gen_shri_vec))
X86_LANE(psra_imm, shift_imm(l, tcg_gen_sari_vec))

X86_LANES_OF_RM(PSLLW_I, psll_imm, MO_16)
X86_LANES_OF_RM(PSLLD_I, psll_imm, MO_32)
X86_LANES_OF_RM(PSLLQ_I, psll_imm, MO_64)
X86_LANES_OF_RM(PSRLW_I, psrl_imm, MO_16)
X86_LANES_OF_RM(PSRLD_I, psrl_imm, MO_32)
X86_LANES_OF_RM(PSRLQ_I, psrl_imm, MO_64)
X86_LANES_OF_RM(PSRAW_I, psra_imm, MO_16)
X86_LANES_OF_RM(PSRAD_I, psra_imm, MO_32)

static TCGv_vec spread(TCGType type, unsigned vece, TCGv_i64 element)
{
    TCGv_vec t = x86_new_lane(type);

    tcg_gen_dup_i64_vec(vece, t, element);
    return t;
}

/* Words are shifted as doublewords; what came from the neighbour is masked out. */
static void shift_words(const X86Lane *l, TCGv_i64 count, X86VectorFunc *by_vector,
                        void (*shift)(TCGv_i64, TCGv_i64, TCGv_i64))
{
    TCGv_i64 mask = tcg_temp_new_i64();

    shift(mask, tcg_constant_i64(0xffff), count);
    by_vector(MO_32, l->r, l->a, spread(l->type, MO_32, count));
    tcg_gen_and_vec(l->r, l->r, spread(l->type, MO_16, mask));
}

static void shift_words_signed(const X86Lane *l, TCGv_i64 count)
{
    TCGv_vec even = x86_new_lane(l->type), odd = x86_new_lane(l->type);
    TCGv_vec counts = spread(l->type, MO_32, count);

    tcg_gen_shli_vec(MO_32, even, l->a, 16);
    tcg_gen_sarv_vec(MO_32, even, even, counts);
    tcg_gen_sarv_vec(MO_32, odd, l->a, counts);
    join_upper_words(l, even, odd);
}

/* All elements by one count, of 64 bits, in an operand of 16 bytes (mmx: 8). */
static bool gen_shift(DisasContext *ctx, unsigned vece, X86VectorFunc *by_vector,
                      void (*scalar)(TCGv_i64, TCGv_i64, TCGv_i64))
{
    X86Packed counts = x86_packed_read(ctx, x86_second_source(ctx));
    X86Packed a = x86_packed_read(ctx, x86_first_source(ctx)), r = a;
    bool is_signed = by_vector == tcg_gen_sarv_vec;
    TCGv_i64 count = x86_half(counts.lane[0], 0);

    /* A limit that the IR's scalar shifts take, too */
    tcg_gen_umin_i64(count, count, tcg_constant_i64(is_signed ? (8 << vece) - 1 : 63));
    for (unsigned i = 0; i < r.lanes; i++) {
        X86Lane l = { .type = r.type, .vece = vece, .r = x86_new_lane(r.type), .a = a.lane[i] };

        if (vece != MO_16) {
            TCGv_vec by = spread(r.type, vece, count);

            by_vector(vece, l.r, l.a, by);
        } else if (is_signed) {
            shift_words_signed(&l, count);
        } else {
            shift_words(&l, count, by_vector, scalar);
        }
        r.lane[i] = l.r;
    }
    if (x86_uses_mmx(ctx)) {
        x86_mmx_begin(ctx);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

#define SHIFT(name, vece, by_vector, scalar)                                                       \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        return gen_shift(ctx, vece, by_vector, scalar);                                            \
    }
SHIFT(PSLLW, MO_16, tcg_gen_shlv_vec, tcg_gen_shl_i64)
SHIFT(PSLLD, MO_32, tcg_gen_shlv_vec, tcg_gen_shl_i64)
SHIFT(PSRLW, MO_16, tcg_gen_shrv_vec, tcg_gen_shr_i64)
SHIFT(PSRLD, MO_32, tcg_gen_shrv_vec, tcg_gen_shr_i64)
SHIFT(PSRAW, MO_16, tcg_gen_sarv_vec, NULL)
SHIFT(PSRAD, MO_32, tcg_gen_sarv_vec, NULL)

/* For quadwords 63 isn't too far. */
static bool gen_shift_quadwords(DisasContext *ctx, X86VectorFunc *by_vector)
{
    X86Packed counts = x86_packed_read(ctx, x86_second_source(ctx));
    X86Packed a = x86_packed_read(ctx, x86_first_source(ctx)), r = a;
    TCGv_vec by = spread(a.type, MO_64, x86_half(counts.lane[0], 0));

    for (unsigned i = 0; i < r.lanes; i++) {
        r.lane[i] = x86_new_lane(r.type);
        by_vector(MO_64, r.lane[i], a.lane[i], by);
    }
    if (x86_uses_mmx(ctx)) {
        x86_mmx_begin(ctx);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

bool x86_PSLLQ(DisasContext *ctx)
{
    return gen_shift_quadwords(ctx, tcg_gen_shlv_vec);
}

bool x86_PSRLQ(DisasContext *ctx)
{
    return gen_shift_quadwords(ctx, tcg_gen_shrv_vec);
}

/* ---- By helpers ---- */

void x86_gen_packed_call(const X86Lane *l, X86PackedFunc *fn, unsigned imm)
{
    TCGv_i128 r = tcg_temp_new_i128();
    TCGv_i64 zero = tcg_constant_i64(0);

    gen_helper_x86_packed(r, tcg_constant_ptr(fn), x86_half(l->a, 0), x86_half(l->a, 1),
                          l->b ? x86_half(l->b, 0) : zero, l->b ? x86_half(l->b, 1) : zero,
                          tcg_constant_i32(imm));
    tcg_gen_concat_i64_vec(l->r, r.low, r.high);
}

X86_LANE(phminposuw, x86_gen_packed_call(l, x86_phminposuw, 0))
/* The upper lane has three bits of the immediate of its own. */
X86_LANE(mpsadbw, x86_gen_packed_call(l, x86_mpsadbw, l->imm >> 3 * l->number & 7))
X86_LANES_UNARY(PHMINPOSUW, phminposuw, MO_16)

X86_LANES(MPSADBW, mpsadbw, MO_8)
