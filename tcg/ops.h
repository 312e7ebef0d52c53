/*
 * The operations of the IR, in one table: name, operands, properties and what they compute.
 *
 * To add an operation: a row here, a compute function in ops.c (none if it isn't a pure function of
 * its inputs; in ops-vector.c if it has operands in vector registers), a front-end function in build*.c, and a row in each back end's table. Passes know
 * properties, not operations, except for the algebraic rules in pass-fold.c.
 *
 * `type` of an operation is the type of its result (of its operands where there is none); inputs
 * have the same type, except for the conversions and pointers; and operations of type i32 may have
 * inputs of type i64, of which they read the lower halves (pass-narrow.c).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_OPS_H
#define TCG_OPS_H

#include "tcg/tcg-op.h"

enum {
    OPF_PURE = 1,      /* result depends on the inputs only; no side effect */
    OPF_COMMUTES = 2,  /* the first two inputs may be swapped */
    OPF_COND = 4,      /* has a condition */
    OPF_FIELD = 8,     /* has a bit field (ofs, len) */
    OPF_MEMOP = 16,    /* has a displacement and a MemOp */
    OPF_OBSERVES = 32, /* guest exceptions may come from here: globals must be locatable */
    OPF_ENDS = 64,     /* ends its basic block */
    OPF_REMOVABLE = 128, /* may be dropped when its results are unused, though not pure */
    OPF_VECE = 256,    /* works on vector elements of TCGOp.vec.vece */
    OPF_IMM = 512,     /* has a small constant, TCGOp.vec.imm */
    OPF_VECTOR = 1024, /* has operands in vector registers; tcg_op_compute_vector() */
};

#define OPF_FLOAT OPF_VECTOR /* and not pure: may set the host's sticky flags */
#define VECTOR    (OPF_PURE | OPF_VECTOR)
#define VECTOR_E  (OPF_PURE | OPF_VECTOR | OPF_VECE)

