/*
 * SSI: the bus.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/ssi/ssi.h"
#include "qapi/error.h"
#include "qemu/module.h"

SSIBus *ssi_create_bus(DeviceState *parent, const char *name)
{
    return SSI_BUS(qbus_new(TYPE_SSI_BUS, parent, name));
}

DeviceState *ssi_create_peripheral(SSIBus *bus, const char *type_name)
{
    DeviceState *dev = qdev_new(type_name);

    qdev_realize_and_unref(dev, BUS(bus), &error_fatal);
    return dev;
}

static bool is_meant(const SSIPeripheral *dev)
{
    enum SSICSMode mode = SSI_PERIPHERAL_GET_CLASS(dev)->cs_polarity;

    return mode == SSI_CS_NONE || dev->cs == (mode == SSI_CS_HIGH);
}

uint32_t ssi_transfer(SSIBus *bus, uint32_t word)
{
    GPtrArray *children = BUS(bus)->children;
    uint32_t back = 0;

    for (unsigned i = 0; i < children->len; i++) {
        SSIPeripheral *dev = SSI_PERIPHERAL(g_ptr_array_index(children, i));

        if (DEVICE(dev)->realized && is_meant(dev)) {
            back |= SSI_PERIPHERAL_GET_CLASS(dev)->transfer(dev, word);
        }
    }
    return back;
}

static void cs_changed(void *opaque, int n, int level)
{
    SSIPeripheral *dev = opaque;
    SSIPeripheralClass *sc = SSI_PERIPHERAL_GET_CLASS(dev);
    bool before = dev->cs;

    dev->cs = level != 0;
    if (dev->cs != before && sc->set_cs) {
        sc->set_cs(dev, dev->cs);
    }
}

static void peripheral_init(Object *obj)
{
    SSIPeripheral *dev = SSI_PERIPHERAL(obj);

    if (SSI_PERIPHERAL_GET_CLASS(dev)->cs_polarity != SSI_CS_NONE) {
        qdev_init_gpio_in_named(DEVICE(dev), cs_changed, SSI_GPIO_CS, 1);
    }
}

static void peripheral_realize(DeviceState *qdev, Error **errp)
{
    SSIPeripheral *dev = SSI_PERIPHERAL(qdev);
    SSIPeripheralClass *sc = SSI_PERIPHERAL_GET_CLASS(dev);

    if (sc->realize) {
        sc->realize(dev, errp);
    }
}

const VMStateDescription vmstate_ssi_peripheral = {
    .name = "ssi-peripheral",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_BOOL(cs, SSIPeripheral),
        VMSTATE_END_OF_LIST()
    },
};

static void peripheral_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->bus_type = TYPE_SSI_BUS;
    dc->realize = peripheral_realize;
}

static const TypeInfo ssi_types[] = {
    {
        .name = TYPE_SSI_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(SSIBus),
    },
    {
        .name = TYPE_SSI_PERIPHERAL,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(SSIPeripheral),
        .instance_init = peripheral_init,
        .class_size = sizeof(SSIPeripheralClass),
        .class_init = peripheral_class_init,
    },
};

DEFINE_TYPES(ssi_types)
