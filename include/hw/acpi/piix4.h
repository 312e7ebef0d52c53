/*
 * PIIX4's power management (82371AB, function 3): ACPI's fixed hardware, SMBus, and the two ports
 * by which software calls the firmware (SMI).
 *
 * Two things differ from the chip. Writing the commands of the FADT to port b2 switches SCI_EN at
 * once, which firmware would do in its SMI handler. At port afe0 is a block of general-purpose
 * events, as QEMU's board has it.
 *
 * Reference: Intel 82371AB PCI-TO-ISA/IDE Xcelerator (PIIX4) (290562), chapter 7.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_PIIX4_H
#define HW_ACPI_PIIX4_H

#include "hw/acpi/acpi-tables.h"
#include "hw/pci/pci.h"

#define TYPE_PIIX4_PM "PIIX4_PM"
OBJECT_DECLARE_SIMPLE_TYPE(PIIX4PMState, PIIX4_PM)

/* Unnamed output 0 is the SCI; this one asks for a system management interrupt. */
#define PIIX4_SMI_OUT "smi-irq"

/* For the FADT. */
enum { PIIX4_ACPI_ENABLE = 0xf1, PIIX4_ACPI_DISABLE = 0xf0 };
#define PIIX4_SMI_PORT   0xb2
#define PIIX4_GPE_PORT   0xafe0
#define PIIX4_MEMORY_HOTPLUG_PORT 0x0a00
#define PIIX4_PCI_HOTPLUG_PORT    0xae00
#define PIIX4_CPU_HOTPLUG_PORT    0xaf00
#define PIIX4_SLEEP_OFF  0 /* SLP_TYP of S5 */

/* Where firmware has mapped the ACPI registers; 0: nowhere. */
uint16_t piix4_pm_base(PIIX4PMState *s);

/*
 * Once the devices that are there from the start are there: PCI cards may come and go from now on,
 * and what ACPI has to know of slots goes into the begun SSDT.
 */
void piix4_start_hotplug(PIIX4PMState *s, ACPITables *t);

#endif
