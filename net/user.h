/*
 * The user network's inside: what its options mean.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_USER_H
#define NET_USER_H

#include <netinet/in.h>
#include <slirp/libslirp.h>
#include "qapi/error.h"
#include "qemu/option.h"

/*
 * Fills in cfg, which then points into opts and domains (an array of char *, filled in here). False
 * with *errp set if something is malformed or doesn't fit together.
 */
bool user_config_from_opts(QemuOpts *opts, SlirpConfig *cfg, GPtrArray *domains, Error **errp);

/* A port of the host that leads to one of the guest's. */
typedef struct HostForward {
    bool is_udp;
    struct in_addr host_addr;
    int host_port;
    struct in_addr guest_addr; /* 0.0.0.0: the first that DHCP gives */
    int guest_port;
} HostForward;

/* "[tcp|udp]:[hostaddr]:hostport-[guestaddr]:guestport"; false with *errp set if it isn't that. */
bool host_forward_parse(const char *rule, HostForward *fwd, Error **errp);
/* The half before the dash. */
bool host_forward_parse_host(const char *rule, HostForward *fwd, Error **errp);

/* An address and port of the guest's network that lead to a program or device of the host. */
typedef struct GuestForward {
    struct in_addr server;
    int port;
    char *command; /* or */
    char *device;  /* as -serial has it */
} GuestForward;

/* "[tcp]:server:port-dev" or "…-cmd:command". */
bool guest_forward_parse(const char *rule, GuestForward *fwd, Error **errp);
void guest_forward_clear(GuestForward *fwd);

#endif
