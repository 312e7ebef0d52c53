/*
 * CPU hot-plug: \_SB.PROC, which knows the registers. The processors, and TELL, are in an SSDT that
 * cpu-hotplug.c writes.
 *
 * A DSDT includes this at its outermost level. Before that it says where the registers are
 * (CPU_HOTPLUG_BASE), and the port that calls firmware (CPU_HOTPLUG_SMI_PORT); it has its event
 * call \_SB.PROC.SCAN.
 *
 * Reference: ACPI specification 6.4, 8.4 (processor devices), 6.2.10 (_MAT), 5.2.12.2 (local APIC);
 * registers: hw/acpi/cpu-hotplug.h.
 *
 * SPDX-License-Identifier: MIT
 */
    External (\_SB.PROC.TELL, MethodObj, IntObj, { IntObj, IntObj })

    Scope (\_SB)
    {
        Device (PROC)
        {
            Name (_HID, "ACPI0010")
            Name (_CID, EisaId ("PNP0A05"))

            OperationRegion (REGS, SystemIO, CPU_HOTPLUG_BASE, 16)
            Field (REGS, DWordAcc, NoLock, Preserve)
            {
                WHCH, 32,
                Offset (8),
                DATA, 32,
                FWIN, 1,
                FWUT, 1
            }
            Field (REGS, ByteAcc, NoLock, WriteAsZeros)
            {
                Offset (4),
                THER, 1,
                CAME, 1,
                LEAV, 1,
                GONE, 1,
                FWGO, 1,
                Offset (5),
                CMND, 8
            }
            OperationRegion (APMC, SystemIO, CPU_HOTPLUG_SMI_PORT, 1)
            Field (APMC, ByteAcc, NoLock, WriteAsZeros)
            {
                CALL, 8
            }
            Mutex (GATE, 0)

            Method (STAT, 1, Serialized)
            {
                Local0 = 0
                Acquire (GATE, 0xffff)
                WHCH = Arg0
                If (THER)
                {
                    Local0 = 0x0f
                }
                Release (GATE)
                Return (Local0)
            }

            /* A local APIC's entry, as the MADT has it: number, APIC ID, whether it is there. */
            Method (ENTR, 1, Serialized)
            {
                Local0 = Buffer () { 0, 8, 0, 0, 0, 0, 0, 0 }
                Local0[2] = Arg0
                Local0[3] = Arg0
                If (STAT (Arg0))
                {
                    Local0[4] = 1
                }
                Return (Local0)
            }

            Method (OSTR, 4, Serialized)
            {
                Acquire (GATE, 0xffff)
                WHCH = Arg0
                CMND = 1
                DATA = Arg1
                CMND = 2
                DATA = Arg2
                Release (GATE)
            }

            Method (EJEC, 2, Serialized)
            {
                Acquire (GATE, 0xffff)
                WHCH = Arg0
                If (FWUT)
                {
                    FWGO = 1
                    CALL = 4
                }
                Else
                {
                    GONE = 1
                }
                Release (GATE)
            }

            /*
             * Device check for what came, eject request for what is to go. Firmware that takes part
             * has met a CPU before the guest may start it; it looks at all, and selects others.
             */
            Method (SCAN, 0, Serialized)
            {
                Acquire (GATE, 0xffff)
                Local0 = 1
                While (Local0)
                {
                    CMND = 0
                    Local0 = 0
                    Local1 = DATA
                    If (CAME)
                    {
                        If (FWIN)
                        {
                            CALL = 4
                            WHCH = Local1
                        }
                        CAME = 1
                        TELL (Local1, 1)
                        Local0 = 1
                    }
                    ElseIf (LEAV)
                    {
                        LEAV = 1
                        TELL (Local1, 3)
                        Local0 = 1
                    }
                }
                Release (GATE)
            }
        }
    }
