/*
 * The table of QMP commands, and what answers from the table itself.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor/query.h"
#include "qmp.h"
#include "system/block-commands.h"
#include "system/block-jobs.h"
#include "system/events.h"
#include "system/iothread.h"
#include "system/memory-query.h"
#include "ui/vnc.h"

static JsonNode *empty_list(void)
{
    return qmp_array(json_array_new());
}

static void add_name(JsonArray *list, const char *name)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "name", name);
    json_array_add_object_element(list, o);
}

static JsonNode *query_commands(void)
{
    JsonArray *list = json_array_new();

    for (const QmpCommand *c = qmp_commands; c->name; c++) {
        add_name(list, c->name);
    }
    return qmp_array(list);
}

static JsonNode *query_events(void)
{
    JsonArray *list = json_array_new();

    for (const EventType *e = event_types; e->name; e++) {
        add_name(list, e->name);
    }
    return qmp_array(list);
}

/* ---- The command line ---- */

void (*monitor_foreach_option)(MonitorOptionFunc *func, void *opaque);

typedef struct OptionList {
    JsonArray *list;
    const char *wanted; /* NULL: all */
} OptionList;

/* The keys in an option's form: "cpus" and "maxcpus" of "[cpus=]N[,maxcpus=N]". */
static JsonArray *keys_of_form(const char *form)
{
    g_autoptr(GRegex) key = g_regex_new("([a-z][a-z0-9._-]*)=\\]?(on\\|off|SIZE|N)?", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    JsonArray *keys = json_array_new();

    g_regex_match(key, form ? form : "", 0, &match);
    for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
        g_autofree char *name = g_match_info_fetch(match, 1), *value = g_match_info_fetch(match, 2);
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "name", name);
        json_object_set_string_member(o, "type", !strcmp(value, "on|off") ? "boolean"
                                                 : !strcmp(value, "SIZE") ? "size"
                                                 : !strcmp(value, "N")    ? "number" : "string");
        json_array_add_object_element(keys, o);
    }
    return keys;
}

static void add_option(const char *name, const char *form, void *opaque)
{
    OptionList *o = opaque;
    JsonObject *entry;

    if (o->wanted && strcmp(o->wanted, name)) {
        return;
    }
    entry = json_object_new();
    json_object_set_string_member(entry, "option", name);
    json_object_set_array_member(entry, "parameters", keys_of_form(form));
    json_array_add_object_element(o->list, entry);
}

static QMP_CMD(query_command_line_options)
{
    OptionList o = { json_array_new(), qmp_str(call, "option") };

    if (monitor_foreach_option) {
        monitor_foreach_option(add_option, &o);
    }
    if (o.wanted && !json_array_get_length(o.list)) {
        json_array_unref(o.list);
        error_setg(errp, "invalid option name: %s", o.wanted);
        return NULL;
    }
    return qmp_array(o.list);
}

/* ---- What takes arguments only here ---- */

static QMP_CMD(query_cpu_model_expansion)
{
    JsonObject *model = json_object_get_object_member(call->args, "model");

    error_setg(errp, "CPU models have no features here that '%s' could be expanded to",
               json_object_get_string_member(model, "name"));
    return NULL;
}

static QMP_CMD(trace_event_get_state)
{
    return query_trace_events(qmp_str(call, "name"));
}

static QMP_CMD(query_memory_why)
{
    const char *space = qmp_has(call, "space") ? qmp_str(call, "space") : "memory";
    AddressSpace *as = address_space_by_name(space);

    if (!as) {
        error_setg(errp, "Parameter 'space': there is no address space '%s'", space);
        return NULL;
    }
    return memory_query_why(as, qmp_int(call, "address", 0));
}

/*
 * A machine can't be saved or moved yet. What programs switch on before they know is whether they
 * would be told of it: that much can be remembered.
 */
static bool migration_events;

static JsonNode *query_migrate_capabilities(void)
{
    JsonObject *o = json_object_new();
    JsonArray *list = json_array_new();

    json_object_set_string_member(o, "capability", "events");
    json_object_set_boolean_member(o, "state", migration_events);
    json_array_add_object_element(list, o);
    return qmp_array(list);
}

