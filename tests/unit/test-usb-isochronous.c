/*
 * USB: isochronous transfers by each kind of controller, and what is behind a high-speed hub. The
 * device at the other end notes when it was asked and what it was sent.
 *
 * SPDX-License-Identifier: MIT
 */
#include "hw/usb/usb.h"
#include "pci-test.h"
#include "qemu/bswap.h"
#include "system/runstate.h"

#define TYPE_METRONOME      "test-metronome"
#define TYPE_SLOW_METRONOME "test-slow-metronome"
OBJECT_DECLARE_SIMPLE_TYPE(Metronome, METRONOME)

enum { ADDRESS = 5, MAX_ASKED = 64 };
/* Where the driver has its things in memory. */
enum { FRAMES = 0x10000, LISTS = 0x11000, PAGE_A = 0x20000, PAGE_B = 0x31000 };
/* Registers as the controllers' manuals have them. */
enum { UHCI_PORT = 0x10 };

/* --- the device: endpoint 1 is isochronous IN, 2 isochronous OUT, 3 bulk IN --- */

struct Metronome {
    USBDevice parent_obj;

    USBStatus answer; /* of IN */
    size_t gives;     /* bytes, each the number of the packet */
    unsigned asked, told;
    int64_t asked_at[MAX_ASKED], told_at[MAX_ASKED];
    uint8_t heard[4096];
    size_t heard_size;
};

#define ENDPOINTS(interval_)                                                                       \
    .num_endpoints = 3,                                                                            \
    .endpoints = {                                                                                 \
        { 1 | USB_DIR_IN, USB_ISOCHRONOUS, 512, interval_ },                                       \
        { 2, USB_ISOCHRONOUS, 512, interval_ },                                                    \
        { 3 | USB_DIR_IN, USB_BULK, 64, 0 },                                                       \
    }

static const USBInterface at_full = { .class = 0xff, ENDPOINTS(1) };
static const USBInterface at_high = { .class = 0xff, ENDPOINTS(4) };
static const USBConfiguration full_configuration = { .num_interfaces = 1, .interfaces = &at_full };
static const USBConfiguration high_configuration = { .num_interfaces = 1, .interfaces = &at_high };
static const USBDescriptors metronome_descriptors = {
    .vendor = 0x1234,
    .product = 0x5678,
    .strings = { NULL, "Test", "Metronome", "1" },
    .at_speed = { [USB_FULL] = &full_configuration, [USB_HIGH] = &high_configuration },
    .max_packet0 = 64,
};

static const USBDescriptors slow_metronome_descriptors = {
    .vendor = 0x1234,
    .product = 0x5679,
    .strings = { NULL, "Test", "Slow metronome", "1" },
    .at_speed = { [USB_FULL] = &full_configuration },
    .max_packet0 = 64,
};

static USBStatus metronome_transfer(USBDevice *dev, USBTransfer *t)
{
    Metronome *m = METRONOME(dev);
    int64_t now = test_now_ns / SCALE_MS;

    if (t->pid == USB_PID_OUT) {
        g_assert_cmpuint(m->told, <, MAX_ASKED);
        m->told_at[m->told++] = now;
        m->heard_size = usb_take(t, m->heard, sizeof(m->heard));
        return USB_DONE;
    }
    g_assert_cmpuint(m->asked, <, MAX_ASKED);
    for (size_t i = 0; i < m->gives; i++) {
        usb_give(t, &(uint8_t){ m->asked }, 1);
    }
    m->asked_at[m->asked++] = now;
    return m->answer;
}

static int metronome_control(USBDevice *dev, const USBRequest *request, uint8_t *data)
{
    return -1;
}

static void metronome_class_init(ObjectClass *klass, void *data)
{
    USBDeviceClass *uc = USB_DEVICE_CLASS(klass);

    uc->descriptors = &metronome_descriptors;
    uc->transfer = metronome_transfer;
    uc->control = metronome_control;
}

static void slow_metronome_class_init(ObjectClass *klass, void *data)
{
    USB_DEVICE_CLASS(klass)->descriptors = &slow_metronome_descriptors;
}

static const TypeInfo test_types[] = {
    { .name = TYPE_METRONOME, .parent = TYPE_USB_DEVICE, .instance_size = sizeof(Metronome),
      .class_init = metronome_class_init },
    { .name = TYPE_SLOW_METRONOME, .parent = TYPE_METRONOME,
      .class_init = slow_metronome_class_init },
};

