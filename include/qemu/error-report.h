/*
 * Messages to the person at the terminal.
 *
 * Each line starts with the program's name (`qemu-system-ppc: `), or, where the calling thread has
 * an error sink (a monitor command is running), goes to that sink without it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_ERROR_REPORT_H
#define QEMU_ERROR_REPORT_H

#include "qemu/osdep.h"
#include "qemu/atomic.h"

typedef enum ReportKind {
    REPORT_ERROR,
    REPORT_WARNING,
    REPORT_INFO,
} ReportKind;

/* One line, made from a printf format without newline. Any thread. */
void report_message(ReportKind kind, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
void report_vmessage(ReportKind kind, const char *fmt, va_list ap) G_GNUC_PRINTF(2, 0);

#define error_report(...)      report_message(REPORT_ERROR, __VA_ARGS__)
#define warn_report(...)       report_message(REPORT_WARNING, __VA_ARGS__)
#define info_report(...)       report_message(REPORT_INFO, __VA_ARGS__)
#define error_vreport(fmt, ap) report_vmessage(REPORT_ERROR, fmt, ap)
#define warn_vreport(fmt, ap)  report_vmessage(REPORT_WARNING, fmt, ap)
#define info_vreport(fmt, ap)  report_vmessage(REPORT_INFO, fmt, ap)

/* Report once; *printed remembers. True if it was printed now. Any thread. */
#define error_report_once_cond(printed, ...) report_if_first(REPORT_ERROR, printed, __VA_ARGS__)
#define warn_report_once_cond(printed, ...)  report_if_first(REPORT_WARNING, printed, __VA_ARGS__)
/* The same, remembered for the place in the source. */
#define error_report_once(...) error_report_once_cond(REPORT_PLACE(), __VA_ARGS__)
#define warn_report_once(...)  warn_report_once_cond(REPORT_PLACE(), __VA_ARGS__)

#define report_if_first(kind, printed, ...)                                                        \
    (report_is_first(printed) ? (report_message(kind, __VA_ARGS__), true) : false)
#define REPORT_PLACE()                                                                             \
    ({                                                                                             \
        static bool said_;                                                                         \
        &said_;                                                                                    \
    })

static inline bool report_is_first(bool *printed)
{
    return !qatomic_read(printed) && !qatomic_xchg(printed, true);
}

/* Raw text to where reports go: no prefix, no newline added. */
int error_printf(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
int error_vprintf(const char *fmt, va_list ap) G_GNUC_PRINTF(1, 0);

/*
 * Where this thread's reports go. print(opaque, text) gets complete text; NULL restores stderr.
 * Returns the sink that was set before, so that it can be put back.
 */
typedef struct ErrorSink {
    void (*print)(void *opaque, const char *text);
    void *opaque;
} ErrorSink;
ErrorSink error_set_sink(ErrorSink sink);

/* The name that messages start with: the last component of argv[0]. Called once, from main(). */
void error_init(const char *argv0);
const char *error_get_progname(void);

/* `-msg timestamp=on`: each report starts with the time. */
extern bool message_with_timestamp;
/* -msg guest-name=on: messages say which guest; NULL: they don't. */
extern const char *message_guest_name;

/*
 * A location that reports name after the program's: "-device foo,bar=1:". Static or long-lived
 * text; NULL for none.
 */
const char *error_loc_set(const char *loc);

#endif
