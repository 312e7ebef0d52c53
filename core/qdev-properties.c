/*
 * Device properties: variables of a device by name.
 *
 * A type of properties is a row: the kind of variable it is, and how wide. One getter and one
 * setter serve all kinds; what differs more brings functions of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/bswap.h"

/* --- values in and out of variables --- */

static int64_t load_signed(const PropertyAccess *at)
{
    unsigned unused_bits = 64 - 8 * at->prop->info->size;

    return (int64_t)(ldn_he_p(at->variable, at->prop->info->size) << unused_bits) >> unused_bits;
}

static void load(const PropertyAccess *at, QValue *v)
{
    const PropertyInfo *info = at->prop->info;

    switch (info->kind) {
    case PROPERTY_UINT:
    case PROPERTY_SIZE:
        qvalue_set_uint(v, ldn_he_p(at->variable, info->size));
        break;
    case PROPERTY_INT:
        qvalue_set_int(v, load_signed(at));
        break;
    case PROPERTY_BIT:
        qvalue_set_bool(v, ldn_he_p(at->variable, info->size) >> at->prop->bit & 1);
        break;
    case PROPERTY_ENUM:
        qvalue_set_str(v, qapi_enum_lookup(info->enum_table, load_signed(at)));
        break;
    case PROPERTY_STRING:
        qvalue_set_str(v, *(char **)at->variable);
        break;
    default:
        g_assert_not_reached(); /* links are properties of the object model */
    }
}

/* The number in the value, if the variable holds such a one. */
static bool parse_number(const PropertyAccess *at, const QValue *v, uint64_t *number, Error **errp)
{
    const PropertyInfo *info = at->prop->info;
    uint64_t most = UINT64_MAX >> (64 - 8 * info->size);

    if (info->kind == PROPERTY_UINT) {
        return qvalue_to_uint(v, at->name, most, number, errp);
    }
    if (info->kind == PROPERTY_INT) {
        return qvalue_to_int(v, at->name, -(int64_t)(most / 2) - 1, most / 2, (int64_t *)number,
                             errp);
    }
    if (!qvalue_to_size(v, at->name, number, errp)) {
        return false;
    }
    if (*number > most) {
        error_setg(errp, "Parameter '%s' expects a size of at most %" PRIu64 " bytes", at->name,
                   most);
        return false;
    }
    return true;
}

static bool store_number(const PropertyAccess *at, const QValue *v, Error **errp)
{
    const Property *prop = at->prop;
    uint64_t number;

    if (!parse_number(at, v, &number, errp)) {
        return false;
    }
    if (prop->has_range && ((int64_t)number < prop->min || (int64_t)number > prop->max)) {
        error_setg(errp, "Parameter '%s' expects an integer from %" PRId64 " to %" PRId64,
                   at->name, prop->min, prop->max);
        return false;
    }
    stn_he_p(at->variable, prop->info->size, number);
    return true;
}

static bool store_bit(const PropertyAccess *at, const QValue *v, Error **errp)
{
    unsigned size = at->prop->info->size;
    uint64_t mask = 1ull << at->prop->bit;
    uint64_t others = ldn_he_p(at->variable, size) & ~mask;
    bool on;

    if (!qvalue_to_bool(v, at->name, &on, errp)) {
        return false;
    }
    stn_he_p(at->variable, size, others | (on ? mask : 0));
    return true;
}

static bool store_enum(const PropertyAccess *at, const QValue *v, Error **errp)
{
    int number;

    if (!qvalue_to_enum(v, at->name, at->prop->info->enum_table, &number, errp)) {
        return false;
    }
    stn_he_p(at->variable, at->prop->info->size, number);
    return true;
}

static bool store_string(const PropertyAccess *at, const QValue *v, Error **errp)
{
    const char *text;

    if (!qvalue_to_str(v, at->name, &text, errp)) {
        return false;
    }
    g_free(*(char **)at->variable);
    *(char **)at->variable = g_strdup(text);
    return true;
}

static bool (*const store[])(const PropertyAccess *at, const QValue *v, Error **errp) = {
    [PROPERTY_UINT] = store_number, [PROPERTY_INT] = store_number,
    [PROPERTY_SIZE] = store_number, [PROPERTY_BIT] = store_bit,
    [PROPERTY_ENUM] = store_enum,   [PROPERTY_STRING] = store_string,
};

