/*
 * What a guest front end generates code with: temporaries, operations, labels, exits.
 *
 * All functions add to tcg_ctx, between tcg_func_start() and tcg_gen_code(). Handles are typed:
 * TCGv_i32, TCGv_i64 and TCGv_ptr (a host pointer). Destinations may be the same temp as a source.
 * Temps don't have to be freed and keep their value across labels. Shift counts must be below the
 * operand's width; divisors must not be 0, and INT_MIN / -1 must not occur: front ends select a
 * harmless divisor first.
 *
 * Dead code costs nothing: a result that nobody reads is not computed, so front ends need not try
 * to be clever.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_TCG_OP_H
#define TCG_TCG_OP_H

#include "tcg/tcg-cond.h"
#include "tcg/tcg.h"

typedef struct TCGv_i32_d *TCGv_i32;
typedef struct TCGv_i64_d *TCGv_i64;
typedef struct TCGv_ptr_d *TCGv_ptr;
typedef struct TCGv_f32_d *TCGv_f32;
typedef struct TCGv_f64_d *TCGv_f64;
typedef struct TCGv_vec_d *TCGv_vec; /* v64 or v128, as the temp was made */
typedef TCGv_ptr TCGv_env;

/* A guest address, of 32 or 64 bits as the CPU has them: pass a TCGv_i32 or a TCGv_i64. */
typedef union __attribute__((transparent_union)) TCGv_addr {
    TCGv_i32 i32;
    TCGv_i64 i64;
} TCGv_addr;

/* A 128-bit integer: two temps. */
typedef struct TCGv_i128 {
    TCGv_i64 low, high;
} TCGv_i128;

/* A vector of 256 bits: two of 128, the lower one first. */
typedef struct TCGv_v256 {
    TCGv_vec half[2];
} TCGv_v256;

typedef struct TCGLabel TCGLabel;
typedef struct TCGOp TCGOp;

/* The env pointer, base of every access to CPU state. */
extern const TCGv_ptr tcg_env;
#define cpu_env tcg_env

/*
 * Globals: guest registers at `offset` in env. Registered once per process, before the first
 * translation; the handle is valid in every context. Names are kept, not copied. A field that is a
 * global must not also be accessed with tcg_gen_ld/st.
 */
TCGv_i32 tcg_global_mem_new_i32(TCGv_ptr base, intptr_t offset, const char *name);
TCGv_i64 tcg_global_mem_new_i64(TCGv_ptr base, intptr_t offset, const char *name);
TCGv_f32 tcg_global_mem_new_f32(TCGv_ptr base, intptr_t offset, const char *name);
TCGv_f64 tcg_global_mem_new_f64(TCGv_ptr base, intptr_t offset, const char *name);
TCGv_vec tcg_global_mem_new_vec(TCGType type, TCGv_ptr base, intptr_t offset, const char *name);

/*
 * Names the global that holds the guest's program counter. Its value counts at helper calls,
 * exit_tb and lookup_and_goto_ptr only: guest accesses and goto_tb don't keep it (insn_start knows
 * it better).
 */
void tcg_set_pc_global_i32(TCGv_i32 pc);
void tcg_set_pc_global_i64(TCGv_i64 pc);

/*
 * Temporaries live until the end of the translation; reading one before it was written gives an
 * undefined value.
 */
TCGv_i32 tcg_temp_new_i32(void);
TCGv_i64 tcg_temp_new_i64(void);
TCGv_ptr tcg_temp_new_ptr(void);
TCGv_f32 tcg_temp_new_f32(void);
TCGv_f64 tcg_temp_new_f64(void);
TCGv_vec tcg_temp_new_vec(TCGType type);
TCGv_i128 tcg_temp_new_i128(void);
/* Constants are read-only. */
TCGv_i32 tcg_constant_i32(int32_t value);
TCGv_i64 tcg_constant_i64(int64_t value);
TCGv_ptr tcg_constant_ptr(const void *value);
TCGv_f32 tcg_constant_f32(uint32_t bits);
TCGv_f64 tcg_constant_f64(uint64_t bits);
TCGv_vec tcg_constant_v64(uint64_t bits);
TCGv_vec tcg_constant_v128(uint64_t low, uint64_t high);
/* Every element of 8 << vece bits is `element`. */
TCGv_vec tcg_constant_vec(TCGType type, unsigned vece, uint64_t element);

/* For code written for older versions of this interface: nothing has to be freed. */
static inline void tcg_temp_free_i32(TCGv_i32 t) {}
static inline void tcg_temp_free_i64(TCGv_i64 t) {}
static inline void tcg_temp_free_ptr(TCGv_ptr t) {}
#define tcg_temp_local_new_i32 tcg_temp_new_i32
#define tcg_temp_local_new_i64 tcg_temp_new_i64
#define tcg_const_i32          tcg_constant_i32
#define tcg_const_i64          tcg_constant_i64

/* A pointer seen as the integer it is. */
static inline TCGv_i64 tcg_ptr_as_i64(TCGv_ptr p)
{
    return (TCGv_i64)p;
}

/*
 * ret = a OP b. Rotates and shifts take the count modulo nothing: it must be below the width.
 * mulsh, muluh: upper half of the product. andc: a & ~b. orc: a | ~b. eqv: ~(a ^ b).
 */
#define TCG_FOREACH_BINARY(X)                                                                      \
    X(add) X(sub) X(mul) X(mulsh) X(muluh) X(divs) X(divu) X(rems) X(remu)                         \
    X(and) X(or) X(xor) X(andc) X(orc) X(eqv) X(nand) X(nor)                                       \
    X(shl) X(shr) X(sar) X(rotl) X(rotr)                                                           \
    X(clz) X(ctz) X(smin) X(smax) X(umin) X(umax)

