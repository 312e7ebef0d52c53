/*
 * What a snapshot keeps of an Arm CPU.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/internal.h"

#define U32(field)     VMSTATE_UINT32(env.field, ARMCPU)
#define U64(field)     VMSTATE_UINT64(env.field, ARMCPU)
#define U64S(field, n) VMSTATE_UINT64_ARRAY(env.field, ARMCPU, n)
#define BOOL(field)    VMSTATE_BOOL(env.field, ARMCPU)
#define LEVELS(field)  U64S(field, ARM_NB_ELS)

static const VMStateDescription vmstate_vector = {
    .name = "arm-vector",
    .fields = (const VMStateField[]){
        VMSTATE_UINT64_ARRAY(d, ARMVector, 2),
        VMSTATE_END_OF_LIST(),
    },
};

static const VMStateDescription vmstate_timer = {
    .name = "arm-timer",
    .fields = (const VMStateField[]){
        VMSTATE_UINT64(compare, ARMTimer),
        VMSTATE_UINT32(control, ARMTimer),
        VMSTATE_BOOL(line, ARMTimer),
        VMSTATE_END_OF_LIST(),
    },
};

/* Values of counters as of now. */
static int pre_save(void *opaque)
{
    arm_pmu_fold(&((ARMCPU *)opaque)->env);
    return 0;
}

/* Everything derived: key, translations, the timers' deadline. */
static int post_load(void *opaque, int version_id)
{
    ARMCPU *cpu = opaque;

    cpu->env.vq_before = ARM_MAX_VQ;
    arm_debug_changed(&cpu->env);
    tlb_flush(CPU(cpu));
    cpu->env.pmu.deadline = INT64_MAX;
    arm_pmu_restart(&cpu->env);
    arm_timer_update(&cpu->env);
    return 0;
}

static const VMStateDescription vmstate_pac_key = {
    .name = "arm-pac-key",
    .fields = (const VMStateField[]){
        VMSTATE_UINT64(low, ARMPacKey),
        VMSTATE_UINT64(high, ARMPacKey),
        VMSTATE_END_OF_LIST(),
    },
};

static bool extensions_needed(void *opaque)
{
    const ARMIdRegs *id = &((ARMCPU *)opaque)->env.id;

    return arm_has_pauth(id) || (id->mmfr1 >> 16 & 0xf) || (id->pfr0 >> 28 & 0xf);
}

/* Registers that extensions have added. */
static const VMStateDescription vmstate_extensions = {
    .name = "arm-cpu/extensions",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = extensions_needed,
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT_ARRAY(env.pac_keys, ARMCPU, ARM_NB_PAC_KEYS, 1, vmstate_pac_key, ARMPacKey),
        U64S(lor, 4), U64(disr), U64(errselr), BOOL(guarded_pages),
        VMSTATE_END_OF_LIST(),
    },
};

static bool tags_needed(void *opaque)
{
    return arm_has_tags(&((ARMCPU *)opaque)->env.id);
}

/* Tags themselves are memory of the board's. */
static const VMStateDescription vmstate_tags = {
    .name = "arm-cpu/tags",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = tags_needed,
    .fields = (const VMStateField[]){
        U64(gcr), U64(rgsr), LEVELS(tfsr_el),
        VMSTATE_END_OF_LIST(),
    },
};

static bool gic_traps_needed(void *opaque)
{
    return ((ARMCPU *)opaque)->env.ich_traps != 0;
}

static const VMStateDescription vmstate_gic_traps = {
    .name = "arm-cpu/gic-traps",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = gic_traps_needed,
    .fields = (const VMStateField[]){ U64(ich_traps), VMSTATE_END_OF_LIST() },
};

static bool aarch32_levels_needed(void *opaque)
{
    const CPUARMState *env = &((ARMCPU *)opaque)->env;

    return arm_has_only_aarch32(env) && (env->has_el2 || env->has_el3);
}

/* Monitor mode's registers, and secure state's of which there are two. */
static const VMStateDescription vmstate_aarch32_levels = {
    .name = "arm-cpu/aarch32-levels",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = aarch32_levels_needed,
    .fields = (const VMStateField[]){
        U64(sp_mon), U64(lr_mon), U64(mvbar), U64(nsacr), U64(dacr_s), U64(ifsr_s),
        U64(contextidr_s), U64(csselr_s), U64(par_s), U64(tpidrurw_s), U64(tpidruro_s),
        VMSTATE_END_OF_LIST(),
    },
};

