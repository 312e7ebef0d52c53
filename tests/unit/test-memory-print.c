/*
 * `info mtree`: the layout that scripts parse.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "memory-test.h"
#include "system/address-spaces.h"

static MemoryRegion ram, rom, hole, pci, bar, flash, bus, master;
static AddressSpace cpu_as, pci_as;

static void expect(bool flat, bool owner, bool disabled, const char *text)
{
    g_autoptr(GString) out = g_string_new("");

    mtree_info(flat, false, owner, disabled, out);
    g_assert_cmpstr(out->str, ==, text);
}

#define MEMORY                                                                                     \
    "  0000000000000000-ffffffffffffffff (prio 0, i/o): system\n"                                  \
    "    0000000000000000-00000000000fffff (prio 0, ram): ram\n"                                   \
    "    0000000080000000-00000000800fffff (prio 1, i/o): alias hole @pci "                        \
    "0000000000010000-000000000010ffff\n"                                                          \
    "    0000000080000000-0000000080000fff (prio 0, nv-romd): flash\n"                             \
    "    00000000fff00000-00000000fff00fff (prio 0, rom): rom\n"

static void test_tree(void)
{
    expect(false, false, false,
           "address-space: cpu-memory-0\n"
           "address-space: memory\n" MEMORY "\n"
           "address-space: I/O\n"
           "  0000000000000000-000000000000ffff (prio 0, i/o): io\n"
           "\n"
           "address-space: pci\n"
           "  0000000000000000-ffffffffffffffff (prio 0, i/o): bus master container\n"
           "\n"
           "memory-region: pci\n"
           "  0000000000000000-00000000ffffffff (prio 0, i/o): pci\n"
           "    0000000000020000-000000000002ffff (prio -1, i/o): bar\n"
           "\n"
           "memory-region: system\n" MEMORY "\n");
}

static void test_disabled(void)
{
    g_autoptr(GString) out = g_string_new("");

    mtree_info(false, false, false, true, out);
    g_assert_nonnull(
        strstr(out->str, "address-space: pci\n"
                         "  0000000000000000-ffffffffffffffff (prio 0, i/o): bus master container\n"
                         "    0000000000000000-ffffffffffffffff (prio 0, i/o): alias bus master "
                         "@system 0000000000000000-ffffffffffffffff [disabled]\n"
                         "\n"));
}

/* Only its own line goes; the indentation tells where it is. */
static void test_inside_disabled(void)
{
    g_autoptr(GString) out = g_string_new("");

    memory_region_set_enabled(&pci, false);
    mtree_info(false, false, false, false, out);
    g_assert_nonnull(strstr(out->str, "memory-region: pci\n"
                                      "    0000000000020000-000000000002ffff (prio -1, i/o): bar\n"
                                      "\n"));
    memory_region_set_enabled(&pci, true);
}

static void test_flat(void)
{
    expect(true, false, false,
           "FlatView #0\n"
           " AS \"memory\", root: system\n"
           " AS \"cpu-memory-0\", root: system\n"
           " Root memory region: system\n"
           "  0000000000000000-00000000000fffff (prio 0, ram): ram\n"
           "  0000000080000000-0000000080000fff (prio 0, nv-romd): flash\n"
           "  0000000080010000-000000008001ffff (prio -1, i/o): bar\n"
           "  00000000fff00000-00000000fff00fff (prio 0, rom): rom\n"
           "\n"
           "FlatView #1\n"
           " AS \"I/O\", root: io\n"
           " Root memory region: io\n"
           "  0000000000000000-000000000000ffff (prio 0, i/o): io\n"
           "\n"
           "FlatView #2\n"
           " AS \"pci\", root: bus master container\n"
           " Root memory region: (none)\n"
           "  No rendered FlatView\n"
           "\n");
}

static void test_owner(void)
{
    g_autoptr(GString) out = g_string_new("");

    mtree_info(true, false, true, false, out);
    g_assert_nonnull(
        strstr(out->str, "(prio 0, rom): rom parent:{obj path=/machine/unattached}\n"));
    g_assert_nonnull(strstr(out->str, "(prio -1, i/o): bar owner:{obj path=/machine/bridge}\n"));
}

