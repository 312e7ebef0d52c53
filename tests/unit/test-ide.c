/*
 * IDE channels of PIIX3 driven through their ports: task file, data by PIO and by bus master, errors,
 * resets, packets.
 *
 * Sector n of the disk, and block n of the CD-ROM, are full of its number in 16 bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include <glib/gstdio.h>
#include "hw/core/boot-order.h"
#include "hw/ide/ide.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_host.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "system/block-backend.h"
#include "system/block-commands.h"
#include "system/runstate.h"

#define SECTORS   4096u
#define BLOCKS    256u
#define RAM_SIZE  (1 * MiB)
#define TABLE     0x1000u /* descriptors of memory regions */
#define DATA      0x10000u
#define MASTERS   0xc000u
#define BAD_SECTOR 100u /* the injected errors are there */

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

static hwaddr port(unsigned reg)
{
    return (chan ? 0x170 : 0x1f0) + reg;
}

static uint8_t in(unsigned reg)
{
    return rd(&io_as, port(reg), MO_8);
}

static void out(unsigned reg, uint8_t value)
{
    wr(&io_as, port(reg), value, MO_8);
}

static uint8_t alternate_status(void)
{
    return rd(&io_as, chan ? 0x376 : 0x3f6, MO_8);
}

static void control(uint8_t value)
{
    wr(&io_as, chan ? 0x376 : 0x3f6, value, MO_8);
}

static hwaddr master(unsigned reg)
{
    return MASTERS + chan * 8 + reg;
}

static void config(unsigned reg, uint32_t value, int len)
{
    pci_data_write(host->bus, 0x80000000 | ide->devfn << 8 | reg, value, len);
}

static uint8_t *memory(uint32_t address)
{
    return (uint8_t *)memory_region_get_ram_ptr(&ram) + address;
}

/* The command ends, or wants data. */
static uint8_t settle(void)
{
    while (alternate_status() & BSY) {
        main_loop_wait(false);
    }
    return alternate_status();
}

static void put_address(uint64_t lba, unsigned count)
{
    out(IDE_COUNT, count);
    out(IDE_LBA_LOW, lba);
    out(IDE_LBA_MID, lba >> 8);
    out(IDE_LBA_HIGH, lba >> 16);
    out(IDE_DEVICE, LBA | (lba >> 24 & 0xf));
}

static void put_deep_address(uint64_t lba, unsigned count)
{
    out(IDE_COUNT, count >> 8);
    out(IDE_LBA_LOW, lba >> 24);
    out(IDE_LBA_MID, lba >> 32);
    out(IDE_LBA_HIGH, lba >> 40);
    put_address(lba & 0xffffff, count);
}

/* Gives a command with 28-bit addresses; its status when it isn't busy any more. */
static uint8_t command(uint8_t code, uint32_t lba, unsigned count)
{
    put_address(lba, count);
    out(IDE_COMMAND, code);
    return settle();
}

static uint8_t deep_command(uint8_t code, uint64_t lba, unsigned count)
{
    put_deep_address(lba, count);
    out(IDE_COMMAND, code);
    return settle();
}

static uint8_t feature_command(uint8_t code, uint8_t feature, unsigned count)
{
    out(IDE_FEATURES, feature);
    return command(code, 0, count);
}

static void read_words(uint16_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        g_assert_cmphex(alternate_status() & (DRQ | BSY), ==, DRQ);
        words[i] = rd(&io_as, port(IDE_DATA), MO_LE | MO_16);
    }
}

static void write_words(uint16_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        wr(&io_as, port(IDE_DATA), value, MO_LE | MO_16);
    }
}

static void expect_block(const void *data, size_t size, uint16_t value)
{
    for (size_t i = 0; i < size; i += 2) {
        g_assert_cmphex(lduw_le_p((const uint8_t *)data + i), ==, value);
    }
}

/* Reads n sectors by PIO that must be numbers from `first` on. */
static void expect_sectors(unsigned first, unsigned n, unsigned block)
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

static uint16_t sector_in_image(unsigned n)
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

static void describe(unsigned n, uint32_t address, uint32_t size, bool last)
{
    stl_le_p(memory(TABLE) + n * 8, address);
    stl_le_p(memory(TABLE) + n * 8 + 4, (size & 0xffff) | (last ? 0x80000000 : 0));
}

static uint8_t master_status(void)
{
    return rd(&io_as, master(2), MO_8);
}

static void start_master(bool to_memory)
{
    wr(&io_as, master(4), TABLE, MO_LE | MO_32);
    wr(&io_as, master(2), ERROR | IRQ, MO_8);
    wr(&io_as, master(0), to_memory ? TO_MEMORY : 0, MO_8);
    wr(&io_as, master(0), (to_memory ? TO_MEMORY : 0) | START, MO_8);
}

static void stop_master(void)
{
    wr(&io_as, master(0), 0, MO_8);
    wr(&io_as, master(2), ERROR | IRQ, MO_8);
}

static void wait_for_interrupt(void)
{
    while (!lines[chan].level) {
        main_loop_wait(false);
    }
}

/* --- packets --- */

static uint8_t packet(const char *cdb, size_t size, bool dma, uint16_t limit)
{
    uint8_t bytes[12] = { 0 };

    memcpy(bytes, cdb, size);
    out(IDE_FEATURES, dma);
    out(IDE_LBA_MID, limit);
    out(IDE_LBA_HIGH, limit >> 8);
    out(IDE_DEVICE, 0);
    out(IDE_COMMAND, 0xa0);
    g_assert_cmphex(settle() & (DRQ | ERR), ==, DRQ);
    g_assert_cmphex(in(IDE_COUNT) & 3, ==, 1); /* it wants a command */
    g_assert_cmpint(lines[chan].level, ==, 0);
    for (int i = 0; i < 12; i += 2) {
        wr(&io_as, port(IDE_DATA), lduw_le_p(bytes + i), MO_LE | MO_16);
    }
    return settle();
}

