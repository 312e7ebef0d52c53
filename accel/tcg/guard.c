/*
 * Guarded pages: RAM that a store must not change without notice, because code was translated from
 * it, or because it is logged for a client that has not been told of a write since it last looked
 * (system/memory-dirty.h).
 *
 * Guarded pages are read-only in memory windows and have no write tag in the TLB, so that the first
 * store comes here; a page that has become dirty is as fast as any other until it is harvested
 * again.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "system/ramblock.h"

/*
 * A fault that takes a guard away and the mprotect() that puts it back cost microseconds; a store
 * by way of the TLB's slow side, some nanoseconds. So pages that lost code this often keep their
 * guard.
 */
#define CHURN_LIMIT 8
#define NB_CHURN    256

static struct {
    ram_addr_t page;
    unsigned times;
} churn[NB_CHURN]; /* by the page number's low bits */

/* Several CPUs may count at once: nothing but speed depends on it. */
bool guard_page_churns(ram_addr_t page)
{
    unsigned i = (page >> TARGET_PAGE_BITS) % NB_CHURN;

    return qatomic_read(&churn[i].page) == page && qatomic_read(&churn[i].times) >= CHURN_LIMIT;
}

static void count_loss_of_code(ram_addr_t page)
{
    unsigned i = (page >> TARGET_PAGE_BITS) % NB_CHURN;
    bool same = qatomic_read(&churn[i].page) == page;

    qatomic_set(&churn[i].times, same ? qatomic_read(&churn[i].times) + 1 : 1);
    qatomic_set(&churn[i].page, page);
}

bool page_is_guarded(const RAMBlock *rb, ram_addr_t offset)
{
    return ram_block_test_code_page(rb, offset) || ram_block_test_clean_page(rb, offset);
}

void guard_note_store(RAMBlock *rb, ram_addr_t offset, unsigned size)
{
    ram_block_mark_dirty(rb, offset, size);
    if (ram_block_test_code_page(rb, offset)) {
        tb_invalidate_ram_range(rb->offset + offset, size);
        if (!ram_block_test_code_page(rb, offset)) {
            count_loss_of_code((rb->offset + offset) & TARGET_PAGE_MASK);
        }
    }
}

void guard_update(ram_addr_t start, uint64_t len)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (cpu->tcg) {
            tlb_protect_pages(cpu, start, len);
            window_protect_pages(cpu, start, len);
            paged_windows_protect(cpu, start, len);
        }
    }
}

bool exclusive_begin(void)
{
    bool take = cpus_are_several() && !bql_locked();

    if (take) {
        bql_lock();
    }
    if (cpus_are_several()) {
        cpus_hold();
    }
    return take;
}

void exclusive_end(bool took_lock)
{
    if (took_lock) {
        bql_unlock();
    }
}

void guard_code_page(ram_addr_t page)
{
    ram_addr_t offset;
    RAMBlock *rb = qemu_ram_block_from_addr(page, &offset);
    bool took_lock;

    if (!rb || ram_block_test_code_page(rb, offset)) {
        return;
    }
    took_lock = exclusive_begin();
    ram_block_set_code_page(rb, offset);
    guard_update(page, TARGET_PAGE_SIZE);
    exclusive_end(took_lock);
    smp_mb(); /* the mark before the look at the bytes, see memory_region_set_dirty() */
}

/*
 * A store that is under way when the bits are cleared belongs to what the caller looks at next: so
 * wait for it.
 */
static void pages_became_clean(MemoryRegion *mr, hwaddr offset, hwaddr len)
{
    hwaddr first = offset & TARGET_PAGE_MASK;

    cpus_hold();
    guard_update(mr->ram_block->offset + first, ROUND_UP(offset + len - first, TARGET_PAGE_SIZE));
}

void guard_init(void)
{
    memory_clean_pages_hook = pages_became_clean;
}
