/*
 * Intel 82574L: what receiving does beyond the 82540EM.
 *
 * A hash over addresses and ports (RSS) chooses one of two queues. Descriptors are legacy ones, or
 * extended ones of 16 bytes with the hash, or such of 32 bytes with four buffers, of which the
 * first gets a packet's headers.
 *
 * Reference: 82574 GbE Controller Family Datasheet, sections 7.1.4 to 7.1.11.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "e1000e-internal.h"

#define RCTL_DTYP     (3u << 10)
#define RCTL_DTYP_SPLIT (1u << 10)
#define RFCTL_EXSTEN  (1u << 15)
#define RXCSUM_PCSD   (1u << 13) /* descriptors have the hash instead of the checksum */
#define SPLIT_SIZE    32
#define MAX_BUFFERS   4
#define HEADER_SPLIT  (1u << 15)

/* Bits of MRQC, and the hash's type in a descriptor. */
enum { HASH_TCP_IPV4 = 1, HASH_IPV4, HASH_TCP_IPV6, HASH_IPV6_EX, HASH_IPV6 };
#define MRQC_RSS       1
#define MRQC_HAS(type) (1u << (15 + (type)))

static bool is_split(const E1000State *nic)
{
    return (e1000_get(nic, RCTL) & RCTL_DTYP) == RCTL_DTYP_SPLIT;
}

static bool is_extended(const E1000State *nic)
{
    return e1000_get(nic, RFCTL) & RFCTL_EXSTEN;
}

uint32_t e1000e_rx_descriptor_size(const E1000State *nic)
{
    return is_split(nic) ? SPLIT_SIZE : DESCRIPTOR_SIZE;
}

/* Sizes of a descriptor's buffers (10.2.5.3); how many there are. */
static unsigned buffer_sizes(const E1000State *nic, uint32_t sizes[MAX_BUFFERS])
{
    uint32_t psrctl = e1000_get(nic, PSRCTL);

    if (!is_split(nic)) {
        sizes[0] = e1000_rx_room(nic);
        return 1;
    }
    sizes[0] = MAX(psrctl & 0x7f, 1) * 128;
    for (unsigned i = 1; i < MAX_BUFFERS; i++) {
        sizes[i] = (psrctl >> 8 * i & 0x3f) * KiB;
    }
    return MAX_BUFFERS;
}

uint32_t e1000e_rx_room(const E1000State *nic)
{
    uint32_t sizes[MAX_BUFFERS], sum = 0;
    unsigned n = buffer_sizes(nic, sizes);

    for (unsigned i = 0; i < n; i++) {
        sum += sizes[i];
    }
    return sum;
}

/* ---- the hash ---- */

/* Toeplitz's: for each bit that is set, the key's 32 bits from there on. */
static uint32_t hash_of(const E1000State *nic, const uint8_t *input, size_t size)
{
    uint8_t key[40];
    uint64_t window;
    uint32_t hash = 0;

    for (unsigned i = 0; i < sizeof(key) / 4; i++) {
        stl_le_p(key + 4 * i, register_get_at(&nic->regs, RSSRK, i));
    }
    window = ldq_be_p(key);
    for (size_t i = 0; i < size; i++) {
        for (int bit = 7; bit >= 0; bit--) {
            hash ^= input[i] >> bit & 1 ? window >> 32 : 0;
            window <<= 1;
        }
        window |= i + 8 < sizeof(key) ? key[i + 8] : 0;
    }
    return hash;
}

/* What is known of a frame's packet. */
typedef struct Packet {
    const uint8_t *addresses, *ports;
    unsigned address_bytes; /* of both */
    bool is_tcp, is_ipv6;
} Packet;

static void look_into(const uint8_t *frame, size_t size, size_t header, Packet *p, RxNote *note)
{
    const uint8_t *ip = frame + header;
    size_t left = size - header, ip_size;
    uint16_t type = lduw_be_p(frame + header - 2);
    uint8_t protocol;

    if (type == 0x0800 && left >= 20 && ip[0] >> 4 == 4) {
        ip_size = (ip[0] & 0xf) * 4;
        protocol = lduw_be_p(ip + 6) & 0x3fff ? 0 : ip[9]; /* a fragment's ports aren't known */
        p->addresses = ip + 12;
        p->address_bytes = 8;
        note->ip_id = lduw_be_p(ip + 4);
    } else if (type == 0x86dd && left >= 40 && ip[0] >> 4 == 6) {
        ip_size = 40;
        protocol = ip[6];
        p->addresses = ip + 8;
        p->address_bytes = 32;
        p->is_ipv6 = true;
    } else {
        return;
    }
    if (ip_size < 20 || ip_size > left) {
        p->address_bytes = 0;
        return;
    }
    note->headers = header + ip_size;
    if (protocol == 6 && left >= ip_size + 20 && (ip[ip_size + 12] >> 4) * 4 + ip_size <= left) {
        p->is_tcp = true;
        p->ports = ip + ip_size;
        note->headers += (ip[ip_size + 12] >> 4) * 4;
    } else if (protocol == 17 && left >= ip_size + 8) {
        note->headers += 8;
    }
}

