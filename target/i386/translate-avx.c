/*
 * x86 translator: what AVX, AVX2, FMA and F16C have beyond SSE's instructions in VEX's encoding.
 *
 * Reference: SDM volume 1, chapter 14; volume 2, each instruction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "target/i386/translate-sse-float.h"
#include "x86-opcodes.h"

static TCGv_vec new_vector(void)
{
    return tcg_temp_new_vec(TCG_TYPE_V128);
}

static TCGv_vec zero_vector(void)
{
    return tcg_constant_v128(0, 0);
}

static unsigned destination(const DisasContext *ctx)
{
    return ctx->insn.operands[0].number;
}

static unsigned nb_lanes(const DisasContext *ctx)
{
    return ctx->insn.vex_l ? 2 : 1;
}

static bool write_lanes(DisasContext *ctx, TCGv_vec low, TCGv_vec high)
{
    X86Packed r = { TCG_TYPE_V128, nb_lanes(ctx), { low, high } };

    x86_packed_write(ctx, 0, &r);
    return true;
}

/* ---- Moves ---- */

/* The rest is the first source's. */
static bool gen_merge(DisasContext *ctx, unsigned size)
{
    TCGv_vec t = new_vector();

    tcg_gen_insert_vec(size, t, cpu_xmm[ctx->insn.operands[1].number],
                       x86_read_scalar(ctx, 2, size), 0);
    x86_set_xmm(ctx, destination(ctx), t);
    return true;
}

bool x86_VMOVSS_R(DisasContext *ctx)
{
    return gen_merge(ctx, MO_32);
}

bool x86_VMOVSD_R(DisasContext *ctx)
{
    return gen_merge(ctx, MO_64);
}

static unsigned nb_registers(const DisasContext *ctx)
{
    return ctx->code64 ? 16 : 8;
}

bool x86_VZEROUPPER(DisasContext *ctx)
{
    for (unsigned i = 0; i < nb_registers(ctx); i++) {
        tcg_gen_mov_vec(cpu_ymm_high[i], zero_vector());
    }
    return true;
}

bool x86_VZEROALL(DisasContext *ctx)
{
    for (unsigned i = 0; i < nb_registers(ctx); i++) {
        tcg_gen_mov_vec(cpu_xmm[i], zero_vector());
        tcg_gen_mov_vec(cpu_ymm_high[i], zero_vector());
    }
    return true;
}

/* ---- Element by element ---- */

static void shift_left(const X86Lane *l)
{
    tcg_gen_shlv_vec(l->vece, l->r, l->a, l->b);
}

static void shift_right(const X86Lane *l)
{
    tcg_gen_shrv_vec(l->vece, l->r, l->a, l->b);
}

static void shift_right_signed(const X86Lane *l)
{
    tcg_gen_sarv_vec(l->vece, l->r, l->a, l->b);
}

X86_LANES(VPSLLVD, shift_left, MO_32)
X86_LANES(VPSLLVQ, shift_left, MO_64)
X86_LANES(VPSRLVD, shift_right, MO_32)
X86_LANES(VPSRLVQ, shift_right, MO_64)
X86_LANES(VPSRAVD, shift_right_signed, MO_32)

