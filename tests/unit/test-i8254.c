/*
 * The interval timer: one rule of the data sheet each, at exact clock ticks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/audio/pcspk.h"
#include "hw/timer/i8254.h"
#include "isa-test.h"
#include "qemu/host-utils.h"

enum { COUNTER0 = 0x40, COUNTER2 = 0x42, CONTROL = 0x43, SPEAKER = 0x61 };

static ISADevice *pit;
static int64_t origin; /* tick */

static void to_tick(int64_t tick)
{
    test_advance_ns(muldiv64_round_up(origin + tick, NANOSECONDS_PER_SECOND, PIT_FREQ) -
                    test_now_ns);
}

/* The clock goes on, and the main loop comes to itself only then. */
static void leap_to_tick(int64_t tick)
{
    test_now_ns = muldiv64_round_up(origin + tick, NANOSECONDS_PER_SECOND, PIT_FREQ);
    qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
}

/* Tick 0 is now. */
static void start_ticks(void)
{
    origin = muldiv64(test_now_ns, PIT_FREQ, NANOSECONDS_PER_SECOND) + 1;
    to_tick(0);
}

static int level_of(int counter)
{
    PITChannelInfo info;

    pit_get_channel_info(pit, counter, &info);
    return info.out;
}

/* Counter 2 in a mode, with both bytes, its gate as said; the count is written at tick 0. */
static void program(unsigned mode, uint16_t count, bool gate)
{
    start_ticks();
    pit_set_gate(pit, 2, gate);
    out(CONTROL, 0xb0 | mode << 1);
    out(COUNTER2, count);
    out(COUNTER2, count >> 8);
}

static uint16_t read_count(void)
{
    uint8_t low;

    out(CONTROL, 0x80);
    low = in(COUNTER2);
    return in(COUNTER2) << 8 | low;
}

static uint8_t read_status(void)
{
    out(CONTROL, 0xe8);
    return in(COUNTER2);
}

/* The level of counter 2 from tick to tick. */
static void expect_levels(int64_t from, const char *levels)
{
    for (; *levels; levels++, from++) {
        to_tick(from);
        g_assert_cmpint(level_of(2), ==, *levels == '1');
    }
}

static void mode_0_rises_at_the_end_of_the_count(void)
{
    program(0, 4, true);
    expect_levels(0, "000001111");
    g_assert_cmphex(read_count(), ==, 0xfffd); /* it goes on */
    program(0, 4, true);
    to_tick(3);
    g_assert_cmphex(read_count(), ==, 2);
    pit_set_gate(pit, 2, false);
    to_tick(50);
    g_assert_cmphex(read_count(), ==, 2);
    pit_set_gate(pit, 2, true);
    expect_levels(50, "0011");
    out(COUNTER2, 9); /* the first byte stops it */
    g_assert_cmpint(level_of(2), ==, 0);
    to_tick(80);
    g_assert_cmpint(level_of(2), ==, 0);
}

static void mode_1_is_a_pulse_at_each_trigger(void)
{
    program(1, 3, false);
    expect_levels(0, "111");
    pit_set_gate(pit, 2, true);
    expect_levels(3, "00011");
    pit_set_gate(pit, 2, false);
    pit_set_gate(pit, 2, true);
    to_tick(9);
    g_assert_cmpint(level_of(2), ==, 0);
    pit_set_gate(pit, 2, false); /* no effect by itself; but the next rise begins anew */
    pit_set_gate(pit, 2, true);
    expect_levels(10, "0001");
}

static void mode_2_is_low_for_the_last_tick(void)
{
    program(2, 3, true);
    expect_levels(0, "1110110110");
    g_assert_cmphex(read_count(), ==, 1);
    out(COUNTER2, 2); /* the new count follows the running one */
    out(COUNTER2, 0);
    expect_levels(10, "10101");
    pit_set_gate(pit, 2, false);
    expect_levels(15, "1111");
    pit_set_gate(pit, 2, true);
    expect_levels(19, "10101");
}

static void mode_3_is_a_square_wave(void)
{
    program(3, 4, true);
    expect_levels(0, "11100110011");
    program(3, 5, true);
    expect_levels(0, "111100111001");
    program(3, 6, true);
    to_tick(1);
    g_assert_cmphex(read_count(), ==, 6);
    to_tick(2);
    g_assert_cmphex(read_count(), ==, 4);
    to_tick(4);
    g_assert_cmphex(read_count(), ==, 6);
    program(3, 8, true);
    to_tick(2);
    out(COUNTER2, 4); /* at the end of the half */
    out(COUNTER2, 0);
    expect_levels(2, "111001100");
}

