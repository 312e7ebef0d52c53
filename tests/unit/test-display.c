/*
 * Display devices on a PCI bus: registers, pixels, what is said to have changed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_host.h"
#include "ui/console.h"

#define TYPE_DISPLAY_TEST_HOST "display-test-host"

static const TypeInfo host_types[] = {
    {
        .name = TYPE_DISPLAY_TEST_HOST,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .instance_size = sizeof(PCIHostState),
    },
};

DEFINE_TYPES(host_types)

#define MEMORY    0x10000000 /* where BAR 0 is put */
#define REGISTERS 0x20000000 /* and BAR 2 */
#define DISPI(n)  (REGISTERS + 0x500 + 2 * (n))

enum { ID, XRES, YRES, BPP, ENABLE, BANK, VIRT_WIDTH, VIRT_HEIGHT, X_OFFSET, Y_OFFSET, VIDEO_MEMORY };

/* A bus with one device on it, and somebody who looks at its screen. */
typedef struct Fixture {
    DeviceState *host;
    MemoryRegion mem, io;
    AddressSpace as, ports;
    PCIDevice *dev;
    Console *con;
    ConsoleListener listener;
    unsigned resized;
    int top, bottom; /* lines that changed since the last look() */
    int updates;
} Fixture;

static void fixture_resized(ConsoleListener *l, Surface *s)
{
    container_of(l, Fixture, listener)->resized++;
}

static void fixture_updated(ConsoleListener *l, int x, int y, int width, int height)
{
    Fixture *f = container_of(l, Fixture, listener);

    f->top = MIN(f->top, y);
    f->bottom = MAX(f->bottom, y + height);
    f->updates++;
}

static void fixture_gone(ConsoleListener *l)
{
}

static const ConsoleListenerOps fixture_ops = { fixture_resized, fixture_updated, NULL,
                                                fixture_gone };

/* What a refresh says. */
static void look(Fixture *f)
{
    f->top = INT_MAX;
    f->bottom = 0;
    f->updates = 0;
    console_refresh(f->con);
}

static uint32_t pixel(const Fixture *f, unsigned x, unsigned y)
{
    uint32_t value;

    surface_read(console_surface(f->con), x, y, 1, 1, &value, 1);
    return value & 0xffffff;
}

static void set_up(Fixture *f, gconstpointer type)
{
    PCIBus *bus;

    f->host = qdev_new(TYPE_DISPLAY_TEST_HOST);
    memory_region_init(&f->mem, OBJECT(f->host), "display-test-mem", UINT64_MAX);
    memory_region_init(&f->io, OBJECT(f->host), "display-test-io", 64 * KiB);
    address_space_init(&f->as, &f->mem, "display-test-mem");
    address_space_init(&f->ports, &f->io, "display-test-io");
    bus = pci_root_bus_new(f->host, "pci", &f->mem, &f->io, 0, TYPE_PCI_BUS);
    sysbus_realize(SYS_BUS_DEVICE(f->host), &error_abort);
    f->dev = pci_create_simple(bus, PCI_DEVFN(1, 0), type);
    device_cold_reset(DEVICE(f->dev));
    pci_default_write_config(f->dev, PCI_BASE_ADDRESS_0, MEMORY, 4);
    pci_default_write_config(f->dev, PCI_BASE_ADDRESS_2, REGISTERS, 4);
    pci_host_config_write_common(f->dev, PCI_COMMAND, 256, PCI_COMMAND_MEMORY | PCI_COMMAND_IO, 2);
    f->con = console_of_device(OBJECT(f->dev), 0);
    f->listener.ops = &fixture_ops;
    console_listen(f->con, &f->listener);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    console_unlisten(&f->listener);
    object_unparent(OBJECT(f->dev));
    address_space_destroy(&f->as);
    address_space_destroy(&f->ports);
    test_drop(f->host);
}

static void set_mode(Fixture *f, unsigned width, unsigned height, unsigned depth)
{
    wr(&f->as, DISPI(ENABLE), 0, MO_LEUW);
    wr(&f->as, DISPI(XRES), width, MO_LEUW);
    wr(&f->as, DISPI(YRES), height, MO_LEUW);
    wr(&f->as, DISPI(BPP), depth, MO_LEUW);
    wr(&f->as, DISPI(ENABLE), 0x41, MO_LEUW);
}

/* ---- The display interface ---- */

static void test_a_mode_is_shown(Fixture *f, gconstpointer data)
{
    g_assert_cmphex(rd(&f->as, DISPI(ID), MO_LEUW), ==, 0xb0c5);
    g_assert_cmpuint(rd(&f->as, DISPI(VIDEO_MEMORY), MO_LEUW), ==, 256);
    set_mode(f, 320, 200, 32);
    look(f);
    g_assert_cmpuint(console_surface(f->con)->width, ==, 320);
    g_assert_cmpuint(console_surface(f->con)->height, ==, 200);
    g_assert_true(f->top == 0 && f->bottom == 200);
    look(f);
    g_assert_cmpint(f->updates, ==, 0);

    wr(&f->as, MEMORY + (100 * 320 + 5) * 4, 0x00abcdef, MO_LEUL);
    look(f);
    g_assert_cmphex(pixel(f, 5, 100), ==, 0xabcdef);
    g_assert_true(f->top <= 100 && f->bottom > 100);
    g_assert_cmpint(f->bottom - f->top, <=, 10); /* the lines of a page or two */
    look(f);
    g_assert_cmpint(f->updates, ==, 0);
}

