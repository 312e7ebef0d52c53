/*
 * The human monitor's inside: sessions, the command table, typed arguments.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef MONITOR_INTERNAL_H
#define MONITOR_INTERNAL_H

#include "chardev/char-fe.h"
#include "monitor/monitor.h"
#include "qapi/error.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "readline.h"

/*
 * Work of a command that may take longer than a screen refresh. The main loop does it in slices,
 * between which everything else goes on; the session's next command waits, Ctrl-C ends it.
 */
typedef struct MonitorJob {
    /*
     * Does a part that takes well under a millisecond. False: that was the last one, and if the
     * work has failed, job->err says why. mon is NULL where there is no session of a person (QMP).
     */
    bool (*step)(struct MonitorJob *job, Monitor *mon);
    void (*free)(struct MonitorJob *job);
    Error *err;
} MonitorJob;

/* Output that waits until the other side takes it. */
typedef struct MonitorOutput {
    CharBackend *chr;
    GString *text;
    guint watch; /* the other side takes nothing at present */
    bool held;   /* another front end of the mux has the terminal: nothing goes out */
    void (*taken)(void *opaque); /* there is room again */
    void *opaque;
} MonitorOutput;

/* With more than this waiting, commands wait too. */
#define ENOUGH_OUTPUT (64 * KiB)
/*
 * How long the work of one session holds the main loop at a time: a fraction of a screen refresh.
 */
#define MONITOR_SLICE_NS (4 * SCALE_MS)

/* Writes what goes now; watches for the rest. */
void monitor_output_flush(MonitorOutput *out);
void monitor_output_unwatch(MonitorOutput *out);
/* The rest, on the way out, as long as the other side takes some of it now and then. */
void monitor_output_drain(MonitorOutput *out);

struct Monitor {
    CharBackend chr;
    ReadLine *rl;
    MonitorJob *job;    /* NULL: the prompt is there */
    guint job_source;   /* 0 while the job waits for the reader of its output */
    GString *typeahead; /* what came while the job ran */
    MonitorLineDone *done; /* a session of one line: who gets its output */
    void *done_opaque;
    MonitorOutput out;
    bool opened;       /* the banner has been shown */
    bool closing;      /* `quit`: what was typed behind it is dropped */
    int cpu_index;
    char dump_format;  /* of x, xp and print: remembered from the last one */
    int dump_size;
};

/* ---- Commands ---- */

typedef struct HMPArgs HMPArgs;

/*
 * One row for each command. args_type describes the arguments, "name:T,name:T?,...":
 *   s  a word, or a "quoted string"      F  a file name
 *   S  the rest of the line              l  an expression (64 bits)
 *   i  an expression that fits in 32     b  on or off
 *   -x the flag -x                       /  a format, "/Nxb"
 *   -xs the flag -x with a word behind it
 * A ? behind the type: may be left out.
 */
typedef struct HMPCommand {
    const char *name; /* aliases behind "|" */
    const char *args_type;
    const char *params; /* shown in help */
    const char *help;
    void (*cmd)(Monitor *mon, const HMPArgs *args);
    /* `info` rows: appends the answer; printing it is not their business. */
    void (*info)(Monitor *mon, const HMPArgs *args, GString *out);
    const struct HMPCommand *sub_table;
    /* Adds possible values of the first argument that begin with `word`. */
    void (*complete)(GPtrArray *matches, const char *word);
} HMPCommand;

/*
 * Begins a job, which is the session's then; small ones are over when this returns. To be called
 * last by a command.
 */
void monitor_start_job(Monitor *mon, MonitorJob *job);
/* Prints a text of any length, as its reader takes it. Takes over the text; may start a job. */
void monitor_print_long(Monitor *mon, GString *text);

extern const HMPCommand hmp_commands[];
extern const HMPCommand hmp_info_commands[];

typedef struct HMPFormat {
    int count;
    char format; /* x d u o c i s */
    int size;    /* bytes */
} HMPFormat;

