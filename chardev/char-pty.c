/*
 * A pseudo terminal: somebody else opens the other end.
 *
 * The kernel tells a hang-up on our side while nobody has the other end open, but not when somebody
 * opens it: then we look once a second. What is written while nobody listens is dropped.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <termios.h>
#include "char-internal.h"
#include "qemu/module.h"

typedef struct PtyChardev {
    Chardev parent;
    int fd;
    bool connected;
    guint timer;
    GSource *input;
} PtyChardev;
DECLARE_INSTANCE_CHECKER(PtyChardev, PTY_CHARDEV, TYPE_CHARDEV_PTY)

static void pty_set_connected(Chardev *chr, bool connected);

static bool pty_hung_up(PtyChardev *s)
{
    struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };

    return poll(&pfd, 1, 0) > 0 && (pfd.revents & POLLHUP);
}

static gboolean pty_timer(gpointer opaque)
{
    Chardev *chr = opaque;
    PtyChardev *s = PTY_CHARDEV(chr);

    if (pty_hung_up(s)) {
        return G_SOURCE_CONTINUE;
    }
    s->timer = 0;
    pty_set_connected(chr, true);
    return G_SOURCE_REMOVE;
}

static void pty_end(Chardev *chr)
{
    pty_set_connected(chr, false);
}

static void pty_set_connected(Chardev *chr, bool connected)
{
    static const ChrInputOps input_ops = { .end = pty_end };
    PtyChardev *s = PTY_CHARDEV(chr);

    if (!connected && !s->timer) {
        s->timer = g_timeout_add(1000, pty_timer, chr);
    }
    if (connected == s->connected) {
        return;
    }
    s->connected = connected;
    if (connected) {
        s->input = chr_input_add(chr, s->fd, &input_ops);
        qemu_chr_be_event(chr, CHR_EVENT_OPENED);
    } else {
        chr_input_remove(&s->input);
        qemu_chr_be_event(chr, CHR_EVENT_CLOSED);
    }
}

static int pty_write(Chardev *chr, const uint8_t *buf, int len)
{
    PtyChardev *s = PTY_CHARDEV(chr);
    ssize_t n;

    if (!s->connected || pty_hung_up(s)) {
        return len;
    }
    do {
        n = write(s->fd, buf, len);
    } while (n < 0 && errno == EINTR);
    return n < 0 && errno == EIO ? len : n;
}

static GSource *pty_add_watch(Chardev *chr, GIOCondition cond)
{
    PtyChardev *s = PTY_CHARDEV(chr);

    return s->connected ? chr_fd_watch(s->fd, cond) : NULL;
}

static int pty_make(char **name, Error **errp)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios t;
    int slave;

    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0) {
        error_setg_errno(errp, errno, "Failed to create PTY");
        return -1;
    }
    *name = g_strdup(ptsname(master));
    slave = open(*name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave >= 0) {
        tcgetattr(slave, &t);
        cfmakeraw(&t);
        tcsetattr(slave, TCSAFLUSH, &t);
        close(slave);
    }
    fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
    return master;
}

static void pty_open(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp)
{
    PtyChardev *s = PTY_CHARDEV(chr);
    g_autofree char *name = NULL;

    s->fd = pty_make(&name, errp);
    if (s->fd < 0) {
        return;
    }
    chr->filename = g_strdup_printf("pty:%s", name);
    /* Where scripts look for it. */
    printf("char device redirected to %s (label %s)\n", name, chr->label);
    fflush(stdout);
    *be_opened = false;
    pty_set_connected(chr, false);
}

static void pty_init(Object *obj)
{
    PTY_CHARDEV(obj)->fd = -1;
}

static void pty_finalize(Object *obj)
{
    PtyChardev *s = PTY_CHARDEV(obj);

    chr_input_remove(&s->input);
    if (s->timer) {
        g_source_remove(s->timer);
    }
    if (s->fd >= 0) {
        close(s->fd);
    }
}

static void pty_class_init(ObjectClass *oc, void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->open = pty_open;
    cc->chr_write = pty_write;
    cc->chr_add_watch = pty_add_watch;
}

static const TypeInfo pty_type = {
    .name = TYPE_CHARDEV_PTY,
    .parent = TYPE_CHARDEV,
    .instance_size = sizeof(PtyChardev),
    .instance_init = pty_init,
    .instance_finalize = pty_finalize,
    .class_init = pty_class_init,
};

static void register_types(void)
{
    type_register_static(&pty_type);
}

type_init(register_types)
