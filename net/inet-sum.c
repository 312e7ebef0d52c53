/*
 * The Internet's checksum, for network cards that compute and check it.
 *
 * Reference: RFC 1071; RFC 791, 768, 9293 and 8200 for the headers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "net/inet-sum.h"
#include "qemu/bswap.h"

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

/*
 * Four bytes at a time: the carries out of 16 bits wait in the sum's upper half until it is folded.
 */
uint32_t inet_sum(uint32_t sum, const uint8_t *bytes, size_t size)
{
    uint64_t wide = sum;
    size_t i = 0;

    for (; i + 4 <= size; i += 4) {
        wide += (uint32_t)ldl_be_p(bytes + i);
    }
    for (; i + 2 <= size; i += 2) {
        wide += lduw_be_p(bytes + i);
    }
    if (i < size) {
        wide += bytes[i] << 8;
    }
    while (wide >> 16) {
        wide = (wide & 0xffff) + (wide >> 16);
    }
    return wide;
}

uint16_t inet_checksum(uint32_t sum)
{
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return ~sum;
}

uint32_t inet_pseudo_sum(const uint8_t *addresses, size_t size, uint8_t protocol, uint32_t length)
{
    return inet_sum(protocol + (length >> 16) + (length & 0xffff), addresses, size);
}

static void verify_transport(InetVerdict *v, const uint8_t *packet, size_t size, uint8_t protocol, uint32_t pseudo)
{
    if (protocol == PROTOCOL_TCP && size >= 20) {
        v->has_tcp = true;
    } else if (protocol == PROTOCOL_UDP && size >= 8 && lduw_be_p(packet + 6) != 0) {
        v->has_udp = true;
    } else {
        return;
    }
    v->l4_ok = inet_checksum(inet_sum(pseudo, packet, size)) == 0;
}

static void verify_ipv4(InetVerdict *v, const uint8_t *ip, size_t size)
{
    size_t header = (ip[0] & 0xf) * 4, total = lduw_be_p(ip + 2);
    bool is_fragment = lduw_be_p(ip + 6) & 0x3fff;

    if (ip[0] >> 4 != 4 || header < 20 || total < header || total > size) {
        return;
    }
    v->has_ip = true;
    v->ip_ok = inet_checksum(inet_sum(0, ip, header)) == 0;
    if (!is_fragment) {
        verify_transport(v, ip + header, total - header, ip[9],
                         inet_pseudo_sum(ip + 12, 8, ip[9], total - header));
    }
}

/* Only where the transport's header follows at once. */
static void verify_ipv6(InetVerdict *v, const uint8_t *ip, size_t size)
{
    size_t length = lduw_be_p(ip + 4);

    if (ip[0] >> 4 == 6 && 40 + length <= size) {
        verify_transport(v, ip + 40, length, ip[6], inet_pseudo_sum(ip + 8, 32, ip[6], length));
    }
}

InetVerdict inet_verify(const uint8_t *frame, size_t size, size_t header)
{
    InetVerdict v = { 0 };
    uint16_t type = size >= header ? lduw_be_p(frame + header - 2) : 0;

    if (type == 0x0800 && size >= header + 20) {
        verify_ipv4(&v, frame + header, size - header);
    } else if (type == 0x86dd && size >= header + 40) {
        verify_ipv6(&v, frame + header, size - header);
    }
    return v;
}

static void fill_transport(uint8_t *packet, size_t size, uint8_t protocol, uint32_t pseudo)
{
    size_t at = protocol == PROTOCOL_TCP ? 16 : 6;
    uint16_t sum;

    if ((protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP) || size < at + 2) {
        return;
    }
    stw_be_p(packet + at, 0);
    sum = inet_checksum(inet_sum(pseudo, packet, size));
    stw_be_p(packet + at, sum == 0 && protocol == PROTOCOL_UDP ? 0xffff : sum);
}

void inet_fill(uint8_t *frame, size_t size, size_t header, bool ip, bool transport)
{
    uint8_t *packet = frame + header;
    size_t len, total;

    if (size < header + 20 || lduw_be_p(packet - 2) != 0x0800 || packet[0] >> 4 != 4) {
        return;
    }
    len = (packet[0] & 0xf) * 4;
    total = lduw_be_p(packet + 2);
    if (len < 20 || total < len || total > size - header) {
        return;
    }
    if (ip) {
        stw_be_p(packet + 10, 0);
        stw_be_p(packet + 10, inet_checksum(inet_sum(0, packet, len)));
    }
    if (transport) {
        fill_transport(packet + len, total - len, packet[9], inet_pseudo_sum(packet + 12, 8, packet[9], total - len));
    }
}
