/*
 * Universe II and the VMEbus: windows both ways, error logs, interrupts both ways, DMA, the
 * registers that the crate sees. The PCI bus has RAM at 0 and is little else.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "hw/vme/universe.h"
#include "hw/vme/vme.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "system/address-spaces.h"

#define CSR  0xe0000000u
#define RAM_SIZE (1 * MiB)
#define WINDOW 0x90000000u /* where tests open images */
#define TYPE_TEST_HOST  "universe-test-host"
#define TYPE_TEST_BOARD "universe-test-board"

static PCIBus *pci;
static PCIDevice *bridge;
static VMEBus *vme;
static MemoryRegion mem, io, ram;
static AddressSpace mem_as, io_as;
static const MemTxAttrs cpu = { .memory = 0 };

static int pin_level[4];
static TestLine reset_line;
static unsigned aborts;
static hwaddr abort_addr;
static VMEDevice *other; /* a board that masters the bus */

/* --- the machine --- */

static int map_irq(PCIDevice *dev, int pin)
{
    return pin;
}

static void set_irq(void *opaque, int irq, int level)
{
    pin_level[irq] = level;
}

static MemTxResult count_abort(void *opaque, hwaddr addr, bool is_io, bool is_write)
{
    aborts++;
    abort_addr = addr;
    return MEMTX_OK;
}

static const TypeInfo test_types[] = {
    { .name = TYPE_TEST_HOST, .parent = TYPE_PCI_HOST_BRIDGE, .instance_size = sizeof(PCIHostState) },
    { .name = TYPE_TEST_BOARD, .parent = TYPE_VME_DEVICE, .instance_size = sizeof(VMEDevice) },
};

DEFINE_TYPES(test_types)

static void build_machine(void)
{
    PCIHostState *host = PCI_HOST_BRIDGE(qdev_new(TYPE_TEST_HOST));

    memory_region_init(&mem, NULL, "mem", UINT64_C(1) << 32);
    memory_region_init(&io, NULL, "io", UINT64_C(1) << 32);
    memory_region_init_ram(&ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(&mem, 0, &ram);
    address_space_init(&mem_as, &mem, "mem");
    address_space_init(&io_as, &io, "io");
    host->bus = pci = pci_register_root_bus(DEVICE(host), "pci.0", set_irq, map_irq, NULL, &mem, &io,
                                            0, 4, TYPE_PCI_BUS);
    pci_bus_on_target_abort(pci, count_abort, NULL);
    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);

    bridge = pci_new(PCI_DEVFN(13, 0), TYPE_UNIVERSE2);
    pci_realize_and_unref(bridge, pci, &error_abort);
    qdev_connect_gpio_out_named(DEVICE(bridge), UNIVERSE_RESET_OUT, 0, test_line(&reset_line));
    vme = VME_BUS(qdev_get_child_bus(DEVICE(bridge), "vme.0"));
    other = VME_DEVICE(qdev_new(TYPE_TEST_BOARD));
    qdev_realize(DEVICE(other), BUS(vme), &error_abort);
}

static void config(int reg, uint32_t value, int len)
{
    pci_data_write(pci, 0x80000000 | bridge->devfn << 8 | reg, value, len);
}

static uint32_t reg(uint32_t offset)
{
    return address_space_ldl_le(&mem_as, CSR + offset, cpu, NULL);
}

static void set_reg(uint32_t offset, uint32_t value)
{
    address_space_stl_le(&mem_as, CSR + offset, value, cpu, NULL);
}

static void reset(void)
{
    device_cold_reset(DEVICE(bridge));
    config(PCI_BASE_ADDRESS_0, CSR, 4);
    config(PCI_BASE_ADDRESS_1, 0x1000, 4);
    config(PCI_STATUS, 0xffff, 2);
    config(PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    memset(memory_region_get_ram_ptr(&ram), 0, RAM_SIZE);
    aborts = 0;
    reset_line.rises = 0;
}

static DeviceState *plug(const char *type, const char *const *settings)
{
    DeviceState *dev = qdev_new(type);

    for (; *settings; settings += 2) {
        object_property_parse(OBJECT(dev), settings[0], settings[1], &error_abort);
    }
    qdev_realize(dev, BUS(vme), &error_abort);
    return dev;
}

#define PLUG(type, ...) plug(type, (const char *const[]){ __VA_ARGS__, NULL })

static DeviceState *plug_ram(const char *space, const char *addr, const char *width)
{
    return PLUG("vme-ram", "space", space, "addr", addr, "size", "64K", "width", width);
}

/*
 * PCI target image n from WINDOW on, 1 MiB of the address space `vas` from 0 on; ctl: further bits.
 */
static void open_target(int n, unsigned vas, uint32_t ctl)
{
    uint32_t at = (n < 4 ? 0x100 : 0x1a0) + 0x14 * (n % 4);

    set_reg(at + 4, WINDOW);
    set_reg(at + 8, WINDOW + MiB);
    set_reg(at + 12, -WINDOW);
    set_reg(at, 0x80800000 | vas << 16 | ctl);
}

static void put(uint32_t addr, uint32_t value)
{
    address_space_stl_be(&mem_as, addr, value, cpu, NULL);
}

static uint32_t get(uint32_t addr)
{
    return address_space_ldl_be(&mem_as, addr, cpu, NULL);
}

/* A cycle of the other board. */
static bool cycle(uint8_t am, uint32_t addr, unsigned size, bool write, uint64_t *data)
{
    VMECycle c = { .addr = addr, .am = am, .size = size, .write = write, .data = *data };
    bool ok = vme_cycle(other, &c);

    *data = c.data;
    return ok;
}

/* --- registers --- */

static void reset_values(void)
{
    static const struct {
        uint32_t offset, value;
    } rows[] = {
        { 0x000, 0x000010e3 }, { 0x008, 0x06800002 }, { 0x100, 0 }, { 0x1dc, 0 }, { 0x188, 0 },
        { 0x220, 0 }, { 0x300, 0 }, { 0x310, 0 }, { 0x320, 0xff000000 }, { 0x400, 0x80c00000 },
        { 0x404, 0x31020000 }, { 0x40c, 0x40400000 }, { 0xf00, 0 }, { 0xfcc, 0 }, { 0xffc, 0 },
    };

    reset();
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmphex(reg(rows[i].offset), ==, rows[i].value);
    }
}

