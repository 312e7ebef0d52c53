/*
 * Array properties: a length, and a property for each element once the length is known.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"

/* An element's property; its offset leads from the object into the array. */
typedef struct ArrayElement {
    Property prop;
    char *name;
} ArrayElement;

static void element_get(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    ArrayElement *e = opaque;

    e->prop.info->get(obj, v, name, &e->prop, errp);
}

static void element_set(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    ArrayElement *e = opaque;

    if (qdev_prop_allow_set(obj, name, e->prop.info, errp)) {
        e->prop.info->set(obj, v, name, &e->prop, errp);
    }
}

static void element_release(Object *obj, const char *name, void *opaque)
{
    ArrayElement *e = opaque;

    if (e->prop.info->release) {
        e->prop.info->release(obj, name, &e->prop);
    }
    g_free(e->name);
    g_free(e);
}

static void add_element(Object *obj, const Property *array, const char *array_name, uint32_t i)
{
    void *elements = *(void **)((char *)obj + array->array_offset);
    const PropertyInfo *info = array->array_info;
    ArrayElement *e = g_new0(ArrayElement, 1);

    e->name = g_strdup_printf("%s[%u]", array_name, i);
    e->prop.name = e->name;
    e->prop.info = info;
    e->prop.offset = (intptr_t)elements + i * array->array_element_size - (intptr_t)obj;
    object_property_add(obj, e->name, info->name, info->get ? element_get : NULL,
                        info->set ? element_set : NULL, element_release, e);
}

static void get_length(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(v, *(uint32_t *)object_field_prop_ptr(obj, opaque));
}

static void set_length(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint32_t *length = object_field_prop_ptr(obj, prop);
    void **elements = (void **)((char *)obj + prop->array_offset);
    uint64_t value;

    if (!qvalue_to_uint(v, name, PROP_ARRAY_LEN_MAX, &value, errp)) {
        return;
    }
    if (*length) {
        error_setg(errp, "array size property %s may not be set more than once", name);
        return;
    }
    *length = value;
    *elements = value ? g_malloc0_n(value, prop->array_element_size) : NULL;
    for (uint32_t i = 0; i < value; i++) {
        add_element(obj, prop, name + strlen(PROP_ARRAY_LEN_PREFIX), i);
    }
}

/* The elements' own properties are gone by now. */
static void release_array(Object *obj, const char *name, void *opaque)
{
    const Property *prop = opaque;

    g_clear_pointer((void **)((char *)obj + prop->array_offset), g_free);
}

static void set_default_length(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_uint(op, prop->defval.u);
}

const PropertyInfo qdev_prop_arraylen = {
    .name = "uint32",
    .get = get_length,
    .set = set_length,
    .release = release_array,
    .set_default_value = set_default_length,
};
