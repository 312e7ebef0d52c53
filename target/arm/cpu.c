/*
 * Arm CPU device: class, realize, reset; PSTATE as a whole.
 *
 * Reference: DDI 0487, D1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include <capstone/capstone.h>
#include "core/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "system/cpus.h"
#include "system/memory.h"
#include "target/arm/fpu.h"
#include "target/arm/internal.h"
#include "target/arm/mte.h"
#include "target/arm/sysreg.h"
#include "target/arm/sysreg32.h"
#include "tcg/tcg-op.h"

/* ---- PSTATE ---- */

static bool fp_is_on(const CPUARMState *env)
{
    return !arm_fpexc_disables(env) && !arm_fp_trap_level(env);
}

/* What SCTLR takes from AArch32 where that is EL0's alone. */
static uint64_t disabled32_flags(const CPUARMState *env, uint64_t sctlr)
{
    return arm_el1_is_aarch32(env)
               ? 0
               : (sctlr & SCTLR_ITD ? ARM_HF_ITD : 0) | (sctlr & SCTLR_SED ? ARM_HF_SED : 0);
}

/* Which instruction set; that has its byte order in PSTATE. */
static uint64_t aarch32_flags(const CPUARMState *env, uint64_t sctlr)
{
    return ARM_HF_A32 | (env->pstate & CPSR_T ? ARM_HF_THUMB : 0) |
           (env->pstate & CPSR_E ? ARM_HF_BIG_ENDIAN : 0) |
           (arm_has_secure_bank(env) ? ARM_HF_SECURE_BANK : 0) | disabled32_flags(env, sctlr) |
           (uint64_t)arm_it_of_cpsr(env->pstate) << ARM_HF_IT_SHIFT;
}

/* SCTLR's bits in the order of ARM_PAC_*. */
static uint64_t pauth_flags(uint64_t sctlr)
{
    static const uint64_t enables[] = { SCTLR_ENIA, SCTLR_ENIB, SCTLR_ENDA, SCTLR_ENDB };
    uint64_t flags = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(enables); i++) {
        flags |= sctlr & enables[i] ? (uint64_t)ARM_HF_PAC_IA << i : 0;
    }
    return flags;
}

unsigned arm_pauth_trap_level(const CPUARMState *env)
{
    unsigned el = arm_current_el(env);

    if (el < 2 && arm_el2_enabled(env) && !arm_el0_is_hosted(env) && !(env->hcr & HCR_API)) {
        return 2;
    }
    return el < 3 && env->has_el3 && !(env->scr & SCR_API) ? 3 : 0;
}

static uint64_t extension_flags(const CPUARMState *env, unsigned el, uint64_t sctlr)
{
    uint64_t flags = arm_has_pauth(&env->id) ? pauth_flags(sctlr) : 0;

    flags |= arm_has_pauth(&env->id) && arm_pauth_trap_level(env) ? ARM_HF_PAC_TRAP : 0;
    flags |= el && (env->pstate & PSTATE_UAO) ? ARM_HF_UAO : 0;
    flags |= arm_has_tags(&env->id) || env->tagged_fills[el > 0]
                 ? arm_tag_flags(env, el, sctlr) : 0;
    if (env->guarded_pages) {
        flags |= ARM_HF_BTI | (uint64_t)(env->pstate & PSTATE_BTYPE) >> PSTATE_BTYPE_SHIFT
                                  << ARM_HF_BTYPE_SHIFT;
    }
    return flags;
}

static uint64_t aarch64_flags(const CPUARMState *env, unsigned el, uint64_t sctlr)
{
    return extension_flags(env, el, sctlr) |
           (sctlr & (el ? SCTLR_SA : SCTLR_SA0) ? ARM_HF_SP_ALIGN : 0) |
           (sctlr & (el ? SCTLR_EE : SCTLR_E0E) ? ARM_HF_BIG_ENDIAN : 0) |
           (arm_has_lse2(&env->id) && (sctlr & SCTLR_NAA) ? ARM_HF_NAA : 0) |
           (el == 2 && (env->hcr & HCR_E2H) ? ARM_HF_E2H : 0) |
           (el == 2 && arm_el0_is_hosted(env) ? ARM_HF_HOST : 0);
}

