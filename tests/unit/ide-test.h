/*
 * IDE channels of PIIX3 driven through their ports: a bus with the function, a disk on its first
 * channel and a CD-ROM drive on its second.
 *
 * Sector n of the disk, and block n of the CD-ROM, are full of its number in 16 bits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_IDE_TEST_H
#define TESTS_UNIT_IDE_TEST_H

#include "device-test.h"
#include <glib/gstdio.h>
#include "hw/ide/ide.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_host.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "system/block-backend.h"
#include "system/runstate.h"

#define SECTORS   4096u
#define BLOCKS    256u
#define RAM_SIZE  (1 * MiB)
#define TABLE     0x1000u /* descriptors of memory regions */
#define DATA      0x10000u
#define MASTERS   0xc000u

enum { ERR = 1, DRQ = 8, DF = 0x20, DRDY = 0x40, BSY = 0x80 };
enum { ABRT = 4, IDNF = 0x10, UNC = 0x40 };
enum { LBA = 0x40, DEVICE_1 = 0x10 };
enum { SRST = 4, NIEN = 2, HOB = 0x80 };
enum { START = 1, TO_MEMORY = 8, ACTIVE = 1, ERROR = 2, IRQ = 4 };

#define TYPE_IDE_TEST_HOST "ide-test-pci-host"

static PCIHostState *host;
static PCIDevice *ide;
static MemoryRegion mem, io, ram;
static AddressSpace mem_as, io_as;
static TestLine lines[2];
static char *disk_path, *cd_path;
static unsigned chan; /* the channel that the functions below mean */

/* --- ports --- */

static G_GNUC_UNUSED hwaddr port(unsigned reg)
{
    return (chan ? 0x170 : 0x1f0) + reg;
}

static G_GNUC_UNUSED uint8_t in(unsigned reg)
{
    return rd(&io_as, port(reg), MO_8);
}

static G_GNUC_UNUSED void out(unsigned reg, uint8_t value)
{
    wr(&io_as, port(reg), value, MO_8);
}

static G_GNUC_UNUSED uint8_t alternate_status(void)
{
    return rd(&io_as, chan ? 0x376 : 0x3f6, MO_8);
}

static G_GNUC_UNUSED void control(uint8_t value)
{
    wr(&io_as, chan ? 0x376 : 0x3f6, value, MO_8);
}

static G_GNUC_UNUSED hwaddr master(unsigned reg)
{
    return MASTERS + chan * 8 + reg;
}

static G_GNUC_UNUSED void config(unsigned reg, uint32_t value, int len)
{
    pci_data_write(host->bus, 0x80000000 | ide->devfn << 8 | reg, value, len);
}

static G_GNUC_UNUSED uint8_t *memory(uint32_t address)
{
    return (uint8_t *)memory_region_get_ram_ptr(&ram) + address;
}

/* The command ends, or wants data. */
static G_GNUC_UNUSED uint8_t settle(void)
{
    while (alternate_status() & BSY) {
        main_loop_wait(false);
    }
    return alternate_status();
}

static G_GNUC_UNUSED void put_address(uint64_t lba, unsigned count)
{
    out(IDE_COUNT, count);
    out(IDE_LBA_LOW, lba);
    out(IDE_LBA_MID, lba >> 8);
    out(IDE_LBA_HIGH, lba >> 16);
    out(IDE_DEVICE, LBA | (lba >> 24 & 0xf));
}

static G_GNUC_UNUSED void put_deep_address(uint64_t lba, unsigned count)
{
    out(IDE_COUNT, count >> 8);
    out(IDE_LBA_LOW, lba >> 24);
    out(IDE_LBA_MID, lba >> 32);
    out(IDE_LBA_HIGH, lba >> 40);
    put_address(lba & 0xffffff, count);
}

/* Gives a command with 28-bit addresses; its status when it isn't busy any more. */
static G_GNUC_UNUSED uint8_t command(uint8_t code, uint32_t lba, unsigned count)
{
    put_address(lba, count);
    out(IDE_COMMAND, code);
    return settle();
}

static G_GNUC_UNUSED uint8_t deep_command(uint8_t code, uint64_t lba, unsigned count)
{
    put_deep_address(lba, count);
    out(IDE_COMMAND, code);
    return settle();
}

static G_GNUC_UNUSED uint8_t feature_command(uint8_t code, uint8_t feature, unsigned count)
{
    out(IDE_FEATURES, feature);
    return command(code, 0, count);
}

