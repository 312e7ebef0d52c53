/*
 * Packets in a stream of bytes: each has its length in front, four bytes, most significant first.
 * That is what `socket` and `stream` back ends speak with each other, with QEMU's and with passt.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_FRAMING_H
#define NET_FRAMING_H

#include "qemu/osdep.h"

#define NET_FRAME_HEADER 4

typedef struct NetUnframer {
    GByteArray *bytes; /* of the stream, from `start` on: what hasn't been delivered */
    size_t start;
    size_t longest; /* packet that can be right */
} NetUnframer;

typedef enum NetUnframed {
    NET_UNFRAMED_ALL,     /* what is left is no whole packet */
    NET_UNFRAMED_STOPPED, /* the receiver doesn't want more at present */
    NET_UNFRAMED_GARBAGE, /* a length that can't be: this is another kind of stream */
} NetUnframed;

void net_unframer_init(NetUnframer *u, size_t longest);
void net_unframer_clear(NetUnframer *u);
/* Forgets what it has, for a new stream. */
void net_unframer_reset(NetUnframer *u);
void net_unframer_feed(NetUnframer *u, const uint8_t *bytes, size_t size);
/*
 * Delivers whole packets, in order. `packet` says whether it wants another one; it has taken this
 * one in any case, and may reset `u`.
 */
NetUnframed net_unframer_run(NetUnframer *u, bool (*packet)(void *opaque, const uint8_t *data,
                                                            size_t size), void *opaque);

#endif
