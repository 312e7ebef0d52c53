/*
 * M48T37: strobes, memory, clock, alarm, watchdog.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include <glib/gstdio.h>
#include "hw/rtc/m48t37.h"
#include "system/block-backend.h"
#include "system/rtc.h"

enum {
    FLAGS = 0x7ff0, CENTURY, ALARM_SECONDS, ALARM_MINUTES, ALARM_HOURS, ALARM_DATE, INTERRUPTS,
    WATCHDOG, CONTROL, SECONDS, MINUTES, HOURS, DAY, DATE, MONTH, YEAR,
};

#define W 0x80
#define R 0x40
#define ST 0x80
#define RPT 0x80
#define AFE 0x80
#define AF 0x40
#define WDF 0x80

typedef struct Fixture {
    DeviceState *dev;
    AddressSpace as;
    TestLine irq, reset;
} Fixture;

static DeviceState *new_chip(BlockBackend *blk)
{
    DeviceState *dev = qdev_new(TYPE_M48T37);

    if (blk) {
        qdev_prop_set_drive(dev, "drive", blk);
    }
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    return dev;
}

static void set_up(Fixture *f, gconstpointer data)
{
    rtc_set_base("2024-02-28T23:59:00", &error_abort);
    f->dev = new_chip(NULL);
    sysbus_connect_irq(SYS_BUS_DEVICE(f->dev), 0, test_line(&f->irq));
    qdev_connect_gpio_out_named(f->dev, M48T37_RESET_OUT, 0, test_line(&f->reset));
    test_map(&f->as, f->dev);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->as);
    test_drop(f->dev);
}

static void strobe(Fixture *f, unsigned address)
{
    wr(&f->as, 0x00, address & 0xff, MO_8);
    wr(&f->as, 0x08, address >> 8, MO_8);
}

static uint8_t get(Fixture *f, unsigned address)
{
    strobe(f, address);
    return rd(&f->as, 0x10, MO_8);
}

static void put(Fixture *f, unsigned address, uint8_t value)
{
    strobe(f, address);
    wr(&f->as, 0x10, value, MO_8);
}

/* YYYYMMDD and hhmmss, as BCD numbers read under R. */
static void get_time(Fixture *f, uint32_t *date, uint32_t *time)
{
    put(f, CONTROL, R);
    *date = get(f, CENTURY) << 24 | get(f, YEAR) << 16 | get(f, MONTH) << 8 | get(f, DATE);
    *time = get(f, HOURS) << 16 | get(f, MINUTES) << 8 | (get(f, SECONDS) & 0x7f);
    put(f, CONTROL, 0);
}

static void set_time(Fixture *f, uint32_t date, uint32_t time)
{
    put(f, CONTROL, W);
    put(f, CENTURY, date >> 24);
    put(f, YEAR, date >> 16);
    put(f, MONTH, date >> 8);
    put(f, DATE, date);
    put(f, HOURS, time >> 16);
    put(f, MINUTES, time >> 8);
    put(f, SECONDS, time);
    put(f, CONTROL, 0);
}

/* The host's time of day, which stands still until told. */
static int64_t host_now = INT64_C(1700000000) * NANOSECONDS_PER_SECOND;

static int64_t host_source(void)
{
    return host_now;
}

static void pass_ms(int ms)
{
    int64_t end = host_now + ms * 1000000LL;
    int64_t next;

    while ((next = qemu_clock_deadline_ns(QEMU_CLOCK_HOST)) >= 0 && host_now + next <= end) {
        host_now += next;
        qemu_clock_run_timers(QEMU_CLOCK_HOST);
    }
    host_now = end;
    qemu_clock_run_timers(QEMU_CLOCK_HOST);
}

