/*
 * Trace points: patterns and names.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/trace.h"

typedef struct Pattern {
    char *text;
    bool on;
} Pattern;

static GMutex lock;
static GArray *patterns;    /* Pattern, in the order given */
static GHashTable *answers; /* name -> whether it is on, for the patterns there are */
static GSList *sources;

static void clear_pattern(gpointer data)
{
    g_free(((Pattern *)data)->text);
}

bool trace_matches(const char *pattern, const char *name)
{
    g_autofree char *below = g_strconcat(pattern, ".*", NULL);

    return g_pattern_match_simple(pattern, name) || g_pattern_match_simple(below, name);
}

/* A pattern that is given again moves to the end. */
static void remove_pattern(const char *text)
{
    for (guint i = 0; i < patterns->len; i++) {
        if (g_str_equal(g_array_index(patterns, Pattern, i).text, text)) {
            g_array_remove_index(patterns, i);
            return;
        }
    }
}

static bool any_on(void)
{
    for (guint i = 0; i < patterns->len; i++) {
        if (g_array_index(patterns, Pattern, i).on) {
            return true;
        }
    }
    return false;
}

void trace_set(const char *pattern, bool on)
{
    Pattern added = { g_strdup(pattern), on };

    g_mutex_lock(&lock);
    if (!patterns) {
        patterns = g_array_new(FALSE, FALSE, sizeof(Pattern));
        g_array_set_clear_func(patterns, clear_pattern);
        answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    }
    remove_pattern(pattern);
    g_array_append_val(patterns, added);
    g_hash_table_remove_all(answers);
    if (any_on()) {
        qatomic_or(&qemu_loglevel, LOG_TRACE);
    } else {
        qatomic_and(&qemu_loglevel, ~LOG_TRACE);
    }
    g_mutex_unlock(&lock);
}

void trace_forget(void)
{
    g_mutex_lock(&lock);
    if (patterns) {
        g_array_set_size(patterns, 0);
        g_hash_table_remove_all(answers);
    }
    qatomic_and(&qemu_loglevel, ~LOG_TRACE);
    g_mutex_unlock(&lock);
}

static bool ask_patterns(const char *name)
{
    for (guint i = patterns->len; i-- > 0;) {
        const Pattern *p = &g_array_index(patterns, Pattern, i);

        if (trace_matches(p->text, name)) {
            return p->on;
        }
    }
    return false;
}

bool trace_is_on(const char *name)
{
    gpointer answer;
    bool on = false;

    if (!qemu_loglevel_mask(LOG_TRACE)) {
        return false;
    }
    g_mutex_lock(&lock);
    if (g_hash_table_lookup_extended(answers, name, NULL, &answer)) {
        on = GPOINTER_TO_INT(answer);
    } else {
        on = ask_patterns(name);
        g_hash_table_insert(answers, g_strdup(name), GINT_TO_POINTER(on));
    }
    g_mutex_unlock(&lock);
    return on;
}

/* ---- Names ---- */

void trace_add_source(const TraceSource *source)
{
    if (!g_slist_find(sources, source)) {
        sources = g_slist_append(sources, (gpointer)source);
    }
}

static void collect(const char *name, void *data)
{
    if (!g_hash_table_contains(data, name)) {
        g_hash_table_add(data, g_strdup(name));
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *trace_names(const char *pattern)
{
    g_autoptr(GHashTable) all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer name;

    for (GSList *s = sources; s; s = s->next) {
        ((const TraceSource *)s->data)->list(collect, all);
    }
    g_hash_table_iter_init(&iter, all);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        if (!pattern || trace_matches(pattern, name)) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* ---- -trace ---- */

static void set_and_warn(const char *pattern)
{
    bool on = pattern[0] != '-';
    g_autoptr(GPtrArray) names = NULL;

    pattern += !on;
    names = trace_names(pattern);
    if (names->len == 0 && !strpbrk(pattern, "*?")) {
        warn_report("trace event '%s' does not exist", pattern);
    }
    trace_set(pattern, on);
}

static bool read_patterns(const char *path, Error **errp)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GError) error = NULL;

    if (!g_file_get_contents(path, &text, NULL, &error)) {
        error_setg(errp, "can't read the list of trace events: %s", error->message);
        return false;
    }
    lines = g_strsplit(text, "\n", 0);
    for (char **line = lines; *line; line++) {
        g_strstrip(*line);
        if (**line && **line != '#') {
            set_and_warn(*line);
        }
    }
    return true;
}

bool trace_parse_option(const char *arg, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(arg, ",", 0);

    for (char **word = words; *word; word++) {
        char *value = strchr(*word, '=');
        bool ok = true;

        if (!value) {
            set_and_warn(*word);
            continue;
        }
        *value++ = 0;
        if (g_str_equal(*word, "enable")) {
            set_and_warn(value);
        } else if (g_str_equal(*word, "events")) {
            ok = read_patterns(value, errp);
        } else if (g_str_equal(*word, "file")) {
            ok = qemu_set_log_filename(value, errp);
        } else {
            error_setg(errp, "Invalid parameter '%s'", *word);
            ok = false;
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}
