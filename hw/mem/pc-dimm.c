/*
 * pc-dimm: a module of memory that a backend is behind. See hw/mem/pc-dimm.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "hw/core/numa.h"
#include "hw/mem/pc-dimm.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/units.h"

#define DEVICE_MEMORY_ALIGNMENT (1 * GiB)
/* So much more address space for each slot: however modules are aligned, all of them fit. */
#define SPACE_FOR_SLOT (1 * GiB)

uint64_t pc_dimm_size(const PCDimm *dimm)
{
    return dimm->memory->size;
}

/* ---- The machine's device memory ---- */

void machine_map_device_memory(MachineState *ms, MemoryRegion *system, hwaddr end)
{
    DeviceMemory *space;

    if (ms->maxram_size == ms->ram_size) {
        return;
    }
    space = g_new0(DeviceMemory, 1);
    space->base = ROUND_UP(end, DEVICE_MEMORY_ALIGNMENT);
    space->modules = g_ptr_array_new();
    memory_region_init(&space->mr, OBJECT(ms), "device-memory",
                       ms->maxram_size - ms->ram_size + ms->ram_slots * SPACE_FOR_SLOT);
    memory_region_add_subregion(system, space->base, &space->mr);
    ms->device_memory = space;
}

hwaddr machine_memory_end(const MachineState *ms, hwaddr end)
{
    const DeviceMemory *space = ms->device_memory;

    return space ? space->base + memory_region_size(&space->mr) : end;
}

uint64_t machine_plugged_memory(const MachineState *ms)
{
    const DeviceMemory *space = ms->device_memory;
    uint64_t sum = 0;

    for (guint i = 0; space && i < space->modules->len; i++) {
        sum += pc_dimm_size(g_ptr_array_index(space->modules, i));
    }
    return sum;
}

uint64_t machine_plugged_memory_of_node(const MachineState *ms, uint32_t node)
{
    const DeviceMemory *space = ms->device_memory;
    uint64_t sum = 0;

    for (guint i = 0; space && i < space->modules->len; i++) {
        const PCDimm *dimm = g_ptr_array_index(space->modules, i);

        sum += dimm->node == node ? pc_dimm_size(dimm) : 0;
    }
    return sum;
}

/* ---- A place for a module ---- */

static bool check_memory(const PCDimm *dimm, const MachineState *ms, Error **errp)
{
    uint64_t max = ms->maxram_size - ms->ram_size, used = machine_plugged_memory(ms);

    if (!dimm->memory) {
        error_setg(errp, "pc-dimm: memdev= is missing: the id of a memory backend");
    } else if (host_memory_backend_is_mapped(dimm->memory)) {
        error_setg(errp, "pc-dimm: memdev '%s' is another device's memory already",
                   host_memory_backend_id(dimm->memory));
    } else if (pc_dimm_size(dimm) % PC_DIMM_ALIGNMENT) {
        error_setg(errp, "pc-dimm: memdev '%s': the size of a module is a multiple of %" PRIu64 "M",
                   host_memory_backend_id(dimm->memory), (uint64_t)(PC_DIMM_ALIGNMENT / MiB));
    } else if (pc_dimm_size(dimm) > max - used) {
        error_setg(errp, "pc-dimm: %" PRIu64 "M are too much: of the %" PRIu64 "M that -m maxmem= "
                         "leaves for modules %" PRIu64 "M are plugged",
                   pc_dimm_size(dimm) / MiB, max / MiB, used / MiB);
    } else {
        return true;
    }
    return false;
}

static bool check_node(const PCDimm *dimm, const MachineState *ms, Error **errp)
{
    uint32_t nodes = ms->numa_state ? ms->numa_state->num_nodes : 1;

    if (dimm->node < nodes) {
        return true;
    }
    error_setg(errp, "pc-dimm: node=%" PRIu32 ": the machine has nodes 0 to %" PRIu32, dimm->node,
               nodes - 1);
    return false;
}

static const PCDimm *module_in_slot(const MachineState *ms, int32_t slot)
{
    for (guint i = 0; i < ms->device_memory->modules->len; i++) {
        const PCDimm *dimm = g_ptr_array_index(ms->device_memory->modules, i);

        if (dimm->slot == slot) {
            return dimm;
        }
    }
    return NULL;
}

static bool find_slot(const PCDimm *dimm, const MachineState *ms, int32_t *slot, Error **errp)
{
    int32_t count = ms->ram_slots;

    *slot = MAX(dimm->slot, 0);
    if (!count) {
        error_setg(errp, "pc-dimm: there are no slots for modules: -m SIZE,slots=N,maxmem=SIZE "
                         "makes some");
        return false;
    }
    if (dimm->slot >= count || dimm->slot < -1) {
        error_setg(errp, "pc-dimm: slot=%d: the machine has slots 0 to %d", dimm->slot, count - 1);
        return false;
    }
    while (dimm->slot < 0 && *slot < count && module_in_slot(ms, *slot)) {
        ++*slot;
    }
    if (*slot == count) {
        error_setg(errp, "pc-dimm: all %d slots have a module", count);
        return false;
    }
    if (module_in_slot(ms, *slot)) {
        error_setg(errp, "pc-dimm: slot %d has a module", *slot);
        return false;
    }
    return true;
}

