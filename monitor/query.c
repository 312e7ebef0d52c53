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
#include "system/runstate.h"
#include "system/system.h"

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
