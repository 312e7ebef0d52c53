/*
 * x86 translator: packed integers of MMX and SSE, and what all packed instructions share.
 *
 * Reference: SDM volume 1, chapters 9 to 12; volume 2, each instruction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "target/i386/sse.h"
#include "target/i386/translate-sse.h"
#include "x86-opcodes.h"

/* ---- MMX registers: memory, the x87's significands ---- */

static intptr_t mmx_offset(unsigned number)
{
    return offsetof(CPUX86State, fpregs) + (number & 7) * sizeof(X86Float80);
}

bool x86_is_mmx(const DisasContext *ctx, unsigned n)
{
    return ctx->insn.operands[n].kind == X86_OPERAND_MMX;
}

void x86_mmx_begin(DisasContext *ctx)
{
    TCGv_i32 zero = tcg_constant_i32(0);

    tcg_gen_st8_i32(zero, tcg_env, offsetof(CPUX86State, fptop));
    tcg_gen_st8_i32(zero, tcg_env, offsetof(CPUX86State, fptags));
}

TCGv_i64 x86_read_mmx(unsigned number)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_ld_i64(t, tcg_env, mmx_offset(number) + offsetof(X86Float80, significand));
    return t;
}

void x86_write_mmx(unsigned number, TCGv_i64 value)
{
    tcg_gen_st_i64(value, tcg_env, mmx_offset(number) + offsetof(X86Float80, significand));
    tcg_gen_st16_i32(tcg_constant_i32(0xffff), tcg_env,
                     mmx_offset(number) + offsetof(X86Float80, sign_exponent));
}

/* ---- Operands ---- */

static TCGv_vec new_lane(TCGType type)
{
    return tcg_temp_new_vec(type);
}

static TCGv_vec zero_lane(TCGType type)
{
    return tcg_constant_vec(type, MO_64, 0);
}

static unsigned source(const DisasContext *ctx, unsigned n)
{
    return ctx->insn.vex ? n + 1 : n;
}

unsigned x86_first_source(const DisasContext *ctx)
{
    return source(ctx, 0);
}

unsigned x86_second_source(const DisasContext *ctx)
{
    return source(ctx, 1);
}

static bool uses_mmx(const DisasContext *ctx)
{
    return x86_is_mmx(ctx, 0) || x86_is_mmx(ctx, 1);
}

static TCGv_vec as_v64(TCGv_i64 value)
{
    TCGv_vec t = new_lane(TCG_TYPE_V64);

    tcg_gen_dup_i64_vec(MO_64, t, value);
    return t;
}

TCGv_i64 x86_address_256(DisasContext *ctx, bool aligned, bool write)
{
    TCGv_i64 address = x86_linear_operand(ctx, 0, 32, write), low = tcg_temp_new_i64();

    if (aligned) {
        tcg_gen_andi_i64(low, address, 31);
        tcg_gen_brcondi_i64(TCG_COND_NE, low, 0, x86_fault_label(ctx, EXCP_GP, 0));
    }
    return address;
}

static void load_256(DisasContext *ctx, bool aligned, TCGv_vec lane[2])
{
    TCGv_v256 t = tcg_temp_new_v256();

    tcg_gen_qemu_ld_v256(t, x86_address_256(ctx, aligned, false), ctx->mmu_idx, MO_LE);
    lane[0] = t.half[0];
    lane[1] = t.half[1];
}

X86Packed x86_packed_read(DisasContext *ctx, unsigned n)
{
    return x86_packed_load(ctx, n, !ctx->insn.vex);
}

