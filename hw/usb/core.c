/*
 * USB buses, ports and devices: who is plugged in where, and transfers on their way.
 *
 * Reference: Universal Serial Bus Specification 2.0, chapters 4, 5 and 9.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "usb-internal.h"

static QTAILQ_HEAD(, USBBus) buses = QTAILQ_HEAD_INITIALIZER(buses);

static const struct {
    const char *name;
    const char *rate; /* in `info usb` */
} speeds[USB_NUM_SPEEDS] = {
    [USB_LOW] = { "low", "1.5" },
    [USB_FULL] = { "full", "12" },
    [USB_HIGH] = { "high", "480" },
    [USB_SUPER] = { "super", "5000" },
};

/* --- transfers --- */

static bool is_reachable(const USBPort *port)
{
    for (; port; port = port->hub ? port->hub->port : NULL) {
        if (!port->enabled || !usb_port_connected(port) || port->dev->suspended) {
            return false;
        }
    }
    return true;
}

USBStatus usb_submit(USBDevice *dev, USBTransfer *t)
{
    uint8_t address = t->endpoint | (t->pid == USB_PID_IN ? USB_DIR_IN : 0);

    t->dev = dev;
    t->moved = 0;
    t->status = USB_NO_ANSWER;
    if (!dev || !dev->port || !is_reachable(dev->port)) {
        return t->status;
    }
    if (!t->endpoint) {
        t->status = usb_control_transfer(dev, t);
    } else if (t->pid != USB_PID_SETUP && usb_endpoint(dev, address)) {
        t->status = dev->halted & usb_halt_bit(address)
                        ? USB_STALL : USB_DEVICE_GET_CLASS(dev)->transfer(dev, t);
        if (t->status == USB_STALL) {
            usb_halt(dev, address);
        }
    }
    if (t->status == USB_PENDING) {
        QTAILQ_INSERT_TAIL(&dev->pending, t, link);
    }
    return t->status;
}

USBStatus usb_isochronous(USBDevice *dev, USBPid pid, uint8_t endpoint, void *data, size_t size,
                          size_t *moved)
{
    uint8_t address = endpoint | (pid == USB_PID_IN ? USB_DIR_IN : 0);
    const USBEndpoint *tables = dev && endpoint ? usb_endpoint(dev, address) : NULL;
    USBTransfer t = { .pid = pid, .endpoint = endpoint, .dev = dev, .status = USB_NO_ANSWER };

    qemu_iovec_init_buf(&t.data, data, size);
    if (tables && tables->type == USB_ISOCHRONOUS && pid != USB_PID_SETUP && dev->port &&
        is_reachable(dev->port)) {
        t.status = USB_DEVICE_GET_CLASS(dev)->transfer(dev, &t);
        assert(t.status != USB_PENDING && "isochronous endpoints have an answer at once");
    }
    if (pid != USB_PID_IN) {
        *moved = size;
        return USB_DONE;
    }
    *moved = t.moved;
    switch (t.status) {
    case USB_DONE:
    case USB_NAK:
        return USB_DONE;
    case USB_BABBLE:
        return USB_BABBLE;
    default:
        return USB_NO_ANSWER; /* there is no STALL either */
    }
}

static void take_back(USBTransfer *t)
{
    USBDeviceClass *dc = USB_DEVICE_GET_CLASS(t->dev);

    QTAILQ_REMOVE(&t->dev->pending, t, link);
    t->status = USB_NO_ANSWER;
    if (dc->cancel) {
        dc->cancel(t->dev, t);
    }
}

void usb_cancel(USBTransfer *t)
{
    if (usb_is_pending(t)) {
        take_back(t);
    }
}

void usb_end_pending(USBDevice *dev)
{
    USBTransfer *t;

    while ((t = QTAILQ_FIRST(&dev->pending))) {
        take_back(t);
        t->complete(t);
    }
}

