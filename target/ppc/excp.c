/*
 * PowerPC exceptions and interrupts: raising, priorities, what the registers get; the CPU's input
 * pins.
 *
 * Reference: MPC750UM chapter 4, PEM chapter 6.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "disas/disas.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "target/ppc/helper.h"
#include "target/ppc/internal.h"

/* MSR bits that SRR1 gets (MPC750UM tables 4-9 to 4-13); the others carry the exception's own
 * information. */
#define SRR1_MSR_MASK 0x87c0ffffu

/* From one vector to the next; how many faults in a row within it are a loop. */
enum { VECTOR_SIZE = 0x100, VECTOR_FAULTS_REPORTED = 16 };

typedef struct PPCVector {
    uint16_t excp;
    const char *name;
} PPCVector;

static const PPCVector vectors[] = {
    { PPC_EXCP_RESET, "system reset" },
    { PPC_EXCP_MCHECK, "machine check" },
    { PPC_EXCP_DSI, "DSI" },
    { PPC_EXCP_ISI, "ISI" },
    { PPC_EXCP_EXTERNAL, "external interrupt" },
    { PPC_EXCP_ALIGN, "alignment" },
    { PPC_EXCP_PROGRAM, "program" },
    { PPC_EXCP_FPU, "FP unavailable" },
    { PPC_EXCP_DECR, "decrementer" },
    { PPC_EXCP_SYSCALL, "system call" },
    { PPC_EXCP_TRACE, "trace" },
    { PPC_EXCP_PERFMON, "performance monitor" },
    { PPC_EXCP_VPU, "AltiVec unavailable" },
    { PPC_EXCP_IMISS, "instruction TLB miss" },
    { PPC_EXCP_DLMISS, "data load TLB miss" },
    { PPC_EXCP_DSMISS, "data store TLB miss" },
    { PPC_EXCP_IABR, "instruction breakpoint" },
    { PPC_EXCP_SMI, "system management" },
    { PPC_EXCP_VPUA, "AltiVec assist" },
    { PPC_EXCP_THERMAL, "thermal management" },
};

static const char *vector_name(int excp)
{
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        if (vectors[i].excp == excp) {
            return vectors[i].name;
        }
    }
    return "unknown";
}

/* ---- Raising ---- */

void ppc_raise_exception(CPUPPCState *env, int excp, uint32_t error, uintptr_t ra)
{
    CPUState *cs = ppc_env_cpu(env);

    cs->exception_index = excp;
    env->error_code = error;
    cpu_loop_exit_restore(cs, ra);
}

void ppc_raise_data_exception(CPUPPCState *env, int excp, uint32_t error, uint32_t ea, uintptr_t ra)
{
    env->fault_address = ea;
    ppc_raise_exception(env, excp, error, ra);
}

void helper_ppc_raise_exception(CPUPPCState *env, uint32_t excp, uint32_t error)
{
    ppc_raise_exception(env, excp, error, GETPC());
}

void helper_ppc_raise_after(CPUPPCState *env, uint32_t excp, uint32_t error)
{
    ppc_raise_exception(env, excp, error, 0);
}

void helper_ppc_raise_debug(CPUPPCState *env)
{
    ppc_raise_exception(env, EXCP_DEBUG, 0, 0);
}

void helper_ppc_raise_alignment(CPUPPCState *env, uint32_t ea)
{
    ppc_raise_data_exception(env, PPC_EXCP_ALIGN, 0, ea, GETPC());
}

void helper_ppc_tw(CPUPPCState *env, uint32_t a, uint32_t b, uint32_t to)
{
    bool trap = ((to & 16) && (int32_t)a < (int32_t)b) || ((to & 8) && (int32_t)a > (int32_t)b) ||
                ((to & 4) && a == b) || ((to & 2) && a < b) || ((to & 1) && a > b);

    if (trap) {
        ppc_raise_exception(env, PPC_EXCP_PROGRAM, PPC_PROGRAM_TRAP, GETPC());
    }
}