X86Packed x86_packed_load(DisasContext *ctx, unsigned n, bool aligned)
{
    const X86Operand *o = &ctx->insn.operands[n];
    X86Packed p = { .type = TCG_TYPE_V128, .lanes = o->bytes > 16 ? 2 : 1 };

    if (o->kind == X86_OPERAND_MMX) {
        p.type = TCG_TYPE_V64;
        p.lane[0] = as_v64(x86_read_mmx(o->number));
    } else if (o->kind == X86_OPERAND_MEMORY && uses_mmx(ctx)) {
        p.type = TCG_TYPE_V64;
        p.lane[0] = as_v64(x86_ld(ctx, x86_linear_operand(ctx, 0, o->bytes, false),
                                  o->bytes == 4 ? MO_32 : MO_64));
    } else if (p.lanes == 1) {
        p.lane[0] = x86_read_xmm(ctx, n, aligned);
    } else if (o->kind == X86_OPERAND_MEMORY) {
        load_256(ctx, aligned, p.lane);
    } else {
        p.lane[0] = cpu_xmm[o->number];
        p.lane[1] = cpu_ymm_high[o->number];
    }
    return p;
}

void x86_set_xmm(DisasContext *ctx, unsigned number, TCGv_vec value)
{
    tcg_gen_mov_vec(cpu_xmm[number], value);
    if (ctx->insn.vex) {
        tcg_gen_mov_vec(cpu_ymm_high[number], zero_lane(TCG_TYPE_V128));
    }
}

void x86_packed_write(DisasContext *ctx, unsigned n, const X86Packed *value)
{
    unsigned number = ctx->insn.operands[n].number;

    if (value->type == TCG_TYPE_V64) {
        x86_write_mmx(number, x86_half(value->lane[0], 0));
        return;
    }
    if (value->lanes == 2) {
        tcg_gen_mov_vec(cpu_xmm[number], value->lane[0]);
        tcg_gen_mov_vec(cpu_ymm_high[number], value->lane[1]);
    } else {
        x86_set_xmm(ctx, number, value->lane[0]);
    }
}

/* ---- Frames ---- */

