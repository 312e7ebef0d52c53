/*
 * Input: keys, buttons and motion, from whoever sits there to the machine's devices.
 *
 * A keyboard or pointing device registers a handler. An event goes to one handler: the one in front
 * of those that take its kind. Handlers are in front of those that were registered before, until
 * `mouse_set` or their driver moves one to the front.
 *
 * What belongs together ends with input_sync(). All of this under the big lock; while the machine
 * is stopped, nothing but releases gets through.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UI_INPUT_H
#define UI_INPUT_H

#include "qemu/osdep.h"
#include "qom/object.h"
#include "ui/console.h"

typedef enum InputKind {
    INPUT_KEY,    /* code: KEY_* of linux/input-event-codes.h; value: 1 down, 0 up */
    INPUT_BUTTON, /* code: InputButton; value: 1 down, 0 up */
    INPUT_REL,    /* code: InputAxis; value: how far, in steps */
    INPUT_ABS,    /* code: InputAxis; value: 0 to INPUT_ABS_MAX */
} InputKind;

typedef enum InputAxis { INPUT_X, INPUT_Y } InputAxis;

/* In the order of the names that QMP has for them. */
typedef enum InputButton {
    INPUT_LEFT,
    INPUT_MIDDLE,
    INPUT_RIGHT,
    INPUT_WHEEL_UP,
    INPUT_WHEEL_DOWN,
    INPUT_SIDE,
    INPUT_EXTRA,
    INPUT_WHEEL_LEFT,
    INPUT_WHEEL_RIGHT,
    INPUT_NUM_BUTTONS
} InputButton;

#define INPUT_ABS_MAX 0x7fff

typedef struct InputEvent {
    InputKind kind;
    uint16_t code;
    int32_t value;
} InputEvent;

typedef struct InputHandler InputHandler;

typedef struct InputHandlerOps {
    const char *name; /* "virtio-tablet", for people */
    unsigned kinds;   /* 1 << InputKind, of what it takes */
    void (*event)(void *opaque, const InputEvent *event);
    void (*sync)(void *opaque); /* may be NULL */
} InputHandlerOps;

/* `device` is whose it is, NULL: nobody's. */
InputHandler *input_handler_new(const InputHandlerOps *ops, Object *device, void *opaque);
void input_handler_free(InputHandler *h); /* NULL is fine */
/* To the front: its driver is there. */
void input_handler_activate(InputHandler *h);

/* ---- Sending ---- */

/*
 * `con`: where the sender looks; keys go to that console if it takes them, and everything else to
 * the devices. NULL: to the devices.
 */
void input_send(Console *con, const InputEvent *event);
void input_sync(void);

void input_send_key(Console *con, unsigned code, bool down);
void input_send_button(Console *con, InputButton button, bool down);
void input_send_motion(Console *con, InputAxis axis, int delta);
/* A position from 0 to size - 1. */
void input_send_position(Console *con, InputAxis axis, int position, int size);

/* Whether anything takes events of that kind. */
bool input_is_taken(InputKind kind);
/* Whether the pointing device in front wants positions, not motion. */
bool input_pointer_is_absolute(void);

/*
 * Presses the keys one after another and releases them hold_ms of guest time later, the last one
 * first. Behind what is still on its way.
 */
void input_press_keys(const uint16_t *codes, unsigned n, unsigned hold_ms);

/* ---- Pointing devices ---- */

typedef struct InputMouse {
    const char *name;
    unsigned index;
    bool current, absolute;
} InputMouse;

/* A GArray of InputMouse, the current one first. */
GArray *input_mice(void);
/* Makes one the current one. */
bool input_mouse_set(int64_t index, Error **errp);

/* ---- Keys and their names (ui/keys.c) ---- */

/* By QMP's name ("ret", "ctrl_r") or number (PC scan code, set 1, | 0x80 behind e0); 0: none. */
unsigned input_key_by_name(const char *name);
unsigned input_key_by_number(int64_t number);
/* The other way round; NULL, 0 where there is none. */
const char *input_key_name(unsigned code);
unsigned input_key_number(unsigned code);
/* "left", … of a button; -1: there is none of that name. */
int input_button_by_name(const char *name);
/* Names that begin with `prefix`, for completion: appended, newly allocated. */
void input_complete_keys(GPtrArray *matches, const char *prefix, const char *before);

/* ---- Layouts (ui/keymap.c) ---- */

/* A keyboard of the person's: "en-us", "de" …, or a name of xkb's: "us", "fr(bepo)". */
bool input_set_layout(const char *name, Error **errp);
/* The key that types that X keysym with the layout; 0: none does. */
unsigned input_key_for_keysym(uint32_t keysym);

#endif
