/*
 * What the files of this folder share and nobody else needs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_INTERNAL_H
#define TARGET_ARM_INTERNAL_H

#include "exec/cpu-loop.h"
#include "exec/cputlb.h"
#include "migration/vmstate.h"
#include "target/arm/cpu.h"
#include "target/arm/mmu-walk.h"

#ifndef GETPC
#define GETPC() ((uintptr_t)__builtin_return_address(0))
#endif

/* ESR_ELx.EC (DDI 0487, D19.2.37) */
enum {
    EC_UNKNOWN = 0x00,
    EC_WFX = 0x01,
    EC_CP15_RT = 0x03,
    EC_CP15_RRT = 0x04,
    EC_CP14_RT = 0x05,
    EC_FP_ACCESS = 0x07,
    EC_VMRS = 0x08, /* of identification registers */
    EC_SVE_ACCESS = 0x19,
    EC_PAUTH = 0x09,
    EC_CP14_RRT = 0x0c,
    EC_BRANCH_TARGET = 0x0d,
    EC_ILLEGAL_STATE = 0x0e,
    EC_SVC32 = 0x11,
    EC_SVC64 = 0x15,
    EC_HVC64 = 0x16,
    EC_SMC64 = 0x17,
    EC_HVC32 = 0x12,
    EC_SMC32 = 0x13,
    EC_SYSREG = 0x18,
    EC_IABORT_LOWER = 0x20,
    EC_IABORT = 0x21,
    EC_PC_ALIGN = 0x22,
    EC_DABORT_LOWER = 0x24,
    EC_DABORT = 0x25,
    EC_SP_ALIGN = 0x26,
    EC_SERROR = 0x2f,
    EC_BREAKPOINT_LOWER = 0x30,
    EC_BREAKPOINT = 0x31,
    EC_STEP_LOWER = 0x32,
    EC_STEP = 0x33,
    EC_WATCHPOINT_LOWER = 0x34,
    EC_WATCHPOINT = 0x35,
    EC_BKPT32 = 0x38,
    EC_BRK64 = 0x3c,
};
enum {
    ESR_EC_SHIFT = 26,
    ESR_IL = 1 << 25,
    ESR_CM = 1 << 8,
    ESR_WNR = 1 << 6,
    ESR_STEP_VALID = 1 << 24,
    ESR_VALID = 1 << 24, /* of a data abort: what the instruction does follows */
    ESR_S1PTW = 1 << 7,
};

/* CV = 1, COND = 1110: what an A64 instruction always reports. */
#define ARM_ISS_COND_ALWAYS (0x1eu << 20)

static inline uint32_t arm_esr(unsigned ec, uint32_t iss)
{
    return ec << ESR_EC_SHIFT | ESR_IL | iss;
}

/* FPEXC, AArch32's: floating point is on. */
#define FPEXC_EN (1u << 30)

/* What an instruction is to an indirect branch that comes to it in a guarded page. */
typedef enum ARMLanding {
    ARM_LANDING_NONE,
    ARM_LANDING_PAD,
    ARM_LANDING_BY_BT, /* a pad where SCTLR_ELx.BT, of EL0 or of the others, is 0 */
} ARMLanding;

/* cpu.c */
/* Works out env->hflags; after a change of PSTATE.{EL,IL,SS}, SCTLR or CPACR. */
void arm_update_hflags(CPUARMState *env);
/*
 * fp-helper.c: after an operation that may have been the first inexact one: from now on generated
 * code does without helpers. What runs is linked to what calls them, until the CPU looks up.
 */
void arm_fp_notice(CPUARMState *env);
/* PSTATE with its NZCV, as SPSR_ELx and GDB have it. */
uint32_t arm_read_pstate(const CPUARMState *env);
/* Writes all of it and exchanges stack pointers where SP or EL change. `value` is a valid one. */
void arm_write_pstate(CPUARMState *env, uint32_t value);
uint32_t arm_read_nzcv(const CPUARMState *env);

/*
 * Flags that translated A64 code hadn't written yet, made again of registers: the operation, of 64 bits
 * or of words; the register that is its first operand or, with RESULT, its result; its second one, a
 * register or 32 bits of a constant.
 */
