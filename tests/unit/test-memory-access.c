/*
 * Access rules: sizes, byte order, alignment, results; RAM, ROM, ROM devices, aliases, holes;
 * mapping; code marks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "memory-test.h"
#include "system/dma.h"
#include "system/memory/internal.h"

#define ANY MEMTXATTRS_UNSPECIFIED

/* A device of 16 bytes that keeps what is written and logs each call as "r0.4" (offset.size). */
typedef struct Dev {
    MemoryRegion mr;
    MemoryRegionOps ops;
    uint8_t bytes[16];
    GString *calls;
    MemTxResult result;
    MemTxAttrs attrs;
    bool big;
} Dev;

static void log_call(Dev *d, char what, hwaddr addr, unsigned size)
{
    g_string_append_printf(d->calls, "%s%c%" PRIx64 ".%u", d->calls->len ? " " : "", what, addr,
                           size);
    g_assert_true(bql_locked());
}

static unsigned byte_shift(const Dev *d, unsigned i, unsigned size)
{
    return 8 * (d->big ? size - 1 - i : i);
}

static uint64_t dev_read(void *opaque, hwaddr addr, unsigned size)
{
    Dev *d = opaque;
    uint64_t v = 0;

    log_call(d, 'r', addr, size);
    for (unsigned i = 0; i < size && addr + i < sizeof(d->bytes); i++) {
        v |= (uint64_t)d->bytes[addr + i] << byte_shift(d, i, size);
    }
    return v;
}

static void dev_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    Dev *d = opaque;

    log_call(d, 'w', addr, size);
    for (unsigned i = 0; i < size && addr + i < sizeof(d->bytes); i++) {
        d->bytes[addr + i] = data >> byte_shift(d, i, size);
    }
}

static MemTxResult dev_read_attrs(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
                                  MemTxAttrs attrs)
{
    Dev *d = opaque;

    d->attrs = attrs;
    *data = dev_read(opaque, addr, size);
    return d->result;
}

static MemTxResult dev_write_attrs(void *opaque, hwaddr addr, uint64_t data, unsigned size,
                                   MemTxAttrs attrs)
{
    Dev *d = opaque;

    d->attrs = attrs;
    dev_write(opaque, addr, data, size);
    return d->result;
}

typedef struct Fixture {
    MemoryRegion root, ram, rom, rom_view;
    Dev dev;
    AddressSpace as;
} Fixture;

enum {
    RAM = 0x10000,
    ROM = 0x20000,
    DEV = 0x30000,
    ROM_VIEW = 0x40000, /* read-only alias of RAM */
    HOLE = 0x50000,
    RAM_SIZE = 0x4000,
};

static void setup(Fixture *f, gconstpointer data)
{
    Dev *d = &f->dev;

    memory_region_init(&f->root, NULL, "root", UINT64_MAX);
    memory_region_init_ram(&f->ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_init_rom(&f->rom, NULL, "rom", 0x1000, &error_abort);
    memory_region_init_alias(&f->rom_view, NULL, "view", &f->ram, 0, 0x1000);
    memory_region_set_readonly(&f->rom_view, true);
    d->calls = g_string_new("");
    d->ops = (MemoryRegionOps){ .read = dev_read,
                                .write = dev_write,
                                .endianness = DEVICE_LITTLE_ENDIAN };
    for (unsigned i = 0; i < 16; i++) {
        d->bytes[i] = 0xa0 + i;
    }
    memory_region_init_io(&d->mr, NULL, &d->ops, d, "dev", sizeof(d->bytes));
    memory_region_add_subregion(&f->root, RAM, &f->ram);
    memory_region_add_subregion(&f->root, ROM, &f->rom);
    memory_region_add_subregion(&f->root, DEV, &d->mr);
    memory_region_add_subregion(&f->root, ROM_VIEW, &f->rom_view);
    address_space_init(&f->as, &f->root, "test");
    memory_set_native_big_endian(false);
}

static void teardown(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->as);
    while (!QTAILQ_EMPTY(&f->root.subregions)) {
        memory_region_del_subregion(&f->root, QTAILQ_FIRST(&f->root.subregions));
    }
    drain_call_rcu();
    object_unref(OBJECT(&f->rom_view));
    object_unref(OBJECT(&f->ram));
    object_unref(OBJECT(&f->rom));
    object_unref(OBJECT(&f->dev.mr));
    object_unref(OBJECT(&f->root));
    drain_call_rcu();
    g_string_free(f->dev.calls, TRUE);
}

static void set_device(Fixture *f, enum device_endian e)
{
    f->dev.ops.endianness = e;
    f->dev.big = e == DEVICE_BIG_ENDIAN;
}

static void expect_calls(Fixture *f, const char *text)
{
    g_assert_cmpstr(f->dev.calls->str, ==, text);
    g_string_truncate(f->dev.calls, 0);
}

static uint64_t ld(Fixture *f, hwaddr addr, MemOp op, MemTxResult expected)
{
    MemTxResult r = 0xff;
    uint64_t v = address_space_ld(&f->as, addr, op, ANY, &r);

    g_assert_cmphex(r, ==, expected);
    return v;
}

static void st(Fixture *f, hwaddr addr, uint64_t v, MemOp op, MemTxResult expected)
{
    MemTxResult r = 0xff;

    address_space_st(&f->as, addr, v, op, ANY, &r);
    g_assert_cmphex(r, ==, expected);
}

