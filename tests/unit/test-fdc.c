/*
 * The floppy controller, with an image of 1.44 MB in its first drive: one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "hw/block/fdc.h"
#include "hw/dma/i8257.h"
#include "isa-test.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"
#include "system/block-backend.h"

enum { DOR = 0x3f2, MSR = 0x3f4, DSR = MSR, FIFO = 0x3f5, DIR = 0x3f7 };
enum { SECTOR = 512, SECTORS = 18, IMAGE = 80 * 2 * SECTORS * SECTOR };

static MemoryRegion ram;
static uint8_t *bytes;
static DeviceState *fdc;
static char *image;
static TestLine *irq = &test_isa_lines[6];

static void run_main_loop(void)
{
    for (int i = 0; i < 20; i++) {
        main_loop_wait(true);
    }
}

/* Every sector begins with its number, and goes on with that and its place. */
static void fill_image(void)
{
    g_autofree uint8_t *data = g_malloc(IMAGE);

    for (int i = 0; i < IMAGE; i++) {
        data[i] = i % SECTOR < 4 ? i / SECTOR >> 8 * (i % 4) : i / SECTOR + i;
    }
    g_assert_true(g_file_set_contents(image, (char *)data, IMAGE, NULL));
}

static uint32_t sector_at(const uint8_t *p)
{
    return ldl_le_p(p);
}

static void send(const uint8_t *command, unsigned num)
{
    for (unsigned i = 0; i < num; i++) {
        g_assert_cmphex(in(MSR) & 0xc0, ==, 0x80);
        out(FIFO, command[i]);
    }
    run_main_loop();
}

#define SEND(...) send((const uint8_t[]){ __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }))

/* The bytes of the result, which must be all of them. */
static void expect_result(const uint8_t *result, unsigned num)
{
    for (unsigned i = 0; i < num; i++) {
        g_assert_cmphex(in(MSR) & 0xd0, ==, 0xd0);
        g_assert_cmphex(in(FIFO), ==, result[i]);
    }
    g_assert_cmphex(in(MSR) & 0xd0, ==, 0x80);
    g_assert_cmpint(irq->level, ==, 0);
}

#define EXPECT(...)                                                                                \
    expect_result((const uint8_t[]){ __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }))

static void start(void)
{
    out(DOR, 0x00);
    g_assert_cmphex(in(MSR), ==, 0);
    g_assert_cmpint(irq->level, ==, 0);
    out(DOR, 0x1c); /* drive A, which turns */
    g_assert_cmpint(irq->level, ==, 1);
    for (int drive = 0; drive < 4; drive++) {
        SEND(0x08);
        in(FIFO);
        in(FIFO);
    }
    SEND(0x03, 0xdf, 0x02);
    SEND(0x07, 0x00);
    SEND(0x08);
    EXPECT(0x20, 0x00);
    memset(bytes, 0xee, 0x10000);
}

/* The BIOS's way to have channel 2 transfer so many bytes at 0x2000. */
static void set_up_dma(uint8_t mode, uint16_t length)
{
    out(0x0a, 0x06);
    out(0x0c, 0);
    out(0x0b, mode);
    out(0x04, 0x00);
    out(0x04, 0x20);
    out(0x81, 0x00);
    out(0x05, length - 1);
    out(0x05, (length - 1) >> 8);
    out(0x0a, 0x02);
}

static void seek(uint8_t cylinder)
{
    SEND(0x0f, 0x00, cylinder);
    g_assert_cmpint(irq->level, ==, 1);
    SEND(0x08);
    EXPECT(0x20, cylinder);
}

