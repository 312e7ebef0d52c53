/*
 * Realtek RTL8139C+: a Fast Ethernet controller with two manners of working.
 *
 * As the RTL8139 before it, it has four transmit descriptors in registers, and one receive buffer
 * that is filled as a ring, each frame behind a header of four bytes. CBR is where the next one
 * goes, CAPR (plus 16) where software reads. In C+ mode (CPCR), which is switched on for each
 * direction apart, frames go through rings of descriptors in memory instead, with checksums, VLAN
 * tags and large sending left to the controller.
 *
 * A frame that finds no room waits with the network. C+ descriptors are given back without telling
 * the controller, so that it looks again from time to time. Not there: wake-up, power management,
 * boot ROM, early receiving and transmitting, flow control, high-priority ring, tally counters.
 *
 * Reference: RTL8139C(L) data sheet, revision 1.4, chapters 5 and 6 (registers). C+ descriptors:
 * RTL8169 data sheet, revision 1.21, chapter 8, whose transmit descriptors are the same; the bits
 * of C+'s receive status are one lower than there, which drivers show.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/nvram/microwire.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "hw/register.h"
#include "migration/vmstate.h"
#include "net/inet-sum.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qemu/units.h"

#define TYPE_RTL8139 "rtl8139"
OBJECT_DECLARE_SIMPLE_TYPE(Rtl8139State, RTL8139)

#define REGISTERS_SIZE 256
#define NUM_TX 4
#define RING_PADDING 16 /* CAPR is that far behind what software has read */
#define HEADER_SIZE 4
#define FCS_SIZE 4
#define VLAN_TAG_SIZE 4
#define TX_FRAME_MAX (64 * KiB)
#define RX_FRAME_MAX (8 * KiB)
#define CPLUS_SIZE 16 /* of a descriptor */
#define CPLUS_RING_MAX 64
#define RETRY_NS (1 * SCALE_MS)
#define CLOCK_HZ 33000000 /* of TCTR: PCI's */

/* Rows of rtl8139_registers[]. */
enum {
    IDR, MAR, TSD, TSAD, RBSTART, ERBCR, ERSR, CR, CAPR, CBR, IMR, ISR, TCR, RCR, TCTR, MPC, EECR, CONFIG0, CONFIG1,
    TIMERINT, MSR, CONFIG3, CONFIG4, MULINT, RERID, TSALL, BMCR, BMSR, ANAR, ANLPAR, ANER, DIS, FCSC, NWAYTR, REC, CSCR,
    PHY1, TW, PHY2, CONFIG5, TPPOLL, CPCR, RDSAR, ETTHR,
};

#define TSD_SIZE 0x1fff
#define TSD_OWN  0x2000 /* the controller is done with it */
#define TSD_TOK  0x8000

#define CR_BUFE 0x01
#define CR_TE   0x04
#define CR_RE   0x08
#define CR_RST  0x10

#define ISR_ROK     0x0001
#define ISR_TOK     0x0004
#define ISR_RDU     0x0010 /* no descriptor for a frame */
#define ISR_LINK    0x0020
#define ISR_TDU     0x0080 /* C+: nothing left to send */
#define ISR_SWINT   0x0100
#define ISR_TIMEOUT 0x4000
#define ISR_ALL     0xe1ff

#define TCR_LOOP 0x60000
#define TCR_IS_CPLUS 0x74800000 /* the version that it reads as */

#define RCR_AAP   0x0001
#define RCR_APM   0x0002
#define RCR_AM    0x0004
#define RCR_AB    0x0008
#define RCR_WRAP  0x0080 /* a frame goes on behind the buffer's end */

#define EECR_MODE   0xc0
#define EECR_WIRES  0x80
#define EECR_CONFIG 0xc0
#define EECR_CS 0x08
#define EECR_SK 0x04
#define EECR_DI 0x02
#define EECR_DO 0x01

#define MSR_NO_LINK 0x04

#define CPCR_TX   0x0001
#define CPCR_RX   0x0002
#define CPCR_SUMS 0x0020
#define CPCR_VLAN 0x0040

#define TPPOLL_HPQ 0x80
#define TPPOLL_NPQ 0x40
#define TPPOLL_SWI 0x01

#define BMSR_LINK 0x0024 /* with "negotiation complete" */

/* Of a frame in the ring buffer, in front of its length. */
#define RX_OK  0x0001
#define RX_BAR 0x2000
#define RX_PAM 0x4000
#define RX_MAR 0x8000