typedef enum ARMRecallKind {
    ARM_RECALL_NONE,
    ARM_RECALL_ADD,
    ARM_RECALL_SUB,
    ARM_RECALL_LOGIC,
} ARMRecallKind;

enum {
    ARM_RECALL_KIND = 3,
    ARM_RECALL_WIDE = 4,
    ARM_RECALL_RESULT = 8,
    ARM_RECALL_IMM = 16,
    ARM_RECALL_FIRST = 5, /* five bits from here on */
    ARM_RECALL_SECOND = 10,
};

/* 0: there are none. */
void arm_recall_flags(CPUARMState *env, uint64_t recall);
void arm_write_nzcv(CPUARMState *env, uint32_t value);
/* Where the stack pointer of `el` is now: SP_ELx as MSR and MRS reach it. */
uint64_t *arm_stack_pointer(CPUARMState *env, unsigned el);

/* cpu.c: the level that pointer authentication traps to now; 0: none. */
unsigned arm_pauth_trap_level(const CPUARMState *env);

/* excp.c */
/* Raises a synchronous exception for the instruction whose helper was called from `ra`. */
G_NORETURN_ATTR void arm_raise(CPUARMState *env, uint32_t esr, uintptr_t ra);
G_NORETURN_ATTR void arm_raise_with_far(CPUARMState *env, uint32_t esr, uint64_t far, uintptr_t ra);
/* The same for a level that isn't the usual one. */
G_NORETURN_ATTR void arm_raise_to(CPUARMState *env, unsigned target, uint32_t esr, uintptr_t ra);
/* What an access can't get through translation for. */
typedef struct ARMFault {
    unsigned code; /* FSC_* with its level, ESR_CM; 0: none */
    bool stage2;
    bool on_walk;   /* of stage 2, while a table of stage 1 was read */
    uint8_t domain; /* of short descriptors */
    hwaddr ipa;     /* what stage 2 was asked for */
} ARMFault;
G_NORETURN_ATTR void arm_raise_fault(CPUARMState *env, uint64_t addr, MMUAccessType access,
                                     const ARMFault *fault, uintptr_t ra);
/* An abort of the access: the class is worked out, and ESR_WNR is set for a store. domain: 0 where
 * there is none. */
G_NORETURN_ATTR void arm_raise_abort(CPUARMState *env, uint64_t addr, MMUAccessType access,
                                     uint32_t iss, unsigned domain, uintptr_t ra);
void arm_do_interrupt(CPUState *cs);
bool arm_cpu_exec_interrupt(CPUState *cs, int request);
bool arm_has_work(CPUState *cs);
void arm_do_transaction_failed(CPUState *cs, hwaddr physaddr, vaddr addr, unsigned size,
                               MMUAccessType access, int mmu_idx, MemTxAttrs attrs,
                               MemTxResult result, uintptr_t ra);
bool arm_tolerates_unaligned(CPUState *cs, vaddr addr, unsigned size);
G_NORETURN_ATTR void arm_do_unaligned_access(CPUState *cs, vaddr addr, MMUAccessType access,
                                             int mmu_idx, uintptr_t ra);
void arm_init_gpios(ARMCPU *cpu);
/* Which exception level takes an abort or trap at the current one, if no other is said. */
unsigned arm_target_el(const CPUARMState *env);
/* Which level FP and SIMD instructions trap to now, 0: none. */
unsigned arm_fp_trap_level(const CPUARMState *env);
/* The same of SVE instructions, as what class. */
unsigned arm_sve_trap_level(const CPUARMState *env, uint32_t *class);
/* Which level takes debug exceptions. */
unsigned arm_debug_target(const CPUARMState *env);
/* debug.c: works out what breakpoints and watchpoints are looked for, and env->hflags; after a
 * change of the debug registers. */
void arm_debug_changed(CPUARMState *env);
/* What of the block key they decide: software step; any breakpoint may be met at this level. */
bool arm_step_is_on(const CPUARMState *env);
bool arm_breakpoints_are_on(const CPUARMState *env);
/* Which bit of env->breakpoint_filter an address has. */
static inline uint64_t arm_breakpoint_bit(uint64_t addr)
{
    return 1ull << (addr >> 2 & 63);
}
/* TCGCPUOps.own_watchpoint_hit, watched_address */
void arm_data_accessed(CPUState *cs, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx,
                       uintptr_t ra);
