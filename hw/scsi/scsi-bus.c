/*
 * SCSI buses: which units there are, at which numbers, and how they come and go.
 *
 * References: SAM-5 4.7 (logical unit numbers), SPC-3 6.21 (REPORT LUNS).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "hw/core/boot-order.h"
#include "hw/hotplug.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "scsi-internal.h"

#define LUN_FLAT 0x40 /* addressing method "flat space" in the first byte of a number */

/* --- numbers --- */

bool scsi_lun_decode(const uint8_t bytes[8], uint32_t *lun)
{
    uint8_t method = bytes[0] & 0xc0;

    *lun = (bytes[0] & 0x3f) << 8 | bytes[1];
    for (int i = 2; i < 8; i++) {
        if (bytes[i]) {
            return false;
        }
    }
    /* Peripheral addressing has a bus number where the flat method goes on. */
    return method == LUN_FLAT || (method == 0 && *lun < 256);
}

void scsi_lun_encode(uint8_t bytes[8], uint32_t lun)
{
    memset(bytes, 0, 8);
    bytes[0] = lun < 256 ? 0 : LUN_FLAT | lun >> 8;
    bytes[1] = lun;
}

ScsiUnit *scsi_bus_find(ScsiBus *bus, uint32_t target, uint32_t lun)
{
    for (guint i = 0; i < bus->units->len; i++) {
        ScsiUnit *unit = g_ptr_array_index(bus->units, i);

        if (unit->target == target && unit->lun == lun) {
            return unit;
        }
    }
    return NULL;
}

ScsiUnit *scsi_bus_find_target(ScsiBus *bus, uint32_t target)
{
    ScsiUnit *best = NULL;

    for (guint i = 0; i < bus->units->len; i++) {
        ScsiUnit *unit = g_ptr_array_index(bus->units, i);

        if (unit->target == target && (!best || unit->lun < best->lun)) {
            best = unit;
        }
    }
    return best;
}

/* --- units on the bus --- */

static bool is_taken(ScsiBus *bus, const ScsiUnit *except, uint32_t target, uint32_t lun)
{
    for (guint i = 0; i < bus->parent_obj.children->len; i++) {
        ScsiUnit *unit = SCSI_UNIT(g_ptr_array_index(bus->parent_obj.children, i));

        if (unit != except && unit->target == target && (lun == SCSI_ANY || unit->lun == lun)) {
            return true;
        }
    }
    return false;
}

/* The first free target; with scsi-id= alone LUN 0 or the next; with lun= alone a free target. */
static bool choose_address(ScsiBus *bus, ScsiUnit *unit, Error **errp)
{
    uint32_t max_target = bus->host->max_target, max_lun = bus->host->max_lun;

    if (unit->channel) {
        error_setg(errp, "channel=%u: bus '%s' has channel 0 only", unit->channel,
                   bus->parent_obj.name);
        return false;
    }
    if (unit->target != SCSI_ANY && unit->target > max_target) {
        error_setg(errp, "scsi-id=%u: bus '%s' has 0 to %u", unit->target, bus->parent_obj.name,
                   max_target);
        return false;
    }
    if (unit->lun != SCSI_ANY && unit->lun > max_lun) {
        error_setg(errp, "lun=%u: bus '%s' has 0 to %u", unit->lun, bus->parent_obj.name, max_lun);
        return false;
    }
    if (unit->target == SCSI_ANY) {
        uint32_t target = 0, lun = unit->lun == SCSI_ANY ? 0 : unit->lun;

        while (target <= max_target && is_taken(bus, unit, target, lun)) {
            target++;
        }
        if (target > max_target) {
            error_setg(errp, "bus '%s' has no free target", bus->parent_obj.name);
            return false;
        }
        unit->target = target;
        unit->lun = lun;
    } else if (unit->lun == SCSI_ANY) {
        uint32_t lun = 0;

        while (lun <= max_lun && is_taken(bus, unit, unit->target, lun)) {
            lun++;
        }
        if (lun > max_lun) {
            error_setg(errp, "scsi-id=%u of bus '%s' has no free lun", unit->target,
                       bus->parent_obj.name);
            return false;
        }
        unit->lun = lun;
    } else if (is_taken(bus, unit, unit->target, unit->lun)) {
        error_setg(errp, "scsi-id=%u,lun=%u of bus '%s' is in use", unit->target, unit->lun,
                   bus->parent_obj.name);
        return false;
    }
    return true;
}

void scsi_unit_changed(ScsiUnit *unit, ScsiChange what)
{
    ScsiBus *bus = SCSI_BUS(DEVICE(unit)->parent_bus);
    WORK_CONTEXT_GUARD(bus->context);

    if (bus->host->changed) {
        bus->host->changed(bus, unit, what);
    }
}

