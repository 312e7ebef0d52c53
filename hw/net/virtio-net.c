/*
 * Virtio network device.
 *
 * Queues: receive and transmit for each pair, then the control queue, whose number depends on
 * whether the driver knows of several pairs. Each packet has a header for offloads in front. Where
 * the back end has one too, it is handed on; where it hasn't, none of the offloads is offered.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 5.1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/virtio_net.h>
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_NET "virtio-net-device"

#define QUEUE_SIZE_DEFAULT 256
#define CONTROL_QUEUE_SIZE 64
#define HEADER_SIZE        12 /* with the number of buffers; without it, 10 */
#define HEADER_SIZE_SHORT  10
#define TX_LINGER_NS       150000 /* some packets' time; TCP's peer doesn't notice */
#define MAX_TX_PIECES      (VIRTIO_MAX_SEGMENTS + 1)
#define MAC_TABLE_SIZE     64
#define VLANS              4096
#define ETH_HEADER_SIZE    14
#define ETHERTYPE_VLAN     0x8100

/* Configuration (5.1.4). */
enum {
    CONFIG_MAC = 0,
    CONFIG_STATUS = 6,
    CONFIG_MAX_PAIRS = 8,
    CONFIG_MTU = 10,
    CONFIG_SIZE = 12,
};
#define STATUS_LINK_UP 1

/* Of the numbers of feature bits, those that the back end must be able to. */
#define NEEDS_VNET_HEADER                                                                          \
    (VIRTIO_FEATURE(VIRTIO_NET_F_CSUM) | VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_CSUM) |                 \
     VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO4) | VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO6) |           \
     VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_ECN) | VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_UFO) |             \
     VIRTIO_FEATURE(VIRTIO_NET_F_HOST_TSO4) | VIRTIO_FEATURE(VIRTIO_NET_F_HOST_TSO6) |             \
     VIRTIO_FEATURE(VIRTIO_NET_F_HOST_ECN) | VIRTIO_FEATURE(VIRTIO_NET_F_HOST_UFO) |               \
     VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))
#define NEEDS_UFO                                                                                  \
    (VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_UFO) | VIRTIO_FEATURE(VIRTIO_NET_F_HOST_UFO))
#define GUEST_OFFLOADS                                                                             \
    (VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_CSUM) | VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO4) |           \
     VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO6) | VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_ECN) |            \
     VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_UFO))

/* What the driver wants to receive: bits of `modes`. */
enum {
    MODE_PROMISC = 1 << VIRTIO_NET_CTRL_RX_PROMISC,
    MODE_ALLMULTI = 1 << VIRTIO_NET_CTRL_RX_ALLMULTI,
    MODE_ALLUNI = 1 << VIRTIO_NET_CTRL_RX_ALLUNI,
    MODE_NOMULTI = 1 << VIRTIO_NET_CTRL_RX_NOMULTI,
    MODE_NOUNI = 1 << VIRTIO_NET_CTRL_RX_NOUNI,
    MODE_NOBCAST = 1 << VIRTIO_NET_CTRL_RX_NOBCAST,
};

/* Unicast or multicast addresses beside the device's own; too many: all of the kind. */
typedef struct MACTable {
    uint32_t count;
    bool overflow;
    uint8_t entries[MAC_TABLE_SIZE][6];
} MACTable;

typedef struct VirtioNet {
    VirtioDevice parent_obj;

    NICConf conf; /* properties */
    uint16_t rx_queue_size, tx_queue_size;
    uint16_t mtu;
    uint32_t tx_linger_ns;

    NICState *nic;
    uint8_t mac[6]; /* now: the driver can change it */
    uint16_t max_pairs, pairs;
    uint8_t modes;
    MACTable unicast, multicast;
    uint8_t vlans[VLANS / 8];
    uint64_t guest_offloads;
    bool tx_waits[MAX_QUEUE_NUM]; /* the back end still has a packet of that queue's */
} VirtioNet;

DECLARE_INSTANCE_CHECKER(VirtioNet, VIRTIO_NET, TYPE_VIRTIO_NET)

/* --- which queue is which --- */

