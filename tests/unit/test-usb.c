/*
 * USB: what devices answer on endpoint 0 and do on the others, without a controller's software in
 * between; and the xHCI, driven as a driver would and as none should.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chardev/char-fe.h"
#include "device-test.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_host.h"
#include "hw/usb/usb.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"
#include "system/block-backend.h"
#include "system/runstate.h"
#include "ui/input.h"
#include <linux/input-event-codes.h>

#define RAM_SIZE  0x100000
#define XHCI_BAR  0x10000000

static MemoryRegion ram, io;
static PCIBus *pci;

/* --- a controller with nothing in front of it --- */

#define TYPE_TEST_CONTROLLER "test-usb-controller"
#define TYPE_FULL_CHARDEV    "test-full-chardev"

/* A chardev that never takes anything. */
static int take_nothing(Chardev *chr, const uint8_t *buf, int len)
{
    errno = EAGAIN;
    return -1;
}

static GSource *watch_for_ever(Chardev *chr, GIOCondition cond)
{
    return g_timeout_source_new_seconds(G_MAXINT);
}

static void full_chardev_class_init(ObjectClass *oc, void *data)
{
    CHARDEV_CLASS(oc)->chr_write = take_nothing;
    CHARDEV_CLASS(oc)->chr_add_watch = watch_for_ever;
}

static const TypeInfo test_types[] = {
    { .name = "test-usb-host", .parent = TYPE_PCI_HOST_BRIDGE,
      .instance_size = sizeof(PCIHostState) },
    { .name = TYPE_TEST_CONTROLLER, .parent = TYPE_DEVICE, .instance_size = sizeof(DeviceState) },
    { .name = TYPE_FULL_CHARDEV, .parent = TYPE_CHARDEV, .instance_size = sizeof(Chardev),
      .class_init = full_chardev_class_init },
};

DEFINE_TYPES(test_types)

typedef struct Fixture {
    DeviceState *controller;
    USBBus *bus;
    USBPort port;
    USBDevice *dev;
    unsigned ready; /* bit n: IN endpoint n has said that it has something */
    int resumes;
} Fixture;

static void endpoint_ready(USBPort *root, USBDevice *dev, uint8_t address)
{
    Fixture *f = root->owner;

    f->ready |= 1u << (address & 0xf);
}

static void resumed(USBPort *port)
{
    Fixture *f = port->owner;

    f->resumes++;
}

static const USBPortOps port_ops = { .endpoint_ready = endpoint_ready, .resumed = resumed };

static USBDevice *plug(Fixture *f, const char *type, const char *port)
{
    DeviceState *dev = qdev_new(type);

    if (port) {
        qdev_prop_set_string(dev, "port", port);
    }
    qdev_realize_and_unref(dev, BUS(f->bus), &error_abort);
    return USB_DEVICE(dev);
}

static void set_up(Fixture *f, gconstpointer type)
{
    f->controller = qdev_new(TYPE_TEST_CONTROLLER);
    qdev_realize(f->controller, NULL, &error_abort);
    f->bus = usb_bus_new(f->controller, NULL);
    usb_port_add(f->bus, &f->port, NULL, 1, 0xf, &port_ops, f, 0);
    f->dev = plug(f, type, NULL);
    usb_port_reset(&f->port);
    f->port.enabled = true;
}

static void tear_down(Fixture *f, gconstpointer type)
{
    usb_bus_remove(f->bus);
    test_drop(f->controller);
}

static void completed(USBTransfer *t)
{
}

static USBStatus transfer(USBDevice *dev, USBPid pid, uint8_t endpoint, void *data, size_t size,
                          size_t *moved)
{
    USBTransfer t = { .pid = pid, .endpoint = endpoint, .complete = completed };
    USBStatus status;

    qemu_iovec_init_buf(&t.data, data, size);
    status = usb_submit(dev, &t);
    *moved = t.moved;
    g_assert_cmpint(status, !=, USB_PENDING);
    return status;
}

/* A whole control transfer: bytes of data, or -1 if one of its stages is refused. */
static int control(USBDevice *dev, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
                   void *data, uint16_t length)
{
    bool in = type & USB_DIR_IN;
    uint8_t setup[8] = { type, request };
    size_t moved = 0, ignored;

    stw_le_p(setup + 2, value);
    stw_le_p(setup + 4, index);
    stw_le_p(setup + 6, length);
    g_assert_cmpint(transfer(dev, USB_PID_SETUP, 0, setup, 8, &ignored), ==, USB_DONE);
    if (length && transfer(dev, in ? USB_PID_IN : USB_PID_OUT, 0, data, length, &moved) !=
                      USB_DONE) {
        return -1;
    }
    return transfer(dev, in && length ? USB_PID_OUT : USB_PID_IN, 0, NULL, 0, &ignored) == USB_DONE
               ? (int)moved : -1;
}

static void configure(USBDevice *dev)
{
    g_assert_cmpint(control(dev, 0, 5, 7, 0, NULL, 0), ==, 0);
    g_assert_cmpint(control(dev, 0, 9, 1, 0, NULL, 0), ==, 0);
}

/* --- requests --- */

static void test_an_address_counts_from_the_status_stage_on(Fixture *f, gconstpointer type)
{
    uint8_t setup[8] = { 0, 5, 42 };
    size_t moved;

    g_assert_cmpint(transfer(f->dev, USB_PID_SETUP, 0, setup, 8, &moved), ==, USB_DONE);
    g_assert_true(usb_find_address(f->bus, f, 0) == f->dev);
    g_assert_cmpint(transfer(f->dev, USB_PID_IN, 0, NULL, 0, &moved), ==, USB_DONE);
    g_assert_null(usb_find_address(f->bus, f, 0));
    g_assert_true(usb_find_address(f->bus, f, 42) == f->dev);
    g_assert_null(usb_find_address(f->bus, NULL, 42)); /* another controller's */
    usb_port_reset(&f->port);
    g_assert_true(usb_find_address(f->bus, f, 0) == f->dev);
}

