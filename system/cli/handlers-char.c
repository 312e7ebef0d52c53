/*
 * Options about character devices: -chardev, -serial, -monitor, -nographic and the defaults.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char.h"
#include "cli.h"
#include "hw/core/device-add.h"
#include "monitor/monitor.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "system/system.h"

static void print_backend(const char *name, void *opaque)
{
    printf("  %s\n", name);
}

CLI_HANDLER(chardev)
{
    QemuOpts *opts;

    if (g_str_equal(arg, "help") || g_str_equal(arg, "?")) {
        printf("Available chardev backend types: \n");
        qemu_chr_foreach_backend(print_backend, NULL);
        exit(0);
    }
    opts = qemu_opts_parse(&qemu_chardev_opts, arg, true, errp);
    if (opts) {
        qemu_chr_new_from_opts(opts, errp);
    }
}

CLI_HANDLER(serial)
{
    g_autofree char *label = g_strdup_printf("serial%d", cli->nb_serials);
    Chardev *chr = qemu_chr_new_from_str(label, arg, true, errp);

    serial_set_hd(cli->nb_serials++, chr);
}

CLI_HANDLER(parallel)
{
    g_autofree char *label = g_strdup_printf("parallel%d", cli->nb_parallels);

    if (g_str_equal(arg, "none")) {
        return;
    }
    if (cli->machine_class->no_parallel) {
        error_setg(errp, "machine '%s' has no parallel port", cli->machine_class->name);
    } else if (cli->nb_parallels == MAX_PARALLEL_PORTS) {
        error_setg(errp, "too many parallel ports: at most %d", MAX_PARALLEL_PORTS);
    } else {
        parallel_hds[cli->nb_parallels++] = qemu_chr_new_from_str(label, arg, true, errp);
    }
}

/* A device of the ISA bus, which -global gives other ports: iobase=. */
CLI_HANDLER(debugcon)
{
    if (!g_str_equal(arg, "none") && qemu_chr_new_from_str("debugcon", arg, true, errp)) {
        device_add_from_str("isa-debugcon,chardev=debugcon", errp);
    }
}

CLI_HANDLER(monitor)
{
    g_autofree char *label = NULL;
    ERRP_GUARD();
    Chardev *chr;

    if (g_str_equal(arg, "none")) {
        return;
    }
    label = g_strdup_printf("compat_monitor%d", cli->nb_monitors++);
    chr = qemu_chr_new_from_str(label, arg, false, errp);
    if (chr) {
        monitor_init_hmp(chr, true, errp);
    }
}

static void put_qmp(Cli *cli, const char *device, bool pretty, Error **errp)
{
    g_autofree char *label = g_strdup_printf("compat_monitor%d", cli->nb_monitors++);
    Chardev *chr = g_str_equal(device, "none")
                       ? NULL : qemu_chr_new_from_str(label, device, false, errp);

    if (chr) {
        monitor_init_qmp(chr, pretty, errp);
    }
}

CLI_HANDLER(qmp)
{
    put_qmp(cli, arg, false, errp);
}

CLI_HANDLER(qmp_pretty)
{
    put_qmp(cli, arg, true, errp);
}

