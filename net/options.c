/*
 * From options to back ends and NIC entries.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "kinds.h"
#include "net/netdev.h"
#include "net/nic-list.h"
#include "qemu/error-report.h"
#include "qom/object.h"
#include "system/json-options.h"

static const NetKind *const kinds[] = {
    &net_kind_user,   &net_kind_tap,    &net_kind_bridge, &net_kind_stream,
    &net_kind_dgram,  &net_kind_socket, &net_kind_hubport,
};

/* Known from elsewhere, and not here. */
static const char *const lacking_kinds[] = { "vde",    "l2tpv3",     "netmap",     "passt",
                                             "af-xdp", "vhost-user", "vhost-vdpa", NULL };

/* Ids of back ends needn't differ from those of -nic, and so on: each option has its list. */
static QemuOptsList netdev_list = {
    .name = "netdev",
    .implied_opt_name = "type",
    .head = QTAILQ_HEAD_INITIALIZER(netdev_list.head),
    .desc = { { NULL } },
};
static QemuOptsList nic_list = {
    .name = "nic",
    .implied_opt_name = "type",
    .head = QTAILQ_HEAD_INITIALIZER(nic_list.head),
    .desc = { { NULL } },
};
static QemuOptsList net_list = {
    .name = "net",
    .implied_opt_name = "type",
    .head = QTAILQ_HEAD_INITIALIZER(net_list.head),
    .desc = { { NULL } },
};

const char *const *netdev_kind_names(void)
{
    static const char *names[ARRAY_SIZE(kinds) + 1];

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        names[i] = kinds[i]->name;
    }
    return names;
}

char *netdev_help(const char *text)
{
    g_autofree char *names = NULL;

    if (!g_str_equal(text, "help") && !g_str_equal(text, "?") && !has_help_value(text, "type")) {
        return NULL;
    }
    names = g_strjoinv("\n", (char **)netdev_kind_names());
    return g_strdup_printf("Available netdev backend types:\n%s\n", names);
}

static const NetKind *find_kind(const char *name, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (g_str_equal(kinds[i]->name, name)) {
            return kinds[i];
        }
    }
    if (g_strv_contains(lacking_kinds, name)) {
        error_setg(errp, "network back end '%s' is not supported yet", name);
    } else {
        error_setg(errp, "Parameter 'type' does not accept value '%s'", name);
    }
    if (g_str_equal(name, "passt")) {
        error_append_hint(errp, "Start passt yourself, and say stream,server=off,addr.type=unix,"
                                "addr.path=SOCKET.\n");
    } else {
        error_append_hint(errp, "-netdev help lists what there is.\n");
    }
    return NULL;
}

/* The back end that opts describe; who has `peer` has none of its own. */
static bool create(QemuOpts *opts, const char *id, NetClientState *peer, Error **errp)
{
    g_autofree char *type = qemu_opt_get_del(opts, "type");
    const NetKind *kind = type ? find_kind(type, errp) : NULL;

    if (!type) {
        error_setg(errp, "Parameter 'type' is missing");
        error_append_hint(errp, "-netdev help lists what there is.\n");
        return false;
    }
    return kind && qemu_opts_validate(opts, kind->keys, errp) &&
           kind->create(opts, id, peer, errp);
}

/* "#net000": what has no id of the user's can't clash with any. */
static char *anonymous_id(void)
{
    static unsigned count;

    return g_strdup_printf("#net%03u", count++);
}

bool netdev_add_from_str(const char *text, Error **errp)
{
    const char *id;
    g_autoptr(QemuOpts) opts = opts_parse_with_id(&netdev_list, text, &id, errp);

    if (!opts) {
        return false;
    }
    if (qemu_find_netdev(id)) {
        error_setg(errp, "Duplicate ID '%s' for netdev", id);
        return false;
    }
    if (!create(opts, id, NULL, errp)) {
        return false;
    }
    qemu_find_netdev(id)->is_netdev = true;
    return true;
}

bool netdev_del(const char *id, Error **errp)
{
    NetClientState *nc = qemu_find_netdev(id);

    if (!nc) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", id);
        return false;
    }
    if (!nc->is_netdev) {
        error_setg(errp, "Device '%s' is not a netdev", id);
        return false;
    }
    qemu_del_net_client(nc);
    return true;
}

