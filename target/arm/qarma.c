/*
 * The block cipher QARMA-64 with five and three rounds, as pointer authentication uses it: cell by
 * cell, and with all cells at once where the host can look up sixteen bytes (SSSE3).
 *
 * Reference: R. Avanzi, "The QARMA block cipher family" (IACR ToSC 2017/1), whose cell 0 is the topmost
 * four bits; DDI 0487, J1.1 (ComputePAC).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "target/arm/pauth.h"
#ifdef __x86_64__
#include <tmmintrin.h>
#endif

/* Cell i is bits 4i to 4i + 3. */
enum { CELLS = 16, MAX_ROUNDS = 5 };

/* The paper's permutations with cells numbered from the lowest: 15 less the number, from the end. */
typedef uint8_t Permutation[CELLS];
static const Permutation shuffle = { 13, 6, 11, 0, 7, 12, 1, 10, 8, 3, 14, 5, 2, 9, 4, 15 };
static const Permutation unshuffle = { 3, 6, 12, 9, 14, 11, 1, 4, 8, 13, 7, 2, 5, 0, 10, 15 };
static const Permutation tweak_shuffle = { 4, 5, 6, 7, 11, 2, 3, 8, 12, 13, 14, 15, 0, 1, 10, 9 };

/* Substitutions: that of three rounds is its own inverse. */
static const Permutation box_of_5 = { 11, 6, 8, 15, 12, 0, 9, 14, 3, 7, 4, 5, 13, 2, 1, 10 };
static const Permutation unbox_of_5 = { 5, 14, 13, 8, 10, 11, 1, 9, 2, 6, 15, 0, 4, 12, 7, 3 };
static const Permutation box_of_3 = { 10, 13, 14, 6, 15, 7, 3, 5, 9, 8, 0, 12, 11, 1, 2, 4 };

static inline uint64_t permute(uint64_t x, const Permutation from)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < CELLS; i++) {
        result |= (x >> (4 * from[i]) & 15) << (4 * i);
    }
    return result;
}

static inline uint64_t substitute(uint64_t x, const Permutation box)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < CELLS; i++) {
        result |= (uint64_t)box[x >> (4 * i) & 15] << (4 * i);
    }
    return result;
}

#define EACH_CELL 0x1111111111111111ull

static inline uint64_t turned_once(uint64_t x)
{
    return (x << 1 & EACH_CELL * 14) | (x >> 3 & EACH_CELL);
}

static inline uint64_t turned_twice(uint64_t x)
{
    return (x << 2 & EACH_CELL * 12) | (x >> 2 & EACH_CELL * 3);
}

/* Each column, cells four apart, times the circulant matrix of 0, 1, 2 and 1 turns. */
static inline uint64_t mix_columns(uint64_t x)
{
    return turned_once(ror64(x, 16) ^ ror64(x, 48)) ^ turned_twice(ror64(x, 32));
}

/* The cells of the tweak that a feedback register steps. */
#define STEPPED 0xff0ff000f00f0f00ull

static inline uint64_t next_tweak(uint64_t tweak)
{
    uint64_t moved = permute(tweak, tweak_shuffle);
    uint64_t next = (moved >> 1 & EACH_CELL * 7) | ((moved ^ moved >> 1) & EACH_CELL) << 3;

    return (next & STEPPED) | (moved & ~STEPPED);
}

static const uint64_t round_constants[] = { 0, 0x13198a2e03707344ull, 0xa4093822299f31d0ull,
                                            0x082efa98ec4e6c89ull, 0x452821e638d01377ull };
#define REFLECTION 0xc0ac29b7c97c50ddull

/* `rounds` and as many back, with a middle that is its own mirror. key->high whitens. */
uint64_t arm_qarma_by_cells(uint64_t data, uint64_t modifier, const ARMPacKey *key, unsigned rounds)
{
    const uint8_t *box = rounds == 5 ? box_of_5 : box_of_3;
    const uint8_t *unbox = rounds == 5 ? unbox_of_5 : box_of_3;
    uint64_t other_white = ror64(key->high, 1) ^ key->high >> 63;
    uint64_t core = key->low, x = data ^ key->high, tweaks[MAX_ROUNDS + 1] = { modifier };

    for (unsigned i = 0; i < rounds; i++) {
        x ^= core ^ tweaks[i] ^ round_constants[i];
        x = substitute(i ? mix_columns(permute(x, shuffle)) : x, box);
        tweaks[i + 1] = next_tweak(tweaks[i]);
    }
    x = substitute(mix_columns(permute(x ^ other_white ^ tweaks[rounds], shuffle)), box);
    x = mix_columns(permute(x, shuffle)) ^ core;
    x = substitute(permute(x, unshuffle), unbox);
    x = permute(mix_columns(x), unshuffle) ^ key->high ^ tweaks[rounds];
    for (unsigned i = rounds; i-- > 0;) {
        x = substitute(x, unbox);
        x = i ? permute(mix_columns(x), unshuffle) : x;
        x ^= core ^ tweaks[i] ^ round_constants[i] ^ REFLECTION;
    }
    return x ^ other_white;
}

