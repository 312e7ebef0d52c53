/*
 * Packets on their way: from the sender, past the filters, into the receiver or its queue.
 *
 * A queue belongs to its receiver. While one packet is being delivered, what is sent meanwhile to
 * the same receiver (a hub in a circle, a NIC that answers at once) waits there as well, so that
 * receivers needn't be reentrant and nothing overtakes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "net-internal.h"

/* Of senders that don't listen for the end of the jam; others stop by themselves. */
#define MAX_WAITING 4096

#define ETH_MIN_SIZE 60 /* without the frame check sequence */

typedef struct NetPacket {
    NetClientState *sender;
    NetPacketSent *sent_cb;
    unsigned flags;
    size_t size;
    uint8_t data[];
} NetPacket;

struct NetQueue {
    GQueue packets; /* of NetPacket */
    bool busy;      /* somebody is delivering from it */
    bool dead;      /* the receiver has gone meanwhile */
};

NetQueue *net_queue_new(void)
{
    NetQueue *queue = g_new0(NetQueue, 1);

    g_queue_init(&queue->packets);
    return queue;
}

void net_queue_free(NetQueue *queue)
{
    g_queue_clear_full(&queue->packets, g_free);
    if (queue->busy) {
        queue->dead = true; /* who delivers from it frees it */
    } else {
        g_free(queue);
    }
}

unsigned net_queue_length(const NetQueue *queue)
{
    return g_queue_get_length((GQueue *)&queue->packets);
}

/* Hands it over in one piece where the receiver wants that. */
static ssize_t hand_over(NetClientState *nc, const struct iovec *iov, int iovcnt)
{
    g_autofree uint8_t *copy = NULL;
    size_t size;

    if (nc->info->receive_iov) {
        return nc->info->receive_iov(nc, iov, iovcnt);
    }
    if (iovcnt == 1) {
        return nc->info->receive(nc, iov->iov_base, iov->iov_len);
    }
    size = iov_size(iov, iovcnt);
    copy = g_malloc(size);
    iov_to_buf(iov, iovcnt, 0, copy, size);
    return nc->info->receive(nc, copy, size);
}

/* One packet that the receiver may not want now: then 0. */
static ssize_t try_receiver(NetClientState *nc, unsigned flags, const struct iovec *iov, int iovcnt)
{
    static const uint8_t no_offloads[32];
    size_t size = iov_size(iov, iovcnt);
    ssize_t ret;

    if (nc->link_down) {
        return size;
    }
    if (!qemu_can_receive_packet(nc)) {
        return 0;
    }
    if (flags & NET_PACKET_RAW && net_cable_vnet_hdr_len(nc)) {
        g_autofree struct iovec *whole = g_new(struct iovec, iovcnt + 1);

        whole[0].iov_base = (void *)no_offloads;
        whole[0].iov_len = MIN(net_cable_vnet_hdr_len(nc), sizeof(no_offloads));
        memcpy(whole + 1, iov, iovcnt * sizeof(*iov));
        ret = hand_over(nc, whole, iovcnt + 1);
        ret = ret > 0 ? size : ret;
    } else {
        ret = hand_over(nc, iov, iovcnt);
    }
    if (ret == 0) {
        nc->receive_disabled = true;
    }
    return ret;
}

static void append(NetQueue *queue, NetClientState *sender, unsigned flags, const struct iovec *iov,
                   int iovcnt, NetPacketSent *sent_cb)
{
    size_t size = iov_size(iov, iovcnt);
    NetPacket *packet = g_malloc(sizeof(*packet) + size);

    *packet = (NetPacket){ .sender = sender, .sent_cb = sent_cb, .flags = flags, .size = size };
    iov_to_buf(iov, iovcnt, 0, packet->data, size);
    g_queue_push_tail(&queue->packets, packet);
}

/* Delivers what waits, as far as it goes. False: the receiver is gone. The queue is busy. */
static bool work_off(NetClientState *nc, NetQueue *queue)
{
    NetPacket *packet;

    while ((packet = g_queue_pop_head(&queue->packets))) {
        struct iovec iov = { .iov_base = packet->data, .iov_len = packet->size };
        ssize_t ret = try_receiver(nc, packet->flags, &iov, 1);

        if (ret == 0 && !queue->dead) {
            g_queue_push_head(&queue->packets, packet);
            return true;
        }
        if (packet->sent_cb && !queue->dead) {
            packet->sent_cb(packet->sender, ret);
        }
        g_free(packet);
        if (queue->dead) {
            return false;
        }
    }
    return true;
}

/* The end of being busy. */
static void settle(NetQueue *queue)
{
    queue->busy = false;
    if (queue->dead) {
        g_free(queue);
    }
}

ssize_t net_deliver(NetClientState *receiver, NetClientState *sender, unsigned flags,
                    const struct iovec *iov, int iovcnt, NetPacketSent *sent_cb)
{
    NetQueue *queue = receiver->incoming;
    size_t size = iov_size(iov, iovcnt);
    ssize_t ret = 0;

    if (size > NET_BUFSIZE) {
        return size; /* dropped: nothing that a cable could carry */
    }
    if (!queue->busy) {
        queue->busy = true;
        if (work_off(receiver, queue) && g_queue_is_empty(&queue->packets)) {
            ret = try_receiver(receiver, flags, iov, iovcnt);
            if (ret && !queue->dead) {
                work_off(receiver, queue);
            }
        }
        if (queue->dead) {
            ret = size;
        }
        settle(queue);
    }
    if (ret == 0 && !sent_cb && net_queue_length(queue) >= MAX_WAITING) {
        return size;
    }
    if (ret == 0) {
        append(queue, sender, flags, iov, iovcnt, sent_cb);
    }
    return ret;
}

