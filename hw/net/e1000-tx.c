/*
 * Intel 82540EM and 82574L: sending.
 *
 * The ring's descriptors have three formats. A legacy one and a data descriptor each describe a
 * piece of a packet; a context descriptor says what the data descriptors behind it refer to: where
 * checksums start, end and belong, and how large the segments are into which a large TCP or UDP
 * packet is cut. There are two contexts, for packets that are cut and for others.
 *
 * A packet that is cut has its headers in front, once. Each segment gets a copy of them with
 * lengths, numbers and checksums put right, and is sent as soon as its data is there and it is
 * known not to be the last.
 *
 * Reference: PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual, sections
 * 3.3 to 3.6.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "e1000-internal.h"
#include "net/inet-sum.h"

#define TCTL_EN  (1u << 1)
#define TCTL_PSP (1u << 3)

/* Commands of a descriptor. */
#define CMD_EOP  0x01 /* the packet's last piece */
#define CMD_IFCS 0x02 /* the FCS isn't part of the data */
#define CMD_IC   0x04 /* legacy: insert a checksum */
#define CMD_TSE  0x04 /* data, context: the packet is cut into segments */
#define CMD_RS   0x08 /* write the status back */
#define CMD_DEXT 0x20 /* not legacy */
#define CMD_VLE  0x40 /* insert a VLAN tag */
#define CMD_IDE  0x80 /* the interrupt may wait */
/* Of a context besides. */
#define CONTEXT_TCP 0x01
#define CONTEXT_IPV4 0x02

#define STATUS_DD 0x01

#define POPTS_IXSM 0x01 /* insert IP's checksum */
#define POPTS_TXSM 0x02 /* and TCP's or UDP's */

#define TCP_FIN_PSH 0x09

enum { TYPE_CONTEXT = 0, TYPE_DATA = 1 };

/* One descriptor, as far as all formats have it in the same place. */
typedef struct Descriptor {
    uint8_t raw[DESCRIPTOR_SIZE];
    uint8_t command;
    bool is_legacy;
    uint8_t type; /* if it isn't */
} Descriptor;

void e1000_tx_reset(E1000State *s)
{
    for (unsigned i = 0; i < E1000_MAX_QUEUES; i++) {
        E1000TxQueue *q = &s->txq[i];

        memset(q->contexts, 0, sizeof(q->contexts));
        q->packet.size = q->packet.segments = 0;
        q->packet.is_open = q->packet.is_bad = false;
    }
}

/* ---- what the controller inserts ---- */

/*
 * `zero_as_ones`: UDP's 0 means that there is no checksum; TCP takes either. A place outside of the
 * frame gets none.
 */
static void insert_checksum(uint8_t *frame, size_t size, size_t start, size_t end, size_t place, bool zero_as_ones)
{
    size_t stop = end ? MIN(end + 1, size) : size;
    uint16_t sum;

    if (start >= stop || place + 2 > size) {
        return;
    }
    sum = inet_checksum(inet_sum(0, frame + start, stop - start));
    stw_be_p(frame + place, sum == 0 && zero_as_ones ? 0xffff : sum);
}

static void insert_checksums(const E1000Context *c, uint8_t options, uint8_t *frame, size_t size)
{
    if (options & POPTS_IXSM) {
        insert_checksum(frame, size, c->ip_start, c->ip_end, c->ip_offset, false);
    }
    if (options & POPTS_TXSM) {
        insert_checksum(frame, size, c->tu_start, c->tu_end, c->tu_offset, true);
    }
}

/* Numbers in a segment's headers; what the context puts outside of them isn't there. */
static void add_to_word(uint8_t *headers, size_t len, size_t at, uint16_t by)
{
    if (at + 2 <= len) {
        stw_be_p(headers + at, lduw_be_p(headers + at) + by);
    }
}

static void set_word(uint8_t *headers, size_t len, size_t at, uint16_t value)
{
    if (at + 2 <= len) {
        stw_be_p(headers + at, value);
    }
}

