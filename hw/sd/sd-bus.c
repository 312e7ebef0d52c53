/*
 * SD: the bus between a host controller and its card.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/sd/sd.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/block-backend.h"

static SDDevice *card_of(SDBus *bus)
{
    GPtrArray *children = BUS(bus)->children;

    return children->len ? SD_DEVICE(g_ptr_array_index(children, 0)) : NULL;
}

void sd_bus_init(SDBus *bus, DeviceState *controller, SDCardChanged *changed, void *opaque)
{
    qbus_init(bus, sizeof(*bus), TYPE_SD_BUS, controller, NULL);
    bus->changed = changed;
    bus->opaque = opaque;
}

size_t sd_bus_command(SDBus *bus, unsigned index, uint32_t argument, uint8_t response[SD_RESPONSE_LONG])
{
    SDDevice *card = card_of(bus);

    return sd_bus_is_inserted(bus) ? SD_DEVICE_GET_CLASS(card)->command(card, index, argument, response) : 0;
}

bool sd_bus_read(SDBus *bus, uint8_t *data, size_t size)
{
    SDDevice *card = card_of(bus);

    return sd_bus_is_inserted(bus) && SD_DEVICE_GET_CLASS(card)->read(card, data, size);
}

bool sd_bus_write(SDBus *bus, const uint8_t *data, size_t size)
{
    SDDevice *card = card_of(bus);

    return sd_bus_is_inserted(bus) && SD_DEVICE_GET_CLASS(card)->write(card, data, size);
}

bool sd_bus_is_inserted(SDBus *bus)
{
    SDDevice *card = card_of(bus);

    return card && DEVICE(card)->realized && SD_DEVICE_GET_CLASS(card)->is_inserted(card);
}

bool sd_bus_is_writable(SDBus *bus)
{
    SDDevice *card = card_of(bus);

    return card && SD_DEVICE_GET_CLASS(card)->is_writable(card);
}

void sd_bus_card_changed(SDBus *bus)
{
    if (bus->changed) {
        bus->changed(bus->opaque, sd_bus_is_inserted(bus));
    }
}

bool sd_bus_take_drive(SDBus *bus, Error **errp)
{
    DriveInfo *drive = card_of(bus) ? NULL : drive_take_next(IF_SD);
    DeviceState *card;
    bool done;

    if (!drive) {
        return true;
    }
    card = qdev_new("sd-card");
    done = qdev_prop_set_drive_err(card, "drive", drive->blk, errp) && qdev_realize(card, BUS(bus), errp);
    object_unref(OBJECT(card));
    return done;
}

static void sd_bus_class_init(ObjectClass *oc, void *data)
{
    BUS_CLASS(oc)->max_dev = 1;
}

static void sd_device_class_init(ObjectClass *oc, void *data)
{
    DEVICE_CLASS(oc)->bus_type = TYPE_SD_BUS;
}

static const TypeInfo sd_bus_types[] = {
    {
        .name = TYPE_SD_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(SDBus),
        .class_init = sd_bus_class_init,
    },
    {
        .name = TYPE_SD_DEVICE,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(SDDevice),
        .class_size = sizeof(SDDeviceClass),
        .class_init = sd_device_class_init,
    },
};

DEFINE_TYPES(sd_bus_types)
