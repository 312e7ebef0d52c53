/*
 * USB descriptors: from tables to bytes.
 *
 * Reference: Universal Serial Bus Specification 2.0, sections 9.6 and 11.12.2.1; USB 3.2, section
 * 9.6.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/usb/usb.h"
#include "qemu/bswap.h"

#define LANGUAGE_US_ENGLISH 0x0409
#define MAX_STRING_UNITS    126 /* a length byte's worth */

uint8_t usb_descriptor_speeds(const USBDescriptors *d)
{
    uint8_t speeds = 0;

    for (int i = 0; i < USB_NUM_SPEEDS; i++) {
        speeds |= d->at_speed[i] ? USB_SPEED_BIT(i) : 0;
    }
    return speeds;
}

static void put(GByteArray *out, const uint8_t *bytes, size_t size)
{
    g_byte_array_append(out, bytes, size);
}

#define PUT(out, ...)                                                                              \
    put(out, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))
#define WORD(value) (uint8_t)(value), (uint8_t)((value) >> 8)

/* --- device --- */

/* What of USB the device follows: software asks for a qualifier or a BOS only if this allows it. */
static uint16_t usb_release(const USBDescriptors *d, USBSpeed speed)
{
    if (speed == USB_SUPER) {
        return 0x0300;
    }
    return d->at_speed[USB_HIGH] ? 0x0200 : 0x0110;
}

static uint8_t max_packet0(const USBDescriptors *d, USBSpeed speed)
{
    static const uint8_t fixed[USB_NUM_SPEEDS] = { [USB_HIGH] = 64, [USB_SUPER] = 9 /* 2^9 */ };

    return fixed[speed] ? fixed[speed] : d->max_packet0;
}

static uint8_t protocol(const USBDescriptors *d, USBSpeed speed)
{
    return speed == USB_HIGH && d->protocol_at_high ? d->protocol_at_high : d->protocol;
}

static void put_device(GByteArray *out, const USBDevice *dev, const USBDescriptors *d)
{
    bool has_serial = dev->serial || d->strings[USB_STRING_SERIAL];

    PUT(out, 18, USB_DESC_DEVICE, WORD(usb_release(d, dev->speed)), d->class, d->subclass,
        protocol(d, dev->speed), max_packet0(d, dev->speed), WORD(d->vendor), WORD(d->product),
        WORD(d->release), d->strings[USB_STRING_MANUFACTURER] ? USB_STRING_MANUFACTURER : 0,
        d->strings[USB_STRING_PRODUCT] ? USB_STRING_PRODUCT : 0,
        has_serial ? USB_STRING_SERIAL : 0, 1);
}

/* The other one of full and high speed, if the device has both. */
static const USBConfiguration *other_speed(const USBDevice *dev, const USBDescriptors *d,
                                           USBSpeed *speed)
{
    *speed = dev->speed == USB_HIGH ? USB_FULL : USB_HIGH;
    return dev->speed == USB_HIGH || dev->speed == USB_FULL ? d->at_speed[*speed] : NULL;
}

static void put_qualifier(GByteArray *out, const USBDevice *dev, const USBDescriptors *d)
{
    USBSpeed speed;

    if (other_speed(dev, d, &speed)) {
        PUT(out, 10, USB_DESC_QUALIFIER, WORD(usb_release(d, speed)), d->class, d->subclass,
            protocol(d, speed), max_packet0(d, speed), 1, 0);
    }
}

/* --- configuration --- */

static void put_endpoint(GByteArray *out, const USBEndpoint *ep, USBSpeed speed)
{
    uint16_t per_interval = ep->type == USB_INTERRUPT ? ep->max_packet * (ep->max_burst + 1) : 0;

    PUT(out, 7, USB_DESC_ENDPOINT, ep->address, ep->type, WORD(ep->max_packet), ep->interval);
    if (speed == USB_SUPER) {
        PUT(out, 6, USB_DESC_COMPANION, ep->max_burst, 0, WORD(per_interval));
    }
}

static void put_interface(GByteArray *out, const USBInterface *intf, USBSpeed speed)
{
    PUT(out, 9, USB_DESC_INTERFACE, intf->number, intf->alternate, intf->num_endpoints,
        intf->class, intf->subclass, intf->protocol, 0);
    put(out, intf->extra, intf->extra_size);
    for (int i = 0; i < intf->num_endpoints; i++) {
        put_endpoint(out, &intf->endpoints[i], speed);
    }
}

