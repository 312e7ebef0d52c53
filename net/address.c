/*
 * Addresses of sockets in -netdev's options.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <netdb.h>
#include <sys/un.h>
#include "address.h"
#include "qemu/cutils.h"

void net_address_clear(NetAddress *addr)
{
    socket_address_clear(&addr->socket);
    *addr = (NetAddress){ 0 };
}

bool net_address_parse(NetAddress *addr, const char *key, const char *text, Error **errp)
{
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[' && colon && colon > text + 1 && colon[-1] == ']';
    unsigned port;

    *addr = (NetAddress){ 0 };
    if (!colon) {
        error_setg(errp, "host address '%s' doesn't contain ':' separating host from port", text);
        return false;
    }
    if (!g_ascii_isdigit(colon[1]) || qemu_strtoui(colon + 1, NULL, 10, &port) < 0 ||
        port > UINT16_MAX) {
        error_setg(errp, "port number '%s' of '%s' is invalid: expected 0 to 65535", colon + 1,
                   key);
        return false;
    }
    addr->socket.host = bracketed ? g_strndup(text + 1, colon - text - 2)
                                  : g_strndup(text, colon - text);
    addr->socket.port = g_strdup(colon + 1);
    addr->socket.nodelay = true;
    return true;
}

static const char *get(QemuOpts *opts, const char *prefix, const char *key)
{
    g_autofree char *name = g_strdup_printf("%s.%s", prefix, key);

    return qemu_opt_get(opts, name);
}

static bool get_bool(QemuOpts *opts, const char *prefix, const char *key)
{
    g_autofree char *name = g_strdup_printf("%s.%s", prefix, key);

    return qemu_opt_get_bool(opts, name, false);
}

static bool missing(const char *prefix, const char *key, Error **errp)
{
    error_setg(errp, "Parameter '%s.%s' is missing", prefix, key);
    return false;
}

static bool take_inet(NetAddress *addr, QemuOpts *opts, const char *prefix, Error **errp)
{
    const char *host = get(opts, prefix, "host"), *port = get(opts, prefix, "port");
    bool ipv4 = get_bool(opts, prefix, "ipv4"), ipv6 = get_bool(opts, prefix, "ipv6");
    g_autofree char *to = g_strdup_printf("%s.to", prefix);

    if (!host || !port) {
        return missing(prefix, host ? "port" : "host", errp);
    }
    addr->socket.host = g_strdup(host);
    addr->socket.port = g_strdup(port);
    addr->socket.nodelay = true;
    addr->socket.family = ipv4 == ipv6 ? AF_UNSPEC : ipv4 ? AF_INET : AF_INET6;
    addr->socket.to = qemu_opt_get_number(opts, to, 0);
    return true;
}

static bool take_unix(NetAddress *addr, QemuOpts *opts, const char *prefix, Error **errp)
{
    const char *path = get(opts, prefix, "path");

    if (!path) {
        return missing(prefix, "path", errp);
    }
    if (!*path || strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
        error_setg(errp, "Parameter '%s.path' expects 1 to %zu characters", prefix,
                   sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
        return false;
    }
    addr->socket.path = g_strdup(path);
    addr->socket.abstract = get_bool(opts, prefix, "abstract");
    return true;
}

bool net_address_from_opts(NetAddress *addr, QemuOpts *opts, const char *prefix, Error **errp)
{
    static const char *const keys[] = { "host", "port", "to",       "ipv4",
                                        "ipv6", "path", "abstract", "str" };
    const char *type = get(opts, prefix, "type");

    *addr = (NetAddress){ .fd = -1 };
    if (!type) {
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
            if (get(opts, prefix, keys[i])) {
                return missing(prefix, "type", errp);
            }
        }
        return false;
    }
    if (g_str_equal(type, "inet")) {
        addr->type = NET_ADDRESS_INET;
        return take_inet(addr, opts, prefix, errp);
    }
    if (g_str_equal(type, "unix")) {
        addr->type = NET_ADDRESS_UNIX;
        return take_unix(addr, opts, prefix, errp);
    }
    if (g_str_equal(type, "fd")) {
        addr->type = NET_ADDRESS_FD;
        return get(opts, prefix, "str")
                   ? net_address_take_fd(get(opts, prefix, "str"), &addr->fd, errp)
                   : missing(prefix, "str", errp);
    }
    error_setg(errp, "Parameter '%s.type' does not accept value '%s': expected inet, unix or fd",
               prefix, type);
    return false;
}

bool net_fd_number(const char *text, int *fd, Error **errp)
{
    unsigned number;

    if (!g_ascii_isdigit(*text) || qemu_strtoui(text, NULL, 10, &number) < 0 || number > INT_MAX) {
        error_setg(errp, "'%s' is no number of a file descriptor", text);
        return false;
    }
    *fd = number;
    return true;
}

bool net_address_take_fd(const char *text, int *fd, Error **errp)
{
    int number, type;
    socklen_t len = sizeof(type);

    if (!net_fd_number(text, &number, errp)) {
        return false;
    }
    if (getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &len) < 0) {
        error_setg_errno(errp, errno, "Can't use file descriptor %d", number);
        return false;
    }
    fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK);
    fcntl(number, F_SETFD, FD_CLOEXEC);
    *fd = number;
    return true;
}

bool net_address_resolve(const NetAddress *addr, struct sockaddr_storage *sa, socklen_t *len,
                         Error **errp)
{
    struct addrinfo hints = { .ai_family = addr->socket.family, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *found;
    int rc;

    memset(sa, 0, sizeof(*sa));
    if (addr->type == NET_ADDRESS_UNIX) {
        struct sockaddr_un *un = (struct sockaddr_un *)sa;

        un->sun_family = AF_UNIX;
        g_strlcpy(un->sun_path + addr->socket.abstract, addr->socket.path,
                  sizeof(un->sun_path) - addr->socket.abstract);
        *len = addr->socket.abstract
                   ? offsetof(struct sockaddr_un, sun_path) + 1 + strlen(addr->socket.path)
                   : sizeof(*un);
        return true;
    }
    rc = getaddrinfo(addr->socket.host[0] ? addr->socket.host : "0.0.0.0", addr->socket.port,
                     &hints, &found);
    if (rc != 0) {
        error_setg(errp, "address resolution failed for %s:%s: %s", addr->socket.host,
                   addr->socket.port, gai_strerror(rc));
        return false;
    }
    memcpy(sa, found->ai_addr, found->ai_addrlen);
    *len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}
