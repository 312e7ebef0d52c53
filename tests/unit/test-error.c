/*
 * Errors on their way to the caller, and reports to the user.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"

static GString *captured;

static void capture(void *opaque, const char *text)
{
    g_string_append(captured, text);
}

static void capture_start(void)
{
    captured = g_string_new(NULL);
    error_set_sink((ErrorSink){ capture, NULL });
}

static void capture_expect(const char *expected)
{
    error_set_sink((ErrorSink){ NULL, NULL });
    g_assert_cmpstr(captured->str, ==, expected);
    g_string_free(captured, TRUE);
}

static bool fails(Error **errp)
{
    error_setg(errp, "no %s", "luck");
    return false;
}

static void test_set(void)
{
    Error *err = NULL;

    g_assert_false(fails(&err));
    g_assert_cmpstr(error_get_pretty(err), ==, "no luck");
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_GENERIC_ERROR);
    error_free(err);
    g_assert_false(fails(NULL)); /* nobody wants to know */
}

static void test_errno(void)
{
    Error *err = NULL;

    error_setg_errno(&err, ENOENT, "Could not open '%s'", "x");
    g_assert_cmpstr(error_get_pretty(err), ==, "Could not open 'x': No such file or directory");
    error_free(err);
    err = NULL;
    error_setg_errno(&err, 0, "plain");
    g_assert_cmpstr(error_get_pretty(err), ==, "plain");
    error_free(err);
}

static void test_setting_keeps_errno(void)
{
    Error *err = NULL;

    errno = EBUSY;
    error_setg(&err, "x");
    g_assert_cmpint(errno, ==, EBUSY);
    error_free(err);
}

static void test_propagate_first_wins(void)
{
    Error *first = NULL, *second = NULL;

    error_setg(&first, "first");
    error_setg(&second, "second");
    error_propagate(&first, second);
    g_assert_cmpstr(error_get_pretty(first), ==, "first");
    error_free(first);
    error_propagate(NULL, NULL);
}

static void wraps(Error **errp)
{
    ERRP_GUARD();

    fails(errp);
    g_assert_nonnull(*errp); /* readable whatever the caller passed */
    error_prepend(errp, "while %s: ", "trying");
    error_append_hint(errp, "Try again.\n");
}

static void test_guard(void)
{
    Error *err = NULL;

    wraps(&err);
    g_assert_cmpstr(error_get_pretty(err), ==, "while trying: no luck");
    capture_start();
    error_report_err(err);
    capture_expect("Error: while trying: no luck\nTry again.\n");
    wraps(NULL);
}

static void test_copy(void)
{
    Error *err = NULL, *copy;

    wraps(&err);
    copy = error_copy(err);
    error_free(err);
    capture_start();
    warn_report_err(copy);
    capture_expect("warning: while trying: no luck\nTry again.\n");
}

static void test_fatal(void)
{
    if (g_test_subprocess()) {
        error_init("/usr/bin/qemu-system-test");
        wraps(&error_fatal);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("qemu-system-test: while trying: no luck\nTry again.\n");
}

static void test_abort(void)
{
    if (g_test_subprocess()) {
        fails(&error_abort);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("Unexpected error in fails() at *test-error.c:*no luck*");
}

static void test_set_twice(void)
{
    if (g_test_subprocess()) {
        Error *err = NULL;

        fails(&err);
        fails(&err);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
}

static void test_once(void)
{
    capture_start();
    for (int i = 0; i < 3; i++) {
        g_assert_true(warn_report_once("tick %d", i) == (i == 0));
    }
    capture_expect("warning: tick 0\n");
}

static void test_prefixes(void)
{
    Error *err = NULL, *cause = NULL;

    error_propagate_prepend(&err, NULL, "nothing: ");
    g_assert_null(err);
    error_set(&cause, ERROR_CLASS_DEVICE_NOT_FOUND, "it is gone");
    error_propagate_prepend(&err, cause, "disk%d: ", 1);
    g_assert_cmpstr(error_get_pretty(err), ==, "disk1: it is gone");
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_DEVICE_NOT_FOUND);
    capture_start();
    error_reportf_err(err, "%s: ", "board");
    cause = NULL;
    wraps(&cause);
    warn_reportf_err(cause, "still, ");
    capture_expect("Error: board: disk1: it is gone\n"
                   "warning: still, while trying: no luck\nTry again.\n");
}

static void test_once_remembers(void)
{
    bool printed = false;

    capture_start();
    g_assert_true(error_report_once_cond(&printed, "a"));
    g_assert_true(printed);
    g_assert_false(error_report_once_cond(&printed, "b"));
    g_assert_false(warn_report_once_cond(&printed, "c"));
    info_report("d");
    g_assert_cmpint(error_printf("%s\n", "raw"), ==, 4);
    capture_expect("Error: a\ninfo: d\nraw\n");
}

static void test_expected(void)
{
    if (g_test_subprocess()) {
        Error *err = NULL;

        fails(&err);
        error_free_or_abort(&err);
        g_assert_null(err);
        error_free_or_abort(&err); /* there is none */
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*nothing failed where a failure was expected*");
}

static void test_names(void)
{
    if (g_test_subprocess()) {
        error_init("");
        error_report("nobody");
        error_init("/x/qemu-system-ppc");
        message_guest_name = "guest1";
        warn_report("somebody");
        message_with_timestamp = true;
        message_guest_name = NULL;
        info_report("now");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("sysemu: nobody\n"
                              "guest1 qemu-system-ppc: warning: somebody\n"
                              "20*-*-*T*:*:*.*Z qemu-system-ppc: info: now\n");
}

static void test_location(void)
{
    if (g_test_subprocess()) {
        error_init("sysemu");
        error_loc_set("-device x");
        error_report("bad");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_stderr("sysemu: -device x: bad\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/carries-its-message", test_set);
    g_test_add_func("/error/appends-the-text-of-errno", test_errno);
    g_test_add_func("/error/setting-one-keeps-errno", test_setting_keeps_errno);
    g_test_add_func("/error/first-one-wins", test_propagate_first_wins);
    g_test_add_func("/error/guard-makes-it-readable-and-reports-hints", test_guard);
    g_test_add_func("/error/copy-is-independent", test_copy);
    g_test_add_func("/error/fatal-reports-and-exits", test_fatal);
    g_test_add_func("/error/abort-names-the-place", test_abort);
    g_test_add_func("/error/setting-twice-is-a-bug", test_set_twice);
    g_test_add_func("/error/once-reports-once", test_once);
    g_test_add_func("/error/report-starts-with-program-and-location", test_location);
    g_test_add_func("/error/prefixes-tell-where", test_prefixes);
    g_test_add_func("/error/once-is-remembered-by-a-variable", test_once_remembers);
    g_test_add_func("/error/an-expected-error-must-be-there", test_expected);
    g_test_add_func("/error/report-names-guest-and-time-when-asked", test_names);
    return g_test_run();
}
