/*
 * Back ends from options: -netdev, -nic, -net, and their counterparts in the monitor.
 *
 * All functions: big lock, the main thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_NETDEV_H
#define NET_NETDEV_H

#include "net/net.h"
#include "qemu/option.h"

/* "user,id=net0,...": makes that back end. False with *errp set, and nothing is left, if not. */
bool netdev_add_from_str(const char *text, Error **errp);
/* Removes a back end that netdev_add_from_str() made; its NIC stays without link. */
bool netdev_del(const char *id, Error **errp);

/*
 * "user,model=...,mac=...,...": a back end, and an entry in the list of NICs (net/nic-list.h) that
 * is connected to it. "none": nothing.
 */
bool net_nic_from_str(const char *text, Error **errp);
/*
 * The older way: "nic,model=..." is an entry, "user,..." a back end, and all of these are connected
 * by hub 0. "none": nothing.
 */
bool net_legacy_from_str(const char *text, Error **errp);
/* The machine's NIC with a network of its own, where nobody said anything. */
void net_add_default(void);

/* If text asks what kinds of back ends there are ("help"): the answer; else NULL. */
char *netdev_help(const char *text);

/* Once everything is made: warnings about what isn't connected or wasn't taken. */
void net_check_clients(void);
/* Removes all back ends, on the way out. */
void net_cleanup(void);

/* Values of `type` in -netdev, NULL at the end. */
const char *const *netdev_kind_names(void);

/* ---- Hubs ---- */

/* What a hub port belongs to, -1 if nc is no such port. */
int net_hub_of_port(const NetClientState *nc);

/* ---- The user network ---- */

/*
 * "[tcp|udp]:[hostaddr]:hostport-[guestaddr]:guestport": a port of the host leads to the guest.
 * `id` NULL: of the only user network.
 */
bool net_user_hostfwd_add(const char *id, const char *rule, Error **errp);
/* "[tcp|udp]:[hostaddr]:hostport"; *found: there was one. */
bool net_user_hostfwd_remove(const char *id, const char *rule, bool *found, Error **errp);
/* What `info usernet` shows of nc, newly allocated; NULL if nc is no user network. */
char *net_user_connections(NetClientState *nc);

#endif
