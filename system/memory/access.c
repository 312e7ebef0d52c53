/*
 * Access through an address space: single loads and stores, transfers, and mapping for DMA.
 *
 * All of them look the address up in the space's current view under RCU, cut the access where
 * ranges end, go to memory directly where there is memory and to dispatch.c otherwise.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "internal.h"
#include "system/ram-access.h"
#include "qemu/main-loop.h"

/* What lies at one address. */
typedef struct Piece {
    MemoryRegion *mr; /* io_mem_unassigned in a hole */
    hwaddr offset;    /* in mr */
    hwaddr len;       /* bytes from here that belong to the same piece, at most what was asked */
    bool readonly;
} Piece;

/* Inline: a Piece that is returned through memory costs as much as finding it. */
static inline __attribute__((always_inline)) Piece
find_piece_in_view(FlatView *view, hwaddr addr, hwaddr len)
{
    const FlatRange *fr = flatview_lookup(view, addr);
    Piece p = { .mr = &io_mem_unassigned, .offset = addr, .len = len };

    if (fr) {
        p.mr = fr->mr;
        p.offset = fr->offset_in_region + (addr - fr->start);
        p.readonly = fr->readonly;
        p.len = MIN(len - 1, fr->last - addr) + 1;
    } else {
        unsigned next = flatview_lower_bound(view, addr);
        if (next < view->nr) {
            p.len = MIN(len, view->ranges[next].start - addr);
        }
    }
    return p;
}

/* IOMMUs behind IOMMUs: more than any machine has. */
#define MAX_TRANSLATIONS 8

/* What lies behind an IOMMU; a hole if the translator says no. */
static __attribute__((noinline)) Piece translate_piece(Piece p, bool is_write, MemTxAttrs attrs)
{
    bool readonly = false;

    for (unsigned i = 0; p.mr->is_iommu; i++) {
        AddressSpace *as;
        hwaddr addr;

        readonly |= p.readonly;
        if (i == MAX_TRANSLATIONS ||
            !memory_iommu_translate(p.mr, p.offset, &p.len, is_write, attrs, &as, &addr)) {
            return (Piece){ .mr = &io_mem_unassigned, .offset = p.offset, .len = p.len };
        }
        p = find_piece_in_view(address_space_view(as), addr, p.len);
    }
    p.readonly |= readonly;
    return p;
}

static inline __attribute__((always_inline)) Piece
find_piece(FlatView *view, hwaddr addr, hwaddr len, bool is_write, MemTxAttrs attrs)
{
    Piece p = find_piece_in_view(view, addr, len);

    return G_UNLIKELY(p.mr->is_iommu) ? translate_piece(p, is_write, attrs) : p;
}

static bool is_direct(const Piece *p, bool is_write)
{
    return memory_access_is_direct(p->mr, is_write) && !(is_write && p->readonly);
}

/* Host address of a piece of a region with memory. */
static uint8_t *piece_host(const Piece *p)
{
    return p->mr->ram_block->host + p->offset;
}

static MemOp memop_for_size(unsigned size)
{
    return (MemOp)__builtin_ctz(size);
}

/* ---- Transfers ---- */

/* A step of a transfer that a device answers; cuts p->len to what it did. */
static MemTxResult transfer_device(Piece *p, uint8_t *buf, bool is_write, MemTxAttrs attrs)
{
    MemTxResult result;
    uint64_t val = 0;

    if (p->mr == &io_mem_unassigned) {
        /* One complaint for a hole, whatever its size. */
        if (is_write) {
            return memory_region_dispatch_write(p->mr, p->offset, val, MO_8, attrs);
        }
        memset(buf, 0, p->len);
        return memory_region_dispatch_read(p->mr, p->offset, &val, MO_8, attrs);
    }
    p->len = memory_region_access_size(p->mr, p->len, p->offset);
    MemOp op = memop_for_size(p->len) | MO_LE;
    if (is_write) {
        memcpy(&val, buf, p->len);
        return memory_region_dispatch_write(p->mr, p->offset, val, op, attrs);
    }
    result = memory_region_dispatch_read(p->mr, p->offset, &val, op, attrs);
    memcpy(buf, &val, p->len);
    return result;
}

