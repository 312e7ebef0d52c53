/*
 * Intrusive lists: QLIST (doubly linked), QSLIST (singly linked), QSIMPLEQ (queue), QTAILQ (doubly
 * linked, both ends).
 *
 * The C library's <sys/queue.h> under this tree's names, and the _SAFE loops (the body may remove
 * the current element) that it lacks.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_QUEUE_H
#define QEMU_QUEUE_H

#include <sys/queue.h>

/* Knows the element after `var` before the body runs. */
#define Q_SAFE_LOOP_(var, after, first, successor)                                                 \
    for ((after) = (first); ((var) = (after)) != NULL && (((after) = (successor)), true);)

#define QLIST_HEAD(name, type)               LIST_HEAD(name, type)
#define QLIST_HEAD_INITIALIZER(head)         LIST_HEAD_INITIALIZER(head)
#define QLIST_ENTRY(type)                    LIST_ENTRY(type)
#define QLIST_INIT(head)                     LIST_INIT(head)
#define QLIST_EMPTY(head)                    LIST_EMPTY(head)
#define QLIST_FIRST(head)                    LIST_FIRST(head)
#define QLIST_NEXT(elm, field)               LIST_NEXT(elm, field)
#define QLIST_INSERT_HEAD(head, elm, field)  LIST_INSERT_HEAD(head, elm, field)
#define QLIST_INSERT_AFTER(at, elm, field)   LIST_INSERT_AFTER(at, elm, field)
#define QLIST_INSERT_BEFORE(at, elm, field)  LIST_INSERT_BEFORE(at, elm, field)
#define QLIST_REMOVE(elm, field)             LIST_REMOVE(elm, field)
#define QLIST_FOREACH(var, head, field)      LIST_FOREACH(var, head, field)
#define QLIST_FOREACH_SAFE(var, head, field, next)                                                 \
    Q_SAFE_LOOP_(var, next, LIST_FIRST(head), LIST_NEXT(var, field))
#define QLIST_IS_INSERTED(elm, field)        ((elm)->field.le_prev != NULL)

#define QSLIST_HEAD(name, type)              SLIST_HEAD(name, type)
#define QSLIST_HEAD_INITIALIZER(head)        SLIST_HEAD_INITIALIZER(head)
#define QSLIST_ENTRY(type)                   SLIST_ENTRY(type)
#define QSLIST_INIT(head)                    SLIST_INIT(head)
#define QSLIST_EMPTY(head)                   SLIST_EMPTY(head)
#define QSLIST_FIRST(head)                   SLIST_FIRST(head)
#define QSLIST_NEXT(elm, field)              SLIST_NEXT(elm, field)
#define QSLIST_INSERT_HEAD(head, elm, field) SLIST_INSERT_HEAD(head, elm, field)
#define QSLIST_REMOVE_HEAD(head, field)      SLIST_REMOVE_HEAD(head, field)
#define QSLIST_FOREACH(var, head, field)     SLIST_FOREACH(var, head, field)

#define QSIMPLEQ_HEAD(name, type)              STAILQ_HEAD(name, type)
#define QSIMPLEQ_HEAD_INITIALIZER(head)        STAILQ_HEAD_INITIALIZER(head)
#define QSIMPLEQ_ENTRY(type)                   STAILQ_ENTRY(type)
#define QSIMPLEQ_INIT(head)                    STAILQ_INIT(head)
#define QSIMPLEQ_EMPTY(head)                   STAILQ_EMPTY(head)
#define QSIMPLEQ_FIRST(head)                   STAILQ_FIRST(head)
#define QSIMPLEQ_NEXT(elm, field)              STAILQ_NEXT(elm, field)
#define QSIMPLEQ_INSERT_HEAD(head, elm, field) STAILQ_INSERT_HEAD(head, elm, field)
#define QSIMPLEQ_INSERT_TAIL(head, elm, field) STAILQ_INSERT_TAIL(head, elm, field)
#define QSIMPLEQ_REMOVE_HEAD(head, field)      STAILQ_REMOVE_HEAD(head, field)
#define QSIMPLEQ_REMOVE(head, elm, type, field) STAILQ_REMOVE(head, elm, type, field)
#define QSIMPLEQ_FOREACH(var, head, field)     STAILQ_FOREACH(var, head, field)
#define QSIMPLEQ_FOREACH_SAFE(var, head, field, next)                                              \
    Q_SAFE_LOOP_(var, next, STAILQ_FIRST(head), STAILQ_NEXT(var, field))

#define QTAILQ_HEAD(name, type)                    TAILQ_HEAD(name, type)
#define QTAILQ_HEAD_INITIALIZER(head)              TAILQ_HEAD_INITIALIZER(head)
#define QTAILQ_ENTRY(type)                         TAILQ_ENTRY(type)
#define QTAILQ_INIT(head)                          TAILQ_INIT(head)
#define QTAILQ_EMPTY(head)                         TAILQ_EMPTY(head)
#define QTAILQ_FIRST(head)                         TAILQ_FIRST(head)
#define QTAILQ_NEXT(elm, field)                    TAILQ_NEXT(elm, field)
/* The last element and the one before elm; headname is the tag given to QTAILQ_HEAD. */
#define QTAILQ_LAST(head, headname)                TAILQ_LAST(head, headname)
#define QTAILQ_PREV(elm, headname, field)          TAILQ_PREV(elm, headname, field)
#define QTAILQ_FOREACH_REVERSE(var, head, headname, field)                                         \
    TAILQ_FOREACH_REVERSE(var, head, headname, field)
#define QTAILQ_INSERT_HEAD(head, elm, field)       TAILQ_INSERT_HEAD(head, elm, field)
#define QTAILQ_INSERT_TAIL(head, elm, field)       TAILQ_INSERT_TAIL(head, elm, field)
#define QTAILQ_INSERT_AFTER(head, at, elm, field)  TAILQ_INSERT_AFTER(head, at, elm, field)
#define QTAILQ_INSERT_BEFORE(at, elm, field)       TAILQ_INSERT_BEFORE(at, elm, field)
#define QTAILQ_REMOVE(head, elm, field)            TAILQ_REMOVE(head, elm, field)
#define QTAILQ_FOREACH(var, head, field)           TAILQ_FOREACH(var, head, field)
#define QTAILQ_FOREACH_SAFE(var, head, field, next)                                                \
    Q_SAFE_LOOP_(var, next, TAILQ_FIRST(head), TAILQ_NEXT(var, field))

#endif
