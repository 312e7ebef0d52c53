/*
 * The memory map as data.
 *
 * Questions about what hides what need more than rendering does: not only the leaves, front first,
 * but how each one is reached. So this walks the tree by itself, in render.c's order, and keeps the
 * path to every leaf. Two leaves are reached by paths that part at some region; which one lies in
 * front is decided there, between two siblings.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "system/memory-query.h"

/* See render.c. */
typedef __int128 Wide;
#define MAX_PATH 256

typedef struct Step {
    MemoryRegion *mr;
    Wide base; /* where it lies in the space */
} Step;

typedef struct Path {
    Wide start, end; /* of what shows of the leaf, in the space */
    unsigned nr;
    bool enabled;
    Step steps[]; /* from the root to the leaf */
} Path;

typedef struct Walker {
    GPtrArray *paths; /* front first */
    bool disabled;    /* list what is disabled, too */
    Step steps[MAX_PATH];
} Walker;

typedef struct Clip {
    Wide start, end;
    bool enabled;
} Clip;

static void add_path(Walker *w, unsigned nr, Clip clip)
{
    Path *p = g_malloc(sizeof(*p) + nr * sizeof(Step));

    p->start = clip.start;
    p->end = clip.end;
    p->nr = nr;
    p->enabled = clip.enabled;
    memcpy(p->steps, w->steps, nr * sizeof(Step));
    g_ptr_array_add(w->paths, p);
}

/* As rendering has it: an alias that shows itself shows nothing there. */
static bool shows_itself(const Walker *w, unsigned depth, const MemoryRegion *alias)
{
    for (unsigned i = 0; i < depth; i++) {
        if (w->steps[i].mr == alias) {
            return true;
        }
    }
    return false;
}

/* `base`: where mr itself lies. */
static void walk(Walker *w, MemoryRegion *mr, Wide base, unsigned depth, Clip clip)
{
    MemoryRegion *sub;

    clip.enabled = clip.enabled && mr->enabled;
    clip.start = MAX(clip.start, base);
    clip.end = MIN(clip.end, base + (Wide)mr->size);
    if (clip.start >= clip.end || depth == MAX_PATH || !(clip.enabled || w->disabled) ||
        (mr->alias && shows_itself(w, depth, mr))) {
        return;
    }
    w->steps[depth++] = (Step){ mr, base };
    if (mr->alias) {
        walk(w, mr->alias, base - mr->alias_offset, depth, clip);
        return;
    }
    QTAILQ_FOREACH (sub, &mr->subregions, subregions_link) {
        walk(w, sub, base + sub->addr, depth, clip);
    }
    if (mr->terminates) {
        add_path(w, depth, clip);
    }
}

/* The paths to all leaves of `root` within [start, end), front first. */
static GPtrArray *find_paths(MemoryRegion *root, Wide start, Wide end, bool disabled)
{
    g_autofree Walker *w = g_new(Walker, 1);

    w->paths = g_ptr_array_new_with_free_func(g_free);
    w->disabled = disabled;
    walk(w, root, 0, 0, (Clip){ start, end, true });
    return w->paths;
}

/* ---- Pieces of data ---- */

static void set_hex(JsonObject *o, const char *name, uint64_t value)
{
    char text[32];

    g_snprintf(text, sizeof(text), "0x%016" PRIx64, value);
    json_object_set_string_member(o, name, text);
}

static const char *region_kind(const MemoryRegion *mr)
{
    return mr->alias                    ? "alias"
           : mr->ram_device             ? "ramd"
           : memory_region_is_romd(mr)  ? "romd"
           : memory_region_is_rom(mr)   ? "rom"
           : mr->ram                    ? "ram"
           : mr->terminates             ? "i/o"
                                        : "container";
}

static JsonObject *region_object(const MemoryRegion *mr, hwaddr start)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "name", memory_region_name(mr));
    json_object_set_string_member(o, "kind", region_kind(mr));
    json_object_set_int_member(o, "priority", mr->priority);
    json_object_set_boolean_member(o, "enabled", mr->enabled);
    set_hex(o, "start", start);
    set_hex(o, "last", mr->size ? start + (hwaddr)(mr->size - 1) : start);
    if (mr->alias) {
        json_object_set_string_member(o, "target", memory_region_name(mr->alias));
        set_hex(o, "target-offset", mr->alias_offset);
    }
    return o;
}

