/*
 * PS/2 mouse, which can be asked to be an IntelliMouse (wheel) or an IntelliMouse Explorer (wheel
 * and five buttons).
 *
 * Reference: IBM PS/2 Hardware Interface Technical Reference, "Mouse"; Adam Chapweske, "The PS/2
 * Mouse Interface" (April 2003), for Microsoft's extensions.
 *
 * Motion adds up while the controller is busy: a packet is made of it when the last one has gone.
 * Resolution and sample rate are kept and tell nothing about the mouse that somebody moves.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/input/ps2.h"
#include "qemu/module.h"
#include "ui/input.h"

enum {
    SCALE_1_TO_1 = 0xe6,
    SCALE_2_TO_1 = 0xe7,
    SET_RESOLUTION = 0xe8,
    STATUS = 0xe9,
    STREAM_MODE = 0xea,
    READ_DATA = 0xeb,
    LEAVE_WRAP = 0xec,
    WRAP_MODE = 0xee,
    REMOTE_MODE = 0xf0,
    IDENTIFY = 0xf2,
    SET_RATE = 0xf3,
    ENABLE = 0xf4,
    DISABLE = 0xf5,
    SET_DEFAULTS = 0xf6,
    RESET = 0xff,

    STATUS_REMOTE = 0x40,
    STATUS_ENABLED = 0x20,
    STATUS_2_TO_1 = 0x10,

    PACKET_ALWAYS = 0x08,
    PACKET_X_NEGATIVE = 0x10,
    PACKET_Y_NEGATIVE = 0x20,

    PLAIN = 0,
    WHEEL = 3,
    FIVE_BUTTONS = 4,
};

#define LONGEST_PACKET 4
#define MOST_PRESSED   128 /* bytes that wait; releases may be more */
#define FURTHEST       255 /* steps in a packet */
#define FURTHEST_AT_ALL 0x7fff

typedef struct Ps2Mouse {
    PS2Device parent_obj;

    InputHandler *handler;
    uint8_t kind;      /* its identity: PLAIN, WHEEL or FIVE_BUTTONS */
    uint8_t rate, resolution;
    uint8_t rates[3];  /* the last ones, which may be the request to be more than PLAIN */
    bool enabled, remote, wraps, doubles;
    uint8_t buttons;   /* bits as in packets: left, right, middle, and the two more */
    uint8_t told;      /* in the last packet */
    bool poked;        /* a packet is due though nothing has happened here */
    int32_t x, y, z;   /* not told yet: right, up, and towards the hand */
} Ps2Mouse;

DECLARE_INSTANCE_CHECKER(Ps2Mouse, PS2_MOUSE, TYPE_PS2_MOUSE_DEVICE)

/* ---- packets ---- */

/* Takes as much as a packet can tell. */
static int take_steps(int32_t *steps, int most)
{
    int now = CLAMP(*steps, -most - 1, most);

    *steps -= now;
    return now;
}

/* "Set scaling 2:1": how far a few steps count; more are doubled. Only in stream mode. */
static int scaled(const Ps2Mouse *s, int steps)
{
    static const int few[] = { 0, 1, 1, 3, 6, 9 };
    int n = abs(steps);

    if (!s->doubles || s->remote) {
        return steps;
    }
    n = n < (int)ARRAY_SIZE(few) ? few[n] : MIN(2 * n, FURTHEST);
    return steps < 0 ? -n : n;
}

static unsigned make_packet(Ps2Mouse *s, uint8_t packet[LONGEST_PACKET])
{
    int x = scaled(s, take_steps(&s->x, FURTHEST));
    int y = scaled(s, take_steps(&s->y, FURTHEST));

    packet[0] = PACKET_ALWAYS | (s->buttons & 7) | (x < 0 ? PACKET_X_NEGATIVE : 0) |
                (y < 0 ? PACKET_Y_NEGATIVE : 0);
    packet[1] = x;
    packet[2] = y;
    s->told = s->buttons;
    s->poked = false;
    if (s->kind == PLAIN) {
        s->z = 0;
        return 3;
    }
    if (s->kind == WHEEL) {
        packet[3] = take_steps(&s->z, 127);
    } else {
        packet[3] = (take_steps(&s->z, 7) & 0x0f) | (s->buttons >> 3 & 3) << 4;
    }
    return 4;
}

static bool has_news(const Ps2Mouse *s)
{
    uint8_t visible = s->kind == FIVE_BUTTONS ? 0x1f : 0x07;

    return s->poked || s->x || s->y || (s->z && s->kind != PLAIN) ||
           ((s->buttons ^ s->told) & visible);
}

