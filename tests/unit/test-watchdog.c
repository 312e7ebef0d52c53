/*
 * Watchdog cards: what their registers start, stop and reload, and when they run out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pci-test.h"
#include "hw/core/watchdog.h"
#include "system/events.h"

enum { PRELOAD_1 = 0, PRELOAD_2 = 4, STATUS = 8, RELOAD = 12 };
enum { CONFIG = 0x60, LOCK = 0x68 };
enum { FAST = 4, LOCKED = 1, ENABLED = 2, FREE_RUNNING = 4 };

static PciTest t;
static PCIDevice *dev;
static int times;

static void count_event(const EventType *type, JsonObject *data)
{
    if (g_str_equal(type->name, "WATCHDOG")) {
        g_assert_cmpstr(json_object_get_string_member(data, "action"), ==, "none");
        times++;
    }
}

static uint32_t get(unsigned reg)
{
    return rd(&t.mem_as, PCI_TEST_BARS + reg, MO_32);
}

static void put_locked(unsigned reg, uint32_t value)
{
    wr(&t.mem_as, PCI_TEST_BARS + reg, value, MO_32);
}

static void put(unsigned reg, uint32_t value)
{
    put_locked(RELOAD, 0x80);
    put_locked(RELOAD, 0x86);
    put_locked(reg, value);
}

/* Stages of 2 and 3 ms or so, with the slow clock. */
static void begin(void)
{
    device_cold_reset(DEVICE(dev));
    pci_test_enable(&t, dev, -1, 0);
    put(PRELOAD_1, 2);
    put(PRELOAD_2, 3);
    times = 0;
}

#define MS 1000000

static void it_runs_out_in_two_stages(void)
{
    begin();
    test_advance_ns(100 * MS);
    g_assert_cmphex(get(STATUS), ==, 0);
    pci_test_config(&t, dev, LOCK, ENABLED, 1);
    test_advance_ns(1.9 * MS);
    g_assert_cmpint(t.irq, ==, 0);
    test_advance_ns(0.2 * MS);
    g_assert_cmpint(t.irq, ==, 1);
    g_assert_cmphex(get(STATUS), ==, 1);
    put_locked(STATUS, 1);
    g_assert_cmpint(t.irq, ==, 0);
    test_advance_ns(2.8 * MS);
    g_assert_cmpint(times, ==, 0);
    test_advance_ns(0.2 * MS);
    g_assert_cmpint(times, ==, 1);
    g_assert_cmphex(get(RELOAD), ==, 0x200);
    put(RELOAD, 0x200);
    g_assert_cmphex(get(RELOAD), ==, 0);
    test_advance_ns(100 * MS);
    g_assert_cmpint(times, ==, 1);
}

static void a_reload_begins_anew(void)
{
    begin();
    pci_test_config(&t, dev, LOCK, ENABLED, 1);
    for (int i = 0; i < 10; i++) {
        test_advance_ns(1.5 * MS);
        put(RELOAD, 0x100);
    }
    g_assert_cmpint(t.irq, ==, 0);
    test_advance_ns(3 * MS); /* in the second stage, too */
    g_assert_cmpint(t.irq, ==, 1);
    put(RELOAD, 0x100);
    g_assert_cmpint(t.irq, ==, 0);
    test_advance_ns(4 * MS);
    g_assert_cmpint(times, ==, 0);
}

static void registers_are_unlocked_by_two_writes(void)
{
    begin();
    pci_test_config(&t, dev, LOCK, ENABLED, 1);
    test_advance_ns(1.5 * MS);
    put_locked(RELOAD, 0x100);
    put_locked(RELOAD, 0x86);
    put_locked(RELOAD, 0x100);
    put_locked(RELOAD, 0x80);
    put_locked(PRELOAD_2, 0xfffff);
    put_locked(RELOAD, 0x86);
    put_locked(PRELOAD_2, 0xfffff);
    test_advance_ns(1 * MS);
    g_assert_cmpint(t.irq, ==, 1);
    test_advance_ns(3 * MS);
    g_assert_cmpint(times, ==, 1);
}

