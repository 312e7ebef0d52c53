/*
 * Transactions and listeners: who is told what, and when.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "memory-test.h"
#include "system/memory/internal.h"

typedef struct Recorder {
    MemoryListener listener;
    const char *prefix;
    GString *log;
} Recorder;

static GString *event_log;

static void record(MemoryListener *l, const char *what, MemoryRegionSection *s)
{
    Recorder *r = container_of(l, Recorder, listener);

    g_string_append_printf(event_log, "%s%s%s", event_log->len ? " " : "", r->prefix, what);
    if (s) {
        g_string_append_printf(event_log, "%s@%" PRIx64 "+%" PRIx64, memory_region_name(s->mr),
                               s->offset_within_address_space, (uint64_t)s->size);
    }
}

static void begin(MemoryListener *l)
{
    record(l, "{", NULL);
}

static void commit(MemoryListener *l)
{
    record(l, "}", NULL);
}

static void region_add(MemoryListener *l, MemoryRegionSection *s)
{
    record(l, "+", s);
}

static void region_del(MemoryListener *l, MemoryRegionSection *s)
{
    record(l, "-", s);
}

static void region_nop(MemoryListener *l, MemoryRegionSection *s)
{
    record(l, "=", s);
}

#define RECORDER(p)                                                                                \
    {                                                                                              \
        .listener = { .begin = begin,                                                              \
                      .commit = commit,                                                            \
                      .region_add = region_add,                                                    \
                      .region_del = region_del,                                                    \
                      .region_nop = region_nop,                                                    \
                      .name = "recorder" },                                                        \
        .prefix = p,                                                                               \
    }

static void expect_events(const char *text)
{
    g_assert_cmpstr(event_log->str, ==, text);
    g_string_truncate(event_log, 0);
}

typedef struct Fixture {
    MemoryRegion root, a, b;
    AddressSpace as;
} Fixture;

static void setup(Fixture *f, gconstpointer data)
{
    event_log = g_string_new("");
    memory_region_init(&f->root, NULL, "root", 0x100);
    memory_region_init_reservation(&f->a, NULL, "A", 0x10);
    memory_region_init_reservation(&f->b, NULL, "B", 0x10);
    address_space_init(&f->as, &f->root, "test");
}

static void teardown(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->as);
    while (!QTAILQ_EMPTY(&f->root.subregions)) {
        memory_region_del_subregion(&f->root, QTAILQ_FIRST(&f->root.subregions));
    }
    drain_call_rcu();
    object_unref(OBJECT(&f->a));
    object_unref(OBJECT(&f->b));
    object_unref(OBJECT(&f->root));
    g_string_free(event_log, TRUE);
}

static void test_sees_all_when_registered(Fixture *f, gconstpointer data)
{
    Recorder r = RECORDER("");

    memory_region_add_subregion(&f->root, 0x10, &f->a);
    memory_region_add_subregion(&f->root, 0x40, &f->b);
    memory_listener_register(&r.listener, &f->as);
    expect_events("{ +A@10+10 +B@40+10 }");
    memory_listener_unregister(&r.listener);
    expect_events("{ -A@10+10 -B@40+10 }");
}

static void test_only_the_difference(Fixture *f, gconstpointer data)
{
    Recorder r = RECORDER("");

    memory_region_add_subregion(&f->root, 0x10, &f->a);
    memory_listener_register(&r.listener, &f->as);
    g_string_truncate(event_log, 0);
    memory_region_add_subregion(&f->root, 0x40, &f->b);
    expect_events("{ =A@10+10 +B@40+10 }");
    memory_region_set_address(&f->a, 0x18);
    expect_events("{ -A@10+10 +A@18+10 =B@40+10 }");
    memory_region_set_size(&f->b, 8);
    expect_events("{ -B@40+10 =A@18+10 +B@40+8 }");
    memory_region_set_enabled(&f->b, false);
    expect_events("{ -B@40+8 =A@18+10 }");
    memory_listener_unregister(&r.listener);
}

static void test_all_deletions_before_additions(Fixture *f, gconstpointer data)
{
    Recorder r = RECORDER("");

    memory_region_add_subregion(&f->root, 0x10, &f->a);
    memory_region_add_subregion(&f->root, 0x40, &f->b);
    memory_listener_register(&r.listener, &f->as);
    g_string_truncate(event_log, 0);
    memory_region_transaction_begin();
    memory_region_set_address(&f->a, 0x40);
    memory_region_set_address(&f->b, 0x10);
    memory_region_transaction_commit();
    expect_events("{ -A@10+10 -B@40+10 +B@10+10 +A@40+10 }");
    memory_listener_unregister(&r.listener);
}

static void test_nested_transactions_commit_once(Fixture *f, gconstpointer data)
{
    Recorder r = RECORDER("");

    memory_listener_register(&r.listener, &f->as);
    g_string_truncate(event_log, 0);
    memory_region_transaction_begin();
    memory_region_add_subregion(&f->root, 0, &f->a);
    memory_region_transaction_begin();
    memory_region_add_subregion(&f->root, 0x20, &f->b);
    memory_region_transaction_commit();
    expect_events("");
    memory_region_transaction_commit();
    expect_events("{ +A@0+10 +B@20+10 }");
    memory_listener_unregister(&r.listener);
}

static void test_nothing_changed_nothing_said(Fixture *f, gconstpointer data)
{
    Recorder r = RECORDER("");

    memory_listener_register(&r.listener, &f->as);
    g_string_truncate(event_log, 0);
    memory_region_transaction_begin();
    memory_region_transaction_commit();
    memory_region_set_enabled(&f->a, true);
    memory_region_set_address(&f->a, 0);
    expect_events("");
    /* A change of a region that shows nowhere changes no view. */
    memory_region_set_size(&f->a, 0x20);
    expect_events("{ }");
    memory_listener_unregister(&r.listener);
}

