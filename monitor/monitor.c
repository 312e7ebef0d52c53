/*
 * Monitor sessions: input from a character device to the line editor, output that waits until the
 * other side takes it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "monitor-internal.h"
#include "qmp.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/timer.h"

/* While another front end has the terminal, or nobody reads, output is kept; this much of it. */
#define MAX_OUTBUF (4 * MiB)
#define MAX_TYPEAHEAD 4096
#define CTRL_C 3

static GPtrArray *monitors;
static Monitor *current;

Monitor *monitor_cur(void)
{
    return current;
}

/* A session begins with CPU 0; what isn't there (any more) is replaced by the first there is. */
CPUState *monitor_get_cpu(Monitor *mon)
{
    CPUState *cpu = mon ? qemu_get_cpu(mon->cpu_index) : NULL;

    return cpu ? cpu : QTAILQ_FIRST(&cpus);
}

/* ---- Output ---- */

static void schedule_job(Monitor *mon);

static void output_taken(void *opaque)
{
    Monitor *mon = opaque;

    qemu_chr_fe_accept_input(&mon->chr); /* commands may have been waiting for the room */
    schedule_job(mon);
}

/* Whether a job has written more than its reader takes for now. */
static bool reader_lags(Monitor *mon)
{
    if (mon->out.held) {
        return !mon->done && mon->out.text->len > MAX_OUTBUF / 2;
    }
    return mon->out.watch && mon->out.text->len > ENOUGH_OUTPUT;
}

void monitor_flush(Monitor *mon)
{
    if (mon) {
        monitor_output_flush(&mon->out);
        schedule_job(mon);
    }
}

void monitor_puts(Monitor *mon, const char *str)
{
    if (!mon || mon->out.text->len > MAX_OUTBUF) {
        return;
    }
    for (; *str; str++) {
        if (*str == '\n') {
            g_string_append_c(mon->out.text, '\r');
        }
        g_string_append_c(mon->out.text, *str);
    }
    monitor_flush(mon);
}

int monitor_vprintf(Monitor *mon, const char *fmt, va_list ap)
{
    g_autofree char *text = g_strdup_vprintf(fmt, ap);

    monitor_puts(mon, text);
    return strlen(text);
}

int monitor_printf(Monitor *mon, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = monitor_vprintf(mon, fmt, ap);
    va_end(ap);
    return n;
}

static void sink_print(void *opaque, const char *text)
{
    monitor_puts(opaque, text);
}

/* ---- Running commands ---- */

/* Errors go to the session whose command runs. */
typedef struct Session {
    Monitor *previous;
    ErrorSink sink;
} Session;

static Session session_begin(Monitor *mon)
{
    Session s = { current, error_set_sink((ErrorSink){ sink_print, mon }) };

    current = mon;
    return s;
}

static void session_end(Session s)
{
    current = s.previous;
    error_set_sink(s.sink);
}

static void free_job(Monitor *mon)
{
    if (mon->job_source) {
        g_source_remove(mon->job_source);
        mon->job_source = 0;
    }
    if (mon->job) {
        error_free(mon->job->err);
        mon->job->free(mon->job);
        mon->job = NULL;
    }
}

/* Steps until the slice is over. False when the job is done. */
static bool run_slice(Monitor *mon)
{
    int64_t end = qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + MONITOR_SLICE_NS;
    bool more;

    do {
        more = mon->job->step(mon->job, mon);
        if (mon->done && mon->out.text->len > MAX_OUTBUF - ENOUGH_OUTPUT) {
            monitor_puts(mon, "\n... and more: too long for one answer\n");
            more = false;
        }
    } while (more && !reader_lags(mon) && qemu_clock_get_ns(QEMU_CLOCK_REALTIME) < end);
    if (mon->job->err) {
        error_report_err(g_steal_pointer(&mon->job->err));
    }
    return more;
}

static void take_typeahead(Monitor *mon);
static void finish_line(Monitor *mon);

/* What comes behind a job: the answer is complete, or the prompt and what was typed meanwhile. */
static void command_done(Monitor *mon)
{
    if (mon->done) {
        finish_line(mon);
    } else if (!mon->closing) {
        if (!mon->out.held) {
            readline_show_prompt(mon->rl);
        }
        take_typeahead(mon);
    }
}

static gboolean job_turn(void *opaque)
{
    Monitor *mon = opaque;
    Session s = session_begin(mon);
    bool more = run_slice(mon);

    session_end(s);
    if (more && !reader_lags(mon)) {
        return G_SOURCE_CONTINUE;
    }
    mon->job_source = 0;
    if (!more) {
        free_job(mon);
        command_done(mon);
    }
    return G_SOURCE_REMOVE;
}

