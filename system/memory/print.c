/*
 * `info mtree`: region trees and flat views as text, in the layout that people and scripts know.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"

typedef struct MtreeState {
    GString *out;
    bool owner;
    bool disabled;
    bool dispatch;
    GPtrArray *alias_targets; /* in the order found; the list grows while it is printed */
} MtreeState;

static const char *region_type(const MemoryRegion *mr)
{
    while (mr->alias) {
        mr = mr->alias;
    }
    return mr->ram_device              ? "ramd"
           : memory_region_is_romd(mr) ? "romd"
           : memory_region_is_rom(mr)  ? "rom"
           : mr->ram                   ? "ram"
                                       : "i/o";
}

/* A device the user named lies below /machine/peripheral; its name says more than the path. */
static void print_object(GString *out, const char *label, Object *obj)
{
    static const char named[] = "/machine/peripheral/";
    g_autofree char *path = object_get_canonical_path(obj);
    const char *kind = object_dynamic_cast(obj, "device") ? "dev" : "obj";

    if (path && g_str_has_prefix(path, named)) {
        g_string_append_printf(out, " %s:{%s id=%s}", label, kind, path + strlen(named));
    } else {
        g_string_append_printf(out, " %s:{%s path=%s}", label, kind, path ? path : "(none)");
    }
}

static void print_owner(GString *out, MemoryRegion *mr)
{
    if (mr->owner) {
        print_object(out, "owner", mr->owner);
    } else if (OBJECT(mr)->parent) {
        print_object(out, "parent", OBJECT(mr)->parent);
    } else {
        g_string_append(out, " orphan");
    }
}

/* The last address of a region at `start`; an empty one ends where it starts. */
static hwaddr last_address(hwaddr start, MemSize size)
{
    return size ? start + (hwaddr)(size - 1) : start;
}

static void print_line(const MtreeState *s, MemoryRegion *mr, unsigned level, hwaddr start)
{
    GString *out = s->out;

    g_string_append_printf(
        out, "%*s%016" PRIx64 "-%016" PRIx64 " (prio %d, %s%s): ", (int)level * 2, "", start,
        last_address(start, mr->size), mr->priority, mr->nonvolatile ? "nv-" : "", region_type(mr));
    if (mr->alias) {
        g_string_append_printf(out, "alias %s @%s %016" PRIx64 "-%016" PRIx64,
                               memory_region_name(mr), memory_region_name(mr->alias),
                               mr->alias_offset, last_address(mr->alias_offset, mr->size));
    } else {
        g_string_append(out, memory_region_name(mr));
    }
    g_string_append(out, mr->enabled ? "" : " [disabled]");
    if (s->owner) {
        print_owner(out, mr);
    }
    g_string_append_c(out, '\n');
}

static gint compare_children(gconstpointer a, gconstpointer b)
{
    const MemoryRegion *x = a, *y = b;

    return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* By address; at the same address front first, as they stand: the sort is stable. */
static GList *sorted_children(MemoryRegion *mr)
{
    GList *children = NULL;
    MemoryRegion *sub;

    QTAILQ_FOREACH (sub, &mr->subregions, subregions_link) {
        children = g_list_prepend(children, sub);
    }
    return g_list_sort(g_list_reverse(children), compare_children);
}

/* What lies in a disabled region is printed though its own line isn't: others lay it out so. */
static void print_tree(MtreeState *s, MemoryRegion *mr, unsigned level, hwaddr base)
{
    hwaddr start = base + mr->addr;

    if (mr->alias && !g_ptr_array_find(s->alias_targets, mr->alias, NULL)) {
        g_ptr_array_add(s->alias_targets, mr->alias);
    }
    if (mr->enabled || s->disabled) {
        print_line(s, mr, level, start);
    }

    g_autoptr(GList) children = sorted_children(mr);
    for (GList *child = children; child; child = child->next) {
        print_tree(s, child->data, level + 1, start);
    }
}

static gint compare_space_names(gconstpointer a, gconstpointer b)
{
    const AddressSpace *x = *(AddressSpace *const *)a, *y = *(AddressSpace *const *)b;

    return strcmp(x->name, y->name);
}

/* The address spaces for which key(as) is `key`, in order of creation. */
static GPtrArray *spaces_with(gpointer (*key)(AddressSpace *), gpointer wanted)
{
    GPtrArray *group = g_ptr_array_new();
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        if (key(as) == wanted) {
            g_ptr_array_add(group, as);
        }
    }
    return group;
}

static gpointer space_root(AddressSpace *as)
{
    return as->root;
}

static gpointer space_view(AddressSpace *as)
{
    return as->current_map;
}

