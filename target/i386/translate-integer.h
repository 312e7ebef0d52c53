/*
 * x86 translator: what the files of the integer instructions share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_TRANSLATE_INTEGER_H
#define TARGET_I386_TRANSLATE_INTEGER_H

#include "target/i386/translate.h"
#include "x86-opcodes.h"

static inline TCGv_i64 new_i64(void)
{
    return tcg_temp_new_i64();
}

static inline TCGv_i64 constant(int64_t value)
{
    return tcg_constant_i64(value);
}

static inline unsigned bits_of(unsigned size)
{
    return 8u << size;
}

static inline bool is_immediate(const DisasContext *ctx, unsigned n)
{
    return ctx->insn.operands[n].kind == X86_OPERAND_IMM;
}

/* Whether the instruction's first operand is memory that is to be changed in one piece. */
static inline bool is_locked(const DisasContext *ctx)
{
    return ctx->insn.lock && x86_is_memory(ctx, 0);
}

/* A source as wide as `size`, zero-extended from it; immediates may have been shorter. A copy, so
 * that it survives the result's being written. */
static inline TCGv_i64 read_source(DisasContext *ctx, unsigned n, unsigned size)
{
    if (is_immediate(ctx, n)) {
        return constant(ctx->insn.imm & (UINT64_MAX >> (64 - bits_of(size))));
    }
    return x86_copy(x86_read(ctx, n));
}

/*
 * Flags (translate-flags.c). Operands are zero-extended from `size`; of results what is above is
 * ignored, but that of a sum has the carry there. All temps must be ones that nobody writes any
 * more. They become pending: an instruction that isn't in that file's list of those that mind that
 * finds everything written. Of result = a + b, or a - b:
 */
void x86_flags_of_add(DisasContext *ctx, unsigned size, TCGv_i64 a, TCGv_i64 b, TCGv_i64 result);
void x86_flags_of_sub(DisasContext *ctx, unsigned size, TCGv_i64 a, TCGv_i64 b, TCGv_i64 result);
/* All but CF. */
void x86_flags_but_carry(DisasContext *ctx, unsigned size, TCGv_i64 a, TCGv_i64 b, TCGv_i64 result,
                         bool subtracted);
/* Of a result with CF and OF clear. */
void x86_flags_of_logic(DisasContext *ctx, unsigned size, TCGv_i64 result);
/* CF is bit 0 of `carry`, OF bit size - 1 of `overflow`, or clear if that is NULL. AF is clear. */
void x86_flags_given(DisasContext *ctx, unsigned size, TCGv_i64 result, TCGv_i64 carry,
                     TCGv_i64 overflow);
/* CF and OF are `exceeds`, 0 or 1. AF is clear. */
void x86_flags_of_product(DisasContext *ctx, unsigned size, TCGv_i64 result, TCGv_i64 exceeds);
/* CF, and OF, as 0 or 1. Nothing may be pending. */
TCGv_i64 x86_carry(void);
TCGv_i64 x86_overflow(void);
/* Sets both, to 0 or 1; the others stay. */
void x86_change_carry(DisasContext *ctx, TCGv_i64 carry, TCGv_i64 overflow);
/* What fm, ft and fd are for these two, and AF clear or as it is. */
typedef struct X86Subtraction {
    TCGv_i64 minuend, subtrahend, difference;
} X86Subtraction;
/* overflow: 0 or 1; NULL: OF is clear. */
X86Subtraction x86_subtraction_given(TCGv_i64 carry, TCGv_i64 overflow, bool keep_auxiliary);
/* Behind one of these: the flags are a function of what the instruction's first two operands have,
 * if they are registers or constants; with `result_kept` the first one has the result. */
void x86_flags_from_operands(DisasContext *ctx, bool result_kept);

/* ret = the condition holds ? yes : no */
void x86_select(DisasContext *ctx, unsigned code, TCGv_i64 ret, TCGv_i64 yes, TCGv_i64 no);

/* Condition codes; the lowest bit inverts them. */
enum {
    X86_CC_O = 0,
    X86_CC_B = 2,
    X86_CC_E = 4,
    X86_CC_BE = 6,
    X86_CC_S = 8,
    X86_CC_P = 10,
    X86_CC_L = 12,
    X86_CC_LE = 14,
};

/* Writes a general register if the condition holds; otherwise, with 32 bits, its upper half stays,
 * too. */
void x86_write_reg_if(DisasContext *ctx, TCGCond cond, TCGv_i64 a, TCGv_i64 b, unsigned size,
                      unsigned number, TCGv_i64 value);

#endif
