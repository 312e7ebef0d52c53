/*
 * Properties that lead to other objects: links and aliases.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "object-internal.h"

typedef void LinkCheck(const Object *obj, const char *name, Object *val, Error **errp);

typedef struct LinkProperty {
    Object **targetp;  /* instance property */
    ptrdiff_t offset;  /* class property: where the pointer is in the object */
    LinkCheck *check;
    ObjectPropertyLinkFlags flags;
    bool of_class;
    Object *target;    /* constant link */
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
    return link->targetp ? link->targetp : &link->target;
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
            error_setg(errp, "Device '%s' not found", path);
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

ObjectProperty *object_property_add_link(Object *obj, const char *name, const char *type,
                                         Object **targetp, LinkCheck *check,
                                         ObjectPropertyLinkFlags flags)
{
    LinkProperty *link = g_new0(LinkProperty, 1);
    g_autofree char *full_type = g_strdup_printf("link<%s>", type);
    ObjectProperty *prop;

    link->targetp = targetp;
    link->check = check;
    link->flags = flags;
    prop = object_property_add(obj, name, full_type, link_get, check ? link_set : NULL,
                               link_release, link);
    prop->resolve = link_resolve;
    return prop;
}

ObjectProperty *object_class_property_add_link(ObjectClass *oc, const char *name, const char *type,
                                               ptrdiff_t offset, LinkCheck *check,
                                               ObjectPropertyLinkFlags flags)
{
    LinkProperty *link = g_new0(LinkProperty, 1);
    g_autofree char *full_type = g_strdup_printf("link<%s>", type);
    ObjectProperty *prop;

    link->offset = offset;
    link->of_class = true;
    link->check = check;
    link->flags = flags;
    prop = object_class_property_add(oc, name, full_type, link_get, check ? link_set : NULL,
                                     link_release, link);
    prop->resolve = link_resolve;
    return prop;
}

ObjectProperty *object_property_add_const_link(Object *obj, const char *name, Object *target)
{
    LinkProperty *link = g_new0(LinkProperty, 1);
    g_autofree char *type = g_strdup_printf("link<%s>", object_get_typename(target));
    ObjectProperty *prop;

    link->target = target;
    prop = object_property_add(obj, name, type, link_get, NULL, link_release, link);
    prop->resolve = link_resolve;
    return prop;
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
    AliasProperty *alias = g_new(AliasProperty, 1);
    g_autofree char *type = NULL;
    ObjectProperty *prop;

    /* The child has one parent only: through the alias it is a link. */
    if (object_property_is_child(target)) {
        type = g_strdup_printf("link%s", target->type + strlen("child"));
    } else {
        type = g_strdup(target->type);
    }
    *alias = (AliasProperty){ target_obj, g_strdup(target_name) };
    prop = object_property_add(obj, name, type, alias_get, target->set ? alias_set : NULL,
                               alias_release, alias);
    prop->resolve = alias_resolve;
    if (target->description) {
        object_property_set_description(obj, name, target->description);
    }
    return prop;
}
