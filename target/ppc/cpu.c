/*
 * PowerPC CPU device: class, realize, reset.
 *
 * Reference: MPC750UM section 2.2 and table 8-? (state after hard reset).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include <fenv.h>
#include <capstone/capstone.h>
#include "core/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/cpus.h"
#include "target/ppc/internal.h"
#include "target/ppc/models.h"
#include "tcg/tcg-op.h"

/* The breakpoint's own translation bit has to agree with MSR[IR]; the 603 has none. */
static bool iabr_is_active(CPUPPCState *env)
{
    uint32_t iabr = env->spr[SPR_IABR];

    return (iabr & IABR_BE) && (!(ppc_family(env)->features & PPC_FEAT_HW_SEARCH) ||
                                !(iabr & IABR_TE) == !(env->msr & MSR_IR));
}

void ppc_update_hflags(CPUPPCState *env)
{
    uint32_t flags = env->msr & PPC_HF_MSR;

    flags |= env->fpscr & FPSCR_ENABLES ? PPC_HF_FP_TRAPS : 0;
    flags |= env->fpscr & (FPSCR_RN | FPSCR_NI) ? PPC_HF_FP_MODE : 0;
    /* Where no floating point can be executed, one translation does for both. */
    if (tcg_float_inline && (flags & MSR_FP) && !(flags & (PPC_HF_FP_TRAPS | PPC_HF_FP_MODE))) {
        flags |= env->fpscr & FPSCR_XX ? 0 : PPC_HF_FP_WATCH;
    }
    flags |= iabr_is_active(env) ? PPC_HF_IABR : 0;
    flags |= env->spr[SPR_DABR] & (DABR_DW | DABR_DR) ? PPC_HF_DABR : 0;
    flags |= env->pm_kinds ? PPC_HF_PERFMON : 0;
    flags |= env->xer_so ? PPC_HF_SO : 0;
    env->iabr_pc = env->spr[SPR_IABR] & ~3u;
    env->hflags = flags;
}

/*
 * Generated code has found the host's inexact flag set, maybe since long ago. If it was rightly so,
 * there is nothing to watch for any more; but the rest of the block, and what it is linked to, does
 * until the CPU looks up.
 */
void ppc_fp_watched(CPUPPCState *env)
{
    feclearexcept(FE_INEXACT);
    if (env->fpscr & FPSCR_XX) {
        ppc_update_hflags(env);
        qemu_cpu_kick(ppc_env_cpu(env));
    }
}

static void swap_tgprs(CPUPPCState *env)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t gpr = env->gpr[i];

        env->gpr[i] = env->tgpr[i];
        env->tgpr[i] = gpr;
    }
}

void ppc_store_msr(CPUPPCState *env, uint32_t value)
{
    uint32_t changed;
    bool counted;

    value &= ppc_family(env)->msr_mask & ~MSR_POW;
    changed = env->msr ^ value;
    counted = (changed & (MSR_PR | MSR_PM)) && env->pm_selected;
    if (counted) {
        env->pm_counts[PPC_PM_PRIVILEGE] += (changed & MSR_PR) != 0;
        env->pm_counts[value & MSR_PR ? PPC_PM_MARK_USER : PPC_PM_MARK_SUPERVISOR] +=
            (changed & MSR_PM) != 0;
        ppc_perfmon_fold(env, env->nip);
    }
    if (changed & MSR_TGPR) {
        swap_tgprs(env);
    }
    env->msr = value;
    if (counted) {
        ppc_perfmon_restart(env);
    }
    ppc_update_hflags(env);
}

static void ppc_get_tb_cpu_state(CPUState *cs, vaddr *pc, uint64_t *flags)
{
    CPUPPCState *env = ppc_env(cs);

    ppc_detach_fp_record(env);
    *pc = env->nip;
    *flags = env->hflags;
}

static void ppc_restore_state_to_opc(CPUState *cs, const TranslationBlock *tb, const uint64_t *data)
{
    CPUPPCState *env = ppc_env(cs);

    env->nip = data[0];
    env->insn = ppc_insn_start_word(data[1]);
}

