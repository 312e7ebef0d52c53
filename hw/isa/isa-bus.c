/*
 * ISA: the bus.
 *
 * Reference: ISA System Architecture (MindShare), chapters "Interrupt subsystem" and "DMA".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/isa/isa.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_ISABUS_BRIDGE "isabus-bridge"

/* ---- the bus and what is behind it ---- */

ISABus *isa_bus_new(DeviceState *bridge, MemoryRegion *memory, MemoryRegion *ports, Error **errp)
{
    ISABus *bus;

    if (!bridge) {
        bridge = qdev_new(TYPE_ISABUS_BRIDGE);
        if (!sysbus_realize_and_unref(SYS_BUS_DEVICE(bridge), errp)) {
            return NULL;
        }
    }
    bus = ISA_BUS(qbus_new(TYPE_ISA_BUS, bridge, NULL));
    bus->memory = memory;
    bus->ports = ports;
    return bus;
}

ISABus *isa_bus_from_device(ISADevice *dev)
{
    return ISA_BUS(qdev_get_parent_bus(DEVICE(dev)));
}

MemoryRegion *isa_address_space(ISADevice *dev)
{
    return isa_bus_from_device(dev)->memory;
}

MemoryRegion *isa_address_space_io(ISADevice *dev)
{
    return isa_bus_from_device(dev)->ports;
}

void isa_register_ioport(ISADevice *dev, MemoryRegion *io, uint16_t start)
{
    memory_region_add_subregion(isa_address_space_io(dev), start, io);
    if (dev->port < 0) {
        dev->port = start;
    }
}

/* ---- interrupts ---- */

void isa_bus_register_input_irqs(ISABus *bus, qemu_irq *irqs)
{
    bus->irqs = irqs;
}

void isa_bus_irqs(ISABus *bus, qemu_irq *irqs)
{
    isa_bus_register_input_irqs(bus, irqs);
}

qemu_irq isa_bus_get_irq(ISABus *bus, unsigned n)
{
    return bus->irqs && n < ISA_NUM_IRQS ? bus->irqs[n] : NULL;
}

qemu_irq isa_get_irq(ISADevice *dev, unsigned n)
{
    Object *bus = dev ? OBJECT(isa_bus_from_device(dev))
                      : object_resolve_path_type("", TYPE_ISA_BUS, NULL);

    return bus ? isa_bus_get_irq(ISA_BUS(bus), n) : NULL;
}

void isa_connect_gpio_out(ISADevice *dev, int n, unsigned line)
{
    qdev_connect_gpio_out(DEVICE(dev), n, isa_get_irq(dev, line));
}

/* ---- DMA ---- */

void isa_bus_dma(ISABus *bus, IsaDma *low, IsaDma *high)
{
    bus->dma[0] = low;
    bus->dma[1] = high;
}

IsaDma *isa_get_dma(ISABus *bus, int channel)
{
    return channel >= 0 && channel < ISA_NUM_CHANNELS ? bus->dma[channel / 4] : NULL;
}

/* ---- devices ---- */

ISADevice *isa_new(const char *type)
{
    return ISA_DEVICE(qdev_new(type));
}

ISADevice *isa_try_new(const char *type)
{
    DeviceState *dev = qdev_try_new(type);

    return dev ? ISA_DEVICE(dev) : NULL;
}

bool isa_realize_and_unref(ISADevice *dev, ISABus *bus, Error **errp)
{
    return qdev_realize_and_unref(DEVICE(dev), BUS(bus), errp);
}

ISADevice *isa_create_simple(ISABus *bus, const char *type)
{
    ISADevice *dev = isa_new(type);

    isa_realize_and_unref(dev, bus, &error_fatal);
    return dev;
}

static bool index_is_taken(ISADevice *dev, uint32_t index)
{
    const char *type = object_get_typename(OBJECT(dev));
    GPtrArray *devices = qdev_get_parent_bus(DEVICE(dev))->children;

    for (unsigned i = 0; i < devices->len; i++) {
        Object *other = object_dynamic_cast(g_ptr_array_index(devices, i), type);

        if (other && other != OBJECT(dev) && DEVICE(other)->realized &&
            object_property_get_uint(other, "index", &error_abort) == index) {
            return true;
        }
    }
    return false;
}

uint32_t isa_free_index(ISADevice *dev)
{
    uint32_t index = 0;

    while (index_is_taken(dev, index)) {
        index++;
    }
    return index;
}

/* "serial@03f8": what firmware finds in the boot order. */
static char *isa_node_name(DeviceState *dev)
{
    int32_t port = ISA_DEVICE(dev)->port;

    return port < 0 ? g_strdup(qdev_fw_name(dev))
                    : g_strdup_printf("%s@%04x", qdev_fw_name(dev), (unsigned)port);
}

static void isa_bus_class_init(ObjectClass *oc, void *data)
{
    BUS_CLASS(oc)->get_fw_dev_path = isa_node_name;
}

static void isa_device_init(Object *obj)
{
    ISA_DEVICE(obj)->port = -1;
}

static void isa_device_class_init(ObjectClass *oc, void *data)
{
    DEVICE_CLASS(oc)->bus_type = TYPE_ISA_BUS;
}

static void isabus_bridge_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "ISA bus straight below the system bus";
    dc->fw_name = "isa";
    dc->user_creatable = false; /* only with its bus, by isa_bus_new() */
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

static const TypeInfo isa_types[] = {
    {
        .name = TYPE_ISADMA,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(IsaDmaClass),
    },
    {
        .name = TYPE_ISA_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(ISABus),
        .class_init = isa_bus_class_init,
    },
    {
        .name = TYPE_ISA_DEVICE,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(ISADevice),
        .instance_init = isa_device_init,
        .class_init = isa_device_class_init,
    },
    {
        .name = TYPE_ISABUS_BRIDGE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(SysBusDevice),
        .class_init = isabus_bridge_class_init,
    },
};

DEFINE_TYPES(isa_types)
