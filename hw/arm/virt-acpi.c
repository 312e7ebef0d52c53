/*
 * `virt` board: ACPI tables, for operating systems that firmware starts. The devices are in the
 * DSDT (virt-dsdt.asl), compiled at build time; the rest is written here, from the board's table.
 *
 * Reference: ACPI specification 6.4: 5.2.9 (FADT), 5.2.12 (MADT), 5.2.16 (SRAT), 5.2.25 (GTDT); PCI
 * Firmware Specification 3.0, 4.1.2 (MCFG); IO Remapping Table (DEN0049), revision E; Serial Port Console
 * Redirection Table, revision 2; Server Base Boot Requirements (DEN0044) for what Arm systems have.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/acpi-tables.h"
#include "hw/acpi/memory-hotplug.h"
#include "hw/arm/smmuv3.h"
#include "hw/arm/virt.h"
#include "hw/pci/pcie_host.h"
#include "qemu/error-report.h"

/* virt-dsdt.asl; empty in programs that were built without iasl. */
extern const unsigned char virt_dsdt[];
extern const size_t virt_dsdt_size;

#define FIRST_SPI 32
#define NO_ADDRESS UINT64_MAX

enum { FADT_HW_REDUCED = 1 << 20 };
enum { PSCI_COMPLIANT = 1, PSCI_USE_HVC = 2 };
enum { MADT_GICC = 0x0b, MADT_GICD = 0x0c, MADT_MSI_FRAME = 0x0d,
       MADT_GICR = 0x0e, MADT_ITS = 0x0f };
enum { ITS_ID = 0 }; /* what the IORT calls it by */
enum { GICC_ENABLED = 1 };
enum { TIMER_ALWAYS_ON = 4 }; /* level-triggered, active high */

bool virt_has_acpi(const VirtState *s)
{
    return virt_has_firmware(s) && s->acpi != ON_OFF_AUTO_OFF && virt_dsdt_size;
}

/* Of 6.0: 276 bytes. Hardware-reduced: nearly everything is zero. */
static void put_fadt(ACPITables *t, const VirtState *s, uint32_t dsdt)
{
    unsigned conduit = virt_psci_conduit(s);

    acpi_table_begin(t, "FACP", 6);
    acpi_put_zeros(t, 112 - 36);
    acpi_put(t, 4, FADT_HW_REDUCED);
    acpi_put_zeros(t, 129 - 116);
    acpi_put(t, 2, (conduit != ARM_PSCI_NONE ? PSCI_COMPLIANT : 0) |
                       (conduit == ARM_PSCI_HVC ? PSCI_USE_HVC : 0));
    acpi_put(t, 1, 0);            /* minor version */
    acpi_put(t, 8, 0);            /* no FACS */
    acpi_put_pointer(t, dsdt);
    acpi_put_zeros(t, 268 - 148);
    acpi_put_bytes(t, "SYSEMU\0\0", 8); /* hypervisor's vendor */
    acpi_table_end(t, true);
}

static void put_distributor(ACPITables *t, const VirtState *s)
{
    acpi_put(t, 1, MADT_GICD);
    acpi_put(t, 1, 24);
    acpi_put_zeros(t, 2 + 4);
    acpi_put(t, 8, virt_find_device("gic")->base);
    acpi_put_zeros(t, 4);
    acpi_put(t, 1, s->gic_version);
    acpi_put_zeros(t, 3);
}

