/*
 * x86 translator: shifts and rotates.
 *
 * The count is taken modulo 32 or 64. A count of 0 leaves all flags: with a constant count nothing
 * is emitted for them, with CL each is selected. OF is only defined for a count of 1; with other
 * constants it is clear, with CL one formula serves all.
 *
 * Reference: SDM volume 2, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/translate-integer.h"

/* A count, below the operand's 32 or 64 bits. */
typedef struct Count {
    bool constant;
    unsigned known; /* if it is one */
    TCGv_i64 value;
} Count;

static Count read_count(DisasContext *ctx, unsigned n, unsigned size)
{
    unsigned mask = size == MO_64 ? 63 : 31;
    Count c = { .constant = is_immediate(ctx, n), .value = new_i64() };

    if (c.constant) {
        c.known = ctx->insn.imm & mask;
        c.value = constant(c.known);
    } else {
        tcg_gen_andi_i64(c.value, cpu_regs[R_ECX], mask);
    }
    return c;
}

/* The form whose count is in the opcode. */
static Count count_of_1(void)
{
    return (Count){ .constant = true, .known = 1, .value = constant(1) };
}

static Count shift_count(DisasContext *ctx, unsigned size)
{
    return (ctx->insn.opcode & 0xfe) == 0xd0 ? count_of_1() : read_count(ctx, 1, size);
}

/* One less; of 0 anything below 64. */
static TCGv_i64 less_one(Count c)
{
    TCGv_i64 t = new_i64();

    if (c.constant) {
        return constant((c.known - 1) & 63);
    }
    tcg_gen_subi_i64(t, c.value, 1);
    tcg_gen_andi_i64(t, t, 63);
    return t;
}

/* What the flags would be; NULL: it isn't changed. The result gives ZF, SF, PF, and AF
 * becomes 0. */
typedef struct NewFlags {
    TCGv_i64 result;
    TCGv_i64 carry;    /* bit 0 */
    TCGv_i64 overflow; /* the bit that the size's topmost one is */
} NewFlags;

static void set_if_counted(Count c, TCGv_i64 flag, TCGv_i64 value)
{
    if (c.constant) {
        tcg_gen_mov_i64(flag, value);
    } else {
        tcg_gen_movcond_i64(TCG_COND_NE, flag, c.value, constant(0), value, flag);
    }
}

static void write_flags(DisasContext *ctx, unsigned size, Count c, NewFlags f)
{
    TCGv_i64 carry = new_i64(), overflow = NULL, extended;
    X86Subtraction s;

    if (c.constant && c.known == 0) {
        return;
    }
    if (c.constant && c.known > 1) {
        f.overflow = NULL; /* undefined */
    }
    if (c.constant && f.result) {
        x86_flags_given(ctx, size, f.result, f.carry, f.overflow);
        return;
    }
    x86_write_pending_flags(ctx);
    tcg_gen_andi_i64(carry, f.carry, 1);
    if (f.overflow) {
        overflow = new_i64();
        tcg_gen_extract_i64(overflow, f.overflow, bits_of(size) - 1, 1);
    }
    s = x86_subtraction_given(carry, overflow, !f.result);
    set_if_counted(c, cpu_fm, s.minuend);
    set_if_counted(c, cpu_ft, s.subtrahend);
    set_if_counted(c, cpu_fd, s.difference);
    if (f.result) {
        extended = x86_extend(size, f.result, true);
        set_if_counted(c, cpu_fz, extended);
        set_if_counted(c, cpu_fs, extended);
    }
    ctx->flags.kind = X86_FLAGS_UNKNOWN;
}

/* ---- Shifts ---- */

