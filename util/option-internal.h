/*
 * Inside QemuOpts.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UTIL_OPTION_INTERNAL_H
#define UTIL_OPTION_INTERNAL_H

#include "qemu/option.h"

typedef struct QemuOpt {
    char *name;
    char *text; /* has been found to be of the type that the table asks for */
} QemuOpt;

struct QemuOpts {
    char *id;
    QemuOptsList *list;
    GPtrArray *given; /* of QemuOpt, in the order given, repetitions included */
    QTAILQ_ENTRY(QemuOpts) next;
};

static inline QemuOpt *opt_at(const QemuOpts *opts, guint place)
{
    return g_ptr_array_index(opts->given, place);
}

/* The row of a table for `name`, or NULL. */
const QemuOptDesc *opt_row(const QemuOptDesc *table, const char *name);
/* The place where `name` was given last; -1: nowhere. */
int opt_place(const QemuOpts *opts, const char *name);
/* "num": how help texts write that type. */
const char *opt_type_name(QemuOptType type);

#endif