vaddr arm_watched_address(CPUState *cs, vaddr addr);
/* Something that can be taken, or will be once it is unmasked, waits. */
bool arm_interrupt_waits(const CPUARMState *env);
/* HCR_EL2's virtual interrupts have changed. */
void arm_virtual_interrupts_changed(CPUARMState *env);
/* What waits, as bits ARM_EXCP_*, HCR_EL2's included. */
uint32_t arm_waiting_interrupts(const CPUARMState *env);

/* syndrome.c: what a load or store of one general register does, as ESR_EL2.ISS[24:14] has it; 0:
 * any other instruction. */
uint32_t arm_access_syndrome(uint32_t insn);
/* The same of AArch32's, as HSR has it. The upper half of T32's is the first one. */
uint32_t arm_access_syndrome_a32(uint32_t insn);
uint32_t arm_access_syndrome_t32(uint32_t insn);
uint32_t arm_access_syndrome_t16(uint32_t insn);

/* PSTATE in which an exception to `to` starts, and what of SPSR's comes back. */
uint32_t arm_pstate_of_exception(const CPUARMState *env, uint32_t saved, unsigned to);
uint32_t arm_pstate_known(const CPUARMState *env);

/* excp32.c: AArch32 */
/* Of parts that have nothing else: Armv8's; those have MVFR2. */
static inline bool arm_is_armv8(const CPUARMState *env)
{
    return env->id.mvfr[2];
}
/* Whether it is one of the modes that there are without EL2 and EL3, too. */
static inline bool arm_mode_is_known(unsigned mode)
{
    return mode == MODE_SYS || mode == MODE_UND || mode == MODE_ABT ||
           (mode >= MODE_USR && mode <= MODE_SVC);
}
/* ESR for AArch64 at a higher level, of an exception at what AArch32 is about to do: registers have
 * AArch64's numbers, and an abort has what the instruction loads or stores. */
uint32_t arm_syndrome_of_aarch32(CPUARMState *env, uint32_t esr);
/* FPEXC says that there is no floating point. */
static inline bool arm_fpexc_disables(const CPUARMState *env)
{
    return arm_is_below_aarch32(env) && !(env->fpexc & FPEXC_EN);
}
/* ICH_HCR_EL2: what EL2 has trapped of a GICv3's registers, by what they are for. */
enum {
    ICH_HCR_TC = 1 << 10,
    ICH_HCR_TALL0 = 1 << 11,
    ICH_HCR_TALL1 = 1 << 12,
    ICH_HCR_TDIR = 1 << 14,
    ICH_HCR_TRAPS = ICH_HCR_TC | ICH_HCR_TALL0 | ICH_HCR_TALL1 | ICH_HCR_TDIR,
};
/* Exchanges the mode's own registers with x[8] to x[14]. Twice: as it was. */
void arm_exchange_banked(CPUARMState *env, unsigned mode);
/* DFSR or IFSR, and PAR's field, for a fault status code with ESR_WNR and ESR_CM, in the format of
 * short or long descriptors; the domain is in env->exception. */
uint32_t arm_fault_status(const CPUARMState *env, uint32_t iss, bool by_long_descriptors);
/* Takes the exception in exception_index to env->exception.target, where EL1 uses AArch32. */
void arm_do_interrupt32(CPUState *cs);

/* mmu.c */
bool arm_tlb_fill(CPUState *cs, vaddr addr, int size, MMUAccessType access, int mmu_idx, bool probe,
                  uintptr_t ra);
size_t arm_mmu_context_key(CPUState *cs, int mmu_idx, uint8_t *key);
hwaddr arm_get_phys_page_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs);
void arm_dump_mmu(CPUState *cs, FILE *f);
/* log2 of the granule and of the size of that half of addresses now, with TCR as EL1 has it; *upper: false
 * where there are no halves. */
ARMHalf arm_pointer_half(CPUARMState *env, bool *upper, uint64_t *tcr);
/* The page that code at that address runs from asks for landing pads (FEAT_BTI). */
bool arm_page_is_guarded(CPUARMState *env, uint64_t addr);
/* AT: PAR_EL1 for the address, by stage 1 or both. */
void arm_address_translate(CPUARMState *env, uint64_t addr, MMUAccessType access, int mmu_idx,
                           bool both_stages);
