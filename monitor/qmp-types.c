/*
 * QMP's types: what the rows of commands and events refer to, the check of values, and the schema.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qmp.h"
#include "system/events.h"

/* ---- The types ---- */

typedef struct Builtin {
    const char *name;
    const char *json; /* what the schema calls it */
    const char *expected;
    int64_t min, max; /* of integers */
} Builtin;

#define INTEGER(name, min, max) { name, "int", "integer", min, max }

static const Builtin builtins[] = {
    { "str", "string", "string" },
    { "bool", "boolean", "boolean" },
    { "number", "number", "number" },
    { "null", "null", "null" },
    { "any", "value", "value" },
    INTEGER("int", INT64_MIN, INT64_MAX),
    INTEGER("int8", INT8_MIN, INT8_MAX),
    INTEGER("int16", INT16_MIN, INT16_MAX),
    INTEGER("int32", INT32_MIN, INT32_MAX),
    INTEGER("int64", INT64_MIN, INT64_MAX),
    INTEGER("uint8", 0, UINT8_MAX),
    INTEGER("uint16", 0, UINT16_MAX),
    INTEGER("uint32", 0, UINT32_MAX),
    INTEGER("uint64", 0, INT64_MAX),
    INTEGER("size", 0, INT64_MAX),
};

/*
 * Either values, words with blanks between; or members; a tag and branches ("value:Type …")
 * besides.
 */
typedef struct QmpType {
    const char *name;
    const char *values;
    const char *members;
    const char *tag;
    const char *branches;
} QmpType;

