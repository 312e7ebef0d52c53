/*
 * One translated piece of guest code: its key, its host code, its links and its side tables.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_TRANSLATION_BLOCK_H
#define EXEC_TRANSLATION_BLOCK_H

#include "qemu/osdep.h"
#include "exec/memop.h"

#define TB_MAX_INSNS 512
/* Most words that one guest instruction's insn_start operation may record (pc, …). */
#define TARGET_INSN_START_WORDS 2

/* Where the value of a guest register (an IR global) is at some point of the host code. */
typedef enum TCGLocKind {
    TCG_LOC_REG,   /* host register number `value` */
    TCG_LOC_CONST, /* the constant `value` */
} TCGLocKind;

typedef struct TCGLoc {
    uint16_t global; /* index of the IR global, or TCG_NO_GLOBAL */
    uint8_t kind;    /* TCGLocKind */
    int64_t value;
} TCGLoc;

#define TCG_NO_GLOBAL UINT16_MAX

typedef enum TCGSiteKind {
    TCG_SITE_CALL,   /* return address of a helper call; all globals are in env */
    TCG_SITE_WINDOW, /* guest access through the memory window: may fault */
    TCG_SITE_TLB,    /* guest access with an inline TLB lookup; its slow path is out of line */
} TCGSiteKind;

/* A point of the host code that can leave it with an exception. */
typedef struct TCGSite {
    uint32_t code_offset;   /* CALL: the return address; else start of the access instruction */
    uint32_t resume_offset; /* host code after the access */
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

#define TB_NB_EXITS 2
#define TB_NO_OFFSET UINT32_MAX

struct TranslationBlock {
    /* Key */
    vaddr pc;
    hwaddr phys_pc;
    uint32_t flags;  /* CPU state bits that the translation depends on */
    uint32_t cflags; /* CF_* */

    uint32_t size;   /* bytes of guest code */
    uint32_t icount; /* guest instructions */

    /*
     * Host code (or, for the interpreter, its byte code) and side tables, all in the code buffer.
     */
    void *code;
    uint32_t code_size;
    const uint8_t *side_table; /* see tcg/side-table.c */

    /* Exits: written by the code generator. Offsets are from `code`, TB_NO_OFFSET where absent. */
    struct {
        uint32_t jump_offset;  /* the patchable jump's displacement field */
        uint32_t reset_offset; /* where the jump goes while it isn't linked */
        uint32_t check_offset; /* cross-page exits: the imm32 compared with the ITLB entry */
    } exit[TB_NB_EXITS];

    /* What follows belongs to accel/tcg. */
    TranslationBlock *exit_dest[TB_NB_EXITS];      /* where each exit is linked to */
    TranslationBlock *next_incoming[TB_NB_EXITS];  /* next source linked to the same destination */
    TranslationBlock *incoming;                    /* first source linked here */
    uint8_t incoming_exit;                         /* which exit of `incoming` */
    uint8_t next_incoming_exit[TB_NB_EXITS];
    TranslationBlock *hash_next;
    TranslationBlock *page_next[2]; /* next block on each physical page this one has bytes of */
    hwaddr page_addr[2];            /* the second is HWADDR_MAX for a block within one page */
    bool invalid;
};

enum {
    CF_COUNT_MASK = 0x1ff,  /* at most this many instructions, 0: no limit but TB_MAX_INSNS */
    CF_NO_GOTO_TB = 0x200,  /* never link */
    CF_NO_WINDOW = 0x400,   /* never use memory windows */
    CF_SINGLE_STEP = 0x800, /* gdb single step: one instruction, then debug exit */
};

#endif
