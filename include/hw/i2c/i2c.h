/*
 * I2C and SMBus: a bus with one master, and the devices on it.
 *
 * A controller has a bus and drives it: start with an address and a direction, bytes, stop. A
 * device is of a type below TYPE_I2C_SLAVE; it answers to the address that its property `address`
 * says, or to those that its class says.
 *
 * All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I2C_I2C_H
#define HW_I2C_I2C_H

#include "hw/qdev-core.h"
#include "migration/vmstate.h"

#define TYPE_I2C_BUS "i2c-bus"
OBJECT_DECLARE_SIMPLE_TYPE(I2CBus, I2C_BUS)

#define TYPE_I2C_SLAVE "i2c-slave"
OBJECT_DECLARE_TYPE(I2CSlave, I2CSlaveClass, I2C_SLAVE)

struct I2CBus {
    BusState parent_obj;

    I2CSlave *active; /* who has answered since the last start; NULL: nobody */
    bool reading;
    uint8_t address;  /* of the last start */
};

struct I2CSlave {
    DeviceState parent_obj;

    uint8_t address; /* property, 7 bits */
};

struct I2CSlaveClass {
    DeviceClass parent_class;

    /* How many addresses from `address` on it has; NULL: one. */
    unsigned (*addresses)(const I2CSlave *dev);
    /*
     * It is meant; `offset` tells which of its addresses. False: it doesn't acknowledge. NULL: it
     * does.
     */
    bool (*start)(I2CSlave *dev, unsigned offset, bool reading);
    /* The next byte to the master. */
    uint8_t (*read)(I2CSlave *dev);
    /* A byte from the master; false: it isn't acknowledged. */
    bool (*write)(I2CSlave *dev, uint8_t byte);
    /* The transfer is over. May be NULL. */
    void (*stop)(I2CSlave *dev);
};

/* From realize() or init() of a controller; the bus is its child. */
I2CBus *i2c_bus_new(DeviceState *controller, const char *name);

/*
 * A start or repeated start, then an address of 7 bits and the direction. Whether somebody
 * acknowledges.
 */
bool i2c_bus_start(I2CBus *bus, uint8_t address, bool reading);
/* Whether it is acknowledged; false if nobody is meant, or the direction is the other one. */
bool i2c_bus_write(I2CBus *bus, uint8_t byte);
/* 0xff where nobody drives the line. */
uint8_t i2c_bus_read(I2CBus *bus);
void i2c_bus_stop(I2CBus *bus);
/* Somebody has acknowledged the last start, and there was no stop since. */
static inline bool i2c_bus_is_active(const I2CBus *bus)
{
    return bus->active != NULL;
}

/* For the controller's state. */
extern const VMStateDescription vmstate_i2c_bus;
#define VMSTATE_I2C_BUS(_field, _state) VMSTATE_STRUCT_POINTER(_field, _state, vmstate_i2c_bus, I2CBus)

/* A device on a controller's bus, made by a board. Ends the program if it can't be. */
I2CSlave *i2c_slave_create(I2CBus *bus, const char *type, uint8_t address);

/* ---- eeprom.c ---- */

#define TYPE_SMBUS_EEPROM "smbus-eeprom"
#define TYPE_AT24C_EEPROM "at24c-eeprom"

/* What an EEPROM holds from its first byte on; `size` is at most its own. */
void i2c_eeprom_set_contents(I2CSlave *eeprom, const uint8_t *bytes, size_t size);
/*
 * Its write protection pin is tied so: what a master writes from now on is acknowledged and
 * forgotten.
 */
void i2c_eeprom_protect(I2CSlave *eeprom);

#endif
