/*
 * SVE: its registers as helpers see them, and the functions that do whole instructions.
 *
 * Z registers lie in two places: the lowest quadword is the SIMD register (an IR global), the rest
 * env->zhigh. A predicate is a doubleword: bit n is for byte n of a vector, and of an element's
 * bits the lowest counts. What lies beyond the vector length is whatever it was; in predicates it
 * is zero.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_SVE_H
#define TARGET_ARM_SVE_H

#include "qemu/bitops.h"
#include "target/arm/vector.h"

typedef union SveReg {
    ARMVector q[ARM_MAX_VQ];
    uint64_t d[2 * ARM_MAX_VQ];
    uint32_t s[4 * ARM_MAX_VQ];
    uint16_t h[8 * ARM_MAX_VQ];
    uint8_t b[16 * ARM_MAX_VQ];
} SveReg;

/* The index of the first-fault register among the predicates. */
#define SVE_FFR 16

/* The vector length in bytes. */
static inline unsigned sve_bytes(const CPUARMState *env)
{
    return arm_vq(env->hflags) * 16;
}

/* How many elements of 8 << size bits that are. */
static inline unsigned sve_elements(const CPUARMState *env, unsigned size)
{
    return sve_bytes(env) >> size;
}

static inline SveReg sve_read(const CPUARMState *env, unsigned n)
{
    SveReg r;

    r.q[0] = env->vreg[n];
    memcpy(&r.q[1], env->zhigh[n].d, sizeof(env->zhigh[n]));
    return r;
}

static inline void sve_write(CPUARMState *env, unsigned n, const SveReg *value)
{
    env->vreg[n] = value->q[0];
    memcpy(env->zhigh[n].d, &value->q[1], sve_bytes(env) - 16);
}

/* One element of 8 << size bits. */
static inline uint64_t sve_get(const SveReg *r, unsigned i, unsigned size)
{
    switch (size) {
    case MO_8:
        return r->b[i];
    case MO_16:
        return r->h[i];
    case MO_32:
        return r->s[i];
    default:
        return r->d[i];
    }
}

static inline void sve_put(SveReg *r, unsigned i, unsigned size, uint64_t value)
{
    switch (size) {
    case MO_8:
        r->b[i] = value;
        break;
    case MO_16:
        r->h[i] = value;
        break;
    case MO_32:
        r->s[i] = value;
        break;
    default:
        r->d[i] = value;
    }
}

/* All elements: that value. */
static inline void sve_fill(SveReg *r, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < sizeof(*r) >> size; i++) {
        sve_put(r, i, size, value);
    }
}

/* Each element: the one with that index of its quadword. */
static inline SveReg sve_spread(const CPUARMState *env, unsigned n, unsigned index, unsigned size)
{
    unsigned per_quadword = 16 >> size;
    SveReg from = sve_read(env, n), r;

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        sve_put(&r, i, size, sve_get(&from, i / per_quadword * per_quadword + index, size));
    }
    return r;
}

static inline bool sve_active(uint64_t predicate, unsigned i, unsigned size)
{
    return predicate >> (i << size) & 1;
}

/* The bits that count in a predicate of these elements, all true, with vectors of so many bytes. */
static inline uint64_t sve_all_true_of(unsigned bytes, unsigned size)
{
    static const uint64_t patterns[] = { UINT64_MAX, 0x5555555555555555, 0x1111111111111111,
                                         0x0101010101010101 };

    return patterns[size] & MAKE_64BIT_MASK(0, bytes);
}

static inline uint64_t sve_all_true(const CPUARMState *env, unsigned size)
{
    return sve_all_true_of(sve_bytes(env), size);
}

/* Fields that most instructions have. */
static inline unsigned sve_size(uint32_t insn)
{
    return extract32(insn, 22, 2);
}

static inline unsigned sve_rd(uint32_t insn)
{
    return extract32(insn, 0, 5);
}

static inline unsigned sve_rn(uint32_t insn)
{
    return extract32(insn, 5, 5);
}

static inline unsigned sve_rm(uint32_t insn)
{
    return extract32(insn, 16, 5);
}

/* The governing predicate in its usual place, of the first eight; and of all of them. */
static inline uint64_t sve_pg(const CPUARMState *env, uint32_t insn)
{
    return env->preg[extract32(insn, 10, 3)];
}

static inline uint64_t sve_pg4(const CPUARMState *env, uint32_t insn)
{
    return env->preg[extract32(insn, 10, 4)];
}

/* A general register as an operand or a result: 31 is zero, or nowhere. */
static inline uint64_t sve_read_x(const CPUARMState *env, unsigned n)
{
    return n == 31 ? 0 : env->x[n];
}

static inline void sve_write_x(CPUARMState *env, unsigned n, uint64_t value)
{
    if (n != 31) {
        env->x[n] = value;
    }
}

