/*
 * PS/2 keyboard with 102 keys, Japanese and multimedia ones, in scan code sets 1, 2 and 3.
 *
 * Reference: IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-key)";
 * Microsoft, "Keyboard Scan Code Specification", revision 1.3a. Set 1 is what ui/keys.c has.
 *
 * Repeating is left to the keyboard that somebody sits at. That keys of set 3 may differ in whether
 * they repeat and tell their release is not modelled, nor are the shifts that a real keyboard puts
 * around the grey cursor keys while NumLock is on.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/input-event-codes.h>
#include "hw/input/ps2.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/runstate.h"
#include "ui/input.h"

/* Presses are dropped while so many bytes wait; there is always room for releases. */
#define MOST_PRESSED 128

enum {
    SET_LAMPS = 0xed,
    ECHO = 0xee,
    SCAN_CODE_SET = 0xf0,
    IDENTIFY = 0xf2,
    SET_RATE = 0xf3,
    ENABLE = 0xf4,
    DISABLE = 0xf5,
    SET_DEFAULTS = 0xf6,
    ALL_REPEAT = 0xf7,
    ALL_MAKE_BREAK = 0xf8,
    ALL_MAKE = 0xf9,
    ALL_REPEAT_MAKE_BREAK = 0xfa,
    KEY_REPEATS = 0xfb,
    KEY_MAKES = 0xfd,
    RESET = 0xff,

    BREAK_PREFIX = 0xf0,
    EXTENDED = 0xe0,
    SET_1_BREAK = 0x80,
};

typedef struct Ps2Keyboard {
    PS2Device parent_obj;

    InputHandler *handler;
    uint8_t code_set;
    bool scans;
    bool set_3_releases;
    bool ctrl, alt, shift; /* one of each is down */
} Ps2Keyboard;

DECLARE_INSTANCE_CHECKER(Ps2Keyboard, PS2_KBD, TYPE_PS2_KBD_DEVICE)

/* ---- keys ---- */

typedef struct KeyCodes {
    uint16_t key;
    uint16_t set_2; /* with EXTENDED in the high byte where it is */
    uint8_t set_3;  /* 0: none */
} KeyCodes;

