/*
 * Arguments of monitor commands: from text to typed values, along the command's args_type.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "expr.h"
#include "monitor-internal.h"
#include "qemu/cutils.h"

typedef struct HMPArg {
    char *name;
    char *str; /* s, F, S */
    int64_t num; /* l, i, b, flags */
    HMPFormat format;
} HMPArg;

struct HMPArgs {
    GArray *list; /* of HMPArg: those that were given */
};

/* One piece of args_type. */
typedef struct ArgSpec {
    char *name;
    char type; /* s F S l i b - / */
    char flag;
    bool with_word; /* a flag: a word follows it */
    bool optional;
} ArgSpec;

static void clear_arg(gpointer data)
{
    HMPArg *a = data;

    g_free(a->name);
    g_free(a->str);
}

void hmp_args_free(HMPArgs *args)
{
    if (args) {
        g_array_unref(args->list);
        g_free(args);
    }
}

static const HMPArg *find(const HMPArgs *args, const char *name)
{
    for (guint i = 0; i < args->list->len; i++) {
        const HMPArg *a = &g_array_index(args->list, HMPArg, i);

        if (g_str_equal(a->name, name)) {
            return a;
        }
    }
    return NULL;
}

bool hmp_arg_given(const HMPArgs *args, const char *name)
{
    return find(args, name) != NULL;
}

const char *hmp_arg_str(const HMPArgs *args, const char *name)
{
    const HMPArg *a = find(args, name);

    return a ? a->str : NULL;
}

int64_t hmp_arg_int(const HMPArgs *args, const char *name, int64_t defval)
{
    const HMPArg *a = find(args, name);

    return a ? a->num : defval;
}

bool hmp_arg_bool(const HMPArgs *args, const char *name)
{
    return hmp_arg_int(args, name, 0) != 0;
}

HMPFormat hmp_arg_format(const HMPArgs *args, Monitor *mon)
{
    const HMPArg *a = find(args, "fmt");
    HMPFormat f = a ? a->format : (HMPFormat){ .count = 1 };

    f.format = f.format ? f.format : mon->dump_format;
    if (!f.size) {
        f.size = f.format == 'c' || f.format == 's' ? 1 : mon->dump_size;
    }
    mon->dump_format = f.format;
    if (!strchr("cis", f.format)) {
        mon->dump_size = f.size;
    }
    return f;
}

static const char *skip_blanks(const char *p)
{
    while (g_ascii_isspace(*p)) {
        p++;
    }
    return p;
}

static char *get_quoted(const char **pp, Error **errp)
{
    GString *word = g_string_new(NULL);
    const char *p = *pp + 1;

    while (*p && *p != '"') {
        static const char escapes[][2] = { { 'n', '\n' }, { 'r', '\r' }, { 't', '\t' } };
        char ch = *p++;

        if (ch == '\\' && *p) {
            ch = *p++;
            for (size_t i = 0; i < ARRAY_SIZE(escapes); i++) {
                ch = ch == escapes[i][0] ? escapes[i][1] : ch;
            }
        }
        g_string_append_c(word, ch);
    }
    if (*p != '"') {
        error_setg(errp, "unterminated string");
        return g_string_free(word, TRUE), NULL;
    }
    *pp = p + 1;
    return g_string_free(word, FALSE);
}

char *hmp_get_word(const char **pp, Error **errp)
{
    const char *p = skip_blanks(*pp), *start = p;

    *pp = p;
    if (!*p) {
        return NULL;
    }
    if (*p == '"') {
        return get_quoted(pp, errp);
    }
    while (*p && !g_ascii_isspace(*p)) {
        p++;
    }
    *pp = p;
    return g_strndup(start, p - start);
}

/* The next piece of args_type; false at its end. */
static bool next_spec(const char **types, ArgSpec *spec)
{
    const char *p = *types, *colon = strchr(p, ':');

    if (!*p || !colon) {
        return false;
    }
    spec->name = g_strndup(p, colon - p);
    p = colon + 1;
    spec->type = *p++;
    spec->flag = spec->type == '-' ? *p++ : 0;
    spec->with_word = spec->type == '-' && *p == 's';
    p += spec->with_word;
    spec->optional = *p == '?';
    p += spec->optional;
    *types = *p == ',' ? p + 1 : p;
    return true;
}

static void parse_format(const char **pp, HMPFormat *f)
{
    const char *p = *pp + 1; /* behind the slash */
    static const struct {
        char letter;
        int size;
    } sizes[] = { { 'b', 1 }, { 'h', 2 }, { 'w', 4 }, { 'g', 8 }, { 'L', 8 } };

    f->count = 1;
    if (g_ascii_isdigit(*p)) {
        long n = strtol(p, (char **)&p, 10);

        f->count = CLAMP(n, 0, INT_MAX);
    }
    for (; *p && !g_ascii_isspace(*p); p++) {
        if (strchr("oxducis", *p)) {
            f->format = *p;
        }
        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
            if (*p == sizes[i].letter) {
                f->size = sizes[i].size;
            }
        }
    }
    *pp = p;
}

static bool check_format(const char *p, Error **errp)
{
    for (p++; *p && !g_ascii_isspace(*p); p++) {
        if (!strchr("0123456789oxducisbhwgL", *p)) {
            error_setg(errp, "invalid char in format: '%c'", *p);
            return false;
        }
    }
    return true;
}

