/*
 * Where a socket character device listens or connects.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHARDEV_CHAR_SOCKET_ADDR_H
#define CHARDEV_CHAR_SOCKET_ADDR_H

#include "qapi/error.h"
#include "qemu/option.h"

typedef struct SocketChardevAddress {
    bool inherited; /* nothing but fd: whoever started us has made the socket */
    int fd;
    char *path; /* Unix; else host and port */
    char *host; /* "" for all addresses / this machine */
    char *port;
    bool abstract; /* Linux's abstract name space */
    bool nodelay;
    int family; /* AF_UNSPEC, AF_INET, AF_INET6 */
    unsigned to; /* the last port to try, 0 for only `port` */
} SocketChardevAddress;

bool socket_address_from_opts(SocketChardevAddress *addr, QemuOpts *opts, bool server,
                              Error **errp);
void socket_address_clear(SocketChardevAddress *addr);

/* A listening socket, -1 with *errp set on failure. Port 0 becomes the port that was given. */
int socket_address_listen(SocketChardevAddress *addr, Error **errp);
/* A connected socket, or, without `block`, one on its way. -1 with *errp set on failure. */
int socket_address_connect(const SocketChardevAddress *addr, bool block, Error **errp);

/* How `info chardev` shows it; `fd` is the connection or -1. A new string. */
char *socket_address_describe(const SocketChardevAddress *addr, const char *protocol, bool server,
                              int fd);

#endif
