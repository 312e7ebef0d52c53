/*
 * Maps that change while they are used: random edits of random trees against the oracle, what
 * listeners make of the deltas, and readers on other threads.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "memory-oracle.h"
#include "memory-test.h"
#include "qemu/atomic.h"
#include "system/memory-cached.h"

#define ANY MEMTXATTRS_UNSPECIFIED

/* ---- Random edits ---- */

/* What a listener knows, from deltas alone: the region at each unit. */
typedef struct Shadow {
    MemoryListener listener;
    uint64_t unit;
    MemoryRegion *at[SPACE];
} Shadow;

static void shadow_change(Shadow *s, const MemoryRegionSection *section, bool add)
{
    uint64_t first = section->offset_within_address_space / s->unit;
    uint64_t n = (uint64_t)(section->size / s->unit);

    for (uint64_t i = first; i < first + n; i++) {
        g_assert_true(s->at[i] == (add ? NULL : section->mr));
        s->at[i] = add ? section->mr : NULL;
    }
}

static void shadow_add(MemoryListener *l, MemoryRegionSection *section)
{
    shadow_change(container_of(l, Shadow, listener), section, true);
}

static void shadow_del(MemoryListener *l, MemoryRegionSection *section)
{
    shadow_change(container_of(l, Shadow, listener), section, false);
}

static Node *parent_of(Node *nodes, const Node *n)
{
    for (unsigned i = 0; i < NR_NODES; i++) {
        if (g_ptr_array_find(nodes[i].children, n, NULL)) {
            return &nodes[i];
        }
    }
    return NULL;
}

static void unmap_node(Node *parent, Node *n)
{
    memory_region_del_subregion(&parent->mr, &n->mr);
    g_ptr_array_remove(parent->children, n);
}

/* As random_tree() does: only below a later node or the root, so that there are no loops. */
static void remap_node(Node *nodes, Node *n, uint64_t unit)
{
    Node *parent = parent_of(nodes, n);
    unsigned p = g_test_rand_int_range(n - nodes, NR_NODES);

    if (parent) {
        unmap_node(parent, n);
    }
    parent = p == n - nodes ? &nodes[0] : &nodes[p];
    if (parent->target) {
        return;
    }
    n->addr = g_test_rand_int_range(0, SPACE);
    n->priority = g_test_rand_int_range(-2, 3);
    memory_region_add_subregion_overlap(&parent->mr, n->addr * unit, &n->mr, n->priority);
    g_ptr_array_add(parent->children, n);
}

/* Moved: it comes to the front of its priority, as if added last. */
static void move_node(Node *nodes, Node *n, uint64_t unit)
{
    Node *parent = parent_of(nodes, n);
    uint64_t addr = g_test_rand_int_range(0, SPACE);

    if (parent && addr != n->addr) {
        g_ptr_array_remove(parent->children, n);
        g_ptr_array_add(parent->children, n);
    }
    n->addr = addr;
    memory_region_set_address(&n->mr, addr * unit);
}

static void edit_node(Node *nodes, Node *n, uint64_t unit)
{
    switch (g_test_rand_int_range(0, 6)) {
    case 0:
        n->disabled = !n->disabled;
        memory_region_set_enabled(&n->mr, !n->disabled);
        break;
    case 1:
        n->readonly = !n->readonly;
        memory_region_set_readonly(&n->mr, n->readonly);
        break;
    case 2:
        n->size = g_test_rand_int_range(0, SPACE + 1);
        memory_region_set_size(&n->mr, n->size * unit);
        break;
    case 3:
        remap_node(nodes, n, unit);
        break;
    case 4:
        move_node(nodes, n, unit);
        break;
    default:
        if (n->target) {
            n->target_offset = g_test_rand_int_range(0, SPACE);
            memory_region_set_alias_offset(&n->mr, n->target_offset * unit);
        }
        break;
    }
}

