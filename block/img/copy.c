/*
 * sysemu-img: convert, compare.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "img.h"
#include "block/create.h"
#include "qapi/error.h"

#define STEP (2 << 20)
/* A row of zeros of at least that length isn't written. */
#define GRAIN 4096

/* --- convert --- */

/* Where zeros begin or end in @buf: the length of a run of one kind. */
static int64_t run_length(const uint8_t *buf, int64_t bytes, bool *zero)
{
    int64_t n = 0;

    while (n < bytes) {
        int64_t part = MIN(GRAIN, bytes - n);
        bool is_zero = !buf[n] && !memcmp(buf + n, buf + n + 1, part - 1);

        if (n && is_zero != *zero) {
            break;
        }
        *zero = is_zero;
        n += part;
    }
    return n;
}

static int write_part(BlockDriverState *out, int64_t offset, const uint8_t *buf, int64_t bytes,
                      bool is_new)
{
    int ret = 0;

    for (int64_t done = 0, n; ret == 0 && done < bytes; done += n) {
        bool zero = false;

        n = run_length(buf + done, bytes - done, &zero);
        if (!zero) {
            ret = bdrv_pwrite(out, offset + done, n, buf + done);
        } else if (!is_new) {
            ret = bdrv_pwrite_zeroes(out, offset + done, n, BDRV_REQ_MAY_UNMAP);
        }
    }
    return ret;
}

/* Copies all of @in to @out at @at. @is_new: @out reads as zeros. */
static bool copy_image(const ImgOptions *o, BlockDriverState *in, BlockDriverState *out, int64_t at,
                       int64_t total, bool is_new, Error **errp)
{
    g_autofree uint8_t *buf = g_malloc(STEP);
    int64_t length = bdrv_length(in), n, map;

    for (int64_t offset = 0; offset < length; offset += n) {
        int depth, status = bdrv_status_above(in, NULL, offset, MIN(length - offset, STEP), &n,
                                              &map, &depth);
        int ret = MIN(status, 0);

        if (ret == 0 && (status & BLOCK_STATUS_ZERO)) {
            ret = is_new ? 0 : bdrv_pwrite_zeroes(out, at + offset, n, BDRV_REQ_MAY_UNMAP);
        } else if (ret == 0) {
            ret = bdrv_pread(in, offset, n, buf);
            ret = ret < 0 ? ret : write_part(out, at + offset, buf, n, is_new);
        }
        if (ret < 0) {
            error_setg_errno(errp, -ret, "error while copying '%s' at byte %" PRId64,
                             in->filename, offset);
            return false;
        }
        img_progress(o, total ? (double)(at + offset + n) / total : 1);
    }
    return true;
}

static bool create_target(const ImgOptions *o, const char *filename, int64_t size, Error **errp)
{
    BlockOptions *options = img_creation_options(o, errp);
    g_autofree char *text = g_strdup_printf("%" PRId64, size);

    if (!options) {
        return false;
    }
    if (o->backing) {
        block_options_set(options, "backing_file", o->backing);
        if (o->backing_format) {
            block_options_set(options, "backing_fmt", o->backing_format);
        }
    }
    if (!block_options_peek(options, "size")) {
        block_options_set(options, "size", text);
    }
    return block_create(filename, o->out_format ? o->out_format : "raw", options, errp);
}

static BlockDriverState *open_target(const ImgOptions *o, const char *filename, int64_t size,
                                     Error **errp)
{
    ImgOptions plain = { .cache = o->cache ? o->cache : "unsafe" };
    BlockDriverState *out;

    if (!o->no_create && !create_target(o, filename, size, errp)) {
        error_prepend(errp, "%s: ", filename);
        return NULL;
    }
    out = img_open(&plain, filename, o->out_format ? o->out_format : "raw", true, errp);
    if (out && bdrv_length(out) < size) {
        error_setg(errp, "output file is smaller than input file");
        bdrv_unref(out);
        return NULL;
    }
    return out;
}

