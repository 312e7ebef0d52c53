/*
 * The terminal that the emulator was started on.
 *
 * A terminal is put into raw mode and given back at exit, while stopped (SIGTSTP) and, by the
 * start-up code's handlers, on a crash. The descriptors 0 and 1 are shared with the shell and with
 * whoever else is in the pipeline, so they aren't made non-blocking themselves: we open our own
 * descriptions of the same terminal or pipe where the system lets us.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <termios.h>
#include "char-internal.h"
#include "qemu/module.h"
#include "qemu/shared-line.h"

static struct {
    bool in_use;
    bool have_tty;
    bool allow_signal;
    struct termios cooked;
    struct termios raw;
    int old_flags[2]; /* of descriptors 0 and 1 where they had to be changed, else -1 */
} term = { .old_flags = { -1, -1 } };

/* In the background the terminal is somebody else's: its settings aren't ours to change, and the
 * attempt would stop us. */
static bool term_is_ours(void)
{
    pid_t group = tcgetpgrp(0);

    return term.have_tty && (group < 0 || group == getpgrp());
}

/* Safe in a signal handler. */
void qemu_term_restore(void)
{
    int saved_errno = errno;

    for (int fd = 0; fd < 2; fd++) {
        if (term.old_flags[fd] >= 0) {
            fcntl(fd, F_SETFL, term.old_flags[fd]);
        }
    }
    if (term_is_ours()) {
        tcsetattr(0, TCSANOW, &term.cooked);
    }
    errno = saved_errno;
}

static void term_take(void)
{
    int saved_errno = errno;

    if (!term.in_use) {
        return;
    }
    for (int fd = 0; fd < 2; fd++) {
        if (term.old_flags[fd] >= 0) {
            fcntl(fd, F_SETFL, term.old_flags[fd] | O_NONBLOCK);
        }
    }
    if (term_is_ours()) {
        tcsetattr(0, TCSANOW, &term.raw);
    }
    errno = saved_errno;
}

/* Stopped from the outside: the shell gets its terminal; back in the foreground we take it
 * again. */
static void term_stop_handler(int sig)
{
    sigset_t set;

    qemu_term_restore();
    signal(SIGTSTP, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    raise(SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGTSTP, term_stop_handler);
    term_take();
}

static void term_cont_handler(int sig)
{
    term_take();
}

static void term_make_raw(void)
{
    struct termios t = term.cooked;

    t.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    t.c_oflag |= OPOST;
    t.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN);
    if (!term.allow_signal) {
        t.c_lflag &= ~ISIG;
    }
    t.c_cflag &= ~(CSIZE | PARENB);
    t.c_cflag |= CS8;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    term.raw = t;
}

/* A description of our own of what descriptor `fd` refers to, or `fd` duplicated. */
static int open_private(int fd, int flags)
{
    g_autofree char *name = g_strdup_printf("/proc/self/fd/%d", fd);
    struct stat st;
    int mine = -1;

    if (fstat(fd, &st) < 0) {
        return -1;
    }
    if (S_ISREG(st.st_mode)) {
        return fcntl(fd, F_DUPFD_CLOEXEC, 3);
    }
    if (S_ISFIFO(st.st_mode) || isatty(fd)) {
        mine = open(name, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    if (mine < 0) {
        mine = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        term.old_flags[fd] = fcntl(fd, F_GETFL);
        fcntl(fd, F_SETFL, term.old_flags[fd] | O_NONBLOCK);
    }
    return mine;
}

static void stdio_open(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp)
{
    if (term.in_use) {
        error_setg(errp, "cannot use stdio by multiple character devices");
        error_append_hint(errp, "One line and the monitor share it with -serial mon:stdio.\n");
        return;
    }
    term.in_use = true;
    term.allow_signal = qemu_opt_get_bool(opts, "signal", true);
    term.have_tty = tcgetattr(0, &term.cooked) == 0;
    qemu_chr_open_fd(chr, open_private(0, O_RDONLY), open_private(1, O_WRONLY));
    if (term.have_tty) {
        atexit(qemu_term_restore);
        term_make_raw();
        signal(SIGTSTP, term_stop_handler);
        signal(SIGCONT, term_cont_handler);
        term_take();
    }
}

static void stdio_finalize(Object *obj)
{
    if (FD_CHARDEV(obj)->fd_in >= 0) {
        qemu_term_restore();
        term.in_use = false;
    }
}

static int (*fd_write)(Chardev *chr, const uint8_t *buf, int len); /* the parent's */

static int stdio_write(Chardev *chr, const uint8_t *buf, int len)
{
    int n = fd_write(chr, buf, len);

    shared_line_written(buf, MAX(n, 0));
    return n;
}

static void stdio_class_init(ObjectClass *oc, void *data)
{
    fd_write = CHARDEV_CLASS(oc)->chr_write;
    CHARDEV_CLASS(oc)->chr_write = stdio_write;
    CHARDEV_CLASS(oc)->internal = false;
    CHARDEV_CLASS(oc)->open = stdio_open;
}

static const TypeInfo stdio_type = {
    .name = TYPE_CHARDEV_STDIO,
    .parent = TYPE_CHARDEV_FD,
    .instance_finalize = stdio_finalize,
    .class_init = stdio_class_init,
};

static void register_types(void)
{
    type_register_static(&stdio_type);
}

type_init(register_types)
