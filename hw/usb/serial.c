/*
 * usb-serial: a serial adapter as FTDI's FT232BM is one, on a character device.
 *
 * Bulk OUT is what the guest sends. Each packet of bulk IN begins with two bytes that say how modem
 * and line are, then come up to 62 bytes of input. Baud rate, format and modem lines are vendor
 * requests. The chip sends its two bytes every few milliseconds, whether there is input or not;
 * this one, when there is input or when they have changed.
 *
 * Reference: FTDI FT232BM data sheet; AN232B-04, "Data Throughput, Latency and Handshaking";
 * AN232B-05, "Configuring FT232R, FT2232 and FT232B Baud Rates"; the requests' numbers are those
 * that free drivers for the chip list.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/qdev-properties.h"
#include "hw/usb/usb.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define TYPE_USB_SERIAL "usb-serial"
OBJECT_DECLARE_SIMPLE_TYPE(USBSerial, USB_SERIAL)

#define BULK_IN    (1 | USB_DIR_IN)
#define BULK_OUT   2
#define PACKET     64
#define RX_SIZE    384 /* the chip's receive buffer */
#define TX_CHUNK   4096
#define BASE_CLOCK 3000000 /* 48 MHz / 16 */

enum {
    FTDI_RESET = 0,
    FTDI_MODEM_CONTROL = 1,
    FTDI_FLOW_CONTROL = 2,
    FTDI_BAUD_RATE = 3,
    FTDI_DATA = 4,
    FTDI_MODEM_STATUS = 5,
    FTDI_EVENT_CHARACTER = 6,
    FTDI_ERROR_CHARACTER = 7,
    FTDI_SET_LATENCY = 9,
    FTDI_GET_LATENCY = 10,
};

enum { RESET_ALL = 0, PURGE_RX = 1, PURGE_TX = 2 };

/* The first status byte: bit 0 is always set. */
#define MODEM_ALWAYS 0x01
#define MODEM_CTS    0x10
#define MODEM_DSR    0x20
#define MODEM_RI     0x40
#define MODEM_DCD    0x80
/* The second one, as a 16550's line status. */
#define LINE_OVERRUN 0x02
#define LINE_BREAK   0x10
#define LINE_EMPTY   0x60 /* transmitter and its holding register */

#define CONTROL_DTR 0x01
#define CONTROL_RTS 0x02
#define FLOW_XON_XOFF 0x04
#define DATA_BREAK  0x4000

struct USBSerial {
    USBDevice parent_obj;

    CharBackend chr;
    bool always_plugged; /* property */

    uint8_t rx[RX_SIZE];
    uint32_t rx_first, rx_count;
    uint8_t control;        /* CONTROL_DTR, CONTROL_RTS */
    uint8_t latency;        /* ms: kept for the guest to read */
    uint8_t line;           /* LINE_BREAK: to be told once */
    uint16_t told;          /* the status bytes that the guest has seen */
    uint32_t baud_divisor, format;
    bool break_on;
    USBTransfer *tx;        /* what the back end hasn't taken all of */
    guint watch;
};

static const USBInterface serial_interface = {
    .class = 0xff, .subclass = 0xff, .protocol = 0xff,
    .num_endpoints = 2,
    .endpoints = { { BULK_IN, USB_BULK, PACKET }, { BULK_OUT, USB_BULK, PACKET } },
};

static const USBConfiguration serial_configuration = {
    .remote_wakeup = true,
    .milliamperes = 100,
    .num_interfaces = 1,
    .interfaces = &serial_interface,
};

static const USBDescriptors serial_descriptors = {
    .vendor = 0x0403,
    .product = 0x6001,
    .release = 0x0400, /* FT232BM */
    .strings = { NULL, "QEMU", "QEMU USB SERIAL", "1" },
    .at_speed = { [USB_FULL] = &serial_configuration },
    .max_packet0 = 8,
};

/* --- the line --- */

