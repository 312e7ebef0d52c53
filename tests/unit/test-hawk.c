/*
 * Hawk: host bridge registers and windows, the MPIC's base address, watchdogs, memory controller.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/intc/openpic.h"
#include "hw/misc/vmc-regs.h"
#include "hw/pci-host/hawk.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "system/address-spaces.h"

#define PHB  0xfeff0000u
#define SMC  0xfef80000u
#define REGS 0xfef88080u

static MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
static DeviceState *phb, *smc, *regs;
static int error_level, wdt_level[2], tben_level;

static int64_t virtual_ns;

static int64_t get_virtual_ns(void)
{
    return virtual_ns;
}

static uint32_t get(hwaddr addr)
{
    return address_space_ldl_be(&address_space_memory, addr, attrs, NULL);
}

static void put(hwaddr addr, uint32_t value)
{
    address_space_stl_be(&address_space_memory, addr, value, attrs, NULL);
}

static void put_byte(hwaddr addr, uint8_t value)
{
    address_space_stb(&address_space_memory, addr, value, attrs, NULL);
}

/* Configuration register of 00:00.0 through an I/O window at `io`. */
static uint32_t config(hwaddr io, uint32_t reg)
{
    address_space_stl_le(&address_space_memory, io + 0xcf8, 0x80000000 | reg, attrs, NULL);
    return address_space_ldl_le(&address_space_memory, io + 0xcfc, attrs, NULL);
}

static void set_config(hwaddr io, uint32_t reg, uint32_t value)
{
    address_space_stl_le(&address_space_memory, io + 0xcf8, 0x80000000 | reg, attrs, NULL);
    address_space_stl_le(&address_space_memory, io + 0xcfc, value, attrs, NULL);
}

static const HawkSetup setup = {
    .outbound[0] = { 0x80000000, 0xf3ffffff, 0x80000000, false },
    .outbound[3] = { 0xfe000000, 0xfe7fffff, 0, true },
    .inbound[0] = { 0, 0x07ffffff, 0, false },
    .mpic_base = 0xf3f80000,
};

static void reset(void)
{
    device_cold_reset(phb);
    device_cold_reset(smc);
    device_cold_reset(regs);
}

static void reset_configured(void)
{
    reset();
    hawk_phb_configure(phb, &setup);
}

static void set_level(void *opaque, int n, int level)
{
    *(int *)opaque = level;
}

static DeviceState *create(const char *type, hwaddr base)
{
    DeviceState *dev = qdev_new(type);

    if (!strcmp(type, TYPE_HAWK_SMC)) {
        qdev_prop_set_uint64(dev, "ram-size", 128 * MiB);
    }
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, base);
    return dev;
}

static void build_machine(void)
{
    MemoryRegion *ram = g_new0(MemoryRegion, 1);
    DeviceState *mpic = qdev_new(TYPE_HAWK_MPIC);

    memory_region_init_ram(ram, NULL, "ram", 1 * MiB, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, ram);
    sysbus_realize(SYS_BUS_DEVICE(mpic), &error_abort);
    smc = create(TYPE_HAWK_SMC, SMC);
    regs = create(TYPE_VMC_REGS, REGS);
    sysbus_mmio_map(SYS_BUS_DEVICE(regs), 1, REGS + VMC_REGS_FEATURES_OFFSET);

    phb = qdev_new(TYPE_HAWK_PHB);
    object_property_set_link(OBJECT(phb), "mpic", OBJECT(mpic), &error_abort);
    object_property_set_link(OBJECT(phb), "memory", OBJECT(get_system_memory()), &error_abort);
    sysbus_realize(SYS_BUS_DEVICE(phb), &error_abort);
    sysbus_mmio_map(SYS_BUS_DEVICE(phb), 0, PHB);
    sysbus_mmio_map_overlap(SYS_BUS_DEVICE(phb), 1, 0, -1);

    qdev_connect_gpio_out_named(phb, HAWK_ERROR_OUT, 0,
                                qemu_allocate_irq(set_level, &error_level, 0));
    for (int i = 0; i < 2; i++) {
        qdev_connect_gpio_out_named(phb, HAWK_WDT_OUT, i,
                                    qemu_allocate_irq(set_level, &wdt_level[i], 0));
    }
    qdev_connect_gpio_out_named(regs, VMC_REGS_TBEN_OUT, 0,
                                qemu_allocate_irq(set_level, &tben_level, 0));
}