static int ppc_data_mmu_index(CPUState *cs)
{
    return ppc_data_mmu_idx(ppc_env(cs)->hflags);
}

static int ppc_insn_mmu_index(CPUState *cs)
{
    return ppc_insn_mmu_idx(ppc_env(cs)->hflags);
}

static void ppc_set_pc(CPUState *cs, vaddr value)
{
    ppc_env(cs)->nip = value & ~3u;
}

static vaddr ppc_get_pc(CPUState *cs)
{
    return ppc_env(cs)->nip;
}

/*
 * In little-endian mode memory stays big-endian, by doublewords: the program's byte n is byte n ^ 7
 * (PEM 3.1.4.3).
 */
static CPUMemoryView ppc_memory_view(CPUState *cs)
{
    bool little = ppc_env(cs)->msr & MSR_LE;

    return (CPUMemoryView){ .big_endian = !little, .munge = little ? 7 : 0 };
}

static void ppc_disas_set_info(CPUState *cs, CPUDisasInfo *info)
{
    info->cap_arch = CS_ARCH_PPC;
    info->cap_mode = CS_MODE_32;
    info->insn_unit = 4;
}

/* Hard reset: MSR[IP] is set, so that the first fetch is at fff00100. */
static void ppc_cpu_reset(DeviceState *dev)
{
    PowerPCCPU *cpu = POWERPC_CPU(dev);
    PowerPCCPUClass *pcc = POWERPC_CPU_GET_CLASS(cpu);
    CPUPPCState *env = &cpu->env;
    uint32_t levels = env->input_levels;

    if (pcc->parent_reset) {
        pcc->parent_reset(dev);
    }
    memset(env, 0, offsetof(CPUPPCState, tb_freq));
    env->input_levels = levels;
    ppc_forget_pages(env);
    ppc_set_cr(env, 0);
    ppc_spr_reset(env);
    env->spr[SPR_HID1] = cpu->hid1_pll;
    ppc_timebase_update(env);
    ppc_timebase_reset(env);
    ppc_perfmon_reset(env);
    ppc_store_msr(env, MSR_IP);
    env->nip = 0xfff00100;
    ppc_bats_changed(env);
    ppc_page_table_changed(env);
    ppc_pins_after_reset(env);
}

void ppc_set_start_state(PowerPCCPU *cpu, uint32_t pc, uint32_t msr)
{
    cpu->env.nip = pc & ~3u;
    ppc_store_msr(&cpu->env, msr);
}

static void ppc_cpu_realize(DeviceState *dev, Error **errp)
{
    PowerPCCPU *cpu = POWERPC_CPU(dev);
    PowerPCCPUClass *pcc = POWERPC_CPU_GET_CLASS(cpu);

    if (!pcc->family->runs) {
        error_setg(errp,
                   "CPU model %s (family %s) isn't supported yet; 603, 603e, 604, 604e, 740, 745, "
                   "750, 755, 7400 and 7410 are",
                   object_get_typename(OBJECT(dev)), pcc->family->name);
        return;
    }
    if (cpu->tb_freq == 0) {
        error_setg(errp, "tb-frequency must not be 0 Hz");
        return;
    }
    ppc_timebase_init(cpu);
    ppc_perfmon_init(&cpu->env);
    pcc->parent_realize(dev, errp);
    qemu_init_vcpu(CPU(dev));
    cpu_reset(CPU(dev));
}

static void ppc_cpu_unrealize(DeviceState *dev)
{
    PowerPCCPU *cpu = POWERPC_CPU(dev);

    POWERPC_CPU_GET_CLASS(cpu)->parent_unrealize(dev);
    ppc_perfmon_finalize(&cpu->env);
}

static void ppc_cpu_instance_init(Object *obj)
{
    PowerPCCPU *cpu = POWERPC_CPU(obj);
    CPUState *cs = CPU(obj);

    cs->env = &cpu->env;
    cs->jit = &cpu->jit;
    cs->address_bits = 32;
    ppc_init_gpios(cpu);
}

