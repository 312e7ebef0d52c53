/*
 * Frame of a guest translator: what every architecture's translate.c shares.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_TRANSLATOR_H
#define EXEC_TRANSLATOR_H

#include "qemu/osdep.h"
#include "exec/translation-block.h"

typedef enum DisasJumpType {
    DISAS_NEXT,     /* go on with the next instruction */
    DISAS_TOO_MANY, /* instruction limit reached: end as if by a fall-through */
    DISAS_NORETURN, /* the block's last exit has been emitted */
    DISAS_TARGET_0, /* the architecture's own, handled by tb_stop */
    DISAS_TARGET_1,
    DISAS_TARGET_2,
    DISAS_TARGET_3,
} DisasJumpType;

struct DisasContextBase {
    TranslationBlock *tb;
    CPUState *cpu;
    vaddr pc_first;
    vaddr pc_next; /* address of the instruction that is being translated, then of the next */
    DisasJumpType is_jmp;
    int num_insns;
    int max_insns;
};

typedef struct TranslatorOps {
    void (*init_disas_context)(DisasContextBase *db, CPUState *cpu);
    void (*tb_start)(DisasContextBase *db, CPUState *cpu);
    void (*insn_start)(DisasContextBase *db, CPUState *cpu); /* calls tcg_gen_insn_start() */
    void (*translate_insn)(DisasContextBase *db, CPUState *cpu); /* advances pc_next */
    void (*tb_stop)(DisasContextBase *db, CPUState *cpu);
} TranslatorOps;

/*
 * Translates instructions from tb->pc until one ends the block, the page ends or max_insns is
 * reached.
 */
void translator_loop(CPUState *cpu, TranslationBlock *tb, int max_insns, const TranslatorOps *ops,
                     DisasContextBase *db);

/*
 * Instruction fetch; raises the guest's fetch fault for the first instruction of a block, and for a
 * later one must not be called on a page that the block hasn't started on (translator_loop() ends
 * blocks at page ends).
 */
uint32_t translator_ldl_be(DisasContextBase *db, vaddr pc);

/*
 * Ends the block with exit `n` (0 or 1) to the guest address `dest`, which the caller has not
 * stored to pc yet: emits the patchable jump (checked against the ITLB if dest is on another,
 * page-translated page), or, where linking isn't allowed, a lookup. `store_pc` emits the store of
 * dest to the architecture's pc.
 */
void translator_goto_tb(DisasContextBase *db, unsigned n, vaddr dest, void (*store_pc)(vaddr dest));

/*
 * Ends the block with a jump to the code for the current pc (already stored to env), found through
 * the jump cache.
 */
void translator_lookup_and_goto_ptr(DisasContextBase *db);

/* Ends the block and returns to the CPU loop, which looks for interrupts first. */
void translator_exit_to_loop(DisasContextBase *db);

#endif
