/*
 * Block jobs: their life, and how they wait.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "create.h"
#include "job.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/id.h"
#include "qemu/main-loop.h"
#include "system/events.h"

#define SLICES_PER_SEC 10 /* in each of which a speed is kept */
#define SLICE_US       (G_USEC_PER_SEC / SLICES_PER_SEC)

static QTAILQ_HEAD(, BlockJob) jobs = QTAILQ_HEAD_INITIALIZER(jobs);

static BlockJob *find(const char *id, Error **errp)
{
    BlockJob *job;

    QTAILQ_FOREACH(job, &jobs, link) {
        if (g_str_equal(job->id, id)) {
            return job;
        }
    }
    error_set(errp, ERROR_CLASS_DEVICE_NOT_ACTIVE, "Block job '%s' not found", id);
    return NULL;
}

/* --- what others are told --- */

static const char *status_name(const BlockJob *job)
{
    bool paused = job->pauses && job->waiting;

    return job->concluded ? "concluded" : job->ready ? (paused ? "standby" : "ready")
                                        : paused     ? "paused" : "running";
}

static JsonObject *describe(BlockJob *job)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "type", job->kind->type);
    json_object_set_string_member(o, "device", job->id);
    json_object_set_int_member(o, "len", job->length);
    json_object_set_int_member(o, "offset", job->done);
    json_object_set_int_member(o, "speed", job->speed);
    return o;
}

static void tell(BlockJob *job, const char *event)
{
    JsonObject *o;

    g_mutex_lock(&job->lock);
    o = describe(job);
    g_mutex_unlock(&job->lock);
    if (job->error) {
        json_object_set_string_member(o, "error", job->error);
    }
    event_send(event, o);
}

static void tell_status(BlockJob *job, const char *status)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "id", job->id);
    json_object_set_string_member(o, "status", status);
    event_send("JOB_STATUS_CHANGE", o);
}

JsonNode *block_jobs_query(void)
{
    JsonArray *list = json_array_new();
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    BlockJob *job;

    QTAILQ_FOREACH(job, &jobs, link) {
        JsonObject *o;

        g_mutex_lock(&job->lock);
        o = describe(job);
        json_object_set_boolean_member(o, "busy", !job->waiting && !job->concluded);
        json_object_set_boolean_member(o, "paused", job->pauses > 0);
        json_object_set_boolean_member(o, "ready", job->ready);
        json_object_set_string_member(o, "io-status", "ok");
        json_object_set_string_member(o, "status", status_name(job));
        json_object_set_boolean_member(o, "auto-finalize", true);
        json_object_set_boolean_member(o, "auto-dismiss", !job->keep);
        g_mutex_unlock(&job->lock);
        if (job->error) {
            json_object_set_string_member(o, "error", job->error);
        }
        json_array_add_object_element(list, o);
    }
    json_node_take_array(node, list);
    return node;
}

/* --- the thread's part --- */

bool job_is_cancelled(BlockJob *job)
{
    bool cancelled;

    g_mutex_lock(&job->lock);
    cancelled = job->cancelled;
    g_mutex_unlock(&job->lock);
    return cancelled;
}

/* With the lock: waits, so that others see it; @until: us, 0: for ever. */
static void wait(BlockJob *job, gint64 until)
{
    job->waiting = true;
    g_cond_broadcast(&job->wake);
    if (until) {
        g_cond_wait_until(&job->wake, &job->lock, until);
    } else {
        g_cond_wait(&job->wake, &job->lock);
    }
    while (job->held) { /* who holds it is to see it waiting until it is let go */
        g_cond_wait(&job->wake, &job->lock);
    }
    job->waiting = false;
}

static bool is_too_fast(BlockJob *job)
{
    gint64 now = g_get_monotonic_time();

    if (!job->speed) {
        return false;
    }
    if (now >= job->slice_end) {
        job->slice_end = now + SLICE_US;
        job->slice_left = MIN(job->slice_left, 0) + MAX(job->speed / SLICES_PER_SEC, 1);
    }
    return job->slice_left <= 0;
}

