/*
 * A message digest of four words and 64 steps for each block of 64 bytes: rotations, adds, and four
 * ways to combine bits. Its constants are its own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(5800);

enum { SIZE = 1 << 15, BLOCK = 64 };

static uint8_t message[SIZE];
static uint32_t constants[64];

#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define PARITY(x, y, z) ((x) ^ (y) ^ (z))
#define EITHER(x, y, z) ((y) ^ ((x) | ~(z)))

#define STEP(f, a, b, c, d, word, n, turn) \
    a = b + rotate_left(a + f(b, c, d) + words[word] + constants[n], turn)

#define FOUR_STEPS(f, n, from, by, t0, t1, t2, t3) \
    STEP(f, a, b, c, d, (from) & 15, n, t0); \
    STEP(f, d, a, b, c, (from + by) & 15, n + 1, t1); \
    STEP(f, c, d, a, b, (from + 2 * by) & 15, n + 2, t2); \
    STEP(f, b, c, d, a, (from + 3 * by) & 15, n + 3, t3)

#define SIXTEEN_STEPS(f, n, from, by, t0, t1, t2, t3) \
    FOUR_STEPS(f, n, from, by, t0, t1, t2, t3); \
    FOUR_STEPS(f, n + 4, from + 4 * by, by, t0, t1, t2, t3); \
    FOUR_STEPS(f, n + 8, from + 8 * by, by, t0, t1, t2, t3); \
    FOUR_STEPS(f, n + 12, from + 12 * by, by, t0, t1, t2, t3)

static NOINLINE void add_block(uint32_t state[4], const uint8_t *p)
{
    uint32_t words[16], a = state[0], b = state[1], c = state[2], d = state[3];

    for (int i = 0; i < 16; i++, p += 4) {
        words[i] = p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
    }
    SIXTEEN_STEPS(CHOOSE, 0, 0, 1, 6, 11, 18, 23);
    SIXTEEN_STEPS(EITHER, 16, 3, 5, 4, 10, 15, 21);
    SIXTEEN_STEPS(PARITY, 32, 1, 7, 5, 12, 17, 22);
    SIXTEEN_STEPS(CHOOSE, 48, 2, 3, 7, 13, 16, 20);
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t state[4] = { 0x13579bdf, 0x2468ace0, 0xfdb97531, 0x0eca8642 }, seed = 99;

    for (int i = 0; i < 64; i++) {
        constants[i] = next_random(&seed);
    }
    for (int i = 0; i < SIZE; i++) {
        message[i] = next_random(&seed);
    }
    while (rounds--) {
        for (int at = 0; at < SIZE; at += BLOCK) {
            add_block(state, message + at);
        }
        message[state[0] % SIZE]++;
    }
    return mix(mix(state[0], state[1]), mix(state[2], state[3]));
}
