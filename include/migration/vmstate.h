/*
 * Device state as tables: which fields of a structure make up its state.
 *
 * One table serves snapshots, comparisons and printing; all walk it with vmstate_foreach_field() or
 * save and load it as bytes. Numbers are stored big-endian, in the order of the table.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef MIGRATION_VMSTATE_H
#define MIGRATION_VMSTATE_H

#include "qemu/osdep.h"
#include "qemu/timer.h"

typedef enum VMStateKind {
    VMS_KIND_END,
    VMS_KIND_UINT,   /* unsigned, `size` bytes: 1, 2, 4 or 8 */
    VMS_KIND_INT,    /* signed, the same */
    VMS_KIND_BOOL,
    VMS_KIND_FLOAT64,
    VMS_KIND_BUFFER, /* `size` bytes as they are */
    VMS_KIND_STRUCT, /* its own table, vmsd */
    VMS_KIND_TIMER,  /* a QEMUTimer: its deadline */
    VMS_KIND_UNUSED, /* `size` zero bytes */
    VMS_KIND_CUSTOM, /* info */
} VMStateKind;

enum {
    VMS_POINTER = 1 << 0,          /* the field is a pointer to the data */
    VMS_ARRAY = 1 << 1,            /* `num` elements */
    VMS_VARRAY_UINT32 = 1 << 2,    /* as many as the uint32_t at num_offset says */
    VMS_VARRAY_INT32 = 1 << 3,
    VMS_VARRAY_UINT16 = 1 << 4,
    VMS_VARRAY_UINT8 = 1 << 5,
    VMS_ARRAY_OF_POINTER = 1 << 6, /* the elements are pointers to the data */
    /* a buffer of as many bytes as the uint32_t at num_offset says */
    VMS_VBUFFER = 1 << 7,
    VMS_MUST_EXIST = 1 << 8,
};

typedef struct VMStateField VMStateField;

/* A field that needs code. get: -errno and *errp if the bytes make no sense. */
typedef struct VMStateReader {
    const uint8_t *data;
    size_t size, pos;
} VMStateReader;

typedef struct VMStateInfo {
    const char *name;
    void (*put)(GByteArray *out, const void *pv, size_t size, const VMStateField *field);
    int (*get)(VMStateReader *in, void *pv, size_t size, const VMStateField *field, Error **errp);
} VMStateInfo;

struct VMStateField {
    const char *name;
    VMStateKind kind;
    uint32_t flags;
    size_t offset;
    size_t size;       /* of one element, as stored in memory */
    size_t num;
    size_t num_offset;
    int version_id;    /* in snapshots from that version of the table on */
    const VMStateDescription *vmsd;
    const VMStateInfo *info;
    bool (*field_exists)(void *opaque, int version_id);
};

struct VMStateDescription {
    const char *name;
    int version_id;
    int minimum_version_id;
    int (*pre_load)(void *opaque);
    int (*post_load)(void *opaque, int version_id);
    int (*pre_save)(void *opaque);
    int (*post_save)(void *opaque);
    /* For a subsection: whether this state needs it. */
    bool (*needed)(void *opaque);
    const VMStateField *fields;
    const VMStateDescription *const *subsections; /* ends with NULL */
};

/* Fails to compile if the field isn't of that type. */
#define vmstate_offset_value(_state, _field, _type)                                                \
    (offsetof(_state, _field) +                                                                    \
     0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((_state *)0)->_field), _type)        \
                         ? 1                                                                       \
                         : -1]))
#define vmstate_offset_pointer(_state, _field, _type)                                              \
    vmstate_offset_value(_state, _field, _type *)
#define vmstate_offset_array(_state, _field, _type, _num)                                          \
    vmstate_offset_value(_state, _field, __typeof__(_type[_num]))
#define vmstate_array_of(_state, _field) (((_state *)0)->_field)

#define VMSTATE_VALUE_(_f, _s, _v, _test, _kind, _type)                                            \
    {                                                                                              \
        .name = stringify(_f), .kind = (_kind), .size = sizeof(_type), .version_id = (_v),         \
        .field_exists = (_test), .offset = vmstate_offset_value(_s, _f, _type)                     \
    }