static const TCGCPUOps ppc_tcg_ops = {
    .initialize = ppc_translate_init,
    .env_size = sizeof(CPUPPCState),
    .translate_code = ppc_translate_code,
    .get_tb_cpu_state = ppc_get_tb_cpu_state,
    .restore_state_to_opc = ppc_restore_state_to_opc,
    .data_mmu_index = ppc_data_mmu_index,
    .insn_mmu_index = ppc_insn_mmu_index,
    .tlb_fill = ppc_tlb_fill,
    .mmu_context_key = ppc_mmu_context_key,
    .paged_window_modes = 1u << PPC_MMU_USER,
    .do_transaction_failed = ppc_do_transaction_failed,
    .do_unaligned_access = ppc_do_unaligned_access,
    .do_interrupt = ppc_do_interrupt,
    .cpu_exec_interrupt = ppc_cpu_exec_interrupt,
};

static Property ppc_cpu_properties[] = {
    DEFINE_PROP_UINT32("tb-frequency", PowerPCCPU, tb_freq, 25000000),
    DEFINE_PROP_UINT32("hid1", PowerPCCPU, hid1_pll, 0),
    DEFINE_PROP_BOOL("bus-errors", PowerPCCPU, bus_errors, true),
    DEFINE_PROP_END_OF_LIST(),
};

static void powerpc_cpu_class_init(ObjectClass *klass, void *data)
{
    PowerPCCPUClass *pcc = POWERPC_CPU_CLASS(klass);
    CPUClass *cc = CPU_CLASS(klass);
    DeviceClass *dc = DEVICE_CLASS(klass);

    device_class_set_parent_realize(dc, ppc_cpu_realize, &pcc->parent_realize);
    device_class_set_parent_unrealize(dc, ppc_cpu_unrealize, &pcc->parent_unrealize);
    device_class_set_parent_reset(dc, ppc_cpu_reset, &pcc->parent_reset);
    device_class_set_props(dc, ppc_cpu_properties);
    dc->vmsd = &vmstate_ppc_cpu;
    cc->class_by_name = ppc_class_by_name;
    cc->has_work = ppc_has_work;
    cc->deadline_passed = ppc_deadline_passed;
    cc->set_pc = ppc_set_pc;
    cc->get_pc = ppc_get_pc;
    cc->dump_state = ppc_dump_state;
    cc->get_phys_page_debug = ppc_get_phys_page_debug;
    cc->memory_view = ppc_memory_view;
    cc->get_register = ppc_get_register;
    cc->dump_mmu = ppc_dump_mmu;
    cc->disas_set_info = ppc_disas_set_info;
    cc->list_models = ppc_cpu_list;
    cc->gdb_features = ppc_gdb_features;
    cc->gdb_architecture = "powerpc:common";
    cc->gdb_stop_before_watchpoint = true;
    cc->elf_machine = EM_PPC;
    cc->core_status = ppc_core_status;
    cc->native_big_endian = true;
    cc->arch_name = "ppc";
    cc->tcg_ops = &ppc_tcg_ops;
}

static void ppc_model_class_init(ObjectClass *klass, void *data)
{
    PowerPCCPUClass *pcc = POWERPC_CPU_CLASS(klass);
    const PPCModel *model = data;

    pcc->pvr = model->pvr;
    pcc->family = model->family;
    ppc_spr_build(pcc);
}

static const TypeInfo powerpc_cpu_info = {
    .name = TYPE_POWERPC_CPU,
    .parent = TYPE_CPU,
    .instance_size = sizeof(PowerPCCPU),
    .instance_init = ppc_cpu_instance_init,
    .abstract = true,
    .class_size = sizeof(PowerPCCPUClass),
    .class_init = powerpc_cpu_class_init,
};

static void ppc_cpu_register_types(void)
{
    type_register_static(&powerpc_cpu_info);
    for (const PPCModel *m = ppc_models; m->name; m++) {
        if (m->family) {
            g_autofree char *name = g_strconcat(m->name, POWERPC_CPU_TYPE_SUFFIX, NULL);
            TypeInfo info = { .name = name, .parent = TYPE_POWERPC_CPU,
                              .class_init = ppc_model_class_init, .class_data = (void *)m };

            type_register(&info);
        }
    }
}

type_init(ppc_cpu_register_types)
