/*
 * Guest accesses to pages that several regions share: each address is answered by the region that
 * lies there, however the accesses alternate and however the map changes. On the back end named by
 * the first argument: host or interp.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-machine.h"
#include "qapi/error.h"
#include "system/address-spaces.h"
#include "system/memory.h"

#define PAGE        0x80000000u
#define FIRST       0x000u /* offsets in the page */
#define SECOND      0x010u
#define SECOND_SIZE 0x010u
#define HOLE        0x020u
#define ALIAS       0x800u /* 256 bytes of RAM, then of the same RAM read-only */
#define READONLY    0x900u
#define RAM         0x00200000u

#define D(op, rt, ra, d) ((op) << 26 | (rt) << 21 | (ra) << 16 | ((d)&0xffff))
#define LWZ(rt, d, ra)   D(32u, rt, ra, d)
#define LBZ(rt, d, ra)   D(34u, rt, ra, d)
#define STW(rs, d, ra)   D(36u, rs, ra, d)

/* Devices of the matrix, one page each. */
#define MATRIX      0x80010000u
#define MATRIX_SIZE 0x80u

static PPCTestState s;
static MemoryRegion first, second, alias, readonly;
static GString *heard;

/* A byte of the first device is 0x10 + offset, of the second 0x20 + offset. */
static uint64_t read_byte(void *opaque, hwaddr addr, unsigned size)
{
    return GPOINTER_TO_UINT(opaque) + addr;
}

static void write_byte(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    g_string_append_printf(heard, "%x+%x=%x ", GPOINTER_TO_UINT(opaque), (unsigned)addr,
                           (unsigned)data);
}

static const MemoryRegionOps byte_ops = {
    .read = read_byte,
    .write = write_byte,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- Every access to every kind of device ---- */

typedef struct MatrixDevice {
    MemoryRegion mr;
    MemoryRegionOps ops;
    uint8_t bytes[MATRIX_SIZE];
} MatrixDevice;

static uint64_t matrix_read(void *opaque, hwaddr addr, unsigned size)
{
    MatrixDevice *d = opaque;
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        unsigned shift = d->ops.endianness == DEVICE_BIG_ENDIAN ? size - 1 - i : i;

        value |= (uint64_t)d->bytes[addr + i] << 8 * shift;
    }
    return value;
}

static void matrix_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    MatrixDevice *d = opaque;

    for (unsigned i = 0; i < size; i++) {
        unsigned shift = d->ops.endianness == DEVICE_BIG_ENDIAN ? size - 1 - i : i;

        d->bytes[addr + i] = data >> 8 * shift;
    }
}

/* { valid, impl }. The first ones are as devices that exist. */
static const struct {
    unsigned valid_min, valid_max, impl_min, impl_max;
    bool unaligned;
} matrix_shapes[] = {
    { 1, 8, 1, 1, false }, /* a 16550 */
    { 1, 4, 1, 4, false }, /* an interrupt controller */
    { 1, 8, 1, 8, true },  /* a register block */
    { 0, 0, 0, 0, false }, /* whatever the defaults are */
    { 1, 8, 1, 2, false }, /* 16-bit flash */
    { 1, 8, 4, 4, false },
    { 1, 1, 1, 1, false },
    { 4, 4, 4, 4, false },
    { 2, 4, 1, 4, true },
    { 8, 8, 8, 8, false },
};
static MatrixDevice matrix[2 * ARRAY_SIZE(matrix_shapes)];

static uint32_t matrix_page(unsigned i)
{
    return MATRIX + i * 0x1000;
}

static void build_matrix(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(matrix); i++) {
        MatrixDevice *d = &matrix[i];
        bool unaligned = matrix_shapes[i / 2].unaligned;

        d->ops = (MemoryRegionOps){
            .read = matrix_read,
            .write = matrix_write,
            .endianness = i & 1 ? DEVICE_LITTLE_ENDIAN : DEVICE_BIG_ENDIAN,
            .valid = { matrix_shapes[i / 2].valid_min, matrix_shapes[i / 2].valid_max, unaligned },
            .impl = { matrix_shapes[i / 2].impl_min, matrix_shapes[i / 2].impl_max, unaligned },
        };
        memory_region_init_io(&d->mr, NULL, &d->ops, d, "matrix", MATRIX_SIZE);
        memory_region_add_subregion(get_system_memory(), matrix_page(i), &d->mr);
    }
}

#define X(op, rt, ra, rb) (31u << 26 | (rt) << 21 | (ra) << 16 | (rb) << 11 | (op) << 1)