#define VMSTATE_ARRAY_(_f, _s, _n, _v, _kind, _type)                                               \
    {                                                                                              \
        .name = stringify(_f), .kind = (_kind), .size = sizeof(_type), .version_id = (_v),         \
        .flags = VMS_ARRAY, .num = (_n), .offset = vmstate_offset_array(_s, _f, _type, _n)         \
    }
#define VMSTATE_2DARRAY_(_f, _s, _n1, _n2, _v, _kind, _type)                                       \
    {                                                                                              \
        .name = stringify(_f), .kind = (_kind), .size = sizeof(_type), .version_id = (_v),         \
        .flags = VMS_ARRAY, .num = (_n1) * (_n2),                                                  \
        .offset = vmstate_offset_value(_s, _f, __typeof__(_type[_n1][_n2]))                        \
    }

#define VMSTATE_BOOL_V(_f, _s, _v)   VMSTATE_VALUE_(_f, _s, _v, NULL, VMS_KIND_BOOL, bool)
#define VMSTATE_UINT8_V(_f, _s, _v)  VMSTATE_VALUE_(_f, _s, _v, NULL, VMS_KIND_UINT, uint8_t)
#define VMSTATE_UINT16_V(_f, _s, _v) VMSTATE_VALUE_(_f, _s, _v, NULL, VMS_KIND_UINT, uint16_t)
#define VMSTATE_UINT32_V(_f, _s, _v) VMSTATE_VALUE_(_f, _s, _v, NULL, VMS_KIND_UINT, uint32_t)
#define VMSTATE_UINT64_V(_f, _s, _v) VMSTATE_VALUE_(_f, _s, _v, NULL, VMS_KIND_UINT, uint64_t)
#define VMSTATE_INT8_V(_f, _s, _v)   VMSTATE_VALUE_(_f, _s, _v, NULL, VMS_KIND_INT, int8_t)
#define VMSTATE_INT16_V(_f, _s, _v)  VMSTATE_VALUE_(_f, _s, _v, NULL, VMS_KIND_INT, int16_t)
#define VMSTATE_INT32_V(_f, _s, _v)  VMSTATE_VALUE_(_f, _s, _v, NULL, VMS_KIND_INT, int32_t)
#define VMSTATE_INT64_V(_f, _s, _v)  VMSTATE_VALUE_(_f, _s, _v, NULL, VMS_KIND_INT, int64_t)
#define VMSTATE_BOOL(_f, _s)         VMSTATE_BOOL_V(_f, _s, 0)
#define VMSTATE_UINT8(_f, _s)        VMSTATE_UINT8_V(_f, _s, 0)
#define VMSTATE_UINT16(_f, _s)       VMSTATE_UINT16_V(_f, _s, 0)
#define VMSTATE_UINT32(_f, _s)       VMSTATE_UINT32_V(_f, _s, 0)
#define VMSTATE_UINT64(_f, _s)       VMSTATE_UINT64_V(_f, _s, 0)
#define VMSTATE_INT8(_f, _s)         VMSTATE_INT8_V(_f, _s, 0)
#define VMSTATE_INT16(_f, _s)        VMSTATE_INT16_V(_f, _s, 0)
#define VMSTATE_INT32(_f, _s)        VMSTATE_INT32_V(_f, _s, 0)
#define VMSTATE_INT64(_f, _s)        VMSTATE_INT64_V(_f, _s, 0)
#define VMSTATE_FLOAT64(_f, _s)      VMSTATE_VALUE_(_f, _s, 0, NULL, VMS_KIND_FLOAT64, double)

