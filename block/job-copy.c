/*
 * Block jobs that copy a drive to another image: backup and mirror.
 *
 * A backup copies what the drive was at its start: a write waits until what it replaces has been
 * copied. A mirror copies what the drive is: a write makes its clusters dirty, and they are copied
 * again until the job is completed, when nothing is in flight and the last ones are copied.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "job.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"

#define CLUSTER          (64 * 1024)
#define MIN_GRANULARITY  512
#define MAX_GRANULARITY  (64 << 20)

typedef struct CopyJob {
    BlockJob job;
    BlockSync sync;
    int64_t length; /* of the source at the start: what a job below it appends isn't copied */
    int64_t cluster, clusters;
    /* A bit a cluster, under the watch's lock. */
    unsigned long *todo; /* backup: not copied yet; mirror: dirty */
    unsigned long *busy; /* backup: being copied */
    int64_t dirty;       /* how many bits of todo are set */
    int error;           /* backup: what a write met */
} CopyJob;

#define BITS ((int64_t)sizeof(long) * 8)

static bool test(const unsigned long *bits, int64_t n)
{
    return bits[n / BITS] >> (n % BITS) & 1;
}

static void put(unsigned long *bits, int64_t n, bool set)
{
    unsigned long bit = 1ul << (n % BITS);

    bits[n / BITS] = set ? bits[n / BITS] | bit : bits[n / BITS] & ~bit;
}

static int64_t next_set(const unsigned long *bits, int64_t from, int64_t end)
{
    for (; from < end; from++) {
        if (!bits[from / BITS] && from % BITS == 0) {
            from += BITS - 1;
        } else if (test(bits, from)) {
            return from;
        }
    }
    return end;
}

static int64_t cluster_bytes(const CopyJob *c, int64_t n)
{
    return MIN(c->cluster, c->length - n * c->cluster);
}

static void free_copy(BlockJob *job)
{
    CopyJob *c = (CopyJob *)job;

    g_clear_pointer(&c->todo, g_free);
    g_clear_pointer(&c->busy, g_free);
}

/* Marks what is to be copied; a negative errno if that can't be found out. */
static int mark_all(CopyJob *c)
{
    BlockDriverState *source = c->job.source;
    int64_t length = c->length, offset = 0;

    if (c->sync == BLOCK_SYNC_NONE) {
        return 0;
    }
    while (offset < length) {
        int64_t same = length - offset, map;
        int status = c->sync == BLOCK_SYNC_TOP
                         ? bdrv_status(source, offset, same, &same, &map) : BLOCK_STATUS_ALLOCATED;

        if (status < 0) {
            return status;
        }
        for (int64_t n = offset / c->cluster;
             status & (BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_ZERO) && n * c->cluster < offset + same;
             n++) {
            if (!test(c->todo, n)) {
                put(c->todo, n, true);
                c->dirty++;
                c->job.length += cluster_bytes(c, n);
            }
        }
        offset += same;
    }
    return 0;
}

/* Takes the reference to @target. */
static CopyJob *new_copy(const BlockJobKind *kind, const BlockJobOptions *options,
                         BlockDriverState *source, BlockDriverState *target, BlockSync sync,
                         int64_t cluster, Error **errp)
{
    CopyJob *c = (CopyJob *)job_new(kind, options, source, target, errp);
    int ret;

    if (!c) {
        return NULL;
    }
    c->sync = sync;
    c->cluster = cluster;
    c->length = bdrv_length(source);
    c->clusters = DIV_ROUND_UP(c->length, cluster);
    c->todo = g_new0(unsigned long, DIV_ROUND_UP(c->clusters, BITS) + 1);
    c->busy = g_new0(unsigned long, DIV_ROUND_UP(c->clusters, BITS) + 1);
    ret = mark_all(c);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not find out what '%s' has", source->filename);
        job_drop(&c->job);
        return NULL;
    }
    return c;
}

/* --- backup --- */

