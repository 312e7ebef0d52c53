/*
 * MXCSR, and the packed integer instructions that translated code doesn't do by itself.
 *
 * MXCSR's sticky flags are in two places: env, and the host's own flags, where translated code's
 * floating point operations leave them. The host's belong to the CPU whose thread it is, from its
 * last write of MXCSR on.
 *
 * Reference: SDM volume 1, 10.2.3; volume 2, 4.1 (string comparisons).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/cpus.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"
#include "target/i386/sse.h"
#include "target/i386/sse-host.h"

/* ---- MXCSR ---- */

static void gather(CPUState *cs, void *unused)
{
    CPUX86State *env = &X86_CPU(cs)->env;

    env->mxcsr |= x86_host_flags();
}

static void forget(CPUState *cs, void *unused)
{
    x86_host_clear_flags();
}

uint32_t x86_read_mxcsr(CPUX86State *env)
{
    CPUState *cs = x86_env_cpu(env);

    if (qemu_cpu_is_self(cs)) {
        gather(cs, NULL);
    } else if (cs->created) { /* else it has no thread that could have flags */
        run_on_cpu(cs, gather, NULL);
    }
    return env->mxcsr;
}

void x86_write_mxcsr(CPUX86State *env, uint32_t value)
{
    bool new_modes = (env->mxcsr ^ value) & ~MXCSR_FLAGS;
    CPUState *cs = x86_env_cpu(env);

    if (qemu_cpu_is_self(cs)) {
        forget(cs, NULL);
    } else if (cs->created) {
        async_run_on_cpu(cs, forget, NULL);
    }
    env->mxcsr = value;
    if (new_modes) {
        x86_update_hflags(env);
    }
}

uint32_t helper_x86_read_mxcsr(CPUX86State *env)
{
    return x86_read_mxcsr(env);
}

void helper_x86_ldmxcsr(CPUX86State *env, uint32_t value)
{
    if (value & ~MXCSR_VALID) {
        x86_raise_error(env, EXCP_GP, 0, GETPC());
    }
    x86_write_mxcsr(env, value);
}

/* ---- Packed integers ---- */

static JitVector as_result(const X86Vector *v)
{
    return (JitVector){ { v->half[0], v->half[1] } };
}

JitVector helper_x86_packed(void *fn, uint64_t a_low, uint64_t a_high, uint64_t b_low,
                            uint64_t b_high, uint32_t imm)
{
    X86Vector a = { { a_low, a_high } }, b = { { b_low, b_high } }, r = { { 0, 0 } };

    ((X86PackedFunc *)fn)(&r, &a, &b, imm);
    return as_result(&r);
}

static unsigned byte_at(const X86Vector *v, unsigned n)
{
    return v->half[n / 8] >> n % 8 * 8 & 0xff;
}

static unsigned word_at(const X86Vector *v, unsigned n)
{
    return v->half[n / 4] >> n % 4 * 16 & 0xffff;
}

/* The smallest word, and behind it its number; of equal ones the first. */
void x86_phminposuw(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    unsigned best = 0;

    for (unsigned i = 1; i < 8; i++) {
        if (word_at(a, i) < word_at(a, best)) {
            best = i;
        }
    }
    r->half[0] = word_at(a, best) | best << 16;
}

/* Eight sums: four bytes of b, which the immediate chooses, against those of a at each place. */
void x86_mpsadbw(X86Vector *r, const X86Vector *a, const X86Vector *b, unsigned imm)
{
    unsigned from_a = imm & 4, from_b = 4 * (imm & 3);

    for (unsigned i = 0; i < 8; i++) {
        unsigned sum = 0;

        for (unsigned j = 0; j < 4; j++) {
            sum += abs((int)byte_at(a, from_a + i + j) - (int)byte_at(b, from_b + j));
        }
        r->half[i / 4] |= (uint64_t)sum << i % 4 * 16;
    }
}

/* ---- Strings ---- */

enum { EQUAL_ANY, RANGES, EQUAL_EACH, EQUAL_ORDERED };

typedef struct Strings {
    int a[16], b[16];
    unsigned nb; /* characters that an operand has room for */
    unsigned length_a, length_b;
} Strings;

static int character(const X86Vector *v, unsigned n, unsigned format)
{
    switch (format) {
    case 0:
        return byte_at(v, n);
    case 1:
        return word_at(v, n);
    case 2:
        return (int8_t)byte_at(v, n);
    default:
        return (int16_t)word_at(v, n);
    }
}

