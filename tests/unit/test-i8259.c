/*
 * The pair of interrupt controllers: one rule of the data sheet each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/intc/i8259.h"
#include "hw/intc/intc.h"
#include "isa-test.h"

static qemu_irq *inputs;
static TestLine intr;

/* As a PC's firmware does: vectors from 0x08 and 0x70 on, everything unmasked. */
static void initialize(uint8_t icw4)
{
    for (int n = 0; n < 16; n++) {
        qemu_set_irq(inputs[n == 2 ? 0 : n], 0);
    }
    out(0x20, 0x11);
    out(0xa0, 0x11);
    out(0x21, 0x08);
    out(0xa1, 0x70);
    out(0x21, 0x04);
    out(0xa1, 0x02);
    out(0x21, icw4);
    out(0xa1, icw4 & ~0x10);
    out(0x4d0, 0);
    out(0x4d1, 0);
    out(0x20, 0x48);
    out(0xa0, 0x48);
    intr.rises = 0;
    g_assert_cmpint(intr.level, ==, 0);
}

static void expect_vector(uint8_t vector)
{
    g_assert_cmpint(intr.level, ==, 1);
    g_assert_cmpint(pic_get_output(isa_pic), ==, 1);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, vector);
}

static void does_nothing_before_it_is_initialized(void)
{
    device_cold_reset(isa_pic);
    qemu_set_irq(inputs[0], 1);
    g_assert_cmpint(intr.level, ==, 0);
    qemu_set_irq(inputs[0], 0);
    out(0x21, 0xa5);
    g_assert_cmphex(in(0x21), ==, 0xa5);
}

static void vectors_come_from_icw2(void)
{
    initialize(0x01);
    for (int n = 0; n < 16; n++) {
        if (n == 2) {
            continue;
        }
        qemu_set_irq(inputs[n], 1);
        expect_vector(n < 8 ? 0x08 + n : 0x70 + n - 8);
        qemu_set_irq(inputs[n], 0);
        if (n >= 8) {
            out(0xa0, 0x20);
        }
        out(0x20, 0x20);
        g_assert_cmpint(intr.level, ==, 0);
    }
}

static void urgent_requests_interrupt_less_urgent_ones(void)
{
    initialize(0x01);
    qemu_set_irq(inputs[4], 1);
    expect_vector(0x0c);
    qemu_set_irq(inputs[5], 1);
    g_assert_cmpint(intr.level, ==, 0);
    qemu_set_irq(inputs[1], 1);
    expect_vector(0x09);
    out(0x20, 0x0b);
    g_assert_cmphex(in(0x20), ==, 0x12); /* in service */
    out(0x20, 0x20);
    g_assert_cmphex(in(0x20), ==, 0x10); /* the most urgent one has ended */
    out(0x20, 0x64);                     /* specific: 4 */
    expect_vector(0x0d);
    out(0x20, 0x65);
    out(0x20, 0x0a);
    g_assert_cmphex(in(0x20), ==, 0);
}

static void masked_requests_wait(void)
{
    initialize(0x01);
    out(0x21, 0x08);
    qemu_set_irq(inputs[3], 1);
    g_assert_cmpint(intr.level, ==, 0);
    g_assert_cmphex(in(0x20), ==, 0x08); /* IRR shows it */
    out(0x21, 0);
    expect_vector(0x0b);
    out(0x20, 0x20);
}

static void an_edge_counts_once_and_only_while_it_is_high(void)
{
    initialize(0x01);
    qemu_set_irq(inputs[3], 1);
    expect_vector(0x0b);
    out(0x20, 0x20);
    g_assert_cmpint(intr.level, ==, 0);
    qemu_set_irq(inputs[3], 0);
    qemu_set_irq(inputs[3], 1);
    g_assert_cmpint(intr.level, ==, 1);
    qemu_set_irq(inputs[3], 0);
    g_assert_cmpint(intr.level, ==, 0);
    /* Too late for the CPU, which has seen it. */
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x0f);
    out(0x20, 0x0b);
    g_assert_cmphex(in(0x20), ==, 0); /* nothing is in service */
}