DEFINE_TYPES(test_types)

/* --- the driver --- */

static PciTest pci;

typedef struct Fixture {
    PCIDevice *dev;
    AddressSpace regs;
    Metronome *m;
} Fixture;

static uint32_t get(uint32_t at)
{
    return ldl_le_p(pci_test_memory(&pci, at));
}

static void put(uint32_t at, uint32_t value)
{
    stl_le_p(pci_test_memory(&pci, at), value);
}

static void reg(Fixture *f, uint32_t offset, uint32_t value)
{
    wr(&f->regs, offset, value, MO_LEUL);
}

static BusState *bus_of(Fixture *f)
{
    return g_ptr_array_index(DEVICE(f->dev)->child_buses, 0);
}

static USBDevice *plug(Fixture *f, const char *type, const char *port)
{
    DeviceState *dev = qdev_new(type);

    qdev_prop_set_string(dev, "port", port);
    qdev_realize_and_unref(dev, bus_of(f), &error_abort);
    return USB_DEVICE(dev);
}

/* Control transfers are somebody else's test: here requests go to the device by themselves. */
static void request(USBDevice *dev, uint8_t type, uint8_t number, uint16_t value, uint16_t index)
{
    uint8_t setup[8] = { type, number, value, value >> 8, index, index >> 8 };
    USBTransfer t = { .pid = USB_PID_SETUP };

    qemu_iovec_init_buf(&t.data, setup, sizeof(setup));
    g_assert_cmpint(usb_submit(dev, &t), ==, USB_DONE);
    t = (USBTransfer) { .pid = USB_PID_IN };
    qemu_iovec_init_buf(&t.data, setup, 0);
    g_assert_cmpint(usb_submit(dev, &t), ==, USB_DONE);
}

static void configure(USBDevice *dev, uint8_t address)
{
    request(dev, 0, 5, address, 0);
    request(dev, 0, 9, 1, 0);
}

static void add(Fixture *f, const char *type, int bar)
{
    memset(pci_test_memory(&pci, 0), 0, PCI_TEST_RAM);
    f->dev = pci_new(-1, type);
    pci_realize_and_unref(f->dev, pci.bus, &error_abort);
    pci_test_enable(&pci, f->dev, bar == 4 ? 4 : -1, 0);
    address_space_init(&f->regs, f->dev->io_regions[bar].memory, "test-usb");
}

static void plug_metronome(Fixture *f, const char *port)
{
    f->m = METRONOME(plug(f, TYPE_METRONOME, port));
    f->m->answer = USB_DONE;
    f->m->gives = 100;
}

static void tear_down(Fixture *f, gconstpointer unused)
{
    address_space_destroy(&f->regs);
    object_unparent(OBJECT(f->dev));
    drain_call_rcu();
}

static void assert_bytes(uint32_t at, size_t size, uint8_t value)
{
    for (size_t i = 0; i < size; i++) {
        g_assert_cmphex(*pci_test_memory(&pci, at + i), ==, value);
    }
}

/* --- UHCI --- */

static void uhci_set_up(Fixture *f, gconstpointer unused)
{
    add(f, "piix3-usb-uhci", 4);
    plug_metronome(f, "1");
    for (int i = 0; i < 1024; i++) {
        put(FRAMES + 4 * i, 1);
    }
    reg(f, 0x08, FRAMES);
    wr(&f->regs, UHCI_PORT, 0x0200, MO_LEUW); /* reset */
    wr(&f->regs, UHCI_PORT, 0x0000, MO_LEUW);
    wr(&f->regs, UHCI_PORT, 0x0004, MO_LEUW); /* enable */
    configure(USB_DEVICE(f->m), ADDRESS);
    wr(&f->regs, 0x04, 0xf, MO_LEUW);
}

static void uhci_td(uint32_t at, uint32_t link, uint32_t pid, unsigned endpoint, size_t size,
                    uint32_t buffer)
{
    put(at, link);
    put(at + 4, 1 << 23 | 1 << 25 | 1 << 24); /* active, isochronous, IOC */
    put(at + 8, pid | ADDRESS << 8 | endpoint << 15 | (uint32_t)(size - 1) << 21);
    put(at + 12, buffer);
}

