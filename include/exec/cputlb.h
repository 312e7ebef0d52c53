/*
 * Guest TLB, translation contexts and memory windows: what a CPU model calls when its MMU's state
 * changes.
 *
 * Nothing here scans or clears in proportion to what is cached, except where it says so: entries
 * carry the tag of the context they were made in, and a change of context is a change of tag.
 *
 * All functions run on the CPU's own thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_CPUTLB_H
#define EXEC_CPUTLB_H

#include "qemu/osdep.h"
#include "exec/memattrs.h"
#include "exec/memop.h"

enum {
    PAGE_READ = 1,
    PAGE_WRITE = 2,
    PAGE_EXEC = 4,
};

/*
 * What selects a translation context (segment registers, ASID, page table root) has changed.
 * Entries of the old context stay and match again once it returns. O(1): the new context is worked
 * out at the next miss, from CPUClass.tcg_ops->mmu_context_key.
 */
void tlb_context_changed(CPUState *cpu);

/* Forgets every translation of every context. O(1). */
void tlb_flush(CPUState *cpu);

/* Forgets the page at `addr` in every context. */
void tlb_flush_page(CPUState *cpu, vaddr addr);

/*
 * Forgets, in every context, all pages whose low `bits` bits of the page number equal those of
 * `addr`: the congruence class that a set-associative TLB invalidates (PowerPC 7xx: 6).
 */
void tlb_flush_page_class(CPUState *cpu, vaddr addr, unsigned bits);

/*
 * The aligned block of 1 << shift bytes with the address addr, of which no page was filled for
 * instructions. Of addresses bits 47:0 count, as for one page.
 */
void tlb_flush_data_block(CPUState *cpu, vaddr addr, unsigned shift);

/* What a translation says of one guest page. */
typedef struct TLBPage {
    hwaddr phys;      /* where the address that was asked for leads */
    uint64_t size;    /* of the guest page: a power of two, from 1 KiB on */
    MemTxAttrs attrs;
    int prot;         /* PAGE_* rights */
    bool global;      /* the same in every context, until the next tlb_flush() */
    void *extra;      /* the CPU model's own: what tlb_page_extra() says of the page */
} TLBPage;

/*
 * Enters a translation of `addr`. Called from tlb_fill. Leave PAGE_WRITE out while the first store
 * still has to set a changed bit. Flushing any address of the page forgets all of it.
 */
void tlb_set_page_full(CPUState *cpu, int mmu_idx, vaddr addr, const TLBPage *page);

/* The same for a page that isn't global. `size`: of the guest page. */
void tlb_set_page_with_attrs(CPUState *cpu, vaddr addr, hwaddr paddr, MemTxAttrs attrs, int prot,
                             int mmu_idx, uint64_t size);

/*
 * One stretch of block-translated (BAT, section) or untranslated memory. Sizes are multiples of a
 * page.
 */
typedef struct WindowBlock {
    vaddr start;
    uint64_t size;
    hwaddr phys;
    int prot; /* PAGE_* */
    MemTxAttrs attrs;
} WindowBlock;

#define MAX_WINDOW_BLOCKS 32

/*
 * Says what the memory window of `mmu_idx` shows: exactly these blocks, which must not overlap;
 * where several hardware entries overlap the caller has resolved it. Only the difference is
 * remapped. With nb = 0 the mode has no window and code translated afterwards uses the TLB. 32-bit
 * guests only.
 */
void cpu_window_set_blocks(CPUState *cpu, int mmu_idx, const WindowBlock *blocks, size_t nb);

/*
 * Guest virtual memory access on behalf of the instruction whose helper was called from `ra`
 * (GETPC(), or 0 when globals are already in env). Raises the guest's exception and doesn't return
 * if the access fails.
 */
uint8_t cpu_ldub_mmuidx_ra(CPUArchState *env, vaddr addr, int mmu_idx, uintptr_t ra);
uint32_t cpu_ldl_be_mmuidx_ra(CPUArchState *env, vaddr addr, int mmu_idx, uintptr_t ra);
void cpu_stb_mmuidx_ra(CPUArchState *env, vaddr addr, uint32_t val, int mmu_idx, uintptr_t ra);
void cpu_stl_be_mmuidx_ra(CPUArchState *env, vaddr addr, uint32_t val, int mmu_idx, uintptr_t ra);
uint64_t cpu_ld_mmu(CPUArchState *env, vaddr addr, MemOpIdx oi, uintptr_t ra);
void cpu_st_mmu(CPUArchState *env, vaddr addr, uint64_t val, MemOpIdx oi, uintptr_t ra);

/*
 * Makes sure that [addr, addr + size), which must lie in one page, can be accessed so, raising the
 * guest's exception if not. Returns the host address, or NULL where the page is no plain RAM.
 */
void *probe_access(CPUArchState *env, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx,
                   uintptr_t ra);
/*
 * Makes sure that the page can be accessed so, as probe_access() does, and returns what tlb_fill has
 * entered as TLBPage.extra. No watchpoint is hit.
 */
void *tlb_page_extra(CPUArchState *env, vaddr addr, unsigned size, MMUAccessType access,
                     int mmu_idx, uintptr_t ra);
/* Whether a data access in that page wouldn't fault; raises nothing. CPU's thread. */
bool tlb_probe(CPUState *cpu, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx);
/* The same as probe_access() where the access itself follows, maybe at another address of the page: no watchpoint is
 * hit yet. */
void probe_access_rights(CPUArchState *env, vaddr addr, unsigned size, MMUAccessType access,
                         int mmu_idx, uintptr_t ra);

#endif
