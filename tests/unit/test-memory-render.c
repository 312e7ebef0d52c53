/*
 * Rendering: which leaf shows where. Rules one by one, then random trees against an oracle that
 * asks for each address separately who answers there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "memory-oracle.h"
#include "memory-test.h"
#include "system/memory/internal.h"

/* Calls read as a drawing: add(&root, "A", 4, 8, 1) puts leaf A of 8 bytes at 4 with priority 1. */
typedef struct Tree {
    MemoryRegion regions[64];
    unsigned nr;
} Tree;

static MemoryRegion *new_region(Tree *t)
{
    g_assert_cmpuint(t->nr, <, ARRAY_SIZE(t->regions));
    return &t->regions[t->nr++];
}

static MemoryRegion *container(Tree *t, const char *name, uint64_t size)
{
    MemoryRegion *mr = new_region(t);

    memory_region_init(mr, NULL, name, size);
    return mr;
}

static MemoryRegion *leaf(Tree *t, const char *name, uint64_t size)
{
    MemoryRegion *mr = new_region(t);

    memory_region_init_reservation(mr, NULL, name, size);
    return mr;
}

static MemoryRegion *alias(Tree *t, const char *name, MemoryRegion *of, hwaddr offset,
                           uint64_t size)
{
    MemoryRegion *mr = new_region(t);

    memory_region_init_alias(mr, NULL, name, of, offset, size);
    return mr;
}

static MemoryRegion *add(MemoryRegion *parent, hwaddr at, MemoryRegion *mr, int priority)
{
    memory_region_add_subregion_overlap(parent, at, mr, priority);
    return mr;
}

static void tree_free(Tree *t)
{
    /* Containers first: a region must not die while it is mapped. */
    for (unsigned i = 0; i < t->nr; i++) {
        MemoryRegion *mr = &t->regions[i];
        while (!QTAILQ_EMPTY(&mr->subregions)) {
            memory_region_del_subregion(mr, QTAILQ_FIRST(&mr->subregions));
        }
    }
    for (unsigned i = 0; i < t->nr; i++) {
        object_unref(OBJECT(&t->regions[i]));
    }
    g_free(t);
}

/* "0-3:A@4r ..." : range (hex), leaf, offset if not 0, r for read-only. */
static char *render_text(MemoryRegion *root)
{
    GArray *ranges = memory_render(root);
    GString *s = g_string_new("");

    for (unsigned i = 0; i < ranges->len; i++) {
        FlatRange *fr = &g_array_index(ranges, FlatRange, i);
        g_string_append_printf(s, "%s%" PRIx64 "-%" PRIx64 ":%s", i ? " " : "", fr->start, fr->last,
                               memory_region_name(fr->mr));
        if (fr->offset_in_region) {
            g_string_append_printf(s, "@%" PRIx64, fr->offset_in_region);
        }
        g_string_append(s, fr->readonly ? "r" : "");
        g_string_append(s, fr->romd ? "d" : "");
        g_string_append(s, fr->nonvolatile ? "n" : "");
    }
    g_array_free(ranges, TRUE);
    return g_string_free(s, FALSE);
}

static void expect(MemoryRegion *root, const char *text)
{
    g_autofree char *got = render_text(root);

    g_assert_cmpstr(got, ==, text);
}

static void test_empty(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);

    expect(root, "");
    expect(NULL, "");
    add(root, 0, container(t, "sub", 8), 0);
    expect(root, "");
    tree_free(t);
}

static void test_higher_priority_shows(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);

    add(root, 4, leaf(t, "A", 4), 1);
    add(root, 0, leaf(t, "B", 16), 0);
    add(root, 2, leaf(t, "C", 12), -1);
    expect(root, "0-3:B 4-7:A 8-f:B@8");
    tree_free(t);
}