/* With zeros up to the shortest frame that Ethernet has: NICs are sent no less. */
static ssize_t deliver_padded(NetClientState *nc, unsigned flags, const struct iovec *iov,
                              int iovcnt, NetPacketSent *sent_cb)
{
    uint8_t frame[ETH_MIN_SIZE] = { 0 };
    struct iovec padded = { .iov_base = frame, .iov_len = sizeof(frame) };
    size_t size = iov_to_buf(iov, iovcnt, 0, frame, sizeof(frame));
    ssize_t ret = net_deliver(nc->peer, nc, flags, &padded, 1, sent_cb);

    return ret > 0 ? size : ret;
}

ssize_t net_send_behind_filters(NetClientState *nc, unsigned flags, const struct iovec *iov,
                                int iovcnt, NetPacketSent *sent_cb)
{
    if (nc->peer->nic && iov_size(iov, iovcnt) < ETH_MIN_SIZE && !net_cable_vnet_hdr_len(nc)) {
        return deliver_padded(nc, flags, iov, iovcnt, sent_cb);
    }
    return net_deliver(nc->peer, nc, flags, iov, iovcnt, sent_cb);
}

static ssize_t send_with_flags(NetClientState *nc, unsigned flags, const struct iovec *iov,
                               int iovcnt, NetPacketSent *sent_cb)
{
    if (nc->link_down || !nc->peer ||
        ((nc->filters || nc->peer->filters) && net_filters_take(nc, flags, iov, iovcnt))) {
        return iov_size(iov, iovcnt);
    }
    return net_send_behind_filters(nc, flags, iov, iovcnt, sent_cb);
}

ssize_t qemu_sendv_packet_async(NetClientState *nc, const struct iovec *iov, int iovcnt,
                                NetPacketSent *sent_cb)
{
    return send_with_flags(nc, 0, iov, iovcnt, sent_cb);
}

ssize_t qemu_sendv_packet(NetClientState *nc, const struct iovec *iov, int iovcnt)
{
    return send_with_flags(nc, 0, iov, iovcnt, NULL);
}

static ssize_t send_one_piece(NetClientState *nc, unsigned flags, const uint8_t *buf, int size,
                              NetPacketSent *sent_cb)
{
    struct iovec iov = { .iov_base = (void *)buf, .iov_len = size };

    return send_with_flags(nc, flags, &iov, 1, sent_cb);
}

ssize_t qemu_send_packet_async(NetClientState *nc, const uint8_t *buf, int size,
                               NetPacketSent *sent_cb)
{
    return send_one_piece(nc, 0, buf, size, sent_cb);
}

ssize_t qemu_send_packet(NetClientState *nc, const uint8_t *buf, int size)
{
    return send_one_piece(nc, 0, buf, size, NULL);
}

ssize_t qemu_send_packet_raw(NetClientState *nc, const uint8_t *buf, int size)
{
    return send_one_piece(nc, NET_PACKET_RAW, buf, size, NULL);
}

ssize_t qemu_receive_packet_iov(NetClientState *nc, const struct iovec *iov, int iovcnt)
{
    return net_deliver(nc, nc, 0, iov, iovcnt, NULL);
}

ssize_t qemu_receive_packet(NetClientState *nc, const uint8_t *buf, int size)
{
    struct iovec iov = { .iov_base = (void *)buf, .iov_len = size };

    return qemu_receive_packet_iov(nc, &iov, 1);
}

bool qemu_can_send_packet(NetClientState *nc)
{
    return !nc->peer || qemu_can_receive_packet(nc->peer);
}

void qemu_flush_queued_packets(NetClientState *nc)
{
    NetQueue *queue = nc->incoming;
    bool alive;

    nc->receive_disabled = false;
    if (queue->busy) {
        return; /* from its own receive(): who delivers goes on anyway */
    }
    queue->busy = true;
    alive = work_off(nc, queue);
    settle(queue);
    if (alive && nc->peer && nc->peer->info->peer_ready && qemu_can_receive_packet(nc)) {
        nc->peer->info->peer_ready(nc->peer);
    }
}

void net_queue_purge(NetQueue *queue, NetClientState *sender, bool tell)
{
    GList *link = queue->packets.head;
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);

    while (link) {
        GList *next = link->next;
        NetPacket *packet = link->data;

        if (packet->sender == sender) {
            g_ptr_array_add(gone, packet);
            g_queue_delete_link(&queue->packets, link);
        }
        link = next;
    }
    for (guint i = 0; tell && i < gone->len; i++) {
        NetPacket *packet = g_ptr_array_index(gone, i);

        if (packet->sent_cb) {
            packet->sent_cb(sender, 0);
        }
    }
}

void qemu_purge_queued_packets(NetClientState *nc)
{
    if (nc->peer) {
        net_queue_purge(nc->peer->incoming, nc, true);
    }
}