/* All data of the packet command in pieces as the drive has them; how many bytes. */
static size_t take_packet_data(uint8_t *data, size_t room, uint16_t limit)
{
    size_t done = 0;

    while (settle() & DRQ) {
        uint16_t bytes = in(IDE_LBA_MID) | in(IDE_LBA_HIGH) << 8;

        g_assert_cmphex(in(IDE_COUNT) & 3, ==, 2); /* data for the host */
        g_assert_cmpint(lines[chan].level, ==, 1);
        in(IDE_STATUS);
        g_assert_cmpuint(bytes, >, 0);
        g_assert_cmpuint(bytes, <=, limit);
        g_assert_cmpuint(done + bytes, <=, room);
        for (unsigned i = 0; i < bytes; i += 2) {
            uint16_t word = rd(&io_as, port(IDE_DATA), MO_LE | MO_16);

            data[done++] = word;
            if (i + 1 < bytes) {
                data[done++] = word >> 8;
            }
        }
    }
    g_assert_cmphex(in(IDE_COUNT) & 3, ==, 3);
    g_assert_cmpint(lines[chan].level, ==, 1);
    in(IDE_STATUS);
    return done;
}

static void expect_sense(uint8_t key, uint8_t asc)
{
    uint8_t sense[18];

    g_assert_cmphex(packet("\x03\0\0\0\x12", 5, false, 18) & ERR, ==, 0);
    g_assert_cmpuint(take_packet_data(sense, sizeof(sense), 18), ==, 18);
    g_assert_cmphex(sense[2], ==, key);
    g_assert_cmphex(sense[12], ==, asc);
}

/* After power on the drive has something to say first. */
static void take_attention(void)
{
    g_assert_cmphex(packet("\0", 1, false, 0) & ERR, ==, ERR);
    g_assert_cmphex(in(IDE_ERROR) >> 4, ==, 6);
    expect_sense(6, 0x29);
}

/* --- the machine --- */

static char *new_image(unsigned blocks, size_t size)
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

static void set_irq(void *opaque, int irq, int level)
{
}

static int map_irq(PCIDevice *dev, int pin)
{
    return 0;
}

static void enable(void)
{
    config(PCI_BASE_ADDRESS_4, MASTERS, 4);
    config(PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
    config(0x40, 0x80008000, 4);
}

static void plug(const char *type, unsigned channel, const char *drive)
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

static void new_function(const char *type)
{
    ide = pci_new(PCI_DEVFN(1, 1), type);
    pci_realize_and_unref(ide, host->bus, &error_abort);
    pci_ide_connect_irqs(ide, test_line(&lines[0]), test_line(&lines[1]));
}

/* Once for all tests. */
static void make_bus(void)
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
static void start(const char *options)
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

static void stop(void)
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

/* --- registers --- */

static void test_ports_answer_when_enabled(void)
{
    MemTxResult result;

    start("");
    g_assert_cmphex(pci_data_read(host->bus, 0x80000908, 4), ==, 0x01018000);
    g_assert_cmphex(in(IDE_STATUS), ==, 0x50);
    config(0x40, 0x80000000, 4); /* the second channel alone */
    address_space_ld(&io_as, 0x1f7, MO_8, MEMTXATTRS_UNSPECIFIED, &result);
    g_assert_cmpuint(result, !=, MEMTX_OK);
    chan = 1;
    g_assert_cmphex(in(IDE_LBA_MID), ==, 0x14);
    config(PCI_COMMAND, 0, 2);
    address_space_ld(&io_as, 0x177, MO_8, MEMTXATTRS_UNSPECIFIED, &result);
    g_assert_cmpuint(result, !=, MEMTX_OK);
    stop();
}

static void test_signatures_tell_what_is_there(void)
{
    static const struct {
        unsigned channel;
        uint8_t mid, high, status;
    } units[] = { { 0, 0, 0, 0x50 }, { 1, 0x14, 0xeb, 0 } };

    start("");
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        chan = units[i].channel;
        control(SRST);
        g_assert_cmphex(in(IDE_STATUS) & BSY, ==, BSY);
        control(0);
        g_assert_cmphex(in(IDE_STATUS), ==, units[i].status);
        g_assert_cmphex(in(IDE_ERROR), ==, 1);
        g_assert_cmphex(in(IDE_COUNT), ==, 1);
        g_assert_cmphex(in(IDE_LBA_LOW), ==, 1);
        g_assert_cmphex(in(IDE_LBA_MID), ==, units[i].mid);
        g_assert_cmphex(in(IDE_LBA_HIGH), ==, units[i].high);
        out(IDE_DEVICE, DEVICE_1); /* nobody */
        g_assert_cmphex(in(IDE_STATUS), ==, 0);
        out(IDE_COMMAND, 0xec);
        g_assert_cmphex(in(IDE_STATUS), ==, 0);
    }
    stop();
}

static void test_registers_have_a_byte_of_history(void)
{
    start("");
    put_deep_address(0x665544332211, 0x8877);
    g_assert_cmphex(in(IDE_LBA_LOW), ==, 0x11);
    g_assert_cmphex(in(IDE_COUNT), ==, 0x77);
    control(HOB);
    g_assert_cmphex(in(IDE_LBA_LOW), ==, 0x44);
    g_assert_cmphex(in(IDE_LBA_MID), ==, 0x55);
    g_assert_cmphex(in(IDE_LBA_HIGH), ==, 0x66);
    g_assert_cmphex(in(IDE_COUNT), ==, 0x88);
    out(IDE_FEATURES, 0);
    g_assert_cmphex(in(IDE_COUNT), ==, 0x77);
    stop();
}

static void test_interrupts_can_be_disabled(void)
{
    start("");
    control(NIEN);
    command(0xe5, 0, 0);
    g_assert_cmpint(lines[0].level, ==, 0);
    control(0);
    g_assert_cmpint(lines[0].level, ==, 1);
    alternate_status();
    g_assert_cmpint(lines[0].level, ==, 1);
    in(IDE_STATUS);
    g_assert_cmpint(lines[0].level, ==, 0);
    stop();
}

/* --- what a disk says of itself --- */

