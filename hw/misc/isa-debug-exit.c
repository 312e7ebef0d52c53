/*
 * A port that ends the emulator: how test programs without power management tell their result.
 *
 * A value v that is written ends the process with status (v << 1) | 1, which is never 0.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/isa/isa.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/runstate.h"

#define TYPE_ISA_DEBUG_EXIT "isa-debug-exit"
OBJECT_DECLARE_SIMPLE_TYPE(ExitPort, ISA_DEBUG_EXIT)

struct ExitPort {
    ISADevice parent_obj;

    MemoryRegion port;
    uint32_t iobase, iosize; /* properties */
};

static uint64_t exit_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void exit_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_GUEST_SHUTDOWN,
                                           (uint32_t)value << 1 | 1);
}

static const MemoryRegionOps exit_ops = {
    .read = exit_read,
    .write = exit_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

static void exit_realize(DeviceState *dev, Error **errp)
{
    ExitPort *s = ISA_DEBUG_EXIT(dev);

    if (!s->iosize || s->iobase > UINT16_MAX || s->iosize > 0x10000 - s->iobase) {
        error_setg(errp, TYPE_ISA_DEBUG_EXIT ": 'iobase' is 0x%x and 'iosize' 0x%x, expected ports "
                   "up to 0xffff", s->iobase, s->iosize);
        return;
    }
    memory_region_init_io(&s->port, OBJECT(s), &exit_ops, s, TYPE_ISA_DEBUG_EXIT, s->iosize);
    isa_register_ioport(ISA_DEVICE(dev), &s->port, s->iobase);
}

static void exit_unrealize(DeviceState *dev)
{
    memory_region_del_subregion(isa_address_space_io(ISA_DEVICE(dev)), &ISA_DEBUG_EXIT(dev)->port);
}

static Property exit_properties[] = {
    DEFINE_PROP_UINT32("iobase", ExitPort, iobase, 0x501),
    DEFINE_PROP_UINT32("iosize", ExitPort, iosize, 2),
    DEFINE_PROP_END_OF_LIST(),
};

static void exit_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "a port that ends the emulator with an exit status",
        .realize = exit_realize,
        .unrealize = exit_unrealize,
        .properties = exit_properties,
    };

    device_class_init_traits(oc, (void *)&traits);
    set_bit(DEVICE_CATEGORY_MISC, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo exit_types[] = {
    {
        .name = TYPE_ISA_DEBUG_EXIT,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(ExitPort),
        .class_init = exit_class_init,
    },
};

DEFINE_TYPES(exit_types)
