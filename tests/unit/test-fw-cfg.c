/*
 * fw_cfg: items and files through both layouts' registers and DMA requests, callbacks, limits, and
 * guests that do anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/nvram/fw_cfg.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"

/* Where the registers and RAM are. */
enum { DATA = 0x1000, SELECT = 0x1008, DMA = 0x1010, RAM = 0x10000, RAM_SIZE = 0x2000 };
enum { PORT_SELECT = 0x510, PORT_DATA = 0x511, PORT_DMA = 0x514 };
enum { REQUEST = RAM, BUFFER = RAM + 0x100 };

#define BE16 (MO_BE | MO_16)
#define BE32 (MO_BE | MO_32)
#define BE64 (MO_BE | MO_64)

typedef struct Fixture {
    FWCfgState *dev;
    AddressSpace *as;
    MemoryRegion ram;
    int selected, written;
    off_t start;
    size_t len;
} Fixture;

static void set_up_base(Fixture *f)
{
    memory_region_init_ram(&f->ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), RAM, &f->ram);
}

static void set_up(Fixture *f, gconstpointer data)
{
    set_up_base(f);
    f->as = &address_space_memory;
    f->dev = fw_cfg_init_mem_wide(SELECT, DATA, 8, DMA, &address_space_memory);
    device_cold_reset(DEVICE(f->dev));
}

static void set_up_ports(Fixture *f, gconstpointer data)
{
    set_up_base(f);
    f->as = &address_space_io;
    f->dev = fw_cfg_init_io_dma(PORT_SELECT, PORT_DMA, &address_space_memory);
    device_cold_reset(DEVICE(f->dev));
}

static void tear_down(Fixture *f, gconstpointer data)
{
    SysBusDevice *sbd = SYS_BUS_DEVICE(f->dev);

    for (int i = 0; f->as == &address_space_memory && i < 3; i++) {
        memory_region_del_subregion(get_system_memory(), sysbus_mmio_get_region(sbd, i));
    }
    for (int i = 0; f->as == &address_space_io && i < 2; i++) {
        memory_region_del_subregion(get_system_io(), sysbus_mmio_get_region(sbd, i));
    }
    memory_region_del_subregion(get_system_memory(), &f->ram);
    qdev_unrealize(DEVICE(f->dev));
    object_unparent(OBJECT(f->dev));
    drain_call_rcu();
    object_unparent(OBJECT(&f->ram));
}

static void choose(Fixture *f, uint16_t key)
{
    wr(f->as, SELECT, key, BE16);
}

/* As bytes. */
static void check_item(Fixture *f, uint16_t key, const void *expected, size_t len)
{
    choose(f, key);
    for (size_t i = 0; i < len; i++) {
        g_assert_cmphex(rd(f->as, DATA, MO_8), ==, ((const uint8_t *)expected)[i]);
    }
}

/* Returns the control word afterwards. */
static uint32_t request(Fixture *f, uint32_t control, uint32_t length, uint64_t address)
{
    wr(&address_space_memory, REQUEST, control, BE32);
    wr(&address_space_memory, REQUEST + 4, length, BE32);
    wr(&address_space_memory, REQUEST + 8, address, BE64);
    wr(f->as, DMA, 0, BE32);
    wr(f->as, DMA + 4, REQUEST, BE32);
    return rd(&address_space_memory, REQUEST, BE32);
}

#define SELECTED(key) ((uint32_t)(key) << 16 | FW_CFG_DMA_CTL_SELECT)

static void test_says_what_it_is(Fixture *f, gconstpointer data)
{
    g_assert_cmphex(rd(f->as, DATA, BE32), ==, 0x51454d55); /* selected by the reset */
    check_item(f, FW_CFG_SIGNATURE, "QEMU\0\0", 6);
    check_item(f, FW_CFG_ID, "\3\0\0\0\0", 5);
    g_assert_cmphex(rd(f->as, DMA, BE64), ==, FW_CFG_DMA_SIGNATURE);
    g_assert_cmphex(rd(f->as, DMA + 4, BE32), ==, 0x20434647);
    g_assert_cmphex(rd(f->as, DMA, MO_8), ==, 'Q');
    g_assert_cmphex(rd(f->as, SELECT, BE16), ==, 0);
    check_item(f, FW_CFG_FILE_DIR, "\0\0\0\0", 4);
    check_item(f, 0x1234, "\0\0\0\0", 4);
}

