/*
 * PCI Express host bridges: configuration space as memory (ECAM).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_PCIE_HOST_H
#define HW_PCI_PCIE_HOST_H

#include "hw/pci/pci_host.h"

#define PCIE_ECAM_BUS_SIZE 0x100000u /* bytes for each bus number */

/*
 * Makes `region` the configuration space of `num_buses` (1 .. 256) bus numbers, from 0 on: 4 KiB for
 * each function, little-endian. `bus` is the root bus. The caller maps it.
 */
void pcie_ecam_init(MemoryRegion *region, Object *owner, PCIBus *bus, unsigned num_buses);

#endif