/* ---- Devices ---- */

static void test_byte_order(Fixture *f, gconstpointer data)
{
    set_device(f, DEVICE_LITTLE_ENDIAN);
    g_assert_cmphex(ld(f, DEV, MO_LEUL, MEMTX_OK), ==, 0xa3a2a1a0);
    g_assert_cmphex(ld(f, DEV, MO_BEUL, MEMTX_OK), ==, 0xa0a1a2a3);
    set_device(f, DEVICE_BIG_ENDIAN);
    g_assert_cmphex(ld(f, DEV, MO_LEUL, MEMTX_OK), ==, 0xa3a2a1a0);
    g_assert_cmphex(ld(f, DEV, MO_BEUL, MEMTX_OK), ==, 0xa0a1a2a3);
    st(f, DEV + 4, 0x11223344, MO_BEUL, MEMTX_OK);
    st(f, DEV + 8, 0x5566, MO_LEUW, MEMTX_OK);
    g_assert_cmpmem(f->dev.bytes + 4, 6, "\x11\x22\x33\x44\x66\x55", 6);
}

static void test_native_order_is_the_machines(Fixture *f, gconstpointer data)
{
    f->dev.ops.endianness = DEVICE_NATIVE_ENDIAN;
    memory_set_native_big_endian(true);
    f->dev.big = true;
    g_assert_cmphex(ldl_phys(&f->as, DEV), ==, 0xa0a1a2a3);
    g_assert_cmphex(ldl_le_phys(&f->as, DEV), ==, 0xa3a2a1a0);
    memory_set_native_big_endian(false);
    f->dev.big = false;
    g_assert_cmphex(ldl_phys(&f->as, DEV), ==, 0xa3a2a1a0);
    g_assert_cmphex(ldl_be_phys(&f->as, DEV), ==, 0xa0a1a2a3);
}

static void test_sign_extension(Fixture *f, gconstpointer data)
{
    uint64_t v;

    memory_region_dispatch_read(&f->dev.mr, 0, &v, MO_BESW, ANY);
    g_assert_cmphex(v, ==, 0xffffffffffffa0a1);
    memory_region_dispatch_read(&f->dev.mr, 0, &v, MO_SB, ANY);
    g_assert_cmphex(v, ==, 0xffffffffffffffa0);
}

static void test_wide_access_is_split(Fixture *f, gconstpointer data)
{
    for (int big = 0; big < 2; big++) {
        set_device(f, big ? DEVICE_BIG_ENDIAN : DEVICE_LITTLE_ENDIAN);
        f->dev.ops.impl.max_access_size = 2;
        g_assert_cmphex(ld(f, DEV, MO_LEUL, MEMTX_OK), ==, 0xa3a2a1a0);
        expect_calls(f, "r0.2 r2.2");
        f->dev.ops.impl.max_access_size = 1;
        g_assert_cmphex(ld(f, DEV, MO_BEUL, MEMTX_OK), ==, 0xa0a1a2a3);
        expect_calls(f, "r0.1 r1.1 r2.1 r3.1");
        f->dev.ops.impl.max_access_size = 0;
        g_assert_cmphex(ld(f, DEV, MO_BEUQ, MEMTX_OK), ==, 0xa0a1a2a3a4a5a6a7);
        expect_calls(f, "r0.4 r4.4");
        f->dev.ops.impl.max_access_size = 8;
        g_assert_cmphex(ld(f, DEV, MO_BEUQ, MEMTX_OK), ==, 0xa0a1a2a3a4a5a6a7);
        expect_calls(f, "r0.8");
    }
}

static void test_narrow_access_takes_its_lane(Fixture *f, gconstpointer data)
{
    for (int big = 0; big < 2; big++) {
        set_device(f, big ? DEVICE_BIG_ENDIAN : DEVICE_LITTLE_ENDIAN);
        f->dev.ops.impl.min_access_size = 4;
        g_assert_cmphex(ld(f, DEV + 3, MO_8, MEMTX_OK), ==, 0xa3);
        g_assert_cmphex(ld(f, DEV + 6, MO_BEUW, MEMTX_OK), ==, 0xa6a7);
        expect_calls(f, "r0.4 r4.4");
        st(f, DEV + 13, 0x77, MO_8, MEMTX_OK);
        g_assert_cmpmem(f->dev.bytes + 12, 4, "\0\x77\0\0", 4);
        expect_calls(f, "wc.4");
    }
}

static void test_unaligned_is_refused_unless_valid(Fixture *f, gconstpointer data)
{
    ld(f, DEV + 1, MO_LEUW, MEMTX_DECODE_ERROR);
    ld(f, DEV + 2, MO_LEUL, MEMTX_DECODE_ERROR);
    st(f, DEV + 2, 0, MO_LEUL, MEMTX_DECODE_ERROR);
    expect_calls(f, "");
}

