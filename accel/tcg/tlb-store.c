/*
 * Which TLB entries let generated code store to a RAM page by itself.
 *
 * A page that gets translated code or becomes clean must lose that right wherever it is mapped.
 * Entries that have it hang in lists, by the RAM page's number, so that taking it back costs what
 * there is to take. An entry is named by a TLBRef: its MMU mode and index, plus one; 0 ends a list.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"

static uint32_t *bucket(CPUState *cpu, ram_addr_t ram_addr)
{
    uint64_t h = (ram_addr >> TARGET_PAGE_BITS) * 0x9e3779b97f4a7c15ull;

    return &cpu->tcg->store_buckets[h >> 32 & (NB_STORE_BUCKETS - 1)];
}

static TLBSlowEntry *entry_of(CPUState *cpu, uint32_t ref)
{
    unsigned mmu_idx = (ref - 1) >> TLB_MAX_BITS, index = (ref - 1) & ((1u << TLB_MAX_BITS) - 1);

    return &cpu->tcg->tlb[mmu_idx].slow[index];
}

void tlb_store_allowed(CPUState *cpu, int mmu_idx, TLBSlowEntry *slow)
{
    uint32_t *head = bucket(cpu, slow->ram_addr);

    if (slow->link) {
        return;
    }
    slow->next = *head;
    slow->link = head;
    if (slow->next) {
        entry_of(cpu, slow->next)->link = &slow->next;
    }
    *head = (mmu_idx << TLB_MAX_BITS | (slow - cpu->tcg->tlb[mmu_idx].slow)) + 1;
}

void tlb_store_forbidden(CPUState *cpu, TLBSlowEntry *slow)
{
    if (!slow->link) {
        return;
    }
    *slow->link = slow->next;
    if (slow->next) {
        entry_of(cpu, slow->next)->link = slow->link;
    }
    slow->link = NULL;
}

static void protect_page(CPUState *cpu, ram_addr_t page)
{
    uint32_t ref = *bucket(cpu, page);

    while (ref) {
        TLBSlowEntry *slow = entry_of(cpu, ref);
        int mmu_idx = (ref - 1) >> TLB_MAX_BITS;

        ref = slow->next;
        if (slow->ram_addr == page && tlb_entry_is_guarded(slow)) {
            cpu->jit->tlb[mmu_idx].entries[slow - cpu->tcg->tlb[mmu_idx].slow].write = TLB_INVALID;
            tlb_store_forbidden(cpu, slow);
        }
    }
}

void tlb_protect_pages(CPUState *cpu, ram_addr_t start, uint64_t len)
{
    ram_addr_t page = start & TARGET_PAGE_MASK;

    tlb_forget_store_slots(cpu);
    for (; page < start + len; page += TARGET_PAGE_SIZE) {
        protect_page(cpu, page);
    }
}
