/*
 * The slow path of guest accesses: what generated code doesn't do itself, and accesses on behalf of
 * helpers.
 *
 * Each access has an entry of the TLB's slow side, which says where the page is and what may be
 * done there: RAM that generated code may not touch itself (guarded, watched, or not in the TLB
 * yet), devices, holes; in pieces where it crosses a page or a region's end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "system/ram-access.h"
#include "system/ramblock.h"

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

/*
 * Does the entry's region answer the whole access? If several share the page, the last one asked is
 * remembered.
 */
static bool region_answers(CPUState *cpu, TLBSlowEntry *slow, const IOAccess *io)
{
    unsigned first = io->addr & ~TARGET_PAGE_MASK;
    unsigned last = first + memop_size(io->op) - 1;

    if (first < slow->mr_first || first > slow->mr_last) {
        MemoryRegionSection section =
            address_space_lookup(cpu_address_space(cpu, io->attrs), io->phys);

        tlb_set_region(slow, &section);
    }
    return slow->mr && last <= slow->mr_last && !(slow->readonly && io->access == MMU_DATA_STORE);
}

static MemTxResult io_access(CPUState *cpu, TLBSlowEntry *slow, const IOAccess *io, uint64_t *value)
{
    MemOp op = io->op & (MO_SIZE | MO_BE);
    MemTxResult result = MEMTX_OK;
    AddressSpace *as;

    if (likely(region_answers(cpu, slow, io))) {
        hwaddr offset = slow->mr_offset + (io->addr & ~TARGET_PAGE_MASK);

        return io->access == MMU_DATA_STORE
                   ? memory_region_dispatch_write(slow->mr, offset, *value, op, io->attrs)
                   : memory_region_dispatch_read(slow->mr, offset, value, op, io->attrs);
    }
    as = cpu_address_space(cpu, io->attrs);
    if (io->access == MMU_DATA_STORE) {
        address_space_st(as, io->phys, *value, op, io->attrs, &result);
    } else {
        *value = address_space_ld(as, io->phys, op, io->attrs, &result);
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

    if (unlikely(icount_options.on)) {
        tcg_end_block_at_io(cpu, ra);
    }
    cpu->mem_io_pc = ra;
    result = io_access(cpu, slow, &io, &value);
    if (unlikely(result != MEMTX_OK)) {
        report_failure(cpu, &io, result); /* what it logs is about this access, too */
    }
    cpu->mem_io_pc = 0;
    cpu_note_device_access(cpu, access == MMU_DATA_STORE ? CPU_DEVICE_STORE : CPU_DEVICE_LOAD,
                           io.phys, value);
    return value;
}

/*
 * At a store to a guarded page; lets stores be fast again if nothing speaks against it any more.
 * The store itself comes before, or through the fast entry that this has made: see tb-cache.c.
 */
static void guarded_store(CPUState *cpu, TLBSlowEntry *slow, int mmu_idx, vaddr addr, unsigned size)
{
    guard_note_store(slow->ram, slow->mr_offset + (addr & ~TARGET_PAGE_MASK), size);
    if (!tlb_entry_is_guarded(slow) && !guard_page_churns(slow->ram_addr)) {
        tlb_fill_fast_entry(cpu, mmu_idx, addr);
    }
}

static uint64_t load_across(CPUState *cpu, vaddr addr, MemOp op, int mmu_idx, uintptr_t ra);
static void store_across(CPUState *cpu, vaddr addr, uint64_t value, MemOp op, int mmu_idx,
                         uintptr_t ra);

/* Does the access go beyond the guest page that the entry is about? */
static bool leaves_page(const TLBSlowEntry *slow, vaddr addr, MemOp op)
{
    return (addr & ~TARGET_PAGE_MASK) + memop_size(op) - 1 > slow->last;
}

static uint64_t load(CPUState *cpu, vaddr addr, MemOp op, int mmu_idx, uintptr_t ra)
{
    TLBSlowEntry *slow = tlb_get_entry(cpu, addr, memop_size(op), MMU_DATA_LOAD, mmu_idx, ra);

    if (unlikely(leaves_page(slow, addr, op))) {
        return load_across(cpu, addr, op, mmu_idx, ra);
    }
    if (slow->ram) {
        return ram_load(slow->host + (addr & ~TARGET_PAGE_MASK), op);
    }
    tcg_stats(cpu)->io_loads++;
    return do_io(cpu, slow, addr, 0, op, MMU_DATA_LOAD, mmu_idx, ra);
}

static void store(CPUState *cpu, vaddr addr, uint64_t value, MemOp op, int mmu_idx, uintptr_t ra)
{
    TLBSlowEntry *slow = tlb_get_entry(cpu, addr, memop_size(op), MMU_DATA_STORE, mmu_idx, ra);
    bool guarded;

    if (unlikely(leaves_page(slow, addr, op))) {
        store_across(cpu, addr, value, op, mmu_idx, ra);
        return;
    }
    if (!tlb_stores_are_direct(slow)) {
        tcg_stats(cpu)->io_stores++;
        do_io(cpu, slow, addr, value, op, MMU_DATA_STORE, mmu_idx, ra);
        return;
    }
    guarded = tlb_entry_is_guarded(slow);
    if (guarded) {
        tcg_end_block_at_own_store(cpu, ra, slow->ram_addr + (addr & ~TARGET_PAGE_MASK),
                                   memop_size(op));
    }
    ram_store(slow->host + (addr & ~TARGET_PAGE_MASK), value, op);
    if (guarded) {
        guarded_store(cpu, slow, mmu_idx, addr, memop_size(op));
    }
}

static vaddr wrap(CPUState *cpu, vaddr addr)
{
    return cpu->address_bits > 32 ? addr : (uint32_t)addr;
}

/* Byte `i` of an access of `size` bytes holds these bits of its value. */
static unsigned byte_shift(MemOp op, unsigned i)
{
    return (op & MO_BE ? memop_size(op) - 1 - i : i) * 8;
}

/* The smallest guest page: where an access may cross into another one. */
#define MIN_PAGE_MASK (-(vaddr)(1 * KiB))

/* Before the first byte is accessed: raises the guest's exception if either page can't be. */
static void check_both_pages(CPUState *cpu, vaddr addr, unsigned size, MMUAccessType access,
                             int mmu_idx, uintptr_t ra)
{
    vaddr second = wrap(cpu, (addr + size - 1) & MIN_PAGE_MASK);

    tlb_get_entry(cpu, addr, size, access, mmu_idx, ra);
    tlb_get_entry(cpu, second, size, access, mmu_idx, ra);
}

static uint64_t load_across(CPUState *cpu, vaddr addr, MemOp op, int mmu_idx, uintptr_t ra)
{
    unsigned size = memop_size(op);
    uint64_t value = 0;

    check_both_pages(cpu, addr, size, MMU_DATA_LOAD, mmu_idx, ra);
    for (unsigned i = 0; i < size; i++) {
        value |= load(cpu, wrap(cpu, addr + i), MO_8, mmu_idx, ra) << byte_shift(op, i);
    }
    return value;
}

/*
 * A store that changes the block that it is in leaves that while nothing is stored: the instruction
 * reads again what it has read before.
 */
static void check_own_block(CPUState *cpu, vaddr addr, unsigned size, int mmu_idx, uintptr_t ra)
{
    const TLBSlowEntry *slow = tlb_get_entry(cpu, addr, size, MMU_DATA_STORE, mmu_idx, ra);

    if (tlb_stores_are_direct(slow) && tlb_entry_is_guarded(slow)) {
        tcg_end_block_at_own_store(cpu, ra, slow->ram_addr + (addr & ~TARGET_PAGE_MASK), size);
    }
}

static void store_across(CPUState *cpu, vaddr addr, uint64_t value, MemOp op, int mmu_idx,
                         uintptr_t ra)
{
    unsigned size = memop_size(op), behind = (addr + size) & ~MIN_PAGE_MASK;

    check_both_pages(cpu, addr, size, MMU_DATA_STORE, mmu_idx, ra);
    if (cpu->tcg->ops->sees_own_stores) {
        check_own_block(cpu, addr, size - behind, mmu_idx, ra);
        check_own_block(cpu, wrap(cpu, addr + size - behind), behind, mmu_idx, ra);
    }
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = value >> byte_shift(op, i);

        store(cpu, wrap(cpu, addr + i), byte, MO_8, mmu_idx, ra);
    }
}

