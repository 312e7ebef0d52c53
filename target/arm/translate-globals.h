/*
 * Arm translator: what AArch64 and AArch32 share: IR globals, and how a step ends.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_TRANSLATE_GLOBALS_H
#define TARGET_ARM_TRANSLATE_GLOBALS_H

#include "exec/translator.h"
#include "tcg/tcg-op.h"
#include "target/arm/cpu.h"

extern TCGv_i64 cpu_pc;
extern TCGv_i64 cpu_exclusive_address, cpu_exclusive_value[2];
extern TCGv_vec cpu_vreg[32];

/* AArch32: r0 to r14 of the current mode; N is bit 31 of n, Z is z being 0, C is c (0 or 1), V is
 * bit 31 of v. */
extern TCGv_i32 cpu_r[15], cpu_nf, cpu_zf, cpu_cf, cpu_vf;

/*
 * The pc, and in AArch32 what else the key depends on, has been stored: the debugger's step is over,
 * or the guest's is: PSTATE.SS is clear now, and the exception comes before the next instruction.
 */
void arm_gen_after_step(DisasContextBase *db, uint64_t hflags);
/* Where ARM_HF_BREAKPOINTS is in the key, before an instruction: one that is there is met. */
void arm_gen_breakpoint_check(uint64_t pc);

/* CPUState lies before env, at a distance that is the same for all CPUs. */
#define CPU_STATE_OFFSET(field)                                                                    \
    ((intptr_t)offsetof(ARMCPU, parent_obj.field) - (intptr_t)offsetof(ARMCPU, env))

#endif