/* b where the fourth operand's element has its top bit set. */
static bool gen_blend(DisasContext *ctx, unsigned vece)
{
    X86Packed b = x86_packed_read(ctx, 2), a = x86_packed_read(ctx, 1);
    X86Packed mask = x86_packed_read(ctx, 3), r = a;

    for (unsigned i = 0; i < r.lanes; i++) {
        TCGv_vec t = new_vector();

        tcg_gen_cmp_vec(TCG_COND_LT, vece, t, mask.lane[i], zero_vector());
        tcg_gen_bitsel_vec(t, t, b.lane[i], a.lane[i]);
        r.lane[i] = t;
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

bool x86_VPBLENDVB(DisasContext *ctx)
{
    return gen_blend(ctx, MO_8);
}

bool x86_VBLENDVPS(DisasContext *ctx)
{
    return gen_blend(ctx, MO_32);
}

bool x86_VBLENDVPD(DisasContext *ctx)
{
    return gen_blend(ctx, MO_64);
}

bool x86_VTESTPS(DisasContext *ctx)
{
    return x86_gen_test(ctx, 0x8000000080000000);
}

bool x86_VTESTPD(DisasContext *ctx)
{
    return x86_gen_test(ctx, 1ull << 63);
}

/* ---- Broadcasts ---- */

static bool gen_broadcast(DisasContext *ctx, unsigned vece)
{
    TCGv_i64 value = tcg_temp_new_i64();
    TCGv_vec t = new_vector();

    if (x86_is_memory(ctx, 1)) {
        value = x86_ld(ctx, x86_linear_operand(ctx, 0, 1 << vece, false), vece);
    } else {
        tcg_gen_extract_vec(vece, value, cpu_xmm[ctx->insn.operands[1].number], 0);
    }
    tcg_gen_dup_i64_vec(vece, t, value);
    return write_lanes(ctx, t, t);
}

bool x86_VBROADCASTB(DisasContext *ctx)
{
    return gen_broadcast(ctx, MO_8);
}

bool x86_VBROADCASTW(DisasContext *ctx)
{
    return gen_broadcast(ctx, MO_16);
}

bool x86_VBROADCASTD(DisasContext *ctx)
{
    return gen_broadcast(ctx, MO_32);
}

bool x86_VBROADCASTQ(DisasContext *ctx)
{
    return gen_broadcast(ctx, MO_64);
}

bool x86_VBROADCAST128(DisasContext *ctx)
{
    TCGv_vec t = x86_read_xmm(ctx, 1, false);

    return write_lanes(ctx, t, t);
}

/* ---- Permutations ---- */

/*
 * From the numbers of elements, in the low bits of `number`'s elements, those of their bytes. Each
 * element's first byte, as the number of a byte, goes to all of the element's bytes.
 */
static TCGv_vec byte_numbers(unsigned vece, TCGv_vec number)
{
    TCGv_vec t = new_vector();
    uint8_t first[16], offset[16];
    uint64_t offsets[2];

    for (unsigned i = 0; i < 16; i++) {
        first[i] = i & ~((1u << vece) - 1);
        offset[i] = i - first[i];
    }
    memcpy(offsets, offset, sizeof(offsets));
    tcg_gen_shli_vec(vece, number, number, vece);
    x86_gen_shuffle(TCG_TYPE_V128, t, number, NULL, first);
    tcg_gen_add_vec(MO_8, t, t,
                    tcg_constant_v128(le64_to_cpu(offsets[0]), le64_to_cpu(offsets[1])));
    return t;
}

/* Within a lane: two bits of each element of b choose one of a; for doubles the second bit does. */
static void permute_within(const X86Lane *l)
{
    TCGv_vec number = new_vector();

    if (l->vece == MO_64) {
        tcg_gen_shri_vec(MO_64, number, l->b, 1);
        tcg_gen_and_vec(number, number, tcg_constant_v128(1, 1));
    } else {
        tcg_gen_and_vec(number, l->b, tcg_constant_vec(TCG_TYPE_V128, MO_32, 3));
    }
    tcg_gen_tbl_vec(l->r, l->a, byte_numbers(l->vece, number));
}

X86_LANES(VPERMILPS, permute_within, MO_32)
X86_LANES(VPERMILPD, permute_within, MO_64)

/* A bit of the immediate for each double of both lanes. */
static void permute_doubles(const X86Lane *l)
{
    unsigned imm = l->imm >> 2 * l->number;

    tcg_gen_concat_i64_vec(l->r, x86_half(l->a, imm & 1), x86_half(l->a, imm >> 1 & 1));
}

bool x86_VPERMILPD_I(DisasContext *ctx)
{
    return x86_gen_lanes_unary(ctx, permute_doubles, MO_64);
}

/* Three bits of each element of the first source choose from both lanes of the second. */
bool x86_VPERMD(DisasContext *ctx)
{
    X86Packed source = x86_packed_read(ctx, 2), which = x86_packed_read(ctx, 1), r = source;

    for (unsigned i = 0; i < 2; i++) {
        TCGv_vec number = new_vector(), t = new_vector(), low = new_vector(), high = new_vector();

        tcg_gen_and_vec(t, which.lane[i], tcg_constant_vec(TCG_TYPE_V128, MO_32, 7));
        number = byte_numbers(MO_32, t);
        tcg_gen_tbl_vec(low, source.lane[0], number);
        tcg_gen_sub_vec(MO_8, number, number, tcg_constant_vec(TCG_TYPE_V128, MO_8, 16));
        tcg_gen_tbl_vec(high, source.lane[1], number);
        r.lane[i] = low;
        tcg_gen_or_vec(low, low, high);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

bool x86_VPERMQ(DisasContext *ctx)
{
    X86Packed source = x86_packed_read(ctx, 1), r = source;
    unsigned imm = ctx->insn.imm;

    for (unsigned i = 0; i < 2; i++, imm >>= 4) {
        r.lane[i] = new_vector();
        tcg_gen_concat_i64_vec(r.lane[i], x86_half(source.lane[imm >> 1 & 1], imm & 1),
                               x86_half(source.lane[imm >> 3 & 1], imm >> 2 & 1));
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

/* Four bits of the immediate for each lane: which one of four, or zeros. */
bool x86_VPERM128(DisasContext *ctx)
{
    X86Packed b = x86_packed_read(ctx, 2), a = x86_packed_read(ctx, 1), r = a;
    TCGv_vec lanes[] = { a.lane[0], a.lane[1], b.lane[0], b.lane[1] };

    for (unsigned i = 0; i < 2; i++) {
        unsigned what = ctx->insn.imm >> 4 * i & 15;

        r.lane[i] = new_vector();
        tcg_gen_mov_vec(r.lane[i], what & 8 ? zero_vector() : lanes[what & 3]);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

bool x86_VINSERT128(DisasContext *ctx)
{
    X86Packed a = x86_packed_read(ctx, 1), r = a;
    TCGv_vec inserted = x86_read_xmm(ctx, 2, false);

    for (unsigned i = 0; i < 2; i++) {
        r.lane[i] = new_vector();
        tcg_gen_mov_vec(r.lane[i], i == (ctx->insn.imm & 1) ? inserted : a.lane[i]);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

bool x86_VEXTRACT128(DisasContext *ctx)
{
    unsigned number = ctx->insn.operands[1].number;
    TCGv_vec value = ctx->insn.imm & 1 ? cpu_ymm_high[number] : cpu_xmm[number];

    if (x86_is_memory(ctx, 0)) {
        x86_write_xmm(ctx, 0, value, false);
    } else {
        x86_set_xmm(ctx, destination(ctx), value);
    }
    return true;
}

/* ---- Memory by elements ---- */

/* Jumps if an element of the mask hasn't its top bit set. */
static TCGLabel *skip_unless_set(unsigned vece, TCGv_vec mask, unsigned n)
{
    TCGLabel *skip = gen_new_label();
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extract_vec(vece, t, mask, n);
    tcg_gen_shri_i64(t, t, (8 << vece) - 1);
    tcg_gen_brcondi_i64(TCG_COND_EQ, t, 0, skip);
    return skip;
}

static TCGv_i64 element_address(DisasContext *ctx, TCGv_i64 offset, unsigned vece, bool write)
{
    return x86_linear(ctx, ctx->insn.segment, offset, 1 << vece, write);
}

static TCGv_i64 cut_offset(DisasContext *ctx, TCGv_i64 offset)
{
    return x86_extend(ctx->insn.adsize, offset, false);
}

/* Elements that the mask leaves out aren't accessed; loaded, they are 0. */
static bool gen_masked_move(DisasContext *ctx, unsigned vece)
{
    X86Packed mask = x86_packed_read(ctx, 1), r = mask;
    unsigned per_lane = 16 >> vece, number = ctx->insn.operands[2].number;
    bool store = x86_is_memory(ctx, 0);
    TCGv_i64 base = x86_effective_address(ctx);

    for (unsigned i = 0; i < r.lanes; i++) {
        r.lane[i] = new_vector();
        tcg_gen_mov_vec(r.lane[i], zero_vector());
    }
    for (unsigned i = 0; i < per_lane * r.lanes; i++) {
        TCGv_vec lane = r.lane[i / per_lane];
        TCGLabel *skip = skip_unless_set(vece, mask.lane[i / per_lane], i % per_lane);
        TCGv_i64 offset = tcg_temp_new_i64(), address, value = tcg_temp_new_i64();

        tcg_gen_addi_i64(offset, base, i << vece);
        address = element_address(ctx, cut_offset(ctx, offset), vece, store);
        if (store) {
            tcg_gen_extract_vec(vece, value, i < per_lane ? cpu_xmm[number] : cpu_ymm_high[number],
                                i % per_lane);
            x86_st(ctx, address, value, vece);
        } else {
            value = x86_ld(ctx, address, vece);
            tcg_gen_insert_vec(vece, lane, lane, value, i % per_lane);
        }
        gen_set_label(skip);
    }
    if (!store) {
        x86_packed_write(ctx, 0, &r);
    }
    return true;
}

bool x86_VMASKMOVD(DisasContext *ctx)
{
    return gen_masked_move(ctx, MO_32);
}

bool x86_VMASKMOVQ(DisasContext *ctx)
{
    return gen_masked_move(ctx, MO_64);
}

/* base + disp + an index from a vector, which SIB's index field names */
static TCGv_i64 gathered_offset(DisasContext *ctx, unsigned index_vece, unsigned n)
{
    const X86Insn *i = &ctx->insn;
    unsigned number = i->index < 0 ? 4 : i->index, per_lane = 16 >> index_vece;
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extract_vec(index_vece, t, n < per_lane ? cpu_xmm[number] : cpu_ymm_high[number],
                        n % per_lane);
    tcg_gen_sextract_i64(t, t, 0, 8 << index_vece);
    tcg_gen_shli_i64(t, t, i->scale);
    tcg_gen_addi_i64(t, t, i->disp);
    if (i->base >= 0) {
        tcg_gen_add_i64(t, t, cpu_regs[i->base]);
    }
    return cut_offset(ctx, t);
}

/*
 * The mask is 0 in the end, and what is left out keeps what the destination has. If an element
 * faults, nothing has been written: the manual allows the elements before it to have been.
 */
static bool gen_gather(DisasContext *ctx, unsigned index_vece, unsigned vece)
{
    unsigned index = ctx->insn.index < 0 ? 4 : ctx->insn.index;
    unsigned mask = ctx->insn.operands[2].number, to = destination(ctx);
    unsigned nb = 16 * nb_lanes(ctx) >> MAX(vece, index_vece), per_lane = 16 >> vece;
    unsigned written = MAX(1, (nb << vece) / 16);
    TCGv_vec lane[2];

    if ((ctx->insn.modrm & 7) != 4 || index == mask || index == to || mask == to) {
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        lane[i] = new_vector();
        tcg_gen_mov_vec(lane[i], i ? cpu_ymm_high[to] : cpu_xmm[to]);
    }
    for (unsigned i = 0; i < nb; i++) {
        TCGv_vec v = lane[i / per_lane];
        TCGLabel *skip = skip_unless_set(vece, i < per_lane ? cpu_xmm[mask] : cpu_ymm_high[mask],
                                         i % per_lane);
        TCGv_i64 address = element_address(ctx, gathered_offset(ctx, index_vece, i), vece, false);

        tcg_gen_insert_vec(vece, v, v, x86_ld(ctx, address, vece), i % per_lane);
        gen_set_label(skip);
    }
    if (nb << vece == 8) { /* two elements of 32 bits: the upper half is cleared */
        tcg_gen_insert_vec(MO_64, lane[0], lane[0], tcg_constant_i64(0), 1);
    }
    tcg_gen_mov_vec(cpu_xmm[to], lane[0]);
    tcg_gen_mov_vec(cpu_ymm_high[to], written == 2 ? lane[1] : zero_vector());
    tcg_gen_mov_vec(cpu_xmm[mask], zero_vector());
    tcg_gen_mov_vec(cpu_ymm_high[mask], zero_vector());
    return true;
}

bool x86_VGATHERDD(DisasContext *ctx)
{
    return gen_gather(ctx, MO_32, MO_32);
}

bool x86_VGATHERDQ(DisasContext *ctx)
{
    return gen_gather(ctx, MO_32, MO_64);
}

bool x86_VGATHERQD(DisasContext *ctx)
{
    return gen_gather(ctx, MO_64, MO_32);
}

bool x86_VGATHERQQ(DisasContext *ctx)
{
    return gen_gather(ctx, MO_64, MO_64);
}

/* ---- Half precision ---- */

bool x86_VCVTPH2PS(DisasContext *ctx)
{
    TCGv_vec v = x86_read_xmm(ctx, 1, false), upper = new_vector(), r[2] = { NULL, NULL };

    for (unsigned i = 0; i < nb_lanes(ctx); i++) {
        tcg_gen_concat_i64_vec(upper, x86_half(v, i), tcg_constant_i64(0));
        r[i] = new_vector();
        x86_gen_float_call(ctx, r[i], X86_FLOAT_DESC(X86_FLOAT_FROM_HALF, false, 4, 0),
                           zero_vector(), upper);
    }
    return write_lanes(ctx, r[0], r[1]);
}

/* Four numbers of each lane become 8 bytes. */
bool x86_VCVTPS2PH(DisasContext *ctx)
{
    X86Packed v = x86_packed_read(ctx, 1);
    TCGv_vec r[2], t = new_vector();

    for (unsigned i = 0; i < v.lanes; i++) {
        r[i] = new_vector();
        x86_gen_float_call(
            ctx, r[i], X86_FLOAT_DESC(X86_FLOAT_TO_HALF, false, 4, ctx->insn.imm & 7),
            zero_vector(), v.lane[i]);
    }
    tcg_gen_concat_i64_vec(t, x86_half(r[0], 0),
                           v.lanes == 2 ? x86_half(r[1], 0) : tcg_constant_i64(0));
    if (!x86_is_memory(ctx, 0)) {
        x86_set_xmm(ctx, destination(ctx), t);
    } else if (v.lanes == 2) {
        x86_write_xmm(ctx, 0, t, false);
    } else {
        x86_st(ctx, x86_linear_operand(ctx, 0, 8, true), x86_half(t, 0), MO_64);
    }
    return true;
}

/* ---- FMA ---- */

/* How an instruction's name has it: x * y + z, with signs turned. */
typedef struct Fused {
    bool is_double;
    unsigned order;           /* 132, 213 or 231: the operands that are x, y and z */
    unsigned negate, odd_negate; /* TCG_NEGATE_*, of elements with even and odd numbers */
} Fused;

static TCGv_vec fused_lane(DisasContext *ctx, const Fused *f, unsigned nb, const TCGv_vec in[3])
{
    unsigned x = f->order / 100 - 1, y = f->order / 10 % 10 - 1, z = f->order % 10 - 1;
    TCGv_vec r = new_vector();

    tcg_gen_mov_vec(r, in[0]);
    for (unsigned i = 0; i < nb; i++) {
        x86_gen_fused(ctx, f->is_double, i % 2 ? f->odd_negate : f->negate, r, i, in[x], in[y],
                      in[z]);
    }
    return r;
}

static bool gen_fused_packed(DisasContext *ctx, const Fused *f)
{
    X86Packed c = x86_packed_read(ctx, 2), a = x86_packed_read(ctx, 0);
    X86Packed b = x86_packed_read(ctx, 1), r = a;

    for (unsigned i = 0; i < r.lanes; i++) {
        r.lane[i] = fused_lane(ctx, f, f->is_double ? 2 : 4,
                               (const TCGv_vec[]){ a.lane[i], b.lane[i], c.lane[i] });
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

static bool gen_fused_scalar(DisasContext *ctx, const Fused *f)
{
    TCGv_vec c = new_vector();

    tcg_gen_concat_i64_vec(c, x86_read_scalar(ctx, 2, f->is_double ? MO_64 : MO_32),
                           tcg_constant_i64(0));
    x86_set_xmm(ctx, destination(ctx),
                fused_lane(ctx, f, 1, (const TCGv_vec[]){ cpu_xmm[destination(ctx)],
                                                          cpu_xmm[ctx->insn.operands[1].number],
                                                          c }));
    return true;
}

#define FUSED_ONE(name, gen, is_double, order, even, odd)                                          \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        return gen(ctx, &(const Fused){ is_double, order, even, odd });                            \
    }
#define FUSED_PACKED(name, order, even, odd)                                                       \
    FUSED_ONE(name##order##PS, gen_fused_packed, false, order, even, odd)                          \
    FUSED_ONE(name##order##PD, gen_fused_packed, true, order, even, odd)
#define FUSED(name, order, negate)                                                                 \
    FUSED_PACKED(name, order, negate, negate)                                                      \
    FUSED_ONE(name##order##SS, gen_fused_scalar, false, order, negate, negate)                     \
    FUSED_ONE(name##order##SD, gen_fused_scalar, true, order, negate, negate)
#define FUSED_ORDER(order)                                                                         \
    FUSED_PACKED(VFMADDSUB, order, TCG_NEGATE_ADDEND, 0)                                           \
    FUSED_PACKED(VFMSUBADD, order, 0, TCG_NEGATE_ADDEND)                                           \
    FUSED(VFMADD, order, 0)                                                                        \
    FUSED(VFMSUB, order, TCG_NEGATE_ADDEND)                                                        \
    FUSED(VFNMADD, order, TCG_NEGATE_PRODUCT)                                                      \
    FUSED(VFNMSUB, order, TCG_NEGATE_PRODUCT | TCG_NEGATE_ADDEND)
FUSED_ORDER(132)
FUSED_ORDER(213)
FUSED_ORDER(231)
