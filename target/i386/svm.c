/*
 * Secure virtual machine: VMRUN, #VMEXIT, what intercepts look at, and the instructions of the host.
 *
 * The state of the host that VMRUN leaves is kept in the CPU, not at VM_HSAVE_PA, whose contents
 * nobody may rely on. An exit is an exception of its own kind (X86_EXCP_VMEXIT): whoever finds that
 * there is one calls x86_vmexit(), which goes back to before the instruction, and the CPU loop has
 * x86_svm_finish_exit() write the VMCB and load the host. So is an event that VMRUN injects.
 *
 * Reference: APM volume 2, chapter 15 (the numbers of sections are its), appendix B.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "system/memory.h"
#include "target/i386/helper.h"
#include "target/i386/segment.h"

/* ---- The VMCB ---- */

enum {
    VMCB_INTERCEPTS = 0x000,
    VMCB_IOPM = 0x040,
    VMCB_MSRPM = 0x048,
    VMCB_TSC_OFFSET = 0x050,
    VMCB_ASID = 0x058,
    VMCB_TLB_CONTROL = 0x05c,
    VMCB_INTERRUPT_CONTROL = 0x060,
    VMCB_VECTOR = 0x064,
    VMCB_SHADOW = 0x068,
    VMCB_EXIT_CODE = 0x070,
    VMCB_EXIT_INFO1 = 0x078,
    VMCB_EXIT_INFO2 = 0x080,
    VMCB_EXIT_INT_INFO = 0x088,
    VMCB_NESTED_CONTROL = 0x090,
    VMCB_EVENT = 0x0a8,
    VMCB_NESTED_CR3 = 0x0b0,
    VMCB_NEXT_RIP = 0x0c8,
    VMCB_SEGMENTS = 0x400, /* ES, CS, SS, DS, FS, GS: 16 bytes each */
    VMCB_GDTR = 0x460,
    VMCB_LDTR = 0x470,
    VMCB_IDTR = 0x480,
    VMCB_TR = 0x490,
    VMCB_CPL = 0x4cb,
    VMCB_EFER = 0x4d0,
    VMCB_CR4 = 0x548,
    VMCB_CR3 = 0x550,
    VMCB_CR0 = 0x558,
    VMCB_DR7 = 0x560,
    VMCB_DR6 = 0x568,
    VMCB_RFLAGS = 0x570,
    VMCB_RIP = 0x578,
    VMCB_RSP = 0x5d8,
    VMCB_RAX = 0x5f8,
    VMCB_CR2 = 0x640,
    VMCB_PAT = 0x668,
};

enum {
    CONTROL_TPR = 0xf,
    CONTROL_IRQ = 1 << 8,
    CONTROL_PRIORITY_SHIFT = 16,
    CONTROL_IGNORES_TPR = 1 << 20,
    CONTROL_MASKS = 1 << 24,
    EVENT_TYPE_SHIFT = 8,
    EVENT_HAS_ERROR = 1 << 11,
    IO_IN = 1 << 0,
};
#define EVENT_VALID (1u << 31)

enum { EVENT_INTR = 0, EVENT_NMI = 2, EVENT_EXCEPTION = 3, EVENT_SOFTWARE = 4 };
enum { DELIVERING_HARDWARE = 0x100, DELIVERING_SOFTWARE = 0x200 };

static uint64_t load(CPUX86State *env, uint64_t addr, MemOp size)
{
    MemTxAttrs attrs = { .secure = env->in_smm };

    return address_space_ld(cpu_address_space(x86_env_cpu(env), attrs), addr & env->a20_mask,
                            size | MO_LE, attrs, NULL);
}

static void store(CPUX86State *env, uint64_t addr, uint64_t value, MemOp size)
{
    MemTxAttrs attrs = { .secure = env->in_smm };

    address_space_st(cpu_address_space(x86_env_cpu(env), attrs), addr & env->a20_mask, value,
                     size | MO_LE, attrs, NULL);
}