int img_convert(const ImgOptions *o, Error **errp)
{
    int sources = o->nb_args - 1;
    g_autofree BlockDriverState **in = g_new0(BlockDriverState *, sources);
    BlockDriverState *out = NULL;
    int64_t size = 0, at = 0;
    bool ok = true, is_new;

    if (o->compress || o->snapshot) {
        error_setg(errp, "convert -%c is not supported", o->compress ? 'c' : 'l');
        return 1;
    }
    for (int i = 0; ok && i < sources; i++) {
        in[i] = img_open(o, o->args[i], o->format, false, errp);
        ok = in[i] != NULL;
        size += ok ? bdrv_length(in[i]) : 0;
    }
    if (ok) {
        out = open_target(o, o->args[sources], size, errp);
        ok = out != NULL;
    }
    is_new = !o->no_create && out && !out->backing &&
             !(out->file && g_str_equal(out->file->bs->driver->name, "host_device"));
    for (int i = 0; ok && i < sources; i++) {
        ok = copy_image(o, in[i], out, at, size, is_new, errp);
        at += bdrv_length(in[i]);
    }
    if (ok && bdrv_flush(out) < 0) {
        error_setg(errp, "'%s' could not be flushed", o->args[sources]);
        ok = false;
    }
    if (ok && !size) {
        img_progress(o, 1);
    }
    bdrv_unref(out);
    for (int i = 0; i < sources; i++) {
        bdrv_unref(in[i]);
    }
    return !ok;
}

/* --- compare --- */

/* The first difference in [offset, offset + bytes), or -1; -2 and an error. */
static int64_t differ(BlockDriverState *a, BlockDriverState *b, int64_t offset, int64_t bytes,
                      uint8_t *buf_a, uint8_t *buf_b, Error **errp)
{
    int ret = bdrv_pread(a, offset, bytes, buf_a);
    BlockDriverState *bad = ret < 0 ? a : b;

    ret = ret < 0 ? ret : bdrv_pread(b, offset, bytes, buf_b);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Error while reading offset %" PRId64 " of %s", offset,
                         bad->filename);
        return -2;
    }
    if (!memcmp(buf_a, buf_b, bytes)) {
        return -1;
    }
    for (int64_t i = 0;; i++) {
        if (buf_a[i] != buf_b[i]) {
            return offset + i;
        }
    }
}

static int compare_open(const ImgOptions *o, BlockDriverState *a, BlockDriverState *b, Error **errp)
{
    g_autofree uint8_t *buf_a = g_malloc(STEP), *buf_b = g_malloc(STEP);
    int64_t longest = MAX(bdrv_length(a), bdrv_length(b)), n;

    if (bdrv_length(a) != bdrv_length(b)) {
        if (o->strict) {
            printf("Strict mode: Image size mismatch!\n");
            return 1;
        }
        if (!o->quiet) {
            printf("Warning: Image size mismatch!\n");
        }
    }
    for (int64_t offset = 0; offset < longest; offset += n) {
        int64_t n_a, n_b, map, at;
        int depth, s_a, s_b;

        n = MIN(longest - offset, STEP);
        s_a = bdrv_status_above(a, NULL, offset, n, &n_a, &map, &depth);
        s_b = bdrv_status_above(b, NULL, offset, n, &n_b, &map, &depth);
        n = MIN(n, MIN(n_a, n_b));
        if (s_a >= 0 && s_b >= 0 && (s_a & s_b & BLOCK_STATUS_ZERO)) {
            continue;
        }
        at = differ(a, b, offset, n, buf_a, buf_b, errp);
        if (at == -2) {
            return 4;
        }
        if (at >= 0) {
            if (!o->quiet) {
                printf("Content mismatch at offset %" PRId64 "!\n", at);
            }
            return 1;
        }
        img_progress(o, (double)(offset + n) / longest);
    }
    if (!o->quiet) {
        printf("Images are identical.\n");
    }
    return 0;
}

int img_compare(const ImgOptions *o, Error **errp)
{
    BlockDriverState *a = img_open(o, o->args[0], o->format, false, errp);
    BlockDriverState *b = a ? img_open(o, o->args[1], o->backing_format, false, errp) : NULL;
    int status = a && b ? compare_open(o, a, b, errp) : 2;

    bdrv_unref(a);
    bdrv_unref(b);
    return status;
}