void usb_complete(USBTransfer *t, USBStatus status)
{
    assert(usb_is_pending(t) && status != USB_PENDING && "a transfer ends once");
    QTAILQ_REMOVE(&t->dev->pending, t, link);
    t->status = status;
    if (status == USB_STALL) {
        usb_halt(t->dev, t->endpoint | (t->pid == USB_PID_IN ? USB_DIR_IN : 0));
    }
    t->complete(t);
}

size_t usb_give(USBTransfer *t, const void *data, size_t size)
{
    size_t given = qemu_iovec_from_buf(&t->data, t->moved, data, MIN(size, usb_room(t)));

    t->moved += given;
    return given;
}

size_t usb_take(USBTransfer *t, void *data, size_t size)
{
    size_t taken = qemu_iovec_to_buf(&t->data, t->moved, data, MIN(size, usb_room(t)));

    t->moved += taken;
    return taken;
}

void usb_halt(USBDevice *dev, uint8_t address)
{
    dev->halted |= usb_halt_bit(address);
}

void usb_endpoint_ready(USBDevice *dev, uint8_t address)
{
    USBPort *port = dev->port;

    if (!port || !usb_is_attached(dev)) {
        return;
    }
    if (dev->suspended) {
        if (dev->remote_wakeup && port->ops->resumed) {
            port->ops->resumed(port);
        }
    } else if (usb_root_port(port)->ops->endpoint_ready) {
        usb_root_port(port)->ops->endpoint_ready(usb_root_port(port), dev, address);
    }
}

/* --- ports --- */

bool usb_port_connected(const USBPort *port)
{
    return port->dev && usb_is_attached(port->dev);
}

/* `device_add` without bus= looks for a bus where there is room. */
static void note_room(USBBus *bus)
{
    USBPort *port;

    bus->parent_obj.full = true;
    QTAILQ_FOREACH(port, &bus->ports, link) {
        bus->parent_obj.full &= port->dev != NULL;
    }
}

void usb_port_add(USBBus *bus, USBPort *port, USBDevice *hub, unsigned number, uint8_t port_speeds,
                  const USBPortOps *ops, void *owner, unsigned index)
{
    *port = (USBPort) {
        .bus = bus, .ops = ops, .owner = owner, .index = index, .speeds = port_speeds,
        .takes = port_speeds, .hub = hub,
        .depth = hub ? hub->port->depth + 1 : 0,
    };
    if (hub) {
        snprintf(port->path, sizeof(port->path), "%.24s.%u", hub->port->path, number);
    } else {
        snprintf(port->path, sizeof(port->path), "%u", number);
    }
    QTAILQ_INSERT_TAIL(&bus->ports, port, link);
    note_room(bus);
}

void usb_port_remove(USBPort *port)
{
    if (port->dev) {
        object_unparent(OBJECT(port->dev));
    }
    QTAILQ_REMOVE(&port->bus->ports, port, link);
    note_room(port->bus);
}

void usb_port_reset(USBPort *port)
{
    if (usb_port_connected(port)) {
        usb_reset_state(port->dev);
    }
}

void usb_port_disable(USBPort *port)
{
    port->enabled = false;
    if (usb_port_connected(port)) {
        usb_end_pending(port->dev);
    }
}

void usb_port_suspend(USBPort *port, bool suspend)
{
    if (usb_port_connected(port)) {
        port->dev->suspended = suspend;
    }
}

static uint8_t device_speeds(const USBDevice *dev)
{
    return usb_descriptor_speeds(USB_DEVICE_GET_CLASS(dev)->descriptors);
}

void usb_port_hand_over(USBPort *port, uint8_t port_speeds, const USBPortOps *ops, void *owner,
                        unsigned index)
{
    USBDevice *dev = usb_port_connected(port) ? port->dev : NULL;

    if (dev) {
        usb_device_detach(dev);
    }
    port->enabled = false;
    port->speeds = port_speeds;
    port->ops = ops;
    port->owner = owner;
    port->index = index;
    if (dev) {
        usb_device_attach(dev);
    }
}

