/*
 * Options in JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <json-glib/json-glib.h>
#include "qapi/error.h"
#include "system/json-options.h"

static bool add_object(QemuOpts *opts, const char *prefix, JsonObject *object, Error **errp);

static bool add_scalar(QemuOpts *opts, const char *key, JsonNode *node, Error **errp)
{
    switch (json_node_get_value_type(node)) {
    case G_TYPE_STRING:
        return qemu_opt_set(opts, key, json_node_get_string(node), errp);
    case G_TYPE_BOOLEAN:
        return qemu_opt_set_bool(opts, key, json_node_get_boolean(node), errp);
    case G_TYPE_INT64:
        return qemu_opt_set_number(opts, key, json_node_get_int(node), errp);
    default:
        error_setg(errp, "Invalid parameter type for '%s': expected a string, an integer or a "
                   "truth value", key);
        return false;
    }
}

/* The text of {"str": "text"}; NULL if it is anything else. */
static JsonNode *wrapped_string(JsonNode *node)
{
    JsonObject *o = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

    return o && json_object_get_size(o) == 1 ? json_object_get_member(o, "str") : NULL;
}

static bool add_node(QemuOpts *opts, const char *key, JsonNode *node, Error **errp)
{
    JsonArray *array;

    if (JSON_NODE_HOLDS_VALUE(node)) {
        return add_scalar(opts, key, node, errp);
    }
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        return add_object(opts, key, json_node_get_object(node), errp);
    }
    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        error_setg(errp, "Invalid parameter type for '%s': null", key);
        return false;
    }
    array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *element = json_array_get_element(array, i), *text = wrapped_string(element);

        if (!JSON_NODE_HOLDS_VALUE(text ? text : element)) {
            error_setg(errp, "Invalid parameter type for '%s': expected texts in its array", key);
            return false;
        }
        if (!add_scalar(opts, key, text ? text : element, errp)) {
            return false;
        }
    }
    return true;
}

static bool add_object(QemuOpts *opts, const char *prefix, JsonObject *object, Error **errp)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;
    bool ok = true;

    json_object_iter_init(&iter, object);
    while (ok && json_object_iter_next(&iter, &name, &node)) {
        g_autofree char *key = prefix ? g_strdup_printf("%s.%s", prefix, name) : g_strdup(name);

        ok = (!prefix && g_str_equal(name, "id")) || add_node(opts, key, node, errp);
    }
    return ok;
}

QemuOpts *opts_parse_text_or_json(QemuOptsList *list, const char *text, Error **errp)
{
    g_autoptr(JsonNode) root = NULL;
    g_autoptr(GError) err = NULL;
    JsonObject *object;
    JsonNode *id;
    QemuOpts *opts;

    if (*text != '{') {
        return qemu_opts_parse(list, text, true, errp);
    }
    root = json_from_string(text, &err);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        error_setg(errp, "JSON parse error: %s", err ? err->message : "expected an object");
        return NULL;
    }
    object = json_node_get_object(root);
    id = json_object_get_member(object, "id");
    if (id && json_node_get_value_type(id) != G_TYPE_STRING) {
        error_setg(errp, "Invalid parameter type for 'id': expected a string");
        return NULL;
    }
    opts = qemu_opts_create(list, id ? json_node_get_string(id) : NULL, true, errp);
    if (opts && !add_object(opts, NULL, object, errp)) {
        qemu_opts_del(opts);
        return NULL;
    }
    return opts;
}

QemuOpts *opts_parse_with_id(QemuOptsList *list, const char *text, const char **id, Error **errp)
{
    g_autoptr(QemuOpts) opts = opts_parse_text_or_json(list, text, errp);

    if (!opts) {
        return NULL;
    }
    *id = qemu_opts_id(opts);
    if (!*id) {
        error_setg(errp, "Parameter 'id' is missing");
        return NULL;
    }
    return g_steal_pointer(&opts);
}
