/*
 * Hubs: what comes in at one port goes out at all others.
 *
 * A hub has no buffer: it takes a packet when somebody at another port would. Hubs can't be plugged
 * into each other, since a circle would carry its first packet for ever.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "kinds.h"
#include "net/netdev.h"

typedef struct Hub {
    int number;
    GPtrArray *ports; /* of HubPort; a hub without ports isn't there */
    bool busy;        /* some port's packet is on its way to the others */
} Hub;

typedef struct HubPort {
    NetClientState nc;
    Hub *hub;
    unsigned number; /* in its hub */
} HubPort;

static GHashTable *hubs; /* number -> Hub */

static HubPort *hub_port(NetClientState *nc)
{
    return (HubPort *)nc;
}

static NetClientState *nth_port(const Hub *hub, guint n)
{
    return g_ptr_array_index(hub->ports, n);
}

/* The packets that wait at all ports but this one. */
static void flush_beside(NetClientState *nc)
{
    Hub *hub = hub_port(nc)->hub;

    for (guint i = 0; i < hub->ports->len; i++) {
        if (nth_port(hub, i) != nc) {
            qemu_flush_queued_packets(nth_port(hub, i));
        }
    }
}

/* An answer to a packet waits until that one has been everywhere. */
static ssize_t hub_receive_iov(NetClientState *nc, const struct iovec *iov, int iovcnt)
{
    Hub *hub = hub_port(nc)->hub;

    hub->busy = true;
    for (guint i = 0; i < hub->ports->len; i++) {
        if (nth_port(hub, i) != nc) {
            qemu_sendv_packet(nth_port(hub, i), iov, iovcnt);
        }
    }
    hub->busy = false;
    flush_beside(nc);
    return iov_size(iov, iovcnt);
}

static bool hub_can_receive(NetClientState *nc)
{
    Hub *hub = hub_port(nc)->hub;

    for (guint i = 0; !hub->busy && i < hub->ports->len; i++) {
        if (nth_port(hub, i) != nc && qemu_can_send_packet(nth_port(hub, i))) {
            return true;
        }
    }
    return !hub->busy && hub->ports->len == 1; /* the only one: it is lost, whenever it comes */
}

static void hub_cleanup(NetClientState *nc)
{
    Hub *hub = hub_port(nc)->hub;

    g_ptr_array_remove(hub->ports, nc);
    if (!hub->ports->len) {
        g_hash_table_remove(hubs, GINT_TO_POINTER(hub->number));
    }
}

static void free_hub(gpointer data)
{
    g_ptr_array_unref(((Hub *)data)->ports);
    g_free(data);
}

static const NetClientInfo hub_port_info = {
    .type = NET_CLIENT_DRIVER_HUBPORT,
    .size = sizeof(HubPort),
    .receive_iov = hub_receive_iov,
    .can_receive = hub_can_receive,
    .cleanup = hub_cleanup,
    .peer_ready = flush_beside, /* who is plugged in here can take what the others have */
};

int net_hub_of_port(const NetClientState *nc)
{
    return nc->info == &hub_port_info ? ((const HubPort *)nc)->hub->number : -1;
}

NetClientState *net_hub_add_port(int number, const char *id, NetClientState *peer)
{
    gpointer key = GINT_TO_POINTER(number);
    g_autofree char *made_up = NULL;
    NetClientState *nc;
    unsigned place;
    Hub *hub;

    if (!hubs) {
        hubs = g_hash_table_new_full(NULL, NULL, NULL, free_hub);
    }
    hub = g_hash_table_lookup(hubs, key);
    if (!hub) {
        hub = g_new0(Hub, 1);
        hub->number = number;
        hub->ports = g_ptr_array_new();
        g_hash_table_insert(hubs, key, hub);
    }
    place = hub->ports->len ? hub_port(nth_port(hub, hub->ports->len - 1))->number + 1 : 0;
    made_up = g_strdup_printf("hub%dport%u", number, place);
    nc = qemu_new_net_client(&hub_port_info, peer, "hub", id ? id : made_up);
    hub_port(nc)->hub = hub;
    hub_port(nc)->number = place;
    g_ptr_array_add(hub->ports, nc);
    return nc;
}

static bool create_hubport(QemuOpts *opts, const char *id, NetClientState *peer, Error **errp)
{
    uint64_t hub = qemu_opt_get_number(opts, "hubid", 0);
    const char *netdev = qemu_opt_get(opts, "netdev");

    if (!qemu_opt_get(opts, "hubid")) {
        error_setg(errp, "Parameter 'hubid' is missing");
        return false;
    }
    if (hub > INT32_MAX) {
        error_setg(errp, "Parameter 'hubid' expects a number up to %d", INT32_MAX);
        return false;
    }
    if (netdev) {
        assert(!peer && "-net makes no hub ports");
        peer = qemu_find_netdev(netdev);
        if (!peer) {
            error_setg(errp, "netdev '%s' not found", netdev);
            return false;
        }
        if (peer->peer || peer->claimed_by) {
            error_setg(errp, "netdev '%s' is in use", netdev);
            return false;
        }
        if (net_hub_of_port(peer) >= 0) {
            error_setg(errp, "netdev '%s' is a hub's port: hubs can't be plugged together", netdev);
            return false;
        }
    }
    net_hub_add_port(hub, id, peer);
    return true;
}

static const QemuOptDesc hubport_keys[] = {
    { .name = "hubid", .type = QEMU_OPT_NUMBER },
    { .name = "netdev", .type = QEMU_OPT_STRING },
    { NULL },
};

const NetKind net_kind_hubport = {
    .name = "hubport",
    .keys = hubport_keys,
    .create = create_hubport,
};
