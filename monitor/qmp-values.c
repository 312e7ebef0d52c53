/*
 * Arguments and answers of QMP commands: between JSON, properties and options.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qmp.h"

/* ---- Arguments ---- */

bool qmp_has(const QmpCall *call, const char *name)
{
    return json_object_has_member(call->args, name);
}

const char *qmp_str(const QmpCall *call, const char *name)
{
    return qmp_has(call, name) ? json_object_get_string_member(call->args, name) : NULL;
}

int64_t qmp_int(const QmpCall *call, const char *name, int64_t otherwise)
{
    return qmp_has(call, name) ? json_object_get_int_member(call->args, name) : otherwise;
}

bool qmp_bool(const QmpCall *call, const char *name, bool otherwise)
{
    return qmp_has(call, name) ? json_object_get_boolean_member(call->args, name) : otherwise;
}

/* ---- Nodes ---- */

JsonNode *qmp_object(JsonObject *o)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(node, o);
    return node;
}

JsonNode *qmp_array(JsonArray *a)
{
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    json_node_take_array(node, a);
    return node;
}

JsonNode *qmp_string(const char *text)
{
    return json_node_init_string(json_node_alloc(), text);
}

/* ---- Properties ---- */

/* An integer that JSON's 64 bits with a sign don't hold becomes a string of its digits. */
static JsonNode *from_uint(uint64_t value)
{
    g_autofree char *digits = NULL;

    if (value <= INT64_MAX) {
        return json_node_init_int(json_node_alloc(), value);
    }
    digits = g_strdup_printf("%" PRIu64, value);
    return qmp_string(digits);
}

static JsonNode *from_list(const QValue *v)
{
    JsonArray *a = json_array_new();

    for (guint i = 0; i < v->list->len; i++) {
        json_array_add_element(a, qmp_from_qvalue(g_ptr_array_index(v->list, i)));
    }
    return qmp_array(a);
}

static JsonNode *from_dict(const QValue *v)
{
    JsonObject *o = json_object_new();

    for (guint i = 0; i + 1 < v->list->len; i += 2) {
        const QValue *name = g_ptr_array_index(v->list, i);

        json_object_set_member(o, name->s, qmp_from_qvalue(g_ptr_array_index(v->list, i + 1)));
    }
    return qmp_object(o);
}

JsonNode *qmp_from_qvalue(const QValue *v)
{
    switch (v->kind) {
    case QVALUE_NONE:
        break;
    case QVALUE_BOOL:
        return json_node_init_boolean(json_node_alloc(), v->b);
    case QVALUE_INT:
        return json_node_init_int(json_node_alloc(), v->i);
    case QVALUE_UINT:
        return from_uint(v->u);
    case QVALUE_DOUBLE:
        return json_node_init_double(json_node_alloc(), v->d);
    case QVALUE_STR:
        return qmp_string(v->s);
    case QVALUE_LIST:
        return from_list(v);
    case QVALUE_DICT:
        return from_dict(v);
    }
    return json_node_init_null(json_node_alloc());
}

void qmp_to_qvalue(JsonNode *node, QValue *v)
{
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *a = json_node_get_array(node);

        qvalue_set_list(v);
        for (guint i = 0; i < json_array_get_length(a); i++) {
            g_auto(QValue) item = QVALUE_INIT;

            qmp_to_qvalue(json_array_get_element(a, i), &item);
            qvalue_append(v, &item);
        }
    } else if (JSON_NODE_HOLDS_OBJECT(node)) {
        g_autoptr(GList) names = json_object_get_members(json_node_get_object(node));

        for (GList *l = names; l; l = l->next) {
            g_auto(QValue) member = QVALUE_INIT;

            qmp_to_qvalue(json_object_get_member(json_node_get_object(node), l->data), &member);
            qvalue_add_member(v, l->data, &member);
        }
    } else if (JSON_NODE_HOLDS_VALUE(node)) {
        switch (json_node_get_value_type(node)) {
        case G_TYPE_STRING:
            qvalue_set_str(v, json_node_get_string(node));
            break;
        case G_TYPE_BOOLEAN:
            qvalue_set_bool(v, json_node_get_boolean(node));
            break;
        case G_TYPE_DOUBLE:
            qvalue_set_double(v, json_node_get_double(node));
            break;
        default:
            qvalue_set_int(v, json_node_get_int(node));
        }
    }
}

/* ---- Options ---- */

/* NULL: an option has no such value. */
static char *scalar_text(JsonNode *node)
{
    g_auto(QValue) v = QVALUE_INIT;

    if (!JSON_NODE_HOLDS_VALUE(node)) {
        return NULL;
    }
    if (json_node_get_value_type(node) == G_TYPE_BOOLEAN) {
        return g_strdup(json_node_get_boolean(node) ? "on" : "off");
    }
    qmp_to_qvalue(node, &v);
    return qvalue_print(&v, false);
}

/* A list's items with commas between them, as -object takes them. */
static char *option_text(JsonNode *node)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonArray *a;

    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        return scalar_text(node);
    }
    a = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(a); i++) {
        g_autofree char *item = scalar_text(json_array_get_element(a, i));

        if (!item) {
            return NULL;
        }
        g_string_append_printf(text, "%s%s", i ? "," : "", item);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

GPtrArray *qmp_to_options(JsonObject *o, const char *const *without, Error **errp)
{
    g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GList) names = json_object_get_members(o);

    for (GList *l = names; l; l = l->next) {
        const char *name = l->data;
        char *text;

        if (g_strv_contains(without, name)) {
            continue;
        }
        text = option_text(json_object_get_member(o, name));
        if (!text) {
            error_setg(errp, "Parameter '%s' expects a single value or a list of such", name);
            return NULL;
        }
        g_ptr_array_add(pairs, g_strdup(name));
        g_ptr_array_add(pairs, text);
    }
    return g_steal_pointer(&pairs);
}
