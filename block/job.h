/*
 * The inside of block jobs: what each kind of job does, and what all of them share.
 *
 * A job has a thread that copies, piece by piece, by plain calls; a watch on its source tells it of
 * what the guest writes. Before each piece the thread comes by job_go_on(), where it waits while
 * the job is paused, somebody changes the graph, or it would be faster than it may be. What changes
 * the graph is done by the main loop when the thread has ended.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_JOB_H
#define BLOCK_JOB_H

#include "block-int.h"
#include "qemu/main-loop.h"
#include "system/block-jobs.h"
#include "watch.h"

#define JOB_PIECE (1 << 20) /* bytes that are copied at once, at most */

typedef struct BlockJob BlockJob;

typedef struct BlockJobKind {
    const char *type;  /* as QMP calls it */
    size_t size;       /* of the structure that begins with a BlockJob */
    bool is_completed; /* by block-job-complete, once it is ready */
    /* The thread: 0, -ECANCELED, or another negative errno. */
    int (*run)(BlockJob *job);
    /* In the main loop, nothing in flight, if the thread has given 0. False: *errp. */
    bool (*finish)(BlockJob *job, Error **errp);
    /* Frees what the kind has. */
    void (*free)(BlockJob *job);
} BlockJobKind;

struct BlockJob {
    BlockWatch watch; /* on source */
    const BlockJobKind *kind;
    char *id;
    BlockDriverState *source; /* a reference */
    BlockUse *target;         /* NULL: none */
    bool keep;
    char *error; /* of a job that is kept */

    /* With the lock. */
    GMutex lock;
    GCond wake;
    int64_t length, done; /* bytes to be copied in all, and copied */
    int64_t speed;
    unsigned pauses, held; /* by the user; by who changes the graph */
    bool waiting, ended, cancelled, forced, ready, complete, concluded, ready_told;
    gint64 slice_end;      /* us: until then slice_left bytes may be copied */
    int64_t slice_left;

    GThread *thread;
    int ret;
    QEMUBH *bh;
    QTAILQ_ENTRY(BlockJob) link;
};

/*
 * A new job on @source, with @target (whose reference it takes; NULL: none), that isn't started.
 * NULL and an error.
 */
BlockJob *job_new(const BlockJobKind *kind, const BlockJobOptions *options,
                  BlockDriverState *source, BlockDriverState *target, Error **errp);
/* Puts the watch on the source and starts the thread. */
void job_start(BlockJob *job);
/* Instead of starting it. */
void job_drop(BlockJob *job);
/* What a job's device is: a drive's root or a node. NULL and an error. */
BlockDriverState *job_find_source(const char *device, Error **errp);
/* The target's node, a reference; it is as long as @source. NULL and an error. */
BlockDriverState *job_open_target(const BlockJobTarget *target, BlockDriverState *source,
                                  const char *backing, Error **errp);

/* --- for the thread --- */

/* Before @bytes are copied: false if the job is to stop. */
bool job_go_on(BlockJob *job, int64_t bytes);
/* So much more is copied; @found: so much more there is to copy. */
void job_progress(BlockJob *job, int64_t copied, int64_t found);
/* Source and target are the same now, and stay so. */
void job_is_ready(BlockJob *job);
/* Waits until there may be something to do. */
void job_rest(BlockJob *job);
bool job_is_cancelled(BlockJob *job);

/* Copies a range between nodes; zeros stay zeros. 0 or a negative errno. */
int job_copy(BlockDriverState *from, BlockDriverState *to, int64_t offset, int64_t bytes,
             unsigned flags, void *buf);

#endif
