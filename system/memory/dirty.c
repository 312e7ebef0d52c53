/*
 * Dirty tracking for each client: see system/memory-dirty.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"

#define BITS (8 * sizeof(long))

struct DirtyBitmapSnapshot {
    hwaddr first_page, end_page;
    unsigned long bits[]; /* bit 0: first_page */
};

static unsigned global_flags; /* atomic: CPUs look at it */

void (*memory_clean_pages_hook)(MemoryRegion *mr, hwaddr offset, hwaddr len);

/* The RAM region that mr stands for, with *addr as an offset in it. */
static MemoryRegion *resolve(MemoryRegion *mr, hwaddr *addr)
{
    while (mr->alias) {
        *addr += mr->alias_offset;
        mr = mr->alias;
    }
    assert(mr->ram_block && "only memory gets dirty");
    return mr;
}

uint8_t memory_region_get_dirty_log_mask(const MemoryRegion *mr)
{
    uint8_t mask = qatomic_read(&mr->dirty_log_mask);

    if (qatomic_read(&global_flags) && mr->ram_block && qemu_ram_is_migratable(mr->ram_block)) {
        mask |= 1u << DIRTY_MEMORY_MIGRATION;
    }
    return mask;
}

bool memory_region_is_logging(const MemoryRegion *mr, uint8_t client)
{
    while (mr->alias) {
        mr = mr->alias;
    }
    return memory_region_get_dirty_log_mask(mr) & (1u << client);
}

/* ---- Bits ---- */

/* The bits of word `w` that lie in [page, end). */
static unsigned long word_mask(hwaddr w, hwaddr page, hwaddr end)
{
    unsigned long mask = ~0UL;

    if (page > w * BITS) {
        mask &= ~0UL << (page - w * BITS);
    }
    if (end < (w + 1) * BITS) {
        mask &= ~0UL >> ((w + 1) * BITS - end);
    }
    return mask;
}

static void page_range(const RAMBlock *rb, hwaddr addr, hwaddr size, hwaddr *page, hwaddr *end)
{
    assert(addr <= rb->max_length && size <= rb->max_length - addr && "pages beyond the memory");
    *page = addr >> TARGET_PAGE_BITS;
    *end = (addr + size + TARGET_PAGE_SIZE - 1) >> TARGET_PAGE_BITS;
}

static void set_range(RAMBlock *rb, hwaddr addr, hwaddr size, unsigned client)
{
    hwaddr page, end;

    page_range(rb, addr, size, &page, &end);
    for (hwaddr w = page / BITS; w * BITS < end; w++) {
        unsigned long mask = word_mask(w, page, end);
        unsigned long *word = &rb->dirty[client][w];
        /* Mostly set already: reading doesn't take the line from the other writers. */
        if ((qatomic_read(word) & mask) != mask) {
            qatomic_or(word, mask);
        }
    }
}

void ram_block_mark_dirty(RAMBlock *rb, ram_addr_t offset, ram_addr_t size)
{
    uint8_t mask = memory_region_get_dirty_log_mask(rb->mr);

    for (unsigned client = 0; mask; client++, mask >>= 1) {
        if (mask & 1) {
            set_range(rb, offset, size, client);
        }
    }
}

bool ram_block_test_clean_page(const RAMBlock *rb, ram_addr_t offset)
{
    uint8_t mask = memory_region_get_dirty_log_mask(rb->mr);
    ram_addr_t page = offset >> TARGET_PAGE_BITS;

    for (unsigned client = 0; mask; client++, mask >>= 1) {
        if ((mask & 1) &&
            !(qatomic_read(&rb->dirty[client][page / BITS]) & 1UL << page % BITS)) {
            return true;
        }
    }
    return false;
}

/* Pages of a region were cleared for a client. */
static void tell_clean(MemoryRegion *mr, hwaddr addr, hwaddr size, unsigned client)
{
    if (memory_clean_pages_hook && memory_region_is_logging(mr, client)) {
        memory_clean_pages_hook(mr, addr, size);
    }
}

