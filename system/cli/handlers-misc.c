/*
 * The other options: help, logs, names, directories, run behaviour, objects, devices, drives.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/prctl.h>
#include "cli.h"
#include "fsdev/fsdev.h"
#include "gdbstub/gdbstub.h"
#include "hw/acpi/user-tables.h"
#include "hw/core/device-add.h"
#include "hw/core/watchdog.h"
#include "hw/nvram/fw_cfg-machine.h"
#include "hw/smbios/smbios.h"
#include "hw/loader.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/fdset.h"
#include "qemu/log.h"
#include "qemu/trace.h"
#include "qom/object_interfaces.h"
#include "system/block-backend.h"
#include "system/block-commands.h"
#include "system/rtc.h"
#include "system/runstate.h"
#include "system/system.h"

CLI_HANDLER(help)
{
    cli_print_help();
    exit(0);
}

CLI_HANDLER(version)
{
    cli_print_version();
    exit(0);
}

CLI_HANDLER(docs)
{
    if (!cli_print_docs(arg)) {
        error_setg(errp, "expected man, bash or zsh");
        return;
    }
    exit(0);
}

CLI_HANDLER(object)
{
    g_autofree char *help = user_creatable_help(arg);

    if (help) {
        fputs(help, stdout);
        exit(0);
    }
    user_creatable_add_from_str(arg, errp);
}

CLI_HANDLER(device)
{
    g_autoptr(GString) help = g_string_new(NULL);
    ERRP_GUARD();

    if (device_help(arg, help, errp)) {
        fputs(help->len ? help->str : "No device can be added to a machine yet.\n", stdout);
        exit(0);
    }
    if (*errp) {
        return;
    }
    device_add_from_str(arg, errp);
}

CLI_HANDLER(fw_cfg)
{
    fw_cfg_add_option(arg, errp);
}

CLI_HANDLER(option_rom)
{
    fw_cfg_add_option_rom(arg, errp);
}

CLI_HANDLER(smbios)
{
    smbios_add_option(arg, errp);
}

CLI_HANDLER(acpitable)
{
    acpi_user_tables_add_option(arg, errp);
}

CLI_HANDLER(fsdev)
{
    fsdev_add_from_str(arg, errp);
}

CLI_HANDLER(virtfs)
{
    g_autofree char *device = fsdev_virtfs_from_str(arg, errp);

    if (device) {
        device_add_from_str(device, errp);
    }
}

CLI_HANDLER(usb)
{
    cli->usb = true;
}

CLI_HANDLER(usbdevice)
{
    static const struct {
        const char *name, *type;
    } kinds[] = { { "keyboard", "usb-kbd" }, { "mouse", "usb-mouse" }, { "tablet", "usb-tablet" } };

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_equal(arg, kinds[i].name)) {
            cli->usb = true;
            cli_add_usb_controller(cli);
            device_add_from_str(kinds[i].type, errp);
            return;
        }
    }
    error_setg(errp, "expected keyboard, mouse or tablet; -device has the others: usb-storage, "
                     "usb-serial, usb-hub");
}

CLI_HANDLER(drive)
{
    const DriveInfo *d = drive_new_from_opts(arg, errp);

    if (d && d->implied) {
        cli_check_implied_drive(cli, d, errp);
    }
}

CLI_HANDLER(blockdev)
{
    blockdev_add(arg, errp);
}

CLI_HANDLER(snapshot)
{
    drive_set_snapshot(true);
}

/* Where "-hda FILE" and its like go. */
static void add_drive(Cli *cli, const char *filename, BlockInterfaceType type, int index,
                      const char *media, Error **errp)
{
    BlockInterfaceType usual = cli->machine_class->block_default_type;

    if (type == IF_DEFAULT && (usual == IF_PFLASH || usual == IF_MTD || usual == IF_NONE)) {
        error_setg(errp, "machine '%s' has no disks of its own: say -drive if=none,id=NAME,file=%s "
                   "and -device TYPE,drive=NAME", cli->machine_class->name, filename);
        return;
    }
    drive_new_at(filename, type, index, media, errp);
}

#define DRIVE_HANDLER(name, type, index, media)                                                    \
    CLI_HANDLER(name)                                                                              \
    {                                                                                              \
        add_drive(cli, arg, type, index, media, errp);                                             \
    }

