/*
 * PCI host bridges: configuration mechanism 1 and the part of a host bridge that every one has.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_PCI_HOST_H
#define HW_PCI_PCI_HOST_H

#include "hw/pci/pci.h"
#include "hw/sysbus.h"

#define TYPE_PCI_HOST_BRIDGE "pci-host-bridge"
OBJECT_DECLARE_TYPE(PCIHostState, PCIHostBridgeClass, PCI_HOST_BRIDGE)

struct PCIHostState {
    SysBusDevice busdev;

    /* CONFIG_ADDRESS and CONFIG_DATA, for the bridge to initialize with pci_host_*_ops. */
    MemoryRegion conf_mem;
    MemoryRegion data_mem;
    uint32_t config_reg;
    PCIBus *bus;
};

struct PCIHostBridgeClass {
    SysBusDeviceClass parent_class;
};

extern const VMStateDescription vmstate_pci_host;
#define VMSTATE_PCI_HOST(_field, _state) \
    VMSTATE_STRUCT(_field, _state, 0, vmstate_pci_host, PCIHostState)

/*
 * One configuration cycle. `addr` is laid out as in CONFIG_ADDRESS (bus << 16 | devfn << 8 |
 * offset); the enable bit is not looked at. Where no function answers, reads give all ones and
 * writes go nowhere.
 */
void pci_data_write(PCIBus *bus, uint32_t addr, uint32_t val, unsigned len);
uint32_t pci_data_read(PCIBus *bus, uint32_t addr, unsigned len);

/*
 * Mechanism 1; opaque is the PCIHostState. The le variants present both registers in little-endian,
 * the be ones in big-endian byte order. CONFIG_DATA is 4 bytes; without the enable bit it reads as
 * all ones.
 */
extern const MemoryRegionOps pci_host_conf_le_ops;
extern const MemoryRegionOps pci_host_conf_be_ops;
extern const MemoryRegionOps pci_host_data_le_ops;
extern const MemoryRegionOps pci_host_data_be_ops;

/*
 * Both registers as PCs have them: conf_mem and data_mem at ports cf8 and cfc of `io`. The address
 * register answers double words only: the ports in between are others'.
 */
#define PCI_CONFIG_ADDRESS_PORT 0xcf8
#define PCI_CONFIG_DATA_PORT    0xcfc
void pci_host_add_ports(PCIHostState *s, MemoryRegion *io);

#endif
