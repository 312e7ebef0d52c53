/*
 * Hardware breakpoints and watchpoints through ptrace: a child is watched by its parent, as a debugger
 * does it, on each CPU that there is, beside processes that do the same unwatched. For AArch64 and for
 * AArch32.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

enum { ROUNDS = 20 };
typedef uint64_t Word;
#include "../linux/watched.h"

enum { EXECUTE = 0, READ = 1, WRITE = 2, ACCESS = 3, FAILED = -1 };
enum { ENABLED = 1, AT_EL0 = 2 << 1 };
/* Without software step a watchpoint is off from its first hit on. */
#ifdef __aarch64__
enum { DATA_HITS = ROUNDS, A_BYTE = 3 };
#else
enum { DATA_HITS = 1, A_BYTE = 0 }; /* arm64's kernel reports no other byte to 32-bit programs */
#endif

#ifdef __aarch64__
struct Registers {
    uint32_t info, pad;
    struct {
        uint64_t addr;
        uint32_t control, pad;
    } at[16];
};

static long set_register(pid_t pid, bool data, unsigned n, uintptr_t addr, uint32_t control)
{
    struct Registers r = { 0 };
    struct iovec io = { &r, offsetof(struct Registers, at) + (n + 1) * sizeof(r.at[0]) };

    r.at[n].addr = addr;
    r.at[n].control = control;
    return ptrace(PTRACE_SETREGSET, pid, data ? NT_ARM_HW_WATCH : NT_ARM_HW_BREAK, &io);
}

static unsigned how_many(pid_t pid, bool data)
{
    struct Registers r = { 0 };
    struct iovec io = { &r, sizeof(r) };

    ptrace(PTRACE_GETREGSET, pid, data ? NT_ARM_HW_WATCH : NT_ARM_HW_BREAK, &io);
    return r.info & 0xff;
}

static uint64_t word_of(pid_t pid, const volatile void *where)
{
    return ptrace(PTRACE_PEEKDATA, pid, where, NULL);
}
#else
#define GET_DEBUG ((enum __ptrace_request)29) /* PTRACE_GETHBPREGS, PTRACE_SETHBPREGS */
#define SET_DEBUG ((enum __ptrace_request)30)

/* Numbers from 1 on, breakpoints up, watchpoints down: address, control. How many bytes comes first, as
 * not every address goes with each number. */
static long set_register(pid_t pid, bool data, unsigned n, uintptr_t addr, uint32_t control)
{
    long number = 2 * n + 1, sign = data ? -1 : 1;
    uint32_t disabled = control & ~(uint32_t)ENABLED;

    return ptrace(SET_DEBUG, pid, sign * (number + 1), &disabled) ||
           ptrace(SET_DEBUG, pid, sign * number, &addr) ||
           ptrace(SET_DEBUG, pid, sign * (number + 1), &control);
}

static unsigned how_many(pid_t pid, bool data)
{
    uint32_t info = 0;

    ptrace(GET_DEBUG, pid, 0, &info);
    return data ? info >> 8 & 0xff : info & 0xff;
}

static uint64_t word_of(pid_t pid, const volatile void *where)
{
    return (unsigned long)ptrace(PTRACE_PEEKDATA, pid, where, NULL);
}
#endif

#ifdef __aarch64__
static bool step_over(pid_t pid, unsigned hit)
{
    int status;

    (void)hit;

    ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
    return waitpid(pid, &status, 0) == pid;
}
#else
/* The function, if it is there, is done by hand: it goes on at its caller. */
static bool step_over(pid_t pid, unsigned found)
{
    uint32_t regs[18];

    ptrace(PTRACE_GETREGS, pid, NULL, regs);
    if (regs[15] != ((uintptr_t)function & ~(uintptr_t)1)) {
        return false;
    }
    regs[15] = regs[14] & ~1u;
    regs[16] = (regs[16] & ~0x20u) | (regs[14] & 1) << 5;
    ptrace(PTRACE_SETREGS, pid, NULL, regs);
    return ptrace(PTRACE_POKEDATA, pid, (void *)&calls, (void *)(uintptr_t)found) == 0;
}
#endif

