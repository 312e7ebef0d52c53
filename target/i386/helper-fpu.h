/*
 * Helpers of the x87 and of its state: fpu-helper.c, fpu-fast.c, fpu-state.c, xsave.c.
 *
 * `i` is a register ST(i), `operation` ModRM.reg of the opcode, `format` an X87Format.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_HELPER_FPU_H
#define TARGET_I386_HELPER_FPU_H

#include "tcg/helper.h"

/* A memory operand's format; the first four as bits 1 and 2 of the opcode have them. */
typedef enum X87Format {
    X87_FLOAT32,
    X87_INT32,
    X87_FLOAT64,
    X87_INT16,
    X87_INT64,
    X87_FLOAT80,
    X87_BCD,
} X87Format;

enum {
    X87_POP = 1 << 0,
    X87_POP_TWO = 1 << 1,
    X87_TO_STI = 1 << 2,     /* the result goes to ST(i), not ST(0) */
    X87_QUIET = 1 << 3,      /* quiet NaNs compare without an exception */
    X87_CUT_OFF = 1 << 4,    /* no rounding */
    X87_WIDE_IMAGE = 1 << 5, /* the 32-bit format of an environment */
};

/* ST(0) with ST(i), or with what was read from memory. */
DEF_HELPER_FLAGS_4(x86_fpu_arithmetic, TCG_CALL_NO_RWG, void, env, i32 /* operation */, i32 /* i */,
                   i32 /* X87_TO_STI, X87_POP */)
DEF_HELPER_FLAGS_4(x86_fpu_arithmetic_memory, TCG_CALL_NO_RWG, void, env, i32 /* operation */,
                   i32 /* format */, i64)
DEF_HELPER_FLAGS_3(x86_fpu_compare, TCG_CALL_NO_RWG, void, env, i32 /* i */,
                   i32 /* X87_QUIET, X87_POP, X87_POP_TWO */)
DEF_HELPER_FLAGS_4(x86_fpu_compare_memory, TCG_CALL_NO_RWG, void, env, i32 /* format */, i64,
                   i32 /* X87_POP */)
/* The result is the six status flags. */
DEF_HELPER_FLAGS_3(x86_fpu_compare_flags, TCG_CALL_NO_RWG, i64, env, i32 /* i */,
                   i32 /* X87_QUIET, X87_POP */)

DEF_HELPER_FLAGS_4(x86_fpu_load, TCG_CALL_NO_RWG, void, env, i32 /* format */, i64, i64 /* high */)
DEF_HELPER_FLAGS_2(x86_fpu_load_register, TCG_CALL_NO_RWG, void, env, i32 /* i */)
DEF_HELPER_FLAGS_2(x86_fpu_load_constant, TCG_CALL_NO_RWG, void, env, i32)
DEF_HELPER_FLAGS_4(x86_fpu_store, TCG_CALL_NO_WG, void, env, i64 /* address */, i32 /* format */,
                   i32 /* X87_POP, X87_CUT_OFF */)
DEF_HELPER_FLAGS_3(x86_fpu_store_register, TCG_CALL_NO_RWG, void, env, i32 /* i */,
                   i32 /* X87_POP */)
DEF_HELPER_FLAGS_2(x86_fpu_exchange, TCG_CALL_NO_RWG, void, env, i32 /* i */)
DEF_HELPER_FLAGS_3(x86_fpu_move_if, TCG_CALL_NO_RWG, void, env, i32 /* i */, i64 /* condition */)
DEF_HELPER_FLAGS_3(x86_fpu_free, TCG_CALL_NO_RWG, void, env, i32 /* i */, i32 /* X87_POP */)
/* D9 E0 to FF, by their low five bits. */
DEF_HELPER_FLAGS_2(x86_fpu_unary, TCG_CALL_NO_RWG, void, env, i32)

/*
 * What is frequent, quickly; other cases call those above: fpu-fast.c. The first twelve are
 * x86_fpu_arithmetic and x86_fpu_arithmetic_memory for one operation each.
 */
