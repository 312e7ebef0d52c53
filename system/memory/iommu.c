/*
 * IOMMU regions: translation of device accesses, and telling who caches translations.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "internal.h"
#include "system/iommu.h"

void memory_region_init_iommu(void *iommu, size_t instance_size, const char *mrtypename,
                              Object *owner, const char *name, uint64_t size)
{
    IOMMUMemoryRegion *imr = iommu;

    object_initialize(imr, instance_size, mrtypename);
    memory_region_set_up(MEMORY_REGION(imr), owner, name, size);
    assert(IOMMU_MEMORY_REGION_GET_CLASS(imr)->translate && "an IOMMU translates");
    MEMORY_REGION(imr)->terminates = true;
    MEMORY_REGION(imr)->is_iommu = true;
    QLIST_INIT(&imr->iommu_notify);
}

IOMMUMemoryRegion *memory_region_get_iommu(MemoryRegion *mr)
{
    while (mr->alias) {
        mr = mr->alias;
    }
    return mr->is_iommu ? (IOMMUMemoryRegion *)mr : NULL;
}

uint64_t memory_region_iommu_get_min_page_size(IOMMUMemoryRegion *iommu)
{
    IOMMUMemoryRegionClass *k = IOMMU_MEMORY_REGION_GET_CLASS(iommu);

    return k->get_min_page_size ? k->get_min_page_size(iommu) : TARGET_PAGE_SIZE;
}

int memory_region_iommu_attrs_to_index(IOMMUMemoryRegion *iommu, MemTxAttrs attrs)
{
    IOMMUMemoryRegionClass *k = IOMMU_MEMORY_REGION_GET_CLASS(iommu);

    return k->attrs_to_index ? k->attrs_to_index(iommu, attrs) : 0;
}

int memory_region_iommu_num_indexes(IOMMUMemoryRegion *iommu)
{
    IOMMUMemoryRegionClass *k = IOMMU_MEMORY_REGION_GET_CLASS(iommu);

    return k->num_indexes ? k->num_indexes(iommu) : 1;
}

bool memory_iommu_translate(MemoryRegion *mr, hwaddr offset, hwaddr *len, bool is_write,
                            MemTxAttrs attrs, AddressSpace **as, hwaddr *addr)
{
    IOMMUMemoryRegion *iommu = (IOMMUMemoryRegion *)mr;
    IOMMUMemoryRegionClass *k = IOMMU_MEMORY_REGION_GET_CLASS(iommu);
    IOMMUAccessFlags wanted = is_write ? IOMMU_WO : IOMMU_RO;
    IOMMUTLBEntry e =
        k->translate(iommu, offset, wanted, memory_region_iommu_attrs_to_index(iommu, attrs));

    *len = MIN(*len - 1, e.addr_mask - (offset & e.addr_mask)) + 1;
    if (!(e.perm & wanted) || !e.target_as) {
        return false;
    }
    *as = e.target_as;
    *addr = (e.translated_addr & ~e.addr_mask) | (offset & e.addr_mask);
    return true;
}

/* ---- Notifiers ---- */

void iommu_notifier_init(IOMMUNotifier *n, IOMMUNotify fn, IOMMUNotifierFlag flags, hwaddr start,
                         hwaddr end, int iommu_idx)
{
    *n = (IOMMUNotifier){ fn, flags, start, end, iommu_idx };
}

/* Tells the translator what all notifiers together want now. */
static int update_flags(IOMMUMemoryRegion *iommu, Error **errp)
{
    IOMMUMemoryRegionClass *k = IOMMU_MEMORY_REGION_GET_CLASS(iommu);
    IOMMUNotifierFlag flags = IOMMU_NOTIFIER_NONE;
    IOMMUNotifier *n;
    int ret = 0;

    QLIST_FOREACH (n, &iommu->iommu_notify, node) {
        flags |= n->notifier_flags;
    }
    if (flags != iommu->iommu_notify_flags && k->notify_flag_changed) {
        ret = k->notify_flag_changed(iommu, iommu->iommu_notify_flags, flags, errp);
    }
    if (!ret) {
        iommu->iommu_notify_flags = flags;
    }
    return ret;
}

