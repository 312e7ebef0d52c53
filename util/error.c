/*
 * Error objects.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"

struct Error {
    const SourceSite *site;
    ErrorClass err_class;
    GString *text;
    GString *advice; /* complete lines */
};

/* Never set: only their addresses mean something. */
Error *error_abort;
Error *error_fatal;

static Error *error_new(const SourceSite *site, ErrorClass err_class)
{
    Error *err = g_new(Error, 1);

    *err = (Error){ site, err_class, g_string_new(NULL), g_string_new(NULL) };
    return err;
}

static void G_NORETURN found_a_bug(const Error *err)
{
    fprintf(stderr, "Unexpected error in %s() at %s:%d:\n", err->site->func, err->site->file,
            err->site->line);
    error_report("%s", err->text->str);
    abort();
}

/*
 * What becomes of an error depends on who waits for it. Two failures of one call are a bug of that
 * call (`sole`); of several errors that are collected, the first is the one to tell.
 */
static void hand_over(Error *err, Error **to, bool sole)
{
    bool taken = to && *to;

    if (to == &error_abort || (taken && sole)) {
        found_a_bug(err);
    } else if (to == &error_fatal) {
        error_report_err(err);
        exit(EXIT_FAILURE);
    } else if (!to || taken) {
        error_free(err);
    } else {
        *to = err;
    }
}

void error_raise(Error **errp, const SourceSite *site, ErrorClass err_class, int os_error,
                 const char *fmt, ...)
{
    int errno_of_caller = errno;
    va_list args;
    Error *err;

    if (!errp) {
        return; /* spares the formatting */
    }
    err = error_new(site, err_class);
    va_start(args, fmt);
    g_string_vprintf(err->text, fmt, args);
    va_end(args);
    if (os_error) {
        g_string_append_printf(err->text, ": %s", g_strerror(os_error));
    }
    hand_over(err, errp, true);
    errno = errno_of_caller;
}

void error_propagate(Error **dst_errp, Error *local_err)
{
    if (local_err) {
        hand_over(local_err, dst_errp, false);
    }
}

/* --- additions --- */

void error_vprepend(Error *const *errp, const char *fmt, va_list ap)
{
    if (errp && *errp) {
        g_autofree char *before = g_strdup_vprintf(fmt, ap);

        g_string_prepend((*errp)->text, before);
    }
}

void error_prepend(Error *const *errp, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    error_vprepend(errp, fmt, args);
    va_end(args);
}

Error *error_prefixed(Error *err, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    error_vprepend(&err, fmt, args);
    va_end(args);
    return err;
}

void error_append_hint(Error *const *errp, const char *fmt, ...)
{
    va_list args;

    if (errp && *errp) {
        va_start(args, fmt);
        g_string_append_vprintf((*errp)->advice, fmt, args);
        va_end(args);
    }
}

/* --- looking at one, and its end --- */

const char *error_get_pretty(const Error *err)
{
    return err->text->str;
}

ErrorClass error_get_class(const Error *err)
{
    return err->err_class;
}

Error *error_copy(const Error *err)
{
    Error *twin = error_new(err->site, err->err_class);

    g_string_assign(twin->text, err->text->str);
    g_string_assign(twin->advice, err->advice->str);
    return twin;
}

void error_free(Error *err)
{
    if (err) {
        g_string_free(err->text, TRUE);
        g_string_free(err->advice, TRUE);
        g_free(err);
    }
}

void error_free_or_abort(Error **errp)
{
    Error *expected = errp ? g_steal_pointer(errp) : NULL;

    assert(expected && "nothing failed where a failure was expected");
    error_free(expected);
}

void error_report_as(ReportKind kind, Error *err)
{
    report_message(kind, "%s", err->text->str);
    error_printf("%s", err->advice->str);
    error_free(err);
}
