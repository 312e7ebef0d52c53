/*
 * The condition register as a whole, from and to its eight fields.
 *
 * mfcr stands in the prologue of every function that saves a field, and its four tests for each of
 * eight 64-bit fields (ppc_crf_unpack() in cpu.h) are more than a hundred host instructions one by
 * one. With 256-bit vectors, each test is made for all of the fields at once and gives a byte with a
 * bit for each; a table spreads those bits to the fields' places:
 *
 *     EQ of fields 7 6 3 2 5 4 1 0     a byte; the order is that of the vectors' halves
 *     cr  ..E. ..E. ..E. ..E. ...      spread_bits[byte] << 1
 *
 * Reference: PEM 2.1.3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/helper.h"
#include "target/ppc/internal.h"

uint32_t ppc_get_cr(const CPUPPCState *env)
{
    uint32_t cr = 0;

    for (unsigned i = 0; i < 8; i++) {
        cr = cr << 4 | ppc_crf_unpack(env->crf[i]);
    }
    return cr;
}

void ppc_set_cr(CPUPPCState *env, uint32_t cr)
{
    for (unsigned i = 0; i < 8; i++) {
        env->crf[i] = ppc_crf_pack(cr >> (28 - 4 * i) & 15);
    }
}

uint32_t helper_ppc_get_cr(CPUPPCState *env)
{
    return ppc_get_cr(env);
}

#ifdef __x86_64__

#include <immintrin.h>

#define WIDE __attribute__((target("avx2")))

/* For each byte of tests: the lowest bit of each field whose test holds. */
static uint32_t spread_bits[256];

static void fill_spread_bits(void)
{
    static const uint8_t field_of_bit[8] = { 0, 1, 4, 5, 2, 3, 6, 7 };

    for (unsigned byte = 0; byte < 256; byte++) {
        uint32_t bits = 0;

        for (unsigned i = 0; i < 8; i++) {
            bits |= (byte >> i & 1) << (28 - 4 * field_of_bit[i]);
        }
        spread_bits[byte] = bits;
    }
}

bool ppc_has_wide_cr(void)
{
    fill_spread_bits();
    return __builtin_cpu_supports("avx2");
}

/* The low or the high halves of four fields and four more. */
#define HALVES(a, b, which)                                                                        \
    _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), (which) ? 0xdd : 0x88)

/* The top bits of those. */
WIDE static inline uint32_t spread(__m256 tests)
{
    return spread_bits[_mm256_movemask_ps(tests)];
}

WIDE static inline __m256 to_top(__m256 halves, int bit)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(halves), 31 - bit));
}

/* One by one: a wide load behind a narrow store, a compare's, would wait for the store to be done. */
WIDE static inline __m256i load_four(const uint64_t *crf)
{
    __m256i first = _mm256_blend_epi32(_mm256_set1_epi64x(crf[0]), _mm256_set1_epi64x(crf[1]), 0x0c);
    __m256i last = _mm256_blend_epi32(_mm256_set1_epi64x(crf[2]), _mm256_set1_epi64x(crf[3]), 0xc0);

    return _mm256_blend_epi32(first, last, 0xf0);
}

WIDE uint32_t helper_ppc_get_cr_wide(CPUPPCState *env)
{
    __m256i a = load_four(env->crf), b = load_four(env->crf + 4);
    __m256i zero = _mm256_setzero_si256();
    __m256 high = HALVES(a, b, 1);
    __m256i equal = _mm256_cmpeq_epi32(_mm256_castps_si256(HALVES(a, b, 0)), zero);
    uint32_t gt = spread(HALVES(_mm256_cmpgt_epi64(a, zero), _mm256_cmpgt_epi64(b, zero), 0));
    uint32_t eq = spread(_mm256_castsi256_ps(equal));
    uint32_t lt = spread(to_top(high, PPC_CRF_AT_LT - 32));
    uint32_t so = spread(_mm256_xor_ps(to_top(high, PPC_CRF_AT_SO - 32),
                                       to_top(high, PPC_CRF_AT_SO + 1 - 32)));

    return lt << 3 | gt << 2 | eq << 1 | so;
}

#else

bool ppc_has_wide_cr(void)
{
    return false;
}

uint32_t helper_ppc_get_cr_wide(CPUPPCState *env)
{
    return ppc_get_cr(env);
}

#endif