static const KeyCodes key_codes[] = {
    { KEY_ESC, 0x76, 0x08 },      { KEY_F1, 0x05, 0x07 },       { KEY_F2, 0x06, 0x0f },
    { KEY_F3, 0x04, 0x17 },       { KEY_F4, 0x0c, 0x1f },       { KEY_F5, 0x03, 0x27 },
    { KEY_F6, 0x0b, 0x2f },       { KEY_F7, 0x83, 0x37 },       { KEY_F8, 0x0a, 0x3f },
    { KEY_F9, 0x01, 0x47 },       { KEY_F10, 0x09, 0x4f },      { KEY_F11, 0x78, 0x56 },
    { KEY_F12, 0x07, 0x5e },      { KEY_SCROLLLOCK, 0x7e, 0x5f },

    { KEY_GRAVE, 0x0e, 0x0e },    { KEY_1, 0x16, 0x16 },        { KEY_2, 0x1e, 0x1e },
    { KEY_3, 0x26, 0x26 },        { KEY_4, 0x25, 0x25 },        { KEY_5, 0x2e, 0x2e },
    { KEY_6, 0x36, 0x36 },        { KEY_7, 0x3d, 0x3d },        { KEY_8, 0x3e, 0x3e },
    { KEY_9, 0x46, 0x46 },        { KEY_0, 0x45, 0x45 },        { KEY_MINUS, 0x4e, 0x4e },
    { KEY_EQUAL, 0x55, 0x55 },    { KEY_BACKSPACE, 0x66, 0x66 },

    { KEY_TAB, 0x0d, 0x0d },      { KEY_Q, 0x15, 0x15 },        { KEY_W, 0x1d, 0x1d },
    { KEY_E, 0x24, 0x24 },        { KEY_R, 0x2d, 0x2d },        { KEY_T, 0x2c, 0x2c },
    { KEY_Y, 0x35, 0x35 },        { KEY_U, 0x3c, 0x3c },        { KEY_I, 0x43, 0x43 },
    { KEY_O, 0x44, 0x44 },        { KEY_P, 0x4d, 0x4d },        { KEY_LEFTBRACE, 0x54, 0x54 },
    { KEY_RIGHTBRACE, 0x5b, 0x5b }, { KEY_BACKSLASH, 0x5d, 0x5c },

    { KEY_CAPSLOCK, 0x58, 0x14 }, { KEY_A, 0x1c, 0x1c },        { KEY_S, 0x1b, 0x1b },
    { KEY_D, 0x23, 0x23 },        { KEY_F, 0x2b, 0x2b },        { KEY_G, 0x34, 0x34 },
    { KEY_H, 0x33, 0x33 },        { KEY_J, 0x3b, 0x3b },        { KEY_K, 0x42, 0x42 },
    { KEY_L, 0x4b, 0x4b },        { KEY_SEMICOLON, 0x4c, 0x4c }, { KEY_APOSTROPHE, 0x52, 0x52 },
    { KEY_ENTER, 0x5a, 0x5a },

    { KEY_LEFTSHIFT, 0x12, 0x12 }, { KEY_102ND, 0x61, 0x13 },   { KEY_Z, 0x1a, 0x1a },
    { KEY_X, 0x22, 0x22 },        { KEY_C, 0x21, 0x21 },        { KEY_V, 0x2a, 0x2a },
    { KEY_B, 0x32, 0x32 },        { KEY_N, 0x31, 0x31 },        { KEY_M, 0x3a, 0x3a },
    { KEY_COMMA, 0x41, 0x41 },    { KEY_DOT, 0x49, 0x49 },      { KEY_SLASH, 0x4a, 0x4a },
    { KEY_RIGHTSHIFT, 0x59, 0x59 },

    { KEY_LEFTCTRL, 0x14, 0x11 }, { KEY_LEFTALT, 0x11, 0x19 },  { KEY_SPACE, 0x29, 0x29 },
    { KEY_RIGHTALT, 0xe011, 0x39 }, { KEY_RIGHTCTRL, 0xe014, 0x58 },
    { KEY_LEFTMETA, 0xe01f, 0x8b }, { KEY_RIGHTMETA, 0xe027, 0x8c },
    { KEY_COMPOSE, 0xe02f, 0x8d },

    { KEY_INSERT, 0xe070, 0x67 }, { KEY_HOME, 0xe06c, 0x6e },   { KEY_PAGEUP, 0xe07d, 0x6f },
    { KEY_DELETE, 0xe071, 0x64 }, { KEY_END, 0xe069, 0x65 },    { KEY_PAGEDOWN, 0xe07a, 0x6d },
    { KEY_UP, 0xe075, 0x63 },     { KEY_LEFT, 0xe06b, 0x61 },   { KEY_DOWN, 0xe072, 0x60 },
    { KEY_RIGHT, 0xe074, 0x6a },

    { KEY_NUMLOCK, 0x77, 0x76 },  { KEY_KPSLASH, 0xe04a, 0x77 }, { KEY_KPASTERISK, 0x7c, 0x7e },
    { KEY_KPMINUS, 0x7b, 0x84 },  { KEY_KPPLUS, 0x79, 0x7c },   { KEY_KPENTER, 0xe05a, 0x79 },
    { KEY_KPDOT, 0x71, 0x71 },    { KEY_KP0, 0x70, 0x70 },      { KEY_KP1, 0x69, 0x69 },
    { KEY_KP2, 0x72, 0x72 },      { KEY_KP3, 0x7a, 0x7a },      { KEY_KP4, 0x6b, 0x6b },
    { KEY_KP5, 0x73, 0x73 },      { KEY_KP6, 0x74, 0x74 },      { KEY_KP7, 0x6c, 0x6c },
    { KEY_KP8, 0x75, 0x75 },      { KEY_KP9, 0x7d, 0x7d },

    { KEY_RO, 0x51 },             { KEY_KATAKANAHIRAGANA, 0x13 }, { KEY_HIRAGANA, 0x62 },
    { KEY_HENKAN, 0x64 },         { KEY_MUHENKAN, 0x67 },       { KEY_YEN, 0x6a },
    { KEY_KPCOMMA, 0x6d },        { KEY_KPEQUAL, 0x0f },

    { KEY_MUTE, 0xe023 },         { KEY_VOLUMEDOWN, 0xe021 },   { KEY_VOLUMEUP, 0xe032 },
    { KEY_NEXTSONG, 0xe04d },     { KEY_PREVIOUSSONG, 0xe015 }, { KEY_STOPCD, 0xe03b },
    { KEY_PLAYPAUSE, 0xe034 },    { KEY_MEDIA, 0xe050 },        { KEY_MAIL, 0xe048 },
    { KEY_CALC, 0xe02b },         { KEY_COMPUTER, 0xe040 },     { KEY_HOMEPAGE, 0xe03a },
    { KEY_BACK, 0xe038 },         { KEY_FORWARD, 0xe030 },      { KEY_REFRESH, 0xe020 },
    { KEY_BOOKMARKS, 0xe018 },    { KEY_POWER, 0xe037 },        { KEY_SLEEP, 0xe03f },
    { KEY_WAKEUP, 0xe05e },
};

