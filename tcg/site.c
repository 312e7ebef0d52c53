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

static void set_link(TranslationBlock *tb, unsigned n, const void *target)
{
    uint8_t *jump = (uint8_t *)tb->code + tb->exit[n].jump_offset;

    if (tb->exit[n].jump_offset == TB_NO_OFFSET) {
        return;
    }
    if (tcg_backend_kind == TCG_BACKEND_INTERP) {
        tcg_interp_link(jump, target);
    } else {
        host_link(jump, target);
    }
}

void tcg_link_exit(TranslationBlock *tb, unsigned n, const TranslationBlock *dest,
                   uint32_t expected)
{
    if (tb->exit[n].check_offset != TB_NO_OFFSET) {
        tcg_code_write((uint8_t *)tb->code + tb->exit[n].check_offset, &expected, sizeof(expected));
    }
    set_link(tb, n, dest->code);
}

void tcg_unlink_exit(TranslationBlock *tb, unsigned n)
{
    set_link(tb, n, (const uint8_t *)tb->code + tb->exit[n].reset_offset);
}