static uint64_t vmcb_load(CPUX86State *env, unsigned offset, MemOp size)
{
    return load(env, env->svm.vmcb + offset, size);
}

static void vmcb_store(CPUX86State *env, unsigned offset, uint64_t value, MemOp size)
{
    store(env, env->svm.vmcb + offset, value, size);
}

/* Attributes have no hole there. */
static X86Segment load_segment(CPUX86State *env, uint64_t at)
{
    uint16_t attributes = load(env, at + 2, MO_16);

    return (X86Segment){
        .selector = load(env, at, MO_16),
        .attributes = (attributes & 0xff) | (attributes & 0xf00) << 4,
        .limit = load(env, at + 4, MO_32),
        .base = load(env, at + 8, MO_64),
    };
}

static void store_segment(CPUX86State *env, uint64_t at, const X86Segment *s)
{
    store(env, at, s->selector, MO_16);
    store(env, at + 2, (s->attributes & 0xff) | (s->attributes >> 4 & 0xf00), MO_16);
    store(env, at + 4, s->limit, MO_32);
    store(env, at + 8, s->base, MO_64);
}

/* ---- World switches ---- */

static bool uses_pdptrs(const CPUX86State *env)
{
    return (env->cr0 & CR0_PG) && (env->cr4 & CR4_PAE) && !(env->efer & EFER_LMA);
}

/* What follows of control and debug registers that have been loaded. */
static void settle(CPUX86State *env)
{
    x86_debug_changed(env);
    x86_fpu_changed(env);
    tlb_context_changed(x86_env_cpu(env));
    if (uses_pdptrs(env)) {
        x86_load_pdptrs(env, env->cr3);
    }
}

static void keep_host(CPUX86State *env, uint64_t next_eip)
{
    env->svm.host = (X86SVMHost){
        .gdt = env->gdt, .idt = env->idt, .cr0 = env->cr0, .cr3 = env->cr3, .cr4 = env->cr4,
        .efer = env->efer, .rip = next_eip, .rsp = env->regs[R_ESP], .rax = env->regs[R_EAX],
        .eflags = x86_get_eflags(env), .pat = env->pat,
    };
    memcpy(env->svm.host.segs, env->segs, sizeof(env->svm.host.segs));
}

/* 15.6: protected mode, level 0, no breakpoints, no virtual-8086 mode. */
static void load_host(CPUX86State *env)
{
    const X86SVMHost *host = &env->svm.host;

    memcpy(env->segs, host->segs, sizeof(host->segs));
    env->gdt = host->gdt;
    env->idt = host->idt;
    env->cr0 = host->cr0 | CR0_PE;
    env->cr3 = host->cr3;
    env->cr4 = host->cr4;
    env->efer = host->efer;
    env->pat = host->pat;
    env->regs[R_ESP] = host->rsp;
    env->regs[R_EAX] = host->rax;
    env->dr[7] = X86_DR7_RESET;
    env->debug_pending = 0;
    env->cpl = 0;
    env->hflags &= ~(uint64_t)X86_HF_SHADOWS;
    x86_set_eflags(env, host->eflags & ~FLAG_VM, FLAGS_ALL);
    settle(env);
    x86_set_eip(env, host->rip);
}

