/*
 * Work contexts: threads that run devices' work under a lock of their own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sched.h>
#include <sys/syscall.h>
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/work-context.h"

struct WorkContext {
    /* The lock: `owner` is who has it, whom alone `depth` concerns. */
    GMutex lock;
    GThread *owner; /* atomic */
    unsigned depth;
    unsigned wanted; /* atomic: how many others wait for it */

    GMutex queue_lock;
    GCond wake;
    QTAILQ_HEAD(, Work) queue;
    bool stop;

    GThread *thread;
    int thread_id;
};

bool work_context_is_locked(WorkContext *context)
{
    return context ? qatomic_read(&context->owner) == g_thread_self() : bql_locked();
}

void work_context_lock(WorkContext *context)
{
    if (!context) {
        return;
    }
    if (!work_context_is_locked(context)) {
        qatomic_inc(&context->wanted);
        g_mutex_lock(&context->lock);
        qatomic_dec(&context->wanted);
        qatomic_set(&context->owner, g_thread_self());
    }
    context->depth++;
}

void work_context_unlock(WorkContext *context)
{
    if (context && --context->depth == 0) {
        qatomic_set(&context->owner, NULL);
        g_mutex_unlock(&context->lock);
    }
}

/* --- work --- */

void work_context_submit(WorkContext *context, Work *work)
{
    g_mutex_lock(&context->queue_lock);
    if (!work->queued) {
        work->queued = true;
        QTAILQ_INSERT_TAIL(&context->queue, work, link);
        g_cond_signal(&context->wake);
    }
    g_mutex_unlock(&context->queue_lock);
}

void work_context_cancel(WorkContext *context, Work *work)
{
    assert(work_context_is_locked(context));
    g_mutex_lock(&context->queue_lock);
    if (work->queued) {
        work->queued = false;
        QTAILQ_REMOVE(&context->queue, work, link);
    }
    g_mutex_unlock(&context->queue_lock);
}

/* Waits for work; false: there is none and won't be. */
static bool wait_for_work(WorkContext *context)
{
    bool any;

    g_mutex_lock(&context->queue_lock);
    while (QTAILQ_EMPTY(&context->queue) && !context->stop) {
        g_cond_wait(&context->wake, &context->queue_lock);
    }
    any = !QTAILQ_EMPTY(&context->queue);
    g_mutex_unlock(&context->queue_lock);
    return any;
}

static Work *take_work(WorkContext *context)
{
    Work *work;

    g_mutex_lock(&context->queue_lock);
    work = QTAILQ_FIRST(&context->queue);
    if (work) {
        QTAILQ_REMOVE(&context->queue, work, link);
        work->queued = false;
    }
    g_mutex_unlock(&context->queue_lock);
    return work;
}

/*
 * Work is taken from the queue with the lock held: whoever has the lock can take it back, and may
 * then free what it is about.
 */
static gpointer run(gpointer opaque)
{
    WorkContext *context = opaque;

    rcu_register_thread();
    qatomic_set(&context->thread_id, (int)syscall(SYS_gettid));
    while (wait_for_work(context)) {
        Work *work;

        work_context_lock(context);
        work = take_work(context);
        if (work) {
            work->run(work->opaque);
        }
        work_context_unlock(context);
        while (qatomic_read(&context->wanted)) {
            sched_yield(); /* a mutex isn't fair: the others would wait until there is no work */
        }
    }
    rcu_unregister_thread();
    return NULL;
}

/* --- life --- */

WorkContext *work_context_new(const char *name)
{
    WorkContext *context = g_new0(WorkContext, 1);

    g_mutex_init(&context->lock);
    g_mutex_init(&context->queue_lock);
    g_cond_init(&context->wake);
    QTAILQ_INIT(&context->queue);
    context->thread = g_thread_new(name, run, context);
    while (!qatomic_read(&context->thread_id)) {
        sched_yield();
    }
    return context;
}

void work_context_free(WorkContext *context)
{
    while (work_context_is_locked(context)) {
        work_context_unlock(context);
    }
    g_mutex_lock(&context->queue_lock);
    context->stop = true;
    g_cond_signal(&context->wake);
    g_mutex_unlock(&context->queue_lock);
    g_thread_join(context->thread);
    g_mutex_clear(&context->lock);
    g_mutex_clear(&context->queue_lock);
    g_cond_clear(&context->wake);
    g_free(context);
}

int work_context_thread_id(const WorkContext *context)
{
    return context->thread_id;
}
