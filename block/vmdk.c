/*
 * VMware's images (VMDK), for reading: sparse extents (monolithicSparse, and each file of
 * twoGbMaxExtentSparse by itself).
 *
 * Reference: VMware, "Virtual Disk Format 5.0" (technical note).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-map.h"
#include "qapi/error.h"
#include "qemu/bswap.h"

/* Fields of a sparse extent's header, little-endian; places and sizes in sectors. */
enum {
    SPARSE_VERSION = 4,
    SPARSE_FLAGS = 8,
    SPARSE_CAPACITY = 12,
    SPARSE_GRAIN = 20,
    SPARSE_DESCRIPTOR = 28,
    SPARSE_DESCRIPTOR_SIZE = 36,
    SPARSE_TABLE_ENTRIES = 44,
    SPARSE_DIRECTORY = 56,
    SPARSE_COMPRESSION = 77,
    SPARSE_SIZE = 512,
};

enum { FLAG_ZEROED_GRAINS = 1 << 2, FLAG_COMPRESSED = 1 << 16 };

#define MAX_DESCRIPTOR (64 << 10)

static int vmdk_probe(const uint8_t *head, size_t len)
{
    static const char text[] = "# Disk DescriptorFile";

    if (len >= 4 && !memcmp(head, "KDMV", 4)) {
        return 100;
    }
    return len >= sizeof(text) - 1 && !memcmp(head, text, sizeof(text) - 1) ? 100 : 0;
}

static bool bad(BlockDriverState *bs, Error **errp, const char *what)
{
    error_setg(errp, "VMDK image '%s': %s", bs->file->bs->filename, what);
    return false;
}

/* Tables of grains, which the directory names. */
static bool read_grains(BlockDriverState *bs, BlockMap *map, const uint8_t *h, Error **errp)
{
    uint64_t per_table = (uint32_t)ldl_le_p(h + SPARSE_TABLE_ENTRIES);
    uint64_t directory = ldq_le_p(h + SPARSE_DIRECTORY), tables;
    bool zeroed = ldl_le_p(h + SPARSE_FLAGS) & FLAG_ZEROED_GRAINS;
    g_autofree uint8_t *raw = NULL, *table = NULL;

    if (!per_table || per_table > 65536) {
        return bad(bs, errp, "its tables have no sensible size");
    }
    if (directory > (uint64_t)INT64_MAX / SECTOR_SIZE) {
        return bad(bs, errp, "its directory is at the end, as in streams: not supported");
    }
    tables = (map->entries + per_table - 1) / per_table;
    raw = g_malloc(MAX(tables * 4, 1));
    table = g_malloc(per_table * 4);
    if (bdrv_pread(bs->file->bs, directory * SECTOR_SIZE, tables * 4, raw) < 0) {
        return bad(bs, errp, "its directory can't be read");
    }
    for (uint64_t t = 0; t < tables; t++) {
        uint64_t at = (uint64_t)(uint32_t)ldl_le_p(raw + 4 * t) * SECTOR_SIZE;

        if (!at) {
            continue;
        }
        if (at >= (uint64_t)bdrv_length(bs->file->bs) ||
            bdrv_pread(bs->file->bs, at, per_table * 4, table) < 0) {
            return bad(bs, errp, "one of its tables is behind the end of the file");
        }
        for (uint64_t i = 0; i < per_table && t * per_table + i < map->entries; i++) {
            uint32_t grain = ldl_le_p(table + 4 * i);

            if (grain && !(zeroed && grain == 1) &&
                !block_map_set(map, bs, t * per_table + i, (uint64_t)grain * SECTOR_SIZE, errp)) {
                return false;
            }
        }
    }
    return true;
}

/* What a descriptor, text of lines NAME=VALUE, may not say. */
static bool check_descriptor(BlockDriverState *bs, const char *text, Error **errp)
{
    const char *parent = strstr(text, "parentCID=");

    if (parent && g_ascii_strncasecmp(parent + strlen("parentCID="), "ffffffff", 8)) {
        return bad(bs, errp, "it has a parent image, which is not supported");
    }
    return true;
}

static bool open_sparse(BlockDriverState *bs, BlockMap *map, const uint8_t *h, Error **errp)
{
    uint32_t version = ldl_le_p(h + SPARSE_VERSION), flags = ldl_le_p(h + SPARSE_FLAGS);
    uint64_t capacity = ldq_le_p(h + SPARSE_CAPACITY), grain = ldq_le_p(h + SPARSE_GRAIN);
    uint64_t at = ldq_le_p(h + SPARSE_DESCRIPTOR), size = ldq_le_p(h + SPARSE_DESCRIPTOR_SIZE);
    g_autofree char *descriptor = NULL;

    if (version < 1 || version > 3) {
        return bad(bs, errp, "its version is not supported, expected 1 to 3");
    }
    if ((flags & FLAG_COMPRESSED) || lduw_le_p(h + SPARSE_COMPRESSION)) {
        return bad(bs, errp, "its grains are compressed, which is not supported");
    }
    if (capacity > INT64_MAX / SECTOR_SIZE || grain > INT64_MAX / SECTOR_SIZE) {
        return bad(bs, errp, "its size makes no sense");
    }
    if (at && at < (uint64_t)INT64_MAX / SECTOR_SIZE) {
        size = MIN(size, MAX_DESCRIPTOR / SECTOR_SIZE) * SECTOR_SIZE;
        descriptor = g_malloc0(size + 1);
        if (bdrv_pread(bs->file->bs, at * SECTOR_SIZE, size, descriptor) < 0 ||
            !check_descriptor(bs, descriptor, errp)) {
            return *errp ? false : bad(bs, errp, "its descriptor can't be read");
        }
    }
    if (!block_map_init(map, bs, capacity * SECTOR_SIZE, grain * SECTOR_SIZE, errp)) {
        return false;
    }
    if (!read_grains(bs, map, h, errp)) {
        block_map_free(map);
        return false;
    }
    return true;
}

static bool vmdk_open(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    ERRP_GUARD();
    uint8_t h[SPARSE_SIZE];

    if (!block_map_open_file(bs, o, errp)) {
        return false;
    }
    if (bdrv_pread(bs->file->bs, 0, sizeof(h), h) < 0 || !vmdk_probe(h, sizeof(h))) {
        error_setg(errp, "Image is not in VMDK format");
        return false;
    }
    if (memcmp(h, "KDMV", 4)) {
        return bad(bs, errp, "it is a descriptor of other files, which is not supported: a flat "
                   "extent opens as format=raw, a sparse one as format=vmdk");
    }
    return open_sparse(bs, bs->state, h, errp);
}

const BlockDriver block_driver_vmdk = {
    .name = "vmdk",
    .state_size = sizeof(BlockMap),
    .probe = vmdk_probe,
    .open = vmdk_open,
    .close = block_map_close,
    .read = block_map_read,
    .status = block_map_status,
    .info = block_map_info,
};
