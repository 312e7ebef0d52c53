/*
 * Helpers that translated x86 code calls, by group.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_HELPER_H
#define TARGET_I386_HELPER_H

#include "target/i386/cpu.h"
#include "tcg/helper.h"

#include "target/i386/helper-fpu.h"
#include "target/i386/helper-integer.h"
#include "target/i386/helper-segment.h"
#include "target/i386/helper-sse.h"
#include "target/i386/helper-system.h"

/* translate.c */
DEF_HELPER_2(x86_raise, noreturn, env, i32)
DEF_HELPER_3(x86_raise_error, noreturn, env, i32, i32)
DEF_HELPER_2(x86_raise_at_pc, noreturn, env, i32)          /* env->pc has been stored */
DEF_HELPER_3(x86_raise_error_at_pc, noreturn, env, i32, i32)
DEF_HELPER_1(x86_stepped, noreturn, env)                   /* a debugger's single step */
DEF_HELPER_2(x86_trap_flag, noreturn, env, i32) /* EFLAGS.TF: #DB; 1: behind a branch */

#endif
