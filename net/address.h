/*
 * Addresses of sockets in -netdev's options.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <sys/socket.h>
#include "chardev/char-socket-addr.h"

typedef enum NetAddressType { NET_ADDRESS_INET, NET_ADDRESS_UNIX, NET_ADDRESS_FD } NetAddressType;

typedef struct NetAddress {
    NetAddressType type;
    SocketChardevAddress socket; /* for inet and unix */
    int fd;
} NetAddress;

void net_address_clear(NetAddress *addr);

/* "[host]:port", where `key` is the option; false with *errp set if it isn't that. */
bool net_address_parse(NetAddress *addr, const char *key, const char *text, Error **errp);
/*
 * PREFIX.type=inet|unix|fd and its companions. False with *errp set if something is missing or
 * wrong; without *errp, nothing with that prefix was given.
 */
bool net_address_from_opts(NetAddress *addr, QemuOpts *opts, const char *prefix, Error **errp);
/* The rows of -netdev's keys for that. */
#define NET_ADDRESS_KEYS(prefix)                                                                   \
    { .name = prefix ".type", .type = QEMU_OPT_STRING },                                           \
    { .name = prefix ".host", .type = QEMU_OPT_STRING },                                           \
    { .name = prefix ".port", .type = QEMU_OPT_STRING },                                           \
    { .name = prefix ".to", .type = QEMU_OPT_NUMBER },                                             \
    { .name = prefix ".ipv4", .type = QEMU_OPT_BOOL },                                             \
    { .name = prefix ".ipv6", .type = QEMU_OPT_BOOL },                                             \
    { .name = prefix ".path", .type = QEMU_OPT_STRING },                                           \
    { .name = prefix ".abstract", .type = QEMU_OPT_BOOL },                                         \
    { .name = prefix ".str", .type = QEMU_OPT_STRING }

/* The number of a file descriptor; false with *errp set if text isn't one. */
bool net_fd_number(const char *text, int *fd, Error **errp);
/* A descriptor that was inherited: a socket, non-blocking then. */
bool net_address_take_fd(const char *text, int *fd, Error **errp);
/* The sockaddr of an inet or unix address, for sockets without connections. */
bool net_address_resolve(const NetAddress *addr, struct sockaddr_storage *sa, socklen_t *len,
                         Error **errp);

#endif
