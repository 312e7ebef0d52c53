/*
 * What the monitor knows, as data.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "exec/debug.h"
#include "hw/core/numa.h"
#include "hw/acpi/acpi-ost.h"
#include "hw/acpi/vmgenid.h"
#include "hw/boards.h"
#include "hw/mem/pc-dimm.h"
#include "monitor/query.h"
#include "net/filter.h"
#include "net/netdev.h"
#include "qemu/fdset.h"
#include "qemu/log.h"
#include "qemu/trace.h"
#include "qmp.h"
#include "system/runstate.h"
#include "system/system.h"
#include "system/balloon.h"

JsonNode *query_status(void)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "status", RunState_str(runstate_get()));
    json_object_set_boolean_member(o, "running", runstate_is_running());
    json_object_set_boolean_member(o, "singlestep", cpu_has_one_insn_blocks());
    return qmp_object(o);
}

JsonNode *query_name(void)
{
    JsonObject *o = json_object_new();

    if (qemu_name) {
        json_object_set_string_member(o, "name", qemu_name);
    }
    return qmp_object(o);
}

JsonNode *query_uuid(void)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "UUID", qemu_uuid);
    return qmp_object(o);
}

/*
 * What programs ask this for is which commands, options and events there are: those of QEMU 7.2 are
 * our measure. Who wants to know whom they talk to looks at the package.
 */
JsonNode *query_version(void)
{
    JsonObject *o = json_object_new(), *triple = json_object_new();

    json_object_set_int_member(triple, "major", 7);
    json_object_set_int_member(triple, "minor", 2);
    json_object_set_int_member(triple, "micro", 0);
    json_object_set_object_member(o, "qemu", triple);
    json_object_set_string_member(o, "package", "sysemu " SYSEMU_VERSION);
    return qmp_object(o);
}

/* The architecture of this command, or of the machine. */
JsonNode *query_target(void)
{
    MachineClass *mc = current_machine ? MACHINE_GET_CLASS(current_machine) : NULL;
    const char *arch = qemu_arch_name ? qemu_arch_name : mc ? mc->arch_name : NULL;
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "arch", arch ? arch : "none");
    return qmp_object(o);
}

JsonNode *query_kvm(void)
{
    JsonObject *o = json_object_new();

    json_object_set_boolean_member(o, "enabled", false);
    json_object_set_boolean_member(o, "present", false);
    return qmp_object(o);
}

JsonNode *query_machines(void)
{
    GSList *machines = machine_class_list(qemu_arch_name);
    JsonArray *list = json_array_new();

    for (GSList *l = machines; l; l = l->next) {
        const MachineClass *mc = l->data;
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "name", mc->name);
        if (mc->alias) {
            json_object_set_string_member(o, "alias", mc->alias);
        }
        if (mc->is_default) {
            json_object_set_boolean_member(o, "is-default", true);
        }
        json_object_set_int_member(o, "cpu-max", MAX(mc->max_cpus, 1));
        json_object_set_boolean_member(o, "hotpluggable-cpus", mc->get_cpu_slot != NULL);
        json_object_set_boolean_member(o, "numa-mem-supported", mc->numa_mem_supported);
        json_object_set_boolean_member(o, "deprecated", mc->deprecation_reason != NULL);
        if (mc->default_cpu_type) {
            json_object_set_string_member(o, "default-cpu-type", mc->default_cpu_type);
        }
        if (mc->default_ram_id) {
            json_object_set_string_member(o, "default-ram-id", mc->default_ram_id);
        }
        json_array_add_object_element(list, o);
    }
    g_slist_free(machines);
    return qmp_array(list);
}

/* A model's name as -cpu takes it: the type's without its family's. Newly allocated. */
static char *model_name(ObjectClass *oc)
{
    const char *name = object_class_get_name(oc);

    for (ObjectClass *family = oc; family; family = object_class_get_parent(family)) {
        g_autofree char *suffix = g_strdup_printf("-%s", object_class_get_name(family));

        if (g_str_has_suffix(name, suffix)) {
            return g_strndup(name, strlen(name) - strlen(suffix));
        }
    }
    return g_strdup(name);
}

