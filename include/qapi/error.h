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

/* Create an error from a printf format without a trailing newline or period. */
#define error_setg(errp, fmt, ...)                                                                 \
    error_setg_internal((errp), __FILE__, __LINE__, __func__, (fmt), ##__VA_ARGS__)
/* The same, with ": " and the text of errno value os_error appended (0: nothing). */
#define error_setg_errno(errp, os_error, fmt, ...)                                                 \
    error_setg_errno_internal((errp), __FILE__, __LINE__, __func__, (os_error), (fmt),             \
                              ##__VA_ARGS__)
#define error_setg_file_open(errp, os_error, filename)                                             \
    error_setg_errno((errp), (os_error), "Could not open '%s'", (filename))
#define error_set(errp, err_class, fmt, ...)                                                       \
    error_set_internal((errp), __FILE__, __LINE__, __func__, (err_class), (fmt), ##__VA_ARGS__)

/*
 * Append lines of advice, shown after the message when it is reported to a person. Each ends with
 * \n.
 */
void error_append_hint(Error *const *errp, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* Puts text before the message. */
void error_prepend(Error *const *errp, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
void error_vprepend(Error *const *errp, const char *fmt, va_list ap) G_GNUC_PRINTF(2, 0);

/*
 * Hands local_err (NULL: nothing happens) to dst_errp and gives up ownership. The first error wins.
 */
void error_propagate(Error **dst_errp, Error *local_err);
void error_propagate_prepend(Error **dst_errp, Error *local_err, const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);

Error *error_copy(const Error *err);
void error_free(Error *err); /* NULL is fine */
/* *errp must be set: frees it and sets it to NULL. */
void error_free_or_abort(Error **errp);

/* Report to the user (monitor or stderr) and free. */
void error_report_err(Error *err);
void warn_report_err(Error *err);
void error_reportf_err(Error *err, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
void warn_reportf_err(Error *err, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

void error_setg_internal(Error **errp, const char *src, int line, const char *func,
                         const char *fmt, ...) G_GNUC_PRINTF(5, 6);
void error_setg_errno_internal(Error **errp, const char *src, int line, const char *func,
                               int os_error, const char *fmt, ...) G_GNUC_PRINTF(6, 7);
void error_set_internal(Error **errp, const char *src, int line, const char *func,
                        ErrorClass err_class, const char *fmt, ...) G_GNUC_PRINTF(6, 7);

typedef struct ErrorPropagator {
    Error *local_err;
    Error **errp;
} ErrorPropagator;

static inline void error_propagator_cleanup(ErrorPropagator *prop)
{
    error_propagate(prop->errp, prop->local_err);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ErrorPropagator, error_propagator_cleanup)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Error, error_free)

/*
 * Makes *errp safe to read and to append to, whatever the caller passed. First statement of a
 * function.
 */
#define ERRP_GUARD()                                                                               \
    g_auto(ErrorPropagator) _auto_errp_prop = { .errp = errp };                                    \
    do {                                                                                           \
        if (!errp || errp == &error_fatal) {                                                       \
            errp = &_auto_errp_prop.local_err;                                                     \
        }                                                                                          \
    } while (0)

#endif
