/*
 * Far jumps, calls and returns, IRET; the stacks they use.
 *
 * Reference: SDM volume 2, JMP, CALL, RET, IRET; volume 3, 5.8 (gates, stack switching), 20.2 and
 * 20.3 (virtual-8086 mode).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "target/i386/helper.h"
#include "target/i386/segment.h"

/* ---- Stacks ---- */

static uint64_t pointer_mask(const X86Segment *ss)
{
    return ss->attributes & SEG_DB ? UINT32_MAX : UINT16_MAX;
}

void x86_stack_here(X86Stack *s, CPUX86State *env, bool flat, uintptr_t ra)
{
    *s = (X86Stack){
        .env = env,
        .segment = env->segs[R_SS],
        .mask = flat ? UINT64_MAX : pointer_mask(&env->segs[R_SS]),
        .flat = flat,
        .mmu_idx = x86_stack_mmu_index(env, env->cpl),
        .ra = ra,
    };
    s->sp = env->regs[R_ESP] & s->mask;
}

/* A field of the present TSS, which has to reach so far. */
static uint64_t tss_field(CPUX86State *env, unsigned offset, MemOp size, uintptr_t ra)
{
    if (offset + memop_size(size) - 1 > env->tr.limit) {
        x86_raise_selector(env, EXCP_TS, env->tr.selector, ra);
    }
    return x86_load_system(env, env->tr.base + offset, size, ra);
}

void x86_stack_inner(X86Stack *s, CPUX86State *env, unsigned cpl, uintptr_t ra)
{
    bool wide = env->tr.attributes & SYSTEM_32;
    uint16_t selector;
    X86Descriptor d;

    *s = (X86Stack){
        .env = env, .ra = ra, .mmu_idx = x86_stack_mmu_index(env, cpl), .mask = UINT64_MAX,
    };
    if (x86_long_mode(env)) {
        s->sp = tss_field(env, 4 + 8 * cpl, MO_64, ra);
        s->segment = (X86Segment){ .selector = cpl, .attributes = cpl << SEG_DPL_SHIFT };
        s->flat = true;
        return;
    }
    s->sp = wide ? tss_field(env, 4 + 8 * cpl, MO_32, ra) : tss_field(env, 2 + 4 * cpl, MO_16, ra);
    selector = tss_field(env, wide ? 8 + 8 * cpl : 4 + 4 * cpl, MO_16, ra);
    if (x86_is_null(selector)) {
        x86_raise_null(env, EXCP_TS, ra);
    }
    if (!x86_find_descriptor(env, selector, &d, ra) || x86_rpl(selector) != cpl ||
        x86_dpl(d.attributes) != cpl || !x86_is_writable_data(d.attributes)) {
        x86_raise_selector(env, EXCP_TS, selector, ra);
    }
    if (!(d.attributes & SEG_P)) {
        x86_raise_selector(env, EXCP_SS, selector, ra);
    }
    x86_mark_accessed(env, &d, ra);
    s->segment = x86_segment_of(&d, selector);
    s->mask = pointer_mask(&s->segment);
    s->sp &= s->mask;
    s->error = selector;
}

/* Where in memory a slot is. */
static uint64_t slot_address(const X86Stack *s, uint64_t offset, unsigned bytes)
{
    const X86Segment *ss = &s->segment;
    uint64_t last = offset + bytes - 1;

    if (s->flat) {
        if (likely(x86_is_canonical(s->env, offset) && x86_is_canonical(s->env, last))) {
            return offset;
        }
    } else if ((ss->attributes & (SEG_P | SEG_CODE | SEG_EXPAND_DOWN)) ==
               (SEG_P | SEG_EXPAND_DOWN)) {
        if (offset > ss->limit && last <= pointer_mask(ss)) {
            return (uint32_t)(ss->base + offset);
        }
    } else if ((ss->attributes & SEG_P) && last <= ss->limit) {
        return (uint32_t)(ss->base + offset);
    }
    x86_raise_selector(s->env, EXCP_SS, s->error, s->ra);
}

