/*
 * Objects that users create.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/id.h"
#include "qemu/option.h"
#include "qom/object_interfaces.h"

bool user_creatable_complete(UserCreatable *uc, Error **errp)
{
    ERRP_GUARD();
    UserCreatableClass *ucc = USER_CREATABLE_GET_CLASS(uc);

    if (ucc->complete) {
        ucc->complete(uc, errp);
    }
    return !*errp;
}

bool user_creatable_can_be_deleted(UserCreatable *uc)
{
    UserCreatableClass *ucc = USER_CREATABLE_GET_CLASS(uc);

    return !ucc->can_be_deleted || ucc->can_be_deleted(uc);
}

static ObjectClass *find_creatable(const char *type, Error **errp)
{
    ObjectClass *klass = object_class_by_name(type);

    if (!klass || object_class_is_abstract(klass) ||
        !object_class_dynamic_cast(klass, TYPE_USER_CREATABLE)) {
        error_setg(errp, "Parameter 'qom-type' does not accept value '%s'", type);
        return NULL;
    }
    return klass;
}

static bool check_id(const char *id, Error **errp)
{
    if (!id) {
        error_setg(errp, "Parameter 'id' is missing");
        return false;
    }
    if (!id_wellformed(id)) {
        error_setg(errp, "Parameter 'id' expects an identifier");
        error_append_hint(errp, ID_RULE_HINT);
        return false;
    }
    return true;
}

static bool set_user_props(Object *obj, GPtrArray *props, Error **errp)
{
    for (guint i = 0; props && i + 1 < props->len; i += 2) {
        const char *name = g_ptr_array_index(props, i);

        if (!object_property_find(obj, name)) {
            error_setg(errp, "Invalid parameter '%s'", name);
            return false;
        }
        if (!object_property_parse(obj, name, g_ptr_array_index(props, i + 1), errp)) {
            return false;
        }
    }
    return true;
}

Object *user_creatable_add_type(const char *type, const char *id, GPtrArray *props, Error **errp)
{
    ObjectClass *klass = find_creatable(type, errp);
    g_autoptr(Object) obj = NULL;

    if (!klass || !check_id(id, errp)) {
        return NULL;
    }
    if (object_resolve_path_component(object_get_objects_root(), id)) {
        error_setg(errp, "Duplicate ID '%s' for object", id);
        return NULL;
    }
    obj = object_new_with_class(klass);
    object_apply_compat_props(obj);
    if (!set_user_props(obj, props, errp)) {
        return NULL;
    }
    object_property_add_child(object_get_objects_root(), id, obj);
    if (!user_creatable_complete(USER_CREATABLE(obj), errp)) {
        object_unparent(obj);
        return NULL;
    }
    return obj;
}

static void append_types(GString *out)
{
    GSList *list = object_class_get_list_sorted(TYPE_USER_CREATABLE, false);

    g_string_append(out, "List of user creatable objects:\n");
    for (GSList *l = list; l; l = l->next) {
        g_string_append_printf(out, "  %s\n", object_class_get_name(l->data));
    }
    g_slist_free(list);
}

char *user_creatable_help(const char *text)
{
    g_autoptr(GString) lines = g_string_new(NULL), out = g_string_new(NULL);
    g_autofree char *type = NULL;
    ObjectPropertyIterator iter;
    ObjectClass *klass;

    get_opt_value(text, &type);
    if (!strcmp(type, "help") || !strcmp(type, "?")) {
        append_types(out);
        return g_string_free(g_steal_pointer(&out), FALSE);
    }
    if (g_str_has_prefix(type, "qom-type=")) {
        memmove(type, type + 9, strlen(type + 9) + 1);
    }
    klass = has_help_option(text) ? find_creatable(type, NULL) : NULL;
    if (!klass) {
        return NULL;
    }
    object_class_property_iter_init(&iter, klass);
    if (object_properties_help(lines, &iter, NULL)) {
        g_string_append_printf(out, "%s options:\n%s", type, lines->str);
    } else {
        g_string_append_printf(out, "There are no options for %s.\n", type);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static int collect_prop(void *opaque, const char *name, const char *value, Error **errp)
{
    if (strcmp(name, "qom-type")) {
        g_ptr_array_add(opaque, g_strdup(name));
        g_ptr_array_add(opaque, g_strdup(value));
    }
    return 0;
}

bool user_creatable_add_from_str(const char *str, Error **errp)
{
    static QemuOptsList object_opts = {
        .name = "object",
        .implied_opt_name = "qom-type",
        .desc = { { NULL } },
    };
    g_autoptr(GPtrArray) props = g_ptr_array_new_with_free_func(g_free);
    const char *type;
    QemuOpts *opts;
    bool ok = false;

    opts = qemu_opts_parse(&object_opts, str, true, errp);
    if (!opts) {
        return false;
    }
    type = qemu_opt_get(opts, "qom-type");
    if (!type) {
        error_setg(errp, "Parameter 'qom-type' is missing");
    } else {
        qemu_opt_foreach(opts, collect_prop, props, NULL);
        ok = user_creatable_add_type(type, qemu_opts_id(opts), props, errp) != NULL;
    }
    qemu_opts_del(opts);
    return ok;
}

bool user_creatable_del(const char *id, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    if (!obj) {
        error_setg(errp, "object '%s' not found", id);
        return false;
    }
    if (!user_creatable_can_be_deleted(USER_CREATABLE(obj))) {
        error_setg(errp, "object '%s' is in use, can not be deleted", id);
        return false;
    }
    object_unparent(obj);
    return true;
}

void user_creatable_cleanup(void)
{
    object_unparent(object_get_objects_root());
}

static const TypeInfo user_creatable_types[] = {
    {
        .name = TYPE_USER_CREATABLE,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(UserCreatableClass),
    },
};

DEFINE_TYPES(user_creatable_types)
