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

typedef struct BlockMap {
    int64_t block_size; /* a power of two */
    uint64_t entries;
    uint64_t end;     /* of the file */
    uint64_t *behind; /* offsets in the file, and 1; 0: reads as zeros, and is untouched */
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
/* Block i is there, which must be inside of the file: false and an error otherwise. */
bool block_map_set(BlockMap *map, BlockDriverState *bs, uint64_t i, uint64_t where, Error **errp);
void block_map_free(BlockMap *map);

/* For drivers whose state begins with a BlockMap. */
int block_map_read(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                   size_t skip);
int block_map_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same,
                     int64_t *map);
void block_map_info(BlockDriverState *bs, BlockFormatInfo *info);
void block_map_close(BlockDriverState *bs);

#endif
