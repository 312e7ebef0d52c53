/*
 * Stream sockets: TCP and Unix, listening or connecting, optionally with the telnet protocol (RFC
 * 854).
 *
 * What the client doesn't take at once waits here, up to a limit: the host's own buffers are full
 * after some hundred writes of one byte, and guests that poll a UART give up after milliseconds.
 *
 * A server serves one client at a time; the next one waits in the listen queue. What is written
 * while nobody is there is dropped. A client that has gone while the device takes no input stays
 * until the device has read what it left, or until the next client comes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "char-internal.h"
#include "char-queue.h"
#include "char-socket-addr.h"
#include "char-telnet.h"
#include "qemu/error-report.h"
#include "qemu/module.h"

#define UNSENT_MAX   (64 * KiB)
#define LAST_WAIT_MS 500 /* for a client to take the rest, when the device goes */
#define ACCEPT_PAUSE_SECONDS 1

typedef struct SocketChardev {
    Chardev parent;
    SocketChardevAddress addr;
    bool server;
    bool is_telnet;
    bool accept_failed; /* and that has been said */
    int listen_fd;
    int fd;         /* the connection, -1 for none */
    int connecting; /* a connect() under way, -1 for none */
    unsigned reconnect; /* seconds between attempts, 0 for no more than one */
    guint listen_tag; /* waiting for a client, or a pause before waiting again */
    guint hup_tag;
    guint connect_tag;
    guint timer;
    GSource *input;
    TelnetState telnet;
    GByteArray *unsent; /* write_lock */
    guint unsent_tag;
} SocketChardev;
DECLARE_INSTANCE_CHECKER(SocketChardev, SOCKET_CHARDEV, TYPE_CHARDEV_SOCKET)

static void socket_start_waiting(Chardev *chr);

static void socket_describe(Chardev *chr)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);
    const char *protocol = s->is_telnet ? "telnet" : "tcp";

    g_free(chr->filename);
    chr->filename = socket_address_describe(&s->addr, protocol, s->server, s->fd);
}

static void remove_tag(guint *tag)
{
    if (*tag) {
        g_source_remove(*tag);
        *tag = 0;
    }
}

static void socket_disconnect(Chardev *chr)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    if (s->fd < 0) {
        return;
    }
    chr_input_remove(&s->input);
    remove_tag(&s->hup_tag);
    remove_tag(&s->unsent_tag);
    g_byte_array_set_size(s->unsent, 0);
    qemu_chr_be_drop_input(chr);
    close(s->fd);
    s->fd = -1;
    socket_describe(chr);
    qemu_chr_be_event(chr, CHR_EVENT_CLOSED);
    socket_start_waiting(chr);
}

/* Data and breaks in the order in which they were sent. */
static void socket_telnet_data(Chardev *chr, uint8_t *buf, int len)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    while (len > 0) {
        bool got_break;
        int used, n = telnet_input(&s->telnet, buf, len, &used, &got_break);

        qemu_chr_be_write(chr, buf, n);
        if (got_break) {
            qemu_chr_be_event(chr, CHR_EVENT_BREAK);
        }
        buf += used;
        len -= used;
    }
}

static guint socket_watch(int fd, GIOCondition cond, FEWatchFunc func, Chardev *chr)
{
    GSource *source = chr_fd_watch(fd, cond);
    guint tag;

    g_source_set_callback(source, (GSourceFunc)(void (*)(void))func, chr, NULL);
    tag = g_source_attach(source, NULL);
    g_source_unref(source);
    return tag;
}

/* The other side has closed, whether or not the device wants to read now. */
static gboolean socket_hung_up(gpointer unused, GIOCondition condition, gpointer data)
{
    Chardev *chr = data;
    SocketChardev *s = SOCKET_CHARDEV(chr);
    int unread = 0;

    s->hup_tag = 0;
    if (!chr_queue_used(chr->input) && (ioctl(s->fd, FIONREAD, &unread) < 0 || unread == 0)) {
        socket_disconnect(chr);
    } else if (s->server) {
        socket_start_waiting(chr);
    }
    return G_SOURCE_REMOVE;
}

static void socket_connected(Chardev *chr, int fd)
{
    static const ChrInputOps plain_ops = { .end = socket_disconnect };
    static const ChrInputOps telnet_ops = { .data = socket_telnet_data, .end = socket_disconnect };
    SocketChardev *s = SOCKET_CHARDEV(chr);
    int on = 1;

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (!s->addr.path && s->addr.nodelay) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    s->fd = fd;
    if (s->is_telnet) {
        telnet_start(&s->telnet, fd);
    }
    s->hup_tag = socket_watch(fd, (GIOCondition)(POLLHUP | POLLRDHUP), socket_hung_up, chr);
    socket_describe(chr);
    s->input = chr_input_add(chr, fd, s->is_telnet ? &telnet_ops : &plain_ops);
    qemu_chr_be_event(chr, CHR_EVENT_OPENED);
}

static gboolean socket_accept_pause_over(gpointer data)
{
    SOCKET_CHARDEV(data)->listen_tag = 0;
    socket_start_waiting(data);
    return G_SOURCE_REMOVE;
}