static void test_identify(void)
{
    uint16_t words[256];
    uint8_t sum = 0;
    IdeGeometry g;

    start("");
    g_assert_true(pci_ide_get_geometry(ide, 0, 0, &g));
    g_assert_false(pci_ide_get_geometry(ide, 0, 1, &g) || pci_ide_get_geometry(ide, 1, 0, &g));
    g_assert_cmpuint(g.cylinders * g.heads * g.sectors, ==, SECTORS / (16 * 63) * 16 * 63);
    g_assert_cmphex(command(0xec, 0, 0), ==, 0x58);
    g_assert_cmpint(lines[0].level, ==, 1);
    read_words(words, 256);
    g_assert_cmphex(in(IDE_STATUS), ==, 0x50);
    g_assert_cmphex(words[0] & 0x8000, ==, 0);
    g_assert_cmpuint(words[1] * 16 * 63, <=, SECTORS);
    g_assert_cmpuint(words[3], ==, 16);
    g_assert_cmpuint(words[6], ==, 63);
    g_assert_cmphex(words[10], ==, 'S' << 8 | 'E'); /* the default serial number, high byte first */
    g_assert_cmphex(words[27], ==, 'S' << 8 | 'Y');
    g_assert_cmpuint(words[60] | words[61] << 16, ==, SECTORS);
    g_assert_cmpuint(words[100] | words[101] << 16, ==, SECTORS);
    g_assert_cmphex(words[83] & 0xc400, ==, 0x4400);
    for (int i = 0; i < 512; i++) {
        sum += ((uint8_t *)words)[i];
    }
    g_assert_cmphex(sum, ==, 0);
    g_assert_cmphex(words[255] & 0xff, ==, 0xa5);
    stop();
}

static void test_transfer_modes_are_told(void)
{
    uint16_t words[256];

    start("");
    g_assert_cmphex(feature_command(0xef, 3, 0x22), ==, 0x50); /* multiword DMA mode 2 */
    command(0xec, 0, 0);
    read_words(words, 256);
    g_assert_cmphex(words[63], ==, 0x0407);
    g_assert_cmphex(words[88] >> 8, ==, 0);
    g_assert_cmphex(feature_command(0xef, 3, 0x45), ==, 0x50); /* Ultra DMA mode 5 */
    command(0xec, 0, 0);
    read_words(words, 256);
    g_assert_cmphex(words[63], ==, 0x0007);
    g_assert_cmphex(words[88], ==, 0x203f);
    g_assert_cmphex(feature_command(0xef, 3, 0x46) & ERR, ==, ERR);
    g_assert_cmphex(feature_command(0xef, 0x99, 0) & ERR, ==, ERR);
    g_assert_cmphex(in(IDE_ERROR), ==, ABRT);
    stop();
}

static void test_modes(void)
{
    uint16_t words[256];

    start("");
    command(0xe5, 0, 0);
    g_assert_cmphex(in(IDE_COUNT), ==, 0xff);
    g_assert_cmphex(command(0xe0, 0, 0), ==, 0x50); /* STANDBY IMMEDIATE */
    command(0xe5, 0, 0);
    g_assert_cmphex(in(IDE_COUNT), ==, 0);
    g_assert_cmphex(feature_command(0xef, 0x82, 0), ==, 0x50); /* write cache off */
    command(0xec, 0, 0);
    read_words(words, 256);
    g_assert_cmphex(words[85] & 0x20, ==, 0);
    feature_command(0xef, 2, 0);
    command(0xec, 0, 0);
    read_words(words, 256);
    g_assert_cmphex(words[85] & 0x20, ==, 0x20);
    g_assert_cmphex(command(0xe7, 0, 0), ==, 0x50);
    g_assert_cmphex(command(0xff, 0, 0) & ERR, ==, ERR);
    stop();
}

static void test_smart(void)
{
    uint16_t words[256];
    uint8_t sum = 0;

    start("");
    out(IDE_FEATURES, 0xda);
    g_assert_cmphex(command(0xb0, 0xc24f00, 0), ==, 0x50);
    g_assert_cmphex(in(IDE_LBA_MID), ==, 0x4f);
    g_assert_cmphex(in(IDE_LBA_HIGH), ==, 0xc2);
    out(IDE_FEATURES, 0xd0);
    g_assert_cmphex(command(0xb0, 0xc24f00, 0), ==, 0x58);
    read_words(words, 256);
    for (int i = 0; i < 512; i++) {
        sum += ((uint8_t *)words)[i];
    }
    g_assert_cmphex(sum, ==, 0);
    out(IDE_FEATURES, 0xd9);
    g_assert_cmphex(command(0xb0, 0xc24f00, 0), ==, 0x50);
    out(IDE_FEATURES, 0xda);
    g_assert_cmphex(command(0xb0, 0xc24f00, 0) & ERR, ==, ERR);
    out(IDE_FEATURES, 0xd8);
    g_assert_cmphex(command(0xb0, 0, 0) & ERR, ==, ERR); /* without the key */
    stop();
}

/* --- by the data register --- */

static void test_reads_sectors(void)
{
    start("");
    put_address(7, 3);
    out(IDE_COMMAND, 0x20);
    expect_sectors(7, 3, 1);
    put_deep_address(SECTORS - 300, 300);
    out(IDE_COMMAND, 0x24);
    expect_sectors(SECTORS - 300, 300, 1);
    put_address(5, 0); /* 256 */
    out(IDE_COMMAND, 0x20);
    expect_sectors(5, 256, 1);
    stop();
}