static void check_space(Node *nodes, AddressSpace *as, const Shadow *shadow)
{
    RCU_READ_LOCK_GUARD();

    for (uint64_t at = 0; at < SPACE; at++) {
        hwaddr addr = at * shadow->unit;
        Answer a = ask(&nodes[0], at, false);
        MemoryRegionSection section = address_space_lookup(as, addr);
        MemoryRegion *expected = a.node ? &a.node->mr : NULL;

        g_assert_true(section.mr == expected);
        g_assert_true(shadow->at[at] == expected);
        if (expected) {
            hwaddr offset =
                section.offset_within_region + (addr - section.offset_within_address_space);
            g_assert_cmphex(offset, ==, a.offset * shadow->unit);
            g_assert_true(section.readonly == a.readonly);
        }
    }
}

static void test_random_edits(void)
{
    for (int round = 0; round < 60; round++) {
        Node *nodes = g_new0(Node, NR_NODES);
        Shadow shadow = {
            .unit = 4096,
            .listener = { .region_add = shadow_add, .region_del = shadow_del, .name = "shadow" },
        };
        AddressSpace as;

        random_tree(nodes, shadow.unit);
        address_space_init(&as, &nodes[0].mr, "live");
        memory_listener_register(&shadow.listener, &as);
        for (int edit = 0; edit < 100; edit++) {
            memory_region_transaction_begin();
            for (int n = g_test_rand_int_range(1, 4); n > 0; n--) {
                edit_node(nodes, &nodes[g_test_rand_int_range(1, NR_NODES)], shadow.unit);
            }
            memory_region_transaction_commit();
            check_space(nodes, &as, &shadow);
        }
        memory_listener_unregister(&shadow.listener);
        address_space_destroy(&as);
        drain_call_rcu();
        free_tree(nodes);
        g_free(nodes);
    }
}

/* ---- Readers while a writer edits ---- */

#define READERS   3
#define EDITS     3000
#define RAM_PAGES 4
#define SIZE      (RAM_PAGES * TARGET_PAGE_SIZE)

/*
 * Three RAMs, filled with 11…, 22… and 33…, that take turns at the same place, behind aliases; an
 * owner that dies once it is unmapped.
 */
typedef struct Stage {
    MemoryRegion root, box, window, ram[2];
    AddressSpace as;
    bool stop;
    uint64_t reads, answered;
} Stage;

typedef struct Owner {
    Object parent_obj;
    MemoryRegion ram;
} Owner;

#define TYPE_OWNER "test-memory-owner"

static unsigned owners;

static void owner_init(Object *obj)
{
    qatomic_inc(&owners);
}

static void owner_finalize(Object *obj)
{
    qatomic_dec(&owners);
}

static const TypeInfo owner_info = {
    .name = TYPE_OWNER,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Owner),
    .instance_init = owner_init,
    .instance_finalize = owner_finalize,
};

static void owner_register(void)
{
    type_register_static(&owner_info);
}

type_init(owner_register)

static bool all_same(uint64_t v)
{
    return v == 0x1111111111111111 || v == 0x2222222222222222 || v == 0x3333333333333333;
}

/* A load comes from one map: it is one RAM's pattern or an error. */
static void read_once(Stage *s, GRand *rand)
{
    hwaddr addr = g_rand_int_range(rand, 0, SIZE / 8) * 8;
    MemTxResult r;
    uint64_t v = address_space_ldq_le(&s->as, addr, ANY, &r);

    qatomic_inc(&s->reads);
    if (r == MEMTX_OK) {
        g_assert_true(all_same(v));
        qatomic_inc(&s->answered);
    } else {
        g_assert_cmpint(r, ==, MEMTX_DECODE_ERROR);
    }
}

/* A transfer sees one view, so its bytes may come from several RAMs, in whole pieces. */
static void transfer_once(Stage *s, GRand *rand)
{
    uint64_t buf[16];
    hwaddr addr = g_rand_int_range(rand, 0, (SIZE - sizeof(buf)) / 8) * 8;

    if (address_space_read(&s->as, addr, ANY, buf, sizeof(buf)) == MEMTX_OK) {
        for (unsigned i = 0; i < ARRAY_SIZE(buf); i++) {
            g_assert_true(all_same(buf[i]));
        }
    }
}

static bool is_pattern(uint8_t byte)
{
    return byte == 0 || byte == 0x11 || byte == 0x22 || byte == 0x33;
}

