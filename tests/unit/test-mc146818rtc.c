/*
 * The PC's clock: one rule of the data sheet each, with a host whose time stands still until told.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/rtc/mc146818rtc.h"
#include "isa-test.h"

enum { A = 10, B = 11, C = 12, D = 13, CENTURY = 0x32 };

#define NS        INT64_C(1000000000)
/* Saturday, 29 February 2020, 23:59:50 */
#define THE_START (INT64_C(1583020790) * NS)

static int64_t host_now = THE_START;
static ISADevice *rtc;
static TestLine *irq = &test_isa_lines[8];

static int64_t host_source(void)
{
    return host_now;
}

/* Both clocks go on. */
static void pass(int64_t ns)
{
    int64_t end = host_now + ns;
    int64_t next;

    while ((next = qemu_clock_deadline_ns(QEMU_CLOCK_HOST)) >= 0 && host_now + next <= end) {
        host_now += next;
        test_advance_ns(next);
        qemu_clock_run_timers(QEMU_CLOCK_HOST);
    }
    test_advance_ns(end - host_now);
    host_now = end;
    qemu_clock_run_timers(QEMU_CLOCK_HOST);
}

static uint8_t get(uint8_t reg)
{
    out(0x70, reg);
    return in(0x71);
}

static void set(uint8_t reg, uint8_t value)
{
    out(0x70, reg);
    out(0x71, value);
}

/* "29.02.20 23:59:50 7" as the bytes are in hexadecimal. */
static void expect_time(const char *text)
{
    g_autofree char *now = g_strdup_printf("%02x.%02x.%02x%02x %02x:%02x:%02x %x", get(7), get(8),
                                           get(CENTURY), get(9), get(4), get(2), get(0), get(6));

    g_assert_cmpstr(now, ==, text);
}

/* 29 February 2020, 23:59:50 with nothing pending. */
static void start(void)
{
    host_now = THE_START - NS / 2;
    device_cold_reset(DEVICE(rtc));
    set(A, 0x76);
    set(A, 0x26);
    host_now = THE_START;
    set(B, 0x82);
    out(0x70, 0);
    for (int i = 0; i < 10; i++) {
        static const uint8_t bytes[] = { 0x50, 0, 0x59, 0, 0x23, 0, 7, 0x29, 0x02, 0x20 };

        set(i, bytes[i]);
    }
    set(CENTURY, 0x20);
    set(B, 0x02);
    get(C);
    irq->rises = 0;
    g_assert_cmpint(irq->level, ==, 0);
}

static void time_is_the_hosts(void)
{
    expect_time("29.02.2020 23:59:50 7");
    pass(10 * NS);
    expect_time("01.03.2020 00:00:00 1");
    g_assert_cmphex(get(D), ==, 0x80);
    g_assert_cmphex(in(0x70), ==, 0xff);
}

static void numbers_are_as_b_says(void)
{
    start();
    set(B, 0x06);
    expect_time("1d.02.1414 17:3b:32 7");
    set(B, 0x00);
    expect_time("29.02.2020 91:59:50 7");
    pass(10 * NS);
    expect_time("01.03.2020 12:00:00 1");
    pass(3600 * NS);
    expect_time("01.03.2020 01:00:00 1");
    pass(11 * 3600 * NS);
    expect_time("01.03.2020 92:00:00 1");
    set(B, 0x04);
    expect_time("01.03.1414 8c:00:00 1");
}

static void a_set_clock_goes_on_from_there(void)
{
    start();
    pass(300 * 1000 * 1000);
    set(B, 0x82);
    set(0, 0x58);
    set(2, 0x59);
    set(4, 0x23);
    set(6, 3); /* whatever the guest calls that day */
    set(7, 0x31);
    set(8, 0x12);
    set(9, 0x99);
    set(CENTURY, 0x19);
    pass(5 * NS);
    expect_time("31.12.1999 23:59:58 3");
    set(B, 0x02);
    pass(699 * 1000 * 1000); /* the seconds begin when they did before */
    expect_time("31.12.1999 23:59:58 3");
    pass(1000 * 1000);
    expect_time("31.12.1999 23:59:59 3");
    pass(NS);
    expect_time("01.01.2000 00:00:00 4");
    set(4, 0x05); /* at once, without SET */
    expect_time("01.01.2000 05:00:00 4");
}