static void test_unaligned_is_put_together(Fixture *f, gconstpointer data)
{
    f->dev.ops.valid.unaligned = true;
    for (int big = 0; big < 2; big++) {
        set_device(f, big ? DEVICE_BIG_ENDIAN : DEVICE_LITTLE_ENDIAN);
        f->dev.ops.impl.min_access_size = 0;
        g_assert_cmphex(ld(f, DEV + 2, MO_BEUL, MEMTX_OK), ==, 0xa2a3a4a5);
        expect_calls(f, "r2.2 r4.2");
        g_assert_cmphex(ld(f, DEV + 1, MO_LEUL, MEMTX_OK), ==, 0xa4a3a2a1);
        expect_calls(f, "r1.1 r2.1 r3.1 r4.1");
        f->dev.ops.impl.min_access_size = 4;
        g_assert_cmphex(ld(f, DEV + 2, MO_BEUL, MEMTX_OK), ==, 0xa2a3a4a5);
        expect_calls(f, "r0.4 r4.4");
    }
    f->dev.ops.impl.unaligned = true;
    g_assert_cmphex(ld(f, DEV + 2, MO_BEUL, MEMTX_OK), ==, 0xa2a3a4a5);
    expect_calls(f, "r2.4");
}

static void test_valid_sizes(Fixture *f, gconstpointer data)
{
    f->dev.ops.valid.min_access_size = 2;
    f->dev.ops.valid.max_access_size = 4;
    ld(f, DEV, MO_8, MEMTX_DECODE_ERROR);
    ld(f, DEV, MO_LEUW, MEMTX_OK);
    ld(f, DEV, MO_LEUL, MEMTX_OK);
    ld(f, DEV, MO_LEUQ, MEMTX_DECODE_ERROR);
    g_assert_true(memory_region_access_valid(&f->dev.mr, 0, 4, false, ANY));
    g_assert_false(memory_region_access_valid(&f->dev.mr, 0, 8, false, ANY));
    expect_calls(f, "r0.2 r0.4");
}

/* Access with byte enables: the value read back through RAM's rules, and the calls. */
static void expect_cycles(Fixture *f, hwaddr addr, MemOp op, const char *calls)
{
    MemTxAttrs attrs = { .byte_enables = 1 };
    unsigned size = memop_size(op);
    uint64_t expected = 0;
    g_autofree char *writes = g_strdelimit(g_strdup(calls), "r", 'w');
    MemTxResult r;

    for (unsigned i = 0; i < size; i++) {
        f->dev.bytes[addr - DEV + i] = 0xa0 + addr - DEV + i;
        expected |= (uint64_t)f->dev.bytes[addr - DEV + i] << 8 * (op & MO_BE ? size - 1 - i : i);
    }
    g_assert_cmphex(address_space_ld(&f->as, addr, op, attrs, &r), ==, expected);
    g_assert_cmphex(r, ==, MEMTX_OK);
    expect_calls(f, calls);
    address_space_st(&f->as, addr, ~expected, op, attrs, &r);
    g_assert_cmphex(r, ==, MEMTX_OK);
    expect_calls(f, writes);
    for (unsigned i = 0; i < size; i++) {
        g_assert_cmphex(f->dev.bytes[addr - DEV + i], ==, (uint8_t)~(0xa0 + addr - DEV + i));
    }
}

static void test_byte_enables_cut_at_words(Fixture *f, gconstpointer data)
{
    for (int big = 0; big < 2; big++) {
        set_device(f, big ? DEVICE_BIG_ENDIAN : DEVICE_LITTLE_ENDIAN);
        f->dev.ops.impl.unaligned = f->dev.ops.valid.unaligned = false;
        expect_cycles(f, DEV, MO_BEUL, "r0.4");
        expect_cycles(f, DEV + 1, MO_BEUW, "r1.1 r2.1");
        expect_cycles(f, DEV + 3, MO_LEUW, "r3.1 r4.1");
        expect_cycles(f, DEV + 1, MO_BEUL, "r1.1 r2.2 r4.1");
        expect_cycles(f, DEV + 4, MO_BEUQ, "r4.4 r8.4");
        f->dev.ops.impl.unaligned = f->dev.ops.valid.unaligned = true;
        expect_cycles(f, DEV + 1, MO_BEUW, "r1.2");
        expect_cycles(f, DEV + 3, MO_BEUW, "r3.1 r4.1");
        expect_cycles(f, DEV + 2, MO_LEUL, "r2.2 r4.2");
    }
}

/* What is too wide is cut; of what is too narrow, the device sees the whole register, once. */
static void test_byte_enables_make_any_size_valid(Fixture *f, gconstpointer data)
{
    for (int big = 0; big < 2; big++) {
        set_device(f, big ? DEVICE_BIG_ENDIAN : DEVICE_LITTLE_ENDIAN);
        f->dev.ops.valid.min_access_size = 1;
        f->dev.ops.valid.max_access_size = 2;
        expect_cycles(f, DEV, MO_BEUL, "r0.2 r2.2");
        expect_cycles(f, DEV + 8, MO_LEUQ, "r8.2 ra.2 rc.2 re.2");
        f->dev.ops.valid.min_access_size = 4;
        f->dev.ops.valid.max_access_size = 4;
        expect_cycles(f, DEV + 5, MO_8, "r4.4");
        expect_cycles(f, DEV + 1, MO_BEUW, "r0.4");
        expect_cycles(f, DEV + 5, MO_LEUL, "r4.4 r8.4");
        expect_cycles(f, DEV + 8, MO_BEUQ, "r8.4 rc.4");
        f->dev.ops.valid.max_access_size = 0;
        f->dev.ops.impl.min_access_size = 4;
        expect_cycles(f, DEV + 5, MO_BEUL, "r4.4 r8.4");
        f->dev.ops.impl.min_access_size = 0;
    }
}

