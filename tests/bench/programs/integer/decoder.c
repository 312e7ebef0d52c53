/*
 * A table-driven decoder of a prefix code, as a decompressor has: bits out of a stream, a first
 * table of nine bits, a second one for the longer codes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(830);

enum { SYMBOLS = 64, FIRST_BITS = 9, LONGEST = 14, TEXT = 60000 };

typedef struct Entry {
    uint8_t symbol, length;
} Entry;

static uint8_t lengths[SYMBOLS], text[TEXT], decoded[TEXT], stream[TEXT * 2];
static uint16_t codes[SYMBOLS]; /* the first bit lowest */
static Entry first[1 << FIRST_BITS], second[1 << LONGEST >> 2];

static unsigned reversed(unsigned code, unsigned length)
{
    unsigned out = 0;

    while (length--) {
        out = out << 1 | (code & 1);
        code >>= 1;
    }
    return out;
}

/* Codes of 3 bits to LONGEST, and the tables that find a symbol by the bits that come next. */
static void make_code(void)
{
    static const uint8_t nb_of_length[LONGEST + 1] = {
        [3] = 4, [4] = 4, [6] = 8, [7] = 8, [9] = 8, [10] = 8, [12] = 8, [13] = 8, [14] = 8
    };
    unsigned code = 0, symbol = 0;

    for (unsigned length = 1; length <= LONGEST; length++, code <<= 1) {
        for (int i = 0; i < nb_of_length[length]; i++, symbol++, code++) {
            lengths[symbol] = length;
            codes[symbol] = reversed(code, length);
            if (length <= FIRST_BITS) {
                for (unsigned fill = codes[symbol]; fill < ARRAY_SIZE(first);
                     fill += 1u << length) {
                    first[fill] = (Entry){ symbol, length };
                }
            } else {
                for (unsigned fill = codes[symbol] >> 2; fill < ARRAY_SIZE(second);
                     fill += 1u << (length - 2)) {
                    second[fill] = (Entry){ symbol, length };
                }
            }
        }
    }
}

static size_t encode(void)
{
    uint32_t bits = 0;
    unsigned nb = 0;
    size_t size = 0;

    for (int i = 0; i < TEXT; i++) {
        bits |= (uint32_t)codes[text[i]] << nb;
        nb += lengths[text[i]];
        for (; nb >= 8; nb -= 8, bits >>= 8) {
            stream[size++] = bits;
        }
    }
    stream[size++] = bits;
    return size;
}

static NOINLINE void decode(void)
{
    const uint8_t *in = stream;
    uint32_t bits = 0;
    unsigned nb = 0;

    for (int i = 0; i < TEXT; i++) {
        Entry entry;

        while (nb <= 24) {
            bits |= (uint32_t)*in++ << nb;
            nb += 8;
        }
        entry = first[bits & (ARRAY_SIZE(first) - 1)];
        if (!entry.length) {
            entry = second[bits >> 2 & (ARRAY_SIZE(second) - 1)];
        }
        bits >>= entry.length;
        nb -= entry.length;
        decoded[i] = entry.symbol;
    }
}

uint32_t bench(uint32_t rounds)
{
    uint32_t seed = 41, sum = 0;
    size_t size;

    make_code();
    for (int i = 0; i < TEXT; i++) {
        uint32_t dice = next_random(&seed);

        text[i] = dice & 7 ? dice >> 8 & 7 : dice >> 8 & (SYMBOLS - 1);
    }
    size = encode();
    while (rounds--) {
        decode();
        for (int i = 0; i < TEXT; i++) {
            if (decoded[i] != text[i]) {
                bench_fail("decoded is not what was encoded");
            }
        }
        sum = mix(sum, size + stream[sum % size]);
    }
    return sum;
}
