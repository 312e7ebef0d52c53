/*
 * The x87's control, status and tag words, and its state in memory as the instructions FNSTENV and
 * FNSAVE write it.
 *
 * Reference: SDM volume 1, 8.1 and figures 8-9 to 8-12.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/float80.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"

/* ---- The words ---- */

uint16_t x86_fpu_status_word(const CPUX86State *env)
{
    return (env->fpsw & ~FPSW_TOP) | env->fptop << FPSW_TOP_SHIFT;
}

/* ES and B follow from the rest. */
static void settle(CPUX86State *env)
{
    bool error = env->fpsw & ~env->fpcw & FPSW_EXCEPTIONS;

    env->fpsw = (env->fpsw & ~(FPSW_ES | FPSW_B)) | (error ? FPSW_ES | FPSW_B : 0);
    x86_fpu_changed(env);
}

void x86_fpu_set_status_word(CPUX86State *env, uint16_t status)
{
    env->fpsw = status & ~FPSW_TOP;
    env->fptop = (status & FPSW_TOP) >> FPSW_TOP_SHIFT;
    settle(env);
}

void x86_fpu_set_control_word(CPUX86State *env, uint16_t control)
{
    env->fpcw = (control & FPCW_WRITABLE) | FPCW_ALWAYS;
    settle(env);
}