USBPort *usb_root_port(USBPort *port)
{
    while (port->hub) {
        port = port->hub->port;
    }
    return port;
}

/* --- buses --- */

USBBus *usb_bus_new(DeviceState *controller, const USBBusOps *ops)
{
    g_autofree char *name = controller->id ? g_strdup_printf("%s.0", controller->id) : NULL;
    USBBus *bus = USB_BUS(qbus_new(TYPE_USB_BUS, controller, name)), *other;

    QTAILQ_INIT(&bus->ports);
    bus->ops = ops;
    QTAILQ_FOREACH(other, &buses, link) {
        bus->number = MAX(bus->number, other->number + 1);
    }
    bus->parent_obj.full = true; /* no port yet */
    qbus_set_bus_hotplug_handler(BUS(bus));
    QTAILQ_INSERT_TAIL(&buses, bus, link);
    return bus;
}

void usb_bus_remove(USBBus *bus)
{
    USBPort *port;

    while ((port = QTAILQ_FIRST(&bus->ports))) {
        usb_port_remove(port);
    }
    QTAILQ_REMOVE(&buses, bus, link);
}

USBBus *usb_bus_add_companion(const char *name, unsigned first, unsigned n, const USBPortOps *ops,
                              void *owner, USBPort **ports, Error **errp)
{
    USBBus *bus;

    QTAILQ_FOREACH(bus, &buses, link) {
        if (g_str_equal(bus->parent_obj.name, name)) {
            break;
        }
    }
    if (!bus) {
        error_setg(errp, "masterbus=%s: there is no USB bus of that name", name);
        return NULL;
    }
    if (!bus->ops || !bus->ops->add_companion) {
        error_setg(errp, "masterbus=%s: its controller, a '%s', has no companions", name,
                   object_get_typename(OBJECT(bus->parent_obj.parent)));
        return NULL;
    }
    return bus->ops->add_companion(bus, first, n, ops, owner, ports, errp) ? bus : NULL;
}

void usb_bus_remove_companion(USBBus *bus, void *owner)
{
    bus->ops->remove_companion(bus, owner);
}

bool usb_have_bus(void)
{
    return !QTAILQ_EMPTY(&buses);
}

USBDevice *usb_find_address(USBBus *bus, const void *owner, uint8_t address)
{
    USBPort *port;

    QTAILQ_FOREACH(port, &bus->ports, link) {
        if (port->enabled && usb_port_connected(port) && port->dev->address == address &&
            usb_root_port(port)->owner == owner && is_reachable(port)) {
            return port->dev;
        }
    }
    return NULL;
}

static const char *product_of(const USBDevice *dev)
{
    return USB_DEVICE_GET_CLASS(dev)->descriptors->strings[USB_STRING_PRODUCT];
}

void usb_print_info(GString *out)
{
    USBBus *bus;
    USBPort *port;

    if (QTAILQ_EMPTY(&buses)) {
        g_string_append(out, "USB support not enabled\n");
    }
    QTAILQ_FOREACH(bus, &buses, link) {
        QTAILQ_FOREACH(port, &bus->ports, link) {
            USBDevice *dev = port->dev;

            if (dev) {
                g_string_append_printf(out, "  Device %d.%u, Port %s, Speed %s Mb/s, Product %s",
                                       bus->number, dev->address, port->path,
                                       speeds[dev->speed].rate, product_of(dev));
                if (DEVICE(dev)->id) {
                    g_string_append_printf(out, ", ID: %s", DEVICE(dev)->id);
                }
                g_string_append_c(out, '\n');
            }
        }
    }
}

static void print_usb_device(FILE *f, DeviceState *qdev, int indent)
{
    USBDevice *dev = USB_DEVICE(qdev);

    if (dev->port) {
        fprintf(f, "%*saddr %d.%u, port %s, speed %s, name %s%s\n", indent, "",
                dev->port->bus->number, dev->address, dev->port->path, speeds[dev->speed].rate,
                product_of(dev), usb_is_attached(dev) ? ", attached" : "");
    }
}

