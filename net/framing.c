/*
 * Packets in a stream of bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "framing.h"
#include "qemu/bswap.h"

void net_unframer_init(NetUnframer *u, size_t longest)
{
    *u = (NetUnframer){ .bytes = g_byte_array_new(), .longest = longest };
}

void net_unframer_clear(NetUnframer *u)
{
    g_clear_pointer(&u->bytes, g_byte_array_unref);
}

void net_unframer_reset(NetUnframer *u)
{
    g_byte_array_set_size(u->bytes, 0);
    u->start = 0;
}

void net_unframer_feed(NetUnframer *u, const uint8_t *bytes, size_t size)
{
    if (u->start) {
        g_byte_array_remove_range(u->bytes, 0, u->start);
        u->start = 0;
    }
    g_byte_array_append(u->bytes, bytes, size);
}

NetUnframed net_unframer_run(NetUnframer *u, bool (*packet)(void *opaque, const uint8_t *data,
                                                            size_t size), void *opaque)
{
    while (u->bytes->len - u->start >= NET_FRAME_HEADER) {
        const uint8_t *p = u->bytes->data + u->start;
        size_t size = ldl_be_p(p);
        g_autofree uint8_t *copy = NULL;

        if (size == 0 || size > u->longest) {
            return NET_UNFRAMED_GARBAGE;
        }
        if (u->bytes->len - u->start - NET_FRAME_HEADER < size) {
            break;
        }
        /* A copy, since the receiver's answer may come back to here before it returns. */
        copy = g_memdup2(p + NET_FRAME_HEADER, size);
        u->start += NET_FRAME_HEADER + size;
        if (!packet(opaque, copy, size)) {
            return NET_UNFRAMED_STOPPED;
        }
    }
    return NET_UNFRAMED_ALL;
}
