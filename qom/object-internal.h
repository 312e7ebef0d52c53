/*
 * Between types, objects and properties.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QOM_OBJECT_INTERNAL_H
#define QOM_OBJECT_INTERNAL_H

#include "qom/object.h"

struct TypeImpl {
    TypeInfo info; /* strings and tables belong to who registered */
    Type parent;   /* valid once parent_known */
    bool parent_known;
    ObjectClass *class; /* NULL until initialized */
    size_t class_size;
    size_t instance_size;
    size_t instance_align;
};

/* NULL if there is none. */
Type type_get_by_name(const char *name);
/* Ends the program: a type that is needed (as what_for of `whose`, NULL: by itself) isn't there. */
G_NORETURN_ATTR void type_missing(const char *name, const char *what_for, const char *whose);
/* type_missing() if there is none. */
Type type_must_exist(const char *name);
/* NULL for a root. type_missing() if the parent isn't registered. */
Type type_get_parent(Type type);
void type_initialize(Type type);
/* Whether type inherits from or implements target. */
bool type_is_a(Type type, Type target);

/* To whom a property belongs: an object, or a class and so all its objects. */
typedef struct PropertyHome {
    Object *obj;
    ObjectClass *klass; /* where obj is NULL */
} PropertyHome;

static inline PropertyHome home_object(Object *obj)
{
    return (PropertyHome){ .obj = obj };
}

static inline PropertyHome home_class(ObjectClass *klass)
{
    return (PropertyHome){ .klass = klass };
}

/* What a property is made from; the strings are copied. See ObjectProperty. */
typedef struct PropertyDef {
    const char *name; /* may end with "[*]" */
    const char *type;
    ObjectPropertyAccessor *get;
    ObjectPropertyAccessor *set;
    ObjectPropertyResolve *resolve;
    ObjectPropertyRelease *release;
    void *opaque;
} PropertyDef;

/* NULL and *errp if the name is taken. */
ObjectProperty *property_install(PropertyHome home, const PropertyDef *def, Error **errp);

/* Applies the defaults of class properties to a new object. */
void object_class_property_init_all(Object *obj);
/* Releases all of the object's own properties, children included. */
void object_property_del_all(Object *obj);

#endif
