/*
 * Registers that need no device to answer at once: event notifiers that a write sets, and writes
 * that an accelerator may gather (coalesce) and deliver later.
 *
 * Without an accelerator that does either, a matching write sets its notifier in dispatch.c, and
 * nothing is ever gathered. Listeners learn of both wherever their address space shows the region.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/event_notifier.h"
#include "internal.h"

void (*memory_flush_coalesced_hook)(void);

/* ---- Telling ---- */

typedef void (*TellFunc)(MemoryListener *l, MemoryRegionSection *section, const void *what);

static void tell_eventfd_add(MemoryListener *l, MemoryRegionSection *section, const void *what)
{
    const IoEventfd *fd = what;

    if (l->eventfd_add) {
        l->eventfd_add(l, section, fd->match_data, fd->data, fd->e);
    }
}

static void tell_eventfd_del(MemoryListener *l, MemoryRegionSection *section, const void *what)
{
    const IoEventfd *fd = what;

    if (l->eventfd_del) {
        l->eventfd_del(l, section, fd->match_data, fd->data, fd->e);
    }
}

static void tell_coalesced_add(MemoryListener *l, MemoryRegionSection *section, const void *what)
{
    if (l->coalesced_io_add) {
        l->coalesced_io_add(l, section, section->offset_within_address_space, section->size);
    }
}

static void tell_coalesced_del(MemoryListener *l, MemoryRegionSection *section, const void *what)
{
    if (l->coalesced_io_del) {
        l->coalesced_io_del(l, section, section->offset_within_address_space, section->size);
    }
}

/* The part of a range that shows [offset, offset + size) of its region; false if none. */
static bool cut_section(const FlatRange *fr, FlatView *view, hwaddr offset, hwaddr size,
                        MemoryRegionSection *section)
{
    MemSize start = MAX(offset, fr->offset_in_region);
    MemSize end = MIN((MemSize)offset + size, fr->offset_in_region + flat_range_size(fr));

    if (start >= end) {
        return false;
    }
    *section = flat_range_section(fr, view);
    section->offset_within_region = start;
    section->offset_within_address_space += start - fr->offset_in_region;
    section->size = end - start;
    return true;
}

/* Tells all listeners of `as`, or only one, about what one range shows. */
static void tell_range(AddressSpace *as, MemoryListener *only, const FlatRange *fr, FlatView *view,
                       hwaddr offset, hwaddr size, TellFunc tell, const void *what)
{
    MemoryRegionSection section;
    MemoryListener *l, *next;

    if (!cut_section(fr, view, offset, MAX(size, 1), &section)) {
        return;
    }
    QTAILQ_FOREACH_SAFE(l, &as->listeners, link_as, next)
    {
        if (!only || l == only) {
            tell(l, &section, what);
        }
    }
}

/* Everywhere the region shows now. */
static void tell_everywhere(MemoryRegion *mr, hwaddr offset, hwaddr size, TellFunc tell,
                            const void *what)
{
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        FlatView *view = as->current_map;
        for (unsigned i = 0; i < view->nr; i++) {
            if (view->ranges[i].mr == mr) {
                tell_range(as, NULL, &view->ranges[i], view, offset, size, tell, what);
            }
        }
    }
}

void memory_tell_events(AddressSpace *as, MemoryListener *only, const FlatRange *fr, FlatView *view,
                        bool added)
{
    GArray *fds = fr->mr->ioeventfds, *coalesced = fr->mr->coalesced;

    for (unsigned i = 0; fds && i < fds->len; i++) {
        const IoEventfd *fd = &g_array_index(fds, IoEventfd, i);
        tell_range(as, only, fr, view, fd->addr, fd->size,
                   added ? tell_eventfd_add : tell_eventfd_del, fd);
    }
    for (unsigned i = 0; coalesced && i < coalesced->len; i++) {
        const CoalescedRange *r = &g_array_index(coalesced, CoalescedRange, i);
        tell_range(as, only, fr, view, r->offset, r->size,
                   added ? tell_coalesced_add : tell_coalesced_del, r);
    }
}

/* ---- Event notifiers ---- */

void memory_region_add_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size, bool match_data,
                               uint64_t data, EventNotifier *e)
{
    IoEventfd fd = { addr, size, match_data, data, e };

    if (!mr->ioeventfds) {
        mr->ioeventfds = g_array_new(FALSE, FALSE, sizeof(IoEventfd));
    }
    g_array_append_val(mr->ioeventfds, fd);
    tell_everywhere(mr, addr, size, tell_eventfd_add, &fd);
}

void memory_region_del_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size, bool match_data,
                               uint64_t data, EventNotifier *e)
{
    for (unsigned i = 0; mr->ioeventfds && i < mr->ioeventfds->len; i++) {
        IoEventfd fd = g_array_index(mr->ioeventfds, IoEventfd, i);

        if (fd.addr == addr && fd.size == size && fd.match_data == match_data && fd.e == e &&
            (!match_data || fd.data == data)) {
            g_array_remove_index(mr->ioeventfds, i);
            tell_everywhere(mr, addr, size, tell_eventfd_del, &fd);
            return;
        }
    }
    assert(!"memory_region_del_eventfd() of what was not added");
}

bool memory_set_eventfd(const MemoryRegion *mr, hwaddr addr, unsigned size, uint64_t data)
{
    for (unsigned i = 0; mr->ioeventfds && i < mr->ioeventfds->len; i++) {
        const IoEventfd *fd = &g_array_index(mr->ioeventfds, IoEventfd, i);

        if (fd->addr == addr && (!fd->size || fd->size == size) &&
            (!fd->match_data || fd->data == data)) {
            event_notifier_set(fd->e);
            return true;
        }
    }
    return false;
}

/* ---- Coalesced ranges ---- */

void memory_region_add_coalescing(MemoryRegion *mr, hwaddr offset, uint64_t size)
{
    CoalescedRange r = { offset, size };

    if (!mr->coalesced) {
        mr->coalesced = g_array_new(FALSE, FALSE, sizeof(CoalescedRange));
    }
    g_array_append_val(mr->coalesced, r);
    memory_region_set_flush_coalesced(mr);
    tell_everywhere(mr, offset, size, tell_coalesced_add, &r);
}

void memory_region_set_coalescing(MemoryRegion *mr)
{
    memory_region_clear_coalescing(mr);
    memory_region_add_coalescing(mr, 0, memory_region_size(mr));
}

void memory_region_clear_coalescing(MemoryRegion *mr)
{
    if (!mr->coalesced) {
        return;
    }
    if (memory_flush_coalesced_hook) {
        memory_flush_coalesced_hook();
    }
    for (unsigned i = 0; i < mr->coalesced->len; i++) {
        const CoalescedRange *r = &g_array_index(mr->coalesced, CoalescedRange, i);
        tell_everywhere(mr, r->offset, r->size, tell_coalesced_del, r);
    }
    g_clear_pointer(&mr->coalesced, g_array_unref);
    memory_region_clear_flush_coalesced(mr);
}

void memory_region_set_flush_coalesced(MemoryRegion *mr)
{
    mr->flush_coalesced = true;
}

void memory_region_clear_flush_coalesced(MemoryRegion *mr)
{
    mr->flush_coalesced = mr->coalesced != NULL;
}

void memory_region_clear_events(MemoryRegion *mr)
{
    g_clear_pointer(&mr->ioeventfds, g_array_unref);
    g_clear_pointer(&mr->coalesced, g_array_unref);
}