static unsigned control_index(const VirtioNet *s)
{
    return virtio_has_feature(&s->parent_obj, VIRTIO_NET_F_MQ) ? 2 * s->max_pairs : 2;
}

static VirtQueue *rx_queue(VirtioNet *s, unsigned pair)
{
    return virtio_queue(&s->parent_obj, 2 * pair);
}

static VirtQueue *tx_queue(VirtioNet *s, unsigned pair)
{
    return virtio_queue(&s->parent_obj, 2 * pair + 1);
}

static size_t header_size(const VirtioNet *s)
{
    const VirtioDevice *dev = &s->parent_obj;

    return virtio_has_feature(dev, VIRTIO_F_VERSION_1) ||
                   virtio_has_feature(dev, VIRTIO_NET_F_MRG_RXBUF)
               ? HEADER_SIZE : HEADER_SIZE_SHORT;
}

/* --- the header: the driver's byte order outside, the host's towards the back end --- */

static struct virtio_net_hdr_mrg_rxbuf header_from_guest(VirtioNet *s, const uint8_t *at)
{
    const VirtioDevice *dev = &s->parent_obj;

    return (struct virtio_net_hdr_mrg_rxbuf){
        .hdr = {
            .flags = at[0],
            .gso_type = at[1],
            .hdr_len = virtio_get16(dev, at + 2),
            .gso_size = virtio_get16(dev, at + 4),
            .csum_start = virtio_get16(dev, at + 6),
            .csum_offset = virtio_get16(dev, at + 8),
        },
    };
}

static void header_to_guest(VirtioNet *s, uint8_t *at, const struct virtio_net_hdr *hdr,
                            unsigned buffers)
{
    const VirtioDevice *dev = &s->parent_obj;

    at[0] = hdr->flags;
    at[1] = hdr->gso_type;
    virtio_put16(dev, at + 2, hdr->hdr_len);
    virtio_put16(dev, at + 4, hdr->gso_size);
    virtio_put16(dev, at + 6, hdr->csum_start);
    virtio_put16(dev, at + 8, hdr->csum_offset);
    virtio_put16(dev, at + 10, buffers);
}

/* --- receiving --- */

static bool table_has(const MACTable *table, const uint8_t *mac)
{
    for (unsigned i = 0; i < table->count; i++) {
        if (memcmp(table->entries[i], mac, 6) == 0) {
            return true;
        }
    }
    return table->overflow;
}

static bool is_wanted(VirtioNet *s, const uint8_t *frame, size_t size)
{
    static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    if (size < ETH_HEADER_SIZE) {
        return false;
    }
    if (virtio_has_feature(&s->parent_obj, VIRTIO_NET_F_CTRL_VLAN) &&
        lduw_be_p(frame + 12) == ETHERTYPE_VLAN && size >= ETH_HEADER_SIZE + 4) {
        unsigned id = lduw_be_p(frame + 14) & (VLANS - 1);

        if (!(s->vlans[id / 8] & 1 << id % 8)) {
            return false;
        }
    }
    if (s->modes & MODE_PROMISC) {
        return true;
    }
    if (memcmp(frame, broadcast, 6) == 0) {
        return !(s->modes & MODE_NOBCAST);
    }
    if (frame[0] & 1) {
        return !(s->modes & MODE_NOMULTI) &&
               ((s->modes & MODE_ALLMULTI) || table_has(&s->multicast, frame));
    }
    return !(s->modes & MODE_NOUNI) && ((s->modes & MODE_ALLUNI) ||
                                        memcmp(frame, s->mac, 6) == 0 ||
                                        table_has(&s->unicast, frame));
}

static bool net_can_receive(NetClientState *nc)
{
    VirtioNet *s = qemu_get_nic_opaque(nc);
    VirtQueue *q = rx_queue(s, nc->queue_index);

    return virtio_is_running(&s->parent_obj) && nc->queue_index < s->pairs && virtq_is_enabled(q);
}