bool ppc_fp_exception_due(const CPUPPCState *env)
{
    return (env->fpscr & FPSCR_FEX) && (env->msr & (MSR_FE0 | MSR_FE1));
}

void helper_ppc_fp_check(CPUPPCState *env)
{
    if (ppc_fp_exception_due(env)) {
        ppc_raise_exception(env, PPC_EXCP_PROGRAM, PPC_PROGRAM_FP, GETPC());
    }
}

void ppc_do_unaligned_access(CPUState *cs, vaddr addr, MMUAccessType access, int mmu_idx,
                             uintptr_t ra)
{
    ppc_raise_data_exception(ppc_env(cs), PPC_EXCP_ALIGN, 0, addr, ra);
}

/* The bus ended the transfer with an error (TEA). Stores are reported like loads, though the part
 * does so late. */
void ppc_do_transaction_failed(CPUState *cs, hwaddr physaddr, vaddr addr, unsigned size,
                               MMUAccessType access, int mmu_idx, MemTxAttrs attrs,
                               MemTxResult result, uintptr_t ra)
{
    PowerPCCPU *cpu = POWERPC_CPU(cs);

    if (cpu->bus_errors) {
        cpu->env.bus_error = physaddr;
        cpu->env.bus_error_access = access;
        qemu_log_mask(CPU_LOG_INT, "bus error at physical %08" HWADDR_PRIx "\n", physaddr);
        ppc_raise_exception(&cpu->env, PPC_EXCP_MCHECK, MCHECK_TEA, ra);
    }
}

/* ---- Delivering ---- */

/* PEM table 6-9: which parts of the instruction DSISR shows. */
uint32_t ppc_alignment_dsisr(uint32_t insn)
{
    uint32_t registers = (insn >> 16 & 0x1f) | (insn >> 21 & 0x1f) << 5;

    if (insn >> 26 == 31) {
        return registers | (insn >> 1 & 3) << 15 | (insn >> 6 & 1) << 14 | (insn >> 7 & 15) << 10;
    }
    return registers | (insn >> 26 & 1) << 14 | (insn >> 27 & 15) << 10;
}

/* What the 603 adds to DAR for a misaligned lmw or stmw (MPC603eUM 4.5.6.2). */
static uint32_t dar_offset(CPUPPCState *env)
{
    bool multiple = env->insn >> 26 == 46 || env->insn >> 26 == 47;

    return multiple && (ppc_family(env)->features & PPC_FEAT_603_ALIGNMENT) ? 4 : 0;
}

/* "00001234", with the symbol if there is one: "00001234 (start+0x4)". */
static void describe_address(uint32_t addr, char *buf, size_t size)
{
    uint64_t offset = 0;
    const char *symbol = disas_symbol(addr, &offset);

    if (symbol && symbol[0]) {
        snprintf(buf, size, "%08x (%s+0x%" PRIx64 ")", addr, symbol, offset);
    } else {
        snprintf(buf, size, "%08x", addr);
    }
}

