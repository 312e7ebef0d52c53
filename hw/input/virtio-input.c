/*
 * Virtio input devices: keyboard, mouse and tablet.
 *
 * What the devices have is what evdev calls it: the driver asks for it selector by selector in the
 * configuration, and gets one event a buffer. Events wait here until the driver has buffers for
 * them; where it never has, what is pressed or moved is dropped, and what is released isn't.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 5.8; linux/input-event-codes.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/input.h>
#include <linux/virtio_input.h>
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "ui/input.h"

#define TYPE_VIRTIO_INPUT "virtio-input-device"

#define EVENT_BUFFERS 64
#define MOST_WAITING  1024 /* events; releases may be as many more */

/* A type of event and the codes of it that a device has, which ends with a code < 0. */
typedef struct Capability {
    uint8_t type;
    const int16_t *codes; /* NULL: the keys of a keyboard */
} Capability;

typedef struct VirtioInputKind {
    const char *type; /* of the virtio device, and of the PCI device */
    const char *pci_type;
    const char *name; /* that the driver sees */
    uint16_t product;
    uint16_t pci_class;
    InputHandlerOps handler;
    Capability capabilities[4]; /* ends with type 0 */
} VirtioInputKind;

typedef struct VirtioInput {
    VirtioDevice parent_obj;

    char *serial; /* property */

    InputHandler *handler;
    VirtQueue *events, *statuses;
    GArray *waiting; /* struct virtio_input_event, in their byte order */
    uint8_t select, subsel;
} VirtioInput;

DECLARE_INSTANCE_CHECKER(VirtioInput, VIRTIO_INPUT, TYPE_VIRTIO_INPUT)

/* ---- Events ---- */

static void deliver(VirtioInput *s)
{
    guint done = 0;
    VirtBuffer *buf;

    if (!virtio_is_running(&s->parent_obj)) {
        return;
    }
    while (done < s->waiting->len && (buf = virtq_take(s->events, sizeof(*buf))) != NULL) {
        const struct virtio_input_event *event =
            &g_array_index(s->waiting, struct virtio_input_event, done++);

        virtq_finish(buf, iov_from_buf(buf->in, buf->num_in, 0, event, sizeof(*event)));
    }
    if (done) {
        g_array_remove_range(s->waiting, 0, done);
        virtq_publish(s->events);
    }
}

static void add_event(VirtioInput *s, uint16_t type, uint16_t code, int32_t value)
{
    struct virtio_input_event event = { cpu_to_le16(type), cpu_to_le16(code),
                                        cpu_to_le32((uint32_t)value) };
    bool releases = type == EV_KEY && !value;
    guint most = releases || type == EV_SYN ? 2 * MOST_WAITING : MOST_WAITING;

    if (virtio_is_running(&s->parent_obj) && s->waiting->len < most) {
        g_array_append_val(s->waiting, event);
    }
}

static const int16_t button_codes[] = {
    [INPUT_LEFT] = BTN_LEFT,   [INPUT_MIDDLE] = BTN_MIDDLE, [INPUT_RIGHT] = BTN_RIGHT,
    [INPUT_SIDE] = BTN_SIDE,   [INPUT_EXTRA] = BTN_EXTRA,
};

/* Buttons that are a wheel: one step for each press. */
static const struct {
    int16_t code, step;
} wheels[INPUT_NUM_BUTTONS] = {
    [INPUT_WHEEL_UP] = { REL_WHEEL, 1 },     [INPUT_WHEEL_DOWN] = { REL_WHEEL, -1 },
    [INPUT_WHEEL_LEFT] = { REL_HWHEEL, -1 }, [INPUT_WHEEL_RIGHT] = { REL_HWHEEL, 1 },
};

static void input_event_comes(void *opaque, const InputEvent *event)
{
    VirtioInput *s = opaque;

    switch (event->kind) {
    case INPUT_KEY:
        add_event(s, EV_KEY, event->code, event->value);
        break;
    case INPUT_BUTTON:
        if (wheels[event->code].step) {
            if (event->value) {
                add_event(s, EV_REL, wheels[event->code].code, wheels[event->code].step);
            }
        } else {
            add_event(s, EV_KEY, button_codes[event->code], event->value);
        }
        break;
    case INPUT_REL:
        add_event(s, EV_REL, event->code == INPUT_X ? REL_X : REL_Y, event->value);
        break;
    case INPUT_ABS:
        add_event(s, EV_ABS, event->code == INPUT_X ? ABS_X : ABS_Y, event->value);
        break;
    }
}

static void report_ends(void *opaque)
{
    VirtioInput *s = opaque;

    add_event(s, EV_SYN, SYN_REPORT, 0);
    deliver(s);
}

