/*
 * A child that its parent watches through ptrace, as a debugger does it, and what it does. Who includes
 * this says before how many ROUNDS it does, and what a Word is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LINUX_WATCHED_H
#define LINUX_WATCHED_H

#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include "check.h"

static volatile Word area[1024] __attribute__((aligned(4096)));
static volatile unsigned calls;

static __attribute__((noinline, noclone)) void function(void)
{
    calls++;
}

static int nb_cpus(void)
{
    return sysconf(_SC_NPROCESSORS_ONLN);
}

static void be_on_cpu(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

/* What the child does: each round writes one word, reads another, and calls the function. */
static void work(void)
{
    Word sum = 0;

    for (unsigned i = 1; i <= ROUNDS; i++) {
        area[0] = i;
        sum += area[4];
        function();
        if (i % 8 == 0) {
            sched_yield();
        }
    }
    area[7] = sum;
}

static void child(int cpu)
{
    be_on_cpu(cpu);
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    work();
    _exit(calls == ROUNDS && area[0] == ROUNDS ? 0 : 1);
}

/* One for each CPU, all unwatched: a trap would end it. */
static void start_others(pid_t *pids, unsigned times)
{
    for (int i = 0; i < nb_cpus(); i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            be_on_cpu(i);
            for (unsigned k = 0; k < times; k++) {
                work();
            }
            _exit(0);
        }
    }
}

static bool others_end_well(const pid_t *pids)
{
    bool well = true;
    int status;

    for (int i = 0; i < nb_cpus(); i++) {
        well &= waitpid(pids[i], &status, 0) == pids[i] && WIFEXITED(status) &&
                WEXITSTATUS(status) == 0;
    }
    return well;
}

#endif
