/*
 * Access to nodes: ranges, zeros, and what a driver leaves to others.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "qapi/error.h"

/* How much is written at once where zeros have to be written out, or data are copied. */
#define STEP (1 << 20)

int64_t bdrv_length(const BlockDriverState *bs)
{
    return __atomic_load_n(&bs->length, __ATOMIC_ACQUIRE);
}

void bdrv_set_length(BlockDriverState *bs, int64_t length)
{
    __atomic_store_n(&bs->length, length, __ATOMIC_RELEASE);
}

/* A protocol's node grows when something is written behind its end, also through filters. */
static bool may_grow(BlockDriverState *bs)
{
    return bdrv_skip_filters(bs)->driver->is_protocol;
}

static bool in_range(BlockDriverState *bs, int64_t offset, int64_t bytes, bool grows)
{
    int64_t end = grows ? INT64_MAX : bdrv_length(bs);

    return offset >= 0 && bytes >= 0 && offset <= end && bytes <= end - offset;
}

static bool is_watched(const BlockDriverState *bs, unsigned flags)
{
    return bs->watch && !(flags & BDRV_REQ_UNWATCHED);
}

int bdrv_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                size_t skip)
{
    int64_t inside;

    if (offset < 0 || bytes < 0 || bytes > INT64_MAX - offset) {
        return -EIO;
    }
    inside = CLAMP(bdrv_length(bs) - offset, 0, bytes);
    if (inside < bytes) {
        qemu_iovec_memset(qiov, skip + inside, 0, bytes - inside);
    }
    return inside ? bs->driver->read(bs, offset, inside, qiov, skip) : 0;
}

bool bdrv_is_zero(const QEMUIOVector *qiov, size_t skip, size_t bytes)
{
    for (int i = 0; i < qiov->niov && bytes; i++) {
        size_t len = qiov->iov[i].iov_len;
        const char *p = qiov->iov[i].iov_base;

        if (skip >= len) {
            skip -= len;
            continue;
        }
        p += skip;
        len = MIN(len - skip, bytes);
        skip = 0;
        bytes -= len;
        /* the first byte is zero, and each one is like its neighbour */
        if (*p || memcmp(p, p + 1, len - 1)) {
            return false;
        }
    }
    return true;
}

int bdrv_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                 size_t skip, unsigned flags)
{
    if (bs->flags.read_only) {
        return -EACCES;
    }
    if (!in_range(bs, offset, bytes, may_grow(bs)) || !bs->driver->write) {
        return -EIO;
    }
    if (!bytes) {
        return 0;
    }
    if (bs->detect_zeroes != DETECT_ZEROES_OFF && bdrv_is_zero(qiov, skip, bytes)) {
        return bdrv_pwrite_zeroes(bs, offset, bytes,
                                  flags | (bs->detect_zeroes == DETECT_ZEROES_UNMAP
                                               ? BDRV_REQ_MAY_UNMAP : 0));
    }
    if (is_watched(bs, flags)) {
        BlockRange range;
        int ret;

        block_watch_enter(bs->watch, &range, offset, bytes);
        ret = bs->driver->write(bs, offset, bytes, qiov, skip, flags);
        block_watch_leave(bs->watch, &range);
        return ret;
    }
    return bs->driver->write(bs, offset, bytes, qiov, skip, flags & ~BDRV_REQ_UNWATCHED);
}

int bdrv_pread(BlockDriverState *bs, int64_t offset, int64_t bytes, void *buf)
{
    QEMUIOVector qiov;

    qemu_iovec_init_buf(&qiov, buf, bytes);
    return bdrv_preadv(bs, offset, bytes, &qiov, 0);
}

int bdrv_pwrite(BlockDriverState *bs, int64_t offset, int64_t bytes, const void *buf)
{
    QEMUIOVector qiov;

    qemu_iovec_init_buf(&qiov, (void *)buf, bytes);
    return bdrv_pwritev(bs, offset, bytes, &qiov, 0, 0);
}

