/*
 * Memory listeners: told the difference between an address space's old view and its new one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "internal.h"

typedef QTAILQ_HEAD(MemoryListenerList, MemoryListener) MemoryListenerList;

/*
 * All listeners, ascending priority; each is also in its address space's list, in the same order.
 */
static MemoryListenerList memory_listeners = QTAILQ_HEAD_INITIALIZER(memory_listeners);

void memory_listeners_begin(void)
{
    MemoryListener *l, *next;

    QTAILQ_FOREACH_SAFE(l, &memory_listeners, link, next)
    {
        if (l->begin) {
            l->begin(l);
        }
    }
}

void memory_listeners_commit(void)
{
    MemoryListener *l, *next;

    QTAILQ_FOREACH_SAFE(l, &memory_listeners, link, next)
    {
        if (l->commit) {
            l->commit(l);
        }
    }
}

static void tell_deleted(AddressSpace *as, const FlatRange *fr, FlatView *view)
{
    MemoryRegionSection section = flat_range_section(fr, view);
    MemoryListener *l, *prev;

    memory_tell_events(as, NULL, fr, view, false);
    for (l = QTAILQ_LAST(&as->listeners, AddressSpaceListeners); l; l = prev) {
        prev = QTAILQ_PREV(l, AddressSpaceListeners, link_as);
        if (l->region_del) {
            l->region_del(l, &section);
        }
    }
}

static void tell_added(AddressSpace *as, const FlatRange *fr, FlatView *view, bool is_new)
{
    MemoryRegionSection section = flat_range_section(fr, view);
    MemoryListener *l, *next;

    QTAILQ_FOREACH_SAFE(l, &as->listeners, link_as, next)
    {
        void (*tell)(MemoryListener *, MemoryRegionSection *) =
            is_new ? l->region_add : l->region_nop;
        if (tell) {
            tell(l, &section);
        }
    }
    if (is_new) {
        memory_tell_events(as, NULL, fr, view, true);
    }
}

static void tell_logging(AddressSpace *as, const FlatRange *fr, FlatView *view, int old_mask)
{
    MemoryRegionSection section = flat_range_section(fr, view);
    int new_mask = fr->dirty_log_mask;
    MemoryListener *l, *next;

    QTAILQ_FOREACH_SAFE(l, &as->listeners, link_as, next)
    {
        if (l->log_start && (new_mask & ~old_mask)) {
            l->log_start(l, &section, old_mask, new_mask);
        }
        if (l->log_stop && (old_mask & ~new_mask)) {
            l->log_stop(l, &section, old_mask, new_mask);
        }
    }
}

/*
 * Both arrays are sorted by start: of two heads that aren't equal, the lower one (on a tie the
 * old) goes first.
 */
static void compare_views(AddressSpace *as, FlatView *old, FlatView *new, bool adding)
{
    unsigned i = 0, j = 0, nr_old = old ? old->nr : 0, nr_new = new ? new->nr : 0;

    while (i < nr_old || j < nr_new) {
        const FlatRange *a = i < nr_old ? &old->ranges[i] : NULL;
        const FlatRange *b = j < nr_new ? &new->ranges[j] : NULL;

        if (a && b && flat_range_equal(a, b)) {
            if (adding) {
                tell_added(as, b, new, false);
                tell_logging(as, b, new, a->dirty_log_mask);
            }
            i++, j++;
        } else if (a && (!b || a->start <= b->start)) {
            if (!adding) {
                tell_deleted(as, a, old);
            }
            i++;
        } else {
            if (adding) {
                tell_added(as, b, new, true);
                tell_logging(as, b, new, 0);
            }
            j++;
        }
    }
}

void memory_listeners_update(AddressSpace *as, FlatView *old_view, FlatView *new_view)
{
    if (!QTAILQ_EMPTY(&as->listeners)) {
        compare_views(as, old_view, new_view, false);
        compare_views(as, old_view, new_view, true);
    }
}