static void test_equal_priority_last_added_shows(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);
    MemoryRegion *a = add(root, 0, leaf(t, "A", 8), 0);

    add(root, 4, leaf(t, "B", 8), 0);
    expect(root, "0-3:A 4-b:B");
    memory_region_del_subregion(root, a);
    add(root, 0, a, 0);
    expect(root, "0-7:A 8-b:B@4");
    tree_free(t);
}

static void test_moved_region_comes_to_front(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);
    MemoryRegion *a = add(root, 0, leaf(t, "A", 8), 0);

    add(root, 4, leaf(t, "B", 8), 0);
    memory_region_set_address(a, 1);
    expect(root, "1-8:A 9-b:B@5");
    tree_free(t);
}

static void test_container_priority_counts_not_childs(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);
    MemoryRegion *low = add(root, 0, container(t, "low", 16), 0);

    add(low, 0, leaf(t, "A", 16), 1000);
    add(root, 8, leaf(t, "B", 4), 1);
    expect(root, "0-7:A 8-b:B c-f:A@c");
    tree_free(t);
}

static void test_holes_of_a_container_show_what_is_behind(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);
    MemoryRegion *front = add(root, 0, container(t, "front", 16), 1);

    add(front, 4, leaf(t, "A", 2), 0);
    add(front, 10, leaf(t, "B", 2), 0);
    add(root, 0, leaf(t, "C", 16), 0);
    expect(root, "0-3:C 4-5:A 6-9:C@6 a-b:B c-f:C@c");
    tree_free(t);
}

static void test_leaf_shows_behind_its_own_children(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);
    MemoryRegion *io = add(root, 0, leaf(t, "io", 8), 0);

    add(io, 2, leaf(t, "reg", 2), -5);
    expect(root, "0-1:io 2-3:reg 4-7:io@4");
    tree_free(t);
}

static void test_child_is_clipped_to_container(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);
    MemoryRegion *box = add(root, 2, container(t, "box", 4), 0);

    add(box, 2, leaf(t, "A", 100), 0);
    add(box, 50, leaf(t, "B", 1), 0);
    expect(root, "4-5:A");
    tree_free(t);
}

static void test_disabled_hides_the_subtree(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);
    MemoryRegion *box = add(root, 0, container(t, "box", 16), 1);

    add(box, 0, leaf(t, "A", 4), 0);
    add(root, 0, leaf(t, "B", 8), 0);
    memory_region_set_enabled(box, false);
    expect(root, "0-7:B");
    memory_region_set_enabled(box, true);
    expect(root, "0-3:A 4-7:B@4");
    memory_region_set_enabled(root, false);
    expect(root, "");
    tree_free(t);
}

static void test_alias_is_clipped_to_its_target(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 32);
    MemoryRegion *ram = leaf(t, "ram", 8);

    add(root, 16, alias(t, "tail", ram, 4, 16), 0);
    expect(root, "10-13:ram@4");
    tree_free(t);
}

static void test_alias_shows_its_size_only(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 32);
    MemoryRegion *ram = leaf(t, "ram", 16);

    add(root, 0, alias(t, "part", ram, 2, 3), 0);
    expect(root, "0-2:ram@2");
    tree_free(t);
}

static void test_alias_ignores_where_its_target_is_mapped(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 64);
    MemoryRegion *ram = add(root, 32, leaf(t, "ram", 8), 0);

    add(root, 0, alias(t, "low", ram, 0, 8), 0);
    expect(root, "0-7:ram 20-27:ram");
    tree_free(t);
}

static void test_alias_of_alias(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 64);
    MemoryRegion *pci = container(t, "pci", 64);

    add(pci, 8, leaf(t, "bar", 8), 0);
    MemoryRegion *inner = alias(t, "inner", pci, 4, 32);
    add(root, 16, alias(t, "outer", inner, 6, 4), 0);
    /* outer 0 = inner 6 = pci 10 = bar 2 */
    expect(root, "10-13:bar@2");
    tree_free(t);
}

