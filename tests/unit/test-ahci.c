/*
 * AHCI driven through its registers and lists in memory: a disk on port 0, a CD-ROM drive on port 1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ide-test.h"

#define ABAR     0x800000u
#define LIST     0x2000u /* of port n: 1 KiB from here on */
#define RECEIVED 0x4000u /* 256 bytes each */
#define TABLES   0x8000u /* of slot n: 256 bytes each */

enum { CAP = 0x00, GHC = 0x04, IS = 0x08, PI = 0x0c };
enum { PXCLB = 0x00, PXFB = 0x08, PXIS = 0x10, PXIE = 0x14, PXCMD = 0x18, PXTFD = 0x20,
       PXSIG = 0x24, PXSSTS = 0x28, PXSCTL = 0x2c, PXSERR = 0x30, PXSACT = 0x34, PXCI = 0x38 };
enum { D2H = 1u << 0, PIO_SETUP = 1u << 1, DEVICE_BITS = 1u << 3, TASK_FILE = 1u << 30 };
enum { ATAPI = 1u << 5, TO_UNIT = 1u << 6, RUN = 0x11 };

static uint32_t hba(unsigned reg)
{
    return rd(&mem_as, ABAR + reg, MO_LE | MO_32);
}

static void set_hba(unsigned reg, uint32_t value)
{
    wr(&mem_as, ABAR + reg, value, MO_LE | MO_32);
}

static uint32_t px(unsigned reg)
{
    return hba(0x100 + chan * 0x80 + reg);
}

static void set_px(unsigned reg, uint32_t value)
{
    set_hba(0x100 + chan * 0x80 + reg, value);
}

static uint8_t *received(unsigned offset)
{
    return memory(RECEIVED + chan * 0x100 + offset);
}

static uint8_t *header(unsigned slot)
{
    return memory(LIST + chan * 0x400 + slot * 32);
}

static uint8_t *table(unsigned slot)
{
    return memory(TABLES + slot * 0x100);
}

/* A command whose data are at DATA, in two regions if there are more than 16 bytes. */
static uint8_t *put_command(unsigned slot, uint8_t code, uint64_t lba, unsigned count, uint32_t flags,
                            uint32_t bytes)
{
    uint8_t *fis = table(slot);
    unsigned regions = !bytes ? 0 : bytes > 16 ? 2 : 1;

    memset(header(slot), 0, 32);
    stl_le_p(header(slot), regions << 16 | flags | 5);
    stl_le_p(header(slot) + 8, TABLES + slot * 0x100);
    memset(fis, 0, 0x100);
    fis[0] = 0x27;
    fis[1] = 0x80;
    fis[2] = code;
    for (int i = 0; i < 3; i++) {
        fis[4 + i] = lba >> 8 * i;
        fis[8 + i] = lba >> (24 + 8 * i);
    }
    fis[7] = LBA;
    fis[12] = count;
    fis[13] = count >> 8;
    stl_le_p(fis + 0x80, DATA);
    stl_le_p(fis + 0x8c, (regions == 2 ? 16 : bytes) - 1);
    stl_le_p(fis + 0x90, DATA + 16);
    stl_le_p(fis + 0x9c, bytes - 17);
    return fis;
}

/* READ or WRITE FPDMA QUEUED. */
static void put_queued(unsigned slot, bool write, uint64_t lba, unsigned count)
{
    uint8_t *fis = put_command(slot, write ? 0x61 : 0x60, lba, slot << 3, write ? TO_UNIT : 0,
                               count * 512);

    fis[3] = count;
    fis[11] = count >> 8;
}

static void wait_for(uint32_t events)
{
    while (!(px(PXIS) & events)) {
        main_loop_wait(false);
    }
}

static void run(unsigned slot)
{
    set_px(PXCI, 1u << slot);
    while (px(PXCI) & 1u << slot && !(px(PXIS) & TASK_FILE)) {
        main_loop_wait(false);
    }
}