/* Images 0 and 4 are in units of 4 KiB, the others of 64 KiB. */
static void image_registers_keep_what_they_have(void)
{
    reset();
    for (int n = 0; n < 8; n++) {
        uint32_t lsi = (n < 4 ? 0x100 : 0x1a0) + 0x14 * (n % 4);
        uint32_t vsi = (n < 4 ? 0xf00 : 0xf90) + 0x14 * (n % 4);
        uint32_t mask = n % 4 ? 0xffff0000 : 0xfffff000;

        for (int at = 4; at <= 12; at += 4) {
            set_reg(lsi + at, 0xffffffff);
            set_reg(vsi + at, 0xffffffff);
            g_assert_cmphex(reg(lsi + at), ==, mask);
            g_assert_cmphex(reg(vsi + at), ==, mask);
        }
        set_reg(lsi, 0x7fffffff);
        set_reg(vsi, 0x7fffffff);
        g_assert_cmphex(reg(lsi), ==, 0x40c75101);
        g_assert_cmphex(reg(vsi), ==, 0x60f700c3);
    }
}

static void registers_are_in_io_space_too(void)
{
    reset();
    set_reg(0x174, 0x12345678);
    g_assert_cmphex(address_space_ldl_le(&io_as, 0x1174, cpu, NULL), ==, 0x12345678);
}

static void configuration_space_is_the_first_page(void)
{
    reset();
    set_reg(PCI_COMMAND, PCI_COMMAND_MEMORY);
    g_assert_cmphex(pci_get_word(bridge->config + PCI_COMMAND), ==, PCI_COMMAND_MEMORY);
    g_assert_cmphex(address_space_ldub(&mem_as, CSR + PCI_BASE_ADDRESS_0 + 3, cpu, NULL), ==,
                    CSR >> 24);
}

static void a_taken_semaphore_stays_taken(void)
{
    reset();
    address_space_stb(&mem_as, CSR + 0x358, 0x81, cpu, NULL);
    address_space_stb(&mem_as, CSR + 0x358, 0x82, cpu, NULL);
    address_space_stb(&mem_as, CSR + 0x35b, 0xff, cpu, NULL);
    g_assert_cmphex(reg(0x358), ==, 0xff000081);
    address_space_stb(&mem_as, CSR + 0x358, 0x00, cpu, NULL);
    address_space_stb(&mem_as, CSR + 0x358, 0x82, cpu, NULL);
    g_assert_cmphex(reg(0x358), ==, 0xff000082);
}

static void software_resets_reach_the_board(void)
{
    reset();
    set_reg(0x404, 0x31020000 | 0x00800000); /* SW_LRST */
    g_assert_cmpint(reset_line.rises, ==, 1);
    set_reg(0x404, 0x31020000 | 0x00400000); /* SW_SYSRST */
    g_assert_cmpint(reset_line.rises, ==, 2);
    g_assert_cmphex(reg(0x404), ==, 0x31020000);
}

/* --- PCI to VME --- */

static void images_reach_each_address_space(void)
{
    static const char *const spaces[] = { "a16", "a24", "a32" };

    for (unsigned vas = 0; vas < 3; vas++) {
        for (int n = 0; n < 8; n++) {
            DeviceState *card = plug_ram(spaces[vas], "0", "64");

            reset();
            open_target(n, vas, 0);
            put(WINDOW + 0x1000, 0x11223344);
            g_assert_cmphex(get(WINDOW + 0x1000), ==, 0x11223344);
            g_assert_cmphex(address_space_ldub(&mem_as, WINDOW + 0x1001, cpu, NULL), ==, 0x22);
            g_assert_cmpuint(aborts, ==, 0);
            /* A16 comes round again, the others end with the card. */
            g_assert_cmphex(get(WINDOW + 0x11000), ==, vas ? 0xffffffff : 0x11223344);
            g_assert_cmpuint(aborts, ==, vas ? 1 : 0);
            test_drop(card);
        }
    }
}

