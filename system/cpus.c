/*
 * The list of CPUs, and their threads.
 *
 * Each CPU has a thread that alternates between guest code (without the big lock) and waiting on
 * its halt_cond (with it). What others want of a CPU reaches it through flags under the big lock,
 * queued work, and a kick: a signal whose handler, on the CPU's thread, makes the guest's budget
 * negative.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <pthread.h>
#include "core/cpu.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"
#include "system/cpus.h"

#define SIG_KICK SIGUSR1

struct qemu_work_item {
    struct qemu_work_item *next;
    run_on_cpu_func func;
    void *data;
    bool *done; /* NULL: nobody waits, free the item */
    bool alone; /* no CPU may be in guest code meanwhile */
};

CPUTailQ cpus = QTAILQ_HEAD_INITIALIZER(cpus);
__thread CPUState *current_cpu;

static const AccelOps *accel;
static void (*debug_handler)(CPUState *cpu);
static bool vm_running;
static bool several_expected;
static bool shutting_down; /* the process ends: nothing need be freed */
static NotifierList join_notifiers = NOTIFIER_LIST_INITIALIZER(join_notifiers);
static NotifierList leave_notifiers = NOTIFIER_LIST_INITIALIZER(leave_notifiers);
static GCond work_done_cond; /* with the big lock */
static GCond pause_cond;
static GCond created_cond;
static CPUState *alone; /* who has, or waits for, the machine to itself */
static GCond alone_cond;

/* ---- The list ---- */

/* CPU threads and those of the accelerator look at the list without the big lock. */
static void begin_list_change(void)
{
    if (vm_running) {
        cpus_hold();
    }
    if (accel && accel->hold_list) {
        accel->hold_list();
    }
}

static void end_list_change(void)
{
    if (accel && accel->release_list) {
        accel->release_list();
    }
}

void cpus_add(CPUState *cpu)
{
    CPUState *other;

    if (cpu->cpu_index < 0) {
        /* The board didn't number it: it comes after the others. */
        cpu->cpu_index = 0;
        CPU_FOREACH(other) {
            cpu->cpu_index = MAX(cpu->cpu_index, other->cpu_index + 1);
        }
    }
    begin_list_change();
    QTAILQ_INSERT_TAIL(&cpus, cpu, node);
    end_list_change();
    notifier_list_notify(&join_notifiers, cpu);
}

void cpus_remove(CPUState *cpu)
{
    notifier_list_notify(&leave_notifiers, cpu);
    begin_list_change();
    QTAILQ_REMOVE(&cpus, cpu, node);
    end_list_change();
    cpu->cpu_index = -1;
}

void cpus_add_join_notifier(Notifier *notifier)
{
    notifier_list_add(&join_notifiers, notifier);
}

void cpus_add_leave_notifier(Notifier *notifier)
{
    notifier_list_add(&leave_notifiers, notifier);
}

CPUState *qemu_get_cpu(int index)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (cpu->cpu_index == index) {
            return cpu;
        }
    }
    return NULL;
}

/* ---- Threads ---- */

static unsigned napping; /* CPUs in wait_idle() with `nap` */

/* What the main loop has done may be what they wait for. */
static void wake_napping(void)
{
    CPUState *cpu;

    if (napping) {
        CPU_FOREACH(cpu) {
            if (qatomic_read(&cpu->nap)) {
                g_cond_broadcast(&cpu->halt_cond);
            }
        }
    }
}

void cpus_register_accel(const AccelOps *ops)
{
    accel = ops;
    main_loop_call_after_turns(wake_napping);
}

void cpus_set_debug_handler(void (*handler)(CPUState *cpu))
{
    debug_handler = handler;
}

void cpus_set_vm_running(bool running)
{
    vm_running = running;
}

bool qemu_cpu_is_self(CPUState *cpu)
{
    return cpu->thread && cpu->thread == g_thread_self();
}

static QEMU_IN_SIGNAL void kick_handler(int sig, siginfo_t *info, void *context)
{
    int saved_errno = errno;

    if (current_cpu && accel) {
        if (info->si_code == SI_TIMER) {
            qatomic_set(&current_cpu->alarm_rang, true);
        }
        accel->interrupt_exec(current_cpu);
    }
    errno = saved_errno;
}

static void install_kick_handler(void)
{
    struct sigaction sa = { .sa_sigaction = kick_handler, .sa_flags = SA_RESTART | SA_SIGINFO };

    sigemptyset(&sa.sa_mask);
    sigaction(SIG_KICK, &sa, NULL);
}

