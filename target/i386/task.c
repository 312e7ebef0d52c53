/*
 * Task switches.
 *
 * Reference: SDM volume 3, chapter 8 (7 of older editions), "Task management".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/i386/segment.h"

/* From a TSS's `first` field on, words of one size: EIP, EFLAGS, the general registers and the
 * segment registers in their usual order, LDTR. */
enum { WORD_EIP, WORD_EFLAGS, WORD_REGS, WORD_SEGS = WORD_REGS + 8, NB_WORDS = WORD_SEGS + 7 };

typedef struct TSSLayout {
    MemOp size;
    uint8_t first;
    uint8_t nb_segs;
    uint8_t limit; /* at least */
} TSSLayout;

static const TSSLayout layouts[] = {
    { .size = MO_16, .first = 0x0e, .nb_segs = 4, .limit = 0x2b },
    { .size = MO_32, .first = 0x20, .nb_segs = 6, .limit = 0x67 },
};

enum {
    TSS_LINK = 0,
    TSS32_CR3 = 0x1c,
    TSS32_TRAP = 0x64,
    DR7_LOCAL = 0x155, /* L0 to L3, LE */
};

static const TSSLayout *layout_of(uint16_t attributes)
{
    return &layouts[(attributes & SYSTEM_32) != 0];
}

static void find_tss(CPUX86State *env, uint16_t selector, X86TaskSource source, X86Descriptor *d,
                     uintptr_t ra)
{
    bool back = source == X86_TASK_IRET;
    unsigned busy = back ? SYSTEM_BUSY : 0;

    if ((selector & SELECTOR_TI) || x86_is_null(selector) ||
        !x86_find_descriptor(env, selector, d, ra) ||
        !(x86_is_system(d->attributes, SYSTEM_TSS16 | busy) ||
          x86_is_system(d->attributes, SYSTEM_TSS32 | busy))) {
        x86_raise_selector(env, back ? EXCP_TS : EXCP_GP, selector, ra);
    }
    if (!(d->attributes & SEG_P)) {
        x86_raise_selector(env, EXCP_NP, selector, ra);
    }
    if (x86_segment_of(d, selector).limit < layout_of(d->attributes)->limit) {
        x86_raise_selector(env, EXCP_TS, selector, ra);
    }
}

/* The task that is left. */
static void save_task(CPUX86State *env, uint32_t eflags, uint32_t eip, uintptr_t ra)
{
    const TSSLayout *layout = layout_of(env->tr.attributes);
    uint32_t words[NB_WORDS] = { [WORD_EIP] = eip, [WORD_EFLAGS] = eflags };
    unsigned nb = WORD_SEGS + layout->nb_segs;

    for (unsigned i = 0; i < 8; i++) {
        words[WORD_REGS + i] = env->regs[i];
    }
    for (unsigned i = 0; i < layout->nb_segs; i++) {
        words[WORD_SEGS + i] = env->segs[i].selector;
    }
    for (unsigned i = 0; i < nb; i++) {
        x86_store_system(env, env->tr.base + layout->first + (i << layout->size), words[i],
                         layout->size, ra);
    }
}

static void set_busy(CPUX86State *env, uint16_t selector, bool busy, uintptr_t ra)
{
    uint64_t at = env->gdt.base + (selector & ~7u) + 5;
    uint8_t access = x86_load_system(env, at, MO_8, ra);

    x86_store_system(env, at, busy ? access | SYSTEM_BUSY : access & ~SYSTEM_BUSY, MO_8, ra);
}

/* Registers of the new task, its segments as yet unusable. */
static void load_registers(CPUX86State *env, const TSSLayout *layout, const uint32_t *words,
                           bool nested)
{
    uint32_t eflags = words[WORD_EFLAGS] | (nested ? FLAG_NT : 0);

    for (unsigned i = 0; i < 8; i++) {
        env->regs[i] = layout->size == MO_32
                           ? words[WORD_REGS + i]
                           : (env->regs[i] & 0xffff0000) | (words[WORD_REGS + i] & 0xffff);
    }
    for (unsigned i = 0; i < X86_NB_SEGS; i++) {
        x86_load_null(env, i, i < layout->nb_segs ? words[WORD_SEGS + i] : 0);
    }
    env->ldt = (X86Segment){ .selector = words[WORD_SEGS + layout->nb_segs] };
    env->cpl = eflags & FLAG_VM ? 3 : x86_rpl(words[WORD_SEGS + R_CS]);
    env->pc = words[WORD_EIP]; /* CS's base is 0 as yet */
    x86_set_eflags(env, eflags, FLAGS_ALL);
    env->cr0 |= CR0_TS;
    env->dr[7] &= ~(uint64_t)DR7_LOCAL;
    env->hflags &= ~(uint64_t)X86_HF_SHADOWS;
    x86_debug_changed(env);
}