static void test_priority_order(Fixture *f, gconstpointer data)
{
    Recorder low = RECORDER("l"), high = RECORDER("h"), low2 = RECORDER("m");

    high.listener.priority = 10;
    memory_listener_register(&high.listener, &f->as);
    memory_listener_register(&low.listener, &f->as);
    memory_listener_register(&low2.listener, &f->as);
    g_string_truncate(event_log, 0);
    memory_region_add_subregion(&f->root, 0, &f->a);
    expect_events("l{ m{ h{ l+A@0+10 m+A@0+10 h+A@0+10 l} m} h}");
    memory_region_del_subregion(&f->root, &f->a);
    expect_events("l{ m{ h{ h-A@0+10 m-A@0+10 l-A@0+10 l} m} h}");
    memory_listener_unregister(&low.listener);
    memory_listener_unregister(&low2.listener);
    memory_listener_unregister(&high.listener);
}

static void test_change_of_rights_is_a_change(Fixture *f, gconstpointer data)
{
    Recorder r = RECORDER("");

    memory_region_add_subregion(&f->root, 0, &f->a);
    memory_listener_register(&r.listener, &f->as);
    g_string_truncate(event_log, 0);
    memory_region_set_readonly(&f->a, true);
    expect_events("{ -A@0+10 +A@0+10 }");
    memory_listener_unregister(&r.listener);
}

static void test_same_root_shares_the_view(Fixture *f, gconstpointer data)
{
    MemoryRegion bus, all;
    AddressSpace dma, twin;

    memory_region_add_subregion(&f->root, 0, &f->a);
    memory_region_add_subregion(&f->root, 0x20, &f->b);
    memory_region_init(&bus, NULL, "bus", UINT64_MAX);
    memory_region_init_alias(&all, NULL, "all", &f->root, 0, UINT64_MAX);
    memory_region_add_subregion(&bus, 0, &all);
    address_space_init(&dma, &bus, "dma");
    address_space_init(&twin, &f->root, "twin");
    g_assert_true(dma.current_map == f->as.current_map);
    g_assert_true(twin.current_map == f->as.current_map);
    memory_region_set_address(&f->b, 0x30);
    g_assert_true(dma.current_map == f->as.current_map);
    memory_region_set_enabled(&all, false);
    g_assert_true(dma.current_map != f->as.current_map);
    g_assert_cmpuint(dma.current_map->nr, ==, 0);
    address_space_destroy(&dma);
    address_space_destroy(&twin);
    memory_region_del_subregion(&bus, &all);
    drain_call_rcu();
    object_unref(OBJECT(&all));
    object_unref(OBJECT(&bus));
}

static void test_unchanged_view_is_kept(Fixture *f, gconstpointer data)
{
    MemoryRegion other;
    FlatView *view;

    memory_region_add_subregion(&f->root, 0, &f->a);
    view = f->as.current_map;
    memory_region_init(&other, NULL, "other", 0x100);
    memory_region_add_subregion(&other, 0, &f->b);
    g_assert_true(view == f->as.current_map);
    memory_region_del_subregion(&other, &f->b);
    object_unref(OBJECT(&other));
}

