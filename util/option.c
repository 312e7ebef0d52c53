/*
 * Options of the form "first,key=value,flag": one use of a command-line option.
 *
 * Values are kept as the text that the user gave. A table's types say what that text must be
 * readable as, when it is stored; it is read when somebody asks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/id.h"
#include "option-internal.h"

/* --- types of values: all but strings are numbers in the end --- */

static int read_bool(const char *text, uint64_t *value)
{
    bool on;

    if (!qemu_parse_bool(text, &on)) {
        return -EINVAL;
    }
    *value = on;
    return 0;
}

static int read_number(const char *text, uint64_t *value)
{
    return qemu_strtou64(text, NULL, 0, value);
}

static int read_size(const char *text, uint64_t *value)
{
    return qemu_strtosz(text, NULL, value);
}

static const struct {
    const char *name;
    int (*read)(const char *text, uint64_t *value); /* NULL: any text will do */
    const char *expected;
    const char *advice;
} types[] = {
    [QEMU_OPT_STRING] = { "str" },
    [QEMU_OPT_BOOL] = { "bool (on/off)", read_bool, "'on' or 'off'" },
    [QEMU_OPT_NUMBER] = { "num", read_number, "a number" },
    [QEMU_OPT_SIZE] = { "size", read_size, "a non-negative number below 2^64",
                        SIZE_RULE_HINT },
};

const char *opt_type_name(QemuOptType type)
{
    return types[type].name;
}

static bool read_as(QemuOptType type, const char *name, const char *text, uint64_t *value,
                    Error **errp)
{
    ERRP_GUARD();

    switch (types[type].read ? types[type].read(text, value) : 0) {
    case 0:
        return true;
    case -ERANGE:
        error_setg(errp, "Value '%s' is too large for parameter '%s'", text, name);
        return false;
    default:
        error_setg(errp, "Parameter '%s' expects %s", name, types[type].expected);
        if (types[type].advice) {
            error_append_hint(errp, "%s", types[type].advice);
        }
        return false;
    }
}

/* --- the values of one use --- */

const QemuOptDesc *opt_row(const QemuOptDesc *table, const char *name)
{
    while (table->name && strcmp(table->name, name)) {
        table++;
    }
    return table->name ? table : NULL;
}

int opt_place(const QemuOpts *opts, const char *name)
{
    int place = (int)opts->given->len - 1;

    while (place >= 0 && strcmp(opt_at(opts, place)->name, name)) {
        place--;
    }
    return place;
}

static void free_opt(gpointer data)
{
    QemuOpt *opt = data;

    g_free(opt->name);
    g_free(opt->text);
    g_free(opt);
}

/* Whether a table (an empty one has no opinion) accepts that value. */
static bool fits(const QemuOptDesc *table, const char *name, const char *text, Error **errp)
{
    const QemuOptDesc *row = opt_row(table, name);
    uint64_t unused;

    if (row) {
        return read_as(row->type, name, text, &unused, errp);
    }
    if (table->name) {
        error_setg(errp, "Invalid parameter '%s'", name);
    }
    return !table->name;
}

bool qemu_opt_set(QemuOpts *opts, const char *name, const char *value, Error **errp)
{
    bool ok = fits(opts->list->desc, name, value, errp);

    if (ok) {
        QemuOpt *opt = g_new(QemuOpt, 1);

        *opt = (QemuOpt){ g_strdup(name), g_strdup(value) };
        g_ptr_array_add(opts->given, opt);
    }
    return ok;
}

bool qemu_opt_set_bool(QemuOpts *opts, const char *name, bool val, Error **errp)
{
    return qemu_opt_set(opts, name, val ? "on" : "off", errp);
}

bool qemu_opt_set_number(QemuOpts *opts, const char *name, int64_t val, Error **errp)
{
    char digits[32];

    snprintf(digits, sizeof(digits), "%" PRId64, val);
    return qemu_opt_set(opts, name, digits, errp);
}

bool qemu_opts_validate(QemuOpts *opts, const QemuOptDesc *desc, Error **errp)
{
    assert(!opts->list->desc[0].name && "only options without a table are checked later");
    for (guint i = 0; i < opts->given->len; i++) {
        if (!fits(desc, opt_at(opts, i)->name, opt_at(opts, i)->text, errp)) {
            return false;
        }
    }
    return true;
}

const char *qemu_opt_get(QemuOpts *opts, const char *name)
{
    int place = opts ? opt_place(opts, name) : -1;
    const QemuOptDesc *row;

    if (place >= 0) {
        return opt_at(opts, place)->text;
    }
    row = opts ? opt_row(opts->list->desc, name) : NULL;
    return row ? row->def_value_str : NULL;
}

int qemu_opt_unset(QemuOpts *opts, const char *name)
{
    g_autofree char *wanted = g_strdup(name); /* which may be that of a value that goes */
    int gone = 0;

    for (int place; (place = opt_place(opts, wanted)) >= 0; gone++) {
        g_ptr_array_remove_index(opts->given, place);
    }
    return gone;
}

char *qemu_opt_get_del(QemuOpts *opts, const char *name)
{
    char *text = g_strdup(qemu_opt_get(opts, name));

    if (opts) {
        qemu_opt_unset(opts, name);
    }
    return text;
}