static uint8_t modem_status(USBSerial *s)
{
    static const struct {
        int tiocm;
        uint8_t bit;
    } lines[] = {
        { CHR_TIOCM_CTS, MODEM_CTS }, { CHR_TIOCM_DSR, MODEM_DSR },
        { CHR_TIOCM_RI, MODEM_RI }, { CHR_TIOCM_CAR, MODEM_DCD },
    };
    uint8_t status = MODEM_ALWAYS;
    int tiocm;

    /* What has no lines is like a modem that is ready while somebody is there. */
    if (qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_GET_TIOCM, &tiocm) < 0) {
        return qemu_chr_fe_backend_open(&s->chr) ? status | MODEM_CTS | MODEM_DSR | MODEM_DCD
                                                 : status;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        status |= tiocm & lines[i].tiocm ? lines[i].bit : 0;
    }
    return status;
}

static uint16_t status_bytes(USBSerial *s)
{
    return modem_status(s) | (s->line | LINE_EMPTY) << 8;
}

static void drive_lines(USBSerial *s)
{
    int tiocm;

    if (qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_GET_TIOCM, &tiocm) < 0) {
        return;
    }
    tiocm &= ~(CHR_TIOCM_DTR | CHR_TIOCM_RTS);
    tiocm |= s->control & CONTROL_DTR ? CHR_TIOCM_DTR : 0;
    tiocm |= s->control & CONTROL_RTS ? CHR_TIOCM_RTS : 0;
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_TIOCM, &tiocm);
}

/* A divisor of 14 bits and eighths in an order of their own; 0 and 1 are 3 and 2 Mbaud. */
static int baud_of(uint32_t divisor)
{
    static const uint8_t eighths[8] = { 0, 4, 2, 1, 3, 5, 6, 7 };
    uint32_t whole = divisor & 0x3fff, sum = whole * 8 + eighths[divisor >> 14 & 7];

    if (sum == 0) {
        return BASE_CLOCK;
    }
    return sum == 8 ? BASE_CLOCK * 2 / 3 : (int)((uint64_t)BASE_CLOCK * 8 / sum);
}

static void set_parameters(USBSerial *s)
{
    static const char parities[8] = "NOENNNNN"; /* mark and space: chardevs have none */
    QEMUSerialSetParams params = {
        .speed = MAX(baud_of(s->baud_divisor), 1),
        .parity = parities[s->format >> 8 & 7],
        .data_bits = (s->format & 0xff) == 7 ? 7 : 8,
        .stop_bits = s->format >> 11 & 3 ? 2 : 1,
    };
    int break_on = s->format & DATA_BREAK ? 1 : 0;

    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_PARAMS, &params);
    if (break_on != s->break_on) {
        s->break_on = break_on;
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_BREAK, &break_on);
    }
}

/* --- requests --- */

static void purge_input(USBSerial *s)
{
    s->rx_first = s->rx_count = 0;
    qemu_chr_fe_accept_input(&s->chr);
}

static void reset_line(USBSerial *s)
{
    s->rx_first = s->rx_count = 0;
    s->control = 0;
    s->latency = 16;
    s->line = 0;
    s->told = 0;
    s->baud_divisor = BASE_CLOCK / 9600;
    s->format = 8;
}

/* The high byte of the value says which lines the low byte is for. */
static void set_modem_control(USBSerial *s, uint16_t value)
{
    uint8_t which = value >> 8 & (CONTROL_DTR | CONTROL_RTS);

    s->control = (s->control & ~which) | (value & which);
    drive_lines(s);
}

static int serial_control(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    USBSerial *s = USB_SERIAL(dev);

    if ((r->type & USB_TYPE_MASK) != USB_TYPE_VENDOR) {
        return -1;
    }
    switch (r->request | (r->type & USB_DIR_IN)) {
    case FTDI_RESET:
        if (r->value == RESET_ALL || r->value == PURGE_RX) {
            purge_input(s);
        }
        return r->value <= PURGE_TX ? 0 : -1;
    case FTDI_MODEM_CONTROL:
        set_modem_control(s, r->value);
        return 0;
    case FTDI_FLOW_CONTROL:
        /* The wires' handshake is the chardev's own: neither side loses anything. */
        if (r->index >> 8 & FLOW_XON_XOFF) {
            qemu_log_dev(LOG_UNIMP, TYPE_USB_SERIAL, "flow control", "XON/XOFF not modelled");
        }
        return 0;
    case FTDI_BAUD_RATE:
        s->baud_divisor = r->value | (r->index & 1) << 16;
        set_parameters(s);
        return 0;
    case FTDI_DATA:
        s->format = r->value;
        set_parameters(s);
        return 0;
    case FTDI_MODEM_STATUS | USB_DIR_IN:
        data[0] = modem_status(s);
        data[1] = s->line | LINE_EMPTY;
        return 2;
    case FTDI_EVENT_CHARACTER: /* input is handed on at once anyway */
    case FTDI_ERROR_CHARACTER: /* there are no errors */
        return 0;
    case FTDI_SET_LATENCY:
        s->latency = r->value;
        return 0;
    case FTDI_GET_LATENCY | USB_DIR_IN:
        data[0] = s->latency;
        return 1;
    default:
        qemu_log_dev(LOG_UNIMP, TYPE_USB_SERIAL, "request", "%u not modelled", r->request);
        return -1;
    }
}