/* Lets the job go on once its reader doesn't lag any more. */
static void schedule_job(Monitor *mon)
{
    if (mon->job && !mon->job_source && !reader_lags(mon)) {
        mon->job_source = g_idle_add_full(G_PRIORITY_DEFAULT, job_turn, mon, NULL);
    }
}

void monitor_start_job(Monitor *mon, MonitorJob *job)
{
    bool more;

    assert(!mon->job);
    mon->job = job;
    mon->job_source = 0;
    more = run_slice(mon);
    if (!more) {
        free_job(mon);
    } else {
        schedule_job(mon);
    }
}

static void cancel_job(Monitor *mon)
{
    free_job(mon);
    g_string_truncate(mon->typeahead, 0);
    monitor_puts(mon, "interrupted\n");
    command_done(mon);
}

typedef struct TextJob {
    MonitorJob job;
    GString *text;
    gsize at;
} TextJob;

static bool text_step(MonitorJob *job, Monitor *mon)
{
    TextJob *t = container_of(job, TextJob, job);
    g_autofree char *part = g_strndup(t->text->str + t->at, 4 * KiB);

    monitor_puts(mon, part);
    t->at += strlen(part);
    return t->at < t->text->len;
}

static void text_free(MonitorJob *job)
{
    TextJob *t = container_of(job, TextJob, job);

    g_string_free(t->text, TRUE);
    g_free(t);
}

void monitor_print_long(Monitor *mon, GString *text)
{
    TextJob *t = g_new0(TextJob, 1);

    *t = (TextJob){ { text_step, text_free }, text, 0 };
    monitor_start_job(mon, &t->job);
}

/* ---- Input ---- */

static void rl_write(void *opaque, const char *text)
{
    monitor_puts(opaque, text);
}

static void rl_line(void *opaque, const char *line)
{
    Monitor *mon = opaque;
    Session s = session_begin(mon);

    hmp_handle_line(mon, line);
    session_end(s);
    if (!mon->closing && !mon->out.held && !mon->job) {
        readline_show_prompt(mon->rl);
    }
}

static void rl_complete(void *opaque, const char *line, GPtrArray *matches, size_t *word_start)
{
    hmp_complete(opaque, line, matches, word_start);
}

static const ReadLineOps rl_ops = {
    .write = rl_write,
    .line = rl_line,
    .complete = rl_complete,
};

/* A command whose output nobody takes keeps further ones waiting. */
static int monitor_can_read(void *opaque)
{
    Monitor *mon = opaque;

    if (mon->job) {
        return MAX_TYPEAHEAD - mon->typeahead->len; /* Ctrl-C must come through */
    }
    return mon->out.text->len > ENOUGH_OUTPUT && !mon->out.held ? 0 : 1024;
}

static void take_typeahead(Monitor *mon)
{
    gsize n = 0;

    while (n < mon->typeahead->len && !mon->job && !mon->closing) {
        readline_handle_byte(mon->rl, mon->typeahead->str[n++]);
    }
    g_string_erase(mon->typeahead, 0, n);
    qemu_chr_fe_accept_input(&mon->chr);
}

static void monitor_read(void *opaque, const uint8_t *buf, int size)
{
    Monitor *mon = opaque;

    for (int i = 0; i < size && !mon->closing; i++) {
        if (!mon->job) {
            readline_handle_byte(mon->rl, buf[i]);
        } else if (buf[i] == CTRL_C) {
            cancel_job(mon);
        } else {
            g_string_append_c(mon->typeahead, buf[i]);
        }
    }
}

static void monitor_opened(Monitor *mon)
{
    /* what the one before had sent isn't this one's */
    free_job(mon);
    monitor_output_unwatch(&mon->out);
    g_string_truncate(mon->typeahead, 0);
    g_string_truncate(mon->out.text, 0);
    readline_restart(mon->rl);
    monitor_printf(mon, "sysemu " SYSEMU_VERSION " monitor - type 'help' for more information\n");
    if (!mon->out.held) {
        readline_show_prompt(mon->rl);
    }
    mon->opened = true;
}

