/*
 * Clocks: how fast a wire toggles, and who has to know.
 *
 * A clock is an object that holds a period. It takes it from its source, if it has one, and passes
 * it on, multiplied and divided, to the clocks that have it as theirs. A device announces its
 * clocks with core/qdev-clock.h; the board connects them.
 *
 * Periods are in units of 2^-32 ns: 0 (stopped), or 2^-32 ns to 4 s. All functions run with the big
 * lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "qom/object.h"

#define TYPE_CLOCK "clock"
OBJECT_DECLARE_SIMPLE_TYPE(Clock, CLOCK)

/* When a callback is called: with the new period set, or just before. */
typedef enum ClockEvent {
    ClockUpdate = 1,
    ClockPreUpdate = 2,
} ClockEvent;

typedef void ClockCallback(void *opaque, ClockEvent event);

struct Clock {
    Object parent_obj;

    uint64_t period;
    uint32_t multiplier, divider; /* of the period, for the clocks behind this one */
    struct {
        ClockCallback *tell; /* NULL: nobody */
        void *opaque;
        unsigned events; /* of ClockEvent */
    } listener;
    Clock *source;
    GPtrArray *followers; /* clocks that have this one as their source */
};

extern const VMStateDescription vmstate_clock;
#define VMSTATE_CLOCK(field, state) VMSTATE_STRUCT_POINTER(field, state, vmstate_clock, Clock)

#define CLOCK_PERIOD_1SEC        CLOCK_PERIOD_FROM_NS(1000000000)
#define CLOCK_PERIOD_FROM_NS(ns) ((uint64_t)(ns) << 32)

/* A frequency's period and the other way round: the same division; 0 for 0, a clock that's off. */
static inline uint64_t clock_one_second_over(uint64_t n)
{
    return n ? CLOCK_PERIOD_1SEC / n : 0;
}

#define CLOCK_PERIOD_FROM_HZ(hz) clock_one_second_over(hz)
#define CLOCK_PERIOD_TO_HZ(per)  clock_one_second_over(per)

/* A clock of the board's, as parent's child `name`, which holds the only reference. */
Clock *clock_new(Object *parent, const char *name);

/* `events`: those of ClockEvent that cb is called for. */
void clock_set_callback(Clock *clk, ClockCallback *cb, void *opaque, unsigned events);
void clock_clear_callback(Clock *clk);

/* clk follows src from now on; once, and without a loop. */
void clock_set_source(Clock *clk, Clock *src);
bool clock_has_source(const Clock *clk);
/* What clocks behind clk get is its period * multiplier / divider; true if that was a change. */
bool clock_set_mul_div(Clock *clk, uint32_t multiplier, uint32_t divider);

/* Sets clk's own period and tells nobody; true if that was a change. */
bool clock_set(Clock *clk, uint64_t period);
/* Hands it on to the clocks behind; their callbacks are called. clk has no source. */
void clock_propagate(Clock *clk);
/* Both, if there is a change. */
void clock_update(Clock *clk, uint64_t period);

/* clock_set_hz(), clock_update_hz() and the same for ns: the period given as a rate or a time. */
#define CLOCK_SETTERS_(unit, UNIT)                                                                 \
    static inline bool clock_set_##unit(Clock *clk, unsigned unit)                                 \
    {                                                                                              \
        return clock_set(clk, CLOCK_PERIOD_FROM_##UNIT(unit));                                     \
    }                                                                                              \
    static inline void clock_update_##unit(Clock *clk, unsigned unit)                              \
    {                                                                                              \
        clock_update(clk, CLOCK_PERIOD_FROM_##UNIT(unit));                                         \
    }
CLOCK_SETTERS_(hz, HZ)
CLOCK_SETTERS_(ns, NS)

static inline uint64_t clock_get(const Clock *clk)
{
    return clk->period;
}

static inline unsigned clock_get_hz(const Clock *clk)
{
    return CLOCK_PERIOD_TO_HZ(clk->period);
}

static inline bool clock_is_enabled(const Clock *clk)
{
    return clk->period != 0;
}

/* How long `ticks` of clk are, rounded down; at most INT64_MAX. */
uint64_t clock_ticks_to_ns(const Clock *clk, uint64_t ticks);
/* How many whole ticks `ns` are; 0 while clk stands still. */
uint64_t clock_ns_to_ticks(const Clock *clk, uint64_t ns);

/* "50 MHz"; newly allocated. */
char *clock_display_freq(const Clock *clk);

#endif
