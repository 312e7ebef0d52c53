/*
 * QMP commands about screens and input.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "monitor/query.h"
#include "qmp.h"
#include "ui/console.h"
#include "ui/input.h"
#include "ui/vnc.h"

JsonNode *query_mice(void)
{
    g_autoptr(GArray) mice = input_mice();
    JsonArray *list = json_array_new();

    for (guint i = 0; i < mice->len; i++) {
        const InputMouse *mouse = &g_array_index(mice, InputMouse, i);
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "name", mouse->name);
        json_object_set_int_member(o, "index", mouse->index);
        json_object_set_boolean_member(o, "current", mouse->current);
        json_object_set_boolean_member(o, "absolute", mouse->absolute);
        json_array_add_object_element(list, o);
    }
    return qmp_array(list);
}

Console *monitor_find_console(const char *device, int64_t head, Error **errp)
{
    DeviceState *dev = device ? qdev_find_recursive(sysbus_get_default(), device) : NULL;
    Console *con = dev ? console_of_device(OBJECT(dev), head) : console_get(0);

    if (device && !dev) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", device);
        return NULL;
    }
    if (device && !con) {
        error_setg(errp, "Device '%s' has no screen number %" PRId64, device, head);
    } else if (!con) {
        error_setg(errp, "There is no console: no device of this machine has a screen");
    }
    return con;
}

QMP_CMD(screendump)
{
    const char *format = qmp_str(call, "format");
    Console *con;

    if (qmp_has(call, "head") && !qmp_has(call, "device")) {
        error_setg(errp, "'head' must be specified together with 'device'");
        return NULL;
    }
    con = monitor_find_console(qmp_str(call, "device"), qmp_int(call, "head", 0), errp);
    if (con) {
        console_dump(con, qmp_str(call, "filename"),
                     g_strcmp0(format, "png") ? IMAGE_PPM : IMAGE_PNG, errp);
    }
    return NULL;
}

/* 0 with *errp set: there is no such key. */
static unsigned key_of(JsonObject *key, Error **errp)
{
    bool named = g_str_equal(json_object_get_string_member(key, "type"), "qcode");
    const char *name = named ? json_object_get_string_member(key, "data") : NULL;
    unsigned code = named ? input_key_by_name(name)
                          : input_key_by_number(json_object_get_int_member(key, "data"));

    if (!code && named) {
        error_setg(errp, "Parameter 'data' does not accept value '%s'", name);
    } else if (!code) {
        error_setg(errp, "Parameter 'data': there is no key with number %" PRId64,
                   json_object_get_int_member(key, "data"));
    }
    return code;
}

QMP_CMD(send_key)
{
    JsonArray *keys = json_object_get_array_member(call->args, "keys");
    guint n = json_array_get_length(keys);
    g_autofree uint16_t *codes = g_new0(uint16_t, MAX(n, 1));
    int64_t hold = qmp_int(call, "hold-time", KEY_HOLD_MS);

    if (n > MAX_KEYS || hold < 0 || hold > MAX_KEY_HOLD_MS) {
        error_setg(errp, "Parameter '%s' is too large: at most %d", n > MAX_KEYS ? "keys" : "hold-time",
                   n > MAX_KEYS ? MAX_KEYS : MAX_KEY_HOLD_MS);
        return NULL;
    }
    for (guint i = 0; i < n; i++) {
        codes[i] = key_of(json_array_get_object_element(keys, i), errp);
        if (!codes[i]) {
            return NULL;
        }
    }
    input_press_keys(codes, n, hold);
    return NULL;
}

/* False with *errp set: there is no such key or button. */
static bool event_of(JsonObject *description, InputEvent *event, Error **errp)
{
    static const struct {
        const char *type;
        InputKind kind;
    } kinds[] = {
        { "key", INPUT_KEY }, { "btn", INPUT_BUTTON }, { "rel", INPUT_REL }, { "abs", INPUT_ABS },
    };
    const char *type = json_object_get_string_member(description, "type");
    JsonObject *data = json_object_get_object_member(description, "data");

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        event->kind = g_str_equal(type, kinds[i].type) ? kinds[i].kind : event->kind;
    }
    switch (event->kind) {
    case INPUT_KEY:
        event->code = key_of(json_object_get_object_member(data, "key"), errp);
        event->value = json_object_get_boolean_member(data, "down");
        return event->code != 0;
    case INPUT_BUTTON:
        event->code = input_button_by_name(json_object_get_string_member(data, "button"));
        event->value = json_object_get_boolean_member(data, "down");
        return true;
    default:
        event->code = g_str_equal(json_object_get_string_member(data, "axis"), "y") ? INPUT_Y
                                                                                     : INPUT_X;
        event->value = json_object_get_int_member(data, "value");
        if (event->kind == INPUT_ABS) {
            event->value = CLAMP(event->value, 0, INPUT_ABS_MAX);
        }
        return true;
    }
}

/* All of them, or none. */
QMP_CMD(input_send_event)
{
    static const char *const kinds[] = { "key", "btn", "rel", "abs" };
    JsonArray *list = json_object_get_array_member(call->args, "events");
    g_autoptr(GArray) events = g_array_new(FALSE, TRUE, sizeof(InputEvent));
    Console *con = NULL;

    if (qmp_has(call, "device")) {
        con = monitor_find_console(qmp_str(call, "device"), qmp_int(call, "head", 0), errp);
        if (!con) {
            return NULL;
        }
    }
    g_array_set_size(events, json_array_get_length(list));
    for (guint i = 0; i < events->len; i++) {
        InputEvent *event = &g_array_index(events, InputEvent, i);

        if (!event_of(json_array_get_object_element(list, i), event, errp)) {
            return NULL;
        }
        if (!input_is_taken(event->kind)) {
            error_setg(errp, "Input handler not found for event type %s", kinds[event->kind]);
            return NULL;
        }
    }
    for (guint i = 0; i < events->len; i++) {
        input_send(con, &g_array_index(events, InputEvent, i));
    }
    input_sync();
    return NULL;
}

/* ---- VNC ---- */

bool monitor_set_password(const char *protocol, const char *display, const char *password,
                          const char *connected, Error **errp)
{
    if (strcmp(protocol, "vnc")) {
        error_setg(errp, "Parameter 'protocol': there is no '%s' here, only vnc", protocol);
        return false;
    }
    if (connected && strcmp(connected, "keep")) {
        error_setg(errp, "Parameter 'connected': '%s' is not supported yet: who is connected stays",
                   connected);
        return false;
    }
    return vnc_set_password(display, password, errp);
}

bool monitor_expire_password(const char *protocol, const char *display, const char *when,
                             Error **errp)
{
    if (strcmp(protocol, "vnc")) {
        error_setg(errp, "Parameter 'protocol': there is no '%s' here, only vnc", protocol);
        return false;
    }
    return vnc_expire_password(display, when, errp);
}

QMP_CMD(set_password)
{
    monitor_set_password(qmp_str(call, "protocol"), qmp_str(call, "display"),
                         qmp_str(call, "password"), qmp_str(call, "connected"), errp);
    return NULL;
}

QMP_CMD(change_vnc_password)
{
    vnc_set_password(NULL, qmp_str(call, "password"), errp);
    return NULL;
}

QMP_CMD(expire_password)
{
    monitor_expire_password(qmp_str(call, "protocol"), qmp_str(call, "display"),
                            qmp_str(call, "time"), errp);
    return NULL;
}