/* Why the exception came, from what its SRR1 and DSISR will say. */
static void describe_cause(const CPUPPCState *env, int excp, uint32_t info, char *buf, size_t size)
{
    static const struct {
        int excp;
        uint32_t info;
        const char *text;
    } causes[] = {
        { PPC_EXCP_MCHECK, MCHECK_MCP, "machine check input asserted" },
        { PPC_EXCP_PROGRAM, PPC_PROGRAM_PRIVILEGED, "privileged instruction" },
        { PPC_EXCP_PROGRAM, PPC_PROGRAM_TRAP, "trap" },
        { PPC_EXCP_PROGRAM, PPC_PROGRAM_FP, "floating-point exception" },
        { PPC_EXCP_ISI, ISI_NOT_FOUND, "no translation" },
        { PPC_EXCP_ISI, ISI_PROTECTION, "protection" },
        { PPC_EXCP_ISI, ISI_NO_EXECUTE, "no-execute or guarded memory" },
        { PPC_EXCP_DSI, DSISR_NOT_FOUND, "no translation" },
        { PPC_EXCP_DSI, DSISR_PROTECTION, "protection" },
    };
    static const char *const accesses[] = {
        [MMU_DATA_LOAD] = "load", [MMU_DATA_STORE] = "store", [MMU_INST_FETCH] = "fetch",
    };
    const char *text = vector_name(excp);

    for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
        if (causes[i].excp == excp && (causes[i].info & info)) {
            text = causes[i].text;
        }
    }
    if (excp == PPC_EXCP_MCHECK && (info & MCHECK_TEA)) {
        snprintf(buf, size, "bus error of a %s at physical address %08" HWADDR_PRIx,
                 accesses[env->bus_error_access], env->bus_error);
    } else if (excp == PPC_EXCP_PROGRAM && (info & PPC_PROGRAM_ILLEGAL)) {
        snprintf(buf, size, "illegal instruction %08x", env->insn);
    } else if (excp == PPC_EXCP_DSI || excp == PPC_EXCP_ALIGN) {
        snprintf(buf, size, "%s, address %08x", text, env->fault_address);
    } else {
        g_strlcpy(buf, text, size);
    }
}

static void checkstop(CPUState *cs, uint32_t info)
{
    CPUPPCState *env = ppc_env(cs);
    char at[128], cause[128];

    describe_address(env->nip, at, sizeof(at));
    describe_cause(env, PPC_EXCP_MCHECK, info, cause, sizeof(cause));
    error_report("CPU %d: checkstop: machine check at %s with MSR[ME] = 0: %s", cs->cpu_index, at,
                 cause);
    BQL_LOCK_GUARD();
    env->checkstopped = true;
    cs->halted = 1;
}

static bool is_fault(int excp)
{
    switch (excp) {
    case PPC_EXCP_MCHECK:
    case PPC_EXCP_DSI:
    case PPC_EXCP_ISI:
    case PPC_EXCP_ALIGN:
    case PPC_EXCP_PROGRAM:
    case PPC_EXCP_FPU:
    case PPC_EXCP_SYSCALL:
    case PPC_EXCP_VPU:
    case PPC_EXCP_IMISS:
    case PPC_EXCP_DLMISS:
    case PPC_EXCP_DSMISS:
        return true;
    default:
        return false;
    }
}

/*
 * A handler whose first instructions fault is entered again and again, and the guest hangs without
 * a word. So many faults in a row, each within the vector that the one before went to, have no
 * other explanation.
 */
static void watch_for_loop(CPUPPCState *env, int excp, uint32_t srr0, uint32_t info)
{
    char at[128], cause[128];

    if (!is_fault(excp)) {
        return;
    }
    if (srr0 - env->last_vector > VECTOR_SIZE) {
        env->vector_faults = 0;
    } else if (++env->vector_faults == VECTOR_FAULTS_REPORTED) {
        describe_address(srr0, at, sizeof(at));
        describe_cause(env, excp, info, cause, sizeof(cause));
        warn_report("CPU %d: exception handlers fault without end: %04x (%s) at %s, in the handler "
                    "at %08x: %s", ppc_env_cpu(env)->cpu_index, excp, vector_name(excp), at,
                    env->last_vector, cause);
    }
}

static void log_exception(CPUState *cs, int excp, uint32_t srr0, uint32_t srr1)
{
    CPUPPCState *env = ppc_env(cs);

    qemu_log_mask(CPU_LOG_INT, "CPU %d: exception %04x (%s): SRR0 %08x SRR1 %08x DAR %08x "
                  "DSISR %08x LR %08x -> %08x\n",
                  cs->cpu_index, excp, vector_name(excp), srr0, srr1, env->spr[SPR_DAR],
                  env->spr[SPR_DSISR], env->lr, env->nip);
}

/* The end of sleep mode. */
static void restart_clock(CPUPPCState *env)
{
    BQL_LOCK_GUARD();

    ppc_timebase_update(env);
}

