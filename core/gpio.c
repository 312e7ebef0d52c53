/*
 * Named lines between devices.
 *
 * Inputs are IRQ objects, children of their device; outputs are links to the input that they are
 * connected to. So the object tree shows the wiring.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "qapi/error.h"

static gboolean is_called(gconstpointer group, gconstpointer name)
{
    return g_strcmp0(((const LineGroup *)group)->name, name) == 0;
}

static LineGroup *lines_called(const DeviceState *dev, const char *name)
{
    guint at;

    return g_ptr_array_find_with_equal_func(dev->line_groups, name, is_called, &at)
               ? g_ptr_array_index(dev->line_groups, at)
               : NULL;
}

static LineGroup *lines_to_extend(DeviceState *dev, const char *name)
{
    LineGroup *lines = lines_called(dev, name);

    if (!lines) {
        lines = g_new0(LineGroup, 1);
        lines->name = g_strdup(name);
        lines->inputs = g_ptr_array_new();
        g_ptr_array_add(dev->line_groups, lines);
    }
    return lines;
}

typedef enum Side { INPUT, OUTPUT } Side;

/* The property of a line: "sysbus-irq[0]". */
static char *line_property(const char *name, Side side, unsigned n)
{
    static const char *const unnamed[] = { "unnamed-gpio-in", "unnamed-gpio-out" };

    return g_strdup_printf("%s[%u]", name ? name : unnamed[side], n);
}

/* --- for the device --- */

void qdev_init_gpio_in_named_with_opaque(DeviceState *dev, qemu_irq_handler handler, void *opaque,
                                         const char *name, int n)
{
    GPtrArray *inputs = lines_to_extend(dev, name)->inputs;

    while (n-- > 0) {
        g_autofree char *property = line_property(name, INPUT, inputs->len);
        g_autoptr(Object) line = OBJECT(qemu_allocate_irq(handler, opaque, inputs->len));

        object_property_add_child(OBJECT(dev), property, line);
        g_ptr_array_add(inputs, line); /* alive as long as it is a child */
    }
}

void qdev_init_gpio_in_named(DeviceState *dev, qemu_irq_handler handler, const char *name, int n)
{
    qdev_init_gpio_in_named_with_opaque(dev, handler, dev, name, n);
}

void qdev_init_gpio_in(DeviceState *dev, qemu_irq_handler handler, int n)
{
    qdev_init_gpio_in_named_with_opaque(dev, handler, dev, NULL, n);
}

void qdev_init_gpio_out_named(DeviceState *dev, qemu_irq *pins, const char *name, int n)
{
    LineGroup *lines = lines_to_extend(dev, name);

    for (qemu_irq *pin = pins; pin < pins + n; pin++) {
        g_autofree char *property = line_property(name, OUTPUT, lines->nr_outputs++);

        *pin = NULL;
        object_property_add_link(OBJECT(dev), property, TYPE_IRQ, (Object **)pin,
                                 object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    }
}

void qdev_init_gpio_out(DeviceState *dev, qemu_irq *pins, int n)
{
    qdev_init_gpio_out_named(dev, pins, NULL, n);
}

void qdev_pass_gpios(DeviceState *dev, DeviceState *container, const char *name)
{
    LineGroup *lines = lines_to_extend(dev, name);
    const unsigned count[] = { [INPUT] = lines->inputs->len, [OUTPUT] = lines->nr_outputs };

    for (Side side = INPUT; side <= OUTPUT; side++) {
        for (unsigned n = 0; n < count[side]; n++) {
            g_autofree char *property = line_property(name, side, n);

            object_property_add_alias(OBJECT(container), property, OBJECT(dev), property);
        }
    }
    g_ptr_array_remove(dev->line_groups, lines);
    g_ptr_array_add(container->line_groups, lines);
}

/* --- for the board --- */

unsigned qdev_nr_gpio_out(const DeviceState *dev, const char *name)
{
    const LineGroup *lines = lines_called(dev, name);

    return lines ? lines->nr_outputs : 0;
}

qemu_irq qdev_get_gpio_in_named(DeviceState *dev, const char *name, int n)
{
    const LineGroup *lines = lines_called(dev, name);

    assert(lines && n >= 0 && (guint)n < lines->inputs->len && "the device has no such input");
    return g_ptr_array_index(lines->inputs, n);
}

qemu_irq qdev_get_gpio_in(DeviceState *dev, int n)
{
    return qdev_get_gpio_in_named(dev, NULL, n);
}

void qdev_connect_gpio_out_named(DeviceState *dev, const char *name, int n, qemu_irq input_pin)
{
    g_autofree char *property = line_property(name, OUTPUT, n);
    Object *receiver = OBJECT(input_pin);

    if (receiver && !receiver->parent) {
        /* A line made by qemu_allocate_irq(): links lead to places in the tree. */
        object_property_add_child(container_get(qdev_get_machine(), "/unattached"),
                                  "non-qdev-gpio[*]", receiver);
    }
    object_property_set_link(OBJECT(dev), property, receiver, &error_abort);
}

void qdev_connect_gpio_out(DeviceState *dev, int n, qemu_irq input_pin)
{
    qdev_connect_gpio_out_named(dev, NULL, n, input_pin);
}

qemu_irq qdev_get_gpio_out_connector(DeviceState *dev, const char *name, int n)
{
    g_autofree char *property = line_property(name, OUTPUT, n);

    return (qemu_irq)object_resolve_path_component(OBJECT(dev), property);
}
