/*
 * The debug log.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/trace.h"

static char *path;

static void log_start(unsigned mask)
{
    qemu_set_log(mask, &error_abort);
    g_assert_true(qemu_set_log_filename(path, &error_abort));
}

static void log_expect(const char *expected)
{
    g_autofree char *text = NULL;

    qemu_log_close();
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, expected);
}

static void test_default(void)
{
    g_assert_cmphex(qemu_loglevel, ==, LOG_UNIMP);
}

static void test_items_add_up(void)
{
    qemu_set_log(LOG_UNIMP, &error_abort);
    qemu_log_add(qemu_str_to_log_mask("in_asm", &error_abort), &error_abort);
    qemu_log_add(qemu_str_to_log_mask("int,exec", &error_abort), &error_abort);
    g_assert_cmphex(qemu_loglevel, ==, LOG_UNIMP | CPU_LOG_TB_IN_ASM | CPU_LOG_INT | CPU_LOG_EXEC);
    qemu_log_remove(CPU_LOG_INT, &error_abort);
    g_assert_false(qemu_loglevel_mask(CPU_LOG_INT));
    g_assert_true(qemu_loglevel_mask(CPU_LOG_EXEC | CPU_LOG_INT));
}

static void test_unknown_item(void)
{
    Error *err = NULL;

    g_assert_cmphex(qemu_str_to_log_mask("int,foo", &err), ==, 0);
    g_assert_cmpstr(error_get_pretty(err), ==, "Unknown log item 'foo'");
    error_free(err);
    g_assert_cmphex(qemu_str_to_log_mask("none", &error_abort), ==, 0);
    for (const QEMULogItem *item = qemu_log_items; item->name; item++) {
        if (item->mask != LOG_TRACE) { /* which needs a name */
            g_assert_cmphex(qemu_str_to_log_mask(item->name, &error_abort), ==, item->mask);
        }
    }
    err = NULL;
    g_assert_cmphex(qemu_str_to_log_mask("trace", &err), ==, 0);
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "'trace' needs the name of a trace point: trace:NAME");
    error_free(err);
}

static void test_mask(void)
{
    log_start(CPU_LOG_INT);
    qemu_log_mask(CPU_LOG_INT, "yes %d\n", 1);
    qemu_log_mask(CPU_LOG_EXEC, "no\n");
    qemu_log("always\n");
    log_expect("yes 1\nalways\n");
}

static void test_events_fold_in_their_order(void)
{
    log_start(CPU_LOG_INT);
    qemu_log_mask(CPU_LOG_INT, "a\n");
    for (int i = 0; i < 1000; i++) {
        qemu_log_mask(CPU_LOG_INT, "b\n");
    }
    qemu_log_mask(CPU_LOG_INT, "a\n");
    qemu_log_mask(CPU_LOG_INT, "b\n");
    qemu_log_mask(CPU_LOG_INT, "b\n");
    log_expect("a\nb\n(the line before came 999 more times)\na\nb\n"
               "(the line before came 1 more times)\n");
}

static bool context(char *buf, size_t size)
{
    g_snprintf(buf, size, "cpu0 pc=00001234 start+0x4");
    return true;
}

static void test_device_lines(void)
{
    qemu_log_set_context_hook(context);
    log_start(LOG_UNIMP);
    qemu_log_dev(LOG_UNIMP, "uart0", "MCR", "bit %d not modelled", 3);
    qemu_log_dev(LOG_GUEST_ERROR, "uart0", "MCR", "off");
    qemu_log_dev(LOG_UNIMP, "uart0", NULL, "no register");
    log_expect("unimp: cpu0 pc=00001234 start+0x4: uart0 MCR: bit 3 not modelled\n"
               "unimp: cpu0 pc=00001234 start+0x4: uart0: no register\n");
    qemu_log_set_context_hook(NULL);
}

static void test_folding(void)
{
    log_start(LOG_UNIMP | LOG_GUEST_ERROR);
    for (int i = 0; i < 5; i++) {
        qemu_log_mask(LOG_UNIMP, "a\n");
        qemu_log_mask(LOG_GUEST_ERROR, "a\n");
        qemu_log_mask(LOG_UNIMP, "once %d\n", i);
    }
    log_expect("unimp: a\nguest_errors: a\nunimp: once 0\nunimp: once 1\nunimp: once 2\n"
               "unimp: once 3\nunimp: once 4\n"
               "unimp: a (repeated 4 times)\nguest_errors: a (repeated 4 times)\n");

    log_start(LOG_UNIMP);
    qemu_log_mask(LOG_UNIMP, "a\n"); /* a new start: written again */
    log_expect("unimp: a\n");
}

static void test_trace_names(void)
{
    log_start(LOG_UNIMP);
    trace_set("io.uart*", true);
    trace_set("io.uart1.LSR", false);
    g_assert_true(qemu_loglevel_mask(LOG_TRACE));
    g_assert_true(trace_is_on("io.uart0"));
    g_assert_true(trace_is_on("io.uart1.MCR"));
    g_assert_false(trace_is_on("io.uart1.LSR"));
    g_assert_false(trace_is_on("io.mpic"));
    trace_set("io.mpic", true); /* and what is below it, but no longer name */
    g_assert_true(trace_is_on("io.mpic.EOI0"));
    g_assert_false(trace_is_on("io.mpic2"));
    trace_set("*", false);
    g_assert_false(trace_is_on("io.uart0"));
    qemu_str_to_log_mask("int,io:uart0,trace:x.?", &error_abort);
    g_assert_true(trace_is_on("io.uart0.MCR") && trace_is_on("x.y") && !trace_is_on("x.yz"));
    qemu_set_log(0, &error_abort); /* `log none` */
    g_assert_false(trace_is_on("io.uart0"));
    qemu_log_close();
}