#define TCG_DECLARE_BINARY(name)                                                                   \
    void tcg_gen_##name##_i32(TCGv_i32 ret, TCGv_i32 a, TCGv_i32 b);                               \
    void tcg_gen_##name##_i64(TCGv_i64 ret, TCGv_i64 a, TCGv_i64 b);
TCG_FOREACH_BINARY(TCG_DECLARE_BINARY)

/*
 * ret = a OP constant; subfi is constant - a (its own declaration below). clzi, ctzi: the constant
 * is the result for a = 0.
 */
#define TCG_FOREACH_BINARY_IMM(X)                                                                  \
    X(add) X(sub) X(mul) X(and) X(or) X(xor) X(shl) X(shr) X(sar) X(rotl) X(rotr) X(clz) X(ctz)

#define TCG_DECLARE_BINARY_IMM(name)                                                               \
    void tcg_gen_##name##i_i32(TCGv_i32 ret, TCGv_i32 a, int32_t b);                               \
    void tcg_gen_##name##i_i64(TCGv_i64 ret, TCGv_i64 a, int64_t b);
TCG_FOREACH_BINARY_IMM(TCG_DECLARE_BINARY_IMM)

/*
 * ret = OP a. bswap32 of an i64 swaps the low half and clears the upper; bswap16 clears everything
 * above 16 bits.
 */
#define TCG_FOREACH_UNARY(X)                                                                       \
    X(mov) X(neg) X(not) X(abs) X(ctpop)                                                           \
    X(ext8s) X(ext8u) X(ext16s) X(ext16u) X(bswap16) X(bswap32)

#define TCG_DECLARE_UNARY(name)                                                                    \
    void tcg_gen_##name##_i32(TCGv_i32 ret, TCGv_i32 a);                                           \
    void tcg_gen_##name##_i64(TCGv_i64 ret, TCGv_i64 a);
TCG_FOREACH_UNARY(TCG_DECLARE_UNARY)

void tcg_gen_bswap64_i64(TCGv_i64 ret, TCGv_i64 a);
void tcg_gen_ext32s_i64(TCGv_i64 ret, TCGv_i64 a);
void tcg_gen_ext32u_i64(TCGv_i64 ret, TCGv_i64 a);

void tcg_gen_movi_i32(TCGv_i32 ret, int32_t value);
void tcg_gen_movi_i64(TCGv_i64 ret, int64_t value);
void tcg_gen_subfi_i32(TCGv_i32 ret, int32_t a, TCGv_i32 b);
void tcg_gen_subfi_i64(TCGv_i64 ret, int64_t a, TCGv_i64 b);

/* Between widths: sign-, zero-extend; low and high half; (high << 32) | low. */
void tcg_gen_ext_i32_i64(TCGv_i64 ret, TCGv_i32 a);
void tcg_gen_extu_i32_i64(TCGv_i64 ret, TCGv_i32 a);
void tcg_gen_extrl_i64_i32(TCGv_i32 ret, TCGv_i64 a);
void tcg_gen_extrh_i64_i32(TCGv_i32 ret, TCGv_i64 a);
void tcg_gen_extr_i64_i32(TCGv_i32 low, TCGv_i32 high, TCGv_i64 a);
void tcg_gen_concat_i32_i64(TCGv_i64 ret, TCGv_i32 low, TCGv_i32 high);

/*
 * Operations whose signatures are alike for both widths; T is i32 or i64, C the type of a constant.
 */
