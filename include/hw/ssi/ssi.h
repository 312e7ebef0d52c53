/*
 * SSI: synchronous serial buses (SPI and its like), a master and what it shifts words to and from.
 *
 * A controller has a bus, made with ssi_create_bus(), and shifts words with ssi_transfer(). A
 * device is of a type below TYPE_SSI_PERIPHERAL; whether it is meant says its chip select, a line
 * named SSI_GPIO_CS that the board or controller drives. One that has none (SSI_CS_NONE) always is.
 *
 * All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_SSI_SSI_H
#define HW_SSI_SSI_H

#include "hw/qdev-core.h"
#include "migration/vmstate.h"

#define TYPE_SSI_BUS "SSI"
OBJECT_DECLARE_SIMPLE_TYPE(SSIBus, SSI_BUS)

#define TYPE_SSI_PERIPHERAL "ssi-peripheral"
OBJECT_DECLARE_TYPE(SSIPeripheral, SSIPeripheralClass, SSI_PERIPHERAL)

#define SSI_GPIO_CS "ssi-gpio-cs"

enum SSICSMode { SSI_CS_NONE, SSI_CS_LOW, SSI_CS_HIGH };

struct SSIBus {
    BusState parent_obj;
};

struct SSIPeripheral {
    DeviceState parent_obj;

    bool cs; /* the line's level */
};

struct SSIPeripheralClass {
    DeviceClass parent_class;

    enum SSICSMode cs_polarity; /* the level at which the device is meant */
    void (*realize)(SSIPeripheral *dev, Error **errp);
    /* A word to the device, while it is meant, and the one that comes back at the same time. */
    uint32_t (*transfer)(SSIPeripheral *dev, uint32_t word);
    /* Its chip select has changed to `level`. May be NULL. */
    int (*set_cs)(SSIPeripheral *dev, bool level);
};

/* From init() or realize() of a controller; the bus is its child. */
SSIBus *ssi_create_bus(DeviceState *parent, const char *name);
/* A device on a bus, made by a board. Ends the program if it can't be. */
DeviceState *ssi_create_peripheral(SSIBus *bus, const char *type_name);
/* A word to all that are meant; what comes back is what they drive together, 0 of none. */
uint32_t ssi_transfer(SSIBus *bus, uint32_t word);

/* For the device's state. */
extern const VMStateDescription vmstate_ssi_peripheral;
#define VMSTATE_SSI_PERIPHERAL(_field, _state) \
    VMSTATE_STRUCT(_field, _state, 0, vmstate_ssi_peripheral, SSIPeripheral)

#endif