static unsigned mmu_mode(const CPUARMState *env, unsigned el, uint64_t sctlr)
{
    bool pan = env->pstate & PSTATE_PAN;

    if (el >= 2) {
        return el == 3 ? ARM_MMU_EL3
               : pan && (env->hcr & HCR_E2H) ? ARM_MMU_EL2_PAN
                                             : ARM_MMU_EL2;
    }
    if (el == 0 && (arm_el0_is_hosted(env) || arm_has_secure_bank(env))) {
        return arm_has_secure_bank(env) ? ARM_MMU_SECURE_EL0 : ARM_MMU_HOST_EL0;
    }
    if ((arm_hcr(env) & (HCR_VM | HCR_DC)) || arm_is_secure_below_el3(env)) {
        return !el ? ARM_MMU_GUEST_EL0 : pan ? ARM_MMU_GUEST_EL1_PAN : ARM_MMU_GUEST_EL1;
    }
    return !(sctlr & SCTLR_M) || (arm_hcr(env) & HCR_TGE) ? ARM_MMU_OFF
           : !el                                          ? ARM_MMU_EL0
           : pan                                          ? ARM_MMU_EL1_PAN
                                                          : ARM_MMU_EL1;
}

/* The vector length that the current level may use (D19, ZCR_ELx.LEN): the longest that there is and that
 * no level from it on forbids. */
static unsigned vector_quadwords(const CPUARMState *env, unsigned el)
{
    unsigned most = ARM_MAX_VQ - 1;

    if (el < 2 && !(el == 0 && arm_el0_is_hosted(env))) {
        most = MIN(most, env->zcr_el[1]);
    }
    if (el < 3 && arm_el2_enabled(env)) {
        most = MIN(most, env->zcr_el[2]);
    }
    if (env->has_el3) {
        most = MIN(most, env->zcr_el[3]);
    }
    return 32 - clz32(env->sve_lengths & ((2u << most) - 1));
}

static uint64_t sve_flags(CPUARMState *env, unsigned el)
{
    uint32_t class;
    unsigned vq;

    if (!arm_has_sve(&env->id) || arm_sve_trap_level(env, &class)) {
        return 0;
    }
    vq = vector_quadwords(env, el);
    if (vq < env->vq_before) { /* predicates' upper bits are zero (sve.h) */
        for (unsigned i = 0; i < ARRAY_SIZE(env->preg); i++) {
            env->preg[i] &= MAKE_64BIT_MASK(0, 16 * vq);
        }
    }
    env->vq_before = vq;
    return (uint64_t)vq << ARM_HF_VQ_SHIFT | (vq > 1 && env->z_high_used ? ARM_HF_Z_HIGH : 0);
}

void arm_update_hflags(CPUARMState *env)
{
    unsigned el = arm_current_el(env);
    uint64_t sctlr = env->sctlr_el[arm_regime_el(env)], flags = el;

    flags |= arm_in_aarch32(env) ? aarch32_flags(env, sctlr)
                                 : aarch64_flags(env, el, sctlr) | sve_flags(env, el);
    flags |= (uint64_t)mmu_mode(env, el, sctlr) << ARM_HF_MMU_SHIFT;
    flags |= arm_sysregs_may_trap(env) ? ARM_HF_TRAPS : 0;
    if (fp_is_on(env)) {
        flags |= ARM_HF_FP | (arm_fp_is_plain(env) && tcg_float_inline ? ARM_HF_FP_INLINE : 0);
    }
    flags |= sctlr & SCTLR_A ? ARM_HF_ALIGN : 0;
    flags |= env->pstate & PSTATE_IL ? ARM_HF_ILLEGAL : 0;
    if (arm_step_is_on(env)) {
        flags |= ARM_HF_STEP | (env->pstate & PSTATE_SS ? ARM_HF_STEP_NEXT : 0);
    }
    flags |= arm_breakpoints_are_on(env) ? ARM_HF_BREAKPOINTS : 0;
    env->hflags = flags;
    env->checked_address = 0; /* who goes on otherwise may not look at tags */
}

uint32_t arm_read_nzcv(const CPUARMState *env)
{
    return (uint32_t)(env->n >> 63) << 31 | (uint32_t)(env->z == 0) << 30 | (uint32_t)env->c << 29 |
           (uint32_t)(env->v >> 63) << 28;
}

void arm_write_nzcv(CPUARMState *env, uint32_t value)
{
    env->n = (uint64_t)value << 32;
    env->z = !(value >> 30 & 1);
    env->c = value >> 29 & 1;
    env->v = (uint64_t)value << 35;
}

