/*
 * x86 translator: single bits, bit counts, bit fields; CRC32.
 *
 * Reference: SDM volume 2, the instructions' pages.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-integer.h"

/* ---- BT, BTS, BTR, BTC ---- */

/* In memory a bit number from a register reaches beyond the operand, in both directions: the
 * effective address moves by as many operands. */
static void move_to_bit(DisasContext *ctx, unsigned size)
{
    TCGv_i64 address = x86_effective_address(ctx), t = new_i64();

    tcg_gen_sari_i64(t, x86_read_signed(ctx, 1), 3 + size);
    tcg_gen_shli_i64(t, t, size);
    tcg_gen_add_i64(t, t, address);
    ctx->address = x86_extend(ctx->insn.adsize, t, false);
}

/* What becomes of the operand; `mask` has the bit set. */
typedef struct BitChange {
    void (*plain)(TCGv_i64 ret, TCGv_i64 a, TCGv_i64 mask);
    void (*atomic)(TCGv_i64 ret, TCGv_addr addr, TCGv_i64 value, unsigned mmu_idx, MemOp op);
    bool inverted; /* the atomic operation's mask */
} BitChange;

static const BitChange set_bit = { tcg_gen_or_i64, tcg_gen_atomic_fetch_or_i64, false };
static const BitChange clear_bit = { tcg_gen_andc_i64, tcg_gen_atomic_fetch_and_i64, true };
static const BitChange invert_bit = { tcg_gen_xor_i64, tcg_gen_atomic_fetch_xor_i64, false };

/* CF is the bit as it was, ZF stays; the other flags are undefined. */
static bool gen_bit(DisasContext *ctx, const BitChange *change)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 bit = new_i64(), mask = new_i64(), result = new_i64(), value;

    if (x86_is_memory(ctx, 0) && !is_immediate(ctx, 1)) {
        move_to_bit(ctx, size);
    }
    tcg_gen_andi_i64(bit, read_source(ctx, 1, is_immediate(ctx, 1) ? MO_8 : size),
                     bits_of(size) - 1);
    tcg_gen_shl_i64(mask, constant(1), bit);
    if (is_locked(ctx) && change) {
        value = new_i64();
        if (change->inverted) {
            tcg_gen_not_i64(mask, mask);
        }
        change->atomic(value, x86_linear_operand(ctx, 0, 1u << size, true), mask, ctx->mmu_idx,
                       size);
    } else {
        value = x86_copy(x86_read(ctx, 0));
        if (change) {
            change->plain(result, value, mask);
            x86_write(ctx, 0, result);
        }
    }
    tcg_gen_shr_i64(value, value, bit);
    tcg_gen_andi_i64(value, value, 1);
    x86_set_carry(ctx, value);
    return true;
}

bool x86_BT(DisasContext *ctx)
{
    return gen_bit(ctx, NULL);
}

bool x86_BTS(DisasContext *ctx)
{
    return gen_bit(ctx, &set_bit);
}

bool x86_BTR(DisasContext *ctx)
{
    return gen_bit(ctx, &clear_bit);
}

bool x86_BTC(DisasContext *ctx)
{
    return gen_bit(ctx, &invert_bit);
}

/* ---- Counting ---- */

/* Leading zeros within the operand; of 0 its width. */
static TCGv_i64 leading_zeros(unsigned size, TCGv_i64 value)
{
    TCGv_i64 t = new_i64();

    tcg_gen_clzi_i64(t, value, 64);
    tcg_gen_subi_i64(t, t, 64 - bits_of(size));
    return t;
}

/* A scan of 0 leaves the destination alone; ZF tells. The flags that are undefined are those of the
 * source. */
static bool finish_scan(DisasContext *ctx, TCGv_i64 source, TCGv_i64 found)
{
    x86_write_reg_if(ctx, TCG_COND_NE, source, constant(0), x86_size(ctx, 0),
                     ctx->insn.operands[0].number, found);
    x86_flags_of_logic(ctx, x86_size(ctx, 0), source);
    return true;
}

