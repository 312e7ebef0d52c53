/*
 * The object tree: children and paths.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "object-internal.h"

bool object_property_is_child(const ObjectProperty *prop)
{
    return g_str_has_prefix(prop->type, "child<");
}

bool object_property_is_link(const ObjectProperty *prop)
{
    return g_str_has_prefix(prop->type, "link<");
}

static void child_get(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    g_autofree char *path = object_get_canonical_path(opaque);

    qvalue_set_str(v, path);
}

static Object *child_resolve(Object *obj, void *opaque, const char *part)
{
    return opaque;
}

static void child_release(Object *obj, const char *name, void *opaque)
{
    Object *child = opaque;

    if (child->class->unparent) {
        child->class->unparent(child);
    }
    child->parent = NULL;
    child->child_name = NULL;
    object_unref(child);
}

ObjectProperty *object_property_try_add_child(Object *obj, const char *name, Object *child,
                                              Error **errp)
{
    g_autofree char *type = g_strdup_printf("child<%s>", object_get_typename(child));
    ObjectProperty *prop;

    assert(!child->parent && "an object has one place in the tree");
    prop = object_property_try_add(obj, name, type, child_get, NULL, child_release, child, errp);
    if (!prop) {
        return NULL;
    }
    prop->resolve = child_resolve;
    object_ref(child);
    child->parent = obj;
    child->child_name = prop->name;
    return prop;
}

ObjectProperty *object_property_add_child(Object *obj, const char *name, Object *child)
{
    return object_property_try_add_child(obj, name, child, &error_abort);
}

void object_unparent(Object *obj)
{
    if (obj->parent) {
        object_property_del(obj->parent, obj->child_name);
    }
}

static GPtrArray *children_of(Object *obj)
{
    GPtrArray *children = g_ptr_array_new_with_free_func(object_unref);
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    object_property_iter_init(&iter, obj);
    while ((prop = object_property_iter_next(&iter)) != NULL) {
        if (object_property_is_child(prop)) {
            g_ptr_array_add(children, object_ref(prop->opaque));
        }
    }
    return children;
}

static int child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque,
                         bool recurse)
{
    g_autoptr(GPtrArray) children = NULL;

    if (!obj->properties) {
        return 0;
    }
    children = children_of(obj);
    for (guint i = 0; i < children->len; i++) {
        Object *child = g_ptr_array_index(children, i);
        int ret = fn(child, opaque);

        if (!ret && recurse) {
            ret = child_foreach(child, fn, opaque, true);
        }
        if (ret) {
            return ret;
        }
    }
    return 0;
}

int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque)
{
    return child_foreach(obj, fn, opaque, false);
}

int object_child_foreach_recursive(Object *obj, int (*fn)(Object *child, void *opaque),
                                   void *opaque)
{
    return child_foreach(obj, fn, opaque, true);
}

/* --- roots --- */

Object *object_get_root(void)
{
    static Object *root;

    if (!root) {
        root = object_new(TYPE_CONTAINER);
    }
    return root;
}

Object *object_get_internal_root(void)
{
    static Object *internal_root;

    if (!internal_root) {
        internal_root = object_new(TYPE_CONTAINER);
    }
    return internal_root;
}

Object *object_get_objects_root(void)
{
    return container_get(object_get_root(), "/objects");
}

Object *container_get(Object *root, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 0);
    Object *obj = root;

    assert(path[0] == '/' && "an absolute path");
    for (char **part = parts + 1; *part && **part; part++) {
        Object *child = object_resolve_path_component(obj, *part);

        if (!child) {
            child = object_new(TYPE_CONTAINER);
            object_property_add_child(obj, *part, child);
            object_unref(child);
        }
        obj = child;
    }
    return obj;
}

/* --- paths --- */

const char *object_get_canonical_path_component(const Object *obj)
{
    return obj->child_name;
}

char *object_get_canonical_path(const Object *obj)
{
    Object *root = object_get_root();
    GString *path;

    if (obj == root) {
        return g_strdup("/");
    }
    path = g_string_new(NULL);
    for (; obj != root; obj = obj->parent) {
        if (!obj || !obj->child_name) {
            g_string_free(path, TRUE); /* not below the root */
            return NULL;
        }
        g_string_prepend(path, obj->child_name);
        g_string_prepend_c(path, '/');
    }
    return g_string_free(path, FALSE);
}

Object *object_resolve_path_component(Object *parent, const char *part)
{
    ObjectProperty *prop = object_property_find(parent, part);

    return prop && prop->resolve ? prop->resolve(parent, prop->opaque, part) : NULL;
}

static Object *resolve_parts(Object *parent, char **parts, const char *type_name)
{
    for (; parent && *parts; parts++) {
        if (**parts) {
            parent = object_resolve_path_component(parent, *parts);
        }
    }
    return parent && (!type_name || object_dynamic_cast(parent, type_name)) ? parent : NULL;
}

/* Looks for a place in the tree from where the path leads to an object; the only one, or NULL. */
static Object *resolve_partial(Object *parent, char **parts, const char *type_name,
                               bool *ambiguous)
{
    Object *found = resolve_parts(parent, parts, type_name);
    g_autoptr(GPtrArray) children = NULL;

    if (!parent->properties) {
        return found;
    }
    children = children_of(parent);
    for (guint i = 0; i < children->len && !*ambiguous; i++) {
        Object *obj =
            resolve_partial(g_ptr_array_index(children, i), parts, type_name, ambiguous);

        if (obj && found && obj != found) {
            *ambiguous = true;
        }
        found = found ? found : obj;
    }
    return *ambiguous ? NULL : found;
}

Object *object_resolve_path_type(const char *path, const char *type_name, bool *ambiguousp)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 0);
    bool ambiguous = false;
    Object *obj;

    if (!parts[0]) { /* the empty path */
        obj = NULL;
    } else if (!*parts[0]) {
        obj = resolve_parts(object_get_root(), parts + 1, type_name);
    } else {
        obj = resolve_partial(object_get_root(), parts, type_name, &ambiguous);
    }
    if (ambiguousp) {
        *ambiguousp = ambiguous;
    }
    return obj;
}

Object *object_resolve_path(const char *path, bool *ambiguous)
{
    return object_resolve_path_type(path, NULL, ambiguous);
}

Object *object_resolve_path_at(Object *parent, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 0);

    if (*path == '/') {
        return resolve_parts(object_get_root(), parts + 1, NULL);
    }
    return resolve_parts(parent, parts, NULL);
}
