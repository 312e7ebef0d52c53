/*
 * CFI flash banks: queries, commands, status, locks, and what is in the image when.
 *
 * SPDX-License-Identifier: MIT
 */
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

static void test_bad_properties(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *property;
        uint64_t value;
        const char *message;
    } rows[] = {
        { "num-blocks", 0, "num-blocks" },
        { "num-blocks", 3, "power of 2" },
        { "num-blocks", 0x20000, "num-blocks" },
        { "sector-length", 100, "sector-length" },
        { "sector-length", 0, "sector-length" },
        { "width", 3, "width" },
        { "width", 0, "width" },
        { "device-width", 8, "width" },
        { "device-width", 4, "width" },
    };
    static const Bank bank = { TYPE_PFLASH_CFI01, 2, 2, 0 };
    Fixture g = { .bank = &bank };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        DeviceState *dev = new_flash(&g, NULL);
        Error *err = NULL;

        object_property_set_uint(OBJECT(dev), rows[i].property, rows[i].value, &error_abort);
        g_assert_false(sysbus_realize(SYS_BUS_DEVICE(dev), &err));
        g_assert_nonnull(strstr(error_get_pretty(err), rows[i].message));
        error_free(err);
        object_unref(OBJECT(dev));
    }
}

static void test_size_mismatch(Fixture *f, gconstpointer data)
{
    g_autofree char *small = g_strconcat(f->image, ".small", NULL);
    BlockBackend *blk;
    DeviceState *dev;
    Error *err = NULL;

    g_assert_true(g_file_set_contents(small, "1234", 4, NULL));
    blk = blk_new_open("small", small, "raw", false, &error_abort);
    dev = new_flash(f, blk);
    g_assert_false(sysbus_realize(SYS_BUS_DEVICE(dev), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), " 4 bytes"));
    g_assert_nonnull(strstr(error_get_pretty(err), "1048576 bytes"));
    error_free(err);
    object_unref(OBJECT(dev));
    blk_unref(blk);
    g_unlink(small);
}

/* The whole query of a chip, from 0x10 on; what follows is 0. */
static void check_query_bytes(Fixture *f, const uint8_t *expected, size_t len)
{
    command(f, 0x55 << f->shift, 0x98);
    for (unsigned i = 0; i < 0x70; i++) {
        g_assert_cmphex(query(f, i), ==, i >= 0x10 && i < 0x10 + len ? expected[i - 0x10] : 0);
    }
}

