/*
 * Exceptions and interrupts: raising, which of two wins, delivery in every mode; INIT and SIPI.
 *
 * Reference: SDM volume 3, chapter 6; 20.1.4 (real mode), 20.3 (virtual-8086 mode).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "system/runstate.h"
#include "target/i386/helper.h"
#include "target/i386/segment.h"

enum {
    /* env->delivering of what isn't an exception: its vector, and where it is from. */
    DELIVERING_HARDWARE = 0x100,
    DELIVERING_SOFTWARE = 0x200,
    ERROR_EXT = 1, /* bits of error codes that have a selector */
    ERROR_IDT = 2,
};

/* ---- Raising ---- */

typedef enum Severity { BENIGN, CONTRIBUTORY, PAGE_FAULT } Severity;

static Severity severity(unsigned vector)
{
    const uint32_t contributory = 1u << EXCP_DE | 1u << EXCP_TS | 1u << EXCP_NP | 1u << EXCP_SS |
                                  1u << EXCP_GP;

    return vector == EXCP_PF                              ? PAGE_FAULT
           : vector < 32 && (contributory >> vector & 1) ? CONTRIBUTORY
                                                          : BENIGN;
}

/* The second exception while the first is being delivered is a double fault (6.15, table 6-5). */
static bool makes_double_fault(int first, unsigned second)
{
    if (first < 0 || severity(first) == BENIGN || severity(second) == BENIGN) {
        return false;
    }
    return severity(first) == PAGE_FAULT || severity(second) == CONTRIBUTORY;
}

void x86_shut_down(CPUX86State *env, const char *reason, uintptr_t ra)
{
    CPUState *cs = x86_env_cpu(env);

    qemu_log_mask(CPU_LOG_INT | CPU_LOG_RESET, "CPU %d: %s at %04x:%08" PRIx64 ": shutdown\n",
                  cs->cpu_index, reason, env->segs[R_CS].selector, x86_get_eip(env));
    if (env->svm.guest && x86_svm_intercepts(env, X86_SVM_EXIT_SHUTDOWN)) {
        x86_vmexit(env, X86_SVM_EXIT_SHUTDOWN, 0, 0, 0, ra);
    }
    qemu_system_reset_request_because(SHUTDOWN_CAUSE_GUEST_RESET, reason);
    {
        BQL_LOCK_GUARD();
        env->shut_down = true;
        cs->halted = 1;
    }
    cs->exception_index = EXCP_HLT;
    cpu_loop_exit_restore(cs, ra);
}

/* A guest's exception, for its host; also one that another one would make a double fault of. */
static void offer_to_host(CPUX86State *env, unsigned vector, uint32_t error, uint64_t info2,
                          uintptr_t ra)
{
    if (unlikely(env->svm.guest) && x86_svm_intercepts(env, X86_SVM_EXIT_EXCEPTION + vector)) {
        x86_vmexit(env, X86_SVM_EXIT_EXCEPTION + vector, error, info2, 0, ra);
    }
}

G_NORETURN_ATTR static void raise_exception(CPUX86State *env, unsigned vector, bool has_error,
                                            uint32_t error, uintptr_t ra)
{
    CPUState *cs = x86_env_cpu(env);

    offer_to_host(env, vector, error, 0, ra);
    if (unlikely(env->delivering >= 0)) {
        if (env->delivering == EXCP_DF && severity(vector) != BENIGN) {
            qemu_log_mask(CPU_LOG_INT, "exception %02x during a double fault\n", vector);
            x86_shut_down(env, "triple fault", ra);
        }
        if (makes_double_fault(env->delivering, vector)) {
            vector = EXCP_DF;
            has_error = true;
            error = 0;
            offer_to_host(env, vector, error, 0, ra);
        }
    }
    env->exception.has_error = has_error;
    env->exception.error = error;
    env->exception.software = false;
    env->exception.is_debug_fault = false;
    cs->exception_index = vector;
    cpu_loop_exit_restore(cs, ra);
}

void x86_raise_page_fault(CPUX86State *env, uint64_t addr, uint32_t error, uintptr_t ra)
{
    offer_to_host(env, EXCP_PF, error, addr, ra);
    env->cr2 = addr;
    x86_raise_error(env, EXCP_PF, error, ra);
}

