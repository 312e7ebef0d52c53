/*
 * 16550A UART mapped to memory, registers 1 << regshift bytes apart.
 *
 * Reference: National Semiconductor PC16550D data sheet; how a board spaces the registers is the
 * board's affair.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/char/serial.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define MAX_REGSHIFT 12

/* The chip has eight data lines: of a wide access it sees one register, in the low-order byte. */
static uint64_t serial_mm_read(void *opaque, hwaddr addr, unsigned size)
{
    SerialMM *mm = opaque;

    return serial_io_ops.read(&mm->serial, addr >> mm->regshift, 1);
}

static void serial_mm_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    SerialMM *mm = opaque;

    serial_io_ops.write(&mm->serial, addr >> mm->regshift, value & 0xff, 1);
}

#define SERIAL_MM_OPS(order)                                    \
    {                                                           \
        .read = serial_mm_read,                                 \
        .write = serial_mm_write,                               \
        .endianness = order,                                    \
        .valid = { .min_access_size = 1, .max_access_size = 8 }, \
        .impl = { .min_access_size = 1, .max_access_size = 8 },  \
    }

static const MemoryRegionOps serial_mm_ops[] = {
    [DEVICE_NATIVE_ENDIAN] = SERIAL_MM_OPS(DEVICE_NATIVE_ENDIAN),
    [DEVICE_BIG_ENDIAN] = SERIAL_MM_OPS(DEVICE_BIG_ENDIAN),
    [DEVICE_LITTLE_ENDIAN] = SERIAL_MM_OPS(DEVICE_LITTLE_ENDIAN),
};

static void serial_mm_realize(DeviceState *dev, Error **errp)
{
    SerialMM *mm = SERIAL_MM(dev);

    if (mm->regshift > MAX_REGSHIFT) {
        error_setg(errp, "serial-mm: regshift is %u, expected 0 to %u", mm->regshift, MAX_REGSHIFT);
        return;
    }
    if (mm->endianness >= G_N_ELEMENTS(serial_mm_ops)) {
        error_setg(errp, "serial-mm: endianness is %u, expected 0 to %zu", mm->endianness,
                   G_N_ELEMENTS(serial_mm_ops) - 1);
        return;
    }
    if (!qdev_realize(DEVICE(&mm->serial), NULL, errp)) {
        return;
    }
    memory_region_init_io(&mm->iomem, OBJECT(dev), &serial_mm_ops[mm->endianness], mm, "serial",
                          8ULL << mm->regshift);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &mm->iomem);
    sysbus_init_irq(SYS_BUS_DEVICE(dev), &mm->serial.irq);
}

static void serial_mm_init_instance(Object *obj)
{
    SerialMM *mm = SERIAL_MM(obj);

    object_initialize_child(obj, "serial", &mm->serial, TYPE_SERIAL);
    object_property_add_alias(obj, "chardev", OBJECT(&mm->serial), "chardev");
    object_property_add_alias(obj, "baudbase", OBJECT(&mm->serial), "baudbase");
}

static void serial_mm_reset(DeviceState *dev)
{
    device_cold_reset(DEVICE(&SERIAL_MM(dev)->serial)); /* it sits on no bus */
}

static const VMStateDescription vmstate_serial_mm = {
    .name = "serial-mm",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_END_OF_LIST() /* all state is in the core, a device of its own */
    },
};

static Property serial_mm_properties[] = {
    DEFINE_PROP_UINT8("regshift", SerialMM, regshift, 0),
    DEFINE_PROP_UINT8("endianness", SerialMM, endianness, DEVICE_NATIVE_ENDIAN),
    DEFINE_PROP_END_OF_LIST(),
};

static void serial_mm_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "16550A UART, memory mapped";
    dc->realize = serial_mm_realize;
    dc->reset = serial_mm_reset;
    dc->vmsd = &vmstate_serial_mm;
    set_bit(DEVICE_CATEGORY_INPUT, dc->categories);
    device_class_set_props(dc, serial_mm_properties);
}

SerialMM *serial_mm_init(MemoryRegion *address_space, hwaddr base, int regshift, qemu_irq irq,
                         int baudbase, Chardev *chr, enum device_endian end)
{
    SerialMM *mm = SERIAL_MM(qdev_new(TYPE_SERIAL_MM));
    MemoryRegion *mr;

    qdev_prop_set_uint8(DEVICE(mm), "regshift", regshift);
    qdev_prop_set_uint32(DEVICE(mm), "baudbase", baudbase);
    qdev_prop_set_chr(DEVICE(mm), "chardev", chr);
    qdev_prop_set_uint8(DEVICE(mm), "endianness", end);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(mm), &error_fatal);
    sysbus_connect_irq(SYS_BUS_DEVICE(mm), 0, irq);
    mr = sysbus_mmio_get_region(SYS_BUS_DEVICE(mm), 0);
    memory_region_add_subregion(address_space, base, mr);
    return mm;
}

static const TypeInfo serial_mm_type = {
    .name = TYPE_SERIAL_MM,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(SerialMM),
    .instance_init = serial_mm_init_instance,
    .class_init = serial_mm_class_init,
};

static void serial_mm_register_types(void)
{
    type_register_static(&serial_mm_type);
}

type_init(serial_mm_register_types)
