/*
 * Memory regions, address spaces and access to them.
 *
 * A machine builds a tree of MemoryRegions; the outermost memory_region_transaction_commit()
 * renders the tree of each address space into a FlatView, an immutable sorted list of ranges.
 * Readers use a FlatView under the RCU read lock; everything that changes a region or a listener
 * needs the big lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_MEMORY_H
#define SYSTEM_MEMORY_H

#include "qemu/osdep.h"
#include "exec/memattrs.h"
#include "exec/memop.h"
#include "qemu/atomic.h"
#include "qemu/queue.h"
#include "qom/object.h"
#include "system/memory-dirty.h"

typedef struct EventNotifier EventNotifier;

/* A size or an end address in bytes: 2^64 must be representable. */
typedef unsigned __int128 MemSize;

#define MEMORY_SIZE_MAX    ((MemSize)1 << 64)

#define TYPE_MEMORY_REGION "memory-region"
#define MEMORY_REGION(obj) OBJECT_CHECK(MemoryRegion, (obj), TYPE_MEMORY_REGION)

/* Byte order of a device's registers as its callbacks see them. */
enum device_endian {
    DEVICE_NATIVE_ENDIAN, /* the machine's CPU's, see memory_set_native_big_endian() */
    DEVICE_BIG_ENDIAN,
    DEVICE_LITTLE_ENDIAN,
};

/*
 * How an I/O region is accessed. Offsets are from the region's start; values are in the region's
 * byte order, already converted to a number. Called with the big lock held.
 */
/*
 * One register: its name; which bytes of it an access meets ("[2]", "" for all); the values of its
 * fields (" EN=1 MODE=0x3", "").
 */
typedef void MemoryRegionNameFunc(const char *name, const char *part, const char *fields,
                                  void *data);

/* What a device's registers are called, for traces. Neither callback touches the device. */
typedef struct MemoryRegionNames {
    /* What the access touches, in the order of offsets; value: in the region's byte order. */
    void (*at)(void *opaque, hwaddr addr, unsigned size, uint64_t value,
               MemoryRegionNameFunc *found, void *data);
    void (*all)(void *opaque, MemoryRegionNameFunc *found, void *data);
} MemoryRegionNames;

struct MemoryRegionOps {
    /* One of each pair; with neither, that direction is an error (MEMTX_DECODE_ERROR). */
    uint64_t (*read)(void *opaque, hwaddr addr, unsigned size);
    void (*write)(void *opaque, hwaddr addr, uint64_t data, unsigned size);
    MemTxResult (*read_with_attrs)(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
                                   MemTxAttrs attrs);
    MemTxResult (*write_with_attrs)(void *opaque, hwaddr addr, uint64_t data, unsigned size,
                                    MemTxAttrs attrs);

    enum device_endian endianness;

    /*
     * What the guest may do. Everything else is MEMTX_DECODE_ERROR; but accesses over a bus with
     * byte enables (attrs.byte_enables, a PowerPC CPU's) are cut into what is allowed, and one that
     * is narrower than the minimum becomes a wider one, with zeros around what it writes. Zero max
     * means any size up to 8.
     */
    struct {
        unsigned min_access_size;
        unsigned max_access_size;
        bool unaligned;
        /* Last word on an access that fits otherwise; may be NULL. */
        bool (*accepts)(void *opaque, hwaddr addr, unsigned size, bool is_write, MemTxAttrs attrs);
    } valid;

    /*
     * What the callbacks do; zero means 1 and 4. Other accesses are put together from these:
     * wider ones from several, and unless `unaligned`, callbacks see aligned offsets only. A
     * write narrower than the minimum reaches the callback in its place of an aligned word, with
     * zeros around it.
     */
    struct {
        unsigned min_access_size;
        unsigned max_access_size;
        bool unaligned;
    } impl;

    const MemoryRegionNames *names; /* may be NULL */
};

struct MemoryRegion {
    Object parent_obj;

