/*
 * Errors that travel to the caller.
 *
 * A function that can fail takes `Error **errp` as its last parameter and, on failure, sets *errp
 * once and says so in its return value (false, NULL, negative). errp may be NULL (nobody wants to
 * know), &error_abort (a failure is a bug here: abort) or &error_fatal (report and exit with status
 * 1). A function that needs to look at *errp itself begins with ERRP_GUARD().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QAPI_ERROR_H
#define QAPI_ERROR_H

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/source-site.h"

/* What kind of failure, where a machine-readable answer (QMP) distinguishes it. */
typedef enum ErrorClass {
    ERROR_CLASS_GENERIC_ERROR,
    ERROR_CLASS_COMMAND_NOT_FOUND,
    ERROR_CLASS_DEVICE_NOT_ACTIVE,
    ERROR_CLASS_DEVICE_NOT_FOUND,
    ERROR_CLASS_KVM_MISSING_CAP,
} ErrorClass;

extern Error *error_abort;
extern Error *error_fatal;

/* The message, owned by err. */
const char *error_get_pretty(const Error *err);
ErrorClass error_get_class(const Error *err);

/*
 * Creates an error of that class from a printf format without a trailing newline or period, and
 * appends ": " and the text of errno value os_error (0: nothing). errno stays as it is.
 */
void error_raise(Error **errp, const SourceSite *site, ErrorClass err_class, int os_error,
                 const char *fmt, ...) G_GNUC_PRINTF(5, 6);

/* The usual cases of that: of a class, of no particular class, with an errno value. */
#define error_set(errp, err_class, ...)                                                            \
    error_raise((errp), SOURCE_SITE(), (err_class), 0, __VA_ARGS__)
#define error_setg_errno(errp, os_error, ...)                                                      \
    error_raise((errp), SOURCE_SITE(), ERROR_CLASS_GENERIC_ERROR, (os_error), __VA_ARGS__)
#define error_setg(errp, ...) error_setg_errno(errp, 0, __VA_ARGS__)
#define error_setg_file_open(errp, os_error, filename)                                             \
    error_setg_errno(errp, os_error, "Could not open '%s'", (filename))

/*
 * Append lines of advice, shown after the message when it is reported to a person. Each ends with
 * \n.
 */
void error_append_hint(Error *const *errp, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* Puts text before the message. */
void error_prepend(Error *const *errp, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
void error_vprepend(Error *const *errp, const char *fmt, va_list ap) G_GNUC_PRINTF(2, 0);
/* The same, for passing err on: returns it (NULL: nothing happens). */
Error *error_prefixed(Error *err, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/*
 * Hands local_err (NULL: nothing happens) to dst_errp and gives up ownership. The first error wins.
 */
void error_propagate(Error **dst_errp, Error *local_err);
#define error_propagate_prepend(dst_errp, local_err, ...)                                          \
    error_propagate((dst_errp), error_prefixed((local_err), __VA_ARGS__))

Error *error_copy(const Error *err);
void error_free(Error *err); /* NULL is fine */
/* *errp must be set: frees it and sets it to NULL. */
void error_free_or_abort(Error **errp);

/* Report to the user (monitor or stderr) and free; …f_: with text before the message. */
void error_report_as(ReportKind kind, Error *err);
#define error_report_err(err)       error_report_as(REPORT_ERROR, (err))
#define warn_report_err(err)        error_report_as(REPORT_WARNING, (err))
#define error_reportf_err(err, ...) error_report_err(error_prefixed((err), __VA_ARGS__))
#define warn_reportf_err(err, ...)  warn_report_err(error_prefixed((err), __VA_ARGS__))

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Error, error_free)

/* A function's own place for an error, from where its caller gets it at the end. */
typedef struct ErrorGuard {
    Error **caller;
    Error *own;
} ErrorGuard;

static inline Error **error_guard_errp(ErrorGuard *guard)
{
    bool readable = guard->caller && guard->caller != &error_fatal;

    return readable ? guard->caller : &guard->own;
}

static inline void error_guard_end(ErrorGuard *guard)
{
    if (guard->own) {
        error_propagate(guard->caller, guard->own);
    }
}

/*
 * First statement of a function: makes *errp safe to read and to append to, whatever the caller
 * passed. (&error_abort needs no such place: the function doesn't go on after an error.)
 */
#define ERRP_GUARD()                                                                               \
    __attribute__((cleanup(error_guard_end))) ErrorGuard errp_guard_ = { errp, NULL };             \
    errp = error_guard_errp(&errp_guard_)

#endif
