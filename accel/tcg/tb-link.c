/*
 * Links between blocks: patched jumps forward, lists of sources backward.
 *
 * Every block knows which exits jump to it (incoming, chained through those exits' next_incoming), so
 * that dropping a block undoes exactly those jumps.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "system/cpus.h"

/* Takes exit n of tb out of its destination's list. */
static void remove_incoming(TranslationBlock *tb, unsigned n)
{
    const TBExit *exit = &tb_exits(tb)[n];
    TBElement *link = &tb_of_element(exit->dest)->incoming, self = tb_element(tb, n);

    while (*link != self) {
        link = &tb_exits(tb_of_element(*link))[tb_element_number(*link)].next_incoming;
    }
    *link = exit->next_incoming;
}

static void unlink_exit(TranslationBlock *tb, unsigned n)
{
    TBExit *exit = &tb_exits(tb)[n];

    if (exit->dest) {
        remove_incoming(tb, n);
        tcg_unlink_exit(tb, n);
        exit->dest = 0;
    }
}

static void link_exit(CPUState *cpu, TranslationBlock *tb, unsigned n, TranslationBlock *dest)
{
    TBExit *exit = &tb_exits(tb)[n];
    uint32_t token = 0;

    if (tb->invalid || dest->invalid || n >= tb->nb_exits || !exit->jump_offset ||
        dest->flags != tb->flags || (tb->cflags & CF_NO_GOTO_TB)) {
        return;
    }
    if (exit->dest == tb_element(dest, 0)) {
        /* Its page had only gone from the table of instruction pages; the token is still right. */
        tcg_stats(cpu)->links_kept++;
        return;
    }
    if (exit->check_distance) {
        token = page_token(dest->pc, tb_ram_addr(dest));
        if (token == ITLB_EMPTY) {
            return;
        }
    }
    unlink_exit(tb, n);
    if (tcg_link_exit(tb, n, dest, token, !cpus_are_several())) {
        exit->dest = tb_element(dest, 0);
        exit->next_incoming = dest->incoming;
        dest->incoming = tb_element(tb, n);
        tcg_stats(cpu)->links++;
    }
}

void tb_link(CPUState *cpu, TranslationBlock *tb, unsigned n, TranslationBlock *dest)
{
    tcg_lock();
    link_exit(cpu, tb, n, dest);
    tcg_unlock();
}

void tb_unlink_incoming(TranslationBlock *tb)
{
    while (tb->incoming) {
        unlink_exit(tb_of_element(tb->incoming), tb_element_number(tb->incoming));
    }
}

void tb_unlink_all(TranslationBlock *tb)
{
    for (unsigned n = 0; n < tb->nb_exits; n++) {
        unlink_exit(tb, n);
    }
    tb_unlink_incoming(tb);
}
