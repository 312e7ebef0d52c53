/*
 * Block jobs: long copies of images while the machine runs.
 *
 * All of it with the big lock held. Functions that give a bool set *errp if it is false; nothing
 * has changed then.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_BLOCK_JOBS_H
#define SYSTEM_BLOCK_JOBS_H

#include <json-glib/json-glib.h>

typedef enum BlockSync {
    BLOCK_SYNC_FULL, /* all of it */
    BLOCK_SYNC_TOP,  /* what the image has and its backing files haven't */
    BLOCK_SYNC_NONE, /* what is written from now on (mirror), or what that replaces (backup) */
} BlockSync;

/* What is common to all. Strings belong to the caller. */
typedef struct BlockJobOptions {
    const char *id;     /* NULL: the drive's name */
    const char *device; /* a drive or node */
    int64_t speed;      /* bytes a second; 0: no limit */
    bool keep;          /* until block_job_dismiss() */
} BlockJobOptions;

/*
 * The target: a node's name, or (@filename) an image file of @format (NULL: the source's), made
 * anew unless @existing.
 */
typedef struct BlockJobTarget {
    const char *node;
    const char *filename, *format, *node_name;
    bool existing;
} BlockJobTarget;

/* What the drive has at this moment goes to the target, whatever is written to it meanwhile. */
bool block_backup(const BlockJobOptions *options, const BlockJobTarget *target, BlockSync sync,
                  Error **errp);
/* The target becomes what the drive is, until the job is completed (the drive then uses it). */
bool block_mirror(const BlockJobOptions *options, const BlockJobTarget *target, BlockSync sync,
                  int64_t granularity, Error **errp);
/* What backing files above @base (a node or file name; NULL: all) have goes to the image. */
bool block_stream(const BlockJobOptions *options, const char *base, Error **errp);
/*
 * What images from @top (NULL: the drive's) down to above @base (NULL: the lowest) have goes there.
 */
bool block_commit_job(const BlockJobOptions *options, const char *top, const char *base,
                      Error **errp);

JsonNode *block_jobs_query(void);
bool block_job_set_speed(const char *id, int64_t speed, Error **errp);
/* A mirror that is ready ends well, without the drive using it; @force: not even that. */
bool block_job_cancel(const char *id, bool force, Error **errp);
bool block_job_pause(const char *id, Error **errp);
bool block_job_resume(const char *id, Error **errp);
bool block_job_complete(const char *id, Error **errp);
bool block_job_dismiss(const char *id, Error **errp);
/* At exit. */
void block_jobs_cancel_all(void);

#endif
