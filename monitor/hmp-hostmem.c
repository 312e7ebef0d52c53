/*
 * info memdev, info numa: memory backends and guest nodes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/cpu.h"
#include "hw/core/numa.h"
#include "monitor-internal.h"

static const char *truth(bool b)
{
    return b ? "true" : "false";
}

/* " 0-1,3" */
static void append_nodes(GString *out, const uint8_t *nodes)
{
    for (int i = 0, n; i < HOST_MEM_MAX_NODES; i = n + 1) {
        for (n = i; n < HOST_MEM_MAX_NODES && nodes[n]; n++) {
        }
        if (n == i + 1) {
            g_string_append_printf(out, "%s%d", out->str[out->len - 1] == ' ' ? "" : ",", i);
        } else if (n > i) {
            g_string_append_printf(out, "%s%d-%d", out->str[out->len - 1] == ' ' ? "" : ",", i,
                                   n - 1);
        }
    }
}

static int print_memdev(Object *obj, void *opaque)
{
    GString *out = opaque;
    HostMemoryBackend *b;

    if (!object_dynamic_cast(obj, TYPE_MEMORY_BACKEND)) {
        return 0;
    }
    b = MEMORY_BACKEND(obj);
    g_string_append_printf(out, "memory backend: %s\n  size:  %" PRIu64 "\n  merge: %s\n"
                                "  dump: %s\n  prealloc: %s\n  share: %s\n  reserve: false\n"
                                "  policy: %s\n  host nodes: ",
                           host_memory_backend_id(b), b->size, truth(b->merge), truth(b->dump),
                           truth(b->prealloc), truth(b->share),
                           host_memory_policy_name(b->policy));
    append_nodes(out, b->host_nodes);
    g_string_append_c(out, '\n');
    return 0;
}

HMP_INFO(memdev)
{
    object_child_foreach(object_get_objects_root(), print_memdev, out);
    g_string_append_c(out, '\n');
}

HMP_INFO(numa)
{
    NumaState *numa = current_machine->numa_state;
    CPUState *cpu;

    g_string_append_printf(out, "%d nodes\n", numa ? numa->num_nodes : 0);
    for (int i = 0; numa && i < numa->num_nodes; i++) {
        g_string_append_printf(out, "node %d cpus:", i);
        CPU_FOREACH(cpu) {
            if (i == 0) { /* nodes only have memory */
                g_string_append_printf(out, " %d", cpu->cpu_index);
            }
        }
        g_string_append_printf(out, "\nnode %d size: %" PRIu64 " MB\nnode %d plugged: 0 MB\n", i,
                               numa->nodes[i].node_mem >> 20, i);
    }
}
