/*
 * Event sources for back ends that read from a file descriptor.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "char-internal.h"
#include "char-queue.h"
#include <poll.h>

/* One read at most; reading goes on once the queue has emptied to half. */
#define READ_MAX    4096
#define RESUME_USED (CHR_QUEUE_SIZE / 2)

typedef struct InputSource {
    GSource source;
    Chardev *chr;
    const ChrInputOps *ops;
    int fd;
    bool at_end;
    gpointer tag; /* NULL while the descriptor isn't polled */
} InputSource;

static void input_poll(InputSource *in, bool want)
{
    if (want && !in->tag) {
        in->tag = g_source_add_unix_fd(&in->source, in->fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
    } else if (!want && in->tag) {
        g_source_remove_unix_fd(&in->source, in->tag);
        in->tag = NULL;
    }
}

/* Ready without polling: the end can be told, or the front end has room that it didn't announce. */
static gboolean input_prepare(GSource *source, gint *timeout)
{
    InputSource *in = (InputSource *)source;
    Chardev *chr = in->chr;
    unsigned used = chr_queue_used(chr->input);
    unsigned resume = in->at_end ? 0 : RESUME_USED;

    *timeout = -1;
    input_poll(in, !in->at_end && used <= resume && qemu_chr_be_can_write(chr) > 0);
    chr->input_paused = used > resume;
    chr->input_resume = resume;
    return used ? chr_fe_room(chr->be) > 0 : in->at_end;
}

static gboolean input_check(GSource *source)
{
    InputSource *in = (InputSource *)source;

    return in->tag && g_source_query_unix_fd(source, in->tag) != 0;
}

static void input_read(InputSource *in)
{
    uint8_t buf[READ_MAX];
    int room = MIN(READ_MAX, qemu_chr_be_can_write(in->chr));
    ssize_t n;

    if (room <= 0) {
        return;
    }
    n = read(in->fd, buf, room);
    if (n > 0 && in->ops->data) {
        in->ops->data(in->chr, buf, n);
    } else if (n > 0) {
        qemu_chr_be_write(in->chr, buf, n);
    } else {
        in->at_end = n == 0 || (errno != EAGAIN && errno != EINTR);
    }
}

static gboolean input_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    InputSource *in = (InputSource *)source;
    Chardev *chr = in->chr;

    object_ref(OBJECT(chr));
    chr_deliver(chr);
    if (!g_source_is_destroyed(source) && input_check(source)) {
        input_read(in);
    }
    if (!g_source_is_destroyed(source) && in->at_end && !chr_queue_used(chr->input)) {
        in->ops->end(chr);
    }
    object_unref(OBJECT(chr));
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs input_funcs = {
    .prepare = input_prepare,
    .check = input_check,
    .dispatch = input_dispatch,
};

GSource *chr_input_add(Chardev *chr, int fd, const ChrInputOps *ops)
{
    GSource *source = g_source_new(&input_funcs, sizeof(InputSource));
    InputSource *in = (InputSource *)source;

    in->chr = chr;
    in->ops = ops;
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

/* The end isn't told here: the main loop does, once everything is delivered. */
bool chr_input_wait(GSource *source, int timeout_ms)
{
    InputSource *in = (InputSource *)source;
    struct pollfd pfd = { .fd = in->fd, .events = POLLIN };

    if (in->at_end || qemu_chr_be_can_write(in->chr) <= 0 || poll(&pfd, 1, timeout_ms) <= 0) {
        return false;
    }
    input_read(in);
    return !in->at_end;
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