static void half_a_second_after_its_reset_the_divider_updates(void)
{
    start();
    pass(100 * 1000 * 1000);
    set(A, 0x76);
    pass(7 * NS);
    expect_time("29.02.2020 23:59:50 7");
    set(A, 0x26);
    pass(NS / 2 - 1);
    expect_time("29.02.2020 23:59:50 7");
    pass(1);
    expect_time("29.02.2020 23:59:51 7");
}

static void uip_announces_the_update(void)
{
    start();
    pass(NS - 2228 * 1000 - 1);
    g_assert_cmphex(get(A), ==, 0x26);
    pass(1);
    g_assert_cmphex(get(A), ==, 0xa6);
    pass(2228 * 1000 - 1);
    g_assert_cmphex(get(A), ==, 0xa6);
    expect_time("29.02.2020 23:59:50 7");
    pass(1);
    g_assert_cmphex(get(A), ==, 0x26);
    expect_time("29.02.2020 23:59:51 7");
    set(B, 0x82);
    pass(NS - 1);
    g_assert_cmphex(get(A), ==, 0x26);
}

static void the_end_of_an_update_interrupts(void)
{
    start();
    pass(3 * NS);
    g_assert_cmpint(irq->rises, ==, 0);
    g_assert_cmphex(get(C) & 0x90, ==, 0x10); /* the flag comes without the enable */
    set(B, 0x12);
    pass(NS - 1);
    g_assert_cmpint(irq->level, ==, 0);
    pass(1);
    g_assert_cmpint(irq->level, ==, 1);
    pass(5 * NS);
    g_assert_cmpint(irq->rises, ==, 1);
    g_assert_cmphex(get(C) & 0x90, ==, 0x90);
    g_assert_cmpint(irq->level, ==, 0);
    g_assert_cmphex(get(C), ==, 0);
    set(B, 0x92); /* SET takes UIE away */
    g_assert_cmphex(get(B), ==, 0x82);
}

static void the_alarm_interrupts(void)
{
    start();
    set(1, 0x05);
    set(3, 0x00);
    set(5, 0x00);
    set(B, 0x22);
    pass(15 * NS - 1);
    g_assert_cmpint(irq->rises, ==, 0);
    pass(1);
    g_assert_cmpint(irq->rises, ==, 1);
    g_assert_cmphex(get(C) & 0xa0, ==, 0xa0);
    pass(86400 * NS - 1);
    g_assert_cmpint(irq->rises, ==, 1);
    pass(1);
    g_assert_cmpint(irq->rises, ==, 2);
    get(C);
    set(5, 0xc0); /* any hour, any minute */
    set(3, 0xff);
    pass(59 * NS);
    g_assert_cmpint(irq->rises, ==, 2);
    pass(NS);
    g_assert_cmpint(irq->rises, ==, 3);
    get(C);
    set(1, 0xaa); /* no second */
    pass(2 * 86400 * NS);
    g_assert_cmpint(irq->rises, ==, 3);
    set(B, 0x02);
    set(1, 0xc0);
    pass(NS);
    g_assert_cmphex(get(C) & 0xa0, ==, 0x20); /* the flag, without the enable */
}

static void pulses_interrupt_at_the_rate(void)
{
    static const struct {
        uint8_t rate;
        int per_second;
    } rates[] = { { 1, 256 }, { 2, 128 }, { 3, 8192 }, { 6, 1024 }, { 15, 2 } };

    for (size_t i = 0; i < G_N_ELEMENTS(rates); i++) {
        int count = 0;

        start();
        set(A, 0x20 | rates[i].rate);
        get(C);
        set(B, 0x42);
        for (int64_t end = host_now + NS; host_now < end;) {
            pass(15625);
            if (irq->level) {
                g_assert_cmphex(get(C) & 0xc0, ==, 0xc0);
                count++;
            }
        }
        g_assert_cmpint(ABS(count - rates[i].per_second), <=, 1);
    }
    start();
    set(A, 0x20);
    set(B, 0x42);
    pass(NS);
    g_assert_cmpint(irq->rises, ==, 0);
}

static void reset_takes_interrupts_and_leaves_the_rest(void)
{
    start();
    set(0x40, 0x5a);
    set(B, 0x76);
    pass(2 * NS);
    g_assert_cmpint(irq->level, ==, 1);
    device_cold_reset(DEVICE(rtc));
    g_assert_cmpint(irq->level, ==, 0);
    g_assert_cmphex(get(B), ==, 0x06);
    g_assert_cmphex(get(C), ==, 0);
    g_assert_cmphex(get(0x40), ==, 0x5a);
    g_assert_cmphex(get(0), ==, 52);
    set(B, 0x02);
}