void x86_stack_push_value(X86Stack *s, uint64_t value, MemOp size)
{
    unsigned bytes = memop_size(size);
    uint64_t sp = (s->sp - bytes) & s->mask;

    x86_store(s->env, slot_address(s, sp, bytes), value, size, s->mmu_idx, s->ra);
    s->sp = sp;
}

uint64_t x86_stack_pop_value(X86Stack *s, MemOp size)
{
    unsigned bytes = memop_size(size);
    uint64_t value = x86_load(s->env, slot_address(s, s->sp, bytes), size, s->mmu_idx, s->ra);

    s->sp = (s->sp + bytes) & s->mask;
    return value;
}

void x86_stack_keep_pointer(const X86Stack *s)
{
    uint64_t *rsp = &s->env->regs[R_ESP];
    uint64_t mask = s->mask == UINT32_MAX ? UINT64_MAX : s->mask; /* ESP clears the upper half */

    *rsp = (*rsp & ~mask) | (s->sp & mask);
}

/* ---- Code segments ---- */

void x86_check_target(CPUX86State *env, uint16_t attributes, uint32_t limit, uint64_t eip,
                      uintptr_t ra)
{
    bool inside = x86_long_mode(env) && (attributes & SEG_L) ? x86_is_canonical(env, eip)
                                                             : eip <= limit;

    if (!inside) {
        x86_raise_null(env, EXCP_GP, ra);
    }
}

static void check_target(CPUX86State *env, const X86Descriptor *d, uint64_t eip, uintptr_t ra)
{
    x86_check_target(env, d->attributes, x86_segment_of(d, 0).limit, eip, ra);
}

/* A code segment that can't be entered in long mode: L and D. */
static bool has_wrong_size(const CPUX86State *env, uint16_t attributes)
{
    return x86_long_mode(env) && (attributes & SEG_L) && (attributes & SEG_DB);
}

/* Finds what a selector for CS names; #GP if it is null, outside, or no code segment. */
static void find_code(CPUX86State *env, uint16_t selector, X86Descriptor *d, uintptr_t ra)
{
    if (x86_is_null(selector)) {
        x86_raise_null(env, EXCP_GP, ra);
    }
    if (!x86_find_descriptor(env, selector, d, ra) || !x86_is_code(d->attributes) ||
        has_wrong_size(env, d->attributes)) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
}

static void check_present(CPUX86State *env, const X86Descriptor *d, uint16_t selector, uintptr_t ra)
{
    if (!(d->attributes & SEG_P)) {
        x86_raise_selector(env, EXCP_NP, selector, ra);
    }
}

unsigned x86_gate_target(CPUX86State *env, uint16_t selector, X86Descriptor *d, uintptr_t ra)
{
    find_code(env, selector, d, ra);
    if (x86_dpl(d->attributes) > env->cpl ||
        (x86_long_mode(env) && !(d->attributes & SEG_L))) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
    check_present(env, d, selector, ra);
    return d->attributes & SEG_CONFORMING ? env->cpl : x86_dpl(d->attributes);
}

void x86_enter_code(CPUX86State *env, const X86Descriptor *d, uint16_t selector, unsigned cpl,
                    uint64_t eip)
{
    env->segs[R_CS] = x86_segment_of(d, (selector & ~SELECTOR_RPL) | cpl);
    env->cpl = cpl;
    x86_update_hflags(env);
    x86_set_eip(env, eip);
}

/* The same in real and virtual-8086 mode. */
static void enter_plain_code(CPUX86State *env, uint16_t selector, uint32_t eip)
{
    env->segs[R_CS].selector = selector;
    env->segs[R_CS].base = selector << 4;
    x86_update_hflags(env);
    x86_set_eip(env, eip);
}

static void check_plain_target(CPUX86State *env, uint64_t eip, uintptr_t ra)
{
    if (eip > env->segs[R_CS].limit) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
}

