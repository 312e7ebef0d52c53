/*
 * Types, objects, properties and the object tree.
 *
 * A type is described by a TypeInfo and registered by name before main() (type_init()). Types
 * inherit from one parent and implement any number of interfaces. The first object or class lookup
 * initializes a class; each object knows its class, its reference count, its parent in the tree and
 * its properties.
 *
 * The tree and properties are protected by the big lock; reference counts are atomic.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QOM_OBJECT_H
#define QOM_OBJECT_H

#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/queue.h"
#include "qemu/source-site.h"
#include "qom/value.h"

#define TYPE_OBJECT    "object"
#define TYPE_INTERFACE "interface"
#define TYPE_CONTAINER "container"

typedef struct InterfaceClass InterfaceClass;
typedef struct InterfaceInfo InterfaceInfo;

/*
 * Getter or setter of a property: fills `value`, which is QVALUE_NONE, or reads it; failure only
 * shows in *errp.
 */
typedef void ObjectPropertyAccessor(Object *obj, QValue *value, const char *name, void *opaque,
                                    Error **errp);
/* The object that a path component stands for, with a new reference if it isn't owned elsewhere. */
typedef Object *ObjectPropertyResolve(Object *obj, void *opaque, const char *part);
typedef void ObjectPropertyRelease(Object *obj, const char *name, void *opaque);
typedef void ObjectUnparent(Object *obj);
typedef void ObjectFree(void *obj);

struct ObjectProperty {
    char *name;
    char *type; /* "bool", "uint32", "str", "link<…>", "child<…>" */
    char *description;
    ObjectPropertyAccessor *get;
    ObjectPropertyAccessor *set;
    ObjectPropertyResolve *resolve;
    ObjectPropertyRelease *release;
    void *opaque;
    QValue defval; /* QVALUE_NONE: no default */
    unsigned order; /* properties are listed in the order they were added */
};

struct ObjectClass {
    Type type;
    GSList *interfaces; /* of InterfaceClass */
    const char *known_casts[4]; /* names of types that casts have found this class to be of */
    unsigned next_known;        /* the one to be forgotten next */
    GHashTable *properties; /* NULL: none of its own */
    ObjectUnparent *unparent; /* called before the object leaves the tree */
};

struct Object {
    ObjectClass *class;
    ObjectFree *free;
    GHashTable *properties;
    uint32_t ref;
    Object *parent;
    const char *child_name; /* its name in the parent, owned by the parent's property */
    QTAILQ_HEAD(, Object) children; /* in the order in which they came */
    QTAILQ_ENTRY(Object) sibling;
};

struct TypeInfo {
    const char *name;
    const char *parent;

    size_t instance_size; /* 0: the parent's */
    size_t instance_align;
    /* Parents first. */
    void (*instance_init)(Object *obj);
    /* After all instance_init, parents first. */
    void (*instance_post_init)(Object *obj);
    /* Children first. */
    void (*instance_finalize)(Object *obj);

    bool abstract;
    size_t class_size; /* 0: the parent's */
    void (*class_init)(ObjectClass *klass, void *data);
    /* Runs for each descendant, before its class_init. */
    void (*class_base_init)(ObjectClass *klass, void *data);
    void *class_data;

    InterfaceInfo *interfaces; /* ends with a NULL type */
};

struct InterfaceInfo {
    const char *type;
};

struct InterfaceClass {
    ObjectClass parent_class;
    ObjectClass *concrete_class; /* the class that implements the interface */
    Type interface_type;
};

#define OBJECT(obj)         ((Object *)(obj))
#define OBJECT_CLASS(class) ((ObjectClass *)(class))

/*
 * Casts that abort with a message, which names `site`, if what they are given isn't of that type.
 * NULL stays NULL. An object seen as one of its interfaces is for calling the interface's functions
 * only.
 */
Object *object_cast(void *obj, const char *type_name, const SourceSite *site);
ObjectClass *object_class_cast(void *klass, const char *type_name, const SourceSite *site);

