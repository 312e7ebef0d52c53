/*
 * Patches and links: what accel/tcg asks of a finished block.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "backend.h"

const void *tcg_patch_site(TranslationBlock *tb, const TCGSite *site)
{
    const void *stub;

    g_assert(site->kind == TCG_SITE_WINDOW);
    tcg_lock();
    stub = host_patch_site(tb, site);
    tcg_unlock();
    return stub;
}

/* target NULL: unlinks it */
static void set_link(const TranslationBlock *tb, unsigned n, const void *target)
{
    const TBExit *exit = &tb_exits(tb)[n];
    uint8_t *jump = (uint8_t *)tb_code(tb) + exit->jump_offset;

    if (tcg_backend_kind == TCG_BACKEND_INTERP) {
        tcg_interp_link(jump, target ? target : jump);
    } else if (target) {
        host_link(jump, target);
    } else {
        host_unlink(jump, exit->falls_through);
    }
}

static void set_check(uint8_t *field, uint32_t expected)
{
    if (tcg_backend_kind == TCG_BACKEND_INTERP) {
        tcg_code_write_word(field, expected);
    } else { /* not aligned, but the jump behind it isn't linked: any value will do meanwhile */
        tcg_code_write(field, &expected, sizeof(expected));
    }
}

bool tcg_link_exit(TranslationBlock *tb, unsigned n, const TranslationBlock *dest,
                   uint32_t expected, bool alone)
{
    const TBExit *exit = &tb_exits(tb)[n];
    uint8_t *field = (uint8_t *)tb_code(tb) + exit->jump_offset - exit->check_distance;
    uint32_t now;

    memcpy(&now, field, sizeof(now));
    if (exit->check_distance && now != expected) {
        if (now != NO_TOKEN && !alone) {
            return false;
        }
        set_check(field, expected);
    }
    set_link(tb, n, tb_code(dest));
    return true;
}

void tcg_unlink_exit(TranslationBlock *tb, unsigned n)
{
    set_link(tb, n, NULL);
}
