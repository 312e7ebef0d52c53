/*
 * Devices that come and go by ACPI on a PC: see hw/acpi/acpi-hotplug.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "hw/acpi/acpi-hotplug.h"

/* Events of the general-purpose block, as the DSDTs have them. */
enum { PCI_EVENT = 1, CPU_EVENT = 2, MEMORY_EVENT = 3 };

static void cpus_changed(void *opaque)
{
    acpi_pm_raise_gpe(opaque, CPU_EVENT);
}

static void pci_changed(void *opaque)
{
    acpi_pm_raise_gpe(opaque, PCI_EVENT);
}

static void memory_changed(void *opaque)
{
    acpi_pm_raise_gpe(opaque, MEMORY_EVENT);
}

void acpi_hotplug_init(AcpiHotplug *h, DeviceState *owner, AcpiPm *pm, MemoryRegion *io,
                       const AcpiHotplugPorts *ports)
{
    Object *machine = object_dynamic_cast(qdev_get_machine(), TYPE_MACHINE);

    acpi_memory_hotplug_init(&h->memory, OBJECT(owner), machine ? MACHINE(machine)->ram_slots : 0,
                             memory_changed, pm);
    if (h->memory.nr_slots) {
        memory_region_add_subregion(io, ports->memory, &h->memory.io);
    }
    acpi_pci_hotplug_init(&h->pci, OBJECT(owner), pci_changed, pm);
    memory_region_add_subregion(io, ports->pci, &h->pci.io);
    acpi_cpu_hotplug_init(&h->cpus, OBJECT(owner), machine ? MACHINE(machine)->smp.max_cpus : 0,
                          cpus_changed, pm);
    memory_region_add_subregion(io, ports->cpus, &h->cpus.io);
}

void acpi_hotplug_reset(AcpiHotplug *h)
{
    acpi_memory_hotplug_reset(&h->memory);
    acpi_pci_hotplug_reset(&h->pci);
    acpi_cpu_hotplug_reset(&h->cpus);
}

/* ---- For a hotplug handler ---- */

void acpi_hotplug_plug(AcpiHotplug *h, DeviceState *dev)
{
    if (object_dynamic_cast(OBJECT(dev), TYPE_PC_DIMM)) {
        acpi_memory_hotplug_plug(&h->memory, PC_DIMM(dev));
    } else if (object_dynamic_cast(OBJECT(dev), TYPE_PCI_DEVICE)) {
        acpi_pci_hotplug_plug(&h->pci, PCI_DEVICE(dev));
    } else if (object_dynamic_cast(OBJECT(dev), TYPE_CPU)) {
        acpi_cpu_hotplug_plug(&h->cpus, CPU(dev)->cpu_index, dev);
    }
}

void acpi_hotplug_unplug_request(AcpiHotplug *h, DeviceState *dev, Error **errp)
{
    if (object_dynamic_cast(OBJECT(dev), TYPE_PC_DIMM)) {
        acpi_memory_hotplug_unplug_request(&h->memory, PC_DIMM(dev));
    } else if (object_dynamic_cast(OBJECT(dev), TYPE_PCI_DEVICE)) {
        acpi_pci_hotplug_unplug_request(&h->pci, PCI_DEVICE(dev), errp);
    } else if (object_dynamic_cast(OBJECT(dev), TYPE_CPU)) {
        acpi_cpu_hotplug_unplug_request(&h->cpus, CPU(dev)->cpu_index);
    }
}

void acpi_hotplug_unplug(AcpiHotplug *h, DeviceState *dev)
{
    if (object_dynamic_cast(OBJECT(dev), TYPE_PC_DIMM)) {
        acpi_memory_hotplug_unplug(&h->memory, PC_DIMM(dev));
    } else if (object_dynamic_cast(OBJECT(dev), TYPE_CPU)) {
        acpi_cpu_hotplug_unplug(&h->cpus, CPU(dev)->cpu_index);
    }
}

void acpi_hotplug_report(AcpiHotplug *h, JsonArray *list)
{
    acpi_memory_hotplug_report(&h->memory, list);
    if (h->cpus.nr_cpus > 1) {
        acpi_cpu_hotplug_report(&h->cpus, list);
    }
}

/* ---- Snapshots ---- */

static bool has_several_cpus(void *opaque)
{
    return ((AcpiHotplug *)opaque)->cpus.nr_cpus > 1;
}

static const VMStateDescription vmstate_cpus = {
    .name = "acpi-hotplug/cpus",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = has_several_cpus,
    .fields = (const VMStateField[]){
        VMSTATE_ACPI_CPU_HOTPLUG(cpus, AcpiHotplug),
        VMSTATE_END_OF_LIST()
    },
};

static bool has_memory_slots(void *opaque)
{
    return ((AcpiHotplug *)opaque)->memory.nr_slots;
}

static bool has_pci_slots(void *opaque)
{
    return ((AcpiHotplug *)opaque)->pci.nr_buses;
}

static const VMStateDescription vmstate_pci = {
    .name = "acpi-hotplug/pci",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = has_pci_slots,
    .fields = (const VMStateField[]){
        VMSTATE_ACPI_PCI_HOTPLUG(pci, AcpiHotplug),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_memory = {
    .name = "acpi-hotplug/memory",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = has_memory_slots,
    .fields = (const VMStateField[]){
        VMSTATE_ACPI_MEMORY_HOTPLUG(memory, AcpiHotplug),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_acpi_hotplug = {
    .name = "acpi-hotplug",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription *const[]){ &vmstate_memory, &vmstate_pci,
                                                          &vmstate_cpus, NULL },
};
