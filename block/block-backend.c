/*
 * Block back ends: named images, who uses them, and access to them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "qom/object.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "qemu/queue.h"
#include "qemu/timer.h"
#include "system/block-backend.h"
#include "system/block-jobs.h"

static QTAILQ_HEAD(, BlockBackend) backends = QTAILQ_HEAD_INITIALIZER(backends);

BlockBackend *blk_new(const char *name)
{
    BlockBackend *blk = g_new0(BlockBackend, 1);

    blk->name = g_strdup(name ? name : "");
    blk->refcount = 1;
    blk->on_read_error = blk->on_write_error = BLOCKDEV_ON_ERROR_AUTO;
    QTAILQ_INSERT_TAIL(&backends, blk, link);
    return blk;
}

void blk_ref(BlockBackend *blk)
{
    qatomic_inc(&blk->refcount);
}

void blk_unref(BlockBackend *blk)
{
    if (!blk || qatomic_fetch_dec(&blk->refcount) > 1) {
        return;
    }
    QTAILQ_REMOVE(&backends, blk, link);
    blk_stop_workers(blk);
    blk_free_finished(blk);
    bdrv_unuse(blk->root);
    g_free(blk->name);
    g_free(blk);
}

/* --- media --- */

BlockDriverState *blk_bs(BlockBackend *blk)
{
    return blk->root ? blk->root->bs : NULL;
}

bool blk_insert(BlockBackend *blk, BlockDriverState *bs, Error **errp)
{
    g_autofree char *who = *blk->name ? g_strdup_printf("drive '%s'", blk->name)
                                      : g_strdup("a device");
    unsigned used = BLOCK_PERM_READ | (bs->flags.read_only ? 0 : BLOCK_PERM_WRITE);

    WORK_CONTEXT_GUARD(blk->context);

    assert(!blk->root);
    blk->root = bdrv_use(bs, who, used, BLOCK_PERM_READ | BLOCK_PERM_RESIZE, errp);
    blk->write_failed = false;
    blk_use_ring(blk);
    return blk->root != NULL;
}

void blk_remove(BlockBackend *blk)
{
    WORK_CONTEXT_GUARD(blk->context);

    blk_drain(blk);
    bdrv_unuse(blk->root);
    blk->root = NULL;
}

BlockBackend *blk_new_open(const char *name, const char *filename, const char *format,
                           bool read_only, Error **errp)
{
    BlockFlags flags = { .read_only = read_only };
    bool guessed = false;
    BlockDriverState *bs = bdrv_open_filename(filename, format, NULL, &flags, &guessed, errp);
    BlockBackend *blk;

    if (!bs) {
        return NULL;
    }
    if (guessed) {
        warn_report("Image format was not specified for '%s', taking it as raw; "
                    "say format=raw to avoid this warning", filename);
    }
    blk = blk_new(name);
    if (!blk_insert(blk, bs, errp)) {
        blk_unref(blk);
        return NULL;
    }
    return blk;
}

/* --- finding --- */

BlockBackend *blk_by_name(const char *name)
{
    BlockBackend *blk;

    QTAILQ_FOREACH(blk, &backends, link) {
        if (*blk->name && !strcmp(blk->name, name)) {
            return blk;
        }
    }
    return NULL;
}

BlockBackend *blk_for_device(const char *name, Error **errp)
{
    BlockBackend *blk = blk_by_name(name);
    BlockDriverState *bs = blk ? NULL : bdrv_by_name(name);

    if (blk) {
        blk_ref(blk);
        return blk;
    }
    if (!bs) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Can't find drive or node '%s'", name);
        return NULL;
    }
    blk = blk_new(NULL);
    bdrv_ref(bs);
    if (!blk_insert(blk, bs, errp)) {
        blk_unref(blk);
        return NULL;
    }
    return blk;
}

const char *blk_shown_name(const BlockBackend *blk)
{
    return *blk->name || !blk->root ? blk->name : blk->root->bs->node_name;
}

BlockBackend *blk_next(BlockBackend *blk)
{
    return blk ? QTAILQ_NEXT(blk, link) : QTAILQ_FIRST(&backends);
}

const char *blk_name(const BlockBackend *blk)
{
    return blk->name;
}

void blk_get_info(BlockBackend *blk, BlockBackendInfo *info)
{
    *info = (BlockBackendInfo) {
        .name = blk->name,
        .filename = blk->root ? blk->root->bs->filename : NULL,
        .format = blk->root ? blk->root->bs->driver->name : NULL,
        .device = blk->dev,
        .read_only = !blk_is_writable(blk),
        .length = blk_getlength(blk),
    };
}

DriveInfo *blk_legacy_dinfo(BlockBackend *blk)
{
    return blk->dinfo;
}