/* r4 is the address, r5 the same in parts for those that are indexed only. */
static const struct {
    const char *name;
    uint32_t insn;
    bool store;
} matrix_accesses[] = {
    { "lbz", D(34u, 20, 4, 0), false },      { "lhz", D(40u, 20, 4, 0), false },
    { "lha", D(42u, 20, 4, 0), false },      { "lwz", D(32u, 20, 4, 0), false },
    { "lwzu", D(33u, 20, 4, 0), false },     { "lhbrx", X(790u, 20, 0, 4), false },
    { "lwbrx", X(534u, 20, 0, 4), false },   { "lwarx", X(20u, 20, 0, 4), false },
    { "lfs", D(48u, 20, 4, 0), false },      { "lfd", D(50u, 20, 4, 0), false },
    { "lmw", D(46u, 24, 4, 0), false },      { "lswi", X(597u, 20, 4, 11), false },
    { "lswx", X(533u, 20, 0, 4), false },    { "stb", D(38u, 20, 4, 0), true },
    { "sth", D(44u, 20, 4, 0), true },       { "stw", D(36u, 20, 4, 0), true },
    { "stwu", D(37u, 20, 4, 0), true },      { "sthbrx", X(918u, 20, 0, 4), true },
    { "stwbrx", X(662u, 20, 0, 4), true },   { "stfs", D(52u, 20, 4, 0), true },
    { "stfd", D(54u, 20, 4, 0), true },      { "stfiwx", X(983u, 20, 0, 4), true },
    { "stmw", D(47u, 24, 4, 0), true },      { "stswi", X(725u, 20, 4, 11), true },
    { "stswx", X(661u, 20, 0, 4), true },
};

static void matrix_run(unsigned access, uint32_t addr)
{
    const uint32_t code[] = { matrix_accesses[access].insn };

    ppc_state_init(&s);
    s.gpr[4] = addr;
    s.xer = 13; /* bytes of lswx and stswx */
    s.spr[SPR_HID0] = 0;
    ppc_machine_run(&s, code, 1);
}

/* RAM is the oracle: the same registers, the same bytes, the same alignment exceptions. */
static void compare_with_ram(unsigned device, unsigned access, unsigned at)
{
    MatrixDevice *d = &matrix[device];
    uint32_t addr = matrix_page(device) + at;
    bool by_bytes = d->ops.valid.min_access_size <= 1 && d->ops.impl.min_access_size <= 1;
    uint8_t pattern[MATRIX_SIZE], ram[MATRIX_SIZE];
    PPCTestState expected;

    for (unsigned i = 0; i < MATRIX_SIZE; i++) {
        pattern[i] = 0x30 + 5 * i;
    }
    address_space_write(&address_space_memory, RAM, MEMTXATTRS_UNSPECIFIED, pattern, MATRIX_SIZE);
    matrix_run(access, RAM + at);
    expected = s;
    address_space_read(&address_space_memory, RAM, MEMTXATTRS_UNSPECIFIED, ram, MATRIX_SIZE);

    memcpy(d->bytes, pattern, MATRIX_SIZE);
    matrix_run(access, addr);
    g_assert_cmphex(s.stop, ==, expected.stop);
    g_assert_cmphex(s.gpr[4], ==, addr);
    s.gpr[4] = expected.gpr[4];
    g_assert_cmpmem(s.gpr, sizeof(s.gpr), expected.gpr, sizeof(expected.gpr));
    g_assert_cmpmem(s.fpr, sizeof(s.fpr), expected.fpr, sizeof(expected.fpr));
    if (by_bytes) { /* others get 0 around what is narrow */
        g_assert_cmpmem(d->bytes, MATRIX_SIZE, ram, MATRIX_SIZE);
    }
}

static void test_no_access_to_a_device_faults_for_its_shape(void)
{
    for (unsigned device = 0; device < ARRAY_SIZE(matrix); device++) {
        for (unsigned access = 0; access < ARRAY_SIZE(matrix_accesses); access++) {
            for (unsigned at = 0x10; at < 0x18; at++) {
                g_test_message("device %u, %s at %x", device, matrix_accesses[access].name, at);
                compare_with_ram(device, access, at);
            }
        }
    }
}

