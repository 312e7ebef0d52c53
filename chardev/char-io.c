/*
 * Event sources for back ends that read from a file descriptor.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "char-internal.h"

typedef struct InputSource {
    GSource source;
    Chardev *chr;
    ChrInputReady *ready;
    int fd;
    gpointer tag; /* NULL while the descriptor isn't polled */
} InputSource;

/* Polls the descriptor exactly while the front end has room. */
static gboolean input_prepare(GSource *source, gint *timeout)
{
    InputSource *in = (InputSource *)source;
    bool want = qemu_chr_be_can_write(in->chr) > 0;

    *timeout = -1;
    if (want && !in->tag) {
        in->tag = g_source_add_unix_fd(source, in->fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
    } else if (!want && in->tag) {
        g_source_remove_unix_fd(source, in->tag);
        in->tag = NULL;
    }
    return FALSE;
}

static gboolean input_check(GSource *source)
{
    InputSource *in = (InputSource *)source;

    return in->tag && g_source_query_unix_fd(source, in->tag) != 0;
}

static gboolean input_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    InputSource *in = (InputSource *)source;

    if (qemu_chr_be_can_write(in->chr) > 0) {
        in->ready(in->chr);
    }
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs input_funcs = {
    .prepare = input_prepare,
    .check = input_check,
    .dispatch = input_dispatch,
};

GSource *chr_input_add(Chardev *chr, int fd, ChrInputReady *ready)
{
    GSource *source = g_source_new(&input_funcs, sizeof(InputSource));
    InputSource *in = (InputSource *)source;

    in->chr = chr;
    in->ready = ready;
    in->fd = fd;
    g_source_set_name(source, "chardev-input");
    g_source_attach(source, NULL);
    return source;
}

void chr_input_remove(GSource **source)
{
    if (*source) {
        g_source_destroy(*source);
        g_source_unref(*source);
        *source = NULL;
    }
}

typedef struct FdWatch {
    GSource source;
    gpointer tag;
} FdWatch;

/* Its callback takes (fd or channel, condition, data), as FEWatchFunc does. */
static gboolean fd_watch_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    FEWatchFunc func = (FEWatchFunc)(void (*)(void))callback;
    FdWatch *w = (FdWatch *)source;

    return func ? func(NULL, g_source_query_unix_fd(source, w->tag), data) : G_SOURCE_REMOVE;
}

static GSourceFuncs fd_watch_funcs = { .dispatch = fd_watch_dispatch };

GSource *chr_fd_watch(int fd, GIOCondition cond)
{
    GSource *source = g_source_new(&fd_watch_funcs, sizeof(FdWatch));

    ((FdWatch *)source)->tag = g_source_add_unix_fd(source, fd, cond);
    return source;
}
