/*
 * Virtio serial ports on character devices: virtconsole, a console for the guest, and
 * virtserialport, a port that a program in the guest opens by its name.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 5.3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/virtio/virtio-serial.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_SERIAL_PORT "virtserialport"
#define TYPE_CONSOLE     "virtconsole"

typedef struct ChrPort {
    VirtioSerialPort parent_obj;

    CharBackend chr;
    guint watch; /* 0: the back end can take output */
} ChrPort;

DECLARE_INSTANCE_CHECKER(ChrPort, CHR_PORT, TYPE_SERIAL_PORT)

static gboolean output_possible(void *unused, GIOCondition condition, void *opaque)
{
    ChrPort *p = opaque;

    p->watch = 0;
    virtio_serial_resume(&p->parent_obj);
    return FALSE;
}

static size_t port_write(VirtioSerialPort *port, const uint8_t *buf, size_t size)
{
    ChrPort *p = CHR_PORT(port);
    int written;

    if (!qemu_chr_fe_backend_open(&p->chr)) {
        return size; /* nobody is there */
    }
    if (p->watch) {
        return 0;
    }
    written = qemu_chr_fe_write(&p->chr, buf, size);
    written = MAX(written, 0);
    if ((size_t)written == size) {
        return size;
    }
    p->watch = qemu_chr_fe_add_watch(&p->chr, G_IO_OUT | G_IO_HUP, output_possible, p);
    /* A back end that can't tell when it goes on loses what it doesn't take. */
    return p->watch ? (size_t)written : size;
}

static int port_room(void *opaque)
{
    return MIN(virtio_serial_room(opaque), INT_MAX);
}

static void port_input(void *opaque, const uint8_t *buf, int size)
{
    virtio_serial_input(opaque, buf, size);
}

static void port_event(void *opaque, QEMUChrEvent event)
{
    ChrPort *p = opaque;

    if (event == CHR_EVENT_OPENED) {
        virtio_serial_set_open(&p->parent_obj, true);
    } else if (event == CHR_EVENT_CLOSED) {
        if (p->watch) {
            g_source_remove(p->watch);
            p->watch = 0;
        }
        virtio_serial_set_open(&p->parent_obj, false);
        virtio_serial_resume(&p->parent_obj); /* the rest goes nowhere */
    }
}

static void port_can_read(VirtioSerialPort *port)
{
    qemu_chr_fe_accept_input(&CHR_PORT(port)->chr);
}

static void chr_port_realize(VirtioSerialPort *port, Error **errp)
{
    ChrPort *p = CHR_PORT(port);

    qemu_chr_fe_set_handlers(&p->chr, port_room, port_input, port_event, NULL, p, NULL, true);
    /* A console is always there for the guest, whoever looks at it. */
    if (VIRTIO_SERIAL_PORT_GET_CLASS(port)->is_console) {
        port->host_open = true;
    }
}

static void chr_port_unrealize(VirtioSerialPort *port)
{
    ChrPort *p = CHR_PORT(port);

    if (p->watch) {
        g_source_remove(p->watch);
        p->watch = 0;
    }
    qemu_chr_fe_set_handlers(&p->chr, NULL, NULL, NULL, NULL, NULL, NULL, true);
}

static Property chr_port_properties[] = {
    DEFINE_PROP_CHR("chardev", ChrPort, chr),
    DEFINE_PROP_END_OF_LIST(),
};

static void chr_port_class_init(ObjectClass *klass, void *data)
{
    VirtioSerialPortClass *pc = VIRTIO_SERIAL_PORT_CLASS(klass);

    pc->realize = chr_port_realize;
    pc->unrealize = chr_port_unrealize;
    pc->write = port_write;
    pc->can_read = port_can_read;
    device_class_set_props(DEVICE_CLASS(klass), chr_port_properties);
}

static void console_class_init(ObjectClass *klass, void *data)
{
    VIRTIO_SERIAL_PORT_CLASS(klass)->is_console = true;
}

static const TypeInfo chr_port_types[] = {
    {
        .name = TYPE_SERIAL_PORT,
        .parent = TYPE_VIRTIO_SERIAL_PORT,
        .instance_size = sizeof(ChrPort),
        .class_init = chr_port_class_init,
    },
    {
        .name = TYPE_CONSOLE,
        .parent = TYPE_SERIAL_PORT,
        .class_init = console_class_init,
    },
};

DEFINE_TYPES(chr_port_types)