#define TCG_DECLARE_WIDTH(T, C)                                                                    \
    /* Bit fields: [ofs, ofs + len) within the width, len > 0. deposit: a with b in the field; */  \
    /* deposit_z: b in the field, zero elsewhere; extract: the field moved to bit 0. */            \
    void tcg_gen_deposit_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b, unsigned ofs, unsigned len);    \
    void tcg_gen_deposit_z_##T(TCGv_##T ret, TCGv_##T b, unsigned ofs, unsigned len);              \
    void tcg_gen_extract_##T(TCGv_##T ret, TCGv_##T a, unsigned ofs, unsigned len);                \
    void tcg_gen_sextract_##T(TCGv_##T ret, TCGv_##T a, unsigned ofs, unsigned len);               \
    /* ret = (a cond b) ? 1 : 0; neg: ? -1 : 0 */                                                  \
    void tcg_gen_setcond_##T(TCGCond cond, TCGv_##T ret, TCGv_##T a, TCGv_##T b);                  \
    void tcg_gen_setcondi_##T(TCGCond cond, TCGv_##T ret, TCGv_##T a, C b);                        \
    void tcg_gen_negsetcond_##T(TCGCond cond, TCGv_##T ret, TCGv_##T a, TCGv_##T b);               \
    /* ret = (a cond b) ? v1 : v2 */                                                               \
    void tcg_gen_movcond_##T(TCGCond cond, TCGv_##T ret, TCGv_##T a, TCGv_##T b, TCGv_##T v1,      \
                             TCGv_##T v2);                                                         \
    void tcg_gen_brcond_##T(TCGCond cond, TCGv_##T a, TCGv_##T b, TCGLabel *label);                \
    void tcg_gen_brcondi_##T(TCGCond cond, TCGv_##T a, C b, TCGLabel *label);                      \
    /* (rh:rl) = (ah:al) +/- (bh:bl) */                                                            \
    void tcg_gen_add2_##T(TCGv_##T rl, TCGv_##T rh, TCGv_##T al, TCGv_##T ah, TCGv_##T bl,         \
                          TCGv_##T bh);                                                            \
    void tcg_gen_sub2_##T(TCGv_##T rl, TCGv_##T rh, TCGv_##T al, TCGv_##T ah, TCGv_##T bl,         \
                          TCGv_##T bh);                                                            \
    /* ret = a + b + carry_in (0 or 1), carry_out = the carry (0 or 1): PowerPC's and Arm's adc */ \
    void tcg_gen_addcio_##T(TCGv_##T ret, TCGv_##T carry_out, TCGv_##T a, TCGv_##T b,              \
                            TCGv_##T carry_in);                                                    \
    /* (rh:rl) = a * b, unsigned and signed */                                                     \
    void tcg_gen_mulu2_##T(TCGv_##T rl, TCGv_##T rh, TCGv_##T a, TCGv_##T b);                      \
    void tcg_gen_muls2_##T(TCGv_##T rl, TCGv_##T rh, TCGv_##T a, TCGv_##T b);                      \
    /* CPU state (or host memory behind a pointer); loads extend as their names say */             \
    void tcg_gen_ld8u_##T(TCGv_##T ret, TCGv_ptr base, intptr_t offset);                           \
    void tcg_gen_ld8s_##T(TCGv_##T ret, TCGv_ptr base, intptr_t offset);                           \
    void tcg_gen_ld16u_##T(TCGv_##T ret, TCGv_ptr base, intptr_t offset);                          \
    void tcg_gen_ld16s_##T(TCGv_##T ret, TCGv_ptr base, intptr_t offset);                          \
    void tcg_gen_ld_##T(TCGv_##T ret, TCGv_ptr base, intptr_t offset);                             \
    void tcg_gen_st8_##T(TCGv_##T value, TCGv_ptr base, intptr_t offset);                          \
    void tcg_gen_st16_##T(TCGv_##T value, TCGv_ptr base, intptr_t offset);                         \
    void tcg_gen_st_##T(TCGv_##T value, TCGv_ptr base, intptr_t offset);                           \
    /* (ret:remainder) = (high:low) / divisor, which must be above high (signed: the quotient */   \
    /* must fit). */                                                                               \
    void tcg_gen_divu2_##T(TCGv_##T ret, TCGv_##T rem, TCGv_##T low, TCGv_##T high, TCGv_##T d);   \
    void tcg_gen_divs2_##T(TCGv_##T ret, TCGv_##T rem, TCGv_##T low, TCGv_##T high, TCGv_##T d);   \
    /* ret = a - b - borrow_in (0 or 1), borrow_out = the borrow: x86's sbb */                     \
    void tcg_gen_subbio_##T(TCGv_##T ret, TCGv_##T borrow_out, TCGv_##T a, TCGv_##T b,             \
                            TCGv_##T borrow_in);                                                   \
    /* Guest memory, at a guest virtual address. The address space of `mmu_idx`. */                \
    void tcg_gen_qemu_ld_##T(TCGv_##T ret, TCGv_addr addr, unsigned mmu_idx, MemOp memop);         \
    void tcg_gen_qemu_st_##T(TCGv_##T value, TCGv_addr addr, unsigned mmu_idx, MemOp memop);

/*
 * Atomic accesses to guest memory, in one order for all CPUs. `ret`: what was there before, or, for
 * names that end in _fetch, what is there now; extended as the MemOp says. i128: of 16 bytes,
 * whatever size the MemOp says.
 */
#define TCG_DECLARE_ATOMIC_(name, T)                                                               \
    void tcg_gen_atomic_##name##_##T(TCGv_##T ret, TCGv_addr addr, TCGv_##T value,                 \
                                     unsigned mmu_idx, MemOp memop);
