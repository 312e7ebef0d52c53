/*
 * A flash bank to test, and what both kinds have in common.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_PFLASH_TEST_H
#define TESTS_UNIT_PFLASH_TEST_H

#include "device-test.h"
#include <glib/gstdio.h>
#include <sys/resource.h>
#include "hw/block/flash.h"
#include "system/address-spaces.h"
#include "system/block-backend.h"

#define SECTOR 0x10000
#define BLOCKS 16
#define SIZE   (SECTOR * BLOCKS)

/* How a bank is built; the fixture's parameter. */
typedef struct Bank {
    const char *type;
    unsigned width, device_width, max_device_width;
    bool big_endian;
    bool image, read_only;
} Bank;

typedef struct Fixture {
    const Bank *bank;
    DeviceState *dev;
    AddressSpace as;
    char *dir, *image;
    MemOp op;
    unsigned shift; /* chip address -> bank offset */
} Fixture;

static DeviceState *new_flash(Fixture *f, BlockBackend *blk)
{
    const Bank *b = f->bank;
    DeviceState *dev = qdev_new(b->type);

    qdev_prop_set_string(dev, "name", "flash");
    qdev_prop_set_uint32(dev, "num-blocks", BLOCKS);
    qdev_prop_set_uint64(dev, "sector-length", SECTOR);
    qdev_prop_set_uint8(dev, "width", b->width);
    qdev_prop_set_uint8(dev, "device-width", b->device_width);
    qdev_prop_set_uint8(dev, "max-device-width", b->max_device_width);
    qdev_prop_set_bit(dev, "big-endian", b->big_endian);
    qdev_prop_set_uint16(dev, "id0", 0x89);
    qdev_prop_set_uint16(dev, "id1", 0x18);
    if (blk) {
        qdev_prop_set_drive(dev, "drive", blk);
    }
    return dev;
}

static void open_image(Fixture *f, bool read_only)
{
    BlockBackend *blk = NULL;

    if (f->bank->image) {
        blk = blk_new_open("flash-image", f->image, "raw", read_only, &error_abort);
    }
    f->dev = new_flash(f, blk);
    sysbus_realize(SYS_BUS_DEVICE(f->dev), &error_abort);
    test_map(&f->as, f->dev);
    device_cold_reset(f->dev);
}

static void set_up(Fixture *f, gconstpointer data)
{
    g_autofree char *contents = g_malloc(SIZE);

    f->bank = data;
    f->op = (f->bank->width == 1 ? MO_8 : f->bank->width == 2 ? MO_16 : MO_32) |
            (f->bank->big_endian ? MO_BE : MO_LE);
    f->shift = (f->bank->width == 4 ? 2 : f->bank->width - 1) +
               (f->bank->max_device_width > f->bank->device_width ? 1 : 0);
    f->dir = g_dir_make_tmp("test-pflash-XXXXXX", NULL);
    f->image = g_build_filename(f->dir, "image", NULL);
    memset(contents, 0xff, SIZE);
    memcpy(contents + 0x100, "\x12\x34\x56\x78", 4);
    g_assert_true(g_file_set_contents(f->image, contents, SIZE, NULL));
    open_image(f, f->bank->read_only);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->as);
    test_drop(f->dev);
    blk_close_all();
    if (blk_by_name("flash-image")) {
        blk_unref(blk_by_name("flash-image"));
    }
    g_unlink(f->image);
    g_rmdir(f->dir);
    g_free(f->image);
    g_free(f->dir);
}

static uint32_t get(Fixture *f, hwaddr offset)
{
    return rd(&f->as, offset, f->op);
}

static void put(Fixture *f, hwaddr offset, uint32_t value)
{
    wr(&f->as, offset, value, f->op);
}

/* @value on the lanes of every chip. */
static uint32_t lanes(Fixture *f, uint32_t value)
{
    uint32_t all = 0;

    for (unsigned i = 0; i < f->bank->width; i += f->bank->device_width) {
        all |= value << 8 * i;
    }
    return all;
}

static void command(Fixture *f, hwaddr offset, uint8_t code)
{
    put(f, offset, lanes(f, code));
}

static uint8_t query(Fixture *f, unsigned index)
{
    uint32_t value = get(f, index << f->shift);

    g_assert_cmphex(value, ==, lanes(f, value & 0xff));
    return value;
}

static uint8_t image_byte(Fixture *f, unsigned offset)
{
    g_autofree char *contents = NULL;
    gsize len;

    g_assert_true(g_file_get_contents(f->image, &contents, &len, NULL));
    g_assert_cmpuint(len, ==, SIZE);
    return contents[offset];
}

static unsigned chips(Fixture *f)
{
    return f->bank->width / f->bank->device_width;
}

static uint32_t word(Fixture *f, uint32_t value)
{
    return value & (f->bank->width == 4 ? ~0u : (1u << 8 * f->bank->width) - 1);
}

