/*
 * Declaring helpers: functions that generated code calls.
 *
 * A target's helper.h includes this file and then says, for each helper, once:
 *
 *     DEF_HELPER_FLAGS_2(name, TCG_CALL_NO_RWG, i32, env, i32)
 *
 * which declares the C function helper_name(CPUArchState *env, uint32_t) and defines
 * gen_helper_name(TCGv_i32 ret, TCGv_ptr env, TCGv_i32 a), which generates the call. It is an
 * ordinary
 * header: include it wherever helpers are defined or called.
 *
 * Types: void, noreturn and i128 (results only; i128 is a pair of 64-bit integers); i32, s32, int, f32; i64, s64, f64; ptr (void *), env. A
 * 32-bit argument's upper half is zero, a signed one's too: the C type does what is needed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_HELPER_H
#define TCG_HELPER_H

#include "tcg/tcg-op.h"

/*
 * Per type: C type, handle, TCGHelperType, handle parameter for a result, flags that the result
 * type brings.
 */
#define dh_ctype_void     void
#define dh_ctype_noreturn G_NORETURN_ATTR void
#define dh_ctype_i32      uint32_t
#define dh_ctype_s32      int32_t
#define dh_ctype_int      int
#define dh_ctype_f32      uint32_t
#define dh_ctype_i64      uint64_t
#define dh_ctype_s64      int64_t
#define dh_ctype_f64      uint64_t
#define dh_ctype_ptr      void *
#define dh_ctype_env      CPUArchState *
#define dh_ctype_i128     JitVector

#define dh_handle_i32 TCGv_i32
#define dh_handle_s32 TCGv_i32
#define dh_handle_int TCGv_i32
#define dh_handle_f32 TCGv_i32
#define dh_handle_i64 TCGv_i64
#define dh_handle_s64 TCGv_i64
#define dh_handle_f64 TCGv_i64
#define dh_handle_ptr TCGv_ptr
#define dh_handle_env TCGv_ptr

#define dh_kind_void     TCG_HELPER_VOID
#define dh_kind_noreturn TCG_HELPER_VOID
#define dh_kind_i32      TCG_HELPER_I32
#define dh_kind_s32      TCG_HELPER_I32
#define dh_kind_int      TCG_HELPER_I32
#define dh_kind_f32      TCG_HELPER_I32
#define dh_kind_i64      TCG_HELPER_I64
#define dh_kind_s64      TCG_HELPER_I64
#define dh_kind_f64      TCG_HELPER_I64
#define dh_kind_ptr      TCG_HELPER_PTR
#define dh_kind_env      TCG_HELPER_PTR
#define dh_kind_i128     TCG_HELPER_I128

#define dh_flags_void     0
#define dh_flags_noreturn TCG_CALL_NO_RETURN
#define dh_flags_i32      0
#define dh_flags_s32      0
#define dh_flags_int      0
#define dh_flags_f32      0
#define dh_flags_i64      0
#define dh_flags_s64      0
#define dh_flags_f64      0
#define dh_flags_ptr      0
#define dh_flags_env      0
#define dh_flags_i128     0

/* The result's parameter in gen_helper_*, with a comma behind (or alone), and its value there. */
#define dh_out_void
#define dh_out_noreturn
#define dh_out_i32 TCGv_i32 ret,
#define dh_out_s32 TCGv_i32 ret,
#define dh_out_int TCGv_i32 ret,
#define dh_out_f32 TCGv_i32 ret,
#define dh_out_i64 TCGv_i64 ret,
#define dh_out_s64 TCGv_i64 ret,
#define dh_out_f64 TCGv_i64 ret,
#define dh_out_ptr TCGv_ptr ret,
#define dh_out_i128 TCGv_i128 ret,

#define dh_only_void     void
#define dh_only_noreturn void
#define dh_only_i32      TCGv_i32 ret
#define dh_only_s32      TCGv_i32 ret
#define dh_only_int      TCGv_i32 ret
#define dh_only_f32      TCGv_i32 ret
#define dh_only_i64      TCGv_i64 ret
#define dh_only_s64      TCGv_i64 ret
#define dh_only_f64      TCGv_i64 ret
#define dh_only_ptr      TCGv_ptr ret
#define dh_only_i128     TCGv_i128 ret

#define dh_result_void     NULL
#define dh_result_noreturn NULL
#define dh_result_i32      ret
#define dh_result_s32      ret
#define dh_result_int      ret
#define dh_result_f32      ret
#define dh_result_i64      ret
#define dh_result_s64      ret
#define dh_result_f64      ret
#define dh_result_ptr      ret
#define dh_result_i128     &ret

#define dh_c(t)   dh_ctype_##t
#define dh_h(t)   dh_handle_##t
#define dh_k(t)   dh_kind_##t
#define dh_out(t) dh_out_##t

