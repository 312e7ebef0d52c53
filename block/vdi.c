/*
 * VirtualBox's images (VDI), for reading: dynamic and static ones.
 *
 * Reference: the fields as Kaitai's description of the format names them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-map.h"
#include "qapi/error.h"
#include "qemu/bswap.h"

#define VDI_SIGNATURE 0xbeda107f

/* Fields of the header, little-endian. */
enum {
    VDI_AT_SIGNATURE = 0x40,
    VDI_AT_VERSION = 0x44,
    VDI_AT_TYPE = 0x4c,
    VDI_AT_MAP_OFFSET = 0x154,
    VDI_AT_DATA_OFFSET = 0x158,
    VDI_AT_DISK_SIZE = 0x170,
    VDI_AT_BLOCK_SIZE = 0x178,
    VDI_AT_BLOCK_EXTRA = 0x17c,
    VDI_AT_BLOCKS = 0x180,
    VDI_HEADER_SIZE = 0x200,
};

enum { VDI_DYNAMIC = 1, VDI_STATIC = 2 };

/* Entries from here on are no places. */
#define VDI_NO_BLOCK 0xfffffffe

static int vdi_probe(const uint8_t *head, size_t len)
{
    return len >= VDI_AT_VERSION && (uint32_t)ldl_le_p(head + VDI_AT_SIGNATURE) == VDI_SIGNATURE
               ? 100 : 0;
}

static bool read_map(BlockDriverState *bs, BlockMap *map, const uint8_t *h, Error **errp)
{
    uint64_t map_offset = (uint32_t)ldl_le_p(h + VDI_AT_MAP_OFFSET);
    uint64_t data = (uint32_t)ldl_le_p(h + VDI_AT_DATA_OFFSET);
    uint64_t stride = map->block_size + (uint32_t)ldl_le_p(h + VDI_AT_BLOCK_EXTRA);
    uint64_t extra = (uint32_t)ldl_le_p(h + VDI_AT_BLOCK_EXTRA);
    g_autofree uint8_t *raw = g_malloc(MAX(map->entries * 4, 1));

    if ((uint32_t)ldl_le_p(h + VDI_AT_BLOCKS) < map->entries) {
        error_setg(errp, "VDI image '%s': %u blocks are too few for its size",
                   bs->file->bs->filename, ldl_le_p(h + VDI_AT_BLOCKS));
        return false;
    }
    if (bdrv_pread(bs->file->bs, map_offset, map->entries * 4, raw) < 0) {
        error_setg(errp, "Could not read the map of '%s'", bs->file->bs->filename);
        return false;
    }
    for (uint64_t i = 0; i < map->entries; i++) {
        uint32_t block = ldl_le_p(raw + 4 * i);

        if (block < VDI_NO_BLOCK &&
            !block_map_set(map, bs, i, data + block * stride + extra, errp)) {
            return false;
        }
    }
    return true;
}

static bool vdi_open(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    BlockMap *map = bs->state;
    uint8_t h[VDI_HEADER_SIZE];
    uint32_t version, type;

    if (!block_map_open_file(bs, o, errp)) {
        return false;
    }
    if (bdrv_pread(bs->file->bs, 0, sizeof(h), h) < 0 || !vdi_probe(h, sizeof(h))) {
        error_setg(errp, "Image is not in vdi format");
        return false;
    }
    version = ldl_le_p(h + VDI_AT_VERSION);
    type = ldl_le_p(h + VDI_AT_TYPE);
    if (version != 0x10001) {
        error_setg(errp, "VDI image '%s': version %u.%u is not supported, expected 1.1",
                   bs->file->bs->filename, version >> 16, version & 0xffff);
        return false;
    }
    if (type != VDI_DYNAMIC && type != VDI_STATIC) {
        error_setg(errp, "VDI image '%s': type %u is not supported, expected 1 (dynamic) or 2 "
                   "(static)", bs->file->bs->filename, type);
        return false;
    }
    if (!block_map_init(map, bs, ldq_le_p(h + VDI_AT_DISK_SIZE),
                        (uint32_t)ldl_le_p(h + VDI_AT_BLOCK_SIZE), errp)) {
        return false;
    }
    if (!read_map(bs, map, h, errp)) {
        block_map_free(map);
        return false;
    }
    return true;
}

const BlockDriver block_driver_vdi = {
    .name = "vdi",
    .state_size = sizeof(BlockMap),
    .probe = vdi_probe,
    .open = vdi_open,
    .close = block_map_close,
    .read = block_map_read,
    .status = block_map_status,
    .info = block_map_info,
};
