/*
 * "isa-ide": a channel on the ISA bus, as the PC/AT's disk controller: data move by the data
 * register only.
 *
 * Reference: ATA/ATAPI-6 chapter 7 (registers); IBM, PC/AT Technical Reference, "Fixed disk and
 * diskette adapter" (ports and interrupts).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/isa/isa.h"
#include "hw/qdev-properties.h"
#include "ide-ports.h"
#include "qapi/error.h"
#include "qemu/module.h"

OBJECT_DECLARE_SIMPLE_TYPE(IsaIde, ISA_IDE)

struct IsaIde {
    ISADevice parent_obj;

    IdeBus *bus;
    IdePorts ports;
    qemu_irq irq;
    uint32_t command_base, control_base, irq_line; /* properties */
};

static void channel_interrupts(IdeBus *bus, bool level)
{
    qemu_set_irq(ISA_IDE(bus->opaque)->irq, level);
}

/* There are no DMA channels: the unit waits until it is reset. */
static void channel_requests_dma(IdeBus *bus)
{
}

static const IdeHost isa_ide_host = {
    .interrupt = channel_interrupts,
    .dma_request = channel_requests_dma,
};

static void isa_ide_realize(DeviceState *dev, Error **errp)
{
    IsaIde *s = ISA_IDE(dev);
    ISADevice *isa = ISA_DEVICE(dev);

    if (s->command_base > UINT16_MAX - 7 || s->control_base > UINT16_MAX) {
        error_setg(errp, TYPE_ISA_IDE ": 'iobase' and 'iobase2' must be ports, 0 to 0xffff");
        return;
    }
    s->irq = isa_get_irq(isa, s->irq_line);
    ide_ports_init(&s->ports, s->bus, OBJECT(dev), "ide", "ide");
    isa_register_ioport(isa, &s->ports.command, s->command_base);
    isa_register_ioport(isa, &s->ports.control, s->control_base);
}

static void isa_ide_unrealize(DeviceState *dev)
{
    IsaIde *s = ISA_IDE(dev);
    MemoryRegion *io = isa_address_space_io(ISA_DEVICE(dev));

    memory_region_del_subregion(io, &s->ports.command);
    memory_region_del_subregion(io, &s->ports.control);
}

/* The channel has a name that counts on from those that are there already. */
static void isa_ide_init(Object *obj)
{
    ISA_IDE(obj)->bus = ide_bus_new(DEVICE(obj), 0, &isa_ide_host, obj);
}

static void isa_ide_reset(DeviceState *dev)
{
    ide_bus_reset(ISA_IDE(dev)->bus);
}

static const VMStateDescription vmstate_isa_ide = {
    .name = TYPE_ISA_IDE,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_IDE_BUS(bus, IsaIde),
        VMSTATE_END_OF_LIST()
    },
};

static Property isa_ide_properties[] = {
    DEFINE_PROP_UINT32("iobase", IsaIde, command_base, 0x1f0),
    DEFINE_PROP_UINT32("iobase2", IsaIde, control_base, 0x3f6),
    DEFINE_PROP_UINT32("irq", IsaIde, irq_line, 14),
    DEFINE_PROP_END_OF_LIST(),
};

static void isa_ide_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "IDE channel on the ISA bus",
        .realize = isa_ide_realize,
        .unrealize = isa_ide_unrealize,
        .reset = isa_ide_reset,
        .state = &vmstate_isa_ide,
        .properties = isa_ide_properties,
    };

    device_class_init_traits(oc, (void *)&traits);
    DEVICE_CLASS(oc)->fw_name = "ide";
    DEVICE_CLASS(oc)->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_STORAGE, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo isa_ide_types[] = {
    {
        .name = TYPE_ISA_IDE,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(IsaIde),
        .instance_init = isa_ide_init,
        .class_init = isa_ide_class_init,
    },
};

DEFINE_TYPES(isa_ide_types)

IdeBus *isa_ide_create(ISABus *bus, unsigned channel)
{
    static const struct {
        uint16_t command, control, irq;
    } places[] = { { 0x1f0, 0x3f6, 14 }, { 0x170, 0x376, 15 } };
    ISADevice *dev = isa_new(TYPE_ISA_IDE);
    IdeBus *ide = ISA_IDE(dev)->bus;

    assert(channel < ARRAY_SIZE(places) && "a PC has two channels");
    qdev_prop_set_uint32(DEVICE(dev), "iobase", places[channel].command);
    qdev_prop_set_uint32(DEVICE(dev), "iobase2", places[channel].control);
    qdev_prop_set_uint32(DEVICE(dev), "irq", places[channel].irq);
    isa_realize_and_unref(dev, bus, &error_fatal);
    for (unsigned unit = 0; unit < IDE_UNITS; unit++) {
        ide_create_drive(ide, channel, unit);
    }
    return ide;
}