static void test_uhci_has_a_packet_in_its_frame(Fixture *f, gconstpointer unused)
{
    int64_t start = test_now_ns / SCALE_MS;

    uhci_td(LISTS, LISTS + 0x20, 0x69, 1, 128, PAGE_A);
    uhci_td(LISTS + 0x20, 1, 0xe1, 2, 4, PAGE_B);
    put(PAGE_B, 0x04030201);
    put(FRAMES + 3 * 4, LISTS);
    wr(&f->regs, 0x00, 1, MO_LEUW);
    test_advance_ns(10 * SCALE_MS);
    g_assert_cmpuint(f->m->asked, ==, 1);
    g_assert_cmpint(f->m->asked_at[0] - start, ==, 4); /* frame 3 is the fourth */
    g_assert_cmphex(get(LISTS + 4), ==, 1 << 25 | 1 << 24 | (100 - 1));
    assert_bytes(PAGE_A, 100, 0);
    g_assert_cmpuint(f->m->told, ==, 1);
    g_assert_cmpmem(f->m->heard, f->m->heard_size, "\1\2\3\4", 4);
    g_assert_cmphex(get(LISTS + 0x24), ==, 1 << 25 | 1 << 24 | (4 - 1));
    g_assert_cmphex(rd(&f->regs, 0x02, MO_LEUW), ==, 1);
}

/* No second try: who isn't there, has nothing, or no such endpoint. */
static void test_uhci_tries_once(Fixture *f, gconstpointer unused)
{
    uhci_td(LISTS, LISTS + 0x20, 0x69, 1, 128, PAGE_A);
    uhci_td(LISTS + 0x20, LISTS + 0x40, 0x69, 3, 64, PAGE_A); /* that one is bulk */
    uhci_td(LISTS + 0x40, 1, 0x69, 1, 64, PAGE_A);
    f->m->answer = USB_NAK;
    f->m->gives = 0;
    put(FRAMES + 1 * 4, LISTS);
    wr(&f->regs, 0x00, 1, MO_LEUW);
    test_advance_ns(3 * SCALE_MS);
    g_assert_cmphex(get(LISTS + 4), ==, 1 << 25 | 1 << 24 | 0x7ff);            /* empty */
    g_assert_cmphex(get(LISTS + 0x24), ==, 1 << 25 | 1 << 24 | 1 << 18 | 0x7ff); /* time-out */
    g_assert_cmpuint(f->m->asked, ==, 2);
    uhci_td(LISTS, 1, 0x69, 1, 128, PAGE_A);
    f->m->answer = USB_STALL;
    put(FRAMES + 6 * 4, LISTS);
    test_advance_ns(6 * SCALE_MS);
    g_assert_cmphex(get(LISTS + 4), ==, 1 << 25 | 1 << 24 | 1 << 18 | 0x7ff);
    g_assert_cmphex(USB_DEVICE(f->m)->halted, ==, 0);
}

/* --- OHCI --- */

enum { ED = LISTS, ITD = LISTS + 0x100 };

static void ohci_set_up(Fixture *f, gconstpointer unused)
{
    add(f, "pci-ohci", 0);
    plug_metronome(f, "1");
    reg(f, 0x04, 0x80); /* operational */
    reg(f, 0x18, FRAMES);
    reg(f, 0x54, 0x10); /* the port's reset */
    configure(USB_DEVICE(f->m), ADDRESS);
    for (int i = 0; i < 32; i++) {
        put(FRAMES + 4 * i, ED);
    }
}

static void ohci_start(Fixture *f, unsigned endpoint, unsigned direction, uint32_t head,
                       uint32_t tail)
{
    put(ED, ADDRESS | endpoint << 7 | direction << 11 | 0x8000 | 512 << 16);
    put(ED + 4, tail);
    put(ED + 8, head);
    reg(f, 0x04, 0x80 | 0x4 | 0x8); /* periodic, isochronous */
}

static void ohci_itd(uint32_t at, unsigned frame, unsigned packets, uint32_t next, uint32_t first,
                     uint32_t last)
{
    put(at, frame | (packets - 1) << 24);
    put(at + 4, first & ~0xfff);
    put(at + 8, next);
    put(at + 12, last);
}

