/*
 * Option strings.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/option.h"

static QemuOptsList table = {
    .name = "table",
    .implied_opt_name = "type",
    .desc = {
        { "type", QEMU_OPT_STRING, "what it is" },
        { "str", QEMU_OPT_STRING },
        { "num", QEMU_OPT_NUMBER, NULL, "7" },
        { "flag", QEMU_OPT_BOOL },
        { "size", QEMU_OPT_SIZE },
        { NULL },
    },
};

static QemuOptsList any = { .name = "any", .desc = { { NULL } } };

static QemuOptsList merged = {
    .name = "merged",
    .merge_lists = true,
    .desc = { { "a", QEMU_OPT_STRING }, { "b", QEMU_OPT_STRING }, { NULL } },
};

static QemuOpts *parse(QemuOptsList *list, const char *text)
{
    return qemu_opts_parse(list, text, true, &error_abort);
}

static void expect_error(QemuOptsList *list, const char *text, const char *message)
{
    Error *err = NULL;

    g_assert_null(qemu_opts_parse(list, text, true, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, message);
    error_free(err);
}

static void test_values(void)
{
    QemuOpts *opts = parse(&table, "disk,str=a,num=0x10,flag=on,size=2k");

    g_assert_cmpstr(qemu_opt_get(opts, "type"), ==, "disk");
    g_assert_cmpstr(qemu_opt_get(opts, "str"), ==, "a");
    g_assert_cmpuint(qemu_opt_get_number(opts, "num", 0), ==, 16);
    g_assert_true(qemu_opt_get_bool(opts, "flag", false));
    g_assert_cmpuint(qemu_opt_get_size(opts, "size", 0), ==, 2048);
    qemu_opts_del(opts);
}

static void test_defaults(void)
{
    QemuOpts *opts = parse(&table, "str=x");

    g_assert_cmpuint(qemu_opt_get_number(opts, "num", 3), ==, 7); /* the table's default */
    g_assert_cmpuint(qemu_opt_get_size(opts, "size", 3), ==, 3);
    g_assert_null(qemu_opt_get(opts, "type"));
    g_assert_null(qemu_opt_get(NULL, "type"));
    g_assert_true(qemu_opt_get_bool(NULL, "flag", true));
    qemu_opts_del(opts);
}

static void test_escapes(void)
{
    g_autofree char *value = NULL;
    QemuOpts *opts = parse(&table, "a,,b,str=,,x,,,num=1");

    g_assert_cmpstr(qemu_opt_get(opts, "type"), ==, "a,b");
    g_assert_cmpstr(qemu_opt_get(opts, "str"), ==, ",x,");
    g_assert_cmpuint(qemu_opt_get_number(opts, "num", 0), ==, 1);
    qemu_opts_del(opts);
    g_assert_cmpstr(get_opt_value("a,,b,c", &value), ==, ",c");
    g_assert_cmpstr(value, ==, "a,b");
}

static void test_flags(void)
{
    QemuOpts *opts = parse(&table, "x,flag");

    g_assert_true(qemu_opt_get_bool(opts, "flag", false));
    qemu_opts_del(opts);
    opts = parse(&table, "x,noflag");
    g_assert_false(qemu_opt_get_bool(opts, "flag", true));
    qemu_opts_del(opts);
}

static void test_last_wins(void)
{
    QemuOpts *opts = parse(&table, "x,str=1,str=2");

    g_assert_cmpstr(qemu_opt_get(opts, "str"), ==, "2");
    g_assert_cmpint(qemu_opt_unset(opts, "str"), ==, 2);
    g_assert_null(qemu_opt_get(opts, "str"));
    qemu_opts_del(opts);
}

