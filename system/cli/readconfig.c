/*
 * -readconfig: options in a file. Each section is one use of an option, taken as if it stood where
 * -readconfig does.
 *
 *     # a comment
 *     [device "net0"]
 *       driver = "virtio-net-pci"
 *       netdev = "hub"
 *
 * is -device virtio-net-pci,id=net0,netdev=hub.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cli.h"
#include "qemu/error-report.h"

#define MAX_SIZE 0x100000 /* bytes of a file */

/*
 * Sections that are options. `first` is the key whose value comes first and without a name on the
 * command line.
 */
typedef struct Section {
    const char *name;
    const char *option;
    const char *first;
} Section;

static const Section sections[] = {
    { "accel", "accel", "accel" },
    { "boot-opts", "boot", NULL },
    { "chardev", "chardev", "backend" },
    { "device", "device", "driver" },
    { "drive", "drive", NULL },
    { "fsdev", "fsdev", "fsdriver" },
    { "fw_cfg", "fw_cfg", NULL },
    { "global", "global", NULL },
    { "icount", "icount", NULL },
    { "machine", "machine", "type" },
    { "memory", "m", NULL },
    { "mon", "mon", NULL },
    { "msg", "msg", NULL },
    { "name", "name", "guest" },
    { "net", "net", "type" },
    { "netdev", "netdev", "type" },
    { "nic", "nic", "type" },
    { "numa", "numa", "type" },
    { "object", "object", "qom-type" },
    { "rtc", "rtc", NULL },
    { "sandbox", "sandbox", "enable" },
    { "smp-opts", "smp", NULL },
    { "trace", "trace", NULL },
};

typedef struct Reader {
    Cli *cli;
    const char *file;
    unsigned line;
    const Section *section; /* NULL: none yet */
    char *title;            /* FILE:LINE: [...], for messages about the section */
    char *first;            /* values, as on the command line; NULL: not given */
    GString *rest;          /* ,key=value... */
} Reader;

static G_NORETURN_ATTR G_GNUC_PRINTF(2, 3) void complain(const Reader *r, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    Error *err = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    error_setg(&err, "%s:%u: %s", r->file, r->line, text);
    cli_fail(err);
}

static void add_value(GString *to, const char *value)
{
    for (; *value; value++) {
        g_string_append(to, *value == ',' ? ",," : (char[]){ *value, '\0' });
    }
}

/* The section is complete: it becomes an option. */
static void finish_section(Reader *r)
{
    g_autofree char *title = g_steal_pointer(&r->title), *first = g_steal_pointer(&r->first);
    g_autoptr(GString) arg = g_string_new(NULL);
    const CliOption *option = r->section ? cli_find_option(r->section->option) : NULL;
    const char *rest = r->rest->str;

    if (option) {
        if (first) {
            add_value(arg, first);
        } else {
            rest += *rest == ',';
        }
        g_string_append(arg, rest);
        cli_take_option(r->cli, option, arg->str, title);
    }
    r->section = NULL;
    g_string_truncate(r->rest, 0);
}

static const Section *find_section(const Reader *r, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
        if (g_str_equal(sections[i].name, name)) {
            if (!cli_find_option(sections[i].option)) {
                complain(r, "[%s]: -%s is not supported yet", name, sections[i].option);
            }
            return &sections[i];
        }
    }
    complain(r, "there is no section '%s'", name);
}

/* [name] or [name "id"] */
static void begin_section(Reader *r, const char *line)
{
    static const char form[] = "^\\[\\s*([^\\s\"\\]]+)(?:\\s+\"([^\"]*)\")?\\s*\\]$";
    g_autoptr(GRegex) regex = g_regex_new(form, 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *name = NULL, *id = NULL;

    if (!g_regex_match(regex, line, 0, &match)) {
        complain(r, "expected [SECTION] or [SECTION \"ID\"]");
    }
    name = g_match_info_fetch(match, 1);
    id = g_match_info_fetch(match, 2);
    r->section = find_section(r, name);
    r->title = g_strdup_printf("%s:%u: %s", r->file, r->line, line);
    if (id && *id) {
        g_string_append(r->rest, ",id=");
        add_value(r->rest, id);
    }
}

/* key = "value" */
static void add_key(Reader *r, const char *line)
{
    g_autoptr(GRegex) regex = g_regex_new("^([-.\\w]+)\\s*=\\s*\"([^\"]*)\"$", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *key = NULL, *value = NULL;

    if (!g_regex_match(regex, line, 0, &match)) {
        complain(r, "expected KEY = \"VALUE\"");
    }
    if (!r->section) {
        complain(r, "a key before the first [SECTION]");
    }
    key = g_match_info_fetch(match, 1);
    value = g_match_info_fetch(match, 2);
    if (r->section->first && g_str_equal(key, r->section->first)) {
        g_free(r->first);
        r->first = g_steal_pointer(&value);
        return;
    }
    g_string_append_printf(r->rest, ",%s=", key);
    add_value(r->rest, value);
}

static char *read_text(const char *path, Error **errp)
{
    g_autofree char *text = g_malloc(MAX_SIZE + 1);
    FILE *f = fopen(path, "re");
    size_t len;
    int failed;

    if (!f) {
        error_setg_errno(errp, errno, "could not open '%s'", path);
        return NULL;
    }
    len = fread(text, 1, MAX_SIZE + 1, f);
    failed = ferror(f) ? errno : 0;
    fclose(f);
    if (failed) {
        error_setg_errno(errp, failed, "could not read '%s'", path);
    } else if (len > MAX_SIZE) {
        error_setg(errp, "'%s' is larger than 1 MiB", path);
    } else if (memchr(text, 0, len) || !g_utf8_validate_len(text, len, NULL)) {
        error_setg(errp, "'%s' is no text", path);
    } else {
        text[len] = '\0';
        return g_steal_pointer(&text);
    }
    return NULL;
}

CLI_HANDLER(readconfig)
{
    g_autofree char *text = read_text(arg, errp);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    g_autoptr(GString) rest = g_string_new(NULL);
    Reader r = { .cli = cli, .file = arg, .rest = rest };
    const char *loc = cli->loc;

    error_loc_set(NULL);
    for (char **line = lines; *line; line++) {
        g_strstrip(*line);
        r.line++;
        if (**line == '[') {
            finish_section(&r);
            begin_section(&r, *line);
        } else if (**line && **line != '#') {
            add_key(&r, *line);
        }
    }
    finish_section(&r);
    error_loc_set(loc);
    cli->loc = loc;
}
