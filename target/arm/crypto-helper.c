/*
 * The cryptographic instructions: AES, SHA1, SHA256, SHA512, SHA3, SM3, SM4, products of polynomials
 * of 64 bits.
 *
 * Reference: DDI 0487, C7.2 (AESE to XAR).
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

static ARMVector vector(CryptoBlock b)
{
    return (ARMVector){ { b.half[0], b.half[1] } };
}

/* ---- AES ---- */

/* The key is added first. */
ARMVector arm_aes_round(const ARMVector *state, const ARMVector *key, bool inverse)
{
    CryptoBlock sum = { .half = { state->d[0] ^ key->d[0], state->d[1] ^ key->d[1] } };

    return vector(aes_substitute_and_shift(&sum, inverse));
}

ARMVector arm_aes_mix(const ARMVector *state, bool inverse)
{
    CryptoBlock columns = block(state);

    return vector(aes_mix_columns(&columns, inverse));
}

static void aese(CPUARMState *env, uint32_t insn)
{
    *vd_of(env, insn) = arm_aes_round(vd_of(env, insn), vn_of(env, insn), false);
}

static void aesd(CPUARMState *env, uint32_t insn)
{
    *vd_of(env, insn) = arm_aes_round(vd_of(env, insn), vn_of(env, insn), true);
}

static void aesmc(CPUARMState *env, uint32_t insn)
{
    *vd_of(env, insn) = arm_aes_mix(vn_of(env, insn), false);
}