bool x86_BSF(DisasContext *ctx)
{
    TCGv_i64 source = x86_copy(x86_read(ctx, 1)), found = new_i64();

    tcg_gen_ctzi_i64(found, source, 64);
    return finish_scan(ctx, source, found);
}

bool x86_BSR(DisasContext *ctx)
{
    TCGv_i64 source = x86_copy(x86_read(ctx, 1)), found = new_i64();

    tcg_gen_clzi_i64(found, source, 64);
    tcg_gen_subfi_i64(found, 63, found);
    return finish_scan(ctx, source, found);
}

/* CF: the source was 0; ZF: the result is. */
static bool finish_count(DisasContext *ctx, TCGv_i64 source, TCGv_i64 count)
{
    TCGv_i64 zero = new_i64();

    x86_write(ctx, 0, count);
    tcg_gen_setcondi_i64(TCG_COND_EQ, zero, source, 0);
    x86_set_carry(ctx, zero);
    tcg_gen_mov_i64(cpu_fz, count);
    return true;
}

/* A CPU without it takes it for BSF with a prefix. */
bool x86_TZCNT(DisasContext *ctx)
{
    TCGv_i64 source, count = new_i64();

    if (!x86_ctx_has(ctx, X86_FEATURE_BMI1)) {
        return x86_BSF(ctx);
    }
    source = x86_copy(x86_read(ctx, 1));
    tcg_gen_ctzi_i64(count, source, bits_of(x86_size(ctx, 1)));
    return finish_count(ctx, source, count);
}

/* Likewise, for BSR. */
bool x86_LZCNT(DisasContext *ctx)
{
    TCGv_i64 source;

    if (!x86_ctx_has(ctx, X86_FEATURE_ABM)) {
        return x86_BSR(ctx);
    }
    source = x86_copy(x86_read(ctx, 1));
    return finish_count(ctx, source, leading_zeros(x86_size(ctx, 1), source));
}

/* All flags are clear but ZF. */
bool x86_POPCNT(DisasContext *ctx)
{
    TCGv_i64 source = x86_copy(x86_read(ctx, 1)), count = new_i64();

    tcg_gen_ctpop_i64(count, source);
    x86_write(ctx, 0, count);
    tcg_gen_mov_i64(cpu_fz, source);
    tcg_gen_movi_i64(cpu_fs, 1);
    x86_set_carry(ctx, constant(0));
    return true;
}

/* ---- BMI1 ---- */

/* ZF and SF of the result and OF clear; PF and AF are undefined. CF is set afterwards. */
static void bmi_flags(DisasContext *ctx, unsigned size, TCGv_i64 result)
{
    x86_flags_of_logic(ctx, size, result);
}

static void bmi_carry(DisasContext *ctx, TCGCond cond, TCGv_i64 a, TCGv_i64 b)
{
    TCGv_i64 carry = new_i64();

    x86_write_pending_flags(ctx);
    tcg_gen_setcond_i64(cond, carry, a, b);
    x86_set_carry(ctx, carry);
}

bool x86_ANDN(DisasContext *ctx)
{
    TCGv_i64 b = x86_read(ctx, 2), result = new_i64();

    tcg_gen_andc_i64(result, b, x86_read(ctx, 1));
    x86_write(ctx, 0, result);
    bmi_flags(ctx, x86_size(ctx, 0), result);
    return true;
}

/* The three that do something about the lowest set bit. CF: whether the source was 0, or wasn't. */
static bool gen_lowest_bit(DisasContext *ctx, TCGCond carry,
                           void (*combine)(TCGv_i64 ret, TCGv_i64 a, TCGv_i64 b), bool negated)
{
    TCGv_i64 source = x86_copy(x86_read(ctx, 1)), result = new_i64();

    if (negated) {
        tcg_gen_neg_i64(result, source);
    } else {
        tcg_gen_subi_i64(result, source, 1);
    }
    combine(result, result, source);
    x86_write(ctx, 0, result);
    bmi_flags(ctx, x86_size(ctx, 0), result);
    bmi_carry(ctx, carry, source, constant(0));
    return true;
}

