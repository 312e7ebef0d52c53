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
static bool has_tag(uint64_t tcr, bool upper, bool is_data)
{
    return (tcr >> (TCR_TBI0 + upper) & 1) && (is_data || !(tcr >> (TCR_TBID0 + upper) & 1));
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

/* Where the code of an address of one half would be. */
typedef struct Layout {
    uint64_t mask;
    bool upper; /* the half; never so where there is one range of addresses */
    bool tag;
} Layout;

/* By half, and for code and data; and what they have been worked out from. */
typedef struct Layouts {
    const CPUARMState *env;
    uint64_t tcr;
    unsigned el;
    bool e2h;
    Layout of[2][2];
} Layouts;

static Layout make_layout(CPUARMState *env, bool half, bool is_data)
{
    Layout l = { .upper = half };
    uint64_t tcr;
    unsigned lowest = arm_pointer_half(env, &l.upper, &tcr).input;

    l.tag = has_tag(tcr, l.upper, is_data);
    l.mask = field_mask(lowest, l.tag);
    return l;
}

/* Each CPU's thread remembers the last ones: TCR changes hardly ever. */
static const Layouts *layouts_of(CPUARMState *env)
{
    static _Thread_local Layouts last;
    unsigned el = arm_regime_el(env);
    bool e2h = env->hcr & HCR_E2H;

    if (last.env != env || last.el != el || last.tcr != env->tcr_el[el] || last.e2h != e2h) {
        last = (Layouts){ .env = env, .tcr = env->tcr_el[el], .el = el, .e2h = e2h };
        for (unsigned i = 0; i < 4; i++) {
            last.of[i & 1][i >> 1] = make_layout(env, i & 1, i >> 1);
        }
    }
    return &last;
}

static uint64_t add_pac(CPUARMState *env, uint64_t pointer, uint64_t modifier, unsigned which)
{
    bool is_data = which & 2, bit55 = pointer >> 55 & 1;
    const Layouts *all = layouts_of(env);
    bool by_55 = all->of[0][is_data].tag || all->of[1][is_data].tag;
    Layout l = all->of[by_55 ? bit55 : pointer >> 63][is_data];
    uint64_t found, code;

    l.tag = all->of[bit55][is_data].tag;
    l.mask = (l.mask & MAKE_64BIT_MASK(0, 55)) | (l.tag ? 0 : MAKE_64BIT_MASK(56, 8));
    code = remembered_pac(env, extended(pointer, l.mask, l.upper), modifier, which);
    found = pointer & (l.mask | 1ull << 55);
    if (found && found != (l.mask | 1ull << 55)) { /* it was no address: nor is the result */
        code ^= 1ull << (l.tag ? 54 : 62);
    }
    return (extended(pointer, l.mask, l.upper) & ~l.mask) | (code & l.mask);
}

/* A wrong code leaves an address that isn't canonical, and says which key it was. */
static uint64_t check_pac(CPUARMState *env, uint64_t pointer, uint64_t modifier, unsigned which)
{
    bool bit55 = pointer >> 55 & 1;
    const Layout *l = &layouts_of(env)->of[bit55][which >> 1 & 1];
    uint64_t plain = extended(pointer, l->mask, bit55);

    if (!((remembered_pac(env, plain, modifier, which) ^ pointer) & l->mask)) {
        return plain;
    }
    return deposit64(plain, l->tag ? 53 : 61, 2, which & 1 ? 2 : 1);
}

uint64_t helper_arm_pac(CPUARMState *env, uint64_t pointer, uint64_t modifier, uint32_t desc)
{
    return (desc & ARM_PAC_CHECK ? check_pac : add_pac)(env, pointer, modifier, desc & ARM_PAC_KEY);
}

uint64_t helper_arm_pac_strip(CPUARMState *env, uint64_t pointer, uint32_t is_data)
{
    bool bit55 = pointer >> 55 & 1;

    return extended(pointer, layouts_of(env)->of[bit55][is_data & 1].mask, bit55);
}

void helper_arm_pac_trap(CPUARMState *env)
{
    arm_raise_to(env, arm_pauth_trap_level(env), arm_esr(EC_PAUTH, 0), GETPC());
}

uint64_t helper_arm_pac_generic(CPUARMState *env, uint64_t value, uint64_t modifier)
{
    return arm_compute_pac(arm_env_archcpu(env)->pac_algorithm, value, modifier,
                           &env->pac_keys[ARM_PAC_GA]) & 0xffffffff00000000ull;
}