static void test_byte_enables_reach_no_hole(Fixture *f, gconstpointer data)
{
    MemTxAttrs attrs = { .byte_enables = 1 };
    MemTxResult r;

    address_space_ld(&f->as, HOLE + 1, MO_BEUL, attrs, &r);
    g_assert_cmphex(r, ==, MEMTX_DECODE_ERROR);
    memory_region_dispatch_write(&f->dev.mr, 14, 0, MO_BEUL, attrs);
    expect_calls(f, "we.2");
    f->dev.ops.write = NULL;
    address_space_st(&f->as, DEV + 1, 0, MO_BEUL, attrs, &r);
    g_assert_cmphex(r, ==, MEMTX_DECODE_ERROR);
}

static bool only_reads(void *opaque, hwaddr addr, unsigned size, bool is_write, MemTxAttrs attrs)
{
    return !is_write;
}

static void test_accepts_decides(Fixture *f, gconstpointer data)
{
    f->dev.ops.valid.accepts = only_reads;
    ld(f, DEV, MO_8, MEMTX_OK);
    st(f, DEV, 0, MO_8, MEMTX_DECODE_ERROR);
    expect_calls(f, "r0.1");
}

static void test_missing_callback_is_an_error(Fixture *f, gconstpointer data)
{
    f->dev.ops.write = NULL;
    ld(f, DEV, MO_8, MEMTX_OK);
    st(f, DEV, 0, MO_8, MEMTX_DECODE_ERROR);
}

static void test_device_result_is_returned(Fixture *f, gconstpointer data)
{
    MemTxAttrs attrs = { .secure = 1, .requester_id = 0x1234 };
    MemTxResult r;

    f->dev.ops.read = NULL;
    f->dev.ops.write = NULL;
    f->dev.ops.read_with_attrs = dev_read_attrs;
    f->dev.ops.write_with_attrs = dev_write_attrs;
    f->dev.result = MEMTX_ERROR;
    ld(f, DEV, MO_LEUL, MEMTX_ERROR);
    st(f, DEV, 1, MO_LEUL, MEMTX_ERROR);
    address_space_ld(&f->as, DEV, MO_8, attrs, &r);
    g_assert_true(f->dev.attrs.secure && f->dev.attrs.requester_id == 0x1234);
}

static void test_memory_attribute_excludes_devices(Fixture *f, gconstpointer data)
{
    MemTxAttrs attrs = { .memory = 1 };
    MemTxResult r;

    address_space_ld(&f->as, DEV, MO_8, attrs, &r);
    g_assert_cmphex(r, ==, MEMTX_ACCESS_ERROR);
    address_space_ld(&f->as, RAM, MO_8, attrs, &r);
    g_assert_cmphex(r, ==, MEMTX_OK);
    expect_calls(f, "");
}

static uint64_t read_myself(void *opaque, hwaddr addr, unsigned size)
{
    Fixture *f = opaque;
    MemTxResult r;

    address_space_ld(&f->as, DEV, MO_8, ANY, &r);
    return r;
}

static void test_device_cannot_enter_itself(Fixture *f, gconstpointer data)
{
    f->dev.ops.read = read_myself;
    f->dev.mr.opaque = f;
    g_assert_cmphex(ld(f, DEV, MO_8, MEMTX_OK), ==, MEMTX_ACCESS_ERROR);
}

static void test_lock_is_taken_for_devices(Fixture *f, gconstpointer data)
{
    bql_unlock();
    ld(f, DEV, MO_8, MEMTX_OK);
    g_assert_false(bql_locked());
    ld(f, RAM, MO_8, MEMTX_OK);
    bql_lock();
    expect_calls(f, "r0.1");
}

static gpointer read_where_only_memory_may_answer(gpointer opaque)
{
    Fixture *f = opaque;
    MemTxAttrs attrs = { .memory = 1 };
    MemTxResult r;

    rcu_register_thread();
    address_space_ld(&f->as, DEV, MO_8, attrs, &r);
    rcu_unregister_thread();
    return GUINT_TO_POINTER(r);
}

/* Who asks may have a lock that somebody with the big lock waits for. (It would wait for ever.) */
static void test_lock_is_not_taken_to_refuse(Fixture *f, gconstpointer data)
{
    GThread *other = g_thread_new("other", read_where_only_memory_may_answer, f);

    g_assert_true(bql_locked());
    g_assert_cmpuint(GPOINTER_TO_UINT(g_thread_join(other)), ==, MEMTX_ACCESS_ERROR);
    expect_calls(f, "");
}

/* ---- Memory ---- */