static void a_reset_is_sensed_four_times(void)
{
    out(DOR, 0x08);
    out(DOR, 0x0c);
    g_assert_cmpint(irq->level, ==, 1);
    for (int drive = 0; drive < 4; drive++) {
        SEND(0x08);
        EXPECT(0xc0 + drive, 0x00);
    }
    SEND(0x08);
    EXPECT(0x80);
    out(DSR, 0x80);
    g_assert_cmpint(irq->level, ==, 1);
    out(DOR, 0x04); /* no interrupts */
    g_assert_cmpint(irq->level, ==, 0);
    out(DOR, 0x0c);
    g_assert_cmpint(irq->level, ==, 1);
}

static void commands_that_move_nothing(void)
{
    start();
    SEND(0x10);
    EXPECT(0x90);
    SEND(0x18); /* an 82078 would know */
    EXPECT(0x80);
    SEND(0x94);
    EXPECT(0x10);
    SEND(0x14);
    EXPECT(0x00);
    SEND(0x13, 0x00, 0x57, 0x01);
    SEND(0x12, 0x84);
    seek(7);
    SEND(0x0e);
    EXPECT(7, 0, 0, 0, 0xdf, 0x02, 0, 0x04, 0x57, 0x01);
    SEND(0x13, 0x00, 0x10, 0x00);
    SEND(0x04, 0x00);
    EXPECT(0x28);
    seek(0);
    SEND(0x04, 0x04);
    EXPECT(0x3c);
    SEND(0x07, 0x01); /* no drive B */
    SEND(0x08);
    EXPECT(0x71, 0x00);
    SEND(0xcf, 0x00, 5);
    SEND(0x08);
    EXPECT(0x20, 5);
    SEND(0x8f, 0x00, 2);
    SEND(0x08);
    EXPECT(0x20, 3);
    SEND(0x4a, 0x04);
    EXPECT(0x04, 0, 0, 3, 1, 1, 2);
}

static void sectors_are_read_until_terminal_count(void)
{
    start();
    seek(5);
    set_up_dma(0x46, 3 * SECTOR);
    SEND(0xe6, 0x04, 5, 1, 4, 2, SECTORS, 0x1b, 0xff);
    g_assert_cmpint(irq->level, ==, 1);
    for (int i = 0; i < 3; i++) {
        uint32_t sector = (5 * 2 + 1) * SECTORS + 3 + i;

        g_assert_cmpuint(sector_at(bytes + 0x2000 + i * SECTOR), ==, sector);
        g_assert_cmphex(bytes[0x2000 + i * SECTOR + 511], ==, (uint8_t)(sector + 511));
    }
    g_assert_cmphex(bytes[0x2000 + 3 * SECTOR], ==, 0xee);
    EXPECT(0x04, 0, 0, 5, 1, 7, 2);
}

static void multi_track_goes_on_with_the_other_head(void)
{
    start();
    set_up_dma(0x46, 4 * SECTOR);
    SEND(0xc6, 0x00, 0, 0, SECTORS - 1, 2, SECTORS, 0x1b, 0xff);
    g_assert_cmpuint(sector_at(bytes + 0x2000 + 2 * SECTOR), ==, SECTORS);
    EXPECT(0x04, 0, 0, 0, 1, 3, 2);
    set_up_dma(0x46, 2 * SECTOR); /* exactly to the end of the cylinder */
    SEND(0xc6, 0x04, 0, 1, SECTORS - 1, 2, SECTORS, 0x1b, 0xff);
    EXPECT(0x00, 0, 0, 1, 0, 1, 2);
    set_up_dma(0x46, 3 * SECTOR); /* and beyond */
    SEND(0xc6, 0x04, 0, 1, SECTORS - 1, 2, SECTORS, 0x1b, 0xff);
    EXPECT(0x40, 0x80, 0, 1, 0, 1, 2);
}