bool x86_SHL(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    Count c = shift_count(ctx, size);
    TCGv_i64 a = x86_copy(x86_read(ctx, 0)), carry = new_i64(), overflow = new_i64();
    NewFlags f = { new_i64(), carry, overflow };

    tcg_gen_shl_i64(f.result, a, c.value);
    x86_write(ctx, 0, f.result);
    if (size == MO_64) {
        tcg_gen_shl_i64(carry, a, less_one(c));
        tcg_gen_shri_i64(carry, carry, 63);
        tcg_gen_shli_i64(overflow, carry, 63);
        tcg_gen_xor_i64(overflow, overflow, f.result);
    } else {
        tcg_gen_shri_i64(carry, f.result, bits_of(size));
        tcg_gen_shri_i64(overflow, f.result, 1);
        tcg_gen_xor_i64(overflow, overflow, f.result);
    }
    write_flags(ctx, size, c, f);
    return true;
}

bool x86_SHR(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    Count c = shift_count(ctx, size);
    TCGv_i64 a = x86_copy(x86_read(ctx, 0)), before = new_i64();
    NewFlags f = { new_i64(), before, before };

    tcg_gen_shr_i64(f.result, a, c.value);
    x86_write(ctx, 0, f.result);
    /* Shifted by one less: its lowest bit is CF, its topmost OF. */
    tcg_gen_shr_i64(before, a, less_one(c));
    write_flags(ctx, size, c, f);
    return true;
}

bool x86_SAR(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    Count c = shift_count(ctx, size);
    TCGv_i64 a = x86_copy(x86_read_signed(ctx, 0)), before = new_i64();
    NewFlags f = { new_i64(), before, constant(0) };

    tcg_gen_sar_i64(f.result, a, c.value);
    x86_write(ctx, 0, f.result);
    tcg_gen_sar_i64(before, a, less_one(c));
    write_flags(ctx, size, c, f);
    return true;
}

/*
 * Double shifts, as one of a number that the operands make up. The count of a shift of 16 bits may
 * be above 16, which is undefined: what is shifted in behind the other operand is the first one
 * again.
 */
static Count double_shift_count(DisasContext *ctx, unsigned size)
{
    return read_count(ctx, 2, size);
}

static bool finish_double_shift(DisasContext *ctx, unsigned size, Count c, TCGv_i64 a,
                                TCGv_i64 result, TCGv_i64 carry)
{
    NewFlags f = { result, carry, new_i64() };

    x86_write(ctx, 0, result);
    tcg_gen_xor_i64(f.overflow, a, result);
    write_flags(ctx, size, c, f);
    return true;
}

bool x86_SHLD(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    Count c = double_shift_count(ctx, size);
    TCGv_i64 a = x86_copy(x86_read(ctx, 0)), b = x86_copy(x86_read(ctx, 1));
    TCGv_i64 result = new_i64(), carry = new_i64(), t = new_i64();

    if (size == MO_64) {
        tcg_gen_xori_i64(t, c.value, 63);
        tcg_gen_shri_i64(carry, b, 1);
        tcg_gen_shr_i64(carry, carry, t);
        tcg_gen_shl_i64(result, a, c.value);
        tcg_gen_or_i64(result, result, carry);
        tcg_gen_shl_i64(carry, a, less_one(c));
        tcg_gen_shri_i64(carry, carry, 63);
    } else {
        if (size == MO_16) {
            tcg_gen_deposit_i64(t, a, b, 16, 16);
            tcg_gen_deposit_i64(t, t, a, 32, 16);
        } else {
            tcg_gen_deposit_i64(t, b, a, 32, 32);
        }
        tcg_gen_shl_i64(result, t, c.value);
        tcg_gen_shri_i64(result, result, 32);
        tcg_gen_shl_i64(carry, t, less_one(c));
        tcg_gen_shri_i64(carry, carry, 31 + bits_of(size));
    }
    return finish_double_shift(ctx, size, c, a, result, carry);
}

