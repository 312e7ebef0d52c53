/*
 * Work contexts: a thread of its own for some devices, and the lock that stands in for the big one.
 *
 * What belongs to a context (a device's rings and requests) is touched only with the context's lock
 * held: by its thread while it runs a piece of work, or by anybody else who takes the lock. It
 * comes after the big lock: who holds it never waits for that. So the context's thread does without
 * the big lock, and who holds that can do everything the thread does.
 *
 * A NULL context means the main loop, and the big lock: locking it does nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_WORK_CONTEXT_H
#define QEMU_WORK_CONTEXT_H

#include "qemu/osdep.h"
#include "qemu/queue.h"

typedef struct WorkContext WorkContext;

/* A function that the context's thread calls soon, once for any number of requests in between. */
typedef struct Work {
    void (*run)(void *opaque);
    void *opaque;

    /* private */
    bool queued;
    QTAILQ_ENTRY(Work) link;
} Work;

/* Starts the thread. */
WorkContext *work_context_new(const char *name);
/* Ends it; nobody uses the context. The calling thread may have the lock. */
void work_context_free(WorkContext *context);
/* The kernel's number of the thread. */
int work_context_thread_id(const WorkContext *context);

/* They nest. */
void work_context_lock(WorkContext *context);
void work_context_unlock(WorkContext *context);
/* Whether the calling thread has the lock; of NULL: the big lock. */
bool work_context_is_locked(WorkContext *context);

/* Any thread, no lock needed. */
void work_context_submit(WorkContext *context, Work *work);
/* With the lock held: work that is queued won't run. */
void work_context_cancel(WorkContext *context, Work *work);

/*
 * From now on the thread runs @work while @fd is readable; -1: no longer, and it won't run again.
 * There can be one such descriptor. With the lock held.
 */
void work_context_watch(WorkContext *context, int fd, Work *work);

/* Holds the lock until the end of the enclosing block. */
#define WORK_CONTEXT_GUARD(context)                                                                \
    __attribute__((cleanup(work_context_guard_end_), unused)) WorkContext *const held_context_ =   \
        work_context_guard_begin_(context)

static inline WorkContext *work_context_guard_begin_(WorkContext *context)
{
    work_context_lock(context);
    return context;
}

static inline void work_context_guard_end_(WorkContext *const *context)
{
    work_context_unlock(*context);
}

#endif