static void monitor_event(void *opaque, QEMUChrEvent event)
{
    Monitor *mon = opaque;

    switch (event) {
    case CHR_EVENT_OPENED:
        monitor_opened(mon);
        break;
    case CHR_EVENT_CLOSED:
        /*
         * What has been sent is done all the same: a script ends behind its last command, a client
         * may not wait for answers. Output goes on where only the input has ended, as a pipe's.
         */
        mon->opened = false;
        monitor_output_unwatch(&mon->out);
        monitor_flush(mon);
        schedule_job(mon);
        break;
    case CHR_EVENT_MUX_IN:
        mon->out.held = false;
        if (mon->job) {
            monitor_flush(mon);
        } else if (mon->opened) {
            readline_restart(mon->rl);
            readline_show_prompt(mon->rl);
        }
        break;
    case CHR_EVENT_MUX_OUT:
        if (mon->opened) {
            monitor_printf(mon, "\n");
        }
        mon->out.held = true;
        break;
    case CHR_EVENT_BREAK:
        break;
    }
}

/* ---- A session of one command ---- */

/* In one pass: replacing one by one takes the square of the text's length. */
static void remove_carriage_returns(GString *text)
{
    gsize kept = 0;

    for (gsize i = 0; i < text->len; i++) {
        if (text->str[i] != '\r') {
            text->str[kept++] = text->str[i];
        }
    }
    g_string_truncate(text, kept);
}

/* Whoever started it gets the output and the session is gone. */
static void finish_line(Monitor *mon)
{
    MonitorLineDone *done = mon->done;
    void *opaque = mon->done_opaque;
    int cpu_index = mon->cpu_index;
    char *output;

    remove_carriage_returns(mon->out.text);
    output = g_string_free(mon->out.text, FALSE);
    g_string_free(mon->typeahead, TRUE);
    readline_free(mon->rl);
    g_free(mon);
    done(opaque, output, cpu_index);
}

Monitor *monitor_start_line(const char *line, int cpu_index, MonitorLineDone *done, void *opaque)
{
    Monitor *mon = g_new0(Monitor, 1);

    *mon = (Monitor){
        .out = { .text = g_string_new(NULL), .held = true }, /* nothing goes out */
        .typeahead = g_string_new(NULL),
        .dump_format = 'x',
        .dump_size = 4,
        .cpu_index = cpu_index,
        .done = done,
        .done_opaque = opaque,
    };
    mon->rl = readline_new("", &rl_ops, mon);
    rl_line(mon, line);
    if (mon->job) {
        return mon;
    }
    finish_line(mon);
    return NULL;
}

void monitor_cancel_line(Monitor *mon)
{
    cancel_job(mon);
}

static void keep_output(void *opaque, char *output, int cpu_index)
{
    *(char **)opaque = output;
}

char *monitor_run_line(const char *line, int cpu_index)
{
    char *output = NULL;
    Monitor *mon = monitor_start_line(line, cpu_index, keep_output, &output);

    while (mon && run_slice(mon)) {
        continue;
    }
    if (mon) {
        free_job(mon);
        finish_line(mon);
    }
    return output;
}

/* ---- Life ---- */

bool monitor_init_hmp(Chardev *chr, bool use_readline, Error **errp)
{
    Monitor *mon = g_new0(Monitor, 1);

    if (!qemu_chr_fe_init(&mon->chr, chr, errp)) {
        g_free(mon);
        return false;
    }
    mon->out = (MonitorOutput){
        &mon->chr, g_string_new(NULL), .taken = output_taken, .opaque = mon,
    };
    mon->typeahead = g_string_new(NULL);
    mon->rl = readline_new("(qemu) ", &rl_ops, mon);
    mon->dump_format = 'x';
    mon->dump_size = 4;
    monitors = monitors ? monitors : g_ptr_array_new();
    g_ptr_array_add(monitors, mon);
    qemu_chr_fe_set_handlers(&mon->chr, monitor_can_read, monitor_read, monitor_event, NULL, mon,
                             NULL, true);
    return true;
}

static void attach_monitor(Chardev *chr, Error **errp)
{
    monitor_init_hmp(chr, true, errp);
}

void monitor_init_globals(void)
{
    qemu_chr_attach_monitor = attach_monitor;
}

void monitor_cleanup(void)
{
    qmp_cleanup();
    for (guint i = 0; monitors && i < monitors->len; i++) {
        Monitor *mon = g_ptr_array_index(monitors, i);

        free_job(mon);
        monitor_output_drain(&mon->out);
        qemu_chr_fe_deinit(&mon->chr, false);
        readline_free(mon->rl);
        g_string_free(mon->out.text, TRUE);
        g_string_free(mon->typeahead, TRUE);
        g_free(mon);
    }
    g_clear_pointer(&monitors, g_ptr_array_unref);
}
