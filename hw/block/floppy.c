/*
 * Floppy disk drives, their media and the bus to a controller.
 *
 * What a medium looks like follows from the length of its image.
 *
 * Reference: ECMA-70 (360 KiB), -99 (1.2 MB), -100 (720 KiB), -125 (1.44 MB), -147 (2.88 MB).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "floppy.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define ANY_UNIT       UINT32_MAX
#define SPARE_TRACKS   3 /* that a drive can step to behind the medium's last */

/* ---- media ---- */

typedef struct Format {
    FloppyDriveType drive; /* the least one that takes it */
    uint8_t tracks, heads, sectors;
} Format;

/* The first of each drive type is what it is made for. The others use more tracks or sectors. */
static const Format formats[] = {
    { FLOPPY_DRIVE_TYPE_144, 80, 2, 18 }, { FLOPPY_DRIVE_TYPE_144, 80, 2, 20 },
    { FLOPPY_DRIVE_TYPE_144, 80, 2, 21 }, { FLOPPY_DRIVE_TYPE_144, 82, 2, 21 },
    { FLOPPY_DRIVE_TYPE_144, 83, 2, 21 }, { FLOPPY_DRIVE_TYPE_144, 80, 2, 9 },
    { FLOPPY_DRIVE_TYPE_288, 80, 2, 36 }, { FLOPPY_DRIVE_TYPE_288, 80, 2, 39 },
    { FLOPPY_DRIVE_TYPE_120, 80, 2, 15 }, { FLOPPY_DRIVE_TYPE_120, 80, 2, 18 },
    { FLOPPY_DRIVE_TYPE_120, 40, 2, 9 },  { FLOPPY_DRIVE_TYPE_120, 40, 2, 8 },
    { FLOPPY_DRIVE_TYPE_120, 40, 1, 9 },  { FLOPPY_DRIVE_TYPE_120, 40, 1, 8 },
};

/* A drive of 2.88 MB takes what one of 1.44 MB does. */
static bool takes(FloppyDriveType drive, FloppyDriveType needed)
{
    return drive == FLOPPY_DRIVE_TYPE_AUTO || drive == needed ||
           (drive == FLOPPY_DRIVE_TYPE_288 && needed == FLOPPY_DRIVE_TYPE_144);
}

static const Format *format_for(FloppyDriveType drive, int64_t length)
{
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        const Format *f = &formats[i];

        if (takes(drive, f->drive) &&
            (int64_t)f->tracks * f->heads * f->sectors * FLOPPY_SECTOR == length) {
            return f;
        }
    }
    return NULL;
}

static const Format *format_made_for(FloppyDriveType drive)
{
    const Format *f = formats;

    while (f->drive != drive) {
        f++;
    }
    return f;
}

/*
 * An image of another length is a medium that the drive is made for. A drive "auto" becomes what
 * its first medium needs, and without one of a known length what the controller falls back to.
 */
static void take_medium(FloppyDrive *d, FloppyDriveType fallback)
{
    int64_t length = d->blk && blk_is_inserted(d->blk) ? blk_getlength(d->blk) : -1;
    const Format *f = length > 0 ? format_for(d->type, length) : NULL;

    if (d->type == FLOPPY_DRIVE_TYPE_AUTO) {
        d->type = f ? f->drive : fallback;
    }
    if (length <= 0 || d->type == FLOPPY_DRIVE_TYPE_NONE) {
        d->tracks = d->heads = d->sectors = 0;
        return;
    }
    f = f ? f : format_made_for(d->type);
    d->tracks = f->tracks;
    d->heads = f->heads;
    d->sectors = f->sectors;
}

static void medium_changed(void *opaque, bool load, Error **errp)
{
    FloppyDrive *d = opaque;

    d->changed = true;
    take_medium(d, d->type);
}

static const BlockDevOps floppy_block_ops = {
    .change_media_cb = medium_changed,
};

/* ---- for the controller ---- */

void floppy_step_to(FloppyDrive *d, unsigned cylinder)
{
    unsigned last = (d->tracks ? d->tracks : 80) - 1 + SPARE_TRACKS;

    d->cylinder = MIN(cylinder, last);
    if (floppy_has_medium(d)) {
        d->changed = false;
    }
}

bool floppy_has_medium(const FloppyDrive *d)
{
    return d->sectors;
}

bool floppy_is_writable(const FloppyDrive *d)
{
    return d->blk && blk_is_writable(d->blk);
}

static bool find_sector(const FloppyDrive *d, unsigned head, unsigned sector, int64_t *offset)
{
    if (d->cylinder >= d->tracks || head >= d->heads || sector < 1 || sector > d->sectors) {
        return false;
    }
    *offset = ((int64_t)(d->cylinder * d->heads + head) * d->sectors + sector - 1) * FLOPPY_SECTOR;
    return true;
}

