/*
 * Debug registers: breakpoints on instructions, data and ports, and the traps that come of them.
 *
 * While none is armed nothing looks for any: X86_HF_DEBUG is clear in the block key. With it, each
 * instruction begins with a look at env->debug_filter, in which the armed instruction breakpoints have a
 * bit by their address's low bits, so that mostly nothing follows. Data breakpoints are watchpoints of
 * the translator's: the access notes what it has hit in env->debug_pending, for which the filter is
 * full, so the next instruction's start raises the trap, wherever that instruction is.
 *
 * Reference: SDM volume 3, 17.2 (registers), 17.3 (exceptions), 6.8.3 (MOV SS), 6.9 (priorities).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "exec/debug.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"

enum {
    NB_BREAKPOINTS = 4,
    DR6_FIXED = 0xffff0ff0u,
    DR6_SETTABLE = 0xe00f,
    DR7_ABSENT = 0xd000, /* read as 0 */
    DR7_KINDS = 16,      /* four bits for each: kind, length */
    FILTER_BITS = 64,
};

/* DR7's R/W. */
enum { KIND_EXECUTE, KIND_WRITE, KIND_PORT, KIND_ACCESS };

typedef struct Breakpoint {
    bool armed;
    unsigned kind;
    uint64_t addr;
    unsigned len;
} Breakpoint;

/* 17.2.5: an address has the length's alignment, whatever its low bits are. */
static Breakpoint breakpoint(const CPUX86State *env, unsigned n)
{
    static const uint8_t lengths[] = { 1, 2, 8, 4 };
    unsigned control = env->dr[7] >> (DR7_KINDS + 4 * n) & 15;
    Breakpoint b = {
        .armed = env->dr[7] >> (2 * n) & 3, /* local, global */
        .kind = control & 3,
        .addr = env->dr[n],
        .len = lengths[control >> 2],
    };

    if (b.kind == KIND_EXECUTE) {
        b.len = 1;
    }
    if (b.kind == KIND_PORT && !(env->cr4 & CR4_DE)) { /* undefined without it */
        b.armed = false;
    }
    b.addr &= -(uint64_t)b.len;
    return b;
}

static bool overlaps(const Breakpoint *b, uint64_t addr, unsigned size)
{
    return addr <= b->addr + (b->len - 1) && b->addr <= addr + (size - 1);
}

/* Bits of DR6: which of `kinds` (a bit each) an access to [addr, addr + size) hits. */
static uint32_t hits(const CPUX86State *env, unsigned kinds, uint64_t addr, unsigned size)
{
    uint32_t found = 0;

    for (unsigned i = 0; i < NB_BREAKPOINTS; i++) {
        Breakpoint b = breakpoint(env, i);

        if (b.armed && (kinds >> b.kind & 1) && overlaps(&b, addr, size)) {
            found |= 1u << i;
        }
    }
    return found;
}

/* ---- What is looked for ---- */

void x86_debug_changed(CPUX86State *env)
{
    CPUWatchpoint watched[NB_BREAKPOINTS];
    unsigned nb_watched = 0;

    env->debug_filter = 0;
    env->watches_ports = false;
    env->debug_armed = false;
    for (unsigned i = 0; i < NB_BREAKPOINTS; i++) {
        Breakpoint b = breakpoint(env, i);

        if (!b.armed) {
            continue;
        }
        env->debug_armed = true;
        if (b.kind == KIND_EXECUTE) {
            env->debug_filter |= 1ull << (b.addr % FILTER_BITS);
        } else if (b.kind == KIND_PORT) {
            env->watches_ports = true;
        } else {
            watched[nb_watched++] = (CPUWatchpoint){
                b.addr, b.len, b.kind == KIND_WRITE ? BP_MEM_WRITE : BP_MEM_ACCESS,
            };
        }
    }
    if (env->debug_pending) {
        env->debug_filter = UINT64_MAX;
        env->debug_armed = true;
    }
    cpu_set_own_watchpoints(x86_env_cpu(env), watched, nb_watched);
    x86_update_hflags(env);
}

