/*
 * Block jobs that shorten a chain of backing files: stream brings what is below up into an image,
 * commit brings what images have down into one below them.
 *
 * The image that the guest writes to keeps the guest's writes away from a piece while that is read
 * from below and written above, or else old data could replace new.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "job.h"
#include "qapi/error.h"

/* The image of that node or file name below @bs, or NULL and an error. */
static BlockDriverState *find_below(BlockDriverState *bs, const char *name, Error **errp)
{
    BlockDriverState *b = bs;

    while ((b = b->backing ? bdrv_skip_filters(b->backing->bs) : NULL)) {
        if (g_str_equal(b->node_name, name) || g_str_equal(b->filename, name)) {
            return b;
        }
    }
    error_setg(errp, "Can't find '%s' in the backing chain of '%s'", name, bs->node_name);
    return NULL;
}

/* --- stream --- */

typedef struct StreamJob {
    BlockJob job;
    BlockDriverState *base; /* a reference; NULL: everything is brought up */
} StreamJob;

static void free_stream(BlockJob *job)
{
    StreamJob *s = (StreamJob *)job;

    bdrv_unref(s->base);
    s->base = NULL;
}

/* Of [offset, offset + bytes) as much as is alike, in *same; whether it has to be brought up. */
static int stream_status(StreamJob *s, int64_t offset, int64_t bytes, int64_t *same)
{
    int64_t map;
    int depth, status = bdrv_status(s->job.source, offset, bytes, same, &map);

    if (status < 0 || status & (BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_ZERO)) {
        return MIN(status, 0);
    }
    status = bdrv_status_above(s->job.source, s->base, offset, *same, same, &map, &depth);
    return status < 0 ? status : (status & (BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_ZERO)) != 0;
}

static int run_stream(BlockJob *job)
{
    StreamJob *s = (StreamJob *)job;
    g_autofree void *buf = g_malloc(JOB_PIECE);
    int64_t length = bdrv_length(job->source), same;

    for (int64_t offset = 0; offset < length; offset += same) {
        int64_t bytes = MIN(length - offset, JOB_PIECE);
        BlockRange range;
        int ret;

        if (!job_go_on(job, bytes)) {
            return -ECANCELED;
        }
        block_watch_hold(&job->watch, &range, offset, bytes);
        ret = stream_status(s, offset, bytes, &same);
        if (ret > 0) {
            ret = job_copy(job->source, job->source, offset, same, BDRV_REQ_UNWATCHED, buf);
        }
        block_watch_release(&job->watch, &range);
        if (ret < 0) {
            return ret;
        }
        job_progress(job, same, 0);
    }
    return 0;
}

static bool finish_stream(BlockJob *job, Error **errp)
{
    int ret = bdrv_flush(job->source);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write to '%s'", job->source->filename);
        return false;
    }
    return bdrv_change_backing(job->source, ((StreamJob *)job)->base, errp);
}

static const BlockJobKind stream_kind = {
    .type = "stream", .size = sizeof(StreamJob), .run = run_stream, .finish = finish_stream,
    .free = free_stream,
};

bool block_stream(const BlockJobOptions *options, const char *base, Error **errp)
{
    BlockDriverState *source = job_find_source(options->device, errp), *below = NULL;
    BlockJob *job;

    if (!source || (base && !(below = find_below(source, base, errp)))) {
        return false;
    }
    if (source->flags.read_only) {
        error_setg(errp, "Node '%s' is read-only", source->node_name);
        return false;
    }
    job = job_new(&stream_kind, options, source, NULL, errp);
    if (!job) {
        return false;
    }
    if (below) {
        bdrv_ref(below);
        ((StreamJob *)job)->base = below;
    }
    job->length = bdrv_length(source);
    job_start(job);
    return true;
}

/* --- commit --- */

typedef struct CommitJob {
    BlockJob job;
    BlockDriverState *top, *base; /* references; top: the job's source, or below it */
    bool base_was_read_only;
    /* Where top is the source: pieces that the guest has written to, under the watch's lock. */
    bool *dirty;
    int64_t pieces;
} CommitJob;

static void free_commit(BlockJob *job)
{
    CommitJob *c = (CommitJob *)job;

    if (c->base && c->base_was_read_only && !c->base->flags.read_only && c->base->uses &&
        !job->complete) {
        bdrv_set_read_only(c->base, true, NULL);
    }
    bdrv_unref(c->top);
    bdrv_unref(c->base);
    c->top = c->base = NULL;
    g_clear_pointer(&c->dirty, g_free);
}

/*
 * A piece that was written to is copied (again); the data are those of all images above the base.
 */
static void piece_written(BlockWatch *watch, int64_t offset, int64_t bytes)
{
    CommitJob *c = container_of(watch, CommitJob, job.watch);
    int64_t end = DIV_ROUND_UP(offset + bytes, JOB_PIECE), found = 0;

    g_mutex_lock(&watch->lock);
    for (int64_t n = offset / JOB_PIECE; n < MIN(end, c->pieces); n++) {
        found += c->dirty[n] ? 0 : JOB_PIECE;
        c->dirty[n] = true;
    }
    g_mutex_unlock(&watch->lock);
    job_progress(&c->job, 0, found);
}

