/*
 * Lists of callbacks that are told when something happens.
 *
 * Adding, removing and telling may be mixed as one likes, from callbacks as well: who is removed
 * isn't called any more, who is added while the list is being told waits for the next time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_NOTIFY_H
#define QEMU_NOTIFY_H

#include "qemu/osdep.h"

typedef struct Notifier Notifier;
typedef struct NotifierList NotifierList;

/* Its owner fills in `notify` and zeroes the rest, which is the list's. */
struct Notifier {
    void (*notify)(Notifier *notifier, void *data);
    NotifierList *list;
    GHook *hook; /* NULL: in no list */
};

struct NotifierList {
    GHookList hooks;
};

/* All zeros is an empty list. */
#define NOTIFIER_LIST_INITIALIZER(head) { .hooks = { 0 } }

void notifier_list_init(NotifierList *list);
/* Adds at the front; the caller keeps owning the notifier, which must be in no list. */
void notifier_list_add(NotifierList *list, Notifier *notifier);
/* From its list; a notifier that is in none is left alone. */
void notifier_remove(Notifier *notifier);
/* Calls every notifier, last added first. */
void notifier_list_notify(NotifierList *list, void *data);
bool notifier_list_empty(NotifierList *list);

#endif