static gboolean socket_accept(gpointer unused, GIOCondition condition, gpointer data)
{
    Chardev *chr = data;
    SocketChardev *s = SOCKET_CHARDEV(chr);
    int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)) {
        return G_SOURCE_CONTINUE;
    }
    if (fd < 0) {
        /* The client stays in the queue and would wake the main loop without end: a pause. */
        if (!s->accept_failed) {
            s->accept_failed = true;
            warn_report("%s: can't accept a client: %s; trying again every %d s", chr->filename,
                        g_strerror(errno), ACCEPT_PAUSE_SECONDS);
        }
        s->listen_tag = g_timeout_add_seconds(ACCEPT_PAUSE_SECONDS, socket_accept_pause_over, chr);
        return G_SOURCE_REMOVE;
    }
    s->accept_failed = false;
    socket_disconnect(chr); /* one that hung up and left something unread */
    remove_tag(&s->listen_tag);
    socket_connected(chr, fd);
    return G_SOURCE_CONTINUE;
}

static gboolean socket_connect_timer(gpointer opaque);

static void socket_connect_later(Chardev *chr)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    if (s->reconnect && !s->timer) {
        s->timer = g_timeout_add_seconds(s->reconnect, socket_connect_timer, chr);
    }
}

static gboolean socket_connect_done(gpointer unused, GIOCondition condition, gpointer data)
{
    Chardev *chr = data;
    SocketChardev *s = SOCKET_CHARDEV(chr);
    int fd = s->connecting, err = 0;
    socklen_t len = sizeof(err);

    s->connecting = -1;
    s->connect_tag = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 && err == 0) {
        socket_connected(chr, fd);
    } else {
        close(fd);
        socket_connect_later(chr);
    }
    return G_SOURCE_REMOVE;
}

/* Without waiting: the main loop goes on while the other side makes up its mind. */
static gboolean socket_connect_timer(gpointer opaque)
{
    Chardev *chr = opaque;
    SocketChardev *s = SOCKET_CHARDEV(chr);

    s->timer = 0;
    s->connecting = socket_address_connect(&s->addr, false, NULL);
    if (s->connecting < 0) {
        socket_connect_later(chr);
    } else {
        s->connect_tag = socket_watch(s->connecting, G_IO_OUT | G_IO_ERR | G_IO_HUP,
                                      socket_connect_done, chr);
    }
    return G_SOURCE_REMOVE;
}

static void socket_start_waiting(Chardev *chr)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    if (!s->server) {
        socket_connect_later(chr);
    } else if (!s->listen_tag) {
        s->listen_tag = socket_watch(s->listen_fd, G_IO_IN, socket_accept, chr);
    }
}

/* How many bytes the host took; 0 if it has no room, -1 if the connection is broken. */
static ssize_t socket_send(SocketChardev *s, const uint8_t *buf, size_t len)
{
    ssize_t n;

    do {
        n = send(s->fd, buf, len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 && errno == EAGAIN ? 0 : n;
}

static void socket_send_unsent(SocketChardev *s)
{
    while (s->unsent->len) {
        ssize_t n = socket_send(s, s->unsent->data, s->unsent->len);

        if (n == 0) {
            return;
        }
        g_byte_array_remove_range(s->unsent, 0, n < 0 ? s->unsent->len : (guint)n);
    }
}

static gboolean socket_has_room(gpointer unused, GIOCondition condition, gpointer data)
{
    Chardev *chr = data;
    SocketChardev *s = SOCKET_CHARDEV(chr);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&chr->write_lock);

    socket_send_unsent(s);
    if (s->unsent->len) {
        return G_SOURCE_CONTINUE;
    }
    s->unsent_tag = 0;
    return G_SOURCE_REMOVE;
}

/* As much as goes now; the rest when there is room. */
static void socket_flush(Chardev *chr)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    socket_send_unsent(s);
    if (s->unsent->len && !s->unsent_tag) {
        s->unsent_tag = socket_watch(s->fd, G_IO_OUT, socket_has_room, chr);
    }
}

static int socket_write(Chardev *chr, const uint8_t *buf, int len)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);
    size_t room = UNSENT_MAX - MIN(s->unsent->len, UNSENT_MAX);
    ssize_t n = 0;
    int kept;

    if (s->fd < 0) {
        return len;
    }
    if (!s->unsent->len && !s->is_telnet) {
        n = socket_send(s, buf, len);
    }
    if (n < 0) {
        return -1;
    }
    kept = MIN((size_t)(len - n), room);
    if (s->is_telnet) {
        telnet_output(s->unsent, buf, kept);
    } else {
        g_byte_array_append(s->unsent, buf + n, kept);
    }
    socket_flush(chr);
    return n + kept;
}

/* Telnet has a word for a break of the line, and none for its end. A client that reads nothing
 * misses it. */
static int socket_ioctl(Chardev *chr, int cmd, void *arg)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;

    if (!s->is_telnet || cmd != CHR_IOCTL_SERIAL_SET_BREAK) {
        return -ENOTSUP;
    }
    locker = g_mutex_locker_new(&chr->write_lock);
    if (*(int *)arg && s->fd >= 0 && s->unsent->len < UNSENT_MAX) {
        telnet_output_break(s->unsent);
        socket_flush(chr);
    }
    return 0;
}