static int64_t take_piece(CommitJob *c, int64_t from)
{
    int64_t n = -1;

    g_mutex_lock(&c->job.watch.lock);
    for (int64_t i = 0; i < c->pieces && n < 0; i++) {
        if (c->dirty[(from + i) % c->pieces]) {
            n = (from + i) % c->pieces;
            c->dirty[n] = false;
        }
    }
    g_mutex_unlock(&c->job.watch.lock);
    return n;
}

/* What the images from top to above the base have of a piece goes to the base. */
static int commit_piece(CommitJob *c, int64_t n, void *buf)
{
    int64_t end = MIN((n + 1) * JOB_PIECE, bdrv_length(c->top)), same, map;
    int depth;

    for (int64_t offset = n * JOB_PIECE; offset < end; offset += same) {
        int ret = bdrv_status_above(c->top, c->base, offset, end - offset, &same, &map, &depth);

        if (ret >= 0 && ret & (BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_ZERO)) {
            ret = job_copy(c->top, c->base, offset, same, 0, buf);
        }
        if (ret < 0) {
            return ret;
        }
    }
    job_progress(&c->job, JOB_PIECE, 0);
    return 0;
}

static bool is_active(const CommitJob *c)
{
    return c->top == c->job.source;
}

static int run_commit(BlockJob *job)
{
    CommitJob *c = (CommitJob *)job;
    g_autofree void *buf = g_malloc(JOB_PIECE);
    int64_t n = -1;

    while (true) {
        bool cancelled, complete;

        g_mutex_lock(&job->lock);
        cancelled = job->cancelled;
        complete = job->complete;
        g_mutex_unlock(&job->lock);
        if (cancelled) {
            return -ECANCELED; /* the base has a part of it, which the images above hide */
        }
        n = complete ? -1 : take_piece(c, n + 1);
        if (n >= 0) {
            int ret = commit_piece(c, n, buf);

            if (ret < 0) {
                return ret;
            }
            job_go_on(job, JOB_PIECE);
        } else if (complete || !is_active(c)) {
            return 0;
        } else {
            job_is_ready(job);
            job_go_on(job, 0);
            job_rest(job);
        }
    }
}

/* The image above top stands on the base now; if there is none, all that used top use the base. */
static bool finish_commit(BlockJob *job, Error **errp)
{
    CommitJob *c = (CommitJob *)job;
    g_autofree void *buf = g_malloc(JOB_PIECE);
    BlockDriverState *above;
    int64_t n = -1;
    int ret = 0;

    while (ret == 0 && (n = take_piece(c, n + 1)) >= 0) {
        ret = commit_piece(c, n, buf);
    }
    ret = ret ? ret : bdrv_flush(c->base);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write to '%s'", c->base->filename);
        return false;
    }
    if (is_active(c)) {
        job->source->watch = NULL;
        bdrv_replace(c->top, c->base);
        return true;
    }
    above = job->source;
    while (bdrv_skip_filters(above->backing->bs) != c->top) {
        above = bdrv_skip_filters(above->backing->bs);
    }
    return (!c->base_was_read_only || bdrv_set_read_only(c->base, true, errp)) &&
           bdrv_change_backing(above, c->base, errp);
}

static const BlockJobKind commit_kind = {
    .type = "commit", .size = sizeof(CommitJob), .is_completed = true, .run = run_commit,
    .finish = finish_commit, .free = free_commit,
};

bool block_commit_job(const BlockJobOptions *options, const char *top, const char *base,
                      Error **errp)
{
    BlockDriverState *source = job_find_source(options->device, errp), *from, *to;
    CommitJob *c;
    bool ok;

    if (!source) {
        return false;
    }
    from = top && !g_str_equal(top, source->node_name) && !g_str_equal(top, source->filename)
               ? find_below(source, top, errp) : source;
    if (!from) {
        return false;
    }
    if (base) {
        to = find_below(from, base, errp);
    } else {
        for (to = from; to->backing; to = bdrv_skip_filters(to->backing->bs)) {
        }
        if (to == from) {
            error_setg(errp, "Image '%s' has no backing file to commit to", from->filename);
            return false;
        }
    }
    c = to ? (CommitJob *)job_new(&commit_kind, options, source, NULL, errp) : NULL;
    if (!c) {
        return false;
    }
    bdrv_ref(from);
    bdrv_ref(to);
    c->top = from;
    c->base = to;
    c->base_was_read_only = to->flags.read_only;
    c->pieces = DIV_ROUND_UP(bdrv_length(from), JOB_PIECE);
    c->dirty = g_new(bool, c->pieces + 1);
    memset(c->dirty, true, c->pieces);
    c->job.length = c->pieces * JOB_PIECE;
    if (is_active(c)) {
        c->job.watch.after = piece_written;
    }
    bdrv_graph_begin();
    ok = bdrv_set_read_only(to, false, errp) &&
         (bdrv_length(from) <= bdrv_length(to) || bdrv_truncate(to, bdrv_length(from), errp));
    bdrv_graph_end();
    if (!ok) {
        job_drop(&c->job);
        return false;
    }
    job_start(&c->job);
    return true;
}
