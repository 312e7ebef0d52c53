/*
 * The x86 CPU as a device: class, realize, reset; what translated code is keyed by.
 *
 * Reference: SDM volume 3, chapter 9 (state after reset and INIT).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include <capstone/capstone.h>
#include "core/irq.h"
#include "core/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "system/system.h"
#include "target/i386/internal.h"

/* ---- Flags and modes ---- */

/* Data that can be read and written up to 4 GiB. CS: code, which only its limit bounds. */
static bool is_unchecked(const CPUX86State *env, unsigned seg)
{
    const X86Segment *s = &env->segs[seg];
    unsigned kind = SEG_S | SEG_P | SEG_CODE | SEG_WRITABLE | SEG_EXPAND_DOWN;

    if (s->limit != UINT32_MAX) {
        return false;
    }
    return seg == R_CS || (s->attributes & kind) == (SEG_S | SEG_P | SEG_WRITABLE);
}

static uint32_t segment_flags(const CPUX86State *env)
{
    uint32_t flags = 0;

    if (x86_in_64bit_mode(env)) {
        flags = X86_HF_CS64 | X86_HF_SS32 | X86_HF_BASE_0;
        for (unsigned i = 0; i < X86_NB_SEGS; i++) {
            flags |= X86_HF_UNCHECKED(i);
        }
        return flags;
    }
    for (unsigned i = 0; i < X86_NB_SEGS; i++) {
        flags |= is_unchecked(env, i) ? X86_HF_UNCHECKED(i) : 0;
    }
    flags |= env->segs[R_CS].attributes & SEG_DB ? X86_HF_CS32 : 0;
    flags |= env->segs[R_SS].attributes & SEG_DB ? X86_HF_SS32 : 0;
    if (!(env->segs[R_ES].base | env->segs[R_CS].base | env->segs[R_SS].base |
          env->segs[R_DS].base)) {
        flags |= X86_HF_BASE_0;
    }
    return flags;
}

static uint32_t privilege_flags(const CPUX86State *env)
{
    bool real = !(env->cr0 & CR0_PE), vm = env->eflags & FLAG_VM;
    unsigned iopl = (env->eflags & FLAG_IOPL) >> FLAG_IOPL_SHIFT;
    uint32_t flags = env->cpl;

    flags |= real || (!vm && env->cpl <= iopl) ? X86_HF_IOPL : 0;
    flags |= env->eflags & FLAG_VM ? X86_HF_VM : 0;
    if (env->eflags & FLAG_AC) {
        flags |= env->cpl == 3 && (env->cr0 & CR0_AM) ? X86_HF_ALIGN : 0;
    } else {
        flags |= env->cpl < 3 && (env->cr4 & CR4_SMAP) ? X86_HF_SMAP : 0;
    }
    return flags;
}

enum {
    MXCSR_DAZ = 1 << 6,
    MXCSR_MASKS = 0x3f << 7,
    MXCSR_ROUNDING = 3 << 13,
    MXCSR_FTZ = 1 << 15,
    MXCSR_RESET = MXCSR_MASKS,
};

enum { XCR0_X87 = 1 << 0, XCR0_SSE_AVX = 3 << 1 };

static uint32_t unit_flags(const CPUX86State *env)
{
    uint32_t modes = env->mxcsr & (MXCSR_DAZ | MXCSR_MASKS | MXCSR_ROUNDING | MXCSR_FTZ);
    bool avx = (env->cr4 & CR4_OSXSAVE) && (env->xcr0 & XCR0_SSE_AVX) == XCR0_SSE_AVX;

    return (env->cr0 & CR0_EM ? X86_HF_EM : 0) | (env->cr0 & CR0_TS ? X86_HF_TS : 0) |
           (env->cr0 & CR0_MP ? X86_HF_MP : 0) | (env->cr4 & CR4_OSFXSR ? X86_HF_OSFXSR : 0) |
           (avx ? X86_HF_AVX : 0) | (modes == MXCSR_MASKS ? X86_HF_SSE_PLAIN : 0);
}