static int write_zeros_out(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags)
{
    g_autofree void *zeros = g_malloc0(MIN(bytes, STEP));
    int ret = 0;

    for (int64_t done = 0, n; ret == 0 && done < bytes; done += n) {
        QEMUIOVector qiov;

        n = MIN(bytes - done, STEP);
        qemu_iovec_init_buf(&qiov, zeros, n);
        ret = bs->driver->write(bs, offset + done, n, &qiov, 0,
                                flags & (BDRV_REQ_FUA | BDRV_REQ_SURVIVE));
    }
    return ret;
}

static int zero(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags)
{
    int ret = bs->driver->zero ? bs->driver->zero(bs, offset, bytes, flags) : -ENOTSUP;

    if (ret == -ENOTSUP && !(flags & BDRV_REQ_NO_FALLBACK)) {
        ret = write_zeros_out(bs, offset, bytes, flags);
    } else if (ret == 0 && (flags & BDRV_REQ_FUA)) {
        ret = bdrv_flush(bs);
    }
    return ret;
}

int bdrv_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes, unsigned flags)
{
    BlockRange range;
    int ret;

    if (bs->flags.read_only) {
        return -EACCES;
    }
    if (!in_range(bs, offset, bytes, may_grow(bs)) || !bs->driver->write) {
        return -EIO;
    }
    if (!bytes) {
        return 0;
    }
    if (!bs->flags.unmap && bs->detect_zeroes != DETECT_ZEROES_UNMAP) {
        flags &= ~BDRV_REQ_MAY_UNMAP;
    }
    if (!is_watched(bs, flags)) {
        return zero(bs, offset, bytes, flags & ~BDRV_REQ_UNWATCHED);
    }
    block_watch_enter(bs->watch, &range, offset, bytes);
    ret = zero(bs, offset, bytes, flags);
    block_watch_leave(bs->watch, &range);
    return ret;
}

int bdrv_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    BlockWatch *watch = bs->watch;
    BlockRange range;
    int ret;

    if (bs->flags.read_only) {
        return -EACCES;
    }
    if (!in_range(bs, offset, bytes, false)) {
        return -EIO;
    }
    if (!bytes || !bs->flags.unmap || !bs->driver->discard) {
        return 0;
    }
    if (watch) {
        block_watch_enter(watch, &range, offset, bytes);
    }
    ret = bs->driver->discard(bs, offset, bytes);
    if (watch) {
        block_watch_leave(watch, &range);
    }
    return ret == -ENOTSUP ? 0 : ret; /* it is advice */
}

bool bdrv_place(BlockDriverState *bs, const BlockRequest *r, int64_t offset, BlockPlace *place)
{
    bool reads = r->kind == BLOCK_REQUEST_READ;

    if (!bs->driver->place || !in_range(bs, offset, r->bytes, false) ||
        (!reads && (bs->flags.read_only || bs->watch)) ||
        (r->kind == BLOCK_REQUEST_WRITE && bs->detect_zeroes != DETECT_ZEROES_OFF) ||
        (r->kind == BLOCK_REQUEST_DISCARD && !bs->flags.unmap)) {
        return false;
    }
    if (!bs->flags.unmap && bs->detect_zeroes != DETECT_ZEROES_UNMAP) {
        place->flags &= ~BDRV_REQ_MAY_UNMAP;
    }
    return bs->driver->place(bs, r, offset, place);
}

bool bdrv_place_end(BlockPlace *place, bool wait)
{
    BlockDriverState *visited = place->visited;

    if (visited && !visited->driver->place_end(visited, place, wait)) {
        return false;
    }
    place->visited = NULL;
    return true;
}

int bdrv_flush(BlockDriverState *bs)
{
    if (bs->driver->flush) {
        return bs->driver->flush(bs);
    }
    return bs->file ? bdrv_flush(bs->file->bs) : 0;
}