static void mode_4_strobes_once(void)
{
    program(4, 3, true);
    expect_levels(0, "1111011111");
    out(COUNTER2, 2);
    out(COUNTER2, 0);
    expect_levels(10, "11011");
}

static void mode_5_strobes_after_a_trigger(void)
{
    program(5, 3, false);
    expect_levels(0, "1111111");
    pit_set_gate(pit, 2, true);
    expect_levels(6, "111101111");
}

static void counts_may_be_one_byte_or_decimal(void)
{
    pit_set_gate(pit, 2, true);
    start_ticks();
    out(CONTROL, 0x94); /* low byte, mode 2 */
    out(COUNTER2, 200);
    to_tick(11);
    g_assert_cmphex(in(COUNTER2), ==, 190);
    g_assert_cmphex(in(COUNTER2), ==, 190);
    start_ticks();
    out(CONTROL, 0xa4); /* high byte */
    out(COUNTER2, 2);
    to_tick(1 + 0x80);
    g_assert_cmphex(in(COUNTER2), ==, 1);
    start_ticks();
    out(CONTROL, 0xb5); /* decimal */
    out(COUNTER2, 0x34);
    out(COUNTER2, 0x12);
    to_tick(1 + 35);
    g_assert_cmphex(read_count(), ==, 0x1199);
    program(2, 0, true);
    to_tick(2);
    g_assert_cmphex(read_count(), ==, 0xffff);
    start_ticks();
    out(CONTROL, 0xb5);
    out(COUNTER2, 0);
    out(COUNTER2, 0);
    to_tick(2);
    g_assert_cmphex(read_count(), ==, 0x9999);
}

static void latches_hold_until_they_are_read(void)
{
    program(2, 1000, true);
    to_tick(1);
    out(CONTROL, 0x80);
    to_tick(300);
    out(CONTROL, 0x80);
    g_assert_cmphex(in(COUNTER2), ==, 1000 & 0xff);
    g_assert_cmphex(in(COUNTER2), ==, 1000 >> 8);
    g_assert_cmphex(in(COUNTER2), ==, 701 & 0xff);
    g_assert_cmphex(in(COUNTER2), ==, 701 >> 8);
    out(CONTROL, 0xc8); /* status and count: the status comes first */
    to_tick(400);
    g_assert_cmphex(in(COUNTER2), ==, 0xb4);
    g_assert_cmphex(in(COUNTER2), ==, 701 & 0xff);
    g_assert_cmphex(in(COUNTER2), ==, 701 >> 8);
}

static void status_tells_whether_the_count_is_loaded(void)
{
    start_ticks();
    pit_set_gate(pit, 2, true);
    out(CONTROL, 0xb0);
    g_assert_cmphex(read_status(), ==, 0x70);
    out(COUNTER2, 5);
    out(COUNTER2, 0);
    g_assert_cmphex(read_status(), ==, 0x70);
    to_tick(1);
    g_assert_cmphex(read_status(), ==, 0x30);
    to_tick(6);
    g_assert_cmphex(read_status(), ==, 0xb0);
}

static void counter_0_interrupts_at_exact_times(void)
{
    TestLine *line = &test_isa_lines[0];

    start_ticks();
    out(CONTROL, 0x34);
    out(COUNTER0, 100);
    out(COUNTER0, 0);
    line->rises = 0;
    to_tick(100);
    g_assert_cmpint(line->rises, ==, 0);
    to_tick(101);
    g_assert_cmpint(line->rises, ==, 1);
    to_tick(101 + 50 * 100 - 1);
    g_assert_cmpint(line->rises, ==, 50);
    to_tick(101 + 50 * 100);
    g_assert_cmpint(line->rises, ==, 51);
    out(CONTROL, 0x38); /* one strobe, as Linux programs it */
    line->rises = 0;
    start_ticks();
    out(COUNTER0, 0x10);
    out(COUNTER0, 0x27);
    to_tick(10001);
    g_assert_cmpint(line->rises, ==, 0);
    to_tick(10002);
    g_assert_cmpint(line->rises, ==, 1);
    to_tick(100000);
    g_assert_cmpint(line->rises, ==, 1);
    out(CONTROL, 0x30);
    g_assert_cmpint(line->level, ==, 0);
    start_ticks();
    out(COUNTER0, 5);
    out(COUNTER0, 0);
    to_tick(20); /* later than it could be shown: at once, when somebody looks */
    g_assert_cmpint(line->level, ==, 1);
    out(CONTROL, 0x36);
}

