/*
 * The command line: one table of options, what they left behind, and the order of start-up.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_CLI_H
#define SYSTEM_CLI_H

#include "qemu/osdep.h"
#include "accel/tcg/tcg-accel.h"
#include "hw/boards.h"
#include "qapi/error.h"
#include "qemu/option.h"
#include "system/block-backend.h"
#include "ui/display.h"

/* When an option takes effect. Options of one phase do so in the order given. */
typedef enum CliPhase {
    CLI_PARSE,   /* as it is read */
    CLI_OBJECT,
    CLI_NUMA,    /* backends are there */
    CLI_CHARDEV,
    CLI_NETDEV,
    CLI_NIC,
    CLI_NET,
    CLI_FILTER,  /* those of -object that are about networks, whose back ends are there */
    CLI_FSDEV,
    CLI_AUDIO,
    CLI_DRIVE,
    CLI_MONITOR,
    CLI_SERIAL,
    CLI_DEVICE,  /* the board is there */
    CLI_GDB,     /* the machine is complete */
    CLI_SCREEN,  /* the same; behind it, privileges are dropped */
} CliPhase;

typedef struct Cli Cli;

typedef struct CliOption {
    const char *name;
    const char *form; /* of its argument: "FILE", "[size=]SIZE"; NULL: takes none */
    CliPhase phase;
    /* arg is NULL without a form. *errp: reported behind the option's name, exit 1. */
    void (*handle)(Cli *cli, const char *arg, Error **errp);
    const char *help; /* sentences, and '\n' between paragraphs; NULL: a second name */
    bool listed;      /* `help` as the argument lists what it can be */
} CliOption;

/* Ends with an empty row. A row with nothing but help is a heading. */
extern const CliOption cli_options[];

/* -machine's and other options' property settings, applied once the machine object exists. */
typedef struct CliProperty {
    char *key;
    char *value;
    char *loc; /* "-machine VMC,foo=1" */
} CliProperty;

/* -sandbox: differences from what is there without it. sandbox.c */
typedef struct Sandbox {
    char *loc; /* NULL: not given */
    bool off;
    bool changed[4]; /* keys that the user has the other way round */
} Sandbox;

/* An option that waits for its phase. */
typedef struct CliPending {
    const CliOption *option;
    CliPhase phase; /* the option's, unless its argument says otherwise */
    char *arg;
    char *loc;
} CliPending;

struct Cli {
    const char *loc; /* the option that is being handled, for messages */

    char *machine_type;
    GArray *machine_props; /* CliProperty */
    GArray *pending;       /* CliPending */

    char *cpu_model;
    uint64_t ram_size; /* bytes, 0: the board's default */
    uint64_t ram_slots, max_ram_size; /* 0: not given */
    char *ram_loc;
    SMPConfiguration smp;
    GArray *accels; /* CliProperty: value "tcg[,options]" or "kvm:tcg"; the first that is there */
    TCGIcountOptions icount;
    char *smp_loc, *cpu_loc, *machine_loc;
    char *boot_order, *boot_order_loc;
    char *boot_once, *boot_once_loc;
    BootConfiguration boot_wishes; /* all but the order */
    const char *boot_wish;         /* the key of one of them, NULL: none was given */
    char *boot_wish_loc;
    char *mem_path;

    bool guest_in_messages; /* -msg guest-name=on */
    bool singlestep;
    bool perf_map, jit_dump;
    bool nographic;
    bool display_given;
    const DisplayKind *display; /* a window; NULL: none */
    char *display_options, *display_loc;
    bool has_screen; /* somebody may look at text consoles: -vnc */
    bool nodefaults;
    bool usb; /* a controller is wanted */
    /* Properties of the machine that are to be off, if it has them. */
    struct { bool acpi, hpet, fd_bootchk; } without;
    bool have_serial, have_parallel, have_monitor, have_network;
    bool start_paused;
    bool machine_help;
    char *machine_help_arg;
    bool cpu_help;
    char *pidfile, *pidfile_loc;
    bool daemonize;
    char *run_as, *run_as_loc; /* -runas */
    char *root, *root_loc;     /* -chroot */
    bool end_with_parent;      /* -run-with exit-with-parent=on */
    pid_t parent;              /* who started the program */
    Sandbox sandbox;
    char *log_items;
    char *log_file;
    char *log_filter;
    int nb_serials;
    int nb_parallels;
    int nb_monitors;

