/*
 * Pointer authentication: what the instructions make of a code.
 *
 * The code of a pointer is wanted at least twice, at a function's entry and exit: a table remembers
 * the last ones with all that they depend on.
 *
 * Reference: DDI 0487, D8.10 and J1.1 (aarch64/functions/pac).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/pauth.h"

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
    return arm_qarma(data, modifier, key, algorithm == ARM_PAC_QARMA3 ? 3 : 5);
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
