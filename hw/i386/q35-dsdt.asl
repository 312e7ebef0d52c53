/*
 * `q35` board: the DSDT, what ACPI calls the devices that can't be found by looking. What differs
 * from machine to machine is in an SSDT that the board writes (pc-acpi.c): \PLOW, where the PCI
 * hole below 4 GiB starts; \PHIG and \PHSZ, the one above; \HPTP, \KBDP, \COMP (a bit for each),
 * \LPTP and \FDCP, which of HPET, keyboard controller, serial and parallel ports, floppy disks are
 * there; \PVPP, where pvpanic's port is, or 0; \NHPC, whether root ports' own hot-plug is the
 * operating system's (1) or ACPI's (0).
 *
 * The C preprocessor reads this first. What may stand outside of methods: see pc-dsdt.asl.
 *
 * Reference: ACPI specification 6.4, chapters 6, 7 and 19; PCI Firmware Specification 3.1, 4.1.2
 * (MCFG's range in a motherboard resource), 4.5.1 (_OSC); Intel ICH9 (316972), 13.1.8 (PIRQ
 * routing); Intel 3 Series chipsets (316966), 5.1.13 (PCIEXBAR).
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
    External (\NHPC, IntObj)

    /* Soft off: the value of SLP_TYP. */
    Name (\_S5, Package () { 0, 0, 0, 0 })

    /* Which interrupt controllers the operating system uses: 1, the APICs. */
    Name (\APIC, 0)
    Method (\_PIC, 1, NotSerialized)
    {
        \APIC = Arg0
    }

#include "pc-macros.asl"

