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
/* The same to nc's peer, which is there; what a NIC gets is padded. */
ssize_t net_send_behind_filters(NetClientState *nc, unsigned flags, const struct iovec *iov,
                                int iovcnt, NetPacketSent *sent_cb);
/* Forgets what `sender` has in that queue; tell: the packets' sent_cb are called. */
void net_queue_purge(NetQueue *queue, NetClientState *sender, bool tell);

/* ---- filter.c ---- */

/* Shows a packet to the filters of its cable; true: one of them has taken it. */
bool net_filters_take(NetClientState *sender, unsigned flags, const struct iovec *iov, int iovcnt);
/* Its back end goes: the filters, which are objects of the user's, go too. */
void net_remove_filters(NetClientState *netdev);

#endif