/* ---- JMP and CALL ---- */

/* Privilege for a far jump or call without a gate. */
static void check_direct(CPUX86State *env, const X86Descriptor *d, uint16_t selector, uintptr_t ra)
{
    bool allowed = d->attributes & SEG_CONFORMING
                       ? x86_dpl(d->attributes) <= env->cpl
                       : x86_rpl(selector) <= env->cpl && x86_dpl(d->attributes) == env->cpl;

    if (!allowed || has_wrong_size(env, d->attributes)) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
    check_present(env, d, selector, ra);
}

/* A gate or TSS must be open to the program, and for its selector's RPL. */
static void check_system(CPUX86State *env, const X86Descriptor *d, uint16_t selector, uintptr_t ra)
{
    if (x86_dpl(d->attributes) < MAX(env->cpl, x86_rpl(selector))) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
    check_present(env, d, selector, ra);
}

/* The instruction pointer that a call gate holds. */
static uint64_t call_gate_offset(CPUX86State *env, const X86Descriptor *gate, uint16_t selector,
                                 uintptr_t ra)
{
    uint64_t upper, offset = x86_gate_offset(gate->raw);

    if (!(gate->attributes & SYSTEM_32)) {
        return offset & 0xffff;
    }
    if (!x86_long_mode(env)) {
        return offset;
    }
    if ((selector & ~7u) + 15 > (selector & SELECTOR_TI ? env->ldt.limit : env->gdt.limit)) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
    upper = x86_load_system(env, gate->at + 8, MO_64, ra);
    if (upper >> 40 & (SEG_S | SEG_TYPE)) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
    return offset | upper << 32;
}

static void jump_through_gate(CPUX86State *env, const X86Descriptor *gate, uint16_t selector,
                              uintptr_t ra)
{
    uint64_t offset = call_gate_offset(env, gate, selector, ra);
    uint16_t target = x86_gate_selector(gate->raw);
    X86Descriptor d;

    if (x86_gate_target(env, target, &d, ra) != env->cpl) {
        x86_raise_selector(env, EXCP_GP, target, ra);
    }
    check_target(env, &d, offset, ra);
    x86_mark_accessed(env, &d, ra);
    x86_enter_code(env, &d, target, env->cpl, offset);
}

/*
 * The parameters of a call through a gate to an inner level, in the caller's stack: read before
 * anything is pushed.
 */
static unsigned read_parameters(CPUX86State *env, const X86Descriptor *gate, MemOp size,
                                uint32_t values[32], uintptr_t ra)
{
    unsigned count = x86_long_mode(env) ? 0 : gate->raw >> 32 & 31;
    X86Stack caller;

    x86_stack_here(&caller, env, false, ra);
    for (unsigned i = 0; i < count; i++) {
        values[i] = x86_stack_pop_value(&caller, size);
    }
    return count;
}

static void call_through_gate(CPUX86State *env, const X86Descriptor *gate, uint16_t selector,
                              uint64_t next_eip, uintptr_t ra)
{
    uint64_t offset = call_gate_offset(env, gate, selector, ra);
    uint16_t target = x86_gate_selector(gate->raw);
    bool long_mode = x86_long_mode(env);
    MemOp size = long_mode ? MO_64 : gate->attributes & SYSTEM_32 ? MO_32 : MO_16;
    X86Descriptor d;
    X86Stack stack;
    unsigned cpl = x86_gate_target(env, target, &d, ra);
    bool inner = cpl < env->cpl;

    if (inner) {
        uint32_t parameters[32];
        unsigned count = read_parameters(env, gate, size, parameters, ra);

        x86_stack_inner(&stack, env, cpl, ra);
        x86_stack_push_value(&stack, env->segs[R_SS].selector, size);
        x86_stack_push_value(&stack, env->regs[R_ESP], size);
        while (count > 0) {
            x86_stack_push_value(&stack, parameters[--count], size);
        }
    } else {
        x86_stack_here(&stack, env, long_mode, ra);
    }
    x86_stack_push_value(&stack, env->segs[R_CS].selector, size);
    x86_stack_push_value(&stack, next_eip, size);
    check_target(env, &d, offset, ra);
    x86_mark_accessed(env, &d, ra);
    if (inner) {
        env->segs[R_SS] = stack.segment;
    }
    x86_stack_keep_pointer(&stack);
    x86_enter_code(env, &d, target, cpl, offset);
}

