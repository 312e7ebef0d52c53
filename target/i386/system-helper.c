/*
 * Helpers of system instructions: ports, MSRs, CPUID, time, invalidation, waiting. Control and debug
 * registers are in control.c and debug.c.
 *
 * Reference: SDM volume 2; volume 1, 19.5 (I/O permission bitmap).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "exec/cpu-loop.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "system/address-spaces.h"
#include "system/cpus.h"
#include "target/i386/helper.h"
#include "target/i386/segment.h"

G_NORETURN_ATTR static void raise_gp(CPUX86State *env, uintptr_t ra)
{
    x86_raise_error(env, EXCP_GP, 0, ra);
}

/* What instructions return in EDX:EAX, with the upper halves cleared. */
static void set_edx_eax(CPUX86State *env, uint64_t value)
{
    env->regs[R_EAX] = (uint32_t)value;
    env->regs[R_EDX] = value >> 32;
}

static uint64_t edx_eax(const CPUX86State *env)
{
    return (uint64_t)(uint32_t)env->regs[R_EDX] << 32 | (uint32_t)env->regs[R_EAX];
}

/* ---- Ports ---- */

static MemOp port_op(uint32_t bytes)
{
    return bytes == 1 ? MO_8 : bytes == 2 ? MO_LEUW : MO_LEUL;
}

/* Nobody drives the bus: all ones. */
uint32_t helper_x86_in(CPUX86State *env, uint32_t port, uint32_t bytes)
{
    CPUState *cs = x86_env_cpu(env);
    MemTxResult result;
    uint32_t value;

    cs->mem_io_pc = GETPC();
    value = address_space_ld(&address_space_io, port, port_op(bytes), MEMTXATTRS_UNSPECIFIED,
                             &result);
    cs->mem_io_pc = 0;
    cpu_note_device_access(cs, CPU_DEVICE_IN, port, value);
    if (unlikely(env->watches_ports)) {
        x86_port_accessed(env, port, bytes);
    }
    return result == MEMTX_OK ? value : UINT32_MAX >> (32 - 8 * bytes);
}

void helper_x86_out(CPUX86State *env, uint32_t port, uint32_t value, uint32_t bytes)
{
    CPUState *cs = x86_env_cpu(env);

    cs->mem_io_pc = GETPC();
    address_space_st(&address_space_io, port, value, port_op(bytes), MEMTXATTRS_UNSPECIFIED, NULL);
    cs->mem_io_pc = 0;
    cpu_note_device_access(cs, CPU_DEVICE_OUT, port, value);
    if (unlikely(env->watches_ports)) {
        x86_port_accessed(env, port, bytes);
    }
}

enum {
    TSS_TYPE_32 = 9, /* available; busy has bit 1, too */
    TSS_TYPE_BUSY = 2,
    TSS_LEAST_LIMIT = 103,
    TSS_BITMAP_OFFSET = 102,
};

/* A port's bits can lie in two bytes, which are both read (SDM volume 1, 19.5.2). */
static bool bitmap_allows(CPUX86State *env, uint32_t port, uint32_t bytes, uintptr_t ra)
{
    uint32_t wanted = ((1 << bytes) - 1) << (port & 7), offset;

    if (!(env->tr.attributes & SEG_P) ||
        (env->tr.attributes & SEG_TYPE & ~TSS_TYPE_BUSY) != TSS_TYPE_32 ||
        env->tr.limit < TSS_LEAST_LIMIT) {
        return false;
    }
    offset = x86_load_system(env, env->tr.base + TSS_BITMAP_OFFSET, MO_LEUW, ra) + port / 8;
    if (offset + 1 > env->tr.limit) {
        return false;
    }
    return !(x86_load_system(env, env->tr.base + offset, MO_LEUW, ra) & wanted);
}

void helper_x86_check_io(CPUX86State *env, uint32_t port, uint32_t bytes)
{
    if (!bitmap_allows(env, port, bytes, GETPC())) {
        raise_gp(env, GETPC());
    }
}

/* ---- MSRs, CPUID, time ---- */

void helper_x86_rdmsr(CPUX86State *env)
{
    uint64_t value = 0;

    if (!x86_read_msr(env, env->regs[R_ECX], &value)) {
        raise_gp(env, GETPC());
    }
    set_edx_eax(env, value);
}

void helper_x86_wrmsr(CPUX86State *env)
{
    if (!x86_write_msr(env, env->regs[R_ECX], edx_eax(env))) {
        raise_gp(env, GETPC());
    }
}

/* There are no performance counters: whichever is named. */
void helper_x86_rdpmc(CPUX86State *env)
{
    raise_gp(env, GETPC());
}

void helper_x86_cpuid(CPUX86State *env)
{
    uint32_t out[4];

    x86_cpuid(env, env->regs[R_EAX], env->regs[R_ECX], out);
    env->regs[R_EAX] = out[0];
    env->regs[R_EBX] = out[1];
    env->regs[R_ECX] = out[2];
    env->regs[R_EDX] = out[3];
}

uint64_t helper_x86_rdtsc(CPUX86State *env)
{
    if ((env->cr4 & CR4_TSD) && env->cpl) {
        raise_gp(env, GETPC());
    }
    return x86_read_program_tsc(env);
}

/* ---- XCR0, PKRU ---- */