static const QmpType types[] = {
    /* answers */
    { "VersionTriple", .members = "major:int minor:int micro:int" },
    { "VersionInfo", .members = "qemu:VersionTriple package:str" },
    { "CommandInfo", .members = "name:str" },
    { "NameInfo", .members = "name?:str" },
    { "UuidInfo", .members = "UUID:str" },
    { "KvmInfo", .members = "enabled:bool present:bool" },
    { "TargetInfo", .members = "arch:SysEmuTarget" },
    { "SysEmuTarget", .values = "aarch64 arm i386 none ppc x86_64" },
    { "RunState", .values = "debug inmigrate internal-error io-error paused postmigrate prelaunch "
                            "finish-migrate restore-vm running save-vm shutdown suspended watchdog "
                            "guest-panicked" },
    { "StatusInfo", .members = "running:bool singlestep:bool status:RunState" },
    { "MachineInfo", .members = "name:str alias?:str is-default?:bool cpu-max:int "
                                "hotpluggable-cpus:bool numa-mem-supported:bool "
                                "deprecated:bool default-cpu-type?:str default-ram-id?:str" },
    { "CpuInfoFast", .members = "cpu-index:int qom-path:str thread-id:int "
                                "props?:CpuInstanceProperties target:SysEmuTarget" },
    { "CpuInstanceProperties", .members = "socket-id?:int core-id?:int thread-id?:int" },
    { "GuidInfo", .members = "guid:str" },
    { "HotpluggableCPU", .members = "type:str vcpus-count:int props:CpuInstanceProperties "
                                    "qom-path?:str" },
    { "CpuDefinitionInfo", .members = "name:str typename:str static:bool deprecated:bool" },
    { "CpuModelExpansionType", .values = "static full" },
    { "CpuModelInfo", .members = "name:str props?:any" },
    { "CpuModelExpansionInfo", .members = "model:CpuModelInfo" },
    { "BalloonInfo", .members = "actual:size" },
    { "BlockInfo", .members = "device:str qdev?:str type:str removable:bool locked:bool "
                              "tray_open?:bool io-status:BlockDeviceIoStatus "
                              "inserted?:BlockDeviceInfo" },
    { "BlockDeviceIoStatus", .values = "ok failed nospace" },
    { "BlockDeviceInfo", .members = "file:str node-name:str ro:bool drv:str backing_file?:str "
                                    "backing_file_depth:int encrypted:bool detect_zeroes:str "
                                    "cache:BlockdevCacheInfo image:any" },
    { "BlockdevCacheInfo", .members = "writeback:bool direct:bool no-flush:bool" },
    { "BlockErrorAction", .values = "ignore report stop" },
    { "BlockJobInfo", .members = "type:JobType device:str len:int offset:int busy:bool paused:bool "
                                 "speed:int io-status:BlockDeviceIoStatus ready:bool "
                                 "status:JobStatus auto-finalize:bool auto-dismiss:bool "
                                 "error?:str" },
    { "BlockdevOnError", .values = "report ignore enospc stop auto" },
    { "IoOperationType", .values = "read write" },
    { "JobStatus", .values = "undefined created running paused ready standby waiting pending "
                             "aborting concluded null" },
    { "JobType", .values = "commit stream mirror backup create amend snapshot-load snapshot-save "
                           "snapshot-delete" },
    { "MirrorCopyMode", .values = "background write-blocking" },
    { "MirrorSyncMode", .values = "top full none incremental bitmap" },
    { "NewImageMode", .values = "existing absolute-paths" },
    { "BlockdevChangeReadOnlyMode", .values = "retain read-only read-write" },
    { "BlockStats", .members = "device?:str qdev?:str node-name?:str stats:any" },
    { "ChardevInfo", .members = "label:str filename:str frontend-open:bool" },
    { "ChardevBackendInfo", .members = "name:str" },
    { "MigrationCapability", .values = "events" },
    { "MigrationCapabilityStatus", .members = "capability:MigrationCapability state:bool" },
    { "MouseInfo", .members = "name:str index:int current:bool absolute:bool" },
    { "IOThreadInfo", .members = "id:str thread-id:int poll-max-ns:int poll-grow:int "
                                 "poll-shrink:int aio-max-batch:int" },
    { "FdsetFdInfo", .members = "fd:int opaque?:str" },
    { "FdsetInfo", .members = "fdset-id:int fds:[FdsetFdInfo]" },
    { "HostMemPolicy", .values = "default preferred bind interleave" },
    { "Memdev", .members = "id?:str size:size merge:bool dump:bool prealloc:bool share:bool "
                           "reserve?:bool host-nodes:[uint16] policy:HostMemPolicy" },
    { "MemoryInfo", .members = "base-memory:size plugged-memory?:size" },
    { "MemoryDeviceInfo", .members = "type:MemoryDeviceInfoKind data:PCDIMMDeviceInfo" },
    { "MemoryDeviceInfoKind", .values = "dimm" },
    { "PCDIMMDeviceInfo", .members = "id?:str addr:int size:int slot:int node:int memdev:str "
                                     "hotplugged:bool hotpluggable:bool" },
    { "ACPIOSTInfo", .members = "device?:str slot:str slot-type:ACPISlotType source:int "
                                "status:int" },
    { "ACPISlotType", .values = "DIMM CPU" },
    { "NetworkClientInfo", .members = "name:str type:str index:int info:str link-up:bool peer?:str "
                                      "hub?:int filters:[NetworkFilterInfo]" },
    { "NetworkFilterInfo", .members = "id:str type:str info:str" },
    { "NumaNode", .members = "node:int size:size plugged:size cpus:[int] memdev?:str" },
    { "CommandLineParameterType", .values = "string boolean number size" },
    { "CommandLineParameterInfo", .members = "name:str type:CommandLineParameterType help?:str" },
    { "CommandLineOptionInfo", .members = "option:str parameters:[CommandLineParameterInfo]" },
    { "TPMInfo", .members = "id:str model:TpmModel" },
    { "TpmModel", .values = "" },
    { "TpmType", .values = "" },
    { "PciBusInfo", .members = "number:int secondary:int subordinate:int" },
    { "PciBridgeInfo", .members = "bus:PciBusInfo devices?:[PciDeviceInfo]" },
    { "PciDeviceClass", .members = "desc?:str class:int" },
    { "PciDeviceId", .members = "device:int vendor:int subsystem?:int subsystem-vendor?:int" },
    { "PciMemoryRegion", .members = "bar:int type:str address:int size:int prefetch?:bool "
                                    "mem_type_64?:bool" },
    { "PciDeviceInfo", .members = "bus:int slot:int function:int class_info:PciDeviceClass "
                                  "id:PciDeviceId irq?:int irq_pin:int qdev_id:str "
                                  "pci_bridge?:PciBridgeInfo regions:[PciMemoryRegion]" },
    { "PciInfo", .members = "bus:int devices:[PciDeviceInfo]" },
    { "ObjectPropertyInfo", .members = "name:str type:str description?:str default-value?:any" },
    { "ObjectTypeInfo", .members = "name:str abstract?:bool parent?:str" },
    { "TraceEventState", .values = "unavailable disabled enabled" },
    { "TraceEventInfo", .members = "name:str state:TraceEventState" },
    { "LogItemInfo", .members = "name:str enabled:bool description:str" },
    { "RamBlockInfo", .members = "name:str page-size:size offset:str used:str total:str" },
    { "HumanReadableText", .members = "human-readable-text:str" },
    { "EventInfo", .members = "name:str" },
    { "VncPrimaryAuth", .values = "none vnc vencrypt" },
    { "VncVencryptSubAuth", .values = "tls-none tls-vnc x509-none x509-vnc" },
    { "NetworkAddressFamily", .values = "ipv4 ipv6 unix vsock unknown" },
    { "VncBasicInfo", .members = "host:str service:str family:NetworkAddressFamily websocket:bool" },
    { "VncServerInfo", .members = "host:str service:str family:NetworkAddressFamily websocket:bool "
                                  "auth:str" },
    { "VncServerInfo2", .members = "host:str service:str family:NetworkAddressFamily websocket:bool "
                                   "auth:VncPrimaryAuth vencrypt?:VncVencryptSubAuth" },
    { "VncInfo", .members = "enabled:bool host?:str service?:str family?:NetworkAddressFamily "
                            "auth?:str clients?:[VncBasicInfo]" },
    { "VncInfo2", .members = "id:str server:[VncServerInfo2] clients:[VncBasicInfo] "
                             "auth:VncPrimaryAuth vencrypt?:VncVencryptSubAuth" },
    { "SchemaInfo", .members = "name:str meta-type:SchemaMetaType *" },
    { "SchemaMetaType", .values = "builtin enum array object alternate command event" },

    /* arguments */
    { "QMPCapability", .values = "oob" },
    { "RebootAction", .values = "reset shutdown" },
    { "ShutdownAction", .values = "poweroff pause" },
    { "GuestPanicAction", .values = "pause poweroff run" },
    { "PanicAction", .values = "pause shutdown exit-failure none" },
    { "WatchdogAction", .values = "reset shutdown poweroff pause debug none inject-nmi" },
    { "DumpGuestMemoryFormat", .values = "elf kdump-zlib kdump-lzo kdump-snappy win-dmp" },
    { "DumpGuestMemoryCapability", .members = "formats:[DumpGuestMemoryFormat]" },
    { "DataFormat", .values = "utf8 base64" },
    { "ImageFormat", .values = "ppm png" },
    { "DisplayProtocol", .values = "vnc spice" },
    { "SetPasswordAction", .values = "keep fail disconnect" },
    { "KeyValueKind", .values = "number qcode" },
    { "KeyValue", .members = "type:KeyValueKind", .tag = "type",
      .branches = "number:KeyNumberBox qcode:KeyNameBox" },
    { "KeyNumberBox", .members = "data:int" },
    { "KeyNameBox", .members = "data:str" }, /* the names of ui/keys.c */
    { "InputEventKind", .values = "key btn rel abs" },
    { "InputEvent", .members = "type:InputEventKind", .tag = "type",
      .branches = "key:InputKeyEventBox btn:InputBtnEventBox rel:InputMoveEventBox "
                  "abs:InputMoveEventBox" },
    { "InputKeyEventBox", .members = "data:InputKeyEvent" },
    { "InputKeyEvent", .members = "key:KeyValue down:bool" },
    { "InputBtnEventBox", .members = "data:InputBtnEvent" },
    { "InputBtnEvent", .members = "button:InputButton down:bool" },
    { "InputButton", .values = "left middle right wheel-up wheel-down side extra wheel-left "
                               "wheel-right" },
    { "InputMoveEventBox", .members = "data:InputMoveEvent" },
    { "InputMoveEvent", .members = "axis:InputAxis value:int32" },
    { "InputAxis", .values = "x y" },

    { "Empty", .members = "" },
    { "ChardevBackendKind", .values = "null stdio file pipe pty socket mux ringbuf memory serial" },
    { "ChardevBackend", .members = "type:ChardevBackendKind", .tag = "type",
      .branches = "null:ChardevCommonBox stdio:ChardevStdioBox file:ChardevFileBox "
                  "pipe:ChardevHostdevBox pty:ChardevCommonBox socket:ChardevSocketBox "
                  "mux:ChardevMuxBox ringbuf:ChardevRingbufBox memory:ChardevRingbufBox "
                  "serial:ChardevHostdevBox" },
#define BOX(name) { name "Box", .members = "data:" name }
#define COMMON    "logfile?:str logappend?:bool"
    BOX("ChardevCommon"), { "ChardevCommon", .members = COMMON },
    BOX("ChardevStdio"), { "ChardevStdio", .members = "signal?:bool " COMMON },
    BOX("ChardevFile"), { "ChardevFile", .members = "in?:str out:str append?:bool " COMMON },
    BOX("ChardevHostdev"), { "ChardevHostdev", .members = "device:str " COMMON },
    BOX("ChardevMux"), { "ChardevMux", .members = "chardev:str " COMMON },
    BOX("ChardevRingbuf"), { "ChardevRingbuf", .members = "size?:int " COMMON },
    BOX("ChardevSocket"),
    { "ChardevSocket", .members = "addr:SocketAddressBox server?:bool wait?:bool nodelay?:bool "
                                  "telnet?:bool reconnect?:int " COMMON },
    { "SocketAddressKind", .values = "inet unix" },
    { "SocketAddressBox", .members = "type:SocketAddressKind", .tag = "type",
      .branches = "inet:InetSocketAddressBox unix:UnixSocketAddressBox" },
    BOX("InetSocketAddress"),
    { "InetSocketAddress", .members = "host:str port:str to?:uint16 ipv4?:bool ipv6?:bool" },
    BOX("UnixSocketAddress"),
    { "UnixSocketAddress", .members = "path:str abstract?:bool" },
    { "ChardevReturn", .members = "pty?:str" },

    /* of events; rows in system/events.c */
    { "ShutdownCause", .values = "none host-error host-qmp-quit host-qmp-system-reset host-signal "
                                 "host-ui guest-shutdown guest-reset guest-panic subsystem-reset" },
};