/* ---- NICs ---- */

static char *current_option(void)
{
    const char *loc = error_loc_set(NULL);

    error_loc_set(loc);
    return g_strdup(loc);
}

/* What the NIC has of opts, taken out of them. NULL with *errp set: it is wrong. */
static NICInfo *add_entry(QemuOpts *opts, const char *mac_key, Error **errp)
{
    g_autofree char *mac = qemu_opt_get_del(opts, mac_key);
    NICInfo *nd = &nd_table[nb_nics];
    MACAddr address = { { 0 } };

    if (nb_nics == MAX_NICS) {
        error_setg(errp, "no more on-board/default NIC slots available: at most %d", MAX_NICS);
        return NULL;
    }
    if (mac && !net_mac_parse(mac, &address)) {
        error_setg(errp, "invalid syntax for ethernet address '%s': expected six bytes like "
                   "52:54:00:12:34:56", mac);
        return NULL;
    }
    if (address.a[0] & 1) {
        error_setg(errp, "NIC cannot have multicast MAC address '%s'", mac);
        return NULL;
    }
    qemu_macaddr_default_if_unset(&address);
    *nd = (NICInfo){
        .macaddr = address,
        .model = qemu_opt_get_del(opts, "model"),
        .nvectors = -1,
        .used = true,
        .loc = current_option(),
    };
    nb_nics++;
    return nd;
}

/* Takes back the last entry. */
static void drop_entry(void)
{
    NICInfo *nd = &nd_table[--nb_nics];

    g_free(nd->model);
    g_free(nd->loc);
    *nd = (NICInfo){ 0 };
}

bool net_nic_from_str(const char *text, Error **errp)
{
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&nic_list, text, true, errp);
    const char *type = opts ? qemu_opt_get(opts, "type") : NULL;
    g_autofree char *id = NULL;
    NICInfo *nd;

    if (!opts || (type && g_str_equal(type, "none"))) {
        return opts != NULL;
    }
    id = qemu_opts_id(opts) ? g_strdup(qemu_opts_id(opts)) : anonymous_id();
    if (qemu_find_netdev(id)) {
        error_setg(errp, "Duplicate ID '%s' for netdev", id);
        return false;
    }
    nd = add_entry(opts, "mac", errp);
    if (!nd) {
        return false;
    }
    if (!create(opts, id, NULL, errp)) {
        drop_entry();
        return false;
    }
    nd->netdev = qemu_find_netdev(id);
    nd->netdev->is_netdev = true;
    return true;
}

static const QemuOptDesc legacy_nic_keys[] = {
    { .name = "netdev", .type = QEMU_OPT_STRING },
    { .name = "name", .type = QEMU_OPT_STRING },
    { .name = "addr", .type = QEMU_OPT_STRING },
    { .name = "vectors", .type = QEMU_OPT_NUMBER },
    { NULL },
};

/* -net nic,... */
static bool add_legacy_nic(QemuOpts *opts, Error **errp)
{
    NICInfo *nd = add_entry(opts, "macaddr", errp);
    NetClientState *netdev = NULL;
    const char *id;
    uint64_t vectors;

    qemu_opt_unset(opts, "type");
    if (!nd) {
        return false;
    }
    if (!qemu_opts_validate(opts, legacy_nic_keys, errp)) {
        drop_entry();
        return false;
    }
    id = qemu_opt_get(opts, "netdev");
    vectors = qemu_opt_get_number(opts, "vectors", 0);
    netdev = id ? qemu_find_netdev(id) : NULL;
    if (id && (!netdev || netdev->peer)) {
        error_setg(errp, netdev ? "netdev '%s' is in use" : "netdev '%s' not found", id);
        drop_entry();
        return false;
    }
    if (vectors > 0x7ffffff) {
        error_setg(errp, "Parameter 'vectors' expects a number up to %d", 0x7ffffff);
        drop_entry();
        return false;
    }
    nd->nvectors = qemu_opt_get(opts, "vectors") ? (int)vectors : -1;
    nd->name = g_strdup(qemu_opts_id(opts) ? qemu_opts_id(opts) : qemu_opt_get(opts, "name"));
    nd->devaddr = g_strdup(qemu_opt_get(opts, "addr"));
    nd->netdev = netdev ? netdev : net_hub_add_port(0, NULL, NULL);
    return true;
}

