/*
 * Clocks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/clock.h"
#include "migration/vmstate.h"

Clock *clock_new(Object *parent, const char *name)
{
    g_autoptr(Object) clock = object_new(TYPE_CLOCK);

    object_property_add_child(parent, name, clock);
    return CLOCK(clock);
}

void clock_set_callback(Clock *clk, ClockCallback *cb, void *opaque, unsigned events)
{
    clk->listener.tell = cb;
    clk->listener.opaque = opaque;
    clk->listener.events = events;
}

void clock_clear_callback(Clock *clk)
{
    clock_set_callback(clk, NULL, NULL, 0);
}

bool clock_set(Clock *clk, uint64_t period)
{
    if (period == clk->period) {
        return false;
    }
    clk->period = period;
    return true;
}

bool clock_set_mul_div(Clock *clk, uint32_t multiplier, uint32_t divider)
{
    assert(multiplier && divider && "a clock is multiplied and divided by something");
    if (multiplier == clk->multiplier && divider == clk->divider) {
        return false;
    }
    clk->multiplier = multiplier;
    clk->divider = divider;
    return true;
}

/* --- the tree: each clock leads its followers --- */

static uint64_t period_behind(const Clock *clk)
{
    unsigned __int128 period = clk->period;

    period = period * clk->multiplier / clk->divider;
    return period < UINT64_MAX ? period : UINT64_MAX;
}

static void tell_listener(const Clock *clk, ClockEvent event)
{
    if (clk->listener.tell && (event & clk->listener.events)) {
        clk->listener.tell(clk->listener.opaque, event);
    }
}

/* Brings all clocks behind clk up to date; their listeners are told, or else it goes silently. */
static void lead_followers(Clock *clk, bool tell)
{
    const uint64_t period = period_behind(clk);

    for (unsigned i = 0; i < clk->followers->len; i++) {
        Clock *follower = g_ptr_array_index(clk->followers, i);

        if (follower->period == period) {
            continue;
        }
        if (tell) {
            tell_listener(follower, ClockPreUpdate);
            follower->period = period;
            tell_listener(follower, ClockUpdate);
        } else {
            follower->period = period;
        }
        lead_followers(follower, tell);
    }
}

void clock_propagate(Clock *clk)
{
    assert(!clk->source && "a clock with a source is told by it");
    lead_followers(clk, true);
}

void clock_update(Clock *clk, uint64_t period)
{
    if (clock_set(clk, period)) {
        clock_propagate(clk);
    }
}

static bool follows(const Clock *clk, const Clock *other)
{
    return clk && (clk == other || follows(clk->source, other));
}

void clock_set_source(Clock *clk, Clock *src)
{
    assert(!clk->source && "a clock is connected once");
    assert(!follows(src, clk) && "a clock is its own source");
    clk->source = src;
    g_ptr_array_add(src->followers, clk);
    clk->period = period_behind(src);
    lead_followers(clk, false);
}

bool clock_has_source(const Clock *clk)
{
    return clk->source != NULL;
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
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT64(period, Clock),
            VMSTATE_UINT32(multiplier, Clock),
            VMSTATE_UINT32(divider, Clock),
            VMSTATE_END_OF_LIST(),
        },
};

static void clock_init(Object *obj)
{
    Clock *clk = CLOCK(obj);

    clk->followers = g_ptr_array_new();
    clk->multiplier = clk->divider = 1;
}

static void clock_finalize(Object *obj)
{
    Clock *clk = CLOCK(obj);

    if (clk->source) {
        g_ptr_array_remove(clk->source->followers, clk);
    }
    for (unsigned i = 0; i < clk->followers->len; i++) {
        ((Clock *)g_ptr_array_index(clk->followers, i))->source = NULL;
    }
    g_ptr_array_unref(clk->followers);
}

static void get_frequency(Object *obj, QValue *value, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(value, clock_get_hz(CLOCK(obj)));
}

static void clock_class(ObjectClass *oc, void *data)
{
    object_class_property_add(oc, "frequency", "uint64", get_frequency, NULL, NULL, NULL);
    object_class_property_set_description(oc, "frequency", "Hz");
}

static const TypeInfo clock_types[] = {
    { TYPE_CLOCK, TYPE_OBJECT, .instance_size = sizeof(Clock), .instance_init = clock_init,
      .instance_finalize = clock_finalize, .class_init = clock_class },
};

DEFINE_TYPES(clock_types)