static QMP_CMD(migrate_set_capabilities)
{
    JsonArray *list = json_object_get_array_member(call->args, "capabilities");

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        migration_events = json_object_get_boolean_member(o, "state");
    }
    return NULL;
}

/* ---- The table ---- */

#define RUN(n, a, r, h, ...) { .name = n, .args = a, .returns = r, .run = qmp_##h, ##__VA_ARGS__ }
#define QUERY(n, r, h, ...)  { .name = n, .args = "", .returns = r, .query = h, ##__VA_ARGS__ }
#define TEXT(n)              RUN(n, "", "HumanReadableText", human_info)

#define JOB_MEMBERS "auto-finalize?:bool auto-dismiss?:bool" /* of what starts a block job */

const QmpCommand qmp_commands[] = {
    RUN("qmp_capabilities", "enable?:[QMPCapability]", NULL, capabilities, .flags = QMP_HANDSHAKE),

    /* running and stopping */
    RUN("cont", "", NULL, cont),
    RUN("inject-nmi", "", NULL, inject_nmi),
    RUN("quit", "", NULL, quit, .flags = QMP_OOB),
    RUN("watchdog-set-action", "action:WatchdogAction", NULL, watchdog_set_action),
    RUN("set-action", "reboot?:RebootAction shutdown?:ShutdownAction panic?:PanicAction "
        "watchdog?:WatchdogAction", NULL, set_action),
    RUN("stop", "", NULL, stop, .flags = QMP_OOB),
    RUN("system_powerdown", "", NULL, system_powerdown, .flags = QMP_OOB),
    RUN("system_reset", "", NULL, system_reset),
    RUN("system_wakeup", "", NULL, system_wakeup),

    /* what there is */
    QUERY("query-commands", "[CommandInfo]", query_commands),
    RUN("query-command-line-options", "option?:str", "[CommandLineOptionInfo]",
        query_command_line_options),
    QUERY("query-cpu-definitions", "[CpuDefinitionInfo]", query_cpu_definitions),
    RUN("query-cpu-model-expansion", "type:CpuModelExpansionType model:CpuModelInfo",
        "CpuModelExpansionInfo", query_cpu_model_expansion),
    QUERY("query-events", "[EventInfo]", query_events),
    QUERY("query-kvm", "KvmInfo", query_kvm),
    QUERY("query-machines", "[MachineInfo]", query_machines),
    QUERY("query-qmp-schema", "[SchemaInfo]", qmp_schema),
    QUERY("query-target", "TargetInfo", query_target),
    QUERY("query-version", "VersionInfo", query_version, .flags = QMP_OOB),

    /* the machine */
    RUN("balloon", "value:size", NULL, balloon),
    RUN("query-balloon", "", "BalloonInfo", query_balloon),
    QUERY("query-acpi-ospm-status", "[ACPIOSTInfo]", query_acpi_ospm_status),
    QUERY("query-cpus-fast", "[CpuInfoFast]", query_cpus_fast),
    QUERY("query-fdsets", "[FdsetInfo]", query_fdsets),
    RUN("query-hotpluggable-cpus", "", "[HotpluggableCPU]", query_hotpluggable_cpus),
    RUN("query-vm-generation-id", "", "GuidInfo", query_vm_generation_id),
    QUERY("query-iothreads", "[IOThreadInfo]", iothread_query),
    QUERY("query-memdev", "[Memdev]", query_memdev),
    QUERY("query-memory-devices", "[MemoryDeviceInfo]", query_memory_devices),
    QUERY("query-memory-size-summary", "MemoryInfo", query_memory_size_summary),
    RUN("migrate-set-capabilities", "capabilities:[MigrationCapabilityStatus]", NULL,
        migrate_set_capabilities),
    QUERY("query-migrate-capabilities", "[MigrationCapabilityStatus]", query_migrate_capabilities),
    QUERY("query-name", "NameInfo", query_name),
    QUERY("query-pci", "[PciInfo]", query_pci),
    QUERY("query-status", "StatusInfo", query_status, .flags = QMP_OOB),
    QUERY("query-tpm", "[TPMInfo]", empty_list),
    QUERY("query-tpm-models", "[TpmModel]", empty_list),
    QUERY("query-tpm-types", "[TpmType]", empty_list),
    QUERY("query-uuid", "UuidInfo", query_uuid),
    RUN("trace-event-get-state", "name:str", "[TraceEventInfo]", trace_event_get_state),
    QUERY("x-query-log", "[LogItemInfo]", query_log),
    QUERY("x-query-memory-map", "any", memory_query_map),
    QUERY("x-query-memory-overlaps", "any", memory_query_overlaps),
    RUN("x-query-memory-why", "address:int space?:str", "any", query_memory_why),
    QUERY("x-query-numa-nodes", "[NumaNode]", query_numa),
    QUERY("x-query-ramblocks", "[RamBlockInfo]", memory_query_ramblocks),

    /* what `info` prints; of these there is no other form yet */
    TEXT("x-query-interrupt-controllers"),
    TEXT("x-query-irq"),
    TEXT("x-query-jit"),
    TEXT("x-query-roms"),
    TEXT("x-query-tlb"),
    TEXT("x-query-registers"),
    TEXT("x-query-qtree"),
    TEXT("x-query-usb"),
    TEXT("x-query-usernet"),

    /* objects and devices */
    RUN("device_add", "driver:str bus?:str id?:str *", NULL, device_add),
    RUN("device_del", "id:str", NULL, device_del),
    RUN("device-list-properties", "typename:str", "[ObjectPropertyInfo]", device_list_properties),
    RUN("object-add", "qom-type:str id:str *", NULL, object_add),
    RUN("object-del", "id:str", NULL, object_del),
    RUN("qom-get", "path:str property:str", "any", qom_get),
    RUN("qom-list", "path:str", "[ObjectPropertyInfo]", qom_list),
    RUN("qom-list-properties", "typename:str", "[ObjectPropertyInfo]", qom_list_properties),
    RUN("qom-list-types", "implements?:str abstract?:bool", "[ObjectTypeInfo]", qom_list_types),
    RUN("qom-set", "path:str property:str value:any", NULL, qom_set),

    /* drives */
    RUN("block-commit", "job-id?:str device:str base-node?:str base?:str top-node?:str top?:str "
        "speed?:int on-error?:BlockdevOnError " JOB_MEMBERS, NULL, block_commit),
    RUN("block-job-cancel", "device:str force?:bool", NULL, block_job_cancel),
    RUN("block-job-complete", "device:str", NULL, block_job_complete),
    RUN("block-job-dismiss", "id:str", NULL, block_job_dismiss),
    RUN("block-job-pause", "device:str", NULL, block_job_pause),
    RUN("block-job-resume", "device:str", NULL, block_job_resume),
    RUN("block-job-set-speed", "device:str speed:int", NULL, block_job_set_speed),
    RUN("block-stream", "job-id?:str device:str base?:str base-node?:str speed?:int "
        "on-error?:BlockdevOnError " JOB_MEMBERS, NULL, block_stream),
    RUN("block_resize", "device?:str node-name?:str size:size", NULL, block_resize),
    RUN("blockdev-add", "driver:str node-name:str *", NULL, blockdev_add),
    RUN("blockdev-backup", "job-id?:str device:str target:str sync:MirrorSyncMode speed?:int "
        "on-source-error?:BlockdevOnError on-target-error?:BlockdevOnError " JOB_MEMBERS, NULL,
        blockdev_backup),
    RUN("blockdev-change-medium", "device:str filename:str format?:str force?:bool "
        "read-only-mode?:BlockdevChangeReadOnlyMode", NULL, blockdev_change_medium),
    RUN("blockdev-del", "node-name:str", NULL, blockdev_del),
    RUN("blockdev-mirror", "job-id?:str device:str target:str sync:MirrorSyncMode speed?:int "
        "granularity?:uint32 on-source-error?:BlockdevOnError on-target-error?:BlockdevOnError "
        "copy-mode?:MirrorCopyMode " JOB_MEMBERS, NULL, blockdev_mirror),
    RUN("blockdev-reopen", "options:[any]", NULL, blockdev_reopen),
    RUN("drive-backup", "job-id?:str device:str target:str format?:str sync:MirrorSyncMode "
        "mode?:NewImageMode speed?:int on-source-error?:BlockdevOnError "
        "on-target-error?:BlockdevOnError " JOB_MEMBERS, NULL, drive_backup),
    RUN("drive-mirror", "job-id?:str device:str target:str format?:str node-name?:str "
        "sync:MirrorSyncMode mode?:NewImageMode speed?:int granularity?:uint32 "
        "on-source-error?:BlockdevOnError on-target-error?:BlockdevOnError "
        "copy-mode?:MirrorCopyMode " JOB_MEMBERS, NULL, drive_mirror),
    RUN("eject", "device:str force?:bool", NULL, eject),
    QUERY("query-block", "[BlockInfo]", block_query),
    QUERY("query-block-jobs", "[BlockJobInfo]", block_jobs_query),
    RUN("query-blockstats", "query-nodes?:bool", "[BlockStats]", query_blockstats),
    QUERY("query-named-block-nodes", "[BlockDeviceInfo]", block_query_nodes),

    /* networks */
    RUN("netdev_add", "type:str id:str *", NULL, netdev_add),
    RUN("netdev_del", "id:str", NULL, netdev_del),
    RUN("set_link", "name:str up:bool", NULL, set_link),
    QUERY("x-query-network", "[NetworkClientInfo]", query_network),

    /* screens and input */
    RUN("change-vnc-password", "password:str", NULL, change_vnc_password),
    RUN("expire_password", "protocol:DisplayProtocol time:str display?:str", NULL,
        expire_password),
    RUN("input-send-event", "device?:str head?:int events:[InputEvent]", NULL, input_send_event),
    QUERY("query-mice", "[MouseInfo]", query_mice),
    QUERY("query-vnc", "VncInfo", vnc_query),
    QUERY("query-vnc-servers", "[VncInfo2]", vnc_query_servers),
    RUN("screendump", "filename:str device?:str head?:int format?:ImageFormat", NULL, screendump),
    RUN("send-key", "keys:[KeyValue] hold-time?:int", NULL, send_key),
    RUN("set_password", "protocol:DisplayProtocol password:str connected?:SetPasswordAction "
        "display?:str", NULL, set_password),

    /* character devices */
    RUN("chardev-add", "id:str backend:ChardevBackend", "ChardevReturn", chardev_add),
    RUN("chardev-remove", "id:str", NULL, chardev_remove),
    RUN("chardev-send-break", "id:str", NULL, chardev_send_break),
    QUERY("query-chardev", "[ChardevInfo]", query_chardev),
    QUERY("query-chardev-backends", "[ChardevBackendInfo]", query_chardev_backends),
    RUN("ringbuf-read", "device:str size:size format?:DataFormat", "str", ringbuf_read),

    /* memory to files, and what people type */
    RUN("dump-guest-memory", "paging:bool protocol:str detach?:bool begin?:size length?:size "
        "format?:DumpGuestMemoryFormat", NULL, dump_guest_memory),
    RUN("human-monitor-command", "command-line:str cpu-index?:int", "str", human_monitor_command),
    RUN("memsave", "val:int size:size filename:str cpu-index?:int", NULL, memsave),
    RUN("pmemsave", "val:int size:size filename:str", NULL, pmemsave),
    QUERY("query-dump-guest-memory-capability", "DumpGuestMemoryCapability",
          query_dump_guest_memory_capability),
    { NULL },
};

const QmpCommand *qmp_find_command(const char *name)
{
    for (const QmpCommand *c = qmp_commands; c->name; c++) {
        if (g_str_equal(c->name, name)) {
            return c;
        }
    }
    return NULL;
}
