/*
 * Virtual PC's images (VHD), for reading: fixed and dynamic ones.
 *
 * Reference: Microsoft, "Virtual Hard Disk Image Format Specification", version 1.0. A dynamic
 * disk's block begins with a bitmap of its sectors; a sector whose bit is clear has zeros in the
 * block, too, unless the disk is a differencing one, which isn't supported.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-map.h"
#include "qapi/error.h"
#include "qemu/bswap.h"

enum {
    FOOTER_SIZE = 512,
    FOOTER_NEXT = 16,
    FOOTER_SIZE_NOW = 48,
    FOOTER_TYPE = 60,
    FOOTER_CHECKSUM = 64,
    DYNAMIC_SIZE = 1024,
    DYNAMIC_TABLE = 16,
    DYNAMIC_ENTRIES = 28,
    DYNAMIC_BLOCK_SIZE = 32,
    DYNAMIC_CHECKSUM = 36,
};

enum { DISK_FIXED = 2, DISK_DYNAMIC = 3, DISK_DIFFERENCING = 4 };

#define NO_BLOCK UINT32_MAX

static int vpc_probe(const uint8_t *head, size_t len)
{
    return len >= 8 && !memcmp(head, "conectix", 8) ? 100 : 0;
}

/* The complement of the sum of all bytes but the four of the checksum itself. */
static bool sum_is_right(const uint8_t *data, size_t size, size_t at)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i++) {
        sum += i >= at && i < at + 4 ? 0 : data[i];
    }
    return ~sum == (uint32_t)ldl_be_p(data + at);
}

static bool bad(BlockDriverState *bs, const char *what, Error **errp)
{
    error_setg(errp, "VHD image '%s': %s", bs->file->bs->filename, what);
    return false;
}

/* All of the disk is there, from the beginning of the file on. */
static bool open_fixed(BlockDriverState *bs, BlockMap *map, uint64_t length, Error **errp)
{
    if (length > (uint64_t)bdrv_length(bs->file->bs)) {
        return bad(bs, "the file is shorter than the disk", errp);
    }
    if (!block_map_init(map, bs, length, 1 << 20, errp)) {
        return false;
    }
    for (uint64_t i = 0; i < map->entries; i++) {
        if (!block_map_set(map, bs, i, i << 20, errp)) {
            block_map_free(map);
            return false;
        }
    }
    return true;
}

static bool read_table(BlockDriverState *bs, BlockMap *map, const uint8_t *dynamic, Error **errp)
{
    uint64_t bitmap = (map->block_size / SECTOR_SIZE / 8 + SECTOR_SIZE - 1) & ~(SECTOR_SIZE - 1ull);
    g_autofree uint8_t *raw = g_malloc(MAX(map->entries * 4, 1));

    if ((uint32_t)ldl_be_p(dynamic + DYNAMIC_ENTRIES) < map->entries) {
        return bad(bs, "its block table is too small for its size", errp);
    }
    if (bdrv_pread(bs->file->bs, ldq_be_p(dynamic + DYNAMIC_TABLE), map->entries * 4, raw) < 0) {
        return bad(bs, "its block table can't be read", errp);
    }
    for (uint64_t i = 0; i < map->entries; i++) {
        uint32_t sector = ldl_be_p(raw + 4 * i);

        if (sector != NO_BLOCK &&
            !block_map_set(map, bs, i, (uint64_t)sector * SECTOR_SIZE + bitmap, errp)) {
            return false;
        }
    }
    return true;
}

static bool vpc_open(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    BlockMap *map = bs->state;
    uint8_t footer[FOOTER_SIZE], dynamic[DYNAMIC_SIZE];
    int64_t end;
    uint32_t type;

    if (!block_map_open_file(bs, o, errp)) {
        return false;
    }
    end = bdrv_length(bs->file->bs) - FOOTER_SIZE;
    if (end < 0 || bdrv_pread(bs->file->bs, 0, sizeof(footer), footer) < 0) {
        return bad(bs, "it is too short", errp);
    }
    /* A fixed disk has its footer at the end only. */
    if (!vpc_probe(footer, sizeof(footer)) &&
        (bdrv_pread(bs->file->bs, end, sizeof(footer), footer) < 0 ||
         !vpc_probe(footer, sizeof(footer)))) {
        error_setg(errp, "Image is not in vpc format");
        return false;
    }
    if (!sum_is_right(footer, sizeof(footer), FOOTER_CHECKSUM)) {
        return bad(bs, "the checksum of its footer is wrong", errp);
    }
    type = ldl_be_p(footer + FOOTER_TYPE);
    if (type == DISK_FIXED) {
        return open_fixed(bs, map, ldq_be_p(footer + FOOTER_SIZE_NOW), errp);
    }
    if (type != DISK_DYNAMIC) {
        return bad(bs, type == DISK_DIFFERENCING ? "differencing disks are not supported"
                                                 : "it is neither a fixed nor a dynamic disk",
                   errp);
    }
    if (bdrv_pread(bs->file->bs, ldq_be_p(footer + FOOTER_NEXT), sizeof(dynamic), dynamic) < 0 ||
        memcmp(dynamic, "cxsparse", 8) ||
        !sum_is_right(dynamic, sizeof(dynamic), DYNAMIC_CHECKSUM)) {
        return bad(bs, "its dynamic disk header is wrong", errp);
    }
    if (!block_map_init(map, bs, ldq_be_p(footer + FOOTER_SIZE_NOW),
                        (uint32_t)ldl_be_p(dynamic + DYNAMIC_BLOCK_SIZE), errp)) {
        return false;
    }
    if (!read_table(bs, map, dynamic, errp)) {
        block_map_free(map);
        return false;
    }
    return true;
}

const BlockDriver block_driver_vpc = {
    .name = "vpc",
    .state_size = sizeof(BlockMap),
    .probe = vpc_probe,
    .open = vpc_open,
    .close = block_map_close,
    .read = block_map_read,
    .status = block_map_status,
    .info = block_map_info,
};