static void test_depths_and_byte_order(Fixture *f, gconstpointer data)
{
    set_mode(f, 64, 64, 16);
    wr(&f->as, MEMORY, 0xf800, MO_LEUW);
    look(f);
    g_assert_cmphex(pixel(f, 0, 0), ==, 0xff0000);
    g_assert_cmphex(rd(&f->as, REGISTERS + 0x600, MO_LEUL), ==, 8);
    wr(&f->as, REGISTERS + 0x604, 0xbebebebe, MO_LEUL);
    g_assert_cmphex(rd(&f->as, REGISTERS + 0x604, MO_LEUL), ==, 0xbebebebe);
    wr(&f->as, REGISTERS + 0x604, 0x12345678, MO_LEUL); /* no such order */
    wr(&f->as, MEMORY, 0x001f, MO_BEUW);
    look(f);
    g_assert_cmphex(pixel(f, 0, 0), ==, 0x0000ff);
}

static void test_virtual_screens_are_panned(Fixture *f, gconstpointer data)
{
    set_mode(f, 100, 100, 32);
    wr(&f->as, DISPI(VIRT_WIDTH), 200, MO_LEUW);
    g_assert_cmpuint(rd(&f->as, DISPI(VIRT_HEIGHT), MO_LEUW), ==, 16 * MiB / 800);
    wr(&f->as, DISPI(X_OFFSET), 50, MO_LEUW);
    wr(&f->as, DISPI(Y_OFFSET), 10, MO_LEUW);
    wr(&f->as, MEMORY + (10 * 200 + 50) * 4, 0x112233, MO_LEUL);
    look(f);
    g_assert_cmphex(pixel(f, 0, 0), ==, 0x112233);
    wr(&f->as, DISPI(Y_OFFSET), 65000, MO_LEUW); /* behind the memory: what was there stays */
    look(f);
    g_assert_cmphex(pixel(f, 0, 0), ==, 0x112233);
}

static void test_enabling_clears_unless_told_not_to(Fixture *f, gconstpointer data)
{
    set_mode(f, 64, 64, 32);
    wr(&f->as, MEMORY, 0x123456, MO_LEUL);
    wr(&f->as, DISPI(XRES), 100, MO_LEUW); /* not while it is enabled */
    g_assert_cmpuint(rd(&f->as, DISPI(XRES), MO_LEUW), ==, 64);
    wr(&f->as, DISPI(ENABLE), 0, MO_LEUW);
    wr(&f->as, DISPI(ENABLE), 0xc1, MO_LEUW);
    g_assert_cmphex(rd(&f->as, MEMORY, MO_LEUL), ==, 0x123456);
    wr(&f->as, DISPI(ENABLE), 0, MO_LEUW);
    wr(&f->as, DISPI(ENABLE), 0x41, MO_LEUW);
    g_assert_cmphex(rd(&f->as, MEMORY, MO_LEUL), ==, 0);
    wr(&f->as, DISPI(ENABLE), 0x43, MO_LEUW);
    g_assert_cmpuint(rd(&f->as, DISPI(XRES), MO_LEUW), >=, 2560);
    g_assert_cmpuint(rd(&f->as, DISPI(BPP), MO_LEUW), ==, 32);
}

static void test_the_monitor_introduces_itself(Fixture *f, gconstpointer data)
{
    uint8_t sum = 0;

    for (int i = 0; i < 128; i++) {
        sum += rd(&f->as, REGISTERS + i, MO_8);
    }
    g_assert_cmpuint(sum, ==, 0);
    g_assert_cmphex(rd(&f->as, REGISTERS, MO_BEUL), ==, 0x00ffffff);
    g_assert_cmphex(rd(&f->as, REGISTERS + 4, MO_BEUL), ==, 0xffffff00);
    /* the preferred timing's width and height */
    g_assert_cmpuint(rd(&f->as, REGISTERS + 56, MO_8) |
                     (rd(&f->as, REGISTERS + 58, MO_8) >> 4) << 8, ==, 1280);
    g_assert_cmpuint(rd(&f->as, REGISTERS + 59, MO_8) |
                     (rd(&f->as, REGISTERS + 61, MO_8) >> 4) << 8, ==, 800);
    g_assert_cmphex(rd(&f->as, REGISTERS + 0x3fc, MO_LEUL), ==, 0);
}

#define DISPLAY_TEST(type, name, func)                                                             \
    g_test_add("/" type "/" name, Fixture, type, set_up, func, tear_down)

#define DISPI_TESTS(type)                                                                          \
    DISPLAY_TEST(type, "a-mode-is-shown", test_a_mode_is_shown);                                   \
    DISPLAY_TEST(type, "depths-and-byte-order", test_depths_and_byte_order);                       \
    DISPLAY_TEST(type, "virtual-screens-are-panned", test_virtual_screens_are_panned);             \
    DISPLAY_TEST(type, "enabling-clears-unless-told-not-to",                                       \
                 test_enabling_clears_unless_told_not_to);                                         \
    DISPLAY_TEST(type, "the-monitor-introduces-itself", test_the_monitor_introduces_itself)

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    DISPI_TESTS("bochs-display");
    return g_test_run();
}
