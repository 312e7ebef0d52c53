/*
 * What the block layer knows, as data.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "image-info.h"
#include "qom/object.h"
#include "system/block-commands.h"

static JsonNode *array_node(JsonArray *array)
{
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    json_node_take_array(node, array);
    return node;
}

static BlockDriverState *backing_of(BlockDriverState *bs)
{
    bs = bdrv_skip_filters(bs);
    return bs->backing ? bs->backing->bs : NULL;
}

/* QMP's BlockDeviceInfo. */
static JsonObject *node_json(BlockDriverState *bs, bool write_cache)
{
    static const char *const detect[] = { "off", "on", "unmap" };
    JsonObject *o = json_object_new(), *cache = json_object_new();
    BlockDriverState *backing = backing_of(bs);
    int depth = 0;

    json_object_set_string_member(o, "file", bs->filename);
    json_object_set_string_member(o, "node-name", bs->node_name);
    json_object_set_boolean_member(o, "ro", bs->flags.read_only);
    json_object_set_string_member(o, "drv", bs->driver->name);
    if (backing) {
        json_object_set_string_member(o, "backing_file", backing->filename);
    }
    for (BlockDriverState *b = backing; b; b = backing_of(b)) {
        depth++;
    }
    json_object_set_int_member(o, "backing_file_depth", depth);
    json_object_set_boolean_member(o, "encrypted", false);
    json_object_set_string_member(o, "detect_zeroes", detect[bs->detect_zeroes]);
    json_object_set_boolean_member(cache, "writeback", write_cache);
    json_object_set_boolean_member(cache, "direct", bs->flags.direct);
    json_object_set_boolean_member(cache, "no-flush", bs->flags.no_flush);
    json_object_set_object_member(o, "cache", cache);
    json_object_set_object_member(o, "image", block_image_info(bs));
    return o;
}

static char *device_path(BlockBackend *blk)
{
    return blk->dev ? object_get_canonical_path(OBJECT(blk->dev)) : NULL;
}

JsonNode *block_query(void)
{
    JsonArray *list = json_array_new();

    for (BlockBackend *blk = blk_next(NULL); blk; blk = blk_next(blk)) {
        JsonObject *o = json_object_new();
        const BlockDevOps *ops = blk->dev_ops;
        bool removable = !blk->dev || (ops && ops->change_media_cb);
        g_autofree char *path = device_path(blk);

        if (!*blk->name && !blk->dev) {
            json_object_unref(o);
            continue;
        }
        json_object_set_string_member(o, "device", blk->name);
        json_object_set_string_member(o, "type", "unknown");
        if (path) {
            json_object_set_string_member(o, "qdev", path);
        }
        json_object_set_boolean_member(o, "removable", removable);
        json_object_set_boolean_member(o, "locked", ops && ops->is_medium_locked &&
                                                        ops->is_medium_locked(blk->dev_opaque));
        if (ops && ops->is_tray_open) {
            json_object_set_boolean_member(o, "tray_open", ops->is_tray_open(blk->dev_opaque));
        }
        json_object_set_string_member(o, "io-status", !blk->io_status           ? "ok"
                                                      : blk->io_status == ENOSPC ? "nospace"
                                                                                 : "failed");
        if (blk->root) {
            json_object_set_object_member(o, "inserted",
                                          node_json(bdrv_skip_filters(blk->root->bs),
                                                    blk_enable_write_cache(blk)));
        }
        json_array_add_object_element(list, o);
    }
    return array_node(list);
}

JsonNode *block_query_nodes(void)
{
    JsonArray *list = json_array_new();

    for (BlockDriverState *bs = bdrv_next_node(NULL); bs; bs = bdrv_next_node(bs)) {
        json_array_add_object_element(list, node_json(bs, true));
    }
    return array_node(list);
}

/* @blk: NULL: nothing has been counted. */
static JsonObject *stats_json(const BlockBackend *blk)
{
    static const struct {
        BlockRequestKind kind;
        const char *prefix, *counter;
        bool bytes;
    } rows[] = {
        { BLOCK_REQUEST_READ, "rd", "rd_operations", true },
        { BLOCK_REQUEST_WRITE, "wr", "wr_operations", true },
        { BLOCK_REQUEST_ZEROES, "zeroes", "zeroes_operations", true },
        { BLOCK_REQUEST_DISCARD, "unmap", "unmap_operations", true },
        { BLOCK_REQUEST_FLUSH, "flush", "flush_operations", false },
    };
    static const BlockCounters none;
    JsonObject *stats = json_object_new();

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const BlockCounters *c = blk ? &blk->counters[rows[i].kind] : &none;
        g_autofree char *time = g_strconcat(rows[i].prefix, "_total_time_ns", NULL);
        g_autofree char *failed = g_strdup_printf("failed_%s", rows[i].counter);

        if (rows[i].bytes) {
            g_autofree char *bytes = g_strconcat(rows[i].prefix, "_bytes", NULL);

            json_object_set_int_member(stats, bytes, c->bytes);
        }
        json_object_set_int_member(stats, rows[i].counter, c->operations);
        json_object_set_int_member(stats, time, c->total_ns);
        json_object_set_int_member(stats, failed, c->failed);
    }
    return stats;
}

JsonNode *block_query_stats(void)
{
    JsonArray *list = json_array_new();

    for (BlockBackend *blk = blk_next(NULL); blk; blk = blk_next(blk)) {
        JsonObject *o = json_object_new();
        g_autofree char *path = device_path(blk);
        WORK_CONTEXT_GUARD(blk->context);

        json_object_set_string_member(o, "device", blk->name);
        if (path) {
            json_object_set_string_member(o, "qdev", path);
        }
        if (blk->root) {
            json_object_set_string_member(o, "node-name", blk->root->bs->node_name);
        }
        json_object_set_object_member(o, "stats", stats_json(blk));
        json_array_add_object_element(list, o);
    }
    return array_node(list);
}

static BlockBackend *drive_on(const BlockDriverState *bs)
{
    BlockBackend *blk = blk_next(NULL);

    while (blk && (!blk->root || blk->root->bs != bs)) {
        blk = blk_next(blk);
    }
    return blk;
}

JsonNode *block_query_node_stats(void)
{
    JsonArray *list = json_array_new();

    for (BlockDriverState *bs = bdrv_next_node(NULL); bs; bs = bdrv_next_node(bs)) {
        BlockBackend *blk = drive_on(bs);
        JsonObject *o = json_object_new();
        WORK_CONTEXT_GUARD(blk ? blk->context : NULL);

        json_object_set_string_member(o, "node-name", bs->node_name);
        json_object_set_object_member(o, "stats", stats_json(blk));
        json_array_add_object_element(list, o);
    }
    return array_node(list);
}
