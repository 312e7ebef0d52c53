/*
 * -netdev stream: packets over a connection, TCP or Unix.
 *
 * One connection at a time: a server serves one client until that one goes, and the next waits. A
 * packet for somebody who isn't there is lost. A slow other side makes packets wait in our queue, a
 * slow guest makes the other side wait.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "framing.h"
#include "kinds.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "stream.h"

#define READ_SIZE       (64 * 1024)
#define ACCEPT_PAUSE_MS 1000

typedef struct StreamState {
    NetClientState nc;
    NetAddress addr;
    bool server;
    unsigned reconnect_ms;
    int listen_fd;
    int fd;          /* the connection, -1 for none */
    bool connecting; /* fd isn't connected yet */
    bool failure_said;
    NetUnframer in;
    bool in_waits;   /* for the NIC: nothing is read meanwhile */
    bool out_waits;  /* the connection takes nothing at present */
    bool polled_in, polled_out; /* fd's handlers at present */
    GByteArray *out; /* the rest of a packet that was sent half */
    guint timer;
} StreamState;

static StreamState *stream_state(NetClientState *nc)
{
    return (StreamState *)nc;
}

static void stream_read(void *opaque);
static void stream_write(void *opaque);
static void stream_accept(void *opaque);
static void stream_disconnect(StreamState *s);

static char *describe(StreamState *s)
{
    return s->addr.type == NET_ADDRESS_FD
               ? g_strdup_printf("fd:%d", s->addr.fd)
               : socket_address_describe(&s->addr.socket, "tcp", s->server,
                                         s->connecting ? -1 : s->fd);
}

static void update_info(StreamState *s)
{
    g_autofree char *text = describe(s);

    qemu_set_info_str(&s->nc, "%s", text);
}

/* Waits for what matters in the present state. */
static void update_handlers(StreamState *s)
{
    bool in = !s->in_waits && !s->connecting, out = s->out_waits || s->connecting;

    if (in != s->polled_in || out != s->polled_out) {
        s->polled_in = in;
        s->polled_out = out;
        qemu_set_fd_handler(s->fd, in ? stream_read : NULL, out ? stream_write : NULL, s);
    }
}

static void close_connection(StreamState *s)
{
    qemu_set_fd_handler(s->fd, NULL, NULL, NULL);
    close(s->fd);
    s->fd = -1;
    s->connecting = s->out_waits = s->polled_in = s->polled_out = false;
}

/* ---- Connections ---- */

static void stream_connected(StreamState *s, int fd)
{
    int on = 1;

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* other kinds refuse that */
    s->fd = fd;
    s->connecting = false;
    s->failure_said = false;
    update_handlers(s);
    update_info(s);
}

static gboolean connect_again(gpointer opaque);

static void connect_later(StreamState *s)
{
    if (s->reconnect_ms && !s->timer) {
        s->timer = g_timeout_add(s->reconnect_ms, connect_again, s);
    }
}

static void connection_failed(StreamState *s, const char *why)
{
    if (!s->failure_said) {
        g_autofree char *where = describe(s);

        warn_report("network back end '%s': can't connect (%s): %s%s", s->nc.name, where, why,
                    s->reconnect_ms ? "; trying again" : "");
        s->failure_said = true;
    }
    connect_later(s);
}

static void start_connecting(StreamState *s)
{
    Error *err = NULL;

    s->fd = socket_address_connect(&s->addr.socket, false, &err);
    if (s->fd < 0) {
        connection_failed(s, error_get_pretty(err));
        error_free(err);
    } else {
        s->connecting = true;
        update_handlers(s);
    }
    update_info(s);
}

static gboolean connect_again(gpointer opaque)
{
    StreamState *s = opaque;

    s->timer = 0;
    start_connecting(s);
    return G_SOURCE_REMOVE;
}

static void finish_connecting(StreamState *s)
{
    int err = 0, fd = s->fd;
    socklen_t len = sizeof(err);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 || err) {
        close_connection(s);
        connection_failed(s, g_strerror(err));
        update_info(s);
    } else {
        stream_connected(s, fd);
    }
}

static gboolean accept_again(gpointer opaque)
{
    StreamState *s = opaque;

    s->timer = 0;
    qemu_set_fd_handler(s->listen_fd, stream_accept, NULL, s);
    return G_SOURCE_REMOVE;
}

static void stream_accept(void *opaque)
{
    StreamState *s = opaque;
    int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)) {
        return;
    }
    qemu_set_fd_handler(s->listen_fd, NULL, NULL, NULL);
    if (fd >= 0) {
        stream_connected(s, fd);
        return;
    }
    warn_report("network back end '%s': can't accept a client: %s", s->nc.name, g_strerror(errno));
    s->timer = g_timeout_add(ACCEPT_PAUSE_MS, accept_again, s);
}