static void test_memory(Fixture *f, gconstpointer data)
{
    put(f, 0x0000, 0x11);
    put(f, 0x7fef, 0x22);
    put(f, 0x1234, 0x33);
    g_assert_cmphex(get(f, 0x0000), ==, 0x11);
    g_assert_cmphex(get(f, 0x7fef), ==, 0x22);
    g_assert_cmphex(get(f, 0x1234), ==, 0x33);
    g_assert_cmphex(get(f, 0x9234), ==, 0x33); /* address bit 15 goes nowhere */
    m48t37_write(OBJECT(f->dev), 0x1235, 0x44);
    g_assert_cmphex(m48t37_read(OBJECT(f->dev), 0x1235), ==, 0x44);
    g_assert_cmphex(rd(&f->as, 0x00, MO_8), ==, 0); /* the strobes are write-only */
}

static void test_base(Fixture *f, gconstpointer data)
{
    uint32_t date, time;

    get_time(f, &date, &time);
    g_assert_cmphex(date, ==, 0x20240228);
    g_assert_cmphex(time, >=, 0x235900);
    g_assert_cmphex(time, <=, 0x235902);
    g_assert_cmphex(get(f, DAY), ==, 4); /* a Wednesday */
}

static void test_set(Fixture *f, gconstpointer data)
{
    uint32_t date, time;

    set_time(f, 0x19991231, 0x235959);
    get_time(f, &date, &time);
    g_assert_true((date == 0x19991231 && time == 0x235959) || date == 0x20000101);
    pass_ms(1100);
    get_time(f, &date, &time);
    g_assert_cmphex(date, ==, 0x20000101); /* the century rolls over */
    put(f, MINUTES, 0x55); /* without W: no effect */
    g_assert_cmphex(get(f, MINUTES), ==, 0x00);
}

static void set_day(Fixture *f, uint32_t date, uint32_t time, uint8_t day)
{
    put(f, CONTROL, W);
    put(f, DAY, day);
    set_time(f, date, time);
}

/* The date doesn't determine it: it counts midnights from what the guest has set. */
static void test_day_is_a_counter(Fixture *f, gconstpointer data)
{
    static const uint8_t after[] = { 1, 2, 3, 4, 5, 6, 7, 1 };

    for (uint8_t day = 0; day < 8; day++) {
        DeviceState *copy;
        Fixture g = { 0 };

        set_day(f, 0x20240228, 0x120000, day); /* a Wednesday */
        g_assert_cmphex(get(f, DAY), ==, day);
        set_day(f, 0x19991231, 0x235959, day);
        pass_ms(1100);
        g_assert_cmphex(get(f, DAY), ==, after[day]);

        copy = new_chip(NULL);
        test_copy_state(f->dev, copy);
        g.dev = copy;
        test_map(&g.as, copy);
        g_assert_cmphex(get(&g, DAY), ==, after[day]);
        address_space_destroy(&g.as);
        test_drop(copy);
    }
    /* Setting the time alone leaves the counter where it is. */
    set_time(f, 0x20200615, 0x100000);
    g_assert_cmphex(get(f, DAY), ==, after[7]);
}

static void test_read_freezes(Fixture *f, gconstpointer data)
{
    uint8_t seconds;

    put(f, CONTROL, R);
    seconds = get(f, SECONDS);
    pass_ms(1100);
    g_assert_cmphex(get(f, SECONDS), ==, seconds);
    put(f, CONTROL, 0);
    g_assert_cmphex(get(f, SECONDS), !=, seconds); /* the clock went on */
}

static void test_stop(Fixture *f, gconstpointer data)
{
    uint32_t date, time;

    set_time(f, 0x20010203, 0x040506 | ST);
    pass_ms(1100);
    get_time(f, &date, &time);
    g_assert_cmphex(date, ==, 0x20010203);
    g_assert_cmphex(time, ==, 0x040506);
    g_assert_cmphex(get(f, SECONDS), ==, 0x06 | ST);
    set_time(f, 0x20010203, 0x040506);
    pass_ms(1100);
    get_time(f, &date, &time);
    g_assert_cmphex(time, >, 0x040506);
}

