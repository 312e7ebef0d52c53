/*
 * DSDTs of PC boards: the devices on the ISA bus, for the scope of its bridge.
 *
 * SPDX-License-Identifier: MIT
 */
Device (RTC)
{
    Name (_HID, EisaId ("PNP0B00"))
    Name (_CRS, ResourceTemplate () {
        IO (Decode16, 0x70, 0x70, 1, 2)
        IRQNoFlags () { 8 }
    })
}

Device (TIMR)
{
    Name (_HID, EisaId ("PNP0100"))
    Name (_CRS, ResourceTemplate () {
        IO (Decode16, 0x40, 0x40, 1, 4)
        IRQNoFlags () { 0 }
    })
}

Device (SPKR)
{
    Name (_HID, EisaId ("PNP0800"))
    Name (_CRS, ResourceTemplate () { IO (Decode16, 0x61, 0x61, 1, 1) })
}

Device (KBD)
{
    Name (_HID, EisaId ("PNP0303"))
    Name (_CRS, ResourceTemplate () {
        IO (Decode16, 0x60, 0x60, 1, 1)
        IO (Decode16, 0x64, 0x64, 1, 1)
        IRQNoFlags () { 1 }
    })
    Method (_STA, 0, NotSerialized)
    {
        If (\KBDP)
        {
            Return (0x0f)
        }
        Return (0)
    }
}

Device (MOU)
{
    Name (_HID, EisaId ("PNP0F13"))
    Name (_CRS, ResourceTemplate () { IRQNoFlags () { 12 } })
    Method (_STA, 0, NotSerialized)
    {
        If (\KBDP)
        {
            Return (0x0f)
        }
        Return (0)
    }
}

Device (FDC0)
{
    Name (_HID, EisaId ("PNP0700"))
    Name (_CRS, ResourceTemplate () {
        IO (Decode16, 0x03f2, 0x03f2, 1, 4)
        IO (Decode16, 0x03f7, 0x03f7, 1, 1)
        IRQNoFlags () { 6 }
        DMA (Compatibility, NotBusMaster, Transfer8) { 2 }
    })
    Method (_STA, 0, NotSerialized)
    {
        If (\FDCP)
        {
            Return (0x0f)
        }
        Return (0)
    }
}

SERIAL (COM1, "PNP0501", 1, 0x3f8, 4, \COMP & 1)
SERIAL (COM2, "PNP0501", 2, 0x2f8, 3, \COMP & 2)
SERIAL (LPT1, "PNP0400", 1, 0x378, 7, \LPTP)

/* The port by which a guest says that it has crashed. */
Device (CRSH)
{
    Name (_HID, "QEMU0001")
    Name (NOW, ResourceTemplate () { IO (Decode16, 0, 0, 1, 1, PORT) })
    Method (_STA, 0, NotSerialized)
    {
        If (\PVPP)
        {
            Return (0x0f)
        }
        Return (0)
    }
    Method (_CRS, 0, Serialized)
    {
        CreateWordField (NOW, ^PORT._MIN, LOW)
        CreateWordField (NOW, ^PORT._MAX, HIGH)
        LOW = \PVPP
        HIGH = \PVPP
        Return (NOW)
    }
}
