/*
 * Calls the cases that flag-loops.py has written, ROUNDS times with other registers, and prints a
 * checksum of what is in registers and flags behind each, and of the flags that faults showed; with
 * a second argument, one for each case.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

typedef struct State {
    uint64_t registers[6];
    uint64_t *memory;
    uint64_t *indices; /* by the counter: 0, or one that leads nowhere */
    uint64_t flags;
} State;

typedef void Case(State *state);
extern Case *const cases[];
extern const uint64_t nb_cases;

#define BAD_INDEX (1ull << 40)
#if defined(__x86_64__)
#define FLAGS 0x8c5u /* AF is undefined behind logical operations */
#else
#define FLAGS 0xf0000000u
#endif

static uint64_t checksum, seed;

static void add(uint64_t value)
{
    checksum = (checksum ^ value) * 0x9e3779b97f4a7c15u;
    checksum ^= checksum >> 29;
}

static uint64_t number(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 59 < 8 ? seed >> 56 & 1 : seed ^ seed >> 31;
}

static void handler(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)signal;
    (void)info;
#if defined(__x86_64__)
    add(uc->uc_mcontext.gregs[REG_EFL] & FLAGS);
    uc->uc_mcontext.gregs[REG_RIP] += 4;
#else
    add(uc->uc_mcontext.pstate & FLAGS);
    uc->uc_mcontext.pc += 4;
#endif
}

static void run(Case *code)
{
    static uint64_t memory[8], indices[64];
    State state = { .memory = memory, .indices = indices };

    for (int i = 0; i < 6; i++) {
        state.registers[i] = number();
    }
    for (int i = 0; i < 64; i++) {
        indices[i] = number() % 32 ? 0 : BAD_INDEX;
    }
    memory[0] = number();
    code(&state);
    for (int i = 0; i < 6; i++) {
        add(state.registers[i]);
    }
    add(memory[0]);
    add(state.flags & FLAGS);
}

int main(int argc, char **argv)
{
    struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
    int rounds = argc > 1 ? atoi(argv[1]) : 1;

    sigaction(SIGSEGV, &sa, NULL);
    for (uint64_t n = 0; n < nb_cases; n++) {
        seed = n;
        for (int i = 0; i < rounds; i++) {
            run(cases[n]);
        }
        if (argc > 2) {
            printf("%d %016llx\n", (int)n, (unsigned long long)checksum);
        }
    }
    printf("%016llx\n", (unsigned long long)checksum);
    return 0;
}
