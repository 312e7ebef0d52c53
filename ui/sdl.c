/*
 * -display sdl: a window for a console, by SDL 2.
 *
 * Ctrl-Alt-1 and so on choose another console, Ctrl-Alt-G lets go of the mouse or takes it,
 * Ctrl-Alt-F fills the screen, Ctrl-Alt-U gives the window the guest's size. A mouse that tells
 * motion is taken by a click; one that tells positions needn't be.
 *
 * All on the main thread. SDL's queue is looked at by a timer, as it has no descriptor to wait for.
 *
 * Reference: SDL 2 wiki, "CategoryVideo", "CategoryRender", "CategoryEvents".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#define SDL_MAIN_HANDLED
#include <SDL.h>
#include <linux/input-event-codes.h>
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/option.h"
#include "system/runstate.h"
#include "system/system.h"
#include "ui/console.h"
#include "ui/display.h"
#include "ui/input.h"

#define POLL_MS 10
#define NO_WIDTH  640 /* where there is no console */
#define NO_HEIGHT 480

typedef struct Window {
    Console *con; /* NULL: there is none */
    ConsoleListener listener;
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    uint32_t *pixels; /* a copy of the surface's */
    int width, height;
    guint timer;
    bool changed;  /* the texture isn't on the screen yet */
    bool grabbed, full, stays; /* stays: whoever closes the window doesn't end the machine */
    GHashTable *held; /* KEY_* that are down */
} Window;

static Window *w;

/* ---- The picture ---- */

static void set_title(void)
{
    g_autofree char *console = w->con ? console_describe(w->con) : g_strdup("no display");
    g_autofree char *title = g_strdup_printf("sysemu%s%s%s - %s%s", qemu_name ? " (" : "",
                                             qemu_name ? qemu_name : "", qemu_name ? ")" : "",
                                             console, w->grabbed ? " - Ctrl-Alt-G lets go of the mouse" : "");

    SDL_SetWindowTitle(w->window, title);
}

static void set_size(int width, int height)
{
    if (width == w->width && height == w->height) {
        return;
    }
    w->width = width;
    w->height = height;
    g_free(w->pixels);
    w->pixels = g_new0(uint32_t, (size_t)width * height);
    if (w->texture) {
        SDL_DestroyTexture(w->texture);
    }
    w->texture = SDL_CreateTexture(w->renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING,
                                   width, height);
    SDL_RenderSetLogicalSize(w->renderer, width, height);
    if (!w->full) {
        SDL_SetWindowSize(w->window, width, height);
    }
    w->changed = true;
}

static void surface_resized(ConsoleListener *l, Surface *s)
{
    set_size(s->width, s->height);
}

static void surface_updated(ConsoleListener *l, int x, int y, int width, int height)
{
    SDL_Rect r = { x, y, width, height };
    uint32_t *at = w->pixels + (size_t)y * w->width + x;

    surface_read(console_surface(l->console), x, y, width, height, at, w->width);
    if (w->texture) {
        SDL_UpdateTexture(w->texture, &r, at, w->width * sizeof(*at));
    }
    w->changed = true;
}

static void present(void)
{
    SDL_SetRenderDrawColor(w->renderer, 0, 0, 0, 255);
    SDL_RenderClear(w->renderer);
    if (w->texture) {
        SDL_RenderCopy(w->renderer, w->texture, NULL, NULL);
    }
    SDL_RenderPresent(w->renderer);
    w->changed = false;
}

static void surface_refreshed(ConsoleListener *l)
{
    if (w->changed) {
        present();
    }
}

static void show_console(Console *con);

static void console_gone(ConsoleListener *l)
{
    w->con = NULL;
    show_console(console_get(0));
}

static const ConsoleListenerOps listener_ops = {
    surface_resized,
    surface_updated,
    surface_refreshed,
    console_gone,
};

static void release_keys(void)
{
    GHashTableIter it;
    gpointer code;

    g_hash_table_iter_init(&it, w->held);
    while (g_hash_table_iter_next(&it, &code, NULL)) {
        input_send_key(w->con, GPOINTER_TO_UINT(code), false);
    }
    g_hash_table_remove_all(w->held);
    input_sync();
}