static MemTxResult transfer_step(Piece *p, uint8_t *buf, bool is_write, MemTxAttrs attrs)
{
    if (is_write && p->readonly) {
        memory_log_ignored_write(p->mr, p->offset, p->len);
        return MEMTX_OK;
    }
    if (!is_direct(p, is_write)) {
        return transfer_device(p, buf, is_write, attrs);
    }
    if (is_write) {
        ram_write(piece_host(p), buf, p->len);
        memory_region_set_dirty(p->mr, p->offset, p->len);
    } else {
        ram_read(buf, piece_host(p), p->len);
    }
    return MEMTX_OK;
}

MemTxResult address_space_rw(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, void *buf, hwaddr len,
                             bool is_write)
{
    MemTxResult result = MEMTX_OK;
    uint8_t *at = buf;
    RCU_READ_LOCK_GUARD();
    FlatView *view = address_space_view(as);

    while (len) {
        Piece p = find_piece(view, addr, len, is_write, attrs);

        result |= transfer_step(&p, at, is_write, attrs);
        at += p.len;
        addr += p.len;
        len -= p.len;
    }
    return result;
}

MemTxResult address_space_read(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, void *buf,
                               hwaddr len)
{
    return address_space_rw(as, addr, attrs, buf, len, false);
}

MemTxResult address_space_write(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, const void *buf,
                                hwaddr len)
{
    return address_space_rw(as, addr, attrs, (void *)buf, len, true);
}

MemTxResult address_space_set(AddressSpace *as, hwaddr addr, uint8_t c, hwaddr len,
                              MemTxAttrs attrs)
{
    uint8_t block[512];
    MemTxResult result = MEMTX_OK;

    memset(block, c, sizeof(block));
    while (len) {
        hwaddr n = MIN(len, sizeof(block));
        result |= address_space_write(as, addr, attrs, block, n);
        addr += n;
        len -= n;
    }
    return result;
}

MemTxResult address_space_write_rom(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                                    const void *buf, hwaddr len)
{
    const uint8_t *at = buf;
    RCU_READ_LOCK_GUARD();
    FlatView *view = address_space_view(as);

    while (len) {
        Piece p = find_piece(view, addr, len, true, attrs);

        if (p.mr->ram_block) {
            memory_region_demand_contents(p.mr);
            qemu_ram_write(p.mr->ram_block, p.offset, at, p.len);
            memory_region_set_dirty(p.mr, p.offset, p.len);
        }
        at += p.len;
        addr += p.len;
        len -= p.len;
    }
    return MEMTX_OK;
}

bool address_space_access_valid(AddressSpace *as, hwaddr addr, hwaddr len, bool is_write,
                                MemTxAttrs attrs)
{
    RCU_READ_LOCK_GUARD();
    FlatView *view = address_space_view(as);

    while (len) {
        Piece p = find_piece(view, addr, len, is_write, attrs);

        if (!is_direct(&p, is_write)) {
            if (is_write && p.readonly) {
                return false;
            }
            p.len = memory_region_access_size(p.mr, p.len, p.offset);
            if (!memory_region_access_valid(p.mr, p.offset, p.len, is_write, attrs)) {
                return false;
            }
        }
        addr += p.len;
        len -= p.len;
    }
    return true;
}

/* ---- Loads and stores ---- */

static void set_result(MemTxResult *result, MemTxResult r)
{
    if (result) {
        *result = r;
    }
}

/* Through more than one piece: byte order by hand. */
static uint64_t load_across(AddressSpace *as, hwaddr addr, MemOp op, MemTxAttrs attrs,
                            MemTxResult *result)
{
    unsigned size = memop_size(op);
    uint8_t bytes[8];
    uint64_t val = 0;

    set_result(result, address_space_read(as, addr, attrs, bytes, size));
    for (unsigned i = 0; i < size; i++) {
        val |= (uint64_t)bytes[i] << (8 * (op & MO_BE ? size - 1 - i : i));
    }
    return val;
}

static void store_across(AddressSpace *as, hwaddr addr, uint64_t val, MemOp op, MemTxAttrs attrs,
                         MemTxResult *result)
{
    unsigned size = memop_size(op);
    uint8_t bytes[8];

    for (unsigned i = 0; i < size; i++) {
        bytes[i] = val >> (8 * (op & MO_BE ? size - 1 - i : i));
    }
    set_result(result, address_space_write(as, addr, attrs, bytes, size));
}

/*
 * Whether one region answers all of the access. Who decodes the first byte of a register's address
 * gets it whole: others may lie before the rest of its range (a byte of the PC's CONFIG_ADDRESS is
 * another chip's register).
 */
