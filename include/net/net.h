/*
 * Networks: what NICs and back ends have in common, and how packets get from one to the other.
 *
 * A NetClientState is one end of a cable: a NIC's (its "peer" then is a back end), or a back end's
 * (user, tap, socket, a port of a hub ...). A packet that one end sends passes the filters of that
 * cable and arrives at the other end. If that one can't take it now, it waits in the receiver's
 * queue; everything is delivered once, in the order in which it was sent.
 *
 * A packet is an Ethernet frame without preamble and without frame check sequence, at most
 * NET_BUFSIZE bytes. What comes to a NIC from outside has at least 60 bytes, as from a real cable;
 * what a NIC sends is passed on as it is.
 *
 * All functions, and all callbacks, run with the big lock held.
 *
 * docs/devel/adding-a-nic.md shows a NIC.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <sys/uio.h>
#include "qemu/osdep.h"
#include "net/mac.h"
#include "qemu/iov.h"

#define NET_BUFSIZE    (4096 + 65536) /* the largest packet, offloads included */
#define MAX_QUEUE_NUM  64             /* of one NIC */

typedef enum NetClientDriver {
    NET_CLIENT_DRIVER_NONE,
    NET_CLIENT_DRIVER_NIC,
    NET_CLIENT_DRIVER_USER,
    NET_CLIENT_DRIVER_TAP,
    NET_CLIENT_DRIVER_SOCKET,
    NET_CLIENT_DRIVER_STREAM,
    NET_CLIENT_DRIVER_DGRAM,
    NET_CLIENT_DRIVER_HUBPORT,
    NET_CLIENT_DRIVER__MAX,
} NetClientDriver;

typedef struct NetClientState NetClientState;
typedef struct NetClientInfo NetClientInfo;
typedef struct NICState NICState;

/* ---- What a NIC has ---- */

/* The back ends that a NIC's queues are connected to; filled in by its "netdev" property. */
typedef struct NICPeers {
    NetClientState *ncs[MAX_QUEUE_NUM];
    int32_t queues; /* 0: no back end */
} NICPeers;

/* A member of a NIC's state: what users set (DEFINE_NIC_PROPERTIES, hw/qdev-properties.h). */
typedef struct NICConf {
    MACAddr macaddr; /* zeros: qemu_macaddr_default_if_unset() gives one */
    NICPeers peers;
    int32_t bootindex;
} NICConf;

struct NICState {
    NetClientState *ncs; /* one for each queue, at least one */
    int queues;
    NICConf *conf; /* the device's */
    void *opaque;  /* the device */
    bool peer_deleted;
};

/* ---- Kinds of clients ---- */

/* What a kind of NIC or back end does. Functions that are NULL: the comment says what then. */
struct NetClientInfo {
    NetClientDriver type;
    size_t size; /* of a back end's state, which begins with its NetClientState; unused for NICs */

    /*
     * A packet arrives. The number of bytes taken (all: there is no half packet), also of one that
     * is thrown away because a real one would; 0: can't take it now, it waits until
     * qemu_flush_queued_packets(); negative: it is lost. The buffer is the caller's.
     */
    ssize_t (*receive)(NetClientState *nc, const uint8_t *buf, size_t size);
    /* The same in pieces, preferred where it is there. */
    ssize_t (*receive_iov)(NetClientState *nc, const struct iovec *iov, int iovcnt);
    /*
     * Whether receive() would take a packet; NULL: always. When the answer becomes true, the client
     * calls qemu_flush_queued_packets().
     */
    bool (*can_receive)(NetClientState *nc);
    /* The client goes: a back end frees what it has; a NIC forgets its NICState pointer. */
    void (*cleanup)(NetClientState *nc);
    /* nc->link_down has changed. */
    void (*link_status_changed)(NetClientState *nc);
    /* The peer has called qemu_flush_queued_packets(): it can take packets again. */
    void (*peer_ready)(NetClientState *nc);
    /* The peer does (not) take packets at present: false stops reading from outside. */
    void (*poll)(NetClientState *nc, bool enable);
    /* Back ends of several queues: whether the peer has a use for this one at present. */
    void (*use_queue)(NetClientState *nc, bool use);

