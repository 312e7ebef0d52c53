/*
 * What the files of the network core share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_NET_INTERNAL_H
#define NET_NET_INTERNAL_H

#include "net/net.h"

/* ---- packet.c ---- */

NetQueue *net_queue_new(void);
/* Drops what waits there, without telling anybody. */
void net_queue_free(NetQueue *queue);
/* Packets that wait there. */
unsigned net_queue_length(const NetQueue *queue);

/* How a packet is on its way. */
typedef enum NetPacketFlags {
    NET_PACKET_RAW = 1, /* without the cable's offload header, whatever others have */
} NetPacketFlags;

/*
 * What a send function does behind the filters: delivers the packet from `sender` to `receiver`, or
 * has it wait there. As qemu_sendv_packet_async().
 */
ssize_t net_deliver(NetClientState *receiver, NetClientState *sender, unsigned flags,
                    const struct iovec *iov, int iovcnt, NetPacketSent *sent_cb);
/* Forgets what `sender` has in that queue; tell: the packets' sent_cb are called. */
void net_queue_purge(NetQueue *queue, NetClientState *sender, bool tell);

#endif