/* C+ descriptors. */
#define DESC_OWN 0x80000000u
#define DESC_EOR 0x40000000u
#define DESC_FS  0x20000000u
#define DESC_LS  0x10000000u
#define DESC_LARGE 0x08000000u
#define DESC_TX_IP  0x40000u
#define DESC_TX_UDP 0x20000u
#define DESC_TX_TCP 0x10000u
#define DESC_TX_TAG 0x20000u /* of the second word */
#define DESC_RX_MAR 0x04000000u
#define DESC_RX_PAM 0x02000000u
#define DESC_RX_BAR 0x01000000u
#define DESC_RX_IS_IP  0x30000u
#define DESC_RX_IS_UDP 0x20000u
#define DESC_RX_IS_TCP 0x10000u
#define DESC_RX_IPF  0x8000u
#define DESC_RX_UDPF 0x4000u
#define DESC_RX_TCPF 0x2000u
#define DESC_RX_TAG  0x10000u /* of the second word */
#define DESC_RX_SIZE 0x1fffu

struct Rtl8139State {
    PCIDevice parent_obj;

    NICState *nic;
    NICConf conf;
    RegisterBlock regs;
    MemoryRegion io_bar, mem_bar, io_alias;
    MicrowireEeprom eeprom;

    uint8_t tx_next;            /* of the four descriptors */
    uint32_t cplus_tx, cplus_rx; /* of the rings */
    uint32_t gathered;          /* bytes of tx_frame, of a C+ frame that isn't complete */
    bool gathering, too_large;
    int64_t timer_base;         /* ns: when TCTR was 0 */
    QEMUTimer *timer, *retry;
    QEMUBH *turn;
    bool tx_waits, in_dma, sending;
    uint8_t tx_frame[TX_FRAME_MAX + VLAN_TAG_SIZE];
    uint8_t rx_frame[RX_FRAME_MAX + FCS_SIZE];
};

static Rtl8139State *nic_of(RegisterBlock *block)
{
    return RTL8139(block->owner);
}

static uint32_t get(const Rtl8139State *s, unsigned row)
{
    return register_get(&s->regs, row);
}

static void set(Rtl8139State *s, unsigned row, uint32_t value)
{
    register_set(&s->regs, row, value);
}

/* --- interrupts, link --- */

static void update_interrupt(Rtl8139State *s)
{
    pci_set_irq(&s->parent_obj, (get(s, ISR) & get(s, IMR)) != 0);
}

static void add_causes(Rtl8139State *s, uint16_t causes)
{
    set(s, ISR, get(s, ISR) | causes);
    update_interrupt(s);
}

static bool has_link(const Rtl8139State *s)
{
    const NetClientState *nc = qemu_get_queue(s->nic);

    return nc->peer && !nc->link_down;
}

static void link_changed(NetClientState *nc)
{
    add_causes(qemu_get_nic_opaque(nc), ISR_LINK);
}

/* --- DMA --- */

static void dma_get(Rtl8139State *s, uint64_t from, void *to, size_t size)
{
    s->in_dma = true;
    if (pci_dma_read(&s->parent_obj, from, to, size) != MEMTX_OK) {
        memset(to, 0, size); /* a descriptor of zeros isn't ours */
    }
    s->in_dma = false;
}

static void dma_put(Rtl8139State *s, uint64_t to, const void *from, size_t size)
{
    s->in_dma = true;
    pci_dma_write(&s->parent_obj, to, from, size);
    s->in_dma = false;
}

/* --- receiving: the ring buffer --- */

static uint32_t ring_size(const Rtl8139State *s)
{
    return 8 * KiB << (get(s, RCR) >> 11 & 3);
}

static uint32_t ring_read_at(const Rtl8139State *s)
{
    return (get(s, CAPR) + RING_PADDING) % ring_size(s);
}

/* Bytes that can be filled. Equal pointers mean an empty ring: a full one lacks a word. */
static uint32_t ring_room(const Rtl8139State *s)
{
    uint32_t size = ring_size(s);

    return (ring_read_at(s) + size - get(s, CBR) % size - 1) % size;
}

static void ring_put(Rtl8139State *s, const uint8_t *bytes, uint32_t size)
{
    uint32_t all = ring_size(s), at = get(s, CBR) % all;
    bool goes_on = (get(s, RCR) & RCR_WRAP) && all < 64 * KiB;
    uint32_t first = goes_on ? size : MIN(size, all - at);

    dma_put(s, get(s, RBSTART) + at, bytes, first);
    if (first < size) {
        dma_put(s, get(s, RBSTART), bytes + first, size - first);
    }
}

/* rx_frame with header and FCS is `size` bytes. */
static bool receive_into_ring(Rtl8139State *s, size_t size, uint16_t status)
{
    uint8_t whole[HEADER_SIZE + RX_FRAME_MAX + FCS_SIZE];
    uint32_t taken = ROUND_UP(HEADER_SIZE + size, 4);

    if (taken > ring_room(s)) {
        return taken >= ring_size(s);
    }
    stw_le_p(whole, status | RX_OK);
    stw_le_p(whole + 2, size);
    memcpy(whole + HEADER_SIZE, s->rx_frame, size);
    ring_put(s, whole, HEADER_SIZE + size);
    set(s, CBR, (get(s, CBR) % ring_size(s) + taken) % ring_size(s));
    set(s, ERBCR, size);
    add_causes(s, ISR_ROK);
    return true;
}

