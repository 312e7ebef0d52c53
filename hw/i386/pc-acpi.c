/*
 * PC boards: ACPI tables. The devices are in the chipset's DSDT (pc-dsdt.asl, q35-dsdt.asl), compiled
 * at build time; the rest is written here.
 *
 * Where the power management's registers are is firmware's choice, which it makes before it reads
 * the tables: SeaBIOS puts them at PC_PM_BASE, OVMF elsewhere.
 *
 * Reference: ACPI specification 6.4: 5.2.9 (FADT), 5.2.10 (FACS), 5.2.16 (SRAT).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "madt.h"
#include "hw/acpi/acpi-pm.h"
#include "hw/acpi/acpi-hotplug.h"
#include "hw/acpi/acpi-tables.h"
#include "hw/i386/apic.h"
#include "hw/i386/pc.h"
#include "hw/intc/ioapic.h"
#include "hw/ipmi/ipmi.h"
#include "hw/misc/pvpanic.h"
#include "hw/timer/hpet.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "system/system.h"

enum { PM_EVENT = PC_PM_BASE, PM_CONTROL = PC_PM_BASE + 4, PM_TIMER = PC_PM_BASE + 8 };

enum { FACS_SIZE = 64 };
enum { FADT_WBINVD = 1 << 0, FADT_C1 = 1 << 2, FADT_NO_SLEEP_BUTTON = 1 << 5,
       FADT_RTC_STATUS = 1 << 6, FADT_RESET = 1 << 10 };
enum { BOOT_LEGACY_DEVICES = 1 << 0, BOOT_8042 = 1 << 1 };
enum { RESET_PORT = 0xcf9, RESET_VALUE = 0x06, CMOS_CENTURY = 0x32, NO_C_STATE = 0xfff };

#define PCI_HOLE_ALIGN (1 * GiB)

/* The lower half of its capabilities: Intel's, three timers, legacy routing. */
#define HPET_ID 0x8086a201u

/* It has no checksum, and lies where the file starts: on a boundary of 64 bytes. */
static uint32_t put_facs(ACPITables *t)
{
    acpi_put_bytes(t, "FACS", 4);
    acpi_put(t, 4, FACS_SIZE);
    acpi_put_zeros(t, FACS_SIZE - 8);
    return 0;
}

static void put_register_block(ACPITables *t, unsigned bytes, uint16_t port)
{
    if (bytes) {
        acpi_put_io_register(t, bytes * 8, bytes == 4 ? 3 : 2, port);
    } else {
        acpi_put_zeros(t, 12);
    }
}

