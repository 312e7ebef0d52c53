/*
 * Block back ends: named images, who uses them, and access to them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "qom/object.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/queue.h"
#include "system/block-backend.h"

static QTAILQ_HEAD(, BlockBackend) backends = QTAILQ_HEAD_INITIALIZER(backends);

BlockBackend *blk_new(const char *name)
{
    BlockBackend *blk = g_new0(BlockBackend, 1);

    blk->name = g_strdup(name ? name : "");
    blk->refcount = 1;
    blk->on_read_error = blk->on_write_error = BLOCKDEV_ON_ERROR_AUTO;
    blk->file.fd = -1;
    QTAILQ_INSERT_TAIL(&backends, blk, link);
    return blk;
}

void blk_ref(BlockBackend *blk)
{
    blk->refcount++;
}

void blk_unref(BlockBackend *blk)
{
    if (!blk || --blk->refcount) {
        return;
    }
    QTAILQ_REMOVE(&backends, blk, link);
    blk_stop_workers(blk);
    raw_file_close(&blk->file);
    g_free(blk->filename);
    g_free(blk->name);
    g_free(blk);
}

/* --- formats --- */

typedef struct ImageFormat {
    const char *name;
    const char *magic; /* NULL: can't be told by its first bytes */
    size_t magic_len;
} ImageFormat;

/* Formats that people may have and that this layer does not read. */
static const ImageFormat other_formats[] = {
    { "qcow2", "QFI\xfb\0\0\0", 7 },
    { "qcow", "QFI\xfb", 4 },
    { "vmdk", "KDMV", 4 },
    { "vdi", "<<< ", 4 },
    { "vhdx", "vhdxfile", 8 },
    { "vpc", "conectix", 8 },
    { "qed", "QED\0", 4 },
    { "luks", "LUKS\xba\xbe", 6 },
    { "parallels", "WithoutFreeSpace", 16 },
    { "bochs", "Bochs Virtual HD Image", 22 },
    { "dmg" },
    { "cloop" },
};

static bool check_format_name(const char *format, Error **errp)
{
    if (!strcmp(format, "raw")) {
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(other_formats); i++) {
        if (!strcmp(format, other_formats[i].name)) {
            error_setg(errp, "Image format '%s' is not supported, expected 'raw'", format);
            return false;
        }
    }
    error_setg(errp, "Unknown driver '%s', expected 'raw'", format);
    return false;
}

static bool probe_format(BlockBackend *blk, bool may_guess, Error **errp)
{
    char head[32] = "";
    int64_t len = MIN(blk->file.length, (int64_t)sizeof(head));

    if (blk_pread(blk, 0, len, head) < 0) {
        error_setg(errp, "Could not read the first bytes of '%s'", blk->filename);
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(other_formats); i++) {
        const ImageFormat *f = &other_formats[i];

        if (f->magic && f->magic_len <= len && !memcmp(head, f->magic, f->magic_len)) {
            error_setg(errp, "'%s' looks like a %s image, which is not supported; "
                       "give format=raw if it is a raw one", blk->filename, f->name);
            return false;
        }
    }
    if (!may_guess) {
        warn_report("Image format was not specified for '%s', taking it as raw; "
                    "say format=raw to avoid this warning", blk->filename);
    }
    return true;
}

BlockBackend *blk_open_with(const char *name, const BlockOpenOptions *options, Error **errp)
{
    BlockBackend *blk;

    if (options->format && !check_format_name(options->format, errp)) {
        return NULL;
    }
    blk = blk_new(name);
    blk->filename = g_strdup(options->filename);
    blk->no_flush = options->no_flush;
    if (!raw_file_open(&blk->file, options->filename, options->flags, errp) ||
        (!options->format && !probe_format(blk, options->may_guess, errp))) {
        blk_unref(blk);
        return NULL;
    }
    return blk;
}

BlockBackend *blk_new_open(const char *name, const char *filename, const char *format,
                           bool read_only, Error **errp)
{
    BlockOpenOptions options = {
        .filename = filename, .format = format, .flags.read_only = read_only,
    };

    return blk_open_with(name, &options, errp);
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
        .filename = blk->filename,
        .format = blk->filename ? "raw" : NULL,
        .device = blk->dev,
        .read_only = blk->file.read_only,
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
    return blk->file.fd >= 0;
}

bool blk_is_available(BlockBackend *blk)
{
    bool open = blk->dev_ops && blk->dev_ops->is_tray_open &&
                blk->dev_ops->is_tray_open(blk->dev_opaque);

    return blk_is_inserted(blk) && !open;
}

bool blk_is_writable(BlockBackend *blk)
{
    return !blk->file.read_only;
}

int64_t blk_getlength(BlockBackend *blk)
{
    return blk_is_inserted(blk) ? blk->file.length : -ENOMEDIUM;
}

void blk_get_geometry(BlockBackend *blk, uint64_t *nb_sectors)
{
    *nb_sectors = MAX(blk_getlength(blk), 0) / 512;
}

static int check_range(BlockBackend *blk, int64_t offset, int64_t bytes)
{
    if (!blk_is_inserted(blk)) {
        return -ENOMEDIUM;
    }
    if (offset < 0 || bytes < 0 || offset > blk->file.length ||
        bytes > blk->file.length - offset) {
        return -EIO;
    }
    return 0;
}

/*
 * Whether the image still has the length it was opened with. A write behind a new end would make
 * zeros of all that was between, which no guest would notice before its next start.
 */
static bool is_cut(BlockBackend *blk)
{
    int64_t now = raw_file_current_length(&blk->file);

    return now >= 0 && now < blk->file.length;
}

