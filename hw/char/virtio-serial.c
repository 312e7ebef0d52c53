/*
 * Virtio console device: serial ports, and the bus on which they are.
 *
 * Queues: input and output of port 0, then of the control channel, then of ports 1, 2 ... A driver
 * that knows nothing of several ports has port 0, which is a console.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 5.3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio-serial.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/events.h"

#define QUEUE_SIZE         128
#define CONTROL_QUEUE_SIZE 32
#define MAX_PORTS          511
#define MAX_WAITING        1024 /* control messages for a driver that takes none */
#define CHUNK              4096

enum { F_SIZE, F_MULTIPORT, F_EMERG_WRITE };

/* Configuration (5.3.4). */
enum {
    CONFIG_COLS = 0,
    CONFIG_ROWS = 2,
    CONFIG_MAX_PORTS = 4,
    CONFIG_EMERG_WRITE = 8,
    CONFIG_SIZE = 12,
};

/* Control messages (5.3.6.2): 32 bits port, 16 bits event, 16 bits value. */
#define MESSAGE_SIZE 8
enum {
    EVENT_DEVICE_READY = 0,
    EVENT_PORT_ADD = 1,
    EVENT_PORT_REMOVE = 2,
    EVENT_PORT_READY = 3,
    EVENT_CONSOLE_PORT = 4,
    EVENT_RESIZE = 5,
    EVENT_PORT_OPEN = 6,
    EVENT_PORT_NAME = 7,
};

enum { QUEUE_CONTROL_IN = 2, QUEUE_CONTROL_OUT = 3 };

struct VirtioSerial {
    VirtioDevice parent_obj;

    uint32_t max_ports; /* properties */

    BusState *bus;
    VirtioSerialPort **ports; /* by number */
    bool ready;               /* the driver listens to the control channel */
    GQueue waiting;           /* of GBytes: control messages for which there is no buffer yet */
};

DECLARE_INSTANCE_CHECKER(VirtioSerial, VIRTIO_SERIAL, TYPE_VIRTIO_SERIAL)

/* --- which queue is whose --- */

static VirtQueue *input_queue(VirtioSerialPort *port)
{
    return virtio_queue(&port->serial->parent_obj, port->nr ? 2 * port->nr + 2 : 0);
}

static VirtQueue *output_queue(VirtioSerialPort *port)
{
    return virtio_queue(&port->serial->parent_obj, port->nr ? 2 * port->nr + 3 : 1);
}

/* NULL for the control channel, and where nothing is plugged in. */
static VirtioSerialPort *port_of_queue(VirtioSerial *s, unsigned index)
{
    return s->ports[index < 2 ? 0 : index / 2 - 1];
}

static bool has_ports(const VirtioSerial *s)
{
    return virtio_has_feature(&s->parent_obj, F_MULTIPORT);
}

static VirtioSerialPortClass *class_of(VirtioSerialPort *port)
{
    return VIRTIO_SERIAL_PORT_GET_CLASS(port);
}

/* --- the control channel --- */

static void deliver_messages(VirtioSerial *s)
{
    VirtQueue *q = virtio_queue(&s->parent_obj, QUEUE_CONTROL_IN);
    VirtBuffer *buf;

    while (s->waiting.length && (buf = virtq_take(q, sizeof(*buf)))) {
        g_autoptr(GBytes) message = g_queue_pop_head(&s->waiting);
        gsize size;
        const void *data = g_bytes_get_data(message, &size);

        virtq_finish(buf, iov_from_buf(buf->in, buf->num_in, 0, data, size));
    }
    virtq_publish(q);
}

static void send_message(VirtioSerial *s, uint32_t nr, uint16_t event, uint16_t value,
                         const char *text)
{
    size_t length = text ? strlen(text) : 0;
    uint8_t *message;

    if (!s->ready || !has_ports(s) || s->waiting.length >= MAX_WAITING) {
        return;
    }
    message = g_malloc(MESSAGE_SIZE + length);
    virtio_put32(&s->parent_obj, message, nr);
    virtio_put16(&s->parent_obj, message + 4, event);
    virtio_put16(&s->parent_obj, message + 6, value);
    memcpy(message + MESSAGE_SIZE, text ? text : "", length);
    g_queue_push_tail(&s->waiting, g_bytes_new_take(message, MESSAGE_SIZE + length));
    deliver_messages(s);
}

static void note_guest_open(VirtioSerialPort *port, bool open)
{
    const char *id = DEVICE(port)->id;

    if (open != port->guest_open && id) {
        JsonObject *data = json_object_new();

        json_object_set_string_member(data, "id", id);
        json_object_set_boolean_member(data, "open", open);
        event_send("VSERPORT_CHANGE", data);
    }
    port->guest_open = open;
}