static void load_controls(CPUX86State *env)
{
    X86SVM *svm = &env->svm;

    for (unsigned i = 0; i < X86_SVM_INTERCEPTS; i++) {
        svm->intercepts[i] = vmcb_load(env, VMCB_INTERCEPTS + 4 * i, MO_32);
    }
    svm->iopm = vmcb_load(env, VMCB_IOPM, MO_64) & ~0xfffull;
    svm->msrpm = vmcb_load(env, VMCB_MSRPM, MO_64) & ~0xfffull;
    svm->tsc_offset = vmcb_load(env, VMCB_TSC_OFFSET, MO_64);
    svm->asid = vmcb_load(env, VMCB_ASID, MO_32);
    svm->control = vmcb_load(env, VMCB_INTERRUPT_CONTROL, MO_32);
    svm->vector = vmcb_load(env, VMCB_VECTOR, MO_8);
    svm->masks_interrupts = svm->control & CONTROL_MASKS;
    svm->host_if = env->eflags & FLAG_IF;
    svm->nested_paging = vmcb_load(env, VMCB_NESTED_CONTROL, MO_64) & 1;
    svm->nested_cr3 = vmcb_load(env, VMCB_NESTED_CR3, MO_64);
    svm->event = vmcb_load(env, VMCB_EVENT, MO_64);
    if (vmcb_load(env, VMCB_TLB_CONTROL, MO_8)) { /* whichever: all contexts get new names */
        svm->epoch++;
    }
}

/* 15.5.1, "canonicalization and consistency checks". */
static bool is_consistent(CPUX86State *env)
{
    uint64_t efer = vmcb_load(env, VMCB_EFER, MO_64), cr0 = vmcb_load(env, VMCB_CR0, MO_64);
    uint64_t cr4 = vmcb_load(env, VMCB_CR4, MO_64), cr3 = vmcb_load(env, VMCB_CR3, MO_64);
    X86Segment cs = load_segment(env, env->svm.vmcb + VMCB_SEGMENTS + 16 * R_CS);
    bool long_paging = (efer & EFER_LME) && (cr0 & CR0_PG);
    unsigned type = env->svm.event >> EVENT_TYPE_SHIFT & 7, vector = env->svm.event & 0xff;

    if (!(efer & EFER_SVME) || (efer & ~x86_efer_bits(env)) || cr0 >> 32 ||
        (!(cr0 & CR0_CD) && (cr0 & CR0_NW)) || (cr4 & ~x86_cr4_bits(env)) ||
        vmcb_load(env, VMCB_DR6, MO_64) >> 32 || vmcb_load(env, VMCB_DR7, MO_64) >> 32) {
        return false;
    }
    if ((efer & EFER_LMA) && (cr0 & CR0_PG) && cr3 >> x86_physical_bits(x86_env_archcpu(env))) {
        return false;
    }
    if (long_paging && (!(cr4 & CR4_PAE) || !(cr0 & CR0_PE) ||
                        ((cs.attributes & SEG_L) && (cs.attributes & SEG_DB)))) {
        return false;
    }
    if ((env->svm.event & EVENT_VALID) &&
        (type == 1 || type > EVENT_SOFTWARE ||
         (type == EVENT_EXCEPTION && (vector == EXCP_NMI || vector > 31)))) {
        return false;
    }
    return x86_svm_intercepts(env, X86_SVM_EXIT_VMRUN) && env->svm.asid &&
           !(env->svm.nested_paging && !x86_has(env, X86_FEATURE_NPT));
}

static void load_guest(CPUX86State *env)
{
    bool shadow = vmcb_load(env, VMCB_SHADOW, MO_32) & 1;
    uint64_t cr0 = vmcb_load(env, VMCB_CR0, MO_64), efer = vmcb_load(env, VMCB_EFER, MO_64);
    uint32_t eflags = vmcb_load(env, VMCB_RFLAGS, MO_32);

    for (unsigned i = 0; i < 4; i++) {
        env->segs[i] = load_segment(env, env->svm.vmcb + VMCB_SEGMENTS + 16 * i);
    }
    env->gdt = load_segment(env, env->svm.vmcb + VMCB_GDTR);
    env->idt = load_segment(env, env->svm.vmcb + VMCB_IDTR);
    env->cr0 = cr0 | CR0_ET;
    env->cr2 = vmcb_load(env, VMCB_CR2, MO_64);
    env->cr3 = vmcb_load(env, VMCB_CR3, MO_64);
    env->cr4 = vmcb_load(env, VMCB_CR4, MO_64);
    env->efer = (efer & ~(uint64_t)EFER_LMA) |
                ((efer & EFER_LME) && (cr0 & CR0_PG) ? EFER_LMA : 0);
    if (env->svm.nested_paging) { /* 15.25.4 */
        env->pat = vmcb_load(env, VMCB_PAT, MO_64);
    }
    env->dr[6] = vmcb_load(env, VMCB_DR6, MO_64);
    env->dr[7] = vmcb_load(env, VMCB_DR7, MO_64) | X86_DR7_RESET;
    env->regs[R_ESP] = vmcb_load(env, VMCB_RSP, MO_64);
    env->regs[R_EAX] = vmcb_load(env, VMCB_RAX, MO_64);
    env->cpl = !(cr0 & CR0_PE)        ? 0
               : eflags & FLAG_VM ? 3
                                      : vmcb_load(env, VMCB_CPL, MO_8) & 3;
    env->debug_pending = 0;
    env->hflags = (env->hflags & ~(uint64_t)X86_HF_SHADOWS) | (shadow ? X86_HF_SHADOW : 0);
    x86_set_eflags(env, eflags, FLAGS_ALL);
    settle(env);
    x86_set_eip(env, vmcb_load(env, VMCB_RIP, MO_64));
}

