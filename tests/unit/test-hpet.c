/*
 * High precision event timers: one rule of the specification each, at exact ticks of 10 ns.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "device-test.h"
#include "hw/timer/hpet.h"
#include "system/address-spaces.h"

enum { CAP = 0x00, CONF = 0x10, STATUS = 0x20, COUNTER = 0xf0 };
enum { ENABLE = 1, LEGACY = 2 };
enum { LEVEL = 0x02, INTERRUPTS = 0x04, PERIODIC = 0x08, SET_VALUE = 0x40, BITS_32 = 0x100,
       FSB = 0x4000 };

#define T_CONF(n)       (0x100 + 0x20 * (n))
#define T_COMPARATOR(n) (0x108 + 0x20 * (n))
#define T_FSB(n)        (0x110 + 0x20 * (n))
#define ROUTE(line)     ((line) << 9)
#define LINES           0x00ff0104u

static DeviceState *hpet;
static AddressSpace as;
static TestLine lines[HPET_NUM_IRQS], pit_enabled;

static uint64_t get(hwaddr reg)
{
    return rd(&as, reg, MO_LEUQ);
}

static void set(hwaddr reg, uint64_t value)
{
    wr(&as, reg, value, MO_LEUQ);
}

static void set_half(hwaddr reg, uint32_t value)
{
    wr(&as, reg, value, MO_LEUL);
}

static void pass_ticks(int64_t ticks)
{
    test_advance_ns(ticks * 10);
}

static void start(void)
{
    device_cold_reset(hpet);
    test_advance_ns(10 - test_now_ns % 10);
    for (int i = 0; i < HPET_NUM_IRQS; i++) {
        lines[i].rises = 0;
        g_assert_cmpint(lines[i].level, ==, 0);
    }
}

static void capabilities_are_told(void)
{
    start();
    g_assert_cmphex(get(CAP), ==, 0x009896808086a201);
    g_assert_cmphex(get(T_CONF(2)), ==, (uint64_t)LINES << 32 | 0x8030);
    set(T_CONF(2), UINT64_MAX);
    g_assert_cmphex(get(T_CONF(2)), ==, (uint64_t)LINES << 32 | 0xc17e); /* no such route: kept */
    set(T_CONF(2), ROUTE(20));
    g_assert_cmphex(get(T_CONF(2)), ==, (uint64_t)LINES << 32 | 0x8030 | ROUTE(20));
    g_assert_cmphex(rd(&as, CAP + 4, MO_LEUL), ==, 0x00989680);
}

static void the_counter_counts_while_it_is_enabled(void)
{
    start();
    pass_ticks(100);
    g_assert_cmpuint(get(COUNTER), ==, 0);
    set(COUNTER, 0x1fffffff0);
    set(CONF, ENABLE);
    pass_ticks(100);
    g_assert_cmphex(get(COUNTER), ==, 0x1fffffff0 + 100);
    g_assert_cmphex(rd(&as, COUNTER + 4, MO_LEUL), ==, 2);
    set(COUNTER, 5); /* not while it runs */
    g_assert_cmphex(get(COUNTER), ==, 0x1fffffff0 + 100);
    set(CONF, 0);
    pass_ticks(100);
    g_assert_cmphex(get(COUNTER), ==, 0x1fffffff0 + 100);
    set_half(COUNTER, 7);
    g_assert_cmphex(get(COUNTER), ==, 0x200000007);
}

static void a_comparator_interrupts_once(void)
{
    start();
    set(T_CONF(2), INTERRUPTS | ROUTE(8));
    set(T_COMPARATOR(2), 5000);
    set(CONF, ENABLE);
    pass_ticks(4999);
    g_assert_cmpint(lines[8].rises, ==, 0);
    pass_ticks(1);
    g_assert_cmpint(lines[8].rises, ==, 1);
    g_assert_cmpuint(get(STATUS), ==, 0); /* that is for levels */
    pass_ticks(1000000000000);
    g_assert_cmpint(lines[8].rises, ==, 1);
    set(T_COMPARATOR(2), get(COUNTER) - 1); /* too late, for 64 bits */
    pass_ticks(1000000000000);
    g_assert_cmpint(lines[8].rises, ==, 1);
}