/* --- data --- */

static gboolean output_possible(void *unused, GIOCondition condition, void *opaque);

/* What the back end takes now; the transfer is over when it has taken all. */
static USBStatus send(USBSerial *s, USBTransfer *t)
{
    uint8_t chunk[TX_CHUNK];

    while (usb_room(t) && qemu_chr_fe_backend_open(&s->chr)) {
        size_t size = usb_take(t, chunk, sizeof(chunk));
        int written = qemu_chr_fe_write(&s->chr, chunk, size);

        written = MAX(written, 0);
        if ((size_t)written < size) {
            t->moved -= size - written;
            s->watch = qemu_chr_fe_add_watch(&s->chr, G_IO_OUT | G_IO_HUP, output_possible, s);
            if (s->watch) {
                return USB_PENDING;
            }
            break; /* a back end that can't tell when it goes on loses the rest */
        }
    }
    t->moved = t->data.size;
    return USB_DONE;
}

static void send_rest(USBSerial *s)
{
    USBTransfer *t = g_steal_pointer(&s->tx);
    USBStatus status = t ? send(s, t) : USB_PENDING;

    if (!t) {
        return;
    }
    if (status == USB_PENDING) {
        s->tx = t;
    } else {
        usb_complete(t, status);
    }
}

static gboolean output_possible(void *unused, GIOCondition condition, void *opaque)
{
    USBSerial *s = opaque;

    s->watch = 0;
    send_rest(s);
    return FALSE;
}

/* Packet after packet, each with its two status bytes; the one that isn't full is the last. */
static USBStatus receive(USBSerial *s, USBTransfer *t)
{
    uint16_t status = status_bytes(s);
    size_t part;

    if (!s->rx_count && status == s->told) {
        return USB_NAK;
    }
    s->told = status & ~(LINE_BREAK << 8);
    s->line = 0;
    do {
        uint8_t packet[PACKET] = { status & 0xff, status >> 8 };

        part = MIN(s->rx_count, PACKET - 2);
        for (size_t i = 0; i < part; i++) {
            packet[2 + i] = s->rx[(s->rx_first + i) % RX_SIZE];
        }
        if (usb_room(t) < 2 + part) {
            return t->moved ? USB_DONE : USB_BABBLE;
        }
        usb_give(t, packet, 2 + part);
        s->rx_first = (s->rx_first + part) % RX_SIZE;
        s->rx_count -= part;
    } while (part == PACKET - 2 && s->rx_count && usb_room(t));
    qemu_chr_fe_accept_input(&s->chr);
    return USB_DONE;
}

static USBStatus serial_transfer(USBDevice *dev, USBTransfer *t)
{
    USBSerial *s = USB_SERIAL(dev);
    USBStatus status;

    if (t->pid == USB_PID_IN) {
        return receive(s, t);
    }
    if (s->tx) {
        return USB_NAK; /* from another queue of the controller: one after the other */
    }
    status = send(s, t);
    s->tx = status == USB_PENDING ? t : NULL;
    return status;
}

static void serial_cancel(USBDevice *dev, USBTransfer *t)
{
    USBSerial *s = USB_SERIAL(dev);

    if (s->tx == t) {
        s->tx = NULL;
        g_clear_handle_id(&s->watch, g_source_remove);
    }
}

static int input_room(void *opaque)
{
    USBSerial *s = opaque;

    return RX_SIZE - s->rx_count;
}

