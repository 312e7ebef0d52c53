/*
 * Where a machine's RAM comes from: a backend of the user's (-machine memory-backend=, -numa
 * memdev=), a file (-mem-path), or a backend made here.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/numa.h"
#include "machine-internal.h"
#include "qapi/error.h"
#include "qom/object_interfaces.h"
#include "system/ramblock.h"

/* --- what was asked for --- */

static bool wants_numa_memory(MachineState *ms)
{
    return ms->numa_state && ms->numa_state->have_memdevs;
}

bool machine_has_own_memory(MachineState *ms)
{
    return ms->memdev_id || ms->mem_path || wants_numa_memory(ms);
}

static bool check_sources(MachineState *ms, Error **errp)
{
    if (ms->memdev_id && wants_numa_memory(ms)) {
        error_setg(errp, "'-machine memory-backend' and '-numa memdev' properties are mutually "
                         "exclusive");
        return false;
    }
    if (ms->mem_path && (ms->memdev_id || wants_numa_memory(ms))) {
        error_setg(errp, "'-mem-path' can't be used together with '%s'",
                   ms->memdev_id ? "-machine memory-backend" : "-numa memdev");
        return false;
    }
    return true;
}

/* Without -m the backend says how much there is. */
static bool take_size(MachineState *ms, HostMemoryBackend *backend, Error **errp)
{
    if (!ms->ram_size_given) {
        uint64_t max = ms->maxram_size > ms->ram_size ? ms->maxram_size : 0;

        return machine_set_ram_size(ms, backend->size, errp) &&
               machine_set_memory_slots(ms, ms->ram_slots, max, errp);
    }
    if (ms->ram_size != backend->size) {
        error_setg(errp, "Machine memory size (0x%" PRIx64 ") does not match the size of the "
                         "memory backend '%s' (0x%" PRIx64 ")", (uint64_t)ms->ram_size,
                   ms->memdev_id, backend->size);
        return false;
    }
    return true;
}

static bool take_memdev(MachineState *ms, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), ms->memdev_id);

    if (!obj || !object_dynamic_cast(obj, TYPE_MEMORY_BACKEND)) {
        error_setg(errp, "Memory backend '%s' not found", ms->memdev_id);
        return false;
    }
    if (host_memory_backend_is_mapped(MEMORY_BACKEND(obj))) {
        error_setg(errp, "memory backend '%s' is already in use", ms->memdev_id);
        return false;
    }
    ms->memdev = MEMORY_BACKEND(object_ref(obj));
    host_memory_backend_set_mapped(ms->memdev, true);
    return true;
}

bool machine_resolve_memory(MachineState *ms, Error **errp)
{
    return check_sources(ms, errp) &&
           (!ms->memdev_id || (take_memdev(ms, errp) && take_size(ms, ms->memdev, errp))) &&
           machine_numa_check(ms, errp);
}

/* --- making it --- */

/* A backend named like the region, among the user's. */
static bool make_backend(MachineState *ms, const char *id, uint64_t size, Error **errp)
{
    g_autoptr(GPtrArray) props = g_ptr_array_new_with_free_func(g_free);
    Object *obj;

    g_ptr_array_add(props, g_strdup("size"));
    g_ptr_array_add(props, g_strdup_printf("%" PRIu64, size));
    if (ms->mem_path) {
        g_ptr_array_add(props, g_strdup("mem-path"));
        g_ptr_array_add(props, g_strdup(ms->mem_path));
    }
    obj = user_creatable_add_type(ms->mem_path ? TYPE_MEMORY_BACKEND_FILE : TYPE_MEMORY_BACKEND_RAM,
                                  id, props, errp);
    if (!obj) {
        return false;
    }
    ms->memdev = MEMORY_BACKEND(object_ref(obj));
    host_memory_backend_set_mapped(ms->memdev, true);
    return true;
}

MemoryRegion *machine_make_memory(MachineState *ms, const char *name, uint64_t size, Error **errp)
{
    MemoryRegion *mr = machine_numa_memory(ms, name);

    if (!mr && (ms->memdev || make_backend(ms, name, size, errp))) {
        mr = host_memory_backend_get_memory(ms->memdev);
    }
    ms->memory_taken = mr != NULL;
    return mr;
}

/*
 * The way of boards that make their RAM themselves. The user's memory shows through an alias, so
 * that mr is memory to those who ask it.
 */
void memory_region_allocate_system_memory(MemoryRegion *mr, Object *owner, const char *name,
                                          uint64_t ram_size)
{
    MachineState *ms = current_machine;

    if (!ms || !machine_has_own_memory(ms)) {
        memory_region_init_ram_flags_nomigrate(mr, owner, name, ram_size,
                                               RAM_SHARED | RAM_MIGRATABLE, &error_fatal);
        return;
    }
    assert(!ms->memory_taken && "a board allocates its system memory once");
    if (ram_size != ms->ram_size) {
        error_setg(&error_fatal, "machine memory '%s' is 0x%" PRIx64 " bytes, not 0x%" PRIx64,
                   name, ram_size, (uint64_t)ms->ram_size);
    }
    memory_region_init_alias(mr, owner, name,
                             machine_make_memory(ms, name, ram_size, &error_fatal), 0, ram_size);
}

/* --- properties --- */

static void get_memdev(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    MachineState *ms = MACHINE(obj);
    g_autofree char *path = ms->memdev ? object_get_canonical_path(OBJECT(ms->memdev)) : NULL;

    qvalue_set_str(v, path ? path : ms->memdev_id);
}

/* By name only: backends are made later. */
static void set_memdev(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    MachineState *ms = MACHINE(obj);
    const char *id;

    if (ms->memdev) {
        error_setg(errp, "The machine has its memory already");
    } else if (qvalue_to_str(v, name, &id, errp)) {
        g_free(ms->memdev_id);
        ms->memdev_id = g_strdup(id);
    }
}

static bool get_merge(Object *obj, Error **errp)
{
    return host_memory_default_merge;
}

static void set_merge(Object *obj, bool value, Error **errp)
{
    host_memory_default_merge = value;
}

static bool get_dump(Object *obj, Error **errp)
{
    return host_memory_default_dump;
}

static void set_dump(Object *obj, bool value, Error **errp)
{
    host_memory_default_dump = value;
}

void machine_add_memory_properties(ObjectClass *oc)
{
    object_class_property_add(oc, "memory-backend", "link<" TYPE_MEMORY_BACKEND ">", get_memdev,
                              set_memdev, NULL, NULL);
    object_class_property_set_description(oc, "memory-backend",
                                          "Set RAM backend. Valid value is ID of a memory backend");
    object_class_property_add_bool(oc, "mem-merge", get_merge, set_merge);
    object_class_property_set_description(oc, "mem-merge", "Enable/disable memory merge support");
    object_class_property_add_bool(oc, "dump-guest-core", get_dump, set_dump);
    object_class_property_set_description(oc, "dump-guest-core",
                                          "Include guest memory in a core dump");
}

void machine_free_memory(MachineState *ms)
{
    object_unref(ms->memdev);
    g_free(ms->memdev_id);
    g_free(ms->mem_path);
    machine_numa_free(ms);
}