static void what_is_locked_stays(void)
{
    begin();
    pci_test_config(&t, dev, LOCK, ENABLED | LOCKED, 1);
    pci_test_config(&t, dev, LOCK, 0, 1);
    g_assert_cmphex(pci_test_get_config(&t, dev, LOCK, 1), ==, ENABLED | LOCKED);
    test_advance_ns(10 * MS);
    g_assert_cmpint(times, ==, 1);
    begin();
    pci_test_config(&t, dev, LOCK, ENABLED, 1);
    pci_test_config(&t, dev, LOCK, 0, 1);
    test_advance_ns(10 * MS);
    g_assert_cmpint(times, ==, 0);
}

/* However short it is, the host isn't kept from everything else. */
static void a_free_running_timer_has_one_stage(void)
{
    begin();
    pci_test_config(&t, dev, LOCK, ENABLED | FREE_RUNNING, 1);
    test_advance_ns(10 * MS);
    g_assert_cmpint(t.irq, ==, 0);
    g_assert_cmpint(times, ==, 5);
    begin();
    put(PRELOAD_1, 0);
    pci_test_config(&t, dev, CONFIG, FAST, 1);
    pci_test_config(&t, dev, LOCK, ENABLED | FREE_RUNNING, 1);
    test_advance_ns(1 * MS);
    g_assert_cmpint(times, <=, 100);
    g_assert_cmpint(times, >, 0);
}

/* In the middle of a stage: it ends when it would have ended. */
static void a_snapshot_keeps_the_count(void)
{
    const VMStateDescription *state = DEVICE_GET_CLASS(dev)->vmsd;
    g_autoptr(GByteArray) saved = g_byte_array_new();
    VMStateReader reader;

    begin();
    pci_test_config(&t, dev, LOCK, ENABLED, 1);
    test_advance_ns(3 * MS);
    g_assert_cmpint(vmstate_save_state(saved, state, dev, &error_abort), ==, 0);
    device_cold_reset(DEVICE(dev));
    reader = (VMStateReader){ .data = saved->data, .size = saved->len };
    g_assert_cmpint(vmstate_load_state(&reader, state, dev, &error_abort), ==, 0);
    g_assert_cmpint(t.irq, ==, 1);
    test_advance_ns(1.9 * MS);
    g_assert_cmpint(times, ==, 0);
    test_advance_ns(0.2 * MS);
    g_assert_cmpint(times, ==, 1);
}

static void random_registers_do_no_harm(void)
{
    begin();
    for (int i = 0; i < 20000; i++) {
        uint32_t value = g_test_rand_int_range(0, 4) ? g_test_rand_int() : 0x80 + i % 2 * 6;

        switch (g_test_rand_int_range(0, 4)) {
        case 0:
            pci_test_config(&t, dev, g_test_rand_int_range(0, 2) ? CONFIG : LOCK, value & ~LOCKED, 1);
            break;
        case 1:
            test_advance_ns(g_test_rand_int_range(0, 20000));
            break;
        case 2:
            rd(&t.mem_as, PCI_TEST_BARS + g_test_rand_int_range(0, 4) * 4, MO_32);
            break;
        default:
            put_locked(g_test_rand_int_range(0, 4) * 4, value);
        }
    }
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    pci_test_init(&t);
    dev = pci_create_simple(t.bus, -1, "i6300esb");
    event_set_listener(count_event);
    watchdog_set_action("none", &error_abort);

    g_test_add_func("/i6300esb/runs-out-in-two-stages", it_runs_out_in_two_stages);
    g_test_add_func("/i6300esb/a-reload-begins-anew", a_reload_begins_anew);
    g_test_add_func("/i6300esb/two-writes-unlock", registers_are_unlocked_by_two_writes);
    g_test_add_func("/i6300esb/locked-is-locked", what_is_locked_stays);
    g_test_add_func("/i6300esb/free-running-has-one-stage", a_free_running_timer_has_one_stage);
    g_test_add_func("/i6300esb/snapshot", a_snapshot_keeps_the_count);
    g_test_add_func("/i6300esb/random", random_registers_do_no_harm);
    return g_test_run();
}
