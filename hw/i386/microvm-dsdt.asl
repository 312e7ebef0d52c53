/*
 * The `microvm` board's DSDT: devices that it always has, and those that the SSDT's names say are
 * there: \VIOS (a bit for each virtio slot), \VIO2 (two I/O APICs), \COMP, \RTCP, \PCIP.
 *
 * SPDX-License-Identifier: MIT
 */
#include "microvm-map.h"

#define IS_THERE(flag)                                                                             \
    Method (_STA, 0, NotSerialized)                                                                \
    {                                                                                              \
        If (flag)                                                                                  \
        {                                                                                          \
            Return (0x0f)                                                                          \
        }                                                                                          \
        Return (0)                                                                                 \
    }

#define PLACE(addr, irq)                                                                           \
    ResourceTemplate () {                                                                          \
        Memory32Fixed (ReadWrite, 0xfeb0##addr##00, MICROVM_VIRTIO_SIZE)                           \
        Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { irq }                         \
    }

/* A virtio slot: the two digits in the middle of its address; its interrupt with two I/O APICs, one. */
#define SLOT(name, number, addr, irq2, irq1)                                                       \
    Device (name)                                                                                  \
    {                                                                                              \
        Name (_HID, "LNRO0005")                                                                    \
        Name (_UID, number)                                                                        \
        Name (_CCA, 1)                                                                             \
        Name (RES2, PLACE (addr, irq2))                                                             \
        Name (RES1, PLACE (addr, irq1))                                                             \
        IS_THERE (\VIOS & (1 << number))                                                           \
        Method (_CRS, 0, NotSerialized)                                                            \
        {                                                                                          \
            If (\VIO2)                                                                             \
            {                                                                                      \
                Return (RES2)                                                                       \
            }                                                                                      \
            Return (RES1)                                                                           \
        }                                                                                          \
    }

/* INTA to INTD of the slot (two hexadecimal digits). */
#define PINS(slot, a, b, c, d)                                                                     \
    Package () { 0x##slot##ffff, 0, 0, a }, Package () { 0x##slot##ffff, 1, 0, b },                \
    Package () { 0x##slot##ffff, 2, 0, c }, Package () { 0x##slot##ffff, 3, 0, d }

#define FOUR_SLOTS(n, n1, n2, n3)                                                                  \
    PINS (n, 12, 13, 14, 15), PINS (n1, 13, 14, 15, 12), PINS (n2, 14, 15, 12, 13),                \
    PINS (n3, 15, 12, 13, 14)

DefinitionBlock ("", "DSDT", 2, "SYSEMU", "MICROVM ", 1)
{
    External (\VIOS, IntObj)
    External (\VIO2, IntObj)
    External (\COMP, IntObj)
    External (\RTCP, IntObj)
    External (\PCIP, IntObj)

    Name (\_S5, Package () { 5, 0, 0, 0 })

    Scope (\_SB)
    {
        Device (FWCF)
        {
            Name (_HID, "QEMU0002")
            Name (_STA, 0x0b)
            Name (_CRS, ResourceTemplate () { IO (Decode16, 0x510, 0x510, 1, 12) })
        }

        Device (COM1)
        {
            Name (_HID, EisaId ("PNP0501"))
            Name (_UID, 1)
            IS_THERE (\COMP)
            Name (_CRS, ResourceTemplate () {
                IO (Decode16, 0x3f8, 0x3f8, 1, 8)
                IRQNoFlags () { 4 }
            })
        }

        Device (RTC)
        {
            Name (_HID, EisaId ("PNP0B00"))
            IS_THERE (\RTCP)
            Name (_CRS, ResourceTemplate () {
                IO (Decode16, 0x70, 0x70, 1, 2)
                IRQNoFlags () { 8 }
            })
        }

        Device (GED)
        {
            Name (_HID, "ACPI0013")
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate () {
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { MICROVM_GED_IRQ }
            })
            OperationRegion (EREG, SystemMemory, MICROVM_GED, 4)
            Field (EREG, DWordAcc, NoLock, WriteAsZeros)
            {
                ESEL, 32
            }
            Method (_EVT, 1, Serialized)
            {
                If (ESEL & 2)
                {
                    Notify (PWRB, 0x80)
                }
            }
        }

        Device (PWRB)
        {
            Name (_HID, EisaId ("PNP0C0C"))
            Name (_UID, 0)
        }

        SLOT (VR00, 0, 00, 24, 16)
        SLOT (VR01, 1, 02, 25, 17)
        SLOT (VR02, 2, 04, 26, 18)
        SLOT (VR03, 3, 06, 27, 19)
        SLOT (VR04, 4, 08, 28, 20)
        SLOT (VR05, 5, 0a, 29, 21)
        SLOT (VR06, 6, 0c, 30, 22)
        SLOT (VR07, 7, 0e, 31, 23)
        SLOT (VR08, 8, 10, 32, 24)
        SLOT (VR09, 9, 12, 33, 25)
        SLOT (VR10, 10, 14, 34, 26)
        SLOT (VR11, 11, 16, 35, 27)
        SLOT (VR12, 12, 18, 36, 28)
        SLOT (VR13, 13, 1a, 37, 29)
        SLOT (VR14, 14, 1c, 38, 30)
        SLOT (VR15, 15, 1e, 39, 31)
        SLOT (VR16, 16, 20, 40, 32)
        SLOT (VR17, 17, 22, 41, 33)
        SLOT (VR18, 18, 24, 42, 34)
        SLOT (VR19, 19, 26, 43, 35)
        SLOT (VR20, 20, 28, 44, 36)
        SLOT (VR21, 21, 2a, 45, 37)
        SLOT (VR22, 22, 2c, 46, 38)
        SLOT (VR23, 23, 2e, 47, 39)

        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A08"))
            Name (_CID, EisaId ("PNP0A03"))
            Name (_SEG, 0)
            Name (_BBN, 0)
            Name (_UID, 0)
            Name (_CCA, 1)
            IS_THERE (\PCIP)
            Name (_PRT, Package () {
                FOUR_SLOTS (00, 01, 02, 03), FOUR_SLOTS (04, 05, 06, 07),
                FOUR_SLOTS (08, 09, 0a, 0b), FOUR_SLOTS (0c, 0d, 0e, 0f),
                FOUR_SLOTS (10, 11, 12, 13), FOUR_SLOTS (14, 15, 16, 17),
                FOUR_SLOTS (18, 19, 1a, 1b), FOUR_SLOTS (1c, 1d, 1e, 1f)
            })
            Name (_CRS, ResourceTemplate () {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 255, 0, 256)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                             ReadWrite, 0, 0xc0000000, 0xdfffffff, 0, MICROVM_PCIE_MMIO_SIZE)
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                             ReadWrite, 0, 0xc000000000, 0xffffffffff, 0, MICROVM_PCIE_HIGH_SIZE)
            })
        }

        /* Configuration space is no memory for anybody else. */
        Device (MRES)
        {
            Name (_HID, EisaId ("PNP0C02"))
            Name (_UID, 1)
            IS_THERE (\PCIP)
            Name (_CRS, ResourceTemplate () {
                Memory32Fixed (ReadWrite, MICROVM_PCIE_ECAM, MICROVM_PCIE_ECAM_SIZE)
            })
        }
    }
}
