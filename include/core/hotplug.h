/*
 * Devices that come and go while the machine runs.
 *
 * Who looks after a device's place implements TYPE_HOTPLUG_HANDLER: the machine, as
 * mc->get_hotplug_handler says, or else the owner of the bus it sits on. It is told of devices that
 * were there from the start too. All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_HOTPLUG_H
#define CORE_HOTPLUG_H

#include "qom/object.h"

#define TYPE_HOTPLUG_HANDLER "hotplug-handler"

typedef struct HotplugHandler HotplugHandler;
typedef struct HotplugHandlerClass HotplugHandlerClass;
DECLARE_CLASS_CHECKERS(HotplugHandlerClass, HOTPLUG_HANDLER, TYPE_HOTPLUG_HANDLER)
#define HOTPLUG_HANDLER(obj) INTERFACE_CHECK(HotplugHandler, (obj), TYPE_HOTPLUG_HANDLER)

typedef void (*hotplug_fn)(HotplugHandler *handler, DeviceState *dev, Error **errp);

/* Each may be NULL. */
struct HotplugHandlerClass {
    InterfaceClass parent_class;

    /* Before dev is realized: whether there is a place for it, and which. May refuse. */
    hotplug_fn pre_plug;
    /* dev is realized: gives it its place. Must not fail where pre_plug didn't. */
    hotplug_fn plug;
    /* Asks the guest to let go of dev; unplug follows when it has. NULL: it isn't asked. */
    hotplug_fn unplug_request;
    /* Takes its place away and unrealizes it; the caller then takes dev out of the tree. */
    hotplug_fn unplug;
};

/* They call the class's function, if there is one. */
void hotplug_handler_pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp);
void hotplug_handler_plug(HotplugHandler *handler, DeviceState *dev, Error **errp);
void hotplug_handler_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp);
void hotplug_handler_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp);

#endif
