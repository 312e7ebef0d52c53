/*
 * ACPI PCI hot-plug: 24 bytes of registers by which a guest learns of cards that came to or are to
 * go from slots of conventional PCI buses or root ports, and lets go of them.
 *
 *     offset  read                                            write
 *     00      a bit for each slot where a card came, which
 *             clears them
 *     04      slots whose card is to go
 *     08      0                                               ejects the cards of these slots
 *     0c      slots whose card may go, or that are empty
 *     10      the bus that all else is about                  chooses it
 *     14      0 (a card's number for users: there is none)
 *
 * Buses have numbers of their own here: 0 is the root, then each bridge's that is there from the
 * start. Others read as 0.
 *
 * Reference: QEMU's interface description "ACPI PCI hotplug" (docs/specs), which guests' ACPI code
 * of these boards follows.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_PCI_HOTPLUG_H
#define HW_ACPI_PCI_HOTPLUG_H

#include "hw/acpi/acpi-tables.h"
#include "hw/pci/pci_bus.h"
#include "migration/vmstate.h"
#include "qemu/notify.h"
#include "system/memory.h"

#define ACPI_PCI_HOTPLUG_SIZE  24
#define ACPI_PCI_HOTPLUG_BUSES 256

typedef struct AcpiPciHotplug {
    MemoryRegion io;
    void (*notify)(void *opaque); /* the guest is to look */
    void *opaque;
    Notifier reset_done;
    uint32_t nr_buses, selected;
    PCIBus *buses[ACPI_PCI_HOTPLUG_BUSES];
    uint32_t came[ACPI_PCI_HOTPLUG_BUSES], to_go[ACPI_PCI_HOTPLUG_BUSES]; /* a bit for each slot */
} AcpiPciHotplug;

/* Makes the region. */
void acpi_pci_hotplug_init(AcpiPciHotplug *h, Object *owner, void (*notify)(void *opaque),
                           void *opaque);
/*
 * The devices that are there from the start are there: from now on others come to and go from the
 * root bus and those of its bridges, as chosen, and handler looks after them.
 */
void acpi_pci_hotplug_start(AcpiPciHotplug *h, PCIBus *root, bool on_root, bool behind_bridges,
                            Object *handler);
void acpi_pci_hotplug_reset(AcpiPciHotplug *h);

/* For the hotplug handler. */
void acpi_pci_hotplug_plug(AcpiPciHotplug *h, PCIDevice *dev);
void acpi_pci_hotplug_unplug_request(AcpiPciHotplug *h, PCIDevice *dev, Error **errp);

/*
 * Into the begun SSDT: slots of all its buses, below \_SB.PCI0, and \_SB.PCI0.SCAN, which the event
 * calls. The DSDT has the rest, of pci-hotplug.asl, and has described the functions of slot
 * `described` itself.
 */
void acpi_pci_hotplug_put_aml(const AcpiPciHotplug *h, ACPITables *t, int described);

extern const VMStateDescription vmstate_acpi_pci_hotplug;
#define VMSTATE_ACPI_PCI_HOTPLUG(_field, _state)                                                   \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_acpi_pci_hotplug, AcpiPciHotplug)

#endif
