/*
 * usb-kbd, usb-mouse, usb-tablet: human interface devices, which get what people do from
 * ui/input.h.
 *
 * What has happened and the guest hasn't read yet waits as steps: each becomes a report. Motion
 * joins the step before it while the buttons stay the same; clicks and keys never do, so that a
 * short one isn't lost.
 *
 * Reference: Device Class Definition for Human Interface Devices (HID) 1.11, with its appendices B
 * (boot reports) and E; HID Usage Tables 1.12, chapters 4 and 10 (key codes).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/input-event-codes.h>
#include "hw/qdev-properties.h"
#include "hw/usb/usb.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "ui/input.h"

#define TYPE_USB_HID "usb-hid"
OBJECT_DECLARE_TYPE(USBHid, USBHidClass, USB_HID)

#define REPORT_ENDPOINT (1 | USB_DIR_IN)
#define MAX_STEPS       16
#define MAX_KEYS        6 /* of a boot report */
#define MAX_REPORT      8
#define FIRST_MODIFIER  0xe0

enum { GET_REPORT = 1, GET_IDLE = 2, GET_PROTOCOL = 3, GET_DESCRIPTOR = 6, SET_REPORT = 9,
       SET_IDLE = 10, SET_PROTOCOL = 11 };
enum { PROTOCOL_BOOT = 0, PROTOCOL_REPORT = 1 };

typedef struct HidStep {
    uint8_t buttons; /* or modifier keys */
    uint8_t keys[MAX_KEYS];
    int32_t x, y, wheel;
} HidStep;

struct USBHid {
    USBDevice parent_obj;

    InputHandler *input;
    HidStep now;              /* keys and buttons as they are */
    int32_t moved[2], turned; /* since the last step */
    bool changed;             /* so is anything of it */
    HidStep steps[MAX_STEPS];
    uint32_t first, count;
    uint8_t protocol, idle;   /* idle: units of 4 ms */
    bool repeat;              /* the idle time is over: the last report again */
    QEMUTimer *idle_timer;
    uint8_t leds;
};

struct USBHidClass {
    USBDeviceClass parent_class;

    const uint8_t *report_descriptor;
    uint16_t report_descriptor_size;
    const InputHandlerOps *input;
    bool merges;   /* steps with the same buttons join */
    bool absolute;
    unsigned (*report)(USBHid *s, HidStep *step, uint8_t *report);
};

/* --- report descriptors (6.2.2) --- */

#define USAGE_PAGE(page)        0x05, (page)
#define USAGE(usage)            0x09, (usage)
#define USAGES(first, last)     0x19, (first), 0x29, (last)
#define LOGICAL(low, high)      0x15, (low), 0x25, (high)
#define LOGICAL16(low, high)    0x15, (low), 0x26, (high) & 0xff, (high) >> 8
#define FIELDS(number, bits)    0x95, (number), 0x75, (bits)
#define COLLECTION(kind)        0xa1, (kind)
#define END_COLLECTION          0xc0
#define INPUT_FIELD(flags)      0x81, (flags)
#define OUTPUT_FIELD(flags)     0x91, (flags)
#define DATA_ARRAY    0x00
#define CONSTANT      0x01
#define DATA_VARIABLE 0x02
#define DATA_RELATIVE 0x06
enum { PAGE_DESKTOP = 1, PAGE_KEYS = 7, PAGE_LEDS = 8, PAGE_BUTTONS = 9 };
enum { DESKTOP_POINTER = 1, DESKTOP_MOUSE = 2, DESKTOP_KEYBOARD = 6, DESKTOP_X = 0x30,
       DESKTOP_Y = 0x31, DESKTOP_WHEEL = 0x38 };
enum { PHYSICAL = 0, APPLICATION = 1 };

/* Modifiers as bits, a byte that isn't used, six key codes; five LEDs the other way (B.1). */
static const uint8_t keyboard_report[] = {
    USAGE_PAGE(PAGE_DESKTOP), USAGE(DESKTOP_KEYBOARD), COLLECTION(APPLICATION),
    USAGE_PAGE(PAGE_KEYS), USAGES(0xe0, 0xe7), LOGICAL(0, 1), FIELDS(8, 1),
    INPUT_FIELD(DATA_VARIABLE), FIELDS(1, 8), INPUT_FIELD(CONSTANT),
    USAGE_PAGE(PAGE_LEDS), USAGES(1, 5), FIELDS(5, 1), OUTPUT_FIELD(DATA_VARIABLE),
    FIELDS(1, 3), OUTPUT_FIELD(CONSTANT),
    USAGE_PAGE(PAGE_KEYS), USAGES(0, 0xdd), LOGICAL16(0, 0xdd), FIELDS(6, 8),
    INPUT_FIELD(DATA_ARRAY), END_COLLECTION,
};