/* To what isn't a code segment: a gate, or another task. */
static void transfer_to_system(CPUX86State *env, const X86Descriptor *d, uint16_t selector,
                               bool call, uint64_t next_eip, uintptr_t ra)
{
    X86TaskSource source = call ? X86_TASK_CALL : X86_TASK_JUMP;
    unsigned type = d->attributes & (SEG_S | SEG_TYPE);
    bool long_mode = x86_long_mode(env);

    if (type == SYSTEM_CALL32 || (type == SYSTEM_CALL16 && !long_mode)) {
        check_system(env, d, selector, ra);
        if (call) {
            call_through_gate(env, d, selector, next_eip, ra);
        } else {
            jump_through_gate(env, d, selector, ra);
        }
    } else if (type == SYSTEM_TASK && !long_mode) {
        check_system(env, d, selector, ra);
        x86_task_switch(env, x86_gate_selector(d->raw), source, next_eip, ra);
    } else if ((type == SYSTEM_TSS16 || type == SYSTEM_TSS32) && !long_mode) {
        check_system(env, d, selector, ra);
        x86_task_switch(env, selector, source, next_eip, ra);
    } else {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
}

/* What the operand names; #GP if it names nothing. */
static void find_target(CPUX86State *env, uint16_t selector, X86Descriptor *d, uintptr_t ra)
{
    if (x86_is_null(selector)) {
        x86_raise_null(env, EXCP_GP, ra);
    }
    if (!x86_find_descriptor(env, selector, d, ra)) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
}

void helper_x86_far_jump(CPUX86State *env, uint32_t selector, uint64_t eip, uint64_t next_eip)
{
    uintptr_t ra = GETPC();
    X86Descriptor d;

    if (x86_plain_selectors(env)) {
        check_plain_target(env, eip, ra);
        enter_plain_code(env, selector, eip);
        return;
    }
    find_target(env, selector, &d, ra);
    if (!x86_is_code(d.attributes)) {
        transfer_to_system(env, &d, selector, false, next_eip, ra);
        return;
    }
    check_direct(env, &d, selector, ra);
    check_target(env, &d, eip, ra);
    x86_mark_accessed(env, &d, ra);
    x86_enter_code(env, &d, selector, env->cpl, eip);
}

void helper_x86_far_call(CPUX86State *env, uint32_t selector, uint64_t eip, uint32_t size,
                         uint64_t next_eip)
{
    uintptr_t ra = GETPC();
    bool plain = x86_plain_selectors(env);
    X86Descriptor d;
    X86Stack stack;

    if (!plain) {
        find_target(env, selector, &d, ra);
        if (!x86_is_code(d.attributes)) {
            transfer_to_system(env, &d, selector, true, next_eip, ra);
            return;
        }
        check_direct(env, &d, selector, ra);
    }
    x86_stack_here(&stack, env, x86_in_64bit_mode(env), ra);
    x86_stack_push_value(&stack, env->segs[R_CS].selector, size);
    x86_stack_push_value(&stack, next_eip, size);
    if (plain) {
        check_plain_target(env, eip, ra);
        x86_stack_keep_pointer(&stack);
        enter_plain_code(env, selector, eip);
    } else {
        check_target(env, &d, eip, ra);
        x86_mark_accessed(env, &d, ra);
        x86_stack_keep_pointer(&stack);
        x86_enter_code(env, &d, selector, env->cpl, eip);
    }
}

/* ---- RET and IRET ---- */

/* The code segment that a return goes to. */
static void find_return_target(CPUX86State *env, uint16_t selector, X86Descriptor *d, uint64_t eip,
                               uintptr_t ra)
{
    unsigned rpl = x86_rpl(selector);
    bool allowed;

    find_code(env, selector, d, ra);
    allowed = d->attributes & SEG_CONFORMING ? x86_dpl(d->attributes) <= rpl
                                             : x86_dpl(d->attributes) == rpl;
    if (rpl < env->cpl || !allowed) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
    check_present(env, d, selector, ra);
    check_target(env, d, eip, ra);
}

/*
 * SS of the level that a return goes to: *seg. A null selector is for 64-bit code of the levels 0
 * to 2 only.
 */
static void find_return_stack(CPUX86State *env, uint16_t selector, const X86Descriptor *code,
                              unsigned cpl, X86Segment *seg, uintptr_t ra)
{
    X86Descriptor d;

    if (x86_is_null(selector)) {
        if (!x86_long_mode(env) || !(code->attributes & SEG_L) || cpl == 3 ||
            x86_rpl(selector) != cpl) {
            x86_raise_error(env, EXCP_GP, 0, ra);
        }
        *seg = (X86Segment){ .selector = selector, .attributes = cpl << SEG_DPL_SHIFT };
        return;
    }
    if (!x86_find_descriptor(env, selector, &d, ra) || x86_rpl(selector) != cpl ||
        !x86_is_writable_data(d.attributes) || x86_dpl(d.attributes) != cpl) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
    if (!(d.attributes & SEG_P)) {
        x86_raise_selector(env, EXCP_SS, selector, ra);
    }
    x86_mark_accessed(env, &d, ra);
    *seg = x86_segment_of(&d, selector);
}

/*
 * The outer level gets no data segment that only the inner one may use. Of a null selector the RPL
 * goes, as it does on hardware; its base, which an MSR may have set, stays.
 */
static void drop_inner_segments(CPUX86State *env, unsigned cpl)
{
    static const uint8_t data[] = { R_ES, R_DS, R_FS, R_GS };

    for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
        X86Segment *seg = &env->segs[data[i]];

        if (x86_is_null(seg->selector)) {
            seg->selector = 0;
        } else if ((seg->attributes & SEG_P) && x86_dpl(seg->attributes) < cpl &&
                   !x86_is_conforming_code(seg->attributes)) {
            x86_load_null(env, data[i], 0);
        }
    }
}