uint32_t arm_read_pstate(const CPUARMState *env)
{
    return env->pstate | arm_read_nzcv(env);
}

/* The level whose stack pointer is x[31]. */
static unsigned stack_in_use(const CPUARMState *env)
{
    return env->pstate & PSTATE_SP ? arm_current_el(env) : 0;
}

uint64_t *arm_stack_pointer(CPUARMState *env, unsigned el)
{
    return el == stack_in_use(env) ? &env->x[31] : &env->sp_el[el];
}

/* What AArch64 had above registers' 32 bits isn't there. */
static void enter_aarch32(CPUARMState *env)
{
    env->pc = (uint32_t)env->pc;
    for (unsigned i = 0; i < 31; i++) {
        env->x[i] = (uint32_t)env->x[i];
    }
}

void arm_write_pstate(CPUARMState *env, uint32_t value)
{
    bool from32 = arm_in_aarch32(env), to32 = value & PSTATE_NRW;
    unsigned from_mode = env->pstate & CPSR_M, to_mode = value & CPSR_M;
    bool same_level = !from32 && !to32 && !((from_mode ^ to_mode) & PSTATE_EL);
    /* Then the block ends here: within it (SPSel) there is no exact count of instructions. */
    bool counts = env->pmu.active && !same_level;

    if (unlikely(counts)) {
        arm_pmu_fold(env);
    }
    if (!from32) {
        env->sp_el[stack_in_use(env)] = env->x[31];
    } else if (!to32 || from_mode != to_mode) {
        arm_exchange_banked(env, from_mode);
    }
    env->pstate = value & ~PSTATE_NZCV;
    if (!to32) {
        env->x[31] = env->sp_el[stack_in_use(env)];
    } else {
        if (!from32) {
            enter_aarch32(env);
        }
        if (!from32 || from_mode != to_mode) {
            arm_exchange_banked(env, to_mode);
        }
    }
    arm_write_nzcv(env, value);
    arm_update_hflags(env);
    if (unlikely(counts)) {
        arm_pmu_restart(env);
    }
}

/* ---- What the core asks ---- */

static void arm_get_tb_cpu_state(CPUState *cs, vaddr *pc, uint64_t *flags)
{
    CPUARMState *env = &((ARMCPU *)cs)->env;

    *flags = env->hflags;
    *pc = env->pc;
    if (*flags & ARM_HF_A32) { /* a debugger or a snapshot may have put anything there */
        *pc &= *flags & ARM_HF_THUMB ? ~1u : ~3u;
    }
}

void arm_recall_flags(CPUARMState *env, uint64_t recall)
{
    unsigned kind = recall & ARM_RECALL_KIND, unused = recall & ARM_RECALL_WIDE ? 0 : 32;
    bool kept = recall & ARM_RECALL_RESULT;
    /* Both as the topmost bits of 64. */
    uint64_t first = env->x[recall >> ARM_RECALL_FIRST & 31] << unused;
    uint64_t b = (recall & ARM_RECALL_IMM ? (uint64_t)(int32_t)(recall >> ARM_RECALL_SECOND)
                                          : env->x[recall >> ARM_RECALL_SECOND & 31])
                 << unused;
    uint64_t a = first, result = first;

    if (kind == ARM_RECALL_NONE) {
        return;
    }
    if (kind == ARM_RECALL_LOGIC) {
        result = kept ? first : first & b;
        env->c = env->v = 0;
    } else if (kind == ARM_RECALL_SUB) {
        *(kept ? &a : &result) = kept ? result + b : a - b;
        env->c = a >= b;
        env->v = (a ^ b) & (a ^ result);
    } else {
        *(kept ? &a : &result) = kept ? result - b : a + b;
        env->c = result < a;
        env->v = ~(a ^ b) & (a ^ result);
    }
    env->n = result;
    env->z = result;
}

/* AArch32 records ITSTATE as well, A64 how to make flags that aren't written yet. */
static void arm_restore_state_to_opc(CPUState *cs, const TranslationBlock *tb, const uint64_t *data)
{
    CPUARMState *env = &((ARMCPU *)cs)->env;

    env->pc = data[0];
    if (tb->flags & ARM_HF_A32) {
        env->pstate = (env->pstate & ~CPSR_IT) | arm_cpsr_it(data[1]);
        env->hflags = (env->hflags & ~(uint64_t)ARM_HF_IT) | data[1] << ARM_HF_IT_SHIFT;
    } else {
        arm_recall_flags(env, data[1]);
    }
}

