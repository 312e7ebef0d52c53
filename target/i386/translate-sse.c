/*
 * x86 translator: what all packed instructions of MMX, SSE and AVX share.
 *
 * Reference: SDM volume 1, chapters 9 to 12; volume 2, each instruction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-sse.h"

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

unsigned x86_first_source(const DisasContext *ctx)
{
    return ctx->insn.vex ? 1 : 0;
}

unsigned x86_second_source(const DisasContext *ctx)
{
    return x86_first_source(ctx) + 1;
}

bool x86_uses_mmx(const DisasContext *ctx)
{
    return x86_is_mmx(ctx, 0) || x86_is_mmx(ctx, 1);
}

static TCGv_vec as_v64(TCGv_i64 value)
{
    TCGv_vec t = x86_new_lane(TCG_TYPE_V64);

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
    } else if (o->kind == X86_OPERAND_MEMORY && x86_uses_mmx(ctx)) {
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
        tcg_gen_mov_vec(cpu_ymm_high[number], x86_zero_lane(TCG_TYPE_V128));
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
                      .r = x86_new_lane(r.type), .a = a->lane[i], .b = b ? b->lane[i] : NULL };

        fn(&l);
        r.lane[i] = l.r;
    }
    if (x86_uses_mmx(ctx)) {
        x86_mmx_begin(ctx);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

bool x86_gen_lanes(DisasContext *ctx, X86LaneFunc *fn, unsigned vece)
{
    X86Packed b = x86_packed_read(ctx, x86_second_source(ctx));
    X86Packed a = x86_packed_read(ctx, x86_first_source(ctx));

    return x86_gen_lanes_of(ctx, fn, vece, &a, &b);
}

bool x86_gen_lanes_unary(DisasContext *ctx, X86LaneFunc *fn, unsigned vece)
{
    X86Packed a = x86_packed_read(ctx, 1);

    return x86_gen_lanes_of(ctx, fn, vece, &a, NULL);
}

bool x86_gen_vectors(DisasContext *ctx, X86VectorFunc *fn, unsigned vece)
{
    X86Packed b = x86_packed_read(ctx, x86_second_source(ctx));
    X86Packed a = x86_packed_read(ctx, x86_first_source(ctx)), r = a;

    for (unsigned i = 0; i < r.lanes; i++) {
        r.lane[i] = x86_new_lane(r.type);
        fn(vece, r.lane[i], a.lane[i], b.lane[i]);
    }
    if (x86_uses_mmx(ctx)) {
        x86_mmx_begin(ctx);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}
