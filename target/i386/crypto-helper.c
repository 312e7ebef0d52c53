/*
 * AES, PCLMULQDQ, SHA and GFNI: what their instructions do to 16 bytes.
 *
 * Reference: SDM volume 2, each instruction. Its words of a block are numbered from the lowest;
 * SHA's states have their first word uppermost.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/crypto-steps.h"
#include "target/i386/helper.h"
#include "target/i386/sse.h"

static CryptoBlock block(const X86Vector *v)
{
    return (CryptoBlock){ .half = { v->half[0], v->half[1] } };
}

static void set(X86Vector *r, CryptoBlock b)
{
    *r = (X86Vector){ { b.half[0], b.half[1] } };
}

/* ---- AES ---- */

void x86_aes_round(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    bool inverse = imm & X86_AES_DECRYPT;
    CryptoBlock state = block(a);

    state = aes_substitute_and_shift(&state, inverse);
    if (!(imm & X86_AES_LAST)) {
        state = aes_mix_columns(&state, inverse);
    }
    state.half[0] ^= b->half[0];
    state.half[1] ^= b->half[1];
    set(r, state);
}

void x86_aesimc(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    CryptoBlock key = block(a);

    set(r, aes_mix_columns(&key, true));
}

/* `imm`: the round's constant. */
void x86_aeskeygenassist(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    CryptoBlock key = block(a), result;

    for (unsigned i = 0; i < 4; i += 2) {
        result.word[i] = aes_substitute_word(key.word[i + 1]);
        result.word[i + 1] = ror32(result.word[i], 8) ^ imm;
    }
    set(r, result);
}

/* Bits 0 and 4 choose halves. */
void x86_pclmulqdq(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    set(r, polynomial_product(a->half[imm & 1], b->half[imm >> 4 & 1]));
}

/* ---- SHA-1 ---- */

static CryptoBlock reversed(const X86Vector *v)
{
    CryptoBlock b = block(v);

    return (CryptoBlock){ .word = { b.word[3], b.word[2], b.word[1], b.word[0] } };
}

static void set_reversed(X86Vector *r, CryptoBlock b)
{
    set(r, (CryptoBlock){ .word = { b.word[3], b.word[2], b.word[1], b.word[0] } });
}

/* b: the schedule, with e in its first word. `imm`: which 20 rounds, for function and constant. */
void x86_sha1rnds4(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    static const struct {
        Sha1Function function;
        uint32_t constant;
    } rounds[] = {
        { SHA1_CHOOSE, 0x5a827999 },
        { SHA1_PARITY, 0x6ed9eba1 },
        { SHA1_MAJORITY, 0x8f1bbcdc },
        { SHA1_PARITY, 0xca62c1d6 },
    };
    CryptoBlock state = reversed(a), schedule = reversed(b);

    for (unsigned i = 0; i < 4; i++) {
        schedule.word[i] += rounds[imm & 3].constant;
    }
    sha1_four_rounds(state.word, 0, schedule.word, rounds[imm & 3].function);
    set_reversed(r, state);
}

void x86_sha1nexte(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    CryptoBlock result = reversed(b), old = reversed(a);

    result.word[0] += rol32(old.word[0], 30);
    set_reversed(r, result);
}

void x86_sha1msg1(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    CryptoBlock w = reversed(a), next = reversed(b);

    set_reversed(r,
                 (CryptoBlock){ .word = { w.word[2] ^ w.word[0], w.word[3] ^ w.word[1],
                                          next.word[0] ^ w.word[2], next.word[1] ^ w.word[3] } });
}

void x86_sha1msg2(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    CryptoBlock w = reversed(a), earlier = reversed(b);

    for (unsigned i = 0; i < 4; i++) {
        w.word[i] = rol32(w.word[i] ^ (i < 3 ? earlier.word[i + 1] : w.word[0]), 1);
    }
    set_reversed(r, w);
}

/* ---- SHA-256 ---- */

/* b has a, b, e and f, a has c, d, g and h, each from the uppermost word on. */
JitVector helper_x86_sha256rnds2(uint64_t a_low, uint64_t a_high, uint64_t b_low, uint64_t b_high,
                                 uint64_t words)
{
    uint32_t abcd[] = { b_high >> 32, (uint32_t)b_high, a_high >> 32, (uint32_t)a_high };
    uint32_t efgh[] = { b_low >> 32, (uint32_t)b_low, a_low >> 32, (uint32_t)a_low };
    const uint32_t w[] = { (uint32_t)words, words >> 32 };

    sha256_rounds(abcd, efgh, w, 2);
    return (JitVector){ { (uint64_t)efgh[0] << 32 | efgh[1], (uint64_t)abcd[0] << 32 | abcd[1] } };
}

void x86_sha256msg1(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    CryptoBlock w = block(a), next = block(b);

    for (unsigned i = 0; i < 4; i++) {
        w.word[i] += sha256_sigma0(i < 3 ? w.word[i + 1] : next.word[0]);
    }
    set(r, w);
}

void x86_sha256msg2(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    CryptoBlock w = block(a), earlier = block(b);

    for (unsigned i = 0; i < 4; i++) {
        w.word[i] += sha256_sigma1(i < 2 ? earlier.word[i + 2] : w.word[i - 2]);
    }
    set(r, w);
}

/* ---- GFNI: bytes are polynomials over GF(2), modulo x^8 + x^4 + x^3 + x + 1 ---- */

static uint8_t gf_product(uint8_t a, uint8_t b)
{
    enum { MODULUS = 0x1b };
    uint8_t product = 0;

    for (; b; b >>= 1) {
        product ^= b & 1 ? a : 0;
        a = a << 1 ^ (a & 0x80 ? MODULUS : 0);
    }
    return product;
}

/* a to the 254th power, as its 255th is 1; of 0 it is 0. */
static uint8_t gf_inverse(uint8_t a)
{
    uint8_t power = a, inverse = 1;

    for (unsigned i = 0; i < 7; i++) {
        power = gf_product(power, power);
        inverse = gf_product(inverse, power);
    }
    return inverse;
}

/* Eight bytes by the matrix, whose first row is its uppermost byte, plus a constant. */
static uint64_t affine(uint64_t bytes, uint64_t matrix, uint8_t constant, bool invert)
{
    uint64_t result = 0;

    for (unsigned at = 0; at < 64; at += 8) {
        uint8_t x = invert ? gf_inverse(bytes >> at) : bytes >> at, y = 0;

        for (unsigned bit = 0; bit < 8; bit++) {
            y |= __builtin_parity(x & (matrix >> (56 - 8 * bit) & 0xff)) << bit;
        }
        result |= (uint64_t)(y ^ constant) << at;
    }
    return result;
}

void x86_gf2p8mulb(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    X86Vector result = { { 0, 0 } };

    for (unsigned half = 0; half < 2; half++) {
        for (unsigned at = 0; at < 64; at += 8) {
            result.half[half] |= (uint64_t)gf_product(a->half[half] >> at, b->half[half] >> at)
                                 << at;
        }
    }
    *r = result;
}

void x86_gf2p8affineqb(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    *r = (X86Vector){ { affine(a->half[0], b->half[0], imm, false),
                        affine(a->half[1], b->half[1], imm, false) } };
}

void x86_gf2p8affineinvqb(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    *r = (X86Vector){ { affine(a->half[0], b->half[0], imm, true),
                        affine(a->half[1], b->half[1], imm, true) } };
}