#define FIVE_BUTTONS                                                                               \
    USAGE_PAGE(PAGE_BUTTONS), USAGES(1, 5), LOGICAL(0, 1), FIELDS(5, 1),                           \
        INPUT_FIELD(DATA_VARIABLE), FIELDS(1, 3), INPUT_FIELD(CONSTANT)

/* Buttons, and how far it was moved and its wheel turned, from -127 to 127. */
static const uint8_t mouse_report[] = {
    USAGE_PAGE(PAGE_DESKTOP), USAGE(DESKTOP_MOUSE), COLLECTION(APPLICATION),
    USAGE(DESKTOP_POINTER), COLLECTION(PHYSICAL), FIVE_BUTTONS, USAGE_PAGE(PAGE_DESKTOP),
    USAGE(DESKTOP_X), USAGE(DESKTOP_Y), USAGE(DESKTOP_WHEEL), LOGICAL(0x81, 0x7f), FIELDS(3, 8),
    INPUT_FIELD(DATA_RELATIVE), END_COLLECTION, END_COLLECTION,
};

/* Buttons, where it is in both directions, and its wheel. */
static const uint8_t tablet_report[] = {
    USAGE_PAGE(PAGE_DESKTOP), USAGE(DESKTOP_MOUSE), COLLECTION(APPLICATION),
    USAGE(DESKTOP_POINTER), COLLECTION(PHYSICAL), FIVE_BUTTONS, USAGE_PAGE(PAGE_DESKTOP),
    USAGE(DESKTOP_X), USAGE(DESKTOP_Y), LOGICAL16(0, INPUT_ABS_MAX), FIELDS(2, 16),
    INPUT_FIELD(DATA_VARIABLE), USAGE(DESKTOP_WHEEL), LOGICAL(0x81, 0x7f), FIELDS(1, 8),
    INPUT_FIELD(DATA_RELATIVE), END_COLLECTION, END_COLLECTION,
};

/* --- descriptors --- */

#define HID_DESCRIPTOR(report)                                                                     \
    { 9, USB_DESC_HID, 0x11, 0x01, 0, 1, USB_DESC_HID_REPORT, sizeof(report) & 0xff,               \
      sizeof(report) >> 8 }

static const uint8_t keyboard_hid[] = HID_DESCRIPTOR(keyboard_report);
static const uint8_t mouse_hid[] = HID_DESCRIPTOR(mouse_report);
static const uint8_t tablet_hid[] = HID_DESCRIPTOR(tablet_report);

/* Interval: ms at full speed, 2^(n-1) * 125 us at high speed. */
#define HID_INTERFACE(subclass_, protocol_, hid, interval_)                                        \
    {                                                                                              \
        .class = 3, .subclass = subclass_, .protocol = protocol_, .extra = hid,                    \
        .extra_size = sizeof(hid), .num_endpoints = 1,                                             \
        .endpoints = { { REPORT_ENDPOINT, USB_INTERRUPT, MAX_REPORT, interval_ } },                \
    }
#define HID_CONFIGURATION(interface)                                                               \
    {                                                                                              \
        .remote_wakeup = true, .milliamperes = 100, .num_interfaces = 1,                           \
        .interfaces = &(interface),                                                                \
    }

static const USBInterface keyboard_full = HID_INTERFACE(1, 1, keyboard_hid, 10);
static const USBInterface keyboard_high = HID_INTERFACE(1, 1, keyboard_hid, 7);
static const USBInterface mouse_full = HID_INTERFACE(1, 2, mouse_hid, 10);
static const USBInterface mouse_high = HID_INTERFACE(1, 2, mouse_hid, 7);
static const USBInterface tablet_full = HID_INTERFACE(0, 0, tablet_hid, 10);
static const USBInterface tablet_high = HID_INTERFACE(0, 0, tablet_hid, 6);
static const USBConfiguration keyboard_full_config = HID_CONFIGURATION(keyboard_full);
static const USBConfiguration keyboard_high_config = HID_CONFIGURATION(keyboard_high);
static const USBConfiguration mouse_full_config = HID_CONFIGURATION(mouse_full);
static const USBConfiguration mouse_high_config = HID_CONFIGURATION(mouse_high);
static const USBConfiguration tablet_full_config = HID_CONFIGURATION(tablet_full);
static const USBConfiguration tablet_high_config = HID_CONFIGURATION(tablet_high);

