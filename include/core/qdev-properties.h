/*
 * Device properties: a table of variables that users and boards set before the device is realized.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_QDEV_PROPERTIES_H
#define CORE_QDEV_PROPERTIES_H

#include "core/qdev-core.h"
#include "net/mac.h"

typedef struct PropertyInfo PropertyInfo;

/* One row of a device's table: a variable in its state. */
struct Property {
    const char *name;
    const PropertyInfo *info;
    ptrdiff_t offset; /* of the variable */
    uint8_t bit;      /* which one of it, where the property is a bit */
    bool has_initial;
    bool has_range;   /* from min to max, on top of what the type holds */
    int64_t initial;  /* what a new device has; the bits of an unsigned number */
    int64_t min, max;
    const char *link_type;
    /* Of an array's length: where the pointer to the elements is, and what they are. */
    ptrdiff_t elements;
    const PropertyInfo *element_info;
    size_t element_size;
};

/* One access: the property `name` of `owner`, which is `variable`. */
typedef struct PropertyAccess {
    Object *owner;
    const char *name;
    const Property *prop;
    void *variable;
} PropertyAccess;

/* What the variable is, which says how values get in and out of it. */
typedef enum PropertyKind {
    PROPERTY_OWN, /* the type's own functions know */
    PROPERTY_UINT,
    PROPERTY_INT,
    PROPERTY_SIZE, /* an unsigned number of bytes, "64k" */
    PROPERTY_BIT,
    PROPERTY_STRING, /* char *, allocated; freed with the device */
    PROPERTY_ENUM,
    PROPERTY_LINK,
} PropertyKind;

/* A type of properties. Functions that are NULL: as the kind says. */
struct PropertyInfo {
    const char *name; /* the type's name: "uint32" */
    const char *description;
    PropertyKind kind;
    uint8_t size; /* of a number's variable, in bytes */
    bool realized_set_allowed;
    const QEnumLookup *enum_table;

    void (*get)(const PropertyAccess *at, QValue *value);
    /* False and *errp if the value can't be taken; the variable is then as before. */
    bool (*set)(const PropertyAccess *at, const QValue *value, Error **errp);
    /* Lets go of what the variable owns; the device dies. */
    void (*release)(const PropertyAccess *at);
    /* Text for `info qtree`, newly allocated. */
    char *(*print)(Object *obj, const Property *prop);
};

extern const PropertyInfo qdev_prop_bit, qdev_prop_bit64, qdev_prop_bool;
extern const PropertyInfo qdev_prop_uint8, qdev_prop_uint16, qdev_prop_uint32, qdev_prop_uint64;
extern const PropertyInfo qdev_prop_int32, qdev_prop_int64, qdev_prop_size, qdev_prop_size32;
extern const PropertyInfo qdev_prop_string, qdev_prop_enum, qdev_prop_on_off_auto;
extern const PropertyInfo qdev_prop_link, qdev_prop_arraylen;
extern const PropertyInfo qdev_prop_chr, qdev_prop_drive, qdev_prop_macaddr, qdev_prop_netdev;
extern const PropertyInfo qdev_prop_audiodev, qdev_prop_pci_devfn;

/* offsetof(); fails to compile if the member isn't of that type. */
#define QDEV_IS_TYPE_(state, member, type)                                                         \
    __builtin_types_compatible_p(__typeof__(((state *)0)->member), type)
#define QDEV_FIELD_OFFSET(state, member, type)                                                     \
    (offsetof(state, member) + 0 * sizeof(char[QDEV_IS_TYPE_(state, member, type) ? 1 : -1]))

