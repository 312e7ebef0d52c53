/*
 * Helpers that translated Arm code calls: prototypes and call generators (see tcg/helper.h).
 *
 * "Raises" means: for the instruction that the call belongs to, found from the return address. What
 * may raise has at most NO_WG, so that the guest's registers are in env then.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_HELPER_H
#define TARGET_ARM_HELPER_H

#include "target/arm/cpu.h"
#include "tcg/helper.h"

/* Raises an exception with this ESR (and FAR) for this instruction. */
DEF_HELPER_FLAGS_2(arm_raise, TCG_CALL_NO_WG, noreturn, env, i32)
DEF_HELPER_FLAGS_3(arm_raise_with_far, TCG_CALL_NO_WG, noreturn, env, i32, i64)
/* The same after the instruction: pc has been stored, and is where the exception returns to. */
DEF_HELPER_FLAGS_2(arm_raise_after, TCG_CALL_NO_WG, noreturn, env, i32)
DEF_HELPER_FLAGS_3(arm_unaligned, TCG_CALL_NO_WG, noreturn, env, i64, i32)
/* The debugger's stop; the pc has been stored. */
DEF_HELPER_FLAGS_1(arm_raise_debug, TCG_CALL_NO_WG, noreturn, env)
/* An instruction of software step is over: PSTATE.SS is 0 (unless it has been left meanwhile). */
DEF_HELPER_FLAGS_1(arm_step_done, TCG_CALL_NO_RWG, void, env)
/* hvc, smc, where PSCI listens. The pc has been stored; may leave by itself. */
DEF_HELPER_1(arm_call_firmware, void, env)
/* hvc and smc (the class in `esr`) where there are higher levels: raise what keeps the instruction from
 * being executed; what it does, with the pc behind it. */
DEF_HELPER_FLAGS_2(arm_check_call, TCG_CALL_NO_WG, void, env, i32)
DEF_HELPER_2(arm_call_higher, void, env, i32)

/* eret: pc, PSTATE and flags. */
DEF_HELPER_1(arm_eret, void, env)
/* WFI, WFE: the pc has been stored. (env, ISS of the trap at EL0) */
DEF_HELPER_2(arm_wfi, void, env, i32)
DEF_HELPER_2(arm_wfe, void, env, i32)
DEF_HELPER_FLAGS_1(arm_sev, TCG_CALL_NO_RWG, void, env)
/* SEVL */
DEF_HELPER_FLAGS_1(arm_sevl, TCG_CALL_NO_RWG, void, env)
/* YIELD: with several CPUs, others' turn. */
DEF_HELPER_FLAGS_1(arm_yield, TCG_CALL_NO_RWG, void, env)

/*
 * AArch32. Registers of the user mode, of others, SPSR: (env, number [, value]). read_banked and
 * write_banked: SYSm and, as bit 5, R; they raise for what isn't there. write_cpsr: (env, value,
 * mask). return32: (env, pc, CPSR).
 */
DEF_HELPER_FLAGS_2(arm_read_user_reg, TCG_CALL_NO_WG, i32, env, i32)
DEF_HELPER_3(arm_write_user_reg, void, env, i32, i32)
DEF_HELPER_FLAGS_2(arm_read_mode_sp, TCG_CALL_NO_WG, i32, env, i32)
DEF_HELPER_3(arm_write_mode_sp, void, env, i32, i32)
DEF_HELPER_FLAGS_2(arm_read_banked, TCG_CALL_NO_WG, i32, env, i32)
DEF_HELPER_3(arm_write_banked, void, env, i32, i32)
DEF_HELPER_FLAGS_1(arm_read_spsr, TCG_CALL_NO_RWG, i32, env)
DEF_HELPER_FLAGS_3(arm_write_spsr, TCG_CALL_NO_RWG, void, env, i32, i32)
DEF_HELPER_3(arm_write_cpsr, void, env, i32, i32)
DEF_HELPER_3(arm_return32, void, env, i32, i32)

/* Coprocessor registers: (env, row of the table [, value], ESR of the trap). */
DEF_HELPER_3(arm_sysreg32_read, i64, env, ptr, i32)
DEF_HELPER_4(arm_sysreg32_write, void, env, ptr, i64, i32)
/* Raises what Hyp mode traps: (env, row or NULL: of no register, ESR, 1 for a write). */
DEF_HELPER_FLAGS_4(arm_sysreg32_check, TCG_CALL_NO_WG, void, env, ptr, i32, i32)

/* Parallel addition and subtraction, GE in env: (env, n, m, how << 3 | op). USADA8: (n, m, a) */
DEF_HELPER_FLAGS_4(arm_parallel, TCG_CALL_NO_RWG, i32, env, i32, i32, i32)
DEF_HELPER_FLAGS_3(arm_usada8, TCG_CALL_NO_RWG_SE, i32, i32, i32, i32)