/* Which of the four breakpoints it was is of this exception only; the other causes gather. */
void x86_raise_debug(CPUX86State *env, uint32_t dr6, bool is_debug_fault, uintptr_t ra)
{
    CPUState *cs = x86_env_cpu(env);

    env->dr[6] = (env->dr[6] & ~(uint64_t)X86_DR6_BREAKPOINTS) | dr6;
    offer_to_host(env, EXCP_DB, 0, 0, ra);
    env->exception.has_error = false;
    env->exception.software = false;
    env->exception.is_debug_fault = is_debug_fault;
    cs->exception_index = EXCP_DB;
    cpu_loop_exit_restore(cs, ra);
}

void x86_raise(CPUX86State *env, unsigned vector, uintptr_t ra)
{
    raise_exception(env, vector, false, 0, ra);
}

void x86_raise_error(CPUX86State *env, unsigned vector, uint32_t error, uintptr_t ra)
{
    raise_exception(env, vector, true, error, ra);
}

/* EXT: it comes of something that isn't an INT instruction. */
static unsigned external(const CPUX86State *env)
{
    return env->delivering >= 0 && !(env->delivering & DELIVERING_SOFTWARE) ? ERROR_EXT : 0;
}

void x86_raise_selector(CPUX86State *env, unsigned vector, uint16_t selector, uintptr_t ra)
{
    raise_exception(env, vector, true, (selector & ~SELECTOR_RPL) | external(env), ra);
}

void helper_x86_raise(CPUX86State *env, uint32_t vector)
{
    x86_raise(env, vector, GETPC());
}

void helper_x86_raise_error(CPUX86State *env, uint32_t vector, uint32_t error)
{
    x86_raise_error(env, vector, error, GETPC());
}

void helper_x86_raise_at_pc(CPUX86State *env, uint32_t vector)
{
    x86_raise(env, vector, 0);
}

void helper_x86_raise_error_at_pc(CPUX86State *env, uint32_t vector, uint32_t error)
{
    x86_raise_error(env, vector, error, 0);
}

void helper_x86_stepped(CPUX86State *env)
{
    CPUState *cs = x86_env_cpu(env);

    cs->exception_index = EXCP_DEBUG;
    cpu_loop_exit(cs);
}

/* With DEBUGCTL.BTF only branches trap (17.4.3), besides what breakpoints have hit. */
void helper_x86_trap_flag(CPUX86State *env, uint32_t branch)
{
    CPUState *cs = x86_env_cpu(env);
    uint32_t pending = env->debug_pending;
    bool steps = branch || !(env->debugctl & X86_DEBUGCTL_BTF);

    if (env->hflags & X86_HF_SS_SHADOW || !(steps || pending)) { /* there is none behind MOV SS */
        cs->exception_index = cs->singlestep_enabled ? EXCP_DEBUG : EXCP_NONE;
        cpu_loop_exit(cs);
    }
    x86_debug_forget_pending(env);
    x86_raise_debug(env, (steps ? X86_DR6_BS : 0) | pending, false, 0);
}

/* ---- Software interrupts ---- */

G_NORETURN_ATTR static void software_interrupt(CPUX86State *env, unsigned vector, bool redirected,
                                               uint64_t next_eip, uintptr_t ra)
{
    CPUState *cs = x86_env_cpu(env);

    env->exception.has_error = false;
    env->exception.software = true;
    env->exception.redirected = redirected;
    env->exception.next_pc = next_eip;
    cs->exception_index = vector;
    cpu_loop_exit_restore(cs, ra);
}

/* The byte of the TSS's redirection map that has the bit for a vector; it lies before the I/O
 * permission map. */
static bool is_redirected(CPUX86State *env, unsigned vector, uintptr_t ra)
{
    enum { TSS32_IO_MAP = 0x66, MAP_BYTES = 32 };
    uint64_t tss = env->tr.base;
    unsigned io_map = x86_load_system(env, tss + TSS32_IO_MAP, MO_16, ra);
    unsigned byte = io_map - MAP_BYTES + vector / 8;

    if (io_map < MAP_BYTES || byte > env->tr.limit) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
    return !(x86_load_system(env, tss + byte, MO_8, ra) >> (vector & 7) & 1);
}

/* INT n. */
void helper_x86_int(CPUX86State *env, uint32_t vector, uint64_t next_eip)
{
    uintptr_t ra = GETPC();
    bool redirected = false;

    if (env->eflags & FLAG_VM) {
        redirected = (env->cr4 & CR4_VME) && is_redirected(env, vector, ra);
        if (!redirected && (env->eflags & FLAG_IOPL) != FLAG_IOPL) {
            x86_raise_error(env, EXCP_GP, 0, ra);
        }
    }
    software_interrupt(env, vector, redirected, next_eip, ra);
}