static unsigned implicit_length(const int *characters, unsigned nb)
{
    unsigned n = 0;

    while (n < nb && characters[n]) {
        n++;
    }
    return n;
}

static bool among(const Strings *s, int c)
{
    for (unsigned i = 0; i < s->length_a; i++) {
        if (s->a[i] == c) {
            return true;
        }
    }
    return false;
}

static bool in_a_range(const Strings *s, int c)
{
    for (unsigned i = 0; i + 1 < s->length_a; i += 2) {
        if (s->a[i] <= c && c <= s->a[i + 1]) {
            return true;
        }
    }
    return false;
}

/* All of a, as far as b's room goes, is found in b from there on. */
static bool begins_at(const Strings *s, unsigned at)
{
    for (unsigned i = 0; i < s->length_a && at + i < s->nb; i++) {
        if (at + i >= s->length_b || s->a[i] != s->b[at + i]) {
            return false;
        }
    }
    return true;
}

static bool matches(const Strings *s, unsigned aggregation, unsigned n)
{
    bool valid_a = n < s->length_a, valid_b = n < s->length_b;

    switch (aggregation) {
    case EQUAL_ANY:
        return valid_b && among(s, s->b[n]);
    case RANGES:
        return valid_b && in_a_range(s, s->b[n]);
    case EQUAL_EACH:
        return valid_a && valid_b ? s->a[n] == s->b[n] : valid_a == valid_b;
    default:
        return begins_at(s, n);
    }
}

static uint32_t string_flags(const Strings *s, uint32_t found)
{
    return (found ? FLAG_CF : 0) | (s->length_b < s->nb ? FLAG_ZF : 0) |
           (s->length_a < s->nb ? FLAG_SF : 0) | (found & 1 ? FLAG_OF : 0);
}

static JitVector string_mask(const Strings *s, uint32_t found, bool by_element)
{
    JitVector r = { { found, 0 } };

    if (by_element) {
        unsigned width = 128 / s->nb;

        r.half[0] = 0;
        for (unsigned i = 0; i < s->nb; i++) {
            if (found >> i & 1) {
                r.half[i * width / 64] |= MAKE_64BIT_MASK(i * width % 64, width);
            }
        }
    }
    return r;
}

JitVector helper_x86_string_compare(uint64_t a_low, uint64_t a_high, uint64_t b_low,
                                    uint64_t b_high, uint64_t how)
{
    X86Vector a = { { a_low, a_high } }, b = { { b_low, b_high } };
    Strings s = { .nb = how & 1 ? 8 : 16 };
    uint32_t found = 0;

    for (unsigned i = 0; i < s.nb; i++) {
        s.a[i] = character(&a, i, how & 3);
        s.b[i] = character(&b, i, how & 3);
    }
    if (how & X86_STRING_EXPLICIT) {
        s.length_a = MIN(how >> X86_STRING_LENGTH_A_SHIFT & 0xff, s.nb);
        s.length_b = MIN(how >> X86_STRING_LENGTH_B_SHIFT & 0xff, s.nb);
    } else {
        s.length_a = implicit_length(s.a, s.nb);
        s.length_b = implicit_length(s.b, s.nb);
    }
    for (unsigned i = 0; i < s.nb; i++) {
        /* Bit 4: the opposite; with bit 5 only for what is in b. */
        bool negate = (how & 0x10) && (!(how & 0x20) || i < s.length_b);

        found |= (matches(&s, how >> 2 & 3, i) ^ negate) << i;
    }
    if (how & X86_STRING_MASK) {
        return string_mask(&s, found, how & 0x40);
    }
    return (JitVector){ { !found ? s.nb : how & 0x40 ? 31 - clz32(found) : ctz32(found),
                          string_flags(&s, found) } };
}

/* ---- MASKMOVQ, MASKMOVDQU ---- */

/* Of two stores that fault it is the lower one's fault; what lies below has been stored. */
void helper_x86_masked_store(CPUX86State *env, uint64_t addr, uint64_t low, uint64_t high,
                             uint64_t mask_low, uint64_t mask_high)
{
    X86Vector bytes = { { low, high } }, mask = { { mask_low, mask_high } };

    for (unsigned i = 0; i < 16; i++) {
        if (byte_at(&mask, i) & 0x80) {
            x86_store(env, addr + i, byte_at(&bytes, i), MO_8, x86_current_mmu_index(env), GETPC());
        }
    }
}
