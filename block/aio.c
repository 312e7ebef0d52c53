/*
 * Requests of devices: worker threads do them, the main loop hands the results back.
 *
 * Each back end has a pool of workers of its own, so that a slow image doesn't hold up the others.
 * A worker takes a request, waits for the host's file system, and puts the request on the one list
 * of finished requests, which a bottom half empties. Workers never want the big lock: that is why a
 * thread which holds it can wait for them (blk_drain), emptying the list itself.
 *
 * A back end whose device has a thread of its own (blk_set_context) has a list of its own, which
 * that thread empties. Its lock then does what is said here of the big one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qemu/work-context.h"
#include "throttle.h"

/* More make no disk faster; fewer leave a queue of requests waiting behind a few slow ones. */
#define MAX_WORKERS 16

struct BlockWorkers {
    GMutex lock;
    GCond wake;
    QTAILQ_HEAD(, BlockAIOCB) waiting;
    unsigned nb_waiting, nb_idle, nb_threads;
    bool stop;
    GThread *threads[MAX_WORKERS];
};

typedef enum RequestState {
    REQUEST_WAITING,
    REQUEST_RUNNING,
    REQUEST_CANCELED,
} RequestState;

/* Requests that are done, and whose completion functions are due. */
struct BlockFinished {
    GMutex lock;
    GCond cond;
    QTAILQ_HEAD(, BlockAIOCB) requests;
    QEMUBH *bh; /* the main loop's; of a context: NULL */
    Work work;
};

struct BlockAIOCB {
    BlockBackend *blk;
    BlockFinished *finished_list;
    BlockRequest request;
    BlockCompletionFunc *cb;
    void *opaque;
    int ret;
    int state;      /* a RequestState; atomic */
    bool *finished; /* set when cb has been called, for who waits */
    QTAILQ_ENTRY(BlockAIOCB) link;
};

static BlockFinished main_finished = {
    .requests = QTAILQ_HEAD_INITIALIZER(main_finished.requests),
};

static BlockFinished *finished_of(BlockBackend *blk)
{
    return blk->context ? blk->finished : &main_finished;
}

static BlockAIOCB *take_finished(BlockFinished *f, bool wait)
{
    BlockAIOCB *acb;

    g_mutex_lock(&f->lock);
    while (wait && QTAILQ_EMPTY(&f->requests)) {
        g_cond_wait(&f->cond, &f->lock);
    }
    acb = QTAILQ_FIRST(&f->requests);
    if (acb) {
        QTAILQ_REMOVE(&f->requests, acb, link);
    }
    g_mutex_unlock(&f->lock);
    return acb;
}

static void complete(BlockAIOCB *acb)
{
    BlockBackend *blk = acb->blk;

    /* Not counted any more: what it calls may lead to blk_drain(), which would wait for this one. */
    blk->in_flight--;
    acb->cb(acb->opaque, blk_note_result(blk, &acb->request, acb->ret));
    blk_unref(blk);
    if (acb->finished) {
        *acb->finished = true;
    }
    g_free(acb);
}

static void complete_all(void *opaque)
{
    BlockFinished *f = opaque;
    BlockAIOCB *acb;

    while ((acb = take_finished(f, false)) != NULL) {
        complete(acb);
    }
}

static void finish(BlockAIOCB *acb, int ret)
{
    BlockFinished *f = acb->finished_list;
    WorkContext *context = acb->blk->context;

    acb->ret = ret;
    g_mutex_lock(&f->lock);
    if (!QTAILQ_EMPTY(&f->requests)) {
        context = NULL; /* it knows already */
    } else if (!context) {
        qemu_bh_schedule(f->bh);
    }
    QTAILQ_INSERT_TAIL(&f->requests, acb, link);
    g_cond_signal(&f->cond);
    if (context) {
        work_context_submit(context, &f->work);
    }
    g_mutex_unlock(&f->lock);
}