/* INT3, INTO: an exception's vector, of which the program is the cause. */
void helper_x86_int_exception(CPUX86State *env, uint32_t vector, uint64_t next_eip)
{
    if (unlikely(env->svm.guest) && x86_svm_intercepts(env, X86_SVM_EXIT_EXCEPTION + vector)) {
        x86_vmexit(env, X86_SVM_EXIT_EXCEPTION + vector, 0, 0, next_eip, GETPC());
    }
    software_interrupt(env, vector, false, next_eip, GETPC());
}

/* ---- Delivery ---- */

typedef struct Delivery {
    unsigned vector;
    bool software;
    bool redirected;  /* by CR4.VME to the 8086 program */
    bool has_error;
    uint32_t error;
    uint32_t eflags;  /* as they are pushed */
    uint64_t eip;
} Delivery;

/* About the IDT's entry. */
G_NORETURN_ATTR static void raise_gate(CPUX86State *env, const Delivery *d, unsigned vector)
{
    raise_exception(env, vector, true, d->vector << 3 | ERROR_IDT | external(env), 0);
}

/* Flags that are clear in a handler. */
static void enter_handler_flags(CPUX86State *env, bool interrupts_off)
{
    env->eflags &= ~(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM | (interrupts_off ? FLAG_IF : 0));
    env->hflags &= ~(uint64_t)X86_HF_SHADOWS;
}

/* Through the vector table of real mode. */
static void deliver_real(CPUX86State *env, const Delivery *d)
{
    uint64_t entry;
    X86Stack stack;
    uint32_t flags = d->eflags;

    if (d->vector * 4 + 3 > env->idt.limit && !d->redirected) {
        raise_gate(env, d, EXCP_GP);
    }
    if (d->redirected) { /* the program's table is at linear address 0 */
        entry = x86_load(env, d->vector * 4, MO_32, x86_current_mmu_index(env), 0);
        if ((flags & FLAG_IOPL) != FLAG_IOPL) {
            flags = (flags & ~FLAG_IF) | FLAG_IOPL | (flags & FLAG_VIF ? FLAG_IF : 0);
        }
    } else {
        entry = x86_load_system(env, env->idt.base + d->vector * 4, MO_32, 0);
    }
    x86_stack_here(&stack, env, false, 0);
    x86_stack_push_value(&stack, flags, MO_16);
    x86_stack_push_value(&stack, env->segs[R_CS].selector, MO_16);
    x86_stack_push_value(&stack, d->eip, MO_16);
    x86_stack_keep_pointer(&stack);
    if (d->redirected) {
        bool virtual = (d->eflags & FLAG_IOPL) != FLAG_IOPL;

        env->eflags &= ~(FLAG_TF | FLAG_NT | FLAG_RF | (virtual ? FLAG_VIF : FLAG_IF));
        env->hflags &= ~(uint64_t)X86_HF_SHADOWS;
    } else {
        enter_handler_flags(env, true);
        env->eflags &= ~FLAG_AC;
    }
    env->segs[R_CS].selector = entry >> 16;
    env->segs[R_CS].base = entry >> 16 << 4;
    x86_update_hflags(env);
    x86_set_eip(env, entry & 0xffff);
}

/* The frame of long mode: five or six quadwords, the lowest address first. */
static void push_frame64(CPUX86State *env, uint64_t sp, const uint64_t *frame, unsigned nb,
                         unsigned cpl)
{
    X86Stack stack = {
        .env = env, .flat = true, .mask = UINT64_MAX, .sp = sp,
        .mmu_idx = x86_stack_mmu_index(env, cpl),
    };
    uint64_t bottom = sp - nb * 8;

    if ((bottom & ~TARGET_PAGE_MASK) + nb * 8 <= TARGET_PAGE_SIZE &&
        x86_is_canonical(env, bottom)) {
        uint8_t *host = probe_access(env, bottom, nb * 8, MMU_DATA_STORE, stack.mmu_idx, 0);

        if (host) {
            for (unsigned i = 0; i < nb; i++) {
                stq_le_p(host + 8 * i, frame[i]);
            }
            return;
        }
    }
    while (nb > 0) {
        x86_stack_push_value(&stack, frame[--nb], MO_64);
    }
}

