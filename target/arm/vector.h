/*
 * SIMD instructions as functions of lanes: what the translator says and the helper does.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_VECTOR_H
#define TARGET_ARM_VECTOR_H

#include "target/arm/cpu.h"

/*
 * One lane: operands zero-extended, `d` what is in the destination. Elements have 8 << size bits;
 * where the shape has two sizes that is the narrow one. Bits of the result above the lane don't
 * count. Those with a row in translate-lanes.c are called only for what that leaves out.
 */
typedef uint64_t ARMLane(CPUARMState *env, uint64_t n, uint64_t m, uint64_t d, unsigned size);

typedef void ARMVectorFunc(CPUARMState *env, uint32_t insn);

/* How lanes of the operands and the result belong together. */
enum {
    ARM_SHAPE_SAME,        /* d[i] = f(n[i], m[i]) */
    ARM_SHAPE_PAIRS,       /* d[i] = f(x[2i], x[2i + 1]), x being n and then m */
    ARM_SHAPE_LONG,        /* wide d[i] = f(narrow n[i], m[i]); q: of the upper half */
    ARM_SHAPE_WIDE,        /* wide d[i] = f(wide n[i], narrow m[i]); q: of the upper half */
    ARM_SHAPE_NARROW,      /* narrow d[i] = f(wide n[i], m[i]); q: into the upper half */
    ARM_SHAPE_ADJACENT,    /* wide d[i] = f(narrow n[2i], n[2i + 1]) */
    ARM_SHAPE_ACROSS,      /* d[0] = f(... f(f(n[0], n[1]), n[2]) ...) */
    ARM_SHAPE_ACROSS_LONG, /* the same with a wide result, from lanes that `f` extends: f(0, n[0])
                              first */
    /* SVE2's, which arm_gen_lanes_inline() knows only. Narrow lanes are every other one of a
     * vector; q: the odd ones. */
    ARM_SHAPE_LONG_OTHER,   /* wide d[i] = f(narrow n[2i + q], m[2i + q]) */
    ARM_SHAPE_WIDE_OTHER,   /* wide d[i] = f(wide n[i], narrow m[2i + q]) */
    ARM_SHAPE_NARROW_OTHER, /* narrow d[2i + q] = f(wide n[i], m[i]); without q d[2i + 1] = 0 */
};

/* Where m comes from. */
enum {
    ARM_OPERAND_VECTOR,
    ARM_OPERAND_ELEMENT,  /* every lane gets the one with that index */
    ARM_OPERAND_CONSTANT, /* every lane gets the number */
};

typedef struct ARMLaneDesc {
    uint8_t vd, vn, vm;
    uint8_t size;
    bool q, scalar;
    uint8_t shape, source;
    uint8_t operand; /* index or number */
} ARMLaneDesc;

static inline uint64_t arm_lane_desc_pack(const ARMLaneDesc *d)
{
    return d->vd | d->vn << 5 | d->vm << 10 | d->size << 15 | d->q << 17 | d->scalar << 18 |
           d->shape << 19 | d->source << 22 | (uint64_t)d->operand << 24;
}

static inline ARMLaneDesc arm_lane_desc_unpack(uint64_t word)
{
    return (ARMLaneDesc){
        .vd = word & 31, .vn = word >> 5 & 31, .vm = word >> 10 & 31, .size = word >> 15 & 3,
        .q = word >> 17 & 1, .scalar = word >> 18 & 1, .shape = word >> 19 & 7,
        .source = word >> 22 & 3, .operand = word >> 24,
    };
}

/* Conversions between integers and floats: one word. */
enum {
    ARM_CONVERT_SIZE_SHIFT = 0,     /* of the float */
    ARM_CONVERT_WIDE = 1 << 2,      /* the integer has 64 bits */
    ARM_CONVERT_SIGNED = 1 << 3,
    ARM_CONVERT_ROUNDING_SHIFT = 4, /* ARMRounding; */
    ARM_CONVERT_FPCR = 1 << 7,      /* or as FPCR says */
    ARM_CONVERT_FRACTION_SHIFT = 8, /* bits behind the point */
};

#define ARM_INTEGER_LANES(X)                                                                       \
    X(add) X(sub) X(mul) X(mla) X(mls) X(shadd) X(uhadd) X(srhadd) X(urhadd) X(shsub) X(uhsub)     \
    X(sqadd) X(uqadd) X(sqsub) X(uqsub) X(cmgt) X(cmhi) X(cmge) X(cmhs) X(cmtst) X(cmeq)           \
    X(sshl) X(ushl) X(sqshl) X(uqshl) X(srshl) X(urshl) X(sqrshl) X(uqrshl)                        \
    X(smax) X(umax) X(smin) X(umin) X(sabd) X(uabd) X(saba) X(uaba) X(pmul) X(sqdmulh) X(sqrdmulh) \
    X(sqrdmlah) X(sqrdmlsh) X(sdot) X(udot) X(usdot) X(sudot)                                      \
    X(saddl) X(uaddl) X(ssubl) X(usubl) X(saddw) X(uaddw) X(ssubw) X(usubw) X(addhn) X(raddhn)     \
    X(subhn) X(rsubhn) X(sabal) X(uabal) X(sabdl) X(uabdl) X(smlal) X(umlal) X(smlsl) X(umlsl)     \
    X(smull) X(umull) X(sqdmull) X(sqdmlal) X(sqdmlsl) X(pmull)                                    \
    X(saddlp) X(uaddlp) X(sadalp) X(uadalp) X(saddlv) X(uaddlv) X(suqadd) X(usqadd) X(cls) X(clz)  \
    X(cnt) X(rbit) X(sqabs) X(sqneg) X(abs) X(neg) X(cmle) X(cmlt) X(xtn) X(sqxtun) X(sqxtn)       \
    X(uqxtn) X(shll) X(sshr) X(ushr) X(ssra) X(usra) X(srshr) X(urshr) X(srsra) X(ursra) X(sri)    \
    X(shl) X(sli) X(sqshlu) X(sqshl_i) X(uqshl_i) X(shrn) X(sqshrun) X(rshrn) X(sqrshrun)          \
    X(sqshrn) X(uqshrn) X(sqrshrn) X(uqrshrn) X(sshll) X(ushll) X(urecpe) X(ursqrte)

