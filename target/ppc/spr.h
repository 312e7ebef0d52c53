/*
 * Special purpose registers: one row each, by CPU family.
 *
 * A row says who may read and write the register and how. What the translator can do inline (a
 * field of env, perhaps masked) is told apart from what needs a helper.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_PPC_SPR_H
#define TARGET_PPC_SPR_H

#include "target/ppc/cpu.h"

typedef enum PPCSPRKind {
    PPC_SPR_NONE,   /* no such access: ppc_spr_missing_error() */
    PPC_SPR_GLOBAL, /* XER, LR, CTR: the translator's own IR globals */
    PPC_SPR_FIELD,  /* 32-bit field of env at `offset`; a write changes the bits in `mask` only */
    PPC_SPR_HELPER, /* helper_ppc_mfspr() / helper_ppc_mtspr() */
    PPC_SPR_NOP,    /* reads 0; writes are ignored */
} PPCSPRKind;

enum {
    PPC_SPR_USER_READ = 1,
    PPC_SPR_USER_WRITE = 2,
    /* A write may change how following code is translated or what it sees: end the block after it
     * and go through the CPU loop. */
    PPC_SPR_END_TB = 4,
    /* A read looks at the instruction count: the last one of its block. */
    PPC_SPR_READ_ENDS_TB = 8,
    /* A write may sample its own address for SIA: env->pm_sampled. */
    PPC_SPR_SAMPLED = 16,
    /* Writing the value that it has already, in `mask`, does nothing. */
    PPC_SPR_IDEMPOTENT = 32,
};

struct PPCSPR {
    uint16_t num;
    const char *name;
    uint8_t read_kind, write_kind; /* PPCSPRKind */
    uint8_t flags;
    uint32_t offset; /* in env */
    uint32_t mask;   /* bits a write changes; the others keep their value */
    uint32_t reset;
    uint32_t (*read)(CPUPPCState *env, const PPCSPR *spr);
    void (*write)(CPUPPCState *env, const PPCSPR *spr, uint32_t value);
    uint16_t alias;  /* for hooks: the number of the register that this one shows */
};

/* The row of SPR `num`, or NULL if this CPU has none. A row for reading only has write_kind NONE.
 */
const PPCSPR *ppc_spr_lookup(const PowerPCCPUClass *pcc, unsigned num);

/*
 * The program exception's reason (PPC_PROGRAM_*) for an access to an SPR that doesn't exist or not
 * for this direction: privileged in user mode if the number's bit 0x10 is set, illegal otherwise.
 */
static inline uint32_t ppc_spr_missing_error(unsigned num, bool user)
{
    return user && (num & 0x10) ? PPC_PROGRAM_PRIVILEGED : PPC_PROGRAM_ILLEGAL;
}

/*
 * Whether the access is allowed: 0, or the program exception's reason. `user`: MSR[PR] is set.
 */
uint32_t ppc_spr_check(const PPCSPR *spr, unsigned num, bool write, bool user);

/* The value as mfspr reads it / writing it as mtspr does, whatever the kind; for monitor and GDB
 * too. */
uint32_t ppc_spr_read(CPUPPCState *env, const PPCSPR *spr);
void ppc_spr_write(CPUPPCState *env, const PPCSPR *spr, uint32_t value);

/* Builds the class's table from its family's sets; resets all registers. */
void ppc_spr_build(PowerPCCPUClass *pcc);
void ppc_spr_reset(CPUPPCState *env);

#endif