static void test_descriptors_are_as_long_as_they_say(Fixture *f, gconstpointer type)
{
    uint8_t data[256];
    int size;

    configure(f->dev);
    g_assert_cmpint(control(f->dev, 0x80, 6, 0x0100, 0, data, 255), ==, 18);
    g_assert_cmpuint(data[0], ==, 18);
    g_assert_cmpint(control(f->dev, 0x80, 6, 0x0100, 0, data, 8), ==, 8);
    size = control(f->dev, 0x80, 6, 0x0200, 0, data, 255);
    g_assert_cmpint(size, ==, lduw_le_p(data + 2));
    for (int at = 0; at < size; at += data[at]) {
        g_assert_cmpuint(data[at], >=, 2);
        g_assert_cmpint(at + data[at], <=, size);
    }
    for (int i = 0; i < 4; i++) {
        size = control(f->dev, 0x80, 6, 0x0300 | i, 0x409, data, 255);
        g_assert_cmpint(size, ==, data[0]);
    }
    g_assert_cmpint(control(f->dev, 0x80, 6, 0x0304, 0x409, data, 255), ==, -1);
    g_assert_cmpint(control(f->dev, 0x80, 6, 0x0201, 0, data, 255), ==, -1);
}

static void test_a_refusal_ends_with_the_next_setup(Fixture *f, gconstpointer type)
{
    uint8_t data[8];

    g_assert_cmpint(control(f->dev, 0xc0, 0x77, 0, 0, data, 8), ==, -1);
    g_assert_cmpint(control(f->dev, 0x40, 0x77, 0, 0, data, 8), ==, -1);
    g_assert_cmpint(control(f->dev, 0, 9, 2, 0, NULL, 0), ==, -1);
    g_assert_cmpint(control(f->dev, 0x80, 0, 0, 0, data, 2), ==, 2);
}

static void test_more_data_than_announced_is_refused(Fixture *f, gconstpointer type)
{
    uint8_t setup[8] = { 0x21, 9, 0, 2, 0, 0, 1, 0 }, data[64] = { 0 };
    size_t moved;

    configure(f->dev);
    g_assert_cmpint(transfer(f->dev, USB_PID_SETUP, 0, setup, 8, &moved), ==, USB_DONE);
    g_assert_cmpint(transfer(f->dev, USB_PID_OUT, 0, data, 64, &moved), ==, USB_STALL);
    g_assert_cmpint(transfer(f->dev, USB_PID_IN, 0, NULL, 0, &moved), ==, USB_STALL);
    setup[7] = 0x80; /* 32 KiB */
    g_assert_cmpint(transfer(f->dev, USB_PID_SETUP, 0, setup, 8, &moved), ==, USB_DONE);
    g_assert_cmpint(transfer(f->dev, USB_PID_OUT, 0, data, 64, &moved), ==, USB_STALL);
}

static void test_a_halted_endpoint_stalls_until_cleared(Fixture *f, gconstpointer type)
{
    uint8_t data[8];
    size_t moved;

    configure(f->dev);
    g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, data, 8, &moved), ==, USB_NAK);
    g_assert_cmpint(control(f->dev, 2, 3, 0, 0x81, NULL, 0), ==, 0);
    g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, data, 8, &moved), ==, USB_STALL);
    g_assert_cmpint(control(f->dev, 0x82, 0, 0, 0x81, data, 2), ==, 2);
    g_assert_cmpuint(data[0], ==, 1);
    g_assert_cmpint(control(f->dev, 2, 1, 0, 0x81, NULL, 0), ==, 0);
    g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, data, 8, &moved), ==, USB_NAK);
    g_assert_cmpint(transfer(f->dev, USB_PID_IN, 2, data, 8, &moved), ==, USB_NO_ANSWER);
}

static void test_nothing_gets_through_a_port_that_is_off(Fixture *f, gconstpointer type)
{
    uint8_t data[8];
    size_t moved;

    configure(f->dev);
    usb_port_disable(&f->port);
    g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, data, 8, &moved), ==, USB_NO_ANSWER);
    g_assert_null(usb_find_address(f->bus, f, 7));
}

/* --- input devices --- */

static void test_each_key_is_a_report(Fixture *f, gconstpointer type)
{
    static const uint8_t expected[][8] = {
        { 0x02 }, { 0x02, 0, 0x04 }, { 0x02, 0, 0 }, { 0x00 },
    };
    uint8_t data[8];
    size_t moved;

    configure(f->dev);
    input_send_key(NULL, KEY_LEFTSHIFT, true);
    input_send_key(NULL, KEY_A, true);
    input_send_key(NULL, KEY_A, false);
    input_send_key(NULL, KEY_LEFTSHIFT, false);
    g_assert_cmphex(f->ready, ==, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, data, 8, &moved), ==, USB_DONE);
        g_assert_cmpmem(data, moved, expected[i], 8);
    }
    g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, data, 8, &moved), ==, USB_NAK);
}