static const QmpType *find_type(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (g_str_equal(types[i].name, name)) {
            return &types[i];
        }
    }
    return NULL;
}

static const Builtin *find_builtin(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
        if (g_str_equal(builtins[i].name, name)) {
            return &builtins[i];
        }
    }
    return NULL;
}

/* ---- The notation ---- */

typedef struct Member {
    char *name;
    char *type;
    bool optional;
} Member;

static void member_clear(void *data)
{
    Member *m = data;

    g_free(m->name);
    g_free(m->type);
}

/* A GArray of Member; *open: others may come too. */
static GArray *parse_members(const char *text, bool *open)
{
    GArray *members = g_array_new(FALSE, FALSE, sizeof(Member));
    g_auto(GStrv) words = g_strsplit(text, " ", 0);

    g_array_set_clear_func(members, member_clear);
    *open = false;
    for (char **word = words; *word; word++) {
        char *colon = strchr(*word, ':');
        Member m;

        if (!colon) {
            *open |= g_str_equal(*word, "*");
            continue;
        }
        m.optional = colon > *word && colon[-1] == '?';
        m.name = g_strndup(*word, colon - *word - m.optional);
        m.type = g_strdup(colon + 1);
        g_array_append_val(members, m);
    }
    return members;
}

/* The element's type of "[type]", newly allocated; NULL: it's no list. */
static char *element_type(const char *type)
{
    return type[0] == '[' ? g_strndup(type + 1, strlen(type) - 2) : NULL;
}

