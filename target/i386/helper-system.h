/*
 * Helpers of system instructions.
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

#endif