static uint32_t put_fadt(ACPITables *t, const PCState *s, uint32_t facs, uint32_t dsdt)
{
    const PCAcpi *chipset = PC_MACHINE_GET_CLASS(s)->acpi;
    uint32_t start = acpi_table_begin(t, "FACP", 3);

    acpi_put_pointer32(t, facs);
    acpi_put_pointer32(t, dsdt);
    acpi_put_zeros(t, 2); /* profile: unspecified */
    acpi_put(t, 2, PC_SCI);
    acpi_put(t, 4, chipset->smi_port);
    acpi_put(t, 1, chipset->enable);
    acpi_put(t, 1, chipset->disable);
    acpi_put_zeros(t, 2);
    acpi_put(t, 4, PM_EVENT);
    acpi_put(t, 4, 0);
    acpi_put(t, 4, PM_CONTROL);
    acpi_put_zeros(t, 4 + 4);
    acpi_put(t, 4, PM_TIMER);
    acpi_put(t, 4, chipset->gpe_port);
    acpi_put(t, 4, 0);
    acpi_put(t, 1, ACPI_PM_EVENT_SIZE);
    acpi_put(t, 1, ACPI_PM_CONTROL_SIZE);
    acpi_put(t, 1, 0);
    acpi_put(t, 1, ACPI_PM_TIMER_SIZE);
    acpi_put(t, 1, chipset->gpe_size);
    acpi_put_zeros(t, 3);
    acpi_put(t, 2, NO_C_STATE);
    acpi_put(t, 2, NO_C_STATE);
    acpi_put_zeros(t, 2 + 2 + 1 + 1 + 1 + 1);
    acpi_put(t, 1, CMOS_CENTURY);
    acpi_put(t, 2, BOOT_LEGACY_DEVICES | (s->i8042_enabled ? BOOT_8042 : 0));
    acpi_put(t, 1, 0);
    acpi_put(t, 4, FADT_WBINVD | FADT_C1 | FADT_NO_SLEEP_BUTTON | FADT_RTC_STATUS | FADT_RESET);
    acpi_put_io_register(t, 8, 1, RESET_PORT);
    acpi_put(t, 1, RESET_VALUE);
    acpi_put_zeros(t, 3);
    acpi_put_zeros(t, 8); /* the FACS has one pointer only */
    acpi_put_pointer(t, dsdt);
    put_register_block(t, ACPI_PM_EVENT_SIZE, PM_EVENT);
    put_register_block(t, 0, 0);
    put_register_block(t, ACPI_PM_CONTROL_SIZE, PM_CONTROL);
    put_register_block(t, 0, 0);
    put_register_block(t, 0, 0);
    put_register_block(t, ACPI_PM_TIMER_SIZE, PM_TIMER);
    put_register_block(t, chipset->gpe_size, chipset->gpe_port);
    put_register_block(t, 0, 0);
    acpi_table_end(t, true);
    return start;
}

/* Where the table says where registers are: as ports, and as addresses, from their byte 4 on. */
static void move_registers(uint8_t *fadt, const PCAcpi *chipset, uint16_t base)
{
    static const struct {
        uint8_t port, address;
        uint16_t reg;
    } places[] = {
        { 56, 148 + 4, PM_EVENT },
        { 64, 172 + 4, PM_CONTROL },
        { 76, 208 + 4, PM_TIMER },
    };

    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        stl_le_p(fadt + places[i].port, base + places[i].reg - PC_PM_BASE);
        stq_le_p(fadt + places[i].address, base + places[i].reg - PC_PM_BASE);
    }
    if (chipset->gpe_moves) {
        stl_le_p(fadt + 80, base + chipset->gpe_port - PC_PM_BASE);
        stq_le_p(fadt + 220 + 4, base + chipset->gpe_port - PC_PM_BASE);
    }
}

/* The timer has another input there; the lines that PCI and the SCI use are level-triggered. */
static void put_io_apic(ACPITables *t)
{
    static const uint8_t level_lines[] = { 5, 9, 10, 11 };

    madt_put_io_apic(t, PC_IOAPIC_ID, IO_APIC_DEFAULT_ADDRESS, 0);
    madt_put_override(t, 0, PC_IOAPIC_TIMER, 0);
    for (size_t i = 0; i < ARRAY_SIZE(level_lines); i++) {
        madt_put_override(t, level_lines[i], level_lines[i], MADT_LEVEL_HIGH);
    }
}

static void put_madt(ACPITables *t, const PCState *s)
{
    madt_begin(t, true);
    for (unsigned cpu = 0; cpu < s->parent_obj.smp.max_cpus; cpu++) {
        madt_put_cpu(t, cpu, s->cpus[cpu] != NULL);
    }
    if (s->ioapic) {
        put_io_apic(t);
    }
    madt_end(t);
}

/* IA-PC HPET specification 1.0a, 3.2.4. */
static void put_hpet(ACPITables *t)
{
    acpi_table_begin(t, "HPET", 1);
    acpi_put(t, 4, HPET_ID);
    acpi_put_register(t, 0, 0, HPET_BASE);
    acpi_put_zeros(t, 1 + 2 + 1); /* number, smallest period, page protection */
    acpi_table_end(t, true);
}