static void with_32_bits_the_counter_comes_round(void)
{
    start();
    set(COUNTER, 0x100001000);
    set(T_CONF(2), INTERRUPTS | BITS_32 | ROUTE(20));
    set_half(T_COMPARATOR(2), 0x2000);
    set(CONF, ENABLE);
    pass_ticks(0x1000);
    g_assert_cmpint(lines[20].rises, ==, 1);
    g_assert_cmpint(lines[20].level, ==, 0); /* no line of an 8259 */
    pass_ticks(0xffffffff);
    g_assert_cmpint(lines[20].rises, ==, 1);
    pass_ticks(1);
    g_assert_cmpint(lines[20].rises, ==, 2);
}

static void levels_stay_until_they_are_cleared(void)
{
    start();
    set(T_CONF(1), INTERRUPTS | LEVEL | ROUTE(16));
    set(T_COMPARATOR(1), 3000);
    set(CONF, ENABLE);
    pass_ticks(3000);
    g_assert_cmpint(lines[16].level, ==, 1);
    g_assert_cmphex(get(STATUS), ==, 2);
    set(STATUS, 1);
    g_assert_cmpint(lines[16].level, ==, 1);
    set(T_CONF(1), LEVEL | ROUTE(16));
    g_assert_cmpint(lines[16].level, ==, 0);
    set(T_CONF(1), INTERRUPTS | LEVEL | ROUTE(16));
    g_assert_cmpint(lines[16].level, ==, 1);
    set(STATUS, 2);
    g_assert_cmpint(lines[16].level, ==, 0);
    g_assert_cmphex(get(STATUS), ==, 0);
}

/* As Linux sets it up: the first comparator, then the period. */
static void a_periodic_timer_goes_on(void)
{
    start();
    set(T_CONF(0), INTERRUPTS | PERIODIC | SET_VALUE | BITS_32 | ROUTE(2));
    set_half(T_COMPARATOR(0), 100000);
    set_half(T_COMPARATOR(0), 2000);
    set(CONF, ENABLE);
    pass_ticks(99999);
    g_assert_cmpint(lines[2].rises, ==, 0);
    pass_ticks(1);
    g_assert_cmpint(lines[2].rises, ==, 1);
    g_assert_cmpuint(get(T_COMPARATOR(0)), ==, 102000);
    pass_ticks(1999);
    g_assert_cmpint(lines[2].rises, ==, 1);
    pass_ticks(1 + 10 * 2000);
    g_assert_cmpint(lines[2].rises, ==, 12);
    set_half(T_COMPARATOR(0), 5000); /* from the next one on */
    pass_ticks(2000);
    g_assert_cmpint(lines[2].rises, ==, 13);
    pass_ticks(4999);
    g_assert_cmpint(lines[2].rises, ==, 13);
    pass_ticks(1);
    g_assert_cmpint(lines[2].rises, ==, 14);
}

/* The clock goes on, and the main loop comes to itself only then. */
static void leap_ticks(int64_t ticks)
{
    test_now_ns += ticks * 10;
    qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
}

static void start_periodic(uint64_t conf, uint32_t period)
{
    start();
    set(T_CONF(0), INTERRUPTS | PERIODIC | SET_VALUE | BITS_32 | conf | ROUTE(2));
    set_half(T_COMPARATOR(0), period);
    set_half(T_COMPARATOR(0), period);
    set(CONF, ENABLE);
    lines[2].rises = 0;
}

