/*
 * QMP on a character device that keeps what was said: the pace of events, arguments against their
 * notation.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-ringbuf.h"
#include "monitor/qmp.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/option.h"
#include "system/events.h"

static Chardev *chr;

static void say(const char *text)
{
    qemu_chr_be_write(chr, (const uint8_t *)text, strlen(text));
    while (g_main_context_iteration(NULL, FALSE)) {
        continue;
    }
}

/* What has been answered since; the caller frees it. */
static char *heard(void)
{
    g_autoptr(GByteArray) bytes = ringbuf_chr_read(chr, 1 << 20);

    return g_strndup(bytes->len ? (char *)bytes->data : "", bytes->len);
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;

    for (const char *p = text; (p = strstr(p, what)); p += strlen(what)) {
        n++;
    }
    return n;
}

static void watchdog(const char *action)
{
    JsonObject *data = json_object_new();

    json_object_set_string_member(data, "action", action);
    event_send("WATCHDOG", data);
}

static gboolean too_late(void *opaque)
{
    g_error("no event within 30 s");
    return G_SOURCE_REMOVE;
}

static void test_pace(void)
{
    g_autofree char *now = NULL, *later = NULL;
    guint guard = g_timeout_add_seconds(30, too_late, NULL);

    g_free(heard());
    watchdog("reset");
    watchdog("pause");
    watchdog("shutdown");
    event_send("STOP", NULL);
    event_send("STOP", NULL);
    now = heard();
    g_assert_cmpuint(count(now, "WATCHDOG"), ==, 1);
    g_assert_nonnull(strstr(now, "\"data\": {\"action\": \"reset\"}"));
    g_assert_cmpuint(count(now, "\"STOP\""), ==, 2);
    do {
        g_main_context_iteration(NULL, TRUE);
        g_free(later);
        later = heard();
    } while (!*later);
    g_assert_cmpuint(count(later, "WATCHDOG"), ==, 1);
    g_assert_nonnull(strstr(later, "\"data\": {\"action\": \"shutdown\"}"));
    g_source_remove(guard);
}

static void test_no_event_before_the_handshake(void)
{
    g_autofree char *greeting = NULL, *after = NULL;

    qemu_chr_be_event(chr, CHR_EVENT_CLOSED);
    qemu_chr_be_event(chr, CHR_EVENT_OPENED);
    event_send("STOP", NULL);
    greeting = heard();
    g_assert_nonnull(strstr(greeting, "{\"QMP\": {"));
    g_assert_null(strstr(greeting, "STOP"));
    say("{\"execute\":\"qmp_capabilities\"}");
    event_send("STOP", NULL);
    after = heard();
    g_assert_true(g_str_has_prefix(after, "{\"return\": {}}\r\n{\"timestamp\": "));
    g_assert_cmpuint(count(after, "\"event\": \"STOP\""), ==, 1);
}

static void test_notation(void)
{
    static const struct {
        const char *members, *json, *error; /* NULL: fine */
    } cases[] = {
        { "a:str", "{\"a\":\"x\"}" },
        { "a:str", "{}", "Parameter 'a' is missing" },
        { "a?:str", "{}" },
        { "a?:str", "{\"b\":1}", "Parameter 'b' is unexpected" },
        { "a?:str *", "{\"b\":1}" },
        { "a:uint8", "{\"a\":255}" },
        { "a:uint8", "{\"a\":256}", "Parameter 'a' expects uint8" },
        { "a:size", "{\"a\":-1}", "Parameter 'a' expects size" },
        { "a:int", "{\"a\":1.5}", "Invalid parameter type for 'a', expected: integer" },
        { "a:number", "{\"a\":1}" },
        { "a:number", "{\"a\":\"1\"}", "Invalid parameter type for 'a', expected: number" },
        { "a:bool", "{\"a\":0}", "Invalid parameter type for 'a', expected: boolean" },
        { "a:any", "{\"a\":null}" },
        { "a:null", "{\"a\":1}", "Invalid parameter type for 'a', expected: null" },
        { "a:[int]", "{\"a\":[1,\"x\"]}", "Invalid parameter type for 'a[1]', expected: integer" },
        { "a:[int]", "{\"a\":1}", "Invalid parameter type for 'a', expected: array" },
        { "a:RebootAction", "{\"a\":\"reset\"}" },
        { "a:RebootAction", "{\"a\":\"res\"}", "Parameter 'a' does not accept value 'res'" },
        { "a:RebootAction", "{\"a\":null}", "Invalid parameter type for 'a', expected: string" },
        { "a:CpuModelInfo", "{\"a\":{\"name\":\"x\"}}" },
        { "a:CpuModelInfo", "{\"a\":{}}", "Parameter 'a.name' is missing" },
        { "a:CpuModelInfo", "{\"a\":[]}", "Invalid parameter type for 'a', expected: object" },
        { "a:ChardevBackend", "{\"a\":{\"type\":\"null\",\"data\":{}}}" },
        { "a:ChardevBackend", "{\"a\":{\"type\":\"null\",\"data\":{\"x\":1}}}",
          "Parameter 'a.data.x' is unexpected" },
        { "a:ChardevBackend", "{\"a\":{\"type\":1,\"data\":{}}}",
          "Invalid parameter type for 'a.type', expected: string" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autoptr(JsonNode) node = json_from_string(cases[i].json, NULL);
        Error *err = NULL;
        bool fine = qmp_check_members(cases[i].members, json_node_get_object(node), "", &err);

        g_assert_cmpstr(err ? error_get_pretty(err) : NULL, ==, cases[i].error);
        g_assert_true(fine == !err);
        error_free(err);
    }
}

int main(int argc, char **argv)
{
    QemuOpts *opts;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    opts = qemu_opts_parse(&qemu_chardev_opts, "ringbuf,id=qmp,size=1048576", true, &error_abort);
    chr = qemu_chr_new_from_opts(opts, &error_abort);
    monitor_init_qmp(chr, false, &error_abort);
    g_test_add_func("/qmp/no-event-before-the-handshake", test_no_event_before_the_handshake);
    g_test_add_func("/qmp/frequent-events-are-told-once-and-at-last", test_pace);
    g_test_add_func("/qmp/arguments-are-what-the-notation-says", test_notation);
    return g_test_run();
}