static JsonNode *array_node(JsonArray *array)
{
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    json_node_take_array(node, array);
    return node;
}

static JsonNode *object_node(JsonObject *object)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(node, object);
    return node;
}

AddressSpace *address_space_by_name(const char *name)
{
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        if (!strcmp(as->name, name)) {
            return as;
        }
    }
    return NULL;
}

/* ---- The whole map ---- */

static JsonObject *tree_object(const MemoryRegion *mr, hwaddr start)
{
    JsonObject *o = region_object(mr, start);
    JsonArray *children = json_array_new();
    MemoryRegion *sub;

    QTAILQ_FOREACH (sub, &mr->subregions, subregions_link) {
        json_array_add_object_element(children, tree_object(sub, start + sub->addr));
    }
    json_object_set_array_member(o, "children", children);
    return o;
}

static JsonArray *view_ranges(const FlatView *view)
{
    JsonArray *ranges = json_array_new();

    for (unsigned i = 0; i < view->nr; i++) {
        const FlatRange *fr = &view->ranges[i];
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "name", memory_region_name(fr->mr));
        json_object_set_string_member(o, "kind",
                                      fr->readonly && fr->mr->ram ? "rom" : region_kind(fr->mr));
        json_object_set_int_member(o, "priority", fr->mr->priority);
        set_hex(o, "start", fr->start);
        set_hex(o, "last", fr->last);
        set_hex(o, "offset", fr->offset_in_region);
        json_array_add_object_element(ranges, o);
    }
    return ranges;
}

/* Adds the space's name to the object for `key`, which is made if there is none. */
static void add_to_group(GHashTable *groups, JsonArray *list, AddressSpace *as, gpointer key,
                         JsonObject *(*make)(AddressSpace *))
{
    JsonObject *group = g_hash_table_lookup(groups, key);

    if (!group) {
        group = make(as);
        json_object_set_array_member(group, "spaces", json_array_new());
        json_array_add_object_element(list, group);
        g_hash_table_insert(groups, key, group);
    }
    json_array_add_string_element(json_object_get_array_member(group, "spaces"), as->name);
}

static JsonObject *make_tree(AddressSpace *as)
{
    JsonObject *o = json_object_new();

    json_object_set_object_member(o, "root", tree_object(as->root, 0));
    return o;
}

static JsonObject *make_view(AddressSpace *as)
{
    JsonObject *o = json_object_new();

    json_object_set_array_member(o, "ranges", view_ranges(as->current_map));
    return o;
}

JsonNode *memory_query_map(void)
{
    g_autoptr(GHashTable) trees = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) views = g_hash_table_new(NULL, NULL);
    JsonArray *tree_list = json_array_new(), *view_list = json_array_new();
    JsonObject *map = json_object_new();
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        add_to_group(trees, tree_list, as, as->root, make_tree);
        add_to_group(views, view_list, as, as->current_map, make_view);
    }
    json_object_set_array_member(map, "trees", tree_list);
    json_object_set_array_member(map, "views", view_list);
    return object_node(map);
}

/* ---- Why ---- */

/* Where two paths part: the first step that differs, at most the shorter one's end. */
static unsigned parting(const Path *a, const Path *b)
{
    unsigned i = 0;

    while (i < a->nr && i < b->nr && a->steps[i].mr == b->steps[i].mr &&
           a->steps[i].base == b->steps[i].base) {
        i++;
    }
    return i;
}

/* What puts `back` behind `front`, which is before it in the walk. */
static const char *why_behind(const Path *front, const Path *back, const MemoryRegion **region,
                              const MemoryRegion **by)
{
    unsigned at = parting(front, back);

    *by = front->steps[MIN(at, front->nr - 1)].mr;
    *region = back->steps[MIN(at, back->nr - 1)].mr;
    return at >= back->nr || at >= front->nr          ? "container"
           : (*by)->priority != (*region)->priority ? "priority"
                                                      : "order";
}

static JsonArray *path_array(const Path *p, hwaddr addr)
{
    JsonArray *array = json_array_new();

    for (unsigned i = 0; i < p->nr; i++) {
        const Step *step = &p->steps[i];
        JsonObject *o = region_object(step->mr, (hwaddr)step->base);

        set_hex(o, "offset", (hwaddr)(addr - step->base));
        json_array_add_object_element(array, o);
    }
    return array;
}

