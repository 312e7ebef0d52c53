/*
 * The guest TLB: contexts, flushes and fills. Accesses that miss it are in guest-access.c.
 *
 * Generated code compares (page | tag) with an entry; see exec/jit-state.h. The tag names the
 * translation context, so that forgetting a context, or all of them, is a change of tag: nothing is
 * cleared. One direct-mapped array for each MMU mode, indexed by the page number alone: all
 * contexts' entries for one page share one slot, which is what makes the invalidation of a page in
 * every context cheap.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "system/ramblock.h"

#define TAG_SHIFT 32
/* No page has this tag: contexts are numbered from 1. */
#define NO_CONTEXT_TAG 0

/* ---- Contexts ---- */

static void set_tag(CPUJitState *jit, int mmu_idx, uint32_t id)
{
    jit->tlb_tag[mmu_idx] = (uint64_t)id << TAG_SHIFT;
}

void tlb_context_changed(CPUState *cpu)
{
    if (!cpu->tcg) {
        return; /* the CPU's first reset: nothing is cached yet */
    }
    cpu->tcg->context = NULL;
    cpu->jit->code_context = NO_CONTEXT_TAG;
    cpu->jit->itlb = cpu->tcg->empty_itlb;
    for (int i = 0; i < NB_MMU_MODES; i++) {
        set_tag(cpu->jit, i, NO_CONTEXT_TAG);
    }
}

/* Ids wrap after four thousand million contexts; then old entries have to go for real. */
static uint32_t new_id(CPUState *cpu)
{
    if (++cpu->tcg->next_id == 0) {
        memset(cpu->jit->tlb, 0xff, sizeof(cpu->jit->tlb));
        memset(cpu->tcg->slow, 0xff, sizeof(cpu->tcg->slow));
        memset(cpu->jit->jump_cache, 0, sizeof(cpu->jit->jump_cache));
        cpu->tcg->next_id = 1;
    }
    return cpu->tcg->next_id;
}

void tlb_flush(CPUState *cpu)
{
    if (!cpu->tcg) {
        return;
    }
    for (unsigned i = 0; i < NB_MMU_CONTEXTS; i++) {
        cpu->tcg->contexts[i].id = 0;
    }
    cpu->tcg->shared_id = new_id(cpu);
    memset(cpu->tcg->shared_itlb, 0xff, sizeof(cpu->tcg->shared_itlb));
    tcg_stats(cpu)->tlb_flushes++;
    tlb_context_changed(cpu);
}

static size_t context_key(CPUState *cpu, uint8_t *key)
{
    const TCGCPUOps *ops = cpu->tcg->ops;
    size_t len = 0;

    for (int i = 0; i < NB_MMU_MODES && !len; i++) {
        len = ops->mmu_context_key ? ops->mmu_context_key(cpu, i, key) : 0;
    }
    return len;
}

static uint32_t hash_key(const uint8_t *key, size_t len)
{
    uint64_t h = len;

    for (size_t i = 0; i + 4 <= len; i += 4) {
        h = (h ^ (uint32_t)ldl_le_p(key + i)) * 0x9e3779b97f4a7c15ull;
        h ^= h >> 29;
    }
    return h;
}

static MMUContext *find_context(CPUTcgState *tcg, const uint8_t *key, size_t len)
{
    uint32_t hash = hash_key(key, len);

    for (unsigned i = 0; i < NB_MMU_CONTEXTS; i++) {
        MMUContext *context = &tcg->contexts[i];

        if (context->id && context->hash == hash && context->key_len == len &&
            !memcmp(context->key, key, len)) {
            return context;
        }
    }
    return NULL;
}

static MMUContext *make_context(CPUState *cpu, const uint8_t *key, size_t len)
{
    CPUTcgState *tcg = cpu->tcg;
    MMUContext *context = &tcg->contexts[tcg->next_context++ % NB_MMU_CONTEXTS];

    context->id = new_id(cpu);
    context->key_len = len;
    context->hash = hash_key(key, len);
    memcpy(context->key, key, len);
    memset(context->itlb, 0xff, sizeof(context->itlb));
    tcg_stats(cpu)->contexts_made++;
    return context;
}

