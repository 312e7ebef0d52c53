/*
 * Flat views: the rendered, immutable form of a tree, shared by the address spaces that show the
 * same.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "internal.h"

bool flat_range_equal(const FlatRange *a, const FlatRange *b)
{
    return a->start == b->start && a->last == b->last && a->mr == b->mr &&
           a->offset_in_region == b->offset_in_region && a->readonly == b->readonly &&
           a->nonvolatile == b->nonvolatile && a->romd == b->romd;
}

FlatView *flatview_new(MemoryRegion *root)
{
    g_autoptr(GArray) ranges = memory_render(root);
    gsize size = sizeof(FlatView) + (gsize)ranges->len * sizeof(FlatRange);
    FlatView *view = g_malloc(size + (gsize)ranges->len * sizeof(hwaddr));

    *view = (FlatView){
        .ref = 1,
        .root = root,
        .nr = ranges->len,
        .lasts = (hwaddr *)((char *)view + size),
    };
    if (view->nr) {
        memcpy(view->ranges, ranges->data, (size_t)view->nr * sizeof(FlatRange));
    }
    for (unsigned i = 0; i < view->nr; i++) {
        memory_region_ref(view->ranges[i].mr);
        view->lasts[i] = view->ranges[i].last;
    }
    if (root) {
        memory_region_ref(root);
    }
    return view;
}

bool flatview_same_ranges(const FlatView *a, const FlatView *b)
{
    if (a->root != b->root || a->nr != b->nr) {
        return false;
    }
    for (unsigned i = 0; i < a->nr; i++) {
        if (!flat_range_equal(&a->ranges[i], &b->ranges[i]) ||
            a->ranges[i].dirty_log_mask != b->ranges[i].dirty_log_mask) {
            return false;
        }
    }
    return true;
}

/* Dropping the last reference to a region's owner can finalize a device: needs the big lock. */
static void flatview_free(struct rcu_head *head)
{
    FlatView *view = container_of(head, FlatView, rcu);
    BQL_LOCK_GUARD();

    for (unsigned i = 0; i < view->nr; i++) {
        memory_region_unref(view->ranges[i].mr);
    }
    if (view->root) {
        memory_region_unref(view->root);
    }
    g_free(view);
}

FlatView *flatview_ref(FlatView *view)
{
    qatomic_inc(&view->ref);
    return view;
}

void flatview_unref(FlatView *view)
{
    if (view && qatomic_fetch_dec(&view->ref) == 1) {
        call_rcu1(&view->rcu, flatview_free);
    }
}

/* The one enabled child of a container, if it has just one; *any says whether it has some. */
static MemoryRegion *only_child(MemoryRegion *mr, bool *any)
{
    MemoryRegion *found = NULL, *sub;

    *any = false;
    QTAILQ_FOREACH (sub, &mr->subregions, subregions_link) {
        if (sub->enabled) {
            if (*any) {
                return NULL;
            }
            *any = true;
            found = sub;
        }
    }
    return found;
}

/* Does showing `whole` show the same as `part` at its start? */
static bool covers(const MemoryRegion *whole, const MemoryRegion *part)
{
    return whole->size >= part->size && !whole->readonly && !whole->nonvolatile;
}

/* More than any machine nests: aliases that go round in a circle. */
#define MAX_SKIPPED 256

MemoryRegion *memory_region_effective_root(MemoryRegion *mr)
{
    MemoryRegion *start = mr;

    for (unsigned skipped = 0; mr->enabled; skipped++) {
        if (skipped == MAX_SKIPPED) {
            return start;
        }
        MemoryRegion *next = NULL;

        if (mr->alias) {
            if (!mr->alias_offset && covers(mr, mr->alias)) {
                next = mr->alias;
            }
        } else if (!mr->terminates) {
            bool any;
            MemoryRegion *child = only_child(mr, &any);
            if (!any) {
                return NULL;
            }
            if (child && !child->addr && covers(mr, child)) {
                next = child;
            }
        }
        if (!next) {
            return mr;
        }
        mr = next;
    }
    return NULL;
}

unsigned flatview_lower_bound(const FlatView *view, hwaddr addr)
{
    const hwaddr *base = view->lasts;
    unsigned n = view->nr;

    if (!n) {
        return 0;
    }
    /* No branch that depends on the data: each step halves n, whatever is found. */
    while (n > 1) {
        unsigned half = n / 2;
        base += (base[half - 1] < addr) * half;
        n -= half;
    }
    return (base - view->lasts) + (*base < addr);
}

const FlatRange *flatview_lookup(const FlatView *view, hwaddr addr)
{
    /* Only a hint: checked against the view at hand, so it needn't know which view it came from. */
    static __thread unsigned last_hit;
    unsigned i = last_hit;

    if (i < view->nr && addr >= view->ranges[i].start && addr <= view->ranges[i].last) {
        return &view->ranges[i];
    }
    i = flatview_lower_bound(view, addr);
    if (i < view->nr && addr >= view->ranges[i].start) {
        last_hit = i;
        return &view->ranges[i];
    }
    return NULL;
}

MemoryRegionSection flat_range_section(const FlatRange *fr, FlatView *view)
{
    return (MemoryRegionSection){
        .size = flat_range_size(fr),
        .mr = fr->mr,
        .fv = view,
        .offset_within_region = fr->offset_in_region,
        .offset_within_address_space = fr->start,
        .readonly = fr->readonly,
        .nonvolatile = fr->nonvolatile,
        .romd = fr->romd,
    };
}
