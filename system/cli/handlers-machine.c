/*
 * Options about the machine: -machine, -cpu, -smp, -m, -accel, -boot, images.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "accel/tcg/tcg-accel.h"
#include "cli.h"
#include "core/cpu.h"
#include "core/qdev-properties.h"
#include "hw/core/boot-order.h"
#include "hw/core/numa.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "system/address-spaces.h"
#include "system/log-context.h"
#include "system/system.h"
#include "tcg/tcg.h"

/* Options whose keys are checked by whom they are for. */
#define FREE_LIST(var, list_name, implied)                                                         \
    static QemuOptsList var = {                                                                    \
        .name = list_name,                                                                         \
        .implied_opt_name = implied,                                                               \
        .head = QTAILQ_HEAD_INITIALIZER(var.head),                                                 \
        .desc = { { NULL } },                                                                      \
    }
FREE_LIST(machine_list, "machine", "type");
FREE_LIST(accel_list, "accel", "accel");
FREE_LIST(smp_list, "smp-opts", "cpus");

static QemuOptsList memory_list = {
    .name = "memory",
    .implied_opt_name = "size",
    .head = QTAILQ_HEAD_INITIALIZER(memory_list.head),
    .desc = {
        { .name = "size", .type = QEMU_OPT_STRING },
        { .name = "slots", .type = QEMU_OPT_NUMBER },
        { .name = "maxmem", .type = QEMU_OPT_STRING },
        { NULL },
    },
};

static QemuOptsList boot_list = {
    .name = "boot-opts",
    .implied_opt_name = "order",
    .head = QTAILQ_HEAD_INITIALIZER(boot_list.head),
    .desc = {
        { .name = "order", .type = QEMU_OPT_STRING },
        { .name = "once", .type = QEMU_OPT_STRING },
        { .name = "menu", .type = QEMU_OPT_BOOL },
        { .name = "strict", .type = QEMU_OPT_BOOL },
        { .name = "splash", .type = QEMU_OPT_STRING },
        { .name = "splash-time", .type = QEMU_OPT_NUMBER },
        { .name = "reboot-timeout", .type = QEMU_OPT_STRING }, /* a number, -1 among them */
        { NULL },
    },
};

static bool is_help(const char *arg)
{
    return g_str_equal(arg, "help") || g_str_equal(arg, "?");
}

static void replace(char **string, const char *value)
{
    g_free(*string);
    *string = g_strdup(value);
}

static void add_accel(Cli *cli, const char *text)
{
    CliProperty accel = { .value = g_strdup(text), .loc = g_strdup(cli->loc) };

    g_array_append_val(cli->accels, accel);
}

/* Only a name that says the architecture has a default. */
static MachineClass *default_machine(void)
{
    return qemu_arch_name ? machine_class_default(qemu_arch_name) : NULL;
}

static void print_machines(void)
{
    GSList *list = machine_class_list(qemu_arch_name);

    printf("Supported machines are:\n");
    for (GSList *l = list; l; l = l->next) {
        MachineClass *mc = l->data;

        if (mc->alias) {
            printf("%-20s %s (alias of %s)\n", mc->alias, mc->desc, mc->name);
        }
        printf("%-20s %s%s%s\n", mc->name, mc->desc, mc == default_machine() ? " (default)" : "",
               mc->deprecation_reason ? " (deprecated)" : "");
    }
    g_slist_free(list);
}

/* "smp.cpus=2" is "-smp cpus=2"; true if `name` is one of those. */
static bool machine_struct_key(Cli *cli, const char *name, const char *value, Error **errp)
{
    static const struct {
        const char *name;
        void (*handle)(Cli *cli, const char *arg, Error **errp);
    } structs[] = { { "smp", cli_smp }, { "memory", cli_memory }, { "boot", cli_boot } };

    for (size_t i = 0; i < ARRAY_SIZE(structs); i++) {
        const char *member = name + strlen(structs[i].name);

        if (!g_str_has_prefix(name, structs[i].name) || (*member && *member != '.')) {
            continue;
        }
        if (*member) {
            g_auto(GStrv) parts = g_strsplit(value, ",", 0); /* was ",," */
            g_autofree char *quoted = g_strjoinv(",,", parts);
            g_autofree char *arg = g_strdup_printf("%s=%s", member + 1, quoted);

            structs[i].handle(cli, arg, errp);
        } else {
            error_setg(errp, "Invalid parameter type for '%s', expected: '%s.MEMBER=VALUE'", name,
                       name);
        }
        return true;
    }
    return false;
}

