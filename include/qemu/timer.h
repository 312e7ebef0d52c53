/*
 * Clocks and timers.
 *
 * A timer calls its function once, with the big lock held, when its clock has reached its deadline:
 * on the main loop's thread, or, where instructions are counted (-icount), on the CPU's. Deadlines are in the timer's own unit (its scale). Timers may be
 * modified and deleted from any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef QEMU_TIMER_H
#define QEMU_TIMER_H

#include "qemu/osdep.h"
#include "qemu/host-utils.h"

#define NANOSECONDS_PER_SECOND 1000000000LL

#define SCALE_MS 1000000
#define SCALE_US 1000
#define SCALE_NS 1

typedef enum {
    QEMU_CLOCK_REALTIME, /* the host's monotonic clock; runs always */
    QEMU_CLOCK_VIRTUAL,  /* guest time: from 0, stands still while the VM is stopped */
    QEMU_CLOCK_HOST,     /* the host's time of day; may jump */
    QEMU_CLOCK_MAX,
} QEMUClockType;

typedef void QEMUTimerCB(void *opaque);

typedef struct QEMUTimer {
    int64_t expire_time; /* ns, -1 when not pending; under the clock's lock */
    QEMUTimerCB *cb;
    void *opaque;
    uint64_t order;      /* among equal deadlines the first modified fires first */
    unsigned heap_index; /* position in its clock's heap while pending */
    int scale;
    QEMUClockType type;
} QEMUTimer;

/* Now, in ns of that clock. Any thread. */
int64_t qemu_clock_get_ns(QEMUClockType type);

/* Creates a timer, not pending; timer_free() deletes and frees it (NULL is fine). */
QEMUTimer *timer_new(QEMUClockType type, int scale, QEMUTimerCB *cb, void *opaque);
void timer_free(QEMUTimer *ts);
/* The same for a timer inside another structure; timer_deinit() before that goes away. */
void timer_init(QEMUTimer *ts, QEMUClockType type, int scale, QEMUTimerCB *cb, void *opaque);
void timer_deinit(QEMUTimer *ts);

/*
 * What takes a unit, for each of them: timer_new_ns(), timer_init_ns(), timer_new_us() … make a
 * timer with that scale; qemu_clock_get_us() and _ms() are the time in that unit, rounded down.
 */
#define TIMERS_IN_UNIT(unit, scale)                                                                \
    static inline QEMUTimer *timer_new_##unit(QEMUClockType type, QEMUTimerCB *cb, void *opaque)   \
    {                                                                                              \
        return timer_new(type, scale, cb, opaque);                                                 \
    }                                                                                              \
    static inline void timer_init_##unit(QEMUTimer *ts, QEMUClockType type, QEMUTimerCB *cb,       \
                                         void *opaque)                                             \
    {                                                                                              \
        timer_init(ts, type, scale, cb, opaque);                                                   \
    }
#define CLOCK_IN_UNIT(unit, scale)                                                                 \
    static inline int64_t qemu_clock_get_##unit(QEMUClockType type)                                \
    {                                                                                              \
        return qemu_clock_get_ns(type) / (scale);                                                  \
    }

TIMERS_IN_UNIT(ns, SCALE_NS)
TIMERS_IN_UNIT(us, SCALE_US)
TIMERS_IN_UNIT(ms, SCALE_MS)
CLOCK_IN_UNIT(us, SCALE_US)
CLOCK_IN_UNIT(ms, SCALE_MS)

#undef TIMERS_IN_UNIT
#undef CLOCK_IN_UNIT

/*
 * Makes the timer fire at `expire` (in its unit; a time in the past: at once), replacing an earlier
 * deadline.
 */
void timer_mod(QEMUTimer *ts, int64_t expire);
void timer_mod_ns(QEMUTimer *ts, int64_t expire_ns);
/* The same, but only if it isn't pending for an earlier time. */
void timer_mod_anticipate(QEMUTimer *ts, int64_t expire);
void timer_mod_anticipate_ns(QEMUTimer *ts, int64_t expire_ns);
/* Not pending afterwards. With the big lock held the function doesn't run any more. */
void timer_del(QEMUTimer *ts);

bool timer_pending(QEMUTimer *ts);
/* Whether it would fire at `current` (in its unit). */
bool timer_expired(QEMUTimer *ts, int64_t current);
/* The deadline, -1 when not pending. */
int64_t timer_expire_time_ns(QEMUTimer *ts);

/* Guest time runs from enable to disable. Big lock held. */
void cpu_enable_ticks(void);
void cpu_disable_ticks(void);

/*
 * Where QEMU_CLOCK_VIRTUAL comes from: a function returning ns, instead of the host's monotonic
 * clock (instruction counting, tests). NULL restores the default. qemu_clock_notify() must follow
 * whenever it has jumped.
 */
void qemu_clock_set_virtual_source(int64_t (*get_ns)(void));
/* The same for QEMU_CLOCK_HOST, for tests of clocks. */
void qemu_clock_set_host_source(int64_t (*get_ns)(void));
/*
 * Guest time passes as the caller wants it, who also runs QEMU_CLOCK_VIRTUAL's timers, from any
 * thread that has the big lock: the main loop looks neither at the clock nor at them. get_ns() is
 * the time; deadline_changed(), called on any thread, says that the first timer is another one or
 * earlier. For good, before the machine starts.
 */
void qemu_clock_take_virtual(int64_t (*get_ns)(void), void (*deadline_changed)(void));
/* What QEMU_CLOCK_VIRTUAL would be by the host's clock. Any thread. */
int64_t qemu_clock_host_based_ns(void);
void qemu_clock_notify(QEMUClockType type);

/* ns until the clock's next deadline: -1 none, 0 passed. */
int64_t qemu_clock_deadline_ns(QEMUClockType type);
/*
 * Fires what is due on that clock / on all clocks; true if anything was. Main loop's thread, big
 * lock held.
 */
bool qemu_clock_run_timers(QEMUClockType type);
bool qemu_clock_run_all_timers(void);

#endif