/* --- receiving: C+ --- */

static uint64_t row_64(const Rtl8139State *s, unsigned row)
{
    return register_get_at(&s->regs, row, 0) | register_get_at(&s->regs, row, 1) << 32;
}

static uint32_t checksum_bits(const uint8_t *frame, size_t size, size_t header)
{
    InetVerdict v = inet_verify(frame, size, header);
    uint32_t bits = 0;

    if (v.has_ip) {
        bits |= v.has_tcp ? DESC_RX_IS_TCP : v.has_udp ? DESC_RX_IS_UDP : DESC_RX_IS_IP;
        bits |= v.ip_ok ? 0 : DESC_RX_IPF;
        if ((v.has_tcp || v.has_udp) && !v.l4_ok) {
            bits |= v.has_tcp ? DESC_RX_TCPF : DESC_RX_UDPF;
        }
    }
    return bits;
}

typedef struct RxDescriptor {
    uint64_t at, buffer;
    uint32_t flags, size;
} RxDescriptor;

/* The descriptors that a frame of `size` bytes takes, at most `max`; 0: not enough are ours. */
static unsigned find_descriptors(Rtl8139State *s, RxDescriptor *list, unsigned max, size_t size)
{
    uint32_t n = s->cplus_rx;
    size_t room = 0;

    for (unsigned i = 0; i < max; i++) {
        uint8_t raw[CPLUS_SIZE];
        RxDescriptor *d = &list[i];

        d->at = (row_64(s, RDSAR) & ~UINT64_C(0xff)) + (uint64_t)n * CPLUS_SIZE;
        dma_get(s, d->at, raw, sizeof(raw));
        d->flags = ldl_le_p(raw);
        d->buffer = ldq_le_p(raw + 8);
        d->size = d->flags & DESC_RX_SIZE;
        if (!(d->flags & DESC_OWN)) {
            return 0;
        }
        room += d->size;
        if (room >= size) {
            return i + 1;
        }
        n = d->flags & DESC_EOR || n + 1 >= CPLUS_RING_MAX ? 0 : n + 1;
    }
    return 0;
}

/* rx_frame with FCS is `size` bytes. */
static bool receive_into_descriptors(Rtl8139State *s, size_t size, uint32_t status, uint32_t tag)
{
    RxDescriptor list[8];
    unsigned count = find_descriptors(s, list, ARRAY_SIZE(list), size);
    size_t done = 0;

    if (count == 0) {
        add_causes(s, ISR_RDU);
        timer_mod(s->retry, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + RETRY_NS);
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        const RxDescriptor *d = &list[i];
        size_t n = MIN(d->size, size - done);
        uint32_t flags = (d->flags & DESC_EOR) | (i == 0 ? DESC_FS : 0);
        uint8_t raw[8];

        dma_put(s, d->buffer, s->rx_frame + done, n);
        done += n;
        if (i == count - 1) {
            flags |= DESC_LS | status | (size & DESC_RX_SIZE);
        }
        stl_le_p(raw, flags);
        stl_le_p(raw + 4, i == count - 1 ? tag : 0);
        dma_put(s, d->at, raw, sizeof(raw));
        s->cplus_rx = d->flags & DESC_EOR || s->cplus_rx + 1 >= CPLUS_RING_MAX ? 0 : s->cplus_rx + 1;
    }
    add_causes(s, ISR_ROK);
    return true;
}

/* --- receiving --- */

/* Why a frame is ours, as RX_BAR, RX_PAM or RX_MAR; *accepted: whether it is. */
static uint16_t judge_address(const Rtl8139State *s, const uint8_t *address, bool *accepted)
{
    uint32_t rcr = get(s, RCR);

    *accepted = rcr & RCR_AAP;
    if (memcmp(address, "\xff\xff\xff\xff\xff\xff", 6) == 0) {
        *accepted |= (rcr & RCR_AB) != 0;
        return RX_BAR;
    }
    if (address[0] & 1) {
        unsigned bit = net_crc32(address, 6) >> 26;

        *accepted |= (rcr & RCR_AM) && (register_get_at(&s->regs, MAR, bit / 8) >> bit % 8 & 1);
        return RX_MAR;
    }
    for (unsigned i = 0; i < 6; i++) {
        if (register_get_at(&s->regs, IDR, i) != address[i]) {
            return 0;
        }
    }
    *accepted |= (rcr & RCR_APM) != 0;
    return RX_PAM;
}