static void a_spurious_request_of_the_second_is_vector_7_of_it(void)
{
    initialize(0x01);
    out(0xa1, 0xff);
    qemu_set_irq(inputs[2], 1); /* as a slave that changes its mind */
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x77);
    out(0x20, 0x0b);
    g_assert_cmphex(in(0x20), ==, 0x04); /* the first one is serving its slave */
    qemu_set_irq(inputs[2], 0);
}

static void elcr_makes_lines_levels(void)
{
    initialize(0x01);
    out(0x4d0, 0xff);
    out(0x4d1, 0xff);
    g_assert_cmphex(in(0x4d0), ==, 0xf8);
    g_assert_cmphex(in(0x4d1), ==, 0xde);
    qemu_set_irq(inputs[11], 1);
    expect_vector(0x73);
    out(0xa0, 0x20);
    out(0x20, 0x20);
    expect_vector(0x73); /* it is still there */
    qemu_set_irq(inputs[11], 0);
    out(0xa0, 0x20);
    out(0x20, 0x20);
    g_assert_cmpint(intr.level, ==, 0);
}

static void automatic_eoi_leaves_nothing_in_service(void)
{
    initialize(0x03);
    qemu_set_irq(inputs[3], 1);
    expect_vector(0x0b);
    out(0x20, 0x0b);
    g_assert_cmphex(in(0x20), ==, 0);
    out(0x20, 0x80); /* rotate with each */
    qemu_set_irq(inputs[4], 1);
    expect_vector(0x0c);
    qemu_set_irq(inputs[3], 0);
    qemu_set_irq(inputs[4], 0);
    qemu_set_irq(inputs[4], 1);
    qemu_set_irq(inputs[3], 1);
    qemu_set_irq(inputs[5], 1);
    expect_vector(0x0d); /* 4 is the last now, so 5 is the first */
    expect_vector(0x0b);
    expect_vector(0x0c);
    out(0x20, 0x00);
}

static void priorities_rotate(void)
{
    initialize(0x01);
    out(0x20, 0xc4); /* 4 is the last */
    for (int n = 3; n < 7; n++) {
        qemu_set_irq(inputs[n], 1);
    }
    expect_vector(0x0d);
    out(0x20, 0xa0); /* rotate on non-specific EOI: 5 becomes the last */
    expect_vector(0x0e);
    out(0x20, 0xe6); /* on specific */
    expect_vector(0x0b);
    out(0x20, 0x20);
    expect_vector(0x0c);
    out(0x20, 0x20);
    out(0x20, 0xc7);
}

static void special_mask_lets_everything_else_through(void)
{
    initialize(0x01);
    qemu_set_irq(inputs[1], 1);
    expect_vector(0x09);
    qemu_set_irq(inputs[6], 1);
    g_assert_cmpint(intr.level, ==, 0);
    out(0x21, 0x02);
    g_assert_cmpint(intr.level, ==, 0);
    out(0x20, 0x68);
    expect_vector(0x0e);
    out(0x20, 0x20); /* ends 6: 1 is masked */
    out(0x20, 0x0b);
    g_assert_cmphex(in(0x20), ==, 0x02);
    out(0x20, 0x48);
}

static void special_fully_nested_lets_a_slave_interrupt_itself(void)
{
    for (int sfnm = 0; sfnm < 2; sfnm++) {
        initialize(sfnm ? 0x11 : 0x01);
        qemu_set_irq(inputs[12], 1);
        expect_vector(0x74);
        qemu_set_irq(inputs[8], 1);
        g_assert_cmpint(intr.level, ==, sfnm);
        if (sfnm) {
            expect_vector(0x70);
        }
    }
}

static void poll_acknowledges(void)
{
    initialize(0x01);
    out(0x20, 0x0c);
    g_assert_cmphex(in(0x20), ==, 0);
    qemu_set_irq(inputs[5], 1);
    out(0x20, 0x0c);
    g_assert_cmphex(in(0x20), ==, 0x85);
    g_assert_cmpint(intr.level, ==, 0);
    out(0x20, 0x0b);
    g_assert_cmphex(in(0x20), ==, 0x20);
}

static void a_single_one_expects_no_icw3(void)
{
    initialize(0x01);
    out(0x20, 0x13);
    out(0x21, 0x40);
    out(0x21, 0x01);
    out(0x21, 0xfe);
    g_assert_cmphex(in(0x21), ==, 0xfe);
    qemu_set_irq(inputs[0], 1);
    expect_vector(0x40);
}

