/*
 * Helpers of SSE and AVX.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_HELPER_SSE_H
#define TARGET_I386_HELPER_SSE_H

#include "tcg/helper.h"

/* sse-helper.c */
/* An X86PackedFunc of two lanes, by their halves; immediate */
DEF_HELPER_FLAGS_6(x86_packed, TCG_CALL_NO_RWG_SE, i128, ptr, i64, i64, i64, i64, i32)
/* crypto-helper.c: two operands by their halves, and two words of the schedule with constants */
DEF_HELPER_FLAGS_5(x86_sha256rnds2, TCG_CALL_NO_RWG_SE, i128, i64, i64, i64, i64, i64)
/* PCMPxSTRx of two operands; X86_STRING_*: index and flags, or a mask */
DEF_HELPER_FLAGS_5(x86_string_compare, TCG_CALL_NO_RWG_SE, i128, i64, i64, i64, i64, i64)
/* Linear address, bytes, mask */
DEF_HELPER_FLAGS_6(x86_masked_store, TCG_CALL_NO_WG, void, env, i64, i64, i64, i64, i64)
DEF_HELPER_FLAGS_1(x86_read_mxcsr, TCG_CALL_NO_RWG, i32, env)
DEF_HELPER_2(x86_ldmxcsr, void, env, i32)

/* sse-float.c */
/* X86_FLOAT_DESC(); a and b by their halves */
DEF_HELPER_FLAGS_6(x86_float, TCG_CALL_NO_WG, i128, env, i32, i64, i64, i64, i64)
/* Element size, signaling; two scalars: EFLAGS */
DEF_HELPER_FLAGS_4(x86_float_flags, TCG_CALL_NO_WG, i64, env, i32, i64, i64)
/* Bit 0: double, then TCG_NEGATE_*: x * y + z */
DEF_HELPER_FLAGS_5(x86_fma, TCG_CALL_NO_WG, i64, env, i32, i64, i64, i64)
/* A single's approximate reciprocal, and of its square root */
DEF_HELPER_FLAGS_1(x86_rcp, TCG_CALL_NO_RWG_SE, i64, i64)
DEF_HELPER_FLAGS_1(x86_rsqrt, TCG_CALL_NO_RWG_SE, i64, i64)

#endif