/* The other side has gone, or what it sends is nonsense. */
static void stream_disconnect(StreamState *s)
{
    if (s->fd < 0) {
        return;
    }
    close_connection(s);
    s->in_waits = false;
    net_unframer_reset(&s->in);
    g_byte_array_set_size(s->out, 0);
    if (s->listen_fd >= 0) {
        qemu_set_fd_handler(s->listen_fd, stream_accept, NULL, s);
    } else if (s->addr.type != NET_ADDRESS_FD) {
        connect_later(s);
    }
    update_info(s);
    qemu_flush_queued_packets(&s->nc); /* what waited for that side is lost */
}

/* ---- From outside to the NIC ---- */

static void deliver_more(StreamState *s);

static void nic_took_packet(NetClientState *nc, ssize_t ret)
{
    StreamState *s = stream_state(nc);

    if (s->in_waits) {
        s->in_waits = false;
        deliver_more(s);
    }
}

static bool packet_came(void *opaque, const uint8_t *data, size_t size)
{
    StreamState *s = opaque;

    s->in_waits = qemu_send_packet_async(&s->nc, data, size, nic_took_packet) == 0;
    return !s->in_waits && s->fd >= 0;
}

static void deliver_more(StreamState *s)
{
    if (net_unframer_run(&s->in, packet_came, s) == NET_UNFRAMED_GARBAGE) {
        warn_report("network back end '%s': the other side sends something else than packets: "
                    "disconnected", s->nc.name);
        stream_disconnect(s);
    } else if (s->fd >= 0) {
        update_handlers(s);
    }
}

static void stream_read(void *opaque)
{
    StreamState *s = opaque;
    g_autofree uint8_t *buf = g_malloc(READ_SIZE);
    ssize_t n = recv(s->fd, buf, READ_SIZE, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        stream_disconnect(s);
        return;
    }
    net_unframer_feed(&s->in, buf, n);
    deliver_more(s);
}

/* ---- From the NIC to outside ---- */

static ssize_t stream_receive_iov(NetClientState *nc, const struct iovec *iov, int iovcnt)
{
    StreamState *s = stream_state(nc);
    size_t size = iov_size(iov, iovcnt);
    g_autofree struct iovec *framed = NULL;
    uint8_t header[NET_FRAME_HEADER];
    struct msghdr msg = { 0 };
    ssize_t n;

    if (s->fd < 0 || s->connecting) {
        return size;
    }
    if (s->out->len) {
        return 0; /* stream_write() goes on */
    }
    framed = g_new(struct iovec, iovcnt + 1);
    stl_be_p(header, size);
    framed[0] = (struct iovec){ header, sizeof(header) };
    memcpy(framed + 1, iov, iovcnt * sizeof(*iov));
    msg.msg_iov = framed;
    msg.msg_iovlen = iovcnt + 1;
    n = sendmsg(s->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        /* Whoever reads notices the end as well; not from here, amid a delivery. */
        return size;
    }
    if (n == (ssize_t)(sizeof(header) + size)) {
        return size;
    }
    s->out_waits = true;
    update_handlers(s);
    if (n < 0) {
        return 0;
    }
    g_byte_array_set_size(s->out, sizeof(header) + size - n);
    iov_to_buf(framed, iovcnt + 1, n, s->out->data, s->out->len);
    return size;
}

static void stream_write(void *opaque)
{
    StreamState *s = opaque;
    ssize_t n;

    if (s->connecting) {
        finish_connecting(s);
        return;
    }
    if (s->out->len) {
        n = send(s->fd, s->out->data, s->out->len, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            stream_disconnect(s);
            return;
        }
        g_byte_array_remove_range(s->out, 0, MAX(n, 0));
    }
    if (!s->out->len) {
        s->out_waits = false;
        update_handlers(s);
        qemu_flush_queued_packets(&s->nc);
    }
}

/* ---- Life ---- */

static void stream_cleanup(NetClientState *nc)
{
    StreamState *s = stream_state(nc);
    int fds[] = { s->fd, s->listen_fd };

    g_clear_handle_id(&s->timer, g_source_remove);
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        if (fds[i] >= 0) {
            qemu_set_fd_handler(fds[i], NULL, NULL, NULL);
            close(fds[i]);
        }
    }
    if (s->server && s->addr.type == NET_ADDRESS_UNIX && !s->addr.socket.abstract) {
        unlink(s->addr.socket.path);
    }
    net_address_clear(&s->addr);
    net_unframer_clear(&s->in);
    g_byte_array_unref(s->out);
}

