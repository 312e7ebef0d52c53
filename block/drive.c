/*
 * -drive and -pflash: from the option's text to an open image and the place it goes to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "create.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/id.h"
#include "system/block-backend.h"
#include "throttle.h"

typedef struct DriveInterface {
    const char *name;
    int units_per_bus; /* 0: one bus with any number of units */
} DriveInterface;

static DriveInterface interfaces[IF_COUNT] = {
    [IF_NONE] = { "none" },
    [IF_IDE] = { "ide", 2 },
    [IF_SCSI] = { "scsi", 7 },
    [IF_FLOPPY] = { "floppy" },
    [IF_PFLASH] = { "pflash" },
    [IF_MTD] = { "mtd" },
    [IF_SD] = { "sd" },
    [IF_VIRTIO] = { "virtio" },
    [IF_XEN] = { "xen" },
};

static DriveInfo *drives;
static BlockInterfaceType default_interface = IF_IDE;
static bool snapshot_by_default; /* -snapshot */

/* --- the parts of an option --- */

static bool parse_interface(BlockOptions *o, BlockInterfaceType *type, Error **errp)
{
    g_autofree char *name = block_options_take(o, "if");

    *type = default_interface;
    for (int i = 0; name && i < IF_COUNT; i++) {
        if (!strcmp(name, interfaces[i].name)) {
            *type = i;
            return true;
        }
    }
    if (name) {
        g_autoptr(GString) expected = g_string_new(NULL);

        for (int i = 0; i < IF_COUNT; i++) {
            g_string_append_printf(expected, "%s%s", i ? ", " : "", interfaces[i].name);
        }
        error_setg(errp, "unsupported bus type '%s': expected one of: %s", name, expected->str);
        return false;
    }
    return true;
}

static bool get_number(BlockOptions *o, const char *name, int *value, Error **errp)
{
    uint64_t number = 0;

    if (!block_options_take_number(o, name, INT16_MAX, &number, errp)) {
        return false;
    }
    *value = number;
    return true;
}

static DriveInfo *find_drive(BlockInterfaceType type, int bus, int unit)
{
    for (DriveInfo *d = drives; d; d = d->next) {
        if (d->type == type && d->bus == bus && d->unit == unit) {
            return d;
        }
    }
    return NULL;
}

static void next_free_unit(DriveInfo *d)
{
    int units = interfaces[d->type].units_per_bus;

    while (find_drive(d->type, d->bus, d->unit)) {
        d->unit++;
        if (units && d->unit == units) {
            d->unit = 0;
            d->bus++;
        }
    }
}

static bool parse_place(BlockOptions *o, DriveInfo *d, Error **errp)
{
    int units = interfaces[d->type].units_per_bus;
    bool has_index = block_options_peek(o, "index"), has_unit = block_options_peek(o, "unit");
    int index;

    if (has_index && (block_options_peek(o, "bus") || has_unit)) {
        error_setg(errp, "index cannot be used with bus and unit");
        return false;
    }
    if (!get_number(o, "bus", &d->bus, errp) || !get_number(o, "unit", &d->unit, errp) ||
        !get_number(o, "index", &index, errp)) {
        return false;
    }
    if (has_index) {
        d->bus = units ? index / units : 0;
        d->unit = units ? index % units : index;
    } else if (!has_unit) {
        next_free_unit(d);
    }
    if (units && d->unit >= units) {
        error_setg(errp, "unit %d too big (max is %d)", d->unit, units - 1);
        return false;
    }
    if (find_drive(d->type, d->bus, d->unit)) {
        error_setg(errp, "drive with if=%s, bus=%d, unit=%d exists", interfaces[d->type].name,
                   d->bus, d->unit);
        return false;
    }
    return true;
}

static bool make_id(BlockOptions *o, DriveInfo *d, Error **errp)
{
    const char *kind = d->media_cd ? "-cd" : "-hd";

    d->id = block_options_take(o, "id");
    if (d->id && !id_wellformed(d->id)) {
        error_setg(errp, "Parameter 'id' expects an identifier");
        error_append_hint(errp, "Identifiers consist of letters, digits, '-', '.', '_', starting "
                          "with a letter.\n");
        return false;
    }
    if (!d->id && interfaces[d->type].units_per_bus) {
        d->id = g_strdup_printf("%s%d%s%d", interfaces[d->type].name, d->bus, kind, d->unit);
    } else if (!d->id) {
        d->id = g_strdup_printf("%s%s%d", interfaces[d->type].name, d->media_cd ? "-cd" : "",
                                d->unit);
    }
    if (blk_by_name(d->id) || bdrv_by_name(d->id)) {
        error_setg(errp, "Duplicate ID '%s' for drive", d->id);
        return false;
    }
    return true;
}