void x86_update_hflags(CPUX86State *env)
{
    env->hflags = (env->hflags & X86_HF_SHADOWS) | segment_flags(env) | privilege_flags(env) |
                  unit_flags(env) | (env->cr0 & CR0_PE ? X86_HF_PE : 0) |
                  (env->cr0 & CR0_PG ? X86_HF_PG : 0) | (env->efer & EFER_LMA ? X86_HF_LMA : 0) |
                  (env->eflags & FLAG_TF ? X86_HF_TF : 0) | (env->in_smm ? X86_HF_SMM : 0);
    if (unlikely(env->svm.guest)) { /* of nested paging the walk knows whether the guest pages, too */
        env->hflags |= X86_HF_GUEST | (env->svm.nested_paging ? X86_HF_PG : 0);
    }
    if (unlikely(env->debug_armed)) {
        env->hflags |= X86_HF_DEBUG | (env->eflags & FLAG_RF ? X86_HF_RF : 0);
    }
}

void x86_set_eflags(CPUX86State *env, uint32_t value, uint32_t mask)
{
    uint32_t kept = FLAGS_ALL & mask & ~FLAGS_APART;

    if (mask & FLAGS_STATUS) {
        x86_set_status_flags(env, value, mask & FLAGS_STATUS);
    }
    if (mask & FLAG_DF) {
        env->df = value & FLAG_DF ? -1 : 1;
    }
    env->eflags = (env->eflags & ~kept) | (value & kept) | FLAG_1;
    if (kept & (FLAG_TF | FLAG_IOPL | FLAG_VM | FLAG_AC | FLAG_RF)) {
        x86_update_hflags(env);
    }
}

/* ---- What the core asks ---- */

static void x86_get_tb_cpu_state(CPUState *cs, vaddr *pc, uint64_t *flags)
{
    CPUX86State *env = &((X86CPU *)cs)->env;
    uint64_t base = env->hflags & X86_HF_CS64 ? 0 : env->segs[R_CS].base;

    *pc = env->pc;
    *flags = env->hflags | base << 32;
}

static void x86_restore_state_to_opc(CPUState *cs, const TranslationBlock *tb, const uint64_t *data)
{
    CPUX86State *env = &((X86CPU *)cs)->env;

    env->pc = data[0];
    x86_recall_flags(env, data[1]);
    if (unlikely(tb->flags & X86_HF_SHADOW)) { /* the block's only instruction is still to come */
        env->hflags |= tb->flags & X86_HF_SHADOWS;
    }
    if (unlikely(tb->flags & X86_HF_DEBUG)) {
        x86_debug_restore(env, tb->flags);
    }
}

static int x86_cpu_mmu_index(CPUState *cs)
{
    return x86_mmu_index(((X86CPU *)cs)->env.hflags);
}

/* Both are linear addresses: what breakpoints and disassembly need. */
static void x86_set_pc(CPUState *cs, vaddr value)
{
    X86_CPU(cs)->env.pc = value;
}

static vaddr x86_get_pc(CPUState *cs)
{
    return X86_CPU(cs)->env.pc;
}

static unsigned x86_address_space_index(CPUState *cs, MemTxAttrs attrs)
{
    return attrs.secure ? X86_SPACE_SMM : X86_SPACE_MEMORY;
}

static CPUMemoryView x86_memory_view(CPUState *cs)
{
    return (CPUMemoryView){ .big_endian = false };
}

static void x86_disas_set_info(CPUState *cs, CPUDisasInfo *info)
{
    uint64_t hflags = X86_CPU(cs)->env.hflags;

    info->cap_arch = CS_ARCH_X86;
    info->cap_mode = hflags & X86_HF_CS64   ? CS_MODE_64
                     : hflags & X86_HF_CS32 ? CS_MODE_32
                                            : CS_MODE_16;
    info->insn_unit = 1;
}

G_NORETURN_ATTR static void x86_do_unaligned_access(CPUState *cs, vaddr addr, MMUAccessType access,
                                                    int mmu_idx, uintptr_t ra)
{
    x86_raise_error(&((X86CPU *)cs)->env, EXCP_AC, 0, ra);
}

static bool x86_dump_interrupts(CPUState *cs, FILE *f)
{
    X86CPU *cpu = X86_CPU(cs);

    if (!cpu->interrupts || !cpu->interrupts->dump) {
        return false;
    }
    cpu->interrupts->dump(cpu->interrupt_controller, f);
    return true;
}

/* ---- What boards do ---- */

void x86_cpu_set_interrupt_controller(X86CPU *cpu, const X86InterruptOps *ops, void *opaque)
{
    cpu->interrupts = ops;
    cpu->interrupt_controller = opaque;
}

static void set_a20_mask(CPUState *cs, void *data)
{
    CPUX86State *env = &X86_CPU(cs)->env;
    uint64_t mask = data ? UINT64_MAX : ~(1ull << 20);

    if (env->a20_mask != mask) {
        env->a20_mask = mask;
        x86_flush_all(env);
    }
}