static void work(BlockAIOCB *acb)
{
    int expected = REQUEST_WAITING;

    if (__atomic_compare_exchange_n(&acb->state, &expected, REQUEST_RUNNING, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        finish(acb, blk_do_request(acb->blk, &acb->request));
    } else {
        finish(acb, -ECANCELED);
    }
}

static gpointer worker(gpointer opaque)
{
    BlockWorkers *w = opaque;
    BlockAIOCB *acb;

    g_mutex_lock(&w->lock);
    while (!w->stop) {
        acb = QTAILQ_FIRST(&w->waiting);
        if (!acb) {
            w->nb_idle++;
            g_cond_wait(&w->wake, &w->lock);
            w->nb_idle--;
            continue;
        }
        QTAILQ_REMOVE(&w->waiting, acb, link);
        w->nb_waiting--;
        g_mutex_unlock(&w->lock);
        work(acb);
        g_mutex_lock(&w->lock);
    }
    g_mutex_unlock(&w->lock);
    return NULL;
}

static BlockWorkers *new_workers(void)
{
    BlockWorkers *w = g_new0(BlockWorkers, 1);

    g_mutex_init(&w->lock);
    g_cond_init(&w->wake);
    QTAILQ_INIT(&w->waiting);
    return w;
}

/* Gives the request to a worker; there is one more if all have something to do. */
static void hand_over(BlockWorkers *w, BlockAIOCB *acb)
{
    g_mutex_lock(&w->lock);
    QTAILQ_INSERT_TAIL(&w->waiting, acb, link);
    w->nb_waiting++;
    if (w->nb_waiting > w->nb_idle && w->nb_threads < MAX_WORKERS) {
        w->threads[w->nb_threads++] = g_thread_new("block worker", worker, w);
    } else if (w->nb_idle) {
        g_cond_signal(&w->wake);
    }
    g_mutex_unlock(&w->lock);
}

static BlockAIOCB *start(BlockBackend *blk, BlockRequest request, BlockCompletionFunc *cb,
                         void *opaque)
{
    BlockAIOCB *acb = g_new(BlockAIOCB, 1);

    assert(work_context_is_locked(blk->context));
    *acb = (BlockAIOCB) { blk, finished_of(blk), request, cb, opaque };
    acb->request.start_ns = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
    if (!main_finished.bh && !blk->context) {
        main_finished.bh = qemu_bh_new(complete_all, &main_finished);
    }
    if (!blk->workers) {
        blk->workers = new_workers();
    }
    blk_ref(blk);
    blk->in_flight++;
    hand_over(blk->workers, acb);
    return acb;
}

BlockAIOCB *blk_aio_preadv(BlockBackend *blk, int64_t offset, QEMUIOVector *qiov, unsigned flags,
                           BlockCompletionFunc *cb, void *opaque)
{
    return start(blk, (BlockRequest) { BLOCK_REQUEST_READ, offset, qiov->size, qiov, flags }, cb,
                 opaque);
}

BlockAIOCB *blk_aio_pwritev(BlockBackend *blk, int64_t offset, QEMUIOVector *qiov, unsigned flags,
                            BlockCompletionFunc *cb, void *opaque)
{
    return start(blk, (BlockRequest) { BLOCK_REQUEST_WRITE, offset, qiov->size, qiov, flags }, cb,
                 opaque);
}

BlockAIOCB *blk_aio_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes, unsigned flags,
                                  BlockCompletionFunc *cb, void *opaque)
{
    return start(blk, (BlockRequest) { BLOCK_REQUEST_ZEROES, offset, bytes, NULL, flags }, cb,
                 opaque);
}

BlockAIOCB *blk_aio_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes,
                             BlockCompletionFunc *cb, void *opaque)
{
    return start(blk, (BlockRequest) { BLOCK_REQUEST_DISCARD, offset, bytes }, cb, opaque);
}

BlockAIOCB *blk_aio_flush(BlockBackend *blk, BlockCompletionFunc *cb, void *opaque)
{
    return start(blk, (BlockRequest) { BLOCK_REQUEST_FLUSH }, cb, opaque);
}

void blk_aio_cancel_async(BlockAIOCB *acb)
{
    int expected = REQUEST_WAITING;

    __atomic_compare_exchange_n(&acb->state, &expected, REQUEST_CANCELED, false, __ATOMIC_ACQ_REL,
                                __ATOMIC_ACQUIRE);
}

void blk_aio_cancel(BlockAIOCB *acb)
{
    BlockFinished *list = acb->finished_list;
    bool done = false;

    assert(work_context_is_locked(acb->blk->context) && !acb->finished);
    acb->finished = &done;
    blk_aio_cancel_async(acb);
    throttle_hurry_begin();
    while (!done) {
        complete(take_finished(list, true));
    }
    throttle_hurry_end();
}

void blk_drain(BlockBackend *blk)
{
    WorkContext *context = blk->context;

    work_context_lock(context);
    if (blk->in_flight) {
        blk_ref(blk);
        throttle_hurry_begin();
        while (blk->in_flight) {
            complete(take_finished(finished_of(blk), true));
        }
        throttle_hurry_end();
        blk_unref(blk);
    }
    work_context_unlock(context);
}

void blk_drain_all(void)
{
    bool again;

    do {
        again = false;
        for (BlockBackend *blk = blk_next(NULL); blk && !again; blk = blk_next(blk)) {
            again = blk_inflight(blk) > 0;
            if (again) {
                blk_drain(blk); /* may delete any of them: from the start */
            }
        }
    } while (again);
}

unsigned blk_inflight(BlockBackend *blk)
{
    WORK_CONTEXT_GUARD(blk->context);

    return blk->in_flight;
}

void blk_set_context(BlockBackend *blk, WorkContext *context)
{
    blk_drain(blk);
    if (blk->context) {
        WORK_CONTEXT_GUARD(blk->context);
        work_context_cancel(blk->context, &blk->finished->work);
    }
    if (context && !blk->finished) {
        blk->finished = g_new0(BlockFinished, 1);
        QTAILQ_INIT(&blk->finished->requests);
        blk->finished->work = (Work){ .run = complete_all, .opaque = blk->finished };
    }
    blk->context = context;
}

void blk_free_finished(BlockBackend *blk)
{
    g_clear_pointer(&blk->finished, g_free);
}

void blk_stop_workers(BlockBackend *blk)
{
    BlockWorkers *w = blk->workers;

    assert(!blk->in_flight);
    if (!w) {
        return;
    }
    g_mutex_lock(&w->lock);
    w->stop = true;
    g_cond_broadcast(&w->wake);
    g_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->nb_threads; i++) {
        g_thread_join(w->threads[i]);
    }
    g_mutex_clear(&w->lock);
    g_cond_clear(&w->wake);
    g_free(w);
    blk->workers = NULL;
}
