/*
 * One translated piece of guest code: its key, where its code is, its ways out, the guest code that
 * it was made from. There are tens of thousands of these, so they are small; tcg/tcg.h has the
 * functions that reach the parts.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_TRANSLATION_BLOCK_H
#define EXEC_TRANSLATION_BLOCK_H

#include "qemu/osdep.h"
#include "exec/memop.h"
#include "exec/target_page.h"

#define TB_MAX_INSNS 512
/* Most words that one guest instruction's insn_start operation may record (pc, …). */
#define TARGET_INSN_START_WORDS 2

/* Where the value of a guest register (an IR global) is at some point of the host code. */
typedef enum TCGLocKind {
    TCG_LOC_REG,   /* host register number `value` */
    TCG_LOC_CONST, /* the constant `value` */
} TCGLocKind;

typedef struct TCGLoc {
    uint16_t global; /* index of the IR global */
    uint8_t kind;    /* TCGLocKind */
    int64_t value;
} TCGLoc;

typedef enum TCGSiteKind {
    TCG_SITE_CALL,   /* return address of a helper call; all globals are in env */
    TCG_SITE_WINDOW, /* guest access through the memory window: may fault */
    TCG_SITE_TLB,    /* guest access with an inline TLB lookup; its slow path is out of line */
    TCG_SITE_PAGED,  /* guest access through a paged window: goes on by its slow path if it faults */
} TCGSiteKind;

/* A point of the host code that can leave it with an exception. */
typedef struct TCGSite {
    uint32_t code_offset;   /* CALL: the return address; else start of the access instruction */
    uint32_t resume_offset; /* host code after the access */
    uint32_t slow_offset;   /* PAGED: the slow path */
    uint16_t insn;          /* index of the guest instruction in the TB */
    uint8_t kind;           /* TCGSiteKind */
    bool store;
    uint8_t addr_kind;      /* TCG_LOC_REG or TCG_LOC_CONST */
    uint8_t value_kind;     /* stores: TCG_LOC_REG or TCG_LOC_CONST; loads: TCG_LOC_REG */
    uint8_t value_is_64;    /* the value is an i64 */
    bool vectors;           /* vector registers hold something that is needed afterwards */
    int64_t addr;           /* host register number or constant */
    int64_t value;
    int32_t disp;           /* guest address = (uint32_t)(addr + disp) for a 32-bit guest */
    MemOpIdx oi;
    uint32_t first_loc;     /* while code is generated: of the globals that are not in env, in */
    uint32_t nb_locs;       /* TCGContext.locs */
} TCGSite;

/*
 * A record in the code buffer, as 32 bits: its offset in units of 16 bytes, then six bits that
 * number one of its exits or ranges. 0: none.
 */
typedef uint32_t TBElement;
#define TB_ELEMENT_BITS 6
#define TB_MAX_ELEMENTS (1 << TB_ELEMENT_BITS) /* exits, or ranges, of one block */

/* A way out that can be linked to another block. Offsets are from the block's code. */
typedef struct TBExit {
    uint32_t jump_offset : 23; /* what is patched; 0: this exit isn't there */
    uint32_t falls_through : 1; /* while it isn't linked, what stands behind it is executed */
    uint32_t check_distance : 8; /* cross-page exits: back from there to the token; 0: no check */
    TBElement dest;            /* the block that it is linked to */
    TBElement next_incoming;   /* next exit linked to the same block */
} TBExit;

/* Guest code within one page of RAM, as far as the block was translated from it. */
typedef struct TBRange {
    uint32_t page;   /* number of the page */
    uint16_t offset; /* in the page */
    uint16_t size;
    TBElement next, prev; /* ranges of blocks in the same page */
} TBRange;
QEMU_BUILD_BUG_ON(1 << TARGET_PAGE_BITS > UINT16_MAX);

/*
 * A translation. What there are several of stands in `arrays`, sized for the block: TBExit[nb_exits],
 * TBRange[nb_ranges], the side table. A block is found by (ranges[0].start, pc, flags, cflags).
 */
struct TranslationBlock {
    vaddr pc;
    uint64_t flags; /* CPU state bits that the translation depends on */
    uint32_t code_offset, code_size; /* host code, or the interpreter's byte code */
    uint32_t arrays; /* offset, like code_offset from the start of the code buffer */

    /* These belong to accel/tcg. */
    TBElement hash_next;
    TBElement incoming; /* first exit that is linked here */

    uint16_t cflags; /* CF_* */
    uint16_t icount; /* guest instructions that are charged at its entry */
    uint8_t nb_exits, nb_ranges;
    bool invalid;
    bool region; /* of several blocks, the first of which has a record of its own, too */
    bool loops;  /* has a branch to its own start */
    bool munged; /* a range has the doublewords' bytes in another order, see CPUMemoryView */
    uint8_t heat; /* how often the CPU was found in it, as far as it counts */
    bool paged;   /* has accesses through paged windows */
};
QEMU_BUILD_BUG_ON(sizeof(struct TranslationBlock) > 48);

enum {
    CF_COUNT_MASK = 0x1ff,  /* at most this many instructions, 0: no limit but TB_MAX_INSNS */
    CF_NO_GOTO_TB = 0x200,  /* never link */
    CF_NO_WINDOW = 0x400,   /* never use memory windows */
    CF_SINGLE_STEP = 0x800, /* gdb single step: one instruction, then debug exit */
    CF_ICOUNT = 0x1000,     /* instructions are time: what reads or sets a clock ends the block */
};

#endif
