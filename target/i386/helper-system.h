/*
 * Helpers of system instructions. Most of them may fault.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_HELPER_SYSTEM_H
#define TARGET_I386_HELPER_SYSTEM_H

#include "tcg/helper.h"

/* Ports: number, (value,) bytes. x86_check_io: #GP unless the TSS's bitmap allows them all. */
DEF_HELPER_3(x86_in, i32, env, i32, i32)
DEF_HELPER_4(x86_out, void, env, i32, i32, i32)
DEF_HELPER_FLAGS_3(x86_check_io, TCG_CALL_NO_WG, void, env, i32, i32)

/* Control registers: (env, number, value). What they do shows only from the next block on. */
DEF_HELPER_3(x86_write_cr, void, env, i32, i64)
DEF_HELPER_FLAGS_1(x86_read_cr8, TCG_CALL_NO_RWG, i64, env)
DEF_HELPER_2(x86_lmsw, void, env, i32)
DEF_HELPER_1(x86_clts, void, env)
/* Leaves system management mode: all registers change. */
DEF_HELPER_1(x86_rsm, void, env)
/* EFLAGS.AC */
DEF_HELPER_2(x86_stac_clac, void, env, i32)
/* Before an instruction that debug_filter has: (env, its linear address) */
DEF_HELPER_FLAGS_2(x86_check_debug, TCG_CALL_NO_WG, void, env, i64)
/* Debug registers: (env, number[, value]) */
DEF_HELPER_FLAGS_2(x86_read_dr, TCG_CALL_NO_WG, i64, env, i32)
DEF_HELPER_3(x86_write_dr, void, env, i32, i64)
/* Registers are in ECX and EDX:EAX. */
DEF_HELPER_1(x86_xgetbv, void, env)
DEF_HELPER_1(x86_xsetbv, void, env)
DEF_HELPER_1(x86_rdpkru, void, env)
DEF_HELPER_1(x86_wrpkru, void, env)
DEF_HELPER_1(x86_rdmsr, void, env)
DEF_HELPER_1(x86_wrmsr, void, env)
DEF_HELPER_1(x86_rdpmc, void, env)
DEF_HELPER_1(x86_cpuid, void, env)

/* SVM: (env, physical address[, next instruction pointer]) */
DEF_HELPER_3(x86_vmrun, void, env, i64, i64)
DEF_HELPER_2(x86_vmload, void, env, i64)
DEF_HELPER_2(x86_vmsave, void, env, i64)
DEF_HELPER_2(x86_set_gif, void, env, i32)
DEF_HELPER_2(x86_invlpga, void, env, i64)
/* Before an instruction of a guest: (env, exit, next instruction pointer) and what else there is to
 * look at: CR0's value; port and EXITINFO1 without it; whether an MSR is written. */
DEF_HELPER_FLAGS_3(x86_intercept, TCG_CALL_NO_WG, void, env, i32, i64)
DEF_HELPER_FLAGS_3(x86_intercept_cr0, TCG_CALL_NO_WG, void, env, i64, i64)
DEF_HELPER_FLAGS_4(x86_intercept_io, TCG_CALL_NO_WG, void, env, i32, i32, i64)
DEF_HELPER_FLAGS_3(x86_intercept_msr, TCG_CALL_NO_WG, void, env, i32, i64)

/* The time stamp counter, if it may be read. */
DEF_HELPER_FLAGS_1(x86_rdtsc, TCG_CALL_NO_WG, i64, env)

/* (env, linear address); (env, kind, linear address of the descriptor) */
DEF_HELPER_2(x86_invlpg, void, env, i64)
DEF_HELPER_3(x86_invpcid, void, env, i64, i64)

/* RDFSBASE and its kin: CR4 has to allow them; a base has to be canonical. */
DEF_HELPER_FLAGS_1(x86_check_fsgsbase, TCG_CALL_NO_WG, void, env)
DEF_HELPER_FLAGS_2(x86_check_canonical, TCG_CALL_NO_WG, void, env, i64)

/* HLT and MWAIT: the pc has been stored. */
DEF_HELPER_FLAGS_1(x86_hlt, TCG_CALL_NO_WG, noreturn, env)
DEF_HELPER_FLAGS_1(x86_mwait, TCG_CALL_NO_WG, void, env)
DEF_HELPER_FLAGS_2(x86_monitor, TCG_CALL_NO_WG, void, env, i64)

#endif
