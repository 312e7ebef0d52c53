/*
 * -netdev dgram: a packet in each datagram, UDP or Unix, to one other side or to a multicast group.
 *
 * What is sent to a group goes out by a socket of its own, so that what comes back of it can be
 * told from what others send: a guest never gets its own packets.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include "kinds.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "stream.h"

#define READS_AT_ONCE 32

typedef struct DgramState {
    NetClientState nc;
    int fd;
    int group_fd; /* that sends to a group, -1 for none */
    bool has_remote;
    struct sockaddr_storage remote;
    socklen_t remote_len;
    struct sockaddr_in own; /* group_fd's */
    char *unlink_path;
    bool in_waits, out_waits;
    bool polled_in, polled_out;
} DgramState;

static DgramState *dgram_state(NetClientState *nc)
{
    return (DgramState *)nc;
}

static void dgram_read(void *opaque);
static void dgram_write(void *opaque);

static void update_handlers(DgramState *s)
{
    bool in = !s->in_waits, out = s->out_waits;

    if (in != s->polled_in || out != s->polled_out) {
        s->polled_in = in;
        s->polled_out = out;
        qemu_set_fd_handler(s->fd, in ? dgram_read : NULL, out ? dgram_write : NULL, s);
    }
}

static void nic_took_packet(NetClientState *nc, ssize_t ret)
{
    dgram_state(nc)->in_waits = false;
    update_handlers(dgram_state(nc));
}

static bool is_own(const DgramState *s, const struct sockaddr_storage *from)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)from;

    return s->group_fd >= 0 && in->sin_family == AF_INET && in->sin_port == s->own.sin_port &&
           in->sin_addr.s_addr == s->own.sin_addr.s_addr;
}

static void dgram_read(void *opaque)
{
    DgramState *s = opaque;
    g_autofree uint8_t *buf = g_malloc(NET_BUFSIZE);

    for (int i = 0; i < READS_AT_ONCE && !s->in_waits; i++) {
        struct sockaddr_storage from = { 0 };
        socklen_t len = sizeof(from);
        ssize_t n = recvfrom(s->fd, buf, NET_BUFSIZE, MSG_DONTWAIT, (struct sockaddr *)&from, &len);

        if (n < 0) {
            break; /* nothing, or an error of an earlier packet of ours, which is lost */
        }
        if (n > 0 && !is_own(s, &from)) {
            s->in_waits = qemu_send_packet_async(&s->nc, buf, n, nic_took_packet) == 0;
        }
    }
    update_handlers(s);
}

static ssize_t dgram_receive_iov(NetClientState *nc, const struct iovec *iov, int iovcnt)
{
    DgramState *s = dgram_state(nc);
    size_t size = iov_size(iov, iovcnt);
    struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = iovcnt };

    if (s->has_remote) {
        msg.msg_name = &s->remote;
        msg.msg_namelen = s->remote_len;
    }
    if (sendmsg(s->group_fd >= 0 ? s->group_fd : s->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
        errno == EAGAIN && s->group_fd < 0) {
        s->out_waits = true;
        update_handlers(s);
        return 0;
    }
    return size; /* or lost: nobody is there, or it is too large */
}

static void dgram_write(void *opaque)
{
    DgramState *s = opaque;

    s->out_waits = false;
    update_handlers(s);
    qemu_flush_queued_packets(&s->nc);
}

static void dgram_cleanup(NetClientState *nc)
{
    DgramState *s = dgram_state(nc);

    qemu_set_fd_handler(s->fd, NULL, NULL, NULL);
    close(s->fd);
    if (s->group_fd >= 0) {
        close(s->group_fd);
    }
    if (s->unlink_path) {
        unlink(s->unlink_path);
    }
    g_free(s->unlink_path);
}

#define DGRAM_INFO(driver)                                                                         \
    {                                                                                              \
        .type = driver, .size = sizeof(DgramState), .receive_iov = dgram_receive_iov,              \
        .cleanup = dgram_cleanup,                                                                  \
    }

static const NetClientInfo dgram_info = DGRAM_INFO(NET_CLIENT_DRIVER_DGRAM);
static const NetClientInfo socket_info = DGRAM_INFO(NET_CLIENT_DRIVER_SOCKET);

