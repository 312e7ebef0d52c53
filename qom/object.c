/*
 * Objects: creation, references, end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qom/object_interfaces.h"
#include "object-internal.h"

typedef void InstanceHook(Object *obj);

/* Calls the hook that lies `hook` bytes into each TypeInfo, from the root type down to this one. */
static void call_down(Object *obj, Type type, size_t hook)
{
    Type parent = type_get_parent(type);
    InstanceHook *fn = *(InstanceHook *const *)((const char *)&type->info + hook);

    if (parent) {
        call_down(obj, parent, hook);
    }
    if (fn) {
        fn(obj);
    }
}

/* An object of the type, whose class exists, in memory that is all zeros. */
static Object *construct(void *memory, Type type, ObjectFree *free_memory)
{
    Object *obj = memory;

    assert(type->instance_size >= sizeof(Object) && "not an object type");
    if (type->info.abstract) {
        g_error("type '%s' is abstract: it has no objects", type->info.name);
    }
    obj->class = type->class;
    obj->ref = 1;
    QTAILQ_INIT(&obj->children);
    object_class_property_init_all(obj);
    call_down(obj, type, offsetof(TypeInfo, instance_init));
    call_down(obj, type, offsetof(TypeInfo, instance_post_init));
    obj->free = free_memory;
    return obj;
}

void object_initialize(void *data, size_t size, const char *type_name)
{
    Type type = type_must_exist(type_name);

    type_initialize(type);
    assert(size >= type->instance_size && "the memory is too small for the type");
    construct(memset(data, 0, type->instance_size), type, NULL);
}

static Object *new_of(Type type)
{
    void *aligned;

    type_initialize(type);
    if (type->instance_align <= __alignof__(max_align_t)) {
        return construct(g_malloc0(type->instance_size), type, g_free); /* large: untouched */
    }
    if (posix_memalign(&aligned, type->instance_align, type->instance_size)) {
        g_error("Out of memory for an object of type '%s'", type->info.name);
    }
    return construct(memset(aligned, 0, type->instance_size), type, free);
}

Object *object_new(const char *type_name)
{
    return new_of(type_must_exist(type_name));
}

Object *object_new_with_class(ObjectClass *klass)
{
    return new_of(klass->type);
}

static bool set_propv(Object *obj, Error **errp, va_list vargs)
{
    const char *name;

    while ((name = va_arg(vargs, const char *)) != NULL) {
        const char *value = va_arg(vargs, const char *);

        assert(value && "properties come in pairs");
        if (!object_property_parse(obj, name, value, errp)) {
            return false;
        }
    }
    return true;
}

bool object_set_props(Object *obj, Error **errp, ...)
{
    va_list vargs;
    bool ok;

    va_start(vargs, errp);
    ok = set_propv(obj, errp, vargs);
    va_end(vargs);
    return ok;
}

/*
 * The end of both _with_props functions: a place in the tree and the last word of the object
 * itself.
 */
static bool complete_object(Object *obj, Object *parent, const char *id, Error **errp)
{
    UserCreatable *uc = (UserCreatable *)object_dynamic_cast(obj, TYPE_USER_CREATABLE);

    if (id && !object_property_try_add_child(parent, id, obj, errp)) {
        return false;
    }
    if (uc && !user_creatable_complete(uc, errp)) {
        if (id) {
            object_unparent(obj);
        }
        return false;
    }
    return true;
}

Object *object_new_with_propv(const char *type_name, Object *parent, const char *id, Error **errp,
                              va_list vargs)
{
    ObjectClass *klass = object_class_by_name(type_name);
    Object *obj;

    if (!klass) {
        error_setg(errp, "invalid object type: %s", type_name);
        return NULL;
    }
    if (object_class_is_abstract(klass)) {
        error_setg(errp, "object type '%s' is abstract", type_name);
        return NULL;
    }
    obj = object_new_with_class(klass);
    if (!set_propv(obj, errp, vargs) || !complete_object(obj, parent, id, errp)) {
        object_unref(obj);
        return NULL;
    }
    if (id) {
        object_unref(obj); /* the parent's reference is enough */
    }
    return obj;
}

Object *object_new_with_props(const char *type_name, Object *parent, const char *id, Error **errp,
                              ...)
{
    va_list vargs;
    Object *obj;

    va_start(vargs, errp);
    obj = object_new_with_propv(type_name, parent, id, errp, vargs);
    va_end(vargs);
    return obj;
}

bool object_initialize_child_with_props(Object *parent, const char *propname, void *childobj,
                                        size_t size, const char *type, Error **errp, ...)
{
    Object *obj = childobj;
    va_list vargs;
    bool ok;

    object_initialize(childobj, size, type);
    va_start(vargs, errp);
    ok = set_propv(obj, errp, vargs);
    va_end(vargs);
    ok = ok && complete_object(obj, parent, propname, errp);
    object_unref(obj);
    return ok;
}

void object_initialize_child_internal(Object *parent, const char *propname, void *childobj,
                                      size_t size, const char *type)
{
    object_initialize_child_with_props(parent, propname, childobj, size, type, &error_abort, NULL);
}

static void object_finalize(Object *obj)
{
    object_property_del_all(obj);
    for (Type type = obj->class->type; type; type = type_get_parent(type)) {
        if (type->info.instance_finalize) {
            type->info.instance_finalize(obj);
        }
    }
    assert(!obj->parent && "an object in the tree is referenced by its parent");
    assert(obj->ref == 0 && "instance_finalize must not keep a reference");
    if (obj->free) {
        obj->free(obj);
    }
}

Object *object_ref(void *ptr)
{
    Object *obj = ptr;
    uint32_t old;

    if (obj) {
        old = qatomic_fetch_inc(&obj->ref);
        assert(old > 0 && old < INT_MAX && "the object is gone");
    }
    return obj;
}

void object_unref(void *ptr)
{
    Object *obj = ptr;
    uint32_t old;

    if (!obj) {
        return;
    }
    old = qatomic_fetch_dec(&obj->ref);
    assert(old > 0 && "more references dropped than taken");
    if (old == 1) {
        object_finalize(obj);
    }
}

ObjectClass *object_get_class(Object *obj)
{
    return obj->class;
}

const char *object_get_typename(const Object *obj)
{
    return obj->class->type->info.name;
}
