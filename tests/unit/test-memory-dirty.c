/*
 * Dirty tracking; writes that set event notifiers; coalesced ranges; what listeners hear of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "memory-test.h"
#include "qemu/event_notifier.h"
#include "system/memory-cached.h"
#include "system/ramblock.h"

#define ANY   MEMTXATTRS_UNSPECIFIED
#define PAGE  TARGET_PAGE_SIZE
#define PAGES 200

static MemoryRegion sys, ram, window, regs;
static AddressSpace as;
static unsigned device_writes;
static GString *heard;

static void regs_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    device_writes++;
}

static const MemoryRegionOps regs_ops = {
    .write = regs_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
};

static void build(void)
{
    memory_region_init(&sys, NULL, "system", UINT64_MAX);
    memory_region_init_ram(&ram, NULL, "ram", PAGES * PAGE, &error_abort);
    memory_region_init_alias(&window, NULL, "window", &ram, 100 * PAGE, 10 * PAGE);
    memory_region_init_io(&regs, NULL, &regs_ops, NULL, "regs", PAGE);
    memory_region_add_subregion(&sys, 0, &ram);
    memory_region_add_subregion(&sys, 0x10000000, &window);
    memory_region_add_subregion(&sys, 0x20000000, &regs);
    address_space_init(&as, &sys, "memory");
    heard = g_string_new("");
}

static void write_at(hwaddr addr)
{
    stb_phys(&as, addr, 1);
}

/* "3 7-9": the dirty pages of [first, end), and clears them. */
static char *harvest(MemoryRegion *mr, unsigned first, unsigned end, unsigned client)
{
    g_autofree DirtyBitmapSnapshot *snap = memory_region_snapshot_and_clear_dirty(
        mr, first * PAGE, (end - first) * PAGE, client);
    GString *s = g_string_new("");

    for (unsigned i = first; i < end; i++) {
        if (memory_region_snapshot_get_dirty(mr, snap, i * PAGE, PAGE)) {
            g_string_append_printf(s, "%s%u", s->len ? " " : "", i);
        }
    }
    return g_string_free(s, FALSE);
}

static void expect_dirty(MemoryRegion *mr, unsigned first, unsigned end, unsigned client,
                         const char *text)
{
    g_autofree char *got = harvest(mr, first, end, client);

    g_assert_cmpstr(got, ==, text);
}

static void test_all_pages_start_dirty(void)
{
    g_assert_false(memory_region_is_logging(&ram, DIRTY_MEMORY_VGA));
    memory_region_set_log(&ram, true, DIRTY_MEMORY_VGA);
    g_assert_true(memory_region_is_logging(&window, DIRTY_MEMORY_VGA));
    g_assert_false(memory_region_is_logging(&ram, DIRTY_MEMORY_MIGRATION));
    expect_dirty(&ram, 62, 67, DIRTY_MEMORY_VGA, "62 63 64 65 66");
    expect_dirty(&ram, 62, 67, DIRTY_MEMORY_VGA, "");
    expect_dirty(&ram, 60, 69, DIRTY_MEMORY_VGA, "60 61 67 68");
    memory_region_set_log(&ram, false, DIRTY_MEMORY_VGA);
}

static void test_writes_are_seen_once(void)
{
    uint8_t buf[2 * PAGE] = { 0 };

    memory_region_set_log(&ram, true, DIRTY_MEMORY_VGA);
    memory_region_reset_dirty(&ram, 0, PAGES * PAGE, DIRTY_MEMORY_VGA);
    write_at(3 * PAGE);
    address_space_write(&as, 64 * PAGE - 1, ANY, buf, 2);
    address_space_write(&as, 7 * PAGE + 5, ANY, buf, sizeof(buf));
    write_at(0x10000000 + PAGE); /* through the alias */
    g_assert_true(memory_region_get_dirty(&ram, 0, 4 * PAGE, DIRTY_MEMORY_VGA));
    g_assert_false(memory_region_get_dirty(&ram, 0, 3 * PAGE, DIRTY_MEMORY_VGA));
    expect_dirty(&ram, 0, PAGES, DIRTY_MEMORY_VGA, "3 7 8 9 63 64 101");
    expect_dirty(&ram, 0, PAGES, DIRTY_MEMORY_VGA, "");
    memory_region_set_log(&ram, false, DIRTY_MEMORY_VGA);
    write_at(3 * PAGE);
    expect_dirty(&ram, 0, PAGES, DIRTY_MEMORY_VGA, "");
}

