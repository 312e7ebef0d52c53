/*
 * Endpoint 0 of every USB device: the stages of control transfers, and the standard requests.
 *
 * A request is carried out as soon as all that the host sends of it is there: with the SETUP packet
 * if the data goes to the host or there is none, with the last byte of data otherwise. What the
 * device refuses shows as STALL in the stage that follows, up to the next SETUP (2.0, 8.5.3.4).
 *
 * Reference: Universal Serial Bus Specification 2.0, sections 8.5.3 and 9.4; USB 3.2, section 9.4.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "usb-internal.h"

#define SETUP_SIZE 8
#define REFUSED    (-1)

enum {
    GET_STATUS = 0,
    CLEAR_FEATURE = 1,
    SET_FEATURE = 3,
    SET_ADDRESS = 5,
    GET_DESCRIPTOR = 6,
    GET_CONFIGURATION = 8,
    SET_CONFIGURATION = 9,
    GET_INTERFACE = 10,
    SET_INTERFACE = 11,
    SET_SEL = 48,
    SET_ISOCH_DELAY = 49,
};

enum { FEATURE_HALT = 0, FEATURE_REMOTE_WAKEUP = 1, FEATURE_U1 = 48, FEATURE_U2 = 49 };
#define FEATURE_FUNCTION_SUSPEND 0 /* of an interface (3.2, table 9-7) */

static const USBConfiguration *tables_of(const USBDevice *dev)
{
    return USB_DEVICE_GET_CLASS(dev)->descriptors->at_speed[dev->speed];
}

/* --- configurations and interfaces --- */

static const USBInterface *find_interface(const USBDevice *dev, uint16_t number, uint16_t alternate)
{
    const USBConfiguration *config = tables_of(dev);

    for (int i = 0; i < config->num_interfaces; i++) {
        const USBInterface *intf = &config->interfaces[i];

        if (intf->number == number && intf->alternate == alternate) {
            return intf;
        }
    }
    return NULL;
}

const USBEndpoint *usb_endpoint(const USBDevice *dev, uint8_t address)
{
    for (int i = 0; dev->configuration && i < USB_MAX_INTERFACES; i++) {
        const USBInterface *intf = find_interface(dev, i, dev->alternate[i]);

        for (int k = 0; intf && k < intf->num_endpoints; k++) {
            if (intf->endpoints[k].address == address) {
                return &intf->endpoints[k];
            }
        }
    }
    return NULL;
}

static void reset_functions(USBDevice *dev)
{
    USBDeviceClass *dc = USB_DEVICE_GET_CLASS(dev);

    usb_end_pending(dev);
    memset(dev->alternate, 0, sizeof(dev->alternate));
    dev->halted = 0;
    if (dc->bus_reset) {
        dc->bus_reset(dev);
    }
}

/* --- standard requests --- */

static int device_status(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    stw_le_p(data, tables_of(dev)->self_powered | dev->remote_wakeup << 1);
    return 2;
}

static int interface_status(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    bool wakes = dev->speed == USB_SUPER && tables_of(dev)->remote_wakeup;

    if (!find_interface(dev, r->index, 0)) {
        return REFUSED;
    }
    stw_le_p(data, wakes | dev->remote_wakeup << 1);
    return 2;
}

static bool has_endpoint(const USBDevice *dev, uint16_t address)
{
    return (address & 0x7f) == 0 || (address <= 0xff && usb_endpoint(dev, address));
}

static int endpoint_status(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    if (!has_endpoint(dev, r->index)) {
        return REFUSED;
    }
    stw_le_p(data, (dev->halted & usb_halt_bit(r->index)) != 0);
    return 2;
}

static int device_feature(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    bool set = r->request == SET_FEATURE;

    if (r->value == FEATURE_REMOTE_WAKEUP && tables_of(dev)->remote_wakeup) {
        dev->remote_wakeup = set;
        return 0;
    }
    /* Low-power link states are entered by nobody here: allowing them changes nothing. */
    return dev->speed == USB_SUPER && (r->value == FEATURE_U1 || r->value == FEATURE_U2) ? 0
                                                                                        : REFUSED;
}

static int interface_feature(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    if (dev->speed != USB_SUPER || r->value != FEATURE_FUNCTION_SUSPEND) {
        return REFUSED;
    }
    /* Bit 1 of the suspend options, in the high byte of the index: function remote wake. */
    dev->remote_wakeup = r->request == SET_FEATURE && (r->index & 0x200) &&
                         tables_of(dev)->remote_wakeup;
    return 0;
}

