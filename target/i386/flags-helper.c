/*
 * EFLAGS as a whole: what IOPL and virtual-8086 mode make of PUSHF, POPF, CLI and STI.
 *
 * Reference: SDM volume 3, 20.3.3 and 20.4 (CR4.VME and CR4.PVI: VIF stands for IF).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"

void helper_x86_set_eflags(CPUX86State *env, uint32_t value, uint32_t mask)
{
    x86_set_eflags(env, value, mask);
}

/* Of a program that IOPL doesn't allow to set IF: it has VIF. */
static void check_virtual(CPUX86State *env, uintptr_t ra)
{
    bool allowed = env->eflags & FLAG_VM ? env->cr4 & CR4_VME
                                         : env->cpl == 3 && (env->cr4 & CR4_PVI);

    if (!allowed) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
}

static bool has_iopl_3(const CPUX86State *env)
{
    return (env->eflags & FLAG_IOPL) == FLAG_IOPL;
}

void helper_x86_cli(CPUX86State *env)
{
    if (has_iopl_3(env)) { /* virtual-8086 mode */
        env->eflags &= ~FLAG_IF;
        return;
    }
    check_virtual(env, GETPC());
    env->eflags &= ~FLAG_VIF;
}

void helper_x86_sti(CPUX86State *env)
{
    uintptr_t ra = GETPC();

    if (has_iopl_3(env)) {
        env->hflags |= env->eflags & FLAG_IF ? 0 : X86_HF_SHADOW;
        env->eflags |= FLAG_IF;
        return;
    }
    check_virtual(env, ra);
    if (env->eflags & FLAG_VIP) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
    env->eflags |= FLAG_VIF;
}

uint64_t helper_x86_pushf_vm86(CPUX86State *env, uint32_t size)
{
    uint32_t flags = x86_get_eflags(env) & ~(FLAG_VM | FLAG_RF);

    if (has_iopl_3(env)) {
        return flags;
    }
    if (size != MO_16 || !(env->cr4 & CR4_VME)) {
        x86_raise_error(env, EXCP_GP, 0, GETPC());
    }
    return (flags & ~FLAG_IF) | FLAG_IOPL | (flags & FLAG_VIF ? FLAG_IF : 0);
}

void helper_x86_popf_vm86(CPUX86State *env, uint64_t value, uint32_t size)
{
    uint32_t flags = value & ~FLAG_RF;
    uint32_t mask = FLAGS_STATUS | FLAG_DF | FLAG_TF | FLAG_NT | FLAG_RF;

    if (has_iopl_3(env)) {
        mask |= FLAG_IF | (size == MO_16 ? 0 : FLAG_AC | FLAG_ID);
    } else {
        if (size != MO_16 || !(env->cr4 & CR4_VME) || (flags & FLAG_TF) ||
            ((flags & FLAG_IF) && (env->eflags & FLAG_VIP))) {
            x86_raise_error(env, EXCP_GP, 0, GETPC());
        }
        flags |= flags & FLAG_IF ? FLAG_VIF : 0;
        mask |= FLAG_VIF;
    }
    x86_set_eflags(env, flags, mask);
}