static inline int64_t sve_extend(uint64_t value, unsigned size)
{
    return sextract64(value, 0, 8 << size);
}

static inline uint64_t sve_truncate(uint64_t value, unsigned size)
{
    return extract64(value, 0, 8 << size);
}

/* The register from a scalar element, zero above it. */
static inline void sve_write_scalar(CPUARMState *env, unsigned n, uint64_t value)
{
    const SveReg r = { .d = { value } };

    sve_write(env, n, &r);
}

/* The value in the active elements of zd; the others stay, or (without `merge`) become zero. */
void arm_sve_copy_where(CPUARMState *env, uint32_t insn, uint64_t pg, uint64_t value, bool merge);

/* PredTest(): NZCV from the elements of `result` that are active in `mask`. */
void arm_sve_test(CPUARMState *env, uint64_t mask, uint64_t result, unsigned size);

/*
 * A shift's immediate: the highest bit set among four (bits 23, 22, and two from `low` on) says the
 * size, what is below it and three more bits from `imm` on say how many.
 */
typedef struct SveShift {
    unsigned size, right, left;
} SveShift;
SveShift arm_sve_shift_immediate(uint32_t insn, unsigned low, unsigned imm);

/* How many elements of that size a constraint (DecodePredCount()) stands for. */
unsigned arm_sve_count(unsigned bytes, unsigned size, unsigned pattern);

/*
 * What does an instruction: `lane` is what it does to an element, where elements are independent of
 * each other; NULL elsewhere. Operands are in env. The first operand of a lane's function is the
 * first source, `d` what is added to, or what was in the destination.
 */
typedef void ARMSveFunc(CPUARMState *env, uint32_t insn, ARMLane *lane);

/* sve-integer.c: elements by themselves. Names: _p under a predicate, _i immediate, _r operands
 * exchanged, _w wide second operand. */
ARMSveFunc arm_sve_binary, arm_sve_binary_p, arm_sve_binary_r_p, arm_sve_unary,
    arm_sve_unary_p, arm_sve_binary_i, arm_sve_binary_r_i, arm_sve_binary_si, arm_sve_wide,
    arm_sve_wide_p, arm_sve_shift_right_i, arm_sve_shift_left_i, arm_sve_shift_right_pi,
    arm_sve_shift_left_pi, arm_sve_muladd_p, arm_sve_muladd_r_p, arm_sve_fmuladd_r_p, arm_sve_element,
    arm_sve_add_across, arm_sve_reduce, arm_sve_index, arm_sve_address, arm_sve_cpy_i,
    arm_sve_fcpy,
    arm_sve_matrix, arm_sve_count_vector, arm_sve_count_scalar, arm_sve_compare, arm_sve_compare_w,
    arm_sve_compare_i, arm_sve_compare_ui, arm_sve_pairs_p, arm_sve_shift_p,
    arm_sve_shift_r_p, arm_sve_xar;
ARMLane arm_sve_asr, arm_sve_lsr, arm_sve_lsl, arm_sve_asrd, arm_sve_smulh, arm_sve_umulh,
    arm_sve_sdiv, arm_sve_udiv, arm_sve_sqadd_i, arm_sve_sqsub_i,
    arm_sve_orr, arm_sve_eor, arm_sve_and, arm_sve_bic, arm_sve_not, arm_sve_cnot, arm_sve_sxtb,
    arm_sve_uxtb, arm_sve_sxth, arm_sve_uxth, arm_sve_sxtw, arm_sve_uxtw, arm_sve_ne, arm_sve_lo,
    arm_sve_ls, arm_sve_revb, arm_sve_revh, arm_sve_revw, arm_sve_rbit;

/*
 * sve-widths.c: elements of two sizes: the narrow ones are every other one of a vector, the odd
 * ones if bit 10 is set. `lane` has the narrow size. _bt, _tb: even ones of the first operand and
 * odd ones of the second, and the other way round.
 */
ARMSveFunc arm_sve_long, arm_sve_long_bt, arm_sve_long_tb, arm_sve_long_element, arm_sve_long_i,
    arm_sve_long_quadwords, arm_sve_add_wide, arm_sve_adjacent_p, arm_sve_narrow, arm_sve_narrow_i,
    arm_sve_narrow_float_p, arm_sve_narrow_float_top_p, arm_sve_widen_float_p;

/* sve-special.c: elements that depend on their neighbours, carries, polynomials and single bits,
 * cryptography. */
ARMSveFunc arm_sve_cadd, arm_sve_cmla, arm_sve_cmla_element, arm_sve_cdot, arm_sve_cdot_element,
    arm_sve_add_carry, arm_sve_eor_other, arm_sve_match, arm_sve_histcnt, arm_sve_histseg,
    arm_sve_aes_round, arm_sve_aes_mix, arm_sve_sm4e, arm_sve_sm4ekey, arm_sve_rax1;