#define VMSTATE_BOOL_ARRAY(_f, _s, _n)   VMSTATE_ARRAY_(_f, _s, _n, 0, VMS_KIND_BOOL, bool)
#define VMSTATE_UINT8_ARRAY(_f, _s, _n)  VMSTATE_ARRAY_(_f, _s, _n, 0, VMS_KIND_UINT, uint8_t)
#define VMSTATE_UINT16_ARRAY(_f, _s, _n) VMSTATE_ARRAY_(_f, _s, _n, 0, VMS_KIND_UINT, uint16_t)
#define VMSTATE_UINT32_ARRAY(_f, _s, _n) VMSTATE_ARRAY_(_f, _s, _n, 0, VMS_KIND_UINT, uint32_t)
#define VMSTATE_UINT64_ARRAY(_f, _s, _n) VMSTATE_ARRAY_(_f, _s, _n, 0, VMS_KIND_UINT, uint64_t)
#define VMSTATE_INT32_ARRAY(_f, _s, _n)  VMSTATE_ARRAY_(_f, _s, _n, 0, VMS_KIND_INT, int32_t)
#define VMSTATE_INT64_ARRAY(_f, _s, _n)  VMSTATE_ARRAY_(_f, _s, _n, 0, VMS_KIND_INT, int64_t)
#define VMSTATE_UINT32_2DARRAY(_f, _s, _n1, _n2)                                                   \
    VMSTATE_2DARRAY_(_f, _s, _n1, _n2, 0, VMS_KIND_UINT, uint32_t)
#define VMSTATE_UINT64_2DARRAY(_f, _s, _n1, _n2)                                                   \
    VMSTATE_2DARRAY_(_f, _s, _n1, _n2, 0, VMS_KIND_UINT, uint64_t)

/*
 * A pointer to an array with as many elements as the uint32_t field _field_num says; that is not
 * itself part of the state.
 */
#define VMSTATE_VARRAY_UINT64_PTR(_f, _s, _field_num)                                              \
    {                                                                                              \
        .name = stringify(_f), .kind = VMS_KIND_UINT, .size = sizeof(uint64_t),                    \
        .flags = VMS_POINTER | VMS_VARRAY_UINT32,                                                  \
        .num_offset = vmstate_offset_value(_s, _field_num, uint32_t),                              \
        .offset = vmstate_offset_pointer(_s, _f, uint64_t)                                         \
    }
#define VMSTATE_BUFFER(_f, _s)                                                                     \
    {                                                                                              \
        .name = stringify(_f), .kind = VMS_KIND_BUFFER, .size = sizeof(((_s *)0)->_f),             \
        .offset = offsetof(_s, _f)                                                                 \
    }
/*
 * A pointer to as many bytes as the uint32_t field _field_size says; that is not itself part of the
 * state.
 */
#define VMSTATE_VBUFFER_UINT32(_f, _s, _v, _test, _field_size)                                     \
    {                                                                                              \
        .name = stringify(_f), .kind = VMS_KIND_BUFFER, .flags = VMS_POINTER | VMS_VBUFFER,        \
        .version_id = (_v), .field_exists = (_test),                                               \
        .num_offset = vmstate_offset_value(_s, _field_size, uint32_t), .offset = offsetof(_s, _f)  \
    }
#define VMSTATE_UNUSED(_size)                                                                      \
    {                                                                                              \
        .name = "unused", .kind = VMS_KIND_UNUSED, .size = (_size)                                 \
    }

#define VMSTATE_STRUCT(_f, _s, _v, _vmsd, _type)                                                   \
    {                                                                                              \
        .name = stringify(_f), .kind = VMS_KIND_STRUCT, .size = sizeof(_type), .vmsd = &(_vmsd),   \
        .offset = vmstate_offset_value(_s, _f, _type)                                              \
    }
#define VMSTATE_STRUCT_ARRAY(_f, _s, _n, _v, _vmsd, _type)                                         \
    {                                                                                              \
        .name = stringify(_f), .kind = VMS_KIND_STRUCT, .size = sizeof(_type), .vmsd = &(_vmsd),   \
        .flags = VMS_ARRAY, .num = (_n), .offset = vmstate_offset_array(_s, _f, _type, _n)         \
    }
