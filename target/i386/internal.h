/*
 * What the files of this folder share and nobody else needs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_INTERNAL_H
#define TARGET_I386_INTERNAL_H

#include "exec/cpu-loop.h"
#include "exec/cputlb.h"
#include "migration/vmstate.h"
#include "target/i386/cpu.h"

#ifndef GETPC
#define GETPC() ((uintptr_t)__builtin_return_address(0))
#endif

/* ---- cpu.c ---- */

/* Works out env->hflags; after every change of a segment, CPL, CR0, CR4, EFER, XCR0, MXCSR or of
 * EFLAGS' TF, IOPL, VM, AC. Keeps X86_HF_SHADOW. */
void x86_update_hflags(CPUX86State *env);

/* ---- excp.c ---- */

/*
 * Raise an exception of the instruction whose helper was called from `ra` (GETPC(), or 0 when env is
 * already as before the instruction): a fault, pc stays. Don't return.
 */
G_NORETURN_ATTR void x86_raise(CPUX86State *env, unsigned vector, uintptr_t ra);
G_NORETURN_ATTR void x86_raise_error(CPUX86State *env, unsigned vector, uint32_t error,
                                     uintptr_t ra);
void x86_do_interrupt(CPUState *cs);
bool x86_cpu_exec_interrupt(CPUState *cs, int request);
bool x86_has_work(CPUState *cs);

/* ---- seg-helper.c ---- */

/* Loads a segment register in real or virtual-8086 mode, or as SYSCALL and its kin do. */
void x86_load_seg_cache(CPUX86State *env, unsigned seg, uint16_t selector, uint64_t base,
                        uint32_t limit, uint16_t attributes);
/* Enters CPL: with SS's DPL where that is kept. */
void x86_set_cpl(CPUX86State *env, unsigned cpl);
void x86_task_switch(CPUX86State *env, uint16_t selector, unsigned source, uint64_t next_eip,
                     uintptr_t ra);

/* ---- control.c: control and debug registers, MSRs ---- */

void x86_write_cr0(CPUX86State *env, uint64_t value);
void x86_write_cr3(CPUX86State *env, uint64_t value);
void x86_write_cr4(CPUX86State *env, uint64_t value);
/* false: #GP(0), and nothing has changed. */
bool x86_read_msr(CPUX86State *env, uint32_t msr, uint64_t *value);
bool x86_write_msr(CPUX86State *env, uint32_t msr, uint64_t value);
uint64_t x86_read_tsc(CPUX86State *env);

/* ---- mmu.c ---- */

bool x86_tlb_fill(CPUState *cs, vaddr addr, int size, MMUAccessType access, int mmu_idx, bool probe,
                  uintptr_t ra);
size_t x86_mmu_context_key(CPUState *cs, int mmu_idx, uint8_t *key);
hwaddr x86_get_phys_page_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs);
void x86_dump_mmu(CPUState *cs, FILE *f);

/* ---- models.c ---- */

void x86_cpuid(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/* ---- dump.c, gdbstub.c, vmstate.c ---- */

void x86_dump_state(CPUState *cs, FILE *f, int flags);
bool x86_get_register(CPUState *cs, const char *name, uint64_t *value);
extern const VMStateDescription vmstate_x86_cpu;

/* ---- fpu-helper.c, sse-helper.c ---- */

void x86_fpu_init(CPUX86State *env); /* FNINIT */
/* MXCSR with the host's sticky flags gathered; a new value. */
uint32_t x86_read_mxcsr(CPUX86State *env);
void x86_write_mxcsr(CPUX86State *env, uint32_t value);

/* ---- Translator's entry points: translate.c ---- */

void x86_translate_init(void);
void x86_translate_code(CPUState *cs, TranslationBlock *tb, const TranslatorInput *input);

/* ---- Memory, for helpers: linear addresses, as the program of the present CPL; and as the CPU
 * itself, whatever CPL is (descriptor tables, TSS, stacks of inner levels). ---- */

static inline int x86_current_mmu_index(CPUX86State *env)
{
    return x86_mmu_index(env->hflags);
}

static inline int x86_system_mmu_index(CPUX86State *env)
{
    return !(env->hflags & X86_HF_PG) ? X86_MMU_OFF
           : env->cr4 & CR4_SMAP      ? X86_MMU_SMAP
                                      : X86_MMU_KERNEL;
}

static inline uint64_t x86_load(CPUX86State *env, uint64_t addr, MemOp op, int mmu_idx, uintptr_t ra)
{
    return cpu_ld_mmu(env, addr, make_memop_idx(op | MO_WIDE, mmu_idx), ra);
}

static inline void x86_store(CPUX86State *env, uint64_t addr, uint64_t value, MemOp op, int mmu_idx,
                             uintptr_t ra)
{
    cpu_st_mmu(env, addr, value, make_memop_idx(op | MO_WIDE, mmu_idx), ra);
}

#endif