static void input(void *opaque, const uint8_t *buf, int size)
{
    USBSerial *s = opaque;

    for (int i = 0; i < size && s->rx_count < RX_SIZE; i++) {
        s->rx[(s->rx_first + s->rx_count++) % RX_SIZE] = buf[i];
    }
    usb_endpoint_ready(&s->parent_obj, BULK_IN);
}

static void event(void *opaque, QEMUChrEvent what)
{
    USBSerial *s = opaque;

    switch (what) {
    case CHR_EVENT_BREAK:
        s->line |= LINE_BREAK;
        break;
    case CHR_EVENT_OPENED:
        if (s->parent_obj.attaches_itself) {
            usb_device_attach(&s->parent_obj);
        }
        break;
    case CHR_EVENT_CLOSED:
        g_clear_handle_id(&s->watch, g_source_remove);
        send_rest(s); /* nowhere */
        if (s->parent_obj.attaches_itself) {
            usb_device_detach(&s->parent_obj);
        }
        break;
    default:
        return;
    }
    usb_endpoint_ready(&s->parent_obj, BULK_IN);
}

/* --- the device --- */

static void serial_bus_reset(USBDevice *dev)
{
    reset_line(USB_SERIAL(dev));
}

/* The adapter is plugged in while somebody is at the other end of its line, or always. */
static void serial_realize(USBDevice *dev, Error **errp)
{
    USBSerial *s = USB_SERIAL(dev);

    if (!qemu_chr_fe_backend_connected(&s->chr)) {
        error_setg(errp, "chardev: a usb-serial needs one");
        return;
    }
    dev->attaches_itself = !s->always_plugged;
    reset_line(s);
    qemu_chr_fe_set_handlers(&s->chr, input_room, input, event, NULL, s, NULL, true);
}

static void serial_unrealize(USBDevice *dev)
{
    USBSerial *s = USB_SERIAL(dev);

    g_clear_handle_id(&s->watch, g_source_remove);
    qemu_chr_fe_set_handlers(&s->chr, NULL, NULL, NULL, NULL, NULL, NULL, true);
}

static int serial_loaded(void *opaque, int version)
{
    USBSerial *s = opaque;

    return s->rx_first < RX_SIZE && s->rx_count <= RX_SIZE ? 0 : -EINVAL;
}

static const VMStateDescription vmstate_serial = {
    .name = TYPE_USB_SERIAL,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = serial_loaded,
    .fields =
        (const VMStateField[]){
            VMSTATE_USB_DEVICE(parent_obj, USBSerial),
            VMSTATE_UINT8_ARRAY(rx, USBSerial, RX_SIZE),
            VMSTATE_UINT32(rx_first, USBSerial),
            VMSTATE_UINT32(rx_count, USBSerial),
            VMSTATE_UINT8(control, USBSerial),
            VMSTATE_UINT8(latency, USBSerial),
            VMSTATE_UINT8(line, USBSerial),
            VMSTATE_UINT16(told, USBSerial),
            VMSTATE_UINT32(baud_divisor, USBSerial),
            VMSTATE_UINT32(format, USBSerial),
            VMSTATE_BOOL(break_on, USBSerial),
            VMSTATE_END_OF_LIST(),
        },
};

static Property serial_properties[] = {
    DEFINE_PROP_CHR("chardev", USBSerial, chr),
    DEFINE_PROP_BOOL("always-plugged", USBSerial, always_plugged, false),
    DEFINE_PROP_END_OF_LIST(),
};

static void serial_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    USBDeviceClass *uc = USB_DEVICE_CLASS(klass);

    uc->descriptors = &serial_descriptors;
    uc->realize = serial_realize;
    uc->unrealize = serial_unrealize;
    uc->bus_reset = serial_bus_reset;
    uc->control = serial_control;
    uc->transfer = serial_transfer;
    uc->cancel = serial_cancel;
    dc->desc = "USB serial adapter (FTDI FT232BM)";
    dc->vmsd = &vmstate_serial;
    set_bit(DEVICE_CATEGORY_INPUT, dc->categories);
    device_class_set_props(dc, serial_properties);
}

static const TypeInfo serial_types[] = {
    {
        .name = TYPE_USB_SERIAL,
        .parent = TYPE_USB_DEVICE,
        .instance_size = sizeof(USBSerial),
        .class_init = serial_class_init,
    },
};

DEFINE_TYPES(serial_types)