static void show_console(Console *con)
{
    console_unlisten(&w->listener);
    w->con = con;
    if (con) {
        console_listen(con, &w->listener);
    } else {
        set_size(NO_WIDTH, NO_HEIGHT);
        memset(w->pixels, 0, (size_t)w->width * w->height * sizeof(*w->pixels));
        SDL_UpdateTexture(w->texture, NULL, w->pixels, w->width * sizeof(*w->pixels));
    }
    set_title();
    present();
}

/* ---- Keys ---- */

/* Scancodes are numbers of USB's keyboards (HID usage tables, page 7). */
static const uint8_t keys[SDL_NUM_SCANCODES] = {
    [SDL_SCANCODE_A] = KEY_A, [SDL_SCANCODE_B] = KEY_B, [SDL_SCANCODE_C] = KEY_C,
    [SDL_SCANCODE_D] = KEY_D, [SDL_SCANCODE_E] = KEY_E, [SDL_SCANCODE_F] = KEY_F,
    [SDL_SCANCODE_G] = KEY_G, [SDL_SCANCODE_H] = KEY_H, [SDL_SCANCODE_I] = KEY_I,
    [SDL_SCANCODE_J] = KEY_J, [SDL_SCANCODE_K] = KEY_K, [SDL_SCANCODE_L] = KEY_L,
    [SDL_SCANCODE_M] = KEY_M, [SDL_SCANCODE_N] = KEY_N, [SDL_SCANCODE_O] = KEY_O,
    [SDL_SCANCODE_P] = KEY_P, [SDL_SCANCODE_Q] = KEY_Q, [SDL_SCANCODE_R] = KEY_R,
    [SDL_SCANCODE_S] = KEY_S, [SDL_SCANCODE_T] = KEY_T, [SDL_SCANCODE_U] = KEY_U,
    [SDL_SCANCODE_V] = KEY_V, [SDL_SCANCODE_W] = KEY_W, [SDL_SCANCODE_X] = KEY_X,
    [SDL_SCANCODE_Y] = KEY_Y, [SDL_SCANCODE_Z] = KEY_Z,
    [SDL_SCANCODE_1] = KEY_1, [SDL_SCANCODE_2] = KEY_2, [SDL_SCANCODE_3] = KEY_3,
    [SDL_SCANCODE_4] = KEY_4, [SDL_SCANCODE_5] = KEY_5, [SDL_SCANCODE_6] = KEY_6,
    [SDL_SCANCODE_7] = KEY_7, [SDL_SCANCODE_8] = KEY_8, [SDL_SCANCODE_9] = KEY_9,
    [SDL_SCANCODE_0] = KEY_0,
    [SDL_SCANCODE_RETURN] = KEY_ENTER, [SDL_SCANCODE_ESCAPE] = KEY_ESC,
    [SDL_SCANCODE_BACKSPACE] = KEY_BACKSPACE, [SDL_SCANCODE_TAB] = KEY_TAB,
    [SDL_SCANCODE_SPACE] = KEY_SPACE, [SDL_SCANCODE_MINUS] = KEY_MINUS,
    [SDL_SCANCODE_EQUALS] = KEY_EQUAL, [SDL_SCANCODE_LEFTBRACKET] = KEY_LEFTBRACE,
    [SDL_SCANCODE_RIGHTBRACKET] = KEY_RIGHTBRACE, [SDL_SCANCODE_BACKSLASH] = KEY_BACKSLASH,
    [SDL_SCANCODE_NONUSHASH] = KEY_BACKSLASH, [SDL_SCANCODE_SEMICOLON] = KEY_SEMICOLON,
    [SDL_SCANCODE_APOSTROPHE] = KEY_APOSTROPHE, [SDL_SCANCODE_GRAVE] = KEY_GRAVE,
    [SDL_SCANCODE_COMMA] = KEY_COMMA, [SDL_SCANCODE_PERIOD] = KEY_DOT,
    [SDL_SCANCODE_SLASH] = KEY_SLASH, [SDL_SCANCODE_CAPSLOCK] = KEY_CAPSLOCK,
    [SDL_SCANCODE_F1] = KEY_F1, [SDL_SCANCODE_F2] = KEY_F2, [SDL_SCANCODE_F3] = KEY_F3,
    [SDL_SCANCODE_F4] = KEY_F4, [SDL_SCANCODE_F5] = KEY_F5, [SDL_SCANCODE_F6] = KEY_F6,
    [SDL_SCANCODE_F7] = KEY_F7, [SDL_SCANCODE_F8] = KEY_F8, [SDL_SCANCODE_F9] = KEY_F9,
    [SDL_SCANCODE_F10] = KEY_F10, [SDL_SCANCODE_F11] = KEY_F11, [SDL_SCANCODE_F12] = KEY_F12,
    [SDL_SCANCODE_PRINTSCREEN] = KEY_SYSRQ, [SDL_SCANCODE_SCROLLLOCK] = KEY_SCROLLLOCK,
    [SDL_SCANCODE_PAUSE] = KEY_PAUSE, [SDL_SCANCODE_INSERT] = KEY_INSERT,
    [SDL_SCANCODE_HOME] = KEY_HOME, [SDL_SCANCODE_PAGEUP] = KEY_PAGEUP,
    [SDL_SCANCODE_DELETE] = KEY_DELETE, [SDL_SCANCODE_END] = KEY_END,
    [SDL_SCANCODE_PAGEDOWN] = KEY_PAGEDOWN, [SDL_SCANCODE_RIGHT] = KEY_RIGHT,
    [SDL_SCANCODE_LEFT] = KEY_LEFT, [SDL_SCANCODE_DOWN] = KEY_DOWN, [SDL_SCANCODE_UP] = KEY_UP,
    [SDL_SCANCODE_NUMLOCKCLEAR] = KEY_NUMLOCK, [SDL_SCANCODE_KP_DIVIDE] = KEY_KPSLASH,
    [SDL_SCANCODE_KP_MULTIPLY] = KEY_KPASTERISK, [SDL_SCANCODE_KP_MINUS] = KEY_KPMINUS,
    [SDL_SCANCODE_KP_PLUS] = KEY_KPPLUS, [SDL_SCANCODE_KP_ENTER] = KEY_KPENTER,
    [SDL_SCANCODE_KP_1] = KEY_KP1, [SDL_SCANCODE_KP_2] = KEY_KP2, [SDL_SCANCODE_KP_3] = KEY_KP3,
    [SDL_SCANCODE_KP_4] = KEY_KP4, [SDL_SCANCODE_KP_5] = KEY_KP5, [SDL_SCANCODE_KP_6] = KEY_KP6,
    [SDL_SCANCODE_KP_7] = KEY_KP7, [SDL_SCANCODE_KP_8] = KEY_KP8, [SDL_SCANCODE_KP_9] = KEY_KP9,
    [SDL_SCANCODE_KP_0] = KEY_KP0, [SDL_SCANCODE_KP_PERIOD] = KEY_KPDOT,
    [SDL_SCANCODE_NONUSBACKSLASH] = KEY_102ND, [SDL_SCANCODE_APPLICATION] = KEY_COMPOSE,
    [SDL_SCANCODE_KP_EQUALS] = KEY_KPEQUAL, [SDL_SCANCODE_INTERNATIONAL1] = KEY_RO,
    [SDL_SCANCODE_INTERNATIONAL2] = KEY_KATAKANAHIRAGANA, [SDL_SCANCODE_INTERNATIONAL3] = KEY_YEN,
    [SDL_SCANCODE_INTERNATIONAL4] = KEY_HENKAN, [SDL_SCANCODE_INTERNATIONAL5] = KEY_MUHENKAN,
    [SDL_SCANCODE_LCTRL] = KEY_LEFTCTRL, [SDL_SCANCODE_LSHIFT] = KEY_LEFTSHIFT,
    [SDL_SCANCODE_LALT] = KEY_LEFTALT, [SDL_SCANCODE_LGUI] = KEY_LEFTMETA,
    [SDL_SCANCODE_RCTRL] = KEY_RIGHTCTRL, [SDL_SCANCODE_RSHIFT] = KEY_RIGHTSHIFT,
    [SDL_SCANCODE_RALT] = KEY_RIGHTALT, [SDL_SCANCODE_RGUI] = KEY_RIGHTMETA,
};

