/*
 * Display devices on a PCI bus: registers, pixels, what is said to have changed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_host.h"
#include "system/address-spaces.h"
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

/* ---- VGA ---- */

static void out(Fixture *f, unsigned port, uint8_t value)
{
    wr(&f->ports, port, value, MO_8);
}

static uint8_t in(Fixture *f, unsigned port)
{
    return rd(&f->ports, port, MO_8);
}

/* An index and its data in one word, as most software does. */
static void out_indexed(Fixture *f, unsigned port, uint8_t index, uint8_t value)
{
    wr(&f->ports, port, index | value << 8, MO_LEUW);
}

static void out_attribute(Fixture *f, uint8_t index, uint8_t value)
{
    in(f, 0x3da);
    out(f, 0x3c0, index);
    out(f, 0x3c0, value);
}

static uint8_t window(Fixture *f, unsigned addr)
{
    return rd(&f->as, addr, MO_8);
}

/* What a mode consists of: pairs of index and value for each port. */
typedef struct VGAMode {
    uint8_t misc, seq[5], gfx[9], crt[25], attr16;
} VGAMode;

static const VGAMode text_80x25 = {
    0x67, { 3, 0, 3, 0, 2 }, { 0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff },
    { 0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0x50, 0x9c,
      0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff },
    0x0c,
};

static const VGAMode packed_320x200 = {
    0x63, { 3, 1, 0xf, 0, 0xe }, { 0, 0, 0, 0, 0, 0x40, 0x05, 0xf, 0xff },
    { 0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0, 0x41, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f,
      0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff },
    0x41,
};

static const VGAMode planes_640x480 = {
    0xe3, { 3, 1, 0xf, 0, 6 }, { 0, 0, 0, 0, 0, 0, 0x05, 0xf, 0xff },
    { 0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xea, 0x8c, 0xdf,
      0x28, 0, 0xe7, 0x04, 0xe3, 0xff },
    0x01,
};

/* Colour n of the DAC is 4n, n, 0; attribute n is colour n. */
static void set_vga_mode(Fixture *f, const VGAMode *mode)
{
    out(f, 0x3c2, mode->misc);
    for (unsigned i = 0; i < G_N_ELEMENTS(mode->seq); i++) {
        out_indexed(f, 0x3c4, i, mode->seq[i]);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(mode->gfx); i++) {
        out_indexed(f, 0x3ce, i, mode->gfx[i]);
    }
    out_indexed(f, 0x3d4, 17, 0); /* not protected */
    for (unsigned i = 0; i < G_N_ELEMENTS(mode->crt); i++) {
        out_indexed(f, 0x3d4, i, mode->crt[i]);
    }
    for (unsigned i = 0; i < 16; i++) {
        out_attribute(f, i, i);
    }
    out_attribute(f, 16, mode->attr16);
    out_attribute(f, 18, 0x0f);
    out_attribute(f, 19, mode == &text_80x25 ? 8 : 0);
    out(f, 0x3c8, 0);
    for (unsigned i = 0; i < 64; i++) {
        out(f, 0x3c9, i);
        out(f, 0x3c9, i / 4);
        out(f, 0x3c9, 0);
    }
    in(f, 0x3da);
    out(f, 0x3c0, 0x20); /* on */
}

static uint32_t dac(unsigned n)
{
    unsigned green = n / 4;

    return (n << 2 | n >> 4) << 16 | (green << 2 | green >> 4) << 8;
}

