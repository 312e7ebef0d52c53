/*
 * QMP commands about objects, devices and their types.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "hw/core/device-add.h"
#include "qmp.h"
#include "qom/object_interfaces.h"

/* ---- The tree ---- */

/* Takes the iteration to its end. */
static JsonNode *list_properties(ObjectPropertyIterator *iter, bool details,
                                 const char *const *hidden)
{
    JsonArray *list = json_array_new();
    ObjectProperty *prop;

    while ((prop = object_property_iter_next(iter))) {
        JsonObject *o;

        if (hidden && g_strv_contains(hidden, prop->name)) {
            continue;
        }
        o = json_object_new();
        json_object_set_string_member(o, "name", prop->name);
        json_object_set_string_member(o, "type", prop->type);
        if (details && prop->description) {
            json_object_set_string_member(o, "description", prop->description);
        }
        if (details && prop->defval.kind != QVALUE_NONE) {
            json_object_set_member(o, "default-value", qmp_from_qvalue(&prop->defval));
        }
        json_array_add_object_element(list, o);
    }
    return qmp_array(list);
}

QMP_CMD(qom_list)
{
    Object *obj = monitor_resolve(qmp_str(call, "path"), errp);
    ObjectPropertyIterator iter;

    if (!obj) {
        return NULL;
    }
    object_property_iter_init(&iter, obj);
    return list_properties(&iter, false, NULL);
}

QMP_CMD(qom_get)
{
    Object *obj = monitor_resolve(qmp_str(call, "path"), errp);
    g_auto(QValue) value = QVALUE_INIT;

    if (!obj || !object_property_get(obj, qmp_str(call, "property"), &value, errp)) {
        return NULL;
    }
    return qmp_from_qvalue(&value);
}

QMP_CMD(qom_set)
{
    Object *obj = monitor_resolve(qmp_str(call, "path"), errp);
    g_auto(QValue) value = QVALUE_INIT;

    if (obj) {
        qmp_to_qvalue(json_object_get_member(call->args, "value"), &value);
        object_property_set(obj, qmp_str(call, "property"), &value, errp);
    }
    return NULL;
}

/* ---- Types ---- */

QMP_CMD(qom_list_types)
{
    GSList *types = object_class_get_list_sorted(qmp_str(call, "implements"),
                                                 qmp_bool(call, "abstract", false));
    JsonArray *list = json_array_new();

    for (GSList *l = types; l; l = l->next) {
        ObjectClass *parent = object_class_get_parent(l->data);
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "name", object_class_get_name(l->data));
        if (object_class_is_abstract(l->data)) {
            json_object_set_boolean_member(o, "abstract", true);
        }
        if (parent) {
            json_object_set_string_member(o, "parent", object_class_get_name(parent));
        }
        json_array_add_object_element(list, o);
    }
    g_slist_free(types);
    return qmp_array(list);
}

static ObjectClass *find_class(const QmpCall *call, Error **errp)
{
    const char *name = qmp_str(call, "typename");
    ObjectClass *oc = object_class_by_name(name);

    if (!oc) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", name);
    }
    return oc;
}

/*
 * An object has properties that its class hasn't: those of one are listed where there can be one.
 */
static JsonNode *list_of_class(ObjectClass *oc, const char *const *hidden)
{
    g_autoptr(Object) obj = NULL;
    ObjectPropertyIterator iter;

    if (object_class_is_abstract(oc) || object_class_dynamic_cast(oc, TYPE_INTERFACE)) {
        object_class_property_iter_init(&iter, oc);
    } else {
        obj = object_new_with_class(oc);
        object_property_iter_init(&iter, obj);
    }
    return list_properties(&iter, true, hidden);
}

QMP_CMD(qom_list_properties)
{
    ObjectClass *oc = find_class(call, errp);

    return oc ? list_of_class(oc, NULL) : NULL;
}

QMP_CMD(device_list_properties)
{
    static const char *const hidden[] = { "type", "realized", "hotpluggable", "hotplugged",
                                          "parent_bus", NULL };
    ObjectClass *oc = find_class(call, errp);

    if (!oc) {
        return NULL;
    }
    if (!object_class_dynamic_cast(oc, TYPE_DEVICE) || object_class_is_abstract(oc)) {
        error_setg(errp, "Parameter 'typename' expects a non-abstract device type");
        return NULL;
    }
    return list_of_class(oc, hidden);
}

/* ---- Making and removing ---- */

QMP_CMD(object_add)
{
    static const char *const without[] = { "qom-type", "id", NULL };
    g_autoptr(GPtrArray) props = qmp_to_options(call->args, without, errp);

    if (props) {
        user_creatable_add_type(qmp_str(call, "qom-type"), qmp_str(call, "id"), props, errp);
    }
    return NULL;
}

QMP_CMD(object_del)
{
    user_creatable_del(qmp_str(call, "id"), errp);
    return NULL;
}

QMP_CMD(device_add)
{
    static const char *const without[] = { "id", NULL };
    g_autoptr(GPtrArray) options = qmp_to_options(call->args, without, errp);

    if (options) {
        device_add_from_options(qmp_str(call, "id"), options, errp);
    }
    return NULL;
}

QMP_CMD(device_del)
{
    device_del(qmp_str(call, "id"), errp);
    return NULL;
}