/* All is one node. */
static void put_srat(ACPITables *t, const PCState *s)
{
    const DeviceMemory *space = s->parent_obj.device_memory;

    acpi_srat_begin(t, 1);
    for (unsigned cpu = 0; cpu < s->parent_obj.smp.max_cpus; cpu++) {
        acpi_put(t, 1, SRAT_LAPIC);
        acpi_put(t, 1, 16);
        acpi_put(t, 1, 0); /* proximity domain */
        acpi_put(t, 1, cpu);
        acpi_put(t, 4, SRAT_ENABLED);
        acpi_put_zeros(t, 8);
    }
    acpi_srat_put_memory(t, 0, 0, s->below_4g, SRAT_ENABLED);
    acpi_srat_put_memory(t, 0, 4 * GiB, s->above_4g, SRAT_ENABLED);
    acpi_srat_put_memory(t, 0, space->base, memory_region_size(&space->mr),
                         SRAT_ENABLED | SRAT_HOT_PLUGGABLE);
    acpi_table_end(t, true);
}

/* PCI Firmware Specification 3.1, 4.1.2: one range of buses, whose place firmware chooses. */
enum { MCFG_BASE = 8, MCFG_LAST_BUS = 8 + 11 }; /* behind the header */

static uint32_t put_mcfg(ACPITables *t)
{
    uint32_t start = acpi_table_begin(t, "MCFG", 1);

    acpi_put_zeros(t, 8 + 8 + 2 + 1 + 1 + 4);
    acpi_table_end(t, true);
    return start;
}

/* If firmware hasn't chosen, the table becomes one that nobody knows. */
static void update_mcfg(PCState *s, uint8_t *mcfg)
{
    uint64_t base;
    unsigned buses = PC_MACHINE_GET_CLASS(s)->get_ecam(s, &base);

    memcpy(mcfg, buses ? "MCFG" : "OEMx", 4);
    stq_le_p(mcfg + ACPI_HEADER_SIZE + MCFG_BASE, base);
    mcfg[ACPI_HEADER_SIZE + MCFG_LAST_BUS] = buses - 1;
}

/* Firmware reads the tables once it has chosen where things are. */
static void tables_are_read(void *opaque, uint8_t *tables)
{
    PCState *s = opaque;
    const PCAcpi *chipset = PC_MACHINE_GET_CLASS(s)->acpi;
    uint16_t base = chipset->pm_base(s);

    move_registers(tables + s->fadt, chipset, base ? base : PC_PM_BASE);
    if (PC_MACHINE_GET_CLASS(s)->get_ecam) {
        update_mcfg(s, tables + s->mcfg);
    }
}

/* Name (\_S3, Package () { 1, 1, 0, 0 }) (20.2.5.1, 20.2.5.4) */
static void put_s3(ACPITables *t)
{
    static const uint8_t aml[] = { 0x08, '\\', '_', 'S', '3', '_', 0x12, 6, 4, 1, 1, 0, 0 };

    G_STATIC_ASSERT(ACPI_PM_SLEEP_RAM == 1);
    acpi_put_bytes(t, aml, sizeof(aml));
}

/*
 * What is at fixed places (IPMI 2.0, C3-2): the kind of interface, the specification's version, and
 * ports and line as resources (6.4.2.5, 6.4.2.1), in a buffer (20.2.5.4).
 */
static void put_ipmi(const IpmiPlace *place, unsigned index, void *opaque)
{
    enum { NAME_OP = 0x08, BUFFER_OP = 0x11, BYTE_PREFIX = 0x0a, IO = 0x47, IRQ = 0x22, END = 0x79,
           DECODES_16 = 1, REVISION = 0x0200 };
    ACPITables *t = opaque;
    uint8_t low = place->port, high = place->port >> 8;
    uint16_t lines = place->irq ? 1u << place->irq : 0;
    uint8_t resources[] = { IO, DECODES_16, low, high, low, high, 1, place->ports,
                            IRQ, lines, lines >> 8, END, 0 };
    uint8_t head[] = { NAME_OP, '_', 'C', 'R', 'S', BUFFER_OP, 3 + sizeof(resources), BYTE_PREFIX,
                       sizeof(resources) };
    char name[] = "MI00";

    name[2] += index / 10;
    name[3] += index % 10;
    aml_begin_device(t, name);
    aml_put_string(t, "_HID", "IPI0001");
    aml_put_integer(t, "_UID", index);
    aml_put_integer(t, "_IFT", place->kind);
    aml_put_integer(t, "_SRV", REVISION);
    acpi_put_bytes(t, head, sizeof(head));
    acpi_put_bytes(t, resources, sizeof(resources));
    aml_end(t);
}