static void test_text_is_shown(Fixture *f, gconstpointer data)
{
    set_vga_mode(f, &text_80x25);
    /* a character set: the maps one by one, as firmware does it */
    out_indexed(f, 0x3c4, 2, 4);
    out_indexed(f, 0x3c4, 4, 6);
    out_indexed(f, 0x3ce, 6, 4);
    wr(&f->as, 0xa0000 + 'A' * 32 + 3, 0x81, MO_8);
    wr(&f->as, 0xa0000 + 0xc0 * 32 + 3, 0x01, MO_8);
    out_indexed(f, 0x3c4, 2, 3);
    out_indexed(f, 0x3c4, 4, 2);
    out_indexed(f, 0x3ce, 6, 0x0e);
    wr(&f->as, 0xb8000 + (80 + 2) * 2, 'A' | 0x1e00, MO_LEUW); /* yellow on blue, row 1, column 2 */
    wr(&f->as, 0xb8000 + (80 + 3) * 2, 0xc0 | 0x1e00, MO_LEUW);
    out_indexed(f, 0x3d4, 15, 5); /* the cursor */
    look(f);
    g_assert_cmpuint(console_surface(f->con)->width, ==, 720);
    g_assert_cmpuint(console_surface(f->con)->height, ==, 400);
    g_assert_cmphex(pixel(f, 18, 19), ==, dac(0xe));
    g_assert_cmphex(pixel(f, 19, 19), ==, dac(1));
    g_assert_cmphex(pixel(f, 25, 19), ==, dac(0xe));
    g_assert_cmphex(pixel(f, 26, 19), ==, dac(1)); /* the ninth dot */
    g_assert_cmphex(pixel(f, 35, 19), ==, dac(0xe)); /* of line graphics goes on */
    g_assert_cmphex(pixel(f, 18, 20), ==, dac(1));
    g_assert_cmphex(pixel(f, 5 * 9 + 1, 13), ==, dac(0)); /* attribute 0: black on black */
    wr(&f->as, 0xb8000 + 5 * 2 + 1, 0x07, MO_8);
    look(f);
    g_assert_cmphex(pixel(f, 5 * 9 + 1, 13), ==, dac(7));
    g_assert_cmphex(pixel(f, 5 * 9 + 1, 12), ==, dac(0));
    g_assert_true(f->top == 13 && f->bottom == 15);
    look(f);
    g_assert_cmpint(f->updates, ==, 0);
    test_advance_ns(NANOSECONDS_PER_SECOND * 16 / 60 + 1); /* the cursor's other phase */
    look(f);
    g_assert_cmphex(pixel(f, 5 * 9 + 1, 13), ==, dac(0));
}

static void test_packed_pixels_are_shown(Fixture *f, gconstpointer data)
{
    set_vga_mode(f, &packed_320x200);
    wr(&f->as, 0xa0000 + 199 * 320 + 319, 0x2a, MO_8);
    wr(&f->as, 0xa0000 + 5, 0x15, MO_8);
    look(f);
    g_assert_cmpuint(console_surface(f->con)->width, ==, 320);
    g_assert_cmpuint(console_surface(f->con)->height, ==, 200);
    g_assert_cmphex(pixel(f, 319, 199), ==, dac(0x2a));
    g_assert_cmphex(pixel(f, 5, 0), ==, dac(0x15));
    g_assert_cmphex(window(f, 0xa0005), ==, 0x15);
    out(f, 0x3c6, 0x0f);
    look(f);
    g_assert_cmphex(pixel(f, 5, 0), ==, dac(0x05));
}

static void test_planes_are_written_in_each_mode(Fixture *f, gconstpointer data)
{
    set_vga_mode(f, &planes_640x480);
    out_indexed(f, 0x3c4, 2, 0x5);
    wr(&f->as, 0xa0000, 0x80, MO_8); /* mode 0: the maps of the mask */
    look(f);
    g_assert_cmpuint(console_surface(f->con)->height, ==, 480);
    g_assert_cmphex(pixel(f, 0, 0), ==, dac(5));
    g_assert_cmphex(pixel(f, 1, 0), ==, dac(0));

    out_indexed(f, 0x3c4, 2, 0xf);
    out_indexed(f, 0x3ce, 8, 0x40); /* one bit, */
    out_indexed(f, 0x3ce, 0, 0x9);
    out_indexed(f, 0x3ce, 1, 0xf); /* set to 9 */
    window(f, 0xa0000);
    wr(&f->as, 0xa0000, 0, MO_8);
    look(f);
    g_assert_cmphex(pixel(f, 0, 0), ==, dac(5));
    g_assert_cmphex(pixel(f, 1, 0), ==, dac(9));

    out_indexed(f, 0x3ce, 5, 2); /* mode 2: a colour */
    out_indexed(f, 0x3ce, 8, 0x20);
    window(f, 0xa0000);
    wr(&f->as, 0xa0000, 0xc, MO_8);
    out_indexed(f, 0x3ce, 5, 3); /* mode 3: where the bits are set */
    out_indexed(f, 0x3ce, 8, 0xff);
    window(f, 0xa0000);
    wr(&f->as, 0xa0000, 0x01, MO_8);
    out_indexed(f, 0x3ce, 5, 1); /* mode 1: eight dots at once */
    window(f, 0xa0000);
    wr(&f->as, 0xa0001, 0, MO_8);
    look(f);
    for (unsigned x = 0; x < 16; x += 8) {
        g_assert_cmphex(pixel(f, x, 0), ==, dac(5));
        g_assert_cmphex(pixel(f, x + 1, 0), ==, dac(9));
        g_assert_cmphex(pixel(f, x + 2, 0), ==, dac(0xc));
        g_assert_cmphex(pixel(f, x + 3, 0), ==, dac(0));
        g_assert_cmphex(pixel(f, x + 7, 0), ==, dac(9));
    }
    out_indexed(f, 0x3ce, 5, 0);
    out_indexed(f, 0x3ce, 4, 2); /* map 2 */
    g_assert_cmphex(window(f, 0xa0000), ==, 0xa0);
    out_indexed(f, 0x3ce, 5, 8); /* where colour 9 is */
    out_indexed(f, 0x3ce, 2, 9);
    g_assert_cmphex(window(f, 0xa0000), ==, 0x41);
}