DRIVE_HANDLER(hda, IF_DEFAULT, 0, "disk")
DRIVE_HANDLER(hdb, IF_DEFAULT, 1, "disk")
DRIVE_HANDLER(hdc, IF_DEFAULT, 2, "disk")
DRIVE_HANDLER(hdd, IF_DEFAULT, 3, "disk")
DRIVE_HANDLER(cdrom, IF_DEFAULT, 2, "cdrom")
DRIVE_HANDLER(fda, IF_FLOPPY, 0, NULL)
DRIVE_HANDLER(fdb, IF_FLOPPY, 1, NULL)
DRIVE_HANDLER(sd, IF_SD, -1, NULL)
DRIVE_HANDLER(mtdblock, IF_MTD, -1, NULL)

CLI_HANDLER(pflash)
{
    drive_new_pflash(arg, errp);
}

/* [guest=]NAME[,process=NAME][,debug-threads=on|off]; threads have names in either case. */
CLI_HANDLER(name)
{
    static QemuOptsList list = {
        .name = "name",
        .implied_opt_name = "guest",
        .merge_lists = true,
        .head = QTAILQ_HEAD_INITIALIZER(list.head),
        .desc = {
            { .name = "guest", .type = QEMU_OPT_STRING },
            { .name = "process", .type = QEMU_OPT_STRING },
            { .name = "debug-threads", .type = QEMU_OPT_BOOL },
            { NULL },
        },
    };
    QemuOpts *opts = qemu_opts_parse(&list, arg, true, errp);

    const char *process = opts ? qemu_opt_get(opts, "process") : NULL;

    if (opts) {
        qemu_name = qemu_opt_get(opts, "guest");
    }
    if (process) {
        prctl(PR_SET_NAME, process);
    }
}

CLI_HANDLER(add_fd)
{
    static QemuOptsList list = {
        .name = "add-fd",
        .head = QTAILQ_HEAD_INITIALIZER(list.head),
        .desc = {
            { .name = "fd", .type = QEMU_OPT_NUMBER },
            { .name = "set", .type = QEMU_OPT_NUMBER },
            { .name = "opaque", .type = QEMU_OPT_STRING },
            { NULL },
        },
    };
    QemuOpts *opts = qemu_opts_parse(&list, arg, false, errp);
    uint64_t fd, set;

    if (!opts) {
        return;
    }
    fd = qemu_opt_get_number(opts, "fd", UINT64_MAX);
    set = qemu_opt_get_number(opts, "set", UINT64_MAX);
    if (fd <= STDERR_FILENO || fd > INT_MAX) {
        error_setg(errp, "Parameter 'fd' expects a file descriptor of 3 or more");
    } else if (set > INT64_MAX) {
        error_setg(errp, "Parameter 'set' expects a number");
    } else {
        fdset_add(set, fd, qemu_opt_get(opts, "opaque"), errp);
    }
    qemu_opts_del(opts);
}

CLI_HANDLER(uuid)
{
    static char *uuid;

    if (!g_uuid_string_is_valid(arg)) {
        error_setg(errp, "expected a UUID: hexadecimal digits as in "
                         "550e8400-e29b-41d4-a716-446655440000");
        return;
    }
    g_free(uuid);
    uuid = g_ascii_strdown(arg, -1);
    qemu_uuid = uuid;
}

CLI_HANDLER(start_paused)
{
    cli->start_paused = true;
}

CLI_HANDLER(singlestep)
{
    cli->singlestep = true;
}

CLI_HANDLER(perf_map)
{
    cli->perf_map = true;
}

CLI_HANDLER(jit_dump)
{
    cli->jit_dump = true;
}

CLI_HANDLER(log_items)
{
    g_autofree char *before = cli->log_items;

    if (g_str_equal(arg, "help") || g_str_equal(arg, "?")) {
        qemu_print_log_usage(stdout);
        exit(0);
    }
    qemu_str_to_log_mask(arg, errp);
    cli->log_items = before ? g_strdup_printf("%s,%s", before, arg) : g_strdup(arg);
}

CLI_HANDLER(log_file)
{
    g_free(cli->log_file);
    cli->log_file = g_strdup(arg);
}

CLI_HANDLER(log_filter)
{
    qemu_set_dfilter_ranges(arg, errp);
}

CLI_HANDLER(symbols)
{
    load_symbol_map(arg, errp);
}

CLI_HANDLER(trace)
{
    if (g_str_equal(arg, "help") || g_str_equal(arg, "?")) {
        g_autoptr(GPtrArray) names = trace_names(NULL);

        for (guint i = 0; i < names->len; i++) {
            printf("%s\n", (char *)names->pdata[i]);
        }
        exit(0);
    }
    trace_parse_option(arg, errp);
}

CLI_HANDLER(data_dir)
{
    if (g_str_equal(arg, "help") || g_str_equal(arg, "?")) {
        qemu_list_data_dirs();
        exit(0);
    }
    qemu_add_data_dir(arg);
}