static void closed_images_answer_nothing(void)
{
    MemTxResult result;
    DeviceState *card = plug_ram("a24", "0", "64");

    reset();
    open_target(1, 1, 0);
    config(PCI_COMMAND, 0, 2);
    address_space_ldl_be(&mem_as, WINDOW, cpu, &result);
    g_assert_cmpuint(result, ==, MEMTX_DECODE_ERROR);
    config(PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    set_reg(0x114, 0);
    address_space_ldl_be(&mem_as, WINDOW, cpu, &result);
    g_assert_cmpuint(result, ==, MEMTX_DECODE_ERROR);
    test_drop(card);
}

static void the_special_image_has_four_quadrants(void)
{
    DeviceState *a24 = plug_ram("a24", "0x120000", "64");
    DeviceState *a16 = plug_ram("a16", "0", "64");

    reset();
    set_reg(0x188, 0x80f00000 | WINDOW >> 24);
    put(WINDOW + 0x120004, 0xcafe0001);
    g_assert_cmphex(get(WINDOW + 0x3120004), ==, 0xcafe0001);
    put(WINDOW + 0xff0008, 0xcafe0002);
    g_assert_cmphex(get(WINDOW + 0x1ff0008), ==, 0xcafe0002);
    g_assert_cmphex(get(WINDOW + 0x120008), ==, 0);
    g_assert_cmpuint(aborts, ==, 0);
    test_drop(a24);
    test_drop(a16);
}

/* An image's data width cuts an access into cycles that the card takes. */
static void images_cut_accesses_to_their_width(void)
{
    DeviceState *card = plug_ram("a24", "0", "16");

    reset();
    open_target(1, 1, 0);
    put(WINDOW, 0x01020304);
    g_assert_cmpuint(aborts, ==, 1);
    open_target(1, 1, 0);
    set_reg(0x114, 0x80400000 | 1 << 16);
    put(WINDOW, 0x01020304);
    g_assert_cmphex(get(WINDOW), ==, 0x01020304);
    g_assert_cmpuint(aborts, ==, 1);
    test_drop(card);
}

static void a_coupled_bus_error_is_a_target_abort(void)
{
    reset();
    open_target(1, 2, 0);
    g_assert_cmphex(get(WINDOW + 0x40), ==, 0xffffffff);
    g_assert_cmpuint(aborts, ==, 1);
    g_assert_cmphex(abort_addr, ==, WINDOW + 0x40);
    g_assert_true(reg(PCI_COMMAND) & PCI_STATUS_SIG_TARGET_ABORT << 16);
    g_assert_cmphex(reg(0xf88), ==, 0);
}

static void a_posted_bus_error_is_logged(void)
{
    reset();
    set_reg(0x300, 0x400);
    open_target(1, 1, 0x40001000);
    put(WINDOW + 0x40, 1);
    g_assert_cmpuint(aborts, ==, 0);
    g_assert_cmphex(reg(0xf88), ==, 0x3du << 26 | 0x00800000);
    g_assert_cmphex(reg(0xf8c), ==, 0x40);
    g_assert_cmphex(reg(0x304), ==, 0x400);
    g_assert_cmpint(pin_level[0], ==, 1);
    put(WINDOW + 0x80, 1);
    g_assert_cmphex(reg(0xf88), ==, 0x3du << 26 | 0x01800000);
    g_assert_cmphex(reg(0xf8c), ==, 0x40);
    set_reg(0xf88, 0x00800000);
    set_reg(0x304, 0x400);
    g_assert_cmphex(reg(0xf88), ==, 0);
    g_assert_cmpint(pin_level[0], ==, 0);
}

static void isolation_cuts_the_bridge_off(void)
{
    DeviceState *card = plug_ram("a24", "0", "64");

    reset();
    open_target(1, 1, 0);
    set_reg(0x404, 0x31120000);
    get(WINDOW);
    g_assert_cmpuint(aborts, ==, 1);
    set_reg(0x404, 0x31020000);
    get(WINDOW);
    g_assert_cmpuint(aborts, ==, 1);
    test_drop(card);
}

/* The registers are as PCI carries the data: little-endian. */
static void a_special_cycle_swaps_if_it_compares(void)
{
    DeviceState *card = plug_ram("a24", "0", "64");

    reset();
    open_target(1, 1, 0);
    put(WINDOW + 8, 0x00000001);
    set_reg(0x174, WINDOW + 8);
    set_reg(0x178, bswap32(0x000000ff));
    set_reg(0x17c, bswap32(0x00000001));
    set_reg(0x180, bswap32(0x00000080));
    set_reg(0x170, 1);
    g_assert_cmphex(get(WINDOW + 8), ==, 0x00000001);
    set_reg(0x170, 0);
    g_assert_cmphex(get(WINDOW + 8), ==, 0x00000080);
    set_reg(0x170, 1);
    g_assert_cmphex(get(WINDOW + 8), ==, 0x00000080);
    set_reg(0x170, 0);
    g_assert_cmphex(get(WINDOW + 8), ==, 0x00000080);
    test_drop(card);
}

/* --- VME to PCI --- */

static void open_slave(int n, uint32_t ctl, uint32_t base, uint32_t size, uint32_t pci_addr)
{
    uint32_t at = (n < 4 ? 0xf00 : 0xf90) + 0x14 * (n % 4);

    set_reg(at + 4, base);
    set_reg(at + 8, base + size);
    set_reg(at + 12, pci_addr - base);
    set_reg(at, 0x80000000 | ctl);
}

static void slave_images_lead_to_memory(void)
{
    for (int n = 0; n < 8; n++) {
        uint64_t data = 0x55667788;

        reset();
        open_slave(n, 0x00f20000, 0x40000000, 0x100000, 0);
        g_assert_true(cycle(0x09, 0x40000100, 4, true, &data));
        g_assert_cmphex(ldl_be_p((uint8_t *)memory_region_get_ram_ptr(&ram) + 0x100), ==, 0x55667788);
        g_assert_true(cycle(0x0d, 0x40000102, 2, false, &data));
        g_assert_cmphex(data, ==, 0x7788);
        g_assert_false(cycle(0x09, 0x40100000, 4, false, &data));
        g_assert_false(cycle(0x39, 0x00000100, 4, false, &data));
    }
}

static void slave_images_choose_modifiers(void)
{
    uint64_t data = 0;

    reset();
    open_slave(1, 0x00610000, 0x100000, 0x10000, 0); /* A24, data, supervisor */
    g_assert_true(cycle(0x3d, 0x100000, 4, false, &data));
    g_assert_false(cycle(0x39, 0x100000, 4, false, &data));
    g_assert_false(cycle(0x3e, 0x100000, 4, false, &data));
    g_assert_true(cycle(0x3f, 0x100000, 4, false, &data));
    config(PCI_COMMAND, PCI_COMMAND_MEMORY, 2); /* no bus mastering */
    g_assert_false(cycle(0x3d, 0x100000, 4, false, &data));
}

static void a_posted_write_to_nowhere_is_logged(void)
{
    uint64_t data = 1;

    reset();
    open_slave(1, 0x00f20000, 0x40000000, 0x100000, 0x70000000);
    g_assert_false(cycle(0x09, 0x40000010, 4, true, &data));
    g_assert_cmphex(reg(0x18c), ==, 0);
    open_slave(1, 0x40f20000, 0x40000000, 0x100000, 0x70000000);
    g_assert_true(cycle(0x09, 0x40000010, 4, true, &data));
    g_assert_cmphex(reg(0x18c), ==, 0x70800000);
    g_assert_cmphex(reg(0x190), ==, 0x70000010);
    g_assert_cmphex(reg(0x304), ==, 0x200);
    g_assert_true(reg(PCI_COMMAND) & PCI_STATUS_REC_MASTER_ABORT << 16);
    set_reg(0x18c, 0x00800000);
    g_assert_cmphex(reg(0x18c), ==, 0);
}

static void two_images_that_lead_to_each_other_end(void)
{
    uint64_t data = 0;

    reset();
    open_target(1, 2, 0);
    open_slave(1, 0x00f20000, 0, 0x100000, WINDOW);
    g_assert_false(cycle(0x09, 0x1000, 4, false, &data));
}

static void the_crate_sees_the_registers(void)
{
    uint64_t data = bswap32(0xfeed0001);

    reset();
    set_reg(0xf74, 0x00c0f000);
    set_reg(0xf70, 0x80f10000);
    g_assert_true(cycle(0x39, 0xc0f348, 4, true, &data)); /* MBOX0 */
    g_assert_cmphex(reg(0x348), ==, 0xfeed0001);
    g_assert_true(cycle(0x39, 0xc0f000, 2, false, &data));
    g_assert_cmphex(data, ==, bswap16(0x10e3));
    g_assert_false(cycle(0x3b, 0xc0f000, 4, false, &data)); /* no blocks */
    set_reg(0xffc, 3u << 27);
    set_reg(0xf80, 0x80000000);
    g_assert_true(cycle(0x2f, 3 * 0x80000 + 0x7f348, 4, false, &data));
    g_assert_cmphex(data, ==, bswap32(0xfeed0001));
    data = 0x80;
    g_assert_true(cycle(0x2f, 3 * 0x80000 + 0x7fffb, 1, true, &data)); /* VCSR_SET.RESET */
    g_assert_cmpint(reset_line.rises, ==, 1);
    set_reg(0xff8, 0x80000000);
    g_assert_cmpint(reset_line.rises, ==, 1);
}

static void sysfail_is_a_line_and_an_interrupt(void)
{
    reset();
    set_reg(0x300, 0x4000);
    set_reg(0xff8, 0x40000000);
    g_assert_cmphex(vme_lines(other), ==, VME_SYSFAIL);
    g_assert_cmphex(reg(0xff4), ==, 0x60000000);
    g_assert_cmphex(reg(0x304), ==, 0x4000);
    set_reg(0xff4, 0x40000000);
    g_assert_cmphex(vme_lines(other), ==, 0);
    set_reg(0x304, 0x4000);
    vme_set_lines(other, VME_SYSFAIL | VME_ACFAIL);
    g_assert_cmphex(reg(0x304), ==, 0xc000);
    vme_set_lines(other, 0);
    set_reg(0x304, 0xffffffff);
}

/* --- interrupts --- */

static void levels_are_acknowledged_and_latched(void)
{
    DeviceState *low = PLUG("vme-interrupter", "level", "3", "vector", "0x42");
    DeviceState *high = PLUG("vme-interrupter", "level", "6", "vector", "0x55");

    reset();
    object_property_set_bool(OBJECT(low), "asserted", true, &error_abort);
    object_property_set_bool(OBJECT(high), "asserted", true, &error_abort);
    g_assert_cmphex(reg(0x304), ==, 0);
    set_reg(0x308, 0x01000000); /* VIRQ6 to LINT1 */
    set_reg(0x300, 0xfe);
    g_assert_cmphex(reg(0x304), ==, 0x48);
    g_assert_cmphex(reg(0x32c), ==, 0x42);
    g_assert_cmphex(reg(0x338), ==, 0x55);
    g_assert_cmpint(pin_level[0], ==, 1);
    g_assert_cmpint(pin_level[1], ==, 1);
    set_reg(0x304, 0x48);
    g_assert_cmphex(reg(0x304), ==, 0);
    g_assert_cmpint(pin_level[0], ==, 0);
    g_assert_cmpint(pin_level[1], ==, 0);
    g_assert_false(object_property_get_bool(OBJECT(low), "asserted", &error_abort));
    test_drop(low);
    test_drop(high);
}

/* Boards at the same level are served in the order of their slots, one for each clearing. */
static void the_daisy_chain_goes_by_slots(void)
{
    DeviceState *far = PLUG("vme-interrupter", "level", "2", "vector", "9", "slot", "9");
    DeviceState *near = PLUG("vme-interrupter", "level", "2", "vector", "4", "slot", "4");

    reset();
    set_reg(0x300, 4);
    object_property_set_bool(OBJECT(near), "asserted", true, &error_abort);
    object_property_set_bool(OBJECT(far), "asserted", true, &error_abort);
    g_assert_cmphex(reg(0x328), ==, 4);
    set_reg(0x304, 4);
    g_assert_cmphex(reg(0x304), ==, 4);
    g_assert_cmphex(reg(0x328), ==, 9);
    set_reg(0x304, 4);
    g_assert_cmphex(reg(0x304), ==, 0);
    test_drop(far);
    test_drop(near);
}

static void a_bus_error_in_an_acknowledgement_is_told(void)
{
    DeviceState *card = PLUG("vme-interrupter", "level", "7", "vector", "0x17", "answers", "off",
                             "roak", "off");

    reset();
    set_reg(0x300, 0x80);
    object_property_set_bool(OBJECT(card), "asserted", true, &error_abort);
    g_assert_cmphex(reg(0x33c) & 0x100, ==, 0x100);
    g_assert_cmphex(reg(0x304), ==, 0x80);
    object_property_set_bool(OBJECT(card), "asserted", false, &error_abort);
    set_reg(0x304, 0x80);
    g_assert_cmphex(reg(0x304), ==, 0);
    test_drop(card);
}

static void software_interrupts_the_crate(void)
{
    uint8_t statid = 0;

    reset();
    set_reg(0x320, 0xaa000000);
    set_reg(0x300, 0x1000);
    set_reg(0x310, 0x20000000); /* SW_INT5 */
    g_assert_cmphex(reg(0x314), ==, 0x20000000);
    g_assert_cmphex(vme_irq_levels(other), ==, 1 << 5);
    g_assert_true(vme_iack(other, 5, &statid));
    g_assert_cmphex(statid, ==, 0xaa);
    g_assert_cmphex(reg(0x314), ==, 0);
    g_assert_cmphex(vme_irq_levels(other), ==, 0);
    g_assert_cmphex(reg(0x304), ==, 0x1000); /* SW_IACK */
    g_assert_false(vme_iack(other, 5, &statid));
    /* Again only after the enable bit has been 0. */
    set_reg(0x310, 0x20000000);
    g_assert_cmphex(vme_irq_levels(other), ==, 0);
    set_reg(0x310, 0);
    set_reg(0x31c, 4 << 16);
    set_reg(0x310, 0x1000); /* SW_INT, mapped to level 4 */
    g_assert_cmphex(vme_irq_levels(other), ==, 1 << 4);
    set_reg(0x310, 0);
    g_assert_cmphex(vme_irq_levels(other), ==, 0);
}

/* The bridge handles what it requests itself: how drivers test the way. */
static void software_interrupts_the_board_by_the_crate(void)
{
    reset();
    set_reg(0x320, 0x66000000);
    set_reg(0x300, 0x1008);
    set_reg(0x310, 0x08000000);
    g_assert_cmphex(reg(0x304), ==, 0x1008);
    g_assert_cmphex(reg(0x32c), ==, 0x66);
    g_assert_cmphex(reg(0x314), ==, 0);
}

static void other_sources_stay_until_they_are_cleared(void)
{
    uint8_t statid = 0;

    reset();
    set_reg(0x320, 0xaa000000);
    set_reg(0x344, 0x0002); /* MBOX0 to level 2 */
    set_reg(0x310, 0x00010000);
    set_reg(0x348, 1);
    g_assert_cmphex(vme_irq_levels(other), ==, 1 << 2);
    g_assert_true(vme_iack(other, 2, &statid));
    g_assert_cmphex(statid, ==, 0xab);
    g_assert_cmphex(vme_irq_levels(other), ==, 1 << 2);
    set_reg(0x314, 0x00010000);
    g_assert_cmphex(vme_irq_levels(other), ==, 0);
}

static void mailboxes_and_locations_interrupt(void)
{
    uint64_t data = 0;

    reset();
    set_reg(0x340, 0x11110000); /* location monitor to LINT1, mailboxes to LINT0 */
    set_reg(0x300, 0x00ff0000);
    set_reg(0x354, 7);
    g_assert_cmphex(reg(0x304), ==, 0x00080000);
    g_assert_cmpint(pin_level[0], ==, 1);
    set_reg(0x304, 0x00080000);
    set_reg(0xf68, 0x3000);
    set_reg(0xf64, 0x80f00000);
    g_assert_true(cycle(0x2d, 0x3010, 2, false, &data));
    g_assert_cmphex(reg(0x304), ==, 0x00400000);
    g_assert_cmpint(pin_level[1], ==, 1);
    set_reg(0x304, 0x00400000);
    g_assert_cmpint(pin_level[1], ==, 0);
}

static void the_software_interrupt_to_pci_goes_with_its_enable(void)
{
    reset();
    set_reg(0x300, 0x2000);
    g_assert_cmphex(reg(0x304), ==, 0x2000);
    g_assert_cmpint(pin_level[0], ==, 1);
    set_reg(0x300, 0);
    g_assert_cmphex(reg(0x304), ==, 0);
}

static void pins_four_to_seven_are_outputs_of_their_own(void)
{
    static TestLine lint5;

    reset();
    qdev_connect_gpio_out_named(DEVICE(bridge), UNIVERSE_LINT_OUT, 5, test_line(&lint5));
    set_reg(0x30c, 5 << 20);
    set_reg(0x300, 0x2000);
    g_assert_cmpint(lint5.level, ==, 1);
    g_assert_cmpint(pin_level[0], ==, 0);
    set_reg(0x300, 0);
    g_assert_cmpint(lint5.level, ==, 0);
}

/* --- DMA --- */

static uint8_t *at(uint32_t addr)
{
    return (uint8_t *)memory_region_get_ram_ptr(&ram) + addr;
}

static uint32_t run_dma(void)
{
    test_advance_ns(1000 * 1000 * 1000);
    return reg(0x220);
}

static void direct_transfers(void)
{
    DeviceState *card = plug_ram("a32", "0x10000000", "64");
    uint32_t vct[] = { 0, 0x100 };

    for (size_t i = 0; i < G_N_ELEMENTS(vct); i++) {
        for (unsigned vdw = 0; vdw < 4; vdw++) {
            uint32_t dctl = vdw << 22 | 2 << 16 | vct[i];

            reset();
            for (int n = 0; n < 0x9001; n++) {
                *at(0x1000 + n) = n * 7 + vdw;
            }
            set_reg(0x300, 0x100);
            set_reg(0x200, 0x80000000 | dctl);
            set_reg(0x204, 0x9001);
            set_reg(0x208, 0x1000);
            set_reg(0x210, 0x10000010 & ~7u);
            set_reg(0x220, 0x80000008);
            g_assert_cmphex(reg(0x220) & 0x8000, ==, 0x8000);
            g_assert_cmphex(run_dma(), ==, 0x00000808);
            g_assert_cmphex(reg(0x304), ==, 0x100);
            g_assert_cmphex(reg(0x204), ==, 0);
            g_assert_cmphex(reg(0x208), ==, 0x1000 + 0x9001);
            set_reg(0x220, 0x00000808);
            set_reg(0x304, 0x100);
            set_reg(0x200, dctl);
            set_reg(0x204, 0x9001);
            set_reg(0x208, 0x20000);
            set_reg(0x210, 0x10000010 & ~7u);
            set_reg(0x220, 0x80000000);
            g_assert_cmphex(run_dma(), ==, 0x00000800);
            g_assert_cmphex(reg(0x304), ==, 0);
            g_assert_cmpint(memcmp(at(0x1000), at(0x20000), 0x9001), ==, 0);
        }
    }
    test_drop(card);
}

static void transfers_report_where_they_failed(void)
{
    DeviceState *card = plug_ram("a24", "0", "64");

    reset();
    set_reg(0x300, 0x100);
    set_reg(0x200, 0x80810000); /* to A24, 32 bits: the card ends at 10000 */
    set_reg(0x204, 0x200);
    set_reg(0x210, 0xff00);
    set_reg(0x220, 0x80000002);
    g_assert_cmphex(run_dma(), ==, 0x00000202);
    g_assert_cmphex(reg(0x204), ==, 0x100);
    g_assert_cmphex(reg(0x210), ==, 0x10000);
    g_assert_cmphex(reg(0x304), ==, 0x100);

    reset();
    set_reg(0x200, 0x00810000); /* to PCI where there is nothing */
    set_reg(0x204, 0x20);
    set_reg(0x208, 0x70000000);
    set_reg(0x220, 0x80000004);
    g_assert_cmphex(run_dma(), ==, 0x00000404);

    reset();
    config(PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    set_reg(0x204, 0x20);
    set_reg(0x220, 0x80000001);
    g_assert_cmphex(run_dma(), ==, 0x00000101);
    test_drop(card);
}

static void write_packet(uint32_t addr, uint32_t dctl, uint32_t len, uint32_t dla, uint32_t dva,
                         uint32_t next)
{
    uint32_t words[] = { dctl, len, dla, 0, dva, 0, next, 0 };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        stl_le_p(at(addr + 4 * i), words[i]);
    }
}

static void lists_are_walked_and_marked(void)
{
    DeviceState *card = plug_ram("a24", "0", "64");

    reset();
    memset(at(0x8000), 0x5a, 0x100);
    write_packet(0x1000, 0x80810000, 0x100, 0x8000, 0x200, 0x1040);
    write_packet(0x1040, 0x00810000, 0x100, 0x9000, 0x200, 0x1080 | 1);
    set_reg(0x218, 0x1000);
    set_reg(0x220, 0x88000008);
    g_assert_cmphex(run_dma(), ==, 0x08000808);
    g_assert_cmpint(memcmp(at(0x8000), at(0x9000), 0x100), ==, 0);
    g_assert_cmphex(ldl_le_p(at(0x1018)), ==, 0x1042);
    g_assert_cmphex(ldl_le_p(at(0x1058)), ==, 0x1083);
    g_assert_cmphex(reg(0x218), ==, 0x1040);
    test_drop(card);
}

static void lists_wait_halt_and_stop(void)
{
    DeviceState *card = plug_ram("a24", "0", "64");

    reset();
    write_packet(0x1000, 0x80810000, 0x100, 0x8000, 0x200, 0x1000); /* without an end */
    set_reg(0x218, 0x1000);
    set_reg(0x224, 0x80000000);
    set_reg(0x220, 0x88000000);
    g_assert_cmphex(run_dma(), ==, 0x08008000);
    g_assert_cmphex(ldl_le_p(at(0x1018)), ==, 0x1000);
    set_reg(0x224, 0);
    test_advance_ns(100 * 1000);
    g_assert_cmphex(reg(0x220), ==, 0x08008000);
    g_assert_cmphex(ldl_le_p(at(0x1018)), ==, 0x1002);
    set_reg(0x220, 0x28000020);
    g_assert_cmphex(run_dma(), ==, 0x08002020);
    set_reg(0x220, 0x88006f00);
    test_advance_ns(100 * 1000);
    set_reg(0x220, 0x48000000);
    g_assert_cmphex(run_dma(), ==, 0x08004000);
    test_drop(card);
}

static void the_vme_address_can_stay(void)
{
    DeviceState *card = plug_ram("a24", "0", "64");

    reset();
    for (int n = 0; n < 16; n++) {
        *at(0x1000 + n) = n;
    }
    set_reg(0x200, 0x80810200);
    set_reg(0x204, 16);
    set_reg(0x208, 0x1000);
    set_reg(0x220, 0x80000000);
    g_assert_cmphex(run_dma(), ==, 0x800);
    open_target(1, 1, 0);
    g_assert_cmphex(get(WINDOW), ==, 0x0c0d0e0f);
    g_assert_cmphex(get(WINDOW + 4), ==, 0);
    g_assert_cmphex(reg(0x210), ==, 0);
    test_drop(card);
}

/* Into the bridge's own registers: what is left is never more than before. */
static void a_transfer_may_write_the_registers(void)
{
    static const uint8_t stop[] = { 0, 0, 0, 0x40 };
    DeviceState *card = plug_ram("a24", "0", "64");

    reset();
    set_reg(0x200, 0x00810000);
    set_reg(0x204, 8);
    set_reg(0x208, CSR + 0x204); /* the card is all zeros */
    set_reg(0x220, 0x80000000);
    g_assert_cmphex(run_dma(), ==, 0x800);
    g_assert_cmphex(reg(0x204), ==, 0);

    reset();
    open_target(1, 1, 0);
    put(WINDOW, ldl_be_p(stop));
    set_reg(0x200, 0x00810000);
    set_reg(0x204, 4);
    set_reg(0x208, CSR + 0x220);
    set_reg(0x220, 0x80000000);
    g_assert_cmphex(run_dma(), ==, 0x4000);
    test_drop(card);
}

/* --- the crate --- */

static void modifiers_and_back(void)
{
    static const uint8_t known[] = { 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x29, 0x2d, 0x2f,
                                     0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f };
    unsigned found = 0;

    for (unsigned am = 0; am < 64; am++) {
        VMEModifier m = vme_modifier(am);

        if (m.space < VME_NUM_SPACES) {
            g_assert_cmphex(vme_am(m.space, m.kinds), ==, am);
            g_assert_cmphex(known[found++], ==, am);
        }
    }
    g_assert_cmpuint(found, ==, G_N_ELEMENTS(known));
    g_assert_cmpint(vme_modifier(0x13).space, ==, VME_USER);
}

static void slots_are_unique(void)
{
    static const char *const bad[][2] = { { "slot", "1" }, { "slot", "22" } };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        DeviceState *dev = qdev_new("vme-interrupter");
        Error *err = NULL;

        object_property_parse(OBJECT(dev), bad[i][0], bad[i][1], &error_abort);
        g_assert_false(qdev_realize(dev, BUS(vme), &err));
        g_assert_nonnull(strstr(error_get_pretty(err), "slot"));
        error_free(err);
        object_unref(OBJECT(dev));
    }
}

