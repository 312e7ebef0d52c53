/*
 * The SMBus host controller of Intel's south bridges: sixteen ports that run one transfer at a
 * time on an I2C bus.
 *
 * Reference: Intel 82371AB PCI-TO-ISA/IDE Xcelerator (PIIX4) (290562), 7.3 (SMBus I/O registers).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I2C_SMBUS_HOST_H
#define HW_I2C_SMBUS_HOST_H

#include "hw/i2c/i2c.h"
#include "system/memory.h"

#define SMBUS_BLOCK_MAX 32

typedef struct SMBusHost {
    MemoryRegion io; /* "pm-smbus" */
    I2CBus *bus;     /* "i2c" */
    uint8_t status, control, command, address, data0, data1;
    uint8_t block[SMBUS_BLOCK_MAX], block_index;
} SMBusHost;

/* In the controller's realize(): region of `size` ports, and bus. */
void smbus_host_init(SMBusHost *s, DeviceState *owner, uint64_t size);
void smbus_host_reset(SMBusHost *s);

extern const VMStateDescription vmstate_smbus_host;
#define VMSTATE_SMBUS_HOST(_field, _state)                                                         \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_smbus_host, SMBusHost)

#endif