static int machine_key(void *opaque, const char *name, const char *value, Error **errp)
{
    ERRP_GUARD();
    Cli *cli = opaque;

    if (machine_struct_key(cli, name, value, errp)) {
        return *errp ? -1 : 0;
    }
    if (g_str_equal(name, "type")) {
        replace(&cli->machine_type, value);
        replace(&cli->machine_loc, cli->loc);
    } else if (g_str_equal(name, "accel")) {
        g_array_set_size(cli->accels, 0); /* the last -machine counts, as with its other keys */
        add_accel(cli, value);
    } else if (is_help(name)) {
        cli->machine_help = true;
    } else {
        cli_set_machine_prop(cli, name, value);
    }
    return 0;
}

CLI_HANDLER(machine)
{
    QemuOpts *opts;

    if (is_help(arg)) {
        print_machines();
        exit(0);
    }
    opts = qemu_opts_parse(&machine_list, arg, true, errp);
    if (opts) {
        qemu_opt_foreach(opts, machine_key, cli, errp);
        qemu_opts_del(opts);
    }
}

CLI_HANDLER(cpu)
{
    cli->cpu_help = is_help(arg);
    replace(&cli->cpu_model, arg);
    replace(&cli->cpu_loc, cli->loc);
}

static void print_switch(const char *name, const char *help)
{
    printf("  %-25s - %s (on)\n", name, help);
}

/* What a key takes, as in the help of other options. */
static void print_tcg_keys(void)
{
    static const char *const keys[][2] = {
        { "backend=host|interp", "generated host code, or the slow interpreter (host)" },
        { "lockstep=on|off", "every piece of host code is compared with the interpreter (off)" },
        { "one-insn-per-tb=on|off", "blocks of one instruction (off)" },
        { "regions=on|off|forced", "what is hot is translated in larger pieces (on)" },
        { "tb-size=N", "MiB of generated code to keep (128)" },
        { "thread=single|multi", "accepted: each processor has a thread" },
    };

    printf("tcg options:\n");
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        printf("  %-25s - %s\n", keys[i][0], keys[i][1]);
    }
    printf("Techniques, NAME=on|off:\n");
    tcg_accel_list_switches(print_switch);
}

CLI_HANDLER(accel)
{
    if (is_help(arg)) {
        printf("Accelerators supported:\ntcg\n");
        exit(0);
    }
    if (g_str_equal(arg, "tcg,help") || g_str_equal(arg, "tcg,?")) {
        print_tcg_keys();
        exit(0);
    }
    add_accel(cli, arg);
}

static int smp_key(void *opaque, const char *name, const char *value, Error **errp)
{
    SMPConfiguration *smp = &((Cli *)opaque)->smp;
    uint64_t ones[2] = { 1, 1 };
    const struct {
        const char *name;
        uint64_t *value;
    } keys[] = {
        { "cpus", &smp->cpus },       { "maxcpus", &smp->maxcpus }, { "sockets", &smp->sockets },
        { "cores", &smp->cores },     { "threads", &smp->threads }, { "dies", &ones[0] },
        { "clusters", &ones[1] },
    };

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (!g_str_equal(name, keys[i].name)) {
            continue;
        }
        if (qemu_strtou64(value, NULL, 0, keys[i].value) < 0) {
            error_setg(errp, "Parameter 'smp.%s' expects integer", name);
        } else if (*keys[i].value == 0) {
            error_setg(errp, "Invalid CPU topology: '%s' must be greater than zero", name);
        } else if (ones[0] != 1 || ones[1] != 1) {
            error_setg(errp, "%s > 1 not supported by any machine here", name);
        }
        return *errp ? -1 : 0;
    }
    error_setg(errp, "Parameter 'smp.%s' is unexpected", name);
    return -1;
}

CLI_HANDLER(smp)
{
    QemuOpts *opts = qemu_opts_parse(&smp_list, arg, true, errp);

    if (opts) {
        ERRP_GUARD();

        qemu_opt_foreach(opts, smp_key, cli, errp);
        qemu_opts_del(opts);
        replace(&cli->smp_loc, cli->loc);
    }
}

