/*
 * Properties of objects and classes.
 *
 * A property lives in the table of its home: one object, or a class and so all of that class's
 * objects. Tables are made when they get their first property.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "object-internal.h"

/* --- tables --- */

static void free_property(gpointer data)
{
    ObjectProperty *prop = data;

    qvalue_clear(&prop->defval);
    g_free(prop->description);
    g_free(prop->type);
    g_free(prop->name);
    g_free(prop);
}

static ObjectProperty *look_up(GHashTable *table, const char *name)
{
    return table ? g_hash_table_lookup(table, name) : NULL;
}

/* Has the class, or one above it, such a property? */
ObjectProperty *object_class_property_find(ObjectClass *klass, const char *name)
{
    ObjectProperty *prop = look_up(klass->properties, name);

    while (!prop && (klass = object_class_get_parent(klass)) != NULL) {
        prop = look_up(klass->properties, name);
    }
    return prop;
}

ObjectProperty *object_property_find(Object *obj, const char *name)
{
    ObjectProperty *prop = object_class_property_find(obj->class, name);

    return prop ? prop : look_up(obj->properties, name);
}

static ObjectProperty *or_not_found(ObjectProperty *prop, const char *owner, const char *name,
                                    Error **errp)
{
    if (!prop) {
        error_setg(errp, "Property '%s.%s' not found", owner, name);
    }
    return prop;
}

ObjectProperty *object_property_find_err(Object *obj, const char *name, Error **errp)
{
    return or_not_found(object_property_find(obj, name), object_get_typename(obj), name, errp);
}

ObjectProperty *object_class_property_find_err(ObjectClass *klass, const char *name, Error **errp)
{
    return or_not_found(object_class_property_find(klass, name), "", name, errp);
}

/* --- coming and going --- */

static ObjectProperty *find_at(PropertyHome home, const char *name)
{
    return home.obj ? object_property_find(home.obj, name)
                    : object_class_property_find(home.klass, name);
}

/* "name", or for "name[*]" the first of "name[0]", "name[1]", … that is free. Newly allocated. */
static char *choose_name(PropertyHome home, const char *pattern)
{
    GString *name = g_string_new(pattern);

    if (g_str_has_suffix(pattern, "[*]")) {
        int stem = (int)name->len - 3;
        unsigned index = 0;

        do {
            g_string_printf(name, "%.*s[%u]", stem, pattern, index++);
        } while (find_at(home, name->str));
    }
    return g_string_free(name, FALSE);
}

ObjectProperty *property_install(PropertyHome home, const PropertyDef *def, Error **errp)
{
    static unsigned age;
    GHashTable **table = home.obj ? &home.obj->properties : &home.klass->properties;
    g_autofree char *name = choose_name(home, def->name);
    ObjectProperty *prop;

    if (find_at(home, name)) {
        error_setg(errp, "attempt to add duplicate property '%s' to %s (type '%s')", name,
                   home.obj ? "object" : "class",
                   home.obj ? object_get_typename(home.obj) : object_class_get_name(home.klass));
        return NULL;
    }
    prop = g_new0(ObjectProperty, 1);
    prop->name = g_steal_pointer(&name);
    prop->type = g_strdup(def->type);
    prop->get = def->get;
    prop->set = def->set;
    prop->resolve = def->resolve;
    prop->release = def->release;
    prop->opaque = def->opaque;
    prop->order = age++;
    if (!*table) {
        *table = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_property);
    }
    g_hash_table_insert(*table, prop->name, prop);
    return prop;
}

ObjectProperty *object_property_try_add(Object *obj, const char *name, const char *type,
                                        ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                        ObjectPropertyRelease *release, void *opaque, Error **errp)
{
    PropertyDef def = { name, type, get, set, .release = release, .opaque = opaque };

    return property_install(home_object(obj), &def, errp);
}

ObjectProperty *object_property_add(Object *obj, const char *name, const char *type,
                                    ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                    ObjectPropertyRelease *release, void *opaque)
{
    PropertyDef def = { name, type, get, set, .release = release, .opaque = opaque };

    return property_install(home_object(obj), &def, &error_abort);
}