static void test_wide_reads_are_strings(Fixture *f, gconstpointer data)
{
    static uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };

    fw_cfg_add_bytes(f->dev, FW_CFG_ARCH_LOCAL | 7, bytes, sizeof(bytes));
    choose(f, FW_CFG_ARCH_LOCAL | 7);
    g_assert_cmphex(rd(f->as, DATA, MO_LE | MO_32), ==, 0x04030201);
    g_assert_cmphex(rd(f->as, DATA, BE16), ==, 0x0506);
    g_assert_cmphex(rd(f->as, DATA, BE64), ==, 0x0708090a0b000000);
    g_assert_cmphex(rd(f->as, DATA, MO_8), ==, 0);
    choose(f, 7); /* not the architecture's */
    g_assert_cmphex(rd(f->as, DATA, MO_8), ==, 0);
    choose(f, FW_CFG_WRITE_CHANNEL | FW_CFG_ARCH_LOCAL | 7);
    wr(f->as, DATA, 0xff, MO_8);
    check_item(f, FW_CFG_ARCH_LOCAL | 7, bytes, sizeof(bytes));
}

static void test_numbers_and_strings(Fixture *f, gconstpointer data)
{
    fw_cfg_add_i16(f->dev, 5, 0x1234);
    fw_cfg_add_i32(f->dev, 6, 0x12345678);
    fw_cfg_add_i64(f->dev, 7, 0x123456789abcdef0);
    fw_cfg_add_string(f->dev, 9, "text");
    check_item(f, 5, "\x34\x12\0", 3);
    check_item(f, 6, "\x78\x56\x34\x12\0", 5);
    check_item(f, 7, "\xf0\xde\xbc\x9a\x78\x56\x34\x12\0", 9);
    check_item(f, 9, "text\0\0", 6);
    fw_cfg_modify_i16(f->dev, 5, 0x5678);
    fw_cfg_modify_string(f->dev, 9, "longer text");
    check_item(f, 5, "\x78\x56", 2);
    check_item(f, 9, "longer text", 12);
}

static void test_files_are_in_a_directory_by_name(Fixture *f, gconstpointer data)
{
    static const char *const names[] = { "etc/b", "opt/z", "etc/a" };
    uint8_t entry[64] = { 0 };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        fw_cfg_add_file(f->dev, names[i], (void *)names[i], 5 - i);
    }
    choose(f, FW_CFG_FILE_DIR);
    g_assert_cmphex(rd(f->as, DATA, BE32), ==, 3);
    for (size_t i = 0; i < 3; i++) {
        static const uint8_t sorted[] = { 2, 0, 1 };

        for (size_t n = 0; n < sizeof(entry); n++) {
            entry[n] = rd(f->as, DATA, MO_8);
        }
        g_assert_cmpuint(ldl_be_p(entry), ==, 5 - sorted[i]);
        g_assert_cmpuint(lduw_be_p(entry + 4), ==, FW_CFG_FILE_FIRST + i);
        g_assert_cmpstr((char *)entry + 8, ==, names[sorted[i]]);
    }
    check_item(f, FW_CFG_FILE_FIRST + 1, "etc/b\0", 6);
    g_assert_true(fw_cfg_modify_file(f->dev, "etc/b", (void *)"new", 3) == names[0]);
    check_item(f, FW_CFG_FILE_FIRST + 1, "new\0", 4);
    g_assert_null(fw_cfg_modify_file(f->dev, "etc/c", (void *)"c", 1));
    check_item(f, FW_CFG_FILE_FIRST + 2, "c\0", 2);
}

static void test_user_files_are_checked(Fixture *f, gconstpointer data)
{
    g_autofree char *long_name = g_strnfill(56, 'x');
    const struct { const char *name, *message; } rows[] = {
        { "", "has 0 characters, expected 1 to 55" },
        { long_name, "has 56 characters, expected 1 to 55" },
        { "opt/a", "there already is a file 'opt/a'" },
        { "opt/b", "no room for file 'opt/b': there are 32 already" },
    };

    g_assert_true(fw_cfg_add_user_file(f->dev, "opt/a", g_strdup("a"), 1, &error_abort));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        g_autoptr(Error) err = NULL;

        for (int n = 1; i == 3 && n < FW_CFG_FILE_SLOTS_DFLT; n++) {
            g_autofree char *name = g_strdup_printf("opt/%d", n);

            g_assert_true(fw_cfg_add_user_file(f->dev, name, NULL, 0, &error_abort));
        }
        g_assert_false(fw_cfg_add_user_file(f->dev, rows[i].name, g_strdup("a"), 1, &err));
        g_assert_nonnull(strstr(error_get_pretty(err), rows[i].message));
    }
}

