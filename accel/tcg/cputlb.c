/*
 * The guest TLB: fills, flushes, contexts, and the slow path of guest accesses.
 *
 * Generated code compares (page | tag) with an entry; see exec/jit-state.h. The tag names the translation context, so that
 * forgetting a context, or all of them, is a change of tag: nothing is cleared. One direct-mapped
 * array for each MMU mode, indexed by the page number alone: all contexts' entries for one page share one slot, which
 * is what makes the invalidation of a page in every context cheap.
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

static unsigned tlb_index(vaddr addr)
{
    return (addr >> TARGET_PAGE_BITS) & (CPU_TLB_SIZE - 1);
}

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
 * Code that is block-translated (a kernel's, mostly) sees the same instruction pages and jump cache entries whatever the
 * context is; only code in pages depends on it.
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

static bool entry_is_guarded(const TLBSlowEntry *slow)
{
    return page_is_guarded(slow->ram, slow->ram_addr - slow->ram->offset);
}

void tlb_protect_pages(CPUState *cpu, ram_addr_t start, uint64_t len)
{
    for (int mode = 0; mode < NB_MMU_MODES; mode++) {
        for (unsigned i = 0; i < CPU_TLB_SIZE; i++) {
            const TLBSlowEntry *slow = &cpu->tcg->slow[mode][i];

            if (slow->ram && slow->ram_addr - start < len && entry_is_guarded(slow)) {
                cpu->jit->tlb[mode][i].write = TLB_INVALID;
            }
        }
    }
}

/* ---- Fills ---- */

/* Has the entry answer with `section`, which has some of its page. */
static void set_region(TLBSlowEntry *slow, const MemoryRegionSection *section)
{
    hwaddr start = section->offset_within_address_space;
    MemSize end = (MemSize)start + section->size; /* may be 2^64 */

    slow->mr = section->mr;
    slow->mr_offset = section->offset_within_region + (slow->phys - start);
    slow->mr_first = start > slow->phys ? start - slow->phys : 0;
    slow->mr_last = end - slow->phys < TARGET_PAGE_SIZE ? end - slow->phys - 1 : TARGET_PAGE_SIZE - 1;
    slow->readonly = section->readonly;
}

static bool covers_page(const TLBSlowEntry *slow)
{
    return slow->mr && slow->mr_first == 0 && slow->mr_last == TARGET_PAGE_SIZE - 1;
}

static void fill_slow_entry(TLBSlowEntry *slow, const MemoryRegionSection *section)
{
    MemoryRegion *mr = section->mr;

    set_region(slow, section);
    slow->ram = NULL;
    slow->host = NULL;
    if (covers_page(slow) && memory_access_is_direct(mr, false)) {
        slow->ram = mr->ram_block;
        slow->ram_addr = mr->ram_block->offset + slow->mr_offset;
        slow->host = mr->ram_block->host + slow->mr_offset;
    }
}

/* Stores go straight to memory, as far as the board is concerned. */
static bool stores_are_direct(const TLBSlowEntry *slow)
{
    return slow->ram && !slow->readonly && memory_access_is_direct(slow->mr, true);
}

static void fill_fast_entry(CPUState *cpu, int mmu_idx, unsigned index)
{
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
    if ((slow->prot & PAGE_WRITE) && stores_are_direct(slow) && !entry_is_guarded(slow)) {
        fast->write = slow->page;
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
        fill_fast_entry(cpu, mmu_idx, index);
    }
    tcg_stats(cpu)->tlb_fills++;
}

static void call_tlb_fill(CPUState *cpu, vaddr addr, int size, MMUAccessType access, int mmu_idx,
                          uintptr_t ra)
{
    cpu->tcg->filling = access;
    cpu->tcg->ops->tlb_fill(cpu, addr, size, access, mmu_idx, false, ra);
}

