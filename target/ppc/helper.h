/*
 * Helpers that translated PowerPC code calls: prototypes and call generators (see tcg/helper.h).
 *
 * Flags: what may raise an exception has none or NO_WG, so that the guest's registers are in env
 * then. "Raises" means: for the instruction that the call belongs to (found from the return
 * address, so nip need not be stored before).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_PPC_HELPER_H
#define TARGET_PPC_HELPER_H

#include "target/ppc/cpu.h"
#include "tcg/helper.h"

/* Exceptions */

/* Raises PPC_EXCP_* with its error word (PPC_PROGRAM_* ...), for this instruction. */
DEF_HELPER_FLAGS_3(ppc_raise_exception, TCG_CALL_NO_WG, noreturn, env, i32, i32)
/* The same after the instruction: nip has been stored and is what SRR0 gets (trace exception). */
DEF_HELPER_FLAGS_3(ppc_raise_after, TCG_CALL_NO_WG, noreturn, env, i32, i32)
/* Debugger stop (single step, breakpoint); nip has been stored. */
DEF_HELPER_FLAGS_1(ppc_raise_debug, TCG_CALL_NO_WG, noreturn, env)
/* tw, twi: (env, a, b, TO): trap program exception if the condition holds. */
DEF_HELPER_FLAGS_4(ppc_tw, TCG_CALL_NO_WG, void, env, i32, i32, i32)
/* The DSISR of an alignment exception is worked out when it is raised; (env, ea). */
DEF_HELPER_FLAGS_2(ppc_raise_alignment, TCG_CALL_NO_WG, noreturn, env, i32)

/* System */

/* mtmsr: the translator stores nip = next instruction first, and ends the block afterwards by an
 * exit to the loop. May halt (POW) or raise a program exception (FE bits set with FEX pending),
 * both after the instruction. */
DEF_HELPER_2(ppc_mtmsr, void, env, i32)
/* rfi: writes MSR and nip; exit to the loop afterwards. */
DEF_HELPER_1(ppc_rfi, void, env)
/* (env, spr number [, value]): rows of kind PPC_SPR_HELPER. Existence and privilege have been
 * checked. */
DEF_HELPER_FLAGS_2(ppc_mfspr, TCG_CALL_NO_RWG, i32, env, i32)
DEF_HELPER_FLAGS_3(ppc_mtspr, TCG_CALL_NO_RWG, void, env, i32, i32)
/* Time base halves, mftb and mfspr 268/269. */
DEF_HELPER_FLAGS_1(ppc_mftbl, TCG_CALL_NO_RWG, i32, env)
DEF_HELPER_FLAGS_1(ppc_mftbu, TCG_CALL_NO_RWG, i32, env)
/* (env, n, value): segment registers; reading is a plain load of env->sr[n]. */
DEF_HELPER_FLAGS_3(ppc_mtsr, TCG_CALL_NO_RWG, void, env, i32, i32)
DEF_HELPER_FLAGS_2(ppc_mfsrin, TCG_CALL_NO_RWG, i32, env, i32)
DEF_HELPER_FLAGS_2(ppc_tlbie, TCG_CALL_NO_RWG, void, env, i32)
/* Software table search (603, 755): load the TLB entry for ea from RPA and xCMP. */
DEF_HELPER_FLAGS_2(ppc_tlbld, TCG_CALL_NO_RWG, void, env, i32)
DEF_HELPER_FLAGS_2(ppc_tlbli, TCG_CALL_NO_RWG, void, env, i32)

/* CR as a whole; the second where ppc_has_wide_cr() says so. */
DEF_HELPER_FLAGS_1(ppc_get_cr, TCG_CALL_NO_WG, i32, env)
DEF_HELPER_FLAGS_1(ppc_get_cr_wide, TCG_CALL_NO_WG, i32, env)
/* (env, rc) XER[SO] changes, and so does hflags. rc: CR0 was written by a compare with the old one. */
DEF_HELPER_2(ppc_change_so, void, env, i32)