static void test_reads_by_cylinder_head_sector(void)
{
    start("");
    out(IDE_COUNT, 2);
    out(IDE_LBA_LOW, 63);
    out(IDE_LBA_MID, 2);
    out(IDE_LBA_HIGH, 0);
    out(IDE_DEVICE, 0xa3);
    out(IDE_COMMAND, 0x20);
    expect_sectors((2 * 16 + 3) * 63 + 62, 2, 1);
    out(IDE_COUNT, 17); /* another translation: 4 heads of 17 sectors */
    out(IDE_DEVICE, 0xa3);
    out(IDE_COMMAND, 0x91);
    g_assert_cmphex(settle(), ==, 0x50);
    out(IDE_COUNT, 1);
    out(IDE_LBA_LOW, 1);
    out(IDE_LBA_MID, 10);
    out(IDE_DEVICE, 0xa1);
    out(IDE_COMMAND, 0x20);
    expect_sectors((10 * 4 + 1) * 17, 1, 1);
    out(IDE_LBA_LOW, 18); /* there are 17 */
    out(IDE_COMMAND, 0x20);
    g_assert_cmphex(settle() & ERR, ==, ERR);
    g_assert_cmphex(in(IDE_ERROR), ==, IDNF);
    stop();
}

static void test_multiple_sectors_have_one_interrupt(void)
{
    start("");
    g_assert_cmphex(command(0xc4, 0, 1) & ERR, ==, ERR); /* it isn't set yet */
    g_assert_cmphex(command(0xc6, 0, 3) & ERR, ==, ERR);
    g_assert_cmphex(command(0xc6, 0, 4), ==, 0x50);
    in(IDE_STATUS);
    put_address(9, 10);
    out(IDE_COMMAND, 0xc4);
    expect_sectors(9, 10, 4);
    stop();
}

static void test_writes_sectors(void)
{
    start("");
    g_assert_cmphex(command(0x30, 20, 2) & DRQ, ==, DRQ);
    g_assert_cmpint(lines[0].level, ==, 0); /* none for the first block */
    write_words(0xaaaa, 256);
    g_assert_cmphex(settle() & DRQ, ==, DRQ);
    g_assert_cmpint(lines[0].level, ==, 1);
    in(IDE_STATUS);
    write_words(0xbbbb, 256);
    g_assert_cmphex(settle(), ==, 0x50);
    g_assert_cmpint(lines[0].level, ==, 1);
    g_assert_cmphex(sector_in_image(19), ==, 19);
    g_assert_cmphex(sector_in_image(20), ==, 0xaaaa);
    g_assert_cmphex(sector_in_image(21), ==, 0xbbbb);
    g_assert_cmphex(sector_in_image(22), ==, 22);

    command(0xc6, 0, 8);
    deep_command(0x39, 2000, 9);
    write_words(0x1111, 8 * 256);
    settle();
    write_words(0x2222, 256);
    g_assert_cmphex(settle(), ==, 0x50);
    g_assert_cmphex(sector_in_image(2007), ==, 0x1111);
    g_assert_cmphex(sector_in_image(2008), ==, 0x2222);
    g_assert_cmphex(sector_in_image(2009), ==, 2009);
    stop();
}

static void test_data_in_32_bits(void)
{
    start("");
    command(0x20, 0x123, 1);
    for (int i = 0; i < 128; i++) {
        g_assert_cmphex(rd(&io_as, 0x1f0, MO_LE | MO_32), ==, 0x01230123);
    }
    g_assert_cmphex(in(IDE_STATUS), ==, 0x50);
    stop();
}

static void test_verifies(void)
{
    start("");
    g_assert_cmphex(command(0x40, 10, 200), ==, 0x50);
    g_assert_cmphex(deep_command(0x42, 0, SECTORS), ==, 0x50);
    g_assert_cmphex(deep_command(0x42, 1, SECTORS) & ERR, ==, ERR);
    g_assert_cmphex(command(0x70, SECTORS - 1, 1), ==, 0x50);
    stop();
}

/* --- errors --- */

static void test_out_of_range(void)
{
    static const uint8_t codes[] = { 0x20, 0x30, 0x40, 0xc8, 0xca };

    start("");
    for (size_t i = 0; i < sizeof(codes); i++) {
        g_assert_cmphex(command(codes[i], SECTORS - 1, 2) & (ERR | DRQ), ==, ERR);
        g_assert_cmphex(in(IDE_ERROR), ==, IDNF);
    }
    g_assert_cmphex(deep_command(0x25, 0x800000000000, 1) & (ERR | DRQ), ==, ERR);
    stop();
}

#define BAD(event, more) ",driver=blkdebug,inject-error.0.event=" event ",inject-error.0.sector=" \
                         G_STRINGIFY(BAD_SECTOR_) more
#define BAD_SECTOR_ 100

static void test_read_errors_name_the_sector(void)
{
    uint16_t words[256];

    start(BAD("read_aio", ",rerror=report"));
    command(0x20, BAD_SECTOR - 1, 3);
    read_words(words, 256);
    expect_block(words, 512, BAD_SECTOR - 1);
    g_assert_cmphex(settle() & (ERR | DRQ), ==, ERR);
    g_assert_cmphex(in(IDE_ERROR), ==, UNC);
    g_assert_cmpuint(in(IDE_LBA_LOW) | in(IDE_LBA_MID) << 8, ==, BAD_SECTOR);
    g_assert_cmphex(command(0x40, BAD_SECTOR, 1) & ERR, ==, ERR);
    put_address(BAD_SECTOR + 1, 1);
    in(IDE_STATUS);
    out(IDE_COMMAND, 0x20);
    expect_sectors(BAD_SECTOR + 1, 1, 1);
    stop();
}

static void test_write_errors_are_faults(void)
{
    start(BAD("write_aio", ",werror=report"));
    command(0x30, BAD_SECTOR, 1);
    write_words(1, 256);
    g_assert_cmphex(settle() & (ERR | DF | DRQ), ==, ERR | DF);
    g_assert_cmphex(in(IDE_ERROR), ==, ABRT);
    g_assert_cmphex(sector_in_image(BAD_SECTOR), ==, BAD_SECTOR);
    stop();
}

static void test_errors_can_stop_the_machine(void)
{
    start(BAD("write_aio", ",inject-error.0.once=on,werror=stop"));
    command(0x30, BAD_SECTOR, 1);
    write_words(0x7777, 256);
    put_address(0, 0); /* it stays busy: nobody listens */
    blk_drain(blk_by_name("disk"));
    g_assert_cmphex(alternate_status(), ==, BSY);
    g_assert_cmphex(sector_in_image(BAD_SECTOR), ==, BAD_SECTOR);
    vm_state_notify(true, RUN_STATE_RUNNING);
    g_assert_cmphex(settle(), ==, 0x50);
    g_assert_cmphex(sector_in_image(BAD_SECTOR), ==, 0x7777);
    stop();
}

