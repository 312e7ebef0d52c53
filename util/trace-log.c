/*
 * Lines of traces, with repeats folded as they come.
 *
 * The order of a trace's lines is its point, so unlike those of `unimp` they aren't remembered for
 * good. What repeats is the loop that waits for a device: one line, or a cycle of a few. A line
 * that continues the cycle before it is only counted; when another one comes, the count is
 * written, and those lines of the cycle that had come once more:
 *
 *     A B A B A B A C   is written as   A, B, A, B, (the last 2 lines repeated 1 times), A, C
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/trace.h"
#include "log-internal.h"

enum { MAX_CYCLE = 8, RECENT = 2 * MAX_CYCLE };

static struct {
    GMutex lock;
    char *lines[RECENT]; /* that came last, a ring: lines[came % RECENT] is overwritten next */
    unsigned came;
    unsigned cycle;      /* lines of the cycle that is being folded, 0: none */
    unsigned long left_out;
} recent;

/* The line that came k lines ago. */
static const char *ago(unsigned k)
{
    return recent.lines[(recent.came - k) % RECENT];
}

static void remember(const char *line)
{
    char **slot = &recent.lines[recent.came++ % RECENT];

    g_free(*slot);
    *slot = g_strdup(line);
}

static bool same_as_ago(const char *line, unsigned k)
{
    return k <= recent.came && k <= RECENT && g_str_equal(line, ago(k));
}

/* With `line`, the last `cycle` lines are those before them again. */
static bool closes_cycle(const char *line, unsigned cycle)
{
    if (!same_as_ago(line, cycle)) {
        return false;
    }
    for (unsigned k = 1; k < cycle; k++) {
        if (!same_as_ago(ago(k), k + cycle)) {
            return false;
        }
    }
    return true;
}

static void end_cycle(void)
{
    unsigned long times = recent.cycle ? recent.left_out / recent.cycle : 0;
    unsigned rest = recent.cycle ? recent.left_out % recent.cycle : 0;

    if (times && recent.cycle == 1) {
        qemu_log("%s (repeated %lu times)\n", ago(1), times);
    } else if (times) {
        qemu_log("(the last %u lines repeated %lu times)\n", recent.cycle, times);
    }
    for (; rest > 0; rest--) {
        qemu_log("%s\n", ago(rest));
    }
    recent.cycle = 0;
    recent.left_out = 0;
}

static void forget(void)
{
    for (unsigned i = 0; i < RECENT; i++) {
        g_clear_pointer(&recent.lines[i], g_free);
    }
    recent.came = 0;
}

static void take_line(const char *line)
{
    if (recent.cycle && same_as_ago(line, recent.cycle)) {
        recent.left_out++;
        remember(line);
        return;
    }
    if (recent.cycle) {
        end_cycle();
        forget();
    }
    for (unsigned cycle = 1; cycle <= MAX_CYCLE && !recent.cycle; cycle++) {
        recent.cycle = closes_cycle(line, cycle) ? cycle : 0;
    }
    if (recent.cycle == 1) {
        recent.left_out++;
    } else {
        qemu_log("%s\n", line);
    }
    remember(line);
}

void trace_log(unsigned mask, const char *fmt, ...)
{
    g_autoptr(GString) line = log_line_start(mask);
    va_list ap;

    va_start(ap, fmt);
    g_string_append_vprintf(line, fmt, ap);
    va_end(ap);
    log_close_at_exit();
    g_mutex_lock(&recent.lock);
    take_line(line->str);
    g_mutex_unlock(&recent.lock);
}

void trace_log_flush(void)
{
    g_mutex_lock(&recent.lock);
    end_cycle();
    forget();
    g_mutex_unlock(&recent.lock);
}
