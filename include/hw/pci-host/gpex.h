/*
 * A PCI Express host bridge without registers of its own, for boards that describe it in a device
 * tree ("pci-host-ecam-generic").
 *
 * Regions: 0 configuration space (ECAM), 1 memory, 2 I/O; the board maps windows of them. Lines:
 * INTA-INTD. The root bus is "pcie.0", of type TYPE_PCIE_BUS; its functions are masters of the
 * system's memory (address_space_memory), with the addresses that the CPUs use.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_HOST_GPEX_H
#define HW_PCI_HOST_GPEX_H

#include "hw/pci/pcie_host.h"

#define TYPE_GPEX_HOST "gpex-pcihost"
OBJECT_DECLARE_SIMPLE_TYPE(GPEXHost, GPEX_HOST)

#define GPEX_NUM_IRQS 4

/* The bus of a realized bridge. */
PCIBus *gpex_bus(GPEXHost *s);

#endif