#define OBJECT_CHECK(type, obj, name) ((type *)object_cast(OBJECT(obj), name, SOURCE_SITE()))
#define INTERFACE_CHECK(interface, obj, name) OBJECT_CHECK(interface, obj, name)
#define OBJECT_CLASS_CHECK(class_type, class, name)                                                \
    ((class_type *)object_class_cast(OBJECT_CLASS(class), name, SOURCE_SITE()))
#define OBJECT_GET_CLASS(class_type, obj, name)                                                    \
    OBJECT_CLASS_CHECK(class_type, object_get_class(OBJECT(obj)), name)
#define INTERFACE_CLASS(k) OBJECT_CLASS_CHECK(InterfaceClass, k, TYPE_INTERFACE)

/* The same as functions, for a type with names of its own: FOO(), FOO_CLASS(), FOO_GET_CLASS(). */
#define QOM_CAST_FUNCTION_(Target, function, from, cast)                                           \
    G_GNUC_UNUSED static inline Target *function(const void *from)                                 \
    {                                                                                              \
        return cast;                                                                               \
    }
#define DECLARE_INSTANCE_CHECKER(Instance, NAME, TYPE)                                             \
    QOM_CAST_FUNCTION_(Instance, NAME, obj, OBJECT_CHECK(Instance, obj, TYPE))