static void test_motion_joins_and_clicks_do_not(Fixture *f, gconstpointer type)
{
    static const uint8_t expected[][4] = {
        { 0, 127, 0xfb, 0 }, { 0, 73, 0, 0 }, { 1, 0, 0, 0 }, { 0, 0, 0, 0 },
    };
    uint8_t data[8];
    size_t moved;

    configure(f->dev);
    input_send_motion(NULL, INPUT_X, 150);
    input_sync();
    input_send_motion(NULL, INPUT_X, 50);
    input_send_motion(NULL, INPUT_Y, -5);
    input_sync();
    input_send_button(NULL, INPUT_LEFT, true);
    input_sync();
    input_send_button(NULL, INPUT_LEFT, false);
    input_sync();
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, data, 8, &moved), ==, USB_DONE);
        g_assert_cmpmem(data, moved, expected[i], 4);
    }
    g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, data, 8, &moved), ==, USB_NAK);
}

static void test_a_key_wakes_a_suspended_port_if_allowed(Fixture *f, gconstpointer type)
{
    configure(f->dev);
    usb_port_suspend(&f->port, true);
    input_send_key(NULL, KEY_A, true);
    g_assert_cmpint(f->resumes, ==, 0);
    usb_port_suspend(&f->port, false);
    g_assert_cmpint(control(f->dev, 0, 3, 1, 0, NULL, 0), ==, 0); /* remote wakeup */
    usb_port_suspend(&f->port, true);
    input_send_key(NULL, KEY_A, false);
    g_assert_cmpint(f->resumes, ==, 1);
}

static void test_state_is_copied(Fixture *f, gconstpointer type)
{
    Fixture other = { 0 };
    uint8_t data[8];
    size_t moved;

    configure(f->dev);
    input_send_key(NULL, KEY_B, true);
    set_up(&other, type);
    test_copy_state(DEVICE(f->dev), DEVICE(other.dev));
    g_assert_cmpuint(other.dev->address, ==, 7);
    g_assert_cmpint(transfer(other.dev, USB_PID_IN, 1, data, 8, &moved), ==, USB_DONE);
    g_assert_cmphex(data[2], ==, 0x05);
    tear_down(&other, type);
}

/* --- the hub --- */

static uint32_t hub_port(USBDevice *hub, unsigned n)
{
    uint8_t data[4];

    g_assert_cmpint(control(hub, 0xa3, 0, 0, n, data, 4), ==, 4);
    return ldl_le_p(data);
}

static void test_a_hub_leads_to_what_is_plugged_into_it(Fixture *f, gconstpointer type)
{
    USBDevice *mouse;
    uint8_t data[8];
    size_t moved;

    configure(f->dev);
    g_assert_cmpint(control(f->dev, 0xa0, 6, 0x2900, 0, data, 8), ==, 8);
    g_assert_cmpuint(data[2], ==, 8);
    mouse = plug(f, "usb-mouse", "1.3");
    g_assert_cmphex(hub_port(f->dev, 3), ==, 0);
    g_assert_cmpint(control(f->dev, 0x23, 3, 8, 3, NULL, 0), ==, 0); /* power */
    g_assert_cmphex(hub_port(f->dev, 3), ==, 0x00010101);
    g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, data, 8, &moved), ==, USB_DONE);
    g_assert_cmphex(data[0], ==, 1 << 3);
    g_assert_null(usb_find_address(f->bus, f, 0));
    g_assert_cmpint(control(f->dev, 0x23, 3, 4, 3, NULL, 0), ==, 0); /* reset */
    g_assert_cmphex(hub_port(f->dev, 3), ==, 0x00110103);
    g_assert_true(usb_find_address(f->bus, f, 0) == mouse);
    g_assert_cmpint(mouse->speed, ==, USB_FULL);
    g_assert_cmpint(control(f->dev, 0x23, 1, 16, 3, NULL, 0), ==, 0);
    g_assert_cmpint(control(f->dev, 0x23, 1, 20, 3, NULL, 0), ==, 0);
    g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, data, 8, &moved), ==, USB_NAK);
    g_assert_cmpint(control(f->dev, 0x23, 3, 4, 9, NULL, 0), ==, -1); /* no such port */
    object_unparent(OBJECT(mouse));
    g_assert_cmphex(hub_port(f->dev, 3), ==, 0x00030100);
}

/* --- serial adapter --- */

/* One transfer at a time waits for the back end, and is told when the adapter goes. */
static void test_serial_output_waits_for_its_turn(Fixture *f, gconstpointer type)
{
    uint8_t bytes[8] = { 0 };
    USBTransfer first = { .pid = USB_PID_OUT, .endpoint = 2, .complete = completed };
    USBTransfer second = first;
    DeviceState *serial = qdev_new("usb-serial");

    qemu_iovec_init_buf(&first.data, bytes, sizeof(bytes));
    qemu_iovec_init_buf(&second.data, bytes, sizeof(bytes));
    qdev_prop_set_chr(serial, "chardev",
                      qemu_chardev_new("full", TYPE_FULL_CHARDEV, NULL, &error_abort));
    qdev_prop_set_string(serial, "port", "1.1");
    qdev_realize_and_unref(serial, BUS(f->bus), &error_abort);
    configure(f->dev);
    g_assert_cmpint(control(f->dev, 0x23, 3, 8, 1, NULL, 0), ==, 0); /* power */
    g_assert_cmpint(control(f->dev, 0x23, 3, 4, 1, NULL, 0), ==, 0); /* reset */
    configure(USB_DEVICE(serial));
    g_assert_cmpint(usb_submit(USB_DEVICE(serial), &first), ==, USB_PENDING);
    g_assert_cmpint(usb_submit(USB_DEVICE(serial), &second), ==, USB_NAK);
    object_unparent(OBJECT(serial));
    g_assert_cmpint(first.status, ==, USB_NO_ANSWER);
}

/* --- disk --- */