/* ---- Sockets ---- */

static bool is_group(const struct sockaddr_storage *sa)
{
    return sa->ss_family == AF_INET &&
           IN_MULTICAST(ntohl(((const struct sockaddr_in *)sa)->sin_addr.s_addr));
}

static bool is_same_family(const struct sockaddr_storage *local,
                           const struct sockaddr_storage *remote, Error **errp)
{
    if (local->ss_family != remote->ss_family) {
        error_setg(errp, "local and remote address are of different families");
        return false;
    }
    return true;
}

static int open_socket(int family, Error **errp)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        error_setg_errno(errp, errno, "can't create datagram socket");
    }
    return fd;
}

/* A socket that is in the group, on the interface that has the local address (or the default). */
static bool join_group(DgramState *s, const struct in_addr *local, Error **errp)
{
    const struct sockaddr_in *group = (const struct sockaddr_in *)&s->remote;
    struct ip_mreq membership = { .imr_multiaddr = group->sin_addr, .imr_interface = *local };
    socklen_t len = sizeof(s->own);
    int on = 1;

    s->fd = open_socket(AF_INET, errp);
    s->group_fd = s->fd >= 0 ? open_socket(AF_INET, errp) : -1;
    if (s->group_fd < 0) {
        return false;
    }
    if (setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(s->fd, (struct sockaddr *)&s->remote, s->remote_len) < 0) {
        error_setg_errno(errp, errno, "can't bind ip=%s to socket", inet_ntoa(group->sin_addr));
        return false;
    }
    if (setsockopt(s->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof(membership)) < 0) {
        error_setg_errno(errp, errno, "can't add socket to multicast group %s",
                         inet_ntoa(group->sin_addr));
        return false;
    }
    /* Others on this host are reached as well. */
    setsockopt(s->group_fd, IPPROTO_IP, IP_MULTICAST_LOOP, &on, sizeof(on));
    if (local->s_addr) {
        setsockopt(s->group_fd, IPPROTO_IP, IP_MULTICAST_IF, local, sizeof(*local));
    }
    if (connect(s->group_fd, (struct sockaddr *)&s->remote, s->remote_len) < 0 ||
        getsockname(s->group_fd, (struct sockaddr *)&s->own, &len) < 0) {
        error_setg_errno(errp, errno, "can't send to multicast group %s",
                         inet_ntoa(group->sin_addr));
        return false;
    }
    return true;
}

static bool bind_local(DgramState *s, const NetAddress *local, Error **errp)
{
    struct sockaddr_storage sa;
    socklen_t len;
    int on = 1;

    if (!net_address_resolve(local, &sa, &len, errp)) {
        return false;
    }
    if (s->has_remote && !is_same_family(&sa, &s->remote, errp)) {
        return false;
    }
    s->fd = open_socket(sa.ss_family, errp);
    if (s->fd < 0) {
        return false;
    }
    if (sa.ss_family == AF_UNIX && !local->socket.abstract) {
        struct stat st;

        if (lstat(local->socket.path, &st) == 0 && S_ISSOCK(st.st_mode)) {
            unlink(local->socket.path);
        }
    } else if (sa.ss_family != AF_UNIX) {
        setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    }
    if (bind(s->fd, (struct sockaddr *)&sa, len) < 0) {
        error_setg_errno(errp, errno, "can't bind to local address '%s'",
                         local->socket.path ? local->socket.path : local->socket.host);
        return false;
    }
    if (sa.ss_family == AF_UNIX && !local->socket.abstract) {
        s->unlink_path = g_strdup(local->socket.path);
    }
    return true;
}

static bool open_dgram(DgramState *s, const NetDgramConfig *cfg, Error **errp)
{
    struct sockaddr_storage local = { 0 };
    socklen_t len;

    if (cfg->has_remote &&
        !net_address_resolve(&cfg->remote, &s->remote, &s->remote_len, errp)) {
        return false;
    }
    s->has_remote = cfg->has_remote;
    if (cfg->has_local && cfg->local.type == NET_ADDRESS_FD) {
        s->fd = cfg->local.fd;
        return true;
    }
    if (is_group(&s->remote)) {
        if (cfg->has_local && (!net_address_resolve(&cfg->local, &local, &len, errp) ||
                               !is_same_family(&local, &s->remote, errp))) {
            return false;
        }
        return join_group(s, &((struct sockaddr_in *)&local)->sin_addr, errp);
    }
    if (!cfg->has_local) {
        error_setg(errp, "dgram requires local= parameter");
        error_append_hint(errp, "Only a multicast group as remote= needs none.\n");
        return false;
    }
    return bind_local(s, &cfg->local, errp);
}