/* Four packets, the third of which lies across two pages, each in a frame of its own. */
static void test_ohci_has_a_packet_in_each_frame(Fixture *f, gconstpointer unused)
{
    int64_t start = test_now_ns / SCALE_MS;
    unsigned frame = rd(&f->regs, 0x3c, MO_LEUL) & 0xffff;

    ohci_itd(ITD, frame + 3, 4, ITD + 0x20, PAGE_A, PAGE_B + 0xff);
    put(ITD + 16, 0xee00 | 0xee80u << 16); /* offsets e00, e80 */
    put(ITD + 20, 0xef80 | 0xf080u << 16); /* f80, and 80 on the other page */
    ohci_start(f, 1, 2, ITD, ITD + 0x20);
    test_advance_ns(12 * SCALE_MS);
    g_assert_cmpuint(f->m->asked, ==, 4);
    for (int i = 0; i < 4; i++) {
        g_assert_cmpint(f->m->asked_at[i] - start, ==, 3 + i);
    }
    /* 100 bytes of 128, 256, 256 and 128: data underruns. */
    g_assert_cmphex(get(ITD + 16), ==, 0x90649064);
    g_assert_cmphex(get(ITD + 20), ==, 0x90649064);
    assert_bytes(PAGE_A + 0xe00, 100, 0);
    assert_bytes(PAGE_A + 0xe80, 100, 1);
    assert_bytes(PAGE_A + 0xf80, 100, 2);
    assert_bytes(PAGE_B + 0x80, 100, 3);
    g_assert_cmphex(get(ITD) >> 28, ==, 0);
    g_assert_cmphex(get(ED + 8), ==, ITD + 0x20);
    g_assert_cmphex(get(FRAMES + 0x84) & ~1, ==, ITD);
}

static void test_ohci_sends_across_pages(Fixture *f, gconstpointer unused)
{
    unsigned frame = rd(&f->regs, 0x3c, MO_LEUL) & 0xffff;

    ohci_itd(ITD, frame + 1, 1, ITD + 0x20, PAGE_A, PAGE_B + 1);
    put(ITD + 16, 0xeffe);
    put(PAGE_A + 0xffc, 0x02010000);
    put(PAGE_B, 0x00000403);
    ohci_start(f, 2, 1, ITD, ITD + 0x20);
    test_advance_ns(3 * SCALE_MS);
    g_assert_cmpuint(f->m->told, ==, 1);
    g_assert_cmpmem(f->m->heard, f->m->heard_size, "\1\2\3\4", 4);
    g_assert_cmphex(get(ITD + 16) & 0xffff, ==, 0);
}

/* What comes too late is told, and the next one has the frame. */
static void test_ohci_leaves_out_what_is_late(Fixture *f, gconstpointer unused)
{
    unsigned frame = rd(&f->regs, 0x3c, MO_LEUL) & 0xffff;

    ohci_itd(ITD, (frame - 9) & 0xffff, 2, ITD + 0x20, PAGE_A, PAGE_A + 0xff);
    put(ITD + 16, 0xe000 | 0xe080u << 16);
    ohci_itd(ITD + 0x20, frame + 1, 1, ITD + 0x40, PAGE_A, PAGE_A + 99);
    put(ITD + 0x30, 0xe000);
    ohci_start(f, 1, 2, ITD, ITD + 0x40);
    test_advance_ns(3 * SCALE_MS);
    g_assert_cmphex(get(ITD) >> 28, ==, 8); /* data overrun */
    g_assert_cmphex(get(ITD + 16), ==, 0xe080e000);
    g_assert_cmpuint(f->m->asked, ==, 1);
    g_assert_cmphex(get(ITD + 0x30) & 0xffff, ==, 0x0064);
    g_assert_cmphex(get(ED + 8) & 1, ==, 0); /* not halted */
}

static void test_ohci_checks_packets(Fixture *f, gconstpointer unused)
{
    unsigned frame = rd(&f->regs, 0x3c, MO_LEUL) & 0xffff;

    ohci_itd(ITD, frame + 1, 2, ITD + 0x20, PAGE_A, PAGE_B + 0xfff);
    put(ITD + 16, 0xe800 | 0xe100u << 16); /* it ends before it begins; the other is too long */
    ohci_start(f, 1, 2, ITD, ITD + 0x20);
    test_advance_ns(4 * SCALE_MS);
    g_assert_cmphex(get(ITD + 16), ==, 0x80008000);
    g_assert_cmpuint(f->m->asked, ==, 0);
}

