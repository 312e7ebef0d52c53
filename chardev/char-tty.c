/*
 * A device of the host by its path: a serial line with its speed, break and modem lines, or any
 * other device file that takes bytes (/dev/null).
 *
 * A terminal marks what isn't plain data in the stream (termios' PARMRK): 0xff 0x00 0x00 is a
 * break, 0xff 0xff the byte 0xff, 0xff 0x00 C a C that came damaged.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>
#include <termios.h>
#include "char-internal.h"
#include "qemu/module.h"

typedef struct TtyChardev {
    FDChardev parent;
    bool is_tty;
    uint8_t mark; /* how many bytes of a mark have come */
} TtyChardev;
DECLARE_INSTANCE_CHECKER(TtyChardev, TTY_CHARDEV, TYPE_CHARDEV_SERIAL)

/* Takes the marks out of buf in place. */
static void tty_data(Chardev *chr, uint8_t *buf, int len)
{
    TtyChardev *s = TTY_CHARDEV(chr);
    int n = 0;

    for (int i = 0; i < len; i++) {
        if (s->mark == 0 ? buf[i] == 0xff : s->mark == 1 && buf[i] == 0) {
            s->mark++;
            continue;
        }
        if (s->mark == 2 && buf[i] == 0) {
            qemu_chr_be_write(chr, buf, n);
            qemu_chr_be_event(chr, CHR_EVENT_BREAK);
            n = 0;
        } else {
            buf[n++] = buf[i];
        }
        s->mark = 0;
    }
    qemu_chr_be_write(chr, buf, n);
}

/* The host's constants for a speed aren't its number. */
static const struct {
    int speed;
    speed_t code;
} tty_speeds[] = {
    { 50, B50 },         { 75, B75 },         { 110, B110 },       { 134, B134 },
    { 150, B150 },       { 200, B200 },       { 300, B300 },       { 600, B600 },
    { 1200, B1200 },     { 1800, B1800 },     { 2400, B2400 },     { 4800, B4800 },
    { 9600, B9600 },     { 19200, B19200 },   { 38400, B38400 },   { 57600, B57600 },
    { 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 }, { 921600, B921600 },
};

/* A speed that the host doesn't know is the next one that it does. */
static void tty_set_params(int fd, const QEMUSerialSetParams *params)
{
    static const tcflag_t sizes[] = { CS5, CS6, CS7, CS8 };
    size_t i = 0;
    struct termios t;

    if (tcgetattr(fd, &t) < 0) {
        return;
    }
    while (i + 1 < ARRAY_SIZE(tty_speeds) && tty_speeds[i].speed < params->speed) {
        i++;
    }
    cfmakeraw(&t);
    t.c_iflag |= PARMRK;
    t.c_cflag &= ~(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS);
    t.c_cflag |= CREAD | CLOCAL | sizes[CLAMP(params->data_bits, 5, 8) - 5] |
                 (params->parity != 'N' ? PARENB : 0) | (params->parity == 'O' ? PARODD : 0) |
                 (params->stop_bits == 2 ? CSTOPB : 0);
    cfsetspeed(&t, tty_speeds[i].code);
    tcsetattr(fd, TCSANOW, &t);
}

static const struct {
    int chr, host;
} tty_lines[] = {
    { CHR_TIOCM_CTS, TIOCM_CTS }, { CHR_TIOCM_CAR, TIOCM_CAR }, { CHR_TIOCM_DSR, TIOCM_DSR },
    { CHR_TIOCM_RI, TIOCM_RI },   { CHR_TIOCM_DTR, TIOCM_DTR }, { CHR_TIOCM_RTS, TIOCM_RTS },
};

static int tty_get_lines(int fd, int *lines)
{
    int host;

    if (ioctl(fd, TIOCMGET, &host) < 0) {
        return -ENOTSUP;
    }
    *lines = 0;
    for (size_t i = 0; i < ARRAY_SIZE(tty_lines); i++) {
        *lines |= host & tty_lines[i].host ? tty_lines[i].chr : 0;
    }
    return 0;
}

static int tty_set_lines(int fd, int lines)
{
    static const int outputs = TIOCM_DTR | TIOCM_RTS;
    int host;

    if (ioctl(fd, TIOCMGET, &host) < 0) {
        return -ENOTSUP;
    }
    host &= ~outputs;
    for (size_t i = 0; i < ARRAY_SIZE(tty_lines); i++) {
        host |= lines & tty_lines[i].chr ? tty_lines[i].host & outputs : 0;
    }
    return ioctl(fd, TIOCMSET, &host) < 0 ? -ENOTSUP : 0;
}

static int tty_ioctl(Chardev *chr, int cmd, void *arg)
{
    int fd = FD_CHARDEV(chr)->fd_in;

    if (!TTY_CHARDEV(chr)->is_tty) {
        return -ENOTSUP;
    }
    switch (cmd) {
    case CHR_IOCTL_SERIAL_SET_PARAMS:
        tty_set_params(fd, arg);
        return 0;
    case CHR_IOCTL_SERIAL_SET_BREAK:
        return ioctl(fd, *(int *)arg ? TIOCSBRK : TIOCCBRK) < 0 ? -ENOTSUP : 0;
    case CHR_IOCTL_SERIAL_GET_TIOCM:
        return tty_get_lines(fd, arg);
    case CHR_IOCTL_SERIAL_SET_TIOCM:
        return tty_set_lines(fd, *(int *)arg);
    default:
        return -ENOTSUP;
    }
}

static void tty_open(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp)
{
    static const QEMUSerialSetParams start = { 115200, 'N', 8, 1 };
    const char *path = qemu_opt_get(opts, "path");
    TtyChardev *s = TTY_CHARDEV(chr);
    struct stat st;
    int fd;

    if (!path || !path[0]) {
        error_setg(errp, "chardev: serial: no device path given");
        return;
    }
    fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode)) {
        if (fd < 0) {
            error_setg_errno(errp, errno, "Could not open '%s'", path);
        } else {
            error_setg(errp, "'%s' is not a character device (file:PATH is a file)", path);
            close(fd);
        }
        return;
    }
    s->is_tty = isatty(fd);
    if (s->is_tty) {
        tty_set_params(fd, &start);
    }
    chr_open_fd_ops(chr, fd, fd, s->is_tty ? tty_data : NULL);
}

static void tty_class_init(ObjectClass *oc, void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->internal = false;
    cc->open = tty_open;
    cc->chr_ioctl = tty_ioctl;
}

static const TypeInfo tty_type = {
    .name = TYPE_CHARDEV_SERIAL,
    .parent = TYPE_CHARDEV_FD,
    .instance_size = sizeof(TtyChardev),
    .class_init = tty_class_init,
};

static void register_types(void)
{
    type_register_static(&tty_type);
}

type_init(register_types)