/* The general row; further members of Property may follow. */
#define DEFINE_PROP(prop_name, state, member, type_info, type, ...)                                \
    { prop_name, &type_info, QDEV_FIELD_OFFSET(state, member, type), ##__VA_ARGS__ }
#define DEFINE_PROP_END_OF_LIST() { NULL }

#define QDEV_INITIAL_(value)        .has_initial = true, .initial = (int64_t)(value)
#define QDEV_RANGE_(smallest, largest) .has_range = true, .min = (smallest), .max = (largest)

/* A number whose type's name and the variable's C type are given. */
#define DEFINE_PROP_SIGNED(prop_name, state, member, value, type_info, type)                       \
    DEFINE_PROP(prop_name, state, member, type_info, type, QDEV_INITIAL_(value))
#define DEFINE_PROP_UNSIGNED DEFINE_PROP_SIGNED
#define DEFINE_PROP_UNSIGNED_NODEFAULT(prop_name, state, member, type_info, type)                  \
    DEFINE_PROP(prop_name, state, member, type_info, type)
/* kind: uint8, int32 … */
#define QDEV_NUMBER_(prop_name, state, member, kind, ...)                                          \
    DEFINE_PROP(prop_name, state, member, qdev_prop_##kind, kind##_t, __VA_ARGS__)

/* DEFINE_PROP_UINT8(name, state, member, value) and so on. */
#define DEFINE_PROP_UINT8(nm, st, mem, val)  QDEV_NUMBER_(nm, st, mem, uint8, QDEV_INITIAL_(val))
#define DEFINE_PROP_UINT16(nm, st, mem, val) QDEV_NUMBER_(nm, st, mem, uint16, QDEV_INITIAL_(val))
#define DEFINE_PROP_UINT32(nm, st, mem, val) QDEV_NUMBER_(nm, st, mem, uint32, QDEV_INITIAL_(val))
#define DEFINE_PROP_UINT64(nm, st, mem, val) QDEV_NUMBER_(nm, st, mem, uint64, QDEV_INITIAL_(val))
#define DEFINE_PROP_INT32(nm, st, mem, val)  QDEV_NUMBER_(nm, st, mem, int32, QDEV_INITIAL_(val))
#define DEFINE_PROP_INT64(nm, st, mem, val)  QDEV_NUMBER_(nm, st, mem, int64, QDEV_INITIAL_(val))
/* Sizes in bytes, in a uint64_t and a uint32_t. */
#define DEFINE_PROP_SIZE(nm, st, mem, val)                                                         \
    DEFINE_PROP(nm, st, mem, qdev_prop_size, uint64_t, QDEV_INITIAL_(val))
#define DEFINE_PROP_SIZE32(nm, st, mem, val)                                                       \
    DEFINE_PROP(nm, st, mem, qdev_prop_size32, uint32_t, QDEV_INITIAL_(val))
/* Integers that are refused outside [least, most]. */
#define QDEV_RANGED_(nm, st, mem, kind, val, least, most)                                          \
    QDEV_NUMBER_(nm, st, mem, kind, QDEV_INITIAL_(val), QDEV_RANGE_(least, most))
#define DEFINE_PROP_UINT8_RANGE(nm, st, mem, val, least, most)                                     \
    QDEV_RANGED_(nm, st, mem, uint8, val, least, most)
#define DEFINE_PROP_UINT16_RANGE(nm, st, mem, val, least, most)                                    \
    QDEV_RANGED_(nm, st, mem, uint16, val, least, most)
#define DEFINE_PROP_UINT32_RANGE(nm, st, mem, val, least, most)                                    \
    QDEV_RANGED_(nm, st, mem, uint32, val, least, most)
#define DEFINE_PROP_INT32_RANGE(nm, st, mem, val, least, most)                                     \
    QDEV_RANGED_(nm, st, mem, int32, val, least, most)

/* Truth values: a bool, or bit `number` of a uint32_t or uint64_t. */
#define DEFINE_PROP_BOOL(nm, st, mem, val)                                                         \
    DEFINE_PROP(nm, st, mem, qdev_prop_bool, bool, QDEV_INITIAL_((bool)(val)))
#define DEFINE_PROP_BIT(nm, st, mem, number, val)                                                  \
    DEFINE_PROP(nm, st, mem, qdev_prop_bit, uint32_t, (number), QDEV_INITIAL_((bool)(val)))
#define DEFINE_PROP_BIT64(nm, st, mem, number, val)                                                \
    DEFINE_PROP(nm, st, mem, qdev_prop_bit64, uint64_t, (number), QDEV_INITIAL_((bool)(val)))

#define DEFINE_PROP_STRING(nm, st, mem) DEFINE_PROP(nm, st, mem, qdev_prop_string, char *)
/* The variable is an OnOffAuto; ON_OFF_AUTO_AUTO … */
#define DEFINE_PROP_ON_OFF_AUTO(nm, st, mem, val)                                                  \
    DEFINE_PROP(nm, st, mem, qdev_prop_on_off_auto, OnOffAuto, QDEV_INITIAL_(val))
/* target: its type's name; pointer: the variable's C type. */
#define DEFINE_PROP_LINK(nm, st, mem, target, pointer)                                             \
    DEFINE_PROP(nm, st, mem, qdev_prop_link, pointer, .link_type = (target))
#define DEFINE_PROP_CHR(nm, st, mem)     DEFINE_PROP(nm, st, mem, qdev_prop_chr, CharBackend)
#define DEFINE_PROP_DRIVE(nm, st, mem)   DEFINE_PROP(nm, st, mem, qdev_prop_drive, BlockBackend *)
#define DEFINE_PROP_MACADDR(nm, st, mem) DEFINE_PROP(nm, st, mem, qdev_prop_macaddr, MACAddr)
#define DEFINE_PROP_NETDEV(nm, st, mem)  DEFINE_PROP(nm, st, mem, qdev_prop_netdev, NICPeers)
/* What every NIC has; conf is a NICConf (net/net.h). */
#define DEFINE_NIC_PROPERTIES(st, conf)                                                            \
    DEFINE_PROP_MACADDR("mac", st, conf.macaddr), DEFINE_PROP_NETDEV("netdev", st, conf.peers)
/* AudioDev *: the id of an -audiodev; NULL: the default one (audio/audio.h). */
#define DEFINE_PROP_AUDIODEV(nm, st, mem)                                                          \
    DEFINE_PROP(nm, st, mem, qdev_prop_audiodev, AudioDev *)
/* "SLOT[.FUNCTION]" in hexadecimal, or a number; -1: any. */
#define DEFINE_PROP_PCI_DEVFN(nm, st, mem, val)                                                    \
    DEFINE_PROP(nm, st, mem, qdev_prop_pci_devfn, int32_t, QDEV_INITIAL_(val))

/*
 * An array: `length` (uint32_t) is its length, `array` points to its elements, which are properties
 * nm[0], nm[1] … of the type `info` once "len-nm" has been set, which can be done once. The device
 * frees neither.
 */
#define PROP_ARRAY_LEN_PREFIX "len-"
#define PROP_ARRAY_LEN_MAX    65535
#define DEFINE_PROP_ARRAY(nm, st, length, array, info, type)                                       \
    DEFINE_PROP(PROP_ARRAY_LEN_PREFIX nm, st, length, qdev_prop_arraylen, uint32_t,                \
                QDEV_INITIAL_(0), .elements = QDEV_FIELD_OFFSET(st, array, type *),                \
                .element_info = &(info), .element_size = sizeof(type))

typedef enum OnOffAuto { ON_OFF_AUTO_AUTO, ON_OFF_AUTO_ON, ON_OFF_AUTO_OFF } OnOffAuto;

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
