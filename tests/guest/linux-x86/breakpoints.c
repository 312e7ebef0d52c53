/*
 * Debug registers through ptrace: a child is watched by its parent, as a debugger does it, on each CPU
 * that there is, beside a process that does the same unwatched. Steps from branch to branch.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/user.h>

enum { ROUNDS = 50 };
typedef uint32_t Word;
#include "../linux/watched.h"

enum { EXECUTE = 0, WRITE = 1, ACCESS = 3, FAILED = -1 };

static long write_register(pid_t pid, unsigned n, unsigned long value)
{
    return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]) + n * sizeof(long), value);
}

static unsigned long read_register(pid_t pid, unsigned n)
{
    return ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg[0]) + n * sizeof(long), NULL);
}

static unsigned long program_counter(pid_t pid)
{
    struct user_regs_struct regs;

    ptrace(PTRACE_GETREGS, pid, NULL, &regs);
#ifdef __x86_64__
    return regs.rip;
#else
    return regs.eip;
#endif
}

static uint32_t word_of(pid_t pid, const volatile uint32_t *where)
{
    return ptrace(PTRACE_PEEKDATA, pid, (void *)(uintptr_t)where, NULL);
}

/*
 * Runs the child with breakpoint n; the number of times it was hit, or FAILED. `look`: at each hit, with
 * its number, whether all is as it should be.
 */
static int hits(int cpu, unsigned n, const volatile void *where, unsigned kind, unsigned bytes,
                bool (*look)(pid_t pid, unsigned hit))
{
    pid_t pid = fork();
    int status, found = 0;
    unsigned long control = 1ul << (2 * n) | (unsigned long)kind << (16 + 4 * n) |
                            (unsigned long)(bytes - 1) << (18 + 4 * n);

    if (pid == 0) {
        child(cpu);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
        write_register(pid, n, (unsigned long)where) || write_register(pid, 7, control)) {
        return FAILED;
    }
    for (;;) {
        ptrace(PTRACE_CONT, pid, NULL, NULL);
        if (waitpid(pid, &status, 0) != pid) {
            return FAILED;
        }
        if (WIFEXITED(status)) {
            return WEXITSTATUS(status) ? FAILED : found;
        }
        if (WSTOPSIG(status) != SIGTRAP || !(read_register(pid, 6) >> n & 1)) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return FAILED;
        }
        write_register(pid, 6, 0);
        found++;
        if (look && !look(pid, found)) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return FAILED;
        }
    }
}

static bool has_been_written(pid_t pid, unsigned hit)
{
    return word_of(pid, &area[0]) == hit;
}

static bool is_at_function(pid_t pid, unsigned hit)
{
    return program_counter(pid) == (unsigned long)function && word_of(pid, &calls) == hit - 1;
}

static void a_write_is_seen_when_it_is_done(void)
{
    for (int cpu = 0; cpu < nb_cpus(); cpu++) {
        EXPECT(hits(cpu, 0, &area[0], WRITE, 4, has_been_written) == ROUNDS);
    }
    PASS();
}

static void a_read_is_no_write(void)
{
    for (int cpu = 0; cpu < nb_cpus(); cpu++) {
        EXPECT(hits(cpu, 3, &area[4], WRITE, 4, NULL) == 0);
        EXPECT(hits(cpu, 3, &area[4], ACCESS, 4, NULL) == ROUNDS);
    }
    PASS();
}

static void only_what_overlaps_counts(void)
{
    EXPECT(hits(0, 1, (volatile char *)&area[0] + 3, WRITE, 1, NULL) == ROUNDS);
    EXPECT(hits(0, 1, &area[1], ACCESS, 4, NULL) == 0);
    PASS();
}

static void a_function_is_stopped_at_each_time(void)
{
    for (int cpu = 0; cpu < nb_cpus(); cpu++) {
        EXPECT(hits(cpu, 2, (const volatile void *)function, EXECUTE, 1, is_at_function) == ROUNDS);
    }
    PASS();
}

/* On the same CPU and on the others. */
static void others_are_left_alone(void)
{
    pid_t pids[64];
    int n = nb_cpus();

    start_others(pids, 2000);
    EXPECT(hits(0, 0, &area[0], WRITE, 4, NULL) == ROUNDS);
    EXPECT(hits(n - 1, 1, (const volatile void *)function, EXECUTE, 1, NULL) == ROUNDS);
    EXPECT(others_end_well(pids));
    PASS();
}

extern const char loop_start[], loop_end[];

static __attribute__((noinline, noclone)) void loop(unsigned rounds)
{
    __asm__ volatile("nop\n"
                     "loop_start:\n\tnop\n\tnop\n\tdec %0\n\tjnz loop_start\n"
                     "loop_end:\n\tnop"
                     : "+r"(rounds) : : "cc");
}

/* From branch to branch: nothing of a loop is seen but its start, each time it is jumped to. */
static void branches_are_stepped(void)
{
    pid_t pid = fork();
    unsigned at_start = 0, elsewhere = 0;
    int status;

    if (!pid) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        loop(ROUNDS);
        _exit(7);
    }
    while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
        unsigned long pc = program_counter(pid);

        at_start += pc == (unsigned long)loop_start;
        elsewhere += pc > (unsigned long)loop_start && pc < (unsigned long)loop_end;
        ptrace(PTRACE_SINGLEBLOCK, pid, NULL, NULL);
    }
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    EXPECT(at_start == ROUNDS - 1);
    EXPECT(elsewhere == 0);
    PASS();
}

int main(void)
{
    branches_are_stepped();
    a_write_is_seen_when_it_is_done();
    a_read_is_no_write();
    only_what_overlaps_counts();
    a_function_is_stopped_at_each_time();
    others_are_left_alone();
    return 0;
}
