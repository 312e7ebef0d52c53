/*
 * x86-64: what the files of vector operations share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_X86_64_LOWER_VECTOR_H
#define TCG_X86_64_LOWER_VECTOR_H

#include "emit.h"

#define P66    (X_66 | X_0F)
#define P66_38 (X_66 | X_0F38)
#define P66_3A (X_66 | X_0F3A)

enum {
    X_MOVAPS = 0x28 | X_0F,
    X_MOVD_TO_XMM = 0x6e | P66, /* with X_W: movq */
    X_MOVD_FROM_XMM = 0x7e | P66,
    X_MOVSS = 0x10 | X_0F | X_F3,
    X_MOVSS_R = 0x11 | X_0F | X_F3,
    X_MOVQ = 0x7e | X_0F | X_F3,
    X_MOVQ_R = 0xd6 | P66,
    X_MOVDQU = 0x6f | X_0F | X_F3,
    X_MOVDQU_R = 0x7f | X_0F | X_F3,
    X_PXOR = 0xef | P66,
    X_PAND = 0xdb | P66,
    X_PANDN = 0xdf | P66,
    X_POR = 0xeb | P66,
    X_PCMPEQD = 0x76 | P66,
    X_PUNPCKLQDQ = 0x6c | P66,
    X_PINSRQ = 0x22 | P66_3A | X_W,
    X_PSHUFB = 0x00 | P66_38,
    X_PSHUFD = 0x70 | P66,
    X_PSHUFLW = 0x70 | X_0F | X_F2,
    X_PADDUSB = 0xdc | P66,
    X_PSRLDQ = 0x73 | P66, /* reg field 3 */
    X_COMIS = 0x2f | X_0F, /* X_66: sd */
    X_UCOMIS = 0x2e | X_0F,
    X_VFMADD213 = 0xa9 | P66_38, /* + 2: the addend negated; + 4: the product */
    X_VFMADD213_PACKED = 0xa8 | P66_38,
    X_SHUFPS = 0xc6 | X_0F,
    X_CMPP = 0xc2 | X_0F, /* X_66: pd; the predicate follows */
    X_INSERTPS = 0x21 | P66_3A,
    X_ROUNDPS = 0x08 | P66_3A, /* + 1: pd, + 2: ss, + 3: sd */
    X_PADDD = 0xfe | P66,
    X_PCMPEQQ = 0x29 | P66_38,
    X_PTEST = 0x17 | P66_38,
    X_CVTSD2SS = 0x5a | X_0F | X_F2,
    X_CVTSS2SD = 0x5a | X_0F | X_F3,
    X_LDST_MXCSR = 0xae | X_0F,
};

/* Operands in memory, with the thunks: 16 bytes each, for f64 and f32. */
enum { MASK_SIGN, MASK_ALL_BUT_SIGN, MASK_NORMAL, MASK_FINITE };

/*
 * What guards of vectors compare with, by how much of a vector counts: four words or two of them,
 * two doublewords or one. What doesn't count never is unusual.
 */
enum {
    GUARD_MIDDLE,    /* added to exponents: those around 1, half of all, have their top bit set */
    GUARD_TOP,       /* that bit */
    GUARD_LIFT,      /* added to exponents: the largest ones come before the smallest */
    GUARD_LIFTED,    /* what is 0 then if it was one of the four largest or smallest ones */
    GUARD_NOTHING,   /* what GUARD_LIFTED leaves of these */
    GUARD_EXPONENT,  /* all of it */
    GUARD_EXPONENTS, /* what that leaves of infinities and NaNs */
    GUARD_SIGNS,     /* the highest bits */
    GUARD_LANES,     /* all bits */
    GUARD_LARGE,     /* GUARD_LARGE_* */
    GUARD_MAGNITUDE, /* all but the signs */
    NB_GUARD_WORDS,
};
enum { COUNT_4S, COUNT_2S, COUNT_2D, COUNT_1D, COUNT_1S, NB_COUNTS };

/* lower-guard.c: where such operands are. */
const uint8_t *x_mask_address(unsigned mask, bool narrow);
const uint8_t *x_guard_constant(unsigned what, unsigned count);
/* The operations that may need code behind the block. */
void x_emit_guard(TCGContext *s, const TCGOp *op, const HostOperands *h);
void x_emit_fnarrow(TCGContext *s, const TCGOp *op, const HostOperands *h);

static inline unsigned width(TCGType type)
{
    return type_size(type) == 8 ? X_W : 0;
}

/* dst = a OP b */
static inline void three(TCGContext *s, unsigned opcode, unsigned dst, unsigned a, unsigned b)
{
    if (x86_features.avx) {
        x_vex_rr(s, opcode, dst, a, b);
        return;
    }
    if (dst != a) {
        g_assert(dst != b);
        x_rr(s, X_MOVAPS, dst, a);
    }
    x_rr(s, opcode, dst, b);
}

static inline void vector_mov(TCGContext *s, unsigned dst, unsigned src)
{
    if (dst != src) {
        x_rr(s, X_MOVAPS, dst, src);
    }
}

/* dst = a OP what stands with the thunks */
static inline void three_code(TCGContext *s, unsigned opcode, unsigned dst, unsigned a, const void *b)
{
    if (x86_features.avx) {
        x_vex_r_code(s, opcode, dst, a, b);
        return;
    }
    vector_mov(s, dst, a);
    x_r_code(s, opcode, dst, b);
}

#endif
