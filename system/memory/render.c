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
 * All boundaries are sorted once (by radix, so in linear time); then each leaf, front first,
 * paints the pieces in its range that are still blank. A union-find "next blank piece" steps over
 * painted ones, so every piece is painted once and the whole costs O(k log k) at most for k
 * leaves, however they overlap. Last, neighbouring pieces that continue each other are merged.
 *
 * Pure: nothing is changed, no reference taken. What is needed on the way is kept for the next time
 * (about 250 bytes for each leaf), hence the big lock.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "internal.h"

/*
 * Wide enough for a base below zero (an alias that shows the end of a region) and for ends at
 * 2^64.
 */
typedef __int128 Wide;

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
    const struct Walk *outer; /* NULL: mr is the root */
} Walk;

static bool clip(Walk *w, Wide start, Wide end)
{
    w->clip_start = MAX(w->clip_start, start);
    w->clip_end = MIN(w->clip_end, end);
    return w->clip_start < w->clip_end;
}

/*
 * An alias that shows, perhaps through others, what contains it: bridges can be programmed so. It
 * shows nothing there.
 */
static bool shows_itself(const Walk *w, const MemoryRegion *alias)
{
    for (; w; w = w->outer) {
        if (w->mr == alias) {
            warn_report_once("memory region '%s' shows itself", memory_region_name(alias));
            return true;
        }
    }
    return false;
}

/* `at`: the region to visit and where. */
static void collect_leaves(const Walk *at, GArray *leaves)
{
    Walk w = *at;
    MemoryRegion *mr = w.mr, *sub;

    if (!mr->enabled) {
        return;
    }
    w.base += mr->addr;
    w.readonly |= mr->readonly;
    w.nonvolatile |= mr->nonvolatile;
    if (!clip(&w, w.base, w.base + (Wide)mr->size) ||
        (mr->alias && shows_itself(at->outer, mr))) {
        return;
    }
    w.outer = at;
    if (mr->alias) {
        w.base -= (Wide)mr->alias->addr + mr->alias_offset;
        w.mr = mr->alias;
        collect_leaves(&w, leaves);
        return;
    }
    QTAILQ_FOREACH (sub, &mr->subregions, subregions_link) {
        w.mr = sub;
        collect_leaves(&w, leaves);
    }
    if (mr->terminates) {
        Leaf leaf = { w.clip_start, w.clip_end,   mr, (hwaddr)(w.clip_start - w.base),
                      w.readonly,   w.nonvolatile };
        g_array_append_val(leaves, leaf);
    }
}

/* Where a leaf starts or ends. Leaf n owns edges 2n and 2n + 1. */
typedef struct Edge {
    uint64_t at;
    uint32_t owner;
} Edge;

/* One step of a radix sort, by the byte at `shift`. */
static void sort_by_byte(const Edge *from, Edge *to, unsigned n, unsigned shift)
{
    unsigned place[256] = { 0 }, sum = 0;

    for (unsigned i = 0; i < n; i++) {
        place[(from[i].at >> shift) & 0xff]++;
    }
    for (unsigned b = 0; b < 256; b++) {
        unsigned count = place[b];
        place[b] = sum;
        sum += count;
    }
    for (unsigned i = 0; i < n; i++) {
        to[place[(from[i].at >> shift) & 0xff]++] = from[i];
    }
}

/* The bits in which addresses differ. */
static uint64_t varying_bits(const Edge *edges, unsigned n)
{
    uint64_t varying = 0;

    for (unsigned i = 1; i < n; i++) {
        varying |= edges[i].at ^ edges[0].at;
    }
    return varying;
}

/* Few edges: each goes where it belongs. */
static void insertion_sort(Edge *edges, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        Edge e = edges[i];
        unsigned j = i;
        for (; j > 0 && edges[j - 1].at > e.at; j--) {
            edges[j] = edges[j - 1];
        }
        edges[j] = e;
    }
}

/* Sorts edges by address; `spare` has room for as many. Returns which of both has the result. */
static Edge *sort_edges(Edge *edges, Edge *spare, unsigned n)
{
    uint64_t varying;

    if (n < 64) {
        insertion_sort(edges, n);
        return edges;
    }
    varying = varying_bits(edges, n);
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if ((varying >> shift) & 0xff) {
            Edge *sorted = spare;

            sort_by_byte(edges, sorted, n, shift);
            spare = edges;
            edges = sorted;
        }
    }
    return edges;
}

/* Room for arrays that are needed together and given up together. */
typedef struct Scratch {
    char *memory;
    size_t size, used;
} Scratch;

#define SCRATCH_ALIGN 16

static void scratch_reserve(Scratch *s, size_t size)
{
    if (s->size < size) {
        g_free(s->memory);
        s->memory = g_malloc(size);
        s->size = size;
    }
    s->used = 0;
}

static void *scratch_take(Scratch *s, size_t n, size_t element)
{
    void *p = s->memory + s->used;

    s->used += ROUND_UP(n * element, SCRATCH_ALIGN);
    assert(s->used <= s->size && "more than was reserved");
    return p;
}

/* All boundaries between pieces, and where each leaf's edges are among them. */
typedef struct Pieces {
    uint64_t *bounds; /* piece i: from bounds[i] to bounds[i + 1], the last one to 2^64 */
    unsigned nr;
    unsigned *index; /* of edge e in bounds; nr for 2^64 */
} Pieces;

/* Of each array at most two elements a leaf, and one more. */
#define PIECES_MAX(nr_leaves) ((size_t)(nr_leaves) * 2 + 1)
#define PIECE_BYTES                                                                                \
    (2 * sizeof(Edge) + sizeof(uint64_t) + 2 * sizeof(unsigned) + sizeof(const Leaf *))