static JsonObject *found_object(const Path *p, const Path *answers, hwaddr addr)
{
    JsonObject *o = json_object_new();

    json_object_set_array_member(o, "path", path_array(p, addr));
    json_object_set_boolean_member(o, "enabled", p->enabled);
    if (p->enabled && answers != p) {
        const MemoryRegion *region, *by;
        const char *reason = why_behind(answers, p, &region, &by);
        JsonObject *behind = json_object_new();

        json_object_set_object_member(behind, "region", region_object(region, region->addr));
        json_object_set_object_member(behind, "by", region_object(by, by->addr));
        json_object_set_string_member(behind, "reason", reason);
        json_object_set_object_member(o, "behind", behind);
    }
    return o;
}

JsonNode *memory_query_why(AddressSpace *as, hwaddr addr)
{
    g_autoptr(GPtrArray) paths = find_paths(as->root, addr, (Wide)addr + 1, true);
    JsonObject *answer = json_object_new();
    JsonArray *found = json_array_new();
    const Path *first = NULL;

    for (unsigned i = 0; i < paths->len; i++) {
        const Path *p = g_ptr_array_index(paths, i);

        first = first ? first : p->enabled ? p : NULL;
        json_array_add_object_element(found, found_object(p, first, addr));
    }
    json_object_set_string_member(answer, "space", as->name);
    set_hex(answer, "address", addr);
    json_object_set_array_member(answer, "found", found);
    return object_node(answer);
}

/* ---- Overlaps ---- */

typedef struct Interval {
    Wide start, end;
} Interval;

typedef struct Hiding {
    JsonArray *list;
    const char *space;
    const Path *path;   /* the leaf that is asked about */
    GArray *remaining;  /* Interval: what nothing has hidden yet */
    unsigned first;     /* of the leaf's entries in the list */
} Hiding;

/* Both show the same byte of the same region: it doesn't matter which one does. */
static bool same_bytes(const Path *a, const Path *b)
{
    const Step *x = &a->steps[a->nr - 1], *y = &b->steps[b->nr - 1];

    return x->mr == y->mr && x->base == y->base;
}

static void tell_hidden(Hiding *h, const Path *front, Wide start, Wide end)
{
    const MemoryRegion *region, *by;
    JsonObject *o;

    if (same_bytes(front, h->path) || strcmp(why_behind(front, h->path, &region, &by), "order")) {
        return;
    }
    o = json_object_new();
    json_object_set_string_member(o, "space", h->space);
    set_hex(o, "start", (hwaddr)start);
    set_hex(o, "last", (hwaddr)(end - 1));
    json_object_set_string_member(o, "hidden",
                                  memory_region_name(h->path->steps[h->path->nr - 1].mr));
    json_object_set_string_member(o, "by", memory_region_name(front->steps[front->nr - 1].mr));
    json_object_set_string_member(o, "region", memory_region_name(region));
    json_object_set_string_member(o, "region-by", memory_region_name(by));
    json_array_add_object_element(h->list, o);
}

/* `front` hides its part of what remains. */
static void hide(Hiding *h, const Path *front)
{
    GArray *rest = g_array_new(FALSE, FALSE, sizeof(Interval));

    for (unsigned i = 0; i < h->remaining->len; i++) {
        Interval was = g_array_index(h->remaining, Interval, i);
        Wide start = MAX(was.start, front->start), end = MIN(was.end, front->end);
        Interval before = { was.start, MIN(was.end, start) };
        Interval after = { MAX(was.start, end), was.end };

        if (start >= end) {
            g_array_append_val(rest, was);
            continue;
        }
        tell_hidden(h, front, start, end);
        if (before.start < before.end) {
            g_array_append_val(rest, before);
        }
        if (after.start < after.end) {
            g_array_append_val(rest, after);
        }
    }
    g_array_free(h->remaining, TRUE);
    h->remaining = rest;
}

/*
 * The paths by where they start, and how far those up to each reach: of thousands of leaves, few can
 * hide a given one.
 */
typedef struct ByStart {
    unsigned nr;   /* the path's place in the list, front first */
    Wide start;
    Wide reach;    /* the greatest end up to here */
} ByStart;