/* The headers of segment number `n`, which has `size` bytes in all (section 3.5.9). */
static void fix_headers(const E1000Context *c, uint8_t *headers, size_t size, unsigned n, bool is_last)
{
    size_t len = c->header_len, ip = c->ip_start, tu = c->tu_start;
    uint32_t sum = 0;

    if (c->command & CONTEXT_IPV4) {
        set_word(headers, len, ip + 2, size - ip);
        add_to_word(headers, len, ip + 4, n);
    } else {
        set_word(headers, len, ip + 4, size - ip - 40); /* IPv6 counts what follows its header */
    }
    if (!(c->command & CONTEXT_TCP)) {
        set_word(headers, len, tu + 4, size - tu);
    } else if (tu + 14 <= len) {
        stl_be_p(headers + tu + 4, ldl_be_p(headers + tu + 4) + n * c->mss);
        headers[tu + 13] &= is_last ? 0xff : ~TCP_FIN_PSH;
    }
    /* Software has left the pseudo header's sum there, but for the length. */
    if (c->tu_offset + 2u <= len) {
        sum = lduw_be_p(headers + c->tu_offset) + ((size - tu) & 0xffff);
        stw_be_p(headers + c->tu_offset, (sum & 0xffff) + (sum >> 16));
    }
}

/* ---- onto the wire ---- */

static void sent(NetClientState *nc, ssize_t ret)
{
    E1000State *s = qemu_get_nic_opaque(nc);

    s->tx_waits = false;
    qemu_bh_schedule(s->turn);
}

static bool is_loop(const E1000State *s)
{
    enum { RCTL_LBM = 3u << 6, PHY_CONTROL = 0, PHY_LOOP = 0x4000 };

    return (e1000_get(s, RCTL) & RCTL_LBM) || (s->phy[PHY_CONTROL] & PHY_LOOP);
}

static void count_sent(E1000State *s, const uint8_t *frame, size_t size)
{
    bool is_broadcast = memcmp(frame, "\xff\xff\xff\xff\xff\xff", 6) == 0;

    e1000_count(s, STAT_GPTC, 1);
    e1000_count(s, STAT_TPT, 1);
    e1000_count(s, STAT_GOTC, size + FCS_SIZE);
    e1000_count(s, STAT_TOT, size + FCS_SIZE);
    e1000_count_size(s, STAT_PTC64, size + FCS_SIZE);
    if (frame[0] & 1) {
        e1000_count(s, is_broadcast ? STAT_BPTC : STAT_MPTC, 1);
    }
}

/* A complete frame in the packet's data, which has room for a tag and is used up. */
static void send_frame(E1000State *s, E1000Packet *p, size_t size)
{
    uint8_t *frame = p->data;

    if (size < FRAME_HEADER) {
        e1000_guest_error("transmit descriptor", "a packet without an Ethernet header isn't sent");
        return;
    }
    if (p->tagged) {
        memmove(frame + 12 + VLAN_TAG_SIZE, frame + 12, size - 12);
        stw_be_p(frame + 12, e1000_get(s, VET));
        stw_be_p(frame + 14, p->tag);
        size += VLAN_TAG_SIZE;
    }
    if (size < FRAME_MIN && (e1000_get(s, TCTL) & TCTL_PSP)) {
        memset(frame + size, 0, FRAME_MIN - size);
        size = FRAME_MIN;
    }
    count_sent(s, frame, size);
    if (is_loop(s)) {
        e1000_receive(s, frame, size);
    } else if (e1000_link_is_up(s) &&
               qemu_send_packet_async(qemu_get_queue(s->nic), frame, size, sent) == 0) {
        s->tx_waits = true;
    }
}

/* One descriptor or segment of a turn's worth. */
static void spend_work(E1000State *s)
{
    s->work_left -= s->work_left > 0;
}

