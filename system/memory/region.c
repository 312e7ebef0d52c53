/*
 * Memory regions: making them, linking them into a tree, changing and asking them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "internal.h"

/* ---- Objects ---- */

/* A region without an owner belongs to the machine, if there is one by now. */
static Object *default_parent(void)
{
    Object *machine = object_resolve_path_component(object_get_root(), "machine");

    return machine ? container_get(machine, "/unattached") : NULL;
}

/* As a component of an object path: '/' would end it. */
static char *property_name(const char *name)
{
    GString *s = g_string_new(name);

    g_string_replace(s, "/", "\\x2f", 0);
    g_string_append(s, "[*]");
    return g_string_free(s, FALSE);
}

static MemSize size_from_u64(uint64_t size)
{
    return size == UINT64_MAX ? MEMORY_SIZE_MAX : size;
}

void memory_region_set_up(MemoryRegion *mr, Object *owner, const char *name, uint64_t size)
{
    Object *parent = owner ? owner : default_parent();

    mr->size = size_from_u64(size);
    mr->limit = size;
    mr->owner = owner;
    mr->name = g_strdup(name);
    if (name && parent) {
        g_autofree char *prop = property_name(name);
        object_property_add_child(parent, prop, OBJECT(mr));
        object_unref(OBJECT(mr));
    }
}

void memory_region_init(MemoryRegion *mr, Object *owner, const char *name, uint64_t size)
{
    object_initialize(mr, sizeof(*mr), TYPE_MEMORY_REGION);
    memory_region_set_up(mr, owner, name, size);
}

static void memory_region_instance_init(Object *obj)
{
    MemoryRegion *mr = MEMORY_REGION(obj);

    mr->enabled = true;
    mr->romd_mode = true;
    mr->ops = &unassigned_mem_ops;
    QTAILQ_INIT(&mr->subregions);
}

static void memory_region_instance_finalize(Object *obj)
{
    MemoryRegion *mr = MEMORY_REGION(obj);

    assert(!mr->container && "a memory region dies while it is mapped");
    mr->enabled = false;
    memory_region_transaction_begin();
    while (!QTAILQ_EMPTY(&mr->subregions)) {
        memory_region_del_subregion(mr, QTAILQ_FIRST(&mr->subregions));
    }
    memory_region_transaction_commit();
    if (mr->destructor) {
        mr->destructor(mr);
    }
    memory_region_clear_events(mr);
    g_clear_pointer(&mr->name, g_free);
}

static void get_size(Object *obj, QValue *value, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(value, memory_region_size(MEMORY_REGION(obj)));
}

static void get_addr(Object *obj, QValue *value, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(value, MEMORY_REGION(obj)->addr);
}

static void get_priority(Object *obj, QValue *value, const char *name, void *opaque, Error **errp)
{
    qvalue_set_int(value, MEMORY_REGION(obj)->priority);
}

static char *get_container(Object *obj, Error **errp)
{
    MemoryRegion *container = MEMORY_REGION(obj)->container;
    char *path = container ? object_get_canonical_path(OBJECT(container)) : NULL;

    return path ? path : g_strdup("");
}

static void memory_region_class_init(ObjectClass *oc, void *data)
{
    object_class_property_add_str(oc, "container", get_container, NULL);
    object_class_property_add(oc, "addr", "uint64", get_addr, NULL, NULL, NULL);
    object_class_property_add(oc, "priority", "int32", get_priority, NULL, NULL, NULL);
    object_class_property_add(oc, "size", "uint64", get_size, NULL, NULL, NULL);
}

static const TypeInfo memory_region_info = {
    .name = TYPE_MEMORY_REGION,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(MemoryRegion),
    .instance_align = __alignof__(MemoryRegion),
    .instance_init = memory_region_instance_init,
    .instance_finalize = memory_region_instance_finalize,
    .class_init = memory_region_class_init,
};

static void memory_region_register_types(void)
{
    type_register_static(&memory_region_info);
}

type_init(memory_region_register_types)

void memory_region_ref(MemoryRegion *mr)
{
    if (mr && mr->owner) {
        object_ref(mr->owner);
    }
}

void memory_region_unref(MemoryRegion *mr)
{
    if (mr && mr->owner) {
        object_unref(mr->owner);
    }
}

/* ---- Kinds of regions without memory of their own ---- */