/* [chardev=]ID[,mode=readline|control][,pretty=on|off]: a monitor on a device of -chardev. */
CLI_HANDLER(mon)
{
    static QemuOptsList list = {
        .name = "mon",
        .implied_opt_name = "chardev",
        .head = QTAILQ_HEAD_INITIALIZER(list.head),
        .desc = {
            { .name = "chardev", .type = QEMU_OPT_STRING },
            { .name = "mode", .type = QEMU_OPT_STRING },
            { .name = "pretty", .type = QEMU_OPT_BOOL },
            { NULL },
        },
    };
    g_autoptr(QemuOpts) opts = qemu_opts_parse(&list, arg, true, errp);
    const char *id = opts ? qemu_opt_get(opts, "chardev") : NULL;
    const char *mode = opts ? qemu_opt_get(opts, "mode") : NULL;
    bool control = mode && g_str_equal(mode, "control");
    Chardev *chr = id ? qemu_chr_find(id) : NULL;

    if (!opts) {
        return;
    }
    if (mode && !control && strcmp(mode, "readline")) {
        error_setg(errp, "unknown monitor mode \"%s\": expected 'readline' or 'control'", mode);
    } else if (!control && qemu_opt_get(opts, "pretty")) {
        error_setg(errp, "'pretty' is only for mode 'control'");
    } else if (!chr) {
        error_setg(errp, "chardev \"%s\" not found (see -chardev)", id ? id : "");
    } else if (control) {
        monitor_init_qmp(chr, qemu_opt_get_bool(opts, "pretty", false), errp);
    } else {
        monitor_init_hmp(chr, true, errp);
    }
}

CLI_HANDLER(echr)
{
    unsigned value;

    if (qemu_strtoui(arg, NULL, 0, &value) < 0 || value > 255) {
        error_setg(errp, "expected a character code from 0 to 255");
        return;
    }
    qemu_chr_set_escape_char(value);
}

CLI_HANDLER(nographic)
{
    cli->nographic = true;
    cli_set_machine_prop(cli, "graphics", "off");
}

CLI_HANDLER(nodefaults)
{
    cli->nodefaults = true;
}

/* The option's device is the terminal; of -chardev the back end is. */
static bool is_on_terminal(const CliPending *p)
{
    const char *device = p->arg;

    if (p->option->handle == cli_chardev) {
        return g_regex_match_simple("^stdio(,|$)|(^|,)backend=stdio(,|$)", device, 0, 0);
    }
    if (p->option->phase == CLI_MONITOR || p->option->phase == CLI_SERIAL ||
        p->option->phase == CLI_GDB) {
        return device && (g_str_equal(device, "stdio") || g_str_equal(device, "mon:stdio"));
    }
    return false;
}

/*
 * Without a display (-nographic, or nothing said) the first serial line and the monitor share the
 * terminal; with one, they are text consoles there. What the user has put somewhere isn't made again, and what the user has put on the
 * terminal keeps the defaults off it, in whatever order the options came: then the serial line is
 * not connected, and there is no monitor.
 */
void cli_add_default_devices(Cli *cli)
{
    bool terminal = !cli->daemonize && (cli->nographic || !cli->display_given);
    bool serial = !cli->have_serial && !cli->nodefaults && !cli->machine_class->no_serial;
    bool monitor = !cli->have_monitor && !cli->nodefaults;
    bool console = cli->has_screen && !cli->nographic;

    for (guint i = 0; i < cli->pending->len; i++) {
        const CliPending *p = &g_array_index(cli->pending, CliPending, i);

        terminal &= !is_on_terminal(p);
        if (cli->daemonize && is_on_terminal(p)) {
            error_loc_set(p->loc);
            error_report("with -daemonize there is no terminal: use a socket, pty or file");
            exit(1);
        }
    }
    if (cli->daemonize && cli->nographic && (serial || monitor)) {
        error_report("-nographic puts what isn't said on the terminal, which -daemonize has none "
                     "of: use -display none");
        exit(1);
    }
    if (!cli->have_parallel && !cli->nodefaults && !cli->machine_class->no_parallel) {
        cli_add_pending(cli, "parallel", "null");
    }
    if (serial && terminal && monitor) {
        cli_add_pending(cli, "serial", "mon:stdio");
        return;
    }
    if (monitor && terminal && (cli->nographic || !cli->have_serial)) {
        cli_add_pending(cli, "monitor", "stdio");
    } else if (monitor && console) {
        cli_add_pending(cli, "monitor", "vc");
    }
    if (serial) {
        cli_add_pending(cli, "serial", terminal ? "stdio" : console ? "vc" : "null");
    }
}