static void introduce_port(VirtioSerialPort *port)
{
    VirtioSerial *s = port->serial;

    if (class_of(port)->is_console) {
        send_message(s, port->nr, EVENT_CONSOLE_PORT, 1, NULL);
    }
    if (port->name) {
        send_message(s, port->nr, EVENT_PORT_NAME, 1, port->name);
    }
    if (port->host_open) {
        send_message(s, port->nr, EVENT_PORT_OPEN, 1, NULL);
    }
}

static void message_from_guest(VirtioSerial *s, uint32_t nr, uint16_t event, uint16_t value)
{
    VirtioSerialPort *port = nr < s->max_ports ? s->ports[nr] : NULL;

    if (event == EVENT_DEVICE_READY) {
        s->ready = value;
        for (uint32_t i = 0; s->ready && i < s->max_ports; i++) {
            if (s->ports[i]) {
                send_message(s, i, EVENT_PORT_ADD, 1, NULL);
            }
        }
    } else if (port && event == EVENT_PORT_READY && value) {
        introduce_port(port);
    } else if (port && event == EVENT_PORT_OPEN) {
        note_guest_open(port, value);
        class_of(port)->can_read(port);
    }
}

static void control_out(VirtioDevice *dev, VirtQueue *q)
{
    uint8_t message[MESSAGE_SIZE];
    VirtBuffer *buf;

    while ((buf = virtq_take(q, sizeof(*buf)))) {
        if (iov_to_buf(buf->out, buf->num_out, 0, message, sizeof(message)) == sizeof(message)) {
            message_from_guest(VIRTIO_SERIAL(dev), virtio_get32(dev, message),
                               virtio_get16(dev, message + 4), virtio_get16(dev, message + 6));
        }
        virtq_finish(buf, 0);
    }
    virtq_publish(q);
}

static void control_in(VirtioDevice *dev, VirtQueue *q)
{
    deliver_messages(VIRTIO_SERIAL(dev));
}

/* --- from the guest --- */

/* One buffer after the other; false: the port takes no more now. */
static bool write_out(VirtioSerialPort *port)
{
    VirtBuffer *buf = port->out;

    while (port->out_done < buf->out_size) {
        uint8_t chunk[CHUNK];
        size_t size = iov_to_buf(buf->out, buf->num_out, port->out_done, chunk, sizeof(chunk));
        size_t taken = class_of(port)->write(port, chunk, size);

        port->out_done += taken;
        if (taken < size) {
            return false;
        }
    }
    return true;
}

void virtio_serial_resume(VirtioSerialPort *port)
{
    VirtQueue *q = output_queue(port);

    if (!virtio_is_running(&port->serial->parent_obj)) {
        return;
    }
    while (port->out || (port->out = virtq_take(q, sizeof(VirtBuffer)))) {
        if (!write_out(port)) {
            break;
        }
        virtq_finish(port->out, 0);
        port->out = NULL;
        port->out_done = 0;
    }
    virtq_publish(q);
}

static void output_available(VirtioDevice *dev, VirtQueue *q)
{
    VirtioSerialPort *port = port_of_queue(VIRTIO_SERIAL(dev), virtq_index(q));
    VirtBuffer *buf;

    if (port) {
        virtio_serial_resume(port);
        return;
    }
    /* Nothing is plugged in: it goes nowhere. */
    while ((buf = virtq_take(q, sizeof(*buf)))) {
        virtq_finish(buf, 0);
    }
    virtq_publish(q);
}

/* --- to the guest --- */

/* A console is open from the start; so is the one port of a driver that knows of no others. */
static bool takes_input(VirtioSerialPort *port)
{
    return virtio_is_running(&port->serial->parent_obj) &&
           (port->guest_open || !has_ports(port->serial));
}

size_t virtio_serial_room(VirtioSerialPort *port)
{
    VirtBuffer *buf = takes_input(port) ? virtq_take(input_queue(port), sizeof(*buf)) : NULL;
    size_t room = buf ? buf->in_size : 0;

    if (buf) {
        virtq_put_back(buf);
    }
    return room;
}

size_t virtio_serial_input(VirtioSerialPort *port, const uint8_t *data, size_t size)
{
    VirtQueue *q = input_queue(port);
    VirtBuffer *buf;
    size_t done = 0;

    while (done < size && takes_input(port) && (buf = virtq_take(q, sizeof(*buf)))) {
        size_t part = iov_from_buf(buf->in, buf->num_in, 0, data + done, size - done);

        done += part;
        virtq_finish(buf, part);
    }
    virtq_publish(q);
    return done;
}

static void input_room(VirtioDevice *dev, VirtQueue *q)
{
    VirtioSerialPort *port = port_of_queue(VIRTIO_SERIAL(dev), virtq_index(q));

    if (port) {
        class_of(port)->can_read(port);
    }
}