static void build(void)
{
    MemoryRegion *ram = address_space_lookup(&address_space_memory, 0).mr;

    memory_region_init_io(&first, NULL, &byte_ops, GUINT_TO_POINTER(0x10), "first", SECOND);
    memory_region_init_io(&second, NULL, &byte_ops, GUINT_TO_POINTER(0x20), "second", SECOND_SIZE);
    memory_region_init_alias(&alias, NULL, "alias", ram, RAM, 0x100);
    memory_region_init_alias(&readonly, NULL, "readonly", ram, RAM, 0x100);
    memory_region_set_readonly(&readonly, true);
    memory_region_add_subregion(get_system_memory(), PAGE + FIRST, &first);
    memory_region_add_subregion(get_system_memory(), PAGE + SECOND, &second);
    memory_region_add_subregion(get_system_memory(), PAGE + ALIAS, &alias);
    memory_region_add_subregion(get_system_memory(), PAGE + READONLY, &readonly);
    heard = g_string_new("");
    build_matrix();
}

static void begin(void)
{
    ppc_state_init(&s);
    s.gpr[4] = PAGE;
    g_string_truncate(heard, 0);
    stl_be_phys(&address_space_memory, RAM, 0x600dcafe);
}

#define RUN(...)                                                                                   \
    do {                                                                                           \
        const uint32_t code_[] = { __VA_ARGS__ };                                                  \
        ppc_machine_run(&s, code_, ARRAY_SIZE(code_));                                             \
    } while (0)

static void test_each_address_has_its_region(void)
{
    begin();
    RUN(LWZ(10, FIRST, 4), LWZ(11, SECOND, 4), LBZ(12, SECOND - 1, 4), LWZ(13, ALIAS, 4),
        LBZ(14, SECOND + 1, 4), LWZ(15, READONLY, 4), LWZ(16, FIRST + 4, 4));
    g_assert_cmphex(s.stop, ==, PPC_STOP_END);
    g_assert_cmphex(s.gpr[10], ==, 0x10111213);
    g_assert_cmphex(s.gpr[11], ==, 0x20212223);
    g_assert_cmphex(s.gpr[12], ==, 0x1f);
    g_assert_cmphex(s.gpr[13], ==, 0x600dcafe);
    g_assert_cmphex(s.gpr[14], ==, 0x21);
    g_assert_cmphex(s.gpr[15], ==, 0x600dcafe);
    g_assert_cmphex(s.gpr[16], ==, 0x14151617);
}

static void test_an_access_across_regions_reaches_both(void)
{
    begin();
    s.gpr[3] = 0xa1b2c3d4;
    RUN(LBZ(10, FIRST, 4), LWZ(11, SECOND - 2, 4), STW(3, SECOND - 1, 4));
    g_assert_cmphex(s.stop, ==, PPC_STOP_END);
    g_assert_cmphex(s.gpr[11], ==, 0x1e1f2021);
    g_assert_cmpstr(heard->str, ==, "10+f=a1 20+0=b2 20+1=c3 20+2=d4 ");
}

static void test_stores_reach_memory_that_may_be_written(void)
{
    begin();
    s.gpr[3] = 0x12345678;
    RUN(LWZ(10, FIRST, 4), STW(3, ALIAS + 4, 4), STW(4, READONLY + 4, 4), LWZ(11, READONLY + 4, 4));
    g_assert_cmphex(s.stop, ==, PPC_STOP_END);
    g_assert_cmphex(s.gpr[11], ==, 0x12345678);
}

static void test_a_hole_between_regions_is_a_bus_error(void)
{
    begin();
    RUN(LWZ(10, FIRST, 4), LWZ(11, HOLE, 4));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_MCHECK);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 4);
}

static void test_the_map_as_it_is_now_counts(void)
{
    begin();
    RUN(LBZ(10, SECOND, 4));
    g_assert_cmphex(s.gpr[10], ==, 0x20);
    memory_region_set_address(&second, PAGE + SECOND + 4);
    begin();
    RUN(LBZ(10, SECOND + 4, 4), LBZ(11, SECOND, 4));
    g_assert_cmphex(s.gpr[10], ==, 0x20);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_MCHECK);
    memory_region_set_address(&second, PAGE + SECOND);
}

static const PPCTest tests[] = {
    { "/ppc/io/each-address-has-its-region", test_each_address_has_its_region },
    { "/ppc/io/an-access-across-regions-reaches-both", test_an_access_across_regions_reaches_both },
    { "/ppc/io/stores-reach-memory-that-may-be-written",
      test_stores_reach_memory_that_may_be_written },
    { "/ppc/io/a-hole-between-regions-is-a-bus-error", test_a_hole_between_regions_is_a_bus_error },
    { "/ppc/io/no-access-to-a-device-faults-for-its-shape",
      test_no_access_to_a_device_faults_for_its_shape },
    { "/ppc/io/the-map-as-it-is-now-counts", test_the_map_as_it_is_now_counts },
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    return ppc_machine_test(argc, argv, build, tests);
}