static void begin_lists(unsigned port)
{
    chan = port;
    set_px(PXCLB, LIST + port * 0x400);
    set_px(PXFB, RECEIVED + port * 0x100);
    set_px(PXSERR, UINT32_MAX);
    set_px(PXIE, UINT32_MAX);
    set_px(PXCMD, RUN);
}

static void begin_adapter(void)
{
    device_cold_reset(DEVICE(host));
    config(PCI_BASE_ADDRESS_5, ABAR, 4);
    config(PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    set_hba(GHC, 2);
    begin_lists(1);
    begin_lists(0);
}

static void begin(const char *options)
{
    g_autofree char *disk = NULL, *cd = NULL;

    memset(memory(0), 0, RAM_SIZE);
    ide = pci_new(PCI_DEVFN(1, 1), TYPE_ICH9_AHCI);
    pci_realize_and_unref(ide, host->bus, &error_abort);
    disk_path = new_image(SECTORS, 512);
    cd_path = new_image(BLOCKS, 2048);
    disk = g_strdup_printf("if=none,id=disk,image.driver=raw,image.file.driver=file,"
                           "image.file.filename=%s%s", disk_path, options);
    if (!*options) {
        g_free(disk);
        disk = g_strdup_printf("if=none,id=disk,format=raw,file=%s", disk_path);
    }
    cd = g_strdup_printf("if=none,id=cd,media=cdrom,format=raw,file=%s", cd_path);
    drive_new_from_opts(disk, &error_abort);
    drive_new_from_opts(cd, &error_abort);
    plug(TYPE_IDE_HD, 0, "disk");
    plug(TYPE_IDE_CD, 1, "cd");
    begin_adapter();
}

/* ---- what is there ---- */

static void test_ports_say_what_is_there(void)
{
    static const uint32_t signatures[] = { 0x00000101, 0xeb140101, 0xffffffff };
    static const uint32_t links[] = { 0x113, 0x113, 0 };

    begin("");
    g_assert_cmphex(hba(CAP) & 0xc0041f1f, ==, 0xc0041f05);
    g_assert_cmphex(hba(PI), ==, 0x3f);
    for (chan = 0; chan < G_N_ELEMENTS(links); chan++) {
        g_assert_cmphex(px(PXSIG), ==, signatures[chan]);
        g_assert_cmphex(px(PXSSTS), ==, links[chan]);
    }
    stop();
}

static void test_a_bus_has_one_unit(void)
{
    DeviceState *dev;
    Error *err = NULL;

    begin("");
    dev = qdev_new(TYPE_IDE_CD);
    qdev_prop_set_uint32(dev, "unit", 1);
    g_assert_false(qdev_realize_and_unref(dev, bus_of(2), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "has unit 0 only"));
    error_free(err);
    stop();
}

/* ---- commands ---- */

static void test_identify_by_pio(void)
{
    begin("");
    put_command(3, 0xec, 0, 0, 0, 512);
    run(3);
    g_assert_cmphex(px(PXIS), ==, PIO_SETUP); /* and no other FIS */
    g_assert_cmphex(hba(IS), ==, 1);
    g_assert_cmphex(px(PXTFD), ==, 0x50);
    g_assert_cmphex(received(0x20)[0], ==, 0x5f);
    g_assert_cmphex(received(0x20)[1], ==, 0x60);
    g_assert_cmphex(received(0x20)[15], ==, 0x50);
    g_assert_cmpuint(lduw_le_p(received(0x20) + 16), ==, 512);
    g_assert_cmpuint(ldl_le_p(header(3) + 4), ==, 512);
    g_assert_cmpuint(lduw_le_p(memory(DATA) + 2 * 60), ==, SECTORS);
    g_assert_cmphex(lduw_le_p(memory(DATA) + 2 * 75), ==, 31);
    g_assert_cmphex(lduw_le_p(memory(DATA) + 2 * 76) & 0x0100, ==, 0x0100);
    set_px(PXIS, UINT32_MAX);
    set_hba(IS, 1);
    g_assert_cmphex(hba(IS), ==, 0);
    stop();
}

static void test_data_go_by_dma(void)
{
    begin("");
    put_command(0, 0x25, 1000, 8, 0, 8 * 512);
    run(0);
    g_assert_cmphex(px(PXIS), ==, D2H);
    g_assert_cmphex(received(0x40)[0], ==, 0x34);
    g_assert_cmpuint(ldl_le_p(header(0) + 4), ==, 8 * 512);
    for (int i = 0; i < 8; i++) {
        expect_block(memory(DATA) + i * 512, 512, 1000 + i);
    }
    put_command(1, 0x35, 7, 2, TO_UNIT, 2 * 512);
    run(1);
    g_assert_cmphex(px(PXTFD), ==, 0x50);
    g_assert_cmpuint(sector_in_image(7), ==, 1000);
    g_assert_cmpuint(sector_in_image(8), ==, 1001);
    put_command(2, 0x30, 20, 2, TO_UNIT, 2 * 512); /* by PIO */
    run(2);
    g_assert_cmpuint(sector_in_image(21), ==, 1001);
    stop();
}

static void test_an_error_halts_the_list(void)
{
    begin("");
    put_command(0, 0x25, SECTORS, 1, 0, 512);
    put_command(1, 0xec, 0, 0, 0, 512);
    set_px(PXCI, 3);
    wait_for(TASK_FILE);
    g_assert_cmphex(px(PXTFD) & 0xff01, ==, IDNF << 8 | ERR);
    g_assert_cmphex(px(PXCI), ==, 3);
    set_px(PXIS, UINT32_MAX);
    set_px(PXCMD, RUN & ~1u);
    g_assert_cmphex(px(PXCI), ==, 0);
    g_assert_cmphex(px(PXCMD) & 0x8000, ==, 0);
    set_px(PXCMD, RUN);
    run(1);
    g_assert_cmphex(px(PXIS), ==, PIO_SETUP);
    stop();
}

static void test_packets(void)
{
    begin("");
    chan = 1;
    put_command(0, 0xa0, 0, 0, ATAPI, 0); /* TEST UNIT READY: there was a reset */
    run(0);
    g_assert_cmphex(px(PXTFD) & 0xf001, ==, 0x6001);
    set_px(PXCMD, RUN & ~1u);
    set_px(PXIS, UINT32_MAX);
    set_px(PXCMD, RUN);
    put_command(0, 0xa0, 0, 0, ATAPI, 4096)[3] = 1; /* DMA */
    memcpy(table(0) + 0x40, (uint8_t[12]){ 0x28, 0, 0, 0, 0, 33, 0, 0, 2 }, 12);
    run(0);
    g_assert_cmphex(px(PXIS) & (D2H | TASK_FILE), ==, D2H);
    expect_block(memory(DATA), 2048, 33);
    expect_block(memory(DATA) + 2048, 2048, 34);
    put_command(1, 0xa0, 0, 0, ATAPI, 2048); /* PIO */
    memcpy(table(1) + 0x40, (uint8_t[12]){ 0x28, 0, 0, 0, 0, 99, 0, 0, 1 }, 12);
    table(1)[6] = 8; /* 2048 bytes at once */
    run(1);
    expect_block(memory(DATA), 2048, 99);
    put_command(2, 0xa0, 0, 0, ATAPI, 0);
    memcpy(table(2) + 0x40, (uint8_t[12]){ 0xff }, 12);
    run(2);
    g_assert_cmphex(px(PXIS) & TASK_FILE, ==, TASK_FILE);
    stop();
}

/* The list is stopped and started again amid a command: the next one's data are its own. */
static void test_a_dropped_command_is_over_first(void)
{
    begin("");
    put_command(0, 0x25, 9, 1, 0, 512);
    set_px(PXCI, 1);
    set_px(PXCMD, RUN & ~1u);
    set_px(PXCMD, RUN);
    put_command(1, 0x25, 11, 1, 0, 512);
    stl_le_p(table(1) + 0x80, DATA + 0x1000);
    stl_le_p(table(1) + 0x90, DATA + 0x1010);
    run(1);
    g_assert_cmphex(px(PXTFD), ==, 0x50);
    expect_block(memory(DATA), 512, 0);
    expect_block(memory(DATA + 0x1000), 512, 11);
    stop();
}

/* ---- queued commands ---- */

static void test_queued_commands(void)
{
    begin("");
    for (unsigned slot = 0; slot < 32; slot++) {
        put_queued(slot, false, 100 * slot, 4);
        stl_le_p(table(slot) + 0x80, DATA + slot * 0x1000);
        stl_le_p(table(slot) + 0x90, DATA + slot * 0x1000 + 16);
    }
    set_px(PXSACT, UINT32_MAX);
    set_px(PXCI, UINT32_MAX);
    g_assert_cmphex(px(PXCI), ==, 0); /* the unit has them all */
    while (px(PXSACT)) {
        main_loop_wait(false);
    }
    for (unsigned slot = 0; slot < 32; slot++) {
        expect_block(memory(DATA) + slot * 0x1000, 512, 100 * slot);
        expect_block(memory(DATA) + slot * 0x1000 + 3 * 512, 512, 100 * slot + 3);
    }
    g_assert_cmphex(px(PXIS) & DEVICE_BITS, ==, DEVICE_BITS);
    g_assert_cmphex(received(0x58)[0], ==, 0xa1);
    put_queued(9, true, 55, 1);
    set_px(PXSACT, 1 << 9);
    set_px(PXCI, 1 << 9);
    while (px(PXSACT)) {
        main_loop_wait(false);
    }
    g_assert_cmpuint(sector_in_image(55), ==, 0);
    stop();
}

static void test_a_queued_command_fails(void)
{
    begin("");
    put_queued(0, false, 10, 1);
    put_queued(5, false, SECTORS - 1, 2);
    set_px(PXSACT, 1 | 1 << 5);
    set_px(PXCI, 1 | 1 << 5);
    wait_for(TASK_FILE);
    g_assert_cmphex(px(PXSACT) & 1 << 5, ==, 1 << 5);
    g_assert_cmphex(px(PXTFD) & 0xff01, ==, IDNF << 8 | ERR);
    set_px(PXCMD, RUN & ~1u);
    g_assert_cmphex(px(PXSACT), ==, 0);
    set_px(PXIS, UINT32_MAX);
    set_px(PXCMD, RUN);
    put_command(0, 0x2f, 0x10, 1, 0, 512); /* READ LOG EXT */
    run(0);
    g_assert_cmphex(*memory(DATA), ==, 5);
    g_assert_cmphex(memory(DATA)[3], ==, IDNF);
    g_assert_cmpuint(lduw_le_p(memory(DATA) + 4), ==, SECTORS - 1);
    run(0);
    g_assert_cmphex(*memory(DATA), ==, 0x80); /* told once */
    stop();
}

static void test_others_wait_for_the_queue(void)
{
    begin("");
    put_queued(0, false, 10, 1);
    put_command(1, 0xec, 0, 0, 0, 512);
    set_px(PXSACT, 1);
    set_px(PXCI, 3);
    g_assert_cmphex(px(PXCI), ==, 2);
    wait_for(PIO_SETUP);
    g_assert_cmphex(px(PXSACT) | px(PXCI), ==, 0);
    stop();
}

static void test_data_for_registers_bounce(void)
{
    begin("");
    put_queued(0, false, 3, 1);
    stl_le_p(table(0) + 0x90, ABAR + 0x700); /* where no register is */
    set_px(PXSACT, 1);
    set_px(PXCI, 1);
    while (px(PXSACT)) {
        main_loop_wait(false);
    }
    expect_block(memory(DATA), 16, 3);
    g_assert_cmphex(px(PXIS) & TASK_FILE, ==, 0);
    stop();
}

static void test_a_slot_is_queued_once(void)
{
    begin("");
    put_queued(4, false, 77, 1);
    set_px(PXSACT, 1 << 4);
    set_px(PXCI, 1 << 4);
    stl_le_p(table(4) + 0x80, DATA + 0x1000);
    stl_le_p(table(4) + 0x90, DATA + 0x1010);
    set_px(PXCI, 1 << 4); /* the unit has it already */
    g_assert_cmphex(px(PXCI), ==, 0);
    blk_drain_all();
    g_assert_cmphex(px(PXSACT), ==, 0);
    expect_block(memory(DATA), 512, 77);
    expect_block(memory(DATA + 0x1000), 512, 0);
    stop();
}

/* ---- registers of another device, as a place for data ---- */

#define OTHER 0x900000u

static unsigned other_accesses;

static uint64_t read_other(void *opaque, hwaddr addr, unsigned size)
{
    other_accesses++;
    return 0x55;
}

static void write_other(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    other_accesses++;
}

static void add_other(MemoryRegion *other)
{
    static const MemoryRegionOps ops = { .read = read_other, .write = write_other };

    memory_region_init_io(other, NULL, &ops, NULL, "other", 0x1000);
    memory_region_add_subregion_overlap(&mem, OTHER, other, 1);
    other_accesses = 0;
}

static void remove_other(MemoryRegion *other)
{
    memory_region_del_subregion(&mem, other);
    object_unparent(OBJECT(other));
}

static void test_what_is_dropped_writes_nothing(void)
{
    MemoryRegion other;

    begin("");
    add_other(&other);
    put_queued(0, false, 3, 1);
    stl_le_p(table(0) + 0x90, OTHER);
    set_px(PXSACT, 1);
    set_px(PXCI, 1);
    set_px(PXCMD, RUN & ~1u);
    g_assert_cmphex(px(PXSACT), ==, 0);
    blk_drain_all();
    g_assert_cmpuint(other_accesses, ==, 0);
    remove_other(&other);
    stop();
}

/* The message of the interrupt that a region asks for stops the port, amid the command's data. */
static void test_a_message_stops_the_port(void)
{
    enum { MSI = 0x80, DESCRIPTOR = 1 << 5 };
    MemoryRegion other;

    begin("");
    add_other(&other);
    config(MSI + 4, ABAR + 0x100 + PXCMD, 4);
    config(MSI + 8, 0, 4); /* the address's upper half */
    config(MSI + 12, 0, 2);
    config(MSI + 2, 1, 2);
    set_px(PXIE, DESCRIPTOR);
    put_command(0, 0x25, 1, 1, 0, 512);
    put_queued(1, true, 55, 1);
    stl_le_p(table(1) + 0x8c, 15 | 1u << 31);
    stl_le_p(table(1) + 0x90, OTHER);
    set_px(PXSACT, 2);
    set_px(PXCI, 3);
    while (px(PXSACT) | px(PXCI)) {
        main_loop_wait(false);
    }
    g_assert_cmphex(px(PXIS) & DESCRIPTOR, ==, DESCRIPTOR);
    g_assert_cmphex(px(PXCMD) & 1, ==, 0);
    g_assert_cmpuint(other_accesses, ==, 0);
    blk_drain_all();
    g_assert_cmpuint(sector_in_image(55), ==, 55);
    remove_other(&other);
    stop();
}

/* ---- resets ---- */

static void test_resets(void)
{
    begin("");
    put_command(0, 0x25, 1, 1, 0, 512);
    set_px(PXCI, 1); /* it is under way */
    set_px(PXSCTL, 1);
    g_assert_cmphex(px(PXSSTS), ==, 0);
    g_assert_cmphex(px(PXCI), ==, 0);
    set_px(PXSCTL, 0);
    g_assert_cmphex(px(PXSSTS), ==, 0x113);
    g_assert_cmphex(px(PXSIG), ==, 0x101);
    g_assert_cmphex(px(PXIS) & 1 << 6, ==, 1 << 6);
    set_px(PXSERR, UINT32_MAX);
    g_assert_cmphex(px(PXIS) & 1 << 6, ==, 0);

    put_command(0, 0, 0, 0, 0, 0)[1] = 0; /* software reset */
    table(0)[15] = SRST;
    run(0);
    g_assert_cmphex(px(PXTFD) & BSY, ==, BSY);
    table(0)[15] = 0;
    run(0);
    g_assert_cmphex(px(PXTFD), ==, 0x150);
    g_assert_cmphex(received(0x40)[0], ==, 0x34);

    put_queued(0, false, 1, 1);
    set_px(PXSACT, 1);
    set_px(PXCI, 1);
    set_hba(GHC, 1);
    g_assert_cmphex(hba(GHC), ==, 0x80000000);
    g_assert_cmphex(px(PXSACT) | px(PXCI) | px(PXIE), ==, 0);
    g_assert_cmphex(px(PXCLB), ==, LIST);
    g_assert_cmphex(px(PXFB), ==, RECEIVED);
    g_assert_cmphex(px(PXSIG), ==, 0x101);
    device_cold_reset(DEVICE(ide));
    g_assert_cmphex(px(PXCLB) | px(PXFB), ==, 0);
    stop();
}

/* What is under way comes to its end; what comes next is begun when the machine goes on. */
static void test_a_stopped_machine_begins_nothing(void)
{
    begin("");
    put_command(0, 0x25, 5, 1, 0, 512);
    put_command(1, 0x25, 6, 1, 0, 512);
    put_queued(2, false, 7, 1);
    set_px(PXSACT, 1 << 2);
    set_px(PXCI, 7);
    runstate_set(RUN_STATE_PAUSED);
    vm_state_notify(false, RUN_STATE_PAUSED);
    while (px(PXCI) & 1) {
        main_loop_wait(false);
    }
    blk_drain_all();
    main_loop_wait(true);
    g_assert_cmphex(px(PXCI), ==, 6);
    runstate_set(RUN_STATE_RUNNING);
    vm_state_notify(true, RUN_STATE_RUNNING);
    while (px(PXCI) | px(PXSACT)) {
        main_loop_wait(false);
    }
    expect_block(memory(DATA), 512, 7);
    stop();
}

static void test_snapshots_hold_what_is_under_way(void)
{
    const VMStateDescription *vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    VMStateReader reader;

    begin("");
    vmsd = DEVICE_GET_CLASS(ide)->vmsd;
    put_queued(4, false, 77, 1);
    set_px(PXSACT, 1 << 4);
    set_px(PXCI, 1 << 4);
    vmstate_save_state(bytes, vmsd, ide, &error_abort);
    while (px(PXSACT)) {
        main_loop_wait(false);
    }
    memset(memory(DATA), 0, 512);
    reader = (VMStateReader) { .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, ide, &error_abort), ==, 0);
    g_assert_cmphex(px(PXSACT), ==, 1 << 4);
    vm_state_notify(true, RUN_STATE_RUNNING);
    while (px(PXSACT)) {
        main_loop_wait(false);
    }
    expect_block(memory(DATA), 512, 77);
    stop();
}

