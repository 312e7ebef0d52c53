/*
 * x86 translator: AMD's SSE4A, bit fields of an xmm register's low half. Its two stores are SSE's.
 *
 * What the manual leaves undefined is what AMD's CPUs do: the upper half becomes 0, and of a field
 * that reaches beyond 64 bits there is what lies within.
 *
 * Reference: AMD64 Architecture Programmer's Manual volume 4, EXTRQ, INSERTQ.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-sse.h"
#include "x86-opcodes.h"

/* Where the field is: `shift` bits from the lowest on, and as many ones as it has bits. */
typedef struct Field {
    TCGv_i64 shift, ones;
} Field;

static Field constant_field(const DisasContext *ctx)
{
    unsigned length = ctx->insn.imm & 63;

    return (Field){ tcg_constant_i64(ctx->insn.imm2 & 63),
                    tcg_constant_i64(UINT64_MAX >> (-length & 63)) };
}

/* As the bits of a register say: length in 5 to 0, place in 13 to 8. A length of 0 is 64. */
static Field field_in(TCGv_i64 control)
{
    Field f = { tcg_temp_new_i64(), tcg_temp_new_i64() };

    tcg_gen_neg_i64(f.ones, control);
    tcg_gen_andi_i64(f.ones, f.ones, 63);
    tcg_gen_shr_i64(f.ones, tcg_constant_i64(-1), f.ones);
    tcg_gen_extract_i64(f.shift, control, 8, 6);
    return f;
}

static unsigned xmm(const DisasContext *ctx, unsigned n)
{
    return ctx->insn.operands[n].number;
}

static void set_low(DisasContext *ctx, TCGv_i64 low)
{
    TCGv_vec value = x86_new_lane(TCG_TYPE_V128);

    tcg_gen_concat_i64_vec(value, low, tcg_constant_i64(0));
    x86_set_xmm(ctx, xmm(ctx, 0), value);
}

bool x86_EXTRQ(DisasContext *ctx)
{
    bool in_register = ctx->insn.operands[1].kind == X86_OPERAND_XMM;
    Field f = in_register ? field_in(x86_half(cpu_xmm[xmm(ctx, 1)], 0)) : constant_field(ctx);
    TCGv_i64 low = x86_half(cpu_xmm[xmm(ctx, 0)], 0);

    tcg_gen_shr_i64(low, low, f.shift);
    tcg_gen_and_i64(low, low, f.ones);
    set_low(ctx, low);
    return true;
}

bool x86_INSERTQ(DisasContext *ctx)
{
    bool in_register = ctx->insn.operands[2].kind == X86_OPERAND_NONE;
    TCGv_vec source = cpu_xmm[xmm(ctx, 1)];
    Field f = in_register ? field_in(x86_half(source, 1)) : constant_field(ctx);
    TCGv_i64 low = x86_half(cpu_xmm[xmm(ctx, 0)], 0), bits = x86_half(source, 0);
    TCGv_i64 place = tcg_temp_new_i64();

    tcg_gen_and_i64(bits, bits, f.ones);
    tcg_gen_shl_i64(bits, bits, f.shift);
    tcg_gen_shl_i64(place, f.ones, f.shift);
    tcg_gen_andc_i64(low, low, place);
    tcg_gen_or_i64(low, low, bits);
    set_low(ctx, low);
    return true;
}