/* The instruction at the pc, for who wants to know what it was; false: it can't be read. */
bool arm_look_at_instruction(CPUARMState *env, uint32_t *insn);
/* TLB maintenance on this CPU: everything; what TLBI by address names. */
void arm_tlb_flush(CPUARMState *env);
void arm_tlb_flush_address(CPUARMState *env, uint64_t operand);

/* sysreg.c: the same on all CPUs if it is for the inner shareable domain; maybe before the next
 * instruction, which has to be looked up. */
void arm_tlb_invalidate(CPUARMState *env, bool inner_shareable, bool by_address, uint64_t operand);

/* sysreg-traps.c: whether a level above may take accesses of system registers from the current one. */
bool arm_sysregs_may_trap(const CPUARMState *env);

/* timer.c */
/* After a reset, or when a snapshot has been loaded: outputs and the deadline follow the registers,
 * where `line` says what level an output has. */
void arm_timer_update(CPUARMState *env);
void arm_deadline_passed(CPUState *cs, int64_t now);
/* Control register with ISTATUS; writes re-arm the deadline. */
uint32_t arm_timer_control(CPUARMState *env, unsigned timer);
void arm_timer_set_control(CPUARMState *env, unsigned timer, uint32_t value);
void arm_timer_set_compare(CPUARMState *env, unsigned timer, uint64_t value);
/* The counter that the timer compares with. */
uint64_t arm_timer_count(CPUARMState *env, unsigned timer);

/* pmu.c */
/* Before something changes that the counters depend on, and behind it. */
void arm_pmu_fold(CPUARMState *env);
void arm_pmu_restart(CPUARMState *env);
void arm_pmu_reset(CPUARMState *env);
/* env->pmu.deadline has been reached. */
void arm_pmu_deadline_passed(CPUARMState *env);
/* ARM_PMU_*, while a counter is active. */
void arm_pmu_count(CPUARMState *env, unsigned number);

/* system-helper.c: stops this CPU until an interrupt; `off`: until PSCI's CPU_ON. */
G_NORETURN_ATTR void arm_halt(CPUARMState *env, bool off);

/* vfp-helper.c: FPSCR, AArch32's view of FPSR and FPCR. */
uint32_t arm_read_fpscr(const CPUARMState *env);
void arm_write_fpscr(CPUARMState *env, uint32_t value);

/* system-helper.c: zeroes memory in one page, as stores of the guest's do. */
void arm_zero(CPUARMState *env, uint64_t addr, unsigned size, int mmu_idx, uintptr_t ra);

/* psci.c: a call by hvc or smc. May leave the CPU loop. */
void arm_psci_call(CPUARMState *env);

/* dump.c, gdbstub.c, vmstate.c */
void arm_dump_state(CPUState *cs, FILE *f, int flags);
bool arm_get_register(CPUState *cs, const char *name, uint64_t *value);
const GdbFeature *const *arm_gdb_features(CPUState *cs);
const GdbFeature *const *arm_gdb_features32(CPUState *cs);
extern const VMStateDescription vmstate_arm_cpu;

/* models.c */
struct ARMModel {
    const char *name;
    ARMIdRegs id;
    bool is_max; /* has properties that choose extensions */
};
/* Properties of the model's class; whether what they ask for goes together; what becomes of the
 * identification registers. */
void arm_add_feature_properties(ObjectClass *klass, const ARMModel *model);
bool arm_check_features(ARMCPU *cpu, Error **errp);
void arm_apply_features(ARMCPU *cpu, ARMIdRegs *id);
/* Ends with a NULL name. */
extern const ARMModel arm_models[];
ObjectClass *arm_class_by_name(const char *model);
void arm_cpu_list(void);

/* translate.c */
/* Which extensions of a64.decode the part lacks, as A64_FLAG_*. */
uint32_t a64_lacking_extensions(const ARMIdRegs *id);
void arm_translate_init(void);
void arm_translate_code(CPUState *cpu, TranslationBlock *tb, const TranslatorInput *input);
/* translate32.c: the same for AArch32 */
void arm_translate32_init(void);
void arm_translate32_code(CPUState *cpu, TranslationBlock *tb, const TranslatorInput *input);

#endif
