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

static uint64_t unimp_read(void *opaque, hwaddr offset, unsigned size)
{
    UnimplementedDeviceState *s = opaque;

    qemu_log_dev(LOG_UNIMP, s->name, NULL, "device not modelled: read of %u bytes at 0x%" PRIx64,
                 size, offset);
    return 0;
}

static void unimp_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    UnimplementedDeviceState *s = opaque;

    qemu_log_dev(LOG_UNIMP, s->name, NULL,
                 "device not modelled: write of 0x%0*" PRIx64 " at 0x%" PRIx64, (int)size * 2,
                 value, offset);
}

static const MemoryRegionOps unimp_ops = {
    .read = unimp_read,
    .write = unimp_write,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .endianness = DEVICE_NATIVE_ENDIAN,
};

static void unimp_realize(DeviceState *dev, Error **errp)
{
    UnimplementedDeviceState *s = UNIMPLEMENTED_DEVICE(dev);

    if (!s->name || !s->size) {
        error_setg(errp, "property '%s' of an " TYPE_UNIMPLEMENTED_DEVICE " is not set",
                   s->name ? "size" : "name");
        return;
    }
    memory_region_init_io(&s->iomem, OBJECT(s), &unimp_ops, s, s->name, s->size);
    sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->iomem);
}

static Property unimp_properties[] = {
    DEFINE_PROP_STRING("name", UnimplementedDeviceState, name),
    DEFINE_PROP_UINT64("size", UnimplementedDeviceState, size, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static void unimp_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = unimp_realize;
    dc->user_creatable = false; /* boards say where */
    device_class_set_props(dc, unimp_properties);
}

static const TypeInfo unimp_types[] = {
    {
        .name = TYPE_UNIMPLEMENTED_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(UnimplementedDeviceState),
        .class_init = unimp_class_init,
    },
};

DEFINE_TYPES(unimp_types)

void create_unimplemented_device(const char *name, hwaddr base, hwaddr size)
{
    DeviceState *dev = qdev_new(TYPE_UNIMPLEMENTED_DEVICE);

    qdev_prop_set_string(dev, "name", name);
    qdev_prop_set_uint64(dev, "size", size);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map_overlap(SYS_BUS_DEVICE(dev), 0, base, PRIORITY_BEHIND_ALL);
}