static void tell(PS2Device *dev)
{
    Ps2Mouse *s = PS2_MOUSE(dev);
    uint8_t packet[LONGEST_PACKET];

    if (s->enabled && !s->remote && !s->wraps && has_news(s)) {
        unsigned size = make_packet(s, packet);

        ps2_event(dev, packet, size, PS2_MOST_EVENTS);
    }
}

/* ---- events ---- */

static const uint8_t button_bits[INPUT_NUM_BUTTONS] = {
    [INPUT_LEFT] = 0x01, [INPUT_RIGHT] = 0x02, [INPUT_MIDDLE] = 0x04,
    [INPUT_SIDE] = 0x08, [INPUT_EXTRA] = 0x10,
};

static const int8_t wheel_steps[INPUT_NUM_BUTTONS] = {
    [INPUT_WHEEL_UP] = -1, [INPUT_WHEEL_DOWN] = 1,
};

static void move(int32_t *axis, int steps)
{
    *axis = CLAMP((int64_t)*axis + steps, -FURTHEST_AT_ALL, FURTHEST_AT_ALL);
}

static void mouse_event(void *opaque, const InputEvent *event)
{
    Ps2Mouse *s = opaque;

    if (event->kind == INPUT_BUTTON) {
        s->buttons &= ~button_bits[event->code];
        if (event->value) {
            s->buttons |= button_bits[event->code];
            move(&s->z, wheel_steps[event->code]);
        }
    } else if (event->code == INPUT_X) {
        move(&s->x, event->value);
    } else {
        move(&s->y, event->value == INT32_MIN ? INT32_MAX : -event->value);
    }
}

/* Motion alone waits for the packets before; a button is told at once, if there is room. */
static void mouse_sync(void *opaque)
{
    Ps2Mouse *s = opaque;
    PS2Device *dev = &s->parent_obj;

    if (!dev->num_events ||
        (s->buttons != s->told && dev->num_events + LONGEST_PACKET <= MOST_PRESSED)) {
        tell(dev);
    }
}

void ps2_mouse_poke(PS2Device *dev)
{
    PS2_MOUSE(dev)->poked = true;
    if (!dev->num_events) {
        tell(dev);
    }
}

static const InputHandlerOps mouse_input = {
    .name = "QEMU PS/2 Mouse", .kinds = 1u << INPUT_BUTTON | 1u << INPUT_REL,
    .event = mouse_event, .sync = mouse_sync,
};

/* ---- commands ---- */

static void forget_motion(Ps2Mouse *s)
{
    s->x = s->y = s->z = 0;
    s->told = s->buttons;
    s->poked = false;
}

static void set_defaults(Ps2Mouse *s)
{
    ps2_forget_events(&s->parent_obj);
    forget_motion(s);
    s->rate = 100;
    s->resolution = 2;
    s->enabled = s->remote = s->wraps = s->doubles = false;
}

/* Microsoft's extension: three rates in a row make it another mouse. */
static void set_rate(Ps2Mouse *s, uint8_t rate)
{
    static const uint8_t wants_wheel[3] = { 200, 100, 80 };
    static const uint8_t wants_buttons[3] = { 200, 200, 80 };

    s->rate = rate;
    s->rates[0] = s->rates[1];
    s->rates[1] = s->rates[2];
    s->rates[2] = rate;
    if (!memcmp(s->rates, wants_wheel, sizeof(s->rates)) && s->kind == PLAIN) {
        s->kind = WHEEL;
    } else if (!memcmp(s->rates, wants_buttons, sizeof(s->rates)) && s->kind == WHEEL) {
        s->kind = FIVE_BUTTONS;
    }
}

static void reply_status(Ps2Mouse *s)
{
    PS2Device *dev = &s->parent_obj;

    ps2_reply(dev, (s->remote ? STATUS_REMOTE : 0) | (s->enabled ? STATUS_ENABLED : 0) |
                   (s->doubles ? STATUS_2_TO_1 : 0) | (s->buttons & 1) << 2 |
                   (s->buttons & 4) >> 1 | (s->buttons & 2) >> 1);
    ps2_reply(dev, s->resolution);
    ps2_reply(dev, s->rate);
}