#define PIECE_ARRAYS 6

static void find_pieces(Scratch *s, Pieces *p, const Leaf *leaves, unsigned nr_leaves)
{
    size_t max = PIECES_MAX(nr_leaves);
    unsigned nr_edges = 0;
    Edge *buffer = scratch_take(s, max, sizeof(Edge)), *spare = scratch_take(s, max, sizeof(Edge));
    Edge *sorted;

    p->bounds = scratch_take(s, max, sizeof(*p->bounds));
    p->index = scratch_take(s, max, sizeof(*p->index));
    p->nr = 0;
    for (unsigned i = 0; i < nr_leaves; i++) {
        buffer[nr_edges++] = (Edge){ (uint64_t)leaves[i].start, 2 * i };
        if (leaves[i].end < (Wide)MEMORY_SIZE_MAX) {
            buffer[nr_edges++] = (Edge){ (uint64_t)leaves[i].end, 2 * i + 1 };
        }
    }
    sorted = sort_edges(buffer, spare, nr_edges);
    for (unsigned e = 0; e < nr_edges; e++) {
        if (!p->nr || p->bounds[p->nr - 1] != sorted[e].at) {
            p->bounds[p->nr++] = sorted[e].at;
        }
        p->index[sorted[e].owner] = p->nr - 1;
    }
    for (unsigned i = 0; i < nr_leaves; i++) {
        if (leaves[i].end == (Wide)MEMORY_SIZE_MAX) {
            p->index[2 * i + 1] = p->nr;
        }
    }
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

/* painter[i]: the front leaf over piece i, or NULL. */
static const Leaf **paint(Scratch *s, const Leaf *leaves, unsigned nr_leaves, const Pieces *p)
{
    const Leaf **painter = scratch_take(s, p->nr + 1, sizeof(*painter));
    unsigned *next = scratch_take(s, p->nr + 1, sizeof(*next));

    for (unsigned i = 0; i <= p->nr; i++) {
        painter[i] = NULL;
        next[i] = i;
    }
    for (unsigned l = 0; l < nr_leaves; l++) {
        unsigned end = p->index[2 * l + 1];
        unsigned i = next_blank(next, p->index[2 * l]);

        for (; i < end; i = next_blank(next, i)) {
            painter[i] = &leaves[l];
            next[i] = i + 1;
        }
    }
    return painter;
}

static bool continues(const FlatRange *a, const FlatRange *b)
{
    return a->last + 1 == b->start && a->mr == b->mr &&
           a->offset_in_region + (b->start - a->start) == b->offset_in_region &&
           a->readonly == b->readonly && a->nonvolatile == b->nonvolatile && a->romd == b->romd;
}

/* Piece i as `leaf` shows there. */
static FlatRange piece_range(const Pieces *p, unsigned i, const Leaf *leaf)
{
    return (FlatRange){
        .start = p->bounds[i],
        .last = i + 1 < p->nr ? p->bounds[i + 1] - 1 : UINT64_MAX,
        .mr = leaf->mr,
        .offset_in_region = leaf->offset + (hwaddr)(p->bounds[i] - (hwaddr)leaf->start),
        .readonly = leaf->readonly,
        .nonvolatile = leaf->nonvolatile,
        .romd = memory_region_is_romd(leaf->mr),
        .dirty_log_mask = memory_region_get_dirty_log_mask(leaf->mr),
    };
}

/* Neighbours of one painter count once: about as many ranges as there will be, or more. */
static unsigned count_ranges(const Pieces *p, const Leaf *const *painter)
{
    const Leaf *before = NULL;
    unsigned n = 0;

    for (unsigned i = 0; i < p->nr; i++) {
        n += painter[i] && painter[i] != before;
        before = painter[i];
    }
    return n;
}

/* The painted pieces as ranges, those that continue each other as one. */
static GArray *join_pieces(const Pieces *p, const Leaf *const *painter)
{
    GArray *ranges =
        g_array_sized_new(FALSE, FALSE, sizeof(FlatRange), count_ranges(p, painter));
    FlatRange last = { 0 };

    for (unsigned i = 0; i < p->nr; i++) {
        FlatRange fr;

        if (!painter[i]) {
            continue;
        }
        fr = piece_range(p, i, painter[i]);
        if (last.mr && continues(&last, &fr)) {
            last.last = fr.last;
            continue;
        }
        if (last.mr) {
            g_array_append_val(ranges, last);
        }
        last = fr;
    }
    if (last.mr) {
        g_array_append_val(ranges, last);
    }
    return ranges;
}

GArray *memory_render(MemoryRegion *root)
{
    static Scratch scratch;
    static GArray *leaf_array;
    const Leaf *leaves;
    unsigned nr;
    Pieces pieces;

    if (!leaf_array) {
        leaf_array = g_array_new(FALSE, FALSE, sizeof(Leaf));
    }
    g_array_set_size(leaf_array, 0);
    if (root) {
        /* A root's own address means nothing: it is where another container shows it. */
        Walk w = { .mr = root, .base = -(Wide)root->addr, .clip_end = (Wide)MEMORY_SIZE_MAX };
        collect_leaves(&w, leaf_array);
    }
    leaves = (const Leaf *)leaf_array->data;
    nr = leaf_array->len;
    scratch_reserve(&scratch, PIECES_MAX(nr) * PIECE_BYTES + PIECE_ARRAYS * SCRATCH_ALIGN);
    find_pieces(&scratch, &pieces, leaves, nr);
    return join_pieces(&pieces, paint(&scratch, leaves, nr, &pieces));
}