static bool is_in(MemoryRegion *mr, const uint8_t *p)
{
    const uint8_t *ram = memory_region_get_ram_ptr(mr);

    return p >= ram && p < ram + SIZE;
}

/*
 * What is mapped stays valid until it is unmapped, whatever happens to the map. RAM itself is of
 * one piece; a copy, of what wasn't RAM when it was looked at, is a transfer like any other.
 */
static void map_once(Stage *s, GRand *rand)
{
    hwaddr len = 64;
    uint8_t *p = address_space_map(&s->as, g_rand_int_range(rand, 0, SIZE - 64), &len, false, ANY);

    if (p) {
        g_assert_true(is_pattern(p[0]) && is_pattern(p[len - 1]));
        if (is_in(&s->ram[0], p) || is_in(&s->ram[1], p)) {
            g_assert_cmphex(p[0], ==, p[len - 1]);
        }
        address_space_unmap(&s->as, p, len, false, 0);
    }
}

static gpointer reader(gpointer data)
{
    Stage *s = data;
    GRand *rand = g_rand_new();

    rcu_register_thread();
    while (!qatomic_read(&s->stop)) {
        read_once(s, rand);
        transfer_once(s, rand);
        map_once(s, rand);
    }
    rcu_unregister_thread();
    g_rand_free(rand);
    return NULL;
}

static void fill(MemoryRegion *mr, uint8_t byte)
{
    memset(memory_region_get_ram_ptr(mr), byte, SIZE);
}

static void stage_init(Stage *s)
{
    memory_region_init(&s->root, NULL, "root", UINT64_MAX);
    memory_region_init(&s->box, NULL, "box", UINT64_MAX);
    for (unsigned i = 0; i < 2; i++) {
        memory_region_init_ram(&s->ram[i], NULL, "ram", SIZE, &error_abort);
        fill(&s->ram[i], i ? 0x22 : 0x11);
        memory_region_add_subregion(&s->box, i * SIZE, &s->ram[i]);
    }
    memory_region_init_alias(&s->window, NULL, "window", &s->box, 0, SIZE);
    memory_region_add_subregion(&s->root, 0, &s->window);
    address_space_init(&s->as, &s->root, "stage");
}

/* A device comes, is in front for a moment, and goes. */
static void visit(Stage *s)
{
    Owner *owner = (Owner *)object_new(TYPE_OWNER);

    memory_region_init_ram(&owner->ram, OBJECT(owner), "visitor", SIZE, &error_abort);
    fill(&owner->ram, 0x33);
    memory_region_add_subregion_overlap(&s->root, 0, &owner->ram, 1);
    memory_region_del_subregion(&s->root, &owner->ram);
    object_unref(OBJECT(owner));
}

static void edit_stage(Stage *s, unsigned n)
{
    switch (n % 4) {
    case 0:
        memory_region_set_alias_offset(&s->window, n % 8 ? SIZE : SIZE / 2);
        break;
    case 1:
        memory_region_set_enabled(&s->window, n % 8 == 1);
        break;
    case 2:
        if (n % 40 == 2) {
            visit(s);
        }
        break;
    default:
        memory_region_set_alias_offset(&s->window, 0);
        memory_region_set_enabled(&s->window, true);
        break;
    }
}

static void test_readers_while_editing(void)
{
    Stage *s = g_new0(Stage, 1);
    GThread *threads[READERS];

    stage_init(s);
    for (unsigned i = 0; i < READERS; i++) {
        threads[i] = g_thread_new("reader", reader, s);
    }
    for (unsigned i = 0; i < EDITS || qatomic_read(&s->answered) < 1000; i++) {
        edit_stage(s, i);
        if (i % 16 == 0) {
            /* Bounce buffers and reclaiming want the big lock. */
            bql_unlock();
            g_usleep(50);
            bql_lock();
        }
    }
    qatomic_set(&s->stop, true);
    bql_unlock();
    for (unsigned i = 0; i < READERS; i++) {
        g_thread_join(threads[i]);
    }
    bql_lock();
    g_assert_cmpuint(qatomic_read(&s->reads), >, 1000);
    address_space_destroy(&s->as);
    drain_call_rcu();
    memory_region_del_subregion(&s->root, &s->window);
    memory_region_del_subregion(&s->box, &s->ram[0]);
    memory_region_del_subregion(&s->box, &s->ram[1]);
    object_unref(OBJECT(&s->window));
    object_unref(OBJECT(&s->ram[0]));
    object_unref(OBJECT(&s->ram[1]));
    object_unref(OBJECT(&s->box));
    object_unref(OBJECT(&s->root));
    drain_call_rcu();
    g_free(s);
}