/* False: there is no room for it now. */
static bool take_frame(Rtl8139State *s, const uint8_t *frame, size_t size)
{
    bool accepted, cplus = get(s, CPCR) & CPCR_RX;
    bool is_tagged = size >= 18 && lduw_be_p(frame + 12) == 0x8100;
    uint16_t why;
    uint32_t status, tag = 0;

    if (!(get(s, CR) & CR_RE) || size < 14 || size > RX_FRAME_MAX - HEADER_SIZE - FCS_SIZE) {
        return true;
    }
    why = judge_address(s, frame, &accepted);
    if (!accepted) {
        return true;
    }
    memcpy(s->rx_frame, frame, size);
    stl_le_p(s->rx_frame + size, ~net_crc32_le(frame, size));
    if (!cplus) {
        return receive_into_ring(s, size + FCS_SIZE, why);
    }
    status = (why & RX_MAR ? DESC_RX_MAR : 0) | (why & RX_PAM ? DESC_RX_PAM : 0) | (why & RX_BAR ? DESC_RX_BAR : 0);
    if (get(s, CPCR) & CPCR_SUMS) {
        status |= checksum_bits(frame, size, is_tagged ? 18 : 14);
    }
    if (is_tagged && (get(s, CPCR) & CPCR_VLAN)) {
        tag = DESC_RX_TAG | lduw_le_p(frame + 14); /* its bytes as they came */
        memmove(s->rx_frame + 12, s->rx_frame + 12 + VLAN_TAG_SIZE, size + FCS_SIZE - 12 - VLAN_TAG_SIZE);
        size -= VLAN_TAG_SIZE;
    }
    return receive_into_descriptors(s, size + FCS_SIZE, status, tag);
}

static ssize_t receive(NetClientState *nc, const uint8_t *frame, size_t size)
{
    Rtl8139State *s = qemu_get_nic_opaque(nc);

    if (s->in_dma) { /* what our own access to memory has made another card send */
        qemu_bh_schedule(s->turn);
        return 0;
    }
    return take_frame(s, frame, size) ? (ssize_t)size : 0;
}

static void retry_receiving(void *opaque)
{
    Rtl8139State *s = opaque;

    qemu_flush_queued_packets(qemu_get_queue(s->nic));
}

static void receiving_changed(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Rtl8139State *s = nic_of(block);

    if (s->in_dma) {
        qemu_bh_schedule(s->turn);
    } else {
        retry_receiving(s);
    }
}

/* --- sending --- */

static void sent(NetClientState *nc, ssize_t ret)
{
    Rtl8139State *s = qemu_get_nic_opaque(nc);

    s->tx_waits = false;
    qemu_bh_schedule(s->turn);
}

static void send_frame(Rtl8139State *s, const uint8_t *frame, size_t size)
{
    if (size < 14) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_RTL8139, "transmit descriptor", "%zu bytes are no frame", size);
    } else if ((get(s, TCR) & TCR_LOOP) == TCR_LOOP) {
        take_frame(s, frame, size);
    } else if (has_link(s) && qemu_send_packet_async(qemu_get_queue(s->nic), frame, size, sent) == 0) {
        s->tx_waits = true;
    }
}

/* The four descriptors, in turn; one round at most, since a looped back frame may fill them. */
static void send_legacy(Rtl8139State *s)
{
    for (unsigned i = 0; i < NUM_TX && (get(s, CR) & CR_TE) && !s->tx_waits; i++) {
        unsigned n = s->tx_next;
        uint32_t tsd = register_get_at(&s->regs, TSD, n), size = tsd & TSD_SIZE;

        if (tsd & TSD_OWN) {
            return;
        }
        dma_get(s, register_get_at(&s->regs, TSAD, n), s->tx_frame, size);
        register_set_at(&s->regs, TSD, n, tsd | TSD_OWN | TSD_TOK);
        s->tx_next = (n + 1) % NUM_TX;
        send_frame(s, s->tx_frame, size);
        add_causes(s, ISR_TOK);
    }
    if ((get(s, CR) & CR_TE) && !s->tx_waits) {
        qemu_bh_schedule(s->turn);
    }
}

/* A large TCP packet in pieces of `mss` bytes, each with the headers put right (IPv4). */
static void send_large(Rtl8139State *s, size_t size, size_t ip, unsigned mss)
{
    const uint8_t *frame = s->tx_frame;
    g_autofree uint8_t *piece = NULL;
    size_t header, done = 0, tcp;

    if (size < ip + 40 || mss == 0 || frame[ip] >> 4 != 4 || frame[ip + 9] != 6) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_RTL8139, "transmit descriptor", "what shall be cut is no TCP packet of IPv4");
        return;
    }
    tcp = ip + (frame[ip] & 0xf) * 4;
    header = tcp + 20 <= size ? tcp + (frame[tcp + 12] >> 4) * 4 : size + 1;
    if (tcp < ip + 20 || header < tcp + 20 || header > size) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_RTL8139, "transmit descriptor", "the headers of what shall be cut are longer than it");
        return;
    }
    piece = g_malloc(header + mss);
    for (unsigned n = 0; header + done < size; n++) {
        size_t len = MIN(mss, size - header - done);

        memcpy(piece, frame, header);
        memcpy(piece + header, frame + header + done, len);
        stw_be_p(piece + ip + 2, header + len - ip);
        stw_be_p(piece + ip + 4, lduw_be_p(frame + ip + 4) + n);
        stl_be_p(piece + tcp + 4, ldl_be_p(frame + tcp + 4) + done);
        done += len;
        if (header + done < size) {
            piece[tcp + 13] &= ~0x09; /* FIN and PSH are the last one's */
        }
        inet_fill(piece, header + len, ip, true, true);
        send_frame(s, piece, header + len);
    }
}

