/*
 * Interrupt lines: gates, inverters, lines that somebody listens in on.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/or-irq.h"
#include "hw/core/split-irq.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"

static int seen[4];

static void see(void *opaque, int n, int level)
{
    seen[n] = level;
}

static void test_gates(void)
{
    DeviceState *split = qdev_new(TYPE_SPLIT_IRQ), *gate = qdev_new(TYPE_OR_IRQ);
    qemu_irq *lines = qemu_allocate_irqs(see, NULL, 4);
    qemu_irq inverted = qemu_irq_invert(lines[3]);

    memset(seen, 0, sizeof(seen));
    qdev_prop_set_uint16(split, "num-lines", 2);
    qdev_realize(split, NULL, &error_abort);
    qdev_connect_gpio_out(split, 0, lines[0]);
    qdev_connect_gpio_out(split, 1, lines[1]);
    qemu_irq_raise(qdev_get_gpio_in(split, 0));
    g_assert_true(seen[0] && seen[1]);

    qdev_prop_set_uint16(gate, "num-lines", 2);
    qdev_realize(gate, NULL, &error_abort);
    qdev_connect_gpio_out(gate, 0, lines[2]);
    qemu_irq_raise(qdev_get_gpio_in(gate, 0));
    qemu_irq_raise(qdev_get_gpio_in(gate, 1));
    qemu_irq_lower(qdev_get_gpio_in(gate, 0));
    g_assert_true(seen[2]);
    qemu_irq_lower(qdev_get_gpio_in(gate, 1));
    g_assert_false(seen[2]);

    qemu_irq_raise(inverted);
    g_assert_false(seen[3]);
    qemu_irq_lower(inverted);
    g_assert_true(seen[3]);
    qemu_free_irq(inverted);

    object_unparent(OBJECT(split));
    object_unparent(OBJECT(gate));
    object_unref(split);
    object_unref(gate);
    for (int i = 0; i < 3; i++) {
        object_unparent(OBJECT(lines[i]));
    }
    qemu_free_irqs(lines, 4);
}

static void test_gate_limits(void)
{
    static const struct {
        const char *type;
        uint16_t lines;
        const char *message; /* NULL: it may have so many */
    } limits[] = {
        { TYPE_SPLIT_IRQ, 0, "IRQ splitter number of lines 0 is not between 1 and 256" },
        { TYPE_SPLIT_IRQ, 256, NULL },
        { TYPE_SPLIT_IRQ, 257, "IRQ splitter number of lines 257 is not between 1 and 256" },
        { TYPE_OR_IRQ, 0, "OR gate number of lines 0 is not between 1 and 48" },
        { TYPE_OR_IRQ, 48, NULL },
        { TYPE_OR_IRQ, 49, "OR gate number of lines 49 is not between 1 and 48" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        DeviceState *gate = qdev_new(limits[i].type);
        Error *err = NULL;

        qdev_prop_set_uint16(gate, "num-lines", limits[i].lines);
        g_assert_true(qdev_realize(gate, NULL, &err) == !limits[i].message);
        if (limits[i].message) {
            g_assert_cmpstr(error_get_pretty(err), ==, limits[i].message);
            error_free(err);
        } else {
            object_unparent(OBJECT(gate));
        }
        object_unref(gate);
    }
}

/* A gate whose inputs were high forgets them when it is reset; its last input counts too. */
static void test_gate_inputs(void)
{
    DeviceState *gate = qdev_new(TYPE_OR_IRQ), *split = qdev_new(TYPE_SPLIT_IRQ);
    qemu_irq line = qemu_allocate_irq(see, NULL, 0);

    qdev_prop_set_uint16(gate, "num-lines", MAX_OR_LINES);
    qdev_realize(gate, NULL, &error_abort);
    qdev_connect_gpio_out(gate, 0, line);
    qemu_set_irq(qdev_get_gpio_in(gate, MAX_OR_LINES - 1), 5);
    g_assert_cmpint(seen[0], ==, 1);
    qemu_set_irq(qdev_get_gpio_in(gate, 0), 1);
    device_cold_reset(gate);
    qemu_set_irq(qdev_get_gpio_in(gate, 0), 0);
    g_assert_cmpint(seen[0], ==, 0);
    object_unparent(OBJECT(gate));
    object_unref(gate);

    /* A splitter passes on whatever it is told. */
    qdev_realize(split, NULL, &error_abort);
    qdev_connect_gpio_out(split, 0, line);
    qemu_set_irq(qdev_get_gpio_in(split, 0), 5);
    g_assert_cmpint(seen[0], ==, 5);
    object_unparent(OBJECT(split));
    object_unref(split);
    object_unparent(OBJECT(line));
    qemu_free_irq(line);
}

static int overheard[2];
static qemu_irq *onward;

static void overhear(void *opaque, int n, int level)
{
    onward = opaque;
    overheard[n]++;
    qemu_set_irq(onward[n], level);
}

static void test_intercept(void)
{
    qemu_irq *lines = qemu_allocate_irqs(see, NULL, 1);

    lines = qemu_extend_irqs(lines, 1, see, NULL, 3);
    memset(seen, 0, sizeof(seen));
    qemu_irq_intercept_in(lines + 2, overhear, 2);
    qemu_irq_raise(lines[0]);
    qemu_irq_raise(lines[3]);
    qemu_irq_pulse(lines[2]);
    g_assert_cmpint(seen[0], ==, 1);
    g_assert_cmpint(seen[1], ==, 0);
    g_assert_cmpint(seen[2], ==, 0);
    g_assert_cmpint(seen[3], ==, 1); /* it goes where it went before */
    g_assert_cmpint(overheard[0], ==, 2);
    g_assert_cmpint(overheard[1], ==, 1);
    qemu_free_irqs(lines, 4);
    qemu_free_irqs(onward, 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/irq/splitter-gate-inverter", test_gates);
    g_test_add_func("/irq/gates-have-limits", test_gate_limits);
    g_test_add_func("/irq/gate-remembers-inputs-until-reset", test_gate_inputs);
    g_test_add_func("/irq/intercepted-lines-lead-on", test_intercept);
    return g_test_run();
}
