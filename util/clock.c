/*
 * The clocks.
 *
 * Guest time is the host's monotonic time plus an offset while it runs, and a constant while it
 * doesn't. Both live behind a sequence counter, because every CPU thread reads them without the big
 * lock.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/timer.h"
#include "timer-internal.h"

static struct {
    unsigned seq; /* odd while being changed */
    bool running;
    int64_t offset; /* running: add to the host's clock; stopped: the time itself */
} virtual_clock;

static int64_t (*virtual_source)(void);
static int64_t (*host_source)(void);
static void (*virtual_deadline_changed)(void); /* set: the source runs the timers, too */

static int64_t host_ns(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return ts.tv_sec * NANOSECONDS_PER_SECOND + ts.tv_nsec;
}

int64_t qemu_clock_host_based_ns(void)
{
    unsigned seq;
    int64_t ns;

    do {
        seq = qatomic_load_acquire(&virtual_clock.seq);
        ns = qatomic_read(&virtual_clock.offset);
        if (qatomic_read(&virtual_clock.running)) {
            ns += host_ns(CLOCK_MONOTONIC);
        }
        smp_rmb();
    } while ((seq & 1) || seq != qatomic_read(&virtual_clock.seq));
    return ns;
}

int64_t qemu_clock_get_ns(QEMUClockType type)
{
    int64_t (*source)(void);

    switch (type) {
    case QEMU_CLOCK_VIRTUAL:
        source = qatomic_read(&virtual_source);
        return source ? source() : qemu_clock_host_based_ns();
    case QEMU_CLOCK_HOST:
        source = qatomic_read(&host_source);
        return source ? source() : host_ns(CLOCK_REALTIME);
    default:
        return host_ns(CLOCK_MONOTONIC);
    }
}

static void set_running(bool running)
{
    int64_t host = host_ns(CLOCK_MONOTONIC);

    if (virtual_clock.running == running) {
        return;
    }
    qatomic_set(&virtual_clock.seq, virtual_clock.seq + 1);
    smp_wmb();
    qatomic_set(&virtual_clock.offset, virtual_clock.offset + (running ? -host : host));
    qatomic_set(&virtual_clock.running, running);
    qatomic_store_release(&virtual_clock.seq, virtual_clock.seq + 1);
    qemu_clock_notify(QEMU_CLOCK_VIRTUAL);
}

void cpu_enable_ticks(void)
{
    set_running(true);
}

void cpu_disable_ticks(void)
{
    set_running(false);
}

bool qemu_clock_runs(QEMUClockType type)
{
    return type != QEMU_CLOCK_VIRTUAL || virtual_deadline_changed ||
           qatomic_read(&virtual_clock.running);
}

void (*qemu_clock_deadline_hook(QEMUClockType type))(void)
{
    return type == QEMU_CLOCK_VIRTUAL ? virtual_deadline_changed : NULL;
}

void qemu_clock_take_virtual(int64_t (*get_ns)(void), void (*deadline_changed)(void))
{
    virtual_deadline_changed = deadline_changed;
    qemu_clock_set_virtual_source(get_ns);
}

void qemu_clock_set_virtual_source(int64_t (*get_ns)(void))
{
    qatomic_set(&virtual_source, get_ns);
    qemu_clock_notify(QEMU_CLOCK_VIRTUAL);
}

void qemu_clock_set_host_source(int64_t (*get_ns)(void))
{
    qatomic_set(&host_source, get_ns);
    qemu_clock_notify(QEMU_CLOCK_HOST);
}
