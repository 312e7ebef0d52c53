/*
 * The cryptographic instructions: AES, SHA1, SHA256, products of polynomials of 64 bits.
 *
 * Reference: DDI 0487, C7.2 (AESE to SHA256SU1).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/crypto-steps.h"
#include "target/arm/helper.h"
#include "target/arm/vector.h"

static ARMVector *vd_of(CPUARMState *env, uint32_t insn)
{
    return &env->vreg[insn & 31];
}

static const ARMVector *vn_of(CPUARMState *env, uint32_t insn)
{
    return &env->vreg[insn >> 5 & 31];
}

static const ARMVector *vm_of(CPUARMState *env, uint32_t insn)
{
    return &env->vreg[insn >> 16 & 31];
}

static CryptoBlock block(const ARMVector *v)
{
    return (CryptoBlock){ .half = { v->d[0], v->d[1] } };
}

static void set_vd(CPUARMState *env, uint32_t insn, CryptoBlock b)
{
    *vd_of(env, insn) = (ARMVector){ { b.half[0], b.half[1] } };
}

/* ---- AES ---- */

/* The key is added first. */
static void aes_round(CPUARMState *env, uint32_t insn, bool inverse)
{
    CryptoBlock state = block(vd_of(env, insn)), key = block(vn_of(env, insn));

    state.half[0] ^= key.half[0];
    state.half[1] ^= key.half[1];
    set_vd(env, insn, aes_substitute_and_shift(&state, inverse));
}

static void aese(CPUARMState *env, uint32_t insn)
{
    aes_round(env, insn, false);
}

static void aesd(CPUARMState *env, uint32_t insn)
{
    aes_round(env, insn, true);
}

static void aesmc(CPUARMState *env, uint32_t insn)
{
    CryptoBlock state = block(vn_of(env, insn));

    set_vd(env, insn, aes_mix_columns(&state, false));
}

static void aesimc(CPUARMState *env, uint32_t insn)
{
    CryptoBlock state = block(vn_of(env, insn));

    set_vd(env, insn, aes_mix_columns(&state, true));
}

/* ---- SHA1 ---- */

typedef union Words {
    ARMVector v;
    uint32_t w[4];
} Words;

/* Four rounds: a to d in vd, e in vn, the schedule with its constants in vm. */
static void sha1_rounds(CPUARMState *env, uint32_t insn, Sha1Function function)
{
    CryptoBlock state = block(vd_of(env, insn)), schedule = block(vm_of(env, insn));

    sha1_four_rounds(state.word, (uint32_t)vn_of(env, insn)->d[0], schedule.word, function);
    set_vd(env, insn, state);
}

static void sha1c(CPUARMState *env, uint32_t insn)
{
    sha1_rounds(env, insn, SHA1_CHOOSE);
}

static void sha1p(CPUARMState *env, uint32_t insn)
{
    sha1_rounds(env, insn, SHA1_PARITY);
}

static void sha1m(CPUARMState *env, uint32_t insn)
{
    sha1_rounds(env, insn, SHA1_MAJORITY);
}

static void sha1h(CPUARMState *env, uint32_t insn)
{
    *vd_of(env, insn) = (ARMVector){ { rol32(vn_of(env, insn)->d[0], 30), 0 } };
}

static void sha1su0(CPUARMState *env, uint32_t insn)
{
    ARMVector d = *vd_of(env, insn), n = *vn_of(env, insn), m = *vm_of(env, insn);

    *vd_of(env, insn) = (ARMVector){ { d.d[1] ^ d.d[0] ^ m.d[0], n.d[0] ^ d.d[1] ^ m.d[1] } };
}

static void sha1su1(CPUARMState *env, uint32_t insn)
{
    Words d = { .v = *vd_of(env, insn) }, n = { .v = *vn_of(env, insn) };
    Words t = { .w = { d.w[0] ^ n.w[1], d.w[1] ^ n.w[2], d.w[2] ^ n.w[3], d.w[3] } };
    Words result;

    for (unsigned i = 0; i < 4; i++) {
        result.w[i] = rol32(t.w[i], 1);
    }
    result.w[3] ^= rol32(t.w[0], 2);
    *vd_of(env, insn) = result.v;
}

/* ---- SHA256 ---- */

static void sha256h(CPUARMState *env, uint32_t insn)
{
    Words x = { .v = *vd_of(env, insn) }, y = { .v = *vn_of(env, insn) },
          w = { .v = *vm_of(env, insn) };

    sha256_rounds(x.w, y.w, w.w, 4);
    *vd_of(env, insn) = x.v;
}

static void sha256h2(CPUARMState *env, uint32_t insn)
{
    Words y = { .v = *vd_of(env, insn) }, x = { .v = *vn_of(env, insn) },
          w = { .v = *vm_of(env, insn) };

    sha256_rounds(x.w, y.w, w.w, 4);
    *vd_of(env, insn) = y.v;
}

static void sha256su0(CPUARMState *env, uint32_t insn)
{
    Words d = { .v = *vd_of(env, insn) }, n = { .v = *vn_of(env, insn) };
    const uint32_t next[] = { d.w[1], d.w[2], d.w[3], n.w[0] };

    for (unsigned i = 0; i < 4; i++) {
        d.w[i] += sha256_sigma0(next[i]);
    }
    *vd_of(env, insn) = d.v;
}

static void sha256su1(CPUARMState *env, uint32_t insn)
{
    Words d = { .v = *vd_of(env, insn) }, n = { .v = *vn_of(env, insn) },
          m = { .v = *vm_of(env, insn) };
    const uint32_t earlier[] = { n.w[1], n.w[2], n.w[3], m.w[0] };

    for (unsigned i = 0; i < 4; i++) {
        d.w[i] += sha256_sigma1(i < 2 ? m.w[i + 2] : d.w[i - 2]) + earlier[i];
    }
    *vd_of(env, insn) = d.v;
}

/* ---- Polynomials ---- */

/* PMULL of doublewords; bit 30 takes the upper halves. */
static void pmull64(CPUARMState *env, uint32_t insn)
{
    unsigned half = insn >> 30 & 1;

    set_vd(env, insn, polynomial_product(vn_of(env, insn)->d[half], vm_of(env, insn)->d[half]));
}

ARMVectorFunc *const arm_crypto_functions[ARM_NB_CRYPTO] = {
    [ARM_CRYPTO_AESE] = aese,           [ARM_CRYPTO_AESD] = aesd,
    [ARM_CRYPTO_AESMC] = aesmc,         [ARM_CRYPTO_AESIMC] = aesimc,
    [ARM_CRYPTO_SHA1C] = sha1c,         [ARM_CRYPTO_SHA1P] = sha1p,
    [ARM_CRYPTO_SHA1M] = sha1m,         [ARM_CRYPTO_SHA1SU0] = sha1su0,
    [ARM_CRYPTO_SHA1H] = sha1h,         [ARM_CRYPTO_SHA1SU1] = sha1su1,
    [ARM_CRYPTO_SHA256H] = sha256h,     [ARM_CRYPTO_SHA256H2] = sha256h2,
    [ARM_CRYPTO_SHA256SU0] = sha256su0, [ARM_CRYPTO_SHA256SU1] = sha256su1,
    [ARM_CRYPTO_PMULL64] = pmull64,
};
