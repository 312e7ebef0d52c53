/*
 * PL031: the counter, its match, masks. It runs by the host's clock, so only differences are compared.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/rtc/pl031.h"

enum { DR = 0x00, MR = 0x04, LR = 0x08, CR = 0x0c, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };

#define WORD (MO_LE | MO_32)

typedef struct Fixture {
    DeviceState *dev;
    AddressSpace as;
    TestLine irq;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    f->dev = qdev_new(TYPE_PL031);
    sysbus_realize(SYS_BUS_DEVICE(f->dev), &error_abort);
    sysbus_connect_irq(SYS_BUS_DEVICE(f->dev), 0, test_line(&f->irq));
    device_cold_reset(f->dev);
    test_map(&f->as, f->dev);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->as);
    test_drop(f->dev);
}

static void test_counts_from_what_was_loaded(Fixture *f, gconstpointer data)
{
    uint32_t now;

    wr(&f->as, LR, 1000, WORD);
    now = rd(&f->as, DR, WORD);
    g_assert_cmpuint(now - 1000, <, 600);
    wr(&f->as, LR, 0xffffffff, WORD);
    now = rd(&f->as, DR, WORD);
    g_assert_cmpuint(now - 0xffffffff, <, 600); /* on through 0 */
    g_assert_cmpuint(rd(&f->as, CR, WORD), ==, 1);
}

/* Written equal to the counter, in the same second or the next. */
static void match_now(Fixture *f)
{
    for (int i = 0; i < 100 && !rd(&f->as, RIS, WORD); i++) {
        wr(&f->as, MR, rd(&f->as, DR, WORD), WORD);
    }
}

static void test_a_match_interrupts_if_unmasked(Fixture *f, gconstpointer data)
{
    match_now(f);
    g_assert_cmpuint(rd(&f->as, RIS, WORD), ==, 1);
    g_assert_cmpuint(rd(&f->as, MIS, WORD), ==, 0);
    g_assert_cmpint(f->irq.level, ==, 0);
    wr(&f->as, IMSC, 1, WORD);
    g_assert_cmpuint(rd(&f->as, MIS, WORD), ==, 1);
    g_assert_cmpint(f->irq.level, ==, 1);
    wr(&f->as, ICR, 1, WORD);
    g_assert_cmpint(f->irq.level, ==, 0);
    g_assert_cmpuint(rd(&f->as, RIS, WORD), ==, 0);
}

static void test_a_reset_keeps_the_time(Fixture *f, gconstpointer data)
{
    wr(&f->as, LR, 5000, WORD);
    wr(&f->as, IMSC, 1, WORD);
    device_cold_reset(f->dev);
    g_assert_cmpuint(rd(&f->as, IMSC, WORD), ==, 0);
    g_assert_cmpuint(rd(&f->as, DR, WORD) - 5000, <, 600);
}

static void test_identifies_itself(Fixture *f, gconstpointer data)
{
    static const uint8_t id[] = { 0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

    for (size_t i = 0; i < ARRAY_SIZE(id); i++) {
        g_assert_cmphex(rd(&f->as, 0xfe0 + 4 * i, WORD), ==, id[i]);
    }
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
#define TEST(name, function) g_test_add("/pl031/" name, Fixture, NULL, set_up, function, tear_down)
    TEST("counts-from-what-was-loaded", test_counts_from_what_was_loaded);
    TEST("a-match-interrupts-if-unmasked", test_a_match_interrupts_if_unmasked);
    TEST("a-reset-keeps-the-time", test_a_reset_keeps_the_time);
    TEST("identifies-itself", test_identifies_itself);
    return g_test_run();
}
