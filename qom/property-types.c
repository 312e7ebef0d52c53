/*
 * Typed properties: strings, booleans, enumerations, integer variables.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qom/object.h"

/*
 * The functions behind a property. Descriptions of instance properties are freed with the property;
 * those of classes live as long as the class, for ever.
 */
typedef struct StringProperty {
    char *(*get)(Object *, Error **);
    void (*set)(Object *, const char *, Error **);
} StringProperty;

typedef struct BoolProperty {
    bool (*get)(Object *, Error **);
    void (*set)(Object *, bool, Error **);
} BoolProperty;

typedef struct EnumProperty {
    const QEnumLookup *lookup;
    int (*get)(Object *, Error **);
    void (*set)(Object *, int, Error **);
} EnumProperty;

static void release_opaque(Object *obj, const char *name, void *opaque)
{
    g_free(opaque);
}

/* --- strings --- */

static void str_get(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    ERRP_GUARD();
    StringProperty *p = opaque;
    g_autofree char *value = p->get(obj, errp);

    if (!*errp) {
        qvalue_set_str(v, value);
    }
}

static void str_set(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    StringProperty *p = opaque;
    const char *value;

    if (qvalue_to_str(v, name, &value, errp)) {
        p->set(obj, value, errp);
    }
}

static StringProperty *str_new(char *(*get)(Object *, Error **),
                               void (*set)(Object *, const char *, Error **))
{
    StringProperty *p = g_new(StringProperty, 1);

    *p = (StringProperty){ get, set };
    return p;
}

ObjectProperty *object_property_add_str(Object *obj, const char *name,
                                        char *(*get)(Object *, Error **),
                                        void (*set)(Object *, const char *, Error **))
{
    return object_property_add(obj, name, "string", get ? str_get : NULL, set ? str_set : NULL,
                               release_opaque, str_new(get, set));
}

ObjectProperty *object_class_property_add_str(ObjectClass *klass, const char *name,
                                              char *(*get)(Object *, Error **),
                                              void (*set)(Object *, const char *, Error **))
{
    return object_class_property_add(klass, name, "string", get ? str_get : NULL,
                                     set ? str_set : NULL, NULL, str_new(get, set));
}

/* --- booleans --- */

static void bool_get(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    ERRP_GUARD();
    BoolProperty *p = opaque;
    bool value = p->get(obj, errp);

    if (!*errp) {
        qvalue_set_bool(v, value);
    }
}

static void bool_set(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    BoolProperty *p = opaque;
    bool value;

    if (qvalue_to_bool(v, name, &value, errp)) {
        p->set(obj, value, errp);
    }
}

static BoolProperty *bool_new(bool (*get)(Object *, Error **),
                              void (*set)(Object *, bool, Error **))
{
    BoolProperty *p = g_new(BoolProperty, 1);

    *p = (BoolProperty){ get, set };
    return p;
}

ObjectProperty *object_property_add_bool(Object *obj, const char *name,
                                         bool (*get)(Object *, Error **),
                                         void (*set)(Object *, bool, Error **))
{
    return object_property_add(obj, name, "bool", get ? bool_get : NULL, set ? bool_set : NULL,
                               release_opaque, bool_new(get, set));
}

ObjectProperty *object_class_property_add_bool(ObjectClass *klass, const char *name,
                                               bool (*get)(Object *, Error **),
                                               void (*set)(Object *, bool, Error **))
{
    return object_class_property_add(klass, name, "bool", get ? bool_get : NULL,
                                     set ? bool_set : NULL, NULL, bool_new(get, set));
}

/* --- enumerations --- */

int qapi_enum_parse(const QEnumLookup *lookup, const char *buf, int def, Error **errp)
{
    if (!buf) {
        return def;
    }
    for (int i = 0; i < lookup->size; i++) {
        if (!strcmp(buf, lookup->array[i])) {
            return i;
        }
    }
    error_setg(errp, "invalid parameter value: %s", buf);
    return def;
}

const char *qapi_enum_lookup(const QEnumLookup *lookup, int val)
{
    assert(val >= 0 && val < lookup->size && "not a value of the enumeration");
    return lookup->array[val];
}

static void enum_get(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    ERRP_GUARD();
    EnumProperty *p = opaque;
    int value = p->get(obj, errp);

    if (!*errp) {
        qvalue_set_str(v, qapi_enum_lookup(p->lookup, value));
    }
}

