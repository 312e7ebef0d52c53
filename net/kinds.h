/*
 * The kinds of back ends, as -netdev knows them: one row each, at the end of its file.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_KINDS_H
#define NET_KINDS_H

#include "net/net.h"
#include "qapi/error.h"
#include "qemu/option.h"

typedef struct NetKind {
    const char *name;
    const QemuOptDesc *keys; /* besides type and id; ends with a NULL name */
    /*
     * Makes the back end `id`, connected with `peer` if that isn't NULL. The options have been
     * checked against `keys`. False with *errp set, and nothing left behind, if it can't be made.
     */
    bool (*create)(QemuOpts *opts, const char *id, NetClientState *peer, Error **errp);
} NetKind;

extern const NetKind net_kind_user, net_kind_hubport, net_kind_socket, net_kind_stream;
extern const NetKind net_kind_dgram, net_kind_tap, net_kind_bridge;

/* A port of hub `number` (made if it isn't there yet), connected with `peer`. `id` may be NULL. */
NetClientState *net_hub_add_port(int number, const char *id, NetClientState *peer);

#endif
