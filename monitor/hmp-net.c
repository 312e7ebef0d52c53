/*
 * Monitor commands about networks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "monitor/query.h"
#include "net/netdev.h"
#include "qemu/error-report.h"

static void report(Error *err)
{
    if (err) {
        error_report_err(err);
    }
}

HMP_CMD(netdev_add)
{
    Error *err = NULL;

    netdev_add_from_str(hmp_arg_str(args, "netdev"), &err);
    report(err);
}

HMP_CMD(netdev_del)
{
    Error *err = NULL;

    netdev_del(hmp_arg_str(args, "id"), &err);
    report(err);
}

HMP_CMD(set_link)
{
    Error *err = NULL;

    net_set_link(hmp_arg_str(args, "name"), hmp_arg_bool(args, "up"), &err);
    report(err);
}

HMP_CMD(hostfwd_add)
{
    const char *first = hmp_arg_str(args, "arg1"), *second = hmp_arg_str(args, "arg2");
    Error *err = NULL;

    net_user_hostfwd_add(second ? first : NULL, second ? second : first, &err);
    report(err);
}

HMP_CMD(hostfwd_remove)
{
    const char *first = hmp_arg_str(args, "arg1"), *second = hmp_arg_str(args, "arg2");
    const char *rule = second ? second : first;
    Error *err = NULL;
    bool found;

    if (net_user_hostfwd_remove(second ? first : NULL, rule, &found, &err)) {
        monitor_printf(mon, "host forwarding rule for %s %s\n", rule,
                       found ? "removed" : "not found");
    }
    report(err);
}

/* ---- info ---- */

static void append_client(GString *out, JsonObject *o)
{
    JsonArray *filters = json_object_get_array_member(o, "filters");

    g_string_append_printf(out, "%s: index=%d,type=%s,%s\n",
                           json_object_get_string_member(o, "name"),
                           (int)json_object_get_int_member(o, "index"),
                           json_object_get_string_member(o, "type"),
                           json_object_get_string_member(o, "info"));
    for (guint i = 0; i < json_array_get_length(filters); i++) {
        JsonObject *f = json_array_get_object_element(filters, i);

        g_string_append_printf(out, "%s  - %s: type=%s%s\n", i ? "" : "filters:\n",
                               json_object_get_string_member(f, "id"),
                               json_object_get_string_member(f, "type"),
                               json_object_get_string_member(f, "info"));
    }
}

static const char *peer_name(JsonObject *o)
{
    return json_object_has_member(o, "peer") ? json_object_get_string_member(o, "peer") : NULL;
}

/* The other end of a client's cable, NULL if nothing is there. A NIC may be called as its peer. */
static JsonObject *other_end(JsonArray *list, JsonObject *o)
{
    const char *name = json_object_get_string_member(o, "name"), *peer = peer_name(o);

    for (guint i = 0; peer && i < json_array_get_length(list); i++) {
        JsonObject *other = json_array_get_object_element(list, i);

        if (other != o && g_str_equal(json_object_get_string_member(other, "name"), peer) &&
            !g_strcmp0(peer_name(other), name) &&
            json_object_get_int_member(other, "index") == json_object_get_int_member(o, "index")) {
            return other;
        }
    }
    return NULL;
}

static int64_t hub_number(JsonObject *o)
{
    return json_object_has_member(o, "hub") ? json_object_get_int_member(o, "hub") : -1;
}

/* A hub with its ports, the newest first; *next becomes the number of the next one, -1: none. */
static void append_hub(GString *out, JsonArray *list, int64_t hub, int64_t *next)
{
    bool headed = false;

    *next = -1;
    for (guint i = json_array_get_length(list); i-- > 0;) {
        JsonObject *port = json_array_get_object_element(list, i);
        int64_t number = hub_number(port);
        JsonObject *plugged = other_end(list, port);

        if (number > hub && (*next < 0 || number < *next)) {
            *next = number;
        }
        if (number != hub || hub < 0) {
            continue;
        }
        if (!headed) {
            g_string_append_printf(out, "hub %" PRId64 "\n", hub);
            headed = true;
        }
        g_string_append_printf(out, " \\ %s", json_object_get_string_member(port, "name"));
        if (plugged) {
            g_string_append(out, ": ");
            append_client(out, plugged);
        } else {
            g_string_append_c(out, '\n');
        }
    }
}

HMP_INFO(network)
{
    g_autoptr(JsonNode) node = query_network();
    JsonArray *list = json_node_get_array(node);
    int64_t hub = -1;

    do {
        append_hub(out, list, hub, &hub);
    } while (hub >= 0);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i), *other = other_end(list, o);
        bool is_nic = g_str_equal(json_object_get_string_member(o, "type"), "nic");

        if (hub_number(o) >= 0 || (other && (hub_number(other) >= 0 || !is_nic))) {
            continue; /* shown there */
        }
        append_client(out, o);
        if (other) {
            g_string_append(out, " \\ ");
            append_client(out, other);
        }
    }
}

static void append_connections(NetClientState *nc, void *opaque)
{
    g_autofree char *text = net_user_connections(nc);

    if (text) {
        g_string_append_printf(opaque, "Hub %d (%s):\n%s",
                               nc->peer ? net_hub_of_port(nc->peer) : -1, nc->name, text);
    }
}

HMP_INFO(usernet)
{
    net_foreach_client(append_connections, out);
}

/* ---- Completion ---- */

void complete_netdev_kinds(GPtrArray *matches, const char *word)
{
    for (const char *const *name = netdev_kind_names(); *name; name++) {
        if (g_str_has_prefix(*name, word)) {
            g_ptr_array_add(matches, g_strdup(*name));
        }
    }
}

typedef struct ClientCompletion {
    GPtrArray *matches;
    const char *word;
    bool (*wanted)(NetClientState *nc);
} ClientCompletion;

static void match_client(NetClientState *nc, void *opaque)
{
    ClientCompletion *c = opaque;

    if (nc->queue_index == 0 && c->wanted(nc) && g_str_has_prefix(nc->name, c->word)) {
        g_ptr_array_add(c->matches, g_strdup(nc->name));
    }
}

static void complete_clients(GPtrArray *matches, const char *word,
                             bool (*wanted)(NetClientState *nc))
{
    ClientCompletion c = { matches, word, wanted };

    net_foreach_client(match_client, &c);
}

static bool is_netdev(NetClientState *nc)
{
    return nc->is_netdev;
}

static bool is_user(NetClientState *nc)
{
    return nc->info->type == NET_CLIENT_DRIVER_USER;
}

static bool is_any(NetClientState *nc)
{
    return true;
}

void complete_netdev_ids(GPtrArray *matches, const char *word)
{
    complete_clients(matches, word, is_netdev);
}

void complete_user_networks(GPtrArray *matches, const char *word)
{
    complete_clients(matches, word, is_user);
}

void complete_network_clients(GPtrArray *matches, const char *word)
{
    complete_clients(matches, word, is_any);
}
