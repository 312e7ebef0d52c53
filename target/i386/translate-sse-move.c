/*
 * x86 translator: moves between vectors, memory and general registers.
 *
 * Reference: SDM volume 1, 10.4.1, 11.4.1; volume 2, each instruction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-sse.h"
#include "x86-opcodes.h"

static unsigned destination(const DisasContext *ctx)
{
    return ctx->insn.operands[0].number;
}

static TCGv_vec new_vector(void)
{
    return tcg_temp_new_vec(TCG_TYPE_V128);
}

static TCGv_i64 zero(void)
{
    return tcg_constant_i64(0);
}

/* A vector whose low half is `low`, and the rest of `rest`; NULL: 0. */
static TCGv_vec with_low(TCGv_i64 low, TCGv_vec rest)
{
    TCGv_vec t = new_vector();

    if (rest) {
        tcg_gen_insert_vec(MO_64, t, rest, low, 0);
    } else {
        tcg_gen_concat_i64_vec(t, low, zero());
    }
    return t;
}

/* ---- Whole vectors ---- */

static void store_256(DisasContext *ctx, unsigned number, bool aligned)
{
    TCGv_v256 t = { { cpu_xmm[number], cpu_ymm_high[number] } };

    tcg_gen_qemu_st_v256(t, x86_address_256(ctx, aligned, true), ctx->mmu_idx, MO_LE);
}

static bool gen_move(DisasContext *ctx, bool aligned)
{
    const X86Operand *to = &ctx->insn.operands[0];

    if (to->kind == X86_OPERAND_MEMORY && to->bytes > 16) {
        store_256(ctx, ctx->insn.operands[1].number, aligned);
    } else if (to->kind == X86_OPERAND_MEMORY) {
        x86_write_xmm(ctx, 0, cpu_xmm[ctx->insn.operands[1].number], aligned);
    } else {
        X86Packed value = x86_packed_load(ctx, 1, aligned);

        x86_packed_write(ctx, 0, &value);
    }
    return true;
}

bool x86_MOVA(DisasContext *ctx)
{
    return gen_move(ctx, true);
}

bool x86_MOVU(DisasContext *ctx)
{
    return gen_move(ctx, false);
}

/* ---- Scalars ---- */

/* From memory: the rest of the register is cleared; from a register it stays. */
static bool gen_move_scalar(DisasContext *ctx, unsigned size)
{
    const X86Operand *to = &ctx->insn.operands[0], *from = &ctx->insn.operands[1];
    TCGv_i64 value = x86_read_scalar(ctx, 1, size);
    TCGv_vec t = new_vector();

    if (to->kind == X86_OPERAND_MEMORY) {
        x86_st(ctx, x86_linear_operand(ctx, 0, 1 << size, true), value, size);
        return true;
    }
    if (from->kind == X86_OPERAND_MEMORY) {
        t = with_low(value, NULL);
    } else {
        tcg_gen_insert_vec(size, t, cpu_xmm[to->number], value, 0);
    }
    x86_set_xmm(ctx, to->number, t);
    return true;
}

bool x86_MOVSS(DisasContext *ctx)
{
    return gen_move_scalar(ctx, MO_32);
}

bool x86_MOVSD_X(DisasContext *ctx)
{
    return gen_move_scalar(ctx, MO_64);
}

/* With general registers. */
bool x86_MOVD(DisasContext *ctx)
{
    unsigned kind = ctx->insn.operands[0].kind;

    if (kind == X86_OPERAND_XMM) {
        x86_set_xmm(ctx, destination(ctx), with_low(x86_read(ctx, 1), NULL));
    } else if (kind == X86_OPERAND_MMX) {
        TCGv_i64 value = x86_read(ctx, 1);

        x86_mmx_begin(ctx);
        x86_write_mmx(destination(ctx), value);
    } else {
        x86_write(ctx, 0, x86_read_scalar(ctx, 1, x86_size(ctx, 0)));
        if (x86_is_mmx(ctx, 1)) {
            x86_mmx_begin(ctx);
        }
    }
    return true;
}

/* 64 bits between mmx, or xmm, registers and memory: a register's upper half is cleared. */
bool x86_MOVQ(DisasContext *ctx)
{
    unsigned kind = ctx->insn.operands[0].kind;
    TCGv_i64 value = x86_read_scalar(ctx, 1, MO_64);

    if (kind == X86_OPERAND_MEMORY) {
        x86_st(ctx, x86_linear_operand(ctx, 0, 8, true), value, MO_64);
    }
    if (x86_is_mmx(ctx, 0) || x86_is_mmx(ctx, 1)) {
        x86_mmx_begin(ctx);
    }
    if (kind == X86_OPERAND_MMX) {
        x86_write_mmx(destination(ctx), value);
    } else if (kind == X86_OPERAND_XMM) {
        x86_set_xmm(ctx, destination(ctx), with_low(value, NULL));
    }
    return true;
}