/*
 * A condition is signalled by a system call even where nobody waits, and each interrupt comes by
 * here, most of them from what the CPU itself did to a device.
 */
void qemu_cpu_kick(CPUState *cpu)
{
    if (qemu_cpu_is_self(cpu)) {
        accel->interrupt_exec(cpu);
        return;
    }
    smp_mb(); /* what is wanted before whether it runs; run_guest() does it the other way round */
    if (qatomic_read(&cpu->running)) {
        pthread_kill(cpu->host_thread, SIG_KICK);
    } else {
        g_cond_broadcast(&cpu->halt_cond);
    }
}

/*
 * A deadline is kept by a timer of the host that kicks the CPU's thread. The guest sets most
 * deadlines later than the one before and long before that has come: then the timer rings early,
 * and is set anew, instead of being moved each time.
 */
static void set_alarm(CPUState *cpu)
{
    int64_t delay = MAX(cpu->deadline - qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), 1);
    struct itimerspec when = {
        .it_value = { delay / NANOSECONDS_PER_SECOND, delay % NANOSECONDS_PER_SECOND },
    };

    cpu->alarm = cpu->deadline;
    timer_settime(cpu->alarm_timer, 0, &when, NULL);
}

static bool create_alarm(CPUState *cpu)
{
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIG_KICK };

    event._sigev_un._tid = gettid();
    cpu->alarm = INT64_MAX;
    return timer_create(CLOCK_MONOTONIC, &event, &cpu->alarm_timer) == 0;
}

void cpu_set_deadline(CPUState *cpu, int64_t ns)
{
    cpu->deadline = ns;
    if (!cpu->created) {
        return;
    }
    if (accel->wait_idle) {
        qemu_cpu_kick(cpu);
    } else if (ns < cpu->alarm) {
        set_alarm(cpu);
    }
}

void cpu_check_deadline(CPUState *cpu)
{
    int64_t now;

    if (qatomic_xchg(&cpu->alarm_rang, false)) {
        cpu->alarm = INT64_MAX;
    }
    if (cpu->deadline == INT64_MAX) {
        return;
    }
    now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    if (now >= cpu->deadline) {
        cpu->deadline = INT64_MAX;
        CPU_GET_CLASS(cpu)->deadline_passed(cpu, now);
    } else if (cpu->deadline < cpu->alarm && !accel->wait_idle) {
        set_alarm(cpu);
    }
}

void cpu_exit(CPUState *cpu)
{
    qatomic_set(&cpu->exit_request, true);
    qemu_cpu_kick(cpu);
}

void cpu_interrupt(CPUState *cpu, int mask)
{
    qatomic_or(&cpu->interrupt_request, mask);
    if (cpu->created) {
        qemu_cpu_kick(cpu);
    }
}

void cpu_reset_interrupt(CPUState *cpu, int mask)
{
    qatomic_and(&cpu->interrupt_request, ~mask);
}

static void queue_work(CPUState *cpu, struct qemu_work_item what)
{
    struct qemu_work_item *item = g_memdup2(&what, sizeof(what));

    g_mutex_lock(&cpu->work_mutex);
    if (cpu->work_last) {
        cpu->work_last->next = item;
    } else {
        cpu->work_first = item;
    }
    cpu->work_last = item;
    g_mutex_unlock(&cpu->work_mutex);
    cpu_exit(cpu);
}

void async_run_on_cpu(CPUState *cpu, run_on_cpu_func func, void *data)
{
    queue_work(cpu, (struct qemu_work_item){ .func = func, .data = data });
}

void async_run_alone(CPUState *cpu, run_on_cpu_func func, void *data)
{
    queue_work(cpu, (struct qemu_work_item){ .func = func, .data = data, .alone = true });
}

void run_on_cpu(CPUState *cpu, run_on_cpu_func func, void *data)
{
    bool done = false;

    if (!cpu->created || qemu_cpu_is_self(cpu)) {
        func(cpu, data);
        return;
    }
    queue_work(cpu, (struct qemu_work_item){ .func = func, .data = data, .done = &done });
    while (!done) {
        qemu_cond_wait_iothread(&work_done_cond);
    }
}

static struct qemu_work_item *next_work(CPUState *cpu)
{
    struct qemu_work_item *item;

    g_mutex_lock(&cpu->work_mutex);
    item = cpu->work_first;
    if (item) {
        cpu->work_first = item->next;
        if (!cpu->work_first) {
            cpu->work_last = NULL;
        }
    }
    g_mutex_unlock(&cpu->work_mutex);
    return item;
}