static void test_offset_in_region(void)
{
    g_autoptr(GString) out = g_string_new("");
    MemoryRegion cover;

    memory_region_init_reservation(&cover, NULL, "cover", 0x1000);
    memory_region_add_subregion_overlap(get_system_memory(), 0, &cover, 5);
    mtree_info(true, false, false, false, out);
    g_assert_nonnull(strstr(out->str, "  0000000000000000-0000000000000fff (prio 5, i/o): cover\n"
                                      "  0000000000001000-00000000000fffff (prio 0, ram): ram "
                                      "@0000000000001000\n"));
    memory_region_del_subregion(get_system_memory(), &cover);
    drain_call_rcu();
    object_unparent(OBJECT(&cover));
}

static void test_dispatch(void)
{
    g_autoptr(GString) out = g_string_new(""), plain = g_string_new("");

    mtree_info(true, true, false, false, out);
    g_assert_nonnull(strstr(out->str,
                            "  00000000fff00000-00000000fff00fff (prio 0, rom): rom\n"
                            "  Dispatch\n"
                            "    Physical sections\n"
                            "      #0 @0000000000000000..ffffffffffffffff (noname) [unassigned]\n"
                            "      #1 @0000000000000000..00000000000fffff ram\n"
                            "      #2 @0000000080000000..0000000080000fff flash\n"
                            "      #3 @0000000080010000..000000008001ffff bar\n"
                            "      #4 @00000000fff00000..00000000fff00fff rom\n"
                            "    Binary search over 4 sections: 3 steps, none where the last hit "
                            "hits again\n"
                            "\n"));
    g_assert_nonnull(strstr(out->str, "Binary search over 1 section: 1 step,"));
    g_assert_nonnull(strstr(out->str, "(none)\n  No rendered FlatView\n\n"));
    /* Without views there is nothing to search. */
    g_string_truncate(out, 0);
    mtree_info(false, true, false, false, out);
    mtree_info(false, false, false, false, plain);
    g_assert_cmpstr(out->str, ==, plain->str);
}

static void build(void)
{
    static const MemoryRegionOps ops = { 0 };
    Object *bridge = object_new(TYPE_CONTAINER);
    MemoryRegion *mem;

    object_property_add_child(object_get_root(), "machine", object_new(TYPE_CONTAINER));
    object_property_add_child(container_get(object_get_root(), "/machine"), "bridge", bridge);
    mem = get_system_memory();
    memory_region_init_ram(&ram, NULL, "ram", 1 * MiB, &error_abort);
    memory_region_init_rom(&rom, NULL, "rom", 0x1000, &error_abort);
    memory_region_init_rom_device(&flash, NULL, &ops, NULL, "flash", 0x1000, &error_abort);
    memory_region_set_nonvolatile(&flash, true);
    memory_region_init(&pci, NULL, "pci", 4 * GiB);
    memory_region_init_reservation(&bar, bridge, "bar", 0x10000);
    memory_region_init_alias(&hole, NULL, "hole", &pci, 0x10000, 1 * MiB);
    memory_region_add_subregion_overlap(&pci, 0x20000, &bar, -1);
    memory_region_add_subregion(mem, 0, &ram);
    memory_region_add_subregion(mem, 0xfff00000, &rom);
    memory_region_add_subregion(mem, 0x80000000, &flash);
    memory_region_add_subregion_overlap(mem, 0x80000000, &hole, 1);
    memory_region_init(&bus, NULL, "bus master container", UINT64_MAX);
    memory_region_init_alias(&master, NULL, "bus master", mem, 0, UINT64_MAX);
    memory_region_set_enabled(&master, false);
    memory_region_add_subregion(&bus, 0, &master);
    address_space_init(&pci_as, &bus, "pci");
    address_space_init(&cpu_as, mem, "cpu-memory-0");
}

#define RULE(name, func) g_test_add_func("/memory/print/" name, func)

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    build();
    RULE("tree", test_tree);
    RULE("disabled-only-on-demand", test_disabled);
    RULE("inside-a-disabled-region", test_inside_disabled);
    RULE("flat", test_flat);
    RULE("owner-or-parent", test_owner);
    RULE("offset-in-region", test_offset_in_region);
    RULE("how-views-are-searched", test_dispatch);
    return g_test_run();
}
