/*
 * Pointer authentication: codes in the bits of a pointer that translation doesn't look at.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_PAUTH_H
#define TARGET_ARM_PAUTH_H

#include "target/arm/cpu.h"

/* Which key, in the order of CPUARMState.pac_keys; of those of pointers bit 0 says B, bit 1 data. */
enum {
    ARM_PAC_IA,
    ARM_PAC_IB,
    ARM_PAC_DA,
    ARM_PAC_DB,
    ARM_PAC_GA,
    ARM_PAC_KEY = 7,
    ARM_PAC_CHECK = 8, /* helper_arm_pac(): authenticates, instead of adding a code */
};

typedef enum ARMPacAlgorithm {
    ARM_PAC_QARMA5,
    ARM_PAC_QARMA3,
    ARM_PAC_IMPDEF, /* quick, and no secret */
} ARMPacAlgorithm;

/* ComputePAC(): of any thread. */
uint64_t arm_compute_pac(ARMPacAlgorithm algorithm, uint64_t data, uint64_t modifier,
                         const ARMPacKey *key);

/* QARMA-64; key->high whitens. `rounds`: 5, 3. The second one is the slow way, for tests and hosts that
 * need it. */
uint64_t arm_qarma(uint64_t data, uint64_t modifier, const ARMPacKey *key, unsigned rounds);
uint64_t arm_qarma_by_cells(uint64_t data, uint64_t modifier, const ARMPacKey *key,
                            unsigned rounds);

#endif
