/*
 * Getters and setters of properties as code written for QEMU spells them: one function for both
 * ways. In a getter visit_type_…() hands on what *obj says, in a setter it fills *obj.
 *
 *     static void get_level(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
 *     {
 *         visit_type_uint32(v, name, &FOO(obj)->level, errp);
 *     }
 *
 * All are true, or false with *errp set and *obj as it was. Our own code uses qom/value.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QAPI_VISITOR_H
#define QAPI_VISITOR_H

#include "qom/object.h"

typedef QValue Visitor;

bool visit_type_bool(Visitor *v, const char *name, bool *obj, Error **errp);
bool visit_type_int(Visitor *v, const char *name, int64_t *obj, Error **errp);
bool visit_type_int8(Visitor *v, const char *name, int8_t *obj, Error **errp);
bool visit_type_int16(Visitor *v, const char *name, int16_t *obj, Error **errp);
bool visit_type_int32(Visitor *v, const char *name, int32_t *obj, Error **errp);
bool visit_type_int64(Visitor *v, const char *name, int64_t *obj, Error **errp);
bool visit_type_uint8(Visitor *v, const char *name, uint8_t *obj, Error **errp);
bool visit_type_uint16(Visitor *v, const char *name, uint16_t *obj, Error **errp);
bool visit_type_uint32(Visitor *v, const char *name, uint32_t *obj, Error **errp);
bool visit_type_uint64(Visitor *v, const char *name, uint64_t *obj, Error **errp);
/* Takes suffixes: "64k". */
bool visit_type_size(Visitor *v, const char *name, uint64_t *obj, Error **errp);
/* In a setter *obj becomes newly allocated; what it was before stays the caller's. */
bool visit_type_str(Visitor *v, const char *name, char **obj, Error **errp);
bool visit_type_number(Visitor *v, const char *name, double *obj, Error **errp);
/* The number of a name in lookup. */
bool visit_type_enum(Visitor *v, const char *name, int *obj, const QEnumLookup *lookup,
                     Error **errp);

#endif