#define DECLARE_CLASS_CHECKERS(Class, NAME, TYPE)                                                  \
    QOM_CAST_FUNCTION_(Class, NAME##_CLASS, klass, OBJECT_CLASS_CHECK(Class, klass, TYPE))         \
    QOM_CAST_FUNCTION_(Class, NAME##_GET_CLASS, obj, OBJECT_GET_CLASS(Class, obj, TYPE))
#define DECLARE_OBJ_CHECKERS(Instance, Class, NAME, TYPE)                                          \
    DECLARE_CLASS_CHECKERS(Class, NAME, TYPE)                                                      \
    DECLARE_INSTANCE_CHECKER(Instance, NAME, TYPE)

/*
 * In a header: typedefs, cast functions and g_autoptr() for TYPE_<NAME>. _SIMPLE_: no class struct
 * of its own.
 */
#define OBJECT_DECLARE_SIMPLE_TYPE(Instance, NAME)                                                 \
    typedef struct Instance Instance;                                                              \
    DECLARE_INSTANCE_CHECKER(Instance, NAME, TYPE_##NAME)                                          \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(Instance, object_unref)
#define OBJECT_DECLARE_TYPE(Instance, Class, NAME)                                                 \
    typedef struct Class Class;                                                                    \
    DECLARE_CLASS_CHECKERS(Class, NAME, TYPE_##NAME)                                               \
    OBJECT_DECLARE_SIMPLE_TYPE(Instance, NAME)

/* In a source file: registers the types of an array of TypeInfo. */
#define DEFINE_TYPES(array)                                                                        \
    static void register_##array(void)                                                             \
    {                                                                                              \
        type_register_static_array(array, ARRAY_SIZE(array));                                      \
    }                                                                                              \
    type_init(register_##array)

/*
 * The same for one type TYPE_<NAME>, a child of TYPE_<PARENT>, for which the file provides
 * functions prefix_init, prefix_finalize and prefix_class_init; the rest are InterfaceInfo, ending
 * with { NULL }.
 */
#define OBJECT_DEFINE_TYPE_EXTENDED(Instance, prefix, NAME, PARENT, is_abstract, ...)              \
    static void prefix##_class_init(ObjectClass *klass, void *data);                               \
    static void prefix##_init(Object *obj);                                                        \
    static void prefix##_finalize(Object *obj);                                                    \
    static const TypeInfo prefix##_types[] = { {                                                   \
        .name = TYPE_##NAME,                                                                       \
        .parent = TYPE_##PARENT,                                                                   \
        .abstract = (is_abstract),                                                                 \
        .class_size = sizeof(Instance##Class),                                                     \
        .class_init = prefix##_class_init,                                                         \
        .instance_size = sizeof(Instance),                                                         \
        .instance_align = _Alignof(Instance),                                                      \
        .instance_init = prefix##_init,                                                            \
        .instance_finalize = prefix##_finalize,                                                    \
        .interfaces = (InterfaceInfo[]){ __VA_ARGS__ },                                            \
    } };                                                                                           \
    DEFINE_TYPES(prefix##_types)
#define OBJECT_DEFINE_TYPE_WITH_INTERFACES(Instance, prefix, NAME, PARENT, ...)                    \
    OBJECT_DEFINE_TYPE_EXTENDED(Instance, prefix, NAME, PARENT, false, __VA_ARGS__)
#define OBJECT_DEFINE_TYPE(Instance, prefix, NAME, PARENT)                                         \
    OBJECT_DEFINE_TYPE_EXTENDED(Instance, prefix, NAME, PARENT, false, { NULL })
#define OBJECT_DEFINE_ABSTRACT_TYPE(Instance, prefix, NAME, PARENT)                                \
    OBJECT_DEFINE_TYPE_EXTENDED(Instance, prefix, NAME, PARENT, true, { NULL })

/* --- types --- */

/* info must stay valid for ever (type_register: is copied). A name registered twice aborts. */
Type type_register_static(const TypeInfo *info);
Type type_register(const TypeInfo *info);
void type_register_static_array(const TypeInfo *infos, int nr_infos);

/* NULL if there is no such type. The class is initialized. */
ObjectClass *object_class_by_name(const char *type_name);
ObjectClass *object_class_get_parent(ObjectClass *klass);
const char *object_class_get_name(ObjectClass *klass);
bool object_class_is_abstract(ObjectClass *klass);
/* NULL if klass is not of that type. */
ObjectClass *object_class_dynamic_cast(ObjectClass *klass, const char *type_name);

/*
 * Calls fn for each class that is an implements_type (NULL: each) and, without include_abstract,
 * not abstract.
 */
void object_class_foreach(void (*fn)(ObjectClass *klass, void *opaque), const char *implements_type,
                          bool include_abstract, void *opaque);
/* The same as a list (of ObjectClass; g_slist_free it), in no particular order or by name. */
GSList *object_class_get_list(const char *implements_type, bool include_abstract);
GSList *object_class_get_list_sorted(const char *implements_type, bool include_abstract);

/* --- objects --- */

/*
 * A new object with one reference. The type must not be abstract; where there is no such type, the
 * program ends with a message that names it.
 */
Object *object_new(const char *type_name);
Object *object_new_with_class(ObjectClass *klass);
/*
 * Creates, sets properties (pairs of const char *, ending with NULL), puts it below parent as id
 * (NULL: nowhere) and completes TYPE_USER_CREATABLE. With a parent the caller has no reference of
 * its own. NULL and *errp on failure.
 */
Object *object_new_with_props(const char *type_name, Object *parent, const char *id, Error **errp,
                              ...) G_GNUC_NULL_TERMINATED;
Object *object_new_with_propv(const char *type_name, Object *parent, const char *id, Error **errp,
                              va_list vargs);
bool object_set_props(Object *obj, Error **errp, ...) G_GNUC_NULL_TERMINATED;

/*
 * An object inside other memory, which the caller owns: finalized, not freed, with its last
 * reference.
 */
void object_initialize(void *data, size_t size, const char *type_name);
/* The same as parent's child `propname`; the parent holds the only reference. */
#define object_initialize_child(parent, propname, child, type)                                     \
    object_initialize_child_internal((parent), (propname), (child), sizeof(*(child)), (type))
void object_initialize_child_internal(Object *parent, const char *propname, void *childobj,
                                      size_t size, const char *type);
bool object_initialize_child_with_props(Object *parent, const char *propname, void *childobj,
                                        size_t size, const char *type, Error **errp, ...)
    G_GNUC_NULL_TERMINATED;

Object *object_ref(void *obj); /* returns obj */
void object_unref(void *obj);  /* NULL is fine */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Object, object_unref)

ObjectClass *object_get_class(Object *obj);
const char *object_get_typename(const Object *obj);
/* NULL if obj isn't of that type. */
Object *object_dynamic_cast(Object *obj, const char *type_name);

/* --- properties --- */

/*
 * Adds a property. A name that ends with "[*]" takes the first free index. `release` runs when the
 * property is deleted or the object dies. _try_add: NULL and *errp if the name is taken; _add
 * aborts.
 */
ObjectProperty *object_property_try_add(Object *obj, const char *name, const char *type,
                                        ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                        ObjectPropertyRelease *release, void *opaque,
                                        Error **errp);
ObjectProperty *object_property_add(Object *obj, const char *name, const char *type,
                                    ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                    ObjectPropertyRelease *release, void *opaque);
void object_property_del(Object *obj, const char *name);
ObjectProperty *object_class_property_add(ObjectClass *klass, const char *name, const char *type,
                                          ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                          ObjectPropertyRelease *release, void *opaque);

/* Defaults of class properties, set when an object is created. */
void object_property_set_default_bool(ObjectProperty *prop, bool value);
void object_property_set_default_str(ObjectProperty *prop, const char *value);
void object_property_set_default_int(ObjectProperty *prop, int64_t value);
void object_property_set_default_uint(ObjectProperty *prop, uint64_t value);

/*
 * The object's own property or its class's; NULL (_err: with "Property 'type.name' not found") if
 * there is none.
 */
ObjectProperty *object_property_find(Object *obj, const char *name);
ObjectProperty *object_property_find_err(Object *obj, const char *name, Error **errp);
ObjectProperty *object_class_property_find(ObjectClass *klass, const char *name);
ObjectProperty *object_class_property_find_err(ObjectClass *klass, const char *name, Error **errp);

/*
 * All properties, the object's own first, then the class's, its parents' … Nothing may be added
 * meanwhile.
 */
typedef struct ObjectPropertyIterator {
    GPtrArray *all; /* freed at the end of the iteration */
    guint next;
} ObjectPropertyIterator;
void object_property_iter_init(ObjectPropertyIterator *iter, Object *obj);
void object_class_property_iter_init(ObjectPropertyIterator *iter, ObjectClass *klass);
/* NULL at the end; must be called until then, or object_property_iter_end(). */
ObjectProperty *object_property_iter_next(ObjectPropertyIterator *iter);
void object_property_iter_end(ObjectPropertyIterator *iter);

/* Set and get: false (or a zero value) and *errp on failure. _get_str: newly allocated. */
bool object_property_get(Object *obj, const char *name, QValue *v, Error **errp);
bool object_property_set(Object *obj, const char *name, QValue *v, Error **errp);
bool object_property_set_str(Object *obj, const char *name, const char *value, Error **errp);
char *object_property_get_str(Object *obj, const char *name, Error **errp);
bool object_property_set_bool(Object *obj, const char *name, bool value, Error **errp);
bool object_property_get_bool(Object *obj, const char *name, Error **errp);
bool object_property_set_int(Object *obj, const char *name, int64_t value, Error **errp);
int64_t object_property_get_int(Object *obj, const char *name, Error **errp);
bool object_property_set_uint(Object *obj, const char *name, uint64_t value, Error **errp);
uint64_t object_property_get_uint(Object *obj, const char *name, Error **errp);
/* A link's target; the setter gets its canonical path. */
bool object_property_set_link(Object *obj, const char *name, Object *value, Error **errp);
Object *object_property_get_link(Object *obj, const char *name, Error **errp);
/* From and to text, as on the command line. _print: newly allocated, `human` adds quotes. */
bool object_property_parse(Object *obj, const char *name, const char *string, Error **errp);
char *object_property_print(Object *obj, const char *name, bool human, Error **errp);
const char *object_property_get_type(Object *obj, const char *name, Error **errp);

void object_property_set_description(Object *obj, const char *name, const char *description);
void object_class_property_set_description(ObjectClass *klass, const char *name,
                                           const char *description);

/*
 * Appends a line for each property of the iteration that can be set and isn't named in `hidden`
 * (NULL: none), sorted: "  name=<type>  - description (default: x)". False if there was none.
 */
bool object_properties_help(GString *out, ObjectPropertyIterator *iter, const char *const *hidden);

/* Typed properties. */
ObjectProperty *object_property_add_str(Object *obj, const char *name,
                                        char *(*get)(Object *, Error **),
                                        void (*set)(Object *, const char *, Error **));
ObjectProperty *object_class_property_add_str(ObjectClass *klass, const char *name,
                                              char *(*get)(Object *, Error **),
                                              void (*set)(Object *, const char *, Error **));
ObjectProperty *object_property_add_bool(Object *obj, const char *name,
                                         bool (*get)(Object *, Error **),
                                         void (*set)(Object *, bool, Error **));
ObjectProperty *object_class_property_add_bool(ObjectClass *klass, const char *name,
                                               bool (*get)(Object *, Error **),
                                               void (*set)(Object *, bool, Error **));

/*
 * A value for every new object of a type: `-global driver.property=value`, or one that keeps a
 * machine compatible.
 */
typedef struct GlobalProperty {
    const char *driver;
    const char *property;
    const char *value;
    bool used;
    bool optional; /* no complaint if the type lacks the property */
    bool user_provided;
} GlobalProperty;

/* A machine's compatibility values; props is of GlobalProperty and stays the caller's. */
void object_set_machine_compat_props(GPtrArray *props);
/* What a short option stands for: `-mem-prealloc` is memory-backend.prealloc=on. Copies. */
void object_register_sugar_prop(const char *driver, const char *property, const char *value,
                                bool optional);
/* Sets on obj those of the list that are for its type; false and *errp if one is refused. */
bool object_apply_global_props(Object *obj, const GPtrArray *props, Error **errp);
/* The machine's compatibility values and those of short options. */
void object_apply_compat_props(Object *obj);

/* The names of an enumeration's values, in order. */
typedef struct QEnumLookup {
    const char *const *array;
    int size;
} QEnumLookup;
/* def, and *errp ("invalid parameter value: x"), if buf is no name; def for NULL. */
int qapi_enum_parse(const QEnumLookup *lookup, const char *buf, int def, Error **errp);
const char *qapi_enum_lookup(const QEnumLookup *lookup, int val);
/* The number of the name that v is; false and *errp ("Parameter … does not accept value 'x'"). */
bool qvalue_to_enum(const QValue *v, const char *name, const QEnumLookup *lookup, int *out,
                    Error **errp);

ObjectProperty *object_property_add_enum(Object *obj, const char *name, const char *type_name,
                                         const QEnumLookup *lookup, int (*get)(Object *, Error **),
                                         void (*set)(Object *, int, Error **));
ObjectProperty *object_class_property_add_enum(ObjectClass *klass, const char *name,
                                               const char *type_name, const QEnumLookup *lookup,
                                               int (*get)(Object *, Error **),
                                               void (*set)(Object *, int, Error **));
/* The value's number in the property's enumeration; -1 and *errp if it has none. */
int object_property_get_enum(Object *obj, const char *name, const char *type_name, Error **errp);

typedef enum {
    OBJ_PROP_FLAG_READ = 1 << 0,
    OBJ_PROP_FLAG_WRITE = 1 << 1,
    OBJ_PROP_FLAG_READWRITE = OBJ_PROP_FLAG_READ | OBJ_PROP_FLAG_WRITE,
} ObjectPropertyFlags;

/*
 * Properties that are an unsigned variable of `size` 1, 2, 4 or 8 bytes, which must live as long as
 * the object. Of a class: one variable for all objects, for ever.
 */
ObjectProperty *object_property_add_variable(Object *obj, const char *name, const void *variable,
                                             size_t size, ObjectPropertyFlags flags);
ObjectProperty *object_class_property_add_variable(ObjectClass *klass, const char *name,
                                                   const void *variable, size_t size,
                                                   ObjectPropertyFlags flags);

/* object_property_add_uint8_ptr(obj, name, v, flags), object_class_property_add_uint8_ptr(), … */
#define DECLARE_VARIABLE_PROPERTIES(ctype, word)                                                   \
    static inline ObjectProperty *object_property_add_##word##_ptr(                                \
        Object *obj, const char *name, const ctype *v, ObjectPropertyFlags flags)                  \
    {                                                                                              \
        return object_property_add_variable(obj, name, v, sizeof(*v), flags);                      \
    }                                                                                              \
    static inline ObjectProperty *object_class_property_add_##word##_ptr(                          \
        ObjectClass *klass, const char *name, const ctype *v, ObjectPropertyFlags flags)           \
    {                                                                                              \
        return object_class_property_add_variable(klass, name, v, sizeof(*v), flags);              \
    }

DECLARE_VARIABLE_PROPERTIES(uint8_t, uint8)
DECLARE_VARIABLE_PROPERTIES(uint16_t, uint16)
DECLARE_VARIABLE_PROPERTIES(uint32_t, uint32)
DECLARE_VARIABLE_PROPERTIES(uint64_t, uint64)

#undef DECLARE_VARIABLE_PROPERTIES

typedef enum {
    OBJ_PROP_LINK_STRONG = 1 << 0, /* the link holds a reference */
} ObjectPropertyLinkFlags;

/* check: NULL, or object_property_allow_set_link, or one that sets *errp to refuse. */
ObjectProperty *object_property_add_link(Object *obj, const char *name, const char *type,
                                         Object **targetp,
                                         void (*check)(const Object *obj, const char *name,
                                                       Object *val, Error **errp),
                                         ObjectPropertyLinkFlags flags);
ObjectProperty *object_class_property_add_link(ObjectClass *oc, const char *name, const char *type,
                                               ptrdiff_t offset,
                                               void (*check)(const Object *obj, const char *name,
                                                             Object *val, Error **errp),
                                               ObjectPropertyLinkFlags flags);
void object_property_allow_set_link(const Object *obj, const char *name, Object *child,
                                    Error **errp);
ObjectProperty *object_property_add_alias(Object *obj, const char *name, Object *target_obj,
                                          const char *target_name);
ObjectProperty *object_property_add_const_link(Object *obj, const char *name, Object *target);

/* --- the tree --- */

/*
 * Makes child obj's child; obj takes a reference of its own. _try_: NULL and *errp if the name is
 * taken.
 */
ObjectProperty *object_property_try_add_child(Object *obj, const char *name, Object *child,
                                              Error **errp);
ObjectProperty *object_property_add_child(Object *obj, const char *name, Object *child);
/* Takes obj out of the tree, which drops the parent's reference. */
void object_unparent(Object *obj);

/* The root; also creates it. */
Object *object_get_root(void);
/* "/objects". */
Object *object_get_objects_root(void);
Object *object_get_internal_root(void);
/* The object at an absolute path below root, creating containers on the way. */
Object *container_get(Object *root, const char *path);

/* Owned by the tree; NULL if obj isn't in it. */
const char *object_get_canonical_path_component(const Object *obj);
/* Newly allocated; NULL if obj isn't in the tree. */
char *object_get_canonical_path(const Object *obj);
/*
 * Absolute paths, and partial ones where exactly one object matches (*ambiguous tells of more).
 * NULL if none. With a type, "" is the one object of that type.
 */
Object *object_resolve_path(const char *path, bool *ambiguous);
Object *object_resolve_path_type(const char *path, const char *type_name, bool *ambiguous);
Object *object_resolve_path_component(Object *parent, const char *part);
Object *object_resolve_path_at(Object *parent, const char *path);

/*
 * Calls fn for each child (and, _recursive, for theirs) until it returns non-zero, which is
 * returned. Children may be removed.
 */
int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque);
int object_child_foreach_recursive(Object *obj, int (*fn)(Object *child, void *opaque),
                                   void *opaque);
bool object_property_is_child(const ObjectProperty *prop);
bool object_property_is_link(const ObjectProperty *prop);

#endif
