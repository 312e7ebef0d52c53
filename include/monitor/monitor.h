/*
 * The monitor: HMP, the human's command line, and QMP, the programs'.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "qemu/osdep.h"
#include "chardev/char.h"

/* The monitor whose command is running on this thread, or NULL. */
Monitor *monitor_cur(void);
/* The CPU that `cpu N` selected; NULL if the machine has none. */
CPUState *monitor_get_cpu(Monitor *mon);

/* Puts a human monitor on `chr`; false with *errp set if chr is taken. */
bool monitor_init_hmp(Chardev *chr, bool use_readline, Error **errp);
/* Puts a QMP monitor there; with `pretty` its messages have several lines. */
bool monitor_init_qmp(Chardev *chr, bool pretty, Error **errp);
/*
 * Who knows the command line: calls func(name, form, opaque) for each option, with the form of its
 * argument ("[size=]SIZE", NULL: takes none). Set by the start-up code.
 */
typedef void MonitorOptionFunc(const char *name, const char *form, void *opaque);
extern void (*monitor_foreach_option)(MonitorOptionFunc *func, void *opaque);
/* Installs the monitor's hooks (mon:, error reports); once, before any character device is made. */
void monitor_init_globals(void);
/* Closes all monitors, on the way out. */
void monitor_cleanup(void);

/*
 * Runs one command line as if typed on a monitor whose CPU is `cpu_index`. `done` gets what it
 * printed, and frees it, and the CPU that is chosen now: before this returns (then NULL), or later
 * from the main loop, where a long command runs in slices. monitor_cancel_line() ends one that
 * still runs; `done` is called then.
 */
typedef void MonitorLineDone(void *opaque, char *output, int cpu_index);
Monitor *monitor_start_line(const char *line, int cpu_index, MonitorLineDone *done, void *opaque);
void monitor_cancel_line(Monitor *mon);
/* The same, however long it takes; for tests. The caller frees the output. */
char *monitor_run_line(const char *line, int cpu_index);

/* Output, kept until the other side takes it. mon may be NULL: nothing is printed. */
int monitor_printf(Monitor *mon, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
int monitor_vprintf(Monitor *mon, const char *fmt, va_list ap) G_GNUC_PRINTF(2, 0);
void monitor_puts(Monitor *mon, const char *str);
void monitor_flush(Monitor *mon);

#endif
