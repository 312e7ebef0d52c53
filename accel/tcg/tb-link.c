/*
 * Links between blocks: patched jumps forward, lists of sources backward.
 *
 * Every block knows which exits of which blocks jump to it (incoming, chained through the sources'
 * next_incoming), so that dropping a block undoes exactly those jumps.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"

static void set_incoming(TranslationBlock *dest, TranslationBlock *source, unsigned exit)
{
    dest->incoming = source;
    dest->incoming_exit = exit;
}

/* Takes (tb, n) out of its destination's list of sources. */
static void remove_incoming(TranslationBlock *tb, unsigned n)
{
    TranslationBlock *dest = tb->exit_dest[n];
    TranslationBlock *source = dest->incoming;
    unsigned exit = dest->incoming_exit;

    if (source == tb && exit == n) {
        set_incoming(dest, tb->next_incoming[n], tb->next_incoming_exit[n]);
        return;
    }
    while (source->next_incoming[exit] != tb || source->next_incoming_exit[exit] != n) {
        TranslationBlock *next = source->next_incoming[exit];

        exit = source->next_incoming_exit[exit];
        source = next;
    }
    source->next_incoming[exit] = tb->next_incoming[n];
    source->next_incoming_exit[exit] = tb->next_incoming_exit[n];
}

static void unlink_exit(TranslationBlock *tb, unsigned n)
{
    if (tb->exit_dest[n]) {
        remove_incoming(tb, n);
        tcg_unlink_exit(tb, n);
        tb->exit_dest[n] = NULL;
    }
}

void tb_link(CPUState *cpu, TranslationBlock *tb, unsigned n, TranslationBlock *dest)
{
    bool checked = tb->exit[n].check_offset != TB_NO_OFFSET;

    if (tb->invalid || dest->invalid || tb->exit[n].jump_offset == TB_NO_OFFSET ||
        dest->flags != tb->flags || (tb->cflags & CF_NO_GOTO_TB)) {
        return;
    }
    unlink_exit(tb, n);
    tb->exit_dest[n] = dest;
    tb->next_incoming[n] = dest->incoming;
    tb->next_incoming_exit[n] = dest->incoming_exit;
    set_incoming(dest, tb, n);
    tcg_link_exit(tb, n, dest, checked ? page_token(dest->pc, dest->phys_pc) : 0);
    tcg_stats(cpu)->links++;
}

void tb_unlink_all(TranslationBlock *tb)
{
    for (unsigned n = 0; n < TB_NB_EXITS; n++) {
        unlink_exit(tb, n);
    }
    while (tb->incoming) {
        unlink_exit(tb->incoming, tb->incoming_exit);
    }
}
