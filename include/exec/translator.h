/*
 * Frame of a guest translator: what every architecture's translate.c shares.
 *
 * A translation is one block, straight code up to its first branch; or a region: several blocks
 * that were translated before and turned out to be hot, with the branches between them as branches
 * within the translation. The architecture's functions are the same for both. They say where
 * control goes (translator_goto_tb() and the functions after it), and the frame knows whether that
 * is inside.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_TRANSLATOR_H
#define EXEC_TRANSLATOR_H

#include "qemu/osdep.h"
#include "exec/translation-block.h"
#include "tcg/tcg-op.h"

typedef enum DisasJumpType {
    DISAS_NEXT,     /* go on with the next instruction */
    DISAS_TOO_MANY, /* instruction limit reached: end as if by a fall-through */
    DISAS_NORETURN, /* the block's last exit has been emitted */
    DISAS_TARGET_0, /* the architecture's own, handled by tb_stop */
    DISAS_TARGET_1,
    DISAS_TARGET_2,
    DISAS_TARGET_3,
} DisasJumpType;

/* Guest code within a page: where the guest sees it, where it is, what it is. */
typedef struct GuestCode {
    vaddr start;
    uint32_t size;
    ram_addr_t ram_addr;
    const uint8_t *bytes;
} GuestCode;

typedef struct RegionPlan RegionPlan;     /* accel/tcg/region.c */
typedef struct RegionState RegionState;   /* accel/tcg/translator.c */

/* What is to be translated, besides the block's key. */
struct TranslatorInput {
    int max_insns;          /* at least 1, at most TB_MAX_INSNS */
    const RegionPlan *plan; /* of a region, with a copy of its code; NULL: one block */
};

struct DisasContextBase {
    TranslationBlock *tb;
    CPUState *cpu;
    vaddr pc_first; /* of the current block */
    vaddr pc_next; /* address of the instruction that is being translated, then of the next */
    DisasJumpType is_jmp;
    int num_insns; /* of the whole translation */
    int max_insns;
    /*
     * What isn't in globals at the edge that the next translator_goto_tb() or relative emits, and
     * at the current block's entry, in a form that only the architecture knows: something that can
     * be made of globals, the same for whoever comes by such an edge. 0: everything is there. It is
     * 0 at an instruction's start. Only if translator_carries_states().
     */
    uint64_t edge_state, entry_state;
    /*
     * The architecture's own word that the current block has done nothing yet but look whether its
     * instructions may be executed, with a result that is the same at every turn: what it emitted
     * for that is more than translator_stay() sees through by itself.
     */
    bool only_checked;

    /* The frame's own */
    GuestCode code;
    unsigned nb_exits;
    RegionState *region; /* NULL: one block */
};

typedef struct TranslatorOps {
    void (*init_disas_context)(DisasContextBase *db, CPUState *cpu);
    /* A block begins: what is known of registers isn't any more, but for db->entry_state. */
    void (*tb_start)(DisasContextBase *db, CPUState *cpu);
    void (*insn_start)(DisasContextBase *db, CPUState *cpu); /* calls tcg_gen_insn_start() */
    void (*translate_insn)(DisasContextBase *db, CPUState *cpu); /* advances pc_next */
    void (*tb_stop)(DisasContextBase *db, CPUState *cpu); /* the block's end */
    /* Emits what brings all that an edge with this state carries into globals. */
    void (*settle)(DisasContextBase *db, uint64_t state);
    /* Once, behind everything else: what is out of line. */
    void (*finish)(DisasContextBase *db, CPUState *cpu);
} TranslatorOps;

/*
 * Translates instructions from tb->pc until one ends the block, the page ends or max_insns is
 * reached; for a region, goes on with the blocks that the plan has.
 */
void translator_loop(CPUState *cpu, TranslationBlock *tb, const TranslatorInput *input,
                     const TranslatorOps *ops, DisasContextBase *db);