static int endpoint_feature(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    USBDeviceClass *dc = USB_DEVICE_GET_CLASS(dev);

    if (r->value != FEATURE_HALT || !has_endpoint(dev, r->index)) {
        return REFUSED;
    }
    if ((r->index & 0x7f) == 0) {
        return 0; /* endpoint 0 is never halted */
    }
    if (r->request == SET_FEATURE) {
        dev->halted |= usb_halt_bit(r->index);
        return 0;
    }
    dev->halted &= ~usb_halt_bit(r->index);
    if (dc->halt_cleared) {
        dc->halt_cleared(dev, r->index);
    }
    return 0;
}

/* The address counts from the end of the status stage on (2.0, 9.4.6). */
static int set_address(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    return r->value < 128 && dev->state != USB_STATE_CONFIGURED ? 0 : REFUSED;
}

static int get_descriptor(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    g_autoptr(GByteArray) bytes = usb_descriptor(dev, r->value >> 8, r->value & 0xff);
    int size = bytes ? MIN(bytes->len, USB_CONTROL_MAX) : REFUSED;

    if (bytes) {
        memcpy(data, bytes->data, size);
    }
    return size;
}

static int get_configuration(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    data[0] = dev->configuration;
    return 1;
}

static int set_configuration(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    if (r->value > 1 || dev->state < USB_STATE_ADDRESS) {
        return REFUSED;
    }
    dev->configuration = r->value;
    dev->state = r->value ? USB_STATE_CONFIGURED : USB_STATE_ADDRESS;
    reset_functions(dev);
    return 0;
}

static int get_interface(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    if (!dev->configuration || !find_interface(dev, r->index, 0)) {
        return REFUSED;
    }
    data[0] = dev->alternate[r->index];
    return 1;
}

static int set_interface(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    const USBInterface *intf = find_interface(dev, r->index, r->value);

    if (!dev->configuration || !intf) {
        return REFUSED;
    }
    dev->alternate[r->index] = r->value;
    for (int i = 0; i < intf->num_endpoints; i++) {
        dev->halted &= ~usb_halt_bit(intf->endpoints[i].address);
    }
    return 0;
}

/* Latencies of links that take no time. */
static int ignore_latency(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    return dev->speed == USB_SUPER ? 0 : REFUSED;
}

typedef struct StandardRequest {
    uint16_t key; /* USB_REQUEST() */
    int (*answer)(USBDevice *dev, const USBRequest *r, uint8_t *data);
} StandardRequest;

static const StandardRequest standard_requests[] = {
    { USB_REQUEST(USB_DIR_IN | USB_TO_DEVICE, GET_STATUS), device_status },
    { USB_REQUEST(USB_DIR_IN | USB_TO_INTERFACE, GET_STATUS), interface_status },
    { USB_REQUEST(USB_DIR_IN | USB_TO_ENDPOINT, GET_STATUS), endpoint_status },
    { USB_REQUEST(USB_TO_DEVICE, CLEAR_FEATURE), device_feature },
    { USB_REQUEST(USB_TO_DEVICE, SET_FEATURE), device_feature },
    { USB_REQUEST(USB_TO_INTERFACE, CLEAR_FEATURE), interface_feature },
    { USB_REQUEST(USB_TO_INTERFACE, SET_FEATURE), interface_feature },
    { USB_REQUEST(USB_TO_ENDPOINT, CLEAR_FEATURE), endpoint_feature },
    { USB_REQUEST(USB_TO_ENDPOINT, SET_FEATURE), endpoint_feature },
    { USB_REQUEST(USB_TO_DEVICE, SET_ADDRESS), set_address },
    { USB_REQUEST(USB_DIR_IN | USB_TO_DEVICE, GET_DESCRIPTOR), get_descriptor },
    { USB_REQUEST(USB_DIR_IN | USB_TO_DEVICE, GET_CONFIGURATION), get_configuration },
    { USB_REQUEST(USB_TO_DEVICE, SET_CONFIGURATION), set_configuration },
    { USB_REQUEST(USB_DIR_IN | USB_TO_INTERFACE, GET_INTERFACE), get_interface },
    { USB_REQUEST(USB_TO_INTERFACE, SET_INTERFACE), set_interface },
    { USB_REQUEST(USB_TO_DEVICE, SET_SEL), ignore_latency },
    { USB_REQUEST(USB_TO_DEVICE, SET_ISOCH_DELAY), ignore_latency },
};

