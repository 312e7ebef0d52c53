/*
 * MSI-X of a PCI function: a table of messages, and of their masks, in one of its BARs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_MSIX_H
#define HW_PCI_MSIX_H

#include "hw/pci/pci.h"

/*
 * Adds the capability at cap_pos (0: where there is room) for nentries vectors (1 .. 2048). The
 * table goes into table_bar, which is base address register table_bar_nr, at table_offset; the
 * pending bits likewise. 0, or a negative errno with *errp set.
 */
int msix_init(PCIDevice *dev, unsigned nentries, MemoryRegion *table_bar, uint8_t table_bar_nr,
              unsigned table_offset, MemoryRegion *pba_bar, uint8_t pba_bar_nr,
              unsigned pba_offset, uint8_t cap_pos, Error **errp);
/* The same, in a BAR of its own, which is registered too. */
int msix_init_exclusive_bar(PCIDevice *dev, unsigned nentries, uint8_t bar_nr, Error **errp);
/* Nothing happens where there is no MSI-X. */
void msix_uninit(PCIDevice *dev);

bool msix_present(const PCIDevice *dev);
bool msix_enabled(const PCIDevice *dev);
unsigned msix_nr_vectors_allocated(const PCIDevice *dev);
/* Sends the message of that vector, or makes it pending while it is masked. */
void msix_notify(PCIDevice *dev, unsigned vector);
/* Takes back what is pending. */
void msix_clear_pending(PCIDevice *dev, unsigned vector);

#endif