static void load_task_code(CPUX86State *env, uint16_t selector)
{
    X86Descriptor d;
    unsigned dpl;
    uint64_t eip;

    if (x86_is_null(selector) || !x86_find_descriptor(env, selector, &d, 0) ||
        !x86_is_code(d.attributes)) {
        x86_raise_selector(env, EXCP_TS, selector, 0);
    }
    dpl = x86_dpl(d.attributes);
    if (d.attributes & SEG_CONFORMING ? dpl > env->cpl : dpl != env->cpl) {
        x86_raise_selector(env, EXCP_TS, selector, 0);
    }
    if (!(d.attributes & SEG_P)) {
        x86_raise_selector(env, EXCP_NP, selector, 0);
    }
    x86_mark_accessed(env, &d, 0);
    eip = x86_get_eip(env);
    env->segs[R_CS] = x86_segment_of(&d, selector);
    x86_set_eip(env, eip); /* faults of the other segments have it */
}

/*
 * Segments of the new task. From here on what goes wrong happens in it: there is no instruction to
 * go back to (SDM volume 3, table 8-1).
 */
static void load_segments(CPUX86State *env, const TSSLayout *layout, const uint32_t *words)
{
    static const uint8_t order[] = { R_SS, R_DS, R_ES, R_FS, R_GS };
    uint64_t eip = env->pc;

    if (env->eflags & FLAG_VM) {
        for (unsigned i = 0; i < X86_NB_SEGS; i++) {
            x86_load_vm86_seg(env, i, words[WORD_SEGS + i]);
        }
    }
    x86_load_ldt(env, words[WORD_SEGS + layout->nb_segs], EXCP_TS, 0);
    if (!(env->eflags & FLAG_VM)) {
        load_task_code(env, words[WORD_SEGS + R_CS]);
        for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
            x86_load_data_seg(env, order[i], env->segs[order[i]].selector, EXCP_TS, 0);
        }
    }
    x86_update_hflags(env);
    x86_set_eip(env, eip);
    x86_check_target(env, env->segs[R_CS].attributes, env->segs[R_CS].limit, eip, 0);
}

/* EXITINFO2 (APM volume 2, 15.14.1). */
static uint64_t task_exit_info(const CPUX86State *env, unsigned source)
{
    bool has_error = env->delivering >= 0 && env->svm.error_is_there;

    return (source == X86_TASK_IRET ? 1ull << 36 : 0) | (source == X86_TASK_JUMP ? 1ull << 38 : 0) |
           (has_error ? 1ull << 44 | env->svm.error : 0);
}

void x86_task_switch(CPUX86State *env, uint16_t selector, unsigned source, uint64_t next_eip,
                     uintptr_t ra)
{
    bool nested = source == X86_TASK_CALL, back = source == X86_TASK_IRET;
    uint32_t words[NB_WORDS], cr3 = 0, eflags = x86_get_eflags(env);
    const TSSLayout *layout;
    X86Descriptor d;
    X86Segment tss;
    bool trap = false;

    find_tss(env, selector, source, &d, ra);
    if (unlikely(env->svm.guest) && x86_svm_intercepts(env, X86_SVM_EXIT_TASK_SWITCH)) {
        x86_vmexit(env, X86_SVM_EXIT_TASK_SWITCH, selector, task_exit_info(env, source), next_eip,
                   ra);
    }
    tss = x86_segment_of(&d, selector);
    tss.attributes |= SYSTEM_BUSY;
    layout = layout_of(d.attributes);
    for (unsigned i = 0; i < WORD_SEGS + layout->nb_segs + 1u; i++) {
        words[i] = x86_load_system(env, tss.base + layout->first + (i << layout->size),
                                   layout->size, ra);
    }
    if (layout->size == MO_32) {
        cr3 = x86_load_system(env, tss.base + TSS32_CR3, MO_32, ra);
        trap = x86_load_system(env, tss.base + TSS32_TRAP, MO_16, ra) & 1;
    }
    qemu_log_mask(CPU_LOG_INT, "CPU %d: task %04x -> %04x%s\n", x86_env_cpu(env)->cpu_index,
                  env->tr.selector, selector, nested ? ", nested" : back ? ", back" : "");
    save_task(env, back ? eflags & ~FLAG_NT : eflags, next_eip, ra);
    if (nested) {
        x86_store_system(env, tss.base + TSS_LINK, env->tr.selector, MO_16, ra);
    } else {
        set_busy(env, env->tr.selector, false, ra);
    }
    if (!back) {
        set_busy(env, selector, true, ra);
    }
    env->tr = tss;
    if (layout->size == MO_32 && (env->cr0 & CR0_PG)) {
        x86_write_cr3(env, cr3);
    }
    load_registers(env, layout, words, nested);
    load_segments(env, layout, words);
    if (trap) { /* before the new task's first instruction (17.3.1.5) */
        x86_debug_add_pending(env, X86_DR6_BT);
    }
}
