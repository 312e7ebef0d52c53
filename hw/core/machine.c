/*
 * Machines.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <libfdt.h>
#include "core/sysbus.h"
#include "hw/boards.h"
#include "machine-internal.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "sysemu/sysemu.h"
#include "system/reset.h"

MachineState *current_machine;
const char *bios_name;

/* --- finding one --- */

static bool is_for(MachineClass *mc, const char *arch)
{
    return !arch || !mc->arch_name || !strcmp(arch, mc->arch_name) ||
           !g_strcmp0(arch, mc->other_arch_name);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(((const MachineClass *)a)->name, ((const MachineClass *)b)->name);
}

GSList *machine_class_list(const char *arch)
{
    g_autoptr(GSList) all = object_class_get_list(TYPE_MACHINE, false);
    GSList *list = NULL;

    for (GSList *l = all; l; l = l->next) {
        if (is_for(l->data, arch)) {
            list = g_slist_insert_sorted(list, l->data, compare_names);
        }
    }
    return list;
}

MachineClass *machine_class_find(const char *name, const char *arch)
{
    g_autoptr(GSList) list = machine_class_list(arch);

    for (GSList *l = list; l; l = l->next) {
        MachineClass *mc = l->data;

        if (!strcmp(mc->name, name) || !g_strcmp0(mc->alias, name)) {
            return mc;
        }
    }
    return NULL;
}

MachineClass *machine_class_default(const char *arch)
{
    g_autoptr(GSList) list = machine_class_list(arch);

    for (GSList *l = list; l; l = l->next) {
        MachineClass *mc = l->data;

        if (mc->is_default) {
            return mc;
        }
    }
    return NULL;
}

void machine_class_allow_dynamic_sysbus_dev(MachineClass *mc, const char *type)
{
    g_ptr_array_add(mc->dynamic_sysbus_types, g_strdup(type));
}

bool device_type_is_dynamic_sysbus(MachineClass *mc, const char *type)
{
    ObjectClass *wanted = object_class_by_name(type);

    for (ObjectClass *oc = OBJECT_CLASS(mc); wanted && object_class_dynamic_cast(oc, TYPE_MACHINE);
         oc = object_class_get_parent(oc)) {
        GPtrArray *types = MACHINE_CLASS(oc)->dynamic_sysbus_types;

        for (guint i = 0; types && i < types->len; i++) {
            if (object_class_dynamic_cast(wanted, g_ptr_array_index(types, i))) {
                return true;
            }
        }
    }
    return false;
}

/* --- what the command line sets --- */

/* Fills in what wasn't given, so that sockets * cores * threads = max_cpus if that is possible. */
static void complete_topology(CPUTopology *t, bool prefers_sockets)
{
    unsigned max = t->max_cpus ? t->max_cpus : t->cpus;

    t->threads = t->threads ? t->threads : 1;
    if (!max) {
        t->sockets = t->sockets ? t->sockets : 1;
        t->cores = t->cores ? t->cores : 1;
        max = t->sockets * t->cores * t->threads;
    }
    if (prefers_sockets && !t->cores && !t->sockets) {
        t->cores = 1;
    }
    t->cores = t->cores ? t->cores : MAX(1, max / ((uint64_t)MAX(t->sockets, 1) * t->threads));
    t->sockets = t->sockets ? t->sockets : MAX(1, max / ((uint64_t)t->cores * t->threads));
    t->max_cpus = max;
    t->cpus = t->cpus ? t->cpus : max;
}

static bool check_topology(MachineState *ms, const CPUTopology *t, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);

    if ((uint64_t)t->sockets * t->cores * t->threads != t->max_cpus) {
        error_setg(errp, "Invalid CPU topology: product of the hierarchy must match maxcpus: "
                         "sockets (%u) * cores (%u) * threads (%u) != maxcpus (%u)",
                   t->sockets, t->cores, t->threads, t->max_cpus);
        return false;
    }
    if (t->max_cpus < t->cpus) {
        error_setg(errp, "Invalid CPU topology: maxcpus must be equal to or greater than smp: "
                         "sockets (%u) * cores (%u) * threads (%u) == maxcpus (%u) < "
                         "smp_cpus (%u)",
                   t->sockets, t->cores, t->threads, t->max_cpus, t->cpus);
        return false;
    }
    if (t->cpus < (unsigned)mc->min_cpus) {
        error_setg(errp, "Invalid SMP CPUs %u. The min CPUs supported by machine '%s' is %d",
                   t->cpus, mc->name, mc->min_cpus);
        return false;
    }
    if (t->max_cpus > (unsigned)mc->max_cpus) {
        error_setg(errp, "Invalid SMP CPUs %u. The max CPUs supported by machine '%s' is %d",
                   t->max_cpus, mc->name, mc->max_cpus);
        return false;
    }
    return true;
}

