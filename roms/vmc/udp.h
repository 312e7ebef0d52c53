/*
 * UDP packets, for the protocols above.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UDP_H
#define UDP_H

#include "board.h"

#define ETHER_IP   0x0800
#define PROTOCOL_UDP 17

typedef struct udp_frame {
    u8 to[6], from[6];
    u16 type;
    u8 version, service;
    u16 length, id, fragment;
    u8 ttl, protocol;
    u16 checksum;
    u16 source[2], dest[2]; /* addresses; not aligned for more */
    u16 source_port, dest_port, udp_length, udp_checksum;
    u8 data[1472];
} udp_frame;

#define UDP_HEADERS 42 /* of the frame, in front of the data */

static inline void set_ip(u16 *field, u32 ip)
{
    field[0] = ip >> 16;
    field[1] = ip;
}

static inline u32 get_ip(const u16 *field)
{
    return (u32)field[0] << 16 | field[1];
}

/* Sends `size` bytes of f->data to hardware address `to`; addresses and ports are set already. */
void send_udp(udp_frame *f, const u8 *to, u32 size);
/* The size of the data, if the `size` bytes of f are a UDP packet to that port; else 0. */
u32 udp_size(const udp_frame *f, u32 size, u16 port);

#endif
