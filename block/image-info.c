/*
 * What an image is, as data and as text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "image-info.h"
#include "qemu/cutils.h"

static void free_info(BlockFormatInfo *info)
{
    g_free(info->backing_filename);
    g_free(info->backing_format);
    g_ptr_array_unref(info->specific);
}

static void get_info(BlockDriverState *bs, BlockFormatInfo *info)
{
    *info = (BlockFormatInfo) { .specific = g_ptr_array_new_with_free_func(g_free) };
    if (bs->driver->info) {
        bs->driver->info(bs, info);
    }
}

/* What the host has given to the image's files; negative: unknown. */
static int64_t disk_size(BlockDriverState *bs)
{
    int64_t sum = bs->driver->allocated ? bs->driver->allocated(bs) : bs->file ? 0 : -ENOTSUP;

    for (BlockUse **use = (BlockUse *[]) { bs->file, bs->data, NULL }; sum >= 0 && *use; use++) {
        int64_t below = disk_size((*use)->bs);

        sum = below < 0 ? below : sum + below;
    }
    return sum;
}

static char *size_text(int64_t bytes)
{
    return bytes < 0 ? g_strdup("unavailable") : size_to_str(bytes);
}

/* --- snapshots --- */

void block_snapshots_print(const GPtrArray *list, GString *out)
{
    g_string_append_printf(out, "Snapshot list:\n%-10s%-17s%8s%20s%13s%11s\n", "ID", "TAG",
                           "VM SIZE", "DATE", "VM CLOCK", "ICOUNT");
    for (guint i = 0; i < list->len; i++) {
        const BlockSnapshot *s = g_ptr_array_index(list, i);
        g_autoptr(GDateTime) date = g_date_time_new_from_unix_local(s->date_sec);
        g_autofree char *day = date ? g_date_time_format(date, "%Y-%m-%d %H:%M:%S") : g_strdup("");
        g_autofree char *size = size_to_str(s->vm_state_size);
        uint64_t seconds = s->vm_clock_nsec / 1000000000;
        g_autofree char *clock = g_strdup_printf(
            "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64, seconds / 3600,
            seconds / 60 % 60, seconds % 60, s->vm_clock_nsec / 1000000 % 1000);
        g_autofree char *icount = s->icount == UINT64_MAX
                                      ? g_strdup("") : g_strdup_printf("%" PRIu64, s->icount);

        g_string_append_printf(out, "%-9s %-16s %8s%20s%13s%11s\n", s->id, s->name, size, day,
                               clock, icount);
    }
}

static JsonNode *snapshots_json(const GPtrArray *list)
{
    JsonArray *array = json_array_new();
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    for (guint i = 0; i < list->len; i++) {
        const BlockSnapshot *s = g_ptr_array_index(list, i);
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "id", s->id);
        json_object_set_string_member(o, "name", s->name);
        json_object_set_int_member(o, "vm-state-size", s->vm_state_size);
        json_object_set_int_member(o, "date-sec", s->date_sec);
        json_object_set_int_member(o, "date-nsec", s->date_nsec);
        json_object_set_int_member(o, "vm-clock-sec", s->vm_clock_nsec / 1000000000);
        json_object_set_int_member(o, "vm-clock-nsec", s->vm_clock_nsec % 1000000000);
        if (s->icount != UINT64_MAX) {
            json_object_set_int_member(o, "icount", s->icount);
        }
        json_array_add_object_element(array, o);
    }
    json_node_take_array(node, array);
    return node;
}

/* --- info --- */

