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

/* The chip has eight data lines: of a wide access it sees one register, in the low-order byte. */
static uint64_t chip_read(void *opaque, hwaddr addr, unsigned size)
{
    SerialMM *mm = opaque;

    return serial_io_ops.read(&mm->serial, addr >> mm->regshift, 1);
}

static void chip_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    SerialMM *mm = opaque;

    serial_io_ops.write(&mm->serial, addr >> mm->regshift, (uint8_t)value, 1);
}

static void chip_names_at(void *opaque, hwaddr addr, unsigned size, uint64_t value,
                          MemoryRegionNameFunc *found, void *data)
{
    SerialMM *mm = opaque;

    serial_io_ops.names->at(&mm->serial, addr >> mm->regshift, 1, value, found, data);
}

static void chip_names_all(void *opaque, MemoryRegionNameFunc *found, void *data)
{
    serial_io_ops.names->all(&((SerialMM *)opaque)->serial, found, data);
}

static const MemoryRegionNames chip_names = { chip_names_at, chip_names_all };

/* How the board has wired the data lines is a property, so each instance has its own operations. */
static bool wire_up(SerialMM *mm, Error **errp)
{
    enum { MAX_REGSHIFT = 12, MAX_ENDIANNESS = DEVICE_LITTLE_ENDIAN };
    const struct {
        const char *name;
        unsigned value, max;
    } limits[] = {
        { "regshift", mm->regshift, MAX_REGSHIFT },
        { "endianness", mm->endianness, MAX_ENDIANNESS },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        if (limits[i].value > limits[i].max) {
            error_setg(errp, TYPE_SERIAL_MM ": %s is %u, expected 0 to %u", limits[i].name,
                       limits[i].value, limits[i].max);
            return false;
        }
    }
    mm->ops = (MemoryRegionOps){
        .read = chip_read,
        .write = chip_write,
        .endianness = mm->endianness,
        .valid.min_access_size = 1,
        .valid.max_access_size = 8,
        .impl.min_access_size = 1,
        .impl.max_access_size = 8,
        .names = &chip_names,
    };
    memory_region_init_io(&mm->iomem, OBJECT(mm), &mm->ops, mm, mm->name ? mm->name : "serial",
                          8ULL << mm->regshift);
    return true;
}

static void serial_mm_realize(DeviceState *dev, Error **errp)
{
    SysBusDevice *pins = SYS_BUS_DEVICE(dev);
    SerialMM *mm = SERIAL_MM(dev);

    if (wire_up(mm, errp) && qdev_realize(DEVICE(&mm->serial), NULL, errp)) {
        sysbus_init_irq(pins, &mm->serial.irq);
        sysbus_init_mmio(pins, &mm->iomem);
    }
}

static void serial_mm_instance_init(Object *obj)
{
    static const char *const of_the_core[] = { "baudbase", "chardev" };
    SerialState *core = &SERIAL_MM(obj)->serial;

    object_initialize_child(obj, "serial", core, TYPE_SERIAL);
    for (size_t i = 0; i < G_N_ELEMENTS(of_the_core); i++) {
        object_property_add_alias(obj, of_the_core[i], OBJECT(core), of_the_core[i]);
    }
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
    DEFINE_PROP_STRING("name", SerialMM, name),
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

static const TypeInfo serial_mm_type = {
    .name = TYPE_SERIAL_MM,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(SerialMM),
    .instance_init = serial_mm_instance_init,
    .class_init = serial_mm_class_init,
};

static void serial_mm_register_types(void)
{
    type_register_static(&serial_mm_type);
}

type_init(serial_mm_register_types)

SerialMM *serial_mm_init(MemoryRegion *address_space, hwaddr base, int regshift, qemu_irq irq,
                         int baudbase, Chardev *chr, enum device_endian end)
{
    DeviceState *uart = qdev_new(TYPE_SERIAL_MM);
    SerialMM *mm = SERIAL_MM(uart);

    qdev_prop_set_chr(uart, "chardev", chr);
    qdev_prop_set_uint32(uart, "baudbase", baudbase);
    qdev_prop_set_uint8(uart, "endianness", end);
    qdev_prop_set_uint8(uart, "regshift", regshift);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(uart), &error_fatal);
    memory_region_add_subregion(address_space, base, &mm->iomem);
    sysbus_connect_irq(SYS_BUS_DEVICE(uart), 0, irq);
    return mm;
}