static void trace_letters(const char *letters)
{
    for (; *letters; letters++) {
        trace_log(LOG_IO, "%c", *letters);
    }
}

static void test_trace_folding(void)
{
    log_start(LOG_IO);
    trace_letters("aaaab");
    log_expect("io: a\nio: a (repeated 3 times)\nio: b\n");
    log_start(LOG_IO);
    trace_letters("xababababac");
    log_expect("io: x\nio: a\nio: b\nio: a\nio: b\n(the last 2 lines repeated 2 times)\n"
               "io: a\nio: c\n");
    log_start(LOG_IO);
    trace_letters("abcabdabe"); /* nothing repeats as a whole */
    log_expect("io: a\nio: b\nio: c\nio: a\nio: b\nio: d\nio: a\nio: b\nio: e\n");
    log_start(LOG_IO);
    for (int i = 0; i < 1000; i++) {
        trace_letters("abcdefgh");
    }
    log_expect("io: a\nio: b\nio: c\nio: d\nio: e\nio: f\nio: g\nio: h\n"
               "io: a\nio: b\nio: c\nio: d\nio: e\nio: f\nio: g\nio: h\n"
               "(the last 8 lines repeated 998 times)\n");
}

static void test_filter(void)
{
    static const struct {
        const char *range, *message;
    } bad[] = {
        { "0x10..zz", "Invalid number to the right of .." },
        { "zz+1", "Invalid number to the left of +" },
        { "5", "Bad range specifier" },
        { "5+0", "Invalid range" },
        { "5..4", "Invalid range" },
        { "", NULL },
    };

    g_assert_true(qemu_log_in_addr_range(0));
    g_assert_true(qemu_set_dfilter_ranges("0x1000..0x1fff,0x3000+0x10,0x5000-0x10", &error_abort));
    g_assert_false(qemu_log_in_addr_range(0xfff));
    g_assert_true(qemu_log_in_addr_range(0x1000));
    g_assert_true(qemu_log_in_addr_range(0x1fff));
    g_assert_false(qemu_log_in_addr_range(0x2000));
    g_assert_true(qemu_log_in_addr_range(0x300f));
    g_assert_false(qemu_log_in_addr_range(0x3010));
    g_assert_true(qemu_log_in_addr_range(0x5000));
    g_assert_true(qemu_log_in_addr_range(0x4ff1));
    g_assert_false(qemu_log_in_addr_range(0x4ff0));
    for (int i = 0; bad[i].message; i++) {
        Error *err = NULL;

        g_assert_false(qemu_set_dfilter_ranges(bad[i].range, &err));
        g_assert_cmpstr(error_get_pretty(err), ==, bad[i].message);
        error_free(err);
    }
    g_assert_true(qemu_log_in_addr_range(0x1000)); /* a bad one changes nothing */
    log_start(CPU_LOG_INT);
    qemu_log_mask_and_addr(CPU_LOG_INT, 0x2000, "out\n");
    qemu_log_mask_and_addr(CPU_LOG_INT, 0x1000, "in\n");
    log_expect("in\n");
    qemu_set_dfilter_ranges(NULL, &error_abort);
    g_assert_true(qemu_log_in_addr_range(0x2000));
}

static void test_filename(void)
{
    g_autofree char *pattern = g_strdup_printf("%s-%%d", path);
    g_autofree char *name = g_strdup_printf("%s-%d", path, getpid());
    g_autofree char *nowhere = g_strdup_printf("%s-none/x", path);
    g_autofree char *message =
        g_strdup_printf("Error opening logfile %s: No such file or directory", nowhere);
    Error *err = NULL;

    g_assert_true(qemu_set_log_filename(pattern, &error_abort));
    g_assert_true(g_file_test(name, G_FILE_TEST_EXISTS));
    g_unlink(name);
    g_assert_false(qemu_set_log_filename(nowhere, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, message);
    g_clear_pointer(&err, error_free);
    g_assert_false(qemu_set_log_filename("/tmp/a%s%d", &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Bad logfile template: /tmp/a%s%d");
    error_free(err);
    qemu_log_close();
}

int main(int argc, char **argv)
{
    int fd, ret;

    g_test_init(&argc, &argv, NULL);
    fd = g_file_open_tmp("sysemu-log-XXXXXX", &path, NULL);
    close(fd);
    g_test_add_func("/log/unimp-is-on-from-the-start", test_default);
    g_test_add_func("/log/items-add-up", test_items_add_up);
    g_test_add_func("/log/equal-events-in-a-row-are-counted", test_events_fold_in_their_order);
    g_test_add_func("/log/unknown-item-is-named", test_unknown_item);
    g_test_add_func("/log/only-what-is-enabled", test_mask);
    g_test_add_func("/log/device-lines-name-cpu-pc-symbol-device-register", test_device_lines);
    g_test_add_func("/log/repeats-are-folded", test_folding);
    g_test_add_func("/log/trace-points-are-chosen-by-pattern", test_trace_names);
    g_test_add_func("/log/trace-repeats-are-folded-in-order", test_trace_folding);
    g_test_add_func("/log/filter-takes-ranges", test_filter);
    g_test_add_func("/log/file-name-takes-the-pid", test_filename);
    ret = g_test_run();
    g_unlink(path);
    g_free(path);
    return ret;
}