void x86_cpu_set_a20(X86CPU *cpu, bool open)
{
    CPUState *cs = CPU(cpu);
    void *data = open ? cpu : NULL;

    if (current_cpu == cs) {
        set_a20_mask(cs, data);
    } else {
        async_run_on_cpu(cs, set_a20_mask, data);
    }
}

/* ---- Reset ---- */

enum { DR6_RESET = 0xffff0ff0u, SMBASE_RESET = 0x30000 };

static const X86Segment reset_data = {
    .limit = 0xffff,
    .attributes = SEG_P | SEG_S | SEG_WRITABLE | SEG_ACCESSED,
};

static const X86Segment reset_code = {
    .selector = 0xf000,
    .base = 0xffff0000,
    .limit = 0xffff,
    .attributes = SEG_P | SEG_S | SEG_CODE | SEG_READABLE | SEG_ACCESSED,
};

enum { TYPE_LDT = 2, TYPE_TSS32_BUSY = 11 };

void x86_init_state(CPUX86State *env)
{
    memset(env->regs, 0, sizeof(env->regs));
    env->regs[R_EDX] = x86_cpuid_signature(x86_env_archcpu(env));
    for (unsigned i = 0; i < X86_NB_SEGS; i++) {
        env->segs[i] = reset_data;
    }
    env->segs[R_CS] = reset_code;
    env->gdt = env->idt = (X86Segment){ .limit = 0xffff };
    env->ldt = (X86Segment){ .limit = 0xffff, .attributes = SEG_P | TYPE_LDT };
    env->tr = (X86Segment){ .limit = 0xffff, .attributes = SEG_P | TYPE_TSS32_BUSY };
    /* CD and NW are as they were. */
    env->cr0 = (env->cr0 & (CR0_CD | CR0_NW)) | CR0_ET;
    env->cr2 = env->cr3 = env->cr4 = 0;
    env->efer = 0;
    env->xcr0 = XCR0_X87;
    env->pkru = 0;
    memset(env->dr, 0, sizeof(env->dr));
    env->dr[6] = DR6_RESET;
    env->dr[7] = X86_DR7_RESET;
    env->cpl = 0;
    env->eflags = FLAG_1;
    x86_set_eflags(env, 0, FLAGS_APART);
    env->hflags = 0;
    env->delivering = -1;
    env->nmi_blocked = false;
    env->debug_pending = 0;
    x86_svm_leave(env);
    x86_debug_changed(env);
    x86_set_eip(env, 0xfff0);
    x86_flush_all(env);
}

/* The registers that INIT leaves alone. */
static void reset_units(CPUX86State *env)
{
    x86_fpu_init(env);
    env->fpcw = 0x40;
    env->fptags = 0; /* full of zeroes */
    x86_write_mxcsr(env, MXCSR_RESET);
    env->pat = 0x0007040600070406;
    env->misc_enable = 1; /* fast strings */
    env->tsc_offset = 0;
    env->tsc_offset = -x86_read_tsc(env);
}

static void x86_cpu_reset(DeviceState *dev)
{
    X86CPU *cpu = X86_CPU(dev);
    CPUX86State *env = &cpu->env;
    CPUState *cs = CPU(dev);

    X86_CPU_GET_CLASS(cpu)->parent_reset(dev);
    memset(env, 0, offsetof(CPUX86State, fp_ferr));
    memset(&env->svm, 0, sizeof(env->svm));
    env->cr0 = CR0_CD | CR0_NW;
    env->smbase = SMBASE_RESET;
    reset_units(env);
    x86_init_state(env);
    /* Of several CPUs the first starts, the others wait for its call. */
    env->waits_for_sipi = cs->start_powered_off || cs->cpu_index > 0;
    cs->halted = env->waits_for_sipi;
}

/* ---- Making one ---- */

static void x86_cpu_realize(DeviceState *dev, Error **errp)
{
    X86CPU *cpu = X86_CPU(dev);

    if (cpu->tsc_hz == 0) {
        error_setg(errp, "tsc-frequency must not be 0 Hz");
        return;
    }
    if (!x86_choose_features(cpu, errp)) {
        return;
    }
    X86_CPU_GET_CLASS(cpu)->parent_realize(dev, errp);
    if (cpu->apic_id == UINT32_MAX) {
        cpu->apic_id = CPU(dev)->cpu_index;
    }
    qemu_init_vcpu(CPU(dev));
    cpu_reset(CPU(dev));
}

