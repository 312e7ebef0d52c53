/*
 * Register blocks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "hw/register.h"
#include "qapi/error.h"
#include "qemu/log.h"

/* DIR: a name that the C library has as well. */
enum { R_CTRL, R_STAT, R_COUNT, R_WIDE, R_BYTE, R_VEC, R_WO, DIR };

static uint64_t last_written;
static unsigned last_index;
static int hooks;

static uint64_t count_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return stored + 1;
}

static void noted(RegisterBlock *block, const Register *reg, uint64_t value)
{
    last_written = value;
    last_index = block->index;
    hooks++;
}

static uint64_t doubled(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return value * 2;
}

static const RegisterField ctrl_fields[] = { { "EN", 0x1 }, { "LOOP", 0x30 }, { NULL } };

static const Register rows[] = {
    [R_CTRL] = { "CTRL", .offset = 0x00, .size = 4, .reset = 0x80000000, .writable = 0xffff,
                 .unmodelled = 0xf0, .fields = ctrl_fields, .written = noted },
    [R_STAT] = { "STAT", .offset = 0x04, .size = 4, .reset = 0xff, .w1c = 0x0f,
                 .writable = 0xf00 },
    [R_COUNT] = { "COUNT", .offset = 0x08, .size = 4, .read = count_read, .read_only = true },
    [R_WIDE] = { "WIDE", .offset = 0x10, .size = 8, .writable = UINT64_MAX },
    [R_BYTE] = { "BYTE", .offset = 0x0c, .size = 1, .writable = 0xff, .write = doubled },
    [R_VEC] = { "VEC", .offset = 0x20, .size = 2, .count = 4, .stride = 8, .writable = 0xffff,
                .reset = 7, .written = noted },
    [R_WO] = { "WO", .offset = 0x40, .size = 1, .write_only = true },
    [DIR] = { "DIR", .offset = 0x41, .size = 1, .reset = 0x0f, .writable = 0xff },
};

static RegisterBlock block;
static DeviceState *owner;
static char *log_path;

#define TYPE_REG_DEVICE "test-register-device"

static const TypeInfo test_types[] = {
    { .name = TYPE_REG_DEVICE, .parent = TYPE_DEVICE, .instance_size = sizeof(DeviceState) },
};

DEFINE_TYPES(test_types)

static void setup(enum device_endian endian)
{
    memset(&block, 0, sizeof(block));
    owner = qdev_new(TYPE_REG_DEVICE);
    register_block_init(&block, owner, "dev0", rows, ARRAY_SIZE(rows), endian, 0x100);
    hooks = 0;
    qemu_set_log(LOG_UNIMP | LOG_GUEST_ERROR, &error_abort);
    qemu_set_log_filename(log_path, &error_abort);
}

