/*
 * MMX and SSE: what their translator and their helpers agree on.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_SSE_H
#define TARGET_I386_SSE_H

#include "target/i386/cpu.h"

/* MXCSR, SDM volume 1, 10.2.3. */
enum {
    MXCSR_IE = 1 << 0,
    MXCSR_DE = 1 << 1,
    MXCSR_ZE = 1 << 2,
    MXCSR_OE = 1 << 3,
    MXCSR_UE = 1 << 4,
    MXCSR_PE = 1 << 5,
    MXCSR_FLAGS = 0x3f,
    MXCSR_DAZ = 1 << 6,
    MXCSR_MASKS_SHIFT = 7, /* the flags' masks, in the same order */
    MXCSR_MASKS = MXCSR_FLAGS << MXCSR_MASKS_SHIFT,
    MXCSR_RC_SHIFT = 13,
    MXCSR_RC = 3 << MXCSR_RC_SHIFT,
    MXCSR_FTZ = 1 << 15,
    MXCSR_MODES = MXCSR_DAZ | MXCSR_RC | MXCSR_FTZ,
    MXCSR_VALID = 0xffff,
};

/* Of packed integers: 16 bytes of each operand. sse-helper.c */
typedef void X86PackedFunc(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm);
X86PackedFunc x86_phminposuw, x86_mpsadbw;
/* crypto-helper.c */
enum { X86_AES_DECRYPT = 1, X86_AES_LAST = 2 }; /* the former's immediate */
X86PackedFunc x86_aes_round, x86_aesimc, x86_aeskeygenassist, x86_pclmulqdq;
X86PackedFunc x86_sha1rnds4, x86_sha1nexte, x86_sha1msg1, x86_sha1msg2, x86_sha256msg1,
    x86_sha256msg2;
X86PackedFunc x86_gf2p8mulb, x86_gf2p8affineqb, x86_gf2p8affineinvqb;

/* What a string comparison is asked for, besides its immediate. */
enum {
    X86_STRING_EXPLICIT = 1 << 8, /* with lengths, in characters or more than there are */
    X86_STRING_MASK = 1 << 9,
    X86_STRING_LENGTH_A_SHIFT = 16,
    X86_STRING_LENGTH_B_SHIFT = 24,
};

/*
 * Floating point by helpers, sse-float.c: an operation, its elements and how they are laid out, in
 * one word: the operation's number, then these.
 */
typedef enum X86FloatOp {
    X86_FLOAT_ADD,
    X86_FLOAT_SUB,
    X86_FLOAT_MUL,
    X86_FLOAT_DIV,
    X86_FLOAT_MIN,
    X86_FLOAT_MAX,
    X86_FLOAT_ADDSUB,
    X86_FLOAT_COMPARE,    /* imm: predicate */
    /* Of one operand, b */
    X86_FLOAT_SQRT,
    X86_FLOAT_ROUND,      /* imm: as ROUNDPS has it */
    X86_FLOAT_TO_FLOAT,   /* to the other size */
    X86_FLOAT_FROM_INT32,
    X86_FLOAT_FROM_INT64,
    X86_FLOAT_TO_INT32,   /* imm: 1: cut off */
    X86_FLOAT_TO_INT64,
    X86_FLOAT_FROM_HALF,
    X86_FLOAT_TO_HALF,    /* imm: bit 2: as MXCSR says, else bits 1:0 as MXCSR has them */
    X86_NB_FLOAT_OPS,
} X86FloatOp;

enum {
    X86_FLOAT_DOUBLE = 1 << 8, /* b's elements; of integers: the result's */
    X86_FLOAT_NB_SHIFT = 9,    /* elements, 1 to 4 */
    X86_FLOAT_IMM_SHIFT = 16,
};

#define X86_FLOAT_DESC(op, is_double, nb, imm)                                                     \
    ((op) | ((is_double) ? X86_FLOAT_DOUBLE : 0) | (nb) << X86_FLOAT_NB_SHIFT |                    \
     (unsigned)(imm) << X86_FLOAT_IMM_SHIFT)

/*
 * r = what an operation makes of two vectors under `mxcsr`, the rest of it as a is; r may be a or
 * b.
 * Returns the exceptions' flags, masked or not.
 */
uint32_t x86_float_compute(uint32_t mxcsr, uint32_t desc, const X86Vector *a, const X86Vector *b,
                           X86Vector *r);
/* COMISS and its kin: bit 0: doubles, bit 1: quiet NaNs are invalid. Returns EFLAGS' bits. */
uint64_t x86_float_compare(uint32_t mxcsr, uint32_t desc, uint64_t a, uint64_t b, uint32_t *flags);

/* ROUNDPS' immediate */
enum {
    X86_ROUND_MXCSR = 1 << 2,
    X86_ROUND_INEXACT_OK = 1 << 3,
};

/* Comparisons' predicates are the low three bits of the immediate; VEX has four. */
enum {
    X86_PREDICATE_EQ,
    X86_PREDICATE_LT,
    X86_PREDICATE_LE,
    X86_PREDICATE_UNORDERED,
    X86_PREDICATE_NOT = 4,
};

#endif
