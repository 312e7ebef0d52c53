/*
 * Options of nodes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <json-glib/json-glib.h>
#include "options.h"
#include "qapi/error.h"
#include "qemu/option.h"

/* No sane tree of nodes is deeper; a file made by somebody else may be. */
#define MAX_DEPTH 32

BlockOptions *block_options_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void block_options_free(BlockOptions *o)
{
    if (o) {
        g_hash_table_unref(o);
    }
}

void block_options_set(BlockOptions *o, const char *name, const char *value)
{
    g_hash_table_replace(o, g_strdup(name), g_strdup(value));
}

/* --- from text --- */

static bool add_once(BlockOptions *o, const char *name, char *value, Error **errp)
{
    if (g_hash_table_contains(o, name)) {
        error_setg(errp, "Parameter '%s' is given twice", name);
        g_free(value);
        return false;
    }
    g_hash_table_insert(o, g_strdup(name), value);
    return true;
}

static bool add_node(BlockOptions *o, const char *name, JsonNode *node, int depth, Error **errp);

static bool add_members(BlockOptions *o, const char *prefix, JsonObject *object, int depth,
                        Error **errp)
{
    g_autoptr(GList) names = json_object_get_members(object);

    for (GList *l = names; l; l = l->next) {
        g_autofree char *name = *prefix ? g_strdup_printf("%s.%s", prefix, (char *)l->data)
                                        : g_strdup(l->data);

        if (!add_node(o, name, json_object_get_member(object, l->data), depth + 1, errp)) {
            return false;
        }
    }
    return true;
}

static bool add_elements(BlockOptions *o, const char *prefix, JsonArray *array, int depth,
                         Error **errp)
{
    for (guint i = 0; i < json_array_get_length(array); i++) {
        g_autofree char *name = g_strdup_printf("%s.%u", prefix, i);

        if (!add_node(o, name, json_array_get_element(array, i), depth + 1, errp)) {
            return false;
        }
    }
    return true;
}

static char *value_text(JsonNode *node)
{
    switch (json_node_get_value_type(node)) {
    case G_TYPE_BOOLEAN:
        return g_strdup(json_node_get_boolean(node) ? "on" : "off");
    case G_TYPE_INT64:
        return g_strdup_printf("%" PRId64, (int64_t)json_node_get_int(node));
    case G_TYPE_STRING:
        return json_node_dup_string(node);
    default:
        return NULL;
    }
}

static bool add_node(BlockOptions *o, const char *name, JsonNode *node, int depth, Error **errp)
{
    char *text;

    if (depth > MAX_DEPTH) {
        error_setg(errp, "Parameter '%s' is nested too deeply", name);
        return false;
    }
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        return add_members(o, name, json_node_get_object(node), depth, errp);
    }
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        return add_elements(o, name, json_node_get_array(node), depth, errp);
    }
    if (JSON_NODE_HOLDS_NULL(node)) { /* "backing": null */
        return add_once(o, name, g_strdup(""), errp);
    }
    text = value_text(node);
    if (!text) {
        error_setg(errp, "Parameter '%s' expects a string, a whole number, true or false", name);
        return false;
    }
    return add_once(o, name, text, errp);
}

static bool parse_json(BlockOptions *o, const char *text, Error **errp)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) err = NULL;
    JsonNode *root;

    if (!json_parser_load_from_data(parser, text, -1, &err)) {
        error_setg(errp, "Invalid JSON: %s", err->message);
        return false;
    }
    root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        error_setg(errp, "Invalid JSON: expected an object");
        return false;
    }
    return add_members(o, "", json_node_get_object(root), 0, errp);
}

bool block_options_parse(BlockOptions *o, const char *text, Error **errp)
{
    if (*text == '{') {
        return parse_json(o, text, errp);
    }
    while (*text) {
        size_t len = strcspn(text, "=,");
        g_autofree char *name = g_strndup(text, len);
        char *value = NULL;

        if (!len) {
            error_setg(errp, "Expected KEY=VALUE at '%s'", text);
            return false;
        }
        if (text[len] == '=') {
            text = get_opt_value(text + len + 1, &value);
        } else {
            value = g_strdup("on");
            text += len;
        }
        g_hash_table_replace(o, g_steal_pointer(&name), value); /* the last one counts */
        text += *text == ',';
    }
    return true;
}

/* --- to values --- */

const char *block_options_peek(BlockOptions *o, const char *name)
{
    return g_hash_table_lookup(o, name);
}

char *block_options_take(BlockOptions *o, const char *name)
{
    gpointer key, value;

    if (!g_hash_table_steal_extended(o, name, &key, &value)) {
        return NULL;
    }
    g_free(key);
    return value;
}

bool block_options_take_bool(BlockOptions *o, const char *name, bool *value, Error **errp)
{
    g_autofree char *text = block_options_take(o, name);

    return !text || parse_option_bool(name, text, value, errp);
}

bool block_options_take_number(BlockOptions *o, const char *name, uint64_t max, uint64_t *value,
                               Error **errp)
{
    g_autofree char *text = block_options_take(o, name);
    uint64_t number;

    if (!text) {
        return true;
    }
    if (!parse_option_number(name, text, &number, errp)) {
        return false;
    }
    if (number > max) {
        error_setg(errp, "Parameter '%s' expects a number from 0 to %" PRIu64, name, max);
        return false;
    }
    *value = number;
    return true;
}

bool block_options_take_size(BlockOptions *o, const char *name, uint64_t *value, Error **errp)
{
    g_autofree char *text = block_options_take(o, name);

    return !text || parse_option_size(name, text, value, errp);
}

bool block_options_take_word(BlockOptions *o, const char *name, const char *const *words,
                             unsigned *index, Error **errp)
{
    g_autofree char *text = block_options_take(o, name);
    g_autofree char *list = NULL;

    if (!text) {
        return true;
    }
    for (unsigned i = 0; words[i]; i++) {
        if (g_str_equal(words[i], text)) {
            *index = i;
            return true;
        }
    }
    list = g_strjoinv(", ", (char **)words);
    error_setg(errp, "Parameter '%s' expects one of: %s", name, list);
    return false;
}

BlockOptions *block_options_take_group(BlockOptions *o, const char *prefix)
{
    g_autofree char *start = g_strconcat(prefix, ".", NULL);
    BlockOptions *group = block_options_new();
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init(&iter, o);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        if (g_str_has_prefix(name, start)) {
            block_options_set(group, (char *)name + strlen(start), value);
            g_hash_table_iter_remove(&iter);
        }
    }
    return group;
}

bool block_options_all_known(BlockOptions *o, const char *who, Error **errp)
{
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(o), (GCompareFunc)strcmp);

    if (names) {
        error_setg(errp, "Invalid parameter '%s': %s has no such option", (char *)names->data,
                   who);
        return false;
    }
    return true;
}
