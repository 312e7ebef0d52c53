/*
 * From main() to the exit status: who is made when.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "audio/audiodev.h"
#include "chardev/char.h"
#include "cli.h"
#include "core/qdev-properties.h"
#include "disas/disas.h"
#include "gdbstub/gdbstub.h"
#include "hw/acpi/user-tables.h"
#include "hw/loader.h"
#include "monitor/monitor.h"
#include "net/netdev.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qom/object_interfaces.h"
#include "system/block-backend.h"
#include "system/cpus.h"
#include "system/log-context.h"
#include "system/runstate.h"
#include "system/system.h"
#include "ui/vnc.h"

/* qemu-system-ARCH is a link to this program and knows ARCH's machines. */
static const char *arch_of_program(const char *argv0)
{
    g_autofree char *base = g_path_get_basename(argv0);
    static const char prefix[] = "qemu-system-";

    return g_str_has_prefix(base, prefix) ? g_strdup(base + strlen(prefix)) : NULL;
}

static void termination_handler(int signal, siginfo_t *info, void *context)
{
    static int count;

    if (qatomic_fetch_inc(&count) >= 3) { /* the main loop doesn't answer */
        qemu_term_restore();
        _exit(1);
    }
    qemu_system_killed(signal, info->si_pid);
}

static struct sigaction previous_actions[NSIG];

/* The shell gets its terminal back; then what would have happened without us happens. */
static void ending_handler(int sig, siginfo_t *info, void *context)
{
    qemu_term_restore();
    sigaction(sig, &previous_actions[sig], NULL);
    if (info->si_code <= 0) { /* sent, not caused by an instruction that will fault again */
        raise(sig);
    }
}

/*
 * Every signal that would end the program and that nobody handles, crashes among them. Before the
 * translator's own handler for SIGSEGV, which passes on to this one what it doesn't know.
 */
