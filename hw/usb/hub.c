/*
 * USB hubs: usb-hub, of full speed, and usb2-hub, which has high speed as well where it is plugged
 * into that.
 *
 * Ports with status and change bits, which the host reads and clears with class requests, and an
 * interrupt endpoint that says which ports have changed. Each port's power is switched by itself.
 *
 * At high speed, devices of low and full speed are behind a transaction translator (11.14). Here it
 * has nothing to remember: a controller asks the device itself, and a transaction that is split is
 * one, so that its buffers are always empty.
 *
 * Reference: Universal Serial Bus Specification 2.0, chapter 11.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/usb/usb.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/module.h"

#define TYPE_USB_HUB  "usb-hub"
#define TYPE_USB2_HUB "usb2-hub"
OBJECT_DECLARE_SIMPLE_TYPE(USBHub, USB_HUB)

#define MAX_PORTS       8
#define CHANGE_ENDPOINT (1 | USB_DIR_IN)

/* wPortStatus and, above bit 15, wPortChange (11.24.2.7); features have the bits' numbers. */
#define PORT_CONNECTION 0x00000001u
#define PORT_ENABLE     0x00000002u
#define PORT_SUSPEND    0x00000004u
#define PORT_RESET      0x00000010u
#define PORT_POWER      0x00000100u
#define PORT_LOW_SPEED  0x00000200u
#define PORT_HIGH_SPEED 0x00000400u
#define PORT_CHANGED(bit) ((bit) << 16)
#define PORT_CHANGES    0x001f0000u

#define FEATURE_BIT(feature) (1u << (feature))

enum { GET_STATUS = 0, CLEAR_FEATURE = 1, SET_FEATURE = 3, GET_DESCRIPTOR = 6,
       CLEAR_TT_BUFFER = 8, RESET_TT = 9, STOP_TT = 11 };
/* bDeviceProtocol (11.23.1): one translator for all ports. */
enum { PROTOCOL_SINGLE_TT = 1 };

struct USBHub {
    USBDevice parent_obj;

    uint32_t num_ports; /* property */

    USBPort ports[MAX_PORTS];
    uint32_t status[MAX_PORTS];
};

static const USBInterface hub_interface = {
    .class = 9,
    .num_endpoints = 1,
    .endpoints = { { CHANGE_ENDPOINT, USB_INTERRUPT, (MAX_PORTS + 8) / 8, 255 } },
};

static const USBConfiguration hub_configuration = {
    .self_powered = true,
    .remote_wakeup = true,
    .num_interfaces = 1,
    .interfaces = &hub_interface,
};

static const USBDescriptors hub_descriptors = {
    .vendor = 0x0409,
    .product = 0x55aa,
    .release = 0x0101,
    .class = 9,
    .strings = { NULL, "QEMU", "QEMU USB Hub", "314159" },
    .at_speed = { [USB_FULL] = &hub_configuration },
    .max_packet0 = 8,
};

/* Once in 2^11 microframes, 256 ms, as above. */
static const USBInterface hub_interface_at_high = {
    .class = 9,
    .num_endpoints = 1,
    .endpoints = { { CHANGE_ENDPOINT, USB_INTERRUPT, (MAX_PORTS + 8) / 8, 12 } },
};

static const USBConfiguration hub_configuration_at_high = {
    .self_powered = true,
    .remote_wakeup = true,
    .num_interfaces = 1,
    .interfaces = &hub_interface_at_high,
};

static const USBDescriptors usb2_hub_descriptors = {
    .vendor = 0x0409,
    .product = 0x005a,
    .release = 0x0100,
    .class = 9,
    .protocol_at_high = PROTOCOL_SINGLE_TT,
    .strings = { NULL, "QEMU", "QEMU USB Hub", "314159" },
    .at_speed = { [USB_FULL] = &hub_configuration, [USB_HIGH] = &hub_configuration_at_high },
    .max_packet0 = 64,
};

/* --- ports --- */

