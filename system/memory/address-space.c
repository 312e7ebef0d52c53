/*
 * Address spaces: creation, and publishing of new views.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "system/address-spaces.h"

AddressSpaceList address_spaces = QTAILQ_HEAD_INITIALIZER(address_spaces);

AddressSpace address_space_memory;
AddressSpace address_space_io;
static MemoryRegion *system_memory;
static MemoryRegion *system_io;

/* Gives `as` the view (whose reference it takes over) and tells its listeners what is different. */
static void publish(AddressSpace *as, FlatView *view)
{
    FlatView *old = as->current_map;

    if (old == view) {
        flatview_unref(view);
        return;
    }
    qatomic_rcu_set(&as->current_map, view);
    memory_listeners_update(as, old, view);
    flatview_unref(old);
}

/* A view of what `as` shows now: rendered once for each effective root and kept in `rendered`. */
static FlatView *current_view(AddressSpace *as, GHashTable *rendered)
{
    MemoryRegion *root = memory_region_effective_root(as->root);
    FlatView *view = g_hash_table_lookup(rendered, root);

    if (!view) {
        view = flatview_new(root);
        if (as->current_map && flatview_same_ranges(as->current_map, view)) {
            flatview_unref(view);
            view = flatview_ref(as->current_map);
        }
        g_hash_table_insert(rendered, root, view);
    }
    return flatview_ref(view);
}

static GHashTable *render_cache_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)flatview_unref);
}

void address_spaces_update(void)
{
    GHashTable *rendered = render_cache_new();
    AddressSpace *as;

    memory_listeners_begin();
    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        publish(as, current_view(as, rendered));
    }
    memory_listeners_commit();
    g_hash_table_destroy(rendered);
}

/* The view of another address space with the same effective root, or a new one. */
static FlatView *find_or_render(AddressSpace *as)
{
    MemoryRegion *root = memory_region_effective_root(as->root);
    AddressSpace *other;

    QTAILQ_FOREACH (other, &address_spaces, address_spaces_link) {
        if (other != as && other->current_map && other->current_map->root == root) {
            return flatview_ref(other->current_map);
        }
    }
    return flatview_new(root);
}

void address_space_init(AddressSpace *as, MemoryRegion *root, const char *name)
{
    memory_region_ref(root);
    as->root = root;
    as->name = g_strdup(name ? name : "anonymous");
    as->current_map = NULL;
    QTAILQ_INIT(&as->listeners);
    /*
     * Changes that wait for their commit must not show in this space alone: commit renders all
     * again.
     */
    qatomic_rcu_set(&as->current_map, find_or_render(as));
    QTAILQ_INSERT_TAIL(&address_spaces, as, address_spaces_link);
}

void address_space_destroy(AddressSpace *as)
{
    FlatView *view = as->current_map;

    assert(QTAILQ_EMPTY(&as->listeners) && "an address space is destroyed before its listeners");
    QTAILQ_REMOVE(&address_spaces, as, address_spaces_link);
    qatomic_rcu_set(&as->current_map, NULL);
    flatview_unref(view);
    memory_region_unref(as->root);
    as->root = NULL;
    g_clear_pointer(&as->name, g_free);
}

void memory_map_init(void)
{
    if (system_memory) {
        return;
    }
    system_memory = g_new0(MemoryRegion, 1);
    memory_region_init(system_memory, NULL, "system", UINT64_MAX);
    address_space_init(&address_space_memory, system_memory, "memory");

    system_io = g_new0(MemoryRegion, 1);
    memory_region_init_io(system_io, NULL, NULL, NULL, "io", 65536);
    address_space_init(&address_space_io, system_io, "I/O");
}

MemoryRegion *get_system_memory(void)
{
    memory_map_init();
    return system_memory;
}

MemoryRegion *get_system_io(void)
{
    memory_map_init();
    return system_io;
}
