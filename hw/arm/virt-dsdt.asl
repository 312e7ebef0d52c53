/*
 * `virt` board: the DSDT, what ACPI calls the devices that can't be found by looking. What differs
 * from machine to machine is in an SSDT that the board writes (virt-acpi.c): \ECAB, where the PCI
 * configuration space is; \BUSL, the last bus; \HIGH, where the high PCI window is, if any; \EVTS,
 * whether events come by the generic event device, and not by the GPIO chip; slots for memory.
 *
 * Addresses and interrupts are those of the board's table (virt.c); interrupts count from the GIC's
 * first one on. The C preprocessor reads this first.
 *
 * Reference: ACPI specification 6.4, chapters 6 and 19; PCI Firmware Specification 3.0, 4.5 (_OSC);
 * Arm Base Boot Requirements (DEN0044), appendix on ACPI identifiers.
 *
 * SPDX-License-Identifier: MIT
 */
DefinitionBlock ("", "DSDT", 2, "SYSEMU", "SYSEMUVM", 1)
{
    External (\ECAB, IntObj)
    External (\BUSL, IntObj)
    External (\HIGH, IntObj)
    External (\EVTS, IntObj)

#define MEMORY_HOTPLUG_SPACE SystemMemory
#define MEMORY_HOTPLUG_BASE  0x09070000
#include "hw/acpi/memory-hotplug.asl"

#define IS_THERE(condition)                                                                        \
    Method (_STA, 0, NotSerialized)                                                                \
    {                                                                                              \
        If (condition)                                                                             \
        {                                                                                          \
            Return (0x0f)                                                                          \
        }                                                                                          \
        Return (0)                                                                                 \
    }

#define DEVICE_AT(hid, uid, base, size, irq)                                                       \
    Name (_HID, hid)                                                                               \
    Name (_UID, uid)                                                                               \
    Name (_CRS, ResourceTemplate () {                                                              \
        Memory32Fixed (ReadWrite, base, size)                                                      \
        Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { irq }                         \
    })

/* The nth slot: its address has n * 2, in hexadecimal, in the middle. */
#define TRANSPORT(name, n, middle, irq)                                                            \
    Device (name)                                                                                  \
    {                                                                                              \
        DEVICE_AT ("LNRO0005", n, 0x0a00##middle##00, 0x200, irq)                                  \
        Name (_CCA, 1)                                                                             \
    }

    Scope (\_SB)
    {
        Device (COM0)
        {
            DEVICE_AT ("ARMH0011", 0, 0x09000000, 0x1000, 33)
        }

        Device (FWCF)
        {
            Name (_HID, "QEMU0002")
            Name (_STA, 0x0b)
            Name (_CCA, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x09020000, 0x18) })
        }

        Device (FLS0)
        {
            Name (_HID, "LNRO0015")
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x00000000, 0x04000000) })
        }

        Device (FLS1)
        {
            Name (_HID, "LNRO0015")
            Name (_UID, 1)
            Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadWrite, 0x04000000, 0x04000000) })
        }

        Device (PWRB)
        {
            Name (_HID, "PNP0C0C")
            Name (_UID, 0)
        }

        Device (GED)
        {
            Name (_HID, "ACPI0013")
            Name (_UID, 0)
            IS_THERE (\EVTS)
            Name (_CRS, ResourceTemplate () {
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 41 }
            })
            OperationRegion (EREG, SystemMemory, 0x09080000, 4)
            Field (EREG, DWordAcc, NoLock, WriteAsZeros)
            {
                ESEL, 32
            }
            Method (_EVT, 1, Serialized)
            {
                Local0 = ESEL
                If (Local0 & 1)
                {
                    \_SB.DIMM.SCAN ()
                }
                If (Local0 & 2)
                {
                    Notify (\_SB.PWRB, 0x80)
                }
            }
        }

        /* The power button is on pin 3. */
        Device (GPO0)
        {
            DEVICE_AT ("ARMH0061", 0, 0x09030000, 0x1000, 39)
            IS_THERE (!\EVTS)
            Name (_AEI, ResourceTemplate () {
                GpioInt (Edge, ActiveHigh, ExclusiveAndWake, PullUp, 0, "GPO0", 0) { 3 }
            })
            Method (_E03, 0, NotSerialized)
            {
                Notify (\_SB.PWRB, 0x80)
            }
        }

        TRANSPORT (VR00, 0, 00, 48)
        TRANSPORT (VR01, 1, 02, 49)
        TRANSPORT (VR02, 2, 04, 50)
        TRANSPORT (VR03, 3, 06, 51)
        TRANSPORT (VR04, 4, 08, 52)
        TRANSPORT (VR05, 5, 0a, 53)
        TRANSPORT (VR06, 6, 0c, 54)
        TRANSPORT (VR07, 7, 0e, 55)
        TRANSPORT (VR08, 8, 10, 56)
        TRANSPORT (VR09, 9, 12, 57)
        TRANSPORT (VR10, 10, 14, 58)
        TRANSPORT (VR11, 11, 16, 59)
        TRANSPORT (VR12, 12, 18, 60)
        TRANSPORT (VR13, 13, 1a, 61)
        TRANSPORT (VR14, 14, 1c, 62)
        TRANSPORT (VR15, 15, 1e, 63)
        TRANSPORT (VR16, 16, 20, 64)
        TRANSPORT (VR17, 17, 22, 65)
        TRANSPORT (VR18, 18, 24, 66)
        TRANSPORT (VR19, 19, 26, 67)
        TRANSPORT (VR20, 20, 28, 68)
        TRANSPORT (VR21, 21, 2a, 69)
        TRANSPORT (VR22, 22, 2c, 70)
        TRANSPORT (VR23, 23, 2e, 71)
        TRANSPORT (VR24, 24, 30, 72)
        TRANSPORT (VR25, 25, 32, 73)
        TRANSPORT (VR26, 26, 34, 74)
        TRANSPORT (VR27, 27, 36, 75)
        TRANSPORT (VR28, 28, 38, 76)
        TRANSPORT (VR29, 29, 3a, 77)
        TRANSPORT (VR30, 30, 3c, 78)
        TRANSPORT (VR31, 31, 3e, 79)

