/*
 * x86 translator: operands. Registers of all widths, addresses and their segments, memory, the stack.
 *
 * Reference: SDM volume 1, 3.4 (registers), 3.7 (addressing), 6.2 (stack); volume 3, 5.3 (limits).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate.h"

static const X86Operand *operand(const DisasContext *ctx, unsigned n)
{
    return &ctx->insn.operands[n];
}

unsigned x86_size(const DisasContext *ctx, unsigned n)
{
    return operand(ctx, n)->size;
}

bool x86_is_memory(const DisasContext *ctx, unsigned n)
{
    return operand(ctx, n)->kind == X86_OPERAND_MEMORY;
}

TCGv_i64 x86_copy(TCGv_i64 value)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_mov_i64(t, value);
    return t;
}

TCGv_i64 x86_extend(unsigned size, TCGv_i64 value, bool is_signed)
{
    static void (*const extend[][2])(TCGv_i64, TCGv_i64) = {
        [MO_8] = { tcg_gen_ext8u_i64, tcg_gen_ext8s_i64 },
        [MO_16] = { tcg_gen_ext16u_i64, tcg_gen_ext16s_i64 },
        [MO_32] = { tcg_gen_ext32u_i64, tcg_gen_ext32s_i64 },
    };
    TCGv_i64 t;

    if (size == MO_64) {
        return value;
    }
    t = tcg_temp_new_i64();
    extend[size][is_signed](t, value);
    return t;
}

/* ---- General registers ---- */

/* AH, CH, DH and BH. */
static bool is_high_byte(const DisasContext *ctx, unsigned size, unsigned number)
{
    return size == MO_8 && !ctx->insn.has_rex && !ctx->insn.vex && number >= 4 && number < 8;
}

static TCGv_i64 read_reg(DisasContext *ctx, unsigned size, unsigned number, bool is_signed)
{
    TCGv_i64 t;

    if (!is_high_byte(ctx, size, number)) {
        return x86_extend(size, cpu_regs[number], is_signed);
    }
    t = tcg_temp_new_i64();
    if (is_signed) {
        tcg_gen_sextract_i64(t, cpu_regs[number - 4], 8, 8);
    } else {
        tcg_gen_extract_i64(t, cpu_regs[number - 4], 8, 8);
    }
    return t;
}

TCGv_i64 x86_read_reg(DisasContext *ctx, unsigned size, unsigned number)
{
    return read_reg(ctx, size, number, false);
}

static void deposit_reg(unsigned number, TCGv_i64 value, unsigned shift, unsigned bits)
{
    tcg_gen_deposit_i64(cpu_regs[number], cpu_regs[number], value, shift, bits);
}

void x86_write_reg(DisasContext *ctx, unsigned size, unsigned number, TCGv_i64 value)
{
    ctx->pending.written |= 1u << (is_high_byte(ctx, size, number) ? number - 4 : number);
    if (size == MO_64) {
        tcg_gen_mov_i64(cpu_regs[number], value);
    } else if (size == MO_32) {
        tcg_gen_ext32u_i64(cpu_regs[number], value);
    } else if (is_high_byte(ctx, size, number)) {
        deposit_reg(number - 4, value, 8, 8);
    } else {
        deposit_reg(number, value, 0, 8 << size);
    }
}

/* ---- Addresses ---- */

/* Cut to the address size. */
static void cut_address(TCGv_i64 address, unsigned size)
{
    if (size == MO_16) {
        tcg_gen_ext16u_i64(address, address);
    } else if (size == MO_32) {
        tcg_gen_ext32u_i64(address, address);
    }
}

TCGv_i64 x86_effective_address(DisasContext *ctx)
{
    const X86Insn *i = &ctx->insn;
    TCGv_i64 a, scaled;

    if (ctx->address) {
        return ctx->address;
    }
    a = tcg_temp_new_i64();
    if (i->rip_relative) {
        tcg_gen_movi_i64(a, x86_next_eip(ctx) + i->disp);
    } else if (i->base < 0 && i->index < 0) {
        tcg_gen_movi_i64(a, i->disp);
    } else if (i->index < 0) {
        tcg_gen_addi_i64(a, cpu_regs[i->base], i->disp);
    } else {
        tcg_gen_shli_i64(a, cpu_regs[i->index], i->scale);
        if (i->base >= 0) {
            scaled = a;
            a = tcg_temp_new_i64();
            tcg_gen_add_i64(a, cpu_regs[i->base], scaled);
        }
        tcg_gen_addi_i64(a, a, i->disp);
    }
    cut_address(a, i->adsize);
    ctx->address = a;
    return a;
}

DEF_HELPER_FLAGS_3(x86_check_segment, TCG_CALL_NO_WG, void, env, i64, i32)

/*
 * An access at `offset` to a segment that isn't the whole address space. What `info` says to the
 * helper: the segment, 1 << 3 for a write, the bytes << 4.
 */