bool x86_gen_lanes_of(DisasContext *ctx, X86LaneFunc *fn, unsigned vece, const X86Packed *a,
                      const X86Packed *b)
{
    X86Packed r = *a;

    for (unsigned i = 0; i < r.lanes; i++) {
        X86Lane l = { .type = r.type, .vece = vece, .imm = ctx->insn.imm & 0xff, .number = i,
                      .r = new_lane(r.type), .a = a->lane[i], .b = b ? b->lane[i] : NULL };

        fn(&l);
        r.lane[i] = l.r;
    }
    if (uses_mmx(ctx)) {
        x86_mmx_begin(ctx);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

bool x86_gen_lanes(DisasContext *ctx, X86LaneFunc *fn, unsigned vece)
{
    X86Packed b = x86_packed_read(ctx, source(ctx, 1));
    X86Packed a = x86_packed_read(ctx, source(ctx, 0));

    return x86_gen_lanes_of(ctx, fn, vece, &a, &b);
}

bool x86_gen_lanes_unary(DisasContext *ctx, X86LaneFunc *fn, unsigned vece)
{
    X86Packed a = x86_packed_read(ctx, 1);

    return x86_gen_lanes_of(ctx, fn, vece, &a, NULL);
}

/* Where IR has just that. */
static bool gen_vectors(DisasContext *ctx, X86VectorFunc *fn, unsigned vece)
{
    X86Packed b = x86_packed_read(ctx, source(ctx, 1));
    X86Packed a = x86_packed_read(ctx, source(ctx, 0)), r = a;

    for (unsigned i = 0; i < r.lanes; i++) {
        r.lane[i] = new_lane(r.type);
        fn(vece, r.lane[i], a.lane[i], b.lane[i]);
    }
    if (uses_mmx(ctx)) {
        x86_mmx_begin(ctx);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

#define VECTORS(name, fn, vece)                                                                    \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        return gen_vectors(ctx, fn, vece);                                                         \
    }
#define LANES(name, fn, vece)                                                                      \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        return x86_gen_lanes(ctx, fn, vece);                                                       \
    }
#define LANES_UNARY(name, fn, vece)                                                                \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        return x86_gen_lanes_unary(ctx, fn, vece);                                                 \
    }

/* ---- Shuffles ---- */

static TCGv_vec constant_bytes(TCGType type, const uint8_t *bytes)
{
    uint64_t low = ldq_le_p(bytes);

    return type == TCG_TYPE_V64 ? tcg_constant_v64(low) : tcg_constant_v128(low, ldq_le_p(bytes + 8));
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
        part[i] = new_lane(type);
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
    TCGv_vec index = new_lane(l->type);

    tcg_gen_and_vec(index, l->b,
                    tcg_constant_vec(l->type, MO_8, 0x80 | (x86_lane_bytes(l->type) - 1)));
    tcg_gen_tbl_vec(l->r, l->a, index);
}

LANES(PALIGNR, palignr, MO_8)
LANES(PSHUFB, pshufb, MO_8)
LANES(SHUFPS, shufps, MO_32)
LANES(SHUFPD, shufpd, MO_64)
LANES_UNARY(PSHUFD, shuffle_by_imm, MO_32)
LANES_UNARY(PSHUFW, shuffle_by_imm, MO_16)
LANES_UNARY(PSHUFLW, pshuflw, MO_16)
LANES_UNARY(PSHUFHW, pshufhw, MO_16)

VECTORS(PUNPCKLBW, tcg_gen_zipl_vec, MO_8)
VECTORS(PUNPCKLWD, tcg_gen_zipl_vec, MO_16)
VECTORS(PUNPCKLDQ, tcg_gen_zipl_vec, MO_32)
VECTORS(PUNPCKLQDQ, tcg_gen_zipl_vec, MO_64)
VECTORS(PUNPCKHBW, tcg_gen_ziph_vec, MO_8)
VECTORS(PUNPCKHWD, tcg_gen_ziph_vec, MO_16)
VECTORS(PUNPCKHDQ, tcg_gen_ziph_vec, MO_32)
VECTORS(PUNPCKHQDQ, tcg_gen_ziph_vec, MO_64)

/* ---- Element by element ---- */

VECTORS(PADDB, tcg_gen_add_vec, MO_8)
VECTORS(PADDW, tcg_gen_add_vec, MO_16)
VECTORS(PADDD, tcg_gen_add_vec, MO_32)
VECTORS(PADDQ, tcg_gen_add_vec, MO_64)
VECTORS(PSUBB, tcg_gen_sub_vec, MO_8)
VECTORS(PSUBW, tcg_gen_sub_vec, MO_16)
VECTORS(PSUBD, tcg_gen_sub_vec, MO_32)
VECTORS(PSUBQ, tcg_gen_sub_vec, MO_64)
VECTORS(PADDSB, tcg_gen_ssadd_vec, MO_8)
VECTORS(PADDSW, tcg_gen_ssadd_vec, MO_16)
VECTORS(PADDUSB, tcg_gen_usadd_vec, MO_8)
VECTORS(PADDUSW, tcg_gen_usadd_vec, MO_16)
VECTORS(PSUBSB, tcg_gen_sssub_vec, MO_8)
VECTORS(PSUBSW, tcg_gen_sssub_vec, MO_16)
VECTORS(PSUBUSB, tcg_gen_ussub_vec, MO_8)
VECTORS(PSUBUSW, tcg_gen_ussub_vec, MO_16)
VECTORS(PMULLW, tcg_gen_mul_vec, MO_16)
VECTORS(PMULLD, tcg_gen_mul_vec, MO_32)
VECTORS(PMINUB, tcg_gen_umin_vec, MO_8)
VECTORS(PMINUW, tcg_gen_umin_vec, MO_16)
VECTORS(PMINUD, tcg_gen_umin_vec, MO_32)
VECTORS(PMINSB, tcg_gen_smin_vec, MO_8)
VECTORS(PMINSW, tcg_gen_smin_vec, MO_16)
VECTORS(PMINSD, tcg_gen_smin_vec, MO_32)
VECTORS(PMAXUB, tcg_gen_umax_vec, MO_8)
VECTORS(PMAXUW, tcg_gen_umax_vec, MO_16)
VECTORS(PMAXUD, tcg_gen_umax_vec, MO_32)
VECTORS(PMAXSB, tcg_gen_smax_vec, MO_8)
VECTORS(PMAXSW, tcg_gen_smax_vec, MO_16)
VECTORS(PMAXSD, tcg_gen_smax_vec, MO_32)

#define LANE(name, emit)                                                                           \
    static void name(const X86Lane *l)                                                             \
    {                                                                                              \
        emit;                                                                                      \
    }
LANE(pand, tcg_gen_and_vec(l->r, l->a, l->b))
LANE(pandn, tcg_gen_andc_vec(l->r, l->b, l->a))
LANE(por, tcg_gen_or_vec(l->r, l->a, l->b))
LANE(pxor, tcg_gen_xor_vec(l->r, l->a, l->b))
LANE(pcmpeq, tcg_gen_cmp_vec(TCG_COND_EQ, l->vece, l->r, l->a, l->b))
LANE(pcmpgt, tcg_gen_cmp_vec(TCG_COND_GT, l->vece, l->r, l->a, l->b))
LANE(pabs, tcg_gen_abs_vec(l->vece, l->r, l->a))
LANES(PAND, pand, MO_64)
LANES(PANDN, pandn, MO_64)
LANES(POR, por, MO_64)
LANES(PXOR, pxor, MO_64)
LANES(PCMPEQB, pcmpeq, MO_8)
LANES(PCMPEQW, pcmpeq, MO_16)
LANES(PCMPEQD, pcmpeq, MO_32)
LANES(PCMPEQQ, pcmpeq, MO_64)
LANES(PCMPGTB, pcmpgt, MO_8)
LANES(PCMPGTW, pcmpgt, MO_16)
LANES(PCMPGTD, pcmpgt, MO_32)
LANES(PCMPGTQ, pcmpgt, MO_64)
LANES_UNARY(PABSB, pabs, MO_8)
LANES_UNARY(PABSW, pabs, MO_16)
LANES_UNARY(PABSD, pabs, MO_32)

/* (a + b + 1) / 2: what both have, or one has, less half of what only one has. */
static void pavg(const X86Lane *l)
{
    TCGv_vec t = new_lane(l->type);

    tcg_gen_xor_vec(t, l->a, l->b);
    tcg_gen_shri_vec(l->vece, t, t, 1);
    tcg_gen_or_vec(l->r, l->a, l->b);
    tcg_gen_sub_vec(l->vece, l->r, l->r, t);
}

/* a, negated where b is negative, 0 where b is. */
static void psign(const X86Lane *l)
{
    TCGv_vec negative = new_lane(l->type), is_zero = new_lane(l->type);

    tcg_gen_cmp_vec(TCG_COND_LT, l->vece, negative, l->b, zero_lane(l->type));
    tcg_gen_cmp_vec(TCG_COND_EQ, l->vece, is_zero, l->b, zero_lane(l->type));
    tcg_gen_xor_vec(l->r, l->a, negative);
    tcg_gen_sub_vec(l->vece, l->r, l->r, negative);
    tcg_gen_andc_vec(l->r, l->r, is_zero);
}

LANES(PAVGB, pavg, MO_8)
LANES(PAVGW, pavg, MO_16)
LANES(PSIGNB, psign, MO_8)
LANES(PSIGNW, psign, MO_16)
LANES(PSIGND, psign, MO_32)

/* ---- Packing ---- */

/* The elements, of twice 8 << vece bits, limited to what fits into those; then the halves with it. */
static void pack(const X86Lane *l, bool to_unsigned)
{
    unsigned wide = l->vece + 1, bits = 8u << l->vece;
    int64_t highest = (1ll << (to_unsigned ? bits : bits - 1)) - 1;
    int64_t lowest = to_unsigned ? 0 : -highest - 1;
    TCGv_vec source[2] = { l->a, l->b }, limited[2];

    for (unsigned i = 0; i < 2; i++) {
        limited[i] = new_lane(l->type);
        tcg_gen_smin_vec(wide, limited[i], source[i], tcg_constant_vec(l->type, wide, highest));
        tcg_gen_smax_vec(wide, limited[i], limited[i], tcg_constant_vec(l->type, wide, lowest));
    }
    x86_gen_every_other(l->type, l->vece, l->r, limited[0], limited[1], false);
}

LANE(packss, pack(l, false))
LANE(packus, pack(l, true))
LANES(PACKSSWB, packss, MO_8)
LANES(PACKSSDW, packss, MO_16)
LANES(PACKUSWB, packus, MO_8)
LANES(PACKUSDW, packus, MO_16)

/* ---- Multiplication ---- */

/* Words with even or odd numbers as doublewords. */
static TCGv_vec widened(const X86Lane *l, TCGv_vec v, bool odd, bool is_signed)
{
    TCGv_vec t = new_lane(l->type);

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
    TCGv_vec t = new_lane(l->type);

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
    TCGv_vec x = new_lane(l->type), y = new_lane(l->type), even = new_lane(l->type);

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

LANE(pmulhw, pmulh(l, true))
LANE(pmulhuw, pmulh(l, false))
LANE(pmuludq, long_products(l, tcg_gen_ext32u_i64))
LANE(pmuldq, long_products(l, tcg_gen_ext32s_i64))
LANES(PMULHW, pmulhw, MO_16)
LANES(PMULHUW, pmulhuw, MO_16)
LANES(PMULHRSW, pmulhrsw, MO_16)
LANES(PMADDWD, pmaddwd, MO_16)
LANES(PMADDUBSW, pmaddubsw, MO_8)
LANES(PMULUDQ, pmuludq, MO_32)
LANES(PMULDQ, pmuldq, MO_32)

/* ---- Sums ---- */

/* Differences' magnitudes; those of eight bytes are added, as pairs, pairs of pairs, all. */
static void psadbw(const X86Lane *l)
{
    TCGv_vec t = new_lane(l->type), sum = new_lane(l->type);

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
    TCGv_vec even = new_lane(l->type), odd = new_lane(l->type);

    x86_gen_every_other(l->type, l->vece, even, l->a, l->b, false);
    x86_gen_every_other(l->type, l->vece, odd, l->a, l->b, true);
    fn(l->vece, l->r, even, odd);
}

LANE(phadd, horizontal(l, tcg_gen_add_vec))
LANE(phsub, horizontal(l, tcg_gen_sub_vec))
LANE(phaddsw, horizontal(l, tcg_gen_ssadd_vec))
LANE(phsubsw, horizontal(l, tcg_gen_sssub_vec))
LANES(PSADBW, psadbw, MO_8)
LANES(PHADDW, phadd, MO_16)
LANES(PHADDD, phadd, MO_32)
LANES(PHADDSW, phaddsw, MO_16)
LANES(PHSUBW, phsub, MO_16)
LANES(PHSUBD, phsub, MO_32)
LANES(PHSUBSW, phsubsw, MO_16)

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
        tcg_gen_mov_vec(l->r, zero_lane(l->type));
    }
}