static int arm_cpu_mmu_index(CPUState *cs)
{
    return arm_mmu_index(((ARMCPU *)cs)->env.hflags);
}

static void arm_set_pc(CPUState *cs, vaddr value)
{
    ARM_CPU(cs)->env.pc = value;
}

static vaddr arm_get_pc(CPUState *cs)
{
    return ARM_CPU(cs)->env.pc;
}

static CPUMemoryView arm_memory_view(CPUState *cs)
{
    return (CPUMemoryView){ .big_endian = ARM_CPU(cs)->env.hflags & ARM_HF_BIG_ENDIAN };
}

static void arm_disas_set_info(CPUState *cs, CPUDisasInfo *info)
{
    const CPUARMState *env = &ARM_CPU(cs)->env;
    bool thumb = env->pstate & CPSR_T;

    if (arm_in_aarch32(env)) {
        info->cap_arch = CS_ARCH_ARM;
        info->cap_mode = (thumb ? CS_MODE_THUMB : CS_MODE_ARM) |
                         (arm_has_only_aarch32(env) ? 0 : CS_MODE_V8);
        info->insn_unit = thumb ? 2 : 4;
        return;
    }
    info->cap_arch = CS_ARCH_ARM64;
    info->cap_mode = 0;
    info->insn_unit = 4;
}

/* ---- Reset ---- */

static unsigned arm_highest_el(const CPUARMState *env)
{
    return env->has_el3 ? 3 : env->has_el2 ? 2 : 1;
}

/* The same of parts without AArch64, to Hyp or Supervisor mode. A reset is to Hyp mode where EL3
 * isn't there. */
static void leave_firmware32(CPUARMState *env)
{
    if (env->has_el3) {
        env->scr |= SCR_NS | SCR_HCE;
        env->nsacr |= NSACR_CP10_11;
        arm_write_pstate(env, CPSR_AIF | (env->has_el2 ? MODE_HYP : MODE_SVC));
        tlb_context_changed(arm_env_cpu(env));
    }
}

/*
 * As firmware at EL3 leaves a CPU to the system: in non-secure state, at the next level, which uses
 * AArch64 and may do what there is.
 */
static void leave_firmware(CPUARMState *env)
{
    if (arm_has_only_aarch32(env)) {
        leave_firmware32(env);
    } else if (env->has_el3) {
        env->scr |= SCR_NS | SCR_RW | SCR_HCE |
                    (arm_has_pauth(&env->id) ? SCR_APK | SCR_API : 0) |
                    (arm_has_tags(&env->id) ? SCR_ATA : 0);
        env->cptr_el[3] = arm_has_sve(&env->id) ? CPTR_TZ : 0;
        env->zcr_el[3] = ARM_MAX_VQ - 1;
        arm_write_pstate(env, PSTATE_DAIF | (env->has_el2 ? 2 : 1) << PSTATE_EL_SHIFT | PSTATE_SP);
        tlb_context_changed(arm_env_cpu(env));
    }
}

/* Parts without AArch64 start in Supervisor mode, which is EL3's if there is one; or in Hyp mode
 * (G1.17.1). */
static uint32_t pstate_of_reset(const CPUARMState *env)
{
    if (arm_has_only_aarch32(env)) {
        return CPSR_AIF | (env->has_el2 && !env->has_el3 ? MODE_HYP : MODE_SVC);
    }
    return PSTATE_DAIF | arm_highest_el(env) << PSTATE_EL_SHIFT | PSTATE_SP;
}