static int hits(int cpu, unsigned n, const volatile void *where, unsigned kind, unsigned bytes,
                bool (*look)(pid_t pid, unsigned hit))
{
    pid_t pid = fork();
    int status, found = 0;
    uintptr_t addr = (uintptr_t)where;
    unsigned selected = (1u << bytes) - 1;
    uint32_t control;
    siginfo_t info;

    if (pid == 0) {
        child(cpu);
    }
    if (kind == EXECUTE && (addr & 1)) { /* T32 */
        selected = 3;
        addr--;
    }
#ifdef __aarch64__
    if (kind != EXECUTE) { /* AArch32's interface takes the byte's address */
        selected <<= addr & 7;
        addr &= ~(uintptr_t)7;
    }
#endif
    control = selected << 5 | kind << 3 | AT_EL0;
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
        set_register(pid, kind != EXECUTE, n, addr, control | ENABLED)) {
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
        ptrace(PTRACE_GETSIGINFO, pid, NULL, &info);
        found++;
        if (WSTOPSIG(status) != SIGTRAP || info.si_code != 4 /* TRAP_HWBKPT */ ||
            (look && !look(pid, found))) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return FAILED;
        }
        /* It is met again unless the debugger steps over it: off, one step, on. */
        if (set_register(pid, kind != EXECUTE, n, addr, control)) {
            return FAILED;
        }
        if (!step_over(pid, found)) {
            continue;
        }
        if (set_register(pid, kind != EXECUTE, n, addr, control | ENABLED)) {
            return FAILED;
        }
    }
}

static bool is_about_to_be_written(pid_t pid, unsigned hit)
{
    return (uint32_t)word_of(pid, &area[0]) == hit - 1;
}

static bool is_at_function(pid_t pid, unsigned hit)
{
    return (uint32_t)word_of(pid, &calls) == hit - 1;
}

static void there_are_some(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        child(0);
    }
    EXPECT(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
    EXPECT(how_many(pid, false) >= 4);
    EXPECT(how_many(pid, true) == 4);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    PASS();
}

static void a_write_is_seen_before_it_is_done(void)
{
    for (int cpu = 0; cpu < nb_cpus(); cpu++) {
        EXPECT(hits(cpu, 0, &area[0], WRITE, 4, is_about_to_be_written) == DATA_HITS);
    }
    PASS();
}

static void a_read_is_no_write(void)
{
    for (int cpu = 0; cpu < nb_cpus(); cpu++) {
        EXPECT(hits(cpu, 3, &area[4], WRITE, 4, NULL) == 0);
        EXPECT(hits(cpu, 3, &area[4], READ, 4, NULL) == DATA_HITS);
        EXPECT(hits(cpu, 2, &area[4], ACCESS, 4, NULL) == DATA_HITS);
    }
    PASS();
}

static void only_bytes_that_are_selected_count(void)
{
    EXPECT(hits(0, 1, (volatile char *)&area[0] + A_BYTE, WRITE, 1, NULL) == DATA_HITS);
    EXPECT(hits(0, 1, &area[1], ACCESS, 4, NULL) == 0);
    PASS();
}

static void a_function_is_stopped_at_each_time(void)
{
    for (int cpu = 0; cpu < nb_cpus(); cpu++) {
        EXPECT(hits(cpu, 2, (const volatile void *)function, EXECUTE, 4, is_at_function) == ROUNDS);
    }
    PASS();
}

/* On the same CPU and on the others. */
static void others_are_left_alone(void)
{
    pid_t pids[64];
    int n = nb_cpus();

    start_others(pids, 500);
    EXPECT(hits(n - 1, 1, (const volatile void *)function, EXECUTE, 4, NULL) == ROUNDS);
    EXPECT(others_end_well(pids));
    PASS();
}

int main(void)
{
    there_are_some();
    a_write_is_seen_before_it_is_done();
    a_read_is_no_write();
    only_bytes_that_are_selected_count();
    a_function_is_stopped_at_each_time();
    others_are_left_alone();
    return 0;
}