/* --- devices --- */

bool usb_is_attached(const USBDevice *dev)
{
    return dev->state != USB_STATE_DETACHED;
}

void usb_device_attach(USBDevice *dev)
{
    USBPort *port = dev->port;
    uint8_t common = port->speeds & device_speeds(dev);

    if (usb_is_attached(dev) || !common) {
        return; /* a device that the port's owner can't see */
    }
    dev->speed = 31 - clz32(common);
    usb_reset_state(dev);
    dev->state = USB_STATE_ATTACHED;
    if (port->ops->attached) {
        port->ops->attached(port);
    }
}

void usb_device_detach(USBDevice *dev)
{
    USBPort *port = dev->port;

    if (!usb_is_attached(dev)) {
        return;
    }
    usb_port_disable(port);
    if (port->ops->detached) {
        port->ops->detached(port);
    }
    if (usb_root_port(port)->ops->gone) {
        usb_root_port(port)->ops->gone(usb_root_port(port), dev);
    }
    dev->state = USB_STATE_DETACHED;
    dev->address = 0;
}

static USBPort *find_port(USBBus *bus, const char *path)
{
    USBPort *port;

    QTAILQ_FOREACH(port, &bus->ports, link) {
        if (g_str_equal(port->path, path)) {
            return port;
        }
    }
    return NULL;
}

static char *speed_names(uint8_t mask)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (int i = 0; i < USB_NUM_SPEEDS; i++) {
        if (mask & USB_SPEED_BIT(i)) {
            g_string_append_printf(names, "%s%s", names->len ? "/" : "", speeds[i].name);
        }
    }
    return g_strdup(names->str);
}

/* The port that the user asked for. */
static USBPort *wanted_port(USBBus *bus, USBDevice *dev, Error **errp)
{
    USBPort *port = find_port(bus, dev->wanted_port);
    const char *type = object_get_typename(OBJECT(dev));

    if (!port) {
        error_setg(errp, "port=%s: bus '%s' has no such port", dev->wanted_port,
                   bus->parent_obj.name);
    } else if (port->dev) {
        error_setg(errp, "port=%s: that port of bus '%s' is in use by '%s'", port->path,
                   bus->parent_obj.name, object_get_typename(OBJECT(port->dev)));
    } else if (!(port->takes & device_speeds(dev))) {
        g_autofree char *has = speed_names(device_speeds(dev));
        g_autofree char *takes = speed_names(port->takes);

        error_setg(errp, "port=%s: device '%s' works at %s speed, that port of bus '%s' at %s",
                   port->path, type, has, bus->parent_obj.name, takes);
    } else {
        return port;
    }
    return NULL;
}

static USBPort *choose_port(USBBus *bus, USBDevice *dev, Error **errp)
{
    USBPort *port;

    if (dev->wanted_port) {
        return wanted_port(bus, dev, errp);
    }
    QTAILQ_FOREACH(port, &bus->ports, link) {
        if (!port->dev && (port->takes & device_speeds(dev))) {
            return port;
        }
    }
    error_setg(errp, "bus '%s' has no free port for '%s'", bus->parent_obj.name,
               object_get_typename(OBJECT(dev)));
    error_append_hint(errp, "A 'usb-hub' in one of its ports gives it more.\n");
    return NULL;
}

static void usb_device_realize(DeviceState *qdev, Error **errp)
{
    USBDevice *dev = USB_DEVICE(qdev);
    USBDeviceClass *dc = USB_DEVICE_GET_CLASS(dev);
    USBBus *bus = USB_BUS(qdev->parent_bus);
    USBPort *port = choose_port(bus, dev, errp);
    ERRP_GUARD();

    if (!port) {
        return;
    }
    dev->port = port;
    port->dev = dev;
    if (dc->realize) {
        dc->realize(dev, errp);
    }
    if (*errp) {
        port->dev = NULL;
        dev->port = NULL;
        return;
    }
    note_room(bus);
    if (!dev->attaches_itself) {
        usb_device_attach(dev);
    }
}