static void arm_cpu_reset(DeviceState *dev)
{
    ARMCPU *cpu = ARM_CPU(dev);
    CPUARMState *env = &cpu->env;
    uint32_t lines = env->pending_lines;
    bool timer_lines[ARM_NB_TIMERS], pmu_line = env->pmu.line;

    for (unsigned i = 0; i < ARM_NB_TIMERS; i++) {
        timer_lines[i] = env->timers[i].line;
    }
    ARM_CPU_GET_CLASS(cpu)->parent_reset(dev);
    memset(env, 0, offsetof(CPUARMState, id));
    env->pending_lines = lines;
    env->pmu.line = pmu_line;
    for (unsigned i = 0; i < ARM_NB_TIMERS; i++) {
        env->timers[i].line = timer_lines[i];
    }
    env->exclusive_address = ARM_NO_ADDRESS;
    arm_write_nzcv(env, 0);
    arm_sysreg_reset(env);
    arm_sysreg32_reset(env);
    arm_debug_changed(env);
    env->vpidr = env->id.midr; /* until EL2 tells EL1 something else */
    env->vmpidr = env->id.mpidr;
    env->cntfrq = cpu->cntfrq;
    env->impdef[0] = (uint64_t)(cpu->core_count - 1) << 24; /* L2CTLR: number of cores */
    env->powered_off = CPU(cpu)->start_powered_off;
    env->pc = cpu->rvbar;
    arm_write_pstate(env, pstate_of_reset(env));
    tlb_flush(CPU(cpu));
    arm_pmu_reset(env);
    arm_timer_update(env);
    if (lines) {
        cpu_interrupt(CPU(cpu), CPU_INTERRUPT_HARD); /* the inputs are still what they were */
    }
}

void arm_set_start_state(ARMCPU *cpu, uint64_t pc, uint64_t argument)
{
    CPUARMState *env = &cpu->env;

    leave_firmware(env);
    env->pc = pc;
    env->x[0] = argument;
    if (arm_in_aarch32(env)) {
        env->pc = pc & (pc & 1 ? ~1u : ~3u);
        env->x[0] = (uint32_t)argument;
        arm_write_pstate(env, arm_read_pstate(env) | (pc & 1 ? CPSR_T : 0));
    }
}

/* ---- Making one ---- */

/*
 * AArch32 above EL1, and what levels above EL1 the board leaves out, aren't there, so the CPU says
 * so (as a part configured without them would); the rest is the part's.
 */
#define PFR0_EL0_BOTH         0x2
#define PFR0_EL1              0xf0
#define PFR0_EL2_AARCH64_ONLY 0x100
#define PFR0_EL3_AARCH64_ONLY 0x1000
#define PFR0_LEVELS           0xffffull
#define MMFR1_VHE             0xf00ull
#define DFR0_PMU              0xf00ull
#define A32_DFR0_SECURE_DEBUG 0x000000f0ull
#define A32_DFR0_PMU          0x0f000000ull

/* Parts without AArch64: no ThumbEE; security and virtualization extensions as
 * the board asks for them. */
#define A32_PFR0_THUMBEE 0xf000ull
#define A32_PFR1_SECURITY       0x00f0ull
#define A32_PFR1_VIRTUALIZATION 0xf000ull

/* Of what Armv8.1 and later added to AArch32 nothing is there: SQRDMLAH, dot products, arithmetic on halves
 * (which are converted only). */
#define A32_ISAR5_RDM         0x0f000000ull
#define MVFR1_HALF_ARITHMETIC 0x01100000ull

static void set_aarch32_identification(ARMIdRegs *id)
{
    id->a32_pfr[0] &= ~A32_PFR0_THUMBEE;
}

/* Nor of what else there is for AArch32 at EL1: PAN; ACTLR2, execution by level in stage 2, TTBCR2;
 * SSBS. */
#define A32_MMFR3_PAN   0x000f0000ull
#define A32_MMFR4_ADDED 0x000f0ff0ull
#define A32_PFR2_SSBS   0x000000f0ull

static void leave_out_aarch32_extensions(ARMIdRegs *id)
{
    id->a32_isar[5] &= ~A32_ISAR5_RDM;
    id->a32_isar[6] = 0;
    if (id->mvfr[1] >> 24 == 0x13) {
        id->mvfr[1] -= MVFR1_HALF_ARITHMETIC;
    }
    id->a32_mmfr[3] &= ~A32_MMFR3_PAN;
    id->a32_mmfr[4] &= ~A32_MMFR4_ADDED;
    id->a32_pfr[2] &= ~A32_PFR2_SSBS;
}