GByteArray *usb_configuration_bytes(const USBConfiguration *config, USBSpeed speed, uint8_t type)
{
    GByteArray *out = g_byte_array_new();
    uint8_t power = config->milliamperes / (speed == USB_SUPER ? 8 : 2), numbers = 0;

    for (int i = 0; i < config->num_interfaces; i++) {
        numbers = MAX(numbers, config->interfaces[i].number + 1);
    }
    PUT(out, 9, type, 0, 0, numbers, 1, 0,
        0x80 | config->self_powered << 6 | config->remote_wakeup << 5, power);
    for (int i = 0; i < config->num_interfaces; i++) {
        put_interface(out, &config->interfaces[i], speed);
    }
    stw_le_p(out->data + 2, out->len);
    return out;
}

/* --- strings --- */

static void put_string(GByteArray *out, const char *text)
{
    glong units = 0;
    g_autofree gunichar2 *utf16 = text ? g_utf8_to_utf16(text, -1, NULL, &units, NULL) : NULL;

    if (!utf16) {
        return;
    }
    units = MIN(units, MAX_STRING_UNITS);
    PUT(out, 2 + 2 * units, USB_DESC_STRING);
    for (glong i = 0; i < units; i++) {
        PUT(out, WORD(utf16[i]));
    }
}

static void put_string_number(GByteArray *out, const USBDevice *dev, const USBDescriptors *d,
                              uint8_t number)
{
    if (number == 0) {
        PUT(out, 4, USB_DESC_STRING, WORD(LANGUAGE_US_ENGLISH));
    } else if (number == USB_STRING_SERIAL && dev->serial) {
        put_string(out, dev->serial);
    } else if (number < ARRAY_SIZE(d->strings)) {
        put_string(out, d->strings[number]);
    }
}

/* --- BOS (3.2, 9.6.2) --- */

enum { CAPABILITY_USB2 = 2, CAPABILITY_SUPERSPEED = 3 };

static void put_bos(GByteArray *out, const USBDevice *dev, const USBDescriptors *d)
{
    uint8_t speeds = usb_descriptor_speeds(d);

    if (dev->speed != USB_SUPER) {
        return;
    }
    PUT(out, 5, USB_DESC_BOS, WORD(5 + 7 + 10), 2);
    PUT(out, 7, USB_DESC_CAPABILITY, CAPABILITY_USB2, 0, 0, 0, 0);
    /* Bits of speeds: low, full, high, 5 Gb/s; the lowest that works fully; exit latencies. */
    PUT(out, 10, USB_DESC_CAPABILITY, CAPABILITY_SUPERSPEED, 0, WORD(speeds),
        speeds & USB_SPEED_BIT(USB_FULL) ? USB_FULL : USB_HIGH, 0, WORD(0));
}

/* --- by type --- */

static GByteArray *describe_configuration(const USBDevice *dev, const USBDescriptors *d,
                                          uint8_t type)
{
    const USBConfiguration *config = d->at_speed[dev->speed];
    USBSpeed speed = dev->speed;

    if (type == USB_DESC_OTHER_SPEED) {
        config = other_speed(dev, d, &speed);
    }
    return config ? usb_configuration_bytes(config, speed, type) : NULL;
}

GByteArray *usb_descriptor(USBDevice *dev, uint8_t type, uint8_t index)
{
    const USBDescriptors *d = USB_DEVICE_GET_CLASS(dev)->descriptors;
    GByteArray *out;

    if (index && type != USB_DESC_STRING) {
        return NULL;
    }
    if (type == USB_DESC_CONFIGURATION || type == USB_DESC_OTHER_SPEED) {
        return describe_configuration(dev, d, type);
    }
    out = g_byte_array_new();
    switch (type) {
    case USB_DESC_DEVICE:
        put_device(out, dev, d);
        break;
    case USB_DESC_STRING:
        put_string_number(out, dev, d, index);
        break;
    case USB_DESC_QUALIFIER:
        put_qualifier(out, dev, d);
        break;
    case USB_DESC_BOS:
        put_bos(out, dev, d);
        break;
    }
    if (!out->len) {
        g_clear_pointer(&out, g_byte_array_unref);
    }
    return out;
}