JsonNode *query_cpu_definitions(void)
{
    GSList *models = object_class_get_list_sorted(TYPE_CPU, false);
    JsonArray *list = json_array_new();

    for (GSList *l = models; l; l = l->next) {
        const char *arch = CPU_CLASS(l->data)->arch_name;
        g_autofree char *name = model_name(l->data);
        JsonObject *o;

        if (!arch || (qemu_arch_name && strcmp(arch, qemu_arch_name))) {
            continue;
        }
        o = json_object_new();
        json_object_set_string_member(o, "name", name);
        json_object_set_string_member(o, "typename", object_class_get_name(l->data));
        json_object_set_boolean_member(o, "static", false);
        json_object_set_boolean_member(o, "deprecated", false);
        json_array_add_object_element(list, o);
    }
    g_slist_free(models);
    return qmp_array(list);
}

JsonNode *query_memory_size_summary(void)
{
    JsonObject *o = json_object_new();

    json_object_set_int_member(o, "base-memory", current_machine ? current_machine->ram_size : 0);
    json_object_set_int_member(o, "plugged-memory",
                               current_machine ? machine_plugged_memory(current_machine) : 0);
    return qmp_object(o);
}

static JsonObject *describe_module(const PCDimm *dimm)
{
    g_autofree char *path = object_get_canonical_path(OBJECT(dimm->memory));
    JsonObject *o = json_object_new(), *data = json_object_new();

    if (dimm->parent_obj.id) {
        json_object_set_string_member(data, "id", dimm->parent_obj.id);
    }
    json_object_set_int_member(data, "addr", dimm->addr);
    json_object_set_int_member(data, "size", pc_dimm_size(dimm));
    json_object_set_int_member(data, "slot", dimm->slot);
    json_object_set_int_member(data, "node", dimm->node);
    json_object_set_string_member(data, "memdev", path);
    json_object_set_boolean_member(data, "hotplugged", dimm->parent_obj.hotplugged);
    json_object_set_boolean_member(data, "hotpluggable", true);
    json_object_set_string_member(o, "type", "dimm");
    json_object_set_object_member(o, "data", data);
    return o;
}

JsonNode *query_memory_devices(void)
{
    const DeviceMemory *space = current_machine ? current_machine->device_memory : NULL;
    JsonArray *list = json_array_new();

    for (guint i = 0; space && i < space->modules->len; i++) {
        json_array_add_object_element(list, describe_module(g_ptr_array_index(space->modules, i)));
    }
    return qmp_array(list);
}

static int add_ost_reports(Object *obj, void *list)
{
    if (object_dynamic_cast(obj, TYPE_ACPI_DEVICE_IF)) {
        ACPI_DEVICE_IF_GET_CLASS(obj)->report(obj, list);
    }
    return 0;
}

JsonNode *query_acpi_ospm_status(void)
{
    JsonArray *list = json_array_new();

    object_child_foreach_recursive(object_get_root(), add_ost_reports, list);
    return qmp_array(list);
}

JsonNode *query_log(void)
{
    JsonArray *list = json_array_new();

    for (const QEMULogItem *item = qemu_log_items; item->name; item++) {
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "name", item->name);
        json_object_set_boolean_member(o, "enabled", qemu_loglevel_mask(item->mask));
        json_object_set_string_member(o, "description", item->help);
        json_array_add_object_element(list, o);
    }
    return qmp_array(list);
}

JsonNode *query_trace_events(const char *pattern)
{
    g_autoptr(GPtrArray) names = trace_names(pattern);
    JsonArray *list = json_array_new();

    for (guint i = 0; i < names->len; i++) {
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "name", names->pdata[i]);
        json_object_set_string_member(o, "state",
                                      trace_is_on(names->pdata[i]) ? "enabled" : "disabled");
        json_array_add_object_element(list, o);
    }
    return qmp_array(list);
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
    return qmp_object(o);
}

static JsonObject *describe_place(const CPUSlot *slot)
{
    JsonObject *o = json_object_new();

    json_object_set_int_member(o, "socket-id", slot->socket_id);
    json_object_set_int_member(o, "core-id", slot->core_id);
    json_object_set_int_member(o, "thread-id", slot->thread_id);
    return o;
}

JsonNode *query_vm_generation_id(Error **errp)
{
    g_autofree char *guid = vmgenid_find();
    JsonObject *o;

    if (!guid) {
        error_setg(errp, "VM Generation ID device not found");
        return NULL;
    }
    o = json_object_new();
    json_object_set_string_member(o, "guid", guid);
    return qmp_object(o);
}