/* --- how the image is opened --- */

typedef struct CacheMode {
    const char *name;
    bool write_back, direct, no_flush;
} CacheMode;

static const CacheMode cache_modes[] = {
    { "writeback", true, false, false }, { "none", true, true, false },
    { "writethrough", false, false, false }, { "directsync", false, true, false },
    { "unsafe", true, false, true },
};

const char *blk_cache_mode(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);

    for (size_t i = 0; bs && i < G_N_ELEMENTS(cache_modes); i++) {
        if (cache_modes[i].write_back == blk_enable_write_cache(blk) &&
            cache_modes[i].direct == bs->flags.direct &&
            cache_modes[i].no_flush == bs->flags.no_flush) {
            return cache_modes[i].name;
        }
    }
    return "writeback";
}

static bool parse_cache(BlockOptions *o, CacheMode *mode, Error **errp)
{
    static const char *const names[] = { "writeback", "none", "writethrough", "directsync",
                                         "unsafe", NULL };
    unsigned index = 0;

    if (!block_options_take_word(o, "cache", names, &index, errp)) {
        return false;
    }
    *mode = cache_modes[index];
    return block_options_take_bool(o, "cache.writeback", &mode->write_back, errp) &&
           block_options_take_bool(o, "cache.direct", &mode->direct, errp) &&
           block_options_take_bool(o, "cache.no-flush", &mode->no_flush, errp);
}

/* What concerns the back end rather than the node. */
typedef struct DriveOptions {
    CacheMode cache;
    BlockFlags flags;
    BlockdevOnError on_read_error, on_write_error;
    bool snapshot, may_guess, throttled;
    ThrottleLimits limits;
    char *group;
    char *file, *format;
} DriveOptions;

static bool parse_actions(BlockOptions *o, DriveOptions *d, Error **errp)
{
    g_autofree char *rerror = block_options_take(o, "rerror");
    g_autofree char *werror = block_options_take(o, "werror");

    if ((rerror && !blk_parse_on_error("rerror", rerror, &d->on_read_error, errp)) ||
        (werror && !blk_parse_on_error("werror", werror, &d->on_write_error, errp))) {
        return false;
    }
    if (d->on_read_error == BLOCKDEV_ON_ERROR_ENOSPC) {
        error_setg(errp, "Parameter 'rerror' expects one of: report, ignore, stop, auto");
        return false;
    }
    return true;
}

static bool parse_flags(BlockOptions *o, DriveOptions *d, bool media_cd, Error **errp)
{
    static const char *const discard[] = { "ignore", "off", "unmap", "on", NULL };
    bool copy_on_read = false;
    unsigned unmap = 0;

    d->flags.read_only = media_cd;
    d->snapshot = snapshot_by_default;
    if (!block_options_take_bool(o, "readonly", &d->flags.read_only, errp) ||
        !block_options_take_bool(o, "read-only", &d->flags.read_only, errp) ||
        !block_options_take_bool(o, "auto-read-only", &d->flags.auto_read_only, errp) ||
        !block_options_take_bool(o, "snapshot", &d->snapshot, errp) ||
        !block_options_take_bool(o, "copy-on-read", &copy_on_read, errp) ||
        !block_options_take_word(o, "discard", discard, &unmap, errp) ||
        !throttle_take_options(o, &d->limits, &d->group, &d->throttled, errp) ||
        !parse_cache(o, &d->cache, errp) || !parse_actions(o, d, errp)) {
        return false;
    }
    if (copy_on_read) {
        error_setg(errp, "Parameter 'copy-on-read' expects 'off': "
                   "reads are never copied from the backing file");
        return false;
    }
    d->flags.direct = d->cache.direct;
    d->flags.no_flush = d->cache.no_flush;
    d->flags.unmap = unmap >= 2;
    return true;
}

static bool parse_format(BlockOptions *o, DriveOptions *d, Error **errp)
{
    g_autofree char *driver = block_options_take(o, "driver");

    d->format = block_options_take(o, "format");
    if (d->format && driver) {
        error_setg(errp, "Parameters 'format' and 'driver' are the same: give one of them");
        return false;
    }
    if (driver) {
        d->format = g_steal_pointer(&driver);
    }
    d->file = block_options_take(o, "file");
    return true;
}