/* Modes whose translation doesn't depend on the context keep their entries when it changes. */
static void publish_tags(CPUState *cpu, const MMUContext *context)
{
    const TCGCPUOps *ops = cpu->tcg->ops;
    uint8_t key[MMU_CONTEXT_KEY_MAX];

    for (int i = 0; i < NB_MMU_MODES; i++) {
        bool own = ops->mmu_context_key && ops->mmu_context_key(cpu, i, key);

        set_tag(cpu->jit, i, own ? context->id : cpu->tcg->shared_id);
    }
}

static __attribute__((noinline)) MMUContext *work_out_context(CPUState *cpu)
{
    CPUTcgState *tcg = cpu->tcg;
    uint8_t key[MMU_CONTEXT_KEY_MAX];
    size_t len = context_key(cpu, key);

    tcg->context = find_context(tcg, key, len);
    if (!tcg->context) {
        tcg->context = make_context(cpu, key, len);
    }
    publish_tags(cpu, tcg->context);
    tcg_stats(cpu)->context_changes++;
    return tcg->context;
}

static inline MMUContext *current_context(CPUState *cpu)
{
    return likely(cpu->tcg->context) ? cpu->tcg->context : work_out_context(cpu);
}

static bool itlb_has(const uint32_t *itlb, vaddr pc, ram_addr_t *addr)
{
    uint32_t entry = itlb[(pc >> TARGET_PAGE_BITS) & ITLB_MASK];

    *addr = ((uint64_t)entry << TARGET_PAGE_BITS & 0xfffff000) | (pc & ~TARGET_PAGE_MASK);
    return entry != ITLB_EMPTY && itlb_pack(pc, *addr) == entry;
}

/*
 * Code that is block-translated (a kernel's, mostly) sees the same instruction pages and jump cache
 * entries whatever the context is; only code in pages depends on it.
 */
void tlb_sync_context(CPUState *cpu, vaddr pc)
{
    CPUTcgState *tcg = cpu->tcg;
    MMUContext *context = current_context(cpu);
    int mode = tcg->ops->insn_mmu_index(cpu);
    ram_addr_t addr;
    bool shared = itlb_has(tcg->shared_itlb[mode], pc, &addr);

    cpu->jit->code_context = shared ? tcg->shared_id : context->id;
    cpu->jit->itlb = shared ? tcg->shared_itlb[mode] : context->itlb[mode];
    cpu->jit->window_base = cpu->jit->window[tcg->ops->data_mmu_index(cpu)];
}

/* ---- Invalidation ---- */

static void drop_slot(CPUState *cpu, unsigned index)
{
    for (int i = 0; i < NB_MMU_MODES; i++) {
        cpu->jit->tlb[i][index].read = TLB_INVALID;
        cpu->jit->tlb[i][index].write = TLB_INVALID;
        cpu->tcg->slow[i][index].page = TLB_INVALID;
    }
}

static void drop_code_page(CPUState *cpu, unsigned itlb_index)
{
    for (unsigned i = 0; i < NB_MMU_CONTEXTS; i++) {
        for (int mode = 0; mode < NB_MMU_MODES && cpu->tcg->contexts[i].id; mode++) {
            cpu->tcg->contexts[i].itlb[mode][itlb_index] = ITLB_EMPTY;
        }
    }
}

/* Block-translated code isn't affected. */
static void drop_jump_cache_group(CPUState *cpu, vaddr addr)
{
    unsigned first = jump_cache_index(addr) & -(1u << JUMP_CACHE_GROUP_BITS);

    for (unsigned i = first; i < first + (1u << JUMP_CACHE_GROUP_BITS); i++) {
        CPUJumpCacheEntry *e = &cpu->jit->jump_cache[i];

        if (e->context != cpu->tcg->shared_id) {
            e->code = NULL;
        }
    }
}

void tlb_flush_page_class(CPUState *cpu, vaddr addr, unsigned bits)
{
    unsigned page = addr >> TARGET_PAGE_BITS;

    for (unsigned i = page & MAKE_64BIT_MASK(0, bits); i < CPU_TLB_SIZE; i += 1u << bits) {
        drop_slot(cpu, i);
    }
    for (unsigned i = page & MAKE_64BIT_MASK(0, bits); i < ITLB_SIZE; i += 1u << bits) {
        drop_code_page(cpu, i);
    }
    drop_jump_cache_group(cpu, addr);
    tcg_stats(cpu)->tlb_page_flushes++;
}