#define HID_DEVICE(product_, serial, full, high)                                                   \
    {                                                                                              \
        .vendor = 0x0627, .product = 0x0001, .strings = { NULL, "QEMU", product_, serial },        \
        .at_speed = { [USB_FULL] = &(full), [USB_HIGH] = &(high) }, .max_packet0 = 8,              \
    }

static const USBDescriptors keyboard_descriptors =
    HID_DEVICE("QEMU USB Keyboard", "68284", keyboard_full_config, keyboard_high_config);
static const USBDescriptors mouse_descriptors =
    HID_DEVICE("QEMU USB Mouse", "89126", mouse_full_config, mouse_high_config);
static const USBDescriptors tablet_descriptors =
    HID_DEVICE("QEMU USB Tablet", "28754", tablet_full_config, tablet_high_config);

/* --- key codes (usage tables, chapter 10) --- */

static const uint8_t usages[] = {
    [KEY_A] = 0x04, [KEY_B] = 0x05, [KEY_C] = 0x06, [KEY_D] = 0x07, [KEY_E] = 0x08,
    [KEY_F] = 0x09, [KEY_G] = 0x0a, [KEY_H] = 0x0b, [KEY_I] = 0x0c, [KEY_J] = 0x0d,
    [KEY_K] = 0x0e, [KEY_L] = 0x0f, [KEY_M] = 0x10, [KEY_N] = 0x11, [KEY_O] = 0x12,
    [KEY_P] = 0x13, [KEY_Q] = 0x14, [KEY_R] = 0x15, [KEY_S] = 0x16, [KEY_T] = 0x17,
    [KEY_U] = 0x18, [KEY_V] = 0x19, [KEY_W] = 0x1a, [KEY_X] = 0x1b, [KEY_Y] = 0x1c,
    [KEY_Z] = 0x1d, [KEY_1] = 0x1e, [KEY_2] = 0x1f, [KEY_3] = 0x20, [KEY_4] = 0x21,
    [KEY_5] = 0x22, [KEY_6] = 0x23, [KEY_7] = 0x24, [KEY_8] = 0x25, [KEY_9] = 0x26,
    [KEY_0] = 0x27, [KEY_ENTER] = 0x28, [KEY_ESC] = 0x29, [KEY_BACKSPACE] = 0x2a,
    [KEY_TAB] = 0x2b, [KEY_SPACE] = 0x2c, [KEY_MINUS] = 0x2d, [KEY_EQUAL] = 0x2e,
    [KEY_LEFTBRACE] = 0x2f, [KEY_RIGHTBRACE] = 0x30, [KEY_BACKSLASH] = 0x31,
    [KEY_SEMICOLON] = 0x33, [KEY_APOSTROPHE] = 0x34, [KEY_GRAVE] = 0x35, [KEY_COMMA] = 0x36,
    [KEY_DOT] = 0x37, [KEY_SLASH] = 0x38, [KEY_CAPSLOCK] = 0x39, [KEY_F1] = 0x3a,
    [KEY_F2] = 0x3b, [KEY_F3] = 0x3c, [KEY_F4] = 0x3d, [KEY_F5] = 0x3e, [KEY_F6] = 0x3f,
    [KEY_F7] = 0x40, [KEY_F8] = 0x41, [KEY_F9] = 0x42, [KEY_F10] = 0x43, [KEY_F11] = 0x44,
    [KEY_F12] = 0x45, [KEY_SYSRQ] = 0x46, [KEY_SCROLLLOCK] = 0x47, [KEY_PAUSE] = 0x48,
    [KEY_INSERT] = 0x49, [KEY_HOME] = 0x4a, [KEY_PAGEUP] = 0x4b, [KEY_DELETE] = 0x4c,
    [KEY_END] = 0x4d, [KEY_PAGEDOWN] = 0x4e, [KEY_RIGHT] = 0x4f, [KEY_LEFT] = 0x50,
    [KEY_DOWN] = 0x51, [KEY_UP] = 0x52, [KEY_NUMLOCK] = 0x53, [KEY_KPSLASH] = 0x54,
    [KEY_KPASTERISK] = 0x55, [KEY_KPMINUS] = 0x56, [KEY_KPPLUS] = 0x57, [KEY_KPENTER] = 0x58,
    [KEY_KP1] = 0x59, [KEY_KP2] = 0x5a, [KEY_KP3] = 0x5b, [KEY_KP4] = 0x5c, [KEY_KP5] = 0x5d,
    [KEY_KP6] = 0x5e, [KEY_KP7] = 0x5f, [KEY_KP8] = 0x60, [KEY_KP9] = 0x61, [KEY_KP0] = 0x62,
    [KEY_KPDOT] = 0x63, [KEY_102ND] = 0x64, [KEY_COMPOSE] = 0x65, [KEY_POWER] = 0x66,
    [KEY_KPEQUAL] = 0x67, [KEY_F13] = 0x68, [KEY_F14] = 0x69, [KEY_F15] = 0x6a,
    [KEY_F16] = 0x6b, [KEY_F17] = 0x6c, [KEY_F18] = 0x6d, [KEY_F19] = 0x6e, [KEY_F20] = 0x6f,
    [KEY_F21] = 0x70, [KEY_F22] = 0x71, [KEY_F23] = 0x72, [KEY_F24] = 0x73, [KEY_OPEN] = 0x74,
    [KEY_HELP] = 0x75, [KEY_PROPS] = 0x76, [KEY_FRONT] = 0x77, [KEY_STOP] = 0x78,
    [KEY_AGAIN] = 0x79, [KEY_UNDO] = 0x7a, [KEY_CUT] = 0x7b, [KEY_COPY] = 0x7c,
    [KEY_PASTE] = 0x7d, [KEY_FIND] = 0x7e, [KEY_MUTE] = 0x7f, [KEY_VOLUMEUP] = 0x80,
    [KEY_VOLUMEDOWN] = 0x81, [KEY_KPCOMMA] = 0x85, [KEY_RO] = 0x87,
    [KEY_KATAKANAHIRAGANA] = 0x88, [KEY_YEN] = 0x89, [KEY_HENKAN] = 0x8a,
    [KEY_MUHENKAN] = 0x8b, [KEY_HANGEUL] = 0x90, [KEY_HANJA] = 0x91, [KEY_KATAKANA] = 0x92,
    [KEY_HIRAGANA] = 0x93, [KEY_ZENKAKUHANKAKU] = 0x94, [KEY_LEFTCTRL] = 0xe0,
    [KEY_LEFTSHIFT] = 0xe1, [KEY_LEFTALT] = 0xe2, [KEY_LEFTMETA] = 0xe3,
    [KEY_RIGHTCTRL] = 0xe4, [KEY_RIGHTSHIFT] = 0xe5, [KEY_RIGHTALT] = 0xe6,
    [KEY_RIGHTMETA] = 0xe7,
};

