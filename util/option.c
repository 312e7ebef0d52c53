/*
 * Options of the form "first,key=value,flag": one use of a command-line option.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/id.h"
#include "qemu/option.h"
#include "option-internal.h"

/* --- single values --- */

bool parse_option_bool(const char *name, const char *value, bool *ret, Error **errp)
{
    if (!strcmp(value, "on") || !strcmp(value, "off")) {
        *ret = value[1] == 'n';
        return true;
    }
    if (qemu_parse_bool(value, ret)) {
        return true;
    }
    error_setg(errp, "Parameter '%s' expects 'on' or 'off'", name);
    return false;
}

bool parse_option_number(const char *name, const char *value, uint64_t *ret, Error **errp)
{
    int err = qemu_strtou64(value, NULL, 0, ret);

    if (err == -ERANGE) {
        error_setg(errp, "Value '%s' is too large for parameter '%s'", value, name);
    } else if (err) {
        error_setg(errp, "Parameter '%s' expects a number", name);
    }
    return !err;
}

bool parse_option_size(const char *name, const char *value, uint64_t *ret, Error **errp)
{
    int err = qemu_strtosz(value, NULL, ret);

    if (err == -ERANGE) {
        error_setg(errp, "Value '%s' is too large for parameter '%s'", value, name);
    } else if (err) {
        error_setg(errp, "Parameter '%s' expects a non-negative number below 2^64", name);
        error_append_hint(errp, "Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, "
                                "tera-, peta-\nand exabytes, respectively.\n");
    }
    return !err;
}

/* --- opts --- */

const QemuOptDesc *find_desc(const QemuOptDesc *desc, const char *name)
{
    for (; desc->name; desc++) {
        if (!strcmp(desc->name, name)) {
            return desc;
        }
    }
    return NULL;
}

/* The last one counts. */
QemuOpt *qemu_opt_find(QemuOpts *opts, const char *name)
{
    QemuOpt *opt;

    QTAILQ_FOREACH_REVERSE(opt, &opts->head, QemuOptHead, next) {
        if (!strcmp(opt->name, name)) {
            return opt;
        }
    }
    return NULL;
}

void qemu_opt_del(QemuOpt *opt)
{
    QTAILQ_REMOVE(&opt->opts->head, opt, next);
    g_free(opt->name);
    g_free(opt->str);
    g_free(opt);
}

QemuOpts *qemu_opts_find(QemuOptsList *list, const char *id)
{
    QemuOpts *opts;

    QTAILQ_FOREACH(opts, &list->head, next) {
        if (!g_strcmp0(opts->id, id)) {
            return opts;
        }
    }
    return NULL;
}

static void list_prepare(QemuOptsList *list)
{
    if (!list->head.tqh_last) {
        QTAILQ_INIT(&list->head);
    }
}

QemuOpts *qemu_opts_create(QemuOptsList *list, const char *id, bool fail_if_exists, Error **errp)
{
    QemuOpts *opts;

    list_prepare(list);
    if (list->merge_lists && id) {
        error_setg(errp, "Invalid parameter 'id'");
        return NULL;
    }
    if (id && !id_wellformed(id)) {
        error_setg(errp, "Parameter 'id' expects an identifier");
        error_append_hint(errp, ID_RULE_HINT);
        return NULL;
    }
    opts = (id || list->merge_lists) ? qemu_opts_find(list, id) : NULL;
    if (opts) {
        if (fail_if_exists && !list->merge_lists) {
            error_setg(errp, "Duplicate ID '%s' for %s", id, list->name);
            return NULL;
        }
        return opts;
    }
    opts = g_new0(QemuOpts, 1);
    opts->id = g_strdup(id);
    opts->list = list;
    QTAILQ_INIT(&opts->head);
    QTAILQ_INSERT_TAIL(&list->head, opts, next);
    return opts;
}

void qemu_opts_del(QemuOpts *opts)
{
    QemuOpt *opt;

    if (!opts) {
        return;
    }
    while ((opt = QTAILQ_FIRST(&opts->head)) != NULL) {
        qemu_opt_del(opt);
    }
    QTAILQ_REMOVE(&opts->list->head, opts, next);
    g_free(opts->id);
    g_free(opts);
}

void qemu_opts_reset(QemuOptsList *list)
{
    list_prepare(list);
    while (!QTAILQ_EMPTY(&list->head)) {
        qemu_opts_del(QTAILQ_FIRST(&list->head));
    }
}

const char *qemu_opts_id(QemuOpts *opts)
{
    return opts->id;
}

void qemu_opts_set_id(QemuOpts *opts, char *id)
{
    g_free(opts->id);
    opts->id = id;
}

QemuOptsList *qemu_opts_list(QemuOpts *opts)
{
    return opts->list;
}

/* --- checking and setting --- */

