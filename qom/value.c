/*
 * Property values.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/option.h"
#include "qom/value.h"

static bool has_items(const QValue *v)
{
    return v->kind == QVALUE_LIST || v->kind == QVALUE_DICT;
}

void qvalue_clear(QValue *v)
{
    if (v->kind == QVALUE_STR) {
        g_free(v->s);
    } else if (has_items(v)) {
        g_ptr_array_unref(v->list);
    }
    *v = (QValue)QVALUE_INIT;
}

void qvalue_set_bool(QValue *v, bool b)
{
    qvalue_clear(v);
    v->kind = QVALUE_BOOL;
    v->b = b;
}

void qvalue_set_int(QValue *v, int64_t i)
{
    qvalue_clear(v);
    v->kind = QVALUE_INT;
    v->i = i;
}

void qvalue_set_uint(QValue *v, uint64_t u)
{
    qvalue_clear(v);
    v->kind = QVALUE_UINT;
    v->u = u;
}

void qvalue_set_double(QValue *v, double d)
{
    qvalue_clear(v);
    v->kind = QVALUE_DOUBLE;
    v->d = d;
}

void qvalue_set_str(QValue *v, const char *s)
{
    char *copy = g_strdup(s ? s : ""); /* s may be v's own string */

    qvalue_clear(v);
    v->kind = QVALUE_STR;
    v->s = copy;
}

static void free_item(gpointer item)
{
    qvalue_clear(item);
    g_free(item);
}

void qvalue_set_list(QValue *v)
{
    qvalue_clear(v);
    v->kind = QVALUE_LIST;
    v->list = g_ptr_array_new_with_free_func(free_item);
}

static void add_item(QValue *v, const QValue *item)
{
    QValue *copy = g_new0(QValue, 1);

    qvalue_copy(copy, item);
    g_ptr_array_add(v->list, copy);
}

void qvalue_append(QValue *v, const QValue *item)
{
    if (v->kind == QVALUE_NONE) {
        qvalue_set_list(v);
    }
    assert(v->kind == QVALUE_LIST);
    add_item(v, item);
}

void qvalue_add_member(QValue *v, const char *name, const QValue *member)
{
    g_auto(QValue) key = QVALUE_INIT;

    if (v->kind == QVALUE_NONE) {
        qvalue_set_list(v);
        v->kind = QVALUE_DICT;
    }
    assert(v->kind == QVALUE_DICT);
    qvalue_set_str(&key, name);
    add_item(v, &key);
    add_item(v, member);
}

void qvalue_copy(QValue *dst, const QValue *src)
{
    qvalue_clear(dst);
    if (src->kind == QVALUE_STR) {
        qvalue_set_str(dst, src->s);
    } else if (has_items(src)) {
        qvalue_set_list(dst);
        dst->kind = src->kind;
        for (guint i = 0; i < src->list->len; i++) {
            add_item(dst, g_ptr_array_index(src->list, i));
        }
    } else {
        *dst = *src;
    }
}

static const char *param_name(const char *name)
{
    return name ? name : "value";
}

bool qvalue_to_bool(const QValue *v, const char *name, bool *out, Error **errp)
{
    if (v->kind == QVALUE_BOOL) {
        *out = v->b;
        return true;
    }
    if (v->kind == QVALUE_STR) {
        return parse_option_bool(param_name(name), v->s, out, errp);
    }
    error_setg(errp, "Invalid parameter type for '%s', expected: boolean", param_name(name));
    return false;
}

