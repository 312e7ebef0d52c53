/*
 * QMP commands about drives and their images, and the balloon.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "json-stream.h"
#include "monitor/query.h"
#include "qmp.h"
#include "system/balloon.h"
#include "system/block-commands.h"

/* The arguments are -blockdev's in JSON. */
QMP_CMD(blockdev_add)
{
    g_autoptr(JsonNode) node = qmp_object(json_object_ref(call->args));
    g_autoptr(GString) text = g_string_new(NULL);

    json_append_text(text, node, false);
    blockdev_add(text->str, errp);
    return NULL;
}

QMP_CMD(blockdev_del)
{
    blockdev_del(qmp_str(call, "node-name"), errp);
    return NULL;
}

QMP_CMD(blockdev_reopen)
{
    blockdev_reopen(json_object_get_array_member(call->args, "options"), errp);
    return NULL;
}

/* Drives and nodes are called by either name. */
QMP_CMD(block_resize)
{
    const char *device = qmp_str(call, "device"), *node = qmp_str(call, "node-name");

    if (!device == !node) {
        error_setg(errp, "Parameter 'device' or 'node-name' is expected, and not both");
    } else {
        block_resize(device ? device : node, qmp_int(call, "size", 0), errp);
    }
    return NULL;
}

QMP_CMD(query_blockstats)
{
    return qmp_bool(call, "query-nodes", false) ? block_query_node_stats() : block_query_stats();
}

QMP_CMD(eject)
{
    block_eject(qmp_str(call, "device"), qmp_bool(call, "force", false), errp);
    return NULL;
}

QMP_CMD(blockdev_change_medium)
{
    block_change_medium(qmp_str(call, "device"), qmp_str(call, "filename"), qmp_str(call, "format"),
                        qmp_str(call, "read-only-mode"), qmp_bool(call, "force", false), errp);
    return NULL;
}

QMP_CMD(balloon)
{
    balloon_set_target(qmp_int(call, "value", 0), errp);
    return NULL;
}

QMP_CMD(query_balloon)
{
    return query_balloon(errp);
}