static void set_identification(ARMCPU *cpu)
{
    ARMIdRegs *id = &cpu->env.id;

    *id = ARM_CPU_GET_CLASS(cpu)->model->id;
    arm_apply_features(cpu, id);
    leave_out_aarch32_extensions(id);
    id->mpidr = cpu->mpidr | 1ull << 31;
    if (id->pfr0) {
        id->pfr0 = (id->pfr0 & ~PFR0_LEVELS) | PFR0_EL0_BOTH | (id->pfr0 & PFR0_EL1) |
                   (cpu->env.has_el2 ? PFR0_EL2_AARCH64_ONLY : 0) |
                   (cpu->env.has_el3 ? PFR0_EL3_AARCH64_ONLY : 0);
        id->mmfr1 &= ~(cpu->env.has_el2 ? 0 : MMFR1_VHE);
    } else {
        set_aarch32_identification(id);
    }
    id->a32_pfr[1] &= ~((cpu->env.has_el3 ? 0 : A32_PFR1_SECURITY) |
                        (cpu->env.has_el2 ? 0 : A32_PFR1_VIRTUALIZATION));
    if (!cpu->has_pmu) {
        id->dfr0 &= ~DFR0_PMU;
        id->a32_dfr0 &= ~A32_DFR0_PMU;
    }
    cpu->lacking = a64_lacking_extensions(id);
    id->a32_dfr0 &= ~(cpu->env.has_el3 ? 0 : A32_DFR0_SECURE_DEBUG);
}

#define PFR0_GIC_REGISTERS     (1ull << 24)
#define A32_PFR1_GIC_REGISTERS (1ull << 28)

void arm_cpu_set_gic(ARMCPU *cpu, const ARMGICOps *ops, void *gic, unsigned number)
{
    cpu->gic_ops = ops;
    cpu->gic = gic;
    cpu->gic_number = number;
    cpu->env.id.pfr0 |= arm_cpu_is_aarch32(cpu) ? 0 : PFR0_GIC_REGISTERS;
    cpu->env.id.a32_pfr[1] |= A32_PFR1_GIC_REGISTERS;
}

static AddressSpace *new_space(ARMCPU *cpu, MemoryRegion *root, const char *prefix)
{
    g_autofree char *name = g_strdup_printf("%s-%d", prefix, CPU(cpu)->cpu_index);
    AddressSpace *as = g_new0(AddressSpace, 1);

    address_space_init(as, root, name);
    return as;
}

/* Each CPU has its own, as it has of memory; they share their views. */
static void create_tag_spaces(ARMCPU *cpu)
{
    if (cpu->tag_memory) {
        cpu->tag_space = new_space(cpu, cpu->tag_memory, "cpu-tag-memory");
    }
    if (cpu->secure_tag_memory) {
        cpu->secure_tag_space = new_space(cpu, cpu->secure_tag_memory, "cpu-tag-memory");
    }
}

static void arm_cpu_realize(DeviceState *dev, Error **errp)
{
    ARMCPU *cpu = ARM_CPU(dev);

    if (cpu->cntfrq == 0) {
        error_setg(errp, "cntfrq must not be 0 Hz");
        return;
    }
    if (cpu->psci_conduit > ARM_PSCI_SMC) {
        error_setg(errp, "psci-conduit is 0 (none), 1 (hvc) or 2 (smc)");
        return;
    }
    arm_sysreg_init();
    arm_sysreg32_init();
    if (!arm_check_features(cpu, errp)) {
        return;
    }
    set_identification(cpu);
    ARM_CPU_GET_CLASS(cpu)->parent_realize(dev, errp);
    create_tag_spaces(cpu);
    qemu_init_vcpu(CPU(dev));
    cpu_reset(CPU(dev));
}

static void arm_cpu_instance_init(Object *obj)
{
    ARMCPU *cpu = ARM_CPU(obj);
    CPUState *cs = CPU(obj);

    cs->env = &cpu->env;
    cs->jit = &cpu->jit;
    cs->address_bits = ARM_CPU_GET_CLASS(cpu)->model->id.pfr0 ? 64 : 32;
    arm_init_gpios(cpu);
}

static const TCGCPUOps arm_tcg_ops = {
    .initialize = arm_translate_init,
    .env_size = sizeof(CPUARMState),
    .translate_code = arm_translate_code,
    .get_tb_cpu_state = arm_get_tb_cpu_state,
    .restore_state_to_opc = arm_restore_state_to_opc,
    .data_mmu_index = arm_cpu_mmu_index,
    .insn_mmu_index = arm_cpu_mmu_index,
    .tlb_fill = arm_tlb_fill,
    .mmu_context_key = arm_mmu_context_key,
    .do_transaction_failed = arm_do_transaction_failed,
    .tolerates_unaligned = arm_tolerates_unaligned,
    .do_unaligned_access = arm_do_unaligned_access,
    .own_watchpoint_hit = arm_data_accessed,
    .watched_address = arm_watched_address,
    .do_interrupt = arm_do_interrupt,
    .cpu_exec_interrupt = arm_cpu_exec_interrupt,
};

