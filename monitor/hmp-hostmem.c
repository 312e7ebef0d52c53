/*
 * info memdev, info memory-devices, info numa: memory backends, modules, guest nodes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "monitor/query.h"

/* "0-1,3" */
static void append_nodes(GString *out, JsonArray *nodes)
{
    guint n = json_array_get_length(nodes);

    for (guint i = 0, last; i < n; i = last + 1) {
        gint64 first = json_array_get_int_element(nodes, i);

        for (last = i; last + 1 < n && json_array_get_int_element(nodes, last + 1) ==
                                           first + (last + 1 - i); last++) {
        }
        g_string_append_printf(out, "%s%" PRId64, i ? "," : "", (int64_t)first);
        if (last > i) {
            g_string_append_printf(out, "-%" PRId64, (int64_t)(first + last - i));
        }
    }
}

static void append_truth(GString *out, JsonObject *o, const char *name)
{
    g_string_append_printf(out, "  %s: %s\n", name,
                           json_object_get_boolean_member(o, name) ? "true" : "false");
}

HMP_INFO(memdev)
{
    static const char *const flags[] = { "merge", "dump", "prealloc", "share", "reserve" };
    g_autoptr(JsonNode) node = query_memdev();
    JsonArray *list = json_node_get_array(node);

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "memory backend: %s\n  size:  %" PRId64 "\n",
                               json_object_get_string_member(o, "id"),
                               (int64_t)json_object_get_int_member(o, "size"));
        for (size_t f = 0; f < ARRAY_SIZE(flags); f++) {
            append_truth(out, o, flags[f]);
        }
        g_string_append_printf(out, "  policy: %s\n  host nodes: ",
                               json_object_get_string_member(o, "policy"));
        append_nodes(out, json_object_get_array_member(o, "host-nodes"));
        g_string_append_c(out, '\n');
    }
    g_string_append_c(out, '\n');
}

HMP_INFO(memory_devices)
{
    static const char *const numbers[] = { "slot", "node", "size" };
    static const char *const flags[] = { "hotplugged", "hotpluggable" };
    g_autoptr(JsonNode) node = query_memory_devices();
    JsonArray *list = json_node_get_array(node);

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_object_get_object_member(json_array_get_object_element(list, i),
                                                      "data");

        g_string_append_printf(out, "Memory device [dimm]: \"%s\"\n  addr: 0x%" PRIx64 "\n",
                               json_object_has_member(o, "id")
                                   ? json_object_get_string_member(o, "id") : "",
                               (int64_t)json_object_get_int_member(o, "addr"));
        for (size_t n = 0; n < ARRAY_SIZE(numbers); n++) {
            g_string_append_printf(out, "  %s: %" PRId64 "\n", numbers[n],
                                   (int64_t)json_object_get_int_member(o, numbers[n]));
        }
        g_string_append_printf(out, "  memdev: %s\n", json_object_get_string_member(o, "memdev"));
        for (size_t f = 0; f < ARRAY_SIZE(flags); f++) {
            append_truth(out, o, flags[f]);
        }
    }
}

HMP_INFO(memory_size_summary)
{
    g_autoptr(JsonNode) node = query_memory_size_summary();
    JsonObject *o = json_node_get_object(node);

    g_string_append_printf(out, "base memory: %" PRId64 "\nplugged memory: %" PRId64 "\n",
                           (int64_t)json_object_get_int_member(o, "base-memory"),
                           (int64_t)json_object_get_int_member(o, "plugged-memory"));
}

HMP_INFO(numa)
{
    g_autoptr(JsonNode) node = query_numa();
    JsonArray *list = json_node_get_array(node);

    g_string_append_printf(out, "%u nodes\n", json_array_get_length(list));
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);
        JsonArray *cpus = json_object_get_array_member(o, "cpus");

        g_string_append_printf(out, "node %u cpus:", i);
        for (guint c = 0; c < json_array_get_length(cpus); c++) {
            g_string_append_printf(out, " %d", (int)json_array_get_int_element(cpus, c));
        }
        g_string_append_printf(out, "\nnode %u size: %" PRId64 " MB\nnode %u plugged: %" PRId64
                                    " MB\n",
                               i, (int64_t)json_object_get_int_member(o, "size") >> 20, i,
                               (int64_t)json_object_get_int_member(o, "plugged") >> 20);
    }
}
