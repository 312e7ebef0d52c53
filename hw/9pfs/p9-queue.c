/*
 * Requests of a 9P client: threads work on them, several at a time, so that neither the guest nor
 * other requests wait for a slow one.
 *
 * Tflush is answered when the request that it is about has been; Tversion, which ends a session,
 * when no other is worked on.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "p9.h"
#include "qemu/main-loop.h"

#define MAX_THREADS 8

typedef QTAILQ_HEAD(P9Requests, P9Request) P9Requests;

struct P9Queue {
    void (*done)(P9Request *r);
    QEMUBH *bh;

    GMutex lock; /* of all below */
    GCond wake;     /* a request may be taken, or stop is set */
    GCond finished; /* one is no longer worked on */
    P9Requests waiting, running, answered;
    unsigned nb_waiting, nb_running, nb_idle, nb_threads;
    uint64_t next_number;
    bool alone; /* a Tversion is worked on */
    bool stop;
    GThread *threads[MAX_THREADS];
};

/* The next one, if its turn has come. */
static P9Request *take(P9Queue *q)
{
    P9Request *r = QTAILQ_FIRST(&q->waiting);

    if (!r || q->alone || (r->type == P9_TVERSION && q->nb_running)) {
        return NULL;
    }
    QTAILQ_REMOVE(&q->waiting, r, link);
    q->nb_waiting--;
    QTAILQ_INSERT_TAIL(&q->running, r, link);
    q->nb_running++;
    q->alone = r->type == P9_TVERSION;
    return r;
}

static bool runs_before(P9Queue *q, const P9Request *flush, uint16_t tag)
{
    P9Request *r;

    QTAILQ_FOREACH(r, &q->running, link) {
        if (r->tag == tag && r->number < flush->number && r->type != P9_TFLUSH) {
            return true;
        }
    }
    return false;
}

/* What came before it has been taken from the queue before it: nobody waits for those that wait. */
static void wait_for_flushed(P9Queue *q, P9Request *flush)
{
    uint8_t tag[2];

    if (iov_to_buf(flush->out, flush->num_out, P9_HEADER, tag, sizeof(tag)) < sizeof(tag)) {
        return;
    }
    while (runs_before(q, flush, tag[0] | tag[1] << 8)) {
        g_cond_wait(&q->finished, &q->lock);
    }
}

static void work(P9Queue *q, P9Request *r)
{
    if (r->type == P9_TFLUSH) {
        wait_for_flushed(q, r);
    }
    g_mutex_unlock(&q->lock);
    p9_answer(r);
    g_mutex_lock(&q->lock);
    QTAILQ_REMOVE(&q->running, r, link);
    if (QTAILQ_EMPTY(&q->answered)) {
        qemu_bh_schedule(q->bh);
    }
    QTAILQ_INSERT_TAIL(&q->answered, r, link);
    q->nb_running--;
    g_cond_broadcast(&q->finished);
    if (q->alone || !q->nb_running) {
        q->alone = false;
        g_cond_broadcast(&q->wake);
    }
}

static gpointer worker(gpointer opaque)
{
    P9Queue *q = opaque;
    P9Request *r;

    g_mutex_lock(&q->lock);
    while (!q->stop) {
        r = take(q);
        if (r) {
            work(q, r);
        } else {
            q->nb_idle++;
            g_cond_wait(&q->wake, &q->lock);
            q->nb_idle--;
        }
    }
    g_mutex_unlock(&q->lock);
    return NULL;
}

static void hand_back(void *opaque)
{
    P9Queue *q = opaque;
    P9Request *r;

    g_mutex_lock(&q->lock);
    while ((r = QTAILQ_FIRST(&q->answered))) {
        QTAILQ_REMOVE(&q->answered, r, link);
        g_mutex_unlock(&q->lock);
        q->done(r);
        g_mutex_lock(&q->lock);
    }
    g_mutex_unlock(&q->lock);
}

void p9_queue_add(P9Queue *q, P9Request *r)
{
    g_mutex_lock(&q->lock);
    r->number = q->next_number++;
    QTAILQ_INSERT_TAIL(&q->waiting, r, link);
    q->nb_waiting++;
    if (q->nb_waiting > q->nb_idle && q->nb_threads < MAX_THREADS) {
        q->threads[q->nb_threads++] = g_thread_new("9p worker", worker, q);
    } else {
        g_cond_signal(&q->wake);
    }
    g_mutex_unlock(&q->lock);
}

bool p9_queue_is_idle(P9Queue *q)
{
    bool idle;

    g_mutex_lock(&q->lock);
    idle = QTAILQ_EMPTY(&q->waiting) && QTAILQ_EMPTY(&q->answered) && !q->nb_running;
    g_mutex_unlock(&q->lock);
    return idle;
}

static void drop(P9Queue *q, P9Requests *list, void (*dropped)(P9Request *r))
{
    P9Request *r;

    while ((r = QTAILQ_FIRST(list))) {
        QTAILQ_REMOVE(list, r, link);
        dropped(r);
    }
}

void p9_queue_drop_all(P9Queue *q, void (*dropped)(P9Request *r))
{
    g_mutex_lock(&q->lock);
    drop(q, &q->waiting, dropped);
    q->nb_waiting = 0;
    while (q->nb_running) {
        g_cond_wait(&q->finished, &q->lock);
    }
    drop(q, &q->answered, dropped);
    g_mutex_unlock(&q->lock);
}

P9Queue *p9_queue_new(void (*done)(P9Request *r))
{
    P9Queue *q = g_new0(P9Queue, 1);

    q->done = done;
    q->bh = qemu_bh_new(hand_back, q);
    g_mutex_init(&q->lock);
    g_cond_init(&q->wake);
    g_cond_init(&q->finished);
    QTAILQ_INIT(&q->waiting);
    QTAILQ_INIT(&q->running);
    QTAILQ_INIT(&q->answered);
    return q;
}

void p9_queue_free(P9Queue *q)
{
    g_mutex_lock(&q->lock);
    q->stop = true;
    g_cond_broadcast(&q->wake);
    g_mutex_unlock(&q->lock);
    for (unsigned i = 0; i < q->nb_threads; i++) {
        g_thread_join(q->threads[i]);
    }
    qemu_bh_delete(q->bh);
    g_mutex_clear(&q->lock);
    g_cond_clear(&q->wake);
    g_cond_clear(&q->finished);
    g_free(q);
}
