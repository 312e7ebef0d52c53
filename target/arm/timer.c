/*
 * The generic timer of a CPU: counters from the virtual clock, and what compares with them.
 *
 * Nothing counts: the count is the clock's time in ticks, and a timer's condition is worked out
 * when it is looked at. What changes by itself is the output, when a compare value is reached: the
 * earliest of these is the CPU's deadline; the performance monitors share it. Each operation reads
 * the clock once.
 *
 * Reference: DDI 0487, D13.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "target/arm/internal.h"

enum { CTL_ENABLE = 1, CTL_IMASK = 2, CTL_ISTATUS = 4 };

static uint64_t ticks_at(const CPUARMState *env, int64_t ns)
{
    return muldiv64(ns, arm_env_archcpu((CPUARMState *)env)->cntfrq, NANOSECONDS_PER_SECOND);
}

/* The first ns of the virtual clock at which the count is at least `ticks`. */
static int64_t ticks_to_ns(const CPUARMState *env, uint64_t ticks)
{
    uint32_t hz = arm_env_archcpu((CPUARMState *)env)->cntfrq;
    __uint128_t ns = ((__uint128_t)ticks * NANOSECONDS_PER_SECOND + hz - 1) / hz;

    return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

static uint64_t offset_of(const CPUARMState *env, unsigned timer)
{
    return timer == ARM_TIMER_VIRT ? env->cntvoff : 0; /* EL2's virtual timer has none */
}

static uint64_t physical_count(CPUARMState *env)
{
    return ticks_at(env, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

uint64_t arm_timer_count(CPUARMState *env, unsigned timer)
{
    return physical_count(env) - offset_of(env, timer);
}

static bool condition(const CPUARMState *env, unsigned timer, uint64_t now)
{
    const ARMTimer *t = &env->timers[timer];

    return (t->control & CTL_ENABLE) && now - offset_of(env, timer) >= t->compare;
}

static void set_line(CPUARMState *env, unsigned timer, bool level)
{
    if (env->timers[timer].line != level) {
        BQL_LOCK_GUARD();

        env->timers[timer].line = level;
        qemu_set_irq(arm_env_archcpu(env)->timer_out[timer], level);
    }
}

/* Outputs as they are at `now`, and the deadline for the next one that changes. */
static void update(CPUARMState *env, uint64_t now)
{
    int64_t deadline = env->pmu.deadline;

    for (unsigned i = 0; i < ARM_NB_TIMERS; i++) {
        const ARMTimer *t = &env->timers[i];
        bool met = condition(env, i, now);

        set_line(env, i, met && !(t->control & CTL_IMASK));
        if ((t->control & CTL_ENABLE) && !(t->control & CTL_IMASK) && !met) {
            uint64_t due = t->compare + offset_of(env, i);

            if (due >= t->compare) { /* beyond 2^64 it never comes */
                deadline = MIN(deadline, ticks_to_ns(env, due));
            }
        }
    }
    cpu_set_deadline(arm_env_cpu(env), deadline);
}

void arm_deadline_passed(CPUState *cs, int64_t now)
{
    CPUARMState *env = &ARM_CPU(cs)->env;

    if (now >= env->pmu.deadline) {
        arm_pmu_deadline_passed(env);
    }
    update(env, ticks_at(env, now));
}

uint32_t arm_timer_control(CPUARMState *env, unsigned timer)
{
    uint64_t now = physical_count(env);

    return env->timers[timer].control | (condition(env, timer, now) ? CTL_ISTATUS : 0);
}

void arm_timer_set_control(CPUARMState *env, unsigned timer, uint32_t value)
{
    env->timers[timer].control = value & (CTL_ENABLE | CTL_IMASK);
    update(env, physical_count(env));
}

void arm_timer_set_compare(CPUARMState *env, unsigned timer, uint64_t value)
{
    env->timers[timer].compare = value;
    update(env, physical_count(env));
}

void arm_timer_update(CPUARMState *env)
{
    update(env, physical_count(env));
}
