/*
 * What the monitor knows, as data.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "exec/debug.h"
#include "hw/core/numa.h"
#include "monitor/query.h"
#include "net/filter.h"
#include "net/netdev.h"
#include "system/runstate.h"
#include "system/system.h"
#include "system/balloon.h"

static JsonNode *object_node(JsonObject *o)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(node, o);
    return node;
}

static JsonNode *array_node(JsonArray *a)
{
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    json_node_take_array(node, a);
    return node;
}

JsonNode *query_status(void)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "status", RunState_str(runstate_get()));
    json_object_set_boolean_member(o, "running", runstate_is_running());
    json_object_set_boolean_member(o, "singlestep", cpu_has_one_insn_blocks());
    return object_node(o);
}

JsonNode *query_name(void)
{
    JsonObject *o = json_object_new();

    if (qemu_name) {
        json_object_set_string_member(o, "name", qemu_name);
    }
    return object_node(o);
}

JsonNode *query_balloon(Error **errp)
{
    JsonObject *o;
    uint64_t actual;

    if (!balloon_get_actual(&actual, errp)) {
        return NULL;
    }
    o = json_object_new();
    json_object_set_int_member(o, "actual", actual);
    return object_node(o);
}

JsonNode *query_cpus_fast(void)
{
    JsonArray *list = json_array_new();
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        g_autofree char *path = object_get_canonical_path(OBJECT(cpu));
        const char *arch = CPU_GET_CLASS(cpu)->arch_name;
        JsonObject *o = json_object_new();

        json_object_set_int_member(o, "cpu-index", cpu->cpu_index);
        json_object_set_string_member(o, "qom-path", path);
        json_object_set_int_member(o, "thread-id", cpu->thread_id);
        json_object_set_string_member(o, "target", arch ? arch : "none");
        json_array_add_object_element(list, o);
    }
    return array_node(list);
}

static int add_memdev(Object *obj, void *opaque)
{
    JsonObject *o;
    JsonArray *nodes;
    HostMemoryBackend *b;

    if (!object_dynamic_cast(obj, TYPE_MEMORY_BACKEND)) {
        return 0;
    }
    b = MEMORY_BACKEND(obj);
    o = json_object_new();
    nodes = json_array_new();
    for (int i = 0; i < HOST_MEM_MAX_NODES; i++) {
        if (b->host_nodes[i]) {
            json_array_add_int_element(nodes, i);
        }
    }
    json_object_set_string_member(o, "id", host_memory_backend_id(b));
    json_object_set_int_member(o, "size", b->size);
    json_object_set_boolean_member(o, "merge", b->merge);
    json_object_set_boolean_member(o, "dump", b->dump);
    json_object_set_boolean_member(o, "prealloc", b->prealloc);
    json_object_set_boolean_member(o, "share", b->share);
    json_object_set_boolean_member(o, "reserve", false); /* see backends/hostmem.c */
    json_object_set_array_member(o, "host-nodes", nodes);
    json_object_set_string_member(o, "policy", host_memory_policy_name(b->policy));
    json_array_add_object_element(opaque, o);
    return 0;
}

JsonNode *query_memdev(void)
{
    JsonArray *list = json_array_new();

    object_child_foreach(object_get_objects_root(), add_memdev, list);
    return array_node(list);
}

static void add_network_client(NetClientState *nc, void *opaque)
{
    JsonObject *o = json_object_new();
    JsonArray *filters = json_array_new();
    int hub = net_hub_of_port(nc);

    json_object_set_string_member(o, "name", nc->name);
    json_object_set_string_member(o, "type", net_client_driver_name(nc->info->type));
    json_object_set_int_member(o, "index", nc->queue_index);
    json_object_set_string_member(o, "info", nc->info_str);
    json_object_set_boolean_member(o, "link-up", !nc->link_down);
    if (nc->peer) {
        json_object_set_string_member(o, "peer", nc->peer->name);
    }
    if (hub >= 0) {
        json_object_set_int_member(o, "hub", hub);
    }
    for (guint i = 0; nc->filters && i < nc->filters->len; i++) {
        NetFilterState *nf = g_ptr_array_index(nc->filters, i);
        g_autofree char *info = net_filter_describe(nf);
        JsonObject *f = json_object_new();

        json_object_set_string_member(f, "id", net_filter_id(nf));
        json_object_set_string_member(f, "type", object_get_typename(OBJECT(nf)));
        json_object_set_string_member(f, "info", info);
        json_array_add_object_element(filters, f);
    }
    json_object_set_array_member(o, "filters", filters);
    json_array_add_object_element(opaque, o);
}

JsonNode *query_network(void)
{
    JsonArray *list = json_array_new();

    net_foreach_client(add_network_client, list);
    return array_node(list);
}

JsonNode *query_numa(void)
{
    NumaState *numa = current_machine ? current_machine->numa_state : NULL;
    JsonArray *list = json_array_new();

    for (int i = 0; numa && i < numa->num_nodes; i++) {
        HostMemoryBackend *b = numa->nodes[i].node_memdev;
        JsonObject *o = json_object_new();

        json_object_set_int_member(o, "node", i);
        json_object_set_int_member(o, "size", numa->nodes[i].node_mem);
        json_object_set_int_member(o, "plugged", 0);
        if (b) {
            json_object_set_string_member(o, "memdev", host_memory_backend_id(b));
        }
        json_array_add_object_element(list, o);
    }
    return array_node(list);
}
