/*
 * What the files of the block layer share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_BLOCK_INT_H
#define BLOCK_BLOCK_INT_H

#include "qemu/osdep.h"
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
/* All of [offset, offset + bytes), which the caller has checked; 0 or a negative errno. */
int raw_file_pread(RawFile *file, int64_t offset, int64_t bytes, void *buf);
int raw_file_pwrite(RawFile *file, int64_t offset, int64_t bytes, const void *buf);
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

BlockBackend *blk_open_with(const char *name, const BlockOpenOptions *options, Error **errp);
void drive_forget_all(void);
void blk_set_legacy_dinfo(BlockBackend *blk, DriveInfo *dinfo);

#endif