static void aesimc(CPUARMState *env, uint32_t insn)
{
    *vd_of(env, insn) = arm_aes_mix(vn_of(env, insn), true);
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
    *vd_of(env, insn) = vector(state);
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

/* ---- SHA512 ---- */

static uint64_t turned_thrice(uint64_t x, unsigned a, unsigned b, unsigned c)
{
    return ror64(x, a) ^ ror64(x, b) ^ ror64(x, c);
}

static uint64_t choose(uint64_t x, uint64_t y, uint64_t z)
{
    return (x & y) ^ (~x & z);
}

static uint64_t majority(uint64_t x, uint64_t y, uint64_t z)
{
    return (x & y) ^ (x & z) ^ (y & z);
}

/* Two rounds' sums of e to h; d[1] is the first one's. */
static void sha512h(CPUARMState *env, uint32_t insn)
{
    ARMVector x = *vn_of(env, insn), y = *vm_of(env, insn), w = *vd_of(env, insn);
    uint64_t e;

    w.d[1] += choose(y.d[1], x.d[0], x.d[1]) + turned_thrice(y.d[1], 14, 18, 41);
    e = w.d[1] + y.d[0];
    w.d[0] += choose(e, y.d[1], x.d[0]) + turned_thrice(e, 14, 18, 41);
    *vd_of(env, insn) = w;
}

/* And of a to d. */
static void sha512h2(CPUARMState *env, uint32_t insn)
{
    ARMVector x = *vn_of(env, insn), y = *vm_of(env, insn), w = *vd_of(env, insn);

    w.d[1] += majority(x.d[0], y.d[1], y.d[0]) + turned_thrice(y.d[0], 28, 34, 39);
    w.d[0] += majority(w.d[1], y.d[0], y.d[1]) + turned_thrice(w.d[1], 28, 34, 39);
    *vd_of(env, insn) = w;
}

static uint64_t sha512_sigma0(uint64_t x)
{
    return ror64(x, 1) ^ ror64(x, 8) ^ x >> 7;
}

static uint64_t sha512_sigma1(uint64_t x)
{
    return ror64(x, 19) ^ ror64(x, 61) ^ x >> 6;
}

static void sha512su0(CPUARMState *env, uint32_t insn)
{
    ARMVector *w = vd_of(env, insn);
    uint64_t next = vn_of(env, insn)->d[0];

    *w = (ARMVector){ { w->d[0] + sha512_sigma0(w->d[1]), w->d[1] + sha512_sigma0(next) } };
}

static void sha512su1(CPUARMState *env, uint32_t insn)
{
    ARMVector x = *vn_of(env, insn), y = *vm_of(env, insn), *w = vd_of(env, insn);

    for (unsigned i = 0; i < 2; i++) {
        w->d[i] += sha512_sigma1(x.d[i]) + y.d[i];
    }
}

/* ---- SHA3 ---- */

ARMVector arm_rax1(const ARMVector *n, const ARMVector *m)
{
    return (ARMVector){ { n->d[0] ^ rol64(m->d[0], 1), n->d[1] ^ rol64(m->d[1], 1) } };
}

static void rax1(CPUARMState *env, uint32_t insn)
{
    *vd_of(env, insn) = arm_rax1(vn_of(env, insn), vm_of(env, insn));
}

static void xar(CPUARMState *env, uint32_t insn)
{
    ARMVector n = *vn_of(env, insn), m = *vm_of(env, insn);
    unsigned count = insn >> 10 & 63;

    *vd_of(env, insn) =
        (ARMVector){ { ror64(n.d[0] ^ m.d[0], count), ror64(n.d[1] ^ m.d[1], count) } };
}

/* ---- SM3 ---- */

static void sm3ss1(CPUARMState *env, uint32_t insn)
{
    Words n = { .v = *vn_of(env, insn) }, m = { .v = *vm_of(env, insn) },
          a = { .v = env->vreg[insn >> 10 & 31] }, result = { .w = { 0 } };

    result.w[3] = rol32(rol32(n.w[3], 12) + m.w[3] + a.w[3], 7);
    *vd_of(env, insn) = result.v;
}

static uint32_t sm3_spread(uint32_t x, unsigned a, unsigned b)
{
    return x ^ rol32(x, a) ^ rol32(x, b);
}

/* One round of half of the state: of a to d, or of e to h (op 2, 3); among the first 16 rounds (0, 2)
 * or later. */
static void sm3tt(CPUARMState *env, uint32_t insn)
{
    Words n = { .v = *vn_of(env, insn) }, m = { .v = *vm_of(env, insn) },
          d = { .v = *vd_of(env, insn) };
    unsigned op = insn >> 10 & 3;
    uint32_t a = d.w[3], b = d.w[2], c = d.w[1], sum = d.w[0] + m.w[insn >> 12 & 3];

    sum += !(op & 1) ? a ^ b ^ c : op == 1 ? (uint32_t)majority(a, b, c) : (uint32_t)choose(a, b, c);
    sum += op < 2 ? n.w[3] ^ rol32(a, 12) : n.w[3];
    d.w[0] = c;
    d.w[1] = rol32(b, op < 2 ? 9 : 19);
    d.w[2] = a;
    d.w[3] = op < 2 ? sum : sm3_spread(sum, 9, 17);
    *vd_of(env, insn) = d.v;
}

static void sm3partw1(CPUARMState *env, uint32_t insn)
{
    Words n = { .v = *vn_of(env, insn) }, m = { .v = *vm_of(env, insn) },
          d = { .v = *vd_of(env, insn) };

    for (unsigned i = 0; i < 4; i++) {
        uint32_t later = i < 3 ? m.w[i + 1] : d.w[0];

        d.w[i] = sm3_spread(d.w[i] ^ n.w[i] ^ rol32(later, 15), 15, 23);
    }
    *vd_of(env, insn) = d.v;
}

static void sm3partw2(CPUARMState *env, uint32_t insn)
{
    Words n = { .v = *vn_of(env, insn) }, m = { .v = *vm_of(env, insn) },
          d = { .v = *vd_of(env, insn) };
    uint32_t first = n.w[0] ^ rol32(m.w[0], 7);

    for (unsigned i = 0; i < 4; i++) {
        d.w[i] ^= n.w[i] ^ rol32(m.w[i], 7);
    }
    d.w[3] ^= sm3_spread(rol32(first, 15), 15, 23);
    *vd_of(env, insn) = d.v;
}

/* ---- SM4 ---- */

/* GB/T 32907, 6.2 */
static const uint8_t sm4_box[256] = {
    0xd6, 0x90, 0xe9, 0xfe, 0xcc, 0xe1, 0x3d, 0xb7, 0x16, 0xb6, 0x14, 0xc2, 0x28, 0xfb, 0x2c, 0x05,
    0x2b, 0x67, 0x9a, 0x76, 0x2a, 0xbe, 0x04, 0xc3, 0xaa, 0x44, 0x13, 0x26, 0x49, 0x86, 0x06, 0x99,
    0x9c, 0x42, 0x50, 0xf4, 0x91, 0xef, 0x98, 0x7a, 0x33, 0x54, 0x0b, 0x43, 0xed, 0xcf, 0xac, 0x62,
    0xe4, 0xb3, 0x1c, 0xa9, 0xc9, 0x08, 0xe8, 0x95, 0x80, 0xdf, 0x94, 0xfa, 0x75, 0x8f, 0x3f, 0xa6,
    0x47, 0x07, 0xa7, 0xfc, 0xf3, 0x73, 0x17, 0xba, 0x83, 0x59, 0x3c, 0x19, 0xe6, 0x85, 0x4f, 0xa8,
    0x68, 0x6b, 0x81, 0xb2, 0x71, 0x64, 0xda, 0x8b, 0xf8, 0xeb, 0x0f, 0x4b, 0x70, 0x56, 0x9d, 0x35,
    0x1e, 0x24, 0x0e, 0x5e, 0x63, 0x58, 0xd1, 0xa2, 0x25, 0x22, 0x7c, 0x3b, 0x01, 0x21, 0x78, 0x87,
    0xd4, 0x00, 0x46, 0x57, 0x9f, 0xd3, 0x27, 0x52, 0x4c, 0x36, 0x02, 0xe7, 0xa0, 0xc4, 0xc8, 0x9e,
    0xea, 0xbf, 0x8a, 0xd2, 0x40, 0xc7, 0x38, 0xb5, 0xa3, 0xf7, 0xf2, 0xce, 0xf9, 0x61, 0x15, 0xa1,
    0xe0, 0xae, 0x5d, 0xa4, 0x9b, 0x34, 0x1a, 0x55, 0xad, 0x93, 0x32, 0x30, 0xf5, 0x8c, 0xb1, 0xe3,
    0x1d, 0xf6, 0xe2, 0x2e, 0x82, 0x66, 0xca, 0x60, 0xc0, 0x29, 0x23, 0xab, 0x0d, 0x53, 0x4e, 0x6f,
    0xd5, 0xdb, 0x37, 0x45, 0xde, 0xfd, 0x8e, 0x2f, 0x03, 0xff, 0x6a, 0x72, 0x6d, 0x6c, 0x5b, 0x51,
    0x8d, 0x1b, 0xaf, 0x92, 0xbb, 0xdd, 0xbc, 0x7f, 0x11, 0xd9, 0x5c, 0x41, 0x1f, 0x10, 0x5a, 0xd8,
    0x0a, 0xc1, 0x31, 0x88, 0xa5, 0xcd, 0x7b, 0xbd, 0x2d, 0x74, 0xd0, 0x12, 0xb8, 0xe5, 0xb4, 0xb0,
    0x89, 0x69, 0x97, 0x4a, 0x0c, 0x96, 0x77, 0x7e, 0x65, 0xb9, 0xf1, 0x09, 0xc5, 0x6e, 0xc6, 0x84,
    0x18, 0xf0, 0x7d, 0xec, 0x3a, 0xdc, 0x4d, 0x20, 0x79, 0xee, 0x5f, 0x3e, 0xd7, 0xcb, 0x39, 0x48,
};

static uint32_t sm4_substitute(uint32_t x)
{
    uint32_t result = 0;

    for (unsigned at = 0; at < 32; at += 8) {
        result |= (uint32_t)sm4_box[x >> at & 0xff] << at;
    }
    return result;
}

static uint32_t sm4_mix(uint32_t x)
{
    return x ^ rol32(x, 2) ^ rol32(x, 10) ^ rol32(x, 18) ^ rol32(x, 24);
}

static uint32_t sm4_mix_key(uint32_t x)
{
    return sm3_spread(x, 13, 23);
}

static ARMVector sm4_four_rounds(const ARMVector *start, const ARMVector *keys,
                                 uint32_t (*mix)(uint32_t))
{
    Words x = { .v = *start }, k = { .v = *keys };

    for (unsigned i = 0; i < 4; i++) {
        uint32_t t = sm4_substitute(x.w[3] ^ x.w[2] ^ x.w[1] ^ k.w[i]);

        t = mix(t) ^ x.w[0];
        memmove(x.w, x.w + 1, 3 * sizeof(x.w[0]));
        x.w[3] = t;
    }
    return x.v;
}

ARMVector arm_sm4e(const ARMVector *state, const ARMVector *keys)
{
    return sm4_four_rounds(state, keys, sm4_mix);
}

ARMVector arm_sm4ekey(const ARMVector *keys, const ARMVector *constants)
{
    return sm4_four_rounds(keys, constants, sm4_mix_key);
}

static void sm4e(CPUARMState *env, uint32_t insn)
{
    *vd_of(env, insn) = arm_sm4e(vd_of(env, insn), vn_of(env, insn));
}

static void sm4ekey(CPUARMState *env, uint32_t insn)
{
    *vd_of(env, insn) = arm_sm4ekey(vn_of(env, insn), vm_of(env, insn));
}

/* ---- Polynomials ---- */

/* PMULL of doublewords; bit 30 takes the upper halves. */
static void pmull64(CPUARMState *env, uint32_t insn)
{
    unsigned half = insn >> 30 & 1;

    *vd_of(env, insn) =
        vector(polynomial_product(vn_of(env, insn)->d[half], vm_of(env, insn)->d[half]));
}

ARMVectorFunc *const arm_crypto_functions[ARM_NB_CRYPTO] = {
    [ARM_CRYPTO_AESE] = aese,           [ARM_CRYPTO_AESD] = aesd,
    [ARM_CRYPTO_AESMC] = aesmc,         [ARM_CRYPTO_AESIMC] = aesimc,
    [ARM_CRYPTO_SHA1C] = sha1c,         [ARM_CRYPTO_SHA1P] = sha1p,
    [ARM_CRYPTO_SHA1M] = sha1m,         [ARM_CRYPTO_SHA1SU0] = sha1su0,
    [ARM_CRYPTO_SHA1H] = sha1h,         [ARM_CRYPTO_SHA1SU1] = sha1su1,
    [ARM_CRYPTO_SHA256H] = sha256h,     [ARM_CRYPTO_SHA256H2] = sha256h2,
    [ARM_CRYPTO_SHA256SU0] = sha256su0, [ARM_CRYPTO_SHA256SU1] = sha256su1,
    [ARM_CRYPTO_PMULL64] = pmull64,     [ARM_CRYPTO_SHA512H] = sha512h,
    [ARM_CRYPTO_SHA512H2] = sha512h2,   [ARM_CRYPTO_SHA512SU0] = sha512su0,
    [ARM_CRYPTO_SHA512SU1] = sha512su1, [ARM_CRYPTO_RAX1] = rax1,
    [ARM_CRYPTO_XAR] = xar,             [ARM_CRYPTO_SM3SS1] = sm3ss1,
    [ARM_CRYPTO_SM3TT] = sm3tt,         [ARM_CRYPTO_SM3PARTW1] = sm3partw1,
    [ARM_CRYPTO_SM3PARTW2] = sm3partw2, [ARM_CRYPTO_SM4E] = sm4e,
    [ARM_CRYPTO_SM4EKEY] = sm4ekey,
};
