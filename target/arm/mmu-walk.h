/*
 * Translation, stage 1 and stage 2, as a function of registers and tables.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_MMU_WALK_H
#define TARGET_ARM_MMU_WALK_H

#include "qemu/osdep.h"
#include "exec/cputlb.h"

/* IFSC, DFSC: the first two have the level of the table in their low bits */
enum {
    FSC_ADDRESS_SIZE = 0x00,
    FSC_TRANSLATION = 0x04,
    FSC_ACCESS_FLAG = 0x08,
    FSC_PERMISSION = 0x0c,
    FSC_EXTERNAL = 0x10,
    FSC_TAG_CHECK = 0x11,
    FSC_EXTERNAL_ON_WALK = 0x14,
    FSC_ALIGNMENT = 0x21,
    FSC_DEBUG = 0x22,
    FSC_DOMAIN = 0x3c, /* with a level, too */
    /* Level -1 has codes of its own. */
    FSC_EXTERNAL_ON_WALK_TOP = 0x13,
    FSC_ADDRESS_SIZE_TOP = 0x29,
    FSC_TRANSLATION_TOP = 0x2b,
};

/* The registers that count, and what the part can do. */
typedef struct ARMWalkRegs {
    uint64_t tcr, ttbr[2], sctlr;
    unsigned pa_bits;  /* ID_AA64MMFR0.PARange */
    bool granule_16k;  /* the others are always there */
    bool single;       /* one range of addresses and no EL0: EL2 without VHE, EL3; see below */
    bool secure;       /* descriptors say what is in secure memory */
    bool pan;          /* what EL0 may access EL1 may not (PSTATE.PAN) */
    /* Extensions that the part has */
    bool hpds;         /* TCR.HPD0, HPD1: tables' permissions don't count */
    bool e0pd;         /* TCR.E0PD0, E0PD1: EL0 has nothing in that half */
    bool access_flag, dirty_state; /* TCR.HA, HD: hardware updates descriptors */
    bool small_tables; /* TnSZ up to 48 (FEAT_TTST) */
    bool wide_64k;     /* addresses of 52 bits with granules of 64 KiB (FEAT_LVA, FEAT_LPA) */
    bool lpa2;         /* and with the others, where TCR.DS says so (FEAT_LPA2) */
} ARMWalkRegs;

typedef enum ARMExchange { ARM_EXCHANGE_DONE, ARM_EXCHANGE_CHANGED, ARM_EXCHANGE_FAILED } ARMExchange;

/* Loads one doubleword of a table, in the byte order that SCTLR.EE says; false: bus error, or a fault
 * of stage 2 that the owner has taken note of. */
typedef struct ARMTableMemory {
    bool (*load)(void *opaque, hwaddr addr, bool secure, uint64_t *entry);
    bool (*load_word)(void *opaque, hwaddr addr, uint32_t *entry); /* for short descriptors */
    /* Replaces an entry whose lower word is still what it was by one with another lower word. */
    ARMExchange (*exchange)(void *opaque, hwaddr addr, bool secure, uint64_t old, uint64_t entry);
    void *opaque;
} ARMTableMemory;

typedef struct ARMWalk {
    hwaddr phys;
    uint64_t size;      /* of the page or block */
    int prot;           /* PAGE_* of the level that asked; all that it may */
    bool global;        /* nG = 0 */
    bool guarded;       /* GP: branches have to come to landing pads */
    bool tagged;        /* its memory attributes say that it has allocation tags */
    bool secure;        /* it leads to secure memory */
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

/* TCR of a regime with a single range, in the places where TCR_EL1 has the fields: there is no upper
 * half. */
uint64_t arm_tcr_of_single_range(uint64_t tcr);

/* Stage 2, from intermediate addresses on. */
typedef struct ARMStage2Regs {
    uint64_t vtcr, vttbr;
    unsigned pa_bits;
    bool granule_16k;
    bool fine_execution; /* FEAT_XNX: rights to execute for EL0 and EL1 apart */
} ARMStage2Regs;

/* As arm_walk(); walk->prot is what stage 2 allows EL0 (user) or EL1. */
unsigned arm_walk_stage2(const ARMStage2Regs *regs, const ARMTableMemory *memory, hwaddr ipa,
                         MMUAccessType access, bool user, ARMWalk *walk);

/* log2 of a half's granule, and of how many bytes of it can be mapped. */
typedef struct ARMHalf {
    unsigned granule, input;
} ARMHalf;
ARMHalf arm_walk_half(const ARMWalkRegs *regs, bool upper);

/* The address without its tag, where TCR says that its upper byte is one. */
uint64_t arm_untagged_address(uint64_t tcr, uint64_t address);

#endif
