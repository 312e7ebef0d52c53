/*
 * Watchdog cards: what their registers start, stop and reload, and when they run out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/core/watchdog.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "system/events.h"

enum { BAR = 0x10000000 };
enum { PRELOAD_1 = 0, PRELOAD_2 = 4, STATUS = 8, RELOAD = 12 };
enum { CONFIG = 0x60, LOCK = 0x68 };
enum { FAST = 4, LOCKED = 1, ENABLED = 2, FREE_RUNNING = 4 };

#define TYPE_TEST_HOST "watchdog-test-pci-host"

static PCIBus *bus;
static PCIDevice *dev;
static MemoryRegion mem, io;
static AddressSpace mem_as;
static int irq, times;

static void count_event(const EventType *type, JsonObject *data)
{
    if (g_str_equal(type->name, "WATCHDOG")) {
        g_assert_cmpstr(json_object_get_string_member(data, "action"), ==, "none");
        times++;
    }
}

static int map_irq(PCIDevice *d, int pin)
{
    return 0;
}

static void set_irq(void *opaque, int n, int level)
{
    irq = level;
}

static void config(unsigned reg, uint32_t value, int len)
{
    pci_data_write(bus, 0x80000000 | dev->devfn << 8 | reg, value, len);
}

static uint32_t get_config(unsigned reg, int len)
{
    return pci_data_read(bus, 0x80000000 | dev->devfn << 8 | reg, len);
}

static uint32_t get(unsigned reg)
{
    return rd(&mem_as, BAR + reg, MO_32);
}

static void put_locked(unsigned reg, uint32_t value)
{
    wr(&mem_as, BAR + reg, value, MO_32);
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
    config(PCI_BASE_ADDRESS_0, BAR, 4);
    config(PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
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
    config(LOCK, ENABLED, 1);
    test_advance_ns(1.9 * MS);
    g_assert_cmpint(irq, ==, 0);
    test_advance_ns(0.2 * MS);
    g_assert_cmpint(irq, ==, 1);
    g_assert_cmphex(get(STATUS), ==, 1);
    put_locked(STATUS, 1);
    g_assert_cmpint(irq, ==, 0);
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
    config(LOCK, ENABLED, 1);
    for (int i = 0; i < 10; i++) {
        test_advance_ns(1.5 * MS);
        put(RELOAD, 0x100);
    }
    g_assert_cmpint(irq, ==, 0);
    test_advance_ns(3 * MS); /* in the second stage, too */
    g_assert_cmpint(irq, ==, 1);
    put(RELOAD, 0x100);
    g_assert_cmpint(irq, ==, 0);
    test_advance_ns(4 * MS);
    g_assert_cmpint(times, ==, 0);
}

static void registers_are_unlocked_by_two_writes(void)
{
    begin();
    config(LOCK, ENABLED, 1);
    test_advance_ns(1.5 * MS);
    put_locked(RELOAD, 0x100);
    put_locked(RELOAD, 0x86);
    put_locked(RELOAD, 0x100);
    put_locked(RELOAD, 0x80);
    put_locked(PRELOAD_2, 0xfffff);
    put_locked(RELOAD, 0x86);
    put_locked(PRELOAD_2, 0xfffff);
    test_advance_ns(1 * MS);
    g_assert_cmpint(irq, ==, 1);
    test_advance_ns(3 * MS);
    g_assert_cmpint(times, ==, 1);
}

static void what_is_locked_stays(void)
{
    begin();
    config(LOCK, ENABLED | LOCKED, 1);
    config(LOCK, 0, 1);
    g_assert_cmphex(get_config(LOCK, 1), ==, ENABLED | LOCKED);
    test_advance_ns(10 * MS);
    g_assert_cmpint(times, ==, 1);
    begin();
    config(LOCK, ENABLED, 1);
    config(LOCK, 0, 1);
    test_advance_ns(10 * MS);
    g_assert_cmpint(times, ==, 0);
}

/* However short it is, the host isn't kept from everything else. */
static void a_free_running_timer_has_one_stage(void)
{
    begin();
    config(LOCK, ENABLED | FREE_RUNNING, 1);
    test_advance_ns(10 * MS);
    g_assert_cmpint(irq, ==, 0);
    g_assert_cmpint(times, ==, 5);
    begin();
    put(PRELOAD_1, 0);
    config(CONFIG, FAST, 1);
    config(LOCK, ENABLED | FREE_RUNNING, 1);
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
    config(LOCK, ENABLED, 1);
    test_advance_ns(3 * MS);
    g_assert_cmpint(vmstate_save_state(saved, state, dev, &error_abort), ==, 0);
    device_cold_reset(DEVICE(dev));
    reader = (VMStateReader){ .data = saved->data, .size = saved->len };
    g_assert_cmpint(vmstate_load_state(&reader, state, dev, &error_abort), ==, 0);
    g_assert_cmpint(irq, ==, 1);
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
            config(g_test_rand_int_range(0, 2) ? CONFIG : LOCK, value & ~LOCKED, 1);
            break;
        case 1:
            test_advance_ns(g_test_rand_int_range(0, 20000));
            break;
        case 2:
            rd(&mem_as, BAR + g_test_rand_int_range(0, 4) * 4, MO_32);
            break;
        default:
            put_locked(g_test_rand_int_range(0, 4) * 4, value);
        }
    }
}

int main(int argc, char **argv)
{
    static const TypeInfo host_type = { .name = TYPE_TEST_HOST, .parent = TYPE_PCI_HOST_BRIDGE,
                                        .instance_size = sizeof(PCIHostState) };
    PCIHostState *host;

    device_test_init(&argc, &argv);
    type_register_static(&host_type);
    host = PCI_HOST_BRIDGE(qdev_new(TYPE_TEST_HOST));
    memory_region_init(&mem, NULL, "mem", 4 * GiB);
    memory_region_init(&io, NULL, "io", 64 * KiB);
    address_space_init(&mem_as, &mem, "mem");
    host->bus = bus = pci_register_root_bus(DEVICE(host), "pci.0", set_irq, map_irq, NULL, &mem, &io,
                                            PCI_DEVFN(3, 0), 1, TYPE_PCI_BUS);
    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);
    dev = pci_create_simple(bus, -1, "i6300esb");
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