/* Who asks for the status while data are on their way is put off, and told when it is worth it. */
static void test_a_status_may_be_asked_for_early(Fixture *f, gconstpointer type)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("test-usb-XXXXXX", &path, NULL);
    uint8_t command[31] = "USBC", status[13], block[512] = { 0 };
    USBTransfer data = { .pid = USB_PID_OUT, .endpoint = 2, .complete = completed };
    DeviceState *stick = qdev_new("usb-storage");
    BlockBackend *blk;
    size_t moved;

    g_assert_cmpint(ftruncate(fd, 0x10000), ==, 0);
    close(fd);
    blk = blk_new_open("disk", path, "raw", false, &error_abort);
    object_unparent(OBJECT(f->dev));
    qdev_prop_set_string(stick, "drive", "disk");
    qdev_realize_and_unref(stick, BUS(f->bus), &error_abort);
    f->dev = USB_DEVICE(stick);
    usb_port_reset(&f->port);
    f->port.enabled = true;
    configure(f->dev);
    command[9] = 512 >> 8;
    command[14] = 10;
    command[15] = 0x2a; /* WRITE(10) of a block */
    command[23] = 1;
    for (int i = 0; i < 2; i++) { /* the first one may meet a unit attention */
        qemu_iovec_init_buf(&data.data, block, sizeof(block));
        g_assert_cmpint(transfer(f->dev, USB_PID_OUT, 2, command, 31, &moved), ==, USB_DONE);
        g_assert_cmpint(usb_submit(f->dev, &data), ==, USB_PENDING);
        f->ready = 0;
        g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, status, 13, &moved), ==, USB_NAK);
        while (usb_is_pending(&data)) {
            main_loop_wait(false);
        }
        g_assert_cmphex(f->ready & 1u << 1, !=, 0);
        g_assert_cmpint(transfer(f->dev, USB_PID_IN, 1, status, 13, &moved), ==, USB_DONE);
        g_assert_cmpmem(status, 4, "USBS", 4);
    }
    g_assert_cmpint(status[12], ==, 0);
    object_unparent(OBJECT(f->dev));
    blk_unref(blk);
    unlink(path);
}

/* --- xHCI: a driver --- */

enum { COMMANDS = 0x1000, EVENTS = 0x2000, ERST = 0x3000, DCBAA = 0x4000, INPUT = 0x5000,
       OUTPUT = 0x6000, EP0 = 0x7000, DATA = 0x8000, EP3 = 0x9000 };
enum { EVENT_TRBS = 16 };

typedef struct Xhci {
    PCIDevice *dev;
    AddressSpace regs;
    uint32_t command, event, ep0; /* TRBs so far */
    bool event_cycle;
} Xhci;

static uint64_t get_trb(uint32_t at, unsigned word)
{
    return address_space_ldl_le(&address_space_memory, at + word * 4, MEMTXATTRS_UNSPECIFIED, NULL);
}

static void put_trb(uint32_t at, uint64_t parameter, uint32_t status, uint32_t word)
{
    address_space_stq_le(&address_space_memory, at, parameter, MEMTXATTRS_UNSPECIFIED, NULL);
    address_space_stl_le(&address_space_memory, at + 8, status, MEMTXATTRS_UNSPECIFIED, NULL);
    address_space_stl_le(&address_space_memory, at + 12, word, MEMTXATTRS_UNSPECIFIED, NULL);
}

static void put_word(uint32_t at, uint32_t value)
{
    address_space_stl_le(&address_space_memory, at, value, MEMTXATTRS_UNSPECIFIED, NULL);
}

static void reg(Xhci *x, uint32_t offset, uint32_t value)
{
    wr(&x->regs, offset, value, MO_LEUL);
}

enum { USBCMD = 0x40, USBSTS = 0x44, CRCR = 0x58, DCBAAP = 0x70, CONFIG = 0x78, PORTSC = 0x440,
       ERSTSZ = 0x1028, ERSTBA = 0x1030, ERDP = 0x1038, DOORBELL = 0x2000 };

static void set_irq(void *opaque, int irq, int level)
{
}

static int map_irq(PCIDevice *dev, int pin)
{
    return pin;
}

static void drop(PCIDevice *dev)
{
    object_unparent(OBJECT(dev));
    drain_call_rcu();
}

static void xhci_set_up(Xhci *x, gconstpointer type)
{
    void *all = memory_region_get_ram_ptr(&ram);

    memset(all, 0, RAM_SIZE);
    x->dev = pci_new(-1, "qemu-xhci");
    pci_realize_and_unref(x->dev, pci, &error_abort);
    pci_host_config_write_common(x->dev, PCI_COMMAND, 256, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
                                 2);
    pci_host_config_write_common(x->dev, PCI_BASE_ADDRESS_0, 256, XHCI_BAR, 4);
    address_space_init(&x->regs, x->dev->io_regions[0].memory, "test-xhci");
    if (type) {
        DeviceState *dev = qdev_new(type);

        qdev_realize_and_unref(dev, g_ptr_array_index(DEVICE(x->dev)->child_buses, 0),
                               &error_abort);
    }
    put_word(ERST, EVENTS);
    put_word(ERST + 8, EVENT_TRBS);
    reg(x, CRCR, COMMANDS | 1);
    reg(x, DCBAAP, DCBAA);
    reg(x, CONFIG, 8);
    reg(x, ERSTSZ, 1);
    reg(x, ERDP, EVENTS);
    reg(x, ERSTBA, ERST);
    reg(x, USBCMD, 1);
    x->event_cycle = true;
}

static void xhci_tear_down(Xhci *x, gconstpointer type)
{
    address_space_destroy(&x->regs);
    drop(x->dev);
}

