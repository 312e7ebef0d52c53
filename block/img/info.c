/*
 * sysemu-img: info, map, check, snapshot -l.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "img.h"
#include "block/image-info.h"
#include "qapi/error.h"

/* The image alone: its backing file need not be there. */
static BlockDriverState *open_alone(const ImgOptions *o, const char *name, const char *format,
                                    Error **errp)
{
    BlockFlags flags = { .read_only = true, .force_share = o->force_share };
    BlockOptions *options;
    BlockDriverState *bs;

    if (o->backing_chain || o->image_opts) {
        return img_open(o, name, format, false, errp);
    }
    options = block_options_new();
    if (!format || g_str_equal(format, "qcow2")) {
        bs = bdrv_open_filename(name, format, options, &flags, NULL, NULL);
        if (bs && !bs->backing) {
            return bs;
        }
        bdrv_unref(bs);
        options = block_options_new();
        block_options_set(options, "backing", "");
        bs = bdrv_open_filename(name, "qcow2", options, &flags, NULL, NULL);
        if (bs) {
            return bs;
        }
        options = block_options_new();
    }
    bs = bdrv_open_filename(name, format, options, &flags, NULL, errp);
    if (!bs) {
        error_prepend(errp, "Could not open '%s': ", name);
    }
    return bs;
}

int img_info(const ImgOptions *o, Error **errp)
{
    BlockDriverState *top = open_alone(o, o->args[0], o->format, errp);
    JsonArray *array = o->backing_chain ? json_array_new() : NULL;
    bool first = true;

    if (!top) {
        return 1;
    }
    for (BlockDriverState *bs = top; bs;
         bs = o->backing_chain && bs->backing ? bs->backing->bs : NULL) {
        if (!o->json) {
            printf("%s", first ? "" : "\n");
            g_autoptr(GString) text = g_string_new(NULL);

            block_image_print(bs, text);
            fputs(text->str, stdout);
            first = false;
        } else if (array) {
            json_array_add_object_element(array, block_image_info(bs));
        } else {
            JsonNode *node = json_node_new(JSON_NODE_OBJECT);

            json_node_take_object(node, block_image_info(bs));
            img_print_json(node);
        }
    }
    if (o->json && array) {
        JsonNode *node = json_node_new(JSON_NODE_ARRAY);

        json_node_set_array(node, array);
        img_print_json(node);
    }
    if (array) {
        json_array_unref(array);
    }
    bdrv_unref(top);
    return 0;
}

/* --- map --- */

typedef struct MapPart {
    int64_t start, length, map;
    int status, depth;
    const char *file;
} MapPart;

static bool same_part(const MapPart *a, const MapPart *b)
{
    return a->status == b->status && a->depth == b->depth && a->file == b->file &&
           (!(a->status & BLOCK_STATUS_AT_OFFSET) || a->map + a->length == b->map);
}

static void print_part(const ImgOptions *o, const MapPart *p, bool last)
{
    bool zero = p->status & BLOCK_STATUS_ZERO, data = p->status & BLOCK_STATUS_DATA;
    bool at = p->status & BLOCK_STATUS_AT_OFFSET;

    if (!o->json) {
        if (data && !zero && at) {
            printf("%-#16" PRIx64 "%-#16" PRIx64 "%-#16" PRIx64 "%s\n", p->start, p->length,
                   p->map, p->file);
        }
        return;
    }
    printf("{ \"start\": %" PRId64 ", \"length\": %" PRId64 ", \"depth\": %d, \"present\": %s, "
           "\"zero\": %s, \"data\": %s", p->start, p->length, p->depth,
           p->status & BLOCK_STATUS_ALLOCATED ? "true" : "false", zero ? "true" : "false",
           data ? "true" : "false");
    if (at) {
        printf(", \"offset\": %" PRId64, p->map);
    }
    printf("}%s\n", last ? "]" : ",");
}

/* The file that a node's data are in. */
static const char *file_of(BlockDriverState *bs, int depth)
{
    for (bs = bdrv_skip_filters(bs); depth-- && bs->backing;) {
        bs = bdrv_skip_filters(bs->backing->bs);
    }
    while (bs->data || bs->file) {
        bs = bs->data ? bs->data->bs : bs->file->bs;
    }
    return bs->filename;
}

int img_map(const ImgOptions *o, Error **errp)
{
    BlockDriverState *bs = img_open(o, o->args[0], o->format, false, errp);
    int64_t length = bs ? bdrv_length(bs) : 0, n;
    MapPart run = { 0 };
    bool any = false;

    if (!bs) {
        return 1;
    }
    printf("%s", o->json ? "[" : "Offset          Length          Mapped to       File\n");
    for (int64_t offset = 0; offset < length; offset += n) {
        MapPart part = { .start = offset };

        part.status = bdrv_status_above(bs, NULL, offset, length - offset, &n, &part.map,
                                        &part.depth);
        if (part.status < 0) {
            error_setg_errno(errp, -part.status, "Failed to read image metadata");
            break;
        }
        if (part.status & BLOCK_STATUS_COMPRESSED) {
            part.status &= ~BLOCK_STATUS_AT_OFFSET;
        }
        part.length = n;
        part.file = file_of(bs, part.depth);
        if (any && same_part(&run, &part)) {
            run.length += n;
        } else {
            if (any) {
                print_part(o, &run, false);
            }
            run = part;
            any = true;
        }
    }
    if (any) {
        print_part(o, &run, true);
    } else if (o->json) {
        printf("]\n");
    }
    bdrv_unref(bs);
    return 0;
}

