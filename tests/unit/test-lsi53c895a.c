/*
 * LSI53C895A: SCRIPTS programs, one rule each: calculation, memory, jumps, a command, loops without an end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pci-test.h"
#include <glib/gstdio.h>
#include "hw/scsi/scsi.h"
#include "system/block-backend.h"

#define REGS (PCI_TEST_BARS + 1 * MiB)
#define RAM  (PCI_TEST_BARS + 2 * MiB)

enum {
    SFBR = 0x08, DSTAT = 0x0c, DSA = 0x10, ISTAT = 0x14, SCRATCHA = 0x34, DSP = 0x2c, DSPS = 0x30, DIEN = 0x39, SIST0 = 0x42,
    SIST1 = 0x43, SCRATCHB = 0x5c,
};
#define INT(n) 0x98080000, n

#define PROGRAM 0x1000
#define DATA    0x8000

static PciTest t;
static PCIDevice *dev;
static BlockBackend *blk;
static char *image;

static uint8_t get(unsigned reg)
{
    return rd(&t.mem_as, REGS + reg, MO_8);
}

static uint32_t get32(unsigned reg)
{
    return rd(&t.mem_as, REGS + reg, MO_LEUL);
}

static void put(unsigned reg, uint32_t value, MemOp op)
{
    wr(&t.mem_as, REGS + reg, value, op);
}

static uint8_t *mem(uint32_t addr)
{
    return pci_test_memory(&t, addr);
}

/* Starts a program; its words lie at PROGRAM. */
static void load(const uint32_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        stl_le_p(mem(PROGRAM + 4 * i), words[i]);
    }
    put(DIEN, 0x7d, MO_8);
    put(DSP, PROGRAM, MO_LEUL);
}

/* Until the program stops; DSTAT. */
static uint8_t finish(void)
{
    while (!(get(ISTAT) & 3)) {
        main_loop_wait(false);
    }
    return get(DSTAT) & 0x7f;
}

#define RUN(...)                                                                                   \
    ({                                                                                             \
        const uint32_t words_[] = { __VA_ARGS__ };                                                 \
        load(words_, G_N_ELEMENTS(words_));                                                        \
        finish();                                                                                  \
    })

static void start(void)
{
    DeviceState *disk;
    int fd = g_file_open_tmp("lsi-XXXXXX", &image, NULL);
    uint8_t block[512];

    for (int i = 0; i < 256; i++) {
        memset(block, i, sizeof(block));
        g_assert_cmpint(write(fd, block, sizeof(block)), ==, sizeof(block));
    }
    close(fd);
    blk = blk_new_open("disk", image, "raw", false, &error_abort);
    dev = pci_new(-1, "lsi53c895a");
    qdev_realize(DEVICE(dev), BUS(t.bus), &error_abort);
    disk = qdev_new("scsi-hd");
    qdev_prop_set_drive(disk, "drive", blk);
    object_property_set_uint(OBJECT(disk), "scsi-id", 3, &error_abort);
    qdev_realize_and_unref(disk, g_ptr_array_index(DEVICE(dev)->child_buses, 0), &error_abort);
    device_cold_reset(DEVICE(dev));
    pci_test_enable(&t, dev, 0, 0);
    memset(mem(0), 0, 0x20000);
}

/* TEST UNIT READY: a disk's first answer is that it has been switched on. */
static void wake_disk(void)
{
    mem(DATA)[0] = 0x80;
    g_assert_cmphex(RUN(0x41030000, 0, 0x0e000001, DATA, 0x0a000006, DATA + 0x10, 0x0b000001, DATA + 0x20, 0x0f000001, DATA + 0x21,
                        0x60000040, 0, 0x48000000, 0, INT(7)), ==, 4);
    g_assert_cmphex(mem(DATA + 0x20)[0], ==, 2);
}

static void end(void)
{
    test_drop(DEVICE(dev));
    blk_unref(blk);
    unlink(image);
    g_free(image);
}

static void registers_are_calculated_with(void)
{
    start();
    g_assert_cmphex(RUN(0x78345500, 0, /* SCRATCHA0 = 55 */
                        0x7e34b000, 0, /* + b0: carry */
                        0x7f350000, 0, /* SCRATCHA1 + 0 + carry */
                        0x72340000, 0, /* SFBR = SCRATCHA0 */
                        0x6a36f000, 0, /* SCRATCHA2 = SFBR | f0 */
                        INT(0x1234)), ==, 4);
    g_assert_cmphex(get32(SCRATCHA), ==, 0x00f50105);
    g_assert_cmphex(get32(DSPS), ==, 0x1234);
    g_assert_cmpint(t.irq, ==, 0);
    end();
}