static void test_ram(Fixture *f, gconstpointer data)
{
    uint8_t *host = memory_region_get_ram_ptr(&f->ram);

    st(f, RAM + 1, 0x1122334455667788, MO_BEUQ, MEMTX_OK);
    g_assert_cmpmem(host + 1, 8, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
    g_assert_cmphex(ld(f, RAM + 3, MO_LEUL, MEMTX_OK), ==, 0x66554433);
    g_assert_cmphex(ld(f, RAM + 3, MO_BEUW, MEMTX_OK), ==, 0x3344);
}

static void test_rom_ignores_writes(Fixture *f, gconstpointer data)
{
    address_space_write_rom(&f->as, ROM, ANY, "firm", 4);
    st(f, ROM, 0, MO_LEUL, MEMTX_OK);
    g_assert_cmphex(address_space_write(&f->as, ROM, ANY, "xxxx", 4), ==, MEMTX_OK);
    g_assert_cmphex(ld(f, ROM, MO_BEUL, MEMTX_OK), ==, 0x6669726d);
    g_assert_false(address_space_access_valid(&f->as, ROM, 4, true, ANY));
    g_assert_true(address_space_access_valid(&f->as, ROM, 4, false, ANY));
}

static void test_readonly_view_ignores_writes(Fixture *f, gconstpointer data)
{
    hwaddr xlat, len = 4;

    st(f, RAM, 0x12345678, MO_BEUL, MEMTX_OK);
    st(f, ROM_VIEW, 0, MO_LEUL, MEMTX_OK);
    g_assert_cmphex(address_space_write(&f->as, ROM_VIEW, ANY, "xxxx", 4), ==, MEMTX_OK);
    g_assert_cmphex(ld(f, ROM_VIEW, MO_BEUL, MEMTX_OK), ==, 0x12345678);
    WITH_RCU_READ_LOCK_GUARD()
    {
        MemoryRegion *mr = address_space_translate(&f->as, ROM_VIEW, &xlat, &len, true, ANY);
        g_assert_false(memory_access_is_direct(mr, true));
        g_assert_cmphex(memory_region_dispatch_write(mr, xlat, 0, MO_64, ANY), ==, MEMTX_OK);
    }
    g_assert_cmphex(ld(f, RAM, MO_BEUL, MEMTX_OK), ==, 0x12345678);
}

static void test_readonly_device_ignores_writes(Fixture *f, gconstpointer data)
{
    MemoryRegion view;

    memory_region_init_alias(&view, NULL, "view", &f->dev.mr, 0, 16);
    memory_region_set_readonly(&view, true);
    memory_region_add_subregion(&f->root, HOLE, &view);
    st(f, HOLE, 0, MO_8, MEMTX_OK);
    g_assert_cmphex(address_space_write(&f->as, HOLE, ANY, "xx", 2), ==, MEMTX_OK);
    g_assert_cmphex(ld(f, HOLE, MO_8, MEMTX_OK), ==, 0xa0);
    expect_calls(f, "r0.1");
    memory_region_del_subregion(&f->root, &view);
    memory_test_free(&view);
}

static void test_rom_device(Fixture *f, gconstpointer data)
{
    MemoryRegion flash;

    memory_region_init_rom_device(&flash, NULL, &f->dev.ops, &f->dev, "flash", 0x1000,
                                  &error_abort);
    memory_region_add_subregion(&f->root, HOLE, &flash);
    memcpy(memory_region_get_ram_ptr(&flash), "data", 4);
    g_assert_cmphex(ld(f, HOLE, MO_BEUL, MEMTX_OK), ==, 0x64617461);
    st(f, HOLE, 0xf0, MO_8, MEMTX_OK);
    expect_calls(f, "w0.1");
    g_assert_cmphex(ld(f, HOLE, MO_BEUL, MEMTX_OK), ==, 0x64617461);
    memory_region_rom_device_set_romd(&flash, false);
    g_assert_cmphex(ld(f, HOLE, MO_8, MEMTX_OK), ==, 0xf0);
    expect_calls(f, "r0.1");
    memory_region_del_subregion(&f->root, &flash);
    memory_test_free(&flash);
}

static void test_hole_is_a_decode_error(Fixture *f, gconstpointer data)
{
    uint8_t buf[4] = { 1, 1, 1, 1 };

    g_assert_cmphex(ld(f, HOLE, MO_LEUL, MEMTX_DECODE_ERROR), ==, 0);
    st(f, HOLE, 1, MO_LEUL, MEMTX_DECODE_ERROR);
    g_assert_cmphex(address_space_read(&f->as, HOLE, ANY, buf, 4), ==, MEMTX_DECODE_ERROR);
    g_assert_cmpmem(buf, 4, "\0\0\0\0", 4);
    g_assert_cmphex(address_space_write(&f->as, HOLE, ANY, buf, 4), ==, MEMTX_DECODE_ERROR);
}

static void test_reservation_answers_nothing(Fixture *f, gconstpointer data)
{
    MemoryRegion r;

    memory_region_init_reservation(&r, NULL, "reserved", 0x1000);
    memory_region_add_subregion_overlap(&f->root, RAM, &r, 1);
    ld(f, RAM, MO_8, MEMTX_DECODE_ERROR);
    ld(f, RAM + 0x1000, MO_8, MEMTX_OK);
    memory_region_del_subregion(&f->root, &r);
    memory_test_free(&r);
}

/* A byte of a register of four is somebody else's, as at the PC's ports cf8 and cf9. */
static void test_register_that_lies_around_another(Fixture *f, gconstpointer data)
{
    Dev inner = { .calls = f->dev.calls, .ops = f->dev.ops };

    memory_region_init_io(&inner.mr, NULL, &inner.ops, &inner, "inner", 1);
    memory_region_add_subregion_overlap(&f->root, DEV + 1, &inner.mr, 1);
    f->dev.ops.valid.max_access_size = 4;
    st(f, DEV, 0x11223344, MO_LEUL, MEMTX_OK);
    expect_calls(f, "w0.4");
    st(f, DEV + 1, 0x55, MO_8, MEMTX_OK);
    expect_calls(f, "w0.1");
    g_assert_cmphex(inner.bytes[0], ==, 0x55);
    g_assert_cmphex(ld(f, DEV, MO_LEUL, MEMTX_OK), ==, 0x11223344);
    expect_calls(f, "r0.4");
    /* Who doesn't say that it takes four gets no more than its own bytes. */
    f->dev.ops.valid.max_access_size = 0;
    g_assert_cmphex(ld(f, DEV, MO_LEUL, MEMTX_OK), ==, 0x11225544);
    memory_region_del_subregion(&f->root, &inner.mr);
    memory_test_free(&inner.mr);
}

static void test_access_across_regions(Fixture *f, gconstpointer data)
{
    MemoryRegion next;

    memory_region_init_ram(&next, NULL, "next", 0x1000, &error_abort);
    memory_region_add_subregion(&f->root, RAM + RAM_SIZE, &next);
    st(f, RAM + RAM_SIZE - 2, 0x11223344, MO_BEUL, MEMTX_OK);
    g_assert_cmphex(ld(f, RAM + RAM_SIZE - 2, MO_BEUL, MEMTX_OK), ==, 0x11223344);
    g_assert_cmphex(ld(f, RAM + RAM_SIZE, MO_BEUW, MEMTX_OK), ==, 0x3344);
    g_assert_cmphex(ld(f, RAM + RAM_SIZE - 2, MO_LEUL, MEMTX_OK), ==, 0x44332211);
    memory_region_del_subregion(&f->root, &next);
    memory_test_free(&next);
    st(f, RAM + RAM_SIZE - 2, 0xaabbccdd, MO_BEUL, MEMTX_DECODE_ERROR);
    g_assert_cmphex(ld(f, RAM + RAM_SIZE - 2, MO_BEUW, MEMTX_OK), ==, 0xaabb);
}

static void test_transfer_uses_sizes_that_fit(Fixture *f, gconstpointer data)
{
    uint8_t buf[16];

    g_assert_cmphex(address_space_read(&f->as, DEV + 1, ANY, buf, 14), ==, MEMTX_OK);
    expect_calls(f, "r1.1 r2.2 r4.4 r8.4 rc.2 re.1");
    g_assert_cmpmem(buf, 14, f->dev.bytes + 1, 14);
    set_device(f, DEVICE_BIG_ENDIAN);
    g_assert_cmphex(address_space_write(&f->as, DEV, ANY, "abcdefg", 7), ==, MEMTX_OK);
    expect_calls(f, "w0.4 w4.2 w6.1");
    g_assert_cmpmem(f->dev.bytes, 7, "abcdefg", 7);
}

static void test_top_of_address_space(Fixture *f, gconstpointer data)
{
    MemoryRegion top;

    memory_region_init_ram(&top, NULL, "top", 0x1000, &error_abort);
    memory_region_add_subregion(&f->root, UINT64_MAX - 0xfff, &top);
    st(f, UINT64_MAX - 3, 0x01020304, MO_BEUL, MEMTX_OK);
    g_assert_cmphex(ld(f, UINT64_MAX, MO_8, MEMTX_OK), ==, 4);
    memory_region_del_subregion(&f->root, &top);
    memory_test_free(&top);
}

static void test_dispatch_beyond_the_end_is_refused(Fixture *f, gconstpointer data)
{
    uint64_t v;

    g_assert_cmphex(memory_region_dispatch_read(&f->ram, RAM_SIZE - 2, &v, MO_LEUL, ANY), ==,
                    MEMTX_DECODE_ERROR);
    g_assert_cmphex(memory_region_dispatch_write(&f->ram, UINT64_MAX, 0, MO_LEUL, ANY), ==,
                    MEMTX_DECODE_ERROR);
    g_assert_cmphex(memory_region_dispatch_read(&f->dev.mr, 16, &v, MO_8, ANY), ==,
                    MEMTX_DECODE_ERROR);
}

/* ---- Mapping ---- */

static void test_map_ram_is_direct(Fixture *f, gconstpointer data)
{
    hwaddr len = 0x10000;
    uint8_t *p = address_space_map(&f->as, RAM + 0x10, &len, true, ANY);

    g_assert_true(p == (uint8_t *)memory_region_get_ram_ptr(&f->ram) + 0x10);
    g_assert_cmphex(len, ==, RAM_SIZE - 0x10);
    address_space_unmap(&f->as, p, len, true, len);
}

static void test_map_device_bounces(Fixture *f, gconstpointer data)
{
    hwaddr len = 8;
    uint8_t *p = address_space_map(&f->as, DEV, &len, true, ANY);

    g_assert_cmphex(len, ==, 8);
    memcpy(p, "12345678", 8);
    expect_calls(f, "");
    address_space_unmap(&f->as, p, len, true, 4);
    expect_calls(f, "w0.4");
    len = 4;
    p = address_space_map(&f->as, DEV, &len, false, ANY);
    g_assert_cmpmem(p, 4, "1234", 4);
    address_space_unmap(&f->as, p, len, false, 0);
}

static void test_bounce_buffers_are_limited(Fixture *f, gconstpointer data)
{
    void *maps[100];
    unsigned n = 0;
    hwaddr len;

    do {
        len = 4;
        maps[n] = address_space_map(&f->as, DEV, &len, true, ANY);
    } while (maps[n] && ++n < 100);
    g_assert_cmpuint(n, <, 100);
    g_assert_cmpuint(n, >, 0);
    while (n--) {
        address_space_unmap(&f->as, maps[n], 4, true, 0);
    }
    len = 4;
    maps[0] = address_space_map(&f->as, DEV, &len, true, ANY);
    g_assert_nonnull(maps[0]);
    address_space_unmap(&f->as, maps[0], 4, true, 0);
}

/* ---- RAM blocks and code marks ---- */

static GString *writes;

static void code_written(MemoryRegion *mr, hwaddr offset, hwaddr len)
{
    g_string_append_printf(writes, "%s%" PRIx64 "+%" PRIx64, writes->len ? " " : "", offset, len);
}

static void test_writes_to_marked_pages_are_told(Fixture *f, gconstpointer data)
{
    static const uint8_t block[0x1001];
    hwaddr len = 0x100;
    void *p;

    writes = g_string_new("");
    memory_code_write_hook = code_written;
    memory_region_set_code_page(&f->ram, 0x1234);
    g_assert_true(memory_region_test_code_page(&f->ram, 0x1000));
    st(f, RAM + 0xffc, 1, MO_LEUL, MEMTX_OK);
    st(f, RAM + 0x2000, 1, MO_LEUL, MEMTX_OK);
    st(f, RAM + 0xffe, 1, MO_LEUL, MEMTX_OK);
    st(f, RAM + 0x1ffc, 1, MO_BEUL, MEMTX_OK);
    address_space_write(&f->as, RAM, ANY, block, sizeof(block));
    address_space_write_rom(&f->as, RAM + 0x1800, ANY, block, 4);
    p = address_space_map(&f->as, RAM + 0x1010, &len, true, ANY);
    address_space_unmap(&f->as, p, len, true, 8);
    /* Writes that are ignored change nothing. */
    st(f, ROM_VIEW + 0x10, 1, MO_LEUL, MEMTX_OK);
    g_assert_cmpstr(writes->str, ==, "ffe+4 1ffc+4 0+1001 1800+4 1010+8");
    memory_region_clear_code_page(&f->ram, 0x1fff);
    g_string_truncate(writes, 0);
    st(f, RAM + 0x1000, 1, MO_LEUL, MEMTX_OK);
    g_assert_cmpstr(writes->str, ==, "");
    memory_code_write_hook = NULL;
    g_string_free(writes, TRUE);
}

static void test_ram_can_be_mapped_again(Fixture *f, gconstpointer data)
{
    RAMBlock *rb = f->ram.ram_block;
    ram_addr_t offset;
    uint8_t *again = mmap(NULL, 0x1000, PROT_READ, MAP_SHARED, qemu_ram_get_fd(rb),
                          qemu_ram_get_fd_offset(rb) + 0x1000);

    g_assert_true(again != MAP_FAILED);
    st(f, RAM + 0x1004, 0xcafe, MO_BEUW, MEMTX_OK);
    g_assert_cmpmem(again + 4, 2, "\xca\xfe", 2);
    munmap(again, 0x1000);
    g_assert_true(qemu_ram_block_from_host(rb->host + 0x123, false, &offset) == rb);
    g_assert_cmphex(offset, ==, 0x123);
    g_assert_true(qemu_ram_block_from_addr(rb->offset + 0x321, &offset) == rb);
    g_assert_cmphex(offset, ==, 0x321);
    g_assert_true(qemu_ram_block_by_name("ram") == rb);
    g_assert_null(qemu_ram_block_from_addr(UINT64_MAX, &offset));
}

static void test_same_names_are_numbered(Fixture *f, gconstpointer data)
{
    MemoryRegion twin;

    memory_region_init_ram(&twin, NULL, "ram", 0x1000, &error_abort);
    g_assert_cmpstr(qemu_ram_get_idstr(twin.ram_block), ==, "ram#2");
    memory_test_free(&twin);
}

static void test_ram_that_cannot_be_had_is_an_error(Fixture *f, gconstpointer data)
{
    static const uint64_t sizes[] = { 0, UINT64_MAX, 1ULL << 62 };

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        MemoryRegion mr;
        Error *err = NULL;

        memory_region_init_ram(&mr, NULL, "huge", sizes[i], &err);
        g_assert_nonnull(err);
        g_assert_nonnull(strstr(error_get_pretty(err), "'huge'"));
        error_free(err);
        object_unref(OBJECT(&mr));
    }
}