static void test_cached_and_mapped_writes_are_seen(void)
{
    MemoryRegionCache cache;
    hwaddr len = PAGE;
    uint8_t *p;

    memory_region_set_log(&ram, true, DIRTY_MEMORY_VGA);
    memory_region_reset_dirty(&ram, 0, PAGES * PAGE, DIRTY_MEMORY_VGA);
    address_space_cache_init(&cache, &as, PAGE, PAGE, true);
    stb_phys_cached(&cache, 4, 1);
    address_space_cache_destroy(&cache);
    p = address_space_map(&as, 5 * PAGE, &len, true, ANY);
    p[0] = 1;
    address_space_unmap(&as, p, len, true, 1);
    expect_dirty(&ram, 0, PAGES, DIRTY_MEMORY_VGA, "1 5");
    memory_region_set_log(&ram, false, DIRTY_MEMORY_VGA);
}

static void test_clients_are_apart(void)
{
    memory_region_set_log(&ram, true, DIRTY_MEMORY_VGA);
    memory_global_dirty_log_start(GLOBAL_DIRTY_MIGRATION);
    memory_region_reset_dirty(&ram, 0, PAGES * PAGE, DIRTY_MEMORY_VGA);
    memory_region_reset_dirty(&ram, 0, PAGES * PAGE, DIRTY_MEMORY_MIGRATION);
    write_at(PAGE);
    expect_dirty(&ram, 0, PAGES, DIRTY_MEMORY_VGA, "1");
    expect_dirty(&ram, 0, PAGES, DIRTY_MEMORY_MIGRATION, "1");
    memory_global_dirty_log_start(GLOBAL_DIRTY_DIRTY_RATE);
    memory_global_dirty_log_stop(GLOBAL_DIRTY_MIGRATION);
    g_assert_true(memory_region_is_logging(&ram, DIRTY_MEMORY_MIGRATION));
    memory_global_dirty_log_stop(GLOBAL_DIRTY_DIRTY_RATE);
    g_assert_false(memory_region_is_logging(&ram, DIRTY_MEMORY_MIGRATION));
    write_at(2 * PAGE);
    expect_dirty(&ram, 0, PAGES, DIRTY_MEMORY_VGA, "2");
    expect_dirty(&ram, 0, PAGES, DIRTY_MEMORY_MIGRATION, "");
    memory_region_set_log(&ram, false, DIRTY_MEMORY_VGA);
}

static void hear_clean(MemoryRegion *mr, hwaddr offset, hwaddr len)
{
    g_string_append_printf(heard, "clean:%s@%" PRIx64 "+%" PRIx64 " ", memory_region_name(mr),
                           offset, len);
}

static void expect_heard(const char *text)
{
    g_assert_cmpstr(heard->str, ==, text);
    g_string_truncate(heard, 0);
}

static void test_the_translator_hears_what_was_cleared(void)
{
    memory_clean_pages_hook = hear_clean;
    memory_region_reset_dirty(&ram, 0, PAGES * PAGE, DIRTY_MEMORY_VGA);
    expect_heard(""); /* nobody logs it */
    memory_region_set_log(&ram, true, DIRTY_MEMORY_VGA);
    expect_heard("");
    memory_region_reset_dirty(&ram, 0, PAGES * PAGE, DIRTY_MEMORY_VGA);
    expect_heard("clean:ram@0+c8000 ");
    expect_dirty(&window, 0, 10, DIRTY_MEMORY_VGA, "");
    expect_heard(""); /* none was dirty */
    write_at(0x10000000 + PAGE);
    expect_dirty(&window, 0, 10, DIRTY_MEMORY_VGA, "1");
    expect_heard("clean:ram@64000+a000 ");
    memory_global_dirty_log_start(GLOBAL_DIRTY_MIGRATION);
    expect_heard("clean:ram@0+c8000 ");
    memory_global_dirty_log_stop(GLOBAL_DIRTY_MIGRATION);
    expect_heard("");
    memory_region_set_log(&ram, false, DIRTY_MEMORY_VGA);
    memory_clean_pages_hook = NULL;
}

static void test_a_page_is_clean_until_every_client_was_told(void)
{
    RAMBlock *rb = ram.ram_block;

    g_assert_false(ram_block_test_clean_page(rb, 65 * PAGE));
    memory_region_set_log(&ram, true, DIRTY_MEMORY_VGA);
    memory_global_dirty_log_start(GLOBAL_DIRTY_MIGRATION);
    ram_block_mark_dirty(rb, 64 * PAGE, 3 * PAGE);
    g_assert_false(ram_block_test_clean_page(rb, 65 * PAGE + 8));
    memory_region_reset_dirty(&ram, 65 * PAGE, PAGE, DIRTY_MEMORY_MIGRATION);
    g_assert_false(ram_block_test_clean_page(rb, 64 * PAGE));
    g_assert_true(ram_block_test_clean_page(rb, 65 * PAGE + 8));
    g_assert_false(ram_block_test_clean_page(rb, 66 * PAGE));
    memory_global_dirty_log_stop(GLOBAL_DIRTY_MIGRATION);
    g_assert_false(ram_block_test_clean_page(rb, 65 * PAGE));
    memory_region_set_log(&ram, false, DIRTY_MEMORY_VGA);
}

