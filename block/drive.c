/*
 * -drive and -pflash: from the option's text to an open image and the place it goes to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "block-int.h"
#include "qapi/error.h"
#include "qemu/option.h"
#include "system/block-backend.h"

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

static QemuOptsList drive_opts = {
    .name = "drive",
    .head = QTAILQ_HEAD_INITIALIZER(drive_opts.head),
    .desc = {
        { "file", QEMU_OPT_STRING, "image file" },
        { "if", QEMU_OPT_STRING, "interface (none, pflash, ide, scsi, sd, mtd, floppy, virtio)" },
        { "bus", QEMU_OPT_NUMBER, "bus number" },
        { "unit", QEMU_OPT_NUMBER, "unit number" },
        { "index", QEMU_OPT_NUMBER, "number of the drive, instead of bus and unit" },
        { "format", QEMU_OPT_STRING, "image format (raw)" },
        { "media", QEMU_OPT_STRING, "disk or cdrom" },
        { "readonly", QEMU_OPT_BOOL, "the guest can't write" },
        { "read-only", QEMU_OPT_BOOL, "same as readonly" },
        { "cache", QEMU_OPT_STRING, "writeback, none, writethrough, directsync or unsafe" },
        { "aio", QEMU_OPT_STRING, "only threads" },
        { "discard", QEMU_OPT_STRING, "ignore or unmap; no device here discards" },
        { "snapshot", QEMU_OPT_BOOL, "only off" },
        { },
    },
};

/* --- the parts of an option --- */

static bool parse_interface(QemuOpts *opts, BlockInterfaceType *type, Error **errp)
{
    const char *name = qemu_opt_get(opts, "if");

    *type = default_interface;
    for (int i = 0; name && i < IF_COUNT; i++) {
        if (!strcmp(name, interfaces[i].name)) {
            *type = i;
            return true;
        }
    }
    if (name) {
        error_setg(errp, "unsupported bus type '%s'", name);
        return false;
    }
    return true;
}

/* One of the words in @allowed (NULL at the end), or not given at all. */
static bool check_word(QemuOpts *opts, const char *name, const char *const *allowed, Error **errp)
{
    const char *value = qemu_opt_get(opts, name);

    if (!value || g_strv_contains(allowed, value)) {
        return true;
    }
    g_autofree char *list = g_strjoinv(", ", (char **)allowed);

    error_setg(errp, "Parameter '%s' expects one of: %s", name, list);
    return false;
}

static bool check_words(QemuOpts *opts, Error **errp)
{
    static const char *const media[] = { "disk", "cdrom", NULL };
    static const char *const cache[] = { "writeback", "none", "writethrough", "directsync",
                                         "unsafe", NULL };
    static const char *const aio[] = { "threads", NULL };
    static const char *const discard[] = { "ignore", "off", "unmap", "on", NULL };

    if (qemu_opt_get_bool(opts, "snapshot", false)) {
        error_setg(errp, "Parameter 'snapshot' expects 'off': "
                   "temporary snapshots are not supported");
        return false;
    }
    return check_word(opts, "media", media, errp) && check_word(opts, "cache", cache, errp) &&
           check_word(opts, "aio", aio, errp) && check_word(opts, "discard", discard, errp);
}