    /* All private to system/memory/ and read through the functions below. */
    bool enabled;
    bool terminates; /* a leaf that answers by itself */
    bool ram;        /* has a RAMBlock that reads go to directly */
    bool readonly;   /* atomic: writes are ignored */
    bool rom_device; /* reads like ROM while romd_mode, writes go to ops */
    bool romd_mode;  /* atomic */
    bool nonvolatile;
    bool ram_device;
    bool is_iommu; /* an IOMMUMemoryRegion, see system/iommu.h */
    bool flush_coalesced;
    uint8_t dirty_log_mask; /* see system/memory-dirty.h */
    GArray *ioeventfds, *coalesced; /* NULL: none */
    bool disable_reentrancy_guard; /* callbacks may be entered while one of this region runs */
    int32_t priority;
    MemSize size;
    uint64_t limit; /* atomic: size for those without the big lock; UINT64_MAX: all there is */
    hwaddr addr;    /* in the container */
    hwaddr alias_offset;
    uint64_t align; /* of the host mapping, bytes; 0: a page */
    Object *owner;
    char *name;
    const MemoryRegionOps *ops;
    void *opaque;
    RAMBlock *ram_block;
    MemoryRegion *container;
    MemoryRegion *alias;
    unsigned mapped_via_alias;
    void (*destructor)(MemoryRegion *mr);
    void (*make_contents)(MemoryRegion *mr); /* see memory_region_set_contents_on_demand() */
    QTAILQ_HEAD(MemoryRegionList, MemoryRegion) subregions; /* front to back */
    QTAILQ_ENTRY(MemoryRegion) subregions_link;
};

/* A piece of a region where an address space shows it. */
struct MemoryRegionSection {
    MemSize size;
    MemoryRegion *mr; /* NULL: nothing */
    FlatView *fv;
    hwaddr offset_within_region;
    hwaddr offset_within_address_space;
    /*
     * Writes are ignored, also if only an alias on the way says so: then
     * memory_region_dispatch_write() doesn't know, and address_space_st() does.
     */
    bool readonly;
    bool nonvolatile;
    bool romd; /* reads are direct, writes go to the device */
};

/*
 * ---- Making regions. `owner` (may be NULL) is kept alive while the region is in use, and
 * becomes its QOM parent. ----
 */

/*
 * A container. `size` UINT64_MAX means 2^64, here and in every function that takes a region's
 * size.
 */
void memory_region_init(MemoryRegion *mr, Object *owner, const char *name, uint64_t size);

/*
 * Registers: accesses call `ops` with `opaque`. With ops NULL, nothing answers (as a
 * reservation).
 */
void memory_region_init_io(MemoryRegion *mr, Object *owner, const MemoryRegionOps *ops,
                           void *opaque, const char *name, uint64_t size);

/* Occupies its range so that nothing behind it shows, and answers nothing. */
void memory_region_init_reservation(MemoryRegion *mr, Object *owner, const char *name,
                                    uint64_t size);

/* RAM, zeroed, in a memfd of its own. Fails if the host can't provide it. */
void memory_region_init_ram(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                            Error **errp);
/* The same, but its contents are not part of a snapshot: the caller saves them. */
void memory_region_init_ram_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, Error **errp);
void memory_region_init_ram_flags_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                            uint64_t size, uint32_t ram_flags, Error **errp);
/* The same with one flag: `share`, RAM_SHARED. */
void memory_region_init_ram_shared_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                             uint64_t size, bool share, Error **errp);
/* The contents of a _nomigrate region (or of a ROM, …) are part of a snapshot after all. */
void vmstate_register_ram_global(MemoryRegion *mr);

/*
 * RAM of `size` bytes that memory_region_ram_resize() can grow up to `max_size`; `resized` is
 * called after.
 */
void memory_region_init_resizeable_ram(
    MemoryRegion *mr, Object *owner, const char *name, uint64_t size, uint64_t max_size,
    void (*resized)(const char *name, uint64_t length, void *host), Error **errp);

/* RAM over memory that the caller owns and keeps. It has no file descriptor. */
void memory_region_init_ram_ptr(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                                void *ptr);
/*
 * Registers of a device of the host's, mapped at `ptr`: nothing but loads and stores of the size
 * that the guest (or a transfer, in aligned pieces) makes. Never handed out by address_space_map().
 */
void memory_region_init_ram_device_ptr(MemoryRegion *mr, Object *owner, const char *name,
                                       uint64_t size, void *ptr);

/*
 * RAM over a file: created and extended if need be. `ram_flags`: RAM_SHARED, else changes stay
 * private.
 */
void memory_region_init_ram_from_file(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, uint64_t align, uint32_t ram_flags,
                                      const char *path, bool readonly, Error **errp);
void memory_region_init_ram_from_fd(MemoryRegion *mr, Object *owner, const char *name,
                                    uint64_t size, uint32_t ram_flags, int fd, ram_addr_t offset,
                                    Error **errp);
