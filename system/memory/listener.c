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
static void tell_all(MemoryListener *l, AddressSpace *as,
                     void (*tell)(MemoryListener *, MemoryRegionSection *))
{
    FlatView *view = flatview_ref(as->current_map);

    if (l->begin) {
        l->begin(l);
    }
    for (unsigned i = 0; tell && i < view->nr; i++) {
        MemoryRegionSection section = flat_range_section(&view->ranges[i], view);
        tell(l, &section);
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
    tell_all(listener, as, listener->region_add);
}

void memory_listener_unregister(MemoryListener *listener)
{
    AddressSpace *as = listener->address_space;

    if (!as) {
        return;
    }
    tell_all(listener, as, listener->region_del);
    QTAILQ_REMOVE(&memory_listeners, listener, link);
    QTAILQ_REMOVE(&as->listeners, listener, link_as);
    listener->address_space = NULL;
}