/* Guest accesses are made on the CPU's own thread. */
static CPUState *env_cpu_state(CPUArchState *env)
{
    return current_cpu;
}

void tcg_check_alignment(CPUState *cpu, vaddr addr, MemOp op, MMUAccessType access, int mmu_idx,
                         uintptr_t ra)
{
    const TCGCPUOps *ops = cpu->tcg->ops;

    if ((addr & memop_align_mask(op)) &&
        !(ops->tolerates_unaligned && ops->tolerates_unaligned(cpu, addr, memop_size(op)))) {
        ops->do_unaligned_access(cpu, addr, access, mmu_idx, ra);
    }
}

/* Before an access by the guest. */
static void check_access(CPUState *cpu, vaddr addr, MemOp op, MMUAccessType access, int mmu_idx,
                         uintptr_t ra)
{
    tcg_check_alignment(cpu, addr, op, access, mmu_idx, ra);
    if (unlikely(cpu->debug)) {
        debug_check_watchpoints(cpu, addr, memop_size(op), access, mmu_idx, ra);
    }
}

uint64_t cpu_ld_mmu(CPUArchState *env, vaddr addr, MemOpIdx oi, uintptr_t ra)
{
    CPUState *cpu = env_cpu_state(env);
    MemOp op = get_memop(oi);
    int mmu_idx = get_mmuidx(oi);

    addr = wrap(cpu, addr);
    check_access(cpu, addr, op, MMU_DATA_LOAD, mmu_idx, ra);
    return tcg_extend_loaded(load(cpu, addr, op, mmu_idx, ra), op);
}

