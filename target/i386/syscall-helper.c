/*
 * SYSCALL, SYSRET, SYSENTER, SYSEXIT: flat segments, without looking at descriptors.
 *
 * Intel's CPUs have SYSCALL in 64-bit mode only, AMD's have SYSENTER outside of long mode only.
 *
 * Reference: SDM volume 2, the instructions' pages; AMD64 Architecture Programmer's Manual,
 * volume 2, 6.1, and volume 3, "SYSCALL", "SYSRET".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/helper.h"
#include "target/i386/segment.h"

enum {
    FLAT_DATA = SEG_P | SEG_S | SEG_WRITABLE | SEG_ACCESSED | SEG_DB | SEG_G,
    FLAT_CODE = SEG_P | SEG_S | SEG_CODE | SEG_READABLE | SEG_ACCESSED | SEG_G,
    /* STAR's fields. */
    STAR_CALL = 32,
    STAR_RETURN = 48,
};

static bool is_amd(CPUX86State *env)
{
    const char *vendor = x86_env_archcpu(env)->vendor;

    return g_strcmp0(vendor, "AuthenticAMD") == 0 || g_strcmp0(vendor, "HygonGenuine") == 0;
}

/* CS, the SS that follows it, and CPL; the caller updates hflags or sets flags that do. */
static void enter_flat(CPUX86State *env, uint16_t code, uint16_t stack, unsigned cpl, bool code64)
{
    uint16_t dpl = cpl << SEG_DPL_SHIFT;

    env->segs[R_CS] = (X86Segment){
        .selector = (code & ~SELECTOR_RPL) | cpl,
        .limit = UINT32_MAX,
        .attributes = FLAT_CODE | dpl | (code64 ? SEG_L : SEG_DB),
    };
    env->segs[R_SS] = (X86Segment){
        .selector = (stack & ~SELECTOR_RPL) | cpl,
        .limit = UINT32_MAX,
        .attributes = FLAT_DATA | dpl,
    };
    env->cpl = cpl;
}

void helper_x86_syscall(CPUX86State *env, uint64_t next_eip)
{
    bool from64 = x86_in_64bit_mode(env);
    uint16_t selector = env->star >> STAR_CALL;
    uint32_t flags;

    if (!(env->efer & EFER_SCE) || (!from64 && !is_amd(env))) {
        x86_raise(env, EXCP_UD, GETPC());
    }
    env->regs[R_ECX] = next_eip;
    if (x86_long_mode(env)) {
        flags = x86_get_eflags(env) & ~FLAG_RF;
        env->regs[11] = flags;
        flags &= ~env->fmask;
        x86_set_status_flags(env, flags, FLAGS_STATUS);
        env->df = flags & FLAG_DF ? -1 : 1;
        env->eflags = (flags & ~(FLAGS_APART | FLAG_VM)) | FLAG_1;
        enter_flat(env, selector, selector + 8, 0, true);
        env->pc = from64 ? env->lstar : env->cstar;
    } else {
        env->eflags &= ~(FLAG_VM | FLAG_IF | FLAG_RF);
        enter_flat(env, selector, selector + 8, 0, false);
        env->pc = (uint32_t)env->star;
    }
    x86_update_hflags(env);
}

void helper_x86_sysret(CPUX86State *env, uint32_t size)
{
    uintptr_t ra = GETPC();
    const uint32_t loaded = FLAGS_ALL & ~(FLAG_RF | FLAG_VM);
    uint16_t selector = env->star >> STAR_RETURN;
    bool to64 = size == MO_64;
    uint32_t flags;

    if (!(env->efer & EFER_SCE) || (!x86_in_64bit_mode(env) && !is_amd(env))) {
        x86_raise(env, EXCP_UD, ra);
    }
    if (!(env->cr0 & CR0_PE) || env->cpl > 0 ||
        (to64 && !x86_is_canonical(env, env->regs[R_ECX]))) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
    if (x86_long_mode(env)) {
        flags = env->regs[11];
        x86_set_status_flags(env, flags, FLAGS_STATUS);
        env->df = flags & FLAG_DF ? -1 : 1;
        env->eflags = (flags & loaded & ~FLAGS_APART) | FLAG_1;
    } else {
        env->eflags |= FLAG_IF;
    }
    enter_flat(env, to64 ? selector + 16 : selector, selector + 8, 3, to64);
    env->pc = to64 ? env->regs[R_ECX] : (uint32_t)env->regs[R_ECX];
    x86_update_hflags(env);
}

void helper_x86_sysenter(CPUX86State *env)
{
    uintptr_t ra = GETPC();
    bool long_mode = x86_long_mode(env);

    if (long_mode && is_amd(env)) {
        x86_raise(env, EXCP_UD, ra);
    }
    if (!(env->cr0 & CR0_PE) || x86_is_null(env->sysenter_cs)) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
    env->eflags &= ~(FLAG_VM | FLAG_IF | FLAG_RF);
    enter_flat(env, env->sysenter_cs, env->sysenter_cs + 8, 0, long_mode);
    env->regs[R_ESP] = long_mode ? env->sysenter_esp : (uint32_t)env->sysenter_esp;
    env->pc = long_mode ? env->sysenter_eip : (uint32_t)env->sysenter_eip;
    x86_update_hflags(env);
}

void helper_x86_sysexit(CPUX86State *env, uint32_t size)
{
    uintptr_t ra = GETPC();
    bool to64 = size == MO_64;
    uint64_t sp = env->regs[R_ECX], eip = env->regs[R_EDX];
    uint16_t code = env->sysenter_cs + (to64 ? 32 : 16);

    if (x86_long_mode(env) && is_amd(env)) {
        x86_raise(env, EXCP_UD, ra);
    }
    if (!(env->cr0 & CR0_PE) || env->cpl > 0 || x86_is_null(env->sysenter_cs) ||
        (to64 && !(x86_is_canonical(env, sp) && x86_is_canonical(env, eip)))) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
    enter_flat(env, code, code + 8, 3, to64);
    env->regs[R_ESP] = to64 ? sp : (uint32_t)sp;
    env->pc = to64 ? eip : (uint32_t)eip;
    x86_update_hflags(env);
}