/* The others of the target have a longer list to report now, or a shorter one. */
static void luns_changed(ScsiBus *bus, ScsiUnit *unit)
{
    for (guint i = 0; i < bus->units->len; i++) {
        ScsiUnit *other = g_ptr_array_index(bus->units, i);

        if (other != unit && other->target == unit->target) {
            scsi_set_attention(other, SCSI_ATTENTION_LUNS);
        }
    }
}

static void unit_realize(DeviceState *dev, Error **errp)
{
    ScsiUnit *unit = SCSI_UNIT(dev);
    ScsiBus *bus = SCSI_BUS(dev->parent_bus);
    uint32_t target = unit->target, lun = unit->lun;
    ERRP_GUARD();

    if (!check_boot_index(unit->bootindex, errp) || !choose_address(bus, unit, errp)) {
        return;
    }
    SCSI_UNIT_GET_CLASS(unit)->realize(unit, errp);
    if (*errp) {
        unit->target = target;
        unit->lun = lun;
        return;
    }
    add_boot_device_path(unit->bootindex, dev, NULL);
    blk_set_context(unit->blk, bus->context);
    WORK_CONTEXT_GUARD(bus->context);
    g_ptr_array_add(bus->units, unit);
    if (dev->hotplugged) {
        scsi_set_attention(unit, SCSI_ATTENTION_RESET);
        luns_changed(bus, unit);
    }
}

static void unit_unrealize(DeviceState *dev)
{
    ScsiUnit *unit = SCSI_UNIT(dev);
    ScsiBus *bus = SCSI_BUS(dev->parent_bus);

    del_boot_device_path(dev);
    work_context_lock(bus->context);
    scsi_unit_cancel_all(unit);
    g_ptr_array_remove(bus->units, unit);
    luns_changed(bus, unit);
    work_context_unlock(bus->context);
    blk_set_context(unit->blk, NULL);
    SCSI_UNIT_GET_CLASS(unit)->unrealize(unit);
}

void scsi_unit_reset(ScsiUnit *unit)
{
    WORK_CONTEXT_GUARD(scsi_context(unit));

    scsi_unit_cancel_all(unit);
    scsi_set_attention(unit, SCSI_ATTENTION_RESET);
    if (SCSI_UNIT_GET_CLASS(unit)->reset) {
        SCSI_UNIT_GET_CLASS(unit)->reset(unit);
    }
}

static void unit_device_reset(DeviceState *dev)
{
    scsi_unit_reset(SCSI_UNIT(dev));
}

/* --- adapters --- */

ScsiBus *scsi_bus_new(DeviceState *parent, const char *name, const ScsiHost *host)
{
    ScsiBus *bus = SCSI_BUS(qbus_new(TYPE_SCSI_BUS, parent, name));

    bus->host = host;
    qbus_set_bus_hotplug_handler(BUS(bus));
    return bus;
}

void scsi_bus_reset(ScsiBus *bus)
{
    for (guint i = 0; i < bus->units->len; i++) {
        scsi_unit_reset(g_ptr_array_index(bus->units, i));
    }
}

void scsi_bus_reset_target(ScsiBus *bus, uint32_t target)
{
    for (guint i = 0; i < bus->units->len; i++) {
        ScsiUnit *unit = g_ptr_array_index(bus->units, i);

        if (unit->target == target) {
            scsi_unit_reset(unit);
        }
    }
}

void scsi_bus_set_context(ScsiBus *bus, WorkContext *context)
{
    for (guint i = 0; i < bus->units->len; i++) {
        blk_set_context(((ScsiUnit *)g_ptr_array_index(bus->units, i))->blk, context);
    }
    if (bus->context) {
        WORK_CONTEXT_GUARD(bus->context);
        work_context_cancel(bus->context, &bus->work);
    }
    bus->context = context;
}

ScsiUnit *scsi_bus_add_drive(ScsiBus *bus, BlockBackend *blk, uint32_t target, uint32_t lun,
                             bool removable, const char *serial, Error **errp)
{
    DriveInfo *drive = blk_legacy_dinfo(blk);
    bool is_cd = drive && drive->media_cd;
    DeviceState *dev = qdev_new(is_cd ? TYPE_SCSI_CD : TYPE_SCSI_HD);

    qdev_prop_set_uint32(dev, "scsi-id", target);
    qdev_prop_set_uint32(dev, "lun", lun);
    if (serial) {
        qdev_prop_set_string(dev, "serial", serial);
    }
    if (!is_cd) {
        qdev_prop_set_bit(dev, "removable", removable);
    }
    if (qdev_prop_set_drive_err(dev, "drive", blk, errp) && qdev_realize(dev, BUS(bus), errp)) {
        object_unref(OBJECT(dev));
        return SCSI_UNIT(dev);
    }
    object_unparent(OBJECT(dev));
    object_unref(OBJECT(dev));
    return NULL;
}

static int find_scsi_bus(BusState *bus, void *opaque)
{
    BusState **found = opaque;

    /* The bus of a USB stick or the like is full from the start. */
    if (object_dynamic_cast(OBJECT(bus), TYPE_SCSI_BUS) && SCSI_BUS(bus)->host->max_target > 0) {
        *found = bus;
        return -1;
    }
    return 0;
}

