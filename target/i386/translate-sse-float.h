/*
 * x86 translator: floating point of SSE and AVX. What may raise #XM does so before anything is
 * written.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_TRANSLATE_SSE_FLOAT_H
#define TARGET_I386_TRANSLATE_SSE_FLOAT_H

#include "target/i386/sse.h"
#include "target/i386/translate-sse.h"

/* `nb` elements of what an operation makes of a and b, or of b only; the rest is what a is. */
TCGv_vec x86_gen_float(DisasContext *ctx, X86FloatOp op, bool is_double, unsigned nb, unsigned imm,
                       TCGv_vec a, TCGv_vec b);
/* Of the lowest element, from and to an integer of 64 or 32 bits. */
TCGv_vec x86_gen_float_from_int(DisasContext *ctx, bool is_double, bool wide, TCGv_i64 value,
                                TCGv_vec rest);
TCGv_i64 x86_gen_float_to_int(DisasContext *ctx, bool is_double, bool wide, bool cut_off,
                              TCGv_vec v);
/* Of vectors, by a call, whatever MXCSR says; X86_FLOAT_DESC(). */
void x86_gen_float_call(DisasContext *ctx, TCGv_vec r, uint32_t desc, TCGv_vec a, TCGv_vec b);
/* Element n of r becomes x * y + z of those there, rounded once; `negate`: TCG_NEGATE_*. */
void x86_gen_fused(DisasContext *ctx, bool is_double, unsigned negate, TCGv_vec r, unsigned n,
                   TCGv_vec x, TCGv_vec y, TCGv_vec z);
/* Whole instructions on all elements, and on the lowest one. */
bool x86_gen_float_packed(DisasContext *ctx, X86FloatOp op, bool is_double, unsigned imm,
                          bool unary);
bool x86_gen_float_scalar(DisasContext *ctx, X86FloatOp op, bool is_double, unsigned imm);
/* A vector whose lowest element, of that size, is the operand. */
TCGv_vec x86_float_operand(DisasContext *ctx, unsigned n, unsigned size);

#endif
