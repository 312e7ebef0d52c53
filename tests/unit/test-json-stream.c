/*
 * JSON in pieces, from anybody, and back to text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor/json-stream.h"

/* What came: a line each, values as text, "!" for a mistake (its reason in `why`). */
static GString *log_text;
static char *why;

static void got_value(void *opaque, JsonNode *value)
{
    json_append_text(log_text, value, false);
    g_string_append_c(log_text, '\n');
    json_node_unref(value);
}

static void got_error(void *opaque, const char *reason)
{
    g_free(why);
    why = g_strdup(reason);
    g_string_append(log_text, "!\n");
}

static const JsonStreamOps ops = { got_value, got_error };

static JsonStream *begin(void)
{
    if (log_text) {
        g_string_free(log_text, TRUE);
    }
    log_text = g_string_new(NULL);
    return json_stream_new(&ops, NULL);
}

/* The same must come out however the text is cut. */
static void expect(const char *text, size_t size, const char *wanted)
{
    for (size_t piece = 1; piece <= size + 1; piece = piece < 4 ? piece + 1 : piece * 3) {
        JsonStream *s = begin();

        for (size_t at = 0; at < size; at += piece) {
            json_stream_feed(s, text + at, MIN(piece, size - at));
        }
        g_assert_cmpstr(log_text->str, ==, wanted);
        json_stream_free(s);
    }
}

static void test_values(void)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        { "{} ", "{}\n" },
        { "[]", "[]\n" },
        { "{\"a\":1,\"b\":[true,false,null]}", "{\"a\": 1, \"b\": [true, false, null]}\n" },
        { "{}{}[1]", "{}\n{}\n[1]\n" },
        { "5 6\n", "5\n6\n" },
        { "{'a':'b\"c'}", "{\"a\": \"b\\\"c\"}\n" },
        { "[9223372036854775807,-9223372036854775808,-0]",
          "[9223372036854775807, -9223372036854775808, 0]\n" },
        { "[1.5,-2e3,0.25E-1]", "[1.5, -2000, 0.025000000000000001]\n" },
        { "[\"\\u0041\\u00e4\\ud83d\\ude00\\n\\\\\\/\"]", "[\"A\\u00e4\\ud83d\\ude00\\n\\\\/\"]\n" },
        { "[\"\xc3\xa4\"]", "[\"\\u00e4\"]\n" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        expect(cases[i].text, strlen(cases[i].text), cases[i].wanted);
    }
}

/*
 * One mistake is told once; what comes behind it on the next line, or behind its bracket, counts
 * again.
 */
static void test_mistakes(void)
{
    static const char *const bad[] = {
        "{]", "[}", "}", "]", ":", ",", "[1,]", "[,1]", "[1 2]", "{\"a\" 1}", "{\"a\":}", "{\"a\":1,}", "{1:2}",
        "{\"a\":1,\"a\":2}", "[01]", "[+1]", "[.5]", "[1.]", "[1e]", "[-]", "[0x10]", "[1e400]", "[1-5]",
        "[9223372036854775808]", "[-9223372036854775809]", "[99999999999999999999999]", "[tru]", "[nul]", "[NaN]",
        "[True]", "[\"\\x\"]", "[\"\\u12\"]", "[\"\\u0000\"]", "[\"\\ud800\"]", "[\"\\udc00\"]",
        "[\"\\ud800\\u0041\"]", "[\"\\ud800x\"]", "[\"a\tb\"]", "/*c*/ ", "[\"\xff\"]", "[\"\xc3\"]",
        "[\"\xed\xa0\x80\"]", "\xff", "{\"a\":1 \"b\":2}", "[\"a\":1]", "{\"a\",\"b\"}",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        g_autofree char *text = g_strdup_printf("%s\n[7]", bad[i]);
        g_autofree char *shown = g_strescape(bad[i], NULL);

        g_test_message("%s", shown);
        expect(text, strlen(text), "!\n[7]\n");
    }
    expect("{]{\"a\":1}", 9, "!\n{\"a\": 1}\n");
    expect("\0[7]", 4, "!\n");
    expect("[1]\0\n[7]", 8, "[1]\n!\n[7]\n");
}

static void feed_many(JsonStream *s, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        json_stream_feed(s, text, strlen(text));
    }
}

static void test_depth_is_bounded(void)
{
    JsonStream *s = begin();

    feed_many(s, "[", JSON_STREAM_MAX_DEPTH);
    g_assert_cmpstr(log_text->str, ==, "");
    feed_many(s, "]", JSON_STREAM_MAX_DEPTH);
    g_assert_cmpuint(log_text->len, ==, 2 * JSON_STREAM_MAX_DEPTH + 1);
    g_string_truncate(log_text, 0);
    feed_many(s, "[", 1000 * 1000);
    g_assert_cmpstr(log_text->str, ==, "!\n");
    g_assert_nonnull(strstr(why, "512"));
    json_stream_feed(s, "\n[7]", 4);
    g_assert_cmpstr(log_text->str, ==, "!\n[7]\n");
    json_stream_free(s);
}

static void test_size_is_bounded(void)
{
    JsonStream *s = begin();

    json_stream_feed(s, "[\"", 2);
    feed_many(s, "0123456789abcdef", JSON_STREAM_MAX_BYTES / 16 + 10);
    g_assert_cmpstr(log_text->str, ==, "!\n");
    json_stream_feed(s, "\n[7]", 4);
    g_assert_cmpstr(log_text->str, ==, "!\n[7]\n");
    json_stream_free(s);
}

static void test_number_of_values_is_bounded(void)
{
    JsonStream *s = begin();

    json_stream_feed(s, "[0", 2);
    feed_many(s, ",0", JSON_STREAM_MAX_VALUES + 10);
    g_assert_cmpstr(log_text->str, ==, "!\n");
    json_stream_free(s);
}

static void test_reset_forgets_half_a_value(void)
{
    JsonStream *s = begin();

    json_stream_feed(s, "{\"a\": [1, \"x", 12);
    json_stream_reset(s);
    json_stream_feed(s, "[7]", 3);
    g_assert_cmpstr(log_text->str, ==, "[7]\n");
    json_stream_feed(s, "{]", 1);
    json_stream_free(s); /* a sanitizer sees what is left */
}

static void test_pretty(void)
{
    g_autoptr(JsonNode) node = json_from_string("{\"a\":[1,{}],\"b\":[]}", NULL);
    g_autoptr(GString) out = g_string_new(NULL);

    json_append_text(out, node, true);
    g_assert_cmpstr(out->str, ==,
                    "{\n    \"a\": [\n        1,\n        {}\n    ],\n    \"b\": []\n}");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json-stream/values-come-out-however-the-text-is-cut", test_values);
    g_test_add_func("/json-stream/a-mistake-is-told-once", test_mistakes);
    g_test_add_func("/json-stream/depth-is-bounded", test_depth_is_bounded);
    g_test_add_func("/json-stream/size-is-bounded", test_size_is_bounded);
    g_test_add_func("/json-stream/number-of-values-is-bounded", test_number_of_values_is_bounded);
    g_test_add_func("/json-stream/reset-forgets-half-a-value", test_reset_forgets_half_a_value);
    g_test_add_func("/json-stream/pretty", test_pretty);
    return g_test_run();
}