/* The keys whose codes depend on which others are down. */
#define SET_1_SYSRQ 0x54
#define SET_2_SYSRQ 0x84
#define SET_3_PRINT 0x57
#define SET_3_PAUSE 0x62

/*
 * A controller's table follows from the codes of the keys: set 1 is what it makes of set 2. It also
 * has entries for a key that 84-key keyboards had, and for the answer to "which set".
 */
uint8_t ps2_translate(uint8_t code)
{
    static uint8_t table[256];

    if (!table[0x76]) {
        for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
            table[i] = i;
        }
        for (size_t i = 0; i < ARRAY_SIZE(key_codes); i++) {
            table[key_codes[i].set_2 & 0xff] = input_key_number(key_codes[i].key) & 0x7f;
        }
        table[SET_2_SYSRQ] = SET_1_SYSRQ;
        table[0x02] = 0x41;
    }
    return table[code];
}

typedef struct Sequence {
    uint8_t bytes[8];
    unsigned num;
} Sequence;

static void add(Sequence *q, uint8_t byte)
{
    q->bytes[q->num++] = byte;
}

/* A code as its set writes it, `extended` where it has the prefix. */
static void add_code(Sequence *q, unsigned set, uint8_t code, bool extended, bool down)
{
    if (extended) {
        add(q, EXTENDED);
    }
    if (set == 1) {
        add(q, code | (down ? 0 : SET_1_BREAK));
        return;
    }
    if (!down) {
        add(q, BREAK_PREFIX);
    }
    add(q, code);
}

/* Sets 1 and 2: a code of set 2, which may be written in 1. */
static void add_set_2(Sequence *q, unsigned set, uint16_t code, bool down)
{
    uint8_t low = code & 0xff;

    add_code(q, set, set == 1 ? ps2_translate(low) : low, code >> 8 == EXTENDED, down);
}

/* "Print Screen" has a shift around it, and is "SysRq" with Alt. */
static void add_print(Ps2Keyboard *s, Sequence *q, bool down)
{
    if (s->code_set == 3) {
        add_code(q, 3, SET_3_PRINT, false, down);
    } else if (s->alt) {
        add_set_2(q, s->code_set, SET_2_SYSRQ, down);
    } else if (s->ctrl || s->shift) {
        add_set_2(q, s->code_set, 0xe07c, down);
    } else {
        add_set_2(q, s->code_set, down ? 0xe012 : 0xe07c, down);
        add_set_2(q, s->code_set, down ? 0xe07c : 0xe012, down);
    }
}