/* A C+ frame in tx_frame, which has room for a tag, is complete. */
static void finish_frame(Rtl8139State *s, uint32_t flags, uint32_t tag)
{
    size_t size = s->gathered, ip = 14;

    if (s->too_large) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_RTL8139, "transmit descriptor", "a frame of more than 64 KiB isn't sent");
        return;
    }
    if ((tag & DESC_TX_TAG) && size >= 14) {
        memmove(s->tx_frame + 16, s->tx_frame + 12, size - 12);
        stw_be_p(s->tx_frame + 12, 0x8100);
        stw_le_p(s->tx_frame + 14, tag);
        size += VLAN_TAG_SIZE;
    }
    if (size >= 18 && lduw_be_p(s->tx_frame + 12) == 0x8100) {
        ip = 18;
    }
    if (flags & DESC_LARGE) {
        send_large(s, size, ip, flags >> 16 & 0x7ff);
        return;
    }
    if (flags & (DESC_TX_IP | DESC_TX_UDP | DESC_TX_TCP)) {
        inet_fill(s->tx_frame, size, ip, flags & DESC_TX_IP, flags & (DESC_TX_UDP | DESC_TX_TCP));
    }
    send_frame(s, s->tx_frame, size);
}

static void gather(Rtl8139State *s, uint64_t from, uint32_t size)
{
    if (size > TX_FRAME_MAX - s->gathered) {
        s->too_large = true;
        return;
    }
    dma_get(s, from, s->tx_frame + s->gathered, size);
    s->gathered += size;
}

/* The normal ring. Each call does at most one round: a ring may be without an end. */
static void send_cplus(Rtl8139State *s)
{
    bool any = false;

    for (unsigned i = 0; i < CPLUS_RING_MAX && (get(s, CR) & CR_TE) && !s->tx_waits; i++) {
        uint64_t at = (row_64(s, TSAD) & ~UINT64_C(0xff)) + (uint64_t)s->cplus_tx * CPLUS_SIZE;
        uint8_t raw[CPLUS_SIZE];
        uint32_t flags;

        dma_get(s, at, raw, sizeof(raw));
        flags = ldl_le_p(raw);
        if (!(flags & DESC_OWN)) {
            set(s, TPPOLL, 0);
            if (any) {
                add_causes(s, ISR_TDU);
            }
            return;
        }
        if (flags & DESC_FS || !s->gathering) {
            s->gathered = 0;
            s->gathering = true;
            s->too_large = false;
        }
        gather(s, ldq_le_p(raw + 8), flags & 0xffff);
        stl_le_p(raw, flags & ~DESC_OWN);
        dma_put(s, at, raw, 4);
        s->cplus_tx = flags & DESC_EOR || s->cplus_tx + 1 >= CPLUS_RING_MAX ? 0 : s->cplus_tx + 1;
        any = true;
        if (flags & DESC_LS) {
            s->gathering = false;
            finish_frame(s, flags, ldl_le_p(raw + 4));
            add_causes(s, ISR_TOK);
        }
    }
    if (!s->tx_waits && (get(s, CR) & CR_TE)) {
        qemu_bh_schedule(s->turn);
    }
}

/* What a frame's arrival makes another card do may lead back to here. */
static void send_waiting(Rtl8139State *s)
{
    if (s->in_dma || s->sending) {
        qemu_bh_schedule(s->turn);
        return;
    }
    s->sending = true;
    if (!(get(s, CPCR) & CPCR_TX)) {
        send_legacy(s);
    } else if (get(s, TPPOLL) & TPPOLL_NPQ) {
        send_cplus(s);
    }
    s->sending = false;
}

static void next_turn(void *opaque)
{
    send_waiting(opaque);
    retry_receiving(opaque);
}

/* --- timer --- */

static void timer_changed(Rtl8139State *s)
{
    uint32_t at = get(s, TIMERINT);

    if (at) {
        timer_mod(s->timer, s->timer_base + muldiv64(at, NANOSECONDS_PER_SECOND, CLOCK_HZ));
    } else {
        timer_del(s->timer);
    }
}