static void check_osxsave(CPUX86State *env, uintptr_t ra)
{
    if (!(env->cr4 & CR4_OSXSAVE)) {
        x86_raise(env, EXCP_UD, ra);
    }
}

/* XCR0; number 1: the components of it that aren't in their first state, where all may be. */
void helper_x86_xgetbv(CPUX86State *env)
{
    uint32_t number = env->regs[R_ECX];

    check_osxsave(env, GETPC());
    if (number > 1 || (number == 1 && !x86_has(env, X86_FEATURE_XGETBV1))) {
        raise_gp(env, GETPC());
    }
    set_edx_eax(env, env->xcr0);
}

void helper_x86_xsetbv(CPUX86State *env)
{
    uint64_t value = edx_eax(env);

    check_osxsave(env, GETPC());
    if (env->cpl || (uint32_t)env->regs[R_ECX] || !(value & X86_XCR0_X87) ||
        (value & ~x86_xsave_components(env)) ||
        ((value & X86_XCR0_AVX) && !(value & X86_XCR0_SSE))) {
        raise_gp(env, GETPC());
    }
    env->xcr0 = value;
    x86_update_hflags(env);
}

void x86_write_pkru(CPUX86State *env, uint32_t value)
{
    env->pkru = value;
    tlb_context_changed(x86_env_cpu(env));
}

static void check_pkru_access(CPUX86State *env, bool write, uintptr_t ra)
{
    if (!(env->cr4 & CR4_PKE)) {
        x86_raise(env, EXCP_UD, ra);
    }
    if ((uint32_t)env->regs[R_ECX] || (write && (uint32_t)env->regs[R_EDX])) {
        raise_gp(env, ra);
    }
}

void helper_x86_rdpkru(CPUX86State *env)
{
    check_pkru_access(env, false, GETPC());
    set_edx_eax(env, env->pkru);
}

void helper_x86_wrpkru(CPUX86State *env)
{
    check_pkru_access(env, true, GETPC());
    x86_write_pkru(env, env->regs[R_EAX]);
}

/* ---- Invalidation ---- */

void helper_x86_invlpg(CPUX86State *env, uint64_t addr)
{
    x86_flush_page(env, addr);
}

enum { INVPCID_PAGE, INVPCID_CONTEXT, INVPCID_ALL, INVPCID_ALL_BUT_GLOBAL };

void helper_x86_invpcid(CPUX86State *env, uint64_t kind, uint64_t addr)
{
    int mmu_idx = x86_current_mmu_index(env);
    uint64_t pcid = x86_load(env, addr, MO_LEUQ, mmu_idx, GETPC());
    uint64_t page = x86_load(env, addr + 8, MO_LEUQ, mmu_idx, GETPC());
    bool names_one = kind == INVPCID_PAGE || kind == INVPCID_CONTEXT;

    if (kind > INVPCID_ALL_BUT_GLOBAL || pcid >> 12 ||
        (names_one && pcid && !(env->cr4 & CR4_PCIDE)) ||
        (kind == INVPCID_PAGE && !x86_is_canonical(env, page))) {
        raise_gp(env, GETPC());
    }
    switch (kind) {
    case INVPCID_PAGE:
        x86_flush_page(env, page);
        break;
    case INVPCID_CONTEXT:
        x86_flush_context(env, pcid);
        break;
    case INVPCID_ALL:
        x86_flush_all(env);
        break;
    default:
        for (unsigned i = 0; i < X86_NB_CONTEXT_NUMBERS; i++) {
            x86_flush_context(env, i);
        }
    }
}

/* ---- FS and GS bases ---- */

void helper_x86_check_fsgsbase(CPUX86State *env)
{
    if (!(env->cr4 & CR4_FSGSBASE)) {
        x86_raise(env, EXCP_UD, GETPC());
    }
}

void helper_x86_check_canonical(CPUX86State *env, uint64_t value)
{
    if (!x86_is_canonical(env, value)) {
        raise_gp(env, GETPC());
    }
}

/* ---- Waiting ---- */

void helper_x86_hlt(CPUX86State *env)
{
    CPUState *cs = x86_env_cpu(env);

    {
        BQL_LOCK_GUARD();
        cs->halted = 1;
    }
    cs->exception_index = EXCP_HLT;
    cpu_loop_exit(cs);
}

/* The page has to be there; nobody watches it, see MWAIT. */
void helper_x86_monitor(CPUX86State *env, uint64_t addr)
{
    if ((uint32_t)env->regs[R_ECX]) {
        raise_gp(env, GETPC());
    }
    probe_access_rights(env, addr, 1, MMU_DATA_LOAD, x86_current_mmu_index(env), GETPC());
}

enum { MWAIT_MASKED_INTERRUPTS_WAKE = 1 };

/*
 * A store that another CPU makes ends the waiting, and isn't noticed: so with several CPUs this one
 * doesn't sleep, but lets others run. The same where an interrupt may wake it that it doesn't take.
 */
void helper_x86_mwait(CPUX86State *env)
{
    uint32_t extensions = env->regs[R_ECX];

    if (extensions & ~MWAIT_MASKED_INTERRUPTS_WAKE) {
        raise_gp(env, GETPC());
    }
    if (cpus_are_several() || (extensions && !(env->eflags & FLAG_IF))) {
        sched_yield();
    } else {
        helper_x86_hlt(env);
    }
}
