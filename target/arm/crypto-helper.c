/*
 * The cryptographic instructions: AES, SHA1, SHA256, products of polynomials of 64 bits.
 *
 * Reference: DDI 0487, C7.2 (AESE to SHA256SU1); FIPS 197 (AES) for the tables, which are computed
 * here, and FIPS 180-4 (SHA) for the functions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
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

/* ---- AES ---- */

static uint8_t s_box[256], inverse_s_box[256];

/* In the field of FIPS 197, section 4.2. */
static uint8_t field_product(uint8_t a, uint8_t b)
{
    uint8_t product = 0;

    for (; b; b >>= 1) {
        product ^= b & 1 ? a : 0;
        a = a << 1 ^ (a & 0x80 ? 0x1b : 0);
    }
    return product;
}

static uint8_t rotated(uint8_t a, unsigned count)
{
    return a << count | a >> (8 - count);
}

/* Section 5.1.1: the inverse (a^254), then the affine map. */
static void __attribute__((constructor)) make_s_boxes(void)
{
    for (unsigned i = 0; i < 256; i++) {
        uint8_t inverse = 1, value;

        for (unsigned n = 0; n < 254; n++) {
            inverse = field_product(inverse, i);
        }
        value = inverse ^ rotated(inverse, 1) ^ rotated(inverse, 2) ^ rotated(inverse, 3) ^
                rotated(inverse, 4) ^ 0x63;
        s_box[i] = value;
        inverse_s_box[value] = i;
    }
}

static void add_key(ARMVector *out, const ARMVector *a, const ARMVector *b)
{
    out->d[0] = a->d[0] ^ b->d[0];
    out->d[1] = a->d[1] ^ b->d[1];
}

/* The state is four columns of four bytes; row r moves by r columns. */
static void substitute_and_shift(CPUARMState *env, uint32_t insn, const uint8_t *box, int direction)
{
    ARMVector state, result;

    add_key(&state, vd_of(env, insn), vn_of(env, insn));
    for (int i = 0; i < 16; i++) {
        int row = i % 4, column = (i / 4 + direction * row) & 3;

        ((uint8_t *)&result)[i] = box[((uint8_t *)&state)[4 * column + row]];
    }
    *vd_of(env, insn) = result;
}

static void aese(CPUARMState *env, uint32_t insn)
{
    substitute_and_shift(env, insn, s_box, 1);
}

static void aesd(CPUARMState *env, uint32_t insn)
{
    substitute_and_shift(env, insn, inverse_s_box, -1);
}

/* Each column by a matrix, all of whose rows are the first one rotated. */
static void mix_columns(CPUARMState *env, uint32_t insn, const uint8_t *factors)
{
    ARMVector state = *vn_of(env, insn), result;

    for (unsigned i = 0; i < 16; i++) {
        const uint8_t *column = (uint8_t *)&state + i / 4 * 4;
        uint8_t sum = 0;

        for (unsigned n = 0; n < 4; n++) {
            sum ^= field_product(column[n], factors[(n + 4 - i % 4) % 4]);
        }
        ((uint8_t *)&result)[i] = sum;
    }
    *vd_of(env, insn) = result;
}

static void aesmc(CPUARMState *env, uint32_t insn)
{
    static const uint8_t factors[] = { 2, 3, 1, 1 };

    mix_columns(env, insn, factors);
}

static void aesimc(CPUARMState *env, uint32_t insn)
{
    static const uint8_t factors[] = { 14, 11, 13, 9 };

    mix_columns(env, insn, factors);
}

/* ---- SHA1 ---- */

typedef union Words {
    ARMVector v;
    uint32_t w[4];
} Words;

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | (~x & z);
}

static uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
    return x ^ y ^ z;
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | (x & z) | (y & z);
}

