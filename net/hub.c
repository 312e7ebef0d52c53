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

typedef struct HubPort {
    NetClientState nc;
    int hub;
    unsigned number; /* in its hub */
} HubPort;

static GHashTable *hubs; /* number -> GPtrArray of HubPort; a hub without ports isn't there */

static HubPort *hub_port(NetClientState *nc)
{
    return (HubPort *)nc;
}

static GPtrArray *ports_beside(NetClientState *nc)
{
    return g_hash_table_lookup(hubs, GINT_TO_POINTER(hub_port(nc)->hub));
}

static ssize_t hub_receive_iov(NetClientState *nc, const struct iovec *iov, int iovcnt)
{
    GPtrArray *ports = ports_beside(nc);

    for (guint i = 0; i < ports->len; i++) {
        NetClientState *port = g_ptr_array_index(ports, i);

        if (port != nc) {
            qemu_sendv_packet(port, iov, iovcnt);
        }
    }
    return iov_size(iov, iovcnt);
}

static bool hub_can_receive(NetClientState *nc)
{
    GPtrArray *ports = ports_beside(nc);

    for (guint i = 0; i < ports->len; i++) {
        NetClientState *port = g_ptr_array_index(ports, i);

        if (port != nc && qemu_can_send_packet(port)) {
            return true;
        }
    }
    return ports->len == 1; /* the only one: it is lost, whenever it comes */
}

/* Who is plugged in here can take packets again: the others may have some. */
static void hub_peer_ready(NetClientState *nc)
{
    GPtrArray *ports = ports_beside(nc);

    for (guint i = 0; i < ports->len; i++) {
        if (g_ptr_array_index(ports, i) != nc) {
            qemu_flush_queued_packets(g_ptr_array_index(ports, i));
        }
    }
}

static void hub_cleanup(NetClientState *nc)
{
    GPtrArray *ports = ports_beside(nc);

    g_ptr_array_remove(ports, nc);
    if (!ports->len) {
        g_hash_table_remove(hubs, GINT_TO_POINTER(hub_port(nc)->hub));
    }
}

static const NetClientInfo hub_port_info = {
    .type = NET_CLIENT_DRIVER_HUBPORT,
    .size = sizeof(HubPort),
    .receive_iov = hub_receive_iov,
    .can_receive = hub_can_receive,
    .cleanup = hub_cleanup,
    .peer_ready = hub_peer_ready,
};

int net_hub_of_port(const NetClientState *nc)
{
    return nc->info == &hub_port_info ? ((const HubPort *)nc)->hub : -1;
}

NetClientState *net_hub_add_port(int number, const char *id, NetClientState *peer)
{
    gpointer key = GINT_TO_POINTER(number);
    g_autofree char *made_up = NULL;
    NetClientState *nc;
    GPtrArray *ports;
    unsigned place;

    if (!hubs) {
        hubs = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    }
    ports = g_hash_table_lookup(hubs, key);
    if (!ports) {
        ports = g_ptr_array_new();
        g_hash_table_insert(hubs, key, ports);
    }
    place = ports->len ? ((HubPort *)ports->pdata[ports->len - 1])->number + 1 : 0;
    made_up = g_strdup_printf("hub%dport%u", number, place);
    nc = qemu_new_net_client(&hub_port_info, peer, "hub", id ? id : made_up);
    hub_port(nc)->hub = number;
    hub_port(nc)->number = place;
    g_ptr_array_add(ports, nc);
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