/* What was gathered is one segment. The headers stay for the next one. */
static void send_segment(E1000State *s, E1000TxQueue *q, bool is_last)
{
    const E1000Context *c = &q->contexts[1];
    E1000Packet *p = &q->packet;

    if (p->size < c->header_len) {
        e1000_guest_error("transmit descriptor", "a packet to be cut ends within its headers, and isn't sent");
        p->is_bad = true;
        return;
    }
    if (p->segments == 0) {
        memcpy(p->header, p->data, c->header_len);
    } else {
        memcpy(p->data, p->header, c->header_len);
    }
    fix_headers(c, p->data, p->size, p->segments, is_last);
    insert_checksums(c, p->options, p->data, p->size);
    send_frame(s, p, p->size);
    spend_work(s);
    p->segments++;
    p->size = c->header_len;
}

/* ---- gathering ---- */

static bool wants_tag(const E1000State *s, const Descriptor *d)
{
    return (d->command & CMD_VLE) && (e1000_get(s, CTRL) & CTRL_VME);
}

static void begin_packet(E1000State *s, E1000TxQueue *q, const Descriptor *d)
{
    E1000Packet *p = &q->packet;
    const E1000Context *c = &q->contexts[1];

    p->size = p->segments = 0;
    p->is_open = true;
    p->options = d->is_legacy ? 0 : d->raw[13];
    p->in_segments = !d->is_legacy && (d->command & CMD_TSE);
    p->tagged = wants_tag(s, d); /* of a packet that isn't cut, the last descriptor's counts */
    p->tag = lduw_le_p(d->raw + 14);
    p->is_bad = p->in_segments && (c->mss == 0 || c->header_len < FRAME_HEADER);
    if (p->is_bad) {
        e1000_guest_error("transmit descriptor", "a context without segment size or headers");
        e1000_count(s, STAT_TSCTFC, 1);
    }
}

/* A piece of the packet. Segments that it completes are sent at once. */
static void gather(E1000State *s, E1000TxQueue *q, uint64_t from, uint32_t len)
{
    E1000Packet *p = &q->packet;
    const E1000Context *c = &q->contexts[1];
    uint32_t limit = p->in_segments ? (uint32_t)c->header_len + c->mss : TX_FRAME_MAX;

    while (len && !p->is_bad) {
        uint32_t n = MIN(len, limit - p->size);

        if (n == 0 && p->in_segments) {
            send_segment(s, q, false);
            continue;
        }
        if (n == 0) {
            e1000_guest_error("transmit descriptor", "the packet is too large, and isn't sent");
            p->is_bad = true;
            return;
        }
        e1000_dma_get(s, from, p->data + p->size, n);
        p->size += n;
        from += n;
        len -= n;
    }
}

/* The last piece is there. */
static void finish_packet(E1000State *s, E1000TxQueue *q, const Descriptor *d)
{
    E1000Packet *p = &q->packet;

    p->is_open = false;
    if (p->is_bad) {
        return;
    }
    if (p->in_segments) {
        send_segment(s, q, true);
        e1000_count(s, STAT_TSCTC, 1);
        return;
    }
    p->tagged = wants_tag(s, d);
    p->tag = lduw_le_p(d->raw + 14);
    if (!(d->command & CMD_IFCS) && p->size >= FRAME_MIN + FCS_SIZE) {
        p->size -= FCS_SIZE; /* software has made it, and nobody here looks at it */
    }
    if (!d->is_legacy) {
        insert_checksums(&q->contexts[0], p->options, p->data, p->size);
    } else if (d->command & CMD_IC) {
        insert_checksum(p->data, p->size, d->raw[13], 0, d->raw[10], true);
    }
    send_frame(s, p, p->size);
}

static void load_context(E1000TxQueue *q, const Descriptor *d)
{
    const uint8_t *raw = d->raw;

    q->contexts[d->command & CMD_TSE ? 1 : 0] = (E1000Context){
        .ip_start = raw[0], .ip_offset = raw[1], .ip_end = lduw_le_p(raw + 2),
        .tu_start = raw[4], .tu_offset = raw[5], .tu_end = lduw_le_p(raw + 6),
        .command = d->command, .header_len = raw[13], .mss = lduw_le_p(raw + 14),
    };
}