/* Takes as many buffers as `need` bytes want: their number; 0: there aren't enough now. */
static unsigned take_buffers(VirtioNet *s, VirtQueue *q, size_t need, VirtBuffer **bufs,
                             bool *too_small)
{
    bool mergeable = virtio_has_feature(&s->parent_obj, VIRTIO_NET_F_MRG_RXBUF);
    size_t got = 0;
    unsigned n = 0;

    *too_small = false;
    while (got < need && n < VIRTIO_MAX_QUEUE_SIZE && !*too_small) {
        size_t least = n == 0 ? header_size(s) : 1;
        VirtBuffer *buf = virtq_take(q, sizeof(*buf));

        if (!buf) {
            break;
        }
        bufs[n++] = buf;
        got += buf->in_size;
        if (buf->in_size < least) {
            virtio_broken(&s->parent_obj, "queue %u: a receive buffer of %zu bytes: expected at "
                                          "least %zu",
                          virtq_index(q), buf->in_size, least);
            break;
        }
        *too_small = !mergeable && got < need;
    }
    if (got >= need && !s->parent_obj.broken) {
        return n;
    }
    while (n) {
        virtq_put_back(bufs[--n]);
    }
    return 0;
}

static ssize_t net_receive(NetClientState *nc, const uint8_t *buf, size_t size)
{
    VirtioNet *s = qemu_get_nic_opaque(nc);
    VirtQueue *q = rx_queue(s, nc->queue_index);
    VirtBuffer *bufs[VIRTIO_MAX_QUEUE_SIZE];
    uint8_t header[HEADER_SIZE];
    struct virtio_net_hdr hdr = { 0 };
    size_t vnet = net_cable_vnet_hdr_len(nc), sent = 0, len = header_size(s);
    const uint8_t *frame = buf + vnet;
    size_t frame_size = size - vnet;
    bool too_small;
    unsigned n;

    if (!net_can_receive(nc)) {
        return -1;
    }
    if (size < vnet || !is_wanted(s, frame, frame_size)) {
        return size;
    }
    memcpy(&hdr, buf, MIN(vnet, sizeof(hdr)));
    n = take_buffers(s, q, len + frame_size, bufs, &too_small);
    if (!n) {
        /* Without merging a frame that doesn't fit is lost; else it waits for buffers. */
        return s->parent_obj.broken ? -1 : too_small ? (ssize_t)size : 0;
    }
    header_to_guest(s, header, &hdr, n);
    for (unsigned i = 0; i < n; i++) {
        size_t skip = i == 0 ? len : 0;
        size_t part = MIN(bufs[i]->in_size - skip, frame_size - sent);

        if (i == 0) {
            iov_from_buf(bufs[i]->in, bufs[i]->num_in, 0, header, len);
        }
        iov_from_buf(bufs[i]->in, bufs[i]->num_in, skip, frame + sent, part);
        sent += part;
        virtq_finish(bufs[i], skip + part);
    }
    virtq_publish(q);
    return size;
}

/* --- transmitting --- */

static void net_sent(NetClientState *nc, ssize_t ret)
{
    VirtioNet *s = qemu_get_nic_opaque(nc);

    s->tx_waits[nc->queue_index] = false;
    virtq_run_later(tx_queue(s, nc->queue_index));
}

/* False: a packet that can't be one. *waits: the next one has to wait. */
static bool send_packet(VirtioNet *s, NetClientState *nc, const VirtBuffer *buf, bool *waits)
{
    size_t len = header_size(s), vnet = net_cable_vnet_hdr_len(nc);
    struct iovec iov[MAX_TX_PIECES];
    uint8_t header[HEADER_SIZE] = { 0 };
    struct virtio_net_hdr_mrg_rxbuf hdr;
    unsigned n;

    if (buf->out_size < len || buf->in_size) {
        virtio_broken(&s->parent_obj, "queue %u: a packet of %zu bytes to send and %zu to write: "
                                      "expected a header of %zu, a frame, and none",
                      virtq_index(buf->queue), buf->out_size, buf->in_size, len);
        return false;
    }
    if (buf->out_size - len > NET_BUFSIZE - HEADER_SIZE || buf->out_size == len) {
        return true; /* nothing that a network carries */
    }
    iov_to_buf(buf->out, buf->num_out, 0, header, len);
    hdr = header_from_guest(s, header);
    iov[0] = (struct iovec){ &hdr, vnet };
    n = iov_slice(iov + 1, MAX_TX_PIECES - 1, buf->out, buf->num_out, len, buf->out_size - len);
    *waits = qemu_sendv_packet_async(nc, vnet ? iov : iov + 1, vnet ? n + 1 : n, net_sent) == 0;
    return true;
}