static uint8_t port_speeds(bool at_high)
{
    return USB_SPEED_BIT(USB_LOW) | USB_SPEED_BIT(USB_FULL) |
           (at_high ? USB_SPEED_BIT(USB_HIGH) : 0);
}

static void set_status(USBHub *s, unsigned i, uint32_t status)
{
    uint32_t before = s->status[i];

    s->status[i] = status;
    s->ports[i].enabled = status & PORT_ENABLE;
    if (status & PORT_CHANGES & ~before) {
        usb_endpoint_ready(&s->parent_obj, CHANGE_ENDPOINT);
    }
}

/* With power on, what is there shows. */
static void show_connection(USBHub *s, unsigned i)
{
    USBPort *port = &s->ports[i];
    uint32_t status = s->status[i];

    if ((status & PORT_POWER) && usb_port_connected(port)) {
        status |= PORT_CONNECTION | PORT_CHANGED(PORT_CONNECTION);
        status |= port->dev->speed == USB_LOW ? PORT_LOW_SPEED : 0;
        set_status(s, i, status);
    }
}

static void port_attached(USBPort *port)
{
    show_connection(port->owner, port->index);
}

static void port_detached(USBPort *port)
{
    USBHub *s = port->owner;
    uint32_t status = s->status[port->index];

    if (status & PORT_CONNECTION) {
        status |= PORT_CHANGED(PORT_CONNECTION);
        status |= status & PORT_ENABLE ? PORT_CHANGED(PORT_ENABLE) : 0;
    }
    status &= ~(PORT_CONNECTION | PORT_ENABLE | PORT_SUSPEND | PORT_LOW_SPEED | PORT_HIGH_SPEED);
    set_status(s, port->index, status);
}

/* A signal from below goes on upward as well, if the hub is suspended itself (11.9). */
static void port_resumed(USBPort *port)
{
    USBHub *s = port->owner;
    uint32_t status = s->status[port->index];

    if (status & PORT_SUSPEND) {
        usb_port_suspend(port, false);
        set_status(s, port->index, (status & ~PORT_SUSPEND) | PORT_CHANGED(PORT_SUSPEND));
    } else {
        usb_port_suspend(port, false);
        usb_endpoint_ready(&s->parent_obj, CHANGE_ENDPOINT);
    }
}

static const USBPortOps port_ops = {
    .attached = port_attached,
    .detached = port_detached,
    .resumed = port_resumed,
};

static void power_off(USBHub *s, unsigned i)
{
    usb_port_disable(&s->ports[i]);
    set_status(s, i, 0);
}

/* --- features (11.24.2.2, 11.24.2.13) --- */

static int set_port_feature(USBHub *s, unsigned i, uint32_t bit)
{
    USBPort *port = &s->ports[i];
    uint32_t status = s->status[i];

    switch (bit) {
    case PORT_POWER:
        s->status[i] |= PORT_POWER;
        if (!(status & PORT_POWER)) {
            show_connection(s, i);
        }
        return 0;
    case PORT_RESET:
        if (status & PORT_CONNECTION) {
            usb_port_reset(port);
            status |= port->dev->speed == USB_HIGH ? PORT_HIGH_SPEED : 0;
            set_status(s, i, (status & ~PORT_SUSPEND) | PORT_ENABLE | PORT_CHANGED(PORT_RESET));
        }
        return 0;
    case PORT_SUSPEND:
        if (status & PORT_ENABLE) {
            usb_port_suspend(port, true);
            set_status(s, i, status | PORT_SUSPEND);
        }
        return 0;
    default:
        return -1;
    }
}

static int clear_port_feature(USBHub *s, unsigned i, uint32_t bit)
{
    USBPort *port = &s->ports[i];
    uint32_t status = s->status[i];

    if (bit & PORT_CHANGES) {
        s->status[i] &= ~bit;
        return 0;
    }
    switch (bit) {
    case PORT_POWER:
        power_off(s, i);
        return 0;
    case PORT_ENABLE:
        usb_port_disable(port);
        set_status(s, i, status & ~PORT_ENABLE);
        return 0;
    case PORT_SUSPEND:
        if (status & PORT_SUSPEND) {
            usb_port_suspend(port, false);
            set_status(s, i, (status & ~PORT_SUSPEND) | PORT_CHANGED(PORT_SUSPEND));
        }
        return 0;
    default:
        return -1;
    }
}

