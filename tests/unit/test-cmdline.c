/*
 * The table of command-line options.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/cli/cli.h"

static void test_names_are_unique(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (const CliOption *o = cli_options; o->name || o->help; o++) {
        if (o->name) {
            g_assert_true(g_hash_table_add(seen, (gpointer)o->name));
            g_assert_true(cli_find_option(o->name) == o);
        }
    }
    g_assert_cmpint(g_hash_table_size(seen), >, 40);
    g_assert_null(cli_find_option("nonexistent"));
}

static void test_an_option_is_there_or_lacking(void)
{
    bool has_arg;

    for (const CliOption *o = cli_options; o->name || o->help; o++) {
        g_assert_false(o->name && cli_lacks_option(o->name, &has_arg));
    }
    g_assert_true(cli_lacks_option("tpmdev", &has_arg));
    g_assert_true(has_arg);
    g_assert_true(cli_lacks_option("full-screen", &has_arg));
    g_assert_false(has_arg);
    g_assert_false(cli_lacks_option("nonexistent", &has_arg));
}

static void test_lacking_what_nobody_wants_matters_not(void)
{
    g_assert_false(cli_lack_matters("semihosting-config", "enable=off"));
    g_assert_true(cli_lack_matters("semihosting-config", "enable=on"));
    g_assert_true(cli_lack_matters("semihosting-config", "enable=off,x"));
    g_assert_true(cli_lack_matters("semihosting-config", ""));
    g_assert_true(cli_lack_matters("full-screen", NULL));
    g_assert_false(cli_lack_matters("overcommit", "cpu-pm=off,mem-lock=off"));
    g_assert_true(cli_lack_matters("overcommit", "cpu-pm=off,mem-lock=on"));
}

/* Help is sentences; a row without is a second name of one that has it. */
static void test_help_is_sentences(void)
{
    for (const CliOption *o = cli_options; o->name || o->help; o++) {
        g_auto(GStrv) lines = g_strsplit(o->help ? o->help : "", "\n", 0);

        if (o->name) {
            g_assert_nonnull(o->handle);
            g_assert_true(o->help ? g_ascii_isupper(*o->help) && strchr(lines[0], '.')
                                  : g_str_equal(o->name, "h") || g_str_equal(o->name, "M"));
            g_assert_true(o->form || !o->listed);
        }
        for (int i = 0; lines[i]; i++) {
            g_assert_false(g_str_has_suffix(lines[i], " "));
        }
    }
}

static void clear_property(gpointer data)
{
    CliProperty *p = data;

    g_free(p->key);
    g_free(p->value);
    g_free(p->loc);
}

static void clear_pending(gpointer data)
{
    CliPending *p = data;

    g_free(p->arg);
    g_free(p->loc);
}

static void new_cli(Cli *cli)
{
    memset(cli, 0, sizeof(*cli));
    cli_init(cli);
    g_array_set_clear_func(cli->machine_props, clear_property);
    g_array_set_clear_func(cli->accels, clear_property);
    g_array_set_clear_func(cli->pending, clear_pending);
}

static void free_cli(Cli *cli)
{
    g_array_unref(cli->machine_props);
    g_array_unref(cli->pending);
    g_array_unref(cli->accels);
    g_free(cli->machine_type);
    g_free(cli->machine_loc);
    g_free(cli->cpu_loc);
    g_free(cli->smp_loc);
    g_free(cli->ram_loc);
    g_free(cli->cpu_model);
    g_free(cli->log_items);
}

static const char *machine_prop(Cli *cli, const char *key)
{
    const char *value = NULL;

    for (guint i = 0; i < cli->machine_props->len; i++) {
        CliProperty *p = &g_array_index(cli->machine_props, CliProperty, i);

        value = g_str_equal(p->key, key) ? p->value : value;
    }
    return value;
}

