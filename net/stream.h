/*
 * What -netdev socket has of -netdev stream and -netdev dgram.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "address.h"
#include "net/net.h"

typedef struct NetStreamConfig {
    NetClientDriver type;
    NetAddress addr; /* taken over, also on failure */
    bool server;
    unsigned reconnect_ms; /* 0: a lost connection stays lost */
} NetStreamConfig;

/* A back end behind a stream socket. False with *errp set if it can't be. */
bool net_stream_create(NetStreamConfig *cfg, const char *id, NetClientState *peer, Error **errp);

typedef struct NetDgramConfig {
    NetClientDriver type;
    bool has_local, has_remote;
    NetAddress local, remote; /* taken over, also on failure; a multicast remote is a group */
} NetDgramConfig;

/* A back end behind a datagram socket. */
bool net_dgram_create(NetDgramConfig *cfg, const char *id, NetClientState *peer, Error **errp);

#endif