bool job_go_on(BlockJob *job, int64_t bytes)
{
    bool cancelled;

    g_mutex_lock(&job->lock);
    while (!job->cancelled) {
        if (job->held || job->pauses) {
            wait(job, 0);
        } else if (is_too_fast(job)) {
            wait(job, job->slice_end);
        } else {
            break;
        }
    }
    job->slice_left -= bytes;
    while (job->held) {
        wait(job, 0);
    }
    cancelled = job->cancelled;
    g_mutex_unlock(&job->lock);
    return !cancelled;
}

void job_progress(BlockJob *job, int64_t copied, int64_t found)
{
    g_mutex_lock(&job->lock);
    job->done += copied;
    job->length += found;
    g_mutex_unlock(&job->lock);
}

void job_is_ready(BlockJob *job)
{
    g_mutex_lock(&job->lock);
    if (!job->ready) {
        job->ready = true;
        qemu_bh_schedule(job->bh);
    }
    g_mutex_unlock(&job->lock);
}

void job_rest(BlockJob *job)
{
    g_mutex_lock(&job->lock);
    if (!job->cancelled && !job->complete) {
        wait(job, g_get_monotonic_time() + SLICE_US);
    }
    g_mutex_unlock(&job->lock);
}

int job_copy(BlockDriverState *from, BlockDriverState *to, int64_t offset, int64_t bytes,
             unsigned flags, void *buf)
{
    QEMUIOVector qiov;
    int ret;

    qemu_iovec_init_buf(&qiov, buf, bytes);
    ret = bdrv_preadv(from, offset, bytes, &qiov, 0);
    if (ret < 0) {
        return ret;
    }
    if (bdrv_is_zero(&qiov, 0, bytes)) {
        return bdrv_pwrite_zeroes(to, offset, bytes, flags | BDRV_REQ_MAY_UNMAP);
    }
    return bdrv_pwritev(to, offset, bytes, &qiov, 0, flags);
}

static gpointer thread(gpointer opaque)
{
    BlockJob *job = opaque;
    int ret = job->kind->run(job);

    g_mutex_lock(&job->lock);
    job->ret = ret;
    job->ended = true;
    g_cond_broadcast(&job->wake);
    qemu_bh_schedule(job->bh);
    g_mutex_unlock(&job->lock);
    return NULL;
}

/* --- the main loop's part --- */

static void free_job(BlockJob *job)
{
    QTAILQ_REMOVE(&jobs, job, link);
    block_watch_clear(&job->watch);
    g_mutex_clear(&job->lock);
    g_cond_clear(&job->wake);
    g_clear_pointer(&job->bh, qemu_bh_delete);
    g_free(job->error);
    g_free(job->id);
    g_free(job);
}

/* Lets go of the images; inside of bdrv_graph_begin(). */
static void let_go(BlockJob *job)
{
    if (job->source->watch == &job->watch) {
        job->source->watch = NULL;
    }
    job->kind->free(job);
    bdrv_unuse(job->target);
    job->target = NULL;
    bdrv_unref(job->source);
    job->source = NULL;
}

static void conclude(BlockJob *job)
{
    Error *err = NULL;
    bool cancelled = job->ret == -ECANCELED;

    g_thread_join(job->thread);
    job->thread = NULL;
    bdrv_graph_begin();
    if (job->ret == 0) {
        job->kind->finish(job, &err);
    }
    let_go(job);
    bdrv_graph_end();
    if (job->ret < 0 && !cancelled) {
        error_setg(&err, "%s", g_strerror(-job->ret));
    }
    job->error = err ? g_strdup(error_get_pretty(err)) : NULL;
    error_free(err);
    if (job->error && !cancelled) { /* the monitor's commands returned long ago */
        error_report("Block job '%s' (%s) has failed: %s", job->id, job->kind->type, job->error);
    }
    tell_status(job, cancelled || job->error ? "aborting" : "pending");
    tell(job, cancelled ? "BLOCK_JOB_CANCELLED" : "BLOCK_JOB_COMPLETED");
    job->concluded = true;
    job->ready = false;
    tell_status(job, "concluded");
    if (!job->keep) {
        tell_status(job, "null");
        free_job(job);
    }
}

