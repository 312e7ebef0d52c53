/*
 * Pointer authentication: the block cipher QARMA-64 with five and three rounds, a quick mix, and what
 * the instructions make of a code.
 *
 * The code of a pointer is wanted at least twice, at a function's entry and exit: a table remembers
 * the last ones with all that they depend on.
 *
 * Reference: DDI 0487, D8.10 and J1.1 (aarch64/functions/pac); R. Avanzi, "The QARMA block cipher
 * family" (IACR ToSC 2017/1), whose cell 0 is the topmost four bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/pauth.h"

/* ---- QARMA ---- */

/* Cell i is bits 4i to 4i + 3. */
enum { CELLS = 16 };

/* The paper's permutations with cells numbered from the lowest: 15 less the number, from the end. */
typedef uint8_t Permutation[CELLS];
static const Permutation shuffle = { 13, 6, 11, 0, 7, 12, 1, 10, 8, 3, 14, 5, 2, 9, 4, 15 };
static const Permutation unshuffle = { 3, 6, 12, 9, 14, 11, 1, 4, 8, 13, 7, 2, 5, 0, 10, 15 };
static const Permutation tweak_shuffle = { 4, 5, 6, 7, 11, 2, 3, 8, 12, 13, 14, 15, 0, 1, 10, 9 };
static const Permutation tweak_unshuffle = { 12, 13, 5, 6, 0, 1, 2, 3, 7, 15, 14, 4, 8, 9, 10, 11 };

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

static inline uint64_t previous_tweak(uint64_t tweak)
{
    uint64_t previous = (tweak << 1 & EACH_CELL * 14) | ((tweak ^ tweak >> 3) & EACH_CELL);

    return permute((previous & STEPPED) | (tweak & ~STEPPED), tweak_unshuffle);
}

static const uint64_t round_constants[] = { 0, 0x13198a2e03707344ull, 0xa4093822299f31d0ull,
                                            0x082efa98ec4e6c89ull, 0x452821e638d01377ull };
#define REFLECTION 0xc0ac29b7c97c50ddull

/* `rounds` and as many back, with a middle that is its own mirror. key->high whitens. */
static uint64_t qarma(uint64_t data, uint64_t modifier, const ARMPacKey *key, unsigned rounds)
{
    const uint8_t *box = rounds == 5 ? box_of_5 : box_of_3;
    const uint8_t *unbox = rounds == 5 ? unbox_of_5 : box_of_3;
    uint64_t other_white = ror64(key->high, 1) ^ key->high >> 63;
    uint64_t core = key->low, tweak = modifier, x = data ^ key->high;

    for (unsigned i = 0; i < rounds; i++) {
        x ^= core ^ tweak ^ round_constants[i];
        x = substitute(i ? mix_columns(permute(x, shuffle)) : x, box);
        tweak = next_tweak(tweak);
    }
    x = substitute(mix_columns(permute(x ^ other_white ^ tweak, shuffle)), box);
    x = mix_columns(permute(x, shuffle)) ^ core;
    x = substitute(permute(x, unshuffle), unbox);
    x = permute(mix_columns(x), unshuffle) ^ key->high ^ tweak;
    for (unsigned i = rounds; i-- > 0;) {
        x = substitute(x, unbox);
        x = i ? permute(mix_columns(x), unshuffle) : x;
        tweak = previous_tweak(tweak);
        x ^= core ^ tweak ^ round_constants[i] ^ REFLECTION;
    }
    return x ^ other_white;
}

/* ---- Codes ---- */

static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 32) * 0x9e3779b97f4a7c15ull;
    return (x ^ x >> 29) * 0xbf58476d1ce4e5b9ull;
}

uint64_t arm_compute_pac(ARMPacAlgorithm algorithm, uint64_t data, uint64_t modifier,
                         const ARMPacKey *key)
{
    if (algorithm == ARM_PAC_IMPDEF) {
        uint64_t x = mixed(mixed(mixed(data ^ key->low) + modifier) ^ key->high);

        return x ^ x >> 32;
    }
    return qarma(data, modifier, key, algorithm == ARM_PAC_QARMA3 ? 3 : 5);
}