static bool get_number(QemuOpts *opts, const char *name, int *value, Error **errp)
{
    uint64_t number = qemu_opt_get_number(opts, name, 0);

    if (number > INT16_MAX) {
        error_setg(errp, "Parameter '%s' expects a number from 0 to %d", name, INT16_MAX);
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

static bool parse_place(QemuOpts *opts, DriveInfo *d, Error **errp)
{
    int units = interfaces[d->type].units_per_bus;
    bool has_index = qemu_opt_get(opts, "index");
    int index;

    if (has_index && (qemu_opt_get(opts, "bus") || qemu_opt_get(opts, "unit"))) {
        error_setg(errp, "index cannot be used with bus and unit");
        return false;
    }
    if (!get_number(opts, "bus", &d->bus, errp) || !get_number(opts, "unit", &d->unit, errp) ||
        !get_number(opts, "index", &index, errp)) {
        return false;
    }
    if (has_index) {
        d->bus = units ? index / units : 0;
        d->unit = units ? index % units : index;
    } else if (!qemu_opt_get(opts, "unit")) {
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

static char *make_id(QemuOpts *opts, const DriveInfo *d)
{
    const char *media = qemu_opt_get(opts, "media");
    bool cdrom = media && !strcmp(media, "cdrom");

    if (qemu_opts_id(opts)) {
        return g_strdup(qemu_opts_id(opts));
    }
    if (interfaces[d->type].units_per_bus) {
        return g_strdup_printf("%s%d%s%d", interfaces[d->type].name, d->bus, cdrom ? "-cd" : "-hd",
                               d->unit);
    }
    return g_strdup_printf("%s%s%d", interfaces[d->type].name, cdrom ? "-cd" : "", d->unit);
}

static BlockBackend *open_image(QemuOpts *opts, const char *id, bool is_pflash, Error **errp)
{
    const char *cache = qemu_opt_get(opts, "cache");
    const char *media = qemu_opt_get(opts, "media");
    BlockOpenOptions open = {
        .filename = qemu_opt_get(opts, "file"),
        .format = qemu_opt_get(opts, "format"),
        .flags.read_only = qemu_opt_get_bool(opts, "readonly", false) ||
                           qemu_opt_get_bool(opts, "read-only", false) ||
                           (media && !strcmp(media, "cdrom")),
        .flags.write_through = cache && (!strcmp(cache, "writethrough") ||
                                         !strcmp(cache, "directsync")),
        .no_flush = cache && !strcmp(cache, "unsafe"),
        .may_guess = is_pflash,
    };

    if (!open.filename) {
        return blk_new(id); /* a drive without a medium */
    }
    if (!*open.filename) {
        error_setg(errp, "A block device must be specified for \"file\"");
        return NULL;
    }
    return blk_open_with(id, &open, errp);
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

/* is_pflash: from -pflash. */
static DriveInfo *drive_from_opts(QemuOpts *opts, bool is_pflash, Error **errp)
{
    DriveInfo *d = g_new0(DriveInfo, 1);

    if (!parse_interface(opts, &d->type, errp) || !check_words(opts, errp) ||
        !parse_place(opts, d, errp)) {
        free_drive(d);
        return NULL;
    }
    d->implied = !qemu_opt_get(opts, "if");
    d->id = make_id(opts, d);
    d->file = g_strdup(qemu_opt_get(opts, "file"));
    if (blk_by_name(d->id)) {
        error_setg(errp, "Duplicate ID '%s' for drive", d->id);
    } else {
        d->blk = open_image(opts, d->id, is_pflash, errp);
    }
    if (!d->blk) {
        free_drive(d);
        return NULL;
    }
    blk_set_legacy_dinfo(d->blk, d);
    append_drive(d);
    return d;
}

DriveInfo *drive_new_from_opts(const char *optstr, Error **errp)
{
    QemuOpts *opts = qemu_opts_parse(&drive_opts, optstr, false, errp);
    DriveInfo *d;

    if (!opts) {
        return NULL;
    }
    d = drive_from_opts(opts, false, errp);
    qemu_opts_del(opts); /* the drive holds all that is needed */
    return d;
}

DriveInfo *drive_new_pflash(const char *filename, Error **errp)
{
    QemuOpts *opts = qemu_opts_create(&drive_opts, NULL, false, errp);
    DriveInfo *d = NULL;

    if (qemu_opt_set(opts, "if", "pflash", errp) && qemu_opt_set(opts, "file", filename, errp)) {
        d = drive_from_opts(opts, true, errp);
    }
    qemu_opts_del(opts);
    return d;
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

void drive_set_default_interface(BlockInterfaceType type)
{
    default_interface = type == IF_DEFAULT ? IF_IDE : type;
}

void drive_set_units_per_bus(BlockInterfaceType type, int units)
{
    interfaces[type == IF_DEFAULT ? default_interface : type].units_per_bus = units;
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