static void test_resizeable_ram(Fixture *f, gconstpointer data)
{
    MemoryRegion mr;
    Error *err = NULL;

    memory_region_init_resizeable_ram(&mr, NULL, "table", 0x1000, 0x3000, NULL, &error_abort);
    memory_region_add_subregion(&f->root, HOLE, &mr);
    ld(f, HOLE + 0x1000, MO_8, MEMTX_DECODE_ERROR);
    memory_region_ram_resize(&mr, 0x2000, &error_abort);
    st(f, HOLE + 0x1000, 7, MO_8, MEMTX_OK);
    memory_region_ram_resize(&mr, 0x4000, &err);
    g_assert_nonnull(err);
    error_free(err);
    memory_region_ram_resize(&mr, 0x1000, &error_abort);
    memory_region_ram_resize(&mr, 0x2000, &error_abort);
    g_assert_cmphex(ld(f, HOLE + 0x1000, MO_8, MEMTX_OK), ==, 0);
    memory_region_del_subregion(&f->root, &mr);
    memory_test_free(&mr);
}

static void test_ram_from_file(Fixture *f, gconstpointer data)
{
    g_autofree char *path = g_strdup_printf("/tmp/test-memory-%d", getpid());
    MemoryRegion shared, private;
    char byte;
    int fd;

    memory_region_init_ram_from_file(&shared, NULL, "shared", 0x1000, 0, RAM_SHARED, path, false,
                                     &error_abort);
    *(char *)memory_region_get_ram_ptr(&shared) = 'S';
    memory_region_init_ram_from_file(&private, NULL, "private", 0x2000, 0, 0, path, false,
                                     &error_abort);
    g_assert_cmpint(*(char *)memory_region_get_ram_ptr(&private), ==, 'S');
    *(char *)memory_region_get_ram_ptr(&private) = 'P';
    fd = open(path, O_RDONLY);
    g_assert_cmpint(read(fd, &byte, 1), ==, 1);
    close(fd);
    unlink(path);
    g_assert_cmpint(byte, ==, 'S');
    g_assert_cmpint(memory_region_get_fd(&private), >=, 0);
    object_unref(OBJECT(&shared));
    object_unref(OBJECT(&private));
}