bool x86_MOVQ2DQ(DisasContext *ctx)
{
    TCGv_i64 value = x86_read_mmx(ctx->insn.operands[1].number);

    x86_mmx_begin(ctx);
    x86_set_xmm(ctx, destination(ctx), with_low(value, NULL));
    return true;
}

bool x86_MOVDQ2Q(DisasContext *ctx)
{
    x86_mmx_begin(ctx);
    x86_write_mmx(destination(ctx), x86_half(cpu_xmm[ctx->insn.operands[1].number], 0));
    return true;
}

bool x86_MOVNTI(DisasContext *ctx)
{
    x86_write(ctx, 0, x86_read(ctx, 1));
    return true;
}

bool x86_EMMS(DisasContext *ctx)
{
    tcg_gen_st8_i32(tcg_constant_i32(0), tcg_env, offsetof(CPUX86State, fptop));
    tcg_gen_st8_i32(tcg_constant_i32(0xff), tcg_env, offsetof(CPUX86State, fptags));
    return true;
}

/* ---- Halves ---- */

/* One half from or to memory; the other one stays, or with VEX is the first source's. */
static bool gen_half(DisasContext *ctx, unsigned half)
{
    TCGv_vec t = new_vector();

    if (ctx->insn.operands[0].kind == X86_OPERAND_MEMORY) {
        x86_st(ctx, x86_linear_operand(ctx, 0, 8, true),
               x86_half(cpu_xmm[ctx->insn.operands[1].number], half), MO_64);
        return true;
    }
    tcg_gen_insert_vec(MO_64, t, cpu_xmm[ctx->insn.operands[x86_first_source(ctx)].number],
                       x86_ld(ctx, x86_linear_operand(ctx, 0, 8, false), MO_64), half);
    x86_set_xmm(ctx, destination(ctx), t);
    return true;
}

bool x86_MOVLP(DisasContext *ctx)
{
    return gen_half(ctx, 0);
}

bool x86_MOVHP(DisasContext *ctx)
{
    return gen_half(ctx, 1);
}

static bool gen_cross(DisasContext *ctx, unsigned from, unsigned to)
{
    TCGv_vec t = new_vector();

    tcg_gen_insert_vec(MO_64, t, cpu_xmm[ctx->insn.operands[x86_first_source(ctx)].number],
                       x86_half(cpu_xmm[ctx->insn.operands[x86_second_source(ctx)].number], from),
                       to);
    x86_set_xmm(ctx, destination(ctx), t);
    return true;
}

bool x86_MOVHLPS(DisasContext *ctx)
{
    return gen_cross(ctx, 1, 0);
}

bool x86_MOVLHPS(DisasContext *ctx)
{
    return gen_cross(ctx, 0, 1);
}

/* ---- Duplicates ---- */

static void double_elements(const X86Lane *l, bool odd)
{
    uint8_t index[16];

    for (unsigned i = 0; i < 16; i++) {
        index[i] = odd ? i | 1u << l->vece : i & ~(1u << l->vece);
    }
    x86_gen_shuffle(l->type, l->r, l->a, NULL, index);
}

static void even_elements(const X86Lane *l)
{
    double_elements(l, false);
}

static void odd_elements(const X86Lane *l)
{
    double_elements(l, true);
}

bool x86_MOVSLDUP(DisasContext *ctx)
{
    return x86_gen_lanes_unary(ctx, even_elements, MO_32);
}

bool x86_MOVSHDUP(DisasContext *ctx)
{
    return x86_gen_lanes_unary(ctx, odd_elements, MO_32);
}

bool x86_MOVDDUP(DisasContext *ctx)
{
    TCGv_vec t;

    if (ctx->insn.operands[0].bytes > 16) {
        return x86_gen_lanes_unary(ctx, even_elements, MO_64);
    }
    t = new_vector();
    tcg_gen_dup_i64_vec(MO_64, t, x86_read_scalar(ctx, 1, MO_64));
    x86_set_xmm(ctx, destination(ctx), t);
    return true;
}

/* ---- Single elements ---- */

/* The element that the immediate says gets a general register or memory. */
static bool gen_insert(DisasContext *ctx, unsigned size)
{
    unsigned from = x86_second_source(ctx);
    TCGv_i64 value = x86_read(ctx, from), old;
    TCGv_vec t = new_vector();

    if (x86_is_mmx(ctx, 0)) {
        x86_mmx_begin(ctx);
        old = x86_read_mmx(destination(ctx));
        tcg_gen_deposit_i64(old, old, value, (ctx->insn.imm & 3) * 16, 16);
        x86_write_mmx(destination(ctx), old);
        return true;
    }
    tcg_gen_insert_vec(size, t, cpu_xmm[ctx->insn.operands[x86_first_source(ctx)].number], value,
                       ctx->insn.imm & ((16 >> size) - 1));
    x86_set_xmm(ctx, destination(ctx), t);
    return true;
}