void cpu_st_mmu(CPUArchState *env, vaddr addr, uint64_t value, MemOpIdx oi, uintptr_t ra)
{
    CPUState *cpu = env_cpu_state(env);
    MemOp op = get_memop(oi);
    int mmu_idx = get_mmuidx(oi);

    addr = wrap(cpu, addr);
    check_access(cpu, addr, op, MMU_DATA_STORE, mmu_idx, ra);
    store(cpu, addr, value, op, mmu_idx, ra);
}

/* After a slow access: if it was one by a paged window, the next one like it needn't be. */
static void note_paged_access(CPUArchState *env, vaddr addr, MemOpIdx oi)
{
    if (oi & MEMOP_IDX_PAGED) {
        MemOpIdx access = oi & ~MEMOP_IDX_PAGED;

        paged_window_accessed(env_cpu_state(env), get_mmuidx(access), (uint32_t)addr,
                              memop_size(get_memop(access)));
    }
}

uint64_t tcg_slow_load(CPUArchState *env, uint64_t addr, MemOpIdx oi, uintptr_t ra)
{
    MemOpIdx access = oi & ~MEMOP_IDX_PAGED;
    uint64_t value;

    tcg_stats(env_cpu_state(env))->slow_loads++;
    value = cpu_ld_mmu(env, addr, access, ra);
    note_paged_access(env, addr, oi);
    return value;
}

void tcg_slow_store(CPUArchState *env, uint64_t addr, uint64_t value, MemOpIdx oi, uintptr_t ra)
{
    tcg_stats(env_cpu_state(env))->slow_stores++;
    cpu_st_mmu(env, addr, value, oi & ~MEMOP_IDX_PAGED, ra);
    note_paged_access(env, addr, oi);
}

/* Sixteen bytes that are aligned are one access to RAM, as generated code's are. */
static bool is_quadword(vaddr addr, MemOp op)
{
    return memop_size(op) == 16 && !(addr & 15);
}

static JitVector load_quadword(TLBSlowEntry *slow, vaddr addr)
{
    RAMQuadword v = ram_load_quadword(slow->host + (addr & ~TARGET_PAGE_MASK));

    return (JitVector){ { v[0], v[1] } };
}

static void store_quadword(CPUState *cpu, TLBSlowEntry *slow, vaddr addr, JitVector value,
                           int mmu_idx, uintptr_t ra)
{
    bool guarded = tlb_entry_is_guarded(slow);

    if (guarded) {
        tcg_end_block_at_own_store(cpu, ra, slow->ram_addr + (addr & ~TARGET_PAGE_MASK), 16);
    }
    ram_store_quadword(slow->host + (addr & ~TARGET_PAGE_MASK),
                       (RAMQuadword){ value.half[0], value.half[1] });
    if (guarded) {
        guarded_store(cpu, slow, mmu_idx, addr, 16);
    }
}

/* Neither half raises an exception afterwards, however the access lies; devices apart. */
static TLBSlowEntry *check_vector(CPUState *cpu, vaddr addr, MemOp op, MMUAccessType access,
                                  int mmu_idx, uintptr_t ra)
{
    unsigned size = memop_span(op);
    TLBSlowEntry *slow;

    check_access(cpu, addr, op, access, mmu_idx, ra);
    slow = tlb_get_entry(cpu, addr, size, access, mmu_idx, ra);
    if ((addr & ~TARGET_PAGE_MASK) + size - 1 > slow->last) {
        check_both_pages(cpu, addr, size, access, mmu_idx, ra);
    }
    return slow;
}

