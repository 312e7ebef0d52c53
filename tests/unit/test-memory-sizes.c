/*
 * Access rules at random: any `valid` and `impl`, both byte orders on both sides, any size and
 * offset, against an oracle that goes byte by byte; bus errors through address spaces.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "memory-test.h"

#define SIZE 64

/* Bytes that a device shows in its own byte order, and what its callbacks got to see. */
typedef struct Dev {
    MemoryRegion mr;
    MemoryRegionOps ops;
    uint8_t bytes[SIZE + 8]; /* the last unit may reach beyond the end */
    bool big;
    unsigned calls;
    MemTxAttrs attrs;
    MemTxResult fail_at[SIZE + 8];
} Dev;

static unsigned impl_min(const Dev *d)
{
    return d->ops.impl.min_access_size ? d->ops.impl.min_access_size : 1;
}

static unsigned impl_max(const Dev *d)
{
    return d->ops.impl.max_access_size ? d->ops.impl.max_access_size : 4;
}

/* Whatever the guest does, a callback only gets what it says it takes. */
static void check_call(Dev *d, hwaddr addr, unsigned size, MemTxAttrs attrs)
{
    g_assert_cmpuint(size, >=, impl_min(d));
    g_assert_cmpuint(size, <=, MAX(impl_max(d), impl_min(d)));
    g_assert_true(d->ops.impl.unaligned || addr % size == 0);
    g_assert_cmpuint(addr + size, <=, sizeof(d->bytes));
    g_assert_cmpuint(attrs.requester_id, ==, 0x1234);
    d->calls++;
}

static unsigned shift_of(bool big, unsigned i, unsigned size)
{
    return 8 * (big ? size - 1 - i : i);
}

static MemTxResult dev_read(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
                            MemTxAttrs attrs)
{
    Dev *d = opaque;
    MemTxResult result = MEMTX_OK;

    check_call(d, addr, size, attrs);
    *data = 0;
    for (unsigned i = 0; i < size; i++) {
        *data |= (uint64_t)d->bytes[addr + i] << shift_of(d->big, i, size);
        result |= d->fail_at[addr + i];
    }
    return result;
}

static MemTxResult dev_write(void *opaque, hwaddr addr, uint64_t data, unsigned size,
                             MemTxAttrs attrs)
{
    Dev *d = opaque;
    MemTxResult result = MEMTX_OK;

    check_call(d, addr, size, attrs);
    for (unsigned i = 0; i < size; i++) {
        d->bytes[addr + i] = data >> shift_of(d->big, i, size);
        result |= d->fail_at[addr + i];
    }
    return result;
}

static unsigned random_size(void)
{
    return 1u << g_test_rand_int_range(0, 4);
}

static Dev *random_dev(void)
{
    Dev *d = g_new0(Dev, 1);
    unsigned a = random_size(), b = random_size(), c = random_size(), e = random_size();

    d->big = g_test_rand_bit();
    d->ops = (MemoryRegionOps){
        .read_with_attrs = dev_read,
        .write_with_attrs = dev_write,
        .endianness = d->big ? DEVICE_BIG_ENDIAN : DEVICE_LITTLE_ENDIAN,
        .valid = { MIN(a, b), MAX(a, b), .unaligned = g_test_rand_bit() },
        .impl = { MIN(c, e), MAX(c, e), .unaligned = g_test_rand_bit() },
    };
    if (g_test_rand_int_range(0, 8) == 0) {
        d->ops.valid.min_access_size = d->ops.valid.max_access_size = 0;
    }
    if (g_test_rand_int_range(0, 8) == 0) {
        d->ops.impl.min_access_size = d->ops.impl.max_access_size = 0;
    }
    for (unsigned i = 0; i < sizeof(d->bytes); i++) {
        d->bytes[i] = g_test_rand_int_range(0, 256);
    }
    memory_region_init_io(&d->mr, NULL, &d->ops, d, "dev", SIZE);
    return d;
}

/* ---- The oracle ---- */

static bool allowed(const Dev *d, hwaddr addr, unsigned size)
{
    unsigned min = d->ops.valid.min_access_size, max = d->ops.valid.max_access_size;

    return addr + size <= SIZE && (d->ops.valid.unaligned || addr % size == 0) &&
           (!max || (size >= min && size <= max));
}

static uint64_t expected_value(const uint8_t *bytes, hwaddr addr, MemOp op)
{
    unsigned size = memop_size(op);
    uint64_t v = 0;

    for (unsigned i = 0; i < size; i++) {
        v |= (uint64_t)bytes[addr + i] << shift_of(op & MO_BE, i, size);
    }
    return v;
}

/* May a write of the guest's touch this byte? Only in units of the smallest size. */
static bool in_reach(const Dev *d, unsigned byte, hwaddr addr, unsigned size)
{
    unsigned min = impl_min(d);
    hwaddr first = d->ops.impl.unaligned ? addr : addr - addr % min;
    hwaddr end = first + (addr + size - first + min - 1) / min * min;

    return byte >= first && byte < end;
}

static void check_write(const Dev *d, const uint8_t *before, hwaddr addr, MemOp op, uint64_t value)
{
    unsigned size = memop_size(op);

    for (unsigned i = 0; i < sizeof(d->bytes); i++) {
        if (i >= addr && i < addr + size) {
            g_assert_cmphex(d->bytes[i], ==,
                            (uint8_t)(value >> shift_of(op & MO_BE, i - addr, size)));
        } else if (!in_reach(d, i, addr, size)) {
            g_assert_cmphex(d->bytes[i], ==, before[i]);
        } else if (d->bytes[i] != before[i]) {
            g_assert_cmphex(d->bytes[i], ==, 0); /* the rest of a unit: zeros */
        }
    }
}