/* The node that "file", "format" and all the options for nodes describe. */
static BlockDriverState *open_node(BlockOptions *o, const DriveOptions *d, Error **errp)
{
    g_autofree char *aio = block_options_take(o, "aio");
    bool guessed = false;
    BlockDriverState *bs;

    if (d->file && !*d->file) {
        error_setg(errp, "A block device must be specified for \"file\"");
        block_options_free(o);
        return NULL;
    }
    if (aio && (!d->file || block_driver_by_name(d->file) == NULL)) {
        block_options_set(o, "file.aio", aio);
    }
    if (d->file && bdrv_by_name(d->file)) { /* file=NODE */
        block_options_set(o, "file", d->file);
        block_options_set(o, "driver", d->format ? d->format : "raw");
        return bdrv_open_options(o, &d->flags, errp);
    }
    if (!d->file) {
        if (d->format) {
            block_options_set(o, "driver", d->format);
        }
        return bdrv_open_options(o, &d->flags, errp);
    }
    bs = bdrv_open_filename(d->file, d->format, o, &d->flags, &guessed, errp);
    if (bs && guessed && !d->may_guess) {
        warn_report("Image format was not specified for '%s', taking it as raw; "
                    "say format=raw to avoid this warning", d->file);
    }
    return bs;
}

/* Takes the reference to @bs. */
static BlockDriverState *put_throttle(BlockDriverState *bs, const DriveOptions *d, const char *id,
                                      Error **errp)
{
    const char *group = d->group ? d->group : id;
    BlockOptions *o = block_options_new();
    BlockDriverState *filter;

    throttle_set_limits(group, &d->limits);
    block_options_set(o, "driver", "throttle");
    block_options_set(o, "throttle-group", group);
    block_options_set(o, "file", bs->node_name);
    filter = bdrv_open_options(o, &bs->flags, errp);
    bdrv_unref(bs);
    return filter;
}

static bool put_medium(BlockBackend *blk, BlockOptions *o, const DriveOptions *d, Error **errp)
{
    DriveOptions below = *d;
    BlockDriverState *bs;

    below.flags.read_only |= d->snapshot;
    bs = open_node(o, &below, errp);
    if (bs && d->snapshot) {
        bs = block_open_temporary(bs, &d->flags, errp);
        if (bs && d->flags.read_only) {
            bs->flags.read_only = true;
        }
    }
    if (bs && d->throttled) {
        bs = put_throttle(bs, d, blk_name(blk), errp);
    }
    return bs && blk_insert(blk, bs, errp);
}

/* Takes @o. */
static BlockBackend *open_image(BlockOptions *o, const DriveOptions *d, const char *id,
                                Error **errp)
{
    g_autoptr(BlockOptions) mine = o;
    BlockBackend *blk;

    if (!d->file && !d->format && !g_hash_table_size(o)) {
        return blk_new(id); /* a drive without a medium */
    }
    blk = blk_new(id);
    if (!put_medium(blk, g_steal_pointer(&mine), d, errp)) {
        blk_unref(blk);
        return NULL;
    }
    blk->no_write_cache = !d->cache.write_back;
    return blk;
}

/* --- drives --- */

static void free_drive(DriveInfo *d)
{
    g_free(d->id);
    g_free(d->file);
    g_free(d);
}

static void append_drive(DriveInfo *d)
{
    DriveInfo **last = &drives;

    while (*last) {
        last = &(*last)->next;
    }
    *last = d;
}

static void free_drive_options(DriveOptions *options)
{
    g_free(options->file);
    g_free(options->format);
    g_free(options->group);
}

static bool parse_media(BlockOptions *o, DriveInfo *d, Error **errp)
{
    static const char *const media[] = { "disk", "cdrom", NULL };
    unsigned index = 0;

    if (!block_options_take_word(o, "media", media, &index, errp)) {
        return false;
    }
    d->media_cd = index == 1;
    return true;
}

/* Takes @o. is_pflash: from -pflash, which has no place for a format. */
static DriveInfo *drive_from_options(BlockOptions *o, bool is_pflash, Error **errp)
{
    g_autoptr(BlockOptions) mine = o;
    DriveOptions options = { .on_read_error = BLOCKDEV_ON_ERROR_AUTO,
                             .on_write_error = BLOCKDEV_ON_ERROR_AUTO, .may_guess = is_pflash };
    DriveInfo *d = g_new0(DriveInfo, 1);

    d->implied = !block_options_peek(o, "if");
    if (!parse_interface(o, &d->type, errp) || !parse_media(o, d, errp) ||
        !parse_place(o, d, errp) || !make_id(o, d, errp) ||
        !parse_flags(o, &options, d->media_cd, errp) || !parse_format(o, &options, errp)) {
        free_drive(d);
        free_drive_options(&options);
        return NULL;
    }
    d->file = g_strdup(options.file);
    d->blk = open_image(g_steal_pointer(&mine), &options, d->id, errp);
    free_drive_options(&options);
    if (!d->blk) {
        free_drive(d);
        return NULL;
    }
    blk_set_on_error(d->blk, options.on_read_error, options.on_write_error);
    blk_set_legacy_dinfo(d->blk, d);
    append_drive(d);
    return d;
}