/* --- EHCI --- */

static void ehci_start(Fixture *f)
{
    reg(f, 0x34, FRAMES);
    reg(f, 0x28, 0x3f);
    reg(f, 0x20, 0x00080011); /* run, periodic */
}

static void ehci_set_up(Fixture *f, gconstpointer with_hub)
{
    add(f, "usb-ehci", 0);
    for (int i = 0; i < 1024; i++) {
        put(FRAMES + 4 * i, 1);
    }
    reg(f, 0x60, 1);
    if (with_hub) {
        USBDevice *hub = plug(f, "usb2-hub", "1");

        reg(f, 0x64, 0x1100);
        reg(f, 0x64, 0x1000);
        configure(hub, 3);
        f->m = METRONOME(plug(f, TYPE_SLOW_METRONOME, "1.2"));
        request(hub, 0x23, 3, 8, 2); /* power */
        request(hub, 0x23, 3, 4, 2); /* reset */
    } else {
        f->m = METRONOME(plug(f, TYPE_METRONOME, "1"));
        reg(f, 0x64, 0x1100);
        reg(f, 0x64, 0x1000);
    }
    f->m->answer = USB_DONE;
    f->m->gives = 100;
    g_assert_cmphex(rd(&f->regs, 0x64, MO_LEUL) & 5, ==, 5); /* connected, enabled */
    configure(USB_DEVICE(f->m), ADDRESS);
}

static void ehci_itd(bool in, unsigned endpoint, unsigned packet, unsigned multi)
{
    put(LISTS, 1);
    put(LISTS + 0x24, PAGE_A | endpoint << 8 | ADDRESS);
    put(LISTS + 0x28, PAGE_B | (in ? 0x800 : 0) | packet);
    put(LISTS + 0x2c, multi);
}

static void test_ehci_has_transactions_in_microframes(Fixture *f, gconstpointer unused)
{
    int64_t start = test_now_ns / SCALE_MS;

    ehci_itd(true, 1, 512, 1);
    put(LISTS + 4, 0x80000000 | 512 << 16 | 0x100);
    put(LISTS + 4 * 4, 0x80000000 | 64 << 16 | 0x8000 | 0xff0); /* across pages, with interrupt */
    put(FRAMES + 4 * 4, LISTS);
    ehci_start(f);
    test_advance_ns(8 * SCALE_MS);
    g_assert_cmpuint(f->m->asked, ==, 2);
    g_assert_cmpint(f->m->asked_at[0] - start, ==, 4);
    g_assert_cmphex(get(LISTS + 4), ==, 100 << 16 | 0x100);
    g_assert_cmphex(get(LISTS + 16), ==, 64 << 16 | 0x8000 | 0xff0);
    assert_bytes(PAGE_A + 0x100, 100, 0);
    assert_bytes(PAGE_A + 0xff0, 16, 1);
    assert_bytes(PAGE_B, 48, 1);
    g_assert_cmphex(rd(&f->regs, 0x24, MO_LEUL) & 3, ==, 1);
    g_assert_cmphex(get(LISTS + 8), ==, 0);
}

static void test_ehci_sends_and_tells_errors(Fixture *f, gconstpointer unused)
{
    ehci_itd(false, 2, 512, 1);
    put(LISTS + 4, 0x80000000 | 4 << 16);
    put(LISTS + 8, 0x80000000 | 3000 << 16 | 6 << 12 | 0xf00); /* beyond the last page */
    put(LISTS + 12, 0x80000000 | 0xfffu << 16);                /* more than there can be */
    put(PAGE_A, 0x04030201);
    put(FRAMES + 1 * 4, LISTS);
    ehci_start(f);
    test_advance_ns(3 * SCALE_MS);
    g_assert_cmpuint(f->m->told, ==, 1);
    g_assert_cmpmem(f->m->heard, f->m->heard_size, "\1\2\3\4", 4);
    g_assert_cmphex(get(LISTS + 4), ==, 4 << 16);
    g_assert_cmphex(get(LISTS + 8) >> 28, ==, 4);
    g_assert_cmphex(get(LISTS + 12) >> 28, ==, 4);
    ehci_itd(true, 3, 512, 1); /* bulk */
    put(LISTS + 4, 0x80000000 | 4 << 16);
    put(FRAMES + 6 * 4, LISTS);
    test_advance_ns(4 * SCALE_MS);
    g_assert_cmphex(get(LISTS + 4), ==, 0x10000000);
    g_assert_cmphex(rd(&f->regs, 0x24, MO_LEUL) & 2, ==, 2);
}

