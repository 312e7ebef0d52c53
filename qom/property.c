/*
 * Properties of objects and classes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "object-internal.h"

static unsigned next_order;

void object_property_free(gpointer data)
{
    ObjectProperty *prop = data;

    g_free(prop->name);
    g_free(prop->type);
    g_free(prop->description);
    qvalue_clear(&prop->defval);
    g_free(prop);
}

static ObjectProperty *property_new(const char *name, const char *type,
                                    ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                    ObjectPropertyRelease *release, void *opaque)
{
    ObjectProperty *prop = g_new0(ObjectProperty, 1);

    prop->name = g_strdup(name);
    prop->type = g_strdup(type);
    prop->get = get;
    prop->set = set;
    prop->release = release;
    prop->opaque = opaque;
    prop->order = next_order++;
    return prop;
}

/* "name[*]" -> "name[7]"; newly allocated. */
static char *first_free_name(Object *obj, const char *name, size_t base_len)
{
    for (unsigned i = 0;; i++) {
        char *full = g_strdup_printf("%.*s[%u]", (int)base_len, name, i);

        if (!object_property_find(obj, full)) {
            return full;
        }
        g_free(full);
    }
}

ObjectProperty *object_property_try_add(Object *obj, const char *name, const char *type,
                                        ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                        ObjectPropertyRelease *release, void *opaque, Error **errp)
{
    g_autofree char *full = NULL;
    ObjectProperty *prop;

    if (g_str_has_suffix(name, "[*]")) {
        full = first_free_name(obj, name, strlen(name) - 3);
        name = full;
    }
    if (object_property_find(obj, name)) {
        error_setg(errp, "attempt to add duplicate property '%s' to object (type '%s')", name,
                   object_get_typename(obj));
        return NULL;
    }
    prop = property_new(name, type, get, set, release, opaque);
    if (!obj->properties) {
        obj->properties =
            g_hash_table_new_full(g_str_hash, g_str_equal, NULL, object_property_free);
    }
    g_hash_table_insert(obj->properties, prop->name, prop);
    return prop;
}

ObjectProperty *object_property_add(Object *obj, const char *name, const char *type,
                                    ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                    ObjectPropertyRelease *release, void *opaque)
{
    return object_property_try_add(obj, name, type, get, set, release, opaque, &error_abort);
}

ObjectProperty *object_class_property_add(ObjectClass *klass, const char *name, const char *type,
                                          ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                          ObjectPropertyRelease *release, void *opaque)
{
    ObjectProperty *prop;

    assert(!object_class_property_find(klass, name) && "the class has that property");
    prop = property_new(name, type, get, set, release, opaque);
    g_hash_table_insert(klass->properties, prop->name, prop);
    return prop;
}

void object_property_del(Object *obj, const char *name)
{
    ObjectProperty *prop =
        obj->properties ? g_hash_table_lookup(obj->properties, name) : NULL;

    if (!prop) {
        return;
    }
    /* Out of the table first: release may come back here, or free `name`. */
    g_hash_table_steal(obj->properties, name);
    if (prop->release) {
        prop->release(obj, prop->name, prop->opaque);
    }
    object_property_free(prop);
}

void object_property_del_all(Object *obj)
{
    GHashTableIter iter;
    gpointer key;

    /* A release may delete other properties: start afresh after each. */
    while (obj->properties && g_hash_table_size(obj->properties)) {
        g_hash_table_iter_init(&iter, obj->properties);
        if (g_hash_table_iter_next(&iter, &key, NULL)) {
            object_property_del(obj, key);
        }
    }
    g_clear_pointer(&obj->properties, g_hash_table_unref);
    for (ObjectClass *klass = obj->class; klass; klass = object_class_get_parent(klass)) {
        g_hash_table_iter_init(&iter, klass->properties);
        while (g_hash_table_iter_next(&iter, NULL, &key)) {
            ObjectProperty *prop = key;

            if (prop->release) {
                prop->release(obj, prop->name, prop->opaque);
            }
        }
    }
}

/* --- finding --- */

ObjectProperty *object_class_property_find(ObjectClass *klass, const char *name)
{
    for (; klass; klass = object_class_get_parent(klass)) {
        ObjectProperty *prop = g_hash_table_lookup(klass->properties, name);

        if (prop) {
            return prop;
        }
    }
    return NULL;
}