static void request_virtual_interrupt(CPUX86State *env)
{
    CPUState *cs = x86_env_cpu(env);
    BQL_LOCK_GUARD();

    if (env->svm.guest && (env->svm.control & CONTROL_IRQ)) {
        cpu_interrupt(cs, CPU_INTERRUPT_VIRTUAL);
    } else {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_VIRTUAL);
    }
}

void x86_svm_leave(CPUX86State *env)
{
    bool was_guest = env->svm.guest;

    env->svm.gif = true;
    env->svm.guest = env->svm.guest_outside = false;
    env->svm.event = 0;
    if (was_guest) {
        request_virtual_interrupt(env);
    }
}

/* ---- #VMEXIT ---- */

bool x86_svm_intercepts(const CPUX86State *env, unsigned exit)
{
    return env->svm.intercepts[exit / 32] >> (exit % 32) & 1;
}

/* What was being delivered when the exit came (15.7.2). */
static uint64_t interrupted_event(const CPUX86State *env)
{
    unsigned vector = env->delivering & 0xff, type = EVENT_EXCEPTION;

    if (env->delivering < 0) {
        return 0;
    }
    if (env->delivering & DELIVERING_SOFTWARE) {
        type = vector == EXCP_BP || vector == EXCP_OF ? EVENT_EXCEPTION : EVENT_SOFTWARE;
    } else if (env->delivering & DELIVERING_HARDWARE) {
        type = vector == EXCP_NMI ? EVENT_NMI : EVENT_INTR;
    }
    return EVENT_VALID | vector | type << EVENT_TYPE_SHIFT |
           (env->svm.error_is_there ? EVENT_HAS_ERROR | (uint64_t)env->svm.error << 32 : 0);
}

void x86_vmexit(CPUX86State *env, uint64_t code, uint64_t info1, uint64_t info2, uint64_t next_rip,
                uintptr_t ra)
{
    CPUState *cs = x86_env_cpu(env);

    env->svm.exit_code = code;
    env->svm.exit_info1 = info1;
    env->svm.exit_info2 = info2;
    env->svm.exit_next_rip = next_rip;
    cs->exception_index = X86_EXCP_VMEXIT;
    cpu_loop_exit_restore(cs, ra);
}

