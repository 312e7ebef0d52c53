/*
 * What the files of the block layer share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_BLOCK_INT_H
#define BLOCK_BLOCK_INT_H

#include "qemu/osdep.h"
#include "qemu/queue.h"
#include "system/block-backend.h"

/* How to open an image. */
typedef struct RawFileFlags {
    bool read_only;
    bool write_through; /* every write is on the host's medium when it returns */
} RawFileFlags;

/* An open raw image: a regular file or a block device, locked against other users. */
typedef struct RawFile {
    int fd;
    int64_t length;
    bool read_only;
} RawFile;

/* Opens and locks @filename. False and an error that names it; @file is left closed then. */
bool raw_file_open(RawFile *file, const char *filename, RawFileFlags flags, Error **errp);
void raw_file_close(RawFile *file);
/* All of @qiov at @offset, in bounds that the caller has checked; 0 or a negative errno. */
int raw_file_preadv(RawFile *file, int64_t offset, QEMUIOVector *qiov);
int raw_file_pwritev(RawFile *file, int64_t offset, QEMUIOVector *qiov);
int raw_file_flush(RawFile *file);
/* How long the image is now; someone else may have cut it. Negative errno on failure. */
int64_t raw_file_current_length(RawFile *file);

/* As blk_new_open(), with all that -drive can say. */
typedef struct BlockOpenOptions {
    const char *filename;
    const char *format; /* NULL: not given */
    RawFileFlags flags;
    bool no_flush;      /* cache=unsafe */
    bool may_guess;     /* no warning where the format wasn't given: -pflash has no place for it */
} BlockOpenOptions;

struct BlockBackend {
    char *name;
    char *filename; /* NULL: no medium */
    int refcount;
    RawFile file;
    bool no_flush;
    bool no_write_cache;
    bool write_failed; /* the last write did, and that has been said */
    bool cut_reported;
    BlockdevOnError on_read_error, on_write_error;
    int io_status; /* the errno that stopped the machine, or 0 */
    DeviceState *dev;
    const BlockDevOps *dev_ops;
    void *dev_opaque;
    DriveInfo *dinfo;
    GThreadPool *workers; /* NULL until the first request */
    unsigned in_flight;   /* requests whose completion functions haven't been called */
    QTAILQ_ENTRY(BlockBackend) link;
};

typedef enum BlockRequestKind {
    BLOCK_REQUEST_READ,
    BLOCK_REQUEST_WRITE,
    BLOCK_REQUEST_ZEROES,
    BLOCK_REQUEST_DISCARD,
    BLOCK_REQUEST_FLUSH,
} BlockRequestKind;

typedef struct BlockRequest {
    BlockRequestKind kind;
    int64_t offset, bytes;
    QEMUIOVector *qiov; /* reads and writes */
    unsigned flags;
} BlockRequest;

/* Does what is asked for, in any thread; 0 or a negative errno. */
int blk_do_request(BlockBackend *blk, const BlockRequest *request);
/* The big lock's part afterwards: messages about it. */
void blk_note_result(BlockBackend *blk, const BlockRequest *request, int ret);
/* Ends the workers; no request is in flight. */
void blk_stop_workers(BlockBackend *blk);

BlockBackend *blk_open_with(const char *name, const BlockOpenOptions *options, Error **errp);
void drive_forget_all(void);
void blk_set_legacy_dinfo(BlockBackend *blk, DriveInfo *dinfo);

#endif
