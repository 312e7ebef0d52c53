/*
 * CRC-32 of a buffer: a byte at a time by one table, and four bytes at a time by four.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(2100);

enum { SIZE = 1 << 16, POLYNOMIAL = (int)0xedb88320 };

static uint32_t table[4][256];
static uint8_t data[SIZE];

static void make_tables(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? (uint32_t)POLYNOMIAL : 0);
        }
        table[0][i] = crc;
    }
    for (int n = 1; n < 4; n++) {
        for (int i = 0; i < 256; i++) {
            uint32_t before = table[n - 1][i];

            table[n][i] = before >> 8 ^ table[0][before & 255];
        }
    }
}

static NOINLINE uint32_t by_bytes(uint32_t crc, const uint8_t *p, size_t size)
{
    crc = ~crc;
    while (size--) {
        crc = crc >> 8 ^ table[0][(crc ^ *p++) & 255];
    }
    return ~crc;
}

static NOINLINE uint32_t by_words(uint32_t crc, const uint8_t *p, size_t size)
{
    crc = ~crc;
    for (; size; size -= 4, p += 4) {
        crc ^= p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
        crc = table[3][crc & 255] ^ table[2][crc >> 8 & 255] ^ table[1][crc >> 16 & 255] ^
              table[0][crc >> 24];
    }
    return ~crc;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 1, sum = 0;

    make_tables();
    for (int i = 0; i < SIZE; i++) {
        data[i] = next_random(&seed);
    }
    while (rounds--) {
        uint32_t a = by_bytes(sum, data, SIZE), b = by_words(sum, data, SIZE);

        if (a != b) {
            bench_fail("two ways to a CRC differ");
        }
        sum = a;
        data[sum % SIZE] ^= sum;
    }
    return sum;
}