static void store_guest(CPUX86State *env)
{
    for (unsigned i = 0; i < 4; i++) {
        store_segment(env, env->svm.vmcb + VMCB_SEGMENTS + 16 * i, &env->segs[i]);
    }
    store_segment(env, env->svm.vmcb + VMCB_GDTR, &env->gdt);
    store_segment(env, env->svm.vmcb + VMCB_IDTR, &env->idt);
    vmcb_store(env, VMCB_CPL, env->cpl, MO_8);
    vmcb_store(env, VMCB_EFER, env->efer, MO_64);
    vmcb_store(env, VMCB_CR0, env->cr0, MO_64);
    vmcb_store(env, VMCB_CR2, env->cr2, MO_64);
    vmcb_store(env, VMCB_CR3, env->cr3, MO_64);
    vmcb_store(env, VMCB_CR4, env->cr4, MO_64);
    if (env->svm.nested_paging) {
        vmcb_store(env, VMCB_PAT, env->pat, MO_64);
    }
    vmcb_store(env, VMCB_DR6, env->dr[6], MO_64);
    vmcb_store(env, VMCB_DR7, env->dr[7], MO_64);
    vmcb_store(env, VMCB_RFLAGS, x86_get_eflags(env), MO_64);
    vmcb_store(env, VMCB_RIP, x86_get_eip(env), MO_64);
    vmcb_store(env, VMCB_RSP, env->regs[R_ESP], MO_64);
    vmcb_store(env, VMCB_RAX, env->regs[R_EAX], MO_64);
    vmcb_store(env, VMCB_SHADOW, !!(env->hflags & X86_HF_SHADOW), MO_64);
    vmcb_store(env, VMCB_INTERRUPT_CONTROL, env->svm.control, MO_32);
}

static void store_exit(CPUX86State *env, uint64_t code)
{
    vmcb_store(env, VMCB_EXIT_CODE, code, MO_64);
    vmcb_store(env, VMCB_EXIT_INFO1, env->svm.exit_info1, MO_64);
    vmcb_store(env, VMCB_EXIT_INFO2, env->svm.exit_info2, MO_64);
    vmcb_store(env, VMCB_EXIT_INT_INFO, interrupted_event(env), MO_64);
    vmcb_store(env, VMCB_NEXT_RIP, env->svm.exit_next_rip, MO_64);
    vmcb_store(env, VMCB_EVENT, vmcb_load(env, VMCB_EVENT, MO_64) & ~(uint64_t)EVENT_VALID, MO_64);
    qemu_log_mask(CPU_LOG_INT,
                  "CPU %d: #VMEXIT %#" PRIx64 " (%#" PRIx64 ", %#" PRIx64 ") at %#" PRIx64 "\n",
                  x86_env_cpu(env)->cpu_index, code, env->svm.exit_info1, env->svm.exit_info2,
                  x86_get_eip(env));
}

void x86_svm_finish_exit(CPUX86State *env)
{
    store_guest(env);
    store_exit(env, env->svm.exit_code);
    env->delivering = -1;
    env->svm.guest = false;
    env->svm.gif = false;
    request_virtual_interrupt(env);
    load_host(env);
}

/* ---- The host's instructions ---- */

static void check_host(CPUX86State *env, uintptr_t ra)
{
    if (!(env->efer & EFER_SVME) || !(env->cr0 & CR0_PE)) {
        x86_raise(env, EXCP_UD, ra);
    }
    if (env->cpl) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
}

/* A page's physical address in rAX. */
static uint64_t check_page(CPUX86State *env, uint64_t addr, uintptr_t ra)
{
    if ((addr & 0xfff) || addr >> x86_physical_bits(x86_env_archcpu(env))) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
    return addr;
}

void helper_x86_vmrun(CPUX86State *env, uint64_t addr, uint64_t next_eip)
{
    CPUState *cs = x86_env_cpu(env);

    check_host(env, GETPC());
    env->svm.vmcb = check_page(env, addr, GETPC());
    keep_host(env, next_eip);
    load_controls(env);
    cs->exception_index = EXCP_NONE;
    if (!is_consistent(env)) {
        env->svm.exit_info1 = env->svm.exit_info2 = env->svm.exit_next_rip = 0;
        store_exit(env, X86_SVM_EXIT_INVALID);
        env->svm.gif = false;
        x86_set_eip(env, next_eip);
        cpu_loop_exit(cs);
    }
    env->svm.guest = true;
    env->svm.gif = true;
    load_guest(env);
    request_virtual_interrupt(env);
    if (env->svm.event & EVENT_VALID) {
        cs->exception_index = X86_EXCP_INJECTED;
    }
    cpu_loop_exit(cs);
}

