/*
 * Socket addresses of character devices: options, listening, connecting, describing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "char-socket-addr.h"
#include "qemu/cutils.h"

static bool parse_path(SocketChardevAddress *addr, const char *path, QemuOpts *opts, Error **errp)
{
    addr->path = g_strdup(path);
    addr->abstract = qemu_opt_get_bool(opts, "abstract", false);
    if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path) || !path[0]) {
        error_setg(errp, "UNIX socket path '%s' is %s", path, path[0] ? "too long" : "empty");
        return false;
    }
    return true;
}

/* What is for the other kind of address would have no effect. */
static bool check_kind(QemuOpts *opts, bool is_unix, Error **errp)
{
    static const char *const tcp_keys[] = { "port", "to", "ipv4", "ipv6", "delay", "nodelay", NULL };
    static const char *const unix_keys[] = { "abstract", NULL };

    for (const char *const *key = is_unix ? tcp_keys : unix_keys; *key; key++) {
        if (qemu_opt_get(opts, *key)) {
            error_setg(errp, "chardev: socket: '%s' is not for '%s'", *key,
                       is_unix ? "path" : "host");
            return false;
        }
    }
    return true;
}

/* fd=N: a socket, which listens (server) or is connected. */
static bool parse_fd(SocketChardevAddress *addr, const char *number, bool server, Error **errp)
{
    int listens = 0;
    socklen_t len = sizeof(listens);

    addr->inherited = true;
    if (qemu_strtoi(number, NULL, 10, &addr->fd) < 0 || addr->fd < 3 ||
        getsockopt(addr->fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0) {
        error_setg(errp, "chardev: socket: fd=%s: expected the number of an open socket", number);
        return false;
    }
    if (!!listens != server) {
        error_setg(errp, "chardev: socket: fd=%s: with server=%s a socket that %s is expected",
                   number, server ? "on" : "off", server ? "listens" : "is connected");
        return false;
    }
    return true;
}

bool socket_address_from_opts(SocketChardevAddress *addr, QemuOpts *opts, bool server, Error **errp)
{
    const char *path = qemu_opt_get(opts, "path");
    const char *host = qemu_opt_get(opts, "host");
    const char *port = qemu_opt_get(opts, "port");
    bool ipv4 = qemu_opt_get_bool(opts, "ipv4", false);
    bool ipv6 = qemu_opt_get_bool(opts, "ipv6", false);

    const char *fd = qemu_opt_get(opts, "fd");

    if (!!path + !!host + !!fd != 1) {
        error_setg(errp, "chardev: socket: exactly one of 'path', 'host' or 'fd' must be "
                         "specified");
        return false;
    }
    if (fd) {
        return parse_fd(addr, fd, server, errp);
    }
    if (!check_kind(opts, path != NULL, errp)) {
        return false;
    }
    if (path) {
        return parse_path(addr, path, opts, errp);
    }
    if (!port || !port[0]) {
        error_setg(errp, "chardev: socket: no port given");
        return false;
    }
    /* No host is this one, where nobody else gets in; IPv6 only if it is asked for. */
    addr->host = g_strdup(host[0] ? host : ipv6 && !ipv4 ? "::1" : "127.0.0.1");
    addr->port = g_strdup(port);
    addr->nodelay = qemu_opt_get_bool(opts, "nodelay", !qemu_opt_get_bool(opts, "delay", true));
    addr->family = ipv4 == ipv6 ? AF_UNSPEC : ipv4 ? AF_INET : AF_INET6;
    addr->to = qemu_opt_get_number(opts, "to", 0);
    return true;
}

void socket_address_clear(SocketChardevAddress *addr)
{
    g_free(addr->path);
    g_free(addr->host);
    g_free(addr->port);
}

static socklen_t fill_unix(const SocketChardevAddress *addr, struct sockaddr_un *un)
{
    size_t len = strlen(addr->path);

    memset(un, 0, sizeof(*un));
    un->sun_family = AF_UNIX;
    if (addr->abstract) {
        len = MIN(len, sizeof(un->sun_path) - 1);
        memcpy(un->sun_path + 1, addr->path, len);
        return offsetof(struct sockaddr_un, sun_path) + 1 + len;
    }
    memcpy(un->sun_path, addr->path, len);
    return sizeof(*un);
}

static int listen_unix(const SocketChardevAddress *addr, Error **errp)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un un;
    socklen_t len = fill_unix(addr, &un);

    if (!addr->abstract) {
        struct stat st;

        if (lstat(addr->path, &st) == 0 && S_ISSOCK(st.st_mode)) {
            unlink(addr->path);
        }
    }
    /* The mode that the socket's file will have: what is behind it is for its owner. */
    if (fd < 0 || fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&un, len) < 0 ||
        listen(fd, 1) < 0) {
        error_setg_errno(errp, errno, "Failed to bind socket to %s", addr->path);
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

static struct addrinfo *resolve(const SocketChardevAddress *addr, const char *port, Error **errp)
{
    struct addrinfo hints = { .ai_family = addr->family, .ai_socktype = SOCK_STREAM };
    struct addrinfo *res = NULL;
    int rc;

    rc = getaddrinfo(addr->host, port, &hints, &res);
    if (rc != 0) {
        error_setg(errp, "address resolution failed for %s:%s: %s", addr->host, port,
                   gai_strerror(rc));
    }
    return res;
}

static int listen_one(const struct addrinfo *ai)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1, off = 0;

    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (ai->ai_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, 1) < 0) {
        int err = errno;

        close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

/* The port that the system chose, where 0 was asked for, or where the range `to` was searched. */
static void update_port(SocketChardevAddress *addr, int fd)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof(ss);
    char port[NI_MAXSERV];

    if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
        getnameinfo((struct sockaddr *)&ss, len, NULL, 0, port, sizeof(port), NI_NUMERICSERV) ==
            0) {
        g_free(addr->port);
        addr->port = g_strdup(port);
    }
}

