/*
 * What a PC's chipset has for devices that come and go by ACPI: blocks of registers at I/O ports,
 * and events 1 (PCI), 2 (CPUs) and 3 (memory) of its general-purpose block.
 *
 * The chipset's device holds one beside its AcpiPm, and has the functions below as those of a
 * hotplug handler: the machine hands modules of memory and CPUs on to it; of its PCI bus it is the
 * handler itself.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_ACPI_HOTPLUG_H
#define HW_ACPI_ACPI_HOTPLUG_H

#include "hw/acpi/acpi-ost.h"
#include "hw/acpi/acpi-pm.h"
#include "hw/acpi/cpu-hotplug.h"
#include "hw/acpi/memory-hotplug.h"
#include "hw/acpi/pci-hotplug.h"

typedef struct AcpiHotplug {
    AcpiMemoryHotplug memory;
    AcpiPciHotplug pci;
    AcpiCpuHotplug cpus;
} AcpiHotplug;

/* First ports of the blocks. */
typedef struct AcpiHotplugPorts {
    uint16_t memory, pci, cpus;
} AcpiHotplugPorts;

/*
 * Makes the regions, owned by the chipset's device, and maps them in `io`: that of memory only
 * where the machine has slots for modules.
 */
void acpi_hotplug_init(AcpiHotplug *h, DeviceState *owner, AcpiPm *pm, MemoryRegion *io,
                       const AcpiHotplugPorts *ports);
void acpi_hotplug_reset(AcpiHotplug *h);

/* dev has its place. */
void acpi_hotplug_plug(AcpiHotplug *h, DeviceState *dev);
/* Asks the guest to let go of dev; *errp: it can't go. */
void acpi_hotplug_unplug_request(AcpiHotplug *h, DeviceState *dev, Error **errp);
/* dev is about to leave its place. */
void acpi_hotplug_unplug(AcpiHotplug *h, DeviceState *dev);

/* An ACPIOSTInfo for each slot and CPU. */
void acpi_hotplug_report(AcpiHotplug *h, JsonArray *list);

extern const VMStateDescription vmstate_acpi_hotplug;
#define VMSTATE_ACPI_HOTPLUG(_field, _state)                                                       \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_acpi_hotplug, AcpiHotplug)

#endif
