/*
 * Compression by references to what came before, found through chains of equal hashes, and
 * decompression.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bench.h"

BENCH_ROUNDS(550);

enum { SIZE = 40000, HASHES = 4096, CHAIN = 12, SHORTEST = 4, LONGEST = 258, WINDOW = 32767 };

static uint8_t text[SIZE], packed[SIZE + SIZE / 8 + 16], unpacked[SIZE];
static int32_t newest[HASHES], older[SIZE];

static unsigned hash(const uint8_t *p)
{
    return ((uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]) * 2654435761u >> 20;
}

static unsigned same_length(const uint8_t *a, const uint8_t *b, unsigned limit)
{
    unsigned n = 0;

    while (n < limit && a[n] == b[n]) {
        n++;
    }
    return n;
}

static unsigned longest_match(int at, int *where)
{
    unsigned best = SHORTEST - 1, limit = SIZE - at < LONGEST ? SIZE - at : LONGEST;
    int candidate = newest[hash(text + at)];

    for (int tries = CHAIN; tries && candidate >= 0 && at - candidate <= WINDOW;
         tries--, candidate = older[candidate]) {
        if (best < limit && text[candidate + best] == text[at + best]) {
            unsigned length = same_length(text + candidate, text + at, limit);

            if (length > best) {
                best = length;
                *where = candidate;
            }
        }
    }
    return best;
}

static void remember(int at)
{
    if (at + SHORTEST <= SIZE) {
        unsigned key = hash(text + at);

        older[at] = newest[key];
        newest[key] = at;
    }
}

/* Eight items, each a byte or a distance and a length, follow a byte that says which. */
static NOINLINE size_t compress(void)
{
    size_t out = 0, flags = 0;
    unsigned bit = 8;

    for (int i = 0; i < HASHES; i++) {
        newest[i] = -1;
    }
    for (int at = 0; at < SIZE;) {
        int where = 0;
        unsigned length = at + SHORTEST <= SIZE ? longest_match(at, &where) : 0;

        if (bit == 8) {
            flags = out++;
            packed[flags] = 0;
            bit = 0;
        }
        if (length >= SHORTEST) {
            packed[flags] |= 1 << bit;
            packed[out++] = (at - where) >> 8;
            packed[out++] = at - where;
            packed[out++] = length - SHORTEST;
        } else {
            length = 1;
            packed[out++] = text[at];
        }
        bit++;
        while (length--) {
            remember(at++);
        }
    }
    return out;
}

static NOINLINE void decompress(void)
{
    const uint8_t *in = packed;
    uint8_t *out = unpacked, *end = unpacked + SIZE;

    while (out < end) {
        for (unsigned flags = *in++ | 0x100; flags > 1 && out < end; flags >>= 1) {
            if (flags & 1) {
                const uint8_t *from = out - (in[0] << 8 | in[1]);

                for (int n = in[2] + SHORTEST; n; n--) {
                    *out++ = *from++;
                }
                in += 3;
            } else {
                *out++ = *in++;
            }
        }
    }
}

uint32_t bench(uint32_t rounds)
{
    static const char *const words[] = {
        "memory ", "register ", "the ", "of ", "interrupt ", "a ", "device\n", "0x"
    };
    uint32_t seed = 97, sum = 0;

    while (rounds--) {
        size_t size;

        for (int i = 0; i < SIZE;) {
            uint32_t dice = next_random(&seed);
            const char *word = words[dice >> 9 & 7];

            if (dice & 7) {
                while (*word && i < SIZE) {
                    text[i++] = *word++;
                }
            } else {
                text[i++] = dice >> 16;
            }
        }
        size = compress();
        decompress();
        for (int i = 0; i < SIZE; i++) {
            if (text[i] != unpacked[i]) {
                bench_fail("decompressed is not what was compressed");
            }
        }
        sum = mix(mix(sum, size), packed[size / 2]);
    }
    return sum;
}