/* Copies a cluster if nobody has, or waits for who does. */
static int back_up(CopyJob *c, int64_t n, void *buf)
{
    BlockWatch *watch = &c->job.watch;
    int64_t bytes = cluster_bytes(c, n);
    int ret;

    g_mutex_lock(&watch->lock);
    while (test(c->busy, n)) {
        g_cond_wait(&watch->changed, &watch->lock);
    }
    if (!test(c->todo, n)) {
        g_mutex_unlock(&watch->lock);
        return 0;
    }
    put(c->todo, n, false);
    put(c->busy, n, true);
    g_mutex_unlock(&watch->lock);

    ret = job_copy(c->job.source, c->job.target->bs, n * c->cluster, bytes, 0, buf);
    job_progress(&c->job, bytes, 0);

    g_mutex_lock(&watch->lock);
    put(c->busy, n, false);
    c->error = c->error ? c->error : ret;
    g_cond_broadcast(&watch->changed);
    g_mutex_unlock(&watch->lock);
    return ret;
}

/* The guest's write isn't held up by a target that can't be written to: the job fails. */
static void before_write(BlockWatch *watch, int64_t offset, int64_t bytes)
{
    CopyJob *c = container_of(watch, CopyJob, job.watch);
    g_autofree void *buf = NULL;
    int64_t end = MIN(offset + bytes, c->length);

    for (int64_t n = offset / c->cluster; n * c->cluster < end; n++) {
        buf = buf ? buf : g_malloc(c->cluster);
        back_up(c, n, buf);
    }
}

static int error_of(CopyJob *c)
{
    int error;

    g_mutex_lock(&c->job.watch.lock);
    error = c->error;
    g_mutex_unlock(&c->job.watch.lock);
    return error;
}

static int run_backup(BlockJob *job)
{
    CopyJob *c = (CopyJob *)job;
    g_autofree void *buf = g_malloc(c->cluster);
    int ret = 0;

    for (int64_t n = 0; ret == 0 && n < c->clusters && c->sync != BLOCK_SYNC_NONE; n++) {
        if (!job_go_on(job, cluster_bytes(c, n))) {
            return -ECANCELED;
        }
        ret = back_up(c, n, buf);
        ret = ret ? ret : error_of(c);
    }
    while (ret == 0 && c->sync == BLOCK_SYNC_NONE) { /* until it is cancelled */
        if (!job_go_on(job, 0)) {
            return -ECANCELED;
        }
        job_rest(job);
        ret = error_of(c);
    }
    return ret;
}

static bool finish_backup(BlockJob *job, Error **errp)
{
    int ret = error_of((CopyJob *)job);

    ret = ret ? ret : bdrv_flush(job->target->bs);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write to '%s'", job->target->bs->filename);
    }
    return ret == 0;
}

static const BlockJobKind backup_kind = {
    .type = "backup", .size = sizeof(CopyJob), .run = run_backup, .finish = finish_backup,
    .free = free_copy,
};

bool block_backup(const BlockJobOptions *options, const BlockJobTarget *target, BlockSync sync,
                  Error **errp)
{
    BlockDriverState *source = job_find_source(options->device, errp), *to;
    CopyJob *c;

    to = source ? job_open_target(target, source, NULL, errp) : NULL;
    c = to ? new_copy(&backup_kind, options, source, to, sync, CLUSTER, errp) : NULL;
    if (!c) {
        return false;
    }
    if (sync == BLOCK_SYNC_NONE) { /* all that is overwritten is copied */
        for (int64_t n = 0; n < c->clusters; n++) {
            put(c->todo, n, true);
        }
        c->job.length = c->length;
    }
    c->job.watch.before = before_write;
    job_start(&c->job);
    return true;
}

/* --- mirror --- */

static void after_write(BlockWatch *watch, int64_t offset, int64_t bytes)
{
    CopyJob *c = container_of(watch, CopyJob, job.watch);
    int64_t end = MIN(offset + bytes, c->length), found = 0;

    g_mutex_lock(&watch->lock);
    for (int64_t n = offset / c->cluster; n * c->cluster < end; n++) {
        if (!test(c->todo, n)) {
            put(c->todo, n, true);
            c->dirty++;
            found += cluster_bytes(c, n);
        }
    }
    g_mutex_unlock(&watch->lock);
    job_progress(&c->job, 0, found);
}

