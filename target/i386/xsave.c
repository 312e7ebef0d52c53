/*
 * FXSAVE, XSAVE and their kin: the x87, SSE, AVX and protection key state in memory.
 *
 * Reference: SDM volume 1, 10.5 (FXSAVE area), chapter 13 (XSAVE's components, area and header);
 * volume 2 for each instruction.
 *
 * What is restored is read as a whole and checked before anything changes; what is saved is written
 * after all of it has been found writable.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"

enum {
    AREA_FCW = 0, /* FCW, FSW, FTW, FOP: 16 bits each, FTW 8 */
    AREA_FIP = 8,
    AREA_FDP = 16,
    AREA_MXCSR = 24, /* and behind it its mask */
    AREA_ST = 32,    /* 16 bytes each: ten, and zeros */
    AREA_XMM = 160,
    AREA_LEGACY_BYTES = 512,

    AREA_XSTATE_BV = 512,
    AREA_XCOMP_BV = 520,
    AREA_EXTENDED = 576,
};

#define XCOMP_COMPACTED (1ull << 63)
#define MXCSR_RESET     0x1f80
#define MXCSR_MASK      0xffff
#define COMPONENTS_SSE  (X86_XCR0_SSE | X86_XCR0_AVX)

/* ---- Memory ---- */

static void get_vectors(const X86Span *a, unsigned offset, X86Vector *v, unsigned count)
{
    for (unsigned i = 0; i < 2 * count; i++) {
        v[i / 2].half[i % 2] = x86_span_get(a, offset + 8 * i, MO_64);
    }
}

static void put_vectors(const X86Span *a, unsigned offset, const X86Vector *v, unsigned count)
{
    for (unsigned i = 0; i < 2 * count; i++) {
        x86_span_put(a, offset + 8 * i, v[i / 2].half[i % 2], MO_64);
    }
}

static unsigned vector_registers(const CPUX86State *env)
{
    return env->hflags & X86_HF_CS64 ? 16 : 8;
}

/* ---- x87 ---- */

static void put_x87(const X86Span *a, bool wide)
{
    CPUX86State *env = a->env;

    x86_span_put(a, AREA_FCW,
        env->fpcw | (uint32_t)x86_fpu_status_word(env) << 16 |
            (uint64_t)(uint8_t)~env->fptags << 32 | (uint64_t)env->fpop << 48,
        MO_64);
    x86_span_put(a, AREA_FIP,
                 wide ? env->fpip : (uint32_t)env->fpip | (uint64_t)env->fpcs << 32, MO_64);
    x86_span_put(a, AREA_FDP,
                 wide ? env->fpdp : (uint32_t)env->fpdp | (uint64_t)env->fpds << 32, MO_64);
    for (unsigned i = 0; i < 8; i++) {
        X86Float80 value = env->fpregs[(env->fptop + i) & 7];

        x86_span_put(a, AREA_ST + 16 * i, value.significand, MO_64);
        x86_span_put(a, AREA_ST + 16 * i + 8, value.sign_exponent, MO_64);
    }
}

typedef struct X87Image {
    uint64_t words, ip, dp;
    X86Float80 st[8];
} X87Image;

static const X87Image x87_initial = { .words = 0x37f };

static void get_x87(const X86Span *a, X87Image *image)
{
    image->words = x86_span_get(a, AREA_FCW, MO_64);
    image->ip = x86_span_get(a, AREA_FIP, MO_64);
    image->dp = x86_span_get(a, AREA_FDP, MO_64);
    for (unsigned i = 0; i < 8; i++) {
        image->st[i].significand = x86_span_get(a, AREA_ST + 16 * i, MO_64);
        image->st[i].sign_exponent = (uint16_t)x86_span_get(a, AREA_ST + 16 * i + 8, MO_16);
    }
}

static void set_x87(CPUX86State *env, const X87Image *image, bool wide)
{
    x86_fpu_set_control_word(env, (uint16_t)image->words);
    env->fptags = (uint8_t) ~(image->words >> 32);
    env->fpop = image->words >> 48 & 0x7ff;
    env->fpip = wide ? image->ip : (uint32_t)image->ip;
    env->fpdp = wide ? image->dp : (uint32_t)image->dp;
    env->fpcs = wide ? 0 : (uint16_t)(image->ip >> 32);
    env->fpds = wide ? 0 : (uint16_t)(image->dp >> 32);
    x86_fpu_set_status_word(env, (uint16_t)(image->words >> 16));
    for (unsigned i = 0; i < 8; i++) {
        env->fpregs[(env->fptop + i) & 7] = image->st[i];
    }
}

/* ---- FXSAVE, FXRSTOR ---- */

