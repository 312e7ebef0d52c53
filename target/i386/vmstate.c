/*
 * What a snapshot keeps of an x86 CPU.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/internal.h"

#define U8(field)      VMSTATE_UINT8(env.field, X86CPU)
#define U16(field)     VMSTATE_UINT16(env.field, X86CPU)
#define U32(field)     VMSTATE_UINT32(env.field, X86CPU)
#define U64(field)     VMSTATE_UINT64(env.field, X86CPU)
#define U64S(field, n) VMSTATE_UINT64_ARRAY(env.field, X86CPU, n)
#define BOOL(field)    VMSTATE_BOOL(env.field, X86CPU)
#define SEGMENT(field) VMSTATE_STRUCT(env.field, X86CPU, 1, vmstate_segment, X86Segment)

static const VMStateDescription vmstate_segment = {
    .name = "x86-segment",
    .fields = (const VMStateField[]){
        VMSTATE_UINT64(base, X86Segment),
        VMSTATE_UINT32(limit, X86Segment),
        VMSTATE_UINT16(selector, X86Segment),
        VMSTATE_UINT16(attributes, X86Segment),
        VMSTATE_END_OF_LIST(),
    },
};

static const VMStateDescription vmstate_vector = {
    .name = "x86-vector",
    .fields = (const VMStateField[]){
        VMSTATE_UINT64_ARRAY(half, X86Vector, 2),
        VMSTATE_END_OF_LIST(),
    },
};

static const VMStateDescription vmstate_float80 = {
    .name = "x86-float80",
    .fields = (const VMStateField[]){
        VMSTATE_UINT64(significand, X86Float80),
        VMSTATE_UINT16(sign_exponent, X86Float80),
        VMSTATE_END_OF_LIST(),
    },
};

/* Sticky flags that the host has gathered so far. */
static int pre_save(void *opaque)
{
    CPUX86State *env = &((X86CPU *)opaque)->env;

    env->mxcsr = x86_read_mxcsr(env);
    return 0;
}

/* A section that isn't there says that there is none. */
static int pre_load(void *opaque)
{
    CPUX86State *env = &((X86CPU *)opaque)->env;

    env->debug_pending = 0;
    env->exception.is_debug_fault = false;
    memset(&env->svm, 0, sizeof(env->svm));
    env->svm.gif = true;
    return 0;
}

static int post_load(void *opaque, int version_id)
{
    CPUX86State *env = &((X86CPU *)opaque)->env;

    if (env->fptop > 7 || env->cpl > 3 ||
        (env->in_smm && !CPU(opaque)->spaces[X86_SPACE_SMM])) {
        return -EINVAL;
    }
    env->debug_pending &= X86_DR6_BREAKPOINTS | X86_DR6_BT;
    x86_write_mxcsr(env, env->mxcsr);
    x86_fpu_changed(env);
    x86_debug_changed(env);
    x86_flush_all(env);
    return 0;
}

static bool has_debug_pending(void *opaque)
{
    CPUX86State *env = &((X86CPU *)opaque)->env;

    return env->debug_pending || env->exception.is_debug_fault;
}

static const VMStateDescription vmstate_debug = {
    .name = "x86-cpu/debug",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = has_debug_pending,
    .fields = (const VMStateField[]){
        U32(debug_pending), BOOL(exception.is_debug_fault),
        VMSTATE_END_OF_LIST(),
    },
};

static bool svm_is_used(void *opaque)
{
    const X86SVM *svm = &((X86CPU *)opaque)->env.svm;

    return svm->guest || svm->guest_outside || !svm->gif || svm->vm_cr || svm->hsave;
}