/* Memory: all may raise. ea is the effective address, not yet aligned. */

/* One scalar in little-endian mode: (env, ea, MemOp), (env, ea, value, MemOp). The value as the
 * MemOp says for big-endian memory. */
DEF_HELPER_FLAGS_3(ppc_ld_le, TCG_CALL_NO_WG, i64, env, i32, i32)
DEF_HELPER_FLAGS_4(ppc_st_le, TCG_CALL_NO_WG, void, env, i32, i64, i32)
/* dcbz (32-byte block); dcba, the same where dcbz wouldn't raise, nothing elsewhere. */
DEF_HELPER_FLAGS_2(ppc_dcbz, TCG_CALL_NO_WG, void, env, i32)
DEF_HELPER_FLAGS_2(ppc_dcba, TCG_CALL_NO_WG, void, env, i32)
/* dcbst, dcbf, icbi (access MMU_DATA_LOAD), dcbi (MMU_DATA_STORE): translation and protection as
 * for such an access, nothing else. (env, ea, access) */
DEF_HELPER_FLAGS_3(ppc_cache_op, TCG_CALL_NO_WG, void, env, i32, i32)
/* (env, ea, first register): lmw, stmw. */
DEF_HELPER_3(ppc_lmw, void, env, i32, i32)
DEF_HELPER_FLAGS_3(ppc_stmw, TCG_CALL_NO_WG, void, env, i32, i32)
/* (env, ea, first register, byte count 0-128): lswi, lswx, stswi, stswx. */
DEF_HELPER_4(ppc_lsw, void, env, i32, i32, i32)
DEF_HELPER_FLAGS_4(ppc_stsw, TCG_CALL_NO_WG, void, env, i32, i32, i32)
/* eciwx (result), ecowx (env, ea, value). */
DEF_HELPER_FLAGS_2(ppc_eciwx, TCG_CALL_NO_WG, i32, env, i32)
DEF_HELPER_FLAGS_3(ppc_ecowx, TCG_CALL_NO_WG, void, env, i32, i32)

/*
 * Floating point. None of these touches IR globals; all results, operands and FPRs are 64-bit
 * patterns. FPSCR is updated completely (FPRF FR FI, sticky bits, VX, FEX, FX).
 *
 * With PPC_HF_FP_TRAPS in the block key the translator, for each of the operations down to
 * ppc_fctiwz: stores 0 to env->fp_suppressed before the call, keeps the target's old value if
 * fp_suppressed is non-zero after it, and then, if FE0 or FE1 is in the key, calls ppc_fp_check.
 * Without PPC_HF_FP_TRAPS none of this is needed.
 */