/* VMRS: (env, number, general register), VMSR: (env, number, value); raise. Fixed point: (env,
 * value, description: size of the float, 4: of 32 bits, 8: signed, 16: bits behind the point). */
DEF_HELPER_FLAGS_3(arm_vfp_read, TCG_CALL_NO_WG, i32, env, i32, i32)
DEF_HELPER_FLAGS_3(arm_vfp_write, TCG_CALL_NO_WG, void, env, i32, i32)
DEF_HELPER_FLAGS_3(arm_vfp_to_fixed, TCG_CALL_NO_RWG, i64, env, i64, i32)
DEF_HELPER_FLAGS_3(arm_vfp_from_fixed, TCG_CALL_NO_RWG, i64, env, i64, i32)

/* AArch32's Advanced SIMD: (env, ARMLane *, description with ARM_NEON_*), (env, ARM_NEON_* and its operands
 * as helper_arm_neon_move() takes them apart); an alignment fault (env, address, is a store). */
DEF_HELPER_3(arm_neon_lanes, void, env, ptr, i64)
DEF_HELPER_2(arm_neon_move, void, env, i32)
DEF_HELPER_FLAGS_3(arm_neon_unaligned, TCG_CALL_NO_WG, void, env, i32, i32)

/* MSR (immediate): (env, value). DAIFSet and DAIFClr check SCTLR.UMA at EL0. */
DEF_HELPER_FLAGS_2(arm_daif_set, TCG_CALL_NO_WG, void, env, i32)
DEF_HELPER_FLAGS_2(arm_daif_clear, TCG_CALL_NO_WG, void, env, i32)
DEF_HELPER_2(arm_spsel, void, env, i32)

/*
 * System registers: (env, row of the table [, value], ISS of the trap). Whether the level may is
 * known; these check what depends on other registers, and raise.
 */
/* Raises the trap to a higher level, if there is to be one. */
DEF_HELPER_FLAGS_3(arm_sysreg_check, TCG_CALL_NO_WG, void, env, ptr, i32)
DEF_HELPER_3(arm_sysreg_read, i64, env, ptr, i32)
DEF_HELPER_4(arm_sysreg_write, void, env, ptr, i64, i32)

/* DC ZVA: (env, address). Cache maintenance by address: (env, address, ISS, needs write access) */
DEF_HELPER_FLAGS_3(arm_dc_zva, TCG_CALL_NO_WG, void, env, i64, i32)
DEF_HELPER_FLAGS_3(arm_cache_by_address, TCG_CALL_NO_WG, void, env, i64, i32)

DEF_HELPER_FLAGS_3(arm_crc32, TCG_CALL_NO_RWG_SE, i64, i64, i64, i32)
DEF_HELPER_FLAGS_3(arm_crc32c, TCG_CALL_NO_RWG_SE, i64, i64, i64, i32)
DEF_HELPER_FLAGS_1(arm_rbit64, TCG_CALL_NO_RWG_SE, i64, i64)

/*
 * SIMD: applies a function to each lane (target/arm/vector.h); (env, ARMLane *, description).
 * Operands and result are in env, as globals.
 */
DEF_HELPER_3(arm_lanes, void, env, ptr, i64)
/* An instruction that isn't made of lanes: (env, ARMVectorFunc *, instruction). */
DEF_HELPER_3(arm_vector, void, env, ptr, i32)

/* LD2 to LD4, ST2 to ST4, and LD1, ST1 in big-endian mode: (env, address, description). Raise. */
DEF_HELPER_3(arm_load_structures, void, env, i64, i32)
DEF_HELPER_FLAGS_3(arm_store_structures, TCG_CALL_NO_WG, void, env, i64, i32)