static void grab(bool on)
{
    if (w->grabbed != on) {
        w->grabbed = on;
        SDL_SetRelativeMouseMode(on);
        SDL_SetWindowKeyboardGrab(w->window, on);
        set_title();
    }
}

static void fill_screen(bool on)
{
    w->full = on;
    SDL_SetWindowFullscreen(w->window, on ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    if (!on) {
        SDL_SetWindowSize(w->window, w->width, w->height);
    }
}

/* Ctrl-Alt with another key: it is for us. */
static bool take_hotkey(unsigned code)
{
    Console *con;

    if (!g_hash_table_contains(w->held, GUINT_TO_POINTER(KEY_LEFTCTRL)) ||
        !g_hash_table_contains(w->held, GUINT_TO_POINTER(KEY_LEFTALT))) {
        return false;
    }
    if (code >= KEY_1 && code <= KEY_9) {
        con = console_get(code - KEY_1);
        release_keys();
        if (con && con != w->con) {
            grab(false);
            show_console(con);
        }
    } else if (code == KEY_G) {
        release_keys();
        grab(!w->grabbed);
    } else if (code == KEY_F) {
        release_keys();
        fill_screen(!w->full);
    } else if (code == KEY_U) {
        SDL_RestoreWindow(w->window);
        SDL_SetWindowSize(w->window, w->width, w->height);
    } else {
        return false;
    }
    return true;
}

/* A key that SDL makes text of, which comes by itself. */
static bool types_text(const SDL_KeyboardEvent *e)
{
    return !(e->keysym.mod & (KMOD_CTRL | KMOD_ALT)) && e->keysym.sym >= ' ' &&
           e->keysym.sym != SDLK_DELETE && !(e->keysym.sym & SDLK_SCANCODE_MASK);
}

static void key(const SDL_KeyboardEvent *e)
{
    bool down = e->state == SDL_PRESSED;
    unsigned code = e->keysym.scancode < SDL_NUM_SCANCODES ? keys[e->keysym.scancode] : 0;

    if (!code || (down && take_hotkey(code)) ||
        (w->con && console_takes_keys(w->con) && types_text(e))) {
        return;
    }
    if (down) {
        g_hash_table_add(w->held, GUINT_TO_POINTER(code));
    } else if (!g_hash_table_remove(w->held, GUINT_TO_POINTER(code))) {
        return; /* it was ours, or pressed elsewhere */
    }
    input_send_key(w->con, code, down);
    input_sync();
}

static void text(const char *utf8)
{
    for (; w->con && console_takes_keys(w->con) && *utf8; utf8 = g_utf8_next_char(utf8)) {
        console_text(w->con, g_utf8_get_char(utf8));
    }
}

/* ---- The mouse ---- */

static void motion(const SDL_MouseMotionEvent *e)
{
    if (input_pointer_is_absolute()) {
        input_send_position(w->con, INPUT_X, MIN(MAX(e->x, 0), w->width - 1), w->width);
        input_send_position(w->con, INPUT_Y, MIN(MAX(e->y, 0), w->height - 1), w->height);
    } else if (w->grabbed) {
        input_send_motion(w->con, INPUT_X, e->xrel);
        input_send_motion(w->con, INPUT_Y, e->yrel);
    } else {
        return;
    }
    input_sync();
}

static void button(const SDL_MouseButtonEvent *e)
{
    static const struct {
        uint8_t sdl;
        InputButton button;
    } buttons[] = {
        { SDL_BUTTON_LEFT, INPUT_LEFT },   { SDL_BUTTON_MIDDLE, INPUT_MIDDLE },
        { SDL_BUTTON_RIGHT, INPUT_RIGHT }, { SDL_BUTTON_X1, INPUT_SIDE },
        { SDL_BUTTON_X2, INPUT_EXTRA },
    };
    bool down = e->state == SDL_PRESSED;

    if (!w->grabbed && !input_pointer_is_absolute()) {
        if (down && input_is_taken(INPUT_REL)) {
            grab(true);
        }
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(buttons); i++) {
        if (buttons[i].sdl == e->button) {
            input_send_button(w->con, buttons[i].button, down);
            input_sync();
        }
    }
}

static void turn(InputButton forth, InputButton back, int steps)
{
    for (int i = 0; i < abs(steps); i++) {
        for (int down = 1; down >= 0; down--) {
            input_send_button(w->con, steps > 0 ? forth : back, down);
            input_sync();
        }
    }
}

/* ---- The window ---- */

static void window_event(const SDL_WindowEvent *e)
{
    switch (e->event) {
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        present();
        break;
    case SDL_WINDOWEVENT_FOCUS_LOST:
        release_keys();
        grab(false);
        break;
    }
}

static void take_event(const SDL_Event *e)
{
    switch (e->type) {
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        key(&e->key);
        break;
    case SDL_TEXTINPUT:
        text(e->text.text);
        break;
    case SDL_MOUSEMOTION:
        motion(&e->motion);
        break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        button(&e->button);
        break;
    case SDL_MOUSEWHEEL:
        turn(INPUT_WHEEL_UP, INPUT_WHEEL_DOWN, e->wheel.y);
        turn(INPUT_WHEEL_RIGHT, INPUT_WHEEL_LEFT, e->wheel.x);
        break;
    case SDL_WINDOWEVENT:
        window_event(&e->window);
        break;
    case SDL_RENDER_TARGETS_RESET:
    case SDL_RENDER_DEVICE_RESET:
        show_console(w->con);
        break;
    case SDL_QUIT:
        if (!w->stays) {
            qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_UI);
        }
        break;
    }
}

