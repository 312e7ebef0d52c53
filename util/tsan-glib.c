/*
 * Thread sanitizer builds only: GLib's mutexes and conditions on pthreads, and what to overlook.
 *
 * GLib makes its own from futexes, which the sanitizer doesn't see, so that everything that they
 * protect would look like a race. These definitions take precedence over the library's for our
 * code; GLib's inner ones are bound inside the library and never meet ours.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <pthread.h>
#include "qemu/atomic.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1
#endif
#endif

#ifdef __SANITIZE_THREAD__

/*
 * A GMutex or GCond starts as zeros; what stands for it is made at its first use. All zeros is an
 * initialized pthread mutex or condition; `init` makes another one of it.
 */
static void *lazily(gpointer *slot, size_t size, void (*init)(void *p))
{
    void *p = qatomic_load_acquire(slot);
    void *mine, *found = NULL;

    if (p) {
        return p;
    }
    mine = calloc(1, size);
    if (init) {
        init(mine);
    }
    if (__atomic_compare_exchange_n(slot, &found, mine, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        return mine;
    }
    free(mine);
    return found;
}

static pthread_mutex_t *mutex_of(GMutex *m)
{
    return lazily(&m->p, sizeof(pthread_mutex_t), NULL);
}

static pthread_cond_t *cond_of(GCond *c)
{
    return lazily(&c->p, sizeof(pthread_cond_t), NULL);
}

void g_mutex_init(GMutex *m)
{
    m->p = NULL;
}

void g_mutex_clear(GMutex *m)
{
    if (m->p) {
        pthread_mutex_destroy(m->p);
        free(m->p);
        m->p = NULL;
    }
}

void g_mutex_lock(GMutex *m)
{
    pthread_mutex_lock(mutex_of(m));
}

void g_mutex_unlock(GMutex *m)
{
    pthread_mutex_unlock(mutex_of(m));
}

gboolean g_mutex_trylock(GMutex *m)
{
    return pthread_mutex_trylock(mutex_of(m)) == 0;
}

static void make_recursive(void *p)
{
    pthread_mutexattr_t recursive;

    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(p, &recursive);
    pthread_mutexattr_destroy(&recursive);
}

static pthread_mutex_t *rec_mutex_of(GRecMutex *m)
{
    return lazily(&m->p, sizeof(pthread_mutex_t), make_recursive);
}

void g_rec_mutex_init(GRecMutex *m)
{
    m->p = NULL;
}

void g_rec_mutex_clear(GRecMutex *m)
{
    if (m->p) {
        pthread_mutex_destroy(m->p);
        free(m->p);
        m->p = NULL;
    }
}

void g_rec_mutex_lock(GRecMutex *m)
{
    pthread_mutex_lock(rec_mutex_of(m));
}

void g_rec_mutex_unlock(GRecMutex *m)
{
    pthread_mutex_unlock(rec_mutex_of(m));
}

gboolean g_rec_mutex_trylock(GRecMutex *m)
{
    return pthread_mutex_trylock(rec_mutex_of(m)) == 0;
}

void g_cond_init(GCond *c)
{
    c->p = NULL;
}

void g_cond_clear(GCond *c)
{
    if (c->p) {
        pthread_cond_destroy(c->p);
        free(c->p);
        c->p = NULL;
    }
}

void g_cond_wait(GCond *c, GMutex *m)
{
    pthread_cond_wait(cond_of(c), mutex_of(m));
}

/* end_time: g_get_monotonic_time() */
gboolean g_cond_wait_until(GCond *c, GMutex *m, gint64 end_time)
{
    struct timespec ts = {
        .tv_sec = end_time / G_USEC_PER_SEC,
        .tv_nsec = end_time % G_USEC_PER_SEC * 1000,
    };

    return pthread_cond_clockwait(cond_of(c), mutex_of(m), CLOCK_MONOTONIC, &ts) == 0;
}

void g_cond_signal(GCond *c)
{
    pthread_cond_signal(cond_of(c));
}

void g_cond_broadcast(GCond *c)
{
    pthread_cond_broadcast(cond_of(c));
}

/* liburcu isn't built for the sanitizer: what it orders looks like a race. */
const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    return "race:liburcu\n";
}

#endif