static void the_state_survives(void)
{
    DeviceState *card = plug_ram("a24", "0", "64");
    const VMStateDescription *vmsd = DEVICE_GET_CLASS(bridge)->vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    VMStateReader reader;

    reset();
    open_target(1, 1, 0);
    put(WINDOW, 0x12345678);
    set_reg(0x310, 0x20000000);
    g_assert_cmpint(vmstate_save_state(bytes, vmsd, bridge, &error_abort), ==, 0);
    reset();
    g_assert_cmphex(vme_irq_levels(other), ==, 0);
    reader = (VMStateReader){ .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, bridge, &error_abort), ==, 0);
    g_assert_cmphex(get(WINDOW), ==, 0x12345678);
    g_assert_cmphex(vme_irq_levels(other), ==, 1 << 5);
    set_reg(0x310, 0);
    test_drop(card);
}

/*
 * A random guest and a random crate: whatever is written, the machine goes on. The windows are made
 * to lead into each other.
 */
static void random_accesses(void)
{
    static const uint32_t hot[] = { 0x100, 0x114, 0x170, 0x188, 0x200, 0x204, 0x220, 0x224, 0x300, 0x304,
                                    0x310, 0x314, 0x358, 0x400, 0x404, 0xf00, 0xf14, 0xf64, 0xf70, 0xf80,
                                    0xff4, 0xff8, 0xffc };
    DeviceState *card = plug_ram("a24", "0", "32");
    DeviceState *source = PLUG("vme-interrupter", "level", "4", "roak", "off");
    const char *steps = g_getenv("DEVICE_RANDOM_STEPS");
    int n = steps ? atoi(steps) : 3000;

    reset();
    for (int i = 0; i < n; i++) {
        uint32_t offset = g_test_rand_int_range(0, 2) ? hot[g_test_rand_int_range(0, G_N_ELEMENTS(hot))]
                                                      : (uint32_t)g_test_rand_int_range(0, 0x400) * 4;
        uint64_t data = (uint32_t)g_test_rand_int();
        uint32_t addr = (uint32_t)g_test_rand_int() & 0x001ffff8;

        switch (g_test_rand_int_range(0, 12)) {
        case 0:
            reset();
            open_target(1, g_test_rand_int_range(0, 3), 0);
            open_slave(1, 0x40f10000, 0x100000, 0x100000, WINDOW - 0x80000);
            break;
        case 1:
            cycle(g_test_rand_int_range(0, 64), addr, 1u << g_test_rand_int_range(0, 4),
                  g_test_rand_bit(), &data);
            break;
        case 2:
            put(WINDOW + addr, (uint32_t)data);
            break;
        case 3:
            get(WINDOW + addr);
            break;
        case 4:
            test_advance_ns(g_test_rand_int_range(0, 100000));
            break;
        case 5:
            object_property_set_bool(OBJECT(source), "asserted", g_test_rand_bit(), &error_abort);
            break;
        case 6:
            write_packet(addr & 0xffe0, (uint32_t)data, addr & 0xfff, addr & 0xfffff, (uint32_t)data,
                         g_test_rand_int_range(0, 0x10000));
            break;
        case 7:
            reg(offset);
            break;
        default:
            if (offset >= 0x100) {
                set_reg(offset, (uint32_t)data);
            }
        }
    }
    reset();
    test_drop(card);
    test_drop(source);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    build_machine();
    g_test_add_func("/universe/registers/reset-values", reset_values);
    g_test_add_func("/universe/registers/images-keep-what-they-have",
                    image_registers_keep_what_they_have);
    g_test_add_func("/universe/registers/in-io-space-too", registers_are_in_io_space_too);
    g_test_add_func("/universe/registers/configuration-space", configuration_space_is_the_first_page);
    g_test_add_func("/universe/registers/semaphores", a_taken_semaphore_stays_taken);
    g_test_add_func("/universe/registers/resets", software_resets_reach_the_board);
    g_test_add_func("/universe/target/each-space", images_reach_each_address_space);
    g_test_add_func("/universe/target/closed", closed_images_answer_nothing);
    g_test_add_func("/universe/target/special", the_special_image_has_four_quadrants);
    g_test_add_func("/universe/target/width", images_cut_accesses_to_their_width);
    g_test_add_func("/universe/target/bus-error", a_coupled_bus_error_is_a_target_abort);
    g_test_add_func("/universe/target/posted-bus-error", a_posted_bus_error_is_logged);
    g_test_add_func("/universe/target/isolation", isolation_cuts_the_bridge_off);
    g_test_add_func("/universe/target/special-cycle", a_special_cycle_swaps_if_it_compares);
    g_test_add_func("/universe/slave/memory", slave_images_lead_to_memory);
    g_test_add_func("/universe/slave/modifiers", slave_images_choose_modifiers);
    g_test_add_func("/universe/slave/posted-error", a_posted_write_to_nowhere_is_logged);
    g_test_add_func("/universe/slave/loop", two_images_that_lead_to_each_other_end);
    g_test_add_func("/universe/slave/registers", the_crate_sees_the_registers);
    g_test_add_func("/universe/slave/sysfail", sysfail_is_a_line_and_an_interrupt);
    g_test_add_func("/universe/irq/levels", levels_are_acknowledged_and_latched);
    g_test_add_func("/universe/irq/daisy-chain", the_daisy_chain_goes_by_slots);
    g_test_add_func("/universe/irq/bus-error", a_bus_error_in_an_acknowledgement_is_told);
    g_test_add_func("/universe/irq/software-to-crate", software_interrupts_the_crate);
    g_test_add_func("/universe/irq/software-to-itself", software_interrupts_the_board_by_the_crate);
    g_test_add_func("/universe/irq/others-stay", other_sources_stay_until_they_are_cleared);
    g_test_add_func("/universe/irq/mailboxes-and-locations", mailboxes_and_locations_interrupt);
    g_test_add_func("/universe/irq/software-to-pci", the_software_interrupt_to_pci_goes_with_its_enable);
    g_test_add_func("/universe/irq/other-pins", pins_four_to_seven_are_outputs_of_their_own);
    g_test_add_func("/universe/dma/direct", direct_transfers);
    g_test_add_func("/universe/dma/errors", transfers_report_where_they_failed);
    g_test_add_func("/universe/dma/lists", lists_are_walked_and_marked);
    g_test_add_func("/universe/dma/wait-halt-stop", lists_wait_halt_and_stop);
    g_test_add_func("/universe/dma/fixed-address", the_vme_address_can_stay);
    g_test_add_func("/universe/dma/own-registers", a_transfer_may_write_the_registers);
    g_test_add_func("/universe/crate/modifiers", modifiers_and_back);
    g_test_add_func("/universe/crate/slots", slots_are_unique);
    g_test_add_func("/universe/state", the_state_survives);
    g_test_add_func("/universe/random", random_accesses);
    return g_test_run();
}
