/*
 * CFI flash banks with Intel's commands: queries, status, locks, and what is in the image when.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pflash-test.h"

static void test_bad_properties(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *property;
        uint64_t value;
        const char *message;
    } rows[] = {
        { "num-blocks", 0, "num-blocks" },
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

/* Of 3 blocks, and as firmware for PCs expects the status register to be. */
static void intel_as_on_pcs(Fixture *f, gconstpointer data)
{
    static const Bank bank = { TYPE_PFLASH_CFI01, 1, 1, 1 };
    Fixture g = { .bank = &bank };
    DeviceState *dev = new_flash(&g, NULL);
    AddressSpace as;

    qdev_prop_set_uint32(dev, "num-blocks", 3);
    qdev_prop_set_bit(dev, "ready-when-cleared", false);
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    test_map(&as, dev);
    wr(&as, 0, 0x98, MO_8);
    g_assert_cmphex(rd(&as, 0x27, MO_8), ==, 18); /* the next power of 2 */
    wr(&as, 0, 0x50, MO_8);
    wr(&as, 0, 0x70, MO_8);
    g_assert_cmphex(rd(&as, 0, MO_8), ==, 0);
    wr(&as, 3 * SECTOR - 1, 0x10, MO_8);
    wr(&as, 3 * SECTOR - 1, 0x5a, MO_8);
    g_assert_cmphex(rd(&as, 0, MO_8), ==, 0x80);
    wr(&as, 0, 0xff, MO_8);
    g_assert_cmphex(rd(&as, 3 * SECTOR - 1, MO_8), ==, 0x5a);
    address_space_destroy(&as);
    test_drop(dev);
}

/* Others than secure accesses find the array, whatever the chip does, and can't command it. */
static void intel_secure(Fixture *f, gconstpointer data)
{
    static const Bank bank = { TYPE_PFLASH_CFI01, 1, 1, 1 };
    static const MemTxAttrs secure = { .secure = 1 };
    Fixture g = { .bank = &bank };
    DeviceState *dev = new_flash(&g, NULL);
    AddressSpace as;
    MemTxResult result;
    uint8_t byte;

    qdev_prop_set_bit(dev, "secure", true);
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    test_map(&as, dev);
    address_space_stb(&as, 0, 0x90, MEMTXATTRS_UNSPECIFIED, &result);
    g_assert_cmphex(result, !=, MEMTX_OK);
    address_space_stb(&as, 0, 0x90, secure, &result);
    g_assert_cmphex(result, ==, MEMTX_OK);
    g_assert_cmphex(rd(&as, 0, MO_8), ==, 0xff);
    address_space_read(&as, 0, secure, &byte, 1);
    g_assert_cmphex(byte, ==, 0x89);
    address_space_destroy(&as);
    test_drop(dev);
}

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

static const NamedBank intel_banks[] = {
    { "x16-be", { TYPE_PFLASH_CFI01, 2, 2, 2, true, true } },
    { "x16-le", { TYPE_PFLASH_CFI01, 2, 2, 2, false, true } },
    { "x8", { TYPE_PFLASH_CFI01, 1, 1, 1, true, true } },
    { "x16-as-x8", { TYPE_PFLASH_CFI01, 1, 1, 2, true, true } },
    { "two-x16-be", { TYPE_PFLASH_CFI01, 4, 2, 2, true, true } },
    { "four-x8-le", { TYPE_PFLASH_CFI01, 4, 1, 1, false, true } },
    { "x16-no-image", { TYPE_PFLASH_CFI01, 2, 2, 2, true } },
};

int main(int argc, char **argv)
{
    static const NamedBank read_only_bank = {
        "read-only", { TYPE_PFLASH_CFI01, 2, 2, 2, true, true, true }
    };
    static const Test once[] = {
        { "erase", intel_erase },
        { "query-byte-by-byte", intel_query_bytes },
        { "interface-code", test_interface_code },
        { "register-functions-map", test_register_functions },
        { "unknown-command-reads-array", intel_unknown_command },
        { "host-failure-is-told", intel_host_failure },
        { "default-device-width", intel_default_ids },
        { "as-on-pcs", intel_as_on_pcs },
        { "secure-accesses-command", intel_secure },
        { "state-table-is-complete", intel_state },
        { "bad-properties-are-refused", test_bad_properties },
        { "size-mismatch-names-both", test_size_mismatch },
    };
    static const Test read_only = { "refuses-writes", intel_read_only };

    device_test_init(&argc, &argv);
    add_all("intel", intel_banks, G_N_ELEMENTS(intel_banks), intel_tests,
            G_N_ELEMENTS(intel_tests));
    add_all("intel", intel_banks, 1, once, G_N_ELEMENTS(once));
    add_all("intel", &read_only_bank, 1, &read_only, 1);
    return g_test_run();
}
