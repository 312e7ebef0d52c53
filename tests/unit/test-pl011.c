/*
 * PL011: FIFOs and holding registers, flags, interrupts, loopback. What it sends goes to a ring buffer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "chardev/char-fe.h"
#include "chardev/char-ringbuf.h"
#include "hw/char/pl011.h"
#include "hw/qdev-properties-system.h"

enum { DR = 0x00, RSR = 0x04, FR = 0x18, LCR_H = 0x2c, CR = 0x30, IFLS = 0x34, IMSC = 0x38, RIS = 0x3c,
       MIS = 0x40, ICR = 0x44 };
enum { FR_RXFE = 0x10, FR_TXFF = 0x20, FR_RXFF = 0x40, FR_TXFE = 0x80 };
enum { LCR_FEN = 0x10, CR_ON = 0x301, CR_LBE = 0x80 };
enum { INT_RX = 0x10, INT_TX = 0x20, INT_RT = 0x40, INT_OE = 0x400 };

#define WORD (MO_LE | MO_32)

typedef struct Fixture {
    DeviceState *dev;
    AddressSpace as;
    TestLine irq;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    f->dev = qdev_new(TYPE_PL011);
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

/* What is sent comes back. */
static void loop_back(Fixture *f, const char *text)
{
    wr(&f->as, CR, CR_ON | CR_LBE, WORD);
    for (; *text; text++) {
        wr(&f->as, DR, *text, WORD);
    }
}

static void test_reset_values(Fixture *f, gconstpointer data)
{
    g_assert_cmphex(rd(&f->as, CR, WORD), ==, 0x300);
    g_assert_cmphex(rd(&f->as, IFLS, WORD), ==, 0x12);
    g_assert_cmphex(rd(&f->as, FR, WORD) & (FR_RXFE | FR_TXFE | FR_TXFF | FR_RXFF), ==, FR_RXFE | FR_TXFE);
    g_assert_cmphex(rd(&f->as, 0xfe0, WORD), ==, 0x11);
    g_assert_cmphex(rd(&f->as, 0xffc, WORD), ==, 0xb1);
}

static void test_fifo_keeps_the_order(Fixture *f, gconstpointer data)
{
    wr(&f->as, LCR_H, LCR_FEN, WORD);
    loop_back(f, "abc");
    for (const char *c = "abc"; *c; c++) {
        g_assert_cmphex(rd(&f->as, DR, WORD), ==, *c);
    }
    g_assert_cmphex(rd(&f->as, FR, WORD) & FR_RXFE, ==, FR_RXFE);
}

static void test_receive_interrupt_is_a_level(Fixture *f, gconstpointer data)
{
    wr(&f->as, LCR_H, LCR_FEN, WORD);
    wr(&f->as, IFLS, 0, WORD); /* an eighth: four characters */
    wr(&f->as, IMSC, INT_RX | INT_RT, WORD);
    loop_back(f, "abc");
    g_assert_cmphex(rd(&f->as, MIS, WORD), ==, INT_RT);
    g_assert_cmpint(f->irq.level, ==, 1);
    loop_back(f, "d");
    g_assert_cmphex(rd(&f->as, MIS, WORD), ==, INT_RX);
    rd(&f->as, DR, WORD);
    g_assert_cmphex(rd(&f->as, MIS, WORD), ==, INT_RT);
    while (!(rd(&f->as, FR, WORD) & FR_RXFE)) {
        rd(&f->as, DR, WORD);
    }
    g_assert_cmpint(f->irq.level, ==, 0);
}

static void test_transmit_interrupt_is_cleared_by_software(Fixture *f, gconstpointer data)
{
    wr(&f->as, CR, CR_ON, WORD);
    wr(&f->as, IMSC, INT_TX, WORD);
    g_assert_cmpint(f->irq.level, ==, 0);
    wr(&f->as, DR, 'x', WORD);
    g_assert_cmpint(f->irq.level, ==, 1);
    wr(&f->as, ICR, INT_TX, WORD);
    g_assert_cmpint(f->irq.level, ==, 0);
}

static void test_one_too_many_is_an_overrun(Fixture *f, gconstpointer data)
{
    loop_back(f, "ab"); /* FIFOs are off */
    g_assert_cmphex(rd(&f->as, RIS, WORD) & INT_OE, ==, INT_OE);
    g_assert_cmphex(rd(&f->as, DR, WORD), ==, 'a');
    g_assert_cmphex(rd(&f->as, RSR, WORD), ==, 8);
    wr(&f->as, RSR, 0, WORD);
    g_assert_cmphex(rd(&f->as, RSR, WORD), ==, 0);
}

static void test_state_goes_along(Fixture *f, gconstpointer data)
{
    Fixture other;

    wr(&f->as, LCR_H, LCR_FEN, WORD);
    loop_back(f, "hello");
    rd(&f->as, DR, WORD);
    set_up(&other, NULL);
    test_copy_state(f->dev, other.dev);
    for (const char *c = "ello"; *c; c++) {
        g_assert_cmphex(rd(&other.as, DR, WORD), ==, *c);
    }
    tear_down(&other, NULL);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
#define TEST(name, function) g_test_add("/pl011/" name, Fixture, NULL, set_up, function, tear_down)
    TEST("reset-values", test_reset_values);
    TEST("fifo-keeps-the-order", test_fifo_keeps_the_order);
    TEST("receive-interrupt-is-a-level", test_receive_interrupt_is_a_level);
    TEST("transmit-interrupt-is-cleared-by-software", test_transmit_interrupt_is_cleared_by_software);
    TEST("one-too-many-is-an-overrun", test_one_too_many_is_an_overrun);
    TEST("state-goes-along", test_state_goes_along);
    return g_test_run();
}
