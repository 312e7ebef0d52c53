/*
 * x86 translator: from vectors to flags and general registers: tests, masks, strings.
 *
 * Reference: SDM volume 1, chapters 9 to 12; volume 2, each instruction.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/sse.h"
#include "target/i386/translate-sse.h"
#include "x86-opcodes.h"

/* ---- To flags and general registers ---- */

/* ZF: nothing is in both; CF: nothing is in the second operand only. Other flags are cleared. */
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
    if (x86_uses_mmx(ctx)) {
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

/* ---- Strings ---- */

/* A length in a general register: its magnitude, up to the number of characters. */
static TCGv_i64 explicit_length(DisasContext *ctx, unsigned reg)
{
    TCGv_i64 length = tcg_temp_new_i64();
    unsigned size = ctx->insn.rex & 8 ? MO_64 : MO_32;

    tcg_gen_mov_i64(length, x86_extend(size, cpu_regs[reg], true));
    tcg_gen_abs_i64(length, length);
    tcg_gen_umin_i64(length, length, tcg_constant_i64(16));
    return length;
}

/* The helper gives an index and the flags, or a mask. One word says what is asked for. */
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
    TCGv_vec mask = x86_new_lane(TCG_TYPE_V128);

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
