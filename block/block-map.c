/*
 * Formats that are read only: blocks of one size.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-map.h"
#include "qapi/error.h"

bool block_map_open_file(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    if (!bdrv_open_child(bs, o, "file", &bs->file, &bs->flags, true, errp)) {
        return false;
    }
    if (!bs->flags.read_only && bs->flags.auto_read_only) {
        bs->flags.read_only = true;
    }
    if (!bs->flags.read_only) {
        error_setg(errp, "Images of format '%s' can only be read: give readonly=on, or convert "
                   "'%s' with sysemu-img", bs->driver->name, bs->file->bs->filename);
        return false;
    }
    return true;
}

bool block_map_init(BlockMap *map, BlockDriverState *bs, uint64_t length, uint64_t block_size,
                    Error **errp)
{
    if (block_size < SECTOR_SIZE || block_size > 1 << 30 || (block_size & (block_size - 1)) ||
        length > INT64_MAX - block_size ||
        (length + block_size - 1) / block_size > BLOCK_MAP_MAX_ENTRIES) {
        error_setg(errp, "%s image '%s': %" PRIu64 " bytes in blocks of %" PRIu64,
                   bs->driver->name, bs->file->bs->filename, length, block_size);
        return false;
    }
    map->block_size = block_size;
    map->entries = (length + block_size - 1) / block_size;
    map->end = bdrv_length(bs->file->bs);
    map->behind = g_try_new0(uint64_t, MAX(map->entries, 1));
    if (!map->behind) {
        error_setg(errp, "Not enough memory for the map of '%s'", bs->file->bs->filename);
        return false;
    }
    bdrv_set_length(bs, length);
    return true;
}

bool block_map_set(BlockMap *map, BlockDriverState *bs, uint64_t i, uint64_t where, Error **errp)
{
    if (where >= map->end) {
        error_setg(errp, "%s image '%s': block %" PRIu64 " is at 0x%" PRIx64
                   ", behind the end of the file", bs->driver->name, bs->file->bs->filename, i,
                   where);
        return false;
    }
    map->behind[i] = where + 1;
    return true;
}

void block_map_free(BlockMap *map)
{
    g_clear_pointer(&map->behind, g_free);
}

int block_map_read(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                   size_t skip)
{
    const BlockMap *map = bs->state;
    int ret = 0;

    while (ret == 0 && bytes) {
        int64_t in_block = offset & (map->block_size - 1);
        int64_t n = MIN(bytes, map->block_size - in_block);
        uint64_t behind = map->behind[offset / map->block_size];

        if (behind) {
            ret = bdrv_preadv(bs->file->bs, behind - 1 + in_block, n, qiov, skip);
        } else {
            qemu_iovec_memset(qiov, skip, 0, n);
        }
        offset += n;
        bytes -= n;
        skip += n;
    }
    return ret;
}

int block_map_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same,
                     int64_t *at)
{
    const BlockMap *map = bs->state;
    int64_t in_block = offset & (map->block_size - 1);
    uint64_t behind = map->behind[offset / map->block_size];

    *same = MIN(bytes, map->block_size - in_block);
    if (!behind) {
        return BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_ZERO;
    }
    *at = behind - 1 + in_block;
    return BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_DATA | BLOCK_STATUS_AT_OFFSET;
}

void block_map_info(BlockDriverState *bs, BlockFormatInfo *info)
{
    const BlockMap *map = bs->state;

    info->cluster_size = map->block_size;
}

void block_map_close(BlockDriverState *bs)
{
    block_map_free(bs->state);
}