static void test_errors(void)
{
    expect_error(&table, "x,foo=1", "Invalid parameter 'foo'");
    expect_error(&table, "x,num=a", "Parameter 'num' expects a number");
    expect_error(&table, "x,num=-1", "Parameter 'num' expects a number");
    expect_error(&table, "x,num=99999999999999999999",
                 "Value '99999999999999999999' is too large for parameter 'num'");
    expect_error(&table, "x,flag=maybe", "Parameter 'flag' expects 'on' or 'off'");
    expect_error(&table, "x,size=4x",
                 "Parameter 'size' expects a non-negative number below 2^64");
    expect_error(&table, "x,id=1", "Parameter 'id' expects an identifier");
    g_assert_true(QTAILQ_EMPTY(&table.head)); /* nothing half-done stays */
}

static void test_ids(void)
{
    QemuOpts *opts = parse(&table, "x,id=one");
    Error *err = NULL;

    g_assert_cmpstr(qemu_opts_id(opts), ==, "one");
    g_assert_true(qemu_opts_find(&table, "one") == opts);
    g_assert_null(qemu_opts_parse(&table, "x,id=one", true, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Duplicate ID 'one' for table");
    error_free(err);
    qemu_opts_reset(&table);
    g_assert_null(qemu_opts_find(&table, "one"));
}

static void test_merge(void)
{
    QemuOpts *first = parse(&merged, "a=1");
    QemuOpts *second = parse(&merged, "b=2");

    g_assert_true(first == second);
    g_assert_cmpstr(qemu_opt_get(first, "a"), ==, "1");
    expect_error(&merged, "c=3", "Invalid parameter 'c'");
    g_assert_cmpstr(qemu_opt_get(first, "b"), ==, "2");
    qemu_opts_reset(&merged);
}

static void test_validate_later(void)
{
    static const QemuOptDesc desc[] = { { "n", QEMU_OPT_NUMBER }, { NULL } };
    QemuOpts *opts = parse(&any, "n=1,m=2");
    Error *err = NULL;

    g_assert_false(qemu_opts_validate(opts, desc, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Invalid parameter 'm'");
    error_free(err);
    qemu_opt_unset(opts, "m");
    g_assert_true(qemu_opts_validate(opts, desc, &error_abort));
    qemu_opts_del(opts);
}

static void test_take(void)
{
    QemuOpts *opts = parse(&any, "a=1,b=on,c=4k");
    g_autofree char *a = qemu_opt_get_del(opts, "a");

    g_assert_cmpstr(a, ==, "1");
    g_assert_null(qemu_opt_get(opts, "a"));
    g_assert_true(qemu_opt_get_bool_del(opts, "b", false));
    g_assert_cmpuint(qemu_opt_get_size_del(opts, "c", 0), ==, 4096);
    g_assert_cmpint(qemu_opt_foreach(opts, NULL, NULL, NULL), ==, 0); /* nothing left */
    qemu_opts_del(opts);
}

static int take_odd(void *opaque, const char *name, const char *value, Error **errp)
{
    QemuOpts *opts = opaque;

    if (!strcmp(value, "stop")) {
        error_setg(errp, "%s says stop", name);
        return -1;
    }
    if (strtol(value, NULL, 0) & 1) {
        qemu_opt_unset(opts, name);
    }
    return 0;
}

static void test_loop(void)
{
    QemuOpts *opts = parse(&any, "a=1,b=2,c=3,d=5,e=4,f=stop,g=7");
    Error *err = NULL;

    g_assert_cmpint(qemu_opt_foreach(opts, take_odd, opts, &err), ==, -1);
    g_assert_cmpstr(error_get_pretty(err), ==, "f says stop");
    error_free(err);
    g_assert_null(qemu_opt_get(opts, "a"));
    g_assert_null(qemu_opt_get(opts, "c"));
    g_assert_null(qemu_opt_get(opts, "d"));
    g_assert_cmpstr(qemu_opt_get(opts, "e"), ==, "4");
    g_assert_cmpstr(qemu_opt_get(opts, "g"), ==, "7"); /* not reached */
    qemu_opts_del(opts);
}

static int delete_it(void *opaque, QemuOpts *opts, Error **errp)
{
    ++*(int *)opaque;
    qemu_opts_del(opts);
    return 0;
}

static void test_delete_in_loop(void)
{
    static QemuOptsList fresh = { .name = "fresh", .desc = { { NULL } } }; /* no initializer */
    int n = 0;

    g_assert_cmpint(qemu_opts_foreach(&fresh, delete_it, &n, NULL), ==, 0);
    g_assert_null(qemu_opts_find(&fresh, NULL));
    for (int i = 0; i < 3; i++) {
        parse(&fresh, "a=1");
    }
    qemu_opts_foreach(&fresh, delete_it, &n, NULL);
    g_assert_cmpint(n, ==, 3);
    g_assert_null(qemu_opts_find(&fresh, NULL));
}

static void test_set(void)
{
    QemuOpts *opts = qemu_opts_create(&table, "made", true, &error_abort);
    Error *err = NULL;

    g_assert_true(qemu_opt_set_number(opts, "num", 1234, &error_abort));
    g_assert_cmpuint(qemu_opt_get_number(opts, "num", 0), ==, 1234);
    g_assert_true(qemu_opt_set_bool(opts, "flag", true, &error_abort));
    g_assert_true(qemu_opt_get_bool_del(opts, "flag", false));
    g_assert_false(qemu_opt_get_bool_del(opts, "flag", false));
    g_assert_false(qemu_opt_set_number(opts, "num", -1, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Parameter 'num' expects a number");
    error_free(err);
    g_assert_cmpuint(qemu_opt_get_number_del(opts, "num", 0), ==, 1234); /* as it was */
    g_assert_true(qemu_opts_create(&table, "made", false, &error_abort) == opts);
    qemu_opts_del(opts);
}

static void test_values_alone(void)
{
    uint64_t value = 42;
    Error *err = NULL;
    bool on;

    g_assert_true(parse_option_bool("p", "yes", &on, &error_abort));
    g_assert_true(on);
    g_assert_true(parse_option_size("p", "1.5M", &value, &error_abort));
    g_assert_cmpuint(value, ==, 1536 * 1024);
    g_assert_false(parse_option_size("p", "99E", &value, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Value '99E' is too large for parameter 'p'");
    error_free(err);
    g_assert_false(parse_option_number("p", "x", &value, NULL));
    g_assert_cmpuint(value, ==, 1536 * 1024); /* untouched */
}

static void test_help(void)
{
    g_assert_true(has_help_option("help"));
    g_assert_true(has_help_option("x,?"));
    g_assert_false(has_help_option("x,a=help"));
    g_assert_false(has_help_option("helpme"));
    g_assert_true(is_valid_option_list("a,b"));
    g_assert_false(is_valid_option_list(",a"));
    g_assert_false(is_valid_option_list("a,"));
    g_assert_true(is_valid_option_list("a,,"));
}

static void test_noisy_help(void)
{
    if (g_test_subprocess()) {
        g_assert_null(qemu_opts_parse_noisily(&table, "help", true));
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stdout("*table options:*type=<str>*what it is*num=<num>*default: 7*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/opts/values-have-types", test_values);
    g_test_add_func("/opts/defaults", test_defaults);
    g_test_add_func("/opts/two-commas-are-one", test_escapes);
    g_test_add_func("/opts/key-alone-is-a-flag", test_flags);
    g_test_add_func("/opts/last-value-counts", test_last_wins);
    g_test_add_func("/opts/errors-name-the-parameter", test_errors);
    g_test_add_func("/opts/ids-are-unique", test_ids);
    g_test_add_func("/opts/merged-lists-are-one", test_merge);
    g_test_add_func("/opts/tables-can-come-later", test_validate_later);
    g_test_add_func("/opts/taken-values-are-gone", test_take);
    g_test_add_func("/opts/help-is-recognised", test_help);
    g_test_add_func("/opts/help-prints-the-table", test_noisy_help);
    g_test_add_func("/opts/loops-let-values-be-taken", test_loop);
    g_test_add_func("/opts/loops-let-uses-be-deleted", test_delete_in_loop);
    g_test_add_func("/opts/set-values-are-checked", test_set);
    g_test_add_func("/opts/values-by-themselves", test_values_alone);
    return g_test_run();
}
