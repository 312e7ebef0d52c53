/*
 * Formats that are read only: an image in blocks of one size, each at some place of the file.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BLOCK_BLOCK_MAP_H
#define BLOCK_BLOCK_MAP_H

#include "block-int.h"

/* No sane image has a larger table. */
#define BLOCK_MAP_MAX_ENTRIES (64u << 20)
#define BLOCK_MAP_ZERO        UINT64_MAX

typedef struct BlockMap {
    int64_t block_size; /* a power of two */
    uint64_t entries;
    uint64_t *where; /* offsets in the file; BLOCK_MAP_ZERO: reads as zeros */
} BlockMap;

/*
 * Opens the child "file" of a driver whose images can't be written: false and an error if writing
 * is wanted.
 */
bool block_map_open_file(BlockDriverState *bs, BlockOptions *o, Error **errp);
/*
 * Makes a map of zeros for an image of @length bytes, which becomes the node's length; false and an
 * error if that makes no sense.
 */
bool block_map_init(BlockMap *map, BlockDriverState *bs, uint64_t length, uint64_t block_size,
                    Error **errp);
/* All blocks that are somewhere must be inside of the file. */
bool block_map_check(const BlockMap *map, BlockDriverState *bs, Error **errp);
void block_map_free(BlockMap *map);

/* For drivers whose state begins with a BlockMap. */
int block_map_read(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                   size_t skip);
int block_map_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same,
                     int64_t *map);
void block_map_info(BlockDriverState *bs, BlockFormatInfo *info);
void block_map_close(BlockDriverState *bs);

#endif
