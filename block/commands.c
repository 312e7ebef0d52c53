/*
 * What users ask of the block layer while a machine runs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "image-info.h"
#include "qapi/error.h"
#include "system/block-commands.h"

/* --- nodes --- */

bool blockdev_add(const char *text, Error **errp)
{
    g_autoptr(BlockOptions) o = block_options_new();
    BlockFlags flags = { 0 };
    const char *name;
    BlockDriverState *bs;

    if (!block_options_parse(o, text, errp)) {
        return false;
    }
    name = block_options_peek(o, "node-name");
    if (!name) {
        error_setg(errp, "'node-name' must be specified for the root node");
        return false;
    }
    if (blk_by_name(name)) {
        error_setg(errp, "node-name=%s is conflicting with a device id", name);
        return false;
    }
    bs = bdrv_open_options(g_steal_pointer(&o), &flags, errp);
    if (!bs) {
        return false;
    }
    bs->monitor_owned = true;
    return true;
}

bool blockdev_del(const char *node_name, Error **errp)
{
    BlockDriverState *bs = bdrv_by_name(node_name);

    if (!bs) {
        error_setg(errp, "Failed to find node with node-name='%s'", node_name);
        return false;
    }
    if (!bs->monitor_owned) {
        error_setg(errp, "Node %s is not owned by the monitor", node_name);
        return false;
    }
    if (bs->uses) {
        error_setg(errp, "Node %s is in use by %s", node_name,
                   ((BlockUse *)bs->uses->data)->who);
        return false;
    }
    bs->monitor_owned = false;
    bdrv_unref(bs);
    return true;
}

static BlockBackend *find_drive(const char *name, Error **errp)
{
    BlockBackend *blk = blk_by_name(name);

    if (!blk) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", name);
    }
    return blk;
}

static void tell_resized(BlockDriverState *bs)
{
    for (BlockBackend *blk = blk_next(NULL); blk; blk = blk_next(blk)) {
        if (blk_bs(blk) == bs && blk->dev_ops && blk->dev_ops->resize_cb) {
            blk->dev_ops->resize_cb(blk->dev_opaque);
        }
    }
}

bool block_resize(const char *name, int64_t size, Error **errp)
{
    BlockBackend *blk = blk_by_name(name);
    BlockDriverState *bs = blk ? blk_bs(blk) : bdrv_by_name(name);
    bool ok;

    if (!bs) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND,
                  blk ? "Device '%s' has no medium" : "Cannot find device='%s' nor node-name=''",
                  name);
        return false;
    }
    if (bs->watch) {
        error_setg(errp, "Node '%s' is busy: a block job uses it", bs->node_name);
        return false;
    }
    bdrv_graph_begin();
    ok = bdrv_truncate(bs, size, errp);
    bdrv_graph_end();
    if (ok) {
        tell_resized(bs);
    }
    return ok;
}

static bool commit_one(BlockBackend *blk, Error **errp)
{
    bool ok;

    if (!blk->root) {
        error_setg(errp, "Device '%s' has no medium", blk->name);
        return false;
    }
    bdrv_graph_begin();
    ok = bdrv_commit(blk->root->bs, true, errp);
    bdrv_graph_end();
    return ok;
}

bool block_commit(const char *name, Error **errp)
{
    BlockBackend *blk;

    if (!g_str_equal(name, "all")) {
        blk = find_drive(name, errp);
        return blk && commit_one(blk, errp);
    }
    for (blk = blk_next(NULL); blk; blk = blk_next(blk)) {
        BlockDriverState *bs = bdrv_skip_filters(blk_bs(blk));

        if (bs && bs->backing && !commit_one(blk, errp)) {
            return false;
        }
    }
    return true;
}

/* --- media --- */

static bool check_removable(BlockBackend *blk, bool force, Error **errp)
{
    const BlockDevOps *ops = blk->dev_ops;

    if (blk->dev && (!ops || !ops->change_media_cb)) {
        error_setg(errp, "Device '%s' is not removable", blk->name);
        return false;
    }
    if (ops && ops->is_medium_locked && ops->is_medium_locked(blk->dev_opaque) &&
        !(ops->is_tray_open && ops->is_tray_open(blk->dev_opaque)) && !force) {
        if (ops->eject_request_cb) {
            ops->eject_request_cb(blk->dev_opaque, false);
        }
        error_setg(errp, "Device '%s' is locked and force was not specified, "
                   "wait for tray to open and try again", blk->name);
        return false;
    }
    return true;
}

static void tell_medium(BlockBackend *blk, bool load)
{
    if (blk->dev_ops && blk->dev_ops->change_media_cb) {
        blk->dev_ops->change_media_cb(blk->dev_opaque, load, NULL);
    }
}

bool block_eject(const char *name, bool force, Error **errp)
{
    BlockBackend *blk = find_drive(name, errp);

    if (!blk || !check_removable(blk, force, errp)) {
        return false;
    }
    if (blk->root) {
        bdrv_graph_begin();
        blk_remove(blk);
        bdrv_graph_end();
        tell_medium(blk, false);
    }
    return true;
}

bool block_change_medium(const char *name, const char *filename, const char *format,
                         const char *read_only_mode, bool force, Error **errp)
{
    BlockBackend *blk = find_drive(name, errp);
    BlockFlags flags = { 0 };
    BlockDriverState *bs;
    bool ok;

    if (!blk || !check_removable(blk, force, errp)) {
        return false;
    }
    if (blk->root) {
        flags = blk->root->bs->flags;
    } else {
        flags.read_only = blk->dinfo && blk->dinfo->media_cd;
    }
    if (read_only_mode && g_str_equal(read_only_mode, "read-only")) {
        flags.read_only = true;
    } else if (read_only_mode && g_str_equal(read_only_mode, "read-write")) {
        flags.read_only = false;
    } else if (read_only_mode && !g_str_equal(read_only_mode, "retain")) {
        error_setg(errp, "Parameter 'read-only-mode' expects one of: retain, read-only, "
                   "read-write");
        return false;
    }
    bs = bdrv_open_filename(filename, format, NULL, &flags, NULL, errp);
    if (!bs) {
        return false;
    }
    if (blk->root) {
        bdrv_graph_begin();
        blk_remove(blk);
        bdrv_graph_end();
        tell_medium(blk, false);
    }
    ok = blk_insert(blk, bs, errp);
    if (ok) {
        tell_medium(blk, true);
    }
    return ok;
}

bool drive_del(const char *name, Error **errp)
{
    BlockBackend *blk = find_drive(name, errp);

    if (!blk) {
        return false;
    }
    bdrv_graph_begin();
    blk_remove(blk);
    bdrv_graph_end();
    if (blk->dinfo) {
        drive_forget(blk->dinfo);
    }
    if (blk->dev) {
        blk->name[0] = 0; /* its device keeps it, and nobody else can find it */
        tell_medium(blk, false);
    }
    blk_unref(blk);
    return true;
}

char *block_describe_image(const char *name)
{
    BlockBackend *blk = blk_by_name(name);
    BlockDriverState *bs = blk ? blk_bs(blk) : bdrv_by_name(name);
    GString *out;

    if (!bs) {
        return NULL;
    }
    out = g_string_new(NULL);
    for (; bs; bs = bs->backing ? bs->backing->bs : NULL) {
        block_image_print(bs, out);
    }
    return g_string_free(out, FALSE);
}