/* ---- Listeners ---- */

static void hear(const char *what, MemoryRegionSection *section)
{
    g_string_append_printf(heard, "%s:%s@%" PRIx64 "+%" PRIx64 " ", what,
                           memory_region_name(section->mr), section->offset_within_address_space,
                           (uint64_t)section->size);
}

static void hear_start(MemoryListener *l, MemoryRegionSection *s, int old_mask, int new_mask)
{
    hear("start", s);
}

static void hear_stop(MemoryListener *l, MemoryRegionSection *s, int old_mask, int new_mask)
{
    hear("stop", s);
}

/* What only the listener knows: that page 9 was written. */
static void hear_sync(MemoryListener *l, MemoryRegionSection *s)
{
    hear("sync", s);
    if (!s->offset_within_address_space) {
        memory_region_set_dirty(s->mr, 9 * PAGE, 1);
    }
}

static void hear_clear(MemoryListener *l, MemoryRegionSection *s)
{
    hear("clear", s);
}

static void hear_eventfd_add(MemoryListener *l, MemoryRegionSection *s, bool match_data,
                             uint64_t data, EventNotifier *e)
{
    hear("event", s);
}

static void hear_eventfd_del(MemoryListener *l, MemoryRegionSection *s, bool match_data,
                             uint64_t data, EventNotifier *e)
{
    hear("no-event", s);
}

static void hear_coalesced_add(MemoryListener *l, MemoryRegionSection *s, hwaddr addr, hwaddr len)
{
    hear("gather", s);
}

static void hear_coalesced_del(MemoryListener *l, MemoryRegionSection *s, hwaddr addr, hwaddr len)
{
    hear("no-gather", s);
}

static void test_listeners_hear_of_logging(void)
{
    MemoryListener l = { .log_start = hear_start, .log_stop = hear_stop, .log_sync = hear_sync,
                         .log_clear = hear_clear, .name = "test" };

    memory_listener_register(&l, &as);
    memory_region_set_log(&ram, true, DIRTY_MEMORY_VGA);
    expect_heard("start:ram@0+c8000 start:ram@10000000+a000 ");
    memory_region_reset_dirty(&ram, 0, PAGES * PAGE, DIRTY_MEMORY_VGA);
    expect_heard("clear:ram@0+c8000 clear:ram@10000000+a000 ");
    expect_dirty(&ram, 0, 12, DIRTY_MEMORY_VGA, "9");
    expect_heard("sync:ram@0+c8000 sync:ram@10000000+a000 clear:ram@0+c000 ");
    memory_region_set_log(&ram, false, DIRTY_MEMORY_VGA);
    expect_heard("stop:ram@0+c8000 stop:ram@10000000+a000 ");
    memory_listener_unregister(&l);
}

/* ---- Event notifiers ---- */

static void test_matching_writes_set_a_notifier(void)
{
    EventNotifier any, five;

    g_assert_cmpint(event_notifier_init(&any, 0), ==, 0);
    g_assert_cmpint(event_notifier_init(&five, 1), ==, 0);
    g_assert_true(event_notifier_test_and_clear(&five));
    g_assert_false(event_notifier_test_and_clear(&five));
    memory_region_add_eventfd(&regs, 0x10, 4, true, 5, &five);
    memory_region_add_eventfd(&regs, 0x20, 0, false, 0, &any);
    device_writes = 0;

    stl_be_phys(&as, 0x20000010, 5);
    g_assert_true(event_notifier_test_and_clear(&five));
    stl_le_phys(&as, 0x20000010, 0x05000000); /* the same bytes */
    g_assert_true(event_notifier_test_and_clear(&five));
    g_assert_cmpuint(device_writes, ==, 0);

    stl_be_phys(&as, 0x20000010, 6); /* other data, size, address: the device's */
    stw_be_phys(&as, 0x20000010, 5);
    stl_be_phys(&as, 0x20000014, 5);
    g_assert_false(event_notifier_test_and_clear(&five));
    g_assert_cmpuint(device_writes, ==, 3);

    stb_phys(&as, 0x20000020, 0);
    stl_be_phys(&as, 0x20000020, 1);
    g_assert_true(event_notifier_test_and_clear(&any));
    g_assert_cmpuint(device_writes, ==, 3);

    memory_region_del_eventfd(&regs, 0x10, 4, true, 5, &five);
    memory_region_del_eventfd(&regs, 0x20, 0, false, 0, &any);
    stl_be_phys(&as, 0x20000010, 5);
    g_assert_cmpuint(device_writes, ==, 4);
    event_notifier_cleanup(&any);
    event_notifier_cleanup(&five);
}