static void test_alias_of_disabled_target_shows_nothing(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);
    MemoryRegion *ram = leaf(t, "ram", 8);

    add(root, 0, alias(t, "a", ram, 0, 8), 0);
    memory_region_set_enabled(ram, false);
    expect(root, "");
    tree_free(t);
}

static void test_readonly_is_inherited_through_aliases(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 32);
    MemoryRegion *ram = add(root, 0, leaf(t, "ram", 8), 0);
    MemoryRegion *rom = add(root, 8, alias(t, "rom", ram, 0, 8), 0);

    memory_region_set_readonly(rom, true);
    memory_region_set_nonvolatile(ram, true);
    expect(root, "0-7:ramn 8-f:ramrn");
    tree_free(t);
}

static void test_neighbours_merge(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 32);
    MemoryRegion *ram = leaf(t, "ram", 16);

    add(root, 0, alias(t, "a", ram, 0, 4), 0);
    MemoryRegion *b = add(root, 4, alias(t, "b", ram, 4, 4), 0);
    expect(root, "0-7:ram");
    memory_region_set_readonly(b, true);
    expect(root, "0-3:ram 4-7:ram@4r");
    memory_region_set_readonly(b, false);
    memory_region_set_alias_offset(b, 5);
    expect(root, "0-3:ram 4-7:ram@5");
    tree_free(t);
}

static void test_whole_address_space(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", UINT64_MAX);

    add(root, 0, leaf(t, "A", UINT64_MAX), 0);
    expect(root, "0-ffffffffffffffff:A");
    add(root, UINT64_MAX - 3, leaf(t, "B", 100), 0);
    expect(root, "0-fffffffffffffffb:A fffffffffffffffc-ffffffffffffffff:B");
    tree_free(t);
}

static void test_alias_of_high_addresses(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", UINT64_MAX);
    MemoryRegion *pci = container(t, "pci", UINT64_MAX);

    add(pci, UINT64_MAX - 7, leaf(t, "top", 8), 0);
    add(root, 0, alias(t, "window", pci, UINT64_MAX - 15, 16), 0);
    expect(root, "8-f:top");
    tree_free(t);
}

static void test_empty_regions_show_nothing(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);

    add(root, 4, leaf(t, "none", 0), 1);
    add(root, 0, leaf(t, "A", 8), 0);
    expect(root, "0-7:A");
    tree_free(t);
}

/* An alias of what it is in is fine as long as it doesn't come to show itself. */
static void test_loops_end(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 64), *pci = container(t, "pci", 64);
    MemoryRegion *again = alias(t, "again", root, 0, 16), *out, *in;

    add(root, 0, leaf(t, "A", 16), 0);
    add(root, 16, again, 0);
    expect(root, "0-f:A 10-1f:A");
    out = alias(t, "out", pci, 0, 32);
    in = alias(t, "in", root, 0, 64);
    add(root, 32, out, 0);
    add(pci, 0, leaf(t, "B", 4), 1);
    add(pci, 0, in, 0);
    /* out shows pci, in it root from 0, whose own out is beyond its end. */
    expect(root, "0-f:A 10-1f:A 20-23:B 24-2f:A@4 30-3f:A");
    memory_region_set_alias_offset(in, 32);
    /* Now it would show itself. */
    expect(root, "0-f:A 10-1f:A 20-23:B");
    tree_free(t);
}

static void test_root_in_a_circle(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *a = container(t, "a", 16), *b = container(t, "b", 16);

    add(a, 0, alias(t, "of b", b, 0, 16), 0);
    add(b, 0, alias(t, "of a", a, 0, 16), 0);
    g_assert_true(memory_region_effective_root(a) == a);
    expect(a, "");
    tree_free(t);
}

static void test_resize(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *root = container(t, "root", 16);
    MemoryRegion *a = add(root, 0, leaf(t, "A", 4), 0);

    memory_region_set_size(a, 6);
    expect(root, "0-5:A");
    memory_region_set_size(root, 3);
    expect(root, "0-2:A");
    tree_free(t);
}