/* --- steps --- */

static HidStep *step_at(USBHid *s, uint32_t i)
{
    return &s->steps[(s->first + i) % MAX_STEPS];
}

static bool joins(USBHid *s, const HidStep *last, const HidStep *step)
{
    return USB_HID_GET_CLASS(s)->merges && last->buttons == step->buttons;
}

static void add_step(USBHid *s, const HidStep *step)
{
    HidStep *last = s->count ? step_at(s, s->count - 1) : NULL;

    if (!last || (!joins(s, last, step) && s->count < MAX_STEPS)) {
        last = step_at(s, s->count++);
        *last = *step;
    } else if (USB_HID_GET_CLASS(s)->absolute || !joins(s, last, step)) {
        int32_t wheel = last->wheel + step->wheel;

        *last = *step; /* nobody reads: what is the case now counts */
        last->wheel = wheel;
    } else {
        last->x = CLAMP(last->x + step->x, -0x7fff, 0x7fff);
        last->y = CLAMP(last->y + step->y, -0x7fff, 0x7fff);
        last->wheel = CLAMP(last->wheel + step->wheel, -0x7fff, 0x7fff);
    }
    usb_endpoint_ready(&s->parent_obj, REPORT_ENDPOINT);
}

/* --- keyboard --- */

static void key_changed(USBHid *s, unsigned code, bool down)
{
    uint8_t usage = code < G_N_ELEMENTS(usages) ? usages[code] : 0;
    uint8_t *slot = usage ? memchr(s->now.keys, usage, MAX_KEYS) : NULL;

    if (usage >= FIRST_MODIFIER) {
        uint8_t bit = 1 << (usage - FIRST_MODIFIER);

        s->now.buttons = down ? s->now.buttons | bit : s->now.buttons & ~bit;
    } else if (usage && down && !slot) {
        slot = memchr(s->now.keys, 0, MAX_KEYS);
        if (!slot) {
            return; /* the seventh key at once */
        }
        *slot = usage;
    } else if (slot && !down) {
        *slot = 0;
    } else {
        return;
    }
    add_step(s, &s->now);
}

