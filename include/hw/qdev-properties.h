/*
 * Device properties: a table of variables that users and boards set before the device is realized.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_QDEV_PROPERTIES_H
#define HW_QDEV_PROPERTIES_H

#include "hw/qdev-core.h"

typedef struct PropertyInfo PropertyInfo;

struct Property {
    const char *name;
    const PropertyInfo *info;
    ptrdiff_t offset;
    uint8_t bitnr;
    bool set_default;
    bool has_range; /* from min to max, on top of what the type holds */
    union {
        int64_t i;
        uint64_t u;
    } defval;
    int64_t min, max;
    const char *link_type;
    /* Of an array's length: where its pointer is, and what its elements are. */
    ptrdiff_t array_offset;
    const PropertyInfo *array_info;
    size_t array_element_size;
};

struct PropertyInfo {
    const char *name; /* the type's name: "uint32" */
    const char *description;
    const QEnumLookup *enum_table;
    bool realized_set_allowed;
    /* Text for `info qtree`, newly allocated; NULL: the getter's value. */
    char *(*print)(Object *obj, const Property *prop);
    void (*set_default_value)(ObjectProperty *op, const Property *prop);
    /* NULL: an ordinary property. */
    ObjectProperty *(*create)(ObjectClass *oc, const char *name, const Property *prop);
    ObjectPropertyAccessor *get;
    ObjectPropertyAccessor *set;
    ObjectPropertyRelease *release;
};

extern const PropertyInfo qdev_prop_bit, qdev_prop_bit64, qdev_prop_bool, qdev_prop_enum;
extern const PropertyInfo qdev_prop_uint8, qdev_prop_uint16, qdev_prop_uint32, qdev_prop_int32;
extern const PropertyInfo qdev_prop_uint64, qdev_prop_int64, qdev_prop_size, qdev_prop_size32;
extern const PropertyInfo qdev_prop_arraylen;
extern const PropertyInfo qdev_prop_string, qdev_prop_link, qdev_prop_on_off_auto;
extern const PropertyInfo qdev_prop_chr, qdev_prop_drive, qdev_prop_macaddr, qdev_prop_pci_devfn;

/* Fails to compile if the field isn't of that type. */
#define QDEV_FIELD_OFFSET(_state, _field, _type)                                                   \
    (offsetof(_state, _field) +                                                                    \
     0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((_state *)0)->_field), _type)        \
                         ? 1                                                                       \
                         : -1]))

#define DEFINE_PROP(_name, _state, _field, _prop, _type, ...)                                      \
    {                                                                                              \
        .name = (_name), .info = &(_prop), .offset = QDEV_FIELD_OFFSET(_state, _field, _type),     \
        ##__VA_ARGS__                                                                              \
    }
#define DEFINE_PROP_SIGNED(_name, _state, _field, _defval, _prop, _type)                           \
    DEFINE_PROP(_name, _state, _field, _prop, _type, .set_default = true, .defval.i = (_defval))
#define DEFINE_PROP_UNSIGNED(_name, _state, _field, _defval, _prop, _type)                         \
    DEFINE_PROP(_name, _state, _field, _prop, _type, .set_default = true, .defval.u = (_defval))
#define DEFINE_PROP_UNSIGNED_NODEFAULT(_name, _state, _field, _prop, _type)                        \
    DEFINE_PROP(_name, _state, _field, _prop, _type)

#define DEFINE_PROP_BIT(_name, _state, _field, _bit, _defval)                                      \
    DEFINE_PROP(_name, _state, _field, qdev_prop_bit, uint32_t, .bitnr = (_bit),                   \
                .set_default = true, .defval.u = (bool)(_defval))
#define DEFINE_PROP_BIT64(_name, _state, _field, _bit, _defval)                                    \
    DEFINE_PROP(_name, _state, _field, qdev_prop_bit64, uint64_t, .bitnr = (_bit),                 \
                .set_default = true, .defval.u = (bool)(_defval))
#define DEFINE_PROP_BOOL(_name, _state, _field, _defval)                                           \
    DEFINE_PROP(_name, _state, _field, qdev_prop_bool, bool, .set_default = true,                  \
                .defval.u = (bool)(_defval))
#define DEFINE_PROP_UINT8(_n, _s, _f, _d)                                                          \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint8, uint8_t)
#define DEFINE_PROP_UINT16(_n, _s, _f, _d)                                                         \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint16, uint16_t)
#define DEFINE_PROP_UINT32(_n, _s, _f, _d)                                                         \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint32, uint32_t)
#define DEFINE_PROP_INT32(_n, _s, _f, _d)                                                          \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_int32, int32_t)
#define DEFINE_PROP_UINT64(_n, _s, _f, _d)                                                         \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint64, uint64_t)
#define DEFINE_PROP_INT64(_n, _s, _f, _d)                                                          \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_int64, int64_t)
#define DEFINE_PROP_SIZE(_n, _s, _f, _d)                                                           \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_size, uint64_t)
#define DEFINE_PROP_SIZE32(_n, _s, _f, _d)                                                         \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_size32, uint32_t)
/* Integers that are refused outside [_min, _max]. */
#define DEFINE_PROP_UINT8_RANGE(_n, _s, _f, _d, _min, _max)                                        \
    DEFINE_PROP_RANGE(_n, _s, _f, _d, qdev_prop_uint8, uint8_t, _min, _max)
