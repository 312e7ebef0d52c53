/*
 * PowerPC address translation as pure functions of register values and a page table in memory.
 *
 * Reference: PEM chapter 7; MPC750UM chapter 5.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_PPC_MMU_HASH_H
#define TARGET_PPC_MMU_HASH_H

#include "exec/cputlb.h"

/* Segment registers */
enum {
    SR_T = 0x80000000,
    SR_KS = 0x40000000,
    SR_KP = 0x20000000,
    SR_N = 0x10000000,
    SR_VSID = 0x00ffffff,
};

/* Page table entries: first and second word */
enum {
    PTE0_V = 0x80000000,
    PTE0_H = 0x00000040,
    PTE1_RPN = 0xfffff000,
    PTE1_R = 0x00000100,
    PTE1_C = 0x00000080,
    PTE1_PP = 0x00000003,
};

/* BAT registers */
enum {
    BATU_BEPI = 0xfffe0000,
    BATU_BL = 0x00001ffc,
    BATU_VS = 0x00000002,
    BATU_VP = 0x00000001,
    BATL_BRPN = 0xfffe0000,
    BATL_PP = 0x00000003,
};

/* WIMG bits, as BATL and the second PTE word hold them. */
enum {
    WIMG_W = 0x40,
    WIMG_I = 0x20,
    WIMG_M = 0x10,
    WIMG_G = 0x08,
    WIMG_MASK = 0x78,
};

typedef enum PPCXlateResult {
    PPC_XLATE_OK,
    PPC_XLATE_NOT_FOUND,
    PPC_XLATE_PROTECTION,
    PPC_XLATE_NO_EXECUTE, /* N, or guarded memory */
    PPC_XLATE_DIRECT_STORE,
    PPC_XLATE_SOFT_MISS,  /* software table search: not in the TLB, or a page's first store */
} PPCXlateResult;

typedef struct PPCXlate {
    hwaddr phys;   /* of the address asked for */
    int prot;      /* PAGE_* rights of the page now (no PAGE_WRITE while C is clear) */
    uint32_t wimg;
    bool block;    /* translated by a BAT */
} PPCXlate;

/*
 * Memory that holds the page table. `exchange` stores if `old` is there, as one access, and returns
 * what was there; it may be NULL: R and C stay as they are.
 */
typedef struct PPCTableMemory {
    uint32_t (*load)(void *opaque, hwaddr addr);
    uint32_t (*exchange)(void *opaque, hwaddr addr, uint32_t old, uint32_t new);
    void *opaque;
} PPCTableMemory;

/* Everything translation depends on. bats: nb pairs upper, lower of the side (I or D) that is
 * meant. */
typedef struct PPCXlateRegs {
    const uint32_t *sr; /* 16 */
    uint32_t sdr1;
    uint32_t bats[8][2];
    unsigned nb_bats;
} PPCXlateRegs;

/* Physical address of a page table entry group. secondary: 0 or 1. */
hwaddr ppc_pteg_address(uint32_t sdr1, uint32_t vsid, uint32_t ea, int secondary);

/* Rights from PP bits and key; PAGE_EXEC goes with PAGE_READ. */
int ppc_page_rights(unsigned pp, bool key);
int ppc_block_rights(unsigned pp);

/* Whether BAT (upper, lower) translates ea, and if so where to. */
bool ppc_bat_match(uint32_t upper, uint32_t lower, uint32_t ea, bool user, PPCXlate *x);

/* Translates ea: BATs first, then segment and page table, updating R and C. */
PPCXlateResult ppc_xlate(const PPCXlateRegs *regs, const PPCTableMemory *mem, uint32_t ea,
                         MMUAccessType access, bool user, PPCXlate *x);

/* The part of it before the page table: true if BATs or segment decide, with *result. */
bool ppc_xlate_before_page(const PPCXlateRegs *regs, uint32_t ea, MMUAccessType access, bool user,
                           PPCXlate *x, PPCXlateResult *result);

/* What a page table entry's second word `word` says about an access, R and C aside. */
PPCXlateResult ppc_xlate_entry(uint32_t word, uint32_t sr, uint32_t ea, MMUAccessType access,
                               bool user, PPCXlate *x);

/*
 * The stretches that the BATs translate in the given privilege state, without overlap (the
 * lower-numbered BAT wins); returns how many of `blocks` (room for `max`) were written. BATs that
 * no contiguous stretch describes, that allow nothing, or that don't fit in are left out. [hole,
 * hole + hole_size) is kept free if hole_size is not 0.
 */
size_t ppc_bat_blocks(const PPCXlateRegs *regs, bool user, WindowBlock *blocks, size_t max,
                      uint32_t hole, uint32_t hole_size);

#endif
