/*
 * The game of life on words of 32 cells: sums of neighbours by logic, counts of bits, leading
 * zeros.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(40000);

enum { ROWS = 256, WORDS = 4 };

static uint32_t cells[2][ROWS][WORDS];

/* The cells left or right of each of a word. */
static uint32_t west(const uint32_t row[WORDS], int i)
{
    return row[i] >> 1 | row[(i + WORDS - 1) % WORDS] << 31;
}

static uint32_t east(const uint32_t row[WORDS], int i)
{
    return row[i] << 1 | row[(i + 1) % WORDS] >> 31;
}

#define ADD(value) do { \
        uint32_t v_ = (value), carry_ = ones & v_; \
        ones ^= v_; \
        fours |= twos & carry_; \
        twos ^= carry_; \
    } while (0)

static NOINLINE void step(uint32_t to[ROWS][WORDS], uint32_t from[ROWS][WORDS])
{
    for (int y = 0; y < ROWS; y++) {
        const uint32_t *up = from[(y + ROWS - 1) % ROWS], *row = from[y],
                       *down = from[(y + 1) % ROWS];

        for (int i = 0; i < WORDS; i++) {
            uint32_t ones = 0, twos = 0, fours = 0;

            ADD(west(up, i));
            ADD(up[i]);
            ADD(east(up, i));
            ADD(west(row, i));
            ADD(east(row, i));
            ADD(west(down, i));
            ADD(down[i]);
            ADD(east(down, i));
            to[y][i] = twos & ~fours & (ones | row[i]);
        }
    }
}

static uint32_t count_bits(uint32_t x)
{
    x -= x >> 1 & 0x55555555;
    x = (x & 0x33333333) + (x >> 2 & 0x33333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f;
    return x * 0x01010101 >> 24;
}

static NOINLINE uint32_t summary(uint32_t rows[ROWS][WORDS])
{
    uint32_t sum = 0;

    for (int y = 0; y < ROWS; y++) {
        for (int i = 0; i < WORDS; i++) {
            sum += count_bits(rows[y][i]) + (rows[y][i] ? __builtin_clz(rows[y][i]) << 4 : 0);
        }
    }
    return sum;
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 107, sum = 0;

    for (int y = 0; y < ROWS; y++) {
        for (int i = 0; i < WORDS; i++) {
            cells[0][y][i] = next_random(&seed);
        }
    }
    for (uint32_t round = 0; round < rounds; round++) {
        step(cells[~round & 1], cells[round & 1]);
        sum = mix(sum, summary(cells[~round & 1]));
    }
    return sum;
}