static void memory_is_copied_loaded_and_stored(void)
{
    start();
    memcpy(mem(DATA), "ABCDEFGH", 8);
    put(DSA, DATA, MO_LEUL);
    g_assert_cmphex(RUN(0xc0000008, DATA, DATA + 0x100,   /* copy */
                        0xe1340004, DATA,                 /* load SCRATCHA */
                        0xf05c0004 | 1 << 24, 4,          /* load SCRATCHB from DSA + 4 */
                        0xf0340002, 0x10,                 /* store two bytes at DSA + 10 */
                        INT(0)), ==, 4);
    g_assert_cmpmem(mem(DATA + 0x100), 8, "ABCDEFGH", 8);
    g_assert_cmphex(get32(SCRATCHA), ==, 0x44434241);
    g_assert_cmphex(get32(SCRATCHB), ==, 0x48474645);
    g_assert_cmpmem(mem(DATA + 0x10), 3, "AB", 3);
    end();
}

static void jumps_call_and_return(void)
{
    start();
    g_assert_cmphex(RUN(0x88080000, PROGRAM + 0x18, /* call */
                        INT(1), INT(2),
                        0x90080000, 0), ==, 4); /* return */
    g_assert_cmphex(get32(DSPS), ==, 1);
    end();
}

/* Selects ID 3 and reads block 7. */
static void a_command_reads_a_block(void)
{
    start();
    wake_disk();
    memcpy(mem(DATA + 0x10), (uint8_t[]){ 0x28, 0, 0, 0, 0, 7, 0, 0, 1, 0 }, 10);
    stl_le_p(mem(DATA + 0x40), 512);
    stl_le_p(mem(DATA + 0x44), DATA + 0x1000);
    put(DSA, DATA, MO_LEUL);
    g_assert_cmphex(RUN(0x41030000, 0, 0x0e000001, DATA, 0x0a00000a, DATA + 0x10, /* select, message, command */
                        0x19000000, 0x40,                                         /* data by the table */
                        0x0b000001, DATA + 0x20, 0x0f000001, DATA + 0x21,         /* status, message */
                        0x60000040, 0, 0x48000000, 0, INT(7)), ==, 4);
    g_assert_cmphex(mem(DATA + 0x20)[0], ==, 0); /* good */
    g_assert_cmphex(mem(DATA + 0x21)[0], ==, 0); /* complete */
    g_assert_cmphex(mem(DATA + 0x1000)[0], ==, 7);
    g_assert_cmphex(mem(DATA + 0x11ff)[0], ==, 7);
    g_assert_cmphex(get(ISTAT) & 8, ==, 0);
    end();
}

static void nobody_answers_and_that_is_told(void)
{
    start();
    RUN(0x41050000, 0, 0x0e000001, DATA, INT(0));
    g_assert_cmphex(get(SIST1), ==, 4);
    end();
}

static void a_target_in_another_phase_is_told(void)
{
    start();
    RUN(0x41030000, 0, 0x0a000006, DATA, INT(0)); /* a command instead of the message */
    g_assert_cmphex(get(SIST0), ==, 0x80);
    end();
}

/* It doesn't hold the emulator up, and can be aborted. */
static void a_loop_without_an_end_does_no_harm(void)
{
    const uint32_t loop[] = { 0x80080000, PROGRAM };

    start();
    load(loop, 2);
    for (int i = 0; i < 5; i++) {
        main_loop_wait(true);
    }
    g_assert_cmphex(get(ISTAT) & 3, ==, 0);
    put(ISTAT, 0x80, MO_8);
    g_assert_cmphex(finish(), ==, 0x10);
    end();
}

static void data_may_reset_the_chip(void)
{
    const uint32_t read[] = { 0x41030000, 0, 0x0e000001, DATA, 0x0a00000a, DATA + 0x10, 0x09000400, 0x08000000, INT(0) };
    const uint32_t copy[] = { 0xc0000008, DATA, 0x08000000, 0x80080000, PROGRAM + 12 };
    MemoryRegion reset;

    start();
    wake_disk();
    pci_test_add_reset(&t, &reset, dev, 0x08000000);
    memcpy(mem(DATA + 0x10), (uint8_t[]){ 0x28, 0, 0, 0, 0, 7, 0, 0, 3, 0 }, 10); /* more than is taken */
    load(read, G_N_ELEMENTS(read));
    while (get32(DSP)) {
        main_loop_wait(false);
    }
    load(copy, G_N_ELEMENTS(copy));
    while (get32(DSP)) {
        main_loop_wait(false);
    }
    pci_test_remove_reset(&t, &reset);
    end();
}

