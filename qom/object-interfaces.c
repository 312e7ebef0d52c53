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
    obj = object_new_with_class(klass);
    if (!set_user_props(obj, props, errp) ||
        !object_property_try_add_child(object_get_objects_root(), id, obj, errp)) {
        return NULL;
    }
    if (!user_creatable_complete(USER_CREATABLE(obj), errp)) {
        object_unparent(obj);
        return NULL;
    }
    return obj;
}

static void print_types(void)
{
    GSList *list = object_class_get_list_sorted(TYPE_USER_CREATABLE, false);

    printf("List of user creatable objects:\n");
    for (GSList *l = list; l; l = l->next) {
        printf("  %s\n", object_class_get_name(l->data));
    }
    g_slist_free(list);
}

static void print_properties(ObjectClass *klass)
{
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    printf("%s options:\n", object_class_get_name(klass));
    object_class_property_iter_init(&iter, klass);
    while ((prop = object_property_iter_next(&iter)) != NULL) {
        g_autofree char *left = g_strdup_printf("  %s=<%s>", prop->name, prop->type);

        if (!prop->set) {
            continue;
        }
        if (prop->description) {
            printf("%-22s - %s\n", left, prop->description);
        } else {
            printf("%s\n", left);
        }
    }
}

bool user_creatable_print_help(const char *type, const char *params)
{
    ObjectClass *klass;

    if (!strcmp(type, "help") || !strcmp(type, "?")) {
        print_types();
        return true;
    }
    klass = has_help_option(params) ? find_creatable(type, NULL) : NULL;
    if (!klass) {
        return false;
    }
    print_properties(klass);
    return true;
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
    g_autofree char *first = NULL;
    const char *type;
    QemuOpts *opts;
    bool ok = false;

    get_opt_value(str, &first);
    if (user_creatable_print_help(first, str)) {
        return true;
    }
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