void virtio_serial_set_open(VirtioSerialPort *port, bool open)
{
    if (port->host_open != open) {
        port->host_open = open;
        send_message(port->serial, port->nr, EVENT_PORT_OPEN, open, NULL);
    }
}

/* --- the device --- */

static void serial_read_config(VirtioDevice *dev, uint8_t *config)
{
    virtio_put32(dev, config + CONFIG_MAX_PORTS, VIRTIO_SERIAL(dev)->max_ports);
    virtio_put32(dev, config + CONFIG_EMERG_WRITE, 0);
}

/* A character for the console, without queues. */
static void serial_write_config(VirtioDevice *dev, const uint8_t *config)
{
    VirtioSerialPort *port = VIRTIO_SERIAL(dev)->ports[0];
    uint8_t c = virtio_get32(dev, config + CONFIG_EMERG_WRITE);

    if (port && (dev->device_features & VIRTIO_FEATURE(F_EMERG_WRITE))) {
        class_of(port)->write(port, &c, 1);
    }
}

static void serial_reset(VirtioDevice *dev)
{
    VirtioSerial *s = VIRTIO_SERIAL(dev);

    s->ready = false;
    g_queue_clear_full(&s->waiting, (GDestroyNotify)g_bytes_unref);
    for (uint32_t i = 0; i < s->max_ports; i++) {
        VirtioSerialPort *port = s->ports[i];

        if (port) {
            note_guest_open(port, false);
            g_clear_pointer(&port->out, virtq_drop);
            port->out_done = 0;
        }
    }
}

static void serial_status_changed(VirtioDevice *dev, uint8_t before)
{
    VirtioSerial *s = VIRTIO_SERIAL(dev);

    for (uint32_t i = 0; virtio_is_running(dev) && i < s->max_ports; i++) {
        if (s->ports[i]) {
            class_of(s->ports[i])->can_read(s->ports[i]);
        }
    }
}

static void serial_realize(VirtioDevice *dev, Error **errp)
{
    VirtioSerial *s = VIRTIO_SERIAL(dev);
    DeviceState *carrier = dev->parent_obj.parent_bus->parent;
    g_autofree char *bus_name = carrier->id ? g_strdup_printf("%s.0", carrier->id) : NULL;

    if (s->max_ports < 1 || s->max_ports > MAX_PORTS) {
        error_setg(errp, "max_ports=%u: expected 1 to %u", s->max_ports, MAX_PORTS);
        return;
    }
    dev->device_features |= VIRTIO_FEATURE(F_MULTIPORT);
    s->ports = g_new0(VirtioSerialPort *, s->max_ports);
    for (uint32_t i = 0; i < s->max_ports + 1; i++) {
        bool is_control = 2 * i == QUEUE_CONTROL_IN;

        virtio_add_queue(dev, is_control ? CONTROL_QUEUE_SIZE : QUEUE_SIZE,
                         is_control ? control_in : input_room);
        virtio_add_queue(dev, is_control ? CONTROL_QUEUE_SIZE : QUEUE_SIZE,
                         is_control ? control_out : output_available);
    }
    if (!s->bus) {
        s->bus = qbus_new(TYPE_VIRTIO_SERIAL_BUS, DEVICE(dev), bus_name);
        qbus_set_bus_hotplug_handler(s->bus);
    }
}

static void serial_unrealize(VirtioDevice *dev)
{
    g_clear_pointer(&VIRTIO_SERIAL(dev)->ports, g_free);
}

static const VMStateDescription vmstate_serial = {
    .name = "virtio-serial",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtioSerial),
            VMSTATE_BOOL(ready, VirtioSerial),
            VMSTATE_END_OF_LIST(),
        },
};

static Property serial_properties[] = {
    DEFINE_PROP_UINT32("max_ports", VirtioSerial, max_ports, 31),
    DEFINE_PROP_BIT64("emergency-write", VirtioDevice, device_features, F_EMERG_WRITE, true),
    DEFINE_PROP_END_OF_LIST(),
};

static void serial_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vc = VIRTIO_DEVICE_CLASS(klass);

    vc->device_id = VIRTIO_ID_CONSOLE;
    vc->config_size = CONFIG_SIZE;
    vc->realize = serial_realize;
    vc->unrealize = serial_unrealize;
    vc->read_config = serial_read_config;
    vc->write_config = serial_write_config;
    vc->status_changed = serial_status_changed;
    vc->reset = serial_reset;
    dc->vmsd = &vmstate_serial;
    set_bit(DEVICE_CATEGORY_INPUT, dc->categories);
    device_class_set_props(dc, serial_properties);
}

/* --- ports on the bus --- */