/* --- by DMA --- */

static void test_dma_scatters(void)
{
    start("");
    describe(0, DATA, 512, false);
    describe(1, DATA + 0x2000, 1022, false);
    describe(2, DATA + 0x4002, 514, true);
    start_master(true);
    g_assert_cmphex(master_status() & (ACTIVE | IRQ), ==, ACTIVE);
    command(0xc8, 50, 4);
    wait_for_interrupt();
    g_assert_cmphex(master_status() & (ACTIVE | IRQ | ERROR), ==, IRQ);
    g_assert_cmphex(in(IDE_STATUS), ==, 0x50);
    expect_block(memory(DATA), 512, 50);
    expect_block(memory(DATA + 0x2000), 512, 51);
    expect_block(memory(DATA + 0x2200), 510, 52);
    expect_block(memory(DATA + 0x4002), 2, 52);
    expect_block(memory(DATA + 0x4004), 512, 53);
    g_assert_cmphex(lduw_le_p(memory(DATA + 0x4204)), ==, 0);
    stop_master();
    g_assert_cmphex(master_status() & (ACTIVE | IRQ), ==, 0);
    stop();
}

static void test_dma_gathers(void)
{
    start("");
    for (int i = 0; i < 512; i++) {
        stw_le_p(memory(DATA) + 2 * i, 0xd00d);
        stw_le_p(memory(DATA + 0x8000) + 2 * i, 0xfeed);
    }
    describe(0, DATA, 512, false);
    describe(1, DATA + 0x8000, 1024, true);
    g_assert_cmphex(command(0xca, 300, 3) & (BSY | DRQ), ==, DRQ); /* before the master runs */
    start_master(false);
    wait_for_interrupt();
    g_assert_cmphex(master_status() & (ACTIVE | IRQ | ERROR), ==, IRQ);
    g_assert_cmphex(sector_in_image(300), ==, 0xd00d);
    g_assert_cmphex(sector_in_image(301), ==, 0xfeed);
    g_assert_cmphex(sector_in_image(302), ==, 0xfeed);
    g_assert_cmphex(sector_in_image(303), ==, 303);
    stop();
}

/* More than a buffer, and a region of 64 KiB, which a descriptor writes as 0. */
static void test_dma_of_many_sectors(void)
{
    start("");
    for (int i = 0; i < 6; i++) {
        describe(i, DATA + i * 0x10000, 0x10000, i == 5);
    }
    start_master(true);
    deep_command(0x25, 1000, 6 * 128);
    wait_for_interrupt();
    g_assert_cmphex(master_status() & (ACTIVE | IRQ | ERROR), ==, IRQ);
    for (unsigned i = 0; i < 6 * 128; i++) {
        expect_block(memory(DATA + i * 512), 512, 1000 + i);
    }
    stop();
}

static void test_dma_tables_of_other_sizes(void)
{
    start("");
    describe(0, DATA, 4096, true); /* more than the command has */
    start_master(true);
    command(0xc8, 1, 1);
    wait_for_interrupt();
    g_assert_cmphex(master_status() & (ACTIVE | IRQ | ERROR), ==, ACTIVE | IRQ);
    stop_master();
    in(IDE_STATUS);

    describe(0, DATA, 512, true); /* less: the unit waits for a reset */
    start_master(true);
    command(0xc8, 1, 2);
    g_assert_cmphex(master_status() & (ACTIVE | IRQ | ERROR), ==, 0);
    g_assert_cmphex(alternate_status() & (BSY | DRQ), ==, DRQ);
    g_assert_cmpint(lines[0].level, ==, 0);
    control(SRST);
    control(0);
    g_assert_cmphex(in(IDE_STATUS), ==, 0x50);
    stop();
}

static void test_dma_needs_memory_and_mastering(void)
{
    start("");
    describe(0, RAM_SIZE, 512, true);
    start_master(true);
    command(0xc8, 1, 1);
    g_assert_cmphex(master_status() & (ACTIVE | IRQ | ERROR), ==, ERROR);
    stop_master();
    control(SRST);
    control(0);
    config(PCI_COMMAND, PCI_COMMAND_IO, 2);
    describe(0, DATA, 512, true);
    start_master(true);
    command(0xc8, 1, 1);
    g_assert_cmphex(master_status() & (ACTIVE | IRQ | ERROR), ==, ERROR);
    expect_block(memory(DATA), 512, 0);
    stop();
}

static void test_trim(void)
{
    start(",discard=unmap");
    memset(memory(DATA), 0, 512);
    stq_le_p(memory(DATA), UINT64_C(8) << 48 | 64);
    stq_le_p(memory(DATA) + 16, UINT64_C(8) << 48 | 128);
    describe(0, DATA, 512, true);
    start_master(false);
    out(IDE_FEATURES, 0);
    out(IDE_FEATURES, 1);
    deep_command(0x06, 0, 1);
    wait_for_interrupt();
    g_assert_cmphex(in(IDE_STATUS), ==, 0x50);
    g_assert_cmphex(sector_in_image(63), ==, 63);
    g_assert_cmphex(sector_in_image(64), ==, 0);
    g_assert_cmphex(sector_in_image(72), ==, 72);
    g_assert_cmphex(sector_in_image(135), ==, 0);

    stq_le_p(memory(DATA), UINT64_C(8) << 48 | (SECTORS - 4)); /* all or nothing */
    stq_le_p(memory(DATA) + 8, UINT64_C(8) << 48 | 256);
    stop_master();
    start_master(false);
    deep_command(0x06, 0, 1);
    wait_for_interrupt();
    g_assert_cmphex(in(IDE_ERROR), ==, IDNF);
    g_assert_cmphex(sector_in_image(256), ==, 256);
    stop();
}