static const VMStateDescription vmstate_svm = {
    .name = "x86-cpu/svm",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = svm_is_used,
    .fields = (const VMStateField[]){
        BOOL(svm.gif), BOOL(svm.guest), BOOL(svm.guest_outside), BOOL(svm.nested_paging), BOOL(svm.masks_interrupts),
        BOOL(svm.host_if), BOOL(svm.error_is_there), U32(svm.error), U32(svm.asid), U32(svm.control),
        U8(svm.vector), VMSTATE_UINT32_ARRAY(env.svm.intercepts, X86CPU, X86_SVM_INTERCEPTS),
        U64(svm.vm_cr), U64(svm.hsave), U64(svm.vmcb), U64(svm.iopm), U64(svm.msrpm),
        U64(svm.tsc_offset), U64(svm.nested_cr3),
        VMSTATE_STRUCT_ARRAY(env.svm.host.segs, X86CPU, 4, 1, vmstate_segment, X86Segment),
        SEGMENT(svm.host.gdt), SEGMENT(svm.host.idt), U64(svm.host.cr0), U64(svm.host.cr3),
        U64(svm.host.cr4), U64(svm.host.efer), U64(svm.host.rip), U64(svm.host.rsp),
        U64(svm.host.rax), U64(svm.host.pat), U32(svm.host.eflags), U64(svm.exit_code), U64(svm.exit_info1),
        U64(svm.exit_info2), U64(svm.exit_next_rip), U64(svm.event),
        VMSTATE_END_OF_LIST(),
    },
};

const VMStateDescription vmstate_x86_cpu = {
    .name = "x86-cpu",
    .version_id = 3,
    .minimum_version_id = 3,
    .pre_save = pre_save,
    .pre_load = pre_load,
    .post_load = post_load,
    .fields = (const VMStateField[]){
        U64S(regs, X86_NB_REGS), U64(pc), U64(fz), U64(fs), U64(fm), U64(ft), U64(fd),
        VMSTATE_INT64(env.df, X86CPU),
        VMSTATE_STRUCT_ARRAY(env.segs, X86CPU, X86_NB_SEGS, 1, vmstate_segment, X86Segment),
        VMSTATE_STRUCT_ARRAY(env.xmm, X86CPU, 16, 1, vmstate_vector, X86Vector),
        VMSTATE_STRUCT_ARRAY(env.ymm_high, X86CPU, 16, 1, vmstate_vector, X86Vector),
        U64(hflags), U32(eflags), U8(cpl), SEGMENT(ldt), SEGMENT(tr), SEGMENT(gdt), SEGMENT(idt),
        U64(cr0), U64(cr2), U64(cr3), U64(cr4), U64S(dr, 8), U64(efer), U64(xcr0), U64S(pdptr, 4),
        U32(pkru),
        VMSTATE_STRUCT_ARRAY(env.fpregs, X86CPU, 8, 1, vmstate_float80, X86Float80),
        U8(fptop), U8(fptags), U16(fpcw), U16(fpsw), U16(fpop), U16(fpcs), U16(fpds), U64(fpip),
        U64(fpdp), U32(mxcsr),
        U64(star), U64(lstar), U64(cstar), U64(fmask), U64(kernel_gs_base), U32(sysenter_cs),
        U64(sysenter_esp), U64(sysenter_eip), U64(tsc_aux), U64(tsc_offset), U64(tsc_adjust),
        U64(pat), U64(misc_enable), U64S(mtrr_fixed, 11),
        U64S(mtrr_base, X86_NB_VARIABLE_MTRRS), U64S(mtrr_mask, X86_NB_VARIABLE_MTRRS),
        U64(mtrr_default), U64(mcg_status), U64(mcg_control),
        U64S(mc_banks, 4 * X86_NB_MC_BANKS), U64(debugctl),
        U64(exception.next_pc), U32(exception.error), BOOL(exception.has_error),
        BOOL(exception.software), BOOL(exception.redirected),
        VMSTATE_INT16(env.delivering, X86CPU),
        BOOL(nmi_blocked), BOOL(in_smm), BOOL(nmi_blocked_outside), U32(smbase),
        BOOL(shut_down), U8(sipi_vector), BOOL(waits_for_sipi),
        U64(a20_mask),
        VMSTATE_INT32(parent_obj.exception_index, X86CPU),
        VMSTATE_UINT32(parent_obj.halted, X86CPU),
        VMSTATE_UINT32(parent_obj.interrupt_request, X86CPU),
        VMSTATE_END_OF_LIST(),
    },
    .subsections = (const VMStateDescription *const[]){ &vmstate_debug, &vmstate_svm, NULL },
};
