/*
 * Typed properties: strings, booleans, enumerations, integer variables.
 *
 * All of them are one pair of accessors over a note of what the property's value is and who knows
 * it. The note of an object's property goes with the property; that of a class stays for ever.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "object-internal.h"

typedef char *StringGetter(Object *obj, Error **errp);
typedef void StringSetter(Object *obj, const char *value, Error **errp);
typedef bool BoolGetter(Object *obj, Error **errp);
typedef void BoolSetter(Object *obj, bool value, Error **errp);
typedef int EnumGetter(Object *obj, Error **errp);
typedef void EnumSetter(Object *obj, int value, Error **errp);

typedef struct TypedValue {
    enum { OF_STRING, OF_BOOL, OF_ENUM, OF_VARIABLE } kind;
    union {
        StringGetter *string;
        BoolGetter *flag;
        EnumGetter *number;
    } get;
    union {
        StringSetter *string;
        BoolSetter *flag;
        EnumSetter *number;
    } set;
    const QEnumLookup *names;
    void *variable;
    size_t size; /* of the variable, bytes */
} TypedValue;

/* --- variables of any width --- */

static uint64_t load(const TypedValue *p)
{
    switch (p->size) {
    case 1:
        return *(const uint8_t *)p->variable;
    case 2:
        return *(const uint16_t *)p->variable;
    case 4:
        return *(const uint32_t *)p->variable;
    default:
        return *(const uint64_t *)p->variable;
    }
}

static void store(const TypedValue *p, uint64_t value)
{
    switch (p->size) {
    case 1:
        *(uint8_t *)p->variable = value;
        break;
    case 2:
        *(uint16_t *)p->variable = value;
        break;
    case 4:
        *(uint32_t *)p->variable = value;
        break;
    default:
        *(uint64_t *)p->variable = value;
    }
}

/* --- names of numbers --- */

static int number_of(const QEnumLookup *lookup, const char *text)
{
    int i = 0;

    while (i < lookup->size && strcmp(text, lookup->array[i])) {
        i++;
    }
    return i < lookup->size ? i : -1;
}

int qapi_enum_parse(const QEnumLookup *lookup, const char *buf, int def, Error **errp)
{
    int number = buf ? number_of(lookup, buf) : def;

    if (buf && number < 0) {
        error_setg(errp, "invalid parameter value: %s", buf);
        number = def;
    }
    return number;
}

const char *qapi_enum_lookup(const QEnumLookup *lookup, int val)
{
    assert(val >= 0 && val < lookup->size && "not a value of the enumeration");
    return lookup->array[val];
}

#define ENUM_LISTED 8 /* values; a message with more of them hides what it says */

static void refuse_enum(const char *name, const char *text, const QEnumLookup *lookup, Error **errp)
{
    g_autoptr(GString) expected = g_string_new(NULL);

    for (int i = 0; i < lookup->size && lookup->size <= ENUM_LISTED; i++) {
        const char *between = i + 1 < lookup->size ? ", " : " or ";

        g_string_append_printf(expected, "%s%s", i ? between : ": expected ", lookup->array[i]);
    }
    error_setg(errp, "Parameter '%s' does not accept value '%s'%s", name, text, expected->str);
}

bool qvalue_to_enum(const QValue *v, const char *name, const QEnumLookup *lookup, int *out,
                    Error **errp)
{
    const char *text;
    int number;

    if (!qvalue_to_str(v, name, &text, errp)) {
        return false;
    }
    number = number_of(lookup, text);
    if (number < 0) {
        refuse_enum(name, text, lookup, errp);
        return false;
    }
    *out = number;
    return true;
}

/* --- the accessors --- */

static void get_typed(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    ERRP_GUARD();
    const TypedValue *p = opaque;
    g_autofree char *text = NULL;
    int number;

    switch (p->kind) {
    case OF_STRING:
        text = p->get.string(obj, errp);
        qvalue_set_str(v, text);
        break;
    case OF_BOOL:
        qvalue_set_bool(v, p->get.flag(obj, errp));
        break;
    case OF_ENUM:
        number = p->get.number(obj, errp);
        if (!*errp) {
            qvalue_set_str(v, qapi_enum_lookup(p->names, number));
        }
        break;
    case OF_VARIABLE:
        qvalue_set_uint(v, load(p));
    }
}

static void set_typed(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const TypedValue *p = opaque;
    const char *text;
    uint64_t value;
    int number;
    bool flag;

    switch (p->kind) {
    case OF_STRING:
        if (qvalue_to_str(v, name, &text, errp)) {
            p->set.string(obj, text, errp);
        }
        break;
    case OF_BOOL:
        if (qvalue_to_bool(v, name, &flag, errp)) {
            p->set.flag(obj, flag, errp);
        }
        break;
    case OF_ENUM:
        if (qvalue_to_enum(v, name, p->names, &number, errp)) {
            p->set.number(obj, number, errp);
        }
        break;
    case OF_VARIABLE:
        if (qvalue_to_uint(v, name, UINT64_MAX >> (64 - 8 * p->size), &value, errp)) {
            store(p, value);
        }
    }
}