/* A stack pointer of the TSS: RSP0 to RSP2, IST1 to IST7. */
static uint64_t long_stack(CPUX86State *env, unsigned cpl, unsigned ist)
{
    unsigned offset = ist ? 0x1c + 8 * ist : 4 + 8 * cpl;

    if (offset + 7 > env->tr.limit) {
        x86_raise_selector(env, EXCP_TS, env->tr.selector, 0);
    }
    return x86_load_system(env, env->tr.base + offset, MO_64, 0);
}

static void deliver_long(CPUX86State *env, const Delivery *d)
{
    uint64_t at = env->idt.base + d->vector * 16, gate, high, target, sp, frame[6];
    unsigned type, cpl, ist, old_cpl = env->cpl, nb = d->has_error ? 6 : 5;
    X86Descriptor code;
    uint16_t attributes;
    bool other_stack;

    if (d->vector * 16 + 15 > env->idt.limit) {
        raise_gate(env, d, EXCP_GP);
    }
    gate = x86_load_system(env, at, MO_64, 0);
    high = x86_load_system(env, at + 8, MO_64, 0);
    attributes = x86_descriptor_attributes(gate);
    type = attributes & (SEG_S | SEG_TYPE);
    if ((type != SYSTEM_INTERRUPT32 && type != SYSTEM_TRAP32) ||
        (d->software && x86_dpl(attributes) < old_cpl)) {
        raise_gate(env, d, EXCP_GP);
    }
    if (!(attributes & SEG_P)) {
        raise_gate(env, d, EXCP_NP);
    }
    cpl = x86_gate_target(env, x86_gate_selector(gate), &code, 0);
    ist = gate >> 32 & 7;
    other_stack = ist || cpl != old_cpl;
    sp = other_stack ? long_stack(env, cpl, ist) : env->regs[R_ESP];
    sp &= ~15ull;
    frame[0] = d->error;
    frame[1] = d->eip;
    frame[2] = env->segs[R_CS].selector;
    frame[3] = d->eflags;
    frame[4] = env->regs[R_ESP];
    frame[5] = env->segs[R_SS].selector;
    push_frame64(env, sp, frame + 6 - nb, nb, cpl);
    target = x86_gate_offset(gate) | high << 32;
    x86_check_target(env, code.attributes, 0, target, 0);
    x86_mark_accessed(env, &code, 0);
    env->regs[R_ESP] = sp - nb * 8;
    if (other_stack) {
        x86_load_null(env, R_SS, cpl);
    }
    enter_handler_flags(env, type == SYSTEM_INTERRUPT32);
    x86_enter_code(env, &code, x86_gate_selector(gate), cpl, target);
}

/* A task gate: the error code goes to the new task's stack. */
static void deliver_to_task(CPUX86State *env, const Delivery *d, uint64_t gate)
{
    X86Stack stack;

    x86_task_switch(env, x86_gate_selector(gate), X86_TASK_CALL, d->eip, 0);
    if (d->has_error) {
        x86_stack_here(&stack, env, false, 0);
        x86_stack_push_value(&stack, d->error, env->tr.attributes & SYSTEM_32 ? MO_32 : MO_16);
        x86_stack_keep_pointer(&stack);
    }
}

/* What a handler gets of virtual-8086 mode's data segments, the last pushed first. */
static const uint8_t vm86_data[] = { R_GS, R_FS, R_DS, R_ES };