static void usb_device_unrealize(DeviceState *qdev)
{
    USBDevice *dev = USB_DEVICE(qdev);
    USBDeviceClass *dc = USB_DEVICE_GET_CLASS(dev);
    USBPort *port = dev->port;

    usb_device_detach(dev);
    if (dc->unrealize) {
        dc->unrealize(dev);
    }
    port->dev = NULL;
    dev->port = NULL;
    note_room(port->bus);
}

static void usb_device_init(Object *obj)
{
    QTAILQ_INIT(&USB_DEVICE(obj)->pending);
}

static const VMStateDescription vmstate_usb_request = {
    .name = "usb-request",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(type, USBRequest),
            VMSTATE_UINT8(request, USBRequest),
            VMSTATE_UINT16(value, USBRequest),
            VMSTATE_UINT16(index, USBRequest),
            VMSTATE_UINT16(length, USBRequest),
            VMSTATE_END_OF_LIST(),
        },
};

static int control_loaded(void *opaque, int version)
{
    USBDevice *dev = opaque;
    bool sane = dev->speed < USB_NUM_SPEEDS && dev->control.done <= dev->control.length &&
                dev->control.length <= UINT16_MAX &&
                (dev->control.length <= USB_CONTROL_MAX ||
                 dev->control.stage == USB_CONTROL_REFUSED) &&
                USB_DEVICE_GET_CLASS(dev)->descriptors->at_speed[dev->speed];

    return sane ? 0 : -EINVAL;
}

const VMStateDescription vmstate_usb_device = {
    .name = TYPE_USB_DEVICE,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = control_loaded,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(speed, USBDevice),
            VMSTATE_UINT8(state, USBDevice),
            VMSTATE_UINT8(address, USBDevice),
            VMSTATE_UINT8(configuration, USBDevice),
            VMSTATE_UINT8_ARRAY(alternate, USBDevice, USB_MAX_INTERFACES),
            VMSTATE_UINT32(halted, USBDevice),
            VMSTATE_BOOL(suspended, USBDevice),
            VMSTATE_BOOL(remote_wakeup, USBDevice),
            VMSTATE_UINT8(control.stage, USBDevice),
            VMSTATE_STRUCT(control.request, USBDevice, 1, vmstate_usb_request, USBRequest),
            VMSTATE_UINT8_ARRAY(control.data, USBDevice, USB_CONTROL_MAX),
            VMSTATE_UINT32(control.length, USBDevice),
            VMSTATE_UINT32(control.done, USBDevice),
            VMSTATE_END_OF_LIST(),
        },
};

static Property usb_device_properties[] = {
    DEFINE_PROP_STRING("port", USBDevice, wanted_port),
    DEFINE_PROP_STRING("serial", USBDevice, serial),
    DEFINE_PROP_END_OF_LIST(),
};

static void usb_device_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->bus_type = TYPE_USB_BUS;
    dc->realize = usb_device_realize;
    dc->unrealize = usb_device_unrealize;
    dc->hotpluggable = true;
    device_class_set_props(dc, usb_device_properties);
}

static void usb_bus_class_init(ObjectClass *klass, void *data)
{
    BUS_CLASS(klass)->print_dev = print_usb_device;
    HOTPLUG_HANDLER_CLASS(klass)->unplug = qdev_simple_device_unplug_cb;
}

static const TypeInfo usb_types[] = {
    {
        .name = TYPE_USB_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(USBBus),
        .class_init = usb_bus_class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_HOTPLUG_HANDLER }, { NULL } },
    },
    {
        .name = TYPE_USB_DEVICE,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(USBDevice),
        .instance_init = usb_device_init,
        .class_size = sizeof(USBDeviceClass),
        .class_init = usb_device_class_init,
    },
};

DEFINE_TYPES(usb_types)
