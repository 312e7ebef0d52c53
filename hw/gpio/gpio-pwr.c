/*
 * Power control by lines: see hw/gpio/gpio-pwr.h. It has no state: what is asked for happens at the edge.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "core/sysbus.h"
#include "hw/gpio/gpio-pwr.h"
#include "qemu/module.h"
#include "system/runstate.h"

static void ask_for_reset(void *opaque, int n, int level)
{
    if (level) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
}

static void ask_for_shutdown(void *opaque, int n, int level)
{
    if (level) {
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    }
}

static void gpio_pwr_init(Object *obj)
{
    qdev_init_gpio_in_named(DEVICE(obj), ask_for_reset, GPIO_PWR_RESET, 1);
    qdev_init_gpio_in_named(DEVICE(obj), ask_for_shutdown, GPIO_PWR_SHUTDOWN, 1);
}

static const DeviceTraits gpio_pwr_traits = {
    .desc = "Power control by lines",
    .board_only = true,
};

static const TypeInfo gpio_pwr_types[] = {
    {
        .name = TYPE_GPIO_PWR,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(SysBusDevice),
        .instance_init = gpio_pwr_init,
        .class_init = device_class_init_traits,
        .class_data = (void *)&gpio_pwr_traits,
    },
};

DEFINE_TYPES(gpio_pwr_types)