/* The same of pins that lead to inputs of the I/O APIC. */
#define GSIS(slot, a, b, c, d)                                                                     \
    Package () { 0x##slot##ffff, 0, 0, a }, Package () { 0x##slot##ffff, 1, 0, b },                \
    Package () { 0x##slot##ffff, 2, 0, c }, Package () { 0x##slot##ffff, 3, 0, d }

/*
 * What all slots' pins lead to: those of the chipset's own devices to the first four PIRQs, as their
 * routing registers have it after a reset; the others to the last four, turned slot by slot.
 */
#define FOUR_SLOTS(pins, n, n1, n2, n3, a, b, c, d)                                                \
    pins (n, a, b, c, d), pins (n1, b, c, d, a), pins (n2, c, d, a, b), pins (n3, d, a, b, c)
#define ALL_SLOTS(pins, a, b, c, d, e, f, g, h)                                                    \
    FOUR_SLOTS (pins, 00, 01, 02, 03, e, f, g, h), FOUR_SLOTS (pins, 04, 05, 06, 07, e, f, g, h),  \
    FOUR_SLOTS (pins, 08, 09, 0a, 0b, e, f, g, h), FOUR_SLOTS (pins, 0c, 0d, 0e, 0f, e, f, g, h),  \
    FOUR_SLOTS (pins, 10, 11, 12, 13, e, f, g, h), FOUR_SLOTS (pins, 14, 15, 16, 17, e, f, g, h),  \
    pins (18, e, f, g, h), pins (19, a, b, c, d), pins (1a, a, b, c, d), pins (1b, a, b, c, d),    \
    pins (1c, a, b, c, d), pins (1d, a, b, c, d), pins (1e, a, b, c, d), pins (1f, a, b, c, d)

    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A08"))
            Name (_CID, EisaId ("PNP0A03"))
            Name (_ADR, 0)
            Name (_UID, 0)
            Name (BYLN, Package () {
                ALL_SLOTS (PINS, LNKA, LNKB, LNKC, LNKD, LNKE, LNKF, LNKG, LNKH)
            })
            Name (BYAP, Package () { ALL_SLOTS (GSIS, 16, 17, 18, 19, 20, 21, 22, 23) })
            Method (_PRT, 0, NotSerialized)
            {
                If (\APIC)
                {
                    Return (BYAP)
                }
                Return (BYLN)
            }

            /*
             * Ports of the root bus have power events, error reporting and, where ACPI doesn't see
             * to it, native hot-plug: bit 0.
             */
            Method (_OSC, 4, Serialized)
            {
                CreateDWordField (Arg3, 0, STAT)
                If (Arg0 != ToUUID ("33db4d5b-1ff7-401c-9657-7441c03dd766"))
                {
                    STAT |= 0x04
                    Return (Arg3)
                }
                CreateDWordField (Arg3, 8, CTRL)
                If (Arg1 != 1)
                {
                    STAT |= 0x08
                }
                Local0 = 0x1e | \NHPC
                If (CTRL & ~Local0)
                {
                    STAT |= 0x10
                    CTRL &= Local0
                }
                Return (Arg3)
            }

            Device (MCHC)
            {
                Name (_ADR, 0)
                OperationRegion (P60, PCI_Config, 0x60, 8)
                Field (P60, DWordAcc, NoLock, Preserve)
                {
                    EXLO, 32,
                    EXHI, 32
                }
            }

            /* Where configuration space is below 4 GiB, and its bytes; 0 bytes: nowhere there. */
            Method (EXBS, 0, NotSerialized)
            {
                Return (^MCHC.EXLO & 0xfc000000)
            }
            Method (EXSZ, 0, NotSerialized)
            {
                If (((^MCHC.EXLO & 1) == 0) || (^MCHC.EXHI != 0))
                {
                    Return (0)
                }
                Return (0x10000000 >> ((^MCHC.EXLO >> 1) & 3))
            }

            Name (LOWR, ResourceTemplate () {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 255, 0, 256)
                IO (Decode16, 0x0cf8, 0x0cf8, 1, 8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0, 0x0cf7,
                        0, 0x0cf8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0x0d00,
                        0xffff, 0, 0xf300)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                             0, 0xa0000, 0xbffff, 0, 0x20000)
            })
            Name (HOLR, ResourceTemplate () {
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                             ReadWrite, 0, 0xc0000000, 0xfebfffff, 0, 0x3ec00000, , , HOLE)
            })
            Name (HIGR, ResourceTemplate () {
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                             0, 0x100000000, 0x17fffffff, 0, 0x80000000, , , HOL2)
            })

            /* The resources Arg0, and the PCI hole from Arg1 to before Arg2 if that is something. */
            Method (WITH, 3, Serialized)
            {
                CreateDWordField (HOLR, ^HOLE._MIN, LMIN)
                CreateDWordField (HOLR, ^HOLE._MAX, LMAX)
                CreateDWordField (HOLR, ^HOLE._LEN, LLEN)
                If (Arg1 >= Arg2)
                {
                    Return (Arg0)
                }
                LMIN = Arg1
                LMAX = Arg2 - 1
                LLEN = Arg2 - Arg1
                Return (ConcatenateResTemplate (Arg0, HOLR))
            }

            Method (_CRS, 0, Serialized)
            {
                CreateQWordField (HIGR, ^HOL2._MIN, HMIN)
                CreateQWordField (HIGR, ^HOL2._MAX, HMAX)
                CreateQWordField (HIGR, ^HOL2._LEN, HLEN)
                Local0 = EXBS ()
                Local1 = EXSZ ()
                If ((Local1 == 0) || (Local0 < \PLOW))
                {
                    Local2 = WITH (LOWR, \PLOW, 0xfec00000)
                }
                Else
                {
                    Local2 = WITH (LOWR, \PLOW, Local0)
                    Local2 = WITH (Local2, Local0 + Local1, 0xfec00000)
                }
                If (\PHSZ == 0)
                {
                    Return (Local2)
                }
                HMIN = \PHIG
                HLEN = \PHSZ
                HMAX = \PHIG + \PHSZ - 1
                Return (ConcatenateResTemplate (Local2, HIGR))
            }

            /* What lies in memory where PCI's functions must not be put. */
            Device (MRES)
            {
                Name (_HID, EisaId ("PNP0C02"))
                Name (_UID, 1)
                Name (RSRC, ResourceTemplate () {
                    Memory32Fixed (ReadWrite, 0xfed1c000, 0x4000)
                    Memory32Fixed (ReadWrite, 0, 0, ECAM)
                })
                Method (_CRS, 0, Serialized)
                {
                    CreateDWordField (RSRC, ^ECAM._BAS, EBAS)
                    CreateDWordField (RSRC, ^ECAM._LEN, ELEN)
                    ELEN = EXSZ ()
                    EBAS = EXBS ()
                    Return (RSRC)
                }
            }

            Device (ISA)
            {
                Name (_ADR, 0x001f0000)
                OperationRegion (P60, PCI_Config, 0x60, 0x0c)
                Field (P60, ByteAcc, NoLock, Preserve)
                {
                    RTEA, 8,
                    RTEB, 8,
                    RTEC, 8,
                    RTED, 8,
                    Offset (8),
                    RTEE, 8,
                    RTEF, 8,
                    RTEG, 8,
                    RTEH, 8
                }

#include "pc-isa.asl"
            }
        }

        LINK (LNKA, 0, \_SB.PCI0.ISA.RTEA)
        LINK (LNKB, 1, \_SB.PCI0.ISA.RTEB)
        LINK (LNKC, 2, \_SB.PCI0.ISA.RTEC)
        LINK (LNKD, 3, \_SB.PCI0.ISA.RTED)
        LINK (LNKE, 4, \_SB.PCI0.ISA.RTEE)
        LINK (LNKF, 5, \_SB.PCI0.ISA.RTEF)
        LINK (LNKG, 6, \_SB.PCI0.ISA.RTEG)
        LINK (LNKH, 7, \_SB.PCI0.ISA.RTEH)

#include "pc-others.asl"

        /* Ports of the board that are nobody else's: power management, calls of firmware, hot-plug. */
        Device (RES0)
        {
            Name (_HID, EisaId ("PNP0C02"))
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate () {
                IO (Decode16, 0x0600, 0x0600, 1, 0x80)
                IO (Decode16, 0x00b2, 0x00b2, 1, 2)
                IO (Decode16, 0x0a00, 0x0a00, 1, 0x18)
                IO (Decode16, 0x0cc0, 0x0cc0, 1, 0x18)
                IO (Decode16, 0x0cd8, 0x0cd8, 1, 0x20)
            })
        }
    }

#define PC_MEMORY_HOTPLUG_PORT 0x0a00
#define PC_CPU_HOTPLUG_PORT    0x0cd8
#define PC_PCI_HOTPLUG_PORT    0x0cc0
#include "pc-hotplug.asl"
}