void blk_set_legacy_dinfo(BlockBackend *blk, DriveInfo *dinfo)
{
    blk->dinfo = dinfo;
}

/* --- access --- */

bool blk_is_inserted(BlockBackend *blk)
{
    return blk->root != NULL;
}

bool blk_is_available(BlockBackend *blk)
{
    bool open = blk->dev_ops && blk->dev_ops->is_tray_open &&
                blk->dev_ops->is_tray_open(blk->dev_opaque);

    return blk_is_inserted(blk) && !open;
}

bool blk_is_writable(BlockBackend *blk)
{
    return !blk->root || !blk->root->bs->flags.read_only;
}

int64_t blk_getlength(BlockBackend *blk)
{
    return blk->root ? bdrv_length(blk->root->bs) : -ENOMEDIUM;
}

void blk_get_geometry(BlockBackend *blk, uint64_t *nb_sectors)
{
    *nb_sectors = MAX(blk_getlength(blk), 0) / SECTOR_SIZE;
}

static int check_range(BlockBackend *blk, int64_t offset, int64_t bytes)
{
    int64_t length = blk_getlength(blk);

    if (length < 0) {
        return length;
    }
    return offset < 0 || bytes < 0 || offset > length || bytes > length - offset ? -EIO : 0;
}

int blk_do_request(BlockBackend *blk, const BlockRequest *r)
{
    bool changes = r->kind != BLOCK_REQUEST_READ && r->kind != BLOCK_REQUEST_FLUSH;
    unsigned flags = r->flags | (blk->no_write_cache ? BDRV_REQ_FUA : 0);
    int ret = check_range(blk, r->offset, r->bytes);
    BlockDriverState *bs = blk_bs(blk);

    if (ret == 0 && changes && bs->flags.read_only) {
        ret = -EACCES;
    }
    if (ret < 0) {
        return ret;
    }
    switch (r->kind) {
    case BLOCK_REQUEST_READ:
        return bdrv_preadv(bs, r->offset, r->bytes, r->qiov, 0);
    case BLOCK_REQUEST_WRITE:
        return bdrv_pwritev(bs, r->offset, r->bytes, r->qiov, 0, flags);
    case BLOCK_REQUEST_ZEROES:
        return bdrv_pwrite_zeroes(bs, r->offset, r->bytes, flags);
    case BLOCK_REQUEST_DISCARD:
        return bdrv_pdiscard(bs, r->offset, r->bytes);
    case BLOCK_REQUEST_FLUSH:
        return bdrv_flush(bs);
    default:
        g_assert_not_reached();
    }
}

/* A guest that goes on after an error fails to write again and again: that is said once. */
static void note_write(BlockBackend *blk, const BlockRequest *r, int ret)
{
    const char *filename = blk->root ? blk->root->bs->filename : "";

    if (ret == -EACCES || ret == -ENOMEDIUM || ret == -ECANCELED || ret == -ENOTSUP ||
        check_range(blk, r->offset, r->bytes) < 0) {
        return; /* the caller's mistake, if anybody's */
    }
    if (ret < 0 && ret != -ESTALE && !blk->write_failed) {
        error_report("drive '%s': could not write %" PRId64 " bytes at 0x%" PRIx64 " of '%s': %s "
                     "(said once until a write succeeds)", blk->name, r->bytes, r->offset,
                     filename, g_strerror(-ret));
    } else if (ret == 0 && blk->write_failed) {
        warn_report("drive '%s': '%s' can be written again", blk->name, filename);
    }
    blk->write_failed = ret < 0;
}

int blk_note_result(BlockBackend *blk, const BlockRequest *r, int ret)
{
    BlockCounters *counters = &blk->counters[r->kind];

    if (ret == 0) {
        counters->operations++;
        counters->bytes += r->bytes;
    } else {
        counters->failed++;
    }
    counters->total_ns += qemu_clock_get_ns(QEMU_CLOCK_REALTIME) - r->start_ns;
    if (r->kind == BLOCK_REQUEST_WRITE || r->kind == BLOCK_REQUEST_ZEROES) {
        note_write(blk, r, ret);
    }
    return ret == -ESTALE ? -EIO : ret; /* the file's driver has told why */
}

static int request_now(BlockBackend *blk, BlockRequest *request)
{
    int ret;

    request->start_ns = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
    ret = blk_do_request(blk, request);
    WORK_CONTEXT_GUARD(blk->context);
    return blk_note_result(blk, request, ret);
}