/* ---- All cells at once ---- */

#ifdef __x86_64__
#define VECTOR __attribute__((target("ssse3")))

/* A cell in each byte. */
VECTOR static inline __m128i spread(uint64_t x)
{
    __m128i bytes = _mm_cvtsi64_si128(x), low = _mm_set1_epi8(15);

    return _mm_unpacklo_epi8(_mm_and_si128(bytes, low),
                             _mm_and_si128(_mm_srli_epi16(bytes, 4), low));
}

VECTOR static inline uint64_t gathered(__m128i x)
{
    __m128i pairs = _mm_or_si128(x, _mm_srli_epi16(x, 4));

    return _mm_cvtsi128_si64(_mm_packus_epi16(_mm_and_si128(pairs, _mm_set1_epi16(0xff)), pairs));
}

VECTOR static inline __m128i table(const Permutation p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

/* mix_columns(): columns are turned by moving cells, cells by looking them up. */
VECTOR static inline __m128i mix_all_columns(__m128i x)
{
    const __m128i once = _mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
    const __m128i twice = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m128i neighbours = _mm_xor_si128(_mm_alignr_epi8(x, x, 4), _mm_alignr_epi8(x, x, 12));

    return _mm_xor_si128(_mm_shuffle_epi8(once, neighbours),
                         _mm_shuffle_epi8(twice, _mm_alignr_epi8(x, x, 8)));
}

VECTOR static inline __m128i next_tweak_cells(__m128i tweak)
{
    const __m128i step = _mm_setr_epi8(0, 8, 9, 1, 2, 10, 11, 3, 4, 12, 13, 5, 6, 14, 15, 7);
    const __m128i stepped = _mm_setr_epi8(0, 0, -1, 0, -1, 0, 0, -1, 0, 0, 0, -1, -1, 0, -1, -1);
    __m128i moved = _mm_shuffle_epi8(tweak, table(tweak_shuffle));

    return _mm_or_si128(_mm_and_si128(stepped, _mm_shuffle_epi8(step, moved)),
                        _mm_andnot_si128(stepped, moved));
}

/* The same as arm_qarma_by_cells(). */
VECTOR static uint64_t qarma_by_vectors(uint64_t data, uint64_t modifier, const ARMPacKey *key,
                                        unsigned rounds)
{
    const __m128i box = table(rounds == 5 ? box_of_5 : box_of_3);
    const __m128i unbox = table(rounds == 5 ? unbox_of_5 : box_of_3);
    const __m128i to = table(shuffle), back = table(unshuffle), core = spread(key->low);
    uint64_t other_white = ror64(key->high, 1) ^ key->high >> 63;
    __m128i x = spread(data ^ key->high), tweaks[MAX_ROUNDS + 1] = { spread(modifier) };

    for (unsigned i = 0; i < rounds; i++) {
        __m128i round_key = _mm_xor_si128(core, _mm_xor_si128(tweaks[i], spread(round_constants[i])));

        x = _mm_xor_si128(x, round_key);
        x = i ? mix_all_columns(_mm_shuffle_epi8(x, to)) : x;
        x = _mm_shuffle_epi8(box, x);
        tweaks[i + 1] = next_tweak_cells(tweaks[i]);
    }
    x = _mm_xor_si128(x, _mm_xor_si128(spread(other_white), tweaks[rounds]));
    x = _mm_shuffle_epi8(box, mix_all_columns(_mm_shuffle_epi8(x, to)));
    x = _mm_xor_si128(mix_all_columns(_mm_shuffle_epi8(x, to)), core);
    x = _mm_shuffle_epi8(unbox, _mm_shuffle_epi8(x, back));
    x = _mm_shuffle_epi8(mix_all_columns(x), back);
    x = _mm_xor_si128(x, _mm_xor_si128(spread(key->high), tweaks[rounds]));
    for (unsigned i = rounds; i-- > 0;) {
        uint64_t constant = round_constants[i] ^ REFLECTION;

        x = _mm_shuffle_epi8(unbox, x);
        x = i ? _mm_shuffle_epi8(mix_all_columns(x), back) : x;
        x = _mm_xor_si128(x, _mm_xor_si128(core, _mm_xor_si128(tweaks[i], spread(constant))));
    }
    return gathered(x) ^ other_white;
}
#endif

uint64_t arm_qarma(uint64_t data, uint64_t modifier, const ARMPacKey *key, unsigned rounds)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("ssse3")) {
        return qarma_by_vectors(data, modifier, key, rounds);
    }
#endif
    return arm_qarma_by_cells(data, modifier, key, rounds);
}