#define DEFINE_PROP_UINT16_RANGE(_n, _s, _f, _d, _min, _max)                                       \
    DEFINE_PROP_RANGE(_n, _s, _f, _d, qdev_prop_uint16, uint16_t, _min, _max)
#define DEFINE_PROP_UINT32_RANGE(_n, _s, _f, _d, _min, _max)                                       \
    DEFINE_PROP_RANGE(_n, _s, _f, _d, qdev_prop_uint32, uint32_t, _min, _max)
#define DEFINE_PROP_INT32_RANGE(_n, _s, _f, _d, _min, _max)                                        \
    DEFINE_PROP_RANGE(_n, _s, _f, _d, qdev_prop_int32, int32_t, _min, _max)
#define DEFINE_PROP_RANGE(_n, _s, _f, _d, _prop, _type, _min, _max)                                \
    DEFINE_PROP(_n, _s, _f, _prop, _type, .set_default = true, .defval.i = (_d),                   \
                .has_range = true, .min = (_min), .max = (_max))

/*
 * An array: _field (uint32_t) is its length, _arrayfield points to its elements, which are
 * properties _name[0], _name[1] … of the kind _arrayprop once "len-_name" has been set, which can
 * be done once. The device frees neither.
 */
#define PROP_ARRAY_LEN_PREFIX "len-"
#define PROP_ARRAY_LEN_MAX    65535
#define DEFINE_PROP_ARRAY(_name, _state, _field, _arrayfield, _arrayprop, _arraytype)              \
    DEFINE_PROP((PROP_ARRAY_LEN_PREFIX _name), _state, _field, qdev_prop_arraylen, uint32_t,       \
                .set_default = true, .defval.u = 0, .array_info = &(_arrayprop),                   \
                .array_element_size = sizeof(_arraytype),                                          \
                .array_offset = QDEV_FIELD_OFFSET(_state, _arrayfield, _arraytype *))

#define DEFINE_PROP_STRING(_n, _s, _f)     DEFINE_PROP(_n, _s, _f, qdev_prop_string, char *)
/* The field is an OnOffAuto; ON_OFF_AUTO_AUTO … */
#define DEFINE_PROP_ON_OFF_AUTO(_n, _s, _f, _d)                                                    \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_on_off_auto, OnOffAuto)
/* _type: the target's type name; _ptr_type: the field's. */
#define DEFINE_PROP_LINK(_name, _state, _field, _type, _ptr_type)                                  \
    DEFINE_PROP(_name, _state, _field, qdev_prop_link, _ptr_type, .link_type = (_type))
#define DEFINE_PROP_CHR(_n, _s, _f)     DEFINE_PROP(_n, _s, _f, qdev_prop_chr, CharBackend)
#define DEFINE_PROP_DRIVE(_n, _s, _f)   DEFINE_PROP(_n, _s, _f, qdev_prop_drive, BlockBackend *)
#define DEFINE_PROP_MACADDR(_n, _s, _f) DEFINE_PROP(_n, _s, _f, qdev_prop_macaddr, MACAddr)
/* "SLOT[.FUNCTION]" in hexadecimal, or a number; -1: any. */
#define DEFINE_PROP_PCI_DEVFN(_n, _s, _f, _d)                                                      \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_pci_devfn, int32_t)
#define DEFINE_PROP_END_OF_LIST() { NULL }

typedef enum OnOffAuto { ON_OFF_AUTO_AUTO, ON_OFF_AUTO_ON, ON_OFF_AUTO_OFF } OnOffAuto;

typedef struct MACAddr {
    uint8_t a[6];
} MACAddr;

/* From boards: abort if the property isn't there or refuses the value. */
void qdev_prop_set_bit(DeviceState *dev, const char *name, bool value);
void qdev_prop_set_uint8(DeviceState *dev, const char *name, uint8_t value);
void qdev_prop_set_uint16(DeviceState *dev, const char *name, uint16_t value);
void qdev_prop_set_uint32(DeviceState *dev, const char *name, uint32_t value);
void qdev_prop_set_int32(DeviceState *dev, const char *name, int32_t value);
void qdev_prop_set_uint64(DeviceState *dev, const char *name, uint64_t value);
void qdev_prop_set_string(DeviceState *dev, const char *name, const char *value);
void qdev_prop_set_enum(DeviceState *dev, const char *name, int value);
/* Exits with a message if another device has it. NULL: none. */
void qdev_prop_set_chr(DeviceState *dev, const char *name, Chardev *value);
void qdev_prop_set_drive(DeviceState *dev, const char *name, BlockBackend *value);
bool qdev_prop_set_drive_err(DeviceState *dev, const char *name, BlockBackend *value, Error **errp);
void qdev_prop_set_macaddr(DeviceState *dev, const char *name, const uint8_t *value);

/* The variable behind a property. */
void *object_field_prop_ptr(Object *obj, const Property *prop);
/* False with *errp set if dev is realized and the property therefore fixed. */
bool qdev_prop_allow_set(Object *obj, const char *name, const PropertyInfo *info, Error **errp);

/* prop must stay valid. */
void qdev_prop_register_global(GlobalProperty *prop);
/* "driver.prop=value" or "driver=…,property=…,value=…", as -global takes it. */
bool qdev_global_parse(const char *optarg, Error **errp);
/*
 * Warns about user's globals for types that don't exist or weren't used; non-zero if there were
 * any.
 */
int qdev_prop_check_globals(void);

/* Applies compatibility values, then globals; called for each device as it is created. */
void qdev_prop_set_globals(DeviceState *dev);

#endif
