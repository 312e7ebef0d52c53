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

void error_report(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
void error_vreport(const char *fmt, va_list ap) G_GNUC_PRINTF(1, 0);
void warn_report(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
void warn_vreport(const char *fmt, va_list ap) G_GNUC_PRINTF(1, 0);
void info_report(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
void info_vreport(const char *fmt, va_list ap) G_GNUC_PRINTF(1, 0);

/* Report once; *printed remembers. True if it was printed now. */
bool error_report_once_cond(bool *printed, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
bool warn_report_once_cond(bool *printed, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
#define error_report_once(fmt, ...)                                                                \
    ({                                                                                             \
        static bool print_once_;                                                                   \
        error_report_once_cond(&print_once_, fmt, ##__VA_ARGS__);                                  \
    })
#define warn_report_once(fmt, ...)                                                                 \
    ({                                                                                             \
        static bool print_once_;                                                                   \
        warn_report_once_cond(&print_once_, fmt, ##__VA_ARGS__);                                   \
    })

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
