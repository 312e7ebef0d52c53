/*
 * MemOp: size, sign, byte order and alignment of one access; and what an access is for.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_MEMOP_H
#define EXEC_MEMOP_H

#include "qemu/osdep.h"

typedef enum MemOp {
    MO_8 = 0,
    MO_16 = 1,
    MO_32 = 2,
    MO_64 = 3,
    MO_SIZE = 3,

    MO_SIGN = 4,   /* sign-extend a load to its destination's width */
    MO_BE = 8,     /* big-endian; without it little-endian (the host's order) */
    MO_LE = 0,
    MO_ALIGN = 16, /* a misaligned address calls the CPU's do_unaligned_access hook */
    MO_STACK = 32, /* a hint: the address is based on the stack pointer */
    MO_ALIGN_4 = 64, /* the same for an 8-byte access that needs a multiple of 4 */
    MO_WIDE = 128,   /* the address has 64 bits; set by tcg_gen_qemu_ld and _st */
    MO_PAIR = 256,   /* with MO_64: 16 bytes, of vectors only */
    MO_VECTOR = 512, /* the value is a vector; set by tcg_gen_qemu_ld_vec and _st_vec */
    MO_AHEAD = 1024, /* of 16 bytes: the 16 that follow must be accessible, too */

    MO_UB = MO_8,
    MO_SB = MO_8 | MO_SIGN,
    MO_BEUW = MO_BE | MO_16,
    MO_BESW = MO_BE | MO_16 | MO_SIGN,
    MO_BEUL = MO_BE | MO_32,
    MO_BESL = MO_BE | MO_32 | MO_SIGN,
    MO_BEUQ = MO_BE | MO_64,
    MO_LEUW = MO_LE | MO_16,
    MO_LESW = MO_LE | MO_16 | MO_SIGN,
    MO_LEUL = MO_LE | MO_32,
    MO_LESL = MO_LE | MO_32 | MO_SIGN,
    MO_LEUQ = MO_LE | MO_64,
    MO_128 = MO_64 | MO_PAIR,
} MemOp;

/* What an access is for, as the MMU asks. */
typedef enum MMUAccessType {
    MMU_DATA_LOAD = 0,
    MMU_DATA_STORE = 1,
    MMU_INST_FETCH = 2,
} MMUAccessType;

/* A MemOp and the index of the MMU mode that the access goes through, in one word. */
typedef uint32_t MemOpIdx;

/* What a paged window's slow path has in it, too (TCG_SITE_PAGED); the rest has 15 bits. */
#define MEMOP_IDX_PAGED 0x8000u

static inline unsigned memop_size(MemOp op)
{
    return op & MO_PAIR ? 16 : 1u << (op & MO_SIZE);
}

/* What must be accessible, from the access's first byte on. */
static inline unsigned memop_span(MemOp op)
{
    return op & MO_AHEAD ? 2 * memop_size(op) : memop_size(op);
}

/* Address bits that must be 0. */
static inline unsigned memop_align_mask(MemOp op)
{
    return op & MO_ALIGN ? memop_size(op) - 1 : op & MO_ALIGN_4 ? 3 : 0;
}

static inline MemOpIdx make_memop_idx(MemOp op, unsigned mmu_idx)
{
    return (mmu_idx << 11) | op;
}

static inline MemOp get_memop(MemOpIdx oi)
{
    return (MemOp)(oi & 0x7ff);
}

static inline unsigned get_mmuidx(MemOpIdx oi)
{
    return oi >> 11;
}

#endif
