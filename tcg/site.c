/*
 * Patches and links: what accel/tcg asks of a finished block.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "backend.h"

const void *tcg_patch_site(TranslationBlock *tb, const TCGSite *site)
{
    g_assert(site->kind == TCG_SITE_WINDOW);
    return host_patch_site(tb, site);
}

static void set_link(const TranslationBlock *tb, unsigned n, const void *target)
{
    uint8_t *jump = (uint8_t *)tb_code(tb) + tb_exits(tb)[n].jump_offset;

    if (tcg_backend_kind == TCG_BACKEND_INTERP) {
        tcg_interp_link(jump, target);
    } else {
        host_link(jump, target);
    }
}

void tcg_link_exit(TranslationBlock *tb, unsigned n, const TranslationBlock *dest,
                   uint32_t expected)
{
    const TBExit *exit = &tb_exits(tb)[n];

    if (exit->check_distance) {
        tcg_code_write((uint8_t *)tb_code(tb) + exit->jump_offset - exit->check_distance, &expected,
                       sizeof(expected));
    }
    set_link(tb, n, tb_code(dest));
}

void tcg_unlink_exit(TranslationBlock *tb, unsigned n)
{
    set_link(tb, n, (const uint8_t *)tb_code(tb) + tb_exits(tb)[n].reset_offset);
}