/* --- check --- */

static void print_message(void *opaque, const char *text)
{
    const ImgOptions *o = opaque;

    if (!o->quiet && !o->json) {
        printf("%s\n", text);
    }
}

static void check_json(const ImgOptions *o, BlockDriverState *bs, const BlockCheck *c)
{
    const struct {
        const char *name;
        int64_t value;
        bool always;
    } members[] = {
        { "image-end-offset", c->image_end_offset }, { "total-clusters", c->total_clusters },
        { "check-errors", c->check_errors, true }, { "corruptions", c->corruptions },
        { "corruptions-fixed", c->corruptions_fixed }, { "leaks", c->leaks },
        { "leaks-fixed", c->leaks_fixed }, { "allocated-clusters", c->allocated_clusters },
        { "fragmented-clusters", c->fragmented_clusters },
        { "compressed-clusters", c->compressed_clusters },
    };
    JsonObject *object = json_object_new();
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        if (members[i].always || members[i].value) {
            json_object_set_int_member(object, members[i].name, members[i].value);
        }
    }
    json_object_set_string_member(object, "filename", o->args[0]);
    json_object_set_string_member(object, "format", bs->driver->name);
    json_node_take_object(node, object);
    img_print_json(node);
}

static void check_text(const BlockCheck *c)
{
    if (!c->corruptions && !c->leaks && !c->check_errors) {
        printf("No errors were found on the image.\n");
    }
    if (c->corruptions) {
        printf("\n%" PRId64 " errors were found on the image.\n"
               "Data may be corrupted, or further writes to the image may corrupt it.\n",
               c->corruptions);
    }
    if (c->leaks) {
        printf("\n%" PRId64 " leaked clusters were found on the image.\n"
               "This means waste of disk space, but no harm to data.\n", c->leaks);
    }
    if (c->check_errors) {
        printf("\n%" PRId64 " internal errors have occurred during the check.\n",
               c->check_errors);
    }
    if (c->total_clusters && c->allocated_clusters) {
        double allocated = c->allocated_clusters;

        printf("%" PRId64 "/%" PRId64 " = %0.2f%% allocated, %0.2f%% fragmented, "
               "%0.2f%% compressed clusters\n", c->allocated_clusters, c->total_clusters,
               allocated * 100 / c->total_clusters, c->fragmented_clusters * 100 / allocated,
               c->compressed_clusters * 100 / allocated);
    }
    if (c->image_end_offset) {
        printf("Image end offset: %" PRId64 "\n", c->image_end_offset);
    }
}

int img_check(const ImgOptions *o, Error **errp)
{
    BlockCheck c = { .message = print_message, .opaque = (void *)o };
    BlockDriverState *bs;
    int status;

    if (o->repair && !g_str_equal(o->repair, "leaks") && !g_str_equal(o->repair, "all")) {
        error_setg(errp, "-r expects 'leaks' or 'all' as argument");
        return 1;
    }
    bs = img_open(o, o->args[0], o->format, false, errp);
    if (!bs) {
        return 1;
    }
    if (!bs->driver->check) {
        bdrv_unref(bs);
        error_setg(errp, "This image format does not support checks");
        return 63;
    }
    c.fix_leaks = o->repair;
    c.fix_errors = o->repair && g_str_equal(o->repair, "all");
    /* without its driver's own preparations for writing: the check is what mends */
    if (o->repair && bdrv_set_read_only(bs->file->bs, false, errp)) {
        bs->flags.read_only = false;
        bs->file->used |= BLOCK_PERM_WRITE;
    }
    if (*errp || !bs->driver->check(bs, &c, errp)) {
        bdrv_unref(bs);
        return 1;
    }
    if (o->json) {
        check_json(o, bs, &c);
    } else if (!o->quiet) {
        if (c.corruptions_fixed || c.leaks_fixed) {
            printf("The following inconsistencies were found and repaired:\n\n"
                   "    %" PRId64 " leaked clusters\n    %" PRId64 " corruptions\n\n"
                   "Double checking the fixed image now...\n", c.leaks_fixed,
                   c.corruptions_fixed);
            c = (BlockCheck) { .message = print_message, .opaque = (void *)o };
            bs->driver->check(bs, &c, errp);
        }
        check_text(&c);
    }
    status = c.check_errors ? 1 : c.corruptions ? 2 : c.leaks ? 3 : 0;
    bdrv_unref(bs);
    return status;
}

/* --- snapshot --- */

int img_snapshot(const ImgOptions *o, Error **errp)
{
    bool list = !o->action || o->action == 'l', ok = true;
    BlockDriverState *bs = img_open(o, o->args[0], NULL, !list, errp);
    const BlockDriver *driver = bs ? bs->driver : NULL;

    if (!bs) {
        return 1;
    }
    if (!driver->snapshots) {
        error_setg(errp, "Image format '%s' has no snapshots", driver->name);
        ok = false;
    } else if (list) {
        g_autoptr(GPtrArray) snapshots = driver->snapshots(bs, errp);

        if (snapshots && snapshots->len) {
            g_autoptr(GString) text = g_string_new(NULL);

            block_snapshots_print(snapshots, text);
            fputs(text->str, stdout);
        }
    } else {
        ok = (o->action == 'c'   ? driver->snapshot_create
              : o->action == 'a' ? driver->snapshot_apply
                                 : driver->snapshot_delete)(bs, o->action_name, errp);
    }
    bdrv_unref(bs);
    return !ok;
}
