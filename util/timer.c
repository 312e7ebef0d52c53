/*
 * Timers: one binary heap of deadlines for each clock.
 *
 * The heap's root is the next deadline. Each timer knows its place, so that moving or deleting one
 * costs O(log n) as well.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "timer-internal.h"

typedef struct TimerHeap {
    GMutex lock;
    QEMUTimer **timers;
    unsigned nb, size;
    uint64_t order;
} TimerHeap;

static TimerHeap heaps[QEMU_CLOCK_MAX];

static bool fires_before(const QEMUTimer *a, const QEMUTimer *b)
{
    return a->expire_time < b->expire_time ||
           (a->expire_time == b->expire_time && a->order < b->order);
}

static void heap_put(TimerHeap *h, unsigned i, QEMUTimer *ts)
{
    h->timers[i] = ts;
    ts->heap_index = i;
}

static void heap_up(TimerHeap *h, unsigned i, QEMUTimer *ts)
{
    while (i > 0 && fires_before(ts, h->timers[(i - 1) / 2])) {
        heap_put(h, i, h->timers[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    heap_put(h, i, ts);
}

static void heap_down(TimerHeap *h, unsigned i, QEMUTimer *ts)
{
    unsigned child;

    while ((child = 2 * i + 1) < h->nb) {
        if (child + 1 < h->nb && fires_before(h->timers[child + 1], h->timers[child])) {
            child++;
        }
        if (!fires_before(h->timers[child], ts)) {
            break;
        }
        heap_put(h, i, h->timers[child]);
        i = child;
    }
    heap_put(h, i, ts);
}

static void heap_insert(TimerHeap *h, QEMUTimer *ts)
{
    if (h->nb == h->size) {
        h->size = MAX(16, h->size * 2);
        h->timers = g_renew(QEMUTimer *, h->timers, h->size);
    }
    heap_up(h, h->nb++, ts);
}

static void heap_remove(TimerHeap *h, QEMUTimer *ts)
{
    unsigned i = ts->heap_index;
    QEMUTimer *last;

    assert(i < h->nb && h->timers[i] == ts);
    last = h->timers[--h->nb];
    if (last == ts) {
        return;
    }
    if (i > 0 && fires_before(last, h->timers[(i - 1) / 2])) {
        heap_up(h, i, last);
    } else {
        heap_down(h, i, last);
    }
}

/* Takes ts out if it is pending. Lock held. */
static void disarm(TimerHeap *h, QEMUTimer *ts)
{
    if (ts->expire_time >= 0) {
        heap_remove(h, ts);
        qatomic_set(&ts->expire_time, -1);
    }
}

void timer_init(QEMUTimer *ts, QEMUClockType type, int scale, QEMUTimerCB *cb, void *opaque)
{
    assert(type < QEMU_CLOCK_MAX && scale > 0 && cb);
    *ts = (QEMUTimer){
        .expire_time = -1,
        .cb = cb,
        .opaque = opaque,
        .scale = scale,
        .type = type,
    };
}

void timer_deinit(QEMUTimer *ts)
{
    if (ts->cb) {
        timer_del(ts);
        ts->cb = NULL;
    }
}

QEMUTimer *timer_new(QEMUClockType type, int scale, QEMUTimerCB *cb, void *opaque)
{
    QEMUTimer *ts = g_new0(QEMUTimer, 1);

    timer_init(ts, type, scale, cb, opaque);
    return ts;
}

void timer_free(QEMUTimer *ts)
{
    if (ts) {
        timer_deinit(ts);
        g_free(ts);
    }
}

/* Makes it pending for `expire_ns`; keep_earlier: unless it is pending for an earlier time. */
static void arm(QEMUTimer *ts, int64_t expire_ns, bool keep_earlier)
{
    TimerHeap *h = &heaps[ts->type];
    void (*hook)(void) = qemu_clock_deadline_hook(ts->type);
    bool first = false;

    expire_ns = MAX(expire_ns, 0);
    g_mutex_lock(&h->lock);
    if (!keep_earlier || ts->expire_time < 0 || ts->expire_time > expire_ns) {
        disarm(h, ts);
        qatomic_set(&ts->expire_time, expire_ns);
        ts->order = h->order++;
        heap_insert(h, ts);
        first = h->timers[0] == ts;
    }
    g_mutex_unlock(&h->lock);
    if (first && hook) {
        hook();
    } else if (first && !qemu_in_main_thread()) {
        qemu_notify_event(); /* the main thread itself looks at the deadlines before it waits */
    }
}