static unsigned flushes;

static void count_flush(void)
{
    flushes++;
}

static void test_listeners_hear_of_events(void)
{
    MemoryListener l = { .eventfd_add = hear_eventfd_add, .eventfd_del = hear_eventfd_del,
                         .coalesced_io_add = hear_coalesced_add,
                         .coalesced_io_del = hear_coalesced_del, .name = "test" };
    EventNotifier e;

    event_notifier_init(&e, 0);
    memory_region_add_eventfd(&regs, 0x10, 4, false, 0, &e);
    memory_listener_register(&l, &as);
    expect_heard("event:regs@20000010+4 ");
    memory_region_add_coalescing(&regs, 0x100, 0x20);
    expect_heard("gather:regs@20000100+20 ");
    memory_region_set_address(&regs, 0x30000000);
    expect_heard("no-event:regs@20000010+4 no-gather:regs@20000100+20 "
                 "event:regs@30000010+4 gather:regs@30000100+20 ");
    memory_flush_coalesced_hook = count_flush;
    stb_phys(&as, 0x30000000, 0);
    g_assert_cmpuint(flushes, ==, 1);
    memory_region_clear_coalescing(&regs);
    expect_heard("no-gather:regs@30000100+20 ");
    stb_phys(&as, 0x30000000, 0);
    g_assert_cmpuint(flushes, ==, 2); /* by clearing */
    memory_flush_coalesced_hook = NULL;
    memory_region_set_coalescing(&regs);
    expect_heard("gather:regs@30000000+1000 ");
    memory_listener_unregister(&l);
    expect_heard("no-event:regs@30000010+4 no-gather:regs@30000000+1000 ");
    memory_region_del_eventfd(&regs, 0x10, 4, false, 0, &e);
    memory_region_clear_coalescing(&regs);
    memory_region_set_address(&regs, 0x20000000);
    event_notifier_cleanup(&e);
}

/* ---- No write gets lost ---- */

#define WRITES 200000

static gpointer write_pages(gpointer data)
{
    rcu_register_thread();
    for (unsigned i = 0; i < WRITES; i++) {
        memory_region_set_dirty(&ram, (i % PAGES) * PAGE, 1);
        qatomic_inc((unsigned *)data);
    }
    rcu_unregister_thread();
    return NULL;
}

static void test_harvest_while_writing(void)
{
    unsigned written = 0;
    GThread *thread;
    g_autofree char *first = NULL, *last = NULL;

    memory_region_set_log(&ram, true, DIRTY_MEMORY_VGA);
    thread = g_thread_new("writer", write_pages, &written);
    while (qatomic_read(&written) < WRITES) {
        g_free(first);
        first = harvest(&ram, 0, PAGES, DIRTY_MEMORY_VGA);
    }
    g_thread_join(thread);
    last = harvest(&ram, 0, PAGES, DIRTY_MEMORY_VGA);
    expect_dirty(&ram, 0, PAGES, DIRTY_MEMORY_VGA, "");
    memory_region_set_dirty(&ram, 5 * PAGE, 1);
    expect_dirty(&ram, 0, PAGES, DIRTY_MEMORY_VGA, "5");
    memory_region_set_log(&ram, false, DIRTY_MEMORY_VGA);
}

#define RULE(name, func) g_test_add_func("/memory/" name, func)

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    build();
    RULE("dirty/all-pages-start-dirty", test_all_pages_start_dirty);
    RULE("dirty/writes-are-seen-once", test_writes_are_seen_once);
    RULE("dirty/cached-and-mapped-writes-are-seen", test_cached_and_mapped_writes_are_seen);
    RULE("dirty/clients-are-apart", test_clients_are_apart);
    RULE("dirty/the-translator-hears-what-was-cleared", test_the_translator_hears_what_was_cleared);
    RULE("dirty/a-page-is-clean-until-every-client-was-told",
         test_a_page_is_clean_until_every_client_was_told);
    RULE("dirty/listeners-hear-of-logging", test_listeners_hear_of_logging);
    RULE("dirty/harvest-while-others-write", test_harvest_while_writing);
    RULE("events/matching-writes-set-a-notifier", test_matching_writes_set_a_notifier);
    RULE("events/listeners-hear-of-them", test_listeners_hear_of_events);
    return g_test_run();
}
