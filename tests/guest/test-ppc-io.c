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
    { "/ppc/io/the-map-as-it-is-now-counts", test_the_map_as_it_is_now_counts },
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    return ppc_machine_test(argc, argv, build, tests);
}
