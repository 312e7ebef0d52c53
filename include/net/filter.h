/*
 * Filters: objects on a network back end's cable that see its packets, and may take them.
 *
 * A back end has a row of filters, from itself towards the NIC. What the back end sends (towards
 * the guest: "tx") passes them in that order, what it gets ("rx") in the other.
 *
 * Big lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_FILTER_H
#define NET_FILTER_H

#include "net/net.h"
#include "qom/object.h"

#define TYPE_NETFILTER "netfilter"
OBJECT_DECLARE_TYPE(NetFilterState, NetFilterClass, NETFILTER)

typedef enum NetFilterDirection {
    NET_FILTER_DIRECTION_ALL,
    NET_FILTER_DIRECTION_RX, /* what the back end receives: the guest's packets */
    NET_FILTER_DIRECTION_TX, /* what it sends to the guest */
    NET_FILTER_DIRECTION__MAX,
} NetFilterDirection;

/* A packet as a filter sees it. */
typedef struct NetFilterPacket {
    NetClientState *sender;
    unsigned flags; /* to be handed on */
    const struct iovec *iov;
    int iovcnt;
    int vnet_hdr_len; /* so many of its bytes are the offloads' header */
} NetFilterPacket;

struct NetFilterState {
    Object parent_obj;

    char *netdev_id;
    NetClientState *netdev; /* NULL until it is complete */
    NetFilterDirection direction;
    bool on;
    char *position; /* "head", "tail", "id=FILTER" */
    bool insert_before;
};

struct NetFilterClass {
    ObjectClass parent_class;

    /* All properties are there: takes up work. False with *errp set if it can't. */
    bool (*setup)(NetFilterState *nf, Error **errp);
    /* It goes, or its back end does; only after a setup() that succeeded. */
    void (*cleanup)(NetFilterState *nf);
    /* nf->on has changed after setup(); NULL: nothing to do. */
    void (*status_changed)(NetFilterState *nf);
    /* True: the filter has taken the packet, and it goes no further. */
    bool (*packet)(NetFilterState *nf, const NetFilterPacket *packet);
    /* Appends ",key=value" for what is set, as `info network` shows it. */
    void (*describe)(NetFilterState *nf, GString *out);
};

/* Sends a packet on its way behind this filter, as if it had just passed it. */
void net_filter_pass_on(NetFilterState *nf, NetClientState *sender, unsigned flags,
                        const struct iovec *iov, int iovcnt);
/* The object's id. */
const char *net_filter_id(NetFilterState *nf);
/* ",file=…,position=tail,…": what `info network` shows; newly allocated. */
char *net_filter_describe(NetFilterState *nf);

#endif
