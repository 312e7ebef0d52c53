/*
 * Properties that lead to other objects: links and aliases.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "object-internal.h"

typedef void LinkCheck(const Object *obj, const char *name, Object *val, Error **errp);

/* Exactly one of the first three says where the pointer to the target is. */
typedef struct LinkProperty {
    Object **variable;
    ptrdiff_t offset; /* in the object; a link of a class */
    Object *constant; /* here */
    bool of_class;
    LinkCheck *check; /* NULL: can't be set */
    ObjectPropertyLinkFlags flags;
} LinkProperty;

typedef struct AliasProperty {
    Object *target_obj;
    char *target_name;
} AliasProperty;

static Object **link_pointer(Object *obj, LinkProperty *link)
{
    if (link->of_class) {
        return (Object **)((char *)obj + link->offset);
    }
    return link->variable ? link->variable : &link->constant;
}

static void link_get(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    Object *target = *link_pointer(obj, opaque);
    g_autofree char *path = target ? object_get_canonical_path(target) : NULL;

    qvalue_set_str(v, path);
}

/* "link<type>" -> the object at `path`, which must be one; NULL and *errp otherwise. */
static Object *resolve_link(ObjectProperty *prop, const char *name, const char *path, Error **errp)
{
    g_autofree char *type = g_strndup(prop->type + 5, strlen(prop->type) - 6);
    bool ambiguous = false;
    Object *target = object_resolve_path_type(path, type, &ambiguous);

    if (ambiguous) {
        error_setg(errp, "Path '%s' does not uniquely identify an object", path);
        return NULL;
    }
    if (!target) {
        if (object_resolve_path(path, NULL)) {
            error_setg(errp, "Invalid parameter type for '%s', expected: %s", name, type);
        } else {
            error_setg(errp, "Device '%s' not found: '%s' expects the id or path of a %s", path,
                       name, type);
        }
    }
    return target;
}

static void link_set(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    ERRP_GUARD();
    LinkProperty *link = opaque;
    Object **targetp = link_pointer(obj, link);
    Object *old, *target = NULL;
    const char *path;

    if (!qvalue_to_str(v, name, &path, errp)) {
        return;
    }
    if (*path) {
        target = resolve_link(object_property_find(obj, name), name, path, errp);
        if (!target) {
            return;
        }
    }
    link->check(obj, name, target, errp);
    if (*errp) {
        return;
    }
    old = *targetp;
    *targetp = target;
    if (link->flags & OBJ_PROP_LINK_STRONG) {
        object_ref(target);
        object_unref(old);
    }
}

static Object *link_resolve(Object *obj, void *opaque, const char *part)
{
    return *link_pointer(obj, opaque);
}

static void link_release(Object *obj, const char *name, void *opaque)
{
    LinkProperty *link = opaque;
    Object **targetp = link_pointer(obj, link);

    if ((link->flags & OBJ_PROP_LINK_STRONG) && *targetp) {
        object_unref(*targetp);
        *targetp = NULL;
    }
    if (!link->of_class) {
        g_free(link);
    }
}

void object_property_allow_set_link(const Object *obj, const char *name, Object *child,
                                    Error **errp)
{
}

static ObjectProperty *add_link(PropertyHome home, const char *name, const char *type,
                                LinkProperty link)
{
    g_autofree char *full_type = g_strconcat("link<", type, ">", NULL);
    PropertyDef def = {
        .name = name,
        .type = full_type,
        .get = link_get,
        .set = link.check ? link_set : NULL,
        .resolve = link_resolve,
        .release = link_release,
        .opaque = g_memdup2(&link, sizeof(link)),
    };

    return property_install(home, &def, &error_abort);
}

ObjectProperty *object_property_add_link(Object *obj, const char *name, const char *type,
                                         Object **targetp, LinkCheck *check,
                                         ObjectPropertyLinkFlags flags)
{
    LinkProperty link = { .variable = targetp, .check = check, .flags = flags };

    return add_link(home_object(obj), name, type, link);
}

ObjectProperty *object_class_property_add_link(ObjectClass *oc, const char *name, const char *type,
                                               ptrdiff_t offset, LinkCheck *check,
                                               ObjectPropertyLinkFlags flags)
{
    LinkProperty link = { .of_class = true, .offset = offset, .check = check, .flags = flags };

    return add_link(home_class(oc), name, type, link);
}

ObjectProperty *object_property_add_const_link(Object *obj, const char *name, Object *target)
{
    LinkProperty link = { .constant = target };

    return add_link(home_object(obj), name, object_get_typename(target), link);
}

/* A link's value is its target's path. */
bool object_property_set_link(Object *obj, const char *name, Object *value, Error **errp)
{
    g_autofree char *path = value ? object_get_canonical_path(value) : g_strdup("");

    assert(path && "a link's target must be in the tree");
    return object_property_set_str(obj, name, path, errp);
}

Object *object_property_get_link(Object *obj, const char *name, Error **errp)
{
    g_autofree char *path = object_property_get_str(obj, name, errp);
    bool leads_somewhere = path && *path;
    Object *target = leads_somewhere ? object_resolve_path(path, NULL) : NULL;

    if (leads_somewhere && !target) {
        error_setg(errp, "Device '%s' not found", path);
    }
    return target;
}

/* --- aliases --- */

static void alias_get(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    AliasProperty *alias = opaque;

    object_property_get(alias->target_obj, alias->target_name, v, errp);
}

static void alias_set(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    AliasProperty *alias = opaque;

    object_property_set(alias->target_obj, alias->target_name, v, errp);
}

static Object *alias_resolve(Object *obj, void *opaque, const char *part)
{
    AliasProperty *alias = opaque;

    return object_resolve_path_component(alias->target_obj, alias->target_name);
}

static void alias_release(Object *obj, const char *name, void *opaque)
{
    AliasProperty *alias = opaque;

    g_free(alias->target_name);
    g_free(alias);
}

ObjectProperty *object_property_add_alias(Object *obj, const char *name, Object *target_obj,
                                          const char *target_name)
{
    ObjectProperty *target = object_property_find_err(target_obj, target_name, &error_abort);
    AliasProperty alias = { target_obj, g_strdup(target_name) };
    /* The child has one parent only: through the alias it is a link. */
    g_autofree char *type = object_property_is_child(target)
                                ? g_strconcat("link", target->type + strlen("child"), NULL)
                                : g_strdup(target->type);
    PropertyDef def = {
        .name = name,
        .type = type,
        .get = alias_get,
        .set = target->set ? alias_set : NULL,
        .resolve = alias_resolve,
        .release = alias_release,
        .opaque = g_memdup2(&alias, sizeof(alias)),
    };
    ObjectProperty *prop = property_install(home_object(obj), &def, &error_abort);

    prop->description = g_strdup(target->description);
    return prop;
}