LANE(psll_imm, shift_imm(l, tcg_gen_shli_vec))
LANE(psrl_imm, shift_imm(l, tcg_gen_shri_vec))
LANE(psra_imm, shift_imm(l, tcg_gen_sari_vec))

/* Their operand is in ModRM.rm; with VEX the result goes elsewhere. */
#define SHIFT_IMM(name, fn, vece)                                                                  \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        X86Packed a = x86_packed_read(ctx, source(ctx, 0));                                        \
                                                                                                   \
        return x86_gen_lanes_of(ctx, fn, vece, &a, NULL);                                                 \
    }
SHIFT_IMM(PSLLW_I, psll_imm, MO_16)
SHIFT_IMM(PSLLD_I, psll_imm, MO_32)
SHIFT_IMM(PSLLQ_I, psll_imm, MO_64)
SHIFT_IMM(PSRLW_I, psrl_imm, MO_16)
SHIFT_IMM(PSRLD_I, psrl_imm, MO_32)
SHIFT_IMM(PSRLQ_I, psrl_imm, MO_64)
SHIFT_IMM(PSRAW_I, psra_imm, MO_16)
SHIFT_IMM(PSRAD_I, psra_imm, MO_32)
SHIFT_IMM(PSLLDQ, pslldq, MO_8)
SHIFT_IMM(PSRLDQ, psrldq, MO_8)