X86SVMEvent x86_svm_take_event(CPUX86State *env)
{
    uint64_t event = env->svm.event;
    unsigned type = event >> EVENT_TYPE_SHIFT & 7, vector = event & 0xff;
    bool software = type == EVENT_SOFTWARE ||
                    (type == EVENT_EXCEPTION && (vector == EXCP_BP || vector == EXCP_OF));
    X86SVMEvent e = {
        .vector = vector,
        .is_interrupt = type == EVENT_INTR || type == EVENT_NMI,
        .is_nmi = type == EVENT_NMI,
        .is_software = software,
        .has_error = event & EVENT_HAS_ERROR && type == EVENT_EXCEPTION,
        .error = event >> 32,
        /* Software's come back behind their instruction, where the host says it ends. */
        .next_eip = !software                         ? 0
                    : x86_has(env, X86_FEATURE_NRIPS) ? vmcb_load(env, VMCB_NEXT_RIP, MO_64)
                                                      : x86_get_eip(env),
    };

    e.vector = e.is_nmi ? EXCP_NMI : e.vector;
    env->svm.event = 0;
    return e;
}

static const struct {
    uint16_t offset;
    size_t field;
} msrs_of_vmload[] = {
    { 0x600, offsetof(CPUX86State, star) },         { 0x608, offsetof(CPUX86State, lstar) },
    { 0x610, offsetof(CPUX86State, cstar) },        { 0x618, offsetof(CPUX86State, fmask) },
    { 0x620, offsetof(CPUX86State, kernel_gs_base) },
    { 0x630, offsetof(CPUX86State, sysenter_esp) }, { 0x638, offsetof(CPUX86State, sysenter_eip) },
};
enum { VMCB_SYSENTER_CS = 0x628 };

static uint64_t *msr_field(CPUX86State *env, size_t i)
{
    return (uint64_t *)(void *)((char *)env + msrs_of_vmload[i].field);
}

void helper_x86_vmload(CPUX86State *env, uint64_t addr)
{
    check_host(env, GETPC());
    check_page(env, addr, GETPC());
    env->segs[R_FS] = load_segment(env, addr + VMCB_SEGMENTS + 16 * R_FS);
    env->segs[R_GS] = load_segment(env, addr + VMCB_SEGMENTS + 16 * R_GS);
    env->tr = load_segment(env, addr + VMCB_TR);
    env->ldt = load_segment(env, addr + VMCB_LDTR);
    for (size_t i = 0; i < ARRAY_SIZE(msrs_of_vmload); i++) {
        *msr_field(env, i) = load(env, addr + msrs_of_vmload[i].offset, MO_64);
    }
    env->sysenter_cs = load(env, addr + VMCB_SYSENTER_CS, MO_32);
    x86_update_hflags(env);
}

void helper_x86_vmsave(CPUX86State *env, uint64_t addr)
{
    check_host(env, GETPC());
    check_page(env, addr, GETPC());
    store_segment(env, addr + VMCB_SEGMENTS + 16 * R_FS, &env->segs[R_FS]);
    store_segment(env, addr + VMCB_SEGMENTS + 16 * R_GS, &env->segs[R_GS]);
    store_segment(env, addr + VMCB_TR, &env->tr);
    store_segment(env, addr + VMCB_LDTR, &env->ldt);
    for (size_t i = 0; i < ARRAY_SIZE(msrs_of_vmload); i++) {
        store(env, addr + msrs_of_vmload[i].offset, *msr_field(env, i), MO_64);
    }
    store(env, addr + VMCB_SYSENTER_CS, env->sysenter_cs, MO_64);
}

void helper_x86_set_gif(CPUX86State *env, uint32_t gif)
{
    check_host(env, GETPC());
    env->svm.gif = gif;
}

