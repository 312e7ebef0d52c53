/*
 * Rendering: from a tree of regions to the sorted ranges that an address space shows.
 *
 * The walk visits the tree front to back: children before their container, children by descending
 * priority, aliases as if their target stood there, clipped by every container and alias on the
 * way. It lists leaves; a leaf shows where no leaf listed before it does. Worked example, with A
 * (priority 1) over B:
 *
 *     leaves, front first     A [4,8)   B [0,16)
 *     boundaries              0 4 8 16
 *     pieces and painter      [0,4) B   [4,8) A   [8,16) B
 *
 * All boundaries are sorted once; then each leaf, front first, paints the pieces in its range
 * that are still blank. A union-find "next blank piece" steps over painted ones, so every piece
 * is painted once and the whole costs O(k log k) for k leaves, however they overlap. Last,
 * neighbouring pieces that continue each other are merged.
 *
 * Pure: nothing is changed, no reference taken.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"

/*
 * Wide enough for a base below zero (an alias that shows the end of a region) and for ends at
 * 2^64.
 */
typedef __int128 Wide;

/* Deeper nesting than any machine has: a region that shows itself through an alias. */
#define MAX_RENDER_DEPTH 256

typedef struct Leaf {
    Wide start, end; /* clipped, in [0, 2^64] */
    MemoryRegion *mr;
    hwaddr offset; /* in mr, of start */
    bool readonly;
    bool nonvolatile;
} Leaf;

typedef struct Walk {
    MemoryRegion *mr;
    Wide base; /* where mr's container lies */
    Wide clip_start, clip_end;
    bool readonly;
    bool nonvolatile;
    unsigned depth;
} Walk;

static bool clip(Walk *w, Wide start, Wide end)
{
    w->clip_start = MAX(w->clip_start, start);
    w->clip_end = MIN(w->clip_end, end);
    return w->clip_start < w->clip_end;
}

static void collect_leaves(Walk w, GArray *leaves)
{
    MemoryRegion *mr = w.mr, *sub;

    if (!mr->enabled) {
        return;
    }
    w.base += mr->addr;
    w.readonly |= mr->readonly;
    w.nonvolatile |= mr->nonvolatile;
    if (!clip(&w, w.base, w.base + (Wide)mr->size)) {
        return;
    }
    if (++w.depth > MAX_RENDER_DEPTH) {
        g_error("memory region '%s' shows itself through an alias", memory_region_name(mr));
    }
    if (mr->alias) {
        w.base -= (Wide)mr->alias->addr + mr->alias_offset;
        w.mr = mr->alias;
        collect_leaves(w, leaves);
        return;
    }
    QTAILQ_FOREACH (sub, &mr->subregions, subregions_link) {
        w.mr = sub;
        collect_leaves(w, leaves);
    }
    if (mr->terminates) {
        Leaf leaf = { w.clip_start, w.clip_end,   mr, (hwaddr)(w.clip_start - w.base),
                      w.readonly,   w.nonvolatile };
        g_array_append_val(leaves, leaf);
    }
}

static int compare_wide(const void *a, const void *b)
{
    Wide x = *(const Wide *)a, y = *(const Wide *)b;

    return x < y ? -1 : x > y;
}

/* The sorted, distinct starts and ends of all leaves; *n of them. */
static Wide *sort_boundaries(const Leaf *leaves, unsigned nr_leaves, unsigned *n)
{
    Wide *bounds = g_new(Wide, (gsize)nr_leaves * 2);
    unsigned out = 0;

    for (unsigned i = 0; i < nr_leaves; i++) {
        bounds[2 * i] = leaves[i].start;
        bounds[2 * i + 1] = leaves[i].end;
    }
    if (nr_leaves) {
        qsort(bounds, (size_t)nr_leaves * 2, sizeof(*bounds), compare_wide);
    }
    for (unsigned i = 0; i < nr_leaves * 2; i++) {
        if (out == 0 || bounds[out - 1] != bounds[i]) {
            bounds[out++] = bounds[i];
        }
    }
    *n = out;
    return bounds;
}

static unsigned boundary_index(const Wide *bounds, unsigned n, Wide value)
{
    const Wide *at = bsearch(&value, bounds, n, sizeof(*bounds), compare_wide);

    return at - bounds;
}

/*
 * The first blank piece at or after i; next[] of a painted piece points beyond it. Halves paths
 * on the way.
 */
static unsigned next_blank(unsigned *next, unsigned i)
{
    while (next[i] != i) {
        next[i] = next[next[i]];
        i = next[i];
    }
    return i;
}

/* painter[i]: the front leaf over piece [bounds[i], bounds[i + 1]), or NULL. */
static const Leaf **paint(const Leaf *leaves, unsigned nr_leaves, const Wide *bounds, unsigned n)
{
    const Leaf **painter = g_new0(const Leaf *, n);
    unsigned *next = g_new(unsigned, n + 1);

    for (unsigned i = 0; i <= n; i++) {
        next[i] = i;
    }
    for (const Leaf *leaf = leaves; leaf < leaves + nr_leaves; leaf++) {
        unsigned end = boundary_index(bounds, n, leaf->end);
        unsigned i = next_blank(next, boundary_index(bounds, n, leaf->start));

        for (; i < end; i = next_blank(next, i)) {
            painter[i] = leaf;
            next[i] = i + 1;
        }
    }
    g_free(next);
    return painter;
}

static bool continues(const FlatRange *a, const FlatRange *b)
{
    return a->last + 1 == b->start && a->mr == b->mr &&
           a->offset_in_region + (b->start - a->start) == b->offset_in_region &&
           a->readonly == b->readonly && a->nonvolatile == b->nonvolatile && a->romd == b->romd;
}

static void append_range(GArray *ranges, const FlatRange *fr)
{
    FlatRange *prev = ranges->len ? &g_array_index(ranges, FlatRange, ranges->len - 1) : NULL;

    if (prev && continues(prev, fr)) {
        prev->last = fr->last;
    } else {
        g_array_append_vals(ranges, fr, 1);
    }
}

GArray *memory_render(MemoryRegion *root)
{
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(FlatRange));
    g_autoptr(GArray) leaf_array = g_array_new(FALSE, FALSE, sizeof(Leaf));
    const Leaf *leaves;
    unsigned n;

    if (root) {
        /* A root's own address means nothing: it is where another container shows it. */
        Walk w = { .mr = root, .base = -(Wide)root->addr, .clip_end = (Wide)MEMORY_SIZE_MAX };
        collect_leaves(w, leaf_array);
    }
    leaves = (const Leaf *)leaf_array->data;

    g_autofree Wide *bounds = sort_boundaries(leaves, leaf_array->len, &n);
    g_autofree const Leaf **painter = paint(leaves, leaf_array->len, bounds, n);

    for (unsigned i = 0; i + 1 < n; i++) {
        const Leaf *leaf = painter[i];
        if (leaf) {
            FlatRange fr = {
                .start = (hwaddr)bounds[i],
                .last = (hwaddr)(bounds[i + 1] - 1),
                .mr = leaf->mr,
                .offset_in_region = leaf->offset + (hwaddr)(bounds[i] - leaf->start),
                .readonly = leaf->readonly,
                .nonvolatile = leaf->nonvolatile,
                .romd = memory_region_is_romd(leaf->mr),
                .dirty_log_mask = memory_region_get_dirty_log_mask(leaf->mr),
            };
            append_range(ranges, &fr);
        }
    }
    return ranges;
}