/* From the timer's unit to ns; what doesn't fit is never, or has always been. */
static int64_t to_ns(const QEMUTimer *ts, int64_t time)
{
    int64_t ns;

    if (__builtin_mul_overflow(time, (int64_t)ts->scale, &ns)) {
        ns = time < 0 ? 0 : INT64_MAX;
    }
    return ns;
}

void timer_mod_ns(QEMUTimer *ts, int64_t expire_ns)
{
    arm(ts, expire_ns, false);
}

void timer_mod(QEMUTimer *ts, int64_t expire)
{
    arm(ts, to_ns(ts, expire), false);
}

void timer_mod_anticipate_ns(QEMUTimer *ts, int64_t expire_ns)
{
    arm(ts, expire_ns, true);
}

void timer_mod_anticipate(QEMUTimer *ts, int64_t expire)
{
    arm(ts, to_ns(ts, expire), true);
}

void timer_del(QEMUTimer *ts)
{
    TimerHeap *h = &heaps[ts->type];

    g_mutex_lock(&h->lock);
    disarm(h, ts);
    g_mutex_unlock(&h->lock);
}

bool timer_pending(QEMUTimer *ts)
{
    return qatomic_read(&ts->expire_time) >= 0;
}

bool timer_expired(QEMUTimer *ts, int64_t current)
{
    int64_t expire = qatomic_read(&ts->expire_time);

    return expire >= 0 && expire <= to_ns(ts, current);
}

int64_t timer_expire_time_ns(QEMUTimer *ts)
{
    return qatomic_read(&ts->expire_time);
}

/* The deadline at the heap's root, -1 if it is empty. */
static int64_t first_deadline(TimerHeap *h)
{
    int64_t ns;

    g_mutex_lock(&h->lock);
    ns = h->nb ? h->timers[0]->expire_time : -1;
    g_mutex_unlock(&h->lock);
    return ns;
}

/*
 * The clock is read once: a deadline that passes while we look is one that has passed, 0, and never
 * a negative time, which would mean "none".
 */
int64_t qemu_clock_deadline_ns(QEMUClockType type)
{
    int64_t deadline = qemu_clock_runs(type) ? first_deadline(&heaps[type]) : -1;

    return deadline < 0 ? -1 : MAX(deadline - qemu_clock_get_ns(type), 0);
}

int64_t qemu_clock_deadline_ns_all(void)
{
    static const int64_t longest_wait[QEMU_CLOCK_MAX] = {
        [QEMU_CLOCK_REALTIME] = INT64_MAX,
        [QEMU_CLOCK_VIRTUAL] = INT64_MAX,
        [QEMU_CLOCK_HOST] = NANOSECONDS_PER_SECOND, /* it may be set while we wait: look again */
    };
    int64_t next = -1;

    for (QEMUClockType type = 0; type < QEMU_CLOCK_MAX; type++) {
        int64_t ns = MIN(qemu_clock_deadline_ns(type), longest_wait[type]);

        if (!qemu_clock_deadline_hook(type) && ns >= 0 && (next < 0 || ns < next)) {
            next = ns;
        }
    }
    return next;
}

/* Takes the first timer out if it has expired at `now`. */
static bool pop_expired(TimerHeap *h, int64_t now, uint64_t order_end, QEMUTimerCB **cb,
                        void **opaque)
{
    QEMUTimer *ts;
    bool found = false;

    g_mutex_lock(&h->lock);
    ts = h->nb ? h->timers[0] : NULL;
    if (ts && ts->expire_time <= now && ts->order < order_end) {
        *cb = ts->cb;
        *opaque = ts->opaque;
        disarm(h, ts);
        found = true;
    }
    g_mutex_unlock(&h->lock);
    return found;
}

bool qemu_clock_run_timers(QEMUClockType type)
{
    TimerHeap *h = &heaps[type];
    QEMUTimerCB *cb;
    void *opaque;
    bool progress = false;
    uint64_t order_end;
    int64_t now;

    if (!qemu_clock_runs(type)) {
        return false;
    }
    now = qemu_clock_get_ns(type);
    /*
     * Timers set by the callbacks wait for the next turn, or one that re-arms itself would never
     * let go.
     */
    g_mutex_lock(&h->lock);
    order_end = h->order;
    g_mutex_unlock(&h->lock);
    while (pop_expired(h, now, order_end, &cb, &opaque)) {
        cb(opaque);
        progress = true;
    }
    return progress;
}

bool qemu_clock_run_all_timers(void)
{
    bool progress = false;

    for (QEMUClockType type = 0; type < QEMU_CLOCK_MAX; type++) {
        if (!qemu_clock_deadline_hook(type)) {
            progress |= qemu_clock_run_timers(type);
        }
    }
    return progress;
}

void qemu_clock_notify(QEMUClockType type)
{
    qemu_notify_event();
}