ObjectProperty *object_class_property_add(ObjectClass *klass, const char *name, const char *type,
                                          ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                          ObjectPropertyRelease *release, void *opaque)
{
    PropertyDef def = { name, type, get, set, .release = release, .opaque = opaque };

    return property_install(home_class(klass), &def, &error_abort);
}

static void say_release(Object *obj, ObjectProperty *prop)
{
    if (prop->release) {
        prop->release(obj, prop->name, prop->opaque);
    }
}

void object_property_del(Object *obj, const char *name)
{
    ObjectProperty *prop = look_up(obj->properties, name);

    if (prop) {
        /* Out of the table first: the release may come back here, or free `name`. */
        g_hash_table_steal(obj->properties, name);
        say_release(obj, prop);
        free_property(prop);
    }
}

static void for_class_properties(Object *obj, void (*fn)(Object *obj, ObjectProperty *prop))
{
    for (ObjectClass *klass = obj->class; klass; klass = object_class_get_parent(klass)) {
        GHashTableIter iter;
        gpointer prop;

        if (klass->properties) {
            g_hash_table_iter_init(&iter, klass->properties);
            while (g_hash_table_iter_next(&iter, NULL, &prop)) {
                fn(obj, prop);
            }
        }
    }
}

static const char *any_name(GHashTable *table)
{
    GHashTableIter iter;
    gpointer name = NULL;

    if (table) {
        g_hash_table_iter_init(&iter, table);
        g_hash_table_iter_next(&iter, &name, NULL);
    }
    return name;
}

void object_property_del_all(Object *obj)
{
    const char *name;

    /* A release may delete other properties, so there is no walking over the table. */
    while ((name = any_name(obj->properties)) != NULL) {
        object_property_del(obj, name);
    }
    g_clear_pointer(&obj->properties, g_hash_table_unref);
    for_class_properties(obj, say_release);
}

/* --- one after the other --- */

static gint by_age(gconstpointer a, gconstpointer b)
{
    unsigned age_a = ((const ObjectProperty *)a)->order, age_b = ((const ObjectProperty *)b)->order;

    return (age_a > age_b) - (age_a < age_b);
}

static void append_table(GPtrArray *all, GHashTable *table)
{
    GList *list = table ? g_list_sort(g_hash_table_get_values(table), by_age) : NULL;

    for (GList *l = list; l; l = l->next) {
        g_ptr_array_add(all, l->data);
    }
    g_list_free(list);
}

static void gather(ObjectPropertyIterator *iter, GHashTable *own, ObjectClass *klass)
{
    iter->all = g_ptr_array_new();
    iter->next = 0;
    append_table(iter->all, own);
    for (; klass; klass = object_class_get_parent(klass)) {
        append_table(iter->all, klass->properties);
    }
}

void object_property_iter_init(ObjectPropertyIterator *iter, Object *obj)
{
    gather(iter, obj->properties, obj->class);
}

void object_class_property_iter_init(ObjectPropertyIterator *iter, ObjectClass *klass)
{
    gather(iter, NULL, klass);
}

ObjectProperty *object_property_iter_next(ObjectPropertyIterator *iter)
{
    if (iter->all && iter->next < iter->all->len) {
        return g_ptr_array_index(iter->all, iter->next++);
    }
    object_property_iter_end(iter);
    return NULL;
}

void object_property_iter_end(ObjectPropertyIterator *iter)
{
    g_clear_pointer(&iter->all, g_ptr_array_unref);
}

/* --- values --- */

/* Lets v pass through the property's accessor for that direction. */
static bool access_value(Object *obj, const char *name, QValue *v, bool write, Error **errp)
{
    ERRP_GUARD();
    ObjectProperty *prop = object_property_find_err(obj, name, errp);
    ObjectPropertyAccessor *accessor = !prop ? NULL : write ? prop->set : prop->get;

    if (accessor) {
        accessor(obj, v, name, prop->opaque, errp);
    } else if (prop) {
        error_setg(errp, "Property '%s.%s' is not %s", object_get_typename(obj), name,
                   write ? "writable" : "readable");
    }
    return !*errp;
}

