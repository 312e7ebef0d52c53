/*
 * The human monitor's command line: finding commands, help, completion.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qemu/log.h"

/* `names` is "stop|s"; true if `name` is one of them. */
static bool name_matches(const char *names, const char *name, size_t len)
{
    while (*names) {
        size_t n = strcspn(names, "|");

        if (n == len && strncmp(names, name, n) == 0) {
            return true;
        }
        names += n + (names[n] == '|');
    }
    return false;
}

static const HMPCommand *find_command(const HMPCommand *table, const char *name, size_t len)
{
    for (const HMPCommand *c = table; c->name; c++) {
        if (name_matches(c->name, name, len)) {
            return c;
        }
    }
    return NULL;
}

/*
 * The command that `line` begins with, sub-commands included; *rest is what follows. NULL: unknown,
 * *rest is then behind the unknown word.
 */
static const HMPCommand *lookup(const char *line, const char **rest)
{
    const HMPCommand *table = hmp_commands, *c = NULL;
    const char *p = line;

    while (table) {
        size_t len;

        p += strspn(p, " \t");
        len = strcspn(p, " \t/");
        if (len == 0 && c) {
            break;
        }
        c = find_command(table, p, len);
        p += len;
        table = c ? c->sub_table : NULL;
    }
    *rest = p;
    return c;
}

/* How a command is called in messages: as typed, up to `end`. */
static char *typed_name(const char *line, const char *end)
{
    return g_strchug(g_strndup(line, end - line));
}

static void run(Monitor *mon, const HMPCommand *c, const HMPArgs *args)
{
    if (c->info) {
        GString *out = g_string_new(NULL);

        c->info(mon, args, out);
        monitor_print_long(mon, out);
    } else if (c->cmd) {
        c->cmd(mon, args);
    }
}

void hmp_handle_line(Monitor *mon, const char *line)
{
    const char *rest;
    const HMPCommand *c;
    g_autofree char *name = NULL;
    Error *err = NULL;
    HMPArgs *args;

    line += strspn(line, " \t");
    if (!*line) {
        return;
    }
    c = lookup(line, &rest);
    name = typed_name(line, rest);
    if (!c) {
        monitor_printf(mon, "unknown command: '%s'\n", name);
        return;
    }
    args = hmp_args_parse(mon, c, rest, &err);
    if (!args) {
        monitor_printf(mon, "%s\nTry \"help %s\" for more information\n", error_get_pretty(err),
                       name);
        error_free(err);
        return;
    }
    run(mon, c, args);
    hmp_args_free(args);
}

/* ---- Help ---- */

static void print_command(Monitor *mon, const char *prefix, const HMPCommand *c)
{
    monitor_printf(mon, "%s%s %s -- %s\n", prefix, c->name, c->params, c->help);
}

static void print_table(Monitor *mon, const char *prefix, const HMPCommand *table)
{
    for (const HMPCommand *c = table; c->name; c++) {
        print_command(mon, prefix, c);
    }
}

static void help_log(Monitor *mon)
{
    monitor_puts(mon, "Log items (comma separated):\n");
    monitor_printf(mon, "%-15s %s\n", "none", "remove all logs");
    for (const QEMULogItem *item = qemu_log_items; item->name; item++) {
        monitor_printf(mon, "%-15s %s\n", item->name, item->help);
    }
}

void hmp_help(Monitor *mon, const char *topic)
{
    const HMPCommand *c;
    const char *rest;
    g_autofree char *name = NULL;

    if (!topic || !*topic) {
        print_table(mon, "", hmp_commands);
        return;
    }
    if (g_str_equal(topic, "log")) {
        help_log(mon);
        return;
    }
    c = lookup(topic, &rest);
    name = typed_name(topic, rest);
    if (!c) {
        monitor_printf(mon, "unknown command: '%s'\n", name);
    } else if (c->sub_table) {
        g_autofree char *prefix = g_strdup_printf("%s ", c->name);

        print_table(mon, prefix, c->sub_table);
    } else {
        print_command(mon, c->info ? "info " : "", c);
    }
}

HMP_CMD(help_cmd)
{
    hmp_help(mon, hmp_arg_str(args, "name"));
}

HMP_CMD(info_help)
{
    hmp_help(mon, "info");
}

/* ---- Completion ---- */

static void complete_names(GPtrArray *matches, const HMPCommand *table, const char *word)
{
    for (const HMPCommand *c = table; c->name; c++) {
        g_auto(GStrv) names = g_strsplit(c->name, "|", 0);

        for (int i = 0; names[i]; i++) {
            if (g_str_has_prefix(names[i], word)) {
                g_ptr_array_add(matches, g_strdup(names[i]));
            }
        }
    }
}

static void complete_file(GPtrArray *matches, const char *word)
{
    const char *slash = strrchr(word, '/');
    g_autofree char *dir = slash ? g_strndup(word, slash - word + 1) : g_strdup("");
    const char *base = slash ? slash + 1 : word;
    GDir *d = g_dir_open(dir[0] ? dir : ".", 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *path = g_strconcat(dir, name, NULL);

        if (g_str_has_prefix(name, base) && (base[0] || name[0] != '.')) {
            bool is_dir = g_file_test(path, G_FILE_TEST_IS_DIR);

            g_ptr_array_add(matches, g_strconcat(path, is_dir ? "/" : "", NULL));
        }
    }
    if (d) {
        g_dir_close(d);
    }
}

void hmp_complete(Monitor *mon, const char *line, GPtrArray *matches, size_t *word_start)
{
    const HMPCommand *table = hmp_commands, *c = NULL;
    const char *p = line + strspn(line, " \t");
    bool help = false;

    for (;;) {
        size_t len = strcspn(p, " \t");

        *word_start = p - line;
        if (!p[len]) {
            break; /* the word at the cursor */
        }
        if (table) {
            c = find_command(table, p, len);
            help = c && c->cmd == hmp_help_cmd;
            table = help ? hmp_commands : c ? c->sub_table : NULL;
            if (!c) {
                return;
            }
        }
        p += len;
        p += strspn(p, " \t");
    }
    if (table) {
        complete_names(matches, table, p);
    } else if (c && c->complete) {
        c->complete(matches, p);
    } else if (c && strstr(c->args_type, ":F")) {
        complete_file(matches, p);
    }
}