#define VMSTATE_STRUCT_POINTER(_f, _s, _vmsd, _type)                                               \
    {                                                                                              \
        .name = stringify(_f), .kind = VMS_KIND_STRUCT, .size = sizeof(_type), .vmsd = &(_vmsd),   \
        .flags = VMS_POINTER, .offset = vmstate_offset_pointer(_s, _f, _type)                      \
    }
/* An array inside the state of which the first _field_num (uint32_t) elements are in use. */
#define VMSTATE_STRUCT_VARRAY_UINT32(_f, _s, _field_num, _v, _vmsd, _type)                         \
    {                                                                                              \
        .name = stringify(_f), .kind = VMS_KIND_STRUCT, .size = sizeof(_type), .vmsd = &(_vmsd),   \
        .flags = VMS_VARRAY_UINT32, .num_offset = vmstate_offset_value(_s, _field_num, uint32_t),  \
        .offset = offsetof(_s, _f), .num = ARRAY_SIZE(vmstate_array_of(_s, _f))                    \
    }
#define VMSTATE_TIMER(_f, _s)                                                                      \
    {                                                                                              \
        .name = stringify(_f), .kind = VMS_KIND_TIMER, .size = sizeof(QEMUTimer),                  \
        .offset = vmstate_offset_value(_s, _f, QEMUTimer)                                          \
    }
#define VMSTATE_TIMER_PTR(_f, _s)                                                                  \
    {                                                                                              \
        .name = stringify(_f), .kind = VMS_KIND_TIMER, .size = sizeof(QEMUTimer),                  \
        .flags = VMS_POINTER, .offset = vmstate_offset_pointer(_s, _f, QEMUTimer)                  \
    }
#define VMSTATE_TIMER_PTR_ARRAY(_f, _s, _n)                                                        \
    {                                                                                              \
        .name = stringify(_f), .kind = VMS_KIND_TIMER, .size = sizeof(QEMUTimer),                  \
        .flags = VMS_ARRAY | VMS_ARRAY_OF_POINTER, .num = (_n),                                    \
        .offset = vmstate_offset_array(_s, _f, QEMUTimer *, _n)                                    \
    }
/* What vmstate_info of type VMStateInfo saves and loads. */
#define VMSTATE_SINGLE(_f, _s, _v, _info, _type)                                                   \
    {                                                                                              \
        .name = stringify(_f), .kind = VMS_KIND_CUSTOM, .size = sizeof(_type), .info = &(_info),   \
        .version_id = (_v), .offset = vmstate_offset_value(_s, _f, _type)                          \
    }
#define VMSTATE_END_OF_LIST() { .kind = VMS_KIND_END }

/*
 * Calls fn for each element of each field of the state at opaque, structures before their fields.
 * path is "field[index].field". A non-zero result stops the walk and is returned.
 */
typedef int VMStateFieldFunc(const char *path, const VMStateField *field, void *data, size_t size,
                             void *fn_opaque);
int vmstate_foreach_field(const VMStateDescription *vmsd, void *opaque, VMStateFieldFunc *fn,
                          void *fn_opaque);

/* Appends the state to out; 0, or what pre_save returned. */
int vmstate_save_state(GByteArray *out, const VMStateDescription *vmsd, void *opaque,
                       Error **errp);
/*
 * Reads it back; 0, or -errno and *errp for bytes that don't fit the table. The state may be half
 * loaded then.
 */
int vmstate_load_state(VMStateReader *in, const VMStateDescription *vmsd, void *opaque,
                       Error **errp);

/*
 * State that belongs to no device: (object, table) pairs under a name. instance_id < 0: next free.
 */
#define VMSTATE_INSTANCE_ID_ANY (-1)
void vmstate_register(const char *name, int instance_id, const VMStateDescription *vmsd,
                      void *opaque);
void vmstate_unregister(const VMStateDescription *vmsd, void *opaque);
/* Calls fn for all registered states, in the order of registration. */
void vmstate_foreach_registered(void (*fn)(const char *name, int instance_id,
                                           const VMStateDescription *vmsd, void *opaque,
                                           void *fn_opaque),
                                void *fn_opaque);

#endif