static void what_is_not_there_is_not_read(void)
{
    start();
    set_up_dma(0x46, SECTOR);
    SEND(0x46, 0x00, 1, 0, 1, 2, SECTORS, 0x1b, 0xff); /* the heads are elsewhere */
    EXPECT(0x40, 0x04, 0x10, 1, 0, 1, 2);
    SEND(0x46, 0x00, 0, 0, SECTORS + 1, 2, 36, 0x1b, 0xff);
    EXPECT(0x40, 0x04, 0, 0, 0, SECTORS + 1, 2);
    SEND(0x46, 0x00, 0, 0, 1, 3, SECTORS, 0x1b, 0xff);
    EXPECT(0x40, 0x04, 0, 0, 0, 1, 3);
    SEND(0x46, 0x01, 0, 0, 1, 2, SECTORS, 0x1b, 0xff);
    EXPECT(0x41, 0x05, 0, 0, 0, 1, 2);
    seek(82);
    SEND(0x4a, 0x00);
    EXPECT(0x40, 0x01, 0, 82, 0, 1, 2);
}

static void expect_image(int64_t sector, uint8_t first, uint8_t last)
{
    g_autofree char *data = NULL;

    g_assert_true(g_file_get_contents(image, &data, NULL, NULL));
    g_assert_cmphex((uint8_t)data[sector * SECTOR], ==, first);
    g_assert_cmphex((uint8_t)data[sector * SECTOR + SECTOR - 1], ==, last);
}

static void sectors_are_written(void)
{
    start();
    memset(bytes + 0x2000, 0x5a, SECTOR);
    memset(bytes + 0x2000 + SECTOR, 0xa5, SECTOR);
    seek(2);
    set_up_dma(0x4a, 2 * SECTOR - 100); /* the second one is filled up with zeros */
    SEND(0x45, 0x00, 2, 0, 1, 2, SECTORS, 0x1b, 0xff);
    EXPECT(0x00, 0, 0, 2, 0, 3, 2);
    expect_image(2 * 2 * SECTORS, 0x5a, 0x5a);
    expect_image(2 * 2 * SECTORS + 1, 0xa5, 0x00);
}

static void a_track_is_formatted(void)
{
    start();
    for (int i = 0; i < SECTORS; i++) {
        const uint8_t id[] = { 3, 1, i + 1, 2 };

        memcpy(bytes + 0x2000 + 4 * i, id, 4);
    }
    seek(3);
    set_up_dma(0x4a, 4 * SECTORS);
    SEND(0x4d, 0x04, 2, SECTORS, 0x54, 0xf6);
    for (int i = 0; i < 7; i++) {
        in(FIFO);
    }
    for (int i = 0; i < SECTORS; i++) {
        expect_image((3 * 2 + 1) * SECTORS + i, 0xf6, 0xf6);
    }
}

static void without_dma_bytes_go_through_the_fifo(void)
{
    start();
    SEND(0x03, 0xdf, 0x03);
    SEND(0x46, 0x00, 0, 0, SECTORS, 2, SECTORS, 0x1b, 0xff);
    g_assert_cmpint(irq->level, ==, 1);
    for (int i = 0; i < SECTOR; i++) {
        uint8_t byte;

        g_assert_cmphex(in(MSR), ==, 0xf0);
        byte = in(FIFO);
        if (i == 0) {
            g_assert_cmphex(byte, ==, SECTORS - 1);
        }
    }
    EXPECT(0x40, 0x80, 0, 1, 0, 1, 2);
}

static void verify_needs_no_host(void)
{
    start();
    SEND(0x56, 0x00, 0, 0, 1, 2, SECTORS, 0x1b, 0xff);
    EXPECT(0x00, 0, 0, 1, 0, 1, 2);
}

static void a_change_is_seen_until_the_heads_step(void)
{
    out(DOR, 0x1c);
    g_assert_cmphex(in(DIR), ==, 0x80);
    out(DOR, 0x0c); /* a drive that doesn't turn says nothing */
    g_assert_cmphex(in(DIR), ==, 0);
    start(); /* steps */
    g_assert_cmphex(in(DIR), ==, 0);
}