static bool is_one_piece(const Piece *p, unsigned size)
{
    uint64_t end = qatomic_read(&p->mr->limit);

    return p->len >= size ||
           (!p->mr->ram && !p->mr->rom_device && p->mr != &io_mem_unassigned &&
            p->offset + size <= end && p->mr->ops->valid.max_access_size >= size);
}

uint64_t address_space_ld(AddressSpace *as, hwaddr addr, MemOp op, MemTxAttrs attrs,
                          MemTxResult *result)
{
    uint64_t val;
    RCU_READ_LOCK_GUARD();
    Piece p = find_piece(address_space_view(as), addr, memop_size(op), false, attrs);

    if (!is_one_piece(&p, memop_size(op))) {
        return load_across(as, addr, op, attrs, result);
    }
    set_result(result, memory_region_dispatch_read(p.mr, p.offset, &val, op, attrs));
    return val;
}

void address_space_st(AddressSpace *as, hwaddr addr, uint64_t val, MemOp op, MemTxAttrs attrs,
                      MemTxResult *result)
{
    RCU_READ_LOCK_GUARD();
    Piece p = find_piece(address_space_view(as), addr, memop_size(op), true, attrs);

    if (!is_one_piece(&p, memop_size(op))) {
        store_across(as, addr, val, op, attrs, result);
    } else if (p.readonly) {
        memory_log_ignored_write(p.mr, p.offset, memop_size(op));
        set_result(result, MEMTX_OK);
    } else {
        set_result(result, memory_region_dispatch_write(p.mr, p.offset, val, op, attrs));
    }
}

static uint32_t exchange_under_lock(AddressSpace *as, hwaddr addr, uint32_t old, uint32_t new,
                                    MemTxAttrs attrs)
{
    bool take = !bql_locked();
    uint32_t found;

    if (take) {
        bql_lock();
    }
    found = address_space_ld(as, addr, MO_BEUL, attrs, NULL);
    if (found == old) {
        address_space_st(as, addr, new, MO_BEUL, attrs, NULL);
    }
    if (take) {
        bql_unlock();
    }
    return found;
}

uint32_t address_space_cmpxchgl_be(AddressSpace *as, hwaddr addr, uint32_t old, uint32_t new,
                                   MemTxAttrs attrs)
{
    RCU_READ_LOCK_GUARD();
    Piece p = find_piece(address_space_view(as), addr, 4, true, attrs);
    uint32_t found = cpu_to_be32(old);

    if (p.len < 4 || p.readonly || !memory_access_is_direct(p.mr, true)) {
        return exchange_under_lock(as, addr, old, new, attrs);
    }
    if (__atomic_compare_exchange_n((uint32_t *)(p.mr->ram_block->host + p.offset), &found,
                                    cpu_to_be32(new), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        memory_region_set_dirty(p.mr, p.offset, 4);
    }
    return be32_to_cpu(found);
}

/* ---- Lookup ---- */

/* Takes writes to a read-only view and forgets them. */
static void ignore_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
}

static const MemoryRegionOps readonly_view_ops = {
    .write = ignore_write,
    .valid.unaligned = true,
    .impl.max_access_size = 8,
    .impl.unaligned = true,
};

static MemoryRegion io_mem_readonly_view = {
    .name = (char *)"read-only view",
    .ops = &readonly_view_ops,
    .size = MEMORY_SIZE_MAX,
    .limit = UINT64_MAX,
    .enabled = true,
    .terminates = true,
};

MemoryRegion *address_space_translate(AddressSpace *as, hwaddr addr, hwaddr *xlat, hwaddr *plen,
                                      bool is_write, MemTxAttrs attrs)
{
    Piece p = find_piece(address_space_view(as), addr, *plen, is_write, attrs);

    *plen = p.len;
    *xlat = p.offset;
    if (is_write && p.readonly && !qatomic_read(&p.mr->readonly)) {
        return &io_mem_readonly_view;
    }
    return p.mr;
}

MemoryRegionSection address_space_lookup(AddressSpace *as, hwaddr addr)
{
    FlatView *view = address_space_view(as);
    const FlatRange *fr = flatview_lookup(view, addr);

    if (fr) {
        return flat_range_section(fr, view);
    }

    /* The hole: from the end of the range before to the start of the one after. */
    unsigned next = flatview_lower_bound(view, addr);
    hwaddr start = next ? view->ranges[next - 1].last + 1 : 0;
    MemSize end = next < view->nr ? view->ranges[next].start : MEMORY_SIZE_MAX;

    return (MemoryRegionSection){
        .fv = view,
        .size = end - start,
        .offset_within_address_space = start,
    };
}