bool memory_region_get_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size, unsigned client)
{
    hwaddr page, end;

    mr = resolve(mr, &addr);
    page_range(mr->ram_block, addr, size, &page, &end);
    for (hwaddr w = page / BITS; w * BITS < end; w++) {
        if (qatomic_read(&mr->ram_block->dirty[client][w]) & word_mask(w, page, end)) {
            return true;
        }
    }
    return false;
}

void memory_region_reset_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size, unsigned client)
{
    hwaddr page, end;

    mr = resolve(mr, &addr);
    page_range(mr->ram_block, addr, size, &page, &end);
    for (hwaddr w = page / BITS; w * BITS < end; w++) {
        qatomic_and(&mr->ram_block->dirty[client][w], ~word_mask(w, page, end));
    }
    tell_clean(mr, addr, size, client);
    memory_listeners_log_clear(mr, addr, size);
}

/* ---- Harvesting ---- */

DirtyBitmapSnapshot *memory_region_snapshot_and_clear_dirty(MemoryRegion *mr, hwaddr addr,
                                                            hwaddr size, unsigned client)
{
    DirtyBitmapSnapshot *snap;
    hwaddr page, end, first;
    unsigned long *words, any = 0;

    mr = resolve(mr, &addr);
    memory_listeners_log_sync(mr);
    page_range(mr->ram_block, addr, size, &page, &end);
    first = page / BITS * BITS;
    snap = g_malloc0(sizeof(*snap) + DIV_ROUND_UP(end - first, BITS) * sizeof(long));
    snap->first_page = first;
    snap->end_page = end;
    words = mr->ram_block->dirty[client];
    for (hwaddr w = page / BITS; w * BITS < end; w++) {
        unsigned long mask = word_mask(w, page, end);
        snap->bits[w - first / BITS] = qatomic_fetch_and(&words[w], ~mask) & mask;
        any |= snap->bits[w - first / BITS];
    }
    if (any) {
        tell_clean(mr, addr, size, client);
    }
    memory_listeners_log_clear(mr, addr, size);
    return snap;
}

bool memory_region_snapshot_get_dirty(MemoryRegion *mr, DirtyBitmapSnapshot *snap, hwaddr addr,
                                      hwaddr size)
{
    hwaddr page, end;

    mr = resolve(mr, &addr);
    page_range(mr->ram_block, addr, size, &page, &end);
    assert(page >= snap->first_page && end <= snap->end_page && "not in the snapshot");
    for (hwaddr w = page / BITS; w * BITS < end; w++) {
        if (snap->bits[w - snap->first_page / BITS] & word_mask(w, page, end)) {
            return true;
        }
    }
    return false;
}

/* ---- Switching ---- */

void memory_region_set_log(MemoryRegion *mr, bool log, unsigned client)
{
    hwaddr offset = 0;
    uint8_t bit = 1u << client;

    mr = resolve(mr, &offset);
    if (!!(mr->dirty_log_mask & bit) == log) {
        return;
    }
    memory_region_transaction_begin();
    if (log) {
        set_range(mr->ram_block, 0, mr->ram_block->used_length, client);
    }
    qatomic_set(&mr->dirty_log_mask, mr->dirty_log_mask ^ bit);
    memory_region_mark_changed(mr->enabled);
    memory_region_transaction_commit();
}

/* Its pages are dirty or clean as they were left when it was last logged. */
static int tell_block(RAMBlock *rb, void *opaque)
{
    tell_clean(rb->mr, 0, rb->used_length, DIRTY_MEMORY_MIGRATION);
    return 0;
}

static void set_global(unsigned flags)
{
    bool was = global_flags;

    memory_region_transaction_begin();
    qatomic_set(&global_flags, flags);
    if (was != !!flags) {
        qemu_ram_foreach_block(tell_block, NULL);
        memory_listeners_log_global(flags != 0);
        memory_region_mark_changed(true);
    }
    memory_region_transaction_commit();
}

void memory_global_dirty_log_start(unsigned int flags)
{
    set_global(global_flags | flags);
}

void memory_global_dirty_log_stop(unsigned int flags)
{
    set_global(global_flags & ~flags);
}

void memory_global_dirty_log_sync(void)
{
    memory_listeners_log_sync(NULL);
}