static void test_registers_keep_what_they_have(Fixture *f, gconstpointer data)
{
    set_vga_mode(f, &text_80x25);
    out(f, 0x3d4, 6);
    g_assert_cmphex(in(f, 0x3d5), ==, 0xbf);
    out_indexed(f, 0x3d4, 6, 0); /* protected by register 17 */
    g_assert_cmphex(in(f, 0x3d5), ==, 0xbf);
    out_indexed(f, 0x3d4, 7, 0);
    g_assert_cmphex(in(f, 0x3d5), ==, 0x0f);
    out_indexed(f, 0x3d4, 30, 0x55); /* none */
    g_assert_cmphex(in(f, 0x3d5), ==, 0);
    g_assert_cmphex(in(f, 0x3b5), ==, 0xff); /* the other register set */
    g_assert_cmphex(in(f, 0x3cc), ==, 0x67);
    out(f, 0x3c7, 2);
    g_assert_cmphex(in(f, 0x3c9), ==, 2);
    out_attribute(f, 0x20, 0x3f); /* the palette while the display is on */
    in(f, 0x3da);
    out(f, 0x3c0, 0x20);
    g_assert_cmphex(in(f, 0x3c1), ==, 0);
}

static void test_the_retrace_comes(Fixture *f, gconstpointer data)
{
    unsigned seen = 0, before = 8;

    out(f, 0x3c2, 1);
    for (int i = 0; i < 15000; i++) { /* 30 ms: two frames of 1/70 s */
        unsigned now = in(f, 0x3da) & 8;

        seen += now && !before;
        before = now;
        test_advance_ns(2000);
    }
    g_assert_cmpuint(seen, ==, 2);
}

static void test_legacy_addresses_follow_the_command_register(Fixture *f, gconstpointer data)
{
    MemTxResult result;

    out(f, 0x3c2, 0x67);
    pci_host_config_write_common(f->dev, PCI_COMMAND, 256, PCI_COMMAND_MEMORY, 2);
    address_space_ld(&f->ports, 0x3cc, MO_8, MEMTXATTRS_UNSPECIFIED, &result);
    g_assert_cmpuint(result, !=, MEMTX_OK);
    wr(&f->as, 0xb8000, 0x12, MO_8);
}

static void test_bank_and_colours_of_the_display_interface(Fixture *f, gconstpointer data)
{
    out(f, 0x3c2, 0x67);
    out(f, 0x3c8, 3);
    out(f, 0x3c9, 0x3f);
    out(f, 0x3c9, 0);
    out(f, 0x3c9, 0);
    wr(&f->ports, 0x1ce, XRES, MO_LEUW);
    wr(&f->ports, 0x1d0, 640, MO_LEUW);
    g_assert_cmpuint(rd(&f->as, DISPI(XRES), MO_LEUW), ==, 640);
    g_assert_cmpuint(rd(&f->ports, 0x1cf, MO_LEUW), ==, 640);
    set_mode(f, 640, 480, 8);
    wr(&f->as, DISPI(BANK), 1, MO_LEUW);
    wr(&f->as, 0xa0000, 3, MO_8);
    g_assert_cmphex(rd(&f->as, MEMORY + 0x10000, MO_8), ==, 3);
    look(f);
    g_assert_cmphex(pixel(f, 0x10000 % 640, 0x10000 / 640), ==, 0xff0000);
    wr(&f->as, DISPI(BANK), 0xffff, MO_LEUW); /* behind the memory */
    wr(&f->as, 0xa0000, 3, MO_8);
}