/*
 * Instruction fetch; raises the guest's fetch fault for the first instruction of a block, and for a
 * later one must not be called on a page that the block hasn't started on (translator_loop() ends
 * blocks at page ends). What is fetched from `pc` on is what the block is made from; a pc that is
 * not aligned gets what it lies in. `munge` as in CPUMemoryView: the word is at pc ^ (munge & -4)
 * in memory.
 */
uint32_t translator_ldl_be(DisasContextBase *db, vaddr pc, unsigned munge);
uint16_t translator_lduw_le(DisasContextBase *db, vaddr pc);

/*
 * The same where instructions have any number of bytes: copies up to `size` bytes of code from `pc` on,
 * but none beyond pc's page (or, in a region, beyond the block), to `bytes`, and returns how many; 0 at
 * a block's end. It isn't yet what the block is made from: translator_note_code() says how many of them
 * are. Each page's bytes are noted before those of the next page are looked at.
 */
size_t translator_peek(DisasContextBase *db, vaddr pc, uint8_t *bytes, size_t size);
void translator_note_code(DisasContextBase *db, vaddr pc, size_t size);

/*
 * Whether the instruction at db->pc_next, if the present one doesn't end the block, follows it
 * there: so nobody sees the CPU between the two, unless the second one faults.
 */
bool translator_goes_on(DisasContextBase *db);

/*
 * The block's first instruction goes on at `pc`, on the next page, and has been fetched from there:
 * emits that it is executed only where that page is still mapped as it is now. Otherwise, or where
 * it can't be executed any more, the fetch is done again. Comes before what the instruction does.
 */
void translator_check_page(DisasContextBase *db, vaddr pc);

/*
 * Ends the block, or one of the paths through it, with a jump to the guest address `dest`, which the
 * caller has not stored to pc yet: a branch within the region; or a patchable jump (checked against
 * the ITLB if dest is on another, page-translated page), or, where linking isn't allowed, a lookup.
 * `store_pc` emits the store of dest to the architecture's pc.
 */
void translator_goto_tb(DisasContextBase *db, vaddr dest, void (*store_pc)(vaddr dest));
/*
 * The same, where `dest` is the block's own start and there is nothing in between that a second turn
 * would change: emits that the CPU's thread sleeps until an interrupt, or whatever else it is to look
 * after. False, and nothing is emitted, if it isn't so. translator_goto_tb() asks that first; it is
 * for who makes loops within a block himself.
 */
bool translator_stay(DisasContextBase *db, vaddr dest, void (*store_pc)(vaddr dest));

/* Whether that may be an edge with a state. */
bool translator_carries_states(const DisasContextBase *db);

/* The same for a call that is to come back to `ret`, if the guest's function does what they do. */
void translator_goto_function(DisasContextBase *db, vaddr dest, vaddr ret,
                              void (*store_pc)(vaddr dest));

/*
 * At a function's return: true if the region has the call, whose `ret` becomes *pc. The caller
 * compares, and goes there with translator_goto_return() if it is right.
 */
bool translator_expects_return(DisasContextBase *db, vaddr *pc);
void translator_goto_return(DisasContextBase *db, void (*store_pc)(vaddr dest));

/*
 * At an indirect branch that isn't a return: compares `target` with where the branch has gone most
 * of the times that somebody looked. For each of those, `go` emits what goes there, by
 * translator_goto_tb() or, at a call, translator_goto_function(). What comes next is for all
 * others; it ends with translator_goto_indirect().
 */
void translator_goto_targets(DisasContextBase *db, TCGv_i64 target,
                             void (*go)(DisasContextBase *db, vaddr dest));
/*
 * translator_lookup_and_goto_ptr() from such a branch, behind which `next` is: so its targets get
 * known.
 */
void translator_goto_indirect(DisasContextBase *db, vaddr next);

/*
 * Ends the block, or a path through it, with a jump to the code for the current pc (already stored to
 * env), found through the jump cache.
 */
void translator_lookup_and_goto_ptr(DisasContextBase *db);

/*
 * Ends the block and returns to the CPU loop, which looks for interrupts first. On a path that leaves
 * in the middle, the caller has given back the budget.
 */
void translator_exit_to_loop(DisasContextBase *db);

#endif