static void transmit(VirtioNet *s, unsigned pair)
{
    NetClientState *nc = qemu_get_subqueue(s->nic, pair);
    VirtQueue *q = tx_queue(s, pair);
    VirtBuffer *buf;

    while (pair < s->pairs && !s->tx_waits[pair] && (buf = virtq_take(q, sizeof(*buf)))) {
        if (!send_packet(s, nc, buf, &s->tx_waits[pair])) {
            virtq_drop(buf);
            break;
        }
        virtq_finish(buf, 0);
    }
    virtq_publish(q);
}

/* --- the control queue (5.1.6.5) --- */

/* What leads to queues that the driver doesn't look at would be lost. */
static void choose_peer_queues(VirtioNet *s, uint16_t pairs)
{
    s->pairs = pairs;
    for (unsigned i = 0; i < s->max_pairs; i++) {
        NetClientState *peer = qemu_get_subqueue(s->nic, i)->peer;

        if (peer && peer->info->use_queue) {
            peer->info->use_queue(peer, i < pairs);
        }
    }
}

static void set_pairs(VirtioNet *s, uint16_t pairs)
{
    choose_peer_queues(s, pairs);
    for (unsigned i = 0; i < pairs; i++) {
        virtq_run_later(rx_queue(s, i));
        virtq_run_later(tx_queue(s, i));
    }
}

static void apply_offloads(VirtioNet *s)
{
    for (int i = 0; i < s->max_pairs; i++) {
        NetClientState *peer = qemu_get_subqueue(s->nic, i)->peer;

        if (peer && qemu_get_vnet_hdr_len(peer)) {
            qemu_set_offload(peer, s->guest_offloads >> VIRTIO_NET_F_GUEST_CSUM & 1,
                             s->guest_offloads >> VIRTIO_NET_F_GUEST_TSO4 & 1,
                             s->guest_offloads >> VIRTIO_NET_F_GUEST_TSO6 & 1,
                             s->guest_offloads >> VIRTIO_NET_F_GUEST_ECN & 1,
                             s->guest_offloads >> VIRTIO_NET_F_GUEST_UFO & 1);
        }
    }
}

/* A command's data, without class and command; true if it was done. */
typedef bool ControlCommand(VirtioNet *s, uint8_t command, const uint8_t *data, size_t size);

static bool control_rx(VirtioNet *s, uint8_t command, const uint8_t *data, size_t size)
{
    if (size != 1 || command > VIRTIO_NET_CTRL_RX_NOBCAST) {
        return false;
    }
    s->modes = deposit32(s->modes, command, 1, data[0] != 0);
    return true;
}

/* A table in the command: 32 bits of count, addresses. Its size; 0: it isn't one. */
static size_t parse_table(VirtioNet *s, MACTable *table, const uint8_t *data, size_t size)
{
    uint32_t count;

    if (size < 4) {
        return 0;
    }
    count = virtio_get32(&s->parent_obj, data);
    if (count > (size - 4) / 6) {
        return 0;
    }
    *table = (MACTable){ .count = MIN(count, MAC_TABLE_SIZE), .overflow = count > MAC_TABLE_SIZE };
    memcpy(table->entries, data + 4, table->count * 6);
    return 4 + (size_t)count * 6;
}

static bool control_mac(VirtioNet *s, uint8_t command, const uint8_t *data, size_t size)
{
    MACTable unicast, multicast;
    size_t first, second;

    if (command == VIRTIO_NET_CTRL_MAC_ADDR_SET && size == 6) {
        memcpy(s->mac, data, 6);
        qemu_format_nic_info_str(qemu_get_queue(s->nic), s->mac);
        return true;
    }
    if (command != VIRTIO_NET_CTRL_MAC_TABLE_SET) {
        return false;
    }
    first = parse_table(s, &unicast, data, size);
    second = first ? parse_table(s, &multicast, data + first, size - first) : 0;
    if (!second || first + second != size) {
        return false;
    }
    s->unicast = unicast;
    s->multicast = multicast;
    return true;
}

