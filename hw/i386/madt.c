/*
 * The interrupt controllers of a PC in ACPI's words: see hw/i386/madt.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "madt.h"
#include "hw/i386/apic.h"

enum { MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_LAPIC_NMI = 4 };
enum { MADT_HAS_8259 = 1, LAPIC_ENABLED = 1, ALL_PROCESSORS = 0xff };

void madt_begin(ACPITables *t, bool has_8259)
{
    acpi_table_begin(t, "APIC", 3);
    acpi_put(t, 4, APIC_DEFAULT_ADDRESS);
    acpi_put(t, 4, has_8259 ? MADT_HAS_8259 : 0);
}

void madt_put_cpu(ACPITables *t, unsigned cpu, bool enabled)
{
    acpi_put(t, 1, MADT_LAPIC);
    acpi_put(t, 1, 8);
    acpi_put(t, 1, cpu); /* _UID of the processor's device */
    acpi_put(t, 1, cpu);
    acpi_put(t, 4, enabled ? LAPIC_ENABLED : 0);
}

void madt_put_io_apic(ACPITables *t, uint8_t id, uint32_t address, uint32_t first_gsi)
{
    acpi_put(t, 1, MADT_IOAPIC);
    acpi_put(t, 1, 12);
    acpi_put(t, 1, id);
    acpi_put(t, 1, 0);
    acpi_put(t, 4, address);
    acpi_put(t, 4, first_gsi);
}

void madt_put_override(ACPITables *t, uint8_t line, uint32_t gsi, uint16_t flags)
{
    acpi_put(t, 1, MADT_OVERRIDE);
    acpi_put(t, 1, 10);
    acpi_put(t, 1, 0); /* ISA */
    acpi_put(t, 1, line);
    acpi_put(t, 4, gsi);
    acpi_put(t, 2, flags);
}

void madt_end(ACPITables *t)
{
    acpi_put(t, 1, MADT_LAPIC_NMI);
    acpi_put(t, 1, 6);
    acpi_put(t, 1, ALL_PROCESSORS);
    acpi_put(t, 2, 0);
    acpi_put(t, 1, 1); /* LINT1 */
    acpi_table_end(t, true);
}
