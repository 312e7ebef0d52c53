/*
 * What all network filters have: their place on a back end's cable.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "net-internal.h"
#include "net/filter.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qom/object_interfaces.h"

static const char *const direction_names[NET_FILTER_DIRECTION__MAX] = { "all", "rx", "tx" };
static const QEnumLookup direction_lookup = { direction_names, NET_FILTER_DIRECTION__MAX };

const char *net_filter_id(NetFilterState *nf)
{
    return object_get_canonical_path_component(OBJECT(nf));
}

/* ---- Packets ---- */

/* From place `first` in the row on, in the packet's direction; true: one of them took it. */
static bool pass_filters(GPtrArray *row, int first, bool tx, const NetFilterPacket *packet)
{
    for (int i = first; i >= 0 && i < row->len; i += tx ? 1 : -1) {
        NetFilterState *nf = g_ptr_array_index(row, i);

        if (nf->on && (nf->direction == NET_FILTER_DIRECTION_ALL ||
                       (nf->direction == NET_FILTER_DIRECTION_TX) == tx) &&
            NETFILTER_GET_CLASS(nf)->packet(nf, packet)) {
            return true;
        }
    }
    return false;
}

bool net_filters_take(NetClientState *sender, unsigned flags, const struct iovec *iov, int iovcnt)
{
    NetFilterPacket packet = { sender, flags, iov, iovcnt,
                               flags & NET_PACKET_RAW ? 0 : net_cable_vnet_hdr_len(sender) };
    NetClientState *peer = sender->peer;

    return (sender->filters && pass_filters(sender->filters, 0, true, &packet)) ||
           (peer->filters && pass_filters(peer->filters, peer->filters->len - 1, false, &packet));
}

void net_filter_pass_on(NetFilterState *nf, NetClientState *sender, unsigned flags,
                        const struct iovec *iov, int iovcnt)
{
    NetClientState *netdev = nf->netdev;
    bool tx = sender == netdev;
    NetFilterPacket packet = { sender, flags, iov, iovcnt,
                               flags & NET_PACKET_RAW ? 0 : net_cable_vnet_hdr_len(sender) };
    guint place;

    if (!netdev || !sender || !sender->peer ||
        !g_ptr_array_find(netdev->filters, nf, &place)) {
        return;
    }
    if (!pass_filters(netdev->filters, (int)place + (tx ? 1 : -1), tx, &packet)) {
        net_send_behind_filters(sender, flags, iov, iovcnt, NULL);
    }
}

/* ---- Life ---- */

/* The place in the row that `position` and `insert` mean; -1 with *errp set. */
static int find_place(NetFilterState *nf, GPtrArray *row, Error **errp)
{
    const char *id;

    if (g_str_equal(nf->position, "head")) {
        return 0;
    }
    if (g_str_equal(nf->position, "tail")) {
        return row->len;
    }
    strstart(nf->position, "id=", &id);
    for (guint i = 0; i < row->len; i++) {
        if (g_str_equal(net_filter_id(row->pdata[i]), id)) {
            return i + !nf->insert_before;
        }
    }
    error_setg(errp, "filter '%s' not found on netdev '%s'", id, nf->netdev_id);
    return -1;
}

static void filter_complete(UserCreatable *uc, Error **errp)
{
    NetFilterState *nf = NETFILTER(uc);
    NetClientState *nc = nf->netdev_id ? qemu_find_netdev(nf->netdev_id) : NULL;
    int place;

    if (!nf->netdev_id) {
        error_setg(errp, "Parameter 'netdev' is missing");
        return;
    }
    if (!nc) {
        error_setg(errp, "Parameter 'netdev' expects a network backend id: there is no '%s'",
                   nf->netdev_id);
        return;
    }
    if (qemu_find_net_clients_except(nf->netdev_id, NULL, NET_CLIENT_DRIVER_NIC, 0) > 1) {
        error_setg(errp, "multiqueue is not supported: netdev '%s' has several queues",
                   nf->netdev_id);
        return;
    }
    if (!nc->filters) {
        nc->filters = g_ptr_array_new();
    }
    place = find_place(nf, nc->filters, errp);
    if (place < 0) {
        return;
    }
    nf->netdev = nc;
    if (!NETFILTER_GET_CLASS(nf)->setup(nf, errp)) {
        nf->netdev = NULL;
        return;
    }
    g_ptr_array_insert(nc->filters, place, nf);
}

/* Off its cable. */
static void detach(NetFilterState *nf)
{
    if (nf->netdev) {
        NETFILTER_GET_CLASS(nf)->cleanup(nf);
        g_ptr_array_remove(nf->netdev->filters, nf);
        nf->netdev = NULL;
    }
}

void net_remove_filters(NetClientState *netdev)
{
    while (netdev->filters && netdev->filters->len) {
        NetFilterState *nf = g_ptr_array_index(netdev->filters, 0);

        detach(nf);
        object_unparent(OBJECT(nf));
    }
    g_clear_pointer(&netdev->filters, g_ptr_array_unref);
}