static void missed_interrupts_come_one_by_one(void)
{
    start_periodic(0, 100000);
    leap_ticks(550000);
    g_assert_cmpint(lines[2].rises, ==, 1);
    g_assert_cmpuint(get(T_COMPARATOR(0)), ==, 600000);
    pass_ticks(100000 / 16 - 1);
    g_assert_cmpint(lines[2].rises, ==, 1);
    pass_ticks(1);
    g_assert_cmpint(lines[2].rises, ==, 2);
    pass_ticks(600000 - 550000 - 100000 / 16 - 1);
    g_assert_cmpint(lines[2].rises, ==, 5);
    pass_ticks(1);
    g_assert_cmpint(lines[2].rises, ==, 6);
    pass_ticks(1000000);
    g_assert_cmpint(lines[2].rises, ==, 16);
    leap_ticks(10 * 100000000ll); /* of ten seconds, one */
    pass_ticks(20000000);
    g_assert_cmpint(lines[2].rises, ==, 16 + 1 + 1000 + 200);
    leap_ticks(550000);
    set_half(T_COMPARATOR(0), 200000); /* whoever programs it has done with those */
    lines[2].rises = 0;
    pass_ticks(49999);
    g_assert_cmpint(lines[2].rises, ==, 0);
    pass_ticks(1 + 200000);
    g_assert_cmpint(lines[2].rises, ==, 2);
}

/* A level isn't counted. */
static void missed_levels_are_one(void)
{
    start_periodic(LEVEL, 100000);
    leap_ticks(550000);
    g_assert_cmpint(lines[2].rises, ==, 1);
    set(STATUS, 1);
    pass_ticks(49999);
    g_assert_cmpint(lines[2].rises, ==, 1);
    pass_ticks(1);
    g_assert_cmpint(lines[2].rises, ==, 2);
    set(STATUS, 1);
}

static void legacy_replacement_takes_lines_0_and_8(void)
{
    qemu_irq rtc = qdev_get_gpio_in(hpet, HPET_LEGACY_RTC_INT);

    start();
    g_assert_cmpint(pit_enabled.level, ==, 1);
    qemu_set_irq(rtc, 1);
    g_assert_cmpint(lines[8].level, ==, 1);
    qemu_set_irq(rtc, 0);
    g_assert_cmpint(lines[8].level, ==, 0);
    set(T_CONF(0), INTERRUPTS | ROUTE(2));
    set(T_COMPARATOR(0), 3000);
    set(T_CONF(1), INTERRUPTS | ROUTE(2));
    set(T_COMPARATOR(1), 4000);
    set(CONF, ENABLE | LEGACY);
    g_assert_cmpint(pit_enabled.level, ==, 0);
    qemu_set_irq(rtc, 1);
    g_assert_cmpint(lines[8].level, ==, 0);
    pass_ticks(3000);
    g_assert_cmpint(lines[0].rises, ==, 1);
    g_assert_cmpint(lines[0].level, ==, 1);
    pass_ticks(1000);
    g_assert_cmpint(lines[8].level, ==, 1);
    g_assert_cmpint(lines[2].rises, ==, 0);
    set(CONF, ENABLE);
    g_assert_cmpint(pit_enabled.level, ==, 1);
    g_assert_cmpint(lines[0].level, ==, 0);
    g_assert_cmpint(lines[8].level, ==, 0);
    qemu_set_irq(rtc, 0);
}

static void messages_go_where_they_are_told(void)
{
    static MemoryRegion ram;

    start();
    memory_region_init_ram(&ram, NULL, "ram", 0x1000, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0xfee00000, &ram);
    set(T_CONF(2), INTERRUPTS | FSB);
    set(T_FSB(2), 0xfee00010000040a1);
    set(T_COMPARATOR(2), 3000);
    set(CONF, ENABLE);
    pass_ticks(3000);
    g_assert_cmphex(ldl_le_phys(&address_space_memory, 0xfee00010), ==, 0x40a1);
    memory_region_del_subregion(get_system_memory(), &ram);
}