/* --- as properties of an object --- */

void *object_field_prop_ptr(Object *obj, const Property *prop)
{
    return (char *)obj + prop->offset;
}

bool qdev_prop_allow_set(Object *obj, const char *name, const PropertyInfo *info, Error **errp)
{
    DeviceState *dev = (DeviceState *)object_dynamic_cast(obj, TYPE_DEVICE);

    if (dev && dev->realized && !info->realized_set_allowed) {
        g_autofree char *device_name = qdev_get_human_name(dev);

        error_setg(errp, "Attempt to set property '%s' on device '%s' (type '%s') after it was "
                         "realized", name, device_name, object_get_typename(obj));
        return false;
    }
    return true;
}

static PropertyAccess access_to(Object *obj, const char *name, const Property *prop)
{
    return (PropertyAccess){ obj, name, prop, object_field_prop_ptr(obj, prop) };
}

static void get_property(Object *obj, QValue *v, const char *name, void *prop, Error **errp)
{
    PropertyAccess at = access_to(obj, name, prop);
    const PropertyInfo *info = at.prop->info;

    (info->get ? info->get : load)(&at, v);
}

static void set_property(Object *obj, QValue *v, const char *name, void *prop, Error **errp)
{
    PropertyAccess at = access_to(obj, name, prop);
    const PropertyInfo *info = at.prop->info;

    if (qdev_prop_allow_set(obj, name, info, errp)) {
        (info->set ? info->set : store[info->kind])(&at, v, errp);
    }
}

static void release_property(Object *obj, const char *name, void *prop)
{
    PropertyAccess at = access_to(obj, name, prop);

    if (at.prop->info->release) {
        at.prop->info->release(&at);
    } else if (at.prop->info->kind == PROPERTY_STRING) {
        g_clear_pointer((char **)at.variable, g_free);
    }
}

static void check_link(const Object *obj, const char *name, Object *target, Error **errp)
{
    qdev_prop_allow_set((Object *)obj, name, &qdev_prop_link, errp);
}

static void set_initial(ObjectProperty *op, const Property *prop)
{
    switch (prop->info->kind) {
    case PROPERTY_BIT:
        object_property_set_default_bool(op, prop->initial);
        break;
    case PROPERTY_INT:
        object_property_set_default_int(op, prop->initial);
        break;
    case PROPERTY_ENUM:
        object_property_set_default_str(op,
                                        qapi_enum_lookup(prop->info->enum_table, prop->initial));
        break;
    default:
        object_property_set_default_uint(op, prop->initial);
    }
}

void device_class_set_props(DeviceClass *dc, Property *props)
{
    ObjectClass *oc = OBJECT_CLASS(dc);

    dc->props_ = props;
    for (Property *prop = props; prop && prop->name; prop++) {
        const PropertyInfo *info = prop->info;

        if (info->kind == PROPERTY_LINK) {
            object_class_property_add_link(oc, prop->name, prop->link_type, prop->offset,
                                           check_link, OBJ_PROP_LINK_STRONG);
        } else {
            ObjectProperty *op = object_class_property_add(
                oc, prop->name, info->name, get_property, set_property, release_property, prop);

            if (prop->has_initial) {
                set_initial(op, prop);
            }
        }
        if (info->description) {
            object_class_property_set_description(oc, prop->name, info->description);
        }
    }
}

/* --- arrays: a length, and a property for each element once the length is known --- */

static void release_element(Object *obj, const char *name, void *opaque)
{
    Property *element = opaque;

    release_property(obj, name, element);
    g_free((char *)element->name);
    g_free(element);
}

