/*
 * Consoles: what a guest's screens show, and who looks at them.
 *
 * A display device makes a console for each of its heads. It gives it a surface, and says which
 * part of that has changed. Listeners (a VNC server) are told both. A device looks for changes only
 * when it is asked to, by refresh(): which happens as long as somebody listens, some thirty times
 * a second, less often while nothing changes; and once before a picture is taken.
 *
 * Everything here runs on the main thread or under the big lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UI_CONSOLE_H
#define UI_CONSOLE_H

#include "qemu/osdep.h"
#include "qemu/queue.h"
#include "qom/object.h"
#include "ui/surface.h"

typedef struct Console Console;
typedef struct ConsoleListener ConsoleListener;

typedef struct ConsoleOps {
    /*
     * Brings the surface up to date: console_set_surface() if it is another one now, then
     * console_update() for what has changed since the last call.
     */
    void (*refresh)(void *opaque);
    /* Takes a key (KEY_* of Linux); NULL: keys go to the machine's keyboard. */
    void (*key)(void *opaque, unsigned code, bool down);
    /* Takes a typed character; NULL: it has no use for them. */
    void (*text)(void *opaque, uint32_t unicode);
} ConsoleOps;

/*
 * `device` is whose screen it is (NULL: nobody's), `head` which of several. Consoles are numbered
 * in the order of their making, those that take keys themselves behind the others. It begins with a
 * black surface of 640 x 480.
 */
Console *console_new(Object *device, unsigned head, const ConsoleOps *ops, void *opaque);
/* Its listeners are told (gone). NULL is fine. */
void console_free(Console *con);

/* Shows `s` from now on, of which it takes over the reference; all of it has changed. */
void console_set_surface(Console *con, Surface *s);
Surface *console_surface(const Console *con);
/* This part of the surface has changed; what lies outside of it is cut off. */
void console_update(Console *con, int x, int y, int width, int height);
void console_update_all(Console *con);

/* ---- Which there are ---- */

/* NULL past the last one. */
Console *console_get(unsigned index);
unsigned console_index(const Console *con);
/* Whether there is a console at this address: for who remembers one without listening to it. */
bool console_exists(const Console *con);
/* The first of a device (or of what is in it), `head` 0; NULL: there is none. */
Console *console_of_device(const Object *device, unsigned head);
Object *console_device(const Console *con); /* may be NULL */
unsigned console_head(const Console *con);
/* "0: VGA", for people. Free it. */
char *console_describe(const Console *con);
/* True where keys and text go to the console itself. */
bool console_takes_keys(const Console *con);
void console_key(Console *con, unsigned code, bool down);
void console_text(Console *con, uint32_t unicode);

/* ---- Looking ---- */

typedef struct ConsoleListenerOps {
    /* There is another surface. `updated` for all of it follows. */
    void (*resized)(ConsoleListener *l, Surface *s);
    void (*updated)(ConsoleListener *l, int x, int y, int width, int height);
    /* That was all for now. May be NULL. */
    void (*refreshed)(ConsoleListener *l);
    /* The console has gone, and with it the listening. */
    void (*gone)(ConsoleListener *l);
} ConsoleListenerOps;

struct ConsoleListener {
    const ConsoleListenerOps *ops;
    Console *console; /* NULL: not listening */
    QTAILQ_ENTRY(ConsoleListener) link; /* private */
};

/* Begins with resized() and updated() for all that is there. */
void console_listen(Console *con, ConsoleListener *l);
void console_unlisten(ConsoleListener *l);
/* One refresh(), now. */
void console_refresh(Console *con);
/* Somebody does something: the next refresh comes soon. */
void console_wake(void);

/* ---- Pictures ---- */

typedef enum ImageFormat { IMAGE_PPM, IMAGE_PNG } ImageFormat;

/* Writes what is on the screen to a file; false with *errp set on failure. */
bool console_dump(Console *con, const char *filename, ImageFormat format, Error **errp);

#endif