/* A command without room for its data, a table that isn't there, a FIS that is none: no harm. */
static void test_bad_commands(void)
{
    begin("");
    put_command(0, 0x25, 1, 4, 0, 100);
    set_px(PXCI, 1);
    wait_for(1u << 24); /* overflow */
    set_px(PXCMD, RUN & ~1u);
    set_px(PXSCTL, 1);
    set_px(PXSCTL, 0);
    set_px(PXCMD, RUN);
    set_px(PXIS, UINT32_MAX);
    put_command(0, 0x25, 1, 4, 0, 2048);
    stl_le_p(header(0) + 8, 0x40000000);
    set_px(PXCI, 1);
    g_assert_cmphex(px(PXIS) & 1u << 29, ==, 1u << 29); /* host bus */
    set_px(PXCMD, RUN & ~1u);
    set_px(PXCMD, RUN);
    put_command(0, 0x25, 1, 4, 0, 2048)[0] = 0x99;
    set_px(PXCI, 1);
    g_assert_cmphex(px(PXIS) & 1u << 27, ==, 1u << 27); /* interface */
    stop();
}

/* Lists in the registers, tables full of chance, anything at any time. */
static void test_anything(void)
{
    GRand *random = g_rand_new_with_seed(20091);

    begin("");
    for (int n = 0; n < 30000; n++) {
        uint32_t value = g_rand_int(random);

        switch (g_rand_int_range(random, 0, 8)) {
        case 0:
            set_hba(g_rand_int_range(random, 0, 0x110) * 4, value);
            break;
        case 1:
            chan = g_rand_int_range(random, 0, 3);
            set_px(g_rand_int_range(random, 0, 17) * 4, value);
            break;
        case 2:
            chan = g_rand_int_range(random, 0, 2);
            put_command(value & 31, g_rand_int(random), g_rand_int_range(random, 0, SECTORS),
                        g_rand_int_range(random, 0, 40), value >> 8 & 0x7e0,
                        g_rand_int_range(random, 0, 8192));
            break;
        case 3:
            chan = 0;
            put_queued(value & 31, value >> 30 & 1, g_rand_int_range(random, 0, SECTORS + 8),
                       g_rand_int_range(random, 0, 16));
            if (value >> 29 & 1) {
                stl_le_p(table(value & 31) + 0x80, ABAR + 0x100 + (value >> 16 & 0x3f) * 4);
            }
            set_px(PXSACT, 1u << (value & 31));
            break;
        case 4:
            begin_lists(value & 1);
            break;
        case 5:
            main_loop_wait(true);
            break;
        default:
            set_px(PXCI, 1u << (value & 31));
        }
        if (n % 1000 == 0) {
            set_hba(GHC, 3);
        }
    }
    g_rand_free(random);
    begin_adapter(); /* after all that it works */
    put_queued(0, false, 4000, 1);
    set_px(PXSACT, 1);
    set_px(PXCI, 1);
    while (px(PXSACT)) {
        main_loop_wait(false);
    }
    g_assert_cmphex(px(PXIS) & (DEVICE_BITS | TASK_FILE), ==, DEVICE_BITS);
    stop();
}