bool hmp_arg_given(const HMPArgs *args, const char *name);
/* NULL if not given. */
const char *hmp_arg_str(const HMPArgs *args, const char *name);
int64_t hmp_arg_int(const HMPArgs *args, const char *name, int64_t defval);
bool hmp_arg_bool(const HMPArgs *args, const char *name);
/* What was given, or the session's remembered one, count 1. */
HMPFormat hmp_arg_format(const HMPArgs *args, Monitor *mon);

/* Runs one line. */
void hmp_handle_line(Monitor *mon, const char *line);
void hmp_complete(Monitor *mon, const char *line, GPtrArray *matches, size_t *word_start);
void hmp_help(Monitor *mon, const char *topic);

/* hmp-args.c: `p` is behind the command's name. NULL with *errp set on failure. */
HMPArgs *hmp_args_parse(Monitor *mon, const HMPCommand *cmd, const char *p, Error **errp);
void hmp_args_free(HMPArgs *args);
/* The next word of *pp, blanks skipped, quotes understood; NULL at the end or (*errp set) on an
 * open quote. */
char *hmp_get_word(const char **pp, Error **errp);

/* A file of the host, emptied or made with @mode, to write to. NULL with errno set, also for a FIFO
 * that nobody reads. */
FILE *monitor_open_output(const char *name, mode_t mode);

/* ---- What commands of both kinds do ---- */

/*
 * Writes guest memory to a file, at virtual addresses of a CPU, or physical ones with cpu NULL.
 * NULL with *errp set if it can't begin.
 */
MonitorJob *monitor_save_job(CPUState *cpu, uint64_t addr, uint64_t size, const char *filename,
                             Error **errp);

typedef struct DumpRequest {
    const char *filename;
    bool paging;
    bool have_begin, have_length;
    uint64_t begin, length;
} DumpRequest;
/* The guest's RAM and registers as a core file; it is stopped meanwhile. */
MonitorJob *monitor_dump_job(CPUState *cpu, const DumpRequest *request, Error **errp);

/* Lets the guest go on; false with *errp set if it can't. */
bool monitor_cont(Error **errp);
/* By path, absolute or partial. */
Object *monitor_resolve(const char *path, Error **errp);

/* Keys that are pressed together, and how long (ms of guest time). */
#define MAX_KEYS        16
#define KEY_HOLD_MS     100
#define MAX_KEY_HOLD_MS 60000
/* By a display device's id and the number of its screen; NULL: the first of all. */
struct Console *monitor_find_console(const char *device, int64_t head, Error **errp);

/* Of a display server of that protocol; false with *errp set. */
bool monitor_set_password(const char *protocol, const char *display, const char *password,
                          const char *connected, Error **errp);
bool monitor_expire_password(const char *protocol, const char *display, const char *when,
                             Error **errp);

/* ---- Answers as data or text ---- */

CPUState *monitor_cpu_or_fail(Monitor *mon, Error **errp);
bool monitor_get_register(void *mon, const char *name, uint64_t *value);
void print_value_text(HMPFormat fmt, int64_t value, GString *out);

/* Values of arguments that begin with `word`. */
void complete_object_types(GPtrArray *matches, const char *word);
void complete_object_ids(GPtrArray *matches, const char *word);
void complete_device_types(GPtrArray *matches, const char *word);
void complete_device_ids(GPtrArray *matches, const char *word);
void complete_drives(GPtrArray *matches, const char *word);
void complete_trace_names(GPtrArray *matches, const char *word);
void complete_netdev_kinds(GPtrArray *matches, const char *word);
void complete_netdev_ids(GPtrArray *matches, const char *word);
void complete_network_clients(GPtrArray *matches, const char *word);
void complete_user_networks(GPtrArray *matches, const char *word);
void complete_key_names(GPtrArray *matches, const char *word);

