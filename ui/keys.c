/*
 * Keys: QMP's names, Linux's codes, and the scan codes of a PC's keyboard.
 *
 * References: linux/input-event-codes.h; Microsoft, "Keyboard Scan Code Specification", revision
 * 1.3a (set 1; those behind the prefix e0 have bit 7 set here, as programs that speak to monitors
 * write them).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/input-event-codes.h>
#include "ui/input.h"

typedef struct KeyName {
    const char *name;
    uint16_t code;
    uint8_t number; /* 0: the code itself, which is so up to KEY_F12 */
} KeyName;

/* Where a key has two names, the one to be shown comes first. */
static const KeyName key_names[] = {
    { "esc", KEY_ESC },
    { "1", KEY_1 }, { "2", KEY_2 }, { "3", KEY_3 }, { "4", KEY_4 }, { "5", KEY_5 },
    { "6", KEY_6 }, { "7", KEY_7 }, { "8", KEY_8 }, { "9", KEY_9 }, { "0", KEY_0 },
    { "minus", KEY_MINUS }, { "equal", KEY_EQUAL }, { "backspace", KEY_BACKSPACE },
    { "tab", KEY_TAB },
    { "q", KEY_Q }, { "w", KEY_W }, { "e", KEY_E }, { "r", KEY_R }, { "t", KEY_T },
    { "y", KEY_Y }, { "u", KEY_U }, { "i", KEY_I }, { "o", KEY_O }, { "p", KEY_P },
    { "bracket_left", KEY_LEFTBRACE }, { "bracket_right", KEY_RIGHTBRACE },
    { "ret", KEY_ENTER }, { "ctrl", KEY_LEFTCTRL },
    { "a", KEY_A }, { "s", KEY_S }, { "d", KEY_D }, { "f", KEY_F }, { "g", KEY_G },
    { "h", KEY_H }, { "j", KEY_J }, { "k", KEY_K }, { "l", KEY_L },
    { "semicolon", KEY_SEMICOLON }, { "apostrophe", KEY_APOSTROPHE },
    { "grave_accent", KEY_GRAVE }, { "shift", KEY_LEFTSHIFT }, { "backslash", KEY_BACKSLASH },
    { "z", KEY_Z }, { "x", KEY_X }, { "c", KEY_C }, { "v", KEY_V }, { "b", KEY_B },
    { "n", KEY_N }, { "m", KEY_M },
    { "comma", KEY_COMMA }, { "dot", KEY_DOT }, { "slash", KEY_SLASH },
    { "shift_r", KEY_RIGHTSHIFT }, { "kp_multiply", KEY_KPASTERISK },
    { "asterisk", KEY_KPASTERISK }, { "alt", KEY_LEFTALT }, { "spc", KEY_SPACE },
    { "caps_lock", KEY_CAPSLOCK },
    { "f1", KEY_F1 }, { "f2", KEY_F2 }, { "f3", KEY_F3 }, { "f4", KEY_F4 }, { "f5", KEY_F5 },
    { "f6", KEY_F6 }, { "f7", KEY_F7 }, { "f8", KEY_F8 }, { "f9", KEY_F9 }, { "f10", KEY_F10 },
    { "num_lock", KEY_NUMLOCK }, { "scroll_lock", KEY_SCROLLLOCK },
    { "kp_7", KEY_KP7 }, { "kp_8", KEY_KP8 }, { "kp_9", KEY_KP9 },
    { "kp_subtract", KEY_KPMINUS },
    { "kp_4", KEY_KP4 }, { "kp_5", KEY_KP5 }, { "kp_6", KEY_KP6 }, { "kp_add", KEY_KPPLUS },
    { "kp_1", KEY_KP1 }, { "kp_2", KEY_KP2 }, { "kp_3", KEY_KP3 }, { "kp_0", KEY_KP0 },
    { "kp_decimal", KEY_KPDOT }, { "less", KEY_102ND }, { "f11", KEY_F11 }, { "f12", KEY_F12 },

    { "ro", KEY_RO, 0x73 }, { "hiragana", KEY_HIRAGANA, 0x77 }, { "henkan", KEY_HENKAN, 0x79 },
    { "katakanahiragana", KEY_KATAKANAHIRAGANA, 0x70 }, { "muhenkan", KEY_MUHENKAN, 0x7b },
    { "yen", KEY_YEN, 0x7d }, { "kp_comma", KEY_KPCOMMA, 0x7e }, { "kp_equals", KEY_KPEQUAL, 0x59 },
    { "lang1", KEY_HANGEUL, 0x72 }, { "lang2", KEY_HANJA, 0x71 },
    { "kp_enter", KEY_KPENTER, 0x9c }, { "ctrl_r", KEY_RIGHTCTRL, 0x9d },
    { "kp_divide", KEY_KPSLASH, 0xb5 }, { "print", KEY_SYSRQ, 0xb7 },
    { "sysrq", KEY_SYSRQ, 0x54 }, { "alt_r", KEY_RIGHTALT, 0xb8 },
    { "home", KEY_HOME, 0xc7 }, { "up", KEY_UP, 0xc8 }, { "pgup", KEY_PAGEUP, 0xc9 },
    { "left", KEY_LEFT, 0xcb }, { "right", KEY_RIGHT, 0xcd }, { "end", KEY_END, 0xcf },
    { "down", KEY_DOWN, 0xd0 }, { "pgdn", KEY_PAGEDOWN, 0xd1 }, { "insert", KEY_INSERT, 0xd2 },
    { "delete", KEY_DELETE, 0xd3 }, { "pause", KEY_PAUSE, 0xc6 },
    { "meta_l", KEY_LEFTMETA, 0xdb }, { "meta_r", KEY_RIGHTMETA, 0xdc },
    { "compose", KEY_COMPOSE, 0xdd }, { "menu", KEY_COMPOSE, 0xdd },
    { "audiomute", KEY_MUTE, 0xa0 }, { "volumedown", KEY_VOLUMEDOWN, 0xae },
    { "volumeup", KEY_VOLUMEUP, 0xb0 }, { "audionext", KEY_NEXTSONG, 0x99 },
    { "audioprev", KEY_PREVIOUSSONG, 0x90 }, { "audiostop", KEY_STOPCD, 0xa4 },
    { "audioplay", KEY_PLAYPAUSE, 0xa2 }, { "mediaselect", KEY_MEDIA, 0xed },
    { "mail", KEY_MAIL, 0xec }, { "calculator", KEY_CALC, 0xa1 },
    { "computer", KEY_COMPUTER, 0xeb }, { "ac_home", KEY_HOMEPAGE, 0xb2 },
    { "ac_back", KEY_BACK, 0xea }, { "ac_forward", KEY_FORWARD, 0xe9 },
    { "ac_refresh", KEY_REFRESH, 0xe7 }, { "ac_bookmarks", KEY_BOOKMARKS, 0xe6 },
    { "power", KEY_POWER, 0xde }, { "sleep", KEY_SLEEP, 0xdf }, { "wake", KEY_WAKEUP, 0xe3 },
    /* a Sun keyboard's: no PC has them */
    { "stop", KEY_STOP }, { "again", KEY_AGAIN }, { "props", KEY_PROPS }, { "undo", KEY_UNDO },
    { "front", KEY_FRONT }, { "copy", KEY_COPY }, { "open", KEY_OPEN }, { "paste", KEY_PASTE },
    { "find", KEY_FIND }, { "cut", KEY_CUT }, { "lf", KEY_LINEFEED }, { "help", KEY_HELP },
    { "f13", KEY_F13 }, { "f14", KEY_F14 }, { "f15", KEY_F15 }, { "f16", KEY_F16 },
    { "f17", KEY_F17 }, { "f18", KEY_F18 }, { "f19", KEY_F19 }, { "f20", KEY_F20 },
    { "f21", KEY_F21 }, { "f22", KEY_F22 }, { "f23", KEY_F23 }, { "f24", KEY_F24 },
};

