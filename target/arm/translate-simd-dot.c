/*
 * Arm translator: Advanced SIMD, what combines lanes with their neighbours (dot products, matrices,
 * complex numbers), and cryptography.
 *
 * Reference: DDI 0487, C4.1.96 (encodings), C7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/translate-simd.h"

/* ---- Dot products ---- */

#define DOT(name, lane)                                                                            \
    bool a64_##name##_V(DisasContext *ctx, const arg_##name##_V *a)                                \
    {                                                                                              \
        return gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .vm = a->vm,    \
                                                         .size = MO_32, .q = a->q });              \
    }
#define DOT_ELEMENT(name, lane)                                                                    \
    bool a64_##name##_E(DisasContext *ctx, const arg_##name##_E *a)                                \
    {                                                                                              \
        return gen_lanes(arm_lane_##lane, (ARMLaneDesc){ .vd = a->vd, .vn = a->vn, .vm = a->vm,    \
                                                         .size = MO_32, .q = a->q,                 \
                                                         .source = ARM_OPERAND_ELEMENT,            \
                                                         .operand = a->h << 1 | a->l });           \
    }
DOT(SDOT, sdot)
DOT(UDOT, udot)
DOT(USDOT, usdot)
DOT(BFDOT, bfdot)
DOT_ELEMENT(SDOT, sdot)
DOT_ELEMENT(UDOT, udot)
DOT_ELEMENT(USDOT, usdot)
DOT_ELEMENT(SUDOT, sudot)
DOT_ELEMENT(BFDOT, bfdot)

/* ---- What is one function ---- */

#define WHOLE(name, function)                                                                      \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return gen_whole(ctx, function);                                                           \
    }
WHOLE(SMMLA_V, arm_vector_smmla)
WHOLE(UMMLA_V, arm_vector_smmla)
WHOLE(USMMLA_V, arm_vector_smmla)
WHOLE(BFMMLA_V, arm_vector_bfmmla)
WHOLE(BFMLAL_V, arm_vector_bfmlal)
WHOLE(BFMLAL_E, arm_vector_bfmlal_element)
WHOLE(FMLAL_V, arm_vector_fmlal)
WHOLE(FMLAL2_V, arm_vector_fmlal)
WHOLE(FMLAL_E, arm_vector_fmlal_element)
WHOLE(FMLAL2_E, arm_vector_fmlal_element)

/* ---- Complex numbers ---- */

static bool has_pairs(const DisasContext *ctx, unsigned size, bool q)
{
    return has_vector(a64_float_sizes(ctx), size, q);
}

bool a64_FCMLA_V(DisasContext *ctx, const arg_FCMLA_V *a)
{
    return has_pairs(ctx, a->size, a->q) && gen_whole(ctx, arm_vector_fcmla);
}

bool a64_FCADD_V(DisasContext *ctx, const arg_FCADD_V *a)
{
    return has_pairs(ctx, a->size, a->q) && gen_whole(ctx, arm_vector_fcadd);
}

/* A pair of halves is one of four, or of the two in half a register; a pair of words one of two. */
bool a64_FCMLA_E(DisasContext *ctx, const arg_FCMLA_E *a)
{
    bool valid = a->size == MO_16   ? has_pairs(ctx, MO_16, a->q) && (a->q || !a->h)
                 : a->size == MO_32 ? a->q && !a->l
                                    : false;

    return valid && gen_whole(ctx, arm_vector_fcmla_element);
}

/* ---- Cryptography ---- */

enum { ISAR0_AES = 4, ISAR0_SHA1 = 8, ISAR0_SHA256 = 12 };

/* `level`: AES is there from 1 on, PMULL of doublewords from 2. */
static bool gen_crypto(DisasContext *ctx, unsigned field, unsigned level, unsigned function)
{
    return (ctx->id->isar0 >> field & 15) >= level &&
           gen_whole(ctx, arm_crypto_functions[function]);
}

bool a64_PMULL_V(DisasContext *ctx, const arg_PMULL_V *a)
{
    if (a->size == MO_64) {
        return gen_crypto(ctx, ISAR0_AES, 2, ARM_CRYPTO_PMULL64);
    }
    return a->size == MO_8 && gen_lanes(arm_lane_pmull, (ARMLaneDesc){ .vd = a->vd,
                                                                       .vn = a->vn,
                                                                       .vm = a->vm,
                                                                       .size = MO_8,
                                                                       .q = a->q,
                                                                       .shape = ARM_SHAPE_LONG });
}

#define CRYPTO(name, field)                                                                        \
    bool a64_##name(DisasContext *ctx, const arg_##name *a)                                        \
    {                                                                                              \
        return gen_crypto(ctx, field, 1, ARM_CRYPTO_##name);                                       \
    }
CRYPTO(AESE, ISAR0_AES)
CRYPTO(AESD, ISAR0_AES)
CRYPTO(AESMC, ISAR0_AES)
CRYPTO(AESIMC, ISAR0_AES)
CRYPTO(SHA1C, ISAR0_SHA1)
CRYPTO(SHA1P, ISAR0_SHA1)
CRYPTO(SHA1M, ISAR0_SHA1)
CRYPTO(SHA1SU0, ISAR0_SHA1)
CRYPTO(SHA1H, ISAR0_SHA1)
CRYPTO(SHA1SU1, ISAR0_SHA1)
CRYPTO(SHA256H, ISAR0_SHA256)
CRYPTO(SHA256H2, ISAR0_SHA256)
CRYPTO(SHA256SU0, ISAR0_SHA256)
CRYPTO(SHA256SU1, ISAR0_SHA256)

/* Rows that name their extension. */
#define CRYPTO_WHOLE(name) WHOLE(name, arm_crypto_functions[ARM_CRYPTO_##name])
CRYPTO_WHOLE(SHA512H)
CRYPTO_WHOLE(SHA512H2)
CRYPTO_WHOLE(SHA512SU0)
CRYPTO_WHOLE(SHA512SU1)
CRYPTO_WHOLE(RAX1)
CRYPTO_WHOLE(XAR)
CRYPTO_WHOLE(SM3SS1)
CRYPTO_WHOLE(SM3TT)
CRYPTO_WHOLE(SM3PARTW1)
CRYPTO_WHOLE(SM3PARTW2)
CRYPTO_WHOLE(SM4E)
CRYPTO_WHOLE(SM4EKEY)

bool a64_EOR3(DisasContext *ctx, const arg_EOR3 *a)
{
    TCGv_vec t = new_vector();

    tcg_gen_xor_vec(t, cpu_vreg[a->vn], cpu_vreg[a->vm]);
    tcg_gen_xor_vec(cpu_vreg[a->vd], t, cpu_vreg[a->va]);
    return true;
}

bool a64_BCAX(DisasContext *ctx, const arg_BCAX *a)
{
    TCGv_vec t = new_vector();

    tcg_gen_andc_vec(t, cpu_vreg[a->vm], cpu_vreg[a->va]);
    tcg_gen_xor_vec(cpu_vreg[a->vd], t, cpu_vreg[a->vn]);
    return true;
}