/* The next event of that type; others are passed over. Its completion code; -1: there is none. */
static int next_event(Xhci *x, unsigned type, uint32_t *word3)
{
    for (int i = 0; i < 1000; i++) {
        uint32_t at = EVENTS + x->event * 16, w3 = get_trb(at, 3);

        if ((w3 & 1) != x->event_cycle) {
            return -1;
        }
        x->event++;
        if (x->event == EVENT_TRBS) {
            x->event = 0;
            x->event_cycle = !x->event_cycle;
        }
        reg(x, ERDP, (EVENTS + x->event * 16) | 8);
        if ((w3 >> 10 & 0x3f) == type) {
            *word3 = w3;
            return get_trb(at, 2) >> 24;
        }
    }
    return -1;
}

static int command(Xhci *x, unsigned type, uint64_t parameter, uint32_t bits, unsigned *slot)
{
    uint32_t word3 = 0;
    int code;

    put_trb(COMMANDS + x->command++ * 16, parameter, 0, type << 10 | bits | 1);
    reg(x, DOORBELL, 0);
    code = next_event(x, 33, &word3);
    *slot = word3 >> 24;
    return code;
}

/* Slot 1 with the device in the first socket, which is reset and addressed. */
static void address_device(Xhci *x)
{
    unsigned slot;

    g_assert_cmphex(rd(&x->regs, PORTSC, MO_LEUL) & 1, ==, 1);
    reg(x, PORTSC, 0x210);
    g_assert_cmphex(rd(&x->regs, PORTSC, MO_LEUL) & 0x200013, ==, 0x200003);
    g_assert_cmpint(command(x, 9, 0, 0, &slot), ==, 1);
    g_assert_cmpuint(slot, ==, 1);
    put_word(DCBAA + 8, OUTPUT);
    put_word(INPUT + 4, 3);
    put_word(INPUT + 32, 1 << 27 | 3 << 20);
    put_word(INPUT + 36, 1 << 16);
    put_word(INPUT + 68, 64 << 16 | 4 << 3);
    put_word(INPUT + 72, EP0 | 1);
    g_assert_cmpint(command(x, 11, INPUT, 1 << 24, &slot), ==, 1);
}

static int control_in(Xhci *x, uint16_t value, uint16_t length, uint32_t *left)
{
    uint64_t setup = 0x0680 | (uint64_t)value << 16 | (uint64_t)length << 48;
    uint32_t word3, event_at;
    int code;

    put_trb(EP0 + x->ep0++ * 16, setup, 8, 2 << 10 | 3 << 16 | 1 << 6 | 1);
    put_trb(EP0 + x->ep0++ * 16, DATA, length, 3 << 10 | 1 << 16 | 1 << 5 | 1);
    put_trb(EP0 + x->ep0++ * 16, 0, 0, 4 << 10 | 1 << 5 | 1);
    reg(x, DOORBELL + 4, 1);
    event_at = EVENTS + x->event * 16;
    code = next_event(x, 32, &word3);
    *left = get_trb(event_at, 2) & 0xffffff;
    return code;
}

static void test_a_driver_reads_a_descriptor(Xhci *x, gconstpointer type)
{
    uint32_t left, word3;

    address_device(x);
    g_assert_cmpint(control_in(x, 0x0100, 18, &left), ==, 1);
    g_assert_cmphex(get_trb(DATA, 2), ==, 0x00010627);
    g_assert_cmpint(next_event(x, 32, &word3), ==, 1);
    g_assert_cmpint(control_in(x, 0x0100, 64, &left), ==, 13); /* short packet */
    g_assert_cmpuint(left, ==, 64 - 18);
    g_assert_cmpint(next_event(x, 32, &word3), ==, 1);
    g_assert_cmpint(control_in(x, 0x0f00, 64, &left), ==, 6); /* no BOS: stall */
    g_assert_cmphex(get_trb(OUTPUT + 32, 0) & 7, ==, 2);      /* halted */
}

static void test_commands_say_what_is_wrong(Xhci *x, gconstpointer type)
{
    unsigned slot;

    g_assert_cmpint(command(x, 11, INPUT, 5 << 24, &slot), ==, 11); /* slot not enabled */
    g_assert_cmpint(command(x, 10, 0, 0, &slot), ==, 11);
    g_assert_cmpint(command(x, 10, 0, 0xffu << 24, &slot), ==, 11);
    g_assert_cmpint(command(x, 63, 0, 0, &slot), ==, 5); /* no such command */
    address_device(x);
    g_assert_cmpint(command(x, 15, 0, 1 << 24, &slot), ==, 5); /* endpoint 0 of none */
    g_assert_cmpint(command(x, 15, 0, 1 << 24 | 7 << 16, &slot), ==, 12);
    g_assert_cmpint(command(x, 14, 0, 1 << 24 | 1 << 16, &slot), ==, 19); /* not halted */
    put_word(INPUT + 4, 1 | 1 << 5);
    put_word(INPUT + 32 * 6 + 4, 2 << 3); /* bulk OUT at the index of an IN */
    g_assert_cmpint(command(x, 12, INPUT, 1 << 24, &slot), ==, 17);
    g_assert_cmpint(command(x, 11, INPUT, 1 << 24, &slot), ==, 19); /* addressed already */
}

static void test_a_ring_of_links_is_an_error(Xhci *x, gconstpointer type)
{
    uint32_t word3;

    address_device(x);
    put_trb(EP0, EP0, 0, 6 << 10 | 1);
    reg(x, DOORBELL + 4, 1);
    g_assert_cmpint(next_event(x, 32, &word3), ==, 5);
    g_assert_cmphex(get_trb(OUTPUT + 32, 0) & 7, ==, 4); /* error */
}