DriveInfo *drive_new_from_opts(const char *optstr, Error **errp)
{
    g_autoptr(BlockOptions) o = block_options_new();

    if (!block_options_parse(o, optstr, errp)) {
        return NULL;
    }
    return drive_from_options(g_steal_pointer(&o), false, errp);
}

DriveInfo *drive_new_pflash(const char *filename, Error **errp)
{
    BlockOptions *o = block_options_new();

    block_options_set(o, "if", "pflash");
    block_options_set(o, "file", filename);
    return drive_from_options(o, true, errp);
}

DriveInfo *drive_new_at(const char *filename, BlockInterfaceType type, int index,
                        const char *media, Error **errp)
{
    BlockOptions *o = block_options_new();
    g_autofree char *number = g_strdup_printf("%d", index);

    if (type != IF_DEFAULT) {
        block_options_set(o, "if", interfaces[type].name);
    }
    if (index >= 0) {
        block_options_set(o, "index", number);
    }
    if (media) {
        block_options_set(o, "media", media);
    }
    block_options_set(o, "file", filename);
    return drive_from_options(o, false, errp);
}

DriveInfo *drive_get(BlockInterfaceType type, int bus, int unit)
{
    DriveInfo *d = find_drive(type == IF_DEFAULT ? default_interface : type, bus, unit);

    if (d) {
        d->claimed = true;
    }
    return d;
}

DriveInfo *drive_get_by_index(BlockInterfaceType type, int index)
{
    BlockInterfaceType t = type == IF_DEFAULT ? default_interface : type;
    int units = interfaces[t].units_per_bus;

    return drive_get(t, units ? index / units : 0, units ? index % units : index);
}

DriveInfo *drive_unclaimed(void)
{
    for (DriveInfo *d = drives; d; d = d->next) {
        if (d->type != IF_NONE && !d->claimed && !blk_get_attached_dev(d->blk)) {
            return d;
        }
    }
    return NULL;
}

DriveInfo *drive_take_next(BlockInterfaceType type)
{
    for (DriveInfo *d = drives; d; d = d->next) {
        if (d->type == type && !d->claimed && !blk_get_attached_dev(d->blk)) {
            d->claimed = true;
            return d;
        }
    }
    return NULL;
}

const char *drive_if_name(BlockInterfaceType type)
{
    return type >= 0 && type < IF_COUNT ? interfaces[type].name : "default";
}

BlockBackend *blk_by_legacy_dinfo(DriveInfo *dinfo)
{
    return dinfo->blk;
}

void drive_set_snapshot(bool snapshot)
{
    snapshot_by_default = snapshot;
}

void drive_set_default_interface(BlockInterfaceType type)
{
    default_interface = type == IF_DEFAULT ? IF_IDE : type;
}

void drive_set_units_per_bus(BlockInterfaceType type, int units)
{
    interfaces[type == IF_DEFAULT ? default_interface : type].units_per_bus = units;
}

DriveInfo *drive_hot_add(const char *optstr, Error **errp)
{
    g_autoptr(BlockOptions) o = block_options_new();
    const char *type;

    if (!block_options_parse(o, optstr, errp)) {
        return NULL;
    }
    type = block_options_peek(o, "if");
    if (!type || !g_str_equal(type, "none")) {
        error_setg(errp, "Parameter 'if' expects 'none': the device comes with device_add");
        return NULL;
    }
    return drive_from_options(g_steal_pointer(&o), false, errp);
}

void drive_forget(DriveInfo *d)
{
    DriveInfo **at = &drives;

    while (*at != d) {
        at = &(*at)->next;
    }
    *at = d->next;
    blk_set_legacy_dinfo(d->blk, NULL);
    free_drive(d);
}

void drive_forget_all(void)
{
    while (drives) {
        DriveInfo *d = drives;

        drives = d->next;
        blk_set_legacy_dinfo(d->blk, NULL);
        blk_unref(d->blk);
        free_drive(d);
    }
}