static void info_pic_shows_the_registers(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    InterruptStatsProviderClass *k;
    uint64_t *counts;
    unsigned n;

    initialize(0x01);
    k = INTERRUPT_STATS_PROVIDER_GET_CLASS(isa_pic);
    k->get_statistics(INTERRUPT_STATS_PROVIDER(isa_pic), &counts, &n);
    g_assert_cmpuint(n, ==, 16);
    memset(counts, 0, n * sizeof(*counts));
    qemu_set_irq(inputs[3], 1);
    expect_vector(0x0b);
    g_assert_cmpuint(counts[3], ==, 1);
    out(0x21, 0x5a);
    out(0x4d0, 0x08);
    k->print_info(INTERRUPT_STATS_PROVIDER(isa_pic), text);
    g_assert_cmpstr(text->str, ==, "pic0: irr=08 imr=5a isr=08 hprio=0 irq_base=08 rr_sel=0 "
                                   "elcr=08 fnm=0\n");
}

static void state_survives(void)
{
    DeviceState *other = DEVICE(isa_new(TYPE_I8259));

    qdev_prop_set_uint32(other, "iobase", 0x1020);
    qdev_prop_set_uint32(other, "elcr_addr", 0x14d0);
    qdev_prop_set_uint8(other, "elcr_mask", 0xf8);
    qdev_prop_set_bit(other, "master", true);
    isa_realize_and_unref(ISA_DEVICE(other), test_bus, &error_abort);
    initialize(0x01);
    qemu_set_irq(inputs[3], 1);
    expect_vector(0x0b);
    qemu_set_irq(inputs[4], 1);
    out(0x21, 0x0f);
    out(0x20, 0x0b);
    test_copy_state(isa_pic, other);
    g_assert_cmphex(in(0x1020), ==, 0x08);
    g_assert_cmphex(in(0x1021), ==, 0x0f);
    out(0x1020, 0x20);
    out(0x1021, 0);
    g_assert_cmphex(pic_read_irq(other), ==, 0x0c);
    object_unparent(OBJECT(other));
}

static void random_input(void)
{
    int n = g_test_rand_int_range(0, 17);

    if (n == 16) {
        pic_read_irq(isa_pic);
    } else {
        qemu_set_irq(inputs[n], g_test_rand_int_range(0, 2));
    }
}

static void random_guests_do_no_harm(void)
{
    static const uint16_t ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1 };
    static const uint8_t likely[] = { 0x11, 0x13, 0x20, 0x0a, 0x0b, 0x0c, 0x68, 0x48, 0x04, 0x01,
                                      0x03, 0 };

    test_isa_random(ports, G_N_ELEMENTS(ports), likely, G_N_ELEMENTS(likely), random_input);
    initialize(0x01);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    test_isa_init();
    inputs = i8259_init(test_bus, test_line(&intr));
#define RULE(name, rule) g_test_add_func("/i8259/" name, rule)
    RULE("does-nothing-before-it-is-initialized", does_nothing_before_it_is_initialized);
    RULE("vectors-come-from-icw2", vectors_come_from_icw2);
    RULE("urgent-requests-interrupt-others", urgent_requests_interrupt_less_urgent_ones);
    RULE("masked-requests-wait", masked_requests_wait);
    RULE("an-edge-counts-once", an_edge_counts_once_and_only_while_it_is_high);
    RULE("spurious-on-the-second", a_spurious_request_of_the_second_is_vector_7_of_it);
    RULE("elcr-makes-lines-levels", elcr_makes_lines_levels);
    RULE("automatic-eoi", automatic_eoi_leaves_nothing_in_service);
    RULE("priorities-rotate", priorities_rotate);
    RULE("special-mask", special_mask_lets_everything_else_through);
    RULE("special-fully-nested", special_fully_nested_lets_a_slave_interrupt_itself);
    RULE("poll-acknowledges", poll_acknowledges);
    RULE("single-has-no-icw3", a_single_one_expects_no_icw3);
    RULE("info-pic", info_pic_shows_the_registers);
    RULE("state-survives", state_survives);
    RULE("random-guests-do-no-harm", random_guests_do_no_harm);
    return g_test_run();
}