static void print_space_group(MtreeState *s, MemoryRegion *root)
{
    g_autoptr(GPtrArray) group = spaces_with(space_root, root);

    g_ptr_array_sort(group, compare_space_names);
    for (unsigned i = 0; i < group->len; i++) {
        AddressSpace *as = g_ptr_array_index(group, i);
        g_string_append_printf(s->out, "address-space: %s\n", as->name);
    }
    /* In an address space its root lies at 0, wherever else it is mapped. */
    print_tree(s, root, 1, -root->addr);
    g_string_append_c(s->out, '\n');
}

static void print_trees(MtreeState *s)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    AddressSpace *as;

    s->alias_targets = g_ptr_array_new();
    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        if (g_hash_table_add(seen, as->root)) {
            print_space_group(s, as->root);
        }
    }
    for (unsigned i = 0; i < s->alias_targets->len; i++) {
        MemoryRegion *mr = g_ptr_array_index(s->alias_targets, i);
        g_string_append_printf(s->out, "memory-region: %s\n", memory_region_name(mr));
        print_tree(s, mr, 1, 0);
        g_string_append_c(s->out, '\n');
    }
    g_ptr_array_free(s->alias_targets, TRUE);
}

static void print_range(const MtreeState *s, const FlatRange *fr)
{
    g_string_append_printf(s->out, "  %016" PRIx64 "-%016" PRIx64 " (prio %d, %s%s): %s", fr->start,
                           fr->last, fr->mr->priority, fr->nonvolatile ? "nv-" : "",
                           fr->readonly && fr->mr->ram ? "rom" : region_type(fr->mr),
                           memory_region_name(fr->mr));
    if (fr->offset_in_region) {
        g_string_append_printf(s->out, " @%016" PRIx64, fr->offset_in_region);
    }
    if (s->owner) {
        print_owner(s->out, fr->mr);
    }
    g_string_append_c(s->out, '\n');
}

static void print_section(GString *out, unsigned number, hwaddr start, hwaddr last,
                          const char *name, const char *note)
{
    g_string_append_printf(out, "      #%u @%016" PRIx64 "..%016" PRIx64 " %s%s\n", number, start,
                           last, name, note);
}

/* How an address is found: no tree, but one sorted array, halved until one section is left. */
static void print_dispatch(GString *out, const FlatView *view)
{
    unsigned steps = 0;

    g_string_append(out, "  Dispatch\n    Physical sections\n");
    print_section(out, 0, 0, HWADDR_MAX, "(noname)", " [unassigned]");
    for (unsigned i = 0; i < view->nr; i++) {
        const FlatRange *fr = &view->ranges[i];

        print_section(out, i + 1, fr->start, fr->last, memory_region_name(fr->mr),
                      fr->mr->is_iommu ? " [iommu]" : "");
    }
    while (steps < 32 && (1u << steps) < view->nr) {
        steps++;
    }
    g_string_append_printf(out, "    Binary search over %u section%s: %u step%s, none where the "
                           "last hit hits again\n", view->nr, view->nr == 1 ? "" : "s", steps + 1,
                           steps ? "s" : "");
}

static void print_view(const MtreeState *s, FlatView *view, unsigned number)
{
    g_autoptr(GPtrArray) group = spaces_with(space_view, view);

    g_string_append_printf(s->out, "FlatView #%u\n", number);
    for (unsigned i = 0; i < group->len; i++) {
        AddressSpace *as = g_ptr_array_index(group, i);
        g_string_append_printf(s->out, " AS \"%s\", root: %s", as->name,
                               memory_region_name(as->root));
        if (as->root->alias) {
            g_string_append_printf(s->out, ", alias %s", memory_region_name(as->root->alias));
        }
        g_string_append_c(s->out, '\n');
    }
    g_string_append_printf(s->out, " Root memory region: %s\n",
                           view->root ? memory_region_name(view->root) : "(none)");
    for (unsigned i = 0; i < view->nr; i++) {
        print_range(s, &view->ranges[i]);
    }
    if (s->dispatch && view->nr) {
        print_dispatch(s->out, view);
    }
    g_string_append(s->out, view->nr ? "\n" : "  No rendered FlatView\n\n");
}

static void print_views(const MtreeState *s)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    AddressSpace *as;
    unsigned number = 0;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        if (g_hash_table_add(seen, as->current_map)) {
            print_view(s, as->current_map, number++);
        }
    }
}

void mtree_info(bool flatview, bool dispatch_tree, bool owner, bool disabled, GString *out)
{
    MtreeState s = { .out = out, .owner = owner, .disabled = disabled, .dispatch = dispatch_tree };

    if (flatview) {
        print_views(&s);
    } else {
        print_trees(&s);
    }
}
