/*
 * Plugging devices in and out: who looks after it, and in which order things are done.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/hotplug.h"
#include "core/qdev-core.h"
#include "qapi/error.h"

bool qdev_hotplug;
HotplugHandler *(*qdev_machine_hotplug_hook)(DeviceState *dev);

/* --- the interface --- */

static void call(hotplug_fn fn, HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    if (fn) {
        fn(handler, dev, errp);
    }
}

void hotplug_handler_pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    call(HOTPLUG_HANDLER_GET_CLASS(handler)->pre_plug, handler, dev, errp);
}

void hotplug_handler_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    call(HOTPLUG_HANDLER_GET_CLASS(handler)->plug, handler, dev, errp);
}

void hotplug_handler_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    call(HOTPLUG_HANDLER_GET_CLASS(handler)->unplug_request, handler, dev, errp);
}

void hotplug_handler_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    call(HOTPLUG_HANDLER_GET_CLASS(handler)->unplug, handler, dev, errp);
}

static const TypeInfo hotplug_types[] = {
    {
        .name = TYPE_HOTPLUG_HANDLER,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(HotplugHandlerClass),
    },
};

DEFINE_TYPES(hotplug_types)

/* --- whose it is --- */

HotplugHandler *qdev_get_machine_hotplug_handler(DeviceState *dev)
{
    return qdev_machine_hotplug_hook ? qdev_machine_hotplug_hook(dev) : NULL;
}

HotplugHandler *qdev_get_bus_hotplug_handler(DeviceState *dev)
{
    return dev->parent_bus ? dev->parent_bus->hotplug_handler : NULL;
}

HotplugHandler *qdev_get_hotplug_handler(DeviceState *dev)
{
    HotplugHandler *handler = qdev_get_machine_hotplug_handler(dev);

    return handler ? handler : qdev_get_bus_hotplug_handler(dev);
}

void qbus_set_hotplug_handler(BusState *bus, Object *handler)
{
    bus->hotplug_handler = HOTPLUG_HANDLER(handler);
}

void qbus_set_bus_hotplug_handler(BusState *bus)
{
    qbus_set_hotplug_handler(bus, OBJECT(bus));
}

bool qbus_is_hotpluggable(BusState *bus)
{
    return bus->hotplug_handler != NULL;
}

/* --- out --- */

void qdev_simple_device_unplug_cb(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    qdev_unrealize(dev);
}

bool qdev_unplug(DeviceState *dev, Error **errp)
{
    ERRP_GUARD();
    HotplugHandler *handler = qdev_get_hotplug_handler(dev);

    if (dev->parent_bus && !qbus_is_hotpluggable(dev->parent_bus)) {
        error_setg(errp, "Bus '%s' does not support hotplugging", dev->parent_bus->name);
        return false;
    }
    if (!handler || !DEVICE_GET_CLASS(dev)->hotpluggable) {
        error_setg(errp, "Device '%s' does not support hotplugging",
                   object_get_typename(OBJECT(dev)));
        return false;
    }
    if (HOTPLUG_HANDLER_GET_CLASS(handler)->unplug_request) {
        hotplug_handler_unplug_request(handler, dev, errp);
    } else {
        hotplug_handler_unplug(handler, dev, errp);
        if (!*errp) {
            object_unparent(OBJECT(dev));
        }
    }
    return !*errp;
}
