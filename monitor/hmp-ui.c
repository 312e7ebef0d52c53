/*
 * Monitor commands about screens and input.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "monitor/query.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "ui/console.h"
#include "ui/input.h"
#include "ui/vnc.h"

static void report(Error *err)
{
    if (err) {
        error_report_err(err);
    }
}

/* "ctrl-alt-f1": the last part is what is being typed. */
void complete_key_names(GPtrArray *matches, const char *word)
{
    const char *dash = strrchr(word, '-');
    g_autofree char *before = dash ? g_strndup(word, dash + 1 - word) : g_strdup("");

    input_complete_keys(matches, dash ? dash + 1 : word, before);
}

HMP_INFO(mice)
{
    g_autoptr(JsonNode) node = query_mice();
    JsonArray *list = json_node_get_array(node);

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "%c Mouse #%d: %s%s\n",
                               json_object_get_boolean_member(o, "current") ? '*' : ' ',
                               (int)json_object_get_int_member(o, "index"),
                               json_object_get_string_member(o, "name"),
                               json_object_get_boolean_member(o, "absolute") ? " (absolute)" : "");
    }
    if (!json_array_get_length(list)) {
        g_string_append(out, "No mouse devices connected\n");
    }
}

HMP_CMD(screendump)
{
    const char *format = hmp_arg_str(args, "format");
    Error *err = NULL;
    Console *con = NULL;

    if (format && strcmp(format, "ppm") && strcmp(format, "png")) {
        error_setg(&err, "unknown format '%s': expected ppm or png", format);
    } else {
        con = monitor_find_console(hmp_arg_str(args, "device"), hmp_arg_int(args, "head", 0), &err);
    }
    if (con) {
        console_dump(con, hmp_arg_str(args, "filename"),
                     g_strcmp0(format, "png") ? IMAGE_PPM : IMAGE_PNG, &err);
    }
    report(err);
}

/* By name, by a single character's name, or a number: "ret", "<", 0x1c. */
static unsigned key_of_word(const char *word)
{
    unsigned number;

    if (g_str_equal(word, "<")) {
        word = "less";
    }
    if (g_str_has_prefix(word, "0x") && qemu_strtoui(word, NULL, 16, &number) == 0) {
        return input_key_by_number(number);
    }
    return input_key_by_name(word);
}

HMP_CMD(sendkey)
{
    const char *text = hmp_arg_str(args, "keys");
    /* "ctrl--": Ctrl and the minus key */
    g_autofree char *spelled = g_str_has_suffix(text, "-")
                                   ? g_strdup_printf("%.*sminus", (int)strlen(text) - 1, text)
                                   : g_strdup(text);
    g_auto(GStrv) words = g_strsplit(spelled, "-", -1);
    guint n = g_strv_length(words);
    int64_t hold = hmp_arg_int(args, "hold-time", KEY_HOLD_MS);
    uint16_t codes[MAX_KEYS];

    if (n > MAX_KEYS) {
        error_report("too many keys: at most %d", MAX_KEYS);
        return;
    }
    if (hold < 0 || hold > MAX_KEY_HOLD_MS) {
        error_report("hold_ms: expected 0 to %d", MAX_KEY_HOLD_MS);
        return;
    }
    for (guint i = 0; i < n; i++) {
        codes[i] = key_of_word(words[i]);
        if (!codes[i]) {
            error_report("invalid parameter: %s", words[i]);
            return;
        }
    }
    input_press_keys(codes, n, hold);
}

static bool motion(const char *text, int *value)
{
    if (text && (qemu_strtoi(text, NULL, 0, value) < 0 || ABS((int64_t)*value) > INT16_MAX)) {
        error_report("'%s': expected a number of steps from -32767 to 32767", text);
        return false;
    }
    return true;
}

HMP_CMD(mouse_move)
{
    int dx = 0, dy = 0, dz = 0;

    if (!motion(hmp_arg_str(args, "dx_str"), &dx) || !motion(hmp_arg_str(args, "dy_str"), &dy) ||
        !motion(hmp_arg_str(args, "dz_str"), &dz)) {
        return;
    }
    if (!input_is_taken(INPUT_REL)) {
        error_report("there is no mouse; see 'info mice'");
        return;
    }
    input_send_motion(NULL, INPUT_X, dx);
    input_send_motion(NULL, INPUT_Y, dy);
    if (dz) {
        InputButton wheel = dz > 0 ? INPUT_WHEEL_UP : INPUT_WHEEL_DOWN;

        input_send_button(NULL, wheel, true);
        input_send_button(NULL, wheel, false);
    }
    input_sync();
}

HMP_CMD(mouse_button)
{
    static const InputButton buttons[] = { INPUT_LEFT, INPUT_MIDDLE, INPUT_RIGHT };
    static unsigned pressed;
    unsigned state = hmp_arg_int(args, "button_state", 0);

    if (!input_is_taken(INPUT_BUTTON)) {
        error_report("there is no mouse; see 'info mice'");
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(buttons); i++) {
        if ((state ^ pressed) & 1u << i) {
            input_send_button(NULL, buttons[i], state >> i & 1);
        }
    }
    pressed = state;
    input_sync();
}

HMP_CMD(mouse_set)
{
    Error *err = NULL;

    input_mouse_set(hmp_arg_int(args, "index", 0), &err);
    report(err);
}

/* ---- VNC ---- */

static void print_ends(GString *out, const char *what, JsonArray *list)
{
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "  %s: %s:%s (%s%s)\n", what,
                               json_object_get_string_member(o, "host"),
                               json_object_get_string_member(o, "service"),
                               json_object_get_string_member(o, "family"),
                               json_object_get_boolean_member(o, "websocket") ? ", Websocket" : "");
    }
}

HMP_INFO(vnc)
{
    g_autoptr(JsonNode) node = vnc_query_servers();
    JsonArray *list = json_node_get_array(node);

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        g_string_append_printf(out, "%s:\n", json_object_get_string_member(o, "id"));
        print_ends(out, "Server", json_object_get_array_member(o, "server"));
        g_string_append_printf(out, "    Auth: %s\n", json_object_get_string_member(o, "auth"));
        print_ends(out, "Client", json_object_get_array_member(o, "clients"));
    }
    if (!json_array_get_length(list)) {
        g_string_append(out, "None\n");
    }
}

HMP_CMD(set_password)
{
    Error *err = NULL;

    monitor_set_password(hmp_arg_str(args, "protocol"), hmp_arg_str(args, "display"),
                         hmp_arg_str(args, "password"), hmp_arg_str(args, "connected"), &err);
    report(err);
}

HMP_CMD(expire_password)
{
    Error *err = NULL;

    monitor_expire_password(hmp_arg_str(args, "protocol"), hmp_arg_str(args, "display"),
                            hmp_arg_str(args, "time"), &err);
    report(err);
}