    /*
     * Back ends whose packets can carry a header for offloads (struct virtio_net_hdr of <linux/
     * virtio_net.h>) in front. NULL: they can't.
     */
    bool (*has_vnet_hdr)(NetClientState *nc);
    bool (*has_vnet_hdr_len)(NetClientState *nc, int len);
    bool (*has_ufo)(NetClientState *nc);
    void (*set_vnet_hdr_len)(NetClientState *nc, int len);
    void (*set_offload)(NetClientState *nc, int csum, int tso4, int tso6, int ecn, int ufo);
    int (*set_vnet_le)(NetClientState *nc, bool is_le);
    int (*set_vnet_be)(NetClientState *nc, bool is_be);
};

typedef struct NetQueue NetQueue; /* net/packet.c */

struct NetClientState {
    const NetClientInfo *info;
    NetClientState *peer; /* the other end of the cable, or NULL */
    NICState *nic;        /* whose queue this is; NULL for back ends */
    unsigned queue_index;
    bool link_down;        /* set_link off: it neither sends nor receives */
    bool receive_disabled; /* receive() has said 0, and nothing was flushed since */
    bool is_netdev;        /* made by -netdev or netdev_add, which netdev_del may remove */
    char *model;           /* "i82559er", "user": what it is */
    char *name;            /* the id, or MODEL.NUMBER */
    char *info_str;        /* what `info network` says of it; qemu_set_info_str() */
    int vnet_hdr_len;      /* in front of packets between this back end and its peer, 0: none */
    NICPeers *claimed_by;  /* of a back end: the "netdev" property that names it */
    NetQueue *incoming;
    GPtrArray *filters;    /* of a back end: NetFilterState, net/filter.h */
};

/* ---- NICs ---- */

/*
 * Makes a NIC's end(s) of the cables and connects them with the back ends in conf->peers. `model`
 * is the device's type; `name` its id, NULL or "" for one that is made up. From realize(); conf and
 * info must live as long as the NIC.
 */
NICState *qemu_new_nic(NetClientInfo *info, NICConf *conf, const char *model, const char *name,
                       void *opaque);
/* From unrealize(). NULL is fine. */
void qemu_del_nic(NICState *nic);
/* A NIC's first queue; the only one of simple NICs. */
NetClientState *qemu_get_queue(NICState *nic);
NetClientState *qemu_get_subqueue(NICState *nic, int queue_index);
/* The NIC, and the device, that a client is a queue of. */
NICState *qemu_get_nic(NetClientState *nc);
void *qemu_get_nic_opaque(NetClientState *nc);
/* nc->info_str becomes "model=MODEL,macaddr=..."; whenever the address has changed. */
void qemu_format_nic_info_str(NetClientState *nc, uint8_t macaddr[6]);
typedef void (*qemu_nic_foreach)(NICState *nic, void *opaque);
void qemu_foreach_nic(qemu_nic_foreach func, void *opaque);

/* ---- Packets ---- */

/* A packet that had to wait is over: `ret` as receive() said, 0 for one that was purged. */
typedef void NetPacketSent(NetClientState *sender, ssize_t ret);

/*
 * Sends a packet to the peer. The number of bytes sent, which counts what was dropped (no peer,
 * link down) too; 0: the packet waits in the peer's queue, a copy of it, and the sender should
 * send nothing more before sent_cb(); without a sent_cb, packets that would wait behind very many
 * others are dropped.
 */
ssize_t qemu_send_packet_async(NetClientState *nc, const uint8_t *buf, int size,
                               NetPacketSent *sent_cb);
ssize_t qemu_sendv_packet_async(NetClientState *nc, const struct iovec *iov, int iovcnt,
                                NetPacketSent *sent_cb);
/* The same without somebody who wants to know. */
ssize_t qemu_send_packet(NetClientState *nc, const uint8_t *buf, int size);
ssize_t qemu_sendv_packet(NetClientState *nc, const struct iovec *iov, int iovcnt);
/* The same without the offloads' header that otherwise is part of packets on this cable. */
ssize_t qemu_send_packet_raw(NetClientState *nc, const uint8_t *buf, int size);