/* Another level, or IRET in 64-bit mode: CS, SS and both pointers. */
static void enter_level(CPUX86State *env, const X86Descriptor *code, uint16_t selector,
                        uint64_t eip, const X86Segment *ss, uint64_t sp)
{
    unsigned cpl = x86_rpl(selector);

    env->segs[R_SS] = *ss;
    if (cpl > env->cpl) {
        drop_inner_segments(env, cpl);
    }
    x86_enter_code(env, code, selector, cpl, eip);
    if (x86_in_64bit_mode(env)) {
        env->regs[R_ESP] = sp;
    } else if (ss->attributes & SEG_DB) {
        env->regs[R_ESP] = (uint32_t)sp;
    } else {
        env->regs[R_ESP] = (env->regs[R_ESP] & ~0xffffull) | (sp & 0xffff);
    }
}

void helper_x86_far_return(CPUX86State *env, uint32_t size, uint32_t drop)
{
    uintptr_t ra = GETPC();
    X86Descriptor d;
    X86Stack stack;
    uint64_t eip;
    uint16_t selector;
    unsigned cpl;

    x86_stack_here(&stack, env, x86_in_64bit_mode(env), ra);
    eip = x86_stack_pop_value(&stack, size);
    selector = x86_stack_pop_value(&stack, size);
    if (x86_plain_selectors(env)) {
        check_plain_target(env, eip, ra);
        stack.sp += drop;
        x86_stack_keep_pointer(&stack);
        enter_plain_code(env, selector, eip);
        return;
    }
    find_return_target(env, selector, &d, eip, ra);
    cpl = x86_rpl(selector);
    stack.sp = (stack.sp + drop) & stack.mask;
    if (cpl == env->cpl) {
        x86_mark_accessed(env, &d, ra);
        x86_stack_keep_pointer(&stack);
        x86_enter_code(env, &d, selector, cpl, eip);
    } else {
        uint64_t sp = x86_stack_pop_value(&stack, size);
        uint16_t ss_selector = x86_stack_pop_value(&stack, size);
        X86Segment ss;

        find_return_stack(env, ss_selector, &d, cpl, &ss, ra);
        x86_mark_accessed(env, &d, ra);
        enter_level(env, &d, selector, eip, &ss, sp + drop);
    }
}

