/*
 * Log lines about what the guest did wrong and what we lack: who was acting, and each line only
 * once.
 *
 * A driver that polls a register we don't model would bury everything else. So a line is written
 * the first time, and how often it came back is said at the end.
 *
 * Of exceptions (-d int) the order counts: only a line that is equal to the one before is left out,
 * and how many there were is said before the next one that differs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "log-internal.h"

static GMutex fold_lock;
static GHashTable *seen;  /* line -> how many repeats were left out */
static GPtrArray *in_order; /* the lines of `seen`, as they came */
static QemuLogContextHook *context_hook;
static char *last_event;      /* the last line of -d int; under fold_lock, as its count */
static size_t event_repeats;

void qemu_log_set_context_hook(QemuLogContextHook *hook)
{
    qatomic_set(&context_hook, hook);
}

static const char *item_name(unsigned mask)
{
    for (const QEMULogItem *item = qemu_log_items; item->name; item++) {
        if (mask & item->mask) {
            return item->name;
        }
    }
    return "log";
}

GString *log_line_start(unsigned mask)
{
    QemuLogContextHook *hook = qatomic_read(&context_hook);
    GString *line = g_string_new(item_name(mask));
    char context[256];

    g_string_append(line, ": ");
    if (hook && hook(context, sizeof(context))) {
        g_string_append_printf(line, "%s: ", context);
    }
    return line;
}

/* Counts the line if it has been there; otherwise remembers it. */
static bool is_repeat(const char *line)
{
    gpointer count;
    bool repeat;
    char *key;

    g_mutex_lock(&fold_lock);
    if (!seen) {
        seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        in_order = g_ptr_array_new();
    }
    repeat = g_hash_table_lookup_extended(seen, line, NULL, &count);
    if (repeat) {
        g_hash_table_insert(seen, g_strdup(line),
                            GSIZE_TO_POINTER(GPOINTER_TO_SIZE(count) + 1));
    } else if (g_hash_table_size(seen) < LOG_MAX_REMEMBERED) {
        key = g_strdup(line);
        g_hash_table_insert(seen, key, GSIZE_TO_POINTER(0));
        g_ptr_array_add(in_order, key);
    }
    g_mutex_unlock(&fold_lock);
    return repeat;
}

/* What was left out must be said. */
void log_close_at_exit(void)
{
    static gsize registered;

    if (g_once_init_enter(&registered)) {
        atexit(qemu_log_close);
        g_once_init_leave(&registered, 1);
    }
}

/* Writes the line, which has no newline, unless it has been there before. */
static void write_folded(const char *line)
{
    log_close_at_exit();
    if (!is_repeat(line)) {
        qemu_log("%s\n", line);
    }
}

/* Writes the line unless it is equal to the one before; NULL: only says what was left out. */
static void write_event(const char *line)
{
    size_t repeats = 0;
    bool same;

    g_mutex_lock(&fold_lock);
    same = line && last_event && !strcmp(line, last_event);
    if (same) {
        event_repeats++;
    } else {
        repeats = event_repeats;
        event_repeats = 0;
        g_free(last_event);
        last_event = g_strdup(line);
    }
    g_mutex_unlock(&fold_lock);
    if (repeats) {
        qemu_log("(the line before came %zu more times)\n", repeats);
    }
    if (line && !same) {
        qemu_log("%s", line);
    }
}

void qemu_log_forget_repeats(void)
{
    g_autoptr(GHashTable) old = NULL;
    g_autoptr(GPtrArray) order = NULL;

    write_event(NULL);
    trace_log_flush();
    g_mutex_lock(&fold_lock);
    old = seen;
    order = in_order;
    seen = NULL;
    in_order = NULL;
    g_mutex_unlock(&fold_lock);

    for (guint i = 0; order && i < order->len; i++) {
        const char *line = g_ptr_array_index(order, i);
        size_t count = GPOINTER_TO_SIZE(g_hash_table_lookup(old, line));

        if (count) {
            qemu_log("%s (repeated %zu times)\n", line, count);
        }
    }
}

void qemu_log_masked(unsigned mask, const char *fmt, ...)
{
    g_autoptr(GString) line = NULL;
    va_list ap;
    FILE *f;

    va_start(ap, fmt);
    if (mask & CPU_LOG_INT) {
        line = g_string_new(NULL);
        g_string_append_vprintf(line, fmt, ap);
        log_close_at_exit();
        write_event(line->str);
    } else if (mask & (LOG_UNIMP | LOG_GUEST_ERROR)) {
        line = log_line_start(mask);
        g_string_append_vprintf(line, fmt, ap);
        if (line->len && line->str[line->len - 1] == '\n') {
            g_string_truncate(line, line->len - 1);
        }
        write_folded(line->str);
    } else {
        f = qemu_log_trylock();
        vfprintf(f, fmt, ap);
        qemu_log_unlock(f);
    }
    va_end(ap);
}

void qemu_log_dev(unsigned mask, const char *dev, const char *reg, const char *fmt, ...)
{
    g_autoptr(GString) line = NULL;
    va_list ap;

    if (!qemu_loglevel_mask(mask)) {
        return;
    }
    line = log_line_start(mask);
    g_string_append(line, dev);
    if (reg) {
        g_string_append_printf(line, " %s", reg);
    }
    g_string_append(line, ": ");
    va_start(ap, fmt);
    g_string_append_vprintf(line, fmt, ap);
    va_end(ap);
    write_folded(line->str);
}