/* The slow entry for an access, filled and with the right to it. Raises the guest's exception if there is none. */
static TLBSlowEntry *get_entry(CPUState *cpu, vaddr addr, unsigned size, MMUAccessType access,
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

/* ---- Slow path ---- */

static uint64_t extend(uint64_t value, MemOp op)
{
    if (!(op & MO_SIGN) || (op & MO_SIZE) == MO_64) {
        return value;
    }
    return (uint64_t)sextract64(value, 0, memop_size(op) * 8);
}

static uint64_t ram_load(const uint8_t *p, MemOp op)
{
    switch (op & (MO_SIZE | MO_BE)) {
    case MO_8:
    case MO_8 | MO_BE:
        return *p;
    case MO_BEUW:
        return lduw_be_p(p);
    case MO_LEUW:
        return lduw_le_p(p);
    case MO_BEUL:
        return (uint32_t)ldl_be_p(p);
    case MO_LEUL:
        return (uint32_t)ldl_le_p(p);
    case MO_BEUQ:
        return ldq_be_p(p);
    default:
        return ldq_le_p(p);
    }
}

static void ram_store(uint8_t *p, uint64_t value, MemOp op)
{
    switch (op & (MO_SIZE | MO_BE)) {
    case MO_8:
    case MO_8 | MO_BE:
        *p = value;
        break;
    case MO_BEUW:
        stw_be_p(p, value);
        break;
    case MO_LEUW:
        stw_le_p(p, value);
        break;
    case MO_BEUL:
        stl_be_p(p, value);
        break;
    case MO_LEUL:
        stl_le_p(p, value);
        break;
    case MO_BEUQ:
        stq_be_p(p, value);
        break;
    default:
        stq_le_p(p, value);
    }
}

/* One access to a device, or to what isn't there. */
typedef struct IOAccess {
    vaddr addr;
    hwaddr phys;
    MemOp op;
    MemTxAttrs attrs;
    MMUAccessType access;
    int mmu_idx;
    uintptr_t ra;
} IOAccess;

static QEMU_COLD void report_failure(CPUState *cpu, const IOAccess *io, MemTxResult result)
{
    const TCGCPUOps *ops = cpu->tcg->ops;

    if (ops->do_transaction_failed && !cpu->ignore_memory_transaction_failures) {
        ops->do_transaction_failed(cpu, io->phys, io->addr, memop_size(io->op), io->access,
                                   io->mmu_idx, io->attrs, result, io->ra);
    }
}

/* Does the entry's region answer the whole access? If several share the page, the last one asked is remembered. */
static bool region_answers(CPUState *cpu, TLBSlowEntry *slow, const IOAccess *io)
{
    unsigned first = io->addr & ~TARGET_PAGE_MASK;
    unsigned last = first + memop_size(io->op) - 1;

    if (first < slow->mr_first || first > slow->mr_last) {
        MemoryRegionSection section = address_space_lookup(cpu->as, io->phys);

        set_region(slow, &section);
    }
    return slow->mr && last <= slow->mr_last && !(slow->readonly && io->access == MMU_DATA_STORE);
}

static MemTxResult io_access(CPUState *cpu, TLBSlowEntry *slow, const IOAccess *io, uint64_t *value)
{
    MemOp op = io->op & (MO_SIZE | MO_BE);
    MemTxResult result = MEMTX_OK;

    if (likely(region_answers(cpu, slow, io))) {
        hwaddr offset = slow->mr_offset + (io->addr & ~TARGET_PAGE_MASK);

        return io->access == MMU_DATA_STORE
                   ? memory_region_dispatch_write(slow->mr, offset, *value, op, io->attrs)
                   : memory_region_dispatch_read(slow->mr, offset, value, op, io->attrs);
    }
    if (io->access == MMU_DATA_STORE) {
        address_space_st(cpu->as, io->phys, *value, op, io->attrs, &result);
    } else {
        *value = address_space_ld(cpu->as, io->phys, op, io->attrs, &result);
    }
    return result;
}

/* The device may flush the TLB: *slow isn't looked at again afterwards. */
static uint64_t do_io(CPUState *cpu, TLBSlowEntry *slow, vaddr addr, uint64_t value, MemOp op,
                      MMUAccessType access, int mmu_idx, uintptr_t ra)
{
    IOAccess io = { .addr = addr, .phys = slow->phys | (addr & ~TARGET_PAGE_MASK), .op = op,
                    .attrs = slow->attrs, .access = access, .mmu_idx = mmu_idx, .ra = ra };
    MemTxResult result;

    cpu->mem_io_pc = ra;
    result = io_access(cpu, slow, &io, &value);
    cpu->mem_io_pc = 0;
    if (unlikely(result != MEMTX_OK)) {
        report_failure(cpu, &io, result);
    }
    return value;
}

/* Before a store to a guarded page; lets stores be fast again if nothing speaks against it any more. */
static void guarded_store(CPUState *cpu, TLBSlowEntry *slow, int mmu_idx, vaddr addr, unsigned size)
{
    guard_note_store(slow->ram, slow->ram_addr - slow->ram->offset + (addr & ~TARGET_PAGE_MASK), size);
    if (!entry_is_guarded(slow)) {
        fill_fast_entry(cpu, mmu_idx, tlb_index(addr));
    }
}

static uint64_t load_in_page(CPUState *cpu, vaddr addr, MemOp op, int mmu_idx, uintptr_t ra)
{
    TLBSlowEntry *slow = get_entry(cpu, addr, memop_size(op), MMU_DATA_LOAD, mmu_idx, ra);

    if (slow->ram) {
        return ram_load(slow->host + (addr & ~TARGET_PAGE_MASK), op);
    }
    tcg_stats(cpu)->io_loads++;
    return do_io(cpu, slow, addr, 0, op, MMU_DATA_LOAD, mmu_idx, ra);
}

static void store_in_page(CPUState *cpu, vaddr addr, uint64_t value, MemOp op, int mmu_idx,
                          uintptr_t ra)
{
    TLBSlowEntry *slow = get_entry(cpu, addr, memop_size(op), MMU_DATA_STORE, mmu_idx, ra);

    if (!stores_are_direct(slow)) {
        tcg_stats(cpu)->io_stores++;
        do_io(cpu, slow, addr, value, op, MMU_DATA_STORE, mmu_idx, ra);
        return;
    }
    if (entry_is_guarded(slow)) {
        guarded_store(cpu, slow, mmu_idx, addr, memop_size(op));
    }
    ram_store(slow->host + (addr & ~TARGET_PAGE_MASK), value, op);
}

static bool crosses_page(vaddr addr, unsigned size)
{
    return (addr & ~TARGET_PAGE_MASK) + size > TARGET_PAGE_SIZE;
}

static vaddr wrap(CPUState *cpu, vaddr addr)
{
    return cpu->tcg->wide_addresses ? addr : (uint32_t)addr;
}

/* Byte `i` of an access of `size` bytes holds these bits of its value. */
static unsigned byte_shift(MemOp op, unsigned i)
{
    return (op & MO_BE ? memop_size(op) - 1 - i : i) * 8;
}

/* Both pages are made sure of before the first byte is accessed. */
static uint64_t load_across(CPUState *cpu, vaddr addr, MemOp op, int mmu_idx, uintptr_t ra)
{
    unsigned size = memop_size(op);
    uint64_t value = 0;

    get_entry(cpu, addr, size, MMU_DATA_LOAD, mmu_idx, ra);
    get_entry(cpu, wrap(cpu, (addr + size - 1) & TARGET_PAGE_MASK), size, MMU_DATA_LOAD, mmu_idx, ra);
    for (unsigned i = 0; i < size; i++) {
        value |= load_in_page(cpu, wrap(cpu, addr + i), MO_8, mmu_idx, ra) << byte_shift(op, i);
    }
    return value;
}

static void store_across(CPUState *cpu, vaddr addr, uint64_t value, MemOp op, int mmu_idx,
                         uintptr_t ra)
{
    unsigned size = memop_size(op);

    get_entry(cpu, addr, size, MMU_DATA_STORE, mmu_idx, ra);
    get_entry(cpu, wrap(cpu, (addr + size - 1) & TARGET_PAGE_MASK), size, MMU_DATA_STORE, mmu_idx,
              ra);
    for (unsigned i = 0; i < size; i++) {
        store_in_page(cpu, wrap(cpu, addr + i), (uint8_t)(value >> byte_shift(op, i)), MO_8, mmu_idx,
                      ra);
    }
}

static CPUState *env_cpu_state(CPUArchState *env)
{
    return current_cpu && current_cpu->env == env ? current_cpu : first_cpu;
}

static void check_alignment(CPUState *cpu, vaddr addr, MemOp op, MMUAccessType access, int mmu_idx,
                            uintptr_t ra)
{
    if (addr & memop_align_mask(op)) {
        cpu->tcg->ops->do_unaligned_access(cpu, addr, access, mmu_idx, ra);
    }
}

/* Before an access by the guest. */
static void check_access(CPUState *cpu, vaddr addr, MemOp op, MMUAccessType access, int mmu_idx,
                         uintptr_t ra)
{
    check_alignment(cpu, addr, op, access, mmu_idx, ra);
    if (unlikely(cpu->debug)) {
        debug_check_watchpoints(cpu, addr, memop_size(op), access, ra);
    }
}

uint64_t cpu_ld_mmu(CPUArchState *env, vaddr addr, MemOpIdx oi, uintptr_t ra)
{
    CPUState *cpu = env_cpu_state(env);
    MemOp op = get_memop(oi);
    int mmu_idx = get_mmuidx(oi);
    uint64_t value;

    addr = wrap(cpu, addr);
    check_access(cpu, addr, op, MMU_DATA_LOAD, mmu_idx, ra);
    value = crosses_page(addr, memop_size(op)) ? load_across(cpu, addr, op, mmu_idx, ra)
                                               : load_in_page(cpu, addr, op, mmu_idx, ra);
    return extend(value, op);
}

void cpu_st_mmu(CPUArchState *env, vaddr addr, uint64_t value, MemOpIdx oi, uintptr_t ra)
{
    CPUState *cpu = env_cpu_state(env);
    MemOp op = get_memop(oi);
    int mmu_idx = get_mmuidx(oi);

    addr = wrap(cpu, addr);
    check_access(cpu, addr, op, MMU_DATA_STORE, mmu_idx, ra);
    if (crosses_page(addr, memop_size(op))) {
        store_across(cpu, addr, value, op, mmu_idx, ra);
    } else {
        store_in_page(cpu, addr, value, op, mmu_idx, ra);
    }
}

uint64_t tcg_slow_load(CPUArchState *env, uint64_t addr, MemOpIdx oi, uintptr_t ra)
{
    tcg_stats(env_cpu_state(env))->slow_loads++;
    return cpu_ld_mmu(env, addr, oi, ra);
}

void tcg_slow_store(CPUArchState *env, uint64_t addr, uint64_t value, MemOpIdx oi, uintptr_t ra)
{
    tcg_stats(env_cpu_state(env))->slow_stores++;
    cpu_st_mmu(env, addr, value, oi, ra);
}

uint8_t cpu_ldub_mmuidx_ra(CPUArchState *env, vaddr addr, int mmu_idx, uintptr_t ra)
{
    return cpu_ld_mmu(env, addr, make_memop_idx(MO_UB, mmu_idx), ra);
}

uint32_t cpu_ldl_be_mmuidx_ra(CPUArchState *env, vaddr addr, int mmu_idx, uintptr_t ra)
{
    return cpu_ld_mmu(env, addr, make_memop_idx(MO_BEUL, mmu_idx), ra);
}

void cpu_stb_mmuidx_ra(CPUArchState *env, vaddr addr, uint32_t val, int mmu_idx, uintptr_t ra)
{
    cpu_st_mmu(env, addr, val, make_memop_idx(MO_UB, mmu_idx), ra);
}

void cpu_stl_be_mmuidx_ra(CPUArchState *env, vaddr addr, uint32_t val, int mmu_idx, uintptr_t ra)
{
    cpu_st_mmu(env, addr, val, make_memop_idx(MO_BEUL, mmu_idx), ra);
}

void *probe_access(CPUArchState *env, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx,
                   uintptr_t ra)
{
    CPUState *cpu = env_cpu_state(env);
    TLBSlowEntry *slow;

    addr = wrap(cpu, addr);
    g_assert(!crosses_page(addr, size));
    if (unlikely(cpu->debug)) {
        debug_check_watchpoints(cpu, addr, size, access, ra);
    }
    slow = get_entry(cpu, addr, size, access, mmu_idx, ra);
    if (!slow->ram || (access == MMU_DATA_STORE && !stores_are_direct(slow))) {
        return NULL;
    }
    if (access == MMU_DATA_STORE && entry_is_guarded(slow)) {
        guarded_store(cpu, slow, mmu_idx, addr, size);
    }
    return slow->host + (addr & ~TARGET_PAGE_MASK);
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
    tlb_flush(cpu);
}