static gboolean look(gpointer opaque)
{
    SDL_Event e;
    bool any = false;

    while (SDL_PollEvent(&e)) {
        take_event(&e);
        any = true;
    }
    if (!w->con && console_get(0)) {
        show_console(console_get(0));
    }
    if (any) {
        console_wake();
    }
    return G_SOURCE_CONTINUE;
}

/* ---- Life ---- */

static QemuOptsList sdl_options = {
    .name = "display",
    .head = QTAILQ_HEAD_INITIALIZER(sdl_options.head),
    .desc = {
        { .name = "full-screen", .type = QEMU_OPT_BOOL },
        { .name = "window-close", .type = QEMU_OPT_BOOL },
        { .name = "show-cursor", .type = QEMU_OPT_BOOL },
        { .name = "gl", .type = QEMU_OPT_BOOL },
        { NULL },
    },
};

static void sdl_end(void)
{
    if (w) {
        g_source_remove(w->timer);
        console_unlisten(&w->listener);
        SDL_Quit();
        g_hash_table_unref(w->held);
        g_free(w->pixels);
        g_clear_pointer(&w, g_free);
    }
}

static bool make_window(void)
{
    w->window = SDL_CreateWindow("sysemu", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, NO_WIDTH,
                                 NO_HEIGHT, SDL_WINDOW_RESIZABLE);
    if (w->window) {
        w->renderer = SDL_CreateRenderer(w->window, -1, 0);
    }
    return w->renderer != NULL;
}