static void setup_ending_signals(void)
{
    static const int harmless[] = { SIGCHLD, SIGCONT, SIGURG, SIGWINCH,
                                    SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGKILL };
    static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
    struct sigaction sa = { .sa_sigaction = ending_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    bool skip[NSIG] = { false };

    for (size_t i = 0; i < ARRAY_SIZE(harmless); i++) {
        skip[harmless[i]] = true;
    }
    for (int sig = 1; sig < NSIG; sig++) {
        if (!skip[sig] && sigaction(sig, NULL, &previous_actions[sig]) == 0 &&
            previous_actions[sig].sa_handler == SIG_DFL) {
            sigaction(sig, &sa, NULL);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(crashes); i++) { /* a sanitizer's handler comes after ours */
        sigaction(crashes[i], &sa, NULL);
    }
}

static void setup_signals(void)
{
    struct sigaction sa = { .sa_sigaction = termination_handler, .sa_flags = SA_SIGINFO }, before;

    sigemptyset(&sa.sa_mask);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGHUP, NULL, &before);
    if (before.sa_handler != SIG_IGN) { /* nohup(1) */
        sigaction(SIGHUP, &sa, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    setup_ending_signals();
    cli_setup_host_faults(); /* which know more of some of those */
}

static void setup_log(Cli *cli)
{
    Error *err = NULL;

    log_context_init();
    if (cli->log_file && !qemu_set_log_filename(cli->log_file, &err)) {
        cli_fail(err);
    }
    if (cli->log_items && !qemu_log_add(qemu_str_to_log_mask(cli->log_items, NULL), &err)) {
        cli_fail(err);
    }
}

static void machine_reset_hook(ShutdownCause reason)
{
    machine_reset(current_machine, reason);
}

/* A drive for an interface that the board hasn't got is a mistake, not a wish to be ignored. */
static void check_drives(void)
{
    static const char *const advice[IF_COUNT] = {
        [IF_IDE] = "\nSay -drive if=none,id=NAME,... and -device TYPE,drive=NAME instead.",
        [IF_SCSI] = "\n-device virtio-scsi-pci makes a SCSI bus, where the machine has PCI.",
        [IF_SD] = "\n-device sdhci-pci makes a slot for one card, where the machine has PCI.",
    };
    DriveInfo *d = drive_unclaimed();

    if (d) {
        error_report("machine type does not support if=%s,bus=%d,unit=%d (file '%s')%s",
                     drive_if_name(d->type), d->bus, d->unit, d->file,
                     advice[d->type] ? advice[d->type] : "");
        exit(1);
    }
}

/* A line that the board hasn't got would swallow what the user expects there. */
static void check_serials(Cli *cli)
{
    int n = 0;

    for (guint i = 0; i < cli->pending->len; i++) {
        CliPending *p = &g_array_index(cli->pending, CliPending, i);
        Chardev *chr = p->option->handle == cli_serial ? serial_hd(n) : NULL;

        if (chr && !qemu_chr_is_busy(chr) && !g_str_equal(p->arg, "null")) {
            warn_report("%s: machine '%s' has no serial line %d: nothing is connected to it",
                        p->loc, cli->machine_class->name, n);
        }
        n += p->option->handle == cli_serial;
    }
}

static void build_machine(Cli *cli)
{
    Error *err = NULL;

    machine_setup_drives(cli->machine_class);
    cli_run_phase(cli, CLI_OBJECT);
    cli_run_phase(cli, CLI_NUMA);
    cli_run_phase(cli, CLI_CHARDEV);
    cli_run_phase(cli, CLI_NETDEV);
    cli_run_phase(cli, CLI_NIC);
    cli_run_phase(cli, CLI_NET);
    cli_run_phase(cli, CLI_FILTER);
    cli_add_default_network(cli);
    cli_run_phase(cli, CLI_FSDEV);
    cli_run_phase(cli, CLI_AUDIO);
    cli_run_phase(cli, CLI_DRIVE);
    if (!cli->nodefaults) {
        machine_add_default_drives(cli->machine_class);
    }
    cli_run_phase(cli, CLI_MONITOR);
    cli_run_phase(cli, CLI_SERIAL);
    cli_choose_display(cli);
    cli->machine->usb = cli->usb;
    if (!machine_run_board_init(cli->machine, &err)) {
        cli_fail(err);
    }
    cli_set_boot_once(cli);
    cli_add_virtio_disks();
    cli_add_usb_controller(cli);
    cli_run_phase(cli, CLI_DEVICE);
    cli_add_scsi_disks();
    check_drives();
    check_serials(cli);
    net_check_clients();
    qdev_prop_check_globals();
}

/* While the machine stands still, what it has written is on the host's disk. */
static void save_disks_when_stopped(void *opaque, bool running, RunState state)
{
    if (!running) {
        blk_flush_all();
    }
}

static void finish_machine(void)
{
    qemu_add_vm_change_state_handler(save_disks_when_stopped, NULL);
    if (rom_check_and_register_reset() != 0) {
        exit(1);
    }
    qdev_machine_creation_done();
    qemu_machine_reset_hook = machine_reset_hook;
    qemu_run_machine_init_done_notifiers();
    if (acpi_user_tables_are_left()) {
        error_report("-acpitable: machine '%s' has no ACPI tables here",
                     MACHINE_GET_CLASS(current_machine)->name);
        exit(1);
    }
    qemu_system_reset(SHUTDOWN_CAUSE_NONE);
}

static void foreach_option(MonitorOptionFunc *func, void *opaque)
{
    for (const CliOption *o = cli_options; o->name || o->help; o++) {
        if (o->name) {
            func(o->name, o->form, opaque);
        }
    }
}

static void init_layers(const char *argv0)
{
    setlinebuf(stderr);
    error_init(argv0);
    g_set_prgname(error_get_progname());
    qemu_arch_name = arch_of_program(argv0);
    module_call_init(MODULE_INIT_QOM);
    module_call_init(MODULE_INIT_OPTS);
    monitor_init_globals();
    monitor_foreach_option = foreach_option;
    qemu_chr_save_disks = blk_flush_all;
    disas_set_symbol_lookup(lookup_symbol_offset);
}

static void shut_down(Cli *cli)
{
    vm_shutdown();
    cpus_shutdown();
    qemu_run_exit_notifiers();
    monitor_cleanup();
    vnc_cleanup();
    if (cli->display) {
        cli->display->end();
    }
    net_cleanup();
    audio_cleanup();
    qemu_chr_cleanup();
    blk_close_all();
    user_creatable_cleanup();
    if (cli->pidfile) {
        unlink(cli->pidfile);
    }
}

int sysemu_main(int argc, char **argv)
{
    static Cli cli;
    int status;

    cli.parent = getppid();
    cli_init(&cli);
    init_layers(argv[0]);
    cli_parse(&cli, argc, argv);
    if (cli.cpu_help) {
        cli_print_cpus(&cli);
        return 0;
    }

    message_guest_name = cli.guest_in_messages ? qemu_name : NULL;
    cli_check_privileges(&cli);
    cli_fork(&cli);
    qemu_init_main_loop(&error_fatal);
    setup_signals();
    setup_log(&cli);
    cli_create_machine(&cli);
    cli_start_accel(&cli);
    cli_add_default_devices(&cli);
    build_machine(&cli);
    cli_write_pidfile(&cli);
    finish_machine();

    cli_run_phase(&cli, CLI_GDB);
    cli_run_phase(&cli, CLI_SCREEN);
    cli_start_display(&cli);
    cli_drop_privileges(&cli);
    cli_bind_to_parent(&cli);
    cli_enter_sandbox(&cli);
    cli_detach(&cli);
    if (!cli.start_paused && !gdbserver_attached()) {
        vm_start();
    }
    status = qemu_main_loop();
    shut_down(&cli);
    return status;
}