static void both_halves_tell_motorola_hawk(void)
{
    reset();
    g_assert_cmphex(get(PHB), ==, 0x10574803);
    g_assert_cmphex(get(SMC), ==, 0x10574803);
}

static void reset_shows_configuration_at_80000cf8(void)
{
    reset();
    g_assert_cmphex(get(PHB + 0x58), ==, 0x80008080);
    g_assert_cmphex(config(0x80000000, 0), ==, 0x48031057);
    g_assert_cmphex(config(0x80000000, PCI_BASE_ADDRESS_1), ==, 0);
}

static void function_zero_is_a_host_bridge(void)
{
    reset_configured();
    g_assert_cmphex(config(0xfe000000, 0), ==, 0x48031057);
    g_assert_cmphex(config(0xfe000000, 8) >> 8, ==, 0x060000);
    g_assert_cmphex(config(0xfe000000, PCI_BASE_ADDRESS_1), ==, 0xf3f80000);
}

static void absent_devices_read_all_ones(void)
{
    MemTxResult result;

    reset_configured();
    for (int slot = 1; slot < 32; slot++) {
        g_assert_cmphex(config(0xfe000000, slot << 11), ==, 0xffffffff);
    }
    address_space_ldl_le(&address_space_memory, 0xfe000cfc, attrs, &result);
    g_assert_cmphex(result, ==, MEMTX_OK);
}

static uint32_t mpic_feature(hwaddr base)
{
    return address_space_ldl_le(&address_space_memory, base + 0x1000, attrs, NULL);
}

static void bar_1_moves_the_mpic(void)
{
    uint32_t feature;

    reset_configured();
    feature = mpic_feature(0xf3f80000);
    g_assert_cmphex(feature & 0xff, !=, 0xff);
    set_config(0xfe000000, PCI_BASE_ADDRESS_1, 0x90000000);
    g_assert_cmphex(mpic_feature(0x90000000), ==, feature);
    g_assert_cmphex(mpic_feature(0xf3f80000), ==, 0xffffffff);
}

static void bar_1_answers_the_size_probe(void)
{
    reset_configured();
    set_config(0xfe000000, PCI_BASE_ADDRESS_1, 0xffffffff);
    g_assert_cmphex(config(0xfe000000, PCI_BASE_ADDRESS_1), ==, 0xfffc0000);
    set_config(0xfe000000, PCI_BASE_ADDRESS_1, 0xf3f80000);
    g_assert_cmphex(mpic_feature(0xf3f80000) & 0xff, !=, 0xff);
}

static void outbound_windows_follow_their_registers(void)
{
    reset();
    /* Window 0: I/O space at c0000000. */
    put(PHB + 0x40, 0xc000c07f);
    put(PHB + 0x44, 0x400000c0);
    g_assert_cmphex(config(0xc0000000, 0), ==, 0x48031057);
    put_byte(PHB + 0x47, 0);
    g_assert_cmphex(config(0x80000000, 0), ==, 0x48031057);
    g_assert_cmphex(address_space_access_valid(&address_space_memory, 0xc0000cf8, 4, false, attrs),
                    ==, false);
}

static void reads_without_a_target_give_ones_and_are_recorded(void)
{
    reset_configured();
    put(PHB + 0x20, 0x00000002); /* EENAB: SMAI */
    g_assert_cmphex(get(0xa0000010), ==, 0xffffffff);
    g_assert_cmphex(get(PHB + 0x24), ==, 0x02);
    g_assert_cmphex(get(PHB + 0x28), ==, 0xa0000010);
    g_assert_cmpint(error_level, ==, 1);
    get(0xa0000020);
    g_assert_cmphex(get(PHB + 0x24), ==, 0x82);
    g_assert_cmphex(get(PHB + 0x28), ==, 0xa0000010);
    put_byte(PHB + 0x27, 0xff);
    g_assert_cmphex(get(PHB + 0x24), ==, 0);
    g_assert_cmpint(error_level, ==, 0);
}

