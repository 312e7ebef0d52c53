/*
 * Network cards in PCI slots that -nic and -net nic ask for (net/nic-list.h). From a board's init.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_PCI_NIC_H
#define HW_PCI_PCI_NIC_H

#include "hw/pci/pci.h"
#include "net/nic-list.h"

/*
 * A card for each entry that the board hasn't taken, in order: of the entry's model, else of
 * default_model, in its addr=, else in the first free slot. What can't be is reported, and ends the
 * program.
 */
void pci_init_nic_devices(PCIBus *bus, const char *default_model);
/*
 * The next entry for default_model (or `alias`, or without a model) is a card in the slot `devaddr`
 * ("SLOT[.FUNCTION]"), unless it says addr= itself. False: there is no such entry.
 */
bool pci_init_nic_in_slot(PCIBus *bus, const char *default_model, const char *alias,
                          const char *devaddr);
/* The same for an entry that the caller has chosen. */
PCIDevice *pci_nic_init_nofail(NICInfo *nd, PCIBus *bus, const char *default_model,
                               const char *default_devaddr);

#endif