static void keyboard_event(void *opaque, const InputEvent *event)
{
    key_changed(opaque, event->code, event->value);
}

static unsigned keyboard_make_report(USBHid *s, HidStep *step, uint8_t *report)
{
    report[0] = step->buttons;
    memcpy(report + 2, step->keys, MAX_KEYS);
    return 8;
}

static const InputHandlerOps keyboard_input = {
    .name = "QEMU USB Keyboard", .kinds = 1u << INPUT_KEY, .event = keyboard_event,
};

/* --- mouse and tablet --- */

static void pointer_event(void *opaque, const InputEvent *event)
{
    static const uint8_t bits[INPUT_NUM_BUTTONS] = {
        [INPUT_LEFT] = 1, [INPUT_RIGHT] = 2, [INPUT_MIDDLE] = 4, [INPUT_SIDE] = 8,
        [INPUT_EXTRA] = 16,
    };
    USBHid *s = opaque;

    if (event->kind == INPUT_REL) {
        s->moved[event->code == INPUT_Y] += event->value;
    } else if (event->kind == INPUT_ABS) {
        s->moved[event->code == INPUT_Y] = event->value;
    } else if (event->code == INPUT_WHEEL_UP || event->code == INPUT_WHEEL_DOWN) {
        s->turned += !event->value ? 0 : event->code == INPUT_WHEEL_UP ? 1 : -1;
    } else if (event->code < INPUT_NUM_BUTTONS) {
        s->now.buttons = event->value ? s->now.buttons | bits[event->code]
                                      : s->now.buttons & ~bits[event->code];
    }
    s->changed = true;
}

static void pointer_sync(void *opaque)
{
    USBHid *s = opaque;
    HidStep step = s->now;

    if (!s->changed) {
        return;
    }
    step.x = s->moved[0];
    step.y = s->moved[1];
    step.wheel = s->turned;
    s->turned = 0;
    s->changed = false;
    if (!USB_HID_GET_CLASS(s)->absolute) {
        s->moved[0] = s->moved[1] = 0;
    }
    add_step(s, &step);
}

/* As much of it as a report holds; the rest comes with the next one. */
static uint8_t take_some(int32_t *distance)
{
    int32_t part = CLAMP(*distance, -127, 127);

    *distance -= part;
    return (uint8_t)part;
}

/* A boot report is three bytes long (B.2). */
static unsigned mouse_make_report(USBHid *s, HidStep *step, uint8_t *report)
{
    report[0] = step->buttons;
    report[1] = take_some(&step->x);
    report[2] = take_some(&step->y);
    report[3] = take_some(&step->wheel);
    if (s->protocol == PROTOCOL_BOOT) {
        step->wheel = 0;
        return 3;
    }
    return 4;
}

static unsigned tablet_make_report(USBHid *s, HidStep *step, uint8_t *report)
{
    report[0] = step->buttons;
    stw_le_p(report + 1, CLAMP(step->x, 0, INPUT_ABS_MAX));
    stw_le_p(report + 3, CLAMP(step->y, 0, INPUT_ABS_MAX));
    report[5] = take_some(&step->wheel);
    return 6;
}

static const InputHandlerOps mouse_input = {
    .name = "QEMU USB Mouse", .kinds = 1u << INPUT_BUTTON | 1u << INPUT_REL,
    .event = pointer_event, .sync = pointer_sync,
};

static const InputHandlerOps tablet_input = {
    .name = "QEMU USB Tablet", .kinds = 1u << INPUT_BUTTON | 1u << INPUT_ABS,
    .event = pointer_event, .sync = pointer_sync,
};

/* --- reports --- */

/* The report of a step, which keeps what a report couldn't hold. */
static unsigned make_report(USBHid *s, HidStep *step, uint8_t *report)
{
    memset(report, 0, MAX_REPORT);
    return USB_HID_GET_CLASS(s)->report(s, step, report);
}