/* What follows the acknowledgement; false: it is no command. */
static bool take_command(Ps2Mouse *s, uint8_t byte)
{
    PS2Device *dev = &s->parent_obj;
    uint8_t packet[LONGEST_PACKET];

    switch (byte) {
    case SCALE_1_TO_1:
    case SCALE_2_TO_1:
        s->doubles = byte == SCALE_2_TO_1;
        break;
    case SET_RESOLUTION:
    case SET_RATE:
        dev->command = byte;
        break;
    case STATUS:
        reply_status(s);
        break;
    case STREAM_MODE:
    case REMOTE_MODE:
        ps2_forget_events(dev);
        forget_motion(s);
        s->remote = byte == REMOTE_MODE;
        break;
    case READ_DATA: {
        unsigned size = make_packet(s, packet);

        for (unsigned i = 0; i < size; i++) {
            ps2_reply(dev, packet[i]);
        }
        break;
    }
    case LEAVE_WRAP:
    case WRAP_MODE:
        s->wraps = byte == WRAP_MODE;
        break;
    case IDENTIFY:
        ps2_reply(dev, s->kind);
        break;
    case ENABLE:
    case DISABLE:
        s->enabled = byte == ENABLE;
        forget_motion(s);
        break;
    case SET_DEFAULTS:
    case RESET:
        set_defaults(s);
        if (byte == RESET) {
            s->kind = PLAIN;
            ps2_reply(dev, PS2_TEST_PASSED);
            ps2_reply(dev, s->kind);
        }
        break;
    default:
        return false;
    }
    return true;
}

static void mouse_takes(PS2Device *dev, uint8_t byte)
{
    Ps2Mouse *s = PS2_MOUSE(dev);
    uint8_t command = dev->command;

    dev->command = 0;
    if (s->wraps && byte != RESET && byte != LEAVE_WRAP) {
        ps2_reply(dev, byte);
        return;
    }
    ps2_reply(dev, PS2_ACK);
    if (command == SET_RATE) {
        set_rate(s, byte);
    } else if (command == SET_RESOLUTION) {
        s->resolution = byte;
    } else if (!take_command(s, byte)) {
        dev->num_replies = 0;
        ps2_reply(dev, PS2_SEND_AGAIN);
    }
}

/* ---- the device ---- */

static DeviceReset reset_cable;

static void mouse_reset(DeviceState *dev)
{
    Ps2Mouse *s = PS2_MOUSE(dev);

    reset_cable(dev);
    s->buttons = 0;
    s->kind = PLAIN;
    memset(s->rates, 0, sizeof(s->rates));
    set_defaults(s);
}

static void mouse_realize(DeviceState *dev, Error **errp)
{
    Ps2Mouse *s = PS2_MOUSE(dev);

    s->handler = input_handler_new(&mouse_input, OBJECT(dev), s);
}

static void mouse_unrealize(DeviceState *dev)
{
    g_clear_pointer(&PS2_MOUSE(dev)->handler, input_handler_free);
}

static int mouse_post_load(void *opaque, int version_id)
{
    Ps2Mouse *s = opaque;
    int32_t *axes[] = { &s->x, &s->y, &s->z };

    for (size_t i = 0; i < ARRAY_SIZE(axes); i++) {
        *axes[i] = CLAMP(*axes[i], -FURTHEST_AT_ALL, FURTHEST_AT_ALL);
    }
    return s->kind == PLAIN || s->kind == WHEEL || s->kind == FIVE_BUTTONS ? 0 : -EINVAL;
}

static const VMStateDescription vmstate_mouse = {
    .name = "ps2mouse",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = mouse_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PS2_DEVICE(parent_obj, Ps2Mouse),
        VMSTATE_UINT8(kind, Ps2Mouse),
        VMSTATE_UINT8(rate, Ps2Mouse),
        VMSTATE_UINT8(resolution, Ps2Mouse),
        VMSTATE_UINT8_ARRAY(rates, Ps2Mouse, 3),
        VMSTATE_BOOL(enabled, Ps2Mouse),
        VMSTATE_BOOL(remote, Ps2Mouse),
        VMSTATE_BOOL(wraps, Ps2Mouse),
        VMSTATE_BOOL(doubles, Ps2Mouse),
        VMSTATE_UINT8(buttons, Ps2Mouse),
        VMSTATE_UINT8(told, Ps2Mouse),
        VMSTATE_BOOL(poked, Ps2Mouse),
        VMSTATE_INT32(x, Ps2Mouse),
        VMSTATE_INT32(y, Ps2Mouse),
        VMSTATE_INT32(z, Ps2Mouse),
        VMSTATE_END_OF_LIST()
    },
};

static void mouse_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PS2DeviceClass *pc = PS2_DEVICE_CLASS(oc);

    dc->desc = "PS/2 mouse";
    dc->realize = mouse_realize;
    dc->unrealize = mouse_unrealize;
    dc->vmsd = &vmstate_mouse;
    device_class_set_parent_reset(dc, mouse_reset, &reset_cable);
    pc->take = mouse_takes;
    pc->drained = tell;
}

static const TypeInfo mouse_types[] = {
    {
        .name = TYPE_PS2_MOUSE_DEVICE,
        .parent = TYPE_PS2_DEVICE,
        .instance_size = sizeof(Ps2Mouse),
        .class_init = mouse_class_init,
    },
};

DEFINE_TYPES(mouse_types)