bool qvalue_to_int(const QValue *v, const char *name, int64_t min, int64_t max, int64_t *out,
                   Error **errp)
{
    bool ok;

    switch (v->kind) {
    case QVALUE_INT:
        *out = v->i;
        ok = true;
        break;
    case QVALUE_UINT:
        *out = (int64_t)v->u;
        ok = v->u <= INT64_MAX;
        break;
    case QVALUE_STR:
        ok = qemu_strtoi64(v->s, NULL, 0, out) == 0;
        break;
    default:
        error_setg(errp, "Invalid parameter type for '%s', expected: integer", param_name(name));
        return false;
    }
    if (!ok || *out < min || *out > max) {
        error_setg(errp, "Parameter '%s' expects an integer from %" PRId64 " to %" PRId64,
                   param_name(name), min, max);
        return false;
    }
    return true;
}

static void set_uint_error(const char *name, uint64_t max, Error **errp)
{
    error_setg(errp, "Parameter '%s' expects an integer from 0 to %" PRIu64, param_name(name),
               max);
}

bool qvalue_to_uint(const QValue *v, const char *name, uint64_t max, uint64_t *out, Error **errp)
{
    bool ok;

    switch (v->kind) {
    case QVALUE_INT:
        *out = (uint64_t)v->i;
        ok = v->i >= 0;
        break;
    case QVALUE_UINT:
        *out = v->u;
        ok = true;
        break;
    case QVALUE_STR:
        ok = qemu_strtou64(v->s, NULL, 0, out) == 0;
        break;
    default:
        error_setg(errp, "Invalid parameter type for '%s', expected: integer", param_name(name));
        return false;
    }
    if (!ok || *out > max) {
        set_uint_error(name, max, errp);
        return false;
    }
    return true;
}

bool qvalue_to_size(const QValue *v, const char *name, uint64_t *out, Error **errp)
{
    if (v->kind == QVALUE_STR) {
        return parse_option_size(param_name(name), v->s, out, errp);
    }
    return qvalue_to_uint(v, name, UINT64_MAX, out, errp);
}

bool qvalue_to_double(const QValue *v, const char *name, double *out, Error **errp)
{
    switch (v->kind) {
    case QVALUE_DOUBLE:
        *out = v->d;
        return true;
    case QVALUE_INT:
        *out = (double)v->i;
        return true;
    case QVALUE_UINT:
        *out = (double)v->u;
        return true;
    case QVALUE_STR:
        if (qemu_strtod(v->s, NULL, out) == 0) {
            return true;
        }
        break;
    default:
        break;
    }
    error_setg(errp, "Parameter '%s' expects a number", param_name(name));
    return false;
}

bool qvalue_to_str(const QValue *v, const char *name, const char **out, Error **errp)
{
    if (v->kind != QVALUE_STR) {
        error_setg(errp, "Invalid parameter type for '%s', expected: string", param_name(name));
        return false;
    }
    *out = v->s;
    return true;
}

static char *print_list(const QValue *v, bool human)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < v->list->len; i++) {
        g_autofree char *item = qvalue_print(g_ptr_array_index(v->list, i), human);

        g_string_append_printf(text, "%s%s", !i ? "" : v->kind == QVALUE_DICT && i % 2 ? "="
                                                                                         : ",",
                               item);
    }
    return g_strdup(text->str);
}

char *qvalue_print(const QValue *v, bool human)
{
    switch (v->kind) {
    case QVALUE_BOOL:
        return g_strdup(v->b ? "true" : "false");
    case QVALUE_INT:
        return human ? g_strdup_printf("%" PRId64 " (0x%" PRIx64 ")", v->i, (uint64_t)v->i)
                     : g_strdup_printf("%" PRId64, v->i);
    case QVALUE_UINT:
        return human ? g_strdup_printf("%" PRIu64 " (0x%" PRIx64 ")", v->u, v->u)
                     : g_strdup_printf("%" PRIu64, v->u);
    case QVALUE_DOUBLE:
        return g_strdup_printf("%.17g", v->d);
    case QVALUE_STR:
        return human ? g_strdup_printf("\"%s\"", v->s) : g_strdup(v->s);
    case QVALUE_LIST:
    case QVALUE_DICT:
        return print_list(v, human);
    default:
        return g_strdup("");
    }
}