/* x8, x16, x8/x16, x32. */
static void test_interface_code(Fixture *f, gconstpointer data)
{
    static const struct { Bank bank; unsigned shift, code; } rows[] = {
        { { TYPE_PFLASH_CFI01, 1, 1, 1 }, 0, 0 }, { { TYPE_PFLASH_CFI01, 2, 2, 2 }, 1, 1 },
        { { TYPE_PFLASH_CFI01, 1, 1, 2 }, 1, 2 }, { { TYPE_PFLASH_CFI01, 4, 4, 4 }, 2, 3 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture g = { .bank = &rows[i].bank };
        DeviceState *dev = new_flash(&g, NULL);
        AddressSpace as;

        sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
        test_map(&as, dev);
        wr(&as, 0, 0x98, MO_8);
        g_assert_cmphex(rd(&as, 0x28 << rows[i].shift, MO_8), ==, rows[i].code);
        address_space_destroy(&as);
        test_drop(dev);
    }
}

/* What boards call: geometry from the size, mapped into system memory. */
static void test_register_functions(Fixture *f, gconstpointer data)
{
    PFlashCFI01 *a;
    PFlashCFI02 *b;

    memory_map_init();
    a = pflash_cfi01_register(0x10000, "flash-a", SIZE, NULL, SECTOR, 2, 0x89, 0x18, 0, 0, 1);
    b = pflash_cfi02_register(0x400000, "flash-b", SIZE, NULL, SECTOR, 2, 2, 0x01, 0x7e, 0, 0,
                              0x555, 0x2aa, 1);
    wr(&address_space_memory, 0x10000, 0x90, MO_BEUW);
    g_assert_cmphex(rd(&address_space_memory, 0x10002, MO_BEUW), ==, 0x18);
    wr(&address_space_memory, 0x10000, 0xff, MO_BEUW);
    g_assert_cmphex(rd(&address_space_memory, 0x10000 + SIZE - 2, MO_BEUW), ==, 0xffff);
    wr(&address_space_memory, 0x400000 + 0xaaa, 0xaa, MO_BEUW);
    wr(&address_space_memory, 0x400000 + 0x554, 0x55, MO_BEUW);
    wr(&address_space_memory, 0x400000 + 0xaaa, 0x90, MO_BEUW);
    g_assert_cmphex(rd(&address_space_memory, 0x400000 + SIZE + 2, MO_BEUW), ==, 0x7e);
    g_assert_null(pflash_cfi01_get_blk(a));
    g_assert_cmpuint(memory_region_size(pflash_cfi01_get_memory(a)), ==, SIZE);
    g_assert_cmpuint(memory_region_size(pflash_cfi02_get_memory(b)), ==, SIZE);
    sysbus_mmio_unmap(SYS_BUS_DEVICE(a), 0);
    sysbus_mmio_unmap(SYS_BUS_DEVICE(b), 0);
    object_unparent(OBJECT(a));
    object_unparent(OBJECT(b));
    drain_call_rcu();
}

/* --- Intel --- */

static uint8_t status(Fixture *f)
{
    uint32_t value = get(f, 0);

    g_assert_cmphex(value, ==, lanes(f, value & 0xff));
    return value;
}

static void intel_query(Fixture *f, gconstpointer data)
{
    command(f, 0x55 << f->shift, 0x98);
    check_query(f, 0x0001);
}

static void intel_query_bytes(Fixture *f, gconstpointer data)
{
    static const uint8_t expected[] = {
        'Q', 'R', 'Y', 0x01, 0x00, 0x31, 0x00, 0, 0, 0, 0,  /* 10 */
        0x17, 0x36, 0, 0,                                   /* 1b: supplies */
        7, 9, 1, 0, 4, 4, 10, 0,                            /* 1f: times */
        20, 1, 0, 10, 0, 1, 15, 0, 0x00, 0x01,              /* 27: geometry */
        'P', 'R', 'I', '1', '0', 0x20, 0, 0, 0, 0, 3, 0, 0x18, 0, 0,
    };

    check_query_bytes(f, expected, sizeof(expected));
}

static void intel_id(Fixture *f, gconstpointer data)
{
    command(f, 3 * SECTOR, 0x90);
    g_assert_cmphex(get(f, 0), ==, lanes(f, 0x89));
    g_assert_cmphex(get(f, 3 * SECTOR + (1 << f->shift)), ==, lanes(f, 0x18));
    g_assert_cmphex(get(f, 3 * SECTOR + (2 << f->shift)), ==, 0);
    command(f, 0, 0x70);
    g_assert_cmphex(status(f), ==, 0x80);
}

static uint32_t word(Fixture *f, uint32_t value)
{
    return value & (f->bank->width == 4 ? ~0u : (1u << 8 * f->bank->width) - 1);
}

static void intel_program(Fixture *f, gconstpointer data)
{
    command(f, 0x2000, 0x40);
    g_assert_cmphex(status(f), ==, 0x80);
    put(f, 0x2000, word(f, 0x1234a55a));
    g_assert_cmphex(status(f), ==, 0x80);
    command(f, 0, 0xff);
    g_assert_cmphex(get(f, 0x2000), ==, word(f, 0x1234a55a));
    command(f, 0x2000, 0x10);
    put(f, 0x2000, word(f, 0xf0f0f0f0));
    command(f, 0, 0xff);
    g_assert_cmphex(get(f, 0x2000), ==, word(f, 0x1030a050)); /* bits only go to 0 */
    g_assert_cmphex(get(f, 0x2000 + f->bank->width), ==, word(f, ~0u));
    if (f->bank->image) {
        g_assert_cmphex(image_byte(f, 0x2000), ==, rd(&f->as, 0x2000, MO_8));
    }
}

static void intel_erase(Fixture *f, gconstpointer data)
{
    command(f, 0x102, 0x20);
    command(f, 0x102, 0xd0);
    g_assert_cmphex(status(f), ==, 0x80);
    g_assert_cmphex(image_byte(f, 0x100), ==, 0xff);
    command(f, 0, 0xff);
    g_assert_cmphex(rd(&f->as, 0x100, MO_BEUL), ==, 0xffffffff);
    command(f, 0, 0x20);
    command(f, 0, 0x70); /* not the confirmation */
    g_assert_cmphex(status(f), ==, 0xb0);
    command(f, 0, 0x50);
    command(f, 0, 0x70);
    g_assert_cmphex(status(f), ==, 0x80);
}

static void intel_erase_only_its_block(Fixture *f, gconstpointer data)
{
    for (int i = 0; i < 3; i++) {
        command(f, i * SECTOR, 0x40);
        put(f, i * SECTOR + SECTOR - 4, 0);
    }
    command(f, SECTOR + 8, 0x20);
    command(f, SECTOR + 8, 0xd0);
    command(f, 0, 0xff);
    g_assert_cmphex(get(f, SECTOR - 4), ==, 0);
    g_assert_cmphex(get(f, 2 * SECTOR - 4), ==, word(f, ~0u));
    g_assert_cmphex(get(f, 3 * SECTOR - 4), ==, 0);
}

static void intel_buffer(Fixture *f, gconstpointer data)
{
    unsigned width = f->bank->width;
    hwaddr start = 5 * SECTOR + 0x20;

    command(f, 5 * SECTOR, 0xe8);
    g_assert_cmphex(status(f), ==, 0x80);
    put(f, 5 * SECTOR, lanes(f, 7)); /* eight words */
    for (unsigned i = 0; i < 8; i++) {
        put(f, start + i * width, word(f, 0x01010101 * i));
    }
    if (f->bank->image) {
        g_assert_cmphex(image_byte(f, start), ==, 0xff);
    }
    command(f, 5 * SECTOR, 0xd0);
    g_assert_cmphex(status(f), ==, 0x80);
    if (f->bank->image) {
        g_assert_cmphex(image_byte(f, start + 7 * width), ==, 7);
    }
    command(f, 0, 0xff);
    for (unsigned i = 0; i < 8; i++) {
        g_assert_cmphex(get(f, start + i * width), ==, word(f, 0x01010101 * i));
    }
    g_assert_cmphex(get(f, start - width), ==, word(f, ~0u));
    g_assert_cmphex(get(f, start + 8 * width), ==, word(f, ~0u));
}

static void intel_buffer_errors(Fixture *f, gconstpointer data)
{
    command(f, 0, 0xe8);
    put(f, 0, lanes(f, 1));
    put(f, 0x200, 0);
    put(f, 0x210, 0); /* beyond the two words */
    g_assert_cmphex(status(f), ==, 0xb0);
    command(f, 0, 0x50);
    command(f, 0, 0xe8);
    put(f, 0, lanes(f, 1));
    put(f, SECTOR - f->bank->width, 0); /* the second would be in the next block */
    g_assert_cmphex(status(f), ==, 0xb0);
    command(f, 0, 0x50);
    command(f, 0, 0xe8);
    put(f, 0, lanes(f, 0));
    put(f, 0x200, 0);
    command(f, 0, 0x70); /* not the confirmation */
    g_assert_cmphex(status(f), ==, 0xb0);
    command(f, 0, 0x50);
    command(f, 0, 0xff);
    g_assert_cmphex(get(f, 0x200), ==, word(f, ~0u));
    if (f->bank->device_width > 1) {
        command(f, 0, 0xe8);
        put(f, 0, lanes(f, 0x3ff)); /* more than the buffer holds */
        g_assert_cmphex(status(f), ==, 0xb0);
    }
}

static void intel_locks(Fixture *f, gconstpointer data)
{
    hwaddr lock_status = 4 * SECTOR + (2 << f->shift);

    command(f, 4 * SECTOR, 0x60);
    command(f, 4 * SECTOR, 0x01);
    g_assert_cmphex(status(f), ==, 0x80);
    command(f, 4 * SECTOR, 0x90);
    g_assert_cmphex(get(f, lock_status), ==, lanes(f, 1));
    g_assert_cmphex(get(f, lock_status + SECTOR), ==, 0);
    command(f, 4 * SECTOR, 0x40);
    put(f, 4 * SECTOR, 0);
    g_assert_cmphex(status(f), ==, 0x92);
    command(f, 0, 0x50);
    command(f, 4 * SECTOR, 0x20);
    command(f, 4 * SECTOR, 0xd0);
    g_assert_cmphex(status(f), ==, 0xa2);
    command(f, 0, 0x50);
    command(f, 4 * SECTOR, 0xe8);
    put(f, 4 * SECTOR, 0);
    put(f, 4 * SECTOR, 0);
    command(f, 4 * SECTOR, 0xd0);
    g_assert_cmphex(status(f), ==, 0x92);
    command(f, 0, 0x50);
    command(f, 4 * SECTOR, 0x60);
    command(f, 4 * SECTOR, 0xd0); /* unlock */
    command(f, 4 * SECTOR, 0x40);
    put(f, 4 * SECTOR, 0);
    g_assert_cmphex(status(f), ==, 0x80);
    command(f, 4 * SECTOR, 0x60);
    command(f, 4 * SECTOR, 0x2f); /* lock down */
    command(f, 4 * SECTOR, 0x60);
    command(f, 4 * SECTOR, 0xd0);
    command(f, 4 * SECTOR, 0x90);
    g_assert_cmphex(get(f, lock_status), ==, lanes(f, 3));
    command(f, 4 * SECTOR, 0x60);
    command(f, 4 * SECTOR, 0x77);
    g_assert_cmphex(status(f), ==, 0xb0);
    device_cold_reset(f->dev);
    command(f, 4 * SECTOR, 0x90);
    g_assert_cmphex(get(f, lock_status), ==, 0);
}

static void intel_suspend(Fixture *f, gconstpointer data)
{
    command(f, 0, 0xb0);
    g_assert_cmphex(status(f), ==, 0x80); /* ready: nothing to suspend */
    command(f, 0, 0xd0);
    g_assert_cmphex(status(f), ==, 0x80);
}

static void intel_read_only(Fixture *f, gconstpointer data)
{
    command(f, 0x100, 0x40);
    put(f, 0x100, 0);
    g_assert_cmphex(status(f), ==, 0x92);
    command(f, 0, 0x50);
    command(f, 0, 0x20);
    command(f, 0, 0xd0);
    g_assert_cmphex(status(f), ==, 0xa2);
    command(f, 0, 0x90);
    g_assert_cmphex(get(f, 2 << f->shift), ==, lanes(f, 1));
    command(f, 0, 0xff);
    g_assert_cmphex(rd(&f->as, 0x100, MO_BEUL), ==, 0x12345678);
}

static void intel_unknown_command(Fixture *f, gconstpointer data)
{
    command(f, 0, 0x90);
    command(f, 0, 0x77);
    g_assert_cmphex(rd(&f->as, 0x100, MO_8), ==, 0x12);
}

static void intel_state(Fixture *f, gconstpointer data)
{
    DeviceState *copy = new_flash(f, NULL);
    AddressSpace as;

    sysbus_realize(SYS_BUS_DEVICE(copy), &error_abort);
    command(f, 2 * SECTOR, 0x60);
    command(f, 2 * SECTOR, 0x01);
    command(f, 0, 0xe8);
    put(f, 0, lanes(f, 1));
    put(f, 0x300, word(f, 0x11111111));
    test_copy_state(f->dev, copy);
    test_map(&as, copy);
    wr(&as, 0x300 + f->bank->width, word(f, 0x22222222), f->op);
    wr(&as, 0, lanes(f, 0xd0), f->op);
    wr(&as, 0, lanes(f, 0x90), f->op);
    g_assert_cmphex(rd(&as, 2 * SECTOR + (2 << f->shift), f->op), ==, lanes(f, 1));
    wr(&as, 0, lanes(f, 0xff), f->op);
    g_assert_cmphex(rd(&as, 0x300, f->op), ==, word(f, 0x11111111));
    g_assert_cmphex(rd(&as, 0x300 + f->bank->width, f->op), ==, word(f, 0x22222222));
    address_space_destroy(&as);
    test_drop(copy);
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

static void intel_host_failure(Fixture *f, gconstpointer data)
{
    break_host(true);
    command(f, 0x2000, 0x40);
    put(f, 0x2000, 0);
    g_assert_cmphex(status(f), ==, 0x90);
    command(f, 0, 0x50);
    command(f, 0, 0x20);
    command(f, 0, 0xd0);
    g_assert_cmphex(status(f), ==, 0xa0);
    break_host(false);
}

static void intel_default_ids(Fixture *f, gconstpointer data)
{
    static const Bank bank = { TYPE_PFLASH_CFI01, 2, 0, 0, true };
    Fixture g = { .bank = &bank };

    for (int paired = 0; paired < 2; paired++) {
        DeviceState *dev = new_flash(&g, NULL);
        AddressSpace as;

        qdev_prop_set_uint16(dev, "id2", paired ? 0x12 : 0);
        qdev_prop_set_uint16(dev, "id3", paired ? 0x34 : 0);
        sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
        test_map(&as, dev);
        wr(&as, 0, 0x90, MO_BEUW);
        g_assert_cmphex(rd(&as, 0, MO_BEUW), ==, paired ? 0x8918 : 0x89);
        g_assert_cmphex(rd(&as, 2, MO_BEUW), ==, paired ? 0x1234 : 0x18);
        address_space_destroy(&as);
        test_drop(dev);
    }
}

/* --- AMD --- */

static void unlock(Fixture *f, uint8_t code)
{
    command(f, 0x555 << f->shift, 0xaa);
    command(f, 0x2aa << f->shift, 0x55);
    command(f, 0x555 << f->shift, code);
}

static void amd_program(Fixture *f, hwaddr offset, uint32_t value)
{
    unlock(f, 0xa0);
    put(f, offset, value);
}

static void amd_query(Fixture *f, gconstpointer data)
{
    command(f, 0x55 << f->shift, 0x98);
    check_query(f, 0x0002);
}

static void amd_query_bytes(Fixture *f, gconstpointer data)
{
    static const uint8_t expected[] = {
        'Q', 'R', 'Y', 0x02, 0x00, 0x31, 0x00, 0, 0, 0, 0,
        0x27, 0x36, 0, 0,
        6, 6, 1, 5, 4, 4, 10, 10,
        20, 1, 0, 9, 0, 1, 15, 0, 0x00, 0x01,
        'P', 'R', 'I', '1', '1', 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 4,
    };

    check_query_bytes(f, expected, sizeof(expected));
}

static void amd_id(Fixture *f, gconstpointer data)
{
    unlock(f, 0x90);
    g_assert_cmphex(get(f, 0), ==, lanes(f, 0x89));
    g_assert_cmphex(get(f, 1 << f->shift), ==, lanes(f, 0x18));
    g_assert_cmphex(get(f, 2 << f->shift), ==, 0); /* not protected */
    command(f, 0, 0xf0);
    g_assert_cmphex(get(f, 0), ==, word(f, ~0u));
}

static void amd_programs(Fixture *f, gconstpointer data)
{
    amd_program(f, 0x2000, word(f, 0x1234a55a));
    g_assert_cmphex(get(f, 0x2000), ==, word(f, 0x1234a55a));
    g_assert_cmphex(image_byte(f, 0x2000), ==, rd(&f->as, 0x2000, MO_8));
    amd_program(f, 0x2000, word(f, 0xf0f0f0f0));
    g_assert_cmphex(get(f, 0x2000), ==, word(f, 0x1030a050));
    put(f, 0x2000, 0); /* without the unlock cycles: nothing */
    g_assert_cmphex(get(f, 0x2000), ==, word(f, 0x1030a050));
}

static void amd_needs_unlock_addresses(Fixture *f, gconstpointer data)
{
    command(f, 0x554 << f->shift, 0xaa);
    command(f, 0x2aa << f->shift, 0x55);
    command(f, 0x555 << f->shift, 0xa0);
    put(f, 0x2000, 0);
    g_assert_cmphex(get(f, 0x2000), ==, word(f, ~0u));
    command(f, 0x555 << f->shift, 0xaa);
    command(f, 0x2ab << f->shift, 0x55);
    command(f, 0x555 << f->shift, 0xa0);
    put(f, 0x2000, 0);
    g_assert_cmphex(get(f, 0x2000), ==, word(f, ~0u));
}

static void amd_bypass(Fixture *f, gconstpointer data)
{
    unlock(f, 0x20);
    for (int i = 0; i < 4; i++) {
        command(f, 0, 0xa0);
        put(f, 0x3000 + i * f->bank->width, i);
    }
    command(f, 0, 0x90);
    command(f, 0, 0x00);
    command(f, 0, 0xa0);
    put(f, 0x4000, 0);
    g_assert_cmphex(get(f, 0x3000 + 3 * f->bank->width), ==, 3);
    g_assert_cmphex(get(f, 0x4000), ==, word(f, ~0u));
}

static void erase_setup(Fixture *f)
{
    unlock(f, 0x80);
    command(f, 0x555 << f->shift, 0xaa);
    command(f, 0x2aa << f->shift, 0x55);
}

/* Status with @bit, DQ6 toggling: not array data that happens to look like it. */
static void assert_failed(Fixture *f, hwaddr offset, uint8_t bit)
{
    uint32_t a = get(f, offset), b = get(f, offset);

    g_assert_cmphex(a & lanes(f, bit), ==, lanes(f, bit));
    g_assert_cmphex(a ^ b, ==, lanes(f, 0x40));
}

static void amd_sector_erase(Fixture *f, gconstpointer data)
{
    uint32_t a, b;

    amd_program(f, SECTOR, 0);
    amd_program(f, 2 * SECTOR, 0);
    amd_program(f, 3 * SECTOR, 0);
    erase_setup(f);
    command(f, SECTOR, 0x30);
    command(f, 3 * SECTOR + 4, 0x30); /* a second one in the window */
    a = get(f, SECTOR);
    b = get(f, SECTOR);
    g_assert_cmphex(a ^ b, ==, lanes(f, 0x44)); /* DQ6 and DQ2 toggle */
    g_assert_cmphex(a & lanes(f, 0xa8), ==, 0); /* DQ7, DQ5, DQ3 */
    a = get(f, 2 * SECTOR);
    b = get(f, 2 * SECTOR);
    g_assert_cmphex(a ^ b, ==, lanes(f, 0x40)); /* not this sector: no DQ2 */
    test_advance_ns(60 * 1000);
    g_assert_cmphex(get(f, SECTOR) & lanes(f, 0x88), ==, lanes(f, 0x08));
    g_assert_cmphex(image_byte(f, SECTOR), ==, 0);
    unlock(f, 0x90); /* ignored while it runs */
    test_advance_ns(10 * 1000 * 1000);
    g_assert_cmphex(get(f, SECTOR), ==, word(f, ~0u));
    g_assert_cmphex(get(f, 2 * SECTOR), ==, 0);
    g_assert_cmphex(get(f, 3 * SECTOR), ==, word(f, ~0u));
    g_assert_cmphex(image_byte(f, SECTOR), ==, 0xff);
    g_assert_cmphex(image_byte(f, 2 * SECTOR), ==, 0);
}

static void amd_window_abort(Fixture *f, gconstpointer data)
{
    amd_program(f, SECTOR, 0);
    erase_setup(f);
    command(f, SECTOR, 0x30);
    command(f, 0, 0xf0);
    test_advance_ns(10 * 1000 * 1000);
    g_assert_cmphex(get(f, SECTOR), ==, 0);
}

static void amd_erase_from_other_modes(Fixture *f, gconstpointer data)
{
    amd_program(f, 0x20, 0);
    command(f, 0x55 << f->shift, 0x98);
    erase_setup(f);
    command(f, 0x10, 0x31); /* no erase command */
    test_advance_ns(10 * 1000 * 1000);
    g_assert_cmphex(get(f, 0x20), ==, 0);
    command(f, 0x55 << f->shift, 0x98);
    erase_setup(f);
    command(f, 0, 0x30);
    test_advance_ns(10 * 1000 * 1000);
    g_assert_cmphex(get(f, 0x20), ==, word(f, ~0u)); /* the array, not the query */
    amd_program(f, 0x20, 0);
    unlock(f, 0x90);
    erase_setup(f);
    command(f, 0x555 << f->shift, 0x10);
    test_advance_ns(50 * 1000 * 1000);
    g_assert_cmphex(get(f, 0x20), ==, word(f, ~0u));
    unlock(f, 0x90);
    unlock(f, 0xa0); /* programming leaves autoselect too */
    put(f, 0x24, word(f, 0x12345678));
    g_assert_cmphex(get(f, 0x24), ==, word(f, 0x12345678));
}

static void amd_chip_erase(Fixture *f, gconstpointer data)
{
    amd_program(f, 0, 0);
    amd_program(f, SIZE - 4, 0);
    erase_setup(f);
    command(f, 0x555 << f->shift, 0x10);
    g_assert_cmphex(get(f, 0) & lanes(f, 0x80), ==, 0);
    test_advance_ns(50 * 1000 * 1000);
    g_assert_cmphex(get(f, 0), ==, word(f, ~0u));
    g_assert_cmphex(get(f, SIZE - 4), ==, word(f, ~0u));
}

static void amd_suspend(Fixture *f, gconstpointer data)
{
    uint32_t a, b;

    amd_program(f, SECTOR, 0);
    amd_program(f, 2 * SECTOR, 0);
    erase_setup(f);
    command(f, SECTOR, 0x30);
    test_advance_ns(60 * 1000);
    command(f, 0, 0xb0);
    g_assert_cmphex(get(f, 2 * SECTOR), ==, 0); /* other sectors can be read */
    a = get(f, SECTOR);
    b = get(f, SECTOR);
    g_assert_cmphex(a ^ b, ==, lanes(f, 0x04)); /* only DQ2 toggles */
    g_assert_cmphex(a & lanes(f, 0x80), ==, lanes(f, 0x80));
    amd_program(f, 2 * SECTOR + 0x10, word(f, 0x11111111));
    g_assert_cmphex(get(f, 2 * SECTOR + 0x10), ==, word(f, 0x11111111));
    test_advance_ns(100 * 1000 * 1000);
    g_assert_cmphex(image_byte(f, SECTOR), ==, 0);
    command(f, 0, 0x30);
    test_advance_ns(10 * 1000 * 1000);
    g_assert_cmphex(get(f, SECTOR), ==, word(f, ~0u));
}

static void amd_buffer(Fixture *f, gconstpointer data)
{
    unsigned width = f->bank->width;
    hwaddr start = 5 * SECTOR + 0x100;

    command(f, 0x555 << f->shift, 0xaa);
    command(f, 0x2aa << f->shift, 0x55);
    command(f, 5 * SECTOR, 0x25);
    put(f, 5 * SECTOR, lanes(f, 7));
    for (unsigned i = 0; i < 8; i++) {
        put(f, start + i * width, word(f, 0x01010101 * i));
    }
    command(f, 5 * SECTOR, 0x29);
    for (unsigned i = 0; i < 8; i++) {
        g_assert_cmphex(get(f, start + i * width), ==, word(f, 0x01010101 * i));
    }
    g_assert_cmphex(image_byte(f, start + 7 * width), ==, 7);
    g_assert_cmphex(get(f, start + 8 * width), ==, word(f, ~0u));
}

static void amd_buffer_abort(Fixture *f, gconstpointer data)
{
    command(f, 0x555 << f->shift, 0xaa);
    command(f, 0x2aa << f->shift, 0x55);
    command(f, 5 * SECTOR, 0x25);
    put(f, 5 * SECTOR, lanes(f, 1));
    put(f, 5 * SECTOR, 0);
    put(f, 5 * SECTOR + 0x8000, 0); /* another page */
    assert_failed(f, 5 * SECTOR, 0x02);
    command(f, 0, 0xf0); /* needs the long reset */
    assert_failed(f, 5 * SECTOR, 0x02);
    unlock(f, 0xf0);
    g_assert_cmphex(get(f, 5 * SECTOR), ==, word(f, ~0u));
}

static void amd_buffer_rules(Fixture *f, gconstpointer data)
{
    command(f, 0x555 << f->shift, 0xaa);
    command(f, 0x2aa << f->shift, 0x55);
    command(f, 0, 0x25);
    put(f, SECTOR, lanes(f, 1)); /* the count for another sector */
    assert_failed(f, 0, 0x02);
    unlock(f, 0xa0); /* all but the reset is ignored */
    put(f, 0x2000, 0);
    unlock(f, 0xf0);
    g_assert_cmphex(get(f, 0x2000), ==, word(f, ~0u));
    command(f, 0x555 << f->shift, 0xaa);
    command(f, 0x2aa << f->shift, 0x55);
    command(f, 0, 0x25);
    put(f, 0, lanes(f, 0));
    put(f, 0x2000, 0);
    command(f, SECTOR, 0x29); /* the confirmation for another sector */
    assert_failed(f, 0, 0x02);
    unlock(f, 0xf0);
    g_assert_cmphex(get(f, 0x2000), ==, word(f, ~0u));
    if (f->bank->device_width > 1) {
        command(f, 0x555 << f->shift, 0xaa);
        command(f, 0x2aa << f->shift, 0x55);
        command(f, 0, 0x25);
        put(f, 0, lanes(f, 0x100)); /* more than the buffer holds */
        assert_failed(f, 0, 0x02);
    }
}

static void amd_suspend_in_window(Fixture *f, gconstpointer data)
{
    amd_program(f, SECTOR, 0);
    erase_setup(f);
    command(f, SECTOR, 0x30);
    command(f, 0, 0xb0);
    g_assert_cmphex(get(f, 0), ==, word(f, ~0u));
    amd_program(f, SECTOR, 0); /* not in a sector being erased */
    command(f, 0, 0x30);
    test_advance_ns(10 * 1000 * 1000);
    g_assert_cmphex(get(f, SECTOR), ==, word(f, ~0u));
}

static void amd_host_failure(Fixture *f, gconstpointer data)
{
    break_host(true);
    amd_program(f, 0x2000, 0);
    assert_failed(f, 0x2000, 0x20); /* DQ5 */
    command(f, 0, 0xf0);
    g_assert_cmphex(get(f, 0), ==, word(f, ~0u));
    erase_setup(f);
    command(f, 0, 0x30);
    test_advance_ns(10 * 1000 * 1000);
    assert_failed(f, 0, 0x20);
    command(f, 0, 0xf0);
    command(f, 0x555 << f->shift, 0xaa);
    command(f, 0x2aa << f->shift, 0x55);
    command(f, 0, 0x25);
    put(f, 0, lanes(f, 0));
    put(f, 0x2000, 0);
    command(f, 0, 0x29);
    assert_failed(f, 0, 0x20);
    break_host(false);
}

static void amd_extended_id(Fixture *f, gconstpointer data)
{
    static const Bank bank = { TYPE_PFLASH_CFI02, 2, 2, 2, true };
    Fixture g = { .bank = &bank };
    DeviceState *dev = new_flash(&g, NULL);
    AddressSpace as;

    qdev_prop_set_uint16(dev, "id2", 0x2221);
    qdev_prop_set_uint16(dev, "id3", 0x2201);
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    test_map(&as, dev);
    wr(&as, 0xaaa, 0xaa, MO_BEUW);
    wr(&as, 0x554, 0x55, MO_BEUW);
    wr(&as, 0xaaa, 0x90, MO_BEUW);
    g_assert_cmphex(rd(&as, 0x1c, MO_BEUW), ==, 0x2221);
    g_assert_cmphex(rd(&as, 0x1e, MO_BEUW), ==, 0x2201);
    address_space_destroy(&as);
    test_drop(dev);
}

static void amd_read_only(Fixture *f, gconstpointer data)
{
    amd_program(f, 0x100, 0);
    g_assert_cmphex(rd(&f->as, 0x100, MO_BEUL), ==, 0x12345678);
    erase_setup(f);
    command(f, 0, 0x30);
    test_advance_ns(50 * 1000 * 1000);
    g_assert_cmphex(rd(&f->as, 0x100, MO_BEUL), ==, 0x12345678);
}

static void amd_state(Fixture *f, gconstpointer data)
{
    DeviceState *copy = new_flash(f, NULL);
    AddressSpace as;

    sysbus_realize(SYS_BUS_DEVICE(copy), &error_abort);
    test_map(&as, copy);
    wr(&as, 0x555 << f->shift, lanes(f, 0xaa), f->op);
    wr(&as, 0x2aa << f->shift, lanes(f, 0x55), f->op);
    wr(&as, 0x555 << f->shift, lanes(f, 0xa0), f->op);
    wr(&as, SECTOR, 0, f->op);
    erase_setup(f);
    command(f, SECTOR, 0x30);
    test_copy_state(f->dev, copy);
    test_advance_ns(10 * 1000 * 1000); /* the erasure was running */
    g_assert_cmphex(rd(&as, SECTOR, f->op), ==, word(f, ~0u));
    address_space_destroy(&as);
    test_drop(copy);
}

static void amd_mirrors(Fixture *f, gconstpointer data)
{
    static const Bank bank = { TYPE_PFLASH_CFI02, 2, 2, 2, true };
    Fixture g = { .bank = &bank };
    DeviceState *dev = new_flash(&g, NULL);
    AddressSpace as;

    qdev_prop_set_uint8(dev, "mappings", 4);
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    test_map(&as, dev);
    wr(&as, 3 * SIZE + 0xaaa, 0xaa, MO_BEUW);
    wr(&as, 0x554, 0x55, MO_BEUW);
    wr(&as, 0xaaa, 0x90, MO_BEUW);
    g_assert_cmphex(rd(&as, 2 * SIZE, MO_BEUW), ==, 0x89);
    address_space_destroy(&as);
    test_drop(dev);
}

/* --- */

typedef struct Test {
    const char *name;
    void (*test)(Fixture *f, gconstpointer data);
} Test;

static const Test intel_tests[] = {
    { "array-is-read-directly", test_array },
    { "query", intel_query },
    { "identifiers", intel_id },
    { "program-clears-bits", intel_program },
    { "buffered-program", intel_buffer },
    { "buffered-program-errors", intel_buffer_errors },
    { "block-locks", intel_locks },
    { "suspend-finds-nothing", intel_suspend },
    { "erase-only-its-block", intel_erase_only_its_block },
    { "narrow-access-sees-its-lane", narrow_access },
};

static const Test amd_tests[] = {
    { "array-is-read-directly", test_array },
    { "query", amd_query },
    { "identifiers", amd_id },
    { "program-clears-bits", amd_programs },
    { "unlock-addresses-are-checked", amd_needs_unlock_addresses },
    { "unlock-bypass", amd_bypass },
    { "sector-erase", amd_sector_erase },
    { "erase-window-can-be-aborted", amd_window_abort },
    { "chip-erase", amd_chip_erase },
    { "erase-and-program-end-other-modes", amd_erase_from_other_modes },
    { "erase-suspend", amd_suspend },
    { "buffered-program", amd_buffer },
    { "buffered-program-abort", amd_buffer_abort },
    { "buffered-program-rules", amd_buffer_rules },
    { "erase-suspend-in-window", amd_suspend_in_window },
    { "narrow-access-sees-its-lane", narrow_access },
};

static const struct {
    const char *name;
    Bank bank;
} intel_banks[] = {
    { "x16-be", { TYPE_PFLASH_CFI01, 2, 2, 2, true, true } },
    { "x16-le", { TYPE_PFLASH_CFI01, 2, 2, 2, false, true } },
    { "x8", { TYPE_PFLASH_CFI01, 1, 1, 1, true, true } },
    { "x16-as-x8", { TYPE_PFLASH_CFI01, 1, 1, 2, true, true } },
    { "two-x16-be", { TYPE_PFLASH_CFI01, 4, 2, 2, true, true } },
    { "four-x8-le", { TYPE_PFLASH_CFI01, 4, 1, 1, false, true } },
    { "x16-no-image", { TYPE_PFLASH_CFI01, 2, 2, 2, true } },
}, amd_banks[] = {
    { "x16-be", { TYPE_PFLASH_CFI02, 2, 2, 2, true, true } },
    { "x8-le", { TYPE_PFLASH_CFI02, 1, 1, 1, false, true } },
    { "x16-as-x8", { TYPE_PFLASH_CFI02, 1, 1, 2, true, true } },
    { "two-x16-le", { TYPE_PFLASH_CFI02, 4, 2, 2, false, true } },
};

static void add(const char *kind, const char *bank_name, const Bank *bank, const Test *test)
{
    g_autofree char *path = g_strdup_printf("/pflash/%s/%s/%s", kind, bank_name, test->name);

    g_test_add(path, Fixture, bank, set_up, test->test, tear_down);
}

int main(int argc, char **argv)
{
    static const Bank intel_read_only_bank = { TYPE_PFLASH_CFI01, 2, 2, 2, true, true, true };
    static const Bank amd_read_only_bank = { TYPE_PFLASH_CFI02, 2, 2, 2, true, true, true };
    static const Test once[] = {
        { "erase", intel_erase },
        { "query-byte-by-byte", intel_query_bytes },
        { "interface-code", test_interface_code },
        { "register-functions-map", test_register_functions },
        { "unknown-command-reads-array", intel_unknown_command },
        { "host-failure-is-told", intel_host_failure },
        { "default-device-width", intel_default_ids },
        { "state-table-is-complete", intel_state },
        { "bad-properties-are-refused", test_bad_properties },
        { "size-mismatch-names-both", test_size_mismatch },
    }, amd_once[] = {
        { "state-table-is-complete", amd_state },
        { "query-byte-by-byte", amd_query_bytes },
        { "mirrors", amd_mirrors },
        { "host-failure-is-told", amd_host_failure },
        { "extended-identifier", amd_extended_id },
    };
    static const Test read_only = { "refuses-writes", intel_read_only };
    static const Test amd_ro = { "refuses-writes", amd_read_only };

    device_test_init(&argc, &argv);
    for (size_t b = 0; b < G_N_ELEMENTS(intel_banks); b++) {
        for (size_t i = 0; i < G_N_ELEMENTS(intel_tests); i++) {
            add("intel", intel_banks[b].name, &intel_banks[b].bank, &intel_tests[i]);
        }
    }
    for (size_t b = 0; b < G_N_ELEMENTS(amd_banks); b++) {
        for (size_t i = 0; i < G_N_ELEMENTS(amd_tests); i++) {
            add("amd", amd_banks[b].name, &amd_banks[b].bank, &amd_tests[i]);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(once); i++) {
        add("intel", "x16", &intel_banks[0].bank, &once[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(amd_once); i++) {
        add("amd", "x16", &amd_banks[0].bank, &amd_once[i]);
    }
    add("intel", "read-only", &intel_read_only_bank, &read_only);
    add("amd", "read-only", &amd_read_only_bank, &amd_ro);
    return g_test_run();
}