bool scsi_plug_drives(Error **errp)
{
    BusState *bus = NULL;
    DriveInfo *d;

    qbus_walk_children(sysbus_get_default(), NULL, find_scsi_bus, NULL, NULL, &bus);
    while (bus && (d = drive_take_next(IF_SCSI))) {
        uint32_t target = scsi_bus_find_target(SCSI_BUS(bus), d->unit) ? SCSI_ANY : d->unit;

        if (!scsi_bus_add_drive(SCSI_BUS(bus), d->blk, target, SCSI_ANY, false, NULL, errp)) {
            error_prepend(errp, "-drive if=scsi,id=%s: ", blk_name(d->blk));
            return false;
        }
    }
    return true;
}

/* --- types --- */

static char *scsi_dev_path(DeviceState *dev)
{
    ScsiUnit *unit = SCSI_UNIT(dev);
    g_autofree char *parent = dev->parent_bus->parent ? qdev_get_dev_path(dev->parent_bus->parent)
                                                      : NULL;

    return g_strdup_printf("%s%s%u:%u:%u", parent ? parent : "", parent ? "/" : "", unit->channel,
                           unit->target, unit->lun);
}

static char *scsi_fw_dev_path(DeviceState *dev)
{
    ScsiUnit *unit = SCSI_UNIT(dev);

    return g_strdup_printf("channel@%x/%s@%x,%x", unit->channel, qdev_fw_name(dev), unit->target,
                           unit->lun);
}

static void scsi_bus_instance_init(Object *obj)
{
    ScsiBus *bus = SCSI_BUS(obj);

    QTAILQ_INIT(&bus->ready);
    bus->units = g_ptr_array_new();
    bus->work = (Work){ .run = scsi_tell_all, .opaque = bus };
    bus->bh = qemu_bh_new(scsi_tell_all, bus);
}

static void scsi_bus_instance_finalize(Object *obj)
{
    g_ptr_array_unref(SCSI_BUS(obj)->units);
    qemu_bh_delete(SCSI_BUS(obj)->bh);
}

static void scsi_bus_class_init(ObjectClass *klass, void *data)
{
    BUS_CLASS(klass)->get_dev_path = scsi_dev_path;
    BUS_CLASS(klass)->get_fw_dev_path = scsi_fw_dev_path;
}

static void unit_instance_init(Object *obj)
{
    QTAILQ_INIT(&SCSI_UNIT(obj)->requests);
}

/* The adapter hears of a unit when that has its place, and before it has none any more. */
static void unit_plugged(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    scsi_unit_changed(SCSI_UNIT(dev), SCSI_UNIT_ADDED);
}

static void unit_unplugged(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    scsi_unit_changed(SCSI_UNIT(dev), SCSI_UNIT_REMOVED);
    qdev_simple_device_unplug_cb(handler, dev, errp);
}

static void scsi_hotplug_class_init(ObjectClass *klass, void *data)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    scsi_bus_class_init(klass, data);
    hc->plug = unit_plugged;
    hc->unplug = unit_unplugged;
}

static Property unit_properties[] = {
    DEFINE_PROP_DRIVE("drive", ScsiUnit, blk),
    DEFINE_PROP_UINT32("channel", ScsiUnit, channel, 0),
    DEFINE_PROP_UINT32("scsi-id", ScsiUnit, target, SCSI_ANY),
    DEFINE_PROP_UINT32("lun", ScsiUnit, lun, SCSI_ANY),
    DEFINE_PROP_BOOTINDEX(ScsiUnit, bootindex),
    DEFINE_PROP_STRING("vendor", ScsiUnit, vendor),
    DEFINE_PROP_STRING("product", ScsiUnit, product),
    DEFINE_PROP_STRING("ver", ScsiUnit, version),
    DEFINE_PROP_STRING("serial", ScsiUnit, serial),
    DEFINE_PROP_STRING("device_id", ScsiUnit, device_id),
    DEFINE_PROP_UINT64("wwn", ScsiUnit, wwn, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static void unit_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->bus_type = TYPE_SCSI_BUS;
    dc->realize = unit_realize;
    dc->unrealize = unit_unrealize;
    dc->hotpluggable = true;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    device_class_set_legacy_reset(dc, unit_device_reset);
    device_class_set_props(dc, unit_properties);
}

static const TypeInfo scsi_types[] = {
    {
        .name = TYPE_SCSI_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(ScsiBus),
        .instance_init = scsi_bus_instance_init,
        .instance_finalize = scsi_bus_instance_finalize,
        .class_init = scsi_hotplug_class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_HOTPLUG_HANDLER }, {} },
    },
    {
        .name = TYPE_SCSI_UNIT,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(ScsiUnit),
        .instance_init = unit_instance_init,
        .class_size = sizeof(ScsiUnitClass),
        .class_init = unit_class_init,
    },
};

DEFINE_TYPES(scsi_types)