static bool others_run(CPUState *cpu)
{
    CPUState *other;
    bool some = false;

    CPU_FOREACH(other) {
        if (other != cpu && other->running) {
            cpu_exit(other);
            some = true;
        }
    }
    return some;
}

static void wait_for_alone(void)
{
    while (alone) {
        qemu_cond_wait_iothread(&alone_cond);
    }
}

static void run_alone(CPUState *cpu, const struct qemu_work_item *item)
{
    wait_for_alone();
    alone = cpu;
    while (others_run(cpu)) {
        qemu_cond_wait_iothread(&alone_cond);
    }
    item->func(cpu, item->data);
    alone = NULL;
    g_cond_broadcast(&alone_cond);
}

static void process_work(CPUState *cpu)
{
    struct qemu_work_item *item;

    while ((item = next_work(cpu))) {
        if (item->alone) {
            run_alone(cpu, item);
        } else {
            item->func(cpu, item->data);
        }
        if (item->done) {
            *item->done = true;
            g_cond_broadcast(&work_done_cond);
        }
        g_free(item);
    }
}

bool cpus_are_several(void)
{
    CPUState *first = QTAILQ_FIRST(&cpus);

    return several_expected || (first && QTAILQ_NEXT(first, node));
}

void cpus_expect_several(void)
{
    several_expected = true;
}

void cpus_hold(void)
{
    CPUState *cpu;

    g_assert(bql_locked());
    CPU_FOREACH(cpu) {
        if (cpu->created && !qatomic_load_acquire(&cpu->at_bql)) {
            cpu_exit(cpu);
        }
    }
    CPU_FOREACH(cpu) {
        while (cpu->created && !qatomic_load_acquire(&cpu->at_bql)) {
            sched_yield();
        }
    }
}

static bool cpu_can_run(CPUState *cpu)
{
    return vm_running && !cpu->stop && !cpu->stopped;
}

static bool cpu_is_idle(CPUState *cpu)
{
    bool has_queued_work;

    g_mutex_lock(&cpu->work_mutex);
    has_queued_work = cpu->work_first != NULL;
    g_mutex_unlock(&cpu->work_mutex);
    if (cpu->stop || cpu->unplug || has_queued_work) {
        return false;
    }
    return !cpu_can_run(cpu) ||
           ((cpu->halted || (cpu->on_the_spot && !qatomic_read(&cpu->exit_request))) &&
            !CPU_GET_CLASS(cpu)->has_work(cpu));
}

/*
 * Who changes the instruction that a CPU runs on the spot (another CPU, DMA) tells nobody: it looks
 * so often at least.
 */
#define LONGEST_WAIT_ON_THE_SPOT (20 * SCALE_MS)

/* Until somebody wants something of the CPU, or its own deadline comes. */
static void wait_idle(CPUState *cpu)
{
    int64_t us, longest_us;

    if (!cpu_can_run(cpu)) {
        qemu_cond_wait_iothread(&cpu->halt_cond);
        return;
    }
    if (accel->wait_idle) {
        accel->wait_idle(cpu);
        return;
    }
    cpu_check_deadline(cpu);
    if (!cpu_is_idle(cpu)) {
        return;
    }
    if (cpu->deadline == INT64_MAX && !cpu->on_the_spot) {
        qemu_cond_wait_iothread(&cpu->halt_cond);
        return;
    }
    us = DIV_ROUND_UP(cpu->deadline - qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), SCALE_US);
    if (cpu->on_the_spot) {
        longest_us = (cpu->nap ? cpu->nap : LONGEST_WAIT_ON_THE_SPOT) / SCALE_US;
        if (cpu->nap || us > longest_us) {
            us = MIN(us, longest_us);
            cpu->on_the_spot = false;
        }
    }
    napping += cpu->nap != 0;
    qemu_cond_timedwait_iothread(&cpu->halt_cond, g_get_monotonic_time() + MAX(us, 0));
    napping -= cpu->nap != 0;
}

