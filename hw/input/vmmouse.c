/*
 * vmmouse: VMware's pointer, which tells positions (or motion) in packets of four words that the
 * guest fetches by the port's commands 39 to 41. A packet of the PS/2 mouse is the interrupt for
 * it.
 *
 * Reference: the definitions of VMware's driver (vmmouse_defs.h: commands, flags, the version that
 * the device tells), and how Linux's drivers/input/mouse/vmmouse.c uses them. What the calls leave
 * in which registers was seen on QEMU 7.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/input/i8042.h"
#include "hw/input/vmmouse.h"
#include "hw/isa/isa.h"
#include "hw/misc/vmport.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "target/i386/cpu.h"
#include "ui/input.h"

OBJECT_DECLARE_SIMPLE_TYPE(VMMouse, VMMOUSE)

#define NUM_WORDS 1024 /* that wait for the guest */
#define VERSION   0x3442554au

enum {
    /* What EBX says to the command */
    READ_ID = 0x45414552,
    DISABLE = 0xf5,
    REQUEST_RELATIVE = 0x4c455252,
    REQUEST_ABSOLUTE = 0x53424152,

    /* Status: number of words that wait, or */
    STATUS_ERROR = 0xffff0000,

    /* A packet: flags, x, y, wheel */
    PACKET_WORDS = 4,
    MOST_AT_ONCE = 6, /* one for each register */
    PACKET_RELATIVE = 0x10000,
    PACKET_LEFT = 0x20,
    PACKET_RIGHT = 0x10,
    PACKET_MIDDLE = 0x08,

    OFF = 0, /* modes */
    RELATIVE,
    ABSOLUTE,
};

struct VMMouse {
    ISADevice parent_obj;

    ISADevice *i8042; /* property */
    Object *vmport;
    InputHandler *handlers[3]; /* by mode */
    uint8_t mode;
    uint32_t status; /* STATUS_ERROR or 0 */
    uint32_t queue[NUM_WORDS];
    uint32_t count;   /* of its words */
    uint32_t buttons; /* PACKET_* */
    int32_t x, y, z;  /* a position, or motion that isn't told yet */
    bool pressed;     /* a button or the wheel, since the last packet */
    bool moved_only;  /* the last packet: another position may replace it */
};

/* ---- Packets ---- */

static const uint32_t button_flags[INPUT_NUM_BUTTONS] = {
    [INPUT_LEFT] = PACKET_LEFT,
    [INPUT_RIGHT] = PACKET_RIGHT,
    [INPUT_MIDDLE] = PACKET_MIDDLE,
};

static const int8_t wheel_steps[INPUT_NUM_BUTTONS] = {
    [INPUT_WHEEL_UP] = -1,
    [INPUT_WHEEL_DOWN] = 1,
};

/* Positions have 16 bits. */
static uint32_t position(int32_t value)
{
    return (int64_t)CLAMP(value, 0, INPUT_ABS_MAX) * UINT16_MAX / INPUT_ABS_MAX;
}

static void vmmouse_event(void *opaque, const InputEvent *event)
{
    VMMouse *s = opaque;
    int32_t *axis = event->code == INPUT_X ? &s->x : &s->y;

    if (event->kind == INPUT_BUTTON) {
        s->pressed = true;
        s->buttons &= ~button_flags[event->code];
        if (event->value) {
            s->buttons |= button_flags[event->code];
            s->z += wheel_steps[event->code];
        }
    } else if (event->kind == INPUT_ABS) {
        *axis = event->value;
    } else {
        *axis += event->value;
    }
}

/* A packet of what has happened, in place of the last one if that told a position only, too. */
static void vmmouse_sync(void *opaque)
{
    VMMouse *s = opaque;
    bool absolute = s->mode == ABSOLUTE;
    uint32_t *packet;

    if (s->status) {
        return;
    }
    if (s->moved_only && !s->pressed && s->count >= PACKET_WORDS) {
        s->count -= PACKET_WORDS;
    }
    if (s->count + PACKET_WORDS > NUM_WORDS) {
        return;
    }
    packet = s->queue + s->count;
    s->count += PACKET_WORDS;
    packet[0] = s->buttons | (absolute ? 0 : PACKET_RELATIVE);
    packet[1] = absolute ? position(s->x) : (uint32_t)s->x;
    packet[2] = absolute ? position(s->y) : (uint32_t)-s->y;
    packet[3] = s->z;
    s->moved_only = absolute && !s->pressed;
    s->pressed = false;
    s->z = 0;
    if (!absolute) {
        s->x = s->y = 0;
    }
    ps2_mouse_poke(i8042_mouse(s->i8042));
}

static const InputHandlerOps relative_input = {
    .name = "vmmouse",
    .kinds = 1u << INPUT_BUTTON | 1u << INPUT_REL,
    .event = vmmouse_event,
    .sync = vmmouse_sync,
};

static const InputHandlerOps absolute_input = {
    .name = "vmmouse",
    .kinds = 1u << INPUT_BUTTON | 1u << INPUT_ABS,
    .event = vmmouse_event,
    .sync = vmmouse_sync,
};

/* ---- Commands ---- */

static void forget(VMMouse *s)
{
    s->count = 0;
    s->x = s->y = s->z = 0;
    s->buttons = 0;
    s->pressed = s->moved_only = false;
}

