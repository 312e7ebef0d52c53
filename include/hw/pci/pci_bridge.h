/*
 * PCI-PCI bridges: a function with a bus behind it, and windows that lead there.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_PCI_BRIDGE_H
#define HW_PCI_PCI_BRIDGE_H

#include "hw/pci/pci_bus.h"

#define TYPE_PCI_BRIDGE "base-pci-bridge"
OBJECT_DECLARE_SIMPLE_TYPE(PCIBridge, PCI_BRIDGE)

enum {
    PCI_BRIDGE_WINDOW_IO,
    PCI_BRIDGE_WINDOW_MEM,
    PCI_BRIDGE_WINDOW_PREF,
    PCI_BRIDGE_WINDOW_VGA_MEM, /* VGA's fixed addresses, if bridge control says so */
    PCI_BRIDGE_WINDOW_VGA_3B0,
    PCI_BRIDGE_WINDOW_VGA_3C0,
    PCI_BRIDGE_NUM_WINDOWS,
};

/* What a window lets through, by the registers; limit (inclusive) below base: nothing. */
typedef struct PCIBridgeRange {
    uint64_t base, limit;
} PCIBridgeRange;

struct PCIBridge {
    PCIDevice parent_obj;

    PCIBus *behind;
    MemoryRegion mem_behind, io_behind; /* what that bus has */
    MemoryRegion windows[PCI_BRIDGE_NUM_WINDOWS];
    MemoryRegion *window_parent[PCI_BRIDGE_NUM_WINDOWS];
};

/*
 * From the realize function of a bridge: the type 1 header, and a bus of type `bus_type` behind it,
 * with the device's id as its name.
 */
void pci_bridge_initfn(PCIDevice *dev, const char *bus_type);
/* From its exit function. */
void pci_bridge_exitfn(PCIDevice *dev);
/* The bridge's config_write: windows, bus numbers, reset of the bus behind. */
void pci_bridge_write_config(PCIDevice *dev, uint32_t address, uint32_t value, int len);
/* From its reset: registers and windows. */
void pci_bridge_reset_hold(Object *obj);
/* A bridge's state, for types that add to it. */
extern const VMStateDescription vmstate_pci_bridge;
/* The bus behind dev; NULL if it is no bridge. */
PCIBus *pci_bridge_get_sec_bus(const PCIDevice *dev);
/* One of the first three windows, whether or not the command register opens it. */
PCIBridgeRange pci_bridge_range(const PCIDevice *dev, int window);

#endif
