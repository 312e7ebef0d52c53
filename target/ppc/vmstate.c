/*
 * What a snapshot keeps of a PowerPC CPU.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "migration/vmstate.h"
#include "target/ppc/internal.h"

#define U32(field)      VMSTATE_UINT32(env.field, PowerPCCPU)
#define U64(field)      VMSTATE_UINT64(env.field, PowerPCCPU)
#define U32S(field, n)  VMSTATE_UINT32_ARRAY(env.field, PowerPCCPU, n)

static const VMStateDescription vmstate_soft_tlb_entry = {
    .name = "ppc-soft-tlb-entry",
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(vsid, struct PPCSoftTLBEntry),
        VMSTATE_UINT32(page, struct PPCSoftTLBEntry),
        VMSTATE_UINT32(word1, struct PPCSoftTLBEntry),
        VMSTATE_BOOL(valid, struct PPCSoftTLBEntry),
        VMSTATE_END_OF_LIST(),
    },
};

/* One set of one TLB: both ways. */
#define SOFT_TLB                                                                                   \
    { .name = "env.soft_tlb", .kind = VMS_KIND_STRUCT, .size = sizeof(struct PPCSoftTLBEntry),     \
      .vmsd = &vmstate_soft_tlb_entry, .flags = VMS_ARRAY, .num = 2 * 64 * 2,                      \
      .offset = offsetof(PowerPCCPU, env.soft_tlb) }

/* Everything derived: key, windows, translations, the decrementer's timer. */
static int post_load(void *opaque, int version_id)
{
    PowerPCCPU *cpu = opaque;
    CPUPPCState *env = &cpu->env;

    ppc_set_cr(env, env->saved_cr);
    env->fp_record = 0;
    ppc_update_hflags(env);
    ppc_bats_changed(env);
    ppc_page_table_changed(env);
    ppc_timebase_loaded(env);
    ppc_perfmon_restart(env);
    return 0;
}

static int pre_save(void *opaque)
{
    CPUPPCState *env = &((PowerPCCPU *)opaque)->env;

    env->saved_cr = ppc_get_cr(env);
    ppc_settle_fpscr(env);
    ppc_perfmon_fold(env, env->nip);
    ppc_perfmon_restart(env);
    return 0;
}

const VMStateDescription vmstate_ppc_cpu = {
    .name = "ppc-cpu",
    .version_id = 5,
    .minimum_version_id = 5,
    .pre_save = pre_save,
    .post_load = post_load,
    .fields = (const VMStateField[]){
        U32S(gpr, 32), U32(saved_cr),
        U32(nip), U32(lr), U32(ctr), U32(xer_so), U32(xer_ov), U32(xer_ca), U32(xer_rest),
        U32(msr), U32(fpscr), U32(reserve), U32(reserve_addr), U32(reserve_value),
        VMSTATE_UINT64_ARRAY(env.fpr, PowerPCCPU, 32),
        U32S(sr, 16), U32(pending_interrupts), U32(input_levels), U32S(tgpr, 4),
        VMSTATE_BOOL(env.checkstopped, PowerPCCPU), VMSTATE_BOOL(env.pm_signalled, PowerPCCPU),
        U32S(spr, PPC_NB_SPRS),
        U32(tb_freq), VMSTATE_INT64(env.tb_offset, PowerPCCPU), U64(tb_stopped),
        VMSTATE_BOOL(env.tb_running, PowerPCCPU), U32(dec_value), U64(dec_start),
        U64(dec_expiry),
        SOFT_TLB, VMSTATE_BUFFER(env.soft_tlb_lru, PowerPCCPU),
        VMSTATE_UINT32(parent_obj.halted, PowerPCCPU),
        VMSTATE_UINT32(parent_obj.interrupt_request, PowerPCCPU),
        VMSTATE_END_OF_LIST(),
    },
};