/* Port 0 is the console of drivers that know no other: serial ports begin at 1. */
static bool choose_number(VirtioSerial *s, VirtioSerialPort *port, Error **errp)
{
    bool is_console = class_of(port)->is_console;

    if (port->nr == UINT32_MAX) {
        uint32_t nr = is_console ? 0 : 1;

        while (nr < s->max_ports && s->ports[nr]) {
            nr++;
        }
        if (nr == s->max_ports) {
            error_setg(errp, "bus '%s' has no free port: max_ports=%u", s->bus->name,
                       s->max_ports);
            return false;
        }
        port->nr = nr;
    } else if (port->nr >= s->max_ports) {
        error_setg(errp, "nr=%u: bus '%s' has ports 0 to %u", port->nr, s->bus->name,
                   s->max_ports - 1);
        return false;
    } else if (s->ports[port->nr]) {
        error_setg(errp, "nr=%u: port %u of bus '%s' is in use", port->nr, port->nr, s->bus->name);
        return false;
    } else if (port->nr == 0 && !is_console) {
        error_setg(errp, "nr=0: port 0 is for a virtconsole");
        return false;
    }
    return true;
}

static bool name_is_free(VirtioSerial *s, const char *name, Error **errp)
{
    for (uint32_t i = 0; name && i < s->max_ports; i++) {
        if (s->ports[i] && g_strcmp0(s->ports[i]->name, name) == 0) {
            error_setg(errp, "name=%s: port %u of bus '%s' has that name", name, i, s->bus->name);
            return false;
        }
    }
    return true;
}

static void port_realize(DeviceState *dev, Error **errp)
{
    VirtioSerialPort *port = VIRTIO_SERIAL_PORT(dev);
    VirtioSerial *s = VIRTIO_SERIAL(dev->parent_bus->parent);
    ERRP_GUARD();

    if (!choose_number(s, port, errp) || !name_is_free(s, port->name, errp)) {
        return;
    }
    port->serial = s;
    class_of(port)->realize(port, errp);
    if (*errp) {
        return;
    }
    s->ports[port->nr] = port;
    send_message(s, port->nr, EVENT_PORT_ADD, 1, NULL);
}

static void port_unrealize(DeviceState *dev)
{
    VirtioSerialPort *port = VIRTIO_SERIAL_PORT(dev);
    VirtioSerial *s = port->serial;

    class_of(port)->unrealize(port);
    if (port->out) {
        virtq_finish(port->out, 0);
        port->out = NULL;
        virtq_publish(output_queue(port));
    }
    if (s->ports) {
        send_message(s, port->nr, EVENT_PORT_REMOVE, 1, NULL);
        s->ports[port->nr] = NULL;
    }
}

static Property port_properties[] = {
    DEFINE_PROP_UINT32("nr", VirtioSerialPort, nr, UINT32_MAX),
    DEFINE_PROP_STRING("name", VirtioSerialPort, name),
    DEFINE_PROP_END_OF_LIST(),
};

static void port_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->bus_type = TYPE_VIRTIO_SERIAL_BUS;
    dc->realize = port_realize;
    dc->unrealize = port_unrealize;
    dc->hotpluggable = true;
    set_bit(DEVICE_CATEGORY_INPUT, dc->categories);
    device_class_set_props(dc, port_properties);
}

static void print_port(FILE *f, DeviceState *dev, int indent)
{
    VirtioSerialPort *port = VIRTIO_SERIAL_PORT(dev);

    fprintf(f, "%*sport %u, guest %s, host %s, throttle %s\n", indent, "", port->nr,
            port->guest_open ? "on" : "off", port->host_open ? "on" : "off",
            port->out ? "on" : "off");
}

static void serial_bus_class_init(ObjectClass *klass, void *data)
{
    BUS_CLASS(klass)->print_dev = print_port;
    HOTPLUG_HANDLER_CLASS(klass)->unplug = qdev_simple_device_unplug_cb;
}

static const TypeInfo serial_types[] = {
    {
        .name = TYPE_VIRTIO_SERIAL_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(BusState),
        .class_init = serial_bus_class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_HOTPLUG_HANDLER }, { NULL } },
    },
    {
        .name = TYPE_VIRTIO_SERIAL_PORT,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(VirtioSerialPort),
        .class_size = sizeof(VirtioSerialPortClass),
        .class_init = port_class_init,
    },
    {
        .name = TYPE_VIRTIO_SERIAL,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtioSerial),
        .class_init = serial_class_init,
    },
};

DEFINE_TYPES(serial_types)

static const VirtioPCIKind serial_pci = {
    .name = "virtio-serial-pci",
    .backend = TYPE_VIRTIO_SERIAL,
    .legacy_id = 0x1003,
    .class_id = PCI_CLASS_COMMUNICATION_OTHER,
    .vectors = 2,
    .category = DEVICE_CATEGORY_INPUT,
};

static void register_serial_pci(void)
{
    virtio_pci_register(&serial_pci);
}

type_init(register_serial_pci)
