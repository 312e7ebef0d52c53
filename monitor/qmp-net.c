/*
 * QMP commands about networks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "json-stream.h"
#include "net/net.h"
#include "net/netdev.h"
#include "qmp.h"

/* The arguments are -netdev's in JSON. */
QMP_CMD(netdev_add)
{
    g_autoptr(JsonNode) node = qmp_object(json_object_ref(call->args));
    g_autoptr(GString) text = g_string_new(NULL);

    json_append_text(text, node, false);
    netdev_add_from_str(text->str, errp);
    return NULL;
}

QMP_CMD(netdev_del)
{
    netdev_del(qmp_str(call, "id"), errp);
    return NULL;
}

QMP_CMD(set_link)
{
    net_set_link(qmp_str(call, "name"), qmp_bool(call, "up", false), errp);
    return NULL;
}
