/*
 * Intel 82540EM and 82574L: receiving.
 *
 * A frame passes the address filters, then that for VLANs. What is left goes into as many of the
 * ring's buffers as it needs, and each of their descriptors is written back with what is known of
 * it: whether checksums are right, which VLAN it came from. What doesn't fit into the ring waits
 * with the network instead of being lost, unless it never would fit.
 *
 * Reference: PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual, sections
 * 3.2, 9 (VLAN) and 13.4.22 ff.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "e1000-internal.h"
#include "net/inet-sum.h"

#define RCTL_EN    (1u << 1)
#define RCTL_UPE   (1u << 3) /* all unicasts */
#define RCTL_MPE   (1u << 4) /* all multicasts */
#define RCTL_LPE   (1u << 5) /* long packets */
#define RCTL_BAM   (1u << 15)
#define RCTL_VFE   (1u << 18)
#define RCTL_CFIEN (1u << 19)
#define RCTL_CFI   (1u << 20)
#define RCTL_BSEX  (1u << 25)
#define RCTL_SECRC (1u << 26)

#define RAH_AV      (1u << 31)
#define RXCSUM_IP   (1u << 8)
#define RXCSUM_TU   (1u << 9)
#define NUM_ADDRESSES 16

#define STATUS_IXSM  0x04 /* nothing was looked at */
#define STATUS_VP    0x08
#define STATUS_TCPCS 0x20 /* TCP's or UDP's was looked at */
#define STATUS_IPCS  0x40
#define STATUS_PIF   0x80 /* passed by the hash alone */

#define ERROR_TCPE 0x20
#define ERROR_IPE  0x40

#define FRAME_USUAL 1522 /* with tag and FCS: longer ones need LPE */

/* ---- filters ---- */

static bool is_listed(const E1000State *s, const uint8_t *address)
{
    uint32_t low = ldl_le_p(address), high = lduw_le_p(address + 4);

    for (unsigned i = 0; i < NUM_ADDRESSES; i++) {
        uint32_t rah = register_get_at(&s->regs, RA, 2 * i + 1);

        if ((rah & RAH_AV) && (rah & 0xffff) == high && register_get_at(&s->regs, RA, 2 * i) == low) {
            return true;
        }
    }
    return false;
}

/* Twelve of the address's last sixteen bits choose a bit of the table (RCTL.MO says which). */
static bool is_in_hash(const E1000State *s, const uint8_t *address)
{
    static const uint8_t shifts[] = { 4, 3, 2, 0 };
    unsigned bit = lduw_le_p(address + 4) >> shifts[e1000_get(s, RCTL) >> 12 & 3] & 0xfff;

    return register_get_at(&s->regs, MTA, bit / 32) >> bit % 32 & 1;
}

/* *by_hash: nothing but the hash was for it. */
static bool accepts_address(const E1000State *s, const uint8_t *address, bool *by_hash)
{
    uint32_t rctl = e1000_get(s, RCTL);
    bool is_broadcast = memcmp(address, "\xff\xff\xff\xff\xff\xff", 6) == 0;

    *by_hash = false;
    if (is_listed(s, address) || (is_broadcast && (rctl & RCTL_BAM))) {
        return true;
    }
    if (rctl & (address[0] & 1 ? RCTL_MPE : RCTL_UPE)) {
        return true;
    }
    *by_hash = (address[0] & 1) && is_in_hash(s, address);
    return *by_hash;
}

static bool accepts_vlan(const E1000State *s, uint16_t tag)
{
    uint32_t rctl = e1000_get(s, RCTL);
    unsigned vlan = tag & 0xfff;

    if (!(rctl & RCTL_VFE)) {
        return true;
    }
    if ((rctl & RCTL_CFIEN) && !(rctl & RCTL_CFI) != !(tag & 0x1000)) {
        return false;
    }
    return register_get_at(&s->regs, VFTA, vlan / 32) >> vlan % 32 & 1;
}

/* ---- into the ring ---- */

uint32_t e1000_rx_room(const E1000State *s)
{
    uint32_t rctl = e1000_get(s, RCTL), size = 2048 >> (rctl >> 16 & 3);

    return rctl & RCTL_BSEX && size < 2048 ? size * 16 : size;
}

uint32_t e1000_free_descriptors(const E1000Ring *ring)
{
    return ring->count ? (ring->tail + ring->count - ring->head) % ring->count : 0;
}

void e1000_overrun(E1000State *s)
{
    e1000_count(s, STAT_MPC, 1);
    e1000_raise(s, CAUSE_RXO);
}

static void judge_checksums(const E1000State *s, RxNote *note, const uint8_t *frame, size_t size, size_t header)
{
    uint32_t rxcsum = e1000_get(s, RXCSUM);
    InetVerdict v;

    if (!(rxcsum & (RXCSUM_IP | RXCSUM_TU))) {
        note->status |= STATUS_IXSM;
        return;
    }
    v = inet_verify(frame, size, header);
    if (v.has_ip && (rxcsum & RXCSUM_IP)) {
        note->status |= STATUS_IPCS;
        note->errors |= v.ip_ok ? 0 : ERROR_IPE;
    }
    if ((v.has_tcp || v.has_udp) && (rxcsum & RXCSUM_TU)) {
        note->status |= STATUS_TCPCS;
        note->errors |= v.l4_ok ? 0 : ERROR_TCPE;
    }
}

/*
 * The frame in rx_frame. Descriptors without an address are padding: they are given back as they
 * are.
 */
