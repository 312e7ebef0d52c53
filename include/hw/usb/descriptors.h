/*
 * What a USB device says about itself, as tables: hw/usb/descriptors.c makes the bytes.
 *
 * Reference: Universal Serial Bus Specification 2.0, section 9.6; USB 3.2, section 9.6.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_USB_DESCRIPTORS_H
#define HW_USB_DESCRIPTORS_H

#include "qemu/osdep.h"

typedef struct USBDevice USBDevice;

typedef enum USBSpeed { USB_LOW, USB_FULL, USB_HIGH, USB_SUPER, USB_NUM_SPEEDS } USBSpeed;
#define USB_SPEED_BIT(speed) (1u << (speed))

/* Types of descriptors (2.0, table 9-5; 3.2, table 9-6). */
enum {
    USB_DESC_DEVICE = 1,
    USB_DESC_CONFIGURATION = 2,
    USB_DESC_STRING = 3,
    USB_DESC_INTERFACE = 4,
    USB_DESC_ENDPOINT = 5,
    USB_DESC_QUALIFIER = 6,
    USB_DESC_OTHER_SPEED = 7,
    USB_DESC_BOS = 15,
    USB_DESC_CAPABILITY = 16,
    USB_DESC_HID = 0x21,
    USB_DESC_HID_REPORT = 0x22,
    USB_DESC_HUB = 0x29,
    USB_DESC_COMPANION = 48,
};

enum { USB_CONTROL = 0, USB_ISOCHRONOUS = 1, USB_BULK = 2, USB_INTERRUPT = 3 };

typedef struct USBEndpoint {
    uint8_t address; /* number, and USB_DIR_IN */
    uint8_t type;
    uint16_t max_packet;
    uint8_t interval; /* as it is in the descriptor */
    uint8_t max_burst; /* SuperSpeed */
} USBEndpoint;

typedef struct USBInterface {
    uint8_t number, alternate;
    uint8_t class, subclass, protocol;
    const uint8_t *extra; /* class descriptors behind the interface's */
    uint8_t extra_size;
    uint8_t num_endpoints;
    USBEndpoint endpoints[4];
} USBInterface;

/* One configuration, whose value is 1: no device here has more. */
typedef struct USBConfiguration {
    bool self_powered, remote_wakeup;
    uint16_t milliamperes;
    uint8_t num_interfaces; /* rows, alternates included */
    const USBInterface *interfaces;
} USBConfiguration;

/* Strings by number; 0 isn't one. */
enum { USB_STRING_MANUFACTURER = 1, USB_STRING_PRODUCT = 2, USB_STRING_SERIAL = 3 };

typedef struct USBDescriptors {
    uint16_t vendor, product, release;
    uint8_t class, subclass, protocol;
    uint8_t protocol_at_high; /* at high speed, where that is another one; 0: it isn't */
    const char *strings[4];
    /* What it is at each speed; NULL: it hasn't that one. */
    const USBConfiguration *at_speed[USB_NUM_SPEEDS];
    uint8_t max_packet0; /* of endpoint 0 at low and full speed; 64 and 512 above */
} USBDescriptors;

/*
 * The descriptor's bytes for the device as it is, at its speed; NULL if it has no such one. `index`
 * counts those of a type.
 */
GByteArray *usb_descriptor(USBDevice *dev, uint8_t type, uint8_t index);
/* The bytes that a configuration's tables make, its head included. */
GByteArray *usb_configuration_bytes(const USBConfiguration *config, USBSpeed speed, uint8_t type);
/* What the device can do, USB_SPEED_BIT()s. */
uint8_t usb_descriptor_speeds(const USBDescriptors *d);

#endif