static bool pmu_needed(void *opaque)
{
    return arm_has_pmu(&((ARMCPU *)opaque)->env.id);
}

static const VMStateDescription vmstate_pmu = {
    .name = "arm-cpu/pmu",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = pmu_needed,
    .fields = (const VMStateField[]){
        U64(pmu.select), U64(pmu.user), U64S(pmu.value, 32), U64S(pmu.type, 32), U32(pmu.control),
        U32(pmu.enabled), U32(pmu.interrupt), U32(pmu.overflowed), BOOL(pmu.line),
        VMSTATE_END_OF_LIST(),
    },
};

static const VMStateDescription vmstate_vector_top = {
    .name = "arm-vector-top",
    .fields = (const VMStateField[]){
        VMSTATE_UINT64_ARRAY(d, ARMVectorTop, 2 * (ARM_MAX_VQ - 1)),
        VMSTATE_END_OF_LIST(),
    },
};

static bool sve_needed(void *opaque)
{
    return arm_has_sve(&((ARMCPU *)opaque)->env.id);
}

static const VMStateDescription vmstate_sve = {
    .name = "arm-cpu/sve",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = sve_needed,
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT_ARRAY(env.zhigh, ARMCPU, 32, 1, vmstate_vector_top, ARMVectorTop),
        U64S(preg, 17), BOOL(z_high_used), LEVELS(zcr_el),
        VMSTATE_END_OF_LIST(),
    },
};

const VMStateDescription vmstate_arm_cpu = {
    .name = "arm-cpu",
    .version_id = 2,
    .minimum_version_id = 2,
    .pre_save = pre_save,
    .post_load = post_load,
    .fields = (const VMStateField[]){
        U64S(x, 32), U64(pc), U64(n), U64(z), U64(c), U64(v),
        U64(exclusive_address), U64S(exclusive_value, 2),
        VMSTATE_STRUCT_ARRAY(env.vreg, ARMCPU, 32, 1, vmstate_vector, ARMVector),
        U32(pstate), U64(fpcr), U64(fpsr),
        LEVELS(sp_el), LEVELS(elr_el), LEVELS(spsr_el), LEVELS(vbar_el), LEVELS(esr_el),
        LEVELS(far_el), LEVELS(sctlr_el), LEVELS(tcr_el), LEVELS(ttbr0_el), LEVELS(ttbr1_el),
        LEVELS(mair_el), LEVELS(amair_el), LEVELS(afsr0_el), LEVELS(afsr1_el), LEVELS(tpidr_el),
        LEVELS(actlr_el), U64(tpidrro_el0), U64(cpacr), U64(contextidr), U64(par), U64(csselr),
        U64(cntkctl), U64S(impdef, 4), U64(mdscr), U64(osdlr), U64(oslsr), U64S(dbgbvr, 16),
        U64S(dbgbcr, 16), U64S(dbgwvr, 16), U64S(dbgwcr, 16), U64(claim),
        U64(spsr_abt), U64(spsr_und), U64(spsr_irq), U64(spsr_fiq), U64(dacr), U64(ifsr),
        U64(fpexc),
        U64(hcr), U64(scr), LEVELS(cptr_el), LEVELS(mdcr_el), U64(vttbr), U64(vtcr), U64(hpfar),
        U64(vpidr), U64(vmpidr), U64(hstr), U64(hacr), U64(cnthctl), U64(contextidr_el2), U64(sder),
        U64(vsesr), U64(vdisr),
        VMSTATE_STRUCT_ARRAY(env.timers, ARMCPU, ARM_NB_TIMERS, 1, vmstate_timer, ARMTimer),
        U64(cntvoff), U64(cntfrq), U32(pending_lines), BOOL(event), BOOL(powered_off),
        U64(start_pc), U64(start_argument),
        VMSTATE_UINT32(parent_obj.halted, ARMCPU),
        VMSTATE_UINT32(parent_obj.interrupt_request, ARMCPU),
        VMSTATE_END_OF_LIST(),
    },
    .subsections = (const VMStateDescription *const[]){ &vmstate_extensions, &vmstate_sve,
                                                              &vmstate_pmu, &vmstate_tags,
                                                              &vmstate_aarch32_levels,
                                                              &vmstate_gic_traps, NULL },
};
