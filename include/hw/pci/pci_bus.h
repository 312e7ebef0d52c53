/*
 * The inside of a PCI bus, for the PCI core and host bridges.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PCI_PCI_BUS_H
#define HW_PCI_PCI_BUS_H

#include "hw/pci/pci.h"

struct PCIBus {
    BusState qbus;

    PCIDevice *parent_dev; /* the bridge that leads here; NULL: a root bus */
    PCIDevice *devices[PCI_DEVFN_MAX];
    uint8_t devfn_min;
    bool zero_is_an_address; /* of a root bus: base addresses of 0 are mapped there */
    MemoryRegion *address_space_mem;
    MemoryRegion *address_space_io;

    pci_set_irq_fn set_irq;
    pci_map_irq_fn map_irq;
    void *irq_opaque;
    int nirq;
    int32_t *irq_count; /* for each input: how many pins assert it */

    PCIIOMMUFunc iommu_fn;
    void *iommu_opaque;
    bool iommu_below; /* it tells functions of the buses below apart, too */

    PCITargetAbortFunc *target_abort; /* NULL: an error for whoever asked */
    void *target_abort_opaque;
};

/* Between the files of the PCI core. */

/* The level of the function's pins may have changed: tells the bus. */
void pci_update_irq_lines(PCIDevice *dev);
/* Takes the BARs out of the bus's address spaces. */
void pci_unmap_regions(PCIDevice *dev);
/* Fills the read-only and writable parts of a type 0 header from the class. */
void pci_init_header(PCIDevice *dev);
void pci_reset_header(PCIDevice *dev);
/* Configuration registers may have changed: what follows from the capability's. */
void msi_config_written(PCIDevice *dev);
void msix_config_written(PCIDevice *dev);
void msi_reset(PCIDevice *dev);
void msix_reset(PCIDevice *dev);
void msix_finalize(PCIDevice *dev);
extern const VMStateDescription vmstate_msix;
/* The expansion ROM that class or user want; hw/pci/pci-rom.c. */
bool pci_init_rom(PCIDevice *dev, Error **errp);
/* What functions of the bus see as masters. */
MemoryRegion *pci_master_view(PCIBus *bus, int devfn);

#endif
