/*
 * Descriptors, stacks and privilege: what segment loads, far transfers, task switches and the
 * delivery of interrupts share.
 *
 * All of it may fault: `ra` is as x86_raise() takes it, and nothing of the CPU's registers has
 * changed then. What memory has changed (a slot beyond the stack's top, an accessed bit) nobody
 * depends on.
 *
 * Reference: SDM volume 3, chapters 3 (descriptors) and 5 (protection).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_SEGMENT_H
#define TARGET_I386_SEGMENT_H

#include "target/i386/internal.h"

/* Types of system descriptors (SDM volume 3, table 3-2); in long mode the 32-bit ones are 64 bits
 * wide, and there are no others. */
enum {
    SYSTEM_TSS16 = 1,
    SYSTEM_LDT = 2,
    SYSTEM_TSS16_BUSY = 3,
    SYSTEM_CALL16 = 4,
    SYSTEM_TASK = 5,
    SYSTEM_INTERRUPT16 = 6,
    SYSTEM_TRAP16 = 7,
    SYSTEM_TSS32 = 9,
    SYSTEM_TSS32_BUSY = 11,
    SYSTEM_CALL32 = 12,
    SYSTEM_INTERRUPT32 = 14,
    SYSTEM_TRAP32 = 15,
    SYSTEM_32 = 8,     /* of gates and TSSs: the wider kind */
    SYSTEM_BUSY = 2,   /* of a TSS */
};

enum {
    SELECTOR_RPL = 3,
    SELECTOR_TI = 4, /* from the LDT */
};

typedef struct X86Descriptor {
    uint64_t at;         /* linear address */
    uint64_t raw;
    uint16_t attributes; /* SEG_* */
} X86Descriptor;

static inline bool x86_is_null(uint16_t selector)
{
    return !(selector & ~SELECTOR_RPL);
}

static inline unsigned x86_rpl(uint16_t selector)
{
    return selector & SELECTOR_RPL;
}

static inline unsigned x86_dpl(uint16_t attributes)
{
    return (attributes & SEG_DPL) >> SEG_DPL_SHIFT;
}

static inline bool x86_is_code(uint16_t attributes)
{
    return (attributes & (SEG_S | SEG_CODE)) == (SEG_S | SEG_CODE);
}

static inline bool x86_is_conforming_code(uint16_t attributes)
{
    return x86_is_code(attributes) && (attributes & SEG_CONFORMING);
}

static inline bool x86_is_writable_data(uint16_t attributes)
{
    return (attributes & (SEG_S | SEG_CODE | SEG_WRITABLE)) == (SEG_S | SEG_WRITABLE);
}

static inline bool x86_is_system(uint16_t attributes, unsigned type)
{
    return (attributes & (SEG_S | SEG_TYPE)) == type;
}

/* A gate's fields. */
static inline uint16_t x86_gate_selector(uint64_t raw)
{
    return raw >> 16;
}

static inline uint32_t x86_gate_offset(uint64_t raw)
{
    return (raw & 0xffff) | (raw >> 32 & 0xffff0000);
}

static inline uint16_t x86_descriptor_attributes(uint64_t raw)
{
    return raw >> 40 & 0xf0ff;
}

/* What the segment register holds after that descriptor was loaded. */
X86Segment x86_segment_of(const X86Descriptor *d, uint16_t selector);

static inline bool x86_long_mode(const CPUX86State *env)
{
    return env->efer & EFER_LMA;
}

/* Real or virtual-8086 mode: a selector says where its segment is. */
static inline bool x86_plain_selectors(const CPUX86State *env)
{
    return !(env->cr0 & CR0_PE) || (env->eflags & FLAG_VM);
}

/* A linear address of the present mode. */
static inline uint64_t x86_cut_linear(const CPUX86State *env, uint64_t addr)
{
    return x86_long_mode(env) ? addr : (uint32_t)addr;
}

/* The MMU mode of accesses to a stack at that CPL. */
static inline int x86_stack_mmu_index(CPUX86State *env, unsigned cpl)
{
    return !(env->hflags & X86_HF_PG)                          ? X86_MMU_OFF
           : cpl == 3                                          ? X86_MMU_USER
           : (env->cr4 & CR4_SMAP) && !(env->eflags & FLAG_AC) ? X86_MMU_SMAP
                                                               : X86_MMU_KERNEL;
}

