/*
 * 16550A UART on the ISA bus: COM1 to COM4, or wherever its properties say.
 *
 * Reference: IBM PC AT Technical Reference, "Serial/parallel adapter", for the first two places;
 * the other two are what firmware looks for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/char/serial.h"
#include "hw/isa/isa.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_ISA_SERIAL "isa-serial"
OBJECT_DECLARE_SIMPLE_TYPE(ComPort, ISA_SERIAL)

struct ComPort {
    ISADevice parent_obj;

    SerialState uart;
    MemoryRegion ports;
    uint32_t index, iobase, irq_line; /* properties; UNSET: as usual */
};

#define UNSET     UINT32_MAX
#define NUM_PORTS 8

static const struct {
    uint16_t port;
    uint8_t irq;
} usual_places[] = { { 0x3f8, 4 }, { 0x2f8, 3 }, { 0x3e8, 4 }, { 0x2e8, 3 } };

/* Fills in what the user has left open. */
static bool choose_place(ComPort *s, Error **errp)
{
    s->index = s->index == UNSET ? isa_free_index(&s->parent_obj) : s->index;
    if (s->index >= ARRAY_SIZE(usual_places)) {
        error_setg(errp, TYPE_ISA_SERIAL ": 'index' is %u, expected 0 to %zu: there are %zu ISA "
                   "serial ports", s->index, ARRAY_SIZE(usual_places) - 1,
                   ARRAY_SIZE(usual_places));
        return false;
    }
    s->iobase = s->iobase == UNSET ? usual_places[s->index].port : s->iobase;
    s->irq_line = s->irq_line == UNSET ? usual_places[s->index].irq : s->irq_line;
    if (s->iobase > 0x10000 - NUM_PORTS || s->irq_line >= ISA_NUM_IRQS) {
        error_setg(errp, TYPE_ISA_SERIAL ": 'iobase' is 0x%x and 'irq' %u, expected up to 0x%x and "
                   "%u", s->iobase, s->irq_line, 0x10000 - NUM_PORTS, ISA_NUM_IRQS - 1);
        return false;
    }
    return true;
}

static void serial_isa_realize(DeviceState *dev, Error **errp)
{
    ComPort *s = ISA_SERIAL(dev);

    if (!choose_place(s, errp) || !qdev_realize(DEVICE(&s->uart), NULL, errp)) {
        return;
    }
    s->uart.irq = isa_get_irq(ISA_DEVICE(dev), s->irq_line);
    memory_region_init_io(&s->ports, OBJECT(s), &serial_io_ops, &s->uart, "serial", NUM_PORTS);
    isa_register_ioport(ISA_DEVICE(dev), &s->ports, s->iobase);
}

static void serial_isa_unrealize(DeviceState *dev)
{
    ComPort *s = ISA_SERIAL(dev);

    memory_region_del_subregion(isa_address_space_io(ISA_DEVICE(dev)), &s->ports);
    qdev_unrealize(DEVICE(&s->uart));
}

static void serial_isa_reset(DeviceState *dev)
{
    device_cold_reset(DEVICE(&ISA_SERIAL(dev)->uart)); /* it sits on no bus */
}

static void serial_isa_init(Object *obj)
{
    ComPort *s = ISA_SERIAL(obj);

    object_initialize_child(obj, "serial", &s->uart, TYPE_SERIAL);
    object_property_add_alias(obj, "chardev", OBJECT(&s->uart), "chardev");
    object_property_add_alias(obj, "baudbase", OBJECT(&s->uart), "baudbase");
}

/* The core is a device of its own, with its own state. */
static const VMStateDescription vmstate_serial_isa = {
    .name = "serial-isa",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_END_OF_LIST()
    },
};

static Property serial_isa_properties[] = {
    DEFINE_PROP_UINT32("index", ComPort, index, UNSET),
    DEFINE_PROP_UINT32("iobase", ComPort, iobase, UNSET),
    DEFINE_PROP_UINT32("irq", ComPort, irq_line, UNSET),
    DEFINE_PROP_END_OF_LIST(),
};

static void serial_isa_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "16550A UART on the ISA bus",
        .realize = serial_isa_realize,
        .unrealize = serial_isa_unrealize,
        .reset = serial_isa_reset,
        .state = &vmstate_serial_isa,
        .properties = serial_isa_properties,
    };
    DeviceClass *dc = DEVICE_CLASS(oc);

    device_class_init_traits(oc, (void *)&traits);
    dc->fw_name = "serial";
    set_bit(DEVICE_CATEGORY_INPUT, dc->categories);
}

static const TypeInfo serial_isa_types[] = {
    {
        .name = TYPE_ISA_SERIAL,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(ComPort),
        .instance_init = serial_isa_init,
        .class_init = serial_isa_class_init,
    },
};

DEFINE_TYPES(serial_isa_types)