static void test_find(Fixture *f, gconstpointer data)
{
    MemoryRegionSection s;

    memory_region_add_subregion(&f->root, 0x10, &f->a);
    memory_region_add_subregion(&f->root, 0x40, &f->b);
    s = memory_region_find(&f->root, 0, 0x18);
    g_assert_true(s.mr == &f->a);
    g_assert_cmphex(s.offset_within_address_space, ==, 0x10);
    g_assert_cmphex((uint64_t)s.size, ==, 8);
    g_assert_cmphex(s.offset_within_region, ==, 0);
    s = memory_region_find(&f->root, 0x44, 0x100);
    g_assert_true(s.mr == &f->b);
    g_assert_cmphex(s.offset_within_region, ==, 4);
    g_assert_null(memory_region_find(&f->root, 0x20, 0x20).mr);
    g_assert_true(memory_region_present(&f->root, 0x1f));
    g_assert_false(memory_region_present(&f->root, 0x20));
}

/* ---- Readers while views change ---- */

typedef struct Reader {
    GThread *thread;
    AddressSpace *as;
    bool stop;
    unsigned reads;
} Reader;

static gpointer read_all_the_time(gpointer opaque)
{
    Reader *r = opaque;

    rcu_register_thread();
    while (!qatomic_read(&r->stop)) {
        RCU_READ_LOCK_GUARD();
        MemoryRegionSection s = address_space_lookup(r->as, 0x15);
        hwaddr end = s.offset_within_address_space + (hwaddr)(s.size - 1);
        g_assert_cmphex(s.offset_within_address_space, <=, 0x15);
        g_assert_cmphex(end, >=, 0x15);
        qatomic_set(&r->reads, r->reads + 1);
    }
    rcu_unregister_thread();
    return NULL;
}

static void test_readers_never_see_half_a_change(Fixture *f, gconstpointer data)
{
    Reader r = { .as = &f->as };

    r.thread = g_thread_new("reader", read_all_the_time, &r);
    memory_region_add_subregion(&f->root, 0x10, &f->a);
    memory_region_add_subregion_overlap(&f->root, 0x10, &f->b, 1);
    for (int i = 0; i < 2000 || qatomic_read(&r.reads) < 100; i++) {
        memory_region_set_enabled(&f->b, i & 1);
    }
    qatomic_set(&r.stop, true);
    g_thread_join(r.thread);
}

static void test_resizing_ram_is_a_change(Fixture *f, gconstpointer data)
{
    Recorder r = RECORDER("");
    MemoryRegion ram, window;

    memory_region_init_resizeable_ram(&ram, NULL, "ram", 0x1000, 0x4000, NULL, &error_abort);
    memory_region_init_alias(&window, NULL, "window", &ram, 0x800, 0x10000);
    memory_region_set_size(&f->root, 0x20000);
    memory_region_add_subregion(&f->root, 0, &window);
    memory_listener_register(&r.listener, &f->as);
    expect_events("{ +ram@0+800 }");
    memory_region_ram_resize(&ram, 0x3000, &error_abort);
    expect_events("{ -ram@0+800 +ram@0+2800 }");
    memory_region_transaction_begin();
    memory_region_ram_resize(&ram, 0x1000, &error_abort);
    memory_region_ram_resize(&ram, 0x3000, &error_abort);
    memory_region_transaction_commit();
    expect_events("{ }");
    memory_listener_unregister(&r.listener);
    g_string_truncate(event_log, 0);
    memory_region_del_subregion(&f->root, &window);
    memory_test_free(&window);
    memory_test_free(&ram);
}

#define RULE(name, func) g_test_add("/memory/listener/" name, Fixture, NULL, setup, func, teardown)

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    RULE("sees-all-when-registered", test_sees_all_when_registered);
    RULE("only-the-difference", test_only_the_difference);
    RULE("all-deletions-before-additions", test_all_deletions_before_additions);
    RULE("nested-transactions-commit-once", test_nested_transactions_commit_once);
    RULE("nothing-changed-nothing-said", test_nothing_changed_nothing_said);
    RULE("priority-order", test_priority_order);
    RULE("change-of-rights-is-a-change", test_change_of_rights_is_a_change);
    RULE("resizing-ram-is-a-change", test_resizing_ram_is_a_change);
    RULE("same-root-shares-the-view", test_same_root_shares_the_view);
    RULE("unchanged-view-is-kept", test_unchanged_view_is_kept);
    RULE("find-cuts-to-the-range-asked", test_find);
    RULE("readers-never-see-half-a-change", test_readers_never_see_half_a_change);
    return g_test_run();
}