/* The same as _from_file for a file that is open; `fd` is taken over on success. */
void memory_region_init_ram_from_file_fd(MemoryRegion *mr, Object *owner, const char *name,
                                         uint64_t size, uint64_t align, uint32_t ram_flags, int fd,
                                         bool readonly, Error **errp);

/* RAM that ignores guest writes. */
void memory_region_init_rom(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                            Error **errp);
void memory_region_init_rom_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, Error **errp);

/*
 * ROM whose writes, and outside romd mode reads too, go to `ops` (flash chips). Starts in romd
 * mode.
 */
void memory_region_init_rom_device(MemoryRegion *mr, Object *owner, const MemoryRegionOps *ops,
                                   void *opaque, const char *name, uint64_t size, Error **errp);
void memory_region_init_rom_device_nomigrate(MemoryRegion *mr, Object *owner,
                                             const MemoryRegionOps *ops, void *opaque,
                                             const char *name, uint64_t size, Error **errp);

/* Shows `size` bytes of `orig` from `offset`. */
void memory_region_init_alias(MemoryRegion *mr, Object *owner, const char *name, MemoryRegion *orig,
                              hwaddr offset, uint64_t size);

/*
 * The old board call: main memory of the machine, all RAM_SHARED on a memfd. Exits with a message
 * on failure.
 */
void memory_region_allocate_system_memory(MemoryRegion *mr, Object *owner, const char *name,
                                          uint64_t ram_size);

void memory_region_ref(MemoryRegion *mr);
void memory_region_unref(MemoryRegion *mr);

/* ---- The tree. Big lock. ---- */

void memory_region_add_subregion(MemoryRegion *mr, hwaddr offset, MemoryRegion *subregion);
/* Where siblings overlap, the higher priority shows; among equals the one added last. */
void memory_region_add_subregion_overlap(MemoryRegion *mr, hwaddr offset, MemoryRegion *subregion,
                                         int priority);
void memory_region_del_subregion(MemoryRegion *mr, MemoryRegion *subregion);

void memory_region_set_enabled(MemoryRegion *mr, bool enabled);
void memory_region_set_address(MemoryRegion *mr, hwaddr addr);
void memory_region_set_size(MemoryRegion *mr, uint64_t size);
void memory_region_set_alias_offset(MemoryRegion *mr, hwaddr offset);
void memory_region_set_readonly(MemoryRegion *mr, bool readonly);
void memory_region_set_nonvolatile(MemoryRegion *mr, bool nonvolatile);
void memory_region_rom_device_set_romd(MemoryRegion *mr, bool romd_mode);
/* `newsize` up to the max_size of memory_region_init_resizeable_ram(). */
void memory_region_ram_resize(MemoryRegion *mr, ram_addr_t newsize, Error **errp);

/* Changes between begin and commit take effect together, at the outermost commit. */
void memory_region_transaction_begin(void);
void memory_region_transaction_commit(void);

/* ---- Asking. ---- */

uint64_t memory_region_size(const MemoryRegion *mr); /* 2^64 reads as UINT64_MAX */
const char *memory_region_name(const MemoryRegion *mr);
Object *memory_region_owner(MemoryRegion *mr);
int memory_region_get_fd(const MemoryRegion *mr); /* -1: none */
/*
 * The memory of a ROM device that isn't in romd mode stays as it is until somebody first asks for
 * it (memory_region_get_ram_ptr(), address_space_write_rom()): then `make` is called once, to fill
 * it. A big chip that nobody looks at costs nothing.
 */
void memory_region_set_contents_on_demand(MemoryRegion *mr, void (*make)(MemoryRegion *mr));
/* Calls it, if it is still to be called. Big lock. */
void memory_region_demand_contents(MemoryRegion *mr);

/* Where the contents are in this process; follows aliases. NULL for regions without memory. */
void *memory_region_get_ram_ptr(MemoryRegion *mr);
ram_addr_t memory_region_get_ram_addr(MemoryRegion *mr); /* RAM_ADDR_INVALID for none */
bool memory_region_is_mapped(const MemoryRegion *mr);

static inline bool memory_region_is_ram(const MemoryRegion *mr)
{
    return mr->ram;
}

static inline bool memory_region_is_ram_device(const MemoryRegion *mr)
{
    return mr->ram_device;
}

static inline bool memory_region_is_rom(const MemoryRegion *mr)
{
    return mr->ram && qatomic_read(&mr->readonly);
}

static inline bool memory_region_is_romd(const MemoryRegion *mr)
{
    return mr->rom_device && qatomic_read(&mr->romd_mode);
}