/* --- xHCI --- */

enum { COMMANDS = 0x1000, EVENTS = 0x2000, ERST = 0x3000, DCBAA = 0x4000, INPUT = 0x5000,
       OUTPUT = 0x6000, RING = 0x7000 };
enum { DOORBELL = 0x2000, SIA = 1 << 31 };

static void put_trb(uint32_t at, uint32_t parameter, uint32_t status, uint32_t control)
{
    put(at, parameter);
    put(at + 4, 0);
    put(at + 8, status);
    put(at + 12, control | 1); /* the cycle bit */
}

/* The n-th event's completion code, if it is about a transfer; *left: bytes that weren't moved. */
static int transfer_code(unsigned n, uint32_t *at, uint32_t *left)
{
    uint32_t event = EVENTS + n * 16;

    if ((get(event + 12) >> 10 & 0x3f) != 32) {
        return -1;
    }
    *at = get(event);
    *left = get(event + 8) & 0xffffff;
    return get(event + 8) >> 24;
}

/* Endpoint 1 IN, at device context index 3, of slot 1, once in 2^`interval` microframes. */
static unsigned xhci_configure(Fixture *f, unsigned interval)
{
    put_trb(COMMANDS, 0, 0, 9 << 10); /* enable slot */
    put(DCBAA + 8, OUTPUT);
    put(INPUT + 4, 3);
    put(INPUT + 32, 1 << 27 | 3 << 20);
    put(INPUT + 36, 1 << 16);
    put(INPUT + 68, 64 << 16 | 4 << 3);
    put(INPUT + 72, 0x8001);
    put_trb(COMMANDS + 16, INPUT, 0, 11 << 10 | 1 << 24); /* address device */
    reg(f, DOORBELL, 0);
    configure(USB_DEVICE(f->m), 1);
    put(INPUT + 4, 1 | 1 << 3);
    put(INPUT + 32 * 4, interval << 16);
    put(INPUT + 32 * 4 + 4, 512 << 16 | 5 << 3);
    put(INPUT + 32 * 4 + 8, RING | 1);
    put_trb(COMMANDS + 32, INPUT, 0, 12 << 10 | 1 << 24); /* configure endpoint */
    reg(f, DOORBELL, 0);
    for (unsigned n = 0; n < 16; n++) {
        if (!get(EVENTS + n * 16 + 12)) {
            return n;
        }
        g_assert_cmpuint(get(EVENTS + n * 16 + 8) >> 24, ==, 1);
    }
    g_assert_not_reached();
}

static void xhci_set_up(Fixture *f, gconstpointer unused)
{
    add(f, "qemu-xhci", 0);
    plug_metronome(f, "1");
    put(ERST, EVENTS);
    put(ERST + 8, 64);
    reg(f, 0x58, COMMANDS | 1);
    reg(f, 0x70, DCBAA);
    reg(f, 0x78, 8);
    reg(f, 0x1028, 1);
    reg(f, 0x1038, EVENTS);
    reg(f, 0x1030, ERST);
    reg(f, 0x40, 1);
    reg(f, 0x440, 0x210); /* the port's reset */
    test_advance_ns(SCALE_MS - test_now_ns % SCALE_MS); /* at a frame's beginning */
}

static void isoch(unsigned n, uint32_t size, uint32_t bits)
{
    put_trb(RING + n * 16, PAGE_A + n * 0x200, size, 5 << 10 | 1 << 5 | bits);
}

