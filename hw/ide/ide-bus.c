/*
 * IDE channels as buses: which units sit on them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/boot-order.h"
#include "hw/qdev-properties.h"
#include "ide-internal.h"
#include "qapi/error.h"
#include "qemu/module.h"

IdeBus *ide_bus_new(DeviceState *parent, unsigned number, const IdeHost *host, void *opaque)
{
    IdeBus *bus = IDE_BUS(qbus_new(TYPE_IDE_BUS, parent, NULL));

    bus->number = number;
    bus->host = host;
    bus->opaque = opaque;
    return bus;
}

bool ide_bus_get_geometry(IdeBus *bus, unsigned unit, IdeGeometry *geometry)
{
    IdeUnit *u = bus->units[unit];

    if (!u || !IDE_UNIT_GET_CLASS(u)->get_geometry) {
        return false;
    }
    IDE_UNIT_GET_CLASS(u)->get_geometry(u, geometry);
    return true;
}

void ide_create_drive(IdeBus *bus, unsigned number, unsigned unit)
{
    DriveInfo *drive = drive_get(IF_IDE, number, unit);
    Error *err = NULL;
    DeviceState *dev;

    if (!drive || blk_get_attached_dev(drive->blk)) {
        return;
    }
    dev = qdev_new(drive->media_cd ? TYPE_IDE_CD : TYPE_IDE_HD);
    qdev_prop_set_uint32(dev, "unit", unit);
    if (!qdev_prop_set_drive_err(dev, "drive", drive->blk, &err) ||
        !qdev_realize_and_unref(dev, BUS(bus), &err)) {
        error_prepend(&err, "-drive if=ide,id=%s: ", blk_name(drive->blk));
        error_report_err(err);
        exit(1);
    }
}

static bool choose_place(IdeBus *bus, IdeUnit *u, Error **errp)
{
    bool serial = bus->host->serial;

    if (u->unit == IDE_UNIT_ANY) {
        u->unit = bus->units[0] && !serial ? 1 : 0;
    }
    if (u->unit >= (serial ? 1 : IDE_UNITS)) {
        error_setg(errp, serial ? "unit=%u: bus '%s' has unit 0 only"
                                : "unit=%u: bus '%s' has units 0 and 1", u->unit,
                   bus->parent_obj.name);
        return false;
    }
    if (bus->units[u->unit]) {
        error_setg(errp, "unit=%u of bus '%s' is in use", u->unit, bus->parent_obj.name);
        return false;
    }
    return true;
}

static void unit_realize(DeviceState *dev, Error **errp)
{
    IdeUnit *u = IDE_UNIT(dev);
    IdeUnitClass *class = IDE_UNIT_GET_CLASS(u);
    IdeBus *bus = ide_bus_of(u);
    uint32_t wanted = u->unit;
    ERRP_GUARD();

    if (choose_place(bus, u, errp) && check_boot_index(u->bootindex, errp)) {
        class->realize(u, errp);
    }
    if (*errp) {
        u->unit = wanted;
        return;
    }
    bus->units[u->unit] = u;
    add_boot_device_path(u->bootindex, dev, NULL);
    ide_put_signature(u);
    class->reset(u);
}

static void unit_unrealize(DeviceState *dev)
{
    IdeUnit *u = IDE_UNIT(dev);
    IdeUnitClass *class = IDE_UNIT_GET_CLASS(u);

    class->cancel(u);
    del_boot_device_path(dev);
    ide_bus_of(u)->units[u->unit] = NULL;
    class->unrealize(u);
}

/* --- types --- */

static char *ide_dev_path(DeviceState *dev)
{
    IdeUnit *u = IDE_UNIT(dev);
    g_autofree char *parent = dev->parent_bus->parent ? qdev_get_dev_path(dev->parent_bus->parent)
                                                      : NULL;

    return g_strdup_printf("%s%s%u.%u", parent ? parent : "", parent ? "/" : "",
                           ide_bus_of(u)->number, u->unit);
}

/* The names that firmware has for them. */
static char *ide_fw_dev_path(DeviceState *dev)
{
    IdeUnit *u = IDE_UNIT(dev);

    return g_strdup_printf("drive@%x/disk@%x", ide_bus_of(u)->number, u->unit);
}

static void ide_bus_class_init(ObjectClass *klass, void *data)
{
    BusClass *bc = BUS_CLASS(klass);

    bc->max_dev = IDE_UNITS;
    bc->get_dev_path = ide_dev_path;
    bc->get_fw_dev_path = ide_fw_dev_path;
}

static Property unit_properties[] = {
    DEFINE_PROP_UINT32("unit", IdeUnit, unit, IDE_UNIT_ANY),
    DEFINE_PROP_BOOTINDEX(IdeUnit, bootindex),
    DEFINE_PROP_STRING("serial", IdeUnit, serial),
    DEFINE_PROP_STRING("model", IdeUnit, model),
    DEFINE_PROP_STRING("ver", IdeUnit, version),
    DEFINE_PROP_UINT64("wwn", IdeUnit, wwn, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static void unit_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->bus_type = TYPE_IDE_BUS;
    dc->realize = unit_realize;
    dc->unrealize = unit_unrealize;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    device_class_set_props(dc, unit_properties);
}

static const TypeInfo ide_types[] = {
    {
        .name = TYPE_IDE_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(IdeBus),
        .class_init = ide_bus_class_init,
    },
    {
        .name = TYPE_IDE_UNIT,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(IdeUnit),
        .class_size = sizeof(IdeUnitClass),
        .class_init = unit_class_init,
    },
};

DEFINE_TYPES(ide_types)
