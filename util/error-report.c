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

static char *progname;
static __thread ErrorSink error_sink;
static const char *error_loc;

void error_init(const char *argv0)
{
    g_free(progname);
    progname = g_path_get_basename(argv0 && *argv0 ? argv0 : "sysemu");
    g_set_prgname(progname);
}

const char *error_get_progname(void)
{
    return progname ? progname : "sysemu";
}

ErrorSink error_set_sink(ErrorSink sink)
{
    ErrorSink old = error_sink;

    error_sink = sink;
    return old;
}

const char *error_loc_set(const char *loc)
{
    const char *old = error_loc;

    error_loc = loc;
    return old;
}

int error_vprintf(const char *fmt, va_list ap)
{
    if (error_sink.print) {
        g_autofree char *text = g_strdup_vprintf(fmt, ap);

        error_sink.print(error_sink.opaque, text);
        return (int)strlen(text);
    }
    shared_line_begin(stderr);
    return vfprintf(stderr, fmt, ap);
}

int error_printf(const char *fmt, ...)
{
    va_list ap;
    int ret;

    va_start(ap, fmt);
    ret = error_vprintf(fmt, ap);
    va_end(ap);
    return ret;
}

/* One complete line in one write, so that lines of several threads don't mix. */
static void G_GNUC_PRINTF(2, 0) report(const char *kind, const char *fmt, va_list ap)
{
    g_autoptr(GString) line = g_string_new(NULL);

    if (message_with_timestamp && !error_sink.print) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *stamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ ");

        g_string_append(line, stamp);
    }
    if (!error_sink.print) {
        if (message_guest_name) {
            g_string_append_printf(line, "%s ", message_guest_name);
        }
        g_string_append_printf(line, "%s: ", error_get_progname());
        if (error_loc) {
            g_string_append_printf(line, "%s: ", error_loc);
        }
    }
    g_string_append(line, kind);
    g_string_append_vprintf(line, fmt, ap);
    g_string_append_c(line, '\n');
    error_printf("%s", line->str);
}

void error_vreport(const char *fmt, va_list ap)
{
    report(error_sink.print ? "Error: " : "", fmt, ap);
}

void warn_vreport(const char *fmt, va_list ap)
{
    report("warning: ", fmt, ap);
}

void info_vreport(const char *fmt, va_list ap)
{
    report("info: ", fmt, ap);
}

void error_report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vreport(fmt, ap);
    va_end(ap);
}

void warn_report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    warn_vreport(fmt, ap);
    va_end(ap);
}

void info_report(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    info_vreport(fmt, ap);
    va_end(ap);
}

bool error_report_once_cond(bool *printed, const char *fmt, ...)
{
    va_list ap;

    if (__atomic_exchange_n(printed, true, __ATOMIC_RELAXED)) {
        return false;
    }
    va_start(ap, fmt);
    error_vreport(fmt, ap);
    va_end(ap);
    return true;
}

bool warn_report_once_cond(bool *printed, const char *fmt, ...)
{
    va_list ap;

    if (__atomic_exchange_n(printed, true, __ATOMIC_RELAXED)) {
        return false;
    }
    va_start(ap, fmt);
    warn_vreport(fmt, ap);
    va_end(ap);
    return true;
}
