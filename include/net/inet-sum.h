/*
 * The Internet's checksum (RFC 1071): the ones' complement sum of 16-bit words in network order.
 *
 * Sums of parts are added up as 32-bit numbers; only the last part may have an odd length.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_INET_SUM_H
#define NET_INET_SUM_H

#include "qemu/osdep.h"

/*
 * The sum of `size` bytes (at most NET_BUFSIZE), added to `sum`, which is a sum of at most as many.
 */
uint32_t inet_sum(uint32_t sum, const uint8_t *bytes, size_t size);
/* What belongs into a checksum field, for sums of everything that it covers. */
uint16_t inet_checksum(uint32_t sum);
/*
 * The sum of TCP's and UDP's pseudo header. `addresses`: source and destination, `size` bytes
 * together.
 */
uint32_t inet_pseudo_sum(const uint8_t *addresses, size_t size, uint8_t protocol, uint32_t length);

/* What there is to check in an Ethernet frame, and what came of it. */
typedef struct InetVerdict {
    bool has_ip, ip_ok;          /* an IPv4 header, and its checksum is right */
    bool has_tcp, has_udp, l4_ok; /* a whole TCP or UDP packet (with a checksum), and that is right */
} InetVerdict;

/*
 * Computes checksums that a frame shall have, whatever stands there: IPv4's, and TCP's or UDP's.
 * `header` as below. What isn't such a packet stays as it is.
 */
void inet_fill(uint8_t *frame, size_t size, size_t header, bool ip, bool transport);

/* Of a frame of `size` bytes; `header` bytes (14, with a VLAN tag 18) stand in front of IP's. */
InetVerdict inet_verify(const uint8_t *frame, size_t size, size_t header);

#endif