static void test_requests_read_and_skip(Fixture *f, gconstpointer data)
{
    fw_cfg_add_bytes(f->dev, 8, (void *)"0123456789", 10);
    address_space_set(&address_space_memory, BUFFER, 0xff, 16, MEMTXATTRS_UNSPECIFIED);
    g_assert_cmphex(request(f, SELECTED(8) | FW_CFG_DMA_CTL_READ, 4, BUFFER), ==, 0);
    g_assert_cmphex(rd(&address_space_memory, BUFFER, BE64), ==, 0x30313233ffffffff);
    g_assert_cmphex(request(f, FW_CFG_DMA_CTL_SKIP, 3, 0), ==, 0);
    g_assert_cmphex(request(f, FW_CFG_DMA_CTL_READ, 8, BUFFER), ==, 0);
    g_assert_cmphex(rd(&address_space_memory, BUFFER, BE64), ==, 0x3738390000000000);
    g_assert_cmphex(request(f, FW_CFG_DMA_CTL_SKIP, UINT32_MAX, 0), ==, 0);
    g_assert_cmphex(request(f, FW_CFG_DMA_CTL_SKIP, UINT32_MAX, 0), ==, 0);
    g_assert_cmphex(rd(f->as, DATA, MO_8), ==, 0); /* and not at the start again */
    /* one write of 64 bits */
    wr(&address_space_memory, REQUEST, SELECTED(8) | FW_CFG_DMA_CTL_READ, BE32);
    wr(&address_space_memory, REQUEST + 4, 1, BE32);
    wr(&address_space_memory, REQUEST + 8, BUFFER, BE64);
    wr(f->as, DMA, REQUEST, BE64);
    g_assert_cmphex(rd(&address_space_memory, REQUEST, BE32), ==, 0);
    g_assert_cmphex(rd(&address_space_memory, BUFFER, MO_8), ==, '0');
}

static void test_requests_that_fail_say_so(Fixture *f, gconstpointer data)
{
    fw_cfg_add_bytes(f->dev, 8, (void *)"0123456789", 10);
    g_assert_cmphex(request(f, SELECTED(8) | FW_CFG_DMA_CTL_READ, 4, 0x900000), ==,
                    FW_CFG_DMA_CTL_ERROR);
    g_assert_cmphex(request(f, SELECTED(8) | FW_CFG_DMA_CTL_READ, 0x100, UINT64_MAX - 8), ==,
                    FW_CFG_DMA_CTL_ERROR);
    g_assert_cmphex(request(f, SELECTED(8) | FW_CFG_DMA_CTL_READ, RAM_SIZE, BUFFER), ==,
                    FW_CFG_DMA_CTL_ERROR);
    g_assert_cmphex(request(f, SELECTED(8) | FW_CFG_DMA_CTL_WRITE, 1, BUFFER), ==,
                    FW_CFG_DMA_CTL_ERROR);
    g_assert_cmphex(request(f, SELECTED(0x777) | FW_CFG_DMA_CTL_WRITE, 0, BUFFER), ==,
                    FW_CFG_DMA_CTL_ERROR);
    wr(f->as, DMA, 0x7700000000, BE64); /* no request there: nothing happens */
    /* one that reads onto its own registers */
    fw_cfg_add_i64(f->dev, 9, bswap64(REQUEST));
    request(f, SELECTED(9) | FW_CFG_DMA_CTL_READ, 8, DMA);
    g_assert_cmphex(request(f, SELECTED(8) | FW_CFG_DMA_CTL_READ, 4, BUFFER), ==, 0);
}

static void item_selected(void *opaque)
{
    ((Fixture *)opaque)->selected++;
}

static void item_written(void *opaque, off_t start, size_t len)
{
    Fixture *f = opaque;

    f->written++;
    f->start = start;
    f->len = len;
}

static void test_writable_files_and_their_callbacks(Fixture *f, gconstpointer data)
{
    static char contents[9];

    memcpy(contents, "01234567", 9);
    fw_cfg_add_file_callback(f->dev, "etc/rw", item_selected, item_written, f, contents, 8, false);
    wr(&address_space_memory, BUFFER, 0x6162636465666768, BE64);
    g_assert_cmphex(request(f, SELECTED(FW_CFG_FILE_FIRST), 0, 0), ==, 0);
    g_assert_cmphex(request(f, FW_CFG_DMA_CTL_SKIP, 2, 0), ==, 0);
    g_assert_cmphex(request(f, FW_CFG_DMA_CTL_WRITE, 3, BUFFER), ==, 0);
    g_assert_cmpstr(contents, ==, "01abc567");
    g_assert_cmpint(f->selected, ==, 1);
    g_assert_cmpint(f->written, ==, 1);
    g_assert_cmpint(f->start, ==, 2);
    g_assert_cmpint(f->len, ==, 3);
    /* too much is nothing at all */
    g_assert_cmphex(request(f, FW_CFG_DMA_CTL_WRITE, 4, BUFFER), ==, FW_CFG_DMA_CTL_ERROR);
    g_assert_cmpstr(contents, ==, "01abc567");
    g_assert_cmpint(f->written, ==, 1);
    g_assert_cmphex(request(f, FW_CFG_DMA_CTL_WRITE, 3, BUFFER), ==, 0);
    g_assert_cmpstr(contents, ==, "01abcabc");
}