static uint64_t remembered_pac(CPUARMState *env, uint64_t data, uint64_t modifier, unsigned which)
{
    ARMCPU *cpu = arm_env_archcpu(env);
    const ARMPacKey *key = &env->pac_keys[which];
    uint64_t hash = (data ^ modifier * 0x9e3779b97f4a7c15ull) * 0xbf58476d1ce4e5b9ull;
    ARMPacEntry *e = &cpu->pac_cache[hash >> (64 - ARM_PAC_CACHE_BITS)];

    if (e->data != data || e->modifier != modifier || e->key.low != key->low ||
        e->key.high != key->high || !e->valid) {
        *e = (ARMPacEntry){ data, modifier, *key,
                            arm_compute_pac(cpu->pac_algorithm, data, modifier, key), true };
    }
    return e->code;
}

/* ---- Where a code lies ---- */

enum { TCR_T0SZ = 0, TCR_T1SZ = 16, TCR_TBI0 = 37, TCR_TBID0 = 51 };

/* The byte above is a tag, for that half of addresses; code's may be excepted. */
static bool has_tag(const CPUARMState *env, bool upper, bool is_data)
{
    uint64_t tcr = env->tcr_el[1];

    return (tcr >> (TCR_TBI0 + upper) & 1) && (is_data || !(tcr >> (TCR_TBID0 + upper) & 1));
}

/* The lowest bit that translation doesn't look at. */
static unsigned lowest_free_bit(const CPUARMState *env, bool upper)
{
    unsigned unused = env->tcr_el[1] >> (upper ? TCR_T1SZ : TCR_T0SZ) & 0x3f;

    return 64 - MIN(MAX(unused, 16), 39);
}

/* Bits of the field: from the lowest one to 54, and those above 55 that are no tag. */
static uint64_t field_mask(unsigned lowest, bool tag)
{
    return (MAKE_64BIT_MASK(0, 55) & ~MAKE_64BIT_MASK(0, lowest)) |
           (tag ? 0 : MAKE_64BIT_MASK(56, 8));
}

/* The pointer with bits from the lowest one to 55, and the tag if it is none, all like `upper`. */
static uint64_t extended(uint64_t pointer, uint64_t mask, bool upper)
{
    mask |= 1ull << 55;
    return upper ? pointer | mask : pointer & ~mask;
}

static uint64_t add_pac(CPUARMState *env, uint64_t pointer, uint64_t modifier, unsigned which)
{
    bool is_data = which & 2, bit55 = pointer >> 55 & 1;
    bool by_55 = has_tag(env, false, is_data) || has_tag(env, true, is_data);
    bool upper = by_55 ? bit55 : pointer >> 63, tag = has_tag(env, bit55, is_data);
    uint64_t mask = field_mask(lowest_free_bit(env, upper), tag), found, code;

    code = remembered_pac(env, extended(pointer, mask, upper), modifier, which);
    found = pointer & (mask | 1ull << 55);
    if (found && found != (mask | 1ull << 55)) { /* it was no address: so it doesn't become one */
        code ^= 1ull << (tag ? 54 : 62);
    }
    return (extended(pointer, mask, upper) & ~mask) | (code & mask);
}

/* A wrong code leaves an address that isn't canonical, and says which key it was. */
static uint64_t check_pac(CPUARMState *env, uint64_t pointer, uint64_t modifier, unsigned which)
{
    bool is_data = which & 2, upper = pointer >> 55 & 1, tag = has_tag(env, upper, is_data);
    uint64_t mask = field_mask(lowest_free_bit(env, upper), tag);
    uint64_t plain = extended(pointer, mask, upper);

    if (!((remembered_pac(env, plain, modifier, which) ^ pointer) & mask)) {
        return plain;
    }
    return deposit64(plain, tag ? 53 : 61, 2, which & 1 ? 2 : 1);
}

uint64_t helper_arm_pac(CPUARMState *env, uint64_t pointer, uint64_t modifier, uint32_t desc)
{
    return (desc & ARM_PAC_CHECK ? check_pac : add_pac)(env, pointer, modifier, desc & ARM_PAC_KEY);
}

uint64_t helper_arm_pac_strip(CPUARMState *env, uint64_t pointer, uint32_t is_data)
{
    bool upper = pointer >> 55 & 1;

    return extended(pointer,
                    field_mask(lowest_free_bit(env, upper), has_tag(env, upper, is_data)), upper);
}

uint64_t helper_arm_pac_generic(CPUARMState *env, uint64_t value, uint64_t modifier)
{
    return arm_compute_pac(arm_env_archcpu(env)->pac_algorithm, value, modifier,
                           &env->pac_keys[ARM_PAC_GA]) & 0xffffffff00000000ull;
}