/* "Pause" tells press and release at once, and is "Break" with Ctrl. */
static void add_pause(Ps2Keyboard *s, Sequence *q, bool down)
{
    if (s->code_set == 3) {
        add_code(q, 3, SET_3_PAUSE, false, down);
    } else if (!down) {
        return;
    } else if (s->ctrl) {
        add_set_2(q, s->code_set, 0xe07e, true);
        add_set_2(q, s->code_set, 0xe07e, false);
    } else {
        for (int pressed = 1; pressed >= 0; pressed--) {
            add(q, 0xe1);
            add_set_2(q, s->code_set, 0x14, pressed);
            add_set_2(q, s->code_set, 0x77, pressed);
        }
    }
}

static const KeyCodes *codes_of(unsigned key)
{
    for (size_t i = 0; i < ARRAY_SIZE(key_codes); i++) {
        if (key_codes[i].key == key) {
            return &key_codes[i];
        }
    }
    return NULL;
}

static void note_modifier(Ps2Keyboard *s, unsigned key, bool down)
{
    if (key == KEY_LEFTCTRL || key == KEY_RIGHTCTRL) {
        s->ctrl = down;
    } else if (key == KEY_LEFTALT || key == KEY_RIGHTALT) {
        s->alt = down;
    } else if (key == KEY_LEFTSHIFT || key == KEY_RIGHTSHIFT) {
        s->shift = down;
    }
}

static void key_event(void *opaque, const InputEvent *event)
{
    Ps2Keyboard *s = opaque;
    const KeyCodes *codes = codes_of(event->code);
    bool down = event->value;
    Sequence q = { .num = 0 };

    if (down) {
        qemu_system_wakeup_request(QEMU_WAKEUP_REASON_OTHER, NULL);
    }
    note_modifier(s, event->code, down);
    if (!s->scans || (s->code_set == 3 && !down && !s->set_3_releases)) {
        return;
    }
    if (event->code == KEY_SYSRQ) {
        add_print(s, &q, down);
    } else if (event->code == KEY_PAUSE) {
        add_pause(s, &q, down);
    } else if (codes && s->code_set != 3) {
        add_set_2(&q, s->code_set, codes->set_2, down);
    } else if (codes && codes->set_3) {
        add_code(&q, 3, codes->set_3, false, down);
    }
    ps2_event(&s->parent_obj, q.bytes, q.num, down ? MOST_PRESSED : PS2_MOST_EVENTS);
}

static const InputHandlerOps keyboard_input = {
    .name = "QEMU PS/2 Keyboard", .kinds = 1u << INPUT_KEY, .event = key_event,
};

/* ---- commands ---- */

static void set_defaults(Ps2Keyboard *s)
{
    ps2_forget_events(&s->parent_obj);
    s->code_set = 2;
    s->set_3_releases = true;
}

/* What is no command may be the argument of the last one. */
static void take_argument(Ps2Keyboard *s, uint8_t command, uint8_t byte)
{
    PS2Device *dev = &s->parent_obj;

    if (command == SCAN_CODE_SET && byte > 3) {
        ps2_reply(dev, PS2_SEND_AGAIN);
        return;
    }
    ps2_reply(dev, PS2_ACK);
    if (command == SCAN_CODE_SET && byte == 0) {
        ps2_reply(dev, s->code_set);
    } else if (command == SCAN_CODE_SET) {
        s->code_set = byte;
    } else if (command >= KEY_REPEATS && command <= KEY_MAKES) {
        dev->command = command; /* one key after another, until a command comes */
    }
}

