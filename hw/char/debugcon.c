/*
 * A port that writes to a character device, as Bochs has it: firmware's debug output.
 *
 * Reference: OVMF and SeaBIOS, which write to port 402h, and to e9h where reading it gives e9h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/isa/isa.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_ISA_DEBUGCON "isa-debugcon"
OBJECT_DECLARE_SIMPLE_TYPE(DebugPort, ISA_DEBUGCON)

struct DebugPort {
    ISADevice parent_obj;

    MemoryRegion port;
    CharBackend chr; /* properties */
    uint32_t iobase, readback;
};

static uint64_t debugcon_read(void *opaque, hwaddr addr, unsigned size)
{
    return ((DebugPort *)opaque)->readback;
}

/* The port has no status that a guest could wait for, so it waits. */
static void debugcon_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    uint8_t byte = value;

    qemu_chr_fe_write_all(&((DebugPort *)opaque)->chr, &byte, 1);
}

static const MemoryRegionOps debugcon_ops = {
    .read = debugcon_read,
    .write = debugcon_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 1 },
};

static void debugcon_realize(DeviceState *dev, Error **errp)
{
    DebugPort *s = ISA_DEBUGCON(dev);

    if (!qemu_chr_fe_backend_connected(&s->chr)) {
        error_setg(errp, TYPE_ISA_DEBUGCON ": 'chardev' is missing");
        return;
    }
    if (s->iobase > UINT16_MAX) {
        error_setg(errp, TYPE_ISA_DEBUGCON ": 'iobase' is 0x%x, expected a port up to 0xffff",
                   s->iobase);
        return;
    }
    qemu_chr_fe_set_handlers(&s->chr, NULL, NULL, NULL, NULL, s, NULL, true);
    memory_region_init_io(&s->port, OBJECT(s), &debugcon_ops, s, TYPE_ISA_DEBUGCON, 1);
    isa_register_ioport(ISA_DEVICE(dev), &s->port, s->iobase);
}

static void debugcon_unrealize(DeviceState *dev)
{
    DebugPort *s = ISA_DEBUGCON(dev);

    memory_region_del_subregion(isa_address_space_io(ISA_DEVICE(dev)), &s->port);
    qemu_chr_fe_deinit(&s->chr, false);
}

static Property debugcon_properties[] = {
    DEFINE_PROP_CHR("chardev", DebugPort, chr),
    DEFINE_PROP_UINT32("iobase", DebugPort, iobase, 0xe9),
    DEFINE_PROP_UINT32("readback", DebugPort, readback, 0xe9),
    DEFINE_PROP_END_OF_LIST(),
};

static void debugcon_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "firmware's debug port",
        .realize = debugcon_realize,
        .unrealize = debugcon_unrealize,
        .properties = debugcon_properties,
    };

    device_class_init_traits(oc, (void *)&traits);
    set_bit(DEVICE_CATEGORY_MISC, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo debugcon_types[] = {
    {
        .name = TYPE_ISA_DEBUGCON,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(DebugPort),
        .class_init = debugcon_class_init,
    },
};

DEFINE_TYPES(debugcon_types)