/* Normal TRBs that are chained to each other for ever. */
static void test_an_endless_td_is_an_error(Xhci *x, gconstpointer type)
{
    uint32_t word3;

    address_device(x);
    put_trb(EP0, DATA, 0, 3 << 10 | 1 << 16 | 1 << 4 | 1);
    put_trb(EP0 + 16, EP0, 0, 6 << 10 | 1 << 4 | 1);
    reg(x, DOORBELL + 4, 1);
    g_assert_cmpint(next_event(x, 32, &word3), ==, 5);
}

/* One turn does its share, and the main loop runs in between. */
static void test_an_endless_command_ring_does_not_hold_the_machine(Xhci *x, gconstpointer type)
{
    put_trb(COMMANDS, 0, 0, 23 << 10 | 1);
    put_trb(COMMANDS + 16, COMMANDS, 0, 6 << 10 | 1);
    reg(x, DOORBELL, 0); /* returns: events are full, the rest waits */
    main_loop_wait(true);
    for (uint32_t i = 0, word3; i < 50; i++) {
        g_assert_cmpint(next_event(x, 33, &word3), ==, 1);
        main_loop_wait(true);
    }
}

static void test_rings_outside_of_memory_halt_it(Xhci *x, gconstpointer type)
{
    reg(x, USBCMD, 0);
    reg(x, CRCR, 0x70000000 | 1);
    reg(x, USBCMD, 1);
    reg(x, DOORBELL, 0);
    g_assert_cmphex(rd(&x->regs, USBSTS, MO_LEUL) & 5, ==, 5); /* HSE, halted */
    reg(x, USBCMD, 2);
    g_assert_cmphex(rd(&x->regs, USBSTS, MO_LEUL) & 5, ==, 1);
}

/* Events over its own registers: the writes come back to it, and do nothing. */
static void test_its_own_registers_are_no_place_for_events(Xhci *x, gconstpointer type)
{
    put_word(ERST, XHCI_BAR + DOORBELL);
    reg(x, ERSTBA, ERST);
    put_trb(COMMANDS, 0, 0, 9 << 10 | 1);
    put_trb(COMMANDS + 16, 0, 0, 9 << 10 | 1);
    reg(x, DOORBELL, 0);
    reg(x, USBCMD, 0);
    g_assert_cmphex(rd(&x->regs, USBCMD, MO_LEUL) & 1, ==, 0);
}

static void test_a_device_that_goes_fails_its_transfers(Xhci *x, gconstpointer type)
{
    BusState *bus = g_ptr_array_index(DEVICE(x->dev)->child_buses, 0);
    unsigned slot;
    uint32_t word3, left;

    address_device(x);
    put_word(INPUT + 4, 1 | 1 << 3);
    put_word(INPUT + 32 * 4 + 4, 8 << 16 | 7 << 3); /* interrupt IN */
    put_word(INPUT + 32 * 4 + 8, EP3 | 1);
    g_assert_cmpint(command(x, 12, INPUT, 1 << 24, &slot), ==, 1);
    put_trb(EP0 + x->ep0++ * 16, 0x0000000000010900, 8, 2 << 10 | 1 << 6 | 1);
    put_trb(EP0 + x->ep0++ * 16, 0, 0, 4 << 10 | 1 << 16 | 1 << 5 | 1);
    reg(x, DOORBELL + 4, 1);
    g_assert_cmpint(next_event(x, 32, &word3), ==, 1);
    put_trb(EP3, DATA, 8, 1 << 10 | 1 << 5 | 1);
    reg(x, DOORBELL + 4, 3);
    g_assert_cmpint(next_event(x, 32, &word3), ==, -1); /* it has nothing yet */
    object_unparent(OBJECT(g_ptr_array_index(bus->children, 0)));
    g_assert_cmpint(next_event(x, 32, &word3), ==, 4);
    g_assert_cmpuint(word3 >> 16 & 0x1f, ==, 3);
    g_assert_cmpint(control_in(x, 0x0100, 18, &left), ==, 4);
    g_assert_cmphex(rd(&x->regs, PORTSC, MO_LEUL) & 0x20003, ==, 0x20000);
}

static void test_xhci_state_is_copied(Xhci *x, gconstpointer type)
{
    Xhci other = { 0 };

    address_device(x);
    other.dev = pci_new(-1, "qemu-xhci");
    pci_realize_and_unref(other.dev, pci, &error_abort);
    test_copy_state(DEVICE(x->dev), DEVICE(other.dev));
    address_space_init(&other.regs, other.dev->io_regions[0].memory, "test-xhci");
    g_assert_cmphex(rd(&other.regs, DCBAAP, MO_LEUL), ==, DCBAA);
    g_assert_cmphex(rd(&other.regs, CRCR, MO_LEUL), ==, 8);
    g_assert_cmphex(rd(&other.regs, USBSTS, MO_LEUL) & 1, ==, 0);
    /* It goes on at the same place of the same rings: the next slot is the second. */
    put_trb(COMMANDS + x->command * 16, 0, 0, 9 << 10 | 1);
    reg(&other, DOORBELL, 0);
    g_assert_cmphex(get_trb(EVENTS + x->event * 16, 3) >> 24, ==, 2);
    address_space_destroy(&other.regs);
    drop(other.dev);
}

/* --- UHCI --- */

enum { FRAMES = 0x10000, QH = 0x11000, TDS = 0x12000 };
enum { ACTIVE = 1 << 23, IOC = 1 << 24 };

typedef struct Uhci {
    PCIDevice *dev;
    AddressSpace regs;
} Uhci;

static void put_td(unsigned n, uint32_t pid, unsigned endpoint, uint32_t size, uint32_t buffer,
                   uint32_t more)
{
    uint32_t at = TDS + n * 0x20;

    put_word(at, at + 0x20);
    put_word(at + 4, ACTIVE | more);
    put_word(at + 8, pid | endpoint << 15 | ((size - 1) & 0x7ff) << 21);
    put_word(at + 12, buffer);
}

