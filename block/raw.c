/*
 * Raw images: the bits of the node below, or a part of them.
 *
 *   offset=N, size=N   the part; without size the rest
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "qapi/error.h"

typedef struct RawState {
    int64_t offset;
    bool fixed; /* the part is given, so it can't be resized */
} RawState;

static bool raw_open(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    RawState *raw = bs->state;
    uint64_t offset = 0, size = 0, whole;
    bool has_size = block_options_peek(o, "size"), has_offset = block_options_peek(o, "offset");

    if (!block_options_take_size(o, "offset", &offset, errp) ||
        !block_options_take_size(o, "size", &size, errp) ||
        !bdrv_open_child(bs, o, "file", &bs->file, &bs->flags, true, errp)) {
        return false;
    }
    whole = bdrv_length(bs->file->bs);
    if (offset > whole) {
        error_setg(errp, "Parameter 'offset' expects at most %" PRIu64 ", the length of '%s'",
                   whole, bs->file->bs->filename);
        return false;
    }
    if (!has_size) {
        size = whole - offset;
    } else if (size > whole - offset) {
        error_setg(errp, "Parameter 'size' expects at most %" PRIu64 ", what '%s' has from offset %"
                   PRIu64 " on", whole - offset, bs->file->bs->filename, offset);
        return false;
    }
    raw->offset = offset;
    raw->fixed = has_size || has_offset;
    bdrv_set_length(bs, size);
    return true;
}

/* The part stays what it is. */
static bool raw_reopen(BlockDriverState *bs, BlockOptions *o, const BlockFlags *flags, void **undo,
                       Error **errp)
{
    RawState *raw = bs->state;
    uint64_t offset = 0, size = bdrv_length(bs);

    if (!o) {
        return true;
    }
    if (!block_options_take_size(o, "offset", &offset, errp) ||
        !block_options_take_size(o, "size", &size, errp)) {
        return false;
    }
    if (offset != (uint64_t)raw->offset || size != (uint64_t)bdrv_length(bs)) {
        error_setg(errp, "Cannot change the option '%s' of node '%s'",
                   offset != (uint64_t)raw->offset ? "offset" : "size", bs->node_name);
        return false;
    }
    return true;
}

static void raw_reopen_end(BlockDriverState *bs, void *undo, bool keep)
{
}

static int raw_read(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                    size_t skip)
{
    RawState *raw = bs->state;

    return bdrv_preadv(bs->file->bs, raw->offset + offset, bytes, qiov, skip);
}

static int raw_write(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                     size_t skip, unsigned flags)
{
    RawState *raw = bs->state;

    return bdrv_pwritev(bs->file->bs, raw->offset + offset, bytes, qiov, skip, flags);
}

static int raw_zero(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags)
{
    RawState *raw = bs->state;

    return bdrv_pwrite_zeroes(bs->file->bs, raw->offset + offset, bytes, flags);
}

static int raw_discard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    RawState *raw = bs->state;

    return bdrv_pdiscard(bs->file->bs, raw->offset + offset, bytes);
}

static bool raw_place(BlockDriverState *bs, const BlockRequest *r, int64_t offset,
                      BlockPlace *place)
{
    RawState *raw = bs->state;

    return bdrv_place(bs->file->bs, r, raw->offset + offset, place);
}

static int raw_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same,
                      int64_t *map)
{
    RawState *raw = bs->state;
    int status = bdrv_status(bs->file->bs, raw->offset + offset, bytes, same, map);

    if (status < 0) {
        return status;
    }
    *map = raw->offset + offset;
    return status | BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_AT_OFFSET;
}

static bool raw_truncate(BlockDriverState *bs, int64_t length, Error **errp)
{
    RawState *raw = bs->state;

    if (raw->fixed) {
        error_setg(errp, "A raw image with offset= or size= can't be resized");
        return false;
    }
    if (!bdrv_truncate(bs->file->bs, length, errp)) {
        return false;
    }
    bdrv_set_length(bs, length);
    return true;
}

const BlockDriver block_driver_raw = {
    .name = "raw",
    .state_size = sizeof(RawState),
    .open = raw_open,
    .reopen = raw_reopen,
    .reopen_end = raw_reopen_end,
    .read = raw_read,
    .write = raw_write,
    .zero = raw_zero,
    .discard = raw_discard,
    .place = raw_place,
    .status = raw_status,
    .truncate = raw_truncate,
};
