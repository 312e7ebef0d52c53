/*
 * A property's value on its way in or out: a small tagged union.
 *
 * A value that comes from the command line is a string; the conversions (`qvalue_to_…`) parse it,
 * so that a setter never cares where the value came from. Values from C or JSON arrive typed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QOM_VALUE_H
#define QOM_VALUE_H

#include "qemu/osdep.h"

typedef enum QValueKind {
    QVALUE_NONE,
    QVALUE_BOOL,
    QVALUE_INT,
    QVALUE_UINT,
    QVALUE_DOUBLE,
    QVALUE_STR,
    QVALUE_LIST, /* of QValue *, in `list` */
    QVALUE_DICT, /* the same: names (strings) and values by turns */
} QValueKind;

typedef struct QValue {
    QValueKind kind;
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double d;
        char *s; /* owned */
        GPtrArray *list;
    };
} QValue;

#define QVALUE_INIT { .kind = QVALUE_NONE }

/* Releases what the value owns; the value is QVALUE_NONE then. */
void qvalue_clear(QValue *v);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(QValue, qvalue_clear)

void qvalue_set_bool(QValue *v, bool b);
void qvalue_set_int(QValue *v, int64_t i);
void qvalue_set_uint(QValue *v, uint64_t u);
void qvalue_set_double(QValue *v, double d);
void qvalue_set_str(QValue *v, const char *s); /* copies; NULL is "" */
void qvalue_set_list(QValue *v); /* an empty list */
/* Appends a copy of item; v must be QVALUE_NONE (then it becomes a list) or a list. */
void qvalue_append(QValue *v, const QValue *item);
/* Adds a member; v must be QVALUE_NONE (then it becomes a dictionary) or a dictionary. */
void qvalue_add_member(QValue *v, const char *name, const QValue *member);
void qvalue_copy(QValue *dst, const QValue *src);

/*
 * What the value is as that type; false with *errp set ("Parameter 'name' expects …") if it is
 * something else. Integers are checked against the limits. qvalue_to_size() also takes suffixes
 * ("64k").
 */
bool qvalue_to_bool(const QValue *v, const char *name, bool *out, Error **errp);
bool qvalue_to_int(const QValue *v, const char *name, int64_t min, int64_t max, int64_t *out,
                   Error **errp);
bool qvalue_to_uint(const QValue *v, const char *name, uint64_t max, uint64_t *out, Error **errp);
bool qvalue_to_size(const QValue *v, const char *name, uint64_t *out, Error **errp);
bool qvalue_to_double(const QValue *v, const char *name, double *out, Error **errp);
/* The string inside the value, owned by it. */
bool qvalue_to_str(const QValue *v, const char *name, const char **out, Error **errp);

/* As text: true, 42, "text" (human) or text. Newly allocated. */
char *qvalue_print(const QValue *v, bool human);

#endif