ObjectProperty *object_property_find(Object *obj, const char *name)
{
    ObjectProperty *prop = object_class_property_find(obj->class, name);

    if (!prop && obj->properties) {
        prop = g_hash_table_lookup(obj->properties, name);
    }
    return prop;
}

ObjectProperty *object_property_find_err(Object *obj, const char *name, Error **errp)
{
    ObjectProperty *prop = object_property_find(obj, name);

    if (!prop) {
        error_setg(errp, "Property '%s.%s' not found", object_get_typename(obj), name);
    }
    return prop;
}

ObjectProperty *object_class_property_find_err(ObjectClass *klass, const char *name, Error **errp)
{
    ObjectProperty *prop = object_class_property_find(klass, name);

    if (!prop) {
        error_setg(errp, "Property '.%s' not found", name);
    }
    return prop;
}

static gint compare_order(gconstpointer a, gconstpointer b)
{
    const ObjectProperty *pa = *(ObjectProperty *const *)a;
    const ObjectProperty *pb = *(ObjectProperty *const *)b;

    return pa->order < pb->order ? -1 : pa->order > pb->order;
}

static GPtrArray *sorted_properties(GHashTable *table)
{
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iter;
    gpointer prop;

    if (table) {
        g_hash_table_iter_init(&iter, table);
        while (g_hash_table_iter_next(&iter, NULL, &prop)) {
            g_ptr_array_add(list, prop);
        }
        g_ptr_array_sort(list, compare_order);
    }
    return list;
}

void object_property_iter_init(ObjectPropertyIterator *iter, Object *obj)
{
    iter->list = sorted_properties(obj->properties);
    iter->next = 0;
    iter->nextclass = obj->class;
}

void object_class_property_iter_init(ObjectPropertyIterator *iter, ObjectClass *klass)
{
    iter->list = sorted_properties(klass->properties);
    iter->next = 0;
    iter->nextclass = object_class_get_parent(klass);
}

void object_property_iter_end(ObjectPropertyIterator *iter)
{
    g_clear_pointer(&iter->list, g_ptr_array_unref);
    iter->nextclass = NULL;
}

ObjectProperty *object_property_iter_next(ObjectPropertyIterator *iter)
{
    while (iter->list && iter->next >= iter->list->len) {
        ObjectClass *klass = iter->nextclass;

        object_property_iter_end(iter);
        if (klass) {
            iter->list = sorted_properties(klass->properties);
            iter->next = 0;
            iter->nextclass = object_class_get_parent(klass);
        }
    }
    return iter->list ? g_ptr_array_index(iter->list, iter->next++) : NULL;
}

/* --- access --- */

bool object_property_get(Object *obj, const char *name, QValue *v, Error **errp)
{
    ERRP_GUARD();
    ObjectProperty *prop = object_property_find_err(obj, name, errp);

    if (!prop) {
        return false;
    }
    if (!prop->get) {
        error_setg(errp, "Property '%s.%s' is not readable", object_get_typename(obj), name);
        return false;
    }
    qvalue_clear(v);
    prop->get(obj, v, name, prop->opaque, errp);
    return !*errp;
}

bool object_property_set(Object *obj, const char *name, QValue *v, Error **errp)
{
    ERRP_GUARD();
    ObjectProperty *prop = object_property_find_err(obj, name, errp);

    if (!prop) {
        return false;
    }
    if (!prop->set) {
        error_setg(errp, "Property '%s.%s' is not writable", object_get_typename(obj), name);
        return false;
    }
    prop->set(obj, v, name, prop->opaque, errp);
    return !*errp;
}

bool object_property_set_str(Object *obj, const char *name, const char *value, Error **errp)
{
    g_auto(QValue) v = QVALUE_INIT;

    qvalue_set_str(&v, value);
    return object_property_set(obj, name, &v, errp);
}

bool object_property_set_bool(Object *obj, const char *name, bool value, Error **errp)
{
    QValue v = { .kind = QVALUE_BOOL, .b = value };

    return object_property_set(obj, name, &v, errp);
}

bool object_property_set_int(Object *obj, const char *name, int64_t value, Error **errp)
{
    QValue v = { .kind = QVALUE_INT, .i = value };

    return object_property_set(obj, name, &v, errp);
}

bool object_property_set_uint(Object *obj, const char *name, uint64_t value, Error **errp)
{
    QValue v = { .kind = QVALUE_UINT, .u = value };

    return object_property_set(obj, name, &v, errp);
}

