/*
 * IDE CD-ROM drives of PIIX3 driven through their ports: packets, their data and status; where
 * drives go, and in which order firmware is to try them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ide-test.h"
#include "hw/core/boot-order.h"

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

int main(int argc, char **argv)
{
    static const IdeTestCase tests[] = {
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

    return ide_test_run(argc, argv, "ide-cd", tests, G_N_ELEMENTS(tests));
}
