/*
 * From whoever sits there to the machine's devices: see ui/input.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/timer.h"
#include "system/runstate.h"
#include "ui/input.h"

#define POINTER_KINDS (1u << INPUT_REL | 1u << INPUT_ABS)

struct InputHandler {
    const InputHandlerOps *ops;
    Object *device;
    void *opaque;
    unsigned index; /* in the list of mice */
    bool touched;   /* events since the last sync */
    QTAILQ_ENTRY(InputHandler) link;
};

/* The front one first. */
static QTAILQ_HEAD(, InputHandler) handlers = QTAILQ_HEAD_INITIALIZER(handlers);
static unsigned next_index;

InputHandler *input_handler_new(const InputHandlerOps *ops, Object *device, void *opaque)
{
    InputHandler *h = g_new0(InputHandler, 1);

    h->ops = ops;
    h->device = device;
    h->opaque = opaque;
    h->index = ops->kinds & POINTER_KINDS ? next_index++ : 0;
    QTAILQ_INSERT_HEAD(&handlers, h, link);
    return h;
}

void input_handler_free(InputHandler *h)
{
    if (h) {
        QTAILQ_REMOVE(&handlers, h, link);
        g_free(h);
    }
}

void input_handler_activate(InputHandler *h)
{
    QTAILQ_REMOVE(&handlers, h, link);
    QTAILQ_INSERT_HEAD(&handlers, h, link);
}

static InputHandler *front(unsigned kinds)
{
    InputHandler *h;

    QTAILQ_FOREACH(h, &handlers, link) {
        if (h->ops->kinds & kinds) {
            return h;
        }
    }
    return NULL;
}

/* Buttons are those of the device that points. */
static InputHandler *handler_for(InputKind kind)
{
    InputHandler *pointer = kind == INPUT_BUTTON ? front(POINTER_KINDS) : NULL;

    return pointer && pointer->ops->kinds & 1u << INPUT_BUTTON ? pointer : front(1u << kind);
}

bool input_is_taken(InputKind kind)
{
    return handler_for(kind) != NULL;
}

bool input_pointer_is_absolute(void)
{
    InputHandler *h = front(POINTER_KINDS);

    return h && h->ops->kinds & 1u << INPUT_ABS;
}

void input_send(Console *con, const InputEvent *event)
{
    bool releases = event->kind <= INPUT_BUTTON && !event->value;
    InputHandler *h;

    console_wake();
    if (event->kind == INPUT_KEY && con && console_takes_keys(con)) {
        console_key(con, event->code, event->value);
        return;
    }
    h = handler_for(event->kind);
    if (h && (releases || runstate_is_running() || runstate_check(RUN_STATE_SUSPENDED))) {
        h->ops->event(h->opaque, event);
        h->touched = true;
    }
}

void input_sync(void)
{
    InputHandler *h, *next;

    QTAILQ_FOREACH_SAFE(h, &handlers, link, next) {
        if (h->touched) {
            h->touched = false;
            if (h->ops->sync) {
                h->ops->sync(h->opaque);
            }
        }
    }
}

void input_send_key(Console *con, unsigned code, bool down)
{
    input_send(con, &(InputEvent){ INPUT_KEY, code, down });
}

void input_send_button(Console *con, InputButton button, bool down)
{
    input_send(con, &(InputEvent){ INPUT_BUTTON, button, down });
}

void input_send_motion(Console *con, InputAxis axis, int delta)
{
    input_send(con, &(InputEvent){ INPUT_REL, axis, delta });
}

void input_send_position(Console *con, InputAxis axis, int position, int size)
{
    int64_t last = MAX(size - 1, 1);

    input_send(con, &(InputEvent){ INPUT_ABS, axis,
                                   CLAMP(position, 0, last) * INPUT_ABS_MAX / last });
}

/* ---- Keys that are pressed for somebody ---- */

/* A step: key events, and how long it is to the next one. */
typedef struct KeyStep {
    uint16_t code;
    bool down;
    unsigned pause_ms; /* behind it */
} KeyStep;

static GQueue steps = G_QUEUE_INIT;
static QEMUTimer *step_timer;

static void next_steps(void *opaque)
{
    g_autofree KeyStep *step = NULL;
    unsigned pause = 0;

    while (!pause && (step = g_queue_pop_head(&steps)) != NULL) {
        input_send_key(NULL, step->code, step->down);
        input_sync();
        pause = step->pause_ms;
        g_clear_pointer(&step, g_free);
    }
    if (pause) {
        timer_mod(step_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + pause);
    }
}

static void add_step(uint16_t code, bool down, unsigned pause_ms)
{
    KeyStep *step = g_new(KeyStep, 1);

    *step = (KeyStep){ code, down, pause_ms };
    g_queue_push_tail(&steps, step);
}

void input_press_keys(const uint16_t *codes, unsigned n, unsigned hold_ms)
{
    bool idle;

    step_timer = step_timer ? step_timer : timer_new_ms(QEMU_CLOCK_VIRTUAL, next_steps, NULL);
    idle = !timer_pending(step_timer);
    for (unsigned i = 0; i < n; i++) {
        add_step(codes[i], true, i == n - 1 ? MAX(hold_ms, 1) : 0);
    }
    for (unsigned i = n; i-- > 0;) {
        add_step(codes[i], false, i ? 0 : 1);
    }
    if (idle) {
        next_steps(NULL);
    }
}

/* ---- Pointing devices ---- */

GArray *input_mice(void)
{
    GArray *mice = g_array_new(FALSE, FALSE, sizeof(InputMouse));
    InputHandler *h;

    QTAILQ_FOREACH(h, &handlers, link) {
        InputMouse mouse = { h->ops->name, h->index, mice->len == 0,
                             (h->ops->kinds & 1u << INPUT_ABS) != 0 };

        if (h->ops->kinds & POINTER_KINDS) {
            g_array_append_val(mice, mouse);
        }
    }
    return mice;
}

bool input_mouse_set(int64_t index, Error **errp)
{
    InputHandler *h;

    QTAILQ_FOREACH(h, &handlers, link) {
        if ((h->ops->kinds & POINTER_KINDS) && h->index == index) {
            input_handler_activate(h);
            return true;
        }
    }
    error_setg(errp, "Mouse at index '%" PRId64 "' not found", index);
    return false;
}