static TCGv_vec spread(TCGType type, unsigned vece, TCGv_i64 element)
{
    TCGv_vec t = new_lane(type);

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
    TCGv_vec even = new_lane(l->type), odd = new_lane(l->type);
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
    X86Packed counts = x86_packed_read(ctx, source(ctx, 1));
    X86Packed a = x86_packed_read(ctx, source(ctx, 0)), r = a;
    bool is_signed = by_vector == tcg_gen_sarv_vec;
    TCGv_i64 count = x86_half(counts.lane[0], 0);

    /* A limit that the IR's scalar shifts take, too */
    tcg_gen_umin_i64(count, count, tcg_constant_i64(is_signed ? (8 << vece) - 1 : 63));
    for (unsigned i = 0; i < r.lanes; i++) {
        X86Lane l = { .type = r.type, .vece = vece, .r = new_lane(r.type), .a = a.lane[i] };

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
    if (uses_mmx(ctx)) {
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
    X86Packed counts = x86_packed_read(ctx, source(ctx, 1));
    X86Packed a = x86_packed_read(ctx, source(ctx, 0)), r = a;
    TCGv_vec by = spread(a.type, MO_64, x86_half(counts.lane[0], 0));

    for (unsigned i = 0; i < r.lanes; i++) {
        r.lane[i] = new_lane(r.type);
        by_vector(MO_64, r.lane[i], a.lane[i], by);
    }
    if (uses_mmx(ctx)) {
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

/* ---- Widening ---- */

/* Each step zips elements with zeros: below them if they are to be extended with their sign. */
static TCGv_vec widen(TCGv_vec v, unsigned from, unsigned to, bool is_signed)
{
    TCGv_vec t = new_lane(TCG_TYPE_V128), zero = zero_lane(TCG_TYPE_V128);

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
    TCGv_vec v = x86_read_xmm(ctx, 1, false), rest = new_lane(TCG_TYPE_V128);
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
    TCGv_vec t = new_lane(l->type);

    tcg_gen_cmp_vec(TCG_COND_LT, l->vece, t, mask, zero_lane(l->type));
    tcg_gen_bitsel_vec(l->r, t, l->b, l->a);
}

LANE(blend_by_xmm0, choose(l, cpu_xmm[0]))
LANES(PBLENDVB, blend_by_xmm0, MO_8)
LANES(BLENDVPS, blend_by_xmm0, MO_32)
LANES(BLENDVPD, blend_by_xmm0, MO_64)

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

LANES(PBLENDW, blend_by_imm, MO_16)
LANES(BLENDPS, blend_by_imm, MO_32)
LANES(BLENDPD, blend_by_imm, MO_64)

/* ---- To flags and general registers ---- */

/* ZF: nothing is in both; CF: nothing is in the second operand only. The other flags are cleared. */
static void set_test_flags(DisasContext *ctx, TCGv_i64 both, TCGv_i64 only_second)
{
    TCGv_i64 eflags = tcg_temp_new_i64(), zero = tcg_temp_new_i64();

    tcg_gen_setcondi_i64(TCG_COND_EQ, eflags, only_second, 0); /* CF is bit 0 */
    tcg_gen_setcondi_i64(TCG_COND_EQ, zero, both, 0);
    tcg_gen_shli_i64(zero, zero, ctz32(FLAG_ZF));
    tcg_gen_or_i64(eflags, eflags, zero);
    x86_set_flags(ctx, eflags);
}

bool x86_gen_test(DisasContext *ctx, uint64_t mask)
{
    X86Packed b = x86_packed_read(ctx, 1), a = x86_packed_read(ctx, 0);
    TCGv_i64 both = tcg_temp_new_i64(), only_b = tcg_temp_new_i64(), t = tcg_temp_new_i64();

    tcg_gen_movi_i64(both, 0);
    tcg_gen_movi_i64(only_b, 0);
    for (unsigned i = 0; i < 2 * a.lanes; i++) {
        TCGv_i64 x = x86_half(a.lane[i / 2], i % 2), y = x86_half(b.lane[i / 2], i % 2);

        tcg_gen_and_i64(t, x, y);
        tcg_gen_or_i64(both, both, t);
        tcg_gen_andc_i64(t, y, x);
        tcg_gen_or_i64(only_b, only_b, t);
    }
    tcg_gen_andi_i64(both, both, mask);
    tcg_gen_andi_i64(only_b, only_b, mask);
    set_test_flags(ctx, both, only_b);
    return true;
}

bool x86_PTEST(DisasContext *ctx)
{
    return x86_gen_test(ctx, UINT64_MAX);
}

/* The top bits of eight bytes: a product moves each to a place of its own in the uppermost byte. */
static TCGv_i64 byte_signs(TCGv_i64 v)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_shri_i64(t, v, 7);
    tcg_gen_andi_i64(t, t, 0x0101010101010101);
    tcg_gen_muli_i64(t, t, 0x0102040810204080);
    tcg_gen_shri_i64(t, t, 56);
    return t;
}

bool x86_PMOVMSKB(DisasContext *ctx)
{
    X86Packed v = x86_packed_read(ctx, 1);
    TCGv_i64 mask = byte_signs(x86_half(v.lane[0], 0)), t;

    for (unsigned i = 1; v.type == TCG_TYPE_V128 && i < 2 * v.lanes; i++) {
        t = byte_signs(x86_half(v.lane[i / 2], i % 2));
        tcg_gen_shli_i64(t, t, 8 * i);
        tcg_gen_or_i64(mask, mask, t);
    }
    if (uses_mmx(ctx)) {
        x86_mmx_begin(ctx);
    }
    x86_write(ctx, 0, mask);
    return true;
}

static bool gen_signs(DisasContext *ctx, unsigned vece)
{
    X86Packed v = x86_packed_read(ctx, 1);
    TCGv_i64 mask = tcg_temp_new_i64(), t = tcg_temp_new_i64();
    unsigned per_lane = 16 >> vece;

    tcg_gen_movi_i64(mask, 0);
    for (unsigned i = 0; i < per_lane * v.lanes; i++) {
        tcg_gen_extract_vec(vece, t, v.lane[i / per_lane], i % per_lane);
        tcg_gen_shri_i64(t, t, (8 << vece) - 1);
        tcg_gen_shli_i64(t, t, i);
        tcg_gen_or_i64(mask, mask, t);
    }
    x86_write(ctx, 0, mask);
    return true;
}

bool x86_MOVMSKPS(DisasContext *ctx)
{
    return gen_signs(ctx, MO_32);
}

bool x86_MOVMSKPD(DisasContext *ctx)
{
    return gen_signs(ctx, MO_64);
}

/* ---- By helpers ---- */

static void gen_packed_call(const X86Lane *l, X86PackedFunc *fn, unsigned imm)
{
    TCGv_i128 r = tcg_temp_new_i128();
    TCGv_i64 zero = tcg_constant_i64(0);

    gen_helper_x86_packed(r, tcg_constant_ptr(fn), x86_half(l->a, 0), x86_half(l->a, 1),
                          l->b ? x86_half(l->b, 0) : zero, l->b ? x86_half(l->b, 1) : zero,
                          tcg_constant_i32(imm));
    tcg_gen_concat_i64_vec(l->r, r.low, r.high);
}

LANE(phminposuw, gen_packed_call(l, x86_phminposuw, 0))
/* The upper lane has three bits of the immediate of its own. */
LANE(mpsadbw, gen_packed_call(l, x86_mpsadbw, l->imm >> 3 * l->number & 7))
LANES_UNARY(PHMINPOSUW, phminposuw, MO_16)

LANES(MPSADBW, mpsadbw, MO_8)

/* ---- Strings ---- */

/* A length in a general register counts up to the number of characters, negative ones as positive. */
static TCGv_i64 explicit_length(DisasContext *ctx, unsigned reg)
{
    TCGv_i64 length = tcg_temp_new_i64();
    unsigned size = ctx->insn.rex & 8 ? MO_64 : MO_32;

    tcg_gen_mov_i64(length, x86_extend(size, cpu_regs[reg], true));
    tcg_gen_abs_i64(length, length);
    tcg_gen_umin_i64(length, length, tcg_constant_i64(16));
    return length;
}

/* The helper gives an index and the flags, or a mask. What is asked for and the lengths are one word. */
static TCGv_i128 gen_string_compare(DisasContext *ctx, TCGv_vec b, bool explicit, bool mask)
{
    TCGv_vec a = cpu_xmm[ctx->insn.operands[0].number];
    TCGv_i64 how = tcg_temp_new_i64(), length;
    TCGv_i128 r = tcg_temp_new_i128();

    tcg_gen_movi_i64(how, (ctx->insn.imm & 0xff) | (explicit ? X86_STRING_EXPLICIT : 0) |
                              (mask ? X86_STRING_MASK : 0));
    if (explicit) {
        length = explicit_length(ctx, R_EAX);
        tcg_gen_deposit_i64(how, how, length, X86_STRING_LENGTH_A_SHIFT, 8);
        length = explicit_length(ctx, R_EDX);
        tcg_gen_deposit_i64(how, how, length, X86_STRING_LENGTH_B_SHIFT, 8);
    }
    gen_helper_x86_string_compare(r, x86_half(a, 0), x86_half(a, 1), x86_half(b, 0),
                                  x86_half(b, 1), how);
    return r;
}

static bool gen_string_index(DisasContext *ctx, bool explicit)
{
    TCGv_i128 r = gen_string_compare(ctx, x86_read_xmm(ctx, 1, false), explicit, false);

    x86_write_reg(ctx, MO_32, R_ECX, r.low);
    x86_set_flags(ctx, r.high);
    return true;
}

/* The mask takes both halves of a result: the flags are another call's. */
static bool gen_string_mask(DisasContext *ctx, bool explicit)
{
    TCGv_vec b = x86_read_xmm(ctx, 1, false);
    TCGv_i128 flags = gen_string_compare(ctx, b, explicit, false);
    TCGv_i128 r = gen_string_compare(ctx, b, explicit, true);
    TCGv_vec mask = new_lane(TCG_TYPE_V128);

    tcg_gen_concat_i64_vec(mask, r.low, r.high);
    x86_set_xmm(ctx, 0, mask);
    x86_set_flags(ctx, flags.high);
    return true;
}

bool x86_PCMPESTRI(DisasContext *ctx)
{
    return gen_string_index(ctx, true);
}

bool x86_PCMPESTRM(DisasContext *ctx)
{
    return gen_string_mask(ctx, true);
}

bool x86_PCMPISTRI(DisasContext *ctx)
{
    return gen_string_index(ctx, false);
}

bool x86_PCMPISTRM(DisasContext *ctx)
{
    return gen_string_mask(ctx, false);
}