static void put_cpu_interface(ACPITables *t, const VirtState *s, unsigned cpu)
{
    acpi_put(t, 1, MADT_GICC);
    acpi_put(t, 1, 80);
    acpi_put_zeros(t, 2);
    acpi_put(t, 4, cpu);
    acpi_put(t, 4, cpu); /* _UID of the processor's device */
    acpi_put(t, 4, GICC_ENABLED);
    acpi_put_zeros(t, 4); /* no parking */
    acpi_put(t, 4, arm_has_pmu(&s->cpus[cpu]->env.id) ? VIRT_PPI_PMU : 0);
    acpi_put_zeros(t, 8);
    acpi_put(t, 8, s->gic_version == 2 ? VIRT_GIC_INTERFACE : 0);
    acpi_put(t, 8, s->virtualization && s->gic_version == 2 ? VIRT_GIC_VIRTUAL : 0);
    acpi_put(t, 8, s->virtualization && s->gic_version == 2 ? VIRT_GIC_HYPERVISOR : 0);
    acpi_put(t, 4, s->virtualization ? VIRT_PPI_GIC_MAINTENANCE : 0);
    acpi_put_zeros(t, 8); /* no redistributor: MADT_GICR has them */
    acpi_put(t, 8, s->cpus[cpu]->mpidr & 0xff00ffffffull); /* the affinities */
    acpi_put_zeros(t, 4);
}

static void put_message_frame(ACPITables *t)
{
    const VirtDevice *frame = virt_find_device("gicv2m");

    acpi_put(t, 1, MADT_MSI_FRAME);
    acpi_put(t, 1, 24);
    acpi_put_zeros(t, 2 + 4);
    acpi_put(t, 8, frame->base);
    acpi_put(t, 4, 1); /* number and first one are said here, too */
    acpi_put(t, 2, frame->unit);
    acpi_put(t, 2, frame->irq + FIRST_SPI);
}

static void put_redistributors(ACPITables *t)
{
    acpi_put(t, 1, MADT_GICR);
    acpi_put(t, 1, 16);
    acpi_put_zeros(t, 2);
    acpi_put(t, 8, VIRT_GICV3_REDISTRIBUTORS);
    acpi_put(t, 4, VIRT_GICV3_REDISTRIBUTORS_SIZE);
}

static void put_its(ACPITables *t)
{
    acpi_put(t, 1, MADT_ITS);
    acpi_put(t, 1, 20);
    acpi_put_zeros(t, 2);
    acpi_put(t, 4, ITS_ID);
    acpi_put(t, 8, virt_find_device("gic-its")->base);
    acpi_put_zeros(t, 4);
}

static void put_madt(ACPITables *t, const VirtState *s)
{
    acpi_table_begin(t, "APIC", 4);
    acpi_put_zeros(t, 4 + 4);
    put_distributor(t, s);
    for (unsigned cpu = 0; cpu < s->parent_obj.smp.cpus; cpu++) {
        put_cpu_interface(t, s, cpu);
    }
    if (s->gic_version == 2) {
        put_message_frame(t);
    } else {
        put_redistributors(t);
    }
    if (virt_has_its(s)) {
        put_its(t);
    }
    acpi_table_end(t, true);
}

static void put_gtdt(ACPITables *t)
{
    static const struct { uint8_t interrupt, flags; } timers[] = {
        { VIRT_PPI_TIMER_SECURE, 0 },
        { VIRT_PPI_TIMER_PHYS, TIMER_ALWAYS_ON },
        { VIRT_PPI_TIMER_VIRT, 0 },
        { VIRT_PPI_TIMER_HYP, 0 },
    };

    acpi_table_begin(t, "GTDT", 2);
    acpi_put(t, 8, NO_ADDRESS); /* the counter isn't in memory */
    acpi_put_zeros(t, 4);
    for (size_t i = 0; i < ARRAY_SIZE(timers); i++) {
        acpi_put(t, 4, timers[i].interrupt);
        acpi_put(t, 4, timers[i].flags);
    }
    acpi_put(t, 8, NO_ADDRESS);
    acpi_put_zeros(t, 4 + 4);
    acpi_table_end(t, true);
}

static void put_mcfg(ACPITables *t, const VirtState *s)
{
    acpi_table_begin(t, "MCFG", 1);
    acpi_put_zeros(t, 8);
    acpi_put(t, 8, virt_pci_config_base(s));
    acpi_put(t, 2, 0);
    acpi_put(t, 1, 0);
    acpi_put(t, 1, virt_num_pci_buses(s) - 1);
    acpi_put_zeros(t, 4);
    acpi_table_end(t, true);
}