void tlb_flush_page(CPUState *cpu, vaddr addr)
{
    drop_slot(cpu, tlb_index(addr));
    drop_code_page(cpu, (addr >> TARGET_PAGE_BITS) & ITLB_MASK);
    drop_jump_cache_group(cpu, addr);
    tcg_stats(cpu)->tlb_page_flushes++;
}

static ram_addr_t *untagged_page(CPUState *cpu, ram_addr_t page)
{
    return &cpu->tcg->untagged[(page >> TARGET_PAGE_BITS) % NB_UNTAGGED_PAGES];
}

void tlb_protect_pages(CPUState *cpu, ram_addr_t start, uint64_t len)
{
    bool all = true;

    if (*untagged_page(cpu, start) == start && len == TARGET_PAGE_SIZE) {
        return;
    }
    for (int mode = 0; mode < NB_MMU_MODES; mode++) {
        for (unsigned i = 0; i < CPU_TLB_SIZE; i++) {
            const TLBSlowEntry *slow = &cpu->tcg->slow[mode][i];

            if (!slow->ram || slow->ram_addr - start >= len) {
                continue;
            }
            if (tlb_entry_is_guarded(slow)) {
                cpu->jit->tlb[mode][i].write = TLB_INVALID;
            } else {
                all = false;
            }
        }
    }
    if (all) {
        *untagged_page(cpu, start) = start;
    }
}

/* ---- Fills ---- */

void tlb_set_region(TLBSlowEntry *slow, const MemoryRegionSection *section)
{
    hwaddr start = section->offset_within_address_space;
    MemSize end = (MemSize)start + section->size; /* may be 2^64 */

    slow->mr = section->mr;
    slow->mr_offset = section->offset_within_region + (slow->phys - start);
    slow->mr_first = start > slow->phys ? start - slow->phys : 0;
    slow->mr_last = MIN(end - slow->phys, TARGET_PAGE_SIZE) - 1;
    slow->readonly = section->readonly;
}

static bool covers_page(const TLBSlowEntry *slow)
{
    return slow->mr && slow->mr_first == 0 && slow->mr_last == TARGET_PAGE_SIZE - 1;
}

static void fill_slow_entry(TLBSlowEntry *slow, const MemoryRegionSection *section)
{
    MemoryRegion *mr = section->mr;

    tlb_set_region(slow, section);
    slow->ram = NULL;
    slow->host = NULL;
    if (covers_page(slow) && memory_access_is_direct(mr, false)) {
        slow->ram = mr->ram_block;
        slow->ram_addr = mr->ram_block->offset + slow->mr_offset;
        slow->host = mr->ram_block->host + slow->mr_offset;
    }
}

void tlb_fill_fast_entry(CPUState *cpu, int mmu_idx, vaddr addr)
{
    unsigned index = tlb_index(addr);
    CPUTLBEntry *fast = &cpu->jit->tlb[mmu_idx][index];
    TLBSlowEntry *slow = &cpu->tcg->slow[mmu_idx][index];
    vaddr page = slow->page & (uint32_t)TARGET_PAGE_MASK;

    fast->read = fast->write = TLB_INVALID;
    if (!slow->ram || (unlikely(cpu->debug) && debug_page_is_watched(cpu, page))) {
        return;
    }
    fast->addend = (uintptr_t)slow->host - page;
    fast->phys = slow->phys;
    if (slow->prot & PAGE_READ) {
        fast->read = slow->page;
    }
    if ((slow->prot & PAGE_WRITE) && tlb_stores_are_direct(slow) && !tlb_entry_is_guarded(slow)) {
        fast->write = slow->page;
        *untagged_page(cpu, slow->ram_addr) = RAM_ADDR_INVALID;
    }
}