static void test_parse(void)
{
    static const char *const argv[] = {
        "sysemu", "--machine", "a,x=1", "-M", "type=b,y=2", "-m", "64", "-smp", "cpus=3,cores=3",
        "-kernel", "-M", "-append", "console=ttyS0 a,b", "-nographic", "-serial", "null",
        "-serial", "none", "-cpu", "755", "-S", "-d", "int", "-d", "exec",
    };
    Cli cli;

    new_cli(&cli);
    cli_parse(&cli, ARRAY_SIZE(argv), (char **)argv);
    g_assert_cmpstr(cli.machine_type, ==, "b");
    g_assert_cmpstr(machine_prop(&cli, "x"), ==, "1");
    g_assert_cmpstr(machine_prop(&cli, "y"), ==, "2");
    g_assert_cmpstr(machine_prop(&cli, "kernel"), ==, "-M");
    g_assert_cmpstr(machine_prop(&cli, "append"), ==, "console=ttyS0 a,b");
    g_assert_cmpint(cli.ram_size, ==, 64 * MiB);
    g_assert_cmpint(cli.smp.cpus, ==, 3);
    g_assert_cmpint(cli.smp.cores, ==, 3);
    g_assert_true(cli.nographic);
    g_assert_true(cli.start_paused);
    g_assert_true(cli.have_serial);
    g_assert_false(cli.have_monitor);
    g_assert_cmpint(cli.pending->len, ==, 2);
    g_assert_cmpstr(cli.cpu_model, ==, "755");
    g_assert_cmpstr(cli.log_items, ==, "int,exec");
    free_cli(&cli);
}

static void test_sizes(void)
{
    static const struct {
        const char *text;
        uint64_t size;
    } sizes[] = {
        { "64", 64 * MiB },     { "1G", GiB },       { "size=512M", 512 * MiB },
        { "1.5G", 1536 * MiB }, { "65536K", 64 * MiB }, { "0x40", 64 * MiB },
    };

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        const char *argv[] = { "sysemu", "-m", sizes[i].text };
        Cli cli;

        new_cli(&cli);
        cli_parse(&cli, ARRAY_SIZE(argv), (char **)argv);
        g_assert_cmpint(cli.ram_size, ==, sizes[i].size);
        free_cli(&cli);
    }
}

/* Words that begin like options and mean nothing; each ends the process with status 1. */
static const char *const mistakes[] = { "-nonexistent", "--", "-", "-machin", "---machine",
                                        "-m", "-qmp", "-full-screen" };

static void test_mistakes_end_with_status_1(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
        g_autofree char *path = g_strdup_printf("/cmdline/subprocess/mistake/%zu", i);

        g_test_trap_subprocess(path, 0, 0);
        g_test_trap_assert_failed();
        g_test_trap_assert_stderr("*: *");
    }
}

static void mistake(gconstpointer word)
{
    const char *argv[] = { "sysemu", word };
    Cli cli;

    new_cli(&cli);
    cli_parse(&cli, 2, (char **)argv);
}

static void add_mistakes(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
        g_autofree char *path = g_strdup_printf("/cmdline/subprocess/mistake/%zu", i);

        g_test_add_data_func(path, mistakes[i], mistake);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cmdline/table/names-are-unique", test_names_are_unique);
    g_test_add_func("/cmdline/table/an-option-is-there-or-lacking",
                    test_an_option_is_there_or_lacking);
    g_test_add_func("/cmdline/table/lacking-what-nobody-wants-matters-not",
                    test_lacking_what_nobody_wants_matters_not);
    g_test_add_func("/cmdline/table/help-is-sentences", test_help_is_sentences);
    g_test_add_func("/cmdline/parse/values", test_parse);
    g_test_add_func("/cmdline/parse/sizes", test_sizes);
    g_test_add_func("/cmdline/parse/mistakes-end-with-status-1", test_mistakes_end_with_status_1);
    add_mistakes();
    return g_test_run();
}