static void timer_expired_at(void *opaque)
{
    add_causes(opaque, ISR_TIMEOUT);
}

static uint64_t tctr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    Rtl8139State *s = nic_of(block);

    return muldiv64(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - s->timer_base, CLOCK_HZ, NANOSECONDS_PER_SECOND);
}

static void tctr_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Rtl8139State *s = nic_of(block);

    s->timer_base = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    timer_changed(s);
}

static void timerint_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    timer_changed(nic_of(block));
}

/* --- EEPROM (section 6.3: its contents) --- */

enum { EEPROM_ID, EEPROM_VENDOR, EEPROM_DEVICE, EEPROM_SUBSYSTEM_VENDOR, EEPROM_SUBSYSTEM, EEPROM_ADDRESS = 7 };

static void eeprom_fill(Rtl8139State *s)
{
    const PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(s);
    uint16_t *words = s->eeprom.words;

    microwire_init(&s->eeprom, 6);
    memset(words, 0, microwire_size(&s->eeprom) * sizeof(*words));
    words[EEPROM_ID] = 0x8129;
    words[EEPROM_VENDOR] = words[EEPROM_SUBSYSTEM_VENDOR] = pc->vendor_id;
    words[EEPROM_DEVICE] = words[EEPROM_SUBSYSTEM] = pc->device_id;
    for (int i = 0; i < 3; i++) {
        words[EEPROM_ADDRESS + i] = lduw_le_p(s->conf.macaddr.a + 2 * i);
    }
}

static void eecr_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    bool wires = (value & EECR_MODE) == EECR_WIRES;

    microwire_drive(&nic_of(block)->eeprom, wires && (value & EECR_CS), wires && (value & EECR_SK), wires && (value & EECR_DI));
}

static uint64_t eecr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return stored | (microwire_output(&nic_of(block)->eeprom) ? EECR_DO : 0);
}

/* --- registers --- */

static void software_reset(Rtl8139State *s)
{
    uint8_t eecr = get(s, EECR);

    qemu_bh_cancel(s->turn);
    timer_del(s->timer);
    timer_del(s->retry);
    register_block_reset(&s->regs);
    set(s, EECR, eecr);
    for (unsigned i = 0; i < 6; i++) {
        register_set_at(&s->regs, IDR, i, s->eeprom.words[EEPROM_ADDRESS + i / 2] >> 8 * (i % 2) & 0xff);
    }
    s->tx_next = 0;
    s->cplus_tx = s->cplus_rx = s->gathered = 0;
    s->gathering = s->too_large = false;
    s->timer_base = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    update_interrupt(s);
}

static void cr_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Rtl8139State *s = nic_of(block);

    if (value & CR_RST) {
        if (!s->in_dma) {
            software_reset(s);
        }
        return;
    }
    if (!(value & CR_TE)) {
        s->cplus_tx = 0;
        s->gathering = false;
    }
    if (!(value & CR_RE)) {
        s->cplus_rx = 0;
    }
    send_waiting(s);
    receiving_changed(block, reg, value);
}

static uint64_t cr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    Rtl8139State *s = nic_of(block);

    return stored | (ring_read_at(s) == get(s, CBR) % ring_size(s) ? CR_BUFE : 0);
}

static void irq_register_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Rtl8139State *s = nic_of(block);

    update_interrupt(s);
    if (timer_pending(s->retry)) { /* now is when drivers have given descriptors back */
        receiving_changed(block, reg, value);
    }
}

static void tsd_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    send_waiting(nic_of(block));
}

static uint64_t tsall_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    for (unsigned i = 0; i < NUM_TX; i++) {
        uint32_t tsd = register_get_at(block, TSD, i);

        stored |= (tsd & TSD_OWN ? 1u : 0) << i | (tsd & TSD_TOK ? 1u : 0) << (12 + i);
    }
    return stored;
}

static void tppoll_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Rtl8139State *s = nic_of(block);

    if (value & TPPOLL_SWI) {
        add_causes(s, ISR_SWINT);
    }
    if (value & TPPOLL_HPQ) {
        qemu_log_dev(LOG_UNIMP, TYPE_RTL8139, "TPPoll", "the high-priority ring is not modelled");
    }
    send_waiting(s);
}

/* The ring's start: the controller begins at its first descriptor. */
static void rdsar_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    nic_of(block)->cplus_rx = 0;
    receiving_changed(block, reg, value);
}

static void tsad_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Rtl8139State *s = nic_of(block);

    if (!(get(s, CPCR) & CPCR_TX)) {
        return;
    }
    s->cplus_tx = 0;
    s->gathering = false;
}

static uint64_t msr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return stored | (has_link(nic_of(block)) ? 0 : MSR_NO_LINK);
}

static uint64_t bmsr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return stored | (has_link(nic_of(block)) ? BMSR_LINK : 0);
}