static void test_dma_names(Fixture *f, gconstpointer data)
{
    uint32_t v = 0;

    g_assert_cmphex(stl_be_dma(&f->as, RAM, 0x01020304, ANY), ==, MEMTX_OK);
    g_assert_cmphex(ldl_le_dma(&f->as, RAM, &v, ANY), ==, MEMTX_OK);
    g_assert_cmphex(v, ==, 0x04030201);
    g_assert_cmphex(dma_memory_set(&f->as, RAM, 0xee, 1000, ANY), ==, MEMTX_OK);
    g_assert_cmphex(ld(f, RAM + 998, MO_LEUL, MEMTX_OK), ==, 0xeeee);
}

#define RULE(name, func) g_test_add("/memory/access/" name, Fixture, NULL, setup, func, teardown)

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    RULE("byte-order", test_byte_order);
    RULE("native-order-is-the-machines", test_native_order_is_the_machines);
    RULE("sign-extension", test_sign_extension);
    RULE("wide-access-is-split", test_wide_access_is_split);
    RULE("narrow-access-takes-its-lane", test_narrow_access_takes_its_lane);
    RULE("unaligned-is-refused-unless-valid", test_unaligned_is_refused_unless_valid);
    RULE("unaligned-is-put-together", test_unaligned_is_put_together);
    RULE("valid-sizes", test_valid_sizes);
    RULE("byte-enables-cut-at-words", test_byte_enables_cut_at_words);
    RULE("byte-enables-make-any-size-valid", test_byte_enables_make_any_size_valid);
    RULE("byte-enables-reach-no-hole", test_byte_enables_reach_no_hole);
    RULE("accepts-decides", test_accepts_decides);
    RULE("missing-callback-is-an-error", test_missing_callback_is_an_error);
    RULE("device-result-is-returned", test_device_result_is_returned);
    RULE("memory-attribute-excludes-devices", test_memory_attribute_excludes_devices);
    RULE("device-cannot-enter-itself", test_device_cannot_enter_itself);
    RULE("lock-is-taken-for-devices", test_lock_is_taken_for_devices);
    RULE("lock-is-not-taken-to-refuse", test_lock_is_not_taken_to_refuse);
    RULE("ram", test_ram);
    RULE("rom-ignores-writes", test_rom_ignores_writes);
    RULE("readonly-view-ignores-writes", test_readonly_view_ignores_writes);
    RULE("readonly-device-ignores-writes", test_readonly_device_ignores_writes);
    RULE("rom-device-reads-memory-and-writes-device", test_rom_device);
    RULE("hole-is-a-decode-error", test_hole_is_a_decode_error);
    RULE("reservation-answers-nothing", test_reservation_answers_nothing);
    RULE("register-that-lies-around-another", test_register_that_lies_around_another);
    RULE("access-across-regions", test_access_across_regions);
    RULE("transfer-uses-sizes-that-fit", test_transfer_uses_sizes_that_fit);
    RULE("top-of-address-space", test_top_of_address_space);
    RULE("dispatch-beyond-the-end-is-refused", test_dispatch_beyond_the_end_is_refused);
    RULE("map-of-ram-is-direct", test_map_ram_is_direct);
    RULE("map-of-a-device-bounces", test_map_device_bounces);
    RULE("bounce-buffers-are-limited", test_bounce_buffers_are_limited);
    RULE("writes-to-marked-pages-are-told", test_writes_to_marked_pages_are_told);
    RULE("ram-can-be-mapped-again", test_ram_can_be_mapped_again);
    RULE("same-names-are-numbered", test_same_names_are_numbered);
    RULE("ram-that-cannot-be-had-is-an-error", test_ram_that_cannot_be_had_is_an_error);
    RULE("resizeable-ram", test_resizeable_ram);
    RULE("ram-from-file", test_ram_from_file);
    RULE("dma-names", test_dma_names);
    return g_test_run();
}
