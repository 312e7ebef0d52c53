/*
 * PL061: masks in the address, directions, levels and edges; the button that hangs on one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/gpio/gpio-key.h"
#include "hw/gpio/pl061.h"

enum { DIR = 0x400, IS = 0x404, IBE = 0x408, IEV = 0x40c, IE = 0x410, RIS = 0x414, MIS = 0x418,
       IC = 0x41c };

#define WORD       (MO_LE | MO_32)
#define DATA(mask) ((mask) << 2)

typedef struct Fixture {
    DeviceState *dev;
    AddressSpace as;
    TestLine irq, out[PL061_NUM_PINS];
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    f->dev = qdev_new(TYPE_PL061);
    sysbus_realize(SYS_BUS_DEVICE(f->dev), &error_abort);
    sysbus_connect_irq(SYS_BUS_DEVICE(f->dev), 0, test_line(&f->irq));
    for (int i = 0; i < PL061_NUM_PINS; i++) {
        qdev_connect_gpio_out(f->dev, i, test_line(&f->out[i]));
    }
    device_cold_reset(f->dev);
    test_map(&f->as, f->dev);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->as);
    test_drop(f->dev);
}

static void drive(Fixture *f, int pin, int level)
{
    qemu_set_irq(qdev_get_gpio_in(f->dev, pin), level);
}

static void test_the_address_masks_data(Fixture *f, gconstpointer data)
{
    wr(&f->as, DIR, 0x0f, WORD);
    wr(&f->as, DATA(0x05), 0xff, WORD);
    g_assert_cmphex(rd(&f->as, DATA(0xff), WORD), ==, 0x05);
    for (int i = 0; i < PL061_NUM_PINS; i++) {
        g_assert_cmpint(f->out[i].level, ==, i == 0 || i == 2);
    }
    wr(&f->as, DATA(0x01), 0, WORD);
    g_assert_cmphex(rd(&f->as, DATA(0xff), WORD), ==, 0x04);
    drive(f, 0, 1); /* an output's pin is the chip's */
    drive(f, 7, 1);
    g_assert_cmphex(rd(&f->as, DATA(0xff), WORD), ==, 0x84);
    g_assert_cmphex(rd(&f->as, DATA(0x0f), WORD), ==, 0x04);
}

static void test_levels_interrupt_while_they_last(Fixture *f, gconstpointer data)
{
    wr(&f->as, IS, 0x03, WORD);
    wr(&f->as, IEV, 0x01, WORD);
    wr(&f->as, IE, 0x01, WORD);
    g_assert_cmphex(rd(&f->as, RIS, WORD), ==, 0x02); /* pin 1 is low */
    g_assert_cmpint(f->irq.level, ==, 0);
    drive(f, 0, 1);
    g_assert_cmpint(f->irq.level, ==, 1);
    wr(&f->as, IC, 0x01, WORD);
    g_assert_cmpint(f->irq.level, ==, 1);
    g_assert_cmphex(rd(&f->as, MIS, WORD), ==, 0x01);
    drive(f, 0, 0);
    g_assert_cmpint(f->irq.level, ==, 0);
}

static void test_edges_are_kept_until_cleared(Fixture *f, gconstpointer data)
{
    wr(&f->as, IE, 0xff, WORD);
    wr(&f->as, IEV, 0x01, WORD); /* 0 rising, 1 falling, 2 both */
    wr(&f->as, IBE, 0x04, WORD);
    for (int pin = 0; pin < 3; pin++) {
        drive(f, pin, 1);
    }
    g_assert_cmphex(rd(&f->as, RIS, WORD), ==, 0x05);
    wr(&f->as, IC, 0xff, WORD);
    g_assert_cmpint(f->irq.level, ==, 0);
    for (int pin = 0; pin < 3; pin++) {
        drive(f, pin, 0);
    }
    g_assert_cmphex(rd(&f->as, MIS, WORD), ==, 0x06);
    g_assert_cmpint(f->irq.level, ==, 1);
    wr(&f->as, IC, 0x06, WORD);
    g_assert_cmpint(f->irq.level, ==, 0);
}

static void test_identifies_itself(Fixture *f, gconstpointer data)
{
    static const uint8_t id[] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

    for (size_t i = 0; i < ARRAY_SIZE(id); i++) {
        g_assert_cmphex(rd(&f->as, 0xfe0 + 4 * i, WORD), ==, id[i]);
    }
}

static void test_a_button_is_held_for_a_while(void)
{
    DeviceState *dev = qdev_new(TYPE_GPIO_KEY);
    TestLine contact = { 0 };

    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    qdev_connect_gpio_out(dev, 0, test_line(&contact));
    qemu_irq_pulse(qdev_get_gpio_in(dev, 0));
    g_assert_cmpint(contact.level, ==, 1);
    test_advance_ns((GPIO_KEY_HELD_MS - 1) * INT64_C(1000000));
    g_assert_cmpint(contact.level, ==, 1);
    test_advance_ns(2000000);
    g_assert_cmpint(contact.level, ==, 0);
    test_drop(dev);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
#define TEST(name, function) g_test_add("/pl061/" name, Fixture, NULL, set_up, function, tear_down)
    TEST("the-address-masks-data", test_the_address_masks_data);
    TEST("levels-interrupt-while-they-last", test_levels_interrupt_while_they_last);
    TEST("edges-are-kept-until-cleared", test_edges_are_kept_until_cleared);
    TEST("identifies-itself", test_identifies_itself);
    g_test_add_func("/pl061/a-button-is-held-for-a-while", test_a_button_is_held_for_a_while);
    return g_test_run();
}