JitVector tcg_slow_load_vector(CPUArchState *env, uint64_t addr, MemOpIdx oi, uintptr_t ra)
{
    CPUState *cpu = env_cpu_state(env);
    MemOp op = get_memop(oi);
    int mmu_idx = get_mmuidx(oi & ~MEMOP_IDX_PAGED);
    JitVector value = { { 0 } };
    TLBSlowEntry *slow;

    tcg_stats(cpu)->slow_loads++;
    addr = wrap(cpu, addr);
    slow = check_vector(cpu, addr, op, MMU_DATA_LOAD, mmu_idx, ra);
    if (slow->ram && is_quadword(addr, op)) {
        value = load_quadword(slow, addr);
    } else if (memop_size(op) < 8) {
        value.half[0] = load(cpu, addr, MO_LEUL, mmu_idx, ra);
    } else {
        for (unsigned i = 0; i < memop_size(op) / 8; i++) {
            value.half[i] = load(cpu, wrap(cpu, addr + 8 * i), MO_LEUQ, mmu_idx, ra);
        }
    }
    note_paged_access(env, addr, oi);
    return value;
}

void tcg_slow_store_vector(CPUArchState *env, uint64_t addr, JitVector value, MemOpIdx oi,
                           uintptr_t ra)
{
    CPUState *cpu = env_cpu_state(env);
    MemOp op = get_memop(oi);
    int mmu_idx = get_mmuidx(oi & ~MEMOP_IDX_PAGED);
    TLBSlowEntry *slow;

    tcg_stats(cpu)->slow_stores++;
    addr = wrap(cpu, addr);
    slow = check_vector(cpu, addr, op, MMU_DATA_STORE, mmu_idx, ra);
    if (tlb_stores_are_direct(slow) && is_quadword(addr, op)) {
        store_quadword(cpu, slow, addr, value, mmu_idx, ra);
    } else if (memop_size(op) < 8) {
        store(cpu, addr, value.half[0], MO_LEUL, mmu_idx, ra);
    } else {
        for (unsigned i = 0; i < memop_size(op) / 8; i++) {
            store(cpu, wrap(cpu, addr + 8 * i), value.half[i], MO_LEUQ, mmu_idx, ra);
        }
    }
    note_paged_access(env, addr, oi);
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

static void *probe(CPUArchState *env, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx,
                   uintptr_t ra, bool watched)
{
    CPUState *cpu = env_cpu_state(env);
    const CPUTLBEntry *fast;
    TLBSlowEntry *slow;

    addr = wrap(cpu, addr);
    g_assert((addr & ~TARGET_PAGE_MASK) + size <= TARGET_PAGE_SIZE);
    fast = tlb_fast_entry(cpu, mmu_idx, addr);
    if ((access == MMU_DATA_STORE ? fast->write : fast->read) ==
        ((addr & TARGET_PAGE_MASK) | cpu->jit->tlb[mmu_idx].tag)) {
        return (void *)(uintptr_t)(addr + fast->addend);
    }
    if (unlikely(cpu->debug) && watched) {
        debug_check_watchpoints(cpu, addr, size, access, mmu_idx, ra);
    }
    slow = tlb_get_entry(cpu, addr, size, access, mmu_idx, ra);
    if (!slow->ram || (access == MMU_DATA_STORE && !tlb_stores_are_direct(slow))) {
        return NULL;
    }
    if (access == MMU_DATA_STORE && tlb_entry_is_guarded(slow)) {
        tcg_end_block_at_own_store(cpu, ra, slow->ram_addr + (addr & ~TARGET_PAGE_MASK), size);
        guarded_store(cpu, slow, mmu_idx, addr, size);
        if (tlb_entry_is_guarded(slow)) {
            return NULL; /* the store needs a look after it */
        }
    }
    return slow->host + (addr & ~TARGET_PAGE_MASK);
}

void *probe_access(CPUArchState *env, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx,
                   uintptr_t ra)
{
    return probe(env, addr, size, access, mmu_idx, ra, true);
}

void probe_access_rights(CPUArchState *env, vaddr addr, unsigned size, MMUAccessType access,
                         int mmu_idx, uintptr_t ra)
{
    probe(env, addr, size, access, mmu_idx, ra, false);
}
