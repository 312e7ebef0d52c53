/*
 * Ethernet addresses.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_MAC_H
#define NET_MAC_H

#include "qemu/osdep.h"

typedef struct MACAddr {
    uint8_t a[6]; /* as they go over the wire */
} MACAddr;

#define MAC_FMT     "%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC_ARG(mac) (mac)[0], (mac)[1], (mac)[2], (mac)[3], (mac)[4], (mac)[5]

/* "52:54:00:12:34:56", also with dashes. False, and *mac as it was, if text is anything else. */
bool net_mac_parse(const char *text, MACAddr *mac);

/*
 * Gives *mac an address that no NIC and no -nic entry has, if it is all zeros: the first from
 * 52:54:00:12:34:56 upwards. Big lock.
 */
void qemu_macaddr_default_if_unset(MACAddr *mac);

#endif