enum {
    FLAGS_ANY_IRET = FLAGS_STATUS | FLAG_TF | FLAG_DF | FLAG_NT,
    FLAGS_WIDE_IRET = FLAG_RF | FLAG_AC | FLAG_ID,
    FLAGS_VIRTUAL = FLAG_VIF | FLAG_VIP,
};

static unsigned iopl(const CPUX86State *env)
{
    return (env->eflags & FLAG_IOPL) >> FLAG_IOPL_SHIFT;
}

/*
 * IRET of virtual-8086 mode for which IOPL isn't high enough: with CR4.VME, IF is really VIF
 * (SDM volume 3, 20.3.3.5).
 */
static uint32_t virtual_iret_flags(CPUX86State *env, MemOp size, uint32_t *flags, uintptr_t ra)
{
    if (size != MO_16 || !(env->cr4 & CR4_VME) || (*flags & FLAG_TF) ||
        ((*flags & FLAG_IF) && (env->eflags & FLAG_VIP))) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
    *flags = (*flags & ~FLAG_VIF) | (*flags & FLAG_IF ? FLAG_VIF : 0);
    return FLAGS_ANY_IRET | FLAG_VIF;
}

static void plain_iret(CPUX86State *env, MemOp size, uintptr_t ra)
{
    uint32_t eip, flags, mask = FLAGS_ANY_IRET | FLAG_IF;
    uint16_t selector;
    X86Stack stack;

    x86_stack_here(&stack, env, false, ra);
    eip = x86_stack_pop_value(&stack, size);
    selector = x86_stack_pop_value(&stack, size);
    flags = x86_stack_pop_value(&stack, size);
    mask |= size == MO_32 ? FLAGS_WIDE_IRET : 0;
    if (!(env->eflags & FLAG_VM)) {
        mask |= FLAG_IOPL;
    } else if (iopl(env) < 3) {
        mask = virtual_iret_flags(env, size, &flags, ra);
    }
    check_plain_target(env, eip, ra);
    x86_stack_keep_pointer(&stack);
    x86_set_eflags(env, flags, mask);
    enter_plain_code(env, selector, eip);
}

static void return_to_vm86(CPUX86State *env, X86Stack *stack, uint32_t eip, uint16_t code,
                           uint32_t flags, uintptr_t ra)
{
    static const uint8_t order[] = { R_SS, R_ES, R_DS, R_FS, R_GS };
    uint16_t selectors[ARRAY_SIZE(order)];
    uint32_t esp = x86_stack_pop_value(stack, MO_32);

    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        selectors[i] = x86_stack_pop_value(stack, MO_32);
    }
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        x86_load_vm86_seg(env, order[i], selectors[i]);
    }
    x86_load_vm86_seg(env, R_CS, code);
    env->regs[R_ESP] = esp;
    env->cpl = 3;
    x86_set_eflags(env, flags, FLAGS_ALL);
    x86_update_hflags(env);
    x86_set_eip(env, eip & 0xffff);
}