#define TCG_DECLARE_ATOMIC_BOTH_(name, T)                                                          \
    TCG_DECLARE_ATOMIC_(fetch_##name, T)                                                           \
    TCG_DECLARE_ATOMIC_(name##_fetch, T)
#define TCG_DECLARE_ATOMICS(T)                                                                     \
    /* Stores `value` if `expected` is there. */                                                   \
    void tcg_gen_atomic_cmpxchg_##T(TCGv_##T ret, TCGv_addr addr, TCGv_##T expected,               \
                                    TCGv_##T value, unsigned mmu_idx, MemOp memop);                \
    TCG_DECLARE_ATOMIC_(xchg, T)                                                                   \
    TCG_DECLARE_ATOMIC_BOTH_(add, T)                                                               \
    TCG_DECLARE_ATOMIC_BOTH_(rsub, T) /* value - what is there */                                  \
    TCG_DECLARE_ATOMIC_BOTH_(and, T)                                                               \
    TCG_DECLARE_ATOMIC_BOTH_(or, T)                                                                \
    TCG_DECLARE_ATOMIC_BOTH_(xor, T)                                                               \
    TCG_DECLARE_ATOMIC_BOTH_(smin, T)                                                              \
    TCG_DECLARE_ATOMIC_BOTH_(smax, T)                                                              \
    TCG_DECLARE_ATOMIC_BOTH_(umin, T)                                                              \
    TCG_DECLARE_ATOMIC_BOTH_(umax, T)

TCG_DECLARE_ATOMICS(i32)
TCG_DECLARE_ATOMICS(i64)
TCG_DECLARE_ATOMICS(i128)

TCG_DECLARE_WIDTH(i32, int32_t)
TCG_DECLARE_WIDTH(i64, int64_t)

/*
 * brcond of i32 where `difference` holds a - b, both sign-extended for the signed conditions,
 * zero-extended for the unsigned ones, either for equality: a comparison of that with 0 says the
 * same, and may be made instead where it is cheaper.
 */
void tcg_gen_brcond_difference_i32(TCGCond cond, TCGv_i32 a, TCGv_i32 b, TCGv_i64 difference,
                                   TCGLabel *label);

void tcg_gen_ld32u_i64(TCGv_i64 ret, TCGv_ptr base, intptr_t offset);
void tcg_gen_ld32s_i64(TCGv_i64 ret, TCGv_ptr base, intptr_t offset);
void tcg_gen_st32_i64(TCGv_i64 value, TCGv_ptr base, intptr_t offset);

void tcg_gen_mov_ptr(TCGv_ptr ret, TCGv_ptr a);

/*
 * The global `ret` is written before anything reads it again, helpers and the CPU's state after a
 * fault included: until then it may have any value, and what it had needn't be kept.
 */
void tcg_gen_discard_i64(TCGv_i64 ret);
/* Otherwise that is no operation; to be set before the first translation. */
extern bool tcg_discards;
void tcg_gen_addi_ptr(TCGv_ptr ret, TCGv_ptr a, intptr_t b);
void tcg_gen_add_ptr(TCGv_ptr ret, TCGv_ptr a, TCGv_ptr b);
void tcg_gen_ext_i32_ptr(TCGv_ptr ret, TCGv_i32 a);
void tcg_gen_ld_ptr(TCGv_ptr ret, TCGv_ptr base, intptr_t offset);
void tcg_gen_st_ptr(TCGv_ptr value, TCGv_ptr base, intptr_t offset);

/*
 * Vectors of elements of 8 << vece bits (MO_8 to MO_64). Operands and result are of one type.
 * ss and us: signed and unsigned saturation. The shifts by a constant want it below the element's
 * width, those by a vector take every count: too far out is 0 (sar: the sign).
 */
#define TCG_FOREACH_VECTOR_BINARY(X)                                                               \
    X(add) X(sub) X(mul) X(ssadd) X(usadd) X(sssub) X(ussub)                                       \
    X(smin) X(smax) X(umin) X(umax) X(shlv) X(shrv) X(sarv) X(zipl) X(ziph)                        \
    X(fadd) X(fsub) X(fmul) X(fdiv)

#define TCG_DECLARE_VECTOR_BINARY(name)                                                            \
    void tcg_gen_##name##_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b);
TCG_FOREACH_VECTOR_BINARY(TCG_DECLARE_VECTOR_BINARY)

void tcg_gen_mov_vec(TCGv_vec ret, TCGv_vec a);
/* Bitwise; andc: a & ~b. */
void tcg_gen_and_vec(TCGv_vec ret, TCGv_vec a, TCGv_vec b);
void tcg_gen_or_vec(TCGv_vec ret, TCGv_vec a, TCGv_vec b);
void tcg_gen_xor_vec(TCGv_vec ret, TCGv_vec a, TCGv_vec b);
void tcg_gen_andc_vec(TCGv_vec ret, TCGv_vec a, TCGv_vec b);
void tcg_gen_not_vec(TCGv_vec ret, TCGv_vec a);
void tcg_gen_neg_vec(unsigned vece, TCGv_vec ret, TCGv_vec a);
void tcg_gen_abs_vec(unsigned vece, TCGv_vec ret, TCGv_vec a);
void tcg_gen_shli_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, unsigned count);
void tcg_gen_shri_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, unsigned count);
void tcg_gen_sari_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, unsigned count);
/* Each element all ones where (a cond b), else 0. Not TSTEQ, TSTNE. */
void tcg_gen_cmp_vec(TCGCond cond, unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_vec b);
/* Bits of a where mask is set, of b elsewhere. */
void tcg_gen_bitsel_vec(TCGv_vec ret, TCGv_vec mask, TCGv_vec a, TCGv_vec b);
/* Bytes of a as `index` says: those with an index of 16 or more (v64: 8) become 0. */
void tcg_gen_tbl_vec(TCGv_vec ret, TCGv_vec a, TCGv_vec index);
/* Element n, a word or a doubleword, in all of them. */
void tcg_gen_dup_lane_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, unsigned n);
/* The even words of a, then of b; or the odd ones. */
void tcg_gen_unzip_words_vec(TCGv_vec ret, TCGv_vec a, TCGv_vec b, bool odd);
/* Every element the low bits of a. */
void tcg_gen_dup_i64_vec(unsigned vece, TCGv_vec ret, TCGv_i64 a);
/* Element n, zero-extended; a vector with one element replaced by the low bits of b. */
void tcg_gen_extract_vec(unsigned vece, TCGv_i64 ret, TCGv_vec a, unsigned n);
void tcg_gen_insert_vec(unsigned vece, TCGv_vec ret, TCGv_vec a, TCGv_i64 b, unsigned n);
/* The lowest element, and zeros above it; words and doublewords. */
void tcg_gen_low_vec(unsigned vece, TCGv_vec ret, TCGv_vec a);
/* A v128 of two halves. */
void tcg_gen_concat_i64_vec(TCGv_vec ret, TCGv_i64 low, TCGv_i64 high);
/* CPU state, in host byte order: 8 or 16 bytes. */
void tcg_gen_ld_vec(TCGv_vec ret, TCGv_ptr base, intptr_t offset);
void tcg_gen_st_vec(TCGv_vec value, TCGv_ptr base, intptr_t offset);
/*
 * Guest memory: all of the vector, its byte 0 at `addr`, or with MO_BE its last one. Of `memop` byte
 * order and alignment count. The access happens as a whole, or not at all if it raises an exception.
 */