static unsigned number_of(const KeyName *key)
{
    return key->number ? key->number : key->code <= KEY_F12 ? key->code : 0;
}

unsigned input_key_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(key_names); i++) {
        if (g_str_equal(key_names[i].name, name)) {
            return key_names[i].code;
        }
    }
    return 0;
}

unsigned input_key_by_number(int64_t number)
{
    for (size_t i = 0; number && i < ARRAY_SIZE(key_names); i++) {
        if (number_of(&key_names[i]) == number) {
            return key_names[i].code;
        }
    }
    return 0;
}

static const KeyName *find_code(unsigned code)
{
    for (size_t i = 0; i < ARRAY_SIZE(key_names); i++) {
        if (key_names[i].code == code) {
            return &key_names[i];
        }
    }
    return NULL;
}

const char *input_key_name(unsigned code)
{
    const KeyName *key = find_code(code);

    return key ? key->name : NULL;
}

unsigned input_key_number(unsigned code)
{
    const KeyName *key = find_code(code);

    return key ? number_of(key) : 0;
}

int input_button_by_name(const char *name)
{
    static const char *const names[INPUT_NUM_BUTTONS] = {
        [INPUT_LEFT] = "left",             [INPUT_MIDDLE] = "middle",
        [INPUT_RIGHT] = "right",           [INPUT_WHEEL_UP] = "wheel-up",
        [INPUT_WHEEL_DOWN] = "wheel-down", [INPUT_SIDE] = "side",
        [INPUT_EXTRA] = "extra",           [INPUT_WHEEL_LEFT] = "wheel-left",
        [INPUT_WHEEL_RIGHT] = "wheel-right",
    };

    for (int i = 0; i < INPUT_NUM_BUTTONS; i++) {
        if (g_str_equal(names[i], name)) {
            return i;
        }
    }
    return -1;
}

void input_complete_keys(GPtrArray *matches, const char *prefix, const char *before)
{
    for (size_t i = 0; i < ARRAY_SIZE(key_names); i++) {
        if (g_str_has_prefix(key_names[i].name, prefix)) {
            g_ptr_array_add(matches, g_strconcat(before, key_names[i].name, NULL));
        }
    }
}
