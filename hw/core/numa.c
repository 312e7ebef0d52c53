/*
 * -numa: guest nodes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/numa.h"
#include "qapi/error.h"
#include "qemu/option.h"

static QemuOptsList numa_opts = {
    .name = "numa",
    .implied_opt_name = "type",
    .head = QTAILQ_HEAD_INITIALIZER(numa_opts.head),
    .desc = {
        { "type", QEMU_OPT_STRING },
        { "nodeid", QEMU_OPT_NUMBER },
        { "mem", QEMU_OPT_SIZE },
        { "memdev", QEMU_OPT_STRING },
        { "cpus", QEMU_OPT_STRING },
        { NULL },
    },
};

/* A plain number is MiB, as with -m. */
static uint64_t node_size(QemuOpts *opts)
{
    const char *text = qemu_opt_get(opts, "mem");
    uint64_t size = qemu_opt_get_size(opts, "mem", 0);

    return text && g_ascii_isdigit(text[strlen(text) - 1]) ? size * MiB : size;
}

static bool memdev_is_taken(NumaState *numa, HostMemoryBackend *backend)
{
    for (int i = 0; i < MAX_NODES; i++) {
        if (numa->nodes[i].node_memdev == backend) {
            return true;
        }
    }
    return host_memory_backend_is_mapped(backend);
}

static HostMemoryBackend *find_memdev(NumaState *numa, const char *id, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    if (!obj || !object_dynamic_cast(obj, TYPE_MEMORY_BACKEND)) {
        error_setg(errp, "Memory backend '%s' not found", id);
        return NULL;
    }
    if (memdev_is_taken(numa, MEMORY_BACKEND(obj))) {
        error_setg(errp, "memory backend '%s' is used multiple times. Each -numa option must use "
                         "a different memdev value.", id);
        return NULL;
    }
    return MEMORY_BACKEND(obj);
}

static bool check_node_id(NumaState *numa, uint64_t id, Error **errp)
{
    if (id >= MAX_NODES) {
        error_setg(errp, "Max number of NUMA nodes reached: %" PRIu64, id);
        return false;
    }
    if (numa->nodes[id].present) {
        error_setg(errp, "Duplicate NUMA nodeid: %" PRIu64, id);
        return false;
    }
    return true;
}

static bool check_kinds(NumaState *numa, QemuOpts *opts, Error **errp)
{
    bool mem = qemu_opt_get(opts, "mem"), memdev = qemu_opt_get(opts, "memdev");

    if (qemu_opt_get(opts, "cpus")) {
        error_setg(errp, "Parameter 'cpus' is not supported: nodes only have memory");
        return false;
    }
    if ((mem && (memdev || numa->have_memdevs)) || (memdev && numa->have_mem)) {
        error_setg(errp, "numa configuration should use either mem= or memdev=, "
                         "mixing both is not allowed");
        return false;
    }
    return true;
}

static bool add_node(NumaState *numa, QemuOpts *opts, Error **errp)
{
    uint64_t id = qemu_opt_get_number(opts, "nodeid", numa->num_nodes);
    const char *memdev = qemu_opt_get(opts, "memdev");
    HostMemoryBackend *backend = NULL;

    if (!check_node_id(numa, id, errp) || !check_kinds(numa, opts, errp)) {
        return false;
    }
    if (memdev) {
        backend = find_memdev(numa, memdev, errp);
        if (!backend) {
            return false;
        }
        object_ref(backend);
        host_memory_backend_set_mapped(backend, true);
    }
    numa->nodes[id] = (NodeInfo){ backend ? backend->size : node_size(opts), backend, true };
    numa->num_nodes++;
    numa->have_mem |= qemu_opt_get(opts, "mem") != NULL;
    numa->have_memdevs |= backend != NULL;
    return true;
}

/* Of the kinds of -numa options only nodes: first of all, as the others have other parameters. */
static bool check_type(const char *text, Error **errp)
{
    const char *value = g_str_has_prefix(text, "type=") ? text + 5 : text;
    g_autofree char *type = g_strndup(value, strcspn(value, ",="));

    if (g_str_equal(type, "node")) {
        return true;
    }
    error_setg(errp, "Parameter 'type' does not accept value '%s': only 'node' is there%s", type,
               g_str_equal(type, "cpu") || g_str_equal(type, "dist") ? ", nodes only have memory"
                                                                     : "");
    return false;
}

bool machine_numa_parse(MachineState *ms, const char *text, Error **errp)
{
    QemuOpts *opts;
    bool ok;

    if (!MACHINE_GET_CLASS(ms)->numa_mem_supported) {
        error_setg(errp, "NUMA is not supported by this machine-type");
        return false;
    }
    opts = check_type(text, errp) ? qemu_opts_parse(&numa_opts, text, true, errp) : NULL;
    if (!opts) {
        return false;
    }
    ms->numa_state = ms->numa_state ? ms->numa_state : g_new0(NumaState, 1);
    ok = add_node(ms->numa_state, opts, errp);
    qemu_opts_del(opts);
    return ok;
}

bool machine_numa_check(MachineState *ms, Error **errp)
{
    NumaState *numa = ms->numa_state;
    uint64_t total = 0;

    for (int i = 0; numa && i < numa->num_nodes; i++) {
        if (!numa->nodes[i].present) {
            error_setg(errp, "numa: Node ID missing: %d", i);
            return false;
        }
        total += numa->nodes[i].node_mem;
    }
    if (numa && numa->num_nodes && total != ms->ram_size) {
        error_setg(errp, "total memory for NUMA nodes (0x%" PRIx64 ") should equal RAM size "
                         "(0x%" PRIx64 ")", total, (uint64_t)ms->ram_size);
        return false;
    }
    return true;
}

MemoryRegion *machine_numa_memory(MachineState *ms, const char *name)
{
    NumaState *numa = ms->numa_state;
    MemoryRegion *all;
    hwaddr at = 0;

    if (!numa || !numa->have_memdevs) {
        return NULL;
    }
    all = g_new0(MemoryRegion, 1);
    memory_region_init(all, OBJECT(ms), name, ms->ram_size);
    for (int i = 0; i < numa->num_nodes; i++) {
        if (numa->nodes[i].node_memdev) {
            memory_region_add_subregion(
                all, at, host_memory_backend_get_memory(numa->nodes[i].node_memdev));
        }
        at += numa->nodes[i].node_mem;
    }
    return all;
}

void machine_numa_free(MachineState *ms)
{
    for (int i = 0; ms->numa_state && i < MAX_NODES; i++) {
        object_unref(ms->numa_state->nodes[i].node_memdev);
    }
    g_clear_pointer(&ms->numa_state, g_free);
}
