/*
 * ACPI CPU hot-plug: see hw/acpi/cpu-hotplug.h.
 *
 * A guest may eject the CPU that does so, and a thread can't wait for its own end: CPUs leave from
 * the main loop. The guest sees it gone at once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/acpi-ost.h"
#include "hw/acpi/cpu-hotplug.h"
#include "qapi/error.h"
#include "qemu/log.h"

enum { SELECT = 0, ID_HIGH = 0, STATUS = 4, CONTROL = 4, COMMAND = 5, DATA = 8, FIRMWARE = 12 };
enum { PRESENT = 1 << 0, INSERTED = 1 << 1, REMOVAL_WANTED = 1 << 2, EJECT = 1 << 3,
       FIRMWARE_EJECTS = 1 << 4 };
enum { COMMAND_NEXT_EVENT = 0, COMMAND_OST_EVENT = 1, COMMAND_OST_STATUS = 2, COMMAND_ID = 3 };

static AcpiCpu *selected_cpu(AcpiCpuHotplug *h)
{
    return h->selected < h->nr_cpus ? &h->cpus[h->selected] : NULL;
}

/* ---- Registers ---- */

static uint64_t registers_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiCpuHotplug *h = opaque;
    const AcpiCpu *cpu = selected_cpu(h);

    if (addr == FIRMWARE) {
        return h->firmware_takes_part;
    }
    if (cpu && addr == STATUS) {
        return (cpu->dev && !cpu->leaves ? PRESENT : 0) | (cpu->inserted ? INSERTED : 0) |
               (cpu->removal_wanted ? REMOVAL_WANTED : 0) |
               (cpu->firmware_ejects ? FIRMWARE_EJECTS : 0);
    }
    if (cpu && addr == DATA && (h->command == COMMAND_NEXT_EVENT || h->command == COMMAND_ID)) {
        return h->selected;
    }
    return 0; /* so is the upper half of all IDs */
}

static void control_written(AcpiCpuHotplug *h, AcpiCpu *cpu, uint64_t value)
{
    if (value & INSERTED) {
        cpu->inserted = false;
    } else if (value & REMOVAL_WANTED) {
        cpu->removal_wanted = false;
    } else if (value & (EJECT | FIRMWARE_EJECTS)) {
        if (!cpu->dev || h->selected == 0) {
            qemu_log_dev(LOG_GUEST_ERROR, "acpi-cpu-hotplug", "control",
                         "CPU %u is ejected, but %s", h->selected,
                         cpu->dev ? "the first one stays" : "it isn't there");
            return;
        }
        cpu->firmware_ejects = !(value & EJECT);
        if (value & EJECT) {
            cpu->leaves = true;
            qemu_bh_schedule(h->eject);
        }
    }
}

static void select_next_event(AcpiCpuHotplug *h)
{
    for (unsigned i = 0; i < h->nr_cpus; i++) {
        unsigned n = (h->selected + i) % h->nr_cpus;

        if (h->cpus[n].inserted || h->cpus[n].removal_wanted || h->cpus[n].firmware_ejects) {
            h->selected = n;
            return;
        }
    }
}

static void data_written(AcpiCpuHotplug *h, AcpiCpu *cpu, uint64_t value)
{
    if (h->command == COMMAND_OST_EVENT) {
        cpu->ost_event = value;
    } else if (h->command == COMMAND_OST_STATUS) {
        cpu->ost_status = value;
        acpi_ost_send(cpu->dev, "CPU", h->selected, cpu->ost_event, cpu->ost_status);
    }
}

static void registers_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AcpiCpuHotplug *h = opaque;
    AcpiCpu *cpu;

    if (addr == SELECT) {
        h->selected = value;
    }
    cpu = selected_cpu(h);
    if (!cpu) {
        qemu_log_dev(LOG_GUEST_ERROR, "acpi-cpu-hotplug", "select", "%u of %u", h->selected,
                     h->nr_cpus);
    } else if (addr == CONTROL) {
        control_written(h, cpu, value);
    } else if (addr == COMMAND) {
        h->command = value;
        if (value == COMMAND_NEXT_EVENT) {
            select_next_event(h);
        }
    } else if (addr == DATA) {
        data_written(h, cpu, value);
    }
}

static const MemoryRegionOps registers_ops = {
    .read = registers_read,
    .write = registers_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
};

/* ---- CPUs ---- */

static void eject_cpus(void *opaque)
{
    AcpiCpuHotplug *h = opaque;

    for (unsigned n = 0; n < h->nr_cpus; n++) {
        DeviceState *dev = h->cpus[n].dev;

        if (dev && h->cpus[n].leaves) {
            hotplug_handler_unplug(qdev_get_hotplug_handler(dev), dev, &error_abort);
            object_unparent(OBJECT(dev));
        }
    }
}

