/*
 * The ends of network cables: NICs and back ends, who is connected with whom, links.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "net-internal.h"
#include "net/netdev.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"

static GPtrArray *clients; /* of NetClientState, in the order of their making */
static bool ending;        /* NICs aren't told any more: they may be half made or half gone */

static const char *const driver_names[NET_CLIENT_DRIVER__MAX] = {
    [NET_CLIENT_DRIVER_NONE] = "none",     [NET_CLIENT_DRIVER_NIC] = "nic",
    [NET_CLIENT_DRIVER_USER] = "user",     [NET_CLIENT_DRIVER_TAP] = "tap",
    [NET_CLIENT_DRIVER_SOCKET] = "socket", [NET_CLIENT_DRIVER_STREAM] = "stream",
    [NET_CLIENT_DRIVER_DGRAM] = "dgram",   [NET_CLIENT_DRIVER_HUBPORT] = "hubport",
};

const char *net_client_driver_name(NetClientDriver type)
{
    return driver_names[type];
}

void net_foreach_client(void (*func)(NetClientState *nc, void *opaque), void *opaque)
{
    g_autoptr(GPtrArray) all = clients ? g_ptr_array_copy(clients, NULL, NULL) : NULL;

    for (guint i = 0; all && i < all->len; i++) {
        if (g_ptr_array_find(clients, all->pdata[i], NULL)) {
            func(all->pdata[i], opaque);
        }
    }
}

/* MODEL.N for the Nth of that model, or the next number that isn't in use. */
static char *made_up_name(const char *model)
{
    unsigned n = 0;
    char *name;

    for (guint i = 0; clients && i < clients->len; i++) {
        NetClientState *nc = g_ptr_array_index(clients, i);

        n += g_str_equal(nc->model, model) && nc->queue_index == 0;
    }
    name = g_strdup_printf("%s.%u", model, n);
    while (qemu_find_net_clients_except(name, NULL, NET_CLIENT_DRIVER__MAX, 0)) {
        g_free(name);
        name = g_strdup_printf("%s.%u", model, ++n);
    }
    return name;
}

static void connect_ends(NetClientState *a, NetClientState *b)
{
    assert(!a->peer && !b->peer && "a cable has two ends");
    a->peer = b;
    b->peer = a;
}

static void delete_any(NetClientState *nc, void *opaque)
{
    if (!nc->nic) {
        qemu_del_net_client(nc);
    }
}

void net_cleanup(void)
{
    ending = true;
    net_foreach_client(delete_any, NULL);
    ending = false;
}

/* Where a later option's mistake ends the program: what scripts have set up is taken down. */
static void clean_up_at_exit(void)
{
    if (qemu_in_main_thread()) {
        net_cleanup();
    }
}

static void add_client(NetClientState *nc, const NetClientInfo *info, NetClientState *peer,
                       const char *model, const char *name)
{
    assert((info->receive || info->receive_iov) && "a network client that can't receive");
    nc->info = info;
    nc->model = g_strdup(model);
    nc->name = name && *name ? g_strdup(name) : made_up_name(model);
    nc->info_str = g_strdup("");
    nc->incoming = net_queue_new();
    if (peer) {
        connect_ends(nc, peer);
    }
    if (!clients) {
        clients = g_ptr_array_new();
        atexit(clean_up_at_exit);
    }
    g_ptr_array_add(clients, nc);
}

/* Everything but the structure itself. */
static void remove_client(NetClientState *nc)
{
    NetClientState *peer = nc->peer;

    if (peer) {
        net_queue_purge(peer->incoming, nc, false);
        net_queue_purge(nc->incoming, peer, true);
        peer->peer = NULL;
    }
    net_queue_free(nc->incoming);
    g_ptr_array_remove(clients, nc);
    g_free(nc->model);
    g_free(nc->name);
    g_free(nc->info_str);
}

NetClientState *qemu_new_net_client(const NetClientInfo *info, NetClientState *peer,
                                    const char *model, const char *name)
{
    NetClientState *nc = g_malloc0(info->size);

    assert(info->size >= sizeof(*nc));
    add_client(nc, info, peer, model, name);
    return nc;
}

static void delete_back_end(NetClientState *nc)
{
    NetClientState *peer = nc->peer;
    NICState *nic = peer ? peer->nic : NULL;

    net_remove_filters(nc);
    if (nc->info->cleanup) {
        nc->info->cleanup(nc);
    }
    if (nc->claimed_by) {
        nc->claimed_by->ncs[nc->queue_index] = NULL;
    }
    remove_client(nc);
    g_free(nc);
    if (nic) {
        nic->peer_deleted = true;
        peer->link_down = true;
        if (peer->info->link_status_changed && !ending) {
            peer->info->link_status_changed(peer);
        }
    }
}

void qemu_del_net_client(NetClientState *nc)
{
    NetClientState *queues[MAX_QUEUE_NUM];
    int n = qemu_find_net_clients_except(nc->name, queues, NET_CLIENT_DRIVER_NIC, MAX_QUEUE_NUM);

    assert(!nc->nic && "NICs go by qemu_del_nic()");
    for (int i = 0; i < MIN(n, MAX_QUEUE_NUM); i++) {
        delete_back_end(queues[i]);
    }
}