#define X87_ARITHMETIC_HELPERS(name)                                                               \
    DEF_HELPER_FLAGS_3(x86_fpu_##name, TCG_CALL_NO_RWG, void, env, i32 /* i */, i32 /* flags */)   \
    DEF_HELPER_FLAGS_3(x86_fpu_##name##_memory, TCG_CALL_NO_RWG, void, env, i32 /* format */, i64)
X87_ARITHMETIC_HELPERS(add)
X87_ARITHMETIC_HELPERS(mul)
X87_ARITHMETIC_HELPERS(sub)
X87_ARITHMETIC_HELPERS(subr)
X87_ARITHMETIC_HELPERS(div)
X87_ARITHMETIC_HELPERS(divr)
#undef X87_ARITHMETIC_HELPERS
DEF_HELPER_FLAGS_1(x86_fpu_sqrt, TCG_CALL_NO_RWG, void, env)
DEF_HELPER_FLAGS_1(x86_fpu_rint, TCG_CALL_NO_RWG, void, env)
DEF_HELPER_FLAGS_3(x86_fpu_fast_compare, TCG_CALL_NO_RWG, void, env, i32 /* i */, i32 /* flags */)
DEF_HELPER_FLAGS_4(x86_fpu_fast_compare_memory, TCG_CALL_NO_RWG, void, env, i32 /* format */, i64,
                   i32 /* X87_POP */)
DEF_HELPER_FLAGS_3(x86_fpu_fast_compare_flags, TCG_CALL_NO_RWG, i64, env, i32 /* i */,
                   i32 /* X87_QUIET, X87_POP */)
DEF_HELPER_FLAGS_2(x86_fpu_load_float32, TCG_CALL_NO_RWG, void, env, i64)
DEF_HELPER_FLAGS_2(x86_fpu_load_float64, TCG_CALL_NO_RWG, void, env, i64)
DEF_HELPER_FLAGS_3(x86_fpu_load_float80, TCG_CALL_NO_RWG, void, env, i64, i64 /* high */)
DEF_HELPER_FLAGS_2(x86_fpu_load_integer, TCG_CALL_NO_RWG, void, env, i64)
DEF_HELPER_FLAGS_2(x86_fpu_fast_load_register, TCG_CALL_NO_RWG, void, env, i32 /* i */)
/* ST(0) for memory; see there what has to follow. */
DEF_HELPER_FLAGS_3(x86_fpu_convert, TCG_CALL_NO_RWG, i64, env, i32 /* format */,
                   i32 /* X87_CUT_OFF */)
DEF_HELPER_FLAGS_3(x86_fpu_fast_store_register, TCG_CALL_NO_RWG, void, env, i32 /* i */,
                   i32 /* X87_POP */)
DEF_HELPER_FLAGS_2(x86_fpu_fast_exchange, TCG_CALL_NO_RWG, void, env, i32 /* i */)
/* 0: FCHS, 1: FABS */
DEF_HELPER_FLAGS_2(x86_fpu_change_sign, TCG_CALL_NO_RWG, void, env, i32)

DEF_HELPER_FLAGS_1(x86_fpu_init, TCG_CALL_NO_RWG, void, env)
DEF_HELPER_FLAGS_1(x86_fpu_clear_exceptions, TCG_CALL_NO_RWG, void, env)
DEF_HELPER_FLAGS_2(x86_fpu_set_control, TCG_CALL_NO_RWG, void, env, i32)
DEF_HELPER_FLAGS_1(x86_fpu_get_status, TCG_CALL_NO_RWG, i32, env)
DEF_HELPER_FLAGS_3(x86_fpu_store_environment, TCG_CALL_NO_WG, void, env, i64 /* address */,
                   i32 /* X87_WIDE_IMAGE */)
DEF_HELPER_FLAGS_3(x86_fpu_load_environment, TCG_CALL_NO_WG, void, env, i64 /* address */, i32)
DEF_HELPER_FLAGS_3(x86_fpu_save, TCG_CALL_NO_WG, void, env, i64 /* address */, i32)
DEF_HELPER_FLAGS_3(x86_fpu_restore, TCG_CALL_NO_WG, void, env, i64 /* address */, i32)

/* `wide`: REX.W, 64-bit pointers. These two and XRSTOR read and write the vector globals. */
DEF_HELPER_FLAGS_3(x86_fxsave, TCG_CALL_NO_WG, void, env, i64 /* address */, i32 /* wide */)
DEF_HELPER_3(x86_fxrstor, void, env, i64 /* address */, i32 /* wide */)
DEF_HELPER_FLAGS_4(x86_xsave, TCG_CALL_NO_WG, void, env, i64 /* address */, i64 /* EDX:EAX */,
                   i32 /* wide, X86_XSAVE_* */)
DEF_HELPER_4(x86_xrstor, void, env, i64 /* address */, i64 /* EDX:EAX */, i32 /* wide */)

enum {
    X86_XSAVE_WIDE = 1 << 0,
    X86_XSAVE_INIT = 1 << 1,    /* components in their initial state aren't written: XSAVEOPT */
    X86_XSAVE_COMPACT = 1 << 2, /* XSAVEC */
};

#endif
