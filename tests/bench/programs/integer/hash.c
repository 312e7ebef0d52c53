/*
 * Hashes of short keys, word by word with shifts, adds and rotations, into a table of counts.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(4200);

enum { KEYS = 4096, LONGEST = 40, BUCKETS = 1 << 12 };

static uint8_t keys[KEYS][LONGEST];
static uint8_t lengths[KEYS];
static uint16_t counts[BUCKETS];

static NOINLINE uint32_t hash(const uint8_t *key, unsigned length, uint32_t seed)
{
    uint32_t a = seed, b = 0x85ebca6b ^ length, c = 0xc2b2ae35;

    for (; length >= 8; key += 8, length -= 8) {
        a += key[0] | key[1] << 8 | key[2] << 16 | (uint32_t)key[3] << 24;
        b += key[4] | key[5] << 8 | key[6] << 16 | (uint32_t)key[7] << 24;
        c ^= a + rotate_left(b, 9);
        a = rotate_left(a ^ c, 13) - b;
        b = (b ^ b >> 11) + c;
    }
    for (unsigned i = 0; i < length; i++) {
        a = (a + key[i]) * 33 ^ c >> 3;
    }
    a ^= rotate_left(c, 17) + b;
    a ^= a >> 15;
    a += a << 7;
    return a ^ a >> 12;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 7, sum = 0;

    for (int i = 0; i < KEYS; i++) {
        lengths[i] = 3 + next_random(&seed) % (LONGEST - 3);
        for (int j = 0; j < LONGEST; j++) {
            keys[i][j] = 'a' + (next_random(&seed) >> 8) % 26;
        }
    }
    while (rounds--) {
        for (int i = 0; i < KEYS; i++) {
            uint32_t value = hash(keys[i], lengths[i], sum);

            counts[value % BUCKETS]++;
            sum += value;
        }
    }
    for (int i = 0; i < BUCKETS; i++) {
        sum = mix(sum, counts[i]);
    }
    return sum;
}