static int listen_port(SocketChardevAddress *addr, const char *port, Error **errp)
{
    struct addrinfo *res = resolve(addr, port, errp);
    int fd = -1;

    for (struct addrinfo *ai = res; ai && fd < 0; ai = ai->ai_next) {
        fd = listen_one(ai);
    }
    if (res && fd < 0) {
        error_setg_errno(errp, errno, "Failed to listen on %s:%s", addr->host, port);
    }
    if (res) {
        freeaddrinfo(res);
    }
    return fd;
}

int socket_address_listen(SocketChardevAddress *addr, Error **errp)
{
    unsigned first, last;
    int fd = -1;

    if (addr->inherited) {
        fcntl(addr->fd, F_SETFD, FD_CLOEXEC);
        return addr->fd;
    }
    if (addr->path) {
        return listen_unix(addr, errp);
    }
    first = strtoul(addr->port, NULL, 10);
    last = MAX(first, addr->to);
    if (last > 65535) {
        error_setg(errp, "port %u is out of range", last);
        return -1;
    }
    for (unsigned p = first; p < last && fd < 0; p++) {
        g_autofree char *port = g_strdup_printf("%u", p);

        fd = listen_port(addr, port, NULL);
    }
    if (fd < 0) {
        g_autofree char *port = g_strdup_printf("%u", last);

        fd = listen_port(addr, last == first ? addr->port : port, errp);
    }
    if (fd >= 0) {
        update_port(addr, fd);
    }
    return fd;
}

static int connect_one(const struct sockaddr *sa, socklen_t len, bool block)
{
    int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | (block ? 0 : SOCK_NONBLOCK), 0);

    if (fd < 0) {
        return -1;
    }
    if (connect(fd, sa, len) < 0 && errno != EINPROGRESS) {
        int err = errno;

        close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

int socket_address_connect(const SocketChardevAddress *addr, bool block, Error **errp)
{
    struct addrinfo *res;
    int fd = -1;

    if (addr->inherited) {
        fcntl(addr->fd, F_SETFD, FD_CLOEXEC);
        return addr->fd;
    }
    if (addr->path) {
        struct sockaddr_un un;
        socklen_t len = fill_unix(addr, &un);

        fd = connect_one((struct sockaddr *)&un, len, block);
        if (fd < 0) {
            error_setg_errno(errp, errno, "Failed to connect to '%s'", addr->path);
        }
        return fd;
    }
    res = resolve(addr, addr->port, errp);
    for (struct addrinfo *ai = res; ai && fd < 0; ai = ai->ai_next) {
        fd = connect_one(ai->ai_addr, ai->ai_addrlen, block);
    }
    if (res && fd < 0) {
        error_setg_errno(errp, errno, "Failed to connect to '%s:%s'", addr->host, addr->port);
    }
    if (res) {
        freeaddrinfo(res);
    }
    return fd;
}

static char *numeric_name(const struct sockaddr *sa, socklen_t len)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getnameinfo(sa, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return g_strdup("?");
    }
    return strchr(host, ':') ? g_strdup_printf("[%s]:%s", host, port)
                             : g_strdup_printf("%s:%s", host, port);
}

char *socket_address_describe(const SocketChardevAddress *addr, const char *protocol, bool server,
                              int fd)
{
    const char *suffix = server ? ",server=on" : "";
    const char *prefix = fd < 0 ? "disconnected:" : "";
    g_autofree char *local = NULL, *remote = NULL;
    struct sockaddr_storage ss;
    socklen_t len = sizeof(ss);

    if (addr->inherited) {
        return g_strdup_printf("%sfd:%d%s", prefix, addr->fd, suffix);
    }
    if (addr->path) {
        return g_strdup_printf("%sunix:%s%s", prefix, addr->path, suffix);
    }
    if (fd < 0) {
        return g_strdup_printf("%s%s:%s:%s%s", prefix, protocol, addr->host, addr->port, suffix);
    }
    getsockname(fd, (struct sockaddr *)&ss, &len);
    local = numeric_name((struct sockaddr *)&ss, len);
    len = sizeof(ss);
    getpeername(fd, (struct sockaddr *)&ss, &len);
    remote = numeric_name((struct sockaddr *)&ss, len);
    return g_strdup_printf("%s:%s%s <-> %s", protocol, local, suffix, remote);
}