static void test_state_is_copied(Fixture *f, gconstpointer data)
{
    DeviceState *other = qdev_new("secondary-vga");

    set_vga_mode(f, &packed_320x200);
    qdev_realize(other, BUS(pci_get_bus(f->dev)), &error_abort);
    test_copy_state(DEVICE(f->dev), other);
    console_refresh(console_of_device(OBJECT(other), 0));
    g_assert_cmpuint(console_surface(console_of_device(OBJECT(other), 0))->width, ==, 320);
    test_drop(other);
}

/* Whatever is written wherever: it is drawn, and nothing is touched that isn't the device's. */
static void test_any_registers_can_be_drawn(Fixture *f, gconstpointer data)
{
    bool legacy = g_str_equal(data, "VGA");
    unsigned steps = g_test_slow() ? 2000000 : 20000;

    for (unsigned i = 0; i < steps; i++) {
        unsigned kind = g_test_rand_int_range(0, legacy ? 8 : 3), value = g_test_rand_int();
        MemOp size = g_test_rand_int_range(0, 3);

        if (kind == 0) {
            address_space_st(&f->as, REGISTERS + g_test_rand_int_range(0, 0x700), value, size,
                             MEMTXATTRS_UNSPECIFIED, NULL);
        } else if (kind == 1) {
            unsigned small = g_test_rand_int_range(0, 300);

            wr(&f->as, DISPI(g_test_rand_int_range(1, 10)), g_test_rand_bit() ? small : value & 0xffff,
               MO_LEUW);
        } else if (kind == 2) {
            wr(&f->as, MEMORY + g_test_rand_int_range(0, 1 << 20), value & 0xff, MO_8);
        } else if (kind < 6) {
            static const uint16_t ports[] = { 0x3c4, 0x3ce, 0x3d4, 0x3c0, 0x3c2, 0x3b4, 0x3c8 };

            address_space_st(&f->ports, ports[g_test_rand_int_range(0, G_N_ELEMENTS(ports))],
                             (value & 0xff1f) | 0x20, MO_16, MEMTXATTRS_UNSPECIFIED, NULL);
        } else if (kind == 6) {
            address_space_st(&f->as, 0xa0000 + g_test_rand_int_range(0, 0x20000), value, size,
                             MEMTXATTRS_UNSPECIFIED, NULL);
            address_space_ld(&f->as, 0xa0000 + g_test_rand_int_range(0, 0x20000), size,
                             MEMTXATTRS_UNSPECIFIED, NULL);
        } else {
            address_space_ld(&f->ports, 0x3b0 + g_test_rand_int_range(0, 0x30), MO_8,
                             MEMTXATTRS_UNSPECIFIED, NULL);
            out(f, 0x3c0, 0x20); /* on, more often than not */
        }
        if (i % 128 == 0) {
            look(f);
        }
    }
}

/* ---- ramfb ---- */

enum { RAM = 0x40000000, RAM_SIZE = 0x400000, CHANNEL = 0x9020000, REQUEST = RAM, CONFIG = RAM + 0x100,
       PIXELS = RAM + 0x10000, SMALL = RAM + RAM_SIZE };

/* A DMA request that writes the file; 0: it was carried out. */
static uint64_t choose(uint64_t address, const char *format, unsigned width, unsigned height,
                       unsigned stride)
{
    AddressSpace *as = &address_space_memory;

    wr(as, CONFIG, address, MO_BEUQ);
    wr(as, CONFIG + 8, ldl_le_p(format), MO_BEUL);
    wr(as, CONFIG + 12, 0, MO_BEUL);
    wr(as, CONFIG + 16, width, MO_BEUL);
    wr(as, CONFIG + 20, height, MO_BEUL);
    wr(as, CONFIG + 24, stride, MO_BEUL);
    wr(as, REQUEST, FW_CFG_FILE_FIRST << 16 | FW_CFG_DMA_CTL_SELECT | FW_CFG_DMA_CTL_WRITE,
       MO_BEUL);
    wr(as, REQUEST + 4, 28, MO_BEUL);
    wr(as, REQUEST + 8, CONFIG, MO_BEUQ);
    wr(as, CHANNEL + 16, REQUEST, MO_BEUQ);
    return rd(as, REQUEST, MO_BEUL);
}