bool machine_parse_smp_config(MachineState *ms, const SMPConfiguration *config, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    bool given = config->cpus || config->sockets || config->cores || config->threads ||
                 config->maxcpus;
    CPUTopology t;

    if (config->cpus > 65536 || config->sockets > 65536 || config->cores > 65536 ||
        config->threads > 65536 || config->maxcpus > 65536) {
        error_setg(errp, "Invalid CPU topology: no machine has more than 65536 CPUs");
        return false;
    }
    t = (CPUTopology){
        .cpus = given ? config->cpus : (unsigned)mc->default_cpus,
        .sockets = config->sockets,
        .cores = config->cores,
        .threads = config->threads,
        .max_cpus = config->maxcpus,
    };
    complete_topology(&t, MACHINE_GET_CLASS(ms)->prefers_sockets);
    if (!check_topology(ms, &t, errp)) {
        return false;
    }
    ms->smp = t;
    return true;
}

static bool cpu_type_is_valid(MachineClass *mc, const char *cpu_type)
{
    ObjectClass *oc = object_class_by_name(cpu_type);

    for (const char *const *type = mc->valid_cpu_types; *type; type++) {
        if (object_class_dynamic_cast(oc, *type)) {
            return true;
        }
    }
    return false;
}

/* "755_v2.8" from "755_v2.8-powerpc-cpu": without what all models of an architecture end with. */
static char *cpu_model_of_type(const char *type)
{
    const char *end = type + strlen(type);

    for (int dashes = 0; end > type && dashes < 2; dashes += *end == '-') {
        end--;
    }
    return end > type ? g_strndup(type, end - type) : g_strdup(type);
}

static char *valid_cpu_models(MachineClass *mc)
{
    GString *models = g_string_new("");

    for (const char *const *type = mc->valid_cpu_types; *type; type++) {
        g_autofree char *model = cpu_model_of_type(*type);

        g_string_append_printf(models, "%s%s", models->len ? ", " : "", model);
    }
    return g_string_free(models, FALSE);
}

bool machine_set_cpu_type(MachineState *ms, const char *cpu_type, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);

    if (mc->valid_cpu_types && !cpu_type_is_valid(mc, cpu_type)) {
        g_autofree char *model = cpu_model_of_type(cpu_type);
        g_autofree char *models = valid_cpu_models(mc);

        error_setg(errp, "Invalid CPU model '%s' for machine '%s'", model, mc->name);
        error_append_hint(errp, "The valid models are: %s\n", models);
        return false;
    }
    ms->cpu_type = cpu_type;
    return true;
}

bool machine_set_ram_size(MachineState *ms, uint64_t size, Error **errp)
{
    ERRP_GUARD();
    MachineClass *mc = MACHINE_GET_CLASS(ms);

    ms->ram_size_given = size != 0;
    size = size ? size : mc->default_ram_size;
    if (mc->fixup_ram_size) {
        size = mc->fixup_ram_size(ms, size, errp);
        if (*errp) {
            return false;
        }
    }
    ms->ram_size = size;
    ms->maxram_size = size;
    return true;
}

bool machine_set_memory_slots(MachineState *ms, uint64_t slots, uint64_t max, Error **errp)
{
    uint64_t size = ms->ram_size;

    if (!slots && !max) {
        return true;
    }
    if (!MACHINE_GET_CLASS(ms)->takes_memory_slots) {
        error_setg(errp, "machine '%s' has no slots for memory: it takes neither 'slots' nor "
                         "'maxmem'", MACHINE_GET_CLASS(ms)->name);
    } else if (!max) {
        error_setg(errp, "-m slots=: 'maxmem' is missing, how much memory there may be");
    } else if (max < size) {
        error_setg(errp,
                   "-m maxmem=: 0x%" PRIx64 " is less than the memory at the start (0x%" PRIx64 ")",
                   max, size);
    } else if (slots && max == size) {
        error_setg(errp, "-m maxmem=: 0x%" PRIx64 " is what there is at the start, so 'slots' are "
                         "for nothing", max);
    } else if (slots > MACHINE_MAX_MEMORY_SLOTS) {
        error_setg(errp, "-m slots=%" PRIu64 ": expected at most %d", slots,
                   MACHINE_MAX_MEMORY_SLOTS);
    } else if (max > MACHINE_MAX_MEMORY) {
        error_setg(errp, "-m maxmem=: 0x%" PRIx64 " is more than 0x%" PRIx64, max,
                   (uint64_t)MACHINE_MAX_MEMORY);
    } else {
        ms->maxram_size = max;
        ms->ram_slots = slots;
        return true;
    }
    return false;
}

