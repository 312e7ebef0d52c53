/*
 * Options of the form "first,key=value,flag,other=a,,b".
 *
 * A QemuOptsList describes one command-line option; a QemuOpts is one use of it. ",," stands for a
 * comma inside a value. A key without a value is "on", with a leading "no" it is "off".
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_OPTION_H
#define QEMU_OPTION_H

#include "qemu/osdep.h"
#include "qemu/queue.h"

typedef enum QemuOptType {
    QEMU_OPT_STRING,
    QEMU_OPT_BOOL,   /* on/off */
    QEMU_OPT_NUMBER, /* uint64_t, decimal or 0x */
    QEMU_OPT_SIZE,   /* number with suffix; see qemu_strtosz() */
} QemuOptType;

typedef struct QemuOptDesc {
    const char *name;
    QemuOptType type;
    const char *help;
    const char *def_value_str;
} QemuOptDesc;

typedef struct QemuOptsList {
    const char *name;             /* "drive" */
    const char *implied_opt_name; /* the key of a first value that has none, or NULL */
    bool merge_lists;             /* all uses without id are one QemuOpts */
    QTAILQ_HEAD(QemuOptsHead, QemuOpts) head;
    /* ends with a NULL name; empty: any key is accepted as a string */
    QemuOptDesc desc[];
} QemuOptsList;

/*
 * The text up to a single comma (or *value's end) with ",," made ","; returns where it stopped.
 * Caller frees *value.
 */
const char *get_opt_value(const char *p, char **value);

/* `help` or `?` is among the keys. */
bool has_help_option(const char *param);
/* `key=help` or `key=?` is among the parts. */
bool has_help_value(const char *param, const char *key);
bool is_valid_option_list(const char *param);

/*
 * Creates options named id (NULL: none) in list. With fail_if_exists a second use of an id is an
 * error.
 */
QemuOpts *qemu_opts_create(QemuOptsList *list, const char *id, bool fail_if_exists, Error **errp);
/*
 * Parses and checks against the list's table. permit_abbrev: a first value without key is the
 * implied one's.
 */
QemuOpts *qemu_opts_parse(QemuOptsList *list, const char *params, bool permit_abbrev, Error **errp);
/* The same, reporting errors to the user and answering `help` with the table; NULL then. */
QemuOpts *qemu_opts_parse_noisily(QemuOptsList *list, const char *params, bool permit_abbrev);
bool qemu_opts_do_parse(QemuOpts *opts, const char *params, const char *firstname, Error **errp);
/*
 * Parsed, but what is not in the table stays as strings: checked later against `desc` of the one
 * who knows.
 */
bool qemu_opts_validate(QemuOpts *opts, const QemuOptDesc *desc, Error **errp);
void qemu_opts_del(QemuOpts *opts); /* NULL is fine */
void qemu_opts_reset(QemuOptsList *list);

const char *qemu_opts_id(QemuOpts *opts);
void qemu_opts_set_id(QemuOpts *opts, char *id); /* takes id */
QemuOptsList *qemu_opts_list(QemuOpts *opts);
QemuOpts *qemu_opts_find(QemuOptsList *list, const char *id);

/*
 * The last value given for name, else the table's default, else the argument. Strings belong to
 * opts.
 */
const char *qemu_opt_get(QemuOpts *opts, const char *name);
bool qemu_opt_get_bool(QemuOpts *opts, const char *name, bool defval);
uint64_t qemu_opt_get_number(QemuOpts *opts, const char *name, uint64_t defval);
uint64_t qemu_opt_get_size(QemuOpts *opts, const char *name, uint64_t defval);
bool qemu_opt_has_help_opt(QemuOpts *opts);
/*
 * Take the value out of opts: what is left at the end nobody wanted. _get_del strings belong to the
 * caller.
 */
char *qemu_opt_get_del(QemuOpts *opts, const char *name);
bool qemu_opt_get_bool_del(QemuOpts *opts, const char *name, bool defval);
uint64_t qemu_opt_get_number_del(QemuOpts *opts, const char *name, uint64_t defval);
uint64_t qemu_opt_get_size_del(QemuOpts *opts, const char *name, uint64_t defval);
int qemu_opt_unset(QemuOpts *opts, const char *name);

bool qemu_opt_set(QemuOpts *opts, const char *name, const char *value, Error **errp);
bool qemu_opt_set_bool(QemuOpts *opts, const char *name, bool val, Error **errp);
bool qemu_opt_set_number(QemuOpts *opts, const char *name, int64_t val, Error **errp);

/* In the order given; stop at the first non-zero result and return it. */
typedef int qemu_opt_loopfunc(void *opaque, const char *name, const char *value, Error **errp);
int qemu_opt_foreach(QemuOpts *opts, qemu_opt_loopfunc *func, void *opaque, Error **errp);
typedef int qemu_opts_loopfunc(void *opaque, QemuOpts *opts, Error **errp);
int qemu_opts_foreach(QemuOptsList *list, qemu_opts_loopfunc *func, void *opaque, Error **errp);

void qemu_opts_print_help(QemuOptsList *list, bool print_caption);
void qemu_opts_print(QemuOpts *opts, const char *separator);

/* Values by themselves; false and *errp in the wording "Parameter 'name' expects a number". */
bool parse_option_bool(const char *name, const char *value, bool *ret, Error **errp);
bool parse_option_number(const char *name, const char *value, uint64_t *ret, Error **errp);
bool parse_option_size(const char *name, const char *value, uint64_t *ret, Error **errp);

/* Tells the user how a size is written. */
#define SIZE_RULE_HINT                                                                             \
    "A size may end with k, M, G, T, P or E: times 1024, times 1024 again, and so on up to 2^60.\n"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(QemuOpts, qemu_opts_del)

#endif