/* Body of a gen_helper function; what follows `n` are the argument kinds. */
#define DH_INFO(sym, fl, ret, n, ...)                                                              \
    static const TCGHelperInfo info = { (void *)helper_##sym, #sym, (fl) | dh_flags_##ret,         \
                                        dh_kind_##ret, n, { __VA_ARGS__ } }

#define DEF_HELPER_FLAGS_0(sym, fl, ret)                                                           \
    dh_c(ret) helper_##sym(void);                                                                  \
    static inline void gen_helper_##sym(dh_only_##ret)                                             \
    {                                                                                              \
        DH_INFO(sym, fl, ret, 0, 0);                                                               \
        tcg_gen_call(&info, dh_result_##ret, NULL);                                                \
    }

#define DEF_HELPER_FLAGS_1(sym, fl, ret, t1)                                                       \
    dh_c(ret) helper_##sym(dh_c(t1));                                                              \
    static inline void gen_helper_##sym(dh_out(ret) dh_h(t1) a1)                                   \
    {                                                                                              \
        DH_INFO(sym, fl, ret, 1, dh_k(t1));                                                        \
        tcg_gen_call(&info, dh_result_##ret, (void *const[]){ a1 });                               \
    }

#define DEF_HELPER_FLAGS_2(sym, fl, ret, t1, t2)                                                   \
    dh_c(ret) helper_##sym(dh_c(t1), dh_c(t2));                                                    \
    static inline void gen_helper_##sym(dh_out(ret) dh_h(t1) a1, dh_h(t2) a2)                      \
    {                                                                                              \
        DH_INFO(sym, fl, ret, 2, dh_k(t1), dh_k(t2));                                              \
        tcg_gen_call(&info, dh_result_##ret, (void *const[]){ a1, a2 });                           \
    }

#define DEF_HELPER_FLAGS_3(sym, fl, ret, t1, t2, t3)                                               \
    dh_c(ret) helper_##sym(dh_c(t1), dh_c(t2), dh_c(t3));                                          \
    static inline void gen_helper_##sym(dh_out(ret) dh_h(t1) a1, dh_h(t2) a2, dh_h(t3) a3)         \
    {                                                                                              \
        DH_INFO(sym, fl, ret, 3, dh_k(t1), dh_k(t2), dh_k(t3));                                    \
        tcg_gen_call(&info, dh_result_##ret, (void *const[]){ a1, a2, a3 });                       \
    }

#define DEF_HELPER_FLAGS_4(sym, fl, ret, t1, t2, t3, t4)                                           \
    dh_c(ret) helper_##sym(dh_c(t1), dh_c(t2), dh_c(t3), dh_c(t4));                                \
    static inline void gen_helper_##sym(dh_out(ret) dh_h(t1) a1, dh_h(t2) a2, dh_h(t3) a3,         \
                                        dh_h(t4) a4)                                               \
    {                                                                                              \
        DH_INFO(sym, fl, ret, 4, dh_k(t1), dh_k(t2), dh_k(t3), dh_k(t4));                          \
        tcg_gen_call(&info, dh_result_##ret, (void *const[]){ a1, a2, a3, a4 });                   \
    }

#define DEF_HELPER_FLAGS_5(sym, fl, ret, t1, t2, t3, t4, t5)                                       \
    dh_c(ret) helper_##sym(dh_c(t1), dh_c(t2), dh_c(t3), dh_c(t4), dh_c(t5));                      \
    static inline void gen_helper_##sym(dh_out(ret) dh_h(t1) a1, dh_h(t2) a2, dh_h(t3) a3,         \
                                        dh_h(t4) a4, dh_h(t5) a5)                                  \
    {                                                                                              \
        DH_INFO(sym, fl, ret, 5, dh_k(t1), dh_k(t2), dh_k(t3), dh_k(t4), dh_k(t5));                \
        tcg_gen_call(&info, dh_result_##ret, (void *const[]){ a1, a2, a3, a4, a5 });               \
    }

#define DEF_HELPER_FLAGS_6(sym, fl, ret, t1, t2, t3, t4, t5, t6)                                   \
    dh_c(ret) helper_##sym(dh_c(t1), dh_c(t2), dh_c(t3), dh_c(t4), dh_c(t5), dh_c(t6));            \
    static inline void gen_helper_##sym(dh_out(ret) dh_h(t1) a1, dh_h(t2) a2, dh_h(t3) a3,         \
                                        dh_h(t4) a4, dh_h(t5) a5, dh_h(t6) a6)                     \
    {                                                                                              \
        DH_INFO(sym, fl, ret, 6, dh_k(t1), dh_k(t2), dh_k(t3), dh_k(t4), dh_k(t5), dh_k(t6));      \
        tcg_gen_call(&info, dh_result_##ret, (void *const[]){ a1, a2, a3, a4, a5, a6 });           \
    }

#define DEF_HELPER_0(sym, ret)                         DEF_HELPER_FLAGS_0(sym, 0, ret)
#define DEF_HELPER_1(sym, ret, t1)                     DEF_HELPER_FLAGS_1(sym, 0, ret, t1)
#define DEF_HELPER_2(sym, ret, t1, t2)                 DEF_HELPER_FLAGS_2(sym, 0, ret, t1, t2)
#define DEF_HELPER_3(sym, ret, t1, t2, t3)             DEF_HELPER_FLAGS_3(sym, 0, ret, t1, t2, t3)
#define DEF_HELPER_4(sym, ret, t1, t2, t3, t4)                                                     \
    DEF_HELPER_FLAGS_4(sym, 0, ret, t1, t2, t3, t4)
#define DEF_HELPER_5(sym, ret, t1, t2, t3, t4, t5)                                                 \
    DEF_HELPER_FLAGS_5(sym, 0, ret, t1, t2, t3, t4, t5)
#define DEF_HELPER_6(sym, ret, t1, t2, t3, t4, t5, t6)                                             \
    DEF_HELPER_FLAGS_6(sym, 0, ret, t1, t2, t3, t4, t5, t6)

#endif
