/*
 * A stream cipher of additions, rotations and exclusive ors on sixteen words, all unrolled: more
 * values than there are registers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(160000);

enum { BLOCKS = 32, DOUBLE_ROUNDS = 6 };

static uint32_t text[BLOCKS][16];

#define STIR(a, b, c, d) \
    a += b; d = rotate_left(d ^ a, 16); \
    c += d; b = rotate_left(b ^ c, 11); \
    a += b; d = rotate_left(d ^ a, 7); \
    c += d; b = rotate_left(b ^ c, 19)

static NOINLINE void encrypt(uint32_t out[16], const uint32_t key[16])
{
    uint32_t s0 = key[0], s1 = key[1], s2 = key[2], s3 = key[3], s4 = key[4], s5 = key[5],
             s6 = key[6], s7 = key[7];
    uint32_t s8 = key[8], s9 = key[9], sa = key[10], sb = key[11], sc = key[12], sd = key[13],
             se = key[14], sf = key[15];

    for (int i = 0; i < DOUBLE_ROUNDS; i++) {
        STIR(s0, s4, s8, sc);
        STIR(s1, s5, s9, sd);
        STIR(s2, s6, sa, se);
        STIR(s3, s7, sb, sf);
        STIR(s0, s5, sa, sf);
        STIR(s1, s6, sb, sc);
        STIR(s2, s7, s8, sd);
        STIR(s3, s4, s9, se);
    }
    out[0] ^= s0 + key[0];
    out[1] ^= s1 + key[1];
    out[2] ^= s2 + key[2];
    out[3] ^= s3 + key[3];
    out[4] ^= s4 + key[4];
    out[5] ^= s5 + key[5];
    out[6] ^= s6 + key[6];
    out[7] ^= s7 + key[7];
    out[8] ^= s8 + key[8];
    out[9] ^= s9 + key[9];
    out[10] ^= sa + key[10];
    out[11] ^= sb + key[11];
    out[12] ^= sc + key[12];
    out[13] ^= sd + key[13];
    out[14] ^= se + key[14];
    out[15] ^= sf + key[15];
}

uint32_t bench(uint32_t rounds)
{
    uint32_t key[16], seed = 5, sum = 0;

    for (int i = 0; i < 16; i++) {
        key[i] = next_random(&seed);
    }
    while (rounds--) {
        for (int i = 0; i < BLOCKS; i++) {
            key[12]++;
            encrypt(text[i], key);
        }
    }
    for (int i = 0; i < BLOCKS; i++) {
        for (int j = 0; j < 16; j++) {
            sum = mix(sum, text[i][j]);
        }
    }
    return sum;
}
