/*
 * The debug log: items, file, address filter.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/shared-line.h"
#include "qemu/trace.h"
#include "log-internal.h"

unsigned qemu_loglevel = LOG_UNIMP;

const QEMULogItem qemu_log_items[] = {
    { CPU_LOG_TB_IN_ASM, "in_asm",
      "guest instructions of each piece of code, once, when it is translated" },
    { CPU_LOG_TB_OP, "op", "the same piece in the translator's intermediate language" },
    { CPU_LOG_TB_OP_OPT, "op_opt", "the intermediate language that is left after optimization" },
    { CPU_LOG_TB_OUT_ASM, "out_asm", "the host's machine code that came out of it" },
    { CPU_LOG_EXEC, "exec",
      "each piece of code as the CPU enters it from the main loop (with\nnochain: each time; the log grows fast)" },
    { CPU_LOG_TB_CPU, "cpu", "all CPU registers at the same places as exec" },
    { CPU_LOG_TB_FPU, "fpu", "adds floating-point registers to what cpu writes; nothing alone" },
    { CPU_LOG_TB_NOCHAIN, "nochain",
      "no jumps from one piece of code straight to the next, so that exec\nand cpu miss none (slow)" },
    { CPU_LOG_INT, "int", "exceptions and interrupts that a CPU takes: cause, return address" },
    { CPU_LOG_MMU, "mmu",
      "address translations as they are looked up, and what changed them" },
    { CPU_LOG_RESET, "cpu_reset", "CPU registers as they were when a reset hit" },
    { CPU_LOG_PAGE, "page", "ranges that come into and go from the physical memory map" },
    { LOG_IO, "io",
      "reads and writes of device registers: device, register, value, fields;\nio:DEVICE and io:DEVICE.REGISTER follow some (* and ? match)" },
    { LOG_TRACE, "trace", "trace points: trace:NAME, with * and ?; -trace help lists them" },
    { LOG_UNIMP, "unimp",
      "what the guest used and this emulator lacks, each place once (on\nunless turned off)" },
    { LOG_GUEST_ERROR, "guest_errors",
      "what the hardware's manual forbids and the guest did, each place once" },
    { 0, NULL, NULL },
};

static GRecMutex log_lock;
static FILE *log_file; /* NULL: stderr */
static char *log_path;
static bool log_loss_reported; /* of log_file */
static bool log_configured;

bool qemu_log_enabled(void)
{
    return log_configured || qatomic_read(&qemu_loglevel) != 0;
}

FILE *qemu_log_trylock(void)
{
    FILE *f;

    g_rec_mutex_lock(&log_lock);
    f = log_file ? log_file : stderr;
    shared_line_begin(f);
    return f;
}

/* A full disk must not stop the guest, but whoever waits for a line shall know why there is none. */
static void report_loss(void)
{
    if (!log_loss_reported) {
        log_loss_reported = true;
        warn_report("log file '%s': %s: lines are lost", log_path, g_strerror(errno));
    }
    clearerr(log_file);
}

void qemu_log_unlock(FILE *f)
{
    if (f) {
        fflush(f);
        if (f == log_file && ferror(f)) {
            report_loss();
        }
        g_rec_mutex_unlock(&log_lock);
    }
}

void qemu_log(const char *fmt, ...)
{
    FILE *f = qemu_log_trylock();
    va_list ap;

    va_start(ap, fmt);
    vfprintf(f, fmt, ap);
    va_end(ap);
    qemu_log_unlock(f);
}

static const QEMULogItem *find_item(const char *name)
{
    for (const QEMULogItem *item = qemu_log_items; item->name; item++) {
        if (!strcmp(name, item->name)) {
            return item;
        }
    }
    return NULL;
}

/* Trace points are chosen by name. */
static unsigned all_items(void)
{
    unsigned mask = 0;

    for (const QEMULogItem *item = qemu_log_items; item->name; item++) {
        mask |= item->mask;
    }
    return mask & ~LOG_TRACE;
}

/* "io:PATTERN", "trace:PATTERN": the pattern for trace_set(), or NULL for another item. */
static char *trace_pattern(const char *item)
{
    const char *pattern;

    if (strstart(item, "io:", &pattern)) {
        return *pattern ? g_strconcat("io.", pattern, NULL) : NULL;
    }
    return strstart(item, "trace:", &pattern) && *pattern ? g_strdup(pattern) : NULL;
}

static void turn_on_traces(char **items)
{
    for (; *items; items++) {
        g_autofree char *pattern = trace_pattern(*items);

        if (pattern) {
            trace_set(pattern, true);
        }
    }
}

/* QEMU's that aren't here. */
static const char *const lacking_items[] = { "op_ind", "op_plugin", "pcall", "plugin", "strace",
                                             "tid", "vpu", "invalid_mem", NULL };

unsigned qemu_str_to_log_mask(const char *str, Error **errp)
{
    g_auto(GStrv) names = g_strsplit(str, ",", 0);
    unsigned mask = 0;

    for (char **name = names; *name; name++) {
        const QEMULogItem *item = find_item(*name);
        g_autofree char *pattern = trace_pattern(*name);

        if (pattern) {
            mask |= LOG_TRACE;
        } else if (!strcmp(*name, "all")) {
            mask |= all_items();
        } else if (!strcmp(*name, "none")) {
            mask = 0;
        } else if (item && item->mask == LOG_TRACE) {
            error_setg(errp, "'%s' needs the name of a trace point: %s:NAME", *name, *name);
            return 0;
        } else if (item) {
            mask |= item->mask;
        } else if (g_strv_contains(lacking_items, *name)) {
            error_setg(errp, "log item '%s' is not supported yet", *name);
            return 0;
        } else {
            error_setg(errp, "Unknown log item '%s'", *name);
            error_append_hint(errp, "Use -d help to list the log items.\n");
            return 0;
        }
    }
    turn_on_traces(names);
    return mask;
}