static void test_romd_mode_splits(void)
{
    static const MemoryRegionOps ops = { 0 };
    MemoryRegion root, flash, view;

    memory_region_init(&root, NULL, "root", 0x4000);
    memory_region_init_rom_device(&flash, NULL, &ops, NULL, "flash", 0x1000, &error_abort);
    memory_region_init_alias(&view, NULL, "view", &flash, 0, 0x1000);
    memory_region_add_subregion(&root, 0, &flash);
    memory_region_add_subregion(&root, 0x1000, &view);
    expect(&root, "0-fff:flashd 1000-1fff:flashd");
    memory_region_rom_device_set_romd(&flash, false);
    expect(&root, "0-fff:flash 1000-1fff:flash");
    memory_region_del_subregion(&root, &flash);
    memory_region_del_subregion(&root, &view);
    object_unref(OBJECT(&view));
    object_unref(OBJECT(&flash));
    object_unref(OBJECT(&root));
}

/* ---- Effective roots ---- */

static void test_effective_root(void)
{
    Tree *t = g_new0(Tree, 1);
    MemoryRegion *sys = container(t, "sys", UINT64_MAX);
    MemoryRegion *bus = container(t, "bus", UINT64_MAX);
    MemoryRegion *empty = container(t, "empty", UINT64_MAX);
    MemoryRegion *all = add(bus, 0, alias(t, "all", sys, 0, UINT64_MAX), 0);

    g_assert_null(memory_region_effective_root(empty));
    g_assert_null(memory_region_effective_root(sys));
    add(sys, 0, leaf(t, "A", 8), 0);
    add(sys, 16, leaf(t, "B", 8), 0);
    g_assert_true(memory_region_effective_root(bus) == sys);
    memory_region_set_enabled(all, false);
    g_assert_null(memory_region_effective_root(bus));
    memory_region_set_enabled(all, true);
    memory_region_set_readonly(all, true);
    g_assert_true(memory_region_effective_root(bus) == all);
    memory_region_set_readonly(all, false);
    memory_region_set_alias_offset(all, 1);
    g_assert_true(memory_region_effective_root(bus) == all);
    tree_free(t);
}

/* ---- Random trees against the oracle ---- */

static const FlatRange *range_at(GArray *ranges, hwaddr addr)
{
    for (unsigned i = 0; i < ranges->len; i++) {
        const FlatRange *fr = &g_array_index(ranges, FlatRange, i);
        if (addr >= fr->start && addr <= fr->last) {
            return fr;
        }
    }
    return NULL;
}

static void check_against_oracle(Node *nodes, uint64_t unit)
{
    GArray *ranges = memory_render(&nodes[0].mr);

    for (uint64_t at = 0; at < SPACE; at++) {
        Answer a = ask(&nodes[0], at, false);
        /* The unit's last byte: catches what is off by one. */
        hwaddr addr = at * unit + unit - 1;
        const FlatRange *fr = range_at(ranges, addr);

        g_assert_true((fr ? fr->mr : NULL) == (a.node ? &a.node->mr : NULL));
        if (fr) {
            g_assert_cmphex(fr->offset_in_region + (addr - fr->start), ==,
                            a.offset * unit + unit - 1);
            g_assert_true(fr->readonly == a.readonly);
        }
    }
    for (unsigned i = 0; i + 1 < ranges->len; i++) {
        const FlatRange *a = &g_array_index(ranges, FlatRange, i), *b = a + 1;

        g_assert_cmphex(a->last, <, b->start);
        /* Nothing is left to merge. */
        g_assert_false(a->last + 1 == b->start && a->mr == b->mr && a->readonly == b->readonly &&
                       a->offset_in_region + (b->start - a->start) == b->offset_in_region);
    }
    g_array_free(ranges, TRUE);
}

static void test_random(gconstpointer data)
{
    uint64_t unit = GPOINTER_TO_SIZE(data);

    for (int round = 0; round < 400; round++) {
        Node *nodes = g_new0(Node, NR_NODES);

        random_tree(nodes, unit);
        check_against_oracle(nodes, unit);
        free_tree(nodes);
        g_free(nodes);
    }
}