/* The next dirty cluster from @from on, which isn't dirty any more; negative: there is none. */
static int64_t take_dirty(CopyJob *c, int64_t from)
{
    int64_t n;

    g_mutex_lock(&c->job.watch.lock);
    n = next_set(c->todo, from, c->clusters);
    if (n == c->clusters) {
        n = next_set(c->todo, 0, c->clusters);
    }
    if (n < c->clusters) {
        put(c->todo, n, false);
        c->dirty--;
    }
    g_mutex_unlock(&c->job.watch.lock);
    return n < c->clusters ? n : -1;
}

static int copy_dirty(CopyJob *c, int64_t n, void *buf)
{
    int64_t bytes = cluster_bytes(c, n);
    int ret = job_copy(c->job.source, c->job.target->bs, n * c->cluster, bytes, 0, buf);

    job_progress(&c->job, bytes, 0);
    return ret;
}

static bool is_over(BlockJob *job, int *ret)
{
    bool over;

    g_mutex_lock(&job->lock);
    over = job->cancelled || job->complete;
    *ret = job->cancelled && job->forced ? -ECANCELED : 0;
    g_mutex_unlock(&job->lock);
    return over;
}

static int run_mirror(BlockJob *job)
{
    CopyJob *c = (CopyJob *)job;
    g_autofree void *buf = g_malloc(c->cluster);
    int64_t n = -1;
    int ret = 0;

    while (!is_over(job, &ret)) {
        n = take_dirty(c, n + 1);
        if (n < 0) {
            job_is_ready(job);
            job_go_on(job, 0);
            job_rest(job);
            continue;
        }
        ret = copy_dirty(c, n, buf);
        if (ret < 0) {
            return ret;
        }
        job_go_on(job, cluster_bytes(c, n));
    }
    return ret;
}

/* Nothing is in flight: what is still dirty is copied, and then both are the same. */
static bool finish_mirror(BlockJob *job, Error **errp)
{
    CopyJob *c = (CopyJob *)job;
    BlockDriverState *to = job->target->bs;
    g_autofree void *buf = g_malloc(c->cluster);
    int64_t n = -1;
    int ret = 0;

    while (ret == 0 && (n = take_dirty(c, n + 1)) >= 0) {
        ret = copy_dirty(c, n, buf);
    }
    ret = ret ? ret : bdrv_flush(to);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write to '%s'", to->filename);
        return false;
    }
    if (job->complete) {
        bdrv_ref(to);
        bdrv_unuse(job->target);
        job->target = NULL;
        job->source->watch = NULL;
        bdrv_replace(job->source, to);
        bdrv_unref(to);
    }
    return true;
}

static const BlockJobKind mirror_kind = {
    .type = "mirror", .size = sizeof(CopyJob), .is_completed = true, .run = run_mirror,
    .finish = finish_mirror, .free = free_copy,
};

bool block_mirror(const BlockJobOptions *options, const BlockJobTarget *target, BlockSync sync,
                  int64_t granularity, Error **errp)
{
    BlockDriverState *source = job_find_source(options->device, errp), *to;
    const char *backing = NULL;
    CopyJob *c;

    if (!source) {
        return false;
    }
    granularity = granularity ? granularity : CLUSTER;
    if (granularity < MIN_GRANULARITY || granularity > MAX_GRANULARITY ||
        !is_power_of_2(granularity)) {
        error_setg(errp, "Parameter 'granularity' expects a power of two from %d to %d",
                   MIN_GRANULARITY, MAX_GRANULARITY);
        return false;
    }
    if (sync == BLOCK_SYNC_TOP && !source->backing) {
        sync = BLOCK_SYNC_FULL;
    } else if (sync == BLOCK_SYNC_TOP) {
        backing = source->backing->bs->filename;
    }
    to = job_open_target(target, source, backing, errp);
    c = to ? new_copy(&mirror_kind, options, source, to, sync, granularity, errp) : NULL;
    if (!c) {
        return false;
    }
    c->job.watch.after = after_write;
    job_start(&c->job);
    return true;
}