bool x86_BLSR(DisasContext *ctx)
{
    return gen_lowest_bit(ctx, TCG_COND_EQ, tcg_gen_and_i64, false);
}

bool x86_BLSMSK(DisasContext *ctx)
{
    return gen_lowest_bit(ctx, TCG_COND_EQ, tcg_gen_xor_i64, false);
}

bool x86_BLSI(DisasContext *ctx)
{
    return gen_lowest_bit(ctx, TCG_COND_NE, tcg_gen_and_i64, true);
}

/* value with the bits from `length`, 0 to 255, on cleared. */
static TCGv_i64 low_bits(TCGv_i64 value, TCGv_i64 length)
{
    TCGv_i64 mask = new_i64(), result = new_i64(), below = new_i64();

    tcg_gen_andi_i64(below, length, 63);
    tcg_gen_shl_i64(mask, constant(-1), below);
    tcg_gen_andc_i64(mask, value, mask);
    tcg_gen_movcond_i64(TCG_COND_LTU, result, length, constant(64), mask, value);
    return result;
}

bool x86_BEXTR(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 value = x86_copy(x86_read(ctx, 1)), control = x86_copy(x86_read(ctx, 2));
    TCGv_i64 start = new_i64(), length = new_i64(), below = new_i64(), result;

    tcg_gen_ext8u_i64(start, control);
    tcg_gen_extract_i64(length, control, 8, 8);
    tcg_gen_andi_i64(below, start, 63);
    tcg_gen_shr_i64(value, value, below);
    tcg_gen_movcond_i64(TCG_COND_LTU, value, start, constant(64), value, constant(0));
    result = low_bits(value, length);
    x86_write(ctx, 0, result);
    bmi_flags(ctx, size, result);
    return true;
}

/* ---- BMI2 ---- */

/* CF: there was nothing to clear. */
bool x86_BZHI(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 value = x86_copy(x86_read(ctx, 1)), length = new_i64(), result;

    tcg_gen_ext8u_i64(length, x86_read(ctx, 2));
    result = low_bits(value, length);
    x86_write(ctx, 0, result);
    bmi_flags(ctx, size, result);
    bmi_carry(ctx, TCG_COND_GEU, length, constant(bits_of(size)));
    return true;
}

/* If both destinations are the same it has the upper half. */
bool x86_MULX(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    TCGv_i64 a = x86_read(ctx, 2), b = x86_read_reg(ctx, size, R_EDX);
    TCGv_i64 low = new_i64(), high = new_i64();

    if (size == MO_64) {
        tcg_gen_mulu2_i64(low, high, a, b);
    } else {
        tcg_gen_mul_i64(low, a, b);
        tcg_gen_shri_i64(high, low, 32);
    }
    x86_write(ctx, 1, low);
    x86_write(ctx, 0, high);
    return true;
}

bool x86_PDEP(DisasContext *ctx)
{
    TCGv_i64 result = new_i64(), mask = x86_read(ctx, 2);

    gen_helper_x86_pdep(result, x86_read(ctx, 1), mask);
    x86_write(ctx, 0, result);
    return true;
}

bool x86_PEXT(DisasContext *ctx)
{
    TCGv_i64 result = new_i64(), mask = x86_read(ctx, 2);

    gen_helper_x86_pext(result, x86_read(ctx, 1), mask);
    x86_write(ctx, 0, result);
    return true;
}

/* ---- CRC32 ---- */

bool x86_CRC32(DisasContext *ctx)
{
    TCGv_i64 result = new_i64(), data = x86_read(ctx, 1);

    gen_helper_x86_crc32(result, x86_read(ctx, 0), data, tcg_constant_i32(1 << x86_size(ctx, 1)));
    x86_write(ctx, 0, result);
    return true;
}