CLI_HANDLER(memory)
{
    ERRP_GUARD();
    QemuOpts *opts = qemu_opts_parse(&memory_list, arg, true, errp);
    const char *size, *max;

    if (!opts) {
        return;
    }
    size = qemu_opt_get(opts, "size");
    max = qemu_opt_get(opts, "maxmem");
    cli->ram_slots = qemu_opt_get_number(opts, "slots", 0);
    cli->max_ram_size = 0;
    if (max && (qemu_strtosz(max, NULL, &cli->max_ram_size) < 0 || !cli->max_ram_size)) {
        error_setg(errp, "Parameter 'maxmem' expects a positive number below 2^64");
        error_append_hint(errp, SIZE_RULE_HINT);
    } else if (size && size[0] && qemu_strtosz_MiB(size, NULL, &cli->ram_size) < 0) {
        error_setg(errp, "Parameter 'size' expects a non-negative number below 2^64");
        error_append_hint(errp, SIZE_RULE_HINT);
    } else if (size && !size[0]) {
        error_setg(errp, "missing 'size' option value");
    }
    replace(&cli->ram_loc, cli->loc);
    qemu_opts_del(opts);
}

CLI_HANDLER(mem_path)
{
    replace(&cli->mem_path, arg);
}

CLI_HANDLER(mem_prealloc)
{
    object_register_sugar_prop(TYPE_MEMORY_BACKEND, "prealloc", "on", false);
}

CLI_HANDLER(numa)
{
    machine_numa_parse(cli->machine, arg, errp);
}

/* A time that is given; `least` is 0, or -1 for never, which is what firmwares do anyway. */
static bool take_boot_time(Cli *cli, QemuOpts *opts, const char *name, int64_t least,
                           int32_t *field, Error **errp)
{
    const char *text = qemu_opt_get(opts, name);
    int64_t ms;

    if (!text) {
        return true;
    }
    if (qemu_strtoi64(text, NULL, 0, &ms) < 0) {
        error_setg(errp, "Parameter '%s' expects a number", name);
        return false;
    }
    if (ms < least || ms > UINT16_MAX) {
        error_setg(errp, "'%s' is %" PRId64 " ms, expected %" PRId64 " to %d", name, ms, least,
                   UINT16_MAX);
        return false;
    }
    *field = ms;
    if (ms >= 0) {
        cli->boot_wish = name;
    }
    return true;
}

/* What a firmware has to be told. Without a menu, and not strictly, is what they do anyway. */
static bool take_boot_wishes(Cli *cli, QemuOpts *opts, Error **errp)
{
    BootConfiguration *wishes = &cli->boot_wishes;

    if (qemu_opt_get(opts, "splash")) {
        replace(&wishes->splash, qemu_opt_get(opts, "splash"));
        cli->boot_wish = "splash";
    }
    wishes->strict = qemu_opt_get_bool(opts, "strict", wishes->strict);
    wishes->menu = qemu_opt_get_bool(opts, "menu", wishes->menu);
    if (wishes->menu) {
        cli->boot_wish = "menu";
    }
    if (!take_boot_time(cli, opts, "splash-time", 0, &wishes->splash_time, errp) ||
        !take_boot_time(cli, opts, "reboot-timeout", -1, &wishes->reboot_timeout, errp)) {
        return false;
    }
    replace(&cli->boot_wish_loc, cli->loc);
    return true;
}

static bool set_boot_devices(char **devices, char **loc, const char *here, const char *value,
                             Error **errp)
{
    if (value) {
        if (!machine_validate_bootdevices(value, errp)) {
            return false;
        }
        replace(devices, value);
        replace(loc, here);
    }
    return true;
}

CLI_HANDLER(boot)
{
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&boot_list, arg, true, errp);

    if (opts && take_boot_wishes(cli, opts, errp) &&
        set_boot_devices(&cli->boot_order, &cli->boot_order_loc, cli->loc,
                         qemu_opt_get(opts, "order"), errp)) {
        set_boot_devices(&cli->boot_once, &cli->boot_once_loc, cli->loc,
                         qemu_opt_get(opts, "once"), errp);
    }
}

CLI_HANDLER(bios)
{
    cli_set_machine_prop(cli, "firmware", arg);
}

CLI_HANDLER(kernel)
{
    cli_set_machine_prop(cli, "kernel", arg);
}

CLI_HANDLER(initrd)
{
    cli_set_machine_prop(cli, "initrd", arg);
}

CLI_HANDLER(append)
{
    cli_set_machine_prop(cli, "append", arg);
}

CLI_HANDLER(dtb)
{
    cli_set_machine_prop(cli, "dtb", arg);
}

CLI_HANDLER(global)
{
    qdev_global_parse(arg, errp);
}

