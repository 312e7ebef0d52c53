/*
 * The object tree: info qom-tree, qom-list, qom-get, qom-set, object_add, object_del, device_add,
 * device_del.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "hw/core/device-add.h"
#include "json-stream.h"
#include "monitor-internal.h"
#include "qemu/error-report.h"
#include "qmp.h"
#include "qom/object_interfaces.h"

static int collect_child(Object *child, void *opaque)
{
    g_ptr_array_add(opaque, child);
    return 0;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(object_get_canonical_path_component(*(Object *const *)a),
                  object_get_canonical_path_component(*(Object *const *)b));
}

static void print_tree(GString *out, Object *obj, int indent)
{
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    const char *name = obj == object_get_root() ? "" : object_get_canonical_path_component(obj);

    g_string_append_printf(out, "%*s/%s (%s)\n", indent, "", name, object_get_typename(obj));
    object_child_foreach(obj, collect_child, children);
    g_ptr_array_sort(children, by_name);
    for (guint i = 0; i < children->len; i++) {
        print_tree(out, g_ptr_array_index(children, i), indent + 2);
    }
}

Object *monitor_resolve(const char *path, Error **errp)
{
    bool ambiguous = false;
    Object *obj = object_resolve_path(path, &ambiguous);

    if (!obj && ambiguous) {
        error_setg(errp, "Path '%s' is ambiguous", path);
    } else if (!obj) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", path);
    }
    return obj;
}

HMP_INFO(qom_tree)
{
    const char *path = hmp_arg_str(args, "path");
    bool ambiguous = false;
    Object *obj = path ? object_resolve_path(path, &ambiguous) : qdev_get_machine();

    if (obj) {
        print_tree(out, obj, 0);
    } else {
        g_string_append_printf(out, "Path '%s' %s.\n", path,
                               ambiguous ? "is ambiguous" : "could not be resolved");
    }
}

HMP_CMD(qom_list)
{
    const char *path = hmp_arg_str(args, "path");
    ObjectPropertyIterator iter;
    ObjectProperty *prop;
    Error *err = NULL;
    Object *obj;

    if (!path) {
        monitor_printf(mon, "/\n");
        return;
    }
    obj = monitor_resolve(path, &err);
    if (!obj) {
        error_report_err(err);
        return;
    }
    object_property_iter_init(&iter, obj);
    while ((prop = object_property_iter_next(&iter))) {
        monitor_printf(mon, "%s (%s)\n", prop->name, prop->type);
    }
}

HMP_CMD(qom_get)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_auto(QValue) value = QVALUE_INIT;
    Error *err = NULL;
    Object *obj = monitor_resolve(hmp_arg_str(args, "path"), &err);

    if (obj && object_property_get(obj, hmp_arg_str(args, "property"), &value, &err)) {
        g_autoptr(JsonNode) node = qmp_from_qvalue(&value);

        json_append_text(out, node, true);
        monitor_printf(mon, "%s\n", out->str);
    }
    if (err) {
        error_report_err(err);
    }
}

HMP_CMD(qom_set)
{
    Error *err = NULL;
    Object *obj = monitor_resolve(hmp_arg_str(args, "path"), &err);

    if (obj) {
        object_property_parse(obj, hmp_arg_str(args, "property"), hmp_arg_str(args, "value"),
                              &err);
    }
    if (err) {
        error_report_err(err);
    }
}

HMP_CMD(object_add)
{
    const char *options = hmp_arg_str(args, "object");
    g_autofree char *help = user_creatable_help(options);
    Error *err = NULL;

    if (help) {
        monitor_puts(mon, help);
    } else if (!user_creatable_add_from_str(options, &err)) {
        error_report_err(err);
    }
}

HMP_CMD(object_del)
{
    Error *err = NULL;

    if (!user_creatable_del(hmp_arg_str(args, "id"), &err)) {
        error_report_err(err);
    }
}

HMP_CMD(device_add)
{
    const char *options = hmp_arg_str(args, "device");
    g_autoptr(GString) help = g_string_new(NULL);
    Error *err = NULL;

    if (device_help(options, help, &err)) {
        monitor_puts(mon, help->str);
    } else if (!err) {
        device_add_from_str(options, &err);
    }
    if (err) {
        error_report_err(err);
    }
}

HMP_CMD(device_del)
{
    Error *err = NULL;

    if (!device_del(hmp_arg_str(args, "id"), &err)) {
        error_report_err(err);
    }
}

/* --- completion --- */

static void complete_types(GPtrArray *matches, const char *word, const char *type)
{
    GSList *list = object_class_get_list_sorted(type, false);

    for (GSList *l = list; l; l = l->next) {
        bool hidden = object_class_dynamic_cast(l->data, TYPE_DEVICE) &&
                      !DEVICE_CLASS(l->data)->user_creatable;

        if (!hidden && g_str_has_prefix(object_class_get_name(l->data), word)) {
            g_ptr_array_add(matches, g_strdup(object_class_get_name(l->data)));
        }
    }
    g_slist_free(list);
}

void complete_object_types(GPtrArray *matches, const char *word)
{
    complete_types(matches, word, TYPE_USER_CREATABLE);
}

void complete_device_types(GPtrArray *matches, const char *word)
{
    complete_types(matches, word, TYPE_DEVICE);
}

typedef struct IdCompletion {
    GPtrArray *matches;
    const char *word;
    const char *type;
} IdCompletion;

static int match_id(Object *child, void *opaque)
{
    IdCompletion *c = opaque;
    const char *id = object_get_canonical_path_component(child);

    if (object_dynamic_cast(child, c->type) && g_str_has_prefix(id, c->word)) {
        g_ptr_array_add(c->matches, g_strdup(id));
    }
    return 0;
}

void complete_object_ids(GPtrArray *matches, const char *word)
{
    IdCompletion c = { matches, word, TYPE_USER_CREATABLE };

    object_child_foreach(object_get_objects_root(), match_id, &c);
}

void complete_device_ids(GPtrArray *matches, const char *word)
{
    IdCompletion c = { matches, word, TYPE_DEVICE };

    object_child_foreach(container_get(qdev_get_machine(), "/peripheral"), match_id, &c);
}
