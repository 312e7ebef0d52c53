/*
 * x86 translator: conversions between integers and SSE's floating point, and between its formats.
 *
 * Reference: SDM volume 1, 11.4.1.6; volume 2, each instruction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-sse-float.h"
#include "x86-opcodes.h"

/* Scalars: what is below the result stays; from an integer in a general register or memory. */
bool x86_CVTSS2SD(DisasContext *ctx)
{
    return x86_gen_float_scalar(ctx, X86_FLOAT_TO_FLOAT, false, 0);
}

bool x86_CVTSD2SS(DisasContext *ctx)
{
    return x86_gen_float_scalar(ctx, X86_FLOAT_TO_FLOAT, true, 0);
}

static bool gen_from_general(DisasContext *ctx, bool is_double)
{
    unsigned n = x86_second_source(ctx);
    TCGv_vec rest = cpu_xmm[ctx->insn.operands[x86_first_source(ctx)].number];

    x86_set_xmm(ctx, ctx->insn.operands[0].number,
                x86_gen_float_from_int(ctx, is_double, x86_size(ctx, n) == MO_64, x86_read(ctx, n),
                                       rest));
    return true;
}

bool x86_CVTSI2SS(DisasContext *ctx)
{
    return gen_from_general(ctx, false);
}

bool x86_CVTSI2SD(DisasContext *ctx)
{
    return gen_from_general(ctx, true);
}

static bool gen_to_general(DisasContext *ctx, bool is_double, bool cut_off)
{
    TCGv_vec v = x86_float_operand(ctx, 1, is_double ? MO_64 : MO_32);

    x86_write(ctx, 0,
              x86_gen_float_to_int(ctx, is_double, x86_size(ctx, 0) == MO_64, cut_off, v));
    return true;
}

bool x86_CVTSS2SI(DisasContext *ctx)
{
    return gen_to_general(ctx, false, false);
}

bool x86_CVTSD2SI(DisasContext *ctx)
{
    return gen_to_general(ctx, true, false);
}

bool x86_CVTTSS2SI(DisasContext *ctx)
{
    return gen_to_general(ctx, false, true);
}

bool x86_CVTTSD2SI(DisasContext *ctx)
{
    return gen_to_general(ctx, true, true);
}

#define CONVERT_SAME(name, op, is_double, imm)                                                     \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        return x86_gen_float_packed(ctx, op, is_double, imm, true);                                \
    }
CONVERT_SAME(CVTDQ2PS, X86_FLOAT_FROM_INT32, false, 0)
CONVERT_SAME(CVTPS2DQ, X86_FLOAT_TO_INT32, false, 0)
CONVERT_SAME(CVTTPS2DQ, X86_FLOAT_TO_INT32, false, 1)

/*
 * Two elements of 32 bits to two of 64; the other way round the upper half is cleared. With 256
 * bits two more: from or to the upper half of the operand that has 128.
 */
static bool gen_convert_two(DisasContext *ctx, X86FloatOp op, bool is_double, unsigned imm)
{
    X86Packed b = { TCG_TYPE_V128, 1, { NULL, NULL } }, r = b;
    bool narrow = op != X86_FLOAT_FROM_INT32 && is_double;

    if (!ctx->insn.vex_l || narrow) {
        b = ctx->insn.operands[1].bytes < 16
                ? (X86Packed){ TCG_TYPE_V128, 1, { x86_read_xmm(ctx, 1, false), NULL } }
                : x86_packed_read(ctx, 1);
    } else {
        b.lane[0] = x86_read_xmm(ctx, 1, false);
        b.lane[1] = x86_new_lane(TCG_TYPE_V128);
        b.lanes = 2;
        tcg_gen_concat_i64_vec(b.lane[1], x86_half(b.lane[0], 1), tcg_constant_i64(0));
    }
    for (unsigned i = 0; i < b.lanes; i++) {
        r.lane[i] = x86_gen_float(ctx, op, is_double, 2, imm, x86_zero_lane(TCG_TYPE_V128),
                                  b.lane[i]);
    }
    if (!narrow) {
        r.lanes = b.lanes;
    } else if (b.lanes == 2) {
        tcg_gen_insert_vec(MO_64, r.lane[0], r.lane[0], x86_half(r.lane[1], 0), 1);
    }
    x86_packed_write(ctx, 0, &r);
    return true;
}

#define CONVERT_TWO(name, op, is_double, imm)                                                      \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        return gen_convert_two(ctx, op, is_double, imm);                                           \
    }
CONVERT_TWO(CVTPS2PD, X86_FLOAT_TO_FLOAT, false, 0)
CONVERT_TWO(CVTPD2PS, X86_FLOAT_TO_FLOAT, true, 0)
CONVERT_TWO(CVTDQ2PD, X86_FLOAT_FROM_INT32, true, 0)
CONVERT_TWO(CVTPD2DQ, X86_FLOAT_TO_INT32, true, 0)
CONVERT_TWO(CVTTPD2DQ, X86_FLOAT_TO_INT32, true, 1)

/* Two integers of an mmx register (memory doesn't touch the x87, for doubles), or to one. */
static bool gen_from_mmx(DisasContext *ctx, bool is_double)
{
    TCGv_vec b = x86_new_lane(TCG_TYPE_V128), a = cpu_xmm[ctx->insn.operands[0].number], r;

    x86_check_fpu_pending(ctx);
    tcg_gen_concat_i64_vec(b, x86_read_scalar(ctx, 1, MO_64), tcg_constant_i64(0));
    r = x86_gen_float(ctx, X86_FLOAT_FROM_INT32, is_double, 2, 0, a, b);
    if (!is_double || x86_is_mmx(ctx, 1)) {
        x86_mmx_begin(ctx);
    }
    x86_set_xmm(ctx, ctx->insn.operands[0].number, r);
    return true;
}

bool x86_CVTPI2PS(DisasContext *ctx)
{
    return gen_from_mmx(ctx, false);
}

bool x86_CVTPI2PD(DisasContext *ctx)
{
    return gen_from_mmx(ctx, true);
}

static bool gen_to_mmx(DisasContext *ctx, bool is_double, bool cut_off)
{
    TCGv_vec b, r;

    x86_check_fpu_pending(ctx);
    b = x86_read_xmm(ctx, 1, is_double);
    r = x86_gen_float(ctx, X86_FLOAT_TO_INT32, is_double, 2, cut_off,
                      x86_zero_lane(TCG_TYPE_V128), b);
    x86_mmx_begin(ctx);
    x86_write_mmx(ctx->insn.operands[0].number, x86_half(r, 0));
    return true;
}

bool x86_CVTPS2PI(DisasContext *ctx)
{
    return gen_to_mmx(ctx, false, false);
}

bool x86_CVTPD2PI(DisasContext *ctx)
{
    return gen_to_mmx(ctx, true, false);
}

bool x86_CVTTPS2PI(DisasContext *ctx)
{
    return gen_to_mmx(ctx, false, true);
}

bool x86_CVTTPD2PI(DisasContext *ctx)
{
    return gen_to_mmx(ctx, true, true);
}
