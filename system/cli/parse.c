/*
 * Walking argv along the table of options.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cli.h"
#include "net/netdev.h"
#include "qemu/error-report.h"

void cli_fail(Error *err)
{
    error_report_err(err);
    exit(1);
}

void cli_init(Cli *cli)
{
    cli->machine_props = g_array_new(FALSE, FALSE, sizeof(CliProperty));
    cli->accels = g_array_new(FALSE, FALSE, sizeof(CliProperty));
    cli->pending = g_array_new(FALSE, FALSE, sizeof(CliPending));
    cli->boot_wishes.splash_time = cli->boot_wishes.reboot_timeout = -1;
}

void cli_set_machine_prop(Cli *cli, const char *key, const char *value)
{
    CliProperty prop = { g_strdup(key), g_strdup(value), g_strdup(cli->loc) };

    g_array_append_val(cli->machine_props, prop);
}

/* Runs an option's function with messages that name it. */
static void handle(Cli *cli, const CliOption *o, const char *arg, const char *loc)
{
    const char *previous = error_loc_set(loc);
    Error *err = NULL;

    cli->loc = loc;
    o->handle(cli, arg, &err);
    if (err) {
        cli_fail(err);
    }
    cli->loc = NULL;
    error_loc_set(previous);
}

void cli_take_option(Cli *cli, const CliOption *o, const char *arg, const char *loc)
{
    CliPending pending = { o, o->phase, g_strdup(arg), g_strdup(loc) };

    /* Questions need no machine, unless they are about the complete one. */
    if (o->phase == CLI_PARSE || (o->phase < CLI_GDB && arg && has_help_option(arg)) ||
        ((o->phase == CLI_NIC || o->phase == CLI_NET) && has_help_value(arg, "model"))) {
        handle(cli, o, arg, pending.loc);
        g_free(pending.arg);
        g_free(pending.loc);
        return;
    }
    cli->have_serial |= o->handle == cli_serial;
    cli->have_parallel |= o->handle == cli_parallel;
    cli->have_monitor |= o->phase == CLI_MONITOR ||
                         (o->phase == CLI_SERIAL && g_str_has_prefix(arg, "mon:"));
    cli->has_screen |= o->handle == cli_vnc && strcmp(arg, "none");
    cli->display_given |= cli->has_screen;
    cli->have_network |= o->phase == CLI_NETDEV || o->phase == CLI_NIC || o->phase == CLI_NET;
    if (o->handle == cli_object && cli_object_needs_network(arg)) {
        pending.phase = CLI_FILTER;
    }
    g_array_append_val(cli->pending, pending);
}

void cli_add_pending(Cli *cli, const char *name, const char *arg)
{
    g_autofree char *loc = g_strdup_printf("-%s %s", name, arg);

    cli_take_option(cli, cli_find_option(name), arg, loc);
}

void cli_run_phase(Cli *cli, CliPhase phase)
{
    for (guint i = 0; i < cli->pending->len; i++) {
        CliPending *p = &g_array_index(cli->pending, CliPending, i);

        if (p->phase == phase) {
            handle(cli, p->option, p->arg, p->loc);
        }
    }
}

/* advice: a sentence below the message, or NULL */
static void fail_at(const char *loc, const char *message, const char *advice)
{
    Error *err = NULL;

    error_loc_set(loc);
    error_setg(&err, "%s", message);
    if (advice) {
        error_append_hint(&err, "%s\n", advice);
    }
    cli_fail(err);
}

void cli_parse(Cli *cli, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        const char *name = word[0] == '-' ? word + 1 + (word[1] == '-') : NULL;
        const CliOption *o = name ? cli_find_option(name) : NULL;
        bool has_arg = o && o->form;
        g_autofree char *loc = NULL;
        const char *arg;

        if (!name) {
            cli_add_pending(cli, "hda", word); /* a disk image alone is -hda */
            continue;
        }
        if (!o && !cli_lacks_option(name, &has_arg)) {
            fail_at(word, "invalid option", NULL);
        }
        if (has_arg && i + 1 >= argc) {
            fail_at(word, "requires an argument", NULL);
        }
        arg = has_arg ? argv[++i] : NULL;
        loc = arg ? g_strdup_printf("%s %s", word, arg) : g_strdup(word);
        if (o) {
            cli_take_option(cli, o, arg, loc);
        } else if (cli_lack_matters(name, arg)) {
            fail_at(word, "not supported yet", cli_advice(name));
        }
    }
}