void tcg_gen_qemu_ld_vec(TCGv_vec ret, TCGv_addr addr, unsigned mmu_idx, MemOp memop);
void tcg_gen_qemu_st_vec(TCGv_vec value, TCGv_addr addr, unsigned mmu_idx, MemOp memop);
/*
 * The same of a v128's lowest 4 or 8 bytes, as `memop` says, without MO_BE; what is above them is 0
 * after a load.
 */
void tcg_gen_qemu_ld_low_vec(TCGv_vec ret, TCGv_addr addr, unsigned mmu_idx, MemOp memop);
void tcg_gen_qemu_st_low_vec(TCGv_vec value, TCGv_addr addr, unsigned mmu_idx, MemOp memop);
/* The bytes in the opposite order. */
void tcg_gen_reverse_vec(TCGv_vec ret, TCGv_vec a);

/*
 * Guest memory as a piece of the host's, for accesses of many bytes or of some bytes among them:
 * ret = where the host has the `span` bytes from `addr` on, if all of them are in one page of RAM
 * that generated code may access itself; else what `slow` returns, which raises exceptions if it has
 * to, and otherwise does the access: a load leaves the bytes at the address that it returns, a store
 * returns where as many may be written in vain. Then the caller loads or stores by tcg_gen_ld_vec()
 * and its like, before anything else that may raise or leave. `slow` doesn't find globals in env; a
 * store gives it up to TCG_HOST_VALUES vectors in CPUJitState.host_values. Like a guard, the call
 * stands behind the block's code and keeps all registers. The interpreter always makes it.
 */
typedef void *TCGHostSlow(CPUArchState *env, uint64_t addr, uint32_t arg, uintptr_t ra);

typedef struct TCGHostRange {
    TCGHostSlow *slow;
    uint32_t arg;
    unsigned span; /* bytes: 1 to TCG_HOST_SPAN */
} TCGHostRange;

#define TCG_HOST_SPAN   256
#define TCG_HOST_VALUES 4

void tcg_gen_host_ld(TCGv_ptr ret, TCGv_addr addr, unsigned mmu_idx, MemOp hint,
                     const TCGHostRange *range);
/* unusual: if this isn't 0, `slow` is called in any case. */
void tcg_gen_host_st(TCGv_ptr ret, TCGv_addr addr, TCGv_i64 unusual, const TCGv_vec *values,
                     unsigned nb_values, unsigned mmu_idx, MemOp hint, const TCGHostRange *range);

/*
 * The same for vectors of 256 bits, each half by itself: zip, too, stays within the halves. Guest
 * memory: an access is made as a whole, or not at all if it raises an exception, but others may see
 * it in halves, each of which is aligned by MO_ALIGN.
 */
#define TCG_DECLARE_VECTOR_BINARY_256(name)                                                        \
    void tcg_gen_##name##_v256(unsigned vece, TCGv_v256 ret, TCGv_v256 a, TCGv_v256 b);
TCG_FOREACH_VECTOR_BINARY(TCG_DECLARE_VECTOR_BINARY_256)

TCGv_v256 tcg_temp_new_v256(void);
void tcg_gen_mov_v256(TCGv_v256 ret, TCGv_v256 a);
void tcg_gen_and_v256(TCGv_v256 ret, TCGv_v256 a, TCGv_v256 b);
void tcg_gen_or_v256(TCGv_v256 ret, TCGv_v256 a, TCGv_v256 b);
void tcg_gen_xor_v256(TCGv_v256 ret, TCGv_v256 a, TCGv_v256 b);
void tcg_gen_andc_v256(TCGv_v256 ret, TCGv_v256 a, TCGv_v256 b);
void tcg_gen_not_v256(TCGv_v256 ret, TCGv_v256 a);
void tcg_gen_neg_v256(unsigned vece, TCGv_v256 ret, TCGv_v256 a);
void tcg_gen_abs_v256(unsigned vece, TCGv_v256 ret, TCGv_v256 a);
void tcg_gen_shli_v256(unsigned vece, TCGv_v256 ret, TCGv_v256 a, unsigned count);
void tcg_gen_shri_v256(unsigned vece, TCGv_v256 ret, TCGv_v256 a, unsigned count);
void tcg_gen_sari_v256(unsigned vece, TCGv_v256 ret, TCGv_v256 a, unsigned count);
void tcg_gen_cmp_v256(TCGCond cond, unsigned vece, TCGv_v256 ret, TCGv_v256 a, TCGv_v256 b);
void tcg_gen_bitsel_v256(TCGv_v256 ret, TCGv_v256 mask, TCGv_v256 a, TCGv_v256 b);
void tcg_gen_dup_i64_v256(unsigned vece, TCGv_v256 ret, TCGv_i64 a);
void tcg_gen_ld_v256(TCGv_v256 ret, TCGv_ptr base, intptr_t offset);
void tcg_gen_st_v256(TCGv_v256 value, TCGv_ptr base, intptr_t offset);
void tcg_gen_qemu_ld_v256(TCGv_v256 ret, TCGv_addr addr, unsigned mmu_idx, MemOp memop);
void tcg_gen_qemu_st_v256(TCGv_v256 value, TCGv_addr addr, unsigned mmu_idx, MemOp memop);

/*
 * Floating point in the host's rounding mode, gathering the host's sticky flags. The result of an
 * operation with a NaN is the first operand that is one, made quiet; of an invalid operation, the
 * NaN whose sign and topmost fraction bit are set. fma: a * b + c, rounded once. Comparisons:
 * false for NaNs; `signaling`: a quiet NaN is invalid, too (else only a signaling one).
 */
