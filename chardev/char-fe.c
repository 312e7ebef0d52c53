/*
 * The front end's side of a character device.
 *
 * Every class has all the methods (char.c gives those that do nothing), so what a front end asks
 * for goes straight to the class of its back end; only "no back end" is answered here.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "char-internal.h"
#include "char-queue.h"
#include "qemu/main-loop.h"

/* Calls a method of the back end's class; `nobody` where there is no back end. */
#define ASK(fe, nobody, method, ...) \
    ((fe)->chr ? CHARDEV_GET_CLASS((fe)->chr)->method((fe)->chr, ##__VA_ARGS__) : (nobody))

/* --- connecting --- */

bool qemu_chr_fe_init(CharBackend *b, Chardev *s, Error **errp)
{
    CharBackend fresh = { .chr = s };

    if (!ASK(&fresh, true, fe_attach, b, errp)) {
        return false;
    }
    *b = fresh;
    return true;
}

void qemu_chr_fe_deinit(CharBackend *b, bool del)
{
    Chardev *gone = b->chr;

    ASK(b, (void)0, fe_detach, b);
    *b = (CharBackend){ 0 };
    if (gone && del) {
        /* A listed device is the list's, one without a name the front end's own. */
        gone->label ? (void)qemu_chr_remove(gone->label, NULL) : object_unref(OBJECT(gone));
    }
}

void qemu_chr_fe_set_handlers(CharBackend *be, IOCanReadHandler *can_read, IOReadHandler *read,
                              IOEventHandler *event, BackendChangeHandler *be_change, void *opaque,
                              GMainContext *context, bool set_open)
{
    bool listens = can_read || read || event || opaque;

    if (!be->chr) {
        return;
    }
    *be = (CharBackend){ be->chr, can_read, read, event, be_change, opaque,
                         set_open ? listens : be->fe_open };
    if (listens) {
        ASK(be, (void)0, fe_ready, be);
    }
    qemu_notify_event(); /* reading starts or ends */
}

void qemu_chr_fe_set_open(CharBackend *be, int fe_open)
{
    be->fe_open = be->chr && fe_open;
}

bool qemu_chr_fe_wait_input(CharBackend *be, int timeout_ms)
{
    return ASK(be, false, chr_wait_input, timeout_ms);
}

void qemu_chr_fe_take_focus(CharBackend *be)
{
    ASK(be, (void)0, fe_focus, be);
}

/* --- asking --- */

Chardev *qemu_chr_fe_get_driver(CharBackend *be)
{
    return be->chr;
}

bool qemu_chr_fe_backend_connected(CharBackend *be)
{
    return qemu_chr_fe_get_driver(be);
}

bool qemu_chr_fe_backend_open(CharBackend *be)
{
    return qemu_chr_fe_backend_connected(be) && be->chr->be_open;
}

int qemu_chr_fe_ioctl(CharBackend *be, int cmd, void *arg)
{
    return ASK(be, -ENOTSUP, chr_ioctl, cmd, arg);
}

/* --- input and output --- */

void qemu_chr_fe_accept_input(CharBackend *be)
{
    ASK(be, (void)0, chr_accept_input);
}

int qemu_chr_fe_write(CharBackend *be, const uint8_t *buf, int len)
{
    return be->chr ? qemu_chr_write(be->chr, buf, len, false) : len;
}

int qemu_chr_fe_write_all(CharBackend *be, const uint8_t *buf, int len)
{
    return be->chr ? qemu_chr_write_all(be->chr, buf, len) : len;
}

void qemu_chr_fe_printf(CharBackend *be, const char *fmt, ...)
{
    g_autoptr(GString) text = g_string_new(NULL);
    va_list args;

    va_start(args, fmt);
    g_string_vprintf(text, fmt, args);
    va_end(args);
    qemu_chr_fe_write_all(be, (const uint8_t *)text->str, text->len);
}

guint qemu_chr_fe_add_watch(CharBackend *be, GIOCondition cond, FEWatchFunc func, void *user_data)
{
    g_autoptr(GSource) room = ASK(be, NULL, chr_add_watch, cond);

    if (!room) {
        return 0;
    }
    g_source_set_callback(room, G_SOURCE_FUNC(func), user_data, NULL);
    return g_source_attach(room, NULL);
}