static void test_bad_time(Fixture *f, gconstpointer data)
{
    uint32_t date, time;

    set_time(f, 0xffffffff, 0xffffff);
    get_time(f, &date, &time);
    set_time(f, 0x00000000, 0x000000);
    get_time(f, &date, &time);
    put(f, ALARM_SECONDS, 0xff);
    put(f, ALARM_DATE, 0x99);
    set_time(f, 0x20240101, 0x000000);
    get_time(f, &date, &time);
    g_assert_cmphex(date, ==, 0x20240101);
}

static void set_alarm(Fixture *f, uint8_t date, uint8_t hours, uint8_t minutes, uint8_t seconds)
{
    put(f, ALARM_DATE, date);
    put(f, ALARM_HOURS, hours);
    put(f, ALARM_MINUTES, minutes);
    put(f, ALARM_SECONDS, seconds);
}

static void test_alarm_each_second(Fixture *f, gconstpointer data)
{
    set_alarm(f, RPT, RPT, RPT, RPT);
    pass_ms(1100);
    g_assert_false(f->irq.level); /* AFE is off */
    put(f, INTERRUPTS, AFE);
    g_assert_true(f->irq.level);
    g_assert_cmphex(get(f, FLAGS), ==, AF);
    g_assert_false(f->irq.level);
    g_assert_cmphex(get(f, FLAGS), ==, 0);
    pass_ms(1100);
    g_assert_true(f->irq.level);
}

static void test_alarm_at_time(Fixture *f, gconstpointer data)
{
    put(f, INTERRUPTS, AFE);
    set_alarm(f, 0x29, 0x00, 0x00, 0x00);
    set_time(f, 0x20240228, 0x235958);
    get(f, FLAGS);
    g_assert_false(f->irq.level);
    pass_ms(2200);
    g_assert_true(f->irq.level);
    get(f, FLAGS);
    set_alarm(f, 0x30, 0x00, 0x00, 0x00); /* another day */
    set_time(f, 0x20240228, 0x235959);
    pass_ms(1200);
    g_assert_false(f->irq.level);
}

