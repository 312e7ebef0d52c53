/*
 * The interpreter's byte code.
 *
 * A block's code is a header (InterpHead), then instructions: InterpInsn, its operands (results,
 * then inputs), then what the operation needs besides, in the order that encode.c writes and exec.c
 * reads it. Nothing is aligned but what changes later: a link, 8 bytes, and the check before it.
 *
 * An operand is a 32-bit word: kind in the low bits, index or offset above; a constant's 64-bit
 * value follows it. Globals are always in env; the interpreter has no registers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_INTERP_H
#define TCG_INTERP_H

#include "../tcg-internal.h"

typedef struct InterpHead {
    uint32_t nb_slots; /* values of temps */
} InterpHead;

typedef struct QEMU_PACKED InterpInsn {
    uint8_t opc;
    uint8_t type;
    uint8_t cond;
    uint8_t nb_out, nb_in;
    uint8_t ofs, len; /* or vece, imm */
} InterpInsn;

enum {
    OPERAND_SLOT,
    OPERAND_GLOBAL_I32,
    OPERAND_GLOBAL_I64,
    OPERAND_CONST,
    OPERAND_ENV,
    OPERAND_GLOBAL_V128,
    OPERAND_CONST_V128, /* two 64-bit words follow */
    OPERAND_KIND_BITS = 3,
};

/* Operation beyond the IR's: leave with result 0. */
#define INTERP_EXIT NB_OPS

#endif
