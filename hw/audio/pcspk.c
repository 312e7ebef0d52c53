/*
 * Port 61h of a PC: the gate of the timer's counter 2, whose output a speaker follows.
 *
 * Reference: 82371SB (PIIX3) data sheet (290550), section 2.5.5.1, "NMI status and control
 * register"; IBM PC AT Technical Reference, "Speaker".
 *
 * Everything that a program sees is there: gate, output, the toggling of memory refreshes. There is
 * no sound: nothing plays what the speaker would.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/audio/pcspk.h"
#include "hw/qdev-properties.h"
#include "hw/timer/i8254.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"

enum {
    PORT_GATE = 0x01,
    PORT_SPEAKER = 0x02,
    PORT_WRITABLE = 0x0f, /* and the masks of two kinds of NMI that never come */
    PORT_REFRESH = 0x10,
    PORT_OUT = 0x20,
};

#define SPEAKER_COUNTER 2
#define REFRESH_TICKS   18 /* of the timer's clock, from one memory refresh to the next */

OBJECT_DECLARE_SIMPLE_TYPE(PcSpeaker, PC_SPEAKER)

struct PcSpeaker {
    ISADevice parent_obj;

    MemoryRegion port;
    ISADevice *pit; /* property, a link */
    char *audiodev; /* property */
    uint32_t iobase; /* property */
    uint8_t control;
};

static uint64_t port_read(void *opaque, hwaddr addr, unsigned size)
{
    PcSpeaker *s = opaque;
    int64_t ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint64_t refreshes = muldiv64(ns, PIT_FREQ, NANOSECONDS_PER_SECOND) / REFRESH_TICKS;
    PITChannelInfo counter;

    pit_get_channel_info(s->pit, SPEAKER_COUNTER, &counter);
    return s->control | (refreshes & 1 ? PORT_REFRESH : 0) | (counter.out ? PORT_OUT : 0);
}

static void port_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PcSpeaker *s = opaque;

    s->control = value & PORT_WRITABLE;
    pit_set_gate(s->pit, SPEAKER_COUNTER, s->control & PORT_GATE ? 1 : 0);
    if ((s->control & (PORT_GATE | PORT_SPEAKER)) == (PORT_GATE | PORT_SPEAKER)) {
        qemu_log_dev(LOG_UNIMP, TYPE_PC_SPEAKER, NULL, "the speaker stays silent");
    }
}

static const MemoryRegionOps port_ops = {
    .read = port_read,
    .write = port_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static void pcspk_reset(DeviceState *dev)
{
    PcSpeaker *s = PC_SPEAKER(dev);

    s->control = 0;
    pit_set_gate(s->pit, SPEAKER_COUNTER, 0);
}

static void pcspk_realize(DeviceState *dev, Error **errp)
{
    PcSpeaker *s = PC_SPEAKER(dev);

    if (!s->pit) {
        error_setg(errp, TYPE_PC_SPEAKER ": 'pit' must be the timer that it belongs to");
        return;
    }
    if (s->audiodev && *s->audiodev) {
        error_setg(errp, TYPE_PC_SPEAKER ": audiodev '%s' not found: there are no audio back ends",
                   s->audiodev);
        return;
    }
    memory_region_init_io(&s->port, OBJECT(s), &port_ops, s, "pcspk", 1);
    isa_register_ioport(ISA_DEVICE(dev), &s->port, s->iobase);
}

static const VMStateDescription vmstate_pcspk = {
    .name = "pcspk",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(control, PcSpeaker),
        VMSTATE_END_OF_LIST()
    },
};

static Property pcspk_properties[] = {
    DEFINE_PROP_UINT32("iobase", PcSpeaker, iobase, 0x61),
    DEFINE_PROP_STRING("audiodev", PcSpeaker, audiodev),
    DEFINE_PROP_LINK("pit", PcSpeaker, pit, TYPE_I8254, ISADevice *),
    DEFINE_PROP_END_OF_LIST(),
};

static void pcspk_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "PC speaker and its port",
        .realize = pcspk_realize,
        .reset = pcspk_reset,
        .state = &vmstate_pcspk,
        .properties = pcspk_properties,
        .board_only = true,
    };

    device_class_init_traits(oc, (void *)&traits);
    set_bit(DEVICE_CATEGORY_SOUND, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo pcspk_types[] = {
    {
        .name = TYPE_PC_SPEAKER,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PcSpeaker),
        .class_init = pcspk_class_init,
    },
};

DEFINE_TYPES(pcspk_types)

void pcspk_init(ISADevice *speaker, ISABus *bus, ISADevice *pit)
{
    object_property_set_link(OBJECT(speaker), "pit", OBJECT(pit), &error_abort);
    isa_realize_and_unref(speaker, bus, &error_fatal);
}
