/*
 * Segment registers and descriptor tables.
 *
 * Reference: SDM volume 3, chapters 3 and 5; volume 2: MOV, LAR, LSL, VERR, LLDT, LTR, LGDT.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/helper.h"
#include "target/i386/segment.h"

/* ---- Descriptors ---- */

bool x86_find_descriptor(CPUX86State *env, uint16_t selector, X86Descriptor *d, uintptr_t ra)
{
    const X86Segment *table = selector & SELECTOR_TI ? &env->ldt : &env->gdt;

    if ((selector & SELECTOR_TI) && !(env->ldt.attributes & SEG_P)) {
        return false;
    }
    if ((selector | 7u) > table->limit) {
        return false;
    }
    d->at = x86_cut_linear(env, table->base + (selector & ~7u));
    d->raw = x86_load_system(env, d->at, MO_64, ra);
    d->attributes = x86_descriptor_attributes(d->raw);
    return true;
}

X86Segment x86_segment_of(const X86Descriptor *d, uint16_t selector)
{
    uint32_t limit = (d->raw & 0xffff) | (d->raw >> 32 & 0xf0000);

    return (X86Segment){
        .base = (d->raw >> 16 & 0xffffff) | (d->raw >> 32 & 0xff000000),
        .limit = d->attributes & SEG_G ? limit << 12 | 0xfff : limit,
        .selector = selector,
        .attributes = d->attributes,
    };
}

void x86_mark_accessed(CPUX86State *env, X86Descriptor *d, uintptr_t ra)
{
    if (!(d->attributes & SEG_ACCESSED)) {
        d->attributes |= SEG_ACCESSED;
        d->raw |= (uint64_t)SEG_ACCESSED << 40;
        x86_store_system(env, d->at + 5, d->raw >> 40 & 0xff, MO_8, ra);
    }
}

/* ---- Segment registers ---- */

void x86_load_null(CPUX86State *env, unsigned seg, uint16_t selector)
{
    env->segs[seg] = (X86Segment){
        .selector = selector,
        .attributes = seg == R_SS ? x86_rpl(selector) << SEG_DPL_SHIFT : 0,
    };
}

void x86_load_vm86_seg(CPUX86State *env, unsigned seg, uint16_t selector)
{
    env->segs[seg] = (X86Segment){
        .selector = selector,
        .base = selector << 4,
        .limit = 0xffff,
        .attributes = SEG_P | SEG_DPL | SEG_S | SEG_WRITABLE | SEG_ACCESSED,
    };
}

static bool may_be_stack(const CPUX86State *env, uint16_t selector, uint16_t attributes)
{
    return x86_is_writable_data(attributes) && x86_rpl(selector) == env->cpl &&
           x86_dpl(attributes) == env->cpl;
}

static bool may_be_data(const CPUX86State *env, uint16_t selector, uint16_t attributes)
{
    if (!(attributes & SEG_S) || (attributes & (SEG_CODE | SEG_READABLE)) == SEG_CODE) {
        return false;
    }
    return x86_is_conforming_code(attributes) ||
           MAX(x86_rpl(selector), env->cpl) <= x86_dpl(attributes);
}

void x86_load_data_seg(CPUX86State *env, unsigned seg, uint16_t selector, unsigned invalid,
                       uintptr_t ra)
{
    X86Descriptor d;

    if (x86_is_null(selector)) {
        bool allowed = seg != R_SS || (x86_in_64bit_mode(env) && env->cpl < 3 &&
                                       x86_rpl(selector) == env->cpl);

        if (!allowed) {
            x86_raise_selector(env, invalid, invalid == EXCP_TS ? selector : 0, ra);
        }
        x86_load_null(env, seg, selector);
        return;
    }
    if (!x86_find_descriptor(env, selector, &d, ra) ||
        !(seg == R_SS ? may_be_stack(env, selector, d.attributes)
                      : may_be_data(env, selector, d.attributes))) {
        x86_raise_selector(env, invalid, selector, ra);
    }
    if (!(d.attributes & SEG_P)) {
        x86_raise_selector(env, seg == R_SS ? EXCP_SS : EXCP_NP, selector, ra);
    }
    x86_mark_accessed(env, &d, ra);
    env->segs[seg] = x86_segment_of(&d, selector);
}

void helper_x86_load_seg(CPUX86State *env, uint32_t seg, uint32_t selector)
{
    if (x86_plain_selectors(env)) {
        env->segs[seg].selector = selector;
        env->segs[seg].base = (selector & 0xffff) << 4;
    } else {
        x86_load_data_seg(env, seg, selector, EXCP_GP, GETPC());
    }
    x86_update_hflags(env);
}

/* ---- LDTR and TR ---- */

/* In long mode descriptors of LDTs and TSSs have 16 bytes, and a base of 64 bits. */
static uint64_t system_base(CPUX86State *env, const X86Descriptor *d, const X86Segment *seg,
                            uint16_t selector, uintptr_t ra)
{
    uint64_t upper, base;

    if (!x86_long_mode(env)) {
        return seg->base;
    }
    if ((selector & ~7u) + 15 > env->gdt.limit) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
    upper = x86_load_system(env, d->at + 8, MO_64, ra);
    base = seg->base | upper << 32;
    if ((upper >> 40 & (SEG_S | SEG_TYPE)) || !x86_is_canonical(env, base)) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
    return base;
}

