/*
 * ICH9's SMBus: a PCI function with an I2C bus, called "i2c", below it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I2C_SMBUS_ICH9_H
#define HW_I2C_SMBUS_ICH9_H

#define TYPE_ICH9_SMB "ICH9-SMB"

#endif