static void types_follow_from_media(void)
{
    ISADevice *other = isa_new(TYPE_ISA_FDC);
    DeviceState *drive;
    Error *err = NULL;

    g_assert_cmpint(isa_fdc_get_drive_type(ISA_DEVICE(fdc), 0), ==, FLOPPY_DRIVE_TYPE_144);
    g_assert_cmpint(isa_fdc_get_drive_type(ISA_DEVICE(fdc), 1), ==, FLOPPY_DRIVE_TYPE_NONE);
    drive = qdev_new("floppy");
    qdev_prop_set_uint32(drive, "unit", 0);
    g_assert_false(qdev_realize_and_unref(drive, qdev_get_child_bus(fdc, "floppy-bus.0"), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "another drive's"));
    g_clear_pointer(&err, error_free);
    qdev_prop_set_uint32(DEVICE(other), "dma", 8);
    g_assert_false(isa_realize_and_unref(other, test_bus, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "'dma' 8"));
    error_free(err);
}

static void state_survives(void)
{
    start();
    SEND(0x03, 0xdf, 0x03);
    SEND(0x46, 0x00, 0, 0, SECTORS, 2, SECTORS, 0x1b, 0xff);
    for (int i = 0; i < 100; i++) {
        in(FIFO);
    }
    test_copy_state(fdc, fdc);
    for (int i = 100; i < SECTOR; i++) {
        g_assert_cmphex(in(FIFO), ==, (uint8_t)(SECTORS - 1 + i));
    }
    EXPECT(0x40, 0x80, 0, 1, 0, 1, 2);
}

static void random_guests_do_no_harm(void)
{
    static const uint16_t ports[] = { DOR, MSR, FIFO, FIFO, FIFO, FIFO, DIR, 0x0a, 0x0b, 0x04, 0x05 };
    static const uint8_t likely[] = { 0x1c, 0x46, 0x45, 0x4d, 0x0f, 0x08, 0x03, 0x00, 0x01, 0x02,
                                      0x12, 0xe6, 0x07, 0x13, 0x16 };

    test_isa_random(ports, G_N_ELEMENTS(ports), likely, G_N_ELEMENTS(likely), run_main_loop);
    run_main_loop();
}

int main(int argc, char **argv)
{
    g_autofree char *dir = NULL, *options = NULL;
    DriveInfo *fds[MAX_FD] = { NULL };
    int status;

    device_test_init(&argc, &argv);
    test_isa_init();
    dir = g_dir_make_tmp("test-fdc-XXXXXX", NULL);
    image = g_build_filename(dir, "image", NULL);
    fill_image();
    options = g_strdup_printf("if=floppy,format=raw,file=%s", image);
    fds[0] = drive_new_from_opts(options, &error_abort);
    memory_region_init_ram(&ram, NULL, "ram", 0x10000, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    bytes = memory_region_get_ram_ptr(&ram);
    i8257_dma_init(test_bus, false);
    fdc = DEVICE(isa_create_simple(test_bus, TYPE_ISA_FDC));
    isa_fdc_init_drives(ISA_DEVICE(fdc), fds);
    device_cold_reset(fdc);
#define RULE(name, rule) g_test_add_func("/fdc/" name, rule)
    RULE("change", a_change_is_seen_until_the_heads_step);
    RULE("reset", a_reset_is_sensed_four_times);
    RULE("commands", commands_that_move_nothing);
    RULE("read", sectors_are_read_until_terminal_count);
    RULE("multi-track", multi_track_goes_on_with_the_other_head);
    RULE("not-there", what_is_not_there_is_not_read);
    RULE("write", sectors_are_written);
    RULE("format", a_track_is_formatted);
    RULE("without-dma", without_dma_bytes_go_through_the_fifo);
    RULE("verify", verify_needs_no_host);
    RULE("types", types_follow_from_media);
    RULE("state-survives", state_survives);
    RULE("random-guests-do-no-harm", random_guests_do_no_harm);
    status = g_test_run();
    blk_close_all();
    g_unlink(image);
    g_rmdir(dir);
    g_free(image);
    return status;
}
