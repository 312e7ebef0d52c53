/*
 * GICv2m: messages become edges on the frame's interrupts, and on no others.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/intc/arm_gicv2m.h"

enum { TYPER = 0x008, SETSPI = 0x040, IIDR = 0xfcc };

#define WORD     (MO_LE | MO_32)
#define HALFWORD (MO_LE | MO_16)

typedef struct Fixture {
    DeviceState *dev;
    AddressSpace as;
    TestLine spi[4];
} Fixture;

/* Interrupts 32 + 48 to 32 + 51. */
static void set_up(Fixture *f, gconstpointer data)
{
    f->dev = qdev_new(TYPE_ARM_GICV2M);
    qdev_prop_set_uint32(f->dev, "base-spi", 48);
    qdev_prop_set_uint32(f->dev, "num-spi", ARRAY_SIZE(f->spi));
    sysbus_realize(SYS_BUS_DEVICE(f->dev), &error_abort);
    for (size_t i = 0; i < ARRAY_SIZE(f->spi); i++) {
        sysbus_connect_irq(SYS_BUS_DEVICE(f->dev), i, test_line(&f->spi[i]));
    }
    device_cold_reset(f->dev);
    test_map(&f->as, f->dev);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->as);
    test_drop(f->dev);
}

static int rises(const Fixture *f)
{
    int sum = 0;

    for (size_t i = 0; i < ARRAY_SIZE(f->spi); i++) {
        g_assert_cmpint(f->spi[i].level, ==, 0);
        sum += f->spi[i].rises;
    }
    return sum;
}

static void test_says_which_interrupts_it_has(Fixture *f, gconstpointer data)
{
    g_assert_cmphex(rd(&f->as, TYPER, WORD), ==, 80 << 16 | 4);
    g_assert_cmphex(rd(&f->as, IIDR, WORD) & 0xfff, ==, 0x43b);
    wr(&f->as, TYPER, 0, WORD);
    g_assert_cmphex(rd(&f->as, TYPER, WORD), ==, 80 << 16 | 4);
}

static void test_a_message_is_an_edge(Fixture *f, gconstpointer data)
{
    for (int i = 0; i < 4; i++) {
        wr(&f->as, SETSPI, 80 + i, i % 2 ? HALFWORD : WORD);
        g_assert_cmpint(f->spi[i].rises, ==, 1);
        g_assert_cmpint(rises(f), ==, i + 1);
    }
}

static void test_other_numbers_are_ignored(Fixture *f, gconstpointer data)
{
    static const uint32_t others[] = { 0, 48, 79, 84, 1023, UINT32_MAX };

    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        wr(&f->as, SETSPI, others[i], WORD);
    }
    g_assert_cmpint(rises(f), ==, 0);
}

static void test_properties_have_limits(Fixture *f, gconstpointer data)
{
    static const struct { uint32_t base, num; const char *message; } rows[] = {
        { 0, 0, "num-spi is 0" },
        { 0, 129, "num-spi is 129" },
        { 925, 64, "base-spi is 925: with num-spi=64 it can be at most 924" },
        { UINT32_MAX, 1, "base-spi is 4294967295" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        DeviceState *dev = qdev_new(TYPE_ARM_GICV2M);
        g_autoptr(Error) err = NULL;

        qdev_prop_set_uint32(dev, "base-spi", rows[i].base);
        qdev_prop_set_uint32(dev, "num-spi", rows[i].num);
        g_assert_false(sysbus_realize(SYS_BUS_DEVICE(dev), &err));
        g_assert_nonnull(strstr(error_get_pretty(err), rows[i].message));
        object_unref(OBJECT(dev));
    }
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
#define TEST(name, function)                                                                       \
    g_test_add("/arm-gicv2m/" name, Fixture, NULL, set_up, function, tear_down)
    TEST("says-which-interrupts-it-has", test_says_which_interrupts_it_has);
    TEST("a-message-is-an-edge", test_a_message_is_an_edge);
    TEST("other-numbers-are-ignored", test_other_numbers_are_ignored);
    TEST("properties-have-limits", test_properties_have_limits);
    return g_test_run();
}
