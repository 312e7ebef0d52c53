/*
 * Message signalled interrupts of a PCI function: up to 32 messages that differ in their low bits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_MSI_H
#define HW_PCI_MSI_H

#include "hw/pci/pci.h"

/*
 * Adds the capability at `offset` (0: where there is room) with nr_vectors vectors (1, 2, 4 .. 32),
 * 64-bit addresses or not, mask and pending bits or not. 0, or a negative errno with *errp set.
 */
int msi_init(PCIDevice *dev, uint8_t offset, unsigned nr_vectors, bool msi64bit,
             bool msi_per_vector_mask, Error **errp);
void msi_uninit(PCIDevice *dev);
bool msi_present(const PCIDevice *dev);
bool msi_enabled(const PCIDevice *dev);
/* How many vectors software lets the function use; 0 while MSI is off. */
unsigned msi_nr_vectors_allocated(const PCIDevice *dev);
/* Sends the message of that vector, or makes it pending while it is masked. */
void msi_notify(PCIDevice *dev, unsigned vector);

#endif