/* The type of the branch that `value` chooses, newly allocated. */
static char *branch_type(const QmpType *t, const char *value)
{
    g_auto(GStrv) branches = g_strsplit(t->branches, " ", 0);

    for (char **b = branches; *b; b++) {
        if (g_str_has_prefix(*b, value) && (*b)[strlen(value)] == ':') {
            return g_strdup(*b + strlen(value) + 1);
        }
    }
    return NULL;
}

/* ---- The check ---- */

static bool wrong_type(const char *name, const char *expected, Error **errp)
{
    error_setg(errp, "Invalid parameter type for '%s', expected: %s", name, expected);
    return false;
}

static bool check_builtin(const Builtin *b, JsonNode *value, const char *name, Error **errp)
{
    GType is = JSON_NODE_HOLDS_VALUE(value) ? json_node_get_value_type(value) : G_TYPE_NONE;
    int64_t i;

    if (g_str_equal(b->json, "value")) {
        return true;
    }
    if (g_str_equal(b->json, "int") && is == G_TYPE_INT64) {
        i = json_node_get_int(value);
        if (i < b->min || i > b->max) {
            error_setg(errp, "Parameter '%s' expects %s", name, b->name);
            return false;
        }
        return true;
    }
    return (g_str_equal(b->json, "string") && is == G_TYPE_STRING) ||
           (g_str_equal(b->json, "boolean") && is == G_TYPE_BOOLEAN) ||
           (g_str_equal(b->json, "number") && (is == G_TYPE_INT64 || is == G_TYPE_DOUBLE)) ||
           (g_str_equal(b->json, "null") && JSON_NODE_HOLDS_NULL(value)) ||
           wrong_type(name, b->expected, errp);
}

