/*
 * Paging as a function of the control registers and the tables in memory.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_MMU_WALK_H
#define TARGET_I386_MMU_WALK_H

#include "qemu/osdep.h"
#include "exec/memop.h"

/* Paging is on. */
typedef struct X86WalkRegs {
    uint64_t cr3, cr4;
    uint64_t pdptr[4];     /* PAE without long mode */
    bool long_mode;        /* EFER.LMA */
    bool no_execute;       /* EFER.NXE */
    bool write_protect;    /* CR0.WP */
    bool has_pse36, has_1g_pages;
    uint8_t physical_bits;
    uint32_t pkru;
    uint64_t address_mask; /* of the A20 gate */
} X86WalkRegs;

/* Where the tables are. */
typedef struct X86TableMemory {
    uint64_t (*load)(void *opaque, uint64_t addr, unsigned size);
    /* If the word at `addr` is `old`, makes it `new`, at once: what was there. NULL: nothing is
     * written. */
    uint32_t (*exchange)(void *opaque, uint64_t addr, uint32_t old, uint32_t new);
    void *opaque;
} X86TableMemory;

/* On whose behalf. */
typedef struct X86WalkMode {
    bool user;
    bool smap;        /* supervisor, which user pages are forbidden to */
    bool no_checks;   /* what rights say doesn't matter */
} X86WalkMode;

typedef struct X86Walk {
    uint64_t phys;    /* of the address that was asked for */
    uint64_t size;    /* of the page */
    int prot;         /* PAGE_*: what the mode may do there, stores only once the page is dirty */
    bool global;
    uint64_t rights;  /* X86_PTE_W, _U, _NX as all levels have it */
    uint64_t entry;   /* the last level's */
    uint64_t skip;    /* not present: what the entry that says so would map */
} X86Walk;

enum {
    X86_PTE_P = 1 << 0,
    X86_PTE_W = 1 << 1,
    X86_PTE_U = 1 << 2,
    X86_PTE_PWT = 1 << 3,
    X86_PTE_PCD = 1 << 4,
    X86_PTE_A = 1 << 5,
    X86_PTE_D = 1 << 6,
    X86_PTE_PS = 1 << 7,
    X86_PTE_G = 1 << 8,
};
#define X86_PTE_NX (1ull << 63)

/* A page fault's error code (SDM volume 3, 4.7). */
enum {
    X86_PF_P = 1 << 0,
    X86_PF_W = 1 << 1,
    X86_PF_U = 1 << 2,
    X86_PF_RSVD = 1 << 3,
    X86_PF_FETCH = 1 << 4,
    X86_PF_KEY = 1 << 5,
};
#define X86_WALK_OK UINT32_MAX

/*
 * Translates a canonical address: X86_WALK_OK, and the accessed and dirty bits are set; or the error
 * code of the page fault (walk->skip is set then).
 */
uint32_t x86_walk(const X86WalkRegs *regs, const X86TableMemory *memory, uint64_t addr,
                  MMUAccessType access, X86WalkMode mode, X86Walk *walk);

/* Bits of a PAE page-directory-pointer-table entry that must be 0 if it is present. */
uint64_t x86_pdptr_reserved(unsigned physical_bits);

#endif