static void test_ports(Fixture *f, gconstpointer data)
{
    static const char signature[] = "QEMU";

    wr(f->as, PORT_SELECT, FW_CFG_ID, MO_LE | MO_16);
    g_assert_cmphex(rd(f->as, PORT_DATA, MO_8), ==, 3);
    wr(f->as, PORT_SELECT, FW_CFG_SIGNATURE, MO_LE | MO_16);
    for (size_t i = 0; i < sizeof(signature); i++) {
        g_assert_cmphex(rd(f->as, PORT_DATA, MO_8), ==, signature[i]);
    }
    g_assert_cmphex(rd(f->as, PORT_DMA, BE32), ==, 0x51454d55);
    wr(&address_space_memory, REQUEST, SELECTED(FW_CFG_SIGNATURE) | FW_CFG_DMA_CTL_READ, BE32);
    wr(&address_space_memory, REQUEST + 4, 4, BE32);
    wr(&address_space_memory, REQUEST + 8, BUFFER, BE64);
    wr(f->as, PORT_DMA + 4, REQUEST, BE32);
    g_assert_cmphex(rd(&address_space_memory, BUFFER, BE32), ==, 0x51454d55);
    g_assert_true(fw_cfg_find() == f->dev);
}

static void test_the_place_is_saved(Fixture *f, gconstpointer data)
{
    const VMStateDescription *vmsd = DEVICE_GET_CLASS(f->dev)->vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    VMStateReader reader;

    fw_cfg_add_bytes(f->dev, 8, (void *)"0123456789", 10);
    check_item(f, 8, "0123", 4);
    vmstate_save_state(bytes, vmsd, f->dev, &error_abort);
    check_item(f, FW_CFG_ID, "\3", 1);
    reader = (VMStateReader){ .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, f->dev, &error_abort), >=, 0);
    g_assert_cmphex(rd(f->as, DATA, MO_8), ==, '4');
}

/* Any access and any request: nothing crashes, and nothing but the writable file changes. */
static void test_random_guests(Fixture *f, gconstpointer data)
{
    static uint8_t writable[100];
    static const char constant[] = "constant";

    fw_cfg_add_file_callback(f->dev, "etc/w", item_selected, item_written, f, writable,
                             sizeof(writable), false);
    fw_cfg_add_file(f->dev, "etc/r", (void *)constant, sizeof(constant));
    for (int i = 0; i < 20000; i++) {
        MemOp op = g_test_rand_int_range(0, 4) | (g_test_rand_bit() ? MO_BE : MO_LE);
        hwaddr addr = DATA + g_test_rand_int_range(0, 0x20);
        uint32_t key = g_test_rand_bit() ? g_test_rand_int_range(0, 0x24) : g_test_rand_int();

        if (g_test_rand_bit()) {
            request(f, key << 16 | g_test_rand_int_range(0, 0x20),
                    g_test_rand_bit() ? g_test_rand_int_range(0, 128) : g_test_rand_int(),
                    g_test_rand_bit() ? RAM + g_test_rand_int_range(0, RAM_SIZE)
                                      : DATA + g_test_rand_int_range(0, 64));
        } else if (g_test_rand_bit()) {
            address_space_st(f->as, addr, key, op, MEMTXATTRS_UNSPECIFIED, NULL);
        } else {
            address_space_ld(f->as, addr, op, MEMTXATTRS_UNSPECIFIED, NULL);
        }
    }
    check_item(f, FW_CFG_FILE_FIRST, constant, sizeof(constant));
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    memory_map_init();
    qdev_get_machine(); /* regions without an owner are its from the first test on */
#define TEST(name, function) g_test_add("/fw-cfg/" name, Fixture, NULL, set_up, function, tear_down)
    TEST("says-what-it-is", test_says_what_it_is);
    TEST("wide-reads-are-strings", test_wide_reads_are_strings);
    TEST("numbers-and-strings", test_numbers_and_strings);
    TEST("files-are-in-a-directory-by-name", test_files_are_in_a_directory_by_name);
    TEST("user-files-are-checked", test_user_files_are_checked);
    TEST("requests-read-and-skip", test_requests_read_and_skip);
    TEST("requests-that-fail-say-so", test_requests_that_fail_say_so);
    TEST("writable-files-and-their-callbacks", test_writable_files_and_their_callbacks);
    TEST("the-place-is-saved", test_the_place_is_saved);
    TEST("random-guests", test_random_guests);
    g_test_add("/fw-cfg/ports", Fixture, NULL, set_up_ports, test_ports, tear_down);
    return g_test_run();
}