/* From the last place on, as QEMU has them. */
JsonNode *query_hotpluggable_cpus(Error **errp)
{
    MachineClass *mc = current_machine ? MACHINE_GET_CLASS(current_machine) : NULL;
    JsonArray *list;

    if (!mc || !mc->get_cpu_slot) {
        error_setg(errp, "machine does not support hot-plugging CPUs");
        return NULL;
    }
    list = json_array_new();
    for (unsigned n = current_machine->smp.max_cpus; n-- > 0;) {
        JsonObject *o = json_object_new();
        CPUSlot slot;

        mc->get_cpu_slot(current_machine, n, &slot);
        json_object_set_string_member(o, "type", current_machine->cpu_type);
        json_object_set_int_member(o, "vcpus-count", 1);
        if (slot.cpu) {
            g_autofree char *path = object_get_canonical_path(OBJECT(slot.cpu));

            json_object_set_string_member(o, "qom-path", path);
        }
        json_object_set_object_member(o, "props", describe_place(&slot));
        json_array_add_object_element(list, o);
    }
    return qmp_array(list);
}

JsonNode *query_cpus_fast(void)
{
    MachineClass *mc = current_machine ? MACHINE_GET_CLASS(current_machine) : NULL;
    JsonArray *list = json_array_new();
    CPUState *cpu;
    CPUSlot slot;

    CPU_FOREACH(cpu) {
        g_autofree char *path = object_get_canonical_path(OBJECT(cpu));
        const char *arch = CPU_GET_CLASS(cpu)->arch_name;
        JsonObject *o = json_object_new();

        json_object_set_int_member(o, "cpu-index", cpu->cpu_index);
        json_object_set_string_member(o, "qom-path", path);
        json_object_set_int_member(o, "thread-id", cpu->thread_id);
        if (mc && mc->get_cpu_slot) {
            mc->get_cpu_slot(current_machine, cpu->cpu_index, &slot);
            json_object_set_object_member(o, "props", describe_place(&slot));
        }
        json_object_set_string_member(o, "target", arch ? arch : "none");
        json_array_add_object_element(list, o);
    }
    return qmp_array(list);
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

JsonNode *query_fdsets(void)
{
    JsonArray *list = json_array_new(), *fds = NULL;
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    int64_t set, last = -1;
    const char *text;
    int fd;

    for (unsigned i = 0; fdset_get(i, &set, &fd, &text); i++) {
        JsonObject *one = json_object_new();

        if (set != last) {
            JsonObject *o = json_object_new();

            fds = json_array_new();
            json_object_set_int_member(o, "fdset-id", set);
            json_object_set_array_member(o, "fds", fds);
            json_array_add_object_element(list, o);
            last = set;
        }
        json_object_set_int_member(one, "fd", fd);
        if (text) {
            json_object_set_string_member(one, "opaque", text);
        }
        json_array_add_object_element(fds, one);
    }
    json_node_take_array(node, list);
    return node;
}

JsonNode *query_memdev(void)
{
    JsonArray *list = json_array_new();

    object_child_foreach(object_get_objects_root(), add_memdev, list);
    return qmp_array(list);
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
    return qmp_array(list);
}

JsonNode *query_numa(void)
{
    NumaState *numa = current_machine ? current_machine->numa_state : NULL;
    JsonArray *list = json_array_new();

    for (int i = 0; numa && i < numa->num_nodes; i++) {
        HostMemoryBackend *b = numa->nodes[i].node_memdev;
        JsonObject *o = json_object_new();
        JsonArray *members = json_array_new();
        CPUState *cpu;

        json_object_set_int_member(o, "node", i);
        json_object_set_int_member(o, "size", numa->nodes[i].node_mem +
                                   machine_plugged_memory_of_node(current_machine, i));
        json_object_set_int_member(o, "plugged",
                                   machine_plugged_memory_of_node(current_machine, i));
        CPU_FOREACH(cpu) {
            if (i == 0) { /* nodes only have memory: all CPUs are in the first */
                json_array_add_int_element(members, cpu->cpu_index);
            }
        }
        json_object_set_array_member(o, "cpus", members);
        if (b) {
            json_object_set_string_member(o, "memdev", host_memory_backend_id(b));
        }
        json_array_add_object_element(list, o);
    }
    return qmp_array(list);
}