/*  name, results, inputs, properties, compute function */
#define TCG_OPS(X)                                                                                 \
    X(mov,          1, 1, OPF_PURE, mov)                                                           \
    X(add,          1, 2, OPF_PURE | OPF_COMMUTES, add)                                            \
    X(sub,          1, 2, OPF_PURE, sub)                                                           \
    X(mul,          1, 2, OPF_PURE | OPF_COMMUTES, mul)                                            \
    X(mulsh,        1, 2, OPF_PURE | OPF_COMMUTES, mulsh)                                          \
    X(muluh,        1, 2, OPF_PURE | OPF_COMMUTES, muluh)                                          \
    X(divs,         1, 2, OPF_PURE, divs)                                                          \
    X(divu,         1, 2, OPF_PURE, divu)                                                          \
    X(rems,         1, 2, OPF_PURE, rems)                                                          \
    X(remu,         1, 2, OPF_PURE, remu)                                                          \
    X(and,          1, 2, OPF_PURE | OPF_COMMUTES, and)                                            \
    X(or,           1, 2, OPF_PURE | OPF_COMMUTES, or)                                             \
    X(xor,          1, 2, OPF_PURE | OPF_COMMUTES, xor)                                            \
    X(andc,         1, 2, OPF_PURE, andc)                                                          \
    X(shl,          1, 2, OPF_PURE, shl)                                                           \
    X(shr,          1, 2, OPF_PURE, shr)                                                           \
    X(sar,          1, 2, OPF_PURE, sar)                                                           \
    X(rotl,         1, 2, OPF_PURE, rotl)                                                          \
    X(rotr,         1, 2, OPF_PURE, rotr)                                                          \
    X(clz,          1, 2, OPF_PURE, clz)                                                           \
    X(ctz,          1, 2, OPF_PURE, ctz)                                                           \
    X(ctpop,        1, 1, OPF_PURE, ctpop)                                                         \
    X(neg,          1, 1, OPF_PURE, neg)                                                           \
    X(not,          1, 1, OPF_PURE, not)                                                           \
    X(bswap16,      1, 1, OPF_PURE, bswap16)                                                       \
    X(bswap32,      1, 1, OPF_PURE, bswap32)                                                       \
    X(bswap64,      1, 1, OPF_PURE, bswap64)                                                       \
    X(deposit,      1, 2, OPF_PURE | OPF_FIELD, deposit)                                           \
    X(extract,      1, 1, OPF_PURE | OPF_FIELD, extract)                                           \
    X(sextract,     1, 1, OPF_PURE | OPF_FIELD, sextract)                                          \
    X(setcond,      1, 2, OPF_PURE | OPF_COND, setcond)                                            \
    X(negsetcond,   1, 2, OPF_PURE | OPF_COND, negsetcond)                                         \
    X(movcond,      1, 4, OPF_PURE | OPF_COND, movcond)                                            \
    X(addcio,       2, 3, OPF_PURE | OPF_COMMUTES, addcio)                                         \
    X(subbio,       2, 3, OPF_PURE, subbio)                                                        \
    X(mulu2,        2, 2, OPF_PURE | OPF_COMMUTES, mulu2) /* low, high */                          \
    X(muls2,        2, 2, OPF_PURE | OPF_COMMUTES, muls2)                                          \
    X(divu2,        2, 3, OPF_PURE, divu2) /* quotient, remainder = low, high, divisor */          \
    X(divs2,        2, 3, OPF_PURE, divs2)                                                         \
    X(ext_i32,      1, 1, OPF_PURE, ext_i32)   /* i32 -> i64, sign */                              \
    X(extu_i32,     1, 1, OPF_PURE, extu_i32)  /* i32 -> i64, zero */                              \
    X(extrl_i64,    1, 1, OPF_PURE, extrl_i64) /* i64 -> i32, low half */                          \
    X(extrh_i64,    1, 1, OPF_PURE, extrh_i64) /* i64 -> i32, high half */                         \
    X(ld,           1, 1, OPF_MEMOP | OPF_REMOVABLE, none)                                         \
    X(st,           0, 2, OPF_MEMOP, none) /* value, base */                                       \
    /* vectors: */                                                                                 \
    X(vld,          1, 1, OPF_MEMOP | OPF_REMOVABLE | OPF_VECTOR, none)                            \
    X(vst,          0, 2, OPF_MEMOP | OPF_VECTOR, none) /* value, base */                          \
    X(vand,         1, 2, VECTOR, none)                                                            \
    X(vor,          1, 2, VECTOR, none)                                                            \
    X(vxor,         1, 2, VECTOR, none)                                                            \
    X(vandc,        1, 2, VECTOR, none)                                                            \
    X(vbitsel,      1, 3, VECTOR, none) /* mask, where set, where clear */                         \
    X(vtbl,         1, 2, VECTOR, none)                                                            \
    X(vadd,         1, 2, VECTOR_E, none)                                                          \
    X(vsub,         1, 2, VECTOR_E, none)                                                          \
    X(vmul,         1, 2, VECTOR_E, none)                                                          \
    X(vssadd,       1, 2, VECTOR_E, none)                                                          \
    X(vusadd,       1, 2, VECTOR_E, none)                                                          \
    X(vsssub,       1, 2, VECTOR_E, none)                                                          \
    X(vussub,       1, 2, VECTOR_E, none)                                                          \
    X(vsmin,        1, 2, VECTOR_E, none)                                                          \
    X(vsmax,        1, 2, VECTOR_E, none)                                                          \
    X(vumin,        1, 2, VECTOR_E, none)                                                          \
    X(vumax,        1, 2, VECTOR_E, none)                                                          \
    X(vcmpeq,       1, 2, VECTOR_E, none)                                                          \
    X(vcmpgt,       1, 2, VECTOR_E, none)                                                          \
    X(vshli,        1, 1, VECTOR_E | OPF_IMM, none)                                                \
    X(vshri,        1, 1, VECTOR_E | OPF_IMM, none)                                                \
    X(vsari,        1, 1, VECTOR_E | OPF_IMM, none)                                                \
    X(vshlv,        1, 2, VECTOR_E, none)                                                          \
    X(vshrv,        1, 2, VECTOR_E, none)                                                          \
    X(vsarv,        1, 2, VECTOR_E, none)                                                          \
    X(vzipl,        1, 2, VECTOR_E, none)                                                          \
    X(vziph,        1, 2, VECTOR_E, none)                                                          \
    X(vdup,         1, 1, VECTOR_E, none)                                                          \
    X(vextract,     1, 1, VECTOR_E | OPF_IMM, none)                                                \
    X(vinsert,      1, 2, VECTOR_E | OPF_IMM, none)                                                \
    X(vconcat,      1, 2, VECTOR, none)                                                            \
    /* vec.imm & VFLOAT_LOWEST: of the lowest element, the others are input 0's (vfma: 1's) */     \
    X(vfadd,        1, 2, OPF_FLOAT | OPF_VECE | OPF_IMM, none)                                    \
    X(vfsub,        1, 2, OPF_FLOAT | OPF_VECE | OPF_IMM, none)                                    \
    X(vfmul,        1, 2, OPF_FLOAT | OPF_VECE | OPF_IMM, none)                                    \
    X(vfdiv,        1, 2, OPF_FLOAT | OPF_VECE | OPF_IMM, none)                                    \
    X(vfmin,        1, 2, OPF_FLOAT | OPF_VECE | OPF_IMM, none)                                    \
    X(vfmax,        1, 2, OPF_FLOAT | OPF_VECE | OPF_IMM, none)                                    \
    X(vfcmp,        1, 2, OPF_FLOAT | OPF_VECE | OPF_IMM, none) /* imm: TCGFloatCond, too */       \
    X(vfsqrt,       1, 1, OPF_FLOAT | OPF_VECE | OPF_IMM, none)                                    \
    X(vfround,      1, 1, OPF_FLOAT | OPF_VECE | OPF_IMM, none) /* imm: TCG_ROUND_*, too */        \
    X(vfma,         1, 3, OPF_FLOAT | OPF_VECE | OPF_IMM, none) /* imm: TCG_NEGATE_*, too */       \
    X(vfcvt_int,    1, 1, OPF_FLOAT | OPF_VECE, none) /* words to floats of vece */                \
    X(vftrunc,      1, 1, OPF_FLOAT, none)            /* singles to words */                       \
    X(vfwiden,      1, 1, OPF_FLOAT, none)            /* the lower two singles to doubles */       \
    X(vfnarrow,     1, 1, OPF_FLOAT, none)            /* doubles to the lower two singles */       \
    X(vfneg,        1, 1, VECTOR_E, none)                                                          \
    X(vfabs,        1, 1, VECTOR_E, none)                                                          \
    X(vdup_lane,    1, 1, VECTOR_E | OPF_IMM, none) /* element vec.imm everywhere */               \
    X(vunzip,       1, 2, VECTOR_E | OPF_IMM, none) /* even elements of both; imm: odd ones */     \
    X(vlow_cvt,     1, 1, OPF_FLOAT | OPF_VECE | OPF_IMM, none) /* imm: size of the float */      \
    X(vlow,         1, 1, VECTOR_E, none)  /* the lowest element, zeros above */                   \
    X(vlow_int,     1, 1, VECTOR, none)    /* an i64, zeros above */                               \
    /* floating point leaves sticky flags: it isn't pure */                                        \
    X(fadd,         1, 2, OPF_FLOAT, none)                                                         \
    X(fsub,         1, 2, OPF_FLOAT, none)                                                         \
    X(fmul,         1, 2, OPF_FLOAT, none)                                                         \
    X(fdiv,         1, 2, OPF_FLOAT, none)                                                         \
    X(fsqrt,        1, 1, OPF_FLOAT, none)                                                         \
    X(fma,          1, 3, OPF_FLOAT | OPF_IMM, none) /* imm: TCG_NEGATE_* */                       \
    X(fcmp,         1, 2, OPF_FLOAT | OPF_VECE | OPF_IMM, none) /* vece: of the operands */        \
    X(fcvt,         1, 1, OPF_FLOAT, none) /* to `type`, f32 or f64, from the other */             \
    X(fcvt_int,     1, 1, OPF_FLOAT | OPF_VECE, none) /* from an integer of vece */                \
    X(fround,       1, 1, OPF_FLOAT | OPF_VECE, none)   /* from a float of vece to an integer */   \
    X(ftrunc,       1, 1, OPF_FLOAT | OPF_VECE, none)                                              \
    X(fneg,         1, 1, VECTOR, none) /* the sign bit alone */                                   \
    X(fabs,         1, 1, VECTOR, none)                                                            \
    X(fcmp3,        1, 2, OPF_FLOAT | OPF_VECE, none) /* floats of vece: -1, 0, 1 as an i64 */     \
    X(fnarrow,      1, 1, VECTOR, none) /* f64 -> f32: the same number, or NaN */                  \
    X(fbits,        1, 1, VECTOR, none)       /* to a general register of the same width */        \
    X(ffrombits,    1, 1, VECTOR, none)                                                            \
    X(flow,         1, 1, VECTOR, none)    /* a vector's lowest element, of the float's width */   \
    X(vsetlow,      1, 2, VECTOR_E, none)  /* vector, float that replaces its lowest element */    \
    /* Operands by TCGOp.guard: the value, what is checked (a float or integer of vece), arguments. */ \
    X(guard,        1, 2, OPF_VECTOR | OPF_VECE | OPF_IMM, none)                                   \
    X(mb,           0, 0, OPF_IMM, none) /* barrier: all earlier accesses before all later ones */ \
    X(qemu_ld,      1, 1, OPF_MEMOP | OPF_OBSERVES, none)                                          \
    X(qemu_st,      0, 2, OPF_MEMOP | OPF_OBSERVES, none) /* value, address */                     \
    X(host_ld,      1, 1, OPF_MEMOP | OPF_OBSERVES, none) /* tcg_gen_host_ld() */                  \
    X(host_st,      1, 2, OPF_MEMOP | OPF_OBSERVES, none) /* values, address, unusual */           \
    X(call,         0, 0, 0, none) /* operands by TCGHelperInfo */                                 \
    X(discard,      1, 0, OPF_REMOVABLE, none) /* any value will do */                             \
    X(budget,       0, 0, 0, none)                                                                 \
    X(refund,       0, 0, 0, none)                                                                 \
    X(count,        1, 1, 0, none) /* becomes an add: see tcg_count_in_register() */               \
    X(check,        0, 1, 0, none) /* leaves if the budget is less than this */                    \
    X(settle,       0, 1, 0, none) /* takes it off the budget */                                   \
    X(goto_tb,      0, 0, 0, none)                                                                 \
    X(br,           0, 0, OPF_ENDS, none)                                                          \
    X(brcond,       0, 2, OPF_ENDS | OPF_COND, none)                                               \
    X(exit_tb,      0, 0, OPF_ENDS, none)                                                          \
    X(lookup_ptr,   0, 1, OPF_ENDS, none) /* the pc */

