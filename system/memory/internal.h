/*
 * What the files of system/memory share: rendered ranges, views and the state of transactions.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_MEMORY_INTERNAL_H
#define SYSTEM_MEMORY_INTERNAL_H

#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "system/memory.h"
#include "system/ramblock.h"

/*
 * One range of a view. Ranges are sorted and don't overlap; `last` is inclusive so that 64 bits
 * suffice.
 */
typedef struct FlatRange {
    hwaddr start;
    hwaddr last;
    MemoryRegion *mr;
    hwaddr offset_in_region;
    bool readonly;
    bool nonvolatile;
    bool romd;
    uint8_t dirty_log_mask;
} FlatRange;

/* Immutable once an address space points to it. Holds a reference to each region's owner. */
struct FlatView {
    struct rcu_head rcu;
    unsigned ref;
    MemoryRegion *root; /* the effective root, NULL: nothing shows */
    unsigned nr;
    hwaddr *lasts; /* ranges[i].last, packed for the search */
    FlatRange ranges[];
};

static inline MemSize flat_range_size(const FlatRange *fr)
{
    return (MemSize)(fr->last - fr->start) + 1;
}

/* Same place, same memory, same access rights; logging may differ. */
bool flat_range_equal(const FlatRange *a, const FlatRange *b);

/*
 * render.c: an array of FlatRange for what shows of `root` in [0, 2^64). No references are taken.
 * Big lock.
 */
GArray *memory_render(MemoryRegion *root);

/* view.c */
FlatView *flatview_new(MemoryRegion *root); /* renders root; one reference for the caller */
bool flatview_same_ranges(const FlatView *a, const FlatView *b);
FlatView *flatview_ref(FlatView *view);
/* Freed, with the references to its regions, after a grace period. */
void flatview_unref(FlatView *view);
/*
 * The region whose rendering is the same as mr's: skips containers and aliases that add nothing.
 * NULL: nothing shows.
 */
MemoryRegion *memory_region_effective_root(MemoryRegion *mr);
/* The range that holds addr, or NULL. RCU read lock or a reference. */
const FlatRange *flatview_lookup(const FlatView *view, hwaddr addr);
/* Index of the first range that ends at or after addr (view->nr: none). */
unsigned flatview_lower_bound(const FlatView *view, hwaddr addr);
MemoryRegionSection flat_range_section(const FlatRange *fr, FlatView *view);
static inline FlatView *address_space_view(AddressSpace *as)
{
    return qatomic_rcu_read(&as->current_map);
}

/* address-space.c */
typedef QTAILQ_HEAD(AddressSpaceList, AddressSpace) AddressSpaceList;
extern AddressSpaceList address_spaces;
/* Renders and publishes the views of all address spaces and tells the listeners. */
void address_spaces_update(void);

/* listener.c */
void memory_listeners_begin(void);
void memory_listeners_commit(void);
/* Tells the listeners of `as` how new_view differs from old_view (either may be NULL: empty). */
void memory_listeners_update(AddressSpace *as, FlatView *old_view, FlatView *new_view);

/* region.c: what every kind of region has, for an mr whose object is initialized. */
void memory_region_set_up(MemoryRegion *mr, Object *owner, const char *name, uint64_t size);

/*
 * iommu.c: where an access to `offset` of an IOMMU region goes; *len is cut to the translated
 * block. False: it may not be.
 */
bool memory_iommu_translate(MemoryRegion *mr, hwaddr offset, hwaddr *len, bool is_write,
                            MemTxAttrs attrs, AddressSpace **as, hwaddr *addr);

/* listener.c: mr NULL, all memory. */
void memory_listeners_log_sync(MemoryRegion *mr);
void memory_listeners_log_clear(MemoryRegion *mr, hwaddr addr, hwaddr size);
void memory_listeners_log_global(bool start);

/* event.c */
typedef struct IoEventfd {
    hwaddr addr;
    unsigned size;
    bool match_data;
    uint64_t data;
    EventNotifier *e;
} IoEventfd;

typedef struct CoalescedRange {
    hwaddr offset, size;
} CoalescedRange;

/* A range came or went, with the notifiers and coalesced ranges in it. only NULL: to everybody. */
void memory_tell_events(AddressSpace *as, MemoryListener *only, const FlatRange *fr, FlatView *view,
                        bool added);
/* True: the write has set a notifier. */
bool memory_set_eventfd(const MemoryRegion *mr, hwaddr addr, unsigned size, uint64_t data);
void memory_region_clear_events(MemoryRegion *mr);

/* transaction.c: the next outermost commit must render. */
void memory_region_mark_changed(bool changed);

/* ramblock.c: frees what mr holds; the destructor of RAM-like regions. */
void memory_region_destroy_ram(MemoryRegion *mr);

/*
 * io-trace.c: writes an access to the log if -d io or its trace point is on. `value` is in the
 * region's byte order. Worth calling when LOG_IO or LOG_TRACE is set. Big lock.
 */
void memory_trace_access(const MemoryRegion *mr, hwaddr offset, uint64_t value, unsigned size,
                         bool is_write, MemTxResult result);

/* dispatch.c */
extern const MemoryRegionOps unassigned_mem_ops;
/* Says (once, as guest_errors) that a write to something read-only was ignored. */
void memory_log_ignored_write(const MemoryRegion *mr, hwaddr addr, hwaddr size);
/* The largest size, at most len, with which a transfer may go on at `addr` of an I/O region. */
unsigned memory_region_access_size(const MemoryRegion *mr, hwaddr len, hwaddr addr);

#endif
