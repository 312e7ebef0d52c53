/*
 * Lockstep: guest memory as the interpreter sees it. Accesses to plain RAM are made and logged; for
 * all others the interpreter stops.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "lockstep-state.h"
#include "system/ram-access.h"
#include "system/ramblock.h"

/* Whether the access wouldn't fault. A CPU model may note in env what it has looked for in vain. */
static bool may_access(CPUState *cpu, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx)
{
    const CPUTLBEntry *fast = tlb_fast_entry(cpu, mmu_idx, addr);
    bool may;

    if ((access == MMU_DATA_STORE ? fast->write : fast->read) ==
        ((addr & TARGET_PAGE_MASK) | cpu->jit->tlb[mmu_idx].tag)) {
        return true;
    }
    memcpy(ls.kept_env, real_env(), ls.env_size);
    may = tlb_probe(cpu, addr, size, access, mmu_idx);
    memcpy(real_env(), ls.kept_env, ls.env_size);
    return may;
}

/* `size` bytes within one page, if they are plain RAM that may be accessed so. */
static bool find_part(CPUState *cpu, Bytes *b, unsigned part, vaddr addr, unsigned size,
                      MMUAccessType access, int mmu_idx)
{
    unsigned offset = addr & ~TARGET_PAGE_MASK;
    const TLBSlowEntry *slow;

    if (!may_access(cpu, addr, size, access, mmu_idx)) {
        return false;
    }
    slow = tlb_slow_entry(cpu, mmu_idx, addr);
    if (!slow->ram || offset + size - 1 > slow->last ||
        (access == MMU_DATA_STORE && !tlb_stores_are_direct(slow)) ||
        (unlikely(cpu->debug) && debug_page_is_watched(cpu, slow->page))) {
        return false;
    }
    b->at[part] = slow->host + offset;
    b->ram_addr[part] = slow->ram_addr + offset;
    return true;
}

static bool find_bytes(CPUState *cpu, Bytes *b, vaddr addr, unsigned size, MMUAccessType access,
                       int mmu_idx)
{
    unsigned to_end = TARGET_PAGE_SIZE - (addr & ~TARGET_PAGE_MASK);
    vaddr second = cpu->address_bits > 32 ? addr + to_end : (uint32_t)(addr + to_end);

    b->first = MIN(size, to_end);
    return find_part(cpu, b, 0, addr, b->first, access, mmu_idx) &&
           (b->first == size || find_part(cpu, b, 1, second, size - b->first, access, mmu_idx));
}

/* Whether the access is one to plain RAM, that nobody sees but the guest. */
bool lockstep_is_plain(CPUState *cpu, Bytes *b, vaddr addr, MemOpIdx oi, MMUAccessType access)
{
    MemOp op = get_memop(oi);

    return !(addr & memop_align_mask(op)) &&
           find_bytes(cpu, b, addr, memop_span(op), access, get_mmuidx(oi));
}

bool lockstep_stores_into_itself(CPUState *cpu, const Bytes *b, unsigned size, unsigned insn)
{
    return tcg_stores_into_itself(cpu, ls.tb, insn, b->ram_addr[0], MIN(b->first, size)) ||
           (b->first < size &&
            tcg_stores_into_itself(cpu, ls.tb, insn, b->ram_addr[1], size - b->first));
}

static void note_access(GArray *log, uint8_t *host, unsigned size)
{
    Access a = { .host = host, .size = size };

    memcpy(a.before, host, size);
    g_array_append_val(log, a);
}

static void note_bytes(GArray *log, const Bytes *b, unsigned size)
{
    note_access(log, b->at[0], MIN(b->first, size));
    if (b->first < size) {
        note_access(log, b->at[1], size - b->first);
    }
}

static bool ref_load(CPUArchState *env, uint64_t addr, MemOpIdx oi, JitVector *value)
{
    MemOp op = get_memop(oi);
    unsigned size = memop_size(op);
    uint8_t bytes[16];
    Bytes b;

    if (!lockstep_is_plain(ls.cpu, &b, addr, oi, MMU_DATA_LOAD)) {
        return false;
    }
    note_bytes(ls.loads, &b, size);
    memcpy(bytes, b.at[0], MIN(b.first, size));
    if (b.first < size) {
        memcpy(bytes + b.first, b.at[1], size - b.first);
    }
    if (op & MO_VECTOR) {
        memcpy(value, bytes, size);
    } else {
        value->half[0] = tcg_extend_loaded(ram_load(bytes, op), op);
    }
    return true;
}

static bool ref_store(CPUArchState *env, uint64_t addr, MemOpIdx oi, JitVector value)
{
    MemOp op = get_memop(oi);
    unsigned size = memop_size(op);
    uint8_t bytes[16];
    Bytes b;

    if (!lockstep_is_plain(ls.cpu, &b, addr, oi, MMU_DATA_STORE) ||
        lockstep_stores_into_itself(ls.cpu, &b, size, tcg_reference_insn(ls.reference))) {
        return false;
    }
    note_bytes(ls.stores, &b, size);
    if (op & MO_VECTOR) {
        memcpy(bytes, &value, size);
    } else {
        ram_store(bytes, value.half[0], op);
    }
    memcpy(b.at[0], bytes, MIN(b.first, size));
    if (b.first < size) {
        memcpy(b.at[1], bytes + b.first, size - b.first);
    }
    return true;
}

static void *ref_range(CPUArchState *env, uint64_t addr, MemOpIdx oi, unsigned span, bool store)
{
    Bytes b;

    return find_bytes(ls.cpu, &b, addr, span, store ? MMU_DATA_STORE : MMU_DATA_LOAD,
                      get_mmuidx(oi)) &&
                   b.first == span
               ? b.at[0]
               : NULL;
}

static void ref_loads(const void *host, unsigned size)
{
    note_access(ls.loads, (uint8_t *)host, size);
}

static void ref_stores(void *host, unsigned size)
{
    note_access(ls.stores, host, size);
}

const TCGReferenceOps lockstep_memory = {
    .load = ref_load,
    .store = ref_store,
    .range = ref_range,
    .loads = ref_loads,
    .stores = ref_stores,
};