static void masters_reach_memory_through_inbound_windows(void)
{
    PCIBus *bus = PCI_HOST_BRIDGE(phb)->bus;
    PCIDevice *dev = pci_find_device(bus, 0, 0);
    uint32_t word = 0xcafef00d;

    reset_configured();
    g_assert_cmphex(pci_dma_write(dev, 0x1000, &word, 4), ==, MEMTX_OK);
    g_assert_cmphex(address_space_ldl_le(&address_space_memory, 0x1000, attrs, NULL), ==,
                    (uint32_t)ldl_le_p(&word));
    /* PSOFF0: the window at 0 now leads 64 KiB higher. */
    set_config(0xfe000000, 0x84, 0x000100c0);
    word = 0x12345678;
    g_assert_cmphex(pci_dma_write(dev, 0x1000, &word, 4), ==, MEMTX_OK);
    g_assert_cmphex(address_space_ldl_le(&address_space_memory, 0x11000, attrs, NULL), ==,
                    (uint32_t)ldl_le_p(&word));
    set_config(0xfe000000, 0x84, 0);
    g_assert_cmphex(pci_dma_write(dev, 0x1000, &word, 4), !=, MEMTX_OK);
}

static void watchdogs_change_only_with_the_key(void)
{
    reset();
    g_assert_cmphex(get(PHB + 0x60), ==, 0x0087ffff);
    put(PHB + 0x60, 0xaa0fffff);
    g_assert_cmphex(get(PHB + 0x60), ==, 0x0087ffff);
    put_byte(PHB + 0x60, 0x55);
    g_assert_cmphex(get(PHB + 0x60), ==, 0x00c7ffff);
    put(PHB + 0x60, 0xaa0fffff);
    g_assert_cmphex(get(PHB + 0x60), ==, 0x000fffff);
    g_assert_cmphex(get(PHB + 0x64), ==, 0);
    g_assert_cmphex(get(PHB + 0x68), ==, 0x0088ffff);
}

static void general_purpose_registers_keep_what_is_written(void)
{
    reset();
    for (int i = 0; i < 4; i++) {
        put(PHB + 0x70 + 4 * i, 0x11110000 * (i + 1) + i);
    }
    for (int i = 0; i < 4; i++) {
        g_assert_cmphex(get(PHB + 0x70 + 4 * i), ==, 0x11110000 * (i + 1) + i);
    }
}

static void sdram_registers_tell_the_memory_size(void)
{
    reset();
    g_assert_cmphex(get(SMC + 0x10), ==, 0x85000000);
    g_assert_cmphex(get(SMC + 0x18), ==, 0);
    g_assert_cmphex(get(SMC + 0xc0), ==, 0);
}

static void i2c_transfer(uint32_t control, uint8_t byte)
{
    put(SMC + 0x98, control | 1);
    put(SMC + 0xa8, byte);
}

static uint8_t i2c_read(uint8_t device, uint8_t address)
{
    uint8_t value;

    i2c_transfer(8, device);
    i2c_transfer(0, address);
    i2c_transfer(8, device | 1);
    i2c_transfer(0, 0);
    value = get(SMC + 0xb0);
    i2c_transfer(4, 0);
    return value;
}

static void spd_describes_the_same_memory(void)
{
    uint8_t sum = 0;

    reset();
    g_assert_cmphex(i2c_read(0xa8, 2), ==, 4);
    g_assert_cmpuint((8ULL << i2c_read(0xa8, 3) << i2c_read(0xa8, 4)) * i2c_read(0xa8, 17), ==,
                     128 * MiB);
    for (int i = 0; i < 63; i++) {
        sum += i2c_read(0xa8, i);
    }
    g_assert_cmphex(i2c_read(0xa8, 63), ==, sum);
}

