/*
 * Consoles, their listeners and the timer that asks for news: see ui/console.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "ui/console.h"

/* Between two looks, in ms: while something happens, and while nothing does. */
#define INTERVAL_BUSY 33
#define INTERVAL_IDLE 200
/* So many looks without news, and the screen is idle. */
#define LOOKS_UNTIL_IDLE 30

struct Console {
    Object *device;
    unsigned head;
    const ConsoleOps *ops;
    void *opaque;
    Surface *surface;
    QTAILQ_HEAD(, ConsoleListener) listeners;
    bool changed; /* since the last look */
};

static GPtrArray *consoles; /* in the order of their making */
static QEMUTimer *look_timer; /* NULL: nobody looks */
static unsigned looks_without_news;
static unsigned watched; /* listeners in all */

static void schedule_look(unsigned ms)
{
    timer_mod(look_timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + ms);
}

void console_refresh(Console *con)
{
    ConsoleListener *l, *next;

    con->changed = false;
    con->ops->refresh(con->opaque);
    QTAILQ_FOREACH_SAFE(l, &con->listeners, link, next) {
        if (l->ops->refreshed) {
            l->ops->refreshed(l);
        }
    }
}

static void look(void *opaque)
{
    bool news = false;

    for (guint i = 0; i < consoles->len; i++) {
        Console *con = consoles->pdata[i];

        if (!QTAILQ_EMPTY(&con->listeners)) {
            console_refresh(con);
            news |= con->changed;
        }
    }
    looks_without_news = news ? 0 : looks_without_news + 1;
    if (look_timer) { /* the last listener may have left */
        schedule_look(looks_without_news < LOOKS_UNTIL_IDLE ? INTERVAL_BUSY : INTERVAL_IDLE);
    }
}

void console_wake(void)
{
    if (look_timer && looks_without_news >= LOOKS_UNTIL_IDLE) {
        schedule_look(0);
    }
    looks_without_news = 0;
}

static void refresh_nothing(void *opaque)
{
}

Console *console_new(Object *device, unsigned head, const ConsoleOps *ops, void *opaque)
{
    static const ConsoleOps none = { .refresh = refresh_nothing };
    Console *con = g_new0(Console, 1);
    guint at = 0; /* screens come before text consoles */

    con->device = device;
    con->head = head;
    con->ops = ops ? ops : &none;
    con->opaque = opaque;
    con->surface = surface_new(640, 480);
    QTAILQ_INIT(&con->listeners);
    consoles = consoles ? consoles : g_ptr_array_new();
    while (at < consoles->len && !console_takes_keys(consoles->pdata[at])) {
        at++;
    }
    g_ptr_array_insert(consoles, console_takes_keys(con) ? -1 : (gint)at, con);
    return con;
}

void console_free(Console *con)
{
    ConsoleListener *l;

    if (!con) {
        return;
    }
    g_ptr_array_remove(consoles, con);
    while ((l = QTAILQ_FIRST(&con->listeners)) != NULL) {
        console_unlisten(l);
        l->ops->gone(l);
    }
    surface_unref(con->surface);
    g_free(con);
}

void console_set_surface(Console *con, Surface *s)
{
    ConsoleListener *l, *next;

    surface_unref(con->surface);
    con->surface = s;
    QTAILQ_FOREACH_SAFE(l, &con->listeners, link, next) {
        l->ops->resized(l, s);
    }
    console_update_all(con);
}

Surface *console_surface(const Console *con)
{
    return con->surface;
}

void console_update(Console *con, int x, int y, int width, int height)
{
    ConsoleListener *l, *next;

    if (!surface_clip(con->surface, &x, &y, &width, &height)) {
        return;
    }
    con->changed = true;
    QTAILQ_FOREACH_SAFE(l, &con->listeners, link, next) {
        l->ops->updated(l, x, y, width, height);
    }
}

void console_update_all(Console *con)
{
    console_update(con, 0, 0, con->surface->width, con->surface->height);
}

Console *console_get(unsigned index)
{
    return consoles && index < consoles->len ? consoles->pdata[index] : NULL;
}

unsigned console_index(const Console *con)
{
    guint index = 0;

    g_ptr_array_find(consoles, con, &index);
    return index;
}

bool console_exists(const Console *con)
{
    return consoles && g_ptr_array_find(consoles, con, NULL);
}

Console *console_of_device(const Object *device, unsigned head)
{
    for (guint i = 0; consoles && i < consoles->len; i++) {
        Console *con = consoles->pdata[i];

        if ((con->device == device || (con->device && con->device->parent == device)) &&
            con->head == head) {
            return con;
        }
    }
    return NULL;
}

Object *console_device(const Console *con)
{
    return con->device;
}

unsigned console_head(const Console *con)
{
    return con->head;
}

char *console_describe(const Console *con)
{
    return g_strdup_printf("%u: %s", console_index(con),
                           con->device ? object_get_typename(con->device) : "text");
}

bool console_takes_keys(const Console *con)
{
    return con->ops->key != NULL;
}

void console_key(Console *con, unsigned code, bool down)
{
    if (con->ops->key) {
        con->ops->key(con->opaque, code, down);
    }
}

void console_text(Console *con, uint32_t unicode)
{
    if (con->ops->text) {
        con->ops->text(con->opaque, unicode);
    }
}

void console_listen(Console *con, ConsoleListener *l)
{
    l->console = con;
    QTAILQ_INSERT_TAIL(&con->listeners, l, link);
    if (watched++ == 0) {
        look_timer = timer_new_ms(QEMU_CLOCK_REALTIME, look, NULL);
        looks_without_news = 0;
        schedule_look(0);
    }
    l->ops->resized(l, con->surface);
    l->ops->updated(l, 0, 0, con->surface->width, con->surface->height);
}

void console_unlisten(ConsoleListener *l)
{
    if (!l->console) {
        return;
    }
    QTAILQ_REMOVE(&l->console->listeners, l, link);
    l->console = NULL;
    if (--watched == 0) {
        g_clear_pointer(&look_timer, timer_free);
    }
}
