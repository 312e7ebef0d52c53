/*
 * Trace points: what can be followed by name, `-trace PATTERN`, `-d trace:PATTERN`, the monitor's
 * trace-event.
 *
 * A trace point is a name; dots make levels ("io.hawk-smc.SCCFG"). Nobody declares it in advance:
 * whoever has some says how they are listed, and asks before writing whether the name at hand is
 * on. Patterns are kept, so that they hold for devices that come later. While nothing is on, all
 * this costs the asker one look at qemu_loglevel.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_TRACE_H
#define QEMU_TRACE_H

#include "qemu/log.h"

/*
 * Turns on (or off) every name that matches: `*` is any text, `?` any character, and a pattern also
 * covers the levels below what it names. The last pattern that matches a name counts. LOG_TRACE is
 * set in qemu_loglevel while any was turned on. Any thread.
 */
void trace_set(const char *pattern, bool on);
/* Turns all off. */
void trace_forget(void);
/* Whether the name is on. Any thread; quick when it has been asked before. */
bool trace_is_on(const char *name);
bool trace_matches(const char *pattern, const char *name);

/* `add` is to be called with each name; the big lock is held. */
typedef void TraceNameFunc(const char *name, void *data);
typedef struct TraceSource {
    void (*list)(TraceNameFunc *add, void *data);
} TraceSource;

/* Says who has trace points; `source` stays valid. At start-up. */
void trace_add_source(const TraceSource *source);
/* The names that match `pattern` (NULL: all), sorted, each once. Big lock. */
GPtrArray *trace_names(const char *pattern);

/*
 * -trace's and -d trace's argument: [enable=]PATTERN[,events=FILE][,file=LOGFILE]; FILE has a
 * pattern on each line, `-` in front turns off, # begins a comment. Names that nothing has get a
 * warning. False with *errp set: a file can't be read, or an unknown parameter. Big lock.
 */
bool trace_parse_option(const char *arg, Error **errp);

/*
 * Writes "ITEM: cpu0 pc=00001234 symbol+0x10: message" to the log, ITEM being the name of `mask`'s
 * log item or "trace". Lines that come again at once, alone or as a cycle of a few, as from a loop
 * that waits for a device, are counted instead. Any thread.
 */
void trace_log(unsigned mask, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

#endif