static inline bool memory_region_is_nonvolatile(const MemoryRegion *mr)
{
    return mr->nonvolatile;
}

/*
 * Reads (or writes) need no callback, and any way of copying will do: the bytes are at
 * memory_region_get_ram_ptr() + offset.
 */
static inline bool memory_access_is_direct(const MemoryRegion *mr, bool is_write)
{
    if (mr->ram_device) {
        return false;
    }
    return is_write ? mr->ram && !qatomic_read(&mr->readonly) && !mr->rom_device
                    : mr->ram || memory_region_is_romd(mr);
}

/* Does anything but a container of `container` show at `addr`? */
bool memory_region_present(MemoryRegion *container, hwaddr addr);

/*
 * The first piece of a leaf within [addr, addr + size) of `mr`'s address space; `mr` NULL in the
 * result if there is none. The result holds a reference: memory_region_unref(section.mr).
 */
MemoryRegionSection memory_region_find(MemoryRegion *mr, hwaddr addr, uint64_t size);

/* ---- Registers that are answered without their device. Big lock. ---- */

/*
 * From now on a write of `size` bytes (0: any size) to `addr`, with match_data only of `data`, sets
 * `e` instead of reaching the device. `data` is in the region's byte order, as a number.
 */
void memory_region_add_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size, bool match_data,
                               uint64_t data, EventNotifier *e);
/* With the same arguments. */
void memory_region_del_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size, bool match_data,
                               uint64_t data, EventNotifier *e);

/*
 * An accelerator may gather writes to all of the region, or to a piece of it, and deliver them
 * later, in order: before any other access to a region with flush_coalesced set, as these are.
 */
void memory_region_set_coalescing(MemoryRegion *mr);
void memory_region_add_coalescing(MemoryRegion *mr, hwaddr offset, uint64_t size);
void memory_region_clear_coalescing(MemoryRegion *mr);
void memory_region_set_flush_coalesced(MemoryRegion *mr);
void memory_region_clear_flush_coalesced(MemoryRegion *mr);
/* Delivers what was gathered; set by an accelerator that gathers, else NULL. */
extern void (*memory_flush_coalesced_hook)(void);

/* ---- Address spaces. ---- */

struct AddressSpace {
    char *name;
    MemoryRegion *root;
    FlatView *current_map; /* RCU */
    QTAILQ_HEAD(AddressSpaceListeners, MemoryListener) listeners;
    QTAILQ_ENTRY(AddressSpace) address_spaces_link;
};

void address_space_init(AddressSpace *as, MemoryRegion *root, const char *name);
/* The view is freed after a grace period; listeners must be gone. */
void address_space_destroy(AddressSpace *as);

/*
 * Reads or writes `len` bytes in target memory order; the results of all parts or-ed. Any thread.
 */
MemTxResult address_space_read(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, void *buf,
                               hwaddr len);
MemTxResult address_space_write(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, const void *buf,
                                hwaddr len);
MemTxResult address_space_rw(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, void *buf, hwaddr len,
                             bool is_write);
MemTxResult address_space_set(AddressSpace *as, hwaddr addr, uint8_t c, hwaddr len,
                              MemTxAttrs attrs);
/* Also writes ROM and the memory of ROM devices; skips what has no memory. */
MemTxResult address_space_write_rom(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                                    const void *buf, hwaddr len);
/* Could [addr, addr + len) be accessed so? Asks regions, has no side effect. */
bool address_space_access_valid(AddressSpace *as, hwaddr addr, hwaddr len, bool is_write,
                                MemTxAttrs attrs);

/*
 * A host pointer to guest memory at `addr`; *plen is cut to what is contiguous there. Where there
 * is no RAM a bounce buffer of up to a page serves, if one is free; else NULL. End it with
 * address_space_unmap(), saying how much was really accessed: a write reaches devices and the
 * translator only then.
 */
void *address_space_map(AddressSpace *as, hwaddr addr, hwaddr *plen, bool is_write,
                        MemTxAttrs attrs);
void address_space_unmap(AddressSpace *as, void *buffer, hwaddr len, bool is_write,
                         hwaddr access_len);

/*
 * The leaf at `addr`: *xlat is the offset in it, *plen is cut to what it covers there. Returns
 * the unassigned region where nothing is. RCU read lock, held while the result is used.
 */
MemoryRegion *address_space_translate(AddressSpace *as, hwaddr addr, hwaddr *xlat, hwaddr *plen,
                                      bool is_write, MemTxAttrs attrs);