/* ---- Who is in use lives ---- */

/* A RAM whose owner nobody but its users holds; it is out of the map again. */
static void make_orphan(Stage *s, hwaddr at, void (*use)(Stage *s, hwaddr at))
{
    Owner *owner = (Owner *)object_new(TYPE_OWNER);

    memory_region_init_ram(&owner->ram, OBJECT(owner), "orphan", SIZE, &error_abort);
    fill(&owner->ram, 0x33);
    memory_region_add_subregion_overlap(&s->root, at, &owner->ram, 1);
    use(s, at);
    memory_region_del_subregion(&s->root, &owner->ram);
    object_unref(OBJECT(owner));
    drain_call_rcu();
}

static uint8_t *mapped;
static MemoryRegionCache cache;
static MemoryRegionSection section;

static void use_map(Stage *s, hwaddr at)
{
    hwaddr len = SIZE;

    mapped = address_space_map(&s->as, at, &len, true, ANY);
    g_assert_cmphex(len, ==, SIZE);
}

static void use_cache(Stage *s, hwaddr at)
{
    g_assert_cmpint(address_space_cache_init(&cache, &s->as, at, SIZE, false), ==, SIZE);
}

static void use_find(Stage *s, hwaddr at)
{
    section = memory_region_find(&s->root, at, 1);
}

static void use_nothing(Stage *s, hwaddr at)
{
}

static void test_users_keep_owners(void)
{
    Stage *s = g_new0(Stage, 1);

    memory_region_init(&s->root, NULL, "root", UINT64_MAX);
    address_space_init(&s->as, &s->root, "users");
    make_orphan(s, 0, use_nothing);
    g_assert_cmpuint(owners, ==, 0);
    make_orphan(s, 0, use_map);
    g_assert_cmpuint(owners, ==, 1);
    g_assert_cmphex(mapped[SIZE - 1], ==, 0x33);
    address_space_unmap(&s->as, mapped, SIZE, true, SIZE);
    g_assert_cmpuint(owners, ==, 0);
    make_orphan(s, SIZE, use_cache);
    g_assert_cmpuint(owners, ==, 1);
    g_assert_cmphex(ldl_le_phys_cached(&cache, SIZE - 4), ==, 0x33333333);
    address_space_cache_destroy(&cache);
    g_assert_cmpuint(owners, ==, 0);
    make_orphan(s, 2 * SIZE, use_find);
    g_assert_cmpuint(owners, ==, 1);
    g_assert_cmpstr(memory_region_name(section.mr), ==, "orphan");
    memory_region_unref(section.mr);
    g_assert_cmpuint(owners, ==, 0);
    address_space_destroy(&s->as);
    memory_test_free(&s->root);
    drain_call_rcu();
    g_free(s);
}

/* ---- Regions that change where they are ---- */

#define ROMD_AT    0x100000
#define RAM_AT     0x200000
#define GROWING_AT 0x300000

/* A ROM device that goes in and out of romd mode, RAM that becomes ROM, RAM that grows. */
typedef struct Changing {
    MemoryRegion root, romd, ram, growing;
    AddressSpace as;
    bool stop;
    uint64_t of_memory, of_device, written, ignored, beyond;
} Changing;

static uint64_t changing_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0x2222222222222222;
}

static void changing_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
}

static const MemoryRegionOps changing_ops = {
    .read = changing_read,
    .write = changing_write,
    .impl = { .min_access_size = 8, .max_access_size = 8 },
};