static void uhci_set_up(Uhci *u, gconstpointer type)
{
    DeviceState *dev = qdev_new("usb-kbd");

    memset(memory_region_get_ram_ptr(&ram), 0, RAM_SIZE);
    u->dev = pci_new(-1, "piix3-usb-uhci");
    pci_realize_and_unref(u->dev, pci, &error_abort);
    pci_host_config_write_common(u->dev, PCI_COMMAND, 256, PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
    address_space_init(&u->regs, u->dev->io_regions[4].memory, "test-uhci");
    qdev_realize_and_unref(dev, g_ptr_array_index(DEVICE(u->dev)->child_buses, 0), &error_abort);
    for (int i = 0; i < 1024; i++) {
        put_word(FRAMES + 4 * i, QH | 2);
    }
    put_word(QH, 1);
    put_word(QH + 4, 1);
    wr(&u->regs, 0x08, FRAMES, MO_LEUL);
    g_assert_cmphex(rd(&u->regs, 0x10, MO_LEUW), ==, 0x0083); /* connected, changed */
    wr(&u->regs, 0x10, 0x0202, MO_LEUW);                      /* reset */
    wr(&u->regs, 0x10, 0x0000, MO_LEUW);
    wr(&u->regs, 0x10, 0x0004, MO_LEUW); /* enable */
    g_assert_cmphex(rd(&u->regs, 0x10, MO_LEUW), ==, 0x0085);
    wr(&u->regs, 0x04, 0xf, MO_LEUW);
    wr(&u->regs, 0x00, 1, MO_LEUW);
}

static void uhci_tear_down(Uhci *u, gconstpointer type)
{
    address_space_destroy(&u->regs);
    drop(u->dev);
}

static void test_uhci_reads_a_descriptor(Uhci *u, gconstpointer type)
{
    put_word(0x13000, 0x01000680); /* GET_DESCRIPTOR, device, 18 bytes */
    put_word(0x13004, 18 << 16);
    put_td(0, 0x2d, 0, 8, 0x13000, 0);
    put_td(1, 0x69, 0, 8, 0x13100, 0);
    put_td(2, 0x69, 0, 8, 0x13108, 0);
    put_td(3, 0x69, 0, 8, 0x13110, 0);
    put_td(4, 0xe1, 0, 0, 0, IOC);
    put_word(TDS + 4 * 0x20, 1);
    put_word(QH + 4, TDS);
    test_advance_ns(3 * SCALE_MS);
    g_assert_cmphex(get_trb(0x13100, 2), ==, 0x00010627);
    g_assert_cmphex(get_trb(TDS + 1 * 0x20, 1), ==, 7);    /* 8 bytes, nothing wrong */
    g_assert_cmphex(get_trb(TDS + 3 * 0x20, 1), ==, 1);    /* the last 2 */
    g_assert_cmphex(get_trb(TDS + 4 * 0x20, 1), ==, IOC | 0x7ff);
    g_assert_cmphex(get_trb(QH, 1), ==, 1);
    g_assert_cmphex(rd(&u->regs, 0x02, MO_LEUW), ==, 1);
    g_assert_cmpint(u->dev->irq_state, !=, 0);
    wr(&u->regs, 0x02, 1, MO_LEUW);
    g_assert_cmpint(u->dev->irq_state, ==, 0);
}

static void test_uhci_tells_a_stall(Uhci *u, gconstpointer type)
{
    put_word(0x13000, 0x00007780); /* no such request */
    put_word(0x13004, 8 << 16);
    put_td(0, 0x2d, 0, 8, 0x13000, 0);
    put_td(1, 0x69, 0, 8, 0x13100, 0);
    put_word(QH + 4, TDS);
    test_advance_ns(3 * SCALE_MS);
    g_assert_cmphex(get_trb(TDS + 0x20, 1) & (ACTIVE | 1 << 22), ==, 1 << 22);
    g_assert_cmphex(get_trb(QH, 1), ==, TDS + 0x20); /* the queue waits */
    g_assert_cmphex(rd(&u->regs, 0x02, MO_LEUW), ==, 2);
}

/* Rings of QHs, of TDs, and of one TD that is done again and again. */
static void test_uhci_rings_end_with_the_frame(Uhci *u, gconstpointer type)
{
    put_word(QH, (QH + 0x10) | 2);
    put_word(QH + 0x10, QH | 2);
    put_word(QH + 0x14, 1);
    put_td(0, 0x69, 9, 8, 0x13100, 0);
    put_word(TDS, TDS);
    put_word(QH + 4, TDS);
    test_advance_ns(5 * SCALE_MS);
    put_word(FRAMES, TDS);
    put_td(0, 0x69, 0, 8, 0x13100, 0);
    put_word(TDS, TDS);
    test_advance_ns(5 * SCALE_MS);
    g_assert_cmpuint(rd(&u->regs, 0x06, MO_LEUW), ==, 10);
}

static void reset_it(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    device_cold_reset(opaque);
}

/* As by way of a bridge whose configuration the data are written to. */
static void test_uhci_is_reset_by_what_it_writes(Uhci *u, gconstpointer type)
{
    static const MemoryRegionOps ops = { .write = reset_it, .endianness = DEVICE_LITTLE_ENDIAN };
    MemoryRegion trap;

    memory_region_init_io(&trap, OBJECT(u->dev), &ops, u->dev, "trap", 0x1000);
    memory_region_add_subregion(get_system_memory(), RAM_SIZE, &trap);
    put_word(0x13000, 0x01000680);
    put_word(0x13004, 18 << 16);
    put_td(0, 0x2d, 0, 8, 0x13000, 0);
    put_td(1, 0x69, 0, 8, RAM_SIZE, 0);
    put_word(QH + 4, TDS);
    test_advance_ns(3 * SCALE_MS);
    g_assert_cmphex(rd(&u->regs, 0x02, MO_LEUW), ==, 0x20); /* halted */
    g_assert_cmphex(rd(&u->regs, 0x08, MO_LEUL), ==, 0);
    memory_region_del_subregion(get_system_memory(), &trap);
    object_unparent(OBJECT(&trap));
}

static void test_uhci_state_is_copied(Uhci *u, gconstpointer type)
{
    PCIDevice *other = pci_new(-1, "piix3-usb-uhci");
    BusState *bus;

    pci_realize_and_unref(other, pci, &error_abort);
    test_copy_state(DEVICE(u->dev), DEVICE(other));
    bus = g_ptr_array_index(DEVICE(other)->child_buses, 0);
    g_assert_true(QTAILQ_FIRST(&USB_BUS(bus)->ports)->enabled);
    drop(other);
}

#define DEVICE_TEST(name, type, fn)                                                                \
    g_test_add("/usb/" name, Fixture, type, set_up, fn, tear_down)
#define XHCI_TEST(name, type, fn)                                                                  \
    g_test_add("/usb/xhci/" name, Xhci, type, xhci_set_up, fn, xhci_tear_down)

#define UHCI_TEST(name, fn) \
    g_test_add("/usb/uhci/" name, Uhci, NULL, uhci_set_up, fn, uhci_tear_down)

int main(int argc, char **argv)
{
    DeviceState *host;

    device_test_init(&argc, &argv);
    memory_map_init();
    memory_region_init_ram(&ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    memory_region_init(&io, NULL, "io", 0x10000);
    host = qdev_new("test-usb-host");
    PCI_HOST_BRIDGE(host)->bus = pci =
        pci_register_root_bus(host, "pci.0", set_irq, map_irq, NULL, get_system_memory(), &io, 0, 4,
                              TYPE_PCI_BUS);
    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);
    vm_start();

    DEVICE_TEST("requests/an-address-counts-from-the-status-stage-on", "usb-kbd",
                test_an_address_counts_from_the_status_stage_on);
    DEVICE_TEST("requests/descriptors-are-as-long-as-they-say", "usb-tablet",
                test_descriptors_are_as_long_as_they_say);
    DEVICE_TEST("requests/a-refusal-ends-with-the-next-setup", "usb-mouse",
                test_a_refusal_ends_with_the_next_setup);
    DEVICE_TEST("requests/more-data-than-announced-is-refused", "usb-kbd",
                test_more_data_than_announced_is_refused);
    DEVICE_TEST("requests/a-halted-endpoint-stalls-until-cleared", "usb-kbd",
                test_a_halted_endpoint_stalls_until_cleared);
    DEVICE_TEST("ports/nothing-gets-through-one-that-is-off", "usb-kbd",
                test_nothing_gets_through_a_port_that_is_off);
    DEVICE_TEST("input/each-key-is-a-report", "usb-kbd", test_each_key_is_a_report);
    DEVICE_TEST("input/motion-joins-and-clicks-do-not", "usb-mouse",
                test_motion_joins_and_clicks_do_not);
    DEVICE_TEST("input/a-key-wakes-a-suspended-port-if-allowed", "usb-kbd",
                test_a_key_wakes_a_suspended_port_if_allowed);
    DEVICE_TEST("input/state-is-copied", "usb-kbd", test_state_is_copied);
    DEVICE_TEST("hub/leads-to-what-is-plugged-into-it", "usb-hub",
                test_a_hub_leads_to_what_is_plugged_into_it);
    DEVICE_TEST("storage/a-status-may-be-asked-for-early", "usb-kbd",
                test_a_status_may_be_asked_for_early);
    DEVICE_TEST("serial/output-waits-for-its-turn", "usb-hub",
                test_serial_output_waits_for_its_turn);
    XHCI_TEST("a-driver-reads-a-descriptor", "usb-kbd", test_a_driver_reads_a_descriptor);
    XHCI_TEST("commands-say-what-is-wrong", "usb-kbd", test_commands_say_what_is_wrong);
    XHCI_TEST("a-ring-of-links-is-an-error", "usb-kbd", test_a_ring_of_links_is_an_error);
    XHCI_TEST("an-endless-td-is-an-error", "usb-kbd", test_an_endless_td_is_an_error);
    XHCI_TEST("an-endless-command-ring-does-not-hold-the-machine", NULL,
              test_an_endless_command_ring_does_not_hold_the_machine);
    XHCI_TEST("rings-outside-of-memory-halt-it", NULL, test_rings_outside_of_memory_halt_it);
    XHCI_TEST("its-own-registers-are-no-place-for-events", NULL,
              test_its_own_registers_are_no_place_for_events);
    XHCI_TEST("a-device-that-goes-fails-its-transfers", "usb-kbd",
              test_a_device_that_goes_fails_its_transfers);
    XHCI_TEST("state-is-copied", "usb-kbd", test_xhci_state_is_copied);
    UHCI_TEST("reads-a-descriptor", test_uhci_reads_a_descriptor);
    UHCI_TEST("tells-a-stall", test_uhci_tells_a_stall);
    UHCI_TEST("rings-end-with-the-frame", test_uhci_rings_end_with_the_frame);
    UHCI_TEST("state-is-copied", test_uhci_state_is_copied);
    UHCI_TEST("is-reset-by-what-it-writes", test_uhci_is_reset_by_what_it_writes);
    return g_test_run();
}