/* A value that is no text, or `otherwise` if there is none. Bad text is a bug: it was checked. */
static uint64_t value_of(QemuOpts *opts, const char *name, QemuOptType type, uint64_t otherwise,
                         bool take)
{
    const char *text = qemu_opt_get(opts, name);
    uint64_t value = otherwise;

    if (text) {
        read_as(type, name, text, &value, &error_abort);
    }
    if (take && opts) {
        qemu_opt_unset(opts, name);
    }
    return value;
}

/* What the header declares for each type: parse_option_X(), qemu_opt_get_X() and _get_X_del(). */
#define DEFINE_FUNCTIONS(word, type, ctype)                                                        \
    bool parse_option_##word(const char *name, const char *value, ctype *ret, Error **errp)        \
    {                                                                                              \
        uint64_t number;                                                                           \
                                                                                                   \
        if (!read_as(type, name, value, &number, errp)) {                                          \
            return false;                                                                          \
        }                                                                                          \
        *ret = (ctype)number;                                                                      \
        return true;                                                                               \
    }                                                                                              \
    ctype qemu_opt_get_##word(QemuOpts *opts, const char *name, ctype defval)                      \
    {                                                                                              \
        return (ctype)value_of(opts, name, type, defval, false);                                   \
    }                                                                                              \
    ctype qemu_opt_get_##word##_del(QemuOpts *opts, const char *name, ctype defval)                \
    {                                                                                              \
        return (ctype)value_of(opts, name, type, defval, true);                                    \
    }

DEFINE_FUNCTIONS(bool, QEMU_OPT_BOOL, bool)
DEFINE_FUNCTIONS(number, QEMU_OPT_NUMBER, uint64_t)
DEFINE_FUNCTIONS(size, QEMU_OPT_SIZE, uint64_t)

int qemu_opt_foreach(QemuOpts *opts, qemu_opt_loopfunc *func, void *opaque, Error **errp)
{
    int ret = 0;

    for (guint i = 0; i < opts->given->len && !ret;) {
        QemuOpt *opt = opt_at(opts, i);

        ret = func(opaque, opt->name, opt->text, errp);
        /* The function may have taken this one out. */
        if (i < opts->given->len && opt_at(opts, i) == opt) {
            i++;
        }
    }
    return ret;
}

/* --- the uses of one option --- */

/* A list that was declared without an initializer starts here. */
static struct QemuOptsHead *uses_of(QemuOptsList *list)
{
    if (!list->head.tqh_last) {
        QTAILQ_INIT(&list->head);
    }
    return &list->head;
}

static bool id_is_fine(QemuOptsList *list, const char *id, Error **errp)
{
    ERRP_GUARD();

    if (!id) {
        return true;
    }
    if (list->merge_lists) {
        error_setg(errp, "Invalid parameter 'id'");
    } else if (!id_wellformed(id)) {
        error_setg(errp, "Parameter 'id' expects an identifier");
        error_append_hint(errp, ID_RULE_HINT);
    }
    return !*errp;
}

QemuOpts *qemu_opts_create(QemuOptsList *list, const char *id, bool fail_if_exists, Error **errp)
{
    bool has_key = id || list->merge_lists;
    QemuOpts *opts;

    if (!id_is_fine(list, id, errp)) {
        return NULL;
    }
    opts = has_key ? qemu_opts_find(list, id) : NULL;
    if (!opts) {
        opts = g_new0(QemuOpts, 1);
        opts->list = list;
        opts->given = g_ptr_array_new_with_free_func(free_opt);
        qemu_opts_set_id(opts, g_strdup(id));
        QTAILQ_INSERT_TAIL(uses_of(list), opts, next);
    } else if (fail_if_exists && !list->merge_lists) {
        error_setg(errp, "Duplicate ID '%s' for %s", id, list->name);
        return NULL;
    }
    return opts;
}

QemuOpts *qemu_opts_find(QemuOptsList *list, const char *id)
{
    QemuOpts *opts = QTAILQ_FIRST(uses_of(list));

    while (opts && g_strcmp0(opts->id, id)) {
        opts = QTAILQ_NEXT(opts, next);
    }
    return opts;
}

int qemu_opts_foreach(QemuOptsList *list, qemu_opts_loopfunc *func, void *opaque, Error **errp)
{
    QemuOpts *opts = QTAILQ_FIRST(uses_of(list));
    int ret = 0;

    while (opts && !ret) {
        QemuOpts *after = QTAILQ_NEXT(opts, next); /* the function may delete opts */

        ret = func(opaque, opts, errp);
        opts = after;
    }
    return ret;
}

void qemu_opts_del(QemuOpts *opts)
{
    if (opts) {
        QTAILQ_REMOVE(uses_of(opts->list), opts, next);
        g_ptr_array_unref(opts->given);
        g_free(opts->id);
        g_free(opts);
    }
}

static int delete_use(void *opaque, QemuOpts *opts, Error **errp)
{
    qemu_opts_del(opts);
    return 0;
}

void qemu_opts_reset(QemuOptsList *list)
{
    qemu_opts_foreach(list, delete_use, NULL, NULL);
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
