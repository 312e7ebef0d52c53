/*
 * The list of CPUs, and their threads: one host thread for each, started, paused and woken from here.
 *
 * All functions are called with the big lock held unless they say otherwise.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_CPUS_H
#define SYSTEM_CPUS_H

#include "qemu/osdep.h"
#include "core/cpu.h"
#include "qemu/notify.h"

/* What runs guest code. One is registered by the accelerator before the machine is made. */
typedef struct AccelOps {
    const char *name;
    /* Called on the new CPU thread, before its first execution. */
    void (*init_cpu)(CPUState *cpu);
    /* Runs the CPU, big lock NOT held, until it has to leave; returns an EXCP_* value. */
    int (*exec)(CPUState *cpu);
    /* On the CPU's own thread, maybe in a handler of signals (QEMU_IN_SIGNAL): leave soon. */
    void (*interrupt_exec)(CPUState *cpu);
    /* Called on the CPU's thread, with the big lock, as its last: frees what init_cpu() made. */
    void (*exit_cpu)(CPUState *cpu);
    /*
     * Keeps the accelerator's own threads from looking at the list of CPUs, until released; the
     * caller has the big lock, and CPUs are held. NULL: there are no such threads.
     */
    void (*hold_list)(void);
    void (*release_list)(void);
    /*
     * The accelerator counts guest time itself and knows when a deadline has come; NULL: the host's
     * time is the guest's. Waits, with the big lock held, until something may have changed for a
     * CPU that has nothing to do.
     */
    void (*wait_idle)(CPUState *cpu);
} AccelOps;

/*
 * A CPU joins the list (CPU_FOREACH) at its end, and gets the next number if it has none; it leaves
 * it, and its number. For the type "cpu".
 */
void cpus_add(CPUState *cpu);
void cpus_remove(CPUState *cpu);

void cpus_register_accel(const AccelOps *ops);

/*
 * Starts the thread of a realized CPU; returns once it exists. The CPU is stopped until
 * resume_all_vcpus().
 */
void qemu_init_vcpu(CPUState *cpu);

/* Stops every CPU between two blocks and waits for that; lets go of the big lock meanwhile. */
void pause_all_vcpus(void);
/* All but those with CPUState.debugger_holds. */
void resume_all_vcpus(void);
/* Ends debugger_holds: the CPU runs, at once if the machine does. */
void cpu_release(CPUState *cpu);
/*
 * A CPU that came while the machine runs, and is complete: it begins to run, or will with the
 * machine.
 */
void cpu_begin(CPUState *cpu);
/*
 * Ends the thread of a CPU, which is about to leave the list: returns when it is gone. Lets go of
 * the big lock meanwhile; not on the CPU's own thread.
 */
void cpu_end_thread(CPUState *cpu);
/*
 * `notifier` is called with the CPU as its data when that has joined the list. Its thread isn't
 * there yet.
 */
void cpus_add_join_notifier(Notifier *notifier);
/* The same when it leaves the list. */
void cpus_add_leave_notifier(Notifier *notifier);
/*
 * Returns once no other CPU's thread executes guest code, or what guest code calls: each waits for
 * the big lock, and so stays where it is until the caller lets go of it. For changes to what CPUs
 * use without locks. Takes as long as a block of guest code.
 */
void cpus_hold(void);
/* More than one CPU, or may there be? From any thread: known before the machine runs. */
bool cpus_are_several(void);
/* Before any CPU is made: others may come while the machine runs. */
void cpus_expect_several(void);
/*
 * On the CPU's thread: it leaves guest code soon and then runs func, while no CPU executes guest
 * code or stands anywhere within it.
 */
void async_run_alone(CPUState *cpu, run_on_cpu_func func, void *data);
/* Ends the CPU threads, for process exit. */
void cpus_shutdown(void);

/*
 * Wakes a CPU that waits, or makes it leave guest code. From any thread, with or without the lock.
 */
void qemu_cpu_kick(CPUState *cpu);
/* On the CPU's thread: has deadline_passed() called if it has, and sees to it that it will be. */
void cpu_check_deadline(CPUState *cpu);
bool qemu_cpu_is_self(CPUState *cpu);
/*
 * On a CPU thread: stop this CPU after the current block (used when the whole machine is being
 * stopped).
 */
void cpu_stop_current(void);

/* Called when a CPU reports EXCP_DEBUG; set by the debugger's front end. */
void cpus_set_debug_handler(void (*handler)(CPUState *cpu));

/*
 * Whether the machine as a whole runs; tells CPU threads to wait otherwise. Set by
 * system/runstate.c.
 */
void cpus_set_vm_running(bool running);

#endif
