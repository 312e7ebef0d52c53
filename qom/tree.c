/*
 * The object tree: children and paths.
 *
 * An object's children are a list of their own beside the properties that name them, so that
 * walking the tree doesn't look at any other property.
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

/* --- children --- */

static void get_child_path(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    g_autofree char *path = object_get_canonical_path(opaque);

    qvalue_set_str(v, path);
}

static Object *resolve_child(Object *obj, void *opaque, const char *part)
{
    return opaque;
}

static void leave_parent(Object *obj, const char *name, void *opaque)
{
    Object *child = opaque;
    ObjectUnparent *farewell = child->class->unparent;

    if (farewell) {
        farewell(child);
    }
    QTAILQ_REMOVE(&obj->children, child, sibling);
    child->parent = NULL;
    child->child_name = NULL;
    object_unref(child);
}

ObjectProperty *object_property_try_add_child(Object *obj, const char *name, Object *child,
                                              Error **errp)
{
    g_autofree char *type = g_strconcat("child<", object_get_typename(child), ">", NULL);
    PropertyDef def = {
        .name = name,
        .type = type,
        .get = get_child_path,
        .resolve = resolve_child,
        .release = leave_parent,
        .opaque = child,
    };
    ObjectProperty *place;

    assert(!child->parent && "an object has one place in the tree");
    place = property_install(home_object(obj), &def, errp);
    if (place) {
        object_ref(child);
        QTAILQ_INSERT_TAIL(&obj->children, child, sibling);
        child->parent = obj;
        child->child_name = place->name;
    }
    return place;
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

typedef int Visit(Object *child, void *opaque);

/* The function may remove children: they are held, all of a level, while it is called. */
static int visit_children(Object *obj, Visit *fn, void *opaque, bool deep)
{
    g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func(object_unref);
    Object *child;
    int ret = 0;

    QTAILQ_FOREACH(child, &obj->children, sibling) {
        g_ptr_array_add(held, object_ref(child));
    }
    for (guint i = 0; i < held->len && !ret; i++) {
        child = g_ptr_array_index(held, i);
        ret = fn(child, opaque);
        if (deep && !ret && !QTAILQ_EMPTY(&child->children)) {
            ret = visit_children(child, fn, opaque, deep);
        }
    }
    return ret;
}

int object_child_foreach(Object *obj, Visit *fn, void *opaque)
{
    return visit_children(obj, fn, opaque, false);
}

int object_child_foreach_recursive(Object *obj, Visit *fn, void *opaque)
{
    return visit_children(obj, fn, opaque, true);
}

/* --- roots --- */

static Object *make_once(Object **container)
{
    if (!*container) {
        *container = object_new(TYPE_CONTAINER);
    }
    return *container;
}

Object *object_get_root(void)
{
    static Object *visible;

    return make_once(&visible);
}

Object *object_get_internal_root(void)
{
    static Object *hidden;

    return make_once(&hidden);
}

Object *object_get_objects_root(void)
{
    return container_get(object_get_root(), "/objects");
}

/* --- paths --- */

/* The next part that isn't empty; *rest moves behind it. NULL at the end. */
static char *next_part(const char **rest)
{
    size_t len;

    *rest += strspn(*rest, "/");
    len = strcspn(*rest, "/");
    *rest += len;
    return len ? g_strndup(*rest - len, len) : NULL;
}

Object *object_resolve_path_component(Object *parent, const char *part)
{
    ObjectProperty *prop = object_property_find(parent, part);

    return prop && prop->resolve ? prop->resolve(parent, prop->opaque, part) : NULL;
}

/* Where the path leads from `obj`; NULL if it doesn't exist or isn't of that type (NULL: any). */
static Object *follow(Object *obj, const char *path, const char *type_name)
{
    char *part;

    while (obj && (part = next_part(&path)) != NULL) {
        obj = object_resolve_path_component(obj, part);
        g_free(part);
    }
    return type_name ? object_dynamic_cast(obj, type_name) : obj;
}

Object *container_get(Object *root, const char *path)
{
    Object *at = root;
    char *part;

    assert(*path == '/' && "an absolute path");
    while ((part = next_part(&path)) != NULL) {
        Object *below = object_resolve_path_component(at, part);

        if (!below) {
            below = object_new(TYPE_CONTAINER);
            object_property_add_child(at, part, below);
            object_unref(below); /* the tree's reference is enough */
        }
        g_free(part);
        at = below;
    }
    return at;
}

const char *object_get_canonical_path_component(const Object *obj)
{
    return obj->child_name;
}

/* Appends "/a/b"; false if obj isn't below the root. */
static bool append_path(GString *path, const Object *obj)
{
    if (obj == object_get_root()) {
        return true;
    }
    if (!obj->parent || !append_path(path, obj->parent)) {
        return false;
    }
    g_string_append_printf(path, "/%s", obj->child_name);
    return true;
}

char *object_get_canonical_path(const Object *obj)
{
    g_autoptr(GString) path = g_string_new(NULL);

    if (!append_path(path, obj)) {
        return NULL;
    }
    return g_strdup(path->len ? path->str : "/");
}

/* A partial path may begin anywhere. */
typedef struct Search {
    const char *path;
    const char *type_name;
    Object *found;
    bool ambiguous;
} Search;

static int try_from(Object *start, void *opaque)
{
    Search *search = opaque;
    Object *target = follow(start, search->path, search->type_name);

    search->ambiguous = target && search->found && search->found != target;
    search->found = target ? target : search->found;
    return search->ambiguous;
}

Object *object_resolve_path_type(const char *path, const char *type_name, bool *ambiguous)
{
    Object *root = object_get_root();
    Search search = { path, type_name };

    if (*path == '/') {
        search.found = follow(root, path, type_name);
    } else if ((*path || type_name) && !try_from(root, &search)) {
        object_child_foreach_recursive(root, try_from, &search);
    }
    if (ambiguous) {
        *ambiguous = search.ambiguous;
    }
    return search.ambiguous ? NULL : search.found;
}

Object *object_resolve_path(const char *path, bool *ambiguous)
{
    return object_resolve_path_type(path, NULL, ambiguous);
}

Object *object_resolve_path_at(Object *parent, const char *path)
{
    return follow(*path == '/' ? object_get_root() : parent, path, NULL);
}
