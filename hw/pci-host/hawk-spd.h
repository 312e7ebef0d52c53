/*
 * The serial EEPROMs on Hawk's I2C bus: SDRAM descriptions (SPD) and the board's vital product
 * data.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_HOST_HAWK_SPD_H
#define HW_PCI_HOST_HAWK_SPD_H

#include "qemu/osdep.h"
#include "net/mac.h"

/* SDRAM blocks A-H of the controller. */
#define HAWK_SDRAM_BLOCKS 8
#define HAWK_SPD_MODULES  4 /* of up to two equal blocks each */
#define HAWK_EEPROM_SIZE  256

typedef struct HawkSdramBlock {
    uint32_t size; /* bytes, 0: absent */
    uint8_t code;  /* as the controller's size field has it */
} HawkSdramBlock;

/*
 * Distributes ram_size over the blocks; what can't be (less than 32 MiB, or left over) is not
 * reported.
 */
void hawk_sdram_layout(uint64_t ram_size, HawkSdramBlock blocks[HAWK_SDRAM_BLOCKS]);
/* The SPD EEPROM of module n (blocks 2n and 2n + 1); false if it isn't populated. */
bool hawk_spd_contents(const HawkSdramBlock *blocks, int module, uint8_t data[HAWK_EEPROM_SIZE]);
/* The board's vital product data; `macs` are its Ethernets' addresses. */
void hawk_vpd_contents(uint32_t bus_hz, uint32_t cpu_hz, const MACAddr *macs, size_t num_macs,
                       uint8_t data[HAWK_EEPROM_SIZE]);

#endif