/* Which flags an IRET of protected mode sets. */
static uint32_t iret_flags(const CPUX86State *env, MemOp size)
{
    uint32_t mask = FLAGS_ANY_IRET;

    mask |= size == MO_16 ? 0 : FLAGS_WIDE_IRET;
    mask |= env->cpl <= iopl(env) ? FLAG_IF : 0;
    if (env->cpl == 0) {
        mask |= FLAG_IOPL | (size == MO_16 ? 0 : FLAGS_VIRTUAL);
    }
    return mask;
}

static void task_return(CPUX86State *env, uint64_t next_eip, uintptr_t ra)
{
    if (x86_long_mode(env)) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
    x86_task_switch(env, tss_field(env, 0, MO_16, ra), X86_TASK_IRET, next_eip, ra);
}

/* EFLAGS without the work on hflags, which x86_enter_code() does. */
static void set_flags_of_return(CPUX86State *env, uint32_t flags, uint32_t mask)
{
    uint32_t kept = mask & ~FLAGS_APART;

    x86_set_status_flags(env, flags, FLAGS_STATUS);
    env->df = flags & FLAG_DF ? -1 : 1;
    env->eflags = (env->eflags & ~kept) | (flags & kept);
}

/* What lies on the stack of 64-bit mode, read at once where it is in one page of RAM. */
static void pop_frame64(X86Stack *stack, uint64_t frame[5])
{
    CPUX86State *env = stack->env;
    unsigned bytes = 5 * 8;
    const uint8_t *host = NULL;

    if ((stack->sp & ~TARGET_PAGE_MASK) + bytes <= TARGET_PAGE_SIZE &&
        x86_is_canonical(env, stack->sp)) {
        host = probe_access(env, stack->sp, bytes, MMU_DATA_LOAD, stack->mmu_idx, stack->ra);
    }
    for (unsigned i = 0; i < 5; i++) {
        frame[i] = host ? ldq_le_p(host + 8 * i) : x86_stack_pop_value(stack, MO_64);
    }
}

void helper_x86_iret(CPUX86State *env, uint32_t size, uint64_t next_eip)
{
    uintptr_t ra = GETPC();
    bool from64 = x86_in_64bit_mode(env);
    uint64_t frame[5]; /* eip, CS, EFLAGS, SP, SS */
    uint32_t mask = iret_flags(env, size);
    X86Descriptor d;
    X86Segment ss;
    X86Stack stack;
    unsigned cpl;
    bool other_stack;

    env->nmi_blocked = false;
    if (x86_plain_selectors(env)) {
        plain_iret(env, size, ra);
        return;
    }
    if (env->eflags & FLAG_NT) {
        task_return(env, next_eip, ra);
        return;
    }
    x86_stack_here(&stack, env, from64, ra);
    if (from64 && size == MO_64) {
        pop_frame64(&stack, frame);
    } else {
        for (unsigned i = 0; i < 3; i++) {
            frame[i] = x86_stack_pop_value(&stack, size);
        }
        if ((frame[2] & FLAG_VM) && size == MO_32 && env->cpl == 0 && !x86_long_mode(env)) {
            return_to_vm86(env, &stack, frame[0], frame[1], frame[2], ra);
            return;
        }
    }
    find_return_target(env, frame[1], &d, frame[0], ra);
    cpl = x86_rpl(frame[1]);
    other_stack = from64 || cpl > env->cpl;
    if (other_stack) {
        if (!(from64 && size == MO_64)) {
            frame[3] = x86_stack_pop_value(&stack, size);
            frame[4] = x86_stack_pop_value(&stack, size);
        }
        find_return_stack(env, frame[4], &d, cpl, &ss, ra);
    }
    x86_mark_accessed(env, &d, ra);
    set_flags_of_return(env, frame[2], mask);
    if (other_stack) {
        enter_level(env, &d, frame[1], frame[0], &ss, frame[3]);
    } else {
        x86_stack_keep_pointer(&stack);
        x86_enter_code(env, &d, frame[1], cpl, frame[0]);
    }
}