static void take_command(Ps2Keyboard *s, uint8_t byte)
{
    PS2Device *dev = &s->parent_obj;

    switch (byte) {
    case SET_LAMPS:
    case SCAN_CODE_SET:
    case SET_RATE:
        dev->command = byte;
        break;
    case KEY_REPEATS ... KEY_MAKES:
        qemu_log_dev(LOG_UNIMP, TYPE_PS2_KBD_DEVICE, NULL, "keys don't differ in set 3");
        dev->command = byte;
        break;
    case ECHO:
        ps2_reply(dev, ECHO);
        return;
    case ENABLE:
        ps2_forget_events(dev);
        s->scans = true;
        break;
    case DISABLE:
    case SET_DEFAULTS:
    case RESET:
        set_defaults(s);
        s->scans = byte != DISABLE;
        break;
    case IDENTIFY:
        break;
    case ALL_REPEAT:
    case ALL_MAKE:
        s->set_3_releases = false;
        break;
    case ALL_MAKE_BREAK:
    case ALL_REPEAT_MAKE_BREAK:
        s->set_3_releases = true;
        break;
    default:
        ps2_reply(dev, PS2_SEND_AGAIN);
        return;
    }
    ps2_reply(dev, PS2_ACK);
    if (byte == RESET) {
        ps2_reply(dev, PS2_TEST_PASSED);
    } else if (byte == IDENTIFY) {
        ps2_reply(dev, 0xab);
        ps2_reply(dev, 0x83);
    }
}

static void keyboard_takes(PS2Device *dev, uint8_t byte)
{
    Ps2Keyboard *s = PS2_KBD(dev);
    uint8_t command = dev->command;

    dev->command = 0;
    if (command && byte < SET_LAMPS) {
        take_argument(s, command, byte);
    } else {
        take_command(s, byte);
    }
}

/* ---- the device ---- */

static DeviceReset reset_cable;

static void keyboard_reset(DeviceState *dev)
{
    Ps2Keyboard *s = PS2_KBD(dev);

    reset_cable(dev);
    set_defaults(s);
    s->scans = true;
    s->ctrl = s->alt = s->shift = false;
}

static void keyboard_realize(DeviceState *dev, Error **errp)
{
    Ps2Keyboard *s = PS2_KBD(dev);

    s->handler = input_handler_new(&keyboard_input, OBJECT(dev), s);
}

static void keyboard_unrealize(DeviceState *dev)
{
    g_clear_pointer(&PS2_KBD(dev)->handler, input_handler_free);
}

static int keyboard_post_load(void *opaque, int version_id)
{
    Ps2Keyboard *s = opaque;

    return s->code_set >= 1 && s->code_set <= 3 ? 0 : -EINVAL;
}

static const VMStateDescription vmstate_keyboard = {
    .name = "ps2kbd",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = keyboard_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PS2_DEVICE(parent_obj, Ps2Keyboard),
        VMSTATE_UINT8(code_set, Ps2Keyboard),
        VMSTATE_BOOL(scans, Ps2Keyboard),
        VMSTATE_BOOL(set_3_releases, Ps2Keyboard),
        VMSTATE_BOOL(ctrl, Ps2Keyboard),
        VMSTATE_BOOL(alt, Ps2Keyboard),
        VMSTATE_BOOL(shift, Ps2Keyboard),
        VMSTATE_END_OF_LIST()
    },
};

static void keyboard_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "PS/2 keyboard";
    dc->realize = keyboard_realize;
    dc->unrealize = keyboard_unrealize;
    dc->vmsd = &vmstate_keyboard;
    device_class_set_parent_reset(dc, keyboard_reset, &reset_cable);
    PS2_DEVICE_CLASS(oc)->take = keyboard_takes;
}

static const TypeInfo keyboard_types[] = {
    {
        .name = TYPE_PS2_KBD_DEVICE,
        .parent = TYPE_PS2_DEVICE,
        .instance_size = sizeof(Ps2Keyboard),
        .class_init = keyboard_class_init,
    },
};

DEFINE_TYPES(keyboard_types)