/* Through an interrupt or trap gate of 32-bit protected mode. */
static void deliver_through_gate(CPUX86State *env, const Delivery *d, uint64_t gate)
{
    unsigned type = x86_descriptor_attributes(gate) & SEG_TYPE;
    MemOp size = type & SYSTEM_32 ? MO_32 : MO_16;
    uint32_t target = size == MO_32 ? x86_gate_offset(gate) : gate & 0xffff;
    uint16_t selector = x86_gate_selector(gate);
    bool vm = env->eflags & FLAG_VM;
    X86Descriptor code;
    X86Stack stack;
    unsigned cpl = x86_gate_target(env, selector, &code, 0);
    bool inner = cpl < env->cpl;

    if (vm && cpl > 0) {
        x86_raise_selector(env, EXCP_GP, selector, 0);
    }
    if (inner) {
        x86_stack_inner(&stack, env, cpl, 0);
        for (size_t i = 0; vm && i < ARRAY_SIZE(vm86_data); i++) {
            x86_stack_push_value(&stack, env->segs[vm86_data[i]].selector, size);
        }
        x86_stack_push_value(&stack, env->segs[R_SS].selector, size);
        x86_stack_push_value(&stack, env->regs[R_ESP], size);
    } else {
        x86_stack_here(&stack, env, false, 0);
    }
    x86_stack_push_value(&stack, d->eflags, size);
    x86_stack_push_value(&stack, env->segs[R_CS].selector, size);
    x86_stack_push_value(&stack, d->eip, size);
    if (d->has_error) {
        x86_stack_push_value(&stack, d->error, size);
    }
    x86_check_target(env, code.attributes, x86_segment_of(&code, 0).limit, target, 0);
    x86_mark_accessed(env, &code, 0);
    for (size_t i = 0; vm && i < ARRAY_SIZE(vm86_data); i++) {
        x86_load_null(env, vm86_data[i], 0);
    }
    if (inner) {
        env->segs[R_SS] = stack.segment;
    }
    x86_stack_keep_pointer(&stack);
    enter_handler_flags(env, !(type & 1));
    x86_enter_code(env, &code, selector, cpl, target);
}

static void deliver_protected(CPUX86State *env, const Delivery *d)
{
    const unsigned gates = 1 << SYSTEM_TASK | 1 << SYSTEM_INTERRUPT16 | 1 << SYSTEM_TRAP16 |
                           1 << SYSTEM_INTERRUPT32 | 1 << SYSTEM_TRAP32;
    uint16_t attributes;
    uint64_t gate;

    if (d->vector * 8 + 7 > env->idt.limit) {
        raise_gate(env, d, EXCP_GP);
    }
    gate = x86_load_system(env, env->idt.base + d->vector * 8, MO_64, 0);
    attributes = x86_descriptor_attributes(gate);
    if ((attributes & SEG_S) || !(gates >> (attributes & SEG_TYPE) & 1) ||
        (d->software && x86_dpl(attributes) < env->cpl)) {
        raise_gate(env, d, EXCP_GP);
    }
    if (!(attributes & SEG_P)) {
        raise_gate(env, d, EXCP_NP);
    }
    if (x86_is_system(attributes, SYSTEM_TASK)) {
        deliver_to_task(env, d, gate);
    } else {
        deliver_through_gate(env, d, gate);
    }
}

static void log_delivery(CPUX86State *env, const Delivery *d, const char *kind)
{
    g_autofree char *error = d->has_error ? g_strdup_printf(" error %04x", d->error) : NULL;
    g_autofree char *address =
        d->vector == EXCP_PF && d->has_error ? g_strdup_printf(" CR2 %016" PRIx64, env->cr2) : NULL;

    qemu_log_mask(CPU_LOG_INT,
                  "CPU %d: %s %02x%s%s at %04x:%016" PRIx64 " CPL %u SP %04x:%016" PRIx64
                  " AX %016" PRIx64 " EFLAGS %08x\n",
                  x86_env_cpu(env)->cpu_index, kind, d->vector, error ? error : "",
                  address ? address : "", env->segs[R_CS].selector, x86_get_eip(env), env->cpl,
                  env->segs[R_SS].selector, env->regs[R_ESP], env->regs[R_EAX],
                  x86_get_eflags(env));
}

/* `source`: 0 for an exception, DELIVERING_*. Faults on the way find it in env->delivering. */
static void deliver(CPUX86State *env, const Delivery *d, unsigned source)
{
    static const char *const kinds[] = { "exception", "interrupt", "INT" };

    if (qemu_loglevel_mask(CPU_LOG_INT)) {
        log_delivery(env, d, kinds[source >> 8]);
    }
    env->delivering = d->vector | source;
    env->svm.error_is_there = d->has_error;
    env->svm.error = d->error;
    if (x86_long_mode(env)) {
        deliver_long(env, d);
    } else if ((env->cr0 & CR0_PE) && !d->redirected) {
        deliver_protected(env, d);
    } else {
        deliver_real(env, d);
    }
    env->delivering = -1;
}

/* RF as events push it (17.3.1.1): nobody keeps it where no breakpoint is armed. */
static uint32_t flags_to_push(const CPUX86State *env)
{
    return x86_get_eflags(env) & ~(env->hflags & X86_HF_RF ? 0 : FLAG_RF);
}