/* ---- Cost ---- */

#define MANY 10000

/* Leaves all over each other: each is larger than, and partly behind, the ones in front. */
static void test_ten_thousand_leaves(void)
{
    MemoryRegion root, *leaves = g_new0(MemoryRegion, MANY);
    double seconds;
    GArray *ranges;

    memory_region_init(&root, NULL, "root", UINT64_MAX);
    for (unsigned i = 0; i < MANY; i++) {
        memory_region_init_reservation(&leaves[i], NULL, "leaf", 1 + 16 * (MANY - i));
        memory_region_add_subregion(&root, (uint64_t)(MANY - i) * 8, &leaves[i]);
    }
    g_test_timer_start();
    ranges = memory_render(&root);
    seconds = g_test_timer_elapsed();
    g_test_minimized_result(seconds, "10,000 leaves rendered in %.1f ms", seconds * 1000);
    g_assert_cmpuint(ranges->len, >=, MANY);
    /* Quadratic would be seconds; generous, for sanitizers on a busy host. */
    g_assert_cmpfloat(seconds, <, 0.5);
    g_array_free(ranges, TRUE);
    for (unsigned i = 0; i < MANY; i++) {
        memory_region_del_subregion(&root, &leaves[i]);
        object_unref(OBJECT(&leaves[i]));
    }
    object_unref(OBJECT(&root));
    g_free(leaves);
}

#define RULE(name, func) g_test_add_func("/memory/render/" name, func)

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    RULE("empty-containers-show-nothing", test_empty);
    RULE("higher-priority-shows", test_higher_priority_shows);
    RULE("equal-priority-last-added-shows", test_equal_priority_last_added_shows);
    RULE("moved-region-comes-to-front", test_moved_region_comes_to_front);
    RULE("priority-counts-among-siblings-only", test_container_priority_counts_not_childs);
    RULE("holes-of-a-container-show-what-is-behind", test_holes_of_a_container_show_what_is_behind);
    RULE("leaf-shows-behind-its-own-children", test_leaf_shows_behind_its_own_children);
    RULE("child-is-clipped-to-container", test_child_is_clipped_to_container);
    RULE("disabled-hides-the-subtree", test_disabled_hides_the_subtree);
    RULE("alias-is-clipped-to-its-target", test_alias_is_clipped_to_its_target);
    RULE("alias-shows-its-size-only", test_alias_shows_its_size_only);
    RULE("alias-ignores-where-its-target-is-mapped", test_alias_ignores_where_its_target_is_mapped);
    RULE("alias-of-alias", test_alias_of_alias);
    RULE("alias-of-disabled-target-shows-nothing", test_alias_of_disabled_target_shows_nothing);
    RULE("readonly-is-inherited-through-aliases", test_readonly_is_inherited_through_aliases);
    RULE("neighbours-merge-if-they-continue", test_neighbours_merge);
    RULE("whole-address-space", test_whole_address_space);
    RULE("alias-of-high-addresses", test_alias_of_high_addresses);
    RULE("empty-regions-show-nothing", test_empty_regions_show_nothing);
    RULE("what-would-show-itself-shows-nothing", test_loops_end);
    RULE("roots-that-show-each-other-end", test_root_in_a_circle);
    RULE("resize", test_resize);
    RULE("romd-mode-shows-in-all-views", test_romd_mode_splits);
    RULE("effective-root-skips-what-adds-nothing", test_effective_root);
    g_test_add_data_func("/memory/render/random-trees-match-the-oracle", GSIZE_TO_POINTER(1),
                         test_random);
    g_test_add_data_func("/memory/render/random-trees-of-2^64-match-the-oracle",
                         GSIZE_TO_POINTER(1ULL << 58), test_random);
    RULE("ten-thousand-leaves-in-milliseconds", test_ten_thousand_leaves);
    return g_test_run();
}