/* INTA to INTD of the slot (two hexadecimal digits): interrupts 35 to 38, turned by its number. */
#define PINS(slot, a, b, c, d)                                                                     \
    Package () { 0x##slot##ffff, 0, 0, a }, Package () { 0x##slot##ffff, 1, 0, b },                \
    Package () { 0x##slot##ffff, 2, 0, c }, Package () { 0x##slot##ffff, 3, 0, d }

#define FOUR_SLOTS(n, n1, n2, n3)                                                                  \
    PINS (n, 35, 36, 37, 38), PINS (n1, 36, 37, 38, 35), PINS (n2, 37, 38, 35, 36),                \
    PINS (n3, 38, 35, 36, 37)

        Device (PCI0)
        {
            Name (_HID, "PNP0A08")
            Name (_CID, "PNP0A03")
            Name (_SEG, 0)
            Name (_BBN, 0)
            Name (_UID, 0)
            Name (_CCA, 1)
            Name (_PRT, Package () {
                FOUR_SLOTS (00, 01, 02, 03), FOUR_SLOTS (04, 05, 06, 07),
                FOUR_SLOTS (08, 09, 0a, 0b), FOUR_SLOTS (0c, 0d, 0e, 0f),
                FOUR_SLOTS (10, 11, 12, 13), FOUR_SLOTS (14, 15, 16, 17),
                FOUR_SLOTS (18, 19, 1a, 1b), FOUR_SLOTS (1c, 1d, 1e, 1f)
            })

            Name (LOWR, ResourceTemplate () {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 255, 0, 256,
                               , , BUSR)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                             ReadWrite, 0, 0x10000000, 0x3efeffff, 0, 0x2eff0000)
                DWordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0, 0xffff,
                         0x3eff0000, 0x10000)
            })
            Name (HIGR, ResourceTemplate () {
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                             ReadWrite, 0, 0x8000000000, 0xffffffffff, 0, 0x8000000000, , , HIGW)
            })
            CreateQWordField (HIGR, HIGW._MIN, HMIN)
            CreateQWordField (HIGR, HIGW._MAX, HMAX)
            CreateWordField (LOWR, BUSR._MAX, LAST)
            CreateWordField (LOWR, BUSR._LEN, BUSN)

            Method (_CRS, 0, Serialized)
            {
                LAST = \BUSL
                BUSN = \BUSL + 1
                If (\HIGH)
                {
                    HMIN = \HIGH
                    HMAX = \HIGH + 0x7fffffffff
                    Return (ConcatenateResTemplate (LOWR, HIGR))
                }
                Return (LOWR)
            }

            /* The system may have what it asks for, but for the third: no SHPC hot plugging. */
            Method (_OSC, 4, NotSerialized)
            {
                CreateDWordField (Arg3, 0, CDW1)
                If (Arg0 != ToUUID ("33db4d5b-1ff7-401c-9657-7441c03dd766"))
                {
                    CDW1 |= 4
                    Return (Arg3)
                }
                CreateDWordField (Arg3, 8, CDW3)
                If (CDW3 & ~0x1d)
                {
                    CDW1 |= 0x10
                    CDW3 &= 0x1d
                }
                If (Arg1 != 1)
                {
                    CDW1 |= 8
                }
                Return (Arg3)
            }

            /* The configuration space is nobody else's. */
            Device (RES0)
            {
                Name (_HID, "PNP0C02")
                Name (ECAR, ResourceTemplate () {
                    QWordMemory (ResourceConsumer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                                 ReadWrite, 0, 0, 0, 0, 1, , , ECAW)
                })
                CreateQWordField (ECAR, ECAW._MIN, EMIN)
                CreateQWordField (ECAR, ECAW._MAX, EMAX)
                CreateQWordField (ECAR, ECAW._LEN, ELEN)
                Method (_CRS, 0, Serialized)
                {
                    EMIN = \ECAB
                    ELEN = (\BUSL + 1) << 20
                    EMAX = EMIN + ELEN - 1
                    Return (ECAR)
                }
            }
        }
    }
}