/* The thread uses what the parent takes away. */
static void x86_cpu_unrealize(DeviceState *dev)
{
    cpu_end_thread(CPU(dev));
    X86_CPU_GET_CLASS(dev)->parent_unrealize(dev);
}

static void x86_cpu_instance_init(Object *obj)
{
    X86CPU *cpu = X86_CPU(obj);
    CPUState *cs = CPU(obj);

    cs->env = &cpu->env;
    cs->jit = &cpu->jit;
    cs->address_bits = 64;
    cpu->env.a20_mask = UINT64_MAX;
    qdev_init_gpio_out_named(DEVICE(obj), &cpu->ferr, "ferr", 1);
}

static const TCGCPUOps x86_tcg_ops = {
    .initialize = x86_translate_init,
    .env_size = sizeof(CPUX86State),
    .sees_own_stores = true,
    .translate_code = x86_translate_code,
    .get_tb_cpu_state = x86_get_tb_cpu_state,
    .restore_state_to_opc = x86_restore_state_to_opc,
    .data_mmu_index = x86_cpu_mmu_index,
    .insn_mmu_index = x86_cpu_mmu_index,
    .tlb_fill = x86_tlb_fill,
    .mmu_context_key = x86_mmu_context_key,
    .do_unaligned_access = x86_do_unaligned_access,
    .own_watchpoint_hit = x86_data_accessed,
    .do_interrupt = x86_do_interrupt,
    .cpu_exec_interrupt = x86_cpu_exec_interrupt,
};

static void x86_cpu_class_init(ObjectClass *klass, void *data)
{
    X86CPUClass *xcc = X86_CPU_CLASS(klass);
    CPUClass *cc = CPU_CLASS(klass);
    DeviceClass *dc = DEVICE_CLASS(klass);

    device_class_set_parent_realize(dc, x86_cpu_realize, &xcc->parent_realize);
    device_class_set_parent_unrealize(dc, x86_cpu_unrealize, &xcc->parent_unrealize);
    device_class_set_parent_reset(dc, x86_cpu_reset, &xcc->parent_reset);
    device_class_set_props(dc, x86_cpu_properties());
    dc->vmsd = &vmstate_x86_cpu;
    dc->user_creatable = true; /* boards that take them say where */
    cc->class_by_name = x86_class_by_name;
    cc->has_work = x86_has_work;
    cc->set_pc = x86_set_pc;
    cc->get_pc = x86_get_pc;
    cc->dump_state = x86_dump_state;
    cc->get_phys_page_debug = x86_get_phys_page_debug;
    cc->address_space_index = x86_address_space_index;
    cc->memory_view = x86_memory_view;
    cc->get_register = x86_get_register;
    cc->dump_mmu = x86_dump_mmu;
    cc->dump_interrupts = x86_dump_interrupts;
    cc->disas_set_info = x86_disas_set_info;
    cc->list_models = x86_list_models;
    cc->gdb_features = x86_gdb_features;
    cc->gdb_architecture = "i386:x86-64";
    cc->elf_machine = EM_X86_64;
    /* One type of CPU serves both programs. */
    cc->arch_name = g_strcmp0(qemu_arch_name, "i386") ? "x86_64" : "i386";
    cc->tcg_ops = &x86_tcg_ops;
}

static void x86_model_class_init(ObjectClass *klass, void *data)
{
    X86_CPU_CLASS(klass)->model = data;
}

static void x86_model_instance_init(Object *obj)
{
    x86_set_model_defaults(X86_CPU(obj), X86_CPU_GET_CLASS(obj)->model);
}

static const TypeInfo x86_cpu_info = {
    .name = TYPE_X86_CPU,
    .parent = TYPE_CPU,
    .instance_size = sizeof(X86CPU),
    .instance_init = x86_cpu_instance_init,
    .abstract = true,
    .class_size = sizeof(X86CPUClass),
    .class_init = x86_cpu_class_init,
};

static void x86_cpu_register_types(void)
{
    type_register_static(&x86_cpu_info);
    for (const X86Model *m = x86_models; m->name; m++) {
        g_autofree char *name = g_strconcat(m->name, X86_CPU_TYPE_SUFFIX, NULL);
        TypeInfo info = { .name = name, .parent = TYPE_X86_CPU,
                          .class_init = x86_model_class_init, .class_data = (void *)m,
                          .instance_init = x86_model_instance_init };

        type_register(&info);
    }
}

type_init(x86_cpu_register_types)