NICState *qemu_new_nic(NetClientInfo *info, NICConf *conf, const char *model, const char *name,
                       void *opaque)
{
    NICState *nic = g_new0(NICState, 1);
    g_autofree char *chosen = name && *name ? g_strdup(name) : made_up_name(model);

    nic->queues = MAX(1, conf->peers.queues);
    nic->ncs = g_new0(NetClientState, nic->queues);
    nic->conf = conf;
    nic->opaque = opaque;
    for (int i = 0; i < nic->queues; i++) {
        nic->ncs[i].nic = nic;
        nic->ncs[i].queue_index = i;
        add_client(&nic->ncs[i], info, conf->peers.ncs[i], model, chosen);
    }
    return nic;
}

void qemu_del_nic(NICState *nic)
{
    if (!nic) {
        return;
    }
    for (int i = nic->queues; i-- > 0;) {
        if (nic->ncs[i].info->cleanup) {
            nic->ncs[i].info->cleanup(&nic->ncs[i]);
        }
        remove_client(&nic->ncs[i]);
    }
    g_free(nic->ncs);
    g_free(nic);
}

NetClientState *qemu_get_subqueue(NICState *nic, int queue_index)
{
    return &nic->ncs[queue_index];
}

NetClientState *qemu_get_queue(NICState *nic)
{
    return qemu_get_subqueue(nic, 0);
}

NICState *qemu_get_nic(NetClientState *nc)
{
    return nc->nic;
}

void *qemu_get_nic_opaque(NetClientState *nc)
{
    return nc->nic->opaque;
}

void qemu_set_info_str(NetClientState *nc, const char *fmt, ...)
{
    va_list ap;

    g_free(nc->info_str);
    va_start(ap, fmt);
    nc->info_str = g_strdup_vprintf(fmt, ap);
    va_end(ap);
}

void qemu_format_nic_info_str(NetClientState *nc, uint8_t macaddr[6])
{
    qemu_set_info_str(nc, "model=%s,macaddr=" MAC_FMT, nc->model, MAC_ARG(macaddr));
}

void qemu_foreach_nic(qemu_nic_foreach func, void *opaque)
{
    for (guint i = 0; clients && i < clients->len; i++) {
        NetClientState *nc = g_ptr_array_index(clients, i);

        if (nc->nic && nc->queue_index == 0) {
            func(nc->nic, opaque);
        }
    }
}

int qemu_find_net_clients_except(const char *id, NetClientState **ncs, NetClientDriver type,
                                 int max)
{
    int n = 0;

    for (guint i = 0; clients && i < clients->len; i++) {
        NetClientState *nc = g_ptr_array_index(clients, i);

        if (nc->info->type != type && (!id || g_str_equal(nc->name, id))) {
            if (n < max) {
                ncs[n] = nc;
            }
            n++;
        }
    }
    return n;
}

NetClientState *qemu_find_netdev(const char *id)
{
    NetClientState *nc = NULL;

    qemu_find_net_clients_except(id, &nc, NET_CLIENT_DRIVER_NIC, 1);
    return nc;
}

/* ---- Link ---- */

static void change_link(NetClientState *nc, bool down)
{
    if (nc->link_down == down) {
        return;
    }
    nc->link_down = down;
    if (nc->info->link_status_changed) {
        nc->info->link_status_changed(nc);
    }
    if (down) {
        qemu_flush_queued_packets(nc); /* which drops them */
    }
}

bool net_set_link(const char *name, bool up, Error **errp)
{
    NetClientState *queues[MAX_QUEUE_NUM];
    int n = qemu_find_net_clients_except(name, queues, NET_CLIENT_DRIVER__MAX, MAX_QUEUE_NUM);

    if (!n) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", name);
        return false;
    }
    for (int i = 0; i < MIN(n, MAX_QUEUE_NUM); i++) {
        NetClientState *nc = queues[i];

        if (nc->nic && nc->nic->peer_deleted && up) {
            error_setg(errp, "'%s' has no network to be linked to: its back end was removed", name);
            return false;
        }
        change_link(nc, !up);
        if (!nc->nic && nc->peer && nc->peer->nic) { /* a pulled plug shows at both ends */
            change_link(nc->peer, !up);
        }
    }
    return true;
}

/* ---- Receiving while the guest is stopped ---- */

static bool guest_is_stopped;

bool qemu_can_receive_packet(NetClientState *nc)
{
    if (nc->receive_disabled || (nc->nic && guest_is_stopped)) {
        return false;
    }
    return !nc->info->can_receive || nc->info->can_receive(nc);
}

static void flush_nic(NetClientState *nc, void *opaque)
{
    if (nc->nic) {
        qemu_flush_queued_packets(nc);
    }
}

void net_guest_stopped(bool stopped)
{
    guest_is_stopped = stopped;
    if (!stopped) {
        net_foreach_client(flush_nic, NULL);
    }
}
