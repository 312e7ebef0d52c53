/*
 * CFI flash banks with AMD's commands: unlocking, erase windows, status bits, suspension.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pflash-test.h"

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

static const NamedBank amd_banks[] = {
    { "x16-be", { TYPE_PFLASH_CFI02, 2, 2, 2, true, true } },
    { "x8-le", { TYPE_PFLASH_CFI02, 1, 1, 1, false, true } },
    { "x16-as-x8", { TYPE_PFLASH_CFI02, 1, 1, 2, true, true } },
    { "two-x16-le", { TYPE_PFLASH_CFI02, 4, 2, 2, false, true } },
};

int main(int argc, char **argv)
{
    static const NamedBank read_only_bank = {
        "read-only", { TYPE_PFLASH_CFI02, 2, 2, 2, true, true, true }
    };
    static const Test once[] = {
        { "state-table-is-complete", amd_state },
        { "query-byte-by-byte", amd_query_bytes },
        { "mirrors", amd_mirrors },
        { "host-failure-is-told", amd_host_failure },
        { "extended-identifier", amd_extended_id },
    };
    static const Test read_only = { "refuses-writes", amd_read_only };

    device_test_init(&argc, &argv);
    add_all("amd", amd_banks, G_N_ELEMENTS(amd_banks), amd_tests,
            G_N_ELEMENTS(amd_tests));
    add_all("amd", amd_banks, 1, once, G_N_ELEMENTS(once));
    add_all("amd", &read_only_bank, 1, &read_only, 1);
    return g_test_run();
}
