/*
 * Access rules: from one guest access to the calls a device gets.
 *
 * An access that `valid` doesn't allow is refused. One that it allows is put together from
 * accesses that `impl` allows: the widest unit that fits size and alignment, never below
 * impl.min. Byte lanes follow the region's byte order. Worked example: 4 bytes at offset 2 of a
 * big-endian region that implements 4-byte accesses only:
 *
 *     offset     0  1  2  3 | 4  5  6  7
 *     callback   A  B  C  D   E  F  G  H     read(0) = ABCD, read(4) = EFGH
 *     value            C  D   E  F           = CDEF
 *
 * A bus with byte enables refuses nothing for its size or alignment: there, `valid` says how a cycle
 * is cut.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "internal.h"
#include "system/ram-access.h"

/*
 * Callbacks within callbacks on one thread: more than this many are a loop through several
 * devices.
 */
#define MAX_NESTED_CALLBACKS 16

static bool native_big_endian;

void memory_set_native_big_endian(bool big_endian)
{
    native_big_endian = big_endian;
}

bool memory_native_big_endian(void)
{
    return native_big_endian;
}

/* ---- What answers nothing ---- */

static bool accept_nothing(void *opaque, hwaddr addr, unsigned size, bool is_write,
                           MemTxAttrs attrs)
{
    return false;
}

const MemoryRegionOps unassigned_mem_ops = {
    .valid.accepts = accept_nothing,
    .valid.unaligned = true,
};

/* Part of no tree, so no object of its own. */
MemoryRegion io_mem_unassigned = {
    .name = (char *)"unassigned",
    .ops = &unassigned_mem_ops,
    .size = MEMORY_SIZE_MAX,
    .limit = UINT64_MAX,
    .enabled = true,
    .terminates = true,
};

static QEMU_COLD void log_refused(const MemoryRegion *mr, hwaddr addr, hwaddr size, bool is_write,
                                  const char *why)
{
    if (qemu_loglevel_mask(LOG_GUEST_ERROR)) {
        qemu_log_dev(LOG_GUEST_ERROR, memory_region_name(mr), NULL,
                     "invalid %s at 0x%" PRIx64 ", %" PRIu64 " byte%s: %s",
                     is_write ? "write" : "read", addr, size, size == 1 ? "" : "s", why);
    }
}

void memory_log_ignored_write(const MemoryRegion *mr, hwaddr addr, hwaddr size)
{
    log_refused(mr, addr, size, true, "read-only, ignored");
}

/* ---- valid ---- */

static bool is_big_endian(const MemoryRegion *mr)
{
    enum device_endian e = mr->ops->endianness;

    return e == DEVICE_BIG_ENDIAN || (e == DEVICE_NATIVE_ENDIAN && native_big_endian);
}

/* Is all of the access in the region? Its size may change meanwhile. */
static bool fits(const MemoryRegion *mr, hwaddr addr, unsigned size)
{
    uint64_t limit = qatomic_read(&mr->limit);

    if (limit == UINT64_MAX) { /* 2^64 */
        return addr <= limit - (size - 1);
    }
    return size <= limit && addr <= limit - size;
}

static bool has_callback(const MemoryRegionOps *ops, bool is_write)
{
    return is_write ? ops->write || ops->write_with_attrs : ops->read || ops->read_with_attrs;
}

/* Why the access is refused, or NULL. */
static const char *why_invalid(MemoryRegion *mr, hwaddr addr, unsigned size, bool is_write,
                               MemTxAttrs attrs)
{
    const MemoryRegionOps *ops = mr->ops;

    if (ops == &unassigned_mem_ops) {
        return "nothing there";
    }
    if (!fits(mr, addr, size)) {
        return "beyond the region's end";
    }
    if (ops->valid.accepts && !ops->valid.accepts(mr->opaque, addr, size, is_write, attrs)) {
        return "rejected";
    }
    if (!ops->valid.unaligned && (addr & (size - 1))) {
        return "unaligned";
    }
    if (ops->valid.max_access_size &&
        (size > ops->valid.max_access_size || size < ops->valid.min_access_size)) {
        return "size not supported";
    }
    return has_callback(ops, is_write) ? NULL : is_write ? "read only" : "write only";
}

bool memory_region_access_valid(MemoryRegion *mr, hwaddr addr, unsigned size, bool is_write,
                                MemTxAttrs attrs)
{
    if (mr->alias) {
        return memory_region_access_valid(mr->alias, mr->alias_offset + addr, size, is_write,
                                          attrs);
    }
    if (mr->ram || (!is_write && memory_region_is_romd(mr))) {
        return fits(mr, addr, size);
    }
    return !why_invalid(mr, addr, size, is_write, attrs);
}