/* --- both kinds --- */

static void check_query(Fixture *f, unsigned command_set)
{
    unsigned pri = query(f, 0x15) | query(f, 0x16) << 8;

    g_assert_cmpint(query(f, 0x10), ==, 'Q');
    g_assert_cmpint(query(f, 0x11), ==, 'R');
    g_assert_cmpint(query(f, 0x12), ==, 'Y');
    g_assert_cmphex(query(f, 0x13) | query(f, 0x14) << 8, ==, command_set);
    g_assert_cmpint(query(f, pri), ==, 'P');
    g_assert_cmpint(query(f, pri + 1), ==, 'R');
    g_assert_cmpint(query(f, pri + 2), ==, 'I');
    g_assert_cmpint(query(f, pri + 3), ==, '1');
    g_assert_cmphex(1u << query(f, 0x27), ==, SIZE / chips(f));
    g_assert_cmpint(query(f, 0x2c), ==, 1);
    g_assert_cmpint(query(f, 0x2d) | query(f, 0x2e) << 8, ==, BLOCKS - 1);
    g_assert_cmphex((query(f, 0x2f) | query(f, 0x30) << 8) * 256, ==, SECTOR / chips(f));
    g_assert_cmphex(query(f, 0x60), ==, 0);
}

static void test_array(Fixture *f, gconstpointer data)
{
    g_assert_cmphex(rd(&f->as, 0x100, MO_BEUL), ==, f->bank->image ? 0x12345678 : 0xffffffff);
    g_assert_cmphex(rd(&f->as, 0x103, MO_8), ==, f->bank->image ? 0x78 : 0xff);
    g_assert_true(memory_region_is_romd(sysbus_mmio_get_region(SYS_BUS_DEVICE(f->dev), 0)));
    command(f, 0x55 << f->shift, 0x98);
    command(f, 0, f->bank->type[strlen(f->bank->type) - 1] == '1' ? 0xff : 0xf0);
    g_assert_cmphex(rd(&f->as, 0x100, MO_BEUL), ==, f->bank->image ? 0x12345678 : 0xffffffff);
}

/* The whole query of a chip, from 0x10 on; what follows is 0. */
static void check_query_bytes(Fixture *f, const uint8_t *expected, size_t len)
{
    command(f, 0x55 << f->shift, 0x98);
    for (unsigned i = 0; i < 0x70; i++) {
        g_assert_cmphex(query(f, i), ==, i >= 0x10 && i < 0x10 + len ? expected[i - 0x10] : 0);
    }
}

/* A byte of a wide bank: the lane that stands at that address. */
static void narrow_access(Fixture *f, gconstpointer data)
{
    bool amd = !strcmp(f->bank->type, TYPE_PFLASH_CFI02);

    command(f, 0x55 << f->shift, 0x98);
    for (unsigned i = 0; i < f->bank->width; i++) {
        unsigned lane = f->bank->big_endian ? f->bank->width - 1 - i : i;
        bool low = lane % f->bank->device_width == 0;

        g_assert_cmphex(rd(&f->as, (0x10 << f->shift) + i, MO_8), ==, low ? 'Q' : 0);
    }
    wr(&f->as, 0, amd ? 0xf0 : 0xff, MO_8);
    g_assert_cmphex(get(f, 0), ==, lanes(f, f->bank->device_width == 1 ? 0xff : 0xffff));
    if (!amd) {
        command(f, 0x2000, 0x40);
        wr(&f->as, 0x2001, 0x5a, MO_8);
        command(f, 0, 0xff);
        g_assert_cmphex(rd(&f->as, 0x2000, MO_BEUW), ==, 0xff5a);
    }
}

/* From here on, the host refuses to write files. */
static void break_host(bool broken)
{
    static struct rlimit old;
    struct rlimit none;

    signal(SIGXFSZ, SIG_IGN);
    if (broken) {
        g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
    }
    none = old;
    none.rlim_cur = broken ? 0 : old.rlim_cur;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &none), ==, 0);
}

typedef struct Test {
    const char *name;
    void (*test)(Fixture *f, gconstpointer data);
} Test;

typedef struct NamedBank {
    const char *name;
    Bank bank;
} NamedBank;

static void add(const char *kind, const char *bank_name, const Bank *bank, const Test *test)
{
    g_autofree char *path = g_strdup_printf("/pflash/%s/%s/%s", kind, bank_name, test->name);

    g_test_add(path, Fixture, bank, set_up, test->test, tear_down);
}

/* Each test on each bank. */
static void add_all(const char *kind, const NamedBank *banks, size_t nr_banks, const Test *tests,
                    size_t nr_tests)
{
    for (size_t b = 0; b < nr_banks; b++) {
        for (size_t i = 0; i < nr_tests; i++) {
            add(kind, banks[b].name, &banks[b].bank, &tests[i]);
        }
    }
}

#endif