typedef enum TCGFloatCond {
    TCG_FCOND_EQ,
    TCG_FCOND_LT,
    TCG_FCOND_LE,
    TCG_FCOND_UNORDERED,
} TCGFloatCond;

/* A user's choice: front ends do guests' floating point with these, where they can; on at start. */
extern bool tcg_float_inline;

#define TCG_DECLARE_FLOAT(T, I)                                                                    \
    void tcg_gen_mov_##T(TCGv_##T ret, TCGv_##T a);                                                \
    void tcg_gen_add_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b);                                    \
    void tcg_gen_sub_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b);                                    \
    void tcg_gen_mul_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b);                                    \
    void tcg_gen_div_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b);                                    \
    void tcg_gen_sqrt_##T(TCGv_##T ret, TCGv_##T a);                                               \
    void tcg_gen_fma_##T(TCGv_##T ret, TCGv_##T a, TCGv_##T b, TCGv_##T c);                        \
    void tcg_gen_neg_##T(TCGv_##T ret, TCGv_##T a);                                                \
    void tcg_gen_abs_##T(TCGv_##T ret, TCGv_##T a);                                                \
    void tcg_gen_fcmp_##T(TCGFloatCond cond, bool signaling, TCGv_i32 ret, TCGv_##T a,             \
                          TCGv_##T b);                                                             \
    /* The bits, as they are. */                                                                   \
    void tcg_gen_bits_##T##_##I(TCGv_##I ret, TCGv_##T a);                                         \
    void tcg_gen_bits_##I##_##T(TCGv_##T ret, TCGv_##I a);                                         \
    /* A v128's lowest element; such a vector with another one there. */                           \
    void tcg_gen_low_##T(TCGv_##T ret, TCGv_vec a);                                                \
    void tcg_gen_set_low_##T(TCGv_vec ret, TCGv_vec a, TCGv_##T b);                                \
    /* From signed integers, rounded; to signed integers, rounded or cut off: what doesn't fit, */ \
    /* and NaNs, give the most negative number. */                                                 \
    void tcg_gen_cvt_i32_##T(TCGv_##T ret, TCGv_i32 a);                                            \
    void tcg_gen_cvt_i64_##T(TCGv_##T ret, TCGv_i64 a);                                            \
    void tcg_gen_round_##T##_i32(TCGv_i32 ret, TCGv_##T a);                                        \
    void tcg_gen_round_##T##_i64(TCGv_i64 ret, TCGv_##T a);                                        \
    void tcg_gen_trunc_##T##_i32(TCGv_i32 ret, TCGv_##T a);                                        \
    void tcg_gen_trunc_##T##_i64(TCGv_i64 ret, TCGv_##T a);                                        \
    void tcg_gen_ld_##T(TCGv_##T ret, TCGv_ptr base, intptr_t offset);                             \
    void tcg_gen_st_##T(TCGv_##T value, TCGv_ptr base, intptr_t offset);
TCG_DECLARE_FLOAT(f32, i32)
TCG_DECLARE_FLOAT(f64, i64)
void tcg_gen_cvt_f32_f64(TCGv_f64 ret, TCGv_f32 a);
void tcg_gen_cvt_f64_f32(TCGv_f32 ret, TCGv_f64 a);
/* The same number as a single; a NaN (any) if there is none, or if `a` is a NaN. */
void tcg_gen_narrow_f64_f32(TCGv_f32 ret, TCGv_f64 a);
/* -1: a < b, or one is a NaN; 1: a > b; 0: equal. */
void tcg_gen_cmp3_f64(TCGv_i64 ret, TCGv_f64 a, TCGv_f64 b);
void tcg_gen_cmp3_f32(TCGv_i64 ret, TCGv_f32 a, TCGv_f32 b);

/* fma: a * b + c with the product, the addend or both negated. NaNs keep their signs. */
enum {
    TCG_NEGATE_PRODUCT = 1,
    TCG_NEGATE_ADDEND = 2,
};
void tcg_gen_muladd_f32(TCGv_f32 ret, TCGv_f32 a, TCGv_f32 b, TCGv_f32 c, unsigned negate);
void tcg_gen_muladd_f64(TCGv_f64 ret, TCGv_f64 a, TCGv_f64 b, TCGv_f64 c, unsigned negate);

/*
 * Packed floating point, of v128. NaNs as above. lowest: of the lowest element alone; the others are
 * `a`'s (muladd: `b`'s). min: a < b ? a : b, max: a > b ? a : b, whatever is unordered or equal.
 * cmp: all ones where it holds; LT and LE are signaling, EQ and UNORDERED are not.
 */
#define TCG_FOREACH_PACKED_BINARY(X) X(add) X(sub) X(mul) X(div) X(min) X(max)
#define TCG_DECLARE_PACKED_BINARY(name)                                                            \
    void tcg_gen_packed_##name(unsigned vece, bool lowest, TCGv_vec ret, TCGv_vec a, TCGv_vec b);
TCG_FOREACH_PACKED_BINARY(TCG_DECLARE_PACKED_BINARY)
void tcg_gen_packed_cmp(TCGFloatCond cond, unsigned vece, bool lowest, TCGv_vec ret, TCGv_vec a,
                        TCGv_vec b);
void tcg_gen_packed_sqrt(unsigned vece, bool lowest, TCGv_vec ret, TCGv_vec a);
/* a * b + c, rounded once; `negate`: TCG_NEGATE_*. Calls where the host hasn't got it. */
bool tcg_has_packed_muladd(void);
void tcg_gen_packed_muladd(unsigned vece, bool lowest, TCGv_vec ret, TCGv_vec a, TCGv_vec b,
                           TCGv_vec c, unsigned negate);
