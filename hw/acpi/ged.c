/*
 * ACPI's generic event device with the registers of hardware-reduced ACPI: see hw/acpi/ged.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/ged.h"
#include "hw/irq.h"
#include "migration/vmstate.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/runstate.h"

OBJECT_DECLARE_SIMPLE_TYPE(GenericEvents, ACPI_GED_X86)

#define SLEEP_TYPE(value) ((value) >> 2 & 7)
#define SLEEP_ENABLE      0x20

struct GenericEvents {
    SysBusDevice parent_obj;

    MemoryRegion selector_region, registers;
    qemu_irq irq;
    Notifier powerdown;
    uint32_t selector; /* GED_POWER_DOWN */
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
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_ACPI_GED_X86, "selector", "write to a read-only register");
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
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_ACPI_GED_X86, "sleep control",
                     "sleep type %u: there is %u only, power off", SLEEP_TYPE(value), GED_SLEEP_OFF);
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
static void powerdown_requested(Notifier *n, void *data)
{
    GenericEvents *s = container_of(n, GenericEvents, powerdown);

    s->selector |= GED_POWER_DOWN;
    qemu_irq_pulse(s->irq);
}

static void ged_reset(DeviceState *dev)
{
    ACPI_GED_X86(dev)->selector = 0;
}

static void ged_init(Object *obj)
{
    GenericEvents *s = ACPI_GED_X86(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);

    memory_region_init_io(&s->selector_region, obj, &selector_ops, s, "acpi-ged", 4);
    memory_region_init_io(&s->registers, obj, &registers_ops, s, "acpi-ged-regs",
                          GED_NUM_REGISTERS);
    sysbus_init_mmio(sbd, &s->selector_region);
    sysbus_init_mmio(sbd, &s->registers);
    sysbus_init_irq(sbd, &s->irq);
}

static void ged_realize(DeviceState *dev, Error **errp)
{
    GenericEvents *s = ACPI_GED_X86(dev);

    s->powerdown.notify = powerdown_requested;
    qemu_register_powerdown_notifier(&s->powerdown);
}

static void ged_unrealize(DeviceState *dev)
{
    notifier_remove(&ACPI_GED_X86(dev)->powerdown);
}

static const VMStateDescription vmstate_ged = {
    .name = TYPE_ACPI_GED_X86,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(selector, GenericEvents),
        VMSTATE_END_OF_LIST()
    },
};

static const DeviceTraits ged_traits = {
    .desc = "ACPI's generic event device",
    .realize = ged_realize,
    .unrealize = ged_unrealize,
    .reset = ged_reset,
    .state = &vmstate_ged,
    .board_only = true,
};

static const TypeInfo ged_types[] = {
    {
        .name = TYPE_ACPI_GED_X86,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(GenericEvents),
        .instance_init = ged_init,
        .class_init = device_class_init_traits,
        .class_data = (void *)&ged_traits,
    },
};

DEFINE_TYPES(ged_types)
