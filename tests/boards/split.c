/*
 * A board whose RAM lies partly below and partly above 4 GiB: two aliases of one region.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/boards.h"
#include "exec/memory.h"
#include "exec/address-spaces.h"

#define LOW_RAM_MAX (2 * GiB)

#define TYPE_SPLIT_MACHINE MACHINE_TYPE_NAME("tutorial-split")
OBJECT_DECLARE_SIMPLE_TYPE(SplitMachineState, SPLIT_MACHINE)

struct SplitMachineState {
    MachineState parent_obj;

    MemoryRegion ram_low;
    MemoryRegion ram_high;
    MemoryRegion scratch;
    MemoryRegion id;
};

static uint64_t id_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0x53504c54 + addr;
}

static void id_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
}

static const MemoryRegionOps id_ops = {
    .read = id_read,
    .write = id_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid.min_access_size = 4,
    .valid.max_access_size = 4,
};

static void split_init(MachineState *machine)
{
    SplitMachineState *s = SPLIT_MACHINE(machine);
    MemoryRegion *sysmem = get_system_memory();
    uint64_t low = MIN(machine->ram_size, LOW_RAM_MAX);

    memory_region_init_alias(&s->ram_low, OBJECT(machine), "ram-below-4g", machine->ram, 0, low);
    memory_region_add_subregion(sysmem, 0, &s->ram_low);
    if (machine->ram_size > low) {
        memory_region_init_alias(&s->ram_high, OBJECT(machine), "ram-above-4g", machine->ram, low,
                                 machine->ram_size - low);
        memory_region_add_subregion(sysmem, 4 * GiB, &s->ram_high);
    }

    memory_region_init_ram(&s->scratch, OBJECT(machine), "scratch", 64 * KiB, &error_fatal);
    memory_region_add_subregion_overlap(sysmem, 0xe0000000, &s->scratch, 1);
    memory_region_init_io(&s->id, OBJECT(machine), &id_ops, s, "id", 0x1000);
    memory_region_add_subregion(sysmem, 0xf0000000, &s->id);
}

static void split_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->desc = "tutorial board with RAM below and above 4 GiB";
    mc->init = split_init;
    mc->default_ram_size = 256 * MiB;
    mc->default_ram_id = "split.ram";
}

static const TypeInfo split_info = {
    .name          = TYPE_SPLIT_MACHINE,
    .parent        = TYPE_MACHINE,
    .instance_size = sizeof(SplitMachineState),
    .class_init    = split_class_init,
};

static void split_register_types(void)
{
    type_register_static(&split_info);
}

type_init(split_register_types)