bool object_property_get(Object *obj, const char *name, QValue *v, Error **errp)
{
    qvalue_clear(v);
    return access_value(obj, name, v, false, errp);
}

bool object_property_set(Object *obj, const char *name, QValue *v, Error **errp)
{
    return access_value(obj, name, v, true, errp);
}

/* For each C type: object_property_set_X() and object_property_set_default_X(). */
#define DEFINE_SETTERS(word, ctype)                                                                \
    bool object_property_set_##word(Object *obj, const char *name, ctype value, Error **errp)      \
    {                                                                                              \
        g_auto(QValue) v = QVALUE_INIT;                                                            \
                                                                                                   \
        qvalue_set_##word(&v, value);                                                              \
        return access_value(obj, name, &v, true, errp);                                            \
    }                                                                                              \
    void object_property_set_default_##word(ObjectProperty *prop, ctype value)                     \
    {                                                                                              \
        assert(prop->set && "a default needs a setter");                                           \
        assert(prop->defval.kind == QVALUE_NONE && "a default is given once");                     \
        qvalue_set_##word(&prop->defval, value);                                                   \
    }

DEFINE_SETTERS(str, const char *)
DEFINE_SETTERS(bool, bool)
DEFINE_SETTERS(int, int64_t)
DEFINE_SETTERS(uint, uint64_t)

/* object_property_get_X(): `missing` if there is no such value; the rest are its limits. */
#define DEFINE_GETTER(word, ctype, missing, ...)                                                   \
    ctype object_property_get_##word(Object *obj, const char *name, Error **errp)                  \
    {                                                                                              \
        g_auto(QValue) v = QVALUE_INIT;                                                            \
        ctype value = (missing);                                                                   \
                                                                                                   \
        return access_value(obj, name, &v, false, errp) &&                                         \
                       qvalue_to_##word(&v, name, ##__VA_ARGS__, &value, errp)                     \
                   ? value                                                                         \
                   : (missing);                                                                    \
    }

DEFINE_GETTER(bool, bool, false)
DEFINE_GETTER(int, int64_t, -1, INT64_MIN, INT64_MAX)
DEFINE_GETTER(uint, uint64_t, 0, UINT64_MAX)

char *object_property_get_str(Object *obj, const char *name, Error **errp)
{
    g_auto(QValue) v = QVALUE_INIT;
    const char *inside;
    bool ok = access_value(obj, name, &v, false, errp) && qvalue_to_str(&v, name, &inside, errp);

    return ok ? g_strdup(inside) : NULL;
}

bool object_property_parse(Object *obj, const char *name, const char *string, Error **errp)
{
    return object_property_set_str(obj, name, string, errp);
}

char *object_property_print(Object *obj, const char *name, bool human, Error **errp)
{
    g_auto(QValue) v = QVALUE_INIT;

    return access_value(obj, name, &v, false, errp) ? qvalue_print(&v, human) : NULL;
}

static void set_to_default(Object *obj, ObjectProperty *prop)
{
    g_auto(QValue) v = QVALUE_INIT;

    if (prop->defval.kind != QVALUE_NONE) {
        qvalue_copy(&v, &prop->defval);
        prop->set(obj, &v, prop->name, prop->opaque, &error_abort);
    }
}

void object_class_property_init_all(Object *obj)
{
    for_class_properties(obj, set_to_default);
}

/* --- what is said about them --- */

const char *object_property_get_type(Object *obj, const char *name, Error **errp)
{
    ObjectProperty *prop = object_property_find_err(obj, name, errp);

    return prop ? prop->type : NULL;
}

static void describe(PropertyHome home, const char *name, const char *description)
{
    ObjectProperty *prop = find_at(home, name);
    char *copy = g_strdup(description);

    assert(prop && "no such property");
    g_free(prop->description);
    prop->description = copy;
}

void object_property_set_description(Object *obj, const char *name, const char *description)
{
    describe(home_object(obj), name, description);
}

void object_class_property_set_description(ObjectClass *klass, const char *name,
                                           const char *description)
{
    describe(home_class(klass), name, description);
}
