/*
 * ib700: the watchdog of iBASE's single-board computers, two ports.
 *
 * Port 443 starts the count anew: the value's low four bits say how long it is, 0: 30 s, each more
 * 2 s less. Port 441 stops it.
 *
 * Reference: iBASE IB700 User's Manual, appendix "Watchdog Timer".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/watchdog.h"
#include "hw/isa/isa.h"
#include "migration/vmstate.h"
#include "qemu/module.h"
#include "qemu/timer.h"

#define TYPE_IB700 "ib700"
OBJECT_DECLARE_SIMPLE_TYPE(IbWatchdog, IB700)

enum { FIRST_PORT = 0x441, NUM_PORTS = 4 };
enum { STOP = 0, START = 2 }; /* from the first port on */
enum { LONGEST_SECONDS = 30 };

struct IbWatchdog {
    ISADevice parent_obj;

    MemoryRegion ports;
    QEMUTimer *timer;
};

static void ran_out(void *opaque)
{
    watchdog_perform_action(TYPE_IB700);
}

static uint64_t ports_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0xff;
}

static void ports_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    IbWatchdog *s = opaque;
    int64_t seconds = LONGEST_SECONDS - 2 * (int64_t)(value & 15);

    if (addr == STOP) {
        timer_del(s->timer);
    } else if (addr == START) {
        timer_mod(s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                seconds * NANOSECONDS_PER_SECOND);
    }
}

static const MemoryRegionOps ports_ops = {
    .read = ports_read,
    .write = ports_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static void ib700_reset(DeviceState *dev)
{
    timer_del(IB700(dev)->timer);
}

static void ib700_realize(DeviceState *dev, Error **errp)
{
    IbWatchdog *s = IB700(dev);

    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, ran_out, s);
    memory_region_init_io(&s->ports, OBJECT(s), &ports_ops, s, TYPE_IB700, NUM_PORTS);
    isa_register_ioport(ISA_DEVICE(dev), &s->ports, FIRST_PORT);
}

static void ib700_unrealize(DeviceState *dev)
{
    IbWatchdog *s = IB700(dev);

    memory_region_del_subregion(isa_address_space_io(ISA_DEVICE(dev)), &s->ports);
    timer_free(s->timer);
}

static const VMStateDescription vmstate_ib700 = {
    .name = TYPE_IB700,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_TIMER_PTR(timer, IbWatchdog),
        VMSTATE_END_OF_LIST()
    },
};

static void ib700_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "iBASE 700 watchdog",
        .realize = ib700_realize,
        .unrealize = ib700_unrealize,
        .reset = ib700_reset,
        .state = &vmstate_ib700,
    };

    device_class_init_traits(oc, (void *)&traits);
    set_bit(DEVICE_CATEGORY_WATCHDOG, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo ib700_types[] = {
    {
        .name = TYPE_IB700,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(IbWatchdog),
        .class_init = ib700_class_init,
    },
};

DEFINE_TYPES(ib700_types)