bool floppy_read(FloppyDrive *d, unsigned head, unsigned sector, uint8_t *data)
{
    int64_t offset, there;

    if (!find_sector(d, head, sector, &offset)) {
        return false;
    }
    there = CLAMP(blk_getlength(d->blk) - offset, 0, FLOPPY_SECTOR);
    memset(data + there, 0, FLOPPY_SECTOR - there);
    return !there || blk_pread(d->blk, offset, there, data) >= 0;
}

bool floppy_write(FloppyDrive *d, unsigned head, unsigned sector, const uint8_t *data)
{
    int64_t offset;

    return find_sector(d, head, sector, &offset) &&
           blk_pwrite(d->blk, offset, FLOPPY_SECTOR, data) >= 0;
}

/* ---- properties ---- */

static const char *const type_names[] = { "144", "288", "120", "none", "auto" };
static const QEnumLookup types = { type_names, ARRAY_SIZE(type_names) };

const PropertyInfo qdev_prop_fdc_drive_type = {
    "FdcDriveType", "FDC drive type, 144/288/120/none/auto", PROPERTY_ENUM,
    .size = sizeof(FloppyDriveType), .enum_table = &types,
};

/* ---- the device ---- */

static FloppyDriveType fallback_of(FloppyBus *bus)
{
    int type = object_property_get_enum(OBJECT(BUS(bus)->parent), "fallback", "FdcDriveType", NULL);

    return type < 0 || type == FLOPPY_DRIVE_TYPE_AUTO ? FLOPPY_DRIVE_TYPE_288 : type;
}

static bool choose_unit(FloppyDrive *d, FloppyBus *bus, Error **errp)
{
    for (unsigned i = 0; d->unit == ANY_UNIT && i < MAX_FD; i++) {
        d->unit = bus->drive[i] ? ANY_UNIT : i;
    }
    if (d->unit == ANY_UNIT) {
        error_setg(errp, TYPE_FLOPPY ": bus '%s' has %d drives already", BUS(bus)->name, MAX_FD);
        return false;
    }
    if (d->unit >= MAX_FD) {
        error_setg(errp, TYPE_FLOPPY ": 'unit' is %u, expected 0 to %d", d->unit, MAX_FD - 1);
        return false;
    }
    if (bus->drive[d->unit]) {
        error_setg(errp, TYPE_FLOPPY ": unit %u of bus '%s' is another drive's", d->unit,
                   BUS(bus)->name);
        return false;
    }
    return true;
}

static void floppy_realize(DeviceState *dev, Error **errp)
{
    FloppyDrive *d = FLOPPY(dev);
    FloppyBus *bus = FLOPPY_BUS(qdev_get_parent_bus(dev));

    if (!choose_unit(d, bus, errp)) {
        return;
    }
    take_medium(d, fallback_of(bus));
    d->changed = true;
    if (d->blk) {
        blk_set_dev_ops(d->blk, &floppy_block_ops, d);
    }
    bus->drive[d->unit] = d;
}

static void floppy_unrealize(DeviceState *dev)
{
    FloppyDrive *d = FLOPPY(dev);

    FLOPPY_BUS(qdev_get_parent_bus(dev))->drive[d->unit] = NULL;
    if (d->blk) {
        blk_set_dev_ops(d->blk, NULL, NULL);
    }
}

static const VMStateDescription vmstate_floppy = {
    .name = "fdrive",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(cylinder, FloppyDrive),
        VMSTATE_BOOL(changed, FloppyDrive),
        VMSTATE_END_OF_LIST()
    },
};

static Property floppy_properties[] = {
    DEFINE_PROP_UINT32("unit", FloppyDrive, unit, ANY_UNIT),
    DEFINE_PROP_DRIVE("drive", FloppyDrive, blk),
    DEFINE_PROP_FDC_DRIVE_TYPE("drive-type", FloppyDrive, type, FLOPPY_DRIVE_TYPE_AUTO),
    DEFINE_PROP_END_OF_LIST(),
};

static void floppy_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "floppy disk drive",
        .bus_type = TYPE_FLOPPY_BUS,
        .realize = floppy_realize,
        .unrealize = floppy_unrealize,
        .state = &vmstate_floppy,
        .properties = floppy_properties,
    };

    device_class_init_traits(oc, (void *)&traits);
    set_bit(DEVICE_CATEGORY_STORAGE, DEVICE_CLASS(oc)->categories);
}

static char *drive_node_name(DeviceState *dev)
{
    return g_strdup_printf("floppy@%u", FLOPPY(dev)->unit);
}

static void floppy_bus_class_init(ObjectClass *oc, void *data)
{
    BUS_CLASS(oc)->max_dev = MAX_FD;
    BUS_CLASS(oc)->get_fw_dev_path = drive_node_name;
}

static const TypeInfo floppy_types[] = {
    {
        .name = TYPE_FLOPPY_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(FloppyBus),
        .class_init = floppy_bus_class_init,
    },
    {
        .name = TYPE_FLOPPY,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(FloppyDrive),
        .class_init = floppy_class_init,
    },
};

DEFINE_TYPES(floppy_types)
