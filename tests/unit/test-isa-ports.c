/*
 * What of an ISA card talks to the host through a port or some: one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-ringbuf.h"
#include "isa-test.h"
#include "qemu/option.h"
#include "system/runstate.h"

static DeviceState *made(const char *type, const char *chardev)
{
    DeviceState *dev = DEVICE(isa_new(type));

    if (chardev) {
        g_autofree char *text = g_strdup_printf("ringbuf,id=%s", chardev);
        QemuOpts *opts = qemu_opts_parse(&qemu_chardev_opts, text, true, &error_abort);

        qdev_prop_set_chr(dev, "chardev", qemu_chr_new_from_opts(opts, &error_abort));
        qemu_opts_del(opts);
    }
    return dev;
}

static void realize(DeviceState *dev)
{
    isa_realize_and_unref(ISA_DEVICE(dev), test_bus, &error_abort);
}

/* What the device has written to its character device since the last time. */
static void expect_output(const char *chardev, const char *text)
{
    GByteArray *bytes = ringbuf_chr_read(qemu_chr_find(chardev), 1000);

    g_assert_cmpmem(bytes->data, bytes->len, text, strlen(text));
    g_byte_array_unref(bytes);
}

static void expect_refusal(DeviceState *dev, const char *word)
{
    Error *err = NULL;

    g_assert_false(isa_realize_and_unref(ISA_DEVICE(dev), test_bus, &err));
    if (!strstr(error_get_pretty(err), word)) {
        g_error("'%s' doesn't say '%s'", error_get_pretty(err), word);
    }
    error_free(err);
}

static void serial_ports_take_the_usual_places(void)
{
    static const uint16_t ports[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
    static const int irqs[] = { 4, 3, 4, 3 };
    DeviceState *dev[4];

    for (int i = 0; i < 4; i++) {
        dev[i] = made("isa-serial", NULL);
        realize(dev[i]);
        device_cold_reset(dev[i]);
        g_assert_cmpuint(object_property_get_uint(OBJECT(dev[i]), "iobase", NULL), ==, ports[i]);
        out(ports[i] + 7, 0x50 + i);
        g_assert_cmphex(in(ports[i] + 7), ==, 0x50 + i);
        out(ports[i] + 1, 2); /* transmitter empty */
        g_assert_cmpint(test_isa_lines[irqs[i]].level, ==, 1);
        out(ports[i] + 1, 0);
        g_assert_cmpint(test_isa_lines[irqs[i]].level, ==, 0);
    }
    expect_refusal(made("isa-serial", NULL), "expected 0 to 3");
    object_unparent(OBJECT(dev[1]));
    dev[1] = made("isa-serial", NULL); /* the first place that is free */
    realize(dev[1]);
    g_assert_cmpuint(object_property_get_uint(OBJECT(dev[1]), "index", NULL), ==, 1);
    for (int i = 0; i < 4; i++) {
        object_unparent(OBJECT(dev[i]));
    }
}

static void serial_ports_go_where_they_are_told(void)
{
    DeviceState *dev = made("isa-serial", NULL);

    qdev_prop_set_uint32(dev, "iobase", 0x1238);
    qdev_prop_set_uint32(dev, "irq", 9);
    realize(dev);
    device_cold_reset(dev);
    out(0x1239, 2);
    g_assert_cmpint(test_isa_lines[9].level, ==, 1);
    out(0x1239, 0);
    object_unparent(OBJECT(dev));
    dev = made("isa-serial", NULL);
    qdev_prop_set_uint32(dev, "irq", 16);
    expect_refusal(dev, "'irq' 16");
}

static void debugcon_writes_and_says_that_it_is_there(void)
{
    DeviceState *dev = made("isa-debugcon", "debugcon");

    realize(dev);
    g_assert_cmphex(in(0xe9), ==, 0xe9);
    out(0xe9, 'x');
    out(0xe9, 'y');
    expect_output("debugcon", "xy");
    object_unparent(OBJECT(dev));
    expect_refusal(made("isa-debugcon", NULL), "'chardev' is missing");
}

static void print(uint16_t port, uint8_t byte, uint8_t control)
{
    out(port, byte);
    out(port + 2, control | 0x01);
    out(port + 2, control);
}

static void a_printer_takes_what_is_strobed(void)
{
    DeviceState *dev = made("isa-parallel", "printer");

    realize(dev);
    device_cold_reset(dev);
    out(0x378, 0x55);
    g_assert_cmphex(in(0x378), ==, 0x55);
    out(0x37a, 0x0c);
    g_assert_cmphex(in(0x37a), ==, 0xcc);
    g_assert_cmphex(in(0x379), ==, 0xdc); /* not busy, selected, no error, no interrupt */
    print(0x378, 'a', 0x0c);
    print(0x378, 'b', 0x0c);
    out(0x378, 'c'); /* not strobed */
    expect_output("printer", "ab");
    g_assert_cmpint(test_isa_lines[7].level, ==, 0);
    print(0x378, 'd', 0x1c);
    g_assert_cmpint(test_isa_lines[7].level, ==, 1);
    g_assert_cmphex(in(0x379), ==, 0xd8);
    g_assert_cmpint(test_isa_lines[7].level, ==, 0);
    g_assert_cmphex(in(0x379), ==, 0xdc);
    out(0x37a, 0x2c); /* input */
    g_assert_cmphex(in(0x378), ==, 0xff);
    print(0x378, 'e', 0x08); /* the printer is held in reset */
    expect_output("printer", "d");
    object_unparent(OBJECT(dev));
    expect_refusal(made("isa-parallel", NULL), "'chardev' is missing");
    dev = made("isa-parallel", "printer2");
    qdev_prop_set_uint32(dev, "index", 3);
    expect_refusal(dev, "expected 0 to 2");
}

static void debug_exit_ends_with_the_status(void)
{
    DeviceState *dev = made("isa-debug-exit", NULL);

    realize(dev);
    runstate_set(RUN_STATE_RUNNING);
    g_assert_cmphex(in(0x501), ==, 0);
    out(0x501, 0x10);
    g_assert_cmpint(qemu_main_loop(), ==, 0x21);
    wr(&test_port_space, 0x501, 0x0000, MO_LEUW);
    g_assert_cmpint(qemu_main_loop(), ==, 1);
    object_unparent(OBJECT(dev));
    dev = made("isa-debug-exit", NULL);
    qdev_prop_set_uint32(dev, "iosize", 0);
    expect_refusal(dev, "'iosize' 0x0");
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    test_isa_init();
#define RULE(name, rule) g_test_add_func("/isa-ports/" name, rule)
    RULE("serial/usual-places", serial_ports_take_the_usual_places);
    RULE("serial/other-places", serial_ports_go_where_they_are_told);
    RULE("debugcon", debugcon_writes_and_says_that_it_is_there);
    RULE("parallel", a_printer_takes_what_is_strobed);
    RULE("debug-exit", debug_exit_ends_with_the_status);
    return g_test_run();
}
