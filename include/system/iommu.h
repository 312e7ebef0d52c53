/*
 * IOMMU regions: what is accessed through one is translated, piece by piece, to an access to
 * another address space. Devices go through them when they access their address space (DMA,
 * address_space_map(), cached access); guest CPUs never do: for them an IOMMU region is a hole.
 *
 * A translator is a subtype of TYPE_IOMMU_MEMORY_REGION with a class_init that sets translate().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_IOMMU_H
#define SYSTEM_IOMMU_H

#include "system/memory.h"

#define TYPE_IOMMU_MEMORY_REGION "iommu-memory-region"
OBJECT_DECLARE_TYPE(IOMMUMemoryRegion, IOMMUMemoryRegionClass, IOMMU_MEMORY_REGION)

typedef enum IOMMUAccessFlags {
    IOMMU_NONE = 0,
    IOMMU_RO = 1,
    IOMMU_WO = 2,
    IOMMU_RW = 3,
} IOMMUAccessFlags;
#define IOMMU_ACCESS_FLAG(r, w) (((r) ? IOMMU_RO : 0) | ((w) ? IOMMU_WO : 0))

/* One translation, of the aligned block of addr_mask + 1 bytes (a power of two) around iova. */
typedef struct IOMMUTLBEntry {
    AddressSpace *target_as;
    hwaddr iova;
    hwaddr translated_addr;
    hwaddr addr_mask;
    IOMMUAccessFlags perm;
} IOMMUTLBEntry;

typedef enum IOMMUNotifierFlag {
    IOMMU_NOTIFIER_NONE = 0,
    IOMMU_NOTIFIER_UNMAP = 1,
    IOMMU_NOTIFIER_MAP = 2,
    IOMMU_NOTIFIER_DEVIOTLB_UNMAP = 4,
} IOMMUNotifierFlag;
#define IOMMU_NOTIFIER_IOTLB_EVENTS (IOMMU_NOTIFIER_MAP | IOMMU_NOTIFIER_UNMAP)

typedef struct IOMMUTLBEvent {
    IOMMUNotifierFlag type;
    IOMMUTLBEntry entry;
} IOMMUTLBEvent;

typedef struct IOMMUNotifier IOMMUNotifier;
typedef void (*IOMMUNotify)(IOMMUNotifier *notifier, IOMMUTLBEntry *data);

/* Is told what changes in [start, end] of the region for translation table iommu_idx. */
struct IOMMUNotifier {
    IOMMUNotify notify;
    IOMMUNotifierFlag notifier_flags;
    hwaddr start, end;
    int iommu_idx;
    QLIST_ENTRY(IOMMUNotifier) node;
};

struct IOMMUMemoryRegionClass {
    ObjectClass parent_class;

    /*
     * Translates `addr`, an offset in the region. What the access may not do is missing from
     * `perm`; IOMMU_NONE as `flag`: no access, only asked. Any thread, RCU read lock.
     */
    IOMMUTLBEntry (*translate)(IOMMUMemoryRegion *iommu, hwaddr addr, IOMMUAccessFlags flag,
                               int iommu_idx);
    /* Bytes; NULL: TARGET_PAGE_SIZE. */
    uint64_t (*get_min_page_size)(IOMMUMemoryRegion *iommu);
    /* What notifiers want has changed; other than 0, with *errp: can't be had. May be NULL. */
    int (*notify_flag_changed)(IOMMUMemoryRegion *iommu, IOMMUNotifierFlag old_flags,
                               IOMMUNotifierFlag new_flags, Error **errp);
    /* Tells the notifier all there is. NULL: found by asking for each page. */
    void (*replay)(IOMMUMemoryRegion *iommu, IOMMUNotifier *notifier);
    /* Which of num_indexes() tables an access with these attributes uses. NULL: table 0 only. */
    int (*attrs_to_index)(IOMMUMemoryRegion *iommu, MemTxAttrs attrs);
    int (*num_indexes)(IOMMUMemoryRegion *iommu);
};

struct IOMMUMemoryRegion {
    MemoryRegion parent_obj;

    QLIST_HEAD(, IOMMUNotifier) iommu_notify;
    IOMMUNotifierFlag iommu_notify_flags; /* of all notifiers */
};

/* `iommu`: instance_size bytes for an object of type mrtypename. */
void memory_region_init_iommu(void *iommu, size_t instance_size, const char *mrtypename,
                              Object *owner, const char *name, uint64_t size);

/* The IOMMU region that mr is, or an alias of; NULL. */
IOMMUMemoryRegion *memory_region_get_iommu(MemoryRegion *mr);
static inline bool memory_region_is_iommu(MemoryRegion *mr)
{
    return memory_region_get_iommu(mr) != NULL;
}

uint64_t memory_region_iommu_get_min_page_size(IOMMUMemoryRegion *iommu);
int memory_region_iommu_attrs_to_index(IOMMUMemoryRegion *iommu, MemTxAttrs attrs);
int memory_region_iommu_num_indexes(IOMMUMemoryRegion *iommu);

void iommu_notifier_init(IOMMUNotifier *n, IOMMUNotify fn, IOMMUNotifierFlag flags, hwaddr start,
                         hwaddr end, int iommu_idx);
/* mr: an IOMMU region or an alias of one. 0, or other with *errp. Big lock. */
int memory_region_register_iommu_notifier(MemoryRegion *mr, IOMMUNotifier *n, Error **errp);
void memory_region_unregister_iommu_notifier(MemoryRegion *mr, IOMMUNotifier *n);
/* The translator says that a translation has come (perm) or gone (IOMMU_NONE). Big lock. */
void memory_region_notify_iommu(IOMMUMemoryRegion *iommu, int iommu_idx, IOMMUTLBEvent event);
void memory_region_notify_iommu_one(IOMMUNotifier *notifier, IOMMUTLBEvent *event);
/* Tells one notifier what is mapped now. */
void memory_region_iommu_replay(IOMMUMemoryRegion *iommu, IOMMUNotifier *n);

#endif