static void check_segment(DisasContext *ctx, unsigned seg, TCGv_i64 offset, unsigned bytes, bool write)
{
    unsigned vector = seg == R_SS ? EXCP_SS : EXCP_GP;
    TCGv_i64 last, limit;

    if ((ctx->hflags & X86_HF_PE) && !(ctx->hflags & X86_HF_VM)) {
        gen_helper_x86_check_segment(tcg_env, offset,
                                     tcg_constant_i32(seg | write << 3 | bytes << 4));
        return;
    }
    last = tcg_temp_new_i64();
    limit = tcg_temp_new_i64();
    tcg_gen_addi_i64(last, offset, bytes - 1);
    tcg_gen_ld32u_i64(limit, tcg_env, offsetof(CPUX86State, segs[seg].limit));
    tcg_gen_brcond_i64(TCG_COND_GTU, last, limit, x86_fault_label(ctx, vector, 0));
}

void helper_x86_check_segment(CPUX86State *env, uint64_t offset, uint32_t info)
{
    unsigned seg = info & 7, attributes = env->segs[seg].attributes;
    bool write = info >> 3 & 1, code = attributes & SEG_CODE, inside;
    uint64_t last = offset + (info >> 4) - 1, limit = env->segs[seg].limit;

    if (!code && (attributes & SEG_EXPAND_DOWN)) {
        inside = offset > limit && last <= (attributes & SEG_DB ? UINT32_MAX : UINT16_MAX);
    } else {
        inside = last <= limit;
    }
    /* Code is never written, and read if it says so; data is always read. */
    if (!inside || !(attributes & SEG_P) || (write && (code || !(attributes & SEG_WRITABLE))) ||
        (code && !(attributes & SEG_READABLE))) {
        x86_raise_error(env, seg == R_SS ? EXCP_SS : EXCP_GP, 0, GETPC());
    }
}

TCGv_i64 x86_linear(DisasContext *ctx, unsigned seg, TCGv_i64 offset, unsigned bytes, bool write)
{
    TCGv_i64 t;

    if (!(ctx->hflags & X86_HF_UNCHECKED(seg))) {
        check_segment(ctx, seg, offset, bytes, write);
    }
    if (seg < R_FS && (ctx->hflags & X86_HF_BASE_0)) {
        return offset;
    }
    t = tcg_temp_new_i64();
    tcg_gen_add_i64(t, cpu_seg_base[seg], offset);
    if (!ctx->code64) {
        tcg_gen_ext32u_i64(t, t);
    }
    return t;
}

TCGv_i64 x86_linear_operand(DisasContext *ctx, unsigned plus, unsigned bytes, bool write)
{
    TCGv_i64 offset = x86_effective_address(ctx);

    if (plus) {
        TCGv_i64 t = tcg_temp_new_i64();

        tcg_gen_addi_i64(t, offset, plus);
        cut_address(t, ctx->insn.adsize);
        offset = t;
    }
    return x86_linear(ctx, ctx->insn.segment, offset, bytes, write);
}

/* ---- Memory ---- */

static MemOp memop(const DisasContext *ctx, unsigned size, bool stack)
{
    return size | (ctx->hflags & X86_HF_ALIGN ? MO_ALIGN : 0) | (stack ? MO_STACK : 0);
}

static TCGv_i64 load(DisasContext *ctx, TCGv_i64 linear, unsigned size, MemOp extra)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_qemu_ld_i64(t, linear, ctx->mmu_idx, memop(ctx, size, false) | extra);
    return t;
}

TCGv_i64 x86_ld(DisasContext *ctx, TCGv_i64 linear, unsigned size)
{
    return load(ctx, linear, size, 0);
}

void x86_st(DisasContext *ctx, TCGv_i64 linear, TCGv_i64 value, unsigned size)
{
    tcg_gen_qemu_st_i64(value, linear, ctx->mmu_idx, memop(ctx, size, false));
}

/* Memory operands based on the stack pointer, or on the frame pointer, are found on the stack. */
static MemOp operand_hint(const DisasContext *ctx)
{
    return ctx->insn.base == R_ESP || ctx->insn.base == R_EBP ? MO_STACK : 0;
}

static TCGv_i64 read_operand(DisasContext *ctx, unsigned n, bool is_signed)
{
    const X86Operand *o = operand(ctx, n);

    switch (o->kind) {
    case X86_OPERAND_GPR:
        return read_reg(ctx, o->size, o->number, is_signed);
    case X86_OPERAND_MEMORY:
        return load(ctx, x86_linear_operand(ctx, 0, 1 << o->size, false), o->size,
                    operand_hint(ctx) | (is_signed && o->size != MO_64 ? MO_SIGN : 0));
    case X86_OPERAND_IMM: {
        bool second = n > 0 && operand(ctx, n - 1)->kind == X86_OPERAND_IMM;

        return x86_extend(o->size, tcg_constant_i64(second ? ctx->insn.imm2 : ctx->insn.imm),
                          is_signed);
    }
    default:
        g_assert_not_reached();
    }
}

TCGv_i64 x86_read(DisasContext *ctx, unsigned n)
{
    return read_operand(ctx, n, false);
}

