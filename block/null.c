/*
 * Drivers null-co and null-aio: a disk of any size that keeps nothing. For measuring what is above.
 *
 *   size=N (1G), latency-ns=N (0), read-zeroes=on|off (off: what is read is left as it was)
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "qapi/error.h"
#include "qemu/units.h"

typedef struct NullState {
    uint64_t latency_ns;
    bool read_zeroes;
} NullState;

static bool null_open(BlockDriverState *bs, BlockOptions *o, Error **errp)
{
    NullState *null = bs->state;
    g_autofree char *filename = block_options_take(o, "filename");
    uint64_t size = 1 * GiB;

    if (filename && *filename) {
        error_setg(errp, "Block driver '%s' takes no file name", bs->driver->name);
        return false;
    }
    if (!block_options_take_size(o, "size", &size, errp) ||
        !block_options_take_number(o, "latency-ns", 10 * 1000000000ull, &null->latency_ns, errp) ||
        !block_options_take_bool(o, "read-zeroes", &null->read_zeroes, errp)) {
        return false;
    }
    if (size > INT64_MAX) {
        error_setg(errp, "Parameter 'size' expects less than 8 EiB");
        return false;
    }
    bs->filename = g_strdup_printf("%s://", bs->driver->name);
    bdrv_set_length(bs, size);
    return true;
}

static int take_time(BlockDriverState *bs)
{
    NullState *null = bs->state;

    if (null->latency_ns) {
        g_usleep(null->latency_ns / 1000);
    }
    return 0;
}

static int null_read(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                     size_t skip)
{
    NullState *null = bs->state;

    if (null->read_zeroes) {
        qemu_iovec_memset(qiov, skip, 0, bytes);
    }
    return take_time(bs);
}

static int null_write(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                      size_t skip, unsigned flags)
{
    return take_time(bs);
}

static int null_zero(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags)
{
    return take_time(bs);
}

static int null_discard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    return take_time(bs);
}

static int null_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same,
                       int64_t *map)
{
    NullState *null = bs->state;

    return BLOCK_STATUS_ALLOCATED | (null->read_zeroes ? BLOCK_STATUS_ZERO : BLOCK_STATUS_DATA);
}

#define NULL_DRIVER(driver_name)                                                                   \
    {                                                                                              \
        .name = driver_name, .state_size = sizeof(NullState), .is_protocol = true,                 \
        .open = null_open, .read = null_read, .write = null_write, .zero = null_zero,              \
        .discard = null_discard, .flush = take_time, .status = null_status,                        \
    }

const BlockDriver block_driver_null_co = NULL_DRIVER("null-co");
const BlockDriver block_driver_null_aio = NULL_DRIVER("null-aio");
