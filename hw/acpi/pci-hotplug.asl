/*
 * PCI hot-plug: what of it is the same for all slots. These, and SCAN, are in an SSDT that
 * pci-hotplug.c writes.
 *
 * A DSDT includes this at its outermost level. Before that it says where the registers are
 * (PCI_HOTPLUG_BASE), and has its event call \_SB.PCI0.SCAN.
 *
 * Reference: ACPI specification 6.4, 6.3 (device insertion and removal); registers:
 * hw/acpi/pci-hotplug.h.
 *
 * SPDX-License-Identifier: MIT
 */
    External (\_SB.PCI0.SCAN, MethodObj)

    Scope (\_SB.PCI0)
    {
        OperationRegion (SLTS, SystemIO, PCI_HOTPLUG_BASE, 24)
        Field (SLTS, DWordAcc, NoLock, WriteAsZeros)
        {
            CAME, 32,
            TOGO, 32,
            EJCT, 32,
            MAYG, 32,
            BUSN, 32
        }
        Mutex (SLTM, 0)

        /* The slots of a bus (Arg0) that there is something to be told of: 1, came; 3, is to go. */
        Method (PEND, 2, Serialized)
        {
            Acquire (SLTM, 0xffff)
            BUSN = Arg0
            If (Arg1 == 1)
            {
                Local0 = CAME
            }
            Else
            {
                Local0 = TOGO
            }
            Release (SLTM)
            Return (Local0)
        }

        /* Bus and slot. */
        Method (EJSL, 2, Serialized)
        {
            Acquire (SLTM, 0xffff)
            BUSN = Arg0
            EJCT = 1 << Arg1
            Release (SLTM)
        }
    }