static void fill_code_page(CPUState *cpu, vaddr page, int mmu_idx, const TLBSlowEntry *slow,
                           bool block)
{
    uint32_t *itlb = block ? cpu->tcg->shared_itlb[mmu_idx] : current_context(cpu)->itlb[mmu_idx];

    if (slow->ram && slow->ram_addr <= UINT32_MAX) {
        itlb[(page >> TARGET_PAGE_BITS) & ITLB_MASK] = itlb_pack(page, slow->ram_addr);
    }
}

void tlb_set_page_with_attrs(CPUState *cpu, vaddr addr, hwaddr paddr, MemTxAttrs attrs, int prot,
                             int mmu_idx, uint64_t size)
{
    vaddr page = addr & TARGET_PAGE_MASK;
    hwaddr phys = paddr & TARGET_PAGE_MASK;
    unsigned index = tlb_index(page);
    MemoryRegionSection section = address_space_lookup(cpu->as, phys);
    TLBSlowEntry fetch, *slow;

    current_context(cpu);
    slow = cpu->tcg->filling == MMU_INST_FETCH ? &fetch : &cpu->tcg->slow[mmu_idx][index];
    slow->page = page | cpu->jit->tlb_tag[mmu_idx];
    slow->phys = phys;
    slow->attrs = attrs;
    slow->prot = prot;
    fill_slow_entry(slow, &section);
    if (cpu->tcg->filling == MMU_INST_FETCH) {
        cpu->tcg->fetch_phys = phys;
        fill_code_page(cpu, page, mmu_idx, slow, size > TARGET_PAGE_SIZE);
    } else {
        tlb_fill_fast_entry(cpu, mmu_idx, page);
    }
    tcg_stats(cpu)->tlb_fills++;
}

static void call_tlb_fill(CPUState *cpu, vaddr addr, int size, MMUAccessType access, int mmu_idx,
                          uintptr_t ra)
{
    cpu->tcg->filling = access;
    cpu->tcg->ops->tlb_fill(cpu, addr, size, access, mmu_idx, false, ra);
}

TLBSlowEntry *tlb_get_entry(CPUState *cpu, vaddr addr, unsigned size, MMUAccessType access,
                            int mmu_idx, uintptr_t ra)
{
    TLBSlowEntry *slow = &cpu->tcg->slow[mmu_idx][tlb_index(addr)];
    int need = access == MMU_DATA_STORE ? PAGE_WRITE : PAGE_READ;

    current_context(cpu);
    if (slow->page != ((addr & TARGET_PAGE_MASK) | cpu->jit->tlb_tag[mmu_idx]) ||
        !(slow->prot & need)) {
        call_tlb_fill(cpu, addr, size, access, mmu_idx, ra);
    }
    return slow;
}

/* ---- Instruction fetch ---- */

static bool itlb_lookup(CPUState *cpu, int mmu_idx, vaddr pc, ram_addr_t *addr)
{
    return itlb_has(cpu->tcg->shared_itlb[mmu_idx], pc, addr) ||
           itlb_has(current_context(cpu)->itlb[mmu_idx], pc, addr);
}

ram_addr_t tlb_code_address(CPUState *cpu, vaddr pc, bool *io)
{
    int mmu_idx = cpu->tcg->ops->insn_mmu_index(cpu);
    ram_addr_t addr;

    *io = false;
    if (itlb_lookup(cpu, mmu_idx, pc, &addr)) {
        return addr;
    }
    call_tlb_fill(cpu, pc, 4, MMU_INST_FETCH, mmu_idx, 0);
    if (itlb_lookup(cpu, mmu_idx, pc, &addr)) {
        return addr;
    }
    *io = true;
    return cpu->tcg->fetch_phys | (pc & ~TARGET_PAGE_MASK);
}

void tlb_init(CPUState *cpu)
{
    memset(cpu->jit->tlb, 0xff, sizeof(cpu->jit->tlb));
    for (int mode = 0; mode < NB_MMU_MODES; mode++) {
        for (unsigned i = 0; i < CPU_TLB_SIZE; i++) {
            cpu->tcg->slow[mode][i].page = TLB_INVALID;
        }
    }
    memset(cpu->tcg->empty_itlb, 0xff, sizeof(cpu->tcg->empty_itlb));
    memset(cpu->tcg->untagged, 0xff, sizeof(cpu->tcg->untagged)); /* RAM_ADDR_INVALID */
    tlb_flush(cpu);
}