static bool check_list(const char *element, JsonNode *value, const char *name, Error **errp)
{
    JsonArray *array;

    if (!JSON_NODE_HOLDS_ARRAY(value)) {
        return wrong_type(name, "array", errp);
    }
    array = json_node_get_array(value);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        g_autofree char *item = g_strdup_printf("%s[%u]", name, i);

        if (!qmp_check_value(element, json_array_get_element(array, i), item, errp)) {
            return false;
        }
    }
    return true;
}

static bool check_enum(const QmpType *t, JsonNode *value, const char *name, Error **errp)
{
    g_auto(GStrv) values = g_strsplit(t->values, " ", 0);

    if (!JSON_NODE_HOLDS_VALUE(value) || json_node_get_value_type(value) != G_TYPE_STRING) {
        return wrong_type(name, "string", errp);
    }
    if (!g_strv_contains((const char *const *)values, json_node_get_string(value))) {
        error_setg(errp, "Parameter '%s' does not accept value '%s'", name,
                   json_node_get_string(value));
        return false;
    }
    return true;
}

/* What a type's members are for this object, its branch's among them; newly allocated. */
static char *all_members(const QmpType *t, JsonObject *object)
{
    g_autofree char *branch = NULL;
    JsonNode *tag = t->tag ? json_object_get_member(object, t->tag) : NULL;

    if (tag && JSON_NODE_HOLDS_VALUE(tag) && json_node_get_value_type(tag) == G_TYPE_STRING) {
        branch = branch_type(t, json_node_get_string(tag));
    }
    return branch ? g_strdup_printf("%s %s", t->members, find_type(branch)->members)
                  : g_strdup(t->members);
}

bool qmp_check_value(const char *type, JsonNode *value, const char *name, Error **errp)
{
    const Builtin *b = find_builtin(type);
    const QmpType *t = find_type(type);
    g_autofree char *element = element_type(type), *where = NULL, *members = NULL;

    if (b) {
        return check_builtin(b, value, name, errp);
    }
    if (element) {
        return check_list(element, value, name, errp);
    }
    if (t->values) {
        return check_enum(t, value, name, errp);
    }
    if (!JSON_NODE_HOLDS_OBJECT(value)) {
        return wrong_type(name, "object", errp);
    }
    where = g_strconcat(name, ".", NULL);
    members = all_members(t, json_node_get_object(value));
    return qmp_check_members(members, json_node_get_object(value), where, errp);
}

bool qmp_check_members(const char *text, JsonObject *object, const char *where, Error **errp)
{
    bool open;
    g_autoptr(GArray) members = parse_members(text, &open);
    g_autoptr(GList) given = NULL;

    for (guint i = 0; i < members->len; i++) {
        const Member *m = &g_array_index(members, Member, i);
        JsonNode *value = json_object_get_member(object, m->name);
        g_autofree char *name = g_strconcat(where, m->name, NULL);

        if (!value && !m->optional) {
            error_setg(errp, "Parameter '%s' is missing", name);
            return false;
        }
        if (value && !qmp_check_value(m->type, value, name, errp)) {
            return false;
        }
    }
    given = open ? NULL : json_object_get_members(object);
    for (GList *l = given; l; l = l->next) {
        guint i = 0;

        while (i < members->len && strcmp(g_array_index(members, Member, i).name, l->data)) {
            i++;
        }
        if (i == members->len) {
            error_setg(errp, "Parameter '%s%s' is unexpected", where, (char *)l->data);
            return false;
        }
    }
    return true;
}

/* ---- The schema ---- */

/* Types are added where something refers to them. */
typedef struct Schema {
    JsonArray *entries;
    GHashTable *known; /* names that have been added */
} Schema;