DEF_HELPER_FLAGS_3(ppc_fadd, TCG_CALL_NO_RWG, i64, env, i64, i64)
DEF_HELPER_FLAGS_3(ppc_fsub, TCG_CALL_NO_RWG, i64, env, i64, i64)
DEF_HELPER_FLAGS_3(ppc_fmul, TCG_CALL_NO_RWG, i64, env, i64, i64)
DEF_HELPER_FLAGS_3(ppc_fdiv, TCG_CALL_NO_RWG, i64, env, i64, i64)
DEF_HELPER_FLAGS_3(ppc_fadds, TCG_CALL_NO_RWG, i64, env, i64, i64)
DEF_HELPER_FLAGS_3(ppc_fsubs, TCG_CALL_NO_RWG, i64, env, i64, i64)
DEF_HELPER_FLAGS_3(ppc_fmuls, TCG_CALL_NO_RWG, i64, env, i64, i64)
DEF_HELPER_FLAGS_3(ppc_fdivs, TCG_CALL_NO_RWG, i64, env, i64, i64)
/* (env, frA, frC, frB): +-(A * C +- B). */
DEF_HELPER_FLAGS_4(ppc_fmadd, TCG_CALL_NO_RWG, i64, env, i64, i64, i64)
DEF_HELPER_FLAGS_4(ppc_fmsub, TCG_CALL_NO_RWG, i64, env, i64, i64, i64)
DEF_HELPER_FLAGS_4(ppc_fnmadd, TCG_CALL_NO_RWG, i64, env, i64, i64, i64)
DEF_HELPER_FLAGS_4(ppc_fnmsub, TCG_CALL_NO_RWG, i64, env, i64, i64, i64)
DEF_HELPER_FLAGS_4(ppc_fmadds, TCG_CALL_NO_RWG, i64, env, i64, i64, i64)
DEF_HELPER_FLAGS_4(ppc_fmsubs, TCG_CALL_NO_RWG, i64, env, i64, i64, i64)
DEF_HELPER_FLAGS_4(ppc_fnmadds, TCG_CALL_NO_RWG, i64, env, i64, i64, i64)
DEF_HELPER_FLAGS_4(ppc_fnmsubs, TCG_CALL_NO_RWG, i64, env, i64, i64, i64)
DEF_HELPER_FLAGS_2(ppc_fsqrt, TCG_CALL_NO_RWG, i64, env, i64)
DEF_HELPER_FLAGS_2(ppc_fsqrts, TCG_CALL_NO_RWG, i64, env, i64)
DEF_HELPER_FLAGS_2(ppc_fres, TCG_CALL_NO_RWG, i64, env, i64)
DEF_HELPER_FLAGS_2(ppc_frsqrte, TCG_CALL_NO_RWG, i64, env, i64)
DEF_HELPER_FLAGS_2(ppc_frsp, TCG_CALL_NO_RWG, i64, env, i64)
DEF_HELPER_FLAGS_2(ppc_fctiw, TCG_CALL_NO_RWG, i64, env, i64)
DEF_HELPER_FLAGS_2(ppc_fctiwz, TCG_CALL_NO_RWG, i64, env, i64)

/* Compares: the CR field's 64-bit value. (With FP_TRAPS: ppc_fp_check afterwards as well.) */
DEF_HELPER_FLAGS_3(ppc_fcmpu, TCG_CALL_NO_RWG, i64, env, i64, i64)
DEF_HELPER_FLAGS_3(ppc_fcmpo, TCG_CALL_NO_RWG, i64, env, i64, i64)
/* Memory format of lfs and stfs; pure. */
DEF_HELPER_FLAGS_1(ppc_todouble, TCG_CALL_NO_RWG_SE, i64, i32)
DEF_HELPER_FLAGS_1(ppc_tosingle, TCG_CALL_NO_RWG_SE, i32, i64)

/* Raises the FP enabled program exception for this instruction if FEX is set and FE0 or FE1 is. */
DEF_HELPER_FLAGS_1(ppc_fp_check, TCG_CALL_NO_WG, void, env)

/* Works out the bits that the record of the last operation (fpu.h) stands for; the translator
 * forgets it then, before each of the following. */
DEF_HELPER_FLAGS_1(ppc_settle_fpscr, TCG_CALL_NO_WG, void, env)
/* mtfsf, mtfsfi (env, value, 32-bit mask of the FPSCR bits to write; FEX and VX are left out here).
 * mtfsb0, mtfsb1 (env, bit 0-31, 0 or 1). All of them may change hflags: end the block and exit to
 * the loop (or look the next block up) afterwards; with FE0 or FE1 in the key call ppc_fp_check
 * first. */
DEF_HELPER_FLAGS_3(ppc_mtfsf, TCG_CALL_NO_RWG, void, env, i32, i32)
DEF_HELPER_FLAGS_3(ppc_mtfsb, TCG_CALL_NO_RWG, void, env, i32, i32)
/* mcrfs (env, FPSCR field 0-7): the CR field's value; clears the exception bits it copies. */
DEF_HELPER_FLAGS_2(ppc_mcrfs, TCG_CALL_NO_RWG, i64, env, i32)
/* The value of CR1 after an FP instruction with Rc. */
DEF_HELPER_FLAGS_1(ppc_cr1_from_fpscr, TCG_CALL_NO_RWG, i64, env)

#endif
