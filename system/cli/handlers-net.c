/*
 * Options about networks: -netdev, -nic, -net and the default.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cli.h"
#include "net/netdev.h"
#include "net/nic-list.h"
#include "system/runstate.h"

/* Answers a question and ends. */
static void answer_questions(const char *arg)
{
    g_autofree char *help = netdev_help(arg);

    if (!help && has_help_value(arg, "model")) {
        help = qdev_nic_models_help();
    }
    if (help) {
        fputs(help, stdout);
        exit(0);
    }
}

CLI_HANDLER(netdev)
{
    answer_questions(arg);
    netdev_add_from_str(arg, errp);
}

CLI_HANDLER(nic)
{
    answer_questions(arg);
    net_nic_from_str(arg, errp);
}

CLI_HANDLER(net)
{
    answer_questions(arg);
    net_legacy_from_str(arg, errp);
}

static void guest_runs(void *opaque, bool running, RunState state)
{
    net_guest_stopped(!running);
}

void cli_add_default_network(Cli *cli)
{
    const char *nic = cli->machine_class->default_nic;

    net_guest_stopped(true);
    qemu_add_vm_change_state_handler(guest_runs, NULL);
    if (!cli->have_network && !cli->nodefaults && nic && object_class_by_name(nic)) {
        net_add_default();
    }
}

bool cli_object_needs_network(const char *arg)
{
    return g_str_has_prefix(arg, "filter-") || g_str_has_prefix(arg, "qom-type=filter-");
}