static bool control_vlan(VirtioNet *s, uint8_t command, const uint8_t *data, size_t size)
{
    uint16_t id = size == 2 ? virtio_get16(&s->parent_obj, data) : VLANS;

    if (id >= VLANS || command > VIRTIO_NET_CTRL_VLAN_DEL) {
        return false;
    }
    s->vlans[id / 8] = deposit32(s->vlans[id / 8], id % 8, 1, command == VIRTIO_NET_CTRL_VLAN_ADD);
    return true;
}

static bool control_mq(VirtioNet *s, uint8_t command, const uint8_t *data, size_t size)
{
    uint16_t pairs = size == 2 ? virtio_get16(&s->parent_obj, data) : 0;

    if (command != VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET || pairs < 1 || pairs > s->max_pairs ||
        !virtio_has_feature(&s->parent_obj, VIRTIO_NET_F_MQ)) {
        return false;
    }
    set_pairs(s, pairs);
    return true;
}

static bool control_offloads(VirtioNet *s, uint8_t command, const uint8_t *data, size_t size)
{
    uint64_t offloads = size == 8 ? virtio_get64(&s->parent_obj, data) : UINT64_MAX;

    if (command != VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET ||
        !virtio_has_feature(&s->parent_obj, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) ||
        (offloads & ~(s->parent_obj.driver_features & GUEST_OFFLOADS))) {
        return false;
    }
    s->guest_offloads = offloads;
    apply_offloads(s);
    return true;
}

static ControlCommand *const control_classes[] = {
    [VIRTIO_NET_CTRL_RX] = control_rx,
    [VIRTIO_NET_CTRL_MAC] = control_mac,
    [VIRTIO_NET_CTRL_VLAN] = control_vlan,
    [VIRTIO_NET_CTRL_MQ] = control_mq,
    [VIRTIO_NET_CTRL_GUEST_OFFLOADS] = control_offloads,
};

/* The longest command is a table of addresses; one of more than this is an error. */
#define MAX_COMMAND 65536

static void control(VirtioNet *s, VirtQueue *q)
{
    VirtBuffer *buf;

    while ((buf = virtq_take(q, sizeof(*buf)))) {
        size_t size = MIN(buf->out_size, MAX_COMMAND);
        g_autofree uint8_t *data = g_malloc(size);
        uint8_t ack = VIRTIO_NET_ERR;

        if (buf->out_size < 2 || buf->in_size < 1) {
            virtio_broken(&s->parent_obj, "queue %u: a command without class or status",
                          virtq_index(q));
            virtq_drop(buf);
            return;
        }
        iov_to_buf(buf->out, buf->num_out, 0, data, size);
        if (size == buf->out_size && data[0] < G_N_ELEMENTS(control_classes) &&
            control_classes[data[0]] && control_classes[data[0]](s, data[1], data + 2, size - 2)) {
            ack = VIRTIO_NET_OK;
        }
        iov_from_buf(buf->in, buf->num_in, 0, &ack, 1);
        virtq_finish(buf, 1);
    }
    virtq_publish(q);
}

static void queue_kicked(VirtioDevice *dev, VirtQueue *q)
{
    VirtioNet *s = VIRTIO_NET(dev);
    unsigned i = virtq_index(q);

    if (i == control_index(s)) {
        if (virtio_has_feature(dev, VIRTIO_NET_F_CTRL_VQ)) {
            control(s, q);
        }
    } else if (i % 2) {
        transmit(s, i / 2);
    } else if (i / 2 < s->pairs) {
        qemu_flush_queued_packets(qemu_get_subqueue(s->nic, i / 2));
    }
}

/* --- configuration, features, reset --- */

static void net_read_config(VirtioDevice *dev, uint8_t *config)
{
    VirtioNet *s = VIRTIO_NET(dev);

    memcpy(config + CONFIG_MAC, s->mac, 6);
    virtio_put16(dev, config + CONFIG_STATUS,
                 qemu_get_queue(s->nic)->link_down ? 0 : STATUS_LINK_UP);
    virtio_put16(dev, config + CONFIG_MAX_PAIRS, s->max_pairs);
    virtio_put16(dev, config + CONFIG_MTU, s->mtu);
}

