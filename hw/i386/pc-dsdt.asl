/*
 * `pc` board: the DSDT, what ACPI calls the devices that can't be found by looking. What differs
 * from machine to machine is in an SSDT that the board writes (pc-acpi.c): \PLOW, where the PCI
 * hole below 4 GiB starts; \PHIG and \PHSZ, the one above; \HPTP, \KBDP, \COMP (a bit for each),
 * \LPTP and \FDCP, which of HPET, keyboard controller, serial and parallel ports, floppy disks are
 * there; \PVPP, where pvpanic's port is, or 0.
 *
 * The C preprocessor reads this first. Outside of methods there are only names, methods, regions
 * and their fields, and devices: SeaBIOS, which looks for keyboard and floppy disks here, skips the
 * rest of a scope from what else there is.
 *
 * Reference: ACPI specification 6.4, chapters 6, 7 and 19; Intel 82371SB (PIIX3), 2.2.9 (PIRQ
 * routing).
 *
 * SPDX-License-Identifier: MIT
 */
DefinitionBlock ("", "DSDT", 2, "SYSEMU", "SYSEMUVM", 1)
{
    External (\PLOW, IntObj)
    External (\PHIG, IntObj)
    External (\PHSZ, IntObj)
    External (\HPTP, IntObj)
    External (\KBDP, IntObj)
    External (\COMP, IntObj)
    External (\LPTP, IntObj)
    External (\FDCP, IntObj)
    External (\PVPP, IntObj)

    /* Soft off: the value of SLP_TYP. */
    Name (\_S5, Package () { 0, 0, 0, 0 })

#include "pc-macros.asl"

/* Slot by slot the pins are turned; the first one is a multiple of four. */
#define FOUR_SLOTS(n, n1, n2, n3)                                                                  \
    PINS (n, LNKD, LNKA, LNKB, LNKC), PINS (n1, LNKA, LNKB, LNKC, LNKD),                           \
    PINS (n2, LNKB, LNKC, LNKD, LNKA), PINS (n3, LNKC, LNKD, LNKA, LNKB)

    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A03"))
            Name (_ADR, 0)
            Name (_UID, 0)
            Name (_PRT, Package () {
                PINS (00, LNKD, LNKA, LNKB, LNKC),
                /* Power management, whose pin A is the SCI's line; the others are PIRQs. */
                Package () { 0x01ffff, 0, 0, 9 }, Package () { 0x01ffff, 1, LNKB, 0 },
                Package () { 0x01ffff, 2, LNKC, 0 }, Package () { 0x01ffff, 3, LNKD, 0 },
                PINS (02, LNKB, LNKC, LNKD, LNKA), PINS (03, LNKC, LNKD, LNKA, LNKB),
                FOUR_SLOTS (04, 05, 06, 07), FOUR_SLOTS (08, 09, 0a, 0b),
                FOUR_SLOTS (0c, 0d, 0e, 0f), FOUR_SLOTS (10, 11, 12, 13),
                FOUR_SLOTS (14, 15, 16, 17), FOUR_SLOTS (18, 19, 1a, 1b),
                FOUR_SLOTS (1c, 1d, 1e, 1f)
            })

            Name (LOWR, ResourceTemplate () {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 255, 0, 256)
                IO (Decode16, 0x0cf8, 0x0cf8, 1, 8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0, 0x0cf7,
                        0, 0x0cf8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0x0d00,
                        0xffff, 0, 0xf300)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                             0, 0xa0000, 0xbffff, 0, 0x20000)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                             ReadWrite, 0, 0xe0000000, 0xfebfffff, 0, 0x1ec00000, , , HOLE)
            })
            Name (HIGR, ResourceTemplate () {
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                             0, 0x100000000, 0x17fffffff, 0, 0x80000000, , , HOL2)
            })
            Method (_CRS, 0, Serialized)
            {
                CreateDWordField (LOWR, ^HOLE._MIN, LMIN)
                CreateDWordField (LOWR, ^HOLE._LEN, LLEN)
                CreateQWordField (HIGR, ^HOL2._MIN, HMIN)
                CreateQWordField (HIGR, ^HOL2._MAX, HMAX)
                CreateQWordField (HIGR, ^HOL2._LEN, HLEN)
                LMIN = \PLOW
                LLEN = 0xfec00000 - \PLOW
                If (\PHSZ == 0)
                {
                    Return (LOWR)
                }
                HMIN = \PHIG
                HLEN = \PHSZ
                HMAX = \PHIG + \PHSZ - 1
                Return (ConcatenateResTemplate (LOWR, HIGR))
            }

            Device (ISA)
            {
                Name (_ADR, 0x00010000)
                OperationRegion (P60, PCI_Config, 0x60, 4)
                Field (P60, ByteAcc, NoLock, Preserve)
                {
                    RTEA, 8,
                    RTEB, 8,
                    RTEC, 8,
                    RTED, 8
                }

#include "pc-isa.asl"
            }
        }

        LINK (LNKA, 0, \_SB.PCI0.ISA.RTEA)
        LINK (LNKB, 1, \_SB.PCI0.ISA.RTEB)
        LINK (LNKC, 2, \_SB.PCI0.ISA.RTEC)
        LINK (LNKD, 3, \_SB.PCI0.ISA.RTED)

#include "pc-others.asl"

        /* Ports of the board that are nobody else's: power management, SMBus, general events. */
        Device (RES0)
        {
            Name (_HID, EisaId ("PNP0C02"))
            Name (_CRS, ResourceTemplate () {
                IO (Decode16, 0x0600, 0x0600, 1, 0x40)
                IO (Decode16, 0x0700, 0x0700, 1, 0x10)
                IO (Decode16, 0x00b2, 0x00b2, 1, 2)
                IO (Decode16, 0xafe0, 0xafe0, 1, 4)
                IO (Decode16, 0x0a00, 0x0a00, 1, 0x18)
                IO (Decode16, 0xae00, 0xae00, 1, 0x18)
                IO (Decode16, 0xaf00, 0xaf00, 1, 0x20)
            })
        }
    }

#define PC_MEMORY_HOTPLUG_PORT 0x0a00
#define PC_CPU_HOTPLUG_PORT    0xaf00
#define PC_PCI_HOTPLUG_PORT    0xae00
#include "pc-hotplug.asl"
}
