/*
 * PS/2: what keyboards and mice have in common, which is what they have to say to their controller.
 *
 * Reference: IBM PS/2 Hardware Interface Technical Reference, "Keyboard and auxiliary device
 * controller".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/input/ps2.h"
#include "hw/irq.h"
#include "qemu/module.h"

bool ps2_has_data(const PS2Device *dev)
{
    return dev->num_replies || dev->num_events;
}

static void drive_line(PS2Device *dev)
{
    if (!dev->being_read) {
        qemu_set_irq(dev->data_line, ps2_has_data(dev));
    }
}

/* The line tells the controller nothing new while it is reading: it would read once more. */
uint8_t ps2_read(PS2Device *dev)
{
    PS2DeviceClass *k = PS2_DEVICE_GET_CLASS(dev);

    dev->being_read = true;
    if (dev->num_replies) {
        dev->last_byte = dev->replies[0];
        memmove(dev->replies, dev->replies + 1, --dev->num_replies);
    } else if (dev->num_events) {
        dev->last_byte = dev->events[dev->first_event];
        dev->first_event = (dev->first_event + 1) % PS2_MOST_EVENTS;
        if (!--dev->num_events && k->drained) {
            k->drained(dev);
        }
    }
    dev->being_read = false;
    if (!ps2_has_data(dev)) {
        drive_line(dev);
    }
    return dev->last_byte;
}

void ps2_write(PS2Device *dev, uint8_t byte)
{
    dev->num_replies = 0;
    if (byte == PS2_SEND_AGAIN && !dev->command) {
        ps2_reply(dev, dev->last_byte);
    } else {
        PS2_DEVICE_GET_CLASS(dev)->take(dev, byte);
    }
    drive_line(dev);
}

void ps2_reply(PS2Device *dev, uint8_t byte)
{
    if (dev->num_replies < PS2_MOST_REPLIES) {
        dev->replies[dev->num_replies++] = byte;
    }
}

bool ps2_event(PS2Device *dev, const uint8_t *bytes, unsigned num, unsigned limit)
{
    if (dev->num_events + num > MIN(limit, PS2_MOST_EVENTS)) {
        return false;
    }
    for (unsigned i = 0; i < num; i++) {
        dev->events[(dev->first_event + dev->num_events++) % PS2_MOST_EVENTS] = bytes[i];
    }
    drive_line(dev);
    return true;
}

void ps2_forget_events(PS2Device *dev)
{
    dev->num_events = dev->first_event = 0;
    drive_line(dev);
}

static void ps2_reset(DeviceState *dev)
{
    PS2Device *s = PS2_DEVICE(dev);

    s->last_byte = s->command = s->num_replies = 0;
    ps2_forget_events(s);
}

static void ps2_init(Object *obj)
{
    qdev_init_gpio_out(DEVICE(obj), &PS2_DEVICE(obj)->data_line, 1);
}

static int ps2_post_load(void *opaque, int version_id)
{
    PS2Device *s = opaque;

    return s->num_replies > PS2_MOST_REPLIES || s->num_events > PS2_MOST_EVENTS ||
                   s->first_event >= PS2_MOST_EVENTS ? -EINVAL : 0;
}

const VMStateDescription vmstate_ps2_device = {
    .name = TYPE_PS2_DEVICE,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = ps2_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_BUFFER(replies, PS2Device),
        VMSTATE_BUFFER(events, PS2Device),
        VMSTATE_UINT8(num_replies, PS2Device),
        VMSTATE_UINT16(first_event, PS2Device),
        VMSTATE_UINT16(num_events, PS2Device),
        VMSTATE_UINT8(last_byte, PS2Device),
        VMSTATE_UINT8(command, PS2Device),
        VMSTATE_END_OF_LIST()
    },
};

static void ps2_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->user_creatable = false; /* a controller brings them */
    dc->reset = ps2_reset;
    set_bit(DEVICE_CATEGORY_INPUT, dc->categories);
}

static const TypeInfo ps2_types[] = {
    {
        .name = TYPE_PS2_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .abstract = true,
        .instance_size = sizeof(PS2Device),
        .instance_init = ps2_init,
        .class_size = sizeof(PS2DeviceClass),
        .class_init = ps2_class_init,
    },
};

DEFINE_TYPES(ps2_types)