void block_image_print(BlockDriverState *bs, GString *out)
{
    BlockFormatInfo info;
    g_autofree char *virtual_size = size_text(bdrv_length(bs));
    g_autofree char *size = size_text(disk_size(bs));

    get_info(bs, &info);
    g_string_append_printf(out, "image: %s\nfile format: %s\nvirtual size: %s (%" PRId64
                           " bytes)\ndisk size: %s\n", bs->filename, bs->driver->name,
                           virtual_size, bdrv_length(bs), size);
    if (info.dirty) {
        g_string_append_printf(out, "cleanly shut down: no\n");
    }
    if (info.cluster_size) {
        g_string_append_printf(out, "cluster_size: %" PRId64 "\n", info.cluster_size);
    }
    if (info.backing_filename) {
        g_autofree char *full = bdrv_relative_filename(bs->filename, info.backing_filename);

        g_string_append_printf(out, "backing file: %s", info.backing_filename);
        if (!g_str_equal(full, info.backing_filename)) {
            g_string_append_printf(out, " (actual path: %s)", full);
        }
        g_string_append_printf(out, "\n");
    }
    if (info.backing_format) {
        g_string_append_printf(out, "backing file format: %s\n", info.backing_format);
    }
    if (bs->driver->snapshots) {
        g_autoptr(GPtrArray) list = bs->driver->snapshots(bs, NULL);

        if (list && list->len) {
            block_snapshots_print(list, out);
        }
    }
    if (info.specific->len) {
        g_string_append_printf(out, "Format specific information:\n");
    }
    for (guint i = 0; i < info.specific->len; i += 2) {
        const char *name = g_ptr_array_index(info.specific, i);

        g_string_append_printf(out, "    %.*s: %s\n", (int)strcspn(name, "!#"), name,
                               (char *)g_ptr_array_index(info.specific, i + 1));
    }
    free_info(&info);
}

static JsonObject *specific_json(const BlockFormatInfo *info, const char *format)
{
    JsonObject *o = json_object_new(), *data = json_object_new();

    for (guint i = 0; i < info->specific->len; i += 2) {
        g_autofree char *name = g_strdup(g_ptr_array_index(info->specific, i));
        const char *value = g_ptr_array_index(info->specific, i + 1);
        char *mark = strpbrk(name, "!#");
        char kind = mark ? *mark : 0;

        if (mark) {
            *mark = 0;
        }
        g_strdelimit(name, " ", '-');
        if (kind == '!') {
            json_object_set_boolean_member(data, name, g_str_equal(value, "true"));
        } else if (kind == '#') {
            json_object_set_int_member(data, name, g_ascii_strtoll(value, NULL, 10));
        } else {
            json_object_set_string_member(data, name, value);
        }
    }
    json_object_set_string_member(o, "type", format);
    json_object_set_object_member(o, "data", data);
    return o;
}

JsonObject *block_image_info(BlockDriverState *bs)
{
    BlockFormatInfo info;
    JsonObject *o = json_object_new();
    int64_t size = disk_size(bs);

    get_info(bs, &info);
    if (info.backing_format) {
        json_object_set_string_member(o, "backing-filename-format", info.backing_format);
    }
    if (bs->driver->snapshots) {
        g_autoptr(GPtrArray) list = bs->driver->snapshots(bs, NULL);

        if (list && list->len) {
            json_object_set_member(o, "snapshots", snapshots_json(list));
        }
    }
    json_object_set_int_member(o, "virtual-size", bdrv_length(bs));
    json_object_set_string_member(o, "filename", bs->filename);
    if (info.cluster_size) {
        json_object_set_int_member(o, "cluster-size", info.cluster_size);
    }
    json_object_set_string_member(o, "format", bs->driver->name);
    if (size >= 0) {
        json_object_set_int_member(o, "actual-size", size);
    }
    if (info.specific->len) {
        json_object_set_object_member(o, "format-specific",
                                      specific_json(&info, bs->driver->name));
    }
    if (info.backing_filename) {
        g_autofree char *full = bdrv_relative_filename(bs->filename, info.backing_filename);

        json_object_set_string_member(o, "full-backing-filename", full);
        json_object_set_string_member(o, "backing-filename", info.backing_filename);
    }
    json_object_set_boolean_member(o, "dirty-flag", info.dirty);
    free_info(&info);
    return o;
}