/* Only while its driver wants it is it among the machine's pointers. */
static void set_mode(VMMouse *s, unsigned mode)
{
    if (mode != s->mode) {
        g_clear_pointer(&s->handlers[s->mode], input_handler_free);
        s->x = s->y = s->z = 0;
        s->moved_only = false;
        s->mode = mode;
    }
    if (mode != OFF && !s->handlers[mode]) {
        s->handlers[mode] =
            input_handler_new(mode == ABSOLUTE ? &absolute_input : &relative_input, OBJECT(s), s);
        input_handler_activate(s->handlers[mode]);
    }
}

static void fail(VMMouse *s, const char *what, uint32_t value)
{
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_VMMOUSE, what, "%#x", value);
    s->status = STATUS_ERROR;
    s->count = 0;
}

static void pointer_status(void *opaque, uint64_t *regs)
{
    VMMouse *s = opaque;

    regs[R_EAX] = s->status | s->count;
}

static void pointer_command(void *opaque, uint64_t *regs)
{
    VMMouse *s = opaque;
    uint32_t command = regs[R_EBX];

    switch (command) {
    case READ_ID:
        forget(s);
        s->status = 0;
        s->queue[s->count++] = VERSION;
        break;
    case DISABLE:
        forget(s);
        s->status = STATUS_ERROR;
        set_mode(s, OFF);
        break;
    case REQUEST_RELATIVE:
        set_mode(s, RELATIVE);
        break;
    case REQUEST_ABSOLUTE:
        set_mode(s, ABSOLUTE);
        break;
    default:
        fail(s, "no such command", command);
    }
}

static void pointer_data(void *opaque, uint64_t *regs)
{
    static const uint8_t order[MOST_AT_ONCE] = { R_EAX, R_EBX, R_ECX, R_EDX, R_ESI, R_EDI };
    VMMouse *s = opaque;
    uint32_t words = regs[R_EBX];

    if (words == 0 || words > MOST_AT_ONCE || words > s->count) {
        fail(s, "words that aren't there", words);
        return;
    }
    for (unsigned i = 0; i < words; i++) {
        regs[order[i]] = s->queue[i];
    }
    s->count -= words;
    memmove(s->queue, s->queue + words, s->count * sizeof(s->queue[0]));
}

static const struct {
    unsigned command;
    VMPortCommand *func;
} commands[] = {
    { VMPORT_POINTER_DATA, pointer_data },
    { VMPORT_POINTER_STATUS, pointer_status },
    { VMPORT_POINTER_COMMAND, pointer_command },
};

/* ---- The device ---- */

static void vmmouse_reset(DeviceState *dev)
{
    VMMouse *s = VMMOUSE(dev);

    forget(s);
    s->status = STATUS_ERROR;
    set_mode(s, OFF);
}

static void vmmouse_realize(DeviceState *dev, Error **errp)
{
    VMMouse *s = VMMOUSE(dev);

    s->vmport = vmport_find();
    if (!s->i8042 || !s->vmport) {
        error_setg(errp, "vmmouse needs %s",
                   s->i8042 ? "VMware's port (-machine vmport=on)"
                            : "a keyboard controller: i8042=…");
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (!vmport_set_command(s->vmport, commands[i].command, commands[i].func, s)) {
            error_setg(errp, "VMware's port has a vmmouse already");
            return;
        }
    }
    s->status = STATUS_ERROR;
}

static void vmmouse_unrealize(DeviceState *dev)
{
    VMMouse *s = VMMOUSE(dev);

    set_mode(s, OFF);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        vmport_set_command(s->vmport, commands[i].command, NULL, NULL);
    }
}

/* The handler follows the mode. */
static int vmmouse_loaded(void *opaque, int version)
{
    VMMouse *s = opaque;
    unsigned mode = s->mode;

    if (mode > ABSOLUTE || s->count > NUM_WORDS) {
        return -EINVAL;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(s->handlers); i++) {
        if (i != mode) {
            g_clear_pointer(&s->handlers[i], input_handler_free);
        }
    }
    set_mode(s, mode);
    return 0;
}

static const VMStateDescription vmstate_vmmouse = {
    .name = TYPE_VMMOUSE,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = vmmouse_loaded,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(mode, VMMouse),
            VMSTATE_UINT32(status, VMMouse),
            VMSTATE_UINT32_ARRAY(queue, VMMouse, NUM_WORDS),
            VMSTATE_UINT32(count, VMMouse),
            VMSTATE_UINT32(buttons, VMMouse),
            VMSTATE_INT32(x, VMMouse),
            VMSTATE_INT32(y, VMMouse),
            VMSTATE_INT32(z, VMMouse),
            VMSTATE_BOOL(pressed, VMMouse),
            VMSTATE_BOOL(moved_only, VMMouse),
            VMSTATE_END_OF_LIST(),
        },
};

static Property vmmouse_properties[] = {
    DEFINE_PROP_LINK("i8042", VMMouse, i8042, TYPE_I8042, ISADevice *),
    DEFINE_PROP_END_OF_LIST(),
};

static void vmmouse_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "VMware's pointer, behind vmport",
        .realize = vmmouse_realize,
        .unrealize = vmmouse_unrealize,
        .reset = vmmouse_reset,
        .properties = vmmouse_properties,
        .state = &vmstate_vmmouse,
    };

    device_class_init_traits(oc, (void *)&traits);
    set_bit(DEVICE_CATEGORY_INPUT, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo vmmouse_types[] = {
    {
        .name = TYPE_VMMOUSE,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(VMMouse),
        .class_init = vmmouse_class_init,
    },
};

DEFINE_TYPES(vmmouse_types)