unsigned memory_region_access_size(const MemoryRegion *mr, hwaddr len, hwaddr addr)
{
    unsigned max = mr->ops->valid.max_access_size ? mr->ops->valid.max_access_size : 4;

    /*
     * Devices that take unaligned accesses still get a transfer in aligned pieces, unless they
     * implement them.
     */
    if (!mr->ops->impl.unaligned && (addr & -addr) && (addr & -addr) < max) {
        max = addr & -addr;
    }
    max = MIN(max, 8);
    while (max > len) {
        max >>= 1;
    }
    return max;
}

/* ---- impl ---- */

static uint64_t bytes_mask(unsigned bytes)
{
    return bytes >= 8 ? UINT64_MAX : (1ULL << (bytes * 8)) - 1;
}

static MemTxResult call_read(MemoryRegion *mr, hwaddr addr, uint64_t *val, unsigned size,
                             MemTxAttrs attrs)
{
    *val = 0;
    if (mr->ops->read) {
        *val = mr->ops->read(mr->opaque, addr, size);
        return MEMTX_OK;
    }
    return mr->ops->read_with_attrs(mr->opaque, addr, val, size, attrs);
}

static MemTxResult call_write(MemoryRegion *mr, hwaddr addr, uint64_t val, unsigned size,
                              MemTxAttrs attrs)
{
    if (mr->ops->write) {
        mr->ops->write(mr->opaque, addr, val, size);
        return MEMTX_OK;
    }
    return mr->ops->write_with_attrs(mr->opaque, addr, val, size, attrs);
}

/* The size of the accesses that the callbacks get. */
static unsigned impl_unit(const MemoryRegion *mr, hwaddr addr, unsigned size)
{
    unsigned min = mr->ops->impl.min_access_size ? mr->ops->impl.min_access_size : 1;
    unsigned max = mr->ops->impl.max_access_size ? mr->ops->impl.max_access_size : 4;
    unsigned unit = MAX(MIN(size, max), min);

    while (!mr->ops->impl.unaligned && unit > min && (addr & (unit - 1))) {
        unit >>= 1;
    }
    return unit;
}

/* An access that the callbacks take as it is: most are. */
static bool is_one_unit(const MemoryRegion *mr, hwaddr addr, unsigned size)
{
    unsigned max = mr->ops->impl.max_access_size ? mr->ops->impl.max_access_size : 4;

    return size <= max && size >= mr->ops->impl.min_access_size &&
           (mr->ops->impl.unaligned || !(addr & (size - 1)));
}

/* *val is a number in the region's byte order. */
static MemTxResult access_in_units(MemoryRegion *mr, hwaddr addr, uint64_t *val, unsigned size,
                                   bool is_write, MemTxAttrs attrs)
{
    unsigned unit = impl_unit(mr, addr, size);
    bool big = is_big_endian(mr);
    hwaddr start = mr->ops->impl.unaligned ? addr : addr & -(hwaddr)unit;
    MemTxResult result = MEMTX_OK;
    uint64_t gathered = 0;

    for (hwaddr at = start; at - start < addr - start + size; at += unit) {
        /*
         * What this unit and the access have in common, as offsets from the unit's and the
         * access's start.
         */
        unsigned skip = at < addr ? addr - at : 0;
        unsigned done = at < addr ? 0 : at - addr;
        unsigned bytes = MIN(unit - skip, size - done);
        unsigned unit_shift = 8 * (big ? unit - skip - bytes : skip);
        unsigned val_shift = 8 * (big ? size - done - bytes : done);
        uint64_t mask = bytes_mask(bytes), part;

        if (is_write) {
            part = ((*val >> val_shift) & mask) << unit_shift;
            result |= call_write(mr, at, part, unit, attrs);
        } else {
            result |= call_read(mr, at, &part, unit, attrs);
            gathered |= ((part >> unit_shift) & mask) << val_shift;
        }
    }
    if (!is_write) {
        *val = gathered;
    }
    return result;
}

/* Any access that `valid` allows: from what `impl` allows. *val as above. */
static MemTxResult access_callbacks(MemoryRegion *mr, hwaddr addr, uint64_t *val, unsigned size,
                                    bool is_write, MemTxAttrs attrs)
{
    MemTxResult result;

    if (!is_one_unit(mr, addr, size)) {
        return access_in_units(mr, addr, val, size, is_write, attrs);
    }
    if (is_write) {
        return call_write(mr, addr, *val, size, attrs);
    }
    result = call_read(mr, addr, val, size, attrs);
    *val &= bytes_mask(size);
    return result;
}

