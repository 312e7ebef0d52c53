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

/*
 * BARs whose region software can resize: `smallest` and `largest` are powers of two of MiB (0 is 1 MiB, at most 19), and the region that
 * was registered has a size in between, which it has after each reset. Its memory region must be a container or an alias, as large
 * inside as it may become. Extended capability at `offset`, as for pcie_add_capability(); at most 6.
 */
typedef struct PCIEResizableBar {
    uint8_t bar, smallest, largest;
} PCIEResizableBar;

void pcie_add_resizable_bars(PCIDevice *dev, uint16_t offset, const PCIEResizableBar *bars, unsigned count);
/* For the core: after a write to configuration space, a reset, and the loading of a state. */
void pcie_resizable_bars_written(PCIDevice *dev, uint32_t address, int len);
void pcie_reset_bar_sizes(PCIDevice *dev);
void pcie_apply_bar_sizes(PCIDevice *dev);

#endif