static void filter_init(Object *obj)
{
    NetFilterState *nf = NETFILTER(obj);

    nf->on = true;
    nf->position = g_strdup("tail");
}

static void filter_finalize(Object *obj)
{
    NetFilterState *nf = NETFILTER(obj);

    detach(nf);
    g_free(nf->netdev_id);
    g_free(nf->position);
}

char *net_filter_describe(NetFilterState *nf)
{
    GString *out = g_string_new(NULL);

    NETFILTER_GET_CLASS(nf)->describe(nf, out);
    g_string_append_printf(out, ",position=%s,status=%s,insert=%s,netdev=%s,queue=%s", nf->position,
                           nf->on ? "on" : "off", nf->insert_before ? "before" : "behind",
                           nf->netdev_id, direction_names[nf->direction]);
    return g_string_free(out, FALSE);
}

/* ---- Properties ---- */

static bool is_complete(Object *obj, const char *name, Error **errp)
{
    if (NETFILTER(obj)->netdev) {
        error_setg(errp, "cannot change property '%s' of a filter that is in use", name);
        return true;
    }
    return false;
}

static char *get_netdev(Object *obj, Error **errp)
{
    return g_strdup(NETFILTER(obj)->netdev_id);
}

static void set_netdev(Object *obj, const char *value, Error **errp)
{
    if (!is_complete(obj, "netdev", errp)) {
        g_free(NETFILTER(obj)->netdev_id);
        NETFILTER(obj)->netdev_id = g_strdup(value);
    }
}

static int get_queue(Object *obj, Error **errp)
{
    return NETFILTER(obj)->direction;
}

static void set_queue(Object *obj, int value, Error **errp)
{
    NETFILTER(obj)->direction = value;
}

static char *get_status(Object *obj, Error **errp)
{
    return g_strdup(NETFILTER(obj)->on ? "on" : "off");
}

static void set_status(Object *obj, const char *value, Error **errp)
{
    NetFilterState *nf = NETFILTER(obj);
    NetFilterClass *nfc = NETFILTER_GET_CLASS(nf);
    bool on = g_str_equal(value, "on");

    if (!on && !g_str_equal(value, "off")) {
        error_setg(errp, "Invalid value for netfilter status, should be 'on' or 'off'");
        return;
    }
    if (on != nf->on) {
        nf->on = on;
        if (nf->netdev && nfc->status_changed) {
            nfc->status_changed(nf);
        }
    }
}

static char *get_position(Object *obj, Error **errp)
{
    return g_strdup(NETFILTER(obj)->position);
}

static void set_position(Object *obj, const char *value, Error **errp)
{
    NetFilterState *nf = NETFILTER(obj);

    if (is_complete(obj, "position", errp)) {
        return;
    }
    if (!g_str_equal(value, "head") && !g_str_equal(value, "tail") &&
        !g_str_has_prefix(value, "id=")) {
        error_setg(errp, "Parameter 'position' expects 'head', 'tail' or 'id=FILTER'");
        return;
    }
    g_free(nf->position);
    nf->position = g_strdup(value);
}

static char *get_insert(Object *obj, Error **errp)
{
    return g_strdup(NETFILTER(obj)->insert_before ? "before" : "behind");
}

static void set_insert(Object *obj, const char *value, Error **errp)
{
    if (is_complete(obj, "insert", errp)) {
        return;
    }
    if (!g_str_equal(value, "before") && !g_str_equal(value, "behind")) {
        error_setg(errp, "Parameter 'insert' expects 'before' or 'behind'");
        return;
    }
    NETFILTER(obj)->insert_before = g_str_equal(value, "before");
}

static void filter_class_init(ObjectClass *oc, void *data)
{
    static const struct {
        const char *name;
        char *(*get)(Object *obj, Error **errp);
        void (*set)(Object *obj, const char *value, Error **errp);
        const char *help;
    } rows[] = {
        { "netdev", get_netdev, set_netdev, "The back end on whose cable it sits" },
        { "status", get_status, set_status, "on, or off: packets pass by" },
        { "position", get_position, set_position,
          "Its place among the others: head (at the back end), tail or id=FILTER" },
        { "insert", get_insert, set_insert, "before or behind that FILTER" },
    };

    USER_CREATABLE_CLASS(oc)->complete = filter_complete;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        object_class_property_add_str(oc, rows[i].name, rows[i].get, rows[i].set);
        object_class_property_set_description(oc, rows[i].name, rows[i].help);
    }
    object_class_property_add_enum(oc, "queue", "NetFilterDirection", &direction_lookup, get_queue,
                                   set_queue);
    object_class_property_set_description(oc, "queue",
                                          "rx: what the guest sends, tx: what it gets, or all");
}

static const TypeInfo filter_types[] = {
    {
        .name = TYPE_NETFILTER,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .instance_size = sizeof(NetFilterState),
        .instance_init = filter_init,
        .instance_finalize = filter_finalize,
        .class_size = sizeof(NetFilterClass),
        .class_init = filter_class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_USER_CREATABLE }, {} },
    },
};

DEFINE_TYPES(filter_types)