/* ---- What these options do once all have been read ---- */

/* Of a board's versions, as pc-i440fx-2.0 is one, those that there are. */
static void list_versions(const char *name)
{
    const char *dash = strrchr(name, '-');
    g_autoptr(GSList) machines = machine_class_list(qemu_arch_name);
    g_autoptr(GString) versions = g_string_new(NULL);

    for (GSList *l = machines; dash && g_ascii_isdigit(dash[1]) && l; l = l->next) {
        const char *other = ((MachineClass *)l->data)->name;

        if (!strncmp(other, name, dash + 1 - name) && g_ascii_isdigit(other[dash + 1 - name])) {
            g_string_append_printf(versions, "%s%s", versions->len ? ", " : "", other);
        }
    }
    if (versions->len) {
        error_printf("Its versions here are %s\n", versions->str);
    }
}

static MachineClass *select_machine(Cli *cli)
{
    MachineClass *mc;

    if (cli->machine_type) {
        mc = machine_class_find(cli->machine_type, qemu_arch_name);
        if (!mc) {
            error_loc_set(cli->machine_loc);
            error_report("unsupported machine type '%s'", cli->machine_type);
            list_versions(cli->machine_type);
            error_printf("Use -machine help to list supported machines\n");
            exit(1);
        }
        return mc;
    }
    mc = default_machine();
    if (!mc) {
        error_report("No machine specified, and there is no default");
        error_printf("Use -machine help to list supported machines\n");
        exit(1);
    }
    return mc;
}

static void print_machine_options(MachineState *ms)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    ObjectPropertyIterator iter;

    object_property_iter_init(&iter, OBJECT(ms));
    object_properties_help(lines, &iter, NULL);
    printf("%s options:\n%s", object_get_typename(OBJECT(ms)), lines->str);
}

/*
 * Keys of QEMU's machines for what no board here has, and the value that says so: with it they
 * change nothing. A board that comes to have one of these properties takes it itself.
 */
static const struct {
    const char *key;
    const char *nothing;
} lacking_keys[] = {
    { "vmport", "off" }, { "mem-merge", "off" }, { "suppress-vmdesc", "off" },
    { "dump-guest-core", "on" }, { "acpi", "off" }, { "hpet", "off" }, { "nvdimm", "off" },
    { "hmat", "off" }, { "default-bus-bypass-iommu", "off" },
    { "kernel-irqchip", NULL }, /* KVM's; whatever it is */
};

/* False if the machine has to know it. */
static bool apply_lacking_key(Cli *cli, const CliProperty *p, Error **errp)
{
    if (object_property_find(OBJECT(cli->machine), p->key)) {
        return false;
    }
    if (g_str_equal(p->key, "usb")) {
        if (!qemu_parse_bool(p->value, &cli->usb)) {
            error_setg(errp, "'usb=%s': expected on or off", p->value);
        }
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(lacking_keys); i++) {
        if (g_str_equal(p->key, lacking_keys[i].key)) {
            if (lacking_keys[i].nothing && !g_str_equal(p->value, lacking_keys[i].nothing)) {
                error_setg(errp, "'%s=%s' is not supported yet: only '%s' is", p->key, p->value,
                           lacking_keys[i].nothing);
            }
            return true;
        }
    }
    return false;
}

static void apply_machine_props(Cli *cli)
{
    for (guint i = 0; i < cli->machine_props->len; i++) {
        CliProperty *p = &g_array_index(cli->machine_props, CliProperty, i);
        const char *previous = error_loc_set(p->loc);
        Error *err = NULL;

        if (!apply_lacking_key(cli, p, &err)) {
            object_property_parse(OBJECT(cli->machine), p->key, p->value, &err);
        }
        if (err) {
            cli_fail(err);
        }
        error_loc_set(previous);
    }
}

/* Boards name the file that they can't read; here the option that gave it is known, too. */
static void check_images(Cli *cli)
{
    const char *const images[] = {
        "kernel", "dtb", MACHINE_GET_CLASS(cli->machine)->initrd_may_be_list ? NULL : "initrd", NULL
    };

    for (guint i = 0; i < cli->machine_props->len; i++) {
        CliProperty *p = &g_array_index(cli->machine_props, CliProperty, i);
        bool firmware = g_str_equal(p->key, "firmware");
        g_autofree char *found = NULL;

        error_loc_set(p->loc);
        if (firmware) {
            found = qemu_find_file(QEMU_FILE_TYPE_BIOS, p->value);
        }
        if (firmware && !found) {
            error_report("could not find firmware '%s'", p->value);
            exit(1);
        } else if (g_strv_contains(images, p->key) && access(p->value, R_OK) != 0) {
            error_report("could not open '%s': %s", p->value, g_strerror(errno));
            exit(1);
        }
    }
    error_loc_set(NULL);
}