static JsonObject *add_entry(Schema *s, const char *name, const char *meta_type)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "name", name);
    json_object_set_string_member(o, "meta-type", meta_type);
    json_array_add_object_element(s->entries, o);
    return o;
}

static void add_type(Schema *s, const char *type);

/* A member "members"; what they are of is added behind the entry. */
static void describe_members(Schema *s, JsonObject *entry, const char *text)
{
    bool open;
    g_autoptr(GArray) members = parse_members(text, &open);
    JsonArray *list = json_array_new();

    for (guint i = 0; i < members->len; i++) {
        const Member *m = &g_array_index(members, Member, i);
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "name", m->name);
        json_object_set_string_member(o, "type", m->type);
        if (m->optional) {
            json_object_set_null_member(o, "default");
        }
        json_array_add_object_element(list, o);
    }
    json_object_set_array_member(entry, "members", list);
    for (guint i = 0; i < members->len; i++) {
        add_type(s, g_array_index(members, Member, i).type);
    }
}

static void describe_branches(Schema *s, JsonObject *entry, const QmpType *t)
{
    bool open;
    g_autoptr(GArray) branches = parse_members(t->branches, &open);
    JsonArray *list = json_array_new();

    for (guint i = 0; i < branches->len; i++) {
        const Member *b = &g_array_index(branches, Member, i);
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "case", b->name);
        json_object_set_string_member(o, "type", b->type);
        json_array_add_object_element(list, o);
        add_type(s, b->type);
    }
    json_object_set_string_member(entry, "tag", t->tag);
    json_object_set_array_member(entry, "variants", list);
}

/* Values stand there twice: as a list of names, and as one of objects, which newer clients read. */
static void describe_values(JsonObject *entry, const char *text)
{
    g_auto(GStrv) values = g_strsplit(text, " ", 0); /* of "": none */
    JsonArray *names = json_array_new(), *members = json_array_new();

    for (char **v = values; *v; v++) {
        JsonObject *o = json_object_new();

        json_array_add_string_element(names, *v);
        json_object_set_string_member(o, "name", *v);
        json_array_add_object_element(members, o);
    }
    json_object_set_array_member(entry, "members", members);
    json_object_set_array_member(entry, "values", names);
}

static void add_type(Schema *s, const char *type)
{
    g_autofree char *element = element_type(type);
    const Builtin *b = find_builtin(type);
    const QmpType *t = find_type(type);
    JsonObject *entry;

    if (!g_hash_table_add(s->known, g_strdup(type))) {
        return;
    }
    if (element) {
        entry = add_entry(s, type, "array");
        json_object_set_string_member(entry, "element-type", element);
        add_type(s, element);
    } else if (b) {
        entry = add_entry(s, type, "builtin");
        json_object_set_string_member(entry, "json-type", b->json);
    } else if (t->values) {
        describe_values(add_entry(s, type, "enum"), t->values);
    } else {
        entry = add_entry(s, type, "object");
        describe_members(s, entry, t->members);
        if (t->tag) {
            describe_branches(s, entry, t);
        }
    }
}

/* A type without a name of its own: the arguments of `user`, which gets the reference. */
static void describe_arguments(Schema *s, JsonObject *user, const char *name, const char *members)
{
    g_autofree char *type = g_strconcat(name, "-arg", NULL);

    if (!*members) {
        json_object_set_string_member(user, "arg-type", "Empty");
        add_type(s, "Empty");
        return;
    }
    json_object_set_string_member(user, "arg-type", type);
    describe_members(s, add_entry(s, type, "object"), members);
}

JsonNode *qmp_schema(void)
{
    Schema s = { json_array_new(), g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };

    for (const QmpCommand *c = qmp_commands; c->name; c++) {
        JsonObject *entry = add_entry(&s, c->name, "command");
        const char *returns = c->returns ? c->returns : "Empty";

        describe_arguments(&s, entry, c->name, c->args);
        json_object_set_string_member(entry, "ret-type", returns);
        json_object_set_boolean_member(entry, "allow-oob", (c->flags & QMP_OOB) != 0);
        add_type(&s, returns);
    }
    for (const EventType *e = event_types; e->name; e++) {
        describe_arguments(&s, add_entry(&s, e->name, "event"), e->name, e->members);
    }
    g_hash_table_unref(s.known);
    return qmp_array(s.entries);
}