    MachineClass *machine_class;
    MachineState *machine;
};

/* Empty lists; to be called before anything else. */
void cli_init(Cli *cli);
/* Reads argv; reports a mistake and exits with status 1. */
void cli_parse(Cli *cli, int argc, char **argv);
/* Takes an option that stands elsewhere; `loc` names it in messages. A mistake ends the process. */
void cli_take_option(Cli *cli, const CliOption *o, const char *arg, const char *loc);
/* Lets the options of `phase` take effect; a failure is reported and ends the process. */
void cli_run_phase(Cli *cli, CliPhase phase);
/* Adds an option as if it had been given; for defaults. */
void cli_add_pending(Cli *cli, const char *name, const char *arg);
/* NULL if there is none of that name. */
const CliOption *cli_find_option(const char *name);
/* An option that QEMU has and we lack; *has_arg is set if so. */
bool cli_lacks_option(const char *name, bool *has_arg);
/* Of such an option: false if `arg` (may be NULL) asks for what is the case anyway. */
bool cli_lack_matters(const char *name, const char *arg);
/* Of such an option: what to do instead, a sentence; NULL if there is nothing to say. */
const char *cli_advice(const char *name);
void cli_set_machine_prop(Cli *cli, const char *key, const char *value);
G_NORETURN_ATTR void cli_fail(Error *err);

/* The table for people: -help, and "man", "bash" or "zsh"; false if `format` is none of them. */
void cli_print_help(void);
bool cli_print_docs(const char *format);
void cli_print_version(void);

/* Handlers, by concern. */
#define CLI_HANDLER(name) void cli_##name(Cli *cli, const char *arg, Error **errp)
CLI_HANDLER(help);
CLI_HANDLER(version);
CLI_HANDLER(docs);
CLI_HANDLER(machine);
CLI_HANDLER(cpu);
CLI_HANDLER(accel);
CLI_HANDLER(icount);
CLI_HANDLER(singlestep);
CLI_HANDLER(perf_map);
CLI_HANDLER(jit_dump);
CLI_HANDLER(smp);
CLI_HANDLER(memory);
CLI_HANDLER(mem_path);
CLI_HANDLER(mem_prealloc);
CLI_HANDLER(numa);
CLI_HANDLER(boot);
CLI_HANDLER(bios);
CLI_HANDLER(kernel);
CLI_HANDLER(initrd);
CLI_HANDLER(append);
CLI_HANDLER(dtb);
CLI_HANDLER(global);
CLI_HANDLER(object);
CLI_HANDLER(device);
CLI_HANDLER(fw_cfg);
CLI_HANDLER(option_rom);
CLI_HANDLER(smbios);
CLI_HANDLER(acpitable);
CLI_HANDLER(drive);
CLI_HANDLER(pflash);
CLI_HANDLER(blockdev);
CLI_HANDLER(snapshot);
CLI_HANDLER(fsdev);
CLI_HANDLER(virtfs);
CLI_HANDLER(usb);
CLI_HANDLER(usbdevice);
CLI_HANDLER(hda);
CLI_HANDLER(hdb);
CLI_HANDLER(hdc);
CLI_HANDLER(hdd);
CLI_HANDLER(cdrom);
CLI_HANDLER(fda);
CLI_HANDLER(fdb);
CLI_HANDLER(sd);
CLI_HANDLER(mtdblock);
CLI_HANDLER(chardev);
CLI_HANDLER(netdev);
CLI_HANDLER(nic);
CLI_HANDLER(net);
CLI_HANDLER(serial);
CLI_HANDLER(parallel);
CLI_HANDLER(debugcon);
CLI_HANDLER(monitor);
CLI_HANDLER(mon);
CLI_HANDLER(qmp);
CLI_HANDLER(qmp_pretty);
CLI_HANDLER(echr);
CLI_HANDLER(gdb);
CLI_HANDLER(gdb_default);
CLI_HANDLER(nographic);
CLI_HANDLER(display);
CLI_HANDLER(vnc);
CLI_HANDLER(vga);
CLI_HANDLER(layout);
CLI_HANDLER(audiodev);
CLI_HANDLER(audio);
CLI_HANDLER(name);
CLI_HANDLER(start_paused);
CLI_HANDLER(log_items);
CLI_HANDLER(log_file);
CLI_HANDLER(log_filter);
CLI_HANDLER(data_dir);
CLI_HANDLER(no_reboot);
CLI_HANDLER(no_shutdown);
CLI_HANDLER(action);
CLI_HANDLER(watchdog_action);
CLI_HANDLER(nodefaults);
CLI_HANDLER(ignore);
CLI_HANDLER(no_acpi);
CLI_HANDLER(no_hpet);
CLI_HANDLER(no_fd_bootchk);
CLI_HANDLER(pidfile);
CLI_HANDLER(daemonize);
CLI_HANDLER(run_with);
CLI_HANDLER(sandbox);
CLI_HANDLER(readconfig);
CLI_HANDLER(runas);
CLI_HANDLER(chroot);
CLI_HANDLER(add_fd);
CLI_HANDLER(uuid);
CLI_HANDLER(msg);
CLI_HANDLER(rtc);
CLI_HANDLER(symbols);
CLI_HANDLER(trace);