static int carry_out(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    USBDeviceClass *dc = USB_DEVICE_GET_CLASS(dev);

    for (size_t i = 0; i < ARRAY_SIZE(standard_requests); i++) {
        if (standard_requests[i].key == USB_REQUEST(r->type, r->request)) {
            return standard_requests[i].answer(dev, r, data);
        }
    }
    return dc->control ? dc->control(dev, r, data) : REFUSED;
}

/* --- stages --- */

static void set_up(USBDevice *dev, const uint8_t *packet)
{
    USBRequest *r = &dev->control.request;

    r->type = packet[0];
    r->request = packet[1];
    r->value = lduw_le_p(packet + 2);
    r->index = lduw_le_p(packet + 4);
    r->length = lduw_le_p(packet + 6);
    dev->control.done = 0;
    dev->control.length = r->length;
    if (r->type & USB_DIR_IN) {
        int size;

        memset(dev->control.data, 0, sizeof(dev->control.data));
        size = carry_out(dev, r, dev->control.data);
        dev->control.length = CLAMP(size, 0, r->length);
        dev->control.stage = size < 0 ? USB_CONTROL_REFUSED : USB_CONTROL_DATA_IN;
    } else if (r->length > USB_CONTROL_MAX) {
        dev->control.stage = USB_CONTROL_REFUSED;
    } else if (r->length) {
        dev->control.stage = USB_CONTROL_DATA_OUT;
    } else {
        dev->control.stage = carry_out(dev, r, dev->control.data) < 0 ? USB_CONTROL_REFUSED
                                                                      : USB_CONTROL_STATUS;
    }
}

static void end_request(USBDevice *dev)
{
    const USBRequest *r = &dev->control.request;

    dev->control.stage = USB_CONTROL_IDLE;
    if (USB_REQUEST(r->type, r->request) == USB_REQUEST(USB_TO_DEVICE, SET_ADDRESS)) {
        usb_set_address(dev, r->value);
    }
}

static USBStatus refuse(USBDevice *dev)
{
    dev->control.stage = USB_CONTROL_REFUSED;
    return USB_STALL;
}

static USBStatus control_in(USBDevice *dev, USBTransfer *t)
{
    switch (dev->control.stage) {
    case USB_CONTROL_DATA_IN:
        dev->control.done += usb_give(t, dev->control.data + dev->control.done,
                                      dev->control.length - dev->control.done);
        /* Where no data was asked for, the IN is the status stage. */
        if (!dev->control.request.length) {
            end_request(dev);
        }
        return USB_DONE;
    case USB_CONTROL_STATUS:
        end_request(dev);
        return USB_DONE;
    default:
        return refuse(dev);
    }
}

static USBStatus control_out(USBDevice *dev, USBTransfer *t)
{
    uint32_t left = dev->control.length - dev->control.done;

    switch (dev->control.stage) {
    case USB_CONTROL_DATA_IN:
        end_request(dev); /* the status stage, also of a host that has read enough */
        return USB_DONE;
    case USB_CONTROL_DATA_OUT:
        if (usb_room(t) > left) {
            return refuse(dev);
        }
        dev->control.done += usb_take(t, dev->control.data + dev->control.done, left);
        if (dev->control.done == dev->control.length) {
            dev->control.stage =
                carry_out(dev, &dev->control.request, dev->control.data) < 0 ? USB_CONTROL_REFUSED
                                                                             : USB_CONTROL_STATUS;
        }
        return USB_DONE;
    default:
        return refuse(dev);
    }
}

USBStatus usb_control_transfer(USBDevice *dev, USBTransfer *t)
{
    uint8_t packet[SETUP_SIZE];

    if (t->pid == USB_PID_IN) {
        return control_in(dev, t);
    }
    if (t->pid == USB_PID_OUT) {
        return control_out(dev, t);
    }
    if (t->data.size != SETUP_SIZE || usb_take(t, packet, SETUP_SIZE) != SETUP_SIZE) {
        return USB_NO_ANSWER; /* not a SETUP packet: devices ignore it */
    }
    set_up(dev, packet);
    return USB_DONE;
}

void usb_set_address(USBDevice *dev, uint8_t address)
{
    dev->address = address;
    dev->state = address ? USB_STATE_ADDRESS : USB_STATE_DEFAULT;
}

void usb_reset_state(USBDevice *dev)
{
    dev->state = USB_STATE_DEFAULT;
    dev->address = 0;
    dev->configuration = 0;
    dev->remote_wakeup = false;
    dev->suspended = false;
    dev->control.stage = USB_CONTROL_IDLE;
    reset_functions(dev);
}
