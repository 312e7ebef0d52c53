/*
 * Helpers of segments, far transfers and interrupts.
 *
 * All of them may fault, but where they say otherwise. Those of far transfers set the pc: the block
 * ends with DISAS_JUMPED. `size` is an operand size, MO_16 to MO_64; `next` the instruction pointer
 * behind the instruction, as the program sees it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_HELPER_SEGMENT_H
#define TARGET_I386_HELPER_SEGMENT_H

#include "tcg/helper.h"

/* ES, SS, DS, FS or GS: (env, number, selector). hflags may change. */
DEF_HELPER_3(x86_load_seg, void, env, i32, i32)

/* (env, selector); (env, base, limit) */
DEF_HELPER_FLAGS_2(x86_lldt, TCG_CALL_NO_WG, void, env, i32)
DEF_HELPER_FLAGS_2(x86_ltr, TCG_CALL_NO_WG, void, env, i32)
DEF_HELPER_FLAGS_3(x86_lgdt, TCG_CALL_NO_WG, void, env, i64, i32)
DEF_HELPER_FLAGS_3(x86_lidt, TCG_CALL_NO_WG, void, env, i64, i32)
/* SGDT, SIDT, SLDT, STR, SMSW outside of level 0. */
DEF_HELPER_FLAGS_1(x86_check_umip, TCG_CALL_NO_WG, void, env)
/* (env, selector): the value, or all ones if the descriptor isn't to be seen. */
DEF_HELPER_FLAGS_2(x86_lar, TCG_CALL_NO_WG, i64, env, i32)
DEF_HELPER_FLAGS_2(x86_lsl, TCG_CALL_NO_WG, i64, env, i32)
/* (env, selector, for writing): 1, or 0. */
DEF_HELPER_FLAGS_3(x86_verify, TCG_CALL_NO_WG, i64, env, i32, i32)

/* (env, selector, offset, next); (env, selector, offset, size, next) */
DEF_HELPER_4(x86_far_jump, void, env, i32, i64, i64)
DEF_HELPER_5(x86_far_call, void, env, i32, i64, i32, i64)
/* (env, size, bytes that are dropped behind the return address) */
DEF_HELPER_3(x86_far_return, void, env, i32, i32)
/* (env, size, next) */
DEF_HELPER_3(x86_iret, void, env, i32, i64)

/* INT n: (env, vector, next). INT3 and INTO, which virtual-8086 mode treats like others. */
DEF_HELPER_FLAGS_3(x86_int, TCG_CALL_NO_WG, noreturn, env, i32, i64)
DEF_HELPER_FLAGS_3(x86_int_exception, TCG_CALL_NO_WG, noreturn, env, i32, i64)

/* (env, next); (env, size) */
DEF_HELPER_2(x86_syscall, void, env, i64)
DEF_HELPER_2(x86_sysret, void, env, i32)
DEF_HELPER_1(x86_sysenter, void, env)
DEF_HELPER_2(x86_sysexit, void, env, i32)

/* CLI and STI where IOPL forbids them: with VIF, if CR4 allows it. */
DEF_HELPER_FLAGS_1(x86_cli, TCG_CALL_NO_WG, void, env)
DEF_HELPER_FLAGS_1(x86_sti, TCG_CALL_NO_WG, void, env)
/* In virtual-8086 mode: EFLAGS as PUSHF stores them, (env, size); POPF's (env, value, size). */
DEF_HELPER_FLAGS_2(x86_pushf_vm86, TCG_CALL_NO_WG, i64, env, i32)
DEF_HELPER_3(x86_popf_vm86, void, env, i64, i32)
/* The flags that aren't globals: (env, value, mask). No fault. */
DEF_HELPER_FLAGS_3(x86_set_eflags, TCG_CALL_NO_RWG, void, env, i32, i32)

#endif
