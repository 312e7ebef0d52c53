/*
 * Property values both ways: see qapi/visitor.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"

/* A value that isn't there yet is asked for. */
static bool is_getter(const Visitor *v)
{
    return v->kind == QVALUE_NONE;
}

static bool visit_signed(Visitor *v, const char *name, int64_t *value, int64_t min, int64_t max,
                         Error **errp)
{
    if (is_getter(v)) {
        qvalue_set_int(v, *value);
        return true;
    }
    return qvalue_to_int(v, name, min, max, value, errp);
}

static bool visit_unsigned(Visitor *v, const char *name, uint64_t *value, uint64_t max,
                           Error **errp)
{
    if (is_getter(v)) {
        qvalue_set_uint(v, *value);
        return true;
    }
    return qvalue_to_uint(v, name, max, value, errp);
}

#define VISIT_SIGNED(type, ctype, min, max)                                                        \
    bool visit_type_##type(Visitor *v, const char *name, ctype *obj, Error **errp)                 \
    {                                                                                              \
        int64_t value = *obj;                                                                      \
        bool ok = visit_signed(v, name, &value, min, max, errp);                                   \
                                                                                                   \
        *obj = ok ? (ctype)value : *obj;                                                           \
        return ok;                                                                                 \
    }
#define VISIT_UNSIGNED(type, ctype, max)                                                           \
    bool visit_type_##type(Visitor *v, const char *name, ctype *obj, Error **errp)                 \
    {                                                                                              \
        uint64_t value = *obj;                                                                     \
        bool ok = visit_unsigned(v, name, &value, max, errp);                                      \
                                                                                                   \
        *obj = ok ? (ctype)value : *obj;                                                           \
        return ok;                                                                                 \
    }

VISIT_SIGNED(int, int64_t, INT64_MIN, INT64_MAX)
VISIT_SIGNED(int8, int8_t, INT8_MIN, INT8_MAX)
VISIT_SIGNED(int16, int16_t, INT16_MIN, INT16_MAX)
VISIT_SIGNED(int32, int32_t, INT32_MIN, INT32_MAX)
VISIT_SIGNED(int64, int64_t, INT64_MIN, INT64_MAX)
VISIT_UNSIGNED(uint8, uint8_t, UINT8_MAX)
VISIT_UNSIGNED(uint16, uint16_t, UINT16_MAX)
VISIT_UNSIGNED(uint32, uint32_t, UINT32_MAX)
VISIT_UNSIGNED(uint64, uint64_t, UINT64_MAX)

bool visit_type_size(Visitor *v, const char *name, uint64_t *obj, Error **errp)
{
    uint64_t value;

    if (is_getter(v)) {
        qvalue_set_uint(v, *obj);
    } else if (qvalue_to_size(v, name, &value, errp)) {
        *obj = value;
    } else {
        return false;
    }
    return true;
}

bool visit_type_bool(Visitor *v, const char *name, bool *obj, Error **errp)
{
    bool value;

    if (is_getter(v)) {
        qvalue_set_bool(v, *obj);
    } else if (qvalue_to_bool(v, name, &value, errp)) {
        *obj = value;
    } else {
        return false;
    }
    return true;
}

bool visit_type_number(Visitor *v, const char *name, double *obj, Error **errp)
{
    double value;

    if (is_getter(v)) {
        qvalue_set_double(v, *obj);
    } else if (qvalue_to_double(v, name, &value, errp)) {
        *obj = value;
    } else {
        return false;
    }
    return true;
}

bool visit_type_str(Visitor *v, const char *name, char **obj, Error **errp)
{
    const char *value;

    if (is_getter(v)) {
        qvalue_set_str(v, *obj);
    } else if (qvalue_to_str(v, name, &value, errp)) {
        *obj = g_strdup(value);
    } else {
        return false;
    }
    return true;
}

bool visit_type_enum(Visitor *v, const char *name, int *obj, const QEnumLookup *lookup,
                     Error **errp)
{
    if (is_getter(v)) {
        qvalue_set_str(v, qapi_enum_lookup(lookup, *obj));
        return true;
    }
    return qvalue_to_enum(v, name, lookup, obj, errp);
}
