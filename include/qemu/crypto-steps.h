/*
 * Steps of AES, SHA-1 and SHA-256, as CPUs have instructions for them, and products of polynomials
 * over two elements. Nothing here takes constant time.
 *
 * On any thread; results may be the operands.
 *
 * Reference: FIPS 197 (AES), FIPS 180-4 (SHA).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_CRYPTO_STEPS_H
#define QEMU_CRYPTO_STEPS_H

#include "qemu/osdep.h"

/* A vector register; byte 0 is the lowest. AES: four columns of four bytes. */
typedef union CryptoBlock {
    uint8_t byte[16];
    uint32_t word[4];
    uint64_t half[2];
} CryptoBlock;

/* SubBytes() and ShiftRows(), or their inverses. */
CryptoBlock aes_substitute_and_shift(const CryptoBlock *state, bool inverse);
/* MixColumns(), or its inverse. */
CryptoBlock aes_mix_columns(const CryptoBlock *state, bool inverse);
/* SubWord() */
uint32_t aes_substitute_word(uint32_t word);

typedef enum Sha1Function {
    SHA1_CHOOSE,
    SHA1_PARITY,
    SHA1_MAJORITY,
} Sha1Function;

/* Four rounds on a to d and e, with words of the schedule to which the constants have been added;
 * what e is then the caller finds in the old a. */
void sha1_four_rounds(uint32_t abcd[4], uint32_t e, const uint32_t w[4], Sha1Function function);

/* Rounds on a to d and e to h, with words and constants. */
void sha256_rounds(uint32_t abcd[4], uint32_t efgh[4], const uint32_t *w, unsigned rounds);
/* The schedule's functions. */
uint32_t sha256_sigma0(uint32_t x);
uint32_t sha256_sigma1(uint32_t x);

/* The product without carries, of 128 bits. */
CryptoBlock polynomial_product(uint64_t a, uint64_t b);

#endif