char *object_property_get_str(Object *obj, const char *name, Error **errp)
{
    g_auto(QValue) v = QVALUE_INIT;
    const char *s;

    if (!object_property_get(obj, name, &v, errp) || !qvalue_to_str(&v, name, &s, errp)) {
        return NULL;
    }
    return g_strdup(s);
}

bool object_property_get_bool(Object *obj, const char *name, Error **errp)
{
    g_auto(QValue) v = QVALUE_INIT;
    bool b;

    return object_property_get(obj, name, &v, errp) && qvalue_to_bool(&v, name, &b, errp) && b;
}

int64_t object_property_get_int(Object *obj, const char *name, Error **errp)
{
    g_auto(QValue) v = QVALUE_INIT;
    int64_t i;

    if (!object_property_get(obj, name, &v, errp) ||
        !qvalue_to_int(&v, name, INT64_MIN, INT64_MAX, &i, errp)) {
        return -1;
    }
    return i;
}

uint64_t object_property_get_uint(Object *obj, const char *name, Error **errp)
{
    g_auto(QValue) v = QVALUE_INIT;
    uint64_t u;

    if (!object_property_get(obj, name, &v, errp) ||
        !qvalue_to_uint(&v, name, UINT64_MAX, &u, errp)) {
        return 0;
    }
    return u;
}

bool object_property_set_link(Object *obj, const char *name, Object *value, Error **errp)
{
    g_autofree char *path = value ? object_get_canonical_path(value) : NULL;

    assert((!value || path) && "a link's target must be in the tree");
    return object_property_set_str(obj, name, path, errp);
}

Object *object_property_get_link(Object *obj, const char *name, Error **errp)
{
    g_autofree char *path = object_property_get_str(obj, name, errp);
    Object *target = NULL;

    if (path && *path) {
        target = object_resolve_path(path, NULL);
        if (!target) {
            error_setg(errp, "Device '%s' not found", path);
        }
    }
    return target;
}

bool object_property_parse(Object *obj, const char *name, const char *string, Error **errp)
{
    return object_property_set_str(obj, name, string, errp);
}

char *object_property_print(Object *obj, const char *name, bool human, Error **errp)
{
    g_auto(QValue) v = QVALUE_INIT;

    if (!object_property_get(obj, name, &v, errp)) {
        return NULL;
    }
    return qvalue_print(&v, human);
}

const char *object_property_get_type(Object *obj, const char *name, Error **errp)
{
    ObjectProperty *prop = object_property_find_err(obj, name, errp);

    return prop ? prop->type : NULL;
}

/* --- descriptions and defaults --- */

static void set_description(ObjectProperty *prop, const char *description)
{
    assert(prop && "no such property");
    g_free(prop->description);
    prop->description = g_strdup(description);
}

void object_property_set_description(Object *obj, const char *name, const char *description)
{
    set_description(object_property_find(obj, name), description);
}

void object_class_property_set_description(ObjectClass *klass, const char *name,
                                           const char *description)
{
    set_description(object_class_property_find(klass, name), description);
}

static void apply_default(Object *obj, ObjectProperty *prop)
{
    g_auto(QValue) v = QVALUE_INIT;

    qvalue_copy(&v, &prop->defval);
    prop->set(obj, &v, prop->name, prop->opaque, &error_abort);
}

static void set_default(ObjectProperty *prop)
{
    assert(prop->set && !prop->init && "a default needs a setter and is given once");
    prop->init = apply_default;
}

void object_property_set_default_bool(ObjectProperty *prop, bool value)
{
    qvalue_set_bool(&prop->defval, value);
    set_default(prop);
}

void object_property_set_default_str(ObjectProperty *prop, const char *value)
{
    qvalue_set_str(&prop->defval, value);
    set_default(prop);
}

void object_property_set_default_int(ObjectProperty *prop, int64_t value)
{
    qvalue_set_int(&prop->defval, value);
    set_default(prop);
}

void object_property_set_default_uint(ObjectProperty *prop, uint64_t value)
{
    qvalue_set_uint(&prop->defval, value);
    set_default(prop);
}

void object_class_property_init_all(Object *obj)
{
    for (ObjectClass *klass = obj->class; klass; klass = object_class_get_parent(klass)) {
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, klass->properties);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            ObjectProperty *prop = value;

            if (prop->init) {
                prop->init(obj, prop);
            }
        }
    }
}