/* Programs of random words, that point to everything that is there. */
static void random_programs_do_no_harm(void)
{
    static const uint32_t opcodes[] = {
        0x0e000001, 0x0a00000a, 0x09000200, 0x08000200, 0x19000000, 0x0b000001, 0x0f000001, 0x41030000, 0x43000000, 0x48000000,
        0x50000000, 0x58000008, 0x60000040, 0x78000000, 0x72340000, 0x80080000, 0x87030000, 0x98080000, 0xc0000010, 0xe1340004,
        0xf0340002, 0xe0100004,
    };
    static const uint32_t places[] = { DATA, PROGRAM, REGS, REGS + DSP, REGS + ISTAT, RAM, 0xfff00000, DATA + 0x40 };

    start();
    for (int i = 0; i < 400; i++) {
        for (int n = 0; n < 64; n++) {
            stl_le_p(mem(PROGRAM + 8 * n), opcodes[g_test_rand_int_range(0, G_N_ELEMENTS(opcodes))] ^
                                               (g_test_rand_int_range(0, 3) ? 0 : 1u << g_test_rand_int_range(0, 32)));
            stl_le_p(mem(PROGRAM + 8 * n + 4), places[g_test_rand_int_range(0, G_N_ELEMENTS(places))] + g_test_rand_int_range(0, 32) * 4);
        }
        put(DSA, DATA, MO_LEUL);
        put(DSP, PROGRAM, MO_LEUL);
        main_loop_wait(true);
        put(g_test_rand_int_range(0, 256), g_test_rand_int(), MO_8);
        get(g_test_rand_int_range(0, 256));
        put(ISTAT, g_test_rand_int_range(0, 4) ? 0x20 : 0x40, MO_8);
        main_loop_wait(true);
    }
    put(ISTAT, 0x40, MO_8);
    end();
}

/* A read that the program goes on with as it likes, and that the state is saved amid. */
static void load_amid_command(const uint32_t *words, unsigned n)
{
    PCIDevice *other;

    start();
    wake_disk();
    memcpy(mem(DATA + 0x10), (uint8_t[]){ 0x28, 0, 0, 0, 0, 7, 0, 0, 1, 0 }, 10);
    load(words, n);
    other = pci_new(-1, "lsi53c895a");
    qdev_realize(DEVICE(other), BUS(t.bus), &error_abort);
    device_cold_reset(DEVICE(other));
    test_copy_state(DEVICE(dev), DEVICE(other));
    pci_test_enable(&t, other, 0, 0x08000000);
    g_assert_cmphex(rd(&t.mem_as, REGS + 0x08000000 + ISTAT, MO_8) & 2, ==, 2);
    g_assert_cmphex(rd(&t.mem_as, REGS + 0x08000000 + SIST0, MO_8), ==, 2);
    g_assert_cmphex(finish(), ==, 4); /* the first one's ends as it should */
    test_drop(DEVICE(other));
    end();
}

static void a_loaded_command_ends_with_a_reset(void)
{
    const uint32_t waits[] = { 0x41030000, 0, 0x0e000001, DATA, 0x0a00000a, DATA + 0x10, 0x09000200, DATA + 0x1000, INT(0) };
    const uint32_t runs[] = { 0x41030000, 0, 0x0e000001, DATA, 0x0a000006, DATA + 0x30, INT(0) }; /* TEST UNIT READY */

    load_amid_command(waits, G_N_ELEMENTS(waits));
    load_amid_command(runs, G_N_ELEMENTS(runs));
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    pci_test_init(&t);
    g_test_add_func("/lsi/registers-are-calculated-with", registers_are_calculated_with);
    g_test_add_func("/lsi/memory-is-copied-loaded-and-stored", memory_is_copied_loaded_and_stored);
    g_test_add_func("/lsi/jumps-call-and-return", jumps_call_and_return);
    g_test_add_func("/lsi/a-command-reads-a-block", a_command_reads_a_block);
    g_test_add_func("/lsi/nobody-answers-and-that-is-told", nobody_answers_and_that_is_told);
    g_test_add_func("/lsi/a-target-in-another-phase-is-told", a_target_in_another_phase_is_told);
    g_test_add_func("/lsi/a-loop-without-an-end-does-no-harm", a_loop_without_an_end_does_no_harm);
    g_test_add_func("/lsi/a-loaded-command-ends-with-a-reset", a_loaded_command_ends_with_a_reset);
    g_test_add_func("/lsi/data-may-reset-the-chip", data_may_reset_the_chip);
    g_test_add_func("/lsi/random-programs-do-no-harm", random_programs_do_no_harm);
    return g_test_run();
}