static void look_at(void *opaque)
{
    BlockJob *job = opaque;
    bool ended, now_ready;

    g_mutex_lock(&job->lock);
    ended = job->ended && !job->concluded;
    now_ready = job->ready && !job->ready_told;
    job->ready_told |= now_ready;
    g_mutex_unlock(&job->lock);
    if (now_ready) {
        tell_status(job, "ready");
        tell(job, "BLOCK_JOB_READY");
    }
    if (ended) {
        conclude(job);
    }
}

BlockDriverState *job_find_source(const char *device, Error **errp)
{
    BlockBackend *blk = blk_by_name(device);
    BlockDriverState *bs = blk ? blk_bs(blk) : bdrv_by_name(device);

    if (!bs) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND,
                  blk ? "Device '%s' has no medium" : "Cannot find device='%s' nor node-name='%s'",
                  device, device);
    }
    return bdrv_skip_filters(bs);
}

BlockDriverState *job_open_target(const BlockJobTarget *target, BlockDriverState *source,
                                  const char *backing, Error **errp)
{
    const char *format = target->format ? target->format : source->driver->name;
    BlockDriverState *bs;

    if (target->node) {
        bs = bdrv_by_name(target->node);
        if (!bs) {
            error_setg(errp, "Cannot find device='%s' nor node-name='%s'", target->node,
                       target->node);
            return NULL;
        }
        bdrv_ref(bs);
    } else {
        BlockFlags flags = source->flags;
        BlockOptions *o = block_options_new();

        flags.read_only = false;
        if (!target->existing) {
            g_autofree char *size = g_strdup_printf("%" PRId64, bdrv_length(source));

            block_options_set(o, "size", size);
            if (backing) {
                block_options_set(o, "backing_file", backing);
                block_options_set(o, "backing_fmt",
                                  bdrv_skip_filters(source->backing->bs)->driver->name);
            }
            if (!block_create(target->filename, format, o, errp)) {
                return NULL;
            }
            o = block_options_new();
        }
        if (target->node_name) {
            block_options_set(o, "node-name", target->node_name);
        }
        bs = bdrv_open_filename(target->filename, format, o, &flags, NULL, errp);
        if (!bs) {
            return NULL;
        }
    }
    if (bs == source || bdrv_length(bs) != bdrv_length(source)) {
        error_setg(errp, bs == source ? "Source and target are the same node '%s'"
                                      : "The target '%s' isn't as long as the source",
                   bs->node_name);
        bdrv_unref(bs);
        return NULL;
    }
    return bs;
}

static BlockDriverState *with_reference(BlockDriverState *bs)
{
    bdrv_ref(bs);
    return bs;
}

BlockJob *job_new(const BlockJobKind *kind, const BlockJobOptions *options,
                  BlockDriverState *source, BlockDriverState *target, Error **errp)
{
    const char *id = options->id ? options->id : options->device;
    BlockUse *use = NULL;
    BlockJob *job;

    if (!id_wellformed(id)) {
        error_setg(errp, "Invalid job ID '%s'", id);
    } else if (find(id, NULL)) {
        error_setg(errp, "Job ID '%s' already in use", id);
    } else if (source->watch) {
        error_setg(errp, "Node '%s' is busy: a block job uses it", source->node_name);
    } else if (options->speed < 0) {
        error_setg(errp, "Parameter 'speed' expects a non-negative value");
    } else if (!target || (use = bdrv_use(with_reference(target), "a block job",
                                          BLOCK_PERM_READ | BLOCK_PERM_WRITE, BLOCK_PERM_READ,
                                          errp))) {
        job = g_malloc0(kind->size);
        job->kind = kind;
        job->id = g_strdup(id);
        job->source = with_reference(source);
        job->target = use;
        job->keep = options->keep;
        job->speed = options->speed;
        g_mutex_init(&job->lock);
        g_cond_init(&job->wake);
        block_watch_init(&job->watch);
        job->bh = qemu_bh_new(look_at, job);
        QTAILQ_INSERT_TAIL(&jobs, job, link);
        bdrv_unref(target);
        return job;
    }
    bdrv_unref(target);
    return NULL;
}

void job_drop(BlockJob *job)
{
    bdrv_graph_begin();
    let_go(job);
    bdrv_graph_end();
    free_job(job);
}

void job_start(BlockJob *job)
{
    tell_status(job, "created");
    bdrv_graph_begin();
    job->source->watch = &job->watch;
    bdrv_graph_end();
    tell_status(job, "running");
    job->thread = g_thread_new("block job", thread, job);
}

