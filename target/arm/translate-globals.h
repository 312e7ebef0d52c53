/*
 * Arm translator: the IR globals that AArch64 and AArch32 share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_TRANSLATE_GLOBALS_H
#define TARGET_ARM_TRANSLATE_GLOBALS_H

#include "tcg/tcg-op.h"
#include "target/arm/cpu.h"

extern TCGv_i64 cpu_pc;
extern TCGv_i64 cpu_exclusive_address, cpu_exclusive_value[2];
extern TCGv_vec cpu_vreg[32];

/* AArch32: r0 to r14 of the current mode; N is bit 31 of n, Z is z being 0, C is c (0 or 1), V is
 * bit 31 of v. */
extern TCGv_i32 cpu_r[15], cpu_nf, cpu_zf, cpu_cf, cpu_vf;

/* CPUState lies before env, at a distance that is the same for all CPUs. */
#define CPU_STATE_OFFSET(field)                                                                    \
    ((intptr_t)offsetof(ARMCPU, parent_obj.field) - (intptr_t)offsetof(ARMCPU, env))

#endif