/* Values are kept as text; here only whether it can be read as its type. */
static bool opt_check(QemuOpt *opt, const QemuOptDesc *desc, Error **errp)
{
    const QemuOptDesc *d = find_desc(desc, opt->name);
    uint64_t number;
    bool flag;

    if (!d && desc->name) {
        error_setg(errp, "Invalid parameter '%s'", opt->name);
        return false;
    }
    switch (d ? d->type : QEMU_OPT_STRING) {
    case QEMU_OPT_BOOL:
        return parse_option_bool(opt->name, opt->str, &flag, errp);
    case QEMU_OPT_NUMBER:
        return parse_option_number(opt->name, opt->str, &number, errp);
    case QEMU_OPT_SIZE:
        return parse_option_size(opt->name, opt->str, &number, errp);
    default:
        return true;
    }
}

bool qemu_opt_set(QemuOpts *opts, const char *name, const char *value, Error **errp)
{
    QemuOpt *opt = g_new0(QemuOpt, 1);

    opt->name = g_strdup(name);
    opt->str = g_strdup(value);
    opt->opts = opts;
    QTAILQ_INSERT_TAIL(&opts->head, opt, next);
    if (!opt_check(opt, opts->list->desc, errp)) {
        qemu_opt_del(opt);
        return false;
    }
    return true;
}

bool qemu_opt_set_bool(QemuOpts *opts, const char *name, bool val, Error **errp)
{
    return qemu_opt_set(opts, name, val ? "on" : "off", errp);
}

bool qemu_opt_set_number(QemuOpts *opts, const char *name, int64_t val, Error **errp)
{
    g_autofree char *text = g_strdup_printf("%" PRId64, val);

    return qemu_opt_set(opts, name, text, errp);
}

bool qemu_opts_validate(QemuOpts *opts, const QemuOptDesc *desc, Error **errp)
{
    QemuOpt *opt;

    assert(!opts->list->desc[0].name && "only options without a table are checked later");
    QTAILQ_FOREACH(opt, &opts->head, next) {
        if (!opt_check(opt, desc, errp)) {
            return false;
        }
    }
    return true;
}

/* --- getting --- */

/* The table's default for an option that wasn't given, or NULL. */
static const char *default_str(QemuOpts *opts, const char *name)
{
    const QemuOptDesc *desc = find_desc(opts->list->desc, name);

    return desc ? desc->def_value_str : NULL;
}

const char *qemu_opt_get(QemuOpts *opts, const char *name)
{
    QemuOpt *opt;

    if (!opts) {
        return NULL;
    }
    opt = qemu_opt_find(opts, name);
    return opt ? opt->str : default_str(opts, name);
}

bool qemu_opt_get_bool(QemuOpts *opts, const char *name, bool defval)
{
    const char *str = qemu_opt_get(opts, name);
    bool ret = defval;

    if (str) {
        parse_option_bool(name, str, &ret, &error_abort);
    }
    return ret;
}

uint64_t qemu_opt_get_number(QemuOpts *opts, const char *name, uint64_t defval)
{
    const char *str = qemu_opt_get(opts, name);
    uint64_t ret = defval;

    if (str) {
        parse_option_number(name, str, &ret, &error_abort);
    }
    return ret;
}

uint64_t qemu_opt_get_size(QemuOpts *opts, const char *name, uint64_t defval)
{
    const char *str = qemu_opt_get(opts, name);
    uint64_t ret = defval;

    if (str) {
        parse_option_size(name, str, &ret, &error_abort);
    }
    return ret;
}

int qemu_opt_unset(QemuOpts *opts, const char *name)
{
    QemuOpt *opt, *next;
    int n = 0;

    QTAILQ_FOREACH_SAFE(opt, &opts->head, next, next) {
        if (!strcmp(opt->name, name)) {
            qemu_opt_del(opt);
            n++;
        }
    }
    return n;
}

char *qemu_opt_get_del(QemuOpts *opts, const char *name)
{
    char *ret = g_strdup(qemu_opt_get(opts, name));

    if (opts) {
        qemu_opt_unset(opts, name);
    }
    return ret;
}

bool qemu_opt_get_bool_del(QemuOpts *opts, const char *name, bool defval)
{
    bool ret = qemu_opt_get_bool(opts, name, defval);

    qemu_opt_unset(opts, name);
    return ret;
}

uint64_t qemu_opt_get_number_del(QemuOpts *opts, const char *name, uint64_t defval)
{
    uint64_t ret = qemu_opt_get_number(opts, name, defval);

    qemu_opt_unset(opts, name);
    return ret;
}

uint64_t qemu_opt_get_size_del(QemuOpts *opts, const char *name, uint64_t defval)
{
    uint64_t ret = qemu_opt_get_size(opts, name, defval);

    qemu_opt_unset(opts, name);
    return ret;
}

int qemu_opt_foreach(QemuOpts *opts, qemu_opt_loopfunc *func, void *opaque, Error **errp)
{
    QemuOpt *opt, *next;

    QTAILQ_FOREACH_SAFE(opt, &opts->head, next, next) {
        int ret = func(opaque, opt->name, opt->str, errp);

        if (ret) {
            return ret;
        }
    }
    return 0;
}

int qemu_opts_foreach(QemuOptsList *list, qemu_opts_loopfunc *func, void *opaque, Error **errp)
{
    QemuOpts *opts, *next;

    list_prepare(list);
    QTAILQ_FOREACH_SAFE(opts, &list->head, next, next) {
        int ret = func(opaque, opts, errp);

        if (ret) {
            return ret;
        }
    }
    return 0;
}