static int do_write(BlockBackend *blk, const BlockRequest *request)
{
    int ret = is_cut(blk) ? -EIO : raw_file_pwritev(&blk->file, request->offset, request->qiov);

    if (ret == 0 && (blk->no_write_cache || (request->flags & BDRV_REQ_FUA))) {
        ret = blk->no_flush ? 0 : raw_file_flush(&blk->file);
    }
    return ret;
}

static int do_zeroes(BlockBackend *blk, const BlockRequest *request)
{
    static const size_t step = 1 << 20;
    g_autofree void *zeros = NULL;
    BlockRequest part = { .kind = BLOCK_REQUEST_WRITE, .flags = request->flags };
    int ret = 0;

    if (request->flags & BDRV_REQ_NO_FALLBACK) {
        return -ENOTSUP;
    }
    zeros = g_malloc0(MIN(request->bytes, step));
    for (int64_t done = 0; ret == 0 && done < request->bytes; done += part.bytes) {
        QEMUIOVector qiov;

        part.offset = request->offset + done;
        part.bytes = MIN(request->bytes - done, step);
        part.qiov = &qiov;
        qemu_iovec_init_buf(&qiov, zeros, part.bytes);
        ret = do_write(blk, &part);
    }
    return ret;
}

static int do_flush(BlockBackend *blk)
{
    if (!blk->file.read_only && is_cut(blk)) {
        return -EIO;
    }
    return blk->no_flush ? 0 : raw_file_flush(&blk->file);
}

int blk_do_request(BlockBackend *blk, const BlockRequest *request)
{
    bool reads = request->kind == BLOCK_REQUEST_READ || request->kind == BLOCK_REQUEST_FLUSH;
    int ret = check_range(blk, request->offset, request->bytes);

    if (ret == 0 && !reads && blk->file.read_only) {
        ret = -EACCES;
    }
    if (ret < 0) {
        return ret;
    }
    switch (request->kind) {
    case BLOCK_REQUEST_READ:
        return raw_file_preadv(&blk->file, request->offset, request->qiov);
    case BLOCK_REQUEST_WRITE:
        return do_write(blk, request);
    case BLOCK_REQUEST_ZEROES:
        return do_zeroes(blk, request);
    case BLOCK_REQUEST_DISCARD:
        return 0; /* advice, and not taken */
    case BLOCK_REQUEST_FLUSH:
        return do_flush(blk);
    }
    g_assert_not_reached();
}

/* A guest that goes on after an error fails to write again and again: that is said once. */
void blk_note_result(BlockBackend *blk, const BlockRequest *request, int ret)
{
    int64_t now;

    if ((request->kind != BLOCK_REQUEST_WRITE && request->kind != BLOCK_REQUEST_ZEROES) ||
        ret == -EACCES || ret == -ENOMEDIUM || ret == -ECANCELED || ret == -ENOTSUP ||
        check_range(blk, request->offset, request->bytes) < 0) {
        return; /* the caller's mistake, if anybody's */
    }
    now = raw_file_current_length(&blk->file);
    if (ret == 0) {
        blk->cut_reported = false;
    } else if (now >= 0 && now < blk->file.length && !blk->cut_reported) {
        blk->cut_reported = true;
        error_report("drive '%s': somebody has shortened the image '%s' to %" PRId64 " bytes, "
                     "expected %" PRId64 ": what was behind that is lost, and nothing is written "
                     "until it has its size again", blk->name, blk->filename, now,
                     blk->file.length);
    }
    if (ret < 0 && !blk->write_failed && !blk->cut_reported) {
        error_report("drive '%s': could not write %" PRId64 " bytes at 0x%" PRIx64 " of '%s': %s "
                     "(said once until a write succeeds)", blk->name, request->bytes,
                     request->offset, blk->filename, g_strerror(-ret));
    } else if (ret == 0 && blk->write_failed) {
        warn_report("drive '%s': '%s' can be written again", blk->name, blk->filename);
    }
    blk->write_failed = ret < 0;
}

static int request_now(BlockBackend *blk, const BlockRequest *request)
{
    int ret = blk_do_request(blk, request);

    blk_note_result(blk, request, ret);
    return ret;
}

/* The range first: a vector can't have a size that makes no sense. */
static int transfer_now(BlockBackend *blk, BlockRequestKind kind, int64_t offset, int64_t bytes,
                        void *buf)
{
    QEMUIOVector qiov;
    BlockRequest request = { kind, offset, bytes, &qiov };
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
    BlockRequest request = { BLOCK_REQUEST_ZEROES, offset, bytes, NULL, flags };

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
                   PRIu64 " bytes", type, blk->name, blk->filename, length, size);
        return false;
    }
    ret = blk_pread(blk, 0, size, buf);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "%s: can't read drive '%s' (%s)", type, blk->name,
                         blk->filename);
        return false;
    }
    return true;
}

void blk_flush_all(void)
{
    BlockBackend *blk;

    QTAILQ_FOREACH(blk, &backends, link) {
        int ret;

        blk_drain(blk);
        ret = blk_is_inserted(blk) ? blk_flush(blk) : 0;

        if (ret < 0 && !blk->cut_reported) {
            error_report("drive '%s' could not be flushed: %s", blk_name(blk), strerror(-ret));
        }
    }
}

void blk_close_all(void)
{
    BlockBackend *blk;

    QTAILQ_FOREACH(blk, &backends, link) {
        blk_drain(blk);
        blk_stop_workers(blk);
        if (blk_is_inserted(blk)) {
            blk_flush(blk);
            raw_file_close(&blk->file);
        }
    }
    drive_forget_all();
}