static void take_descriptor(E1000State *s, E1000TxQueue *q, const Descriptor *d)
{
    uint64_t address = ldq_le_p(d->raw);
    uint32_t len = d->is_legacy ? lduw_le_p(d->raw + 8) : ldl_le_p(d->raw + 8) & 0xfffff;

    if (!d->is_legacy && d->type == TYPE_CONTEXT) {
        if (q->packet.is_open && q->packet.in_segments) { /* its limits must not change while data is gathered */
            e1000_guest_error("transmit descriptor", "a context within a packet ends that");
            q->packet.is_open = false;
        }
        load_context(q, d);
        return;
    }
    if (!d->is_legacy && d->type != TYPE_DATA) {
        e1000_guest_error("transmit descriptor", "neither context nor data");
        return;
    }
    if (!q->packet.is_open) {
        begin_packet(s, q, d);
    }
    gather(s, q, address, len);
    if (d->command & CMD_EOP) {
        finish_packet(s, q, d);
    }
}

static Descriptor fetch(E1000State *s, uint64_t at)
{
    Descriptor d;

    e1000_dma_get(s, at, d.raw, sizeof(d.raw));
    d.command = d.raw[11];
    d.is_legacy = !(d.command & CMD_DEXT);
    d.type = d.raw[10] >> 4;
    return d;
}

static void write_back(E1000State *s, const E1000TxQueue *q, uint64_t at, const Descriptor *d)
{
    uint32_t causes = CAUSE_TXDW | CAUSE_TXQ0 << q->number;
    uint8_t status = (d->raw[12] & 0xf0) | STATUS_DD;

    if (!(d->command & CMD_RS)) {
        return;
    }
    e1000_dma_put(s, at + 12, &status, 1);
    if ((d->command & CMD_IDE) && e1000_get(s, TIDV)) {
        e1000_raise_later(&s->tx_delay, causes, e1000_get(s, TIDV), e1000_get(s, TADV));
    } else {
        e1000_raise(s, causes);
    }
}

/* False: the turn is over before the ring is empty. */
static bool run_queue(E1000State *s, E1000TxQueue *q)
{
    E1000Row base_low = q->number ? TDBAL1 : TDBAL;
    E1000Ring ring = e1000_ring(s, base_low);
    bool any = false;

    for (; (e1000_get(s, TCTL) & TCTL_EN) && !s->tx_waits; spend_work(s)) {
        uint64_t at = ring.base + (uint64_t)ring.head * DESCRIPTOR_SIZE;
        Descriptor d;

        if (ring.count == 0 || ring.head == ring.tail) {
            if (any) {
                e1000_raise(s, CAUSE_TXQE);
            }
            return true;
        }
        if (s->work_left == 0) {
            qemu_bh_schedule(s->turn);
            return false;
        }
        d = fetch(s, at);
        take_descriptor(s, q, &d);
        write_back(s, q, at, &d);
        e1000_set(s, e1000_head_of(base_low), (ring.head + 1) % ring.count);
        ring = e1000_ring(s, base_low); /* the guest may have written to it meanwhile */
        any = true;
    }
    return true;
}

/* Each queue is first in turn: one that is never empty leaves the other one room. */
void e1000_tx_run(E1000State *s)
{
    unsigned queues = E1000_GET_CLASS(s)->queues;

    if (s->sending) {
        return;
    }
    s->sending = true;
    s->work_left = WORK_PER_TURN;
    s->first_queue = (s->first_queue + 1) % queues;
    for (unsigned i = 0; i < queues; i++) {
        if (!run_queue(s, &s->txq[(s->first_queue + i) % queues])) {
            break;
        }
    }
    s->sending = false;
}