/* ---- Traps ---- */

void x86_debug_add_pending(CPUX86State *env, uint32_t dr6)
{
    env->debug_pending |= dr6;
    env->debug_filter = UINT64_MAX;
    if (!env->debug_armed) {
        env->debug_armed = true;
        x86_update_hflags(env);
    }
}

void x86_debug_forget_pending(CPUX86State *env)
{
    if (unlikely(env->debug_pending)) {
        env->debug_pending = 0;
        x86_debug_changed(env);
    }
}

/* An instruction that is to be done again will hit again; RF is still for it. */
void x86_debug_restore(CPUX86State *env, uint64_t flags)
{
    if (!(flags & X86_HF_SHADOW)) {
        x86_debug_forget_pending(env);
    }
    if (flags & X86_HF_RF) {
        env->eflags |= FLAG_RF;
        env->hflags |= X86_HF_RF;
    }
}

void x86_debug_trap(CPUX86State *env, uintptr_t ra)
{
    uint32_t pending = env->debug_pending;

    x86_debug_forget_pending(env);
    x86_raise_debug(env, pending, false, ra);
}

void x86_data_accessed(CPUState *cs, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx,
                       uintptr_t ra)
{
    CPUX86State *env = &((X86CPU *)cs)->env;
    unsigned kinds = 1 << KIND_ACCESS | (access == MMU_DATA_STORE) << KIND_WRITE;
    uint32_t found = hits(env, kinds, addr, size);

    if (found) {
        x86_debug_add_pending(env, found);
    }
}

void x86_port_accessed(CPUX86State *env, uint32_t port, uint32_t bytes)
{
    uint32_t found = hits(env, 1 << KIND_PORT, port, bytes);

    if (found) {
        x86_debug_add_pending(env, found);
    }
}

static void look_before(CPUX86State *env, uint64_t pc, uintptr_t ra)
{
    uint32_t found;

    if (env->debug_pending) {
        x86_debug_trap(env, ra);
    }
    found = env->hflags & X86_HF_RF ? 0 : hits(env, 1 << KIND_EXECUTE, pc, 1);
    if (found) {
        x86_raise_debug(env, found, false, ra);
    }
}

void helper_x86_check_debug(CPUX86State *env, uint64_t pc)
{
    look_before(env, pc, GETPC());
}

void x86_debug_before_fetch(CPUX86State *env)
{
    if (!(env->hflags & X86_HF_SS_SHADOW)) {
        look_before(env, env->pc, 0);
    }
}

/* ---- MOV ---- */

/* Which register is meant; faults if it can't be accessed. */
static unsigned check_access(CPUX86State *env, unsigned number, uintptr_t ra)
{
    if (number == 4 || number == 5) {
        if (env->cr4 & CR4_DE) {
            x86_raise(env, EXCP_UD, ra);
        }
        number += 2;
    }
    if (env->dr[7] & X86_DR7_GD) {
        x86_raise_debug(env, X86_DR6_BD, true, ra);
    }
    return number;
}

uint64_t helper_x86_read_dr(CPUX86State *env, uint32_t number)
{
    return env->dr[check_access(env, number, GETPC())];
}

void helper_x86_write_dr(CPUX86State *env, uint32_t number, uint64_t value)
{
    number = check_access(env, number, GETPC());
    if (!x86_in_64bit_mode(env)) {
        value = (uint32_t)value;
    }
    if (number >= 6 && value >> 32) {
        x86_raise_error(env, EXCP_GP, 0, GETPC());
    }
    if (number == 6) {
        value = (value & DR6_SETTABLE) | DR6_FIXED;
    } else if (number == 7) {
        value = (value & ~(uint64_t)DR7_ABSENT) | X86_DR7_RESET;
    }
    env->dr[number] = value;
    if (number != 6) {
        x86_debug_changed(env);
    }
}