bool machine_validate_bootdevices(const char *devices, Error **errp)
{
    uint32_t seen = 0;

    for (const char *p = devices; *p; p++) {
        if (*p < 'a' || *p > 'p') {
            error_setg(errp, "Invalid boot device '%c'", *p);
            return false;
        }
        if (seen & (1u << (*p - 'a'))) {
            error_setg(errp, "Boot device '%c' was given twice", *p);
            return false;
        }
        seen |= 1u << (*p - 'a');
    }
    return true;
}

/* --- building it --- */

bool machine_run_board_init(MachineState *machine, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);
    CPUState *cpu;

    current_machine = machine;
    bios_name = machine->firmware;
    if (!machine_resolve_memory(machine, errp)) {
        return false;
    }
    if (mc->default_ram_id && machine->ram_size) {
        machine->ram = machine_make_memory(machine, mc->default_ram_id, machine->ram_size, errp);
        if (!machine->ram) {
            return false;
        }
    }
    if (mc->init) {
        mc->init(machine);
    }
    CPU_FOREACH(cpu) {
        cpu->ignore_memory_transaction_failures = mc->ignore_memory_transaction_failures;
    }
    if (!machine_check_inputs(machine, errp)) {
        return false;
    }
    if (machine_has_own_memory(machine) && !machine->memory_taken) {
        error_setg(errp, "machine '%s' makes its memory itself: it takes none from -mem-path, "
                         "memory-backend or memdev", mc->name);
        return false;
    }
    return true;
}

static NotifierList reset_done = NOTIFIER_LIST_INITIALIZER(reset_done);

void machine_add_reset_done_notifier(Notifier *notifier)
{
    notifier_list_add(&reset_done, notifier);
}

void machine_reset(MachineState *machine, ShutdownCause reason)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    if (mc->reset) {
        mc->reset(machine, reason);
    } else {
        qemu_devices_reset(reason);
    }
    notifier_list_notify(&reset_done, &reason);
}

bool machine_dump_fdt(MachineState *machine, const char *filename, Error **errp)
{
    size_t size = fdt_totalsize(machine->fdt);
    FILE *f = fopen(filename, "wb");
    bool ok = f && fwrite(machine->fdt, 1, size, f) == size;

    if (f && fclose(f) != 0) {
        ok = false;
    }
    if (!ok) {
        error_setg_errno(errp, errno, "could not write device tree to '%s'", filename);
    }
    return ok;
}

void qdev_machine_creation_done(void)
{
    qbus_realize(sysbus_get_default(), &error_fatal);
    qdev_hotplug = true;
}

/* --- properties --- */

#define DEFINE_STRING_PROPERTY(field)                                                              \
    static char *machine_get_##field(Object *obj, Error **errp)                                    \
    {                                                                                              \
        return g_strdup(MACHINE(obj)->field);                                                      \
    }                                                                                              \
    static void machine_set_##field(Object *obj, const char *value, Error **errp)                  \
    {                                                                                              \
        g_free(MACHINE(obj)->field);                                                               \
        MACHINE(obj)->field = g_strdup(value);                                                     \
    }

DEFINE_STRING_PROPERTY(kernel_filename)
DEFINE_STRING_PROPERTY(initrd_filename)
DEFINE_STRING_PROPERTY(kernel_cmdline)
DEFINE_STRING_PROPERTY(dtb)
DEFINE_STRING_PROPERTY(dumpdtb)
DEFINE_STRING_PROPERTY(firmware)

static bool machine_get_graphics(Object *obj, Error **errp)
{
    return MACHINE(obj)->enable_graphics;
}

static void machine_set_graphics(Object *obj, bool value, Error **errp)
{
    MACHINE(obj)->enable_graphics = value;
}

static const struct {
    const char *name;
    char *(*get)(Object *, Error **);
    void (*set)(Object *, const char *, Error **);
    const char *description;
} string_properties[] = {
    { "kernel", machine_get_kernel_filename, machine_set_kernel_filename,
      "Linux kernel image file" },
    { "initrd", machine_get_initrd_filename, machine_set_initrd_filename,
      "Linux initial ramdisk file" },
    { "append", machine_get_kernel_cmdline, machine_set_kernel_cmdline,
      "Linux kernel command line" },
    { "dtb", machine_get_dtb, machine_set_dtb, "Linux kernel device tree file" },
    { "dumpdtb", machine_get_dumpdtb, machine_set_dumpdtb,
      "Dump current dtb to a file and quit" },
    { "firmware", machine_get_firmware, machine_set_firmware, "Firmware image" },
};