/* Legacy drivers write the address there; later ones have a command. */
static void net_write_config(VirtioDevice *dev, const uint8_t *config)
{
    VirtioNet *s = VIRTIO_NET(dev);

    if (dev->legacy && !virtio_has_feature(dev, VIRTIO_NET_F_CTRL_MAC_ADDR) &&
        memcmp(s->mac, config + CONFIG_MAC, 6)) {
        memcpy(s->mac, config + CONFIG_MAC, 6);
        qemu_format_nic_info_str(qemu_get_queue(s->nic), s->mac);
    }
}

static void net_features_accepted(VirtioDevice *dev)
{
    VirtioNet *s = VIRTIO_NET(dev);

    s->guest_offloads = dev->driver_features & GUEST_OFFLOADS;
    apply_offloads(s);
}

static void net_status_changed(VirtioDevice *dev, uint8_t before)
{
    VirtioNet *s = VIRTIO_NET(dev);

    for (int i = 0; virtio_is_running(dev) && i < s->pairs; i++) {
        qemu_flush_queued_packets(qemu_get_subqueue(s->nic, i));
    }
}

static void net_reset(VirtioDevice *dev)
{
    VirtioNet *s = VIRTIO_NET(dev);

    choose_peer_queues(s, 1);
    s->modes = MODE_PROMISC;
    s->unicast = s->multicast = (MACTable){ 0 };
    memset(s->vlans, 0, sizeof(s->vlans));
    memcpy(s->mac, s->conf.macaddr.a, 6);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->mac);
    s->guest_offloads = 0;
    apply_offloads(s);
    for (int i = 0; i < s->max_pairs; i++) {
        if (s->tx_waits[i]) {
            qemu_purge_queued_packets(qemu_get_subqueue(s->nic, i));
        }
        s->tx_waits[i] = false;
    }
}

static void net_link_status_changed(NetClientState *nc)
{
    VirtioNet *s = qemu_get_nic_opaque(nc);

    if (nc->queue_index == 0) {
        virtio_config_changed(&s->parent_obj);
    }
}

static NetClientInfo net_client_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .receive = net_receive,
    .can_receive = net_can_receive,
    .link_status_changed = net_link_status_changed,
};

/* --- making one --- */

static bool check_properties(VirtioNet *s, Error **errp)
{
    const struct {
        const char *name;
        unsigned size;
    } sizes[] = { { "rx_queue_size", s->rx_queue_size }, { "tx_queue_size", s->tx_queue_size } };

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        if (!is_power_of_2(sizes[i].size) || sizes[i].size < 4 ||
            sizes[i].size > VIRTIO_MAX_QUEUE_SIZE) {
            error_setg(errp, "%s=%u: expected a power of two from 4 to %u", sizes[i].name,
                       sizes[i].size, VIRTIO_MAX_QUEUE_SIZE);
            return false;
        }
    }
    if (s->mtu && s->mtu < 68) {
        error_setg(errp, "host_mtu=%u: expected at least 68", s->mtu);
        return false;
    }
    return true;
}

/*
 * Features that need another one (5.1.3.1); those that are needed come first, so that going through
 * once is enough.
 */
static const struct {
    uint8_t feature;
    uint64_t needs_one_of;
} requirements[] = {
    { VIRTIO_NET_F_GUEST_TSO4, VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_CSUM) },
    { VIRTIO_NET_F_GUEST_TSO6, VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_CSUM) },
    { VIRTIO_NET_F_GUEST_UFO, VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_CSUM) },
    { VIRTIO_NET_F_GUEST_ECN,
      VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO4) | VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO6) },
    { VIRTIO_NET_F_HOST_TSO4, VIRTIO_FEATURE(VIRTIO_NET_F_CSUM) },
    { VIRTIO_NET_F_HOST_TSO6, VIRTIO_FEATURE(VIRTIO_NET_F_CSUM) },
    { VIRTIO_NET_F_HOST_UFO, VIRTIO_FEATURE(VIRTIO_NET_F_CSUM) },
    { VIRTIO_NET_F_HOST_ECN,
      VIRTIO_FEATURE(VIRTIO_NET_F_HOST_TSO4) | VIRTIO_FEATURE(VIRTIO_NET_F_HOST_TSO6) },
    { VIRTIO_NET_F_CTRL_RX, VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ) },
    { VIRTIO_NET_F_CTRL_RX_EXTRA, VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_RX) },
    { VIRTIO_NET_F_CTRL_VLAN, VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ) },
    { VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ) },
    { VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ) },
};