/* Faults, of which a handler may return to the instruction: it sees RF set (17.3.1.1). */
static bool is_fault(unsigned vector)
{
    const uint32_t others = 1u << EXCP_DB | 1u << EXCP_NMI | 1u << EXCP_BP | 1u << EXCP_OF |
                            1u << EXCP_DF | 1u << EXCP_MC;

    return !(others >> vector & 1);
}

/* What VMRUN has brought along goes the way of what happens here, but no host hears of it. */
static void deliver_injected(CPUX86State *env)
{
    X86SVMEvent e = x86_svm_take_event(env);
    Delivery d = {
        .vector = e.vector,
        .software = e.is_software,
        .has_error = e.has_error,
        .error = e.error,
        .eip = e.is_software ? e.next_eip : x86_get_eip(env),
        .eflags = flags_to_push(env),
    };

    env->nmi_blocked |= e.is_nmi;
    deliver(env, &d, e.is_interrupt ? DELIVERING_HARDWARE : e.is_software ? DELIVERING_SOFTWARE : 0);
}

static void deliver_exception(CPUState *cs)
{
    CPUX86State *env = &((X86CPU *)cs)->env;
    bool software = env->exception.software;
    Delivery d = {
        .vector = cs->exception_index,
        .software = software,
        .redirected = software && env->exception.redirected,
        .has_error = env->exception.has_error,
        .error = env->exception.error,
        .eip = software ? env->exception.next_pc : x86_get_eip(env),
        .eflags = flags_to_push(env),
    };

    env->exception.software = false;
    if (!software && (is_fault(d.vector) || env->exception.is_debug_fault)) {
        d.eflags |= FLAG_RF;
        x86_debug_forget_pending(env);
    }
    deliver(env, &d, software ? DELIVERING_SOFTWARE : 0);
    if (d.vector == EXCP_DB && !software) {
        env->dr[7] &= ~(uint64_t)X86_DR7_GD;
        env->debugctl = 0; /* of LBR and BTF, which are all that there is (17.4.1, 17.4.3) */
    }
}

void x86_do_interrupt(CPUState *cs)
{
    CPUX86State *env = &((X86CPU *)cs)->env;

    switch (cs->exception_index) {
    case X86_EXCP_VMEXIT:
        x86_svm_finish_exit(env);
        break;
    case X86_EXCP_INJECTED:
        deliver_injected(env);
        break;
    default:
        deliver_exception(cs);
    }
}

/* ---- Interrupts ---- */

static void take_hardware(CPUX86State *env, unsigned vector)
{
    Delivery d = {
        .vector = vector,
        .eip = x86_get_eip(env),
        .eflags = flags_to_push(env),
    };

    deliver(env, &d, DELIVERING_HARDWARE);
}

static void clear_request(CPUState *cs, int request)
{
    BQL_LOCK_GUARD();
    cpu_reset_interrupt(cs, request);
}

static bool is_bootstrap_processor(CPUState *cs)
{
    enum { APIC_BASE_BSP = 1 << 8 };
    X86CPU *cpu = (X86CPU *)cs;

    return cpu->interrupts && cpu->interrupts->get_base
               ? cpu->interrupts->get_base(cpu->interrupt_controller) & APIC_BASE_BSP
               : cs->cpu_index == 0;
}

/* INIT: the bootstrap processor starts as after a reset, others wait for a start-up IPI, which may
 * have come already: the sender doesn't know when we get round to this. */
static void take_init(CPUState *cs)
{
    CPUX86State *env = &((X86CPU *)cs)->env;

    {
        BQL_LOCK_GUARD();
        cpu_reset_interrupt(cs, CPU_INTERRUPT_INIT | CPU_INTERRUPT_NMI);
        env->waits_for_sipi = !is_bootstrap_processor(cs);
        cs->halted = env->waits_for_sipi;
    }
    x86_init_state(env);
    env->shut_down = false;
    qemu_log_mask(CPU_LOG_INT | CPU_LOG_RESET, "CPU %d: INIT\n", cs->cpu_index);
    if (env->waits_for_sipi) {
        cs->exception_index = EXCP_HLT;
        cpu_loop_exit(cs);
    }
}