#define STREAM_INFO(driver)                                                                        \
    {                                                                                              \
        .type = driver, .size = sizeof(StreamState), .receive_iov = stream_receive_iov,            \
        .cleanup = stream_cleanup,                                                                 \
    }

static const NetClientInfo stream_info = STREAM_INFO(NET_CLIENT_DRIVER_STREAM);
static const NetClientInfo socket_info = STREAM_INFO(NET_CLIENT_DRIVER_SOCKET);

bool net_stream_create(NetStreamConfig *cfg, const char *id, NetClientState *peer, Error **errp)
{
    bool is_socket = cfg->type == NET_CLIENT_DRIVER_SOCKET, inherited;
    int listen_fd = -1, listening = 0;
    socklen_t len = sizeof(listening);
    StreamState *s;

    inherited = cfg->addr.type == NET_ADDRESS_FD;
    if (inherited) {
        getsockopt(cfg->addr.fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len);
        if (cfg->server != !!listening) {
            error_setg(errp, "file descriptor %d is %s", cfg->addr.fd,
                       listening ? "listening: it needs server=on" : "no listening socket");
            net_address_clear(&cfg->addr);
            return false;
        }
    } else if (cfg->server) {
        listen_fd = socket_address_listen(&cfg->addr.socket, errp);
        if (listen_fd < 0) {
            net_address_clear(&cfg->addr);
            return false;
        }
    }
    s = stream_state(qemu_new_net_client(is_socket ? &socket_info : &stream_info, peer,
                                         is_socket ? "socket" : "stream", id));
    s->addr = cfg->addr;
    s->server = cfg->server;
    s->reconnect_ms = cfg->reconnect_ms;
    s->listen_fd = inherited && cfg->server ? cfg->addr.fd : listen_fd;
    s->fd = -1;
    s->out = g_byte_array_new();
    net_unframer_init(&s->in, NET_BUFSIZE);
    if (s->listen_fd >= 0) {
        fcntl(s->listen_fd, F_SETFL, fcntl(s->listen_fd, F_GETFL) | O_NONBLOCK);
        qemu_set_fd_handler(s->listen_fd, stream_accept, NULL, s);
        update_info(s);
    } else if (inherited) {
        stream_connected(s, cfg->addr.fd);
    } else {
        start_connecting(s);
    }
    return true;
}

#define RECONNECT_MAX_S 3600

static bool create_stream(QemuOpts *opts, const char *id, NetClientState *peer, Error **errp)
{
    ERRP_GUARD();
    uint64_t seconds = qemu_opt_get_number(opts, "reconnect", 0);
    uint64_t ms = qemu_opt_get_number(opts, "reconnect-ms", seconds * 1000);
    NetStreamConfig cfg = { .type = NET_CLIENT_DRIVER_STREAM };

    cfg.server = qemu_opt_get_bool(opts, "server", false);
    if (seconds > RECONNECT_MAX_S || ms > RECONNECT_MAX_S * 1000) {
        error_setg(errp, "Parameter '%s' expects at most %d s",
                   seconds > RECONNECT_MAX_S ? "reconnect" : "reconnect-ms", RECONNECT_MAX_S);
        return false;
    }
    if (qemu_opt_get(opts, "reconnect") && qemu_opt_get(opts, "reconnect-ms")) {
        error_setg(errp, "'reconnect' and 'reconnect-ms' are mutually exclusive");
        return false;
    }
    if (ms && cfg.server) {
        error_setg(errp, "'reconnect' option is incompatible with socket in server mode");
        return false;
    }
    cfg.reconnect_ms = ms;
    if (!net_address_from_opts(&cfg.addr, opts, "addr", errp)) {
        if (!*errp) {
            error_setg(errp, "Parameter 'addr' is missing");
            error_append_hint(errp, "Say addr.type=inet,addr.host=HOST,addr.port=PORT or "
                                    "addr.type=unix,addr.path=PATH.\n");
        }
        net_address_clear(&cfg.addr);
        return false;
    }
    return net_stream_create(&cfg, id, peer, errp);
}

static const QemuOptDesc stream_keys[] = {
    { .name = "server", .type = QEMU_OPT_BOOL },
    { .name = "reconnect", .type = QEMU_OPT_NUMBER },
    { .name = "reconnect-ms", .type = QEMU_OPT_NUMBER },
    NET_ADDRESS_KEYS("addr"),
    { NULL },
};

const NetKind net_kind_stream = {
    .name = "stream",
    .keys = stream_keys,
    .create = create_stream,
};