/* To integers that are still floats, without the flag for inexact results. */
typedef enum TCGRounding {
    TCG_ROUND_NEAREST,
    TCG_ROUND_DOWN,
    TCG_ROUND_UP,
    TCG_ROUND_ZERO,
} TCGRounding;
void tcg_gen_packed_round(TCGRounding mode, unsigned vece, bool lowest, TCGv_vec ret, TCGv_vec a);
/* From signed words: four, or the lower two to doubles; singles, cut off to signed words. */
void tcg_gen_packed_cvt_i32(unsigned vece, TCGv_vec ret, TCGv_vec a);
void tcg_gen_packed_trunc_i32(TCGv_vec ret, TCGv_vec a);
/* A signed i64, rounded, as the lowest float of `vece`; zeros above. */
void tcg_gen_packed_cvt_i64(unsigned vece, TCGv_vec ret, TCGv_i64 a);
/* Between the lower two singles (zeros above them) and two doubles. */
void tcg_gen_packed_widen(TCGv_vec ret, TCGv_vec a);
void tcg_gen_packed_narrow(TCGv_vec ret, TCGv_vec a);
/* The signs alone. */
void tcg_gen_packed_neg(unsigned vece, TCGv_vec ret, TCGv_vec a);
void tcg_gen_packed_abs(unsigned vece, TCGv_vec ret, TCGv_vec a);

/*
 * A guard: ret = value, unless what has been computed is unusual; then ret is what a helper returns.
 * The check is a few instructions, the call stands apart from the block's code and keeps all
 * registers, so code before and after it is allocated as if there was none. So the helper mustn't
 * raise exceptions, nor look at globals.
 */
typedef enum TCGGuardKind {
    TCG_GUARD_NAN,     /* unusual: a NaN */
    TCG_GUARD_FINITE,  /* a NaN or an infinity */
    TCG_GUARD_NORMAL,  /* one of the exponent's four smallest or largest values: these, zeros, ... */
    TCG_GUARD_ORDERED, /* the helper's first two arguments, a NaN among them; nothing else is checked */
    TCG_GUARD_INT_MIN, /* the smallest integer */
    TCG_GUARD_NEGATIVE, /* an integer below zero */
} TCGGuardKind;
#define TCG_GUARD_INEXACT 0x40 /* ... or the host's sticky flag for inexact results is set */
/* ... but a zero isn't if one of the helper's first two arguments is a zero, or its only one. */
#define TCG_GUARD_ZERO_OK 0x80

typedef uint64_t TCGGuardHelper(CPUArchState *env, uint64_t a, uint64_t b, uint64_t c);

#define TCG_GUARD_ARGS 3

typedef struct TCGGuard {
    unsigned kind;        /* TCGGuardKind and flags */
    const void *checked;  /* handle; not for TCG_GUARD_ORDERED */
    bool narrow;          /* it is an f32 (or i32), not an f64 (i64) */
    TCGGuardHelper *func; /* gets the arguments' bits; of an f32 and beyond the last: garbage */
    const void *args[TCG_GUARD_ARGS]; /* handles of any type, NULL behind the last one */
} TCGGuard;

/*
 * Of vectors: unusual if an element is. The helper gets the arguments in `args` and leaves the result
 * in args[0]. What is above the `bytes` that count is 0 in that.
 */
typedef struct TCGVectorGuard TCGVectorGuard;
struct TCGVectorGuard {
    void (*func)(CPUArchState *env, struct JitVector *args, const TCGVectorGuard *self);
};
/*
 * Vectors, with TCG_GUARD_NORMAL: of muladd's arguments a, b, c: a zero isn't unusual if c is one and
 * a or b is, nor if c is so large that all of the difference would show.
 */
#define TCG_GUARD_ZERO_SUM_OK 0x20
/* With ZERO_OK: what is checked are singles, the argument has doubles. */
#define TCG_GUARD_WIDE_ARGUMENT 0x10
/* bytes: one element, 8 or 16; args: NULL behind the last one; ORDERED of one looks at that alone. */
void tcg_gen_guard_vec(unsigned kind, unsigned vece, unsigned bytes, TCGv_vec ret, TCGv_vec value,
                       const TCGVectorGuard *g, const TCGv_vec args[TCG_GUARD_ARGS]);

void tcg_gen_guard_f64(TCGv_f64 ret, TCGv_f64 value, const TCGGuard *g);
void tcg_gen_guard_i32(TCGv_i32 ret, TCGv_i32 value, const TCGGuard *g);
void tcg_gen_guard_i64(TCGv_i64 ret, TCGv_i64 value, const TCGGuard *g);

/*
 * Labels: jumps may go forwards and backwards. Each label that is jumped to must be set exactly
 * once.
 */
TCGLabel *gen_new_label(void);
void gen_set_label(TCGLabel *label);
void tcg_gen_br(TCGLabel *label);

/* Orders guest accesses as seen by other CPUs; what the host orders by itself costs nothing. */
typedef enum TCGBar {
    TCG_MO_LD_LD = 1,
    TCG_MO_ST_LD = 2,
    TCG_MO_LD_ST = 4,
    TCG_MO_ST_ST = 8,
    TCG_MO_ALL = 15,
    TCG_BAR_SC = 0x10,
    TCG_BAR_LDAQ = 0x20,
    TCG_BAR_STRL = 0x40,
} TCGBar;
void tcg_gen_mb(unsigned bar);

