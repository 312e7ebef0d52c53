/*
 * The interrupt controllers of a PC in ACPI's words (MADT): entries that its boards have in common.
 *
 * Reference: ACPI specification 6.4, 5.2.12.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I386_MADT_H
#define HW_I386_MADT_H

#include "hw/acpi/acpi-tables.h"

/* Flags of an override: active high, level-triggered. */
#define MADT_LEVEL_HIGH 0x0d

/* Begins the table; what belongs into it follows, then madt_end(). */
void madt_begin(ACPITables *t, bool has_8259);
/* A local APIC; `cpu` is its number and the _UID of its processor's device. */
void madt_put_cpu(ACPITables *t, unsigned cpu, bool enabled);
void madt_put_io_apic(ACPITables *t, uint8_t id, uint32_t address, uint32_t first_gsi);
/* ISA's line arrives at that input, in that way; 0: as ISA has it. */
void madt_put_override(ACPITables *t, uint8_t line, uint32_t gsi, uint16_t flags);
/* NMIs come to LINT1 of all CPUs, and the table ends. */
void madt_end(ACPITables *t);

#endif
