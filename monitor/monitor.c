/*
 * Monitor sessions: input from a character device to the line editor, output that waits until the
 * other side takes it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/cpu.h"
#include "monitor-internal.h"
#include "qemu/error-report.h"
#include "qemu/log.h"

/* While another front end has the terminal, or nobody reads, output is kept; this much of it. */
#define MAX_OUTBUF (4 * MiB)
/* How long a reader may take nothing before the end of the program doesn't wait for it. */
#define MAX_DRAIN_MS 2000

static GPtrArray *monitors;
static Monitor *current;

Monitor *monitor_cur(void)
{
    return current;
}

CPUState *monitor_get_cpu(Monitor *mon)
{
    CPUState *cpu = mon ? qemu_get_cpu(mon->cpu_index) : NULL;

    return cpu ? cpu : first_cpu;
}

/* ---- Output ---- */

static gboolean out_ready(void *unused, GIOCondition condition, void *opaque)
{
    Monitor *mon = opaque;

    mon->out_watch = 0;
    monitor_flush(mon);
    qemu_chr_fe_accept_input(&mon->chr); /* commands may have been waiting for the room */
    return FALSE;
}

void monitor_flush(Monitor *mon)
{
    int n;

    if (!mon || mon->mux_out || mon->outbuf->len == 0 || mon->out_watch) {
        return;
    }
    n = qemu_chr_fe_write(&mon->chr, (uint8_t *)mon->outbuf->str, mon->outbuf->len);
    if (n < 0 && errno != EAGAIN) {
        n = mon->outbuf->len; /* the other side has gone */
    }
    if (n > 0) {
        g_string_erase(mon->outbuf, 0, n);
    }
    if (mon->outbuf->len > 0) {
        mon->out_watch = qemu_chr_fe_add_watch(&mon->chr, G_IO_OUT | G_IO_HUP, out_ready, mon);
    }
}

void monitor_puts(Monitor *mon, const char *str)
{
    if (!mon || mon->outbuf->len > MAX_OUTBUF) {
        return;
    }
    for (; *str; str++) {
        if (*str == '\n') {
            g_string_append_c(mon->outbuf, '\r');
        }
        g_string_append_c(mon->outbuf, *str);
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

/* ---- Input ---- */

static void rl_write(void *opaque, const char *text)
{
    monitor_puts(opaque, text);
}

static void rl_line(void *opaque, const char *line)
{
    Monitor *mon = opaque;
    Monitor *previous = current;
    ErrorSink sink = { sink_print, mon };

    current = mon;
    sink = error_set_sink(sink);
    hmp_handle_line(mon, line);
    error_set_sink(sink);
    current = previous;
    if (!mon->closing && !mon->mux_out) {
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

    return mon->outbuf->len > 64 * KiB && !mon->mux_out ? 0 : 1024;
}

static void monitor_read(void *opaque, const uint8_t *buf, int size)
{
    Monitor *mon = opaque;

    for (int i = 0; i < size && !mon->closing; i++) {
        readline_handle_byte(mon->rl, buf[i]);
    }
}

static void monitor_opened(Monitor *mon)
{
    readline_restart(mon->rl);
    monitor_printf(mon, "sysemu " SYSEMU_VERSION " monitor - type 'help' for more information\n");
    if (!mon->mux_out) {
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
        mon->opened = false;
        g_string_truncate(mon->outbuf, 0);
        break;
    case CHR_EVENT_MUX_IN:
        mon->mux_out = false;
        if (mon->opened) {
            readline_restart(mon->rl);
            readline_show_prompt(mon->rl);
        }
        break;
    case CHR_EVENT_MUX_OUT:
        if (mon->opened) {
            monitor_printf(mon, "\n");
        }
        mon->mux_out = true;
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

char *monitor_run_line(const char *line, int cpu_index)
{
    Monitor mon = {
        .outbuf = g_string_new(NULL),
        .mux_out = true, /* nothing goes out */
        .dump_format = 'x',
        .dump_size = 4,
        .cpu_index = cpu_index,
    };

    mon.rl = readline_new("", &rl_ops, &mon);
    rl_line(&mon, line);
    readline_free(mon.rl);
    remove_carriage_returns(mon.outbuf);
    return g_string_free(mon.outbuf, FALSE);
}

/* ---- Life ---- */

bool monitor_init_hmp(Chardev *chr, bool use_readline, Error **errp)
{
    Monitor *mon = g_new0(Monitor, 1);

    if (!qemu_chr_fe_init(&mon->chr, chr, errp)) {
        g_free(mon);
        return false;
    }
    mon->outbuf = g_string_new(NULL);
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

/* The rest of what a command wrote, as long as the other side takes some of it now and then. */
static void drain(Monitor *mon)
{
    for (int idle = 0; mon->outbuf->len > 0 && !mon->mux_out && idle < MAX_DRAIN_MS;) {
        gsize before = mon->outbuf->len;

        if (mon->out_watch) {
            g_source_remove(mon->out_watch);
            mon->out_watch = 0;
        }
        monitor_flush(mon);
        if (mon->outbuf->len == before) {
            g_usleep(1000);
            idle++;
        } else {
            idle = 0;
        }
    }
}

void monitor_cleanup(void)
{
    for (guint i = 0; monitors && i < monitors->len; i++) {
        Monitor *mon = g_ptr_array_index(monitors, i);

        drain(mon);
        if (mon->out_watch) {
            g_source_remove(mon->out_watch);
        }
        qemu_chr_fe_deinit(&mon->chr, false);
        readline_free(mon->rl);
        g_string_free(mon->outbuf, TRUE);
        g_free(mon);
    }
    g_clear_pointer(&monitors, g_ptr_array_unref);
}