/* All ASIDs at that address: they aren't told apart there. */
void helper_x86_invlpga(CPUX86State *env, uint64_t addr)
{
    check_host(env, GETPC());
    x86_flush_page(env, addr);
}

/* ---- Intercepts ---- */

void helper_x86_intercept(CPUX86State *env, uint32_t exit, uint64_t next_eip)
{
    if (x86_svm_intercepts(env, exit)) {
        x86_vmexit(env, exit, 0, 0, next_eip, GETPC());
    }
}

/* A write of CR0 that changes more than TS and MP (15.8.1). */
void helper_x86_intercept_cr0(CPUX86State *env, uint64_t value, uint64_t next_eip)
{
    if (x86_svm_intercepts(env, X86_SVM_EXIT_CR0_SELECTIVE) &&
        ((env->cr0 ^ value) & ~(uint64_t)(CR0_TS | CR0_MP))) {
        x86_vmexit(env, X86_SVM_EXIT_CR0_SELECTIVE, 0, 0, next_eip, GETPC());
    }
}

/* 15.10: `info` without the port is what EXITINFO1 gets; the bytes are in it. */
void helper_x86_intercept_io(CPUX86State *env, uint32_t port, uint32_t info, uint64_t next_eip)
{
    unsigned bytes = info >> 4 & 7, bits;

    if (!x86_svm_intercepts(env, X86_SVM_EXIT_IOIO)) {
        return;
    }
    bits = load(env, env->svm.iopm + (port & 0xffff) / 8, MO_16) >> (port & 7);
    if (bits & ((1u << bytes) - 1)) {
        x86_vmexit(env, X86_SVM_EXIT_IOIO, info | (port & 0xffff) << 16, next_eip, next_eip,
                   GETPC());
    }
}

/* 15.11: three ranges have two bits each; everything else is intercepted. */
void helper_x86_intercept_msr(CPUX86State *env, uint32_t write, uint64_t next_eip)
{
    static const uint32_t ranges[] = { 0, 0xc0000000, 0xc0010000 };
    enum { RANGE = 0x2000, RANGE_BYTES = 0x800 };
    uint32_t msr = env->regs[R_ECX];
    bool exits = true;

    if (!x86_svm_intercepts(env, X86_SVM_EXIT_MSR)) {
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++) {
        uint32_t n = msr - ranges[i];

        if (n < RANGE) {
            exits = load(env, env->svm.msrpm + i * RANGE_BYTES + n / 4, MO_8) >>
                        (n % 4 * 2 + write) & 1;
        }
    }
    if (exits) {
        x86_vmexit(env, X86_SVM_EXIT_MSR, write, 0, next_eip, GETPC());
    }
}

/* ---- Interrupts ---- */

bool x86_svm_interrupts_allowed(const CPUX86State *env)
{
    return env->svm.guest && env->svm.masks_interrupts ? env->svm.host_if : env->eflags & FLAG_IF;
}

bool x86_svm_virtual_interrupt_due(const CPUX86State *env)
{
    uint32_t control = env->svm.control;

    return env->svm.guest && (control & CONTROL_IRQ) && (env->eflags & FLAG_IF) &&
           ((control & CONTROL_IGNORES_TPR) ||
            (control >> CONTROL_PRIORITY_SHIFT & 15) > (control & CONTROL_TPR));
}

unsigned x86_svm_take_virtual_interrupt(CPUX86State *env)
{
    env->svm.control &= ~(uint32_t)CONTROL_IRQ;
    request_virtual_interrupt(env);
    return env->svm.vector;
}

bool x86_svm_has_tpr(const CPUX86State *env)
{
    return env->svm.guest && env->svm.masks_interrupts;
}

uint8_t x86_svm_read_tpr(const CPUX86State *env)
{
    return env->svm.control & CONTROL_TPR;
}

void x86_svm_write_tpr(CPUX86State *env, uint8_t value)
{
    env->svm.control = (env->svm.control & ~0xffu) | value;
}