static inline uint64_t x86_load_system(CPUX86State *env, uint64_t addr, MemOp op, uintptr_t ra)
{
    return x86_load(env, x86_cut_linear(env, addr), op, x86_system_mmu_index(env), ra);
}

static inline void x86_store_system(CPUX86State *env, uint64_t addr, uint64_t value, MemOp op,
                                    uintptr_t ra)
{
    x86_store(env, x86_cut_linear(env, addr), value, op, x86_system_mmu_index(env), ra);
}

/* ---- excp.c ---- */

/*
 * An exception about a descriptor. The error code has EXT if it comes while something that the
 * program didn't ask for is being delivered (SDM volume 3, 6.13).
 */
G_NORETURN_ATTR void x86_raise_selector(CPUX86State *env, unsigned vector, uint16_t selector,
                                        uintptr_t ra);
/* The same with an error code of 0, and EXT. */
G_NORETURN_ATTR static inline void x86_raise_null(CPUX86State *env, unsigned vector, uintptr_t ra)
{
    x86_raise_selector(env, vector, 0, ra);
}

/* ---- seg-helper.c ---- */

/* False: the selector lies beyond its table, or there is no LDT. Not for null selectors. */
bool x86_find_descriptor(CPUX86State *env, uint16_t selector, X86Descriptor *d, uintptr_t ra);
/* Sets the accessed bit if it is clear. */
void x86_mark_accessed(CPUX86State *env, X86Descriptor *d, uintptr_t ra);
/* Makes a segment register null: nothing can be accessed through it. */
void x86_load_null(CPUX86State *env, unsigned seg, uint16_t selector);
/* Loads a segment register with what virtual-8086 mode has. No hflags. */
void x86_load_vm86_seg(CPUX86State *env, unsigned seg, uint16_t selector);
/*
 * Loads ES, SS, DS, FS or GS in protected mode; faults that a task switch reports as #TS say so by
 * `invalid` (EXCP_GP or EXCP_TS). No hflags.
 */
void x86_load_data_seg(CPUX86State *env, unsigned seg, uint16_t selector, unsigned invalid,
                       uintptr_t ra);
void x86_load_ldt(CPUX86State *env, uint16_t selector, unsigned invalid, uintptr_t ra);

/* ---- Stacks: far-helper.c ---- */

/* A stack that is being filled or emptied; the registers follow when all has gone well. */
typedef struct X86Stack {
    CPUX86State *env;
    X86Segment segment;  /* not in 64-bit mode */
    uint64_t sp;
    uint64_t mask;       /* of sp */
    bool flat;           /* 64-bit mode */
    uint16_t error;      /* of its #SS: a selector */
    int mmu_idx;
    uintptr_t ra;
} X86Stack;

/* The present one; `flat`: as 64-bit mode has it. */
void x86_stack_here(X86Stack *s, CPUX86State *env, bool flat, uintptr_t ra);
/* That of an inner level, from the TSS. */
void x86_stack_inner(X86Stack *s, CPUX86State *env, unsigned cpl, uintptr_t ra);
void x86_stack_push_value(X86Stack *s, uint64_t value, MemOp size);
uint64_t x86_stack_pop_value(X86Stack *s, MemOp size);
/* SP as the CPU's register shows it now. */
void x86_stack_keep_pointer(const X86Stack *s);

/* ---- Code segments: far-helper.c ---- */

/* Faults unless the instruction pointer is inside of the new code segment. */
void x86_check_target(CPUX86State *env, uint16_t attributes, uint32_t limit, uint64_t eip,
                      uintptr_t ra);
/*
 * The code segment that a call, interrupt or trap gate names: faults unless it can be entered from
 * here. Returns the CPL it brings.
 */
unsigned x86_gate_target(CPUX86State *env, uint16_t selector, X86Descriptor *d, uintptr_t ra);
/* CS, CPL and instruction pointer, with all that has been checked; hflags follow. */
void x86_enter_code(CPUX86State *env, const X86Descriptor *d, uint16_t selector, unsigned cpl,
                    uint64_t eip);

/* ---- task.c ---- */

/* What x86_task_switch() is for: its `source`. CALL and interrupts nest. */
typedef enum X86TaskSource { X86_TASK_JUMP, X86_TASK_CALL, X86_TASK_IRET } X86TaskSource;

#endif