static G_GNUC_UNUSED void read_words(uint16_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        g_assert_cmphex(alternate_status() & (DRQ | BSY), ==, DRQ);
        words[i] = rd(&io_as, port(IDE_DATA), MO_LE | MO_16);
    }
}

static G_GNUC_UNUSED void write_words(uint16_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        wr(&io_as, port(IDE_DATA), value, MO_LE | MO_16);
    }
}

static G_GNUC_UNUSED void expect_block(const void *data, size_t size, uint16_t value)
{
    for (size_t i = 0; i < size; i += 2) {
        g_assert_cmphex(lduw_le_p((const uint8_t *)data + i), ==, value);
    }
}

/* Reads n sectors by PIO that must be numbers from `first` on. */
static G_GNUC_UNUSED void expect_sectors(unsigned first, unsigned n, unsigned block)
{
    uint16_t words[256];

    for (unsigned i = 0; i < n; i++) {
        g_assert_cmphex(settle() & (DRQ | ERR), ==, DRQ);
        g_assert_cmpint(lines[chan].level, ==, i % block == 0);
        in(IDE_STATUS);
        g_assert_cmpint(lines[chan].level, ==, 0);
        read_words(words, 256);
        expect_block(words, sizeof(words), first + i);
    }
    g_assert_cmphex(settle() & (DRQ | ERR | DRDY), ==, DRDY);
    g_assert_cmpint(lines[chan].level, ==, 0);
}

static G_GNUC_UNUSED uint16_t sector_in_image(unsigned n)
{
    uint8_t bytes[512];
    FILE *f = fopen(disk_path, "rb");

    g_assert_cmpint(fseek(f, n * 512L, SEEK_SET), ==, 0);
    g_assert_cmpuint(fread(bytes, 1, 512, f), ==, 512);
    fclose(f);
    expect_block(bytes, 512, lduw_le_p(bytes));
    return lduw_le_p(bytes);
}

/* --- bus master --- */

static G_GNUC_UNUSED void describe(unsigned n, uint32_t address, uint32_t size, bool last)
{
    stl_le_p(memory(TABLE) + n * 8, address);
    stl_le_p(memory(TABLE) + n * 8 + 4, (size & 0xffff) | (last ? 0x80000000 : 0));
}

static G_GNUC_UNUSED uint8_t master_status(void)
{
    return rd(&io_as, master(2), MO_8);
}

static G_GNUC_UNUSED void start_master(bool to_memory)
{
    wr(&io_as, master(4), TABLE, MO_LE | MO_32);
    wr(&io_as, master(2), ERROR | IRQ, MO_8);
    wr(&io_as, master(0), to_memory ? TO_MEMORY : 0, MO_8);
    wr(&io_as, master(0), (to_memory ? TO_MEMORY : 0) | START, MO_8);
}

static G_GNUC_UNUSED void stop_master(void)
{
    wr(&io_as, master(0), 0, MO_8);
    wr(&io_as, master(2), ERROR | IRQ, MO_8);
}

static G_GNUC_UNUSED void wait_for_interrupt(void)
{
    while (!lines[chan].level) {
        main_loop_wait(false);
    }
}

/* --- the machine --- */

static G_GNUC_UNUSED char *new_image(unsigned blocks, size_t size)
{
    char *path = NULL;
    int fd = g_file_open_tmp("ide-XXXXXX", &path, NULL);
    uint8_t block[2048];

    for (unsigned n = 0; n < blocks; n++) {
        for (size_t i = 0; i < size; i += 2) {
            stw_le_p(block + i, n);
        }
        g_assert_cmpint(write(fd, block, size), ==, size);
    }
    close(fd);
    return path;
}

static G_GNUC_UNUSED void set_irq(void *opaque, int irq, int level)
{
}

static G_GNUC_UNUSED int map_irq(PCIDevice *dev, int pin)
{
    return 0;
}

