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
    char *str;
    QemuOpts *opts;
    QTAILQ_ENTRY(QemuOpt) next;
} QemuOpt;

struct QemuOpts {
    char *id;
    QemuOptsList *list;
    QTAILQ_HEAD(QemuOptHead, QemuOpt) head; /* in the order given */
    QTAILQ_ENTRY(QemuOpts) next;
};

const QemuOptDesc *find_desc(const QemuOptDesc *desc, const char *name);
QemuOpt *qemu_opt_find(QemuOpts *opts, const char *name);
void qemu_opt_del(QemuOpt *opt);

#endif
