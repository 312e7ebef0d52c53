/*
 * PS/2: keyboard and mouse at the ends of their cables.
 *
 * A device has bytes for its controller, and says so with its unnamed output: high while there are
 * some. Answers to what the controller sends come before events.
 *
 * All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INPUT_PS2_H
#define HW_INPUT_PS2_H

#include "hw/sysbus.h"
#include "migration/vmstate.h"

#define TYPE_PS2_DEVICE       "ps2-device"
#define TYPE_PS2_KBD_DEVICE   "ps2-kbd"
#define TYPE_PS2_MOUSE_DEVICE "ps2-mouse"
OBJECT_DECLARE_TYPE(PS2Device, PS2DeviceClass, PS2_DEVICE)

#define PS2_MOST_REPLIES 16
#define PS2_MOST_EVENTS  256

struct PS2Device {
    SysBusDevice parent_obj;

    qemu_irq data_line;
    uint8_t replies[PS2_MOST_REPLIES];
    uint8_t events[PS2_MOST_EVENTS]; /* a ring */
    uint8_t num_replies;
    uint16_t first_event, num_events;
    uint8_t last_byte;               /* what the controller got last */
    uint8_t command;                 /* whose argument comes next; 0: none */
    bool being_read;
};

struct PS2DeviceClass {
    SysBusDeviceClass parent_class;

    /* A byte from the controller. Answers to earlier ones are forgotten by then. */
    void (*take)(PS2Device *dev, uint8_t byte);
    /* The last event has gone: there may be more to say. May be NULL. */
    void (*drained)(PS2Device *dev);
};

/* ---- for controllers ---- */

bool ps2_has_data(const PS2Device *dev);
/* The next byte; the last one again if there is none. The line doesn't rise meanwhile. */
uint8_t ps2_read(PS2Device *dev);
void ps2_write(PS2Device *dev, uint8_t byte);

/*
 * A mouse sends a packet, also if nothing has happened to it: for another pointer, whose driver
 * waits for that. While it may send none, that is forgotten with its motion.
 */
void ps2_mouse_poke(PS2Device *mouse);

/* ---- for devices ---- */

enum {
    PS2_ACK = 0xfa,
    PS2_TEST_PASSED = 0xaa,
    PS2_SEND_AGAIN = 0xfe, /* in both directions */
};

void ps2_reply(PS2Device *dev, uint8_t byte);
/* All the bytes, or if there would be more than `limit` waiting, none: false. */
bool ps2_event(PS2Device *dev, const uint8_t *bytes, unsigned num, unsigned limit);
/* No event waits any more. */
void ps2_forget_events(PS2Device *dev);
/*
 * The set 1 code that a controller makes of a keyboard's set 2 code, neither with prefix or break
 * bit.
 */
uint8_t ps2_translate(uint8_t code);

/* For the device's state. */
extern const VMStateDescription vmstate_ps2_device;
#define VMSTATE_PS2_DEVICE(_field, _state)                                                         \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_ps2_device, PS2Device)

#endif