/* Ascending priority; among equals the later comes after. */
#define INSERT_BY_PRIORITY(head, listener, field)                                                  \
    do {                                                                                           \
        MemoryListener *other_;                                                                    \
        QTAILQ_FOREACH (other_, head, field) {                                                     \
            if ((listener)->priority < other_->priority) {                                         \
                break;                                                                             \
            }                                                                                      \
        }                                                                                          \
        if (other_) {                                                                              \
            QTAILQ_INSERT_BEFORE(other_, listener, field);                                         \
        } else {                                                                                   \
            QTAILQ_INSERT_TAIL(head, listener, field);                                             \
        }                                                                                          \
    } while (0)

/* Shows a listener everything in its address space as added, or as deleted. */
static void tell_all(MemoryListener *l, AddressSpace *as, bool added)
{
    void (*tell)(MemoryListener *, MemoryRegionSection *) =
        added ? l->region_add : l->region_del;
    FlatView *view = flatview_ref(as->current_map);

    if (l->begin) {
        l->begin(l);
    }
    for (unsigned i = 0; i < view->nr; i++) {
        const FlatRange *fr = &view->ranges[i];
        MemoryRegionSection section = flat_range_section(fr, view);

        if (!added) {
            memory_tell_events(as, l, fr, view, false);
        }
        if (tell) {
            tell(l, &section);
        }
        if (added && l->log_start && fr->dirty_log_mask) {
            l->log_start(l, &section, 0, fr->dirty_log_mask);
        }
        if (added) {
            memory_tell_events(as, l, fr, view, true);
        }
    }
    if (l->commit) {
        l->commit(l);
    }
    flatview_unref(view);
}

void memory_listener_register(MemoryListener *listener, AddressSpace *as)
{
    assert(as && !listener->address_space && "a memory listener is registered once, for one space");
    listener->address_space = as;
    INSERT_BY_PRIORITY(&memory_listeners, listener, link);
    INSERT_BY_PRIORITY(&as->listeners, listener, link_as);
    tell_all(listener, as, true);
}

void memory_listener_unregister(MemoryListener *listener)
{
    AddressSpace *as = listener->address_space;

    if (!as) {
        return;
    }
    tell_all(listener, as, false);
    QTAILQ_REMOVE(&memory_listeners, listener, link);
    QTAILQ_REMOVE(&as->listeners, listener, link_as);
    listener->address_space = NULL;
}

/* ---- Dirty logging ---- */

/* Calls `tell` for each section of logged memory of mr (NULL: all) within [addr, addr + size). */
static void for_logged(MemoryListener *l, MemoryRegion *mr, hwaddr addr, MemSize size,
                       void (*tell)(MemoryListener *, MemoryRegionSection *))
{
    FlatView *view = flatview_ref(l->address_space->current_map);

    for (unsigned i = 0; i < view->nr; i++) {
        const FlatRange *fr = &view->ranges[i];
        MemoryRegionSection section = flat_range_section(fr, view);
        MemSize start = MAX(addr, fr->offset_in_region);
        MemSize end = MIN(addr + size, fr->offset_in_region + section.size);

        if (fr->dirty_log_mask && (!mr || fr->mr == mr) && start < end) {
            section.offset_within_address_space += start - fr->offset_in_region;
            section.offset_within_region = start;
            section.size = end - start;
            tell(l, &section);
        }
    }
    flatview_unref(view);
}

void memory_listeners_log_sync(MemoryRegion *mr)
{
    MemoryListener *l, *next;

    QTAILQ_FOREACH_SAFE(l, &memory_listeners, link, next)
    {
        if (l->log_sync) {
            for_logged(l, mr, 0, MEMORY_SIZE_MAX, l->log_sync);
        }
    }
}

void memory_listeners_log_clear(MemoryRegion *mr, hwaddr addr, hwaddr size)
{
    MemoryListener *l, *next;

    QTAILQ_FOREACH_SAFE(l, &memory_listeners, link, next)
    {
        if (l->log_clear) {
            for_logged(l, mr, addr, size, l->log_clear);
        }
    }
}

void memory_listeners_log_global(bool start)
{
    MemoryListener *l, *next;

    QTAILQ_FOREACH_SAFE(l, &memory_listeners, link, next)
    {
        void (*tell)(MemoryListener *) = start ? l->log_global_start : l->log_global_stop;
        if (tell) {
            tell(l);
        }
    }
}