bool qemu_set_log(unsigned mask, Error **errp)
{
    qatomic_set(&qemu_loglevel, mask);
    if (!(mask & LOG_TRACE)) {
        trace_forget();
    }
    return true;
}

bool qemu_log_add(unsigned mask, Error **errp)
{
    return qemu_set_log(qatomic_read(&qemu_loglevel) | mask, errp);
}

bool qemu_log_remove(unsigned mask, Error **errp)
{
    return qemu_set_log(qatomic_read(&qemu_loglevel) & ~mask, errp);
}

/* The name with %d replaced; NULL and *errp if there is another % in it. */
static char *expand_filename(const char *filename, Error **errp)
{
    const char *percent = strchr(filename, '%');

    if (!percent) {
        return g_strdup(filename);
    }
    if (percent[1] != 'd' || strchr(percent + 2, '%')) {
        error_setg(errp, "Bad logfile template: %s", filename);
        return NULL;
    }
    return g_strdup_printf("%.*s%d%s", (int)(percent - filename), filename, getpid(), percent + 2);
}

bool qemu_set_log_filename(const char *filename, Error **errp)
{
    g_autofree char *path = NULL;
    FILE *f = NULL, *old;

    if (filename) {
        path = expand_filename(filename, errp);
        if (!path) {
            return false;
        }
        f = fopen(path, "we");
        if (!f) {
            error_setg_errno(errp, errno, "Error opening logfile %s", path);
            return false;
        }
        setvbuf(f, NULL, _IOLBF, 0);
    }
    g_rec_mutex_lock(&log_lock);
    old = log_file;
    log_file = f;
    g_free(log_path);
    log_path = g_steal_pointer(&path);
    log_loss_reported = false;
    log_configured |= f != NULL;
    if (old) {
        fclose(old);
    }
    g_rec_mutex_unlock(&log_lock);
    return true;
}

void qemu_print_log_usage(FILE *f)
{
    fprintf(f, "Log items (comma separated):\n");
    for (const QEMULogItem *item = qemu_log_items; item->name; item++) {
        g_auto(GStrv) lines = g_strsplit(item->help, "\n", 0);

        for (char **line = lines; *line; line++) {
            fprintf(f, "%-15s %s\n", line == lines ? item->name : "", *line);
        }
    }
}

void qemu_log_close(void)
{
    FILE *f;

    qemu_log_forget_repeats();
    g_rec_mutex_lock(&log_lock);
    f = log_file;
    log_file = NULL;
    if (f) {
        fclose(f);
    }
    g_rec_mutex_unlock(&log_lock);
}

/* --- the address filter --- */

typedef struct AddrRange {
    uint64_t first, last; /* inclusive */
} AddrRange;

/* Replaced as a whole; an old one is never freed, because readers don't lock. */
static GArray *dfilter;

bool qemu_log_in_addr_range(uint64_t addr)
{
    GArray *filter = qatomic_load_acquire(&dfilter);

    if (!filter) {
        return true;
    }
    for (guint i = 0; i < filter->len; i++) {
        const AddrRange *r = &g_array_index(filter, AddrRange, i);

        if (addr >= r->first && addr <= r->last) {
            return true;
        }
    }
    return false;
}

static bool parse_range(const char *text, AddrRange *r, Error **errp)
{
    const char *op = strstr(text, "..");
    const char *end;
    uint64_t a, b;

    op = op ? op : strpbrk(text, "+-");
    if (!op) {
        error_setg(errp, "Bad range specifier");
        return false;
    }
    if (qemu_strtou64(text, &end, 0, &a) || end != op) {
        error_setg(errp, "Invalid number to the left of %.*s", *op == '.' ? 2 : 1, op);
        return false;
    }
    if (qemu_strtou64(op + (*op == '.' ? 2 : 1), NULL, 0, &b)) {
        error_setg(errp, "Invalid number to the right of %.*s", *op == '.' ? 2 : 1, op);
        return false;
    }
    r->first = *op == '-' ? a - (b - 1) : a;
    r->last = *op == '.' ? b : *op == '+' ? a + (b - 1) : a;
    if (r->first > r->last || (*op != '.' && b == 0)) {
        error_setg(errp, "Invalid range");
        return false;
    }
    return true;
}

bool qemu_set_dfilter_ranges(const char *ranges, Error **errp)
{
    g_auto(GStrv) specs = NULL;
    GArray *filter;

    if (!ranges) {
        qatomic_store_release(&dfilter, NULL);
        return true;
    }
    filter = g_array_new(FALSE, FALSE, sizeof(AddrRange));
    specs = g_strsplit(ranges, ",", 0);
    for (char **spec = specs; *spec; spec++) {
        AddrRange r;

        if (!parse_range(*spec, &r, errp)) {
            g_array_free(filter, TRUE);
            return false;
        }
        g_array_append_val(filter, r);
    }
    qatomic_store_release(&dfilter, filter);
    return true;
}