static void event_buffers_available(VirtioDevice *dev, VirtQueue *q)
{
    deliver(VIRTIO_INPUT(dev));
}

/* The lamps of a keyboard: nobody sees them. */
static void statuses_available(VirtioDevice *dev, VirtQueue *q)
{
    VirtBuffer *buf;

    while ((buf = virtq_take(q, sizeof(*buf))) != NULL) {
        virtq_finish(buf, 0);
    }
    virtq_publish(q);
}

/* ---- What the device has ---- */

static const int16_t mouse_buttons[] = { BTN_LEFT, BTN_MIDDLE, BTN_RIGHT, BTN_SIDE, BTN_EXTRA, -1 };
static const int16_t mouse_axes[] = { REL_X, REL_Y, REL_WHEEL, REL_HWHEEL, -1 };
static const int16_t tablet_wheels[] = { REL_WHEEL, REL_HWHEEL, -1 };
static const int16_t tablet_axes[] = { ABS_X, ABS_Y, -1 };
static const int16_t keyboard_lamps[] = { LED_NUML, LED_CAPSL, LED_SCROLLL, -1 };
static const int16_t keyboard_repeat[] = { REP_DELAY, REP_PERIOD, -1 };

#define HANDLER(text, takes) { text, takes, input_event_comes, report_ends }
#define POINTER_BUTTONS      { EV_KEY, mouse_buttons }

static const VirtioInputKind kinds[] = {
    { "virtio-keyboard-device", "virtio-keyboard-pci", "Virtio Keyboard", 1,
      PCI_CLASS_INPUT_KEYBOARD, HANDLER("Virtio Keyboard", 1 << INPUT_KEY),
      { { EV_KEY, NULL }, { EV_REP, keyboard_repeat }, { EV_LED, keyboard_lamps } } },
    { "virtio-mouse-device", "virtio-mouse-pci", "Virtio Mouse", 2, PCI_CLASS_INPUT_MOUSE,
      HANDLER("Virtio Mouse", 1 << INPUT_BUTTON | 1 << INPUT_REL),
      { POINTER_BUTTONS, { EV_REL, mouse_axes } } },
    { "virtio-tablet-device", "virtio-tablet-pci", "Virtio Tablet", 3, PCI_CLASS_INPUT_MOUSE,
      HANDLER("Virtio Tablet", 1 << INPUT_BUTTON | 1 << INPUT_ABS),
      { POINTER_BUTTONS, { EV_ABS, tablet_axes }, { EV_REL, tablet_wheels } } },
};

static const VirtioInputKind *kind_of(VirtioInput *s)
{
    const char *type = object_get_typename(OBJECT(s));
    const VirtioInputKind *kind = kinds;

    while (strcmp(kind->type, type)) {
        kind++;
    }
    return kind;
}

static void set_code(uint8_t *bits, unsigned code)
{
    bits[code / 8] |= 1 << code % 8;
}

/* How many bytes of a bitmap or text matter. */
static uint8_t used_bytes(const uint8_t *bytes, unsigned size)
{
    while (size && !bytes[size - 1]) {
        size--;
    }
    return size;
}

static void fill_bits(const VirtioInputKind *kind, unsigned type, uint8_t bits[128])
{
    for (const Capability *c = kind->capabilities; c->type; c++) {
        if (c->type != type) {
            continue;
        }
        for (unsigned code = 1; !c->codes && code < 1024; code++) {
            if (input_key_name(code)) {
                set_code(bits, code);
            }
        }
        for (const int16_t *code = c->codes; code && *code >= 0; code++) {
            set_code(bits, *code);
        }
    }
}

/* 5.8.4: the driver selects, and finds the size and the data of what it selected. */
static void input_read_config(VirtioDevice *dev, uint8_t *bytes)
{
    VirtioInput *s = VIRTIO_INPUT(dev);
    const VirtioInputKind *kind = kind_of(s);
    struct virtio_input_config config = { .select = s->select, .subsel = s->subsel };
    const char *text = s->select == VIRTIO_INPUT_CFG_ID_NAME     ? kind->name
                       : s->select == VIRTIO_INPUT_CFG_ID_SERIAL ? s->serial : NULL;

    if (text && !s->subsel) {
        config.size = MIN(strlen(text), sizeof(config.u.string));
        memcpy(config.u.string, text, config.size);
    } else if (s->select == VIRTIO_INPUT_CFG_ID_DEVIDS && !s->subsel) {
        config.u.ids = (struct virtio_input_devids){
            .bustype = cpu_to_le16(BUS_VIRTUAL),
            .vendor = cpu_to_le16(0x1af4),
            .product = cpu_to_le16(kind->product),
            .version = cpu_to_le16(1),
        };
        config.size = sizeof(config.u.ids);
    } else if (s->select == VIRTIO_INPUT_CFG_EV_BITS) {
        fill_bits(kind, s->subsel, config.u.bitmap);
        config.size = used_bytes(config.u.bitmap, sizeof(config.u.bitmap));
    } else if (s->select == VIRTIO_INPUT_CFG_ABS_INFO && s->subsel <= ABS_Y &&
               kind->handler.kinds & 1u << INPUT_ABS) {
        config.u.abs.max = cpu_to_le32(INPUT_ABS_MAX);
        config.size = sizeof(config.u.abs);
    }
    memcpy(bytes, &config, sizeof(config));
}