static void check_kernel_options(Cli *cli)
{
    MachineState *ms = cli->machine;
    const char *option = ms->kernel_cmdline[0] ? "append" : ms->initrd_filename ? "initrd" : NULL;

    if (!ms->kernel_filename && option) {
        error_report("-%s only allowed with -kernel option", option);
        exit(1);
    }
}

/* What `visit` is for: with each class that knows models of the machine's CPUs. */
typedef bool CPUClassVisitor(CPUClass *cc, void *opaque);

/*
 * Goes on until `visit` returns true. The machine's default CPU says of which architecture its CPUs
 * are, or else `arch`; without either they may be of any.
 */
static void visit_cpu_classes(const char *arch, const char *default_type, CPUClassVisitor *visit,
                              void *opaque)
{
    ObjectClass *oc = default_type ? object_class_by_name(default_type) : NULL;
    GSList *list = oc ? g_slist_prepend(NULL, oc) : object_class_get_list_sorted(TYPE_CPU, true);
    bool done = false;

    for (GSList *l = list; l && !done; l = l->next) {
        CPUClass *cc = (CPUClass *)object_class_dynamic_cast(l->data, TYPE_CPU);

        if (cc && (oc || !arch || g_strcmp0(cc->arch_name, arch) == 0)) {
            done = visit(cc, opaque);
        }
    }
    g_slist_free(list);
}

typedef struct ModelSearch {
    const char *model;
    ObjectClass *found;
} ModelSearch;

static bool find_model(CPUClass *cc, void *opaque)
{
    ModelSearch *search = opaque;

    search->found = cc->class_by_name ? cc->class_by_name(search->model) : NULL;
    return search->found;
}

/* Each architecture's models once. */
static bool list_models(CPUClass *cc, void *opaque)
{
    GHashTable *seen = opaque;

    if (cc->list_models && g_hash_table_add(seen, (gpointer)cc->list_models)) {
        cc->list_models();
    }
    return false;
}

/* "prop=value"; "prop", or "+prop" for a feature: on; "-prop": off. */
static void split_cpu_property(char *part, const char **name, const char **value)
{
    char *eq = strchr(part, '=');
    bool is_signed = !eq && (part[0] == '+' || part[0] == '-');

    if (eq) {
        *eq = 0;
    }
    *name = part + is_signed;
    *value = eq ? eq + 1 : part[0] == '-' ? "off" : "on";
}

/* "755,prop=value": the properties become globals of the CPU's type. */
static const char *resolve_cpu(Cli *cli)
{
    MachineClass *mc = cli->machine_class;
    g_auto(GStrv) parts = g_strsplit(cli->cpu_model, ",", 0);
    ModelSearch search = { .model = parts[0] ? parts[0] : "" };
    ObjectClass *oc;

    visit_cpu_classes(mc->arch_name ? mc->arch_name : qemu_arch_name, mc->default_cpu_type,
                      find_model, &search);
    oc = search.found;
    if (!oc) {
        error_report("unable to find CPU model '%s'", parts[0] ? parts[0] : "");
        error_printf(g_str_equal(search.model, "host")
                         ? "Guest code is always translated: 'max' has whatever there is.\n"
                         : "-cpu help lists the models.\n");
        exit(1);
    }
    for (int i = 1; parts[i]; i++) {
        GlobalProperty *prop = g_new0(GlobalProperty, 1);
        const char *name, *value;

        if (!*parts[i]) {
            continue;
        }
        split_cpu_property(parts[i], &name, &value);
        if (!object_class_property_find(oc, name)) {
            error_report("CPU property '%s' not found for model '%s'", name, parts[0]);
            exit(1);
        }
        prop->driver = object_class_get_name(oc);
        prop->property = g_strdup(name);
        prop->value = g_strdup(value);
        prop->user_provided = true;
        qdev_prop_register_global(prop);
    }
    return object_class_get_name(oc);
}

