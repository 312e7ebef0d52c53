/*
 * AArch32's stage 1 as a function of registers and tables: short descriptors and long ones.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_MMU_WALK32_H
#define TARGET_ARM_MMU_WALK32_H

#include "target/arm/mmu-walk.h"

#define TTBCR_EAE (1u << 31)

typedef struct ARMWalk32Regs {
    uint64_t ttbr[2];
    uint32_t ttbcr, sctlr, dacr;
    bool secure; /* descriptors say what is in secure memory */
    bool hyp;    /* Hyp mode's: HTTBR, HTCR (with EAE set), HSCTLR; long descriptors, and no EL0 */
} ARMWalk32Regs;

/*
 * As arm_walk(), by the format that TTBCR.EAE says. walk->domain is known (also for a fault) where
 * short descriptors have one, and walk->attributes aren't for those.
 */
unsigned arm_walk32(const ARMWalk32Regs *regs, const ARMTableMemory *memory, uint32_t address,
                    MMUAccessType access, bool user, ARMWalk *walk);

#endif