CLI_HANDLER(gdb)
{
    gdbserver_start(arg, errp);
}

CLI_HANDLER(gdb_default)
{
    gdbserver_start("tcp::1234", errp);
}

CLI_HANDLER(no_reboot)
{
    reboot_action = REBOOT_ACTION_SHUTDOWN;
}

CLI_HANDLER(no_shutdown)
{
    shutdown_action = SHUTDOWN_ACTION_PAUSE;
}

/* True if the value is one of the names, in the order of the numbers. */
static bool choose(const char *value, const char *const *names, size_t count, int *chosen)
{
    for (size_t i = 0; i < count; i++) {
        if (g_str_equal(value, names[i])) {
            *chosen = i;
            return true;
        }
    }
    return false;
}

static int set_action(void *opaque, const char *name, const char *value, Error **errp)
{
    static const char *const reboots[] = { "reset", "shutdown" };
    static const char *const shutdowns[] = { "poweroff", "pause" };
    int chosen;

    if (g_str_equal(name, "watchdog")) {
        return watchdog_set_action(value, errp) ? 0 : -1;
    }
    if (g_str_equal(name, "reboot") && choose(value, reboots, ARRAY_SIZE(reboots), &chosen)) {
        reboot_action = chosen;
    } else if (g_str_equal(name, "shutdown") &&
               choose(value, shutdowns, ARRAY_SIZE(shutdowns), &chosen)) {
        shutdown_action = chosen;
    } else if (g_str_equal(name, "panic") &&
               choose(value, panic_action_names, PANIC_ACTION__MAX, &chosen)) {
        panic_action = chosen;
    } else {
        error_setg(errp, "Parameter '%s' does not accept value '%s'", name, value);
        return -1;
    }
    return 0;
}

CLI_HANDLER(action)
{
    static QemuOptsList list = {
        .name = "action",
        .head = QTAILQ_HEAD_INITIALIZER(list.head),
        .desc = { { "reboot", QEMU_OPT_STRING }, { "shutdown", QEMU_OPT_STRING },
                  { "panic", QEMU_OPT_STRING }, { "watchdog", QEMU_OPT_STRING }, { NULL } },
    };
    QemuOpts *opts = qemu_opts_parse(&list, arg, false, errp);

    if (opts) {
        qemu_opt_foreach(opts, set_action, NULL, errp);
        qemu_opts_del(opts);
    }
}

CLI_HANDLER(watchdog_action)
{
    watchdog_set_action(arg, errp);
}

CLI_HANDLER(ignore)
{
}

CLI_HANDLER(no_acpi)
{
    cli->without.acpi = true;
}

CLI_HANDLER(no_hpet)
{
    cli->without.hpet = true;
}

CLI_HANDLER(no_fd_bootchk)
{
    cli->without.fd_bootchk = true;
}

CLI_HANDLER(msg)
{
    static QemuOptsList list = {
        .name = "msg",
        .head = QTAILQ_HEAD_INITIALIZER(list.head),
        .desc = {
            { .name = "timestamp", .type = QEMU_OPT_BOOL },
            { .name = "guest-name", .type = QEMU_OPT_BOOL },
            { NULL },
        },
    };
    QemuOpts *opts = qemu_opts_parse(&list, arg, false, errp);

    if (opts) {
        message_with_timestamp = qemu_opt_get_bool(opts, "timestamp", false);
        cli->guest_in_messages = qemu_opt_get_bool(opts, "guest-name", false);
        qemu_opts_del(opts);
    }
}

CLI_HANDLER(rtc)
{
    static QemuOptsList list = {
        .name = "rtc",
        .head = QTAILQ_HEAD_INITIALIZER(list.head),
        .desc = {
            { .name = "base", .type = QEMU_OPT_STRING },
            { .name = "clock", .type = QEMU_OPT_STRING },
            { .name = "driftfix", .type = QEMU_OPT_STRING },
            { NULL },
        },
    };
    QemuOpts *opts = qemu_opts_parse(&list, arg, false, errp);
    const char *clock = opts ? qemu_opt_get(opts, "clock") : NULL;
    const char *base = opts ? qemu_opt_get(opts, "base") : NULL;
    const char *driftfix = opts ? qemu_opt_get(opts, "driftfix") : NULL;

    if (clock && !g_str_equal(clock, "host")) {
        error_setg(errp, "clock '%s' is not supported yet: only 'host' is", clock);
    } else if (driftfix && !g_str_equal(driftfix, "none")) {
        error_setg(errp, "driftfix '%s' is not supported yet: only 'none' is", driftfix);
    } else if (base) {
        rtc_set_base(base, errp);
    }
    qemu_opts_del(opts);
}