/* Starts a guest instruction; the words (pc, …) come back through restore_state_to_opc(). */
void tcg_gen_insn_start(uint64_t word0, uint64_t word1);
/* Which of these globals, at most 32, the operations since then write: bit n for number n. */
uint32_t tcg_written_by_insn(const TCGv_i64 *globals, unsigned nb);

/*
 * Calls. Without flags a helper reads and writes every global and may raise an exception. READ: the
 * helper needs the globals in env; WRITE: it may change them. A helper that raises must not have
 * TCG_CALL_NO_READ_GLOBALS.
 */
enum {
    TCG_CALL_NO_READ_GLOBALS = 1,  /* doesn't look at globals in env (implies NO_WRITE) */
    TCG_CALL_NO_WRITE_GLOBALS = 2, /* doesn't change globals in env */
    TCG_CALL_PURE = 4,             /* depends on its arguments only and does nothing else */
    TCG_CALL_NO_RETURN = 8,        /* always leaves by an exception */

    /*
     * Established short forms. SE: side effects beyond the result; RWG: reads or writes globals;
     * WG: writes.
     */
    TCG_CALL_NO_RWG = TCG_CALL_NO_READ_GLOBALS | TCG_CALL_NO_WRITE_GLOBALS,
    TCG_CALL_NO_WG = TCG_CALL_NO_WRITE_GLOBALS,
    TCG_CALL_NO_RWG_SE = TCG_CALL_NO_RWG | TCG_CALL_PURE,
    TCG_CALL_NO_WG_SE = TCG_CALL_NO_WG, /* reads globals or env: neither dropped nor merged */
};

#define TCG_MAX_CALL_ARGS 6

typedef enum TCGHelperType {
    TCG_HELPER_VOID,
    TCG_HELPER_I32, /* any 32-bit integer */
    TCG_HELPER_I64, /* 64-bit integers, doubles passed as integers */
    TCG_HELPER_PTR,
    TCG_HELPER_I128, /* results only: JitVector, two 64-bit integers */
} TCGHelperType;

typedef struct TCGHelperInfo {
    void *func;
    const char *name;
    uint8_t flags; /* TCG_CALL_* */
    uint8_t ret;   /* TCGHelperType */
    uint8_t nb_args;
    uint8_t args[TCG_MAX_CALL_ARGS];
} TCGHelperInfo;

/*
 * Calls a helper. `ret` is NULL for a function without result, a TCGv_i128 * for one with two
 * results, else the result's handle.
 */
void tcg_gen_call(const TCGHelperInfo *info, void *ret, void *const *args);

/*
 * Counting. A translation's instructions, numbered by tcg_gen_insn_start(), form groups, one behind
 * the other, each of which is executed from wherever it is entered to its end, or left. The budget
 * operation stands where a group is entered at its instruction `insn`, and charges the rest of the
 * group; if the budget doesn't have that, env's pc is set to `pc` and the code left with
 * TB_EXIT_REQUESTED. Where a group ends is said behind its last instruction, in ascending order
 * (at most TB_MAX_ELEMENTS of them).
 */
void tcg_gen_budget(uint64_t pc, unsigned insn);
/*
 * From here to the end of the translation it is CPUJitState.charged that is counted up, in a host
 * register as far as there is one, and compared with the budget: a loop then waits for no store. Each
 * way out of the translation but budget operations is preceded by tcg_gen_settle(), which does
 * nothing in other translations.
 */
void tcg_count_in_register(void);
void tcg_gen_settle(void);
/*
 * Then, instead of a budget operation: with the budget exhausted goes to `exhausted`, nothing being
 * charged yet.
 */
void tcg_gen_budget_or(TCGLabel *exhausted, unsigned insn);
void tcg_end_budget_group(unsigned end);
/*
 * For control flow inside a group: gives the budget back `insns` instructions that are jumped over;
 * or, where the group is left in the middle, all that was charged for what follows the
 * translation's first `executed` instructions.
 */
void tcg_gen_budget_skip(unsigned insns);
TCGOp *tcg_gen_budget_return(unsigned executed);
/* It turned out that the group goes on there. */
void tcg_cancel_budget_return(TCGOp *op);
/*
 * Whether control runs straight from `start` (NULL: the translation's start) to here, and there is
 * nothing on the way but counting and constants that go to globals: done again, it changes nothing.
 */
bool tcg_is_idle_since(const TCGLabel *start);

/*
 * Patchable jump, exit `n` of the block. What follows is executed while it isn't linked: set the
 * pc, then tcg_gen_exit_tb(tb, n). _checked: additionally only taken if entry `itlb_index` of
 * CPUJitState.itlb has the value given to tcg_link_exit().
 */
void tcg_gen_goto_tb(unsigned n);
void tcg_gen_goto_tb_checked(unsigned n, unsigned itlb_index);
/* Leaves generated code with result tb | n; (NULL, 0): to the CPU loop. */
void tcg_gen_exit_tb(const TranslationBlock *tb, unsigned n);
/*
 * Goes on with the code for the pc in the pc global, found in the jump cache or by
 * TCGRuntime.lookup_tb_ptr.
 */
void tcg_gen_lookup_and_goto_ptr(void);
/* The same, and while CPUJitState.branches_wanted it is noted that `from`, not 0, has done this. */
void tcg_gen_lookup_and_goto_ptr_from(uint32_t from);
/*
 * Before that: the CPU has the state `flags` now (get_tb_cpu_state()). Only for a state with the
 * same MMU mode, so the same memory window.
 */
void tcg_gen_set_tb_flags(TCGv_i64 flags);

#endif