/* --- changes of the graph --- */

void block_jobs_hold(void)
{
    BlockJob *job;

    QTAILQ_FOREACH(job, &jobs, link) {
        g_mutex_lock(&job->lock);
        job->held++;
        while (job->thread && !job->waiting && !job->ended) {
            g_cond_wait(&job->wake, &job->lock);
        }
        g_mutex_unlock(&job->lock);
    }
}

void block_jobs_let_go(void)
{
    BlockJob *job;

    QTAILQ_FOREACH(job, &jobs, link) {
        g_mutex_lock(&job->lock);
        job->held--;
        g_cond_broadcast(&job->wake);
        g_mutex_unlock(&job->lock);
    }
}

/* --- commands --- */

static void poke(BlockJob *job)
{
    g_cond_broadcast(&job->wake);
    g_mutex_unlock(&job->lock);
}

bool block_job_set_speed(const char *id, int64_t speed, Error **errp)
{
    BlockJob *job = find(id, errp);

    if (!job) {
        return false;
    }
    if (speed < 0) {
        error_setg(errp, "Parameter 'speed' expects a non-negative value");
        return false;
    }
    g_mutex_lock(&job->lock);
    job->speed = speed;
    job->slice_end = 0;
    job->slice_left = 0;
    poke(job);
    return true;
}

bool block_job_cancel(const char *id, bool force, Error **errp)
{
    BlockJob *job = find(id, errp);

    if (!job) {
        return false;
    }
    if (job->concluded) {
        error_setg(errp, "Job '%s' in state 'concluded' cannot accept command verb 'cancel'", id);
        return false;
    }
    g_mutex_lock(&job->lock);
    if (job->pauses && !force) {
        g_mutex_unlock(&job->lock);
        error_setg(errp, "The block job for device '%s' is currently paused", id);
        return false;
    }
    job->cancelled = true;
    job->forced |= force || !job->ready;
    poke(job);
    return true;
}

bool block_job_pause(const char *id, Error **errp)
{
    BlockJob *job = find(id, errp);

    if (!job) {
        return false;
    }
    if (job->concluded || job->pauses) {
        error_setg(errp, "The block job for device '%s' is %s", id,
                   job->concluded ? "concluded" : "already paused");
        return false;
    }
    g_mutex_lock(&job->lock);
    job->pauses = 1;
    poke(job);
    return true;
}

bool block_job_resume(const char *id, Error **errp)
{
    BlockJob *job = find(id, errp);

    if (!job) {
        return false;
    }
    if (!job->pauses) {
        error_setg(errp, "The block job for device '%s' is not paused", id);
        return false;
    }
    g_mutex_lock(&job->lock);
    job->pauses = 0;
    poke(job);
    return true;
}

bool block_job_complete(const char *id, Error **errp)
{
    BlockJob *job = find(id, errp);

    if (!job) {
        return false;
    }
    g_mutex_lock(&job->lock);
    if (!job->kind->is_completed || !job->ready || job->cancelled || job->pauses) {
        bool paused = job->pauses;

        g_mutex_unlock(&job->lock);
        error_setg(errp, "The active block job '%s' cannot be completed: it is %s", id,
                   paused ? "paused" : "not ready");
        return false;
    }
    job->complete = true;
    poke(job);
    return true;
}

bool block_job_dismiss(const char *id, Error **errp)
{
    BlockJob *job = find(id, errp);

    if (!job) {
        return false;
    }
    if (!job->concluded) {
        error_setg(errp, "Job '%s' in state '%s' cannot accept command verb 'dismiss'", id,
                   status_name(job));
        return false;
    }
    tell_status(job, "null");
    free_job(job);
    return true;
}

void block_jobs_cancel_all(void)
{
    BlockJob *job, *next;

    QTAILQ_FOREACH_SAFE(job, &jobs, link, next) {
        if (!job->concluded) {
            g_mutex_lock(&job->lock);
            job->cancelled = job->forced = true;
            job->pauses = 0;
            poke(job);
            g_thread_join(job->thread);
            job->thread = NULL;
            bdrv_graph_begin();
            let_go(job);
            bdrv_graph_end();
        }
        free_job(job);
    }
}