static bool sdl_start(const char *options, Error **errp)
{
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&sdl_options, options ? options : "", false, errp);

    if (!opts) {
        return false;
    }
    if (qemu_opt_get_bool(opts, "gl", false)) {
        error_setg(errp, "gl=on: no device here draws by OpenGL");
        return false;
    }
    SDL_SetMainReady();
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    if (SDL_Init(SDL_INIT_VIDEO) != 0) {
        error_setg(errp, "no window: %s", SDL_GetError());
        return false;
    }
    w = g_new0(Window, 1);
    w->listener.ops = &listener_ops;
    w->held = g_hash_table_new(NULL, NULL);
    w->stays = !qemu_opt_get_bool(opts, "window-close", true);
    w->timer = g_timeout_add(POLL_MS, look, NULL);
    if (!make_window()) {
        error_setg(errp, "no window: %s", SDL_GetError());
        sdl_end();
        return false;
    }
    SDL_ShowCursor(qemu_opt_get_bool(opts, "show-cursor", true));
    SDL_StartTextInput();
    show_console(console_get(0));
    if (qemu_opt_get_bool(opts, "full-screen", false)) {
        fill_screen(true);
    }
    return true;
}

static const DisplayKind sdl_display = { "sdl", sdl_start, sdl_end };

static void register_sdl(void)
{
    display_register(&sdl_display);
}

type_init(register_sdl)