static uint8_t hash_type(uint32_t mrqc, const Packet *p)
{
    uint8_t with_ports = p->is_ipv6 ? HASH_TCP_IPV6 : HASH_TCP_IPV4;
    uint8_t without = p->is_ipv6 ? HASH_IPV6 : HASH_IPV4;

    if (!p->address_bytes) {
        return 0;
    }
    if (p->is_tcp && (mrqc & MRQC_HAS(with_ports))) {
        return with_ports;
    }
    if (p->is_ipv6 && (mrqc & MRQC_HAS(HASH_IPV6_EX))) { /* no extension headers: as without */
        return HASH_IPV6_EX;
    }
    return mrqc & MRQC_HAS(without) ? without : 0;
}

unsigned e1000e_classify(E1000State *nic, const uint8_t *frame, size_t size, size_t header, RxNote *note)
{
    uint32_t mrqc = e1000_get(nic, MRQC);
    uint8_t input[36];
    size_t bytes;
    Packet p = { 0 };

    look_into(frame, size, header, &p, note);
    if ((mrqc & 3) != MRQC_RSS) {
        return 0;
    }
    note->hash_type = hash_type(mrqc, &p);
    if (!note->hash_type) {
        return 0;
    }
    bytes = p.address_bytes;
    memcpy(input, p.addresses, bytes);
    if (note->hash_type == HASH_TCP_IPV4 || note->hash_type == HASH_TCP_IPV6) {
        memcpy(input + bytes, p.ports, 4);
        bytes += 4;
    }
    note->hash = hash_of(nic, input, bytes);
    return register_get_at(&nic->regs, RETA, (note->hash & 0x7f) / 4) >> ((note->hash & 3) * 8 + 7) & 1;
}

/* ---- into the ring ---- */

/*
 * The next part of the frame, into a descriptor's buffers; what went into each. Headers are alone
 * in the first one if there are several, and they fit.
 */
static size_t fill_buffers(E1000State *nic, const uint8_t *raw, unsigned n, const uint32_t *sizes, size_t from, size_t size,
                           size_t headers, uint16_t *used)
{
    size_t stored = from;

    for (unsigned i = 0; i < n; i++) {
        uint64_t buffer = ldq_le_p(raw + 8 * i);
        size_t bytes = buffer ? MIN(sizes[i], size - stored) : 0;

        if (i == 0 && headers) {
            bytes = MIN(bytes, headers);
        }
        if (bytes) {
            e1000_dma_put(nic, buffer, nic->rx_frame + stored, bytes);
        }
        used[i] = bytes;
        stored += bytes;
    }
    return stored;
}

/* Figure 7-3 and 7-5: what is written back has the same layout in the first 16 bytes. */
static void describe(const E1000State *nic, uint8_t *raw, unsigned queue, bool is_last, const RxNote *note, const uint16_t *used)
{
    uint32_t status = RX_STATUS_DD;

    memset(raw, 0, SPLIT_SIZE);
    if (is_last) {
        status |= RX_STATUS_EOP | note->status | (uint32_t)note->errors << 24;
        stl_le_p(raw, note->hash_type | queue << 8);
        if (e1000_get(nic, RXCSUM) & RXCSUM_PCSD) {
            stl_le_p(raw + 4, note->hash);
        } else {
            stl_le_p(raw + 4, note->ip_id | (uint32_t)note->checksum << 16);
        }
        stw_le_p(raw + 14, note->tag);
    }
    stl_le_p(raw + 8, status);
    stw_le_p(raw + 12, used[0]);
    for (unsigned i = 1; i < MAX_BUFFERS; i++) {
        stw_le_p(raw + 16 + 2 * i, used[i]);
    }
}

void e1000e_store(E1000State *nic, E1000Row base_low, size_t size, const RxNote *note)
{
    uint32_t sizes[MAX_BUFFERS];
    unsigned n = buffer_sizes(nic, sizes), descriptor = e1000e_rx_descriptor_size(nic);
    bool splits = n > 1 && note->headers && note->headers <= sizes[0];
    size_t stored = 0;

    if (n == 1 && !is_extended(nic)) {
        e1000_store(nic, base_low, size, note);
        return;
    }
    do {
        E1000Ring ring = e1000_ring(nic, base_low);
        uint64_t at = ring.base + (uint64_t)ring.head * descriptor;
        uint8_t raw[SPLIT_SIZE];
        uint16_t used[MAX_BUFFERS] = { 0 };
        bool is_first = stored == 0;
        size_t before = stored;

        if (e1000_free_descriptors(&ring) == 0) {
            e1000_overrun(nic);
            return;
        }
        e1000_dma_get(nic, at, raw, descriptor);
        stored = fill_buffers(nic, raw, n, sizes, stored, size, is_first && splits ? note->headers : 0, used);
        describe(nic, raw, base_low == RDBAL1, stored == size && stored > before, note, used);
        if (is_first && splits && used[0]) {
            stw_le_p(raw + 16, HEADER_SPLIT | note->headers);
        }
        e1000_dma_put(nic, at, raw, descriptor);
        e1000_set(nic, e1000_head_of(base_low), (ring.head + 1) % ring.count);
    } while (stored < size);
}
