/*
 * DSDTs of PC boards: the devices that are on no bus, for the scope \_SB.
 *
 * SPDX-License-Identifier: MIT
 */
Device (HPET)
{
    Name (_HID, EisaId ("PNP0103"))
    Name (_CRS, ResourceTemplate () { Memory32Fixed (ReadOnly, 0xfed00000, 0x400) })
    Method (_STA, 0, NotSerialized)
    {
        If (\HPTP)
        {
            Return (0x0f)
        }
        Return (0)
    }
}

Device (FWCF)
{
    Name (_HID, "QEMU0002")
    Name (_STA, 0x0b)
    Name (_CRS, ResourceTemplate () { IO (Decode16, 0x510, 0x510, 1, 12) })
}