static bool check_address(const PCDimm *dimm, const DeviceMemory *space, Error **errp)
{
    uint64_t size = pc_dimm_size(dimm), total = memory_region_size(&space->mr);

    if (dimm->addr % PC_DIMM_ALIGNMENT) {
        error_setg(errp, "pc-dimm: addr=0x%" PRIx64 ": expected a multiple of 0x%" PRIx64,
                   dimm->addr, (uint64_t)PC_DIMM_ALIGNMENT);
        return false;
    }
    if (dimm->addr < space->base || dimm->addr - space->base > total - size) {
        error_setg(errp, "pc-dimm: addr=0x%" PRIx64 ": modules lie between 0x%" PRIx64
                         " and 0x%" PRIx64,
                   dimm->addr, (uint64_t)space->base, space->base + total - 1);
        return false;
    }
    return true;
}

/*
 * The lowest gap that is large enough, or whether the wanted one is; `at` is the module's place in
 * the list.
 */
static bool find_address(const PCDimm *dimm, const DeviceMemory *space, uint64_t *addr, guint *at,
                         Error **errp)
{
    uint64_t size = pc_dimm_size(dimm), gap = space->base, end;

    for (*at = 0; *at < space->modules->len; ++*at) {
        const PCDimm *other = g_ptr_array_index(space->modules, *at);

        if (dimm->addr ? dimm->addr < other->addr + pc_dimm_size(other)
                       : other->addr - gap >= size) {
            break;
        }
        gap = other->addr + pc_dimm_size(other);
    }
    *addr = dimm->addr ? dimm->addr : gap;
    end = *at < space->modules->len
              ? ((const PCDimm *)g_ptr_array_index(space->modules, *at))->addr
              : space->base + memory_region_size(&space->mr);
    if (end - *addr >= size && end >= *addr) {
        return true;
    }
    if (dimm->addr && *at < space->modules->len) {
        const PCDimm *other = g_ptr_array_index(space->modules, *at);

        error_setg(errp, "pc-dimm: addr=0x%" PRIx64 ": the module '%s' is there", dimm->addr,
                   other->parent_obj.id ? other->parent_obj.id : "(unnamed)");
    } else {
        error_setg(errp, "pc-dimm: no gap between the modules is large enough for %" PRIu64 "M",
                   size / MiB);
    }
    return false;
}

void pc_dimm_pre_plug(PCDimm *dimm, MachineState *ms, Error **errp)
{
    DeviceMemory *space = ms->device_memory;
    uint64_t addr;
    int32_t slot;
    guint at;

    if (!space) {
        error_setg(errp, "pc-dimm: there is no room for modules: -m SIZE,slots=N,maxmem=SIZE makes "
                         "some");
        return;
    }
    if (check_memory(dimm, ms, errp) && check_node(dimm, ms, errp) &&
        find_slot(dimm, ms, &slot, errp) && (!dimm->addr || check_address(dimm, space, errp)) &&
        find_address(dimm, space, &addr, &at, errp)) {
        dimm->slot = slot;
        dimm->addr = addr;
    }
}

static gint by_address(gconstpointer a, gconstpointer b)
{
    const PCDimm *const *first = a, *const *second = b;

    return (*first)->addr < (*second)->addr ? -1 : (*first)->addr > (*second)->addr;
}

void pc_dimm_plug(PCDimm *dimm, MachineState *ms)
{
    DeviceMemory *space = ms->device_memory;

    host_memory_backend_set_mapped(dimm->memory, true);
    memory_region_add_subregion(&space->mr, dimm->addr - space->base,
                                host_memory_backend_get_memory(dimm->memory));
    g_ptr_array_add(space->modules, dimm);
    g_ptr_array_sort(space->modules, by_address);
}

void pc_dimm_unplug(PCDimm *dimm, MachineState *ms)
{
    DeviceMemory *space = ms->device_memory;

    g_ptr_array_remove(space->modules, dimm);
    memory_region_del_subregion(&space->mr, host_memory_backend_get_memory(dimm->memory));
    host_memory_backend_set_mapped(dimm->memory, false);
    qdev_unrealize(DEVICE(dimm));
}

/* ---- The device ---- */

static void get_size(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const PCDimm *dimm = PC_DIMM(obj);

    qvalue_set_uint(v, dimm->memory ? pc_dimm_size(dimm) : 0);
}

/* The machine has chosen its place, or the machine has none. */
static void pc_dimm_realize(DeviceState *dev, Error **errp)
{
    if (!qdev_get_machine_hotplug_handler(dev)) {
        error_setg(errp, "pc-dimm: this machine has no slots for modules");
    }
}

static void pc_dimm_init(Object *obj)
{
    object_property_add(obj, "size", "uint64", get_size, NULL, NULL, NULL);
}

static Property pc_dimm_properties[] = {
    DEFINE_PROP_UINT64("addr", PCDimm, addr, 0),
    DEFINE_PROP_UINT32("node", PCDimm, node, 0),
    DEFINE_PROP_INT32("slot", PCDimm, slot, -1),
    DEFINE_PROP_LINK("memdev", PCDimm, memory, TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_END_OF_LIST(),
};

static void pc_dimm_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "DIMM memory module";
    dc->realize = pc_dimm_realize;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, pc_dimm_properties);
}

static const TypeInfo pc_dimm_types[] = {
    {
        .name = TYPE_PC_DIMM,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(PCDimm),
        .instance_init = pc_dimm_init,
        .class_init = pc_dimm_class_init,
    },
};

DEFINE_TYPES(pc_dimm_types)
