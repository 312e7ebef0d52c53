/*
 * Device properties of plain types.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"

void *object_field_prop_ptr(Object *obj, const Property *prop)
{
    return (char *)obj + prop->offset;
}

bool qdev_prop_allow_set(Object *obj, const char *name, const PropertyInfo *info, Error **errp)
{
    DeviceState *dev = (DeviceState *)object_dynamic_cast(obj, TYPE_DEVICE);
    g_autofree char *who = NULL;

    if (!dev || !dev->realized || info->realized_set_allowed) {
        return true;
    }
    who = qdev_get_human_name(dev);
    error_setg(errp,
               "Attempt to set property '%s' on device '%s' (type '%s') after it was realized",
               name, who, object_get_typename(obj));
    return false;
}

/* --- tables --- */

static void prop_get(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;

    prop->info->get(obj, v, name, opaque, errp);
}

static void prop_set(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;

    if (qdev_prop_allow_set(obj, name, prop->info, errp)) {
        prop->info->set(obj, v, name, opaque, errp);
    }
}

static void add_property(ObjectClass *oc, Property *prop)
{
    const PropertyInfo *info = prop->info;
    ObjectProperty *op;

    if (info->create) {
        op = info->create(oc, prop->name, prop);
    } else {
        op = object_class_property_add(oc, prop->name, info->name, info->get ? prop_get : NULL,
                                       info->set ? prop_set : NULL, info->release, prop);
    }
    if (prop->set_default) {
        info->set_default_value(op, prop);
    }
    if (info->description) {
        object_class_property_set_description(oc, prop->name, info->description);
    }
}

void device_class_set_props(DeviceClass *dc, Property *props)
{
    dc->props_ = props;
    for (Property *prop = props; prop && prop->name; prop++) {
        add_property(OBJECT_CLASS(dc), prop);
    }
}

/* --- booleans and bits --- */

static void set_default_bool(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_bool(op, prop->defval.u);
}

static void get_bool(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_bool(v, *(bool *)object_field_prop_ptr(obj, opaque));
}

static void set_bool(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_to_bool(v, name, object_field_prop_ptr(obj, opaque), errp);
}

const PropertyInfo qdev_prop_bool = {
    .name = "bool",
    .get = get_bool,
    .set = set_bool,
    .set_default_value = set_default_bool,
};

static void get_bit32(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint32_t *p = object_field_prop_ptr(obj, prop);

    qvalue_set_bool(v, (*p >> prop->bitnr) & 1);
}

static void set_bit32(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint32_t *p = object_field_prop_ptr(obj, prop);
    bool value;

    if (qvalue_to_bool(v, name, &value, errp)) {
        *p = (*p & ~(1u << prop->bitnr)) | ((uint32_t)value << prop->bitnr);
    }
}

const PropertyInfo qdev_prop_bit = {
    .name = "bool",
    .description = "on/off",
    .get = get_bit32,
    .set = set_bit32,
    .set_default_value = set_default_bool,
};

static void get_bit64(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint64_t *p = object_field_prop_ptr(obj, prop);

    qvalue_set_bool(v, (*p >> prop->bitnr) & 1);
}

static void set_bit64(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint64_t *p = object_field_prop_ptr(obj, prop);
    bool value;

    if (qvalue_to_bool(v, name, &value, errp)) {
        *p = (*p & ~(1ULL << prop->bitnr)) | ((uint64_t)value << prop->bitnr);
    }
}

const PropertyInfo qdev_prop_bit64 = {
    .name = "bool",
    .description = "on/off",
    .get = get_bit64,
    .set = set_bit64,
    .set_default_value = set_default_bool,
};

/* --- integers --- */

static void set_default_uint(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_uint(op, prop->defval.u);
}

static void set_default_int(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_int(op, prop->defval.i);
}

/* The property's own limits; value is known to fit its type. */
static bool in_range(const Property *prop, const char *name, int64_t value, Error **errp)
{
    if (prop->has_range && (value < prop->min || value > prop->max)) {
        error_setg(errp, "Parameter '%s' expects an integer from %" PRId64 " to %" PRId64, name,
                   prop->min, prop->max);
        return false;
    }
    return true;
}

#define DEFINE_UINT_PROPERTY(type_name, ctype, max, convert)                                       \
    static void get_##type_name(Object *obj, QValue *v, const char *name, void *opaque,            \
                                Error **errp)                                                      \
    {                                                                                              \
        qvalue_set_uint(v, *(ctype *)object_field_prop_ptr(obj, opaque));                          \
    }                                                                                              \
    static void set_##type_name(Object *obj, QValue *v, const char *name, void *opaque,            \
                                Error **errp)                                                      \
    {                                                                                              \
        uint64_t value;                                                                            \
                                                                                                   \
        if (convert(v, name, max, &value, errp) && in_range(opaque, name, value, errp)) {          \
            *(ctype *)object_field_prop_ptr(obj, opaque) = (ctype)value;                           \
        }                                                                                          \
    }                                                                                              \
    const PropertyInfo qdev_prop_##type_name = {                                                   \
        .name = #type_name,                                                                        \
        .get = get_##type_name,                                                                    \
        .set = set_##type_name,                                                                    \
        .set_default_value = set_default_uint,                                                     \
    }