#define ARM_FLOAT_LANES(X)                                                                         \
    X(fadd)                                                                                        \
    X(fsub) X(fmul) X(fmulx) X(fdiv) X(fmax) X(fmin) X(fmaxnm) X(fminnm) X(fmla) X(fmls) X(fabd)   \
        X(fcmeq) X(fcmge) X(fcmgt) X(facge) X(facgt) X(frecps) X(frsqrts) X(fcmle) X(fcmlt)        \
            X(fabs) X(fneg) X(fsqrt) X(frecpe) X(frsqrte) X(frecpx) X(frintn) X(frintm) X(frintp)  \
                X(frintz) X(frinta) X(frintx) X(frinti) X(fcvtns) X(fcvtms) X(fcvtps) X(fcvtzs)    \
                    X(fcvtas) X(fcvtnu) X(fcvtmu) X(fcvtpu) X(fcvtzu) X(fcvtau) X(scvtf) X(ucvtf)  \
                        X(fcvtn) X(fcvtxn) X(fcvtl) X(frint32z) X(frint32x) X(frint64z)             \
                            X(frint64x) X(bfcvt) X(bfdot) X(fnmul) X(fnmla) X(fnmls)

/* AArch32: register numbers are doublewords', and these say more, from bit ARM_NEON_HOW_SHIFT
 * on. */
#define ARM_NEON_HOW_SHIFT 32
enum {
    ARM_NEON_QUAD_D = 1, /* the result, and each operand, is a pair of doublewords */
    ARM_NEON_QUAD_N = 2,
    ARM_NEON_QUAD_M = 4,
    ARM_NEON_FLOAT = 8, /* with the standard modes */
};

/* What helper_arm_neon_move() does. */
enum {
    ARM_NEON_EXT,
    ARM_NEON_TBL,
    ARM_NEON_TBX,
};

/* All lanes of an instruction: operands and the old destination to the new one. */
ARMVector arm_apply_lanes(CPUARMState *env, ARMLane *fn, const ARMLaneDesc *desc,
                          const ARMVector *n, const ARMVector *m, const ARMVector *d);

/* AdvSIMDExpandImm() */
uint64_t arm_expand_modified_immediate(unsigned op, unsigned cmode, uint64_t imm);

#define ARM_DECLARE_LANE(name) ARMLane arm_lane_##name;
ARM_INTEGER_LANES(ARM_DECLARE_LANE)
ARM_FLOAT_LANES(ARM_DECLARE_LANE)
/* AArch32's, rounded after each step */
ARMLane arm_lane_chained_fmla, arm_lane_chained_fmls, arm_lane_chained_frecps,
    arm_lane_chained_frsqrts;

/* crypto-helper.c */
enum {
    ARM_CRYPTO_AESE,
    ARM_CRYPTO_AESD,
    ARM_CRYPTO_AESMC,
    ARM_CRYPTO_AESIMC,
    ARM_CRYPTO_SHA1C,
    ARM_CRYPTO_SHA1P,
    ARM_CRYPTO_SHA1M,
    ARM_CRYPTO_SHA1SU0,
    ARM_CRYPTO_SHA1H,
    ARM_CRYPTO_SHA1SU1,
    ARM_CRYPTO_SHA256H,
    ARM_CRYPTO_SHA256H2,
    ARM_CRYPTO_SHA256SU0,
    ARM_CRYPTO_SHA256SU1,
    ARM_CRYPTO_PMULL64,
    ARM_CRYPTO_SHA512H,
    ARM_CRYPTO_SHA512H2,
    ARM_CRYPTO_SHA512SU0,
    ARM_CRYPTO_SHA512SU1,
    ARM_CRYPTO_RAX1,
    ARM_CRYPTO_XAR,
    ARM_CRYPTO_SM3SS1,
    ARM_CRYPTO_SM3TT,
    ARM_CRYPTO_SM3PARTW1,
    ARM_CRYPTO_SM3PARTW2,
    ARM_CRYPTO_SM4E,
    ARM_CRYPTO_SM4EKEY,
    ARM_NB_CRYPTO,
};
extern ARMVectorFunc *const arm_crypto_functions[ARM_NB_CRYPTO];
/* Those of a quadword that SVE has, too: AESE or AESD, AESMC or AESIMC; four rounds of SM4, of its
 * keys' schedule; SHA3's RAX1. */
ARMVector arm_aes_round(const ARMVector *state, const ARMVector *key, bool inverse);
ARMVector arm_aes_mix(const ARMVector *state, bool inverse);
ARMVector arm_sm4e(const ARMVector *state, const ARMVector *keys);
ARMVector arm_sm4ekey(const ARMVector *keys, const ARMVector *constants);
ARMVector arm_rax1(const ARMVector *n, const ARMVector *m);

ARMVectorFunc arm_vector_tbl;
/* neon-helper.c */
ARMVectorFunc arm_vector_pmull_doublewords;
/* vector-dot.c */
ARMVectorFunc arm_vector_smmla, arm_vector_bfmmla, arm_vector_bfmlal, arm_vector_bfmlal_element,
    arm_vector_fmlal, arm_vector_fmlal_element, arm_vector_fcmla, arm_vector_fcmla_element,
    arm_vector_fcadd;

#endif