/* What the DSDT refers to, S3, and the processors. */
static void put_ssdt(ACPITables *t, PCState *s)
{
    uint64_t end = machine_memory_end(&s->parent_obj, 4 * GiB + s->above_4g);

    acpi_table_begin(t, "SSDT", 2);
    aml_put_name(t, "PLOW", s->below_4g);
    aml_put_name(t, "PHIG", ROUND_UP(end, PCI_HOLE_ALIGN));
    aml_put_name(t, "PHSZ", s->hole64_size);
    aml_put_name(t, "HPTP", s->hpet_enabled);
    aml_put_name(t, "KBDP", s->i8042_enabled);
    aml_put_name(t, "COMP", (serial_hd(0) ? 1 : 0) | (serial_hd(1) ? 2 : 0));
    aml_put_name(t, "LPTP", parallel_hds[0] != NULL);
    aml_put_name(t, "FDCP", s->fdc != NULL);
    aml_put_name(t, "PVPP", isa_pvpanic_find_port());
    if (pc_has_s3(s)) {
        put_s3(t);
    }
    acpi_cpu_hotplug_put_aml(t, s->parent_obj.smp.max_cpus);
    acpi_memory_hotplug_put_aml(t, s->parent_obj.ram_slots);
    PC_MACHINE_GET_CLASS(s)->acpi->start_hotplug(s, t);
    aml_begin_scope(t, "\\_SB.PCI0.ISA");
    ipmi_foreach_place(put_ipmi, t);
    aml_end(t);
    if (s->vmgenid) {
        vmgenid_put_aml(s->vmgenid, t);
    }
    acpi_table_end(t, true);
}

static void write_tables(Notifier *notifier, void *data)
{
    PCState *s = container_of(notifier, PCState, with_devices);
    const PCAcpi *chipset = PC_MACHINE_GET_CLASS(s)->acpi;
    ACPITables *t = acpi_tables_new();
    uint32_t facs = put_facs(t);

    s->fadt = put_fadt(t, s, facs, acpi_table_add(t, chipset->dsdt, *chipset->dsdt_size, false));
    if (x86_has(&s->cpus[0]->env, X86_FEATURE_APIC)) {
        put_madt(t, s);
    }
    if (s->hpet_enabled) {
        put_hpet(t);
    }
    if (s->parent_obj.device_memory) {
        put_srat(t, s);
    }
    if (PC_MACHINE_GET_CLASS(s)->get_ecam) {
        s->mcfg = put_mcfg(t);
    }
    acpi_tables_on_read(t, tables_are_read, s);
    put_ssdt(t, s);
    acpi_tables_finish(t, s->fw_cfg);
}

/* The user's devices are in the tables, too. */
void pc_acpi_setup(PCState *s)
{
    if (s->acpi == ON_OFF_AUTO_OFF || !PC_MACHINE_GET_CLASS(s)->acpi) {
        return;
    }
    if (!*PC_MACHINE_GET_CLASS(s)->acpi->dsdt_size) {
        if (s->acpi == ON_OFF_AUTO_ON) {
            error_report("acpi=on: this program was built without iasl, and has no ACPI tables");
            exit(1);
        }
        return;
    }
    s->with_devices.notify = write_tables;
    qemu_add_machine_init_done_notifier(&s->with_devices);
}