int object_property_get_enum(Object *obj, const char *name, const char *type_name, Error **errp)
{
    ObjectProperty *prop = object_property_find_err(obj, name, errp);
    const TypedValue *p = prop && prop->get == get_typed ? prop->opaque : NULL;
    Error *failure = NULL;
    int number = -1;

    if (p && p->kind == OF_ENUM && !strcmp(prop->type, type_name)) {
        number = p->get.number(obj, &failure);
    } else if (prop) {
        error_setg(&failure, "Property %s on %s is not '%s' enum type", name,
                   object_get_typename(obj), type_name);
    }
    if (failure) {
        error_propagate(errp, failure);
        return -1;
    }
    return number;
}

/* --- adding them --- */

static void free_note(Object *obj, const char *name, void *opaque)
{
    g_free(opaque);
}

static ObjectProperty *add_typed(PropertyHome home, const char *name, const char *type,
                                 TypedValue value, bool readable, bool writable)
{
    PropertyDef def = {
        .name = name,
        .type = type,
        .get = readable ? get_typed : NULL,
        .set = writable ? set_typed : NULL,
        .release = home.obj ? free_note : NULL,
        .opaque = g_memdup2(&value, sizeof(value)),
    };

    return property_install(home, &def, &error_abort);
}

static ObjectProperty *add_str(PropertyHome home, const char *name, StringGetter *get,
                               StringSetter *set)
{
    TypedValue value = { OF_STRING, .get.string = get, .set.string = set };

    return add_typed(home, name, "string", value, get, set);
}

ObjectProperty *object_property_add_str(Object *obj, const char *name, StringGetter *get,
                                        StringSetter *set)
{
    return add_str(home_object(obj), name, get, set);
}

ObjectProperty *object_class_property_add_str(ObjectClass *klass, const char *name,
                                              StringGetter *get, StringSetter *set)
{
    return add_str(home_class(klass), name, get, set);
}

static ObjectProperty *add_bool(PropertyHome home, const char *name, BoolGetter *get,
                                BoolSetter *set)
{
    TypedValue value = { OF_BOOL, .get.flag = get, .set.flag = set };

    return add_typed(home, name, "bool", value, get, set);
}

ObjectProperty *object_property_add_bool(Object *obj, const char *name, BoolGetter *get,
                                         BoolSetter *set)
{
    return add_bool(home_object(obj), name, get, set);
}

ObjectProperty *object_class_property_add_bool(ObjectClass *klass, const char *name,
                                               BoolGetter *get, BoolSetter *set)
{
    return add_bool(home_class(klass), name, get, set);
}

static ObjectProperty *add_enum(PropertyHome home, const char *name, const char *type,
                                const QEnumLookup *names, EnumGetter *get, EnumSetter *set)
{
    TypedValue value = { OF_ENUM, .get.number = get, .set.number = set, .names = names };

    return add_typed(home, name, type, value, get, set);
}

ObjectProperty *object_property_add_enum(Object *obj, const char *name, const char *type_name,
                                         const QEnumLookup *lookup, EnumGetter *get,
                                         EnumSetter *set)
{
    return add_enum(home_object(obj), name, type_name, lookup, get, set);
}

ObjectProperty *object_class_property_add_enum(ObjectClass *klass, const char *name,
                                               const char *type_name, const QEnumLookup *lookup,
                                               EnumGetter *get, EnumSetter *set)
{
    return add_enum(home_class(klass), name, type_name, lookup, get, set);
}

static ObjectProperty *add_variable(PropertyHome home, const char *name, const void *variable,
                                    size_t size, ObjectPropertyFlags flags)
{
    TypedValue value = { OF_VARIABLE, .variable = (void *)variable, .size = size };
    g_autofree char *type = g_strdup_printf("uint%zu", 8 * size);

    return add_typed(home, name, type, value, flags & OBJ_PROP_FLAG_READ,
                     flags & OBJ_PROP_FLAG_WRITE);
}

ObjectProperty *object_property_add_variable(Object *obj, const char *name, const void *variable,
                                             size_t size, ObjectPropertyFlags flags)
{
    return add_variable(home_object(obj), name, variable, size, flags);
}

ObjectProperty *object_class_property_add_variable(ObjectClass *klass, const char *name,
                                                   const void *variable, size_t size,
                                                   ObjectPropertyFlags flags)
{
    return add_variable(home_class(klass), name, variable, size, flags);
}