/* Secure state has an address space of its own, if the board gives the CPU one. */
static unsigned arm_address_space_index(CPUState *cs, MemTxAttrs attrs)
{
    return attrs.secure && cs->spaces[1];
}

static Property arm_cpu_properties[] = {
    DEFINE_PROP_UINT64("mp-affinity", ARMCPU, mpidr, 0),
    DEFINE_PROP_UINT64("rvbar", ARMCPU, rvbar, 0),
    DEFINE_PROP_UINT32("psci-conduit", ARMCPU, psci_conduit, ARM_PSCI_NONE),
    DEFINE_PROP_UINT32("cntfrq", ARMCPU, cntfrq, 62500000),
    DEFINE_PROP_UINT32("core-count", ARMCPU, core_count, 1),
    DEFINE_PROP_BOOL("pmu", ARMCPU, has_pmu, true),
    DEFINE_PROP_LINK("tag-memory", ARMCPU, tag_memory, TYPE_MEMORY_REGION, MemoryRegion *),
    DEFINE_PROP_LINK("secure-tag-memory", ARMCPU, secure_tag_memory, TYPE_MEMORY_REGION,
                     MemoryRegion *),
    DEFINE_PROP_BOOL("has_el2", ARMCPU, env.has_el2, false),
    DEFINE_PROP_BOOL("has_el3", ARMCPU, env.has_el3, false),
    DEFINE_PROP_END_OF_LIST(),
};

static void arm_cpu_class_init(ObjectClass *klass, void *data)
{
    ARMCPUClass *acc = ARM_CPU_CLASS(klass);
    CPUClass *cc = CPU_CLASS(klass);
    DeviceClass *dc = DEVICE_CLASS(klass);

    device_class_set_parent_realize(dc, arm_cpu_realize, &acc->parent_realize);
    device_class_set_parent_reset(dc, arm_cpu_reset, &acc->parent_reset);
    device_class_set_props(dc, arm_cpu_properties);
    dc->vmsd = &vmstate_arm_cpu;
    cc->class_by_name = arm_class_by_name;
    cc->has_work = arm_has_work;
    cc->deadline_passed = arm_deadline_passed;
    cc->set_pc = arm_set_pc;
    cc->get_pc = arm_get_pc;
    cc->dump_state = arm_dump_state;
    cc->get_phys_page_debug = arm_get_phys_page_debug;
    cc->memory_view = arm_memory_view;
    cc->address_space_index = arm_address_space_index;
    cc->get_register = arm_get_register;
    cc->dump_mmu = arm_dump_mmu;
    cc->disas_set_info = arm_disas_set_info;
    cc->list_models = arm_cpu_list;
    cc->gdb_features = arm_gdb_features;
    cc->gdb_architecture = "aarch64";
    cc->gdb_stop_before_watchpoint = true;
    cc->elf_machine = EM_AARCH64;
    cc->arch_name = "aarch64";
    cc->tcg_ops = &arm_tcg_ops;
}

static void arm_model_class_init(ObjectClass *klass, void *data)
{
    CPUClass *cc = CPU_CLASS(klass);

    ARM_CPU_CLASS(klass)->model = data;
    arm_add_feature_properties(klass, data);
    if (!ARM_CPU_CLASS(klass)->model->id.pfr0) {
        cc->gdb_features = arm_gdb_features32;
        cc->gdb_architecture = "arm";
        cc->elf_machine = EM_ARM;
        cc->arch_name = "arm";
    }
}

static const TypeInfo arm_cpu_info = {
    .name = TYPE_ARM_CPU,
    .parent = TYPE_CPU,
    .instance_size = sizeof(ARMCPU),
    .instance_init = arm_cpu_instance_init,
    .abstract = true,
    .class_size = sizeof(ARMCPUClass),
    .class_init = arm_cpu_class_init,
};

static void arm_cpu_register_types(void)
{
    type_register_static(&arm_cpu_info);
    for (const ARMModel *m = arm_models; m->name; m++) {
        g_autofree char *name = g_strconcat(m->name, ARM_CPU_TYPE_SUFFIX, NULL);
        TypeInfo info = { .name = name, .parent = TYPE_ARM_CPU, .class_init = arm_model_class_init,
                          .class_data = (void *)m };

        type_register(&info);
    }
}

type_init(arm_cpu_register_types)