void memory_region_init_io(MemoryRegion *mr, Object *owner, const MemoryRegionOps *ops,
                           void *opaque, const char *name, uint64_t size)
{
    memory_region_init(mr, owner, name, size);
    mr->ops = ops ? ops : &unassigned_mem_ops;
    mr->opaque = opaque;
    mr->terminates = true;
}

void memory_region_init_reservation(MemoryRegion *mr, Object *owner, const char *name,
                                    uint64_t size)
{
    memory_region_init_io(mr, owner, NULL, NULL, name, size);
}

void memory_region_init_alias(MemoryRegion *mr, Object *owner, const char *name, MemoryRegion *orig,
                              hwaddr offset, uint64_t size)
{
    memory_region_init(mr, owner, name, size);
    mr->alias = orig;
    mr->alias_offset = offset;
}

/* ---- The tree ---- */

/* Something that shows (as far as mr's own container goes) has changed. */
static void changed(MemoryRegion *mr, bool shows)
{
    memory_region_transaction_begin();
    memory_region_mark_changed(shows);
    memory_region_transaction_commit();
}

/* Front to back: an equal priority goes in front of those already there. */
static void link_subregion(MemoryRegion *container, MemoryRegion *subregion)
{
    MemoryRegion *other;

    QTAILQ_FOREACH (other, &container->subregions, subregions_link) {
        if (subregion->priority >= other->priority) {
            QTAILQ_INSERT_BEFORE(other, subregion, subregions_link);
            return;
        }
    }
    QTAILQ_INSERT_TAIL(&container->subregions, subregion, subregions_link);
}

static void count_alias_mappings(MemoryRegion *mr, int delta)
{
    for (MemoryRegion *alias = mr->alias; alias; alias = alias->alias) {
        alias->mapped_via_alias += delta;
    }
}

void memory_region_add_subregion_overlap(MemoryRegion *mr, hwaddr offset, MemoryRegion *subregion,
                                         int priority)
{
    assert(!subregion->container && "a memory region is mapped twice; use an alias");
    subregion->priority = priority;
    subregion->container = mr;
    subregion->addr = offset;
    count_alias_mappings(subregion, 1);
    memory_region_ref(subregion);
    link_subregion(mr, subregion);
    changed(mr, mr->enabled && subregion->enabled);
}

void memory_region_add_subregion(MemoryRegion *mr, hwaddr offset, MemoryRegion *subregion)
{
    memory_region_add_subregion_overlap(mr, offset, subregion, 0);
}

void memory_region_del_subregion(MemoryRegion *mr, MemoryRegion *subregion)
{
    assert(subregion->container == mr && "a memory region is removed from where it isn't");
    memory_region_transaction_begin();
    subregion->container = NULL;
    count_alias_mappings(subregion, -1);
    QTAILQ_REMOVE(&mr->subregions, subregion, subregions_link);
    memory_region_mark_changed(mr->enabled && subregion->enabled);
    memory_region_unref(subregion);
    memory_region_transaction_commit();
}

void memory_region_set_address(MemoryRegion *mr, hwaddr addr)
{
    MemoryRegion *container = mr->container;

    if (mr->addr == addr) {
        return;
    }
    mr->addr = addr;
    if (container) {
        /* As if added again: it comes to the front of its priority. */
        QTAILQ_REMOVE(&container->subregions, mr, subregions_link);
        link_subregion(container, mr);
        changed(mr, container->enabled && mr->enabled);
    }
}

/* Readers on other threads go on meanwhile. */
#define SET_AND_RENDER(mr, field, value)                                                           \
    do {                                                                                           \
        if ((mr)->field != (value)) {                                                              \
            qatomic_set(&(mr)->field, (value));                                                    \
            changed(mr, (mr)->enabled);                                                            \
        }                                                                                          \
    } while (0)

void memory_region_set_enabled(MemoryRegion *mr, bool enabled)
{
    if (mr->enabled != enabled) {
        mr->enabled = enabled;
        changed(mr, true);
    }
}

void memory_region_set_size(MemoryRegion *mr, uint64_t size)
{
    assert((!mr->ram_block || size <= mr->ram_block->max_length) && "RAM larger than it is");
    if (mr->size != size_from_u64(size)) {
        mr->size = size_from_u64(size);
        qatomic_set(&mr->limit, size);
        changed(mr, mr->enabled);
    }
}

void memory_region_set_alias_offset(MemoryRegion *mr, hwaddr offset)
{
    assert(mr->alias && "only an alias has an alias offset");
    SET_AND_RENDER(mr, alias_offset, offset);
}

