/*
 * Objects that users create with -object and object_add.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QOM_OBJECT_INTERFACES_H
#define QOM_OBJECT_INTERFACES_H

#include "qom/object.h"

#define TYPE_USER_CREATABLE "user-creatable"

typedef struct UserCreatable UserCreatable;

typedef struct UserCreatableClass {
    InterfaceClass parent_class;

    /* After all properties have been set; may fail. */
    void (*complete)(UserCreatable *uc, Error **errp);
    /* Whether object_del is allowed now; NULL means yes. */
    bool (*can_be_deleted)(UserCreatable *uc);
} UserCreatableClass;

DECLARE_CLASS_CHECKERS(UserCreatableClass, USER_CREATABLE, TYPE_USER_CREATABLE)
#define USER_CREATABLE(obj) INTERFACE_CHECK(UserCreatable, (obj), TYPE_USER_CREATABLE)

bool user_creatable_complete(UserCreatable *uc, Error **errp);
bool user_creatable_can_be_deleted(UserCreatable *uc);

/*
 * Creates an object below /objects as id. `props` is a list of alternating names and values (both
 * char *). NULL and *errp if the type can't be created by users, a property is refused or the id is
 * taken or malformed.
 */
Object *user_creatable_add_type(const char *type, const char *id, GPtrArray *props, Error **errp);
/* `-object type,id=x,prop=value`. */
bool user_creatable_add_from_str(const char *str, Error **errp);
/*
 * The answer to `-object help` (the types) or `-object TYPE,help` (its properties), newly
 * allocated; NULL if text isn't such a question, or is about no such type.
 */
char *user_creatable_help(const char *text);
bool user_creatable_del(const char *id, Error **errp);
void user_creatable_cleanup(void);

#endif
