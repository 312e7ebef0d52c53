/*
 * IDE disks of PIIX3 driven through their ports: task file, data by PIO and by bus master, errors,
 * resets, snapshots.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ide-test.h"

/* --- registers --- */

static void test_ports_answer_when_enabled(void)
{
    MemTxResult result;

    start("");
    g_assert_cmphex(pci_data_read(host->bus, 0x80000908, 4), ==, 0x01018000);
    g_assert_cmphex(in(IDE_STATUS), ==, 0x50);
    config(0x40, 0, 4); /* whatever IDE decode enable says */
    g_assert_cmphex(in(IDE_STATUS), ==, 0x50);
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
    g_assert_true(ide_bus_get_geometry(pci_ide_bus(ide, 0), 0, &g));
    g_assert_false(ide_bus_get_geometry(pci_ide_bus(ide, 0), 1, &g));
    g_assert_false(ide_bus_get_geometry(pci_ide_bus(ide, 1), 0, &g));
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
    g_assert_cmphex(command(0x70, SECTORS - 1, 0), ==, 0x50); /* SEEK has no count */
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

/* The injected errors are there. */
#define BAD_SECTOR 100
#define BAD(event, more) ",driver=blkdebug,inject-error.0.event=" event ",inject-error.0.sector="  \
                         G_STRINGIFY(BAD_SECTOR) more

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

/* The driver's memory is the channel's own registers: data would be the next command. */
static void test_dma_does_not_reach_its_own_registers(void)
{
    const uint32_t in_memory = 0x80000000;
    MemoryRegion ports;

    start("");
    memory_region_init_alias(&ports, NULL, "ports", &io, 0, 64 * KiB);
    memory_region_add_subregion(&mem, in_memory, &ports);
    for (unsigned n = 100; n < 102; n++) {
        command(0x30, n, 1);
        write_words(0xc8e0, 256); /* device register, READ DMA */
        settle();
    }
    describe(0, in_memory + port(IDE_DEVICE), 2, false);
    describe(1, DATA, 1022, true);
    start_master(true);
    command(0xc8, 100, 2);
    wait_for_interrupt();
    main_loop_wait(true);
    g_assert_cmphex(in(IDE_STATUS), ==, 0x50);
    g_assert_cmphex(master_status() & (ACTIVE | IRQ | ERROR), ==, IRQ);
    expect_block(memory(DATA), 1022, 0xc8e0);
    stop_master();
    g_assert_cmphex(command(0x20, 7, 1), ==, 0x58);
    expect_sectors(7, 1, 1);
    memory_region_del_subregion(&mem, &ports);
    object_unparent(OBJECT(&ports));
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

    feature_command(0xef, 0x82, 0); /* no write cache */
    g_byte_array_set_size(bytes, 0);
    vmstate_save_state(bytes, vmsd, unit_of(0), &error_abort);
    device_cold_reset(DEVICE(ide));
    g_assert_true(blk_enable_write_cache(blk_by_name("disk")));
    reader = (VMStateReader) { .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, unit_of(0), &error_abort), ==, 0);
    g_assert_false(blk_enable_write_cache(blk_by_name("disk")));
    stop();
}

int main(int argc, char **argv)
{
    static const IdeTestCase tests[] = {
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
        { "dma-does-not-reach-its-own-registers", test_dma_does_not_reach_its_own_registers },
        { "trim", test_trim },
        { "resets-end-commands", test_resets_end_commands },
        { "diagnostic", test_diagnostic },
        { "snapshots-hold-what-is-under-way", test_snapshots_hold_what_is_under_way },
    };

    return ide_test_run(argc, argv, "ide", tests, G_N_ELEMENTS(tests));
}
