/*
 * Messages to the person at the terminal.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/shared-line.h"

bool message_with_timestamp;
const char *message_guest_name;

static char *program;        /* NULL: not told yet */
static const char *location; /* what is being worked on; NULL: nothing in particular */
static __thread ErrorSink sink;

/* What a line says about its weight: a monitor shows errors among a command's answers. */
static const struct {
    const char *on_terminal, *in_sink;
} marks[] = {
    [REPORT_ERROR] = { "", "Error: " },
    [REPORT_WARNING] = { "warning: ", "warning: " },
    [REPORT_INFO] = { "info: ", "info: " },
};

void error_init(const char *argv0)
{
    g_free(program);
    program = argv0 && *argv0 ? g_path_get_basename(argv0) : NULL;
    g_set_prgname(error_get_progname());
}

const char *error_get_progname(void)
{
    return program ? program : "sysemu";
}

ErrorSink error_set_sink(ErrorSink new_sink)
{
    ErrorSink before = sink;

    sink = new_sink;
    return before;
}

const char *error_loc_set(const char *loc)
{
    const char *before = location;

    location = loc;
    return before;
}

/* Text in one piece, so that lines of several threads don't mix. */
static void deliver(const char *text)
{
    if (sink.print) {
        sink.print(sink.opaque, text);
    } else {
        shared_line_begin(stderr);
        fputs(text, stderr);
    }
}

int error_vprintf(const char *fmt, va_list ap)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_vprintf(text, fmt, ap);
    deliver(text->str);
    return (int)text->len;
}

int error_printf(const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = error_vprintf(fmt, args);
    va_end(args);
    return len;
}

/* "2026-01-01T00:00:00.000000Z guest program: -device x: ", as far as it is known and wanted. */
static GString *line_start(void)
{
    GString *line = g_string_new(NULL);

    if (message_with_timestamp) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ");

        g_string_append_printf(line, "%s ", time);
    }
    if (message_guest_name) {
        g_string_append_printf(line, "%s ", message_guest_name);
    }
    g_string_append_printf(line, "%s: ", error_get_progname());
    if (location) {
        g_string_append_printf(line, "%s: ", location);
    }
    return line;
}

void report_vmessage(ReportKind kind, const char *fmt, va_list ap)
{
    bool terminal = !sink.print;
    g_autoptr(GString) line = terminal ? line_start() : g_string_new(NULL);

    g_string_append(line, terminal ? marks[kind].on_terminal : marks[kind].in_sink);
    g_string_append_vprintf(line, fmt, ap);
    g_string_append_c(line, '\n');
    deliver(line->str);
}

void report_message(ReportKind kind, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    report_vmessage(kind, fmt, args);
    va_end(args);
}
