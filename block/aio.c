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
 * Not every request needs a worker. If nothing has to be waited for to know where on the host it
 * ends up (bdrv_place), then what is in the host's cache is read at once, short writes go into it
 * at once unless that has lately taken long, and for images with aio=io_uring or native the kernel
 * does the rest: each event loop has a ring of system calls. That
 * is the way of requests that go well. Whatever else the kernel answers, a worker does the request
 * again, and knows of all the exceptions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "file.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qemu/work-context.h"
#include "ring.h"
#include "throttle.h"

/* More make no disk faster; fewer leave a queue of requests waiting behind a few slow ones. */
#define MAX_WORKERS 16

/*
 * A copy out of the host's cache, or into it, that is longer keeps the event loop for too long.
 * Writing needs memory of the host's.
 */
#define MAX_READ_AT_ONCE  (1024 * 1024)
#define MAX_WRITE_AT_ONCE (64 * 1024)

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
    unsigned nb_waiting; /* for cond */
    QTAILQ_HEAD(, BlockAIOCB) requests;
    QEMUBH *bh; /* the main loop's; of a context: NULL */
    Work work;
};

/* The ring of an event loop: of the main loop, or of a context's thread. */
struct BlockLoop {
    WorkContext *context; /* NULL: the main loop */
    BlockRing *ring;
    unsigned users;   /* back ends */
    Work taking_out;  /* a context's */
    QTAILQ_ENTRY(BlockLoop) link;
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
    BlockPlace place;      /* of what the kernel does */
    HostCall call;         /* the part that isn't done */
    struct iovec *pieces;  /* after a short transfer: call.iov */
    bool is_done;          /* ret is known */
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
        f->nb_waiting++;
        g_cond_wait(&f->cond, &f->lock);
        f->nb_waiting--;
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

static void tell_completed(BlockBackend *blk)
{
    if (blk->dev_ops && blk->dev_ops->completed) {
        blk->dev_ops->completed(blk->dev_opaque);
    }
    blk_unref(blk);
}

/* All that is there; devices are told at the end of their requests rather than after each. */
static void complete_all(void *opaque)
{
    BlockFinished *f = opaque;
    BlockBackend *last = NULL;
    BlockAIOCB *acb;

    while ((acb = take_finished(f, false)) != NULL) {
        if (acb->blk != last) {
            if (last) {
                tell_completed(last);
            }
            last = acb->blk;
            blk_ref(last);
        }
        complete(acb);
    }
    if (last) {
        tell_completed(last);
    }
}

/* One, which is waited for. */
static void complete_next(BlockFinished *f)
{
    BlockAIOCB *acb = take_finished(f, true);
    BlockBackend *blk = acb->blk;

    blk_ref(blk);
    complete(acb);
    tell_completed(blk);
}

/* With its lock. */
static void append(BlockFinished *f, BlockAIOCB *acb)
{
    QTAILQ_INSERT_TAIL(&f->requests, acb, link);
    if (f->nb_waiting) {
        g_cond_signal(&f->cond);
    }
}

/* For who calls complete_all() soon. */
static void finish_quietly(BlockAIOCB *acb, int ret)
{
    BlockFinished *f = acb->finished_list;

    acb->ret = ret;
    g_mutex_lock(&f->lock);
    append(f, acb);
    g_mutex_unlock(&f->lock);
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
    append(f, acb);
    if (context) {
        work_context_submit(context, &f->work);
    }
    g_mutex_unlock(&f->lock);
}

static void work(BlockAIOCB *acb)
{
    int expected = REQUEST_WAITING;

    bdrv_place_end(&acb->place, true);
    if (acb->is_done) {
        finish(acb, acb->ret);
    } else if (__atomic_compare_exchange_n(&acb->state, &expected, REQUEST_RUNNING, false,
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

static void give_to_worker(BlockAIOCB *acb)
{
    if (!acb->blk->workers) {
        acb->blk->workers = new_workers();
    }
    hand_over(acb->blk->workers, acb);
}

/* --- rings --- */

static QTAILQ_HEAD(, BlockLoop) loops = QTAILQ_HEAD_INITIALIZER(loops);

/* In the event loop: nobody else has to do anything for the request any more. */
static void finish_direct(BlockAIOCB *acb, int ret, bool quietly)
{
    acb->ret = ret;
    acb->is_done = true;
    g_clear_pointer(&acb->pieces, g_free);
    if (!bdrv_place_end(&acb->place, false)) {
        give_to_worker(acb);
    } else if (quietly) {
        finish_quietly(acb, ret);
    } else {
        finish(acb, ret);
    }
}

/* What is left after @done bytes. */
static void advance(BlockAIOCB *acb, int64_t done)
{
    const QEMUIOVector *qiov = acb->request.qiov;
    HostCall *call = &acb->call;

    if (!acb->pieces) {
        acb->pieces = g_new(struct iovec, qiov->niov);
    }
    call->offset += done;
    call->bytes -= done;
    call->niov = iov_slice(acb->pieces, qiov->niov, qiov->iov, qiov->niov,
                           qiov->size - call->bytes, call->bytes);
    call->iov = acb->pieces;
}

/* What the kernel has answered. */
static void taken_out(BlockLoop *loop, BlockAIOCB *acb, int ret)
{
    HostCall *call = &acb->call;
    bool transfers = call->what == HOST_CALL_READ || call->what == HOST_CALL_WRITE;
    bool all = transfers ? ret == call->bytes : ret == 0; /* call->bytes changes below */

    acb->blk->in_ring--;
    if (transfers && ret > 0 && ret < call->bytes) {
        advance(acb, ret);
        if (block_ring_put(loop->ring, call, acb)) {
            block_ring_submit(loop->ring);
            acb->blk->in_ring++;
            return;
        }
    }
    if (all) {
        finish_direct(acb, 0, true);
    } else {
        /* Anything else: a worker does all of it again, unless it has been cancelled. */
        g_clear_pointer(&acb->pieces, g_free);
        give_to_worker(acb);
    }
}

/*
 * Completes all that the kernel has done; @wait: at least one. First all is taken out, then the
 * functions are called: they may drain a back end, or delete it.
 */
static void take_out(BlockLoop *loop, bool wait)
{
    g_autoptr(GPtrArray) touched = g_ptr_array_new_with_free_func((GDestroyNotify)blk_unref);
    BlockAIOCB *acb;
    int ret;

    while ((acb = block_ring_take(loop->ring, wait, &ret)) != NULL) {
        wait = false;
        if (!g_ptr_array_find(touched, acb->blk, NULL)) {
            blk_ref(acb->blk);
            g_ptr_array_add(touched, acb->blk);
        }
        taken_out(loop, acb, ret);
    }
    for (unsigned i = 0; i < touched->len; i++) {
        complete_all(finished_of(touched->pdata[i]));
    }
}

/* The ring's descriptor is readable. */
static void ring_is_ready(void *opaque)
{
    take_out(opaque, false);
}

static BlockLoop *loop_of(WorkContext *context)
{
    BlockLoop *loop;

    QTAILQ_FOREACH(loop, &loops, link) {
        if (loop->context == context) {
            loop->users++;
            return loop;
        }
    }
    return NULL;
}

static void start_loop(BlockLoop *loop)
{
    int fd = block_ring_fd(loop->ring);

    if (loop->context) {
        loop->taking_out = (Work){ .run = ring_is_ready, .opaque = loop };
        work_context_watch(loop->context, fd, &loop->taking_out);
    } else {
        qemu_set_fd_handler(fd, ring_is_ready, NULL, loop);
    }
}

static void leave_loop(BlockBackend *blk)
{
    BlockLoop *loop = g_steal_pointer(&blk->loop);

    if (!loop || --loop->users) {
        return;
    }
    if (loop->context) {
        work_context_watch(loop->context, -1, &loop->taking_out);
    } else {
        qemu_set_fd_handler(block_ring_fd(loop->ring), NULL, NULL, NULL);
    }
    QTAILQ_REMOVE(&loops, loop, link);
    block_ring_free(loop->ring);
    g_free(loop);
}

/* With the big lock, where the back end gets to know its event loop. */
static void join_loop(BlockBackend *blk, WorkContext *context)
{
    BlockRing *ring;

    blk->loop = loop_of(context);
    if (!blk->loop && (ring = block_ring_new()) != NULL) {
        blk->loop = g_new(BlockLoop, 1);
        *blk->loop = (BlockLoop) { .context = context, .ring = ring, .users = 1 };
        QTAILQ_INSERT_TAIL(&loops, blk->loop, link);
        start_loop(blk->loop);
    }
}

static bool put_into_ring(BlockAIOCB *acb)
{
    BlockBackend *blk = acb->blk;

    if (file_aio(acb->place.file) == FILE_AIO_THREADS || !blk->loop ||
        !block_ring_put(blk->loop->ring, &acb->call, acb)) {
        return false;
    }
    blk->in_ring++;
    if (!blk->batches) {
        block_ring_submit(blk->loop->ring);
    }
    return true;
}

/* --- starting --- */

static bool is_short(const BlockRequest *r)
{
    return (r->kind == BLOCK_REQUEST_READ && r->bytes <= MAX_READ_AT_ONCE) ||
           (r->kind == BLOCK_REQUEST_WRITE && r->bytes <= MAX_WRITE_AT_ONCE);
}

/* For who needs no worker; true: that is done or on its way. */
static bool start_directly(BlockAIOCB *acb)
{
    const BlockRequest *r = &acb->request;
    BlockBackend *blk = acb->blk;
    BlockPlace *place = &acb->place;
    BlockDriverState *bs = blk_bs(blk);

    place->flags = r->flags | (blk->no_write_cache && r->kind != BLOCK_REQUEST_DISCARD
                                   ? BDRV_REQ_FUA : 0);
    if (!bs || !bdrv_place(bs, r, r->offset, place)) {
        return false;
    }
    if (file_host_call(place, r, &acb->call)) {
        bool cached = file_aio(place->file) == FILE_AIO_THREADS && is_short(r) &&
                      file_do_cached(place->file, &acb->call);

        if (cached) {
            finish_direct(acb, 0, blk->batches > 0);
        }
        if (cached || put_into_ring(acb)) {
            return true;
        }
    }
    bdrv_place_end(place, true);
    return false;
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
    blk_ref(blk);
    blk->in_flight++;
    if (!start_directly(acb)) {
        give_to_worker(acb);
    }
    return acb;
}

void blk_batch_begin(BlockBackend *blk)
{
    blk->batches++;
}

void blk_batch_end(BlockBackend *blk)
{
    blk_ref(blk);
    if (--blk->batches == 0) {
        if (blk->in_ring) {
            block_ring_submit(blk->loop->ring);
            take_out(blk->loop, false);
        }
        complete_all(finished_of(blk));
    }
    blk_unref(blk);
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

/*
 * Until something of the back end is completed, whoever does it. What the kernel has comes first:
 * that never waits for a worker.
 */
static void wait_for_one(BlockBackend *blk)
{
    BlockFinished *f = finished_of(blk);

    if (blk->in_ring) {
        take_out(blk->loop, true);
    } else {
        complete_next(f);
    }
}

void blk_aio_cancel(BlockAIOCB *acb)
{
    BlockBackend *blk = acb->blk;
    bool done = false;

    assert(work_context_is_locked(blk->context) && !acb->finished);
    blk_ref(blk);
    acb->finished = &done;
    blk_aio_cancel_async(acb);
    if (blk->in_ring) {
        block_ring_cancel(blk->loop->ring, acb);
    }
    throttle_hurry_begin();
    while (!done) {
        wait_for_one(blk);
    }
    throttle_hurry_end();
    blk_unref(blk);
}

void blk_drain(BlockBackend *blk)
{
    WorkContext *context = blk->context;

    work_context_lock(context);
    if (blk->in_flight) {
        blk_ref(blk);
        throttle_hurry_begin();
        while (blk->in_flight) {
            wait_for_one(blk);
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
        leave_loop(blk);
    } else {
        leave_loop(blk);
    }
    if (context && !blk->finished) {
        blk->finished = g_new0(BlockFinished, 1);
        QTAILQ_INIT(&blk->finished->requests);
        blk->finished->work = (Work){ .run = complete_all, .opaque = blk->finished };
    }
    blk->context = context;
    if (blk->root) {
        blk_use_ring(blk);
    }
}

void blk_use_ring(BlockBackend *blk)
{
    const BlockDriverState *bs = blk_bs(blk);

    for (; bs && !blk->loop; bs = bs->data ? bs->data->bs : bs->file ? bs->file->bs : NULL) {
        if (bs->driver->place && bs->driver->is_protocol && file_aio(bs) != FILE_AIO_THREADS) {
            WORK_CONTEXT_GUARD(blk->context);
            join_loop(blk, blk->context);
            break;
        }
    }
}

void blk_free_finished(BlockBackend *blk)
{
    WORK_CONTEXT_GUARD(blk->context);

    leave_loop(blk);
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