static void enum_set(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    EnumProperty *p = opaque;
    const char *text;
    int value;

    if (!qvalue_to_str(v, name, &text, errp)) {
        return;
    }
    value = qapi_enum_parse(p->lookup, text, -1, NULL);
    if (value < 0) {
        error_setg(errp, "Parameter '%s' does not accept value '%s'", name, text);
        return;
    }
    p->set(obj, value, errp);
}

static EnumProperty *enum_new(const QEnumLookup *lookup, int (*get)(Object *, Error **),
                              void (*set)(Object *, int, Error **))
{
    EnumProperty *p = g_new(EnumProperty, 1);

    *p = (EnumProperty){ lookup, get, set };
    return p;
}

ObjectProperty *object_property_add_enum(Object *obj, const char *name, const char *type_name,
                                         const QEnumLookup *lookup, int (*get)(Object *, Error **),
                                         void (*set)(Object *, int, Error **))
{
    return object_property_add(obj, name, type_name, get ? enum_get : NULL, set ? enum_set : NULL,
                               release_opaque, enum_new(lookup, get, set));
}

ObjectProperty *object_class_property_add_enum(ObjectClass *klass, const char *name,
                                               const char *type_name, const QEnumLookup *lookup,
                                               int (*get)(Object *, Error **),
                                               void (*set)(Object *, int, Error **))
{
    return object_class_property_add(klass, name, type_name, get ? enum_get : NULL,
                                     set ? enum_set : NULL, NULL, enum_new(lookup, get, set));
}

int object_property_get_enum(Object *obj, const char *name, const char *type_name, Error **errp)
{
    g_autofree char *text = NULL;
    ObjectProperty *prop = object_property_find_err(obj, name, errp);
    EnumProperty *p;

    if (!prop) {
        return -1;
    }
    if (strcmp(prop->type, type_name) || prop->get != enum_get) {
        error_setg(errp, "Property %s on %s is not '%s' enum type", name,
                   object_get_typename(obj), type_name);
        return -1;
    }
    p = prop->opaque;
    text = object_property_get_str(obj, name, errp);
    return text ? qapi_enum_parse(p->lookup, text, -1, errp) : -1;
}

/* --- integer variables --- */

#define DEFINE_UINT_PTR(bits)                                                                      \
    static void uint##bits##_get(Object *obj, QValue *v, const char *name, void *opaque,           \
                                 Error **errp)                                                     \
    {                                                                                              \
        qvalue_set_uint(v, *(uint##bits##_t *)opaque);                                             \
    }                                                                                              \
    static void uint##bits##_set(Object *obj, QValue *v, const char *name, void *opaque,           \
                                 Error **errp)                                                     \
    {                                                                                              \
        uint64_t value;                                                                            \
                                                                                                   \
        if (qvalue_to_uint(v, name, UINT##bits##_MAX, &value, errp)) {                             \
            *(uint##bits##_t *)opaque = (uint##bits##_t)value;                                     \
        }                                                                                          \
    }                                                                                              \
    ObjectProperty *object_property_add_uint##bits##_ptr(                                          \
        Object *obj, const char *name, const uint##bits##_t *v, ObjectPropertyFlags flags)         \
    {                                                                                              \
        return object_property_add(                                                                \
            obj, name, "uint" #bits, flags & OBJ_PROP_FLAG_READ ? uint##bits##_get : NULL,         \
            flags & OBJ_PROP_FLAG_WRITE ? uint##bits##_set : NULL, NULL, (void *)v);               \
    }                                                                                              \
    ObjectProperty *object_class_property_add_uint##bits##_ptr(                                    \
        ObjectClass *klass, const char *name, const uint##bits##_t *v, ObjectPropertyFlags flags)  \
    {                                                                                              \
        return object_class_property_add(                                                          \
            klass, name, "uint" #bits, flags & OBJ_PROP_FLAG_READ ? uint##bits##_get : NULL,       \
            flags & OBJ_PROP_FLAG_WRITE ? uint##bits##_set : NULL, NULL, (void *)v);               \
    }

DEFINE_UINT_PTR(8)
DEFINE_UINT_PTR(16)
DEFINE_UINT_PTR(32)
DEFINE_UINT_PTR(64)