void e1000_store(E1000State *s, E1000Row base_low, size_t size, const RxNote *note)
{
    uint32_t room = e1000_rx_room(s);
    size_t stored = 0;

    do {
        E1000Ring ring = e1000_ring(s, base_low);
        uint64_t at = ring.base + (uint64_t)ring.head * DESCRIPTOR_SIZE, buffer;
        uint8_t raw[DESCRIPTOR_SIZE];
        size_t n;

        if (e1000_free_descriptors(&ring) == 0) { /* padding took them, or the guest changed the ring meanwhile */
            e1000_overrun(s);
            return;
        }
        e1000_dma_get(s, at, raw, sizeof(raw));
        buffer = ldq_le_p(raw);
        n = buffer ? MIN(room, size - stored) : 0;
        if (n) {
            e1000_dma_put(s, buffer, s->rx_frame + stored, n);
        }
        stored += n;
        memset(raw + 8, 0, 8);
        stw_le_p(raw + 8, n);
        raw[12] = RX_STATUS_DD;
        if (n && stored == size) {
            stw_le_p(raw + 10, note->checksum);
            raw[12] |= note->status | RX_STATUS_EOP;
            raw[13] = note->errors;
            stw_le_p(raw + 14, note->tag);
        }
        e1000_dma_put(s, at + 8, raw + 8, 8);
        e1000_set(s, e1000_head_of(base_low), (ring.head + 1) % ring.count);
    } while (stored < size);
}

static void count_received(E1000State *s, const uint8_t *frame, size_t size)
{
    bool is_broadcast = memcmp(frame, "\xff\xff\xff\xff\xff\xff", 6) == 0;

    e1000_count(s, STAT_GPRC, 1);
    e1000_count(s, STAT_GORC, size);
    e1000_count_size(s, STAT_PRC64, size);
    if (frame[0] & 1) {
        e1000_count(s, is_broadcast ? STAT_BPRC : STAT_MPRC, 1);
    }
}

static void tell(E1000State *s, unsigned queue, E1000Row base_low)
{
    E1000Ring ring = e1000_ring(s, base_low);
    uint32_t few = ring.count >> ((e1000_get(s, RCTL) >> 8 & 3) + 1); /* RDMTS: a half, a quarter, an eighth */

    e1000_raise_later(&s->rx_delay, CAUSE_RXT0 | CAUSE_RXQ0 << queue, e1000_get(s, RDTR) & 0xffff, e1000_get(s, RADV));
    if (e1000_free_descriptors(&ring) <= few) {
        e1000_raise(s, CAUSE_RXDMT0);
    }
}

/*
 * As it is stored: without its tag if that goes into the descriptor, with its FCS if it is wanted.
 * Returns the size.
 */
static size_t arrange(E1000State *s, const uint8_t *frame, size_t size, bool strip_tag)
{
    uint8_t *to = s->rx_frame;
    size_t skip = strip_tag ? VLAN_TAG_SIZE : 0;

    memcpy(to, frame, 12);
    memcpy(to + 12, frame + 12 + skip, size - 12 - skip);
    size -= skip;
    if (!(e1000_get(s, RCTL) & RCTL_SECRC)) {
        stl_le_p(to + size, ~net_crc32_le(frame, size + skip));
        size += FCS_SIZE;
    }
    return size;
}

bool e1000_receive(E1000State *s, const uint8_t *frame, size_t size)
{
    uint32_t rctl = e1000_get(s, RCTL), start = e1000_get(s, RXCSUM) & 0xff;
    const E1000Class *model = E1000_GET_CLASS(s);
    bool is_tagged, by_hash;
    size_t needed, header;
    unsigned queue;
    E1000Row base_low;
    E1000Ring ring;
    RxNote note = { 0 };

    if (!(rctl & RCTL_EN) || size < FRAME_HEADER) {
        return true;
    }
    e1000_count(s, STAT_TPR, 1);
    e1000_count(s, STAT_TOR, size + FCS_SIZE);
    if (!accepts_address(s, frame, &by_hash)) {
        return true;
    }
    is_tagged = size >= FRAME_HEADER + VLAN_TAG_SIZE && lduw_be_p(frame + 12) == (e1000_get(s, VET) & 0xffff);
    if (is_tagged && !accepts_vlan(s, lduw_be_p(frame + 14))) {
        return true;
    }
    if (size + FCS_SIZE > (rctl & RCTL_LPE ? RX_FRAME_MAX : FRAME_USUAL)) {
        e1000_count(s, STAT_ROC, 1);
        return true;
    }
    header = FRAME_HEADER + (is_tagged ? VLAN_TAG_SIZE : 0);
    queue = model->classify ? model->classify(s, frame, size, header, &note) : 0;
    base_low = queue ? RDBAL1 : RDBAL;
    ring = e1000_ring(s, base_low);
    needed = DIV_ROUND_UP(size + FCS_SIZE, model->rx_room(s));
    if (e1000_free_descriptors(&ring) < needed && needed < ring.count) {
        return false;
    }
    if (needed >= ring.count) {
        e1000_overrun(s);
        return true;
    }
    note.status = by_hash ? STATUS_PIF : 0;
    judge_checksums(s, &note, frame, size, header);
    if (is_tagged && (e1000_get(s, CTRL) & CTRL_VME)) {
        note.status |= STATUS_VP;
        note.tag = lduw_be_p(frame + 14);
    }
    count_received(s, frame, size + FCS_SIZE);
    size = arrange(s, frame, size, note.status & STATUS_VP);
    if (start < size) {
        uint16_t sum = ~inet_checksum(inet_sum(0, s->rx_frame + start, size - start));

        note.checksum = lduw_be_p(&sum); /* its bytes in the order of those that were summed up */
    }
    if (note.status & STATUS_VP) {
        note.headers -= note.headers ? VLAN_TAG_SIZE : 0; /* they are stored without it */
    }
    model->store(s, base_low, size, &note);
    tell(s, queue, base_low);
    return true;
}