/*
 * The nodes of the IORT: a group of ITSs, the SMMU, and the root complex, whose functions send the group
 * their messages, each by its number, through the SMMU if there is one.
 */
enum { IORT_ITS_GROUP = 0, IORT_ROOT_COMPLEX = 2, IORT_SMMUV3 = 4 };
enum { ITS_GROUP_LENGTH = 24, SMMUV3_LENGTH = 68, MAPPING_LENGTH = 20 };
enum { SMMUV3_COHERENT = 1 };
enum { IORT_COHERENT = 1, IORT_CPM_DACS = 3 }; /* transfers see the CPUs' caches */

static void begin_iort_node(ACPITables *t, unsigned type, unsigned length, unsigned revision,
                            unsigned id, unsigned mappings, unsigned mappings_offset)
{
    acpi_put(t, 1, type);
    acpi_put(t, 2, length);
    acpi_put(t, 1, revision);
    acpi_put(t, 4, id);
    acpi_put(t, 4, mappings);
    acpi_put(t, 4, mappings_offset);
}

/* All requesters' numbers, as they are, to the node at `output`. */
static void put_mapping(ACPITables *t, unsigned output)
{
    acpi_put(t, 4, 0);
    acpi_put(t, 4, 0xffff); /* how many, less 1 */
    acpi_put(t, 4, 0);
    acpi_put(t, 4, output);
    acpi_put_zeros(t, 4);
}

static void put_smmu_node(ACPITables *t, unsigned id, unsigned its)
{
    const VirtDevice *smmu = virt_find_device("smmuv3");
    unsigned first = smmu->irq + FIRST_SPI;

    begin_iort_node(t, IORT_SMMUV3, SMMUV3_LENGTH + (its ? MAPPING_LENGTH : 0), 4, id, its ? 1 : 0,
                    its ? SMMUV3_LENGTH : 0);
    acpi_put(t, 8, smmu->base);
    acpi_put(t, 4, SMMUV3_COHERENT);
    acpi_put_zeros(t, 4 + 8 + 4); /* a generic one */
    acpi_put(t, 4, first + SMMUV3_IRQ_EVENT);
    acpi_put(t, 4, first + SMMUV3_IRQ_PRI);
    acpi_put(t, 4, first + SMMUV3_IRQ_ERROR);
    acpi_put(t, 4, first + SMMUV3_IRQ_SYNC);
    acpi_put_zeros(t, 4);
    acpi_put(t, 4, its ? 1 : 0); /* its own messages have no mapping: beyond the last one */
    if (its) {
        put_mapping(t, its);
    }
}

static void put_iort(ACPITables *t, const VirtState *s)
{
    const unsigned first = ACPI_HEADER_SIZE + 12;
    unsigned its = virt_has_its(s) ? first : 0, nodes = 0;
    unsigned smmu = s->smmu ? first + (its ? ITS_GROUP_LENGTH : 0) : 0;

    acpi_table_begin(t, "IORT", 3);
    acpi_put(t, 4, 1 + (its ? 1 : 0) + (smmu ? 1 : 0));
    acpi_put(t, 4, first);
    acpi_put_zeros(t, 4);

    if (its) {
        begin_iort_node(t, IORT_ITS_GROUP, ITS_GROUP_LENGTH, 1, nodes++, 0, 0);
        acpi_put(t, 4, 1);
        acpi_put(t, 4, ITS_ID);
    }
    if (smmu) {
        put_smmu_node(t, nodes++, its);
    }
    begin_iort_node(t, IORT_ROOT_COMPLEX, 36 + MAPPING_LENGTH, 3, nodes, 1, 36);
    acpi_put(t, 4, IORT_COHERENT);
    acpi_put_zeros(t, 1 + 2);
    acpi_put(t, 1, IORT_CPM_DACS);
    acpi_put_zeros(t, 4 + 4); /* no ATS; segment 0 */
    acpi_put(t, 1, 64);       /* bits of addresses */
    acpi_put_zeros(t, 3);
    put_mapping(t, smmu ? smmu : its);
    acpi_table_end(t, true);
}