ARMLane arm_sve_bext, arm_sve_bdep, arm_sve_bgrp;

/* sve-predicate.c */
ARMSveFunc arm_sve_logical, arm_sve_brk, arm_sve_brkp, arm_sve_brkn, arm_sve_ptest, arm_sve_pfirst,
    arm_sve_pnext, arm_sve_ptrue, arm_sve_pfalse, arm_sve_rdffr, arm_sve_wrffr, arm_sve_setffr,
    arm_sve_while, arm_sve_while_down, arm_sve_while_conflict, arm_sve_cterm, arm_sve_cntp, arm_sve_incp, arm_sve_incp_vector,
    arm_sve_permute_predicates, arm_sve_reverse_predicate, arm_sve_unpack_predicate;

/* sve-permute.c */
ARMSveFunc arm_sve_ext, arm_sve_dup, arm_sve_dup_element, arm_sve_insr, arm_sve_insr_scalar,
    arm_sve_reverse, arm_sve_unpack, arm_sve_tbl, arm_sve_zip, arm_sve_uzp, arm_sve_trn,
    arm_sve_compact, arm_sve_cpy, arm_sve_cpy_scalar, arm_sve_last, arm_sve_last_scalar,
    arm_sve_clast, arm_sve_clast_scalar, arm_sve_clast_general, arm_sve_splice,
    arm_sve_ext_pair, arm_sve_splice_pair, arm_sve_tbl_pair, arm_sve_tbx, arm_sve_zip_quadwords,
    arm_sve_uzp_quadwords, arm_sve_trn_quadwords;

/* sve-float.c */
ARMSveFunc arm_sve_float_reduce, arm_sve_fadda, arm_sve_ftmad, arm_sve_float_constant,
    arm_sve_float_compare, arm_sve_float_compare_zero, arm_sve_convert, arm_sve_fcvt,
    arm_sve_fcadd, arm_sve_fcmla, arm_sve_fcmla_element,
    arm_sve_fmmla, arm_sve_flogb, arm_sve_bfdot, arm_sve_bfdot_element, arm_sve_bfmmla, arm_sve_bfmlal,
    arm_sve_bfmlal_element, arm_sve_bfcvt;
ARMLane arm_sve_ftsmul, arm_sve_ftssel, arm_sve_fexpa, arm_sve_fscale, arm_sve_fcmne, arm_sve_fcmuo, arm_sve_fcmeq, arm_sve_fcmge,
    arm_sve_fcmgt, arm_sve_fcmle, arm_sve_fcmlt, arm_sve_fmlal, arm_sve_fmlsl;

/* Which sizes SCVTF and FCVTZ of opc and opc2 are about; both 0: unallocated. */
typedef struct ARMSveConversion {
    uint8_t floating, integer;
} ARMSveConversion;
extern const ARMSveConversion arm_sve_conversions[4][4];

/*
 * sve-memory.c: loads and stores. `addr`: the base, with an offset that isn't in a vector already
 * added. They raise.
 */
typedef void ARMSveMemoryFunc(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra);
ARMSveMemoryFunc arm_sve_load_register, arm_sve_store_register, arm_sve_load_predicate,
    arm_sve_store_predicate, arm_sve_load, arm_sve_load_first_fault, arm_sve_load_no_fault,
    arm_sve_load_replicate, arm_sve_load_quadword, arm_sve_load_octaword,
    arm_sve_load_structures, arm_sve_store,
    arm_sve_store_structures, arm_sve_gather, arm_sve_scatter, arm_sve_gather_pair,
    arm_sve_scatter_pair;

/* What a contiguous load's `dt` means: sizes (MO_*) in memory and of the element. */
typedef struct ARMSveLoad {
    uint8_t memory, element;
    bool is_signed;
} ARMSveLoad;
extern const ARMSveLoad arm_sve_loads[16];

/* LD1R's: bits 24:23 and 14:13 are what a load has in one field. */
static inline ARMSveLoad arm_sve_replicated(uint32_t insn)
{
    return arm_sve_loads[extract32(insn, 23, 2) << 2 | extract32(insn, 13, 2)];
}

/*
 * The same in a translation's slow path (tcg_gen_host_ld()): SIMD registers aren't in env. A load
 * returns where its memory is, as it lies there, what isn't active being anything; a store finds the
 * lowest quadwords of its registers in CPUJitState.host_values. In little-endian mode only.
 */
typedef void *ARMSveHostFunc(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra);
ARMSveHostFunc arm_sve_host_load, arm_sve_host_load_first_fault, arm_sve_host_load_no_fault,
    arm_sve_host_load_structures, arm_sve_host_load_replicate, arm_sve_host_load_quadword,
    arm_sve_host_load_register, arm_sve_host_load_predicate, arm_sve_host_store,
    arm_sve_host_store_structures, arm_sve_host_store_register, arm_sve_host_store_predicate;

#endif