enum { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

uint16_t x86_fpu_tag_word(const CPUX86State *env)
{
    uint16_t tags = 0;

    if (env->fptags == 0xff) {
        return 0xffff;
    }
    for (unsigned i = 0; i < 8; i++) {
        X87Class class = float80_class(env->fpregs[i]);
        unsigned tag = env->fptags >> i & 1  ? TAG_EMPTY
                       : class == X87_NORMAL ? TAG_VALID
                       : class == X87_ZERO   ? TAG_ZERO
                                             : TAG_SPECIAL;

        tags |= tag << (2 * i);
    }
    return tags;
}

void x86_fpu_set_tag_word(CPUX86State *env, uint16_t tags)
{
    env->fptags = 0;
    for (unsigned i = 0; i < 8; i++) {
        env->fptags |= ((tags >> (2 * i) & 3) == TAG_EMPTY) << i;
    }
}

void x86_fpu_init(CPUX86State *env)
{
    env->fpcw = FPCW_RESET;
    env->fpsw = 0;
    env->fptop = 0;
    env->fptags = 0xff;
    env->fpop = env->fpcs = env->fpds = 0;
    env->fpip = env->fpdp = 0;
    x86_fpu_changed(env);
}

void helper_x86_fpu_init(CPUX86State *env)
{
    x86_fpu_init(env);
}

void helper_x86_fpu_clear_exceptions(CPUX86State *env)
{
    env->fpsw &= ~(FPSW_EXCEPTIONS | FPSW_SF | FPSW_ES | FPSW_B);
    x86_fpu_changed(env);
}

void helper_x86_fpu_set_control(CPUX86State *env, uint32_t control)
{
    x86_fpu_set_control_word(env, (uint16_t)control);
}

uint32_t helper_x86_fpu_get_status(CPUX86State *env)
{
    return x86_fpu_status_word(env);
}

/* ---- The environment in memory ---- */

enum { ENVIRONMENT_WORDS = 7, REGISTER_BYTES = 10 };

static unsigned environment_bytes(uint32_t flags)
{
    return ENVIRONMENT_WORDS * (flags & X87_WIDE_IMAGE ? 4 : 2);
}

/* Where selectors mean nothing, linear addresses are stored. */
static bool stores_linear(const CPUX86State *env)
{
    return (env->hflags & (X86_HF_PE | X86_HF_VM)) != X86_HF_PE;
}

/*
 * Seven words or doublewords. In the 32-bit format what is unused of a doubleword's upper half is
 * ones.
 */
static void put_environment(const X86Span *w, uint32_t flags)
{
    const CPUX86State *env = w->env;
    bool wide = flags & X87_WIDE_IMAGE;
    uint32_t ones = 0xffff0000;
    uint32_t words[ENVIRONMENT_WORDS] = {
        ones | env->fpcw,    ones | x86_fpu_status_word(env),       ones | x86_fpu_tag_word(env),
        (uint32_t)env->fpip, env->fpcs | (uint32_t)env->fpop << 16, (uint32_t)env->fpdp,
        ones | env->fpds,
    };

    if (stores_linear(env)) {
        uint32_t ip = (uint32_t)env->fpip + (env->fpcs << 4);
        uint32_t dp = (uint32_t)env->fpdp + (env->fpds << 4);

        words[3] = ones | ip;
        words[4] = ip >> 16 << 12 | env->fpop;
        words[5] = ones | dp;
        words[6] = dp >> 16 << 12;
    }
    for (unsigned i = 0; i < ENVIRONMENT_WORDS; i++) {
        x86_span_put(w, i * (wide ? 4 : 2), words[i], wide ? MO_32 : MO_16);
    }
}

static void get_environment(const X86Span *w, uint32_t flags)
{
    bool wide = flags & X87_WIDE_IMAGE;
    CPUX86State *env = w->env;
    uint32_t words[ENVIRONMENT_WORDS];

    for (unsigned i = 0; i < ENVIRONMENT_WORDS; i++) {
        words[i] = (uint32_t)x86_span_get(w, i * (wide ? 4 : 2), wide ? MO_32 : MO_16);
    }
    if (stores_linear(env)) {
        uint32_t upper = wide ? 0x0ffff000 : 0xf000;

        env->fpip = (words[3] & 0xffff) | (words[4] & upper) << 4;
        env->fpdp = (words[5] & 0xffff) | (words[6] & upper) << 4;
        env->fpop = words[4] & 0x7ff;
        env->fpcs = env->fpds = 0;
    } else {
        env->fpip = words[3];
        env->fpcs = (uint16_t)words[4];
        env->fpop = wide ? words[4] >> 16 & 0x7ff : 0;
        env->fpdp = words[5];
        env->fpds = (uint16_t)words[6];
    }
    env->fpcw = (words[0] & FPCW_WRITABLE) | FPCW_ALWAYS;
    x86_fpu_set_tag_word(env, (uint16_t)words[2]);
    x86_fpu_set_status_word(env, (uint16_t)words[1]);
}

void helper_x86_fpu_store_environment(CPUX86State *env, uint64_t addr, uint32_t flags)
{
    X86Span w = x86_span(env, addr, environment_bytes(flags), MMU_DATA_STORE, GETPC());

    put_environment(&w, flags);
    x86_fpu_set_control_word(env, env->fpcw | FPCW_MASKS);
}

void helper_x86_fpu_load_environment(CPUX86State *env, uint64_t addr, uint32_t flags)
{
    X86Span w = x86_span(env, addr, environment_bytes(flags), MMU_DATA_LOAD, GETPC());

    get_environment(&w, flags);
}

void helper_x86_fpu_save(CPUX86State *env, uint64_t addr, uint32_t flags)
{
    unsigned offset = environment_bytes(flags);
    X86Span w = x86_span(env, addr, offset + 8 * REGISTER_BYTES, MMU_DATA_STORE, GETPC());

    put_environment(&w, flags);
    for (unsigned i = 0; i < 8; i++, offset += REGISTER_BYTES) {
        X86Float80 value = env->fpregs[(env->fptop + i) & 7];

        x86_span_put(&w, offset, value.significand, MO_64);
        x86_span_put(&w, offset + 8, value.sign_exponent, MO_16);
    }
    x86_fpu_init(env);
}

void helper_x86_fpu_restore(CPUX86State *env, uint64_t addr, uint32_t flags)
{
    unsigned offset = environment_bytes(flags);
    X86Span w = x86_span(env, addr, offset + 8 * REGISTER_BYTES, MMU_DATA_LOAD, GETPC());

    get_environment(&w, flags);
    for (unsigned i = 0; i < 8; i++, offset += REGISTER_BYTES) {
        X86Float80 *reg = &env->fpregs[(env->fptop + i) & 7];

        reg->significand = x86_span_get(&w, offset, MO_64);
        reg->sign_exponent = (uint16_t)x86_span_get(&w, offset + 8, MO_16);
    }
}