/* Saves nip and MSR and goes to the vector. `cause`: what the exception's raiser said. */
static void enter(CPUPPCState *env, int excp, uint32_t info, uint32_t cause)
{
    uint32_t srr0 = env->nip;
    uint32_t kept = MSR_ILE | MSR_IP | (excp == PPC_EXCP_MCHECK ? 0 : MSR_ME);
    uint32_t msr = (env->msr & kept) | (env->msr & MSR_ILE ? MSR_LE : 0);

    env->spr[SPR_SRR0] = srr0;
    env->spr[SPR_SRR1] = (env->msr & SRR1_MSR_MASK) | info;
    if (excp >= PPC_EXCP_IMISS && excp <= PPC_EXCP_DSMISS) {
        env->spr[SPR_SRR1] = (env->msr & 0xffff) | info | ppc_crf_unpack(env->crf[0]) << 28;
        msr |= ppc_family(env)->msr_mask & MSR_TGPR;
    }
    if (unlikely(!env->tb_running)) {
        restart_clock(env);
    }
    watch_for_loop(env, excp, srr0, cause);
    env->nip = (env->msr & MSR_IP ? 0xfff00000 : 0) + excp;
    env->last_vector = env->nip;
    ppc_store_msr(env, msr);
    if (qemu_loglevel_mask(CPU_LOG_INT)) {
        log_exception(ppc_env_cpu(env), excp, srr0, env->spr[SPR_SRR1]);
    }
}

void ppc_do_interrupt(CPUState *cs)
{
    CPUPPCState *env = ppc_env(cs);
    int excp = cs->exception_index;
    uint32_t info = env->error_code;

    cs->exception_index = EXCP_NONE;
    switch (excp) {
    case PPC_EXCP_MCHECK:
        if (!(env->msr & MSR_ME)) {
            checkstop(cs, info);
            return;
        }
        break;
    case PPC_EXCP_DSI:
        env->spr[SPR_DAR] = env->fault_address;
        env->spr[SPR_DSISR] = info;
        info = 0;
        break;
    case PPC_EXCP_ALIGN:
        env->spr[SPR_DAR] = env->fault_address + dar_offset(env);
        env->spr[SPR_DSISR] = ppc_alignment_dsisr(env->insn);
        info = 0;
        break;
    case PPC_EXCP_IABR:
        env->pm_counts[PPC_PM_IABR]++;
        break;
    }
    enter(env, excp, info, env->error_code);
}

/* ---- Interrupts ---- */

/*
 * In order of priority (MPC750UM table 4-3). `enable`: the MSR bit that lets it through; `once`:
 * taken, it isn't pending any more.
 */
static const struct {
    uint32_t bit;
    uint32_t enable;
    uint16_t excp;
    bool once;
    uint32_t info;
} interrupts[] = {
    { PPC_INTERRUPT_MCHECK, 0, PPC_EXCP_MCHECK, true, MCHECK_MCP },
    { PPC_INTERRUPT_RESET, 0, PPC_EXCP_RESET, true, 0 },
    { PPC_INTERRUPT_SMI, MSR_EE, PPC_EXCP_SMI, false, 0 },
    { PPC_INTERRUPT_EXT, MSR_EE, PPC_EXCP_EXTERNAL, false, 0 },
    { PPC_INTERRUPT_PERFMON, MSR_EE, PPC_EXCP_PERFMON, true, 0 },
    { PPC_INTERRUPT_DECR, MSR_EE, PPC_EXCP_DECR, true, 0 },
    { PPC_INTERRUPT_THERMAL, MSR_EE, PPC_EXCP_THERMAL, true, 0 },
};

/* Index of the interrupt to take now, or -1. */
static int due_interrupt(CPUPPCState *env)
{
    uint32_t pending = qatomic_read(&env->pending_interrupts);

    for (size_t i = 0; i < ARRAY_SIZE(interrupts) && pending; i++) {
        if ((pending & interrupts[i].bit) &&
            (!interrupts[i].enable || (env->msr & interrupts[i].enable))) {
            return i;
        }
    }
    return -1;
}