/*
 * The whole range around `addr`: section.offset_within_region belongs to
 * section.offset_within_address_space <= addr. In a hole, mr is NULL and the section is the hole.
 * RCU read lock, held while the result is used.
 */
MemoryRegionSection address_space_lookup(AddressSpace *as, hwaddr addr);

/* What answers where nothing is; mr of address_space_translate() in holes. */
extern MemoryRegion io_mem_unassigned;

/*
 * One access of 1 to 8 bytes to (mr, offset), as the region allows. `op`: size and byte order
 * (MO_BE) of the value: what the CPU puts in its register. Takes the big lock around the device
 * if the thread hasn't got it.
 */
MemTxResult memory_region_dispatch_read(MemoryRegion *mr, hwaddr addr, uint64_t *pval, MemOp op,
                                        MemTxAttrs attrs);
MemTxResult memory_region_dispatch_write(MemoryRegion *mr, hwaddr addr, uint64_t data, MemOp op,
                                         MemTxAttrs attrs);

/* Does the region take such an access? No side effects. */
bool memory_region_access_valid(MemoryRegion *mr, hwaddr addr, unsigned size, bool is_write,
                                MemTxAttrs attrs);

/*
 * One access of memop_size(op) bytes to physical `addr`, in the byte order that `op` says. result
 * may be NULL.
 */
uint64_t address_space_ld(AddressSpace *as, hwaddr addr, MemOp op, MemTxAttrs attrs,
                          MemTxResult *result);
void address_space_st(AddressSpace *as, hwaddr addr, uint64_t val, MemOp op, MemTxAttrs attrs,
                      MemTxResult *result);

/*
 * Stores the word `new`, big-endian, if `old` is at the aligned address `addr`, and returns what was
 * there. In RAM that is one atomic access; otherwise it is done under the big lock.
 */
uint32_t address_space_cmpxchgl_be(AddressSpace *as, hwaddr addr, uint32_t old, uint32_t new,
                                   MemTxAttrs attrs);

/*
 * The machine's CPU's byte order: what DEVICE_NATIVE_ENDIAN and the ld/st functions without
 * _le/_be mean. Set once, when the machine's CPU type is known, before any access.
 */
void memory_set_native_big_endian(bool big_endian);
bool memory_native_big_endian(void);

static inline MemOp memory_native_memop(void)
{
    return memory_native_big_endian() ? MO_BE : MO_LE;
}

/*
 * address_space_ldl_be(as, addr, attrs, &result), …_stl_be(as, addr, val, attrs, &result),
 * ldl_be_phys(as, addr), stl_be_phys(as, addr, val); l is w (16), l (32) or q (64); _be, _le or
 * nothing (native).
 */
#define ADDRESS_SPACE_LDST(name, type, suffix, op)                                                 \
    static inline type address_space_ld##name##suffix(AddressSpace *as, hwaddr addr,               \
                                                      MemTxAttrs attrs, MemTxResult *result)       \
    {                                                                                              \
        return (type)address_space_ld(as, addr, op, attrs, result);                                \
    }                                                                                              \
    static inline void address_space_st##name##suffix(AddressSpace *as, hwaddr addr, type val,     \
                                                      MemTxAttrs attrs, MemTxResult *result)       \
    {                                                                                              \
        address_space_st(as, addr, val, op, attrs, result);                                        \
    }                                                                                              \
    static inline type ld##name##suffix##_phys(AddressSpace *as, hwaddr addr)                      \
    {                                                                                              \
        return (type)address_space_ld(as, addr, op, MEMTXATTRS_UNSPECIFIED, NULL);                 \
    }                                                                                              \
    static inline void st##name##suffix##_phys(AddressSpace *as, hwaddr addr, type val)            \
    {                                                                                              \
        address_space_st(as, addr, val, op, MEMTXATTRS_UNSPECIFIED, NULL);                         \
    }