/* Parses one argument. 1: it is there; 0: it isn't and need not be; -1: *errp. */
static int parse_string(const HMPCommand *cmd, const ArgSpec *spec, const char **pp, HMPArg *arg,
                        Error **errp)
{
    ERRP_GUARD();

    if (spec->type == 'S') {
        const char *rest = skip_blanks(*pp);

        arg->str = *rest ? g_strchomp(g_strdup(rest)) : NULL;
        *pp = rest + strlen(rest);
    } else {
        arg->str = hmp_get_word(pp, errp);
    }
    if (arg->str) {
        return 1;
    }
    if (!*errp && !spec->optional) {
        error_setg(errp, "%s expected", spec->type == 'F' ? "filename" : "string");
        error_prepend(errp, "%s: ", cmd->name);
    }
    return *errp ? -1 : 0;
}

static int parse_int(Monitor *mon, const ArgSpec *spec, const char **pp, HMPArg *arg, Error **errp)
{
    *pp = skip_blanks(*pp);
    if (!**pp && spec->optional) {
        return 0;
    }
    if (!monitor_expr(pp, &arg->num, monitor_get_register, mon, errp)) {
        return -1;
    }
    if (spec->type == 'i' && (arg->num > UINT32_MAX || arg->num < INT32_MIN)) {
        error_setg(errp, "integer is for 32-bit values");
        return -1;
    }
    return 1;
}

static int parse_bool(const ArgSpec *spec, const char **pp, HMPArg *arg, Error **errp)
{
    g_autofree char *word = hmp_get_word(pp, NULL);
    bool on;

    if (!word && spec->optional) {
        return 0;
    }
    if (!word || !qemu_parse_bool(word, &on)) {
        error_setg(errp, "Expected 'on' or 'off'");
        return -1;
    }
    arg->num = on;
    return 1;
}

static int parse_flag(const ArgSpec *spec, const char **pp, HMPArg *arg, Error **errp)
{
    const char *p = skip_blanks(*pp);
    ERRP_GUARD();

    if (p[0] != '-' || p[1] != spec->flag || (p[2] && !g_ascii_isspace(p[2]))) {
        return 0;
    }
    *pp = p + 2;
    arg->num = 1;
    if (spec->with_word) {
        arg->str = hmp_get_word(pp, errp);
        if (!arg->str && !*errp) {
            error_setg(errp, "-%c: %s expected", spec->flag, spec->name);
        }
    }
    return *errp ? -1 : 1;
}

static int parse_arg(Monitor *mon, const HMPCommand *cmd, const ArgSpec *spec, const char **pp,
                     HMPArg *arg, Error **errp)
{
    switch (spec->type) {
    case 's':
    case 'F':
    case 'S':
        return parse_string(cmd, spec, pp, arg, errp);
    case 'l':
    case 'i':
        return parse_int(mon, spec, pp, arg, errp);
    case 'b':
        return parse_bool(spec, pp, arg, errp);
    case '-':
        return parse_flag(spec, pp, arg, errp);
    case '/':
        *pp = skip_blanks(*pp);
        if (**pp != '/') {
            return 0;
        }
        if (!check_format(*pp, errp)) {
            return -1;
        }
        parse_format(pp, &arg->format);
        return 1;
    default:
        g_assert_not_reached();
    }
}

/* A flag of the command is next: they may come in any order, and between the other arguments. */
static bool flag_is_next(const char *types, const char *p)
{
    p = skip_blanks(p);
    return types[0] && p[0] == '-' && g_ascii_isalpha(p[1]) && strstr(types, ":-") != NULL &&
           (p[2] == 0 || g_ascii_isspace(p[2]));
}

static bool take_flags(const HMPCommand *cmd, const char **pp, HMPArgs *args, Error **errp)
{
    while (flag_is_next(cmd->args_type, *pp)) {
        const char *types = cmd->args_type;
        int found = 0;
        ArgSpec spec;

        while (!found && next_spec(&types, &spec)) {
            HMPArg arg = { 0 };

            found = spec.type == '-' ? parse_flag(&spec, pp, &arg, errp) : 0;
            if (found > 0) {
                arg.name = spec.name;
                g_array_append_val(args->list, arg);
            } else {
                g_free(spec.name);
            }
        }
        if (!found) {
            error_setg(errp, "unsupported option -%c", skip_blanks(*pp)[1]);
        }
        if (found <= 0) {
            return false;
        }
    }
    return true;
}

HMPArgs *hmp_args_parse(Monitor *mon, const HMPCommand *cmd, const char *p, Error **errp)
{
    HMPArgs *args = g_new0(HMPArgs, 1);
    const char *types = cmd->args_type;
    ArgSpec spec;
    int rc = 0;

    args->list = g_array_new(FALSE, FALSE, sizeof(HMPArg));
    g_array_set_clear_func(args->list, clear_arg);
    while (rc >= 0 && next_spec(&types, &spec)) {
        HMPArg arg = { 0 };

        rc = !take_flags(cmd, &p, args, errp) ? -1
             : spec.type == '-'               ? 0
                                              : parse_arg(mon, cmd, &spec, &p, &arg, errp);
        if (rc > 0) {
            arg.name = spec.name;
            g_array_append_val(args->list, arg);
        } else {
            g_free(spec.name);
        }
    }
    if (rc >= 0 && !take_flags(cmd, &p, args, errp)) {
        rc = -1;
    }
    if (rc >= 0 && *skip_blanks(p)) {
        error_setg(errp, "extraneous characters at the end of line");
        error_prepend(errp, "%s: ", cmd->name);
        rc = -1;
    }
    if (rc < 0) {
        hmp_args_free(args);
        return NULL;
    }
    return args;
}