#define DEFINE_INT_PROPERTY(type_name, ctype, min, max)                                            \
    static void get_##type_name(Object *obj, QValue *v, const char *name, void *opaque,            \
                                Error **errp)                                                      \
    {                                                                                              \
        qvalue_set_int(v, *(ctype *)object_field_prop_ptr(obj, opaque));                           \
    }                                                                                              \
    static void set_##type_name(Object *obj, QValue *v, const char *name, void *opaque,            \
                                Error **errp)                                                      \
    {                                                                                              \
        int64_t value;                                                                             \
                                                                                                   \
        if (qvalue_to_int(v, name, min, max, &value, errp) &&                                      \
            in_range(opaque, name, value, errp)) {                                                 \
            *(ctype *)object_field_prop_ptr(obj, opaque) = (ctype)value;                           \
        }                                                                                          \
    }                                                                                              \
    const PropertyInfo qdev_prop_##type_name = {                                                   \
        .name = #type_name,                                                                        \
        .get = get_##type_name,                                                                    \
        .set = set_##type_name,                                                                    \
        .set_default_value = set_default_int,                                                      \
    }

static bool size_up_to(const QValue *v, const char *name, uint64_t max, uint64_t *out,
                       Error **errp)
{
    if (!qvalue_to_size(v, name, out, errp)) {
        return false;
    }
    if (*out > max) {
        error_setg(errp, "Parameter '%s' expects a size of at most %" PRIu64 " bytes", name, max);
        return false;
    }
    return true;
}

DEFINE_UINT_PROPERTY(uint8, uint8_t, UINT8_MAX, qvalue_to_uint);
DEFINE_UINT_PROPERTY(uint16, uint16_t, UINT16_MAX, qvalue_to_uint);
DEFINE_UINT_PROPERTY(uint32, uint32_t, UINT32_MAX, qvalue_to_uint);
DEFINE_UINT_PROPERTY(uint64, uint64_t, UINT64_MAX, qvalue_to_uint);
DEFINE_INT_PROPERTY(int32, int32_t, INT32_MIN, INT32_MAX);
DEFINE_INT_PROPERTY(int64, int64_t, INT64_MIN, INT64_MAX);
DEFINE_UINT_PROPERTY(size, uint64_t, UINT64_MAX, size_up_to);
DEFINE_UINT_PROPERTY(size32, uint32_t, UINT32_MAX, size_up_to);

/* --- strings --- */

static void get_string(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_str(v, *(char **)object_field_prop_ptr(obj, opaque));
}

static void set_string(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    char **p = object_field_prop_ptr(obj, opaque);
    const char *value;

    if (qvalue_to_str(v, name, &value, errp)) {
        g_free(*p);
        *p = g_strdup(value);
    }
}

static void release_string(Object *obj, const char *name, void *opaque)
{
    g_clear_pointer((char **)object_field_prop_ptr(obj, opaque), g_free);
}

const PropertyInfo qdev_prop_string = {
    .name = "str",
    .get = get_string,
    .set = set_string,
    .release = release_string,
};

/* --- enumerations --- */

static void get_enum(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;

    qvalue_set_str(v, qapi_enum_lookup(prop->info->enum_table,
                                       *(int *)object_field_prop_ptr(obj, prop)));
}

static void set_enum(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;
    const char *text;
    int value;

    if (!qvalue_to_str(v, name, &text, errp)) {
        return;
    }
    value = qapi_enum_parse(prop->info->enum_table, text, -1, NULL);
    if (value < 0) {
        error_setg(errp, "Parameter '%s' does not accept value '%s'", name, text);
        return;
    }
    *(int *)object_field_prop_ptr(obj, prop) = value;
}

static void set_default_enum(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_str(op, qapi_enum_lookup(prop->info->enum_table, prop->defval.i));
}

static const char *const on_off_auto_names[] = { "auto", "on", "off" };
static const QEnumLookup on_off_auto_lookup = { on_off_auto_names, ARRAY_SIZE(on_off_auto_names) };

const PropertyInfo qdev_prop_on_off_auto = {
    .name = "OnOffAuto",
    .description = "on/off/auto",
    .enum_table = &on_off_auto_lookup,
    .get = get_enum,
    .set = set_enum,
    .set_default_value = set_default_enum,
};

const PropertyInfo qdev_prop_enum = {
    .name = "enum",
    .get = get_enum,
    .set = set_enum,
    .set_default_value = set_default_enum,
};

/* --- links --- */

static void check_link(const Object *obj, const char *name, Object *val, Error **errp)
{
    qdev_prop_allow_set((Object *)obj, name, &qdev_prop_link, errp);
}

static ObjectProperty *create_link(ObjectClass *oc, const char *name, const Property *prop)
{
    return object_class_property_add_link(oc, name, prop->link_type, prop->offset, check_link,
                                          OBJ_PROP_LINK_STRONG);
}

const PropertyInfo qdev_prop_link = {
    .name = "link",
    .create = create_link,
};

/* --- from boards --- */

void qdev_prop_set_bit(DeviceState *dev, const char *name, bool value)
{
    object_property_set_bool(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint8(DeviceState *dev, const char *name, uint8_t value)
{
    object_property_set_int(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint16(DeviceState *dev, const char *name, uint16_t value)
{
    object_property_set_int(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint32(DeviceState *dev, const char *name, uint32_t value)
{
    object_property_set_int(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_int32(DeviceState *dev, const char *name, int32_t value)
{
    object_property_set_int(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint64(DeviceState *dev, const char *name, uint64_t value)
{
    object_property_set_uint(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_string(DeviceState *dev, const char *name, const char *value)
{
    object_property_set_str(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_enum(DeviceState *dev, const char *name, int value)
{
    ObjectProperty *op = object_property_find_err(OBJECT(dev), name, &error_abort);
    const Property *prop = op->opaque;

    object_property_set_str(OBJECT(dev), name, qapi_enum_lookup(prop->info->enum_table, value),
                            &error_abort);
}
