/*
 * "pcie-root-port": what others than the operating system's driver for its slot do with one.
 *
 * Without a call of these the slot tells the guest itself of cards that come and are to go (PCI
 * Express's own hot-plug).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_PCIE_ROOT_PORT_H
#define HW_PCI_PCIE_ROOT_PORT_H

#include "core/hotplug.h"
#include "hw/pci/pci.h"

/* Whether the bus is the link behind a root port. The others' buses are such. */
bool pcie_root_port_has_bus(const PCIBus *bus);
/* Its slot's number, property "slot". */
unsigned pcie_root_port_slot(const PCIBus *bus);
/* Whether cards may come and go: property "hotplug". */
bool pcie_root_port_has_hotplug(const PCIBus *bus);

/*
 * From now on `teller` (ACPI) is who is told of cards that came (plug) and are to go
 * (unplug_request), who takes them out, and calls pcie_root_port_look() then. The slot always has
 * power. Before the machine's first reset.
 */
void pcie_root_port_leave_telling(PCIBus *bus, HotplugHandler *teller);
/* The slot shows what is there now, without an event. */
void pcie_root_port_look(PCIBus *bus);

#endif