void acpi_cpu_hotplug_plug(AcpiCpuHotplug *h, unsigned n, DeviceState *dev)
{
    AcpiCpu *cpu = &h->cpus[n];

    cpu->dev = dev;
    cpu->removal_wanted = false;
    if (dev->hotplugged) {
        cpu->inserted = true;
        h->notify(h->opaque);
    }
}

void acpi_cpu_hotplug_unplug_request(AcpiCpuHotplug *h, unsigned n)
{
    h->cpus[n].removal_wanted = true;
    h->notify(h->opaque);
}

void acpi_cpu_hotplug_unplug(AcpiCpuHotplug *h, unsigned n)
{
    AcpiCpu *cpu = &h->cpus[n];

    cpu->dev = NULL;
    cpu->inserted = cpu->removal_wanted = cpu->leaves = cpu->firmware_ejects = false;
}

void acpi_cpu_hotplug_set_firmware(AcpiCpuHotplug *h, uint8_t takes_part)
{
    h->firmware_takes_part = takes_part;
}

void acpi_cpu_hotplug_report(AcpiCpuHotplug *h, JsonArray *list)
{
    for (unsigned n = 0; n < h->nr_cpus; n++) {
        const AcpiCpu *cpu = &h->cpus[n];

        json_array_add_object_element(list, acpi_ost_info(cpu->dev, "CPU", n, cpu->ost_event,
                                                          cpu->ost_status));
    }
}

/* ---- What it is to ACPI ---- */

void acpi_cpu_hotplug_put_aml(ACPITables *t, unsigned nr_cpus)
{
    aml_begin_scope(t, "\\_SB");
    for (unsigned n = 0; n < nr_cpus; n++) {
        aml_begin_place(t, 'C', n, "ACPI0007");
        aml_put_getter(t, "_STA", "\\_SB.PROC.STAT", n);
        aml_put_getter(t, "_MAT", "\\_SB.PROC.ENTR", n);
        aml_put_caller(t, "_OST", 3, "\\_SB.PROC.OSTR", n);
        if (n) {
            aml_put_caller(t, "_EJ0", 1, "\\_SB.PROC.EJEC", n);
        }
        aml_end(t);
    }
    aml_end(t);
    aml_begin_scope(t, "\\_SB.PROC");
    aml_put_place_notifier(t, "TELL", 'C', nr_cpus);
    aml_end(t);
}

/* ---- Making one ---- */

void acpi_cpu_hotplug_init(AcpiCpuHotplug *h, Object *owner, unsigned nr_cpus,
                           void (*notify)(void *opaque), void *opaque)
{
    h->nr_cpus = MIN(nr_cpus, ACPI_CPU_HOTPLUG_MAX);
    h->notify = notify;
    h->opaque = opaque;
    h->eject = qemu_bh_new(eject_cpus, h);
    memory_region_init_io(&h->io, owner, &registers_ops, h, "acpi-cpu-hotplug",
                          ACPI_CPU_HOTPLUG_SIZE);
}

/* Firmware finds those that are there. */
void acpi_cpu_hotplug_reset(AcpiCpuHotplug *h)
{
    h->selected = 0;
    h->command = 0;
    for (unsigned n = 0; n < h->nr_cpus; n++) {
        h->cpus[n].inserted = h->cpus[n].firmware_ejects = false;
    }
}

/* What was about to leave still does. */
static int after_load(void *opaque, int version_id)
{
    qemu_bh_schedule(((AcpiCpuHotplug *)opaque)->eject);
    return 0;
}

static const VMStateDescription vmstate_cpu = {
    .name = "acpi-cpu",
    .version_id = 2,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_BOOL(inserted, AcpiCpu),
        VMSTATE_BOOL(removal_wanted, AcpiCpu),
        VMSTATE_BOOL(leaves, AcpiCpu),
        VMSTATE_BOOL_V(firmware_ejects, AcpiCpu, 2),
        VMSTATE_UINT32(ost_event, AcpiCpu),
        VMSTATE_UINT32(ost_status, AcpiCpu),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_acpi_cpu_hotplug = {
    .name = "acpi-cpu-hotplug",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(selected, AcpiCpuHotplug),
        VMSTATE_UINT8(command, AcpiCpuHotplug),
        VMSTATE_STRUCT_ARRAY(cpus, AcpiCpuHotplug, ACPI_CPU_HOTPLUG_MAX, 2, vmstate_cpu, AcpiCpu),
        VMSTATE_END_OF_LIST()
    },
};