void memory_region_set_readonly(MemoryRegion *mr, bool readonly)
{
    SET_AND_RENDER(mr, readonly, readonly);
}

void memory_region_set_nonvolatile(MemoryRegion *mr, bool nonvolatile)
{
    SET_AND_RENDER(mr, nonvolatile, nonvolatile);
}

void memory_region_rom_device_set_romd(MemoryRegion *mr, bool romd_mode)
{
    assert(mr->rom_device && "only a ROM device has a romd mode");
    SET_AND_RENDER(mr, romd_mode, romd_mode);
}

void memory_region_ram_resize(MemoryRegion *mr, ram_addr_t newsize, Error **errp)
{
    assert(mr->ram_block && "only RAM is resized");
    if (qemu_ram_resize(mr->ram_block, newsize, errp)) {
        memory_region_set_size(mr, newsize);
    }
}

/* ---- Asking ---- */

uint64_t memory_region_size(const MemoryRegion *mr)
{
    return mr->size == MEMORY_SIZE_MAX ? UINT64_MAX : (uint64_t)mr->size;
}

const char *memory_region_name(const MemoryRegion *mr)
{
    return mr->name ? mr->name : "(noname)";
}

Object *memory_region_owner(MemoryRegion *mr)
{
    return mr->owner;
}

/* The region that an alias stands for in the end, and adds to *offset where it starts. */
static const MemoryRegion *resolve_alias(const MemoryRegion *mr, hwaddr *offset)
{
    while (mr->alias) {
        *offset += mr->alias_offset;
        mr = mr->alias;
    }
    return mr;
}

int memory_region_get_fd(const MemoryRegion *mr)
{
    hwaddr offset = 0;
    const MemoryRegion *target = resolve_alias(mr, &offset);

    return target->ram_block ? target->ram_block->fd : -1;
}

void memory_region_set_contents_on_demand(MemoryRegion *mr, void (*make)(MemoryRegion *mr))
{
    g_assert(mr->rom_device && !mr->romd_mode);
    mr->make_contents = make;
}

void memory_region_demand_contents(MemoryRegion *mr)
{
    void (*make)(MemoryRegion *mr) = mr->make_contents;

    if (make) {
        mr->make_contents = NULL;
        make(mr);
    }
}

void *memory_region_get_ram_ptr(MemoryRegion *mr)
{
    hwaddr offset = 0;
    const MemoryRegion *target = resolve_alias(mr, &offset);

    memory_region_demand_contents((MemoryRegion *)target);
    return target->ram_block ? target->ram_block->host + offset : NULL;
}

ram_addr_t memory_region_get_ram_addr(MemoryRegion *mr)
{
    return mr->ram_block ? mr->ram_block->offset : RAM_ADDR_INVALID;
}

bool memory_region_is_mapped(const MemoryRegion *mr)
{
    return mr->container || mr->mapped_via_alias;
}

/* The address space that shows all of mr's tree, and mr's place in it. */
static AddressSpace *find_address_space(MemoryRegion *mr, hwaddr *addr)
{
    AddressSpace *as;

    while (mr->container) {
        *addr += mr->addr;
        mr = mr->container;
    }
    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        if (as->root == mr) {
            return as;
        }
    }
    return NULL;
}

MemoryRegionSection memory_region_find(MemoryRegion *mr, hwaddr addr, uint64_t size)
{
    AddressSpace *as = find_address_space(mr, &addr);
    MemSize end = (MemSize)addr + size_from_u64(size);
    MemoryRegionSection section = { 0 };
    RCU_READ_LOCK_GUARD();

    if (as) {
        FlatView *view = address_space_view(as);
        unsigned i = flatview_lower_bound(view, addr);

        if (i < view->nr && view->ranges[i].start < end) {
            const FlatRange *fr = &view->ranges[i];
            hwaddr start = MAX(fr->start, addr);

            section = flat_range_section(fr, view);
            section.offset_within_address_space = start;
            section.offset_within_region += start - fr->start;
            section.size = MIN((MemSize)fr->last + 1, end) - start;
            memory_region_ref(section.mr);
        }
    }
    return section;
}

bool memory_region_present(MemoryRegion *container, hwaddr addr)
{
    MemoryRegion *mr = memory_region_find(container, addr, 1).mr;

    memory_region_unref(mr);
    return mr && mr != container;
}
