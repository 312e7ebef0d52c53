/*
 * PCI Express functions: the capability that makes one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_PCIE_H
#define HW_PCI_PCIE_H

#include "hw/pci/pci.h"

/*
 * Adds the express capability (version 2) at `offset`, 0: where there is room. type is of
 * PCI_EXP_TYPE_*, port the link's number. The offset, or a negative errno with *errp set.
 */
int pcie_cap_init(PCIDevice *dev, uint8_t offset, uint8_t type, uint8_t port, Error **errp);
/* The same for an endpoint: integrated on the root bus, with a link behind a port. */
int pcie_endpoint_cap_init(PCIDevice *dev, uint8_t offset, Error **errp);

#endif
