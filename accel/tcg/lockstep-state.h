/*
 * Lockstep: what its two files share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ACCEL_TCG_LOCKSTEP_STATE_H
#define ACCEL_TCG_LOCKSTEP_STATE_H

#include "internal.h"
#include "tcg/reference.h"

/* What an access to RAM has found or left. */
typedef struct Access {
    uint8_t *host;
    unsigned size;
    uint8_t before[16], after[16]; /* loads: `before` */
} Access;

/* What isn't in env, besides. */
typedef struct Extra {
    int32_t budget, charged;
    uint32_t float_state; /* the host's rounding mode and sticky flags */
} Extra;

/* A part of env that is no IR global. */
typedef struct Gap {
    size_t start, size;
} Gap;

/* Of the one CPU, on its thread. */
typedef struct LockstepState {
    TCGReference *reference;
    CPUState *cpu;
    const TranslationBlock *tb; /* the piece */
    bool running;               /* a piece is */
    bool ahead;                 /* the interpreter is */
    bool open;  /* host code follows the interpreter, and its stores are to be compared */
    bool blind; /* the rest of the piece isn't compared */
    uint8_t *env, *own_env; /* the interpreter's, and host code's while the interpreter runs */
    uint8_t *kept_env;      /* while the MMU is asked */
    Extra extra;
    bool left_to_others; /* no exception ended the last piece, and this was float_state() then */
    uint32_t float_state;
    size_t env_size;
    GArray *loads, *stores; /* Access, since the last event */
    GArray *gaps;
} LockstepState;

extern LockstepState ls;

static inline uint8_t *real_env(void)
{
    return (uint8_t *)ls.cpu->env;
}

/* lockstep-memory.c */

/* Up to two runs of bytes in RAM that an access consists of. */
typedef struct Bytes {
    uint8_t *at[2];
    unsigned first; /* how many are in the first one */
    ram_addr_t ram_addr[2];
} Bytes;

/* Whether the access is one to plain RAM, that nobody sees but the guest; *b is where it is then.
 */
bool lockstep_is_plain(CPUState *cpu, Bytes *b, vaddr addr, MemOpIdx oi, MMUAccessType access);
/* A store of the piece's instruction `insn` into the piece, of a guest that would see it. */
bool lockstep_stores_into_itself(CPUState *cpu, const Bytes *b, unsigned size, unsigned insn);
/* What the interpreter gets for an accessor of memory; but for env_size. */
extern const TCGReferenceOps lockstep_memory;

#endif