bool ppc_has_work(CPUState *cs)
{
    CPUPPCState *env = ppc_env(cs);

    if (qatomic_read(&cs->interrupt_request) & (CPU_INTERRUPT_RESET | CPU_INTERRUPT_DEBUG)) {
        return true;
    }
    return !env->checkstopped && due_interrupt(env) >= 0;
}

void ppc_set_pending(CPUPPCState *env, uint32_t bits, bool set)
{
    CPUState *cs = ppc_env_cpu(env);

    if (!set) {
        /* In this order: what another thread makes pending meanwhile has its request afterwards. */
        qatomic_and(&env->pending_interrupts, ~bits);
        if (!qatomic_read(&env->pending_interrupts)) {
            cpu_reset_interrupt(cs, CPU_INTERRUPT_HARD);
            if (qatomic_mb_read(&env->pending_interrupts)) {
                qatomic_or(&cs->interrupt_request, CPU_INTERRUPT_HARD);
            }
        }
        return;
    }
    qatomic_or(&env->pending_interrupts, bits);
    if (qemu_cpu_is_self(cs)) {
        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
    } else {
        BQL_LOCK_GUARD();

        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
    }
}

bool ppc_cpu_exec_interrupt(CPUState *cs, int request)
{
    CPUPPCState *env = ppc_env(cs);
    int i = request & CPU_INTERRUPT_HARD ? due_interrupt(env) : -1;

    if (i < 0) {
        return false;
    }
    if (interrupts[i].once) {
        ppc_set_pending(env, interrupts[i].bit, false);
    }
    cs->exception_index = interrupts[i].excp;
    env->error_code = interrupts[i].info;
    ppc_do_interrupt(cs);
    return true;
}

/* ---- Input pins ---- */

static void pin_changed(CPUPPCState *env, int n, bool level)
{
    CPUState *cs = ppc_env_cpu(env);

    switch (n) {
    case PPC6xx_INPUT_HRESET:
        if (level) {
            cpu_interrupt(cs, CPU_INTERRUPT_RESET);
        }
        break;
    case PPC6xx_INPUT_SRESET:
        if (level) {
            ppc_set_pending(env, PPC_INTERRUPT_RESET, true);
        }
        break;
    case PPC6xx_INPUT_CKSTP_IN:
        if (level) {
            error_report("CPU %d: checkstop input asserted", cs->cpu_index);
            env->checkstopped = true;
            cpu_interrupt(cs, CPU_INTERRUPT_HALT);
        }
        break;
    case PPC6xx_INPUT_MCP:
        if (level && (env->spr[SPR_HID0] & HID0_EMCP)) {
            ppc_set_pending(env, PPC_INTERRUPT_MCHECK, true);
        }
        break;
    case PPC6xx_INPUT_SMI:
        ppc_set_pending(env, PPC_INTERRUPT_SMI, level);
        break;
    case PPC6xx_INPUT_INT:
        ppc_set_pending(env, PPC_INTERRUPT_EXT, level);
        break;
    case PPC6xx_INPUT_TBEN:
        ppc_timebase_update(env);
        break;
    }
}

static void set_pin(void *opaque, int n, int level)
{
    CPUPPCState *env = &POWERPC_CPU(opaque)->env;
    uint32_t bit = 1u << n;

    if (!(env->input_levels & bit) == !level) {
        return;
    }
    env->input_levels ^= bit;
    pin_changed(env, n, level != 0);
}

void ppc_init_gpios(PowerPCCPU *cpu)
{
    cpu->env.input_levels = 1u << PPC6xx_INPUT_TBEN;
    qdev_init_gpio_in(DEVICE(cpu), set_pin, PPC6xx_INPUT_NB);
}

/* After a reset: what the level-sensitive pins say. */
void ppc_pins_after_reset(CPUPPCState *env)
{
    ppc_set_pending(env, PPC_INTERRUPT_SMI, env->input_levels >> PPC6xx_INPUT_SMI & 1);
    ppc_set_pending(env, PPC_INTERRUPT_EXT, env->input_levels >> PPC6xx_INPUT_INT & 1);
}