TCGv_i64 x86_read_signed(DisasContext *ctx, unsigned n)
{
    return read_operand(ctx, n, true);
}

void x86_write(DisasContext *ctx, unsigned n, TCGv_i64 value)
{
    const X86Operand *o = operand(ctx, n);

    if (o->kind == X86_OPERAND_GPR) {
        x86_write_reg(ctx, o->size, o->number, value);
        return;
    }
    g_assert(o->kind == X86_OPERAND_MEMORY);
    tcg_gen_qemu_st_i64(value, x86_linear_operand(ctx, 0, 1 << o->size, true), ctx->mmu_idx,
                        memop(ctx, o->size, operand_hint(ctx)));
}

/* ---- The stack ---- */

unsigned x86_stack_size(const DisasContext *ctx)
{
    return ctx->insn.opsize;
}

static unsigned stack_address_size(const DisasContext *ctx)
{
    return ctx->code64 ? MO_64 : ctx->hflags & X86_HF_SS32 ? MO_32 : MO_16;
}

static TCGv_i64 stack_slot(DisasContext *ctx, int offset, unsigned size, bool write)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_addi_i64(t, cpu_regs[R_ESP], offset);
    cut_address(t, stack_address_size(ctx));
    return x86_linear(ctx, R_SS, t, 1 << size, write);
}

TCGv_i64 x86_stack_load(DisasContext *ctx, int offset, unsigned size)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_qemu_ld_i64(t, stack_slot(ctx, offset, size, false), ctx->mmu_idx,
                        memop(ctx, size, true));
    return t;
}

void x86_stack_store(DisasContext *ctx, int offset, TCGv_i64 value, unsigned size)
{
    tcg_gen_qemu_st_i64(value, stack_slot(ctx, offset, size, true), ctx->mmu_idx,
                        memop(ctx, size, true));
}

void x86_stack_move(DisasContext *ctx, int64_t bytes)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_addi_i64(t, cpu_regs[R_ESP], bytes);
    x86_write_reg(ctx, stack_address_size(ctx), R_ESP, t);
}

void x86_push(DisasContext *ctx, TCGv_i64 value, unsigned size)
{
    x86_stack_store(ctx, -(1 << size), value, size);
    x86_stack_move(ctx, -(1 << size));
}

/* ---- Vectors ---- */

/* #GP(0) unless the address is a multiple of 16. */
static void check_vector_address(DisasContext *ctx, TCGv_i64 linear)
{
    TCGv_i64 low = tcg_temp_new_i64();

    tcg_gen_andi_i64(low, linear, 15);
    tcg_gen_brcondi_i64(TCG_COND_NE, low, 0, x86_fault_label(ctx, EXCP_GP, 0));
}

static TCGv_i64 vector_address(DisasContext *ctx, bool aligned, bool write)
{
    TCGv_i64 linear = x86_linear_operand(ctx, 0, 16, write);

    if (aligned) {
        check_vector_address(ctx, linear);
    }
    return linear;
}

TCGv_vec x86_read_xmm(DisasContext *ctx, unsigned n, bool aligned)
{
    const X86Operand *o = operand(ctx, n);
    TCGv_vec v;

    if (o->kind == X86_OPERAND_XMM) {
        return cpu_xmm[o->number];
    }
    v = tcg_temp_new_vec(TCG_TYPE_V128);
    if (o->bytes < 16) {
        tcg_gen_concat_i64_vec(v, x86_read_scalar(ctx, n, ctz32(o->bytes)), tcg_constant_i64(0));
    } else {
        tcg_gen_qemu_ld_vec(v, vector_address(ctx, aligned, false), ctx->mmu_idx, MO_128);
    }
    return v;
}

TCGv_i64 x86_read_scalar(DisasContext *ctx, unsigned n, unsigned size)
{
    const X86Operand *o = operand(ctx, n);
    TCGv_i64 t = tcg_temp_new_i64();
    intptr_t mmx = offsetof(CPUX86State, fpregs) + o->number * sizeof(X86Float80) +
                   offsetof(X86Float80, significand);

    switch (o->kind) {
    case X86_OPERAND_XMM:
        tcg_gen_extract_vec(size, t, cpu_xmm[o->number], 0);
        return t;
    case X86_OPERAND_MMX:
        if (size == MO_64) {
            tcg_gen_ld_i64(t, tcg_env, mmx);
        } else {
            tcg_gen_ld32u_i64(t, tcg_env, mmx);
        }
        return t;
    default:
        return load(ctx, x86_linear_operand(ctx, 0, 1 << size, false), size, operand_hint(ctx));
    }
}

void x86_write_xmm(DisasContext *ctx, unsigned n, TCGv_vec value, bool aligned)
{
    const X86Operand *o = operand(ctx, n);

    if (o->kind == X86_OPERAND_XMM) {
        tcg_gen_mov_vec(cpu_xmm[o->number], value);
    } else {
        tcg_gen_qemu_st_vec(value, vector_address(ctx, aligned, true), ctx->mmu_idx, MO_128);
    }
}
