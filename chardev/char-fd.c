/*
 * Back ends on plain file descriptors: the common part, files and named pipes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "char-internal.h"
#include "qemu/fdset.h"
#include "qemu/module.h"

static int fd_chr_write(Chardev *chr, const uint8_t *buf, int len)
{
    FDChardev *s = FD_CHARDEV(chr);
    ssize_t n;

    if (s->fd_out < 0) {
        return len;
    }
    do {
        n = write(s->fd_out, buf, len);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN && errno != EPIPE) { /* who reads us may go */
        chr_report_loss(chr, &s->loss_reported, chr->filename);
    }
    return n;
}

static GSource *fd_chr_add_watch(Chardev *chr, GIOCondition cond)
{
    FDChardev *s = FD_CHARDEV(chr);

    return s->fd_out >= 0 ? chr_fd_watch(s->fd_out, cond) : NULL;
}

static void fd_chr_end(Chardev *chr)
{
    chr_input_remove(&FD_CHARDEV(chr)->input);
    qemu_chr_be_event(chr, CHR_EVENT_CLOSED);
}

void chr_open_fd_ops(Chardev *chr, int fd_in, int fd_out,
                     void (*data)(Chardev *chr, uint8_t *buf, int len))
{
    FDChardev *s = FD_CHARDEV(chr);

    s->fd_in = fd_in;
    s->fd_out = fd_out;
    s->input_ops = (ChrInputOps){ .data = data, .end = fd_chr_end };
    if (fd_in >= 0) {
        s->input = chr_input_add(chr, fd_in, &s->input_ops);
    }
}

void qemu_chr_open_fd(Chardev *chr, int fd_in, int fd_out)
{
    chr_open_fd_ops(chr, fd_in, fd_out, NULL);
}

static void fd_chr_init(Object *obj)
{
    FDChardev *s = FD_CHARDEV(obj);

    s->fd_in = -1;
    s->fd_out = -1;
}

static void fd_chr_finalize(Object *obj)
{
    FDChardev *s = FD_CHARDEV(obj);

    chr_input_remove(&s->input);
    if (s->fd_in >= 0) {
        close(s->fd_in);
    }
    if (s->fd_out >= 0 && s->fd_out != s->fd_in) {
        close(s->fd_out);
    }
}

static void fd_chr_class_init(ObjectClass *oc, void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->internal = true;
    cc->chr_write = fd_chr_write;
    cc->chr_add_watch = fd_chr_add_watch;
}

static void file_open(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp)
{
    const char *path = qemu_opt_get(opts, "path");
    const char *input = qemu_opt_get(opts, "input-path");
    bool append = qemu_opt_get_bool(opts, "append", false);
    int in = -1, out;

    if (!path || !path[0]) {
        error_setg(errp, "chardev: file: no filename given");
        return;
    }
    out = fdset_open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0666);
    if (out < 0) {
        error_setg_errno(errp, errno, "Could not open '%s'", path);
        return;
    }
    if (input) {
        in = fdset_open(input, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
        if (in < 0) {
            error_setg_errno(errp, errno, "Could not open '%s'", input);
            close(out);
            return;
        }
    }
    qemu_chr_open_fd(chr, in, out);
}

static void file_class_init(ObjectClass *oc, void *data)
{
    CHARDEV_CLASS(oc)->internal = false;
    CHARDEV_CLASS(oc)->open = file_open;
}

/* NAME.in and NAME.out if both are there, else NAME both ways. Read-write: there is no end of
 * file and no waiting for the other side. */
static void pipe_open(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp)
{
    const char *path = qemu_opt_get(opts, "path");
    g_autofree char *in_name = g_strdup_printf("%s.in", path ? path : "");
    g_autofree char *out_name = g_strdup_printf("%s.out", path ? path : "");
    int flags = O_RDWR | O_NONBLOCK | O_CLOEXEC;
    int in, out;

    if (!path || !path[0]) {
        error_setg(errp, "chardev: pipe: no device path given");
        return;
    }
    in = open(in_name, flags);
    out = open(out_name, flags);
    if (in < 0 || out < 0) {
        if (in >= 0) {
            close(in);
        }
        if (out >= 0) {
            close(out);
        }
        in = out = open(path, flags);
    }
    if (in < 0) {
        error_setg_errno(errp, errno, "Could not open '%s'", path);
        return;
    }
    qemu_chr_open_fd(chr, in, out);
}

static void pipe_class_init(ObjectClass *oc, void *data)
{
    CHARDEV_CLASS(oc)->internal = false;
    CHARDEV_CLASS(oc)->open = pipe_open;
}

static const TypeInfo fd_types[] = {
    {
        .name = TYPE_CHARDEV_FD,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(FDChardev),
        .instance_init = fd_chr_init,
        .instance_finalize = fd_chr_finalize,
        .abstract = true,
        .class_init = fd_chr_class_init,
    },
    { .name = TYPE_CHARDEV_FILE, .parent = TYPE_CHARDEV_FD, .class_init = file_class_init },
    { .name = TYPE_CHARDEV_PIPE, .parent = TYPE_CHARDEV_FD, .class_init = pipe_class_init },
};

static void register_types(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(fd_types); i++) {
        type_register_static(&fd_types[i]);
    }
}

type_init(register_types)
