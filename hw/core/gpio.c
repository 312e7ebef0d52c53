/*
 * Named lines between devices.
 *
 * Inputs are IRQ objects, children of their device; outputs are links to the input that they are
 * connected to. So the object tree shows the wiring.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"

static NamedGPIOList *find_list(DeviceState *dev, const char *name)
{
    NamedGPIOList *list;

    QLIST_FOREACH(list, &dev->gpios, node) {
        if (!g_strcmp0(list->name, name)) {
            return list;
        }
    }
    return NULL;
}

static NamedGPIOList *get_list(DeviceState *dev, const char *name)
{
    NamedGPIOList *list = find_list(dev, name);

    if (!list) {
        list = g_new0(NamedGPIOList, 1);
        list->name = g_strdup(name);
        QLIST_INSERT_HEAD(&dev->gpios, list, node);
    }
    return list;
}

void qdev_init_gpio_in_named_with_opaque(DeviceState *dev, qemu_irq_handler handler, void *opaque,
                                         const char *name, int n)
{
    NamedGPIOList *list = get_list(dev, name);

    list->in = qemu_extend_irqs(list->in, list->num_in, handler, opaque, n);
    for (int i = list->num_in; i < list->num_in + n; i++) {
        g_autofree char *prop =
            g_strdup_printf("%s[%d]", name ? name : "unnamed-gpio-in", i);

        object_property_add_child(OBJECT(dev), prop, OBJECT(list->in[i]));
        object_unref(list->in[i]);
    }
    list->num_in += n;
}

void qdev_init_gpio_in_named(DeviceState *dev, qemu_irq_handler handler, const char *name, int n)
{
    qdev_init_gpio_in_named_with_opaque(dev, handler, dev, name, n);
}

void qdev_init_gpio_in(DeviceState *dev, qemu_irq_handler handler, int n)
{
    qdev_init_gpio_in_named(dev, handler, NULL, n);
}

static char *out_name(const char *name, int n)
{
    return g_strdup_printf("%s[%d]", name ? name : "unnamed-gpio-out", n);
}

void qdev_init_gpio_out_named(DeviceState *dev, qemu_irq *pins, const char *name, int n)
{
    NamedGPIOList *list = get_list(dev, name);

    for (int i = 0; i < n; i++) {
        g_autofree char *prop = out_name(name, list->num_out + i);

        pins[i] = NULL;
        object_property_add_link(OBJECT(dev), prop, TYPE_IRQ, (Object **)&pins[i],
                                 object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    }
    list->num_out += n;
}

void qdev_init_gpio_out(DeviceState *dev, qemu_irq *pins, int n)
{
    qdev_init_gpio_out_named(dev, pins, NULL, n);
}

qemu_irq qdev_get_gpio_in_named(DeviceState *dev, const char *name, int n)
{
    NamedGPIOList *list = find_list(dev, name);

    assert(list && n >= 0 && n < list->num_in && "the device has no such input");
    return list->in[n];
}

qemu_irq qdev_get_gpio_in(DeviceState *dev, int n)
{
    return qdev_get_gpio_in_named(dev, NULL, n);
}

void qdev_connect_gpio_out_named(DeviceState *dev, const char *name, int n, qemu_irq input_pin)
{
    g_autofree char *prop = out_name(name, n);

    if (input_pin && !OBJECT(input_pin)->parent) {
        /* A line made by qemu_allocate_irq(): links lead to places in the tree. */
        object_property_add_child(container_get(qdev_get_machine(), "/unattached"),
                                  "non-qdev-gpio[*]", OBJECT(input_pin));
    }
    object_property_set_link(OBJECT(dev), prop, OBJECT(input_pin), &error_abort);
}

void qdev_connect_gpio_out(DeviceState *dev, int n, qemu_irq input_pin)
{
    qdev_connect_gpio_out_named(dev, NULL, n, input_pin);
}

qemu_irq qdev_get_gpio_out_connector(DeviceState *dev, const char *name, int n)
{
    g_autofree char *prop = out_name(name, n);

    return (qemu_irq)object_resolve_path_component(OBJECT(dev), prop);
}

void qdev_pass_gpios(DeviceState *dev, DeviceState *container, const char *name)
{
    NamedGPIOList *list = get_list(dev, name);

    for (int i = 0; i < list->num_in; i++) {
        g_autofree char *prop =
            g_strdup_printf("%s[%d]", name ? name : "unnamed-gpio-in", i);

        object_property_add_alias(OBJECT(container), prop, OBJECT(dev), prop);
    }
    for (int i = 0; i < list->num_out; i++) {
        g_autofree char *prop = out_name(name, i);

        object_property_add_alias(OBJECT(container), prop, OBJECT(dev), prop);
    }
    QLIST_REMOVE(list, node);
    QLIST_INSERT_HEAD(&container->gpios, list, node);
}