static int port_feature(USBHub *s, const USBRequest *r)
{
    unsigned i = (r->index & 0xff) - 1;

    if (i >= s->num_ports || r->value >= 32) {
        return -1;
    }
    return r->request == SET_FEATURE ? set_port_feature(s, i, FEATURE_BIT(r->value))
                                     : clear_port_feature(s, i, FEATURE_BIT(r->value));
}

/* --- requests --- */

/* 11.23.2.1: power switched port by port, no protection against over-current. */
static int hub_descriptor(USBHub *s, uint8_t *data)
{
    unsigned map = s->num_ports / 8 + 1;

    data[0] = 7 + 2 * map;
    data[1] = USB_DESC_HUB;
    data[2] = s->num_ports;
    stw_le_p(data + 3, 0x0011);
    data[5] = 1; /* 2 ms until power is good */
    data[6] = 0; /* mA that the hub itself takes from the bus */
    memset(data + 7, 0, map); /* all devices can be removed */
    memset(data + 7 + map, 0xff, map);
    return data[0];
}

static int hub_control(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    USBHub *s = USB_HUB(dev);
    unsigned i = (r->index & 0xff) - 1;

    switch (USB_REQUEST(r->type, r->request)) {
    case USB_REQUEST(USB_DIR_IN | USB_TYPE_CLASS | USB_TO_DEVICE, GET_DESCRIPTOR):
        return r->value >> 8 == USB_DESC_HUB ? hub_descriptor(s, data) : -1;
    case USB_REQUEST(USB_DIR_IN | USB_TYPE_CLASS | USB_TO_DEVICE, GET_STATUS):
        stl_le_p(data, 0); /* the supply is good, there is no over-current, nothing changed */
        return 4;
    case USB_REQUEST(USB_TYPE_CLASS | USB_TO_DEVICE, SET_FEATURE):
    case USB_REQUEST(USB_TYPE_CLASS | USB_TO_DEVICE, CLEAR_FEATURE):
        return r->value <= 1 ? 0 : -1; /* changes of the supply, which there are none of */
    case USB_REQUEST(USB_DIR_IN | USB_TYPE_CLASS | USB_TO_OTHER, GET_STATUS):
        if (i >= s->num_ports) {
            return -1;
        }
        stl_le_p(data, s->status[i]);
        return 4;
    case USB_REQUEST(USB_TYPE_CLASS | USB_TO_OTHER, SET_FEATURE):
    case USB_REQUEST(USB_TYPE_CLASS | USB_TO_OTHER, CLEAR_FEATURE):
        return port_feature(s, r);
    case USB_REQUEST(USB_TYPE_CLASS | USB_TO_OTHER, CLEAR_TT_BUFFER):
    case USB_REQUEST(USB_TYPE_CLASS | USB_TO_OTHER, RESET_TT):
    case USB_REQUEST(USB_TYPE_CLASS | USB_TO_OTHER, STOP_TT):
        return dev->speed == USB_HIGH ? 0 : -1;
    default:
        return -1;
    }
}

/* Bit n: port n has changed (11.12.4). */
static USBStatus hub_transfer(USBDevice *dev, USBTransfer *t)
{
    USBHub *s = USB_HUB(dev);
    uint8_t changed[(MAX_PORTS + 8) / 8] = { 0 };
    bool any = false;

    for (unsigned i = 0; i < s->num_ports; i++) {
        if (s->status[i] & PORT_CHANGES) {
            changed[(i + 1) / 8] |= 1 << (i + 1) % 8;
            any = true;
        }
    }
    if (!any) {
        return USB_NAK;
    }
    usb_give(t, changed, s->num_ports / 8 + 1);
    return USB_DONE;
}

