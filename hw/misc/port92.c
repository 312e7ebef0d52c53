/*
 * Port 92h of a PC, "system control port A".
 *
 * Reference: IBM PS/2 Hardware Interface Technical Reference, "System control port A".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/misc/port92.h"
#include "migration/vmstate.h"
#include "qemu/module.h"
#include "system/runstate.h"

enum {
    CONTROL_RESET = 0x01, /* by its rising edge */
    CONTROL_A20 = 0x02,
};

OBJECT_DECLARE_SIMPLE_TYPE(Port92, PORT92)

struct Port92 {
    ISADevice parent_obj;

    MemoryRegion port;
    qemu_irq a20;
    uint8_t control;
};

static uint64_t control_read(void *opaque, hwaddr addr, unsigned size)
{
    return ((Port92 *)opaque)->control;
}

static void control_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    Port92 *s = opaque;
    uint8_t risen = value & ~s->control;

    s->control = value;
    qemu_set_irq(s->a20, value & CONTROL_A20 ? 1 : 0);
    if (risen & CONTROL_RESET) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
}

static const MemoryRegionOps control_ops = {
    .read = control_read,
    .write = control_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* The line is as the keyboard controller has it until somebody writes here. */
static void port92_reset(DeviceState *dev)
{
    PORT92(dev)->control = 0;
}

static void port92_realize(DeviceState *dev, Error **errp)
{
    isa_register_ioport(ISA_DEVICE(dev), &PORT92(dev)->port, 0x92);
}

static void port92_init(Object *obj)
{
    Port92 *s = PORT92(obj);

    memory_region_init_io(&s->port, obj, &control_ops, s, "port92", 1);
    qdev_init_gpio_out_named(DEVICE(obj), &s->a20, PORT92_A20_LINE, 1);
}

static const VMStateDescription vmstate_port92 = {
    .name = "port92",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(control, Port92),
        VMSTATE_END_OF_LIST()
    },
};

static const DeviceTraits port92_traits = {
    .desc = "port 92h: A20 gate and fast reset",
    .realize = port92_realize,
    .reset = port92_reset,
    .state = &vmstate_port92,
    .board_only = true,
};

static const TypeInfo port92_types[] = {
    {
        .name = TYPE_PORT92,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(Port92),
        .instance_init = port92_init,
        .class_init = device_class_init_traits,
        .class_data = (void *)&port92_traits,
    },
};

DEFINE_TYPES(port92_types)
