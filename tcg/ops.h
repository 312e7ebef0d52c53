/*
 * The operations of the IR, in one table: name, operands, properties and what they compute.
 *
 * To add an operation: a row here, a compute function in ops.c (NULL if it isn't a pure function of
 * its inputs), a front-end function in build*.c, and a row in each back end's table. Passes know
 * properties, not operations, except for the algebraic rules in pass-fold.c.
 *
 * `type` of an operation is the type of its result (of its operands where there is none); inputs
 * have the same type, except for the conversions and pointers.
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
};

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
    X(ext_i32,      1, 1, OPF_PURE, ext_i32)   /* i32 -> i64, sign */                              \
    X(extu_i32,     1, 1, OPF_PURE, extu_i32)  /* i32 -> i64, zero */                              \
    X(extrl_i64,    1, 1, OPF_PURE, extrl_i64) /* i64 -> i32, low half */                          \
    X(extrh_i64,    1, 1, OPF_PURE, extrh_i64) /* i64 -> i32, high half */                         \
    X(ld,           1, 1, OPF_MEMOP | OPF_REMOVABLE, none)                                         \
    X(st,           0, 2, OPF_MEMOP, none) /* value, base */                                       \
    X(qemu_ld,      1, 1, OPF_MEMOP | OPF_OBSERVES, none)                                          \
    X(qemu_st,      0, 2, OPF_MEMOP | OPF_OBSERVES, none) /* value, address */                     \
    X(call,         0, 0, 0, none) /* operands by TCGHelperInfo */                                 \
    X(budget,       0, 0, 0, none)                                                                 \
    X(refund,       0, 0, 0, none)                                                                 \
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

typedef struct TCGOp TCGOp;

/*
 * Inputs and results are zero-extended to 64 bits; a result may have garbage above its type's
 * width.
 */
typedef void TCGCompute(const TCGOp *op, const uint64_t *in, uint64_t *out);

typedef struct TCGOpDef {
    const char *name;
    uint8_t nb_out, nb_in;
    uint16_t flags;
    TCGCompute *compute;
} TCGOpDef;

extern const TCGOpDef tcg_op_defs[NB_OPS];

/*
 * Computes a pure operation: constant folding and the interpreter. Results are properly
 * zero-extended.
 */
void tcg_op_compute(const TCGOp *op, const uint64_t *in, uint64_t *out);
bool tcg_cond_holds(TCGCond cond, TCGType type, uint64_t a, uint64_t b);

#endif
