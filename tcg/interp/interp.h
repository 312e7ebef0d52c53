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

/* exec.c: what reference.c shares with it. */

/* A run of byte code. */
typedef struct Interp {
    const uint8_t *pc;
    const uint8_t *tb_code;
    char *env;
    CPUJitState *jit;
    TCGVector *slots;
    bool left; /* `result` is how generated code was left */
    uintptr_t result;
} Interp;

/* An instruction with its operands read. */
typedef struct Decoded {
    InterpInsn insn;
    const uint8_t *start;
    uint32_t out[2];
    uint64_t in[TCG_MAX_CALL_ARGS];
    uint64_t in_high[TCG_MAX_CALL_ARGS]; /* upper halves of vectors */
} Decoded;

/* Does the instruction at in->pc, but for what follows its operands. */
typedef void InterpHandler(Interp *in, const Decoded *d);

/* Reads the instruction at in->pc up to its operands. */
void interp_decode(Interp *in, Decoded *d);
/* What the interpreter does at this operation. */
InterpHandler *interp_handler(unsigned opc);
/* A result; those of general registers are the lower half. */
void interp_write(Interp *in, uint32_t operand, TCGVector value);

/* What follows the operands, word by word. */
static inline uint32_t get_u32(Interp *in)
{
    uint32_t v;

    memcpy(&v, in->pc, sizeof(v));
    in->pc += sizeof(v);
    return v;
}

static inline uint64_t get_u64(Interp *in)
{
    uint64_t v;

    memcpy(&v, in->pc, sizeof(v));
    in->pc += sizeof(v);
    return v;
}

static inline void leave(Interp *in, uintptr_t result)
{
    in->left = true;
    in->result = result;
}

/* The address as the guest's CPU has it. */
static inline uint64_t guest_address(uint64_t addr, MemOpIdx oi)
{
    return get_memop(oi) & MO_WIDE ? addr : (uint32_t)addr;
}

#endif