/* --- resets and snapshots --- */

static void test_resets_end_commands(void)
{
    start("");
    put_address(0, 1);
    out(IDE_COMMAND, 0x20); /* on its way */
    control(SRST);
    control(0);
    g_assert_cmphex(settle(), ==, 0x50);
    main_loop_wait(true);
    g_assert_cmpint(lines[0].level, ==, 0);

    describe(0, DATA, 512, true);
    start_master(true);
    put_address(3, 1);
    out(IDE_COMMAND, 0xc8);
    device_cold_reset(DEVICE(ide));
    main_loop_wait(true);
    expect_block(memory(DATA), 512, 0);
    enable();
    g_assert_cmphex(in(IDE_STATUS), ==, 0x50);
    g_assert_cmphex(master_status(), ==, 0);
    put_address(7, 1);
    out(IDE_COMMAND, 0x20);
    expect_sectors(7, 1, 1);
    stop();
}

static void test_diagnostic(void)
{
    start("");
    g_assert_cmphex(command(0x90, 5, 5), ==, 0x50);
    g_assert_cmphex(in(IDE_ERROR), ==, 1);
    g_assert_cmphex(in(IDE_LBA_LOW), ==, 1);
    g_assert_cmpint(lines[0].level, ==, 1);
    stop();
}

static void copy_state(DeviceState *dev)
{
    test_copy_state(dev, dev);
}

static BusState *bus_of(unsigned channel)
{
    for (guint i = 0; i < DEVICE(ide)->child_buses->len; i++) {
        IdeBus *bus = IDE_BUS(g_ptr_array_index(DEVICE(ide)->child_buses, i));

        if (bus->number == channel) {
            return BUS(bus);
        }
    }
    g_assert_not_reached();
}

static DeviceState *unit_of(unsigned channel)
{
    return DEVICE(g_ptr_array_index(bus_of(channel)->children, 0));
}

static void test_snapshots_hold_what_is_under_way(void)
{
    const VMStateDescription *vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    VMStateReader reader;

    start("");
    vmsd = DEVICE_GET_CLASS(unit_of(0))->vmsd;
    command(0x30, 20, 1);
    write_words(0xaaaa, 100);
    copy_state(unit_of(0));
    copy_state(DEVICE(ide));
    write_words(0xaaaa, 155);
    put_address(0, 0);
    wr(&io_as, port(IDE_DATA), 0xaaaa, MO_LE | MO_16); /* the last one: it writes */
    g_assert_cmphex(alternate_status(), ==, BSY);
    vmstate_save_state(bytes, vmsd, unit_of(0), &error_abort);
    g_assert_cmphex(settle(), ==, 0x50);
    command(0x30, 20, 1);
    write_words(0xbbbb, 256);
    settle();
    g_assert_cmphex(sector_in_image(20), ==, 0xbbbb);

    reader = (VMStateReader) { .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, unit_of(0), &error_abort), ==, 0);
    g_assert_cmphex(alternate_status(), ==, BSY);
    vm_state_notify(true, RUN_STATE_RUNNING);
    g_assert_cmphex(settle(), ==, 0x50);
    g_assert_cmphex(sector_in_image(20), ==, 0xaaaa);
    stop();
}

/* What the host has of its data stays; it hears of the failure where it would have got more. */
static void test_snapshots_fail_packets(void)
{
    const VMStateDescription *vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    VMStateReader reader;
    uint8_t data[4096];

    start("");
    chan = 1;
    vmsd = DEVICE_GET_CLASS(unit_of(1))->vmsd;
    take_attention();
    packet("\x28\0\0\0\0\5\0\0\2", 9, false, 2048);
    vmstate_save_state(bytes, vmsd, unit_of(1), &error_abort);
    g_assert_cmpuint(take_packet_data(data, sizeof(data), 2048), ==, 4096);
    packet("\0", 1, false, 0);
    reader = (VMStateReader) { .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, unit_of(1), &error_abort), ==, 0);
    vm_state_notify(true, RUN_STATE_RUNNING);
    g_assert_cmpuint(take_packet_data(data, sizeof(data), 2048), ==, 2048);
    expect_block(data, 2048, 5);
    g_assert_cmphex(alternate_status() & ERR, ==, ERR);
    g_assert_cmphex(in(IDE_ERROR) >> 4, ==, 0xb);
    expect_sense(0xb, 0);
    stop();
}

/* --- CD-ROM --- */

static void test_packet_device_identifies_itself(void)
{
    uint16_t words[256];

    start("");
    chan = 1;
    g_assert_cmphex(command(0xec, 0, 0) & (ERR | DRQ), ==, ERR);
    g_assert_cmphex(in(IDE_ERROR), ==, ABRT);
    g_assert_cmphex(in(IDE_LBA_MID), ==, 0x14);
    g_assert_cmphex(in(IDE_LBA_HIGH), ==, 0xeb);
    g_assert_cmphex(command(0xa1, 0, 0) & (ERR | DRQ), ==, DRQ);
    read_words(words, 256);
    g_assert_cmphex(words[0] & 0xdf03, ==, 0x8500); /* ATAPI, CD-ROM, packets of 12 bytes */
    g_assert_cmphex(words[49] & 0x0300, ==, 0x0300);
    g_assert_cmphex(in(IDE_STATUS) & (BSY | DRQ | ERR), ==, 0);
    stop();
}

