/*
 * Steps of AES, SHA-1 and SHA-256; products of polynomials. AES's tables are computed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/crypto-steps.h"
#include "qemu/host-utils.h"

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

/* Row r moves by r columns. */
CryptoBlock aes_substitute_and_shift(const CryptoBlock *state, bool inverse)
{
    const uint8_t *box = inverse ? inverse_s_box : s_box;
    CryptoBlock result;

    for (int i = 0; i < 16; i++) {
        int row = i % 4, column = (i / 4 + (inverse ? -row : row)) & 3;

        result.byte[i] = box[state->byte[4 * column + row]];
    }
    return result;
}

/* Each column by a matrix, all of whose rows are the first one rotated. */
CryptoBlock aes_mix_columns(const CryptoBlock *state, bool inverse)
{
    static const uint8_t factors[2][4] = { { 2, 3, 1, 1 }, { 14, 11, 13, 9 } };
    CryptoBlock result;

    for (unsigned i = 0; i < 16; i++) {
        const uint8_t *column = &state->byte[i / 4 * 4];
        uint8_t sum = 0;

        for (unsigned n = 0; n < 4; n++) {
            sum ^= field_product(column[n], factors[inverse][(n + 4 - i % 4) % 4]);
        }
        result.byte[i] = sum;
    }
    return result;
}

uint32_t aes_substitute_word(uint32_t word)
{
    uint32_t result = 0;

    for (unsigned shift = 0; shift < 32; shift += 8) {
        result |= (uint32_t)s_box[word >> shift & 0xff] << shift;
    }
    return result;
}

/* ---- SHA ---- */

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

void sha1_four_rounds(uint32_t abcd[4], uint32_t e, const uint32_t w[4], Sha1Function function)
{
    static uint32_t (*const functions[])(uint32_t, uint32_t, uint32_t) = {
        [SHA1_CHOOSE] = choose,
        [SHA1_PARITY] = parity,
        [SHA1_MAJORITY] = majority,
    };

    for (unsigned i = 0; i < 4; i++) {
        uint32_t next =
            e + functions[function](abcd[1], abcd[2], abcd[3]) + rol32(abcd[0], 5) + w[i];

        e = abcd[3];
        abcd[3] = abcd[2];
        abcd[2] = rol32(abcd[1], 30);
        abcd[1] = abcd[0];
        abcd[0] = next;
    }
}

void sha256_rounds(uint32_t abcd[4], uint32_t efgh[4], const uint32_t *w, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        uint32_t a = abcd[0], d = abcd[3], e = efgh[0];
        uint32_t t1 = efgh[3] + (ror32(e, 6) ^ ror32(e, 11) ^ ror32(e, 25)) +
                      choose(e, efgh[1], efgh[2]) + w[i];
        uint32_t t2 = (ror32(a, 2) ^ ror32(a, 13) ^ ror32(a, 22)) + majority(a, abcd[1], abcd[2]);

        memmove(&abcd[1], &abcd[0], 12);
        memmove(&efgh[1], &efgh[0], 12);
        abcd[0] = t1 + t2;
        efgh[0] = d + t1;
    }
}

uint32_t sha256_sigma0(uint32_t x)
{
    return ror32(x, 7) ^ ror32(x, 18) ^ x >> 3;
}

uint32_t sha256_sigma1(uint32_t x)
{
    return ror32(x, 17) ^ ror32(x, 19) ^ x >> 10;
}

/* ---- Polynomials ---- */

CryptoBlock polynomial_product(uint64_t a, uint64_t b)
{
    unsigned __int128 product = 0;

    for (; b; b &= b - 1) {
        product ^= (unsigned __int128)a << ctz64(b);
    }
    return (CryptoBlock){ .half = { (uint64_t)product, (uint64_t)(product >> 64) } };
}