static void run_guest(CPUState *cpu)
{
    int reason;

    cpu_check_deadline(cpu); /* no alarm is set if the machine has been stopped meanwhile */
    qatomic_set(&cpu->running, true);
    smp_mb(); /* qemu_cpu_kick() */
    bql_unlock();
    reason = accel->exec(cpu);
    bql_lock();
    qatomic_set(&cpu->running, false);
    cpu->on_the_spot = reason == EXCP_IDLE || reason == EXCP_POLL;
    if (reason != EXCP_POLL) {
        qatomic_set(&cpu->nap, 0);
    }
    smp_mb(); /* before it looks whether there is something to do */
    if (alone) {
        g_cond_broadcast(&alone_cond);
    }
    if (reason == EXCP_DEBUG) {
        if (debug_handler) {
            debug_handler(cpu);
        }
        cpu->stopped = true;
    }
}

static void *cpu_thread(void *arg)
{
    CPUState *cpu = arg;

    rcu_register_thread();
    bql_lock();
    bql_set_thread_flag(&cpu->at_bql);
    current_cpu = cpu;
    cpu->host_thread = pthread_self();
    cpu->thread_id = gettid();
    if (!cpu->spaces[0]) {
        cpu->spaces[0] = &address_space_memory;
    }
    accel->init_cpu(cpu);
    if (!create_alarm(cpu)) {
        error_report("CPU %d: the host gives no timer: %s", cpu->cpu_index, g_strerror(errno));
        exit(1);
    }
    cpu->created = true;
    g_cond_broadcast(&created_cond);
    while (!cpu->unplug) {
        wait_for_alone();
        if (cpu_can_run(cpu) && !cpu_is_idle(cpu)) {
            run_guest(cpu);
        }
        while (cpu_is_idle(cpu)) {
            wait_idle(cpu);
        }
        cpu->on_the_spot = false; /* what happens now may have put it elsewhere */
        if (cpu->stop) {
            cpu->stop = false;
            cpu->stopped = true;
            g_cond_broadcast(&pause_cond);
        }
        process_work(cpu);
    }
    process_work(cpu); /* who waits for it isn't left alone */
    cpu->created = false;
    timer_delete(cpu->alarm_timer);
    if (accel->exit_cpu && !shutting_down) {
        accel->exit_cpu(cpu);
    }
    current_cpu = NULL;
    bql_set_thread_flag(NULL);
    g_cond_broadcast(&created_cond);
    bql_unlock();
    rcu_unregister_thread();
    return NULL;
}

void qemu_init_vcpu(CPUState *cpu)
{
    g_autofree char *name = g_strdup_printf("cpu%d", cpu->cpu_index);

    g_assert(accel);
    install_kick_handler();
    g_cond_init(&cpu->halt_cond);
    g_mutex_init(&cpu->work_mutex);
    cpu->stopped = true;
    cpu->deadline = cpu->alarm = INT64_MAX;
    cpu->thread = g_thread_new(name, cpu_thread, cpu);
    while (!cpu->created) {
        qemu_cond_wait_iothread(&created_cond);
    }
}

static bool all_stopped(void)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (cpu->created && !cpu->stopped && !qemu_cpu_is_self(cpu)) {
            return false;
        }
    }
    return true;
}

void pause_all_vcpus(void)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (cpu->created && !cpu->stopped) {
            cpu->stop = true;
            cpu_exit(cpu);
        }
    }
    while (!all_stopped()) {
        qemu_cond_wait_iothread(&pause_cond);
    }
}

void resume_all_vcpus(void)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        cpu->stop = false;
        cpu->stopped = cpu->debugger_holds;
        if (cpu->created) {
            qemu_cpu_kick(cpu);
        }
    }
}

void cpu_release(CPUState *cpu)
{
    if (cpu->debugger_holds) {
        cpu->debugger_holds = false;
        cpu->stopped &= !vm_running;
        qemu_cpu_kick(cpu);
    }
}

void cpu_stop_current(void)
{
    if (current_cpu) {
        current_cpu->stop = true; /* stopped, once it has left guest code */
        cpu_exit(current_cpu);
    }
}

void cpu_begin(CPUState *cpu)
{
    if (vm_running) {
        cpu->stopped = false;
        qemu_cpu_kick(cpu);
    }
}

void cpu_end_thread(CPUState *cpu)
{
    if (!cpu->created || qemu_cpu_is_self(cpu)) {
        return;
    }
    cpu->unplug = true;
    cpu_exit(cpu);
    while (cpu->created) {
        qemu_cond_wait_iothread(&created_cond);
    }
    bql_unlock();
    g_thread_join(cpu->thread);
    bql_lock();
    cpu->thread = NULL;
}

void cpus_shutdown(void)
{
    CPUState *cpu;

    shutting_down = true;
    CPU_FOREACH(cpu) {
        cpu_end_thread(cpu);
    }
}
