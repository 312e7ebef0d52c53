/*
 * Lists of callbacks that are told when something happens.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_NOTIFY_H
#define QEMU_NOTIFY_H

#include "qemu/osdep.h"
#include "qemu/queue.h"

typedef struct Notifier Notifier;

struct Notifier {
    void (*notify)(Notifier *notifier, void *data);
    QLIST_ENTRY(Notifier) node;
};

typedef struct NotifierList {
    QLIST_HEAD(, Notifier) notifiers;
} NotifierList;

#define NOTIFIER_LIST_INITIALIZER(head) { QLIST_HEAD_INITIALIZER((head).notifiers) }

void notifier_list_init(NotifierList *list);
/* Adds at the front; the caller keeps owning the notifier. */
void notifier_list_add(NotifierList *list, Notifier *notifier);
/* From its list; a notifier that is in none is left alone. */
void notifier_remove(Notifier *notifier);
/* Calls every notifier, last added first. A callback may remove itself. */
void notifier_list_notify(NotifierList *list, void *data);
bool notifier_list_empty(NotifierList *list);

#endif