/* Scalar floating point: (env, ARMLane *, operands, size). */
DEF_HELPER_FLAGS_4(arm_fp1, TCG_CALL_NO_RWG, i64, env, ptr, i64, i32)
DEF_HELPER_FLAGS_5(arm_fp2, TCG_CALL_NO_RWG, i64, env, ptr, i64, i64, i32)
DEF_HELPER_FLAGS_6(arm_fp3, TCG_CALL_NO_RWG, i64, env, ptr, i64, i64, i64, i32)
/* FCMP, FCMPE: (env, a, b, size | signaling << 2); the flags in bits 31 to 28. */
DEF_HELPER_FLAGS_4(arm_fp_compare, TCG_CALL_NO_RWG, i64, env, i64, i64, i32)
/* (env, value, description: ARM_CONVERT_* in vector.h) */
DEF_HELPER_FLAGS_3(arm_fp_to_int, TCG_CALL_NO_RWG, i64, env, i64, i32)
DEF_HELPER_FLAGS_3(arm_fp_from_int, TCG_CALL_NO_RWG, i64, env, i64, i32)
/* FCVT: (env, value, to | from << 2) */
DEF_HELPER_FLAGS_3(arm_fp_convert, TCG_CALL_NO_RWG, i64, env, i64, i32)
/* PSTATE's bits of the mask become the value. */
DEF_HELPER_FLAGS_3(arm_change_pstate, TCG_CALL_NO_WG, void, env, i32, i32)
/* Before an indirect branch at pc, of BTYPE; before what it has come to, which may be a landing pad: raises. */
DEF_HELPER_FLAGS_3(arm_set_btype, TCG_CALL_NO_WG, void, env, i64, i32)
DEF_HELPER_FLAGS_2(arm_check_breakpoints, TCG_CALL_NO_WG, void, env, i64)
DEF_HELPER_FLAGS_3(arm_check_btype, TCG_CALL_NO_WG, void, env, i64, i32)
/* XAFLAG (1), AXFLAG (0): flags in bits 31 to 28. */
DEF_HELPER_FLAGS_2(arm_convert_flags, TCG_CALL_NO_RWG_SE, i64, i64, i32)

/* FJCVTZS: the result, and NZCV in bits 63 to 60. */
DEF_HELPER_FLAGS_2(arm_fjcvtzs, TCG_CALL_NO_RWG, i64, env, i64)

/*
 * Memory tagging (mte.h). check_tag: (env, address, ARM_TAG_*), the address to access by. irg: (env,
 * address, tags that it mustn't have); add_tag: (env, address, tag << 4 | how many further); both: the
 * address with its new tag. ldg, ldgm: (env, address, MMU mode). stg: (env, address, a pointer with the
 * tag, ARM_STG_*), tag_block: (…, the tag, ARM_STG_*), stgm: (…, tags, MMU mode).
 */
DEF_HELPER_FLAGS_3(arm_check_tag, TCG_CALL_NO_WG, i64, env, i64, i32)
DEF_HELPER_FLAGS_3(arm_irg, TCG_CALL_NO_RWG, i64, env, i64, i64)
DEF_HELPER_FLAGS_3(arm_add_tag, TCG_CALL_NO_RWG, i64, env, i64, i32)
DEF_HELPER_FLAGS_3(arm_ldg, TCG_CALL_NO_WG, i64, env, i64, i32)
DEF_HELPER_FLAGS_3(arm_ldgm, TCG_CALL_NO_WG, i64, env, i64, i32)
DEF_HELPER_FLAGS_4(arm_stg, TCG_CALL_NO_WG, void, env, i64, i64, i32)
DEF_HELPER_FLAGS_4(arm_stgm, TCG_CALL_NO_WG, void, env, i64, i64, i32)
DEF_HELPER_FLAGS_4(arm_tag_block, TCG_CALL_NO_WG, void, env, i64, i32, i32)
/* Pointer authentication: (env, pointer, modifier, ARM_PAC_* of pauth.h), (env, pointer, code or data),
 * (env, value, modifier). */
DEF_HELPER_FLAGS_4(arm_pac, TCG_CALL_NO_RWG, i64, env, i64, i64, i32)
DEF_HELPER_FLAGS_3(arm_pac_strip, TCG_CALL_NO_RWG_SE, i64, env, i64, i32)
/* Raises the trap to a higher level. */
DEF_HELPER_FLAGS_1(arm_pac_trap, TCG_CALL_NO_WG, noreturn, env)
DEF_HELPER_FLAGS_3(arm_pac_generic, TCG_CALL_NO_RWG, i64, env, i64, i64)

/* SVE (sve.h): a whole instruction (env, ARMSveFunc *, ARMLane *, instruction); a load or store (env,
 * ARMSveMemoryFunc *, address, instruction), which raises. */
DEF_HELPER_4(arm_sve, void, env, ptr, ptr, i32)
DEF_HELPER_4(arm_sve_memory, void, env, ptr, i64, i32)
/* Raises what keeps SVE from being used now; the same before an access to ZCR_ELx, if it is about these. */
DEF_HELPER_FLAGS_1(arm_sve_trap, TCG_CALL_NO_WG, noreturn, env)
DEF_HELPER_FLAGS_1(arm_sve_check, TCG_CALL_NO_WG, void, env)
/* From now on what lies above SIMD registers may not be zero. */
DEF_HELPER_FLAGS_1(arm_sve_begin, TCG_CALL_NO_RWG, void, env)

#endif