static void input_write_config(VirtioDevice *dev, const uint8_t *bytes)
{
    VirtioInput *s = VIRTIO_INPUT(dev);

    s->select = bytes[offsetof(struct virtio_input_config, select)];
    s->subsel = bytes[offsetof(struct virtio_input_config, subsel)];
}

/* ---- Coming and going ---- */

static void input_status_changed(VirtioDevice *dev, uint8_t before)
{
    VirtioInput *s = VIRTIO_INPUT(dev);

    if (virtio_is_running(dev) && !(before & VIRTIO_STATUS_DRIVER_OK)) {
        input_handler_activate(s->handler);
    }
}

static void input_reset(VirtioDevice *dev)
{
    g_array_set_size(VIRTIO_INPUT(dev)->waiting, 0);
}

static void input_realize(VirtioDevice *dev, Error **errp)
{
    VirtioInput *s = VIRTIO_INPUT(dev);

    s->events = virtio_add_queue(dev, EVENT_BUFFERS, event_buffers_available);
    s->statuses = virtio_add_queue(dev, EVENT_BUFFERS, statuses_available);
    s->handler = input_handler_new(&kind_of(s)->handler, OBJECT(dev), s);
}

static void input_unrealize(VirtioDevice *dev)
{
    g_clear_pointer(&VIRTIO_INPUT(dev)->handler, input_handler_free);
}

static void input_init(Object *obj)
{
    VIRTIO_INPUT(obj)->waiting = g_array_new(FALSE, FALSE, sizeof(struct virtio_input_event));
}

static void input_finalize(Object *obj)
{
    g_array_unref(VIRTIO_INPUT(obj)->waiting);
}

/* What waits is not part of it: who has typed it sits at another screen then. */
static const VMStateDescription vmstate_input = {
    .name = "virtio-input",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_VIRTIO_DEVICE(parent_obj, VirtioInput),
        VMSTATE_UINT8(select, VirtioInput),
        VMSTATE_UINT8(subsel, VirtioInput),
        VMSTATE_END_OF_LIST()
    },
};

static Property input_properties[] = {
    DEFINE_PROP_STRING("serial", VirtioInput, serial),
    DEFINE_PROP_END_OF_LIST(),
};

static void input_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vc = VIRTIO_DEVICE_CLASS(klass);

    vc->device_id = VIRTIO_ID_INPUT;
    vc->config_size = sizeof(struct virtio_input_config);
    vc->modern_only = true;
    vc->realize = input_realize;
    vc->unrealize = input_unrealize;
    vc->status_changed = input_status_changed;
    vc->read_config = input_read_config;
    vc->write_config = input_write_config;
    vc->reset = input_reset;
    dc->vmsd = &vmstate_input;
    set_bit(DEVICE_CATEGORY_INPUT, dc->categories);
    device_class_set_props(dc, input_properties);
}

static const TypeInfo input_type = {
    .name = TYPE_VIRTIO_INPUT,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtioInput),
    .instance_init = input_init,
    .instance_finalize = input_finalize,
    .class_init = input_class_init,
    .abstract = true,
};

static void register_types(void)
{
    static TypeInfo types[ARRAY_SIZE(kinds)];
    static VirtioPCIKind pci[ARRAY_SIZE(kinds)];

    type_register_static(&input_type);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        types[i] = (TypeInfo){ .name = kinds[i].type, .parent = TYPE_VIRTIO_INPUT };
        type_register_static(&types[i]);
        pci[i] = (VirtioPCIKind){
            .name = kinds[i].pci_type,
            .backend = kinds[i].type,
            .class_id = kinds[i].pci_class,
            .vectors = VIRTIO_PCI_VECTORS_AUTO,
            .category = DEVICE_CATEGORY_INPUT,
        };
        virtio_pci_register(&pci[i]);
    }
}

type_init(register_types)