static G_GNUC_UNUSED void enable(void)
{
    config(PCI_BASE_ADDRESS_4, MASTERS, 4);
    config(PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
    config(0x40, 0x80008000, 4);
}

static G_GNUC_UNUSED void plug(const char *type, unsigned channel, const char *drive)
{
    DeviceState *dev = qdev_new(type);
    BusState *bus = NULL;

    for (guint i = 0; i < DEVICE(ide)->child_buses->len; i++) {
        bus = g_ptr_array_index(DEVICE(ide)->child_buses, i);
        if (IDE_BUS(bus)->number == channel) {
            break;
        }
    }
    qdev_prop_set_string(dev, "drive", drive);
    qdev_realize_and_unref(dev, bus, &error_abort);
}

static G_GNUC_UNUSED void new_function(const char *type)
{
    ide = pci_new(PCI_DEVFN(1, 1), type);
    pci_realize_and_unref(ide, host->bus, &error_abort);
    pci_ide_connect_irqs(ide, test_line(&lines[0]), test_line(&lines[1]));
}

/* Once for all tests. */
static G_GNUC_UNUSED void make_bus(void)
{
    host = PCI_HOST_BRIDGE(qdev_new(TYPE_IDE_TEST_HOST));
    memory_region_init(&mem, NULL, "mem", UINT64_C(1) << 32);
    memory_region_init(&io, NULL, "io", 64 * KiB);
    memory_region_init_ram(&ram, NULL, "ide-test-ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(&mem, 0, &ram);
    address_space_init(&mem_as, &mem, "mem");
    address_space_init(&io_as, &io, "io");
    host->bus = pci_register_root_bus(DEVICE(host), "pci.0", set_irq, map_irq, NULL, &mem, &io,
                                      PCI_DEVFN(3, 0), 1, TYPE_PCI_BUS);
    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);
}

/* @options: of the disk's drive. */
static G_GNUC_UNUSED void start(const char *options)
{
    g_autofree char *disk = NULL, *cd = NULL;

    chan = 0;
    memset(memory(0), 0, RAM_SIZE);
    new_function(TYPE_PIIX3_IDE);

    disk_path = new_image(SECTORS, 512);
    cd_path = new_image(BLOCKS, 2048);
    disk = g_strdup_printf("if=none,id=disk,format=raw,file=%s%s", disk_path, options);
    if (strstr(options, "blkdebug")) {
        g_free(disk);
        disk = g_strdup_printf("if=none,id=disk,image.driver=raw,image.file.driver=file,"
                               "image.file.filename=%s%s", disk_path, options);
    }
    cd = g_strdup_printf("if=none,id=cd,media=cdrom,format=raw,file=%s", cd_path);
    drive_new_from_opts(disk, &error_abort);
    drive_new_from_opts(cd, &error_abort);
    plug(TYPE_IDE_HD, 0, "disk");
    plug(TYPE_IDE_CD, 1, "cd");
    device_cold_reset(DEVICE(host));
    enable();
}

static G_GNUC_UNUSED void stop(void)
{
    qdev_unrealize(DEVICE(ide));
    object_unparent(OBJECT(ide));
    drain_call_rcu();
    blk_close_all();
    g_unlink(disk_path);
    g_unlink(cd_path);
    g_clear_pointer(&disk_path, g_free);
    g_clear_pointer(&cd_path, g_free);
}

static G_GNUC_UNUSED BusState *bus_of(unsigned channel)
{
    for (guint i = 0; i < DEVICE(ide)->child_buses->len; i++) {
        IdeBus *bus = IDE_BUS(g_ptr_array_index(DEVICE(ide)->child_buses, i));

        if (bus->number == channel) {
            return BUS(bus);
        }
    }
    g_assert_not_reached();
}

static G_GNUC_UNUSED DeviceState *unit_of(unsigned channel)
{
    return DEVICE(g_ptr_array_index(bus_of(channel)->children, 0));
}

static const TypeInfo host_type = {
    .name = TYPE_IDE_TEST_HOST,
    .parent = TYPE_PCI_HOST_BRIDGE,
    .instance_size = sizeof(PCIHostState),
};

typedef struct IdeTestCase {
    const char *name;
    void (*run)(void);
} IdeTestCase;

static G_GNUC_UNUSED int ide_test_run(int argc, char **argv, const char *prefix,
                                      const IdeTestCase *tests, size_t n)
{
    device_test_init(&argc, &argv);
    runstate_set(RUN_STATE_RUNNING);
    type_register_static(&host_type);
    qemu_set_log(0, &error_abort);
    make_bus();
    for (size_t i = 0; i < n; i++) {
        g_autofree char *path = g_strdup_printf("/%s/%s", prefix, tests[i].name);

        g_test_add_func(path, tests[i].run);
    }
    return g_test_run();
}

#endif