static void test_packets(void)
{
    uint8_t data[64];

    start("");
    chan = 1;
    take_attention();
    g_assert_cmphex(packet("\0", 1, false, 0), ==, DRDY); /* TEST UNIT READY */
    g_assert_cmphex(in(IDE_COUNT) & 3, ==, 3);
    in(IDE_STATUS);
    packet("\x25", 1, false, 8); /* READ CAPACITY */
    g_assert_cmpuint(take_packet_data(data, sizeof(data), 8), ==, 8);
    g_assert_cmpuint(ldl_be_p(data), ==, BLOCKS - 1);
    g_assert_cmpuint(ldl_be_p(data + 4), ==, 2048);
    packet("\x12\0\0\0\x05", 5, false, 64); /* INQUIRY of an odd number of bytes */
    g_assert_cmpuint(take_packet_data(data, sizeof(data), 64), ==, 5);
    g_assert_cmphex(data[0], ==, 5);
    g_assert_cmphex(data[3], ==, 0x32);
    packet("\x46\2\0\1\0\0\0\0\x20", 9, false, 64); /* GET CONFIGURATION: core */
    take_packet_data(data, sizeof(data), 64);
    g_assert_cmpuint(ldl_be_p(data + 12), ==, 2);
    g_assert_cmphex(packet("\xff", 1, false, 8) & ERR, ==, ERR);
    g_assert_cmphex(in(IDE_ERROR), ==, 0x54);
    expect_sense(5, 0x20);
    expect_sense(0, 0);
    stop();
}

static void test_packet_data_in_pieces(void)
{
    static uint8_t data[8 * 2048];

    start("");
    chan = 1;
    take_attention();
    packet("\x28\0\0\0\0\x10\0\0\x08", 9, false, 3001); /* READ(10): pieces of 3000 bytes */
    g_assert_cmpuint(take_packet_data(data, sizeof(data), 3000), ==, sizeof(data));
    for (int i = 0; i < 8; i++) {
        expect_block(data + i * 2048, 2048, 16 + i);
    }
    stop();
}

static void test_packet_dma(void)
{
    start("");
    chan = 1;
    take_attention();
    describe(0, DATA, 2048 + 512, false);
    describe(1, DATA + 0x8000, 0x10000, false);
    describe(2, DATA + 0x20000, 0x10000, false);
    describe(3, DATA + 0x40000, 0x10000, false);
    describe(4, DATA + 0x60000, 100 * 2048 - 3 * 0x10000 - 2560, true);
    start_master(true);
    packet("\xa8\0\0\0\0\x20\0\0\0\x64", 10, true, 0); /* READ(12) */
    wait_for_interrupt();
    g_assert_cmphex(in(IDE_STATUS), ==, DRDY);
    g_assert_cmphex(in(IDE_COUNT) & 3, ==, 3);
    g_assert_cmphex(master_status() & (ACTIVE | IRQ | ERROR), ==, IRQ);
    expect_block(memory(DATA), 2048, 32);
    expect_block(memory(DATA + 2048), 512, 33);
    expect_block(memory(DATA + 0x8000), 1536, 33);
    expect_block(memory(DATA + 0x8000 + 1536), 2048, 34);
    g_assert_cmphex(lduw_le_p(memory(DATA + 0x60000 + 100 * 2048 - 3 * 0x10000 - 2562)), ==, 131);
    stop();
}

static void test_packet_parameters_go_out(void)
{
    /* MODE SELECT(10): the page of errors as it is. */
    static const uint8_t page[20] = { [8] = 0x01, 0x0a };
    uint8_t data[64];

    start("");
    chan = 1;
    take_attention();
    g_assert_cmphex(packet("\x55\x10\0\0\0\0\0\0\x14", 9, false, 8) & (ERR | DRQ), ==, DRQ);
    for (unsigned done = 0; done < sizeof(page);) {
        uint16_t bytes = in(IDE_LBA_MID) | in(IDE_LBA_HIGH) << 8;

        g_assert_cmphex(in(IDE_COUNT) & 3, ==, 0);
        g_assert_cmpuint(bytes, ==, MIN(8, sizeof(page) - done));
        for (unsigned i = 0; i < bytes; i += 2) {
            wr(&io_as, port(IDE_DATA), lduw_le_p(page + done + i), MO_LE | MO_16);
        }
        done += bytes;
        settle();
    }
    g_assert_cmphex(alternate_status(), ==, DRDY);
    g_assert_cmphex(in(IDE_COUNT) & 3, ==, 3);
    in(IDE_STATUS);
    packet("\x5a\0\x01\0\0\0\0\0\x40", 9, false, 64);
    g_assert_cmpuint(take_packet_data(data, sizeof(data), 64), ==, 20);
    stop();
}

static void test_media_come_and_go(void)
{
    start("");
    chan = 1;
    take_attention();
    g_assert_cmphex(packet("\x1b\0\0\0\x02", 5, false, 0), ==, DRDY); /* eject */
    in(IDE_STATUS);
    g_assert_cmphex(packet("\0", 1, false, 0) & ERR, ==, ERR);
    expect_sense(2, 0x3a);
    packet("\x1b\0\0\0\x03", 5, false, 0);
    in(IDE_STATUS);
    packet("\0", 1, false, 0);
    in(IDE_STATUS);
    g_assert_cmphex(packet("\0", 1, false, 0), ==, DRDY);
    stop();
}

static void test_packet_resets(void)
{
    uint8_t data[2048];

    start("");
    chan = 1;
    take_attention();
    packet("\x28\0\0\0\0\1\0\0\1", 9, false, 2048);
    g_assert_cmphex(alternate_status() & DRQ, ==, DRQ);
    out(IDE_COMMAND, 0x08); /* DEVICE RESET */
    g_assert_cmphex(in(IDE_STATUS), ==, 0);
    g_assert_cmphex(in(IDE_LBA_HIGH), ==, 0xeb);
    packet("\x28\0\0\0\0\1\0\0\1", 9, false, 2048);
    g_assert_cmpuint(take_packet_data(data, sizeof(data), 2048), ==, 2048);

    out(IDE_FEATURES, 0);
    out(IDE_LBA_HIGH, 8);
    out(IDE_COMMAND, 0xa0);
    for (int i = 0; i < 6; i++) { /* READ(10), on its way */
        wr(&io_as, port(IDE_DATA), i == 0 ? 0x28 : i == 4 ? 0x0100 : 0, MO_LE | MO_16);
    }
    g_assert_cmphex(alternate_status() & BSY, ==, BSY);
    out(IDE_COMMAND, 0x08);
    main_loop_wait(true);
    g_assert_cmphex(in(IDE_STATUS), ==, 0);
    g_assert_cmpint(lines[1].level, ==, 0);
    stop();
}

