/*
 * Ethernet's CRC, as multicast filters of NICs hash addresses with it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <zlib.h>
#include "net/net.h"

/* zlib computes it with the lowest bit first and inverts the result; hardware does neither. */
uint32_t net_crc32_le(const uint8_t *p, int len)
{
    return ~(uint32_t)crc32(0, p, len);
}

uint32_t net_crc32(const uint8_t *p, int len)
{
    uint32_t reflected = net_crc32_le(p, len), crc = 0;

    for (int bit = 0; bit < 32; bit++) {
        crc |= (reflected >> bit & 1) << (31 - bit);
    }
    return crc;
}
