/*
 * The front end of a character device: what a UART or the monitor holds.
 *
 * A device embeds a CharBackend (usually as the property DEFINE_PROP_CHR("chardev", S, chr)), sets
 * its handlers at realize, and writes. With no back end connected every call is a harmless no-op
 * and writing pretends to succeed.
 *
 * Flow control: the back end delivers at most what can_read returns; a device that returned 0 calls
 * qemu_chr_fe_accept_input() when it has room again. Nothing is lost in between.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHARDEV_CHAR_FE_H
#define CHARDEV_CHAR_FE_H

#include "qemu/osdep.h"
#include "chardev/char.h"

typedef int IOCanReadHandler(void *opaque);
typedef void IOReadHandler(void *opaque, const uint8_t *buf, int size);
typedef void IOEventHandler(void *opaque, QEMUChrEvent event);
typedef int BackendChangeHandler(void *opaque);

struct CharBackend {
    Chardev *chr;
    IOCanReadHandler *chr_can_read; /* how many bytes the device can take now */
    IOReadHandler *chr_read;        /* takes them; len is at most what chr_can_read returned */
    IOEventHandler *chr_event;
    BackendChangeHandler *chr_be_change;
    void *opaque;
    bool fe_open;
};

/* Connects a front end to `s` (NULL: to nothing). False with *errp set if `s` is taken. */
bool qemu_chr_fe_init(CharBackend *b, Chardev *s, Error **errp);
/* Disconnects; `del` also closes and frees the back end. */
void qemu_chr_fe_deinit(CharBackend *b, bool del);

/* The back end, or NULL. */
Chardev *qemu_chr_fe_get_driver(CharBackend *be);
/* There is a back end object. */
bool qemu_chr_fe_backend_connected(CharBackend *be);
/* There is a back end, and its other side is there. */
bool qemu_chr_fe_backend_open(CharBackend *be);

/*
 * Sets what is called for input and events; NULL handlers drop input. With set_open the front end
 * opens (or, all handlers NULL, closes), and gets CHR_EVENT_OPENED if the other side is there
 * already. `context` must be NULL (the main loop).
 */
void qemu_chr_fe_set_handlers(CharBackend *be, IOCanReadHandler *can_read, IOReadHandler *read,
                              IOEventHandler *event, BackendChangeHandler *be_change, void *opaque,
                              GMainContext *context, bool set_open);

/* can_read would return more than 0 again: what waits is delivered before this returns. */
void qemu_chr_fe_accept_input(CharBackend *be);
/*
 * Waits up to timeout_ms for input and delivers it before it returns, on the calling thread (with
 * the big lock). For the rare device whose guest can't go on without an answer. False: nothing has
 * come, the other side isn't there, or the back end can't wait (only sockets can).
 */
bool qemu_chr_fe_wait_input(CharBackend *be, int timeout_ms);
/* A mux gives its input to this front end. */
void qemu_chr_fe_take_focus(CharBackend *be);
/* What `info chardev` says about the front end. */
void qemu_chr_fe_set_open(CharBackend *be, int fe_open);

/* Writes what goes without blocking: number of bytes, which may be less than len; -1 with errno
 * (EAGAIN: try again). */
int qemu_chr_fe_write(CharBackend *be, const uint8_t *buf, int len);
/* Writes all, waiting if it must. Not for guest-driven output that may stall for long. */
int qemu_chr_fe_write_all(CharBackend *be, const uint8_t *buf, int len);
void qemu_chr_fe_printf(CharBackend *be, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/* Return FALSE to be removed. */
typedef gboolean (*FEWatchFunc)(void *do_not_use, GIOCondition condition, void *data);
/* Calls func when writing is worth trying again (G_IO_OUT | G_IO_HUP); a tag for
 * g_source_remove(), 0 if the back end can't say. */
guint qemu_chr_fe_add_watch(CharBackend *be, GIOCondition cond, FEWatchFunc func, void *user_data);
/* -ENOTSUP where the back end has no such control. */
int qemu_chr_fe_ioctl(CharBackend *be, int cmd, void *arg);

#endif