int memory_region_register_iommu_notifier(MemoryRegion *mr, IOMMUNotifier *n, Error **errp)
{
    IOMMUMemoryRegion *iommu = memory_region_get_iommu(mr);
    int ret;

    assert(iommu && "only an IOMMU region has IOMMU notifiers");
    assert(n->start <= n->end && n->iommu_idx < memory_region_iommu_num_indexes(iommu));
    QLIST_INSERT_HEAD(&iommu->iommu_notify, n, node);
    ret = update_flags(iommu, errp);
    if (ret) {
        QLIST_REMOVE(n, node);
    }
    return ret;
}

void memory_region_unregister_iommu_notifier(MemoryRegion *mr, IOMMUNotifier *n)
{
    QLIST_REMOVE(n, node);
    update_flags(memory_region_get_iommu(mr), NULL);
}

void memory_region_notify_iommu_one(IOMMUNotifier *notifier, IOMMUTLBEvent *event)
{
    IOMMUTLBEntry entry = event->entry;
    hwaddr last = entry.iova + entry.addr_mask;

    if (notifier->start > last || notifier->end < entry.iova ||
        !(event->type & notifier->notifier_flags)) {
        return;
    }
    if (notifier->notifier_flags & IOMMU_NOTIFIER_DEVIOTLB_UNMAP) {
        /* Cut to what was asked for: devices invalidate ranges of any size. */
        entry.iova = MAX(entry.iova, notifier->start);
        entry.addr_mask = MIN(last, notifier->end) - entry.iova;
    }
    notifier->notify(notifier, &entry);
}

void memory_region_notify_iommu(IOMMUMemoryRegion *iommu, int iommu_idx, IOMMUTLBEvent event)
{
    IOMMUNotifier *n, *next;

    for (n = QLIST_FIRST(&iommu->iommu_notify); n; n = next) {
        next = QLIST_NEXT(n, node);
        if (n->iommu_idx == iommu_idx) {
            memory_region_notify_iommu_one(n, &event);
        }
    }
}

void memory_region_iommu_replay(IOMMUMemoryRegion *iommu, IOMMUNotifier *n)
{
    IOMMUMemoryRegionClass *k = IOMMU_MEMORY_REGION_GET_CLASS(iommu);
    MemSize end = MIN(MEMORY_REGION(iommu)->size, (MemSize)n->end + 1);
    uint64_t step = memory_region_iommu_get_min_page_size(iommu);

    if (k->replay) {
        k->replay(iommu, n);
        return;
    }
    for (MemSize at = n->start; at < end;) {
        IOMMUTLBEvent event = {
            .type = IOMMU_NOTIFIER_MAP,
            .entry = k->translate(iommu, (hwaddr)at, IOMMU_NONE, n->iommu_idx),
        };
        if (event.entry.perm != IOMMU_NONE) {
            memory_region_notify_iommu_one(n, &event);
        }
        /* A large block, mapped or not, is asked about once. */
        step = MAX(step, 1);
        at = ((at | MAX(event.entry.addr_mask, step - 1))) + 1;
    }
}

static const TypeInfo iommu_memory_region_info = {
    .name = TYPE_IOMMU_MEMORY_REGION,
    .parent = TYPE_MEMORY_REGION,
    .instance_size = sizeof(IOMMUMemoryRegion),
    .instance_align = __alignof__(IOMMUMemoryRegion),
    .class_size = sizeof(IOMMUMemoryRegionClass),
    .abstract = true,
};

static void iommu_register_types(void)
{
    type_register_static(&iommu_memory_region_info);
}

type_init(iommu_register_types)