static bool socket_wait_input(Chardev *chr, int timeout_ms)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    return s->fd >= 0 && s->input && chr_input_wait(s->input, timeout_ms);
}

static GSource *socket_add_watch(Chardev *chr, GIOCondition cond)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    return s->fd >= 0 ? chr_fd_watch(s->fd, cond) : NULL;
}

/* wait=on: start-up stops here until the first client has come. */
static void socket_wait_for_client(Chardev *chr, Error **errp)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);
    int fd;

    info_report("waiting for connection on: %s", chr->filename);
    do {
        fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    } while (fd < 0 && errno == ECONNABORTED);
    if (fd < 0) {
        error_setg_errno(errp, errno, "waiting for connection on %s", chr->filename);
        return;
    }
    socket_connected(chr, fd);
}

static void socket_open_server(Chardev *chr, bool wait, Error **errp)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    s->listen_fd = socket_address_listen(&s->addr, errp);
    if (s->listen_fd < 0) {
        return;
    }
    socket_describe(chr);
    if (wait) {
        socket_wait_for_client(chr, errp);
    } else {
        socket_start_waiting(chr);
    }
}

static void socket_open_client(Chardev *chr, Error **errp)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);
    int fd;

    socket_describe(chr);
    if (s->reconnect) {
        socket_connect_timer(chr);
        return;
    }
    fd = socket_address_connect(&s->addr, true, errp);
    if (fd >= 0) {
        socket_connected(chr, fd);
    }
}

static bool socket_check_opts(QemuOpts *opts, bool server, Error **errp)
{
    static const char *const missing[] = { "websocket", "tn3270", "tls-creds" };

    for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
        const char *value = qemu_opt_get(opts, missing[i]);

        if (value && !g_str_equal(value, "off")) {
            error_setg(errp, "chardev: socket: '%s' is not supported yet", missing[i]);
            return false;
        }
    }
    if (qemu_opt_get(opts, "fd") && qemu_opt_get(opts, "reconnect")) {
        error_setg(errp, "'reconnect' needs an address: a socket of fd= is gone with its "
                         "connection");
        return false;
    }
    if (server && qemu_opt_get(opts, "reconnect")) {
        error_setg(errp, "'reconnect' option is incompatible with socket in server listen mode");
        return false;
    }
    if (!server && qemu_opt_get(opts, "wait")) {
        error_setg(errp, "'wait' option is incompatible with socket in client connect mode");
        return false;
    }
    return true;
}

static void socket_open(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp)
{
    SocketChardev *s = SOCKET_CHARDEV(chr);

    *be_opened = false;
    s->server = qemu_opt_get_bool(opts, "server", false);
    s->is_telnet = qemu_opt_get_bool(opts, "telnet", false);
    s->reconnect = MIN(qemu_opt_get_number(opts, "reconnect", 0), 3600);
    if (!socket_check_opts(opts, s->server, errp) ||
        !socket_address_from_opts(&s->addr, opts, s->server, errp)) {
        return;
    }
    if (s->server) {
        socket_open_server(chr, qemu_opt_get_bool(opts, "wait", true), errp);
    } else {
        socket_open_client(chr, errp);
    }
}

static void socket_init(Object *obj)
{
    SocketChardev *s = SOCKET_CHARDEV(obj);

    s->fd = -1;
    s->listen_fd = -1;
    s->connecting = -1;
    s->unsent = g_byte_array_new();
}

static void socket_finalize(Object *obj)
{
    SocketChardev *s = SOCKET_CHARDEV(obj);
    int fds[] = { s->fd, s->listen_fd, s->connecting };
    struct pollfd client = { .fd = s->fd, .events = POLLOUT };

    while (s->unsent->len && poll(&client, 1, LAST_WAIT_MS) > 0) {
        socket_send_unsent(s);
    }
    g_byte_array_unref(s->unsent);
    remove_tag(&s->unsent_tag);
    chr_input_remove(&s->input);
    remove_tag(&s->listen_tag);
    remove_tag(&s->hup_tag);
    remove_tag(&s->connect_tag);
    remove_tag(&s->timer);
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    if (s->listen_fd >= 0 && s->addr.path && !s->addr.abstract) {
        unlink(s->addr.path);
    }
    socket_address_clear(&s->addr);
}

static void socket_class_init(ObjectClass *oc, void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->open = socket_open;
    cc->chr_write = socket_write;
    cc->chr_ioctl = socket_ioctl;
    cc->chr_add_watch = socket_add_watch;
    cc->chr_wait_input = socket_wait_input;
}

static const TypeInfo socket_type = {
    .name = TYPE_CHARDEV_SOCKET,
    .parent = TYPE_CHARDEV,
    .instance_size = sizeof(SocketChardev),
    .instance_init = socket_init,
    .instance_finalize = socket_finalize,
    .class_init = socket_class_init,
};

static void register_types(void)
{
    type_register_static(&socket_type);
}

type_init(register_types)