ADDRESS_SPACE_LDST(uw, uint16_t, _be, MO_BEUW)
ADDRESS_SPACE_LDST(uw, uint16_t, _le, MO_LEUW)
ADDRESS_SPACE_LDST(uw, uint16_t, , MO_16 | memory_native_memop())
ADDRESS_SPACE_LDST(w, uint16_t, _be, MO_BEUW)
ADDRESS_SPACE_LDST(w, uint16_t, _le, MO_LEUW)
ADDRESS_SPACE_LDST(w, uint16_t, , MO_16 | memory_native_memop())
ADDRESS_SPACE_LDST(l, uint32_t, _be, MO_BEUL)
ADDRESS_SPACE_LDST(l, uint32_t, _le, MO_LEUL)
ADDRESS_SPACE_LDST(l, uint32_t, , MO_32 | memory_native_memop())
ADDRESS_SPACE_LDST(q, uint64_t, _be, MO_BEUQ)
ADDRESS_SPACE_LDST(q, uint64_t, _le, MO_LEUQ)
ADDRESS_SPACE_LDST(q, uint64_t, , MO_64 | memory_native_memop())
ADDRESS_SPACE_LDST(ub, uint8_t, , MO_8)
ADDRESS_SPACE_LDST(b, uint8_t, , MO_8)

/* ---- The translator's hold on RAM. ---- */

/*
 * Called after `len` bytes at `offset` of a RAM-like region changed on pages that are marked
 * (ram_block_set_code_page()); the translator drops its code and clears the marks. Any thread.
 */
extern void (*memory_code_write_hook)(MemoryRegion *mr, hwaddr offset, hwaddr len);

/*
 * Tells the translator, if a marked page is touched. What writes guest memory by host pointer
 * calls this after.
 */
void memory_region_set_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size);
/* The memory of a ROM device was changed by its device. */
void memory_region_flush_rom_device(MemoryRegion *mr, hwaddr addr, hwaddr size);

/* Marks of memory_region's RAM block, at page granularity; see system/ramblock.h. */
void memory_region_set_code_page(MemoryRegion *mr, hwaddr offset);
void memory_region_clear_code_page(MemoryRegion *mr, hwaddr offset);
bool memory_region_test_code_page(MemoryRegion *mr, hwaddr offset);

/* ---- Listeners. ---- */

/*
 * Is told what changed in one address space's view. In a commit: begin to all; then for each
 * address space region_del for each range that went, in descending priority of the listeners, and
 * region_add / region_nop for the others in ascending priority; then commit. A new listener sees
 * everything as added, and one that leaves, as deleted. Big lock.
 */
struct MemoryListener {
    void (*begin)(MemoryListener *listener);
    void (*commit)(MemoryListener *listener);
    void (*region_add)(MemoryListener *listener, MemoryRegionSection *section);
    void (*region_del)(MemoryListener *listener, MemoryRegionSection *section);
    void (*region_nop)(MemoryListener *listener, MemoryRegionSection *section);
    /*
     * Dirty logging: the mask (bits 1 << client) of a range changed, after region_nop or, from 0,
     * after region_add; what the listener knows to be dirty is to be marked now; pages were
     * cleared.
     */
    void (*log_start)(MemoryListener *listener, MemoryRegionSection *section, int old_mask,
                      int new_mask);
    void (*log_stop)(MemoryListener *listener, MemoryRegionSection *section, int old_mask,
                     int new_mask);
    void (*log_sync)(MemoryListener *listener, MemoryRegionSection *section);
    void (*log_clear)(MemoryListener *listener, MemoryRegionSection *section);
    void (*log_global_start)(MemoryListener *listener);
    void (*log_global_stop)(MemoryListener *listener);
    /* Event notifiers and coalesced ranges, when they come and go or their region does. */
    void (*eventfd_add)(MemoryListener *listener, MemoryRegionSection *section, bool match_data,
                        uint64_t data, EventNotifier *e);
    void (*eventfd_del)(MemoryListener *listener, MemoryRegionSection *section, bool match_data,
                        uint64_t data, EventNotifier *e);
    void (*coalesced_io_add)(MemoryListener *listener, MemoryRegionSection *section, hwaddr addr,
                             hwaddr len);
    void (*coalesced_io_del)(MemoryListener *listener, MemoryRegionSection *section, hwaddr addr,
                             hwaddr len);
    int priority;
    const char *name;

    /* private */
    AddressSpace *address_space;
    QTAILQ_ENTRY(MemoryListener) link;
    QTAILQ_ENTRY(MemoryListener) link_as;
};

void memory_listener_register(MemoryListener *listener, AddressSpace *as);
void memory_listener_unregister(MemoryListener *listener);

/* ---- Printing. ---- */

/*
 * `info mtree`: the region trees, or with `flatview` the rendered views. `owner` names who owns
 * each region, `disabled` shows disabled ones too, `dispatch_tree` how each view is searched.
 */
void mtree_info(bool flatview, bool dispatch_tree, bool owner, bool disabled, GString *out);

#endif
