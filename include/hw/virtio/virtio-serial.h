/*
 * Virtio serial ports: the bus that a virtio-serial device provides, and what sits there.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_VIRTIO_VIRTIO_SERIAL_H
#define HW_VIRTIO_VIRTIO_SERIAL_H

#include "hw/virtio/virtio.h"

#define TYPE_VIRTIO_SERIAL      "virtio-serial-device"
#define TYPE_VIRTIO_SERIAL_BUS  "virtio-serial-bus"
#define TYPE_VIRTIO_SERIAL_PORT "virtio-serial-port"
OBJECT_DECLARE_TYPE(VirtioSerialPort, VirtioSerialPortClass, VIRTIO_SERIAL_PORT)

typedef struct VirtioSerial VirtioSerial;

struct VirtioSerialPort {
    DeviceState parent_obj;

    uint32_t nr; /* UINT32_MAX: the next free one */
    char *name;  /* what the guest sees; NULL: none */

    VirtioSerial *serial;
    bool guest_open; /* somebody in the guest has the port open */
    bool host_open;  /* and on this side */
    VirtBuffer *out; /* what the guest sends, while not all of it has been taken */
    size_t out_done;
};

struct VirtioSerialPortClass {
    DeviceClass parent_class;

    bool is_console;
    void (*realize)(VirtioSerialPort *port, Error **errp);
    void (*unrealize)(VirtioSerialPort *port);
    /* The guest sends: how many bytes were taken; the rest comes again after port_resume(). */
    size_t (*write)(VirtioSerialPort *port, const uint8_t *buf, size_t size);
    /* There is room for the guest's input again, or the guest has opened or closed the port. */
    void (*can_read)(VirtioSerialPort *port);
};

/* How many bytes the guest would take now. */
size_t virtio_serial_room(VirtioSerialPort *port);
/* Input for the guest: how many bytes were taken. */
size_t virtio_serial_input(VirtioSerialPort *port, const uint8_t *buf, size_t size);
/* write() can take more. */
void virtio_serial_resume(VirtioSerialPort *port);
/* This side of the port is there, or not. */
void virtio_serial_set_open(VirtioSerialPort *port, bool open);

#endif