/* Four rounds: a to d in vd, e in vn, the schedule with its constants in vm. */
static void sha1_rounds(CPUARMState *env, uint32_t insn,
                        uint32_t (*f)(uint32_t, uint32_t, uint32_t))
{
    Words x = { .v = *vd_of(env, insn) }, w = { .v = *vm_of(env, insn) };
    uint32_t e = vn_of(env, insn)->d[0];

    for (unsigned i = 0; i < 4; i++) {
        uint32_t next = e + f(x.w[1], x.w[2], x.w[3]) + rol32(x.w[0], 5) + w.w[i];

        e = x.w[3];
        x.w[3] = x.w[2];
        x.w[2] = rol32(x.w[1], 30);
        x.w[1] = x.w[0];
        x.w[0] = next;
    }
    *vd_of(env, insn) = x.v;
}

static void sha1c(CPUARMState *env, uint32_t insn)
{
    sha1_rounds(env, insn, choose);
}

static void sha1p(CPUARMState *env, uint32_t insn)
{
    sha1_rounds(env, insn, parity);
}

static void sha1m(CPUARMState *env, uint32_t insn)
{
    sha1_rounds(env, insn, majority);
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

/* Four rounds on a to d and e to h, with the schedule and its constants. */
static void sha256_rounds(Words *x, Words *y, const Words *w)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t e = y->w[0], a = x->w[0];
        uint32_t t1 = y->w[3] + (ror32(e, 6) ^ ror32(e, 11) ^ ror32(e, 25)) +
                      choose(e, y->w[1], y->w[2]) + w->w[i];
        uint32_t t2 = (ror32(a, 2) ^ ror32(a, 13) ^ ror32(a, 22)) + majority(a, x->w[1], x->w[2]);
        uint32_t d = x->w[3];

        memmove(&x->w[1], &x->w[0], 12);
        memmove(&y->w[1], &y->w[0], 12);
        x->w[0] = t1 + t2;
        y->w[0] = d + t1;
    }
}

static void sha256h(CPUARMState *env, uint32_t insn)
{
    Words x = { .v = *vd_of(env, insn) }, y = { .v = *vn_of(env, insn) },
          w = { .v = *vm_of(env, insn) };

    sha256_rounds(&x, &y, &w);
    *vd_of(env, insn) = x.v;
}

static void sha256h2(CPUARMState *env, uint32_t insn)
{
    Words y = { .v = *vd_of(env, insn) }, x = { .v = *vn_of(env, insn) },
          w = { .v = *vm_of(env, insn) };

    sha256_rounds(&x, &y, &w);
    *vd_of(env, insn) = y.v;
}

static uint32_t sigma0(uint32_t x)
{
    return ror32(x, 7) ^ ror32(x, 18) ^ x >> 3;
}

static uint32_t sigma1(uint32_t x)
{
    return ror32(x, 17) ^ ror32(x, 19) ^ x >> 10;
}

static void sha256su0(CPUARMState *env, uint32_t insn)
{
    Words d = { .v = *vd_of(env, insn) }, n = { .v = *vn_of(env, insn) };
    const uint32_t next[] = { d.w[1], d.w[2], d.w[3], n.w[0] };

    for (unsigned i = 0; i < 4; i++) {
        d.w[i] += sigma0(next[i]);
    }
    *vd_of(env, insn) = d.v;
}

static void sha256su1(CPUARMState *env, uint32_t insn)
{
    Words d = { .v = *vd_of(env, insn) }, n = { .v = *vn_of(env, insn) },
          m = { .v = *vm_of(env, insn) };
    const uint32_t earlier[] = { n.w[1], n.w[2], n.w[3], m.w[0] };

    for (unsigned i = 0; i < 4; i++) {
        d.w[i] += sigma1(i < 2 ? m.w[i + 2] : d.w[i - 2]) + earlier[i];
    }
    *vd_of(env, insn) = d.v;
}

/* ---- Polynomials ---- */

/* PMULL of doublewords; bit 30 takes the upper halves. */
static void pmull64(CPUARMState *env, uint32_t insn)
{
    unsigned half = insn >> 30 & 1;
    uint64_t n = vn_of(env, insn)->d[half], m = vm_of(env, insn)->d[half];
    ARMVector product = { { 0 } };

    for (unsigned i = 0; i < 64; i++) {
        if (m >> i & 1) {
            product.d[0] ^= n << i;
            product.d[1] ^= i ? n >> (64 - i) : 0;
        }
    }
    *vd_of(env, insn) = product;
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
