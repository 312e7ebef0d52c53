/*
 * A push button: see hw/gpio/gpio-key.h.
 *
 * Guests look at the line some time after its edge, so it has to stay: a person holds a button for
 * about a tenth of a second.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "core/sysbus.h"
#include "hw/gpio/gpio-key.h"
#include "migration/vmstate.h"
#include "qemu/module.h"
#include "qemu/timer.h"

OBJECT_DECLARE_SIMPLE_TYPE(GPIOKey, GPIO_KEY)

struct GPIOKey {
    SysBusDevice parent_obj;

    qemu_irq contact;
    QEMUTimer *release;
};

static void release(void *opaque)
{
    qemu_set_irq(((GPIOKey *)opaque)->contact, 0);
}

static void press(void *opaque, int n, int level)
{
    GPIOKey *s = opaque;

    if (level) {
        qemu_set_irq(s->contact, 1);
        timer_mod(s->release, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + GPIO_KEY_HELD_MS);
    }
}

static void gpio_key_reset(DeviceState *dev)
{
    timer_del(GPIO_KEY(dev)->release);
    release(dev);
}

static void gpio_key_init(Object *obj)
{
    GPIOKey *s = GPIO_KEY(obj);

    s->release = timer_new_ms(QEMU_CLOCK_VIRTUAL, release, s);
    qdev_init_gpio_in(DEVICE(obj), press, 1);
    qdev_init_gpio_out(DEVICE(obj), &s->contact, 1);
}

static void gpio_key_finalize(Object *obj)
{
    timer_free(GPIO_KEY(obj)->release);
}

static const VMStateDescription vmstate_gpio_key = {
    .name = TYPE_GPIO_KEY,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_TIMER_PTR(release, GPIOKey),
        VMSTATE_END_OF_LIST(),
    },
};

static const DeviceTraits gpio_key_traits = {
    .desc = "Push button",
    .reset = gpio_key_reset,
    .state = &vmstate_gpio_key,
    .board_only = true,
};

static const TypeInfo gpio_key_types[] = {
    {
        .name = TYPE_GPIO_KEY,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(GPIOKey),
        .instance_init = gpio_key_init,
        .instance_finalize = gpio_key_finalize,
        .class_init = device_class_init_traits,
        .class_data = (void *)&gpio_key_traits,
    },
};

DEFINE_TYPES(gpio_key_types)
