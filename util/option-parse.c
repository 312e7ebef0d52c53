/*
 * From the command line's text to QemuOpts, and back to text for help.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "option-internal.h"

const char *get_opt_value(const char *p, char **value)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (; *p; p++) {
        if (*p == ',') {
            if (p[1] != ',') {
                break;
            }
            p++;
        }
        g_string_append_c(text, *p);
    }
    *value = g_strdup(text->str);
    return p;
}

/*
 * One "key=value", "key" or (if first_name isn't NULL) "value" with its key implied; returns what
 * follows its comma. *value is NULL for a key without a value.
 */
static const char *get_opt_pair(const char *p, const char *first_name, char **name, char **value)
{
    size_t key_len = strcspn(p, "=,");

    if (p[key_len] == '=') {
        *name = g_strndup(p, key_len);
        p = get_opt_value(p + key_len + 1, value);
    } else if (first_name) {
        *name = g_strdup(first_name);
        p = get_opt_value(p, value);
    } else {
        *name = g_strndup(p, key_len);
        *value = NULL;
        p += key_len;
    }
    return *p ? p + 1 : p;
}

static bool starts_with_help(const char *p)
{
    size_t len = strcspn(p, "=,");

    return p[len] != '=' && ((len == 4 && !strncmp(p, "help", 4)) || (len == 1 && *p == '?'));
}

bool has_help_option(const char *param)
{
    for (const char *p = param; *p;) {
        g_autofree char *name = NULL, *value = NULL;

        if (starts_with_help(p)) {
            return true;
        }
        p = get_opt_pair(p, NULL, &name, &value);
    }
    return false;
}

bool has_help_value(const char *param, const char *key)
{
    g_autofree char *help = g_strconcat(key, "=help", NULL), *mark = g_strconcat(key, "=?", NULL);
    g_auto(GStrv) parts = g_strsplit(param, ",", 0);

    return g_strv_contains((const char *const *)parts, help) ||
           g_strv_contains((const char *const *)parts, mark);
}

bool is_valid_option_list(const char *param)
{
    size_t len = strlen(param);

    return len > 0 && *param != ',' && (len < 2 || param[len - 1] != ',' || param[len - 2] == ',');
}

/*
 * A key without value: "flag" is flag=on; "noflag" is flag=off where the table has flag and not
 * noflag.
 */
static void complete_flag(QemuOpts *opts, char **name, char **value)
{
    const QemuOptDesc *desc = opts->list->desc;

    if (strstart(*name, "no", NULL) && !opt_row(desc, *name) &&
        (!desc->name || opt_row(desc, *name + 2))) {
        char *rest = g_strdup(*name + 2);

        g_free(*name);
        *name = rest;
        *value = g_strdup("off");
    } else {
        *value = g_strdup("on");
    }
}

static bool parse_all(QemuOpts *opts, const char *params, const char *first_name, bool *help,
                      Error **errp)
{
    for (const char *p = params; *p;) {
        g_autofree char *name = NULL, *value = NULL;

        if (help && starts_with_help(p)) {
            *help = true;
            return false;
        }
        p = get_opt_pair(p, p == params ? first_name : NULL, &name, &value);
        if (!value) {
            complete_flag(opts, &name, &value);
        }
        if (!strcmp(name, "id")) {
            continue;
        }
        if (!qemu_opt_set(opts, name, value, errp)) {
            return false;
        }
    }
    return true;
}

bool qemu_opts_do_parse(QemuOpts *opts, const char *params, const char *firstname, Error **errp)
{
    return parse_all(opts, params, firstname, NULL, errp);
}

static char *find_id(const char *params, const char *first_name)
{
    for (const char *p = params; *p;) {
        g_autofree char *name = NULL;
        char *value = NULL;

        p = get_opt_pair(p, p == params ? first_name : NULL, &name, &value);
        if (value && !strcmp(name, "id")) {
            return value;
        }
        g_free(value);
    }
    return NULL;
}

static QemuOpts *opts_parse(QemuOptsList *list, const char *params, bool permit_abbrev, bool *help,
                            Error **errp)
{
    const char *first_name = permit_abbrev ? list->implied_opt_name : NULL;
    g_autofree char *id = find_id(params, first_name);
    bool merged = list->merge_lists && qemu_opts_find(list, id);
    QemuOpts *opts = qemu_opts_create(list, id, true, errp);

    if (!opts) {
        return NULL;
    }
    if (!parse_all(opts, params, first_name, help, errp)) {
        if (!merged) {
            qemu_opts_del(opts);
        }
        return NULL;
    }
    return opts;
}

QemuOpts *qemu_opts_parse(QemuOptsList *list, const char *params, bool permit_abbrev, Error **errp)
{
    return opts_parse(list, params, permit_abbrev, NULL, errp);
}

QemuOpts *qemu_opts_parse_noisily(QemuOptsList *list, const char *params, bool permit_abbrev)
{
    Error *err = NULL;
    bool help = false;
    QemuOpts *opts = opts_parse(list, params, permit_abbrev, &help, &err);

    if (help) {
        qemu_opts_print_help(list, true);
        error_free(err);
    } else if (err) {
        error_report_err(err);
    }
    return opts;
}

bool qemu_opt_has_help_opt(QemuOpts *opts)
{
    return opt_place(opts, "help") >= 0 || opt_place(opts, "?") >= 0;
}

void qemu_opts_print_help(QemuOptsList *list, bool print_caption)
{
    if (print_caption) {
        if (list->desc[0].name) {
            printf("%s options:\n", list->name);
        } else {
            printf("There are no options for %s.\n", list->name);
        }
    }
    for (const QemuOptDesc *desc = list->desc; desc->name; desc++) {
        g_autofree char *left = g_strdup_printf("  %s=<%s>", desc->name, opt_type_name(desc->type));

        if (desc->help) {
            printf("%-24s - %s", left, desc->help);
        } else {
            printf("%s", left);
        }
        if (desc->def_value_str) {
            printf(" (default: %s)", desc->def_value_str);
        }
        printf("\n");
    }
}

static void print_escaped(const char *value)
{
    for (; *value; value++) {
        fputs(*value == ',' ? ",," : (char[2]){ *value }, stdout);
    }
}

void qemu_opts_print(QemuOpts *opts, const char *separator)
{
    const char *sep = "";

    if (opts->id) {
        printf("id=%s", opts->id);
        sep = separator;
    }
    for (guint i = 0; i < opts->given->len; i++) {
        printf("%s%s=", sep, opt_at(opts, i)->name);
        print_escaped(opt_at(opts, i)->text);
        sep = separator;
    }
}
