/*
 * Side tables and links: what accel/tcg asks of a finished block.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "backend.h"

const TCGSite *tcg_find_site(const TranslationBlock *tb, uintptr_t host_pc)
{
    uintptr_t offset = host_pc - (uintptr_t)tb->code;
    uint32_t low = 0, high = tb->nb_sites;

    while (low < high) {
        uint32_t mid = (low + high) / 2;

        if (offset == tb->sites[mid].code_offset) {
            return &tb->sites[mid];
        }
        if (offset < tb->sites[mid].code_offset) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return NULL;
}

/* The value's bytes; the host is little-endian, so that they begin with those of a narrow one. */
static const void *loc_value(const TCGLoc *loc, const CPUJitState *jit)
{
    switch (loc->kind) {
    case TCG_LOC_REG:
        return loc->value < FIRST_VECTOR ? (const void *)&jit->save_regs[loc->value]
                                         : &jit->save_vectors[loc->value - FIRST_VECTOR];
    case TCG_LOC_SPILL:
        return (const char *)jit->frame + loc->value;
    default:
        return &loc->value;
    }
}

void tcg_site_restore(const TranslationBlock *tb, const TCGSite *site, CPUArchState *env)
{
    for (uint32_t i = 0; i < site->nb_locs; i++) {
        const TCGLoc *loc = &tb->locs[site->first_loc + i];
        const TCGTemp *g = tcg_global_info(loc->global);

        memcpy((char *)env + g->offset, loc_value(loc, env_jit(env)), type_size(g->type));
    }
}

const void *tcg_patch_site(TranslationBlock *tb, TCGSite *site)
{
    const void *stub;

    g_assert(site->kind == TCG_SITE_WINDOW && !site->patched);
    stub = host_patch_site(tb, site);
    site->patched = stub != NULL;
    return stub;
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