static void test_xhci_has_a_td_in_each_interval(Fixture *f, gconstpointer unused)
{
    unsigned first = xhci_configure(f, 4); /* 2 ms */
    int64_t start = test_now_ns / SCALE_MS;
    uint32_t at, left;

    isoch(0, 128, SIA);
    isoch(1, 100, SIA);
    isoch(2, 128, SIA);
    reg(f, DOORBELL + 4, 3);
    g_assert_cmpuint(f->m->asked, ==, 0);
    test_advance_ns(10 * SCALE_MS);
    g_assert_cmpuint(f->m->asked, ==, 3);
    g_assert_cmpint(f->m->asked_at[0] - start, <=, 2);
    g_assert_cmpint(f->m->asked_at[1] - f->m->asked_at[0], ==, 2);
    g_assert_cmpint(f->m->asked_at[2] - f->m->asked_at[1], ==, 2);
    g_assert_cmpint(transfer_code(first, &at, &left), ==, 13); /* short packet */
    g_assert_cmphex(at, ==, RING);
    g_assert_cmpuint(left, ==, 28);
    g_assert_cmpint(transfer_code(first + 1, &at, &left), ==, 1);
    g_assert_cmpint(transfer_code(first + 2, &at, &left), ==, 13);
    g_assert_cmpint(transfer_code(first + 3, &at, &left), ==, 15); /* overrun: no more TDs */
    g_assert_cmpint(transfer_code(first + 4, &at, &left), ==, -1);
    assert_bytes(PAGE_A + 0x200, 100, 1);
    isoch(3, 100, SIA);
    reg(f, DOORBELL + 4, 3);
    test_advance_ns(3 * SCALE_MS);
    g_assert_cmpint(transfer_code(first + 4, &at, &left), ==, 1);
}

static void test_xhci_has_eight_intervals_in_a_frame(Fixture *f, gconstpointer unused)
{
    xhci_configure(f, 0);
    for (int i = 0; i < 12; i++) {
        isoch(i, 100, SIA);
    }
    reg(f, DOORBELL + 4, 3);
    test_advance_ns(SCALE_MS);
    g_assert_cmpuint(f->m->asked, ==, 8);
    test_advance_ns(SCALE_MS);
    g_assert_cmpuint(f->m->asked, ==, 12);
}

/* In the frame that a TD says: not earlier, and not at all if that has gone by. */
static void test_xhci_heeds_the_frame(Fixture *f, gconstpointer unused)
{
    unsigned first = xhci_configure(f, 3);
    int64_t start = test_now_ns / SCALE_MS;
    uint32_t at, left;

    isoch(0, 100, ((start - 5) & 0x7ff) << 20);
    isoch(1, 100, ((start + 6) & 0x7ff) << 20);
    reg(f, DOORBELL + 4, 3);
    test_advance_ns(10 * SCALE_MS);
    g_assert_cmpint(transfer_code(first, &at, &left), ==, 23); /* missed service */
    g_assert_cmphex(at, ==, RING);
    g_assert_cmpint(transfer_code(first + 1, &at, &left), ==, 1);
    g_assert_cmpuint(f->m->asked, ==, 1);
    g_assert_cmpint(f->m->asked_at[0] - start, ==, 6);
}

/* Errors don't halt the endpoint; a TD that isn't isochronous does. */
static void test_xhci_goes_on_after_errors(Fixture *f, gconstpointer unused)
{
    unsigned first = xhci_configure(f, 3);
    uint32_t at, left;

    f->m->answer = USB_STALL;
    isoch(0, 100, SIA);
    reg(f, DOORBELL + 4, 3);
    test_advance_ns(SCALE_MS);
    g_assert_cmpint(transfer_code(first, &at, &left), ==, 4); /* transaction error */
    f->m->answer = USB_DONE;
    isoch(1, 100, SIA);
    put_trb(RING + 32, PAGE_A, 100, 1 << 10 | 1 << 5); /* normal */
    test_advance_ns(2 * SCALE_MS);
    g_assert_cmpint(transfer_code(first + 1, &at, &left), ==, 1);
    g_assert_cmpint(transfer_code(first + 2, &at, &left), ==, 5); /* TRB error */
    g_assert_cmphex(get(OUTPUT + 3 * 32) & 7, ==, 4);
}

/* --- behind a high-speed hub --- */