/* What is the case now, without motion, for who asks out of turn. */
static unsigned current_report(USBHid *s, uint8_t *report)
{
    HidStep step = s->now;

    if (USB_HID_GET_CLASS(s)->absolute) {
        step.x = s->moved[0];
        step.y = s->moved[1];
    }
    return make_report(s, &step, report);
}

static void restart_idle(USBHid *s)
{
    s->repeat = false;
    if (s->idle) {
        timer_mod(s->idle_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + 4 * s->idle);
    } else {
        timer_del(s->idle_timer);
    }
}

static void idle_is_over(void *opaque)
{
    USBHid *s = opaque;

    s->repeat = true;
    usb_endpoint_ready(&s->parent_obj, REPORT_ENDPOINT);
}

static USBStatus hid_transfer(USBDevice *dev, USBTransfer *t)
{
    USBHid *s = USB_HID(dev);
    uint8_t report[MAX_REPORT];
    unsigned size;

    if (s->count) {
        HidStep *step = step_at(s, 0);

        size = make_report(s, step, report);
        if (USB_HID_GET_CLASS(s)->absolute ? !step->wheel
                                           : !step->x && !step->y && !step->wheel) {
            s->first = (s->first + 1) % MAX_STEPS;
            s->count--;
        }
    } else if (s->repeat) {
        size = current_report(s, report);
    } else {
        return USB_NAK;
    }
    restart_idle(s);
    return usb_give(t, report, size) == size ? USB_DONE : USB_BABBLE;
}

/* --- requests --- */

static int descriptor_of_class(USBHid *s, const USBRequest *r, uint8_t *data)
{
    USBHidClass *hc = USB_HID_GET_CLASS(s);
    const USBInterface *intf = USB_DEVICE_GET_CLASS(s)->descriptors->at_speed[USB_FULL]->interfaces;

    if (r->value >> 8 == USB_DESC_HID_REPORT) {
        memcpy(data, hc->report_descriptor, hc->report_descriptor_size);
        return hc->report_descriptor_size;
    }
    if (r->value >> 8 == USB_DESC_HID) {
        memcpy(data, intf->extra, intf->extra_size);
        return intf->extra_size;
    }
    return -1;
}

static int hid_control(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    enum { FROM = USB_DIR_IN | USB_TYPE_CLASS | USB_TO_INTERFACE,
           TO = USB_TYPE_CLASS | USB_TO_INTERFACE };
    USBHid *s = USB_HID(dev);

    if (r->index) {
        return -1; /* there is interface 0 only */
    }
    switch (USB_REQUEST(r->type, r->request)) {
    case USB_REQUEST(USB_DIR_IN | USB_TO_INTERFACE, GET_DESCRIPTOR):
        return descriptor_of_class(s, r, data);
    case USB_REQUEST(FROM, GET_REPORT):
        return current_report(s, data);
    case USB_REQUEST(TO, SET_REPORT):
        s->leds = r->length ? data[0] : 0;
        return 0;
    case USB_REQUEST(FROM, GET_IDLE):
        data[0] = s->idle;
        return 1;
    case USB_REQUEST(TO, SET_IDLE):
        s->idle = r->value >> 8;
        restart_idle(s);
        return 0;
    case USB_REQUEST(FROM, GET_PROTOCOL):
        data[0] = s->protocol;
        return 1;
    case USB_REQUEST(TO, SET_PROTOCOL):
        s->protocol = r->value ? PROTOCOL_REPORT : PROTOCOL_BOOT;
        return 0;
    default:
        return -1;
    }
}

/* --- the device --- */

static void hid_bus_reset(USBDevice *dev)
{
    USBHid *s = USB_HID(dev);

    s->first = s->count = 0;
    s->protocol = PROTOCOL_REPORT;
    s->idle = 0;
    restart_idle(s);
    if (dev->configuration && s->input) {
        input_handler_activate(s->input);
    }
}

static void hid_realize(USBDevice *dev, Error **errp)
{
    USBHid *s = USB_HID(dev);

    s->idle_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, idle_is_over, s);
    s->input = input_handler_new(USB_HID_GET_CLASS(s)->input, OBJECT(s), s);
}

static void hid_unrealize(USBDevice *dev)
{
    USBHid *s = USB_HID(dev);

    g_clear_pointer(&s->input, input_handler_free);
    g_clear_pointer(&s->idle_timer, timer_free);
}

