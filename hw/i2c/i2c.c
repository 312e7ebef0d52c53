/*
 * I2C: the bus.
 *
 * Reference: UM10204, I2C-bus specification and user manual, section 3.1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/i2c/i2c.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"

/* Section 3.1.12: the others are reserved. */
#define FIRST_ADDRESS 0x08
#define LAST_ADDRESS  0x77

I2CBus *i2c_bus_new(DeviceState *controller, const char *name)
{
    return I2C_BUS(qbus_new(TYPE_I2C_BUS, controller, name));
}

static unsigned address_count(const I2CSlave *dev)
{
    I2CSlaveClass *sc = I2C_SLAVE_GET_CLASS(dev);

    return sc->addresses ? sc->addresses(dev) : 1;
}

/* The device that has the address, other than `but`. */
static I2CSlave *find(I2CBus *bus, unsigned address, const I2CSlave *but)
{
    GPtrArray *children = BUS(bus)->children;

    for (unsigned i = 0; i < children->len; i++) {
        I2CSlave *dev = I2C_SLAVE(g_ptr_array_index(children, i));

        if (dev != but && address >= dev->address && address < dev->address + address_count(dev)) {
            return dev;
        }
    }
    return NULL;
}

bool i2c_bus_start(I2CBus *bus, uint8_t address, bool reading)
{
    I2CSlave *dev = find(bus, address, NULL);
    I2CSlaveClass *sc = dev ? I2C_SLAVE_GET_CLASS(dev) : NULL;

    if (bus->active && bus->active != dev) {
        i2c_bus_stop(bus);
    }
    bus->address = address;
    bus->reading = reading;
    bus->active = dev && DEVICE(dev)->realized && (!sc->start || sc->start(dev, address - dev->address, reading)) ? dev : NULL;
    return bus->active;
}

bool i2c_bus_write(I2CBus *bus, uint8_t byte)
{
    return bus->active && !bus->reading && I2C_SLAVE_GET_CLASS(bus->active)->write(bus->active, byte);
}

uint8_t i2c_bus_read(I2CBus *bus)
{
    return bus->active && bus->reading ? I2C_SLAVE_GET_CLASS(bus->active)->read(bus->active) : 0xff;
}

void i2c_bus_stop(I2CBus *bus)
{
    I2CSlave *dev = bus->active;

    bus->active = NULL;
    if (dev && I2C_SLAVE_GET_CLASS(dev)->stop) {
        I2C_SLAVE_GET_CLASS(dev)->stop(dev);
    }
}

I2CSlave *i2c_slave_create(I2CBus *bus, const char *type, uint8_t address)
{
    DeviceState *dev = qdev_new(type);

    qdev_prop_set_uint8(dev, "address", address);
    qdev_realize_and_unref(dev, BUS(bus), &error_fatal);
    return I2C_SLAVE(dev);
}

/* ---- state: who is active stands there as an address ---- */

static int note_activity(void *opaque)
{
    I2CBus *bus = opaque;

    bus->address = (bus->address & 0x7f) | (bus->active ? 0x80 : 0);
    return 0;
}

static int find_active(void *opaque, int version_id)
{
    I2CBus *bus = opaque;

    bus->active = bus->address & 0x80 ? find(bus, bus->address & 0x7f, NULL) : NULL;
    bus->address &= 0x7f;
    return 0;
}

const VMStateDescription vmstate_i2c_bus = {
    .name = "i2c-bus",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = note_activity,
    .post_load = find_active,
    .fields = (const VMStateField[]){
        VMSTATE_BOOL(reading, I2CBus),
        VMSTATE_UINT8(address, I2CBus),
        VMSTATE_END_OF_LIST()
    },
};

/* ---- types ---- */

static void slave_realize(DeviceState *dev, Error **errp)
{
    I2CSlave *s = I2C_SLAVE(dev);
    I2CBus *bus = I2C_BUS(qdev_get_parent_bus(dev));
    unsigned last = s->address + address_count(s) - 1;

    if (s->address < FIRST_ADDRESS || last > LAST_ADDRESS) {
        error_setg(errp, "Parameter 'address' expects an address from 0x%02x to 0x%02x", FIRST_ADDRESS, LAST_ADDRESS + 1 - address_count(s));
        return;
    }
    for (unsigned address = s->address; address <= last; address++) {
        if (find(bus, address, s)) {
            error_setg(errp, "address 0x%02x of bus '%s' is another device's", address, BUS(bus)->name);
            return;
        }
    }
}

static void slave_unrealize(DeviceState *dev)
{
    I2CBus *bus = I2C_BUS(qdev_get_parent_bus(dev));

    if (bus->active == I2C_SLAVE(dev)) {
        bus->active = NULL;
    }
}

static Property slave_properties[] = {
    DEFINE_PROP_UINT8("address", I2CSlave, address, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static void slave_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->bus_type = TYPE_I2C_BUS;
    dc->realize = slave_realize;
    dc->unrealize = slave_unrealize;
    device_class_set_props(dc, slave_properties);
}

static const TypeInfo i2c_types[] = {
    {
        .name = TYPE_I2C_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(I2CBus),
    },
    {
        .name = TYPE_I2C_SLAVE,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(I2CSlave),
        .class_size = sizeof(I2CSlaveClass),
        .class_init = slave_class_init,
    },
};

DEFINE_TYPES(i2c_types)