static void test_firmware_chooses_where_the_pixels_are(void)
{
    static Fixture f;
    static MemoryRegion ram, small;
    AddressSpace *as = &address_space_memory;
    DeviceState *dev = qdev_new("ramfb"), *other;
    Error *err = NULL;

    g_assert_false(qdev_realize(dev, sysbus_get_default(), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "fw_cfg with DMA"));
    error_free(err);
    object_unref(OBJECT(dev));

    memory_region_init_ram(&ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), RAM, &ram);
    memory_region_init_ram(&small, NULL, "small", 4096, &error_abort);
    memory_region_add_subregion(get_system_memory(), SMALL, &small);
    fw_cfg_init_mem_wide(CHANNEL + 8, CHANNEL, 8, CHANNEL + 16, as);
    dev = qdev_new("ramfb");
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    device_cold_reset(dev);
    f.con = console_of_device(OBJECT(dev), 0);
    f.listener.ops = &fixture_ops;
    console_listen(f.con, &f.listener);
    look(&f);
    g_assert_cmpuint(console_surface(f.con)->width, ==, 640);

    other = qdev_new("ramfb");
    err = NULL;
    g_assert_false(qdev_realize(other, sysbus_get_default(), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "there is one already"));
    error_free(err);
    object_unref(OBJECT(other));

    g_assert_cmpuint(choose(PIXELS, "XR24", 100, 50, 512), ==, 0);
    wr(as, PIXELS + 20 * 512 + 7 * 4, 0x123456, MO_LEUL);
    look(&f);
    g_assert_cmpuint(console_surface(f.con)->width, ==, 100);
    g_assert_cmphex(pixel(&f, 7, 20), ==, 0x123456);
    look(&f);
    g_assert_cmpint(f.updates, ==, 0);
    wr(as, PIXELS - 0x8000, 1, MO_8); /* elsewhere */
    look(&f);
    g_assert_cmpint(f.updates, ==, 0);
    g_assert_cmpuint(choose(PIXELS, "RG16", 10, 10, 0), ==, 0);
    wr(as, PIXELS + 20, 0x07e0, MO_LEUW);
    look(&f);
    g_assert_cmphex(pixel(&f, 0, 1), ==, 0x00ff00);

    choose(PIXELS, "NV12", 10, 10, 0);            /* what can't be shown changes nothing */
    choose(PIXELS, "XR24", 100000, 10, 0);
    choose(PIXELS, "XR24", 10, 0, 0);
    choose(RAM + RAM_SIZE - 100, "XR24", 10, 10, 0);
    choose(UINT64_MAX - 8, "XR24", 10, 10, 0);
    choose(CHANNEL, "XR24", 10, 10, 0);
    choose(PIXELS, "XR24", 16384, 16384, UINT32_MAX);
    choose(PIXELS, "XR24", 16384, 16384, 4); /* lines that overlap */
    choose(SMALL, "XR24", 100, 50, 0);       /* in another memory, which is too small */
    look(&f);
    g_assert_cmphex(pixel(&f, 0, 1), ==, 0x00ff00);
    device_cold_reset(dev);
    look(&f);
    g_assert_cmpuint(console_surface(f.con)->width, ==, 640);
    console_unlisten(&f.listener);
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
    DISPI_TESTS("secondary-vga");
    DISPI_TESTS("VGA");
    DISPLAY_TEST("VGA", "text-is-shown", test_text_is_shown);
    DISPLAY_TEST("VGA", "packed-pixels-are-shown", test_packed_pixels_are_shown);
    DISPLAY_TEST("VGA", "planes-are-written-in-each-mode", test_planes_are_written_in_each_mode);
    DISPLAY_TEST("VGA", "registers-keep-what-they-have", test_registers_keep_what_they_have);
    DISPLAY_TEST("VGA", "the-retrace-comes", test_the_retrace_comes);
    DISPLAY_TEST("VGA", "legacy-addresses-follow-the-command-register",
                 test_legacy_addresses_follow_the_command_register);
    DISPLAY_TEST("VGA", "bank-and-colours-of-the-display-interface",
                 test_bank_and_colours_of_the_display_interface);
    DISPLAY_TEST("VGA", "state-is-copied", test_state_is_copied);
    DISPLAY_TEST("VGA", "any-registers-can-be-drawn", test_any_registers_can_be_drawn);
    DISPLAY_TEST("secondary-vga", "any-registers-can-be-drawn", test_any_registers_can_be_drawn);
    DISPLAY_TEST("bochs-display", "any-registers-can-be-drawn", test_any_registers_can_be_drawn);
    g_test_add_func("/ramfb/firmware-chooses-where-the-pixels-are",
                    test_firmware_chooses_where_the_pixels_are);
    return g_test_run();
}