bool x86_SHRD(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    Count c = double_shift_count(ctx, size);
    TCGv_i64 a = x86_copy(x86_read(ctx, 0)), b = x86_copy(x86_read(ctx, 1));
    TCGv_i64 result = new_i64(), carry = new_i64(), t = new_i64();

    if (size == MO_64) {
        tcg_gen_xori_i64(t, c.value, 63);
        tcg_gen_shli_i64(carry, b, 1);
        tcg_gen_shl_i64(carry, carry, t);
        tcg_gen_shr_i64(result, a, c.value);
        tcg_gen_or_i64(result, result, carry);
        t = a;
    } else {
        tcg_gen_deposit_i64(t, a, b, bits_of(size), bits_of(size));
        if (size == MO_16) {
            tcg_gen_deposit_i64(t, t, a, 32, 16);
        }
        tcg_gen_shr_i64(result, t, c.value);
    }
    tcg_gen_shr_i64(carry, t, less_one(c));
    return finish_double_shift(ctx, size, c, a, result, carry);
}

/* ---- Rotates ---- */

/* a, zero-extended, rotated left; what is above is garbage. */
static TCGv_i64 rotated(unsigned size, TCGv_i64 a, TCGv_i64 count, bool right)
{
    TCGv_i64 t = new_i64();
    TCGv_i32 word, count32;

    if (size == MO_64) {
        (right ? tcg_gen_rotr_i64 : tcg_gen_rotl_i64)(t, a, count);
        return t;
    }
    /* Bytes and halfwords: a word full of them. */
    if (size < MO_32) {
        tcg_gen_muli_i64(t, a, size == MO_8 ? 0x01010101 : 0x00010001);
        a = t;
    }
    word = tcg_temp_new_i32();
    count32 = tcg_temp_new_i32();
    tcg_gen_extrl_i64_i32(word, a);
    tcg_gen_extrl_i64_i32(count32, count);
    (right ? tcg_gen_rotr_i32 : tcg_gen_rotl_i32)(word, word, count32);
    t = new_i64();
    tcg_gen_extu_i32_i64(t, word);
    return t;
}

bool x86_ROL(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    Count c = shift_count(ctx, size);
    TCGv_i64 result = rotated(size, x86_read(ctx, 0), c.value, false);
    NewFlags f = { NULL, result, new_i64() };

    x86_write(ctx, 0, result);
    tcg_gen_shli_i64(f.overflow, result, bits_of(size) - 1);
    tcg_gen_xor_i64(f.overflow, f.overflow, result);
    write_flags(ctx, size, c, f);
    return true;
}

bool x86_ROR(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    Count c = shift_count(ctx, size);
    TCGv_i64 result = rotated(size, x86_read(ctx, 0), c.value, true);
    NewFlags f = { NULL, new_i64(), new_i64() };

    x86_write(ctx, 0, result);
    tcg_gen_shri_i64(f.carry, result, bits_of(size) - 1);
    tcg_gen_shli_i64(f.overflow, result, 1);
    tcg_gen_xor_i64(f.overflow, f.overflow, result);
    write_flags(ctx, size, c, f);
    return true;
}

/* RORX: without flags, from another operand. */
bool x86_RORX(DisasContext *ctx)
{
    unsigned size = x86_size(ctx, 0);
    Count c = read_count(ctx, 2, size);

    x86_write(ctx, 0, rotated(size, x86_read(ctx, 1), c.value, true));
    return true;
}

/* Modulo the operand's bits and CF; with more than 16 bits that is what it is. */
static TCGv_i64 through_carry_count(unsigned size, Count c)
{
    TCGv_i64 t = new_i64();

    if (size > MO_16) {
        return c.value;
    }
    if (c.constant) {
        return constant(c.known % (bits_of(size) + 1));
    }
    tcg_gen_remu_i64(t, c.value, constant(bits_of(size) + 1));
    return t;
}

/* By n: of `a` with CF above it, to `result` and `carry`. */
static void rotate_through_carry(unsigned size, TCGv_i64 a, TCGv_i64 n, bool right, TCGv_i64 result,
                                 TCGv_i64 carry)
{
    unsigned bits = bits_of(size);
    TCGv_i64 t = new_i64(), back = new_i64(), u = new_i64();

    tcg_gen_shli_i64(t, x86_carry(), bits);
    tcg_gen_or_i64(t, t, a);
    tcg_gen_subfi_i64(back, bits + 1, n);
    (right ? tcg_gen_shr_i64 : tcg_gen_shl_i64)(result, t, n);
    (right ? tcg_gen_shl_i64 : tcg_gen_shr_i64)(u, t, back);
    tcg_gen_or_i64(result, result, u);
    tcg_gen_shri_i64(carry, result, bits);
}

