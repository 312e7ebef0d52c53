/*
 * Place holder for a device that isn't modelled.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/misc/unimp.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/log.h"

#define PRIORITY_BEHIND_ALL (-1000)

static uint64_t read_as_zero(void *place, hwaddr at, unsigned size)
{
    qemu_log_dev(LOG_UNIMP, ((UnimplementedDeviceState *)place)->name, NULL,
                 "device not modelled: read of %u bytes at 0x%" PRIx64, size, at);
    return 0;
}

static void forget_write(void *place, hwaddr at, uint64_t value, unsigned size)
{
    qemu_log_dev(LOG_UNIMP, ((UnimplementedDeviceState *)place)->name, NULL,
                 "device not modelled: write of 0x%0*" PRIx64 " at 0x%" PRIx64, (int)size * 2,
                 value, at);
}

#define ANY_ACCESS { .min_access_size = 1, .max_access_size = 8, .unaligned = true }

static const MemoryRegionOps nothing_there = {
    .endianness = DEVICE_NATIVE_ENDIAN,
    .valid = ANY_ACCESS,
    .impl = ANY_ACCESS,
    .read = read_as_zero,
    .write = forget_write,
};

static void place_holder_realize(DeviceState *dev, Error **errp)
{
    UnimplementedDeviceState *it = UNIMPLEMENTED_DEVICE(dev);
    const char *missing = !it->name ? "name" : !it->size ? "size" : NULL;

    if (missing) {
        error_setg(errp, "property '%s' of an " TYPE_UNIMPLEMENTED_DEVICE " is not set", missing);
        return;
    }
    memory_region_init_io(&it->iomem, OBJECT(dev), &nothing_there, it, it->name, it->size);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &it->iomem);
}

static Property place_holder_properties[] = {
    DEFINE_PROP_STRING("name", UnimplementedDeviceState, name),
    DEFINE_PROP_UINT64("size", UnimplementedDeviceState, size, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits place_holder = {
    .desc = "place holder for a device that isn't modelled",
    .realize = place_holder_realize,
    .properties = place_holder_properties,
    .board_only = true,
};

static const TypeInfo place_holder_types[] = {
    { TYPE_UNIMPLEMENTED_DEVICE, TYPE_SYS_BUS_DEVICE,
      .instance_size = sizeof(UnimplementedDeviceState),
      .class_init = device_class_init_traits, .class_data = (void *)&place_holder },
};

DEFINE_TYPES(place_holder_types)

void create_unimplemented_device(const char *name, hwaddr base, hwaddr size)
{
    SysBusDevice *it = SYS_BUS_DEVICE(qdev_new(TYPE_UNIMPLEMENTED_DEVICE));

    qdev_prop_set_string(&it->parent_obj, "name", name);
    qdev_prop_set_uint64(&it->parent_obj, "size", size);
    sysbus_realize_and_unref(it, &error_fatal);
    sysbus_mmio_map_overlap(it, 0, base, PRIORITY_BEHIND_ALL);
}