/* What the back end has no header for isn't offered, nor what can't be without that. */
static void limit_features(VirtioNet *s)
{
    uint64_t *features = &s->parent_obj.device_features;
    NetClientState *peer = qemu_get_queue(s->nic)->peer;
    bool has_header = peer && qemu_has_vnet_hdr(peer);

    *features |= VIRTIO_FEATURE(VIRTIO_NET_F_MAC);
    if (!has_header) {
        *features &= ~NEEDS_VNET_HEADER;
    } else if (!qemu_has_ufo(peer)) {
        *features &= ~NEEDS_UFO;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(requirements); i++) {
        if (!(*features & requirements[i].needs_one_of)) {
            *features &= ~VIRTIO_FEATURE(requirements[i].feature);
        }
    }
    if (s->max_pairs > 1 && (*features & VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ))) {
        *features |= VIRTIO_FEATURE(VIRTIO_NET_F_MQ);
    }
    if (s->mtu) {
        *features |= VIRTIO_FEATURE(VIRTIO_NET_F_MTU);
    }
    for (int i = 0; has_header && i < s->max_pairs; i++) {
        peer = qemu_get_subqueue(s->nic, i)->peer;
        qemu_using_vnet_hdr(peer, true);
        if (qemu_has_vnet_hdr_len(peer, HEADER_SIZE)) {
            qemu_set_vnet_hdr_len(peer, HEADER_SIZE);
        }
    }
}

static void net_realize(VirtioDevice *dev, Error **errp)
{
    VirtioNet *s = VIRTIO_NET(dev);
    VirtQueue *tx;

    if (!check_properties(s, errp)) {
        return;
    }
    s->max_pairs = MAX(s->conf.peers.queues, 1);
    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    for (int i = 0; i < s->max_pairs; i++) {
        virtio_add_queue(dev, s->rx_queue_size, queue_kicked);
        tx = virtio_add_queue(dev, s->tx_queue_size, queue_kicked);
        if (s->tx_linger_ns) {
            virtq_linger(tx, s->tx_linger_ns);
        }
    }
    virtio_add_queue(dev, CONTROL_QUEUE_SIZE, queue_kicked);
    s->nic = qemu_new_nic(&net_client_info, &s->conf, object_get_typename(OBJECT(dev)),
                          dev->parent_obj.id, s);
    limit_features(s);
    net_reset(dev);
}

static void net_unrealize(VirtioDevice *dev)
{
    VirtioNet *s = VIRTIO_NET(dev);

    qemu_del_nic(s->nic);
    s->nic = NULL;
}

static const VMStateDescription vmstate_mac_table = {
    .name = "virtio-net/addresses",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(count, MACTable),
            VMSTATE_BOOL(overflow, MACTable),
            VMSTATE_BUFFER(entries, MACTable),
            VMSTATE_END_OF_LIST(),
        },
};

static int net_post_load(void *opaque, int version_id)
{
    VirtioNet *s = opaque;

    if (s->unicast.count > MAC_TABLE_SIZE || s->multicast.count > MAC_TABLE_SIZE ||
        s->pairs < 1 || s->pairs > s->max_pairs) {
        return -EINVAL;
    }
    apply_offloads(s);
    set_pairs(s, s->pairs);
    return 0;
}

