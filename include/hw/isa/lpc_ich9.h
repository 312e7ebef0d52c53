/*
 * ICH9's LPC bridge (82801I, device 31 function 0): the ISA bus "isa.0" is below it.
 *
 * It takes the pins of the root bus's functions to eight PIRQs, and these to the I/O APIC's inputs
 * 16 to 23 and to lines of the ISA bus; it has ACPI's fixed hardware, the ports by which software
 * calls the firmware (SMI), the register that resets the machine, and the registers behind RCBA.
 *
 * Three things differ from the chip, as they do on QEMU's board. Writing the commands of the FADT
 * to port b2 switches SCI_EN at once, which firmware would do in its SMI handler. SLP_TYP of S5 is
 * 0. The registers of hw/acpi/acpi-hotplug.h are at ports of their own, and events 1, 2, 3 and 5
 * are theirs.
 *
 * Reference: Intel I/O Controller Hub 9 (ICH9) Family Datasheet (316972), chapters 10 (chipset
 * configuration registers), 13 (LPC bridge).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ISA_LPC_ICH9_H
#define HW_ISA_LPC_ICH9_H

#include "hw/acpi/acpi-tables.h"
#include "hw/isa/isa.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/pci/pci.h"

#define TYPE_ICH9_LPC "ICH9-LPC"
OBJECT_DECLARE_SIMPLE_TYPE(ICH9LPCState, ICH9_LPC)

/*
 * Outputs: ICH9_NUM_GSIS inputs of both interrupt controllers, and requests for SMIs, of the CPU
 * that causes it and of all CPUs.
 */
#define ICH9_GSI_OUT  "gsi"
#define ICH9_SMI_OUT  "smi-irq"
#define ICH9_NUM_GSIS 24
#define ICH9_NUM_SMIS 2

/* Where the chip's devices are. */
#define ICH9_LPC_DEVFN   PCI_DEVFN(31, 0)
#define ICH9_SATA_DEVFN  PCI_DEVFN(31, 2)
#define ICH9_SMBUS_DEVFN PCI_DEVFN(31, 3)

/* For the FADT. */
enum { ICH9_ACPI_ENABLE = 0x02, ICH9_ACPI_DISABLE = 0x03 };
#define ICH9_SMI_PORT  0xb2
#define ICH9_SLEEP_OFF 0
#define ICH9_MEMORY_HOTPLUG_PORT 0x0a00
#define ICH9_PCI_HOTPLUG_PORT    0x0cc0
#define ICH9_CPU_HOTPLUG_PORT    0x0cd8
enum { ICH9_PM_EVENT = 0x00, ICH9_PM_CONTROL = 0x04, ICH9_PM_TIMER = 0x08, ICH9_PM_GPE = 0x20 };
#define ICH9_GPE_SIZE 16 /* bytes: 64 events */

/* The bus below it; there once it is realized. */
ISABus *ich9_lpc_isa_bus(ICH9LPCState *s);

/* Where firmware has mapped the ACPI registers; 0: nowhere. */
uint16_t ich9_lpc_pm_base(ICH9LPCState *s);

/* If there is SMM: by these files firmware asks for SMIs of all CPUs, and when CPUs come and go. */
void ich9_lpc_add_smi_files(ICH9LPCState *s, FWCfgState *fw_cfg);

/*
 * Once the devices that are there from the start are there: PCI cards may come to and go from
 * slots of root ports and bridges by ACPI from now on, and what ACPI has to know goes into the begun
 * SSDT.
 */
void ich9_lpc_start_hotplug(ICH9LPCState *s, ACPITables *t);

#endif