/* The n-th packet with that id: where its data is; 0 if it isn't there. */
static unsigned vpd_packet(uint8_t id, int n, uint8_t *size)
{
    unsigned at = 10;

    while (i2c_read(0xa0, at) != 0xff) {
        *size = i2c_read(0xa0, at + 1);
        if (i2c_read(0xa0, at) == id && n-- == 0) {
            return at + 2;
        }
        at += 2 + *size;
        g_assert_cmpuint(at, <, 256);
    }
    return 0;
}

static void vital_product_data_has_the_boards_packets(void)
{
    static const struct { uint8_t id, size; } fixed[] = {
        { 0x04, 16 }, { 0x05, 4 }, { 0x06, 4 }, { 0x08, 6 }, { 0x0a, 4 }, { 0x0b, 12 }, { 0x0e, 15 },
        { 0x0f, 4 },
    };
    static const MACAddr macs[2] = { { { 0, 1, 2, 3, 4, 5 } }, { { 0, 1, 2, 3, 4, 6 } } };
    uint32_t crc = UINT32_MAX;
    unsigned at, crc_at;
    uint8_t size;

    reset();
    hawk_smc_set_ethernets(smc, macs, G_N_ELEMENTS(macs));
    g_assert_cmphex(i2c_read(0xa0, 8) << 8 | i2c_read(0xa0, 9), ==, 256);
    for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++) {
        g_assert_cmpuint(vpd_packet(fixed[i].id, 0, &size), !=, 0);
        g_assert_cmpuint(size, ==, fixed[i].size);
    }
    at = vpd_packet(0x08, 1, &size);
    g_assert_cmphex(i2c_read(0xa0, at + 5), ==, 6);
    g_assert_cmpuint(vpd_packet(0x08, 2, &size), ==, 0);
    at = vpd_packet(0x06, 0, &size);
    g_assert_cmphex(i2c_read(0xa0, at) << 24 | i2c_read(0xa0, at + 1) << 16 |
                        i2c_read(0xa0, at + 2) << 8 | i2c_read(0xa0, at + 3), ==, 100000000);

    crc_at = vpd_packet(0x0a, 0, &size);
    for (unsigned i = 0; i < 256; i++) {
        crc ^= i - crc_at < 4 ? 0 : i2c_read(0xa0, i);
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    for (int i = 0; i < 4; i++) {
        g_assert_cmphex(i2c_read(0xa0, crc_at + i), ==, ~crc >> (24 - 8 * i) & 0xff);
    }
}

static void an_absent_i2c_device_does_not_acknowledge(void)
{
    reset();
    i2c_transfer(8, 0xaa);
    g_assert_cmphex(get(SMC + 0xa0) & 3, ==, 1);
    i2c_transfer(8, 0xa0);
    g_assert_cmphex(get(SMC + 0xa0) & 3, ==, 3);
}

static void counter_is_as_fast_as_the_clock_register_says(void)
{
    device_cold_reset(smc);
    put(SMC + 0x100, 1000);
    virtual_ns += 50 * 1000;
    g_assert_cmpuint(get(SMC + 0x100), ==, 1050); /* 100 MHz, as on the board */
    put(SMC + 0x20, 200u << 24);
    g_assert_cmpuint(get(SMC + 0x100), ==, 1050);
    virtual_ns += 50 * 1000;
    g_assert_cmpuint(get(SMC + 0x100), ==, 1075);
    put(SMC + 0x20, 0);
    virtual_ns += 256 * 10;
    g_assert_cmpuint(get(SMC + 0x100), ==, 1076);
    device_cold_reset(smc);
    virtual_ns += 7 * 1000;
    g_assert_cmpuint(get(SMC + 0x100), ==, 7);
}