/* Without CR4.OSFXSR the vectors aren't touched. */
static bool has_vectors(const CPUX86State *env)
{
    return (env->cr4 & CR4_OSFXSR) && x86_has(env, X86_FEATURE_SSE);
}

static void put_mxcsr(const X86Span *a)
{
    x86_span_put(a, AREA_MXCSR, x86_read_mxcsr(a->env) | (uint64_t)MXCSR_MASK << 32, MO_64);
}

/* #GP(0) if there is a bit that doesn't exist. */
static uint32_t get_mxcsr(const X86Span *a)
{
    uint32_t mxcsr = (uint32_t)x86_span_get(a, AREA_MXCSR, MO_32);

    if (mxcsr & ~MXCSR_MASK) {
        x86_raise_error(a->env, EXCP_GP, 0, a->ra);
    }
    return mxcsr;
}

void helper_x86_fxsave(CPUX86State *env, uint64_t addr, uint32_t wide)
{
    X86Span a = x86_span(env, addr, AREA_LEGACY_BYTES, MMU_DATA_STORE, GETPC());

    put_x87(&a, wide);
    if (has_vectors(env)) {
        put_mxcsr(&a);
        put_vectors(&a, AREA_XMM, env->xmm, vector_registers(env));
    }
}

void helper_x86_fxrstor(CPUX86State *env, uint64_t addr, uint32_t wide)
{
    X86Span a = x86_span(env, addr, AREA_LEGACY_BYTES, MMU_DATA_LOAD, GETPC());
    X86Vector xmm[16];
    uint32_t mxcsr = 0;
    X87Image image;

    get_x87(&a, &image);
    if (has_vectors(env)) {
        mxcsr = get_mxcsr(&a);
        get_vectors(&a, AREA_XMM, xmm, vector_registers(env));
        memcpy(env->xmm, xmm, vector_registers(env) * sizeof(X86Vector));
        x86_write_mxcsr(env, mxcsr);
    }
    set_x87(env, &image, wide);
}

/* ---- XSAVE's components ---- */

static bool all_zero(const X86Vector *v, unsigned count)
{
    uint64_t any = 0;

    for (unsigned i = 0; i < count; i++) {
        any |= v[i].half[0] | v[i].half[1];
    }
    return !any;
}

static bool x87_is_initial(const CPUX86State *env)
{
    uint64_t any = (uint64_t)(env->fpcw ^ (uint16_t)x87_initial.words) | env->fpsw | env->fptop |
                   (uint8_t)~env->fptags | env->fpop | env->fpip | env->fpdp | env->fpcs |
                   env->fpds;

    for (unsigned i = 0; i < 8; i++) {
        any |= env->fpregs[i].significand | env->fpregs[i].sign_exponent;
    }
    return !any;
}

/* XINUSE */
static uint64_t components_in_use(const CPUX86State *env)
{
    unsigned registers = vector_registers(env);

    return (x87_is_initial(env) ? 0 : X86_XCR0_X87) |
           (all_zero(env->xmm, registers) ? 0 : X86_XCR0_SSE) |
           (all_zero(env->ymm_high, registers) ? 0 : X86_XCR0_AVX) |
           (env->pkru ? X86_XCR0_PKRU : 0);
}

enum { COMPONENT_AVX = 2, COMPONENT_PKRU = 9 };

/* Where it is: in the compacted format of `xcomp` behind those below it, or where CPUID says. */
static unsigned component_offset(unsigned component, uint64_t xcomp)
{
    return xcomp ? x86_xsave_compact_size(xcomp & ((1ull << component) - 1))
                 : x86_xsave_component[component].offset;
}

static uint64_t enabled_components(CPUX86State *env, uint64_t requested, uintptr_t ra)
{
    if (!(env->cr4 & CR4_OSXSAVE)) {
        x86_raise(env, EXCP_UD, ra);
    }
    return env->xcr0 & requested;
}

/* ---- XSAVE, XSAVEOPT, XSAVEC ---- */

