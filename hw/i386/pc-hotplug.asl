/*
 * DSDTs of PC boards: what comes and goes by ACPI, and the events that tell of it. A DSDT includes
 * this at its outermost level. Before that it says at which ports the registers are:
 * PC_MEMORY_HOTPLUG_PORT, PC_CPU_HOTPLUG_PORT, PC_PCI_HOTPLUG_PORT. Commands to firmware go to port
 * b2 on all boards.
 *
 * \_SB.GENR is vmgenid, in the SSDT if there is one.
 *
 * SPDX-License-Identifier: MIT
 */
    External (\_SB.GENR, DeviceObj)

#define MEMORY_HOTPLUG_SPACE SystemIO
#define MEMORY_HOTPLUG_BASE  PC_MEMORY_HOTPLUG_PORT
#include "hw/acpi/memory-hotplug.asl"

#define CPU_HOTPLUG_BASE     PC_CPU_HOTPLUG_PORT
#define CPU_HOTPLUG_SMI_PORT 0xb2
#include "hw/acpi/cpu-hotplug.asl"

#define PCI_HOTPLUG_BASE     PC_PCI_HOTPLUG_PORT
#include "hw/acpi/pci-hotplug.asl"

    Scope (\_SB)
    {
        /* The two halves of an address, which is given as two numbers to be added. */
        Method (LOHI, 2, Serialized)
        {
            Name (BOTH, Package () { 0, 0 })
            Local0 = Arg0 + Arg1
            BOTH[0] = Local0 & 0xffffffff
            BOTH[1] = Local0 >> 32
            Return (BOTH)
        }
    }

    Scope (\_GPE)
    {
        Name (_HID, "ACPI0006")
        Method (_E01, 0, NotSerialized)
        {
            \_SB.PCI0.SCAN ()
        }
        Method (_E02, 0, NotSerialized)
        {
            \_SB.PROC.SCAN ()
        }
        Method (_E03, 0, NotSerialized)
        {
            \_SB.DIMM.SCAN ()
        }
        Method (_E05, 0, NotSerialized)
        {
            If (CondRefOf (\_SB.GENR))
            {
                Notify (\_SB.GENR, 0x80)
            }
        }
    }