/* The console: a PL011 with registers of words, whose interrupt is the GIC's. */
static void put_spcr(ACPITables *t)
{
    const VirtDevice *uart = virt_find_device("uart0");

    acpi_table_begin(t, "SPCR", 2);
    acpi_put(t, 4, 3); /* PL011 */
    acpi_put_register(t, 32, 3, uart->base);
    acpi_put(t, 1, 8); /* interrupt type: GIC */
    acpi_put(t, 1, 0);
    acpi_put(t, 4, uart->irq + FIRST_SPI);
    acpi_put(t, 1, 3); /* 9600 */
    acpi_put(t, 1, 0);
    acpi_put(t, 1, 1);
    acpi_put_zeros(t, 1 + 1 + 1);
    acpi_put(t, 4, UINT32_MAX); /* no PCI device */
    acpi_put_zeros(t, 3 + 4 + 1 + 4);
    acpi_table_end(t, true);
}

/* Where there are slots for modules: all is node 0, and so is what may come. */
static void put_srat(ACPITables *t, const VirtState *s)
{
    const MachineState *machine = &s->parent_obj;

    acpi_srat_begin(t, 3);
    for (unsigned cpu = 0; cpu < machine->smp.cpus; cpu++) {
        acpi_put(t, 1, SRAT_GICC);
        acpi_put(t, 1, 18);
        acpi_put(t, 4, 0); /* node */
        acpi_put(t, 4, cpu);
        acpi_put(t, 4, SRAT_ENABLED);
        acpi_put_zeros(t, 4);
    }
    acpi_srat_put_memory(t, 0, VIRT_RAM_BASE, machine->ram_size, SRAT_ENABLED);
    acpi_srat_put_memory(t, 0, machine->device_memory->base,
                         memory_region_size(&machine->device_memory->mr),
                         SRAT_ENABLED | SRAT_HOT_PLUGGABLE);
    acpi_table_end(t, true);
}

/* What the DSDT refers to, the processors, and the slots for modules of memory. */
static void put_ssdt(ACPITables *t, const VirtState *s)
{
    acpi_table_begin(t, "SSDT", 2);
    aml_put_name(t, "ECAB", virt_pci_config_base(s));
    aml_put_name(t, "BUSL", virt_num_pci_buses(s) - 1);
    aml_put_name(t, "HIGH", s->highmem && s->highmem_mmio ? virt_pci_window_base(s) : 0);
    aml_put_name(t, "EVTS", virt_has_events(s));
    for (unsigned cpu = 0; cpu < s->parent_obj.smp.cpus; cpu++) {
        aml_put_processor(t, cpu);
    }
    acpi_memory_hotplug_put_aml(t, virt_has_events(s) ? s->parent_obj.ram_slots : 0);
    acpi_table_end(t, true);
}

void virt_acpi_setup(VirtState *s)
{
    ACPITables *t;

    if (!virt_has_acpi(s)) {
        if (virt_has_firmware(s) && s->acpi == ON_OFF_AUTO_ON) {
            error_report("acpi=on: this program was built without iasl, and has no ACPI tables");
            exit(1);
        }
        return;
    }
    t = acpi_tables_new();
    put_fadt(t, s, acpi_table_add(t, virt_dsdt, virt_dsdt_size, false));
    put_madt(t, s);
    put_gtdt(t);
    put_mcfg(t, s);
    put_spcr(t);
    if (virt_has_its(s) || s->smmu) {
        put_iort(t, s);
    }
    if (s->parent_obj.ram_slots) {
        put_srat(t, s);
    }
    put_ssdt(t, s);
    acpi_tables_finish(t, s->fw_cfg);
}