typedef enum TCGOpcode {
#define TCG_OPCODE(name, ...) OP_##name,
    TCG_OPS(TCG_OPCODE)
#undef TCG_OPCODE
    NB_OPS,
} TCGOpcode;

/*
 * Inputs and results are zero-extended to 64 bits; a result may have garbage above its type's
 * width.
 */
typedef void TCGCompute(const TCGOp *op, const uint64_t *in, uint64_t *out);

/* A value in a vector register, or (in the lower half) in a general one. */
typedef JitVector TCGVector;

typedef struct TCGOpDef {
    const char *name;
    uint8_t nb_out, nb_in;
    uint16_t flags;
    TCGCompute *compute; /* NULL for operations with OPF_VECTOR and for those that aren't pure */
} TCGOpDef;

extern const TCGOpDef tcg_op_defs[NB_OPS];

/*
 * Computes a pure operation: constant folding and the interpreter. Results are properly
 * zero-extended.
 */
void tcg_op_compute(const TCGOp *op, const uint64_t *in, uint64_t *out);
/* The same for one with OPF_VECTOR; what is above the type's width in the result is 0. */
void tcg_op_compute_vector(const TCGOp *op, const TCGVector *in, TCGVector *out);
/* TCGOp.vec.imm of fcmp: a TCGFloatCond, and this. */
#define FCMP_SIGNALING 0x10
/* TCGOp.vec.imm of packed floating point, among others. */
#define VFLOAT_LOWEST 0x80

/* a * b + c, negated as TCG_NEGATE_* say, for hosts without the instruction. */
uint32_t tcg_soft_fma_f32(uint32_t a, uint32_t b, uint32_t c, uint32_t negate);
uint64_t tcg_soft_fma_f64(uint64_t a, uint64_t b, uint64_t c, uint32_t negate);

/*
 * Whether a guard (imm: TCGGuardKind and TCG_GUARD_* flags) calls its helper. `in` has op's inputs;
 * reads the host's flag for inexact results.
 */
bool tcg_guard_fails(const TCGOp *op, const uint64_t *in);
/*
 * TCG_GUARD_ZERO_SUM_OK: what differs from an addend of this magnitude, if only by a product's last
 * bit, is no zero.
 */
#define GUARD_LARGE_F32 0x12800000u           /* 2^-90 */
#define GUARD_LARGE_F64 0x07b0000000000000ull /* 2^-900 */
/* The same for a guard of vectors, whose helper is told by TCGOp.guard.vectors. */
bool tcg_vector_guard_fails(const TCGOp *op, const TCGVector *in);

bool tcg_cond_holds(TCGCond cond, TCGType type, uint64_t a, uint64_t b);

#endif
