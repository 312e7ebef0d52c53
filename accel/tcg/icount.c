/*
 * -icount: guest time is the number of instructions executed, shifted.
 *
 * The clock is read exactly where the CPU's thread can see it: between blocks, in device accesses
 * and in helpers whose instruction ends its block (CF_ICOUNT). Other threads see it as it was when
 * the CPU looked up from its work last. The CPU's thread runs the virtual clock's timers itself, its
 * budget being the instructions until the first one: so whatever the host does meanwhile, they fire
 * at the same instruction each time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <time.h>
#include "internal.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "system/cpus.h"

/* So that others see the time pass. */
#define LONGEST_BUDGET MIN(1 << 20, BUDGET_MAX)
/* shift=auto: CPU time between two looks at how guest and host keep pace. */
#define PACE_PERIOD (100 * SCALE_MS)
/* align=on: how far ahead the guest may be, and the longest wait at once. */
#define ALIGN_SLACK (3 * SCALE_MS)
#define ALIGN_PAUSE (100 * SCALE_MS)

TCGIcountOptions icount_options;

static struct {
    CPUState *cpu;
    unsigned shift;
    uint64_t base_insns; /* of the CPU, when … */
    int64_t base_ns;     /* … this was the time */
    int64_t seen;        /* atomic: the time, for other threads */

    /* shift=auto: the start of the period, in CPU time of the thread and in instructions */
    int64_t pace_cpu_ns;
    uint64_t pace_insns;

    int64_t most_ahead, most_behind; /* of the host, ns */
} icount;

static int64_t exact_ns(void)
{
    return icount.base_ns + (int64_t)((cpu_executed_insns(icount.cpu) - icount.base_insns) << icount.shift);
}

static int64_t get_ns(void)
{
    if (icount.cpu && qemu_cpu_is_self(icount.cpu)) {
        return exact_ns();
    }
    return qatomic_read(&icount.seen);
}

static void deadline_changed(void)
{
    if (icount.cpu && icount.cpu->created) {
        qemu_cpu_kick(icount.cpu);
    }
}

/* The time goes on from `ns`. */
static void set_time(int64_t ns)
{
    icount.base_ns = ns;
    icount.base_insns = cpu_executed_insns(icount.cpu);
    qatomic_set(&icount.seen, ns);
}

void icount_init(const TCGIcountOptions *options)
{
    icount_options = *options;
    icount.shift = options->shift;
    qemu_clock_take_virtual(get_ns, deadline_changed);
}

void icount_init_cpu(CPUState *cpu)
{
    icount.cpu = cpu;
    cpu->tcg->cflags |= CF_ICOUNT;
}

static void run_due(CPUState *cpu)
{
    cpu_check_deadline(cpu);
    if (qemu_clock_deadline_ns(QEMU_CLOCK_VIRTUAL) == 0) {
        BQL_LOCK_GUARD();

        qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
    }
}

/* ns from `now` until something is due, INT64_MAX: nothing is. */
static int64_t until_next(CPUState *cpu, int64_t now)
{
    int64_t timers = qemu_clock_deadline_ns(QEMU_CLOCK_VIRTUAL);
    int64_t own = cpu->deadline == INT64_MAX ? INT64_MAX : MAX(cpu->deadline - now, 0);

    return timers < 0 ? own : MIN(timers, own);
}

static int64_t thread_cpu_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return ts.tv_sec * NANOSECONDS_PER_SECOND + ts.tv_nsec;
}

/*
 * The shift at which the instructions of the last period would have taken as long as they did on the
 * host; the one that lets the guest catch up, or fall back, where that is between two. Without the
 * time that others had the host's CPU: that says nothing of the next period.
 */
static void keep_pace(int64_t now)
{
    int64_t cpu_ns = thread_cpu_ns(), busy = cpu_ns - icount.pace_cpu_ns;
    uint64_t insns = cpu_executed_insns(icount.cpu) - icount.pace_insns;
    unsigned shift = 0;

    if (busy < PACE_PERIOD || insns == 0) {
        return;
    }
    while (shift < TCG_ICOUNT_SHIFT_MAX && insns << (shift + 1) <= (uint64_t)busy) {
        shift++;
    }
    shift += now < qemu_clock_host_based_ns() && shift < TCG_ICOUNT_SHIFT_MAX;
    set_time(now);
    icount.shift = shift;
    icount.pace_cpu_ns = cpu_ns;
    icount.pace_insns += insns;
}

/* A kick ends the pause. */
static void pause_if_ahead(int64_t now)
{
    int64_t ahead = MIN(now - qemu_clock_host_based_ns(), ALIGN_PAUSE);
    struct timespec pause = { 0, ahead };

    if (ahead > ALIGN_SLACK) {
        nanosleep(&pause, NULL);
    }
}

static void note_pace(int64_t now)
{
    int64_t ahead = now - qemu_clock_host_based_ns();

    icount.most_ahead = MAX(icount.most_ahead, ahead);
    icount.most_behind = MAX(icount.most_behind, -ahead);
}

int32_t icount_budget(CPUState *cpu)
{
    int64_t now, wait;

    run_due(cpu);
    now = exact_ns();
    qatomic_set(&icount.seen, now);
    note_pace(now);
    if (icount_options.automatic) {
        keep_pace(now);
    }
    if (icount_options.align) {
        pause_if_ahead(now);
    }
    wait = until_next(cpu, now);
    if (wait >= (int64_t)LONGEST_BUDGET << icount.shift) {
        return LONGEST_BUDGET;
    }
    return MAX((wait + (1 << icount.shift) - 1) >> icount.shift, 1);
}

/* Waits as long on the host, at most; returns how long it was, no more than `wait`. */
static int64_t sleep_until_next(CPUState *cpu, int64_t wait)
{
    int64_t start = qemu_clock_get_ns(QEMU_CLOCK_REALTIME), slept;

    if (wait == INT64_MAX) {
        qemu_cond_wait_iothread(&cpu->halt_cond);
    } else {
        qemu_cond_timedwait_iothread(&cpu->halt_cond, g_get_monotonic_time() +
                                                          DIV_ROUND_UP(wait, SCALE_US));
    }
    slept = qemu_clock_get_ns(QEMU_CLOCK_REALTIME) - start;
    return MIN(slept, wait);
}

void icount_wait_idle(CPUState *cpu)
{
    int64_t now, wait;

    run_due(cpu);
    if (CPU_GET_CLASS(cpu)->has_work(cpu)) {
        return;
    }
    now = exact_ns();
    qatomic_set(&icount.seen, now);
    wait = until_next(cpu, now);
    if (icount_options.sleep) {
        wait = sleep_until_next(cpu, wait);
    } else if (wait == INT64_MAX) {
        qemu_cond_wait_iothread(&cpu->halt_cond);
        wait = 0;
    } else {
        bql_unlock(); /* others have their turn */
        bql_lock();
        wait = MIN(wait, until_next(cpu, now));
    }
    set_time(now + wait);
}

void icount_dump(GString *out)
{
    g_string_append_printf(out, "an instruction takes                 %u ns%s\n", 1u << icount.shift,
                           icount_options.automatic ? ", at present" : "");
    g_string_append_printf(out, "guest time, now ahead of the host's  %.3f ms\n",
                           (qatomic_read(&icount.seen) - qemu_clock_host_based_ns()) / 1e6);
    g_string_append_printf(out, "most ahead, most behind              %.3f ms, %.3f ms\n",
                           icount.most_ahead / 1e6, icount.most_behind / 1e6);
}
