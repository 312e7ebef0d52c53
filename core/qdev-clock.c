/*
 * Clocks of devices.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-clock.h"
#include "qapi/error.h"

static gboolean is_called(gconstpointer clock, gconstpointer name)
{
    return g_str_equal(((const DeviceClock *)clock)->name, name);
}

static DeviceClock *clock_called(DeviceState *dev, const char *name)
{
    guint at;

    return g_ptr_array_find_with_equal_func(dev->clocks, name, is_called, &at)
               ? g_ptr_array_index(dev->clocks, at)
               : NULL;
}

static Clock *get(DeviceState *dev, const char *name, bool output)
{
    DeviceClock *c = clock_called(dev, name);

    if (!c || c->output != output) {
        g_error("a %s has no clock %s '%s'", object_get_typename(OBJECT(dev)),
                output ? "output" : "input", name);
    }
    return c->clock;
}

static void add(DeviceState *dev, const char *name, Clock *clock, bool output, bool alias)
{
    DeviceClock *c = g_new(DeviceClock, 1);

    assert(!clock_called(dev, name) && "a clock's name is taken");
    object_ref(clock);
    *c = (DeviceClock){ g_strdup(name), clock, output, alias };
    g_ptr_array_add(dev->clocks, c);
}

Clock *qdev_init_clock_in(DeviceState *dev, const char *name, ClockCallback *cb, void *opaque,
                          unsigned events)
{
    Clock *clock = clock_new(OBJECT(dev), name);

    add(dev, name, clock, false, false);
    clock_set_callback(clock, cb, opaque, events);
    return clock;
}

Clock *qdev_init_clock_out(DeviceState *dev, const char *name)
{
    Clock *clock = clock_new(OBJECT(dev), name);

    add(dev, name, clock, true, false);
    return clock;
}

void qdev_init_clocks(DeviceState *dev, const ClockPortInitArray clocks)
{
    for (const ClockPortInitElem *e = clocks; e->name; e++) {
        Clock **field = (Clock **)((char *)dev + e->offset);

        *field = e->is_output ? qdev_init_clock_out(dev, e->name)
                              : qdev_init_clock_in(dev, e->name, e->callback, dev,
                                                   e->callback_events);
    }
}

Clock *qdev_get_clock_in(DeviceState *dev, const char *name)
{
    return get(dev, name, false);
}

Clock *qdev_get_clock_out(DeviceState *dev, const char *name)
{
    return get(dev, name, true);
}

void qdev_connect_clock_in(DeviceState *dev, const char *name, Clock *source)
{
    assert(!dev->realized && "clocks are connected before a device is realized");
    clock_set_source(get(dev, name, false), source);
}

Clock *qdev_alias_clock(DeviceState *dev, const char *name, DeviceState *alias_dev,
                        const char *alias_name)
{
    DeviceClock *c = clock_called(dev, name);

    assert(c && "a clock that isn't there");
    object_property_add_const_link(OBJECT(alias_dev), alias_name, OBJECT(c->clock));
    add(alias_dev, alias_name, c->clock, c->output, true);
    return c->clock;
}

void qdev_finalize_clocklist(DeviceState *dev)
{
    for (unsigned i = 0; i < dev->clocks->len; i++) {
        DeviceClock *c = g_ptr_array_index(dev->clocks, i);

        object_unref(c->clock);
        g_free(c->name);
        g_free(c);
    }
    g_ptr_array_unref(dev->clocks);
}