static void test_watchdog(Fixture *f, gconstpointer data)
{
    static const struct { uint8_t value; int64_t ns; } rows[] = {
        { 1 << 2, NANOSECONDS_PER_SECOND / 16 }, { 3 << 2 | 1, NANOSECONDS_PER_SECOND * 3 / 4 },
        { 2 << 2 | 2, NANOSECONDS_PER_SECOND * 2 }, { 31 << 2 | 3, NANOSECONDS_PER_SECOND * 124 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        put(f, WATCHDOG, rows[i].value);
        test_advance_ns(rows[i].ns - 1);
        put(f, WATCHDOG, rows[i].value); /* starts over */
        test_advance_ns(rows[i].ns - 1);
        g_assert_false(f->irq.level);
        test_advance_ns(1);
        g_assert_true(f->irq.level);
        g_assert_cmphex(get(f, FLAGS), ==, WDF);
        g_assert_true(f->irq.level); /* until the register is written with 0 */
        put(f, WATCHDOG, 0);
        g_assert_false(f->irq.level);
        test_advance_ns(200 * NANOSECONDS_PER_SECOND);
        g_assert_cmphex(get(f, FLAGS), ==, 0);
    }
    g_assert_cmpint(f->reset.rises, ==, 0);
}

static void test_watchdog_reset(Fixture *f, gconstpointer data)
{
    put(f, WATCHDOG, 0x80 | 1 << 2 | 2);
    test_advance_ns(NANOSECONDS_PER_SECOND);
    g_assert_cmpint(f->reset.rises, ==, 1);
    g_assert_false(f->irq.level);
    g_assert_cmphex(get(f, WATCHDOG), ==, 0);
    g_assert_cmphex(get(f, FLAGS), ==, WDF);
}

static void test_image(Fixture *f, gconstpointer data)
{
    g_autofree char *dir = g_dir_make_tmp("test-m48t37-XXXXXX", NULL);
    g_autofree char *image = g_build_filename(dir, "nvram", NULL);
    g_autofree char *contents = g_malloc0(M48T37_SIZE);
    BlockBackend *blk;
    DeviceState *dev;
    Error *err = NULL;

    for (int i = 0; i < 2; i++) {
        if (i == 0) {
            g_assert_true(g_file_set_contents(image, contents, M48T37_SIZE, NULL));
        }
        blk = blk_new_open("nvram", image, "raw", false, &error_abort);
        dev = new_chip(blk);
        g_assert_cmphex(m48t37_read(OBJECT(dev), 0x100), ==, i ? 0xab : 0);
        m48t37_write(OBJECT(dev), 0x100, 0xab);
        /* What of the registers is battery-backed: alarm, calibration, the day. */
        g_assert_cmphex(m48t37_read(OBJECT(dev), ALARM_HOURS), ==, i ? 0x12 : 0);
        g_assert_cmphex(m48t37_read(OBJECT(dev), CONTROL), ==, i ? 0x15 : 0);
        g_assert_cmphex(m48t37_read(OBJECT(dev), DAY), ==, i ? 6 : 4); /* a Wednesday */
        m48t37_write(OBJECT(dev), ALARM_HOURS, 0x12);
        m48t37_write(OBJECT(dev), CONTROL, W);
        m48t37_write(OBJECT(dev), DAY, 6);
        m48t37_write(OBJECT(dev), CONTROL, 0x15);
        test_drop(dev);
        blk_unref(blk);
    }
    g_assert_true(g_file_set_contents(image, "short", 5, NULL));
    blk = blk_new_open("nvram", image, "raw", false, &error_abort);
    dev = qdev_new(TYPE_M48T37);
    qdev_prop_set_drive(dev, "drive", blk);
    g_assert_false(sysbus_realize(SYS_BUS_DEVICE(dev), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "32768"));
    error_free(err);
    object_unref(OBJECT(dev));
    blk_unref(blk);
    g_unlink(image);
    g_rmdir(dir);
}

static void test_state_is_complete(Fixture *f, gconstpointer data)
{
    DeviceState *copy;
    Fixture g = { 0 };
    uint32_t date, time;

    set_time(f, 0x20010203, 0x040506 | ST);
    put(f, 0x100, 0x77);
    put(f, WATCHDOG, 1 << 2 | 2);
    strobe(f, 0x100);
    copy = new_chip(NULL);
    test_copy_state(f->dev, copy);
    g.dev = copy;
    test_map(&g.as, copy);
    sysbus_connect_irq(SYS_BUS_DEVICE(copy), 0, test_line(&g.irq));
    g_assert_cmphex(rd(&g.as, 0x10, MO_8), ==, 0x77); /* the strobed address too */
    get_time(&g, &date, &time);
    g_assert_cmphex(date, ==, 0x20010203);
    g_assert_cmphex(time, ==, 0x040506);
    test_advance_ns(NANOSECONDS_PER_SECOND);
    g_assert_true(g.irq.level);
    address_space_destroy(&g.as);
    test_drop(copy);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(Fixture *f, gconstpointer data);
    } tests[] = {
        { "memory-behind-strobes", test_memory },
        { "clock-starts-at-rtc-base", test_base },
        { "clock-can-be-set", test_set },
        { "day-of-the-week-is-a-counter", test_day_is_a_counter },
        { "read-bit-freezes-the-registers", test_read_freezes },
        { "stop-bit-stops-the-clock", test_stop },
        { "nonsense-time-is-survived", test_bad_time },
        { "alarm-each-second", test_alarm_each_second },
        { "alarm-at-a-time", test_alarm_at_time },
        { "watchdog-interrupt", test_watchdog },
        { "watchdog-reset", test_watchdog_reset },
        { "image-keeps-the-memory", test_image },
        { "state-table-is-complete", test_state_is_complete },
    };

    device_test_init(&argc, &argv);
    qemu_clock_set_host_source(host_source);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/m48t37/", tests[i].name, NULL);

        g_test_add(path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
    return g_test_run();
}