/* ---- Byte enables ---- */

/* No misaligned access crosses this in one cycle (MPC750UM 8.3.2.4). */
#define CYCLE_WORD 4

/* The smallest access that the device takes. */
static unsigned least_unit(const MemoryRegion *mr)
{
    unsigned max = mr->ops->valid.max_access_size;
    unsigned least = MAX(max ? mr->ops->valid.min_access_size : 1, 1);
    unsigned impl = mr->ops->impl.min_access_size;

    return impl > least && (!max || impl <= max) ? impl : least;
}

/*
 * How many of the next `left` bytes at `addr` the device gets in one access: one that it takes as it
 * is or, if none is small enough, part of the smallest.
 */
static unsigned piece_size(MemoryRegion *mr, hwaddr addr, unsigned left, bool is_write,
                           MemTxAttrs attrs)
{
    unsigned in_word = CYCLE_WORD - (addr & (CYCLE_WORD - 1));
    unsigned least = least_unit(mr), size = 8;

    if (left <= in_word && is_power_of_2(left) && mr->ops->impl.unaligned &&
        !why_invalid(mr, addr, left, is_write, attrs)) {
        return left;
    }
    while (size > 1 && (size > left || (addr & (size - 1)))) {
        size >>= 1;
    }
    if (size < least) {
        return MIN(left, least - (addr & (least - 1)));
    }
    for (unsigned s = size; s >= least; s >>= 1) {
        if (!why_invalid(mr, addr, s, is_write, attrs)) {
            return s;
        }
    }
    return size;
}

/*
 * One piece, for which the device may need more bytes than there are. Without byte enables of its
 * own it takes the other lanes as well; nobody drives them, and zero is as good as anything.
 */
static MemTxResult access_piece(MemoryRegion *mr, hwaddr addr, uint64_t *val, unsigned size,
                                bool is_write, MemTxAttrs attrs)
{
    unsigned least = least_unit(mr), unit = MAX(size, least);
    unsigned skip = size < least ? addr & (least - 1) : 0;
    unsigned shift = 8 * (is_big_endian(mr) ? unit - skip - size : skip);
    const char *why = why_invalid(mr, addr - skip, unit, is_write, attrs);
    uint64_t unit_val = *val << shift;
    MemTxResult result;

    if (why) {
        log_refused(mr, addr, size, is_write, why);
        return MEMTX_DECODE_ERROR;
    }
    if (is_write && size < mr->ops->valid.min_access_size) {
        log_refused(mr, addr, size, is_write, "narrower than its registers, 0 around it");
    }
    result = access_callbacks(mr, addr - skip, &unit_val, unit, is_write, attrs);
    *val = (unit_val >> shift) & bytes_mask(size);
    return result;
}

/* What `valid` doesn't allow as it is, in pieces; the first that fails is the last. */
static MemTxResult access_in_pieces(MemoryRegion *mr, hwaddr addr, uint64_t *val, unsigned size,
                                    bool is_write, MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;
    uint64_t gathered = 0;

    for (unsigned done = 0, n; done < size && result == MEMTX_OK; done += n) {
        unsigned shift;
        uint64_t part;

        n = piece_size(mr, addr + done, size - done, is_write, attrs);
        shift = 8 * (is_big_endian(mr) ? size - done - n : done);
        part = (*val >> shift) & bytes_mask(n);
        result = access_piece(mr, addr + done, &part, n, is_write, attrs);
        gathered |= part << shift;
    }
    *val = gathered;
    return result;
}

/* ---- Calling the device ---- */

/* The regions whose callbacks this thread is in. Callbacks return; they never leave by longjmp. */
typedef struct Engaged {
    const MemoryRegion *mr;
    const struct Engaged *outer;
} Engaged;

static __thread const Engaged *engaged;

/* A device that, asked, asks itself again through DMA would never end. */
static bool may_enter(const MemoryRegion *mr)
{
    unsigned depth = 0;

    for (const Engaged *e = engaged; e; e = e->outer) {
        if ((e->mr == mr && !mr->disable_reentrancy_guard) || ++depth > MAX_NESTED_CALLBACKS) {
            return false;
        }
    }
    return true;
}