bool net_legacy_from_str(const char *text, Error **errp)
{
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&net_list, text, true, errp);
    const char *type = opts ? qemu_opt_get(opts, "type") : NULL;
    NetClientState *port;
    g_autofree char *id = NULL;

    if (!opts || (type && g_str_equal(type, "none"))) {
        return opts != NULL;
    }
    if (type && g_str_equal(type, "nic")) {
        return add_legacy_nic(opts, errp);
    }
    if (type && g_str_equal(type, "hubport")) {
        error_setg(errp, "Parameter 'type' does not accept value 'hubport': -net is hub 0 itself");
        return false;
    }
    id = qemu_opts_id(opts) ? g_strdup(qemu_opts_id(opts)) : anonymous_id();
    if (qemu_find_netdev(id)) {
        error_setg(errp, "Duplicate ID '%s' for netdev", id);
        return false;
    }
    port = net_hub_add_port(0, NULL, NULL);
    if (!create(opts, id, port, errp)) {
        qemu_del_net_client(port);
        return false;
    }
    return true;
}

void net_add_default(void)
{
    NICInfo *nd;

    net_nic_from_str("user", &error_abort);
    nd = &nd_table[nb_nics - 1];
    nd->by_default = true;
}

/* ---- The end of start-up, and of everything ---- */

typedef struct HubUse {
    GHashTable *nics, *others; /* numbers of hubs that have such a client */
} HubUse;

/* A board's own NIC may well be without a cable; one that somebody asked for has been forgotten. */
static bool is_on_board(const NetClientState *nc)
{
    g_autofree char *path = nc->nic ? object_get_canonical_path(OBJECT(nc->nic->opaque)) : NULL;

    return path && !g_str_has_prefix(path, "/machine/peripheral");
}

static void look_at_client(NetClientState *nc, void *opaque)
{
    HubUse *use = opaque;
    int hub = net_hub_of_port(nc);

    if (hub >= 0 && nc->peer) {
        g_hash_table_add(nc->peer->nic ? use->nics : use->others, GINT_TO_POINTER(hub));
    } else if (hub < 0 && !nc->peer && !is_on_board(nc)) {
        warn_report("%s %s has no peer", nc->nic ? "nic" : "netdev", nc->name);
    }
}

static void warn_about_hub(NetClientState *nc, void *opaque)
{
    HubUse *use = opaque;
    gpointer hub = GINT_TO_POINTER(net_hub_of_port(nc));
    bool nics, others;

    if (net_hub_of_port(nc) < 0) {
        return;
    }
    nics = g_hash_table_contains(use->nics, hub);
    others = g_hash_table_contains(use->others, hub);
    if (nics && !others) {
        warn_report("hub %d is not connected to host network", GPOINTER_TO_INT(hub));
    } else if (!nics) {
        warn_report("hub %d with no nics", GPOINTER_TO_INT(hub));
    }
    /* said: once for all ports */
    g_hash_table_add(use->nics, hub);
    g_hash_table_add(use->others, hub);
}

void net_check_clients(void)
{
    HubUse use = { g_hash_table_new(NULL, NULL), g_hash_table_new(NULL, NULL) };

    for (int i = 0; i < nb_nics; i++) {
        NICInfo *nd = &nd_table[i];

        if (nd->by_default && !nd->instantiated) { /* nobody misses it */
            qemu_del_net_client(nd->netdev);
            nd->used = false;
        } else if (nd->used && !nd->instantiated) {
            const char *before = error_loc_set(nd->loc);

            warn_report("requested NIC (%s, model %s) was not created (not supported by this "
                        "machine?)", nd->name ? nd->name : "anonymous",
                        nd->model ? nd->model : "unspecified");
            error_loc_set(before);
        }
    }
    net_foreach_client(look_at_client, &use);
    net_foreach_client(warn_about_hub, &use);
    g_hash_table_unref(use.nics);
    g_hash_table_unref(use.others);
}