bool x86_PINSRB(DisasContext *ctx)
{
    return gen_insert(ctx, MO_8);
}

bool x86_PINSRW(DisasContext *ctx)
{
    return gen_insert(ctx, MO_16);
}

bool x86_PINSR(DisasContext *ctx)
{
    return gen_insert(ctx, x86_size(ctx, x86_second_source(ctx)));
}

static bool gen_extract(DisasContext *ctx, unsigned size)
{
    unsigned number = ctx->insn.operands[1].number;
    TCGv_i64 t = tcg_temp_new_i64();

    if (x86_is_mmx(ctx, 1)) {
        x86_mmx_begin(ctx);
        tcg_gen_extract_i64(t, x86_read_mmx(number), (ctx->insn.imm & 3) * 16, 16);
    } else {
        tcg_gen_extract_vec(size, t, cpu_xmm[number], ctx->insn.imm & ((16 >> size) - 1));
    }
    x86_write(ctx, 0, t);
    return true;
}

bool x86_PEXTRB(DisasContext *ctx)
{
    return gen_extract(ctx, MO_8);
}

bool x86_PEXTRW(DisasContext *ctx)
{
    return gen_extract(ctx, MO_16);
}

bool x86_PEXTR(DisasContext *ctx)
{
    return gen_extract(ctx, x86_size(ctx, 0));
}

bool x86_EXTRACTPS(DisasContext *ctx)
{
    return gen_extract(ctx, MO_32);
}

/* Immediate: bits 7:6 which element of a register (memory has one), 5:4 where to, 3:0 cleared. */
bool x86_INSERTPS(DisasContext *ctx)
{
    unsigned from = x86_second_source(ctx), imm = ctx->insn.imm;
    TCGv_vec t = new_vector();
    TCGv_i64 value;
    uint64_t keep[2];

    if (x86_is_memory(ctx, from)) {
        value = x86_read_scalar(ctx, from, MO_32);
    } else {
        value = tcg_temp_new_i64();
        tcg_gen_extract_vec(MO_32, value, cpu_xmm[ctx->insn.operands[from].number], imm >> 6 & 3);
    }
    for (unsigned i = 0; i < 2; i++) {
        keep[i] = (imm >> 2 * i & 1 ? 0 : UINT32_MAX) |
                  (imm >> 2 * i & 2 ? 0 : (uint64_t)UINT32_MAX << 32);
    }
    tcg_gen_insert_vec(MO_32, t, cpu_xmm[ctx->insn.operands[x86_first_source(ctx)].number], value,
                       imm >> 4 & 3);
    tcg_gen_and_vec(t, t, tcg_constant_v128(keep[0], keep[1]));
    x86_set_xmm(ctx, destination(ctx), t);
    return true;
}

/* ---- Bytes by a mask, to where rDI points ---- */

bool x86_MASKMOV(DisasContext *ctx)
{
    bool mmx = x86_is_mmx(ctx, 0);
    const X86Operand *value = &ctx->insn.operands[0], *mask = &ctx->insn.operands[1];
    TCGv_i64 address = x86_linear(ctx, ctx->insn.segment,
                                  x86_read_reg(ctx, ctx->insn.adsize, R_EDI), mmx ? 8 : 16, true);

    if (mmx) {
        gen_helper_x86_masked_store(tcg_env, address, x86_read_mmx(value->number), zero(),
                                    x86_read_mmx(mask->number), zero());
        x86_mmx_begin(ctx);
    } else {
        gen_helper_x86_masked_store(
            tcg_env, address, x86_half(cpu_xmm[value->number], 0),
            x86_half(cpu_xmm[value->number], 1), x86_half(cpu_xmm[mask->number], 0),
            x86_half(cpu_xmm[mask->number], 1));
    }
    return true;
}

/* ---- MXCSR ---- */

/* Translated code depends on it. */
bool x86_LDMXCSR(DisasContext *ctx)
{
    TCGv_i32 value = tcg_temp_new_i32();

    tcg_gen_extrl_i64_i32(value, x86_read(ctx, 0));
    gen_helper_x86_ldmxcsr(tcg_env, value);
    if (ctx->step) {
        ctx->base.is_jmp = DISAS_LOOP;
        return true;
    }
    x86_leave_if_hflags_changed(ctx); /* as a rule it has the same short form as before */
    return true;
}

bool x86_STMXCSR(DisasContext *ctx)
{
    TCGv_i32 value = tcg_temp_new_i32();
    TCGv_i64 t = tcg_temp_new_i64();

    gen_helper_x86_read_mxcsr(value, tcg_env);
    tcg_gen_extu_i32_i64(t, value);
    x86_write(ctx, 0, t);
    return true;
}