int bdrv_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *same, int64_t *map)
{
    int64_t length = bdrv_length(bs);

    if (offset >= length) {
        *same = bytes;
        return BLOCK_STATUS_ZERO;
    }
    bytes = MIN(bytes, length - offset);
    *same = bytes;
    *map = offset;
    if (!bs->driver->status) {
        return BLOCK_STATUS_DATA | BLOCK_STATUS_ALLOCATED;
    }
    return bs->driver->status(bs, offset, bytes, same, map);
}

int bdrv_status_above(BlockDriverState *bs, BlockDriverState *base, int64_t offset, int64_t bytes,
                      int64_t *same, int64_t *map, int *depth)
{
    int status = 0;

    *depth = 0;
    *same = bytes;
    for (bs = bdrv_skip_filters(bs); bs && bs != base;
         bs = bs->backing ? bdrv_skip_filters(bs->backing->bs) : NULL) {
        status = bdrv_status(bs, offset, *same, same, map);
        if (status < 0 || (status & (BLOCK_STATUS_ALLOCATED | BLOCK_STATUS_ZERO))) {
            return status;
        }
        ++*depth;
    }
    return base ? status : status | BLOCK_STATUS_ZERO;
}

bool bdrv_truncate(BlockDriverState *bs, int64_t length, Error **errp)
{
    if (bs->flags.read_only) {
        error_setg(errp, "Image '%s' is read-only", bs->filename);
        return false;
    }
    if (length < 0) {
        error_setg(errp, "An image can't have a negative size");
        return false;
    }
    if (bs->driver->truncate) {
        return bs->driver->truncate(bs, length, errp);
    }
    error_setg(errp, "Image format driver '%s' does not support resize", bs->driver->name);
    return false;
}

/* --- commit --- */

static bool copy_to_backing(BlockDriverState *bs, BlockDriverState *backing, Error **errp)
{
    g_autofree void *buf = g_malloc(STEP);
    int64_t length = bdrv_length(bs), n, map;

    for (int64_t offset = 0; offset < length; offset += n) {
        int ret = bdrv_status(bs, offset, MIN(length - offset, STEP), &n, &map);

        if (ret >= 0 && (ret & BLOCK_STATUS_ZERO)) {
            ret = bdrv_pwrite_zeroes(backing, offset, n, 0);
        } else if (ret >= 0 && (ret & BLOCK_STATUS_ALLOCATED)) {
            ret = bdrv_pread(bs, offset, n, buf);
            ret = ret < 0 ? ret : bdrv_pwrite(backing, offset, n, buf);
        }
        if (ret < 0) {
            error_setg_errno(errp, -ret, "Could not commit %" PRId64 " bytes at %" PRId64
                             " to '%s'", n, offset, backing->filename);
            return false;
        }
    }
    return true;
}

bool bdrv_commit(BlockDriverState *bs, bool empty, Error **errp)
{
    BlockDriverState *backing;
    bool was_read_only, ok;
    int ret;

    bs = bdrv_skip_filters(bs);
    if (!bs->backing) {
        error_setg(errp, "Image '%s' has no backing file to commit to", bs->filename);
        return false;
    }
    if (empty && bs->flags.read_only) {
        error_setg(errp, "Image '%s' is read-only, it can't be emptied", bs->filename);
        return false;
    }
    backing = bdrv_skip_filters(bs->backing->bs);
    was_read_only = backing->flags.read_only;
    if (backing->uses->next) {
        error_setg(errp, "Image '%s' has other users, it can't be written to", backing->filename);
        return false;
    }
    if (!bdrv_set_read_only(backing, false, errp)) {
        return false;
    }
    ok = bdrv_length(bs) <= bdrv_length(backing) ||
         bdrv_truncate(backing, bdrv_length(bs), errp);
    ok = ok && copy_to_backing(bs, backing, errp);
    ret = ok ? bdrv_flush(backing) : 0;
    if (ok && ret == 0 && empty && bs->driver->make_empty) {
        ret = bs->driver->make_empty(bs);
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not commit '%s' to '%s'", bs->filename,
                         backing->filename);
        ok = false;
    }
    return (!was_read_only || bdrv_set_read_only(backing, true, ok ? errp : NULL)) && ok;
}