static uint64_t partner_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return has_link(nic_of(block)) ? 0x45e1 : 0;
}

static uint64_t bmcr_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    enum { RESET = 0x8000, RESTART = 0x0200 };

    return value & RESET ? reg->reset : value & 0x3100 & ~RESTART;
}

/* CONFIGn and what else the EEPROM loads is locked otherwise. */
static uint64_t config_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    uint64_t stored = *register_value(block, reg);

    if ((register_get(block, EECR) & EECR_MODE) != EECR_CONFIG) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_RTL8139, reg->name, "it is locked by 9346CR");
        return stored;
    }
    return (stored & ~reg->writable) | (value & reg->writable);
}

#define ROW(row, at, bytes, mask, ...) [row] = { #row, .offset = at, .size = bytes, .writable = mask, ##__VA_ARGS__ }
#define ALL_BITS UINT32_MAX

static const Register rtl8139_registers[] = {
    ROW(IDR, 0x00, 1, 0xff, .count = 6),
    ROW(MAR, 0x08, 1, 0xff, .count = 8),
    ROW(TSD, 0x10, 4, 0x003f3fff, .count = NUM_TX, .reset = TSD_OWN, .written = tsd_written),
    ROW(TSAD, 0x20, 4, ALL_BITS, .count = NUM_TX, .written = tsad_written),
    ROW(RBSTART, 0x30, 4, ALL_BITS),
    ROW(ERBCR, 0x34, 2, 0),
    ROW(ERSR, 0x36, 1, 0),
    ROW(CR, 0x37, 1, CR_TE | CR_RE, .read = cr_read, .written = cr_written),
    ROW(CAPR, 0x38, 2, 0xffff, .reset = 0xfff0, .written = receiving_changed),
    ROW(CBR, 0x3a, 2, 0),
    ROW(IMR, 0x3c, 2, ISR_ALL, .written = irq_register_written),
    ROW(ISR, 0x3e, 2, 0, .w1c = ISR_ALL, .written = irq_register_written),
    ROW(TCR, 0x40, 4, 0x030707f1, .reset = TCR_IS_CPLUS | 0x03000000),
    ROW(RCR, 0x44, 4, 0x0f03ffbf, .written = receiving_changed),
    ROW(TCTR, 0x48, 4, 0, .read = tctr_read, .written = tctr_written),
    ROW(MPC, 0x4c, 4, 0),
    [EECR] = { "9346CR", .offset = 0x50, .size = 1, .writable = 0xce, .read = eecr_read, .written = eecr_written },
    ROW(CONFIG0, 0x51, 1, 0, .write = config_write),
    ROW(CONFIG1, 0x52, 1, 0xf2, .reset = 0x0c, .write = config_write),
    ROW(TIMERINT, 0x54, 4, ALL_BITS, .written = timerint_written),
    ROW(MSR, 0x58, 1, 0xc0, .reset = 0x10, .read = msr_read),
    ROW(CONFIG3, 0x59, 1, 0x7f, .write = config_write),
    ROW(CONFIG4, 0x5a, 1, 0xf7, .write = config_write),
    ROW(MULINT, 0x5c, 2, 0x0fff),
    ROW(RERID, 0x5e, 1, 0, .reset = 0x10),
    ROW(TSALL, 0x60, 2, 0, .read = tsall_read),
    ROW(BMCR, 0x62, 2, 0xffff, .reset = 0x1000, .write = bmcr_write),
    ROW(BMSR, 0x64, 2, 0, .reset = 0x7809, .read = bmsr_read),
    ROW(ANAR, 0x66, 2, 0xffff, .reset = 0x05e1),
    ROW(ANLPAR, 0x68, 2, 0, .read = partner_read),
    ROW(ANER, 0x6a, 2, 0, .reset = 0x0001),
    ROW(DIS, 0x6c, 2, 0),
    ROW(FCSC, 0x6e, 2, 0),
    ROW(NWAYTR, 0x70, 2, 0x80),
    ROW(REC, 0x72, 2, 0),
    ROW(CSCR, 0x74, 2, 0xd9a0, .reset = 0x02c8),
    ROW(PHY1, 0x78, 4, ALL_BITS),
    ROW(TW, 0x7c, 4, ALL_BITS),
    ROW(PHY2, 0x80, 1, 0xff),
    ROW(CONFIG5, 0xd8, 1, 0x7f),
    ROW(TPPOLL, 0xd9, 1, TPPOLL_NPQ, .written = tppoll_written),
    ROW(CPCR, 0xe0, 2, 0x007f),
    ROW(RDSAR, 0xe4, 4, ALL_BITS, .count = 2, .written = rdsar_written),
    ROW(ETTHR, 0xec, 1, 0x3f),
};

/* --- device --- */

static NetClientInfo net_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .receive = receive,
    .link_status_changed = link_changed,
};

