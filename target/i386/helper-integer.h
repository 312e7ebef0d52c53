/*
 * Helpers of integer instructions.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_HELPER_INTEGER_H
#define TARGET_I386_HELPER_INTEGER_H

#include "tcg/helper.h"

/* Quotient and remainder of (high:low) / divisor, signed; raises #DE. */
DEF_HELPER_FLAGS_4(x86_idiv64, TCG_CALL_NO_WG, i128, env, i64, i64, i64)

DEF_HELPER_1(x86_aaa, void, env)
DEF_HELPER_1(x86_aas, void, env)
DEF_HELPER_1(x86_daa, void, env)
DEF_HELPER_1(x86_das, void, env)

/* Value, mask. */
DEF_HELPER_FLAGS_2(x86_pdep, TCG_CALL_NO_RWG_SE, i64, i64, i64)
DEF_HELPER_FLAGS_2(x86_pext, TCG_CALL_NO_RWG_SE, i64, i64, i64)
/* CRC so far, data, bytes of it. */
DEF_HELPER_FLAGS_3(x86_crc32, TCG_CALL_NO_RWG_SE, i64, i64, i64, i32)
/* A random number, and the status flags that tell whether there was one. */
DEF_HELPER_FLAGS_0(x86_random, TCG_CALL_NO_RWG, i128)

/*
 * Strings. Linear addresses of destination and source, how many elements there are at most, the log2
 * of an element's size. Return how many have been done, at least one, up to the end of a page.
 */
DEF_HELPER_FLAGS_5(x86_rep_movs, TCG_CALL_NO_WG, i64, env, i64, i64, i64, i32)
DEF_HELPER_FLAGS_5(x86_rep_stos, TCG_CALL_NO_WG, i64, env, i64, i64, i64, i32)
/* Linear address and bytes of what is going to be written: faults if it can't. */
DEF_HELPER_FLAGS_3(x86_probe_write, TCG_CALL_NO_WG, void, env, i64, i32)

#endif