static HotplugHandler *find_hotplug_handler(DeviceState *dev)
{
    Object *obj = object_dynamic_cast(qdev_get_machine(), TYPE_MACHINE);
    MachineClass *mc = obj ? MACHINE_GET_CLASS(obj) : NULL;

    return mc && mc->get_hotplug_handler ? mc->get_hotplug_handler(MACHINE(obj), dev) : NULL;
}

static void machine_class_init(ObjectClass *oc, void *data)
{
    qdev_machine_hotplug_hook = find_hotplug_handler;
    for (size_t i = 0; i < ARRAY_SIZE(string_properties); i++) {
        object_class_property_add_str(oc, string_properties[i].name, string_properties[i].get,
                                      string_properties[i].set);
        object_class_property_set_description(oc, string_properties[i].name,
                                              string_properties[i].description);
    }
    machine_add_struct_properties(oc);
    machine_add_memory_properties(oc);
    object_class_property_add_bool(oc, "graphics", machine_get_graphics, machine_set_graphics);
    object_class_property_set_description(oc, "graphics",
                                          "Set on/off to enable/disable graphics emulation");
}

static void machine_class_base_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    const char *type = object_class_get_name(oc);

    mc->max_cpus = mc->max_cpus ? mc->max_cpus : 1;
    mc->min_cpus = mc->min_cpus ? mc->min_cpus : 1;
    mc->default_cpus = mc->default_cpus ? mc->default_cpus : 1;
    mc->alias = NULL;
    mc->is_default = false;
    mc->compat_props = g_ptr_array_new();
    mc->dynamic_sysbus_types = g_ptr_array_new();
    if (!object_class_is_abstract(oc)) {
        assert(g_str_has_suffix(type, TYPE_MACHINE_SUFFIX) && "use MACHINE_TYPE_NAME()");
        mc->name = g_strndup(type, strlen(type) - strlen(TYPE_MACHINE_SUFFIX));
    }
}

static void machine_initfn(Object *obj)
{
    MachineState *ms = MACHINE(obj);
    MachineClass *mc = MACHINE_GET_CLASS(obj);

    ms->ram_size = mc->default_ram_size;
    ms->maxram_size = mc->default_ram_size;
    ms->kernel_cmdline = g_strdup("");
    ms->enable_graphics = true;
    ms->boot_config.order = g_strdup(mc->default_boot_order);
    ms->boot_config.splash_time = ms->boot_config.reboot_timeout = -1;
    ms->cpu_type = mc->other_cpu_type && !g_strcmp0(qemu_arch_name, mc->other_arch_name)
                       ? mc->other_cpu_type
                       : mc->default_cpu_type;
    ms->smp.cpus = mc->default_cpus;
    ms->smp.max_cpus = mc->default_cpus;
    ms->smp.cores = ms->smp.threads = ms->smp.sockets = 1;
}

static void machine_finalize(Object *obj)
{
    MachineState *ms = MACHINE(obj);

    machine_free_memory(ms);
    g_free(ms->boot_config.order);
    g_free(ms->boot_config.splash);
    g_free(ms->kernel_filename);
    g_free(ms->initrd_filename);
    g_free(ms->kernel_cmdline);
    g_free(ms->dtb);
    g_free(ms->dumpdtb);
    g_free(ms->firmware);
}

/* --- DEFINE_MACHINE --- */

typedef struct Description {
    void (*describe)(MachineClass *mc);
} Description;

static void described_class_init(ObjectClass *oc, void *description)
{
    ((const Description *)description)->describe(MACHINE_CLASS(oc));
}

void machine_type_register(const char *type_name, void (*describe)(MachineClass *mc))
{
    Description *description = g_new(Description, 1); /* as long as the type: for ever */
    TypeInfo info = { type_name, TYPE_MACHINE, .class_init = described_class_init,
                      .class_data = description };

    description->describe = describe;
    type_register(&info);
}

/* --- the type --- */

static const TypeInfo machine_types[] = {
    {
        .name = TYPE_MACHINE,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .class_size = sizeof(MachineClass),
        .class_init = machine_class_init,
        .class_base_init = machine_class_base_init,
        .instance_size = sizeof(MachineState),
        .instance_init = machine_initfn,
        .instance_finalize = machine_finalize,
    },
};

DEFINE_TYPES(machine_types)