/* Handlers. */
#define HMP_CMD(n)  void hmp_##n(Monitor *mon, const HMPArgs *args)
#define HMP_INFO(n) void hmp_info_##n(Monitor *mon, const HMPArgs *args, GString *out)
HMP_CMD(help_cmd);
HMP_CMD(info_help);
HMP_CMD(quit);
HMP_CMD(stop);
HMP_CMD(cont);
HMP_CMD(system_reset);
HMP_CMD(system_wakeup);
HMP_CMD(system_powerdown);
HMP_CMD(log);
HMP_CMD(logfile);
HMP_CMD(print);
HMP_CMD(memory_dump);
HMP_CMD(physical_memory_dump);
HMP_CMD(cpu);
HMP_CMD(sum);
HMP_CMD(memsave);
HMP_CMD(port_read);
HMP_CMD(port_write);
HMP_CMD(dump_guest_memory);
HMP_CMD(trace_event);
HMP_CMD(singlestep);
HMP_CMD(nmi);
HMP_CMD(watchdog_action);
HMP_CMD(chardev_add);
HMP_CMD(chardev_change);
HMP_CMD(pmemsave);
HMP_CMD(gdbserver);
HMP_CMD(gva2gpa);
HMP_CMD(balloon);
HMP_CMD(boot_set);
HMP_CMD(chardev_send_break);
HMP_CMD(chardev_remove);
HMP_CMD(ringbuf_read);
HMP_CMD(object_add);
HMP_CMD(object_del);
HMP_CMD(device_add);
HMP_CMD(device_del);
HMP_CMD(qom_list);
HMP_CMD(qom_get);
HMP_CMD(qom_set);
HMP_CMD(dumpdtb);
HMP_CMD(block_job_cancel);
HMP_CMD(block_job_complete);
HMP_CMD(block_job_pause);
HMP_CMD(block_job_resume);
HMP_CMD(block_job_set_speed);
HMP_CMD(block_resize);
HMP_CMD(block_stream);
HMP_CMD(change);
HMP_CMD(commit);
HMP_CMD(drive_add);
HMP_CMD(drive_backup);
HMP_CMD(drive_mirror);
HMP_CMD(drive_del);
HMP_CMD(eject);
HMP_CMD(netdev_add);
HMP_CMD(netdev_del);
HMP_CMD(set_link);
HMP_CMD(hostfwd_add);
HMP_CMD(hostfwd_remove);
HMP_CMD(expire_password);
HMP_CMD(mouse_button);
HMP_CMD(mouse_move);
HMP_CMD(mouse_set);
HMP_CMD(screendump);
HMP_CMD(sendkey);
HMP_CMD(set_password);
HMP_INFO(balloon);
HMP_INFO(block);
HMP_INFO(block_jobs);
HMP_INFO(blockstats);
HMP_INFO(chardev);
HMP_INFO(cpus);
HMP_INFO(history);
HMP_INFO(hotpluggable_cpus);
HMP_INFO(iothreads);
HMP_INFO(irq);
HMP_INFO(jit);
HMP_INFO(log);
HMP_INFO(memdev);
HMP_INFO(memory_devices);
HMP_INFO(vm_generation_id);
HMP_INFO(memory_size_summary);
HMP_INFO(mice);
HMP_INFO(mtree);
HMP_INFO(network);
HMP_INFO(numa);
HMP_INFO(ramblock);
HMP_INFO(name);
HMP_INFO(pci);
HMP_INFO(pic);
HMP_INFO(lapic);
HMP_INFO(qdm);
HMP_INFO(qom_tree);
HMP_INFO(qtree);
HMP_INFO(registers);
HMP_INFO(roms);
HMP_INFO(status);
HMP_INFO(tlb);
HMP_INFO(trace_events);
HMP_INFO(usb);
HMP_INFO(usernet);
HMP_INFO(uuid);
HMP_INFO(version);
HMP_INFO(vnc);

#endif