static void teardown(const char *expected_log)
{
    g_autofree char *text = NULL;

    qemu_log_close();
    g_assert_true(g_file_get_contents(log_path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, expected_log);
    object_unref(owner); /* and its region with it */
    register_block_finalize(&block);
}

static uint64_t rd(hwaddr offset, unsigned size)
{
    return register_block_read(&block, offset, size);
}

static void wr(hwaddr offset, uint64_t value, unsigned size)
{
    register_block_write(&block, offset, value, size);
}

static void test_reset(void)
{
    setup(DEVICE_BIG_ENDIAN);
    g_assert_cmphex(rd(0, 4), ==, 0x80000000);
    wr(0, 0x1234, 4);
    wr(0x38, 5, 2);
    register_block_reset(&block);
    g_assert_cmphex(rd(0, 4), ==, 0x80000000);
    g_assert_cmphex(register_get_at(&block, R_VEC, 3), ==, 7);
    teardown("unimp: dev0 CTRL: LOOP not modelled (value written 0x1234)\n");
}

static void test_masks(void)
{
    setup(DEVICE_BIG_ENDIAN);
    wr(0, 0xffffff0f, 4);
    g_assert_cmphex(rd(0, 4), ==, 0x8000ff0f);
    g_assert_cmphex(last_written, ==, 0xffffff0f); /* hooks see what the guest wrote */
    wr(4, 0x503, 4);
    g_assert_cmphex(rd(4, 4), ==, 0x5fc); /* two bits cleared, two set */
    wr(0x0c, 0x21, 1);
    g_assert_cmphex(rd(0x0c, 1), ==, 0x42);
    g_assert_cmphex(register_get(&block, R_BYTE), ==, 0x42);
    teardown("");
}

static void test_lanes_big(void)
{
    setup(DEVICE_BIG_ENDIAN);
    wr(0x10, 0x0102030405060708, 8);
    g_assert_cmphex(rd(0x10, 1), ==, 0x01);
    g_assert_cmphex(rd(0x12, 2), ==, 0x0304);
    g_assert_cmphex(rd(0x14, 4), ==, 0x05060708);
    wr(0x17, 0xaa, 1);
    g_assert_cmphex(register_get(&block, R_WIDE), ==, 0x01020304050607aa);
    wr(3, 0x0f, 1); /* low byte of CTRL */
    g_assert_cmphex(last_written, ==, 0x8000000f);
    g_assert_cmphex(rd(0, 8), ==, 0x8000000f000000ff); /* two registers at once */
    wr(7, 0x01, 1); /* w1c in one lane only */
    g_assert_cmphex(rd(4, 4), ==, 0xfe);
    teardown("");
}

static void test_lanes_little(void)
{
    setup(DEVICE_LITTLE_ENDIAN);
    wr(0x10, 0x0102030405060708, 8);
    g_assert_cmphex(rd(0x10, 1), ==, 0x08);
    g_assert_cmphex(rd(0x12, 2), ==, 0x0506);
    wr(0x17, 0xaa, 1);
    g_assert_cmphex(register_get(&block, R_WIDE), ==, 0xaa02030405060708);
    g_assert_cmphex(rd(0, 8), ==, 0x000000ff80000000);
    teardown("");
}

static void test_rows_of_registers(void)
{
    setup(DEVICE_BIG_ENDIAN);
    wr(0x30, 0x1234, 2);
    g_assert_cmpuint(last_index, ==, 2);
    g_assert_cmphex(register_get_at(&block, R_VEC, 2), ==, 0x1234);
    g_assert_cmphex(register_get_at(&block, R_VEC, 1), ==, 7);
    g_assert_cmphex(rd(0x38, 2), ==, 7);
    teardown("");
}

static void test_hooks(void)
{
    setup(DEVICE_BIG_ENDIAN);
    register_set(&block, R_COUNT, 41);
    g_assert_cmphex(rd(8, 4), ==, 42);
    g_assert_cmphex(*register_value(&block, &rows[R_COUNT]), ==, 41);
    g_assert_cmpint(hooks, ==, 0);
    teardown("");
}

static void test_forbidden(void)
{
    setup(DEVICE_BIG_ENDIAN);
    wr(8, 5, 4);
    g_assert_cmphex(register_get(&block, R_COUNT), ==, 0);
    rd(0x40, 1);
    teardown("guest_errors: dev0 COUNT: write of 0x5 to a read-only register\n"
             "guest_errors: dev0 WO: read of a write-only register\n");
}

static void test_holes(void)
{
    setup(DEVICE_BIG_ENDIAN);
    g_assert_cmphex(rd(0x80, 4), ==, 0);
    wr(0x22, 1, 2); /* between two of a row */
    rd(0x80, 4);
    teardown("unimp: dev0: read of 4 bytes at 0x80: no register there\n"
             "unimp: dev0: write of 2 bytes at 0x22: no register there\n"
             "unimp: dev0: read of 4 bytes at 0x80: no register there (repeated 1 times)\n");
}

static void test_unmodelled(void)
{
    setup(DEVICE_BIG_ENDIAN);
    wr(0, 0x01, 4); /* modelled */
    wr(0, 0x31, 4);
    wr(0, 0x31, 4); /* no change */
    wr(0, 0xb1, 4);
    teardown("unimp: dev0 CTRL: LOOP not modelled (value written 0x31)\n"
             "unimp: dev0 CTRL: bits 0x80 not modelled (value written 0xb1)\n");
}

static void test_overlap(void)
{
    static const Register bad[] = {
        { "A", .offset = 0, .size = 4 },
        { "B", .offset = 3, .size = 1 },
    };

    if (g_test_subprocess()) {
        g_unlink(log_path); /* it won't reach main's end */
        memset(&block, 0, sizeof(block));
        register_block_init(&block, qdev_new(TYPE_REG_DEVICE), "dev0", bad, 2, DEVICE_BIG_ENDIAN,
                            0);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*registers overlap*");
}

static void test_snapshot(void)
{
    GByteArray *bytes = g_byte_array_new();
    VMStateReader in;

    setup(DEVICE_BIG_ENDIAN);
    wr(0x10, 0x55, 8);
    vmstate_save_state(bytes, &vmstate_register_block, &block, &error_abort);
    register_block_reset(&block);
    in = (VMStateReader){ bytes->data, bytes->len, 0 };
    vmstate_load_state(&in, &vmstate_register_block, &block, &error_abort);
    g_assert_cmphex(rd(0x10, 8), ==, 0x55);
    g_byte_array_unref(bytes);
    teardown("");
}

static void test_direction(void)
{
    setup(DEVICE_BIG_ENDIAN);
    g_assert_cmphex(register_get(&block, DIR), ==, 0x0f);
    register_block_write(&block, 0x41, 0xa5, 1);
    g_assert_cmphex(register_get(&block, DIR), ==, 0xa5);
    teardown("");
}

int main(int argc, char **argv)
{
    int fd, ret;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    fd = g_file_open_tmp("sysemu-reg-XXXXXX", &log_path, NULL);
    close(fd);
    g_test_add_func("/register/reset-values", test_reset);
    g_test_add_func("/register/masks-and-write-one-to-clear", test_masks);
    g_test_add_func("/register/byte-lanes-big-endian", test_lanes_big);
    g_test_add_func("/register/byte-lanes-little-endian", test_lanes_little);
    g_test_add_func("/register/rows-of-registers-have-an-index", test_rows_of_registers);
    g_test_add_func("/register/read-hook-gives-the-value", test_hooks);
    g_test_add_func("/register/forbidden-accesses-are-guest-errors", test_forbidden);
    g_test_add_func("/register/holes-are-logged-once", test_holes);
    g_test_add_func("/register/unmodelled-bits-name-their-field", test_unmodelled);
    g_test_add_func("/register/overlapping-rows-are-a-bug", test_overlap);
    g_test_add_func("/register/values-are-in-snapshots", test_snapshot);
    g_test_add_func("/register/a-row-may-be-called-DIR", test_direction);
    ret = g_test_run();
    g_unlink(log_path);
    g_free(log_path);
    return ret;
}