void cli_print_cpus(Cli *cli)
{
    MachineClass *mc = cli->machine_type ? machine_class_find(cli->machine_type, qemu_arch_name)
                                         : default_machine();
    const char *arch = mc && mc->arch_name ? mc->arch_name : qemu_arch_name;
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    visit_cpu_classes(arch, mc ? mc->default_cpu_type : NULL, list_models, seen);
    if (!g_hash_table_size(seen)) {
        printf("Available CPUs:\n");
    }
}

static void set_boot_order(Cli *cli)
{
    BootConfiguration *boot = &cli->machine->boot_config;

    boot->menu = cli->boot_wishes.menu;
    boot->strict = cli->boot_wishes.strict;
    boot->splash = g_strdup(cli->boot_wishes.splash);
    boot->splash_time = cli->boot_wishes.splash_time;
    boot->reboot_timeout = cli->boot_wishes.reboot_timeout;
    if (!cli->boot_order) {
        return;
    }
    if (!cli->machine_class->default_boot_order) {
        error_loc_set(cli->boot_order_loc);
        error_report("machine '%s' has no boot devices to order", cli->machine_class->name);
        exit(1);
    }
    g_free(boot->order);
    boot->order = g_strdup(cli->boot_order);
    boot->order_given = true;
}

void cli_set_boot_once(Cli *cli)
{
    const char *order = cli->machine->boot_config.order;
    Error *err = NULL;

    if (cli->boot_wish && !(cli->machine->inputs_taken & MACHINE_INPUT_BOOT_WISHES)) {
        error_loc_set(cli->boot_wish_loc);
        error_report("machine '%s' has no way to tell its firmware '%s'", cli->machine_class->name,
                     cli->boot_wish);
        exit(1);
    }
    error_loc_set(cli->boot_once_loc);
    if (cli->boot_once && !qemu_boot_set_once(cli->boot_once, order ? order : "", &err)) {
        cli_fail(err);
    }
    error_loc_set(NULL);
}

static void configure_machine(Cli *cli)
{
    MachineState *ms = cli->machine;
    Error *err = NULL;

    error_loc_set(cli->smp_loc);
    if (!machine_parse_smp_config(ms, &cli->smp, &err)) {
        cli_fail(err);
    }
    error_loc_set(cli->ram_loc);
    if (!machine_set_ram_size(ms, cli->ram_size, &err) ||
        !machine_set_memory_slots(ms, cli->ram_slots, cli->max_ram_size, &err)) {
        cli_fail(err);
    }
    error_loc_set(cli->cpu_loc);
    if (cli->cpu_model && !machine_set_cpu_type(ms, resolve_cpu(cli), &err)) {
        cli_fail(err);
    }
    error_loc_set(NULL);
    ms->mem_path = g_strdup(cli->mem_path);
    set_boot_order(cli);
}

/* -no-acpi and its like. */
static void switch_off(Cli *cli)
{
    const struct { const char *name; bool wanted; } properties[] = {
        { "acpi", cli->without.acpi },
        { "hpet", cli->without.hpet },
        { "fd-bootchk", cli->without.fd_bootchk },
    };

    for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
        const char *name = properties[i].name;

        if (properties[i].wanted && object_property_find(OBJECT(cli->machine), name)) {
            object_property_parse(OBJECT(cli->machine), name, "off", &error_abort);
        }
    }
}

void cli_create_machine(Cli *cli)
{
    static const char *const containers[] = { "unattached", "peripheral", "peripheral-anon" };
    MachineClass *mc = select_machine(cli);
    Error *err = NULL;

    cli->machine_class = mc;
    object_set_machine_compat_props(mc->compat_props);
    cli->machine = MACHINE(object_new_with_class(OBJECT_CLASS(mc)));
    current_machine = cli->machine;
    object_property_add_child(object_get_root(), "machine", OBJECT(cli->machine));
    for (size_t i = 0; i < ARRAY_SIZE(containers); i++) {
        object_property_add_child(OBJECT(cli->machine), containers[i], object_new(TYPE_CONTAINER));
    }
    memory_map_init();
    log_memory_map();
    if (cli->machine_help) {
        print_machine_options(cli->machine);
        exit(0);
    }
    machine_warn_if_deprecated(mc);
    if (!machine_apply_default_opts(cli->machine, &err)) {
        cli_fail(err);
    }
    apply_machine_props(cli);
    switch_off(cli);
    check_kernel_options(cli);
    check_images(cli);
    configure_machine(cli);
}

