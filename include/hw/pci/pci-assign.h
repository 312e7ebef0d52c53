/*
 * Giving PCI functions their addresses, for boards that start an operating system without firmware.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_PCI_ASSIGN_H
#define HW_PCI_PCI_ASSIGN_H

#include "hw/pci/pci.h"

/* Addresses from `first` to `last`, both belonging to it; first > last: none. */
typedef struct PCIAddressRange {
    uint64_t first, last;
} PCIAddressRange;

#define PCI_PLAN_RANGES 2

typedef struct PCIAddressPlan {
    /* Where regions may go, below 4 GiB; what doesn't fit into the first goes into the second. */
    PCIAddressRange memory[PCI_PLAN_RANGES];
    PCIAddressRange io[PCI_PLAN_RANGES];
    /*
     * What the interrupt line register of functions in `slot` of the root bus says for pin 0-3
     * (INTA-INTD); NULL: it stays.
     */
    uint8_t (*irq_line)(int slot, int pin);
} PCIAddressPlan;

/*
 * What a firmware does after reset: numbers the buses behind bridges, gives every base address
 * register that is 0 an address, opens the bridges for them, and lets the functions answer
 * (I/O and memory decoding; bridges also master the bus). Registers that hold an address keep it,
 * and the plan should leave that address out. Works through configuration cycles alone. What finds
 * no room stays without an address and is named in a warning. Big lock.
 */
void pci_assign_addresses(PCIBus *root, const PCIAddressPlan *plan);

#endif