void x86_load_ldt(CPUX86State *env, uint16_t selector, unsigned invalid, uintptr_t ra)
{
    X86Descriptor d;
    X86Segment ldt;

    if (x86_is_null(selector)) {
        env->ldt = (X86Segment){ .selector = selector };
        return;
    }
    if ((selector & SELECTOR_TI) || !x86_find_descriptor(env, selector, &d, ra) ||
        !x86_is_system(d.attributes, SYSTEM_LDT)) {
        x86_raise_selector(env, invalid, selector, ra);
    }
    if (!(d.attributes & SEG_P)) {
        x86_raise_selector(env, invalid == EXCP_TS ? EXCP_TS : EXCP_NP, selector, ra);
    }
    ldt = x86_segment_of(&d, selector);
    ldt.base = system_base(env, &d, &ldt, selector, ra);
    env->ldt = ldt;
}

void helper_x86_lldt(CPUX86State *env, uint32_t selector)
{
    x86_load_ldt(env, selector, EXCP_GP, GETPC());
}

void helper_x86_ltr(CPUX86State *env, uint32_t selector)
{
    uintptr_t ra = GETPC();
    X86Descriptor d;
    X86Segment tr;

    if (x86_is_null(selector)) {
        x86_raise_null(env, EXCP_GP, ra);
    }
    if ((selector & SELECTOR_TI) || !x86_find_descriptor(env, selector, &d, ra) ||
        !(x86_is_system(d.attributes, SYSTEM_TSS32) ||
          (x86_is_system(d.attributes, SYSTEM_TSS16) && !x86_long_mode(env)))) {
        x86_raise_selector(env, EXCP_GP, selector, ra);
    }
    if (!(d.attributes & SEG_P)) {
        x86_raise_selector(env, EXCP_NP, selector, ra);
    }
    tr = x86_segment_of(&d, selector);
    tr.base = system_base(env, &d, &tr, selector, ra);
    tr.attributes |= SYSTEM_BUSY;
    x86_store_system(env, d.at + 5, tr.attributes & 0xff, MO_8, ra);
    env->tr = tr;
}

/* ---- GDTR and IDTR ---- */

static void load_table(CPUX86State *env, X86Segment *table, uint64_t base, uint32_t limit,
                       uintptr_t ra)
{
    if (!x86_is_canonical(env, base) && x86_in_64bit_mode(env)) {
        x86_raise_error(env, EXCP_GP, 0, ra);
    }
    table->base = base;
    table->limit = limit;
}

void helper_x86_lgdt(CPUX86State *env, uint64_t base, uint32_t limit)
{
    load_table(env, &env->gdt, base, limit, GETPC());
}

void helper_x86_lidt(CPUX86State *env, uint64_t base, uint32_t limit)
{
    load_table(env, &env->idt, base, limit, GETPC());
}

void helper_x86_check_umip(CPUX86State *env)
{
    if ((env->cr4 & CR4_UMIP) && env->cpl > 0) {
        x86_raise_error(env, EXCP_GP, 0, GETPC());
    }
}

/* ---- Looking at descriptors ---- */

/* Types that LAR and LSL know, a bit each: in 32-bit modes; in long mode. */
static const uint16_t known_to_lar[] = {
    1 << SYSTEM_TSS16 | 1 << SYSTEM_LDT | 1 << SYSTEM_TSS16_BUSY | 1 << SYSTEM_CALL16 |
        1 << SYSTEM_TASK | 1 << SYSTEM_TSS32 | 1 << SYSTEM_TSS32_BUSY | 1 << SYSTEM_CALL32,
    1 << SYSTEM_LDT | 1 << SYSTEM_TSS32 | 1 << SYSTEM_TSS32_BUSY | 1 << SYSTEM_CALL32,
};
static const uint16_t known_to_lsl[] = {
    1 << SYSTEM_TSS16 | 1 << SYSTEM_LDT | 1 << SYSTEM_TSS16_BUSY | 1 << SYSTEM_TSS32 |
        1 << SYSTEM_TSS32_BUSY,
    1 << SYSTEM_LDT | 1 << SYSTEM_TSS32 | 1 << SYSTEM_TSS32_BUSY,
};

/* A descriptor that the program could use, or, of a system segment, may know about. */
static bool find_visible(CPUX86State *env, uint16_t selector, const uint16_t *known,
                         X86Descriptor *d, uintptr_t ra)
{
    if (x86_is_null(selector) || !x86_find_descriptor(env, selector, d, ra)) {
        return false;
    }
    if (!(d->attributes & SEG_S) &&
        !(known && (known[x86_long_mode(env)] >> (d->attributes & SEG_TYPE) & 1))) {
        return false;
    }
    return x86_is_conforming_code(d->attributes) ||
           MAX(x86_rpl(selector), env->cpl) <= x86_dpl(d->attributes);
}

/* Access rights as LAR shows them; UINT64_MAX: not to be seen. */
uint64_t helper_x86_lar(CPUX86State *env, uint32_t selector)
{
    X86Descriptor d;

    return find_visible(env, selector, known_to_lar, &d, GETPC()) ? d.raw >> 32 & 0xf0ff00
                                                                  : UINT64_MAX;
}

uint64_t helper_x86_lsl(CPUX86State *env, uint32_t selector)
{
    X86Descriptor d;

    return find_visible(env, selector, known_to_lsl, &d, GETPC())
               ? x86_segment_of(&d, selector).limit
               : UINT64_MAX;
}

/* 1: it can be read (written). */
uint64_t helper_x86_verify(CPUX86State *env, uint32_t selector, uint32_t write)
{
    X86Descriptor d;

    if (!find_visible(env, selector, NULL, &d, GETPC())) {
        return 0;
    }
    return write ? x86_is_writable_data(d.attributes)
                 : !(d.attributes & SEG_CODE) || (d.attributes & SEG_READABLE);
}