static DeviceState *made(uint8_t timers, uint32_t intcap)
{
    DeviceState *dev = qdev_new(TYPE_HPET);

    qdev_prop_set_uint8(dev, "timers", timers);
    qdev_prop_set_bit(dev, "msi", true);
    qdev_prop_set_uint32(dev, "hpet-intcap", intcap);
    return dev;
}

static void connect(DeviceState *dev)
{
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    for (int i = 0; i < HPET_NUM_IRQS; i++) {
        sysbus_connect_irq(SYS_BUS_DEVICE(dev), i, test_line(&lines[i]));
    }
    qdev_connect_gpio_out(dev, 0, test_line(&pit_enabled));
    test_map(&as, dev);
}

static void state_survives(void)
{
    DeviceState *other = made(3, LINES);

    start();
    set(T_CONF(2), INTERRUPTS | PERIODIC | SET_VALUE | ROUTE(8));
    set(T_COMPARATOR(2), 4000);
    set(CONF, ENABLE);
    pass_ticks(5000);
    g_assert_cmpint(lines[8].rises, ==, 1);
    address_space_destroy(&as);
    connect(other);
    test_copy_state(hpet, other);
    test_drop(hpet);
    hpet = other;
    g_assert_cmpuint(get(COUNTER), ==, 5000);
    pass_ticks(3000);
    g_assert_cmpint(lines[8].rises, ==, 1);
    test_now_ns += 45000; /* the next is due, and the machine is saved before the main loop looks */
    test_copy_state(hpet, hpet);
    test_advance_ns(0);
    g_assert_cmpint(lines[8].rises, ==, 2);
    pass_ticks(4000);
    g_assert_cmpint(lines[8].rises, ==, 3);
}

static void bad_properties_are_refused(void)
{
    const struct {
        DeviceState *dev;
        const char *word;
    } bad[] = { { made(2, LINES), "'timers' is 2" }, { made(3, 0), "'hpet-intcap'" } };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Error *err = NULL;

        g_assert_false(sysbus_realize_and_unref(SYS_BUS_DEVICE(bad[i].dev), &err));
        g_assert_nonnull(strstr(error_get_pretty(err), bad[i].word));
        error_free(err);
    }
}

static void random_guests_do_no_harm(void)
{
    for (int i = 0; i < 20000; i++) {
        hwaddr addr = g_test_rand_int_range(0, 0x180 / 4) * 4;
        uint64_t value = g_test_rand_int_range(0, 2) ? g_test_rand_int_range(0, 0x8000)
                                                     : ((uint64_t)g_test_rand_int() << 32 |
                                                        (uint32_t)g_test_rand_int());

        if (addr % 8 || g_test_rand_int_range(0, 2)) {
            set_half(addr, value);
            rd(&as, addr, MO_LEUL);
        } else {
            set(addr, value);
            get(addr);
        }
        if (i % 16 == 0) {
            set(CONF, ENABLE | (i & 32 ? LEGACY : 0));
            pass_ticks(g_test_rand_int_range(0, 100000));
        }
    }
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    hpet = made(3, LINES);
    connect(hpet);
#define RULE(name, rule) g_test_add_func("/hpet/" name, rule)
    RULE("capabilities", capabilities_are_told);
    RULE("counter", the_counter_counts_while_it_is_enabled);
    RULE("comparator", a_comparator_interrupts_once);
    RULE("32-bits", with_32_bits_the_counter_comes_round);
    RULE("levels", levels_stay_until_they_are_cleared);
    RULE("periodic", a_periodic_timer_goes_on);
    RULE("missed-interrupts-come-one-by-one", missed_interrupts_come_one_by_one);
    RULE("missed-levels-are-one", missed_levels_are_one);
    RULE("legacy-replacement", legacy_replacement_takes_lines_0_and_8);
    RULE("messages", messages_go_where_they_are_told);
    RULE("state-survives", state_survives);
    RULE("properties", bad_properties_are_refused);
    RULE("random-guests-do-no-harm", random_guests_do_no_harm);
    return g_test_run();
}
