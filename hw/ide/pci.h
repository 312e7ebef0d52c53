/*
 * PCI IDE functions: two channels with bus masters, for the files of their kinds.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_IDE_PCI_H
#define HW_IDE_PCI_H

#include "core/register.h"
#include "hw/ide/ide.h"
#include "hw/pci/pci.h"
#include "ide-ports.h"

#define IDE_CHANNELS 2

#define TYPE_PCI_IDE "pci-ide"
OBJECT_DECLARE_SIMPLE_TYPE(PciIde, PCI_IDE)

typedef struct PciIdeChannel {
    IdeBus *bus;
    IdePorts ports;
    RegisterBlock master;
    qemu_irq irq;
    uint32_t entry;    /* address of the next descriptor */
    uint32_t at, left; /* of the current region: address and bytes */
    bool last;         /* it is the table's last one */
} PciIdeChannel;

struct PciIde {
    PCIDevice parent_obj;

    MemoryRegion masters; /* BAR 4 */
    PciIdeChannel channels[IDE_CHANNELS];
};

/* For the kinds' hooks of these names. */
void pci_ide_realize(PCIDevice *dev, Error **errp);
void pci_ide_reset(DeviceState *dev);
extern const VMStateDescription vmstate_pci_ide_channel;
/* The channel's ports answer, or don't; they don't before the first call. */
void pci_ide_enable_ports(PciIde *s, unsigned channel, bool enable);

#endif
