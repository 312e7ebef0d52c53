/*
 * Clocks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/clock.h"
#include "migration/vmstate.h"

Clock *clock_new(Object *parent, const char *name)
{
    Object *obj = object_new(TYPE_CLOCK);

    object_property_add_child(parent, name, obj);
    object_unref(obj);
    return CLOCK(obj);
}

void clock_set_callback(Clock *clk, ClockCallback *cb, void *opaque, unsigned events)
{
    clk->callback = cb;
    clk->callback_opaque = opaque;
    clk->callback_events = events;
}

void clock_clear_callback(Clock *clk)
{
    clock_set_callback(clk, NULL, NULL, 0);
}

static void call(Clock *clk, ClockEvent event)
{
    if (clk->callback && (clk->callback_events & event)) {
        clk->callback(clk->callback_opaque, event);
    }
}

bool clock_set(Clock *clk, uint64_t period)
{
    bool change = clk->period != period;

    clk->period = period;
    return change;
}

bool clock_set_mul_div(Clock *clk, uint32_t multiplier, uint32_t divider)
{
    bool change = clk->multiplier != multiplier || clk->divider != divider;

    assert(multiplier && divider && "a clock is multiplied and divided by something");
    clk->multiplier = multiplier;
    clk->divider = divider;
    return change;
}

/* What the clocks behind clk get. */
static uint64_t output_period(const Clock *clk)
{
    unsigned __int128 period = (unsigned __int128)clk->period * clk->multiplier / clk->divider;

    return MIN(period, UINT64_MAX);
}

static void propagate(Clock *clk, bool call_callbacks)
{
    uint64_t period = output_period(clk);
    Clock *child;

    QLIST_FOREACH(child, &clk->children, sibling) {
        if (child->period == period) {
            continue;
        }
        if (call_callbacks) {
            call(child, ClockPreUpdate);
        }
        child->period = period;
        if (call_callbacks) {
            call(child, ClockUpdate);
        }
        propagate(child, call_callbacks);
    }
}

void clock_propagate(Clock *clk)
{
    assert(!clk->source && "a clock with a source is told by it");
    propagate(clk, true);
}

void clock_update(Clock *clk, uint64_t period)
{
    if (clock_set(clk, period)) {
        clock_propagate(clk);
    }
}

void clock_set_source(Clock *clk, Clock *src)
{
    assert(!clk->source && "a clock is connected once");
    for (const Clock *c = src; c; c = c->source) {
        assert(c != clk && "a clock is its own source");
    }
    clk->period = output_period(src);
    QLIST_INSERT_HEAD(&src->children, clk, sibling);
    clk->source = src;
    propagate(clk, false);
}

bool clock_has_source(const Clock *clk)
{
    return clk->source != NULL;
}

static void disconnect(Clock *clk)
{
    if (clk->source) {
        QLIST_REMOVE(clk, sibling);
        clk->source = NULL;
    }
}

/* --- ticks --- */

uint64_t clock_ticks_to_ns(const Clock *clk, uint64_t ticks)
{
    unsigned __int128 ns = ((unsigned __int128)clk->period * ticks) >> 32;

    return MIN(ns, INT64_MAX);
}

uint64_t clock_ns_to_ticks(const Clock *clk, uint64_t ns)
{
    unsigned __int128 ticks = clk->period ? ((unsigned __int128)ns << 32) / clk->period : 0;

    return MIN(ticks, UINT64_MAX);
}

char *clock_display_freq(const Clock *clk)
{
    static const char *const units[] = { "", "K", "M", "G", "T", "P", "E" };
    double hz = clk->period ? (double)CLOCK_PERIOD_1SEC / clk->period : 0;
    size_t unit = 0;

    while (hz >= 1000 && unit + 1 < ARRAY_SIZE(units)) {
        hz /= 1000;
        unit++;
    }
    return g_strdup_printf("%0.3g %sHz", hz, units[unit]);
}

/* --- the type --- */

const VMStateDescription vmstate_clock = {
    .name = TYPE_CLOCK,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT64(period, Clock),
        VMSTATE_UINT32(multiplier, Clock),
        VMSTATE_UINT32(divider, Clock),
        VMSTATE_END_OF_LIST(),
    },
};

static void clock_initfn(Object *obj)
{
    Clock *clk = CLOCK(obj);

    clk->multiplier = 1;
    clk->divider = 1;
    QLIST_INIT(&clk->children);
}

static void clock_finalize(Object *obj)
{
    Clock *clk = CLOCK(obj);

    while (!QLIST_EMPTY(&clk->children)) {
        disconnect(QLIST_FIRST(&clk->children));
    }
    disconnect(clk);
}

static void get_frequency(Object *obj, QValue *value, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(value, clock_get_hz(CLOCK(obj)));
}

static void clock_class_init(ObjectClass *oc, void *data)
{
    object_class_property_add(oc, "frequency", "uint64", get_frequency, NULL, NULL, NULL);
    object_class_property_set_description(oc, "frequency", "Hz");
}

static const TypeInfo clock_types[] = {
    {
        .name = TYPE_CLOCK,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(Clock),
        .instance_init = clock_initfn,
        .instance_finalize = clock_finalize,
        .class_init = clock_class_init,
    },
};

DEFINE_TYPES(clock_types)