static void use_changing(Changing *s, GRand *rand)
{
    hwaddr page = g_rand_int_range(rand, 0, RAM_PAGES) * TARGET_PAGE_SIZE;
    uint64_t value = g_rand_int(rand);
    MemTxResult r;
    uint64_t v = address_space_ldq_le(&s->as, ROMD_AT + page, ANY, &r);

    g_assert_true(r == MEMTX_OK && (v == 0x1111111111111111 || v == 0x2222222222222222));
    qatomic_inc(v == 0x1111111111111111 ? &s->of_memory : &s->of_device);
    address_space_stq_le(&s->as, RAM_AT, value, ANY, &r);
    g_assert_cmpint(r, ==, MEMTX_OK);
    qatomic_inc(address_space_ldq_le(&s->as, RAM_AT, ANY, &r) == value ? &s->written : &s->ignored);
    v = address_space_ldq_le(&s->as, GROWING_AT + page, ANY, &r);
    if (r == MEMTX_OK) {
        g_assert_true(v == 0 || v == 0x3333333333333333);
    } else {
        g_assert_cmpint(r, ==, MEMTX_DECODE_ERROR);
        g_assert_cmphex(page, !=, 0);
        qatomic_inc(&s->beyond);
    }
}

static gpointer changing_reader(gpointer data)
{
    Changing *s = data;
    GRand *rand = g_rand_new();

    rcu_register_thread();
    while (!qatomic_read(&s->stop)) {
        use_changing(s, rand);
    }
    rcu_unregister_thread();
    g_rand_free(rand);
    return NULL;
}

static bool seen_all(const Changing *s)
{
    return qatomic_read(&s->of_memory) > 100 && qatomic_read(&s->of_device) > 100 &&
           qatomic_read(&s->written) > 100 && qatomic_read(&s->ignored) > 100 &&
           qatomic_read(&s->beyond) > 100;
}

static void changing_init(Changing *s)
{
    memory_region_init(&s->root, NULL, "root", UINT64_MAX);
    memory_region_init_rom_device(&s->romd, NULL, &changing_ops, NULL, "romd", SIZE, &error_abort);
    memory_region_init_ram(&s->ram, NULL, "ram", SIZE, &error_abort);
    memory_region_init_resizeable_ram(&s->growing, NULL, "growing", TARGET_PAGE_SIZE, SIZE, NULL,
                                      &error_abort);
    fill(&s->romd, 0x11);
    fill(&s->growing, 0x33);
    memory_region_add_subregion(&s->root, ROMD_AT, &s->romd);
    memory_region_add_subregion(&s->root, RAM_AT, &s->ram);
    memory_region_add_subregion(&s->root, GROWING_AT, &s->growing);
    address_space_init(&s->as, &s->root, "changing");
}

static void test_regions_change_in_place(void)
{
    Changing *s = g_new0(Changing, 1);
    GThread *thread;

    changing_init(s);
    thread = g_thread_new("reader", changing_reader, s);
    for (unsigned i = 0; i < EDITS / 4 || !seen_all(s); i++) {
        memory_region_rom_device_set_romd(&s->romd, i & 1);
        memory_region_set_readonly(&s->ram, i & 1);
        memory_region_ram_resize(&s->growing, i & 1 ? SIZE : TARGET_PAGE_SIZE, &error_abort);
        bql_unlock();
        g_usleep(50);
        bql_lock();
    }
    qatomic_set(&s->stop, true);
    bql_unlock();
    g_thread_join(thread);
    bql_lock();
    address_space_destroy(&s->as);
    drain_call_rcu();
    memory_region_del_subregion(&s->root, &s->romd);
    memory_region_del_subregion(&s->root, &s->ram);
    memory_region_del_subregion(&s->root, &s->growing);
    memory_test_free(&s->romd);
    memory_test_free(&s->ram);
    memory_test_free(&s->growing);
    memory_test_free(&s->root);
    drain_call_rcu();
    g_free(s);
}

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    g_test_add_func("/memory/live/random-edits-match-the-oracle-and-the-deltas", test_random_edits);
    g_test_add_func("/memory/live/readers-see-one-map-while-it-is-edited",
                    test_readers_while_editing);
    g_test_add_func("/memory/live/what-is-in-use-keeps-its-owner", test_users_keep_owners);
    g_test_add_func("/memory/live/regions-change-while-they-are-used",
                    test_regions_change_in_place);
    return g_test_run();
}