/* The machine object, its properties, CPU, memory and accelerator. */
void cli_create_machine(Cli *cli);
void cli_start_accel(Cli *cli);
void cli_print_cpus(Cli *cli);

/*
 * Says what a -drive without if= became; refuses a disk's image as a flash chip or NVRAM. Reports
 * name the option that is being handled.
 */
void cli_check_implied_drive(Cli *cli, const DriveInfo *d, Error **errp);
/* A device for each -drive if=virtio. Ends the program if there can't be one. */
void cli_add_virtio_disks(void);
/* The same for if=scsi; those for which there is no bus stay what they are. */
void cli_add_scsi_disks(void);
/* The USB controller, if one is wanted and there is none. */
void cli_add_usb_controller(Cli *cli);

/* -boot once=, once the board is there. */
void cli_set_boot_once(Cli *cli);

/* -serial, -monitor and their defaults. */
void cli_add_default_devices(Cli *cli);
/* Which graphics card a board with a place for one is to make. */
void cli_choose_display(Cli *cli);
/* Opens the window that -display asks for; a failure ends the process. */
void cli_start_display(Cli *cli);
/* The network that the machine has if no option is about networks. */
void cli_add_default_network(Cli *cli);
/* Of -object's argument: it can be made only when the back ends of networks are there. */
bool cli_object_needs_network(const char *arg);

/* Everything from main() to the exit status. */
int sysemu_main(int argc, char **argv);

/* ---- process.c ---- */

/*
 * -daemonize: goes on in a child without a terminal; the caller's process waits for cli_detach(),
 * and ends with status 0 then, or with 1 if the child ends before. To be called while there is one
 * thread.
 */
void cli_fork(Cli *cli);
/* Everything is there: the standard streams go nowhere from now on, and whoever waits may go on. */
void cli_detach(Cli *cli);
/* -pidfile: reports a failure and exits. */
void cli_write_pidfile(Cli *cli);
/* -run-with exit-with-parent=on: whoever started us takes us with it. A failure ends the process. */
void cli_bind_to_parent(Cli *cli);
/* -chroot and -runas; a failure is reported and ends the process. */
void cli_drop_privileges(Cli *cli);
/*
 * Those options are possible; else it is reported, and the process ends. Before anything is made.
 */
void cli_check_privileges(Cli *cli);

/* ---- sandbox.c ---- */

/*
 * From here on system calls that are of no use to a running machine fail with EPERM, in all threads and their children. Reports a
 * host that can't do that, and ends the process, if it was asked for.
 */
void cli_enter_sandbox(Cli *cli);

/* ---- host-faults.c ---- */

/*
 * From here on, what the host takes away ends the program with one line that names the object, and
 * exit status 1, instead of a signal: a file behind guest memory that somebody has shortened, a
 * file system without room for its pages, memory or threads that the host refuses. A write over the
 * limit for files fails with EFBIG. To be called after other handlers for SIGBUS, which get what
 * isn't about guest memory.
 */
void cli_setup_host_faults(void);

#endif
