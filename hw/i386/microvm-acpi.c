/*
 * The `microvm` board's ACPI tables. ACPI is hardware-reduced: no fixed hardware but sleep control
 * and reset, which the generic event device has.
 *
 * Reference: ACPI specification 6.4: 5.2.9 (FADT); PCI Firmware Specification 3.1,
 * 4.1.2 (MCFG).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "madt.h"
#include "microvm.h"
#include "hw/acpi/acpi-tables.h"
#include "hw/acpi/ged.h"
#include "hw/intc/ioapic.h"
#include "hw/pci/pcie_host.h"

enum { FADT_RESET = 1 << 10, FADT_HW_REDUCED = 1 << 20 };

/* Where fields of the FADT are. */
enum { FADT_FLAGS = 112, FADT_X_DSDT = 140, FADT_SLEEP_CONTROL_REG = 244, FADT_SIZE = 268 };

/* microvm-dsdt.asl; empty in programs that were built without iasl */
extern const unsigned char microvm_dsdt[];
extern const size_t microvm_dsdt_size;

bool microvm_can_acpi(void)
{
    return microvm_dsdt_size > 0;
}

static void put_fadt(ACPITables *t, uint32_t dsdt)
{
    acpi_table_begin(t, "FACP", 5);
    acpi_put_zeros(t, FADT_FLAGS - ACPI_HEADER_SIZE);
    acpi_put(t, 4, FADT_RESET | FADT_HW_REDUCED);
    acpi_put_register(t, 8, 0, MICROVM_GED_REGS + GED_RESET);
    acpi_put(t, 1, GED_RESET_VALUE);
    acpi_put_zeros(t, 2 + 1 + 8); /* Arm's flags, minor version, no FACS */
    acpi_put_pointer(t, dsdt);
    acpi_put_zeros(t, FADT_SLEEP_CONTROL_REG - (FADT_X_DSDT + 8));
    acpi_put_register(t, 8, 0, MICROVM_GED_REGS + GED_SLEEP_CONTROL);
    acpi_put_register(t, 8, 0, MICROVM_GED_REGS + GED_SLEEP_STATUS);
    acpi_put_zeros(t, FADT_SIZE - (FADT_SLEEP_CONTROL_REG + 12 + 12)); /* nameless hypervisor */
    acpi_table_end(t, true);
}

static void put_madt(ACPITables *t, const MicrovmState *s)
{
    madt_begin(t, s->pic != ON_OFF_AUTO_OFF);
    for (unsigned cpu = 0; cpu < s->parent_obj.parent_obj.smp.cpus; cpu++) {
        madt_put_cpu(t, cpu, true);
    }
    madt_put_io_apic(t, PC_IOAPIC_ID, IO_APIC_DEFAULT_ADDRESS, 0);
    if (microvm_has_second_ioapic(s)) {
        madt_put_io_apic(t, PC_IOAPIC_ID + 1, MICROVM_IOAPIC_2, IOAPIC_NUM_PINS);
    }
    /* PCI's interrupts are among those that ISA has as edges. */
    for (unsigned line = MICROVM_PCIE_IRQ;
         s->pcie == ON_OFF_AUTO_ON && line < MICROVM_PCIE_IRQ + 4; line++) {
        madt_put_override(t, line, line, MADT_LEVEL_HIGH);
    }
    madt_end(t);
}

static void put_mcfg(ACPITables *t)
{
    acpi_table_begin(t, "MCFG", 1);
    acpi_put_zeros(t, 8);
    acpi_put(t, 8, MICROVM_PCIE_ECAM);
    acpi_put(t, 2, 0);
    acpi_put(t, 1, 0);
    acpi_put(t, 1, MICROVM_PCIE_ECAM_SIZE / PCIE_ECAM_BUS_SIZE - 1);
    acpi_put_zeros(t, 4);
    acpi_table_end(t, true);
}

/* What the DSDT refers to, and the processors. */
static void put_ssdt(ACPITables *t, const MicrovmState *s)
{
    uint64_t used = 0;

    for (unsigned slot = 0; slot < s->num_slots; slot++) {
        used |= (uint64_t)microvm_slot_is_used(s, slot) << slot;
    }
    acpi_table_begin(t, "SSDT", 2);
    aml_put_name(t, "VIOS", used);
    aml_put_name(t, "VIO2", microvm_has_second_ioapic(s));
    aml_put_name(t, "COMP", s->isa_serial);
    aml_put_name(t, "RTCP", s->rtc != ON_OFF_AUTO_OFF);
    aml_put_name(t, "PCIP", s->pcie == ON_OFF_AUTO_ON);
    for (unsigned cpu = 0; cpu < s->parent_obj.parent_obj.smp.cpus; cpu++) {
        aml_put_processor(t, cpu);
    }
    acpi_table_end(t, true);
}

void microvm_write_acpi(MicrovmState *s)
{
    ACPITables *t = acpi_tables_new();

    put_fadt(t, acpi_table_add(t, microvm_dsdt, microvm_dsdt_size, false));
    put_madt(t, s);
    if (s->pcie == ON_OFF_AUTO_ON) {
        put_mcfg(t);
    }
    put_ssdt(t, s);
    acpi_tables_finish(t, s->parent_obj.fw_cfg);
}