static void rtl8139_reset_hold(Object *obj)
{
    Rtl8139State *s = RTL8139(obj);

    microwire_power_up(&s->eeprom);
    set(s, EECR, 0);
    software_reset(s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
}

static void rtl8139_realize(PCIDevice *dev, Error **errp)
{
    Rtl8139State *s = RTL8139(dev);

    pci_config_set_interrupt_pin(dev->config, 1);
    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_FAST_BACK | PCI_STATUS_DEVSEL_MEDIUM);
    dev->config[PCI_MIN_GNT] = 0x20;
    dev->config[PCI_MAX_LAT] = 0x40;
    register_block_init(&s->regs, DEVICE(dev), TYPE_RTL8139, rtl8139_registers, ARRAY_SIZE(rtl8139_registers),
                        DEVICE_LITTLE_ENDIAN, REGISTERS_SIZE);
    memory_region_init(&s->mem_bar, OBJECT(dev), "rtl8139-mem", REGISTERS_SIZE);
    memory_region_add_subregion(&s->mem_bar, 0, &s->regs.mmio);
    memory_region_init(&s->io_bar, OBJECT(dev), "rtl8139-io", REGISTERS_SIZE);
    memory_region_init_alias(&s->io_alias, OBJECT(dev), "rtl8139-io-registers", &s->regs.mmio, 0, REGISTERS_SIZE);
    memory_region_add_subregion(&s->io_bar, 0, &s->io_alias);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->io_bar);
    pci_register_bar(dev, 1, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->mem_bar);
    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_expired_at, s);
    s->retry = timer_new_ns(QEMU_CLOCK_VIRTUAL, retry_receiving, s);
    s->turn = qemu_bh_new(next_turn, s);
    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    eeprom_fill(s);
    s->nic = qemu_new_nic(&net_info, &s->conf, TYPE_RTL8139, DEVICE(dev)->id, s);
}

static void rtl8139_exit(PCIDevice *dev)
{
    Rtl8139State *s = RTL8139(dev);

    g_clear_pointer(&s->nic, qemu_del_nic);
    g_clear_pointer(&s->turn, qemu_bh_delete);
    g_clear_pointer(&s->timer, timer_free);
    g_clear_pointer(&s->retry, timer_free);
}

static void rtl8139_finalize(Object *obj)
{
    register_block_finalize(&RTL8139(obj)->regs);
}

static int after_load(void *opaque, int version_id)
{
    Rtl8139State *s = opaque;

    if (s->tx_next >= NUM_TX || s->cplus_tx >= CPLUS_RING_MAX || s->cplus_rx >= CPLUS_RING_MAX ||
        s->gathered > TX_FRAME_MAX) {
        return -EINVAL;
    }
    s->tx_waits = false;
    qemu_bh_schedule(s->turn);
    return 0;
}

static const VMStateDescription vmstate_rtl8139 = {
    .name = TYPE_RTL8139,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, Rtl8139State),
        VMSTATE_REGISTER_BLOCK(regs, Rtl8139State),
        VMSTATE_MICROWIRE(eeprom, Rtl8139State),
        VMSTATE_UINT8(tx_next, Rtl8139State),
        VMSTATE_UINT32(cplus_tx, Rtl8139State),
        VMSTATE_UINT32(cplus_rx, Rtl8139State),
        VMSTATE_UINT32(gathered, Rtl8139State),
        VMSTATE_BOOL(gathering, Rtl8139State),
        VMSTATE_BOOL(too_large, Rtl8139State),
        VMSTATE_BUFFER(tx_frame, Rtl8139State),
        VMSTATE_INT64(timer_base, Rtl8139State),
        VMSTATE_TIMER_PTR(timer, Rtl8139State),
        VMSTATE_TIMER_PTR(retry, Rtl8139State),
        VMSTATE_END_OF_LIST()
    },
};

static Property rtl8139_properties[] = {
    DEFINE_NIC_PROPERTIES(Rtl8139State, conf),
    DEFINE_PROP_END_OF_LIST(),
};

static void rtl8139_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = rtl8139_realize;
    pc->exit = rtl8139_exit;
    pc->vendor_id = PCI_VENDOR_ID_REALTEK;
    pc->device_id = 0x8139;
    pc->revision = 0x20;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    dc->desc = "Realtek RTL8139C+ Fast Ethernet";
    dc->vmsd = &vmstate_rtl8139;
    RESETTABLE_CLASS(oc)->phases.hold = rtl8139_reset_hold;
    device_class_set_props(dc, rtl8139_properties);
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo rtl8139_types[] = {
    {
        .name = TYPE_RTL8139,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(Rtl8139State),
        .instance_finalize = rtl8139_finalize,
        .class_init = rtl8139_class_init,
    },
};

DEFINE_TYPES(rtl8139_types)