static void test_a_split_transaction_reaches_its_device(Fixture *f, gconstpointer hub)
{
    g_assert_cmpint(USB_DEVICE(f->m)->speed, ==, USB_FULL);
    put(LISTS, 1);
    put(LISTS + 4, 0x80000000 | 2 << 24 | 3 << 16 | 1 << 8 | ADDRESS);
    put(LISTS + 8, 0x1c01);
    put(LISTS + 12, 0x80000000 | 192 << 16 | 0x80);
    put(LISTS + 16, PAGE_A + 0xfe0);
    put(LISTS + 20, PAGE_B);
    put(LISTS + 24, 1);
    put(FRAMES + 2 * 4, LISTS | 2 << 1);
    ehci_start(f);
    test_advance_ns(5 * SCALE_MS);
    g_assert_cmpuint(f->m->asked, ==, 1);
    g_assert_cmphex(get(LISTS + 12), ==, 0xc0000000 | (192 - 100) << 16);
    g_assert_cmphex(get(LISTS + 16) & 0xfff, ==, 100 - 0x20);
    assert_bytes(PAGE_A + 0xfe0, 0x20, 0);
    assert_bytes(PAGE_B, 100 - 0x20, 0);
    g_assert_cmphex(rd(&f->regs, 0x24, MO_LEUL) & 3, ==, 1);
    put(LISTS + 4, 2 << 24 | 3 << 16 | 2 << 8 | ADDRESS); /* OUT */
    put(LISTS + 12, 4 << 16 | 0x80);
    put(LISTS + 16, PAGE_A);
    put(PAGE_A, 0x04030201);
    put(FRAMES + 7 * 4, LISTS | 2 << 1);
    test_advance_ns(4 * SCALE_MS);
    g_assert_cmpmem(f->m->heard, f->m->heard_size, "\1\2\3\4", 4);
    g_assert_cmphex(get(LISTS + 12), ==, 0);
}

/* The hub at full speed has no high speed to give. */
static void test_a_hub_gives_the_speed_that_it_has(Fixture *f, gconstpointer unused)
{
    USBDevice *hub = plug(f, "usb2-hub", "2"), *dev;

    wr(&f->regs, UHCI_PORT + 2, 0x0200, MO_LEUW);
    wr(&f->regs, UHCI_PORT + 2, 0x0000, MO_LEUW);
    wr(&f->regs, UHCI_PORT + 2, 0x0004, MO_LEUW);
    configure(hub, 3);
    g_assert_cmpint(hub->speed, ==, USB_FULL);
    dev = plug(f, TYPE_METRONOME, "2.1");
    g_assert_cmpint(dev->speed, ==, USB_FULL);
}

#define UHCI_TEST(name, fn) \
    g_test_add("/usb/isochronous/uhci/" name, Fixture, NULL, uhci_set_up, fn, tear_down)
#define XHCI_TEST(name, fn) \
    g_test_add("/usb/isochronous/xhci/" name, Fixture, NULL, xhci_set_up, fn, tear_down)
#define OHCI_TEST(name, fn) \
    g_test_add("/usb/isochronous/ohci/" name, Fixture, NULL, ohci_set_up, fn, tear_down)
#define EHCI_TEST(name, hub, fn) \
    g_test_add("/usb/isochronous/ehci/" name, Fixture, hub, ehci_set_up, fn, tear_down)

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    memory_map_init();
    pci_test_init(&pci);
    vm_start();

    UHCI_TEST("a-packet-in-its-frame", test_uhci_has_a_packet_in_its_frame);
    UHCI_TEST("one-try", test_uhci_tries_once);
    OHCI_TEST("a-packet-in-each-frame", test_ohci_has_a_packet_in_each_frame);
    OHCI_TEST("across-pages", test_ohci_sends_across_pages);
    OHCI_TEST("what-is-late-is-left-out", test_ohci_leaves_out_what_is_late);
    OHCI_TEST("packets-are-checked", test_ohci_checks_packets);
    EHCI_TEST("transactions-in-microframes", NULL, test_ehci_has_transactions_in_microframes);
    EHCI_TEST("out-and-errors", NULL, test_ehci_sends_and_tells_errors);
    EHCI_TEST("split", "hub", test_a_split_transaction_reaches_its_device);
    UHCI_TEST("a-hub-gives-the-speed-that-it-has", test_a_hub_gives_the_speed_that_it_has);
    XHCI_TEST("a-td-in-each-interval", test_xhci_has_a_td_in_each_interval);
    XHCI_TEST("eight-intervals-in-a-frame", test_xhci_has_eight_intervals_in_a_frame);
    XHCI_TEST("a-td-in-its-frame", test_xhci_heeds_the_frame);
    XHCI_TEST("errors-halt-nothing", test_xhci_goes_on_after_errors);
    return g_test_run();
}