static const VMStateDescription vmstate_net = {
    .name = "virtio-net",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = net_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtioNet),
            VMSTATE_BUFFER(mac, VirtioNet),
            VMSTATE_UINT16(pairs, VirtioNet),
            VMSTATE_UINT8(modes, VirtioNet),
            VMSTATE_STRUCT(unicast, VirtioNet, 0, vmstate_mac_table, MACTable),
            VMSTATE_STRUCT(multicast, VirtioNet, 0, vmstate_mac_table, MACTable),
            VMSTATE_BUFFER(vlans, VirtioNet),
            VMSTATE_UINT64(guest_offloads, VirtioNet),
            VMSTATE_END_OF_LIST(),
        },
};

#define FEATURE_PROPERTY(name, bit)                                                                \
    DEFINE_PROP_BIT64(name, VirtioDevice, device_features, VIRTIO_NET_F_##bit, true)

static Property net_properties[] = {
    FEATURE_PROPERTY("csum", CSUM),
    FEATURE_PROPERTY("guest_csum", GUEST_CSUM),
    DEFINE_PROP_BIT64("gso", VirtioDevice, device_features, VIRTIO_NET_F_GSO, false),
    FEATURE_PROPERTY("guest_tso4", GUEST_TSO4),
    FEATURE_PROPERTY("guest_tso6", GUEST_TSO6),
    FEATURE_PROPERTY("guest_ecn", GUEST_ECN),
    FEATURE_PROPERTY("guest_ufo", GUEST_UFO),
    FEATURE_PROPERTY("host_tso4", HOST_TSO4),
    FEATURE_PROPERTY("host_tso6", HOST_TSO6),
    FEATURE_PROPERTY("host_ecn", HOST_ECN),
    FEATURE_PROPERTY("host_ufo", HOST_UFO),
    FEATURE_PROPERTY("mrg_rxbuf", MRG_RXBUF),
    FEATURE_PROPERTY("status", STATUS),
    FEATURE_PROPERTY("ctrl_vq", CTRL_VQ),
    FEATURE_PROPERTY("ctrl_rx", CTRL_RX),
    FEATURE_PROPERTY("ctrl_vlan", CTRL_VLAN),
    FEATURE_PROPERTY("ctrl_rx_extra", CTRL_RX_EXTRA),
    FEATURE_PROPERTY("ctrl_mac_addr", CTRL_MAC_ADDR),
    FEATURE_PROPERTY("ctrl_guest_offloads", CTRL_GUEST_OFFLOADS),
    DEFINE_NIC_PROPERTIES(VirtioNet, conf),
    DEFINE_PROP_UINT16("rx_queue_size", VirtioNet, rx_queue_size, QUEUE_SIZE_DEFAULT),
    DEFINE_PROP_UINT16("tx_queue_size", VirtioNet, tx_queue_size, QUEUE_SIZE_DEFAULT),
    DEFINE_PROP_UINT16("host_mtu", VirtioNet, mtu, 0),
    DEFINE_PROP_UINT32("x-txtimer", VirtioNet, tx_linger_ns, TX_LINGER_NS),
    DEFINE_PROP_END_OF_LIST(),
};

static void net_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vc = VIRTIO_DEVICE_CLASS(klass);

    vc->device_id = VIRTIO_ID_NET;
    vc->config_size = CONFIG_SIZE;
    vc->realize = net_realize;
    vc->unrealize = net_unrealize;
    vc->read_config = net_read_config;
    vc->write_config = net_write_config;
    vc->features_accepted = net_features_accepted;
    vc->status_changed = net_status_changed;
    vc->reset = net_reset;
    dc->vmsd = &vmstate_net;
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
    device_class_set_props(dc, net_properties);
}

static const TypeInfo net_types[] = {
    {
        .name = TYPE_VIRTIO_NET,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtioNet),
        .class_init = net_class_init,
    },
};

DEFINE_TYPES(net_types)

static const VirtioPCIKind net_pci = {
    .name = "virtio-net-pci",
    .backend = TYPE_VIRTIO_NET,
    .legacy_id = 0x1000,
    .class_id = PCI_CLASS_NETWORK_ETHERNET,
    .vectors = VIRTIO_PCI_VECTORS_AUTO,
    .category = DEVICE_CATEGORY_NETWORK,
};

static void register_net_pci(void)
{
    virtio_pci_register(&net_pci);
}

type_init(register_net_pci)
