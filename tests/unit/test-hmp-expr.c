/*
 * The monitor's expressions and its line editor.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor/expr.h"
#include "monitor/readline.h"
#include "qapi/error.h"

static bool get_register(void *opaque, const char *name, uint64_t *value)
{
    *value = 0xfff00100;
    return g_str_equal(name, "pc");
}

static void test_values(void)
{
    static const struct {
        const char *text;
        int64_t value;
        const char *rest;
    } cases[] = {
        { "1 + 2 * 3 - 4 / 2", 5 },  { "~0", -1 },        { "-5 % 3", -2 },
        { "5 & 3 | 8 ^ 1", 8 },      { "0x10", 16 },      { "010", 8 },
        { "'a'", 'a' },              { "(1+2)*3", 9 },    { "$pc+4*3", 0xfff0010c },
        { "  - - 1", 1 },            { "1 + 2 & 3", 3 },  { "0xffffffffffffffff", -1 },
        { "0x8000000000000000/-1", INT64_MIN },           { "7%-1", 0 },
        { "1 2", 1, "2" },
        { "12 /tmp/x", 12, "/tmp/x" },                    { "12 / 3", 4 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *p = cases[i].text;
        int64_t value;

        g_assert_true(monitor_expr(&p, &value, get_register, NULL, &error_abort));
        g_assert_cmpint(value, ==, cases[i].value);
        g_assert_cmpstr(p, ==, cases[i].rest ? cases[i].rest : "");
    }
}

static void test_errors(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "1/0", "division by zero" },
        { "1%0", "division by zero" },
        { "$foo", "unknown register" },
        { "(1+2", "')' expected" },
        { "1 +", "unexpected end of expression" },
        { "", "unexpected end of expression" },
        { "x", "invalid char 'x' in expression" },
        { "'", "character constant expected" },
        { "'ab", "missing terminating ' character" },
        { "0x10000000000000000", "number too large" },
    };
    g_autofree char *deep = g_strnfill(100000, '(');
    Error *err = NULL;
    const char *p = deep;
    int64_t value;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        p = cases[i].text;
        g_assert_false(monitor_expr(&p, &value, get_register, NULL, &err));
        g_assert_cmpstr(error_get_pretty(err), ==, cases[i].message);
        error_free(err);
        err = NULL;
    }
    p = deep;
    g_assert_false(monitor_expr(&p, &value, NULL, NULL, &err));
    error_free(err);
}

typedef struct Editor {
    ReadLine *rl;
    GString *out;
    GString *lines;
} Editor;

static void ed_write(void *opaque, const char *text)
{
    g_string_append(((Editor *)opaque)->out, text);
}

static void ed_line(void *opaque, const char *line)
{
    g_string_append_printf(((Editor *)opaque)->lines, "[%s]", line);
}

static void ed_complete(void *opaque, const char *line, GPtrArray *matches, size_t *word_start)
{
    static const char *const words[] = { "stop", "status", "sum" };

    *word_start = 0;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (g_str_has_prefix(words[i], line)) {
            g_ptr_array_add(matches, g_strdup(words[i]));
        }
    }
}

static const ReadLineOps ed_ops = { ed_write, ed_line, ed_complete };

static void type(Editor *ed, const char *text)
{
    for (; *text; text++) {
        readline_handle_byte(ed->rl, *text);
    }
}

#define EDITOR()                                                                                   \
    Editor ed = { .out = g_string_new(NULL), .lines = g_string_new(NULL) };                        \
    ed.rl = readline_new("> ", &ed_ops, &ed)
#define EDITOR_DONE()                                                                              \
    readline_free(ed.rl);                                                                          \
    g_string_free(ed.out, TRUE);                                                                   \
    g_string_free(ed.lines, TRUE)

static void test_editing(void)
{
    static const struct {
        const char *keys, *line;
    } cases[] = {
        { "abc\r", "abc" },
        { "abc\177\177x\r", "ax" },
        { "bc\001a\r", "abc" },
        { "ac\002b\r", "abc" },
        { "ac\033[Db\r", "abc" },
        { "ab\002\002\004\r", "b" },
        { "abc\002\013\r", "ab" },
        { "abc\002\025\r", "c" },
        { "one two\027x\r", "one x" },
        { "one two\033bx\r", "one xtwo" },
        { "abc\033[H\033[3~\r", "bc" },
        { "abc\033[1~x\033[4~y\r", "xabcy" },
        { "\002\006\004\177\033[D\033[Ca\r", "a" },
        { "a\033[99999999999999999999~b\r", "ab" },
        { "a\003b\r", "ab" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *expected = g_strdup_printf("[%s]", cases[i].line);
        EDITOR();

        type(&ed, cases[i].keys);
        g_assert_cmpstr(ed.lines->str, ==, expected);
        EDITOR_DONE();
    }
}

static void test_plain_echo(void)
{
    EDITOR();

    type(&ed, "info status\r");
    g_assert_cmpstr(ed.out->str, ==, "info status\n");
    EDITOR_DONE();
}

static void test_line_ends(void)
{
    EDITOR();

    type(&ed, "a\r\nb\nc\r");
    readline_handle_byte(ed.rl, 0);
    type(&ed, "\n\n");
    g_assert_cmpstr(ed.lines->str, ==, "[a][b][c][][]");
    EDITOR_DONE();
}

static void test_history(void)
{
    EDITOR();

    type(&ed, "one\rtwo\rone\r");
    g_string_truncate(ed.lines, 0);
    type(&ed, "\033[A\r\020\020\rxyz\033[A\033[A\033[B\033[B!\r");
    g_assert_cmpstr(ed.lines->str, ==, "[one][two][xyz!]");
    g_assert_cmpstr(readline_get_history(ed.rl, 0), ==, "one");
    g_assert_cmpstr(readline_get_history(ed.rl, 2), ==, "xyz!");
    g_assert_null(readline_get_history(ed.rl, 3));
    for (int i = 0; i < 200; i++) {
        g_autofree char *line = g_strdup_printf("line %d\r", i);

        type(&ed, line);
    }
    g_assert_nonnull(readline_get_history(ed.rl, READLINE_MAX_HISTORY - 1));
    g_assert_null(readline_get_history(ed.rl, READLINE_MAX_HISTORY));
    EDITOR_DONE();
}

static void test_completion(void)
{
    EDITOR();

    type(&ed, "sto\t\r");
    type(&ed, "s\t\001\013st\t\rsu\tx\rq\t\r");
    g_assert_cmpstr(ed.lines->str, ==, "[stop ][st][sum x][q]");
    g_assert_nonnull(strstr(ed.out->str, "\nstatus    stop      sum\n"));
    EDITOR_DONE();
}

static void test_long_line(void)
{
    EDITOR();

    for (int i = 0; i < 10000; i++) {
        readline_handle_byte(ed.rl, 'a');
    }
    type(&ed, "\r");
    g_assert_cmpint(ed.lines->len, ==, READLINE_MAX_LINE + 2);
    EDITOR_DONE();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hmp/expr/values", test_values);
    g_test_add_func("/hmp/expr/mistakes-are-named", test_errors);
    g_test_add_func("/hmp/readline/editing-keys", test_editing);
    g_test_add_func("/hmp/readline/typing-echoes-plainly", test_plain_echo);
    g_test_add_func("/hmp/readline/all-line-ends", test_line_ends);
    g_test_add_func("/hmp/readline/history", test_history);
    g_test_add_func("/hmp/readline/completion", test_completion);
    g_test_add_func("/hmp/readline/long-lines-are-cut", test_long_line);
    return g_test_run();
}