/* --- drives of the command line --- */

static void test_drives_find_their_places(void)
{
    g_autofree char *disk = NULL, *cd = NULL;

    disk_path = new_image(16, 512);
    cd_path = new_image(16, 2048);
    disk = g_strdup_printf("if=ide,index=3,format=raw,file=%s", disk_path);
    cd = g_strdup_printf("if=ide,bus=0,unit=1,media=cdrom,format=raw,file=%s", cd_path);
    drive_new_from_opts(disk, &error_abort);
    drive_new_from_opts(cd, &error_abort);
    new_function(TYPE_PIIX4_IDE);
    pci_ide_create_devs(ide);
    g_assert_null(drive_unclaimed());
    enable();
    for (chan = 0; chan < 2; chan++) {
        out(IDE_DEVICE, DEVICE_1);
        out(IDE_COMMAND, chan ? 0xec : 0xa1);
        g_assert_cmphex(settle() & (DRQ | ERR), ==, DRQ);
        out(IDE_DEVICE, 0);
        g_assert_cmphex(in(IDE_STATUS), ==, 0);
    }
    stop();
}

static void test_firmware_gets_an_order(void)
{
    static const struct {
        const char *type, *drive;
        unsigned channel;
        int bootindex;
    } drives[] = { { TYPE_IDE_HD, "disk", 0, 7 }, { TYPE_IDE_CD, "cd", 1, 2 } };
    g_autofree char *list = NULL;
    g_auto(GStrv) lines_of_it = NULL;
    Error *err = NULL;
    DeviceState *dev;
    size_t size;

    start("");
    qdev_unrealize(unit_of(0));
    object_unparent(OBJECT(unit_of(0)));
    qdev_unrealize(unit_of(1));
    object_unparent(OBJECT(unit_of(1)));
    g_assert_null(get_boot_devices_list(&size));
    for (size_t i = 0; i < G_N_ELEMENTS(drives); i++) {
        dev = qdev_new(drives[i].type);
        qdev_prop_set_string(dev, "drive", drives[i].drive);
        qdev_prop_set_int32(dev, "bootindex", drives[i].bootindex);
        qdev_realize_and_unref(dev, bus_of(drives[i].channel), &error_abort);
    }
    set_first_boot_path("/rom@x");
    list = get_boot_devices_list(&size);
    set_first_boot_path(NULL);
    g_assert_cmpuint(size, ==, strlen(list) + 1);
    lines_of_it = g_strsplit(list, "\n", 0);
    g_assert_cmpuint(g_strv_length(lines_of_it), ==, 3);
    g_assert_cmpstr(lines_of_it[0], ==, "/rom@x");
    g_assert_true(g_str_has_suffix(lines_of_it[1], "/ide@1,1/drive@1/disk@0"));
    g_assert_true(g_str_has_suffix(lines_of_it[2], "/ide@1,1/drive@0/disk@0"));

    dev = qdev_new(TYPE_IDE_CD);
    qdev_prop_set_int32(dev, "bootindex", 7);
    g_assert_false(qdev_realize(dev, bus_of(1), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "bootindex=7"));
    error_free(err);
    object_unparent(OBJECT(dev));
    object_unref(OBJECT(dev));
    stop();
    g_assert_null(get_boot_devices_list(&size));
}

static const TypeInfo host_type = {
    .name = TYPE_IDE_TEST_HOST,
    .parent = TYPE_PCI_HOST_BRIDGE,
    .instance_size = sizeof(PCIHostState),
};

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        { "ports-answer-when-enabled", test_ports_answer_when_enabled },
        { "signatures-tell-what-is-there", test_signatures_tell_what_is_there },
        { "registers-have-a-byte-of-history", test_registers_have_a_byte_of_history },
        { "interrupts-can-be-disabled", test_interrupts_can_be_disabled },
        { "identify", test_identify },
        { "transfer-modes-are-told", test_transfer_modes_are_told },
        { "modes", test_modes },
        { "smart", test_smart },
        { "reads-sectors", test_reads_sectors },
        { "reads-by-cylinder-head-sector", test_reads_by_cylinder_head_sector },
        { "multiple-sectors-have-one-interrupt", test_multiple_sectors_have_one_interrupt },
        { "writes-sectors", test_writes_sectors },
        { "data-in-32-bits", test_data_in_32_bits },
        { "verifies", test_verifies },
        { "out-of-range", test_out_of_range },
        { "read-errors-name-the-sector", test_read_errors_name_the_sector },
        { "write-errors-are-faults", test_write_errors_are_faults },
        { "errors-can-stop-the-machine", test_errors_can_stop_the_machine },
        { "dma-scatters", test_dma_scatters },
        { "dma-gathers", test_dma_gathers },
        { "dma-of-many-sectors", test_dma_of_many_sectors },
        { "dma-tables-of-other-sizes", test_dma_tables_of_other_sizes },
        { "dma-needs-memory-and-mastering", test_dma_needs_memory_and_mastering },
        { "trim", test_trim },
        { "resets-end-commands", test_resets_end_commands },
        { "diagnostic", test_diagnostic },
        { "snapshots-hold-what-is-under-way", test_snapshots_hold_what_is_under_way },
        { "snapshots-fail-packets", test_snapshots_fail_packets },
        { "packet-device-identifies-itself", test_packet_device_identifies_itself },
        { "packets", test_packets },
        { "packet-data-in-pieces", test_packet_data_in_pieces },
        { "packet-dma", test_packet_dma },
        { "packet-parameters-go-out", test_packet_parameters_go_out },
        { "media-come-and-go", test_media_come_and_go },
        { "packet-resets", test_packet_resets },
        { "drives-find-their-places", test_drives_find_their_places },
        { "firmware-gets-an-order", test_firmware_gets_an_order },
    };

    device_test_init(&argc, &argv);
    type_register_static(&host_type);
    qemu_set_log(0, &error_abort);
    make_bus();
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/ide/%s", tests[i].name);

        g_test_add_func(path, tests[i].run);
    }
    return g_test_run();
}