int main(int argc, char **argv)
{
    static const IdeTestCase tests[] = {
        { "ports-say-what-is-there", test_ports_say_what_is_there },
        { "a-bus-has-one-unit", test_a_bus_has_one_unit },
        { "identify-by-pio", test_identify_by_pio },
        { "data-go-by-dma", test_data_go_by_dma },
        { "an-error-halts-the-list", test_an_error_halts_the_list },
        { "packets", test_packets },
        { "a-dropped-command-is-over-first", test_a_dropped_command_is_over_first },
        { "queued-commands", test_queued_commands },
        { "a-queued-command-fails", test_a_queued_command_fails },
        { "others-wait-for-the-queue", test_others_wait_for_the_queue },
        { "data-for-registers-bounce", test_data_for_registers_bounce },
        { "a-slot-is-queued-once", test_a_slot_is_queued_once },
        { "what-is-dropped-writes-nothing", test_what_is_dropped_writes_nothing },
        { "a-message-stops-the-port", test_a_message_stops_the_port },
        { "resets", test_resets },
        { "a-stopped-machine-begins-nothing", test_a_stopped_machine_begins_nothing },
        { "snapshots-hold-what-is-under-way", test_snapshots_hold_what_is_under_way },
        { "bad-commands", test_bad_commands },
        { "anything", test_anything },
    };

    return ide_test_run(argc, argv, "ahci", tests, G_N_ELEMENTS(tests));
}