static void program_counter_0(unsigned mode, uint16_t count)
{
    start_ticks();
    out(CONTROL, 0x30 | mode << 1);
    out(COUNTER0, count);
    out(COUNTER0, count >> 8);
    test_isa_lines[0].rises = 0;
}

static void late_rises_come_one_by_one(void)
{
    TestLine *line = &test_isa_lines[0];

    for (unsigned mode = 2; mode <= 3; mode++) {
        program_counter_0(mode, 1000);
        leap_to_tick(1 + 5 * 1000 + 500);
        g_assert_cmpint(line->rises, ==, 1);
        to_tick(1 + 5 * 1000 + 500 + 1000 / 16 - 1);
        g_assert_cmpint(line->rises, ==, 1);
        to_tick(1 + 5 * 1000 + 500 + 1000 / 16 + 1);
        g_assert_cmpint(line->rises, ==, 2);
        to_tick(1 + 6 * 1000 - 1);
        g_assert_cmpint(line->rises, ==, 5);
        to_tick(1 + 6 * 1000); /* and those that aren't late are where they belong */
        g_assert_cmpint(line->rises, ==, 6);
        to_tick(1 + 16 * 1000 - 1);
        g_assert_cmpint(line->rises, ==, 15);
        to_tick(1 + 16 * 1000);
        g_assert_cmpint(line->rises, ==, 16);
    }
}

static void only_a_second_is_made_up_for(void)
{
    TestLine *line = &test_isa_lines[0];
    int expected = 1 + PIT_FREQ / 1000 + 200;

    program_counter_0(2, 1000);
    leap_to_tick(10 * PIT_FREQ / 1000 * 1000 + 1);
    to_tick(10 * PIT_FREQ / 1000 * 1000 + 1 + 200 * 1000);
    g_assert_cmpint(line->rises, ==, expected);
    to_tick(10 * PIT_FREQ / 1000 * 1000 + 1 + 300 * 1000);
    g_assert_cmpint(line->rises, ==, expected + 100);
}

static void programming_forgets_late_rises(void)
{
    TestLine *line = &test_isa_lines[0];

    program_counter_0(2, 1000);
    leap_to_tick(20 * 1000);
    program_counter_0(2, 2000);
    to_tick(2000);
    g_assert_cmpint(line->rises, ==, 0);
    to_tick(2001);
    g_assert_cmpint(line->rises, ==, 1);
    program_counter_0(0, 1000); /* once is once */
    leap_to_tick(20 * 1000);
    to_tick(30 * 1000);
    g_assert_cmpint(line->rises, ==, 1);
}

/* A count of 2 can't have its rises, and mustn't have anything else. */
static void too_fast_a_counter_has_its_limit(void)
{
    TestLine *line = &test_isa_lines[0];

    program_counter_0(2, 2);
    to_tick(PIT_FREQ / 10);
    g_assert_cmpint(line->rises, >, 9000);
    g_assert_cmpint(line->rises, <=, 10001);
    out(CONTROL, 0x34);
}

static void another_timer_takes_its_interrupt(void)
{
    TestLine *line = &test_isa_lines[0];

    start_ticks();
    out(CONTROL, 0x34);
    out(COUNTER0, 100);
    out(COUNTER0, 0);
    qemu_set_irq(qdev_get_gpio_in(DEVICE(pit), 0), 0);
    line->rises = 0;
    to_tick(1000);
    g_assert_cmpint(line->rises, ==, 0);
    qemu_set_irq(qdev_get_gpio_in(DEVICE(pit), 0), 1);
    line->rises = 0;
    to_tick(1250);
    g_assert_cmpint(line->rises, ==, 3);
}

static void state_survives(void)
{
    DeviceState *other = DEVICE(isa_new(TYPE_I8254));
    TestLine line;

    qdev_prop_set_uint32(other, "iobase", 0x1040);
    isa_realize_and_unref(ISA_DEVICE(other), test_bus, &error_abort);
    qdev_connect_gpio_out(other, 0, test_line(&line));
    program(3, 1000, true);
    out(CONTROL, 0x34);
    out(COUNTER0, 0);
    out(COUNTER0, 4);
    to_tick(700);
    out(CONTROL, 0x80);
    in(COUNTER2);
    test_copy_state(DEVICE(pit), other);
    to_tick(800);
    for (int i = 0; i < 20; i++) {
        g_assert_cmphex(in(COUNTER2), ==, in(0x1042));
        g_assert_cmphex(in(COUNTER0), ==, in(0x1040));
    }
    to_tick(10 * 1024 + 1);
    g_assert_cmpint(line.rises, ==, 10);
    object_unparent(OBJECT(other));
}