/* Of 64 bits CF has no room above the operand: three pieces, of which with a count of 0 only the
 * operand itself may be left. */
static void rotate_64_through_carry(TCGv_i64 a, Count c, bool right, TCGv_i64 result,
                                    TCGv_i64 carry)
{
    TCGv_i64 back = new_i64(), t = new_i64(), u = new_i64(), zero = constant(0);

    tcg_gen_xori_i64(back, c.value, 63); /* 63 - count */
    (right ? tcg_gen_shli_i64 : tcg_gen_shri_i64)(t, a, 1);
    /* right: a << 1 << (64 - count); left: a >> 1 >> (64 - count) */
    tcg_gen_addi_i64(u, back, 1);
    tcg_gen_andi_i64(u, u, 63);
    (right ? tcg_gen_shl_i64 : tcg_gen_shr_i64)(t, t, u);
    if (right) {
        tcg_gen_shl_i64(u, x86_carry(), u);
    } else {
        tcg_gen_shl_i64(u, x86_carry(), less_one(c));
    }
    tcg_gen_or_i64(t, t, u);
    tcg_gen_movcond_i64(TCG_COND_EQ, t, c.value, zero, zero, t);
    (right ? tcg_gen_shr_i64 : tcg_gen_shl_i64)(result, a, c.value);
    tcg_gen_or_i64(result, result, t);
    if (right) {
        tcg_gen_shr_i64(carry, a, less_one(c));
    } else {
        tcg_gen_shl_i64(carry, a, less_one(c));
        tcg_gen_shri_i64(carry, carry, 63);
    }
}

static bool gen_rotate_through_carry(DisasContext *ctx, bool right)
{
    unsigned size = x86_size(ctx, 0);
    Count c = shift_count(ctx, size);
    TCGv_i64 a = x86_copy(x86_read(ctx, 0)), result = new_i64();
    NewFlags f = { NULL, new_i64(), new_i64() };

    if (size == MO_64) {
        rotate_64_through_carry(a, c, right, result, f.carry);
    } else {
        rotate_through_carry(size, a, through_carry_count(size, c), right, result, f.carry);
    }
    x86_write(ctx, 0, result);
    if (right) {
        tcg_gen_shli_i64(f.overflow, result, 1);
    } else {
        tcg_gen_shli_i64(f.overflow, f.carry, bits_of(size) - 1);
    }
    tcg_gen_xor_i64(f.overflow, f.overflow, result);
    write_flags(ctx, size, c, f);
    return true;
}

bool x86_RCL(DisasContext *ctx)
{
    return gen_rotate_through_carry(ctx, false);
}

bool x86_RCR(DisasContext *ctx)
{
    return gen_rotate_through_carry(ctx, true);
}

/* ---- BMI2: counts from a register, no flags ---- */

static bool gen_plain_shift(DisasContext *ctx, TCGv_i64 value,
                            void (*shift)(TCGv_i64 ret, TCGv_i64 a, TCGv_i64 b))
{
    TCGv_i64 count = new_i64(), result = new_i64();

    tcg_gen_andi_i64(count, x86_read(ctx, 2), x86_size(ctx, 0) == MO_64 ? 63 : 31);
    shift(result, value, count);
    x86_write(ctx, 0, result);
    return true;
}

bool x86_SHLX(DisasContext *ctx)
{
    return gen_plain_shift(ctx, x86_read(ctx, 1), tcg_gen_shl_i64);
}

bool x86_SHRX(DisasContext *ctx)
{
    return gen_plain_shift(ctx, x86_read(ctx, 1), tcg_gen_shr_i64);
}

bool x86_SARX(DisasContext *ctx)
{
    return gen_plain_shift(ctx, x86_read_signed(ctx, 1), tcg_gen_sar_i64);
}
