/*
 * Memory hot-plug: \_SB.DIMM, which knows the registers. Its slots, and TELL, are in an SSDT that
 * memory-hotplug.c writes; so is \MSLT, how many there are.
 *
 * A DSDT includes this at its outermost level. Before that it says which address space
 * (MEMORY_HOTPLUG_SPACE) and where (MEMORY_HOTPLUG_BASE) the registers are, and has its event call
 * \_SB.DIMM.SCAN.
 *
 * Reference: ACPI specification 6.4, 9.11 (memory devices); registers: hw/acpi/memory-hotplug.h.
 *
 * SPDX-License-Identifier: MIT
 */
    External (\MSLT, IntObj)
    External (\_SB.DIMM.TELL, MethodObj, IntObj, { IntObj, IntObj })

    Scope (\_SB)
    {
        Device (DIMM)
        {
            Name (_HID, "PNP0A06")
            Name (_UID, "memory slots")

            OperationRegion (REGS, MEMORY_HOTPLUG_SPACE, MEMORY_HOTPLUG_BASE, 24)
            Field (REGS, DWordAcc, NoLock, Preserve)
            {
                ADRL, 32,
                ADRH, 32,
                LENL, 32,
                LENH, 32,
                NODE, 32
            }
            Field (REGS, DWordAcc, NoLock, Preserve)
            {
                SLOT, 32,
                OSTE, 32,
                OSTS, 32
            }
            Field (REGS, ByteAcc, NoLock, WriteAsZeros)
            {
                Offset (0x14),
                USED, 1,
                CAME, 1,
                LEAV, 1,
                GONE, 1
            }
            Mutex (GATE, 0)

            Method (_STA, 0, NotSerialized)
            {
                If (\MSLT)
                {
                    Return (0x0b)
                }
                Return (0)
            }

            Method (STAT, 1, Serialized)
            {
                Local0 = 0
                Acquire (GATE, 0xffff)
                SLOT = Arg0
                If (USED)
                {
                    Local0 = 0x0f
                }
                Release (GATE)
                Return (Local0)
            }

            Method (RSRC, 1, Serialized)
            {
                Name (NOW, ResourceTemplate () {
                    QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable,
                                 ReadWrite, 0, 0, 0, 0, 1, , , MEMR)
                })
                CreateQWordField (NOW, MEMR._MIN, FRST)
                CreateQWordField (NOW, MEMR._MAX, LAST)
                CreateQWordField (NOW, MEMR._LEN, SIZE)
                Acquire (GATE, 0xffff)
                SLOT = Arg0
                FRST = ADRH << 32 | ADRL
                SIZE = LENH << 32 | LENL
                Release (GATE)
                LAST = FRST + SIZE - 1
                Return (NOW)
            }

            Method (DOMN, 1, Serialized)
            {
                Acquire (GATE, 0xffff)
                SLOT = Arg0
                Local0 = NODE
                Release (GATE)
                Return (Local0)
            }

            Method (OSTR, 4, Serialized)
            {
                Acquire (GATE, 0xffff)
                SLOT = Arg0
                OSTE = Arg1
                OSTS = Arg2
                Release (GATE)
            }

            Method (EJEC, 2, Serialized)
            {
                Acquire (GATE, 0xffff)
                SLOT = Arg0
                GONE = 1
                Release (GATE)
            }

            /* Device check for what came, eject request for what is to go. */
            Method (SCAN, 0, Serialized)
            {
                Acquire (GATE, 0xffff)
                For (Local0 = 0, Local0 < \MSLT, Local0++)
                {
                    SLOT = Local0
                    If (CAME)
                    {
                        CAME = 1
                        TELL (Local0, 1)
                    }
                    ElseIf (LEAV)
                    {
                        LEAV = 1
                        TELL (Local0, 3)
                    }
                }
                Release (GATE)
            }
        }
    }