static gint compare_starts(gconstpointer a, gconstpointer b)
{
    const ByStart *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

static GArray *sort_by_start(GPtrArray *paths)
{
    GArray *sorted = g_array_sized_new(FALSE, FALSE, sizeof(ByStart), paths->len);
    Wide reach = 0;

    for (unsigned i = 0; i < paths->len; i++) {
        const Path *p = g_ptr_array_index(paths, i);
        ByStart entry = { i, p->start, p->end };

        g_array_append_val(sorted, entry);
    }
    g_array_sort(sorted, compare_starts);
    for (unsigned i = 0; i < sorted->len; i++) {
        ByStart *entry = &g_array_index(sorted, ByStart, i);

        reach = MAX(reach, entry->reach);
        entry->reach = reach;
    }
    return sorted;
}

/* How many of `sorted` start before `end`. */
static unsigned count_before(GArray *sorted, Wide end)
{
    unsigned low = 0, high = sorted->len;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (g_array_index(sorted, ByStart, middle).start < end) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static gint compare_numbers(gconstpointer a, gconstpointer b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return x < y ? -1 : x > y;
}

/* The paths in front of number `nr` that share an address with it, front first. */
static GArray *in_front(GPtrArray *paths, GArray *sorted, unsigned nr)
{
    const Path *path = g_ptr_array_index(paths, nr);
    GArray *found = g_array_new(FALSE, FALSE, sizeof(unsigned));

    for (unsigned i = count_before(sorted, path->end); i > 0; i--) {
        const ByStart *entry = &g_array_index(sorted, ByStart, i - 1);

        if (entry->reach <= path->start) {
            break;
        }
        if (entry->nr < nr && ((const Path *)g_ptr_array_index(paths, entry->nr))->end > path->start) {
            g_array_append_val(found, entry->nr);
        }
    }
    g_array_sort(found, compare_numbers);
    return found;
}

static void find_hidden(JsonArray *list, const char *space, GPtrArray *paths, GArray *sorted,
                        unsigned nr)
{
    Hiding h = { list, space, g_ptr_array_index(paths, nr),
                 g_array_new(FALSE, FALSE, sizeof(Interval)), json_array_get_length(list) };
    Interval all = { h.path->start, h.path->end };
    GArray *front = in_front(paths, sorted, nr);

    g_array_append_val(h.remaining, all);
    for (unsigned i = 0; i < front->len && h.remaining->len; i++) {
        hide(&h, g_ptr_array_index(paths, g_array_index(front, unsigned, i)));
    }
    for (unsigned i = h.first; i < json_array_get_length(list); i++) {
        json_object_set_boolean_member(json_array_get_object_element(list, i), "whole",
                                       !h.remaining->len);
    }
    g_array_free(h.remaining, TRUE);
    g_array_free(front, TRUE);
}

JsonNode *memory_query_overlaps(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    JsonArray *list = json_array_new();
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        if (g_hash_table_add(seen, as->current_map)) {
            g_autoptr(GPtrArray) paths = find_paths(as->root, 0, (Wide)MEMORY_SIZE_MAX, false);
            g_autoptr(GArray) sorted = sort_by_start(paths);

            for (unsigned i = 0; i < paths->len; i++) {
                find_hidden(list, as->name, paths, sorted, i);
            }
        }
    }
    return array_node(list);
}

/* ---- RAM blocks ---- */

static int add_block(RAMBlock *rb, void *opaque)
{
    g_ptr_array_add(opaque, rb);
    return 0;
}

static gint compare_totals(gconstpointer a, gconstpointer b)
{
    ram_addr_t x = (*(RAMBlock *const *)a)->max_length, y = (*(RAMBlock *const *)b)->max_length;

    return x < y ? 1 : x > y ? -1 : 0;
}

JsonNode *memory_query_ramblocks(void)
{
    g_autoptr(GPtrArray) blocks = g_ptr_array_new();
    JsonArray *list = json_array_new();

    qemu_ram_foreach_block(add_block, blocks);
    g_ptr_array_sort(blocks, compare_totals);
    for (unsigned i = 0; i < blocks->len; i++) {
        const RAMBlock *rb = g_ptr_array_index(blocks, i);
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "name", rb->idstr);
        json_object_set_int_member(o, "page-size", rb->host_page_size);
        set_hex(o, "offset", rb->offset);
        set_hex(o, "used", rb->used_length);
        set_hex(o, "total", rb->max_length);
        json_array_add_object_element(list, o);
    }
    return array_node(list);
}