/* What is plugged in shows at another speed, if the hub itself has another one now. */
static void take_speed(USBHub *s, unsigned i)
{
    USBDevice *dev = s->ports[i].dev;
    uint8_t speeds = port_speeds(s->parent_obj.speed == USB_HIGH);

    if (s->ports[i].speeds == speeds) {
        return;
    }
    s->ports[i].speeds = speeds;
    if (dev && usb_is_attached(dev)) {
        usb_device_detach(dev);
        usb_device_attach(dev);
    }
}

static void hub_bus_reset(USBDevice *dev)
{
    USBHub *s = USB_HUB(dev);

    for (unsigned i = 0; dev->state != USB_STATE_CONFIGURED && i < s->num_ports; i++) {
        power_off(s, i);
        take_speed(s, i);
    }
}

/* --- the device --- */

static void hub_realize(USBDevice *dev, Error **errp)
{
    USBHub *s = USB_HUB(dev);
    bool has_high = USB_DEVICE_GET_CLASS(dev)->descriptors->at_speed[USB_HIGH];

    if (!s->num_ports || s->num_ports > MAX_PORTS) {
        error_setg(errp, "ports=%u: expected 1 to %d", s->num_ports, MAX_PORTS);
        return;
    }
    if (dev->port->depth >= USB_MAX_DEPTH) {
        error_setg(errp, "port=%s: at most %d hubs can be between a device and the controller",
                   dev->port->path, USB_MAX_DEPTH);
        return;
    }
    for (unsigned i = 0; i < s->num_ports; i++) {
        usb_port_add(dev->port->bus, &s->ports[i], dev, i + 1, port_speeds(has_high), &port_ops, s,
                     i);
    }
}

static void hub_unrealize(USBDevice *dev)
{
    USBHub *s = USB_HUB(dev);

    for (unsigned i = 0; i < s->num_ports; i++) {
        usb_port_remove(&s->ports[i]);
    }
}

static int hub_loaded(void *opaque, int version)
{
    USBHub *s = opaque;

    for (unsigned i = 0; i < MAX_PORTS; i++) {
        s->ports[i].enabled = s->status[i] & PORT_ENABLE;
    }
    return 0;
}

static const VMStateDescription vmstate_hub = {
    .name = TYPE_USB_HUB,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = hub_loaded,
    .fields =
        (const VMStateField[]){
            VMSTATE_USB_DEVICE(parent_obj, USBHub),
            VMSTATE_UINT32_ARRAY(status, USBHub, MAX_PORTS),
            VMSTATE_END_OF_LIST(),
        },
};

static Property hub_properties[] = {
    DEFINE_PROP_UINT32("ports", USBHub, num_ports, MAX_PORTS),
    DEFINE_PROP_END_OF_LIST(),
};

static void hub_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    USBDeviceClass *uc = USB_DEVICE_CLASS(klass);

    uc->descriptors = &hub_descriptors;
    uc->realize = hub_realize;
    uc->unrealize = hub_unrealize;
    uc->bus_reset = hub_bus_reset;
    uc->control = hub_control;
    uc->transfer = hub_transfer;
    dc->desc = "USB hub";
    dc->vmsd = &vmstate_hub;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
    device_class_set_props(dc, hub_properties);
}

static void usb2_hub_class_init(ObjectClass *klass, void *data)
{
    USB_DEVICE_CLASS(klass)->descriptors = &usb2_hub_descriptors;
    DEVICE_CLASS(klass)->desc = "USB 2.0 hub";
}

static const TypeInfo hub_types[] = {
    {
        .name = TYPE_USB_HUB,
        .parent = TYPE_USB_DEVICE,
        .instance_size = sizeof(USBHub),
        .class_init = hub_class_init,
    },
    {
        .name = TYPE_USB2_HUB,
        .parent = TYPE_USB_HUB,
        .class_init = usb2_hub_class_init,
    },
};

DEFINE_TYPES(hub_types)