static bool parse_on_off(const char *name, const char *value, Error **errp)
{
    if (!g_str_equal(value, "on") && !g_str_equal(value, "off")) {
        error_setg(errp, "Parameter '%s' expects 'on' or 'off'", name);
    }
    return g_str_equal(value, "on");
}

/* After "fault-", for tests of lockstep: in which way host code is to be wrong. */
static void parse_lockstep(TCGAccelOptions *o, const char *value, Error **errp)
{
    static const char *const faults[NB_TCG_FAULTS] = { [TCG_FAULT_REGISTER] = "fault-register",
                                                       [TCG_FAULT_STORE] = "fault-store",
                                                       [TCG_FAULT_BRANCH] = "fault-branch" };

    o->fault = TCG_FAULT_NONE;
    for (unsigned i = TCG_FAULT_NONE + 1; i < NB_TCG_FAULTS; i++) {
        if (g_str_equal(value, faults[i])) {
            o->fault = i;
        }
    }
    o->lockstep = o->fault || parse_on_off("lockstep", value, errp);
}

static int accel_key(void *opaque, const char *name, const char *value, Error **errp)
{
    TCGAccelOptions *o = opaque;
    uint64_t n;

    if (g_str_equal(name, "accel")) {
        return 0;
    }
    if (g_str_equal(name, "backend") &&
        (g_str_equal(value, "host") || g_str_equal(value, "interp"))) {
        o->interpreter = g_str_equal(value, "interp");
    } else if (g_str_equal(name, "backend")) {
        error_setg(errp, "Parameter 'backend' does not accept value '%s': host or interp", value);
    } else if (g_str_equal(name, "tb-size")) {
        if (qemu_strtou64(value, NULL, 0, &n) < 0 || n < TCG_CODE_BUFFER_MIN / MiB ||
            n > TCG_CODE_BUFFER_MAX / MiB) {
            error_setg(errp, "Parameter 'tb-size' expects a number of MiB from %u to %u",
                       (unsigned)(TCG_CODE_BUFFER_MIN / MiB), (unsigned)(TCG_CODE_BUFFER_MAX / MiB));
            return -1;
        }
        o->code_buffer_size = n * MiB;
    } else if (g_str_equal(name, "one-insn-per-tb")) {
        o->one_insn_blocks = parse_on_off(name, value, errp);
    } else if (g_str_equal(name, "lockstep")) {
        parse_lockstep(o, value, errp);
    } else if (g_str_equal(name, "regions")) {
        static const char *const modes[] = { [TCG_REGIONS_ON] = "on", [TCG_REGIONS_OFF] = "off",
                                             [TCG_REGIONS_FORCED] = "forced" };

        o->regions = 0;
        while (o->regions < ARRAY_SIZE(modes) && !g_str_equal(value, modes[o->regions])) {
            o->regions++;
        }
        if (o->regions == ARRAY_SIZE(modes)) {
            error_setg(errp, "Parameter 'regions' expects 'on', 'off' or 'forced'");
        }
    } else if (g_str_equal(name, "thread")) {
        if (!g_str_equal(value, "single") && !g_str_equal(value, "multi")) {
            error_setg(errp, "Invalid 'thread' setting %s", value);
        }
    } else if (tcg_accel_switch(name, true)) {
        tcg_accel_switch(name, parse_on_off(name, value, errp));
    } else {
        error_setg(errp, "Property 'tcg-accel.%s' not found", name);
    }
    return *errp ? -1 : 0;
}

/* Accelerators of QEMU: known, and not here. */
static const char *const lacking_accels[] = { "kvm", "xen", "hax", "hvf", "nvmm", "whpx", "mshv",
                                              "qtest", NULL };

/* False, with a line of what is wrong with it, if it isn't there. */
static bool accel_is_there(const char *name)
{
    if (g_str_equal(name, "tcg")) {
        return true;
    }
    if (g_strv_contains(lacking_accels, name)) {
        error_report("accelerator '%s' is not supported yet: only tcg is", name);
    } else {
        error_report("invalid accelerator %s", name);
    }
    return false;
}

/* "tcg,KEY=VALUE..." or, from -machine accel=, "kvm:tcg". NULL if none of them is there. */
static QemuOpts *choose_accel(const char *text, bool *fell_back)
{
    Error *err = NULL;
    QemuOpts *opts = qemu_opts_parse(&accel_list, text, true, &err);
    const char *names;
    g_auto(GStrv) list = NULL;

    if (!opts) {
        cli_fail(err);
    }
    names = qemu_opt_get(opts, "accel");
    list = g_strsplit(names && *names ? names : "(none)", ":", 0);
    for (char **name = list; *name; name++) {
        if (accel_is_there(*name)) {
            return opts;
        }
        *fell_back = true;
    }
    qemu_opts_del(opts);
    return NULL;
}