/* A NIC in loopback mode receives what it sends itself. As qemu_send_packet(). */
ssize_t qemu_receive_packet(NetClientState *nc, const uint8_t *buf, int size);
ssize_t qemu_receive_packet_iov(NetClientState *nc, const struct iovec *iov, int iovcnt);

/* Whether nc would take a packet now. A stopped guest's NICs don't. */
bool qemu_can_receive_packet(NetClientState *nc);
/* Whether a packet that nc sends now needn't wait. */
bool qemu_can_send_packet(NetClientState *nc);

/* nc can receive (again): it gets what waits for it, as far as it takes it. */
void qemu_flush_queued_packets(NetClientState *nc);
/* Drops what nc has sent and its peer hasn't taken; the packets' sent_cb are called with 0. */
void qemu_purge_queued_packets(NetClientState *nc);
/* To be told when the guest stops and goes on: a stopped guest's NICs receive nothing. */
void net_guest_stopped(bool stopped);
/* The peer does (not) want packets; see NetClientInfo.poll. */
void qemu_net_poll(NetClientState *nc, bool enable);

/* ---- Offloads: of a NIC's peer (NULL: can nothing) ---- */

bool qemu_has_vnet_hdr(NetClientState *nc);
bool qemu_has_vnet_hdr_len(NetClientState *nc, int len);
bool qemu_has_ufo(NetClientState *nc);
/*
 * From now on packets in both directions begin with a header of `len` bytes: 10 or 12 (with the
 * number of buffers) where qemu_has_vnet_hdr_len() says so. 0: with none.
 */
void qemu_set_vnet_hdr_len(NetClientState *nc, int len);
int qemu_get_vnet_hdr_len(NetClientState *nc);
/* The header is there (10 bytes unless set before), or isn't. */
void qemu_using_vnet_hdr(NetClientState *nc, bool enable);
/* What the guest takes in received packets: partial checksums, large TCP and UDP packets. */
void qemu_set_offload(NetClientState *nc, int csum, int tso4, int tso6, int ecn, int ufo);
/* The header's byte order; 0, or -ENOSYS if the back end can't. */
int qemu_set_vnet_le(NetClientState *nc, bool is_le);
int qemu_set_vnet_be(NetClientState *nc, bool is_be);

/* ---- Clients ---- */

/*
 * Makes a back end of info->size bytes, zeroed but for its NetClientState, and connects it with
 * `peer` (may be NULL). `name` NULL: one is made up from the model.
 */
NetClientState *qemu_new_net_client(const NetClientInfo *info, NetClientState *peer,
                                    const char *model, const char *name);
/*
 * Removes a back end, with all its queues. A NIC that was connected to it stays, without link;
 * NICs themselves go by qemu_del_nic().
 */
void qemu_del_net_client(NetClientState *nc);
void qemu_set_info_str(NetClientState *nc, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* A back end by its id, NULL if there is none; NICs aren't found. */
NetClientState *qemu_find_netdev(const char *id);
/*
 * All clients of that name, except those of kind `type`: up to max of them in ncs, in the order of
 * their queues; the number that there are.
 */
int qemu_find_net_clients_except(const char *id, NetClientState **ncs, NetClientDriver type,
                                 int max);
/* Calls func for each client, in the order of their making; func may remove that one. */
void net_foreach_client(void (*func)(NetClientState *nc, void *opaque), void *opaque);
/* "user": as -netdev names the kind. */
const char *net_client_driver_name(NetClientDriver type);

/*
 * Link up or down, of all queues of that name, as with set_link; a back end's state becomes its
 * NIC's too. False with *errp set if there is no such client.
 */
bool net_set_link(const char *name, bool up, Error **errp);

/* The offloads' header that packets on nc's cable have, in bytes. */
int net_cable_vnet_hdr_len(const NetClientState *nc);

/* The CRC-32 of Ethernet as NICs' multicast filters use it: the first bit sent is the highest. */
uint32_t net_crc32(const uint8_t *p, int len);
/* The same with the first bit sent as the lowest. */
uint32_t net_crc32_le(const uint8_t *p, int len);

#endif