static MemTxResult expected_result(const Dev *d, hwaddr addr, unsigned size)
{
    MemTxResult result = MEMTX_OK;

    for (unsigned i = 0; i < size; i++) {
        result |= d->fail_at[addr + i];
    }
    return result;
}

static void one_access(Dev *d)
{
    MemTxAttrs attrs = { .requester_id = 0x1234 };
    MemOp op = g_test_rand_int_range(0, 4) | (g_test_rand_bit() ? MO_BE : MO_LE);
    unsigned size = memop_size(op);
    hwaddr addr = g_test_rand_int_range(0, SIZE + 2);
    bool is_write = g_test_rand_bit();
    uint64_t value = (uint64_t)g_test_rand_int() << 32 | (uint32_t)g_test_rand_int(), got = 0;
    uint8_t before[sizeof(d->bytes)];
    MemTxResult result;

    memcpy(before, d->bytes, sizeof(before));
    d->calls = 0;
    result = is_write ? memory_region_dispatch_write(&d->mr, addr, value, op, attrs)
                      : memory_region_dispatch_read(&d->mr, addr, &got, op, attrs);
    g_assert_true(memory_region_access_valid(&d->mr, addr, size, is_write, attrs) ==
                  allowed(d, addr, size));
    if (!allowed(d, addr, size)) {
        g_assert_cmpint(result, ==, MEMTX_DECODE_ERROR);
        g_assert_cmpuint(d->calls, ==, 0);
        return;
    }
    g_assert_cmpint(result & expected_result(d, addr, size), ==, expected_result(d, addr, size));
    if (is_write) {
        check_write(d, before, addr, op, value);
    } else {
        g_assert_cmphex(got, ==, expected_value(d->bytes, addr, op));
    }
}

/* In no view (any more). */
static void free_dev(Dev *d)
{
    object_unref(OBJECT(&d->mr));
    g_free(d);
}

static void test_random_accesses(void)
{
    for (int round = 0; round < 400; round++) {
        Dev *d = random_dev();

        for (int i = 0; i < 100; i++) {
            one_access(d);
        }
        free_dev(d);
    }
}

/* The parts' results are or-ed: one bad byte anywhere and the access fails. */
static void test_random_failures(void)
{
    for (int round = 0; round < 200; round++) {
        Dev *d = random_dev();

        d->fail_at[g_test_rand_int_range(0, SIZE)] = MEMTX_ERROR;
        d->fail_at[g_test_rand_int_range(0, SIZE)] = MEMTX_DECODE_ERROR;
        for (int i = 0; i < 50; i++) {
            one_access(d);
        }
        free_dev(d);
    }
}

/* Transfers are cut so that no piece is refused, where any size that fits in is allowed. */
static void test_random_transfers(void)
{
    MemTxAttrs attrs = { .requester_id = 0x1234 };

    for (int round = 0; round < 40; round++) {
        Dev *d = random_dev();
        uint8_t buf[SIZE];
        MemoryRegion root;
        AddressSpace as;

        d->ops.valid.min_access_size = d->ops.impl.min_access_size = 1;
        d->ops.valid.unaligned = d->ops.impl.unaligned = false;
        memory_region_init(&root, NULL, "root", UINT64_MAX);
        memory_region_add_subregion(&root, 0x1000, &d->mr);
        address_space_init(&as, &root, "transfers");
        for (int i = 0; i < 100; i++) {
            unsigned at = g_test_rand_int_range(0, SIZE);
            unsigned len = g_test_rand_int_range(1, SIZE + 1 - at);

            g_assert_cmpint(address_space_read(&as, 0x1000 + at, attrs, buf, len), ==, MEMTX_OK);
            g_assert_cmpmem(buf, len, d->bytes + at, len);
            for (unsigned k = 0; k < len; k++) {
                buf[k] ^= 0x5a;
            }
            g_assert_cmpint(address_space_write(&as, 0x1000 + at, attrs, buf, len), ==, MEMTX_OK);
            g_assert_cmpmem(buf, len, d->bytes + at, len);
        }
        address_space_destroy(&as);
        memory_region_del_subregion(&root, &d->mr);
        memory_test_free(&root);
        free_dev(d);
    }
}

/* A region of 2^64 bytes has no end but the address space's. */
static void test_the_last_byte(void)
{
    Dev *d = random_dev();
    MemoryRegion all;
    uint64_t value;

    memory_region_init_reservation(&all, NULL, "all", UINT64_MAX);
    g_assert_cmpint(memory_region_dispatch_read(&all, UINT64_MAX - 3, &value, MO_32,
                                                MEMTXATTRS_UNSPECIFIED), ==, MEMTX_DECODE_ERROR);
    all.ops = &d->ops;
    all.opaque = d;
    d->ops.valid.unaligned = true;
    d->ops.valid.max_access_size = 0;
    g_assert_true(memory_region_access_valid(&all, UINT64_MAX, 1, true, MEMTXATTRS_UNSPECIFIED));
    g_assert_true(memory_region_access_valid(&all, UINT64_MAX - 3, 4, true,
                                             MEMTXATTRS_UNSPECIFIED));
    g_assert_false(memory_region_access_valid(&all, UINT64_MAX - 2, 4, true,
                                              MEMTXATTRS_UNSPECIFIED));
    memory_test_free(&all);
    free_dev(d);
}

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    g_test_add_func("/memory/sizes/any-valid-and-impl-match-the-oracle", test_random_accesses);
    g_test_add_func("/memory/sizes/failures-of-parts-add-up", test_random_failures);
    g_test_add_func("/memory/sizes/transfers-are-cut-to-fit", test_random_transfers);
    g_test_add_func("/memory/sizes/nothing-is-behind-2^64", test_the_last_byte);
    return g_test_run();
}
