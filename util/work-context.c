/*
 * Work contexts: threads that run devices' work under a lock of their own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include "qemu/event_notifier.h"
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
    int fd;           /* that is watched; -1: none */
    Work *fd_work;
    EventNotifier bell; /* wakes the thread where it waits for fd */
    bool in_poll, asleep; /* how the thread waits, if it does */

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

/* With queue_lock. */
static void wake(WorkContext *context)
{
    if (context->in_poll) {
        context->in_poll = false; /* once is enough */
        event_notifier_set(&context->bell);
    } else if (context->asleep) {
        context->asleep = false;
        g_cond_signal(&context->wake);
    }
}

void work_context_submit(WorkContext *context, Work *work)
{
    g_mutex_lock(&context->queue_lock);
    if (!work->queued) {
        work->queued = true;
        QTAILQ_INSERT_TAIL(&context->queue, work, link);
        wake(context);
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

void work_context_watch(WorkContext *context, int fd, Work *work)
{
    assert(work_context_is_locked(context));
    work_context_cancel(context, work);
    g_mutex_lock(&context->queue_lock);
    context->fd = fd;
    context->fd_work = work;
    wake(context);
    g_mutex_unlock(&context->queue_lock);
}

/* With queue_lock, dropped meanwhile: until there is work or the watched descriptor is readable. */
static void wait_in_poll(WorkContext *context)
{
    struct pollfd fds[] = {
        { .fd = event_notifier_get_fd(&context->bell), .events = POLLIN },
        { .fd = context->fd, .events = POLLIN },
    };
    bool ready;

    context->in_poll = true;
    g_mutex_unlock(&context->queue_lock);
    ready = poll(fds, ARRAY_SIZE(fds), -1) > 0;
    g_mutex_lock(&context->queue_lock);
    context->in_poll = false;
    if (ready && fds[0].revents) {
        event_notifier_test_and_clear(&context->bell);
    }
    if (ready && fds[1].revents && context->fd == fds[1].fd && !context->fd_work->queued) {
        context->fd_work->queued = true;
        QTAILQ_INSERT_TAIL(&context->queue, context->fd_work, link);
    }
}

/* Waits for work; false: there is none and won't be. */
static bool wait_for_work(WorkContext *context)
{
    bool any;

    g_mutex_lock(&context->queue_lock);
    while (QTAILQ_EMPTY(&context->queue) && !context->stop) {
        if (context->fd >= 0) {
            wait_in_poll(context);
        } else {
            context->asleep = true;
            g_cond_wait(&context->wake, &context->queue_lock);
            context->asleep = false;
        }
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

    if (event_notifier_init(&context->bell, 0) < 0) {
        g_error("no event descriptor for a thread: %s", g_strerror(errno));
    }
    context->fd = -1;
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
    wake(context);
    g_mutex_unlock(&context->queue_lock);
    g_thread_join(context->thread);
    event_notifier_cleanup(&context->bell);
    g_mutex_clear(&context->lock);
    g_mutex_clear(&context->queue_lock);
    g_cond_clear(&context->wake);
    g_free(context);
}

int work_context_thread_id(const WorkContext *context)
{
    return context->thread_id;
}