static void port_61_has_gate_and_output_of_counter_2(void)
{
    out(SPEAKER, 0);
    start_ticks();
    out(CONTROL, 0xb0);
    out(COUNTER2, 20);
    out(COUNTER2, 0);
    to_tick(100);
    g_assert_cmphex(in(SPEAKER) & 0x2f, ==, 0);
    out(SPEAKER, 0xf1);
    to_tick(119);
    g_assert_cmphex(in(SPEAKER) & 0xef, ==, 0x01);
    to_tick(120);
    g_assert_cmphex(in(SPEAKER) & 0xef, ==, 0x21);
    out(SPEAKER, 0);
}

static void port_61_toggles_with_each_refresh(void)
{
    uint8_t before = in(SPEAKER);
    int toggles = 0;

    start_ticks();
    for (int tick = 0; tick < 1800; tick++) {
        uint8_t now;

        to_tick(tick);
        now = in(SPEAKER);
        toggles += (now ^ before) >> 4 & 1;
        before = now;
    }
    g_assert_cmpint(toggles, >=, 99);
    g_assert_cmpint(toggles, <=, 101);
}

static void a_speaker_needs_its_timer(void)
{
    ISADevice *speaker = isa_new(TYPE_PC_SPEAKER);
    Error *err = NULL;

    g_assert_false(isa_realize_and_unref(speaker, test_bus, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "'pit'"));
    error_free(err);
}

static void random_gate(void)
{
    pit_set_gate(pit, 2, g_test_rand_int_range(0, 2));
    level_of(g_test_rand_int_range(0, 3));
}

static void random_guests_do_no_harm(void)
{
    static const uint16_t ports[] = { 0x40, 0x41, 0x42, 0x43, 0x43, 0x61 };
    static const uint8_t likely[] = { 0x34, 0x36, 0x30, 0xb0, 0xb2, 0xb4, 0xb6, 0xb8, 0xba, 0xe8,
                                      0x80, 0x00, 0x01, 0x02 };

    test_isa_random(ports, G_N_ELEMENTS(ports), likely, G_N_ELEMENTS(likely), random_gate);
    device_cold_reset(DEVICE(pit));
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    test_isa_init();
    pit = i8254_pit_init(test_bus, 0x40, 0, NULL);
    device_cold_reset(DEVICE(pit));
    pcspk_init(isa_new(TYPE_PC_SPEAKER), test_bus, pit);
#define RULE(name, rule) g_test_add_func("/i8254/" name, rule)
    RULE("mode-0-rises-at-the-end", mode_0_rises_at_the_end_of_the_count);
    RULE("mode-1-is-a-pulse-at-each-trigger", mode_1_is_a_pulse_at_each_trigger);
    RULE("mode-2-is-low-for-the-last-tick", mode_2_is_low_for_the_last_tick);
    RULE("mode-3-is-a-square-wave", mode_3_is_a_square_wave);
    RULE("mode-4-strobes-once", mode_4_strobes_once);
    RULE("mode-5-strobes-after-a-trigger", mode_5_strobes_after_a_trigger);
    RULE("one-byte-or-decimal", counts_may_be_one_byte_or_decimal);
    RULE("latches-hold", latches_hold_until_they_are_read);
    RULE("status-tells-null-count", status_tells_whether_the_count_is_loaded);
    RULE("counter-0-interrupts", counter_0_interrupts_at_exact_times);
    RULE("late-rises-come-one-by-one", late_rises_come_one_by_one);
    RULE("only-a-second-is-made-up-for", only_a_second_is_made_up_for);
    RULE("programming-forgets-late-rises", programming_forgets_late_rises);
    RULE("too-fast-a-counter", too_fast_a_counter_has_its_limit);
    RULE("another-timer-takes-over", another_timer_takes_its_interrupt);
    RULE("port-61-gate-and-output", port_61_has_gate_and_output_of_counter_2);
    RULE("port-61-refresh", port_61_toggles_with_each_refresh);
    RULE("a-speaker-needs-its-timer", a_speaker_needs_its_timer);
    RULE("state-survives", state_survives);
    RULE("random-guests-do-no-harm", random_guests_do_no_harm);
    return g_test_run();
}
