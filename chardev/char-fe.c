/*
 * The front end's side of a character device.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "char-internal.h"
#include "qemu/main-loop.h"

bool qemu_chr_fe_init(CharBackend *b, Chardev *s, Error **errp)
{
    int tag = 0;

    if (s && CHARDEV_IS_MUX(s)) {
        tag = mux_chr_attach_frontend(MUX_CHARDEV(s), b);
        if (tag < 0) {
            error_setg(errp, "Device '%s' is in use: all %d front ends of the mux are taken",
                       s->label, MAX_MUX);
            return false;
        }
    } else if (s && s->be) {
        error_setg(errp, "Device '%s' is in use", s->label ? s->label : "?");
        return false;
    } else if (s) {
        s->be = b;
    }
    b->fe_open = false;
    b->tag = tag;
    b->chr = s;
    return true;
}

void qemu_chr_fe_deinit(CharBackend *b, bool del)
{
    Chardev *s = b->chr;

    if (!s) {
        return;
    }
    qemu_chr_fe_set_handlers(b, NULL, NULL, NULL, NULL, NULL, NULL, true);
    if (CHARDEV_IS_MUX(s)) {
        mux_chr_detach_frontend(MUX_CHARDEV(s), b->tag);
    }
    if (s->be == b) {
        s->be = NULL;
    }
    b->chr = NULL;
    if (del && s->label) {
        qemu_chr_remove(s->label, NULL);
    } else if (del) {
        object_unref(OBJECT(s));
    }
}

Chardev *qemu_chr_fe_get_driver(CharBackend *be)
{
    return be->chr;
}

bool qemu_chr_fe_backend_connected(CharBackend *be)
{
    return be->chr != NULL;
}

bool qemu_chr_fe_backend_open(CharBackend *be)
{
    return be->chr && be->chr->be_open;
}

void qemu_chr_fe_set_open(CharBackend *be, int fe_open)
{
    if (!be->chr || be->fe_open == !!fe_open) {
        return;
    }
    be->fe_open = fe_open;
    if (CHARDEV_GET_CLASS(be->chr)->chr_set_fe_open) {
        CHARDEV_GET_CLASS(be->chr)->chr_set_fe_open(be->chr, fe_open);
    }
}

void qemu_chr_fe_set_handlers(CharBackend *be, IOCanReadHandler *can_read, IOReadHandler *read,
                              IOEventHandler *event, BackendChangeHandler *be_change, void *opaque,
                              GMainContext *context, bool set_open)
{
    Chardev *s = be->chr;
    bool fe_open = opaque || can_read || read || event;

    if (!s) {
        return;
    }
    be->chr_can_read = can_read;
    be->chr_read = read;
    be->chr_event = event;
    be->chr_be_change = be_change;
    be->opaque = opaque;
    if (CHARDEV_GET_CLASS(s)->chr_update_read_handler) {
        CHARDEV_GET_CLASS(s)->chr_update_read_handler(s);
    }
    if (set_open) {
        qemu_chr_fe_set_open(be, fe_open);
    }
    if (fe_open) {
        qemu_chr_fe_take_focus(be);
        if (s->be_open && be->chr_event && !CHARDEV_IS_MUX(s)) {
            be->chr_event(be->opaque, CHR_EVENT_OPENED);
        }
    }
}

void qemu_chr_fe_accept_input(CharBackend *be)
{
    Chardev *s = be->chr;

    if (s) {
        if (CHARDEV_GET_CLASS(s)->chr_accept_input) {
            CHARDEV_GET_CLASS(s)->chr_accept_input(s);
        }
        qemu_notify_event();
    }
}

void qemu_chr_fe_take_focus(CharBackend *be)
{
    if (be->chr && CHARDEV_IS_MUX(be->chr)) {
        mux_set_focus(MUX_CHARDEV(be->chr), be->tag);
    }
}

void qemu_chr_fe_set_echo(CharBackend *be, bool echo)
{
    if (be->chr && CHARDEV_GET_CLASS(be->chr)->chr_set_echo) {
        CHARDEV_GET_CLASS(be->chr)->chr_set_echo(be->chr, echo);
    }
}

int qemu_chr_fe_write(CharBackend *be, const uint8_t *buf, int len)
{
    return be->chr ? qemu_chr_write(be->chr, buf, len, false) : len;
}

int qemu_chr_fe_write_all(CharBackend *be, const uint8_t *buf, int len)
{
    return be->chr ? qemu_chr_write(be->chr, buf, len, true) : len;
}

void qemu_chr_fe_printf(CharBackend *be, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    qemu_chr_fe_write_all(be, (uint8_t *)text, strlen(text));
}

guint qemu_chr_fe_add_watch(CharBackend *be, GIOCondition cond, FEWatchFunc func, void *user_data)
{
    Chardev *s = be->chr;
    GSource *source = NULL;
    guint tag;

    if (s && CHARDEV_GET_CLASS(s)->chr_add_watch) {
        source = CHARDEV_GET_CLASS(s)->chr_add_watch(s, cond);
    }
    if (!source) {
        return 0;
    }
    g_source_set_callback(source, (GSourceFunc)(void (*)(void))func, user_data, NULL);
    tag = g_source_attach(source, NULL);
    g_source_unref(source);
    return tag;
}

int qemu_chr_fe_ioctl(CharBackend *be, int cmd, void *arg)
{
    Chardev *s = be->chr;

    return s && CHARDEV_GET_CLASS(s)->chr_ioctl ? CHARDEV_GET_CLASS(s)->chr_ioctl(s, cmd, arg)
                                                : -ENOTSUP;
}