static void tben_register_drives_the_line(void)
{
    reset();
    g_assert_cmpint(tben_level, ==, 1);
    put_byte(REGS + 0x40, 0);
    g_assert_cmpint(tben_level, ==, 0);
    put_byte(REGS + 0x40, 1);
    g_assert_cmpint(tben_level, ==, 1);
}

/*
 * Any access anywhere in the registers, and any window: nothing may crash, and reset brings
 * everything back.
 */
static void random_accesses_do_no_harm(void)
{
    static const struct {
        hwaddr base;
        uint32_t size;
    } blocks[] = { { PHB, 0x80 }, { SMC, 0x108 }, { REGS, 0x18 }, { 0xfe000cf8, 8 } };

    reset_configured();
    for (int i = 0; i < 20000; i++) {
        int b = g_test_rand_int_range(0, G_N_ELEMENTS(blocks));
        hwaddr addr = blocks[b].base + g_test_rand_int_range(0, blocks[b].size);
        uint32_t len = 1u << g_test_rand_int_range(0, 4);
        uint64_t value = (uint64_t)g_test_rand_int() << 32 | (uint32_t)g_test_rand_int();

        address_space_rw(&address_space_memory, addr, attrs, &value, len, g_test_rand_bit());
        if (i % 1000 == 999) {
            reset_configured();
            g_assert_cmphex(config(0xfe000000, 0), ==, 0x48031057);
            g_assert_cmphex(mpic_feature(0xf3f80000) & 0xff, !=, 0xff);
        }
    }
    /* Configuration space of 00:00.0, windows and all. */
    for (int i = 0; i < 5000; i++) {
        pci_data_write(PCI_HOST_BRIDGE(phb)->bus, g_test_rand_int_range(0, 256),
                       g_test_rand_int(), 1 << g_test_rand_int_range(0, 3));
    }
    reset_configured();
    g_assert_cmphex(mpic_feature(0xf3f80000) & 0xff, !=, 0xff);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    qemu_clock_set_virtual_source(get_virtual_ns);
    cpu_enable_ticks();
    qemu_set_log(0, &error_abort);
    memory_set_native_big_endian(true);
    qdev_get_machine();
    memory_map_init();
    build_machine();

#define RULE(path, fn) g_test_add_func("/hawk/" path, fn)
    RULE("both-halves-tell-motorola-hawk", both_halves_tell_motorola_hawk);
    RULE("reset-shows-configuration-at-80000cf8", reset_shows_configuration_at_80000cf8);
    RULE("function-zero-is-a-host-bridge", function_zero_is_a_host_bridge);
    RULE("absent-devices-read-all-ones", absent_devices_read_all_ones);
    RULE("bar-1-moves-the-mpic", bar_1_moves_the_mpic);
    RULE("bar-1-answers-the-size-probe", bar_1_answers_the_size_probe);
    RULE("outbound-windows-follow-their-registers", outbound_windows_follow_their_registers);
    RULE("reads-without-a-target-give-ones-and-are-recorded",
         reads_without_a_target_give_ones_and_are_recorded);
    RULE("masters-reach-memory-through-inbound-windows",
         masters_reach_memory_through_inbound_windows);
    RULE("watchdogs-change-only-with-the-key", watchdogs_change_only_with_the_key);
    RULE("general-purpose-registers-keep-what-is-written",
         general_purpose_registers_keep_what_is_written);
    RULE("sdram-registers-tell-the-memory-size", sdram_registers_tell_the_memory_size);
    RULE("spd-describes-the-same-memory", spd_describes_the_same_memory);
    RULE("vital-product-data", vital_product_data_has_the_boards_packets);
    RULE("an-absent-i2c-device-does-not-acknowledge", an_absent_i2c_device_does_not_acknowledge);
    RULE("counter-is-as-fast-as-the-clock-register-says",
         counter_is_as_fast_as_the_clock_register_says);
    RULE("tben-register-drives-the-line", tben_register_drives_the_line);
    RULE("random-accesses-do-no-harm", random_accesses_do_no_harm);
    return g_test_run();
}