static uint64_t swap_bytes(uint64_t val, unsigned size)
{
    return __builtin_bswap64(val) >> (64 - 8 * size);
}

static MemTxResult access_device(MemoryRegion *mr, hwaddr addr, uint64_t *val, MemOp op,
                                 bool is_write, MemTxAttrs attrs)
{
    unsigned size = memop_size(op);
    bool swap = size > 1 && is_big_endian(mr) != !!(op & MO_BE);
    bool cut = false;
    const char *why;
    bool traced = unlikely(qemu_loglevel_mask(LOG_IO | LOG_TRACE));
    uint64_t device_val = 0;
    MemTxResult result;

    if (attrs.memory) { /* before the big lock: an IOMMU reads its tables under a lock of its own */
        log_refused(mr, addr, size, is_write, "not memory");
        return MEMTX_ACCESS_ERROR;
    }
    BQL_LOCK_GUARD();
    why = why_invalid(mr, addr, size, is_write, attrs);
    if (attrs.byte_enables && mr->ops != &unassigned_mem_ops) {
        cut = why || (addr & (size - 1));
    } else if (why) {
        log_refused(mr, addr, size, is_write, why);
        return MEMTX_DECODE_ERROR;
    }
    if (!may_enter(mr)) {
        log_refused(mr, addr, size, is_write, "the device is still busy with an access of its own");
        return MEMTX_ACCESS_ERROR;
    }
    if (mr->flush_coalesced && memory_flush_coalesced_hook) {
        memory_flush_coalesced_hook();
    }
    if (is_write) {
        device_val = *val & bytes_mask(size);
        device_val = swap ? swap_bytes(device_val, size) : device_val;
        if (mr->ioeventfds && memory_set_eventfd(mr, addr, size, device_val)) {
            return MEMTX_OK;
        }
    }
    if (traced && is_write) {
        memory_trace_access(mr, addr, device_val, size, true, MEMTX_OK);
    }
    Engaged here = { mr, engaged };
    engaged = &here;
    result = cut ? access_in_pieces(mr, addr, &device_val, size, is_write, attrs)
                 : access_callbacks(mr, addr, &device_val, size, is_write, attrs);
    engaged = here.outer;
    if (traced && !is_write) {
        memory_trace_access(mr, addr, device_val, size, false, result);
    }
    if (!is_write) {
        *val = swap ? swap_bytes(device_val, size) : device_val;
    }
    return result;
}

/* ---- Memory ---- */

static MemTxResult access_ram(MemoryRegion *mr, hwaddr addr, uint64_t *val, MemOp op, bool is_write)
{
    unsigned size = memop_size(op);

    if (!fits(mr, addr, size)) {
        log_refused(mr, addr, size, is_write, "beyond the region's end");
        return MEMTX_DECODE_ERROR;
    }
    if (!is_write) {
        *val = ram_load(mr->ram_block->host + addr, op);
    } else {
        ram_store(mr->ram_block->host + addr, *val, op);
        memory_region_set_dirty(mr, addr, size);
    }
    return MEMTX_OK;
}

/* ---- Entry points ---- */

static MemTxResult dispatch(MemoryRegion *mr, hwaddr addr, uint64_t *val, MemOp op, bool is_write,
                            MemTxAttrs attrs)
{
    while (mr->alias) {
        addr += mr->alias_offset;
        mr = mr->alias;
    }
    if (is_write && qatomic_read(&mr->readonly)) {
        memory_log_ignored_write(mr, addr, memop_size(op));
        return MEMTX_OK;
    }
    if (mr->ram || (!is_write && memory_region_is_romd(mr))) {
        return access_ram(mr, addr, val, op, is_write);
    }
    return access_device(mr, addr, val, op, is_write, attrs);
}

static uint64_t sign_extend(uint64_t val, MemOp op)
{
    unsigned shift = 64 - 8 * memop_size(op);

    return (uint64_t)((int64_t)(val << shift) >> shift);
}

MemTxResult memory_region_dispatch_read(MemoryRegion *mr, hwaddr addr, uint64_t *pval, MemOp op,
                                        MemTxAttrs attrs)
{
    uint64_t val = 0;
    MemTxResult result = dispatch(mr, addr, &val, op, false, attrs);

    *pval = op & MO_SIGN ? sign_extend(val, op) : val;
    return result;
}

MemTxResult memory_region_dispatch_write(MemoryRegion *mr, hwaddr addr, uint64_t data, MemOp op,
                                         MemTxAttrs attrs)
{
    return dispatch(mr, addr, &data, op, true, attrs);
}