static void take_sipi(CPUState *cs)
{
    CPUX86State *env = &((X86CPU *)cs)->env;
    uint16_t selector = qatomic_read(&env->sipi_vector) << 8;

    clear_request(cs, CPU_INTERRUPT_SIPI);
    if (!env->waits_for_sipi) {
        return;
    }
    env->waits_for_sipi = false;
    env->segs[R_CS].selector = selector;
    env->segs[R_CS].base = (uint32_t)selector << 4;
    x86_update_hflags(env);
    x86_set_eip(env, 0);
    qemu_log_mask(CPU_LOG_INT | CPU_LOG_RESET, "CPU %d: starts at %04x:0000\n", cs->cpu_index,
                  selector);
}

/* The vector that the interrupt controller has for us; -1: it has changed its mind. */
static int acknowledge(X86CPU *cpu)
{
    BQL_LOCK_GUARD();
    return cpu->interrupts ? cpu->interrupts->acknowledge(cpu->interrupt_controller) : -1;
}

static bool take_maskable(X86CPU *cpu)
{
    int vector = acknowledge(cpu);

    if (vector < 0) {
        return false;
    }
    take_hardware(&cpu->env, vector);
    return true;
}

/* What comes from outside stays pending for the host. */
static void leave_guest_for(CPUX86State *env, unsigned exit)
{
    if (unlikely(env->svm.guest) && x86_svm_intercepts(env, exit)) {
        x86_vmexit(env, exit, 0, 0, 0, 0);
    }
}

bool x86_cpu_exec_interrupt(CPUState *cs, int request)
{
    X86CPU *cpu = (X86CPU *)cs;
    CPUX86State *env = &cpu->env;

    if (unlikely(!env->svm.gif)) {
        return false;
    }
    if (unlikely(request & CPU_INTERRUPT_INIT) && !env->in_smm) {
        leave_guest_for(env, X86_SVM_EXIT_INIT);
        take_init(cs);
        return true;
    }
    if (unlikely(request & CPU_INTERRUPT_SIPI)) {
        take_sipi(cs);
        return true;
    }
    if (unlikely(env->debug_pending) && !(env->hflags & X86_HF_SS_SHADOW)) {
        x86_debug_trap(env, 0); /* comes before interrupts (6.9, table 6-2) */
    }
    if (env->hflags & X86_HF_SHADOW) {
        return false;
    }
    if (unlikely(request & CPU_INTERRUPT_SMI) && !env->in_smm) {
        leave_guest_for(env, X86_SVM_EXIT_SMI);
        clear_request(cs, CPU_INTERRUPT_SMI);
        if (x86_enter_smm(env)) {
            return true;
        }
    }
    if ((request & CPU_INTERRUPT_NMI) && !env->nmi_blocked) {
        leave_guest_for(env, X86_SVM_EXIT_NMI);
        clear_request(cs, CPU_INTERRUPT_NMI);
        env->nmi_blocked = true;
        take_hardware(env, EXCP_NMI);
        return true;
    }
    if ((request & CPU_INTERRUPT_HARD) && x86_svm_interrupts_allowed(env)) {
        leave_guest_for(env, X86_SVM_EXIT_INTR);
        if (take_maskable(cpu)) {
            return true;
        }
    }
    if (unlikely(request & CPU_INTERRUPT_VIRTUAL) && x86_svm_virtual_interrupt_due(env)) {
        leave_guest_for(env, X86_SVM_EXIT_VINTR);
        take_hardware(env, x86_svm_take_virtual_interrupt(env));
        return true;
    }
    return false;
}

bool x86_has_work(CPUState *cs)
{
    CPUX86State *env = &((X86CPU *)cs)->env;
    int request = qatomic_read(&cs->interrupt_request), wanted;

    wanted = CPU_INTERRUPT_RESET | CPU_INTERRUPT_DEBUG;
    if (!env->svm.gif) {
        return request & wanted;
    }
    wanted |= env->in_smm ? 0 : CPU_INTERRUPT_INIT;
    if (env->waits_for_sipi) {
        wanted |= CPU_INTERRUPT_SIPI;
    } else if (!env->shut_down) {
        wanted |= env->in_smm ? 0 : CPU_INTERRUPT_SMI;
        wanted |= env->nmi_blocked ? 0 : CPU_INTERRUPT_NMI;
        wanted |= x86_svm_interrupts_allowed(env) ? CPU_INTERRUPT_HARD : 0;
        wanted |= x86_svm_virtual_interrupt_due(env) ? CPU_INTERRUPT_VIRTUAL : 0;
    }
    return request & wanted;
}