void helper_x86_xsave(CPUX86State *env, uint64_t addr, uint64_t requested, uint32_t flags)
{
    uintptr_t ra = GETPC();
    uint64_t components = enabled_components(env, requested, ra);
    uint64_t in_use = components_in_use(env);
    bool compact = flags & X86_XSAVE_COMPACT;
    uint64_t xcomp = compact ? components | XCOMP_COMPACTED : 0, written, old;
    X86Span a;

    if (compact && x86_read_mxcsr(env) != MXCSR_RESET) {
        in_use |= X86_XCR0_SSE;
    }
    written = flags & X86_XSAVE_INIT ? components & in_use : components;
    a = x86_span(env, addr,
                 compact ? x86_xsave_compact_size(components) : x86_xsave_size(components),
                 MMU_DATA_STORE, ra);
    old = compact ? 0 : x86_span_get(&a, AREA_XSTATE_BV, MO_64);
    if (written & X86_XCR0_X87) {
        put_x87(&a, flags & X86_XSAVE_WIDE);
    }
    if (compact ? written & X86_XCR0_SSE : components & COMPONENTS_SSE) {
        put_mxcsr(&a);
    }
    if (written & X86_XCR0_SSE) {
        put_vectors(&a, AREA_XMM, env->xmm, vector_registers(env));
    }
    if (written & X86_XCR0_AVX) {
        put_vectors(&a, component_offset(COMPONENT_AVX, xcomp), env->ymm_high,
                    vector_registers(env));
    }
    if (written & X86_XCR0_PKRU) {
        x86_span_put(&a, component_offset(COMPONENT_PKRU, xcomp), env->pkru, MO_64);
    }
    x86_span_put(&a, AREA_XSTATE_BV, (old & ~components) | (in_use & components), MO_64);
    if (compact) {
        x86_span_put(&a, AREA_XCOMP_BV, xcomp, MO_64);
    }
}

/* ---- XRSTOR ---- */

/* Table of 13.8.1 and 13.8.2: what the header must be. */
static bool is_header_good(const X86Span *a, uint64_t xstate, uint64_t xcomp)
{
    const CPUX86State *env = a->env;
    bool compacted = xcomp & XCOMP_COMPACTED;
    uint64_t allowed = compacted ? xcomp & ~XCOMP_COMPACTED : env->xcr0, rest = 0;

    if (compacted && !x86_has(env, X86_FEATURE_XSAVEC)) {
        return false;
    }
    for (unsigned offset = AREA_XCOMP_BV + 8; offset < (compacted ? AREA_EXTENDED : 536u);
         offset += 8) {
        rest |= x86_span_get(a, offset, MO_64);
    }
    return !rest && !(xstate & ~allowed) && !(allowed & ~env->xcr0) && (compacted || !xcomp);
}

/* A vector component: from memory, or all 0. */
static void get_component(const X86Span *a, bool present, unsigned offset, X86Vector *v)
{
    unsigned registers = vector_registers(a->env);

    if (present) {
        X86Span component = x86_span(a->env, x86_span_address(a, offset),
                                     registers * sizeof(X86Vector), MMU_DATA_LOAD, a->ra);

        get_vectors(&component, 0, v, registers);
    } else {
        memset(v, 0, 16 * sizeof(*v));
    }
}

void helper_x86_xrstor(CPUX86State *env, uint64_t addr, uint64_t requested, uint32_t wide)
{
    uintptr_t ra = GETPC();
    uint64_t components = enabled_components(env, requested, ra), xstate, xcomp, present;
    size_t vector_bytes = vector_registers(env) * sizeof(X86Vector);
    X86Vector xmm[16], ymm_high[16];
    uint32_t mxcsr = MXCSR_RESET, pkru = 0;
    X87Image image = x87_initial;
    bool sets_mxcsr;
    X86Span a;

    a = x86_span(env, addr, AREA_EXTENDED, MMU_DATA_LOAD, ra);
    xstate = x86_span_get(&a, AREA_XSTATE_BV, MO_64);
    xcomp = x86_span_get(&a, AREA_XCOMP_BV, MO_64);
    if (!is_header_good(&a, xstate, xcomp)) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
    present = components & xstate;
    /* In the standard format MXCSR belongs to SSE and AVX, and isn't initialized. */
    sets_mxcsr = components & (xcomp ? X86_XCR0_SSE : COMPONENTS_SSE);
    if (xcomp ? present & X86_XCR0_SSE : sets_mxcsr) {
        mxcsr = get_mxcsr(&a);
    }
    if (present & X86_XCR0_X87) {
        get_x87(&a, &image);
    }
    get_component(&a, present & X86_XCR0_SSE, AREA_XMM, xmm);
    get_component(&a, present & X86_XCR0_AVX, component_offset(COMPONENT_AVX, xcomp), ymm_high);
    if (present & X86_XCR0_PKRU) {
        pkru = (uint32_t)x86_span_get(&a, component_offset(COMPONENT_PKRU, xcomp), MO_32);
    }
    if (components & X86_XCR0_X87) {
        set_x87(env, &image, wide);
    }
    if (components & X86_XCR0_SSE) {
        memcpy(env->xmm, xmm, vector_bytes);
    }
    if (components & X86_XCR0_AVX) {
        memcpy(env->ymm_high, ymm_high, vector_bytes);
    }
    if (components & X86_XCR0_PKRU) {
        env->pkru = pkru;
        tlb_context_changed(x86_env_cpu(env));
    }
    if (sets_mxcsr) {
        x86_write_mxcsr(env, mxcsr);
    }
}