static bool set_length(const PropertyAccess *at, const QValue *v, Error **errp)
{
    const Property *prop = at->prop;
    char **elements = (char **)((char *)at->owner + prop->elements);
    uint32_t *length = at->variable;
    uint64_t wanted;

    if (!qvalue_to_uint(v, at->name, PROP_ARRAY_LEN_MAX, &wanted, errp)) {
        return false;
    }
    if (*length) {
        error_setg(errp, "array size property %s may not be set more than once", at->name);
        return false;
    }
    *length = wanted;
    *elements = g_malloc0_n(wanted, prop->element_size);
    for (unsigned i = 0; i < wanted; i++) {
        Property *element = g_new0(Property, 1);

        element->name = g_strdup_printf("%s[%u]", at->name + strlen(PROP_ARRAY_LEN_PREFIX), i);
        element->info = prop->element_info;
        /* The offset leads from the object to the element. */
        element->offset = *elements + i * prop->element_size - (char *)at->owner;
        object_property_add(at->owner, element->name, element->info->name, get_property,
                            set_property, release_element, element);
    }
    return true;
}

/* The elements' own properties are gone by now. */
static void release_array(const PropertyAccess *at)
{
    g_clear_pointer((void **)((char *)at->owner + at->prop->elements), g_free);
}

/* --- the types --- */

static const char *const on_off_auto_names[] = { "auto", "on", "off" };
static const QEnumLookup on_off_auto = { on_off_auto_names, ARRAY_SIZE(on_off_auto_names) };

const PropertyInfo qdev_prop_uint8 = { "uint8", .kind = PROPERTY_UINT, .size = 1 };
const PropertyInfo qdev_prop_uint16 = { "uint16", .kind = PROPERTY_UINT, .size = 2 };
const PropertyInfo qdev_prop_uint32 = { "uint32", .kind = PROPERTY_UINT, .size = 4 };
const PropertyInfo qdev_prop_uint64 = { "uint64", .kind = PROPERTY_UINT, .size = 8 };
const PropertyInfo qdev_prop_int32 = { "int32", .kind = PROPERTY_INT, .size = 4 };
const PropertyInfo qdev_prop_int64 = { "int64", .kind = PROPERTY_INT, .size = 8 };
const PropertyInfo qdev_prop_size = { "size", .kind = PROPERTY_SIZE, .size = 8 };
const PropertyInfo qdev_prop_size32 = { "size32", .kind = PROPERTY_SIZE, .size = 4 };
/* A bool is bit 0 of its byte. */
const PropertyInfo qdev_prop_bool = { "bool", .kind = PROPERTY_BIT, .size = sizeof(bool) };
const PropertyInfo qdev_prop_bit = { "bool", "on/off", PROPERTY_BIT, .size = 4 };
const PropertyInfo qdev_prop_bit64 = { "bool", "on/off", PROPERTY_BIT, .size = 8 };
const PropertyInfo qdev_prop_string = { "str", .kind = PROPERTY_STRING };
const PropertyInfo qdev_prop_link = { "link", .kind = PROPERTY_LINK };
const PropertyInfo qdev_prop_enum = { "enum", .kind = PROPERTY_ENUM, .size = sizeof(int) };
const PropertyInfo qdev_prop_on_off_auto = {
    "OnOffAuto", "on/off/auto", PROPERTY_ENUM, .size = sizeof(OnOffAuto),
    .enum_table = &on_off_auto,
};
const PropertyInfo qdev_prop_arraylen = {
    "uint32", .kind = PROPERTY_UINT, .size = 4, .set = set_length, .release = release_array,
};

/* --- from boards --- */

/* qdev_prop_set_uint8() and so on. */
#define DEFINE_BOARD_SETTER(type, ctype, object_type)                                              \
    void qdev_prop_set_##type(DeviceState *dev, const char *property, ctype to)                    \
    {                                                                                              \
        object_property_set_##object_type(OBJECT(dev), property, to, &error_abort);                \
    }
DEFINE_BOARD_SETTER(bit, bool, bool)
DEFINE_BOARD_SETTER(uint8, uint8_t, uint)
DEFINE_BOARD_SETTER(uint16, uint16_t, uint)
DEFINE_BOARD_SETTER(uint32, uint32_t, uint)
DEFINE_BOARD_SETTER(uint64, uint64_t, uint)
DEFINE_BOARD_SETTER(int32, int32_t, int)
DEFINE_BOARD_SETTER(string, const char *, str)

void qdev_prop_set_enum(DeviceState *dev, const char *name, int value)
{
    const Property *prop = object_property_find_err(OBJECT(dev), name, &error_abort)->opaque;

    qdev_prop_set_string(dev, name, qapi_enum_lookup(prop->info->enum_table, value));
}