CLI_HANDLER(icount)
{
    static QemuOptsList list = {
        .name = "icount",
        .implied_opt_name = "shift",
        .head = QTAILQ_HEAD_INITIALIZER(list.head),
        .desc = {
            { .name = "shift", .type = QEMU_OPT_STRING },
            { .name = "sleep", .type = QEMU_OPT_BOOL },
            { .name = "align", .type = QEMU_OPT_BOOL },
            { .name = "rr", .type = QEMU_OPT_STRING },
            { .name = "rrfile", .type = QEMU_OPT_STRING },
            { .name = "rrsnapshot", .type = QEMU_OPT_STRING },
            { NULL },
        },
    };
    static const char *const lacking[] = { "rr", "rrfile", "rrsnapshot" };
    ERRP_GUARD();
    QemuOpts *opts = qemu_opts_parse(&list, arg, true, errp);
    const char *shift;
    uint64_t n = 3;

    if (!opts) {
        return;
    }
    shift = qemu_opt_get(opts, "shift");
    cli->icount = (TCGIcountOptions){
        .on = true,
        .automatic = !shift || g_str_equal(shift, "auto"),
        .sleep = qemu_opt_get_bool(opts, "sleep", true),
        .align = qemu_opt_get_bool(opts, "align", false),
    };
    for (size_t i = 0; i < ARRAY_SIZE(lacking) && !*errp; i++) {
        if (qemu_opt_get(opts, lacking[i])) {
            error_setg(errp, "'%s' is not supported yet: nothing records and replays input",
                       lacking[i]);
        }
    }
    if (*errp) {
        /* said */
    } else if (!cli->icount.automatic &&
               (qemu_strtou64(shift, NULL, 10, &n) < 0 || n > TCG_ICOUNT_SHIFT_MAX)) {
        error_setg(errp, "Parameter 'shift' expects a number from 0 to %d, or auto",
                   TCG_ICOUNT_SHIFT_MAX);
    } else if (cli->icount.align && !shift) {
        error_setg(errp, "'align' needs 'shift'");
    } else if (cli->icount.align && !cli->icount.sleep) {
        error_setg(errp, "align=on and sleep=off are incompatible");
    }
    cli->icount.shift = n;
    qemu_opts_del(opts);
}

void cli_start_accel(Cli *cli)
{
    TCGAccelOptions options = { 0 };
    bool fell_back = false;
    QemuOpts *opts = NULL;
    Error *err = NULL;

    options.one_insn_blocks = cli->singlestep;
    if (!cli->accels->len) {
        add_accel(cli, "tcg");
    }
    for (guint i = 0; i < cli->accels->len && !opts; i++) {
        CliProperty *accel = &g_array_index(cli->accels, CliProperty, i);

        error_loc_set(accel->loc);
        opts = choose_accel(accel->value, &fell_back);
    }
    if (!opts) {
        exit(1);
    }
    if (fell_back) {
        error_loc_set(NULL);
        info_report("falling back to tcg");
    }
    qemu_opt_foreach(opts, accel_key, &options, &err);
    options.icount = cli->icount;
    if (options.icount.on && MAX(cli->smp.cpus, cli->smp.maxcpus) > 1) {
        error_loc_set(NULL);
        error_report("-icount counts one processor's instructions: not with -smp %" PRIu64,
                     MAX(cli->smp.cpus, cli->smp.maxcpus));
        exit(1);
    }
    if (options.lockstep && MAX(cli->smp.cpus, cli->smp.maxcpus) > 1) {
        error_loc_set(NULL);
        error_report("-accel tcg,lockstep=on follows one processor: not with -smp %" PRIu64,
                     MAX(cli->smp.cpus, cli->smp.maxcpus));
        exit(1);
    }
    if (!options.interpreter) {
        options.perf_map = cli->perf_map;
        options.jit_dump = cli->jit_dump;
    } else if (cli->perf_map || cli->jit_dump) {
        warn_report("-accel tcg,backend=interp makes no code for the host: -perfmap and -jitdump "
                    "do nothing");
    }
    if (err || !tcg_accel_init(&options, &err)) {
        cli_fail(err);
    }
    qemu_opts_del(opts);
    error_loc_set(NULL);
}