/* The range first: a vector can't have a size that makes no sense. */
static int transfer_now(BlockBackend *blk, BlockRequestKind kind, int64_t offset, int64_t bytes,
                        void *buf)
{
    QEMUIOVector qiov;
    BlockRequest request = { kind, offset, bytes, &qiov, BDRV_REQ_SURVIVE };
    int ret = check_range(blk, offset, bytes);

    if (ret < 0) {
        return ret;
    }
    qemu_iovec_init_buf(&qiov, buf, bytes);
    return request_now(blk, &request);
}

int blk_pread(BlockBackend *blk, int64_t offset, int64_t bytes, void *buf)
{
    return transfer_now(blk, BLOCK_REQUEST_READ, offset, bytes, buf);
}

int blk_pwrite(BlockBackend *blk, int64_t offset, int64_t bytes, const void *buf)
{
    return transfer_now(blk, BLOCK_REQUEST_WRITE, offset, bytes, (void *)buf);
}

int blk_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes, unsigned flags)
{
    BlockRequest request = { BLOCK_REQUEST_ZEROES, offset, bytes, NULL, flags | BDRV_REQ_SURVIVE };

    return request_now(blk, &request);
}

int blk_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes)
{
    BlockRequest request = { BLOCK_REQUEST_DISCARD, offset, bytes };

    return request_now(blk, &request);
}

int blk_flush(BlockBackend *blk)
{
    BlockRequest request = { BLOCK_REQUEST_FLUSH };

    return request_now(blk, &request);
}

bool blk_enable_write_cache(BlockBackend *blk)
{
    return !blk->no_write_cache;
}

void blk_set_enable_write_cache(BlockBackend *blk, bool enable)
{
    WORK_CONTEXT_GUARD(blk->context);

    blk_drain(blk);
    blk->no_write_cache = !enable;
}

/* --- devices --- */

int blk_attach_dev(BlockBackend *blk, DeviceState *dev)
{
    if (blk->dev) {
        return -EBUSY;
    }
    blk_ref(blk);
    blk->dev = dev;
    return 0;
}

void blk_detach_dev(BlockBackend *blk, DeviceState *dev)
{
    assert(blk->dev == dev);
    blk_drain(blk);
    blk->dev = NULL;
    blk->dev_ops = NULL;
    blk_unref(blk);
}

DeviceState *blk_get_attached_dev(BlockBackend *blk)
{
    return blk->dev;
}

void blk_set_dev_ops(BlockBackend *blk, const BlockDevOps *ops, void *opaque)
{
    blk->dev_ops = ops;
    blk->dev_opaque = opaque;
}

bool blk_check_size_and_read_all(BlockBackend *blk, DeviceState *dev, void *buf, uint64_t size,
                                 Error **errp)
{
    const char *type = object_get_typename(OBJECT(dev));
    int64_t length = blk_getlength(blk);
    int ret;

    if (length < 0) {
        error_setg_errno(errp, -length, "%s: can't get the size of drive '%s'", type, blk->name);
        return false;
    }
    if (length != size) {
        error_setg(errp, "%s: drive '%s' (%s) is %" PRId64 " bytes long, the device requires %"
                   PRIu64 " bytes", type, blk->name, blk_bs(blk)->filename, length, size);
        return false;
    }
    ret = blk_pread(blk, 0, size, buf);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "%s: can't read drive '%s' (%s)", type, blk->name,
                         blk_bs(blk)->filename);
        return false;
    }
    return true;
}

/* --- all of them --- */

void bdrv_graph_begin(void)
{
    BlockBackend *blk;

    QTAILQ_FOREACH(blk, &backends, link) {
        if (blk->dev_ops && blk->dev_ops->drained_begin) {
            blk->dev_ops->drained_begin(blk->dev_opaque);
        }
    }
    blk_drain_all();
    block_jobs_hold();
}

void bdrv_graph_end(void)
{
    BlockBackend *blk;

    block_jobs_let_go();
    QTAILQ_FOREACH(blk, &backends, link) {
        if (blk->dev_ops && blk->dev_ops->drained_end) {
            blk->dev_ops->drained_end(blk->dev_opaque);
        }
    }
}

void blk_flush_all(void)
{
    BlockBackend *blk;

    blk_drain_all();
    QTAILQ_FOREACH(blk, &backends, link) {
        int ret = blk->root ? bdrv_flush(blk->root->bs) : 0;

        if (ret < 0 && ret != -ESTALE) {
            error_report("drive '%s' could not be flushed: %s", blk_name(blk), strerror(-ret));
        }
    }
}

void blk_close_all(void)
{
    BlockBackend *blk;

    block_jobs_cancel_all();
    bdrv_graph_begin(); /* for ever: devices with threads of their own would begin requests */
    blk_flush_all();
    QTAILQ_FOREACH(blk, &backends, link) {
        blk_stop_workers(blk);
        blk_remove(blk);
    }
    drive_forget_all();
    bdrv_forget_monitor_owned();
}
