/*
 * -netdev socket: the older name for connections and datagrams, with addresses as HOST:PORT.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include "kinds.h"
#include "stream.h"

static bool create_udp(const char *remote, const char *local, const char *id, NetClientState *peer,
                       Error **errp)
{
    NetDgramConfig cfg = { .type = NET_CLIENT_DRIVER_SOCKET, .has_remote = true,
                           .has_local = true };

    if (!local) {
        error_setg(errp, "localaddr= is mandatory with udp=");
        return false;
    }
    if (!net_address_parse(&cfg.remote, "udp", remote, errp)) {
        return false;
    }
    if (!net_address_parse(&cfg.local, "localaddr", local, errp)) {
        net_address_clear(&cfg.remote);
        return false;
    }
    return net_dgram_create(&cfg, id, peer, errp);
}

/* `local` is the interface's address, without a port; NULL: the host's choice. */
static bool create_mcast(const char *remote, const char *local, const char *id,
                         NetClientState *peer, Error **errp)
{
    NetDgramConfig cfg = { .type = NET_CLIENT_DRIVER_SOCKET, .has_remote = true,
                           .has_local = local != NULL };
    struct in_addr group = { 0 };

    if (!net_address_parse(&cfg.remote, "mcast", remote, errp)) {
        return false;
    }
    if (!inet_aton(cfg.remote.socket.host, &group) || !IN_MULTICAST(ntohl(group.s_addr))) {
        error_setg(errp, "specified mcastaddr %s is not a multicast address: expected 224.0.0.0 "
                   "to 239.255.255.255", cfg.remote.socket.host);
        net_address_clear(&cfg.remote);
        return false;
    }
    if (local) {
        cfg.local.socket.host = g_strdup(local);
        cfg.local.socket.port = g_strdup("0");
        cfg.local.socket.family = AF_INET;
    }
    return net_dgram_create(&cfg, id, peer, errp);
}

static bool create_fd(const char *text, const char *id, NetClientState *peer, Error **errp)
{
    int fd, type = 0;
    socklen_t len = sizeof(type);

    if (!net_address_take_fd(text, &fd, errp)) {
        return false;
    }
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
    if (type == SOCK_STREAM) {
        NetStreamConfig cfg = { .type = NET_CLIENT_DRIVER_SOCKET,
                                .addr = { .type = NET_ADDRESS_FD, .fd = fd } };

        return net_stream_create(&cfg, id, peer, errp);
    } else if (type == SOCK_DGRAM) {
        NetDgramConfig cfg = { .type = NET_CLIENT_DRIVER_SOCKET, .has_local = true,
                               .local = { .type = NET_ADDRESS_FD, .fd = fd } };

        return net_dgram_create(&cfg, id, peer, errp);
    }
    error_setg(errp, "Can't use file descriptor %d: it is no stream or datagram socket", fd);
    return false;
}

static bool create_socket(QemuOpts *opts, const char *id, NetClientState *peer, Error **errp)
{
    static const char *const ways[] = { "fd", "listen", "connect", "mcast", "udp" };
    NetStreamConfig stream = { .type = NET_CLIENT_DRIVER_SOCKET };
    const char *way = NULL, *text, *local;
    int given = 0;

    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        if (qemu_opt_get(opts, ways[i])) {
            way = ways[i];
            given++;
        }
    }
    if (given != 1) {
        error_setg(errp, "exactly one of listen=, connect=, mcast=, udp= or fd= is required");
        return false;
    }
    text = qemu_opt_get(opts, way);
    local = qemu_opt_get(opts, "localaddr");
    if (g_str_equal(way, "udp")) {
        return create_udp(text, local, id, peer, errp);
    }
    if (g_str_equal(way, "mcast")) {
        return create_mcast(text, local, id, peer, errp);
    }
    if (local) {
        error_setg(errp, "localaddr= is only valid with mcast= or udp=");
        return false;
    }
    if (g_str_equal(way, "fd")) {
        return create_fd(text, id, peer, errp);
    }
    if (!net_address_parse(&stream.addr, way, text, errp)) {
        return false;
    }
    stream.server = g_str_equal(way, "listen");
    if (!stream.addr.socket.host[0]) { /* everybody may connect; from here, this machine */
        g_free(stream.addr.socket.host);
        stream.addr.socket.host = g_strdup(stream.server ? "0.0.0.0" : "127.0.0.1");
    }
    return net_stream_create(&stream, id, peer, errp);
}

static const QemuOptDesc socket_keys[] = {
    { .name = "listen", .type = QEMU_OPT_STRING },
    { .name = "connect", .type = QEMU_OPT_STRING },
    { .name = "mcast", .type = QEMU_OPT_STRING },
    { .name = "udp", .type = QEMU_OPT_STRING },
    { .name = "localaddr", .type = QEMU_OPT_STRING },
    { .name = "fd", .type = QEMU_OPT_STRING },
    { NULL },
};

const NetKind net_kind_socket = {
    .name = "socket",
    .keys = socket_keys,
    .create = create_socket,
};