static char *numeric_name(const struct sockaddr_storage *sa, socklen_t len)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (sa->ss_family == AF_UNIX) {
        return g_strdup(((const struct sockaddr_un *)sa)->sun_path);
    }
    if (getnameinfo((const struct sockaddr *)sa, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return g_strdup("-");
    }
    return g_strdup_printf("%s:%s", host, port);
}

static void update_info(DgramState *s, bool is_socket)
{
    struct sockaddr_storage local = { 0 };
    socklen_t len = sizeof(local);
    g_autofree char *here = NULL, *there = NULL;

    getsockname(s->fd, (struct sockaddr *)&local, &len);
    here = numeric_name(&local, len);
    there = s->has_remote ? numeric_name(&s->remote, s->remote_len) : g_strdup("-");
    if (is_group(&s->remote)) {
        qemu_set_info_str(&s->nc, "%smcast=%s", is_socket ? "socket: " : "", there);
    } else if (is_socket) {
        qemu_set_info_str(&s->nc, "socket: udp=%s", there);
    } else {
        qemu_set_info_str(&s->nc, "udp=%s%s%s", here, local.ss_family == AF_UNIX ? ":" : "/",
                          there);
    }
}

bool net_dgram_create(NetDgramConfig *cfg, const char *id, NetClientState *peer, Error **errp)
{
    bool is_socket = cfg->type == NET_CLIENT_DRIVER_SOCKET, done;
    DgramState opened = { .fd = -1, .group_fd = -1 }, *s;

    done = open_dgram(&opened, cfg, errp);
    net_address_clear(&cfg->local);
    net_address_clear(&cfg->remote);
    if (!done) {
        if (opened.fd >= 0) {
            close(opened.fd);
        }
        if (opened.group_fd >= 0) {
            close(opened.group_fd);
        }
        return false;
    }
    s = dgram_state(qemu_new_net_client(is_socket ? &socket_info : &dgram_info, peer,
                                        is_socket ? "socket" : "dgram", id));
    opened.nc = s->nc;
    *s = opened;
    update_info(s, is_socket);
    update_handlers(s);
    return true;
}

static bool create_dgram(QemuOpts *opts, const char *id, NetClientState *peer, Error **errp)
{
    ERRP_GUARD();
    NetDgramConfig cfg = { .type = NET_CLIENT_DRIVER_DGRAM };

    cfg.has_local = net_address_from_opts(&cfg.local, opts, "local", errp);
    if (!*errp) {
        cfg.has_remote = net_address_from_opts(&cfg.remote, opts, "remote", errp);
    }
    if (!*errp && cfg.has_remote && cfg.remote.type == NET_ADDRESS_FD) {
        error_setg(errp, "Parameter 'remote.type' does not accept value 'fd'");
    }
    if (!*errp && cfg.has_local && cfg.local.type == NET_ADDRESS_FD && cfg.has_remote) {
        error_setg(errp, "a descriptor as local= has its other side already: no remote=");
    }
    if (!*errp && cfg.has_local && cfg.local.type == NET_ADDRESS_UNIX && !cfg.has_remote) {
        error_setg(errp, "dgram with a unix socket requires remote= parameter");
    }
    if (*errp) {
        net_address_clear(&cfg.local);
        net_address_clear(&cfg.remote);
        return false;
    }
    return net_dgram_create(&cfg, id, peer, errp);
}

static const QemuOptDesc dgram_keys[] = {
    NET_ADDRESS_KEYS("local"),
    NET_ADDRESS_KEYS("remote"),
    { NULL },
};

const NetKind net_kind_dgram = {
    .name = "dgram",
    .keys = dgram_keys,
    .create = create_dgram,
};