static int hid_loaded(void *opaque, int version)
{
    USBHid *s = opaque;

    return s->first < MAX_STEPS && s->count <= MAX_STEPS ? 0 : -EINVAL;
}

static const VMStateDescription vmstate_step = {
    .name = "usb-hid-step",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(buttons, HidStep),
            VMSTATE_UINT8_ARRAY(keys, HidStep, MAX_KEYS),
            VMSTATE_INT32(x, HidStep),
            VMSTATE_INT32(y, HidStep),
            VMSTATE_INT32(wheel, HidStep),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_hid = {
    .name = TYPE_USB_HID,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = hid_loaded,
    .fields =
        (const VMStateField[]){
            VMSTATE_USB_DEVICE(parent_obj, USBHid),
            VMSTATE_STRUCT(now, USBHid, 1, vmstate_step, HidStep),
            VMSTATE_INT32_ARRAY(moved, USBHid, 2),
            VMSTATE_INT32(turned, USBHid),
            VMSTATE_BOOL(changed, USBHid),
            VMSTATE_STRUCT_ARRAY(steps, USBHid, MAX_STEPS, 1, vmstate_step, HidStep),
            VMSTATE_UINT32(first, USBHid),
            VMSTATE_UINT32(count, USBHid),
            VMSTATE_UINT8(protocol, USBHid),
            VMSTATE_UINT8(idle, USBHid),
            VMSTATE_BOOL(repeat, USBHid),
            VMSTATE_TIMER_PTR(idle_timer, USBHid),
            VMSTATE_UINT8(leds, USBHid),
            VMSTATE_END_OF_LIST(),
        },
};

static void hid_class_init(ObjectClass *klass, void *data)
{
    USBDeviceClass *uc = USB_DEVICE_CLASS(klass);

    uc->realize = hid_realize;
    uc->unrealize = hid_unrealize;
    uc->bus_reset = hid_bus_reset;
    uc->control = hid_control;
    uc->transfer = hid_transfer;
    DEVICE_CLASS(klass)->vmsd = &vmstate_hid;
    set_bit(DEVICE_CATEGORY_INPUT, DEVICE_CLASS(klass)->categories);
}

static void keyboard_class_init(ObjectClass *klass, void *data)
{
    USBHidClass *hc = USB_HID_CLASS(klass);

    hc->parent_class.descriptors = &keyboard_descriptors;
    hc->report_descriptor = keyboard_report;
    hc->report_descriptor_size = sizeof(keyboard_report);
    hc->input = &keyboard_input;
    hc->report = keyboard_make_report;
    DEVICE_CLASS(klass)->desc = "USB keyboard";
}

static void mouse_class_init(ObjectClass *klass, void *data)
{
    USBHidClass *hc = USB_HID_CLASS(klass);

    hc->parent_class.descriptors = &mouse_descriptors;
    hc->report_descriptor = mouse_report;
    hc->report_descriptor_size = sizeof(mouse_report);
    hc->input = &mouse_input;
    hc->merges = true;
    hc->report = mouse_make_report;
    DEVICE_CLASS(klass)->desc = "USB mouse";
}

static void tablet_class_init(ObjectClass *klass, void *data)
{
    USBHidClass *hc = USB_HID_CLASS(klass);

    hc->parent_class.descriptors = &tablet_descriptors;
    hc->report_descriptor = tablet_report;
    hc->report_descriptor_size = sizeof(tablet_report);
    hc->input = &tablet_input;
    hc->merges = true;
    hc->absolute = true;
    hc->report = tablet_make_report;
    DEVICE_CLASS(klass)->desc = "USB pointing device with positions";
}

#define HID_TYPE(name_, class_init_)                                                               \
    {                                                                                              \
        .name = name_, .parent = TYPE_USB_HID, .class_init = class_init_,                          \
    }

static const TypeInfo hid_types[] = {
    {
        .name = TYPE_USB_HID,
        .parent = TYPE_USB_DEVICE,
        .abstract = true,
        .instance_size = sizeof(USBHid),
        .class_size = sizeof(USBHidClass),
        .class_init = hid_class_init,
    },
    HID_TYPE("usb-kbd", keyboard_class_init),
    HID_TYPE("usb-mouse", mouse_class_init),
    HID_TYPE("usb-tablet", tablet_class_init),
};

DEFINE_TYPES(hid_types)
