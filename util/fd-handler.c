/*
 * Handlers for file descriptors: one GLib source for each descriptor.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <glib-unix.h>
#include "qemu/main-loop.h"

typedef struct FDSource {
    GSource source;
    gpointer tag;
    IOHandler *fd_read, *fd_write;
    void *opaque;
} FDSource;

static GHashTable *sources; /* fd -> FDSource */

static gboolean fd_source_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    FDSource *s = (FDSource *)source;
    GIOCondition ready = g_source_query_unix_fd(source, s->tag);

    if (s->fd_read && (ready & (G_IO_IN | G_IO_HUP | G_IO_ERR))) {
        s->fd_read(s->opaque);
    }
    /* The first handler may have removed or replaced the descriptor. */
    if (s->fd_write && (ready & (G_IO_OUT | G_IO_ERR)) && !g_source_is_destroyed(source)) {
        s->fd_write(s->opaque);
    }
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs fd_source_funcs = { .dispatch = fd_source_dispatch };

static void drop_source(gpointer data)
{
    GSource *source = data;

    g_source_destroy(source);
    g_source_unref(source);
}

void qemu_set_fd_handler(int fd, IOHandler *fd_read, IOHandler *fd_write, void *opaque)
{
    GIOCondition cond = (fd_read ? G_IO_IN | G_IO_HUP | G_IO_ERR : 0) |
                        (fd_write ? G_IO_OUT | G_IO_ERR : 0);
    FDSource *s;

    if (!sources) {
        sources = g_hash_table_new_full(NULL, NULL, NULL, drop_source);
    }
    g_hash_table_remove(sources, GINT_TO_POINTER(fd));
    if (!cond) {
        return;
    }
    s = (FDSource *)g_source_new(&fd_source_funcs, sizeof(FDSource));
    s->fd_read = fd_read;
    s->fd_write = fd_write;
    s->opaque = opaque;
    s->tag = g_source_add_unix_fd(&s->source, fd, cond);
    g_hash_table_insert(sources, GINT_TO_POINTER(fd), s);
    g_source_attach(&s->source, NULL);
    if (!qemu_in_main_thread()) {
        qemu_notify_event();
    }
}
