/*
 * A block cipher of table look-ups: ten rounds of four words, each made of four bytes of others by
 * four tables of words.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(7900);

enum { BLOCKS = 512, ROUNDS = 10 };

static uint32_t tables[4][256], keys[ROUNDS + 1][4], text[BLOCKS][4];

static void make_tables(uint32_t *seed)
{
    for (int i = 0; i < 256; i++) {
        uint32_t word = next_random(seed);

        for (int n = 0; n < 4; n++) {
            tables[n][i] = rotate_left(word, 8 * n);
        }
    }
}

static NOINLINE void encrypt(uint32_t block[4])
{
    uint32_t a = block[0] ^ keys[0][0], b = block[1] ^ keys[0][1], c = block[2] ^ keys[0][2],
             d = block[3] ^ keys[0][3];

    for (int i = 1; i <= ROUNDS; i++) {
        const uint32_t *key = keys[i];
        uint32_t e = tables[0][a >> 24] ^ tables[1][b >> 16 & 255] ^ tables[2][c >> 8 & 255] ^
                     tables[3][d & 255] ^ key[0];
        uint32_t f = tables[0][b >> 24] ^ tables[1][c >> 16 & 255] ^ tables[2][d >> 8 & 255] ^
                     tables[3][a & 255] ^ key[1];
        uint32_t g = tables[0][c >> 24] ^ tables[1][d >> 16 & 255] ^ tables[2][a >> 8 & 255] ^
                     tables[3][b & 255] ^ key[2];
        uint32_t h = tables[0][d >> 24] ^ tables[1][a >> 16 & 255] ^ tables[2][b >> 8 & 255] ^
                     tables[3][c & 255] ^ key[3];

        a = e;
        b = f;
        c = g;
        d = h;
    }
    block[0] = a;
    block[1] = b;
    block[2] = c;
    block[3] = d;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 11, sum = 0;

    make_tables(&seed);
    for (int i = 0; i <= ROUNDS; i++) {
        for (int j = 0; j < 4; j++) {
            keys[i][j] = next_random(&seed);
        }
    }
    while (rounds--) {
        for (int i = 0; i < BLOCKS; i++) {
            text[i][0] ^= sum;
            encrypt(text[i]);
            sum = text[i][3];
        }
    }
    return sum;
}
