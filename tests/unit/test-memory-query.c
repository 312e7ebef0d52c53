/*
 * Asking the memory map: who answers, who is hidden and why.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "memory-test.h"
#include "system/memory-query.h"

/*
 * system: ram [0, 0x10000), over it at 0x1000 "alias win" (prio 1) of pci from 0x8000, over that,
 * disabled, "off" (prio 2); twins "a" and "b" of equal priority at 0x20000 and 0x20800.
 */
static MemoryRegion sys, ram, pci, bar, win, off, a, b, io, reg;
static AddressSpace as;

static void build(void)
{
    memory_region_init(&sys, NULL, "system", UINT64_MAX);
    memory_region_init_ram(&ram, NULL, "ram", 0x10000, &error_abort);
    memory_region_init(&pci, NULL, "pci", 0x10000);
    memory_region_init_reservation(&bar, NULL, "bar", 0x100);
    memory_region_init_alias(&win, NULL, "win", &pci, 0x8000, 0x1000);
    memory_region_init_reservation(&off, NULL, "off", 0x1000);
    memory_region_init_reservation(&a, NULL, "a", 0x1000);
    memory_region_init_reservation(&b, NULL, "b", 0x1000);
    memory_region_init_reservation(&io, NULL, "io", 0x100);
    memory_region_init_reservation(&reg, NULL, "reg", 0x10);
    memory_region_add_subregion(&sys, 0, &ram);
    memory_region_add_subregion(&pci, 0x8010, &bar);
    memory_region_add_subregion_overlap(&sys, 0x1000, &win, 1);
    memory_region_set_enabled(&off, false);
    memory_region_add_subregion_overlap(&sys, 0x1000, &off, 2);
    memory_region_add_subregion(&sys, 0x20000, &a);
    memory_region_add_subregion(&sys, 0x20800, &b);
    memory_region_add_subregion(&sys, 0x30000, &io);
    memory_region_add_subregion(&io, 0x20, &reg);
    address_space_init(&as, &sys, "memory");
}

static void expect_why(hwaddr addr, const char *text)
{
    g_autoptr(GString) out = g_string_new("");

    memory_print_why(&as, addr, out);
    g_assert_cmpstr(out->str, ==, text);
}

#define SYSTEM "  0000000000000000-ffffffffffffffff (prio 0, container): system\n"

static void test_why_through_an_alias(void)
{
    expect_why(0x1018,
               "0000000000001018: bar (i/o) at offset 0000000000000008\n" SYSTEM
               "    0000000000001000-0000000000001fff (prio 1, alias): win of pci from "
               "0000000000008000\n"
               "      ffffffffffff9000-0000000000008fff (prio 0, container): pci\n"
               "        0000000000001010-000000000000110f (prio 0, i/o): bar\n"
               "hidden: ram: 'ram' (prio 0) lies behind 'win' (prio 1)\n" SYSTEM
               "    0000000000000000-000000000000ffff (prio 0, ram): ram\n"
               "disabled: off\n" SYSTEM
               "    0000000000001000-0000000000001fff (prio 2, i/o): off [disabled]\n");
}

static void test_why_among_equals(void)
{
    expect_why(0x20900, "0000000000020900: b (i/o) at offset 0000000000000100\n" SYSTEM
                        "    0000000000020800-00000000000217ff (prio 0, i/o): b\n"
                        "hidden: a: 'a' was added before 'b', of equal priority\n" SYSTEM
                        "    0000000000020000-0000000000020fff (prio 0, i/o): a\n");
}

static void test_why_a_child(void)
{
    expect_why(0x30025, "0000000000030025: reg (i/o) at offset 0000000000000005\n" SYSTEM
                        "    0000000000030000-00000000000300ff (prio 0, i/o): io\n"
                        "      0000000000030020-000000000003002f (prio 0, i/o): reg\n"
                        "hidden: io: 'io' lies behind what it contains\n" SYSTEM
                        "    0000000000030000-00000000000300ff (prio 0, i/o): io\n");
}

static void test_why_nothing(void)
{
    expect_why(UINT64_MAX, "ffffffffffffffff: nothing answers in 'memory'\n");
}

static void test_overlaps(void)
{
    g_autoptr(GString) out = g_string_new("");

    memory_print_overlaps(out);
    g_assert_cmpstr(out->str, ==,
                    "memory: 0000000000020800-0000000000020fff: 'a' is hidden partly by 'b': "
                    "'a' was added before 'b', of equal priority\n");
    memory_region_set_address(&b, 0x20000);
    g_string_truncate(out, 0);
    memory_print_overlaps(out);
    g_assert_cmpstr(out->str, ==,
                    "memory: 0000000000020000-0000000000020fff: 'a' is hidden wholly by 'b': "
                    "'a' was added before 'b', of equal priority\n");
    memory_region_set_address(&b, 0x21000);
    g_string_truncate(out, 0);
    memory_print_overlaps(out);
    g_assert_cmpstr(out->str, ==, "Nothing is hidden without a priority saying so\n");
    memory_region_set_address(&b, 0x20800);
}

static void test_map(void)
{
    g_autoptr(JsonNode) node = memory_query_map();
    JsonObject *map = json_node_get_object(node);
    JsonArray *trees = json_object_get_array_member(map, "trees");
    JsonArray *views = json_object_get_array_member(map, "views");
    JsonObject *root =
        json_object_get_object_member(json_array_get_object_element(trees, 0), "root");
    JsonArray *ranges =
        json_object_get_array_member(json_array_get_object_element(views, 0), "ranges");

    g_assert_cmpuint(json_array_get_length(trees), ==, 1);
    g_assert_cmpstr(json_object_get_string_member(root, "last"), ==, "0xffffffffffffffff");
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(root, "children")), ==, 6);
    /* ram, bar, ram, a, b, io, reg, io */
    g_assert_cmpuint(json_array_get_length(ranges), ==, 8);
}

static void test_ramblock(void)
{
    g_autoptr(GString) out = g_string_new("");

    memory_print_ramblocks(out);
    g_assert_cmpstr(out->str, ==,
                    "              Block Name    PSize              Offset               Used"
                    "              Total\n"
                    "                     ram    4 KiB  0x0000000000000000 0x0000000000010000"
                    " 0x0000000000010000\n");
}

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    build();
    g_test_add_func("/memory/query/why-shows-aliases-and-what-is-hidden",
                    test_why_through_an_alias);
    g_test_add_func("/memory/query/why-among-equals-the-later", test_why_among_equals);
    g_test_add_func("/memory/query/why-a-child-hides-its-container", test_why_a_child);
    g_test_add_func("/memory/query/why-nothing", test_why_nothing);
    g_test_add_func("/memory/query/overlaps-of-equal-priority-are-told", test_overlaps);
    g_test_add_func("/memory/query/map-has-trees-and-views", test_map);
    g_test_add_func("/memory/query/ram-blocks", test_ramblock);
    return g_test_run();
}
