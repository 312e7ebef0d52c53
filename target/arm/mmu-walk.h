/*
 * Stage 1 translation at EL1 and EL0 as a function of registers and tables.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_MMU_WALK_H
#define TARGET_ARM_MMU_WALK_H

#include "qemu/osdep.h"
#include "exec/cputlb.h"

/* The registers that count, and what the part can do. */
typedef struct ARMWalkRegs {
    uint64_t tcr, ttbr[2], sctlr;
    unsigned pa_bits;  /* ID_AA64MMFR0.PARange */
    bool granule_16k;  /* the others are always there */
} ARMWalkRegs;

/* Loads one doubleword of a table, in the byte order that SCTLR.EE says; false: bus error. */
typedef struct ARMTableMemory {
    bool (*load)(void *opaque, hwaddr addr, uint64_t *entry);
    bool (*load_word)(void *opaque, hwaddr addr, uint32_t *entry); /* for short descriptors */
    void *opaque;
} ARMTableMemory;

typedef struct ARMWalk {
    hwaddr phys;
    uint64_t size;      /* of the page or block */
    int prot;           /* PAGE_* of the level that asked; all that it may */
    bool global;        /* nG = 0 */
    bool guarded;       /* GP: branches have to come to landing pads */
    uint8_t attributes; /* MAIR index */
    uint8_t shareability;
    uint8_t level;      /* of the descriptor, or of the fault */
    uint8_t domain;     /* of short descriptors */
} ARMWalk;

/*
 * 0, or the fault status code (FSC_* with its level): `*walk` is then of no use but for its level.
 * user: the access is EL0's.
 */
unsigned arm_walk(const ARMWalkRegs *regs, const ARMTableMemory *memory, uint64_t address,
                  MMUAccessType access, bool user, ARMWalk *walk);

/* log2 of a half's granule, and of how many bytes of it can be mapped. */
typedef struct ARMHalf {
    unsigned granule, input;
} ARMHalf;
ARMHalf arm_walk_half(const ARMWalkRegs *regs, bool upper);

/* The address without its tag, where TCR says that its upper byte is one. */
uint64_t arm_untagged_address(uint64_t tcr, uint64_t address);

#endif
