/*
 * ACPI's generic event device with the registers of hardware-reduced ACPI: see hw/acpi/ged.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "hw/acpi/acpi-ost.h"
#include "hw/acpi/ged.h"
#include "hw/acpi/memory-hotplug.h"
#include "hw/irq.h"
#include "migration/vmstate.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/runstate.h"

OBJECT_DECLARE_SIMPLE_TYPE(GenericEvents, ACPI_GED)

#define SLEEP_TYPE(value) ((value) >> 2 & 7)
#define SLEEP_ENABLE      0x20

struct GenericEvents {
    SysBusDevice parent_obj;

    MemoryRegion selector_region, memory_container, registers;
    AcpiMemoryHotplug memory;
    qemu_irq irq;
    Notifier powerdown;
    uint32_t events;   /* property: those that it has, GED_… */
    uint32_t selector; /* those that have happened */
};

static uint64_t selector_read(void *opaque, hwaddr addr, unsigned size)
{
    GenericEvents *s = opaque;
    uint32_t events = s->selector;

    s->selector = 0;
    return events;
}

static void selector_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_ACPI_GED, "selector", "write to a read-only register");
}

static const MemoryRegionOps selector_ops = {
    .read = selector_read,
    .write = selector_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

/* Sleep control's enable bit reads as 0, and nothing else is kept. */
static uint64_t registers_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void sleep_written(uint8_t value)
{
    if (!(value & SLEEP_ENABLE)) {
        return;
    }
    if (SLEEP_TYPE(value) == GED_SLEEP_OFF) {
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    } else {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_ACPI_GED, "sleep control",
                     "sleep type %u: there is %u only, power off", SLEEP_TYPE(value),
                     GED_SLEEP_OFF);
    }
}

static void registers_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    if (addr == GED_SLEEP_CONTROL) {
        sleep_written(value);
    } else if (addr == GED_RESET && value == GED_RESET_VALUE) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
}

static const MemoryRegionOps registers_ops = {
    .read = registers_read,
    .write = registers_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 1 },
};

/* The interrupt is an edge. */
static void happened(GenericEvents *s, uint32_t event)
{
    s->selector |= event;
    qemu_irq_pulse(s->irq);
}

static void powerdown_requested(Notifier *n, void *data)
{
    happened(container_of(n, GenericEvents, powerdown), GED_POWER_DOWN);
}

static void memory_changed(void *opaque)
{
    happened(opaque, GED_MEMORY);
}

/* ---- Modules of memory ---- */

static void ged_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_memory_hotplug_plug(&ACPI_GED(handler)->memory, PC_DIMM(dev));
}

static void ged_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_memory_hotplug_unplug_request(&ACPI_GED(handler)->memory, PC_DIMM(dev));
}

static void ged_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_memory_hotplug_unplug(&ACPI_GED(handler)->memory, PC_DIMM(dev));
}

static void ged_report(Object *obj, JsonArray *list)
{
    acpi_memory_hotplug_report(&ACPI_GED(obj)->memory, list);
}

/* ---- The device ---- */

static void ged_reset(DeviceState *dev)
{
    GenericEvents *s = ACPI_GED(dev);

    s->selector = 0;
    acpi_memory_hotplug_reset(&s->memory);
}

static void ged_init(Object *obj)
{
    GenericEvents *s = ACPI_GED(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);

    memory_region_init_io(&s->selector_region, obj, &selector_ops, s, "acpi-ged", 4);
    memory_region_init_io(&s->registers, obj, &registers_ops, s, "acpi-ged-regs",
                          GED_NUM_REGISTERS);
    memory_region_init(&s->memory_container, obj, "memhp container", ACPI_MEMORY_HOTPLUG_SIZE);
    sysbus_init_mmio(sbd, &s->selector_region);
    sysbus_init_mmio(sbd, &s->memory_container);
    sysbus_init_mmio(sbd, &s->registers);
    sysbus_init_irq(sbd, &s->irq);
}

static void ged_realize(DeviceState *dev, Error **errp)
{
    GenericEvents *s = ACPI_GED(dev);
    Object *machine = object_dynamic_cast(qdev_get_machine(), TYPE_MACHINE);

    if (s->events & GED_POWER_DOWN) {
        s->powerdown.notify = powerdown_requested;
        qemu_register_powerdown_notifier(&s->powerdown);
    }
    if (s->events & GED_MEMORY) {
        acpi_memory_hotplug_init(&s->memory, OBJECT(dev), machine ? MACHINE(machine)->ram_slots : 0,
                                 memory_changed, s);
        memory_region_add_subregion(&s->memory_container, 0, &s->memory.io);
    }
}

static void ged_unrealize(DeviceState *dev)
{
    GenericEvents *s = ACPI_GED(dev);

    if (s->events & GED_POWER_DOWN) {
        notifier_remove(&s->powerdown);
    }
    if (s->events & GED_MEMORY) {
        memory_region_del_subregion(&s->memory_container, &s->memory.io);
    }
}

static bool has_memory_slots(void *opaque)
{
    return ((GenericEvents *)opaque)->memory.nr_slots;
}

static const VMStateDescription vmstate_memory = {
    .name = "acpi-ged/memory",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = has_memory_slots,
    .fields = (const VMStateField[]){
        VMSTATE_ACPI_MEMORY_HOTPLUG(memory, GenericEvents),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_ged = {
    .name = TYPE_ACPI_GED_X86,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(selector, GenericEvents),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription *const[]){ &vmstate_memory, NULL },
};

static Property ged_properties[] = {
    DEFINE_PROP_UINT32("ged-event", GenericEvents, events, GED_POWER_DOWN),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits ged_traits = {
    .desc = "ACPI's generic event device",
    .realize = ged_realize,
    .unrealize = ged_unrealize,
    .reset = ged_reset,
    .state = &vmstate_ged,
    .properties = ged_properties,
    .board_only = true,
};

static void ged_class_init(ObjectClass *oc, void *data)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    device_class_init_traits(oc, data);
    hc->plug = ged_plug;
    hc->unplug_request = ged_unplug_request;
    hc->unplug = ged_unplug;
    ACPI_DEVICE_IF_CLASS(oc)->report = ged_report;
}

static const TypeInfo ged_types[] = {
    {
        .name = TYPE_ACPI_GED,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(GenericEvents),
        .instance_init = ged_init,
        .class_init = ged_class_init,
        .class_data = (void *)&ged_traits,
        .interfaces = (InterfaceInfo[]){ { TYPE_HOTPLUG_HANDLER }, { TYPE_ACPI_DEVICE_IF },
                                         { NULL } },
    },
    {
        .name = TYPE_ACPI_GED_X86,
        .parent = TYPE_ACPI_GED,
    },
};

DEFINE_TYPES(ged_types)
