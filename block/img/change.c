/*
 * sysemu-img: create, resize, commit, rebase.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "img.h"
#include "block/create.h"
#include "qapi/error.h"
#include "qemu/option.h"

#define STEP (1 << 20)

/* The size of the backing file, which must be there; or false and an error. */
static bool backing_size(const ImgOptions *o, const char *filename, const char *backing,
                         const char *format, uint64_t *size, Error **errp)
{
    g_autofree char *full = bdrv_relative_filename(filename, backing);
    ImgOptions plain = { .force_share = o->force_share };
    BlockDriverState *bs = img_open(&plain, full, format, false, errp);

    if (!bs) {
        error_append_hint(errp, "Could not open backing image.\n");
        return false;
    }
    *size = bdrv_length(bs);
    bdrv_unref(bs);
    return true;
}

static void print_creation(const char *filename, const char *format, BlockOptions *options)
{
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(options), (GCompareFunc)strcmp);

    printf("Formatting '%s', fmt=%s", filename, format);
    for (GList *l = names; l; l = l->next) {
        printf(" %s=%s", (char *)l->data, block_options_peek(options, l->data));
    }
    printf("\n");
}

int img_create(const ImgOptions *o, Error **errp)
{
    const char *filename = o->args[0], *format = o->format ? o->format : "raw";
    BlockOptions *options = img_creation_options(o, errp);
    uint64_t size;

    if (!options) {
        return 1;
    }
    if (o->backing) {
        block_options_set(options, "backing_file", o->backing);
    }
    if (o->backing_format) {
        block_options_set(options, "backing_fmt", o->backing_format);
    }
    if (o->nb_args > 1) {
        if (!parse_option_size("size", o->args[1], &size, NULL)) {
            error_setg(errp, "Invalid image size '%s' specified! You may use k, M, G, T, P or E "
                       "suffixes for kilobytes, megabytes, gigabytes, terabytes, petabytes and "
                       "exabytes.", o->args[1]);
            block_options_free(options);
            return 1;
        }
        block_options_set(options, "size", o->args[1]);
    }
    if (block_options_peek(options, "backing_file")) {
        const char *backing = block_options_peek(options, "backing_file");
        const char *backing_format = block_options_peek(options, "backing_fmt");

        if (!backing_format) {
            error_setg(errp, "backing file specified without backing format: give it with -F");
            block_options_free(options);
            return 1;
        }
        if (!o->unsafe && !backing_size(o, filename, backing, backing_format, &size, errp)) {
            block_options_free(options);
            return 1;
        }
        if (!o->unsafe && !block_options_peek(options, "size")) {
            g_autofree char *text = g_strdup_printf("%" PRIu64, size);

            block_options_set(options, "size", text);
        }
    }
    if (!block_options_peek(options, "size")) {
        error_setg(errp, "%s: Image creation needs a size parameter", filename);
        block_options_free(options);
        return 1;
    }
    if (!o->quiet) {
        print_creation(filename, format, options);
    }
    if (!block_create(filename, format, options, errp)) {
        error_prepend(errp, "%s: ", filename);
        return 1;
    }
    return 0;
}

int img_resize(const ImgOptions *o, Error **errp)
{
    const char *text = o->args[1];
    int sign = *text == '+' ? 1 : *text == '-' ? -1 : 0;
    uint64_t size;
    int64_t before, after;
    BlockDriverState *bs;
    bool ok;

    if (!parse_option_size("size", text + (sign != 0), &size, errp)) {
        return 1;
    }
    if (size > INT64_MAX / 2) {
        error_setg(errp, "Parameter 'size' expects less than 4 EiB");
        return 1;
    }
    bs = img_open(o, o->args[0], o->format, true, errp);
    if (!bs) {
        return 1;
    }
    before = bdrv_length(bs);
    after = sign ? before + sign * (int64_t)size : (int64_t)size;
    if (after < 0) {
        error_setg(errp, "New image size must be positive");
        ok = false;
    } else if (after < before && !o->shrink) {
        error_setg(errp, "Use the --shrink option to perform a shrink operation.");
        error_append_hint(errp, "All that is behind the new end will be lost.\n");
        ok = false;
    } else {
        ok = bdrv_truncate(bs, after, errp);
    }
    bdrv_unref(bs);
    if (ok && !o->quiet) {
        printf("Image resized.\n");
    }
    return !ok;
}

int img_commit(const ImgOptions *o, Error **errp)
{
    BlockDriverState *bs = img_open(o, o->args[0], o->format, true, errp);
    bool ok;

    if (!bs) {
        return 1;
    }
    ok = bdrv_commit(bs, !o->keep, errp);
    bdrv_unref(bs);
    if (ok && !o->quiet) {
        printf("Image committed.\n");
    }
    return !ok;
}

/* What differs between the old backing files and the new ones goes to the image itself. */
static bool keep_contents(const ImgOptions *o, BlockDriverState *bs, BlockDriverState *new_backing,
                          Error **errp)
{
    g_autofree uint8_t *old = g_malloc(STEP), *new = g_malloc(STEP);
    int64_t length = bdrv_length(bs), n, map;

    for (int64_t offset = 0; offset < length; offset += n) {
        int ret = bdrv_status(bs, offset, MIN(length - offset, STEP), &n, &map);

        if (ret >= 0 && !(ret & BLOCK_STATUS_ALLOCATED)) {
            memset(new, 0, n);
            ret = bdrv_pread(bs, offset, n, old);
            if (ret == 0 && new_backing) {
                ret = bdrv_pread(new_backing, offset, n, new);
            }
            if (ret == 0 && memcmp(old, new, n)) {
                ret = bdrv_pwrite(bs, offset, n, old);
            }
        }
        if (ret < 0) {
            error_setg_errno(errp, -ret, "Could not compare the old and the new backing file at %"
                             PRId64, offset);
            return false;
        }
        img_progress(o, (double)(offset + n) / length);
    }
    return bdrv_flush(bs) == 0;
}

int img_rebase(const ImgOptions *o, Error **errp)
{
    const char *filename = o->args[0], *backing = o->backing && *o->backing ? o->backing : NULL;
    BlockFlags flags = { 0 };
    BlockOptions *options = block_options_new();
    BlockDriverState *bs, *new_backing = NULL;
    bool ok;

    if (!o->backing) {
        error_setg(errp, "Parameter '-b' is missing: the new backing file, or \"\" for none");
        block_options_free(options);
        return 1;
    }
    if (o->unsafe) {
        block_options_set(options, "backing", ""); /* it may be gone */
    }
    if (backing && !o->unsafe) {
        g_autofree char *full = bdrv_relative_filename(filename, backing);

        new_backing = img_open(&(ImgOptions) { 0 }, full, o->backing_format, false, errp);
        if (!new_backing) {
            block_options_free(options);
            return 1;
        }
    }
    bs = bdrv_open_filename(filename, o->format ? o->format : "qcow2", options, &flags, NULL, errp);
    ok = bs && (o->unsafe || keep_contents(o, bs, new_backing, errp));
    if (ok && !bs->driver->set_backing) {
        error_setg(errp, "Image format '%s' has no backing files", bs->driver->name);
        ok = false;
    }
    ok = ok && bs->driver->set_backing(bs, backing, o->backing_format, errp);
    bdrv_unref(bs);
    bdrv_unref(new_backing);
    return !ok;
}