static void boards_have_the_memory(void)
{
    start();
    rtc_set_memory(rtc, 0x34, 0x12);
    rtc_set_memory(rtc, 0x7f, 0x34);
    rtc_set_memory(rtc, 0, 0x34);
    g_assert_cmphex(get(0x34), ==, 0x12);
    g_assert_cmphex(get(0xff), ==, 0x34); /* bit 7 is the NMI's mask */
    g_assert_cmphex(rtc_get_memory(rtc, 0x34), ==, 0x12);
    g_assert_cmphex(rtc_get_memory(rtc, 0), ==, 0x50);
}

static ISADevice *another(uint16_t port, int base_year)
{
    DeviceState *dev = DEVICE(isa_new(TYPE_MC146818_RTC));

    qdev_prop_set_uint16(dev, "iobase", port);
    qdev_prop_set_int32(dev, "base_year", base_year);
    isa_realize_and_unref(ISA_DEVICE(dev), test_bus, &error_abort);
    return ISA_DEVICE(dev);
}

static void years_count_from_base_year(void)
{
    ISADevice *other = another(0x1070, 1980);

    host_now = THE_START;
    out(0x1070, 9);
    g_assert_cmphex(in(0x1071), ==, 0x40);
    out(0x1071, 0x41);
    pass(2 * NS);
    g_assert_cmphex(in(0x1071), ==, 0x41);
    object_unparent(OBJECT(other));
}

static void state_survives(void)
{
    ISADevice *other = another(0x1070, 0);
    TestLine line;

    qdev_connect_gpio_out(DEVICE(other), 0, test_line(&line));
    start();
    set(6, 2);
    set(0x50, 0x77);
    set(B, 0x12);
    set(4, 0x11);
    pass(NS / 4);
    test_copy_state(DEVICE(rtc), DEVICE(other));
    for (int i = 0; i < 128; i++) {
        out(0x1070, i);
        g_assert_cmphex(get(i), ==, in(0x1071));
    }
    pass(NS / 4 * 3);
    g_assert_cmpint(line.rises, ==, 1);
    object_unparent(OBJECT(other));
}

static void a_policy_that_is_not_there_is_refused(void)
{
    ISADevice *dev = isa_new(TYPE_MC146818_RTC);
    Error *err = NULL;

    qdev_prop_set_string(DEVICE(dev), "lost_tick_policy", "slew");
    g_assert_false(isa_realize_and_unref(dev, test_bus, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "'slew'"));
    error_free(err);
}

static void random_time(void)
{
    pass(g_test_rand_int_range(0, 2000000000));
    out(0x70, g_test_rand_int_range(0, 16));
}

static void random_guests_do_no_harm(void)
{
    static const uint16_t ports[] = { 0x70, 0x71, 0x71 };
    static const uint8_t likely[] = { 0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 0x26, 0x23, 0x76, 0x82,
                                      0x72, 0x32, 0xc0, 0x59 };

    test_isa_random(ports, G_N_ELEMENTS(ports), likely, G_N_ELEMENTS(likely), random_time);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    test_isa_init();
    qemu_clock_set_host_source(host_source);
    rtc = mc146818_rtc_init(test_bus, 0, NULL);
    device_cold_reset(DEVICE(rtc));
#define RULE(name, rule) g_test_add_func("/mc146818rtc/" name, rule)
    RULE("time-is-the-hosts", time_is_the_hosts);
    RULE("numbers-are-as-b-says", numbers_are_as_b_says);
    RULE("a-set-clock-goes-on", a_set_clock_goes_on_from_there);
    RULE("divider-reset", half_a_second_after_its_reset_the_divider_updates);
    RULE("uip", uip_announces_the_update);
    RULE("update-ended-interrupt", the_end_of_an_update_interrupts);
    RULE("alarm-interrupt", the_alarm_interrupts);
    RULE("periodic-interrupt", pulses_interrupt_at_the_rate);
    RULE("reset", reset_takes_interrupts_and_leaves_the_rest);
    RULE("memory", boards_have_the_memory);
    RULE("base-year", years_count_from_base_year);
    RULE("state-survives", state_survives);
    RULE("lost-tick-policy", a_policy_that_is_not_there_is_refused);
    RULE("random-guests-do-no-harm", random_guests_do_no_harm);
    return g_test_run();
}
